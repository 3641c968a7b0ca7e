"""``estran simulate``: the studies that make scenes, their parameters as options."""

from __future__ import annotations

import argparse
import logging

from estran.catalogue import STUDIES
from estran.catalogue.spec import Study
from estran.cli.console import progress_bar, say_times
from estran.cli.options import add_options, from_options
from estran.cli.output import output_path
from estran.cli.verbosity import add_verbosity
from estran.engine.timing import Stopwatch

log = logging.getLogger("estran")

_COMMAND = "simulate "


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command; a subcommand for each study that simulates."""
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="WHAT", title="what")
    for alias, study in _studies().items():
        one = kinds.add_parser(alias, help=study.summary, description=study.summary.replace("%", "%%"), allow_abbrev=False)
        one.add_argument("out", type=output_path, metavar="OUT", help="a folder: the .SAFE goes into it, the truth into OUT/truth")
        one.add_argument("--overwrite", action="store_true", help="replace what is there, once the new scene is whole")
        add_verbosity(one)
        add_options(one, study)


def run(args: argparse.Namespace) -> None:
    """Simulate and write."""
    from estran.adapters.files.safe_write import claimed_safe, too_small_for_snap, write_safe

    study = from_options(args, _studies()[args.kind])
    watch = Stopwatch()
    with claimed_safe(args.out, overwrite=args.overwrite), progress_bar(args) as progress:
        scene = study.run(watch.listening(lambda share, message: progress(0.8 * share, message)))
        written = write_safe(scene, args.out, overwrite=args.overwrite, progress=watch.listening(lambda share, message: progress(0.8 + 0.2 * share, message)))
        watch.stop()
    say_times(watch.seconds)
    if not args.quiet:
        print(written)
    if why := too_small_for_snap(scene):
        log.warning(why)


def _studies() -> dict[str, type[Study]]:
    return {study.alias.removeprefix(_COMMAND): study for study in STUDIES if study.alias.startswith(_COMMAND)}
