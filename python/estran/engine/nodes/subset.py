"""``Subset``: a rectangle of pixels, and some of the bands."""

# SNAP's parameter names are camelCase.
# ruff: noqa: N815

from __future__ import annotations

from dataclasses import dataclass, replace

from estran.catalogue.spec import param
from estran.engine.nodes import SnapNode
from estran.errors import BadGrid, BadParameter, MissingBand
from estran.raster.grid import Window
from estran.raster.product import Band, Product


@dataclass(frozen=True, kw_only=True)
class Subset(SnapNode):
    """A part of a product."""

    alias = "Subset"
    sources = ("source",)
    sourceBands: tuple[str, ...] = param((), "Bands to keep; all where empty.", choose_bands=True)
    region: str = param("", "x,y,width,height in pixels of the scene raster; the whole where empty.")
    copyMetadata: bool = param(True, "Whether to keep the metadata tree.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.region:
            self._numbers()

    def apply(self, source: Product, *, tile: int) -> Product:
        """The part, still lazy."""
        missing = [name for name in self.sourceBands if name not in source.bands]
        if missing:
            raise MissingBand(f"band {missing[0]!r} is missing", where=f"{self.alias} of {source.name}", found=", ".join(source.bands))
        bands = {name: band for name, band in source.bands.items() if not self.sourceBands or name in self.sourceBands}
        part = replace(source, name=f"subset_of_{source.name}", bands=bands, metadata=source.metadata if self.copyMetadata else ())
        if not self.region:
            return part
        x, y, width, height = self._numbers()
        whole = source.grid
        col, row = max(0, x), max(0, y)
        window = Window(row, col, min(whole.height, y + height) - row, min(whole.width, x + width) - col)
        if window.width < 1 or window.height < 1:
            raise BadGrid("the region lies outside the image", where=self.alias, expected=f"within {whole.width} x {whole.height} pixels", found=self.region)
        cut = {name: _cut(band, window, source) for name, band in part.bands.items()}
        points = {name: replace(p, offset_x=p.offset_x - window.col, offset_y=p.offset_y - window.row) for name, p in source.tie_points.items()}
        return replace(part, grid=whole.sub(window), bands=cut, tie_points=points)

    def _numbers(self) -> tuple[int, int, int, int]:
        try:
            x, y, width, height = (int(n) for n in self.region.split(","))
        except ValueError:
            raise BadParameter("parameter region cannot be read", where=self.alias, expected="x,y,width,height", found=self.region) from None
        return x, y, width, height


def _cut(band: Band, window: Window, source: Product) -> Band:
    """The band's part on the same ground: its own pixels that the window touches at whole multiples."""
    rows, cols = band.grid.height / source.grid.height, band.grid.width / source.grid.width
    edges = (window.row * rows, window.col * cols, window.height * rows, window.width * cols)
    if any(abs(e - round(e)) > 1e-6 for e in edges):
        raise BadGrid(
            f"the region does not fall on whole pixels of band {band.name}",
            where=source.name,
            expected=f"multiples of {round(1 / cols)} x {round(1 / rows)} pixels",
            found=f"{window.col},{window.row},{window.width},{window.height}",
            todo="move the region, or resample first",
        )
    own = Window(*(round(e) for e in edges))
    return replace(band, data=None if band.data is None else band.data[own.slices], grid=band.grid.sub(own))
