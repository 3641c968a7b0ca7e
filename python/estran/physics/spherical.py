"""Generalised spherical functions: the Wigner functions that phase matrices are developed in."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]


def wigner_d(m: int, n: int, degree: int, cosine: npt.ArrayLike) -> Float:
    """Wigner functions d^l_mn of l = 0 to `degree` (RT-3), by upward recurrence in l; zero below max(|m|, |n|).

    Mishchenko, Travis and Lacis (2002), Scattering, Absorption and Emission of Light by Small Particles, appendix B. d^l_m0 are normalised associated
    Legendre functions.

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
    sign = 1.0 if n >= m else (-1.0) ** (m - n)
    log_factor = 0.5 * (math.lgamma(2 * lowest + 1) - math.lgamma(abs(m - n) + 1) - math.lgamma(abs(m + n) + 1)) - lowest * math.log(2.0)
    out[lowest] = sign * math.exp(log_factor) * (1.0 - x) ** (abs(m - n) / 2) * (1.0 + x) ** (abs(m + n) / 2)
    if lowest == 0 and degree > 0:
        out[1] = x
    for k in range(max(lowest, 1), degree):
        before = (k + 1) * math.sqrt((k * k - m * m) * (k * k - n * n)) * out[k - 1]
        after = k * math.sqrt(((k + 1) ** 2 - m * m) * ((k + 1) ** 2 - n * n))
        out[k + 1] = ((2 * k + 1) * (k * (k + 1) * x - m * n) * out[k] - before) / after
    return out
