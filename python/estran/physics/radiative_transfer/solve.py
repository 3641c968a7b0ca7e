"""The field of polarised light in a plane-parallel atmosphere over a ground: at its top and at its bottom, for any
geometry.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce

import numpy as np
import numpy.typing as npt

from estran.errors import BadGeometry, BadParameter
from estran.physics.polarisation import in_meridians, travel
from estran.physics.radiative_transfer.directions import Directions
from estran.physics.radiative_transfer.ground import Ground, Lambertian
from estran.physics.radiative_transfer.kernel import Kernel
from estran.physics.radiative_transfer.layer import Layer
from estran.physics.radiative_transfer.slab import Slab, homogeneous, on_ground, once_scattered, stack
from estran.physics.scattering import phase_matrix

Float = npt.NDArray[np.float64]

BATCH = 6
"""Azimuth modes solved at a time."""
LOW = 3
"""Modes below this one make the first two batches; molecules have no others."""
LOWEST_SUN = 1e-3
"""Cosine of zenith below which a plane-parallel atmosphere has no meaning left."""


@dataclass(frozen=True)
class Radiation:
    """Reflectances ``pi L / (mu_s E)`` of I, Q, U, and fluxes over ``mu_s E``."""

    up: Float
    """At the top, rising (3, view, sun, azimuth)."""
    down: Float
    """At the bottom, falling, without the direct beam (3, view, sun, azimuth)."""
    albedo: Float
    """Flux that leaves the top (sun,)."""
    transmittance: Float
    """Flux that falls on the ground, direct and diffuse, bounces included (sun,)."""
    direct: Float
    """The direct part of it (sun,)."""
    spherical_albedo: float
    """Fraction of isotropic light from below that the air alone sends back."""
    modes: int
    """Azimuth modes that were needed."""


def solve(
    layers: Sequence[Layer],
    sun: npt.ArrayLike,
    view: npt.ArrayLike,
    azimuth: npt.ArrayLike,
    ground: Ground | None = None,
    *,
    streams: int = 16,
    tolerance: float = 1e-7,
) -> Radiation:
    """Radiation by adding and doubling in azimuth modes; light scattered once in air, and direct light off the ground,
    in closed form (RT-7 to RT-17).

    Parameters
    ----------
    layers
        From the top down.
    sun, view
        Cosines of the zeniths (s,), (v,): of the Sun, and of the direction of view (up for what rises, as
        observed by a satellite; for what falls, where one looks from the ground).
    azimuth
        Of travel of the observed light less that of sunlight [degrees] (a,); 0 is forward, the side of the glint. See
        :func:`estran.physics.geometry.travel_azimuth`.
    ground
        Black without one.
    streams
        Nodes of the quadrature over a hemisphere. 16 serve air and fine aerosol; 24 to 32 coarse aerosol and rough
        seas.
    tolerance
        Azimuth modes end where one adds less to any reflectance.

    Returns
    -------
    :class:`Radiation`, of the incident light's flux.

    Raises
    ------
    BadGeometry
        A cosine is not in 0.001 to 1.
    BadParameter
        There is no layer, or fewer than 4 streams.
    """
    mu_s, mu_v, phi = (np.atleast_1d(np.asarray(x, float)) for x in (sun, view, azimuth))
    for name, mu in (("Sun", mu_s), ("view", mu_v)):
        if mu.size and not (np.all(mu >= LOWEST_SUN) and np.all(mu <= 1.0)):
            raise BadGeometry(
                f"the cosine of the {name}'s zenith is impossible",
                expected=f"{LOWEST_SUN} to 1",
                found=f"{mu.min():g} to {mu.max():g}",
            )
    if not layers or streams < 4:
        raise BadParameter(
            "the atmosphere cannot be solved",
            expected="at least one layer and 4 streams",
            found=f"{len(layers)} layers, {streams} streams",
        )
    surface: Ground = Lambertian() if ground is None else ground
    problem = _Problem(
        [layer.without_peak(3 * streams // 2 - 1) for layer in layers],
        Directions.of(streams, mu_v, mu_s),
        surface,
        mu_v,
        mu_s,
    )
    turn = np.radians(phi)
    up, down = _closed_form(layers, problem, surface, turn)
    fluxes: tuple[Float, Float, float] | None = None
    count = 0
    for modes in _batches(problem.degree):
        top, bottom, found = problem.modes(modes)
        fluxes = found if fluxes is None else fluxes
        biggest = 0.0
        for m, t, b in zip(modes, top, bottom, strict=True):
            factor = 1.0 if m == 0 else 2.0
            wave = (
                factor * np.stack([np.cos(m * turn), np.cos(m * turn), np.sin(m * turn)])[: t.shape[0], None, None, :]
            )  # (RT-1a)
            up[: t.shape[0]] += t[..., None] * wave
            down[: t.shape[0]] += b[..., None] * wave
            biggest = factor * max(np.abs(t).max(initial=0.0), np.abs(b).max(initial=0.0))
        count = modes[-1] + 1
        if biggest < tolerance:
            break
    if fluxes is None:  # pragma: no cover - mode 0 is always there
        raise BadParameter("the atmosphere has no azimuth modes")
    albedo, diffuse, spherical = fluxes
    direct = np.exp(-sum(layer.depth for layer in problem.layers) / mu_s)
    return Radiation(up, down, albedo, diffuse + direct, direct, spherical, count)


@dataclass(frozen=True)
class Remainder:
    """What is not light scattered once: for tables, which add that in closed form."""

    modes: Float
    """Azimuth modes of I at the top, (modes, view, sun), to be summed with the cosines of their multiples."""
    transmittance: Float
    """Flux that falls on the ground, direct and diffuse (sun,)."""
    spherical_albedo: float


def remainder(
    layers: Sequence[Layer], sun: npt.ArrayLike, view: npt.ArrayLike, modes: int, *, streams: int = 16
) -> Remainder:
    """The first azimuth modes of light above a black ground that was scattered more than once: :func:`solve` less
    (RT-16), cut off.

    Parameters
    ----------
    layers, sun, view, streams
        As for :func:`solve`.
    modes
        How many; molecules need 3, aerosols viewed from overhead 5 to 9.
    """
    mu_s, mu_v = (np.atleast_1d(np.asarray(x, float)) for x in (sun, view))
    problem = _Problem(
        [layer.without_peak(3 * streams // 2 - 1) for layer in layers],
        Directions.of(streams, mu_v, mu_s),
        Lambertian(),
        mu_v,
        mu_s,
    )
    out = np.zeros((modes, mu_v.size, mu_s.size))
    diffuse, spherical = np.zeros(mu_s.size), 0.0
    for batch in _batches(min(problem.degree, modes - 1)):
        top, _, found = problem.modes(batch)
        if batch[0] == 0:
            _, diffuse, spherical = found
        out[batch] = top[:, 0]
    out[1:] *= 2.0
    direct = np.exp(-sum(layer.depth for layer in problem.layers) / mu_s)
    return Remainder(out, diffuse + direct, spherical)


def _batches(degree: int) -> Iterator[list[int]]:
    yield [0]
    first = 1
    while first <= degree:
        last = min(LOW - 1 if first == 1 else first + BATCH - 1, degree)
        yield list(range(first, last + 1))
        first = last + 1


@dataclass(frozen=True)
class _Problem:
    layers: list[Layer]
    directions: Directions
    ground: Ground
    view: Float
    sun: Float

    @property
    def degree(self) -> int:
        return max(int(layer.greek.shape[1]) for layer in self.layers) - 1

    @cached_property
    def _first_grounds(self) -> Float:
        """The ground's modes of the first two batches, which nearly always come together."""
        return self.ground.modes(list(range(min(LOW, self.degree + 1))), self.directions.rows, self.directions.columns)

    def modes(self, numbers: list[int]) -> tuple[Float, Float, tuple[Float, Float, float]]:
        """Light scattered more than once, (modes, stokes, view, sun), at top and bottom; and the fluxes, which mean
        something for mode 0.
        """
        d = self.directions
        kernels = [Kernel(m, self.degree, d.rows, d.columns) for m in numbers]
        n, stokes = d.nodes, kernels[0].stokes
        slabs: list[Slab] = []
        first_up, first_down = np.zeros((2, len(numbers), stokes, self.view.size, self.sun.size))
        above, total = 0.0, sum(layer.depth for layer in self.layers)
        for layer in self.layers:
            pairs = [kernel.reflected_transmitted(layer.greek) for kernel in kernels]
            reflected, transmitted = (np.stack([pair[k] for pair in pairs]) for k in (0, 1))
            slabs.append(homogeneous(layer, reflected, transmitted, d, 4.0 ** ((numbers[0] + BATCH - LOW) // BATCH)))
            back, forth = (
                layer.albedo * f for f in _first_order(self.view[:, None], self.sun[None, :], above, layer.depth, total)
            )
            first_up += back * np.moveaxis(reflected[:, n:, :, n:, 0], 2, 1)
            first_down += forth * np.moveaxis(transmitted[:, n:, :, n:, 0], 2, 1)
            above += layer.depth
        air = reduce(stack, slabs)
        scale = d.row_scale[:, None, None, None] * d.column_scale[:, None]
        grounds = self._first_grounds[numbers] if numbers[-1] < LOW else self.ground.modes(numbers, d.rows, d.columns)
        ground = (grounds[:, :, :stokes, :, :stokes] * scale).reshape(air.reflection.shape)
        down, top, glint = on_ground(air, ground)
        shape = len(numbers), d.rows.size, stokes, d.columns.size, stokes
        weight = d.row_scale[:n]
        full_top, full_down, full_glint = (x.reshape(shape)[..., 0] for x in (top, down, glint))
        # Rows of nodes carry the root of their weight; once more, and the sum is the flux.
        albedo = weight @ (full_top + full_glint)[0, :n, 0, n:]
        diffuse = weight @ full_down[0, :n, 0, n:]
        spherical = weight @ air.reflection_below[0, : n * stokes : stokes, ::stokes] @ weight
        asked_up, asked_down = (np.moveaxis(x[:, n:, :, n:], 2, 1) for x in (full_top, full_down))
        return asked_up - first_up, asked_down - first_down, (albedo, diffuse, float(spherical))


def _first_order(view: Float, sun: Float, above: float, depth: float, total: float) -> tuple[Float, Float]:
    """Light scattered once in a layer, as it leaves top and bottom of the whole (RT-15)."""
    back, forth = once_scattered(view, sun, depth)
    return back * np.exp(-above * (1.0 / view + 1.0 / sun)), forth * np.exp(
        -above / sun - (total - above - depth) / view
    )


def _closed_form(layers: Sequence[Layer], problem: _Problem, ground: Ground, azimuth: Float) -> tuple[Float, Float]:
    """Light scattered once with the whole phase matrix (RT-16), and direct light off the ground (RT-17); each (3, view,
    sun, azimuth).
    """
    view, sun = problem.view[:, None, None], problem.sun[None, :, None]
    arriving = travel(-sun, 0.0)
    up, down = np.zeros((2, 3, problem.view.size, problem.sun.size, azimuth.size))
    total, above = sum(layer.depth for layer in problem.layers), 0.0
    matrices: dict[tuple[int, bool], Float] = {}
    for whole, layer in zip(layers, problem.layers, strict=True):
        if whole.depth > 0.0 and whole.albedo > 0.0:
            back, forth = _first_order(view, sun, above, layer.depth, total)
            strength = whole.albedo * whole.depth / layer.depth
            for out, factor, rises in ((up, back, True), (down, forth, False)):
                key = id(whole.greek), rises
                if key not in matrices:
                    leaving = travel(view if rises else -view, azimuth)
                    cosine = np.clip(np.einsum("...i,...i->...", arriving[0], leaving[0]), -1.0, 1.0)
                    matrices[key] = np.moveaxis(
                        in_meridians(arriving, leaving, phase_matrix(whole.greek, cosine))[..., 0], -1, 0
                    )
                out += strength * factor * matrices[key]
        above += layer.depth
    through = np.exp(-total * (1.0 / view + 1.0 / sun))
    up += through * np.moveaxis(ground.reflectance(view, sun, azimuth)[..., 0], -1, 0)
    return up, down
