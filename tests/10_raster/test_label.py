"""Objects as runs, against SciPy's label image."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from estran.raster.label import label

MASKS = arrays(np.bool_, st.tuples(st.integers(1, 20), st.integers(1, 20)))


@given(MASKS)
def test_same_objects_as_scipy(mask):
    objects = label(mask)
    expected, number = ndimage.label(mask, np.ones((3, 3)))
    assert objects.count == number
    np.testing.assert_array_equal(objects.labels(), expected)
    np.testing.assert_array_equal(objects.size, np.bincount(expected.ravel(), minlength=number + 1)[1:])
    for box, where in zip(objects.box, ndimage.find_objects(expected), strict=True):
        assert tuple(box) == (where[0].start, where[1].start, where[0].stop, where[1].stop)


@given(MASKS, st.integers(0, 5))
def test_painting_and_choosing(mask, seed):
    objects = label(mask)
    np.testing.assert_array_equal(objects.paint(), mask)
    keep = np.random.default_rng(seed).random(objects.count) > 0.5
    labels = objects.labels()
    expected = np.isin(labels, np.flatnonzero(keep) + 1)
    np.testing.assert_array_equal(objects.paint(keep), expected)
    chosen = objects.select(keep)
    np.testing.assert_array_equal(chosen.paint(), expected)
    np.testing.assert_array_equal(chosen.size, objects.size[keep])


@given(MASKS, st.integers(0, 5))
def test_counting_in_another_mask(mask, seed):
    objects = label(mask)
    other = np.random.default_rng(seed).random(mask.shape) > 0.4
    expected = [int(other[objects.labels() == k + 1].sum()) for k in range(objects.count)]
    assert objects.count_in(other).tolist() == expected


def test_values():
    mask = np.array([[1, 0, 1], [0, 0, 1]], bool)
    image = label(mask).paint_values(np.array([2.5, -1.0], np.float32))
    np.testing.assert_array_equal(image, np.array([[2.5, np.nan, -1], [np.nan, np.nan, -1]], np.float32))


def test_arms_that_meet_late_are_one_object():
    # Two spirals that join in the last row only: labels must be merged backwards.
    mask = np.array([[1, 0, 1, 0, 1], [1, 0, 1, 0, 1], [0, 1, 0, 1, 0]], bool)
    assert label(mask).count == 1


def test_mean_over_objects_leaves_nan_out() -> None:
    mask = np.zeros((5, 8), bool)
    mask[0, :3] = mask[3:, 5:] = mask[2, 0] = True
    values = np.arange(40, dtype=np.float32).reshape(5, 8)
    values[0, 2] = values[2, 0] = np.nan
    objects = label(mask)
    expected = [
        np.nanmean(values[objects.labels() == k + 1])
        if np.isfinite(values[objects.labels() == k + 1]).any()
        else np.nan
        for k in range(3)
    ]
    np.testing.assert_allclose(objects.mean_of(values), expected)
