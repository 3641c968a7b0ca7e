"""Pixels that hold no measurement although no file says so, and scenes that no sensor sees: found by looking at fixed places first, then pixel by pixel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.engine.lazy import dask_compute
from estran.errors import EmptyScene
from estran.sensors.plausible import LOWEST, Extent, filled, fillings, is_reflectance, lookouts, warnings_of

Arrays = Mapping[str, Any]
Filled = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Fillings:
    """The numbers that fill the reflectance bands of each source where it saw nothing.

    `by_source` goes by the prefix of the inputs' names ("" of the first source).
    """

    by_source: Mapping[str, tuple[float, ...]]

    def drop(self, arrays: dict[str, Filled], fixed: Iterable[str] = ()) -> dict[str, Filled]:
        """Put NaN where filled; bands that change are replaced by copies (others may hold the originals), `fixed` ones are constants and left alone."""
        for prefix, numbers in self.by_source.items():
            bands = _bands(arrays, prefix, fixed)
            mask = filled(bands, numbers)
            if mask is not None:
                arrays.update({name: np.where(mask, np.float32(np.nan), values) for name, values in bands.items()})
        return arrays


def find_fillings(arrays: Arrays, sources: Iterable[str], scheduler: str) -> Fillings:
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
        bands = _bands(arrays, prefix)
        if bands:
            shape = next(iter(bands.values())).shape
            seen = _computed([[values[part] for values in bands.values()] for part in lookouts(shape)], scheduler)
            found[prefix] = fillings([dict(zip(bands, part, strict=True)) for part in seen], shape)
    return Fillings(found)


def _bands(arrays: Arrays, prefix: str, fixed: Iterable[str] = ()) -> dict[str, Any]:
    return {
        name: values
        for name, values in arrays.items()
        if name.rpartition(".")[0] == prefix and is_reflectance(name) and not isinstance(values, float) and name not in fixed
    }


def _computed(parts: list[list[Any]], scheduler: str) -> list[list[Filled]]:
    """Parts of NumPy or Dask arrays as NumPy; Dask sees no array that is none of its own, as it would hold it for a while."""
    if all(isinstance(part, np.ndarray) for row in parts for part in row):
        return parts
    return list(dask_compute()(parts, scheduler=scheduler)[0])


def extents_of(arrays: Mapping[str, Filled], saturated: Mapping[str, float], fixed: Iterable[str] = ()) -> dict[str, Extent]:
    """Least and greatest reflectance of each band of the first source, NaN left out; `saturated` by semantic name."""
    return {name: Extent.of(values, saturated.get(name)) for name, values in _bands(arrays, "", fixed).items()}


def joined_extents(parts: Iterable[Mapping[str, Extent]]) -> dict[str, Extent]:
    """Extents of a whole out of those of its parts."""
    whole: dict[str, Extent] = {}
    for part in parts:
        whole |= {name: whole[name] | extent if name in whole else extent for name, extent in part.items()}
    return whole


def warnings_about(scene: Mapping[str, Extent], needed: Iterable[str], where: str) -> tuple[str, ...]:
    """What is strange of a scene as a whole, as sentences.

    Parameters
    ----------
    scene
        Extents of its bands by semantic name.
    needed
        Bands without which a pixel has no data.
    where
        Name of the product.

    Raises
    ------
    EmptyScene
        A band that is needed has no data at all.
    """
    gone = [name for name in needed if name in scene and scene[name].empty]
    if gone:
        raise EmptyScene(
            f"no pixel has data in {', '.join(gone)}",
            where=where,
            todo=f"check its no-data value and its scaling (reflectance below {LOWEST} and infinities are no data), and whether the bands overlap",
        )
    return warnings_of(scene)
