"""Scattering of light by air molecules: how much (optical depth, by published formulas) and where to (phase function;
the matrix is in `scattering`).

Labels (RAY-n) are those of ``docs/ATBD/rayleigh.md``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from estran.errors import BadParameter
from estran.physics.air import CO2, gravity, king_factor, molar_mass, refractivity

Float = npt.NDArray[np.float64]
Formula = Literal["bodhaine", "bodhaine_fit", "hansen_travis", "bucholtz", "frohlich_shaw", "perbos"]

AVOGADRO = 6.0221367e23
"""Molecules a mole, as Bodhaine 1999 takes it."""
MOLECULAR_DENSITY = 2.546899e19
"""Molecules a cm³ of air at 288.15 K and 1013.25 hPa (Bodhaine 1999)."""
STANDARD_PRESSURE = 1013.25
"""hPa."""
# Coefficients of the fits, in the order of their formulas, wavelengths in micrometres.
BODHAINE_FIT = (0.0021520, 1.0455996, 341.29061, 0.90230850, 0.0027059889, 85.968563)
"""Bodhaine 1999, eq. 30."""
HANSEN_TRAVIS = (0.008569, 0.0113, 0.00013)
"""Hansen and Travis 1974, Space Sci. Rev. 16, eq. 2.30."""
BUCHOLTZ_SHORT, BUCHOLTZ_LONG = (6.50362e-3, 3.55212, 1.35579, 0.11563), (8.64627e-3, 3.99668, 1.10298e-3, 2.71393e-2)
BUCHOLTZ_LIMIT = 0.5
"""Bucholtz 1995, eq. 8 with table 3, up to this wavelength [µm] and beyond it."""
FROHLICH_SHAW = (0.00864, 3.916, 0.074, 0.050)
"""Fröhlich and Shaw 1980, the factor as Young 1981 corrected it."""
PERBOS = (84.35, 1.225, 1.4)
PERBOS_PRESSURE = 1013.0
"""Perbos 1982 [1e-4], and the pressure that it is for [hPa]."""


def cross_section(wavelength: npt.ArrayLike, co2: float = CO2) -> Float:
    """Scattering cross-section of a molecule of dry air [cm²] (RAY-4); Bodhaine et al. 1999, eq. 22.

    Parameters
    ----------
    wavelength
        In vacuum [nm].
    co2
        Fraction of carbon dioxide [ppm].

    Examples
    --------
    >>> round(float(cross_section(550.0)) * 1e27, 3)
    4.511
    """
    nm = _checked(wavelength)
    n2 = (1.0 + refractivity(nm, co2)) ** 2
    centimetres = nm * 1e-7
    return np.asarray(
        24.0
        * np.pi**3
        * (n2 - 1.0) ** 2
        / (centimetres**4 * MOLECULAR_DENSITY**2 * (n2 + 2.0) ** 2)
        * king_factor(nm, co2)
    )


def optical_depth(
    wavelength: npt.ArrayLike,
    pressure: npt.ArrayLike = STANDARD_PRESSURE,
    *,
    formula: Formula = "bodhaine",
    latitude: npt.ArrayLike = 45.0,
    altitude: npt.ArrayLike = 0.0,
    co2: float = CO2,
) -> Float:
    """Rayleigh optical depth of the column above a level (RAY-5 to RAY-10).

    Parameters
    ----------
    wavelength
        In vacuum [nm], above 200; see the page for where each formula holds.
    pressure
        Of the level [hPa].
    formula
        ``bodhaine``: Bodhaine, Wood, Dutton and Slusser 1999 in full, eq. 17 to 28. The others are fits for a standard
        atmosphere, scaled by pressure, and take no notice of what follows: ``bodhaine_fit`` their eq. 30 (to 900 nm),
        ``hansen_travis`` 1974, ``bucholtz`` 1995 (with the depth of his standard atmosphere), ``frohlich_shaw`` 1980
        with the factor as Young 1981 corrected it, ``perbos`` 1982 (the one that SOS-ABS has).
    latitude, altitude
        Of the place [degrees, m]; they change gravity, so how much air a pressure stands for.
    co2
        Fraction of carbon dioxide [ppm].

    Returns
    -------
    Optical depth, of the broadcast shape.

    Raises
    ------
    BadParameter
        The wavelength is not in nanometres above 200, or the formula has no such name.

    Examples
    --------
    >>> round(float(optical_depth(400.0)), 4)
    0.3602
    >>> round(float(optical_depth(400.0, formula="perbos")), 4)
    0.3518
    """
    nm = _checked(wavelength)
    hectopascals = np.asarray(pressure, float)
    if formula == "bodhaine":
        mass_above = molar_mass(co2) * gravity(latitude, altitude)
        return np.asarray(
            cross_section(nm, co2) * hectopascals * 1000.0 * AVOGADRO / mass_above
        )  # (RAY-5): hPa to dyn/cm²
    if formula not in FITS:
        raise BadParameter(
            "this formula of the Rayleigh optical depth is unknown",
            expected=" or ".join(get_args(Formula)),
            found=formula,
        )
    depth, standard = FITS[formula]
    return np.asarray(depth(nm / 1000.0) * hectopascals / standard)


def phase(cos_angle: npt.ArrayLike, depolarisation: float = 0.0) -> Float:
    """Phase function of molecular scattering, normalised to 4 pi (RAY-12); 3/4 (1 + cos²) without depolarisation."""
    c = np.asarray(cos_angle, float)
    fraction = anisotropy(depolarisation)
    return np.asarray(0.75 * fraction * (1.0 + c * c) + (1.0 - fraction))


def anisotropy(depolarisation: npt.ArrayLike) -> Float:
    """Fraction of the dipole pattern in the phase matrix: (1 - d) / (1 + d / 2) for a depolarisation factor d of
    natural light (RAY-11).
    """
    d = np.asarray(depolarisation, float)
    return np.asarray((1.0 - d) / (1.0 + 0.5 * d))


def depolarisation_factor(wavelength: npt.ArrayLike, co2: float = CO2) -> Float:
    """Depolarisation factor of air for natural light, 6 (F - 1) / (3 + 7 F) (RAY-3).

    Examples
    --------
    >>> round(float(depolarisation_factor(550.0)), 4)
    0.0283
    """
    king = king_factor(_checked(wavelength), co2)
    return np.asarray(6.0 * (king - 1.0) / (3.0 + 7.0 * king))


def _checked(wavelength: npt.ArrayLike) -> Float:
    nm = np.asarray(wavelength, float)
    if np.any(nm < 200.0):
        raise BadParameter(
            "a wavelength is too short for the dispersion of air",
            expected="nanometres, 200 or more",
            found=f"{float(np.nanmin(nm)):g}",
        )
    return nm


def _bodhaine_fit(um: Float) -> Float:
    w = um**2
    a, b, c, d, e, f = BODHAINE_FIT
    return np.asarray(a * (b - c / w - d * w) / (1 + e / w - f * w))  # (RAY-6)


def _hansen_travis(um: Float) -> Float:
    a, b, c = HANSEN_TRAVIS
    return np.asarray(a * um**-4.0 * (1 + b * um**-2.0 + c * um**-4.0))  # (RAY-7)


def _bucholtz(um: Float) -> Float:
    """Two ranges, which meet within 0.1 % at 0.5 µm; Bucholtz 1995, eq. 8 with his table 3, standard atmosphere."""
    short, long = (a * um ** -(b + c * um + d / um) for a, b, c, d in (BUCHOLTZ_SHORT, BUCHOLTZ_LONG))
    return np.asarray(np.where(um <= BUCHOLTZ_LIMIT, short, long))  # (RAY-8)


def _frohlich_shaw(um: Float) -> Float:
    a, b, c, d = FROHLICH_SHAW
    return np.asarray(a * um ** -(b + c * um + d / um))  # (RAY-10)


def _perbos(um: Float) -> Float:
    a, b, c = PERBOS
    return np.asarray(1e-4 * (a * um**-4.0 - b * um**-5.0 + c * um**-6.0))  # (RAY-9)


FITS: dict[str, tuple[Callable[[Float], Float], float]] = {
    "bodhaine_fit": (_bodhaine_fit, STANDARD_PRESSURE),
    "hansen_travis": (_hansen_travis, STANDARD_PRESSURE),
    "bucholtz": (_bucholtz, STANDARD_PRESSURE),
    "frohlich_shaw": (_frohlich_shaw, STANDARD_PRESSURE),
    "perbos": (_perbos, PERBOS_PRESSURE),
}
"""Fits of the depth over micrometres, and the pressure [hPa] that each is for."""
