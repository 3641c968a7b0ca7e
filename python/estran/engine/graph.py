"""GPT graphs as data: parsed safely, their variables filled in as gpt does.

A graph is nodes that name an operator, its sources (other nodes) and its parameters. ``${name}`` and ``$name`` are
variables. As in gpt, ``-Sname=path`` gives the variable ``name`` the identity of a reading node, so it belongs into a
``refid``; ``-Pname=value`` gives it a text. Unlike gpt, the variables are filled in after the XML is read, so a value
may hold any character; and a variable that is not given is an error, where gpt leaves ``${name}`` in the text.
``$product.band`` stays as it is where it is not given: in band arithmetic it names a band.

The encoding that a file declares is obeyed, as XML says (SNAP takes the machine's). An empty element means "not given".
"""

from __future__ import annotations

import codecs
import heapq
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from estran.bounded_xml import read_xml
from estran.bounds import SETTINGS_BYTES, read_bytes
from estran.errors import BadGraph

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

READ_PREFIX = "ReadOp@"
"""What gpt puts before the name of a source to make the id of the node that reads it."""

Value = str | tuple[Mapping[str, str], ...]
"""A parameter: a text, or the items of a list of records (BandMaths' ``targetBands``)."""

_VARIABLE = re.compile(r"\$\{([^}]*)\}|\$([^\W\d][\w.]*)")
_READS_IN_ORDER = re.compile(r"sourceProduct\d+")

MOST_NODES = 20_000
MOST_STEPS = 500
"""Nodes one behind another: each waits for the one before when pixels are made."""


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
        place: dict[str, int] = {}
        for i, node in enumerate(self.nodes):
            if node.id in place:
                raise BadGraph(f"two nodes have the id {node.id!r}", where=self.where, todo="give each node its own id")
            place[node.id] = i
        for node in self.nodes:
            for name, refid in node.sources:
                if refid not in place and refid not in self._read_ids:
                    raise BadGraph(
                        f"source {name!r} of node {node.id!r} refers to {refid!r}, which is no node",
                        where=self.where,
                        expected=_some((*place, *self._read_ids)),
                        todo="correct the refid, or give the source with -Sname=path",
                    )
        return self._in_order(place)

    def _in_order(self, place: Mapping[str, int]) -> tuple[Node, ...]:
        """Of the nodes whose sources are done, always the first of the file."""
        needs = [len({refid for _, refid in n.sources if refid in place}) for n in self.nodes]
        feeds: list[list[int]] = [[] for _ in self.nodes]
        for i, node in enumerate(self.nodes):
            for refid in {refid for _, refid in node.sources if refid in place}:
                feeds[place[refid]].append(i)
        ready = [i for i, count in enumerate(needs) if not count]  # ascending: a heap already
        done: list[Node] = []
        steps = [1] * len(self.nodes)
        while ready:
            i = heapq.heappop(ready)
            done.append(self.nodes[i])
            for later in feeds[i]:
                steps[later] = max(steps[later], steps[i] + 1)
                needs[later] -= 1
                if not needs[later]:
                    heapq.heappush(ready, later)
        if len(done) < len(self.nodes):
            circle = [n.id for n, count in zip(self.nodes, needs, strict=True) if count]
            raise BadGraph(
                "nodes depend on one another in a circle",
                where=self.where,
                found=_some(circle),
                todo="let no node be a source of one before it",
            )
        if max(steps, default=0) > MOST_STEPS:
            raise BadGraph(
                "too many nodes stand one behind another",
                where=self.where,
                expected=f"{MOST_STEPS} at most",
                found=max(steps),
                todo="put a Write node in between, and begin a second graph with a Read node",
            )
        return tuple(done)

    @property
    def _read_ids(self) -> frozenset[str]:
        return frozenset(READ_PREFIX + name for name in self.reads)


