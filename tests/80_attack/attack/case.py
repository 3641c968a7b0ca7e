"""What is tried, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


class Lacking(Exception):
    """What this machine lacks for a case."""


@dataclass(frozen=True)
class Case:
    """One thing to try.

    Parameters
    ----------
    kind
        Section of the table.
    what
        Its line; cases of the same line are counted together.
    name
        Which of the line: enough to try it again alone.
    attempt
        Tries it in an empty folder of its own; returns "" where the program survived, else what was seen. Raises
        :class:`Lacking` where it cannot be tried.
    declared
        Whether the line may stay below 100 %: the input carries nothing by which the program could know.
    """

    kind: str
    what: str
    name: str
    attempt: Callable[[Path], str]
    declared: bool = False


@dataclass(frozen=True)
class Outcome:
    """A case tried: what was seen where it did not survive, or why it was not tried."""

    case: Case
    seen: str = ""
    lacked: str = ""
    seconds: float = 0.0

    @property
    def survived(self) -> bool:
        return not self.seen and not self.lacked
