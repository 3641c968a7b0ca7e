"""Flags and classes of the cloud mask: the numbers that kernels write and operators declare, said once.

Light on purpose: no numba here, so that the catalogue can import it without feeling it.
"""

from __future__ import annotations

from estran.raster.coding import Classes, Flags


class CloudFlag(Flags):
    """Flags of the whole mask; a pixel may have several."""

    NODATA = 0, (60, 60, 60), "a band that the mask needs has no data"
    SATURATED = 1, (255, 0, 255), "a visible band is saturated"
    CLOUD = 2, (255, 235, 59), "cloud"
    CIRRUS = 3, (255, 171, 145), "thin cirrus, detected by the cirrus band alone"
    SHADOW = 4, (103, 58, 183), "shadow of a cloud"
    SNOW = 5, (0, 229, 255), "snow or ice by its spectrum"
    WATER = 6, (30, 90, 220), "water"
    POTENTIAL_CLOUD = 7, (255, 152, 0), "passes the spectral tests of clouds (PCP)", 0.7
    BUFFER = 8, (200, 200, 200), "margin around clouds and shadows", 0.7


class CloudClass(Classes):
    """Classes of the whole mask; a pixel has one."""

    CLEAR = 0, (120, 160, 90), "clear land"
    WATER = 1, (30, 90, 220), "clear water"
    SNOW = 2, (0, 229, 255), "snow or ice"
    SHADOW = 3, (103, 58, 183), "shadow of a cloud"
    CIRRUS = 4, (255, 171, 145), "thin cirrus"
    CLOUD = 5, (255, 255, 255), "cloud"
    BUFFER = 6, (200, 200, 200), "margin around clouds and shadows"
    NODATA = 255, (0, 0, 0), "no data"


CLASS_OF_FLAG: tuple[tuple[CloudFlag, CloudClass], ...] = (
    (CloudFlag.WATER, CloudClass.WATER),
    (CloudFlag.SNOW, CloudClass.SNOW),
    (CloudFlag.BUFFER, CloudClass.BUFFER),
    (CloudFlag.CIRRUS, CloudClass.CIRRUS),
    (CloudFlag.SHADOW, CloudClass.SHADOW),
    (CloudFlag.CLOUD, CloudClass.CLOUD),
    (CloudFlag.NODATA, CloudClass.NODATA),
)
"""Which flag makes which class; later ones win (CM-34)."""


class PixelFlag(Flags):
    """Flags of the pixel stage."""

    NODATA = 0, (0, 0, 0), "A band in use has no data"
    SATURATED = 1, (255, 0, 255), "A visible band is saturated"
    POTENTIAL_CLOUD = 2, (255, 200, 120), "Potential cloud pixel"
    CLOUD = 3, (255, 255, 255), "Potential cloud whose probability exceeds the threshold of the scene"
    CIRRUS = 4, (170, 220, 255), "Potential cloud by the cirrus band that fails the tests for thick cloud"
    SNOW = 5, (0, 255, 255), "Potential snow or ice"
    WATER = 6, (0, 80, 200), "Water"
    CLEAR_LAND = 7, (120, 170, 80), "Clear land: where the statistics of the scene come from"
    CLEAR_WATER = 8, (60, 130, 220), "Clear water: where the statistics of the scene come from"


class SpectralFlag(Flags):
    """Tests that a pixel passes by its spectrum; THICK is all tests of thick cloud together."""

    SATURATED = 0, (255, 0, 255), "A visible band is saturated"
    BASIC = 1, (200, 200, 120), "Bright in SWIR 2.2 µm, NDSI and NDVI not extreme (ZW12 eq. 1)"
    WHITE = 2, (240, 240, 240), "White (ZW12 eq. 2)"
    HAZE = 3, (180, 200, 255), "Hazy or cloudy by HOT (ZW12 eq. 3)"
    NO_ROCK = 4, (200, 140, 90), "No bright rock or sand: NIR over SWIR 1.6 µm (ZW12 eq. 4)"
    BRIGHT = 5, (255, 220, 100), "Bright enough in the visible (FORCE; passes always in the other modes)"
    WATER = 6, (0, 80, 200), "Water by its spectrum (ZW12 eq. 5)"
    SNOW = 7, (0, 255, 255), "Potential snow (ZW12 eq. 20)"
    THICK = 8, (255, 255, 255), "All tests for thick cloud (ZW12 eq. 6)"
    CIRRUS = 9, (170, 220, 255), "Above the fixed threshold of the cirrus band (Z15)"
    NODATA = 10, (0, 0, 0), "A band in use has no data"
