"""Clouds and their shadows: which height makes a cloud's footprint fall on dark ground (ATBD: cloud mask, CM-27 to CM-31).

A cloud is an object of runs of pixels. For each height its runs are shifted by sun and view, and what lies below them is counted from sums along the rows
of the image; so a height costs one subtraction a run, however long the run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from estran.errors import BadGeometry
from estran.jit import jit, parallel_jit
from estran.masks.cloud.object_settings import ObjectSettings
from estran.masks.cloud.stages import Geometry
from estran.raster.label import Objects
from estran.raster.morphology import disk_widths

Mask = npt.NDArray[np.bool_]
Array = npt.NDArray[Any]

SEGMENT = 8
"""Over relief, runs are cut into pieces of at most this many pixels, each projected at its middle."""
COARSE_RUNS = 3000
"""Runs that the first search looks at; larger objects are thinned by rows."""
SURE_PIXELS = 28
"""Clouds larger than this, a radius of 3 pixels, foretell the heights of others (ZW12)."""
PEAKS = 8
"""Heights that are kept of each search, best first."""
WITNESSES = 60
WITNESS_PIXELS = 6
"""Neighbouring clouds that say at which altitudes clouds are, and their least size."""
LAYERS = 3
LEAST_LAYER = 0.08
"""How many layers of clouds around a cloud are looked at, and the least weight of one among them."""
TRAIT_WIDTH = 0.4
"""Difference of the logarithm of cirrus-band reflectance at which another cloud's altitude says little."""
ROUNDS = 6
"""Times that heights and agreement are weighed against each other."""
ITERATIONS = 6
"""Steps of the fixed point that finds where a ray meets the relief."""
LOWEST_SUN = 89.0
"""Sun zenith angle at which shadows are endless and the search is refused [degrees]."""


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


def sums_along_rows(potential: Mask, hidden: Mask) -> Array:
    """Running counts for :func:`match_objects`.

    Parameters
    ----------
    potential
        (rows, columns); potential shadow.
    hidden
        Pixels where no shadow could be seen: clouds, no data. They count as hidden even where `potential` is set.

    Returns
    -------
    (rows, columns + 1, 2) uint16 or, for wider images, uint32: potential and hidden pixels before each column.
    """
    rows, cols = potential.shape
    sums = np.empty((rows, cols + 1, 2), np.uint16 if cols < 1 << 16 else np.uint32)
    _sum_rows(np.ascontiguousarray(potential, np.bool_), np.ascontiguousarray(hidden, np.bool_), sums)
    return sums


@parallel_jit
def _sum_rows(potential: np.ndarray, hidden: np.ndarray, sums: np.ndarray) -> None:
    rows, cols = potential.shape
    for r in numba.prange(rows):
        a, b = 0, 0
        sums[r, 0, 0], sums[r, 0, 1] = 0, 0
        for c in range(cols):
            b += hidden[r, c]
            a += potential[r, c] and not hidden[r, c]
            sums[r, c + 1, 0], sums[r, c + 1, 1] = a, b


@dataclass(frozen=True)
class Vectors:
    """Per object, how far a cloud's image is moved per metre of height, (n, 2) as (rows, columns) in pixels (CM-27).

    `view` leads from where a cloud appears to what lies beneath it; `sun` from its shadow to what lies beneath it.
    """

    view: npt.NDArray[np.float64]
    sun: npt.NDArray[np.float64]


def vectors_of(objects: Objects, geometry: Geometry, pixel_size: tuple[float, float]) -> Vectors:
    """Mean geometry of each object.

    Parameters
    ----------
    objects
        The clouds.
    geometry
        Angles of the scene; arrays may be coarser than the image.
    pixel_size
        Width and height of a pixel [m].

    Raises
    ------
    BadGeometry
        The sun is below the horizon, or too close to it.
    """
    sun = _mean_slope(objects, geometry.sun_zenith, geometry.sun_azimuth)
    view = _mean_slope(objects, geometry.view_zenith, geometry.view_azimuth)
    if objects.count and np.hypot(sun[:, 0], sun[:, 1]).max() > np.tan(np.radians(LOWEST_SUN)):
        raise BadGeometry("the sun is below the horizon or touches it", expected=f"a zenith angle below {LOWEST_SUN:g} degrees", found="more over some clouds")
    dx, dy = pixel_size
    # Rows grow to the south, azimuths are clockwise from north.
    scale = np.array([-1.0 / dy, 1.0 / dx])
    return Vectors(view * scale, sun * scale)


