"""Molecules and an aerosol together, in the bands of Sentinel-2 and from its views: one table for each model of
aerosol.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numba
import numpy as np
import numpy.typing as npt

from estran.errors import BadGeometry, BadParameter
from estran.jit import parallel_jit
from estran.physics.aerosol import MODELS, optics
from estran.physics.radiative_transfer.fourier import modes_sum, narrowed, place_of_zenith, zeniths
from estran.physics.radiative_transfer.lagrange import even_start, even_weights
from estran.physics.radiative_transfer.profile import Constituent, exponential_layers
from estran.physics.radiative_transfer.rows import row
from estran.physics.radiative_transfer.solve import Remainder, remainder
from estran.physics.rayleigh import anisotropy, depolarisation_factor, optical_depth
from estran.physics.scattering import phase_matrix, rayleigh_greek
from estran.tables.archive import read_archive

Float = npt.NDArray[np.float64]
Array = npt.NDArray[np.generic]

BANDS: Mapping[str, float] = {
    "B1": 442.7,
    "B2": 492.7,
    "B3": 559.9,
    "B4": 664.6,
    "B5": 704.1,
    "B6": 740.5,
    "B7": 782.8,
    "B8": 832.8,
    "B8A": 864.7,
    "B9": 945.1,
    "B10": 1373.5,
    "B11": 1613.7,
    "B12": 2202.4,
}
"""Wavelengths of the bands [nm], centres of Sentinel-2A; Sentinel-2B and -2C are within 17 nm of them in B12 and 4 nm
elsewhere.
"""
SHIPPED_MODELS = ("maritime", "coastal", "continental", "urban", "dust")
"""Models whose tables come with Estran; :func:`estran.physics.radiative_transfer.tables.aerosol_plan` serves the others
too.
"""
THICKEST, THICKNESSES, THICKNESSES_OF_FLUX = 1.0, 8, 15
"""Last optical depth of the aerosol at 550 nm, and nodes, even in its root: of reflectance, and of transmittance and
spherical albedo.
"""
LEAST_AIR, MOST_AIR, AIRS = 0.5, 1.1, 4
"""Optical depth of the molecules over that of 1013.25 hPa in the band: ends and number of nodes."""
WIDEST_SUN, SUNS = math.radians(80.0), 27
WIDEST_VIEW, VIEWS = math.radians(15.0), 5
STRETCH, STRETCH_OF_FLUX = 0.3, 0.85
"""Nodes of zenith are even in the tangent of this times the zenith; transmittances bend most near the horizon."""
MODES = 7
"""Azimuth modes of light scattered more than once; from 15 degrees the others add less than 2e-5."""
STREAMS, SHORT_STREAMS, SHORT = 32, 48, 700.0
"""Directions of the solver, and those for bands below 700 nm, where large particles scatter backwards in narrow rings.
"""
FLUX_STREAMS = 24
MOLECULES_HEIGHT, AEROSOL_HEIGHT = 8.0, 2.0
"""Scale heights [km]."""
ANGLES = np.radians(84.0 + 0.1 * np.arange(961))
"""Scattering angles at which the phase function stands; what these Suns and views can have."""
STEPS = np.array([8e-6, 2e-6, 1e-6, 1e-6, 1e-6, 1e-6, 1e-6])
"""What a unit of the stored integers stands for, in each mode."""


@dataclass(frozen=True, eq=False)
class AerosolTable:
    """Path reflectance, transmittance and spherical albedo of molecules and one aerosol in the bands of Sentinel-2,
    above a black ground.

    Light scattered once is computed for each pixel with the whole phase function (RTT-12); only the rest is in the
    table.
    """

    record: Mapping[str, str]
    bands: tuple[str, ...]
    modes: Float
    """(bands, aerosol, molecules, view, sun, 7): what was scattered more than once."""
    transmittances: Float
    """Logarithm of the total transmittance (bands, aerosol, molecules, sun)."""
    spherical: Float
    """(bands, aerosol, molecules)."""
    phase: Float
    """Phase function of the aerosol at `ANGLES` (bands, angles)."""
    numbers: Float
    """Of each band: optical depth and dipole fraction of the molecules; extinction over that at 550 nm, albedo and
    forward peak of the aerosol (bands, 5).
    """

    @classmethod
    def load(cls, path: Path) -> AerosolTable:
        """Read a table that ``estran tables build aerosol`` made.

        Raises
        ------
        BadProduct
            The file is no such table.
        """
        table = read_archive(path)
        a = table.arrays
        return cls(
            table.record,
            tuple(table.record["bands"].split(", ")),
            a["modes"] * STEPS,
            *(np.asarray(a[name], np.float64) for name in ("transmittances", "spherical", "phase", "numbers")),
        )

    def path_reflectance(
        self,
        band: str,
        thickness: npt.ArrayLike,
        cos_sun: npt.ArrayLike,
        cos_view: npt.ArrayLike,
        azimuth: npt.ArrayLike,
        *,
        depth: npt.ArrayLike | None = None,
    ) -> Float:
        """Reflectance ``pi L / (mu_s E)`` at the top of the atmosphere.

        Parameters
        ----------
        band
            "B1" to "B12", "B8A".
        thickness
            Optical depth of the aerosol at 550 nm, 0 to 1.
        cos_sun, cos_view
            Cosines of zenith: of the Sun 0.174 (80 degrees) to 1, of the view 0.966 (15 degrees) to 1.
        azimuth
            Of travel, light less sunlight [degrees]; 0 is the side of the glint.
        depth
            Rayleigh optical depth in the band: 0.5 to 1.1 times that at 1013.25 hPa, which it is where none is given.

        Returns
        -------
        Of the broadcast shape; NaN where an array's values are outside the table.

        Raises
        ------
        BadParameter
            There is no such band; or a thickness or depth that is a single number is outside the table.
        BadGeometry
            A cosine that is a single number is outside the table.
        """
        k = self._band(band)
        a, t = np.asarray(thickness, float), self._depth(k, depth)
        s, v, phi = np.asarray(cos_sun, float), np.asarray(cos_view, float), np.radians(np.asarray(azimuth, float))
        shape = np.broadcast_shapes(a.shape, t.shape, s.shape, v.shape, phi.shape)
        places = (*self._places(k, a, t, THICKNESSES), _place_of_view(v), _place_of_sun(s))
        for name, value, place in (("view", v, places[2]), ("Sun", s, places[3])):
            _refuse(BadGeometry, f"the cosine of the {name}'s zenith", value, place)
        first, second, third, fourth = (row(place, shape) for place in places)
        a, t, s, v, phi = (row(x, shape) for x in (a, t, s, v, phi))
        rest = modes_sum(
            math.prod(shape), 1, narrowed(self.modes[k], first, second), first, second, third, fourth, phi, MODES
        )[0]
        heights = _heights()
        once = scattered_once(math.prod(shape), self.numbers[k], heights[0], heights[1], self.phase[k], a, t, s, v, phi)
        return np.asarray((rest + once).reshape(shape))

    def transmittance(
        self, band: str, thickness: npt.ArrayLike, cosine: npt.ArrayLike, *, depth: npt.ArrayLike | None = None
    ) -> Float:
        """Fraction of sunlight that falls on a black ground, direct and diffuse; by reciprocity also of an even
        ground's light that rises to a view.

        Parameters
        ----------
        band, thickness, depth
            As in :meth:`path_reflectance`.
        cosine
            Of the zenith of Sun or view, 0.174 to 1.
        """
        k = self._band(band)
        a, t, mu = np.asarray(thickness, float), self._depth(k, depth), np.asarray(cosine, float)
        shape = np.broadcast_shapes(a.shape, t.shape, mu.shape)
        place = place_of_zenith(mu, STRETCH_OF_FLUX, WIDEST_SUN, SUNS)
        _refuse(BadGeometry, "the cosine of a zenith", mu, place)
        # The axis of views has no meaning here: its four nodes are the same.
        table = np.repeat(self.transmittances[k][:, :, None, :, None], 4, axis=2)
        return np.asarray(
            np.exp(self._flux(table, self._places(k, a, t, THICKNESSES_OF_FLUX), np.zeros(()), place, shape))
        )

    def spherical_albedo(self, band: str, thickness: npt.ArrayLike, *, depth: npt.ArrayLike | None = None) -> Float:
        """Fraction of even light from below that the air sends back."""
        k = self._band(band)
        a, t = np.asarray(thickness, float), self._depth(k, depth)
        table = np.tile(self.spherical[k][:, :, None, None, None], (1, 1, 4, 4, 1))
        return self._flux(
            table,
            self._places(k, a, t, THICKNESSES_OF_FLUX),
            np.zeros(()),
            np.zeros(()),
            np.broadcast_shapes(a.shape, t.shape),
        )

    def _flux(self, table: Float, air: tuple[Float, Float], view: Float, sun: Float, shape: tuple[int, ...]) -> Float:
        first, second = (row(place, shape) for place in air)
        table = narrowed(table, first, second)
        return np.asarray(
            modes_sum(math.prod(shape), 1, table, first, second, row(view, shape), row(sun, shape), np.zeros(1), 1)[
                0
            ].reshape(shape)
        )

    def _band(self, band: str) -> int:
        if band not in self.bands:
            raise BadParameter("the aerosol table has no such band", expected=" or ".join(self.bands), found=band)
        return self.bands.index(band)

    def _depth(self, k: int, depth: npt.ArrayLike | None) -> Float:
        return np.asarray(self.numbers[k, 0] if depth is None else depth, float)

    def _places(self, k: int, thickness: Float, depth: Float, nodes: int) -> tuple[Float, Float]:
        """Places on the axes of aerosol, of so many nodes, and of molecules."""
        inside = (thickness >= 0.0) & (thickness <= THICKEST)
        aerosol = np.asarray(np.sqrt(np.where(inside, thickness, np.nan) / THICKEST) * (nodes - 1))
        fraction = (depth / self.numbers[k, 0] - LEAST_AIR) / (MOST_AIR - LEAST_AIR) * (AIRS - 1)
        air = np.asarray(
            np.clip(np.where((fraction > -1e-9) & (fraction < AIRS - 1 + 1e-9), fraction, np.nan), 0.0, AIRS - 1.0)
        )
        _refuse(BadParameter, "the optical depth of the aerosol at 550 nm", thickness, aerosol)
        _refuse(BadParameter, "the Rayleigh optical depth", depth, air)
        return aerosol, air


@parallel_jit
def scattered_once(
    n: int,
    numbers: Float,
    molecules: Float,
    aerosol: Float,
    phase: Float,
    thickness: Float,
    depth: Float,
    sun: Float,
    view: Float,
    azimuth: Float,
) -> npt.NDArray[np.float64]:
    """Reflectance of light scattered once in layers of molecules and aerosol (RTT-12); what is outside the table is NaN
    elsewhere.

    Parameters
    ----------
    n
        Pixels.
    numbers
        Of the band: see :class:`AerosolTable`.
    molecules, aerosol
        Fraction of each column in the layers, top down.
    phase
        Phase function of the aerosol, at 84, 84.1 … 180 degrees.
    thickness, depth, sun, view, azimuth
        Each (n,) or (1,); azimuth in radians.
    """
    out = np.empty(n)
    fraction, ratio, albedo, peak = numbers[1], numbers[2], numbers[3], numbers[4]
    step_a, step_t, step_p = min(thickness.size - 1, 1), min(depth.size - 1, 1), min(azimuth.size - 1, 1)
    step_s, step_v = min(sun.size - 1, 1), min(view.size - 1, 1)
    start, steps = math.radians(84.0), 1800.0 / math.pi
    for i in numba.prange(n):
        a, t, s, v = thickness[i * step_a] * ratio, depth[i * step_t], sun[i * step_s], view[i * step_v]
        cosine = -s * v + math.sqrt(max((1.0 - s * s) * (1.0 - v * v), 0.0)) * math.cos(azimuth[i * step_p])
        place = (math.acos(min(max(cosine, -1.0), 1.0)) - start) * steps
        if not place >= 0.0:
            out[i] = math.nan
            continue
        first = even_start(place, phase.size)
        w0, w1, w2, w3 = even_weights(place - first)
        of_aerosol = w0 * phase[first] + w1 * phase[first + 1] + w2 * phase[first + 2] + w3 * phase[first + 3]
        of_molecules = 1.0 + 0.25 * fraction * (3.0 * cosine * cosine - 1.0)
        slant, above, total = 1.0 / s + 1.0 / v, 1.0, 0.0
        for k in range(molecules.size):
            layer = t * molecules[k] + a * aerosol[k] * (1.0 - albedo * peak)
            if layer > 0.0:
                below = above * math.exp(-layer * slant)
                total += (
                    (t * molecules[k] * of_molecules + a * aerosol[k] * albedo * of_aerosol) / layer * (above - below)
                )
                above = below
        out[i] = 0.25 * total / (s + v)
    return out


def pieces(model: str) -> list[str]:
    """Names of the pieces of a model's table: one a band."""
    return [f"{model} {band}" for band in BANDS]


