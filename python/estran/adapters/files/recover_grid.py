"""A map grid from the longitudes and latitudes of its pixels, where they lie on one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from affine import Affine

from estran.raster.grid import Grid

_TOLERANCE = 0.02
"""Largest deviation of a pixel's centre from the grid [pixels]."""


def grid_of_lonlat(lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64]) -> Grid | None:
    """The regular grid, geographic or UTM (WGS 84), on which pixel centres lie; None if on neither.

    Parameters
    ----------
    lon, lat
        (rows, columns) arrays of pixel centres [degrees, WGS 84].
    """
    if min(lon.shape) < 2 or not (np.isfinite(lon).all() and np.isfinite(lat).all()):
        return None
    zone = int((float(lon.mean()) + 180) // 6) % 60 + 1
    utm = f"EPSG:{(32600 if lat.mean() >= 0 else 32700) + zone}"
    # Neighbouring zones too: tiles at a zone's edge are kept in either.
    near = [f"EPSG:{int(utm[5:-2]) * 100 + (zone - 1 + step) % 60 + 1}" for step in (0, -1, 1)]
    for crs in ("EPSG:4326", *near):
        transform = _fit(lon, lat, crs)
        if transform is not None:
            return Grid(lon.shape[1], lon.shape[0], transform, crs)
    return None


def _fit(lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64], crs: str) -> Affine | None:
    rows = np.unique(np.linspace(0, lon.shape[0] - 1, 16).astype(int))
    columns = np.unique(np.linspace(0, lon.shape[1] - 1, 16).astype(int))
    picked = np.ix_(rows, columns)
    x, y = lon[picked], lat[picked]
    if crs != "EPSG:4326":
        from pyproj import Transformer

        x, y = Transformer.from_crs(4326, crs, always_xy=True).transform(x, y)
    dx = (x[:, -1] - x[:, 0]).mean() / (lon.shape[1] - 1)
    dy = (y[-1] - y[0]).mean() / (lon.shape[0] - 1)
    if dx <= 0 or dy >= 0:
        return None
    left, top = (x - columns * dx).mean(), (y - rows[:, None] * dy).mean()
    off = max(np.abs(x - (left + columns * dx)).max() / dx, np.abs(y - (top + rows[:, None] * dy)).max() / -dy)
    if off > _TOLERANCE:
        return None
    if crs != "EPSG:4326":
        # Map grids have round numbers; those of the double-precision angles are off by micrometres.
        dx, dy, left, top = (round(float(v), 4) for v in (dx, dy, left, top))
    return Affine(dx, 0.0, left - dx / 2, 0.0, dy, top - dy / 2)
