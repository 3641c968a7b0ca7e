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
from estran.masks.glint.air import ABSORBED, ASYMMETRY, FORWARD, TWICE, ClearAir
from estran.masks.glint.geometry import brightest_glint, decay, facet, fresnel, image, stronger_wind, weaker_wind
from estran.masks.glint.settings import GlintSettings

Float = npt.NDArray[np.float32]
Double = npt.NDArray[np.float64]
Band = tuple[float, float, float, float, float, float, float, float]
Row = npt.NDArray[np.float32]
UInt8 = npt.NDArray[np.uint8]

BANDS = ("red", "rededge071", "rededge075", "nir08", "swir16", "swir22")
"""Bands that are looked at, in the order of the tables of the air."""
_SWIR = BANDS.index("swir16")
FLAGS = ("NODATA", "WATER", "POSSIBLE", "PREDICTED", "OBSERVED", "LOW", "MODERATE", "SEVERE", "CLOUD_SUSPECT", "EXCESS")
"""Bits of :attr:`GlintStage.flags`, from the lowest on."""
_NODATA, _ON_WATER, _GEOMETRY, _PREDICTED, _OBSERVED, _LOW, _MODERATE, _SEVERE, _CLOUD, _EXCESS = (1 << bit for bit in range(len(FLAGS)))
_VALID, _WET, _POSSIBLE = 1, 2, 4
_ROUGH_0, _ROUGH_1 = 0.8, 1.5
"""Variation in the window beyond which it is no waves, but edges."""
_MOST, _SOME = 0.5, 0.3
"""Share of the surroundings that are water by themselves, from which a pixel is water; and from which it is if it is so by itself."""
_GROUP = 8.0
"""Suspected pixels in the window from which the others are suspect too, if anything else speaks against them."""
_ICE_SHORT, _ICE, _ICE_LONG = 1.1, 0.5, 0.4
"""Reflectance of thin cirrus up to 0.9 µm, near 1.6 µm and near 2.2 µm over that in the cirrus band: ice absorbs; a tenth is lost to vapour above it."""
CELL = 32
"""Side of the cells in which the scene is looked over [pixels]."""
EDGES = np.array([0.001, 0.002, 0.003, 0.004, 0.005, 0.0065, 0.008, 0.01, 0.0125, 0.016, 0.02, 0.03, 0.05, 0.1])
"""Between the bins of glint."""
_QUANTILE, _ENOUGH = 0.3, 200
_LONELY_0, _LONELY_1 = 0.3, 0.1
"""Glint of the surroundings over that of the place, from which it is suspected not to belong there, and where that is certain."""
_FAINT_0, _FAINT_1 = 0.7, 0.5
"""The same over the least glint that is claimed."""
_CLOUDED = 0.5
"""Share of cloud in water from which surroundings tell nothing."""
_FLOOR = 0.001
"""What dark water shows near 1.6 µm without glint: foam, and light that strays from elsewhere."""
_DRY_AIR = 0.0015
"""What the cirrus band shows over clear water."""
_WATER = {("rededge071", "rededge075"): 0.45, ("rededge071", "nir08"): 0.20, ("red", "rededge075"): 0.25, ("red", "nir08"): 0.12}
"""Reflectance of water in the second band over that in the first; after the similarity spectrum of Ruddick et al. 2006, doi:10.4319/lo.2006.51.2.1167."""
_HAZIER = 3.0
"""By how many times the haze that was taken there may be more."""
NONE, LOW, MODERATE, SEVERE, NODATA = 0, 1, 2, 3, 255
"""Classes."""

# What is left of water when its glint is taken off (GLINT-13): allowances, and how they grow with the glint: waves run on between the moments of two bands.
_DARK = 0.007
_DARK_GROWS = {"rededge071": 0.08, "red": 0.20}
_SLOPE, _SLOPE_GROWS = 0.015, 0.15
_TURBID, _TURBID_GROWS = 0.12, 0.30
_PAIR, _PAIR_GROWS = 0.004, 0.25
_WHITE, _WHITE_GROWS = 0.0075, 0.02
_ITSELF = 0.03


