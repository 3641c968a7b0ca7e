"""Bands as Dask arrays: what a product holds, cut into chunks, and its physical values."""

from __future__ import annotations

from typing import Any

import numpy as np

from estran.raster.product import Band


def dask_array() -> Any:
    """``dask.array``, imported when first needed, and untyped as it is."""
    import dask.array

    return dask.array


def dask_delayed() -> Any:
    """``dask.delayed``."""
    from dask.delayed import delayed

    return delayed


def dask_compute() -> Any:
    """``dask.compute``."""
    from dask.base import compute

    return compute


def chunked(data: Any, tile: int) -> Any:
    """`data` as a Dask array: as it is chunked already, or in squares of `tile`."""
    da = dask_array()
    if isinstance(data, da.Array):
        return data
    return da.from_array(data, chunks=tile, name=False)


def physical(band: Band, data: Any, valid: Any | None = None) -> Any:
    """Physical values of a band's chunked raw `data` as float32, NaN without data or where not `valid` (a boolean Dask array of the same chunks)."""
    da = dask_array()

    def values(raw: np.ndarray[Any, Any], good: np.ndarray[Any, Any] | None = None) -> np.ndarray[Any, Any]:
        result = band.physical(raw)
        if good is not None:
            result[~good.astype(bool, copy=False)] = np.nan
        return result

    if valid is None:
        return da.map_blocks(values, data, dtype=np.float32, meta=np.empty((0, 0), np.float32))
    return da.map_blocks(values, data, valid.rechunk(data.chunks), dtype=np.float32, meta=np.empty((0, 0), np.float32))
