"""Where the pixels of a Dataset lie: dimensions, coordinates and coordinate reference system to a grid, and a grid to
these.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr
from affine import Affine

from estran.adapters.files import cf
from estran.errors import BadGrid
from estran.raster.grid import Grid

MAPPING = "spatial_ref"
"""The coordinate that holds the coordinate reference system: the name that rioxarray and odc-geo use."""
_Y = re.compile(r"(?:.*_)?(y|lat|latitude|northing)(?:_.*)?", re.IGNORECASE)
_X = re.compile(r"(?:.*_)?(x|lon|longitude|easting)(?:_.*)?", re.IGNORECASE)
_TIME = re.compile(r"time|t|date", re.IGNORECASE)
_STANDARD = {
    **dict.fromkeys(("latitude", "projection_y_coordinate", "grid_latitude"), "y"),
    **dict.fromkeys(("longitude", "projection_x_coordinate", "grid_longitude"), "x"),
    "time": "time",
}
_IRREGULAR = 1e-2
"""How far coordinates may lie from even steps [pixels]; coordinates in float32 do by some thousandths."""
_NEAR = 1e-3
"""How near coordinates must come to the grid that a Dataset of ours remembers, to be its [pixels]."""


@dataclass(frozen=True)
class Layout:
    """How the pixels of a grid lie in a Dataset.

    Parameters
    ----------
    grid
        The grid, north up where the coordinates allow.
    y, x
        Names of the dimensions of rows and columns.
    coords
        Coordinates to give to results, as they were: of both dimensions, and the coordinate reference system.
    flipped
        Whether rows, and columns, run the other way in the Dataset than in the grid.
    """

    grid: Grid
    y: str
    x: str
    coords: Mapping[str, Any] = field(default_factory=dict)
    flipped: tuple[bool, bool] = (False, False)

    def turned(self, data: Any) -> Any:
        """A (rows, columns) array the other way round where it must be: from the Dataset to the grid, and back."""
        return data[:: -1 if self.flipped[0] else 1, :: -1 if self.flipped[1] else 1] if any(self.flipped) else data


def way(dataset: xr.Dataset, dim: Hashable) -> str:
    """What a dimension runs over: "y", "x", "time", or "" where nothing says so. Attributes of its coordinate count
    more than its name.
    """
    if dim in dataset.coords:
        attributes = dataset.coords[dim].attrs
        said = _STANDARD.get(str(attributes.get("standard_name", "")).lower()) or {"y": "y", "x": "x", "t": "time"}.get(
            str(attributes.get("axis", "")).lower()
        )
        if said:
            return said
    name = str(dim)
    return next((found for found, pattern in (("time", _TIME), ("y", _Y), ("x", _X)) if pattern.fullmatch(name)), "")


def is_placeless(dataset: xr.Dataset) -> bool:
    """Whether a Dataset says that its pixels lie on no map, as lines of a detector do: ``attrs["crs"] = "none"``."""
    return str(dataset.attrs.get("crs", "")).strip().lower() == "none"


def crs_of(dataset: xr.Dataset, name: Hashable) -> str | None:
    """The coordinate reference system of a variable: of its grid mapping, of ``spatial_ref`` or ``crs``, of attributes,
    of longitude and latitude.

    Raises
    ------
    BadGrid
        It is stated, and cannot be understood.
    """
    variable = dataset[name]
    for attributes in _stated(dataset, variable):
        wkt = next(
            (
                attributes[key]
                for key in ("crs_wkt", "spatial_ref", "crs", "proj:wkt2", "proj:code", "proj:epsg", "epsg")
                if attributes.get(key)
            ),
            None,
        )
        if wkt is not None or "grid_mapping_name" in attributes:
            return _understood(wkt, attributes, str(name))
    dims = [dim for dim in variable.dims if way(dataset, dim) in ("y", "x")]
    return "EPSG:4326" if dims and all(_is_degrees(dataset, dim) for dim in dims) else None


def _stated(dataset: xr.Dataset, variable: xr.DataArray) -> Iterator[Mapping[Any, Any]]:
    """Attributes that may say a coordinate reference system, those of the variable's own mapping first."""
    own = variable.encoding.get("grid_mapping", variable.attrs.get("grid_mapping", ""))
    for mapping in (str(own).split(":")[0].strip(), MAPPING, "crs"):
        if mapping in dataset.variables:
            found = dataset.variables[mapping]
            yield (
                found.attrs
                if found.attrs or found.ndim or found.dtype.kind not in "iuUO"
                else {"crs": found.values.item()}
            )
    yield variable.attrs
    yield dataset.attrs
    yield {
        key: dataset.coords[key].values.item()
        for key in ("proj:code", "proj:epsg", "epsg")
        if key in dataset.coords and dataset.coords[key].ndim == 0
    }


