"""What a study is: typed inputs, independent cases, and a result with a schema, declared in one place.

A study opens no file. Adapters read its inputs (:mod:`estran.adapters.studies.inputs`) and write its result
(:mod:`estran.adapters.studies.writers`); :mod:`estran.jobs.studies` runs its cases anywhere and keeps those that are
done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, cast

import numpy as np

from estran.catalogue.checks import check_declaration
from estran.catalogue.spec import Declared
from estran.catalogue.study_inputs import (
    Array,
    Column,
    FolderData,
    FolderIn,
    Inputs,
    RasterData,
    RasterIn,
    StudyInput,
    TableData,
    TableIn,
    check_row,
    given,
)
from estran.errors import EstranError
from estran.raster.scene import Progress, quiet

__all__ = [
    "Array",
    "Axis",
    "Case",
    "Column",
    "DatasetOut",
    "FolderData",
    "FolderIn",
    "Inputs",
    "Plot",
    "ProductOut",
    "RasterData",
    "RasterIn",
    "Study",
    "StudyInput",
    "StudyResult",
    "TableData",
    "TableIn",
    "Variable",
    "check_row",
    "checked_case",
    "given",
    "joined",
]


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

    def __init_subclass__(cls, *, abstract: bool = False, **more: Any) -> None:
        super().__init_subclass__(**more)
        if not abstract:
            check_declaration(cls, "result")

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


def _only_table(study: Study) -> TableIn:
    tables = [declared for declared in study.inputs if isinstance(declared, TableIn)]
    if len(tables) != 1:
        raise EstranError(f"{study.alias} has no single table and declares no cases of its own")
    return tables[0]


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
        What was read: facts by input, as the name of the file, its SHA-256 and the rows.
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
