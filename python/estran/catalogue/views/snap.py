"""What SNAP reads to find our operators: descriptors, the services file, the shims.

Only elements and data types that a real SNAP was observed to accept are written: one that it does not know
takes the Python operators of the whole installation down.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import wrap

from estran.catalogue.spec import Operator, Source, parameters_of
from estran.catalogue.views.markup import element, indent
from estran.catalogue.views.names import GENERATED, PACKAGE, class_name, module_name
from estran.catalogue.views.rows import MANY
from estran.declare import Parameter
from estran.labels import label_of

SPI = "eu.esa.snap.snappy.gpf.PyOperatorSpi"
"""Name of the services file, SNAP 10 and newer."""

OPERATOR_CLASS = "eu.esa.snap.snappy.gpf.PyOperator"
AUTHORS = "The Estran authors"
COPYRIGHT = "Apache License 2.0"
_LINE = 100
"""Letters a line of a description: the window About is as wide as the longest."""


def data_type(p: Parameter) -> str:
    """SNAP's name of a parameter's type."""
    match p.kind:
        case "int":
            return "Integer" if p.optional else "int"
        case "float":
            return "Double" if p.optional else "double"
        case kind:
            return {
                "bool": "boolean",
                "str": "String",
                "choice": "String",
                "strings": "String[]",
                "floats": "[D",
                "path": "java.io.File",
            }[kind]


def info_xml(op: type[Operator]) -> str:
    """The descriptor ``<op>-info.xml``.

    The dialog has a row for each parameter and grows past the screen, so those of `param(..., dialog=True)` alone are
    shown. The others are marked as deprecated, which hides them there and in ``gpt -h`` and is all that SNAP makes of
    it; the description names them, but for those of experts, which the help page lists. Intervals of lists stand in
    the description: SNAP would not check them.
    """
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f"<!-- {GENERATED} -->",
        "<operator>",
        *indent(
            [
                element("name", f"{PACKAGE}.{module_name(op)}.{class_name(op)}"),
                element("alias", op.alias),
                element("operatorClass", OPERATOR_CLASS),
                element("label", op.label),
                element("version", op.version),
                element("description", "\n".join(_description(op))),
                element("authors", AUTHORS),
                element("copyright", COPYRIGHT),
                "<namedSourceProducts>",
                *indent(line for source in op.sources for line in _source(source)),
                "</namedSourceProducts>",
                "<parameters>",
                *indent(_parameters(op)),
                "</parameters>",
            ]
        ),
        "</operator>",
    ]
    return "\n".join(lines) + "\n"


def services_file(ops: Iterable[type[Operator]]) -> str:
    """One line an operator: ``package.module.Class``."""
    return "\n".join([f"# {GENERATED}", *(f"{PACKAGE}.{module_name(op)}.{class_name(op)}" for op in ops)]) + "\n"


NEEDS = ("numpy", "scipy", "numba", "affine", "pyproj", "rasterio")
"""Packages that operators need inside SNAP, from the Python that SNAP uses: the rest of our dependencies serve files,
engine and reports.
"""

_PACKAGE_INIT = '''"""What SNAP imports: one shim an operator. {generated}

