"""Tie-point grids seen at full resolution: bilinear between the points, straight on beyond the last one (as SNAP's
``TiePointGrid``).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from estran.raster.grid import Window
from estran.raster.product import TiePointGrid

Floats = npt.NDArray[np.floating]
Indices = npt.NDArray[np.int64]


def interpolate(
    points: TiePointGrid, window: Window, row_scale: float = 1.0, col_scale: float = 1.0
) -> npt.NDArray[np.float32]:
    """Values at the pixel centres of a window.

    Parameters
    ----------
    points
        The grid; its offsets and steps count pixels of the product's scene raster.
    window
        Rows and columns wanted, in pixels of the raster wanted.
    row_scale, col_scale
        Scene pixels per pixel of the raster wanted.

    Returns
    -------
    ndarray
        (rows, columns) float32; cyclic grids within -180..180 degrees, or 0..360 where the points are.
    """
    rows = (np.arange(window.row, window.row + window.height) + 0.5) * row_scale
    cols = (np.arange(window.col, window.col + window.width) + 0.5) * col_scale
    top, fy = _between((rows - points.offset_y) / points.step_y, points.data.shape[0])
    left, fx = _between((cols - points.offset_x) / points.step_x, points.data.shape[1])
    data = points.data.astype(np.float64)
    if not points.cyclic:
        return _bilinear(data, top, left, fy, fx).astype(np.float32)
    turn = np.radians(data)
    angle = np.degrees(
        np.arctan2(_bilinear(np.sin(turn), top, left, fy, fx), _bilinear(np.cos(turn), top, left, fy, fx))
    )
    return (angle % 360.0 if (data > 180.0).any() else angle).astype(np.float32)


def _between(position: Floats, size: int) -> tuple[Indices, Floats]:
    """Index of the point before, and the fraction towards the next (outside 0..1 beyond the grid)."""
    first = np.clip(np.floor(position).astype(np.int64), 0, max(size - 2, 0))
    return first, position - first if size > 1 else np.zeros_like(position)


def _bilinear(data: Floats, top: Indices, left: Indices, fy: Floats, fx: Floats) -> Floats:
    bottom, right = np.minimum(top + 1, data.shape[0] - 1), np.minimum(left + 1, data.shape[1] - 1)
    upper, lower = (
        data[top][:, left] * (1 - fx) + data[top][:, right] * fx,
        data[bottom][:, left] * (1 - fx) + data[bottom][:, right] * fx,
    )
    return np.asarray(upper * (1 - fy)[:, None] + lower * fy[:, None])
