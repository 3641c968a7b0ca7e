"""The continuum of water vapour, after MT_CKD (Mlawer et al. 2012, doi:10.1098/rsta.2011.0295). Labels (GAS-n) are
those of ``docs/ATBD/gas.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estran.errors import BadParameter
from estran.physics.gas.constants import SECOND_RADIATION

Float = npt.NDArray[np.float64]


@dataclass(frozen=True)
class WaterContinuum:
    """Coefficients of the continuum at its reference.

    Parameters
    ----------
    wavenumber
        Evenly spaced [cm⁻¹], (n,).
    own, foreign
        For collisions of water with water, and with the rest of the air, before the radiation term [cm²/molecule/cm⁻¹],
        (n,).
    exponent
        Of `own` on temperature [1], (n,).
    pressure, temperature
        Of the reference [hPa, K].
    """

    wavenumber: Float
    own: Float
    foreign: Float
    exponent: Float
    pressure: float
    temperature: float

    def __post_init__(self) -> None:
        steps = np.diff(self.wavenumber)
        if self.wavenumber.size < 4 or not np.allclose(steps, steps[0], rtol=1e-6) or steps[0] <= 0.0:
            raise BadParameter(
                "the water continuum is not on an even, rising grid", expected="four wavenumbers or more, evenly spaced"
            )

    def cross_section(self, wavenumber: Float, pressure: float, temperature: float, fraction: float) -> Float:
        """Cross-section a molecule of water [cm²] at a pressure [hPa], temperature [K], and fraction of water in the
        air [1] (GAS-12).

        Wavenumbers outside the table have none.
        """
        relative = pressure / self.pressure * self.temperature / temperature
        radiation = self.wavenumber * np.tanh(0.5 * SECOND_RADIATION * self.wavenumber / temperature)
        own = self.own * (self.temperature / temperature) ** self.exponent * fraction
        return _between(
            self.wavenumber, (own + self.foreign * (1.0 - fraction)) * relative * radiation, wavenumber
        )  # (GAS-12)


def _between(x: Float, y: Float, at: Float) -> Float:
    """Cubic convolution over four samples of an even grid; 0 outside."""
    place = (at - x[0]) / (x[1] - x[0])
    k = np.clip(np.floor(place).astype(np.int64), 1, x.size - 3)
    p = place - k
    before, here, after, beyond = y[k - 1], y[k], y[k + 1], y[k + 2]
    slope, next_slope = 0.5 * (after - before), 0.5 * (beyond - here)
    value = here + p * (
        slope + p * (3.0 * (after - here) - 2.0 * slope - next_slope + p * (2.0 * (here - after) + slope + next_slope))
    )
    return np.asarray(np.where((place >= 0.0) & (place <= x.size - 1), value, 0.0))
