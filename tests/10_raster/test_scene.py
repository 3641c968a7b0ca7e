"""Blocks: parts of a scene keep their place, share their arrays, and say what they lack."""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st

from estran.errors import MissingBand
from estran.raster.grid import Grid, Window
from estran.raster.record import RunRecord
from estran.raster.scene import Block, Scene, quiet, whole

SCENE = Scene(Grid(40, 30, Affine(20, 0, 600000, 0, -20, 5600000), "EPSG:32631"), platform="Sentinel-2A")
WINDOW = Window(4, 6, 20, 25)


def block() -> Block:
    """Each sample says its row and column in the scene."""
    rows, cols = np.indices(SCENE.grid.shape)
    return Block({"row": rows[WINDOW.slices], "col": cols[WINDOW.slices]}, SCENE, WINDOW)


@st.composite
def inner_windows(draw: st.DrawFn) -> Window:
    """A window of scene pixels within the block's."""
    row, col = draw(st.integers(4, 23)), draw(st.integers(6, 30))
    return Window(row, col, draw(st.integers(1, 24 - row)), draw(st.integers(1, 31 - col)))


def assert_places(part: Block) -> None:
    """Every sample lies where its block's window says."""
    rows, cols = np.indices(part.shape)
    np.testing.assert_array_equal(part["row"], rows + part.window.row)
    np.testing.assert_array_equal(part["col"], cols + part.window.col)


@given(inner_windows())
def test_a_crop_keeps_each_sample_in_its_place(window: Window) -> None:
    part = block().crop(window)
    assert part.window == window
    assert part.shape == (window.height, window.width)
    assert part.scene is SCENE
    assert_places(part)


@given(inner_windows(), st.data())
def test_a_crop_of_a_crop_is_the_crop(window: Window, data: st.DataObject) -> None:
    outer = block().crop(window)
    row, col = data.draw(st.integers(0, window.height - 1)), data.draw(st.integers(0, window.width - 1))
    inner = Window(window.row + row, window.col + col, window.height - row, window.width - col)
    np.testing.assert_array_equal(outer.crop(inner)["row"], block().crop(inner)["row"])
    assert_places(outer.crop(inner))


@given(st.integers(0, 19), st.integers(0, 20))
def test_a_strip_keeps_its_rows_in_their_place(first: int, height: int) -> None:
    last = min(first + height, 20)
    part = block().strip(["row", "col"], first, last)
    assert part.window == Window(4 + first, 6, last - first, 25)
    assert_places(part)


def test_strips_side_by_side_are_the_block() -> None:
    parts = [block().strip(["row"], first, last)["row"] for first, last in ((0, 7), (7, 8), (8, 20))]
    np.testing.assert_array_equal(np.concatenate(parts), block()["row"])


def test_a_strip_has_the_arrays_named_of_those_that_there_are() -> None:
    part = block().strip(["col", "dem"], 0, 3)
    assert set(part.arrays) == {"col"}


def test_strips_and_crops_copy_nothing() -> None:
    whole_block = block()
    for part in (whole_block.strip(["row"], 2, 5), whole_block.crop(Window(5, 7, 3, 3))):
        assert np.shares_memory(part["row"], whole_block["row"])


class TestLookingUp:
    def test_an_array_that_is_missing_is_named_beside_those_that_there_are(self) -> None:
        with pytest.raises(MissingBand) as error:
            block()["dem"]
        assert "'dem' is missing" in str(error.value)
        assert "found row, col" in str(error.value)

    def test_an_optional_array_may_be_missing(self) -> None:
        assert block().get("dem") is None
        assert block().get("row") is not None
        assert "dem" not in block()
        assert "row" in block()

    def test_room_for_a_result_has_the_block_s_shape(self) -> None:
        room = block().empty("mask", np.uint8)
        assert room.shape == (20, 25)
        assert room.dtype == np.uint8
        assert room.flags.writeable


class TestResults:
    def test_they_lie_where_the_block_lay(self) -> None:
        given_block = block()
        result = given_block.out({"mask": np.zeros(given_block.shape, np.uint8)}, RunRecord(facts={"clouds": 3}))
        assert (result.window, result.scene) == (WINDOW, SCENE)
        assert set(result.arrays) == {"mask"}
        assert result.record.facts == {"clouds": 3}
        assert given_block.record == RunRecord()
        assert set(given_block.arrays) == {"row", "col"}

    def test_what_was_learnt_before_is_not_carried_on(self) -> None:
        first, second = (RunRecord(facts={name: 1}) for name in "ab")
        assert block().out({}, first).out({}, second).record == second

    def test_progress_goes_on_to_parts(self) -> None:
        heard = []
        listening = Block({"a": np.zeros((2, 2))}, SCENE, Window(0, 0, 2, 2), progress=lambda *said: heard.append(said))
        listening.crop(Window(0, 0, 1, 1)).progress(0.5, "half")
        listening.strip(["a"], 0, 1).progress(1.0, "done")
        assert heard == [(0.5, "half"), (1.0, "done")]

    def test_nobody_listens_by_default(self) -> None:
        assert block().progress is quiet
        assert quiet(0.5, "half") is None


class TestWholeScenes:
    def test_arrays_alone_make_a_scene(self) -> None:
        found = whole({"a": np.zeros((3, 5)), "b": np.ones((3, 5))}, pixel=10.0)
        assert found.window == Window(0, 0, 3, 5)
        assert found.scene.grid.shape == (3, 5)
        assert found.scene.grid.pixel_size == (10.0, 10.0)
        lon, lat = found.scene.grid.lonlat(0, 0)
        assert 0 < float(lon) < 6  # zone 31
        assert float(lat) > 0

    def test_a_scene_given_is_the_scene(self) -> None:
        found = whole({"a": np.zeros(SCENE.grid.shape)}, SCENE)
        assert found.scene is SCENE
        assert found.window == SCENE.grid.window
