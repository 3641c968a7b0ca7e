"""What a run finds out besides samples: notes for the user, fractions of the scene, and facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

Code = Literal["missing", "constant", "substitute", "computed", "assumed", "coverage", "found", "meteo", "converted"]
"""What a note is about: an optional input that is missing; a number that stands for a band; another band in its place;
values computed for want of a band; an assumption; how much of the scene a raster covers; what a scene turned out to be;
which meteorology of the product is used; a unit that was converted.
"""
Fact = str | int | float | bool


@dataclass(frozen=True)
class Note:
    """A sentence for log, metadata and report.

    Parameters
    ----------
    code
        What it is about.
    band
        Semantic name of the input that it concerns; "" where it concerns none.
    text
        The sentence.
    """

    code: Code
    band: str
    text: str

    def __str__(self) -> str:
        return self.text


def missing(band: str, without: str) -> Note:
    """The note that an optional input is missing, and what is switched off without it."""
    return Note("missing", band, f"no {band}: {without.rstrip('.')}.")


@dataclass(frozen=True)
class RunRecord:
    """What an operator found out of a scene.

    Parameters
    ----------
    notes
        What was switched off, assumed or not possible.
    fractions
        Of the scene's valid pixels, by the name of a flag (0..1).
    facts
        Counts, thresholds and choices, by name.
    """

    notes: tuple[Note, ...] = ()
    fractions: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, Fact] = field(default_factory=dict)

    def without_missing(self, bands: Iterable[str]) -> RunRecord:
        """The record without notes on some inputs that are missing, where these are reported elsewhere."""
        reported = frozenset(bands)
        return replace(self, notes=tuple(n for n in self.notes if n.code != "missing" or n.band not in reported))

    def within(self, prefix: str) -> RunRecord:
        """The record as a part of another operator's: `prefix` stands before the names of its facts and fractions."""
        return replace(
            self,
            fractions={f"{prefix}{name}": value for name, value in self.fractions.items()},
            facts={f"{prefix}{name}": value for name, value in self.facts.items()},
        )

    def __or__(self, other: RunRecord) -> RunRecord:
        """Both records as one: each note once, and of facts of one name those of `other`."""
        return RunRecord(
            tuple(dict.fromkeys((*self.notes, *other.notes))),
            {**self.fractions, **other.fractions},
            {**self.facts, **other.facts},
        )


NO_RECORD = RunRecord()
"""Of an operator that finds out nothing besides its samples."""
