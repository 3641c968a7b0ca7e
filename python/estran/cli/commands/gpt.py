"""``estran gpt``: GPT graphs and single operators with gpt's own options, without SNAP."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from estran.catalogue.called import operators
from estran.cli.console import progress_bar, say_times
from estran.cli.engine import execute
from estran.cli.output import output_path
from estran.cli.reading import add_reading
from estran.cli.room import add_force
from estran.engine.graph import READ_PREFIX, Graph, Node, read_graph, read_properties
from estran.engine.nodes import snap_nodes
from estran.engine.timing import Stopwatch
from estran.errors import BadParameter


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command, spelt as gpt's."""
    parser.add_argument("what", metavar="GRAPH|OPERATOR", help="a graph's XML file, or the alias of an operator")
    parser.add_argument("products", nargs="*", type=Path, metavar="PRODUCT", help="sources without a name (sourceProduct, sourceProduct.1, …)")
    parser.add_argument("-S", dest="sources", action="append", default=[], metavar="NAME=PRODUCT", help="a source by name")
    parser.add_argument("-P", dest="parameters", action="append", default=[], metavar="NAME=VALUE", help="a variable of the graph, or the operator's parameter")
    parser.add_argument("-p", dest="properties", type=Path, metavar="FILE", help="variables from a .properties file; -P is stronger")
    parser.add_argument("-t", dest="target", type=output_path, default=Path("target.dim"), metavar="FILE", help="the target [default target.dim]")
    parser.add_argument("-f", dest="format", default="", metavar="FORMAT", help="its format: BEAM-DIMAP, GeoTIFF, NetCDF4-CF [default: by the target's ending]")
    parser.add_argument("-q", dest="threads", type=int, metavar="N", help="threads [default: all cores]")
    parser.add_argument("-c", dest="cache", metavar="SIZE", help="taken for gpt's sake; without effect")
    parser.add_argument("-x", dest="clear", action="store_true", help="taken for gpt's sake; without effect")
    parser.add_argument("-e", "--verbose", dest="verbose", action="store_true", default=argparse.SUPPRESS, help="say what is done, and tracebacks of errors")
    parser.add_argument("--quiet", action="store_true", default=argparse.SUPPRESS, help="say errors only; no progress bar")
    parser.add_argument("--tile", type=int, default=1024, metavar="N", help="side of the tiles [pixels, default 1024]")
    add_force(parser)
    add_reading(parser)
    parser.add_argument("--overwrite", action="store_true", help="replace the target where it is there (gpt always does)")


def run(args: argparse.Namespace) -> None:
    """Run the graph or the operator."""
    sources = {name: Path(path) for name, path in (_pair(text, "-S") for text in args.sources)}
    for i, path in enumerate(args.products, 1):
        # As gpt names them; the first has a short name too.
        sources |= {f"sourceProduct.{i}": path, f"sourceProduct{i}": path, **({"sourceProduct": path} if i == 1 else {})}
    parameters = read_properties(args.properties) if args.properties is not None else {}
    parameters |= dict(_pair(text, "-P") for text in args.parameters)
    if args.what.lower().endswith(".xml") or "/" in args.what or "\\" in args.what:
        graph = read_graph(Path(args.what), parameters, sources)
    else:
        graph = operator_graph(args.what, parameters, sources)
    if not args.format and not args.target.suffix:
        args.format = "BEAM-DIMAP"  # as gpt does
    watch = Stopwatch()
    with progress_bar(args) as progress:
        outcome = execute(graph, sources, args, progress=progress, stopwatch=watch, target=args.target, format_name=args.format)
    say_times(watch.seconds)
    if not args.quiet:
        for path in outcome.written:
            print(path)


def operator_graph(alias: str, parameters: dict[str, str], sources: dict[str, Path]) -> Graph:
    """A graph of one node; its sources are those given."""
    known = (*operators(), *snap_nodes())
    if alias not in known:
        raise BadParameter(f"{alias!r} is neither a graph nor an operator", where="estran gpt", expected=f"a file that ends in .xml, or {', '.join(known)}")
    # Positional products have several names each: one is enough.
    named = {name: path for name, path in sources.items() if name != "sourceProduct.1" and not re.fullmatch(r"sourceProduct\d+", name)}
    refs = tuple((name, READ_PREFIX + name) for name in named)
    return Graph(alias, (Node("Target", alias, refs, parameters),), "", tuple(sources))


def _pair(text: str, option: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise BadParameter(f"option {option} cannot be read", expected=f"{option}name=value", found=f"{option}{text}")
    return name.strip(), value.strip()
