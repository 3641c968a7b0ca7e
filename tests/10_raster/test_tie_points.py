"""Tie-point grids at full resolution: against SciPy's interpolator, exact on planes, and right where angles turn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.interpolate import RegularGridInterpolator

from estran.raster.grid import Grid, Window
from estran.raster.product import TiePointGrid
from estran.raster.tie_points import interpolate

WINDOW = Window(3, 5, 17, 13)


def points(data: object, offset: float = 0.0, step: float = 4.0, **known: object) -> TiePointGrid:
    return TiePointGrid("angle", np.array(data, np.float32), offset, offset, step, step, **known)  # type: ignore[arg-type]


def centres(window: Window, row_scale: float = 1.0, col_scale: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    return (np.arange(window.row, window.row + window.height) + 0.5) * row_scale, (
        np.arange(window.col, window.col + window.width) + 0.5
    ) * col_scale


@given(
    arrays(np.float32, st.tuples(st.integers(2, 7), st.integers(2, 7)), elements=st.floats(-90, 90, width=32)),
    st.floats(-8, 8),
    st.floats(-8, 8),
    st.floats(0.5, 9),
    st.floats(0.5, 9),
)
def test_as_scipy_interpolates_and_extrapolates(
    data: np.ndarray, offset_y: float, offset_x: float, step_y: float, step_x: float
) -> None:
    grid = TiePointGrid("a", data, offset_x, offset_y, step_x, step_y)
    axes = offset_y + step_y * np.arange(data.shape[0]), offset_x + step_x * np.arange(data.shape[1])
    scipy = RegularGridInterpolator(axes, data.astype(float), "linear", bounds_error=False, fill_value=None)
    expected = scipy(tuple(np.meshgrid(*centres(WINDOW), indexing="ij")))
    np.testing.assert_allclose(interpolate(grid, WINDOW), expected, rtol=1e-5, atol=1e-3 * max(1, 1 / step_y / step_x))


@given(st.floats(-50, 50), st.floats(-1, 1), st.floats(-1, 1))
def test_a_plane_goes_on_straight_beyond_the_last_point(constant: float, down: float, right: float) -> None:
    rows, cols = np.indices((3, 3)) * 4.0 + 2.0
    found = interpolate(points(constant + down * rows + right * cols, offset=2.0), WINDOW)
    y, x = centres(WINDOW)
    np.testing.assert_allclose(found, constant + down * y[:, None] + right * x, atol=2e-4)


def test_a_point_at_a_pixel_s_centre_gives_its_value() -> None:
    data = np.random.default_rng(1).normal(0, 30, (4, 5)).astype(np.float32)
    found = interpolate(points(data, offset=0.5), Window(0, 0, 13, 17))
    np.testing.assert_array_equal(found[::4, ::4], data)


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (4, 1)])
def test_along_an_axis_of_one_point_nothing_changes(shape: tuple[int, int]) -> None:
    data = np.arange(4, dtype=np.float32)[: max(shape)].reshape(shape)
    found = interpolate(points(data, offset=0.5), Window(0, 0, 13, 13))
    assert found.shape == (13, 13)
    line = np.arange(13) / 4 if max(shape) > 1 else np.zeros(13)
    across = np.tile(line, (13, 1))
    np.testing.assert_allclose(found, across if shape[0] == 1 else across.T, atol=1e-6)


@given(st.integers(1, 12), st.integers(1, 16), st.booleans())
def test_tiles_have_the_bits_of_the_whole(height: int, width: int, cyclic: bool) -> None:
    data = np.random.default_rng(2).uniform(-180, 180, (5, 6))
    grid = points(data, cyclic=cyclic)
    whole = interpolate(grid, Window(0, 0, 20, 24))
    for tile in Grid(24, 20).tiles(min(height, width)):
        np.testing.assert_array_equal(interpolate(grid, tile), whole[tile.slices])


@given(st.sampled_from([0.5, 1 / 3, 2.0, 6.0]), st.sampled_from([0.5, 1.0, 3.0]))
def test_a_band_of_another_pixel_size_sees_the_same_field(row_scale: float, col_scale: float) -> None:
    """The field is linear, so that its value at a pixel's centre is known, in pixels of the scene."""
    rows, cols = np.indices((4, 4)) * 4.0
    found = interpolate(points(10 + 0.5 * rows - 0.25 * cols), WINDOW, row_scale, col_scale)
    y, x = centres(WINDOW, row_scale, col_scale)
    np.testing.assert_allclose(found, 10 + 0.5 * y[:, None] - 0.25 * x, rtol=1e-6, atol=1e-5)


