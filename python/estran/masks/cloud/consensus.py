"""One height for each cloud: its own best one, or the one that its neighbours make likelier (ATBD:
cloud mask, CM-30).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from estran.jit import jit
from estran.masks.cloud.footprint import middles_of
from estran.masks.cloud.object_settings import ObjectSettings
from estran.raster.label import Objects

Mask = npt.NDArray[np.bool_]
Array = npt.NDArray[Any]

SURE_PIXELS = 28
"""Clouds larger than this, a radius of 3 pixels, foretell the heights of others (ZW12)."""
NEIGHBOURS = 60
NEIGHBOUR_PIXELS = 6
"""Neighbouring clouds that say at which altitudes clouds are, and their least size."""
LAYERS = 3
LEAST_LAYER = 0.08
"""How many layers of clouds around a cloud are looked at, and the least weight of one among them."""
FEATURE_WIDTH = 0.4
"""Difference of the logarithm of cirrus-band reflectance at which another cloud's altitude says little."""
ROUNDS = 6
"""Times that heights and agreement are weighed against each other."""
LEAST_AGREEMENT, HEAVIEST = 0.02, 400
"""Agreement that a height has without any neighbour; size from which clouds weigh no more than others [pixels]."""


@dataclass(frozen=True)
class Matches:
    """What matching found, one entry per object.

    Parameters
    ----------
    height
        Metres above the ground beneath the cloud; NaN where unknown.
    ground
        Altitude of that ground: the 82.5th percentile of the relief under the object; 0 without relief.
    similarity
        Of the height chosen, 0..1.
    matched
        Similarity reaches the limit, and some of it is potential shadow.
    predicted
        The height is its neighbours', not its own.
    """

    height: npt.NDArray[np.float64]
    ground: npt.NDArray[np.float64]
    similarity: npt.NDArray[np.float64]
    matched: Mask
    predicted: Mask

    @property
    def cast(self) -> Mask:
        """Objects whose shadow is drawn."""
        return self.matched | self.predicted


def choose(
    objects: Objects,
    peaks: npt.NDArray[np.float64],
    ground: npt.NDArray[np.float64],
    settings: ObjectSettings,
    feature: npt.NDArray[np.float64],
) -> Matches:
    """One height per object: the best peak, or the one that its neighbours make likelier (CM-30)."""
    n = objects.count
    rows, pick = np.arange(n), np.zeros(n, np.int64)
    if settings.consensus > 0.0 and n > 1:
        possible = _agreed(objects, peaks, ground, settings, feature)
        pick = pick if possible is None else np.argmax(possible.fractions, axis=1)
    height, similarity, fraction = (
        peaks[rows, pick, 0],
        np.nan_to_num(peaks[rows, pick, 2]),
        np.nan_to_num(peaks[rows, pick, 3]),
    )
    matched = (similarity >= settings.similarity) & (fraction > 0.0)
    predicted = np.zeros(n, np.bool_)
    if settings.neighbours and n:
        guess, spread = _foretold(objects, height + ground, matched, settings, feature)
        known = np.isfinite(guess) & (spread < settings.neighbour_spread)
        if settings.consensus == 0.0:
            off = np.abs(peaks[:, :, 0] + ground[:, None] - guess[:, None])
            value = peaks[:, :, 1] - np.where(known[:, None] & (off > settings.neighbour_spread), 0.3, 0.0)
            value[np.isnan(value) | (peaks[:, :, 2] < settings.similarity)] = -np.inf
            pick = np.argmax(value, axis=1)
            height, similarity, fraction = (
                peaks[rows, pick, 0],
                np.nan_to_num(peaks[rows, pick, 2]),
                np.nan_to_num(peaks[rows, pick, 3]),
            )
            matched = (similarity >= settings.similarity) & (fraction > 0.0)
        if settings.predict_unmatched:
            predicted = ~matched & known
            height = np.where(predicted, guess - ground, height)
    height = np.where(matched | predicted, height, np.nan)
    return Matches(height, ground, similarity, matched, predicted)


@dataclass(frozen=True)
class _Possible:
    """Possible altitudes of clouds, (n, peaks) each, and which clouds are neighbours of which."""

    near: Array
    altitude: npt.NDArray[np.float64]
    fractions: npt.NDArray[np.float64]
    size_weight: npt.NDArray[np.float64]


def _agreed(
    objects: Objects,
    peaks: npt.NDArray[np.float64],
    ground: npt.NDArray[np.float64],
    settings: ObjectSettings,
    feature: npt.NDArray[np.float64],
) -> _Possible | None:
    """What fraction of its cloud each peak has: right heights of neighbouring clouds agree, wrong ones do not (CM-30).
    None with too few clouds.

    Each peak gets a fraction of its cloud, at first by its score alone; then, again and again,
    by its score and by how many fractions of the clouds around lie at its altitude.
    """
    candidates = np.flatnonzero((objects.size >= NEIGHBOUR_PIXELS) & np.isfinite(peaks[:, 0, 0]))
    if candidates.size < 3:
        return None
    place = middles_of(objects)
    _, near = cKDTree(place[candidates]).query(place, k=min(NEIGHBOURS + 1, candidates.size))
    near = candidates[near]
    altitude = peaks[:, :, 0] + ground[:, None]
    usable = np.isfinite(altitude) & (peaks[:, :, 2] >= settings.similarity)
    score = np.where(usable, peaks[:, :, 1], -np.inf)
    top = np.max(score, axis=1, keepdims=True)
    # The shadow of a small cloud has little shape, and may be too faint to be observed: its own score says less, and
    # the clouds around say more.
    scale = settings.score_scale * np.sqrt(1.0 + settings.score_size / objects.size[:, None])
    likely = np.where(usable, np.exp((score - np.where(np.isfinite(top), top, 0.0)) / scale), 0.0)
    fractions = likely / np.maximum(likely.sum(axis=1, keepdims=True), 1e-300)
    altitude = np.where(usable, altitude, 0.0)
    # A larger cloud's shadow has more of a shape.
    size_weight = np.sqrt(np.minimum(objects.size, HEAVIEST).astype(np.float64))
    agreement = np.zeros_like(fractions)
    for _ in range(ROUNDS):
        _count_agreeing(near, altitude, fractions, size_weight, feature, settings.agreement, agreement)
        posterior = likely * (LEAST_AGREEMENT + agreement) ** settings.consensus
        fractions = posterior / np.maximum(posterior.sum(axis=1, keepdims=True), 1e-300)
    return _Possible(near, altitude, fractions, size_weight)


