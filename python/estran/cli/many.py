"""Many products with one command: each its folder, what is done skipped, what failed said at the end, and tried again
by the same command.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from estran import __version__
from estran.adapters.free_memory import free_memory
from estran.catalogue.spec import Declared
from estran.cli import stop
from estran.cli.console import progress_bar, say
from estran.cli.product import Made, Payload, process
from estran.cli.room import Weighed
from estran.cli.scheduling import choice_of, scheduled
from estran.declare import texts_of
from estran.errors import BadParameter, EstranError, TooLittleRoom
from estran.raster.scene import Progress, quiet

if TYPE_CHECKING:
    from estran.jobs.job import Job
    from estran.jobs.many import Plan
    from estran.jobs.schedulers import Choice
    from estran.jobs.state import State
    from estran.jobs.work import Result, Runner

log = logging.getLogger("estran")

SOME_FAILED = 3
"""Exit code where some of many products failed."""
_MOST_JOBS = 256


def add_many(parser: argparse.ArgumentParser) -> None:
    """Options on many products."""
    group = parser.add_argument_group("many products")
    group.add_argument(
        "--many",
        action="store_true",
        help="treat one product as many are: OUT is a folder of folders, with a record of what is done",
    )
    group.add_argument(
        "--jobs", type=int, metavar="N", help="products at a time, each in a process of its own [default 1]"
    )
    group.add_argument(
        "--json", action="store_true", help="one line of JSON for each product on stdout, instead of its page"
    )


def are_many(args: argparse.Namespace) -> bool:
    """Whether the command is one on many products.

    Raises
    ------
    BadParameter
        ``--jobs`` for a single one, or an impossible number.
    """
    many = bool(args.many) or len(args.products) > 1
    if args.jobs is not None and not many:
        raise BadParameter("there is one product", where="--jobs", todo="leave it out, or give --many or more products")
    if args.jobs is not None and not 1 <= args.jobs <= _MOST_JOBS:
        raise BadParameter(
            "the number of products at a time is not possible",
            where="--jobs",
            expected=f"1 to {_MOST_JOBS}",
            found=args.jobs,
        )
    return many


def facts_of(operator: Declared) -> dict[str, Any]:
    """What of an operator decides its result: its parameters, and the state of the files that they name."""
    from estran.cli.output import files_of

    parameters = texts_of(operator)
    return {
        "alias": operator.alias,
        "version": operator.version,
        "parameters": parameters,
        "files": {str(p): fingerprint_of(p) for p in files_of(operator)},
    }


def fingerprint_of(path: Path) -> list[Any]:
    """The state of a file or folder (:func:`estran.jobs.job.fingerprint`); empty where it is not there."""
    from estran.jobs.job import fingerprint

    return fingerprint(path)


def run_one(args: argparse.Namespace, command: str, make: Callable[[argparse.Namespace, Progress], Made]) -> int | None:
    """Work on a single product, or on the several sources of a graph; say its page or, with ``--json``, its line."""
    if not args.json:
        with scheduled(args), progress_bar(args) as progress:
            made = make(args, progress)
        if not args.quiet:
            print(*(made.files if command == "gpt" else [made.page]), sep="\n")
        return None
    from estran.cli.output import is_folder
    from estran.jobs.job import Job, identity_of, plain_name
    from estran.jobs.many import alone

    source = args.products[0] if args.products else Path(args.sources[0].partition("=")[2] if args.sources else "")
    folder = args.out if command != "gpt" and is_folder(args.out) else args.out.parent
    job = Job(plain_name(source), source, identity_of(source), folder, "")
    own = argparse.Namespace(**{key: value for key, value in vars(args).items() if key != "run"})
    with scheduled(args), progress_bar(args) as progress:
        result = alone(job, process(Payload(command, own, job, elsewhere=False), progress))
    _report(args, job, result)
    if result.sentence:
        log.error(result.sentence)
    return result.code


def run_many(args: argparse.Namespace, command: str, out: Path, facts: Mapping[str, Any]) -> int:
    """Work on ``args.products``; returns the exit code.

    Parameters
    ----------
    args
        The options of the command.
    command
        Its module in :mod:`estran.cli.commands`: its ``make`` works on one product.
    out
        The folder of all.
    facts
        What of the options decides the results.
    """
    from estran.jobs.many import jobs_of, planned, refusal, skipped
    from estran.jobs.state import state_of

    if out.suffix and not out.is_dir():
        raise BadParameter(
            "the output of many products is a folder", where=out, expected="a name without ending", found=out.suffix
        )
    args.many = True
    choice = choice_of(args)
    if choice is not None and args.jobs is not None:
        raise BadParameter(
            "two ways to work on several products are given",
            where="--jobs",
            todo="leave it out: the scheduler's workers decide",
        )
    with state_of(out) as state:
        known = state.rows()
        plan = planned(
            jobs_of(args.products, out, {**facts, "command": command, "estran": __version__}, known),
            known,
            overwrite=args.overwrite,
        )
        _say_done(args, [skipped(job, line) for job, line in plan.done])
        failed: list[tuple[Job, Result]] = []
        for job, error in plan.refused:
            failed.append((job, refusal(job, error)))
            _report(args, *failed[-1])
        payloads = _payloads(args, command, plan, choice)
        if payloads:
            failed += _run(args, state, choice, payloads)
    return _say_failed(failed, len(plan.done) + len(plan.pending) + len(plan.refused))


def _run(
    args: argparse.Namespace, state: State, choice: Choice | None, payloads: Sequence[Payload]
) -> list[tuple[Job, Result]]:
    from estran.adapters.files.leftovers import recover
    from estran.jobs.many import run_all
    from estran.jobs.work import Task

    tasks = [Task(p.job, p) for p in payloads]
    try:
        with _runner(args, choice) as runner, progress_bar(args) as progress:
            return run_all(
                tasks, state, runner, process, lambda job, result: _report(args, job, result), progress=progress
            )
    except BaseException:
        recover(tasks[0].job.folder)  # what workers that were ended with us left half-written, of all products
        raise


@contextlib.contextmanager
def _runner(args: argparse.Namespace, choice: Choice | None) -> Iterator[Runner]:
    """Who works on the products."""
    from estran.jobs.work import one_by_one

    if choice is None and (args.jobs or 1) == 1:
        yield one_by_one
        return
    if stop.is_listening():
        stop.raise_instead()  # the processes that work are ended on the way out, and leave nothing half-written
    if choice is None:
        from estran.jobs.processes import Processes

        yield Processes(args.jobs)
        return
    from estran.jobs.schedulers import OverScheduler, scheduler

    with scheduler(choice) as client:
        yield OverScheduler(client)


def _payloads(args: argparse.Namespace, command: str, plan: Plan, choice: Choice | None) -> list[Payload]:
    """One a product: the options with its place; how much memory there is for each is known before the first begins."""
    from estran.jobs.schedulers import Local

    at_once = choice.workers if isinstance(choice, Local) else 1 if choice is not None else args.jobs or 1
    at_once = min(at_once, len(plan.pending)) or 1
    common: dict[str, Any] = {key: value for key, value in vars(args).items() if key != "run"}
    common |= {"at_once": at_once, "memory_free": free_memory() if at_once > 1 else None}
    if args.threads is None and choice is not None:
        common["threads"] = 1  # a worker is one thread: products, not tiles, are what is worked on at a time
    elif args.threads is None and at_once > 1:
        common["threads"] = max(1, (os.cpu_count() or 1) // at_once)
    elsewhere = choice is not None or (args.jobs or 1) > 1
    payloads = []
    for job, replace in plan.pending:
        own = argparse.Namespace(
            **common | {"products": [job.source], "out": job.folder, "overwrite": replace, "many": True}
        )
        payloads.append(Payload(command, own, job, elsewhere))
    if at_once > 1 and not args.force:
        _weigh(payloads)
    return payloads


def _weigh(payloads: Sequence[Payload]) -> None:
    """Raise :class:`TooLittleRoom` where as many products as are to be worked on at a time clearly do not fit, judged
    by the first that can be opened.
    """
    for payload in payloads[:3]:
        args = argparse.Namespace(**vars(payload.args) | {"weigh_only": True, "no_verify": True})
        level = log.level
        log.setLevel(logging.ERROR)  # its notes come with its turn
        try:
            import_module(f"estran.cli.commands.{payload.command}").make(args, quiet)
        except (Weighed, TooLittleRoom) as known:
            if isinstance(known, TooLittleRoom):
                raise
            return
        except (EstranError, OSError):
            continue  # said in its turn
        finally:
            log.setLevel(level)


# ---------------------------------------------------------------- what is said


def _say_done(args: argparse.Namespace, lines: Sequence[Mapping[str, Any]]) -> None:
    if lines:
        log.warning("%d of the products %s done already and skipped.", len(lines), "was" if len(lines) == 1 else "were")
    if args.json:
        for line in lines:
            _print(line)


def _report(args: argparse.Namespace, job: Job, result: Result) -> None:
    """What became of a product, as soon as it is known."""
    for level, text in result.said:
        if level >= log.level:
            log.log(level, "%s%s", f"{job.name}: " if args.many else "", text)
    if args.json:
        _print(result.line)
    elif not result.sentence and not args.quiet:
        paths = result.line["paths"]
        say(paths.get("report", paths.get("product", str(job.folder))))


def _print(line: Mapping[str, Any]) -> None:
    say(json.dumps(line))


def _say_failed(failed: Sequence[tuple[Job, Result]], count: int) -> int:
    if not failed:
        return 0
    for job, result in failed:
        log.error("%s: %s", job.source, result.sentence)
    log.error("%d of %d products failed; the same command tries them again.", len(failed), count)
    return SOME_FAILED
