"""``Subset``: a rectangle of pixels, and some of the bands."""

# SNAP's parameter names are camelCase; class attributes of a declaration are no mutable state.
# ruff: noqa: N815, RUF012

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from estran.catalogue.spec import param
from estran.engine.nodes.base import Beyond, SnapNode
from estran.errors import BadGrid, BadParameter, MissingBand, missing_band
from estran.raster.expression import references
from estran.raster.grid import Grid, Window
from estran.raster.product import Band, Mask, Product
from estran.raster.wkt_region import rings, window_under


@dataclass(frozen=True, kw_only=True)
class Subset(SnapNode):
    """A part of a product."""

    alias = "Subset"
    sources = ("source",)
    other_names = {"bandNames": "sourceBands", "tiePointGridNames": "tiePointGrids"}
    beyond = {
        "subSamplingX": Beyond("put a Resample node with targetWidth and targetHeight behind", ("1",)),
        "subSamplingY": Beyond("put a Resample node with targetWidth and targetHeight behind", ("1",)),
        "vectorFile": Beyond("give geoRegion as a POLYGON"),
        "polygonRegion": Beyond("give geoRegion, which takes the pixels of its bounding box"),
    }
    sourceBands: tuple[str, ...] = param(
        (), "Bands to keep, beside those that their expressions name; all where empty.", choose_bands=True
    )
    tiePointGrids: tuple[str, ...] = param((), "Tie-point grids to keep; all where empty.")
    region: str = param(
        "", "x,y,width,height in pixels of the scene raster, or of referenceBand; the whole where empty."
    )
    referenceBand: str = param(
        "", "The band in whose pixels region is given, where bands differ in size.", choose_bands=True
    )
    geoRegion: str = param("", "The part to keep, a polygon in WKT, degrees; stronger than region.")
    fullSwath: bool = param(False, "Whether the region is extended to the image's whole width.")
    copyMetadata: bool = param(True, "Whether to keep the metadata tree.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.region:
            self._numbers()
        if self.geoRegion:
            rings(self.geoRegion, self.alias)

    def apply(self, source: Product, *, tile: int) -> Product:
        """The part, still lazy."""
        part = self._kept(source)
        grid = self._measure(source)
        window = self._window(grid, part)
        if window is None or window == grid.window:
            return part
        cut = {name: _cut(band, window, grid, source.name) for name, band in part.bands.items()}
        rows, cols = _ratio(grid, source.grid)
        whole = _own(window, grid, source.grid, "the scene raster", source.name)
        points = {
            name: replace(p, offset_x=p.offset_x - window.col * cols, offset_y=p.offset_y - window.row * rows)
            for name, p in part.tie_points.items()
        }
        return replace(part, grid=source.grid.sub(whole), bands=cut, tie_points=points)

    def _kept(self, source: Product) -> Product:
        """The bands, tie points and masks wanted, with what their expressions name."""
        wanted = (
            (*self.sourceBands, *((self.referenceBand,) if self.referenceBand else ()))
            if self.sourceBands
            else tuple(source.bands)
        )
        for name in (*self.sourceBands, *((self.referenceBand,) if self.referenceBand else ())):
            if name not in source.bands:
                where = f"{self.alias} of {source.name}"
                raise missing_band(name, source.bands, where=where, todo="correct its name")
        for name in self.tiePointGrids:
            if name not in source.tie_points:
                found = ", ".join(source.tie_points) or "none"
                raise MissingBand(
                    f"tie-point grid {name!r} is missing",
                    where=f"{self.alias} of {source.name}",
                    found=found,
                    todo="leave it out",
                )
        named = _with_named(wanted, source)
        bands = {name: band for name, band in source.bands.items() if name in named}
        points = set(self.tiePointGrids or source.tie_points) | set(source.tie_point_geocoding or ()) | named
        return replace(
            source,
            name=f"Subset_{source.name}",
            bands=bands,
            tie_points={name: grid for name, grid in source.tie_points.items() if name in points},
            masks=readable_masks(source.masks, {*bands, *points}),
            metadata=source.metadata if self.copyMetadata else (),
        )

    def _measure(self, source: Product) -> Grid:
        """The grid in whose pixels the region is given."""
        return source.bands[self.referenceBand].grid if self.referenceBand else source.grid

    def _window(self, grid: Grid, part: Product) -> Window | None:
        if self.geoRegion:
            return _whole_pixels(window_under(self.geoRegion, grid, self.alias), grid, part)
        if not self.region:
            return None
        x, y, width, height = self._numbers()
        if not width or not height:
            return None  # as in SNAP an empty rectangle asks for nothing
        if self.fullSwath:
            x, width = 0, grid.width
        if x >= grid.width or y >= grid.height:
            raise BadGrid(
                "the region lies outside the image",
                where=self.alias,
                expected=f"within {grid.width} x {grid.height} pixels",
                found=self.region,
                todo="move the region",
            )
        return Window(y, x, min(grid.height - y, height), min(grid.width - x, width))

    def _numbers(self) -> tuple[int, int, int, int]:
        try:
            x, y, width, height = (int(n) for n in self.region.split(","))
            if min(x, y, width, height) < 0:
                raise ValueError
        except ValueError:
            raise BadParameter(
                "parameter region cannot be read",
                where=self.alias,
                expected="x,y,width,height, whole numbers from 0",
                found=self.region,
                todo="write it as 0,0,100,100",
            ) from None
        return x, y, width, height


def _with_named(wanted: Iterable[str], source: Product) -> set[str]:
    """The names, and all that their valid-pixel and virtual expressions name, and so on."""
    found: set[str] = set()
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        band, mask = source.bands.get(name), source.masks.get(name)
        texts = (
            (band.valid, band.expression or "") if band is not None else (mask.expression,) if mask is not None else ()
        )
        waiting += [
            n
            for text in texts
            for n in references(text)
            if n in source.bands or n in source.masks or n in source.tie_points
        ]
    return found


def readable_masks(masks: Mapping[str, Mask], names: set[str]) -> dict[str, Mask]:
    """The masks whose expressions name only what is there."""
    left = dict(masks)
    while True:
        good = {name: mask for name, mask in left.items() if references(mask.expression) <= names | set(left)}
        if len(good) == len(left):
            return good
        left = good


def _whole_pixels(window: Window, grid: Grid, part: Product) -> Window:
    """The window grown to whole pixels of every band, so that all keep the same ground."""
    rows = math.lcm(*(max(1, round(grid.height / b.grid.height)) for b in part.bands.values()), 1)
    cols = math.lcm(*(max(1, round(grid.width / b.grid.width)) for b in part.bands.values()), 1)
    top, left = window.row // rows * rows, window.col // cols * cols
    bottom = min(grid.height, -(-(window.row + window.height) // rows) * rows)
    right = min(grid.width, -(-(window.col + window.width) // cols) * cols)
    return Window(top, left, bottom - top, right - left)


def _cut(band: Band, window: Window, grid: Grid, where: str) -> Band:
    """The band's part on the ground of a window of `grid`."""
    own = _own(window, grid, band.grid, f"band {band.name}", where)
    return replace(band, data=None if band.data is None else band.data[own.slices], grid=band.grid.sub(own))


def _own(window: Window, grid: Grid, other: Grid, what: str, where: str) -> Window:
    """The window in pixels of another grid of the same ground; they must be whole."""
    rows, cols = _ratio(grid, other)
    top, left = window.row * rows, window.col * cols
    # The last pixels of a coarse band may reach beyond the image.
    bottom = other.height if window.row + window.height == grid.height else (window.row + window.height) * rows
    right = other.width if window.col + window.width == grid.width else (window.col + window.width) * cols
    if any(abs(e - round(e)) > 1e-6 for e in (top, left, bottom, right)):
        raise BadGrid(
            f"the region does not fall on whole pixels of {what}",
            where=where,
            expected=f"multiples of {max(1, round(1 / cols))} x {max(1, round(1 / rows))} pixels",
            found=f"{window.col},{window.row},{window.width},{window.height}",
            todo="move the region, or put a Resample node before",
        )
    return Window(round(top), round(left), round(bottom) - round(top), round(right) - round(left))


def _ratio(grid: Grid, other: Grid) -> tuple[float, float]:
    """Pixels of `other` a pixel of `grid`: (rows, columns)."""
    if grid.transform is None or other.transform is None:
        return other.height / grid.height, other.width / grid.width
    (width, height), (other_width, other_height) = grid.pixel_size, other.pixel_size
    return height / other_height, width / other_width
