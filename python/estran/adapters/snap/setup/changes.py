"""Changes of files that can be taken back: all of them happen, or none.

Each file appears whole, by a rename in its folder. Whatever interrupts (an error, Ctrl-C, a full disk) undoes what was done, in reverse.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from estran.errors import WriteFailed

_PART = ".estran-part"


@dataclass(frozen=True)
class Write:
    """A file with these bytes."""

    path: Path
    data: bytes
    why: str = ""

    @property
    def done(self) -> bool:
        """Whether it is so already."""
        return self.path.is_file() and not is_link(self.path) and self.path.read_bytes() == self.data

    @property
    def told(self) -> str:
        """For a dry run."""
        return f"{'replace' if self.path.is_file() else 'write  '} {self.path} ({len(self.data)} bytes{'; ' if self.why else ''}{self.why})"


@dataclass(frozen=True)
class Link:
    """A link to a folder (on Windows a junction, which needs no rights)."""

    path: Path
    target: Path

    @property
    def done(self) -> bool:
        """Whether it is so already."""
        return points_at(self.path, self.target)

    @property
    def told(self) -> str:
        """For a dry run."""
        return f"link    {self.path} -> {self.target}"


@dataclass(frozen=True)
class Remove:
    """No file, link or empty folder there any more."""

    path: Path

    @property
    def told(self) -> str:
        """For a dry run."""
        return f"remove  {self.path}"


Change = Write | Link | Remove


class Changes:
    """A context in which changes are made; an exception takes them back.

    Raises
    ------
    WriteFailed
        The system refused one; all are taken back.
    """

    def __init__(self) -> None:
        self._undo: list[Callable[[], object]] = []

    def __enter__(self) -> Changes:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is not None:
            self.take_back()

    def take_back(self) -> None:
        """Undo everything, the last first."""
        while self._undo:
            self._undo.pop()()

    def make(self, changes: Iterable[Change]) -> None:
        """Make them in this order; what is so already is left alone."""
        for change in changes:
            try:
                match change:
                    case Write(path, data, _):
                        self._write(path, data)
                    case Link(path, target):
                        self._link(path, target)
                    case Remove(path):
                        self._remove(path)
            except OSError as error:
                raise WriteFailed(
                    "a file could not be changed; everything is as it was",
                    where=change.path,
                    found=error.strerror or error,
                    todo="see that you may write there and that the disk is not full",
                ) from error

    def _write(self, path: Path, data: bytes) -> None:
        if is_link(path):
            self._remove(path)
        earlier = path.read_bytes() if path.is_file() else None
        if earlier == data:
            return
        self._folders(path.parent)
        mode = stat.S_IMODE(path.stat().st_mode) if earlier is not None else None
        _put(path, data, mode)
        self._undo.append(path.unlink if earlier is None else lambda: _put(path, earlier, mode))

    def _link(self, path: Path, target: Path) -> None:
        if points_at(path, target):
            return
        if path.exists() or is_link(path):
            self._remove(path)
        self._folders(path.parent)
        make_link(path, target)
        self._undo.append(lambda: remove_link(path))

    def _remove(self, path: Path) -> None:
        if is_link(path):
            target = path.readlink()
            remove_link(path)
            self._undo.append(lambda: make_link(path, target))
        elif path.is_dir():
            path.rmdir()
            self._undo.append(path.mkdir)
        elif path.exists():
            data, mode = path.read_bytes(), stat.S_IMODE(path.stat().st_mode)
            path.unlink()
            self._undo.append(lambda: _put(path, data, mode))

    def _folders(self, folder: Path) -> None:
        missing = [f for f in (folder, *folder.parents) if not f.exists()]
        for one in reversed(missing):
            one.mkdir()
            self._undo.append(lambda one=one: shutil.rmtree(one, ignore_errors=True))  # type: ignore[misc]


def tree(folder: Path) -> list[Path]:
    """Everything below a folder, links not followed, what is deepest first, so that it can be removed in this order."""
    found: list[Path] = []
    for entry in sorted(folder.iterdir()) if folder.is_dir() and not is_link(folder) else ():
        if entry.is_dir() and not is_link(entry):
            found += tree(entry)
        found.append(entry)
    return found


def parts_of(path: Path) -> list[Path]:
    """What a killed process can have left beside a file that it was writing."""
    return sorted(p for p in (path.parent.iterdir() if path.parent.is_dir() else ()) if p.name.startswith(f".{path.name}.") and p.name.endswith(_PART))


def is_link(path: Path) -> bool:
    """Whether it is a symbolic link or a junction."""
    if path.is_symlink():
        return True
    if sys.platform != "win32":
        return False
    try:
        return os.lstat(path).st_reparse_tag == stat.IO_REPARSE_TAG_MOUNT_POINT
    except OSError:
        return False


def points_at(path: Path, target: Path) -> bool:
    """Whether it is a link to that place."""
    return is_link(path) and os.path.realpath(path) == os.path.realpath(target)


def make_link(path: Path, target: Path) -> None:
    """Link to a folder."""
    if sys.platform == "win32":
        import _winapi

        _winapi.CreateJunction(str(target), str(path))
    else:
        path.symlink_to(target, target_is_directory=True)


def remove_link(path: Path) -> None:
    """The link, never what it points at."""
    if path.is_symlink():
        path.unlink()
    else:
        path.rmdir()


def _put(path: Path, data: bytes, mode: int | None) -> None:
    part = path.parent / f".{path.name}.{uuid.uuid4().hex[:12]}{_PART}"
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
        if mode is not None:
            part.chmod(mode)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
