"""Percentiles of images too large to sort: weighted percentiles, and a sample that does not depend on how the image was
cut.

The sample is a *bottom-k sketch*: every row of values is hashed, and the rows with the k smallest hashes are kept, each
with the number of times it occurred. Whether a row is kept depends on its values alone, so sketches of parts merge into
exactly the sketch of the whole, in any order and for any cut. An image of at most k different rows is kept whole, and
its percentiles are exact; otherwise the rank error is about sqrt(p (1-p) / k). Idea: Cohen & Kaplan 2007, "Summarizing
data using bottom-k sketches" (doi:10.1145/1281100.1281133).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estran.jit import jit

Values = npt.NDArray[np.floating]


def weighted_percentile(values: Values, percentile: float, weights: Values | None = None) -> float:
    """Smallest value at or below which at least `percentile` % of the weight lies; NaN without values.

    Parameters
    ----------
    values
        Any shape; no NaN.
    percentile
        0..100.
    weights
        Of the same shape; all alike where None.

    Examples
    --------
    >>> weighted_percentile(np.array([3.0, 1.0, 2.0, 4.0]), 50.0)
    2.0
    >>> weighted_percentile(np.array([1.0, 2.0]), 50.0, np.array([1.0, 3.0]))
    2.0
    """
    flat = np.asarray(values).ravel()
    if flat.size == 0:
        return float("nan")
    # Ties need no rule: equal values give equal answers.
    order = np.argsort(flat, kind="stable")
    fraction = np.cumsum(np.ones(flat.size) if weights is None else np.asarray(weights, np.float64).ravel()[order])
    # Half a part in 1e12 forgives the last bit of a sum that should meet the target exactly.
    at = int(np.searchsorted(fraction, fraction[-1] * (percentile / 100.0 - 5e-13), side="left"))
    return float(flat[order[min(at, flat.size - 1)]])


@dataclass(frozen=True)
class Sketch:
    """At most `size` rows of an image, the same ones however the image was cut.

    Parameters
    ----------
    size
        Rows kept at most.
    hashes
        (n,) uint64, ascending.
    rows
        (bands, n) float32.
    counts
        (n,) int64: occurrences of each row.
    total
        Rows counted, repeats included.
    """

    size: int
    hashes: npt.NDArray[np.uint64]
    rows: npt.NDArray[np.float32]
    counts: npt.NDArray[np.int64]
    total: int

    @classmethod
    def empty(cls, size: int, bands: int) -> Sketch:
        """A sketch of nothing."""
        return cls(size, np.empty(0, np.uint64), np.empty((bands, 0), np.float32), np.empty(0, np.int64), 0)

    @property
    def limit(self) -> np.uint64:
        """A row whose hash is above this would not be kept."""
        return self.hashes[-1] if self.hashes.size >= self.size else np.uint64(0xFFFFFFFFFFFFFFFF)

    @property
    def weights(self) -> npt.NDArray[np.float64]:
        """How many rows of the image each kept row stands for; their sum is `total`."""
        kept = int(self.counts.sum())
        return np.asarray(self.counts * (self.total / kept) if kept else np.empty(0), np.float64)

    def merge(self, other: Sketch) -> Sketch:
        """The sketch of both parts together."""
        return _compact(
            self.size,
            np.concatenate([self.hashes, other.hashes]),
            np.concatenate([self.rows, other.rows], axis=1),
            np.concatenate([self.counts, other.counts]),
            self.total + other.total,
        )

    def add(self, hashes: npt.NDArray[np.uint64], rows: npt.NDArray[np.float32], total: int) -> Sketch:
        """With candidate rows added, of which some may be above the limit; `total` counts the rows that were read to
        find them.
        """
        return _compact(
            self.size,
            np.concatenate([self.hashes, hashes]),
            np.concatenate([self.rows, rows], axis=1),
            np.concatenate([self.counts, np.ones(hashes.size, np.int64)]),
            self.total + total,
        )


def _compact(
    size: int, hashes: npt.NDArray[np.uint64], rows: npt.NDArray[np.float32], counts: npt.NDArray[np.int64], total: int
) -> Sketch:
    unique, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
    summed = np.zeros(unique.size, np.int64)
    np.add.at(summed, inverse, counts)
    keep = slice(0, size)
    return Sketch(size, unique[keep], np.ascontiguousarray(rows[:, first[keep]]), summed[keep], total)


_FACTORS = np.array(
    [
        0x9E3779B97F4A7C15,
        0xBF58476D1CE4E5B9,
        0x94D049BB133111EB,
        0xD6E8FEB86659FD93,
        0xA0761D6478BD642F,
        0xE7037ED1A0B428DB,
        0x8EBC6AF09C88C6E3,
        0x589965CC75374CC3,
        0x1D8E4E27C47D124F,
        0xEB44ACCAB455D165,
        0x4CF5AD432745937F,
        0xFF51AFD7ED558CCD,
        0xC4CEB9FE1A85EC53,
        0x2127599BF4325C37,
        0x880355F21E6D1965,
        0x60642E2A34326F15,
    ],
    np.uint64,
)
"""Odd multipliers: a row's hash is the sum of value times multiplier, then stirred."""


@jit
def hash_rows(bits: np.ndarray, out: np.ndarray) -> None:
    """A 64-bit hash for each column of a stack.

    Parameters
    ----------
    bits
        (bands, n) uint32: the values, bit for bit; 16 bands at most.
    out
        (n,) uint64, written. Multilinear, then the finaliser of SplitMix64 (Steele et al. 2014).
    """
    for i in range(bits.shape[1]):
        out[i] = np.uint64(0)
    for band in range(bits.shape[0]):
        factor = _FACTORS[band]
        for i in range(bits.shape[1]):
            out[i] += np.uint64(bits[band, i]) * factor
    for i in range(bits.shape[1]):
        state = out[i]
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        out[i] = state ^ (state >> np.uint64(31))
