"""Glint across a swath: three winds, seams of detectors, and the most that any wind makes."""

from __future__ import annotations

from typing import Any

import numpy as np

from estran.masks.glint.air import water_index
from estran.masks.glint.geometry import brightest_glint, predicted_glint

SUN, SUN_AZIMUTH, FLIGHT = 30.0, 135.0, 195.0
WINDS = (2.0, 5.0, 10.0)
DETECTORS, AHEAD = 12, 0.9


def data() -> dict[str, Any]:
    """1200 pixels from the western edge of the swath to the eastern one; detectors look ahead and astern in turn
    [degrees].
    """
    across = np.linspace(-10.3, 10.3, 1200)
    detector = np.minimum(((across + 10.3) / 20.6 * DETECTORS).astype(int), DETECTORS - 1)
    along = np.where(detector % 2 == 0, AHEAD, -AHEAD)
    zenith = np.hypot(across, along)
    # The sensor stands above the middle: pixels in the east see it in the west, the right of the flight.
    azimuth = FLIGHT + np.degrees(np.arctan2(across, along))
    index = water_index(1613.7)
    found = {w: predicted_glint(SUN, SUN_AZIMUTH, zenith, azimuth % 360.0, w, index=index)[0] for w in WINDS}
    most = brightest_glint(SUN, SUN_AZIMUTH, zenith, azimuth % 360.0, index=index)[0]
    return {"across": across, "detector": detector, "glint": found, "most": most}


def facts(data: dict[str, Any]) -> dict[str, bool]:
    """What the figure shows."""
    across, glint, most = data["across"], data["glint"], data["most"]
    seams = np.flatnonzero(np.diff(data["detector"]))
    jumps = np.abs(np.diff(glint[5.0])[seams]) / glint[5.0][seams]
    within = np.abs(np.diff(glint[5.0])) / glint[5.0][:-1]
    return {
        "glint is brighter in the eastern half of the swath": all(
            glint[w][across > 2].mean() > 2 * glint[w][across < -2].mean() for w in (2.0, 5.0)
        ),
        "a flat sea mirrors in a narrow place, a rough one everywhere": bool(
            glint[10.0][0] > glint[5.0][0] > glint[2.0][0]
        ),
        "glint jumps at the seams, by far more than from pixel to pixel": bool(
            np.median(jumps) > 5 * np.median(within)
        ),
        "no wind goes beyond the dashed line": all(bool((g <= most * 1.0001).all()) for g in glint.values()),
    }


def draw(data: dict[str, Any]) -> Any:
    """Reflectance over the place in the swath."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.4, 3.4))
    axes = figure.subplots()
    for wind, colour in zip(WINDS, ("#0b6e8a", "#d9822b", "#7a4fb5"), strict=True):
        axes.plot(data["across"], data["glint"][wind], color=colour, lw=1.4, label=f"{wind:g} m/s")
    axes.plot(data["across"], data["most"], "--", color="0.3", lw=1.1, label="any wind up to 12 m/s")
    for value, name in ((0.005, "low"), (0.01, "moderate"), (0.02, "severe")):
        axes.axhline(value, color="0.8", lw=0.8, zorder=0)
        axes.text(-10.2, value * 1.05, name, fontsize=7.5, color="0.45")
    axes.set(
        yscale="log",
        ylim=(5e-4, 0.3),
        xlabel="view angle across the swath [°], east positive",
        ylabel="glint reflectance at 1.6 µm",
    )
    axes.legend(fontsize=8, loc="lower right")
    return figure
