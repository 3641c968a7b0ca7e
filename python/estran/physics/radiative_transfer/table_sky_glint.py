"""What air and a rough sea do together that neither does alone: skylight reflected by the waves, glint scattered on its
way up.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from estran.errors import BadGeometry, BadParameter
from estran.physics.radiative_transfer.fourier import modes_of, modes_sum, narrowed, place_of_zenith, zeniths
from estran.physics.radiative_transfer.layer import Layer
from estran.physics.radiative_transfer.rows import row
from estran.physics.radiative_transfer.solve import solve
from estran.physics.scattering import rayleigh_greek
from estran.physics.sea_surface.facets import facet_reflectance
from estran.physics.sea_surface.rough_sea import RoughSea
from estran.physics.sea_surface.slopes import SlopeModel, slopes
from estran.tables.archive import read_archive

Float = npt.NDArray[np.float64]
Array = npt.NDArray[np.generic]

NAME = "sky_glint.npz"
DEEPEST, DEPTHS = 0.5, 20
"""Last optical depth, and nodes, even in its fourth root: molecules down to 370 nm."""
WINDS = (0.5, 16.0)
"""Ends of the axis of slopes, as winds of the isotropic model of Cox and Munk [m/s]."""
SLOPES = 8
"""Nodes, even in the logarithm of the variance of slopes."""
INDICES = (1.325, 1.35)
"""Nodes of the refractive index; the light is all but linear in it."""
LEAST_INDEX, GREATEST_INDEX = 1.30, 1.36
WIDEST, STRETCH, ZENITHS = math.radians(80.0), 0.85, 17
"""Last zenith, and nodes, even in the tangent of 0.85 times the zenith."""
DEPOLARISATION = 0.028
"""Of the molecules. 0.0315 instead (350 nm) changes I by less than 4e-5, Q and U by less than 5e-4."""
STREAMS, POINTS = 24, 160
MODES = 3
"""Azimuth modes: molecules have no more (RTT-2), and each part of this light was scattered by them."""


@dataclass(frozen=True, eq=False)
class SkyGlintTable:
    """The reflectance (RTT-10) that the sea adds to that of the air, without the direct glint, from a table.

    No foam and no light from the water: these are spread evenly and reach the top through
    :meth:`RayleighTable.transmittance`.
    """

    record: Mapping[str, str]
    modes: Float
    """(indices, depths, slopes, view, sun, 8): I0 I1 I2 Q0 Q1 Q2 U1 U2, over half of the direct transmission's exponent
    (RTT-11).
    """

    @classmethod
    def load(cls, path: Path) -> SkyGlintTable:
        """Read a table that ``estran tables build sky_glint`` made.

        Raises
        ------
        BadProduct
            The file is no such table.
        """
        table = read_archive(path)
        return cls(table.record, np.asarray(table.arrays["modes"], np.float64))

    def reflectance(
        self,
        depth: npt.ArrayLike,
        cos_sun: npt.ArrayLike,
        cos_view: npt.ArrayLike,
        azimuth: npt.ArrayLike,
        wind: npt.ArrayLike,
        *,
        index: float = 1.34,
        model: SlopeModel = "cox_munk_isotropic",
    ) -> Float:
        """Reflectance at the top of the atmosphere of skylight that the waves reflect, and of glint that the air
        scattered.

        All of the light over a black sea is :meth:`RayleighTable.path_reflectance`, and this, and the direct glint
        times both direct transmittances.

        Parameters
        ----------
        depth
            Rayleigh optical depth, 0 to 0.5.
        cos_sun, cos_view
            Cosines of zenith, 0.174 (80 degrees) to 1.
        azimuth
            Of travel, light less sunlight [degrees]; 0 is the side of the glint.
        wind
            m/s; of the isotropic model 0.5 to 16, of the others what has the same variances.
        index
            Real part of the water's refractive index, 1.30 to 1.36.
        model
            Of slopes. Only their total variance counts here: skylight comes from everywhere.

        Returns
        -------
        Of the broadcast shape; NaN where an array's depth, wind or direction is outside the table.

        Raises
        ------
        BadParameter
            The index, or a depth or wind that is a single number, is outside the table; or the model is unknown.
        BadGeometry
            A cosine that is a single number is outside the table.
        """
        return np.asarray(self._sum(depth, cos_sun, cos_view, azimuth, wind, index, model, 1)[0])

    def stokes(
        self,
        depth: npt.ArrayLike,
        cos_sun: npt.ArrayLike,
        cos_view: npt.ArrayLike,
        azimuth: npt.ArrayLike,
        wind: npt.ArrayLike,
        *,
        index: float = 1.34,
        model: SlopeModel = "cox_munk_isotropic",
    ) -> Float:
        """I, Q and U of the same light, (3, \\*shape)."""
        return self._sum(depth, cos_sun, cos_view, azimuth, wind, index, model, 3)

    def _sum(
        self,
        depth: npt.ArrayLike,
        cos_sun: npt.ArrayLike,
        cos_view: npt.ArrayLike,
        azimuth: npt.ArrayLike,
        wind: npt.ArrayLike,
        index: float,
        model: SlopeModel,
        stokes: int,
    ) -> Float:
        t, s, v, w = (np.asarray(x, float) for x in (depth, cos_sun, cos_view, wind))
        phi = np.radians(np.asarray(azimuth, float))
        shape = np.broadcast_shapes(t.shape, s.shape, v.shape, phi.shape, w.shape)
        places = _place_of_depth(t), _place_of_slopes(w, model), _place(v), _place(s)
        kinds = (
            ("optical depth", t),
            ("wind", w),
            ("cosine of the view's zenith", v),
            ("cosine of the Sun's zenith", s),
        )
        for place, (name, value) in zip(places, kinds, strict=True):
            if value.ndim == 0 and np.isnan(place):
                error = BadGeometry if name.startswith("cosine") else BadParameter
                raise error(
                    f"the {name} is outside the sky glint table",
                    expected=self.record.get("grid", ""),
                    found=float(value),
                )
        if not LEAST_INDEX <= index <= GREATEST_INDEX:
            raise BadParameter(
                "the refractive index is outside the sky glint table",
                expected=f"{LEAST_INDEX:g} to {GREATEST_INDEX:g}",
                found=index,
            )
        fraction = (index - INDICES[0]) / (INDICES[1] - INDICES[0])
        table = (1.0 - fraction) * self.modes[0] + fraction * self.modes[1]
        first, second, third, fourth = (row(place, shape) for place in places)
        table = narrowed(table, first, second)
        out = modes_sum(math.prod(shape), stokes, table, first, second, third, fourth, row(phi, shape), MODES).reshape(
            (stokes, *shape)
        )
        return np.asarray(out * np.exp(-0.5 * t * (1.0 / v + 1.0 / s)))  # (RTT-11)


def coupling(depth: float, wind: float, index: float, cosine: Float, azimuth: Float) -> Float:
    """The light (RTT-10) by the solver: a sea below molecules, less the same air over black, less the direct glint; (3,
    view, sun, azimuth).

    Parameters
    ----------
    depth, wind, index
        Of the molecules, over an isotropic sea [m/s], of the water.
    cosine
        Of view and Sun.
    azimuth
        Degrees.
    """
    air = [Layer(depth, 1.0, rayleigh_greek(DEPOLARISATION))]
    over_sea, over_black = (
        solve(air, cosine, cosine, azimuth, ground, streams=STREAMS).up
        for ground in (RoughSea(wind, index, points=POINTS), None)
    )
    view, sun, turn = cosine[:, None, None], cosine[None, :, None], np.radians(azimuth)
    direct = (
        np.exp(-depth * (1.0 / view + 1.0 / sun))[..., None]
        * facet_reflectance(view, sun, turn, slopes(wind), 0.0, complex(index))[..., 0]
    )
    return np.asarray(over_sea - over_black - np.moveaxis(direct, -1, 0))


def pieces() -> list[str]:
    """Names of the pieces of the table."""
    return [f"wind {wind:.3f}, index {index:g}" for index in INDICES for wind in winds()]


def winds() -> Float:
    """Nodes of the axis of slopes, as winds [m/s]."""
    nodes = np.geomspace(_variance(WINDS[0]), _variance(WINDS[1]), SLOPES)
    return np.asarray((nodes - _variance(0.0)) / (_variance(1.0) - _variance(0.0)))


def make(piece: str) -> dict[str, Array]:
    """The arrays of one piece."""
    number = pieces().index(piece)
    index, wind = INDICES[number // SLOPES], float(winds()[number % SLOPES])
    cosine = np.cos(zeniths(STRETCH, WIDEST, ZENITHS))
    azimuth = np.arange(0.0, 360.0, 180.0 / MODES)
    damped = 1.0 / cosine[:, None] + 1.0 / cosine[None, :]
    out = np.zeros((DEPTHS, ZENITHS, ZENITHS, 3 * MODES - 1))
    for k, depth in enumerate(np.linspace(0.0, 1.0, DEPTHS)[1:] ** 4 * DEEPEST, 1):
        out[k] = (
            modes_of(coupling(float(depth), wind, index, cosine, azimuth), MODES)
            * np.exp(0.5 * depth * damped)[..., None]
        )
    return {"modes": _rounded(out)}


def join(made: Mapping[str, Mapping[str, Array]]) -> dict[str, Array]:
    """The arrays of the table."""
    whole = np.stack([made[piece]["modes"] for piece in pieces()])
    return {"modes": np.ascontiguousarray(np.moveaxis(whole.reshape(len(INDICES), SLOPES, *whole.shape[1:]), 1, 2))}


def _rounded(values: Float) -> npt.NDArray[np.float32]:
    """To 14 binary digits, 3e-5 of each value: archives compress the zeros that follow."""
    mantissa, exponent = np.frexp(values)
    return np.ldexp(np.round(mantissa * 2.0**14) * 2.0**-14, exponent).astype(np.float32)


def _variance(wind: float, model: SlopeModel = "cox_munk_isotropic") -> float:
    of = slopes(wind, model)
    return of.across + of.along


def _place_of_depth(depth: Float) -> Float:
    return np.asarray((np.where((depth >= 0.0) & (depth <= DEEPEST), depth, np.nan) / DEEPEST) ** 0.25 * (DEPTHS - 1))


def _place_of_slopes(wind: Float, model: SlopeModel) -> Float:
    # Every model's variance is linear in the wind (SEA-6, SEA-7).
    start = _variance(0.0, model)
    variance = start + (_variance(10.0, model) - start) / 10.0 * np.where(wind >= 0.0, wind, np.nan)
    low, high = (_variance(w) for w in WINDS)
    place = np.log(variance / low) / math.log(high / low) * (SLOPES - 1)
    return np.asarray(
        np.clip(np.where((place > -1e-9) & (place < SLOPES - 1 + 1e-9), place, np.nan), 0.0, SLOPES - 1.0)
    )


def _place(cosine: Float) -> Float:
    return place_of_zenith(cosine, STRETCH, WIDEST, ZENITHS)
