"""Constants of nature (CODATA 2018, exact since the SI of 2019) and of the air, as the gas kernels use them."""

from __future__ import annotations

BOLTZMANN = 1.380649e-23
"""J/K."""
LIGHT = 299792458.0
"""m/s."""
PLANCK = 6.62607015e-34
"""J s."""
AVOGADRO = 6.02214076e23
"""1/mol."""
SECOND_RADIATION = 100.0 * PLANCK * LIGHT / BOLTZMANN
"""c2 = hc/k [cm K]."""
ATMOSPHERE = 1013.25
"""hPa."""
LOSCHMIDT = ATMOSPHERE * 100.0 / (BOLTZMANN * 273.15) * 1e-6
"""Molecules a cm³ at 273.15 K and one atmosphere: one amagat."""
DRY_AIR = 28.9647
"""g/mol."""
WATER = 18.01528
"""g/mol."""
GRAVITY = 9.80665
"""m/s²."""


def density(pressure: float, temperature: float) -> float:
    """Molecules a cm³ of an ideal gas at a pressure [hPa] and a temperature [K]."""
    return pressure * 100.0 / (BOLTZMANN * temperature) * 1e-6
