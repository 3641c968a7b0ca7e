"""Total internal partition sums of isotopologues, from the series of `isotopologues`. Labels (GAS-n) are those of
``docs/ATBD/gas.md``.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from estran.errors import BadParameter
from estran.physics.gas.isotopologues import COLDEST, ISOTOPOLOGUES, WARMEST, Isotopologue

Float = npt.NDArray[np.float64]

REFERENCE_TEMPERATURE = 296.0
"""K: HITRAN's reference."""


def isotopologue(molecule: int, number: int) -> Isotopologue:
    """Mass, abundance and partition series by HITRAN's numbers.

    Raises
    ------
    BadParameter
        It is none of the gases known here.
    """
    try:
        return ISOTOPOLOGUES[molecule, number]
    except KeyError:
        raise BadParameter(
            "this isotopologue is unknown",
            expected="a molecule among " + ", ".join(str(m) for m in sorted({m for m, _ in ISOTOPOLOGUES})),
            found=f"{molecule}, {number}",
        ) from None


def partition_ratio(molecule: int, number: int, temperature: npt.ArrayLike) -> Float:
    """Q(T) / Q(296 K) of an isotopologue (GAS-2); TIPS-2021 within 1e-6.

    Parameters
    ----------
    molecule, number
        HITRAN's numbers.
    temperature
        From 140 to 360 [K].

    Raises
    ------
    BadParameter
        The isotopologue is unknown, or the temperature outside the series.

    Examples
    --------
    >>> round(float(partition_ratio(7, 1, 220.0)), 4)
    0.7436
    """
    t = checked_temperature(temperature)
    known = isotopologue(molecule, number)
    u = (2.0 * t - COLDEST - WARMEST) / (WARMEST - COLDEST)
    return np.asarray(
        (t / REFERENCE_TEMPERATURE) ** known.power * np.exp(np.polynomial.chebyshev.chebval(u, known.series))
    )  # (GAS-2)


def checked_temperature(temperature: npt.ArrayLike) -> Float:
    """Temperatures [K] as an array, within the range of the partition sums."""
    t = np.asarray(temperature, float)
    bad = ~((t >= COLDEST) & (t <= WARMEST))
    if bad.any():
        raise BadParameter(
            "a temperature is outside the range of the partition sums",
            expected=f"{COLDEST:g} to {WARMEST:g} K",
            found=f"{float(t[bad].flat[0]):g}",
            todo="give kelvin, not degrees Celsius" if float(t[bad].flat[0]) < COLDEST else "",
        )
    return t
