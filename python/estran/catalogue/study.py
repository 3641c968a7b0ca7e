"""What a study is: typed inputs, independent cases, and a result with a schema, declared in one place.

A study opens no file. Adapters read its inputs (:mod:`estran.adapters.studies.inputs`) and write its result
(:mod:`estran.adapters.studies.writers`); :mod:`estran.jobs.studies` runs its cases anywhere and keeps those that are
done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeVar, cast

import numpy as np
import numpy.typing as npt

from estran.catalogue.parameters import Interval
from estran.catalogue.spec import Declared
from estran.errors import BadParameter, EstranError
from estran.raster.grid import Grid
from estran.raster.scene import Progress, quiet

Array = npt.NDArray[Any]
T = TypeVar("T")


# ---------------------------------------------------------------- inputs


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


# ---------------------------------------------------------------- cases and results


@dataclass(frozen=True, eq=False)
class Case:
    """One independent piece of a study.

    Parameters
    ----------
    key
        Unique among the cases of a run; names it in results and messages.
    data
        All that its result depends on beside the study's parameters: numbers, texts, times, arrays, and tuples, lists,
        mappings and dataclasses of them, so that it can be sent to another process and be hashed.
    """

    key: str
    data: Any = None


@dataclass(frozen=True)
class Axis:
    """A dimension of a result beside that of the cases; its values come from :meth:`Study.axes`."""

    name: str
    meaning: str
    dtype: Literal["str", "float64", "int32"] = "str"
    unit: str = "1"


@dataclass(frozen=True)
class Variable:
    """A variable of a result.

    Parameters
    ----------
    name, meaning
        For programs and for people.
    dtype
        Exactly this one is handed over by :meth:`Study.run_case`; times are UTC.
    unit
        "1" for pure numbers; "" for texts and times.
    dims
        Names of axes, after the dimension of the cases, which every variable has first.
    uncertainty_of
        The variable whose standard uncertainty it is.
    """

    name: str
    meaning: str
    dtype: Literal["float32", "float64", "int32", "int64", "uint8", "str", "datetime64[us]"] = "float32"
    unit: str = "1"
    dims: tuple[str, ...] = ()
    uncertainty_of: str = ""


@dataclass(frozen=True)
class Plot:
    """A picture of the report: `y` over `x`, points for each of the labels `only` of y's axis, bars of `spread`."""

    name: str
    title: str
    x: str
    y: str
    spread: str = ""
    only: tuple[str, ...] = ()


@dataclass(frozen=True)
class DatasetOut:
    """A result with a schema: variables over the cases and further axes, saved as NetCDF or Parquet.

    Parameters
    ----------
    case_dim
        Dimension of the cases, whose coordinate holds their keys.
    variables, axes
        The schema.
    plots
        Pictures of the report.
    """

    case_dim: str
    variables: tuple[Variable, ...]
    axes: tuple[Axis, ...] = ()
    plots: tuple[Plot, ...] = ()

    def variable(self, name: str) -> Variable:
        """The variable of that name."""
        return next(v for v in self.variables if v.name == name)


@dataclass(frozen=True)
class ProductOut:
    """A result that is a product: what the only case of the study gives is written by the writer of this kind.

    Parameters
    ----------
    kind
        Of the writer (:data:`estran.adapters.studies.writers.WRITERS`).
    help
        What the user gets, for the command line.
    switches
        Options of the command that change nothing in the result, only whether the writer takes it: name and help.
    """

    kind: Literal["safe"]
    help: str
    switches: tuple[tuple[str, str], ...] = ()


