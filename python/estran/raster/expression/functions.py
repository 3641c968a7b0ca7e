"""The signs and functions that expressions know, on arrays, with Java's integers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Kind = Literal["B", "I", "D"]
"""Boolean, Java's int, Java's double."""

LEVELS = (("||",), ("&&",), ("<", ">", "<=", ">=", "==", "!="), ("|",), ("^",), ("&",), ("+", "-"), ("*", "/", "%"))


def _quotient(a: Array, b: Array) -> Array:
    if a.dtype.kind == "f":
        return np.asarray(a / b)
    # Integers as in Java: cut towards zero; by zero, where Java stops, 0.
    wide, safe = a.astype(np.int64), np.where(b == 0, 1, b).astype(np.int64)
    quotient = np.abs(wide) // np.abs(safe) * np.sign(wide) * np.sign(safe)
    return np.where(b == 0, 0, quotient).astype(np.int32)


def _remainder(a: Array, b: Array) -> Array:
    return np.asarray(np.fmod(a, b)) if a.dtype.kind == "f" else np.asarray(a - _quotient(a, b) * b)


UNARY: Mapping[str, Callable[..., Any]] = {"!": np.logical_not, "~": np.invert, "-": np.negative, "+": np.asarray}
BINARY: Mapping[str, Callable[..., Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": _quotient,
    "%": _remainder,
    "<": np.less,
    ">": np.greater,
    "<=": np.less_equal,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
    "|": np.bitwise_or,
    "^": np.bitwise_xor,
    "&": np.bitwise_and,
    "&&": np.logical_and,
    "||": np.logical_or,
}


@dataclass(frozen=True)
class _Function:
    """A function: how many values it takes (in how many equal groups), as what, and what it gives ("N": integer where
    all that it takes is).
    """

    compute: Callable[..., Any]
    least: int
    most: int
    takes: Kind | None = "D"
    result: Literal["B", "I", "D", "N"] = "D"
    groups: int = 1

    @property
    def takes_text(self) -> str:
        """How many values, in words."""
        if self.groups > 1:
            return f"{self.groups} values, or a multiple"
        if self.most == _MANY:
            return f"{self.least} or more values"
        return (
            f"{self.least} to {self.most} values"
            if self.least < self.most
            else f"{self.least} value{'s' if self.least > 1 else ''}"
        )


def _round(x: Array) -> Array:
    # Java's Math.round is an integer: NaN becomes 0.
    return np.nan_to_num(np.floor(x + 0.5), nan=0.0, posinf=2.0**63, neginf=-(2.0**63))


def _feq(a: Array, b: Array, eps: Array | float = 1e-6) -> Any:
    return (a == b) | (np.abs(a - b) <= eps)


def _stack(values: tuple[Array, ...]) -> Array:
    return np.stack(np.broadcast_arrays(*values))


def _coefficient_of_variation(*values: Array) -> Any:
    squares = np.mean(_stack(values) ** 2, axis=0)
    return np.sqrt(np.mean(_stack(values) ** 4, axis=0) - squares**2) / squares


def _standard_deviation(*values: Array) -> Any:
    return np.sqrt(np.mean(_stack(values) ** 2, axis=0) - np.mean(_stack(values), axis=0) ** 2)


def _parts(values: tuple[Array, ...], count: int, form: str) -> list[Array]:
    """The values in `count` groups; as they are, the differences from one to the next ("deriv"), or sums up to each
    ("integ").
    """
    whole = _stack(values)
    groups = np.split(whole, count)
    if form == "deriv":
        return [np.diff(g, axis=0) for g in groups]
    return [np.cumsum(g, axis=0) for g in groups] if form == "integ" else groups


def _distance(form: str) -> Callable[..., Any]:
    def compute(*values: Array) -> Any:
        first, second = _parts(values, 2, form)
        return np.sqrt(np.sum((second - first) ** 2, axis=0))

    return compute


def _in_range(form: str) -> Callable[..., Any]:
    def compute(*values: Array) -> Any:
        value, low, high = _parts(values, 3, form)
        return ~np.any((value < low) | (value > high), axis=0)

    return compute


def _bit_set(value: Array, bit: Array) -> Any:
    return (value.astype(np.int64) >> (bit.astype(np.int64) & 63)) & 1 != 0


_MANY = 100_000
_OF_ONE: Mapping[str, Callable[..., Any]] = {
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "sech": lambda x: 2.0 / (np.exp(x) + np.exp(-x)),
    "cosech": lambda x: 2.0 / (np.exp(x) - np.exp(-x)),
    "log": np.log,
    "log10": np.log10,
    "exp": np.exp,
    "exp10": lambda x: 10.0**x,
    "sqrt": np.sqrt,
    "sq": np.square,
    "floor": np.floor,
    "ceil": np.ceil,
    "rint": np.rint,
    "round": _round,
    "deg": np.degrees,
    "rad": np.radians,
}
FUNCTIONS: Mapping[str, _Function] = {
    **{name: _Function(function, 1, 1) for name, function in _OF_ONE.items()},
    "nan": _Function(np.isnan, 1, 1, result="B"),
    "isnan": _Function(np.isnan, 1, 1, result="B"),
    "inf": _Function(np.isinf, 1, 1, result="B"),
    "atan2": _Function(np.arctan2, 2, 2),
    "pow": _Function(np.power, 2, 2),
    "ampl": _Function(np.hypot, 2, 2),
    "phase": _Function(lambda a, b: np.arctan2(b, a), 2, 2),
    "min": _Function(np.minimum, 2, 2, None, "N"),
    "max": _Function(np.maximum, 2, 2, None, "N"),
    "abs": _Function(np.abs, 1, 1, None, "N"),
    "sign": _Function(np.sign, 1, 1, None, "N"),
    "avg": _Function(lambda *values: np.mean(_stack(values), axis=0), 1, _MANY),
    "stddev": _Function(_standard_deviation, 1, _MANY),
    "coef_var": _Function(_coefficient_of_variation, 1, _MANY),
    "distance": _Function(_distance(""), 2, _MANY, groups=2),
    "distance_deriv": _Function(_distance("deriv"), 2, _MANY, groups=2),
    "distance_integ": _Function(_distance("integ"), 2, _MANY, groups=2),
    "inrange": _Function(_in_range(""), 3, _MANY, result="B", groups=3),
    "inrange_deriv": _Function(_in_range("deriv"), 3, _MANY, result="B", groups=3),
    "inrange_integ": _Function(_in_range("integ"), 3, _MANY, result="B", groups=3),
    "feq": _Function(_feq, 2, 3, result="B"),
    "fneq": _Function(lambda *values: ~_feq(*values), 2, 3, result="B"),
    "bit_set": _Function(_bit_set, 2, 2, "I", "B"),
}
