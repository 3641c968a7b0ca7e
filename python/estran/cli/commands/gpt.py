"""``estran gpt``: GPT graphs and single operators with gpt's own options, without SNAP."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from estran.catalogue.called import operators
from estran.cli.console import say_times
from estran.cli.engine import execute
from estran.cli.many import add_many, are_many, fingerprint_of, run_many, run_one
from estran.cli.output import output_path, refuse_inputs
from estran.cli.product import Complete, Made
from estran.cli.reading import add_reading, reading
from estran.cli.room import add_force
from estran.cli.scheduling import add_scheduler
from estran.engine.execute import Outcome
from estran.engine.graph import READ_PREFIX, Graph, Node, read_graph, read_properties, variables
from estran.engine.nodes import snap_nodes
from estran.engine.timing import Stopwatch
from estran.errors import BadGraph, BadParameter
from estran.raster.scene import Progress

IN_TURN = "source"
"""The source of a graph that each of many products is in turn."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command, spelt as gpt's."""
    parser.add_argument("what", metavar="GRAPH|OPERATOR", help="a graph's XML file, or the alias of an operator")
    parser.add_argument(
        "products",
        nargs="*",
        type=Path,
        metavar="PRODUCT",
        help="sources without a name (sourceProduct, sourceProduct.1, …); where the graph has ${source}, each of "
        "several in turn is that",
    )
    parser.add_argument(
        "-S", dest="sources", action="append", default=[], metavar="NAME=PRODUCT", help="a source by name"
    )
    parser.add_argument(
        "-P",
        dest="parameters",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a variable of the graph, or the operator's parameter",
    )
    parser.add_argument(
        "-p", dest="properties", type=Path, metavar="FILE", help="variables from a .properties file; -P is stronger"
    )
    parser.add_argument(
        "-t",
        dest="out",
        type=output_path,
        default=Path("target.dim"),
        metavar="FILE",
        help="the target [default target.dim]; a folder of several products",
    )
    parser.add_argument(
        "-f",
        dest="format",
        default="",
        metavar="FORMAT",
        help="its format: BEAM-DIMAP, GeoTIFF, NetCDF4-CF [default: by the target's ending]",
    )
    parser.add_argument("-q", dest="threads", type=int, metavar="N", help="threads [default: all cores]")
    parser.add_argument("-c", dest="cache", metavar="SIZE", help="taken for gpt's sake; without effect")
    parser.add_argument("-x", dest="clear", action="store_true", help="taken for gpt's sake; without effect")
    parser.add_argument(
        "-e",
        "--verbose",
        dest="verbose",
        action="store_true",
        default=argparse.SUPPRESS,
        help="say what is done, and tracebacks of errors",
    )
    parser.add_argument(
        "--quiet", action="store_true", default=argparse.SUPPRESS, help="say errors only; no progress bar"
    )
    parser.add_argument("--tile", type=int, default=1024, metavar="N", help="side of the tiles [pixels, default 1024]")
    add_force(parser)
    add_many(parser)
    add_scheduler(parser)
    add_reading(parser)
    parser.add_argument(
        "--overwrite", action="store_true", help="replace the target where it is there (gpt always does)"
    )


def run(args: argparse.Namespace) -> int | None:
    """Run the graph or the operator."""
    if not (args.many or _is_in_turn(args)):
        args.many = False
        if args.jobs is not None:
            raise BadParameter(
                "the products are sources of one run", where="--jobs", todo="leave it out, or give --many"
            )
        return run_one(args, "gpt", make)
    are_many(args)
    if not args.products:
        raise BadParameter(
            "there is no product to work on", where="estran gpt", expected="PRODUCT …", todo="give products without -S"
        )
    args.many = True
    graph = _graph(args, _sources(args, args.products[0]))
    writes = [node.id for node in graph.nodes if node.operator == "Write"]
    if writes:
        todo = "take the Write node out: each result is then written below -t"
        raise BadGraph(
            "a graph that writes files of its own cannot be run on several products",
            where=graph.where,
            found=writes[0],
            todo=todo,
        )
    facts = {
        "nodes": [asdict(node) for node in graph.nodes],
        "files": {text: fingerprint_of(Path(text)) for text in _texts(graph)},
        "sources": {name: [path, fingerprint_of(Path(path))] for name, path in map(_source, args.sources)},
        "format": _format(args),
        "reading": asdict(reading(args)),
    }
    return run_many(args, "gpt", args.out, facts)


def _texts(graph: Graph) -> list[str]:
    """Values of parameters: some of them name files."""
    return [value for node in graph.nodes for value in node.parameters.values() if isinstance(value, str)]


