"""What the cloud mask gives: flags, classes, probability and height of each pixel, as operators hand them out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estran.masks.cloud.coding import CLASS_OF_FLAG, CloudClass, CloudFlag, PixelFlag
from estran.masks.cloud.stages import (
    IS_BUFFER,
    IS_CIRRUS,
    IS_CLEAR_LAND,
    IS_CLEAR_WATER,
    IS_CLOUD,
    IS_POTENTIAL,
    IS_SATURATED,
    IS_SHADOW,
    IS_SNOW,
    IS_VALID,
    IS_WATER,
    PixelStage,
)
from estran.raster.coding import Flags
from estran.raster.label import Objects
from estran.raster.record import RunRecord

Mask = npt.NDArray[np.bool_]
UInt16 = npt.NDArray[np.uint16]

_MASK_BITS = (
    (CloudFlag.SATURATED, IS_SATURATED),
    (CloudFlag.CLOUD, IS_CLOUD),
    (CloudFlag.CIRRUS, IS_CIRRUS),
    (CloudFlag.SHADOW, IS_SHADOW),
    (CloudFlag.SNOW, IS_SNOW),
    (CloudFlag.WATER, IS_WATER),
    (CloudFlag.POTENTIAL_CLOUD, IS_POTENTIAL),
    (CloudFlag.BUFFER, IS_BUFFER),
)
_PIXEL_BITS = (
    (PixelFlag.SATURATED, IS_SATURATED),
    (PixelFlag.POTENTIAL_CLOUD, IS_POTENTIAL),
    (PixelFlag.CLOUD, IS_CLOUD),
    (PixelFlag.CIRRUS, IS_CIRRUS),
    (PixelFlag.SNOW, IS_SNOW),
    (PixelFlag.WATER, IS_WATER),
    (PixelFlag.CLEAR_LAND, IS_CLEAR_LAND),
    (PixelFlag.CLEAR_WATER, IS_CLEAR_WATER),
)
"""Flags of operators, and the bits of a stage that they are of; no-data is what is not valid."""


@dataclass(frozen=True)
class CloudMaskResult:
    """Masks of a scene.

    Parameters
    ----------
    pixels
        Flags, final, and cloud probability of each pixel (rows, columns).
    clouds
        The clouds.
    altitude
        Of each cloud [m], in the system of the DEM; without a DEM, its height above the ground. NaN where it is not
        known.
    record
        Counts, thresholds, fractions of each flag, and notes on what was switched off, assumed or not possible.
    """

    pixels: PixelStage
    clouds: Objects
    altitude: npt.NDArray[np.float64]
    record: RunRecord

    @property
    def probability(self) -> npt.NDArray[np.float32]:
        """Cloud probability (rows, columns), 0..1, NaN where no-data."""
        return self.pixels.probability

    @property
    def height(self) -> npt.NDArray[np.float32]:
        """Altitude of the cloud of each pixel (rows, columns) [m]; NaN where there is none, or it is not known."""
        return self.clouds.paint_values(self.altitude.astype(np.float32))

    @property
    def flags(self) -> dict[str, Mask]:
        """The masks of all pixels by name, see :func:`masks_of`."""
        return masks_of(self.pixels.flags)


def masks_of(flags: UInt16) -> dict[str, Mask]:
    """Masks by name out of the flags of a :class:`CloudMaskResult`, or of some of its rows.

    nodata saturated cloud cirrus shadow snow water potential_cloud buffer. `buffer` is the margin around clouds and
    shadows, without them. `snow` and `water` say what the pixel looks like by itself, whatever lies over it.
    """
    masks = {str(CloudFlag.NODATA.name).lower(): (flags & IS_VALID) == 0}
    return masks | {str(flag.name).lower(): (flags & bit) != 0 for flag, bit in _MASK_BITS}


def mask_flags(flags: UInt16) -> UInt16:
    """Bits of :class:`~estran.masks.cloud.coding.CloudFlag` out of the flags of a :class:`CloudMaskResult`, or of some
    of its rows.
    """
    return _packed(flags, CloudFlag.NODATA, _MASK_BITS)


def pixel_flags(flags: UInt16) -> UInt16:
    """Bits of :class:`~estran.masks.cloud.coding.PixelFlag` out of the flags of the pixel stage."""
    return _packed(flags, PixelFlag.NODATA, _PIXEL_BITS)


def _packed(flags: UInt16, nodata: Flags, bits: Iterable[tuple[Flags, int]]) -> UInt16:
    packed = np.asarray(((flags & IS_VALID) == 0) * np.uint16(nodata), np.uint16)
    for flag, bit in bits:
        packed |= ((flags & bit) != 0) * np.uint16(flag)
    return packed


def classes_of(flags: npt.NDArray[np.integer]) -> npt.NDArray[np.uint8]:
    """One class a pixel, of :class:`~estran.masks.cloud.coding.CloudClass`, out of bits of
    :class:`~estran.masks.cloud.coding.CloudFlag`: no-data over cloud over shadow over thin cirrus over buffer over snow
    over water (CM-34).
    """
    classes = np.full(flags.shape, CloudClass.CLEAR, np.uint8)
    for flag, value in CLASS_OF_FLAG:
        classes[(flags & int(flag)) != 0] = value
    return classes
