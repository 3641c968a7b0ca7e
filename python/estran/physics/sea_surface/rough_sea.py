"""The sea as a ground of the radiative transfer: facets, foam, and light from the water."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estran.errors import BadParameter
from estran.physics.sea_surface.facets import facet_reflectance, isotropic_modes
from estran.physics.sea_surface.foam import coverage
from estran.physics.sea_surface.slopes import SlopeModel, slopes

Float = npt.NDArray[np.float64]


@dataclass(frozen=True)
class RoughSea:
    """Facets under foam and over water that scatters (SEA-13).

    Direct light is reflected with the model's own distribution of slopes, crosswind and upwind apart. Skylight, which
    comes from everywhere, is reflected by the isotropic sea of the same total variance: the modes of an atmosphere have
    no place for the wind's direction, and what that leaves out is below 1e-4 in reflectance.

    Parameters
    ----------
    wind
        m/s.
    index
        Refractive index of sea water, complex.
    model
        Of the slopes.
    upwind
        Azimuth that the wind comes from less that of sunlight's travel, counter-clockwise [degrees].
    foam
        Reflectance of foam; 0 leaves foam out altogether, its cover too.
    water
        Reflectance of the water body just below foam and facets, even in all directions.
    points
        Nodes of azimuth over half a turn; 90 are enough for the modes of molecules, more than twice the highest mode
        for aerosol.
    """

    wind: float
    index: complex = 1.34 + 0j
    model: SlopeModel = "cox_munk_isotropic"
    upwind: float = 0.0
    foam: float = 0.0
    water: float = 0.0
    points: int = 120

    def __post_init__(self) -> None:
        slopes(self.wind, self.model)
        if not self.index.real > 1.0 or not 0.0 <= self.foam <= 1.0 or not 0.0 <= self.water <= 1.0:
            raise BadParameter(
                "the sea is impossible",
                expected="an index above 1, reflectances 0 to 1",
                found=f"{self.index}, {self.foam:g}, {self.water:g}",
            )

    def reflectance(self, view: Float, sun: Float, azimuth: Float) -> Float:
        """Matrix of bidirectional reflectance factors; azimuth of travel [radians]."""
        covered, even = self._fractions()
        out = (1.0 - covered) * facet_reflectance(
            view, sun, azimuth, slopes(self.wind, self.model), np.radians(self.upwind), self.index
        )
        out[..., 0, 0] += even
        return np.asarray(out)

    def modes(self, numbers: list[int], rows: Float, columns: Float) -> Float:
        """Azimuth modes (modes, rows, 3, columns, 3)."""
        covered, even = self._fractions()
        of = slopes(self.wind, self.model)
        out = isotropic_modes(
            np.array(numbers), rows, columns, of.across + of.along, self.index.real, abs(self.index.imag), self.points
        )
        out *= 1.0 - covered
        if numbers[0] == 0:
            out[0, :, 0, :, 0] += even
        return np.asarray(out)

    def _fractions(self) -> tuple[float, float]:
        """What foam hides of the facets, and what foam and water send back evenly."""
        covered = float(coverage(self.wind)) if self.foam > 0.0 else 0.0
        return covered, covered * self.foam + (1.0 - covered * self.foam) * self.water
