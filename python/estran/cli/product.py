"""One of many products: worked on by the same function as one alone, in this process, in another one or on a worker of
Dask's.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from estran import __version__

# Another process imports this module to find `process`, which settles its surroundings before it loads the libraries
# that would obey them.
if TYPE_CHECKING:
    from estran.jobs.describe import Description
    from estran.jobs.job import Job
    from estran.jobs.work import Result
    from estran.raster.scene import Progress

log = logging.getLogger("estran")

Complete = Callable[[Path], None]
"""Called with the product in a folder of results before that comes to its place: puts more into the folder."""


@dataclass(frozen=True)
class Made:
    """What a command made: what to say of it (its page, or the product), and the products themselves."""

    page: Path
    files: tuple[Path, ...]


@dataclass(frozen=True)
class Payload:
    """What another process needs to work on a product.

    Parameters
    ----------
    command
        The module in :mod:`estran.cli.commands` whose ``make`` does it.
    args
        The options, with this product and its place.
    job
        Of the product.
    elsewhere
        Whether it is worked on in another process, which has settings of its own.
    version
        Of the Estran that asks.
    """

    command: str
    args: argparse.Namespace
    job: Job
    elsewhere: bool
    version: str = __version__


def process(payload: Payload, progress: Progress) -> Result:
    """Work on a product; whatever goes wrong is in the result."""
    from estran.cli.surroundings import settle

    if payload.elsewhere:
        settle(payload.command)
    from estran.cli.faults import sentence_of
    from estran.errors import NoScheduler
    from estran.jobs.describe import describe
    from estran.jobs.work import Result, computing_here

    found: list[Description] = []
    job, begin = payload.job, time.perf_counter()
    sentence, code = "", 0
    with _collected(payload.args) as said, computing_here() if payload.elsewhere else contextlib.nullcontext():
        try:
            if payload.version != __version__:
                todo = "install the same version on all computers"
                raise NoScheduler(
                    "a worker has another version of Estran", expected=payload.version, found=__version__, todo=todo
                )
            command = importlib.import_module(f"estran.cli.commands.{payload.command}")
            command.make(
                payload.args,
                progress,
                complete=lambda file: found.append(describe(file, job if payload.args.many else None)),
            )
        except Exception as error:
            sentence, code = sentence_of(error)
            log.info("the traceback:", exc_info=True)
    line = {
        "notes": [text for level, text in said if level == logging.WARNING],
        "seconds": round(time.perf_counter() - begin, 3),
        **(_said_of(found[0], job) if found and not sentence else {}),
    }
    return Result(sentence, code, line, tuple(said))


def _said_of(description: Description, job: Job) -> dict[str, object]:
    return {
        "fractions": description.fractions,
        "cloud_cover": description.cloud_cover,
        "paths": {"folder": ".", **description.files},
    }


# ---------------------------------------------------------------- what is logged meanwhile

_COLLECTORS: dict[int, _Collector] = {}


class _Collector(logging.Handler):
    """Keeps what is logged while a product is worked on; where a worker has several threads with a product each, only
    what is of its own.
    """

    def __init__(self) -> None:
        super().__init__()
        self.said: list[tuple[int, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread is None or _COLLECTORS.get(record.thread, self) is self:
            self.said.append((record.levelno, self.format(record)))


@contextlib.contextmanager
def _collected(args: argparse.Namespace) -> Iterator[list[tuple[int, str]]]:
    """Log into a list instead of onto the screen."""
    collector, here = _Collector(), threading.get_ident()
    level, others = log.level, [h for h in log.handlers if not isinstance(h, _Collector)]
    for handler in others:
        log.removeHandler(handler)
    _COLLECTORS[here] = collector
    log.addHandler(collector)
    # Notes stand in the line of --json, so they are collected with --quiet, too.
    log.setLevel(logging.INFO if args.verbose else logging.WARNING)
    try:
        yield collector.said
    finally:
        log.removeHandler(collector)
        del _COLLECTORS[here]
        for handler in others:
            log.addHandler(handler)
        log.setLevel(level)
