"""Morphology against slow and obvious versions of itself."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from estran.errors import EstranError
from estran.raster.morphology import (
    dilate_disk,
    dilate_square,
    disk_widths,
    erode_disk,
    fill_minima,
    majority,
    reconstruct_by_erosion,
)

MASKS = arrays(np.bool_, st.tuples(st.integers(1, 14), st.integers(1, 17)))
HEIGHTS = arrays(
    np.float32, st.tuples(st.integers(3, 12), st.integers(3, 12)), elements=st.integers(0, 6).map(np.float32)
)


def naive_fill(image: np.ndarray) -> np.ndarray:
    """Lower a flood, step by step, until nothing runs off any more."""
    rows, cols = image.shape
    level = np.full(image.shape, np.inf, np.float32)
    level[[0, -1], :], level[:, [0, -1]] = image[[0, -1], :], image[:, [0, -1]]
    while True:
        before = level.copy()
        for r in range(rows):
            for c in range(cols):
                around = before[max(r - 1, 0) : r + 2, max(c - 1, 0) : c + 2].min()
                level[r, c] = max(min(level[r, c], around), image[r, c])
        if (level == before).all():
            return level


def naive_dilation(mask: np.ndarray, radius: float, pixel: tuple[float, float]) -> np.ndarray:
    r, c = np.nonzero(mask)
    rows, cols = np.indices(mask.shape)
    out = np.zeros(mask.shape, bool)
    for i, j in zip(r, c, strict=True):
        out |= ((rows - i) * pixel[1]) ** 2 + ((cols - j) * pixel[0]) ** 2 <= radius**2 * (1 + 1e-9)
    return out


@given(HEIGHTS)
def test_fill_is_the_flood_that_runs_off(image):
    np.testing.assert_array_equal(fill_minima(image), naive_fill(image))


@given(HEIGHTS)
def test_fill_raises_nothing_twice(image):
    once = fill_minima(image)
    assert (once >= image).all()
    np.testing.assert_array_equal(fill_minima(once), once)


def test_fill_of_a_large_maze_outgrows_its_first_queue():
    # A spiral corridor: every pixel of it waits for the one before.
    rng = np.random.default_rng(0)
    image = rng.random((500, 700)).astype(np.float32)
    filled = fill_minima(image)
    # At the fixed point each pixel is its own height, or as low as its lowest neighbour.
    low = np.min([np.roll(filled, (i, j), (0, 1)) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)], axis=0)
    inner = (slice(1, -1), slice(1, -1))
    np.testing.assert_array_equal(filled[inner], np.maximum(image, np.minimum(low, filled))[inner])


def test_diagonals_let_water_through():
    image = np.full((5, 5), 9, np.float32)
    image[[0, 1, 2], [0, 1, 2]] = 1
    assert fill_minima(image)[2, 2] == 1


def test_drains_and_level():
    image = np.full((5, 7), 5, np.float32)
    image[2, 2] = 1
    drains = np.zeros(image.shape, bool)
    drains[2, 4] = True
    filled = fill_minima(image, drains, 3.0)
    assert filled[2, 2] == 5
    assert filled[2, 4] == 3
    assert filled[0, 0] == 3
    image[2, 3] = 1
    assert fill_minima(image, drains, 3.0)[2, 2] == 3


def test_reconstruction_refuses_other_shapes():
    with pytest.raises(EstranError, match="differ in shape"):
        reconstruct_by_erosion(np.zeros((3, 3), np.float32), np.zeros((3, 4), np.float32))


@given(MASKS, st.floats(0, 5), st.sampled_from([(1.0, 1.0), (2.0, 1.0), (1.0, 1.5)]))
def test_dilation_is_a_distance(mask, radius, pixel):
    np.testing.assert_array_equal(dilate_disk(mask, radius, pixel), naive_dilation(mask, radius, pixel))


@given(MASKS, st.floats(0, 4))
def test_erosion_is_the_dilation_of_what_is_not(mask, radius):
    np.testing.assert_array_equal(erode_disk(mask, radius), ~dilate_disk(~mask, radius))
    assert (erode_disk(mask, radius) <= mask).all()


@given(MASKS, st.floats(0, 3), st.floats(0, 3))
def test_wider_buffers_hold_narrower_ones(mask, a, b):
    small, large = sorted((a, b))
    assert (dilate_disk(mask, small) <= dilate_disk(mask, large)).all()


@given(MASKS, st.integers(0, 4))
def test_squares(mask, half):
    out = np.zeros(mask.shape, bool)
    for r, c in zip(*np.nonzero(mask), strict=True):
        out[max(r - half, 0) : r + half + 1, max(c - half, 0) : c + half + 1] = True
    np.testing.assert_array_equal(dilate_square(mask, half), out)


@given(MASKS)
def test_majority_counts_to_five(mask):
    padded = np.pad(mask, 1).astype(int)
    total = sum(padded[i : i + mask.shape[0], j : j + mask.shape[1]] for i in range(3) for j in range(3))
    np.testing.assert_array_equal(majority(mask), total >= 5)


def test_a_disk_of_three_pixels():
    assert disk_widths(60.0, (20.0, 20.0)).tolist() == [3, 2, 2, 0]
    assert disk_widths(60.0, (10.0, 30.0)).tolist() == [6, 5, 0]


def test_threads_do_not_matter():
    mask = np.random.default_rng(1).random((300, 400)) > 0.9
    before = numba.get_num_threads()
    try:
        results = []
        for threads in (1, before):
            numba.set_num_threads(threads)
            results.append((dilate_disk(mask, 4.5), majority(mask)))
    finally:
        numba.set_num_threads(before)
    for a, b in zip(*results, strict=True):
        np.testing.assert_array_equal(a, b)
