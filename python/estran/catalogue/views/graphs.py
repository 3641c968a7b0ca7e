"""The ``.properties`` twins of graphs: the default of every ``${variable}``, taken from the declarations.

GPT knows no defaults: a variable that is not given stays in the text as ``${name}``. So each graph has a twin, passed
with ``-p``. What follows the mode is left empty there, so that it follows a mode given beside; its comment says the
defaults.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from xml.etree.ElementTree import Element

from estran.catalogue.spec import Declared, Operator, parameters_of
from estran.catalogue.views.names import GENERATED
from estran.declare import Parameter
from estran.errors import BadGraph

_VARIABLE = re.compile(r"\$\{([^}]+)\}")
_NAME = re.compile(r"((?:\\.|[^\\=: \t\f])*)[ \t\f]*[=:]?[ \t\f]*", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
"""How Java writes a character beyond the first 65,536."""
_CONTROL = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


def properties_defaults(declared: type[Declared]) -> dict[str, str]:
    """Every parameter's default as text; "" where there is none."""
    return {p.name: p.format(p.default) for p in parameters_of(declared)}


def graph_properties(graph: Element, ops: Sequence[type[Operator]], kept: Mapping[str, str], where: str) -> str:
    """The twin of a graph.

    Parameters
    ----------
    graph
        The root of the parsed graph.
    ops
        The catalogue.
    kept
        The twin as it stands: its values serve for variables of nodes that are not ours.
    where
        Name of the graph, for errors.

    Raises
    ------
    BadGraph
        When a variable has no default anywhere, or two defaults that differ.
    """
    known = {op.alias: {name: p for p in parameters_of(op) for name in (p.element, p.name)} for op in ops}
    uses: dict[str, list[Parameter]] = {}
    for node in graph.iter("node"):
        parameters = known.get(node.findtext("operator", "").strip(), {})
        for item in node.iterfind("parameters//*"):
            text = (item.text or "").strip()
            for variable in _VARIABLE.findall(text):
                ours = parameters.get(item.tag) if text == f"${{{variable}}}" else None
                uses.setdefault(variable, []).extend([ours] if ours else [])
    lines = [f"# {GENERATED} Values of nodes that are not ours are kept as they stand."]
    for variable, served in uses.items():
        lines += [
            "",
            *(f"# {_comment(p)}" for p in served[:1]),
            f"{variable} = {_default(variable, served, kept, where)}".rstrip(),
        ]
    return "\n".join(lines) + "\n"


def read_properties(text: str) -> dict[str, str]:
    r"""Names and values of a ``.properties`` text, as Java reads them: comments, lines continued, escapes (Java SE API,
    ``Properties.load``).

    Raises
    ------
    BadGraph
        Where ``\u`` is no character, as in a Windows path with single backslashes.

    Examples
    --------
    >>> read_properties("# a comment\nmode = strict\ndem: C\\:\\\\dem.tif\nname M\\u00fcnchen")
    {'mode': 'strict', 'dem': 'C:\\dem.tif', 'name': 'München'}
    """
    return dict(_pair(line) for line in _logical_lines(text))


def _logical_lines(text: str) -> Iterator[str]:
    """Lines without comments and blank ones; one that ends with an odd number of backslashes goes on in the next."""
    started = ""
    for line in re.split(r"\r\n|\r|\n", text):
        line = line.lstrip(" \t\f")
        if not started and (not line or line[0] in "#!"):
            continue
        whole = started + line
        if (len(line) - len(line.rstrip("\\"))) % 2:
            started = whole[:-1]
            continue
        started = ""
        yield whole
    if started:
        yield started


def _pair(line: str) -> tuple[str, str]:
    """The name ends at the first ``=``, ``:`` or blank that is not escaped."""
    match = _NAME.match(line)
    assert match is not None
    return _unescaped(match[1]), _unescaped(line[match.end() :]).strip()


def _unescaped(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        if match[1]:
            return chr(int(match[1], 16))
        if match[2] == "u":
            raise BadGraph(
                "a line of the .properties file has \\u without four digits",
                where=text[:60],
                todo="write each backslash twice, as Java wants it",
            )
        return _CONTROL.get(match[2], match[2])

    return _PAIR.sub(
        lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), _ESCAPE.sub(character, text)
    )


def _default(variable: str, served: Sequence[Parameter], kept: Mapping[str, str], where: str) -> str:
    values = list(dict.fromkeys(p.format(p.default) for p in served))
    if len(values) > 1:
        raise BadGraph(
            f"variable ${{{variable}}} has two defaults",
            where=where,
            expected=values[0],
            found=values[1],
            todo="use two variables",
        )
    if values:
        return values[0]
    if variable not in kept:
        raise BadGraph(
            f"variable ${{{variable}}} has no default",
            where=where,
            todo="give it a line in the .properties file beside the graph",
        )
    return kept[variable]


def _comment(p: Parameter) -> str:
    facts = ", ".join(
        t for t in (p.info.unit if p.info.unit != "1" else "", p.info.interval or " | ".join(p.choices)) if t
    )
    text = f"{p.info.help} [{facts}]" if facts else p.info.help
    return f"{text}; empty: the mode's, {p.shown_in_full}" if p.follows_mode else text
