"""GPT graphs as data: parsed safely, their variables filled in as gpt does.

A graph is nodes that name an operator, its sources (other nodes) and its parameters. ``${name}`` and ``$name`` are variables. As in gpt,
``-Sname=path`` gives the variable ``name`` the identity of a reading node, so it belongs into a ``refid``; ``-Pname=value`` gives it a text.
Unlike gpt, the variables are filled in after the XML is read, so a value may hold any character; and a variable that nobody gives is an
error, where gpt leaves ``${name}`` in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from estran.errors import BadGraph

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

READ_PREFIX = "ReadOp@"
"""What gpt puts before the name of a source to make the id of the node that reads it."""

Value = str | tuple[Mapping[str, str], ...]
"""A parameter: a text, or the items of a list of records (BandMaths' ``targetBands``)."""

_VARIABLE = re.compile(r"\$\{([^}]*)\}|\$([A-Za-z_][A-Za-z0-9_.]*)")


@dataclass(frozen=True)
class Node:
    """One step: its sources as (name, id of the node) pairs, in order."""

    id: str
    operator: str
    sources: tuple[tuple[str, str], ...] = ()
    parameters: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Graph:
    """Nodes in the order of the file, and the name of that file for messages.

    ``reads`` are the names of sources given on the command line, each a node of its own.
    """

    id: str
    nodes: tuple[Node, ...]
    where: str = ""
    reads: tuple[str, ...] = ()

    def consumers(self, node_id: str) -> tuple[Node, ...]:
        """The nodes that have this node as a source."""
        return tuple(n for n in self.nodes if any(refid == node_id for _, refid in n.sources))

    def ordered(self) -> tuple[Node, ...]:
        """The nodes with every source before its consumers; otherwise as in the file.

        Raises
        ------
        BadGraph
            When ids are repeated, a ``refid`` names no node, or nodes depend on one another in a circle.
        """
        ids = [n.id for n in self.nodes]
        for node in self.nodes:
            if ids.count(node.id) > 1:
                raise BadGraph(f"two nodes have the id {node.id!r}", where=self.where, todo="give each node its own id")
            for name, refid in node.sources:
                if refid not in ids and refid not in self._read_ids:
                    raise BadGraph(
                        f"source {name!r} of node {node.id!r} refers to {refid!r}, which is no node",
                        where=self.where,
                        expected=", ".join((*ids, *self._read_ids)),
                        todo="correct the refid, or give the source with -Sname=path",
                    )
        done: list[Node] = []
        waiting = list(self.nodes)
        while waiting:
            placed = {n.id for n in done} | self._read_ids
            ready = next((n for n in waiting if all(refid in placed for _, refid in n.sources)), None)
            if ready is None:
                raise BadGraph("nodes depend on one another in a circle", where=self.where, found=", ".join(n.id for n in waiting))
            waiting.remove(ready)
            done.append(ready)
        return tuple(done)

    @property
    def _read_ids(self) -> frozenset[str]:
        return frozenset(READ_PREFIX + name for name in self.reads)


def read_properties(path: Path) -> dict[str, str]:
    """Values of a ``.properties`` file."""
    from estran.catalogue.views.graphs import read_properties as parse

    return parse(_text(path))


def read_graph(path: Path, parameters: Mapping[str, str] | None = None, reads: Iterable[str] = ()) -> Graph:
    """Read a graph and fill in its variables.

    Values come from, the later the stronger: the ``.properties`` twin beside the graph, `parameters`.

    Parameters
    ----------
    path
        The XML file.
    parameters
        Variables by name.
    reads
        Names of the sources given from outside (``-Sname=…``).

    Raises
    ------
    BadGraph
        When the file is no graph, has no version 1.0, leaves a variable open, or when a parameter given is none of its variables.
    """
    given = dict(parameters or {})
    reads = tuple(reads)
    twin = path.with_suffix(".properties")
    defaults = read_properties(twin) if twin.is_file() else {}
    root = _parse(path)
    used: set[str] = set()
    values = {**defaults, **given, **{name: READ_PREFIX + name for name in reads}}
    fill = _Filler(values, path.name, used)
    nodes = tuple(_node(element, fill, path.name) for element in root.iterfind("node"))
    if not nodes:
        raise BadGraph("the graph has no nodes", where=path.name)
    unused = [name for name in given if name not in used]
    if unused:
        raise BadGraph(
            f"the graph has no variable ${{{unused[0]}}}",
            where=path.name,
            expected=", ".join(sorted(used - set(reads))) or "none",
            todo="correct the name given with -P",
        )
    idle = [name for name in reads if name not in used and not name.startswith("sourceProduct")]
    if idle:
        raise BadGraph(f"the graph has no source ${{{idle[0]}}}", where=path.name, todo="correct the name given with -S")
    return Graph(root.get("id", path.stem), nodes, path.name, reads)


def variables(path: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The variables of a graph in order: (of sources, of parameters). Those in a ``refid`` are sources."""
    sources: list[str] = []
    parameters: list[str] = []
    for element in _parse(path).iter():
        parent_is_source = element.get("refid")
        for text, into in ((parent_is_source, sources), (element.text, parameters)):
            for match in _VARIABLE.finditer(text or ""):
                into.append(match[1] or match[2])
    return tuple(dict.fromkeys(sources)), tuple(n for n in dict.fromkeys(parameters) if n not in sources)


@dataclass(frozen=True)
class _Filler:
    values: Mapping[str, str]
    where: str
    used: set[str]

    def __call__(self, text: str, node: str, name: str, *, source: bool = False) -> str:
        def value(match: re.Match[str]) -> str:
            variable = match[1] if match[1] is not None else match[2]
            if variable not in self.values:
                give = f"-S{variable}=PRODUCT" if source else f"-P{variable}=VALUE, or a line in the .properties file beside the graph"
                raise BadGraph(f"variable ${{{variable}}} of node {node!r} ({name}) has no value", where=self.where, todo=f"give {give}")
            self.used.add(variable)
            filled = self.values[variable]
            if filled == READ_PREFIX + variable and not source:
                raise BadGraph(
                    f"variable ${{{variable}}} is given with -S but used as parameter {name!r} of node {node!r}",
                    where=self.where,
                    todo=f'write <source refid="${{{variable}}}"/> in the next node, as gpt puts the id of a reading node there; or give it with -P',
                )
            return filled

        return _VARIABLE.sub(value, text).strip()


def _node(element: Element, fill: _Filler, where: str) -> Node:
    node_id = element.get("id", "")
    operator = element.findtext("operator", "").strip()
    if not node_id or not operator:
        raise BadGraph("a node has no id or no <operator>", where=where, found=node_id or operator or "neither")
    sources: list[tuple[str, str]] = []
    for item in element.iterfind("sources/*"):
        refid = item.get("refid") if item.get("refid") is not None else item.text
        text = fill(refid or "", node_id, item.tag, source=True)
        if item.tag == "sourceProducts" and item.get("refid") is None:
            sources += [(f"sourceProducts{i}", one.strip()) for i, one in enumerate(text.split(",")) if one.strip()]
        else:
            sources.append((item.tag, text))
    parameters: dict[str, Value] = {}
    for item in element.iterfind("parameters/*"):
        if item.tag in parameters:
            raise BadGraph(f"parameter {item.tag!r} of node {node_id!r} is given twice", where=where)
        if len(item):
            parameters[item.tag] = tuple({leaf.tag: fill(leaf.text or "", node_id, leaf.tag) for leaf in record} for record in item)
        else:
            parameters[item.tag] = fill(item.text or "", node_id, item.tag)
    return Node(node_id, operator, tuple(sources), parameters)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadGraph("the file cannot be read", where=path, found=_reason(error)) from error


def _parse(path: Path) -> Element:
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException, ElementTree

    try:
        root: Any = ElementTree.fromstring(_text(path), forbid_dtd=True)
    except DefusedXmlException as error:
        raise BadGraph("the graph declares a document type or entities, which no graph needs", where=path.name, todo="remove its <!DOCTYPE …>") from error
    except ParseError as error:
        raise BadGraph("the graph is no well-formed XML", where=path.name, found=_reason(error)) from error
    if root.tag != "graph":
        raise BadGraph("the file is no GPT graph", where=path.name, expected="<graph>", found=f"<{root.tag}>")
    version = root.findtext("version", "").strip()
    if version != "1.0":
        raise BadGraph("the graph has another version than gpt takes", where=path.name, expected="<version>1.0</version>", found=version or "none")
    return cast("Element", root)


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).strip()
