"""The sea as a rough surface: wind and waves in space, and the facets that reflect the Sun into the sensor.

Nothing here is shared with the masks or with ``estran.physics.sea_surface``, whose closed form is what simulated glint
is to judge. Facets are tilted, rays are mirrored by them as vectors, and what a patch of slopes mirrors of the sky is
measured on the mirrored rays. Equations: docs/ATBD/simulate_scene.md. Coordinates as in :mod:`estran.scenes.march`:
east and south.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage

from estran.jit import parallel_jit
from estran.physics.sea_surface.foam import coverage
from estran.physics.sea_surface.refraction import refractive_index
from estran.scenes.chance import fractal, stream
from estran.scenes.march import Rays
from estran.scenes.slopes import chance, variances
from estran.scenes.spectra import NAMES
from estran.sensors.bands import SENTINEL2

Float = npt.NDArray[np.float64]
Float32 = npt.NDArray[np.float32]
UInt8 = npt.NDArray[np.uint8]

TILE = 1024
"""Side of the periodic field of long waves, in cells of 10 m."""
LONG_WAVES = 0.10
"""Fraction of the variance of slopes that waves longer than two rays have: drawn one by one, the rest is a distribution
of facets.
"""
SHORTEST_WAVE, PEAK = 25.0, (60.0, 170.0)
"""Shortest of the long waves, and range of their peak wavelength [m]."""
TURN = 25.0
"""Standard deviation of their heading from the wind's [degrees]: swell comes from elsewhere."""
GUSTS, LONGEST_GUST, SHORTEST_GUST = 0.16, 300.0, 8.0
"""Standard deviation of the wind over its mean; wavelengths between which it varies [pixels of 20 m]."""
SHELTER, SHELTER_DISTANCE = 0.55, 250.0
"""By how much the wind falls at the shore, and how far from it that fades [m]: narrow waters lie calmer than the sea.
"""
SALINITY = 35.0

GLINTING = np.array(
    [1.0 if name in ("deep_water", "turbid_water", "shallow_sand", "lake_water") else 0.0 for name in NAMES], np.float32
)
"""Fraction of a material that has a water surface without foam."""


@dataclass(frozen=True)
class Sea:
    """Wind and long waves.

    Parameters
    ----------
    wind
        Speed on the 20 m grid [m/s]; 0 on land.
    open
        On the same grid, how much of the open sea's long waves get there, 0 to 1.
    white
        On the same grid, the fraction that foam covers.
    wind_from
        Unit vector to where the wind comes from, (east, south).
    east, south
        Slopes of long waves on a periodic field of 10 m cells, (TILE, TILE).
    variance
        Of these slopes: east-east, east-south, south-south.
    celerity
        Velocity of the long waves, east and south [m/s].
    """

    wind: Float32
    open: Float32
    white: Float32
    wind_from: tuple[float, float]
    east: Float32
    south: Float32
    variance: tuple[float, float, float]
    celerity: tuple[float, float]


def rough_sea(seed: int, water: UInt8, wind: float, azimuth: float) -> Sea:
    """Wind that varies in space, and long waves that run with it more or less.

    Parameters
    ----------
    water
        1 on water, on the 20 m grid.
    wind
        Mean over the open sea [m/s].
    azimuth
        Where the wind comes from, clockwise from grid north [degrees].
    """
    rng = stream(seed, "sea")
    size = water.shape[0]
    gusts = fractal(rng, max(size, 64), 1.7, LONGEST_GUST, SHORTEST_GUST)[:size, :size]
    away = (
        ndimage.distance_transform_edt(water).astype(np.float32) * np.float32(20.0)
        if not water.all()
        else np.full(water.shape, 1e5, np.float32)
    )
    shore = np.exp(-away / np.float32(SHELTER_DISTANCE))
    speed = np.clip(wind * (1.0 + GUSTS * gusts) * (1.0 - SHELTER * shore), 0.3, 20.0)
    angle = np.radians(azimuth)
    wind_from = float(np.sin(angle)), float(-np.cos(angle))
    turn = np.radians(rng.normal(0.0, TURN))
    heading = (
        -wind_from[0] * np.cos(turn) + wind_from[1] * np.sin(turn),
        -wind_from[0] * np.sin(turn) - wind_from[1] * np.cos(turn),
    )
    peak = float(rng.uniform(*PEAK))
    across, along = variances(wind)
    east, south = _long_waves(rng, (float(heading[0]), float(heading[1])), peak, LONG_WAVES * (across + along))
    fast = float(np.sqrt(9.81 * peak / (2.0 * np.pi)))  # waves of deep water
    return Sea(
        np.where(water > 0, speed, 0.0).astype(np.float32),
        np.where(water > 0, 1.0 - shore, 0.0).astype(np.float32),
        np.where(water > 0, coverage(speed), 0.0).astype(np.float32),
        wind_from,
        east,
        south,
        (float((east * east).mean()), float((east * south).mean()), float((south * south).mean())),
        (fast * float(heading[0]), fast * float(heading[1])),
    )


