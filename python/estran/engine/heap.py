"""Memory that is released goes back to the system at once."""

from __future__ import annotations

import ctypes
import sys

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""Of glibc's mallopt(3)."""
_LARGE = 4 << 20
"""Arrays from this size on [bytes] are parts of the heap no more."""


def return_large_arrays() -> None:
    """Have glibc map large arrays apart and unmap them when they are released; elsewhere nothing happens.

    Left alone it raises the size from which it does so to that of the largest array freed so far, up to 32 MB, and then
    keeps what is freed for itself: 0.4 GB in the masks of a whole tile.
    """
    library = _glibc()
    if library is not None:
        library.mallopt(_M_MMAP_THRESHOLD, _LARGE)
        library.mallopt(_M_TRIM_THRESHOLD, 4 * _LARGE)


def return_what_is_free() -> None:
    """Give back what glibc has kept of small arrays, block by block of the files that were read; elsewhere nothing
    happens.
    """
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL("libc.so.6") if sys.platform.startswith("linux") else None
    except OSError:
        return None
    return library if hasattr(library, "mallopt") and hasattr(library, "malloc_trim") else None
