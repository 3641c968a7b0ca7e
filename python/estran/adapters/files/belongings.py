"""What is ours and may be replaced: a folder of results carries a list of what we wrote into it, and nothing else in it
is ever touched.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from estran import __version__
from estran.errors import TargetExists

MARKER = ".estran-result.json"
"""The list of its files in a folder of results."""
_SCHEMA = 1
HIDDEN = re.compile(r"\.(?P<label>.*)\.(?P<token>[0-9a-f]{12})(?P<state>\.estran-part|\.estran-ready)", re.DOTALL)
"""Folders in which results are made, beside their place; see :mod:`estran.adapters.files.whole`."""
LOCK = re.compile(r"\.(?P<label>.*)\.estran-(lock|owner)", re.DOTALL)

Inventory = dict[str, list[Any]]
"""What lies somewhere: relative path to [kind, size, time of change in ns]; folders have the kind alone."""


def is_hidden_work(name: str) -> bool:
    """Whether a name is that of a lock or of a folder in which a result is made."""
    return HIDDEN.fullmatch(name) is not None or LOCK.fullmatch(name) is not None


def inventory(top: Path, name: str = "") -> Inventory:
    """All that lies at `top`, which may be absent, a file or a folder; links are not followed.

    Parameters
    ----------
    top
        The file or folder.
    name
        What it is called in the list; "" lists what is inside a folder by itself.
    """
    try:
        entry = top.lstat()
    except FileNotFoundError:
        return {}
    found: Inventory = {name: _facts(entry)} if name else {}
    if stat.S_ISDIR(entry.st_mode):
        for path, facts in _inside(top, f"{name}/" if name else ""):
            found[path] = facts
    return found


def _inside(folder: Path, prefix: str) -> Iterator[tuple[str, list[Any]]]:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda e: e.name):
            if not prefix and is_hidden_work(entry.name):
                continue
            yield prefix + entry.name, _facts(entry.stat(follow_symlinks=False))
            if entry.is_dir(follow_symlinks=False):
                yield from _inside(Path(entry.path), f"{prefix}{entry.name}/")


def _facts(entry: os.stat_result) -> list[Any]:
    kind = "folder" if stat.S_ISDIR(entry.st_mode) else "file" if stat.S_ISREG(entry.st_mode) else "other"
    return [kind] if kind == "folder" else [kind, entry.st_size, entry.st_mtime_ns]


def mark(folder: Path) -> None:
    """Write the list of what is in a folder into it."""
    listed = {
        path: [*facts, _digest(folder / path)] if facts[0] == "file" else facts
        for path, facts in inventory(folder).items()
        if path != MARKER
    }
    text = json.dumps({"estran_result": _SCHEMA, "estran": __version__, "files": listed}, indent=0)
    (folder / MARKER).write_text(text, encoding="ascii")


def stranger(folder: Path) -> str:
    """The first thing in a folder that we did not write, or that was changed since; "" where all is ours, or nothing is
    there.
    """
    here = inventory(folder)
    if not here:
        return ""
    listed = (
        _listed(folder) if here.get(MARKER, [""])[0] == "file" else None
    )  # a link leads elsewhere, a pipe is waited for
    if listed is None:
        return next(path for path in [*(p for p in here if p != MARKER), *here])
    del here[MARKER]
    return next((path for path, facts in here.items() if not _same(folder / path, facts, listed.get(path))), "")


def _listed(folder: Path) -> Mapping[str, list[Any]] | None:
    try:
        said = json.loads((folder / MARKER).read_bytes())
        files = said["files"]
        return files if said["estran_result"] == _SCHEMA and isinstance(files, dict) else None
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def _same(path: Path, facts: list[Any], listed: Any) -> bool:
    """Whether a file is as it was written; a copy with another time counts where its content is the same."""
    if not isinstance(listed, list) or facts[:2] != listed[:2]:
        return False
    return facts[0] != "file" or facts[2] == listed[2] or (len(listed) > 3 and _digest(path) == listed[3])


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "blake2b").hexdigest()[:32]
    except OSError:
        return ""


def _always(_path: Path) -> bool:
    return True


def _by_list(_target: Path, folder: Path) -> str:
    return stranger(folder)


@dataclass(frozen=True)
class Kind:
    """What an output is, and how what is in its place is separated from what is ours.

    Parameters
    ----------
    folder
        Whether it is a folder; None where the writer decides.
    called
        What a file is called in sentences ("GeoTIFF").
    is_one
        Whether a file that is there is such a one; any other is never replaced. Empty files are.
    stranger
        Names something in a folder (the target, or one beside it that belongs to it) that may not be replaced; "" where
        there is no such thing.
    marked
        Whether folders get the list of their files.
    """

    folder: bool | None = None
    called: str = ""
    is_one: Callable[[Path], bool] = _always
    stranger: Callable[[Path, Path], str] = _by_list
    marked: bool = True


ANY = Kind()
A_FILE = Kind(folder=False)
A_FOLDER = Kind(folder=True)


def starts_with(called: str, *starts: bytes) -> Kind:
    """The kind of a file that is known by its first bytes."""

    def is_one(path: Path) -> bool:
        with path.open("rb") as file:
            return file.read(max(map(len, starts))).startswith(starts)

    return Kind(folder=False, called=called, is_one=is_one)


def judge(target: Path, companions: Sequence[Path], overwrite: bool, kind: Kind) -> None:
    """Raise :class:`TargetExists` if anything that is there may not be replaced; an empty folder may always be."""
    there = target.is_dir()
    if kind.folder is False and there:
        raise TargetExists("the output is a folder, and the name means a file", where=target, todo="give another name")
    if kind.folder and not there and os.path.lexists(target):
        raise TargetExists(
            "the output is a file, and the name means a folder",
            where=target,
            todo="give another name, or one with an ending",
        )
    present = [path for path in (target, *companions) if os.path.lexists(path)]
    for path in present:
        if path.is_dir() and not path.is_symlink():
            _judge_folder(target, path, kind)
        else:
            _judge_file(target, path, kind)
    for path in present:
        if _is_held_by_its_owner(path):
            raise TargetExists(
                "the output is another user's, in a folder where only owners replace things",
                where=path,
                todo="give another name",
            )
    for path in present:
        if not overwrite and not (path == target and path.is_dir() and not inventory(path)):
            raise TargetExists("the output is already there", where=path, todo="give another name, or --overwrite")


def _judge_folder(target: Path, folder: Path, kind: Kind) -> None:
    try:
        found = kind.stranger(target, folder)
    except PermissionError as error:
        raise TargetExists(
            "the output is a folder that cannot be looked into",
            where=folder,
            found=error.strerror,
            todo="give another name",
        ) from error
    if found:
        raise TargetExists(
            "the output folder holds things that are not ours, and is never replaced",
            where=folder,
            found=found,
            todo="give a folder of its own, or remove this one yourself",
        )
    # Each of them has to be emptied in the end.
    for path in (folder, *(folder / name for name, (kind, *_) in inventory(folder).items() if kind == "folder")):
        if not os.access(path, os.W_OK | os.X_OK):
            raise TargetExists(
                "the output is a folder that you may not write into", where=path, todo="give another name"
            )


def _is_held_by_its_owner(path: Path) -> bool:
    """Whether its folder is one like /tmp, where no other user may move or remove it."""
    if sys.platform == "win32" or path.is_mount():
        return False
    above = path.parent.stat()
    return bool(above.st_mode & stat.S_ISVTX) and os.geteuid() not in (0, above.st_uid, path.lstat().st_uid)


def _judge_file(target: Path, path: Path, kind: Kind) -> None:
    if path.is_symlink() or not path.is_file():
        raise TargetExists(
            "the output is neither a file nor a folder, and is never replaced", where=path, todo="give another name"
        )
    if path != target:
        raise TargetExists("a file is where a folder of the output goes", where=path, todo="give another name")
    try:
        wrong = path.stat().st_size > 0 and not kind.is_one(path)
    except OSError as error:
        raise TargetExists(
            "the output is already there and cannot be read", where=path, found=error.strerror, todo="give another name"
        ) from error
    if wrong:
        raise TargetExists(
            f"the output is already there and is no {kind.called}, so that --overwrite does not replace it either",
            where=path,
            todo="give another name",
        )
