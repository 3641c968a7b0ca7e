"""Footprints of clouds and the rays through them: runs of pixels, how far sun and view shift them, where they land
(ATBD: cloud mask, CM-27, CM-28).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from estran.errors import BadGeometry
from estran.jit import jit
from estran.masks.cloud.stages import Geometry
from estran.raster.label import Objects
from estran.raster.morphology import disk_widths

Mask = npt.NDArray[np.bool_]
Array = npt.NDArray[Any]

SEGMENT = 8
"""Over relief, runs are cut into pieces of at most this many pixels, each projected at its middle."""
ITERATIONS = 6
"""Steps of the fixed point that finds where a ray meets the relief."""
LOWEST_SUN = 89.0
"""Sun zenith angle at which shadows are endless and the search is refused [degrees]."""


def sums_along_rows(potential: Mask, unobservable: Mask) -> Array:
    """Running counts for :func:`match_objects`.

    Parameters
    ----------
    potential
        (rows, columns); potential shadow.
    unobservable
        Pixels where no shadow can be observed: clouds, no data. They count so even where `potential` is set.

    Returns
    -------
    (rows, columns + 1, 2) uint16 or, for wider images, uint32: potential and unobservable pixels before each column.
    """
    rows, cols = potential.shape
    sums = np.empty((rows, cols + 1, 2), np.uint16 if cols < 1 << 16 else np.uint32)
    _sum_rows(np.ascontiguousarray(potential, np.bool_), np.ascontiguousarray(unobservable, np.bool_), sums)
    return sums


@jit
def _sum_rows(potential: np.ndarray, unobservable: np.ndarray, sums: np.ndarray) -> None:
    rows, cols = potential.shape
    for r in range(rows):
        a, b = 0, 0
        sums[r, 0, 0], sums[r, 0, 1] = 0, 0
        for c in range(cols):
            b += unobservable[r, c]
            a += potential[r, c] and not unobservable[r, c]
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
        raise BadGeometry(
            "the sun is below the horizon or touches it",
            expected=f"a zenith angle below {LOWEST_SUN:g} degrees",
            found="more over some clouds",
        )
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
    """(n, 2) mean of tan(zenith) times (cos, sin) of the azimuth, over the middles of an object's runs; the scene's
    mean where an object has no angle.
    """
    z, a = (np.atleast_2d(np.asarray(v, np.float64 if np.ndim(v) == 0 else None)) for v in (zenith, azimuth))
    out = np.empty((objects.count, 2))
    _slopes(objects.row, objects.start, objects.stop, objects.first, objects.shape[0], objects.shape[1], z, a, out)
    gaps = np.isnan(out[:, 0])
    if gaps.any():
        out[gaps] = np.nanmean(out, axis=0) if not gaps.all() else 0.0
    return out


@jit
def _slopes(
    row: np.ndarray,
    start: np.ndarray,
    stop: np.ndarray,
    first: np.ndarray,
    rows: int,
    cols: int,
    zenith: np.ndarray,
    azimuth: np.ndarray,
    out: np.ndarray,
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


class Footprint(NamedTuple):
    """Runs of every object, whole or cut for relief: object k has ``first[k]:first[k + 1]``; a tuple, because compiled
    code takes no dataclass.
    """

    row: Array
    start: Array
    stop: Array
    first: Array


def footprint_of(objects: Objects, cut: bool) -> Footprint:
    """The runs of objects, `cut` into pieces of at most :data:`SEGMENT` pixels over relief."""
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
def landing(
    r: float, c: float, altitude: float, view: np.ndarray, sun: np.ndarray, dem: np.ndarray
) -> tuple[float, float]:
    """Where the shadow of a cloud observed at (r, c) falls (CM-28)."""
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


def middles_of(objects: Objects) -> npt.NDArray[np.float64]:
    """(n, 2) row and column of the middle of each object's box."""
    return np.column_stack([objects.box[:, 0] + objects.box[:, 2], objects.box[:, 1] + objects.box[:, 3]]) / 2.0
