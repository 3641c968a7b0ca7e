"""Resampling against a slow version in exact fractions, and the properties that its result must have."""

from __future__ import annotations

import math
import statistics
from fractions import Fraction

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from estran.errors import BadGrid
from estran.raster.grid import Grid, Window
from estran.raster.resample import AGGREGATIONS, Ratio, resample

RATIOS = [Fraction(1), Fraction(3, 2), Fraction(2), Fraction(5, 2), Fraction(3), Fraction(16, 5), Fraction(6)]
OFFSETS = [Fraction(0), Fraction(1, 2), Fraction(1), Fraction(-1, 4), Fraction(-2)]
UTM = "EPSG:32631"


def aggregated(raw: list[list[int]], top: Fraction, left: Fraction, size: Fraction, method: str, nodata: int) -> int:
    """One target pixel: the samples that it covers, each weighted by its covered area, as exact fractions."""
    values, weights = [], []
    for r, line in enumerate(raw):
        for c, value in enumerate(line):
            high = min(top + size, Fraction(r + 1)) - max(top, Fraction(r))
            wide = min(left + size, Fraction(c + 1)) - max(left, Fraction(c))
            if high > 0 and wide > 0 and value != nodata:
                values.append(value)
                weights.append(high * wide)
    if not values:
        return nodata
    if method == "Mean":
        return math.floor(sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights))
    if method == "Median":
        return math.floor(statistics.median([Fraction(v) for v in values]))
    if method in ("Min", "Max"):
        return min(values) if method == "Min" else max(values)
    result = -1 if method == "FlagAnd" else 0
    for value in values:
        result = result & value if method == "FlagAnd" else result | value
    return result


@pytest.mark.parametrize("method", [m for m in AGGREGATIONS if m != "First"])
@pytest.mark.parametrize("dtype", [np.uint16, np.int16])
@given(
    st.sampled_from(RATIOS),
    st.sampled_from(OFFSETS),
    st.lists(st.lists(st.integers(0, 40), min_size=6, max_size=6), min_size=1, max_size=6),
)
@settings(max_examples=30)
def test_aggregation_is_that_of_exact_fractions(
    method: str, dtype: type, scale: Fraction, offset: Fraction, raw: list[list[int]]
) -> None:
    """Of unsigned numbers, which have loops of their own, and of signed ones."""
    height, width = math.ceil(len(raw) / scale), math.ceil(6 / scale)
    found = resample(
        np.array(raw, dtype),
        Window(0, 0, len(raw), 6),
        Window(0, 0, height, width),
        Ratio(float(scale), float(scale), float(offset), float(offset)),
        method,  # type: ignore[arg-type]
        nodata=0,
    )
    if scale == 1 and offset == 0:  # the samples as they are
        np.testing.assert_array_equal(found, raw)
        return
    expected = [
        [aggregated(raw, offset + i * scale, offset + j * scale, scale, method, 0) for j in range(width)]
        for i in range(height)
    ]
    np.testing.assert_array_equal(found, expected)


