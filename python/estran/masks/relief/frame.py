"""Metres around a pixel of any map: how a step on the ground becomes a step on the grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

EQUATOR = 6378137.0
"""Semi-major axis of WGS 84 [m]."""
FLATTENING = 1.0 / 298.257223563
"""Flattening of WGS 84."""


@dataclass(frozen=True)
class Frame:
    """The ground around one place of a grid, as a plane that touches the ellipsoid.

    Parameters
    ----------
    to_pixels
        (2, 2): columns and rows gone for one metre to the east (first column) and to the north (second).
    radius
        Radius of the ellipsoid there, mean of both principal curvatures [m]; infinite on a flat map.
    """

    to_pixels: npt.NDArray[np.float64]
    radius: float

    def step(self, azimuth: float) -> tuple[float, float]:
        """Columns and rows gone for one metre towards an azimuth from true north, clockwise [degrees]  # (RS-1)."""
        # Exact at the quarters: the sine of 180 degrees in floating point is 1e-16, and a ray along a column must not
        # wander from it.
        east, north = _sincos(azimuth)
        column, row = self.to_pixels @ np.array([east, north])
        return float(column), float(row)

    @property
    def posting(self) -> float:
        """Longest side of a pixel [m]."""
        return float(np.linalg.norm(np.linalg.inv(self.to_pixels), axis=0).max())


def flat_frame(width: float, height: float) -> Frame:
    """The frame of a plane map, north up, pixels of `width` x `height` [m]."""
    return Frame(np.array([[1.0 / width, 0.0], [0.0, -1.0 / height]]), np.inf)


def frame_from_lonlat(lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64]) -> Frame:
    """The frame at a pixel, from where the map puts its neighbours: convergence, scale and pixel shape are all in it  #
    (RS-1).

    Parameters
    ----------
    lon, lat
        Longitudes and latitudes [degrees] of four points half a pixel to the left, right, top and bottom, in this
        order.
    """
    phi = np.radians(np.mean(lat))
    square = FLATTENING * (2.0 - FLATTENING)
    w = 1.0 - square * np.sin(phi) ** 2
    meridian, normal = EQUATOR * (1.0 - square) / w**1.5, EQUATOR / np.sqrt(w)
    turn = (np.diff(np.asarray(lon, float)[[0, 1, 2, 3]])[[0, 2]] + 180.0) % 360.0 - 180.0
    rise = np.diff(np.asarray(lat, float))[[0, 2]]
    # Columns of the Jacobian: metres east and north for one pixel to the right, and for one down.
    jacobian = np.array([np.radians(turn) * normal * np.cos(phi), np.radians(rise) * meridian])
    return Frame(np.linalg.inv(jacobian), float(np.sqrt(meridian * normal)))


def _sincos(azimuth: float) -> tuple[float, float]:
    quarters, rest = divmod(azimuth, 90.0)
    s, c = np.sin(np.radians(rest)), np.cos(np.radians(rest))
    return [(s, c), (c, -s), (-s, -c), (-c, s)][int(quarters) % 4]
