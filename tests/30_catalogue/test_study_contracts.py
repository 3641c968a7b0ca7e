"""Every study of the catalogue keeps the contracts of studies; and each contract has a study that breaks it."""

from __future__ import annotations

import re
import sys
import textwrap
import types
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import study_contracts as contracts

from estran.catalogue import STUDIES
from estran.catalogue.spec import param
from estran.catalogue.study import (
    Axis,
    Case,
    Column,
    DatasetOut,
    FolderIn,
    Inputs,
    Plot,
    RasterData,
    RasterIn,
    Study,
    TableIn,
    Variable,
    given,
)
from estran.errors import EstranError

SMALLER = {"simulate scene": {"size": 64}}
"""Parameters that make a study quick."""


SLOW = {"simulate scene"}
"""Studies that take more than a few seconds even so."""
MARKED = [pytest.param(s, id=s.alias, marks=[pytest.mark.slow] if s.alias in SLOW else []) for s in STUDIES]


@pytest.mark.parametrize("study", MARKED)
def test_studies_keep_their_contracts(study: type[Study]) -> None:
    contracts.keeps_all(study(**SMALLER.get(study.alias, {})), contracts.example_inputs(study))


_POINTS = TableIn(
    "points",
    (Column("id", "Name.", "p", kind="text"), Column("x", "A number.", "2.0", unit="m")),
    key="id",
    help="points",
)


@dataclass(frozen=True, kw_only=True)
class Good(Study):
    """Twice and thrice a number."""

    alias = "try good"
    label = "Good"
    version = "1"
    summary = "Twice."
    atbd = "none"
    inputs = (_POINTS,)
    result = DatasetOut(
        "point", (Variable("y", "multiples", "float64", "m", ("times",)),), (Axis("times", "factor", "int32"),)
    )
    add: float = param(0.0, "Added.")

    def axes(self):
        return {"times": (2, 3)}

    def run_case(self, case, progress=lambda *_: None):
        return {"y": np.array([2.0, 3.0]) * float(case.data["x"]) + self.add}


def test_the_study_of_contributing_keeps_all(repository) -> None:
    """What a newcomer copies works as it stands."""
    text = (repository / "CONTRIBUTING.md").read_text("utf-8")
    (block,) = re.findall(r"^   ```python study\n(.*?)^   ```$", text, re.MULTILINE | re.DOTALL)
    module = types.ModuleType("study_of_contributing")
    sys.modules[module.__name__] = module  # where dataclasses and pickle look for it
    try:
        exec(compile(textwrap.dedent(block), "CONTRIBUTING.md", "exec"), vars(module))
        contracts.keeps_all(module.PredictSun(), contracts.example_inputs(module.PredictSun))
    finally:
        del sys.modules[module.__name__]


def test_a_good_study_keeps_all() -> None:
    contracts.keeps_all(Good(), contracts.example_inputs(Good))


@dataclass(frozen=True, kw_only=True)
class OfRasters(Good):
    """A folder of tables and a raster whose windows are cases."""

    inputs = (FolderIn("tables", _POINTS, "tables"), RasterIn("image", ("blue",), "an image"))

    def cases(self, inputs: Inputs) -> Sequence[Case]:
        image = given(inputs, "image", RasterData).bands["blue"]
        return [Case(f"row {k}", {"x": row.mean()}) for k, row in enumerate(image)]


def test_a_study_of_folders_and_rasters_keeps_all() -> None:
    contracts.keeps_all(OfRasters(), contracts.example_inputs(OfRasters))


class Remembers(Good):
    seen: list[str] = []  # noqa: RUF012 - the fault

    def run_case(self, case, progress=lambda *_: None):
        self.seen.append(case.key)
        return {"y": np.array([1.0, len(self.seen)])}


class TwoOfOneKey(Good):
    def cases(self, inputs):
        return [Case("same", 1.0), Case("same", 2.0)]


class OtherOrder(Good):
    turns: list[int] = []  # noqa: RUF012 - the fault

    def cases(self, inputs):
        self.turns.append(1)
        return list(super().cases(inputs))[:: 1 if len(self.turns) % 2 else -1]


