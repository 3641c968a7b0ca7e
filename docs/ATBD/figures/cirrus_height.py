"""How the threshold of the cirrus band rises with the ground."""

from __future__ import annotations

from typing import Any

import numpy as np

from estran.masks.cloud.cirrus import LOWEST, SLICES, fixed_background
from estran.masks.cloud.settings import PixelSettings
from estran.scenes.atmosphere import LEVELS, Air, atmosphere

B10 = 10


def data() -> dict[str, Any]:
    """Thresholds by height, and what clear snow and clear rock show at 1.38 µm through a dry and a moist atmosphere."""
    height = LOWEST + (np.arange(SLICES) + 0.5) * 100.0
    thresholds = {}
    for rule in ("fixed", "parabola"):
        settings = PixelSettings(cirrus_rule=rule)
        thresholds[rule] = settings.cirrus_min + fixed_background(settings)
    clear = {}
    for vapour in (0.3, 2.0):
        air = atmosphere("Sentinel-2A", float(np.cos(np.radians(40.0))), 1.0, 0.0, Air(0.05, vapour))
        clear[vapour] = air.path[B10] + 0.3 * air.through[B10]
    return {"height": height, "thresholds": thresholds, "levels": LEVELS, "clear": clear}


def facts(data: dict[str, Any]) -> dict[str, bool]:
    """What the figure shows."""
    height, parabola, fixed = data["height"], data["thresholds"]["parabola"], data["thresholds"]["fixed"]
    at = lambda km: float(np.interp(km * 1000.0, height, parabola))  # noqa: E731 - one number, read thrice
    dry, moist = (np.interp((0.0, 4000.0), data["levels"], data["clear"][v]) for v in (0.3, 2.0))
    return {
        "both rules ask for 0.01 in the lowlands": bool(
            np.allclose(parabola[height < 600], 0.01) and np.allclose(fixed, 0.01)
        ),
        "the parabola asks for 0.035 at 2 km and 0.070 at 3 km": abs(at(2) - 0.035) < 0.0005
        and abs(at(3) - 0.070) < 0.0005,
        "clear ground at sea level stays below the fixed threshold in moist air, and exceeds it in dry winter "
        "air": bool(moist[0] < 0.01 < dry[0]),
        "clear ground at 4 km exceeds the fixed threshold in dry air and in moist air": bool(
            dry[1] > 0.01 and moist[1] > 0.01
        ),
    }


def draw(data: dict[str, Any]) -> Any:
    """Reflectance against height."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 3.9))
    axes = figure.add_subplot()
    km = data["height"] / 1000
    axes.plot(km, data["thresholds"]["fixed"], color="0.35", ls="--", label="fixed threshold")
    axes.plot(km, data["thresholds"]["parabola"], color="#0b6e8a", lw=2, label="parabola in height")
    for (vapour, values), colour in zip(data["clear"].items(), ("#d9822b", "#7a4fb5"), strict=True):
        axes.plot(
            data["levels"] / 1000,
            values,
            color=colour,
            lw=1.4,
            label=f"clear ground of reflectance 0.3, {vapour:g} cm of water vapour at sea level",
        )
    axes.set(xlim=(0, 5), ylim=(0, 0.2), xlabel="height of the ground [km]", ylabel="TOA reflectance at 1.38 µm (B10)")
    axes.legend(fontsize=8.5)
    return figure
