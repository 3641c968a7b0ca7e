"""Pixels of any shape as the rows that compiled loops take."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]


def row(array: Float, shape: tuple[int, ...]) -> Float:
    """An array as one row: of one number, or of all pixels of `shape`."""
    return array.reshape(1) if array.size == 1 else np.ascontiguousarray(np.broadcast_to(array, shape)).reshape(-1)
