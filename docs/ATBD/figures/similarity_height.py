"""How well a cloud's footprint falls on potential shadow, by the height that is tried."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

from estran.masks.cloud.footprint import sums_along_rows, vectors_of
from estran.masks.cloud.matching import match_objects
from estran.masks.cloud.object_settings import ObjectSettings
from estran.masks.cloud.stages import Geometry
from estran.raster.label import label

PIXEL, HEIGHT = 20.0, 2400.0
GEOMETRY = Geometry(50.0, 150.0, 6.0, 285.0)


def scene() -> tuple[np.ndarray, np.ndarray]:
    """An irregular cloud, and the potential shadow: its own, shifted by the formula and not by the matching's code,
    with dark places that are none.
    """
    generator = np.random.default_rng(11)
    rows, cols = 260, 260
    blob = gaussian_filter(generator.normal(0, 1, (rows, cols)), 9)
    y, x = np.mgrid[0:rows, 0:cols]
    cloud = (blob / blob.std() + 2.2 - np.hypot(x - 150, y - 185) / 22) > 0
    cloud &= np.hypot(x - 150, y - 185) < 58
    sun, view = np.radians([50.0, 150.0]), np.radians([6.0, 285.0])
    east = HEIGHT * (np.tan(view[0]) * np.sin(view[1]) - np.tan(sun[0]) * np.sin(sun[1]))
    north = HEIGHT * (np.tan(view[0]) * np.cos(view[1]) - np.tan(sun[0]) * np.cos(sun[1]))
    down, right = round(-north / PIXEL), round(east / PIXEL)
    shadow = np.zeros_like(cloud)
    r, c = np.nonzero(cloud)
    shadow[r + down, c + right] = True
    shadow &= generator.random(cloud.shape) < 0.9  # bright things inside the shadow
    dark = gaussian_filter(generator.normal(0, 1, cloud.shape), 6)
    return cloud, (shadow | (dark > 2.0 * dark.std())) & ~cloud


def data() -> dict[str, Any]:
    """Similarity by height with the published weights and with half the weight outside the image; the height that the
    default mode finds.
    """
    cloud, potential = scene()
    clouds = label(cloud)
    keep = clouds.size == clouds.size.max()
    clouds = clouds.select(keep)
    vectors = vectors_of(clouds, GEOMETRY, (PIXEL, PIXEL))
    sums = sums_along_rows(potential, cloud)
    heights = np.arange(200.0, 6000.0, 25.0)
    curves = {}
    for weight in (1.0, 0.5):
        settings = replace(ObjectSettings.for_mode("strict"), outside_weight=weight)
        curves[weight] = np.array(
            [
                match_objects(clouds, sums, vectors, (PIXEL, PIXEL), settings, heights=(h, h)).similarity[0]
                for h in heights
            ]
        )
    found = float(match_objects(clouds, sums, vectors, (PIXEL, PIXEL), ObjectSettings.for_mode("default")).height[0])
    return {
        "heights": heights,
        "curves": curves,
        "found": found,
        "cloud": cloud,
        "potential": potential,
        "accept": settings.similarity,
    }


def facts(data: dict[str, Any]) -> dict[str, bool]:
    """What the figure shows."""
    heights, curves = data["heights"], data["curves"]
    inside = heights < 3000.0
    best = {weight: float(heights[inside][np.argmax(curve[inside])]) for weight, curve in curves.items()}
    # One pixel of shadow shift is 17 m of height here, less than a step.
    return {
        "the similarity peaks at the true height": all(abs(b - HEIGHT) <= 25.0 for b in best.values()),
        "the peak exceeds the limit for a match": all(
            float(curve[inside].max()) > data["accept"] for curve in curves.values()
        ),
        "a footprint that leaves the image can score higher where outside pixels count whole": bool(
            curves[1.0][~inside].max() > curves[1.0][inside].max()
        ),
        "it does not where they count half": bool(curves[0.5][~inside].max() < curves[0.5][inside].max()),
        "the search of the default mode ends within 100 m of the true height": abs(data["found"] - HEIGHT) < 100.0,
    }


def draw(data: dict[str, Any]) -> Any:
    """The scene, and the curve."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.6, 3.7))
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.7))
    picture = np.full((*data["cloud"].shape, 3), 0.86)
    picture[data["potential"]] = (0.36, 0.16, 0.52)
    picture[data["cloud"]] = (1, 1, 1)
    left.imshow(picture)
    left.set_title("cloud (white), potential shadow", fontsize=9.5)
    left.set_xticks([])
    left.set_yticks([])
    left.grid(False)
    for curve, (colour, words) in zip(
        data["curves"].values(),
        (("#0b6e8a", "outside pixels count whole (as published)"), ("#c2410c", "outside pixels count half")),
        strict=True,
    ):
        right.plot(data["heights"] / 1000, np.where(curve > 0, curve, np.nan), color=colour, lw=1.6, label=words)
    right.axvline(HEIGHT / 1000, color="#e09b13", lw=1.2, label="true height")
    right.axhline(data["accept"], color="0.4", lw=0.9, ls="--", label="least similarity of a match")
    right.set(xlim=(0, 6), ylim=(0, 1), xlabel="height tried [km]", ylabel="similarity")
    right.legend(fontsize=8, loc="lower right")
    return figure
