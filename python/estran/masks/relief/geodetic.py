"""Terrain on latitude and longitude, as ray casters on the ellipsoid want it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estran.masks.relief.cast import Heights
from estran.raster.grid import Grid

_POSTS = 30_000_000
"""Posts handed over at most, before the terrain is taken no finer than the image."""


@dataclass(frozen=True)
class GeodeticHeights:
    """Heights on a grid of latitude and longitude.

    Parameters
    ----------
    south, west
        Latitude and longitude of the first row's and column's posts [degrees].
    step_lat, step_lon
        Degrees between posts, both positive.
    heights
        float32 (rows from south, columns from west), no NaN [m].
    """

    south: float
    west: float
    step_lat: float
    step_lon: float
    heights: Heights


def geodetic_heights(dem: Heights, grid: Grid) -> GeodeticHeights:
    """The terrain on latitude and longitude: as it is where its map is that, else bilinear on posts twice as close
    where memory allows.

    Parameters
    ----------
    dem
        Heights [m], (rows, columns), no NaN.
    grid
        Of `dem`; it has a CRS and a transform.
    """
    assert grid.transform is not None
    t = grid.transform
    if grid.is_geographic and t.b == t.d == 0.0 and t.a > 0 > t.e:
        return GeodeticHeights(
            t.f + t.e * (grid.height - 0.5), t.c + t.a / 2, -t.e, t.a, np.ascontiguousarray(dem[::-1])
        )
    rows, columns = np.linspace(0, grid.height, 9), np.linspace(0, grid.width, 9)
    lon, lat = grid.lonlat(*np.meshgrid(columns, rows))
    finer = 2 if 4 * grid.width * grid.height <= _POSTS else 1
    steps = np.ptp(lat) / grid.height / finer, np.ptp(lon) / grid.width / finer
    south, west = float(lat.min()), float(lon.min())
    count_lat, count_lon = int(np.ceil(np.ptp(lat) / steps[0])) + 1, int(np.ceil(np.ptp(lon) / steps[1])) + 1
    heights = np.empty((count_lat, count_lon), np.float32)
    lons = west + steps[1] * np.arange(count_lon)
    for i in range(count_lat):
        column, row = grid.at_lonlat(lons, np.full(count_lon, south + steps[0] * i))
        heights[i] = _bilinear(dem, row - 0.5, column - 0.5)
    return GeodeticHeights(south, west, float(steps[0]), float(steps[1]), heights)


def _bilinear(dem: Heights, row: npt.NDArray[np.floating], column: npt.NDArray[np.floating]) -> Heights:
    """Heights at fractional posts; beyond the edge those of the edge."""
    from scipy.ndimage import map_coordinates

    return np.asarray(map_coordinates(dem, [row, column], order=1, mode="nearest", prefilter=False), np.float32)
