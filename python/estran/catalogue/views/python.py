"""The operators as Python functions: a module with a typed, documented function for each."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from estran.catalogue.spec import BandOut, Operator, Source
from estran.catalogue.views import rows
from estran.catalogue.views.names import GENERATED, module_name
from estran.declare import Parameter, parameters_of
from estran.errors import EstranError

_OWN = ("source", "resolution", "tile")
"""Arguments that every function has beside those of its declaration."""
_WIDTH = 120
_TYPES = {
    "bool": "bool",
    "int": "int",
    "float": "float",
    "str": "str",
    "strings": "Sequence[str]",
    "floats": "Sequence[float]",
    "path": "str | Path",
}
_HEAD = f'''"""The operators as functions: an xarray Dataset in, a lazy Dataset out.

{GENERATED}
"""

from __future__ import annotations

'''
_IMPORTS = {
    "Sequence": "from collections.abc import Sequence\n",
    "Path": "from pathlib import Path\n",
    "Literal": "from typing import Literal\n",
}


def operators_module(ops: Sequence[type[Operator]]) -> str:
    """The text of ``estran/operators.py``."""
    names = sorted(module_name(op) for op in ops)
    listed = "".join(f"    {json.dumps(name)},\n" for name in names)
    functions = "".join(_function(op) for op in ops)
    standard = "".join(
        line for name, line in _IMPORTS.items() if re.search(rf"^    \w+: .*\b{name}\b", functions, re.MULTILINE)
    )
    imports = f"{standard}\nimport xarray as xr\n\nfrom estran.face.calling import Source, call\n\n"
    return _HEAD + imports + f"__all__ = [\n{listed}]\n" + functions


def _function(op: type[Operator]) -> str:
    parameters, others = parameters_of(op), op.sources[1:]
    clash = [name for name in (*(p.name for p in parameters), *(s.name for s in others)) if name in _OWN]
    if clash:
        raise EstranError(
            f"a parameter is called {clash[0]!r}, as an argument of every function is",
            where=op.alias,
            todo="give it another name",
        )
    signature = [f"source: {_source_type(op.sources[0])}", "*"]
    signature += [f"{s.name}: {_source_type(s)}{' | None = None' if s.optional else ''}" for s in others]
    signature += [f"{p.name}: {_type(p)} = {_default(p)}" for p in parameters]
    signature += ["resolution: int | None = None", "tile: int = 1024"]
    lines = "".join(f"    {argument},\n" for argument in signature)
    body = f'    return call("{op.alias}", locals())\n'
    return f"\n\ndef {module_name(op)}(\n{lines}) -> xr.Dataset:\n{_docstring(op)}{body}"


def _source_type(source: Source) -> str:
    return "Source | Sequence[Source]" if source.many else "Source"


def _type(p: Parameter) -> str:
    kind = f"Literal[{', '.join(json.dumps(choice) for choice in p.choices)}]" if p.choices else _TYPES[p.kind]
    return f"{kind} | None" if p.optional else kind


def _default(p: Parameter) -> str:
    return _literal(p.default)


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, tuple):
        return f"({', '.join(map(_literal, value))}{',' if len(value) == 1 else ''})"
    return repr(value)


def _docstring(op: type[Operator]) -> str:
    text = "\n".join(_sections(op))
    if '"""' in text or "\\" in text:
        raise EstranError(
            "a text of the declaration cannot stand in a docstring",
            where=op.alias,
            expected="no backslash and no three quotes",
        )
    indented = "\n".join(f"    {line}".rstrip() for line in text.splitlines())
    return f'    """{indented.lstrip()}\n    """\n'


def _sections(op: type[Operator]) -> Iterator[str]:
    yield f"{op.label[:1].upper()}{op.label[1:].rstrip('.')}."
    yield ""
    yield from textwrap.wrap(op.summary, _WIDTH - 4)
    yield from ("", "Parameters", "----------")
    for i, source in enumerate(op.sources):
        yield "source" if i == 0 else source.name
        yield from _said(f"{_sentence(source.help)} {_read(source)}{_layers(op) if i == 0 else ''}")
    for p in parameters_of(op):
        if not p.info.expert:
            yield p.name
            yield from _said(_meaning(p))
    yield "resolution"
    yield from _said(
        "Pixels worked on [m]. None: as they are; bands of several sizes are brought to 20 m, or to the finest that "
        "are read where that is coarser."
    )
    yield "tile"
    yield from _said("Side of the tiles [pixels]; results do not depend on it.")
    yield from ("", "Returns", "-------", "xarray.Dataset")
    for written in op.writes:
        unit = f" [{written.unit}]" if isinstance(written, BandOut) else ""
        yield from _said(
            f"``{written.name}`` ({rows.type_text(written)}){unit}: {rows.meaning_text(written).rstrip('.')}."
        )
    experts = [p for p in parameters_of(op) if p.info.expert]
    if experts:
        yield from ("", "Other Parameters", "----------------")
    for p in experts:
        yield p.name
        yield from _said(_meaning(p))
    yield from ("", "See Also", "--------", f"docs/reference/{module_name(op)}.md, docs/ATBD/{op.atbd}.md")


def _said(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH - 4, initial_indent="    ", subsequent_indent="    ", break_long_words=False)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _read(source: Source) -> str:
    """The bands that a source must have, and those that it may; whether it is several."""
    needed = [r.band for r in source.reads if not r.optional]
    optional = [r.band for r in source.reads if r.optional]
    said = f"Needed: {', '.join(needed)}." if needed else ""
    more = [f"Used where it has them: {', '.join(optional)}."] if optional else []
    return " ".join([*([said] if said else []), *more, *([rows.MANY] if source.many else [])])


def _layers(op: type[Operator]) -> str:
    layers = [f" {a.name} [{a.unit}], as a band or by {a.parameter}, serves too." for a in op.aux]
    meteo = [
        f" {m.quantity} [{m.unit}] is the product's{f', else that of {m.parameter}' if m.parameter else ''}."
        for m in op.meteo
    ]
    return "".join((*layers, *meteo))


def _meaning(p: Parameter) -> str:
    """Help, unit, values and origin of a parameter."""
    text = re.sub(r"\bempty: ", "None: ", _sentence(p.info.help))
    if p.info.unit:
        text += f" [{p.info.unit}]"
    if p.info.interval:
        text += f" In {p.info.interval}."
    elif p.choices:
        text += f" One of {rows.values_text(p)}."
    if p.follows_mode:
        text += f" None: the mode's, {p.shown_in_full}."
    if p.info.source:
        text += f" From: {p.info.source.rstrip('.')}."
    return text
