"""Band arithmetic over a product, lazily, chunk by chunk."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.engine.lazy import chunked, dask_array
from estran.errors import BadGrid, BadParameter
from estran.raster.coding import FlagCoding
from estran.raster.expression import Constants, evaluate, names
from estran.raster.grid import Grid, Window
from estran.raster.product import Band, Product, TiePointGrid

Array = npt.NDArray[Any]

MOST_MASKS = 50
"""Masks that name one another, one behind the other."""
_OF_SNAP = ("X", "Y", "LAT", "LON", "TIME", "MJD")
"""Names that SNAP computes for each pixel, and we do not."""


def lazily(
    expression: str,
    product: Product,
    grid: Grid,
    tile: int,
    *,
    dtype: npt.DTypeLike,
    only_data: bool = False,
    constants: Constants = (),
    within: tuple[str, ...] = (),
) -> Any:
    """What an expression says of every pixel of `grid`: a Dask array.

    Parameters
    ----------
    expression
        It may name bands, flags, masks and tie-point grids of the product.
    dtype
        A boolean one asks for truth, any other for a number.
    only_data
        Whether pixels where a band named has no data become NaN; `dtype` must then be a float's.
    constants
        Names that stand for a value.
    within
        The masks in whose expressions this one stands.

    Raises
    ------
    BadParameter
        When the expression cannot be read, names what the product lacks, or masks name one another in a circle.
    BadGrid
        When it names bands of another size.
    """
    da = dask_array()
    truth = np.dtype(dtype) == np.bool_
    bands = [
        _named(name, expression, product, grid, tile, truth, within) for name in sorted(names(expression, constants))
    ]
    plain = tuple(replace(band, data=None) for band in bands)

    def part(*raw: Array) -> Array:
        value = np.broadcast_to(_value(expression, plain, raw, truth, constants), raw[0].shape if raw else grid.shape)
        if not only_data:
            return value.astype(dtype)
        result = value.astype(np.float64)
        result[~np.isfinite(result)] = np.nan
        for band, samples in zip(plain, raw, strict=True):
            result[np.isnan(band.physical(samples, np.float64))] = np.nan
        return result.astype(dtype)

    if not bands:
        everywhere = _value(expression, (), (), truth, constants)
        if only_data and not np.isfinite(everywhere):
            everywhere = np.asarray(np.nan)
        return da.full(grid.shape, everywhere, chunks=tile, dtype=dtype)
    first = chunked(bands[0].data, tile)
    arrays = [first, *(chunked(b.data, tile).rechunk(first.chunks) for b in bands[1:])]
    return da.map_blocks(part, *arrays, dtype=np.dtype(dtype), meta=np.empty((0, 0), dtype))


def from_tie_points(points: TiePointGrid, grid: Grid, scene: Grid, tile: int) -> Any:
    """A tie-point grid at every pixel of `grid`: a Dask array of float32; the points lie on pixels of `scene`."""
    from estran.raster.tie_points import interpolate

    da = dask_array()
    rows, cols = scene.height / grid.height, scene.width / grid.width

    def part(block_info: Any = None) -> npt.NDArray[np.float32]:
        (top, bottom), (left, right) = block_info[None]["array-location"]
        return interpolate(points, Window(top, left, bottom - top, right - left), rows, cols)

    chunks = da.core.normalize_chunks(tile, grid.shape, dtype=np.float32)
    return da.map_blocks(part, chunks=chunks, dtype=np.float32, meta=np.empty((0, 0), np.float32))


def _named(
    name: str, expression: str, product: Product, grid: Grid, tile: int, truth: bool, within: tuple[str, ...]
) -> Band:
    """What a name stands for: a band, a mask, a tie-point grid."""
    where = repr(expression if len(expression) <= 200 else expression[:200] + "…")
    band = product.bands.get(name)
    if band is not None and band.data is not None:
        if band.grid.shape != grid.shape:
            raise BadGrid(
                f"an expression names band {band.name}, which has another size",
                where=where,
                expected=f"{grid.width} x {grid.height}",
                found=f"{band.grid.width} x {band.grid.height}",
                todo="put a Resample node before",
            )
        return band if band.name == name else replace(band, name=name)
    if name in product.masks:
        if name in within or len(within) >= MOST_MASKS:
            raise BadParameter(
                "masks name one another in a circle, or too many of them",
                where=product.name,
                found=" -> ".join((*within, name)[-10:]),
                todo="leave them out",
            )
        return Band(
            name,
            lazily(product.masks[name].expression, product, grid, tile, dtype=np.bool_, within=(*within, name)),
            grid,
        )
    if name in product.tie_points:
        return Band(name, from_tie_points(product.tie_points[name], grid, product.grid, tile), grid)
    if name in _OF_SNAP:
        raise BadParameter(
            f"an expression names {name!r}, which only SNAP computes",
            where=where,
            todo="run this graph with SNAP's gpt",
        )
    there = (*product.bands, *product.masks, *product.tie_points)
    shown = ", ".join(there[:40]) + (" …" if len(there) > 40 else "")
    raise BadParameter(
        f"an expression names {name!r}, which is not there", where=where, expected=shown, todo="correct the name"
    )


def _value(
    expression: str, bands: tuple[Band, ...], raw: tuple[Array, ...], truth: bool, constants: Constants
) -> Array:
    known = dict(zip((b.name for b in bands), zip(bands, raw, strict=True), strict=True))

    def get(name: str) -> Array:
        if name not in known:
            return known[name.removesuffix(".raw")][1]
        band, samples = known[name]
        if not band.is_scaled:
            return samples
        # As in SNAP, an expression sees scaled samples, no-data among them, as floats; a mask sees doubles where the
        # samples have 32 bits or are doubles.
        wide = truth and samples.dtype.name in ("int32", "uint32", "float64")
        return replace(band, nodata=None).physical(samples, np.float64 if wide else np.float32)

    def get_flag(name: str, flag: str) -> Array:
        band, samples = known[name]
        if not isinstance(band.coding, FlagCoding) or flag not in [f.name for f in band.coding.flags]:
            raise KeyError(flag)
        return band.coding.unpack(samples, flag)

    return evaluate(expression, get, get_flag, truth=truth, constants=constants)
