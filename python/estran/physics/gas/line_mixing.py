"""First-order line mixing from a relaxation matrix, after Tran, Boulet and Hartmann 2006 (doi:10.1029/2005JD006869).

Labels (GAS-n) are those of ``docs/ATBD/gas.md``. Written for the O2 A band and its file format; the diagonal is the
widths of the same file.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estran.errors import BadParameter
from estran.physics.gas.constants import ATMOSPHERE, SECOND_RADIATION, density
from estran.physics.gas.isotopologues import MOLECULES
from estran.physics.gas.lines import Lines, line_list
from estran.physics.gas.partition import REFERENCE_TEMPERATURE, checked_temperature, partition_ratio

Float = npt.NDArray[np.float64]

_SAME_LINE = 0.1
"""cm⁻¹: a line of a list closer than this to one of the band is the same line."""
_RESIDUE, _LARGEST_M = 0.04, 36.0
"""What the sum rule leaves for the lines, by |m| (Tran et al. 2006): the rigid dipole is not quite that of the
molecule.
"""


@dataclass(frozen=True)
class MixedBand:
    """A band whose lines exchange intensity in collisions with air; all at 296 K, lines in the file's order.

    Parameters
    ----------
    gas, isotopologue
        Formula and HITRAN's number.
    wavenumber
        [cm⁻¹], (n,).
    population
        Of the lower level [1], (n,).
    rigid_dipole, dipole
        Reduced matrix elements of the rigid rotor, and those of the transitions [√(cm³ atm …), as in the file], (n,).
    lower_energy, width, exponent, shift
        As in :class:`~estran.physics.gas.lines.Lines`, (n,).
    m
        -N in the P branches, N + 1 in the R branches, (n,).
    relaxation, relaxation_exponent
        W [cm⁻¹/atm] and the exponent of its dependence on temperature, (n, n): row the line that loses, column the one
        that gains.
    """

    gas: str
    isotopologue: int
    wavenumber: Float
    population: Float
    rigid_dipole: Float
    dipole: Float
    lower_energy: Float
    width: Float
    exponent: Float
    shift: Float
    m: npt.NDArray[np.int64]
    relaxation: Float
    relaxation_exponent: Float

    def __post_init__(self) -> None:
        n = self.wavenumber.size
        if self.relaxation.shape != (n, n) or self.relaxation_exponent.shape != (n, n):
            raise BadParameter(
                "the relaxation matrix does not belong to the lines",
                expected=f"{n} x {n}",
                found=str(self.relaxation.shape),
            )

    def lines(self) -> Lines:
        """The band as :class:`Lines`: intensity from population and dipole (GAS-9), self-broadening as by air."""
        t0 = REFERENCE_TEMPERATURE
        emission = -np.expm1(-SECOND_RADIATION * self.wavenumber / t0)
        intensity = self.population * self.dipole**2 * self.wavenumber * emission / density(ATMOSPHERE, t0)  # (GAS-9)
        number = np.full(self.wavenumber.size, self.isotopologue)
        return line_list(
            self.gas,
            number,
            self.wavenumber,
            intensity,
            self.width,
            self.width,
            self.lower_energy,
            self.exponent,
            self.shift,
        )


def relaxation_matrix(band: MixedBand, temperature: float) -> Float:
    """W at a temperature [K], in detailed balance, renormalised to the sum rule [cm⁻¹/atm], (n, n) (GAS-10).

    ``W[k, l]`` is what line k takes from line l. The procedure is that which Tran et al. 2006 give with their data:
    downward elements from the file, upward ones by detailed balance; then, line by line in the file's order, the
    elements with later ones scaled so that ``sum_k d_k W[k, l]`` is what the rule leaves.
    """
    t = float(checked_temperature(temperature))
    n = band.wavenumber.size
    populations = _populations(band, t)
    w = band.relaxation * (REFERENCE_TEMPERATURE / t) ** band.relaxation_exponent
    for one in range(n):
        above = band.lower_energy >= band.lower_energy[one]
        w[above, one] = w[one, above] * populations[above] / populations[one]
    np.fill_diagonal(w, band.width * (REFERENCE_TEMPERATURE / t) ** band.exponent)
    d = band.rigid_dipole
    left = d * (1.0 - np.abs(band.m) / _LARGEST_M) ** 2 * _RESIDUE
    for one in range(n - 1):
        done, rest = slice(0, one + 1), slice(one + 1, n)
        upper, lower = float(d[done] @ w[done, one]), float(d[rest] @ w[rest, one])
        w[rest, one] *= -(upper - left[one]) / lower  # (GAS-10)
        w[one, rest] = w[rest, one] * populations[one] / populations[rest]
    return w


def mixing_coefficients(band: MixedBand, temperature: float, pressure: float = 0.0) -> Float:
    """First-order coefficients Y by line of the band's rising wavenumbers, as :meth:`MixedBand.lines` has them [1/atm],
    (n,) (GAS-11).

    The pressure [hPa] moves the lines a little, which matters where two are 0.06 cm⁻¹ apart, as at the head of the R
    branch.
    """
    w = relaxation_matrix(band, temperature)
    place = band.wavenumber + band.shift * (pressure / ATMOSPHERE)
    distance = place[None, :] - place[:, None]  # [k, l]: nu_l - nu_k
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(
            distance != 0.0, 2.0 * band.dipole[:, None] / band.dipole[None, :] * w / distance, 0.0
        )  # (GAS-11)
    return np.asarray(terms.sum(axis=0)[np.argsort(band.wavenumber, kind="stable")])


def _populations(band: MixedBand, t: float) -> Float:
    boltzmann = np.exp(-SECOND_RADIATION * band.lower_energy * (1.0 / t - 1.0 / REFERENCE_TEMPERATURE))
    return np.asarray(band.population * boltzmann / partition_ratio(MOLECULES[band.gas], band.isotopologue, t))


def with_band(lines: Lines, band: MixedBand) -> tuple[Lines, npt.NDArray[np.int64]]:
    """A line list whose lines of the band are those of the band's own file.

    Returns
    -------
    The lines, and where among them those of ``band.lines()`` stand, (n,).
    """
    own = band.lines()
    at = np.searchsorted(own.wavenumber, lines.wavenumber)
    gap = np.minimum(
        np.abs(lines.wavenumber - own.wavenumber[np.clip(at, 0, len(own) - 1)]),
        np.abs(lines.wavenumber - own.wavenumber[np.clip(at - 1, 0, len(own) - 1)]),
    )
    kept = lines.take(~((gap < _SAME_LINE) & (lines.isotopologue == band.isotopologue) & (lines.gas == band.gas)))
    columns = [np.concatenate([getattr(kept, name), getattr(own, name)]) for name in _COLUMNS]
    order = np.argsort(columns[1], kind="stable")
    place = np.empty(order.size, np.int64)
    place[order] = np.arange(order.size)
    return line_list(lines.gas, *columns), place[len(kept) :]


_COLUMNS = ("isotopologue", "wavenumber", "intensity", "air_width", "self_width", "lower_energy", "exponent", "shift")
