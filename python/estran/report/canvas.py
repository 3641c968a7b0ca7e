"""The small raster on which pictures are drawn: any band, of any size, NumPy or Dask, brought to it without holding the
whole band.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from estran.raster.blocks import block_sums
from estran.raster.grid import Grid
from estran.raster.product import Band

Array = npt.NDArray[np.generic]
Float = npt.NDArray[np.float32]
Index = npt.NDArray[np.intp]

LIMIT = 1600
"""Longest side of a picture [pixels]."""

STRIP = 1024
"""Rows read at once; a multiple of the tiles that files use."""


def strips(band: Band, step: int = 1) -> Iterator[tuple[int, Array]]:
    """First row and raw samples of strips of full width, top to bottom; strip heights are multiples of `step` but for
    the last.
    """
    height = max(step, STRIP // step * step)
    for row in range(0, band.grid.height, height):
        yield row, np.asarray(band.data[row : row + height])


def factor_to(size: int, limit: int) -> int:
    """The least power of two by which `size` fits in `limit`: with powers of two the strips fall on the tiles of the
    files.
    """
    factor = 1
    while size > limit * factor:
        factor *= 2
    return factor


def block_mean(values: Float, k: int) -> Float:
    """Mean of k x k blocks, NaN left out; blocks cut at the lower and right edge count what they have. NaN where a
    block has nothing.
    """
    if k == 1:
        return values
    total, count = block_sums(values, k)
    mean = np.full(total.shape, np.nan, np.float32)
    np.divide(total, count, out=mean, where=count > 0, casting="same_kind")
    return mean


@dataclass(frozen=True)
class Canvas:
    """A grid of at most `limit` pixels a side that covers `grid`, and what was already brought to it.

    Parameters
    ----------
    grid
        The grid shown, at full resolution.
    limit
        Longest side of the canvas [pixels].
    """

    grid: Grid
    limit: int = LIMIT
    _means: dict[str, Float] = field(default_factory=dict, repr=False, compare=False)

    @property
    def factor(self) -> int:
        """Pixels of the grid along one pixel of the canvas."""
        return factor_to(max(self.grid.shape), self.limit)

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns) of the canvas."""
        return -(-self.grid.height // self.factor), -(-self.grid.width // self.factor)

    def mean(self, band: Band) -> Float:
        """Physical values of a band on the canvas: the mean over each pixel of the canvas, NaN where
        there is nothing.
        """
        if band.name not in self._means:
            k = self._step(band.grid)
            parts = [block_mean(band.physical(raw), k) for _, raw in strips(band, k)]
            self._means[band.name] = self._lay(np.concatenate(parts), band.grid, k, np.float32(np.nan)).astype(
                np.float32, copy=False
            )
        return self._means[band.name]

    def sample(self, band: Band, outside: int = 0) -> Array:
        """Raw values of a flag or class band on the canvas: one pixel taken of each block, as codes have no mean;
        `outside` beyond the band.
        """
        k = self._step(band.grid)
        middle = k // 2
        parts = [raw[min(middle, len(raw) - 1) :: k, min(middle, raw.shape[1] - 1) :: k] for _, raw in strips(band, k)]
        return self._lay(np.concatenate(parts), band.grid, k, parts[0].dtype.type(outside))

    def _step(self, grid: Grid) -> int:
        """The power of two that thins `grid` to about the canvas' pixels."""
        rows, cols = self._affine(grid)
        ratio = min(abs(rows[1]), abs(cols[1]))
        step = 1
        while step * 2 <= ratio * 1.001:
            step *= 2
        return step

    def _affine(self, grid: Grid) -> tuple[tuple[float, float], tuple[float, float]]:
        """Row and column of `grid` as (start, step) along the canvas: by the map where both have the same, north up,
        else by the ratio of sizes.
        """
        f = self.factor
        ours, theirs = self.grid.transform, grid.transform
        if (
            ours is not None
            and theirs is not None
            and self.grid.crs == grid.crs
            and ours.b == ours.d == theirs.b == theirs.d == 0
        ):
            return ((ours.f - theirs.f) / theirs.e, ours.e / theirs.e * f), (
                (ours.c - theirs.c) / theirs.a,
                ours.a / theirs.a * f,
            )
        return (0.0, grid.height / self.grid.height * f), (0.0, grid.width / self.grid.width * f)

    def _lay(self, thin: Array, grid: Grid, k: int, outside: np.generic) -> Array:
        """Pick, for each pixel of the canvas, the sample of the thinned band under its centre."""
        height, width = self.shape
        # The centre of the last row and column of the canvas may lie beyond the grid it shows, where the grid is no
        # multiple of the factor.
        y = np.minimum((np.arange(height) + 0.5) * self.factor, self.grid.height - 0.5) / self.factor
        x = np.minimum((np.arange(width) + 0.5) * self.factor, self.grid.width - 0.5) / self.factor
        (row0, drow), (col0, dcol) = self._affine(grid)
        row, row_in = _pick(row0 + drow * y, grid.height, k, thin.shape[0])
        col, col_in = _pick(col0 + dcol * x, grid.width, k, thin.shape[1])
        laid = thin[row[:, None], col[None, :]]
        return np.where(row_in[:, None] & col_in[None, :], laid, outside)


def _pick(position: npt.NDArray[np.float64], size: int, k: int, count: int) -> tuple[Index, npt.NDArray[np.bool_]]:
    inside = (position >= 0) & (position < size)
    return np.clip(np.floor(position / k).astype(np.intp), 0, count - 1), inside
