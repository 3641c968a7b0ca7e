"""Scene operators that look at their bands through strips alone: a block that holds nothing gives the bits of one in
memory, and few reads.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

import contracts
import numpy as np
import pytest

from estran.catalogue.operators.cloud_mask import CloudMask
from estran.catalogue.operators.masks import Masks
from estran.masks.cloud import strips
from estran.raster.scene import Block


class Unread(dict):
    """Names of arrays that nobody may read as a whole."""

    def __getitem__(self, name):
        raise AssertionError(f"{name} was read as a whole")

    def get(self, name, default=None):
        return super().get(name, default) if name not in self else self[name]


@dataclass(frozen=True)
class Spooled(Block):
    """A block whose arrays lie elsewhere; counts the rows that are read of each, in images."""

    behind: Block | None = None
    reads: Counter = field(default_factory=Counter)

    def strip(self, names, first, last):
        self.reads.update(dict.fromkeys(names, (last - first) / self.shape[0]))
        return self.behind.strip(names, first, last)

    def take(self, name):
        return None


@pytest.mark.parametrize(
    "op", [Masks(relief=False), CloudMask(), CloudMask(mode="strict")], ids=["masks", "default", "strict"]
)
def test_a_block_that_holds_nothing_gives_the_same(op, monkeypatch):
    block = contracts.sparse_scene(op)
    expected = op.compute(block)
    monkeypatch.setattr(strips, "STRIP", 10 * block.shape[1])
    spooled = Spooled(Unread(block.arrays), block.scene, block.window, behind=block)
    found = op.compute(spooled)
    contracts.assert_same_bits(expected.arrays, found.arrays, "a block by strips")
    assert repr(expected.record) == repr(found.record)


def test_each_band_is_read_twice_and_a_few_once_more(monkeypatch):
    """The survey and the decision read every band; floods, heights and the cirrus under clouds read one band each,
    displacement two of its own.
    """
    op = Masks(relief=False)
    block = contracts.sparse_scene(op, (400, 97))
    monkeypatch.setattr(strips, "STRIP", 200 * block.shape[1])
    spooled = Spooled(Unread(block.arrays), block.scene, block.window, behind=block)
    op.compute(replace(spooled))
    rounded = {name: round(times) for name, times in spooled.reads.items()}
    assert {name for name, times in rounded.items() if times > 2} <= {"nir08", "swir16", "blue", "cirrus", "dem"}
    assert all(
        rounded[name] == 2 for name in ("green", "red", "swir22", "coastal", "nir09", "rededge071", "rededge075")
    )
    assert rounded["nir"] <= 1
    assert rounded["rededge078"] <= 1
    assert max(times for name, times in rounded.items() if name != "dem") <= 4
    assert rounded["dem"] <= 9  # evening out slopes reads it three times for each flood


def test_a_strip_is_some_rows_of_some_arrays():
    block = contracts.sparse_scene(CloudMask())
    part = block.crop(replace(block.window, row=20, height=30)).strip(("blue", "no such band"), 5, 9)
    assert set(part.arrays) == {"blue"}
    assert (part.window.row, part.shape) == (25, (4, block.shape[1]))
    np.testing.assert_array_equal(part["blue"], block["blue"][25:29])
    room = block.empty("cloud_class", np.uint8)
    assert (room.shape, room.dtype) == (block.shape, np.uint8)
