"""The commands of studies, made of their declarations: ``estran simulate scene``, ``estran predict glint``.

The first word of a study's alias is a command of the program, the others its subcommand; arguments are the declared
inputs and the output, options the parameters.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from estran.catalogue import STUDIES
from estran.catalogue.study import DatasetOut, FolderIn, ProductOut, Study, StudyInput, StudyResult
from estran.cli.console import progress_bar, say_times
from estran.cli.options import add_options, from_options
from estran.cli.output import output_path, refuse_inputs
from estran.cli.scheduling import add_scheduler, choice_of
from estran.cli.verbosity import add_verbosity
from estran.declare import texts_of
from estran.engine.timing import Stopwatch
from estran.errors import BadParameter

if TYPE_CHECKING:
    from estran.adapters.studies.inputs import ReadInputs
    from estran.adapters.studies.writers import Writer
    from estran.jobs.work import Runner
    from estran.tables.pieces import PieceStore

log = logging.getLogger("estran")

SOME_FAILED = 3
"""Exit code where some of the cases failed, as of many products."""
_MOST_JOBS = 256
_INPUT = "input:"
_SWITCH = "switch:"
_PENDING = "incomplete.json"
"""Among the kept cases: which command has written a result that lacks some."""
_SAID = 20
"""Failed cases that are said; all are in the result."""


def add_arguments(parser: argparse.ArgumentParser, word: str) -> None:
    """Options of the command `word`; a subcommand for each study whose alias begins with it."""
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="WHAT", title="what")
    for name, study in called(word).items():
        one = kinds.add_parser(
            name,
            help=study.summary.replace("%", "%%"),
            description=study.summary.replace("%", "%%"),
            allow_abbrev=False,
        )
        for declared in study.inputs:
            one.add_argument(_INPUT + declared.name, type=Path, metavar=declared.name.upper(), help=_help_of(declared))
        result = study.result
        said = result.help if isinstance(result, ProductOut) else _OUTPUT
        one.add_argument("out", type=output_path, metavar="OUT", help=said)
        one.add_argument("--overwrite", action="store_true", help="replace what is there, once the new result is whole")
        if isinstance(result, ProductOut):
            for switch, text in result.switches:
                one.add_argument(f"--{switch}", dest=_SWITCH + switch, action="store_true", help=text)
        else:
            one.add_argument(
                "--jobs", type=int, metavar="N", help="cases at a time, each in a process of its own [default 1]"
            )
            add_scheduler(one)
        add_verbosity(one)
        add_options(one, study)


_OUTPUT = (
    "NAME.nc or NAME.parquet; without ending a folder with the data as NetCDF, pictures and report; stopped, the same "
    "command goes on where it was"
)


def _help_of(declared: StudyInput) -> str:
    text = declared.help if not isinstance(declared, FolderIn) else f"{declared.help} ({declared.pattern})"
    return text.replace("%", "%%")


def called(word: str) -> dict[str, type[Study]]:
    """The studies of a command by their subcommand: "scene" of ``estran simulate scene``."""
    parted = ((study.alias.partition(" "), study) for study in STUDIES)
    return {rest: study for (first, _, rest), study in parted if first == word}


def run(args: argparse.Namespace) -> int:
    """Do the study that the command names; returns the exit code."""
    from estran.adapters.studies.writers import writer_of

    kind = called(args.command)[args.kind]
    study = from_options(args, kind)
    writer = writer_of(kind, args.out)
    writer.check(study, args.out, _switches(args))
    if isinstance(study.result, ProductOut):
        return _make_product(args, study, writer)
    return _make_dataset(args, study, writer)


def _switches(args: argparse.Namespace) -> list[str]:
    return [key.removeprefix(_SWITCH) for key, on in vars(args).items() if key.startswith(_SWITCH) and on]


def _make_product(args: argparse.Namespace, study: Study, writer: Writer) -> int:
    inputs = _inputs(args, study)
    watch = Stopwatch()
    with writer.claim(args.out, args.overwrite), progress_bar(args) as progress:
        made = study.run(watch.listening(lambda done, message: progress(0.8 * done, message)), inputs.data)
        written = writer.write(
            made,
            args.out,
            args.overwrite,
            watch.listening(lambda done, message: progress(0.8 + 0.2 * done, message)),
            None,
        )
        watch.stop()
    say_times(watch.seconds)
    if not args.quiet:
        print(written)
    return 0


def _make_dataset(args: argparse.Namespace, study: Study, writer: Writer) -> int:
    from estran.adapters.files.claims import followed
    from estran.jobs.studies import run_study
    from estran.tables.pieces import PieceStore

    refuse_inputs(args.out, list(_paths(args, study).values()))
    target = followed(args.out)
    store = PieceStore(target.parent / f".{target.name}.pieces")
    pending = _pending(args, study)
    overwrite = args.overwrite or _is_pending(store, pending)
    with writer.claim(args.out, overwrite):
        inputs = _inputs(args, study)
        for note in inputs.notes:
            log.warning(note)
        with _runner(args) as runner, progress_bar(args) as progress:
            done = run_study(
                study,
                inputs.data,
                store,
                runner=runner,
                progress=lambda fraction, message: progress(0.95 * fraction, message),
            )
            result = replace(done, inputs=inputs.facts)
            if result.failed:
                (store.folder / _PENDING).write_text(json.dumps(pending), encoding="ascii")
            written = None
            if result.keys:
                written = writer.write(
                    result,
                    args.out,
                    overwrite,
                    lambda fraction, message: progress(0.95 + 0.05 * fraction, message),
                    _report,
                )
            if not result.failed:
                store.clear()
    if written is not None and not args.quiet:
        print(written)
    return _say_failed(result)


def _inputs(args: argparse.Namespace, study: Study) -> ReadInputs:
    from estran.adapters.studies.inputs import read_inputs

    return read_inputs(study, _paths(args, study))


def _paths(args: argparse.Namespace, study: Study) -> dict[str, Path]:
    return {declared.name: getattr(args, _INPUT + declared.name) for declared in study.inputs}


def _report(result: StudyResult, folder: Path) -> None:
    from estran.adapters.studies.results import record_of
    from estran.report.study import write_study_report

    before = set(folder.iterdir())
    try:
        write_study_report(result, record_of(result), folder)
    except Exception as error:
        for entry in set(folder.iterdir()) - before:
            entry.unlink()
        log.warning(
            "The report could not be written (%s: %s); the data are whole and were kept.", type(error).__name__, error
        )


def _pending(args: argparse.Namespace, study: Study) -> dict[str, Any]:
    """What separates one command of a study from another: its parameters and the files that it reads."""
    paths = {name: os.path.realpath(path) for name, path in _paths(args, study).items()}
    return {"study": study.alias, "parameters": texts_of(study), "inputs": paths}


def _is_pending(store: PieceStore, pending: dict[str, Any]) -> bool:
    """Whether the same command has written a result that lacks cases, which this one may replace."""
    try:
        return bool(json.loads((store.folder / _PENDING).read_text(encoding="ascii")) == pending)
    except (OSError, ValueError):
        return False


@contextlib.contextmanager
def _runner(args: argparse.Namespace) -> Iterator[Runner]:
    """Who does the cases."""
    from estran.cli import stop
    from estran.jobs.work import one_by_one

    choice = choice_of(args)
    if args.jobs is not None and not 1 <= args.jobs <= _MOST_JOBS:
        raise BadParameter(
            "the number of cases at a time is not possible",
            where="--jobs",
            expected=f"1 to {_MOST_JOBS}",
            found=args.jobs,
        )
    if choice is not None and args.jobs is not None:
        raise BadParameter(
            "two ways to do several cases at a time are given",
            where="--jobs",
            todo="leave it out: the scheduler's workers decide",
        )
    if choice is None and (args.jobs or 1) == 1:
        yield one_by_one
        return
    if stop.is_listening():
        stop.raise_instead()  # the processes that work are ended on the way out
    if choice is None:
        from estran.jobs.processes import Processes

        yield Processes(args.jobs)
        return
    from estran.jobs.schedulers import OverScheduler, scheduler

    with scheduler(choice) as client:
        yield OverScheduler(client)


def _say_failed(result: StudyResult) -> int:
    if not result.failed:
        return 0
    assert isinstance(result.study.result, DatasetOut)
    for key, sentence in list(result.failed.items())[:_SAID]:
        log.error("%s: %s", key, sentence)
    if len(result.failed) > _SAID:
        log.error("and %d more, listed in the result.", len(result.failed) - _SAID)
    count = len(result.failed) + len(result.keys)
    rest = "the result holds the others" if result.keys else "nothing was written"
    log.error("%d of %d cases failed, %s; the same command tries them again.", len(result.failed), count, rest)
    return SOME_FAILED
