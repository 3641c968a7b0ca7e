"""The engine with our files: how the command line opens, writes and warps."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from estran.catalogue.called import operators
from estran.catalogue.spec import Operator
from estran.cli.output import files_of, refuse_inputs
from estran.cli.reading import reading
from estran.cli.room import Weighed, add_force, judge_memory, judge_space
from estran.engine.bind import bind
from estran.engine.execute import Adapters, Outcome, run_graph
from estran.engine.graph import Graph
from estran.engine.need import Need, size_of
from estran.engine.nodes.files import Read, Write
from estran.engine.overview import Overview
from estran.engine.threads import use_threads
from estran.engine.timing import Stopwatch
from estran.errors import BadGraph, BadParameter
from estran.raster.product import Product
from estran.raster.scene import Progress


def add_tuning(parser: argparse.ArgumentParser) -> None:
    """Options on how it is computed; results do not depend on them."""
    parser.add_argument("--threads", type=int, metavar="N", help="threads [default: all cores]")
    parser.add_argument("--tile", type=int, default=1024, metavar="N", help="side of the tiles [pixels, default 1024]")
    add_force(parser)


def execute(
    graph: Graph,
    sources: Mapping[str, Path | Product],
    args: Any,
    *,
    progress: Progress,
    stopwatch: Stopwatch,
    target: Path | None = None,
    format_name: str = "",
    overview: Overview | None = None,
) -> Outcome:
    """Run a graph with our readers and writers."""
    from estran.adapters.files.aux_raster import read_on_grid
    from estran.adapters.files.aux_table import read_aux_table
    from estran.adapters.files.open import open_product, write_product
    from estran.adapters.java.ray_caster import ray_caster

    if args.tile < 64:
        raise BadParameter("the tile is too small", where="--tile", expected="64 or more", found=args.tile)
    if args.threads is not None:
        use_threads(args.threads)

    def open_file(path: Path, *, progress: Progress) -> Product:
        return open_product(path, reading(args), progress=progress)

    def write(product: Product, path: Path, name: str, *, progress: Progress) -> Path:
        if getattr(args, "weigh_only", False):
            raise Weighed  # a graph of nodes that need not be weighed
        judge_space(path, size_of(product), args)
        return write_product(product, path, name, overwrite=args.overwrite, progress=progress)

    results = sum(node.operator in operators() for node in graph.nodes)

    def weigh(need: Need) -> None:
        judge_memory(need.memory, need.what, need.grid, args)
        if results == 1:  # else there are results that are not written
            judge_space(target or Path(getattr(args, "out", ".")), need.result, args, folder=target is None)

    with _claimed_outputs(graph, sources, target, format_name, args.overwrite):
        return run_graph(
            graph,
            sources,
            operators=operators(),
            adapters=Adapters(
                open_file,
                write,
                partial(read_on_grid, remote=reading(args).allow_remote),
                ray_caster,
                read_aux_table,
            ),
            target=target,
            format_name=format_name,
            tile=args.tile,
            progress=progress,
            stopwatch=stopwatch,
            overview=overview,
            weigh=weigh,
        )


@contextlib.contextmanager
def _claimed_outputs(
    graph: Graph, sources: Mapping[str, Path | Product], target: Path | None, format_name: str, overwrite: bool
) -> Iterator[None]:
    """Hold every file that a graph writes while it runs; two nodes that write one file are refused."""
    from estran.adapters.files.claims import followed
    from estran.adapters.files.places import claimed_place, place_of

    steps = bind(graph, operators())
    writes = [(step.runs.path, step.runs.formatName) for step in steps if isinstance(step.runs, Write)]
    if not writes and target is not None:
        writes = [(target, format_name)]
    inputs = [given for given in sources.values() if isinstance(given, Path)]
    inputs += [step.runs.path for step in steps if isinstance(step.runs, Read)]
    inputs += [path for step in steps if isinstance(step.runs, Operator) for path in files_of(step.runs)]
    taken: dict[Path, Path] = {}
    for path, name in writes:
        place = place_of(path, name)
        at = followed(place.path)
        own = [at, *(at.with_name(other) for other in place.companions)]
        twice = next((taken[p] for p in own if p in taken), None)
        if twice is not None:
            raise BadGraph(
                "two Write nodes write the same file",
                where=graph.where,
                found=f"{twice}, {path}",
                todo="give each its own file",
            )
        within = next((taken[p] for p in taken if any(p in o.parents or o in p.parents for o in own)), None)
        if within is not None:
            raise BadGraph(
                "a Write node writes into what another one writes",
                where=graph.where,
                found=f"{within}, {path}",
                todo="give each its own place",
            )
        taken |= dict.fromkeys(own, path)
    with contextlib.ExitStack() as held:
        for path, name in writes:
            place = held.enter_context(claimed_place(path, name, overwrite=overwrite))
            refuse_inputs(place.path, inputs)
        yield
