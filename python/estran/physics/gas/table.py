"""Cross-sections of a gas in a table over pressure, temperature and fraction, and optical depth from it. Labels (GAS-n)
are those of ``docs/ATBD/gas.md``.

Interpolation is linear in the table's values, whatever its order in pressure and temperature: so all layers of a
profile melt into one weight per node, and the optical depth of a profile is one product of a vector with the table. Its
derivatives are three more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from estran.errors import BadParameter
from estran.jit import jit
from estran.physics.gas.absorber import Absorber
from estran.physics.gas.line_by_line import checked_grid
from estran.physics.gas.profile import Layers

Float = npt.NDArray[np.float64]
Single = npt.NDArray[np.float32]
Progress = Callable[[float, str], None]
"""Called with the fraction done, 0 to 1, and what is being done."""


@dataclass(frozen=True)
class Nodes:
    """Where a table has values.

    Parameters
    ----------
    pressure
        Rising [hPa], four or more.
    temperature
        Rising [K], two or more.
    fraction
        Of the gas in the air, rising [mol/mol]; one where self-broadening does not change, more for water vapour.
    """

    pressure: Float
    temperature: Float
    fraction: Float = field(default_factory=lambda: np.zeros(1))

    def __post_init__(self) -> None:
        for name, least in (("pressure", 4), ("temperature", 2), ("fraction", 1)):
            values = getattr(self, name)
            if values.ndim != 1 or values.size < least or np.any(np.diff(values) <= 0.0):
                raise BadParameter(
                    "the nodes of a table do not rise, or are too few",
                    where=name,
                    expected=f"{least} or more, rising",
                    found=f"{values.size}",
                )

    @property
    def shape(self) -> tuple[int, int, int]:
        """Fractions, pressures, temperatures."""
        return self.fraction.size, self.pressure.size, self.temperature.size


STRETCH, STRETCHED_AT = 4.0, 250.0
"""Nodes of pressure are even in ln p plus this factor times the root of p over this pressure [hPa] (GAS-19)."""


def pressure_nodes(number: int = 24, lowest: float = 0.1, highest: float = 1100.0) -> Float:
    """Nodes evenly spaced in ln p + 4 √(p / 250 hPa), so denser where most of the air is [hPa] (GAS-19)."""
    ends = _stretch(np.array([lowest, highest]))
    fine = np.geomspace(lowest, highest, 4000)
    return np.asarray(np.interp(np.linspace(ends[0], ends[1], number), _stretch(fine), fine).clip(lowest, highest))


def _stretch(pressure: Float) -> Float:
    return np.asarray(np.log(pressure) + STRETCH * np.sqrt(pressure / STRETCHED_AT))


def temperature_nodes(number: int = 8, coldest: float = 170.0, warmest: float = 325.0) -> Float:
    """Chebyshev nodes of the second kind in 1/T: a polynomial through all of them is near the best of its degree [K]
    (GAS-19).

    Eight do for O2 and CO2 (1e-5 in transmission); the hot lines of water ask for ten.
    """
    x = -np.cos(np.pi * np.arange(number) / (number - 1))
    inverse = 0.5 * (1.0 / warmest + 1.0 / coldest) - 0.5 * (1.0 / coldest - 1.0 / warmest) * x
    return np.asarray(1.0 / inverse)


@dataclass(frozen=True)
class CrossSections:
    """A table of cross-sections.

    Parameters
    ----------
    gas
        Formula.
    wavenumber
        Rising [cm⁻¹], (m,).
    nodes
        Of fraction, pressure, temperature.
    section
        [cm²/molecule], single precision, (fractions x pressures x temperatures, m).
    """

    gas: str
    wavenumber: Float
    nodes: Nodes
    section: Single

    def __post_init__(self) -> None:
        expected = (int(np.prod(self.nodes.shape)), self.wavenumber.size)
        if self.section.shape != expected:
            raise BadParameter(
                "a table of cross-sections has the wrong shape",
                where=self.gas,
                expected=str(expected),
                found=str(self.section.shape),
            )

    def take(self, which: npt.NDArray[np.int64]) -> CrossSections:
        """The table at some of its wavenumbers."""
        return CrossSections(self.gas, self.wavenumber[which], self.nodes, np.ascontiguousarray(self.section[:, which]))


def build_table(
    absorber: Absorber, wavenumber: npt.ArrayLike, nodes: Nodes, progress: Progress | None = None
) -> CrossSections:
    """Fill a table from the lines and continua of a gas.

    Raises
    ------
    BadParameter
        No line reaches the grid, or a node is outside the partition sums.
    """
    grid = checked_grid(wavenumber)
    section = np.empty((int(np.prod(nodes.shape)), grid.size), np.float32)
    row = 0
    for fraction in nodes.fraction:
        for pressure in nodes.pressure:
            for temperature in nodes.temperature:
                section[row] = absorber.cross_section(grid, float(pressure), float(temperature), float(fraction))
                row += 1
                if progress:
                    progress(row / section.shape[0], f"cross-sections of {absorber.gas}")
    return CrossSections(absorber.gas, grid, nodes, section)


@dataclass(frozen=True)
class Weights:
    """What a profile asks of a table: molecules a cm² at each node, (fractions x pressures x temperatures,), and their
    derivatives.

    Parameters
    ----------
    value
        Of the profile.
    surface_pressure
        By pressure at the ground [1/hPa].
    temperature
        By a shift of all temperatures [1/K].
    scale
        By a factor on the gas [1].
    """

    value: Float
    surface_pressure: Float
    temperature: Float
    scale: Float

    def stacked(self) -> Float:
        """The four as rows, (4, nodes)."""
        return np.stack([self.value, self.surface_pressure, self.temperature, self.scale])


def profile_weights(gas: str, nodes: Nodes, layers: Layers, airmass: npt.ArrayLike = 1.0) -> Weights:
    """Weights of a profile in a table (GAS-18), with analytic derivatives (GAS-20).

    Parameters
    ----------
    gas
        Formula.
    nodes
        Of the table. Pressures below the lowest node take that node's.
    layers
        The profile.
    airmass
        Path over thickness, one for all layers or (n,); both ways of the light together.

    Raises
    ------
    BadParameter
        A temperature, pressure or fraction is outside the table; the profile lacks the gas.
    """
    fraction = layers.fraction(gas)
    pressure = layers.pressure
    _inside(layers.temperature, nodes.temperature, "temperature", "K")
    _inside(np.array([pressure.max()]), np.array([0.0, nodes.pressure[-1]]), "pressure", "hPa")
    if nodes.fraction.size > 1:
        _inside(fraction, nodes.fraction, f"fraction of {gas}", "mol/mol")
    path = np.broadcast_to(np.asarray(airmass, float), fraction.shape)
    out = np.zeros((4, *nodes.shape))
    _gather(
        np.log(nodes.pressure),
        1.0 / nodes.temperature,
        nodes.fraction,
        pressure,
        layers.temperature,
        fraction,
        layers.air * path,
        layers.edges[0] - layers.edges[1],
        out,
    )
    flat = out.reshape(4, -1)
    return Weights(flat[0], flat[1], flat[2], flat[3])


def _inside(values: Float, nodes: Float, what: str, unit: str) -> None:
    bad = ~((values >= nodes[0]) & (values <= nodes[-1]))
    if bad.any():
        raise BadParameter(
            f"a {what} of the profile is outside the table",
            expected=f"{nodes[0]:g} to {nodes[-1]:g} {unit}",
            found=f"{float(values[bad].flat[0]):g}",
            todo="make the table with wider nodes",
        )


@jit
def _lagrange(x: Float, at: float, first: int, count: int, weight: Float, slope: Float) -> None:
    """Weights and slopes of the polynomial through `count` nodes from `first` on."""
    for i in range(count):
        xi = x[first + i]
        product = 1.0
        total = 0.0
        for j in range(count):
            if j != i:
                # d/dx of a product, term by term, without dividing by what may be 0.
                step = 1.0 / (xi - x[first + j])
                total = total * (at - x[first + j]) * step + product * step
                product *= (at - x[first + j]) * step
        weight[i] = product
        slope[i] = total


@jit
def _gather(
    log_p: Float,
    inverse_t: Float,
    x: Float,
    pressure: Float,
    temperature: Float,
    fraction: Float,
    air: Float,
    lowest: float,
    out: npt.NDArray[np.float64],
) -> None:
    """Sum the weights of all layers (GAS-18) and their derivatives (GAS-20)."""
    nt, nx = inverse_t.size, x.size
    wp, sp = np.empty(4), np.empty(4)
    wt, st = np.empty(nt), np.empty(nt)
    wx, sx = np.empty(nx), np.empty(nx)
    for k in range(pressure.size):
        at = np.log(pressure[k])
        held = at < log_p[0]
        at = max(at, log_p[0])
        first = min(max(np.searchsorted(log_p, at) - 2, 0), log_p.size - 4)
        _lagrange(log_p, at, first, 4, wp, sp)
        _lagrange(inverse_t, 1.0 / temperature[k], 0, nt, wt, st)
        _lagrange(x, fraction[k], 0, nx, wx, sx)
        column = air[k] * fraction[k]
        for a in range(nx):
            # By a factor on the gas: the column, and with it the self-broadening.
            scale = wx[a] + fraction[k] * sx[a]
            for b in range(4):
                slope_p = 0.0 if held else sp[b] / pressure[k]
                for c in range(nt):
                    out[0, a, first + b, c] += column * wx[a] * wp[b] * wt[c]
                    if k == 0:
                        out[1, a, first + b, c] += column * wx[a] * wt[c] * (wp[b] / lowest + 0.5 * slope_p)
                    out[2, a, first + b, c] -= column * wx[a] * wp[b] * st[c] / temperature[k] ** 2
                    out[3, a, first + b, c] += column * scale * wp[b] * wt[c]


def optical_depth(table: CrossSections, weights: Sequence[Weights]) -> Float:
    """Optical depth of profiles and its derivatives (GAS-18): (profiles, 4, m), the second index as in
    :class:`Weights`.
    """
    rows = np.concatenate([w.stacked() for w in weights]).astype(np.float32)
    used = np.flatnonzero(rows.any(axis=0))
    # Single precision: the sums are of a few dozen terms, and lose less than 1e-6.
    product = rows[:, used] @ table.section[used] if used.size < 0.7 * rows.shape[1] else rows @ table.section
    return np.asarray(product, np.float64).reshape(len(weights), 4, -1)
