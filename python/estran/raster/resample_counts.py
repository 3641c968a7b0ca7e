"""Resampling of digital numbers, the two ways that a satellite image needs most: means of whole blocks, and bilinear
weights in steps of 1/256.

The same results as the general loops of :mod:`estran.raster.resample`, bit for bit, in a fraction of their time: all
sums here are whole numbers, so nothing is rounded, and what holds for a whole column of the target is worked out once.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.jit import jit

Array = npt.NDArray[Any]
Counts = npt.NDArray[np.unsignedinteger[Any]]

FRACTION_BITS = 8
"""Bits of a bilinear weight along one axis."""
_ONE = 1 << FRACTION_BITS
_WHOLE_BITS = 2 * FRACTION_BITS
_NONE = -1
"""Stands for "no such value": no digital number is negative."""
_LARGEST_BLOCK = 1000
"""Pixels along a block: with more, the general loop's allowance of 1e-9 for rounding could reach the next whole number,
and so could its sums.
"""


def are_counts(raw: Array, nodata: float | None) -> bool:
    """Whether `raw` holds unsigned numbers of 16 bits or fewer, and `nodata`, if any, is one of them."""
    if raw.dtype.kind != "u" or raw.dtype.itemsize > 2:
        return False
    return nodata is None or math.isnan(nodata) or _as_count(nodata, raw.dtype) != _NONE


def block_means(
    raw: Counts,
    corner: tuple[float, float],
    scale: tuple[float, float],
    nodata: float | None,
    saturated: float | None,
    out: Counts,
) -> bool:
    """Means of blocks of samples, cut to whole numbers.

    Parameters
    ----------
    raw
        (rows, columns) of the source; see :func:`are_counts`.
    corner
        Row and column where the first target pixel begins [source pixels].
    scale
        Rows and columns of a target pixel [source pixels].
    nodata
        Sample that does not count; pixels without any other get it.
    saturated
        Sample that spreads to every pixel it is part of.
    out
        (rows, columns) of the target, filled in; dtype of `raw`.

    Returns
    -------
    bool
        False where target pixels are no whole blocks of the source: nothing was done.
    """
    if (
        not all(float(value).is_integer() for value in (*corner, *scale))
        or not 1 <= min(scale) <= max(scale) <= _LARGEST_BLOCK
    ):
        return False
    empty, full = _as_count(nodata, raw.dtype), _as_count(saturated, raw.dtype)
    _block_means(raw, int(corner[0]), int(corner[1]), int(scale[0]), int(scale[1]), empty, full, out)
    return True


def bilinear_steps(
    raw: Counts,
    rows: Array,
    cols: Array,
    scale: tuple[float, float],
    nodata: float | None,
    saturated: float | None,
    edge: float,
    out: Counts,
) -> None:
    """Bilinear interpolation with weights in steps of 1/256, rounded half up.

    Parameters
    ----------
    raw
        (rows, columns) of the source; see :func:`are_counts`.
    rows, cols
        (h,), (w,) float64: where target pixels begin [source pixels].
    scale
        Rows and columns of a target pixel [source pixels].
    nodata
        Sample that does not count.
    saturated
        Sample that spreads to every pixel it is part of.
    edge
        What is nearer than this to an edge is on the edge [source pixels].
    out
        (h, w), filled in; dtype of `raw`.
    """
    facts = _as_count(nodata, raw.dtype), _as_count(saturated, raw.dtype)
    _bilinear_steps(
        raw, *_along(rows, scale[0], raw.shape[0], edge), *_along(cols, scale[1], raw.shape[1], edge), *facts, out
    )


def _as_count(value: float | None, dtype: np.dtype[Any]) -> int:
    if value is None or not float(value).is_integer() or not 0 <= value <= np.iinfo(dtype).max:
        return _NONE
    return int(value)


def _along(places: Array, scale: float, size: int, edge: float) -> tuple[Array, Array, Array, Array]:
    """Along one axis: the two samples beside each target pixel, the second one's weight [1/256], and the sample under
    the pixel's centre.
    """
    at = places - 0.5  # half a target pixel is missing, as in SNAP
    low = np.floor(at + edge)
    weight = np.floor((at - low) * _ONE + edge * _ONE).astype(np.int64)
    near = np.floor(places + 0.5 * scale)
    first, second, under = (np.clip(index, 0, size - 1).astype(np.int64) for index in (low, low + 1, near))
    return first, second, weight, under


@jit
def _block_means(
    raw: Counts,
    first_row: int,
    first_col: int,
    block_rows: int,
    block_cols: int,
    nodata: int,
    saturated: int,
    out: Counts,
) -> None:
    height, width = raw.shape
    pairs = block_rows == 2 and block_cols == 2
    for i in range(out.shape[0]):
        top = first_row + i * block_rows
        for j in range(out.shape[1]):
            left = first_col + j * block_cols
            if pairs and top >= 0 and left >= 0 and top + 1 < height and left + 1 < width:
                a, b, c, d = (
                    np.int64(raw[top, left]),
                    np.int64(raw[top, left + 1]),
                    np.int64(raw[top + 1, left]),
                    np.int64(raw[top + 1, left + 1]),
                )
                # Bitwise, without jumps: nearly always all four count.
                empty = (a == nodata) | (b == nodata) | (c == nodata) | (d == nodata)
                full = (a == saturated) | (b == saturated) | (c == saturated) | (d == saturated)
                if not (empty | full):
                    out[i, j] = (a + b + c + d) >> 2
                    continue
            total, n, saturates = np.int64(0), np.int64(0), False
            for r in range(max(top, 0), min(top + block_rows, height)):
                for k in range(max(left, 0), min(left + block_cols, width)):
                    value = np.int64(raw[r, k])
                    if value != nodata:
                        saturates = saturates or value == saturated
                        total += value
                        n += 1
            if saturates:
                out[i, j] = saturated
            elif n > 0:
                out[i, j] = total // n
            else:
                out[i, j] = max(nodata, 0)


@jit
def _bilinear_steps(
    raw: Counts,
    upper: Array,
    lower: Array,
    down: Array,
    near_row: Array,
    left: Array,
    right: Array,
    across: Array,
    near_col: Array,
    nodata: int,
    saturated: int,
    out: Counts,
) -> None:
    for i in range(out.shape[0]):
        top, bottom, near, fy = raw[upper[i]], raw[lower[i]], raw[near_row[i]], down[i]
        for j in range(out.shape[1]):
            a, b, c, d = (
                np.int64(top[left[j]]),
                np.int64(top[right[j]]),
                np.int64(bottom[left[j]]),
                np.int64(bottom[right[j]]),
            )
            fx = across[j]
            reference = np.int64(near[near_col[j]])
            empty = (a == nodata) | (b == nodata) | (c == nodata) | (d == nodata)
            full = (a == saturated) | (b == saturated) | (c == saturated) | (d == saturated)
            if not (empty | full | (reference == nodata)):
                upper_mean, lower_mean = a * (_ONE - fx) + b * fx, c * (_ONE - fx) + d * fx
                out[i, j] = (upper_mean * (_ONE - fy) + lower_mean * fy + (1 << (_WHOLE_BITS - 1))) >> _WHOLE_BITS
                continue
            if reference == nodata:
                out[i, j] = reference
                continue
            total, weights, saturates = np.int64(0), np.int64(0), False
            for k in range(4):
                weight = (fy if k >= 2 else _ONE - fy) * (fx if k % 2 else _ONE - fx)
                value = a if k == 0 else b if k == 1 else c if k == 2 else d
                if weight > 0 and value != nodata:
                    saturates = saturates or value == saturated
                    total += weight * value
                    weights += weight
            if saturates:
                out[i, j] = saturated
            elif weights == 0:
                out[i, j] = reference
            else:
                # The general loop's quotient of floats: beside no-data the weights do not add up to a power of two.
                out[i, j] = np.int64(np.floor((total / (1 << _WHOLE_BITS)) / (weights / (1 << _WHOLE_BITS)) + 0.5))
