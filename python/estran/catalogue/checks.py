"""What a declaration must have, checked as soon as its class exists: a mistake is a sentence about the class, and not a
failure of a view, of the engine or of SNAP later on.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from estran.catalogue.vocabulary import MENUS
from estran.errors import EstranError
from estran.sensors.bands import SEMANTIC

_ALIASES: dict[str, str] = {}
"""Alias to the class that declares it."""


def check_declaration(declaration: Any, *more: str) -> None:
    """Raise :class:`EstranError` unless a declaration has every attribute that it must have, none of them empty, and an
    alias that no other class has.

    Parameters
    ----------
    declaration
        The class. One that inherits its alias is a variant of the class that has it.
    more
        Attributes that it needs besides alias, label, version, summary and atbd.
    """
    where = declaration.__qualname__
    names = ("alias", "label", "version", "summary", "atbd", *more)
    missing = [name for name in names if not hasattr(declaration, name)]
    if missing:
        raise EstranError(
            f"a declaration lacks {', '.join(missing)}",
            where=where,
            expected=f"class attributes {', '.join(names)}",
            todo="add what is missing; a base class that is no declaration itself is made with abstract=True",
        )
    for name in names:
        if not getattr(declaration, name):
            what = "names no page of docs/ATBD" if name == "atbd" else f"has an empty {name}"
            raise EstranError(f"a declaration {what}", where=where, todo=f"say the {name}")
    if "alias" in declaration.__dict__:
        _check_alias(f"{declaration.__module__}.{where}", declaration.alias)


def _check_alias(name: str, alias: str) -> None:
    # A class of the same name is the same one defined again: a module that is read anew.
    other = _ALIASES.setdefault(alias, name)
    if other != name:
        raise EstranError(
            f"two declarations have the alias {alias!r}",
            where=name,
            found=f"also in {other}",
            todo="give one of them another alias",
        )


def check_operator(operator: Any) -> None:
    """Raise :class:`EstranError` where an operator reads a band that is not known, stands in a menu that SNAP has not,
    or writes two bands of one name.

    Parameters
    ----------
    operator
        The class, whose attributes are all there.
    """
    where = operator.alias
    for source in operator.sources:
        for reads in source.reads:
            for name in (reads.band, *reads.fallback):
                if name not in SEMANTIC and not reads.ours:
                    raise EstranError(
                        f"{name!r} is no semantic band",
                        where=f"{where}, source {source.name}",
                        expected=", ".join(SEMANTIC),
                        todo="correct the name, or say Reads(…, ours=True) of a band that another operator writes",
                    )
    if operator.menu not in MENUS:
        raise EstranError(
            f"{operator.menu!r} is no menu of SNAP Desktop",
            where=where,
            expected=" | ".join(MENUS),
            todo="take one of these",
        )
    twice = [name for name, count in Counter(target.name for target in operator.writes).items() if count > 1]
    if twice:
        raise EstranError(f"band {twice[0]!r} is written twice", where=where, todo="give one of them another name")
