"""How the slopes of a clean sea are distributed for a wind (Cox and Munk 1954, J. Opt. Soc. Am. 44, 838-850).

The simulator's own: nothing is shared with ``estran.physics.sea_surface``, whose formulas simulated glint is to judge.
"""

from __future__ import annotations

import numpy as np

from estran.jit import jit

CALM, PER_WIND_ACROSS, PER_WIND_ALONG = 0.003, 0.00192, 0.00316
"""Variance of the slopes across the wind without any, and what a metre a second adds across and along it."""
C21, C21_PER_WIND, C03, C03_PER_WIND = 0.01, 0.0086, 0.04, 0.033
"""Skewness without wind, and what a metre a second takes from it."""
C40, C22, C04 = 0.40, 0.12, 0.23
"""Peakedness."""
KEPT = 0.35
"""Fraction of their own slopes that short waves keep, however long the others."""
FAR = 40.0
"""Sum of squared slopes over their variances beyond which there are no facets."""


@jit
def variances(wind: float) -> tuple[float, float]:
    """Variance of the slopes of a clean sea across and along the wind (SIM-17; Cox and Munk 1954, J. Opt. Soc. Am. 44,
    838-850).
    """
    return CALM + PER_WIND_ACROSS * wind, PER_WIND_ALONG * wind


@jit
def chance(
    east: float, south: float, wind: float, from_east: float, from_south: float, taken_along: float, taken_across: float
) -> float:
    """Density of facets of a slope (east, south); `taken` are variances that long waves have already (SIM-17).

    The axis along the wind points to where it comes from, so the steep lee sides of waves have positive slopes;
    skewness and peakedness after Cox and Munk.
    """
    across, along = variances(wind)
    across, along = max(across - taken_across, KEPT * across), max(along - taken_along, KEPT * along)
    u = (east * from_east + south * from_south) / np.sqrt(along)
    c = (south * from_east - east * from_south) / np.sqrt(across)
    u2, c2 = u * u, c * c
    if u2 + c2 > FAR:
        return 0.0
    skew = -0.5 * (C21 - C21_PER_WIND * wind) * (c2 - 1.0) * u - (C03 - C03_PER_WIND * wind) / 6.0 * u * (u2 - 3.0)
    peaked = (
        C40 / 24.0 * (c2 * c2 - 6.0 * c2 + 3.0)
        + C22 / 4.0 * (c2 - 1.0) * (u2 - 1.0)
        + C04 / 24.0 * (u2 * u2 - 6.0 * u2 + 3.0)
    )
    return float(np.exp(-0.5 * (u2 + c2)) / (2.0 * np.pi * np.sqrt(across * along)) * max(1.0 + skew + peaked, 0.0))
