"""What a study reads: tables with declared columns, folders of tables, rasters; and these as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt

from estran.declare import Interval
from estran.errors import BadParameter, EstranError
from estran.raster.grid import Grid

Array = npt.NDArray[Any]
T = TypeVar("T")


@dataclass(frozen=True)
class Column:
    """A column of a table that a study reads.

    Parameters
    ----------
    name
        As in the header of the table.
    meaning
        One line for users.
    example
        A value as it stands in a table, for the pages and the contract tests.
    unit
        Of the numbers handed over; a table in another unit is converted.
    kind
        Numbers become float64 (NaN where the cell is empty), times ``datetime64[us]`` in UTC (NaT where empty), texts
        stay texts.
    optional
        Whether a table may be without it.
    without
        What is done instead; mandatory for optional columns.
    interval
        Of the values, as SNAP writes it; a row outside is a case that fails.
    """

    name: str
    meaning: str
    example: str
    unit: str = "1"
    kind: Literal["number", "time", "text"] = "number"
    optional: bool = False
    without: str = ""
    interval: str = ""

    def __post_init__(self) -> None:
        if self.interval:
            Interval.parse(self.interval)
        if self.optional and not self.without:
            raise EstranError("an optional column must say what is done without it", where=self.name)


@dataclass(frozen=True)
class TableIn:
    """A table (CSV): a header, a row for each thing, and a column that names each row."""

    name: str
    columns: tuple[Column, ...]
    key: str
    help: str

    def column(self, name: str) -> Column:
        """The column of that name."""
        return next(c for c in self.columns if c.name == name)


@dataclass(frozen=True)
class FolderIn:
    """A folder of tables of one kind, each a file that `pattern` finds; they are handed over by their file's stem."""

    name: str
    each: TableIn
    help: str
    pattern: str = "*.csv"


@dataclass(frozen=True)
class RasterIn:
    """A product in any format that is read, of which the study takes these bands by semantic name."""

    name: str
    bands: tuple[str, ...]
    help: str


StudyInput = TableIn | FolderIn | RasterIn


@dataclass(frozen=True, eq=False)
class TableData:
    """A table as a study gets it: columns by name, each (rows,), in the declared units; columns that are optional and
    missing are absent. Arrays are read-only.
    """

    columns: Mapping[str, Array]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def row(self, index: int) -> dict[str, Any]:
        """The values of a row by column, as NumPy scalars."""
        return {name: values[index] for name, values in self.columns.items()}


@dataclass(frozen=True, eq=False)
class FolderData:
    """Tables by the stem of their file, in the order of their names."""

    tables: Mapping[str, TableData]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class RasterData:
    """Physical values of bands by semantic name, each (rows, columns) float32 on its grid; read-only."""

    bands: Mapping[str, Array]
    grids: Mapping[str, Grid]
    platform: str = ""
    notes: tuple[str, ...] = ()


Inputs = Mapping[str, TableData | FolderData | RasterData]
"""The inputs of a study by their declared names."""


def given(inputs: Inputs, name: str, kind: type[T]) -> T:
    """An input by its name, as what it is.

    Raises
    ------
    BadParameter
        It was not given, or is another kind of data.
    """
    found = inputs.get(name)
    if not isinstance(found, kind):
        raise BadParameter(
            f"the input {name!r} of the study was not given", expected=kind.__name__, found=type(found).__name__
        )
    return found


def check_row(table: TableIn, row: Mapping[str, Any]) -> None:
    """Judge a row of a table: no mandatory value missing, and every number in its interval.

    Raises
    ------
    BadParameter
        Names the column, its interval and the value.
    """
    for column in table.columns:
        value = row.get(column.name)
        if value is None or column.name == table.key:
            continue
        empty = _is_empty(value, column.kind)
        if empty and not column.optional:
            raise BadParameter(f"{column.name} is empty", todo="fill the cell, or leave the row out")
        if not empty and column.interval and float(value) not in Interval.parse(column.interval):
            unit = "" if column.unit == "1" else f" {column.unit}"
            raise BadParameter(
                f"{column.name} is outside its interval",
                expected=f"{column.interval}{unit}",
                found=f"{float(value):g}",
                todo="correct the row, or leave it out",
            )


def _is_empty(value: Any, kind: str) -> bool:
    return not value if kind == "text" else bool(np.isnat(value) if kind == "time" else np.isnan(value))
