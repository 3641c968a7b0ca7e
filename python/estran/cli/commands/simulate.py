"""``estran simulate``: the studies that make scenes, their parameters as options."""

from __future__ import annotations

import argparse
from typing import Any

from estran.catalogue import STUDIES
from estran.catalogue.spec import Study
from estran.cli.console import progress_bar, say_times
from estran.cli.options import add_options, from_options
from estran.cli.output import output_path
from estran.cli.verbosity import add_verbosity
from estran.engine.timing import Stopwatch
from estran.errors import BadParameter

_COMMAND = "simulate "


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command; a subcommand for each study that simulates."""
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="WHAT", title="what")
    for alias, study in _studies().items():
        one = kinds.add_parser(
            alias, help=study.summary, description=study.summary.replace("%", "%%"), allow_abbrev=False
        )
        one.add_argument(
            "out", type=output_path, metavar="OUT", help="a folder: the .SAFE goes into it, the truth into OUT/truth"
        )
        one.add_argument("--overwrite", action="store_true", help="replace what is there, once the new scene is whole")
        one.add_argument(
            "--small",
            action="store_true",
            help="write a scene that is too small for SNAP's Sentinel-2 reader all the same",
        )
        add_verbosity(one)
        add_options(one, study)


def run(args: argparse.Namespace) -> None:
    """Simulate and write."""
    from estran.adapters.files.safe_write import LEAST_SIZE, claimed_safe, write_safe

    study: Any = from_options(args, _studies()[args.kind])
    if study.size < LEAST_SIZE and not args.small:
        raise BadParameter(
            "SNAP's Sentinel-2 reader opens no scene this small",
            where="--size",
            expected=f"{LEAST_SIZE} or more",
            found=study.size,
            todo="give a larger --size, or --small where SNAP is not wanted",
        )
    watch = Stopwatch()
    with claimed_safe(args.out, overwrite=args.overwrite), progress_bar(args) as progress:
        scene = study.run(watch.listening(lambda share, message: progress(0.8 * share, message)))
        written = write_safe(
            scene,
            args.out,
            overwrite=args.overwrite,
            progress=watch.listening(lambda share, message: progress(0.8 + 0.2 * share, message)),
        )
        watch.stop()
    say_times(watch.seconds)
    if not args.quiet:
        print(written)


def _studies() -> dict[str, type[Study]]:
    return {study.alias.removeprefix(_COMMAND): study for study in STUDIES if study.alias.startswith(_COMMAND)}
