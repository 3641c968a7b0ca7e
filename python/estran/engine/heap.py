"""Memory that is let go of goes back to the system at once."""

from __future__ import annotations

import ctypes
import sys

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""Of glibc's mallopt(3)."""
_LARGE = 4 << 20
"""Arrays from this size on [bytes] are parts of the heap no more."""


def return_large_arrays() -> None:
    """Have glibc map large arrays apart and unmap them when they are let go of; elsewhere nothing happens.

    Left alone it raises the size from which it does so to that of the largest array freed so far, up to 32 MB, and then keeps what is freed for itself:
    0.4 GB in the masks of a whole tile.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):  # another C library
        return
    mallopt(_M_MMAP_THRESHOLD, _LARGE)
    mallopt(_M_TRIM_THRESHOLD, 4 * _LARGE)