class TestAngles:
    @given(st.floats(-180, 180), st.floats(-60, 60), st.floats(0.01, 0.99))
    def test_between_two_directions_the_short_way_is_taken(self, start: float, change: float, at: float) -> None:
        """Never beyond the two, and halfway in the middle, wherever the count of degrees begins anew."""
        end = (start + change + 180) % 360 - 180
        grid = TiePointGrid("a", np.array([[start, end]], np.float32), 0.0, 0.5, 1.0, 1.0, cyclic=True)

        def moved(fraction: float) -> float:
            """The angle at a fraction of the way, counted from the start."""
            found = interpolate(grid, Window(0, 0, 1, 1), col_scale=2 * fraction)[0, 0]
            return (float(found) - start + 180) % 360 - 180

        assert min(0, change) - 1e-3 <= moved(at) <= max(0, change) + 1e-3
        assert moved(0.5) == pytest.approx(change / 2, abs=1e-3)

    def test_across_the_turn_in_both_conventions(self) -> None:
        signed = interpolate(points([[170.0, -170.0]], offset=0.5, cyclic=True), Window(0, 0, 1, 5))[0]
        unsigned = interpolate(points([[350.0, 10.0]], offset=0.5, cyclic=True), Window(0, 0, 1, 5))[0]
        assert abs(signed[2]) == pytest.approx(180, abs=1e-4)
        assert (signed[1], signed[3]) == pytest.approx((175.04, -175.04), abs=0.1)
        assert unsigned[2] % 360 == pytest.approx(0, abs=1e-4)
        assert (unsigned[1], unsigned[3]) == pytest.approx((354.96, 5.04), abs=0.1)

    def test_as_plain_numbers_they_would_go_the_wrong_way(self) -> None:
        found = interpolate(points([[170.0, -170.0]], offset=0.5), Window(0, 0, 1, 5))[0]
        assert found[2] == pytest.approx(0, abs=1e-4)

    @given(arrays(np.float32, (3, 3), elements=st.floats(-180, 180, width=32)))
    def test_signed_points_give_signed_angles(self, data: np.ndarray) -> None:
        found = interpolate(points(data, cyclic=True), WINDOW)
        assert found.dtype == np.float32
        assert (np.abs(found) <= 180).all()

    @given(arrays(np.float32, (3, 3), elements=st.floats(0, 360, width=32)), st.floats(181, 359))
    def test_points_beyond_180_give_angles_from_0_to_360(self, data: np.ndarray, one: float) -> None:
        data[1, 1] = one
        found = interpolate(points(data, cyclic=True), WINDOW)
        assert ((found >= 0) & (found <= 360)).all()

    @pytest.mark.parametrize("cyclic", [False, True])
    def test_a_missing_point_is_missing_in_its_cells_alone(self, cyclic: bool) -> None:
        data = np.full((3, 4), 20.0)
        data[0, 0] = np.nan
        found = interpolate(points(data, offset=0.5, cyclic=cyclic), Window(0, 0, 9, 13))
        missing = np.isnan(found)
        np.testing.assert_array_equal(np.argwhere(missing).max(axis=0), [3, 3])
        assert found[~missing] == pytest.approx(20.0)

    @pytest.mark.parametrize("cyclic", [False, True])
    def test_a_grid_of_nothing_is_nothing(self, cyclic: bool) -> None:
        assert np.isnan(interpolate(points(np.full((2, 2), np.nan), cyclic=cyclic), WINDOW)).all()
