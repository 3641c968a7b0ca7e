"""Sums over blocks of pixels, from which pictures are thinned."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from estran.jit import jit


def block_sums(
    values: npt.NDArray[Any], k: int, row: int = 0, col: int = 0
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int32]]:
    """Sums and numbers of the finite values in the blocks of k x k pixels that a window touches.

    Parameters
    ----------
    values
        (rows, columns) floats of the window.
    k
        Side of a block [pixels]; blocks begin at multiples of it.
    row, col
        Where the window begins; it cuts the blocks at its edges.

    Returns
    -------
    sums, counts
        One of each for every block, (rows, columns) of blocks.
    """
    first_row, first_col = row % k, col % k
    shape = tuple(-(-(first + size) // k) for first, size in zip((first_row, first_col), values.shape, strict=True))
    sums, counts = np.zeros(shape), np.zeros(shape, np.int32)
    _add(values, k, first_row, first_col, sums, counts)
    return sums, counts


@jit
def _add(
    values: npt.NDArray[Any],
    k: int,
    first_row: int,
    first_col: int,
    sums: npt.NDArray[np.float64],
    counts: npt.NDArray[np.int32],
) -> None:
    height, width = values.shape
    for i in range(height):
        line, total, number = values[i], sums[(i + first_row) // k], counts[(i + first_row) // k]
        for block in range(total.size):
            for j in range(max(block * k - first_col, 0), min((block + 1) * k - first_col, width)):
                if np.isfinite(line[j]):
                    total[block] += line[j]
                    number[block] += 1
