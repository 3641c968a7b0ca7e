"""Estran.SpectralTests: every test of Fmask as a flag, every index as a band; for those who want to see why a pixel
became a cloud.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from estran.catalogue.operators.cloud_probability import PIXEL_READS
from estran.catalogue.spec import BandOut, FlagsOut, Operator, Source, Walk, Writes, param
from estran.raster.coding import Flag, FlagCoding
from estran.raster.scene import Block

_FLAGS = FlagCoding(
    "spectral_test_flags",
    (
        Flag("SATURATED", 0, (255, 0, 255), "A visible band is saturated"),
        Flag("BASIC", 1, (200, 200, 120), "Bright in SWIR 2.2 µm, NDSI and NDVI not extreme (ZW12 eq. 1)"),
        Flag("WHITE", 2, (240, 240, 240), "White (ZW12 eq. 2)"),
        Flag("HAZE", 3, (180, 200, 255), "Hazy or cloudy by HOT (ZW12 eq. 3)"),
        Flag("NO_ROCK", 4, (200, 140, 90), "No bright rock or sand: NIR over SWIR 1.6 µm (ZW12 eq. 4)"),
        Flag("BRIGHT", 5, (255, 220, 100), "Bright enough in the visible (FORCE; passes always in the other modes)"),
        Flag("WATER", 6, (0, 80, 200), "Water by its spectrum (ZW12 eq. 5)"),
        Flag("SNOW", 7, (0, 255, 255), "Potential snow (ZW12 eq. 20)"),
        Flag("THICK", 8, (255, 255, 255), "All tests for thick cloud (ZW12 eq. 6)"),
        Flag("CIRRUS", 9, (170, 220, 255), "Above the fixed threshold of the cirrus band (Z15)"),
        Flag("NODATA", 10, (0, 0, 0), "A band in use has no data"),
    ),
)


@dataclass(frozen=True, kw_only=True)
class SpectralTests(Operator):
    """The tests of Fmask one by one."""

    alias: ClassVar[str] = "Estran.SpectralTests"
    label: ClassVar[str] = "Spectral tests of the cloud mask"
    version: ClassVar[str] = "1.0"
    summary: ClassVar[str] = (
        "Each spectral test of Fmask as a flag, and the indices behind them as bands: a diagnosis of the cloud mask, "
        "pixel by pixel."
    )
    atbd: ClassVar[str] = "cloud_mask"
    menu: ClassVar[str] = "Optical/Preprocessing/Masking"
    walk: ClassVar[Walk] = Walk.PIXEL
    sources: ClassVar[tuple[Source, ...]] = (
        Source(
            "source",
            tuple(r for r in PIXEL_READS if r.band not in ("nir09", "coastal", "nir")),
            "Top-of-atmosphere reflectance on one grid.",
        ),
    )
    writes: ClassVar[tuple[Writes, ...]] = (
        FlagsOut("spectral_test_flags", "uint16", _FLAGS, "Spectral tests that a pixel passes"),
        BandOut("hot", "float32", "1", "Haze-optimised transform: blue - 0.5 red - 0.08"),
        BandOut(
            "whiteness", "float32", "1", "Relative departure of the visible bands from their mean", interval="[0,*)"
        ),
        BandOut("ndvi", "float32", "1", "Normalised difference of NIR and red", interval="[-1,1]"),
        BandOut("ndsi", "float32", "1", "Normalised difference of green and SWIR 1.6 µm", interval="[-1,1]"),
        BandOut("ndbi", "float32", "1", "Normalised difference of SWIR 1.6 µm and NIR", interval="[-1,1]"),
        BandOut("variability", "float32", "1", "Spectral variability probability (ZW12 eq. 15)", interval="[0,1]"),
    )

    mode: Literal["default", "strict", "python-fmask"] = param(
        "strict",
        "Thresholds: our own, the published Fmask text, or those of python-fmask.",
        source="ATBD cloud_mask, table of modes",
        dialog=True,
    )

    def compute(self, block: Block, survey: Any = None) -> Block:
        """Tests and indices of every pixel."""
        from estran.masks.cloud.pixel_tests import spectral_tests_of
        from estran.masks.cloud.settings import PixelSettings

        tests, indices = spectral_tests_of(block.arrays, PixelSettings.for_mode(self.mode))
        return block.out({"spectral_test_flags": _FLAGS.pack(tests), **indices})
