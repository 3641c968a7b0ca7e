"""Rugged as a ray caster: light through a DEM on the ellipsoid."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from estran.adapters.java.bridge import bridge
from estran.adapters.java.jars import threads
from estran.masks.relief.geodetic import GeodeticHeights

Float64 = npt.NDArray[np.float64]


class RuggedRays:
    """Rays through one terrain by Rugged's Duvenhage algorithm (Duvenhage 2009), on WGS 84; a
    :class:`~estran.masks.relief.rays.RayCaster`.

    Parameters
    ----------
    terrain
        The heights.

    Raises
    ------
    NoRugged
        Rugged or a Java runtime is missing.
    """

    name = "Rugged"

    def __init__(self, terrain: GeodeticHeights) -> None:
        self._bridge = bridge()
        degrees = (terrain.south, terrain.west, terrain.step_lat, terrain.step_lon)
        rows, columns = terrain.heights.shape
        heights = self._bridge.array(np.ascontiguousarray(terrain.heights, np.float32).ravel())
        self._rays = self._bridge.new(
            "estran.TerrainRays", *(float(np.radians(d)) for d in degrees), int(rows), int(columns), heights
        )

    def distances(self, lat: Float64, lon: Float64, height: Float64, azimuth: Float64, elevation: Float64) -> Float64:
        """See :meth:`~estran.masks.relief.rays.RayCaster.distances`."""
        rays = np.stack([np.radians(lat), np.radians(lon), height, np.radians(azimuth), np.radians(elevation)], axis=1)
        return self._bridge.values(self._rays.distances(self._bridge.array(rays.ravel()), threads()))
