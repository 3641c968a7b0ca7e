"""All that a gas absorbs: its lines, with mixing, and its continua. Labels (GAS-n) are those of
``docs/ATBD/gas.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estran.errors import BadParameter
from estran.physics.gas.collision_induced import CollisionInduced, refuse_double_counting
from estran.physics.gas.constants import density
from estran.physics.gas.continuum import WaterContinuum
from estran.physics.gas.line_by_line import CUT, checked_grid, cross_section
from estran.physics.gas.line_mixing import MixedBand, mixing_coefficients, with_band
from estran.physics.gas.lines import Lines

Float = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Absorber:
    """A gas, by what is known of its absorption.

    Parameters
    ----------
    lines
        Of one gas.
    band
        A band with line mixing; its lines take the place of theirs in `lines`.
    collisions
        Collision-induced bands.
    water
        The continuum of water vapour; lines are then cut without their pedestal (GAS-8).
    cut
        How far a line reaches [cm⁻¹].
    """

    lines: Lines
    band: MixedBand | None = None
    collisions: tuple[CollisionInduced, ...] = ()
    water: WaterContinuum | None = None
    cut: float = CUT

    def __post_init__(self) -> None:
        for part in (*self.collisions, *((self.band,) if self.band else ())):
            if part.gas != self.gas:
                raise BadParameter("a band belongs to another gas", expected=self.gas, found=part.gas)
        if self.water is not None and self.gas != "H2O":
            raise BadParameter("the water continuum belongs to H2O", found=self.gas)
        if self.water is not None and self.cut != CUT:
            raise BadParameter("the water continuum goes with lines cut at 25 cm⁻¹", found=f"{self.cut:g}")
        refuse_double_counting(self.collisions)

    @property
    def gas(self) -> str:
        """Its formula."""
        return self.lines.gas

    def cross_section(
        self, wavenumber: npt.ArrayLike, pressure: float, temperature: float, fraction: float = 0.0
    ) -> Float:
        """Cross-section a molecule [cm²], of lines and continua together, (m,); parameters as of
        :func:`~estran.physics.gas.line_by_line.cross_section`.
        """
        grid = checked_grid(wavenumber)
        lines, mixing = self.lines, None
        if self.band is not None:
            lines, place = with_band(lines, self.band)
            mixing = np.zeros(len(lines))
            mixing[place] = mixing_coefficients(self.band, temperature, pressure)
        total = cross_section(
            lines, grid, pressure, temperature, fraction, cut=self.cut, pedestal=self.water is None, mixing=mixing
        )
        for band in self.collisions:
            total += band.cross_section(grid, pressure, temperature)
        if self.water is not None:
            total += self.water.cross_section(grid, pressure, temperature, fraction)
        return total


def absorption_coefficient(section: Float, pressure: float, temperature: float, fraction: float) -> Float:
    """Absorption a cm of path [cm⁻¹] of a gas with a cross-section [cm²] and a fraction in the air [mol/mol]."""
    return section * density(pressure, temperature) * fraction
