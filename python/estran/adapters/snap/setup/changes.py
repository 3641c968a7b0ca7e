"""Changes of files: each file appears whole, by a rename in its folder, and an error takes all changes back."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
import sys
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from estran.errors import WriteFailed

_PART = ".estran-part"

Content = bytes | Path | None
"""Bytes of a file, the target of a link to a folder, or nothing."""


@dataclass(frozen=True)
class Change:
    """What shall be at a path; None: no file, link or empty folder any more."""

    path: Path
    wanted: Content
    why: str = ""

    @property
    def description(self) -> str:
        """For a dry run."""
        if self.wanted is None:
            return f"remove  {self.path}"
        if isinstance(self.wanted, Path):
            return f"link    {self.path} -> {self.wanted}"
        verb = "replace" if self.path.is_file() else "write  "
        return f"{verb} {self.path} ({len(self.wanted)} bytes{'; ' if self.why else ''}{self.why})"


@contextlib.contextmanager
def made(changes: Iterable[Change]) -> Iterator[None]:
    """Make changes in this order for the work of the block; an exception, of the block too, puts everything back.

    Raises
    ------
    WriteFailed
        The system refused one; all are taken back.
    """
    with contextlib.ExitStack() as undo:
        for change in changes:
            try:
                _make(change, undo)
            except OSError as error:
                raise WriteFailed(
                    "a file could not be changed; everything is as it was",
                    where=change.path,
                    found=error.strerror or error,
                    todo="see that you may write there and that the disk is not full",
                ) from error
        yield
        undo.pop_all()


def _make(change: Change, undo: contextlib.ExitStack) -> None:
    path, mode = change.path, None
    for folder in missing_folders(path) if change.wanted is not None else ():
        folder.mkdir()
        undo.callback(shutil.rmtree, folder, ignore_errors=True)  # with the caches that Python leaves in it
    if is_folder(path):
        path.rmdir()
        undo.callback(path.mkdir)
    elif path.is_file() and not is_link(path):
        mode = stat.S_IMODE(path.stat().st_mode)
    undo.callback(_put, path, content_of(path), mode)
    _put(path, change.wanted, mode)


def _put(path: Path, wanted: Content, mode: int | None) -> None:
    if content_of(path) == wanted:
        return
    if is_link(path) or not isinstance(wanted, bytes):
        path.unlink(missing_ok=True)
    if isinstance(wanted, Path):
        _make_link(path, wanted)
    elif wanted is not None:
        part = path.parent / f".{path.name}.{uuid.uuid4().hex[:12]}{_PART}"
        try:
            part.write_bytes(wanted)
            if mode is not None:
                part.chmod(mode)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def content_of(path: Path) -> Content:
    """What is at a path; of a folder nothing."""
    if is_link(path):
        return path.readlink()
    return path.read_bytes() if path.is_file() else None


def mark(wanted: Content) -> str:
    """By which a content is known again: SHA-256 of bytes, ``-> target`` of a link, "" of nothing."""
    if isinstance(wanted, Path):
        return f"-> {os.path.realpath(wanted)}"
    return "" if wanted is None else hashlib.sha256(wanted).hexdigest()


def mark_at(path: Path) -> str:
    """The mark of what is at a path; "?" of what cannot be read, so it is not known."""
    try:
        return mark(path if is_link(path) else content_of(path))
    except OSError:
        return "?"


def missing_folders(path: Path) -> list[Path]:
    """Folders above a path that are not there yet, the outermost first."""
    return [folder for folder in reversed(path.parents) if not folder.exists()]


def tree(folder: Path) -> list[Path]:
    """Everything below a folder, links not followed, what is deepest first, so that it can be removed in this order."""
    found: list[Path] = []
    for entry in sorted(folder.iterdir()) if is_folder(folder) else ():
        found += [*tree(entry), entry]
    return found


def is_part(path: Path) -> bool:
    """Whether a killed process left it beside a file that it was writing."""
    return path.name.startswith(".") and path.name.endswith(_PART)


def is_folder(path: Path) -> bool:
    """Whether it is a folder, not a link to one."""
    return path.is_dir() and not is_link(path)


def is_link(path: Path) -> bool:
    """Whether it is a symbolic link, or a junction of Windows, which needs no rights."""
    if path.is_symlink():
        return True
    return (
        sys.platform == "win32"
        and os.path.lexists(path)
        and os.lstat(path).st_reparse_tag == stat.IO_REPARSE_TAG_MOUNT_POINT
    )


def _make_link(path: Path, target: Path) -> None:
    if sys.platform == "win32":
        import _winapi

        _winapi.CreateJunction(str(target), str(path))
    else:
        path.symlink_to(target, target_is_directory=True)
