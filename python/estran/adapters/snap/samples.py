"""Samples between SNAP's flat Java buffers and our (rows, columns) arrays.

SNAP picks the Java overload of ``setSamples`` by item width and takes unsigned numbers as signed: int64 silently writes
zeros, uint8 above 127 turns negative. So what is written is always contiguous float32, float64 or int32.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def from_java(buffer: Any, dtype: npt.DTypeLike, shape: tuple[int, int]) -> Array:
    """A flat Java array, row by row, as a (rows, columns) array that shares its memory."""
    return np.frombuffer(buffer, dtype=dtype).reshape(shape)


def to_java(array: Array) -> Array:
    """What ``Tile.setSamples`` takes without surprise: one contiguous row of float32 or float64, or of int32 for every
    kind of integer.
    """
    floats = np.float64 if array.dtype == np.float64 else np.float32
    kind = floats if np.issubdtype(array.dtype, np.floating) else np.int32
    return np.ascontiguousarray(array, dtype=kind).ravel()
