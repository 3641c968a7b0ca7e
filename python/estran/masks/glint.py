"""Sun glint: what geometry and wind predict, what the SWIR bands show, and what both together say (ATBD: sun glint).

The observation takes no open water for granted: severe glint is as bright as cloud and passes no water index. Water is what is left when the glint, known
from 1.6 µm, is taken off the other bands: dark, and no brighter in the near infrared than at the red edge, which is seen
at nearly the same moment: waves run on between two bands.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from estran.errors import BadParameter, MissingBand
from estran.jit import inlined, jit, parallel_jit
from estran.masks.glint_air import ASYMMETRY, FORWARD, TWICE, ClearAir
from estran.masks.glint_geometry import brightest_glint, decay, facet, fresnel, image, stronger_wind, weaker_wind
from estran.masks.glint_settings import GlintSettings

Float = npt.NDArray[np.float32]
Double = npt.NDArray[np.float64]
Band = tuple[float, float, float, float, float, float, float, float]
Row = npt.NDArray[np.float32]
UInt8 = npt.NDArray[np.uint8]

BANDS = ("red", "vre1", "nir", "swir1", "swir2")
"""Bands that are looked at, in the order of the tables of the air."""
_SWIR = BANDS.index("swir1")
FLAGS = ("NODATA", "WATER", "POSSIBLE", "PREDICTED", "OBSERVED", "LOW", "MODERATE", "SEVERE", "CLOUD_SUSPECT", "EXCESS")
"""Bits of :attr:`GlintStage.flags`, from the lowest on."""
_NODATA, _ON_WATER, _GEOMETRY, _PREDICTED, _OBSERVED, _LOW, _MODERATE, _SEVERE, _CLOUD, _EXCESS = (1 << bit for bit in range(len(FLAGS)))
_VALID, _WATER, _POSSIBLE = 1, 2, 4
_ROUGH_0, _ROUGH_1 = 0.8, 1.5
"""Variation in the window beyond which it is no waves, but edges."""
_GROUP = 8.0
"""Suspected pixels in the window from which the others are suspect too, if anything else speaks against them."""
_ICE = 0.7
"""Cirrus-band reflectance over that near 1.6 µm from which thin cirrus may be all that is seen: ice reflects less than half as much at 1.6 µm."""
NONE, LOW, MODERATE, SEVERE, NODATA = 0, 1, 2, 3, 255
"""Classes."""

# What is left of water when its glint is taken off (GLINT-13): allowances, and how they grow with the glint: waves run on between the moments of two bands.
_DARK, _DARK_GROWS, _DARK_GROWS_RED = 0.010, 0.15, 0.35
_SLOPE, _SLOPE_GROWS = 0.020, 0.20
_TURBID, _TURBID_GROWS = 0.12, 0.30
_PAIR, _PAIR_GROWS = 0.006, 0.35
_WHITE, _WHITE_GROWS = 0.0075, 0.02


@dataclass(frozen=True)
class Angles:
    """Of the band near 1.6 µm, (rows, columns) float32 [degrees]; azimuths clockwise from true north, from the ground."""

    sun_zenith: Float
    sun_azimuth: Float
    view_zenith: Float
    view_azimuth: Float


@dataclass(frozen=True)
class GlintStage:
    """Result; arrays (rows, columns).

    Parameters
    ----------
    flags
        Bits :data:`FLAGS` (uint16).
    classes
        0 none, 1 low, 2 moderate, 3 severe, 255 no data (uint8).
    probability
        That there is glint of at least the lowest class; NaN where no data.
    brightest
        The most that any wind makes; NaN where no data.
    observed
        Glint seen near 1.6 µm, just above the sea, or what stands for it on land and cloud; NaN where no data.
    wind
        That would explain it [m/s]; NaN where no glint is observed, or no wind explains it.
    """

    flags: npt.NDArray[np.uint16]
    classes: UInt8
    probability: Float
    brightest: Float
    observed: Float
    wind: Float


@inlined
def _ramp(x: float, low: float, high: float) -> float:
    return float(min(max((x - low) / (high - low), 0.0), 1.0))


@inlined
def _of(air: Double, k: int) -> Band:
    """Numbers of a band, out of the array: what stands in an array may change under a loop, for all a compiler knows, and such a loop is not vectorised."""
    return air[k, 0], air[k, 1], air[k, 2], air[k, 3], air[k, 4], air[k, 5], air[k, 6], air[k, 7]


@inlined
def _at_sea(rho: float, of: Band, mass: float, up: float, back: float, mirrored: float, haze_phase: float) -> float:
    """Reflectance of a band without gases, and without what molecules and haze scatter up (GLINT-9)."""
    molecules, haze, share, _, gas_0, gas_1, gas_2, gas_3 = of
    gas = decay(gas_0 + mass * (gas_1 + mass * (gas_2 + mass * gas_3)))
    phase = 1.0 - share + 0.75 * share * (1.0 + back) + mirrored * (1.0 - share)
    path = phase * (1.0 - decay(molecules * mass)) * (1.0 + TWICE * molecules) + haze_phase * (1.0 - decay(haze * mass))
    return float(rho / gas - path / (4.0 * up))


@inlined
def _straight(of: Band, mass: float) -> float:
    """Transmittance of light that keeps its direction well enough to stay in the glint (GLINT-10)."""
    return float(decay((of[0] + (1.0 - FORWARD) * of[1]) * mass))


@jit
def _observe_row(
    bands: tuple[Row, ...],
    angles: tuple[Row, Row, Row, Row],
    most: Row,
    air: Double,
    limits: tuple[float, ...],
    out: Row,
    cloud: Row,
    pale: Row,
    bits: npt.NDArray[np.uint8],
    blows: Row,
) -> None:
    """Every pixel of a row by itself; without a branch, so that pixels are worked on side by side. What a product lacks is NaN."""
    red, edge, nir, swir1, swir2, cirrus, vapour, often = bands
    zenith, azimuth, seen, seen_from = angles
    of_red, of_edge, of_nir, of_swir1, of_swir2 = _of(air, 0), _of(air, 1), _of(air, 2), _of(air, 3), _of(air, 4)
    low, water_from, cirrus_0, cirrus_1, vapour_0, vapour_1, excess_0, excess_1 = limits
    for c in range(out.shape[0]):
        cos_sun, cos_view, incidence, cos_turn, tilt = facet(zenith[c], azimuth[c], seen[c], seen_from[c])
        mass = 1.0 / cos_sun + 1.0 / cos_view
        up = cos_sun + cos_view
        across = cos_turn * math.sqrt((1.0 - cos_sun * cos_sun) * (1.0 - cos_view * cos_view))
        scatter = -cos_sun * cos_view - across
        forward = cos_sun * cos_view - across
        # Sky mirrored by the sea, on the way up or on the way down, was scattered forward (GLINT-8).
        mirrored = fresnel(cos_sun, 1.34) + fresnel(cos_view, 1.34)
        back = scatter * scatter + mirrored * (1.0 + forward * forward)
        spread = 1.0 + ASYMMETRY * ASYMMETRY - 2.0 * ASYMMETRY * scatter
        haze_phase = 0.95 * (1.0 - ASYMMETRY * ASYMMETRY) / (spread * math.sqrt(spread))
        red_0 = _at_sea(red[c], of_red, mass, up, back, mirrored, haze_phase)
        edge_0 = _at_sea(edge[c], of_edge, mass, up, back, mirrored, haze_phase)
        nir_0 = _at_sea(nir[c], of_nir, mass, up, back, mirrored, haze_phase)
        swir1_0 = _at_sea(swir1[c], of_swir1, mass, up, back, mirrored, haze_phase)
        swir2_0 = _at_sea(swir2[c], of_swir2, mass, up, back, mirrored, haze_phase)
        glint = swir1_0 / _straight(of_swir1, mass)
        size = max(glint, 0.0)
        # Reflectance of the facets over what does not depend on the wind (GLINT-3).
        each = glint / fresnel(incidence, of_swir1[3])
        blows[c] = stronger_wind(each * 4.0 * cos_sun * cos_view / ((1.0 + tilt) * (1.0 + tilt)), tilt)
        # The same facets mirror in every band, but for Fresnel (GLINT-11); what is left is water, land or cloud (GLINT-12).
        red_left = red_0 - each * fresnel(incidence, of_red[3]) * _straight(of_red, mass)
        edge_left = edge_0 - each * fresnel(incidence, of_edge[3]) * _straight(of_edge, mass)
        nir_left = nir_0 - each * fresnel(incidence, of_nir[3]) * _straight(of_nir, mass)
        swir2_left = swir2_0 - each * fresnel(incidence, of_swir2[3]) * _straight(of_swir2, mass)
        has_edge = edge_left == edge_left
        middle = edge_left if has_edge else red_left
        grows = _DARK_GROWS if has_edge else _DARK_GROWS_RED
        dark = middle > -_DARK - grows * size
        falling = nir_left - middle < _SLOPE + _SLOPE_GROWS * size
        clear = nir_left < _TURBID + _TURBID_GROWS * size
        paired = not (abs(swir2_left) > _PAIR + _PAIR_GROWS * size)  # true where the second SWIR band is missing
        by_spectrum = dark & falling & clear & paired & (glint > -0.01)  # (GLINT-13)
        told = often[c] == often[c]
        water = (told & (often[c] >= water_from)) | ((not told) & by_spectrum)
        # Cloud (GLINT-14): each sign by itself; one that cannot be read says nothing.
        thin = _ramp(cirrus[c], cirrus_0, cirrus_1) * _ramp(cirrus[c] / max(glint, 0.005), _ICE, 2.0 * _ICE)
        thin = thin if cirrus[c] == cirrus[c] else 0.0
        ratio = vapour[c] / max(np.float64(nir[c]), 0.01)
        own = nir_left - 0.5 * middle
        dry = _ramp(ratio, vapour_0, vapour_1) * _ramp(nir[c], 0.04, 0.08) * _ramp(own, 0.0, 0.05 * size + 0.005)
        dry = dry if ratio == ratio else 0.0
        beyond = _ramp(glint / (most[c] + 0.01), excess_0, excess_1) * _ramp(glint, 0.05, 0.1)
        suspicion = 1.0 - (1.0 - thin) * (1.0 - dry) * (1.0 - beyond)
        valid = (red_0 + nir_0 + swir1_0) * most[c]
        valid = valid == valid
        out[c] = glint if valid else np.nan
        cloud[c] = suspicion if valid else 0.0
        pale[c] = own if valid else 0.0
        bits[c] = (_VALID | (_WATER if water else 0) | (_POSSIBLE if most[c] > low else 0)) if valid else 0


@parallel_jit
def _observe(
    bands: tuple[Float, ...],
    angles: tuple[Float, Float, Float, Float],
    brightest: Float,
    air: Double,
    limits: tuple[float, ...],
    observed: Float,
    cloudy: Float,
    paleness: Float,
    state: UInt8,
    wind: Float,
) -> None:
    red, edge, nir, swir1, swir2, cirrus, vapour, occurrence = bands
    sun_zenith, sun_azimuth, view_zenith, view_azimuth = angles
    for r in numba.prange(observed.shape[0]):
        _observe_row(
            (red[r], edge[r], nir[r], swir1[r], swir2[r], cirrus[r], vapour[r], occurrence[r]),
            (sun_zenith[r], sun_azimuth[r], view_zenith[r], view_azimuth[r]),
            brightest[r], air, limits, observed[r], cloudy[r], paleness[r], state[r], wind[r],
        )  # fmt: skip


@parallel_jit
def _decide(
    observed: Float,
    cloudy: Float,
    paleness: Float,
    state: UInt8,
    brightest: Float,
    predicted: Float,
    angles: tuple[Float, Float, Float, Float],
    index: float,
    trust: bool,
    half: int,
    limits: tuple[float, ...],
    flags: npt.NDArray[np.uint16],
    classes: UInt8,
    probability: Float,
    wind: Float,
) -> None:
    """What the pixels say together with their neighbours."""
    rows, cols = observed.shape
    low, moderate, severe, severe_sun, uncertainty, relative, spread, doubt, white_0, white_1 = limits
    for r in numba.prange(rows):
        any_possible = False
        for c in range(cols):
            any_possible |= state[r, c] & _POSSIBLE != 0
        # Sums over the rows of the window; those over its columns follow pixel by pixel, always in the same order.
        seeds, wet, total, square, pale = np.zeros(cols), np.zeros(cols), np.zeros(cols), np.zeros(cols), np.zeros(cols)
        if any_possible:
            for near in range(max(r - half, 0), min(r + half + 1, rows)):
                for c in range(cols):
                    seed = cloudy[near, c] > 0.5
                    is_wet = state[near, c] & _WATER != 0
                    value = np.float64(observed[near, c]) if is_wet else 0.0
                    seeds[c] += 1.0 if seed else 0.0
                    wet[c] += 1.0 if is_wet else 0.0
                    total[c] += value
                    square[c] += value * value
                    pale[c] += np.float64(paleness[near, c]) if is_wet else 0.0
        for c in range(cols):
            bits = state[r, c]
            if bits & _VALID == 0:
                flags[r, c] = _NODATA
                classes[r, c] = NODATA
                probability[r, c], wind[r, c], brightest[r, c] = np.nan, np.nan, np.nan
                continue
            strong = wind[r, c]
            found, water, possible = 0, bits & _WATER != 0, bits & _POSSIBLE != 0
            classes[r, c], probability[r, c], wind[r, c] = NONE, 0.0, np.nan
            if water:
                found |= _ON_WATER
            if not (water and possible):
                flags[r, c] = found
                continue
            found |= _GEOMETRY
            n_seeds = n_wet = mean = power = white = 0.0
            for near in range(max(c - half, 0), min(c + half + 1, cols)):
                n_seeds += seeds[near]
                n_wet += wet[near]
                mean += total[near]
                power += square[near]
                white += pale[near]
            mean /= n_wet
            bright = max(mean, 0.0)
            white = _ramp(white / n_wet - _WHITE - _WHITE_GROWS * bright, 0.0, white_0 + white_1 * bright)
            variation = math.sqrt(max(power / n_wet - mean * mean, 0.0)) / max(mean, 0.01)
            rough = _ramp(variation, _ROUGH_0, _ROUGH_1)
            beside = _ramp(n_seeds, 0.0, _GROUP)
            suspicion = 1.0 - (1.0 - cloudy[r, c]) * (1.0 - white) * (1.0 - 0.5 * rough) * (1.0 - 0.5 * beside)  # (GLINT-15)
            suspected = suspicion > 0.5
            glint, most = np.float64(observed[r, c]), np.float64(brightest[r, c])
            logit = 1.702 * (glint - low) / math.sqrt(uncertainty * uncertainty + relative * relative * glint * glint)
            if trust:
                expected = np.float64(predicted[r, c])
                logit += max(min(1.702 * math.log((max(expected, 0.0) + 0.1 * low) / low) / spread, 0.0), -doubt) if expected == expected else 0.0
            chance = (1.0 - suspicion) / (1.0 + math.exp(-max(min(logit, 30.0), -30.0)))  # (GLINT-16)
            probability[r, c] = chance
            if predicted[r, c] >= low:
                found |= _PREDICTED
            if suspected:
                found |= _CLOUD
            if glint >= low:
                found |= _OBSERVED
                if strong != strong:  # a flat sea far from the mirror's place
                    cos_sun, cos_view, incidence, _, tilt = facet(angles[0][r, c], angles[1][r, c], angles[2][r, c], angles[3][r, c])
                    shape = glint * 4.0 * cos_sun * cos_view / (fresnel(incidence, index) * (1.0 + tilt) * (1.0 + tilt))
                    strong = weaker_wind(shape, tilt)
                wind[r, c] = strong
                if glint > 1.5 * most + low:
                    found |= _EXCESS
                if not suspected and probability[r, c] > 0.5:
                    # No brighter than the brightest wind allows (GLINT-17).
                    level = min(glint, most)
                    if level >= severe and angles[0][r, c] <= severe_sun:
                        classes[r, c] = SEVERE
                        found |= _SEVERE
                    elif level >= moderate:
                        classes[r, c] = MODERATE
                        found |= _MODERATE
                    else:
                        classes[r, c] = LOW
                        found |= _LOW
            flags[r, c] = found


@parallel_jit
def _in_band(observed: Float, sun_zenith: Float, sun_azimuth: Float, view_zenith: Float, view_azimuth: Float, known: float, wanted: float, out: Float) -> None:
    rows, cols = out.shape
    for r in numba.prange(rows):
        glint, zenith, azimuth, seen, seen_from, row = observed[r], sun_zenith[r], sun_azimuth[r], view_zenith[r], view_azimuth[r], out[r]
        for c in range(cols):
            _, _, incidence, _, _ = facet(zenith[c], azimuth[c], seen[c], seen_from[c])
            row[c] = glint[c] * fresnel(incidence, wanted) / fresnel(incidence, known)


def in_band(observed: Float, angles: Angles, known: float, wanted: float) -> Float:
    """Glint seen where the water's index is `known`, as it is where the index is `wanted` (GLINT-11): the facets are the same, Fresnel's share is not."""
    out = np.empty(observed.shape, np.float32)
    _in_band(observed, *_contiguous(angles, observed.shape), known, wanted, out)
    return out


def _contiguous(angles: Angles, shape: tuple[int, ...]) -> tuple[Float, Float, Float, Float]:
    a, b, c, d = (image(x, shape) for x in (angles.sun_zenith, angles.sun_azimuth, angles.view_zenith, angles.view_azimuth))
    return a, b, c, d


def glint_mask(
    bands: Mapping[str, npt.NDArray[np.floating]],
    angles: Angles,
    air: ClearAir,
    predicted: Float,
    trusted: bool = False,
    settings: GlintSettings | None = None,
) -> GlintStage:
    """Where water mirrors the sun, and how much.

    Parameters
    ----------
    bands
        Top-of-atmosphere reflectance (rows, columns) by semantic name: red, nir, swir1; and, where there, vre1, swir2, cirrus, wv; and `swo`, water
        occurrence [%]. NaN is no-data.
    angles
        Of swir1.
    air
        Of :data:`BANDS`, in their order.
    predicted
        Glint that a wind predicts in swir1 (rows, columns).
    trusted
        Whether that wind is known, so that the prediction has a say; else observation and geometry decide alone.
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
            "the thresholds of the glint classes do not rise", expected="low <= moderate <= severe", found=f"{s.low:g}, {s.moderate:g}, {s.severe:g}"
        )
    for name in ("red", "nir", "swir1"):
        if name not in bands:
            raise MissingBand(f"the glint mask needs the band {name}", found=", ".join(bands))
    shape = bands["swir1"].shape
    unknown = np.full(shape, np.nan, np.float32)
    geometry = _contiguous(angles, shape)
    index = float(air.index[_SWIR])
    brightest = brightest_glint(*geometry, s.strongest_wind, index=index)
    observed, cloudy, paleness, wind, state = *(np.empty(shape, np.float32) for _ in range(4)), np.empty(shape, np.uint8)
    signs = s.low, s.water_from, *s.cirrus, *s.vapour, *s.excess
    arrays = tuple(image(bands[name], shape) if name in bands else unknown for name in (*BANDS, "cirrus", "wv", "swo"))
    _observe(arrays, geometry, brightest, air.packed(), signs, observed, cloudy, paleness, state, wind)
    flags, classes, probability = np.empty(shape, np.uint16), np.empty(shape, np.uint8), np.empty(shape, np.float32)
    limits = s.low, s.moderate, s.severe, s.severe_sun, s.uncertainty, s.relative, s.wind_spread, s.doubt, *s.colour
    _decide(
        observed, cloudy, paleness, state, brightest, image(predicted, shape), geometry, index, trusted, s.window, limits, flags, classes, probability, wind
    )
    return GlintStage(flags, classes, probability, brightest, observed, wind)
