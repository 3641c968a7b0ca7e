"""Sums over blocks, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from estran.raster.blocks import block_sums


@pytest.mark.parametrize("k", [1, 2, 3, 4, 16])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_windows_of_any_cut_add_up_to_the_sums_of_the_whole(k: int, dtype: type) -> None:
    values = np.random.default_rng(k).integers(0, 1000, (23, 31)).astype(dtype)
    values[::3, ::2], values[4, 4] = np.nan, np.inf
    shape = -(-23 // k), -(-31 // k)
    padded = np.full((shape[0] * k, shape[1] * k), np.nan)
    padded[:23, :31] = np.where(np.isfinite(values), values, np.nan)
    blocks = padded.reshape(shape[0], k, shape[1], k)
    sums, counts = np.zeros(shape), np.zeros(shape, np.int32)
    for rows in (slice(0, 7), slice(7, 8), slice(8, 23)):
        for cols in (slice(0, 5), slice(5, 31)):
            part, number = block_sums(values[rows, cols], k, rows.start, cols.start)
            place = np.s_[
                rows.start // k : rows.start // k + part.shape[0], cols.start // k : cols.start // k + part.shape[1]
            ]
            sums[place] += part
            counts[place] += number
    np.testing.assert_array_equal(sums, np.nansum(blocks, (1, 3)))
    np.testing.assert_array_equal(counts, np.isfinite(blocks).sum((1, 3)))
