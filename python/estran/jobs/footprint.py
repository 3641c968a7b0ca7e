"""The ground that a grid covers, in WGS 84 as GeoJSON (RFC 7946) wants it: cut at longitude 180 where
it lies across.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from estran.raster.grid import Grid

_PIECES = 8
"""Straight pieces of a side: sides of map grids are curves in longitude and latitude, within metres of these."""
_DIGITS = 7
"""Decimals of degrees that are written: a centimetre."""

Ring = npt.NDArray[np.float64]
"""Corners of a polygon, (n, 2): longitude, latitude [degrees]; the last is joined to the first."""


def footprint(grid: Grid) -> tuple[dict[str, Any], list[float]] | None:
    """Geometry and bounding box of a grid in WGS 84; None of one without a place on the ground.

    Returns
    -------
    tuple
        A GeoJSON Polygon, or a MultiPolygon where the grid lies across longitude 180; and west, south, east, north
        [degrees], where west is then larger than east.
    """
    if grid.crs is None or grid.transform is None:
        return None
    ring = _outline(grid)
    if not np.isfinite(ring).all():
        return None
    ring[:, 0] = np.unwrap(ring[:, 0], period=360.0)
    ring[:, 0] -= 360.0 * np.floor((ring[:, 0].min() + 180.0) / 360.0)  # its western end lies in -180 to 180
    west, east = float(ring[:, 0].min()), float(ring[:, 0].max())
    south, north = float(ring[:, 1].min()), float(ring[:, 1].max())
    if east <= 180.0 + 10.0**-_DIGITS:
        return {"type": "Polygon", "coordinates": [_closed(ring)]}, _rounded([west, south, east, north])
    parts = [_cut(ring, -1.0), _cut(ring, 1.0) - [360.0, 0.0]]
    return {"type": "MultiPolygon", "coordinates": [[_closed(part)] for part in parts]}, _rounded(
        [west, south, east - 360.0, north]
    )


def _outline(grid: Grid) -> Ring:
    """Along the outer edges of the pixels."""
    t = np.arange(_PIECES) / _PIECES
    cols = np.concatenate([t, np.ones(_PIECES), 1.0 - t, np.zeros(_PIECES)]) * grid.width
    rows = np.concatenate([np.zeros(_PIECES), t, np.ones(_PIECES), 1.0 - t]) * grid.height
    return np.stack(grid.lonlat(cols, rows), axis=1)


def _cut(ring: Ring, side: float) -> Ring:
    """The part of a polygon west (`side` -1) or east (+1) of longitude 180."""
    kept: list[Any] = []
    for here, after in zip(ring, np.roll(ring, -1, axis=0), strict=True):
        a, b = side * (here[0] - 180.0), side * (after[0] - 180.0)
        if a >= 0.0:
            kept.append(here)
        if (a > 0.0 > b) or (a < 0.0 < b):
            kept.append(here + (after - here) * a / (a - b))
    return np.array(kept)


def _closed(ring: Ring) -> list[list[float]]:
    """The ring counter-clockwise, its first corner again at the end."""
    lon, lat = ring[:, 0], ring[:, 1]
    doubled = float(np.sum(lon * np.roll(lat, -1) - np.roll(lon, -1) * lat))
    corners = [_rounded(corner) for corner in (ring if doubled > 0.0 else ring[::-1])]
    return [*corners, corners[0]]


def _rounded(values: Any) -> list[float]:
    return [round(float(v), _DIGITS) for v in values]
