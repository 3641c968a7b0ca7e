"""One run at a time: a lock per output, held while a run works on it. It dies with its process, however that ended."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import socket
import stat
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from estran.errors import TargetExists

SUFFIX = ".estran-lock"
OWNER = ".estran-owner"
"""Of the file that stands for a lock where there are none."""
_BEING_WRITTEN = 60.0
"""How long a file that names no process may be one that is just being written [s]."""
_LONGEST = 180
"""Bytes of a name in the names of locks and hidden folders; file systems allow 255, and these names have more parts."""
_BUSY = {errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK}
_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}
_AS_IT_IS = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
"""How a lock is opened: links are not followed, pipes not waited for."""
_BEGIN = b'{"host"'
_HERE = Path("/proc")


def label(name: str) -> str:
    """The name of an output as part of other file names: itself, or its start and a digest where it is too long."""
    raw = os.fsencode(name)
    return (
        name if len(raw) <= _LONGEST else f"{raw[:60].decode(errors='ignore')}~{hashlib.sha256(raw).hexdigest()[:16]}"
    )


def lock_path(folder: Path, name: str) -> Path:
    """The lock of the output `name`, a hidden file in `folder`."""
    return folder / f".{label(name)}{SUFFIX}"


@dataclass
class Lock:
    """A lock that this process holds until :meth:`release`."""

    path: Path
    descriptor: int

    def release(self) -> None:
        """Give it back, and leave no file."""
        # The file goes while it is still locked: who opens it in between sees that its name has gone, and tries again.
        if sys.platform != "win32":
            self._unlink()
        with contextlib.suppress(OSError):
            os.close(self.descriptor)
        if sys.platform == "win32":
            self._unlink()

    def _unlink(self) -> None:
        with contextlib.suppress(OSError):
            self.path.unlink()


def take(path: Path, patience: float = 0.0) -> Lock | None:
    """Take a lock; None where another run holds it.

    Where the file system knows no locks (some network disks), a file that says which process made it stands for one.

    Parameters
    ----------
    path
        Of the lock file; its folder must be there.
    patience
        How long to try [s].

    Raises
    ------
    OSError
        If the file cannot be made.
    TargetExists
        What has its name is no lock of ours: a link, a pipe, a folder, a file of another content. It stays as it is.
    """
    until = time.monotonic() + patience
    while True:
        lock = _take(path)
        if lock is not None or time.monotonic() >= until:
            return lock
        time.sleep(0.02)


def _take(path: Path) -> Lock | None:
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _AS_IT_IS, 0o666)
        except PermissionError:
            if sys.platform == "win32" and path.exists():
                return None  # being removed by its holder
            raise
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.EMLINK, errno.EISDIR, errno.ENXIO):  # a link, a folder, a socket
                raise _no_lock(path) from error
            raise
        if not _is_ours(descriptor):
            os.close(descriptor)
            raise _no_lock(path)
        try:
            _hold(descriptor)
        except OSError as error:
            os.close(descriptor)
            if error.errno in _BUSY:
                return None
            if error.errno in _NO_LOCKS:
                return _take_by_name(path)
            raise
        if _is_still_there(path, descriptor):
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, 0)
                os.lseek(descriptor, 0, os.SEEK_SET)
                os.write(descriptor, _ourselves())
            return Lock(path, descriptor)
        os.close(descriptor)


def _is_ours(descriptor: int) -> bool:
    """Whether an open file is a lock: empty, or begun as :func:`_ourselves` begins."""
    return stat.S_ISREG(os.fstat(descriptor).st_mode) and os.read(descriptor, len(_BEGIN)) in (b"", _BEGIN)


def _no_lock(path: Path) -> TargetExists:
    return TargetExists(
        "something that is not ours has the name of the output's lock",
        where=path,
        todo="move it away, or give another name",
    )


def _is_still_there(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def holder(path: Path) -> str:
    """Who holds a lock, as far as its file says: "process 123 on host"; empty where it says nothing."""
    for file in (path, path.with_name(path.name.removesuffix(SUFFIX) + OWNER)):
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
            said = json.loads(file.read_bytes())
            return f"process {said['process']} on {said['host']}"
    return ""


def still_held(path: Path) -> str:
    """What to do besides waiting where a file stands for a lock, which does not die with its process on another
    computer.
    """
    owner = path.with_name(path.name.removesuffix(SUFFIX) + OWNER)
    return f"; if that run has gone, remove {owner}" if owner.exists() else ""


# ---------------------------------------------------------------- file systems without locks


def _take_by_name(path: Path) -> Lock | None:
    """The process that makes the file beside the lock first holds it; one whose process has gone is removed."""
    with contextlib.suppress(OSError):
        path.unlink()
    owner = path.with_name(path.name.removesuffix(SUFFIX) + OWNER)
    for _ in range(10):
        try:
            descriptor = os.open(owner, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o666)
        except FileExistsError:
            if _lives(owner):
                return None
            with contextlib.suppress(OSError):
                owner.unlink()
            continue
        os.write(descriptor, _ourselves())
        return Lock(owner, descriptor)
    return None


def _ourselves() -> bytes:
    return json.dumps({"host": socket.gethostname(), "process": os.getpid(), "started": _started(os.getpid())}).encode()


def _lives(path: Path) -> bool:
    """Whether the process that a lock file names may still run; on another computer it may."""
    try:
        said = json.loads(path.read_bytes())
        host, process, started = said["host"], int(said["process"]), said["started"]
    except FileNotFoundError:
        return False
    except (OSError, ValueError, TypeError, KeyError):
        return _age(path) < _BEING_WRITTEN
    if host != socket.gethostname() or sys.platform == "win32":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return not started or _started(process) in ("", started)


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0


def _started(process: int) -> str:
    """When a process began, in the system's own ticks: numbers of processes come again."""
    try:
        return (_HERE / str(process) / "stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


if sys.platform == "win32":
    import msvcrt

    def _hold(descriptor: int) -> None:
        os.lseek(descriptor, 1 << 30, os.SEEK_SET)  # far behind what is written: a locked byte cannot be read
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)

else:
    import fcntl

    def _hold(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
