"""The report of a study says what is done, what failed and what is in the result; for people and for programs."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from estran.catalogue.spec import param
from estran.catalogue.study import Axis, DatasetOut, Plot, Study, StudyResult, Variable
from estran.report.study import summary, write_study_report


@dataclass(frozen=True, kw_only=True)
class Shown(Study):
    """A result with a picture."""

    alias = "try report"
    label = "A report"
    version = "1.2"
    summary = "Shows."
    atbd = "none"
    result = DatasetOut(
        "place",
        (Variable("x", "distance", "float64", "m"), Variable("y", "height", "float64", "m", ("band",))),
        (Axis("band", "band"),),
        (Plot("heights", "Heights over distance", "x", "y", only=("B3",)),),
    )
    number: float = param(1.5, "A number.")

    def axes(self):
        return {"band": ("B2", "B3")}


def made(failed: dict[str, str], n: int = 3) -> StudyResult:
    y = np.arange(2.0 * n).reshape(n, 2)
    return StudyResult(
        Shown(number=2.0),
        tuple("abc"[:n]),
        {"x": np.arange(float(n)), "y": y},
        failed,
        notes=("something was assumed",),
    )


RECORD = {"schema": 1, "cases": 4, "failed": [{"case": "d", "error": "<b>no</b>"}], "notes": ["a note"], "inputs": {}}


def test_page_and_json(tmp_path: Path) -> None:
    page = write_study_report(made({"d": "<b>no</b>"}), RECORD, tmp_path)
    html = page.read_text("utf-8")
    assert "1 of 4 cases failed" in html
    assert "<strong>d</strong>: &lt;b&gt;no&lt;/b&gt;" in html, "names and sentences are no HTML"
    assert "A note." in html
    assert "<h1>A report</h1>" in html
    assert 'src="heights.png"' in html
    assert 'alt="y over x of B3"' in html
    assert not re.search(r'(?:src|href)="(?:https?:)?//', html), "the page needs the network"
    said = json.loads((tmp_path / "report.json").read_text("ascii"))
    assert said["report"] == 1
    assert said["failed"] == RECORD["failed"]
    assert said["pictures"] == ["heights.png"]
    assert said["variables"][1] == {
        "name": "y",
        "meaning": "height",
        "unit": "m",
        "least": "0",
        "median": "3",
        "greatest": "5",
        "values": 6,
        "missing": 0,
        "dims": ["place", "band"],
    }
    assert (tmp_path / "heights.png").read_bytes().startswith(b"\x89PNG")


def test_the_same_result_gives_the_same_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_study_report(made({}), RECORD | {"failed": []}, tmp_path / name)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


def test_nothing_done_is_no_picture(tmp_path: Path) -> None:
    write_study_report(made({"d": "no"}, n=0), RECORD, tmp_path)
    assert not (tmp_path / "heights.png").exists()


def test_summaries_leave_out_what_is_missing() -> None:
    v = Variable("x", "x", "float64")
    found = summary(v, np.array([3.0, np.nan, 1.0]))
    assert (found.least, found.greatest, found.values, found.missing) == ("1", "3", 3, 1)
    times = summary(v, np.array(["2024-01-01", "NaT"], "datetime64[us]"))
    assert (times.least, times.missing) == ("2024-01-01T00:00:00Z", 1)
    assert summary(v, np.array(["", "a"])).missing == 1
    assert summary(v, np.array([np.nan])).least == ""
