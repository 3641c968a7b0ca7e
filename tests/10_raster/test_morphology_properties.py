"""Morphology against SciPy and a flood with a priority queue, and its properties at edges, corners and large radii."""

from __future__ import annotations

import heapq
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

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

SHAPES = st.tuples(st.integers(1, 11), st.integers(1, 13))
MASKS = arrays(np.bool_, SHAPES)
EIGHT = np.ones((3, 3), bool)


def heights(shape: st.SearchStrategy[tuple[int, int]] = SHAPES) -> st.SearchStrategy[np.ndarray]:
    return arrays(np.float32, shape, elements=st.integers(-3, 9).map(np.float32))


def flooded(marker: np.ndarray, image: np.ndarray) -> np.ndarray:
    """The lowest pass from any marker to each pixel, by Dijkstra's algorithm with the highest value as a path's length
    (Barnes et al. 2014, doi:10.1016/j.cageo.2013.04.024): no scan, no order of rows.
    """
    level = np.maximum(marker, image)
    queue = [(float(level[at]), at) for at in np.ndindex(image.shape)]
    heapq.heapify(queue)
    while queue:
        value, (r, c) = heapq.heappop(queue)
        if value > level[r, c]:
            continue
        for i, j in itertools.product((r - 1, r, r + 1), (c - 1, c, c + 1)):
            if 0 <= i < image.shape[0] and 0 <= j < image.shape[1]:
                passed = max(value, float(image[i, j]))
                if passed < level[i, j]:
                    level[i, j] = passed
                    heapq.heappush(queue, (passed, (i, j)))
    return level


class TestReconstruction:
    @given(heights(), st.data())
    def test_is_the_lowest_pass_from_the_markers(self, image: np.ndarray, data: st.DataObject) -> None:
        rise = data.draw(arrays(np.float32, image.shape, elements=st.sampled_from([0.0, 1.0, 5.0, np.inf])))
        marker = (image + rise).astype(np.float32)
        expected = flooded(marker, image)
        np.testing.assert_array_equal(reconstruct_by_erosion(marker, image), expected)

    @given(heights(), st.data())
    def test_it_is_between_image_and_marker_and_stays(self, image: np.ndarray, data: st.DataObject) -> None:
        rise = data.draw(arrays(np.float32, image.shape, elements=st.floats(0, 5, width=32)))
        marker = (image + rise).astype(np.float32)
        found = reconstruct_by_erosion(marker.copy(), image)
        assert ((found >= image) & (found <= marker)).all()
        np.testing.assert_array_equal(reconstruct_by_erosion(found.copy(), image), found)

    @given(heights(), st.integers(0, 7))
    def test_turned_and_mirrored_images_give_turned_and_mirrored_results(self, image: np.ndarray, turn: int) -> None:
        """The scans have directions; the result has none."""

        def turned(array: np.ndarray) -> np.ndarray:
            return np.ascontiguousarray(np.rot90(array[::-1] if turn >= 4 else array, turn % 4))

        marker = np.full(image.shape, np.inf, np.float32)
        marker[0, 0] = image[0, 0]
        found = reconstruct_by_erosion(turned(marker), turned(image))
        np.testing.assert_array_equal(found, turned(reconstruct_by_erosion(marker.copy(), image)))

    @pytest.mark.parametrize("width", [2, 3, 5])
    @pytest.mark.parametrize("seed", range(12))
    def test_mazes_that_no_few_scans_follow(self, width: int, seed: int) -> None:
        """Narrow images of walls and gaps, whose paths go to and fro along the edges and through diagonals."""
        random = np.random.default_rng(seed)
        image = np.where(random.random((70, width)) < 0.55, 9, random.integers(0, 3, (70, width))).astype(np.float32)
        marker = np.full(image.shape, np.inf, np.float32)
        marker[-1] = image[-1]
        for turn in range(4):
            turned, start = (np.ascontiguousarray(np.rot90(a, turn)) for a in (image, marker))
            np.testing.assert_array_equal(reconstruct_by_erosion(start.copy(), turned), flooded(start, turned))

    def test_the_marker_itself_is_overwritten_and_the_image_is_not(self) -> None:
        image, marker = np.zeros((4, 4), np.float32), np.full((4, 4), 2, np.float32)
        marker[1, 1] = 0
        assert reconstruct_by_erosion(marker, image) is marker
        assert not marker.any()
        assert not image.any()

    def test_without_a_marker_nothing_comes_down(self) -> None:
        marker = np.full((3, 3), np.inf, np.float32)
        assert np.isinf(reconstruct_by_erosion(marker, np.zeros((3, 3), np.float32))).all()

    @pytest.mark.parametrize("shape", [(0, 0), (0, 5), (5, 0)])
    def test_an_empty_image_is_empty(self, shape: tuple[int, int]) -> None:
        assert reconstruct_by_erosion(np.zeros(shape, np.float32), np.zeros(shape, np.float32)).shape == shape

    def test_an_image_of_more_pixels_than_can_be_counted_is_refused(self) -> None:
        """One number seen as 65 537 x 65 536 pixels: nothing is in memory."""
        huge = np.broadcast_to(np.float32(0), (65537, 65536))
        with pytest.raises(EstranError, match=r"too large to be flooded: expected 4294967296 pixels or fewer.*cut it"):
            reconstruct_by_erosion(huge, huge)

    def test_a_spiral_corridor_is_followed_to_its_end(self) -> None:
        """Walls of 9 around a corridor of 1 that winds inwards: what enters at its mouth reaches the middle."""
        size = 41
        image = np.full((size, size), 9, np.float32)
        row, col, step, turns = 0, 0, (0, 1), 0
        image[row, col] = 1
        while turns < 2:
            ahead = row + 2 * step[0], col + 2 * step[1]
            if all(0 <= k < size for k in ahead) and image[ahead] == 9:
                image[row + step[0], col + step[1]] = image[ahead] = 1
                (row, col), turns = ahead, 0
            else:
                step, turns = (step[1], -step[0]), turns + 1
        marker = np.full(image.shape, np.inf, np.float32)
        marker[0, 0] = 1
        found = reconstruct_by_erosion(marker, image)
        assert found[row, col] == 1
        np.testing.assert_array_equal(found, image)