def _understood(stated: Any, attributes: Mapping[Any, Any], where: str) -> str:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        if stated is None:
            crs = CRS.from_cf(
                {str(k): (v.tolist() if isinstance(v, np.generic | np.ndarray) else v) for k, v in attributes.items()}
            )
        else:
            text = str(stated)
            crs = CRS.from_user_input(int(float(text)) if re.fullmatch(r"\d+(\.0)?", text) else text)
    except (CRSError, KeyError, ValueError, TypeError) as error:
        raise BadGrid(
            "the coordinate reference system cannot be understood",
            where=where,
            found=str(stated)[:80],
            todo='write it as "EPSG:32631" or WKT',
        ) from error
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else str(crs.to_wkt())


def _is_degrees(dataset: xr.Dataset, dim: Hashable) -> bool:
    units = str(dataset.coords[dim].attrs.get("units", "")) if dim in dataset.coords else ""
    return units.lower().startswith("degree") or str(dim).lower() in ("lat", "latitude", "lon", "longitude")


def layout_of(dataset: xr.Dataset, name: Hashable, y: Hashable, x: Hashable, own: Grid | None = None) -> Layout:
    """The grid of a variable, from the coordinates of its dimensions.

    Parameters
    ----------
    dataset, name
        The variable.
    y, x
        Its dimensions of rows and columns.
    own
        The grid that a variable of ours remembers: where the coordinates are still its, it is taken as it is, exact and
        with or without a reference system.

    Raises
    ------
    BadGrid
        Coordinates that are not sorted or not evenly spaced, a reference system that is missing or not understood.
    """
    height, width = dataset.sizes[y], dataset.sizes[x]
    if is_placeless(dataset):
        there = {str(c): dataset[c].variable for c in (y, x) if c in dataset.variables}
        return Layout(Grid(width, height), str(y), str(x), there)
    axes = [_axis(dataset, dim) for dim in (y, x)]
    crs = crs_of(dataset, name)
    coords = {str(c): dataset[c].variable for c in (y, x, MAPPING) if c in dataset.variables}
    if own is not None and own.shape == (height, width) and _is_grid_of(own, axes):
        return Layout(own, str(y), str(x), coords)
    if axes[0] is None or axes[1] is None:
        transform, flipped = _written_transform(dataset), (False, False)
        if transform is None and own is None:
            raise BadGrid(
                "the Dataset does not say where its pixels lie",
                where=name,
                expected=f"coordinates of the dimensions {y} and {x}",
                found=", ".join(map(str, dataset.coords)) or "no coordinates",
                todo=f"assign the map coordinates of the pixels' centres: ds.assign_coords({y}=…, {x}=…); lines of a "
                'detector, which lie on no map, say so by ds.attrs["crs"] = "none"',
            )
        if own is not None and own.shape != (height, width):
            transform = None  # a part of a grid without coordinates: of where is not said
        return Layout(
            Grid(width, height, transform, crs or (own.crs if own else None)), str(y), str(x), coords, flipped
        )
    steps = _steps(dataset, str(name), (y, x), axes)
    (top, dy, turned_y), (left, dx, turned_x) = _corner(axes[0], -abs(steps[0])), _corner(axes[1], abs(steps[1]))
    if crs is None and (own is None or own.crs is not None):
        raise no_crs(name)
    return Layout(
        Grid(width, height, Affine(dx, 0.0, left, 0.0, dy, top), crs), str(y), str(x), coords, (turned_y, turned_x)
    )


def no_crs(name: object) -> BadGrid:
    """The error for pixels without a coordinate reference system."""
    return BadGrid(
        "the Dataset has no coordinate reference system",
        where=name,
        expected="a coordinate spatial_ref, or attrs['crs']",
        todo='give it one: ds.attrs["crs"] = "EPSG:32631", or with rioxarray ds.rio.write_crs(32631); lines of a '
        'detector, which lie on no map, say so by ds.attrs["crs"] = "none"',
    )


