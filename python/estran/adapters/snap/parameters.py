"""Parameters as SNAP hands them over, and the operator made of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from estran.catalogue.spec import Operator, parameters_of
from estran.declare import Parameter


def construct(op_class: type[Operator], get: Callable[[str], Any]) -> Operator:
    """The operator with SNAP's parameter values; its constructor checks them once more.

    Parameters
    ----------
    op_class
        A class of the catalogue.
    get
        ``context.getParameter``.

    Raises
    ------
    BadParameter
        When a value is outside what is declared. SNAP checks fields only when they were edited.
    """
    return op_class(**{p.name: convert(p, get(p.name)) for p in parameters_of(op_class)})


def convert(p: Parameter, value: Any) -> Any:
    """One value from Java to the declared type.

    Lists come as Java arrays, files as ``java.io.File``; a field left empty comes as None, which is the default unless
    the parameter is optional. SNAP hands over the descriptor's default of what was not touched, and cannot separate it
    from the same value given: of a parameter that follows the mode, the default of the default mode counts as not
    given.
    """
    found = _converted(p, value)
    return None if p.follows_mode and found == p.default_in() else found


def _converted(p: Parameter, value: Any) -> Any:
    if value is None:
        return None if p.optional else p.default
    match p.kind:
        case "path":
            return Path(value.getPath()) if hasattr(value, "getPath") else Path(str(value))
        case "strings":
            return tuple(str(v) for v in value)
        case "floats":
            return tuple(float(v) for v in value)
        case "float":
            return float(value)
        case "int":
            return int(value)
        case "bool":
            return bool(value)
        case _:
            return str(value)
