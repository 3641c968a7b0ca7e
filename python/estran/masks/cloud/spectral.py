"""The spectral tests of Fmask, one pixel at a time (ATBD: cloud mask, CM-2 to CM-10)."""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np

from estran.jit import jit
from estran.masks.cloud.coding import SpectralFlag
from estran.masks.cloud.settings import PixelSettings

SATURATED, WATER, SNOW = (int(flag) for flag in (SpectralFlag.SATURATED, SpectralFlag.WATER, SpectralFlag.SNOW))
OPAQUE = int(SpectralFlag.THICK)
_BASIC, _WHITE, _HAZE = (int(flag) for flag in (SpectralFlag.BASIC, SpectralFlag.WHITE, SpectralFlag.HAZE))
_NO_ROCK, _BRIGHT = int(SpectralFlag.NO_ROCK), int(SpectralFlag.BRIGHT)
"""Bits of the answer of :func:`spectral_tests`, as compiled code takes them."""


def single(value: float) -> float:
    """A threshold in single precision, as the reflectances it is compared with."""
    return cast(float, np.float32(value))


# Single-precision constants: a bare literal would turn the whole test to double precision, at half the speed.
_THIRD, _ZERO, _ONE = single(1.0 / 3.0), single(0.0), single(1.0)
_HOT_RED, _HOT_OFFSET = single(0.5), single(0.08)
"""Of the haze-optimised transform (CM-5)."""
_WATER_NDVI, _WATER_NIR08, _DARK_NDVI, _DARK_NIR08 = single(0.01), single(0.11), single(0.1), single(0.05)


class Limits(NamedTuple):
    """The thresholds that the compiled tests need, in single precision; a tuple, because compiled code takes no
    dataclass.
    """

    saturation: float
    floor: float
    swir22_min: float
    ndsi_max: float
    ndvi_max: float
    whiteness_max: float
    hot_min: float
    rock_min: float
    brightness_min: float
    snow_ndsi_min: float
    snow_nir08_min: float
    snow_green_min: float
    snow_swir22_max: float
    use_ndbi: bool
    snow_is_clear: bool
    has_swir22: bool
    has_cirrus: bool
    has_swo: bool

    @classmethod
    def of(cls, settings: PixelSettings, present: frozenset[str]) -> Limits:
        """From the settings, and which optional bands there are."""
        s = settings
        return cls(
            saturation=single(s.saturation),
            floor=single(s.reflectance_floor),
            swir22_min=single(s.swir22_min),
            ndsi_max=single(s.ndsi_max),
            ndvi_max=single(s.ndvi_max),
            whiteness_max=single(s.whiteness_max),
            hot_min=single(s.hot_min),
            rock_min=single(s.rock_min),
            brightness_min=single(s.brightness_min),
            snow_ndsi_min=single(s.snow_ndsi_min),
            snow_nir08_min=single(s.snow_nir08_min),
            snow_green_min=single(s.snow_green_min),
            snow_swir22_max=single(s.snow_swir22_max),
            use_ndbi=s.use_ndbi,
            snow_is_clear=s.snow_is_clear,
            has_swir22="swir22" in present,
            has_cirrus="cirrus" in present,
            has_swo="swo" in present and s.use_swo,
        )


@jit
def contrast(a: float, b: float, floor: float) -> float:
    """Normalised difference (a - b) / (a + b), each at least `floor` (CM-2)."""
    a, b = max(a, floor), max(b, floor)
    return (a - b) / (a + b)


@jit
def whiteness_of(blue: float, green: float, red: float, floor: float) -> float:
    """Summed relative departure of the visible bands from their mean (ZW12 eq. 2)."""
    blue, green, red = max(blue, floor), max(green, floor), max(red, floor)
    mean = (blue + green + red) * _THIRD
    return (abs(blue - mean) + abs(green - mean) + abs(red - mean)) / mean  # (CM-4)


@jit
def hot_of(blue: float, red: float) -> float:
    """Haze-optimised transform, above 0 for haze and cloud (ZW12 eq. 3)."""
    return blue - _HOT_RED * red - _HOT_OFFSET  # (CM-5)


