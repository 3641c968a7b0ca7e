"""Estran: Sentinel-2 masks, coastal correction and calibration on natural targets, for ESA SNAP and without it.

In Python, ``estran.open(path)`` gives a product as an xarray Dataset, ``estran.operators`` has a function for every
operator, and ``estran.run`` runs one by its name; ``estran.read_study`` reads the result of a study. They are imported
when they are first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from estran import operators
    from estran.face.calling import run
    from estran.face.opening import open  # noqa: A004 - estran.open, as xarray and others say it
    from estran.face.studies import read_study

__version__ = "0.1.0"

__all__ = ["__version__", "open", "operators", "read_study", "run"]

_MODULES = {
    "open": "estran.face.opening",
    "operators": "estran.operators",
    "read_study": "estran.face.studies",
    "run": "estran.face.calling",
}
"""Where the public names are."""


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module = import_module(_MODULES[name])
    found = module if name == "operators" else getattr(module, name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__} - {"TYPE_CHECKING", "Any", "annotations"})
