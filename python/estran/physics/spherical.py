"""Generalised spherical functions: the Wigner functions that phase matrices are developed in."""

from __future__ import annotations

import math
from functools import lru_cache

import numba
import numpy as np
import numpy.typing as npt

from estran.jit import parallel_jit

Float = npt.NDArray[np.float64]


def wigner_d(m: int, n: int, degree: int, cosine: npt.ArrayLike) -> Float:
    """Wigner functions d^l_mn of l = 0 to `degree` (RT-3), by upward recurrence in l; zero below max(|m|, |n|).

    Mishchenko, Travis and Lacis (2002), Scattering, Absorption and Emission of Light by Small Particles, appendix B.
    d^l_m0 are normalised associated Legendre functions.

    Parameters
    ----------
    m, n
        Orders; any integers.
    degree
        Highest l.
    cosine
        Of any shape.

    Returns
    -------
    (degree + 1, \\*shape)
    """
    x = np.asarray(cosine, float)
    lowest = max(abs(m), abs(n))
    out = np.zeros((degree + 1, *x.shape))
    if degree < lowest:
        return out
    out[lowest] = _first(m, n) * (1.0 - x) ** (abs(m - n) / 2) * (1.0 + x) ** (abs(m + n) / 2)
    for k, (slope, offset, before) in enumerate(zip(*_recurrence(m, n, degree)[:, lowest:degree], strict=True), lowest):
        out[k + 1] = (slope * x - offset) * out[k]
        if before != 0.0:
            out[k + 1] -= before * out[k - 1]
    return out


def wigner_series(m: int, n: int, series: Float, cosine: Float) -> Float:
    """Sum over l of ``series[l]`` times d^l_mn, at cosines (points,), without ever holding the functions (RT-4)."""
    degree = series.size - 1
    lowest = max(abs(m), abs(n))
    if degree < lowest:
        return np.zeros(cosine.size)
    start = _first(m, n) * (1.0 - cosine) ** (abs(m - n) / 2) * (1.0 + cosine) ** (abs(m + n) / 2)
    return np.asarray(_sum(series, start, cosine, _recurrence(m, n, degree), lowest))


def _first(m: int, n: int) -> float:
    lowest = max(abs(m), abs(n))
    sign = 1.0 if n >= m else (-1.0) ** (m - n)
    return sign * math.exp(
        0.5 * (math.lgamma(2 * lowest + 1) - math.lgamma(abs(m - n) + 1) - math.lgamma(abs(m + n) + 1))
        - lowest * math.log(2.0)
    )


@lru_cache(maxsize=512)
def _recurrence(m: int, n: int, degree: int) -> Float:
    """Slope, offset and weight of the function before, (3, degree): d^(l+1) = (slope x - offset) d^l -
    weight d^(l-1).
    """
    lowest = max(abs(m), abs(n))
    out = np.zeros((3, max(degree, 1)))
    if lowest == 0:
        out[0, 0] = 1.0
    for k in range(max(lowest, 1), degree):
        after = k * math.sqrt(((k + 1) ** 2 - m * m) * ((k + 1) ** 2 - n * n))
        out[0, k] = (2 * k + 1) * k * (k + 1) / after
        out[1, k] = (2 * k + 1) * m * n / after
        out[2, k] = (k + 1) * math.sqrt((k * k - m * m) * (k * k - n * n)) / after
    out.flags.writeable = False
    return out


@parallel_jit
def _sum(series: Float, start: Float, cosine: Float, recurrence: Float, lowest: int) -> Float:
    out = np.empty(cosine.size)
    for i in numba.prange(cosine.size):
        before, here, x = 0.0, start[i], cosine[i]
        total = series[lowest] * here
        for k in range(lowest, series.size - 1):
            following = (recurrence[0, k] * x - recurrence[1, k]) * here - recurrence[2, k] * before
            before, here = here, following
            total += series[k + 1] * here
        out[i] = total
    return out
