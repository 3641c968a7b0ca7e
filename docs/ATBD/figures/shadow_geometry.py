"""Where a cloud appears, where it is, and where its shadow falls: seen from above, for the sun in each quadrant."""

from __future__ import annotations

from typing import Any

import numpy as np

from estran.masks.cloud.footprint import vectors_of
from estran.masks.cloud.stages import Geometry
from estran.raster.label import label

SUN_ZENITH, VIEW_ZENITH, VIEW_AZIMUTH, HEIGHT = 40.0, 10.0, 100.0, 2000.0
SUN_AZIMUTHS = (45.0, 135.0, 225.0, 315.0)
PIXEL = 20.0


def data() -> dict[str, Any]:
    """East and north [m] of the true place and of the shadow of a cloud that is seen at the origin."""
    seen = np.zeros((5, 5), bool)
    seen[2, 2] = True
    cloud = label(seen)
    places = {}
    for azimuth in SUN_AZIMUTHS:
        vectors = vectors_of(cloud, Geometry(SUN_ZENITH, azimuth, VIEW_ZENITH, VIEW_AZIMUTH), (PIXEL, PIXEL))
        # Rows grow to the south.
        metres = np.array([-PIXEL, PIXEL])
        true = HEIGHT * vectors.view[0] * metres
        shadow = true - HEIGHT * vectors.sun[0] * metres
        places[azimuth] = {"true": true[::-1], "shadow": shadow[::-1]}
    return places


def facts(data: dict[str, Any]) -> dict[str, bool]:
    """What the figure shows."""
    lengths, turned = [], []
    for azimuth, place in data.items():
        step = place["shadow"] - place["true"]
        lengths.append(np.hypot(*step))
        turned.append((np.degrees(np.arctan2(step[0], step[1])) - azimuth) % 360.0)
    view = next(iter(data.values()))["true"]
    return {
        "in every quadrant the shadow lies on the side away from the sun": bool(np.allclose(turned, 180.0)),
        "its distance is the height times the tangent of the sun's zenith angle": bool(
            np.allclose(lengths, HEIGHT * np.tan(np.radians(SUN_ZENITH)))
        ),
        "the cloud is nearer to the sensor than it appears": bool(
            np.isclose(np.degrees(np.arctan2(view[0], view[1])) % 360.0, VIEW_AZIMUTH)
            and np.isclose(np.hypot(*view), HEIGHT * np.tan(np.radians(VIEW_ZENITH)))
        ),
    }


def draw(data: dict[str, Any]) -> Any:
    """One plan view a quadrant."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 6.3))
    for ax, (azimuth, place) in zip(figure.subplots(2, 2, sharex=True, sharey=True).flat, data.items(), strict=True):
        towards = 1500 * np.array([np.sin(np.radians(azimuth)), np.cos(np.radians(azimuth))])
        ax.plot(*zip((0, 0), place["true"], strict=True), color="0.5", lw=1)
        ax.plot(*zip(place["true"], place["shadow"], strict=True), color="0.5", lw=1, ls="--")
        ax.scatter(0, 0, s=90, facecolor="white", edgecolor="k", zorder=3, label="cloud as it is seen")
        ax.scatter(*place["true"], s=90, color="#0b6e8a", zorder=3, label="beneath the cloud")
        ax.scatter(*place["shadow"], s=90, color="#5b2a86", zorder=3, label="shadow")
        ax.annotate(
            "",
            xy=place["true"] + towards,
            xytext=place["true"] + 0.35 * towards,
            arrowprops={"arrowstyle": "-|>", "color": "#e09b13", "lw": 2},
        )
        ax.set_title(f"sun azimuth {azimuth:.0f}° (arrow: to the sun)", fontsize=9.5)
        ax.set(xlim=(-2200, 2200), ylim=(-2200, 2200), aspect="equal")
    figure.axes[0].legend(fontsize=8, loc="upper left")
    figure.supxlabel("east [m]", fontsize=9.5)
    figure.supylabel("north [m]", fontsize=9.5)
    return figure