@dataclass(frozen=True)
class Angles:
    """Of the band near 1.6 µm, (rows, columns) float32 [degrees]; azimuths clockwise from true north, from the ground."""

    sun_zenith: Float
    sun_azimuth: Float
    view_zenith: Float
    view_azimuth: Float


@dataclass(frozen=True)
class Around:
    """What :func:`background` found in the scene (cells, cells), and where in it the pixels begin."""

    background: Float
    row: int
    column: int

    @classmethod
    def of(cls, counts: npt.NDArray[np.int32], row: int, column: int, shape: tuple[int, int]) -> Around:
        """About the pixels of a window, from the whole scene's histograms: only the cells that matter to it are looked at."""
        first, left = max(row // CELL - 2, 0), max(column // CELL - 2, 0)
        part = counts[first : (row + shape[0] - 1) // CELL + 3, left : (column + shape[1] - 1) // CELL + 3]
        return cls(background(part), row - first * CELL, column - left * CELL)


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
    extra: Row,
    bits: npt.NDArray[np.uint8],
) -> None:
    """Every pixel of a row by itself; without a branch, so that pixels are worked on side by side. What a product lacks is NaN."""
    red, middle, shine, nir08, swir16, swir22, cirrus, vapour, often = bands
    zenith, azimuth, seen, seen_from = angles
    of_middle, of_shine, of_swir16, of_swir22 = _of(air, 0), _of(air, 1), _of(air, 2), _of(air, 3)
    low, water_from, cirrus_0, cirrus_1, vapour_0, vapour_1, excess_0, excess_1, dark_grows, of_water, haze_middle, haze_shine = limits
    for c in range(out.shape[0]):
        cos_sun, cos_view, incidence, cos_turn, _ = facet(zenith[c], azimuth[c], seen[c], seen_from[c])
        mass = 1.0 / cos_sun + 1.0 / cos_view
        up = cos_sun + cos_view
        across = cos_turn * math.sqrt((1.0 - cos_sun * cos_sun) * (1.0 - cos_view * cos_view))
        scatter = -cos_sun * cos_view - across
        forward = cos_sun * cos_view - across
        # Sky mirrored by the sea, on the way up or on the way down, was scattered forward (GLINT-8).
        mirrored = fresnel(cos_sun, 1.34) + fresnel(cos_view, 1.34)
        back = scatter * scatter + mirrored * (1.0 + forward * forward)
        spread = 1.0 + ASYMMETRY * ASYMMETRY - 2.0 * ASYMMETRY * scatter
        haze_phase = (1.0 - ABSORBED) * (1.0 - ASYMMETRY * ASYMMETRY) / (spread * math.sqrt(spread))
        thin_cloud = max(np.float64(cirrus[c]) - _DRY_AIR, 0.0)
        thin_cloud = thin_cloud if cirrus[c] == cirrus[c] else 0.0
        ice = _ICE * thin_cloud
        middle_0 = _at_sea(middle[c], of_middle, mass, up, back, mirrored, haze_phase) - _ICE_SHORT * thin_cloud
        shine_0 = _at_sea(shine[c], of_shine, mass, up, back, mirrored, haze_phase) - _ICE_SHORT * thin_cloud
        swir16_0 = _at_sea(swir16[c], of_swir16, mass, up, back, mirrored, haze_phase) - ice
        swir22_0 = _at_sea(swir22[c], of_swir22, mass, up, back, mirrored, haze_phase) - _ICE_LONG * thin_cloud
        straight = _straight(of_swir16, mass)
        glint = (swir16_0 - _FLOOR) / straight
        size = max(glint, 0.0)
        # The same facets mirror in every band, but for Fresnel (GLINT-11); what is left is water, land or cloud (GLINT-12).
        each = 1.0 / fresnel(incidence, of_swir16[3])
        in_middle = each * fresnel(incidence, of_middle[3]) * _straight(of_middle, mass)
        in_shine = each * fresnel(incidence, of_shine[3]) * _straight(of_shine, mass)
        middle_left = middle_0 - glint * in_middle
        shine_left = shine_0 - glint * in_shine
        swir22_left = swir22_0 - glint * each * fresnel(incidence, of_swir22[3]) * _straight(of_swir22, mass)
        dark = middle_left > -_DARK - dark_grows * size
        falling = shine_left - middle_left < _SLOPE + _SLOPE_GROWS * size
        clear = shine_left < _TURBID + _TURBID_GROWS * size
        paired = not (abs(swir22_left) > _PAIR + _PAIR_GROWS * size)  # true where the second SWIR band is missing
        by_spectrum = dark & falling & clear & paired & (glint > -0.01)  # (GLINT-13)
        told = often[c] == often[c]
        water = (told & (often[c] >= water_from)) | ((not told) & by_spectrum)
        # Cloud (GLINT-14): each sign by itself; one that cannot be read says nothing.
        own = shine_left - 0.5 * middle_left
        thin = _ramp(ice, cirrus_0, cirrus_1) * _ramp(ice / (size + 0.005), 0.5, 1.0)
        ratio = vapour[c] / max(np.float64(nir08[c]), 0.01)
        dry = _ramp(ratio, vapour_0, vapour_1) * _ramp(nir08[c], 0.04, 0.08) * _ramp(own, 0.0, 0.05 * size + 0.005)
        dry = dry if ratio == ratio else 0.0
        beyond = _ramp(glint / (most[c] + 0.01), excess_0, excess_1) * _ramp(glint, 0.05, 0.1)
        suspicion = 1.0 - (1.0 - thin) * (1.0 - dry) * (1.0 - beyond)
        # More haze than was taken, or less (GLINT-18): what is left, in the proportions of haze and of water.
        known = haze_phase * (1.0 - decay(of_swir16[1] * mass)) / (4.0 * up)
        more = (shine_left - of_water * middle_left) / (haze_shine - in_shine / straight - of_water * (haze_middle - in_middle / straight))
        more = min(max(more, -0.5 * known), _HAZIER * known) * (1.0 - _ramp(middle_left, 0.02, 0.04)) * (1.0 - _ramp(size, 0.03, 0.1)) / straight
        valid = (red[c] + middle_0 + nir08[c] + shine_0 + swir16_0) * most[c]
        valid = valid == valid
        out[c] = glint if valid else np.nan
        cloud[c] = suspicion if valid else 0.0
        pale[c] = own if valid else 0.0
        extra[c] = more if valid else 0.0
        bits[c] = (_VALID | (_WET if water else 0) | (_POSSIBLE if most[c] > low else 0)) if valid else 0


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
    hazier: Float,
    state: UInt8,
) -> None:
    red, middle, shine, nir08, swir16, swir22, cirrus, vapour, occurrence = bands
    sun_zenith, sun_azimuth, view_zenith, view_azimuth = angles
    for r in numba.prange(observed.shape[0]):
        _observe_row(
            (red[r], middle[r], shine[r], nir08[r], swir16[r], swir22[r], cirrus[r], vapour[r], occurrence[r]),
            (sun_zenith[r], sun_azimuth[r], view_zenith[r], view_azimuth[r]),
            brightest[r], air, limits, observed[r], cloudy[r], paleness[r], hazier[r], state[r],
        )  # fmt: skip


