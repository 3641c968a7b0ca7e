"""What we change in files of others: settings of SNAP, and a line for the desktop's launcher; and how it is taken out again."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from estran.adapters.snap.setup.changes import content_of
from estran.adapters.snap.setup.desktop import with_line, without_line
from estran.adapters.snap.setup.embedded import HOME
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

    @classmethod
    def of(cls, path: Path, old: Edit | None, *, values: Mapping[str, str] | None = None, line: str = "") -> Edit:
        """Values for a properties file, or a line for a launcher's configuration; what an `old` edit put there does not count as earlier."""
        earlier = content_of(path)
        if isinstance(earlier, bytes) and old is not None:
            earlier = old.taken_out(earlier, path)
        if not isinstance(earlier, bytes):
            earlier = None
        elif line:
            earlier = without_line(earlier, line)
        told = read_properties(earlier or b"", path) if values else {}
        keys = {key: (told.get(key), value) for key, value in (values or {}).items()}
        return cls(None if earlier is None else base64.b64encode(earlier).decode(), keys, line)

    @property
    def told(self) -> str:
        """For a dry run."""
        what = f"{HOME} for SNAP Desktop" if self.line else "sets " + ", ".join(f"{key} = {ours}" for key, (_, ours) in self.keys.items())
        return f"{what}; the rest stays"

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
