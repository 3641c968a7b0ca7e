"""What the SWIR bands show of sun glint, pixel by pixel: glint, water, signs of cloud (ATBD: sun glint, GLINT-8 to
GLINT-14).

The observation takes no open water for granted: severe glint is as bright as cloud and passes no water index. Water is
what is left when the glint, known from 1.6 µm, is taken off the other bands: dark, and no brighter in the near infrared
than at the red edge, which is observed at nearly the same moment: waves run on between two bands.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from estran.errors import missing_band
from estran.jit import inlined, jit, over_rows
from estran.masks.glint.air import ABSORBED, ASYMMETRY, FORWARD, TWICE, ClearAir
from estran.masks.glint.geometry import brightest_glint, decay, facet, fresnel, image
from estran.masks.glint.settings import GlintSettings

Float = npt.NDArray[np.float32]
Double = npt.NDArray[np.float64]
Band = tuple[float, float, float, float, float, float, float, float]
Row = npt.NDArray[np.float32]
UInt8 = npt.NDArray[np.uint8]

BANDS = ("red", "rededge071", "rededge075", "nir08", "swir16", "swir22")
"""Bands that are looked at, in the order of the tables of the air."""
SWIR = BANDS.index("swir16")
VALID, WET, POSSIBLE = 1, 2, 4
"""Bits of :attr:`Pixels.state`."""
_ICE_SHORT, _ICE, _ICE_LONG = 1.1, 0.5, 0.4
"""Reflectance of thin cirrus up to 0.9 µm, near 1.6 µm and near 2.2 µm over that in the cirrus band: ice absorbs; a
tenth is lost to vapour above it.
"""
_FLOOR = 0.001
"""What dark water shows near 1.6 µm without glint: foam, and light that strays from elsewhere."""
_DRY_AIR = 0.0015
"""What the cirrus band shows over clear water."""
_INDEX = 1.34
"""Refractive index of the sea for the skylight that it reflects (GLINT-8)."""
_WATER = {
    ("rededge071", "rededge075"): 0.45,
    ("rededge071", "nir08"): 0.20,
    ("red", "rededge075"): 0.25,
    ("red", "nir08"): 0.12,
}
"""Reflectance of water in the second band over that in the first; after the similarity spectrum of Ruddick et al. 2006,
doi:10.4319/lo.2006.51.2.1167.
"""
_CLEARER, _HAZIER = 0.5, 3.0
"""By how many times the haze that was taken there may be less, and more (GLINT-18)."""
_MUDDY_0, _MUDDY_1 = 0.02, 0.04
"""What is left near 0.70 µm over turbid water: between these the haze that is found fades out."""
_DAZZLED_0, _DAZZLED_1 = 0.03, 0.1
"""The same for the glint itself."""

# What is left of water when its glint is taken off (GLINT-13): allowances, and how they grow with the glint: waves run
# on between the moments of two bands.
_DARK = 0.007
_DARK_GROWS = {"rededge071": 0.08, "red": 0.20}
_SLOPE, _SLOPE_GROWS = 0.015, 0.15
_TURBID, _TURBID_GROWS = 0.12, 0.30
_PAIR, _PAIR_GROWS = 0.004, 0.25
_LEAST = -0.01
"""Observed glint from which on a pixel can be water."""

# Signs of cloud (GLINT-14): each rises from its first limit to its second.
_ICY_0, _ICY_1, _ICY_BASE = 0.5, 1.0, 0.005
"""Thin cirrus near 1.6 µm over the observed glint and this base."""
_LIT_0, _LIT_1 = 0.04, 0.08
"""Near infrared below which its ratio to the vapour band says nothing."""
_DRY, _DRY_GROWS = 0.005, 0.05
"""Near infrared beyond the glint's own at which dry air is a sure sign, and how it grows with the glint."""
_EXCESS_BASE, _STRONG_0, _STRONG_1 = 0.01, 0.05, 0.1
"""Added to the most that any wind makes; and the observed glint from which an excess is a sign."""


@dataclass(frozen=True)
class Angles:
    """Of the band near 1.6 µm, (rows, columns) float32 [degrees]; azimuths clockwise from true north,
    from the ground.
    """

    sun_zenith: Float
    sun_azimuth: Float
    view_zenith: Float
    view_azimuth: Float


@inlined
def ramp(x: float, low: float, high: float) -> float:
    """0 up to `low`, 1 from `high` on, linear between."""
    return float(min(max((x - low) / (high - low), 0.0), 1.0))


@inlined
def _of(air: Double, k: int) -> Band:
    """Numbers of a band, out of the array: what stands in an array may change under a loop, for all a compiler knows,
    and such a loop is not vectorised.
    """
    return air[k, 0], air[k, 1], air[k, 2], air[k, 3], air[k, 4], air[k, 5], air[k, 6], air[k, 7]


