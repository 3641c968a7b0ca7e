"""Java's properties files: read as Java reads them, edited without touching what is not ours.

Format: java.util.Properties.load (Java SE API). SNAP 10 and newer reads its files as UTF-8 (Files.newBufferedReader) and skips a file that is not;
older Java code and SNAP's installers write ISO-8859-1. What we write is ASCII with \\u escapes, which both read alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from estran.errors import EstranError

_BLANK = " \t\f"
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_NATURAL_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|\Z)")


@dataclass(frozen=True)
class Entry:
    """A key, its value, and the bytes of the file that say so (its natural lines, with their ends)."""

    key: str
    value: str
    start: int
    stop: int


def read_properties(data: bytes, name: object = "") -> dict[str, str]:
    """Keys and values; of a key that stands twice, the last.

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

    A key that stands several times is set at its last place and taken out at the others. New keys come at the end, in the order given.
    """
    found = [entry for entry in entries(data, name) if entry.key in values]
    last = {entry.key: entry for entry in found}
    end = b"\r\n" if b"\r\n" in data else b"\n"
    parts, at = [], 0
    for entry in found:
        value = values[entry.key]
        parts.append(data[at : entry.start])
        if value is not None and entry is last[entry.key]:
            same = value == entry.value
            parts.append(data[entry.start : entry.stop] if same else _line(entry.key, value) + end)
        at = entry.stop
    parts.append(data[at:])
    text = b"".join(parts)
    if _open_ended(text) and any(value is not None and key not in last for key, value in values.items()):
        text += end if text.endswith((b"\n", b"\r")) else end + end  # else the first new line would go on with the last old one
    for key, value in values.items():
        if value is not None and key not in last:
            text += (b"" if not text or text.endswith((b"\n", b"\r")) else end) + _line(key, value) + end
    return text


def entries(data: bytes, name: object = "") -> list[Entry]:
    """Every key with its value and place, in the order of the file."""
    encoding = "utf-8" if is_utf8(data) else "latin-1"
    found, at = [], 0
    while at < len(data):
        match = _NATURAL_LINE.match(data, at)
        assert match is not None  # the pattern matches the empty rest
        start, at = at, match.end()
        text = _content(data[start:at], encoding).lstrip(_BLANK)
        if not text or text[0] in "#!":
            continue
        while _goes_on(text) and at < len(data):
            match = _NATURAL_LINE.match(data, at)
            assert match is not None
            text = text[:-1] + _content(data[at : match.end()], encoding).lstrip(_BLANK)
            at = match.end()
        key, value = _split(text[:-1] if _goes_on(text) else text)
        found.append(Entry(_unescape(key, name), _unescape(value, name), start, at))
    return found


def _open_ended(data: bytes) -> bool:
    """Whether the last line ends in a back-slash that Java would take for "goes on"."""
    held = entries(data)
    return bool(held) and held[-1].stop == len(data) and _goes_on(data.decode("latin-1").rstrip("\r\n"))


def _content(line: bytes, encoding: str) -> str:
    return line.rstrip(b"\r\n").decode(encoding)


def _goes_on(text: str) -> bool:
    return (len(text) - len(text.rstrip("\\"))) % 2 == 1


def _split(text: str) -> tuple[str, str]:
    at = 0
    while at < len(text) and text[at] not in "=:" + _BLANK:
        at += 2 if text[at] == "\\" else 1
    key, rest = text[:at], text[at:].lstrip(_BLANK)
    if rest[:1] in ("=", ":"):
        rest = rest[1:].lstrip(_BLANK)
    return key, rest


def _unescape(text: str, name: object) -> str:
    def one(match: re.Match[str]) -> str:
        code = match[1]
        if code != "u":
            return _ESCAPES.get(code, code)
        if not re.fullmatch("[0-9A-Fa-f]{4}", match[2] or ""):
            raise EstranError("a properties file has a broken \\u escape", where=name, found=match[0], todo="write back-slashes of paths twice: C:\\\\users")
        return chr(int(match[2], 16))

    plain = re.sub(r"\\(u)(.{0,4})|\\(?!u)(.)", lambda m: one(m) if m[1] else _ESCAPES.get(m[3], m[3]), text, flags=re.DOTALL)
    # Characters beyond the first plane are written as two escapes.
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _line(key: str, value: str) -> bytes:
    return _escape(key, "=: \t\f#!") + b" = " + _escape(value, "")


def _escape(text: str, special: str) -> bytes:
    names = {"\t": "\\t", "\n": "\\n", "\r": "\\r", "\f": "\\f", "\\": "\\\\"}
    units = text.encode("utf-16-be", "surrogatepass")
    characters = [chr(int.from_bytes(units[i : i + 2])) for i in range(0, len(units), 2)]
    written = [names.get(c) or ("\\" + c if c in special else c if " " <= c <= "~" else f"\\u{ord(c):04X}") for c in characters]
    if written and written[0] == " ":
        written[0] = "\\ "  # blanks before a value do not count
    return "".join(written).encode("ascii")
