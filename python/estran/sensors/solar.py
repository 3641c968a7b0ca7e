"""The Sun's irradiance outside the atmosphere, as a spectrum, and over a band.

Labels (BAND-n) are those of ``docs/ATBD/spectral_bands.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estran.errors import BadParameter
from estran.sensors.response import Float, checked_spectrum

_IN_THE_RED = (640.0, 680.0)
_PLAUSIBLE = (1.2, 1.9)
"""Every reference spectrum since 1969 gives 1.5 W/m²/nm at 660 nm within a few percent; a factor of 10 or 1000 is a
unit.
"""


@dataclass(frozen=True, eq=False)
class SolarSpectrum:
    """Spectral irradiance of the Sun at one astronomical unit.

    Parameters
    ----------
    wavelength
        Ascending [nm], shape (n,).
    irradiance
        At 1 au [W/m²/nm], shape (n,).
    name
        Where it comes from.

    Raises
    ------
    BadParameter
        If the samples are not ascending or not finite, or the irradiance is in another unit.
    """

    wavelength: Float
    irradiance: Float
    name: str = ""

    def __post_init__(self) -> None:
        what = "the solar spectrum" + (f" {self.name}" if self.name else "")
        wavelength, irradiance = checked_spectrum(self.wavelength, self.irradiance, what)
        red = irradiance[(wavelength >= _IN_THE_RED[0]) & (wavelength <= _IN_THE_RED[1])]
        mean = float(red.mean()) if red.size else 1.5
        if not _PLAUSIBLE[0] < mean < _PLAUSIBLE[1] or float(irradiance.min()) < 0.0:
            raise BadParameter(
                f"{what} is not in W/m²/nm at one astronomical unit",
                expected="1.5 W/m²/nm at 660 nm, and nothing negative",
                found=f"{mean:g} there, {irradiance.min():g} at least",
                todo="divide mW/m²/nm and W/m²/µm by 1000, multiply µW/cm²/nm by 0.01",
            )
        object.__setattr__(self, "wavelength", wavelength)
        object.__setattr__(self, "irradiance", irradiance)

    def at(self, wavelength: npt.ArrayLike) -> Float:
        """Irradiance at wavelengths [nm], linear between samples [W/m²/nm].

        Raises
        ------
        BadParameter
            If a wavelength lies outside the spectrum.
        """
        x = np.asarray(wavelength, dtype=np.float64)
        if x.size and (x.min() < self.wavelength[0] or x.max() > self.wavelength[-1]):
            raise BadParameter(
                "the solar spectrum does not reach that far",
                where=self.name,
                expected=f"{self.wavelength[0]:g} to {self.wavelength[-1]:g} nm",
                found=f"{x.min():g} to {x.max():g} nm",
                todo="take a spectrum that covers the band",
            )
        return np.interp(x, self.wavelength, self.irradiance)
