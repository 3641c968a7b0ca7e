"""Clouds and their shadows: which height makes a cloud's footprint fall on dark ground (ATBD: cloud mask, CM-27 to
CM-31).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from estran.jit import jit, over_rows
from estran.masks.cloud.consensus import SURE_PIXELS, Matches, choose, layers_of
from estran.masks.cloud.footprint import Footprint, Vectors, footprint_of, grow, landing, middles_of
from estran.masks.cloud.height_search import PEAKS, Lines, Rule, search_heights, tally
from estran.masks.cloud.object_settings import ObjectSettings
from estran.raster.label import Objects

Mask = npt.NDArray[np.bool_]
Array = npt.NDArray[Any]

RELIEF_PERCENTILE = 82.5
"""Of the relief under an object, that is the altitude of its ground (Q19)."""
LAYER_REACH = 2.0
"""How far around the altitude of a layer of clouds a height is searched again, over the `agreement` of neighbours."""
OUTSIDE_OF_PLACE = 0.5
"""How much the part of a dark place counts that would lie outside the image (CM-39)."""


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
        (runs,) reflectance of the cirrus band at the middle of each run of the clouds; it bounds the height of clouds
        that are dark in it.

    Returns
    -------
    Matches
    """
    n = objects.count
    lowest, highest = heights or (settings.height_min, settings.height_max)
    relief = dem is not None
    ground = _ground_below(objects, dem) if dem is not None else np.zeros(n)
    fp = footprint_of(objects, relief)
    rim = footprint_of(grow(objects, settings.rim_width, pixel_size), relief) if settings.rim_weight > 0.0 else fp
    lines = Lines(ground, vectors.view, vectors.sun)
    rule = Rule(
        hidden_weight=settings.hidden_weight,
        outside_weight=settings.outside_weight,
        rim_weight=settings.rim_weight,
        stop_ratio=settings.stop_ratio,
        enough=settings.similarity_enough,
    )
    relief_map = np.ascontiguousarray(dem, np.float32) if dem is not None else np.empty((0, 0), np.float32)
    # Objects of all sizes for every thread: neighbours in raster order are spread out by a step that is coprime to
    # their number.
    order = (np.arange(n) * _coprime(n)) % max(n, 1)

    def search(low: npt.NDArray[np.float64], high: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        peaks = np.empty((n, PEAKS, 4))
        over_rows(search_heights, n, fp, rim, order, lines, relief_map, sums, np.column_stack([low, high]), rule, peaks)
        return peaks

    tops = np.full(n, float(highest))
    in_cirrus = None if cirrus is None else _percentile_below(objects, cirrus, 50.0)
    if in_cirrus is not None and settings.low_ceiling > 0.0:
        dark = in_cirrus < settings.low_cirrus
        tops[dark] = np.clip(settings.low_ceiling - ground[dark], lowest, highest)  # (CM-40)
    peaks = search(np.full(n, float(lowest)), tops)
    # Vapour thins with height: clouds alike in the cirrus band are about as high as one another.
    feature = np.zeros(n) if in_cirrus is None else np.log(np.maximum(in_cirrus, 1e-3))
    if settings.consensus == 0.0 or not settings.neighbours:
        return choose(objects, peaks, ground, settings, feature)
    # A cloud whose own best heights are all wrong may still do well at its neighbours': look there, and choose again.
    layers = layers_of(objects, peaks, ground, settings, feature)
    reach = LAYER_REACH * settings.agreement
    for layer in (layers - ground[:, None]).T:
        near = np.where(np.isfinite(layer), layer, lowest)
        closer = search(np.clip(near - reach, lowest, tops), np.clip(near + reach, lowest, tops))[:, :1]
        closer[~np.isfinite(layer)] = np.nan
        peaks = np.concatenate([peaks, closer], axis=1)
    return choose(objects, peaks, ground, settings, feature)


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
    """:data:`RELIEF_PERCENTILE` of the relief under each object."""
    middle = (objects.start + objects.stop - 1) // 2
    return _percentile_below(objects, np.asarray(dem)[objects.row, middle], RELIEF_PERCENTILE)


def cast_shadows(objects: Objects, matches: Matches, vectors: Vectors, dem: Array | None = None) -> Mask:
    """Footprints of the clouds at their heights (CM-31): (rows, columns), clouds not taken out.

    Parameters
    ----------
    objects, matches, vectors, dem
        As for :func:`match_objects`.
    """
    out = np.zeros(objects.shape, np.bool_)
    fp = footprint_of(objects, dem is not None)
    relief = np.ascontiguousarray(dem, np.float32) if dem is not None else np.empty((0, 0), np.float32)
    chosen = np.flatnonzero(matches.cast)
    _cast(fp, chosen, matches.height, matches.ground, vectors.view, vectors.sun, relief, out)
    return out


@jit
def _cast(
    fp: Footprint,
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
                rs, cs = landing(row[m], middle, ground[k] + height[k], view[k], sun[k], dem)
                r, shift = int(np.rint(rs)), int(np.rint(cs - middle))
            if r >= 0 and r < rows:
                for c in range(max(start[m] + shift, 0), min(stop[m] + shift, cols)):
                    out[r, c] = True


def shaded_places(
    places: Objects,
    clouds: Objects,
    matches: Matches,
    sums: Array,
    vectors: Vectors,
    dem: Array | None,
    settings: ObjectSettings,
) -> npt.NDArray[np.float64]:
    """How much of each dark place lies under clouds, looked at from the place: along the sun to the altitudes of the
    clouds around (CM-39).

    Parameters
    ----------
    places
        Dark places without a cloud of their own.
    clouds, matches
        The clouds, and what matching found.
    sums
        From :func:`sums_along_rows`, of clouds as what is counted, and of no-data as unobservable.
    vectors
        From :func:`vectors_of`, of the places.
    dem
        As for :func:`match_objects`.
    settings
        Thresholds.

    Returns
    -------
    (places,) greatest fraction over the altitudes; what would lie outside the image counts half.
    """
    fraction = np.zeros(places.count)
    sure = np.flatnonzero(matches.matched & (clouds.size > SURE_PIXELS))
    if sure.size < 4 or not places.count:
        return fraction
    number = min(settings.neighbours, sure.size)
    _, near = cKDTree(middles_of(clouds)[sure]).query(middles_of(places), k=number)
    altitude = (matches.height + matches.ground)[sure][near]
    ground = _ground_below(places, dem) if dem is not None else np.zeros(places.count)
    fp = footprint_of(places, dem is not None)
    relief = np.ascontiguousarray(dem, np.float32) if dem is not None else np.empty((0, 0), np.float32)
    # Up along the sun, down along the view: a shadow's way back is a cloud's way with sun and view exchanged.
    _cover(fp, altitude - ground[:, None], ground, vectors.sun, vectors.view, relief, sums, fraction)
    return fraction


@jit
def _cover(
    fp: Footprint,
    heights: np.ndarray,
    ground: np.ndarray,
    up: np.ndarray,
    down: np.ndarray,
    dem: np.ndarray,
    sums: np.ndarray,
    fraction: np.ndarray,
) -> None:
    first = fp.first
    for k in range(fraction.size):
        for i in range(heights.shape[1]):
            if heights[k, i] > 0.0:
                a, _, inside, total = tally(
                    fp, first[k], first[k + 1], 1, 0, heights[k, i], ground[k], up[k], down[k], dem, sums
                )
                if total > 0:
                    fraction[k] = max(fraction[k], (a + OUTSIDE_OF_PLACE * (total - inside)) / total)
