"""Every threshold of the object stage: cloud objects here, shadows and buffers in
:mod:`~estran.masks.cloud.shadow_settings`; each with the default of each mode, unit, interval, meaning, source.

Light on purpose: no numba here, so that the catalogue can import it without feeling it.
"""

from __future__ import annotations

from dataclasses import dataclass

from estran.declare import param
from estran.masks.cloud.settings import F18, MEASURED, MODE_HELP, Q19, ZW12, Mode
from estran.masks.cloud.shadow_settings import ShadowSettings


@dataclass(frozen=True)
class ObjectSettings(ShadowSettings):
    """Thresholds of the object stage; lengths and heights in metres, areas in pixels of the working grid.

    Modes: "strict" is Fmask 4 for Sentinel-2 as published by Qiu et al. 2019; "python-fmask" is what python-fmask 0.5
    does; "default" is strict where nothing better was measured.
    """

    # fmt: off
    mode: Mode = param("default", MODE_HELP, source="docs/ATBD/cloud_mask.md, validation")
    cirrus_is_cloud: bool = param(
        False, "Whether thin cirrus is part of the clouds, or a class of its own that casts no shadow",
        section="Clouds", modes={"strict": True, "python-fmask": True}, source=MEASURED,
    )
    min_object: int = param(
        3, "Least pixels of a cloud",
        unit="pixels", interval="[0,*)", section="Cloud", label="Min. cloud size", dialog=True,
        modes={"python-fmask": 0}, source=f"{Q19}: 3",
    )
    # Thin parts (CM-37)
    grow_probability: float = param(
        0.3, "Without a cirrus band, clouds grow into neighbouring pixels of at least this probability; 0: off",
        unit="1", interval="[0,1]", section="Clouds",
        modes={"strict": 0.0, "python-fmask": 0.0}, source=MEASURED,
    )
    grow_distance: float = param(
        180.0, "How far they grow then", unit="m", interval="[0,5000]", section="Clouds", source=MEASURED
    )
    grow_area: float = param(
        1e5, "Least area of a cloud that grows then: small ones may be bright ground",
        unit="m²", interval="[0,*)", section="Clouds", source=MEASURED,
    )
    # Snow (CM-43)
    snow_margin: float = param(
        0.5, "How far above the clear land near snow the probability of a cloud must be there; 0: off",
        unit="1", interval="[0,1]", section="Clouds",
        modes={"strict": 0.0, "python-fmask": 0.0}, source=f"{MEASURED}; percentile of {ZW12}, eq. 17",
    )
    snow_reach: float = param(
        200.0, "What near snow means", unit="m", interval="[0,5000]", section="Clouds", source=MEASURED
    )
    snow_threshold_max: float = param(
        0.9, "Greatest probability that is asked for near snow",
        unit="1", interval="[0,1]", section="Clouds", source=MEASURED,
    )
    # Thin cirrus (CM-44)
    thin_reach: float = param(
        40.0, "Thin cirrus is cloud within this distance of thick cloud",
        unit="m", interval="[0,5000]", section="Clouds",
        modes={"strict": 0.0, "python-fmask": 0.0}, source=MEASURED,
    )
    thin_fraction: float = param(
        0.2, "Thin cirrus is cloud where at least this fraction of a small cloud is thick; 1: off",
        unit="1", interval="[0,1]", section="Clouds",
        modes={"strict": 1.0, "python-fmask": 1.0}, source=MEASURED,
    )
    thin_area: float = param(
        5e5, "Greatest area of a small cloud", unit="m²", interval="[0,*)", section="Clouds", source=MEASURED
    )
    # Outlines of clouds
    outline_fraction: float = param(
        0.2, "Rim pixels fainter than this fraction of the brightness of the cloud above its surroundings are no "
        "cloud; 0: off",
        unit="1", interval="[0,1]", section="Cloud outline",
        modes={"strict": 0.0, "python-fmask": 0.0}, source=MEASURED,
    )
    outline_contrast: float = param(
        0.05, "Where that brightness, the sum of blue, green, red and SWIR 1.6 µm, is above this",
        unit="1", interval="[0,4]", section="Cloud outline", source=MEASURED,
    )
    outline_width: float = param(
        60.0, "Width of the rim", unit="m", interval="[0,1000]", section="Cloud outline",
        source="bands of 60 m swell clouds",
    )
    outline_window: float = param(
        400.0, "Width of the window of the comparison",
        unit="m", interval="(0,5000]", section="Cloud outline", source=MEASURED,
    )
    # False positives (CM-23) … (CM-26)
    remove_false_positives: bool = param(
        True, "Whether built-up land and snow are taken out of the clouds by erosion and by displacement",
        section="False positives", modes={"python-fmask": False}, source=Q19,
    )
    displacement: bool = param(
        True, "Use the displacement between near-infrared bands to separate clouds from bright ground",
        section="Cloud", label="Displacement test", dialog=True, source=F18,
    )
    cdi_urban: float = param(
        -0.8, "Displacement index at or above which built-up land may be a false positive",
        unit="1", interval="[-1,1]", section="False positives", source=Q19,
    )
    cdi_cloud: float = param(
        -0.5, "An object must hold a displacement index below this somewhere",
        unit="1", interval="[-1,1]", section="False positives", source=f"{F18}; {Q19}",
    )
    cdi_fraction: float = param(
        0.0, "Fraction of an object's pixels that must be below it; 0: one pixel",
        unit="1", interval="[0,1]", section="False positives", source=Q19,
    )
    cdi_small: int = param(
        10000, "Objects of at least this many pixels need no displacement: stratus has no texture",
        unit="pixels", interval="[0,*)", section="False positives", source=Q19,
    )
    cdi_restore: float = param(
        -0.75, "What was taken for bright ground is cloud after all where its mean displacement index is below this, "
        "and it is no snow; -2: off",
        unit="1", interval="[-2,1]", section="False positives",
        modes={"strict": -2.0, "python-fmask": -2.0}, source=MEASURED,
    )
    erosion: float = param(
        90.0, "Erosion of clouds on possible false positives",
        unit="m", interval="[0,1000]", section="False positives", source=Q19,
    )
    regrowth: float = param(
        90.0, "Growth back of what remains", unit="m", interval="[0,2000]", section="False positives",
        modes={"strict": 180.0, "python-fmask": 180.0}, source=f"{Q19}: 180",
    )
    suspect_growth: float = param(
        250.0, "Growth of the possible false positives",
        unit="m", interval="[0,2000]", section="False positives", source=Q19,
    )
    steep_slope: float = param(
        20.0, "Slope above which snow is a possible false positive",
        unit="degrees", interval="[0,90]", section="False positives", source=Q19,
    )
    # fmt: on
