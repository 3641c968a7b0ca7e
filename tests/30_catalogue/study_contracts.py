"""The contracts every study keeps, as functions that raise AssertionError, and inputs made of the examples of its
declaration.
"""

from __future__ import annotations

import pickle
import sys
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

import estran
from estran.adapters.files.table import Table
from estran.adapters.studies.inputs import study_table
from estran.catalogue.study import (
    Case,
    DatasetOut,
    FolderData,
    FolderIn,
    Inputs,
    ProductOut,
    RasterData,
    Study,
    TableData,
    TableIn,
    checked_case,
)
from estran.errors import EstranError
from estran.jobs.studies import digest_of_case, unique
from estran.raster.grid import Grid

SMALL = 1 << 20
"""Bytes that a case may have when it is sent."""
ROWS = 5


def example_inputs(study: type[Study]) -> Inputs:
    """Inputs of five rows each, from the examples of the columns; numbers differ by a hundredth from row to row."""
    return {declared.name: _example(declared) for declared in study.inputs}


def _example(declared: Any) -> TableData | FolderData | RasterData:
    if isinstance(declared, TableIn):
        return _example_table(declared)
    if isinstance(declared, FolderIn):
        return FolderData({name: _example_table(declared.each) for name in ("a", "b")})
    rng = np.random.default_rng(0)
    bands = {name: rng.random((8, 8)).astype(np.float32) for name in declared.bands}
    return RasterData(bands, dict.fromkeys(bands, Grid(8, 8)), "Sentinel-2A")


def _example_table(declared: TableIn) -> TableData:
    rows = []
    for k in range(ROWS):
        row = []
        for c in declared.columns:
            text = f"{c.example} {k}" if c.name == declared.key else c.example
            row.append(repr(float(text) * (1 - 0.01 * k)) if c.kind == "number" else text)
        rows.append(tuple(row))
    names = tuple(c.name + (f" [{c.unit}]" if c.kind == "number" else "") for c in declared.columns)
    return study_table(Table(Path("example.csv"), names, tuple(rows), ",", tuple(range(2, 2 + ROWS))), declared)


def done(study: Study, case: Case) -> Any:
    """What a case gives, in the bits that are compared; the sentence where it fails."""
    try:
        return bits(study.run_case(case))
    except EstranError as error:
        return error.sentence()


