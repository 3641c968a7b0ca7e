"""``estran run``: any operator of the catalogue, its parameters as options."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from estran.catalogue.called import operator_called, operators
from estran.catalogue.spec import Operator, parameters_of
from estran.cli.console import progress_bar, say_times
from estran.cli.engine import add_tuning, execute
from estran.cli.options import add_options, from_options
from estran.cli.output import add_output, claimed_output, files_of, is_folder, picture_overview, write_folder
from estran.cli.reading import add_reading
from estran.cli.verbosity import add_verbosity
from estran.engine.graph import READ_PREFIX, Graph, Node
from estran.engine.stages import Stages
from estran.engine.timing import Stopwatch


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command; one group of subcommands, an operator each."""
    called = parser.add_subparsers(dest="alias", required=True, metavar="OPERATOR", title="operators (estran run OPERATOR --help says more)")
    for alias, op in operators().items():
        # Short and long names alike.
        one = called.add_parser(alias, aliases=[alias.rpartition(".")[2]], help=op.label, description=op.summary.replace("%", "%%"), allow_abbrev=False)
        main, *others = op.sources
        one.add_argument("product", type=Path, metavar=main.name.upper(), help=main.help)
        for source in others:
            one.add_argument(f"--source-{source.name}", type=Path, required=not source.optional, metavar="PRODUCT", help=source.help)
        add_output(one)
        one.add_argument("--resample", type=int, metavar="METRES", help="bring all bands to pixels of this size first")
        add_reading(one)
        add_tuning(one)
        add_verbosity(one)
        add_options(one, op)


def run(args: argparse.Namespace) -> None:
    """Run the operator."""
    op = operator_called(args.alias)
    operator = from_options(args, op)
    main, *others = op.sources
    sources = {main.name: args.product}
    sources |= {s.name: path for s in others if (path := getattr(args, f"source_{s.name}")) is not None}
    watch, overview = Stopwatch(), picture_overview()
    with claimed_output(args.out, args.overwrite, [*sources.values(), *files_of(operator)]), progress_bar(args) as progress:
        target = None if is_folder(args.out) else args.out
        graph = operator_graph(operator, tuple(sources), args.resample)
        stages = Stages(progress)
        outcome = execute(graph, sources, args, progress=stages.stage(0.8), stopwatch=watch, target=target, overview=overview)
        page = args.out
        if target is None:
            title = f"{op.label}: {outcome.sources[main.name].name}"
            page = write_folder(
                outcome.sources[main.name],
                outcome.last,
                args.out,
                overview=overview,
                title=title,
                watch=watch,
                overwrite=args.overwrite,
                progress=stages.stage(0.2),
            )
            watch.stop()
    say_times(watch.seconds)
    if not args.quiet:
        sys.stdout.write(f"{page}\n")


def operator_graph(operator: Operator, sources: tuple[str, ...], resolution: int | None) -> Graph:
    """The operator as a node, each of its sources behind a Resample node where that is asked for."""
    values = {p.name: p.format(getattr(operator, p.name)) for p in parameters_of(type(operator))}
    nodes = []
    refs = {name: READ_PREFIX + name for name in sources}
    if resolution is not None:
        steps = {"targetResolution": str(resolution), "upsampling": "Bilinear", "downsampling": "Mean", "flagDownsampling": "FlagOr"}
        nodes = [Node(f"Resampled_{name}", "Resample", (("sourceProduct", refid),), steps) for name, refid in refs.items()]
        refs = {name: f"Resampled_{name}" for name in sources}
    last = Node("Target", operator.alias, tuple(refs.items()), values)
    return Graph(operator.alias, (*nodes, last), "estran run", sources)
