"""How the slopes of waves are distributed for a wind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from estran.errors import BadParameter

Float = npt.NDArray[np.float64]
SlopeModel = Literal["cox_munk_isotropic", "cox_munk", "breon_henriot", "ebuchi_kizu"]

# Variances are a constant, and a factor of the wind [m/s]; clean surfaces.
ISOTROPIC = (0.003, 0.00512)
"""Sum of both variances: Cox and Munk 1954, J. Opt. Soc. Am. 44, 838-850."""
COX_MUNK_ACROSS, COX_MUNK_ALONG = (0.003, 0.00192), 0.00316
COX_MUNK_SKEWNESS = ((0.01, 0.0086), (0.04, 0.033))
"""c21 and c03: a constant, less a factor of the wind."""
COX_MUNK_PEAKEDNESS = (0.40, 0.12, 0.23)
"""c40, c22, c04."""
BREON_HENRIOT_ACROSS, BREON_HENRIOT_ALONG = (0.003, 0.00185), (0.001, 0.00316)
"""Breon and Henriot 2006, J. Geophys. Res. 111, C06005."""
BREON_HENRIOT_SKEWNESS = (9e-4, 0.45, 7.0)
"""Minus c21 over the square of the wind; minus the limit of c03, and the wind at which it is half of that."""
BREON_HENRIOT_PEAKEDNESS = (0.30, 0.12, 0.40)
EBUCHI_KIZU_ACROSS, EBUCHI_KIZU_ALONG = (0.0048, 0.00152), (0.0053, 0.000671)
"""Ebuchi and Kizu 2002, J. Oceanogr. 58, 477-486."""


@dataclass(frozen=True)
class Slopes:
    """Variances across and along the wind, and coefficients of Gram and Charlier."""

    across: float
    along: float
    c21: float = 0.0
    c03: float = 0.0
    c40: float = 0.0
    c22: float = 0.0
    c04: float = 0.0


def slopes(wind: float, model: SlopeModel = "cox_munk_isotropic") -> Slopes:
    """Distribution of slopes for a wind (SEA-6, SEA-7).

    Parameters
    ----------
    wind
        Speed at 10 to 12.5 m [m/s], 0 to 30.
    model
        ``cox_munk_isotropic`` and ``cox_munk``: Cox and Munk 1954, J. Opt. Soc. Am. 44, 838-850, clean surface.
        ``breon_henriot``: Breon and Henriot 2006, J. Geophys. Res. 111, C06005. ``ebuchi_kizu``: Ebuchi and Kizu 2002,
        J. Oceanogr. 58, 477-486, without higher terms.
    """
    if model not in get_args(SlopeModel):
        raise BadParameter(
            "this model of the slopes of waves is unknown", expected=" or ".join(get_args(SlopeModel)), found=model
        )
    if not 0.0 <= wind <= 30.0:
        raise BadParameter("the wind is outside what was observed", expected="0 to 30 m/s", found=wind)
    w = wind
    if model == "cox_munk_isotropic":
        half = 0.5 * (ISOTROPIC[0] + ISOTROPIC[1] * w)
        return Slopes(half, half)
    if model == "cox_munk":
        (a, b), (c, d) = COX_MUNK_SKEWNESS
        across = COX_MUNK_ACROSS[0] + COX_MUNK_ACROSS[1] * w
        return Slopes(across, max(COX_MUNK_ALONG * w, 1e-6), a - b * w, c - d * w, *COX_MUNK_PEAKEDNESS)
    if model == "breon_henriot":
        per_square, limit, middle = BREON_HENRIOT_SKEWNESS
        return Slopes(
            BREON_HENRIOT_ACROSS[0] + BREON_HENRIOT_ACROSS[1] * w,
            BREON_HENRIOT_ALONG[0] + BREON_HENRIOT_ALONG[1] * w,
            -per_square * w * w,
            -limit / (1.0 + float(np.exp(middle - w))),
            *BREON_HENRIOT_PEAKEDNESS,
        )
    return Slopes(EBUCHI_KIZU_ACROSS[0] + EBUCHI_KIZU_ACROSS[1] * w, EBUCHI_KIZU_ALONG[0] + EBUCHI_KIZU_ALONG[1] * w)


def density(crosswind: npt.ArrayLike, upwind: npt.ArrayLike, of: Slopes) -> Float:
    """Probability density of slopes (SEA-8).

    Parameters
    ----------
    crosswind, upwind
        Slopes along these axes; the second one points to where the wind comes from, so that the steep lee sides of
        waves are positive.
    of
        What :func:`slopes` gives.
    """
    x, e = np.asarray(crosswind, float) / np.sqrt(of.across), np.asarray(upwind, float) / np.sqrt(of.along)
    series = 1.0 - 0.5 * of.c21 * (x * x - 1) * e - of.c03 / 6 * (e**3 - 3 * e) + of.c40 / 24 * (x**4 - 6 * x * x + 3)
    series = series + of.c22 / 4 * (x * x - 1) * (e * e - 1) + of.c04 / 24 * (e**4 - 6 * e * e + 3)
    return np.asarray(np.exp(-0.5 * (x * x + e * e)) / (2 * np.pi * np.sqrt(of.across * of.along)) * series)