def _axis(dataset: xr.Dataset, dim: Hashable) -> npt.NDArray[np.float64] | None:
    if dim not in dataset.coords or dataset.coords[dim].dtype.kind not in "iuf":
        return None
    return np.asarray(dataset.coords[dim].values, np.float64)


def _is_grid_of(grid: Grid, axes: Iterable[npt.NDArray[np.float64] | None]) -> bool:
    """Whether coordinates are those of a grid, both where it has no coordinates and where it has."""
    ours = [None, None] if (made := cf.centres(grid)) is None else list(made)
    for mine, theirs in zip(ours, axes, strict=True):
        if (mine is None) != (theirs is None):
            return False
        if mine is not None and theirs is not None:
            step = abs(mine[1] - mine[0]) if len(mine) > 1 else max(grid.pixel_size)
            if not np.abs(mine[[0, -1]] - theirs[[0, -1]]).max() <= _NEAR * step:
                return False
    return True


def _steps(
    dataset: xr.Dataset, name: str, dims: tuple[Hashable, Hashable], axes: list[npt.NDArray[np.float64] | None]
) -> tuple[float, float]:
    """Signed steps of rows and columns; of a single one, as long as the other's, or as a written transform says."""
    found: list[float | None] = []
    for dim, axis in zip(dims, axes, strict=True):
        assert axis is not None
        if not np.isfinite(axis).all():
            raise BadGrid(
                f"coordinates of dimension {dim!r} are not numbers",
                where=name,
                todo="give each row and column its map coordinate",
            )
        if len(axis) < 2:
            found.append(None)
            continue
        differences = np.diff(axis)
        if not ((differences > 0).all() or (differences < 0).all()):
            raise BadGrid(
                f"coordinates of dimension {dim!r} are not sorted",
                where=name,
                expected="rising or falling throughout",
                todo=f'sort them: ds.sortby("{dim}"), and see that none is there twice',
            )
        step = float(axis[-1] - axis[0]) / (len(axis) - 1)
        off = np.abs(axis - (axis[0] + step * np.arange(len(axis)))).max()
        if off > _IRREGULAR * abs(step):
            raise BadGrid(
                f"coordinates of dimension {dim!r} are not evenly spaced",
                where=name,
                expected=f"steps of {abs(step):.6g}",
                found=f"steps from {np.abs(differences).min():.6g} to {np.abs(differences).max():.6g}",
                todo="resample to a regular grid first, or give the parts between the gaps one by one",
            )
        found.append(step)
    if found[0] is None and found[1] is None:
        written = _written_transform(dataset)
        if written is None:
            raise BadGrid(
                "one pixel alone has no size",
                where=name,
                expected="two rows or columns at the least",
                todo="give a larger part",
            )
        return written.e, written.a
    rows, columns = found
    return (rows if rows is not None else -abs(columns or 0.0)), (columns if columns is not None else abs(rows or 0.0))


def _corner(axis: npt.NDArray[np.float64] | None, step: float) -> tuple[float, float, bool]:
    """Where the first pixel begins when steps have the sign of `step`, the step, and whether the axis runs the other
    way.
    """
    assert axis is not None
    turned = len(axis) > 1 and (axis[-1] - axis[0]) * step < 0
    first = float(axis[-1] if turned else axis[0])
    return first - step / 2, step, turned


def _written_transform(dataset: xr.Dataset) -> Affine | None:
    """The transform of the mapping, which rotated grids have instead of coordinates."""
    return cf.written_transform(dataset.variables[MAPPING].attrs) if MAPPING in dataset.variables else None


def mapping_coord(grid: Grid) -> xr.Variable | None:
    """The coordinate ``spatial_ref`` as rioxarray writes and reads it; None without a reference system.

    The transform stands in it only where there are no coordinates to say it: rioxarray takes a written one for granted,
    also in a part of the image.
    """
    attributes = cf.mapping_attributes(grid, wkt="WKT2_2019", placed=cf.centres(grid) is None)
    return xr.Variable((), np.int64(0), attributes) if attributes else None
