"""PNG files: a picture pixel by pixel, with its legend or colour bar in a strip below. The only module of the room that draws with matplotlib."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from estran.raster.coding import Colour

Rgb = npt.NDArray[np.uint8]

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 100
SMALLEST = 640
"""Pictures narrower than this [pixels] are enlarged by a whole number, so that their legend has room and pixels stay square."""


@dataclass(frozen=True)
class Legend:
    """Colours with their words."""

    entries: tuple[tuple[Colour, str], ...]


@dataclass(frozen=True)
class ColourBar:
    """A ramp from `low` to `high`; `colours` is (n, 3) uint8."""

    low: float
    high: float
    label: str
    colours: npt.NDArray[np.uint8]


def enlargement(width: int) -> int:
    """How many pixels of the file show one of the picture."""
    return max(1, math.ceil(SMALLEST / width)) if width < SMALLEST else 1


def colour_table(name: str, n: int = 256) -> npt.NDArray[np.uint8]:
    """(n, 3) colours of one of matplotlib's perceptually uniform maps."""
    from matplotlib import colormaps

    rgba = np.asarray(colormaps[name](np.linspace(0, 1, n)), np.float64)
    return np.rint(rgba[:, :3] * 255).astype(np.uint8)


def save_png(path: Path, rgb: Rgb, key: Legend | ColourBar | None = None) -> tuple[int, int]:
    """Write the picture; its pixels lie unchanged at the top of the file (each enlarged to a square where it is small).

    Returns
    -------
    (int, int)
        Width and height of the file [pixels].
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    scale = enlargement(rgb.shape[1])
    large = np.repeat(np.repeat(rgb, scale, axis=0), scale, axis=1)
    height, width = large.shape[:2]
    strip = _strip_height(key, width)
    if strip == 0:
        drawn = large
    else:
        figure = Figure(figsize=((width + 0.5) / DPI, (strip + 0.5) / DPI), dpi=DPI, facecolor="white")
        canvas = FigureCanvasAgg(figure)
        if isinstance(key, Legend):
            _draw_legend(figure, key, width, strip)
        elif isinstance(key, ColourBar):
            _draw_bar(figure, key, width, strip)
        canvas.draw()  # type: ignore[no-untyped-call]
        below = np.asarray(canvas.buffer_rgba())[..., :3]  # type: ignore[no-untyped-call]
        drawn = np.concatenate([large, below[:strip, :width]], axis=0)
    _write(path, drawn)
    return width, height + strip


def _write(path: Path, rgb: Rgb) -> None:
    from matplotlib.image import imsave

    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    imsave(beside, np.ascontiguousarray(rgb), format="png")
    beside.replace(path)


def _scale(width: int) -> float:
    """How much larger words are drawn on a wide picture, which screens shrink."""
    return max(1.0, width / 800)


def _columns(key: Legend, width: int) -> tuple[int, float]:
    longest = max(len(text) for _, text in key.entries)
    column = (36 + 8.2 * longest) * _scale(width)
    return max(1, int((width - 24 * _scale(width)) // column)), column


def _strip_height(key: Legend | ColourBar | None, width: int) -> int:
    if isinstance(key, ColourBar):
        return round(64 * _scale(width))
    if isinstance(key, Legend) and key.entries:
        per_row, _ = _columns(key, width)
        return round((20 + 26 * math.ceil(len(key.entries) / per_row)) * _scale(width))
    return 0


def _draw_legend(figure: Figure, key: Legend, width: int, strip: int) -> None:
    from matplotlib.patches import Rectangle

    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, width)
    axes.set_ylim(strip, 0)
    axes.axis("off")
    s = _scale(width)
    per_row, column = _columns(key, width)
    for i, (colour, text) in enumerate(key.entries):
        x, y = 12 * s + (i % per_row) * column, (10 + i // per_row * 26) * s
        axes.add_patch(Rectangle((x, y + 5 * s), 16 * s, 16 * s, facecolor=tuple(c / 255 for c in colour), edgecolor="0.3", linewidth=0.6 * s))
        axes.text(x + 24 * s, y + 13 * s, text, va="center", ha="left", fontsize=10 * s, color="0.1")


def _draw_bar(figure: Figure, key: ColourBar, width: int, strip: int) -> None:
    s = _scale(width)
    length = min(width - 48 * s, 640 * s)
    axes = figure.add_axes((24 * s / width, 1 - 24 * s / strip, length / width, 14 * s / strip))
    axes.imshow(key.colours[None, :, :], aspect="auto", extent=(key.low, key.high, 0, 1), interpolation="nearest")
    axes.set_yticks([])
    axes.tick_params(labelsize=9 * s, length=3 * s, width=0.6 * s, color="0.3", labelcolor="0.1", pad=2 * s)
    for spine in axes.spines.values():
        spine.set_linewidth(0.6 * s)
    axes.set_xlabel(key.label, fontsize=9.5 * s, color="0.1", labelpad=1)
