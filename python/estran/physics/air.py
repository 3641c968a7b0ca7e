"""Optical and gravimetric properties of dry air: refractivity, King factor, molar mass, weight of a column.

All after Bodhaine, Wood, Dutton and Slusser 1999, J. Atmos. Oceanic Technol. 16, 1854-1861; labels (RAY-n) are those of
``docs/ATBD/rayleigh.md``.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]

CO2 = 400.0
"""Mole fraction of carbon dioxide where none is given [ppm]."""
NITROGEN, OXYGEN, ARGON = 78.084, 20.946, 0.934
"""Parts in a hundred of dry air, by volume."""
DISPERSION = (8060.51, 2480990.0, 132.274, 17455.7, 39.32957)
"""Refractivity of dry air with 300 ppm of carbon dioxide [1e-8], in inverse squares of micrometres: Peck and Reeder
1972, J. Opt. Soc. Am. 62, 958-962.
"""
PER_CO2, CO2_OF_DISPERSION = 0.54, 0.0003
"""How refractivity grows with the fraction of carbon dioxide beyond that of the dispersion [mol/mol] (eq. 19)."""
KING_NITROGEN = (1.034, 3.17e-4)
KING_OXYGEN = (1.096, 1.385e-3, 1.448e-4)
KING_CO2 = 1.15
"""King factors of the gases, in inverse powers of micrometres squared: Bates 1984, Planet. Space Sci. 32, 785-790."""
MOLAR_MASS, MOLAR_MASS_OF_CO2 = 28.9595, 15.0556
"""Of dry air without carbon dioxide, and what the whole of it would add [g/mol] (eq. 17)."""
CENTRE_OF_MASS = (0.73737, 5517.56)
"""Height of the centre of mass of the column: factor on the altitude of the place, and at the sea [m] (eq. 26)."""
GRAVITY_AT_SEA = (980.6160, 0.0026373, 5.9e-6)
"""Gravity at the sea [cm/s²], and its dependence on the cosine of twice the latitude and its square (eq. 11)."""
GRAVITY_WITH_HEIGHT = ((3.085462e-4, 2.27e-7), (7.254e-11, 1.0e-13), (1.517e-17, 6.0e-20))
"""What gravity loses, gains and loses with the height [m], its square and cube: constant part, and by the cosine of
twice the latitude [cm/s²] (eq. 10).
"""


def refractivity(wavelength: npt.ArrayLike, co2: float = CO2) -> Float:
    """Refractive index of dry air at 288.15 K and 1013.25 hPa, less one (RAY-1).

    Dispersion of Peck and Reeder (1972), scaled to the fraction of carbon dioxide (Bodhaine 1999, eq. 18 and 19).

    Parameters
    ----------
    wavelength
        In vacuum [nm].
    co2
        ppm.
    """
    inverse = (1000.0 / np.asarray(wavelength, float)) ** 2
    base, first, pole_1, second, pole_2 = DISPERSION
    at_300 = (base + first / (pole_1 - inverse) + second / (pole_2 - inverse)) * 1e-8
    return np.asarray(at_300 * (1.0 + PER_CO2 * (co2 * 1e-6 - CO2_OF_DISPERSION)))


def to_air(vacuum: npt.ArrayLike) -> Float:
    """Wavelength in standard air of a wavelength in vacuum [both nm] (RAY-14)."""
    nm = np.asarray(vacuum, float)
    return np.asarray(nm / (1.0 + refractivity(nm)))


def to_vacuum(air: npt.ArrayLike) -> Float:
    """Wavelength in vacuum of a wavelength in standard air [both nm]; the inverse of :func:`to_air`, to 1e-9 nm."""
    nm = np.asarray(air, float)
    vacuum = nm
    for _ in range(3):
        vacuum = nm * (1.0 + refractivity(vacuum))
    return np.asarray(vacuum)


def king_factor(wavelength: npt.ArrayLike, co2: float = CO2) -> Float:
    """How much more air scatters because its molecules are no spheres: mean over the gases (RAY-2); Bates 1984 in
    Bodhaine 1999, eq. 5, 6, 23.
    """
    inverse = (1000.0 / np.asarray(wavelength, float)) ** 2
    nitrogen = KING_NITROGEN[0] + KING_NITROGEN[1] * inverse
    oxygen = KING_OXYGEN[0] + KING_OXYGEN[1] * inverse + KING_OXYGEN[2] * inverse**2
    carbon_dioxide = co2 * 1e-4
    mixed = NITROGEN * nitrogen + OXYGEN * oxygen + ARGON * 1.0 + carbon_dioxide * KING_CO2
    return np.asarray(mixed / (NITROGEN + OXYGEN + ARGON + carbon_dioxide))


def molar_mass(co2: float = CO2) -> float:
    """Mean molar mass of dry air [g/mol] (Bodhaine 1999, eq. 17)."""
    return MOLAR_MASS_OF_CO2 * co2 * 1e-6 + MOLAR_MASS


def gravity(latitude: npt.ArrayLike = 45.0, altitude: npt.ArrayLike = 0.0) -> Float:
    """Gravity [cm/s²] at the mass-weighted height of the column above a place (RAY-5a); Bodhaine 1999, eq. 10, 11 and
    26.

    Parameters
    ----------
    latitude
        Degrees.
    altitude
        Of the place [m]; the column's centre is at 0.73737 z + 5517.56.
    """
    twice = np.cos(2.0 * np.radians(np.asarray(latitude, float)))
    z = CENTRE_OF_MASS[0] * np.asarray(altitude, float) + CENTRE_OF_MASS[1]
    at_sea = GRAVITY_AT_SEA[0] * (1.0 - GRAVITY_AT_SEA[1] * twice + GRAVITY_AT_SEA[2] * twice**2)
    linear, square, cube = (
        (constant + by_latitude * twice) * z**power
        for power, (constant, by_latitude) in enumerate(GRAVITY_WITH_HEIGHT, 1)
    )
    return np.asarray(at_sea - linear + square - cube)
