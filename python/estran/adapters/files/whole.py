"""Whole or not at all: a product is written in a hidden folder beside its place and moved there when it is whole.

The order of events, so that a process killed at any moment leaves the old product or the new one, or what the next run needs to finish:

1. Everything is written into ``.NAME.<token>.estran-part/``, whose lock file the writing process holds.
2. The folder is renamed to ``.NAME.<token>.estran-ready/``: from here on the new product is decided.
3. Each entry of it is moved to its place, the one that users open last; what it replaces moves into ``.estran-old`` of the folder.
4. The folder is removed.

:func:`recover` looks for such folders that nobody holds any more: a *part* is removed, a *ready* one is finished from step 3.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from estran.errors import EstranError, TargetExists, WriteFailed

_NOTHING_LEFT = 1 << 18
"""Free bytes at which a disk counts as full."""
_PART, _READY, _LOCK, _OLD = ".estran-part", ".estran-ready", ".estran-lock", ".estran-old"


@contextlib.contextmanager
def whole(target: Path, *, companions: tuple[str, ...] = (), overwrite: bool = False) -> Iterator[Path]:
    """Write a file or a folder, whole or not at all.

    Parameters
    ----------
    target
        What users will open.
    companions
        Names of files or folders beside it that belong to it (the ``.data`` folder of a ``.dim``).
    overwrite
        Whether a target that is there is replaced. It stays until the new one is whole.

    Yields
    ------
    Path
        Where to write instead: same name, in a hidden folder of the same parent; companions go beside it.

    Raises
    ------
    TargetExists
        If the target is there and `overwrite` is not set; before anything is written.
    WriteFailed
        If the disk is full, the folder cannot be written, or the body raises an ``OSError``; nothing is left behind.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with whole(folder / "a.txt") as part:
    ...     _ = part.write_text("all of it")
    >>> [p.name for p in folder.iterdir()], (folder / "a.txt").read_text()
    (['a.txt'], 'all of it')
    """
    target = Path(target).absolute()
    recover(target)
    refuse_existing(target, companions, overwrite)
    part = target.parent / f".{target.name}.{uuid.uuid4().hex[:12]}{_PART}"
    lock: IO[bytes] | None = None
    try:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            part.mkdir()
            lock = (part / _LOCK).open("wb")
            _hold(lock)
            yield part / target.name
            _flush(part)
            ready = part.with_suffix(_READY)
            if sys.platform == "win32":
                lock.close()  # Windows moves no folder that holds an open file
            part.rename(ready)
        except OSError as error:
            raise _failed(target, error) from error
        except Exception as error:
            # GDAL and HDF report a full disk as errors of their own, without a number.
            if not isinstance(error, EstranError) and shutil.disk_usage(target.parent).free < _NOTHING_LEFT:
                raise _failed(target, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))) from error
            raise
        try:
            _finish(ready, target)
        except OSError as error:
            raise WriteFailed(
                "the product is whole but could not be moved to its place",
                where=target,
                found=error.strerror or error,
                todo=f"free the place, and open or write the product again: it is kept in {ready.name}",
            ) from error
    finally:
        if lock is not None:
            lock.close()
        shutil.rmtree(part, ignore_errors=True)


def refuse_existing(target: Path, companions: tuple[str, ...] = (), overwrite: bool = False) -> None:
    """Raise :class:`TargetExists` if the target or a companion is there and may not be replaced."""
    for path in (target, *(target.parent / name for name in companions)):
        if path.exists() and not overwrite:
            raise TargetExists("the output is already there", where=path, todo="give another name, or --overwrite")


def recover(target: Path) -> None:
    """Finish or clean up what killed processes left beside a target; a live process's work is not touched."""
    target = Path(target).absolute()
    with contextlib.suppress(OSError):
        for folder in sorted(target.parent.glob(f".{_literal(target.name)}.*{_READY}")):
            if _abandoned(folder):
                _finish(folder, target)
        for folder in sorted(target.parent.glob(f".{_literal(target.name)}.*{_PART}")):
            if _abandoned(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _literal(name: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)


def _finish(ready: Path, target: Path) -> None:
    entries = sorted((e for e in ready.iterdir() if e.name not in (_LOCK, _OLD)), key=lambda e: (e.name == target.name, e.name))
    for entry in entries:
        place = target.parent / entry.name
        if entry.is_dir() and place.exists():
            # A folder cannot be replaced in one step; it waits in .estran-old until all is in place.
            (ready / _OLD).mkdir(exist_ok=True)
            place.rename(ready / _OLD / f"{entry.name}.{uuid.uuid4().hex[:8]}")
        elif place.is_dir():
            shutil.rmtree(place)
        entry.replace(place)
    _sync_folder(target.parent)
    # The lock goes last: without it the folder counts as abandoned, and nothing that matters is in it any more.
    shutil.rmtree(ready / _OLD, ignore_errors=True)
    shutil.rmtree(ready, ignore_errors=True)


def _failed(target: Path, error: OSError) -> EstranError:
    todo = {
        errno.ENOSPC: "free some space, or write to another disk",
        errno.EFBIG: "the system forbids files of this size; write to another disk, or raise the limit",
        errno.EDQUOT: "free some of your quota, or write to another disk",
        errno.EACCES: "choose a folder that you may write into",
        errno.EROFS: "choose a folder that you may write into",
    }.get(error.errno or 0, "")
    return WriteFailed("the output could not be written; nothing is left of it", where=target, found=error.strerror or str(error), todo=todo)


def _flush(folder: Path) -> None:
    """Have the system put everything on the disk: a full disk may show only now."""
    for path in folder.rglob("*"):
        if path.is_file() and path.name != _LOCK:
            with path.open("rb+") as file:
                os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError:
        pass  # some network file systems cannot; the names are then as safe as they get
    finally:
        os.close(descriptor)


def _abandoned(folder: Path) -> bool:
    """Whether no process holds the folder's lock; a lock dies with its process, however that ended."""
    try:
        with (folder / _LOCK).open("rb+") as file:
            _hold(file)
            return True
    except FileNotFoundError:
        return True
    except OSError:
        return False


if sys.platform == "win32":
    import msvcrt

    def _hold(file: IO[bytes]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _hold(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