class TestFilling:
    @given(heights(), st.data())
    def test_drains_are_borders_within(self, image: np.ndarray, data: st.DataObject) -> None:
        drains = data.draw(arrays(np.bool_, image.shape))
        marker = np.full(image.shape, np.inf, np.float32)
        border = np.ones(image.shape, bool)
        border[1:-1, 1:-1] = False
        marker[border | drains] = image[border | drains]
        np.testing.assert_array_equal(fill_minima(image, drains), flooded(marker, image))

    @given(heights(), st.data(), st.floats(-5, 12, width=32))
    def test_a_level_is_the_value_of_borders_and_drains(
        self, image: np.ndarray, data: st.DataObject, level: float
    ) -> None:
        drains = data.draw(arrays(np.bool_, image.shape))
        found = fill_minima(image, drains, level)
        border = np.ones(image.shape, bool)
        border[1:-1, 1:-1] = False
        assert (found[border | drains] == np.float32(level)).all()
        inside = ~(border | drains)
        assert (found[inside] >= np.maximum(image, min(level, image.min()))[inside]).all()

    @given(heights(st.tuples(st.integers(3, 9), st.integers(3, 9))), st.floats(-100, 100, width=32))
    def test_lifting_the_image_lifts_the_result(self, image: np.ndarray, by: float) -> None:
        lift = np.float32(round(by))
        np.testing.assert_array_equal(fill_minima(image + lift), fill_minima(image) + lift)

    def test_the_image_is_not_changed_whatever_its_type_and_order(self) -> None:
        image = np.asfortranarray(np.full((5, 5), 3.0))
        image[2, 2] = 1.0
        before = image.copy()
        found = fill_minima(image, level=0.0)
        assert found.dtype == np.float32
        assert found[2, 2] == 3
        np.testing.assert_array_equal(image, before)

    @pytest.mark.parametrize("shape", [(1, 1), (1, 6), (6, 1), (2, 2)])
    def test_where_all_is_border_nothing_is_filled(self, shape: tuple[int, int]) -> None:
        image = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
        np.testing.assert_array_equal(fill_minima(image), image)


