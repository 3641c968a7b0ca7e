"""Parameters as SNAP hands them over, and the operator made of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from estran.catalogue.parameters import Parameter
from estran.catalogue.spec import Operator, parameters_of


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
    the parameter is optional. SNAP does not tell a default from the same value given: a number that stands for None is
    None.
    """
    if value is not None and p.info.dialog and p.info.stands_for is not None and float(value) == p.info.stands_for:
        return p.default
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
