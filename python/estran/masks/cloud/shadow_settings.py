"""Every threshold of potential shadow, of the matching of clouds and shadows, and of buffers: the second part of
:class:`~estran.masks.cloud.object_settings.ObjectSettings`.

Light on purpose: no numba here, so that the catalogue can import it without feeling it.
"""

from __future__ import annotations

from dataclasses import dataclass

from estran.declare import Settings, param
from estran.masks.cloud.settings import MEASURED, PROGRAM, Q19, Z15, ZW12

_FMASK4 = "Fmask 4.2"


@dataclass(frozen=True)
class ShadowSettings(Settings):
    """Lengths and heights in metres, areas in pixels of the working grid."""

    # fmt: off
    # Potential shadow (CM-20)
    shadow_depth: float = param(
        0.01, "Least depth of a dark place to be a potential shadow",
        unit="1", interval="(0,1]", section="Shadow", label="Min. shadow depth",
        modes={"strict": 0.02, "python-fmask": 0.02}, source=f"{ZW12}, eq. 19: 0.02",
    )
    shadow_percentile: float = param(
        35.0, "Percentile of clear land that counts as its ordinary darkness; clear land by the pixel tests holds the "
        "shadows, too",
        unit="%", interval="[0,100]", section="Potential shadow",
        modes={"strict": 17.5, "python-fmask": 17.5}, source=f"{ZW12}: 17.5",
    )
    shadow_fraction: float = param(
        0.14, "Least depth of a dark place as a fraction of the reflectance around it; 0: off",
        unit="1", interval="[0,1)", section="Potential shadow",
        modes={"strict": 0.0, "python-fmask": 0.0}, source=MEASURED,
    )
    use_swir16: bool = param(
        True, "Whether SWIR 1.6 µm must be dark, too", section="Potential shadow",
        modes={"python-fmask": False}, source=ZW12,
    )
    flatten_relief: bool = param(
        True, "Whether sunlit and shaded slopes are evened out by the relief, where there is one",
        section="Potential shadow", modes={"python-fmask": False}, source=Q19,
    )
    water_depth: float = param(
        0.085, "Least darkness of a shadow on water in blue, as a fraction of the water's reflectance; 0: water is as "
        "land",
        unit="1", interval="[0,1]", section="Potential shadow",
        modes={"strict": 0.0, "python-fmask": 0.0}, source=MEASURED,
    )
    snow_depth: float = param(
        0.5, "Least darkness of a shadow on snow in the near infrared, as a fraction of the scene's snow; 0: snow is "
        "as land",
        unit="1", interval="[0,1]", section="Potential shadow",
        modes={"strict": 0.0, "python-fmask": 0.0}, source=MEASURED,
    )
    brim: float = param(
        20.0, "Width of the thin brim of clouds, through which no shadow on water shows",
        unit="m", interval="[0,1000]", section="Potential shadow",
        modes={"strict": 0.0, "python-fmask": 0.0}, source=MEASURED,
    )
    # Matching (CM-27) … (CM-31)
    similarity: float = param(
        0.2, "Least similarity of a cloud and its shadow",
        unit="1", interval="[0,1]", section="Shadow", label="Min. similarity of cloud and shadow",
        modes={"strict": 0.425, "python-fmask": 0.3}, source=f"{_FMASK4}: 0.425; {ZW12}: 0.3",
    )
    height_min: float = param(
        200.0, "Lowest cloud above the ground",
        unit="m", interval="[0,20000]", section="Shadow", label="Min. cloud height", at_most="height_max", dialog=True,
        source=f"{ZW12}, eq. 21",
    )
    height_max: float = param(
        12000.0, "Highest cloud above the ground",
        unit="m", interval="(0,20000]", section="Shadow", label="Max. cloud height", dialog=True,
        source=f"{ZW12}, eq. 21",
    )
    low_ceiling: float = param(
        6000.0, "Altitude above which no cloud is looked for that is dark in the cirrus band; 0: off",
        unit="m", interval="[0,20000]", section="Matching",
        modes={"strict": 0.0, "python-fmask": 0.0}, source=MEASURED,
    )
    low_cirrus: float = param(
        0.01, "Median reflectance of a cloud in the cirrus band below which it is dark there",
        unit="1", interval="[0,1]", section="Matching", source=Z15,
    )
    hidden_weight: float = param(
        0.5, "How much an unobservable pixel of a footprint (cloud, no data) counts as matched",
        unit="1", interval="[0,1]", section="Matching", modes={"python-fmask": 0.0}, source=_FMASK4,
    )
    outside_weight: float = param(
        0.5, "How much a pixel of a footprint outside the image counts as matched",
        unit="1", interval="[0,1]", section="Matching",
        modes={"strict": 1.0, "python-fmask": 0.0}, source=f"{_FMASK4}: 1",
    )
    rim_width: float = param(
        40.0, "Width of the rim around a footprint", unit="m", interval="[0,1000]", section="Matching", source=MEASURED
    )
    rim_weight: float = param(
        0.5, "How much potential shadow in that rim counts against a match",
        unit="1", interval="[0,10]", section="Matching",
        modes={"strict": 0.0, "python-fmask": 0.0}, source=MEASURED,
    )
    stop_ratio: float = param(
        0.0, "The search ends once the similarity falls below this fraction of the best one; 0: every height",
        unit="1", interval="[0,1]", section="Matching", modes={"strict": 0.9}, source=_FMASK4,
    )
    similarity_enough: float = param(
        2.0, "The search ends once the best similarity reaches this; above 1: never",
        unit="1", interval="[0,2]", section="Matching", modes={"strict": 0.95}, source=_FMASK4,
    )
    neighbours: int = param(
        14, "Neighbouring clouds whose heights predict a cloud's",
        unit="clouds", interval="[0,1000]", section="Matching", modes={"python-fmask": 0}, source=ZW12,
    )
    neighbour_spread: float = param(
        1000.0, "Greatest standard deviation of their heights at which they do",
        unit="m", interval="[0,20000]", section="Matching", source=ZW12,
    )
    consensus: float = param(
        1.0, "Weight of the agreement of neighbouring clouds' altitudes beside a cloud's own score; 0: off",
        unit="1", interval="[0,10]", section="Matching",
        modes={"strict": 0.0, "python-fmask": 0.0}, source=MEASURED,
    )
    score_scale: float = param(
        0.1, "Difference of score that makes a height e times likelier",
        unit="1", interval="(0,10]", section="Matching", source=MEASURED,
    )
    score_size: float = param(
        100.0, "Size of a cloud at which its own score begins to count",
        unit="pixels", interval="(0,1e6]", section="Matching", source=MEASURED,
    )
    agreement: float = param(
        100.0, "Difference within which altitudes of neighbouring clouds agree",
        unit="m", interval="(0,10000]", section="Matching", source=MEASURED,
    )
    predict_unmatched: bool = param(
        True, "Whether a cloud without a match casts its shadow from the height that its neighbours predict",
        section="Matching", modes={"strict": False, "python-fmask": False}, source=MEASURED,
    )
    max_cloud_fraction: float = param(
        0.9, "Fraction of cloud in the scene from which no shadow is matched",
        unit="1", interval="[0,1]", section="Matching", source=Q19,
    )
    # Outlines of shadows
    overlap_only: bool = param(
        False, "Whether a shadow is the footprint's overlap with the potential shadow, or the whole footprint",
        section="Shadow outline", modes={"python-fmask": True}, source=PROGRAM,
    )
    shadow_outline: bool = param(
        True, "Whether a shadow has the outline of the potential shadow that it falls on, or the cloud's",
        section="Shadow outline", modes={"strict": False, "python-fmask": False}, source=MEASURED,
    )
    hint_fraction: float = param(
        0.5, "Darkness that is enough inside a footprint then, as a fraction of what potential shadow needs",
        unit="1", interval="[0,1]", section="Shadow outline", source=MEASURED,
    )
    shaded_fraction: float = param(
        0.8, "Dark places with at least this fraction under clouds at their neighbours' altitudes are shadow, too; "
        "0: off",
        unit="1", interval="[0,1]", section="Shadow outline",
        modes={"strict": 0.0, "python-fmask": 0.0}, source=MEASURED,
    )
    shaded_min: int = param(
        40, "Least pixels of such a place", unit="pixels", interval="[0,*)", section="Shadow outline", source=MEASURED
    )
    # Buffers (CM-32)
    cloud_buffer: float = param(
        60.0, "Growth of clouds",
        unit="m", interval="[0,5000]", section="Buffers", dialog=True,
        modes={"python-fmask": 150.0}, source=f"{ZW12}: 3 pixels",
    )
    shadow_buffer: float = param(
        60.0, "Growth of shadows",
        unit="m", interval="[0,5000]", section="Buffers", dialog=True,
        modes={"python-fmask": 300.0}, source=f"{ZW12}: 3 pixels",
    )
    # fmt: on
