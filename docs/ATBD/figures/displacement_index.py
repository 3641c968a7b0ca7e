"""Why the displacement index tells clouds from bright roofs: the same texture, once seen in its place and once shifted
between bands.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter, shift

from estran.masks.cloud.displacement import displacement_index

HALF = 60
"""Rows and columns of one scene."""
PARALLAX = {"nir": 0.9, "rededge078": 0.35}
"""Shift of a cloud against B8A [pixels of 20 m]: larger in B8 than in B7. Only orders of magnitude: the true ones
depend on height and detector.
"""


def data() -> dict[str, Any]:
    """A bright texture without and with parallax, and the index on both."""
    generator = np.random.default_rng(20150623)
    texture = gaussian_filter(generator.normal(0, 1, (HALF, HALF)), 1.2)
    texture = 0.35 + 0.06 * texture / texture.std()
    noise = {name: generator.normal(0, 0.002, (2, HALF, HALF)) for name in ("nir08", "nir", "rededge078")}
    index, images = {}, {}
    for row, (place, moved) in enumerate((("roofs", 0.0), ("cloud", 1.0))):
        bands = {"nir08": texture + noise["nir08"][row]}
        for name, pixels in PARALLAX.items():
            bands[name] = shift(texture, (moved * pixels, 0.0), order=3, mode="nearest") + noise[name][row]
        index[place] = displacement_index(
            bands["nir"].astype(np.float32), bands["rededge078"].astype(np.float32), bands["nir08"].astype(np.float32)
        )
        images[place] = {"B8/B8A": bands["nir"] / bands["nir08"], "B7/B8A": bands["rededge078"] / bands["nir08"]}
    return {"index": index, "images": images}


def facts(data: dict[str, Any]) -> dict[str, bool]:
    """What the figure shows."""
    inner = (slice(5, -5), slice(5, -5))
    cloud, roofs = data["index"]["cloud"][inner], data["index"]["roofs"][inner]
    return {
        "on the shifted texture most pixels lie below -0.5": bool((cloud < -0.5).mean() > 0.8),
        "on the texture in its place hardly any pixel does": bool((roofs < -0.5).mean() < 0.02),
        "in its place the index scatters about 0": bool(abs(np.median(roofs)) < 0.1),
    }


def draw(data: dict[str, Any]) -> Any:
    """Both ratios, and the index, for both places."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.6, 4.9))
    axes = figure.subplots(2, 3)
    for row, place in enumerate(("roofs", "cloud")):
        for column, (name, image) in enumerate(data["images"][place].items()):
            axes[row, column].imshow(image, cmap="Greys", vmin=0.7, vmax=1.3)
            axes[row, column].set_title(f"{place}: {name}", fontsize=9.5)
        shown = axes[row, 2].imshow(data["index"][place], cmap="RdBu", vmin=-1, vmax=1)
        axes[row, 2].set_title(f"{place}: displacement index", fontsize=9.5)
    for ax in axes.flat:
        ax.set_xticks([])
        ax.set_yticks([])
        ax.grid(False)
        for spine in ax.spines.values():
            spine.set_visible(False)
    figure.colorbar(shown, ax=axes[:, 2], shrink=0.8)
    return figure
