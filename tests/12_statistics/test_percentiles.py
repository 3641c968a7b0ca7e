"""Percentiles, and samples that do not depend on how an image was cut."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from estran.statistics.percentiles import Sketch, hash_rows, weighted_percentile


def sketch_of(rows: np.ndarray, size: int) -> Sketch:
    hashes = np.empty(rows.shape[1], np.uint64)
    hash_rows(rows.view(np.uint32), hashes)
    return Sketch.empty(size, rows.shape[0]).add(hashes, rows, rows.shape[1])


@given(arrays(np.float64, st.integers(1, 40), elements=st.floats(-5, 5)), st.floats(0.0, 100.0))
def test_without_weights_it_is_numpys_inverted_distribution(values, percentile):
    assert weighted_percentile(values, percentile) == np.percentile(values, percentile, method="inverted_cdf")


@given(st.lists(st.tuples(st.floats(-5, 5), st.integers(1, 6)), min_size=1, max_size=20), st.floats(0.0, 100.0))
def test_a_weight_is_a_number_of_repeats(pairs, percentile):
    values, weights = (np.array(column) for column in zip(*pairs, strict=True))
    assert weighted_percentile(values, percentile, weights) == weighted_percentile(
        np.repeat(values, weights), percentile
    )


def test_nothing_has_no_percentile():
    assert np.isnan(weighted_percentile(np.empty(0), 50.0))


@pytest.mark.parametrize("size", [10, 200, 5000])
@given(cuts=st.lists(st.integers(0, 2000), max_size=6), seed=st.integers(0, 99))
def test_parts_in_any_order_merge_to_the_whole(size, cuts, seed):
    generator = np.random.default_rng(seed)
    rows = generator.integers(0, 12, (3, 2000)).astype(np.float32)
    edges = sorted({0, 2000, *cuts})
    parts = [sketch_of(np.ascontiguousarray(rows[:, a:b]), size) for a, b in itertools.pairwise(edges)]
    generator.shuffle(parts)
    merged = parts[0]
    for part in parts[1:]:
        merged = merged.merge(part)
    whole = sketch_of(rows, size)
    for field in ("hashes", "rows", "counts", "total"):
        np.testing.assert_array_equal(getattr(merged, field), getattr(whole, field))


def test_an_image_of_few_different_pixels_is_kept_whole():
    rows = np.tile(np.arange(7, dtype=np.float32), (2, 30))
    sketch = sketch_of(rows, 100)
    assert sketch.total == 210
    np.testing.assert_array_equal(np.sort(sketch.rows[0]), np.arange(7))
    np.testing.assert_array_equal(sketch.counts, 30)
    assert sketch.weights.sum() == 210


def test_twin_a_repeated_pixel_counts_as_often_as_it_occurs():
    """A sample of *different* pixels would put the median at 1.5; nine in ten pixels are 0."""
    values = np.repeat(np.array([0.0, 1.0, 2.0, 3.0], np.float32), [900, 40, 30, 30])
    sketch = sketch_of(values[None, :], 100)
    assert weighted_percentile(sketch.rows[0], 50.0, sketch.weights) == 0.0


@pytest.mark.parametrize("percentile", [2.0, 17.5, 82.5])
def test_rank_error_of_a_large_image_is_that_of_a_random_sample(percentile):
    values = np.random.default_rng(3).normal(size=(1, 400_000)).astype(np.float32)
    sketch = sketch_of(values, 10_000)
    estimate = weighted_percentile(sketch.rows[0], percentile, sketch.weights)
    fraction = float((values <= estimate).mean())
    sigma = np.sqrt(percentile / 100 * (1 - percentile / 100) / 10_000)
    assert abs(fraction - percentile / 100) < 4 * sigma
    assert sketch.hashes.size == 10_000
    assert sketch.weights.sum() == pytest.approx(400_000)
