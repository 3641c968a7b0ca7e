"""Java's properties files: read as Java reads them, edited without touching what is not ours.

Format: java.util.Properties.load (Java SE API). SNAP 10 and newer reads its files as UTF-8 (Files.newBufferedReader)
and skips a file that is not; older Java code and SNAP's installers write ISO-8859-1. What we write is ASCII with \\u
escapes, which both read alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from estran.errors import EstranError

_LINE = re.compile(rb"[ \t\f]*[#!][^\r\n]*(?:\r\n|\r|\n|\Z)|((?:\\(?:\r\n|[\s\S])|[^\\\r\n])*\\?)(?:\r\n|\r|\n|\Z)")
"""A comment, or a key with its value: a back-slash before the end of a natural line makes the next one a part of it."""
_KEY_AND_VALUE = re.compile(r"((?:\\.|[^\\=: \t\f])*)[ \t\f]*[=:]?[ \t\f]*(.*)", re.DOTALL)
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


@dataclass(frozen=True)
class Entry:
    """A key, its value, and the bytes of the file that say so (its natural lines, with their ends)."""

    key: str
    value: str
    start: int
    stop: int


def read_properties(data: bytes, name: object = "") -> dict[str, str]:
    """Keys and values; of a key that occurs twice, the last.

    Raises
    ------
    EstranError
        A malformed ``\\u`` escape, at which Java stops too.
    """
    return {entry.key: entry.value for entry in entries(data, name)}


def is_utf8(data: bytes) -> bool:
    """Whether SNAP can read the file at all."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def edit_properties(data: bytes, values: Mapping[str, str | None], name: object = "") -> bytes:
    """The file with these values set, or taken out where None; every other byte stays.

    A key that occurs several times is set at its last place and taken out at the others. New keys come at the end, in
    the order given.
    """
    found = [entry for entry in entries(data, name) if entry.key in values]
    last = {entry.key: entry for entry in found}
    end = b"\r\n" if b"\r\n" in data else b"\n"
    text, at = b"", 0
    for entry in found:
        value = values[entry.key]
        text += data[at : entry.start]
        if value is not None and entry is last[entry.key]:
            text += data[entry.start : entry.stop] if value == entry.value else _line(entry.key, value) + end
        at = entry.stop
    text += data[at:]
    new = b"".join(_line(key, value) + end for key, value in values.items() if value is not None and key not in last)
    if new and text and not text.endswith((b"\n", b"\r")):
        text += end
    if new and _open_ended(text):
        text += end  # else the first new line would go on with the last old one
    return text + new


def entries(data: bytes, name: object = "") -> list[Entry]:
    """Every key with its value and place, in the order of the file."""
    encoding = "utf-8" if is_utf8(data) else "latin-1"
    found = []
    for line in _LINE.finditer(data):
        if line[1] is None or not line[1].strip(b" \t\f"):
            continue
        # Blanks at the beginning of each natural line do not count.
        text = re.sub(
            r"\\(?:(?:\r\n|\r|\n)[ \t\f]*|(.)|\Z)",
            lambda m: m[0] if m[1] else "",
            line[1].decode(encoding),
            flags=re.DOTALL,
        )
        match = _KEY_AND_VALUE.fullmatch(text.lstrip(" \t\f"))
        assert match is not None  # the pattern takes every text
        found.append(Entry(_unescape(match[1], name), _unescape(match[2], name), *line.span()))
    return found


def _open_ended(data: bytes) -> bool:
    """Whether the last line ends in a back-slash that Java would take for "goes on"."""
    held = entries(data)
    text = data.rstrip(b"\r\n")
    return bool(held) and held[-1].stop == len(data) and (len(text) - len(text.rstrip(b"\\"))) % 2 == 1


def _unescape(text: str, name: object) -> str:
    def one(match: re.Match[str]) -> str:
        if match[3]:
            return _ESCAPES.get(match[3], match[3])
        if not match[2]:
            found = text[match.start() : match.start() + 6]
            raise EstranError(
                "a properties file has a broken \\u escape",
                where=name,
                found=found,
                todo="write back-slashes of paths twice: C:\\\\users",
            )
        return chr(int(match[2], 16))

    plain = re.sub(r"\\(?:(u)([0-9A-Fa-f]{4})?|(.))", one, text, flags=re.DOTALL)
    # Characters beyond the first plane are written as two escapes.
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _line(key: str, value: str) -> bytes:
    return _escape(key, "=: \t\f#!") + b" = " + _escape(value, "")


def _escape(text: str, special: str) -> bytes:
    names = {"\t": "\\t", "\n": "\\n", "\r": "\\r", "\f": "\\f", "\\": "\\\\"}
    units = text.encode("utf-16-be", "surrogatepass")
    characters = [chr(int.from_bytes(units[i : i + 2])) for i in range(0, len(units), 2)]
    written = [
        names.get(c) or ("\\" + c if c in special else c if " " <= c <= "~" else f"\\u{ord(c):04X}") for c in characters
    ]
    if written and written[0] == " ":
        written[0] = "\\ "  # blanks before a value do not count
    return "".join(written).encode("ascii")
