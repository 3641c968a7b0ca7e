"""The NetCDF library: one thread at a time, and what it raises on files that are broken."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from estran.adapters.files.undecodable import for_libraries

HDF5 = threading.RLock()
"""The HDF5 library is not safe for threads: one at a time, whichever files they use."""
DAMAGE = (OSError, RuntimeError, UnicodeError)
"""What the NetCDF library raises on a file that is broken."""


def opened(path: Path) -> Any:
    """The file as a dataset of the library, for reading; the caller holds `HDF5` and closes it."""
    import netCDF4

    with for_libraries(path) as known:
        return netCDF4.Dataset(known)
