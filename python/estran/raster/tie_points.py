"""Tie-point grids at full resolution: bilinear between the points, straight on beyond the last one (as SNAP's
``TiePointGrid``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.raster.grid import Window
from estran.raster.product import TiePointGrid

Floats = npt.NDArray[np.floating]
Indices = npt.NDArray[np.int64]


class LazyPoints:
    """Samples of a tie-point grid that are read on demand (``np.asarray``), once in a process.

    Parameters
    ----------
    shape
        (rows, columns), known without reading.
    read
        Gives the samples; picklable, so that another process can read them itself.
    """

    ndim = 2
    dtype = np.dtype(np.float32)

    def __init__(self, shape: tuple[int, int], read: Callable[[], npt.NDArray[Any]]) -> None:
        self.shape, self.read = shape, read
        self._samples: npt.NDArray[np.float32] | None = None

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        """The samples, (rows, columns) float32 unless another type is wanted."""
        if self._samples is None:
            self._samples = np.asarray(self.read(), np.float32)
        return np.array(self._samples, dtype=dtype, copy=copy)

    def __getitem__(self, key: Any) -> Any:
        """A part of the samples."""
        return np.asarray(self)[key]

    def __reduce__(self) -> tuple[Any, ...]:
        return LazyPoints, (self.shape, self.read)


def in_unit(points: TiePointGrid, unit: str, factor: float, offset: float = 0.0) -> TiePointGrid:
    """Tie points in another unit: factor * value + offset, read on demand."""
    return replace(points, unit=unit, data=LazyPoints(points.data.shape, _Scaled(points.data, factor, offset)))


class _Scaled:
    """Samples times a factor plus an offset, in double precision."""

    def __init__(self, data: Any, factor: float, offset: float) -> None:
        self.data, self.factor, self.offset = data, factor, offset

    def __call__(self) -> npt.NDArray[Any]:
        return np.asarray(self.data, np.float64) * self.factor + self.offset


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
    data = np.asarray(points.data).astype(np.float64)
    top, fy = _between((rows - points.offset_y) / points.step_y, data.shape[0])
    left, fx = _between((cols - points.offset_x) / points.step_x, data.shape[1])
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
