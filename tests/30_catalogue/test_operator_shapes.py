"""Operators on images of any shape and layout: one pixel, one row, other orders in memory, surveys in any order; and
that a pixel depends on its surroundings as far as is declared, and no less.
"""

from __future__ import annotations

import functools
from typing import Any

import contracts
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estran.catalogue import OPERATORS
from estran.catalogue.operators.cloud_displacement import CloudDisplacement
from estran.catalogue.operators.cloud_probability import CloudProbability
from estran.catalogue.operators.spectral_tests import SpectralTests
from estran.catalogue.operators.sun_glint import SunGlint
from estran.catalogue.spec import Operator, Walk
from estran.errors import EstranError
from estran.raster.grid import Window
from estran.raster.scene import Block, whole

EACH = pytest.mark.parametrize("op_class", OPERATORS, ids=lambda op: op.alias)
BY_PIXEL = pytest.mark.parametrize("op", [SpectralTests(), CloudProbability()], ids=lambda op: op.alias)
NEAR = [CloudDisplacement(), CloudDisplacement(half_width=1), SunGlint(), SunGlint(window=0)]
SURVEYED = [op() for op in OPERATORS if op.walk is Walk.SURVEYED]


@functools.cache
def scene(op_class: type[Operator]) -> Block:
    return contracts.sparse_scene(op_class, (60, 64))


def surveyed(op: Operator, block: Block) -> Any:
    with np.errstate(all="ignore"):
        return op.survey(block) if op.walk is Walk.SURVEYED else None


def computed(op: Operator, block: Block, survey: Any) -> dict[str, np.ndarray]:
    with np.errstate(all="ignore"):
        return dict(op.compute(block, survey).arrays)


def with_arrays(block: Block, change: Any) -> Block:
    """The scene with every array changed in one way, on the grid as it is."""
    return whole({name: change(array) for name, array in block.arrays.items()}, block.scene)


class TestSmallImages:
    @EACH
    @pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (2, 2), (3, 50)])
    def test_few_rows_or_columns_give_outputs_or_a_sentence(
        self, op_class: type[Operator], shape: tuple[int, int]
    ) -> None:
        block = contracts.sparse_scene(op_class, shape, seed=3)
        try:
            result = contracts.run(op_class(), block)
        except EstranError:  # too little for statistics
            return
        assert all(array.shape == shape for array in result.arrays.values())

    @BY_PIXEL
    def test_a_pixel_alone_is_the_same_as_among_others(self, op: Operator) -> None:
        block = scene(type(op))
        survey = surveyed(op, block)
        expected = computed(op, block, survey)
        for row, col in ((0, 0), (17, 30), (59, 63)):
            alone = computed(op, block.crop(Window(row, col, 1, 1)), survey)
            contracts.assert_same_bits(
                {name: array[row : row + 1, col : col + 1] for name, array in expected.items()}, alone, op.alias
            )


class TestPixelOperators:
    @BY_PIXEL
    @settings(max_examples=10)
    @given(seed=st.integers(0, 999))
    def test_shuffled_pixels_give_shuffled_results(self, op: Operator, seed: int) -> None:
        """Nothing but its own spectrum, and what the survey says, decides about a pixel."""
        block = scene(type(op))
        survey = surveyed(op, block)
        order = np.random.default_rng(seed).permutation(60 * 64)

        def shuffled(array: np.ndarray) -> np.ndarray:
            return np.ascontiguousarray(array.ravel()[order].reshape(array.shape))

        expected = {name: shuffled(array) for name, array in computed(op, block, survey).items()}
        found = computed(op, with_arrays(block, shuffled), survey)
        contracts.assert_same_bits(expected, found, op.alias)


@EACH
def test_views_of_larger_arrays_that_nobody_may_write_are_enough(op_class: type[Operator]) -> None:
    """Every other sample of a larger array, read only: as Dask, memory maps and xarray hand arrays over."""

    def view(array: np.ndarray) -> np.ndarray:
        larger = np.zeros((array.shape[0] * 2, array.shape[1] * 3), array.dtype)
        larger[::2, ::3] = array
        larger.flags.writeable = False
        return larger[::2, ::3]

    block = scene(op_class)
    expected = contracts.run(op_class(), block).arrays
    found = contracts.run(op_class(), with_arrays(block, view)).arrays
    contracts.assert_same_bits(expected, found, op_class.alias)


