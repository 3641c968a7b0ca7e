"""Sun glint: what pixels show, what their surroundings say, and what both together are (ATBD: sun glint, GLINT-15 to
GLINT-19).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from estran.errors import BadParameter
from estran.jit import jit, over_rows
from estran.masks.glint.air import ClearAir
from estran.masks.glint.background import CELL, GlintBackground, survey_glint
from estran.masks.glint.coding import GlintClass, GlintFlag
from estran.masks.glint.geometry import facet, fresnel, image, stronger_wind, weaker_wind
from estran.masks.glint.observe import POSSIBLE, SWIR, VALID, WET, Angles, Pixels, contiguous, observe, ramp
from estran.masks.glint.settings import GlintSettings

Float = npt.NDArray[np.float32]
Row = npt.NDArray[np.float32]
UInt8 = npt.NDArray[np.uint8]

_NODATA, _ON_WATER, _GEOMETRY, _PREDICTED = (
    int(flag) for flag in (GlintFlag.NODATA, GlintFlag.WATER, GlintFlag.POSSIBLE, GlintFlag.PREDICTED)
)
_OBSERVED, _LOW, _MODERATE, _SEVERE = (
    int(flag) for flag in (GlintFlag.OBSERVED, GlintFlag.LOW, GlintFlag.MODERATE, GlintFlag.SEVERE)
)
_CLOUD, _EXCESS = int(GlintFlag.CLOUD_SUSPECT), int(GlintFlag.EXCESS)
_ROUGH_0, _ROUGH_1 = 0.8, 1.5
"""Variation in the window beyond which it is no waves, but edges."""
_WATER_AROUND, _WATER_AROUND_ITSELF = 0.5, 0.3
"""Fraction of the surroundings that are water by themselves, from which a pixel is water; and from which it is if it is
so by itself.
"""
_GROUP = 8.0
"""Suspected pixels in the window from which the others are suspect too, if any other test is against them."""
_ISOLATED_0, _ISOLATED_1 = 0.3, 0.1
"""Glint of the surroundings over that of the place, from which it is suspected not to belong there, and where that is
certain.
"""
_OWN_PART, _ISOLATED_LEAST = 0.5, 0.002
"""The place's glint is that of its window, half of its own at least, and never below this (GLINT-19)."""
_FAINT_0, _FAINT_1 = 0.7, 0.5
"""The same over the least glint that is claimed."""
_NO_GLINT, _CLASS_NODATA = int(GlintClass.NONE), int(GlintClass.NODATA)
_CLASS_LOW, _CLASS_MODERATE, _CLASS_SEVERE = int(GlintClass.LOW), int(GlintClass.MODERATE), int(GlintClass.SEVERE)
_WHITE, _WHITE_GROWS = 0.0075, 0.02
_ITSELF = 0.03
"""Allowances of near infrared beyond the glint's own (GLINT-15): of the surroundings, growing with their glint, and of
the pixel.
"""
_EDGES, _BESIDE, _DEPENDENT = 0.5, 0.5, 1.6
"""Weights of edges and of cloud beside among the signs of cloud, and the power that allows for signs that are not
independent (GLINT-15).
"""
_LOGISTIC, _LARGEST_LOGIT = 1.702, 30.0
"""Scale that makes the logistic curve that of the normal distribution within 0.01 (Haley 1952), and a bound (GLINT-16).
"""
_PREDICTED_BASE = 0.1
"""Added to a predicted glint before its logarithm is taken, over the least glint that is claimed (GLINT-16)."""
_SUSPECT, _BEYOND = 0.5, 1.5
"""Suspicion from which a pixel is suspected cloud; observed glint over what any wind makes from which it is too much.
"""


class Limits(NamedTuple):
    """Thresholds of the decision, see :class:`~estran.masks.glint.settings.GlintSettings`; `white_0`, `white_1` are its
    `colour_range` and `colour_growth`.
    """

    low: float
    moderate: float
    severe: float
    severe_sun: float
    uncertainty: float
    relative: float
    spread: float
    doubt: float
    white_0: float
    white_1: float


