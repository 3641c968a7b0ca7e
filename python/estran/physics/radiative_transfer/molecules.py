"""Light scattered by molecules as functions of one direction each, from which every reflectance follows in closed form
(RTT-2 to RTT-7).

A phase matrix of molecules is a sum of products, a function of the leaving direction times one of the arriving
direction. So is, then, the reflection of a whole layer, with the functions X and Y of Chandrasekhar (1950, Radiative
Transfer, chapters 7 and 10) in the place of those: tables need one direction, not two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from estran.jit import parallel_jit
from estran.physics.radiative_transfer.directions import Directions
from estran.physics.radiative_transfer.kernel import Kernel
from estran.physics.radiative_transfer.lagrange import even_start, even_weights
from estran.physics.radiative_transfer.layer import Layer
from estran.physics.radiative_transfer.slab import homogeneous
from estran.physics.rayleigh import anisotropy
from estran.physics.scattering import rayleigh_greek

Float = npt.NDArray[np.float64]

FUNCTIONS = 12
"""Of a direction: X less 1 (2 x 2), Y less exp(-depth/cosine) (2 x 2), and the like pairs of numbers of azimuth modes 1
and 2.
"""
CHUNK = 1024
"""Pixels that one thread takes at a time."""


@dataclass(frozen=True)
class LayerFunctions:
    """A homogeneous layer of molecules that do not absorb."""

    scattered: Float
    """The functions (RTT-5), (cosines, 12)."""
    diffuse: Float
    """Fraction of light from each direction that comes through diffusely (cosines,)."""
    spherical_albedo: float


def layer_functions(depth: float, depolarisation: float, cosine: Float, streams: int = 32) -> LayerFunctions:
    """The functions X and Y of a layer, by their definition (RTT-4, RTT-5), and fluxes (RTT-7), from the reflection and
    transmission that doubling gives.

    Parameters
    ----------
    depth
        Optical depth, 0 or more.
    depolarisation
        Factor of natural light.
    cosine
        Of directions (n,), 0 < cosine <= 1.
    streams
        Nodes of the quadrature.
    """
    out = np.zeros((cosine.size, FUNCTIONS))
    if depth == 0.0:
        return LayerFunctions(out, np.zeros(cosine.size), 0.0)
    greek = rayleigh_greek(depolarisation)
    # At the zenith itself Q vanishes and with it a row of (RTT-3): a ten-millionth beside it the functions are the
    # same.
    directions = Directions.of(streams, np.minimum(cosine, 1.0 - 1e-7), np.zeros(0))
    mu, scale = directions.rows, directions.row_scale[:streams]
    fraction = float(anisotropy(depolarisation))
    diffuse, spherical = np.zeros(0), 0.0
    for mode in range(3):
        kernel = Kernel(mode, 2, mu, directions.columns)
        reflected, transmitted = kernel.reflected_transmitted(greek)
        slab = homogeneous(Layer(depth, 1.0, greek), reflected[None], transmitted[None], directions)
        shape = mu.size, kernel.stokes, streams, kernel.stokes
        back, forth = (matrix[0].reshape(shape) for matrix in (slab.reflection, slab.transmission))
        source = _source(mode, mu, fraction)[:, : kernel.stokes]
        # Rows and columns of nodes carry the root of 2 mu w: what is left over is 1 / (2 mu) times it.
        weight = scale / (2.0 * mu[:streams])
        x, y = (
            2.0 * mu[streams:, None, None] * np.einsum("iajb,j,jbk->iak", matrix[streams:], weight, source[:streams])
            for matrix in (back, forth)
        )
        asked = source[streams:]
        if mode == 0:
            out[:, 0:4] = np.linalg.solve(asked, x).reshape(-1, 4)
            out[:, 4:8] = np.linalg.solve(asked, y).reshape(-1, 4)
            diffuse = forth[streams:, 0, :, 0] @ scale
            spherical = float(scale @ back[:streams, 0, :, 0] @ scale)
        else:
            strongest = np.argmax(np.abs(asked[:, :, 0]), axis=1)[:, None]
            mirror = (-1.0) ** mode * np.array([1.0, 1.0, -1.0])[:, None]
            for column, matrix, target in ((6 + 2 * mode, x, asked * mirror), (7 + 2 * mode, y, asked)):
                out[:, column] = (
                    np.take_along_axis(matrix[:, :, 0], strongest, 1)
                    / np.take_along_axis(target[:, :, 0], strongest, 1)
                )[:, 0]
    return LayerFunctions(out, diffuse, spherical)


def _source(mode: int, mu: Float, fraction: float) -> Float:
    """The matrix A of (RTT-3): by (RTT-2) its product with its transpose at another direction is the phase matrix of an
    azimuth mode, (directions, 3, rank).
    """
    c, sine = math.sqrt(0.5 * fraction), np.sqrt(1.0 - mu * mu)
    zero, one = np.zeros_like(mu), np.ones_like(mu)
    if mode == 0:
        return np.stack(
            [
                np.stack([one, 0.5 * c * (3.0 * mu * mu - 1.0)], -1),
                np.stack([zero, -1.5 * c * sine**2], -1),
                np.zeros((mu.size, 2)),
            ],
            1,
        )
    if mode == 1:
        return c * math.sqrt(1.5) * (sine * np.stack([mu, mu, one]))[:, :].T[:, :, None]
    return 0.25 * c * math.sqrt(6.0) * np.stack([sine**2, -(1.0 + mu * mu), -2.0 * mu]).T[:, :, None]


@parallel_jit
def path_stokes(
    n: int,
    stokes: int,
    table: Float,
    deepest: float,
    lowest: float,
    fraction: float,
    depth: Float,
    sun: Float,
    view: Float,
    azimuth: Float,
) -> npt.NDArray[np.float64]:
    """Reflectance of molecules above a black ground, by (RTT-6) from a table of (RTT-5).

    Parameters
    ----------
    n
        Pixels.
    stokes
        1 for I alone, 3 for I, Q, U.
    table
        (depths, cosines, 12); nodes even in the root of the depth, from 0 to `deepest`, and in the root of the cosine,
        from `lowest` to 1.
    deepest, lowest
        Ends of the axes.
    fraction
        Of the dipole pattern (RAY-11).
    depth, sun, view, azimuth
        Each (n,) or (1,); azimuth in radians.

    Returns
    -------
    (stokes, n); NaN outside the table.
    """
    out = np.empty((stokes, n))
    depths, cosines = table.shape[0], table.shape[1]
    root_lowest = math.sqrt(lowest)
    per_depth, per_cosine = (depths - 1) / math.sqrt(deepest), (cosines - 1) / (1.0 - root_lowest)
    c = math.sqrt(0.5 * fraction)
    step_d, step_s, step_v, step_a = (
        min(depth.size - 1, 1),
        min(sun.size - 1, 1),
        min(view.size - 1, 1),
        min(azimuth.size - 1, 1),
    )
    for chunk in numba.prange((n + CHUNK - 1) // CHUNK):
        f = np.empty((2, 12))
        for i in range(chunk * CHUNK, min(n, (chunk + 1) * CHUNK)):
            t, s, v, phi = depth[i * step_d], sun[i * step_s], view[i * step_v], azimuth[i * step_a]
            if not (0.0 <= t <= deepest and lowest <= s <= 1.0 and lowest <= v <= 1.0):
                out[:, i] = math.nan
                continue
            place = math.sqrt(t) * per_depth
            row = even_start(place, depths)
            rows = even_weights(place - row)
            for side in range(2):
                place = (math.sqrt(s if side == 0 else v) - root_lowest) * per_cosine
                first = even_start(place, cosines)
                columns = even_weights(place - first)
                f[side] = 0.0
                for j in range(4):
                    for m in range(4):
                        weight = rows[j] * columns[m]
                        for k in range(12):
                            f[side, k] += weight * table[row + j, first + m, k]
            es, ev = math.exp(-t / s), math.exp(-t / v)
            fs, fv = f[0], f[1]
            # X and Y of the Sun's direction act on its natural light (1, p).
            p = 0.5 * c * (3.0 * s * s - 1.0)
            x0, x1 = 1.0 + fs[0] + p * fs[2], fs[1] + p * (1.0 + fs[3])
            y0, y1 = es + fs[4] + p * fs[6], fs[5] + p * (es + fs[7])
            g0 = (1.0 + fv[0]) * x0 + fv[1] * x1 - (ev + fv[4]) * y0 - fv[5] * y1
            g1 = fv[2] * x0 + (1.0 + fv[3]) * x1 - fv[6] * y0 - (ev + fv[7]) * y1
            m1 = (1.0 + fv[8]) * (1.0 + fs[8]) - (ev + fv[9]) * (es + fs[9])
            m2 = (1.0 + fv[10]) * (1.0 + fs[10]) - (ev + fv[11]) * (es + fs[11])
            sine_s, sine_v = math.sqrt(1.0 - s * s), math.sqrt(1.0 - v * v)
            cos = math.cos(phi)
            m1 *= 1.5 * fraction * sine_s * s
            m2 *= 0.375 * fraction * sine_s * sine_s
            twice = 2.0 * cos * cos - 1.0
            factor = 0.25 / (s + v)
            out[0, i] = factor * (
                g0 + 0.5 * c * (3.0 * v * v - 1.0) * g1 - cos * m1 * sine_v * v + twice * m2 * sine_v * sine_v
            )
            if stokes == 3:
                sin = math.sin(phi)
                out[1, i] = factor * (
                    -1.5 * c * sine_v * sine_v * g1 - cos * m1 * sine_v * v - twice * m2 * (1.0 + v * v)
                )
                out[2, i] = factor * (sin * m1 * sine_v + 4.0 * sin * cos * m2 * v)
    return out


@parallel_jit
def between_nodes(
    n: int, table: Float, deepest: float, lowest: float, depth: Float, cosine: Float
) -> npt.NDArray[np.float64]:
    """A table (depths, cosines) on the same axes, at depths and cosines (n,) or (1,); NaN outside."""
    out = np.empty(n)
    depths, cosines = table.shape
    root_lowest = math.sqrt(lowest)
    per_depth, per_cosine = (depths - 1) / math.sqrt(deepest), (cosines - 1) / (1.0 - root_lowest)
    step_d, step_c = min(depth.size - 1, 1), min(cosine.size - 1, 1)
    for i in numba.prange(n):
        t, mu = depth[i * step_d], cosine[i * step_c]
        out[i] = math.nan
        if 0.0 <= t <= deepest and lowest <= mu <= 1.0:
            place = math.sqrt(t) * per_depth
            row = even_start(place, depths)
            rows = even_weights(place - row)
            place = (math.sqrt(mu) - root_lowest) * per_cosine
            first = even_start(place, cosines)
            columns = even_weights(place - first)
            total = 0.0
            for j in range(4):
                for k in range(4):
                    total += rows[j] * columns[k] * table[row + j, first + k]
            out[i] = total
    return out
