"""Estran.SpectralTests: every test of Fmask as a flag, every index as a band; to show why a pixel
became a cloud.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from estran.catalogue.operators.cloud_probability import PIXEL_READS
from estran.catalogue.settings import SettingsPart, with_settings
from estran.catalogue.spec import BandOut, FlagsOut, Operator, Source, Walk, param
from estran.masks.cloud.coding import SpectralFlag
from estran.masks.cloud.settings import Mode, PixelSettings
from estran.raster.scene import Block

_FLAGS = SpectralFlag.coding("spectral_test_flags")
_SETTINGS = SettingsPart(
    PixelSettings,
    only=(
        *("saturation", "reflectance_floor", "valid_by_visible", "swir22_min", "ndsi_max", "ndvi_max", "whiteness_max"),
        *("hot_min", "rock_min", "brightness_min", "snow_ndsi_min", "snow_nir08_min", "snow_green_min"),
        *("snow_swir22_max", "snow_is_clear", "cirrus_min", "use_ndbi"),
    ),
)
"""Thresholds that say something here: those of single tests and indices."""


@dataclass(frozen=True, kw_only=True)
@with_settings(_SETTINGS)
class SpectralTests(Operator):
    """The tests of Fmask one by one."""

    alias = "Estran.SpectralTests"
    label = "Spectral tests of the cloud mask"
    version = "1.0"
    summary = (
        "Each spectral test of Fmask as a flag, and the indices behind them as bands: a diagnosis of the cloud mask, "
        "pixel by pixel."
    )
    atbd = "cloud_mask"
    menu = "Optical/Preprocessing/Masking"
    walk = Walk.PIXEL
    sources = (
        Source(
            "source",
            tuple(r for r in PIXEL_READS if r.band not in ("nir09", "coastal", "nir")),
            "Top-of-atmosphere reflectance on one grid.",
        ),
    )
    writes = (
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

    mode: Mode = param(
        "strict",
        "Thresholds: our own, the published Fmask text, or those of python-fmask.",
        source="ATBD cloud_mask, table of modes",
        dialog=True,
    )

    def compute(self, block: Block, survey: Any = None) -> Block:
        """Tests and indices of every pixel."""
        from estran.masks.cloud.pixel_tests import spectral_tests_of

        flags, indices = spectral_tests_of(block.arrays, _SETTINGS.of(self))
        return block.out({"spectral_test_flags": flags, **indices})
