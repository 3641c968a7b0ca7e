"""Thresholds of the glint mask, with where each comes from; the sources are on the page (docs/ATBD/sun_glint.md)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GlintSettings:
    """What decides; reflectances are those of the glint just above the sea, in the band near 1.6 µm.

    Parameters
    ----------
    low, moderate, severe
        Where the classes begin.
    severe_sun
        Sun zenith beyond which nothing is severe [degrees]: no wind up to 12 m/s makes 0.02 there in the swath of
        Sentinel-2.
    strongest_wind
        Wind up to which the geometry must be able to make glint [m/s].
    water_from
        Share of time under water from which a pixel is taken as water, where a layer says so [%].
    cirrus
        What thin cirrus reflects near 1.6 µm: from which it is suspected to be all that is seen, and where it is
        certain.
    vapour
        Ratio of the water-vapour band to the near infrared, likewise: little vapour above a cloud.
    colour
        Over how much near infrared beyond the glint's own suspicion rises to certainty [1], and in proportion to the
        glint.
    excess
        Observed glint over what any wind makes, likewise.
    uncertainty, relative
        Standard uncertainty of the observed glint [1]: haze and noise; and in proportion, transmittance.
    wind_spread
        Standard deviation of the logarithm of the predicted glint, from gusts and errors of the wind.
    doubt
        Greatest weight of a prediction against an observation, in logits.
    window
        Half-width of the surroundings that are looked at [pixels].
    """

    low: float = 0.005
    moderate: float = 0.01
    severe: float = 0.02
    severe_sun: float = 55.0
    strongest_wind: float = 12.0
    water_from: float = 50.0
    cirrus: tuple[float, float] = (0.0, 0.002)
    vapour: tuple[float, float] = (0.5, 0.8)
    colour: tuple[float, float] = (0.005, 0.05)
    excess: tuple[float, float] = (1.5, 2.5)
    uncertainty: float = 0.0015
    relative: float = 0.1
    wind_spread: float = 0.8
    doubt: float = 3.0
    window: int = 2