class GlintDecision(NamedTuple):
    """What the decision writes; (rows, columns)."""

    flags: npt.NDArray[np.uint16]
    classes: UInt8
    probability: Float
    wind: Float
    observed: Float


@dataclass(frozen=True)
class GlintStage:
    """Result; arrays (rows, columns).

    Parameters
    ----------
    flags
        Bits of :class:`~estran.masks.glint.coding.GlintFlag` (uint16).
    classes
        Of :class:`~estran.masks.glint.coding.GlintClass` (uint8).
    probability
        That there is glint of at least the lowest class; NaN where no data.
    brightest
        The most that any wind makes; NaN where no data.
    observed
        Glint observed near 1.6 µm, just above the sea, or what stands for it on land and cloud; NaN where no data.
    wind
        That would explain it [m/s]; NaN where no glint is observed, or no wind explains it.
    """

    flags: npt.NDArray[np.uint16]
    classes: UInt8
    probability: Float
    brightest: Float
    observed: Float
    wind: Float


@jit
def _wind_row(
    glint: Row, zenith: Row, azimuth: Row, view_zenith: Row, view_azimuth: Row, index: float, out: Row
) -> None:
    """The stronger wind that explains each pixel of a row; again without a branch."""
    for c in range(out.shape[0]):
        cos_sun, cos_view, incidence, _, tilt = facet(zenith[c], azimuth[c], view_zenith[c], view_azimuth[c])
        # Reflectance of the facets over what does not depend on the wind (GLINT-3).
        shape = glint[c] * 4.0 * cos_sun * cos_view / (fresnel(incidence, index) * (1.0 + tilt) * (1.0 + tilt))
        out[c] = stronger_wind(shape, tilt)


@jit
def _weaker(
    glint: float, zenith: float, azimuth: float, view_zenith: float, view_azimuth: float, index: float
) -> float:
    """The weaker one, of a flat sea far from the specular point."""
    cos_sun, cos_view, incidence, _, tilt = facet(zenith, azimuth, view_zenith, view_azimuth)
    return float(
        weaker_wind(glint * 4.0 * cos_sun * cos_view / (fresnel(incidence, index) * (1.0 + tilt) * (1.0 + tilt)), tilt)
    )


