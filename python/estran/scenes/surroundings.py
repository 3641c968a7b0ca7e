"""Light from the surroundings: what the ground and the clouds within a kilometre or so send up, for it is scattered
into every line of sight.

Equations: docs/ATBD/simulate_scene.md (SIM-6).
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from estran.jit import jit, parallel_jit
from estran.scenes.clouds import CloudField, beam, reflectance

Float32 = npt.NDArray[np.float32]
UInt8 = npt.NDArray[np.uint8]

COARSE, EVERY = 32, 4
"""Ground is averaged over so many 10 m pixels on a side, from every fourth in each direction."""
REACH = 3.0
"""Width of the surroundings, in coarse pixels: a Gaussian of about 1 km. Molecules scatter from farther, particles from
nearer (Vermote et al. 1997, IEEE TGRS 35, 675).
"""
SKY_THROUGH_CLOUD = 0.24
"""Light under a cloud relative to the beam it stops: what droplets let down diffusely and neighbours send in.
In T31UFS (2019-04-11) B8A in the cores of shadows is
about half of the ground around."""
SKY_LOST = 0.35
"""Fraction of the skylight that is missing under a cloud that stops all of the beam."""


@jit
def lit(surface: float, diffuse: float, direct: float, sky_view: float, lost: float) -> float:
    """Light that a ground sends up relative to that which falls on a flat open place.

    Parameters
    ----------
    surface
        Reflectance.
    diffuse
        Fraction of the sky in the light that arrives.
    direct, sky_view
        Beam relative to flat sunlit ground; fraction of the sky in view.
    lost
        Fraction of the beam that clouds stop.
    """
    sky = diffuse * sky_view * (1 - SKY_LOST * lost)
    return surface * ((1 - diffuse) * (direct + SKY_THROUGH_CLOUD * lost) + sky)  # (SIM-18)


@parallel_jit
def _ground(
    band: int,
    surfaces: Float32,
    first: UInt8,
    second: UInt8,
    mix: UInt8,
    tone: Float32,
    ground: Float32,
    direct: Float32,
    sky_view: Float32,
    sun_tau: Float32,
    diffuse: Float32,
    out: Float32,
) -> None:
    rows, cols = out.shape
    high, wide = first.shape
    top = diffuse.shape[0] - 1
    for i in numba.prange(rows):
        for j in range(cols):
            total, count = 0.0, 0
            # A last row or column of one or two pixels has a sample, too.
            for y in range(min(i * COARSE + EVERY // 2, high - 1), min((i + 1) * COARSE, high), EVERY):
                for x in range(min(j * COARSE + EVERY // 2, wide - 1), min((j + 1) * COARSE, wide), EVERY):
                    fraction = mix[y, x] / np.float32(255.0)
                    surface = (
                        (1 - fraction) * surfaces[first[y, x], band] + fraction * surfaces[second[y, x], band]
                    ) * tone[y, x]
                    level = min(int(ground[y, x] * 0.01), top)
                    total += lit(surface, diffuse[level], direct[y, x], sky_view[y, x], 1 - beam(sun_tau[y, x]))
                    count += 1
            out[i, j] = total / max(count, 1)


def _spread(values: Float32) -> Float32:
    return np.asarray(ndimage.gaussian_filter(values, REACH, mode="nearest"), np.float32)


def ground_around(
    band: int,
    surfaces: Float32,
    cover: tuple[UInt8, UInt8, UInt8, Float32],
    ground: Float32,
    direct: Float32,
    sky_view: Float32,
    sun_tau: Float32,
    diffuse: Float32,
) -> Float32:
    """Lit reflectance of the ground around each place, for one band, on a grid of :data:`COARSE` pixels of 10 m.

    Parameters
    ----------
    cover
        Two materials, the fraction of the second in 255ths, brightness.
    diffuse
        By level.
    """
    rows, cols = ground.shape
    out = np.empty((-(-rows // COARSE), -(-cols // COARSE)), np.float32)
    _ground(band, surfaces, *cover, ground, direct, sky_view, sun_tau, diffuse, out)
    return _spread(out)


@parallel_jit
def _cloud(thickness: Float32, extinction: float, cell: float, ox: float, oy: float, out: Float32) -> None:
    rows, cols = out.shape
    n = thickness.shape[0]
    for i in numba.prange(rows):
        for j in range(cols):
            total, count = 0.0, 0
            for y in range(i * COARSE + EVERY // 2, (i + 1) * COARSE, EVERY):
                for x in range(j * COARSE + EVERY // 2, (j + 1) * COARSE, EVERY):
                    v, u = int((10.0 * y - oy) / cell), int((10.0 * x - ox) / cell)
                    if 0 <= v < n and 0 <= u < n:
                        total += reflectance(thickness[v, u] * extinction)
                    count += 1
            out[i, j] = 1 - (1 - out[i, j]) * (1 - total / count)


def cloud_around(field: CloudField, shape: tuple[int, int]) -> Float32:
    """Fraction of light that the clouds around each place send back, on the same grid; `shape` is that of
    the 10 m grid.
    """
    out = np.zeros((-(-shape[0] // COARSE), -(-shape[1] // COARSE)), np.float32)
    for layer in field.layers:
        _cloud(layer.thickness, layer.extinction, layer.cell, *layer.origin, out)
    return _spread(out)


@jit
def around(coarse: Float32, y: int, x: int) -> float:
    """Bilinear sample of a coarse field at a 10 m pixel."""
    v, u = (y + 0.5) / COARSE - 0.5, (x + 0.5) / COARSE - 0.5
    v, u = min(max(v, 0.0), coarse.shape[0] - 1.0), min(max(u, 0.0), coarse.shape[1] - 1.0)
    i, j = int(v), int(u)
    i1, j1 = min(i + 1, coarse.shape[0] - 1), min(j + 1, coarse.shape[1] - 1)
    b, a = v - i, u - j
    return float(
        (1 - b) * ((1 - a) * coarse[i, j] + a * coarse[i, j1]) + b * ((1 - a) * coarse[i1, j] + a * coarse[i1, j1])
    )
