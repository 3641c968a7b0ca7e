"""Band arithmetic: the expressions of SNAP (valid pixels, masks, virtual bands, BandMaths) on arrays.

The grammar and the arithmetic follow SNAP's ``jexp`` (``ParserImpl``, ``Term``, ``Functions``), so that one expression means the same in both engines:

* from loose to tight: ``if a then b else c`` and ``a ? b : c``; ``||`` ``or``; ``&&`` ``and``; comparisons; ``|``; ``^``; ``&``; ``+ -``;
  ``* / %``; ``! not - + ~``
* who asks decides how a part is computed: a number is computed in double precision all the way down (``7 / 2`` is 3.5); bits (``& | ^ ~``),
  comparisons of two integers, and ``min max abs sign`` of integers take their operands as Java's 32-bit integers (``7 / 2 == 3`` is true)
* ``flags.CLOUD`` is one flag of a flag band, ``B4.raw`` the samples without scaling, ``'odd name'`` a name in quotes, ``$source.B4`` a band of another product

Only what is listed here can be said: there is nothing in an expression that could run code. Nothing here calls itself, so that no depth ends in a fault.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from estran.errors import BadParameter

Array = npt.NDArray[Any]
GetBand = Callable[[str], Array]
GetFlag = Callable[[str, str], Array]
Kind = Literal["B", "I", "D"]
"""Boolean, Java's int, Java's double."""
Constants = tuple[tuple[str, float | int | bool], ...]
"""Names that stand for a value, stronger than bands and than PI and E."""

MOST_CHARACTERS = 1_000_000
MOST_PENDING = 1000
"""Values that wait for others while an expression is computed (``a + (b + (c + …``): each is an array."""
_STRIP = 1 << 22
"""Samples computed at a time, all waiting values together: 32 MB."""

_TOKEN = re.compile(
    r"\s*(?:(?P<number>0[xX][0-9a-fA-F]+|(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)(?:[eE][-+]?[0-9]+)?)"
    r"|(?P<name>(?:[^\W\d]|\$)(?:[\w.]|\$)*)"
    r"|'(?P<quoted>(?:[^']|'')+)'"
    r"|(?P<sign>&&|\|\||==|!=|<=|>=|[-+*/%<>!~&|^?:(),]))"
)
_OF_PRODUCT = re.compile(r"\$[^.]+\.(?:\d+\.)?")
"""``$source.``, ``$sourceProduct.1.``, ``$2.`` before the name of a band."""
_WORDS = {"and": "&&", "or": "||", "not": "!"}
_KEYWORDS = ("if", "then", "else", "true", "false")
_CONSTANTS: Mapping[str, float] = {"NaN": np.nan, "PI": np.pi, "E": np.e}
_LEVELS = (("||",), ("&&",), ("<", ">", "<=", ">=", "==", "!="), ("|",), ("^",), ("&",), ("+", "-"), ("*", "/", "%"))
_LEVEL = {sign: level for level, signs in enumerate(_LEVELS) for sign in signs}
_INT = np.iinfo(np.int32)


@dataclass(frozen=True)
class _Node:
    """A part of an expression: what to do, with what, and which parts before it are its operands."""

    kind: Literal["constant", "band", "raw", "flag", "choose", "unary", "binary", "call"]
    value: Any = None
    parts: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Program:
    """Parts in an order in which each comes after its operands; the last is the whole. `pending` is how many values wait at most."""

    nodes: tuple[_Node, ...]
    pending: int


def evaluate(expression: str, get: GetBand, get_flag: GetFlag | None = None, *, truth: bool | None = None, constants: Constants = ()) -> Array:
    """The value of an expression.

    Parameters
    ----------
    expression
        In SNAP's language.
    get
        From the name of a band to its array, physical values (or integers, for unscaled integer bands); raises ``KeyError`` for what there is none of.
    get_flag
        From a flag band and a flag to a boolean array; None where there are no flags.
    truth
        Whether a truth value is asked for (a mask) or a number; None leaves it to the expression.
    constants
        Names with values of their own (the ``variables`` of BandMaths).

    Returns
    -------
    ndarray
        bool or float64; of the arrays' shape, or () where the expression names none.

    Raises
    ------
    BadParameter
        If the expression cannot be read, or names what is not there.
    """
    program = _parsed(expression, constants)
    arrays = _arrays(program, expression, get, get_flag)
    shape = next((a.shape for a in arrays.values() if a.ndim), ())
    size = int(np.prod(shape, dtype=np.int64))
    with np.errstate(all="ignore"):
        if not shape or program.pending * size <= _STRIP or any(a.shape != shape for a in arrays.values() if a.ndim):
            return _value(program, arrays, truth)
        rows = max(1, _STRIP * shape[0] // (program.pending * size))
        strips = []
        for row in range(0, shape[0], rows):
            strip = {key: a[row : row + rows] if a.ndim else a for key, a in arrays.items()}
            strips.append(np.broadcast_to(_value(program, strip, truth), (min(rows, shape[0] - row), *shape[1:])))
        return np.concatenate(strips)


def names(expression: str, constants: Constants = ()) -> set[str]:
    """The bands that an expression names (of a flag, its band), but for `constants`.

    Examples
    --------
    >>> sorted(names("flags.CLOUD && B4.raw > 0 || nan(B8A) && 'a b' < PI"))
    ['B4', 'B8A', 'a b', 'flags']

    Raises
    ------
    BadParameter
        If the expression cannot be read.
    """
    return {node.value[0] if node.kind == "flag" else node.value for node in _parsed(expression, constants).nodes if node.kind in ("band", "raw", "flag")}


def references(expression: str) -> set[str]:
    """As :func:`names`; of what cannot be read, nothing."""
    try:
        return names(expression) if expression.strip() else set()
    except BadParameter:
        return set()


@lru_cache(maxsize=64)
def _parsed(expression: str, constants: Constants) -> _Program:
    return _Parser(expression, constants).program()


@dataclass
class _Open:
    """Something begun that waits for its end: a bracket, a call, a sign that waits for its right side, an ``if``."""

    kind: Literal["(", "call", "if", "then", "else", "?", ":", "unary", "binary"]
    value: Any = None
    level: int = 0
    count: int = 0


_NEXT = {"(": "')'", "call": "')'", "if": "'then'", "then": "'else'", "?": "':'"}
"""What ends something that is open."""


class _Parser:
    """Operator precedence with a stack of its own: brackets may nest as deep as the text is long."""

    def __init__(self, expression: str, constants: Constants) -> None:
        self.constants = {**_CONSTANTS, **dict(constants)}
        if len(expression) > MOST_CHARACTERS:
            raise BadParameter(
                "an expression is too long",
                where=repr(expression[:40] + "…"),
                expected=f"{MOST_CHARACTERS} characters at most",
                found=len(expression),
                todo="divide it over several bands",
            )
        self.expression = expression
        self.tokens = self._tokens()
        self.open: list[_Open] = []
        self.nodes: list[_Node] = []
        self.values: list[int] = []
        self.pending = 0

    def program(self) -> _Program:
        """The whole expression."""
        operand = True
        at = 0
        while at < len(self.tokens):
            kind, text = self.tokens[at]
            at += 1
            if operand:
                operand, at = self._operand(kind, text, at)
            else:
                operand = self._after_operand(kind, text)
        if operand:
            raise self._error("it ends too early")
        self._close()
        if self.open:
            raise self._error(f"expected {_NEXT[self.open[-1].kind]}, found the end")
        return _Program(tuple(self.nodes), self.pending)

    def _tokens(self) -> list[tuple[str, str]]:
        tokens = []
        at, end = 0, len(self.expression.rstrip())
        while at < end:
            match = _TOKEN.match(self.expression, at)
            if match is None:
                raise self._error(f"unexpected {self.expression[at:].strip()[:10]!r}")
            kind = str(match.lastgroup)
            text = match.group(kind)
            if kind == "name" and text.lower() in _WORDS:
                kind, text = "sign", _WORDS[text.lower()]
            elif kind == "name" and text.lower() in _KEYWORDS:
                kind, text = "keyword", text.lower()
            tokens.append((kind, text))
            at = match.end()
        return tokens

    def _error(self, what: str, todo: str = "write it as in SNAP's band maths") -> BadParameter:
        return BadParameter(f"an expression cannot be read: {what}", where=_shown(self.expression), todo=todo)

    def _operand(self, kind: str, text: str, at: int) -> tuple[bool, int]:
        """Take a token where a value is due; whether one still is, and the place of the next token."""
        if kind == "sign" and text in _UNARY:
            self.open.append(_Open("unary", text))
            return True, at
        if (kind, text) == ("sign", "("):
            self.open.append(_Open("("))
            return True, at
        if (kind, text) == ("keyword", "if") and (not self.open or self.open[-1].kind not in ("unary", "binary")):
            self.open.append(_Open("if"))
            return True, at
        if kind == "name" and at < len(self.tokens) and self.tokens[at] == ("sign", "("):
            return self._call(text, at + 1)
        self._emit(self._leaf(kind, text), 0)
        return False, at

    def _call(self, name: str, at: int) -> tuple[bool, int]:
        if name not in _FUNCTIONS:
            raise BadParameter(
                f"an expression calls {name!r}, which is not known",
                where=_shown(self.expression),
                expected=", ".join(sorted(_FUNCTIONS)),
                todo="take one of these functions",
            )
        self.open.append(_Open("call", name))
        if at < len(self.tokens) and self.tokens[at] == ("sign", ")"):
            self._end_call(self.open.pop())
            return False, at + 1
        return True, at

    def _leaf(self, kind: str, text: str) -> _Node:
        if kind == "number":
            return _Node("constant", self._number(text))
        if kind == "keyword" and text in ("true", "false"):
            return _Node("constant", text == "true")
        if kind == "quoted":
            return _Node("band", text.replace("''", "'"))
        if kind == "name":
            return _Node("constant", self.constants[text]) if text in self.constants else _reference(text)
        raise self._error(f"unexpected {text!r}")

    def _number(self, text: str) -> int | float:
        whole = text[:2].lower() == "0x" or text.isdigit()
        if not whole:
            return float(text)
        digits, base = (text[2:], 16) if text[:2].lower() == "0x" else (text, 10)
        if len(digits.lstrip("0")) > 10 or int(digits, base) > _INT.max:
            raise self._error(f"the whole number {text[:20]} is larger than {_INT.max}", "write it with a decimal point")
        return int(digits, base)

    def _after_operand(self, kind: str, text: str) -> bool:
        """Take a token where a value has ended; whether another is due now."""
        if kind == "sign" and text in _LEVEL:
            level = _LEVEL[text]
            while self.open and (self.open[-1].kind == "unary" or (self.open[-1].kind == "binary" and self.open[-1].level >= level)):
                self._finish(self.open.pop())
            self.open.append(_Open("binary", text, level))
            return True
        if (kind, text) == ("sign", "?"):
            while self.open and self.open[-1].kind in ("unary", "binary"):
                self._finish(self.open.pop())
            self.open.append(_Open("?"))
            return True
        going_on = {("sign", ":"): ("?", ":"), ("keyword", "then"): ("if", "then"), ("keyword", "else"): ("then", "else")}
        if (kind, text) in going_on:
            before, after = going_on[kind, text]
            self._need(before, text)
            self.open[-1] = _Open(after)  # type: ignore[arg-type]
            return True
        if (kind, text) == ("sign", ","):
            self._need("call", text)
            self.open[-1].count += 1
            return True
        if (kind, text) == ("sign", ")"):
            self._close()
            if not self.open or self.open[-1].kind not in ("(", "call"):
                raise self._error(self._unexpected(text))
            ended = self.open.pop()
            if ended.kind == "call":
                ended.count += 1
                self._end_call(ended)
            return False
        raise self._error(self._unexpected(text))

    def _unexpected(self, text: str) -> str:
        return f"expected {_NEXT[self.open[-1].kind]}, found {text!r}" if self.open and self.open[-1].kind in _NEXT else f"unexpected {text!r}"

    def _need(self, kind: str, text: str) -> None:
        self._close()
        if not self.open or self.open[-1].kind != kind:
            raise self._error(self._unexpected(text))

    def _close(self) -> None:
        """Finish what has all its operands."""
        while self.open and self.open[-1].kind in ("unary", "binary", ":", "else"):
            self._finish(self.open.pop())

    def _finish(self, ended: _Open) -> None:
        if ended.kind in (":", "else"):
            self._emit(_Node("choose"), 3)
        elif ended.kind == "unary":
            self._emit(_Node("unary", ended.value), 1)
        else:
            self._emit(_Node("binary", ended.value), 2)

    def _end_call(self, ended: _Open) -> None:
        function = _FUNCTIONS[ended.value]
        if not function.least <= ended.count <= function.most or ended.count % function.groups:
            raise self._error(f"{ended.value} takes {function.takes_text}, not {ended.count}")
        self._emit(_Node("call", ended.value), ended.count)

    def _emit(self, node: _Node, operands: int) -> None:
        parts = tuple(self.values[len(self.values) - operands :])
        del self.values[len(self.values) - operands :]
        self.values.append(len(self.nodes))
        self.nodes.append(_Node(node.kind, node.value, parts))
        self.pending = max(self.pending, len(self.values) + operands)
        if len(self.values) > MOST_PENDING:
            raise BadParameter(
                "an expression has too many parts that wait for others",
                where=_shown(self.expression),
                expected=f"{MOST_PENDING} at most",
                todo="write sums and products from left to right without brackets, or divide it over several bands",
            )


def _shown(expression: str) -> str:
    return repr(expression if len(expression) <= 200 else expression[:200] + "…")


def _reference(name: str) -> _Node:
    product = _OF_PRODUCT.match(name)
    prefix = product[0] if product else ""
    owner, dot, last = name[len(prefix) :].rpartition(".")
    if not dot:
        return _Node("band", name)
    return _Node("raw", prefix + owner) if last == "raw" else _Node("flag", (prefix + owner, last))


def _arrays(program: _Program, expression: str, get: GetBand, get_flag: GetFlag | None) -> dict[Any, Array]:
    """What the expression names, each asked for once."""
    found: dict[Any, Array] = {}
    for node in program.nodes:
        key = (node.kind, node.value)
        if node.kind not in ("band", "raw", "flag") or key in found:
            continue
        name = ".".join(node.value) if node.kind == "flag" else node.value + (".raw" if node.kind == "raw" else "")
        try:
            if node.kind != "flag":
                found[key] = np.asarray(get(name))
            elif get_flag is None:
                raise KeyError(name)
            else:
                found[key] = np.asarray(get_flag(*node.value), dtype=bool)
        except KeyError:
            raise BadParameter(f"an expression names {name!r}, which is not there", where=_shown(expression), todo="correct the name") from None
    return found


def _value(program: _Program, arrays: Mapping[Any, Array], truth: bool | None) -> Array:
    kinds = _kinds(program, arrays)
    wanted: Kind = "B" if truth or (truth is None and kinds[-1] == "B") else "D"
    asked = _asked(program, kinds, wanted)
    values: list[Array | None] = []
    samples: dict[Any, Array] = {}
    for i, node in enumerate(program.nodes):
        operands = [_taken(values, part) for part in node.parts]
        if node.kind in ("band", "raw", "flag"):
            key = (node.kind, node.value, asked[i])
            if key not in samples:
                samples[key] = _samples(arrays[node.kind, node.value], asked[i])
            values.append(samples[key])
            continue
        values.append(_as(_computed(node, operands), asked[i]))
    last = values[-1]
    assert last is not None
    return np.asarray(last)


def _taken(values: list[Array | None], part: int) -> Array:
    """An operand, which is then let go."""
    value, values[part] = values[part], None
    assert value is not None
    return value


def _kinds(program: _Program, arrays: Mapping[Any, Array]) -> list[Kind]:
    """What each part is, before anybody asks for it otherwise."""
    kinds: list[Kind] = []
    for node in program.nodes:
        of = [kinds[part] for part in node.parts]
        kinds.append(_kind(node, of, arrays))
    return kinds


def _kind(node: _Node, of: list[Kind], arrays: Mapping[Any, Array]) -> Kind:
    if node.kind == "constant":
        return _kind_of(node.value)
    if node.kind in ("band", "raw", "flag"):
        samples = arrays[node.kind, node.value].dtype.kind
        return "B" if samples == "b" else "I" if samples in "iu" else "D"
    if node.kind == "choose":
        return of[1] if of[1] == of[2] else "D"
    if node.kind == "call":
        result = _FUNCTIONS[node.value].result
        return result if result != "N" else "D" if "D" in of else "I"
    if node.value == "+" and node.kind == "unary":
        return of[0]
    if node.value in ("!", "&&", "||") or node.value in _LEVELS[2]:
        return "B"
    return "I" if node.value in ("~", "|", "^", "&") or "D" not in of else "D"


def _asked(program: _Program, kinds: list[Kind], wanted: Kind) -> list[Kind]:
    """As what each part is asked for by the one that takes it (evalB, evalI or evalD of SNAP's ``Term``)."""
    asked: list[Kind] = [wanted] * len(program.nodes)
    for i in range(len(program.nodes) - 1, -1, -1):
        node = program.nodes[i]
        if node.kind == "choose":
            of: tuple[Kind, ...] = ("B", asked[i], asked[i])
        else:
            of = (_arithmetic(node, asked[i], kinds[i], [kinds[part] for part in node.parts]),) * len(node.parts)
        for part, kind in zip(node.parts, of, strict=True):
            asked[part] = kind
    return asked


def _arithmetic(node: _Node, asked: Kind, kind: Kind, of: list[Kind]) -> Kind:
    """In which arithmetic a sign or a function takes its operands."""
    if node.kind == "call":
        function = _FUNCTIONS[node.value]
        return function.takes or kind
    if node.value in ("!", "&&", "||"):
        return "B"
    if node.value in ("~", "|", "^", "&"):
        return "I"
    if node.value in _LEVELS[2]:
        if "D" in of:
            return "D"
        if node.value in ("==", "!="):
            return "B" if of == ["B", "B"] else "I"
        return "I" if of == ["I", "I"] else "D"
    if node.kind == "unary" and node.value == "+":
        return asked
    if asked != "B":
        return asked
    return "I" if kind == "I" and node.kind == "binary" else "D"


def _computed(node: _Node, operands: list[Array]) -> Array:
    if node.kind == "constant":
        return np.asarray(node.value, {"B": bool, "I": np.int32, "D": np.float64}[_kind_of(node.value)])
    if node.kind == "choose":
        return np.where(*operands)
    if node.kind == "call":
        return np.asarray(_FUNCTIONS[node.value].compute(*operands))
    return np.asarray((_UNARY if node.kind == "unary" else _BINARY)[node.value](*operands))


def _kind_of(value: float) -> Kind:
    """What a constant is."""
    return "B" if isinstance(value, bool) else "I" if isinstance(value, int) else "D"


def _samples(value: Array, kind: Kind) -> Array:
    """Samples of a band as they are asked for: a float is rounded to an integer, as SNAP's ``getElemIntAt`` does."""
    if kind == "I" and value.dtype.kind == "f":
        return _as(np.floor(value.astype(np.float64) + 0.5), "I")
    return _as(value, kind)


def _as(value: Array, kind: Kind) -> Array:
    """A value as another kind, with Java's casts."""
    if kind == "B":
        return value if value.dtype == bool else np.asarray(value != 0)  # NaN counts as true
    if kind == "D":
        return value.astype(np.float64, copy=False)
    if value.dtype.kind == "f":
        # Java's cast: cut towards zero, NaN is 0, and what is too large the largest.
        return np.clip(np.trunc(np.nan_to_num(value.astype(np.float64), nan=0.0)), _INT.min, _INT.max).astype(np.int32)
    return value.astype(np.int32, copy=False)


def _quotient(a: Array, b: Array) -> Array:
    if a.dtype.kind == "f":
        return np.asarray(a / b)
    # Integers as in Java: cut towards zero; by zero, where Java stops, 0.
    wide, safe = a.astype(np.int64), np.where(b == 0, 1, b).astype(np.int64)
    quotient = np.abs(wide) // np.abs(safe) * np.sign(wide) * np.sign(safe)
    return np.where(b == 0, 0, quotient).astype(np.int32)


def _remainder(a: Array, b: Array) -> Array:
    return np.asarray(np.fmod(a, b)) if a.dtype.kind == "f" else np.asarray(a - _quotient(a, b) * b)


_UNARY: Mapping[str, Callable[..., Any]] = {"!": np.logical_not, "~": np.invert, "-": np.negative, "+": np.asarray}
_BINARY: Mapping[str, Callable[..., Any]] = {
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
    """A function: how many values it takes (in how many equal groups), as what, and what it gives ("N": integer where all that it takes is)."""

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
        return f"{self.least} to {self.most} values" if self.least < self.most else f"{self.least} value{'s' if self.least > 1 else ''}"


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
    """The values in `count` groups; as they are, the differences from one to the next ("deriv"), or sums up to each ("integ")."""
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
_FUNCTIONS: Mapping[str, _Function] = {
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
