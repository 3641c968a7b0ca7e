"""Moves on one disk that the system makes in one step: to a free name, or two things exchanged."""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path

_AT_FDCWD = -100
_NOREPLACE, _EXCHANGE = 1, 2
_UNKNOWN = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}


def exchange(one: Path, other: Path) -> bool:
    """Exchange two files or folders in one step; False where the system cannot (then nothing has changed)."""
    return _renameat2(one, other, _EXCHANGE)


def to_free_name(source: Path, place: Path) -> None:
    """Move a file or a folder to a name that is free, or to an empty folder's.

    Raises
    ------
    FileExistsError
        The name is taken.
    """
    if not source.is_dir() or place.is_symlink() or not place.is_dir():
        if _renameat2(source, place, _NOREPLACE):
            return
        if os.path.lexists(place):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(place))
    elif sys.platform == "win32":
        place.rmdir()
    try:
        source.rename(place)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(place)) from error
        raise


def _renameat2(source: Path, place: Path, flags: int) -> bool:
    call = _system_call()
    if call is None:
        return False
    if call(_AT_FDCWD, os.fsencode(source), _AT_FDCWD, os.fsencode(place), flags) == 0:
        return True
    number = ctypes.get_errno()
    if number in _UNKNOWN:
        return False
    raise OSError(number, os.strerror(number), str(place))


@functools.cache
def _system_call() -> Callable[..., int] | None:
    """Linux's renameat2 (GNU libc 2.28, musl 1.2.5), where it is."""
    if sys.platform != "linux":
        return None
    try:
        call: Callable[..., int] = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return None
    call.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]  # type: ignore[attr-defined]
    return call