@jit
def _wind_row(glint: Row, zenith: Row, azimuth: Row, seen: Row, seen_from: Row, index: float, out: Row) -> None:
    """The stronger wind that explains each pixel of a row; again without a branch."""
    for c in range(out.shape[0]):
        cos_sun, cos_view, incidence, _, tilt = facet(zenith[c], azimuth[c], seen[c], seen_from[c])
        # Reflectance of the facets over what does not depend on the wind (GLINT-3).
        shape = glint[c] * 4.0 * cos_sun * cos_view / (fresnel(incidence, index) * (1.0 + tilt) * (1.0 + tilt))
        out[c] = stronger_wind(shape, tilt)


@jit
def _weaker(glint: float, zenith: float, azimuth: float, seen: float, seen_from: float, index: float) -> float:
    """The weaker one, of a flat sea far from the mirror's place."""
    cos_sun, cos_view, incidence, _, tilt = facet(zenith, azimuth, seen, seen_from)
    return float(weaker_wind(glint * 4.0 * cos_sun * cos_view / (fresnel(incidence, index) * (1.0 + tilt) * (1.0 + tilt)), tilt))


@jit
def _surroundings(
    r: int,
    half: int,
    observed: Float,
    cloudy: Float,
    paleness: Float,
    hazier: Float,
    state: UInt8,
    around: Row,
    column: int,
    low: float,
    white_0: float,
    white_1: float,
    glint: Row,
    suspicion: Row,
    water: npt.NDArray[np.uint8],
) -> None:
    """Haze from the surroundings taken off the glint of a row, and suspicion of cloud from pixel and surroundings together (GLINT-15)."""
    rows, cols = observed.shape
    # Sums over the rows of the window; those over its columns follow pixel by pixel, always in the same order.
    sums, valid = np.zeros((6, cols)), np.zeros(cols)
    for near in range(max(r - half, 0), min(r + half + 1, rows)):
        for c in range(cols):
            wet = 1.0 if state[near, c] & _WET != 0 else 0.0
            value = np.float64(observed[near, c]) if wet > 0.0 else 0.0
            valid[c] += 1.0 if state[near, c] & _VALID != 0 else 0.0
            sums[0, c] += 1.0 if cloudy[near, c] > 0.5 else 0.0
            sums[1, c] += wet
            sums[2, c] += value
            sums[3, c] += value * value
            sums[4, c] += wet * paleness[near, c]
            sums[5, c] += wet * hazier[near, c]
    for c in range(cols):
        glint[c], suspicion[c], water[c] = observed[r, c], cloudy[r, c], 0
        if state[r, c] & _VALID == 0:
            continue
        all_ = seeds = wet = mean = square = pale = haze = 0.0
        for near in range(max(c - half, 0), min(c + half + 1, cols)):
            all_ += valid[near]
            seeds += sums[0, near]
            wet += sums[1, near]
            mean += sums[2, near]
            square += sums[3, near]
            pale += sums[4, near]
            haze += sums[5, near]
        itself_wet = state[r, c] & _WET != 0
        if not (wet >= _MOST * all_ or (itself_wet and wet >= _SOME * all_)):
            continue
        water[c] = 1
        mean /= wet
        bright = max(mean, 0.0)
        # The surroundings are a surer measure of colour than the pixel, whose waves moved; the pixel keeps the rims of clouds out of it.
        itself = max(np.float64(observed[r, c]), 0.0)
        own = _ramp(paleness[r, c] + _ITSELF * itself, 0.0, white_0 + white_1 * itself)
        white = own * _ramp(pale / wet - _WHITE - _WHITE_GROWS * bright, 0.0, white_0 + white_1 * bright)
        rough = _ramp(math.sqrt(max(square / wet - mean * mean, 0.0)) / max(mean, 0.01), _ROUGH_0, _ROUGH_1)
        beside = own * _ramp(seeds, 0.0, _GROUP)
        # Waves are bright and dark within the window; glint is not bright in one place alone (GLINT-19).
        share = around[(column + c) // CELL] / max(bright, 0.5 * itself, 0.002)
        faint = around[(column + c) // CELL] / low
        lonely = max(_ramp(-share, -_LONELY_0, -_LONELY_1), _ramp(-faint, -_FAINT_0, -_FAINT_1)) if share == share else 1.0
        suspicion[c] = (1.0 - (1.0 - cloudy[r, c]) * (1.0 - white) * (1.0 - lonely) * (1.0 - 0.5 * rough) * (1.0 - 0.5 * beside)) ** 1.6
        glint[c] = observed[r, c] - haze / wet


@parallel_jit
def _decide(
    observed: Float,
    cloudy: Float,
    paleness: Float,
    hazier: Float,
    state: UInt8,
    brightest: Float,
    predicted: Float,
    around: Float,
    row: int,
    column: int,
    angles: tuple[Float, Float, Float, Float],
    index: float,
    trust: bool,
    half: int,
    limits: tuple[float, ...],
    flags: npt.NDArray[np.uint16],
    classes: UInt8,
    probability: Float,
    wind: Float,
    seen: Float,
) -> None:
    """What the pixels say together with their neighbours."""
    rows, cols = observed.shape
    low, moderate, severe, severe_sun, uncertainty, relative, spread, doubt, white_0, white_1 = limits
    sun_zenith, sun_azimuth, view_zenith, view_azimuth = angles
    for r in numba.prange(rows):
        suspicions, water = np.zeros(cols, np.float32), np.zeros(cols, np.uint8)
        _surroundings(r, half, observed, cloudy, paleness, hazier, state, around[(row + r) // CELL], column, low, white_0, white_1, seen[r], suspicions, water)
        _wind_row(seen[r], sun_zenith[r], sun_azimuth[r], view_zenith[r], view_azimuth[r], index, wind[r])
        for c in range(cols):
            bits, blows = state[r, c], wind[r, c]
            wind[r, c], probability[r, c], classes[r, c] = np.nan, 0.0, NONE
            if bits & _VALID == 0:
                flags[r, c], classes[r, c] = _NODATA, NODATA
                probability[r, c], brightest[r, c], seen[r, c] = np.nan, np.nan, np.nan
                continue
            found = _ON_WATER if water[c] else 0
            if not (water[c] and bits & _POSSIBLE != 0):
                flags[r, c] = found
                continue
            found |= _GEOMETRY
            glint, most, expected, suspicion = float(seen[r, c]), float(brightest[r, c]), float(predicted[r, c]), float(suspicions[c])
            logit = (glint - low) / math.sqrt(uncertainty * uncertainty + relative * relative * glint * glint)
            if trust and expected == expected:
                logit += max(min(math.log((max(expected, 0.0) + 0.1 * low) / low) / spread, 0.0), -doubt)
            logit = max(min(1.702 * logit, 30.0), -30.0)
            chance = 1.0 / (1.0 + math.exp(-logit))
            probability[r, c] = (1.0 - suspicion) * chance  # (GLINT-16)
            if expected >= low:
                found |= _PREDICTED
            if suspicion > 0.5:
                found |= _CLOUD
            if glint >= low:
                found |= _OBSERVED
                if blows != blows:
                    blows = _weaker(glint, sun_zenith[r, c], sun_azimuth[r, c], view_zenith[r, c], view_azimuth[r, c], index)
                wind[r, c] = blows
                if glint > 1.5 * most + low:
                    found |= _EXCESS
                if suspicion <= 0.5 and chance > 0.5:
                    # No brighter than the brightest wind allows (GLINT-17).
                    level = min(glint, most)
                    if level >= severe and sun_zenith[r, c] <= severe_sun:
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


@dataclass(frozen=True)
class Pixels:
    """What each pixel says by itself; (rows, columns)."""

    brightest: Float
    observed: Float
    cloudy: Float
    paleness: Float
    hazier: Float
    state: UInt8


def observe(bands: Mapping[str, npt.NDArray[np.floating]], angles: Angles, air: ClearAir, settings: GlintSettings) -> Pixels:
    """Glint, water and signs of cloud of each pixel by itself (GLINT-8 to GLINT-14); parameters as :func:`glint_mask`."""
    s = settings
    for name in ("red", "nir08", "swir16"):
        if name not in bands:
            raise MissingBand(f"the glint mask needs the band {name}", found=", ".join(bands))
    shape = bands["swir16"].shape
    unknown = np.full(shape, np.nan, np.float32)
    geometry = _contiguous(angles, shape)
    brightest = brightest_glint(*geometry, s.strongest_wind, index=float(air.index[_SWIR]))
    observed, cloudy, paleness, hazier = (np.empty(shape, np.float32) for _ in range(4))
    state = np.empty(shape, np.uint8)
    middle, shine = "rededge071" if "rededge071" in bands else "red", "rededge075" if "rededge075" in bands else "nir08"
    rows = [BANDS.index(name) for name in (middle, shine, "swir16", "swir22")]
    hazes = (float(air.haze_colour[BANDS.index(name)] / air.haze_colour[_SWIR]) for name in (middle, shine))
    signs = s.low, s.water_from, *s.cirrus, *s.vapour, *s.excess, _DARK_GROWS[middle], _WATER[middle, shine], *hazes
    arrays = tuple(
        image(bands[name], shape) if name in bands else unknown for name in ("red", middle, shine, "nir08", "swir16", "swir22", "cirrus", "nir09", "swo")
    )
    _observe(arrays, geometry, brightest, air.packed()[rows], signs, observed, cloudy, paleness, hazier, state)
    return Pixels(brightest, observed, cloudy, paleness, hazier, state)


@jit
def _count(observed: Float, cloudy: Float, state: UInt8, row: int, column: int, edges: Double, counts: npt.NDArray[np.int32]) -> None:
    rows, cols = observed.shape
    for r in range(rows):
        for c in range(cols):
            if state[r, c] & _WET != 0 and state[r, c] & _POSSIBLE != 0:
                k = 0 if cloudy[r, c] <= 0.5 else edges.size + 1  # the last bin is cloud
                while k < edges.size and observed[r, c] >= edges[k]:
                    k += 1
                counts[(row + r) // CELL, (column + c) // CELL, k] += 1


def survey_glint(pixels: Pixels, row: int, column: int, scene: tuple[int, int]) -> npt.NDArray[np.int32]:
    """How often water shows how much glint, in each cell of the scene: histograms that add up; (cells, cells, bins).

    Parameters
    ----------
    row, column
        Where the pixels begin in the scene.
    scene
        Its rows and columns.
    """
    counts = np.zeros((-(-scene[0] // CELL), -(-scene[1] // CELL), EDGES.size + 2), np.int32)
    _count(pixels.observed, pixels.cloudy, pixels.state, row, column, EDGES, counts)
    return counts


def background(counts: npt.NDArray[np.int32]) -> Float:
    """Glint that 3 in 10 pixels of water stay below, in each cell and two cells around; NaN where there is hardly any water."""
    padded = np.pad(counts.astype(np.int64), ((2, 2), (2, 2), (0, 0)))
    rows, cols, _ = counts.shape
    near = np.zeros(counts.shape, np.int64)
    for i in range(5):
        for j in range(5):
            near += padded[i : i + rows, j : j + cols]
    clouded = near[..., -1] > _CLOUDED * near.sum(axis=-1)
    near = near[..., :-1]
    total = near.sum(axis=-1)
    below = np.cumsum(near, axis=-1)
    wanted = _QUANTILE * total
    k = np.argmax(below >= wanted[..., None], axis=-1)
    low, high = np.concatenate([[0.0], EDGES])[k], np.concatenate([EDGES, [2.0 * EDGES[-1]]])[k]
    inside = np.take_along_axis(near, k[..., None], -1)[..., 0]
    before = np.take_along_axis(below, k[..., None], -1)[..., 0] - inside
    share = (wanted - before) / np.maximum(inside, 1)
    return np.where((total >= _ENOUGH) & ~clouded, low + share * (high - low), np.nan).astype(np.float32)


def glint_mask(
    bands: Mapping[str, npt.NDArray[np.floating]],
    angles: Angles,
    air: ClearAir,
    predicted: Float,
    trusted: bool = False,
    around: Around | None = None,
    settings: GlintSettings | None = None,
) -> GlintStage:
    """Where water mirrors the sun, and how much.

    Parameters
    ----------
    bands
        Top-of-atmosphere reflectance (rows, columns) by semantic name: red, nir08, swir16; and, where there, rededge071, rededge075, swir22, cirrus,
        nir09; and `swo`, water
        occurrence [%]. NaN is no-data.
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
            "the thresholds of the glint classes do not rise", expected="low <= moderate <= severe", found=f"{s.low:g}, {s.moderate:g}, {s.severe:g}"
        )
    pixels = observe(bands, angles, air, s)
    shape = pixels.observed.shape
    if around is None:
        around = Around.of(survey_glint(pixels, 0, 0, shape), 0, 0, shape)
    seen, wind, probability = (np.empty(shape, np.float32) for _ in range(3))
    flags, classes = np.empty(shape, np.uint16), np.empty(shape, np.uint8)
    limits = s.low, s.moderate, s.severe, s.severe_sun, s.uncertainty, s.relative, s.wind_spread, s.doubt, *s.colour
    _decide(
        pixels.observed, pixels.cloudy, pixels.paleness, pixels.hazier, pixels.state, pixels.brightest, image(predicted, shape),
        around.background, around.row, around.column,
        _contiguous(angles, shape), float(air.index[_SWIR]), trusted, s.window, limits, flags, classes, probability, wind, seen,
    )  # fmt: skip
    return GlintStage(flags, classes, probability, pixels.brightest, seen, wind)
