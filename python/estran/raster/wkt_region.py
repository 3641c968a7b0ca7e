"""The pixels under a geometry in WKT: as SNAP finds them for ``geoRegion``, the box around the part of a polygon that
lies on the raster.
"""

from __future__ import annotations

import math
import re

import numpy as np
import numpy.typing as npt

from estran.errors import BadGrid, BadParameter
from estran.raster.grid import Grid, Window

Points = npt.NDArray[np.float64]

_GEOMETRY = re.compile(
    r"\s*(?:SRID\s*=\s*4326\s*;)?\s*(MULTIPOLYGON|POLYGON)\s*Z?\s*(\(.*\))\s*\Z", re.IGNORECASE | re.DOTALL
)
_RING = re.compile(r"\(([^()]*)\)")
_BETWEEN = 64
"""Points a side of a polygon, which is straight in longitude and latitude and bent on a map, where it crosses the
raster's border.
"""
_MOST_POINTS = 100_000
_TOUCH = 1e-9


def rings(wkt: str, where: str) -> tuple[Points, ...]:
    """The rings of a polygon: (points, 2) of longitude and latitude [degrees], closed or not.

    Raises
    ------
    BadParameter
        When it is no polygon.
    """
    match = _GEOMETRY.match(wkt)
    found: list[Points] = []
    for text in _RING.findall(match[2]) if match is not None else ():
        try:
            points = np.array([[float(n) for n in point.split()[:2]] for point in text.split(",")], float)
        except ValueError:
            points = np.empty((0, 0))
        if points.ndim != 2 or points.shape[1:] != (2,) or len(points) < 3 or not np.isfinite(points).all():
            found = []
            break
        found.append(points)
    if not found or sum(map(len, found)) > _MOST_POINTS:
        raise BadParameter(
            "a region cannot be read",
            where=where,
            expected="POLYGON((lon lat, lon lat, lon lat, …)) in degrees",
            found=repr(wkt[:60]),
            todo="write it as a polygon in WKT",
        )
    return tuple(found)


def window_under(wkt: str, grid: Grid, where: str) -> Window:
    """The pixels under a polygon.

    Parameters
    ----------
    wkt
        POLYGON or MULTIPOLYGON, longitudes and latitudes in degrees.
    grid
        The raster, with a CRS.
    where
        The node, for messages.

    Returns
    -------
    Window
        The box, in pixels of `grid`, around the corners of the polygon and the points where it crosses the border of
        the raster (which SNAP lets run through the outer pixels' centres).

    Raises
    ------
    BadParameter
        When it is no polygon.
    BadGrid
        When it lies outside the raster, or the raster is not on a map.
    """
    parts = [part for ring in rings(wkt, where) if len(part := _on_raster(ring, grid))]
    if not parts:
        raise BadGrid(
            "the region does not meet the image",
            where=where,
            found=wkt[:80],
            todo="check that it is longitude before latitude",
        )
    points = np.concatenate(parts)
    left, top = np.floor(points.min(axis=0) + _TOUCH).astype(int)
    right, bottom = np.ceil(points.max(axis=0) - _TOUCH).astype(int)
    left, top = min(max(left, 0), grid.width - 1), min(max(top, 0), grid.height - 1)
    right, bottom = min(max(right, left + 1), grid.width), min(max(bottom, top + 1), grid.height)
    return Window(int(top), int(left), int(bottom - top), int(right - left))


def _on_raster(ring: Points, grid: Grid) -> Points:
    """Corners of the ring on the raster, and where its sides cross the raster's border: (points, 2) of
    column and row.
    """
    dense, corner = _dense(ring)
    columns, rows = grid.at_lonlat(dense[:, 0], dense[:, 1])
    points = np.column_stack([columns, rows, corner])
    limits = ((0, 0.5, grid.width - 0.5), (1, 0.5, grid.height - 0.5))
    if not np.isfinite(points).all():  # beyond what the projection can show
        points = points[np.isfinite(points).all(axis=1)]
    for axis, low, high in limits:
        points = _cut(_cut(points, axis, low, 1.0), axis, high, -1.0)
    at_border = np.zeros(len(points), bool)
    for axis, low, high in limits:
        at_border |= (np.abs(points[:, axis] - low) < _TOUCH) | (np.abs(points[:, axis] - high) < _TOUCH)
    return np.asarray(points[at_border | (points[:, 2] > 0)][:, :2])


def _dense(ring: Points) -> tuple[Points, Points]:
    """The ring with points between its corners, and which points are corners."""
    following = np.roll(ring, -1, axis=0)
    count = _BETWEEN if len(ring) * _BETWEEN <= _MOST_POINTS else max(1, math.floor(_MOST_POINTS / len(ring)))
    along = np.arange(count) / count
    dense = (ring[:, None, :] + along[None, :, None] * (following - ring)[:, None, :]).reshape(-1, 2)
    return dense, np.tile((along == 0).astype(float), len(ring))


def _cut(points: Points, axis: int, limit: float, side: float) -> Points:
    """The polygon's part where ``side * (coordinate - limit) >= 0`` (Sutherland and Hodgman 1974)."""
    if not len(points):
        return points
    following = np.roll(points, -1, axis=0)
    here, there = side * (points[:, axis] - limit), side * (following[:, axis] - limit)
    crosses = (here < 0) != (there < 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = points + (here / (here - there))[:, None] * (following - points)
    crossing[:, axis], crossing[:, 2] = limit, 0.0
    both = np.stack([points, crossing], axis=1).reshape(-1, 3)
    return np.asarray(both[np.column_stack([here >= 0, crosses]).ravel()])
