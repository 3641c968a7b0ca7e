"""Expressions over the bands of a product: virtual bands, valid pixels, masks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.errors import EstranError
from estran.raster.coding import FlagCoding
from estran.raster.expression import evaluate, names
from estran.raster.product import Band, Product

_Inputs = Mapping[str, Band]

MOST_STEPS = 100
"""Virtual bands one behind another: each waits for the one before when pixels are made."""


def valid_mask(product: Product, band: Band) -> Any | None:
    """Where a band is valid: its valid-pixel expression and its no-data value together.

    Returns
    -------
    array or None
        Booleans of the band's shape, Dask where the bands are; None where every pixel is valid as far as these two say
        (NaN samples are never data).
    """
    masks = []
    if band.nodata is not None:
        absent = np.isnan(band.nodata)
        masks.append(~_isnan(band.data) if absent else band.data != band.nodata)
    if band.valid.strip():
        masks.append(_expression(product, band.valid, band.grid.shape, bool))
    if not masks:
        return None
    return masks[0] if len(masks) == 1 else masks[0] & masks[1]


def mask_array(product: Product, name: str) -> Any:
    """Where a mask of the product is set: booleans, of the shape of the bands it looks at."""
    mask = product.masks[name]
    used = [product.bands[n] for n in sorted(names(mask.expression)) if n in product.bands]
    return _expression(product, mask.expression, used[0].grid.shape if used else product.grid.shape, bool)


def with_virtual_data(product: Product) -> Product:
    """The product with its virtual bands given data, evaluated when asked for; those that cannot be evaluated keep
    None, with a note.
    """
    notes: list[str] = []
    waiting = {band.name: band for band in product.bands.values() if band.expression is not None and band.data is None}
    needs = {name: needed for name, band in waiting.items() if (needed := _needs(band, product, notes)) is not None}
    later: dict[str, list[str]] = {}
    for name, needed in needs.items():
        for other in needed:
            later.setdefault(other, []).append(name)
    open_needs = {name: len(needed) for name, needed in needs.items()}
    ready = [name for name, count in open_needs.items() if not count]
    steps = dict.fromkeys(ready, 1)
    made: dict[str, Band] = {}
    for name in ready:  # grows while it is gone through
        band = waiting[name]
        if steps[name] > MOST_STEPS:
            notes.append(f"Virtual band {name!r} is not evaluated: it stands behind more than {MOST_STEPS} others.")
            continue
        try:
            data = _expression(
                product.with_bands(*(made[n] for n in needs[name])), str(band.expression), band.grid.shape, np.float32
            )
        except EstranError as error:
            notes.append(f"Virtual band {name!r} is not evaluated: {error.what}.")
            continue
        made[name] = replace(band, data=data)
        for other in later.get(name, ()):
            open_needs[other] -= 1
            steps[other] = max(steps.get(other, 0), steps[name] + 1)
            if not open_needs[other]:
                ready.append(other)
    left = [name for name in needs if name not in made and name not in ready]
    notes += [f"Virtual band {name!r} is not evaluated: it needs one that is not." for name in left]
    return product.with_bands(*made.values()).with_notes(*notes)


def _needs(band: Band, product: Product, notes: list[str]) -> set[str] | None:
    """The bands without data that its expression names; None, and a note, where it cannot be read."""
    try:
        return {n for n in names(str(band.expression)) if n in product.bands and product.bands[n].data is None}
    except EstranError as error:
        notes.append(f"Virtual band {band.name!r} is not evaluated: {error.what}.")
        return None


def _isnan(data: Any) -> Any:
    return np.isnan(data) if np.issubdtype(data.dtype, np.floating) else np.zeros(data.shape, bool)


def _expression(product: Product, expression: str, shape: tuple[int, int], dtype: npt.DTypeLike) -> Any:
    used = {name: product[name] for name in sorted(names(expression))}
    for name, band in used.items():
        if band.grid.shape != shape:
            raise EstranError(
                "an expression mixes bands of several sizes",
                where=expression,
                expected=f"{shape[1]} x {shape[0]}",
                found=f"{name}: {band.grid.width} x {band.grid.height}",
                todo="put a Resample node before",
            )
    compute = partial(_block, expression, tuple(replace(band, data=None) for band in used.values()), np.dtype(dtype))
    if not any(hasattr(band.data, "dask") for band in used.values()):
        return np.broadcast_to(compute(*(band.data for band in used.values())), shape)
    import dask.array

    arrays_of: Any = dask.array
    first = next(band.data for band in used.values() if hasattr(band.data, "dask"))
    arrays = [arrays_of.asarray(band.data).rechunk(first.chunks) for band in used.values()]
    return arrays_of.map_blocks(compute, *arrays, dtype=np.dtype(dtype), meta=np.empty((0, 0), dtype))


def _block(expression: str, bands: tuple[Band, ...], dtype: np.dtype[Any], *raw: npt.NDArray[Any]) -> npt.NDArray[Any]:
    arrays = dict(zip((band.name for band in bands), raw, strict=True))
    known = {band.name: band for band in bands}

    def get(name: str) -> npt.NDArray[Any]:
        if name not in known:
            return arrays[name.removesuffix(".raw")]
        band = known[name]
        if not band.is_scaled:
            return arrays[name]
        # As in SNAP, an expression sees scaled samples, no-data among them, as floats (doubles for 32-bit integers and
        # doubles).
        wide = arrays[name].dtype.name in ("int32", "uint32", "float64")
        return replace(band, nodata=None).physical(arrays[name], np.float64 if wide else np.float32)

    def get_flag(name: str, flag: str) -> npt.NDArray[Any]:
        coding = known[name].coding
        if not isinstance(coding, FlagCoding) or arrays[name].dtype.kind not in "iu":
            raise KeyError(flag)
        return coding.unpack(arrays[name], flag)

    value = evaluate(expression, get, get_flag, truth=dtype.kind == "b")
    shape = raw[0].shape if raw else value.shape
    return np.broadcast_to(value, shape).astype(dtype)
