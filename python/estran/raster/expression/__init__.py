"""Band arithmetic: the expressions of SNAP (valid pixels, masks, virtual bands, BandMaths) on arrays.

The grammar and the arithmetic follow SNAP's ``jexp`` (``ParserImpl``, ``Term``, ``Functions``), so that one expression
means the same in both engines:

* from loose to tight: ``if a then b else c`` and ``a ? b : c``; ``||`` ``or``; ``&&`` ``and``; comparisons; ``|``;
  ``^``; ``&``; ``+ -``; ``* / %``; ``! not - + ~``
* who asks decides how a part is computed: a number is computed in double precision all the way down (``7 / 2`` is 3.5);
  bits (``& | ^ ~``), comparisons of two integers, and ``min max abs sign`` of integers take their operands as Java's
  32-bit integers (``7 / 2 == 3`` is true)
* ``flags.CLOUD`` is one flag of a flag band, ``B4.raw`` the samples without scaling, ``'odd name'`` a name in quotes,
  ``$source.B4`` a band of another product

Only what is listed here can be said: there is nothing in an expression that could run code. Nothing here calls itself,
so that no depth ends in a fault.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from estran.errors import BadParameter
from estran.raster.expression.arithmetic import value_of
from estran.raster.expression.functions import Array
from estran.raster.expression.parser import Constants, Parser, Program, shown

__all__ = ["Constants", "evaluate", "names", "references"]

GetBand = Callable[[str], Array]
GetFlag = Callable[[str, str], Array]
_STRIP = 1 << 22
"""Samples computed at a time, all waiting values together: 32 MB."""


def evaluate(
    expression: str,
    get: GetBand,
    get_flag: GetFlag | None = None,
    *,
    truth: bool | None = None,
    constants: Constants = (),
) -> Array:
    """The value of an expression.

    Parameters
    ----------
    expression
        In SNAP's language.
    get
        From the name of a band to its array, physical values (or integers, for unscaled integer bands); raises
        ``KeyError`` for what there is none of.
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
            return value_of(program, arrays, truth)
        rows = max(1, _STRIP * shape[0] // (program.pending * size))
        strips = []
        for row in range(0, shape[0], rows):
            strip = {key: a[row : row + rows] if a.ndim else a for key, a in arrays.items()}
            strips.append(np.broadcast_to(value_of(program, strip, truth), (min(rows, shape[0] - row), *shape[1:])))
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
    return {
        node.value[0] if node.kind == "flag" else node.value
        for node in _parsed(expression, constants).nodes
        if node.kind in ("band", "raw", "flag")
    }


def references(expression: str) -> set[str]:
    """As :func:`names`; of what cannot be read, nothing."""
    try:
        return names(expression) if expression.strip() else set()
    except BadParameter:
        return set()


@lru_cache(maxsize=64)
def _parsed(expression: str, constants: Constants) -> Program:
    return Parser(expression, constants).program()


def _arrays(program: Program, expression: str, get: GetBand, get_flag: GetFlag | None) -> dict[Any, Array]:
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
            raise BadParameter(
                f"an expression names {name!r}, which is not there", where=shown(expression), todo="correct the name"
            ) from None
    return found
