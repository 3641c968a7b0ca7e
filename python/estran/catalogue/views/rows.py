"""The rows of the tables that pages, help and interface documents show: one place says what a parameter, an input or a
flag looks like.
"""

from __future__ import annotations

from collections.abc import Iterator

from estran.catalogue.spec import (
    BandOut,
    ClassesOut,
    Declared,
    FlagsOut,
    Operator,
    Reads,
    Source,
    Writes,
    parameters_of,
)
from estran.declare import Parameter
from estran.sensors.bands import candidates

PARAMETER_HEADER = ("Parameter", "Meaning", "Unit", "Values", "Default", "Source")
READS_HEADER = ("Band", "Unit", "Needed", "Without it")
WRITES_HEADER = ("Band", "Type", "Unit", "No data", "Meaning")
FLAG_HEADER = ("Flag", "Bit", "Value", "Colour", "Meaning")
CLASS_HEADER = ("Class", "Value", "Colour", "Meaning")

MANY = "Any number of products of one grid; they are stacked in chronological order."
"""What is said of a source of many products."""


def source_text(source: Source) -> str:
    """What a source is, and whether it is several products."""
    return f"{source.help.rstrip('.')}. {MANY}" if source.many else source.help


def parameter_rows(
    declared: type[Declared], dialog: bool | None = None, expert: bool | None = None
) -> Iterator[tuple[str, ...]]:
    """Name, help, unit, allowed values, default, where the default comes from; of every parameter, or of those that a
    dialog shows or leaves out, of those for experts or for everybody.
    """
    for p in parameters_of(declared):
        if dialog in (None, p.info.dialog) and expert in (None, p.info.expert):
            yield p.name, p.info.help, p.info.unit, values_text(p), default_text(p), p.info.source


def values_text(p: Parameter) -> str:
    """What a parameter may be: its choices, its interval, or its kind."""
    if p.choices:
        return ", ".join(p.choices)
    kind = {
        "bool": "true, false",
        "int": "integer",
        "float": "number",
        "str": "text",
        "strings": "texts",
        "floats": "numbers",
        "path": "file",
    }[p.kind]
    return f"{kind} in {p.info.interval}" if p.info.interval else kind


def default_text(p: Parameter) -> str:
    """The default as the command line takes it, with those of other modes; "none" where there is none."""
    return p.shown_in_full or "none"


def reads_rows(source: Source) -> Iterator[tuple[str, ...]]:
    """Semantic band, unit, mandatory or not, and what happens without it."""
    for r in source.reads:
        band = f"{r.band} ({', '.join(r.dims)})" if len(r.dims) > 2 else r.band
        yield band, r.unit, "no" if r.optional else "yes", without_text(r)


def without_text(r: Reads) -> str:
    """What serves instead, and what is switched off when nothing does."""
    said = []
    if r.from_param:
        said.append(f"parameter {r.from_param} stands for it")
    if r.fallback:
        said.append(f"{' or '.join(r.fallback)} serves")
    said.append(r.without if r.optional else "an error that lists what the product has")
    return "; else ".join(said)


def aux_rows(op: type[Operator]) -> Iterator[tuple[str, ...]]:
    """Auxiliary raster, unit, the parameter that names its file, and what is switched off without it."""
    for a in op.aux:
        yield a.name, a.unit, a.parameter, a.help, a.without


METEO_HEADER = ("Quantity", "Unit", "Bands or tie points", "Then", "Meaning")
TABLE_HEADER = ("Table", "Column", "Unit", "Meaning", "Parameter", "Without it")


def meteo_rows(op: type[Operator]) -> Iterator[tuple[str, ...]]:
    """Meteorological quantity, unit, names of its components, what serves where the product has none, meaning."""
    for m in op.meteo:
        then = [f"parameter {m.parameter}"] if m.parameter else []
        then.append(m.without if m.default is None else f"{m.default:g}{'' if m.unit == '1' else f' {m.unit}'}")
        names = " and ".join(", ".join(candidates(name)) for name in m.components)
        asked = f"{names} (where {m.only_if})" if m.only_if else names
        yield m.quantity, m.unit, asked, "; else ".join(then), m.help


def table_rows(op: type[Operator]) -> Iterator[tuple[str, ...]]:
    """Table, column, unit, meaning, the parameter that names the file, and what is switched off without it."""
    for t in op.tables:
        for c in t.columns:
            key = " (key)" if c.name in t.key else ""
            yield t.name, c.name + key, "text" if c.kind == "text" else c.unit, c.meaning, t.parameter, t.without


def writes_rows(op: type[Operator]) -> Iterator[tuple[str, ...]]:
    """Band, type, unit, no-data, meaning."""
    for w in op.writes:
        unit = w.unit if isinstance(w, BandOut) else "flags" if isinstance(w, FlagsOut) else "classes"
        yield w.name, type_text(w), unit, nodata_text(w), meaning_text(w)


def type_text(w: Writes) -> str:
    """The sample type of a written band, with its dimensions where it has more than rows and columns."""
    return f"{w.dtype} ({', '.join(w.dims)})" if isinstance(w, BandOut) and len(w.dims) > 2 else w.dtype


def meaning_text(w: Writes) -> str:
    """What a written band is, and how its errors hang together where it is an uncertainty."""
    if not isinstance(w, BandOut) or not w.uncertainty_of:
        return w.meaning
    forms = ", ".join(f"{form} along {dim}" for dim, form in w.correlation.items())
    return f"{w.meaning} (standard uncertainty of {w.uncertainty_of}; errors {forms})"


def nodata_text(w: Writes) -> str:
    """The no-data value of a written band."""
    if not isinstance(w, BandOut):
        return "by flag" if isinstance(w, FlagsOut) else "by class"
    if w.nodata is not None:
        return f"{w.nodata:g}"
    return "NaN" if w.dtype in ("float32", "float64") else "none"


def flag_rows(w: FlagsOut) -> Iterator[tuple[str, ...]]:
    """Name, bit, value, colour, meaning."""
    for f in w.coding.flags:
        yield f.name, str(f.bit), str(f.mask), colour_text(f.colour), f.meaning


def class_rows(w: ClassesOut) -> Iterator[tuple[str, ...]]:
    """Name, value, colour, meaning."""
    for v in w.coding.values:
        yield v.name, str(v.value), colour_text(v.colour), v.meaning


def colour_text(colour: tuple[int, int, int]) -> str:
    """A colour as #rrggbb."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def walk_text(op: type[Operator]) -> str:
    """How the operator goes over an image, for users."""
    return {
        "pixel": "pixel by pixel: any tile alone",
        "neighbourhood": "by tiles with a border: the result does not depend on how the image is cut",
        "surveyed": "a first pass over the whole image, then tile by tile: the result does not depend on how the "
        "image is cut",
        "scene": "the whole image at once: memory grows with its size",
    }[op.walk.value]