def mean_direction(zenith: Any, azimuth: Any) -> tuple[float, float]:
    """Mean zenith and azimuth angle of a scene [degrees], from angles that may be scalars or arrays."""
    slope, turn = np.tan(np.radians(np.asarray(zenith, np.float64))), np.radians(np.asarray(azimuth, np.float64))
    north, east = float(np.nanmean(slope * np.cos(turn))), float(np.nanmean(slope * np.sin(turn)))
    return float(np.degrees(np.arctan(np.hypot(north, east)))), float(np.degrees(np.arctan2(east, north)) % 360.0)


def _mean_slope(objects: Objects, zenith: Any, azimuth: Any) -> npt.NDArray[np.float64]:
    """(n, 2) mean of tan(zenith) times (cos, sin) of the azimuth, over the middles of an object's runs; the scene's mean where an object has no angle."""
    z, a = (np.atleast_2d(np.asarray(v, np.float64 if np.ndim(v) == 0 else None)) for v in (zenith, azimuth))
    out = np.empty((objects.count, 2))
    _slopes(objects.row, objects.start, objects.stop, objects.first, objects.shape[0], objects.shape[1], z, a, out)
    gaps = np.isnan(out[:, 0])
    if gaps.any():
        out[gaps] = np.nanmean(out, axis=0) if not gaps.all() else 0.0
    return out


