"""The inputs of a study, read as its declaration says: tables, folders of tables, products."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.adapters.files.table import Table, name_and_unit, read_table
from estran.adapters.files.times import utc
from estran.adapters.studies.units import converted, spelt
from estran.catalogue.study import (
    Column,
    FolderData,
    FolderIn,
    Inputs,
    RasterData,
    RasterIn,
    Study,
    StudyInput,
    TableData,
    TableIn,
)
from estran.errors import BadProduct, MissingBand

Array = npt.NDArray[Any]

_NUMBER = re.compile(r"\s*[-+]?[\d.,]+([eE][-+]?\d+)?\s*")


@dataclass(frozen=True)
class ReadInputs:
    """The inputs of a study, with facts of each for the record (name of the file, SHA-256 of a table, rows)."""

    data: Inputs
    facts: Mapping[str, Mapping[str, Any]]
    notes: tuple[str, ...]


def read_inputs(study: Study | type[Study], paths: Mapping[str, Path]) -> ReadInputs:
    """Read every input of a study.

    Parameters
    ----------
    study
        Whose inputs are declared.
    paths
        Of each input, by its declared name.

    Raises
    ------
    BadProduct
        A table lacks a column, has a unit that does not convert, a key twice, a cell that is no number or no time, or
        no row; a folder has no table.
    MissingBand
        A product lacks a band.
    """
    data: dict[str, TableData | FolderData | RasterData] = {}
    facts: dict[str, Mapping[str, Any]] = {}
    for declared in study.inputs:
        path = Path(paths[declared.name])
        data[declared.name], facts[declared.name] = _read(declared, path)
    notes = tuple(note for one in data.values() for note in one.notes)
    return ReadInputs(data, facts, notes)


def _read(declared: StudyInput, path: Path) -> tuple[TableData | FolderData | RasterData, Mapping[str, Any]]:
    if isinstance(declared, TableIn):
        table = study_table(read_table(path), declared)
        return table, {"file": path.name, "sha256": _sha256(path), "rows": len(table)}
    if isinstance(declared, FolderIn):
        return _folder(declared, path)
    return _raster(declared, path)


def study_table(table: Table, declared: TableIn) -> TableData:
    """The columns that a study declares, from a table as text: numbers in the declared units, times in UTC.

    Units stand in brackets after the name of a column ("wind_speed [m/s]") or in a row of units below the header; a
    column without one is in the declared unit, which a note says.
    """
    named, units = _names_and_units(table)
    table = replace(table, names=named)
    table, units = _without_unit_row(table, declared, units)
    _refuse_lacking(table, declared)
    if not table.rows:
        raise BadProduct(
            "the table has a header and no row", where=table.path, expected=f"a row for each {declared.key}"
        )
    _refuse_repeated(table, declared)
    columns: dict[str, Array] = {}
    assumed = []
    for column in declared.columns:
        if column.name not in table.names:
            continue
        columns[column.name] = _column(table, column, units.get(column.name))
        if column.kind == "number" and spelt(column.unit) != "1" and units.get(column.name) is None:
            assumed.append(f"{column.name} in {column.unit}")
    for values in columns.values():
        values.flags.writeable = False
    notes = [f"no column {c.name}: {c.without}." for c in declared.columns if c.optional and c.name not in table.names]
    if assumed:
        notes.insert(0, f"{table.path.name} says no unit of {', '.join(assumed)}, which is assumed.")
    return TableData(columns, tuple(notes))


def _names_and_units(table: Table) -> tuple[tuple[str, ...], dict[str, str]]:
    names, units = [], {}
    for header in table.names:
        name, unit = name_and_unit(header)
        names.append(name)
        if unit is not None:
            units[name] = unit
    twice = next((n for n in names if names.count(n) > 1), None)
    if twice is not None:
        raise BadProduct(f"column {twice!r} is there twice", where=table.path, todo="rename one of them")
    return tuple(names), units


def _without_unit_row(table: Table, declared: TableIn, units: dict[str, str]) -> tuple[Table, dict[str, str]]:
    """The table without its row of units, which is the first below the header where no declared number in it is one,
    and some cell is a text.
    """
    at = [table.names.index(c.name) for c in declared.columns if c.kind == "number" and c.name in table.names]
    if not table.rows or not at:
        return table, units
    cells = [table.rows[0][k].strip() for k in at]
    if any(_NUMBER.fullmatch(cell) or cell.lower() in ("nan", "na") for cell in cells) or not any(cells):
        return table, units
    found = {table.names[k]: cell.strip("[]() ") for k, cell in zip(at, cells, strict=True) if cell}
    return replace(table, rows=table.rows[1:], lines=table.lines[1:]), {**units, **found}


def _refuse_lacking(table: Table, declared: TableIn) -> None:
    lacking = [c for c in declared.columns if not c.optional and c.name not in table.names]
    if lacking:
        first = lacking[0]
        unit = f" [{first.unit}]" if first.kind == "number" and first.unit != "1" else ""
        raise BadProduct(
            f"the table has no column {', '.join(repr(c.name) for c in lacking)}",
            where=table.path,
            expected=", ".join(c.name for c in declared.columns if not c.optional),
            found=", ".join(table.names),
            todo=f"add {first.name}{unit}: {first.meaning.rstrip('.')}, or rename the column that holds it",
        )


def _refuse_repeated(table: Table, declared: TableIn) -> None:
    first: dict[str, int] = {}
    for k, text in enumerate(table.texts(declared.key)):
        key = str(text).strip()
        if not key:
            raise BadProduct(
                f"a row has no {declared.key}", where=_line(table, k), todo=f"give each row a {declared.key} of its own"
            )
        if key in first:
            raise BadProduct(
                f"two rows of the table have the same {declared.key}",
                where=table.path,
                expected="each once",
                found=f"{key!r} in lines {table.lines[first[key]]} and {table.lines[k]}",
                todo="rename or remove one of them",
            )
        first[key] = k


def _column(table: Table, column: Column, unit: str | None) -> Array:
    if column.kind == "text":
        return np.char.strip(table.texts(column.name))
    if column.kind == "time":
        return _times(table, column.name)
    values = table.numbers(column.name)
    if unit is None:
        return values
    found = converted(values, unit, column.unit)
    if found is None:
        raise BadProduct(
            f"column {column.name!r} is in a unit that does not convert",
            where=table.path,
            expected=f"{column.unit}, or a unit of its kind",
            found=unit or "nothing between the brackets",
            todo=f"give {column.name} in {column.unit}",
        )
    return found


def _times(table: Table, name: str) -> Array:
    values = np.full(len(table.rows), np.datetime64("NaT"), "datetime64[us]")
    for k, text in enumerate(table.texts(name)):
        if not str(text).strip():
            continue
        moment = utc(str(text))
        if moment is None:
            raise BadProduct(
                "a cell is no time",
                where=f"{_line(table, k)}, column {name!r}",
                expected="ISO 8601, as 2024-06-21T10:56:31Z",
                found=repr(str(text)[:40]),
            )
        values[k] = np.datetime64(moment.replace(tzinfo=None), "us")
    return values


def _line(table: Table, row: int) -> str:
    return f"{table.path.name}, line {table.lines[row]}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _folder(declared: FolderIn, path: Path) -> tuple[FolderData, Mapping[str, Any]]:
    if not path.is_dir():
        raise BadProduct("the input is no folder", where=path, expected=f"a folder with {declared.pattern}")
    files = sorted(p for p in path.glob(declared.pattern) if p.is_file())
    if not files:
        raise BadProduct("the folder holds no table", where=path, expected=f"files {declared.pattern}")
    tables = {file.stem: study_table(read_table(file), declared.each) for file in files}
    notes: Sequence[str] = tuple(dict.fromkeys(note for table in tables.values() for note in table.notes))
    facts = {"folder": path.name, "sha256": {file.name: _sha256(file) for file in files}}
    return FolderData(tables, tuple(notes)), facts


def _raster(declared: RasterIn, path: Path) -> tuple[RasterData, Mapping[str, Any]]:
    from estran.adapters.files.open import open_product
    from estran.sensors.bands import resolve

    product = open_product(path)
    bands, grids = {}, {}
    for semantic in declared.bands:
        name = resolve(semantic, product.bands, product.platform)
        if name is None:
            raise MissingBand(
                f"the product has no band {semantic}",
                where=path,
                expected=", ".join(declared.bands),
                found=", ".join(product.bands),
            )
        band = product.bands[name]
        values = band.physical(np.asarray(band.data))
        values.flags.writeable = False
        bands[semantic], grids[semantic] = values, band.grid
    facts = {"file": path.name, "product": product.name, "bands": list(declared.bands)}
    return RasterData(bands, grids, product.platform, tuple(product.notes)), facts
