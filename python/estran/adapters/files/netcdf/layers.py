"""Variables over views or times as layers: a band each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from estran.adapters.files import extras
from estran.raster.layers import Coordinates, Layer

_MOST_LAYERS = 10_000
"""Most layers: a header can claim any number."""


def is_stack(variable: Any) -> bool:
    """Whether a variable is over (view, y, x), or over (time, y, x) as we write it; times of other files are products
    of their own.
    """
    if variable.ndim != 3 or not 0 < variable.shape[0] <= _MOST_LAYERS:
        return False
    ours = extras.KEY in variable.group().groups
    return (_dim(variable) == "view" and (ours or variable.shape[0] > 1)) or (_dim(variable) == "time" and ours)


def _dim(variable: Any) -> str:
    return str(variable.dimensions[0]).rpartition("_")[0] or str(variable.dimensions[0])


def layers_of(
    dataset: Any, name: str, label: str, variable: Any, own: Mapping[str, Any] | None
) -> list[tuple[Layer | None, tuple[int, ...]]]:
    """The layers of a variable with their indices in the file; of one that is no stack, None and the first of any
    further dimension.

    `own` is what we kept of the stack, "along" and "layers": it counts where it fits the file.
    """
    if not is_stack(variable):
        return [(None, (0,) * (variable.ndim - 2))]
    count = variable.shape[0]
    along = extras.coordinates_of(own["along"]) if own else None
    if along is None or len(along) != count:
        along = _coordinates(dataset, variable, count)
    return [(along.layer(label, index), (index,)) for index in range(count)]


def _coordinates(dataset: Any, variable: Any, count: int) -> Coordinates:
    """Where layers lie, by the coordinate variable of their dimension; else their numbers."""
    axis = dataset.variables.get(variable.dimensions[0])
    if axis is None or axis.shape != (count,) or getattr(axis.dtype, "kind", "O") not in "iuf":
        return Coordinates("view", tuple(float(number + 1) for number in range(count)))
    values = np.ma.filled(np.ma.asarray(axis[:], np.float64), np.nan).tolist()
    texts = (str(getattr(axis, key, "")) for key in ("units", "long_name"))
    return Coordinates("view", tuple(values), *texts)
