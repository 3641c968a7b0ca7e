"""Markdown: the reference page of an operator or a study, and the tables of the interface control document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from estran.catalogue.outputs import masks_of
from estran.catalogue.spec import ClassesOut, Declared, FlagsOut, Operator, parameters_of
from estran.catalogue.study import Study
from estran.catalogue.views import rows
from estran.catalogue.views.markup import table
from estran.catalogue.views.names import GENERATED, PACKAGE, menu_entry, module_name, page_name
from estran.catalogue.views.study_pages import gives_text, inputs_section, reads_text, result_section, usage
from estran.sensors.bands import SEMANTIC, SENSORS, candidates

_HEAD = f"<!-- {GENERATED} -->\n\n"


def reference_page(declared: type[Declared]) -> str:
    """One page for users: what it reads, its parameters by section, what it writes."""
    parts = [f"# {declared.label}\n", declared.summary + "\n", _identity(declared)]
    if issubclass(declared, Operator):
        parts += _inputs(declared)
    if issubclass(declared, Study):
        parts += inputs_section(declared)
    parts += ["## Parameters\n", *_dialog(declared), *_by_mode(declared), *_parameter_sections(declared)]
    if issubclass(declared, Operator):
        parts += ["## Outputs\n", table(rows.WRITES_HEADER, rows.writes_rows(declared)), *_codings([declared], "###")]
    if issubclass(declared, Study):
        parts += result_section(declared)
    return _HEAD + "\n".join(p for p in parts if p)


def operators_page(ops: Sequence[type[Operator]], studies: Sequence[type[Study]]) -> str:
    """Interface: operators and studies."""
    listed = table(
        ("Operator", "Version", "Reads", "Auxiliary", "Writes", "Walk"),
        (
            (
                f"[{op.alias}](../reference/{page_name(op)}.md)",
                op.version,
                "; ".join(f"{s.name}: {', '.join(_mark(r.band, r.optional) for r in s.reads)}" for s in op.sources),
                ", ".join((*(a.name for a in op.aux), *(m.quantity for m in op.meteo), *(t.name for t in op.tables))),
                ", ".join(w.name for w in op.writes),
                op.walk.value,
            )
            for op in ops
        ),
    )
    others = table(
        ("Study", "Version", "Reads", "Gives", "Summary"),
        (
            (f"[{s.alias}](../reference/{page_name(s)}.md)", s.version, reads_text(s), gives_text(s), s.summary)
            for s in studies
        ),
    )
    text = (
        "# Operators and studies\n\nBands in parentheses are optional. The walk says how an operator goes over an "
        "image: "
        "all but `scene` give the same bits however the image is cut.\n"
    )
    return _HEAD + "\n".join(p for p in (text, listed, others) if p)


def bands_page(ops: Sequence[type[Operator]]) -> str:
    """Interface: names of bands, by sensor; bands that we write."""
    named = table(
        ("Semantic name", *SENSORS, "Wavelength [nm]"),
        (
            (s, *(", ".join(c for c in candidates(s, sensor) if c != s) or s for sensor in SENSORS), _wavelength(s))
            for s in SEMANTIC
        ),
    )
    written = table(("Operator", *rows.WRITES_HEADER), ((op.alias, *row) for op in ops for row in rows.writes_rows(op)))
    read = (
        "# Bands\n\n## Names under which bands are looked for\n\nThe first name that the product has is taken; "
        "the semantic name itself always works; letter case is ignored as a last resort.\n"
    )
    return _HEAD + "\n".join((read, named, "## Bands written\n", written))


def flags_page(ops: Sequence[type[Operator]]) -> str:
    """Interface: flags, classes and masks."""
    text = (
        "# Flags, classes and masks\n\nA flag is a bit of an integer band; a pixel may carry several. A class band "
        "gives one number a pixel. "
        "Each flag comes with a mask, an expression that SNAP paints.\n"
    )
    masks = table(
        ("Mask", "Expression", "Colour", "Transparency", "Operator"),
        (
            (f"`{m.name}`", f"`{m.expression}`", rows.colour_text(m.colour), f"{m.transparency:g}", op.alias)
            for op in ops
            for w in op.writes
            for m in masks_of(w)
        ),
    )
    return _HEAD + "\n".join([text, *_codings(ops, "##"), "## Masks\n", masks])


def files_page(ops: Sequence[type[Operator]]) -> str:
    """Interface: files of the plugin."""
    listed = table(
        ("File", "What"),
        (
            (
                "`snap-operators/META-INF/services/eu.esa.snap.snappy.gpf.PyOperatorSpi`",
                "one line an operator: how SNAP finds them",
            ),
            *(
                (
                    f"`snap-operators/{PACKAGE}/{module_name(op)}.py`, `{module_name(op)}-info.xml`",
                    f"{op.alias}: the class that SNAP instantiates, and its descriptor",
                )
                for op in ops
            ),
            (f"`snap-operators/{PACKAGE}/docs/`", "help pages of SNAP Desktop"),
            ("`layer.xml`", "menu entries and dialogs of SNAP Desktop"),
            ("`graphs/*.xml`, `graphs/*.properties`", "GPT graphs, and the default of each of their variables"),
            (
                "`docs/reference/*.md`, `docs/reference/schema/*.json`",
                "parameters, inputs and outputs of each operator and study",
            ),
        ),
    )
    return (
        _HEAD + "# Files of the plugin\n\nAll but the graphs themselves are generated from the declarations (`make "
        "generate`).\n\n" + listed
    )


def command_line_page(declared: Iterable[type[Declared]]) -> str:
    """Interface: every parameter as an option of the command line and of gpt."""
    parts = [
        "# Command line\n",
        "Options have the same names everywhere: `--cloud-buffer 2` for `estran`, `-Pcloud_buffer=2` for `gpt` and "
        "`estran gpt`. "
        "In the XML of a graph a parameter is an element without underscores, `<cloudBuffer>2</cloudBuffer>`: SNAP "
        "cannot read one with them.\n",
        "A default in parentheses is that of another mode. Expert options are listed by `--help-expert`.\n",
    ]
    for d in declared:
        users, experts = _options(d, expert=False), _options(d, expert=True)
        parts += [f"## {d.alias}\n", users or "No options.\n"]
        if experts:
            parts += [f"### Expert options of {d.alias}\n", experts]
    return _HEAD + "\n".join(parts)


def _options(declared: type[Declared], *, expert: bool) -> str:
    return table(
        ("Option", "Values", "Unit", "Default", "Meaning"),
        (
            (f"`{p.option}`", rows.values_text(p), p.info.unit, rows.default_text(p), p.info.help)
            for p in parameters_of(declared)
            if p.info.expert is expert
        ),
    )


def _identity(declared: type[Declared]) -> str:
    kind = f"study `{usage(declared)}`" if issubclass(declared, Study) else f"operator `{declared.alias}`"
    text = (
        f"{kind[0].upper()}{kind[1:]}, version {declared.version}. Method: "
        f"[docs/ATBD/{declared.atbd}.md](../ATBD/{declared.atbd}.md)."
    )
    if issubclass(declared, Operator):
        text += (
            f" Walk: {rows.walk_text(declared)}. In SNAP Desktop: {declared.menu.replace('/', ' > ')} > "
            f"{menu_entry(declared)}."
        )
    return text + "\n"


def _inputs(op: type[Operator]) -> list[str]:
    parts = ["## Inputs\n"]
    for source in op.sources:
        parts += [
            f"**{source.name}**{' (optional)' if source.optional else ''}: {rows.source_text(source)}\n",
            table(rows.READS_HEADER, rows.reads_rows(source)),
        ]
    if op.aux:
        parts += [
            "Auxiliary layers, from a file or from a band of that name:\n",
            table(("Layer", "Unit", "Parameter", "Meaning", "Without it"), rows.aux_rows(op)),
        ]
    if op.meteo:
        parts += [
            "Meteorology, from the product (its forecasts included), else as said under Then; see "
            "[auxiliary data](../ICD/auxiliary.md):\n",
            table(rows.METEO_HEADER, rows.meteo_rows(op)),
        ]
    if op.tables:
        parts += ["Tables, as CSV:\n", table(rows.TABLE_HEADER, rows.table_rows(op))]
    return parts


def _dialog(declared: type[Declared]) -> list[str]:
    """What SNAP Desktop shows of the parameters."""
    shown = [p.label for p in parameters_of(declared) if p.info.dialog]
    if not shown or len(shown) == len(parameters_of(declared)):
        return []
    return [
        f"The dialog of SNAP Desktop shows {', '.join(shown)}. The others keep their default there; gpt, graphs and "
        f"the command line take all.\n"
    ]


def _by_mode(declared: type[Declared]) -> list[str]:
    """How parameters follow the mode, where some do; and what experts are offered."""
    parts = []
    if any(p.follows_mode for p in parameters_of(declared)):
        parts.append(
            "A default with others in parentheses follows the mode: these are the defaults of other modes. A parameter "
            "that is not given, or is empty in a graph, has its mode's default, and a value that is given holds in "
            "every mode. SNAP alone does not say whether the default that stands first was given: it counts as not "
            "given there.\n"
        )
    if any(p.info.expert for p in parameters_of(declared)):
        parts.append(
            "Sections named Expert hold thresholds of the method for those who know it: the command line lists them by "
            "`--help-expert`, and no graph of ours and no dialog has them.\n"
        )
    return parts


def _parameter_sections(declared: type[Declared]) -> list[str]:
    sections: dict[str, list[tuple[str, ...]]] = {}
    heading = ""
    for p, row in zip(parameters_of(declared), rows.parameter_rows(declared), strict=True):
        heading = p.section or heading
        sections.setdefault(heading, []).append((f"`{row[0]}`", *row[1:]))
    if not sections:
        return ["None.\n"]
    return [
        part
        for name, listed in sections.items()
        for part in (f"### {name}\n" if name else "", table(rows.PARAMETER_HEADER, listed))
    ]


def _codings(ops: Sequence[type[Operator]], level: str) -> list[str]:
    parts = []
    for op in ops:
        for w in op.writes:
            if isinstance(w, FlagsOut):
                parts += [f"{level} Flags of `{w.name}` ({op.alias})\n", table(rows.FLAG_HEADER, rows.flag_rows(w))]
            if isinstance(w, ClassesOut):
                parts += [f"{level} Classes of `{w.name}` ({op.alias})\n", table(rows.CLASS_HEADER, rows.class_rows(w))]
    return parts


def _mark(band: str, optional: bool) -> str:
    return f"({band})" if optional else band


def _wavelength(semantic: str) -> str:
    return next(
        (f"{b.wavelength:.0f}" for sensor in SENSORS.values() for b in sensor.bands if b.semantic == semantic), ""
    )
