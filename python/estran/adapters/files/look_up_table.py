"""How a look-up table of ours is known by its start, so that nothing else is ever replaced by one."""

from __future__ import annotations

from pathlib import Path

from estran.adapters.files.belongings import Kind

_TEXT = b"# what: "
_ZIP, _NAME, _RECORD = b"PK\x03\x04", 30, b"record.npy"
"""Start of a zip, where in it the name of its first member is, and that name."""


def _is_one(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(64)
    return start.startswith(_TEXT) or (start.startswith(_ZIP) and start[_NAME:].startswith(_RECORD))


LOOK_UP_TABLE = Kind(folder=False, called="look-up table of Estran", is_one=_is_one)
