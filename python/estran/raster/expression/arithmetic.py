"""The arithmetic of expressions: who asks decides how a part is computed, as SNAP's ``Term`` does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from estran.raster.expression.functions import BINARY, FUNCTIONS, LEVELS, UNARY, Array, Kind
from estran.raster.expression.parser import Node, Program

_INT = np.iinfo(np.int32)


def value_of(program: Program, arrays: Mapping[Any, Array], truth: bool | None) -> Array:
    """The value of a program, from the arrays of the bands and flags that it names.

    Parameters
    ----------
    program
        As the parser gives it.
    arrays
        By the kind and the value of the nodes that name them.
    truth
        Whether a truth value is asked for or a number; None leaves it to the expression.

    Returns
    -------
    ndarray
        bool or float64.
    """
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
    """An operand, which is then released."""
    value, values[part] = values[part], None
    assert value is not None
    return value


def _kinds(program: Program, arrays: Mapping[Any, Array]) -> list[Kind]:
    """What each part is, before anybody asks for it otherwise."""
    kinds: list[Kind] = []
    for node in program.nodes:
        of = [kinds[part] for part in node.parts]
        kinds.append(_kind(node, of, arrays))
    return kinds


def _kind(node: Node, of: list[Kind], arrays: Mapping[Any, Array]) -> Kind:
    if node.kind == "constant":
        return _kind_of(node.value)
    if node.kind in ("band", "raw", "flag"):
        samples = arrays[node.kind, node.value].dtype.kind
        return "B" if samples == "b" else "I" if samples in "iu" else "D"
    if node.kind == "choose":
        return of[1] if of[1] == of[2] else "D"
    if node.kind == "call":
        result = FUNCTIONS[node.value].result
        return result if result != "N" else "D" if "D" in of else "I"
    if node.value == "+" and node.kind == "unary":
        return of[0]
    if node.value in ("!", "&&", "||") or node.value in LEVELS[2]:
        return "B"
    return "I" if node.value in ("~", "|", "^", "&") or "D" not in of else "D"


def _asked(program: Program, kinds: list[Kind], wanted: Kind) -> list[Kind]:
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


def _arithmetic(node: Node, asked: Kind, kind: Kind, of: list[Kind]) -> Kind:
    """In which arithmetic a sign or a function takes its operands."""
    if node.kind == "call":
        function = FUNCTIONS[node.value]
        return function.takes or kind
    if node.value in ("!", "&&", "||"):
        return "B"
    if node.value in ("~", "|", "^", "&"):
        return "I"
    if node.value in LEVELS[2]:
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


def _computed(node: Node, operands: list[Array]) -> Array:
    if node.kind == "constant":
        return np.asarray(node.value, {"B": bool, "I": np.int32, "D": np.float64}[_kind_of(node.value)])
    if node.kind == "choose":
        return np.where(*operands)
    if node.kind == "call":
        return np.asarray(FUNCTIONS[node.value].compute(*operands))
    return np.asarray((UNARY if node.kind == "unary" else BINARY)[node.value](*operands))


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
