"""Small tables as text: a record in comments, one line of headings, rows of comma-separated values."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt

from estran.errors import BadProduct

_CONTENT = "content"


@dataclass(frozen=True)
class TextTable:
    """A record of how the table was made, and its columns as text."""

    record: Mapping[str, str]
    columns: Mapping[str, tuple[str, ...]]


def text_of(record: Mapping[str, str], headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The text of a table; the hash of its headings and rows is added to the record.

    Examples
    --------
    >>> print(text_of({"what": "squares"}, ["x", "y"], [(1, 1), (2, 4)]), end="")
    # what: squares
    # content: sha256:7d3d34b39a20ee71a7d9eaebc1c9f2740735abf8b76dc3a8b52242f7a91c178e
    x,y
    1,1
    2,4
    """
    body = "".join(",".join(str(value) for value in row) + "\n" for row in (headings, *rows))
    whole = {**record, _CONTENT: _hash(body)}
    return "".join(f"# {key}: {value}\n" for key, value in whole.items()) + body


def write_text(path: Path, record: Mapping[str, str], columns: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write a table of columns of one length: numbers with seven digits, the rest as it is."""
    written = [
        [f"{x:.7g}" for x in column] if column.dtype.kind == "f" else [str(x) for x in column]
        for column in columns.values()
    ]
    path.write_text(text_of(record, list(columns), zip(*written, strict=True)), "utf-8", newline="\n")


def read_text(path: Path) -> TextTable:
    """Read a table and check its content against its record.

    Raises
    ------
    BadProduct
        If the file is missing, changed since it was made, or no table.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadProduct(
            "a look-up table cannot be read",
            where=path.name,
            found=getattr(error, "strerror", None) or error,
            todo="install Estran again, or estran tables build",
        ) from error
    lines = text.splitlines(keepends=True)
    head = [line for line in lines if line.startswith("# ")]
    body = "".join(line for line in lines if not line.startswith("# "))
    record = dict(line[2:].rstrip("\n").split(": ", 1) for line in head if ": " in line)
    if record.get(_CONTENT) != _hash(body):
        raise BadProduct(
            "a look-up table is not as it was made",
            where=path.name,
            expected=record.get(_CONTENT, "a hash"),
            found=_hash(body),
        )
    rows = [line.rstrip("\n").split(",") for line in body.splitlines()]
    return TextTable(record, {name: tuple(row[i] for row in rows[1:]) for i, name in enumerate(rows[0])})


def _hash(body: str) -> str:
    return "sha256:" + hashlib.sha256(body.encode()).hexdigest()
