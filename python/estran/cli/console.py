"""What the user sees while a command runs: log lines and one progress bar, both on stderr."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import sys
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from estran.raster.scene import Progress, quiet

log = logging.getLogger("estran")

_STEERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Control characters, separators of lines, and what turns the direction of writing."""


class _Handler(logging.Handler):
    """Writes lines above the progress bar where there is one; looks stderr up each time, as tests and embedders
    exchange it.
    """

    def emit(self, record: logging.LogRecord) -> None:
        text = self.format(record)
        tqdm = sys.modules.get("tqdm")
        try:
            if tqdm is not None:
                tqdm.tqdm.write(text, file=sys.stderr)
            else:
                sys.stderr.write(text + "\n")
        except OSError:
            # Its disk is full, or its reader has gone: no reason to throw work away.
            sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123


class _Formatter(logging.Formatter):
    """One line a message, whatever names are in it: what would break the line, or steer the terminal, is written in
    figures.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (the library calls it so)
        return _STEERS.sub(
            lambda match: match[0].encode("unicode_escape").decode("ascii"), super().formatMessage(record)
        )


def set_up_log(verbose: bool, silent: bool) -> None:
    """Errors always, warnings unless `silent`, the rest if `verbose`."""
    for handler in [h for h in log.handlers if isinstance(h, _Handler)]:
        log.removeHandler(handler)
    handler = _Handler()
    handler.setFormatter(_Formatter("estran: %(levelname)s: %(message)s"))
    for level, name in (
        (logging.ERROR, "error"),
        (logging.WARNING, "note"),
        (logging.INFO, "info"),
        (logging.DEBUG, "debug"),
    ):
        logging.addLevelName(level, name)
    log.addHandler(handler)
    log.setLevel(logging.ERROR if silent else logging.INFO if verbose else logging.WARNING)
    # A picture without a grid is ordinary input. Where it is opened the warning is muted, too, but such mutes of
    # several threads undo one another.
    warnings.filterwarnings("ignore", message="Dataset has no geotransform")


@contextlib.contextmanager
def progress_bar(args: Any) -> Iterator[Progress]:
    """A progress report that draws a bar, where stderr is a terminal and quiet is not asked for."""
    if args.quiet or not sys.stderr.isatty():
        yield quiet
        return
    from tqdm import tqdm

    with tqdm(total=1.0, bar_format="{l_bar}{bar}| {elapsed} {desc}", file=sys.stderr, leave=False) as bar:

        def report(fraction: float, message: str) -> None:
            bar.set_description_str(message[:60], refresh=False)
            bar.update(max(0.0, min(fraction, 1.0) - bar.n))

        yield report


def say(text: str) -> None:
    """A line on stdout, at once; where a progress bar is drawn, above it."""
    tqdm = sys.modules.get("tqdm")
    if tqdm is not None and sys.stdout.isatty():
        tqdm.tqdm.write(text, file=sys.stdout)
    else:
        sys.stdout.write(text + "\n")
    sys.stdout.flush()


def say_times(seconds: Mapping[str, float]) -> None:
    """Where the time went, for ``-v``."""
    for stage, time in seconds.items():
        log.info("%8.2f s  %s", time, stage)
    log.info("%8.2f s  in all", sum(seconds.values()))
