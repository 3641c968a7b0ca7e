"""The displacement index against its formula, and what moves it."""

from __future__ import annotations

import numpy as np
import pytest

from estran.errors import EstranError
from estran.masks.cloud.displacement import displacement_index, window_for


def bands(seed: int = 0, shape: tuple[int, int] = (40, 50)) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [(0.3 + 0.05 * rng.standard_normal(shape)).astype(np.float32) for _ in range(3)]


def test_is_the_published_formula():
    nir, rededge078, nir08 = bands()
    index = displacement_index(nir, rededge078, nir08, 3)
    a, b = nir.astype(float) / nir08, rededge078.astype(float) / nir08
    for r, c in ((3, 3), (20, 17), (36, 46)):
        window = (slice(r - 3, r + 4), slice(c - 3, c + 4))
        va, vb = a[window].var(), b[window].var()
        assert index[r, c] == pytest.approx((vb - va) / (vb + va), abs=1e-6)


def test_windows_are_cut_at_the_edge():
    nir, rededge078, nir08 = bands()
    va, vb = (nir.astype(float) / nir08)[:4, :4].var(), (rededge078.astype(float) / nir08)[:4, :4].var()
    assert displacement_index(nir, rededge078, nir08, 3)[0, 0] == pytest.approx((vb - va) / (vb + va), abs=1e-6)


def test_parallax_is_negative_and_ground_is_not():
    # A field of blobs: B7 displaced by one pixel against B8A, B8 by two.
    from scipy.ndimage import gaussian_filter

    scene = gaussian_filter(np.random.default_rng(3).random((60, 60)), 1.5).astype(np.float32)
    ground = displacement_index(scene, scene, scene)
    cloud = displacement_index(np.roll(scene, 2, 0), np.roll(scene, 1, 0), scene)
    assert (ground == 0).all()
    assert np.median(cloud[10:-10, 10:-10]) < -0.5


def test_no_data_stays_and_spoils_no_neighbour():
    nir, rededge078, nir08 = bands()
    rededge078[10, 10] = np.nan
    index = displacement_index(nir, rededge078, nir08)
    assert np.isnan(index[10, 10])
    assert np.isfinite(np.delete(index.ravel(), 10 * 50 + 10)).all()


def test_tile_equals_whole():
    nir, rededge078, nir08 = bands()
    whole = displacement_index(nir, rededge078, nir08, 2)
    tile = displacement_index(nir[8:30, 5:29], rededge078[8:30, 5:29], nir08[8:30, 5:29], 2)
    np.testing.assert_array_equal(tile[2:-2, 2:-2], whole[10:28, 7:27])
    # One pixel of halo short, it would not.
    short = displacement_index(nir[8:30, 5:29], rededge078[8:30, 5:29], nir08[8:30, 5:29], 2)
    assert (short[1:-1, 1:-1] != whole[9:29, 6:28]).any()


def test_rows_that_nobody_needs_are_skipped():
    needed = np.zeros(40, bool)
    needed[12] = True
    some = displacement_index(*bands(), rows=needed)
    np.testing.assert_array_equal(some[12], displacement_index(*bands())[12])
    assert (some[13] == 0).all()


@pytest.mark.parametrize(
    ("pixel", "half", "said"), [(20, 3, False), (10, 7, True), (30, 2, True), (60, None, True), (5, None, True)]
)
def test_window_by_pixel_size(pixel, half, said):
    window = window_for((pixel, pixel))
    assert window.half == half
    assert bool(window.note) is said


def test_shapes_must_agree():
    with pytest.raises(EstranError, match="differ in shape"):
        displacement_index(np.ones((3, 3), np.float32), np.ones((3, 3), np.float32), np.ones((3, 4), np.float32))
