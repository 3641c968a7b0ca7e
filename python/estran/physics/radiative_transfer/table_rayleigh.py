"""Molecules alone, for every band and pressure: one table over optical depth, from which reflectances come in closed
form.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from estran.errors import BadGeometry, BadParameter
from estran.physics.radiative_transfer.lagrange import blend
from estran.physics.radiative_transfer.molecules import FUNCTIONS, between_nodes, layer_functions, path_stokes
from estran.physics.radiative_transfer.rows import row
from estran.physics.rayleigh import anisotropy
from estran.tables.archive import read_archive

Float = npt.NDArray[np.float64]
Array = npt.NDArray[np.generic]

NAME = "rayleigh.npz"
DEEPEST = 1.3
"""Optical depth that the table ends at: molecules at 295 nm and sea level."""
LOWEST = 0.02
"""Cosine of zenith that the table ends at."""
DEPTHS, COSINES = 40, 44
"""Nodes, even in the roots of depth and cosine."""
DEPOLARISATIONS = (0.0, 0.03, 0.06)
"""Nodes; air has 0.027 to 0.032 from 2200 to 350 nm."""
AIR = 0.028
"""Depolarisation factor of air in the visible, where none is given."""
ROWS = 8
"""Depths that one piece of the table has."""


@dataclass(frozen=True, eq=False)
class RayleighTable:
    """Reflectance, transmittance and spherical albedo of air molecules that do not absorb, above a black ground, from a
    table.

    Error against the solver: see ``docs/ATBD/rt_tables.md``. Pixels whose angles or depth are outside the table are NaN
    where arrays are given; a single number outside is an error.
    """

    record: Mapping[str, str]
    scattered: Float
    """(depolarisations, depths, cosines, 12), in the terms of :mod:`estran.physics.radiative_transfer.molecules`."""
    diffuse: Float
    """Diffuse transmittance (depolarisations, depths, cosines)."""
    spherical: Float
    """Spherical albedo (depolarisations, depths)."""

    @classmethod
    def load(cls, path: Path) -> RayleighTable:
        """Read a table that ``estran tables build rayleigh`` made.

        Raises
        ------
        BadProduct
            The file is no such table.
        """
        table = read_archive(path)
        return cls(
            table.record,
            *(np.asarray(table.arrays[name], np.float64) for name in ("scattered", "diffuse", "spherical")),
        )

    def path_reflectance(
        self,
        depth: npt.ArrayLike,
        cos_sun: npt.ArrayLike,
        cos_view: npt.ArrayLike,
        azimuth: npt.ArrayLike,
        *,
        depolarisation: float = AIR,
    ) -> Float:
        """Reflectance ``pi L / (mu_s E)`` at the top of the atmosphere.

        Parameters
        ----------
        depth
            Rayleigh optical depth, 0 to 1.3 (:func:`estran.physics.rayleigh.optical_depth`, which knows wavelength and
            pressure).
        cos_sun, cos_view
            Cosines of zenith, 0.02 to 1.
        azimuth
            Of travel, light less sunlight [degrees]; 0 is the side of the glint. See
            :func:`estran.physics.geometry.travel_azimuth`.
        depolarisation
            Factor of natural light, 0 to 0.06 (:func:`estran.physics.rayleigh.depolarisation_factor`).

        Returns
        -------
        Of the broadcast shape.

        Raises
        ------
        BadParameter
            The depolarisation, or a depth that is a single number, is outside the table.
        BadGeometry
            A cosine that is a single number is outside the table.
        """
        return np.asarray(self._path(depth, cos_sun, cos_view, azimuth, depolarisation, 1)[0])

    def path_stokes(
        self,
        depth: npt.ArrayLike,
        cos_sun: npt.ArrayLike,
        cos_view: npt.ArrayLike,
        azimuth: npt.ArrayLike,
        *,
        depolarisation: float = AIR,
    ) -> Float:
        """I, Q and U of the same light, (3, \\*shape); axes as in ``docs/ATBD/radiative_transfer.md``."""
        return self._path(depth, cos_sun, cos_view, azimuth, depolarisation, 3)

    def transmittance(self, depth: npt.ArrayLike, cosine: npt.ArrayLike, *, depolarisation: float = AIR) -> Float:
        """Fraction of sunlight that falls on a black ground, direct and diffuse; by reciprocity also the fraction of an
        even ground's light that rises to a view.

        Parameters
        ----------
        depth, depolarisation
            As in :meth:`path_reflectance`.
        cosine
            Of the zenith of Sun or view.
        """
        return np.asarray(
            self.direct_transmittance(depth, cosine)
            + self.diffuse_transmittance(depth, cosine, depolarisation=depolarisation)
        )

    def direct_transmittance(self, depth: npt.ArrayLike, cosine: npt.ArrayLike) -> Float:
        """The part of :meth:`transmittance` that was not scattered, ``exp(-depth / cosine)``; NaN below the horizon."""
        t, mu = np.asarray(depth, float), np.asarray(cosine, float)
        return np.asarray(np.exp(-t / np.where(mu > 0.0, mu, np.nan)))

    def diffuse_transmittance(
        self, depth: npt.ArrayLike, cosine: npt.ArrayLike, *, depolarisation: float = AIR
    ) -> Float:
        """The part of :meth:`transmittance` that was scattered."""
        t, mu = _depth(depth), _cosine("direction", cosine)
        shape = np.broadcast_shapes(t.shape, mu.shape)
        table = self._at(self.diffuse, depolarisation)
        return between_nodes(math.prod(shape), table, DEEPEST, LOWEST, row(t, shape), row(mu, shape)).reshape(shape)

    def spherical_albedo(self, depth: npt.ArrayLike, *, depolarisation: float = AIR) -> Float:
        """Fraction of even light from below that the air sends back."""
        t = _depth(depth)
        table = np.repeat(self._at(self.spherical, depolarisation)[:, None], 4, axis=1)
        return between_nodes(t.size, table, DEEPEST, LOWEST, row(t, t.shape), np.ones(1)).reshape(t.shape)

    def _path(
        self,
        depth: npt.ArrayLike,
        cos_sun: npt.ArrayLike,
        cos_view: npt.ArrayLike,
        azimuth: npt.ArrayLike,
        depolarisation: float,
        stokes: int,
    ) -> Float:
        t, s, v, a = (
            _depth(depth),
            _cosine("Sun", cos_sun),
            _cosine("view", cos_view),
            np.radians(np.asarray(azimuth, float)),
        )
        shape = np.broadcast_shapes(t.shape, s.shape, v.shape, a.shape)
        t, s, v, a = (row(x, shape) for x in (t, s, v, a))
        fraction = float(anisotropy(depolarisation))
        return path_stokes(
            math.prod(shape), stokes, self._at(self.scattered, depolarisation), DEEPEST, LOWEST, fraction, t, s, v, a
        ).reshape((stokes, *shape))

    def _at(self, table: Float, depolarisation: float) -> Float:
        """The table for one depolarisation."""
        if not DEPOLARISATIONS[0] <= depolarisation <= DEPOLARISATIONS[-1]:
            expected = f"{DEPOLARISATIONS[0]:g} to {DEPOLARISATIONS[-1]:g}"
            raise BadParameter(
                "the depolarisation is outside the Rayleigh table", expected=expected, found=depolarisation
            )
        # What light scattered n times brings is a polynomial of degree n in the fraction of the dipole pattern, falling
        # first.
        return np.tensordot(blend(-anisotropy(DEPOLARISATIONS), -float(anisotropy(depolarisation))), table, 1)


def pieces() -> list[str]:
    """Names of the pieces of the table."""
    return [
        f"depolarisation {d:g}, depths {start} to {start + ROWS - 1}"
        for d in DEPOLARISATIONS
        for start in range(0, DEPTHS, ROWS)
    ]


def make(piece: str) -> dict[str, Array]:
    """The arrays of one piece."""
    index = pieces().index(piece)
    depolarisation, start = DEPOLARISATIONS[index // (DEPTHS // ROWS)], index % (DEPTHS // ROWS) * ROWS
    cosine = np.linspace(np.sqrt(LOWEST), 1.0, COSINES) ** 2
    depth = (np.linspace(0.0, np.sqrt(DEEPEST), DEPTHS) ** 2)[start : start + ROWS]
    found = [layer_functions(float(t), depolarisation, cosine) for t in depth]
    return {
        "scattered": np.array([f.scattered for f in found], np.float32),
        "diffuse": np.array([f.diffuse for f in found], np.float32),
        "spherical": np.array([f.spherical_albedo for f in found], np.float32),
    }


def join(made: Mapping[str, Mapping[str, Array]]) -> dict[str, Array]:
    """The arrays of the table."""
    n = len(DEPOLARISATIONS)
    shapes = {"scattered": (n, DEPTHS, COSINES, FUNCTIONS), "diffuse": (n, DEPTHS, COSINES), "spherical": (n, DEPTHS)}
    return {
        name: np.concatenate([made[piece][name] for piece in pieces()]).reshape(shape) for name, shape in shapes.items()
    }


def _depth(depth: npt.ArrayLike) -> Float:
    t = np.asarray(depth, float)
    if t.ndim == 0 and not 0.0 <= t <= DEEPEST:
        raise BadParameter(
            "the optical depth is outside the Rayleigh table", expected=f"0 to {DEEPEST:g}", found=float(t)
        )
    return t


def _cosine(name: str, cosine: npt.ArrayLike) -> Float:
    mu = np.asarray(cosine, float)
    if mu.ndim == 0 and not LOWEST <= mu <= 1.0:
        raise BadGeometry(
            f"the cosine of the {name}'s zenith is outside the Rayleigh table",
            expected=f"{LOWEST:g} to 1",
            found=float(mu),
        )
    return mu
