"""Which files of a folder are read meanwhile, by whomever: asked of the system, so that reads by compiled libraries
count.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
from collections.abc import Iterator
from pathlib import Path

from attack.case import Lacking

_ACCESS, _IS_FOLDER, _NONBLOCK = 0x1, 0x40000000, 0x800


@contextlib.contextmanager
def reads_of(folder: Path) -> Iterator[list[str]]:
    """Names of the files read in `folder` by the end of the block (inotify)."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "inotify_init1"):
        raise Lacking("needs inotify")
    watch = libc.inotify_init1(_NONBLOCK)
    found: list[str] = []
    try:
        if libc.inotify_add_watch(watch, os.fsencode(folder), _ACCESS) < 0:
            raise Lacking("this folder cannot be watched")
        yield found
        with contextlib.suppress(BlockingIOError):
            while events := os.read(watch, 1 << 16):
                found.extend(_names(events))
    finally:
        os.close(watch)


def _names(events: bytes) -> Iterator[str]:
    at = 0
    while at < len(events):
        _, mask, _, length = struct.unpack_from("iIII", events, at)
        at += 16
        name = events[at : at + length].rstrip(b"\0").decode(errors="replace")
        at += length
        if name and not mask & _IS_FOLDER:
            yield name