class NotSent(Good):
    def cases(self, inputs):
        return [Case("a", {"x": 1.0, "f": lambda: 1})]


class Large(Good):
    def cases(self, inputs):
        return [Case("a", {"x": 1.0, "image": np.zeros(1 << 18)})]


class Unhashed(Good):
    def cases(self, inputs):
        return [Case("a", {"x": 1.0, "f": {1, 2}})]


class OtherType(Good):
    def run_case(self, case, progress=lambda *_: None):
        return {"y": np.array([2.0, 3.0], np.float32)}


class OtherShape(Good):
    def run_case(self, case, progress=lambda *_: None):
        return {"y": np.array([2.0, 3.0, 4.0])}


class Lacks(Good):
    def run_case(self, case, progress=lambda *_: None):
        return {}


class Undeclared(Good):
    def run_case(self, case, progress=lambda *_: None):
        return {"y": np.array([2.0, 3.0]), "z": np.array(1.0)}


class Opens(Good):
    def run_case(self, case, progress=lambda *_: None):
        with Path(SECRET[0]).open() as file:
            return {"y": np.array([2.0, float(file.read())])}


SECRET = [""]


class Changes(Good):
    def run_case(self, case, progress=lambda *_: None):
        case.data["x"] = case.data["x"] + 1.0
        return {"y": np.array([2.0, 3.0])}


class NeverWorks(Good):
    def run_case(self, case, progress=lambda *_: None):
        raise EstranError("it never works")


@pytest.mark.parametrize(
    ("study", "contract", "why"),
    [
        (Remembers, contracts.does_not_depend_on_order, "depends on what was done before"),
        (NeverWorks, contracts.does_not_depend_on_order, "no example can be done"),
        (TwoOfOneKey, contracts.has_independent_cases, "two cases of one key"),
        (OtherOrder, contracts.has_independent_cases, "in another order"),
        (Large, contracts.has_independent_cases, "too large"),
        (OtherType, contracts.keeps_its_schema, "expected float64"),
        (OtherShape, contracts.keeps_its_schema, r"found float64 \(3,\)"),
        (Lacks, contracts.keeps_its_schema, "gives no variable 'y'"),
        (Undeclared, contracts.keeps_its_schema, "undeclared variable 'z'"),
        (Opens, contracts.opens_no_file, "the study opens"),
        (Changes, contracts.leaves_inputs_alone, "are changed"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_twin_a_faulty_study_is_found(study, contract, why, tmp_path) -> None:
    SECRET[0] = str(tmp_path / "secret.txt")
    Path(SECRET[0]).write_text("1.0")
    for cls in (Remembers, OtherOrder):
        getattr(cls, "seen" if cls is Remembers else "turns").clear()
    with pytest.raises(AssertionError, match=why):
        contract(study(), contracts.example_inputs(study))


@pytest.mark.parametrize(("study", "why"), [(NotSent, "cannot be hashed"), (Unhashed, "cannot be hashed")])
def test_twin_a_case_that_cannot_be_kept(study, why) -> None:
    with pytest.raises(EstranError, match=why):
        contracts.has_independent_cases(study(), contracts.example_inputs(study))


def test_twins_of_declarations() -> None:
    class NoAxis(Good):
        result = DatasetOut("point", (Variable("y", "multiples", "float64", "m", ("times",)),))

    class Twice(Good):
        result = DatasetOut("times", Good.result.variables, Good.result.axes)

    class ShowsNothing(Good):
        result = DatasetOut(
            "point", Good.result.variables, Good.result.axes, (Plot("p", "A picture", x="nothing", y="y"),)
        )

    for study, why in ((NoAxis, "axes"), (Twice, "two things"), (ShowsNothing, "shows nothing")):
        with pytest.raises(AssertionError, match=why):
            contracts.is_declared_whole(study)


def test_an_optional_column_says_what_is_done_without_it() -> None:
    with pytest.raises(EstranError, match="without it"):
        Column("x", "A number.", "1", optional=True)
