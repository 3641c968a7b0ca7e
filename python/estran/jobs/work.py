"""What is handed to a worker on a product, and what comes back: both can be sent to another process."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from estran.jobs.job import Job
from estran.raster.scene import Progress, quiet

TRIES = 2
"""How often a product is begun whose process dies."""


@dataclass(frozen=True)
class Task:
    """A job with what its function takes."""

    job: Job
    payload: Any


@dataclass(frozen=True)
class Result:
    """How a task ended.

    Parameters
    ----------
    sentence
        Why it failed; "" where it is done.
    code
        The exit code that the same work on one product alone would have ended with.
    line
        What ``--json`` says of it.
    said
        What was logged meanwhile: level and text, in order.
    value
        What was computed, of a case of a study.
    """

    sentence: str = ""
    code: int = 0
    line: Mapping[str, Any] = field(default_factory=dict)
    said: tuple[tuple[int, str], ...] = ()
    value: Any = None


Function = Callable[[Any, Progress], Result]
"""Works on a payload; it raises nothing but what ends the program. Importable by name, so that other processes find it.
"""
Started = Callable[[Job], None]
"""Called with each job before it is begun."""


class Runner(Protocol):
    """Works on tasks and gives each back with its result, in the order in which they end; lost ones with the sentence
    why.
    """

    def __call__(
        self, tasks: Sequence[Task], function: Function, *, started: Started, progress: Progress = quiet
    ) -> Iterator[tuple[Task, Result]]:
        """Begin; `progress` gets the fraction of all tasks that is done."""
        ...


def one_by_one(
    tasks: Sequence[Task], function: Function, *, started: Started, progress: Progress = quiet
) -> Iterator[tuple[Task, Result]]:
    """The runner of this process."""
    for k, task in enumerate(tasks):
        started(task.job)

        def within(fraction: float, message: str, k: int = k, name: str = task.job.name) -> None:
            progress((k + fraction) / len(tasks), f"{k + 1}/{len(tasks)} {name}: {message}")

        yield task, function(task.payload, within)


def lost(why: str, todo: str) -> Result:
    """The result of a task whose process has gone."""
    return Result(f"the process that worked on it {why}. What to do: {todo}.", 1)


_COUNTING = threading.Lock()
_here = 0


@contextlib.contextmanager
def computing_here() -> Iterator[None]:
    """On a worker of Dask's, compute in its own process: tasks within a task would wait for a free worker, for ever
    where there is none.

    Products in several threads of one worker share the setting: the last takes it back.
    """
    global _here
    import dask.config

    with _COUNTING:
        _here += 1
        dask.config.set(scheduler="threads")
    try:
        yield
    finally:
        with _COUNTING:
            _here -= 1
            if not _here:
                dask.config.config.pop("scheduler", None)
