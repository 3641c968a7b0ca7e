"""Every threshold of the pixel stage, in one place, with the paper it comes from.

Light on purpose: no numba here, so that the catalogue can import it without feeling it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mode = Literal["default", "strict", "python-fmask"]
CirrusRule = Literal["fixed", "slices", "parabola"]

MANDATORY: tuple[str, ...] = ("blue", "green", "red", "nir08", "swir16")
"""Semantic bands without which there is no cloud mask."""

OPTIONAL: dict[str, str] = {
    "swir22": "the SWIR 2.2 µm part of the basic test and of the snow test is off",
    "cirrus": "the thin-cirrus test and the cirrus part of the probability are off; thin cirrus is missed",
    "nir09": "the cloud model without the water-vapour ratio is used; more false alarms on bright ground",
    "coastal": "the cloud model without the coastal-aerosol ratio is used; more false alarms over water",
    "nir": "python-fmask mode takes the narrow near infrared instead of the wide one",
    "dem": "the thin-cirrus threshold is that of sea level, or of the darkest clear pixels of the whole scene",
    "swo": "water comes from its spectrum alone",
}
"""Semantic bands and layers that the pixel stage uses where they are, and what is switched off without them."""


@dataclass(frozen=True)
class PixelSettings:
    """Thresholds of the pixel stage; reflectances are fractions, heights are in metres.

    Sources: ZW12 = Zhu & Woodcock 2012 (doi:10.1016/j.rse.2011.10.028), Z15 = Zhu, Wang & Woodcock 2015
    (doi:10.1016/j.rse.2014.12.014), Q19 = Qiu, Zhu & He 2019 (doi:10.1016/j.rse.2019.05.024), F18 = Frantz et al. 2018
    with FORCE 3.
    """

    mode: Mode = "strict"
    # Reflectance (CM-1)
    saturation: float = 3.0
    """Above this a sample is saturated (Sentinel-2 writes 65535), and counts as this."""
    floor: float = 1e-4
    """Least reflectance inside ratios."""
    nir08: Literal["nir08", "nir"] = "nir08"
    """Which near infrared: the narrow one, or python-fmask's wide one where the product has it."""
    visible_decides: bool = False
    """Whether only blue, green and red decide what is valid (python-fmask), or every band in use."""
    # Potential cloud pixels (CM-3) … (CM-7)
    swir22_min: float = 0.03
    ndsi_max: float = 0.8
    ndvi_max: float = 0.8
    whiteness_max: float = 0.7
    hot_min: float = 0.0
    rock_min: float = 0.75
    brightness_min: float = 0.0
    """Mean visible reflectance below which nothing is a cloud (FORCE: 0.15); 0 is off."""
    # Water (CM-8), (CM-9)
    swo_percentile: float = 17.5
    swo_margin: float = 5.0
    use_swo: bool = True
    # Snow (CM-10)
    snow_ndsi_min: float = 0.15
    snow_nir08_min: float = 0.11
    snow_green_min: float = 0.10
    snow_swir22_max: float = 9.0
    snow_is_clear: bool = False
    """Whether potential snow can be no cloud (FORCE takes snow out)."""
    # Cirrus (CM-11) … (CM-13)
    cirrus_rule: CirrusRule = "slices"
    cirrus_min: float = 0.01
    cirrus_slice: float = 100.0
    cirrus_percentile: float = 2.0
    cirrus_base: float = 0.007
    cirrus_per_km2: float = 0.007
    cirrus_full: float = 0.04
    cirrus_weight: float = 0.5
    faint_cirrus_min: float = 0.0
    faint_blue_max: float = 0.22
    """Cloudy pixels that touch thin cirrus are thin cirrus, too, where the cirrus band is above the one and blue below
    the other; 0 is off (CM-48).
    """
    # Probability (CM-14) … (CM-19)
    use_hot_probability: bool = True
    use_ndbi: bool = True
    low_percentile: float = 17.5
    high_percentile: float = 82.5
    hot_margin: float = 0.04
    probability_offset: float = 0.2
    water_percentile: bool = True
    """Whether the water threshold is learnt (Z15), or the fixed one of ZW12."""
    water_threshold: float = 0.5
    water_swir16_full: float = 0.11
    clear_water_swir22_max: float = 0.03
    clear_land_share: float = 0.001
    """Share of valid pixels below which clear land is too little: all clear pixels serve instead."""
    fixed_below_share: bool = False
    """Below that share the land threshold is `probability_offset` alone (python-fmask)."""
    few_clear: int = 40000
    """Clear pixels below which nothing can be learnt: cloud is the PCP, no shadow is matched."""
    few_clear_share: float = 1.0
    """The same as a share of the valid pixels: the smaller of the two counts."""
    use_model: bool = False
    """Whether the probability is that of the fitted model, and potential cloud its pixels above `potential_min`."""
    potential_min: float = 0.5
    threshold_max: float = 0.7
    """With the model: the scene's threshold lies between these two."""
    quantised: bool = False
    """Percentiles on probabilities cut to whole hundredths (python-fmask)."""

    @property
    def wanted(self) -> tuple[str, ...]:
        """Optional layers that this mode looks at."""
        unused = {"nir"} if self.nir08 == "nir08" else set()
        unused |= set() if self.use_model else {"nir09", "coastal"}
        unused |= set() if self.use_swo else {"swo"}
        unused |= {"dem"} if self.cirrus_rule == "fixed" else set()
        return tuple(name for name in OPTIONAL if name not in unused)

    @classmethod
    def for_mode(cls, mode: Mode) -> PixelSettings:
        """The thresholds of a mode.

        Parameters
        ----------
        mode
            "strict": ZW12 eq. 1-7, 10-12, 15-18, 20 with the cirrus band of Z15 and the Sentinel-2 version of Q19 (HOT
            for temperature, NDBI, DEM-normalised cirrus, water occurrence, threshold offset 0.20). "python-fmask": what
            python-fmask 0.5 does. "default": the fitted model as probability inside Fmask's structure, FORCE's snow and
            cirrus rules; better than both on labelled pixels (ATBD).
        """
        if mode == "python-fmask":
            return cls(
                mode=mode,
                floor=1e-5,
                nir08="nir",
                visible_decides=True,
                use_swo=False,
                cirrus_rule="fixed",
                cirrus_weight=1.0,
                use_hot_probability=False,
                use_ndbi=False,
                water_percentile=False,
                clear_land_share=0.03,
                fixed_below_share=True,
                few_clear=0,
                quantised=True,
            )
        if mode == "strict":
            return cls(mode=mode)
        return cls(
            mode=mode,
            brightness_min=0.15,
            snow_ndsi_min=0.4,
            snow_swir22_max=0.11,
            snow_green_min=0.18,
            snow_is_clear=True,
            cirrus_rule="parabola",
            faint_cirrus_min=0.004,
            use_model=True,
            water_percentile=False,
            clear_land_share=0.05,
            fixed_below_share=True,
            few_clear_share=0.05,
        )
