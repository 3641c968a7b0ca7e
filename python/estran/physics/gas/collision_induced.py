"""Absorption that collisions induce: broad bands whose depth goes with the square of the density. Labels (GAS-n) are
those of ``docs/ATBD/gas.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estran.errors import BadParameter
from estran.physics.gas.constants import LOSCHMIDT, density

Float = npt.NDArray[np.float64]

PARTNERS: Mapping[str, float] = {"Air": 1.0, "O2": 0.2095, "N2": 0.7808}
"""Fraction of each partner of collisions in dry air [mol/mol]."""


@dataclass(frozen=True)
class CollisionInduced:
    """One band of one pair of molecules, at one temperature or several.

    Parameters
    ----------
    gas, partner
        Formulae; the partner "Air" is all of the air.
    wavenumber
        Rising [cm⁻¹], (n,).
    temperature
        Rising [K], (t,).
    coefficient
        Absorption by a molecule a cm³ of either kind and a cm of path [cm⁵/molecule²], (t, n).
    """

    gas: str
    partner: str
    wavenumber: Float
    temperature: Float
    coefficient: Float

    def __post_init__(self) -> None:
        if self.partner not in PARTNERS:
            raise BadParameter(
                "this partner of collisions is unknown", expected=" or ".join(PARTNERS), found=self.partner
            )
        if self.coefficient.shape != (self.temperature.size, self.wavenumber.size):
            raise BadParameter(
                "a collision-induced band has the wrong shape",
                expected=f"({self.temperature.size}, {self.wavenumber.size})",
                found=str(self.coefficient.shape),
            )
        if np.any(np.diff(self.wavenumber) <= 0.0) or np.any(np.diff(self.temperature) <= 0.0):
            raise BadParameter(
                "wavenumbers or temperatures of a collision-induced band do not rise",
                where=f"{self.gas}-{self.partner}",
            )

    def cross_section(self, wavenumber: Float, pressure: float, temperature: float) -> Float:
        """Cross-section a molecule of the gas [cm²] at a pressure [hPa] and temperature [K] (GAS-13).

        Linear between the temperatures, held beyond them; none outside the wavenumbers of the band.
        """
        t = float(np.clip(temperature, self.temperature[0], self.temperature[-1]))
        upper = int(np.clip(np.searchsorted(self.temperature, t), 1, max(self.temperature.size - 1, 1)))
        if self.temperature.size == 1:
            values = self.coefficient[0]
        else:
            fraction = (t - self.temperature[upper - 1]) / (self.temperature[upper] - self.temperature[upper - 1])
            values = (1.0 - fraction) * self.coefficient[upper - 1] + fraction * self.coefficient[upper]
        partners = PARTNERS[self.partner] * density(pressure, temperature)
        return np.asarray(np.interp(wavenumber, self.wavenumber, values, left=0.0, right=0.0) * partners)  # (GAS-13)


def refuse_double_counting(bands: tuple[CollisionInduced, ...]) -> None:
    """Raise if a band with all of the air and a band with one of its gases overlap: the same absorption twice.

    Raises
    ------
    BadParameter
        They do.
    """
    for one in bands:
        for other in bands:
            if one is not other and one.gas == other.gas and (one.partner == "Air" or one.partner == other.partner):
                low, high = max(one.wavenumber[0], other.wavenumber[0]), min(one.wavenumber[-1], other.wavenumber[-1])
                if low < high:
                    raise BadParameter(
                        f"collision-induced absorption of {one.gas} would be counted twice",
                        where=f"{low:g} to {high:g} cm⁻¹",
                        found=f"{one.gas}-{one.partner} and {other.gas}-{other.partner}",
                        todo="take one file of the pair with air, or those with O2 and N2",
                    )


# Strength [1e-7 cm⁻¹ amagat⁻²], centre [cm⁻¹], width [cm⁻¹] of Gaussian terms that follow the measurement of Maté,
# Lugez, Fraser and Lafferty 1999 (doi:10.1029/1999JD900824) in dry air, as tabulated every 2 cm⁻¹ in LBLRTM's
# contnm.f90. Least squares: 0.3 % of the peak rms, 2.8 % at the worst, the integral to 1e-4.
_MATE = (
    (-0.36, 7964.736, 23.876),
    (0.048, 8177.021, 203.327),
    (1.647, 7942.628, 130.846),
    (4.358, 7899.981, 54.021),
    (2.123, 7891.751, 23.772),
)
_MATE_LIMITS = (7536.0, 8500.0)


def oxygen_1270nm() -> CollisionInduced:
    """O2 with dry air at 1.27 µm and 296 K, for those who have no file: five Gaussians through the measurement of Maté
    et al. 1999 (GAS-14).
    """
    nu = np.arange(_MATE_LIMITS[0], _MATE_LIMITS[1] + 1.0, 2.0)
    amagat = sum(a * np.exp(-0.5 * ((nu - centre) / width) ** 2) for a, centre, width in _MATE)
    return CollisionInduced(
        "O2", "Air", nu, np.array([296.0]), (np.maximum(amagat, 0.0) * 1e-7 / LOSCHMIDT**2)[None, :]
    )  # (GAS-14)
