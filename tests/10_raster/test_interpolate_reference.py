"""Interpolation of directions against SciPy and brute force, with missing nodes, at the ends and where angles turn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.interpolate import RegularGridInterpolator

from estran.raster import interpolate

SIZES = st.tuples(st.integers(2, 6), st.integers(2, 7))
NODES = arrays(np.float64, SIZES, elements=st.floats(-90, 90))
PLACES = st.lists(st.floats(-3, 9), min_size=1, max_size=5).map(np.array)


@given(NODES, PLACES, PLACES)
def test_bilinear_is_scipy_s_also_beyond_the_ends(grid: np.ndarray, rows: np.ndarray, cols: np.ndarray) -> None:
    axes = tuple(np.arange(n, dtype=float) for n in grid.shape)
    scipy = RegularGridInterpolator(axes, grid, "linear", bounds_error=False, fill_value=None)
    expected = scipy(tuple(np.meshgrid(rows, cols, indexing="ij")))
    np.testing.assert_allclose(interpolate.bilinear(grid, rows, cols), expected, atol=1e-8)


@pytest.mark.parametrize("shape", [(1, 4), (4, 1)])
def test_along_an_axis_of_one_node_nothing_changes(shape: tuple[int, int]) -> None:
    grid = np.arange(4.0).reshape(shape)
    places = np.array([-1.0, 0.5, 2.25, 4.0])
    found = interpolate.bilinear(grid, places, places)
    across = np.tile(places, (4, 1))
    np.testing.assert_allclose(found, across if shape[0] == 1 else across.T)


@given(NODES)
def test_at_a_node_stands_its_value(grid: np.ndarray) -> None:
    rows, cols = (np.arange(n, dtype=float) for n in grid.shape)
    np.testing.assert_allclose(interpolate.bilinear(grid, rows, cols), grid, atol=1e-12)


def test_a_missing_node_is_missing_in_the_cells_around_it() -> None:
    grid = np.zeros((4, 5))
    grid[1, 2] = np.nan
    places = np.array([0.5, 1.5, 2.5])
    found = interpolate.bilinear(grid, places, np.array([0.5, 1.5, 2.5, 3.5]))
    assert np.isnan(found).tolist() == [[False, True, True, False]] * 2 + [[False] * 4]


@given(arrays(np.bool_, st.tuples(st.integers(1, 6), st.integers(1, 6))))
def test_distances_inside_are_those_to_the_nearest_node_of_the_other_kind(valid: np.ndarray) -> None:
    found = interpolate.inside_distance(valid)
    for at in np.ndindex(valid.shape):
        others = np.argwhere(valid != valid[at])
        if len(others):
            nearest = np.sqrt(((others - at) ** 2).sum(axis=1)).min()
            assert found[at] == pytest.approx(nearest if valid[at] else -nearest)
        else:
            assert (found[at] > 0) == valid[at]
            assert abs(found[at]) >= max(valid.shape)


@given(NODES, st.data())
def test_a_hole_takes_its_nearest_value_where_there_is_no_slope(grid: np.ndarray, data: st.DataObject) -> None:
    holes = data.draw(arrays(np.bool_, grid.shape))
    holes[0, 0] = False
    values = np.where(holes, np.nan, grid)
    filled = interpolate.fill_linear(values, slope=(0.0, 0.0))
    valid = np.argwhere(~holes)
    for at in np.argwhere(holes):
        far = ((valid - at) ** 2).sum(axis=1)
        nearest = {float(grid[tuple(v)]) for v in valid[far == far.min()]}
        assert filled[tuple(at)] in nearest


@given(NODES, st.floats(-50, 50), st.integers(0, 99))
def test_filling_does_not_depend_on_the_zero_of_the_values(grid: np.ndarray, by: float, seed: int) -> None:
    holes = np.random.default_rng(seed).random(grid.shape) < 0.4
    values = np.where(holes, np.nan, grid)
    np.testing.assert_allclose(
        interpolate.fill_linear(values + by), interpolate.fill_linear(values) + by, atol=1e-8, equal_nan=True
    )


def test_filling_changes_nothing_in_place() -> None:
    for values in (np.array([[1.0, np.nan], [3.0, 4.0]]), np.ones((2, 2)), np.full((2, 2), np.nan)):
        before = values.copy()
        filled = interpolate.fill_linear(values)
        assert filled is not values
        assert not np.shares_memory(filled, values)
        np.testing.assert_array_equal(values, before)


@given(st.integers(0, 9999))
def test_the_slope_is_that_of_least_squares(seed: int) -> None:
    """At the slope found, no other plane through the valid nodes has smaller residuals (normal equations)."""
    random = np.random.default_rng(seed)
    values = random.normal(0, 5, (5, 6))
    values[random.random(values.shape) < 0.4] = np.nan
    slope = interpolate.plane_slope(values)
    assert slope is not None
    rows, cols = np.nonzero(np.isfinite(values))
    rest = values[rows, cols] - slope[0] * rows - slope[1] * cols
    rest -= rest.mean()
    assert (rest @ rows, rest @ cols) == pytest.approx((0, 0), abs=1e-8)


class TestDirections:
    @given(st.floats(-60, 60), st.floats(-60, 60))
    def test_components_come_back_from_angles(self, east: float, north: float) -> None:
        zenith, azimuth = interpolate.from_components(np.array([[east], [north]]))
        assert 0 <= azimuth[0] < 360
        back = interpolate.to_components(zenith, azimuth)
        np.testing.assert_allclose(back[:, 0], [east, north], atol=1e-9)

    def test_the_nadir_has_the_azimuth_0(self) -> None:
        zenith, azimuth = interpolate.from_components(np.zeros((2, 1)))
        assert (zenith.tolist(), azimuth.tolist()) == ([0.0], [0.0])

    def test_a_little_west_of_north_is_not_360(self) -> None:
        """-1e-20 degrees and a whole turn are 360 in double precision, which is outside of the interval."""
        _, azimuth = interpolate.from_components(np.array([[-1e-22], [1.0]]))
        assert azimuth.tolist() == [0.0]

    @given(st.floats(0.5, 60), st.floats(0, 359))
    def test_one_band_gives_its_own_direction(self, zenith: float, azimuth: float) -> None:
        components = interpolate.to_components(np.full((2, 2), zenith), np.full((2, 2), azimuth))[None]
        found = interpolate.strip_directions(
            [(components, np.ones((1, 1), np.uint8))], np.array([0.3]), np.array([0.7])
        )
        assert found[0, 0, 0] == pytest.approx(zenith, rel=1e-6)
        assert (found[1, 0, 0] - azimuth + 180) % 360 == pytest.approx(180, abs=1e-3)

    @given(st.lists(st.tuples(st.floats(1, 60), st.floats(0, 359)), min_size=2, max_size=5), st.floats(0, 359))
    def test_turning_the_compass_turns_the_mean(self, angles: list[tuple[float, float]], by: float) -> None:
        def mean(turn: float) -> np.ndarray:
            bands = [
                (
                    interpolate.to_components(np.full((2, 2), z), np.full((2, 2), a + turn))[None],
                    np.ones((1, 1), np.uint8),
                )
                for z, a in angles
            ]
            return interpolate.strip_directions(bands, np.array([0.5]), np.array([0.5]))[:, 0, 0]

        plain, turned = mean(0.0), mean(by)
        assert plain[0] == pytest.approx(np.mean([z for z, _ in angles]), rel=1e-6)
        assert turned[0] == pytest.approx(plain[0], rel=1e-6)
        unit = np.mean([np.exp(1j * np.radians(a)) for _, a in angles])
        if abs(unit) > 0.1:  # else the directions cancel one another
            assert (turned[1] - plain[1] - by + 180) % 360 == pytest.approx(180, abs=0.01)
            assert (plain[1] - np.degrees(np.angle(unit)) + 180) % 360 == pytest.approx(180, abs=0.01)

    def test_opposite_views_have_a_mean_zenith_and_some_azimuth(self) -> None:
        """Unit vectors that cancel leave no direction; there is still a number."""
        bands = [
            (interpolate.to_components(np.full((2, 2), 5.0), np.full((2, 2), a))[None], np.ones((1, 1), np.uint8))
            for a in (90.0, 270.0)
        ]
        found = interpolate.strip_directions(bands, np.array([0.5]), np.array([0.5]))
        assert found[0, 0, 0] == pytest.approx(5.0)
        assert 0 <= found[1, 0, 0] < 360

    def test_without_bands_there_is_no_direction(self) -> None:
        found = interpolate.strip_directions([], np.array([0.0, 1.0]), np.array([0.0]))
        assert found.shape == (2, 2, 1)
        assert found.dtype == np.float32
        assert np.isnan(found).all()

    def test_a_strip_without_values_there_does_not_count(self) -> None:
        known = interpolate.to_components(np.full((2, 2), 4.0), np.full((2, 2), 80.0))[None]
        one = np.ones((1, 1), np.uint8)
        found = interpolate.strip_directions(
            [(known, one), (np.full_like(known, np.nan), one)], np.array([0.5]), np.array([0.5])
        )
        assert found[0, 0, 0] == pytest.approx(4.0)


class TestStrips:
    def test_of_two_equally_near_strips_the_first_is_taken(self) -> None:
        distances = np.ones((3, 2, 2))
        assert interpolate.nearest_strip(distances, np.array([0.0]), np.array([0.0])).tolist() == [[1]]

    def test_the_farthest_inside_wins(self) -> None:
        distances = np.stack([np.full((2, 2), d) for d in (1.0, 3.0, 2.0)])
        assert interpolate.nearest_strip(distances, np.array([0.0]), np.array([0.5])).tolist() == [[2]]

    @pytest.mark.parametrize(("reach", "expected"), [(1.0, 1), (0.5, 0), (0.0, 0), (-1.0, 1)])
    def test_reach(self, reach: float, expected: int) -> None:
        distances = np.full((1, 2, 2), -1.0)
        found = interpolate.nearest_strip(distances, np.array([0.0]), np.array([0.0]), reach)
        assert found.tolist() == [[expected]]

    def test_without_strips_all_is_outside(self) -> None:
        found = interpolate.nearest_strip(np.empty((0, 2, 2)), np.array([0.0, 1.0]), np.array([0.0]))
        assert found.tolist() == [[interpolate.OUTSIDE]] * 2
