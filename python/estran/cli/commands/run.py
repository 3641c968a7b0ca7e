"""``estran run``: any operator of the catalogue, its parameters as options."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from estran.catalogue.called import operator_called, operators
from estran.catalogue.dimensions import product_key
from estran.catalogue.spec import Operator
from estran.cli.console import say_times
from estran.cli.engine import add_tuning, execute
from estran.cli.many import add_many, are_many, facts_of, fingerprint_of, run_many, run_one
from estran.cli.options import add_options, from_options
from estran.cli.output import add_output, claimed_output, files_of, is_folder, picture_overview, write_folder
from estran.cli.product import Complete, Made
from estran.cli.reading import add_reading, reading
from estran.cli.scheduling import add_scheduler
from estran.cli.verbosity import add_verbosity
from estran.declare import texts_of
from estran.engine.graph import READ_PREFIX, Graph, Node
from estran.engine.stacking import in_order
from estran.engine.stages import Stages
from estran.engine.timing import Stopwatch
from estran.errors import BadParameter
from estran.raster.scene import Progress

_EACH = "of several, each gets its folder in OUT"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command; one group of subcommands, an operator each."""
    called = parser.add_subparsers(
        dest="alias", required=True, metavar="OPERATOR", title="operators (estran run OPERATOR --help says more)"
    )
    for alias, op in operators().items():
        # Short and long names alike.
        one = called.add_parser(
            alias,
            aliases=[alias.rpartition(".")[2]],
            help=op.label,
            description=op.summary.replace("%", "%%"),
            allow_abbrev=False,
        )
        main, *others = op.sources
        one.add_argument(
            "products",
            nargs="+",
            type=Path,
            metavar=main.name.upper(),
            help=f"{main.help}; {'they are stacked in chronological order' if main.many else _EACH}",
        )
        for source in others:
            one.add_argument(
                f"--source-{source.name}", type=Path, required=not source.optional, metavar="PRODUCT", help=source.help
            )
        add_output(one)
        one.add_argument("--resample", type=int, metavar="METRES", help="bring all bands to pixels of this size first")
        add_many(one)
        add_scheduler(one)
        add_reading(one)
        add_tuning(one)
        add_verbosity(one)
        add_options(one, op)


def run(args: argparse.Namespace) -> int | None:
    """Run the operator."""
    op = operator_called(args.alias)
    operator = from_options(args, op)
    if op.sources[0].many and (args.many or args.jobs is not None):
        todo = "leave them out"
        raise BadParameter("the products are stacked into one result", where="--many and --jobs", todo=todo)
    if op.sources[0].many or not are_many(args):
        return run_one(args, "run", make)
    others = {
        s.name: [str(path), fingerprint_of(path)] for s in op.sources[1:] if (path := _other(args, s.name)) is not None
    }
    facts = {
        "operator": facts_of(operator),
        "resample": args.resample,
        "sources": others,
        "reading": asdict(reading(args)),
    }
    return run_many(args, "run", args.out, facts)


def make(args: argparse.Namespace, progress: Progress, complete: Complete | None = None) -> Made:
    """Run the operator on ``args.products[0]``, or on all products where it stacks them, into ``args.out``."""
    op = operator_called(args.alias)
    operator = from_options(args, op)
    main, *others = op.sources
    sources: dict[str, Path] = {}
    if main.many:
        sources = {product_key(main.name, number): path for number, path in enumerate(args.products)}
    else:
        (sources[main.name],) = args.products
    sources |= {s.name: path for s in others if (path := _other(args, s.name)) is not None}
    watch, overview = Stopwatch(), picture_overview()
    with claimed_output(args.out, args.overwrite, [*sources.values(), *files_of(operator)]):
        target = None if is_folder(args.out) else args.out
        graph = operator_graph(operator, tuple(sources), args.resample)
        stages = Stages(progress)
        outcome = execute(
            graph, sources, args, progress=stages.stage(0.8), stopwatch=watch, target=target, overview=overview
        )
        made = Made(args.out, outcome.written)
        if target is None:
            first = in_order(operator, outcome.sources)[main.name]
            made = write_folder(
                first,
                outcome.last,
                args.out,
                overview=overview,
                title=f"{op.label}: {first.name}",
                watch=watch,
                overwrite=args.overwrite,
                complete=complete,
                progress=stages.stage(0.2),
            )
            watch.stop()
        elif complete is not None:
            complete(made.files[0])
    say_times(watch.seconds)
    return made


def _other(args: argparse.Namespace, source: str) -> Path | None:
    """What is given for a source besides the first."""
    path: Path | None = getattr(args, f"source_{source}")
    return path


def operator_graph(operator: Operator, sources: tuple[str, ...], resolution: int | None) -> Graph:
    """The operator as a node, each of its sources behind a Resample node where that is asked for."""
    values = texts_of(operator)
    nodes = []
    refs = {name: READ_PREFIX + name for name in sources}
    if resolution is not None:
        steps = {
            "targetResolution": str(resolution),
            "upsampling": "Bilinear",
            "downsampling": "Mean",
            "flagDownsampling": "FlagOr",
        }
        nodes = [
            Node(f"Resampled_{name}", "Resample", (("sourceProduct", refid),), steps) for name, refid in refs.items()
        ]
        refs = {name: f"Resampled_{name}" for name in sources}
    last = Node("Target", operator.alias, tuple(refs.items()), values)
    return Graph(operator.alias, (*nodes, last), "estran run", sources)
