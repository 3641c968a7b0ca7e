"""Readers and writers.

``open_product`` and ``write_product`` are the doors; they are imported when first asked for, with what they need of
GDAL, netCDF and Dask later still.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from estran.adapters.files.open import open_product, write_product

__all__ = ["open_product", "write_product"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from estran.adapters.files import open as doors

        return getattr(doors, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
