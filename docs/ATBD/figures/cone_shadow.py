"""The shadow of a cone: swept, and exact."""

from __future__ import annotations

from typing import Any

import numpy as np

from estran.masks.relief.frame import flat_frame
from estran.masks.relief.sweep import sweep

HEIGHT, RADIUS, ELEVATION, PIXEL, SIZE = 500.0, 600.0, 20.0, 20.0, 201


def data() -> dict[str, Any]:
    """Swept shadow of a cone with the sun in the south-east, and whether each pixel lies in the exact one."""
    rows, columns = np.mgrid[:SIZE, :SIZE]
    x, y = (columns - 120) * PIXEL, (120 - rows) * PIXEL
    cone = np.maximum(0.0, HEIGHT * (1.0 - np.hypot(x, y) / RADIUS)).astype(np.float32)
    swept = sweep(cone, (0, 0), cone.shape, flat_frame(PIXEL, PIXEL), 135.0, ELEVATION).clearance < 0.0
    # On the plane the shadow is the wedge between the tangents from the tip's shadow to the foot.
    reach = HEIGHT / np.tan(np.radians(ELEVATION))
    along, across = (-x + y) / np.sqrt(2.0), (x + y) / np.sqrt(2.0)
    touch = RADIUS**2 / reach
    half = np.sqrt(RADIUS**2 - touch**2) * (reach - along) / (reach - touch)
    exact = (along > touch) & (np.abs(across) < half)
    return {"swept": swept, "exact": exact, "plane": np.hypot(x, y) > RADIUS + 3 * PIXEL, "cone": cone}


def facts(data: dict[str, Any]) -> dict[str, bool]:
    """What the figure shows."""
    differ = (data["swept"] != data["exact"]) & data["plane"]
    return {"on the plane the swept shadow is the exact one but for its rim": differ.sum() / data["exact"].sum() < 0.02}


def draw(data: dict[str, Any]) -> Any:
    """Shadow over the cone, outline of the exact one."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.0, 4.6))
    axes = figure.add_subplot()
    axes.imshow(np.where(data["swept"], 0.35, 1.0) - data["cone"] / 2500.0, cmap="gray", vmin=0.0, vmax=1.05)
    axes.contour(data["exact"] & data["plane"], [0.5], colors="#d9822b", linewidths=1.2)
    axes.set(xlabel="column", ylabel="row")
    return figure
