"""Thresholds of the glint mask: name, default, unit, interval, meaning, source; operators offer them from here.

Light on purpose: no numba here, so that the catalogue can import it without feeling it.
"""

from __future__ import annotations

from dataclasses import dataclass

from estran.declare import Settings, param

_PAGE = "docs/ATBD/sun_glint.md"


@dataclass(frozen=True)
class GlintSettings(Settings):
    """What decides; reflectances are those of the glint just above the sea, in the band near 1.6 µm."""

    # fmt: off
    strongest_wind: float = param(
        12.0, "Wind up to which the geometry must be able to make glint",
        unit="m/s", interval="[1,30]", section="Wind", dialog=True, source=_PAGE,
    )
    low: float = param(
        0.005, "Glint reflectance from which it is low",
        unit="1", interval="(0,1]", section="Classes", label="Low above", at_most="moderate", dialog=True,
        source=f"{_PAGE}: haze and noise of B11",
    )
    moderate: float = param(
        0.01, "Glint reflectance from which it is moderate",
        unit="1", interval="(0,1]", section="Classes", label="Moderate above", at_most="severe", dialog=True,
        source=_PAGE,
    )
    severe: float = param(
        0.02, "Glint reflectance from which it is severe",
        unit="1", interval="(0,1]", section="Classes", label="Severe above", dialog=True,
        source="NASA's HIGLINT: 0.005 per steradian, that is 0.016 / cos(sun zenith)",
    )
    severe_sun: float = param(
        55.0, "Sun zenith beyond which nothing is severe",
        unit="degrees", interval="[0,90]", section="Classes", label="Severe up to sun zenith", dialog=True,
        source="no wind up to 12 m/s makes 0.02 beyond it in the swath of Sentinel-2",
    )
    window: int = param(
        2, "Half-width of the surroundings looked at for edges of clouds",
        unit="pixels", interval="[0,10]", section="Cloud", source=_PAGE,
    )
    water_from: float = param(
        50.0, "Fraction of time under water from which a pixel is taken as water, where a layer says so",
        unit="%", interval="[0,100]", section="Water", source=_PAGE,
    )
    cirrus_from: float = param(
        0.0, "Reflectance of thin cirrus near 1.6 µm above which it is suspected to be all that is observed",
        unit="1", interval="[0,1]", section="Cloud", at_most="cirrus_sure", source=_PAGE,
    )
    cirrus_sure: float = param(
        0.002, "Reflectance of thin cirrus near 1.6 µm from which that is certain",
        unit="1", interval="[0,1]", section="Cloud", source=_PAGE,
    )
    vapour_from: float = param(
        0.5, "Ratio of the water-vapour band to the near infrared above which cloud is suspected",
        unit="1", interval="[0,10]", section="Cloud", at_most="vapour_sure", source=f"{_PAGE}: little vapour above it",
    )
    vapour_sure: float = param(
        0.8, "Ratio of the water-vapour band to the near infrared from which it is certain",
        unit="1", interval="[0,10]", section="Cloud", source=_PAGE,
    )
    colour_range: float = param(
        0.005, "Near infrared beyond the glint's own over which suspicion of cloud rises to certainty",
        unit="1", interval="(0,1]", section="Cloud", source=_PAGE,
    )
    colour_growth: float = param(
        0.05, "How that grows with the glint", unit="1", interval="[0,10]", section="Cloud", source=_PAGE
    )
    excess_from: float = param(
        1.5, "Observed glint over what any wind makes above which cloud is suspected",
        unit="1", interval="[0,100]", section="Cloud", at_most="excess_sure", source=_PAGE,
    )
    excess_sure: float = param(
        2.5, "Observed glint over what any wind makes from which it is certain",
        unit="1", interval="[0,100]", section="Cloud", source=_PAGE,
    )
    uncertainty: float = param(
        0.0015, "Standard uncertainty of the observed glint from haze and noise",
        unit="1", interval="(0,1]", section="Probability", source=_PAGE,
    )
    relative: float = param(
        0.1, "Standard uncertainty in proportion to the glint, from transmittance",
        unit="1", interval="[0,1]", section="Probability", label="Relative uncertainty", source=_PAGE,
    )
    wind_spread: float = param(
        0.8, "Standard deviation of the logarithm of the predicted glint, from gusts and errors of the wind",
        unit="1", interval="(0,10]", section="Probability", source=_PAGE,
    )
    doubt: float = param(
        3.0, "Greatest weight of a prediction against an observation",
        unit="logits", interval="[0,30]", section="Probability", source=_PAGE,
    )
    # fmt: on
