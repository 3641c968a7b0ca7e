"""One variable of a Dataset as a band: samples, scaling, no-data value, coding."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import xarray as xr

from estran.adapters.files import extras
from estran.adapters.files.cf import fits
from estran.errors import BadProduct, UnsupportedProduct
from estran.face.grids import Layout, way
from estran.face.packing import encoded, is_decoded, scaling_of
from estran.face.to_dataset import shown_unit
from estran.raster.product import Band, TiePointGrid
from estran.raster.tie_points import LazyPoints

_NARROW = 64
"""Chunks with fewer rows or columns are joined: each is a task, and windows touch many of them."""
_MANY = 32
"""Chunks along a side that are too many where they are that narrow."""
TILE = 1024
"""Rows and columns of the chunks that they are joined to."""


def rows_and_columns(
    dataset: xr.Dataset, variable: xr.DataArray, axis: Hashable | None = None
) -> tuple[Hashable, Hashable] | None:
    """Its dimensions of rows and columns, where it is a numeric variable over both and no others longer than 1 but the
    `axis` of its layers.

    Raises
    ------
    BadProduct
        It has a longer one.
    """
    if variable.dtype.kind not in "iufb":
        return None
    ways = {
        way(dataset, dim): dim for dim in variable.dims if variable.sizes[dim] > 1 or way(dataset, dim) in ("y", "x")
    }
    if "y" not in ways or "x" not in ways:
        return None
    others = [str(dim) for dim in variable.dims if dim not in (ways["y"], ways["x"], axis) and variable.sizes[dim] > 1]
    if others:
        raise BadProduct(
            f"variable {variable.name!r} has a dimension that is neither rows, columns nor time",
            expected="(y, x), (view, y, x) or (time, y, x)",
            found=f"({', '.join(map(str, variable.dims))})",
            todo=f"take one of it: ds.isel({others[0]}=0); bands along a dimension are given as a DataArray with a "
            f'dimension "band"',
        )
    return ways["y"], ways["x"]


def label_of(name: str, said: Mapping[str, Any]) -> str:
    """Its band's name: what the variable is called now, but where that only made room for a coordinate."""
    known = str(said.get("name", name))
    return known if name in (f"{known}_band", f"{known}_band_band") else name


def band_of(name: str, variable: xr.DataArray, layout: Layout, said: Mapping[str, Any], joined: list[str]) -> Band:
    """The band of a variable over rows and columns; `joined` gets its name where its chunks were narrow."""
    flat = variable.transpose(..., layout.y, layout.x)
    flat = flat.isel(dict.fromkeys(flat.dims[:-2], 0))
    data = layout.turned(flat.data)
    if data.dtype.kind == "b":
        data = data.astype(np.uint8)
    if hasattr(data, "dask") and _is_narrow(data):
        joined.append(name)
        data = data.rechunk(TILE)
    band = Band(
        name,
        data,
        layout.grid,
        unit=_unit(variable.attrs, said),
        description=str(variable.attrs.get("long_name", ""))
        if said or isinstance(variable.attrs.get("long_name"), str)
        else "",
        coding=extras.coding_of(said.get("coding", {}).get("name", name), variable.attrs, said),
        valid=str(variable.attrs.get("valid_pixel_expression", "")),
        wavelength=_wavelength(variable.attrs),
    )
    band = _with_numbers(extras.with_band_extras(band, said, skip=("valid", "unit", "description")), variable, said)
    return replace(band, unscaled=str(said.get("unscaled", "")))


def _unit(attributes: Mapping[Any, Any], said: Mapping[str, Any]) -> str:
    unit, known = str(attributes.get("units", attributes.get("unit", ""))), str(said.get("unit", ""))
    return known if shown_unit(known) == unit else unit


def _is_narrow(data: Any) -> bool:
    return any(len(sizes) > _MANY and max(sizes) < _NARROW for sizes in data.chunks)


def _with_numbers(band: Band, variable: xr.DataArray, said: Mapping[str, Any]) -> Band:
    """The band with its samples, scaling and no-data value."""
    dtype, encoding = np.dtype(band.data.dtype), variable.encoding
    # The tags of our GeoTIFF, which rioxarray hands on, have the same name, and say nothing of a grid.
    raw = np.dtype(said["dtype"]) if "grid" in said else None
    if raw is not None:
        scale, offset = said.get("scaling", (1.0, 0.0))
        kept = replace(band, scale=scale, offset=offset, nodata=said.get("nodata"))
        # Computing with a variable gives one whose attributes may stay and whose encoding is gone: its numbers
        # are what they are.
        if is_decoded(kept):
            if dtype == raw and raw.kind in "iu" and scaling_of(variable.attrs) == (kept.scale, kept.offset):
                return kept  # opened without decoding
            if np.dtype(encoding.get("dtype", "V")) == raw and scaling_of(encoding) == (kept.scale, kept.offset):
                return replace(kept, data=encoded(kept, band.data, raw))
        elif dtype == raw:
            return kept
        return replace(band, log10_scaled=False, saturated=None, nodata=None if dtype.kind != "f" else float("nan"))
    if dtype.kind == "f":
        return _floats(band, variable)
    scale, offset = scaling_of(variable.attrs)
    nodata = _nodata(variable.attrs, dtype)
    return replace(band, scale=scale, offset=offset, nodata=nodata if nodata is not None else _nodata(encoding, dtype))


def _floats(band: Band, variable: xr.DataArray) -> Band:
    if scaling_of(variable.attrs) != (1.0, 0.0):
        raise UnsupportedProduct(
            f"it is not clear whether variable {band.name!r} is scaled already: it holds floats, and its attributes a "
            f"scale_factor or an add_offset",
            todo=f'if it is, remove them: ds["{band.name}"].attrs.pop("scale_factor"); if not, apply them first '
            f"(xarray.decode_cf does)",
        )
    nodata = _nodata(variable.attrs, np.dtype(band.data.dtype))
    return replace(band, nodata=float("nan") if nodata is None else nodata, saturated=None)


def _nodata(attributes: Mapping[Any, Any], dtype: np.dtype[Any]) -> float | None:
    for key in ("_FillValue", "missing_value", "nodata", "_nodata"):
        value = attributes.get(key)
        if value is not None and np.size(value) == 1 and fits(number := float(np.ravel(value)[0]), dtype):
            return number
    return None


def _wavelength(attributes: Mapping[Any, Any]) -> float | None:
    value = attributes.get("radiation_wavelength")
    return (
        float(value) if value is not None and str(attributes.get("radiation_wavelength_unit", "nm")) == "nm" else None
    )


def tie_points_of(variable: xr.DataArray, said: Mapping[str, Any]) -> TiePointGrid:
    """The tie-point grid of a variable of ours."""
    offset_x, offset_y, step_x, step_y = said["tie_points"]
    texts = str(variable.attrs.get("units", "")), str(variable.attrs.get("long_name", ""))
    return TiePointGrid(
        said["name"],
        _points(variable),
        offset_x,
        offset_y,
        step_x,
        step_y,
        *texts,
        cyclic=bool(said["cyclic"]),
    )


def _points(variable: xr.DataArray) -> Any:
    """Samples in memory as they are; of a Dask array, samples that are computed on demand."""
    if isinstance(variable.data, np.ndarray):
        return variable.data
    # In the thread that asks: it may be a task of a worker, which must not wait for another task.
    return LazyPoints((variable.shape[0], variable.shape[1]), partial(variable.data.compute, scheduler="synchronous"))
