"""Directions on coarse grids: exact where the truth is linear, the same whatever the tiling, right across north and the
nadir.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estran.raster import interpolate

ROWS, COLS = np.linspace(-0.4, 6.3, 23), np.linspace(0.02, 5.9, 31)


def plane(constant: float, down: float, right: float, shape: tuple[int, int] = (7, 6)) -> np.ndarray:
    rows, cols = np.indices(shape)
    return constant + down * rows + right * cols


def at(constant: float, down: float, right: float) -> np.ndarray:
    return constant + down * ROWS[:, None] + right * COLS[None, :]


@given(st.floats(0.01, 89), st.floats(0, 359.9))
def test_components_and_back(zenith: float, azimuth: float) -> None:
    back_zenith, back_azimuth = interpolate.from_components(interpolate.to_components(zenith, azimuth))
    assert back_zenith == pytest.approx(zenith, abs=1e-12)
    assert (back_azimuth - azimuth + 180) % 360 - 180 == pytest.approx(0, abs=1e-9)


def test_components_point_where_the_compass_does() -> None:
    east, north = interpolate.to_components([10, 10, 10, 10], [0, 90, 180, 270])
    np.testing.assert_allclose(east, [0, 10, 0, -10], atol=1e-12)
    np.testing.assert_allclose(north, [10, 0, -10, 0], atol=1e-12)


@given(st.floats(-50, 50), st.floats(-2, 2), st.floats(-2, 2))
def test_bilinear_is_exact_on_a_plane_also_beyond_the_nodes(constant: float, down: float, right: float) -> None:
    found = interpolate.bilinear(plane(constant, down, right), ROWS, COLS)
    np.testing.assert_allclose(found, at(constant, down, right), atol=1e-9)


def test_bilinear_has_the_product_term() -> None:
    rows, cols = np.indices((3, 3)).astype(float)
    assert interpolate.bilinear(rows * cols, np.array([0.5, 1.25]), np.array([0.5, 1.5])) == pytest.approx(
        np.array([[0.25, 0.75], [0.625, 1.875]])
    )


def test_a_grid_of_one_node_is_a_constant() -> None:
    assert (interpolate.bilinear(np.array([[4.0]]), ROWS, COLS) == 4.0).all()


@given(st.floats(-50, 50), st.floats(-2, 2), st.floats(-2, 2), st.integers(0, 2**32 - 1))
def test_fill_linear_carries_a_plane_on_exactly(constant: float, down: float, right: float, seed: int) -> None:
    truth = plane(constant, down, right)
    holes = np.random.default_rng(seed).random(truth.shape) < 0.6
    holes[2:4, 2:4] = False  # four nodes fix the plane
    np.testing.assert_allclose(interpolate.fill_linear(np.where(holes, np.nan, truth)), truth, atol=1e-9)


def test_fill_linear_never_touches_a_valid_node_and_leaves_no_hole() -> None:
    rng = np.random.default_rng(3)
    values = np.where(rng.random((9, 9)) < 0.5, np.nan, rng.normal(size=(9, 9)))
    filled = interpolate.fill_linear(values)
    valid = np.isfinite(values)
    assert np.array_equal(filled[valid], values[valid])
    assert np.isfinite(filled).all()


def test_fill_linear_takes_a_slope_where_its_own_nodes_do_not_fix_one() -> None:
    truth = plane(1.0, 0.5, -0.25)
    corner = np.full(truth.shape, np.nan)
    corner[0, 0] = truth[0, 0]
    assert interpolate.plane_slope(corner) is None
    np.testing.assert_allclose(interpolate.fill_linear(corner, slope=(0.5, -0.25)), truth)
    assert (interpolate.fill_linear(corner) == 1.0).all()
    assert np.isnan(interpolate.fill_linear(np.full((2, 2), np.nan))).all()


def test_nodes_on_one_line_do_not_fix_a_plane() -> None:
    line = np.full((5, 5), np.nan)
    np.fill_diagonal(line, np.arange(5.0))
    assert interpolate.plane_slope(line) is None
    line[0, 1] = 7.0
    assert interpolate.plane_slope(line) == pytest.approx((-6.0, 7.0))


def test_inside_distance_changes_sign_halfway() -> None:
    valid = np.zeros((4, 6), bool)
    valid[:, :3] = True
    assert interpolate.inside_distance(valid)[0].tolist() == [3, 2, 1, -1, -2, -3]
    assert (interpolate.inside_distance(np.ones((2, 2), bool)) > 0).all()
    assert (interpolate.inside_distance(np.zeros((2, 2), bool)) < 0).all()


def test_nearest_strip_divides_overlaps_and_gaps_in_the_middle_and_ends_within_reach() -> None:
    cols = np.arange(12)
    valid = np.stack(
        [np.tile(mask, (3, 1)) for mask in ((cols < 4), (cols >= 3) & (cols < 6), (cols >= 8) & (cols < 10))]
    )
    distances = np.stack([interpolate.inside_distance(v) for v in valid])
    where = np.array([0.0, 2.9, 3.1, 5.0, 6.4, 6.6, 9.0, 9.9, 10.1, 11.9])
    # The overlap is node 3, its middle 3.0; the gap lies between nodes 5 and 8, its middle is 6.5; the last valid node
    # is 9.
    far, near = (interpolate.nearest_strip(distances, np.array([1.0]), where, reach).tolist() for reach in (2.0, 1.0))
    assert far == [[1, 1, 2, 2, 2, 3, 3, 3, 3, 0]]
    assert near == [[1, 1, 2, 2, 0, 0, 3, 3, 0, 0]]


def test_strip_directions_take_each_pixel_from_its_strip() -> None:
    east, north = (1.0, 0.1, 0.4), (-0.5, 0.3, -0.2)
    strips = np.stack([np.stack([plane(*east), plane(*north)]), np.stack([plane(*east) + 2, plane(*north) - 1])])
    labels = np.ones((ROWS.size, COLS.size), np.uint8)
    labels[:, 15:] = 2
    labels[0] = interpolate.OUTSIDE
    zenith, azimuth = interpolate.strip_directions([(strips, labels)], ROWS, COLS)
    e, n = (at(*c) + np.where(labels == 2, shift, 0) for c, shift in ((east, 2), (north, -1)))
    np.testing.assert_allclose(zenith[1:], np.hypot(e, n)[1:], rtol=1e-6)
    np.testing.assert_allclose(azimuth[1:], np.degrees(np.arctan2(e, n))[1:] % 360, atol=1e-3)
    assert np.isnan(zenith[0]).all()
    assert np.isnan(azimuth[0]).all()


def test_the_mean_over_bands_is_of_zeniths_and_of_unit_azimuths() -> None:
    one = np.ones((1, 1), np.uint8)
    bands = [
        (interpolate.to_components(np.full((2, 2), z), np.full((2, 2), a))[None], one)
        for z, a in ((4.0, 350.0), (8.0, 20.0))
    ]
    zenith, azimuth = interpolate.strip_directions(bands, np.array([0.5]), np.array([0.5]))
    assert zenith[0, 0] == pytest.approx(6.0)
    assert azimuth[0, 0] == pytest.approx(
        5.0, abs=1e-4
    )  # the mean of the numbers would be 185: the wrong side of the sky


def test_a_band_without_a_strip_there_does_not_count() -> None:
    components = interpolate.to_components(np.full((2, 2), 5.0), np.full((2, 2), 100.0))[None]
    zenith, _ = interpolate.strip_directions(
        [(components, np.ones((1, 2), np.uint8)), (components * 3, np.array([[0, 1]], np.uint8))],
        np.array([0.5]),
        np.array([0.2, 0.8]),
    )
    assert zenith[0] == pytest.approx([5.0, 10.0])


def test_directions_cross_the_nadir_without_a_kink() -> None:
    # Looking from 3 degrees left to 3 degrees right of the nadir, between two nodes: in the middle the zenith is 0,
    # where interpolated zeniths would stay 3.
    components = interpolate.to_components(np.array([[3.0, 3.0]]), np.array([[270.0, 90.0]]))[None]
    zenith, _ = interpolate.strip_directions(
        [(components, np.ones((1, 3), np.uint8))], np.array([0.0]), np.array([0.0, 0.5, 0.75])
    )
    assert zenith[0] == pytest.approx([3.0, 0.0, 1.5], abs=1e-6)


@given(st.integers(1, 22), st.integers(1, 30))
def test_a_tile_has_the_bits_of_the_whole(row: int, col: int) -> None:
    rng = np.random.default_rng(5)
    strips = rng.normal(0, 5, (3, 2, 7, 6))
    labels = rng.integers(0, 4, (ROWS.size, COLS.size)).astype(np.uint8)
    bands = [(strips, labels), (strips * 1.1, labels[::-1])]
    whole = interpolate.strip_directions(bands, ROWS, COLS)
    for r in (slice(0, row), slice(row, None)):
        for c in (slice(0, col), slice(col, None)):
            tile = interpolate.strip_directions([(s, lab[r, c]) for s, lab in bands], ROWS[r], COLS[c])
            assert np.array_equal(tile, whole[:, r, c], equal_nan=True)
