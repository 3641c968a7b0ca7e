"""Units of the tables that studies read."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from estran.catalogue.units import NoConversion, conversion, is_known, same_unit

Float = npt.NDArray[np.float64]


def spelt(unit: str) -> str:
    """The common spelling of a unit; an unknown one as it stands, none as that of a pure number.

    Examples
    --------
    >>> spelt("deg"), spelt("m s-1"), spelt(""), spelt("furlong")
    ('degrees', 'm/s', '1', 'furlong')
    """
    return same_unit(unit.strip() or "1") or unit.strip()


def converted(values: Float, unit: str, wanted: str) -> Float | None:
    """Values in another unit; the same array where both are spellings of one, None where the one is none of the other's
    kind or is unknown.
    """
    found, target = spelt(unit), spelt(wanted)
    if found == target:
        return values
    if not (is_known(found) and is_known(target)):
        return None
    try:
        how = conversion(found, target)
    except NoConversion:
        return None
    return values if how is None else values * how.factor + how.offset
