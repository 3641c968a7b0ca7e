"""The report of a study with a schema: a page, its pictures, and the same as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.catalogue.study import DatasetOut, StudyResult, Variable
from estran.declare import parameters_of
from estran.report.facts import ParameterRow, versions
from estran.report.page import package_text, template
from estran.report.plots import draw

SCHEMA = 1
"""Version of ``report.json``; it changes where a key changes its meaning or goes."""
_MOST_FAILED = 200
"""Cases listed on the page; all of them are in the JSON."""


@dataclass(frozen=True)
class Summary:
    """Least, middle and greatest value of a variable, as texts, and how many values it has and lacks."""

    name: str
    meaning: str
    unit: str
    least: str
    median: str
    greatest: str
    values: int
    missing: int


def write_study_report(result: StudyResult, record: Mapping[str, Any], folder: Path) -> Path:
    """Write ``index.html``, ``report.json`` and the pictures of a result.

    The same result gives the same files: no time of writing is in them.

    Parameters
    ----------
    result
        With its schema.
    record
        What it was made of, as in the data (:func:`estran.adapters.studies.results.record_of`).
    folder
        Where the files go.

    Returns
    -------
    Path
        The page.
    """
    out = result.study.result
    assert isinstance(out, DatasetOut)
    summaries = [summary(v, result.variables[v.name]) for v in out.variables]
    pictures = [drawn for plot in out.plots if (drawn := draw(plot, result, folder)) is not None]
    said = {
        "report": SCHEMA,
        **record,
        "variables": [{**vars(s), "dims": [out.case_dim, *out.variable(s.name).dims]} for s in summaries],
        "pictures": [p.file for p in pictures],
        "versions": dict(versions()),
    }
    (folder / "report.json").write_text(json.dumps(said, indent=1, ensure_ascii=True) + "\n", encoding="ascii")
    html = template("study.html").render(
        study=result.study,
        record=record,
        failed=list(result.failed.items())[:_MOST_FAILED],
        failed_more=max(0, len(result.failed) - _MOST_FAILED),
        pictures=pictures,
        summaries=summaries,
        parameters=_parameters(result),
        versions=versions(),
        style=package_text("style.css"),
    )
    page = folder / "index.html"
    page.write_text(html, encoding="utf-8", errors="backslashreplace")  # names of files may be no text
    return page


def summary(v: Variable, array: npt.NDArray[Any]) -> Summary:
    """A variable in a row of a table; texts have no least and greatest."""
    if array.dtype.kind in "UO":
        return Summary(v.name, v.meaning, v.unit, "", "", "", array.size, int(np.sum(array == "")))
    there = array[~(np.isnat(array) if array.dtype.kind == "M" else np.isnan(array))]
    missing = int(array.size - there.size)
    if not there.size:
        return Summary(v.name, v.meaning, v.unit, "", "", "", array.size, missing)
    ordered = np.sort(there, axis=None)
    texts = [_text(ordered[k]) for k in (0, ordered.size // 2, ordered.size - 1)]
    return Summary(v.name, v.meaning, v.unit, texts[0], texts[1], texts[2], array.size, missing)


def _text(value: Any) -> str:
    if isinstance(value, np.datetime64):
        return str(value.astype("datetime64[s]")) + "Z"
    return f"{float(value):.4g}" if isinstance(value, np.floating) else str(value)


def _parameters(result: StudyResult) -> list[ParameterRow]:
    rows = []
    for p in parameters_of(type(result.study)):
        value, default = p.format(getattr(result.study, p.name)), p.format(p.default)
        rows.append(ParameterRow(p.name, value, default, p.info.unit, p.info.help, value != default))
    return rows
