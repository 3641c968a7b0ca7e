"""What the stages of the cloud mask hand to one another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Bool = npt.NDArray[np.bool_]
Float = npt.NDArray[np.float32]

(
    IS_VALID, IS_SATURATED, IS_POTENTIAL, IS_CIRRUS, IS_SNOW, IS_WATER, IS_CLOUD, IS_CLEAR_LAND, IS_CLEAR_WATER,
    IS_FAINT_CIRRUS, IS_BUILT_UP, IS_STEEP, IS_PURE_SNOW, IS_RELIEF_SHADOW, IS_SHADOW, IS_BUFFER,
) = (1 << bit for bit in range(16))  # fmt: skip
"""Bits of :attr:`PixelStage.flags`. Those up to IS_CLEAR_WATER are what a pixel says by itself; the others serve the
search for objects and shadows: cloudy and faintly cirrus (CM-48), built-up land (CM-23), snow on a steep slope, snow
all over (CM-49), dark for another reason than a cloud (CM-46); and what comes of it: shadow of a cloud, margin around
clouds and shadows.
"""
_AT_ONCE = 1 << 20
"""Pixels unpacked at a time."""


def pieces(shape: tuple[int, ...]) -> list[slice]:
    """Slices of the first axis that cut an array into parts of about a million elements."""
    step = max(1, _AT_ONCE // max(1, int(np.prod(shape[1:]))))
    return [slice(first, min(first + step, shape[0])) for first in range(0, shape[0], step)]


@dataclass(frozen=True)
class PixelStage:
    """Result of the pixel tests (Zhu & Woodcock 2012, 3.1.1-3.1.2), before anything looks at a neighbour; all arrays
    (rows, columns).

    Parameters
    ----------
    flags
        Bits ``IS_…`` (uint16); a mask is unpacked each time it is asked for.
    probability
        Cloud probability, 0..1, NaN where not valid.
    thresholds
        Numbers learnt from the scene, by name, for metadata and report.
    few_clear
        Whether clear pixels were below the Fmask minimum: cloud is then the PCP, and shadow matching is off.
    """

    flags: npt.NDArray[np.uint16]
    probability: Float
    thresholds: dict[str, Any] = field(default_factory=dict)
    few_clear: bool = False

    def mask(self, bits: int) -> Bool:
        """Where any of these bits is set."""
        out = np.empty(self.flags.shape, np.bool_)
        for part in pieces(self.flags.shape):
            np.not_equal(self.flags[part] & np.uint16(bits), 0, out=out[part])
        return out

    def add(self, bit: int, where: Bool) -> None:
        """Set a bit in place where a mask is set."""
        for part in pieces(self.flags.shape):
            self.flags[part] |= where[part] * np.uint16(bit)

    def put(self, bit: int, where: Bool) -> None:
        """Set a bit in place where a mask is set, and clear it elsewhere."""
        for part in pieces(self.flags.shape):
            self.flags[part] &= np.uint16(0xFFFF & ~bit)
        self.add(bit, where)

    @property
    def valid(self) -> Bool:
        """Every mandatory band has data."""
        return self.mask(IS_VALID)

    @property
    def saturated(self) -> Bool:
        """A visible band is saturated."""
        return self.mask(IS_SATURATED)

    @property
    def potential(self) -> Bool:
        """Potential cloud pixels (PCP)."""
        return self.mask(IS_POTENTIAL)

    @property
    def cirrus(self) -> Bool:
        """Thin cirrus by the cirrus band."""
        return self.mask(IS_CIRRUS)

    @property
    def snow(self) -> Bool:
        """Potential snow."""
        return self.mask(IS_SNOW)

    @property
    def water(self) -> Bool:
        """Water (exclusive of `snow`)."""
        return self.mask(IS_WATER)

    @property
    def cloud(self) -> Bool:
        """PCP whose probability exceeds the scene's threshold."""
        return self.mask(IS_CLOUD)

    @property
    def clear_land(self) -> Bool:
        """Where the statistics of land came from."""
        return self.mask(IS_CLEAR_LAND)

    @property
    def clear_water(self) -> Bool:
        """Where the statistics of water came from."""
        return self.mask(IS_CLEAR_WATER)


@dataclass(frozen=True)
class Geometry:
    """Sun and view angles [degrees], each a scalar or a (rows, columns) array.

    Azimuths run clockwise from *grid* north and point from the ground to the sun or sensor.
    ``sun_zenith`` or ``sun_azimuth`` is None where unknown: the matching then searches it and says so.
    """

    sun_zenith: Any
    sun_azimuth: Any
    view_zenith: Any = 0.0
    view_azimuth: Any = 0.0
