"""Variables over (view, y, x) and (time, y, x): the layers of a stack in a product, one array in a Dataset."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import xarray as xr

from estran.adapters.files import cf, extras
from estran.face.grids import way
from estran.raster.layers import Coordinate, Coordinates, Layer


def axis_of(dataset: xr.Dataset, variable: xr.DataArray, said: Mapping[str, Any]) -> Hashable | None:
    """The dimension of a variable along which its layers lie: "view", or times where a variable of ours says that it is
    a stack of these; None where it is an image.
    """
    for dim in variable.dims:
        name = str(dim)
        if name == "view" or name.startswith("view_"):
            return dim
        if "stack" in said and way(dataset, dim) == "time":
            return dim
    return None


def is_of_stack(variable: xr.DataArray) -> bool:
    """Whether a variable is ours and lies along an axis of its own, as dates of a scene do not."""
    return "stack" in extras.loads(variable.attrs.get(extras.KEY, ""))


def layers_of(
    dataset: xr.Dataset, variable: xr.DataArray, axis: Hashable | None, label: str, said: Mapping[str, Any]
) -> list[tuple[Layer | None, xr.DataArray]]:
    """The layers of a variable along its axis; of an image, itself and None."""
    if axis is None:
        return [(None, variable)]
    known = extras.coordinates_of(said["stack"]) if "stack" in said else None
    along = _along(dataset, axis, variable.sizes[axis], known)
    return [(along.layer(label, i), variable.isel({axis: i})) for i in range(len(along))]


def _along(dataset: xr.Dataset, axis: Hashable, count: int, known: Coordinates | None) -> Coordinates:
    """Where layers lie: by the coordinate of their dimension; else as the variable remembers; else by their numbers."""
    dim = "time" if way(dataset, axis) == "time" else "view"
    if axis in dataset.coords and dataset.coords[axis].dtype.kind in "iufM":
        coordinate = dataset.coords[axis]
        values = tuple(map(_value, coordinate.values))
        if known is not None and len(known) == count and all(map(_is_near, known.values, values)):
            return known
        texts = (str(coordinate.attrs.get(key, "")) for key in ("units", "long_name"))
        return Coordinates(dim, values, *texts) if dim == "view" else Coordinates(dim, values)
    if known is not None and len(known) == count:
        return known
    return Coordinates("view", tuple(float(number + 1) for number in range(count)))


def _value(value: Any) -> Coordinate:
    if isinstance(value, np.datetime64):
        return datetime.fromisoformat(str(value.astype("datetime64[us]"))).replace(tzinfo=UTC)
    return float(value)


def _is_near(known: Coordinate, value: Coordinate) -> bool:
    if isinstance(known, datetime) and isinstance(value, datetime):
        return abs((known - value).total_seconds()) < 1e-5
    return known == value


def stacked(arrays: list[Any]) -> Any:
    """Layers as one array (layers, rows, columns), lazy where they are."""
    if any(hasattr(array, "dask") for array in arrays):
        import dask.array

        stack: Any = dask.array.stack
        return stack(arrays)
    return np.stack(arrays)


def dimension(along: Coordinates, known: dict[Coordinates, str], coords: dict[str, Any]) -> str:
    """The name of the dimension of views or times, whose coordinate is added: "view", "view_2" of other views."""
    if along not in known:
        count = sum(other.dim == along.dim for other in known)
        known[along] = f"{along.dim}_{count + 1}" if count else along.dim
        coords[known[along]] = xr.Variable((known[along],), *cf.axis_variable(along))
    return known[along]
