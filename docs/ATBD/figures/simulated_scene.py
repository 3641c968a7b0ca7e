"""A simulated scene and its truth."""

from __future__ import annotations

from typing import Any

import numpy as np

from estran.scenes.simulate import SceneConfig, simulate

SIZE = 400


def data() -> dict[str, Any]:
    """Reflectances of B4, B3, B2 at 20 m, and the truth."""
    scene = simulate(SceneConfig(seed=1, size=SIZE, sza=48.0, saa=155.0))
    colour = [scene.bands[b].reshape(SIZE, 2, SIZE, 2).mean((1, 3)) / 1e4 for b in ("B4", "B3", "B2")]
    return {"colour": np.stack(colour, -1), "truth": scene.truth}


def facts(data: dict[str, Any]) -> dict[str, bool]:
    """What the figure shows."""
    truth = data["truth"]
    bright, cloud = data["colour"].mean(-1), truth["cloud"] == 1
    shade = (truth["shadow"] == 1) & (truth["water"] == 0)
    clear = ~cloud & (truth["shadow"] == 0) & (truth["water"] == 0)
    return {
        "clouds are twice as bright as clear land": bool(np.median(bright[cloud]) > 2 * np.median(bright[clear])),
        "shadows are darker than clear land": bool(np.median(bright[shade]) < 0.9 * np.median(bright[clear])),
        "the coast has sea, towns and beaches": all(truth[name].any() for name in ("water", "city", "beach")),
    }


def draw(data: dict[str, Any]) -> Any:
    """The picture, and the classes."""
    from matplotlib.colors import ListedColormap
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    truth = data["truth"]
    classes = {
        "land": ("#c9c39a", None),
        "water": ("#3f7fb5", "water"),
        "snow": ("#a8e4ef", "snow"),
        "beach": ("#e8c76a", "beach"),
        "town": ("#b0583f", "city"),
        "cloud shadow": ("#4b3b63", "shadow"),
        "cloud": ("#ffffff", "cloud"),
    }
    index = np.zeros((SIZE, SIZE), int)
    for k, (_, name) in enumerate(classes.values()):
        if name is not None:
            index[truth[name] == 1] = k
    figure = Figure(figsize=(8.4, 4.9))
    left, right = figure.subplots(1, 2)
    left.imshow(np.clip((data["colour"] - 0.03) / 0.5, 0, 1) ** (1 / 1.6))
    right.imshow(
        index,
        cmap=ListedColormap([colour for colour, _ in classes.values()]),
        vmin=-0.5,
        vmax=len(classes) - 0.5,
        interpolation="nearest",
    )
    for ax in (left, right):
        ax.set(xticks=(), yticks=())
    left.set_title("true colour", fontsize=10)
    right.set_title("truth", fontsize=10)
    figure.legend(
        handles=[Patch(facecolor=c, edgecolor="0.5", label=n) for n, (c, _) in classes.items()],
        ncols=len(classes),
        loc="outside lower center",
        fontsize=8,
        frameon=False,
    )
    return figure
