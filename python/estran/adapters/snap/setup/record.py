"""What an installation did, kept in our folder of SNAP's user directory, so that uninstalling leaves nothing behind."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from estran.errors import EstranError

FILE = "estran-install.json"
_SCHEMA = 1


@dataclass(frozen=True)
class Outside:
    """A file outside our folder: its bytes before us (base64; None: it was not there), the settings we gave it (before, ours), or the line we added."""

    path: str
    earlier: str | None
    keys: dict[str, tuple[str | None, str]] = field(default_factory=dict)
    line: str = ""

    @property
    def earlier_bytes(self) -> bytes | None:
        """As bytes."""
        return None if self.earlier is None else base64.b64decode(self.earlier)


def outside(path: Path, earlier: bytes | None, keys: dict[str, tuple[str | None, str]] | None = None) -> Outside:
    """From bytes."""
    return Outside(str(path), None if earlier is None else base64.b64encode(earlier).decode(), keys or {})


@dataclass(frozen=True)
class Record:
    """An installation."""

    mode: str
    """``copy`` or ``link``."""
    version: str
    python: str
    module_dir: str
    outside: tuple[Outside, ...] = ()
    folders: tuple[str, ...] = ()
    """Folders that were not there before, the outermost first."""

    def to_bytes(self) -> bytes:
        """As a file; the same for the same installation."""
        return (json.dumps({"schema": _SCHEMA, **asdict(self)}, indent=1, sort_keys=True) + "\n").encode()


def read_record(folder: Path) -> Record | None:
    """The record of an installation, or None where there is none.

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
        if told.pop("schema") != _SCHEMA:
            raise EstranError(
                "another version of Estran made this installation", where=path, todo="uninstall it with that version, or remove the folder by hand"
            )
        kept = tuple(Outside(o["path"], o["earlier"], {k: (v[0], v[1]) for k, v in o["keys"].items()}, o.get("line", "")) for o in told.pop("outside"))
        return Record(**{**told, "folders": tuple(told["folders"])}, outside=kept)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EstranError("the record of the installation is damaged", where=path, todo=f"remove the folder {folder} by hand") from error