def bits(value: Any) -> Any:
    """A result as bytes and plain values, so that two can be compared to the bit."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, Mapping):
        return {key: bits(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [bits(one) for one in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: bits(getattr(value, f.name)) for f in fields(value)}
    return repr(value)


# ---------------------------------------------------------------- contracts


def is_declared_whole(study: type[Study]) -> None:
    """Names are there once, keys and plots and axes name what exists, and everything says what it means."""
    for declared in study.inputs:
        table = declared.each if isinstance(declared, FolderIn) else declared
        if isinstance(table, TableIn):
            names = [c.name for c in table.columns]
            assert len(set(names)) == len(names), f"{declared.name} declares a column twice"
            assert table.key in names, f"the key {table.key} of {declared.name} is no column"
            assert all(c.meaning and c.example for c in table.columns), f"a column of {declared.name} says too little"
    if isinstance(study.result, ProductOut):
        return
    out = study.result
    names = [v.name for v in out.variables]
    axes = {a.name for a in out.axes}
    assert len({*names, *axes, out.case_dim}) == len(names) + len(axes) + 1, "a name stands for two things"
    assert set(study().axes()) == axes, "the values of axes are not those of the declared axes"
    for v in out.variables:
        assert v.meaning, f"{v.name} does not say what it means"
        assert set(v.dims) <= axes, f"{v.name} has an undeclared axis"
        assert v.unit or v.dtype in ("str", "datetime64[us]"), f"{v.name} has no unit"
        assert not v.uncertainty_of or v.uncertainty_of in names, f"{v.name} is the uncertainty of nothing"
    for plot in out.plots:
        assert {plot.x, plot.y, *filter(None, [plot.spread])} <= set(names), f"the picture {plot.name} shows nothing"


def has_independent_cases(study: Study, inputs: Inputs) -> Sequence[Case]:
    """Cases are the same each time, have unique keys, can be sent and hashed, and are small."""
    cases, again = study.cases(inputs), study.cases(inputs)
    try:
        unique(cases, study.alias)
    except EstranError as error:
        raise AssertionError(error.sentence()) from error
    assert [c.key for c in cases] == [c.key for c in again], "cases come in another order the second time"
    assert len({digest_of_case(study, c) for c in cases}) == len(cases), "two cases have one digest"
    for case, same in zip(cases, again, strict=True):
        try:
            sent = pickle.dumps(case)
        except Exception as error:
            raise AssertionError(f"a case cannot be sent to another process: {error}") from error
        assert len(sent) <= SMALL, f"a case of {len(sent)} bytes is too large to be sent"
        digests = {digest_of_case(study, c) for c in (case, same, pickle.loads(sent))}
        assert len(digests) == 1, "a case has another digest each time"
    return cases


def does_not_depend_on_order(study: Study, inputs: Inputs) -> None:
    """Each case gives the same bits in any order, done twice, by a copy of the study."""
    cases = study.cases(inputs)
    forward = {c.key: done(study, c) for c in cases}
    assert not all(isinstance(found, str) for found in forward.values()), f"no example can be done: {forward}"
    copied = pickle.loads(pickle.dumps(study))
    for c in reversed(cases):
        assert done(copied, c) == forward[c.key], f"case {c.key!r} depends on what was done before"


def keeps_its_schema(study: Study, inputs: Inputs) -> None:
    """Variables, types and shapes as declared."""
    if isinstance(study.result, DatasetOut):
        for case in study.cases(inputs):
            try:
                values = study.run_case(case)
            except EstranError:
                continue
            try:
                checked_case(study, values, case.key)
            except EstranError as error:
                raise AssertionError(error.sentence()) from error


def leaves_inputs_alone(study: Study, inputs: Inputs) -> None:
    """What it was given is not changed."""
    before = bits({name: _content(data) for name, data in inputs.items()})
    for case in study.cases(inputs):
        held = bits(case.data)
        done(study, case)
        assert bits(case.data) == held, f"the data of case {case.key!r} are changed"
    assert bits({name: _content(data) for name, data in inputs.items()}) == before, "its inputs are changed"


def _content(data: Any) -> Any:
    if isinstance(data, FolderData):
        return {name: dict(table.columns) for name, table in data.tables.items()}
    return dict(data.columns) if isinstance(data, TableData) else dict(data.bands)


_LISTENING: list[list[str]] = []


def _listen(event: str, arguments: tuple[Any, ...]) -> None:
    if _LISTENING and event == "open" and isinstance(arguments[0], (str, bytes)):
        _LISTENING[-1].append(arguments[0] if isinstance(arguments[0], str) else arguments[0].decode())


_HOOKED: list[bool] = []


@contextmanager
def opened() -> Iterator[list[str]]:
    """The files that are opened inside; a hook cannot be removed, so that one serves all."""
    if not _HOOKED:
        sys.addaudithook(_listen)
        _HOOKED.append(True)
    found: list[str] = []
    _LISTENING.append(found)
    try:
        yield found
    finally:
        _LISTENING.pop()


def opens_no_file(study: Study, inputs: Inputs) -> None:
    """Nothing is opened but what belongs to Python, its packages and the tables that Estran ships."""
    with opened() as found:
        for case in study.cases(inputs):
            done(study, case)
    homes = [
        Path(p).resolve() for p in (*sysconfig.get_paths().values(), sys.base_prefix, Path(estran.__file__).parent)
    ]
    strangers = [
        name
        for name in found
        if not any(home in Path(name).resolve().parents for home in homes)
        and not name.startswith(("/proc/", "/sys/", "/dev/", "/etc/"))
        and "__pycache__" not in name
        and "numba" not in name
    ]
    assert not strangers, f"the study opens {', '.join(strangers)}"


def keeps_all(study: Study, inputs: Inputs) -> None:
    """Every contract."""
    is_declared_whole(type(study))
    has_independent_cases(study, inputs)
    does_not_depend_on_order(study, inputs)
    keeps_its_schema(study, inputs)
    leaves_inputs_alone(study, inputs)
    opens_no_file(study, inputs)