@given(
    st.sampled_from([1 / 6, 0.25, 1 / 3, 0.5]),
    st.lists(st.lists(st.integers(-1000, 1000), min_size=5, max_size=5), min_size=2, max_size=6),
)
def test_bilinear_values_of_floats_lie_on_the_surface(scale: float, raw: list[list[int]]) -> None:
    """Target pixel (i, j) is sampled at its upper left corner, counted from the centre of the first sample, held at the
    image's edge (the half pixel that SNAP leaves out).
    """
    size = round(len(raw) / scale), round(5 / scale)
    found = resample(
        np.array(raw, np.float64), Window(0, 0, len(raw), 5), Window(0, 0, *size), Ratio(scale, scale), "Bilinear"
    )
    for i, j in ((0, 0), (1, 2), (size[0] - 1, size[1] - 1), (size[0] // 2, size[1] // 2)):
        y, x = min(max(i * scale - 0.5, 0), len(raw) - 1), min(max(j * scale - 0.5, 0), 4)
        r, c = min(int(y + 1e-9), len(raw) - 2), min(int(x + 1e-9), 3)
        fy, fx = y - r, x - c
        expected = (
            raw[r][c] * (1 - fy) * (1 - fx)
            + raw[r][c + 1] * (1 - fy) * fx
            + raw[r + 1][c] * fy * (1 - fx)
            + raw[r + 1][c + 1] * fy * fx
        )
        assert found[i, j] == pytest.approx(expected, abs=1e-6)


@given(
    st.sampled_from(["Min", "Max", "Mean", "Median", "Bilinear"]),
    st.sampled_from([1 / 3, 0.5, 1.5, 2.0, 3.0]),
    st.integers(0, 99),
)
def test_no_value_leaves_the_range_of_the_samples(method: str, scale: float, seed: int) -> None:
    raw = np.random.default_rng(seed).normal(0, 50, (9, 12)).astype(np.float32)
    size = math.ceil(9 / scale), math.ceil(12 / scale)
    found = resample(raw, Window(0, 0, 9, 12), Window(0, 0, *size), Ratio(scale, scale), method)  # type: ignore[arg-type]
    assert found.min() >= raw.min() - 1e-4
    assert found.max() <= raw.max() + 1e-4


@given(st.sampled_from([1.5, 3.0, 4.5, 9.0]), st.integers(0, 99))
def test_means_keep_the_sum_over_the_image(scale: float, seed: int) -> None:
    """Target pixels that cover the image exactly: sum times area is kept, also where a sample is divided."""
    raw = np.random.default_rng(seed).normal(0, 50, (9, 18))
    size = int(9 / scale), int(18 / scale)
    found = resample(raw, Window(0, 0, 9, 18), Window(0, 0, *size), Ratio(scale, scale), "Mean")
    assert found.sum() * scale**2 == pytest.approx(raw.sum(), abs=1e-6)


@given(st.sampled_from(["Min", "Max", "Mean", "Median", "FlagAnd", "FlagOr", "First"]), st.integers(0, 99))
def test_rows_and_columns_are_alike(method: str, seed: int) -> None:
    raw = np.random.default_rng(seed).integers(0, 99, (8, 13)).astype(np.uint16)
    one = resample(raw, Window(0, 0, 8, 13), Window(0, 0, 4, 5), Ratio(2.0, 2.6), method, nodata=5)  # type: ignore[arg-type]
    other = resample(raw.T, Window(0, 0, 13, 8), Window(0, 0, 5, 4), Ratio(2.6, 2.0), method, nodata=5)  # type: ignore[arg-type]
    np.testing.assert_array_equal(one, other.T)


@pytest.mark.parametrize("dtype", [">u2", "<u2", ">i4", ">f4", "<f8"])
@pytest.mark.parametrize("method", ["Mean", "Median", "Bilinear", "First"])
def test_the_order_of_bytes_does_not_matter(dtype: str, method: str) -> None:
    raw = np.random.default_rng(1).integers(1, 9999, (6, 6))
    scale = 0.5 if method == "Bilinear" else 2.0
    size = round(6 / scale)
    found, expected = (
        resample(raw.astype(d), Window(0, 0, 6, 6), Window(0, 0, size, size), Ratio(scale, scale), method)  # type: ignore[arg-type]
        for d in (dtype, np.dtype(dtype).newbyteorder("="))
    )
    np.testing.assert_array_equal(found, expected)


class TestAngles:
    @given(
        st.floats(0, 360, exclude_max=True),
        st.lists(st.floats(-80, 80), min_size=4, max_size=4),
        st.sampled_from([("Mean", 2.0), ("Median", 2.0), ("Min", 2.0), ("Max", 2.0), ("Bilinear", 0.5)]),
    )
    def test_turning_the_sky_turns_the_result(self, north: float, angles: list[float], how: tuple[str, float]) -> None:
        """Angles that differ by less than half a turn: their mean, median and order do not depend on where north is."""
        method, scale = how
        size = round(2 / scale)

        def of(shift: float) -> np.ndarray:
            raw = (np.array(angles).reshape(2, 2) + shift) % 360
            target = Window(0, 0, size, size)
            return resample(raw, Window(0, 0, 2, 2), target, Ratio(scale, scale), method, period=360.0)  # type: ignore[arg-type]

        found, plain = of(north), of(180.0)
        assert ((found >= 0) & (found < 360.0 + 1e-9)).all()
        np.testing.assert_allclose((found - north - plain + 180 + 180) % 360, 180, atol=1e-6)
        # Around 180 no angle passes north, and the numbers are those of numbers.
        numbers = np.array(angles).reshape(2, 2) + 180
        target = Window(0, 0, size, size)
        expected = resample(numbers, Window(0, 0, 2, 2), target, Ratio(scale, scale), method)  # type: ignore[arg-type]
        np.testing.assert_allclose(plain, expected, atol=1e-6)

    def test_a_mean_across_north(self) -> None:
        raw = np.array([[350.0, 20.0]], np.float32)
        found = resample(raw, Window(0, 0, 1, 2), Window(0, 0, 1, 1), Ratio(1, 2), "Mean", period=360.0)
        assert found.tolist() == [[5.0]]

    def test_without_a_period_numbers_are_numbers(self) -> None:
        raw = np.array([[350.0, 20.0]], np.float32)
        assert resample(raw, Window(0, 0, 1, 2), Window(0, 0, 1, 1), Ratio(1, 2), "Mean").tolist() == [[185.0]]


class TestWhereNothingIsValid:
    @pytest.mark.parametrize("method", ["Min", "Max", "Mean", "Median"])
    @pytest.mark.parametrize(
        ("dtype", "sample", "nodata", "expected"),
        [
            (np.uint16, 7, 7, 7),
            (np.int32, -1, -1, -1),
            (np.float32, np.nan, None, np.nan),
            (np.float32, np.nan, -9.0, -9.0),
            (np.float32, -9.0, -9.0, -9.0),
        ],
    )
    def test_no_data_is_given(self, method: str, dtype: type, sample: float, nodata: float, expected: float) -> None:
        raw = np.full((4, 4), sample, dtype)
        found = resample(raw, Window(0, 0, 4, 4), Window(0, 0, 2, 2), Ratio(2, 2), method, nodata=nodata)  # type: ignore[arg-type]
        np.testing.assert_array_equal(found, np.full((2, 2), expected, dtype))

    @pytest.mark.parametrize("method", ["FlagAnd", "FlagOr"])
    def test_flags_of_nothing_are_no_flags(self, method: str) -> None:
        raw = np.full((4, 4), 255, np.uint8)
        found = resample(raw, Window(0, 0, 4, 4), Window(0, 0, 2, 2), Ratio(2, 2, 9, 0), method)  # type: ignore[arg-type]
        assert not found.any()

    def test_beyond_the_source_there_is_nothing(self) -> None:
        raw = np.full((2, 2), 5, np.int16)
        found = resample(raw, Window(0, 0, 2, 2), Window(0, 0, 2, 3), Ratio(2, 2, 0, -2), "Mean", nodata=-1)
        assert found.tolist() == [[-1, 5, -1], [-1, -1, -1]]

    @pytest.mark.parametrize("method", ["Mean", "Max", "Median"])
    def test_one_saturated_part_saturates_the_pixel(self, method: str) -> None:
        raw = np.array([[1, 2, 3, 4], [1, 99, 3, 4]], np.int32)
        found = resample(raw, Window(0, 0, 2, 4), Window(0, 0, 1, 2), Ratio(2, 2), method, saturated=99)  # type: ignore[arg-type]
        assert found[0, 0] == 99
        assert found[0, 1] in (3, 4)

    @pytest.mark.parametrize("method", ["Mean", "Bilinear", "Median", "Nearest"])
    def test_an_empty_target_is_empty(self, method: str) -> None:
        found = resample(np.ones((3, 3), np.uint16), Window(0, 0, 3, 3), Window(0, 0, 0, 2), Ratio(2, 2), method)  # type: ignore[arg-type]
        assert found.shape == (0, 2)


class TestRatio:
    @given(
        st.sampled_from([10.0, 20.0, 60.0]),
        st.sampled_from([5.0, 10.0, 30.0, 60.0]),
        st.integers(-40, 40),
        st.integers(-40, 40),
        st.tuples(st.floats(0, 50), st.floats(0, 50)),
    )
    def test_a_place_on_the_target_is_the_same_place_on_the_source(
        self, size: float, other: float, right: int, down: int, at: tuple[float, float]
    ) -> None:
        source = Grid(50, 50, Affine(size, 0, 600000, 0, -size, 5600000), UTM)
        target = Grid(50, 50, Affine(other, 0, 600000 + right * 5, 0, -other, 5600000 - down * 5), UTM)
        ratio = Ratio.between(source, target)
        x, y = 600000 + right * 5 + at[1] * other, 5600000 - down * 5 - at[0] * other
        row, col = ratio.row_offset + at[0] * ratio.row_scale, ratio.col_offset + at[1] * ratio.col_scale
        assert (5600000 - row * size, 600000 + col * size) == pytest.approx((y, x), abs=1e-6)

    def test_without_maps_the_same_ground_is_meant(self) -> None:
        ratio = Ratio.between(Grid(60, 30), Grid(20, 15, Affine(1, 0, 0, 0, -1, 0)))
        assert (ratio.row_scale, ratio.col_scale, ratio.row_offset, ratio.col_offset) == (2.0, 3.0, 0.0, 0.0)

    @pytest.mark.parametrize(
        ("ratio", "identity", "enlarges"),
        [
            (Ratio(1, 1), True, True),
            (Ratio(1, 1, 1, 0), False, True),
            (Ratio(1 + 1e-12, 1, 1e-12, 0), True, True),
            (Ratio(2, 2), False, False),
            (Ratio(0.5, 2), False, True),
        ],
    )
    def test_what_it_does(self, ratio: Ratio, identity: bool, enlarges: bool) -> None:
        assert ratio.is_identity is identity
        assert ratio.enlarges is enlarges

    @pytest.mark.parametrize(
        "transform", [Affine(-10, 0, 0, 0, -10, 0), Affine(10, 0, 0, 0, 10, 0), Affine(10, 1, 0, 0, -10, 0)]
    )
    def test_mirrored_and_rotated_grids_are_refused(self, transform: Affine) -> None:
        with pytest.raises(BadGrid, match=r"rotated against one another.*reproject"):
            Ratio.between(Grid(5, 5, Affine(10, 0, 0, 0, -10, 0), UTM), Grid(5, 5, transform, UTM))

    def test_grids_rotated_alike_are_not_rotated_against_one_another(self) -> None:
        turned = Grid(5, 5, Affine(8, 6, 0, 6, -8, 0), UTM)
        larger = Grid(5, 5, Affine(16, 12, 14, 12, -16, -2), UTM)
        ratio = Ratio.between(turned, larger)
        assert (ratio.row_scale, ratio.col_scale) == pytest.approx((2, 2))
        assert (ratio.row_offset, ratio.col_offset) == pytest.approx((1, 1))

    @given(
        st.sampled_from(["Mean", "Nearest", "Bilinear"]),
        st.sampled_from(RATIOS + [1 / r for r in RATIOS]),
        st.sampled_from(OFFSETS),
        st.integers(0, 12),
        st.integers(1, 12),
    )
    def test_the_source_pixels_needed_are_those_covered(
        self, method: str, scale: Fraction, offset: Fraction, first: int, count: int
    ) -> None:
        """In exact fractions; one more on each side for an interpolation, and none beyond the source's ends."""
        ratio = Ratio(float(scale), 1.0, float(offset), 0.0)
        found = ratio.needed(Window(first, 0, count, 1), (20, 20), method)  # type: ignore[arg-type]
        reach = method == "Bilinear"
        covered = range(math.floor(offset + first * scale) - reach, math.ceil(offset + (first + count) * scale) + reach)
        inside = [r for r in covered if 0 <= r < 20]
        if inside:
            assert (found.row, found.row + found.height - 1) == (inside[0], inside[-1])
        else:  # one pixel, so that there is an array
            assert found.height == 1
            assert found.row in (0, 19)
