"""Foam: how much of the sea it covers, and how bright it is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from estran.errors import BadParameter

Float = npt.NDArray[np.float64]

# fmt: off
EFFECTIVE = (.22, .22, .22, .22, .22, .22, .215, .21, .20, .19, .175,
    .155, .13, .08, .10, .105, .10, .08, .045, .055, .065, .06, .055, .04)
# fmt: on
"""Effective reflectance, patches of all ages together: Koepke 1984, Appl. Opt. 23, 1816-1824, at 0.2, 0.3 … 2.5 µm."""
FIRST, STEP = 200.0, 100.0
"""Abscissae of the table [nm]. A table read one place off, as in 6SV1.1, makes foam at 1.61 µm 20 % too bright and at
2.13 µm 60 %.
"""
LAST = FIRST + STEP * (len(EFFECTIVE) - 1)
"""Wavelength beyond which foam is black [nm]."""
COVERAGE = (2.95e-6, 3.52)
"""Factor and power of the wind [m/s] in the cover of foam: Monahan and O'Muircheartaigh 1980, J. Phys. Oceanogr. 10,
2094-2099.
"""


def coverage(wind: npt.ArrayLike) -> Float:
    """Fraction of the sea that foam covers (SEA-9); Monahan and O'Muircheartaigh 1980, wind [m/s], at most 1."""
    return np.asarray(np.minimum(COVERAGE[0] * np.asarray(wind, float) ** COVERAGE[1], 1.0))


def effective_reflectance(wavelength: npt.ArrayLike) -> Float:
    """Reflectance of foam (SEA-10) [nm]; linear between the table's abscissae, 0 beyond :data:`LAST`.

    Examples
    --------
    >>> round(float(effective_reflectance(1610.0)), 4)
    0.1005
    """
    nm = np.asarray(wavelength, float)
    if np.any(nm < FIRST):
        raise BadParameter(
            "foam's reflectance is not known at so short a wavelength",
            expected="nanometres, 200 or more",
            found=float(np.min(nm)),
        )
    return np.asarray(np.interp(nm, FIRST + STEP * np.arange(len(EFFECTIVE)), EFFECTIVE, right=0.0))
