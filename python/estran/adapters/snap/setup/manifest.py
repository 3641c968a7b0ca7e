"""The manifest of an installation: what was written, so that it is known again and can be taken out, whatever else changed since."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from estran.adapters.snap.setup.changes import Change, content_of, is_folder, mark_at, tree
from estran.adapters.snap.setup.edits import Edit
from estran.errors import EstranError

FILE = "estran-install.json"
_SCHEMA = 2


@dataclass(frozen=True)
class Manifest:
    """An installation.

    Parameters
    ----------
    mode, version
        ``copy`` or ``link``; the Estran that made it.
    files
        Path (in our folder, or absolute) to the mark of what was written there.
    edits
        Changes of files of others, by path.
    folders
        Folders that were not there before.
    """

    mode: str = "copy"
    version: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    edits: Mapping[str, Edit] = field(default_factory=dict)
    folders: tuple[str, ...] = ()

    def taken_out(self) -> Iterator[Change]:
        """Files of others without what is still ours in them."""
        for name, edit in self.edits.items():
            path, now = Path(name), content_of(Path(name))
            left = edit.taken_out(now, path) if isinstance(now, bytes) else now
            if left != now:
                yield Change(path, left, "as it was" if left == edit.earlier_bytes else "what others changed stays")

    def to_bytes(self) -> bytes:
        """As a file; the same for the same installation."""
        return (json.dumps({"schema": _SCHEMA, **asdict(self)}, indent=1, sort_keys=True) + "\n").encode()


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of an installation, or None where there is none.

    Raises
    ------
    EstranError
        It cannot be read, or a newer Estran wrote it.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        told = json.loads(path.read_bytes())
        if told["schema"] not in (1, _SCHEMA):
            raise EstranError(
                "another version of Estran made this installation", where=path, todo="uninstall it with that version, or remove the folder by hand"
            )
        files, edits = (told["files"], told["edits"]) if told["schema"] == _SCHEMA else _first_schema(folder, told["outside"])
        return Manifest(
            told["mode"],
            told["version"],
            {str(Path(name)): mark.strip() for name, mark in files.items()},
            {str(Path(name)): _edit(one) for name, one in edits.items()},
            tuple(str(Path(one)) for one in told["folders"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise EstranError("the record of the installation is damaged", where=path, todo=f"remove the folder {folder} by hand") from error


def _edit(told: Mapping[str, Any]) -> Edit:
    edit = Edit(told["earlier"], {key: (before, ours) for key, (before, ours) in told["keys"].items()}, told.get("line", ""))
    _ = edit.result  # raises where a part is not of its type
    return edit


def _first_schema(folder: Path, outside: list[dict[str, Any]]) -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
    """Of an installation whose record holds no marks: everything in our folder is ours, and so are files outside that were not edited."""
    edits = {one["path"]: one for one in outside if one["keys"] or one.get("line")}
    inside = {str(p.relative_to(folder)): mark_at(p) for p in tree(folder) if not is_folder(p) and p != folder / FILE and "__pycache__" not in p.parts}
    return inside | {one["path"]: mark_at(Path(one["path"])) for one in outside if one["path"] not in edits}, edits
