"""Surfaces under clouds of growing thickness, in the plane of the haze-optimised transform and whiteness."""

from __future__ import annotations

from typing import Any

import numpy as np

from estran.masks.cloud.spectral import hot_of, whiteness_of
from estran.scenes.atmosphere import Air, atmosphere
from estran.scenes.spectra import LIQUID_CLOUD, SURFACES

SHOWN = (
    "deep_water",
    "conifer",
    "crop",
    "soil_brown",
    "soil_light",
    "sand_white",
    "concrete",
    "roof_bright",
    "snow_fresh",
)
CLOUD = 0.75
"""Reflectance of an opaque cloud before its colour."""


def data() -> dict[str, Any]:
    """TOA reflectance through a clear atmosphere (sun 35 degrees from zenith), under a cloud that covers 0 to 100 % of
    the pixel.
    """
    sun, view = np.cos(np.radians(35.0)), 1.0
    air = atmosphere("Sentinel-2A", float(sun), view, 0.0, Air(0.12, 1.5))
    path, through = air.path[1:4, 0], air.through[1:4, 0]
    fraction = np.linspace(0.0, 1.0, 21)
    hot, whiteness = np.empty((len(SHOWN), fraction.size)), np.empty((len(SHOWN), fraction.size))
    for i, name in enumerate(SHOWN):
        ground = path + through * np.array(SURFACES[name][1:4])
        for j, covered in enumerate(fraction):
            blue, green, red = (1 - covered) * ground + covered * CLOUD * np.array(LIQUID_CLOUD[1:4])
            hot[i, j], whiteness[i, j] = hot_of(blue, red), whiteness_of(blue, green, red, 1e-4)
    return {"names": SHOWN, "fraction": fraction, "hot": hot, "whiteness": whiteness}


def facts(data: dict[str, Any]) -> dict[str, bool]:
    """What the figure shows."""
    hot, whiteness, at = data["hot"], data["whiteness"], list(data["names"]).index
    dark = [at(n) for n in ("deep_water", "conifer", "crop", "soil_brown")]
    return {
        "an opaque cloud passes both tests whatever lies below it": bool(
            (hot[:, -1] > 0).all() and (whiteness[:, -1] < 0.7).all()
        ),
        "clear water, vegetation and brown soil stay out, by one test or the other": bool(
            ((hot[dark, 0] <= 0) | (whiteness[dark, 0] >= 0.7)).all()
        ),
        "snow and bright roofs pass both tests without any cloud": all(
            hot[at(n), 0] > 0 and whiteness[at(n), 0] < 0.7 for n in ("snow_fresh", "roof_bright")
        ),
        "white sand and concrete lie within 0.02 of the HOT limit": all(
            abs(hot[at(n), 0]) < 0.02 for n in ("sand_white", "concrete")
        ),
        "HOT grows with the cloud over every dark ground": bool((np.diff(hot[dark], axis=1) > 0).all()),
    }


def draw(data: dict[str, Any]) -> Any:
    """HOT against whiteness, one line a surface, from clear (ring) to covered (dot)."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 4.6))
    axes = figure.add_subplot()
    axes.axvspan(0, 1, ymax=0.7 / 1.25, color="#0b6e8a", alpha=0.08)
    axes.text(0.32, 0.64, "passes both tests", color="#0b6e8a")
    for i, name in enumerate(data["names"]):
        (line,) = axes.plot(data["hot"][i], data["whiteness"][i], lw=1.3, label=name.replace("_", " "))
        axes.plot(data["hot"][i, 0], data["whiteness"][i, 0], "o", mfc="white", mec=line.get_color())
    axes.plot(data["hot"][0, -1], data["whiteness"][0, -1], "ko", ms=7)
    axes.annotate(
        "opaque cloud",
        (data["hot"][0, -1], data["whiteness"][0, -1]),
        (0.17, 0.28),
        arrowprops={"arrowstyle": "-", "color": "0.4"},
    )
    axes.set(xlim=(-0.1, 0.5), ylim=(0, 1.25), xlabel="HOT = blue − 0.5 red − 0.08", ylabel="whiteness")
    axes.legend(loc="upper right", ncols=2, fontsize=8.5)
    return figure
