"""The parser of expressions: operator precedence, from text to parts in an order in which each comes after its
operands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from estran.errors import BadParameter
from estran.raster.expression.functions import FUNCTIONS, LEVELS, UNARY

Constants = tuple[tuple[str, float | int | bool], ...]
"""Names that stand for a value, stronger than bands and than PI and E."""

MOST_CHARACTERS = 1_000_000
MOST_PENDING = 1000
"""Values that wait for others while an expression is computed (``a + (b + (c + …``): each is an array."""

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
_LEVEL = {sign: level for level, signs in enumerate(LEVELS) for sign in signs}
_LARGEST = np.iinfo(np.int32).max


@dataclass(frozen=True)
class Node:
    """A part of an expression: what to do, with what, and which parts before it are its operands."""

    kind: Literal["constant", "band", "raw", "flag", "choose", "unary", "binary", "call"]
    value: Any = None
    parts: tuple[int, ...] = ()


@dataclass(frozen=True)
class Program:
    """Parts in an order in which each comes after its operands; the last is the whole. `pending` is how many values
    wait at most.
    """

    nodes: tuple[Node, ...]
    pending: int


@dataclass
class _Open:
    """Something begun that waits for its end: a bracket, a call, a sign that waits for its right side, an ``if``."""

    kind: Literal["(", "call", "if", "then", "else", "?", ":", "unary", "binary"]
    value: Any = None
    level: int = 0
    count: int = 0


_NEXT = {"(": "')'", "call": "')'", "if": "'then'", "then": "'else'", "?": "':'"}
"""What ends something that is open."""


class Parser:
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
        self.nodes: list[Node] = []
        self.values: list[int] = []
        self.pending = 0

    def program(self) -> Program:
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
        return Program(tuple(self.nodes), self.pending)

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
        return BadParameter(f"an expression cannot be read: {what}", where=shown(self.expression), todo=todo)

    def _operand(self, kind: str, text: str, at: int) -> tuple[bool, int]:
        """Take a token where a value is due; whether one still is, and the place of the next token."""
        if kind == "sign" and text in UNARY:
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
        if name not in FUNCTIONS:
            raise BadParameter(
                f"an expression calls {name!r}, which is not known",
                where=shown(self.expression),
                expected=", ".join(sorted(FUNCTIONS)),
                todo="take one of these functions",
            )
        self.open.append(_Open("call", name))
        if at < len(self.tokens) and self.tokens[at] == ("sign", ")"):
            self._end_call(self.open.pop())
            return False, at + 1
        return True, at

    def _leaf(self, kind: str, text: str) -> Node:
        if kind == "number":
            return Node("constant", self._number(text))
        if kind == "keyword" and text in ("true", "false"):
            return Node("constant", text == "true")
        if kind == "quoted":
            return Node("band", text.replace("''", "'"))
        if kind == "name":
            return Node("constant", self.constants[text]) if text in self.constants else _reference(text)
        raise self._error(f"unexpected {text!r}")

    def _number(self, text: str) -> int | float:
        whole = text[:2].lower() == "0x" or text.isdigit()
        if not whole:
            return float(text)
        digits, base = (text[2:], 16) if text[:2].lower() == "0x" else (text, 10)
        if len(digits.lstrip("0")) > 10 or int(digits, base) > _LARGEST:
            raise self._error(
                f"the whole number {text[:20]} is larger than {_LARGEST}", "write it with a decimal point"
            )
        return int(digits, base)

    def _after_operand(self, kind: str, text: str) -> bool:
        """Take a token where a value has ended; whether another is due now."""
        if kind == "sign" and text in _LEVEL:
            level = _LEVEL[text]
            while self.open and (
                self.open[-1].kind == "unary" or (self.open[-1].kind == "binary" and self.open[-1].level >= level)
            ):
                self._finish(self.open.pop())
            self.open.append(_Open("binary", text, level))
            return True
        if (kind, text) == ("sign", "?"):
            while self.open and self.open[-1].kind in ("unary", "binary"):
                self._finish(self.open.pop())
            self.open.append(_Open("?"))
            return True
        going_on = {
            ("sign", ":"): ("?", ":"),
            ("keyword", "then"): ("if", "then"),
            ("keyword", "else"): ("then", "else"),
        }
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
        return (
            f"expected {_NEXT[self.open[-1].kind]}, found {text!r}"
            if self.open and self.open[-1].kind in _NEXT
            else f"unexpected {text!r}"
        )

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
            self._emit(Node("choose"), 3)
        elif ended.kind == "unary":
            self._emit(Node("unary", ended.value), 1)
        else:
            self._emit(Node("binary", ended.value), 2)

    def _end_call(self, ended: _Open) -> None:
        function = FUNCTIONS[ended.value]
        if not function.least <= ended.count <= function.most or ended.count % function.groups:
            raise self._error(f"{ended.value} takes {function.takes_text}, not {ended.count}")
        self._emit(Node("call", ended.value), ended.count)

    def _emit(self, node: Node, operands: int) -> None:
        parts = tuple(self.values[len(self.values) - operands :])
        del self.values[len(self.values) - operands :]
        self.values.append(len(self.nodes))
        self.nodes.append(Node(node.kind, node.value, parts))
        self.pending = max(self.pending, len(self.values) + operands)
        if len(self.values) > MOST_PENDING:
            raise BadParameter(
                "an expression has too many parts that wait for others",
                where=shown(self.expression),
                expected=f"{MOST_PENDING} at most",
                todo="write sums and products from left to right without brackets, or divide it over several bands",
            )


def shown(expression: str) -> str:
    """An expression as error messages quote it, its beginning where it is long."""
    return repr(expression if len(expression) <= 200 else expression[:200] + "…")


def _reference(name: str) -> Node:
    product = _OF_PRODUCT.match(name)
    prefix = product[0] if product else ""
    owner, dot, last = name[len(prefix) :].rpartition(".")
    if not dot:
        return Node("band", name)
    return Node("raw", prefix + owner) if last == "raw" else Node("flag", (prefix + owner, last))
