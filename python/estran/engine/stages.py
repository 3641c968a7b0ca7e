"""One progress report out of several stages of work, which may overlap: while a file is written its samples are
computed.
"""

from __future__ import annotations

import threading

from estran.raster.scene import Progress


class Stages:
    """Adds up what each stage has done; the fraction reported never falls.

    Parameters
    ----------
    progress
        Called with the fraction of the whole and the message of whichever stage reported; raises to cancel.

    Examples
    --------
    >>> stages = Stages(lambda fraction, message: print(f"{fraction:.2f} {message}"))
    >>> compute, write = stages.stage(0.5), stages.stage(0.5)
    >>> write(0.5, "written"); compute(1.0, "computed"); write(1.0, "written")
    0.25 written
    0.75 computed
    1.00 written
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._done: list[float] = []
        self._lock = threading.Lock()

    def stage(self, weight: float) -> Progress:
        """The report of a stage that is the fraction `weight` of the whole."""
        number = len(self._done)
        self._done.append(0.0)

        def report(fraction: float, message: str) -> None:
            with self._lock:
                self._done[number] = max(self._done[number], weight * min(max(fraction, 0.0), 1.0))
                self._progress(min(1.0, sum(self._done)), message)

        return report