SNAP imports this package from a folder, or out of the plugin's jar; `{name}` itself comes as files, because numba keeps
its machine code beside them.
"""

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - SNAP starts whatever Python it was given
    raise ImportError(
        f"Estran needs Python 3.11 or newer, and SNAP uses {{sys.version.split()[0]}}. "
        "What to do: give SNAP a newer one (snappy-conf)."
    )

try:
    for _compiled in ("_datetime", "_struct", "math"):
        import_module(_compiled)
except ImportError as error:
    raise ImportError(
        f"inside SNAP Python {{sys.version.split()[0]}} takes its modules from {{sys.base_prefix}}, which are those of "
        f"another Python ({{error}}). What to do: start SNAP and gpt with PYTHONHOME set to the home of the Python that "
        "snap.pythonExecutable names: estran snap doctor says it."
    ) from error

# The archive for the update centre lays our package beside the folder of its jar; that one fits these
# shims, so it comes first.
_home = Path(__file__).parents[1]
_brought = _home.parents[1] / "{name}" / "python"
if _home.is_file() and (_brought / "{name}").is_dir():
    sys.path.insert(0, str(_brought))

_missing = [
    name for name in ({needs}) if find_spec(name) is None
]
if _missing:
    raise ImportError(
        f"SNAP's Python lacks {{', '.join(_missing)}}, which Estran needs. What to do: with the python that "
        f"snap.pythonExecutable names, run python -m pip install {{' '.join(_missing)}}, and start SNAP again."
    )
'''  # noqa: E501


def package_init() -> str:
    """``estran_snap/__init__.py``: finds our package where the plugin's archive brought it, and says in one sentence
    what is missing.
    """
    name = PACKAGE.partition("_")[0]
    return _PACKAGE_INIT.format(
        generated=GENERATED, name=name, needs=", ".join(f'"{needed}"' for needed in (name, *NEEDS))
    )


def shim(op: type[Operator]) -> str:
    """The module that SNAP imports: it names the declaration and holds no logic."""
    home, name = op.__module__, op.__qualname__
    lines = [
        f'"""{op.alias} for SNAP. {GENERATED}"""',
        "",
        "from estran.adapters.snap import make_operator",
        f"from {home} import {name} as Declaration",
        "",
        f"{class_name(op)} = make_operator(Declaration)",
    ]
    return "\n".join(lines) + "\n"


def _source(source: Source) -> list[str]:
    bands = ", ".join(r.band for r in source.reads if not r.optional)
    content = [
        element("name", source.name),
        element("label", label_of(source.name)),
        element("description", f"{_source_help(source)} Needs: {bands}."),
    ]
    if source.optional:
        content.append(element("optional", "true"))
    return ["<sourceProduct>", *indent(content), "</sourceProduct>"]


def _source_help(source: Source) -> str:
    more = f" {MANY} The others are {source.name}.1, {source.name}.2 and so on." if source.many else ""
    return f"{source.help.rstrip('.')}.{more}"


def _description(op: type[Operator]) -> list[str]:
    """Summary, and the names that SNAP does not list, in lines: ``gpt -h`` and the window About show them as they are
    broken here.
    """
    not_in_dialog = ", ".join(p.element for p in parameters_of(op) if not p.info.dialog and not p.info.expert)
    more = (
        wrap(
            "More parameters, for gpt, graphs and parameter files (the help page says what they are): "
            f"{not_in_dialog}.",
            _LINE,
            break_on_hyphens=False,
        )
        if not_in_dialog
        else []
    )
    experts = sum(p.info.expert for p in parameters_of(op))
    if experts:
        more.append(f"{experts} expert parameters besides: the help page lists them.")
    return [*wrap(op.summary, _LINE, break_on_hyphens=False), *more]


def _parameters(op: type[Operator]) -> Iterator[str]:
    for p in parameters_of(op):
        yield from ["<parameter>", *indent(_parameter(p)), "</parameter>"]


def _parameter(p: Parameter) -> Iterator[str]:
    array = p.kind in ("strings", "floats")
    yield element("name", p.name)
    if p.element != p.name:
        yield element("alias", p.element)
    yield element("label", p.label)
    yield element(
        "description", f"{p.info.help} Values in {p.info.interval}." if array and p.info.interval else _help(p)
    )
    yield element("dataType", data_type(p))
    if p.info.unit and p.info.unit != "1":
        yield element("unit", p.info.unit)
    if p.shown:
        yield element("defaultValue", p.shown)
    if p.choices:
        yield element("valueSet", ",".join(p.choices))
    if p.info.interval and not array:
        yield element("interval", p.info.interval)
    if p.info.choose_bands:
        yield element("rasterDataNodeClass", "org.esa.snap.core.datamodel.Band")
    if (not p.optional or (p.follows_mode and p.kind in ("bool", "choice"))) and not array and p.kind != "str":
        yield element("notNull", "true")
    if not p.info.dialog:
        yield element("deprecated", "true")


def _help(p: Parameter) -> str:
    """SNAP cannot distinguish a default from the same value given."""
    if not p.follows_mode:
        return p.info.help
    others = f"; mode {p.shown_by_mode}" if p.shown_by_mode else ""
    return f"{p.info.help} ({p.shown} counts as not given{others})"
