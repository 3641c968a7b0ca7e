"""How much a zip's directory claims, before it is read: every entry of it becomes an object in memory."""

from __future__ import annotations

import struct
from pathlib import Path

from estran.bounds import MEGABYTE, within

LARGEST = 16 * MEGABYTE
"""Most bytes of the directory; a Sentinel-2 product of all tiles of a datatake, in the old format, has about 1 MB."""

_END, _END_SIZE = b"PK\x05\x06", 22
_LOCATOR, _LOCATOR_SIZE = b"PK\x06\x07", 20
_END64, _END64_SIZE = b"PK\x06\x06", 56
_COMMENT = 0xFFFF


def check_directory(path: Path) -> None:
    """Refuse a zip with a directory that no product has (APPNOTE of PKWARE, 4.3.14 to 4.3.16).

    Raises
    ------
    BadProduct
        The directory is too large. What is no zip passes: it fails where it is listed.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        tail_at = max(0, size - _END_SIZE - _COMMENT - _LOCATOR_SIZE)
        file.seek(tail_at)
        tail = file.read()
        at = tail.rfind(_END)
        if at < 0 or len(tail) - at < _END_SIZE:
            return
        directory: int = struct.unpack_from("<I", tail, at + 12)[0]
        if tail[max(0, at - _LOCATOR_SIZE) :].startswith(_LOCATOR):
            file.seek(min(size, struct.unpack_from("<Q", tail, at - _LOCATOR_SIZE + 8)[0]))
            end64 = file.read(_END64_SIZE)
            if len(end64) == _END64_SIZE and end64.startswith(_END64):
                directory = struct.unpack_from("<Q", end64, 40)[0]
    within(min(directory, size), LARGEST, "the directory of the zip", path)
