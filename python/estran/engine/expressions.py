"""Band arithmetic over a product, lazily, chunk by chunk."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.engine.lazy import chunked, dask_array
from estran.errors import BadGrid, BadParameter
from estran.raster.coding import FlagCoding
from estran.raster.expression import evaluate, names
from estran.raster.grid import Grid
from estran.raster.product import Band, Product

Array = npt.NDArray[Any]


def lazily(expression: str, product: Product, grid: Grid, tile: int, *, dtype: npt.DTypeLike, only_data: bool = False) -> Any:
    """What an expression says of every pixel of `grid`: a Dask array.

    Parameters
    ----------
    only_data
        Whether pixels where a band named has no data become NaN; `dtype` must then be a float's.

    Raises
    ------
    BadParameter
        When the expression cannot be read, or names a band that the product lacks.
    BadGrid
        When it names bands of another size.
    """
    da = dask_array()
    wanted = sorted(names(expression))
    unknown = [name for name in wanted if name not in product.bands or product.bands[name].data is None]
    if unknown:
        raise BadParameter(f"an expression names {unknown[0]!r}, which is not there", where=repr(expression), expected=", ".join(product.bands))
    bands = [product.bands[name] for name in wanted]
    for band in bands:
        if band.grid.shape != grid.shape:
            raise BadGrid(
                f"an expression names band {band.name}, which has another size",
                where=repr(expression),
                expected=f"{grid.width} x {grid.height}",
                found=f"{band.grid.width} x {band.grid.height}",
                todo="put a Resample node before",
            )
    plain = tuple(replace(band, data=None) for band in bands)

    def part(*raw: Array) -> Array:
        value = np.broadcast_to(_value(expression, plain, raw), raw[0].shape if raw else grid.shape)
        if not only_data:
            return value.astype(dtype)
        result = value.astype(np.float64)
        result[~np.isfinite(result)] = np.nan
        for band, samples in zip(plain, raw, strict=True):
            result[np.isnan(band.physical(samples, np.float64))] = np.nan
        return result.astype(dtype)

    if not bands:
        return da.full(grid.shape, _value(expression, (), ()), chunks=tile, dtype=dtype)
    first = chunked(bands[0].data, tile)
    arrays = [first, *(chunked(b.data, tile).rechunk(first.chunks) for b in bands[1:])]
    return da.map_blocks(part, *arrays, dtype=np.dtype(dtype), meta=np.empty((0, 0), dtype))


def _value(expression: str, bands: tuple[Band, ...], raw: tuple[Array, ...]) -> Array:
    known = dict(zip((b.name for b in bands), zip(bands, raw, strict=True), strict=True))

    def get(name: str) -> Array:
        if name not in known:
            return known[name.removesuffix(".raw")][1]
        band, samples = known[name]
        # As in SNAP, an expression sees scaled samples, no-data among them.
        return replace(band, nodata=None).physical(samples, np.float64) if band.is_scaled else samples

    def get_flag(name: str, flag: str) -> Array:
        band, samples = known[name]
        if not isinstance(band.coding, FlagCoding) or flag not in [f.name for f in band.coding.flags]:
            raise KeyError(flag)
        return band.coding.unpack(samples, flag)

    return evaluate(expression, get, get_flag)
