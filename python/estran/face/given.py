"""What people hold in a notebook, as a Dataset whose variables are bands."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import xarray as xr

from estran.errors import BadProduct

_BAND_DIMS = ("band", "bands", "variable", "wavelength")
"""Dimensions along which a DataArray holds bands."""


def as_dataset(given: Any) -> xr.Dataset:
    """A Dataset as it is; a DataArray with its bands as variables.

    Raises
    ------
    BadProduct
        It is neither, or a DataArray whose bands have no names.
    """
    if isinstance(given, xr.Dataset):
        cubes = [
            variable
            for variable in given.data_vars.values()
            if any(_is_band_dim(dim) and size > 1 for dim, size in variable.sizes.items())
        ]
        return _split(cubes[0]).assign_attrs(given.attrs) if len(cubes) == 1 else given
    if isinstance(given, xr.DataArray):
        return _split(given)
    found = type(given).__name__
    todo = "open it first: estran.open(path)" if isinstance(given, str) or hasattr(given, "__fspath__") else ""
    if found == "DataTree":
        todo = 'give one of its groups: tree["…"].to_dataset()'
    raise BadProduct(
        "this is no scene",
        expected="an xarray Dataset or DataArray, or a product of estran",
        found=found,
        todo=todo or "put the bands into a Dataset",
    )


def _is_band_dim(dim: Hashable) -> bool:
    return str(dim).lower() in _BAND_DIMS


def _split(array: xr.DataArray) -> xr.Dataset:
    dim = next((str(d) for d in array.dims if _is_band_dim(d)), None)
    if dim is None:
        return _with_facts(array.to_dataset(name=str(array.name or "band")), array)
    names = _names(array, dim)
    variables = {}
    for i, name in enumerate(names):
        one = array.isel({dim: i}, drop=True)
        one.attrs = {
            k: _of_band(v, i, len(names)) for k, v in array.attrs.items() if k not in ("long_name", "band_names")
        }
        # Coordinates that describe the band alone (stackstac has several) would differ from variable to variable.
        variables[name] = one.reset_coords(
            [c for c in array.coords if dim in array.coords[c].dims and c in one.coords], drop=True
        ).rename(name)
    return _with_facts(xr.Dataset(variables), array)


def _of_band(value: Any, i: int, count: int) -> Any:
    """What an attribute says of one band, where it has a value for each (``scales``, ``offsets``)."""
    if isinstance(value, list | tuple | np.ndarray) and len(value) == count:
        return value[i]
    return value


def _with_facts(dataset: xr.Dataset, array: xr.DataArray) -> xr.Dataset:
    """The Dataset with the facts about the scene that stand with the array: platform, time, reference system."""
    facts = {
        k: v
        for k, v in array.attrs.items()
        if k not in ("long_name", "units", "scale_factor", "add_offset", "_FillValue", "nodata", "estran")
    }
    return dataset.assign_attrs(facts)


def _names(array: xr.DataArray, dim: str) -> list[str]:
    """The names of its bands: its coordinate, or what rioxarray keeps of the file's descriptions."""
    count = array.sizes[dim]
    for coord in (dim, "common_name", "name"):
        if coord in array.coords and array.coords[coord].dims == (dim,) and array.coords[coord].dtype.kind in "UOT":
            found = [str(value) for value in array.coords[coord].values]
            break
    else:
        said = array.attrs.get("long_name", array.attrs.get("band_names"))
        found = (
            [said]
            if isinstance(said, str) and count == 1
            else list(map(str, said))
            if isinstance(said, list | tuple) and len(said) == count
            else []
        )
    if not found or len(set(found)) != count:
        raise BadProduct(
            "the bands of the DataArray have no names, or one twice",
            expected="a coordinate of texts, like B02 or blue",
            found=", ".join(map(str, array.coords[dim].values.tolist())) if dim in array.coords else f"{count} bands",
            todo=f'name them: da.assign_coords({dim}=["blue", "green", …])',
        )
    return found
