"""Refractive index of pure and sea water, with its uncertainty, which is the largest systematic term of a calibration
between bands on the glint.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator

from estran.errors import BadParameter

Float = npt.NDArray[np.float64]
Source = Literal["hale_querry", "quan_fry"]

# fmt: off
WAVELENGTH = (400., 500., 550., 600., 650., 750., 800., 875.,
    950., 1000., 1200., 1400., 1600., 1800., 2000., 2200., 2400.)
PURE       = (1.339, 1.335, 1.333, 1.332, 1.331, 1.330, 1.329, 1.328,
    1.327, 1.327, 1.324, 1.321, 1.317, 1.312, 1.306, 1.296, 1.279)
# fmt: on
"""Pure water at 25 degrees, Hale and Querry 1973, Appl. Opt. 12, 555-563, table 1; steps of 0.001."""
ABSORBING = (
    (400.0, 1.86e-9),
    (550.0, 1.96e-9),
    (700.0, 3.35e-8),
    (1000.0, 2.89e-6),
    (1200.0, 9.89e-6),
    (1400.0, 1.38e-4),
    (1600.0, 8.55e-5),
    (1800.0, 1.15e-4),
)
ABSORBING_FAR = ((2000.0, 1.1e-3), (2200.0, 2.89e-4), (2400.0, 9.56e-4))
"""Imaginary part, from the same table. It changes no reflectance by more than 1e-6."""
SALT_STEP, SALT_OF_STEP = 0.006, 34.3
SALT = SALT_STEP / SALT_OF_STEP
"""What a gram of salt in a kilogram adds to the index (Friedman 1969, as 6S has it), at any wavelength."""
QUAN_FRY = (
    (1.31405, 1.779e-4, 1.05e-6, 1.6e-8, 2.02e-6),
    (15.868, 0.01155, 0.00423, 4382.0, 1.1455e6),
)
"""Coefficients of Quan and Fry 1995, eq. 3, in its order: without the wavelength [nm], and with its inverse powers."""
UNCERTAINTY: dict[Source, float] = {"hale_querry": 0.0015, "quan_fry": 0.0005}
"""Standard uncertainty: half of the difference between published tables, and their steps."""


def refractive_index(
    wavelength: npt.ArrayLike, salinity: float = 35.0, temperature: float = 20.0, source: Source = "hale_querry"
) -> tuple[npt.NDArray[np.complex128], float]:
    """Complex index of sea water, and the standard uncertainty of its real part (SEA-4, SEA-5).

    Parameters
    ----------
    wavelength
        nm. 400 to 2400 for ``hale_querry``, 400 to 700 for ``quan_fry`` (Quan and Fry 1995, Appl. Opt. 34, 3477-3480).
    salinity
        Grams a kilogram, 0 to 43.
    temperature
        Degrees Celsius, 0 to 30; only ``quan_fry`` knows it.

    Raises
    ------
    BadParameter
        Outside the range of the source.
    """
    nm = np.asarray(wavelength, float)
    if source not in get_args(Source):
        raise BadParameter(
            "this source of the refractive index is unknown", expected=" or ".join(get_args(Source)), found=source
        )
    longest = 2400.0 if source == "hale_querry" else 700.0
    if np.any((nm < 400.0) | (nm > longest)) or not 0.0 <= salinity <= 43.0 or not 0.0 <= temperature <= 30.0:
        raise BadParameter(
            f"the refractive index {source} does not reach there",
            expected=f"400 to {longest:g} nm, salinity 0 to 43, temperature 0 to 30",
            found=f"{np.min(nm):g} to {np.max(nm):g} nm, {salinity:g}, {temperature:g}",
        )
    if source == "hale_querry":
        real = PchipInterpolator(WAVELENGTH, PURE)(nm) + SALT * salinity  # (SEA-4)
    else:
        s, t = salinity, temperature
        (n0, n1, n2, n3, n4), (n5, n6, n7, n8, n9) = QUAN_FRY
        real = n0 + (n1 - n2 * t + n3 * t * t) * s - n4 * t * t
        real = real + (n5 + n6 * s - n7 * t) / nm - n8 / nm**2 + n9 / nm**3  # (SEA-5)
    at, k = np.array((*ABSORBING, *ABSORBING_FAR)).T
    return np.asarray(real + 1j * np.exp(np.interp(nm, at, np.log(k)))), UNCERTAINTY[source]
