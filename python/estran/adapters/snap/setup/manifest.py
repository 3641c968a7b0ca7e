"""The manifest of an installation: what was written and edited, so that it is known again and can be taken out,
whatever else changed since.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from estran.adapters.snap.setup.changes import Change, content_of
from estran.adapters.snap.setup.desktop import HOME, with_line, without_line
from estran.adapters.snap.setup.properties import edit_properties, read_properties
from estran.errors import EstranError

FILE = "estran-install.json"
_SCHEMA = 2


@dataclass(frozen=True)
class Edit:
    """What of a text file of others is ours: settings of a properties file, or a line of a launcher's configuration.

    Parameters
    ----------
    earlier
        The file before, in base64; None: there was none.
    keys
        For each setting that we set: its value before (None: it was not set), and ours.
    line
        The line.
    """

    earlier: str | None
    keys: Mapping[str, tuple[str | None, str]] = field(default_factory=dict)
    line: str = ""

    @classmethod
    def of(cls, path: Path, old: Edit | None, *, values: Mapping[str, str] | None = None, line: str = "") -> Edit:
        """Values for a properties file, or a line for a launcher's configuration; what an `old` edit put there does not
        count as earlier.
        """
        now = content_of(path)
        earlier = now if isinstance(now, bytes) else None
        if earlier is not None and old is not None:
            earlier = old.taken_out(earlier, path)
        if earlier is not None and line:
            earlier = without_line(earlier, line)
        before = read_properties(earlier or b"", path) if values else {}
        keys = {key: (before.get(key), value) for key, value in (values or {}).items()}
        return cls(None if earlier is None else base64.b64encode(earlier).decode(), keys, line)

    @property
    def description(self) -> str:
        """For a dry run."""
        what = (
            f"{HOME} for SNAP Desktop"
            if self.line
            else "sets " + ", ".join(f"{key} = {ours}" for key, (_, ours) in self.keys.items())
        )
        return f"{what}; the rest stays"

    @property
    def earlier_bytes(self) -> bytes | None:
        """The file before."""
        return None if self.earlier is None else base64.b64decode(self.earlier)

    @property
    def result(self) -> bytes:
        """The file with what is ours."""
        earlier = self.earlier_bytes or b""
        return (
            with_line(earlier, self.line)
            if self.line
            else edit_properties(earlier, {key: ours for key, (_, ours) in self.keys.items()})
        )

    def taken_out(self, now: bytes, path: Path) -> bytes | None:
        """The file without what is still ours; None: no file is left. Without other changes it gets its earlier
        bytes back.
        """
        if now == self.result:
            return self.earlier_bytes
        if self.line:
            left = without_line(now, self.line)
        else:
            held = read_properties(now, path)
            left = edit_properties(
                now, {key: before for key, (before, ours) in self.keys.items() if held.get(key) == ours}, path
            )
        return None if self.earlier is None and not left.strip() else left


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
        It cannot be read, or another Estran wrote it.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        record = json.loads(path.read_bytes())
        if record.pop("schema") != _SCHEMA:
            raise EstranError(
                "another version of Estran made this installation",
                where=path,
                todo="uninstall it with that version, or remove the folder by hand",
            )
        files = {str(Path(name)): mark.strip() for name, mark in record.pop("files").items()}
        edits = {
            str(Path(name)): Edit(
                one["earlier"], {key: (before, ours) for key, (before, ours) in one["keys"].items()}, one["line"]
            )
            for name, one in record.pop("edits").items()
        }
        _ = [edit.result for edit in edits.values()]  # raises where a part is not of its type
        return Manifest(
            record["mode"], record["version"], files, edits, tuple(str(Path(one)) for one in record["folders"])
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise EstranError(
            "the record of the installation is damaged", where=path, todo=f"remove the folder {folder} by hand"
        ) from error