@jit
def is_water(ndvi: float, nir08: float) -> bool:
    """Water by its spectrum (ZW12 eq. 5)."""
    return (ndvi < _WATER_NDVI and nir08 < _WATER_NIR08) or (ndvi < _DARK_NDVI and nir08 < _DARK_NIR08)  # (CM-8)


@jit
def spectral_tests(
    blue: float, green: float, red: float, nir08: float, swir16: float, swir22: float, limits: Limits
) -> tuple[int, float, float, float, float, float]:
    """Which tests a pixel passes, and the indices they rest on.

    Parameters
    ----------
    blue, green, red, nir08, swir16, swir22
        TOA reflectance of one pixel, already cut at the saturation value; `swir22` is not looked at where
        `limits.has_swir22` is False.
    limits
        Thresholds.

    Returns
    -------
    bits, hot, whiteness, ndvi, ndsi, ndbi
        Bits of :class:`~estran.masks.cloud.coding.SpectralFlag`.
    """
    floor = limits.floor
    ndvi, ndsi, ndbi = contrast(nir08, red, floor), contrast(green, swir16, floor), contrast(swir16, nir08, floor)
    saturated = max(blue, max(green, red)) >= limits.saturation  # (CM-1)
    whiteness = _ZERO if saturated else whiteness_of(blue, green, red, floor)
    hot = hot_of(blue, red)
    bits = 0
    if saturated:
        bits |= SATURATED
    if ndsi < limits.ndsi_max and ndvi < limits.ndvi_max and (not limits.has_swir22 or swir22 > limits.swir22_min):
        bits |= _BASIC  # (CM-3)
    if whiteness < limits.whiteness_max:
        bits |= _WHITE  # (CM-4)
    if saturated or hot > limits.hot_min:
        bits |= _HAZE  # (CM-5)
    if max(nir08, floor) / max(swir16, floor) > limits.rock_min:
        bits |= _NO_ROCK  # (CM-6)
    if (blue + green + red) * _THIRD >= limits.brightness_min:
        bits |= _BRIGHT
    if is_water(ndvi, nir08):
        bits |= WATER
    if (
        ndsi > limits.snow_ndsi_min
        and nir08 > limits.snow_nir08_min
        and green > limits.snow_green_min
        and (not limits.has_swir22 or swir22 < limits.snow_swir22_max)
    ):
        bits |= SNOW  # (CM-10)
    opaque = _BASIC | _WHITE | _HAZE | _NO_ROCK | _BRIGHT
    if (bits & opaque) == opaque and not (limits.snow_is_clear and (bits & SNOW)):
        bits |= OPAQUE  # (CM-7)
    return bits, hot, whiteness, ndvi, ndsi, ndbi


@jit
def variability_of(
    bits: int, whiteness: float, ndvi: float, ndsi: float, ndbi: float, green: float, red: float, limits: Limits
) -> float:
    """Spectral variability probability, 0..1 (ZW12 eq. 15, with NDBI of Q19): clouds are flat."""
    if red >= limits.saturation and ndvi > _ZERO:
        ndvi = _ZERO
    if green >= limits.saturation and ndsi < _ZERO:
        ndsi = _ZERO
    largest = max(max(abs(ndvi), abs(ndsi)), whiteness)
    if limits.use_ndbi:
        largest = max(largest, abs(ndbi))
    return max(_ZERO, _ONE - largest)  # (CM-15)


@jit
def tests_of_rows(rows: np.ndarray, limits: Limits, bits: np.ndarray, indices: np.ndarray) -> None:
    """Tests of many pixels.

    Parameters
    ----------
    rows
        (6 or more, n) float32: blue, green, red, nir08, swir16, swir22.
    limits
        Thresholds.
    bits
        (n,) uint16, written.
    indices
        (6, n) float32, written: hot, whiteness, ndvi, ndsi, ndbi, variability.
    """
    for i in range(rows.shape[1]):
        green, red = rows[1, i], rows[2, i]
        b, hot, whiteness, ndvi, ndsi, ndbi = spectral_tests(
            rows[0, i], green, red, rows[3, i], rows[4, i], rows[5, i], limits
        )
        bits[i] = b
        indices[0, i], indices[1, i], indices[2, i], indices[3, i], indices[4, i] = hot, whiteness, ndvi, ndsi, ndbi
        indices[5, i] = variability_of(b, whiteness, ndvi, ndsi, ndbi, green, red, limits)
