"""Band arithmetic: the expressions of SNAP (valid pixels, masks, virtual bands, BandMaths) on arrays.

The grammar and the arithmetic follow SNAP's ``jexp`` parser, so that one expression means the same in both engines:

* from loose to tight: ``if a then b else c`` and ``a ? b : c``; ``||`` ``or``; ``&&`` ``and``; comparisons; ``|``; ``^``; ``&``; ``+ -``;
  ``* / %``; ``! not - + ~``
* integers stay integers (``7 / 2`` is 3, as in Java); any float makes the result a double
* ``flags.CLOUD`` is one flag of a flag band, ``B4.raw`` the samples without scaling, ``'odd name'`` a name in quotes, ``$source.B4`` a band of another product

Only what is listed here can be said: there is nothing in an expression that could run code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.errors import BadParameter

Array = npt.NDArray[Any]
GetBand = Callable[[str], Array]
GetFlag = Callable[[str, str], Array]

_TOKEN = re.compile(
    r"\s*(?:(?P<number>0[xX][0-9a-fA-F]+|(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?)"
    r"|(?P<name>[A-Za-z_$][A-Za-z0-9_$.]*)"
    r"|'(?P<quoted>[^']+)'"
    r"|(?P<sign>&&|\|\||==|!=|<=|>=|[-+*/%<>!~&|^?:(),]))"
)
_WORDS = {"and": "&&", "or": "||", "not": "!"}
_KEYWORDS = ("if", "then", "else", "true", "false")
_CONSTANTS: Mapping[str, Any] = {"NaN": np.nan, "PI": np.pi, "E": np.e}


@dataclass(frozen=True)
class _Node:
    """A node of the parsed expression: what to do, and with what."""

    kind: str
    value: Any = None
    parts: tuple[_Node, ...] = ()


def evaluate(expression: str, get: GetBand, get_flag: GetFlag | None = None) -> Array:
    """The value of an expression.

    Parameters
    ----------
    expression
        In SNAP's language.
    get
        From the name of a band to its array, physical values (or integers, for unscaled integer bands); raises ``KeyError`` for what there is none of.
    get_flag
        From a flag band and a flag to a boolean array; None where there are no flags.

    Returns
    -------
    ndarray
        bool, int64 or float64; of the arrays' shape, or () where the expression names none.

    Raises
    ------
    BadParameter
        If the expression cannot be read, or names what is not there.
    """
    tree = _parsed(expression)
    with np.errstate(all="ignore"):
        return np.asarray(_Evaluation(expression, get, get_flag).value(tree))


def names(expression: str) -> set[str]:
    """The bands that an expression names (of a flag, its band).

    Examples
    --------
    >>> sorted(names("flags.CLOUD && B4.raw > 0 || nan(B8A) && 'a b' < PI"))
    ['B4', 'B8A', 'a b', 'flags']

    Raises
    ------
    BadParameter
        If the expression cannot be read.
    """
    found: set[str] = set()
    waiting = [_parsed(expression)]
    while waiting:
        node = waiting.pop()
        if node.kind in ("band", "raw", "flag"):
            found.add(node.value[0] if node.kind == "flag" else node.value)
        waiting.extend(node.parts)
    return found


def _parsed(expression: str) -> _Node:
    return _Parser(expression).tree()


class _Parser:
    """Recursive descent, one method per level of binding."""

    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.tokens: list[tuple[str, str]] = []
        at, end = 0, len(expression.rstrip())
        while at < end:
            match = _TOKEN.match(expression, at)
            if match is None:
                raise self._error(f"unexpected {expression[at:].strip()[:10]!r}")
            kind = str(match.lastgroup)
            text = match.group(kind)
            if kind == "name" and text.lower() in _WORDS:
                kind, text = "sign", _WORDS[text.lower()]
            elif kind == "name" and text.lower() in _KEYWORDS:
                kind, text = "keyword", text.lower()
            self.tokens.append((kind, text))
            at = match.end()
        self.at = 0

    def tree(self) -> _Node:
        node = self._conditional()
        if self.at < len(self.tokens):
            raise self._error(f"unexpected {self.tokens[self.at][1]!r}")
        return node

    def _error(self, what: str) -> BadParameter:
        return BadParameter(f"an expression cannot be read: {what}", where=repr(self.expression), todo="write it as in SNAP's band maths")

    def _take(self, *texts: str, kind: str = "sign") -> str | None:
        if self.at < len(self.tokens) and self.tokens[self.at] in [(kind, text) for text in texts]:
            self.at += 1
            return self.tokens[self.at - 1][1]
        return None

    def _need(self, text: str, kind: str = "sign") -> None:
        if self._take(text, kind=kind) is None:
            found = repr(self.tokens[self.at][1]) if self.at < len(self.tokens) else "the end"
            raise self._error(f"expected {text!r}, found {found}")

    def _conditional(self) -> _Node:
        if self._take("if", kind="keyword"):
            condition = self._conditional()
            self._need("then", "keyword")
            yes = self._conditional()
            self._need("else", "keyword")
            return _Node("choose", None, (condition, yes, self._conditional()))
        condition = self._binary(0)
        if self._take("?"):
            yes = self._conditional()
            self._need(":")
            return _Node("choose", None, (condition, yes, self._conditional()))
        return condition

    _LEVELS = (("||",), ("&&",), ("<", ">", "<=", ">=", "==", "!="), ("|",), ("^",), ("&",), ("+", "-"), ("*", "/", "%"))

    def _binary(self, level: int) -> _Node:
        if level == len(self._LEVELS):
            return self._unary()
        left = self._binary(level + 1)
        while sign := self._take(*self._LEVELS[level]):
            left = _Node("binary", sign, (left, self._binary(level + 1)))
        return left

    def _unary(self) -> _Node:
        if sign := self._take("!", "-", "+", "~"):
            return _Node("unary", sign, (self._unary(),))
        return self._primary()

    def _primary(self) -> _Node:
        if self._take("("):
            inner = self._conditional()
            self._need(")")
            return inner
        if self.at == len(self.tokens):
            raise self._error("it ends too early")
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            return _Node("constant", _number(text))
        if kind == "keyword" and text in ("true", "false"):
            return _Node("constant", text == "true")
        if kind == "quoted":
            return _Node("band", text)
        if kind != "name":
            raise self._error(f"unexpected {text!r}")
        if self._take("("):
            return self._call(text)
        return self._reference(text)

    def _call(self, name: str) -> _Node:
        if name not in _FUNCTIONS:
            raise BadParameter(f"an expression calls {name!r}, which is not known", where=repr(self.expression), expected=", ".join(sorted(_FUNCTIONS)))
        arguments: list[_Node] = []
        if not self._take(")"):
            arguments.append(self._conditional())
            while self._take(","):
                arguments.append(self._conditional())
            self._need(")")
        low, high, _ = _FUNCTIONS[name]
        if not low <= len(arguments) <= high:
            raise self._error(f"{name} takes {low if low == high else f'{low} to {high}'} values, not {len(arguments)}")
        return _Node("call", name, tuple(arguments))

    @staticmethod
    def _reference(name: str) -> _Node:
        if name in _CONSTANTS:
            return _Node("constant", _CONSTANTS[name])
        owner, dot, last = name.rpartition(".")
        if not dot or (name.startswith("$") and name.count(".") == 1):
            return _Node("band", name)
        return _Node("raw", owner) if last == "raw" else _Node("flag", (owner, last))


def _number(text: str) -> int | float:
    if text[:2].lower() == "0x":
        return int(text, 16)
    return int(text) if text.isdigit() else float(text)


class _Evaluation:
    """One walk over a tree; each band is asked for once."""

    def __init__(self, expression: str, get: GetBand, get_flag: GetFlag | None) -> None:
        self.expression, self.get, self.get_flag = expression, get, get_flag
        self.seen: dict[str, Array] = {}

    def value(self, node: _Node) -> Array:
        if node.kind == "constant":
            return np.asarray(node.value)
        if node.kind in ("band", "raw"):
            return self._band(node.value if node.kind == "band" else f"{node.value}.raw")
        if node.kind == "flag":
            return self._flag(*node.value)
        values = [self.value(part) for part in node.parts]
        if node.kind == "choose":
            condition, yes, no = values
            return np.where(_boolean(condition), *_same(yes, no))
        if node.kind == "unary":
            return _unary(node.value, values[0])
        if node.kind == "binary":
            return _binary(node.value, *values)
        return np.asarray(_FUNCTIONS[node.value][2](*values))

    def _band(self, name: str) -> Array:
        if name not in self.seen:
            try:
                array = np.asarray(self.get(name))
            except KeyError:
                raise self._unknown(name) from None
            wide: Any = bool if array.dtype == bool else np.int64 if np.issubdtype(array.dtype, np.integer) else np.float64
            self.seen[name] = array.astype(wide, copy=False)
        return self.seen[name]

    def _flag(self, owner: str, flag: str) -> Array:
        if self.get_flag is None:
            raise self._unknown(f"{owner}.{flag}")
        try:
            return np.asarray(self.get_flag(owner, flag), dtype=bool)
        except KeyError:
            raise self._unknown(f"{owner}.{flag}") from None

    def _unknown(self, name: str) -> BadParameter:
        return BadParameter(f"an expression names {name!r}, which is not there", where=repr(self.expression))


def _boolean(value: Array) -> Array:
    # As in jexp, where NaN counts as true.
    return value if value.dtype == bool else np.asarray(value != 0)


def _numeric(value: Array) -> Array:
    return value.astype(np.int64) if value.dtype == bool else value


def _double(value: Array) -> Array:
    return value.astype(np.float64)


def _integer(value: Array) -> Array:
    # Java casts NaN to 0.
    return value if np.issubdtype(value.dtype, np.integer) else np.nan_to_num(_double(value)).astype(np.int64)


def _same(first: Array, second: Array) -> tuple[Array, Array]:
    if first.dtype == second.dtype:
        return first, second
    return _numeric(first), _numeric(second)


def _unary(sign: str, value: Array) -> Array:
    if sign == "!":
        return ~_boolean(value)
    if sign == "~":
        return ~_integer(value)
    return -_numeric(value) if sign == "-" else _numeric(value)


def _quotient(a: Array, b: Array) -> Array:
    if np.issubdtype(a.dtype, np.floating) or np.issubdtype(b.dtype, np.floating):
        return np.asarray(_double(a) / _double(b))
    # Integers as in Java: cut towards zero; by zero, where Java stops, 0.
    safe = np.where(b == 0, 1, b)
    quotient = np.abs(a) // np.abs(safe) * np.sign(a) * np.sign(safe)
    return np.where(b == 0, 0, quotient)


def _remainder(a: Array, b: Array) -> Array:
    if np.issubdtype(a.dtype, np.floating) or np.issubdtype(b.dtype, np.floating):
        return np.asarray(np.fmod(_double(a), _double(b)))
    return np.asarray(a - _quotient(a, b) * b)


_BINARY: Mapping[str, Callable[[Array, Array], Array]] = {
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
}
_BITS: Mapping[str, Callable[[Array, Array], Array]] = {"|": np.bitwise_or, "^": np.bitwise_xor, "&": np.bitwise_and}


def _binary(sign: str, first: Array, second: Array) -> Array:
    if sign == "&&":
        return np.asarray(_boolean(first) & _boolean(second))
    if sign == "||":
        return np.asarray(_boolean(first) | _boolean(second))
    if sign in _BITS:
        return np.asarray(_BITS[sign](_integer(first), _integer(second)))
    return np.asarray(_BINARY[sign](_numeric(first), _numeric(second)))


def _of_doubles(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *values: function(*(_double(v) for v in values))


def _keeping_integers(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *values: function(*(_numeric(v) for v in values))


def _feq(a: Array, b: Array, *eps: Array) -> Any:
    return np.abs(_double(a) - _double(b)) <= (eps[0] if eps else 1e-6)


def _stack(values: tuple[Array, ...]) -> Array:
    return np.stack(np.broadcast_arrays(*(_double(v) for v in values)))


_MANY = 1000
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
    "log": np.log,
    "log10": np.log10,
    "exp": np.exp,
    "exp10": lambda x: 10.0**x,
    "sqrt": np.sqrt,
    "sq": np.square,
    "floor": np.floor,
    "ceil": np.ceil,
    "rint": np.rint,
    "round": lambda x: np.floor(x + 0.5),
    "deg": np.degrees,
    "rad": np.radians,
    "nan": np.isnan,
    "isnan": np.isnan,
    "inf": np.isinf,
}
_FUNCTIONS: Mapping[str, tuple[int, int, Callable[..., Any]]] = {
    **{name: (1, 1, _of_doubles(function)) for name, function in _OF_ONE.items()},
    "atan2": (2, 2, _of_doubles(np.arctan2)),
    "pow": (2, 2, _of_doubles(np.power)),
    "ampl": (2, 2, _of_doubles(np.hypot)),
    "phase": (2, 2, _of_doubles(lambda a, b: np.arctan2(b, a))),
    "min": (2, 2, _keeping_integers(np.minimum)),
    "max": (2, 2, _keeping_integers(np.maximum)),
    "abs": (1, 1, _keeping_integers(np.abs)),
    "sign": (1, 1, _keeping_integers(np.sign)),
    "avg": (1, _MANY, lambda *values: np.mean(_stack(values), axis=0)),
    "feq": (2, 3, _feq),
    "fneq": (2, 3, lambda *values: ~_feq(*values)),
    "bit_set": (2, 2, lambda a, b: (_integer(a) >> _integer(b)) & 1 != 0),
}
