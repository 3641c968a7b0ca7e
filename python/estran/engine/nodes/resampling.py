"""``Resample`` and ``S2Resampling``: all bands on one grid, lazily, in raw samples."""

# SNAP's parameter names are camelCase; class attributes of a declaration are no mutable state.
# ruff: noqa: N815, RUF012

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np
from affine import Affine

from estran.catalogue.spec import param
from estran.engine.lazy import Chunks, array_of, chunked, dask_delayed, joined, refuse_endless
from estran.engine.nodes.base import Beyond, SnapNode
from estran.engine.nodes.subset import Subset
from estran.errors import BadGrid, BadParameter, MissingBand
from estran.raster.coding import FlagCoding, IndexCoding
from estran.raster.grid import Grid, Window
from estran.raster.product import Band, Product, TiePointGrid
from estran.raster.resample import Method, Ratio, resample

_METHODS = {
    "upsamplingMethod": "upsampling",
    "downsamplingMethod": "downsampling",
    "flagDownsamplingMethod": "flagDownsampling",
}
_BEYOND = {"upsampling": ("Bicubic",), "flagDownsampling": ("FlagMedianAnd", "FlagMedianOr")}


@dataclass(frozen=True, kw_only=True)
class Resample(SnapNode):
    """Resamples a multi-size product to a single size; a product that has it already is handed on as it is."""

    alias = "Resample"
    other_names = {**_METHODS, "referenceBandName": "referenceBand"}
    beyond = {
        "resamplingPreset": Beyond("give upsampling, downsampling and flagDownsampling, which hold for all bands"),
        "bandResamplings": Beyond("give upsampling, downsampling and flagDownsampling, which hold for all bands"),
    }
    beyond_values = _BEYOND
    exact: ClassVar[bool] = False
    """Whether bilinear weights are exact, or steps of 1/256 as in SNAP's node of this name."""
    referenceBand: str = param("", "The band whose size and pixels all others get.")
    targetWidth: int | None = param(None, "Columns of the target; needs targetHeight.", interval="[1,*)")
    targetHeight: int | None = param(None, "Rows of the target; needs targetWidth.", interval="[1,*)")
    targetResolution: int | None = param(None, "Pixel size of the target.", unit="m", interval="[1,*)")
    upsampling: Literal["Nearest", "Bilinear"] = param(
        "Nearest", "How smaller pixels are made; flags and classes are always taken from the nearest."
    )
    downsampling: Literal["First", "Min", "Max", "Mean", "Median"] = param(
        "First", "How larger pixels are made; classes always take the first."
    )
    flagDownsampling: Literal["First", "FlagAnd", "FlagOr"] = param(
        "First", "How larger pixels of flag bands are made."
    )
    resampleOnPyramidLevels: bool = param(True, "Without effect here: always at full resolution.")

    def __post_init__(self) -> None:
        super().__post_init__()
        given = [
            bool(self.referenceBand),
            self.targetWidth is not None or self.targetHeight is not None,
            self.targetResolution is not None,
        ]
        if sum(given) != 1 or (self.targetWidth is None) != (self.targetHeight is None):
            raise BadParameter(
                "the target's size is not clear",
                where=self.alias,
                expected="one of referenceBand, targetResolution, or targetWidth with targetHeight",
                found=", ".join(
                    n for n in ("referenceBand", "targetWidth", "targetHeight", "targetResolution") if getattr(self, n)
                )
                or "none",
                todo="give one of them",
            )

    def apply(self, source: Product, *, tile: int) -> Product:
        """The product on one grid."""
        target = self._target(source)
        if (
            all(b.grid.shape == target.shape and _ratio(b, source, target).is_identity for b in source.bands.values())
            and source.grid.shape == target.shape
        ):
            return source
        bands = {name: self._band(band, source, target, tile) for name, band in source.bands.items()}
        rows, cols = target.height / source.grid.height, target.width / source.grid.width
        if source.grid.transform is not None:
            ratio = Ratio.between(source.grid, target)
            rows, cols = 1 / ratio.row_scale, 1 / ratio.col_scale
        points = {name: _scaled(grid, rows, cols) for name, grid in source.tie_points.items()}
        return replace(source, name=f"{source.name}_resampled", grid=target, bands=bands, tie_points=points)

    def _target(self, source: Product) -> Grid:
        if self.referenceBand:
            if self.referenceBand not in source.bands:
                raise MissingBand(
                    f"the reference band {self.referenceBand!r} is missing",
                    where=source.name,
                    found=", ".join(source.bands),
                    todo="correct its name",
                )
            return source.bands[self.referenceBand].grid
        if self.targetResolution is None:
            assert self.targetWidth is not None
            assert self.targetHeight is not None
            return _resized(source.grid, self.targetWidth, self.targetHeight)
        if source.grid.transform is None or source.grid.is_geographic:
            raise BadGrid(
                "targetResolution needs a product on a map grid in metres",
                where=source.name,
                todo="give referenceBand, or targetWidth with targetHeight",
            )
        t, metres = source.grid.transform, self.targetResolution
        if t.b != 0 or t.d != 0:
            raise BadGrid("the product's grid is rotated", where=source.name, todo="reproject it first")
        # SNAP rounds up: the last pixels may reach beyond the image.
        width, height = (
            math.ceil(source.grid.width * abs(t.a) / metres),
            math.ceil(source.grid.height * abs(t.e) / metres),
        )
        return Grid(width, height, Affine(metres, 0, t.c, 0, -metres, t.f), source.grid.crs)

    def _band(self, band: Band, source: Product, target: Grid, tile: int) -> Band:
        ratio = _ratio(band, source, target)
        if (band.grid.shape == target.shape and ratio.is_identity) or band.data is None:
            return band
        method: Method
        if ratio.enlarges:
            method = "Nearest" if band.coding is not None else self.upsampling
        elif isinstance(band.coding, FlagCoding):
            method = self.flagDownsampling
        elif isinstance(band.coding, IndexCoding):
            method = "First"  # a mean of classes is no class
        else:
            method = self.downsampling
        return replace(band, data=_lazily(band, target, ratio, method, tile, self.exact), grid=target)


