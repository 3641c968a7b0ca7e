"""Tables of pixels as CSV: every column is kept as text, in its order; numbers are made of those that are asked for."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from estran import bounds
from estran.adapters.files.belongings import A_FILE, Kind
from estran.adapters.files.whole import whole
from estran.errors import BadProduct
from estran.sensors.bands import SEMANTIC, refuse_old_names, resolve

_COLUMNS = 10_000
"""Most columns of a table: a spectrum of every nanometre has 2,000."""

_DELIMITERS = ",;\t|"
_IN_BRACKETS = re.compile(r"(?P<name>.*?)\s*[\[(]\s*(?P<unit>[^\])]*?)\s*[\])]\s*")
_SEP = re.compile(r'"?sep=([^"\r\n])"?[\s,;]*', re.IGNORECASE)
"""The line that states for Excel what separates the cells; it is no header."""
_DECIMAL_COMMA = re.compile(r"[-+]?\d*,\d+(?:[eE][-+]?\d+)?")

_EMPTY = frozenset({"", "nan", "na", "n/a", "null", "none"})
"""Cells, in lower case, that say "no value"."""


@dataclass(frozen=True)
class Table:
    """A CSV file as text.

    Parameters
    ----------
    path
        Where it came from, for errors.
    names
        Column names, in order.
    rows
        Cells, each row as long as `names`.
    delimiter
        What separates the cells.
    lines
        The line of the file on which each row begins.
    """

    path: Path
    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    delimiter: str = ","
    lines: tuple[int, ...] = ()

    def texts(self, name: str) -> npt.NDArray[np.str_]:
        """A column as text, (n,)."""
        at = self._index(name)
        return np.array([row[at] for row in self.rows], dtype=np.str_)

    def numbers(self, name: str) -> npt.NDArray[np.float64]:
        """A column as numbers, (n,); empty cells, "NaN" and "NA" are NaN.

        Raises
        ------
        BadProduct
            A cell is no number: names its line and column.
        """
        at = self._index(name)
        values = np.empty(len(self.rows))
        for number, row in enumerate(self.rows):
            text = row[at].strip()
            try:
                values[number] = (
                    np.nan if text.lower() in _EMPTY else float(text.replace("_", "?"))
                )  # 1_000 is a number to Python alone
            except ValueError:
                raise BadProduct(
                    "a cell is not a number",
                    where=f"{self.path.name}, line {self.lines[number] if self.lines else number + 2}, column {name!r}",
                    found=repr(text[:40]),
                    todo="write numbers with a decimal point"
                    if _DECIMAL_COMMA.fullmatch(text)
                    else "correct it, or leave it empty",
                ) from None
        return values

    def _index(self, name: str) -> int:
        try:
            return self.names.index(name)
        except ValueError:
            raise BadProduct(
                f"the table has no column {name!r}", where=self.path, found=", ".join(self.names)
            ) from None


def name_and_unit(heading: str) -> tuple[str, str | None]:
    """The name of a column and its unit, in brackets or parentheses after it; None without these.

    Examples
    --------
    >>> name_and_unit("depth [m]"), name_and_unit("wind_speed (m/s)"), name_and_unit("depth []"), name_and_unit("id")
    (('depth', 'm'), ('wind_speed', 'm/s'), ('depth', ''), ('id', None))
    """
    match = _IN_BRACKETS.fullmatch(heading)
    return (match["name"], match["unit"]) if match else (heading, None)


def read_table(path: Path) -> Table:
    """Read a CSV file with a header line; comma, semicolon, tab or bar, as Excel's line ``sep=`` says, else whichever
    the header has most of.

    Raises
    ------
    BadProduct
        The file cannot be read, is no text, is empty, repeats a column, or a row has another number of cells than the
        header.
    """
    text = bounds.read_text(path, bounds.TABLE_BYTES, what="the table")
    if "\0" in text:
        raise BadProduct(
            "the table is no text",
            where=path,
            expected="CSV in UTF-8",
            found="zero bytes",
            todo="save it as CSV in UTF-8",
        )
    delimiter, begun, lines = _rows(text, path)
    if not lines or not any(cell.strip() for cell in lines[0]):
        raise BadProduct(
            "the table is empty", where=path, expected="a header line with column names, then a row for each pixel"
        )
    names = tuple(cell.strip() for cell in lines[0])
    if len(names) > _COLUMNS:
        raise BadProduct(
            "the table has too many columns",
            where=path,
            expected=f"at most {_COLUMNS}",
            found=len(names),
            todo="keep those of the bands",
        )
    repeated = sorted(name for name, times in Counter(names).items() if times > 1)
    if repeated:
        raise BadProduct(f"column {repeated[0]!r} is there twice", where=path, todo="rename one of them")
    for line, row in zip(begun[1:], lines[1:], strict=True):
        if len(row) != len(names):
            raise BadProduct(
                "a row has another number of cells than the header",
                where=f"{path.name}, line {line}",
                expected=len(names),
                found=len(row),
            )
    return Table(path, names, tuple(tuple(row) for row in lines[1:]), delimiter, tuple(begun[1:]))


def _rows(text: str, path: Path) -> tuple[str, list[int], list[list[str]]]:
    """What separates the cells; the line on which each row begins, and the rows, blank ones left out. A quoted cell may
    hold line ends.
    """
    stream = io.StringIO(text, newline="")
    first = stream.readline()
    said = _SEP.fullmatch(first)
    before = 1 if said is not None else 0
    if said is None:
        stream.seek(0)
        while first and not first.strip():
            first = stream.readline()
        stream.seek(0)
    delimiter = said[1] if said is not None else max(_DELIMITERS, key=first.count)
    begun: list[int] = []
    rows: list[list[str]] = []
    reader = csv.reader(stream, delimiter=delimiter)
    line = before + 1
    try:
        for row in reader:
            if row:
                begun.append(line)
                rows.append(row)
            line = before + reader.line_num + 1
    except csv.Error as error:
        raise BadProduct(
            "the table is no CSV", where=f"{path.name}, line {line}", found=str(error), todo="save it again as CSV"
        ) from error
    return delimiter, begun, rows


def pixel_columns(table: Table) -> dict[str, Any]:
    """What the masks can use of a table: bands and layers by semantic name as numbers, scene and landcover as text,
    label as numbers.

    Band names of Sentinel-2 ("B2", "B02", "B8A") serve where the semantic ones ("blue", "nir08") are missing.

    Raises
    ------
    UnsupportedProduct
        Columns have the names of an older Estran, of which "nir" means another band today.
    """
    refuse_old_names(table.names, table.path)
    columns: dict[str, Any] = {}
    for semantic in SEMANTIC:
        name = semantic if semantic in table.names else resolve(semantic, table.names)
        if name is not None:
            columns[semantic] = table.numbers(name)
    for name in ("scene", "landcover"):
        if name in table.names:
            columns[name] = table.texts(name)
    if "label" in table.names:
        columns["label"] = table.numbers("label")
    return columns


def with_columns(added: Sequence[str]) -> Kind:
    """The kind of a table that :func:`write_table` has written: these columns are its last."""
    names = [b'"?' + re.escape(name.encode()) + b'"?' for name in added]
    ends = re.compile(rb"(.)" + rb"\1".join(names) + rb"\r?\n?\Z")

    def is_one(path: Path) -> bool:
        with path.open("rb") as file:
            return ends.search(file.readline(bounds.TABLE_BYTES)) is not None

    return Kind(folder=False, called="table with the columns that Estran adds", is_one=is_one)


def refuse_taken(table: Table, added: Sequence[str]) -> None:
    """Raise where a table has a column already that would be added.

    Raises
    ------
    BadProduct
        The sentence names the column.
    """
    for name in added:
        if name in table.names:
            raise BadProduct(
                f"the table has a column {name!r} already",
                where=table.path,
                todo="rename or remove it: the result would hide it",
            )


def write_table(
    path: Path, table: Table, added: Mapping[str, Sequence[Any] | npt.NDArray[Any]], *, overwrite: bool = False
) -> None:
    """Write a table with columns added at its end; rows and columns of the input keep their order and their text. Whole
    or not at all.

    Parameters
    ----------
    path
        The CSV file to write.
    table
        The input.
    added
        New columns by name, each as long as the table; floats are written with six digits, NaN as an empty cell.
    overwrite
        Whether a file that is there is replaced.

    Raises
    ------
    BadProduct
        The table has such a column already, or a new one is of another length.
    TargetExists, WriteFailed
        As :func:`~estran.adapters.files.whole.whole`.
    """
    refuse_taken(table, tuple(added))
    for name, values in added.items():
        if len(values) != len(table.rows):
            raise BadProduct(
                f"the new column {name!r} does not fit the table",
                where=table.path,
                expected=f"{len(table.rows)} rows",
                found=len(values),
            )
    texts = [[_text(value) for value in values] for values in added.values()]
    with whole(path, overwrite=overwrite, kind=A_FILE) as part, part.open("w", encoding="utf-8", newline="") as stream:
        # A bare carriage return is not quoted by Python, and ends a line where the table is read again.
        bare = any("\r" in cell for row in table.rows for cell in row)
        writer = csv.writer(
            stream, delimiter=table.delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL if bare else csv.QUOTE_MINIMAL
        )
        writer.writerow((*table.names, *added))
        writer.writerows((*row, *(column[number] for column in texts)) for number, row in enumerate(table.rows))


def _text(value: Any) -> str:
    if isinstance(value, (float, np.floating)):
        return "" if np.isnan(value) else f"{value:.6g}"
    return str(int(value)) if isinstance(value, (bool, np.bool_)) else str(value)