@jit
def _surroundings(
    r: int,
    half: int,
    pixels: Pixels,
    around: Row,
    column: int,
    limits: Limits,
    glint: Row,
    suspicion: Row,
    water: npt.NDArray[np.uint8],
) -> None:
    """Haze from the surroundings taken off the glint of a row, and suspicion of cloud from pixel and surroundings
    together (GLINT-15).
    """
    observed, cloudy, nir_excess, hazier, state = (
        pixels.observed,
        pixels.cloudy,
        pixels.nir_excess,
        pixels.hazier,
        pixels.state,
    )
    low, white_0, white_1 = limits.low, limits.white_0, limits.white_1
    rows, cols = observed.shape
    # Sums over the rows of the window; those over its columns follow pixel by pixel, always in the same order.
    sums, valid = np.zeros((6, cols)), np.zeros(cols)
    for near in range(max(r - half, 0), min(r + half + 1, rows)):
        for c in range(cols):
            wet = 1.0 if state[near, c] & WET != 0 else 0.0
            value = np.float64(observed[near, c]) if wet > 0.0 else 0.0
            valid[c] += 1.0 if state[near, c] & VALID != 0 else 0.0
            sums[0, c] += 1.0 if cloudy[near, c] > 0.5 else 0.0
            sums[1, c] += wet
            sums[2, c] += value
            sums[3, c] += value * value
            sums[4, c] += wet * nir_excess[near, c]
            sums[5, c] += wet * hazier[near, c]
    for c in range(cols):
        glint[c], suspicion[c], water[c] = observed[r, c], cloudy[r, c], 0
        if state[r, c] & VALID == 0:
            continue
        all_ = seeds = wet = mean = square = excess = haze = 0.0
        for near in range(max(c - half, 0), min(c + half + 1, cols)):
            all_ += valid[near]
            seeds += sums[0, near]
            wet += sums[1, near]
            mean += sums[2, near]
            square += sums[3, near]
            excess += sums[4, near]
            haze += sums[5, near]
        itself_wet = state[r, c] & WET != 0
        if not (wet >= _WATER_AROUND * all_ or (itself_wet and wet >= _WATER_AROUND_ITSELF * all_)):
            continue
        water[c] = 1
        mean /= wet
        brightness = max(mean, 0.0)
        # The surroundings are a surer measure of colour than the pixel, whose waves moved; the pixel keeps the rims of
        # clouds out of it.
        itself = max(np.float64(observed[r, c]), 0.0)
        own = ramp(nir_excess[r, c] + _ITSELF * itself, 0.0, white_0 + white_1 * itself)
        white = own * ramp(excess / wet - _WHITE - _WHITE_GROWS * brightness, 0.0, white_0 + white_1 * brightness)
        rough = ramp(math.sqrt(max(square / wet - mean * mean, 0.0)) / max(mean, 0.01), _ROUGH_0, _ROUGH_1)
        beside = own * ramp(seeds, 0.0, _GROUP)
        # Waves are bright and dark within the window; glint is not bright in one place alone (GLINT-19).
        fraction = around[(column + c) // CELL] / max(brightness, _OWN_PART * itself, _ISOLATED_LEAST)
        faint = around[(column + c) // CELL] / low
        isolation = (
            max(ramp(-fraction, -_ISOLATED_0, -_ISOLATED_1), ramp(-faint, -_FAINT_0, -_FAINT_1))
            if fraction == fraction
            else 1.0
        )
        clear = (1.0 - cloudy[r, c]) * (1.0 - white) * (1.0 - isolation)
        suspicion[c] = (1.0 - clear * (1.0 - _EDGES * rough) * (1.0 - _BESIDE * beside)) ** _DEPENDENT
        glint[c] = observed[r, c] - haze / wet


@jit
def _decide(
    first: int,
    last: int,
    pixels: Pixels,
    predicted: Float,
    around: GlintBackground,
    angles: tuple[Float, Float, Float, Float],
    index: float,
    trust: bool,
    half: int,
    limits: Limits,
    decision: GlintDecision,
) -> None:
    """What the pixels of some rows say together with their neighbours."""
    state, brightest = pixels.state, pixels.brightest
    flags, classes, probability, wind, observed = decision
    cols = observed.shape[1]
    low, moderate, severe, severe_sun, uncertainty, relative, spread, doubt, _, _ = limits
    sun_zenith, sun_azimuth, view_zenith, view_azimuth = angles
    for r in range(first, last):
        suspicions, water = np.zeros(cols, np.float32), np.zeros(cols, np.uint8)
        _surroundings(
            r,
            half,
            pixels,
            around.glint[(around.row + r) // CELL],
            around.column,
            limits,
            observed[r],
            suspicions,
            water,
        )
        _wind_row(observed[r], sun_zenith[r], sun_azimuth[r], view_zenith[r], view_azimuth[r], index, wind[r])
        for c in range(cols):
            bits, speed = state[r, c], wind[r, c]
            wind[r, c], probability[r, c], classes[r, c] = np.nan, 0.0, _NO_GLINT
            if bits & VALID == 0:
                flags[r, c], classes[r, c] = _NODATA, _CLASS_NODATA
                probability[r, c], brightest[r, c], observed[r, c] = np.nan, np.nan, np.nan
                continue
            found = _ON_WATER if water[c] else 0
            if not (water[c] and bits & POSSIBLE != 0):
                flags[r, c] = found
                continue
            found |= _GEOMETRY
            glint, glint_max, expected, suspicion = (
                float(observed[r, c]),
                float(brightest[r, c]),
                float(predicted[r, c]),
                float(suspicions[c]),
            )
            logit = (glint - low) / math.sqrt(uncertainty * uncertainty + relative * relative * glint * glint)
            if trust and expected == expected:
                logit += max(min(math.log((max(expected, 0.0) + _PREDICTED_BASE * low) / low) / spread, 0.0), -doubt)
            logit = max(min(_LOGISTIC * logit, _LARGEST_LOGIT), -_LARGEST_LOGIT)
            chance = 1.0 / (1.0 + math.exp(-logit))
            probability[r, c] = (1.0 - suspicion) * chance  # (GLINT-16)
            if expected >= low:
                found |= _PREDICTED
            if suspicion > _SUSPECT:
                found |= _CLOUD
            if glint >= low:
                found |= _OBSERVED
                if speed != speed:
                    speed = _weaker(
                        glint, sun_zenith[r, c], sun_azimuth[r, c], view_zenith[r, c], view_azimuth[r, c], index
                    )
                wind[r, c] = speed
                if glint > _BEYOND * glint_max + low:
                    found |= _EXCESS
                if suspicion <= _SUSPECT and chance > 0.5:
                    # No brighter than the brightest wind allows (GLINT-17).
                    level = min(glint, glint_max)
                    if level >= severe and sun_zenith[r, c] <= severe_sun:
                        classes[r, c] = _CLASS_SEVERE
                        found |= _SEVERE
                    elif level >= moderate:
                        classes[r, c] = _CLASS_MODERATE
                        found |= _MODERATE
                    else:
                        classes[r, c] = _CLASS_LOW
                        found |= _LOW
            flags[r, c] = found


def glint_mask(
    bands: Mapping[str, npt.NDArray[np.floating]],
    angles: Angles,
    air: ClearAir,
    predicted: Float,
    trusted: bool = False,
    around: GlintBackground | None = None,
    settings: GlintSettings | None = None,
) -> GlintStage:
    """Where water reflects the sun, and how much.

    Parameters
    ----------
    bands
        Top-of-atmosphere reflectance (rows, columns) by semantic name: red, nir08, swir16; and, where there,
        rededge071, rededge075, swir22, cirrus, nir09; and `swo`, water occurrence [%]. NaN is no-data.
    angles
        Of swir16.
    air
        Of :data:`BANDS`, in their order.
    predicted
        Glint that a wind predicts in swir16 (rows, columns).
    trusted
        Whether that wind is known, so that the prediction has a say; else observation and geometry decide alone.
    around
        Glint of the scene about each place; from these pixels alone where None.
    settings
        Thresholds.

    Raises
    ------
    MissingBand
        A mandatory band is missing.
    BadParameter
        Classes that do not rise.
    """
    s = GlintSettings() if settings is None else settings
    if not 0.0 < s.low <= s.moderate <= s.severe:
        raise BadParameter(
            "the thresholds of the glint classes do not rise",
            expected="low <= moderate <= severe",
            found=f"{s.low:g}, {s.moderate:g}, {s.severe:g}",
        )
    pixels = observe(bands, angles, air, s)
    shape = pixels.observed.shape
    if around is None:
        around = GlintBackground.of(survey_glint(pixels, 0, 0, shape), 0, 0, shape)
    observed, wind, probability = (np.empty(shape, np.float32) for _ in range(3))
    flags, classes = np.empty(shape, np.uint16), np.empty(shape, np.uint8)
    limits = Limits(
        low=s.low,
        moderate=s.moderate,
        severe=s.severe,
        severe_sun=s.severe_sun,
        uncertainty=s.uncertainty,
        relative=s.relative,
        spread=s.wind_spread,
        doubt=s.doubt,
        white_0=s.colour_range,
        white_1=s.colour_growth,
    )
    decision = GlintDecision(flags, classes, probability, wind, observed)
    wanted = image(predicted, shape)
    over_rows(
        _decide,
        shape[0],
        pixels,
        wanted,
        around,
        contiguous(angles, shape),
        float(air.index[SWIR]),
        trusted,
        s.window,
        limits,
        decision,
    )
    return GlintStage(flags, classes, probability, pixels.brightest, observed, wind)
