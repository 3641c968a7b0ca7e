"""The numbers that fill what a sensor did not observe, found by looking at fixed places of lazy arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from estran.engine.lazy import dask_compute
from estran.sensors.plausible import fillings, lookouts
from estran.sensors.survey import Filled, Fillings, reflectance_of


def find_fillings(arrays: Mapping[str, Any], sources: Iterable[str], scheduler: str) -> Fillings:
    """Look at the :func:`~estran.sensors.plausible.lookouts` of the scene.

    Parameters
    ----------
    arrays
        Inputs by semantic name, NumPy or Dask, of one shape.
    sources
        Prefixes of the sources that may have fillings: whose bands do not all say which numbers are no reflectance.
    scheduler
        Dask's.
    """
    found: dict[str, tuple[float, ...]] = {}
    for prefix in sources:
        bands = reflectance_of(arrays, prefix)
        if bands:
            shape = next(iter(bands.values())).shape
            looks = _computed([[values[part] for values in bands.values()] for part in lookouts(shape)], scheduler)
            found[prefix] = fillings([dict(zip(bands, part, strict=True)) for part in looks], shape)
    return Fillings(found)


def _computed(parts: list[list[Any]], scheduler: str) -> list[list[Filled]]:
    """Parts of NumPy or Dask arrays as NumPy; Dask sees no array that is none of its own, as it would hold it for a
    while.
    """
    if all(isinstance(part, np.ndarray) for row in parts for part in row):
        return parts
    return list(dask_compute()(parts, scheduler=scheduler)[0])
