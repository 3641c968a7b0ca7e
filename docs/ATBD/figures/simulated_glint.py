"""A simulated sea with glint, and its truth."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import ndimage

from estran.scenes.simulate import SceneConfig, simulate

SIZE = 360


def data() -> dict[str, Any]:
    """Reflectances of B4, B3, B2 and B11 at 20 m, the truth, and the detectors."""
    scene = simulate(
        SceneConfig(
            seed=7,
            size=SIZE,
            kind="coast",
            sza=27.0,
            saa=140.0,
            vza=8.0,
            vaa=300.0,
            wind=5.0,
            wind_direction=200.0,
            cirrus=0.0,
        )
    )
    colour = [scene.bands[b].reshape(SIZE, 2, SIZE, 2).mean((1, 3)) / 1e4 for b in ("B4", "B3", "B2")]
    return {
        "colour": np.stack(colour, -1),
        "swir": scene.bands["B11"] / 1e4,
        "truth": scene.truth,
        "detectors": scene.detectors[20],
    }


def facts(data: dict[str, Any]) -> dict[str, bool]:
    """What the figure shows."""
    truth, swir = data["truth"], data["swir"]
    off_shore = ndimage.binary_erosion(truth["water"], np.ones((5, 5)))
    water = off_shore & (truth["cloud_depth"] == 0)
    lit, dark = water & (truth["sun_beam"] > 0.99), water & (truth["sun_beam"] < 0.1)
    sides = [np.median(truth["glint"][lit & (data["detectors"] == d)]) for d in np.unique(data["detectors"])]
    return {
        "the sea shines in B11 where the Sun is on it, and not in the shadow of clouds": bool(
            np.median(swir[lit]) > 4 * np.median(swir[dark])
        ),
        "two detectors see different glint": bool(max(sides) > 1.2 * min(sides)),
        "the truth is what B11 shows": bool(np.corrcoef(truth["glint"][lit], swir[lit])[0, 1] > 0.8),
    }


def draw(data: dict[str, Any]) -> Any:
    """True colour, B11, truth."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 3.5))
    axes = figure.subplots(1, 3)
    axes[0].imshow(np.clip((data["colour"] - 0.03) / 0.4, 0, 1) ** (1 / 1.6))
    axes[1].imshow(data["swir"], vmin=0, vmax=0.12, cmap="gray")
    image = axes[2].imshow(
        np.where(data["truth"]["water"] == 1, data["truth"]["glint"], np.nan), vmin=0, vmax=0.12, cmap="viridis"
    )
    for ax, title in zip(axes, ("true colour", "B11", "glint (truth)"), strict=True):
        ax.set(xticks=(), yticks=())
        ax.set_title(title, fontsize=10)
    figure.colorbar(image, ax=list(axes), fraction=0.015, pad=0.01).ax.tick_params(labelsize=8)
    return figure
