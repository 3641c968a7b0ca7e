"""Pictures of the results of studies: points with bars over an axis."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from estran.catalogue.study import DatasetOut, Plot, StudyResult, Variable
from estran.report.figures import own_style

_SIZE, _DPI = (9.0, 5.0), 110
_COLOURS = ("#0b6e8a", "#d1495b", "#e0a526", "#3f9b72", "#6f4e9b", "#5a6b75")


@dataclass(frozen=True)
class Drawn:
    """A picture of the page."""

    file: str
    title: str
    alt: str
    width: int
    height: int


def draw(plot: Plot, result: StudyResult, folder: Path) -> Drawn | None:
    """Draw a picture of the report as PNG; None where no case has what it shows."""
    out = result.study.result
    assert isinstance(out, DatasetOut)
    x, y = result.variables[plot.x], result.variables[plot.y]
    spread = result.variables[plot.spread] if plot.spread else None
    if not len(result.keys):
        return None
    lines: list[tuple[str, Any, Any]] = [("", y, spread)]
    dims = out.variable(plot.y).dims
    if dims:
        labels = [str(value) for value in result.study.axes()[dims[0]]]
        at = [labels.index(label) for label in plot.only] if plot.only else range(len(labels))
        lines = [(labels[k], y[:, k], None if spread is None else spread[:, k]) for k in at]
    name = f"{plot.name}.png"
    with own_style():
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=_SIZE, dpi=_DPI, facecolor="white", layout="constrained")
        canvas = FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        order = np.argsort(x, kind="stable")
        for (label, values, bars), colour in zip(lines, _COLOURS * (1 + len(lines) // len(_COLOURS)), strict=False):
            axes.errorbar(
                x[order],
                values[order],
                None if bars is None else bars[order],
                fmt="o",
                markersize=4,
                capsize=2,
                elinewidth=1,
                color=colour,
                label=label or plot.y,
            )
        axes.set_xlabel(_axis_label(out.variable(plot.x)))
        axes.set_ylabel(_axis_label(out.variable(plot.y)))
        axes.grid(visible=True, color="0.9", linewidth=0.6)
        axes.set_axisbelow(True)
        if len(lines) > 1:
            axes.legend(title=dims[0], frameon=False, ncols=min(6, len(lines)), loc="upper right")
        if x.dtype.kind == "M":
            figure.autofmt_xdate()
        canvas.print_png(folder / name, metadata={"Software": None})  # type: ignore[no-untyped-call]
        width, height = canvas.get_width_height()
    shown = ", ".join(label for label, _, _ in lines if label)
    alt = f"{plot.y} over {plot.x}" + (f" of {shown}" if shown else "")
    return Drawn(name, plot.title, alt, int(width), int(height))


def _axis_label(v: Variable) -> str:
    return v.meaning if v.unit in ("", "1") else f"{v.meaning} [{v.unit}]"
