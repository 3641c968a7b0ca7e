"""The terrain of a scene with its surroundings, as far as they can cast a shadow into it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from estran.masks.relief.cast import Heights, Relief, reach_of
from estran.masks.relief.frame import Frame, flat_frame, frame_from_lonlat
from estran.masks.relief.holes import without_holes
from estran.raster.grid import Grid, Window

ReadDem = Callable[[Grid], Heights | None]
"""Heights [m] on a grid that goes beyond the scene, NaN where unknown; None where they are known for the scene alone.
"""

_FARTHEST = 3000
"""Pixels of surroundings read at most."""
_LOOK = 10
"""Pixels a side of the large pixels in which the surroundings are looked over."""
_PEAKS = 300.0
"""What a peak may rise above the mean of its large pixel [m]."""
_EVEREST = 8849.0
"""Height of the highest mountain [m]."""


def with_surroundings(
    dem: Heights, grid: Grid, lowest: np.floating | float, read_dem: ReadDem | None = None
) -> tuple[Relief, Grid]:
    """The terrain with its surroundings as far as shadows reach  # (RS-5).

    Parameters
    ----------
    dem
        Heights of the scene [m], float32 (rows, columns), NaN where unknown; some are known.
    grid
        Of the scene.
    lowest
        Elevation of the sun where it is least [degrees].
    read_dem
        Where heights beyond the scene come from; None where there are none.

    Returns
    -------
    relief, grid
        The terrain, holes filled, and its own grid; both are the scene's alone, and ``relief.origin`` is (0, 0), where
        no surroundings are known.
    """
    shape, margin = dem.shape, 0
    if read_dem is not None:
        # A look around first, in large pixels, as far as the highest mountain of the Earth would cast: a plain may lie
        # beside the Alps.
        side = min(grid.pixel_size_metres())
        far = min(_FARTHEST, int(reach_of(np.array([0.0, _EVEREST]), lowest) / side) + 1)
        rough = read_dem(_coarse(grid, far))
        if rough is not None:
            span = np.array([max(np.nanmax(rough), np.nanmax(dem)) + _PEAKS, np.nanmin(dem)])
            margin = min(_FARTHEST, int(reach_of(span, lowest) / side) + 4)
            wide = read_dem(_wider(grid, margin))
            assert wide is not None  # as it was not in large pixels
            dem = wide
    known = np.isfinite(dem)
    filled = np.ascontiguousarray(without_holes(dem), np.float32)
    relief = Relief(
        filled,
        None if known.all() else known,
        (margin, margin),
        (shape[0], shape[1]),
        lambda row, column: frame_of(grid, row, column),
    )
    return relief, _wider(grid, margin)


def frame_of(grid: Grid, row: float, column: float) -> Frame:
    """The frame of a map at a fractional (row, column), from where the map puts the middles of the sides of a pixel
    there.
    """
    if grid.crs is None:
        return flat_frame(*grid.pixel_size)
    lon, lat = grid.lonlat(
        np.array([column - 0.5, column + 0.5, column, column]), np.array([row, row, row - 0.5, row + 0.5])
    )
    return frame_from_lonlat(np.asarray(lon, float), np.asarray(lat, float))


def _wider(grid: Grid, margin: int) -> Grid:
    return grid.sub(Window(-margin, -margin, grid.height + 2 * margin, grid.width + 2 * margin))


def _coarse(grid: Grid, margin: int) -> Grid:
    """The grid and `margin` pixels around it, in pixels :data:`_LOOK` times as large."""
    wide = _wider(grid, margin)
    assert wide.transform is not None
    t = wide.transform
    large = type(t)(t.a * _LOOK, t.b * _LOOK, t.c, t.d * _LOOK, t.e * _LOOK, t.f)
    return replace(wide, width=-(-wide.width // _LOOK), height=-(-wide.height // _LOOK), transform=large)
