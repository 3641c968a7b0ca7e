"""Reflectances that stand in a table as azimuth modes, on axes with even nodes."""

from __future__ import annotations

import math

import numba
import numpy as np
import numpy.typing as npt

from estran.jit import parallel_jit
from estran.physics.radiative_transfer.lagrange import blend, even_start, even_weights

Float = npt.NDArray[np.float64]

CHUNK = 1024
"""Pixels that one thread takes at a time."""


def place_of_zenith(cosine: Float, stretch: float, widest: float, nodes: int) -> Float:
    """Place of directions on an axis whose nodes are even in the tangent of `stretch` times the zenith (RTT-8), in
    steps from 0; NaN outside.

    Parameters
    ----------
    cosine
        Of zenith.
    stretch
        Below 1; the larger, the denser stand the nodes towards `widest`.
    widest
        Last zenith [radians].
    nodes
        Number of them.
    """
    zenith = np.arccos(np.where((cosine <= 1.0) & (cosine >= math.cos(widest) * (1.0 - 1e-12)), cosine, np.nan))
    return np.asarray(np.minimum(np.tan(stretch * zenith) * ((nodes - 1) / math.tan(stretch * widest)), nodes - 1.0))


def zeniths(stretch: float, widest: float, nodes: int) -> Float:
    """Nodes of that axis [radians]."""
    return np.asarray(np.arctan(np.linspace(0.0, 1.0, nodes) * math.tan(stretch * widest)) / stretch)


def modes_of(stokes: Float, count: int) -> Float:
    """Azimuth modes of I, Q and U known at azimuths even over the full turn, at least 2 `count` of them: modes 0, 1 …
    of I, of Q, modes 1, 2 … of U (RTT-9).

    Parameters
    ----------
    stokes
        (1 or 3, …, azimuths); the first azimuth is 0.
    count
        Modes.

    Returns
    -------
    (…, modes), in the order of `modes_sum`.
    """
    n = stokes.shape[-1]
    angle = 2.0 * np.pi * np.arange(n) / n
    out = []
    for component, wave, first in zip(stokes, (np.cos, np.cos, np.sin), (0, 0, 1), strict=False):
        out += [component @ wave(m * angle) * ((1.0 if m == 0 else 2.0) / n) for m in range(first, count)]
    return np.stack(out, axis=-1)


def narrowed(table: Float, first: Float, second: Float) -> Float:
    """A table (first, second, view, sun, modes) with the axes whose place is one for all pixels taken out: one node is
    left of them.
    """
    for axis, place in enumerate((first, second)):
        if place.size == 1 and np.isfinite(place[0]):
            weights = blend(np.arange(float(table.shape[axis])), float(place[0]))
            table = np.expand_dims(np.tensordot(weights, table, (0, axis)), axis)
    return np.ascontiguousarray(table)


@parallel_jit
def modes_sum(
    n: int, stokes: int, table: Float, first: Float, second: Float, view: Float, sun: Float, azimuth: Float, count: int
) -> npt.NDArray[np.float64]:
    """Sum of azimuth modes, each interpolated in four axes (RTT-1, RTT-9).

    Parameters
    ----------
    n
        Pixels.
    stokes
        1 for I alone, 3 for I, Q, U.
    table
        (first, second, view, sun, modes); of the first two axes each has 4 nodes or more, or 1, which then counts for
        every place.
    first, second, view, sun
        Places on the axes, in steps from the first node, each (n,) or (1,); NaN outside.
    azimuth
        Radians, (n,) or (1,).
    count
        Modes of I.

    Returns
    -------
    (stokes, n); NaN outside.
    """
    out = np.empty((stokes, n))
    kept = count if stokes == 1 else 3 * count - 1
    rows, columns = 4 if table.shape[0] > 1 else 1, 4 if table.shape[1] > 1 else 1
    step_f, step_g = min(first.size - 1, 1), min(second.size - 1, 1)
    step_v, step_s, step_a = min(view.size - 1, 1), min(sun.size - 1, 1), min(azimuth.size - 1, 1)
    suns, stored = table.shape[3], table.shape[4]
    # Four nodes of the Sun and all their modes stand side by side: one line of numbers, which the compiler adds up many
    # at a time.
    lines = table.reshape(table.shape[0], table.shape[1], table.shape[2], suns * stored)
    for chunk in numba.prange((n + CHUNK - 1) // CHUNK):
        f, w, line = np.empty(kept), np.ones((4, 4)), np.empty(4 * stored)
        for i in range(chunk * CHUNK, min(n, (chunk + 1) * CHUNK)):
            a, b, v, s = first[i * step_f], second[i * step_g], view[i * step_v], sun[i * step_s]
            if not (a >= 0.0 and b >= 0.0 and v >= 0.0 and s >= 0.0):
                out[:, i] = math.nan
                continue
            kv, ks = even_start(v, table.shape[2]), even_start(s, suns)
            w[2, 0], w[2, 1], w[2, 2], w[2, 3] = even_weights(v - kv)
            w[3, 0], w[3, 1], w[3, 2], w[3, 3] = even_weights(s - ks)
            ka, kb = 0, 0
            if rows == 4:
                ka = even_start(a, table.shape[0])
                w[0, 0], w[0, 1], w[0, 2], w[0, 3] = even_weights(a - ka)
            if columns == 4:
                kb = even_start(b, table.shape[1])
                w[1, 0], w[1, 1], w[1, 2], w[1, 3] = even_weights(b - kb)
            line[:] = 0.0
            for ja in range(rows):
                for jb in range(columns):
                    for jv in range(4):
                        outer, near = (
                            w[0, ja] * w[1, jb] * w[2, jv],
                            lines[ka + ja, kb + jb, kv + jv, ks * stored : (ks + 4) * stored],
                        )
                        for k in range(4 * stored):
                            line[k] += outer * near[k]
            for k in range(kept):
                f[k] = (
                    w[3, 0] * line[k]
                    + w[3, 1] * line[stored + k]
                    + w[3, 2] * line[2 * stored + k]
                    + w[3, 3] * line[3 * stored + k]
                )
            phi = azimuth[i * step_a]
            cos, sin = math.cos(phi), math.sin(phi)
            # cos and sin of m phi by the addition theorem.
            cm, sm = 1.0, 0.0
            light, q, u = 0.0, 0.0, 0.0
            for m in range(count):
                light += f[m] * cm
                if stokes == 3:
                    q += f[count + m] * cm
                    if m > 0:
                        u += f[2 * count + m - 1] * sm
                cm, sm = cm * cos - sm * sin, sm * cos + cm * sin
            out[0, i] = light
            if stokes == 3:
                out[1, i], out[2, i] = q, u
    return out
