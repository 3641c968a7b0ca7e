"""Phase matrices and their Greek coefficients.

A phase matrix of randomly oriented or spherical particles acts on (I, Q, U) in the scattering plane as ``[[a1, b1, 0],
[b1, a2, 0], [0, 0, a3]]``. Its *Greek coefficients* are an array (4, L + 1): the developments of a1, a2, a3, b1 in
generalised spherical functions, with ``greek[0, 0] == 1``. Circular polarisation (V) is left out: it takes less than
1e-5 of I anywhere in the atmosphere. Labels (RT-n) and (RAY-n) are those of ``docs/ATBD``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from estran.errors import BadParameter
from estran.physics.rayleigh import anisotropy
from estran.physics.spherical import wigner_d, wigner_series

Float = npt.NDArray[np.float64]


def rayleigh_greek(depolarisation: float = 0.0) -> Float:
    """Greek coefficients of molecular scattering (RAY-13); (4, 3).

    Parameters
    ----------
    depolarisation
        Depolarisation factor of natural light; see :func:`estran.physics.rayleigh.depolarisation_factor`.
    """
    fraction = float(anisotropy(depolarisation))
    greek = np.zeros((4, 3))
    greek[0] = 1.0, 0.0, 0.5 * fraction
    greek[1, 2] = 3.0 * fraction
    greek[3, 2] = -0.5 * math.sqrt(6.0) * fraction
    return greek


def phase_matrix(greek: Float, cosine: npt.ArrayLike) -> Float:
    """Elements a1, a2, a3, b1 at cosines of the scattering angle (RT-4); (4, \\*shape)."""
    x = np.asarray(cosine, float)
    flat = np.ascontiguousarray(x.ravel())
    series = ((0, 0, greek[0]), (2, 2, greek[1] + greek[2]), (2, -2, greek[1] - greek[2]), (0, 2, greek[3]))
    plain, plus, minus, cross = (
        wigner_series(m, n, np.ascontiguousarray(c), flat).reshape(x.shape) for m, n, c in series
    )
    return np.stack([plain, 0.5 * (plus + minus), 0.5 * (plus - minus), cross])


def greek_coefficients(cosine: Float, weight: Float, elements: Float, degree: int) -> Float:
    """Greek coefficients of a phase matrix known at nodes of a quadrature over [-1, 1] (RT-5).

    Parameters
    ----------
    cosine, weight
        Nodes and weights (n,); Gauss-Legendre with n > `degree` is exact for a matrix of that degree.
    elements
        a1, a2, a3, b1 at the nodes (4, n).
    degree
        Highest one kept.
    """
    factor = (2 * np.arange(degree + 1) + 1) / 2.0
    plain, plus, minus, cross = (
        factor * (wigner_d(m, n, degree, cosine) @ (weight * f)) for m, n, f in _pairs(elements)
    )
    return np.stack([plain, 0.5 * (plus + minus), 0.5 * (plus - minus), cross])


def _pairs(elements: Float) -> tuple[tuple[int, int, Float], ...]:
    a1, a2, a3, b1 = elements
    return (0, 0, a1), (2, 2, a2 + a3), (2, -2, a2 - a3), (0, 2, b1)


def mixture(depths: Sequence[float], greeks: Sequence[Float]) -> Float:
    """Greek coefficients of air in which several scatterers stand, weighed by their *scattering*
    optical depths (RT-6).
    """
    if len(depths) != len(greeks) or min(depths, default=-1.0) < 0.0 or sum(depths) <= 0.0:
        raise BadParameter(
            "scatterers cannot be mixed",
            expected="one depth, not negative, for each matrix, and not all 0",
            found=list(depths),
        )
    out = np.zeros((4, max(g.shape[1] for g in greeks)))
    for depth, greek in zip(depths, greeks, strict=True):
        out[:, : greek.shape[1]] += depth * greek
    return np.asarray(out / sum(depths))
