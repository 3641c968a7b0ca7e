"""The NetCDF library: one thread at a time, and what it raises on files that are broken."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from estran.adapters.files.undecodable import for_libraries

DAMAGE = (OSError, RuntimeError, UnicodeError)
"""What the NetCDF library raises on a file that is broken."""


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Hold the library, which is not safe for threads: one at a time, whichever files they use, and xarray's are among
    them, so that the lock is its own.

    It is not to be taken twice by one thread.
    """
    from xarray.backends.netCDF4_ import NETCDF4_PYTHON_LOCK

    with NETCDF4_PYTHON_LOCK:
        yield


def opened(path: Path) -> Any:
    """The file as a dataset of the library, for reading; the caller is `alone` and closes it."""
    import netCDF4

    with for_libraries(path) as known:
        return netCDF4.Dataset(known)
