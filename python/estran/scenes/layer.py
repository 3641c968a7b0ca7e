"""A layer of cloud: height fields on a grid, and the bounds of their blocks that let rays skip clear air."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from estran.errors import EstranError
from estran.jit import parallel_jit

Float32 = npt.NDArray[np.float32]
BLOCK = 16
"""Cells on a side of the blocks whose bounds let rays skip clear air."""


@dataclass(frozen=True)
class Layer:
    """A layer of cloud as height fields on a square grid; beyond it the air is clear.

    Parameters
    ----------
    base, thickness
        Altitude of the base above sea level and thickness [m], (n, n), n a multiple of :data:`BLOCK`; thickness 0 is
        clear air.
    light
        Brightness of the cloud's face relative to an infinite flat cloud [1].
    cell, origin
        Size of a cell [m]; local coordinates of the grid's corner [m].
    extinction
        Extinction coefficient [1/m].
    ice
        Whether it is made of ice.
    """

    base: Float32
    thickness: Float32
    light: Float32
    cell: float
    origin: tuple[float, float]
    extinction: float
    ice: bool = False

    def __post_init__(self) -> None:
        rows, cols = self.base.shape
        if rows != cols or rows % BLOCK:
            raise EstranError(
                "a layer of cloud has the wrong shape",
                expected=f"a square whose side is a multiple of {BLOCK}",
                found=f"{rows} x {cols}",
            )

    def bounds(self) -> tuple[Float32, Float32]:
        """Lowest base and highest top of each block of cells and its rim; an empty block has a top of -1."""
        return _bounds(self.base, self.thickness)

    def cells(self, bounds: tuple[Float32, Float32]) -> Cells:
        """As kernels want it, with its :meth:`bounds`."""
        return Cells(self.base, self.thickness, self.light, *bounds, self.cell, *self.origin)


class Cells(NamedTuple):
    """A layer of cloud, for kernels: arrays and size of cells as of :class:`Layer`, the bounds of its blocks [m], and
    its origin east and south [m].
    """

    base: Float32
    thickness: Float32
    light: Float32
    low: Float32
    high: Float32
    cell: float
    east: float
    south: float


@parallel_jit
def _bounds(base: Float32, thickness: Float32) -> tuple[Float32, Float32]:
    n = base.shape[0]
    blocks = n // BLOCK
    low = np.full((blocks, blocks), np.float32(1e9), np.float32)
    high = np.full((blocks, blocks), np.float32(-1.0), np.float32)
    for bi in numba.prange(blocks):
        for bj in range(blocks):
            for i in range(max(bi * BLOCK - 1, 0), min(bi * BLOCK + BLOCK + 1, n)):
                for j in range(max(bj * BLOCK - 1, 0), min(bj * BLOCK + BLOCK + 1, n)):
                    t = thickness[i, j]
                    if t > 0:
                        b = base[i, j]
                        low[bi, bj] = min(low[bi, bj], b)
                        high[bi, bj] = max(high[bi, bj], b + t)
    return low, high