@inlined
def _at_sea(rho: float, of: Band, mass: float, up: float, back: float, mirrored: float, haze_phase: float) -> float:
    """Reflectance of a band without gases, and without what molecules and haze scatter up (GLINT-9)."""
    molecules, haze, fraction, _, gas_0, gas_1, gas_2, gas_3 = of
    gas = decay(gas_0 + mass * (gas_1 + mass * (gas_2 + mass * gas_3)))
    phase = 1.0 - fraction + 0.75 * fraction * (1.0 + back) + mirrored * (1.0 - fraction)
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
    glint_max: Row,
    air: Double,
    limits: tuple[float, ...],
    out: Row,
    cloud: Row,
    nir_excess: Row,
    extra: Row,
    bits: npt.NDArray[np.uint8],
) -> None:
    """Every pixel of a row by itself; without a branch, so that pixels are worked on side by side. What a product lacks
    is NaN.
    """
    red, red_edge1, red_edge2, nir08, swir16, swir22, cirrus, vapour, water_occurrence = bands
    zenith, azimuth, view_zenith, view_azimuth = angles
    of_red_edge1, of_red_edge2, of_swir16, of_swir22 = _of(air, 0), _of(air, 1), _of(air, 2), _of(air, 3)
    (
        low,
        water_from,
        cirrus_0,
        cirrus_1,
        vapour_0,
        vapour_1,
        excess_0,
        excess_1,
        dark_grows,
        of_water,
        haze_red_edge1,
        haze_red_edge2,
    ) = limits
    for c in range(out.shape[0]):
        cos_sun, cos_view, incidence, cos_turn, _ = facet(zenith[c], azimuth[c], view_zenith[c], view_azimuth[c])
        mass = 1.0 / cos_sun + 1.0 / cos_view
        up = cos_sun + cos_view
        across = cos_turn * math.sqrt((1.0 - cos_sun * cos_sun) * (1.0 - cos_view * cos_view))
        scatter = -cos_sun * cos_view - across
        forward = cos_sun * cos_view - across
        # Sky mirrored by the sea, on the way up or on the way down, was scattered forward (GLINT-8).
        mirrored = fresnel(cos_sun, _INDEX) + fresnel(cos_view, _INDEX)
        back = scatter * scatter + mirrored * (1.0 + forward * forward)
        spread = 1.0 + ASYMMETRY * ASYMMETRY - 2.0 * ASYMMETRY * scatter
        haze_phase = (1.0 - ABSORBED) * (1.0 - ASYMMETRY * ASYMMETRY) / (spread * math.sqrt(spread))
        thin_cloud = max(np.float64(cirrus[c]) - _DRY_AIR, 0.0)
        thin_cloud = thin_cloud if cirrus[c] == cirrus[c] else 0.0
        ice = _ICE * thin_cloud
        red_edge1_0 = (
            _at_sea(red_edge1[c], of_red_edge1, mass, up, back, mirrored, haze_phase) - _ICE_SHORT * thin_cloud
        )
        red_edge2_0 = (
            _at_sea(red_edge2[c], of_red_edge2, mass, up, back, mirrored, haze_phase) - _ICE_SHORT * thin_cloud
        )
        swir16_0 = _at_sea(swir16[c], of_swir16, mass, up, back, mirrored, haze_phase) - ice
        swir22_0 = _at_sea(swir22[c], of_swir22, mass, up, back, mirrored, haze_phase) - _ICE_LONG * thin_cloud
        straight = _straight(of_swir16, mass)
        glint = (swir16_0 - _FLOOR) / straight
        size = max(glint, 0.0)
        # The same facets reflect in every band, but for Fresnel (GLINT-11); what is left is water, land or cloud
        # (GLINT-12).
        each = 1.0 / fresnel(incidence, of_swir16[3])
        in_red_edge1 = each * fresnel(incidence, of_red_edge1[3]) * _straight(of_red_edge1, mass)
        in_red_edge2 = each * fresnel(incidence, of_red_edge2[3]) * _straight(of_red_edge2, mass)
        red_edge1_left = red_edge1_0 - glint * in_red_edge1
        red_edge2_left = red_edge2_0 - glint * in_red_edge2
        swir22_left = swir22_0 - glint * each * fresnel(incidence, of_swir22[3]) * _straight(of_swir22, mass)
        dark = red_edge1_left > -_DARK - dark_grows * size
        falling = red_edge2_left - red_edge1_left < _SLOPE + _SLOPE_GROWS * size
        clear = red_edge2_left < _TURBID + _TURBID_GROWS * size
        paired = not (abs(swir22_left) > _PAIR + _PAIR_GROWS * size)  # true where the second SWIR band is missing
        by_spectrum = dark & falling & clear & paired & (glint > _LEAST)  # (GLINT-13)
        mapped = water_occurrence[c] == water_occurrence[c]
        water = (mapped & (water_occurrence[c] >= water_from)) | ((not mapped) & by_spectrum)
        # Cloud (GLINT-14): each sign by itself; one that cannot be read says nothing.
        own = red_edge2_left - 0.5 * red_edge1_left
        thin = ramp(ice, cirrus_0, cirrus_1) * ramp(ice / (size + _ICY_BASE), _ICY_0, _ICY_1)
        ratio = vapour[c] / max(np.float64(nir08[c]), 0.01)
        dry = ramp(ratio, vapour_0, vapour_1) * ramp(nir08[c], _LIT_0, _LIT_1)
        dry *= ramp(own, 0.0, _DRY_GROWS * size + _DRY)
        dry = dry if ratio == ratio else 0.0
        beyond = ramp(glint / (glint_max[c] + _EXCESS_BASE), excess_0, excess_1) * ramp(glint, _STRONG_0, _STRONG_1)
        suspicion = 1.0 - (1.0 - thin) * (1.0 - dry) * (1.0 - beyond)
        # More haze than was taken, or less (GLINT-18): what is left, in the proportions of haze and of water.
        known = haze_phase * (1.0 - decay(of_swir16[1] * mass)) / (4.0 * up)
        more = (red_edge2_left - of_water * red_edge1_left) / (
            haze_red_edge2 - in_red_edge2 / straight - of_water * (haze_red_edge1 - in_red_edge1 / straight)
        )
        more = (
            min(max(more, -_CLEARER * known), _HAZIER * known)
            * (1.0 - ramp(red_edge1_left, _MUDDY_0, _MUDDY_1))
            * (1.0 - ramp(size, _DAZZLED_0, _DAZZLED_1))
            / straight
        )
        valid = (red[c] + red_edge1_0 + nir08[c] + red_edge2_0 + swir16_0) * glint_max[c]
        valid = valid == valid
        out[c] = glint if valid else np.nan
        cloud[c] = suspicion if valid else 0.0
        nir_excess[c] = own if valid else 0.0
        extra[c] = more if valid else 0.0
        bits[c] = (VALID | (WET if water else 0) | (POSSIBLE if glint_max[c] > low else 0)) if valid else 0


