"""The map grid of a variable, from its grid mapping and coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from affine import Affine

from estran.adapters.files.cf import written_transform
from estran.adapters.files.recover_grid import grid_of_lonlat
from estran.errors import BadGrid
from estran.raster.grid import Grid

_LONGEST = 10**7
"""Most coordinates of an axis that are looked at: a header can claim any number."""
_COORDINATE_SAMPLES = 2 * 10**8
"""Most latitudes or longitudes of pixels that are looked at (a tile of Sentinel-2 at 10 m has 1.2e8)."""


def grid_of_variable(
    dataset: Any, variable: Any, dims: tuple[str, ...], mapping: str, notes: list[str]
) -> tuple[Grid, bool]:
    """The grid of a variable, and whether its first row is the southernmost."""
    height, width = variable.shape[-2:]
    crs = _mapping_crs(dataset.variables[mapping]) if mapping in dataset.variables else None
    y, x = (_axis(dataset, name) for name in dims)
    if x is not None and y is not None:
        if crs is None and _is_degrees(dataset, dims):
            crs = "EPSG:4326"
        flipped = len(y) > 1 and y[1] > y[0]
        y = y[::-1] if flipped else y
        transform = _regular(x, y, dataset.variables.get(mapping))
        if transform is not None:
            if crs is None:
                notes.append("The file has map coordinates but no CRS.")
            return Grid(width, height, transform, crs), flipped
        notes.append("The file's coordinates are not evenly spaced: it has no map grid here.")
        return Grid(width, height), False
    lat, lon = (
        _twin(dataset, variable, choices, (height, width)) for choices in (("lat", "latitude"), ("lon", "longitude"))
    )
    if lat is not None and lon is not None:
        grid = grid_of_lonlat(lon, lat)
        if grid is not None:
            notes.append(
                f"The file has no map grid; latitude and longitude of its pixels lie on a regular grid in {grid.crs}, "
                f"which is used."
            )
            return grid, False
    notes.append("The file has no map grid that can be used.")
    return Grid(width, height), False


def _mapping_crs(variable: Any) -> str | None:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    attributes = {key: variable.getncattr(key) for key in variable.ncattrs()}
    wkt = attributes.get("crs_wkt") or attributes.get("spatial_ref")
    try:
        crs = (
            CRS.from_wkt(str(wkt))
            if wkt
            else CRS.from_cf(
                {k: (v.tolist() if isinstance(v, np.generic | np.ndarray) else v) for k, v in attributes.items()}
            )
        )
    except (CRSError, KeyError, ValueError):
        raise BadGrid("the grid mapping cannot be understood", where=variable.name, found=str(wkt)[:80]) from None
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else crs.to_wkt()


def _axis(dataset: Any, name: str) -> npt.NDArray[np.float64] | None:
    variable = dataset.variables.get(name)
    if (
        variable is None
        or variable.ndim != 1
        or getattr(variable.dtype, "kind", "O") not in "iuf"
        or variable.size > _LONGEST
    ):
        return None
    return np.asarray(variable[:], np.float64)


def _is_degrees(dataset: Any, dims: Sequence[str]) -> bool:
    return all(str(getattr(dataset.variables[name], "units", "")).lower().startswith("degree") for name in dims)


def _regular(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], mapping: Any) -> Affine | None:
    t = written_transform({"GeoTransform": getattr(mapping, "GeoTransform", "")})
    if (
        t is not None
        and abs(x[0] - (t.c + t.a / 2)) <= abs(t.a) * 1e-3
        and abs(y[0] - (t.f + t.e / 2)) <= abs(t.e) * 1e-3
        and not t.b
        and not t.d
    ):
        return t  # exact where the step is not a round number
    steps = []
    for axis in (x, y):
        if len(axis) < 2:
            return None
        step = (axis[-1] - axis[0]) / (len(axis) - 1)
        if step == 0 or np.max(np.abs(np.diff(axis) - step)) > abs(step) * 1e-2:
            return None
        steps.append(float(step))
    return Affine(steps[0], 0.0, float(x[0]) - steps[0] / 2, 0.0, steps[1], float(y[0]) - steps[1] / 2)


def _twin(
    dataset: Any, variable: Any, choices: Sequence[str], shape: tuple[int, int]
) -> npt.NDArray[np.float64] | None:
    for name in (*str(getattr(variable, "coordinates", "")).split(), *choices):
        if (
            name in choices
            and name in dataset.variables
            and dataset[name].shape == shape
            and dataset[name].size <= _COORDINATE_SAMPLES
        ):
            return np.ma.filled(np.ma.asarray(dataset[name][:], np.float64), np.nan)
    return None
