"""A study of squares that counts what is done, for tests that run it in other processes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from estran.catalogue.spec import param
from estran.catalogue.study import Case, DatasetOut, Inputs, Study, Variable
from estran.errors import BadParameter


@dataclass(frozen=True, kw_only=True)
class Squares(Study):
    """The squares of some numbers; notes each case in a file, if told where."""

    alias = "try squares"
    label = "Squares"
    version = "1"
    summary = "Squares."
    atbd = "none"
    result = DatasetOut(
        "number",
        (
            Variable("square", "the square", "int64"),
            Variable("root", "the root", "float64"),
            Variable("word", "the number as text", "str", ""),
        ),
    )
    count: int = param(6, "How many.", interval="[0,*)")
    fails: int = param(-1, "The number that fails.")
    dies: int = param(-1, "The number whose process dies.")
    faulty: int = param(-1, "The number that meets a fault.")
    note: str = param("", "Where each case is noted.")

    def cases(self, inputs: Inputs) -> Sequence[Case]:
        return [Case(f"n{k}", k) for k in range(self.count)]

    def run_case(self, case, progress=lambda *_: None):
        k = case.data
        if self.note:
            with Path(self.note).open("a") as file:
                file.write(f"{case.key}\n")
        if k == self.fails:
            raise BadParameter("this number cannot be squared", found=k)
        if k == self.dies:
            os._exit(9)
        if k == self.faulty:
            raise ZeroDivisionError("oops")
        return {"square": np.array(k * k), "root": np.array(k**0.5), "word": np.array("n" * k)}