def _long_waves(
    rng: np.random.Generator, heading: tuple[float, float], peak: float, variance: float
) -> tuple[Float32, Float32]:
    """Slopes east and south of waves about a heading, their power falling from the peak's wavelength [m] on; `variance`
    of both slopes together.
    """
    ky, kx = np.meshgrid(np.fft.fftfreq(TILE, 10.0), np.fft.rfftfreq(TILE, 10.0), indexing="ij")
    k = np.hypot(kx, ky)
    k[0, 0] = 1.0
    towards = np.abs(kx * heading[0] + ky * heading[1]) / k
    # Phillips (1957): elevation falls with k^-4 above the peak; no waves that a ray of 10 m cannot carry.
    amplitude = k**-2.0 * np.exp(-0.5 * (1.0 / (peak * k)) ** 2) * towards**2 * (k < 1.0 / SHORTEST_WAVE)
    amplitude[0, 0] = 0.0
    noise = amplitude * (rng.standard_normal(k.shape) + 1j * rng.standard_normal(k.shape))
    east, south = (fft.irfft2(1j * component * noise, s=(TILE, TILE), workers=1) for component in (kx, ky))
    scale = np.sqrt(variance / float((east * east).mean() + (south * south).mean()))
    return (east * scale).astype(np.float32), (south * scale).astype(np.float32)


def fresnel(cos_incidence: Float, index: float) -> Float:
    """Fraction of natural light that a flat water surface reflects, by angles of incidence and refraction (Fresnel's
    sine and tangent equations).
    """
    i = np.arccos(np.clip(cos_incidence, -1.0, 1.0))
    t = np.arcsin(np.sin(i) / index)
    steep = i < 1e-4
    a, b = np.where(steep, 1.0, i - t), np.where(steep, 1.0, i + t)
    across, parallel = np.sin(a) / np.sin(b), np.tan(a) / np.tan(b)
    return np.where(steep, ((index - 1.0) / (index + 1.0)) ** 2, 0.5 * (across**2 + parallel**2))


def index_of_water() -> Float:
    """Refractive index of sea water at the centre of each band."""
    index, _ = refractive_index(np.array([band.wavelength for band in SENTINEL2]), SALINITY)
    return np.asarray(index.real, float)


def _unit(east: Float, south: Float) -> Float:
    up = np.stack([east, south, np.ones_like(east)], -1)
    return np.asarray(up / np.linalg.norm(up, axis=-1, keepdims=True))


def _facet(slope_east: Float, slope_south: Float) -> Float:
    """Normal of a facet."""
    return _unit(-slope_east, -slope_south)


def _mirrored(ray: Float, normal: Float) -> Float:
    """A ray from the facet, mirrored by it."""
    return np.asarray(2.0 * np.sum(ray * normal, -1, keepdims=True) * normal - ray)


NODE = 640.0
"""Distance between the places where facets are sought [m]; slopes and factor are as good as linear between them."""
STEP = 1e-4
"""Tilt by which the mirrored solid angle is measured [1]."""


def mirror(sun: Rays, view: Rays, side: float, index: float) -> Float32:
    """Facets that reflect the Sun into a band, at nodes over the scene; (2, rows, columns, 3) for even and odd
    detectors.

    The three numbers are the facet's slopes east and south, and the reflectance factor for a density of 1 (SIM-16).
    """
    at = np.arange(int(np.ceil(side / NODE)) + 2) * NODE
    x, y = np.meshgrid(at, at)
    to_sun = _unit(*sun.at(x, y))
    found = np.empty((2, *x.shape, 3), np.float32)
    g = view.gradient
    for parity, sign in ((0, -1.0), (1, 1.0)):
        to_sensor = _unit(
            view.east + g[0] * x + g[1] * y + sign * view.stagger_east,
            view.south + g[2] * x + g[3] * y + sign * view.stagger_south,
        )
        between = to_sun + to_sensor
        slope_east, slope_south = -between[..., 0] / between[..., 2], -between[..., 1] / between[..., 2]
        normal = _facet(slope_east, slope_south)
        # What a small patch of slopes mirrors of the sky: central differences of mirrored view rays.
        by_east = (
            _mirrored(to_sensor, _facet(slope_east + STEP, slope_south))
            - _mirrored(to_sensor, _facet(slope_east - STEP, slope_south))
        ) / (2 * STEP)
        by_south = (
            _mirrored(to_sensor, _facet(slope_east, slope_south + STEP))
            - _mirrored(to_sensor, _facet(slope_east, slope_south - STEP))
        ) / (2 * STEP)
        solid_angle = np.linalg.norm(np.cross(by_east, by_south), axis=-1)
        incidence = np.sum(normal * to_sensor, -1)
        # Area of facets that the sensor sees over the area of sea below them.
        projected = incidence / (normal[..., 2] * to_sensor[..., 2])
        found[parity, ..., 0], found[parity, ..., 1] = slope_east, slope_south
        found[parity, ..., 2] = (
            np.pi * fresnel(incidence, index) * projected / (solid_angle * to_sun[..., 2])
        )  # (SIM-16)
    return found


