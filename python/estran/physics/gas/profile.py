"""The air in layers: pressure, temperature, columns of molecules. Labels (GAS-n) are those of ``docs/ATBD/gas.md``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from estran.errors import BadGeometry, BadParameter
from estran.physics.gas.constants import AVOGADRO, DRY_AIR, GRAVITY, WATER

Float = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Layers:
    """A profile, from the ground up.

    Parameters
    ----------
    edges
        Pressure at the ground, between the layers, and at the top; falling [hPa], (n + 1,).
    temperature
        Of each layer, by mass [K], (n,).
    air
        Molecules of air in each, water among them [1/cm²], (n,).
    fractions
        Of each gas in each layer, by formula [mol/mol of all air], (n,) each.

    Raises
    ------
    BadParameter
        Pressure does not fall, shapes differ, values are out of range.
    """

    edges: Float
    temperature: Float
    air: Float
    fractions: Mapping[str, Float]

    def __post_init__(self) -> None:
        n = self.edges.size - 1
        if n < 1 or np.any(np.diff(self.edges) >= 0.0) or not self.edges[-1] >= 0.0:
            raise BadParameter(
                "pressure does not fall from the ground up",
                expected="hPa, falling, two edges or more",
                found=_range(self.edges),
            )
        if self.edges[0] > 1200.0:
            raise BadParameter(
                "the pressure at the ground is too high",
                expected="hPa",
                found=f"{self.edges[0]:g}",
                todo="divide pascals by 100",
            )
        for name, values in (
            ("temperature", self.temperature),
            ("air", self.air),
            *((f"fraction of {g}", s) for g, s in self.fractions.items()),
        ):
            if values.shape != (n,):
                raise BadParameter(
                    "a profile has the wrong length", where=name, expected=f"{n} layers", found=str(values.shape)
                )
            if not np.isfinite(values).all() or np.any(values < 0.0):
                raise BadParameter(
                    "a profile holds values that are negative or not finite", where=name, found=_range(values)
                )
        for gas, fraction in self.fractions.items():
            if np.any(fraction > 1.0):
                raise BadParameter(
                    "a mixing ratio is above 1",
                    where=gas,
                    expected="mol/mol",
                    found=_range(fraction),
                    todo="divide ppm by 1e6",
                )

    @property
    def pressure(self) -> Float:
        """Mean pressure of each layer by mass [hPa], (n,)."""
        return np.asarray(0.5 * (self.edges[1:] + self.edges[:-1]))

    def fraction(self, gas: str) -> Float:
        """Mixing ratio of a gas.

        Raises
        ------
        BadParameter
            The profile does not have it.
        """
        if gas not in self.fractions:
            raise BadParameter("the profile lacks a gas", expected=gas, found=", ".join(self.fractions) or "none")
        return self.fractions[gas]

    def column(self, gas: str) -> float:
        """Molecules of a gas above a cm² of the ground [1/cm²]."""
        return float(np.sum(self.air * self.fraction(gas)))

    def with_surface_pressure(self, pressure: float) -> Layers:
        """The same air above other ground: the lowest layer ends at another pressure [hPa] (GAS-16).

        Raises
        ------
        BadParameter
            The pressure is not above that of the lowest layer's upper edge.
        """
        if not pressure > self.edges[1]:
            raise BadParameter(
                "the ground is above the lowest layer",
                expected=f"a pressure above {self.edges[1]:g} hPa",
                found=f"{pressure:g}",
                todo="leave layers out",
            )
        factor = (pressure - self.edges[1]) / (self.edges[0] - self.edges[1])
        edges, air = self.edges.copy(), self.air.copy()
        edges[0], air[0] = pressure, air[0] * factor
        return replace(self, edges=edges, air=air)

    def with_temperature_shift(self, kelvin: float) -> Layers:
        """All layers warmer by some kelvin, pressure and columns as they are."""
        return replace(self, temperature=self.temperature + kelvin)

    def with_scaled(self, gas: str, factor: float) -> Layers:
        """The mixing ratio of a gas times a factor."""
        return replace(self, fractions={**self.fractions, gas: self.fraction(gas) * factor})


def layers_from_levels(
    pressure: npt.ArrayLike,
    temperature: npt.ArrayLike,
    fractions: Mapping[str, npt.ArrayLike | float],
    *,
    gravity: float = GRAVITY,
) -> Layers:
    """Layers between levels, in hydrostatic balance (GAS-15).

    Parameters
    ----------
    pressure
        Of the levels, falling from the ground [hPa], (n + 1,).
    temperature
        Of the levels [K], (n + 1,).
    fractions
        Of each gas at the levels, or one number [mol/mol of all air], (n + 1,).
    gravity
        Mean over the column [m/s²].
    """
    edges, t = np.atleast_1d(np.asarray(pressure, float)), np.atleast_1d(np.asarray(temperature, float))
    if t.shape != edges.shape or edges.ndim != 1:
        raise BadParameter(
            "levels of pressure and temperature differ in number", expected=str(edges.shape), found=str(t.shape)
        )
    at_levels = {gas: np.broadcast_to(np.asarray(s, float), edges.shape) for gas, s in fractions.items()}
    means = {gas: 0.5 * (s[1:] + s[:-1]) for gas, s in at_levels.items()}
    water = means.get("H2O", np.zeros(edges.size - 1))
    mass = (1.0 - water) * DRY_AIR + water * WATER
    # hPa to Pa, g to kg, m² to cm².
    air = -np.diff(edges) * 100.0 * AVOGADRO / (gravity * mass * 1e-3) * 1e-4  # (GAS-15)
    return Layers(edges, 0.5 * (t[1:] + t[:-1]), air, means)


def slant_airmass(zenith: float, height: npt.ArrayLike = 0.0, radius: float = 6371.0) -> Float:
    """Path through a layer over its thickness, on a round Earth without refraction (GAS-17).

    Parameters
    ----------
    zenith
        Of the ray at the ground [degrees], below 90.
    height
        Of the layers [km]; 0 gives 1 / cos, the flat Earth.
    radius
        Of the Earth [km].

    Raises
    ------
    BadGeometry
        The ray is at or below the horizon.

    Examples
    --------
    >>> round(float(slant_airmass(60.0)), 6), round(float(slant_airmass(60.0, 10.0)), 4)
    (2.0, 1.9907)
    """
    if not 0.0 <= zenith < 90.0:
        raise BadGeometry(
            "the Sun or the view is at or below the horizon",
            expected="a zenith angle of 0 to below 90 degrees",
            found=f"{zenith:g}",
        )
    sine = np.sin(np.radians(zenith)) * radius / (radius + np.asarray(height, float))
    return np.asarray(1.0 / np.sqrt(1.0 - sine**2))  # (GAS-17)


def _range(values: Float) -> str:
    return f"{float(np.min(values)):g} to {float(np.max(values)):g}" if values.size else "nothing"