def layers_of(
    objects: Objects,
    peaks: npt.NDArray[np.float64],
    ground: npt.NDArray[np.float64],
    settings: ObjectSettings,
    feature: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """(n, LAYERS) altitudes at which most of the clouds around each one stand; NaN where there are fewer."""
    out = np.full((objects.count, LAYERS), np.nan)
    known = _agreed(objects, peaks, ground, settings, feature)
    if known is not None:
        _modes(known.near, known.altitude, known.fractions, known.size_weight, feature, settings.agreement, out)
    return out


@jit
def _likeness(one: float, other: float) -> float:
    """How much a cloud says about another by their cirrus-band reflectances."""
    unlike = (one - other) / FEATURE_WIDTH
    return 0.1 + 0.9 * float(np.exp(-0.5 * unlike * unlike))


@jit
def _modes(
    near: np.ndarray,
    altitude: np.ndarray,
    fractions: np.ndarray,
    size_weight: np.ndarray,
    feature: np.ndarray,
    width: float,
    out: np.ndarray,
) -> None:
    """Highest maxima of the weighted density of the neighbours' altitudes, at least 3 widths apart."""
    for k in range(near.shape[0]):
        lowest, step = -500.0, 0.5 * width
        density = np.zeros(int(16000.0 / step))
        total = 0.0
        for q in range(near.shape[1]):
            j = near[k, q]
            if j == k:
                continue
            weight = size_weight[j] * _likeness(feature[j], feature[k])
            total += weight
            for m in range(altitude.shape[1]):
                if fractions[j, m] > 0.01:
                    middle = (altitude[j, m] - lowest) / step
                    for b in range(max(int(middle) - 5, 0), min(int(middle) + 7, density.size)):
                        off = (b - middle) * 0.5
                        density[b] += weight * fractions[j, m] * np.exp(-0.5 * off * off)
        for place in range(out.shape[1]):
            b = int(np.argmax(density))
            if density[b] <= LEAST_LAYER * total or total == 0.0:
                break
            out[k, place] = lowest + b * step
            density[max(b - 6, 0) : b + 7] = 0.0


@jit
def _count_agreeing(
    near: np.ndarray,
    altitude: np.ndarray,
    fractions: np.ndarray,
    size_weight: np.ndarray,
    feature: np.ndarray,
    width: float,
    out: np.ndarray,
) -> None:
    """Weighted fraction of the neighbours that lie at each peak's altitude, within about `width`."""
    for k in range(near.shape[0]):
        for p in range(altitude.shape[1]):
            total, agree = 0.0, 0.0
            if fractions[k, p] > 0.0:
                for q in range(near.shape[1]):
                    j = near[k, q]
                    # A cloud is no neighbour of itself.
                    if j == k:
                        continue
                    weight = size_weight[j] * _likeness(feature[j], feature[k])
                    total += weight
                    for m in range(altitude.shape[1]):
                        off = (altitude[j, m] - altitude[k, p]) / width
                        if fractions[j, m] > 0.0 and abs(off) < 3.0:
                            agree += weight * fractions[j, m] * np.exp(-0.5 * off * off)
            out[k, p] = agree / total if total > 0.0 else 0.0


def _foretold(
    objects: Objects,
    altitude: npt.NDArray[np.float64],
    matched: Mask,
    settings: ObjectSettings,
    feature: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Median altitude of the nearest matched clouds that are no specks, and their spread; NaN where
    there are too few.
    """
    n = objects.count
    guess, spread = np.full(n, np.nan), np.full(n, np.inf)
    sure = np.flatnonzero(matched & (objects.size > SURE_PIXELS))
    number = min(settings.neighbours, sure.size - 1)
    if number < 4:
        return guess, spread
    place = middles_of(objects)
    # A difference in the cirrus band counts as a distance: the width of the scene for clouds as unlike as can be.
    place = np.column_stack([place, feature / FEATURE_WIDTH * 0.1 * max(objects.shape)])
    _, near = cKDTree(place[sure]).query(place, k=number + 1)
    # A cloud is no neighbour of itself.
    itself = sure[near] == np.arange(n)[:, None]
    values = np.where(itself, np.nan, altitude[sure][near])
    drop = ~itself.any(axis=1)
    values[drop, -1] = np.nan
    guess = np.nanmedian(values, axis=1)
    spread = 1.4826 * np.nanmedian(np.abs(values - guess[:, None]), axis=1)
    return guess, spread