def make(piece: str) -> dict[str, Array]:
    """The arrays of one piece."""
    name, band = piece.split(" ")
    model, wavelength = MODELS[name], BANDS[band]
    in_band, standard = optics(model, wavelength), optics(model, 550.0)
    ratio, depth, depolarisation = (
        in_band.extinction / standard.extinction,
        float(optical_depth(wavelength)),
        float(depolarisation_factor(wavelength)),
    )
    streams = SHORT_STREAMS if wavelength < SHORT else STREAMS
    degree = 3 * streams // 2 - 1
    peak = (
        max(float(in_band.greek[0, degree + 1]) / (2 * degree + 3), 0.0) if in_band.greek.shape[1] > degree + 1 else 0.0
    )
    sun, view = np.cos(zeniths(STRETCH, WIDEST_SUN, SUNS)), np.cos(zeniths(STRETCH, WIDEST_VIEW, VIEWS))

    def found(thicknesses: int, sun: Float, modes: int, streams: int) -> list[list[Remainder]]:
        return [
            [
                remainder(
                    exponential_layers(
                        [
                            Constituent(depth * air, 1.0, rayleigh_greek(depolarisation), MOLECULES_HEIGHT),
                            Constituent(thickness * ratio, in_band.albedo, in_band.greek, AEROSOL_HEIGHT),
                        ]
                    ),
                    sun,
                    view,
                    modes,
                    streams=streams,
                )
                for air in np.linspace(LEAST_AIR, MOST_AIR, AIRS)
            ]
            for thickness in np.linspace(0.0, 1.0, thicknesses) ** 2 * THICKEST
        ]

    modes = np.moveaxis(np.array([[r.modes for r in line] for line in found(THICKNESSES, sun, MODES, streams)]), 2, -1)
    flux = found(THICKNESSES_OF_FLUX, np.cos(zeniths(STRETCH_OF_FLUX, WIDEST_SUN, SUNS)), 1, FLUX_STREAMS)
    return {
        "modes": np.round(modes / STEPS).astype(np.int16),
        "transmittances": np.log([[r.transmittance for r in line] for line in flux]).astype(np.float32),
        "spherical": np.array([[r.spherical_albedo for r in line] for line in flux], np.float32),
        "phase": phase_matrix(in_band.greek, np.cos(ANGLES))[0].astype(np.float32),
        "numbers": np.array([depth, float(anisotropy(depolarisation)), ratio, in_band.albedo, peak]),
    }


