"""Glint in the principal plane: where it is, how bright, how polarised."""

from __future__ import annotations

from typing import Any

import numpy as np

from estran.physics.sea_surface import RoughSea
from estran.physics.sea_surface.fresnel import brewster_angle

SUN = 40.0
WINDS = (2.0, 5.0, 10.0)
INDEX = 1.34


def data() -> dict[str, Any]:
    """Reflectance and polarisation from -60 to 70 degrees, positive on the side of the glint."""
    angle = np.arange(-60.0, 70.1, 0.5)
    view, azimuth = np.cos(np.radians(angle)), np.where(angle < 0, np.pi, 0.0)
    sun = np.full_like(view, np.cos(np.radians(SUN)))
    found = {
        (w, m): RoughSea(w, INDEX, m, upwind=180.0).reflectance(view, sun, azimuth)[..., 0]
        for w in WINDS
        for m in ("cox_munk_isotropic", "cox_munk")
    }
    return {"angle": angle, "stokes": found}


def facts(data: dict[str, Any]) -> dict[str, bool]:
    """What the figure shows."""
    angle = data["angle"]
    peak = {w: float(angle[np.argmax(data["stokes"][w, "cox_munk_isotropic"][:, 0])]) for w in WINDS}
    stokes = data["stokes"][5.0, "cox_munk_isotropic"]
    degree = np.hypot(stokes[:, 1], stokes[:, 2]) / stokes[:, 0]
    return {
        "the brightest point lies beyond the mirror angle, the further the stronger the wind": SUN
        <= peak[2.0]
        < peak[5.0]
        < peak[10.0],
        "the weaker the wind, the brighter the glint": all(
            data["stokes"][a, "cox_munk_isotropic"][:, 0].max() > data["stokes"][b, "cox_munk_isotropic"][:, 0].max()
            for a, b in ((2.0, 5.0),)
        ),
        "polarisation is total where half the angle between the rays is Brewster's": abs(
            float(angle[np.argmax(degree)]) - (2 * brewster_angle(INDEX) - SUN)
        )
        <= 0.5
        and float(degree.max()) > 0.999,
    }


def draw(data: dict[str, Any]) -> Any:
    """Both against the view angle."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.4, 3.4))
    left, right = figure.subplots(1, 2)
    for wind, colour in zip(WINDS, ("#0b6e8a", "#d9822b", "#7a4fb5"), strict=True):
        for model, style in (("cox_munk_isotropic", "-"), ("cox_munk", "--")):
            label = f"{wind:g} m/s" + ("" if style == "-" else ", anisotropic")
            left.plot(data["angle"], data["stokes"][wind, model][:, 0], style, color=colour, lw=1.3, label=label)
    stokes = data["stokes"][5.0, "cox_munk_isotropic"]
    right.plot(data["angle"], 100 * np.hypot(stokes[:, 1], stokes[:, 2]) / stokes[:, 0], color="0.3")
    left.set(xlabel="view angle [°]", ylabel="reflectance of the facets", ylim=(0, 0.6))
    right.set(xlabel="view angle [°]", ylabel="linear polarisation [%]")
    left.legend(fontsize=7.5)
    return figure
