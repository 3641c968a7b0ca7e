"""Scattering of light by air molecules."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]


def optical_depth(wavelength: npt.ArrayLike, pressure: npt.ArrayLike = 1013.25) -> Float:
    """Rayleigh optical depth of the column above a level.

    Bodhaine, Wood, Dutton and Slusser (1999), J. Atmos. Ocean. Tech. 16, 1854-1861, eq. 30: sea level, 45 degrees north, 360 ppm CO2; scaled by pressure.

    Parameters
    ----------
    wavelength
        Nanometres, 250 to 2500.
    pressure
        Of the level [hPa].

    Examples
    --------
    >>> round(float(optical_depth(550.0)), 5)
    0.09707
    """
    w = (np.asarray(wavelength, float) / 1000.0) ** 2
    depth = 0.0021520 * (1.0455996 - 341.29061 / w - 0.90230850 * w) / (1 + 0.0027059889 / w - 85.968563 * w)
    return np.asarray(depth * np.asarray(pressure, float) / 1013.25)


def phase(cos_angle: npt.ArrayLike) -> Float:
    """Phase function of molecular scattering, normalised to 4 pi, without depolarisation: 3/4 (1 + cos^2)."""
    c = np.asarray(cos_angle, float)
    return np.asarray(0.75 * (1 + c * c))
