"""Log-normal modes of particles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estran.errors import BadParameter

Float = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Substance:
    """Refractive index by wavelength."""

    wavelength: tuple[float, ...]
    """nm, rising."""
    real: tuple[float, ...]
    imaginary: tuple[float, ...]
    """Positive where it absorbs."""
    source: str

    def index(self, wavelength: float) -> complex:
        """Linear in wavelength, as the tables are meant.

        Raises
        ------
        BadParameter
            Outside the table.
        """
        first, last = self.wavelength[0], self.wavelength[-1]
        if not first <= wavelength <= last:
            raise BadParameter(
                "the refractive index of an aerosol is not known there",
                where=self.source,
                expected=f"{first:g} to {last:g} nm",
                found=wavelength,
            )
        return complex(
            float(np.interp(wavelength, self.wavelength, self.real)),
            float(np.interp(wavelength, self.wavelength, self.imaginary)),
        )


@dataclass(frozen=True)
class Mode:
    """Spheres of one substance whose radii are log-normal by number (AER-7)."""

    radius: float
    """Median [µm]."""
    spread: float
    """Standard deviation of ln r."""
    substance: Substance

    @classmethod
    def of_volume(cls, radius: float, spread: float, substance: Substance) -> Mode:
        """From the median radius of volume [µm] (AER-8)."""
        return cls(radius * float(np.exp(-3.0 * spread**2)), spread, substance)

    @property
    def volume(self) -> float:
        """Mean volume of a particle [µm³] (AER-9)."""
        return 4.0 / 3.0 * float(np.pi * self.radius**3 * np.exp(4.5 * self.spread**2))

    def sizes(self, largest: float, points: int) -> tuple[Float, Float]:
        """Radii [µm] even in ln r, and the fraction of particles that each stands for, over all that scatter: 1e-7 of
        the cross-section is left out at the small end.
        """
        # Cross-sections weigh by r² to r⁶, which moves the whole by 2 to 6 spread².
        low = np.log(self.radius) + (2.0 * self.spread - 5.5) * self.spread
        high = min(np.log(largest), np.log(self.radius) + (6.0 * self.spread + 5.5) * self.spread)
        logarithm = np.linspace(low, high, points)
        step = logarithm[1] - logarithm[0]
        fraction = (
            np.exp(-0.5 * ((logarithm - np.log(self.radius)) / self.spread) ** 2)
            / (np.sqrt(2 * np.pi) * self.spread)
            * step
        )
        fraction[[0, -1]] *= 0.5
        return np.exp(logarithm), fraction
