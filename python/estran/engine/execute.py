"""Runs a whole graph: nodes in order, lazy products handed on, files opened and written by the caller."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from estran.catalogue.spec import Operator, Walk
from estran.engine.bind import Operators, Step, bind
from estran.engine.graph import READ_PREFIX, Graph
from estran.engine.inputs import ReadAux, ReadTable
from estran.engine.need import Weigh
from estran.engine.nodes.base import SnapNode
from estran.engine.nodes.files import Read, Write
from estran.engine.overview import Overview
from estran.engine.run import TILE, RayCaster, hold, run_operator
from estran.engine.stages import Stages
from estran.engine.timing import Stopwatch
from estran.errors import BadGraph
from estran.raster.product import Product
from estran.raster.scene import Progress, quiet

log = logging.getLogger("estran")

OpenProduct = Callable[..., Product]
"""``open_product(path, progress=…)``."""
WriteProduct = Callable[..., Path]
"""``write_product(product, path, format_name, progress=…)`` says which file it wrote."""


@dataclass(frozen=True)
class Adapters:
    """How files are opened, written and warped to a grid, how rays are cast, and how tables are read; as
    :func:`~estran.engine.run.run_operator` takes them.
    """

    open_product: OpenProduct
    write_product: WriteProduct
    read_aux: ReadAux | None = None
    ray_caster: RayCaster | None = None
    read_table: ReadTable | None = None


@dataclass(frozen=True)
class Outcome:
    """What a graph left: the sources opened, the product of every node, and where the time went.

    Products that no Write node took are lazy still.
    """

    sources: Mapping[str, Product]
    products: Mapping[str, Product]
    last: Product
    written: tuple[Path, ...] = ()
    stopwatch: Stopwatch = field(default_factory=Stopwatch)


def run_graph(
    graph: Graph,
    sources: Mapping[str, Path | Product],
    *,
    operators: Operators,
    adapters: Adapters,
    target: Path | None = None,
    format_name: str = "",
    tile: int = TILE,
    progress: Progress = quiet,
    stopwatch: Stopwatch | None = None,
    overview: Overview | None = None,
    weigh: Weigh | None = None,
) -> Outcome:
    """Run a graph.

    Parameters
    ----------
    graph
        Its variables filled in.
    sources
        What ``-Sname=…`` names: files, or products that are open.
    operators
        The catalogue, by alias.
    adapters
        What stands at the edge.
    target
        Where the product of the last node goes when the graph has no Write node (gpt's ``-t``); nowhere where None.
    format_name
        SNAP's name of the format (gpt's ``-f``); the ending of the name decides where empty.
    tile, progress, stopwatch, overview, weigh
        As :func:`~estran.engine.run.run_operator` takes them; the stopwatch counts every stage.

    Raises
    ------
    BadGraph, BadParameter
        Before anything is opened: see :func:`estran.engine.bind.bind`. Whatever opening, operators and writing raise.
    """
    steps = bind(graph, operators)
    watch = stopwatch or Stopwatch()
    writes = [step for step in steps if isinstance(step.runs, Write)]
    stages = Stages(progress)
    weight = 1 / (len(steps) + (target is not None and not writes))
    run = _Run(graph, steps, sources, adapters, tile, stages, weight, watch, overview, {}, {}, [], weigh)
    for step in steps:
        run.node(step)
    last = _last(graph, steps, run.products)
    if target is not None and not writes:
        run.write(last, target, format_name)
    watch.stop()
    if run.written:
        progress(1.0, "done")
    return Outcome(run.opened, run.products, last, tuple(run.written), watch)


def _last(graph: Graph, steps: tuple[Step, ...], products: Mapping[str, Product]) -> Product:
    """As in gpt, the last node of the file; a Write node stands for what it wrote."""
    node = graph.nodes[-1]
    step = next(s for s in steps if s.node is node)
    return products[step.sources["source"]] if isinstance(step.runs, Write) else products[node.id]


@dataclass(frozen=True)
class _Run:
    graph: Graph
    steps: tuple[Step, ...]
    sources: Mapping[str, Path | Product]
    adapters: Adapters
    tile: int
    stages: Stages
    weight: float
    watch: Stopwatch
    overview: Overview | None
    opened: dict[str, Product]
    products: dict[str, Product]
    written: list[Path]
    weigh: Weigh | None

    def node(self, step: Step) -> None:
        """Run one node; its product is kept until all its consumers have run."""
        report = self._report(step.node.id)
        inputs = {name: self._product(refid, report) for name, refid in step.sources.items()}
        if isinstance(step.runs, Operator):
            # The tiles are computed while they are written, and reported on as that.
            listening = self.watch.listening(report, f"{step.node.id}: ") if step.runs.walk is Walk.SCENE else report
            made = run_operator(
                step.runs,
                inputs,
                read_aux=self.adapters.read_aux,
                read_table=self.adapters.read_table,
                tile=self.tile,
                progress=listening,
                overview=self.overview,
                ray_caster=self.adapters.ray_caster,
                weigh=self.weigh,
            )
            self.products[step.node.id] = self._held(made, step.node.id) if self._is_read_again(step.node.id) else made
        elif isinstance(step.runs, Read):
            self.products[step.node.id] = step.runs.part(self._open(step.runs.file, step.runs.path, report))
        elif isinstance(step.runs, Write):
            self.write(inputs["source"], step.runs.path, step.runs.formatName)
        elif isinstance(step.runs, SnapNode):
            self.watch.start(step.node.id)
            self.products[step.node.id] = step.runs.apply_to(inputs, tile=self.tile)
        self.watch.stop()

    def _is_read_again(self, node: str) -> bool:
        """Whether what an operator makes is wanted several times: by several nodes, or by an operator that goes over
        its inputs more than once.
        """
        consumers = [step.runs for step in self.steps if node in step.sources.values()]
        return len(consumers) > 1 or any(
            isinstance(runs, Operator) and runs.walk in (Walk.SURVEYED, Walk.SCENE) for runs in consumers
        )

    def _held(self, product: Product, node: str) -> Product:
        self.watch.start(f"{node}: computing")
        return hold(product)

    def write(self, product: Product, path: Path, format_name: str) -> None:
        """Hand a product to the writer, which computes it."""
        self.watch.start("write")
        report = self._report("write")

        def writing(fraction: float, message: str) -> None:
            self.watch.start("write")
            report(fraction, message)

        self.written.append(self.adapters.write_product(product, path, format_name, progress=writing))
        self.watch.stop()

    def _product(self, refid: str, report: Progress) -> Product:
        if refid in self.products:
            return self.products[refid]
        name = refid.removeprefix(READ_PREFIX)
        given = self.sources.get(name)
        if given is None:
            raise BadGraph(f"source {name!r} is not given", where=self.graph.where, todo=f"give -S{name}=PRODUCT")
        self.products[refid] = given if isinstance(given, Product) else self._open(name, given, report)
        return self.products[refid]

    def _open(self, name: str, path: Path, report: Progress) -> Product:
        self.watch.start("open")
        log.info("opening %s", path)
        # The node itself reports, too.
        self.opened[name] = self.adapters.open_product(
            path, progress=lambda fraction, message: report(0.1 * fraction, message)
        )
        return self.opened[name]

    def _report(self, what: str) -> Progress:
        stage = self.stages.stage(self.weight)
        return lambda fraction, message: stage(fraction, f"{what}: {message}")
