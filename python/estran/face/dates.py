"""Scenes of several dates: one at a time, and the results side by side again."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import xarray as xr

from estran.adapters.files import extras
from estran.errors import BadProduct
from estran.face.grids import way
from estran.face.scene_facts import start_of
from estran.face.to_dataset import PENDING


def time_dim(dataset: xr.Dataset) -> Hashable | None:
    """The dimension of dates, where it has one."""
    return next((dim for dim in dataset.dims if way(dataset, dim) == "time" and dataset.sizes[dim] > 0), None)


def dates_of(dataset: xr.Dataset, dim: Hashable, index: int, count: int) -> xr.Dataset:
    """One date of a Dataset; of one without dates, itself.

    Raises
    ------
    BadProduct
        It has another number of dates than the first source.
    """
    if dim not in dataset.dims:
        return dataset
    if dataset.sizes[dim] != count:
        raise BadProduct(
            "the sources have different numbers of dates",
            expected=count,
            found=dataset.sizes[dim],
            todo="give the same dates of each",
        )
    return dataset.isel({dim: index})


def joined(parts: Sequence[xr.Dataset], source: xr.Dataset, dim: Hashable) -> xr.Dataset:
    """The results of the dates of `source` along its dimension `dim`, with what was said of each."""
    name = str(dim)
    index: Any = source.coords.get(dim, dim)
    plain = [
        part.drop_vars([c for c in ("time", name) if c in part.coords and part.coords[c].ndim == 0], errors="ignore")
        for part in parts
    ]
    result = xr.concat(
        plain,
        dim=index,
        data_vars="all",
        coords="minimal",
        compat="override",
        join="override",
        combine_attrs="override",
    )
    result = result.transpose(name, ...)
    attributes = {
        key: value for key, value in parts[0].attrs.items() if all(_alike(part.attrs.get(key), value) for part in parts)
    }
    own = {
        (moment.isoformat() if (moment := start_of(part)) else str(i)): extras.loads(part.attrs[extras.KEY])
        for i, part in enumerate(parts)
    }
    attributes[extras.KEY] = extras.dumps({"dates": own})
    notes = _notes(parts, list(own))
    if notes:
        attributes["notes"] = notes
    else:
        attributes.pop("notes", None)
    result.attrs = attributes
    result.encoding.pop(PENDING, None)  # of one date
    return result


def _alike(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(np.array_equal(one, other))


def _notes(parts: Sequence[xr.Dataset], dates: Sequence[str]) -> list[str]:
    """What was said of every date once, what was said of some with their dates."""
    said: dict[str, list[str]] = {}
    for part, date in zip(parts, dates, strict=True):
        for note in part.attrs.get("notes", ()):
            said.setdefault(str(note), []).append(date[:10])
    return [note if len(when) == len(parts) else f"{', '.join(when)}: {note}" for note, when in said.items()]
