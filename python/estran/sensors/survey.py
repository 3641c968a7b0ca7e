"""What is learnt of a scene as a whole: the numbers that fill what the sensor did not observe, and whether any sensor
observes such a scene.

Arrays go by semantic name ("blue"); those of further sources carry the source's name before a dot ("other.blue").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.errors import EmptyScene
from estran.sensors.plausible import HIGHEST, LOWEST, Array, filled, is_reflectance

Filled = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Fillings:
    """The numbers that fill the reflectance bands of each source where it saw nothing.

    `by_source` goes by the prefix of the inputs' names ("" of the first source).
    """

    by_source: Mapping[str, tuple[float, ...]]

    def drop(self, arrays: dict[str, Filled], fixed: Iterable[str] = ()) -> dict[str, Filled]:
        """Put NaN where filled; bands that change are replaced by copies (others may hold the originals), `fixed` ones
        are constants and left alone.
        """
        for prefix, numbers in self.by_source.items():
            bands = reflectance_of(arrays, prefix, fixed)
            mask = filled(bands, numbers)
            if mask is not None:
                arrays.update({name: np.where(mask, np.float32(np.nan), values) for name, values in bands.items()})
        return arrays


def reflectance_of(arrays: Mapping[str, Any], prefix: str, fixed: Iterable[str] = ()) -> dict[str, Any]:
    """The arrays of one source that are reflectance and vary."""
    return {
        name: values
        for name, values in arrays.items()
        if name.rpartition(".")[0] == prefix
        and is_reflectance(name)
        and not isinstance(values, float)
        and name not in fixed
    }


@dataclass(frozen=True)
class Extent:
    """Least and greatest value of a band over the scene (NaN where it has no data at all), and what its sensor writes
    where it is saturated.
    """

    low: float
    high: float
    saturated: float | None = None

    @classmethod
    def of(cls, values: Array, saturated: float | None = None) -> Extent:
        """Of an array, NaN left out."""
        return cls(float(np.fmin.reduce(values, axis=None)), float(np.fmax.reduce(values, axis=None)), saturated)

    def __or__(self, other: Extent) -> Extent:
        """Of both parts of a scene."""
        return replace(self, low=float(np.fmin(self.low, other.low)), high=float(np.fmax(self.high, other.high)))

    @property
    def empty(self) -> bool:
        """Whether there is no data."""
        return bool(np.isnan(self.low))

    @property
    def all_saturated(self) -> bool:
        """Whether every pixel is saturated."""
        return self.saturated is not None and self.low >= self.saturated * (1.0 - 1e-6)


def warnings_of(scene: Mapping[str, Extent]) -> tuple[str, ...]:
    """What is strange of a whole scene, as sentences; by semantic name of its bands."""
    kinds: dict[str, list[str]] = {}
    for name, extent in scene.items():
        if extent.empty:
            kinds.setdefault("has no data", []).append(name)
        elif extent.all_saturated:
            kinds.setdefault("is saturated", []).append(name)
        elif extent.low == extent.high:
            kinds.setdefault("has the same value", []).append(f"{name} ({extent.low:.4g})")
        elif extent.high < 0.0:
            kinds.setdefault("is negative", []).append(name)
        elif extent.low > HIGHEST:
            kinds.setdefault(f"is above {HIGHEST:g}", []).append(name)
    return tuple(
        f"Every pixel {kind} in {', '.join(bands)}: check the product and its scaling before the masks are used."
        for kind, bands in kinds.items()
    )


def extents_of(
    arrays: Mapping[str, Filled], saturated: Mapping[str, float], fixed: Iterable[str] = ()
) -> dict[str, Extent]:
    """Least and greatest reflectance of each band of the first source, NaN left out; `saturated` by semantic name."""
    return {name: Extent.of(values, saturated.get(name)) for name, values in reflectance_of(arrays, "", fixed).items()}


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
            f"no pixel of the scene has data in {', '.join(gone)}",
            where=where,
            todo=f"check its no-data value and its scaling (reflectance below {LOWEST} and infinities are no data), "
            f"and whether the bands overlap",
        )
    return warnings_of(scene)