class Pixels(NamedTuple):
    """What each pixel says by itself; (rows, columns). A tuple, because compiled code takes no dataclass."""

    brightest: Float
    observed: Float
    cloudy: Float
    nir_excess: Float
    hazier: Float
    state: UInt8


@jit
def _observe(
    first: int,
    last: int,
    bands: tuple[Float, ...],
    angles: tuple[Float, Float, Float, Float],
    air: Double,
    limits: tuple[float, ...],
    pixels: Pixels,
) -> None:
    red, red_edge1, red_edge2, nir08, swir16, swir22, cirrus, vapour, occurrence = bands
    sun_zenith, sun_azimuth, view_zenith, view_azimuth = angles
    brightest, observed, cloudy, nir_excess, hazier, state = pixels
    for r in range(first, last):
        _observe_row(
            (red[r], red_edge1[r], red_edge2[r], nir08[r], swir16[r], swir22[r], cirrus[r], vapour[r], occurrence[r]),
            (sun_zenith[r], sun_azimuth[r], view_zenith[r], view_azimuth[r]),
            brightest[r], air, limits, observed[r], cloudy[r], nir_excess[r], hazier[r], state[r],
        )  # fmt: skip


def contiguous(angles: Angles, shape: tuple[int, ...]) -> tuple[Float, Float, Float, Float]:
    """The four angles as images of one shape, fit for compiled loops."""
    a, b, c, d = (
        image(x, shape) for x in (angles.sun_zenith, angles.sun_azimuth, angles.view_zenith, angles.view_azimuth)
    )
    return a, b, c, d


def observe(
    bands: Mapping[str, npt.NDArray[np.floating]], angles: Angles, air: ClearAir, settings: GlintSettings
) -> Pixels:
    """Glint, water and signs of cloud of each pixel by itself (GLINT-8 to GLINT-14); parameters as
    :func:`glint_mask`.
    """
    s = settings
    for name in ("red", "nir08", "swir16"):
        if name not in bands:
            raise missing_band(name, bands, expected="red, nir08, swir16")
    shape = bands["swir16"].shape
    unknown = np.full(shape, np.nan, np.float32)
    geometry = contiguous(angles, shape)
    brightest = brightest_glint(*geometry, s.strongest_wind, index=float(air.index[SWIR]))
    observed, cloudy, nir_excess, hazier = (np.empty(shape, np.float32) for _ in range(4))
    state = np.empty(shape, np.uint8)
    red_edge1, red_edge2 = (
        "rededge071" if "rededge071" in bands else "red",
        "rededge075" if "rededge075" in bands else "nir08",
    )
    rows = [BANDS.index(name) for name in (red_edge1, red_edge2, "swir16", "swir22")]
    hazes = (float(air.haze_colour[BANDS.index(name)] / air.haze_colour[SWIR]) for name in (red_edge1, red_edge2))
    signs = (
        s.low,
        s.water_from,
        s.cirrus_from,
        s.cirrus_sure,
        s.vapour_from,
        s.vapour_sure,
        s.excess_from,
        s.excess_sure,
        _DARK_GROWS[red_edge1],
        _WATER[red_edge1, red_edge2],
        *hazes,
    )
    arrays = tuple(
        image(bands[name], shape) if name in bands else unknown
        for name in ("red", red_edge1, red_edge2, "nir08", "swir16", "swir22", "cirrus", "nir09", "swo")
    )
    pixels = Pixels(brightest, observed, cloudy, nir_excess, hazier, state)
    over_rows(_observe, shape[0], arrays, geometry, air.packed()[rows], signs, pixels)
    return pixels
