"""Angles and detector footprints as the product's metadata carry them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estran.physics.geometry import zenith_azimuth
from estran.raster.grid import Grid
from estran.scenes.march import Rays

Float32 = npt.NDArray[np.float32]
UInt8 = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class AngleGrid:
    """Zenith and azimuth [degrees, azimuth from true north] every 5 km from the scene's upper-left corner; NaN where a
    detector does not look.
    """

    zenith: Float32
    azimuth: Float32


FIRST_DETECTOR = 6
"""Detector number of index 0: even, as the index."""


def footprint(grid: Grid, rays: Rays, pixel: float) -> UInt8:
    """Number of the detector that sees each pixel."""
    x, y = np.meshgrid((np.arange(grid.width) + 0.5) * pixel, (np.arange(grid.height) + 0.5) * pixel)
    return (FIRST_DETECTOR + rays.detector(x, y)).astype(np.uint8)


def _nodes(size: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    steps = np.arange(-(-size * 20 // 5000) + 1) * 5000.0
    x, y = np.meshgrid(steps, steps)
    return x, y


def _grid_of(east: npt.ArrayLike, south: npt.ArrayLike, convergence: float) -> AngleGrid:
    zenith, azimuth = zenith_azimuth(east, -np.asarray(south))
    return AngleGrid(zenith.astype(np.float32), ((azimuth + convergence) % 360.0).astype(np.float32))


def sun_grid(sun: Rays, size: int, convergence: float) -> AngleGrid:
    """Angle grid of the Sun."""
    return _grid_of(*sun.at(*_nodes(size)), convergence)


def view_grids(
    views: Mapping[str, Rays], detectors: UInt8, size: int, convergence: float
) -> dict[tuple[str, int], AngleGrid]:
    """Angle grids of each band and detector, NaN far from where the detector looks."""
    x, y = _nodes(size)
    found = {}
    for name, rays in views.items():
        across = x * rays.across_east + y * rays.across_south - rays.seam
        for detector in np.unique(detectors):
            index = int(detector) - FIRST_DETECTOR
            # Neighbouring detectors overlap by a kilometre or two, and real grids reach that far.
            near = (across > index * rays.width - 1500.0) & (across < (index + 1) * rays.width + 1500.0)
            if not near.any():
                near[:] = True
            sign = 1.0 if index % 2 == 1 else -1.0
            g = rays.gradient
            grid = _grid_of(
                rays.east + g[0] * x + g[1] * y + sign * rays.stagger_east,
                rays.south + g[2] * x + g[3] * y + sign * rays.stagger_south,
                convergence,
            )
            found[name, int(detector)] = AngleGrid(
                np.where(near, grid.zenith, np.nan).astype(np.float32),
                np.where(near, grid.azimuth, np.nan).astype(np.float32),
            )
    return found
