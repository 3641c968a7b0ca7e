"""The search for the height at which a cloud's footprint falls on dark ground (ATBD: cloud mask, CM-29).

For each height the runs of a cloud are shifted by sun and view, and what lies below them is counted from sums along the
rows of the image; so a height costs one subtraction a run, however long the run.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from estran.jit import jit
from estran.masks.cloud.footprint import Footprint, landing

COARSE_RUNS = 3000
"""Runs that the first search looks at; larger objects are thinned by rows."""
PEAKS = 8
"""Heights that are kept of each search, best first."""


@jit
def tally(
    runs: Footprint,
    low: int,
    high: int,
    stride: int,
    phase: int,
    height: float,
    ground: float,
    view: np.ndarray,
    sun: np.ndarray,
    dem: np.ndarray,
    sums: np.ndarray,
) -> tuple[int, int, int, int]:
    """Under the runs ``low:high`` shifted for a height: potential, unobservable and inside-the-image pixels,
    and all of them.
    """
    rows, cols = sums.shape[0], sums.shape[1] - 1
    row, start, stop, _ = runs
    relief = dem.size > 0
    dr = int(np.rint(height * (view[0] - sun[0])))
    dc = int(np.rint(height * (view[1] - sun[1])))
    a, b, inside, total = 0, 0, 0, 0
    for m in range(low, high):
        r0 = row[m]
        if stride > 1 and (r0 + phase) % stride != 0:
            continue
        c0, c1 = start[m], stop[m]
        total += c1 - c0
        if relief:
            middle = 0.5 * (c0 + c1 - 1)
            rs, cs = landing(r0, middle, ground + height, view, sun, dem)
            r, shift = int(np.rint(rs)), int(np.rint(cs - middle))
        else:
            r, shift = r0 + dr, dc
        if r < 0 or r >= rows:
            continue
        c0, c1 = max(c0 + shift, 0), min(c1 + shift, cols)
        if c1 > c0:
            inside += c1 - c0
            a += int(sums[r, c1, 0]) - int(sums[r, c0, 0])
            b += int(sums[r, c1, 1]) - int(sums[r, c0, 1])
    return a, b, inside, total


@jit
def _own(runs: Footprint, low: int, high: int, stride: int, phase: int, dr: int, dc: int) -> int:
    """Pixels of an object that its shifted self still covers."""
    row, start, stop, _ = runs
    total = 0
    p = low
    for m in range(low, high):
        r = row[m] + dr
        if stride > 1 and (row[m] + phase) % stride != 0:
            continue
        while p < high and row[p] < r:
            p += 1
        q = p
        while q < high and row[q] == r:
            total += max(0, min(stop[q], stop[m] + dc) - max(start[q], start[m] + dc))
            q += 1
    return total


class Lines(NamedTuple):
    """Ground below each object [m], and how far view and sun move it [pixels per metre], (n, 2); a tuple, because
    compiled code takes no dataclass.
    """

    ground: np.ndarray
    view: np.ndarray
    sun: np.ndarray


class Rule(NamedTuple):
    """How a footprint is judged: the settings of that name; a tuple, because compiled code takes no dataclass."""

    hidden_weight: float
    outside_weight: float
    rim_weight: float
    stop_ratio: float
    enough: float


@jit
def _score(
    fp: Footprint,
    rim: Footprint,
    k: int,
    stride: int,
    height: float,
    ground: float,
    view: np.ndarray,
    sun: np.ndarray,
    dem: np.ndarray,
    sums: np.ndarray,
    rule: Rule,
) -> tuple[float, float, float]:
    """Score, similarity, and fraction of potential shadow in the footprint (CM-29)."""
    first = fp.first
    phase = -fp.row[first[k]]
    a, b, inside, total = tally(fp, first[k], first[k + 1], stride, phase, height, ground, view, sun, dem, sums)
    dr = int(np.rint(height * (view[0] - sun[0])))
    dc = int(np.rint(height * (view[1] - sun[1])))
    own = min(_own(fp, first[k], first[k + 1], stride, phase, dr, dc), b)
    observable = total - own
    if observable <= 0:
        return 0.0, 0.0, 0.0
    other = b - own
    outside = total - inside
    # Weights 0 leave unobservable pixels out of the count altogether (python-fmask).
    counted = observable
    if rule.hidden_weight == 0.0:
        counted -= other
    if rule.outside_weight == 0.0:
        counted -= outside
    if counted <= 0:
        return 0.0, 0.0, 0.0
    similarity = (a + rule.hidden_weight * other + rule.outside_weight * outside) / counted
    score = similarity
    if rule.rim_weight > 0.0:
        ra, rb, rinside, _ = tally(
            rim, rim.first[k], rim.first[k + 1], stride, phase, height, ground, view, sun, dem, sums
        )
        bare = (rinside - rb) - (inside - b)
        if bare > 0:
            score -= rule.rim_weight * max(ra - a, 0) / bare  # (CM-29)
    return score, similarity, a / observable


@jit
def search_heights(
    begin: int,
    end: int,
    fp: Footprint,
    rim: Footprint,
    order: np.ndarray,
    lines: Lines,
    dem: np.ndarray,
    sums: np.ndarray,
    limits: np.ndarray,
    rule: Rule,
    peaks: np.ndarray,
) -> None:
    """Best heights of the objects ``order[begin:end]``, each between its `limits` (n, 2) [m].

    `peaks` (n, PEAKS, 4) gets height, score, similarity and potential fraction, best first, NaN where there is none.
    """
    first = fp.first
    ground, view, sun = lines
    for q in range(begin, end):
        k = order[q]
        for p in range(PEAKS):
            for j in range(4):
                peaks[k, p, j] = np.nan
        lowest, highest = limits[k]
        pace = max(abs(view[k, 0] - sun[k, 0]), abs(view[k, 1] - sun[k, 1]))
        if pace <= 0.0:
            continue
        runs = first[k + 1] - first[k]
        stride = 1 + runs // COARSE_RUNS
        # One pixel a step; the thinned search of large objects takes two.
        step = (1.0 if stride == 1 else 2.0) / pace
        steps = int((highest - lowest) / step) + 1
        scores = np.full(steps + 2, -1e9)
        fractions = np.zeros(steps + 2)
        best, found = -1e9, 0
        for i in range(steps):
            height = lowest + i * step
            score, similarity, fraction = _score(
                fp, rim, k, stride, height, ground[k], view[k], sun[k], dem, sums, rule
            )
            scores[i + 1], fractions[i + 1] = score, fraction
            found = i + 1
            best = max(best, score)
            if best >= rule.enough or (rule.stop_ratio > 0.0 and best > 0.0 and score < rule.stop_ratio * best):
                break
        # Local maxima, plateaus by their middle, best first.
        i = 1
        while i <= found:
            j = i
            while j < found and scores[j + 1] == scores[i]:
                j += 1
            if scores[i] > scores[i - 1] and scores[i] > scores[j + 1] and fractions[i] > 0.0:
                height = lowest + (0.5 * (i + j) - 1.0) * step
                for p in range(PEAKS):
                    if np.isnan(peaks[k, p, 0]) or scores[i] > peaks[k, p, 1]:
                        for r in range(PEAKS - 1, p, -1):
                            peaks[k, r, 0], peaks[k, r, 1] = peaks[k, r - 1, 0], peaks[k, r - 1, 1]
                        peaks[k, p, 0], peaks[k, p, 1] = height, scores[i]
                        break
            i = j + 1
        # Each peak again, with all rows and in half pixels. The stride is no literal, for which all that is called
        # would be compiled anew.
        every = min(stride, 1)
        for p in range(PEAKS):
            if np.isnan(peaks[k, p, 0]):
                break
            middle = peaks[k, p, 0]
            half = 0.5 / pace
            top, at, weight = -1e9, 0.0, 0.0
            reach = 2 if stride == 1 else 4
            for i in range(-reach, reach + 1):
                height = min(max(middle + i * half, lowest), highest)
                score, similarity, fraction = _score(
                    fp, rim, k, every, height, ground[k], view[k], sun[k], dem, sums, rule
                )
                if score > top:
                    top, at, weight = score, height, 1.0
                    peaks[k, p, 2], peaks[k, p, 3] = similarity, fraction
                elif score == top:
                    at += height
                    weight += 1.0
            peaks[k, p, 0], peaks[k, p, 1] = at / weight, top
