"""Every threshold of the pixel stage, in one place: name, default of each mode, unit, interval, meaning, source.

Operators offer them to users from here (``estran.catalogue.settings``). Light on purpose: no numba here, so that the
catalogue can import it without feeling it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from estran.declare import Settings, param

Mode = Literal["default", "strict", "python-fmask"]
CirrusRule = Literal["fixed", "slices", "parabola"]

MODE_HELP = "default: best measured; strict: Fmask 4 as published; python-fmask: that program's recipe"

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

ZW12 = "Zhu & Woodcock 2012"
"""doi:10.1016/j.rse.2011.10.028"""
Z15 = "Zhu, Wang & Woodcock 2015"
"""doi:10.1016/j.rse.2014.12.014"""
Q19 = "Qiu et al. 2019"
"""doi:10.1016/j.rse.2019.05.024"""
F18 = "Frantz et al. 2018"
"""doi:10.1016/j.rse.2018.04.046"""
FORCE = "FORCE 3"
PROGRAM = "python-fmask 0.5"
MEASURED = "measured (docs/ATBD/cloud_mask.md, validation)"
"""On simulated scenes and on labelled pixels and chips."""


@dataclass(frozen=True)
class PixelSettings(Settings):
    """Thresholds of the pixel stage; reflectances are fractions, heights are in metres.

    Modes: "strict" is Zhu & Woodcock 2012, eq. 1-7, 10-12, 15-18, 20 with the cirrus band of Zhu, Wang & Woodcock 2015
    and the Sentinel-2 version of Qiu et al. 2019 (HOT for temperature, NDBI, DEM-normalised cirrus, water occurrence,
    threshold offset 0.20). "python-fmask" is what python-fmask 0.5 does. "default" is the fitted model as probability
    inside Fmask's structure, with FORCE's snow and cirrus rules; better than both on labelled pixels (ATBD).
    """

    # fmt: off
    mode: Mode = param("default", MODE_HELP, source="docs/ATBD/cloud_mask.md, validation")
    # Reflectance (CM-1)
    saturation: float = param(
        3.0,
        "Reflectance from which a sample is saturated (Sentinel-2 writes 65535), and that it then counts as",
        unit="1", interval="(0,10]", section="Reflectance", source="above any surface or cloud",
    )
    reflectance_floor: float = param(
        1e-4, "Least reflectance inside ratios", unit="1", interval="(0,0.1]", section="Reflectance",
        modes={"python-fmask": 1e-5}, source="a digital count of Sentinel-2",
    )
    near_infrared: Literal["nir08", "nir"] = param(
        "nir08", "Which near infrared: the narrow one, or the wide one where the product has it",
        section="Reflectance", modes={"python-fmask": "nir"}, source=f"{Q19}; {PROGRAM}",
    )
    valid_by_visible: bool = param(
        False, "Whether blue, green and red alone decide which pixels are valid, or every band in use",
        section="Reflectance", modes={"python-fmask": True}, source=PROGRAM,
    )
    # Potential cloud pixels (CM-3) … (CM-7)
    swir22_min: float = param(
        0.03, "Reflectance near 2.2 µm above which a pixel may be thick cloud",
        unit="1", interval="[0,1]", section="Cloud tests", source=f"{ZW12}, eq. 1",
    )
    ndsi_max: float = param(
        0.8, "NDSI below which a pixel may be thick cloud",
        unit="1", interval="[-1,1]", section="Cloud tests", source=f"{ZW12}, eq. 1",
    )
    ndvi_max: float = param(
        0.8, "NDVI below which a pixel may be thick cloud",
        unit="1", interval="[-1,1]", section="Cloud tests", source=f"{ZW12}, eq. 1",
    )
    whiteness_max: float = param(
        0.7, "Whiteness below which a pixel may be thick cloud",
        unit="1", interval="[0,10]", section="Cloud tests", source=f"{ZW12}, eq. 2",
    )
    hot_min: float = param(
        0.0, "Haze-optimised transform above which a pixel may be thick cloud",
        unit="1", interval="[-1,1]", section="Cloud tests", source=f"{ZW12}, eq. 3",
    )
    rock_min: float = param(
        0.75, "Near infrared over SWIR 1.6 µm above which a pixel is no bright rock",
        unit="1", interval="[0,10]", section="Cloud tests", source=f"{ZW12}, eq. 4",
    )
    brightness_min: float = param(
        0.15, "Mean visible reflectance below which nothing is thick cloud",
        unit="1", interval="[0,1]", section="Cloud", label="Min. cloud brightness",
        modes={"strict": 0.0, "python-fmask": 0.0}, source=f"{FORCE}: 0.15",
    )
    # Water (CM-8), (CM-9)
    use_swo: bool = param(
        True, "Use the layer of surface water occurrence", section="Water",
        label="Use water occurrence", modes={"python-fmask": False}, source=Q19,
    )
    swo_percentile: float = param(
        17.5, "Percentile of the water occurrence of water by its spectrum, from which the threshold is made",
        unit="%", interval="[0,100]", section="Water", label="Percentile of water occurrence", source=Q19,
    )
    swo_margin: float = param(
        5.0, "Taken off that percentile to make the threshold",
        unit="%", interval="[0,100]", section="Water", label="Margin of water occurrence", source=Q19,
    )
    # Snow (CM-10)
    snow_ndsi_min: float = param(
        0.4, "NDSI above which a bright pixel is snow",
        unit="1", interval="[-1,1]", section="Cloud", dialog=True,
        modes={"strict": 0.15, "python-fmask": 0.15}, source=f"{ZW12}: 0.15; {FORCE}: 0.4",
    )
    snow_nir08_min: float = param(
        0.11, "Near infrared above which a pixel may be snow",
        unit="1", interval="[0,1]", section="Snow", source=f"{ZW12}, eq. 20",
    )
    snow_green_min: float = param(
        0.18, "Green above which a pixel may be snow",
        unit="1", interval="[0,1]", section="Snow",
        modes={"strict": 0.10, "python-fmask": 0.10}, source=f"{ZW12}, eq. 20: 0.1; {FORCE}: 0.18",
    )
    snow_swir22_max: float = param(
        0.11, "Reflectance near 2.2 µm below which a pixel may be snow; 9: any",
        unit="1", interval="[0,9]", section="Snow",
        modes={"strict": 9.0, "python-fmask": 9.0}, source=f"{FORCE}: 0.11",
    )
    snow_is_clear: bool = param(
        True, "Whether potential snow can be no cloud", section="Snow",
        modes={"strict": False, "python-fmask": False}, source=FORCE,
    )
    # Cirrus (CM-11) … (CM-13)
    cirrus_rule: CirrusRule = param(
        "parabola", "Background of the cirrus band: none, learnt in slices of height, or a parabola in height",
        section="Cirrus", modes={"strict": "slices", "python-fmask": "fixed"}, source=f"{Z15}; {Q19}; {FORCE}",
    )
    cirrus_min: float = param(
        0.01, "Reflectance of the cirrus band above its background that is cirrus",
        unit="1", interval="[0,1]", section="Cloud", label="Min. cirrus reflectance", dialog=True,
        source=f"{Z15}: 0.01",
    )
    cirrus_slice: float = param(
        100.0, "Thickness of the slices of height", unit="m", interval="[1,10000]", section="Cirrus", source=Q19
    )
    cirrus_percentile: float = param(
        2.0, "Percentile of clear pixels of a slice that is its background",
        unit="%", interval="[0,100]", section="Cirrus", source=Q19,
    )
    cirrus_base: float = param(
        0.007, "Threshold of the parabola at sea level",
        unit="1", interval="[0,1]", section="Cirrus", source="Baetens et al. 2019; FORCE 3",
    )
    cirrus_per_km2: float = param(
        0.007, "Growth of that threshold with the square of the height in km",
        unit="1/km²", interval="[0,1]", section="Cirrus", source="Baetens et al. 2019; FORCE 3",
    )
    cirrus_full: float = param(
        0.04, "Reflectance above the background at which the probability of cirrus is 1",
        unit="1", interval="(0,1]", section="Cirrus", source=Z15,
    )
    cirrus_weight: float = param(
        0.5, "Weight of that probability in the cloud probability",
        unit="1", interval="[0,10]", section="Cirrus", modes={"python-fmask": 1.0}, source=f"{Q19}: 0.5; {PROGRAM}: 1",
    )
    # (CM-48)
    faint_cirrus_min: float = param(
        0.004, "Cirrus band above which cloudy pixels that touch thin cirrus are thin cirrus, too; 0: off",
        unit="1", interval="[0,1]", section="Cirrus",
        modes={"strict": 0.0, "python-fmask": 0.0}, source=MEASURED,
    )
    faint_blue_max: float = param(
        0.22, "Blue below which they are", unit="1", interval="[0,1]", section="Cirrus", source=MEASURED
    )
    # Probability (CM-14) … (CM-19)
    use_model: bool = param(
        True, "Whether the cloud probability is that of the fitted model, and potential cloud its pixels above a limit",
        section="Probability", modes={"strict": False, "python-fmask": False}, source=MEASURED,
    )
    potential_min: float = param(
        0.5, "With the model: probability above which a pixel is potential cloud, and least threshold of a scene",
        unit="1", interval="[0,1]", section="Probability", at_most="threshold_max", source=MEASURED,
    )
    threshold_max: float = param(
        0.7, "With the model: greatest threshold of a scene",
        unit="1", interval="[0,1]", section="Probability", source=MEASURED,
    )
    use_hot_probability: bool = param(
        True, "Whether HOT stands for temperature in the probability over land",
        section="Probability", modes={"python-fmask": False}, source=Q19,
    )
    use_ndbi: bool = param(
        True, "Whether NDBI counts in the spectral variability",
        section="Probability", modes={"python-fmask": False}, source=Q19,
    )
    low_percentile: float = param(
        17.5, "Percentile of clear land that is its low end",
        unit="%", interval="[0,100]", section="Probability", at_most="high_percentile", source=f"{ZW12}, eq. 13",
    )
    high_percentile: float = param(
        82.5, "Percentile of clear land that is its high end, and from which the threshold is made",
        unit="%", interval="[0,100]", section="Probability", source=f"{ZW12}, eq. 12, 17",
    )
    hot_margin: float = param(
        0.04, "HOT below the low and above the high end of clear land where its probability is 0 and 1",
        unit="1", interval="(0,1]", section="Probability", source=Q19,
    )
    probability_offset: float = param(
        0.2, "Added to the percentile of clear pixels to make the probability threshold; lower finds more cloud",
        unit="1", interval="[-1,1]", section="Cloud", label="Cloud probability offset", dialog=True,
        source=f"{Q19}: 0.20 for Sentinel-2",
    )
    learn_water_threshold: bool = param(
        False, "Whether the threshold over water is learnt from clear water, or the fixed one",
        section="Probability", modes={"strict": True}, source=Z15,
    )
    water_threshold: float = param(
        0.5, "Fixed threshold of the probability over water",
        unit="1", interval="[0,1]", section="Probability", source=f"{ZW12}, eq. 18",
    )
    water_swir16_full: float = param(
        0.11, "SWIR 1.6 µm at which the probability over water is 1",
        unit="1", interval="(0,1]", section="Probability", source=f"{ZW12}, eq. 10",
    )
    clear_water_swir22_max: float = param(
        0.03, "Reflectance near 2.2 µm below which water is clear",
        unit="1", interval="[0,1]", section="Probability", source=f"{ZW12}, eq. 7",
    )
    clear_land_fraction: float = param(
        0.05, "Fraction of valid pixels below which clear land is too little: all clear pixels serve instead",
        unit="1", interval="[0,1]", section="Probability",
        modes={"strict": 0.001, "python-fmask": 0.03}, source=f"{Q19}: 0.001; {PROGRAM}: 0.03",
    )
    fixed_land_threshold: bool = param(
        True, "Whether the threshold over land is then the offset alone",
        section="Probability", modes={"strict": False}, source=PROGRAM,
    )
    few_clear: int = param(
        40000, "Clear pixels below which nothing is learnt: cloud is potential cloud, no shadow is matched",
        unit="pixels", interval="[0,*)", section="Probability", modes={"python-fmask": 0}, source=Q19,
    )
    few_clear_fraction: float = param(
        0.05, "The same as a fraction of the valid pixels: the smaller of the two counts",
        unit="1", interval="[0,1]", section="Probability",
        modes={"strict": 1.0, "python-fmask": 1.0}, source=MEASURED,
    )
    quantised: bool = param(
        False, "Whether probabilities are cut to whole hundredths before percentiles are taken",
        section="Probability", modes={"python-fmask": True}, source=PROGRAM,
    )
    # fmt: on

    @property
    def wanted(self) -> tuple[str, ...]:
        """Optional layers that these settings look at."""
        unused = {"nir"} if self.near_infrared == "nir08" else set()
        unused |= set() if self.use_model else {"nir09", "coastal"}
        unused |= set() if self.use_swo else {"swo"}
        unused |= {"dem"} if self.cirrus_rule == "fixed" else set()
        return tuple(name for name in OPTIONAL if name not in unused)
