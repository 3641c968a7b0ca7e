"""PNG files: a picture pixel by pixel, with its legend or colour bar in a strip below. The only module of the room that draws with matplotlib."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.raster.coding import Colour

Rgb = npt.NDArray[np.uint8]

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

    return np.rint(colormaps[name](np.linspace(0, 1, n))[:, :3] * 255).astype(np.uint8)


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
        figure = Figure(figsize=(width / DPI, strip / DPI), dpi=DPI, facecolor="white")
        canvas = FigureCanvasAgg(figure)
        if isinstance(key, Legend):
            _draw_legend(figure, key, width, strip)
        elif isinstance(key, ColourBar):
            _draw_bar(figure, key, width, strip)
        canvas.draw()
        below = np.asarray(canvas.buffer_rgba())[..., :3]
        drawn = np.concatenate([large, below[:strip, :width]], axis=0)
    _write(path, drawn)
    return width, height + strip


def _write(path: Path, rgb: Rgb) -> None:
    from matplotlib.image import imsave

    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    # No software name, no date: the same picture is the same file.
    imsave(beside, np.ascontiguousarray(rgb), format="png", metadata={"Software": None})
    os.replace(beside, path)


_ROW, _MARGIN = 26, 12


def _columns(key: Legend, width: int) -> tuple[int, int]:
    longest = max(len(text) for _, text in key.entries)
    column = 34 + 8 * longest
    per_row = max(1, (width - 2 * _MARGIN) // column)
    return per_row, column


def _strip_height(key: Legend | ColourBar | None, width: int) -> int:
    if isinstance(key, ColourBar):
        return 62
    if isinstance(key, Legend) and key.entries:
        per_row, _ = _columns(key, width)
        return 2 * _MARGIN + _ROW * math.ceil(len(key.entries) / per_row)
    return 0


def _draw_legend(figure: Any, key: Legend, width: int, strip: int) -> None:
    from matplotlib.patches import Rectangle

    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, width)
    axes.set_ylim(strip, 0)
    axes.axis("off")
    per_row, column = _columns(key, width)
    for i, (colour, text) in enumerate(key.entries):
        x, y = _MARGIN + (i % per_row) * column, _MARGIN + (i // per_row) * _ROW
        axes.add_patch(Rectangle((x, y + 5), 16, 16, facecolor=[c / 255 for c in colour], edgecolor="0.3", linewidth=0.6))
        axes.text(x + 24, y + 13, text, va="center", ha="left", fontsize=9.5, color="0.1")


def _draw_bar(figure: Any, key: ColourBar, width: int, strip: int) -> None:
    length = min(width - 4 * _MARGIN, 560)
    axes = figure.add_axes((2 * _MARGIN / width, 1 - 24 / strip, length / width, 14 / strip))
    axes.imshow(key.colours[None, :, :], aspect="auto", extent=(key.low, key.high, 0, 1), interpolation="nearest")
    axes.set_yticks([])
    axes.tick_params(labelsize=8.5, length=3, color="0.3", labelcolor="0.1", pad=2)
    axes.set_xlabel(key.label, fontsize=9, color="0.1", labelpad=1)
