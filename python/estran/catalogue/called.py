"""Operators by the names that people call them."""

from __future__ import annotations

from estran.catalogue.spec import Operator
from estran.errors import BadParameter


def operators() -> dict[str, type[Operator]]:
    """The catalogue, by alias."""
    from estran.catalogue import OPERATORS

    return {op.alias: op for op in OPERATORS}


def operator_called(alias: str) -> type[Operator]:
    """An operator by its alias; letter case, underscores and the leading "Estran." do not matter ("Estran.SunGlint",
    "sun_glint").

    Raises
    ------
    BadParameter
        There is none; lists them.
    """
    known = operators()
    wanted = str(alias).lower().replace("_", "")
    for name, op in known.items():
        if wanted in (name.lower(), name.rpartition(".")[2].lower()):
            return op
    raise BadParameter(
        f"no operator is called {alias!r}", expected=", ".join(known), todo="estran operators lists them"
    )