def _is_in_turn(args: argparse.Namespace) -> bool:
    """Whether several products are each the source of a run of its own: the operator takes one, or the graph has
    ``${source}`` and it is not given.
    """
    if len(args.products) < 2:
        return False
    if not _is_graph(args.what):
        ours, theirs = operators().get(args.what), snap_nodes().get(args.what)
        return (ours is not None and len(ours.sources) == 1 and not ours.sources[0].many) or (
            theirs is not None and len(theirs.sources) == 1 and not theirs.many_sources
        )
    named = {name for name, _ in map(_source, args.sources)}
    return IN_TURN in set(variables(Path(args.what))[0]) - named


def make(args: argparse.Namespace, progress: Progress, complete: Complete | None = None) -> Made:
    """Run the graph, of one of many products into a folder of its own."""
    if not args.many:
        sources = _sources(args)
        outcome = _execute(args, _graph(args, sources), sources, args.out, progress)
        if complete is not None and outcome.written:
            complete(outcome.written[0])
        return Made(args.out, outcome.written)
    from estran.adapters.files.belongings import A_FOLDER
    from estran.adapters.files.places import FORMATS
    from estran.adapters.files.whole import whole

    (product,) = args.products
    sources = _sources(args, product)
    refuse_inputs(args.out, list(sources.values()))
    file = f"{args.out.name}{FORMATS[_format(args)]}"
    with whole(args.out, overwrite=args.overwrite, kind=A_FOLDER) as part:
        part.mkdir()
        _execute(args, _graph(args, sources), sources, part / file, progress)
        if complete is not None:
            complete(part / file)
    return Made(args.out / file, (args.out / file,))


def _execute(
    args: argparse.Namespace, graph: Graph, sources: Mapping[str, Path], target: Path, progress: Progress
) -> Outcome:
    watch = Stopwatch()
    name = args.format if args.format or target.suffix else "BEAM-DIMAP"  # as gpt does
    outcome = execute(graph, sources, args, progress=progress, stopwatch=watch, target=target, format_name=name)
    say_times(watch.seconds)
    return outcome


def _format(args: argparse.Namespace) -> str:
    """SNAP's name of the format of many results."""
    from estran.adapters.files.places import place_of

    name: str = args.format or "BEAM-DIMAP"
    place_of(Path("x"), name)  # refuses what is no format of ours
    return name


def _sources(args: argparse.Namespace, product: Path | None = None) -> dict[str, Path]:
    """Products by the names of sources; where there are many, `product` is the one in turn."""
    sources = {name: Path(path) for name, path in map(_source, args.sources)}
    for i, path in enumerate(args.products if product is None else [product], 1):
        # As gpt names them; the first has a short name too.
        sources |= {
            f"sourceProduct.{i}": path,
            f"sourceProduct{i}": path,
            **({"sourceProduct": path} if i == 1 else {}),
        }
    if product is not None and _is_graph(args.what) and IN_TURN in variables(Path(args.what))[0]:
        sources.setdefault(IN_TURN, product)
    return sources


def _graph(args: argparse.Namespace, sources: dict[str, Path]) -> Graph:
    parameters = read_properties(args.properties) if args.properties is not None else {}
    parameters |= dict(_pair(text, "-P") for text in args.parameters)
    return (
        read_graph(Path(args.what), parameters, sources)
        if _is_graph(args.what)
        else operator_graph(args.what, parameters, sources)
    )


def _is_graph(what: str) -> bool:
    return what.lower().endswith(".xml") or "/" in what or "\\" in what


def _source(text: str) -> tuple[str, str]:
    return _pair(text, "-S")


def operator_graph(alias: str, parameters: dict[str, str], sources: dict[str, Path]) -> Graph:
    """A graph of one node; its sources are those given."""
    known = (*operators(), *snap_nodes())
    if alias not in known:
        raise BadParameter(
            f"{alias!r} is neither a graph nor an operator",
            where="estran gpt",
            expected=f"a file that ends in .xml, or {', '.join(known)}",
        )
    # Positional products have several names each: one is enough.
    named = {
        name: path
        for name, path in sources.items()
        if name != "sourceProduct.1" and not re.fullmatch(r"sourceProduct\d+", name)
    }
    refs = tuple((name, READ_PREFIX + name) for name in named)
    return Graph(alias, (Node("Target", alias, refs, parameters),), "", tuple(sources))


def _pair(text: str, option: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise BadParameter(f"option {option} cannot be read", expected=f"{option}name=value", found=f"{option}{text}")
    return name.strip(), value.strip()
