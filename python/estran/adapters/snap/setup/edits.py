"""What we change in files of others: settings of SNAP, and a line for the desktop's launcher; and how it is taken out again."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from estran.adapters.snap.setup.changes import Change, content_of
from estran.adapters.snap.setup.desktop import with_line, without_line
from estran.adapters.snap.setup.properties import edit_properties, read_properties


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

    @property
    def earlier_bytes(self) -> bytes | None:
        """The file before."""
        return None if self.earlier is None else base64.b64decode(self.earlier)

    @property
    def result(self) -> bytes:
        """The file with what is ours."""
        earlier = self.earlier_bytes or b""
        return with_line(earlier, self.line) if self.line else edit_properties(earlier, {key: ours for key, (_, ours) in self.keys.items()})

    def taken_out(self, now: bytes, path: Path) -> bytes | None:
        """The file without what is still ours; None: no file is left. If nobody else changed it, it gets its earlier bytes back."""
        if now == self.result:
            return self.earlier_bytes
        if self.line:
            left = without_line(now, self.line)
        else:
            held = read_properties(now, path)
            left = edit_properties(now, {key: before for key, (before, ours) in self.keys.items() if held.get(key) == ours}, path)
        return None if self.earlier is None and not left.strip() else left


class Edits:
    """The edits of an installation. Those of the one before (`old`) are kept, or made anew."""

    def __init__(self, old: Mapping[str, Edit]) -> None:
        self.old = old
        self.now: dict[str, Edit] = {}
        self.changes: list[Change] = []

    def keep(self, path: Path) -> None:
        """Leave a file as it is, with what is ours in it."""
        if str(path) in self.old:
            self.now[str(path)] = self.old[str(path)]

    def make(self, path: Path, why: str, *, values: Mapping[str, str] | None = None, line: str = "") -> None:
        """Set values in a properties file, or add a line to a launcher's configuration."""
        before, old = content_of(path), self.old.get(str(path))
        earlier = before if isinstance(before, bytes) else None
        if earlier is not None and old is not None:
            earlier = old.taken_out(earlier, path)
        if earlier is not None and line:
            earlier = without_line(earlier, line)
        told = read_properties(earlier or b"", path) if values else {}
        keys = {key: (told.get(key), value) for key, value in (values or {}).items()}
        edit = Edit(None if earlier is None else base64.b64encode(earlier).decode(), keys, line)
        self.now[str(path)] = edit
        self.changes.append(Change(path, edit.result, why))
