"""Units of the tables that studies read."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]

_SPELLINGS = {
    **dict.fromkeys(("", "1", "-", "dl", "dimensionless", "none"), "1"),
    **dict.fromkeys(("degrees", "degree", "deg", "°", "degrees_north", "degrees_east", "degree_north"), "degrees"),
    **dict.fromkeys(("degree_east", "°n", "°e", "degn", "dege"), "degrees"),
    **dict.fromkeys(("rad", "radian", "radians"), "rad"),
    **dict.fromkeys(("m", "metre", "metres", "meter", "meters"), "m"),
    **dict.fromkeys(("m/s", "m s-1", "m s^-1", "m.s-1", "ms-1", "metres per second", "m*s-1"), "m/s"),
    **dict.fromkeys(("kt", "kts", "kn", "knot", "knots"), "knot"),
    **dict.fromkeys(("%", "percent", "pct"), "%"),
    **dict.fromkeys(("k", "kelvin"), "K"),
}
"""Spellings met in tables, in lower case, and the one by which units are compared."""
_IN_PINT = {"%": "percent", "degrees": "degree", "1": "dimensionless"}


def spelt(unit: str) -> str:
    """The common spelling of a unit; an unknown one as it stands.

    Examples
    --------
    >>> spelt("deg"), spelt("m s-1"), spelt("furlong")
    ('degrees', 'm/s', 'furlong')
    """
    return _SPELLINGS.get(unit.strip().lower(), unit.strip())


def converted(values: Float, unit: str, wanted: str) -> Float | None:
    """Values in another unit; the same array where both are spellings of one, None where the one is none of the other's
    kind or is unknown.
    """
    found, target = spelt(unit), spelt(wanted)
    if found == target:
        return values
    if "1" in (found, target) and {found, target} & {"degrees", "rad"}:
        return None  # an angle is no pure number, though pint takes a radian for one
    try:
        import pint
    except ImportError:
        return None
    registry: Any = pint.UnitRegistry()
    try:
        quantity = registry.Quantity(values, _IN_PINT.get(found, found))
        return np.asarray(quantity.to(_IN_PINT.get(target, target)).magnitude, np.float64)
    except Exception:  # what pint's parser raises depends on the text: errors of its own, of the tokenizer, of Python
        return None
