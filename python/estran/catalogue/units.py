"""Units at the border: whether two spellings mean the same, and how values get from one unit to another.

pint knows units; it is imported only where two spellings differ and neither is one of ours for the other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

_SAME_UNIT: Mapping[str, str] = {
    **dict.fromkeys(("1", "dl", "-", "~", "dimensionless", "none", "reflectance", "toa reflectance"), "1"),
    **dict.fromkeys(("degrees", "degree", "deg", "°", "degrees_north", "degrees_east"), "degrees"),
    **dict.fromkeys(("degree_north", "degree_east", "°n", "°e", "degn", "dege"), "degrees"),
    **dict.fromkeys(("rad", "radian", "radians"), "rad"),
    **dict.fromkeys(("m", "metre", "metres", "meter", "meters"), "m"),
    **dict.fromkeys(("km", "kilometre", "kilometres"), "km"),
    **dict.fromkeys(("%", "percent", "pct"), "%"),
    **dict.fromkeys(("k", "kelvin"), "K"),
    **dict.fromkeys(("du", "dobson", "dobsons", "dobson unit", "dobson units"), "DU"),
    **dict.fromkeys(("atm-cm", "atm cm", "cm-atm", "cm atm"), "atm_cm"),
    **dict.fromkeys(("ft", "foot", "feet"), "ft"),
    **dict.fromkeys(("m/s", "m s-1", "m s^-1", "m s**-1", "m.s-1", "ms-1", "m*s-1"), "m/s"),
    **dict.fromkeys(("kt", "kts", "kn", "knot", "knots"), "knot"),
}
"""Spellings of units met in products (SNAP writes reflectance as "dl"), in lower case, and the one we use."""

_LOSCHMIDT = 2.686780111e25
"""Molecules of an ideal gas in a cubic metre at 273.15 K and 101325 Pa (CODATA 2018)."""
_AVOGADRO = 6.02214076e23
"""Molecules in a mole (exact by the SI of 2019)."""
_OZONE = 47.9982e-3
"""Molar mass of ozone [kg/mol]: three times 15.9994, the standard atomic weight of oxygen (IUPAC)."""
DOBSON = 1e-5 * _LOSCHMIDT / _AVOGADRO * _OZONE
"""Mass of a column of ozone of one Dobson unit, a layer of 10 µm at 273.15 K and 101325 Pa: 2.1415e-5 [kg/m2]."""

_NO_MEASURE = frozenset({"count", "counts", "dn", "digital number", "digital numbers"})
"""Spellings that say that numbers are raw; what these mean is asked elsewhere."""


@dataclass(frozen=True)
class Conversion:
    """How values get from one unit to another: factor * value + offset."""

    found: str
    wanted: str
    factor: float
    offset: float = 0.0

    def apply(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Values in the unit wanted, computed in double precision."""
        return (values.astype(np.float64) * self.factor + self.offset).astype(np.float32)


class NoConversion(ValueError):
    """Both units are known, and values of one cannot be converted to the other."""


def same_unit(unit: str) -> str | None:
    """The house's spelling of a unit, or None where it is not one that we know.

    Examples
    --------
    >>> same_unit("dl"), same_unit(" Deg "), same_unit("furlong")
    ('1', 'degrees', None)
    """
    return _SAME_UNIT.get(unit.strip().lower())


def is_known(unit: str) -> bool:
    """Whether a unit is one of ours or of pint's."""
    return same_unit(unit) is not None or _parsed(_registry(), unit.strip()) is not None


@lru_cache(maxsize=256)
def conversion(found: str, wanted: str) -> Conversion | None:
    """How values in the unit `found` become values in `wanted`.

    Parameters
    ----------
    found, wanted
        Spellings of pint, of SNAP, of UDUNITS ("kg m-2") or of NetCDF-Java ("kg.m-2").

    Returns
    -------
    Conversion or None
        None where both are the same, or where one of them is not known: values are then taken as they are.

    Raises
    ------
    NoConversion
        They measure different things.
    """
    ours = [same_unit(unit) or unit.strip() for unit in (found, wanted)]
    if ours[0] == ours[1] or not all(ours) or ours[0].lower() in _NO_MEASURE:
        return None
    units = _registry()
    known = [_parsed(units, unit) for unit in ours]
    if any(unit is None for unit in known):
        return None
    if _dimensions(units, known[0]) != _dimensions(units, known[1]):
        raise NoConversion(f"{found} to {wanted}")
    zero, one = (float(units.Quantity(value, known[0]).to(known[1]).magnitude) for value in (0.0, 1.0))
    if zero == 0.0 and abs(one - 1.0) < 1e-12:
        return None
    return Conversion(found, wanted, one - zero, zero)


def _dimensions(units: Any, unit: Any) -> Any:
    """Dimensions of a unit, angles kept apart from plain numbers: pint takes a radian for 1."""
    root = units.get_root_units(unit)[1]
    angle = {name: power for name, power in root._units.items() if name == "radian"}
    return unit.dimensionality, angle


def _parsed(units: Any, text: str) -> Any:
    """A unit of pint, or None where it knows none of that spelling."""
    # "kg m-2" and "kg.m-2" as "kg m**-2".
    spelled = re.sub(r"(?<=[A-Za-zµ°])(\^|\*\*)?(-?\d+)\b", r"**\2", text.replace(".", " "))
    try:
        return units.Unit(spelled)
    except Exception:
        return None


@lru_cache(maxsize=1)
def _registry() -> Any:
    import pint

    units: Any = pint.UnitRegistry()
    units.define(f"dobson_unit = {DOBSON!r} * kilogram / meter ** 2 = DU")
    units.define("atm_cm = 1000 * dobson_unit")
    return units
