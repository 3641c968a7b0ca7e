"""Raw samples and physical values: what is decoded for a Dataset, and how it becomes the same raw samples again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.adapters.files.cf import fits
from estran.errors import UnsupportedProduct
from estran.raster.product import Band

Array = npt.NDArray[Any]

_APART = 0.25
"""Steps of a sample by which a float may be rounded; where float32 is rounded more (integers of 32 bits, large
offsets), physical values are doubles.
"""
_LARGEST_REFLECTANCE = 3.0
"""Reflectance that half of the pixels of no block exceed: counts, percent and radiances do."""
_STEP = 16
"""Every how many rows and columns a block is looked at."""


def is_decoded(band: Band) -> bool:
    """Whether a Dataset holds physical values of a band instead of its samples.

    Flags and classes stay integers. A logarithmic scale is no scaling of CF: such samples stay as they are.
    """
    if band.coding is not None or band.log10_scaled:
        return False
    return band.is_scaled or (band.nodata is not None and not np.isnan(band.nodata))


def decoded(band: Band) -> tuple[Any, dict[str, Any]]:
    """What a Dataset holds of a band.

    Returns
    -------
    array, dict
        Physical values, NaN without data, as lazy as the band's samples; and xarray's ``encoding``, by which they
        become the same samples again. The samples themselves and an empty ``encoding`` where nothing is to be decoded.
    """
    if not is_decoded(band):
        return band.data, {}
    raw = np.dtype(band.data.dtype)
    dtype = np.dtype(np.float32 if _single_suffices(band, raw) else np.float64)
    encoding: dict[str, Any] = {"dtype": raw}
    if band.is_scaled:
        encoding |= {"scale_factor": float(band.scale), "add_offset": float(band.offset)}
    if band.nodata is not None and fits(band.nodata, raw):
        encoding["_FillValue"] = raw.type(band.nodata)
    return _blockwise(partial(_decode, replace(band, data=None), dtype), band.data, dtype), encoding


def _single_suffices(band: Band, raw: np.dtype[Any]) -> bool:
    """Whether float32 separates physical values of neighbouring samples, with room to spare."""
    if raw.kind == "f":
        return raw.itemsize <= 4 and not band.is_scaled
    limits = np.iinfo(raw)
    largest = max(abs(band.scale * float(limit) + band.offset) for limit in (limits.min, limits.max))
    return largest * float(np.finfo(np.float32).eps) < abs(band.scale) * _APART


def encoded(band: Band, values: Any, dtype: np.dtype[Any]) -> Any:
    """The raw samples of `dtype` of which `values` are the physical ones, as lazy as these.

    What does not fit raises :class:`~estran.errors.UnsupportedProduct` when it is computed, naming the band.
    """
    return _blockwise(partial(_encode, replace(band, data=None), dtype), values, dtype)


def refusing_counts(band: Band) -> Band:
    """The band, whose blocks refuse to be computed where their numbers cannot be reflectance.

    Of lazy numbers nothing else is known before they are computed.
    """
    if np.dtype(band.data.dtype).kind != "f" or band.is_scaled:
        return band
    return replace(band, data=_blockwise(partial(_refuse_counts, band.name), band.data, np.dtype(band.data.dtype)))


def scaling_of(attributes: Mapping[str, Any]) -> tuple[float, float]:
    """Scale and offset among CF attributes; 1 and 0 where they are not."""
    return float(attributes.get("scale_factor", 1.0)), float(attributes.get("add_offset", 0.0))


def _blockwise(call: Any, data: Any, dtype: np.dtype[Any]) -> Any:
    if not hasattr(data, "dask"):
        return call(np.asarray(data))
    import dask.array

    map_blocks: Any = dask.array.map_blocks
    return map_blocks(call, data, dtype=dtype, meta=np.empty((0, 0), dtype))


def _decode(band: Band, dtype: np.dtype[Any], raw: Array) -> Array:
    with np.errstate(all="ignore"):
        return band.physical(raw, dtype)


def _encode(band: Band, dtype: np.dtype[Any], values: Array) -> Array:
    gone = np.isnan(values)
    with np.errstate(all="ignore"):
        numbers = (
            (values.astype(np.float64) - band.offset) / band.scale if band.is_scaled else values.astype(np.float64)
        )
    if dtype.kind == "f":
        raw = numbers.astype(dtype)
    else:
        limits = np.iinfo(dtype)
        numbers = np.rint(np.where(gone, 0.0, numbers))
        _refuse_misfits(
            band, dtype, (numbers < limits.min) | (numbers > limits.max) | (gone if band.nodata is None else False)
        )
        raw = numbers.astype(dtype)
    if band.nodata is not None and fits(band.nodata, dtype):
        raw[gone] = dtype.type(band.nodata)
    return raw


def _refuse_misfits(band: Band, dtype: np.dtype[Any], wrong: Array) -> None:
    if not wrong.any():
        return
    raise UnsupportedProduct(
        f"values of {band.name} do not fit the numbers that its encoding asks for",
        expected=f"{dtype} times {band.scale:g} plus {band.offset:g}",
        found=f"{np.count_nonzero(wrong)} others in one block",
        todo=f'if they are meant, drop the encoding: ds["{band.name}"] = ds["{band.name}"].drop_encoding()',
    )


def _refuse_counts(name: str, values: Array) -> Array:
    some = values[::_STEP, ::_STEP]
    some = some[np.isfinite(some)]
    if some.size and float(np.median(some)) > _LARGEST_REFLECTANCE:
        raise unscaled(name, f"numbers around {float(np.median(some)):.4g}")
    return values


def unscaled(name: str, found: str) -> UnsupportedProduct:
    """The error for numbers that should be reflectance and are not."""
    return UnsupportedProduct(
        f"variable {name!r} holds numbers that are no reflectance",
        expected="reflectance as a fraction, or whole numbers with the attribute scale_factor (and add_offset)",
        found=found,
        todo=f'set ds["{name}"].attrs["scale_factor"] = 0.0001, and ["add_offset"] = -0.1 for Sentinel-2 from '
        f"processing baseline 04.00 on, "
        "where the numbers are not shifted already",
    )
