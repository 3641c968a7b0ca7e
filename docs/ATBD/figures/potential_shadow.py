"""Flood filling: shadows are minima that fill up, a wide dark valley that drains is none."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

from estran.masks.cloud.shadow import darkness

ROWS, COLS = 90, 240
BACKGROUND = 0.17


def data() -> dict[str, Any]:
    """Near-infrared reflectance with two shadows and a dark slope that runs out of the image; how deep each pixel lies
    below its surroundings.
    """
    generator = np.random.default_rng(3)
    image = 0.26 + gaussian_filter(generator.normal(0, 0.06, (ROWS, COLS)), 3)
    image -= 0.12 * np.clip((np.arange(COLS) - 170) / 70, 0, 1)  # towards a dark border
    truth = np.zeros((ROWS, COLS), bool)
    truth[30:60, 30:62] = True
    truth[34:56, 100:112] = True
    image = np.where(gaussian_filter(truth.astype(float), 1.0) > 0.5, image * 0.45, image).astype(np.float32)
    depth = darkness(image, np.zeros_like(truth), BACKGROUND)
    return {"image": image, "depth": depth, "truth": truth, "row": 45}


def facts(data: dict[str, Any]) -> dict[str, bool]:
    """What the figure shows."""
    found, truth = data["depth"] > 0.02, data["truth"]
    return {
        "both shadows are potential shadow": bool(found[truth].mean() > 0.97),
        "the ground that darkens towards the border is not": bool(found[:, 180:].mean() < 0.1),
        "nothing is filled on the border": bool((data["depth"][0] == 0).all() and (data["depth"][:, -1] == 0).all()),
    }


def draw(data: dict[str, Any]) -> Any:
    """A profile across both shadows, and the map."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 4.6))
    top, bottom = figure.subplots(2, 1, height_ratios=(1, 1.2), sharex=True)
    top.imshow(data["depth"], cmap="Blues", vmin=0, vmax=0.15, aspect="auto", extent=(0, COLS, ROWS, 0))
    top.axhline(data["row"], color="0.3", lw=0.8, ls=":")
    top.set_ylabel("row")
    top.grid(False)
    profile, depth = data["image"][data["row"]], data["depth"][data["row"]]
    x = np.arange(COLS) + 0.5
    bottom.fill_between(x, profile, profile + depth, color="#0b6e8a", alpha=0.25, lw=0, label="filled")
    bottom.plot(x, profile, color="#0b6e8a", lw=1.4, label="reflectance along the dotted line")
    bottom.axhline(BACKGROUND, color="0.4", lw=0.9, ls="--", label="border: 17.5th percentile of clear land")
    bottom.set(xlim=(0, COLS), ylim=(0, 0.35), xlabel="column", ylabel="near infrared")
    bottom.legend(loc="lower right", fontsize=8.5, ncols=3)
    return figure
