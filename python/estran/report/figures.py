"""PNG files: a picture pixel by pixel, with its legend or colour bar in a strip below. Pictures with axes
are drawn in :mod:`estran.report.plots`.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from estran.errors import EstranError
from estran.raster.coding import Colour

Rgb = npt.NDArray[np.uint8]

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI = 100
_NO_VERSION: dict[str, Any] = {"Software": None}
_NOT_OF_PICTURES = frozenset(
    {"backend", "backend_fallback", "interactive", "toolbar", "timezone", "webagg.port", "webagg.port_retries"}
)
"""Settings of windows, which a running program (a notebook) keeps."""
SMALLEST = 640
"""Pictures narrower than this [pixels] are enlarged by a whole number, so that their legend has room and pixels stay
square.
"""


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
    with own_style():
        rgba = np.asarray(_matplotlib().colormaps[name](np.linspace(0, 1, n)), np.float64)
    return np.rint(rgba[:, :3] * 255).astype(np.uint8)


def save_png(path: Path, rgb: Rgb, key: Legend | ColourBar | None = None) -> tuple[int, int]:
    """Write the picture; its pixels lie unchanged at the top of the file (each enlarged to a square where it is small).

    Returns
    -------
    (int, int)
        Width and height of the file [pixels].
    """
    scale = enlargement(rgb.shape[1])
    large = np.repeat(np.repeat(rgb, scale, axis=0), scale, axis=1)
    height, width = large.shape[:2]
    strip = _strip_height(key, width)
    if strip == 0:
        drawn = large
    else:
        drawn = np.concatenate([large, _drawn_key(key, width, strip)], axis=0)
    _write(path, drawn)
    return width, height + strip


def _drawn_key(key: Legend | ColourBar | None, width: int, strip: int) -> Rgb:
    with own_style():
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=((width + 0.5) / DPI, (strip + 0.5) / DPI), dpi=DPI, facecolor="white")
        canvas = FigureCanvasAgg(figure)
        if isinstance(key, Legend):
            _draw_legend(figure, key, width, strip)
        elif isinstance(key, ColourBar):
            _draw_bar(figure, key, width, strip)
        canvas.draw()  # type: ignore[no-untyped-call]
        return np.array(canvas.buffer_rgba())[:strip, :width, :3]  # type: ignore[no-untyped-call]


@contextlib.contextmanager
def own_style() -> Iterator[None]:
    """matplotlib as it comes, whatever a user's matplotlibrc says (TeX, other fonts and sizes, a backend with windows):
    the same picture everywhere.
    """
    with _quiet():
        matplotlib = _matplotlib()
        ours = {name: value for name, value in matplotlib.rcParamsDefault.items() if name not in _NOT_OF_PICTURES}
        with matplotlib.rc_context(ours):
            yield


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """A cache of fonts that cannot be kept, or a setting that is not known, is no news for who makes masks."""
    logger = logging.getLogger("matplotlib")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _matplotlib() -> Any:
    """The library; where it is not loaded yet, without the variables that name a backend or a file of settings, which
    stop it where they are wrong.
    """
    kept = {
        name: os.environ.pop(name)
        for name in ("MPLBACKEND", "MATPLOTLIBRC")
        if "matplotlib" not in sys.modules and name in os.environ
    }
    try:
        import matplotlib
    except UnicodeDecodeError as error:
        raise EstranError(
            "matplotlib's settings are no UTF-8 text",
            where="the file matplotlibrc",
            found=str(error),
            todo="correct or remove it",
        ) from error
    finally:
        os.environ.update(kept)
    return matplotlib


def _write(path: Path, rgb: Rgb) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    with own_style():
        from matplotlib.image import imsave

        imsave(beside, np.ascontiguousarray(rgb), format="png", metadata=_NO_VERSION)
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
        axes.add_patch(
            Rectangle(
                (x, y + 5 * s),
                16 * s,
                16 * s,
                facecolor=tuple(c / 255 for c in colour),
                edgecolor="0.3",
                linewidth=0.6 * s,
            )
        )
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
