"""SNAP Desktop's help: one page an operator and the four files that register them (JavaHelp 2.0)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from estran.catalogue.spec import ClassesOut, FlagsOut, Operator, parameters_of
from estran.catalogue.views import rows
from estran.catalogue.views.markup import ascii_xml, html_table, indent
from estran.catalogue.views.names import GENERATED, PACKAGE, help_id, module_name
from estran.catalogue.views.picture import picture

_SAVE_FIRST = (
    "Save this product to a file before you open another one computed from it: two products of Python operators that "
    "are shown "
    "while both still live in memory can wait for one another for ever."
)
_NOT_IN_DIALOG = (
    "The dialog leaves these out, and they keep their default there. gpt takes them as -Pname=value, graphs as an "
    "element without underscores. "
    "In the dialog they can be given by a file: File, Load Parameters..., with "
    "&lt;parameters&gt;&lt;name&gt;value&lt;/name&gt;&lt;/parameters&gt; in it, "
    "names written as in graphs. Save Parameters... leaves them out again."
)
_EXPERT = (
    "Thresholds of the method, for those who know it; they are given like the parameters for gpt, and stand in no "
    "graph of ours."
)
_BY_MODE = (
    "Where a default has others in parentheses, these are the defaults of other modes. SNAP hands over the first one "
    "for what was not touched, so that number counts as not given, and the mode's is taken."
)
_XML = '<?xml version="1.0" encoding="UTF-8"?>'


def help_page(op: type[Operator]) -> str:
    """The HTML page behind the dialog's Help menu, plain enough for JavaHelp's viewer."""
    parts = [
        "<html>",
        f"<head><title>{ascii_xml(op.label)}</title></head>",
        f"<!-- {GENERATED} -->",
        "<body>",
        f"<h1>{ascii_xml(op.label)}</h1>",
        f"<p>{ascii_xml(op.summary)}</p>",
        f"<p>Operator <code>{op.alias}</code>, version {op.version}. Walk: {ascii_xml(rows.walk_text(op))}.</p>",
        picture(op),
        "<h2>Inputs</h2>",
    ]
    for source in op.sources:
        parts += [
            f"<p><b>{source.name}</b>: {ascii_xml(rows.source_text(source))}</p>",
            html_table(rows.READS_HEADER, rows.reads_rows(source)),
        ]
    if op.aux:
        parts.append(html_table(("Layer", "Unit", "Parameter", "Meaning", "Without it"), rows.aux_rows(op)))
    if op.meteo:
        parts.append(html_table(rows.METEO_HEADER, rows.meteo_rows(op)))
    if op.tables:
        parts.append(html_table(rows.TABLE_HEADER, rows.table_rows(op)))
    parts += _parameters(op)
    parts += ["<h2>Outputs</h2>", html_table(rows.WRITES_HEADER, rows.writes_rows(op))]
    for written in op.writes:
        if isinstance(written, FlagsOut):
            parts += [f"<h3>Flags of {written.name}</h3>", html_table(rows.FLAG_HEADER, rows.flag_rows(written))]
        if isinstance(written, ClassesOut):
            parts += [f"<h3>Classes of {written.name}</h3>", html_table(rows.CLASS_HEADER, rows.class_rows(written))]
    parts += [
        "<h2>Good to know</h2>",
        f"<p>{_SAVE_FIRST}</p>",
        "</body>",
        "</html>",
    ]
    return "\n".join(p for p in parts if p) + "\n"


def _parameters(op: type[Operator]) -> list[str]:
    shown, not_in_dialog, expert = (
        html_table(rows.PARAMETER_HEADER, rows.parameter_rows(op, *which))
        for which in ((True, False), (False, False), (None, True))
    )
    labels = html_table(("Field", "Parameter"), ((p.label, p.name) for p in parameters_of(op) if p.info.dialog))
    parts = ["<h2>Parameters of the dialog</h2>", labels, shown] if shown else []
    if not_in_dialog:
        parts += ["<h2>Parameters for gpt, graphs and parameter files</h2>", f"<p>{_NOT_IN_DIALOG}</p>", not_in_dialog]
    if expert:
        parts += [
            "<h2>Parameters for experts</h2>",
            f"<p>{_EXPERT} {'' if not_in_dialog else _NOT_IN_DIALOG}</p>",
            expert,
        ]
    if any(p.follows_mode for p in parameters_of(op)):
        parts += [f"<p>{_BY_MODE}</p>"]
    return parts or ["<h2>Parameters</h2>", "<p>None.</p>"]


def help_files(ops: Sequence[type[Operator]]) -> Iterable[tuple[str, str]]:
    """(name, text) of everything under ``docs`` beside the shims."""
    for op in ops:
        yield f"{module_name(op)}.html", help_page(op)
    yield "help.hs", _helpset(ops)
    yield "map.jhm", _map(ops)
    yield "toc.xml", _toc(ops)
    yield "helpset.xml", _reference()


def _helpset(ops: Sequence[type[Operator]]) -> str:
    home = [f"<homeID>{help_id(ops[0])}</homeID>"] if ops else []
    return _document(
        '<!DOCTYPE helpset PUBLIC "-//Sun Microsystems Inc.//DTD JavaHelp HelpSet Version 2.0//EN" '
        '"http://java.sun.com/products/javahelp/helpset_2_0.dtd">',
        '<helpset version="2.0">',
        "    <title>Estran</title>",
        "    <maps>",
        *indent(home, 8),
        '        <mapref location="map.jhm"/>',
        "    </maps>",
        '    <view mergetype="javax.help.AppendMerge">',
        "        <name>TOC</name>",
        "        <label>Contents</label>",
        "        <type>javax.help.TOCView</type>",
        "        <data>toc.xml</data>",
        "    </view>",
        "</helpset>",
    )


def _map(ops: Sequence[type[Operator]]) -> str:
    return _document(
        '<!DOCTYPE map PUBLIC "-//Sun Microsystems Inc.//DTD JavaHelp Map Version 2.0//EN" '
        '"http://java.sun.com/products/javahelp/map_2_0.dtd">',
        '<map version="2.0">',
        *(f'    <mapID target="{help_id(op)}" url="{module_name(op)}.html"/>' for op in ops),
        "</map>",
    )


def _toc(ops: Sequence[type[Operator]]) -> str:
    return _document(
        '<!DOCTYPE toc PUBLIC "-//Sun Microsystems Inc.//DTD JavaHelp TOC Version 2.0//EN" '
        '"http://java.sun.com/products/javahelp/toc_2_0.dtd">',
        '<toc version="2.0">',
        '    <tocitem text="Estran">',
        *(f'        <tocitem text="{ascii_xml(op.label)}" target="{help_id(op)}"/>' for op in ops),
        "    </tocitem>",
        "</toc>",
    )


def _reference() -> str:
    return _document(
        '<!DOCTYPE helpsetref PUBLIC "-//NetBeans//DTD JavaHelp Help Set Reference 1.0//EN" '
        '"http://www.netbeans.org/dtds/helpsetref-1_0.dtd">',
        f'<helpsetref url="nbdocs:/{PACKAGE}/docs/help.hs" merge="true"/>',
    )


def _document(doctype: str, *body: str) -> str:
    return "\n".join([_XML, doctype, f"<!-- {GENERATED} -->", *body]) + "\n"
