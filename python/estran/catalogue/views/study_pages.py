"""Markdown: what a study reads and what its result holds."""

from __future__ import annotations

from estran.catalogue.study import (
    Column,
    FolderIn,
    ProductOut,
    RasterIn,
    Study,
    StudyInput,
    TableIn,
)
from estran.catalogue.views.markup import table

_COLUMNS = ("Column", "Kind", "Unit", "Values", "Needed", "Meaning")


def usage(study: type[Study]) -> str:
    """The command with its arguments."""
    arguments = [declared.name.upper() for declared in study.inputs]
    return " ".join(["estran", study.alias, *arguments, "OUT"])


def reads_text(study: type[Study]) -> str:
    """Its inputs in a few words."""
    return "; ".join(f"{declared.name}: {declared.help}" for declared in study.inputs) or "nothing"


def gives_text(study: type[Study]) -> str:
    """Its result in a few words."""
    if isinstance(study.result, ProductOut):
        return study.result.help
    return ", ".join(v.name for v in study.result.variables)


def inputs_section(study: type[Study]) -> list[str]:
    """The chapter on what is read."""
    if not study.inputs:
        return []
    return ["## Inputs\n", *(part for declared in study.inputs for part in _input(declared))]


def _input(declared: StudyInput) -> list[str]:
    head = f"`{declared.name.upper()}`: {declared.help}.\n"
    if isinstance(declared, RasterIn):
        return [head, f"Bands: {', '.join(declared.bands)}.\n"]
    if isinstance(declared, FolderIn):
        return [head, f"Files `{declared.pattern}`, each a table:\n", *_table(declared.each)]
    return [head, *_table(declared)]


def _table(declared: TableIn) -> list[str]:
    rows = [
        (f"`{c.name}`", c.kind, _unit(c), c.interval, "no" if c.optional else "yes", _meaning(c))
        for c in declared.columns
    ]
    header = ",".join(c.name + (f" [{c.unit}]" if _unit(c) else "") for c in declared.columns)
    example = ",".join(c.example for c in declared.columns)
    return [
        table(_COLUMNS, rows),
        f"The values of `{declared.key}` are unique. Units stand in brackets after a column's name, or in a row below "
        f"the header; other units are converted, and a column without one is in the unit above, which a note says. A "
        f"row with an empty cell or a value outside its interval fails alone. For example:\n",
        f"```text\n{header}\n{example}\n```\n",
    ]


def _unit(c: Column) -> str:
    return c.unit if c.kind == "number" and c.unit != "1" else ""


def _meaning(c: Column) -> str:
    return f"{c.meaning} Without it: {c.without}." if c.optional else c.meaning


def result_section(study: type[Study]) -> list[str]:
    """The chapter on what is made."""
    result = study.result
    if isinstance(result, ProductOut):
        return ["## Result\n", f"{result.help[0].upper()}{result.help[1:]}.\n"]
    rows = [
        (f"`{v.name}`", ", ".join((result.case_dim, *v.dims)), v.dtype, v.unit, _variable(v.meaning, v.uncertainty_of))
        for v in result.variables
    ]
    parts = [
        "## Result\n",
        f"One entry along `{result.case_dim}` for each case that is done; [files of results](../ICD/studies.md).\n",
        table(("Variable", "Dimensions", "Type", "Unit", "Meaning"), rows),
    ]
    if result.axes:
        parts.append(table(("Axis", "Type", "Meaning"), ((f"`{a.name}`", a.dtype, a.meaning) for a in result.axes)))
    return parts


def _variable(meaning: str, of: str) -> str:
    return f"{meaning} (uncertainty of `{of}`)" if of else meaning