@dataclass(frozen=True, kw_only=True)
class _ExactResample(Resample):
    exact: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class S2Resampling(SnapNode):
    """Sentinel-2's own resampling: as Resample, to one of its three pixel sizes.

    The toolbox treats angles detector by detector; the angles of our reader are merged that way already. Its bilinear
    weights are exact, since bands of SNAP's Sentinel-2 reader have an expression for valid pixels, which turns them
    into double numbers on the way.
    """

    alias = "S2Resampling"
    other_names = {**_METHODS, "targetResolution": "resolution"}
    beyond_values = _BEYOND
    resolution: Literal["10", "20", "60"] = param("60", "Pixel size of the target.", unit="m")
    upsampling: Literal["Nearest", "Bilinear"] = param("Bilinear", "How smaller pixels are made.")
    downsampling: Literal["First", "Min", "Max", "Mean", "Median"] = param("Mean", "How larger pixels are made.")
    flagDownsampling: Literal["First", "FlagAnd", "FlagOr"] = param(
        "First", "How larger pixels of flag bands are made."
    )
    resampleOnPyramidLevels: bool = param(True, "Without effect here: always at full resolution.")
    bands: tuple[str, ...] = param((), "Bands to resample; all where empty.", choose_bands=True)
    masks: tuple[str, ...] = param((), "Masks to keep; all where empty.")

    def apply(self, source: Product, *, tile: int) -> Product:
        """The product at that pixel size."""
        source = self._wanted(source)
        return _ExactResample(
            targetResolution=int(self.resolution),
            upsampling=self.upsampling,
            downsampling=self.downsampling,
            flagDownsampling=self.flagDownsampling,
        ).apply(source, tile=tile)

    def _wanted(self, source: Product) -> Product:
        if self.bands:
            source = replace(Subset(sourceBands=self.bands).apply(source, tile=0), name=source.name)
        return (
            replace(source, masks={name: m for name, m in source.masks.items() if name in self.masks})
            if self.masks
            else source
        )


def _ratio(band: Band, source: Product, target: Grid) -> Ratio:
    if band.grid.transform is None and source.grid.transform is not None:
        return Ratio.between(_resized(source.grid, band.grid.width, band.grid.height), target)
    return Ratio.between(band.grid, target)


def _resized(grid: Grid, width: int, height: int) -> Grid:
    """The same ground in another number of pixels."""
    t = grid.transform
    moved = None
    if t is not None:
        x, y = grid.width / width, grid.height / height
        moved = Affine(t.a * x, t.b * y, t.c, t.d * x, t.e * y, t.f)
    return Grid(width, height, moved, grid.crs)


def _lazily(band: Band, target: Grid, ratio: Ratio, method: Method, tile: int, exact: bool) -> Any:
    refuse_endless(target.shape)
    source = chunked(band.data, tile)
    period = (
        360.0
        if band.unit.lower().startswith("deg")
        and "azimuth" in band.name
        and source.dtype.kind == "f"
        and not band.is_scaled
        else 0.0
    )
    shape = band.grid.shape

    chunks = Chunks(source)

    def part(
        under: list[list[np.ndarray[Any, Any]]], corner: tuple[int, int], origin: Window, window: Window
    ) -> np.ndarray[Any, Any]:
        return resample(
            joined(under, corner, origin),
            origin,
            window,
            ratio,
            method,
            nodata=band.nodata,
            saturated=band.saturated,
            period=period,
            exact=exact,
        )

    step = _step(source.chunks, tile, max(1.0, ratio.row_scale, ratio.col_scale))
    task = dask_delayed()(part, pure=False)
    heights, widths = ([min(step, size - at) for at in range(0, size, step)] for size in target.shape)
    rows = []
    for i, height in enumerate(heights):
        windows = [Window(i * step, j * step, height, width) for j, width in enumerate(widths)]
        origins = [ratio.needed(window, shape, method) for window in windows]
        rows.append(
            [task(*chunks.under(origin), origin, window) for origin, window in zip(origins, windows, strict=True)]
        )
    return array_of(rows, (heights, widths), source.dtype)


def _step(chunks: tuple[tuple[int, ...], ...], tile: int, scale: float) -> int:
    """Side of the windows of the target: a whole chunk of the source where that makes no more than a tile, so that each
    is read, resampled and released at once; else what needs about a tile of the source.
    """
    whole = max(chunks[0][0], chunks[1][0]) / scale
    return int(whole) if 64 <= whole <= tile and whole.is_integer() else max(64, int(tile / scale))


def _scaled(points: TiePointGrid, rows: float, cols: float) -> TiePointGrid:
    return replace(
        points,
        offset_x=points.offset_x * cols,
        offset_y=points.offset_y * rows,
        step_x=points.step_x * cols,
        step_y=points.step_y * rows,
    )