def join(made: Mapping[str, Mapping[str, Array]]) -> dict[str, Array]:
    """The arrays of the table."""
    return {name: np.stack([arrays[name] for arrays in made.values()]) for name in next(iter(made.values()))}


@cache
def _heights() -> Float:
    """Fraction of the columns of molecules and of aerosol in each layer (RT-18), (2, layers)."""
    greek = rayleigh_greek()
    columns = [
        [layer.depth for layer in exponential_layers([Constituent(1.0, 1.0, greek, h)])]
        for h in (MOLECULES_HEIGHT, AEROSOL_HEIGHT)
    ]
    return np.array(columns)


def _place_of_view(cosine: Float) -> Float:
    return place_of_zenith(cosine, STRETCH, WIDEST_VIEW, VIEWS)


def _place_of_sun(cosine: Float) -> Float:
    return place_of_zenith(cosine, STRETCH, WIDEST_SUN, SUNS)


def _refuse(error: type[BadParameter] | type[BadGeometry], what: str, value: Float, place: Float) -> None:
    """A sentence where a single number is outside the table."""
    if value.ndim == 0 and np.isnan(place):
        raise error(
            f"{what} is outside the aerosol table",
            found=float(value),
            todo="see docs/ATBD/rt_tables.md for its ends, or call the solver",
        )
