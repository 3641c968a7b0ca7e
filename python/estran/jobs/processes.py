"""Several products at a time on this computer, each in a process of its own, which dies with the process that started
it.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

from estran.jobs.work import TRIES, Function, Result, Started, Task, lost
from estran.raster.scene import Progress, quiet

_PATIENCE = 20.0
"""How long a process may take to leave nothing half-written when it is asked to end [s]."""


@dataclass
class _Worker:
    process: SpawnProcess
    connection: Connection
    lifeline: Connection
    task: Task | None = None
    fraction: float = 0.0

    def end(self) -> None:
        """Ask it to end: it removes what is half-written."""
        self.lifeline.close()
        self.connection.close()


@dataclass
class _Tally:
    """What is done of all, for the progress bar."""

    total: int
    done: int = 0
    begun: dict[str, int] = field(default_factory=dict)

    def show(self, progress: Progress, workers: Sequence[_Worker]) -> None:
        """Say the fraction of the whole that is done, and what is being worked on."""
        names = ", ".join(w.task.job.name for w in workers if w.task is not None)
        progress(
            (self.done + sum(w.fraction for w in workers if w.task is not None)) / max(1, self.total),
            f"{self.done}/{self.total} {names}",
        )


class Processes:
    """A runner with `count` processes; each works on one product after another, at most one at a time."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __call__(
        self, tasks: Sequence[Task], function: Function, *, started: Started, progress: Progress = quiet
    ) -> Iterator[tuple[Task, Result]]:
        """As :class:`~estran.jobs.work.Runner`; a product whose process dies is begun once more."""
        waiting, workers, tally = deque(tasks), list[_Worker](), _Tally(len(tasks))
        try:
            while waiting or any(w.task is not None for w in workers):
                self._hand_out(waiting, workers, function, started, tally)
                tally.show(progress, workers)
                for ready in wait([w.connection for w in workers]):
                    worker = next(w for w in workers if w.connection is ready)
                    ended = _heard(worker, workers, waiting, tally)
                    if ended is not None:
                        tally.done += 1
                        yield ended
        finally:
            _end(workers)

    def _hand_out(
        self, waiting: deque[Task], workers: list[_Worker], function: Function, started: Started, tally: _Tally
    ) -> None:
        while waiting and sum(w.task is not None for w in workers) < self.count:
            idle = next((w for w in workers if w.task is None), None)
            if idle is None:
                idle = _begun(function)
                workers.append(idle)
            task = waiting.popleft()
            if task.job.name not in tally.begun:
                started(task.job)
            tally.begun[task.job.name] = tally.begun.get(task.job.name, 0) + 1
            idle.task, idle.fraction = task, 0.0
            with contextlib.suppress(OSError):  # it has died: heard of next
                idle.connection.send(task.payload)


def _heard(worker: _Worker, workers: list[_Worker], waiting: deque[Task], tally: _Tally) -> tuple[Task, Result] | None:
    """Take what a worker says: how far it is, or how its task ended, which is given back."""
    try:
        said = worker.connection.recv()
    except (EOFError, OSError):
        return _died(worker, workers, waiting, tally)
    if isinstance(said, float):
        worker.fraction = said
        return None
    task, worker.task = worker.task, None
    return None if task is None else (task, said)


def _died(worker: _Worker, workers: list[_Worker], waiting: deque[Task], tally: _Tally) -> tuple[Task, Result] | None:
    workers.remove(worker)
    worker.end()
    worker.process.join()
    task = worker.task
    if task is None:
        return None
    if tally.begun[task.job.name] < TRIES:
        waiting.appendleft(task)
        return None
    code = worker.process.exitcode or 0
    why = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
    todo = (
        "look whether its memory ran out; fewer --jobs need less"
        if code == -signal.SIGKILL
        else "run it alone with --verbose, and report what it says"
    )
    return task, lost(f"{why}, {TRIES} times", todo)


def _begun(function: Function) -> _Worker:
    # Forking a process that has threads, as ours has by now, can leave locks held for ever.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    their_end, our_end = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(theirs, their_end, function), name="estran-product")
    process.start()
    theirs.close()
    their_end.close()
    return _Worker(process, ours, our_end)


def _end(workers: Sequence[_Worker]) -> None:
    for worker in workers:
        worker.end()
    for worker in workers:
        worker.process.join(_PATIENCE)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()


# ---------------------------------------------------------------- in the other process


def _serve(connection: Connection, lifeline: Connection, function: Function) -> None:
    """Work on what comes until the other side closes."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        # A terminal sends them to all processes at once; the one that started this one decides what ends.
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    with contextlib.suppress(OSError):
        os.dup2(2, 1)  # what libraries print is not what our stdout promises
    threading.Thread(target=_end_with_the_other, args=(lifeline,), daemon=True).start()
    with contextlib.suppress(EOFError, OSError):  # the other side has closed
        while True:
            payload = connection.recv()
            connection.send(function(payload, _sending(connection)))
    # The thread ends the process, when nothing half-written is left.
    threading.Event().wait()


def _sending(connection: Connection) -> Progress:
    last = 0.0
    lock = threading.Lock()

    def report(fraction: float, _message: str) -> None:
        nonlocal last
        with lock:  # two threads that write at once would mix their bytes
            if fraction - last >= 0.05:
                last = fraction
                with contextlib.suppress(OSError):
                    connection.send(float(fraction))

    return report


def _end_with_the_other(lifeline: Connection) -> None:
    with contextlib.suppress(EOFError, OSError):
        lifeline.recv_bytes()
    import sys

    writing: Any = sys.modules.get("estran.adapters.files.claims")
    if writing is not None:
        with contextlib.suppress(Exception):  # the next run tidies up
            writing.give_up()
    os._exit(1)
