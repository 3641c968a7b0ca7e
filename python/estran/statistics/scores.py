"""Scores of a yes-or-no classification against labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estran.errors import EstranError


@dataclass(frozen=True)
class Confusion:
    """Counts (or weights) of a two-class confusion matrix; "positive" is what the mask is of (cloud).

    Scores whose denominator is 0 are NaN: nothing can be said.

    Examples
    --------
    >>> c = Confusion(hits=8, misses=2, false_alarms=3, rejections=27)
    >>> c.recall, c.specificity, round(c.balanced_accuracy, 2), round(c.f1, 3), round(c.iou, 3)
    (0.8, 0.9, 0.85, 0.762, 0.615)
    """

    hits: float
    misses: float
    false_alarms: float
    rejections: float

    @property
    def total(self) -> float:
        """Everything counted."""
        return self.hits + self.misses + self.false_alarms + self.rejections

    @property
    def recall(self) -> float:
        """Fraction of the positives found (producer's accuracy)."""
        return _fraction(self.hits, self.hits + self.misses)

    @property
    def specificity(self) -> float:
        """Fraction of the negatives left alone."""
        return _fraction(self.rejections, self.rejections + self.false_alarms)

    @property
    def precision(self) -> float:
        """Fraction of what was found that is right (user's accuracy)."""
        return _fraction(self.hits, self.hits + self.false_alarms)

    @property
    def accuracy(self) -> float:
        """Fraction of all that is right."""
        return _fraction(self.hits + self.rejections, self.total)

    @property
    def balanced_accuracy(self) -> float:
        """Mean of recall and specificity: 0.5 for any guess that does not look."""
        return 0.5 * (self.recall + self.specificity)

    @property
    def f1(self) -> float:
        """Harmonic mean of recall and precision."""
        return _fraction(2.0 * self.hits, 2.0 * self.hits + self.misses + self.false_alarms)

    @property
    def iou(self) -> float:
        """Intersection over union of what was found and what is there (Jaccard)."""
        return _fraction(self.hits, self.hits + self.misses + self.false_alarms)

    def __add__(self, other: Confusion) -> Confusion:
        return Confusion(
            self.hits + other.hits,
            self.misses + other.misses,
            self.false_alarms + other.false_alarms,
            self.rejections + other.rejections,
        )


def confusion(truth: npt.ArrayLike, found: npt.ArrayLike, valid: npt.ArrayLike | None = None) -> Confusion:
    """Count hits, misses, false alarms and rejections.

    Parameters
    ----------
    truth, found
        Booleans (or 0/1) of one shape.
    valid
        Where to count; everywhere if None.

    Raises
    ------
    EstranError
        The shapes differ.
    """
    there, detected = np.asarray(truth, bool), np.asarray(found, bool)
    where = np.ones(there.shape, bool) if valid is None else np.asarray(valid, bool)
    if not there.shape == detected.shape == where.shape:
        raise EstranError(
            "truth, result and valid mask differ in shape", expected=there.shape, found=(detected.shape, where.shape)
        )
    hits, found_there = int((there & detected & where).sum()), int((detected & where).sum())
    positives, total = int((there & where).sum()), int(where.sum())
    return Confusion(hits, positives - hits, found_there - hits, total - positives - found_there + hits)


def _fraction(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")
