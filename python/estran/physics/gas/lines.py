"""Spectral lines as arrays, and what becomes of them at a temperature and a pressure. Labels (GAS-n) are those of
``docs/ATBD/gas.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from estran.errors import BadParameter
from estran.physics.gas.constants import ATMOSPHERE, AVOGADRO, BOLTZMANN, LIGHT, SECOND_RADIATION
from estran.physics.gas.isotopologues import MOLECULES
from estran.physics.gas.partition import REFERENCE_TEMPERATURE, checked_temperature, isotopologue, partition_ratio

Float = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Lines:
    """Lines of one gas, at 296 K and one atmosphere, by rising wavenumber.

    Parameters
    ----------
    gas
        Its formula ("O2").
    isotopologue
        HITRAN's number, (n,).
    wavenumber
        In vacuum [cm⁻¹], (n,).
    intensity
        With the isotopologue's natural abundance in it, as HITRAN's [cm/molecule], (n,).
    air_width, self_width
        Half widths at half maximum for collisions with air and with the gas itself [cm⁻¹/atm], (n,).
    lower_energy
        Of the lower state [cm⁻¹], (n,).
    exponent
        Of the widths' dependence on temperature [1], (n,).
    shift
        By pressure of air [cm⁻¹/atm], (n,).

    Raises
    ------
    BadParameter
        The arrays differ in length, are not sorted, hold what is not finite, negative widths or intensities, or
        wavelengths.
    """

    gas: str
    isotopologue: npt.NDArray[np.int64]
    wavenumber: Float
    intensity: Float
    air_width: Float
    self_width: Float
    lower_energy: Float
    exponent: Float
    shift: Float

    def __post_init__(self) -> None:
        if self.gas not in MOLECULES:
            raise BadParameter("this gas is unknown", expected=" or ".join(MOLECULES), found=self.gas)
        for field in fields(self)[1:]:
            values = getattr(self, field.name)
            if values.shape != self.wavenumber.shape or values.ndim != 1:
                raise BadParameter(
                    "the arrays of a line list differ in length",
                    where=field.name,
                    expected=str(self.wavenumber.shape),
                    found=str(values.shape),
                )
            if not np.isfinite(values).all():
                raise BadParameter("a line list holds values that are not finite", where=field.name)
        if np.any(np.diff(self.wavenumber) < 0.0):
            at = int(np.flatnonzero(np.diff(self.wavenumber) < 0.0)[0]) + 1
            raise BadParameter("lines are not sorted by wavenumber", where=f"line {at + 1}", todo="sort them")
        for name in ("intensity", "air_width", "self_width"):
            if np.any(getattr(self, name) < 0.0):
                raise BadParameter("a line list holds negative values", where=name)

    def __len__(self) -> int:
        return int(self.wavenumber.size)

    @property
    def molecule(self) -> int:
        """HITRAN's number of the gas."""
        return MOLECULES[self.gas]

    def take(self, which: npt.NDArray[np.bool_] | npt.NDArray[np.int64] | slice) -> Lines:
        """Some of the lines, in their order."""
        return replace(self, **{field.name: getattr(self, field.name)[which] for field in fields(self)[1:]})

    def near(self, low: float, high: float, margin: float = 25.0) -> Lines:
        """The lines that reach into a window [cm⁻¹].

        Raises
        ------
        BadParameter
            There is none, or the window is empty.
        """
        if not low < high:
            raise BadParameter(
                "a window of wavenumbers is empty or upside down",
                expected="low < high",
                found=f"{low:g} to {high:g} cm⁻¹",
            )
        chosen = self.take((self.wavenumber >= low - margin) & (self.wavenumber <= high + margin))
        if not len(chosen):
            holds = f"{self.wavenumber[0]:g} to {self.wavenumber[-1]:g} cm⁻¹" if len(self) else "none"
            hint = (
                "give wavenumbers in cm⁻¹, not wavelengths in nm"
                if high < 3500.0
                else f"get the lines of {self.gas} for this window from HITRAN or GEISA"
            )
            raise BadParameter(
                f"no line of {self.gas} is in the window",
                where=f"{low:g} to {high:g} cm⁻¹, {margin:g} cm⁻¹ around it",
                expected="lines there",
                found=holds,
                todo=hint,
            )
        return chosen

    def with_abundance(self, number: int, abundance: float) -> Lines:
        """The same lines where the fraction of an isotopologue is not the natural one (GAS-1)."""
        factor = np.where(self.isotopologue == number, abundance / isotopologue(self.molecule, number).abundance, 1.0)
        return replace(self, intensity=self.intensity * factor)


