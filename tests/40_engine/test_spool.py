"""A scene whose inputs lie in temporary files: the same bits as in memory, and nothing of it stays."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import contracts
import dask.array as da
import numpy as np
import pytest

from estran.catalogue import OPERATORS
from estran.catalogue.operators.cloud_mask import CloudMask
from estran.engine import spool, whole_scene
from estran.engine.run import run_now
from estran.engine.spool import Spool, SpooledArrays, SpooledBlock
from estran.errors import TooLittleRoom
from estran.raster.product import Band, Product
from estran.raster.scene import whole

STRIPPED = [op for op in OPERATORS if op.passes]


@pytest.fixture(autouse=True)
def _temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def product_of(block: Any, **changed: np.ndarray) -> Product:
    arrays = {**block.arrays, **changed}
    return Product(
        "scene",
        block.scene.grid,
        {name: Band(name, da.from_array(array, chunks=61), block.scene.grid) for name, array in arrays.items()},
    )


@pytest.mark.parametrize("filled", [False, True], ids=["as it is", "with numbers that fill"])
@pytest.mark.parametrize("op_class", STRIPPED, ids=lambda op: op.alias)
def test_files_or_memory_are_the_same_to_the_bit(
    op_class: Any, filled: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    block = contracts.sparse_scene(op_class, (230, 240))
    changed = {}
    if filled:  # a corner that the sensor did not see, which no band declares
        changed = {name: array.copy() for name, array in block.arrays.items() if name in contracts._BANDS}
        for array in changed.values():
            array[:40, :70] = 0.0
    product = product_of(block, **changed)
    expected = run_now(op_class(), {"source": product})
    monkeypatch.setattr(whole_scene, "IN_MEMORY", 0)
    monkeypatch.setattr(spool, "STRIP", 37)
    made = []
    image = Spool.image
    monkeypatch.setattr(Spool, "image", lambda self, shape, widths: made.append(shape) or image(self, shape, widths))
    found = run_now(op_class(), {"source": product})
    assert made
    contracts.assert_same_bits(
        {w.name: expected[w.name].data for w in op_class.writes},
        {w.name: found[w.name].data for w in op_class.writes},
        op_class.alias,
    )
    assert found.notes == expected.notes
    assert not list(tmp_path.iterdir())


def test_a_scene_operator_asks_for_strips_and_reads_nothing_else(tmp_path: Path) -> None:
    """Whoever declares passes may not look at a band of reflectance as a whole: it would be held."""

    class Watched(SpooledArrays):
        def __getitem__(self, name: str) -> Any:
            assert name not in contracts._BANDS, f"{name} is read whole"
            return super().__getitem__(name)

    block = contracts.sparse_scene(CloudMask, (230, 240))
    folder = Spool(0)
    arrays: dict[str, Any] = {}
    for name, array in block.arrays.items():
        arrays[name] = folder.image(array.shape)
        arrays[name][:, :] = array
    watched = SpooledBlock(Watched(arrays), block.scene, block.window)
    contracts.assert_same_bits(
        contracts.run(CloudMask(), block).arrays, CloudMask().compute(watched).arrays, "by strips"
    )


@pytest.mark.parametrize("system", [True, False], ids=["calls with a place", "a place, then calls"])
@pytest.mark.parametrize("widths", [(), (11, 12, 7), (30,)], ids=str)
def test_windows_of_an_image(widths: tuple[int, ...], system: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Written whole panels wide and across panels, read by rows and by windows; not every system has the calls that
    need no lock.
    """
    if not system:
        monkeypatch.delattr("os.preadv")
        monkeypatch.delattr("os.pwrite")
    values = np.random.default_rng(0).random((50, 30)).astype(np.float32)
    image = Spool(0).image(values.shape, widths)
    image[0:20, 0:30] = values[:20]
    image[20:50, 0:11], image[20:50, 11:30] = values[20:, :11], values[20:, 11:]
    image[30:40, 5:25] = values[30:40, 5:25]
    np.testing.assert_array_equal(image[7:33, 5:9], values[7:33, 5:9])
    np.testing.assert_array_equal(image[0:50, 0:30], values)
    np.testing.assert_array_equal(image.rows(13, 14), values[13:14])
    image.forget()


def test_a_block_lets_go_of_images() -> None:
    values = np.random.default_rng(0).random((50, 30)).astype(np.float32)
    image = Spool(0).image(values.shape)
    image[0:50, 0:30] = values
    block = SpooledBlock(SpooledArrays({"red": image}), whole({"red": values}).scene, whole({"red": values}).window)
    np.testing.assert_array_equal(block.strip(("red", "blue"), 3, 9)["red"], values[3:9])
    block.release(("red", "blue"))
    assert "red" not in block
    assert image.is_forgotten


def test_too_small_a_disk_is_said_before_anything_is_read() -> None:
    with pytest.raises(TooLittleRoom, match=r"disk of temporary files has too little room.*set TMPDIR"):
        Spool(10**18)
