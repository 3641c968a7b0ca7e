"""The declarations of a package, found in its modules."""

from __future__ import annotations

import pkgutil
from collections.abc import Sequence
from importlib import import_module
from typing import TypeVar

from estran.catalogue.spec import Declared

Kind = TypeVar("Kind", bound=Declared)


def declared_in(package: str, kind: type[Kind], first: Sequence[str] = ()) -> tuple[type[Kind], ...]:
    """Every operator or study that the modules of a package declare.

    Parameters
    ----------
    package
        Its name; its modules are imported.
    kind
        Operator or Study: classes that inherit from it and have an alias count, in the module that defines them.
    first
        Names of the modules that come first, in this order; the others follow by name.
    """
    names = sorted(module.name for module in pkgutil.iter_modules(import_module(package).__path__))
    ordered = [*(name for name in first if name in names), *(name for name in names if name not in first)]
    modules = [import_module(f"{package}.{name}") for name in ordered]
    return tuple(
        found
        for module in modules
        for found in vars(module).values()
        if isinstance(found, type)
        and issubclass(found, kind)
        and found.__module__ == module.__name__
        and hasattr(found, "alias")
    )
