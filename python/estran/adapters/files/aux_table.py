"""Tables that operators read beside a product: CSV files whose header names columns and their units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.adapters.files.table import Table, name_and_unit, read_table
from estran.catalogue.auxiliary import AuxTable, TableColumn
from estran.catalogue.units import NoConversion, conversion
from estran.errors import BadProduct


def read_aux_table(path: Path, declared: AuxTable, notes: list[str]) -> dict[str, npt.NDArray[Any]]:
    """Read the columns that an operator declares.

    Parameters
    ----------
    path
        A CSV file with a header; each heading is the name of a column, with its unit in brackets after it where it has
        one ("depth [m]").
    declared
        Which columns, in which units.
    notes
        Gets a sentence for each column that is converted, and for those whose unit the file does not say.

    Returns
    -------
    dict
        By the names declared: (rows,) float64 in the units declared, NaN where a cell is empty; (rows,) text for
        columns of text.

    Raises
    ------
    BadProduct
        The file is no table or has no rows, lacks a column, gives a unit that cannot be converted, or has two rows with
        the same key.
    """
    table = read_table(path)
    headings = _headings(table)
    missing = [c.name for c in declared.columns if c.name not in headings]
    if missing:
        raise BadProduct(
            f"the table {declared.name} lacks the column {', '.join(missing)}",
            where=path,
            expected=", ".join(_heading(c) for c in declared.columns),
            found=", ".join(table.names),
            todo="add it, or correct its heading",
        )
    if not table.rows:
        raise BadProduct(f"the table {declared.name} has no rows", where=path, todo="give one that has")
    columns = {c.name: _values(table, c, headings[c.name], path, notes) for c in declared.columns}
    _refuse_duplicates(table, columns, declared.key, path)
    return columns


def _headings(table: Table) -> Mapping[str, tuple[str, str]]:
    """Heading and unit by the name of the column; where two headings have one name, the first."""
    found: dict[str, tuple[str, str]] = {}
    for heading in table.names:
        name, unit = name_and_unit(heading)
        found.setdefault(name, (heading, unit or ""))
    return found


def _values(
    table: Table, column: TableColumn, heading: tuple[str, str], path: Path, notes: list[str]
) -> npt.NDArray[Any]:
    name, unit = heading
    if column.kind == "text":
        return np.char.strip(table.texts(name))
    values = table.numbers(name)
    if not unit:
        if column.unit != "1":
            notes.append(f"{path.name} does not say the unit of {column.name}: it is taken as {column.unit}.")
        return values
    try:
        how = conversion(unit, column.unit)
    except NoConversion:
        raise BadProduct(
            f"column {column.name} of the table is in a unit that cannot be converted",
            where=path,
            expected=column.unit,
            found=unit,
            todo="give it in that unit, or correct its heading",
        ) from None
    if how is None:
        return values
    notes.append(f"{column.name} of {path.name} is converted from {unit} to {column.unit}.")
    return values * how.factor + how.offset


def _refuse_duplicates(table: Table, columns: Mapping[str, npt.NDArray[Any]], key: Sequence[str], path: Path) -> None:
    if not key:
        return
    first: dict[tuple[Any, ...], int] = {}
    for number, values in enumerate(zip(*(columns[name].tolist() for name in key), strict=True)):
        before = first.setdefault(values, number)
        if before != number:
            lines = [table.lines[i] if table.lines else i + 2 for i in (before, number)]
            raise BadProduct(
                "two rows of the table have the same key",
                where=f"{path.name}, lines {lines[0]} and {lines[1]}",
                expected=f"each {', '.join(key)} once",
                found=", ".join(f"{value:g}" if isinstance(value, float) else str(value) for value in values),
                todo="leave one of them out",
            )


def _heading(column: TableColumn) -> str:
    return column.name if column.unit == "1" or column.kind == "text" else f"{column.name} [{column.unit}]"