class Study(Declared):
    """What is not raster to raster: campaigns, time axes, seeds. Subclasses are ``@dataclass(frozen=True,
    kw_only=True)``, importable by name, and their results depend on parameters and inputs alone, whatever the number
    of workers and their order.
    """

    inputs: ClassVar[tuple[StudyInput, ...]] = ()
    """What it reads: arguments of its command, in this order."""
    result: ClassVar[DatasetOut | ProductOut]

    def axes(self) -> Mapping[str, Sequence[Any]]:
        """Values along each axis of the result, by name."""
        return {}

    def cases(self, inputs: Inputs) -> Sequence[Case]:
        """The independent pieces of the work; by default a case for each row of the only table, named by its key."""
        table = _only_table(self)
        data = given(inputs, table.name, TableData)
        return [Case(str(data.columns[table.key][k]), data.row(k)) for k in range(len(data))]

    def run_case(self, case: Case, progress: Progress = quiet) -> Any:
        """What a case gives: a mapping from the name of each variable of the result to its array (of the shape of its
        axes, without that of the cases), or the product.

        Raises
        ------
        EstranError
            The case cannot be done, in a sentence; the other cases are.
        """
        raise EstranError(f"{self.alias} computes nothing")

    def run(self, progress: Progress = quiet, inputs: Inputs | None = None) -> Any:
        """Everything in this process, nothing kept: the product, or what each case gives by its key."""
        cases = self.cases({} if inputs is None else inputs)
        if isinstance(self.result, ProductOut):
            (case,) = cases
            return self.run_case(case, progress)
        return {case.key: checked_case(self, self.run_case(case), case.key) for case in cases}


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


def _only_table(study: Study) -> TableIn:
    tables = [declared for declared in study.inputs if isinstance(declared, TableIn)]
    if len(tables) != 1:
        raise EstranError(f"{study.alias} has no single table and declares no cases of its own")
    return tables[0]


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


def checked_case(study: Study, values: Any, where: str = "") -> dict[str, Array]:
    """The arrays of a case, compared with the schema of the study's result.

    Raises
    ------
    EstranError
        A variable is missing, unknown, or of another type or shape: a fault of the study.
    """
    result = cast(DatasetOut, study.result)
    sizes = {name: len(values) for name, values in study.axes().items()}
    found = dict(values)
    names = {v.name for v in result.variables}
    for name in sorted(names ^ set(found)):
        what = "gives no" if name in names else "gives an undeclared"
        raise EstranError(f"the study {study.alias} {what} variable {name!r}", where=where)
    checked = {}
    for v in result.variables:
        array = np.asarray(found[v.name])
        shape = tuple(sizes[d] for d in v.dims)
        kind_fits = array.dtype.kind == "U" if v.dtype == "str" else array.dtype == np.dtype(v.dtype)
        if not kind_fits or array.shape != shape:
            raise EstranError(
                f"the study {study.alias} breaks the schema of its result in {v.name}",
                where=where,
                expected=f"{v.dtype} {shape}",
                found=f"{array.dtype} {array.shape}",
            )
        checked[v.name] = array
    return checked


@dataclass(frozen=True, eq=False)
class StudyResult:
    """What a run of a study with a schema gives.

    Parameters
    ----------
    study
        Which one, with its parameters.
    keys
        Of the cases that are done, in the order of :meth:`Study.cases`.
    variables
        Arrays by name, the first dimension that of `keys`.
    failed
        The sentence of each case that failed, by key.
    inputs
        What was read: facts by input (file, SHA-256, rows).
    notes
        What was assumed.
    """

    study: Study
    keys: tuple[str, ...]
    variables: Mapping[str, Array]
    failed: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def joined(study: Study, done: Mapping[str, Mapping[str, Array]]) -> dict[str, Array]:
    """The variables of a result from those of its cases, in the order of `done`."""
    result = cast(DatasetOut, study.result)
    sizes = {name: len(values) for name, values in study.axes().items()}
    whole: dict[str, Array] = {}
    for v in result.variables:
        parts = [values[v.name] for values in done.values()]
        dtype: Any = "U1" if v.dtype == "str" else v.dtype
        whole[v.name] = np.stack(parts) if parts else np.empty((0, *(sizes[d] for d in v.dims)), dtype)
    return whole