def read_properties(path: Path) -> dict[str, str]:
    """Values of a ``.properties`` file; UTF-8 or, with its byte order mark, UTF-16, else ISO-8859-1 as
    Java reads it.
    """
    from estran.catalogue.views.graphs import read_properties as parse

    raw = read_bytes(path, SETTINGS_BYTES, what="the .properties file", error=BadGraph)
    if raw.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise BadGraph(
            "parameters as XML are not read here",
            where=path,
            expected="lines of name = value",
            todo="write them as a .properties file",
        )
    try:
        text = raw.decode("utf-16" if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    if "\0" in text:
        raise BadGraph(
            "the .properties file is no text",
            where=path,
            expected="lines of name = value",
            found="zero bytes",
            todo="save it as UTF-8",
        )
    return parse(text)


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
        When the file is no graph, has no version 1.0, leaves a variable open, or when a parameter given is none of its
        variables.
    """
    given = dict(parameters or {})
    reads = tuple(reads)
    twin = path.with_suffix(".properties")
    defaults = read_properties(twin) if twin.is_file() else {}
    root = _parse(path)
    used: set[str] = set()
    ordered = sorted(
        (name for name in reads if _READS_IN_ORDER.fullmatch(name)),
        key=lambda name: int(name.removeprefix("sourceProduct")),
    )
    all_of_them = {"sourceProducts": ",".join(READ_PREFIX + name for name in ordered)} if ordered else {}
    values = {**defaults, **given, **all_of_them, **{name: READ_PREFIX + name for name in reads}}
    fill = _Filler(values, path.name, used)
    nodes = tuple(_node(element, fill, path.name) for element in _node_elements(root, path.name))
    unused = [name for name in given if name not in used]
    if unused:
        raise BadGraph(
            f"the graph has no variable ${{{unused[0]}}}",
            where=path.name,
            expected=", ".join(sorted(used - set(reads))) or "none",
            todo="correct the name given with -P or in the file of -p",
        )
    idle = [name for name in reads if name not in used and not name.startswith("sourceProduct")]
    if idle:
        raise BadGraph(
            f"the graph has no source ${{{idle[0]}}}", where=path.name, todo="correct the name given with -S"
        )
    return Graph(root.get("id", path.stem), nodes, path.name, reads)


def _node_elements(root: Element, where: str) -> list[Element]:
    elements = root.findall("node")
    if not elements:
        raise BadGraph("the graph has no nodes", where=where, todo="give it at least one <node>")
    if len(elements) > MOST_NODES:
        raise BadGraph(
            "the graph has too many nodes",
            where=where,
            expected=f"{MOST_NODES} at most",
            found=len(elements),
            todo="divide it into several graphs",
        )
    return elements


def _some(names: Iterable[str]) -> str:
    """The names, or the first of many."""
    names = tuple(names)
    return ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")


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
                if match[1] is None and "." in variable and not source:
                    return match[0]
                give = (
                    f"-S{variable}=PRODUCT"
                    if source
                    else f"-P{variable}=VALUE, or a line in the .properties file beside the graph"
                )
                raise BadGraph(
                    f"variable ${{{variable}}} of node {node!r} ({name}) has no value",
                    where=self.where,
                    todo=f"give {give}",
                )
            self.used.add(variable)
            filled = self.values[variable]
            if filled == READ_PREFIX + variable and not source:
                raise BadGraph(
                    f"variable ${{{variable}}} is given with -S but used as parameter {name!r} of node {node!r}",
                    where=self.where,
                    todo=f'write <source refid="${{{variable}}}"/> in the next node, as gpt puts the id of a reading '
                    f"node there; or give it with -P",
                )
            return filled

        return _VARIABLE.sub(value, text).strip()


def _node(element: Element, fill: _Filler, where: str) -> Node:
    node_id = fill(element.get("id", ""), "?", "id", source=True)
    operator = fill(element.findtext("operator", ""), node_id, "operator")
    if not node_id or not operator:
        raise BadGraph(
            "a node has no id or no <operator>",
            where=where,
            found=node_id or operator or "neither",
            todo='write <node id="…"><operator>…</operator>',
        )
    sources: list[tuple[str, str]] = []
    for item in element.iterfind("sources/*"):
        refid = item.get("refid") if item.get("refid") is not None else item.text
        text = fill(refid or "", node_id, item.tag, source=True)
        if item.tag == "sourceProducts" and item.get("refid") is None:
            sources += [(f"sourceProducts{i}", one.strip()) for i, one in enumerate(text.split(",")) if one.strip()]
        elif text:
            sources.append((item.tag, text))
    return Node(node_id, operator, tuple(sources), _parameters(element, fill, node_id, where))


def _parameters(element: Element, fill: _Filler, node_id: str, where: str) -> dict[str, Value]:
    """What the node gives; empty elements give nothing (``class`` attributes are SNAP's own affair)."""
    parameters: dict[str, Value] = {}
    for item in element.iterfind("parameters/*"):
        value: Value
        if len(item):
            value = tuple({leaf.tag: fill(leaf.text or "", node_id, leaf.tag) for leaf in record} for record in item)
        else:
            value = fill(item.text or "", node_id, item.tag)
        if not value:
            continue
        if parameters.get(item.tag, value) != value:
            raise BadGraph(
                f"parameter {item.tag!r} of node {node_id!r} is given twice", where=where, todo="give it once"
            )
        parameters[item.tag] = value
    return parameters


def _parse(path: Path) -> Element:
    root = read_xml(path, what="the graph", error=BadGraph, todo="correct it where the message says")
    if root.tag != "graph":
        raise BadGraph("the file is no GPT graph", where=path.name, expected="<graph>", found=f"<{root.tag}>")
    version = root.findtext("version", "").strip()
    if version != "1.0":
        raise BadGraph(
            "the graph has another version than gpt takes",
            where=path.name,
            expected="<version>1.0</version>",
            found=version or "none",
        )
    return root