class TestDisks:
    @given(MASKS, st.floats(0, 9), st.sampled_from([(1.0, 1.0), (10.0, 20.0), (20.0, 10.0), (0.5, 0.4)]))
    def test_a_buffer_is_what_lies_within_scipy_s_distance(
        self, mask: np.ndarray, radius: float, pixel: tuple[float, float]
    ) -> None:
        length = radius * min(pixel)
        if mask.any():
            away = ndimage.distance_transform_edt(~mask, sampling=(pixel[1], pixel[0]))
        else:
            away = np.full(mask.shape, np.inf)
        clear = np.abs(away - length) > 1e-6 * length
        found = dilate_disk(mask, length, pixel)
        np.testing.assert_array_equal(found[clear], (away <= length)[clear])

    @given(MASKS, st.floats(0, 6))
    def test_erosion_is_scipy_s_with_an_image_that_goes_on(self, mask: np.ndarray, radius: float) -> None:
        reach = int(radius) + 1
        rows, cols = np.mgrid[-reach : reach + 1, -reach : reach + 1]
        disk = rows**2 + cols**2 <= radius**2
        expected = ndimage.binary_erosion(mask, disk, border_value=1)
        np.testing.assert_array_equal(erode_disk(mask, radius), expected)

    @given(MASKS, st.integers(0, 5))
    def test_squares_are_scipy_s(self, mask: np.ndarray, half: int) -> None:
        expected = ndimage.binary_dilation(mask, np.ones((2 * half + 1,) * 2, bool))
        np.testing.assert_array_equal(dilate_square(mask, half), expected)

    @pytest.mark.parametrize("radius", [254, 255, 256, 300, 511])
    @pytest.mark.parametrize("turned", [False, True])
    def test_radii_of_hundreds_of_pixels(self, radius: int, turned: bool) -> None:
        """3 km at pixels of 10 m; along a row and along a column, where a disk is widest."""
        mask = np.zeros((3, 1200), bool)
        mask[1, 600] = True
        mask = mask.T if turned else mask
        found = dilate_disk(mask, float(radius))
        line = found[:, 1] if turned else found[1]
        assert np.flatnonzero(line)[[0, -1]].tolist() == [600 - radius, 600 + radius]
        assert line.sum() == 2 * radius + 1
        beside = found[:, 0] if turned else found[0]
        assert beside.sum() == 2 * int(np.sqrt(radius**2 - 1)) + 1

    def test_a_wide_square(self) -> None:
        mask = np.zeros((2, 900), bool)
        mask[0, 450] = True
        assert dilate_square(mask, 400).sum(axis=1).tolist() == [801, 801]

    def test_a_large_radius_of_an_empty_mask_is_empty(self) -> None:
        assert not dilate_disk(np.zeros((4, 700), bool), 400.0).any()

    @given(st.floats(0, 40), st.sampled_from([(1.0, 1.0), (2.0, 3.0), (10.0, 10.0)]))
    def test_widths_are_those_of_a_circle(self, radius: float, pixel: tuple[float, float]) -> None:
        length = radius * pixel[0]
        widths = disk_widths(length, pixel)
        assert widths.size - 1 == int(length / pixel[1] + 1e-9)
        assert (np.diff(widths) <= 0).all()
        for down, width in enumerate(widths):
            height = down * pixel[1]
            assert (width * pixel[0]) ** 2 + height**2 <= length**2 * (1 + 1e-6) + 1e-6
            assert ((width + 1) * pixel[0]) ** 2 + height**2 > length**2 * (1 - 1e-6) - 1e-6

    @pytest.mark.parametrize("shape", [(0, 0), (0, 4), (4, 0), (1, 1)])
    def test_small_and_empty_masks(self, shape: tuple[int, int]) -> None:
        for full in (np.zeros(shape, bool), np.ones(shape, bool)):
            np.testing.assert_array_equal(dilate_disk(full, 2.0), full)
            np.testing.assert_array_equal(erode_disk(full, 2.0), full)

    def test_the_mask_given_is_neither_changed_nor_given_back(self) -> None:
        mask = np.zeros((5, 5), bool)
        mask[2, 2] = True
        for radius in (0.0, 1.0):
            found = dilate_disk(mask, radius)
            assert found is not mask
            assert not np.shares_memory(found, mask)
        assert mask.sum() == 1

    def test_masks_that_are_not_contiguous(self) -> None:
        mask = np.random.default_rng(3).random((20, 30)) > 0.8
        for view in (mask.T, mask[::2, ::-1], np.asfortranarray(mask)):
            np.testing.assert_array_equal(dilate_disk(view, 2.0), dilate_disk(view.copy(order="C"), 2.0))
            np.testing.assert_array_equal(majority(view), majority(view.copy(order="C")))


class TestMajority:
    @given(MASKS)
    def test_is_scipy_s_rank_filter(self, mask: np.ndarray) -> None:
        """The fifth largest of nine is set where at least five are."""
        expected = ndimage.rank_filter(mask.astype(np.uint8), 4, footprint=EIGHT, mode="constant", cval=0)
        np.testing.assert_array_equal(majority(mask), expected.astype(bool))

    def test_it_removes_single_pixels_and_fills_single_holes(self) -> None:
        mask = np.zeros((9, 9), bool)
        mask[1, 1] = True
        mask[4:8, 3:8] = True
        mask[5, 5] = False
        found = majority(mask)
        assert not found[1, 1]
        assert found[5, 5]
        assert not found[4, 3]  # a corner has four of nine
