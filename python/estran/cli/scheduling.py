"""The options on where the work runs, the same for every command that computes on Dask."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from estran.errors import BadParameter

if TYPE_CHECKING:
    from estran.jobs.schedulers import Choice

_OF_CLUSTER = {
    "jobs": "--cluster-jobs",
    "memory": "--cluster-memory",
    "queue": "--cluster-queue",
    "walltime": "--cluster-walltime",
    "account": "--cluster-account",
}


def add_scheduler(parser: argparse.ArgumentParser) -> None:
    """Options on workers; :func:`choice_of` takes them up."""
    group = parser.add_argument_group("where the work runs")
    group.add_argument(
        "--scheduler",
        metavar="local[:N]|ADDRESS",
        help="N worker processes with a thread each [default: one a core], or a scheduler of Dask's (tcp://host:8786)",
    )
    group.add_argument(
        "--cluster",
        choices=("slurm", "pbs"),
        help="workers are jobs of a batch system (needs the extra: pip install 'estran[cluster]')",
    )
    group.add_argument(
        "--cluster-jobs", type=int, metavar="N", help="how many jobs, each a worker with a thread [default 1]"
    )
    group.add_argument("--cluster-memory", metavar="SIZE", help="memory of a job [default 4GB]")
    group.add_argument("--cluster-queue", metavar="NAME", help="its queue, or partition")
    group.add_argument("--cluster-walltime", metavar="H:MM:SS", help="its longest time")
    group.add_argument("--cluster-account", metavar="NAME", help="the account that is charged")


def choice_of(args: argparse.Namespace) -> Choice | None:
    """What the options say; None where the work is to be done here.

    Raises
    ------
    BadParameter
        Options that exclude one another, or cannot be read.
    """
    given = {name: value for name in _OF_CLUSTER if (value := getattr(args, f"cluster_{name}")) is not None}
    if args.cluster is None and given:
        raise BadParameter(
            "an option of batch systems is given without one",
            where=_OF_CLUSTER[next(iter(given))],
            todo="give --cluster slurm or --cluster pbs",
        )
    if args.cluster is not None and args.scheduler is not None:
        raise BadParameter("two places to work are given", where="--scheduler, --cluster", todo="give one of them")
    if args.cluster is None and args.scheduler is None:
        return None
    from estran.jobs.schedulers import Cluster, parse

    return parse(args.scheduler) if args.cluster is None else Cluster(args.cluster, **given)


@contextlib.contextmanager
def scheduled(args: argparse.Namespace) -> Iterator[None]:
    """Inside, Dask works where the options say."""
    choice = choice_of(args)
    if choice is None:
        yield
        return
    from estran.cli import stop
    from estran.jobs.schedulers import scheduler

    if stop.is_listening():
        stop.raise_instead()  # workers and jobs of ours are ended on the way out
    with scheduler(choice):
        yield