def line_list(
    gas: str,
    isotopologue: npt.ArrayLike,
    wavenumber: npt.ArrayLike,
    intensity: npt.ArrayLike,
    air_width: npt.ArrayLike,
    self_width: npt.ArrayLike,
    lower_energy: npt.ArrayLike,
    exponent: npt.ArrayLike,
    shift: npt.ArrayLike,
) -> Lines:
    """:class:`Lines` from columns in any order of wavenumber."""
    columns = [
        np.atleast_1d(np.asarray(c, float))
        for c in (wavenumber, intensity, air_width, self_width, lower_energy, exponent, shift)
    ]
    numbers = np.atleast_1d(np.asarray(isotopologue, np.int64))
    order = np.argsort(columns[0], kind="stable")
    if any(c.shape != order.shape for c in (*columns, numbers)):
        raise BadParameter(
            "the columns of a line list differ in length",
            expected=str(order.shape),
            found=", ".join(str(c.shape) for c in (*columns, numbers)),
        )
    return Lines(gas, numbers[order], *(c[order] for c in columns))


@dataclass(frozen=True)
class LineState:
    """Lines at one temperature and pressure: centre, Doppler and Lorentz half width at half maximum [cm⁻¹], intensity
    [cm/molecule], each (n,).
    """

    centre: Float
    doppler: Float
    lorentz: Float
    intensity: Float


def line_state(lines: Lines, pressure: float, temperature: float, fraction: float = 0.0) -> LineState:
    """Lines at a pressure [hPa], a temperature [K], and a fraction of the gas itself in the air [1] (GAS-1, GAS-3).

    Raises
    ------
    BadParameter
        The pressure is not above 0, the fraction not between 0 and 1, or the temperature outside the partition sums.
    """
    t = float(checked_temperature(temperature))
    if not pressure > 0.0:
        raise BadParameter("a pressure is not above 0", expected="hPa", found=f"{pressure:g}")
    if not 0.0 <= fraction <= 1.0:
        raise BadParameter(
            "a mixing ratio is not between 0 and 1", expected="mol/mol", found=f"{fraction:g}", todo="divide ppm by 1e6"
        )
    atmospheres = pressure / ATMOSPHERE
    nu, c2, t0 = lines.wavenumber, SECOND_RADIATION, REFERENCE_TEMPERATURE
    ratio, mass = np.empty(len(lines)), np.empty(len(lines))
    for number in np.unique(lines.isotopologue):
        of = lines.isotopologue == number
        ratio[of] = partition_ratio(lines.molecule, int(number), t)
        mass[of] = isotopologue(lines.molecule, int(number)).mass * 1e-3 / AVOGADRO
    with np.errstate(divide="ignore", invalid="ignore"):
        emission = np.where(nu > 0.0, np.expm1(-c2 * nu / t) / np.expm1(-c2 * nu / t0), t0 / t)
    intensity = lines.intensity / ratio * np.exp(-c2 * lines.lower_energy * (1.0 / t - 1.0 / t0)) * emission  # (GAS-1)
    lorentz = (
        (t0 / t) ** lines.exponent * atmospheres * (lines.air_width * (1.0 - fraction) + lines.self_width * fraction)
    )  # (GAS-3)
    doppler = nu * np.sqrt(2.0 * np.log(2.0) * BOLTZMANN * t / (mass * LIGHT**2))  # (GAS-3)
    return LineState(nu + lines.shift * atmospheres, doppler, lorentz, intensity)
