"""Where the time goes: seconds by stage, listened off the progress messages that everybody sends anyway."""

from __future__ import annotations

import time
from collections.abc import Callable

from estran.raster.scene import Progress

_MANY = ("reading", "writing", "picture", "band")
"""First words of messages that differ only in what they are about."""


class Stopwatch:
    """Seconds by stage, in the order in which stages first came.

    Examples
    --------
    >>> ticks = iter([0.0, 1.0, 3.0])
    >>> watch = Stopwatch(clock=lambda: next(ticks))
    >>> watch.start("read"); watch.start("compute"); watch.stop()
    >>> watch.seconds
    {'read': 1.0, 'compute': 2.0}
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.seconds: dict[str, float] = {}
        self._clock, self._stage, self._since = clock, "", 0.0

    def start(self, stage: str) -> None:
        """What follows belongs to this stage."""
        if stage == self._stage:
            return
        self.stop()
        self._stage, self._since = stage, self._clock()

    def stop(self) -> None:
        """The present stage ends here."""
        if self._stage:
            self.seconds[self._stage] = self.seconds.get(self._stage, 0.0) + self._clock() - self._since
        self._stage = ""

    def listening(self, progress: Progress, prefix: str = "") -> Progress:
        """A progress report that passes everything on, and times each message as a stage."""

        def report(fraction: float, message: str) -> None:
            # "reading blue" and "reading red" are one stage.
            first = message.partition(" ")[0]
            stage = first if first in _MANY else message
            self.start(f"{prefix}{stage}")
            progress(fraction, message)

        return report