class _Waves(NamedTuple):
    """The sea at the moment of a band: wind [m/s], openness [1] and foam [1] on the 20 m grid, the direction that the
    wind comes from, slopes of the long waves [1], the variances that they have along and across the wind, and the way
    that they have gone [m].
    """

    wind: Float32
    open: Float32
    white: Float32
    from_east: float
    from_south: float
    long_east: Float32
    long_south: Float32
    taken_along: float
    taken_across: float
    moved_east: float
    moved_south: float


@parallel_jit
def _glint(
    row0: int,
    step: float,
    stride: int,
    nodes: Float32,
    rays: npt.NDArray[np.float64],
    waves: _Waves,
    cover: tuple[UInt8, UInt8, UInt8],
    wet: Float32,
    out: Float32,
) -> None:
    (
        wind,
        open_,
        white,
        from_east,
        from_south,
        long_east,
        long_south,
        taken_along,
        taken_across,
        moved_east,
        moved_south,
    ) = waves
    first, second, mix = cover
    rows, cols = out.shape
    half = stride // 2
    last_row, last_col = first.shape[0] - 1, first.shape[1] - 1
    high, wide = wind.shape
    n = long_east.shape[0]
    for i in numba.prange(rows):
        for j in range(cols):
            fine_y, fine_x = min((row0 + i) * stride + half, last_row), min(j * stride + half, last_col)
            fraction = mix[fine_y, fine_x] / np.float32(255.0)
            fraction = (1 - fraction) * wet[first[fine_y, fine_x]] + fraction * wet[second[fine_y, fine_x]]
            out[i, j] = 0.0
            speed = wind[min(fine_y // 2, high - 1), min(fine_x // 2, wide - 1)]
            if fraction <= 0.0 or speed <= 0.0:
                continue
            x, y = (j + 0.5) * step, (row0 + i + 0.5) * step
            parity = int(np.floor((x * rays[6] + y * rays[7] - rays[8]) / rays[9])) % 2
            u, v = x / NODE, y / NODE
            iu, iv = int(u), int(v)
            a, b = u - iu, v - iv
            w00, w01, w10, w11 = (1 - b) * (1 - a), (1 - b) * a, b * (1 - a), b * a
            east = (
                w00 * nodes[parity, iv, iu, 0]
                + w01 * nodes[parity, iv, iu + 1, 0]
                + w10 * nodes[parity, iv + 1, iu, 0]
                + w11 * nodes[parity, iv + 1, iu + 1, 0]
            )
            south = (
                w00 * nodes[parity, iv, iu, 1]
                + w01 * nodes[parity, iv, iu + 1, 1]
                + w10 * nodes[parity, iv + 1, iu, 1]
                + w11 * nodes[parity, iv + 1, iu + 1, 1]
            )
            factor = (
                w00 * nodes[parity, iv, iu, 2]
                + w01 * nodes[parity, iv, iu + 1, 2]
                + w10 * nodes[parity, iv + 1, iu, 2]
                + w11 * nodes[parity, iv + 1, iu + 1, 2]
            )
            reach = open_[min(fine_y // 2, high - 1), min(fine_x // 2, wide - 1)]
            ti, tj = int(np.floor((y - moved_south) * 0.1)) % n, int(np.floor((x - moved_east) * 0.1)) % n
            east -= reach * long_east[ti, tj]
            south -= reach * long_south[ti, tj]
            left = reach * reach
            fraction *= 1 - white[min(fine_y // 2, high - 1), min(fine_x // 2, wide - 1)]
            out[i, j] = (
                fraction
                * factor
                * chance(east, south, speed, from_east, from_south, left * taken_along, left * taken_across)
            )


def glint(
    sea: Sea,
    nodes: Float32,
    view: Rays,
    later: float,
    cover: tuple[UInt8, UInt8, UInt8],
    row0: int,
    shape: tuple[int, int],
    step: float,
    stride: int,
) -> Float32:
    """Glint reflectance at the level of the sea, in full sunlight, of some rows of rays; 0 on land.

    Parameters
    ----------
    nodes
        From :func:`mirror` for the band.
    later
        How long after B2 the band sees the waves, which run on [s].
    cover
        Two materials and the fraction of the second, at 10 m.
    row0, shape, step, stride
        As in :func:`estran.scenes.march.march`.
    """
    e, s = sea.wind_from
    ee, es, ss = sea.variance
    along, across = e * e * ee + 2 * e * s * es + s * s * ss, s * s * ee - 2 * e * s * es + e * e * ss
    out = np.empty(shape, np.float32)
    waves = _Waves(
        sea.wind,
        sea.open,
        sea.white,
        e,
        s,
        sea.east,
        sea.south,
        along,
        across,
        sea.celerity[0] * later,
        sea.celerity[1] * later,
    )
    _glint(row0, step, stride, nodes, view.packed(), waves, cover, GLINTING, out)
    return out
