"""The air between a glinting sea and the sensor, band by band: what it adds, and what it lets through (ATBD: sun glint,
GLINT-8 to GLINT-11).

Good to a few per cent of the path's reflectance: enough to separate water from land and cloud in the visible, while in
the two SWIR bands, where the glint is measured, molecules add less than 0.001.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from estran.physics.gas.absorption import transmittance
from estran.physics.rayleigh import STANDARD_PRESSURE, depolarisation_factor, optical_depth
from estran.physics.sea_surface.refraction import refractive_index

Double = npt.NDArray[np.float64]

REFERENCE = 550.0
"""Wavelength at which aerosol is given [nm]."""
ANGSTROM = 1.1
"""Exponent of the aerosol's optical depth over wavelength (Angstrom 1929): between sea salt (0.3) and smoke or town
(1.8).
"""
FORWARD = 0.5
"""Fraction of the aerosol's scattering so near forward that it stays in the glint, which is tens of degrees wide."""
ASYMMETRY = 0.68
"""Of the phase function of Henyey and Greenstein, for the backward half of an aerosol's."""
ABSORBED = 0.05
"""Fraction of the light that meets haze and is absorbed."""
TWICE = 1.7
"""Light scattered more than once, for a unit of the molecules' depth: fits ``physics.radiative_transfer`` over a black
and a rough sea within 6 %.
"""
LEAST_AIR_MASS, LARGEST_AIR_MASS = 2.0, 8.0
"""Air mass over which the gases are fitted."""


@dataclass(frozen=True)
class ClearAir:
    """Numbers of each band (bands,) but where said.

    Parameters
    ----------
    molecules, haze
        Optical depths of scattering by molecules and aerosol.
    haze_colour
        Depth of haze over that at 550 nm.
    depolarisation
        Of molecules.
    gas
        (bands, 4): minus the logarithm of the gases' two-way transmittance as a cubic in air mass, constant first.
    index
        Real refractive index of sea water.
    """

    molecules: Double
    haze: Double
    haze_colour: Double
    depolarisation: Double
    gas: Double
    index: Double

    def packed(self) -> Double:
        """(bands, 8) for loops: depths of molecules and haze, fraction of the dipole pattern, index, and the four of
        the gases.
        """
        fraction = (1.0 - self.depolarisation) / (1.0 + 0.5 * self.depolarisation)
        return np.ascontiguousarray(np.column_stack([self.molecules, self.haze, fraction, self.index, self.gas]))


@lru_cache(maxsize=16)
def _clear_air(
    platform: str,
    names: tuple[str, ...],
    wavelengths: tuple[float, ...],
    aerosol: float,
    water_vapour: float,
    ozone: float,
    pressure: float,
) -> ClearAir:
    nm = np.array(wavelengths)
    mass = np.linspace(LEAST_AIR_MASS, LARGEST_AIR_MASS, 49)
    through = (
        transmittance(platform, name, airmass=mass, ozone=ozone, water_vapour=water_vapour, pressure=pressure)
        for name in names
    )
    gas = np.array([np.polynomial.polynomial.polyfit(mass, -np.log(t), 3) for t in through])  # (GLINT-9)
    return ClearAir(
        optical_depth(nm, pressure),
        aerosol * (nm / REFERENCE) ** -ANGSTROM,
        (nm / REFERENCE) ** -ANGSTROM,
        depolarisation_factor(nm),
        gas,
        np.array([water_index(w) for w in wavelengths]),
    )


def water_index(wavelength: float) -> float:
    """Real refractive index of sea water (SEA-4) [nm]."""
    return float(refractive_index(wavelength)[0].real)


def clear_air(
    platform: str,
    names: Sequence[str],
    wavelengths: Sequence[float],
    *,
    aerosol: float = 0.1,
    water_vapour: float = 2.0,
    ozone: float = 300.0,
    pressure: float = STANDARD_PRESSURE,
) -> ClearAir:
    """The clear air of some bands.

    Parameters
    ----------
    platform
        "Sentinel-2A", "Sentinel-2B" or "Sentinel-2C": whose gases.
    names
        Sentinel-2's ("B11").
    wavelengths
        Their centres [nm].
    aerosol
        Optical depth at 550 nm.
    water_vapour
        Column [g/cm²].
    ozone
        Column [Dobson units].
    pressure
        At the sea [hPa].
    """
    return _clear_air(platform, tuple(names), tuple(wavelengths), aerosol, water_vapour, ozone, pressure)
