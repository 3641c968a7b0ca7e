"""Pictures for notebooks: the scene, classes and flags in their colours, numbers with a colour bar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from estran.errors import MissingBand
from estran.raster.coding import Colour, FlagCoding, IndexCoding
from estran.raster.product import Band, Product
from estran.report import colour
from estran.report.canvas import Canvas
from estran.report.fractions import NO_DATA_NAMES
from estran.report.pictures import hexadecimal
from estran.sensors.bands import resolve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIDE = 7.0
"""Width and height of a new figure [inches]."""
_PLAIN = 225
"""Grey under flags where the Dataset has no scene to show."""


def drawn(product: Product, name: str | None, ax: Axes | None, size: int) -> Axes:
    """Axes with the picture of a band, or of the scene."""
    band = _chosen(product, name)
    if ax is None:
        from matplotlib import pyplot

        _, ax = pyplot.subplots(figsize=(_SIDE, _SIDE), layout="constrained")
    canvas = Canvas((band or _channels(product)[0]).grid, size)
    if band is None:
        _show(ax, canvas, _scene(product, canvas))
        ax.set_title(product.name, fontsize=9)
        return ax
    if isinstance(band.coding, IndexCoding):
        values = canvas.sample(band).astype(np.int64)
        shown = [(v.colour, v.name) for v in band.coding.values if np.any(values == v.value)]
        _show(ax, canvas, colour.classes(values, band.coding))
        _legend(ax, shown)
    elif isinstance(band.coding, FlagCoding):
        _flags(ax, canvas, product, band, band.coding)
    else:
        _numbers(ax, canvas, band)
    ax.set_title(band.name)
    return ax


def _chosen(product: Product, name: str | None) -> Band | None:
    """The band to draw; None for the scene."""
    there = {n: band for n, band in product.bands.items() if band.data is not None}
    if name is not None:
        # Of a variable over views or times the first layer is drawn, under its own name.
        of = there.get(name) or next((b for b in there.values() if b.layer is not None and b.layer.stack == name), None)
        if of is None:
            raise MissingBand(f"there is no variable {name!r}", expected=", ".join(there))
        return of
    if len(_channels(product)) == 3:
        return None
    return min(
        there.values(),
        key=lambda band: (not isinstance(band.coding, IndexCoding), not isinstance(band.coding, FlagCoding)),
    )


def _channels(product: Product) -> list[Band]:
    names = [resolve(semantic, product.bands, product.platform) for semantic in ("red", "green", "blue")]
    return [product.bands[name] for name in names if name is not None and product.bands[name].data is not None]


def _scene(product: Product, canvas: Canvas) -> npt.NDArray[np.uint8]:
    return colour.composite([canvas.mean(band) for band in _channels(product)], ("red", "green", "blue"))


def _flags(ax: Axes, canvas: Canvas, product: Product, band: Band, coding: FlagCoding) -> None:
    packed = canvas.sample(band).astype(np.int64)
    counts = {
        flag.name: int(np.count_nonzero(coding.unpack(packed, flag.name)))
        for flag in coding.flags
        if flag.name.lower() not in NO_DATA_NAMES
    }
    # The rarer one on top, so that what is small stays visible.
    order = sorted((name for name, n in counts.items() if n), key=lambda name: -counts[name])
    base = np.full((*canvas.shape, 3), _PLAIN, np.uint8)
    if len(_channels(product)) == 3:
        base = colour.grey(_scene(product, canvas))
    _show(ax, canvas, colour.overlay(base, packed, coding, order))
    _legend(ax, [(flag.colour, flag.name) for flag in coding.flags if flag.name in order])


def _numbers(ax: Axes, canvas: Canvas, band: Band) -> None:
    values = canvas.mean(band)
    limits: dict[str, Any] = {}
    if band.palette and band.palette[0][0] < band.palette[-1][0]:
        from matplotlib.colors import LinearSegmentedColormap

        points = sorted(band.palette)
        low, high = points[0][0], points[-1][0]
        shades = [((value - low) / (high - low), tuple(c / 255 for c in shade)) for value, shade, _ in points]
        limits = {"cmap": LinearSegmentedColormap.from_list(band.name, shades), "vmin": low, "vmax": high}
    image = _show(ax, canvas, values, **limits)
    ax.figure.colorbar(image, ax=ax, label=f"{band.unit}" if band.unit != "1" else "", shrink=0.8)


def _show(ax: Axes, canvas: Canvas, picture: Any, **how: Any) -> Any:
    """Draw pixels, on map coordinates where the grid has them."""
    t = canvas.grid.transform
    extent = None
    if t is not None and not t.b and not t.d:
        height, width = canvas.shape
        extent = (t.c, t.c + t.a * width * canvas.factor, t.f + t.e * height * canvas.factor, t.f)
    image = ax.imshow(picture, extent=extent, interpolation="nearest", **how)
    ax.ticklabel_format(style="plain", useOffset=False)
    ax.tick_params(labelsize=7)
    return image


def _legend(ax: Axes, shown: list[tuple[Colour, str]]) -> None:
    from matplotlib.patches import Patch

    if shown:
        patches = [
            Patch(facecolor=hexadecimal(shade), edgecolor="0.3", label=name.replace("_", " ").lower())
            for shade, name in shown
        ]
        ax.legend(handles=patches, loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=8, frameon=False)
