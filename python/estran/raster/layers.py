"""What a band says of others: where it lies along a further axis (views, times), and of which band it is the
uncertainty.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from estran.errors import EstranError

DIMS = ("view", "time")
"""Axes that a band may have beside rows and columns."""

Coordinate = float | datetime
"""Place of a layer: a number (angle, index), or a moment (UTC, timezone aware)."""


@dataclass(frozen=True)
class Coordinates:
    """The places of layers along an axis.

    Parameters
    ----------
    dim
        "view" or "time".
    values
        One a layer, in order.
    unit, meaning
        Of the values ("degrees", "View zenith angle"); of moments none.

    Raises
    ------
    EstranError
        The axis has another name, no length, or moments that do not rise.
    """

    dim: str
    values: tuple[Coordinate, ...]
    unit: str = ""
    meaning: str = ""

    def __post_init__(self) -> None:
        if self.dim not in DIMS:
            raise EstranError("an axis has a name that is not known", expected=" or ".join(DIMS), found=self.dim)
        if not self.values:
            raise EstranError(f"axis {self.dim} has no length", expected="one layer or more", found="none")
        moments = [value for value in self.values if isinstance(value, datetime)]
        if any(later <= earlier for earlier, later in pairwise(moments)):
            raise EstranError(
                f"the times of axis {self.dim} do not rise", found=", ".join(map(coordinate_text, moments))
            )

    def __len__(self) -> int:
        return len(self.values)

    def layer(self, stack: str, index: int) -> Layer:
        """The layer of that index (from 0) of a stack along the axis."""
        return Layer(stack, self.dim, index, self.values[index], self.unit, self.meaning)


@dataclass(frozen=True)
class Layer:
    """Where a band of rows and columns lies in a stack of such bands.

    Parameters
    ----------
    stack
        Name of the stack: of the variable over (view, y, x) or (time, y, x).
    dim
        Axis of the stack.
    index
        Along the axis, from 0.
    value, unit, meaning
        The coordinate, as :class:`Coordinates` has it.
    """

    stack: str
    dim: str
    index: int
    value: Coordinate
    unit: str = ""
    meaning: str = ""

    @property
    def name(self) -> str:
        """Name of the band: ``stack_view1``, counted from 1, as SNAP names what it reads of a NetCDF file."""
        return f"{self.stack}_{self.dim}{self.index + 1}"

    @property
    def text(self) -> str:
        """Where it lies, for people: "view 15 degrees"."""
        unit = "" if self.unit in ("", "1") else f" {self.unit}"
        return f"{self.dim} {coordinate_text(self.value)}{unit}"

    def described(self, description: str) -> str:
        """The description of a stack as that of its layer."""
        return f"{description} ({self.text})" if description else ""

    def of_stack(self, description: str) -> str:
        """The description of a layer as that of its stack."""
        return description.removesuffix(f" ({self.text})")


@dataclass(frozen=True)
class Uncertainty:
    """Of which band another is the standard uncertainty, and how its errors hang together.

    Words and forms are those of obsarray (https://obsarray.readthedocs.io).

    Parameters
    ----------
    of
        Name of the band.
    correlation
        (dimension, form) for each dimension of the band: "random" where errors of neighbours are independent,
        "systematic" where they are the same.
    pdf_shape
        Shape of the distribution of errors: "gaussian" or "rectangle".
    """

    of: str
    correlation: tuple[tuple[str, str], ...] = ()
    pdf_shape: str = "gaussian"


def coordinate_text(value: Coordinate) -> str:
    """A coordinate as text: a number as short as it is, a moment in ISO 8601 with Z."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    return f"{value:g}"