class TestReach:
    @pytest.mark.parametrize("op", NEAR, ids=lambda op: f"{op.alias} {op.halo()}")
    def test_what_lies_farther_than_the_halo_does_not_matter(self, op: Operator) -> None:
        """Everything outside of the halo is replaced by other ground: the pixel in the middle stays, bit for bit."""
        block = scene(type(op))
        survey = surveyed(op, block)
        row, col, halo = 30, 32, op.halo()
        near = np.zeros(block.shape, bool)
        near[row - halo : row + halo + 1, col - halo : col + halo + 1] = True
        other = contracts.sparse_scene(type(op), (60, 64), seed=9)
        mixed = whole({n: np.where(near, a, other.arrays[n]) for n, a in block.arrays.items()}, block.scene)
        for name, array in computed(op, block, survey).items():
            found = computed(op, mixed, survey)[name]
            assert array[row, col].tobytes() == found[row, col].tobytes(), name

    @pytest.mark.parametrize("half_width", [1, 3, 6])
    def test_the_halo_of_displacement_is_no_wider_than_it_is_used(self, half_width: int) -> None:
        op = CloudDisplacement(half_width=half_width)
        block = scene(CloudDisplacement)
        changed = dict(block.arrays)
        changed["nir"] = block.arrays["nir"].copy()
        changed["nir"][30, 32] *= np.float32(1.5)
        before, after = computed(op, block, None)["cdi"], computed(op, whole(changed, block.scene), None)["cdi"]
        rows, cols = np.nonzero(before.view(np.uint32) != after.view(np.uint32))
        assert (rows.min(), rows.max()) == (30 - half_width, 30 + half_width)
        assert (cols.min(), cols.max()) == (32 - half_width, 32 + half_width)

    @pytest.mark.parametrize("window", [0, 1, 4])
    def test_the_halo_is_the_parameter_s(self, window: int) -> None:
        assert SunGlint(window=window).halo() == window
        assert CloudDisplacement(half_width=window + 1).halo() == window + 1


@pytest.mark.parametrize("op", SURVEYED, ids=lambda op: op.alias)
class TestSurveys:
    def parts(self, op: Operator) -> list[Any]:
        block = scene(type(op))
        with np.errstate(all="ignore"):
            return [op.survey(block.crop(window)) for window in block.scene.grid.tiles(23)]

    @settings(max_examples=8, deadline=None)
    @given(data=st.data())
    def test_surveys_in_any_order_and_grouping_teach_the_same(self, op: Operator, data: st.DataObject) -> None:
        """Workers finish in any order; results have the same bits."""
        block, parts = scene(type(op)), self.parts(op)
        expected = computed(op, block, functools.reduce(op.merge, parts))
        pending = data.draw(st.permutations(parts))
        while len(pending) > 1:
            k = data.draw(st.integers(0, len(pending) - 2))
            pending[k : k + 2] = [op.merge(pending[k], pending[k + 1])]
        contracts.assert_same_bits(expected, computed(op, block, pending[0]), op.alias)

    def test_one_survey_of_all_teaches_what_many_do(self, op: Operator) -> None:
        block = scene(type(op))
        many = computed(op, block, functools.reduce(op.merge, self.parts(op)))
        contracts.assert_same_bits(computed(op, block, surveyed(op, block)), many, op.alias)

    def test_a_survey_of_nothing_adds_nothing(self, op: Operator) -> None:
        block = scene(type(op))
        empty = with_arrays(block, lambda array: np.full(array.shape, np.nan, np.float32))
        one = surveyed(op, block)
        expected = computed(op, block, one)
        for both in (op.merge(one, surveyed(op, empty)), op.merge(surveyed(op, empty), one)):
            contracts.assert_same_bits(expected, computed(op, block, both), op.alias)

    def test_merging_changes_neither_part(self, op: Operator) -> None:
        first, second, *_ = self.parts(op)
        block = scene(type(op))
        before = computed(op, block, first)
        op.merge(first, second)
        contracts.assert_same_bits(before, computed(op, block, first), op.alias)
