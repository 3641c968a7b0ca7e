"""From a graph to steps that can run: every node known, every parameter checked, every source in its place. All before
the first pixel is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from estran.catalogue.dimensions import keys_of, product_key
from estran.catalogue.spec import Operator, Source
from estran.engine.graph import Graph, Node
from estran.engine.nodes import snap_nodes
from estran.engine.nodes.base import WITH_GPT, SnapNode
from estran.errors import BadGraph, BadParameter, EstranError

Operators = Mapping[str, type[Operator]]
"""The catalogue, by alias."""


_FIRST = ("sourceProduct", "sourceProduct.1", "sourceProduct1", "sourceProducts0")
"""Names under which gpt and SNAP's Graph Builder hand over the first source of any operator."""


@dataclass(frozen=True)
class Step:
    """A node whose operator is constructed: `sources` maps the operator's source names to node ids."""

    node: Node
    runs: Operator | SnapNode
    sources: Mapping[str, str]


def bind(graph: Graph, operators: Operators) -> tuple[Step, ...]:
    """The steps of a graph in an order that can run.

    Raises
    ------
    BadGraph
        Unknown node, unresolved source, repeated id, circle.
    BadParameter
        Unknown parameter, value of another type or outside its interval; the sentence names the node.
    """
    return tuple(_step(node, graph, operators) for node in graph.ordered())


def forks(graph: Graph, operators: Operators) -> tuple[Node, ...]:
    """Nodes at which gpt hangs: several consumers, Python before the fork or at it, and Python after it (run one after
    another here).

    One thread waits in the later Python node for a tile that another thread is computing, and this one waits for
    Python. The nodes between need not be ours: BandMaths after a Python node, with a mask and a Python node reading it,
    hangs alike.
    """
    ordered = graph.ordered()
    sources = {n.id: {refid for _, refid in n.sources} for n in ordered}
    consumers: dict[str, int] = dict.fromkeys(sources, 0)
    before: dict[str, bool] = {}
    for node in ordered:
        before[node.id] = node.operator in operators or any(before.get(refid, False) for refid in sources[node.id])
        for refid in sources[node.id] & consumers.keys():
            consumers[refid] += 1
    after: dict[str, bool] = dict.fromkeys(sources, False)
    for node in reversed(ordered):
        for refid in sources[node.id] & after.keys():
            after[refid] |= after[node.id] or node.operator in operators
    return tuple(n for n in graph.nodes if consumers[n.id] > 1 and before[n.id] and after[n.id])


def refuse_forks(graph: Graph, operators: Operators) -> None:
    """Raise :class:`BadGraph` at a fork behind a Python node; shipped graphs are checked with this."""
    for node in forks(graph, operators):
        names = ", ".join(c.id for c in graph.consumers(node.id))
        raise BadGraph(
            f"the output of node {node.id!r} forks, which makes gpt hang: there are Python operators before the fork "
            f"and after it",
            where=graph.where,
            found=names,
            todo="chain Python operators in a line, or write in between",
        )


def _step(node: Node, graph: Graph, operators: Operators) -> Step:
    where = f"node {node.id!r} of {graph.where}" if graph.where else f"node {node.id!r}"
    theirs = snap_nodes()
    if node.operator in operators:
        operator = operators[node.operator]
        return Step(
            node, _ours(node, operator, where), _our_sources(node, operator.sources, where, alone=not graph.where)
        )
    if node.operator in theirs:
        kind = theirs[node.operator]
        try:
            runs = kind.from_values(node.parameters)
        except EstranError as error:
            raise _at(error, where) from error
        return Step(node, runs, _their_sources(node, kind, where, alone=not graph.where))
    raise BadGraph(
        f"operator {node.operator!r} is not known here",
        where=where,
        expected=", ".join((*operators, *theirs)),
        todo=f"correct the name, or {WITH_GPT}, which has more operators",
    )


def _ours(node: Node, operator: type[Operator], where: str) -> Operator:
    for name, value in node.parameters.items():
        if not isinstance(value, str):
            raise BadParameter(
                f"parameter {name} is a list of records", where=where, expected="a text", todo="write its value as text"
            )
    try:
        return operator.from_text({name: str(value) for name, value in node.parameters.items()})
    except EstranError as error:
        raise _at(error, where) from error


def _at(error: EstranError, where: str) -> EstranError:
    inner = f"{error.where}, {where}" if error.where else where
    return type(error)(error.what, where=inner, expected=error.expected, found=error.found, todo=error.todo)


def _our_sources(node: Node, declared: tuple[Source, ...], where: str, *, alone: bool) -> dict[str, str]:
    """By name; ``sourceProduct`` (gpt's name of a positional product) is the first. An operator `alone` stands in no
    graph that one could edit.
    """
    names = [s.name for s in declared]
    given: dict[str, str] = {}
    many = next((source for source in declared if source.many), None)
    for name, refid in node.sources:
        if many is not None and _is_one_of(many, name, first=many is declared[0]):
            given[product_key(many.name, len(keys_of(many, given)))] = refid
            continue
        place = names[0] if name in _FIRST and name not in names else name
        if place not in names:
            raise BadGraph(
                f"{node.operator} has no source {name!r}",
                where=where,
                expected=", ".join(names),
                todo="correct the name of the source",
            )
        if place in given:
            raise BadGraph(
                f"source {place!r} of {node.operator} is given twice",
                where=where,
                found=f"{given[place]}, {refid}",
                todo="give it once",
            )
        given[place] = refid
    missing = [s.name for s in declared if not s.optional and s.name not in given]
    if missing:
        todo = f"give it with -S{missing[0]}=PRODUCT" if alone else f'add <{missing[0]} refid="…"/> to its <sources>'
        raise BadGraph(f"source {missing[0]!r} of {node.operator} is not given", where=where, todo=todo)
    return given


def _is_one_of(source: Source, name: str, *, first: bool) -> bool:
    """Whether a name is that of one of many products: its own, "source.1", and for the first source gpt's own names."""
    return bool(keys_of(source, (name,))) or (first and re.fullmatch(r"sourceProducts?[.]?\d*", name) is not None)


def _their_sources(node: Node, kind: type[SnapNode], where: str, *, alone: bool) -> dict[str, str]:
    """In order: gpt too takes whatever name stands there for an operator's only source."""
    if kind.many_sources and node.sources:
        named: dict[str, str] = {}
        for name, refid in node.sources:
            if named.setdefault(name, refid) != refid:
                raise BadGraph(
                    f"two sources of {node.operator} have the name {name!r}",
                    where=where,
                    found=f"{named[name]}, {refid}",
                    todo=f"call the second <{name}.1>, and its bands ${name}.1.NAME",
                )
        return named
    if len(node.sources) != len(kind.sources):
        if alone:
            todo = f"give one product, with -S{kind.sources[0]}=PRODUCT" if kind.sources else "give no product"
        else:
            todo = (
                f'write <{kind.sources[0]} refid="…"/> into its <sources>, once'
                if kind.sources
                else "leave its <sources> empty"
            )
        raise BadGraph(
            f"{node.operator} takes {len(kind.sources) or 'no'} source{'s' if len(kind.sources) > 1 else ''}",
            where=where,
            found=", ".join(refid for _, refid in node.sources) or "none",
            todo=todo,
        )
    return dict(zip(kind.sources, (refid for _, refid in node.sources), strict=True))