@jit
def _slopes(
    row: np.ndarray, start: np.ndarray, stop: np.ndarray, first: np.ndarray, rows: int, cols: int, zenith: np.ndarray, azimuth: np.ndarray, out: np.ndarray
) -> None:
    for k in range(out.shape[0]):
        north, east, weight = 0.0, 0.0, 0.0
        for m in range(first[k], first[k + 1]):
            r, c = row[m], (start[m] + stop[m] - 1) // 2
            z = zenith[r * zenith.shape[0] // rows, c * zenith.shape[1] // cols]
            a = azimuth[r * azimuth.shape[0] // rows, c * azimuth.shape[1] // cols]
            if z == z and a == a:
                length = stop[m] - start[m]
                slope = np.tan(np.radians(z)) if z < 89.99 else 1e4
                north += length * slope * np.cos(np.radians(a))
                east += length * slope * np.sin(np.radians(a))
                weight += length
        out[k, 0], out[k, 1] = (north / weight, east / weight) if weight > 0.0 else (np.nan, np.nan)


@dataclass(frozen=True)
class Footprint:
    """Runs of every object, whole or cut for relief, with those of its rim."""

    row: Array
    start: Array
    stop: Array
    first: Array


def _footprint(objects: Objects, cut: bool) -> Footprint:
    if not cut:
        return Footprint(objects.row, objects.start, objects.stop, objects.first)
    pieces = -(-(objects.stop - objects.start) // SEGMENT)
    row, start = np.repeat(objects.row, pieces), np.repeat(objects.start, pieces)
    which = np.arange(row.size) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    start = start + (which * SEGMENT).astype(np.int32)
    stop = np.minimum(start + SEGMENT, np.repeat(objects.stop, pieces)).astype(np.int32)
    before = np.concatenate([[0], np.cumsum(pieces)])
    return Footprint(row, start, stop, before[objects.first])


@jit
def _grown_runs(
    row: np.ndarray,
    start: np.ndarray,
    stop: np.ndarray,
    first: np.ndarray,
    box: np.ndarray,
    widths: np.ndarray,
    grown_row: np.ndarray,
    grown_start: np.ndarray,
    grown_stop: np.ndarray,
    grown_first: np.ndarray,
) -> int:
    """Runs of each object grown by a disk; returns how many. With arrays of size 0 they are only counted."""
    reach = widths.size - 1
    write = grown_row.size > 0
    total = 0
    for k in range(box.shape[0]):
        width0 = widths[0]
        left = box[k, 1] - width0
        change = np.zeros(box[k, 3] - box[k, 1] + 2 * width0 + 1, np.int32)
        low = first[k]
        for r in range(box[k, 0] - reach, box[k, 2] + reach):
            while low < first[k + 1] and row[low] < r - reach:
                low += 1
            change[:] = 0
            m = low
            while m < first[k + 1] and row[m] <= r + reach:
                w = widths[abs(row[m] - r)]
                change[start[m] - w - left] += 1
                change[stop[m] + w - left] -= 1
                m += 1
            depth, begin = 0, 0
            for c in range(change.size):
                after = depth + change[c]
                if depth == 0 and after > 0:
                    begin = c
                elif depth > 0 and after == 0:
                    if write:
                        grown_row[total], grown_start[total], grown_stop[total] = r, begin + left, c + left
                    total += 1
                depth = after
        if write:
            grown_first[k + 1] = total
    return total


def grow(objects: Objects, radius: float, pixel_size: tuple[float, float]) -> Objects:
    """Objects each grown by a disk of `radius` [m], also over one another and beyond the image's edges."""
    widths = disk_widths(radius, pixel_size)
    none = np.empty(0, np.int32)
    base = (objects.row, objects.start, objects.stop, objects.first, objects.box, widths)
    total = _grown_runs(*base, none, none, none, np.empty(0, np.int64))
    row, start, stop = (np.empty(total, np.int32) for _ in range(3))
    first = np.zeros(objects.count + 1, np.int64)
    _grown_runs(*base, row, start, stop, first)
    length = np.concatenate([[0], np.cumsum((stop - start).astype(np.int64))])
    size = length[first[1:]] - length[first[:-1]]
    reach = np.array([-(widths.size - 1), -widths[0], widths.size - 1, widths[0]])
    return Objects(objects.shape, row, start, stop, first, size, objects.box + reach)


@jit
def _landing(r: float, c: float, altitude: float, view: np.ndarray, sun: np.ndarray, dem: np.ndarray) -> tuple[float, float]:
    """Where the shadow of a cloud seen at (r, c) falls (CM-28)."""
    rows, cols = dem.shape
    z = dem[min(max(int(np.rint(r)), 0), rows - 1), min(max(int(np.rint(c)), 0), cols - 1)]
    z = z if z == z else 0.0
    r1, c1 = r + (altitude - z) * view[0], c + (altitude - z) * view[1]
    rs, cs = r1 - (altitude - z) * sun[0], c1 - (altitude - z) * sun[1]
    for _ in range(ITERATIONS):
        below = dem[min(max(int(np.rint(rs)), 0), rows - 1), min(max(int(np.rint(cs)), 0), cols - 1)]
        # Half steps: on slopes as steep as the ray whole ones swing to and fro between two places that are both wrong.
        z = 0.5 * (z + below) if below == below else z
        rs, cs = r1 - (altitude - z) * sun[0], c1 - (altitude - z) * sun[1]
    return rs, cs


@jit
def _tally(
    row: np.ndarray,
    start: np.ndarray,
    stop: np.ndarray,
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
    """Under the runs ``low:high`` shifted for a height: potential, hidden and inside-the-image pixels, and all of them."""
    rows, cols = sums.shape[0], sums.shape[1] - 1
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
            rs, cs = _landing(r0, middle, ground + height, view, sun, dem)
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
def _own(row: np.ndarray, start: np.ndarray, stop: np.ndarray, low: int, high: int, stride: int, phase: int, dr: int, dc: int) -> int:
    """Pixels of an object that its shifted self still covers."""
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


class Rule(NamedTuple):
    """How a footprint is judged: the settings of that name; a tuple, because compiled code takes no dataclass."""

    hidden_weight: float
    outside_weight: float
    rim_weight: float


@jit
def _score(
    fp: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    rim: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
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
    """Score, similarity, and share of potential shadow in the footprint (CM-29)."""
    row, start, stop, first = fp
    phase = -row[first[k]]
    a, b, inside, total = _tally(row, start, stop, first[k], first[k + 1], stride, phase, height, ground, view, sun, dem, sums)
    dr = int(np.rint(height * (view[0] - sun[0])))
    dc = int(np.rint(height * (view[1] - sun[1])))
    own = min(_own(row, start, stop, first[k], first[k + 1], stride, phase, dr, dc), b)
    seen = total - own
    if seen <= 0:
        return 0.0, 0.0, 0.0
    other = b - own
    outside = total - inside
    # Weights 0 leave hidden pixels out of the count altogether (python-fmask).
    counted = seen
    if rule.hidden_weight == 0.0:
        counted -= other
    if rule.outside_weight == 0.0:
        counted -= outside
    if counted <= 0:
        return 0.0, 0.0, 0.0
    similarity = (a + rule.hidden_weight * other + rule.outside_weight * outside) / counted
    score = similarity
    if rule.rim_weight > 0.0:
        rrow, rstart, rstop, rfirst = rim
        ra, rb, rinside, _ = _tally(rrow, rstart, rstop, rfirst[k], rfirst[k + 1], stride, phase, height, ground, view, sun, dem, sums)
        bare = (rinside - rb) - (inside - b)
        if bare > 0:
            score -= rule.rim_weight * max(ra - a, 0) / bare  # (CM-29)
    return score, similarity, a / seen


@parallel_jit
def _search(
    fp: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    rim: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    order: np.ndarray,
    ground: np.ndarray,
    view: np.ndarray,
    sun: np.ndarray,
    dem: np.ndarray,
    sums: np.ndarray,
    lows: np.ndarray,
    highs: np.ndarray,
    rule: Rule,
    stop_ratio: float,
    enough: float,
    peaks: np.ndarray,
) -> None:
    """Best heights of each object; `peaks` (n, PEAKS, 4) gets height, score, similarity and potential share, best first, NaN where there is none."""
    first = fp[3]
    for q in numba.prange(order.size):
        k = order[q]
        for p in range(PEAKS):
            for j in range(4):
                peaks[k, p, j] = np.nan
        lowest, highest = lows[k], highs[k]
        pace = max(abs(view[k, 0] - sun[k, 0]), abs(view[k, 1] - sun[k, 1]))
        if pace <= 0.0:
            continue
        runs = first[k + 1] - first[k]
        stride = 1 + runs // COARSE_RUNS
        # One pixel a step; the thinned search of large objects takes two.
        step = (1.0 if stride == 1 else 2.0) / pace
        steps = int((highest - lowest) / step) + 1
        scores = np.full(steps + 2, -1e9)
        shares = np.zeros(steps + 2)
        best, found = -1e9, 0
        for i in range(steps):
            height = lowest + i * step
            score, similarity, share = _score(fp, rim, k, stride, height, ground[k], view[k], sun[k], dem, sums, rule)
            scores[i + 1], shares[i + 1] = score, share
            found = i + 1
            best = max(best, score)
            if best >= enough or (stop_ratio > 0.0 and best > 0.0 and score < stop_ratio * best):
                break
        # Local maxima, plateaus by their middle, best first.
        i = 1
        while i <= found:
            j = i
            while j < found and scores[j + 1] == scores[i]:
                j += 1
            if scores[i] > scores[i - 1] and scores[i] > scores[j + 1] and shares[i] > 0.0:
                height = lowest + (0.5 * (i + j) - 1.0) * step
                for p in range(PEAKS):
                    if np.isnan(peaks[k, p, 0]) or scores[i] > peaks[k, p, 1]:
                        for r in range(PEAKS - 1, p, -1):
                            peaks[k, r, 0], peaks[k, r, 1] = peaks[k, r - 1, 0], peaks[k, r - 1, 1]
                        peaks[k, p, 0], peaks[k, p, 1] = height, scores[i]
                        break
            i = j + 1
        # Each peak again, with all rows and in half pixels.
        for p in range(PEAKS):
            if np.isnan(peaks[k, p, 0]):
                break
            middle = peaks[k, p, 0]
            half = 0.5 / pace
            top, at, weight = -1e9, 0.0, 0.0
            reach = 2 if stride == 1 else 4
            for i in range(-reach, reach + 1):
                height = min(max(middle + i * half, lowest), highest)
                score, similarity, share = _score(fp, rim, k, 1, height, ground[k], view[k], sun[k], dem, sums, rule)
                if score > top:
                    top, at, weight = score, height, 1.0
                    peaks[k, p, 2], peaks[k, p, 3] = similarity, share
                elif score == top:
                    at += height
                    weight += 1.0
            peaks[k, p, 0], peaks[k, p, 1] = at / weight, top


def match_objects(
    objects: Objects,
    sums: Array,
    vectors: Vectors,
    pixel_size: tuple[float, float],
    settings: ObjectSettings,
    dem: Array | None = None,
    heights: tuple[float, float] | None = None,
    cirrus: Array | None = None,
) -> Matches:
    """Find the height of each cloud from its shadow.

    Parameters
    ----------
    objects
        The clouds.
    sums
        From :func:`sums_along_rows`.
    vectors
        From :func:`vectors_of`.
    pixel_size
        Width and height of a pixel [m].
    settings
        Thresholds.
    dem
        (rows, columns) altitude of the ground [m]; flat where None.
    heights
        Lowest and highest height to search; the settings' where None.
    cirrus
        (runs,) reflectance of the cirrus band at the middle of each run of the clouds; it bounds the height of clouds that are dark in it.

    Returns
    -------
    Matches
    """
    n = objects.count
    lowest, highest = heights or (settings.height_min, settings.height_max)
    relief = dem is not None
    ground = _ground_below(objects, dem) if dem is not None else np.zeros(n)
    fp = _footprint(objects, relief)
    rim = _footprint(grow(objects, settings.rim, pixel_size), relief) if settings.rim_weight > 0.0 else fp
    rule = Rule(settings.hidden_weight, settings.outside_weight, settings.rim_weight)
    relief_map = np.ascontiguousarray(dem, np.float32) if dem is not None else np.empty((0, 0), np.float32)
    # Objects of all sizes for every thread: neighbours in raster order are spread out by a step that is coprime to their number.
    order = (np.arange(n) * _coprime(n)) % max(n, 1)

    def search(low: npt.NDArray[np.float64], high: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        peaks = np.empty((n, PEAKS, 4))
        _search(
            (fp.row, fp.start, fp.stop, fp.first), (rim.row, rim.start, rim.stop, rim.first), order, ground, vectors.view, vectors.sun,
            relief_map, sums, low, high, rule, settings.stop_ratio, settings.enough, peaks,
        )  # fmt: skip
        return peaks

    tops = np.full(n, float(highest))
    if cirrus is not None and settings.low_ceiling > 0.0:
        dark = _percentile_below(objects, cirrus, 50.0) < settings.low_cirrus
        tops[dark] = np.clip(settings.low_ceiling - ground[dark], lowest, highest)  # (CM-40)
    peaks = search(np.full(n, float(lowest)), tops)
    # Vapour thins with height: clouds alike in the cirrus band are about as high as one another.
    trait = np.zeros(n) if cirrus is None else np.log(np.maximum(_percentile_below(objects, cirrus, 50.0), 1e-3))
    if settings.consensus == 0.0 or not settings.neighbours:
        return _choose(objects, peaks, ground, settings, trait)
    # A cloud whose own best heights are all wrong may still do well at its neighbours': look there, and choose again.
    layers = _layers(objects, peaks, ground, settings, trait)
    reach = 2.0 * settings.agreement
    for layer in (layers - ground[:, None]).T:
        near = np.where(np.isfinite(layer), layer, lowest)
        closer = search(np.clip(near - reach, lowest, tops), np.clip(near + reach, lowest, tops))[:, :1]
        closer[~np.isfinite(layer)] = np.nan
        peaks = np.concatenate([peaks, closer], axis=1)
    return _choose(objects, peaks, ground, settings, trait)


def _coprime(n: int) -> int:
    step = max(int(n * 0.618), 1)
    while np.gcd(step, max(n, 1)) != 1:
        step += 1
    return step


def _percentile_below(objects: Objects, values: Array, percentile: float) -> npt.NDArray[np.float64]:
    """A percentile over the runs of each object of values at their middles, (runs,); 0 where there is no data."""
    values = values.astype(np.float64)
    out = np.zeros(objects.count)
    for k in range(objects.count):
        below = values[objects.first[k] : objects.first[k + 1]]
        below = below[np.isfinite(below)]
        out[k] = np.percentile(below, percentile) if below.size else 0.0
    return out


def _ground_below(objects: Objects, dem: Array) -> npt.NDArray[np.float64]:
    """82.5th percentile of the relief under each object (Q19)."""
    return _percentile_below(objects, np.asarray(dem)[objects.row, (objects.start + objects.stop - 1) // 2], 82.5)


def _choose(
    objects: Objects, peaks: npt.NDArray[np.float64], ground: npt.NDArray[np.float64], settings: ObjectSettings, trait: npt.NDArray[np.float64]
) -> Matches:
    """One height per object: the best peak, or the one that its neighbours make likelier (CM-30)."""
    n = objects.count
    rows, pick = np.arange(n), np.zeros(n, np.int64)
    if settings.consensus > 0.0 and n > 1:
        possible = _agreed(objects, peaks, ground, settings, trait)
        pick = pick if possible is None else np.argmax(possible.shares, axis=1)
    height, similarity, share = peaks[rows, pick, 0], np.nan_to_num(peaks[rows, pick, 2]), np.nan_to_num(peaks[rows, pick, 3])
    matched = (similarity >= settings.accept) & (share > 0.0)
    predicted = np.zeros(n, np.bool_)
    if settings.neighbours and n:
        guess, spread = _foretold(objects, height + ground, matched, settings, trait)
        known = np.isfinite(guess) & (spread < settings.neighbour_spread)
        if settings.consensus == 0.0:
            off = np.abs(peaks[:, :, 0] + ground[:, None] - guess[:, None])
            value = peaks[:, :, 1] - np.where(known[:, None] & (off > settings.neighbour_spread), 0.3, 0.0)
            value[np.isnan(value) | (peaks[:, :, 2] < settings.accept)] = -np.inf
            pick = np.argmax(value, axis=1)
            height, similarity, share = peaks[rows, pick, 0], np.nan_to_num(peaks[rows, pick, 2]), np.nan_to_num(peaks[rows, pick, 3])
            matched = (similarity >= settings.accept) & (share > 0.0)
        if settings.predict_unmatched:
            predicted = ~matched & known
            height = np.where(predicted, guess - ground, height)
    height = np.where(matched | predicted, height, np.nan)
    return Matches(height, ground, similarity, matched, predicted)


@dataclass(frozen=True)
class _Possible:
    """Possible altitudes of clouds, (n, peaks) each, and who may witness for whom."""

    near: Array
    altitude: npt.NDArray[np.float64]
    shares: npt.NDArray[np.float64]
    weight: npt.NDArray[np.float64]


def _agreed(
    objects: Objects, peaks: npt.NDArray[np.float64], ground: npt.NDArray[np.float64], settings: ObjectSettings, trait: npt.NDArray[np.float64]
) -> _Possible | None:
    """What share of its cloud each peak has: right heights of neighbouring clouds agree, wrong ones do not (CM-30). None with too few clouds.

    Each peak gets a share of its cloud, at first by its score alone; then, again and again,
    by its score and by how many shares of the clouds around lie at its altitude.
    """
    witness = np.flatnonzero((objects.size >= WITNESS_PIXELS) & np.isfinite(peaks[:, 0, 0]))
    if witness.size < 3:
        return None
    place = _middles(objects)
    _, near = cKDTree(place[witness]).query(place, k=min(WITNESSES + 1, witness.size))
    near = witness[near]
    altitude = peaks[:, :, 0] + ground[:, None]
    usable = np.isfinite(altitude) & (peaks[:, :, 2] >= settings.accept)
    score = np.where(usable, peaks[:, :, 1], -np.inf)
    top = np.max(score, axis=1, keepdims=True)
    # The shadow of a small cloud has little shape, and is often too faint to be seen: its own score says less, and the clouds around say more.
    scale = settings.score_scale * np.sqrt(1.0 + settings.score_size / objects.size[:, None])
    likely = np.where(usable, np.exp((score - np.where(np.isfinite(top), top, 0.0)) / scale), 0.0)
    shares = likely / np.maximum(likely.sum(axis=1, keepdims=True), 1e-300)
    altitude = np.where(usable, altitude, 0.0)
    # A larger cloud's shadow has more of a shape.
    weight = np.sqrt(np.minimum(objects.size, 400).astype(np.float64))
    agreement = np.zeros_like(shares)
    for _ in range(ROUNDS):
        _count_witnesses(near, altitude, shares, weight, trait, settings.agreement, agreement)
        posterior = likely * (0.02 + agreement) ** settings.consensus
        shares = posterior / np.maximum(posterior.sum(axis=1, keepdims=True), 1e-300)
    return _Possible(near, altitude, shares, weight)


def _layers(
    objects: Objects, peaks: npt.NDArray[np.float64], ground: npt.NDArray[np.float64], settings: ObjectSettings, trait: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """(n, LAYERS) altitudes at which most of the clouds around each one stand; NaN where there are fewer."""
    out = np.full((objects.count, LAYERS), np.nan)
    known = _agreed(objects, peaks, ground, settings, trait)
    if known is not None:
        _modes(known.near, known.altitude, known.shares, known.weight, trait, settings.agreement, out)
    return out


@jit
def _likeness(one: float, other: float) -> float:
    """How much a cloud says about another by their cirrus-band reflectances."""
    unlike = (one - other) / TRAIT_WIDTH
    return 0.1 + 0.9 * float(np.exp(-0.5 * unlike * unlike))


@parallel_jit
def _modes(near: np.ndarray, altitude: np.ndarray, shares: np.ndarray, weight: np.ndarray, trait: np.ndarray, width: float, out: np.ndarray) -> None:
    """Highest maxima of the weighted density of the neighbours' altitudes, at least 3 widths apart."""
    for k in numba.prange(near.shape[0]):
        lowest, step = -500.0, 0.5 * width
        density = np.zeros(int(16000.0 / step))
        total = 0.0
        for q in range(near.shape[1]):
            j = near[k, q]
            if j == k:
                continue
            voice = weight[j] * _likeness(trait[j], trait[k])
            total += voice
            for m in range(altitude.shape[1]):
                if shares[j, m] > 0.01:
                    middle = (altitude[j, m] - lowest) / step
                    for b in range(max(int(middle) - 5, 0), min(int(middle) + 7, density.size)):
                        off = (b - middle) * 0.5
                        density[b] += voice * shares[j, m] * np.exp(-0.5 * off * off)
        for place in range(out.shape[1]):
            b = int(np.argmax(density))
            if density[b] <= LEAST_LAYER * total or total == 0.0:
                break
            out[k, place] = lowest + b * step
            density[max(b - 6, 0) : b + 7] = 0.0


@parallel_jit
def _count_witnesses(near: np.ndarray, altitude: np.ndarray, shares: np.ndarray, weight: np.ndarray, trait: np.ndarray, width: float, out: np.ndarray) -> None:
    """Weighted share of the neighbours that lie at each peak's altitude, within about `width`."""
    for k in numba.prange(near.shape[0]):
        for p in range(altitude.shape[1]):
            total, agree = 0.0, 0.0
            if shares[k, p] > 0.0:
                for q in range(near.shape[1]):
                    j = near[k, q]
                    # A cloud is no witness for itself.
                    if j == k:
                        continue
                    voice = weight[j] * _likeness(trait[j], trait[k])
                    total += voice
                    for m in range(altitude.shape[1]):
                        off = (altitude[j, m] - altitude[k, p]) / width
                        if shares[j, m] > 0.0 and abs(off) < 3.0:
                            agree += voice * shares[j, m] * np.exp(-0.5 * off * off)
            out[k, p] = agree / total if total > 0.0 else 0.0


def _foretold(
    objects: Objects, altitude: npt.NDArray[np.float64], matched: Mask, settings: ObjectSettings, trait: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Median altitude of the nearest matched clouds that are no specks, and their spread; NaN where there are too few."""
    n = objects.count
    guess, spread = np.full(n, np.nan), np.full(n, np.inf)
    sure = np.flatnonzero(matched & (objects.size > SURE_PIXELS))
    number = min(settings.neighbours, sure.size - 1)
    if number < 4:
        return guess, spread
    place = _middles(objects)
    # A difference in the cirrus band counts as a distance: the width of the scene for clouds as unlike as can be.
    place = np.column_stack([place, trait / TRAIT_WIDTH * 0.1 * max(objects.shape)])
    _, near = cKDTree(place[sure]).query(place, k=number + 1)
    # A cloud is no witness for itself.
    itself = sure[near] == np.arange(n)[:, None]
    values = np.where(itself, np.nan, altitude[sure][near])
    drop = ~itself.any(axis=1)
    values[drop, -1] = np.nan
    guess = np.nanmedian(values, axis=1)
    spread = 1.4826 * np.nanmedian(np.abs(values - guess[:, None]), axis=1)
    return guess, spread


def cast_shadows(objects: Objects, matches: Matches, vectors: Vectors, dem: Array | None = None) -> Mask:
    """Footprints of the clouds at their heights (CM-31): (rows, columns), clouds not taken out.

    Parameters
    ----------
    objects, matches, vectors, dem
        As for :func:`match_objects`.
    """
    out = np.zeros(objects.shape, np.bool_)
    fp = _footprint(objects, dem is not None)
    relief = np.ascontiguousarray(dem, np.float32) if dem is not None else np.empty((0, 0), np.float32)
    chosen = np.flatnonzero(matches.cast)
    _cast((fp.row, fp.start, fp.stop, fp.first), chosen, matches.height, matches.ground, vectors.view, vectors.sun, relief, out)
    return out


@jit
def _cast(
    fp: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    chosen: np.ndarray,
    height: np.ndarray,
    ground: np.ndarray,
    view: np.ndarray,
    sun: np.ndarray,
    dem: np.ndarray,
    out: np.ndarray,
) -> None:
    row, start, stop, first = fp
    rows, cols = out.shape
    for k in chosen:
        dr = int(np.rint(height[k] * (view[k, 0] - sun[k, 0])))
        dc = int(np.rint(height[k] * (view[k, 1] - sun[k, 1])))
        for m in range(first[k], first[k + 1]):
            r, shift = row[m] + dr, dc
            if dem.size > 0:
                middle = 0.5 * (start[m] + stop[m] - 1)
                rs, cs = _landing(row[m], middle, ground[k] + height[k], view[k], sun[k], dem)
                r, shift = int(np.rint(rs)), int(np.rint(cs - middle))
            if r >= 0 and r < rows:
                for c in range(max(start[m] + shift, 0), min(stop[m] + shift, cols)):
                    out[r, c] = True


def shaded_places(
    places: Objects, clouds: Objects, matches: Matches, sums: Array, vectors: Vectors, dem: Array | None, settings: ObjectSettings
) -> npt.NDArray[np.float64]:
    """How much of each dark place lies under clouds, looked at from the place: along the sun to the altitudes of the clouds around (CM-39).

    Parameters
    ----------
    places
        Dark places without a cloud of their own.
    clouds, matches
        The clouds, and what matching found.
    sums
        From :func:`sums_along_rows`, of clouds as what is counted, and of no-data as hidden.
    vectors
        From :func:`vectors_of`, of the places.
    dem
        As for :func:`match_objects`.
    settings
        Thresholds.

    Returns
    -------
    (places,) greatest share over the altitudes; what would lie outside the image counts half.
    """
    share = np.zeros(places.count)
    sure = np.flatnonzero(matches.matched & (clouds.size > SURE_PIXELS))
    if sure.size < 4 or not places.count:
        return share
    number = min(settings.neighbours, sure.size)
    _, near = cKDTree(_middles(clouds)[sure]).query(_middles(places), k=number)
    altitude = (matches.height + matches.ground)[sure][near]
    ground = _ground_below(places, dem) if dem is not None else np.zeros(places.count)
    fp = _footprint(places, dem is not None)
    relief = np.ascontiguousarray(dem, np.float32) if dem is not None else np.empty((0, 0), np.float32)
    # Up along the sun, down along the view: a shadow's way back is a cloud's way with sun and view exchanged.
    _cover((fp.row, fp.start, fp.stop, fp.first), altitude - ground[:, None], ground, vectors.sun, vectors.view, relief, sums, share)
    return share


@parallel_jit
def _cover(
    fp: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    heights: np.ndarray,
    ground: np.ndarray,
    up: np.ndarray,
    down: np.ndarray,
    dem: np.ndarray,
    sums: np.ndarray,
    share: np.ndarray,
) -> None:
    row, start, stop, first = fp
    for k in numba.prange(share.size):
        for i in range(heights.shape[1]):
            if heights[k, i] > 0.0:
                a, _, inside, total = _tally(row, start, stop, first[k], first[k + 1], 1, 0, heights[k, i], ground[k], up[k], down[k], dem, sums)
                if total > 0:
                    share[k] = max(share[k], (a + 0.5 * (total - inside)) / total)


def _middles(objects: Objects) -> npt.NDArray[np.float64]:
    """(n, 2) row and column of the middle of each object's box."""
    return np.column_stack([objects.box[:, 0] + objects.box[:, 2], objects.box[:, 1] + objects.box[:, 3]]) / 2.0
