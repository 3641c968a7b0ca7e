"""Every operator on workers in other processes: the same bits as when it is called directly, also when a worker dies in
the middle.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import contracts
import dask.array as da
import numpy as np
import pytest

from estran.adapters.files.dimap.read import read_dimap
from estran.adapters.files.dimap.write import write_dimap
from estran.adapters.files.open import write_product
from estran.catalogue import OPERATORS
from estran.catalogue.operators.spectral_tests import SpectralTests
from estran.catalogue.operators.sun_glint import SunGlint
from estran.catalogue.spec import Walk
from estran.engine.run import run_now, run_operator
from estran.errors import EmptyScene
from estran.raster.product import Band, Product

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """Two processes with one thread each."""
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def lazy_product(op_class: Any) -> tuple[Any, Product]:
    """A sparse scene in chunks that fit no tile."""
    block = contracts.sparse_scene(op_class, (230, 240) if op_class.walk is Walk.SCENE else (70, 97))
    bands = {
        name: Band(name, da.from_array(array, chunks=31), block.scene.grid) for name, array in block.arrays.items()
    }
    return block, Product("scene", block.scene.grid, bands, platform="Sentinel-2A")


@pytest.mark.parametrize("op_class", OPERATORS, ids=lambda op: op.alias)
def test_two_processes_give_the_same_bits(op_class: Any, client: Any, tmp_path: Path) -> None:
    block, product = lazy_product(op_class)
    made = run_operator(op_class(), {op_class.sources[0].name: product}, tile=29)
    written = write_dimap(made, tmp_path / "made.dim")
    found = {w.name: np.asarray(read_dimap(tmp_path / "made.dim")[w.name].data) for w in op_class.writes}
    contracts.assert_same_bits(contracts.run(op_class(), block).arrays, found, f"{op_class.alias} in two processes")
    here = run_now(op_class(), {op_class.sources[0].name: product}, tile=29)
    assert written.notes == here.notes
    assert repr(written.metadata) == repr(here.metadata)


@pytest.mark.parametrize("op_class", [SpectralTests, SunGlint], ids=lambda op: op.alias)
def test_a_worker_that_dies_changes_nothing(op_class: Any, client: Any, tmp_path: Path) -> None:
    """Killed when the first block has come: what it held is computed again."""
    block, product = lazy_product(op_class)
    doomed = next(iter(client.run(os.getpid).values()))
    killed: list[int] = []

    def kill(fraction: float, message: str) -> None:
        if not killed:
            os.kill(doomed, signal.SIGKILL)
            killed.append(doomed)

    write_dimap(
        run_operator(op_class(), {op_class.sources[0].name: product}, tile=29), tmp_path / "made.dim", progress=kill
    )
    assert killed
    found = {w.name: np.asarray(read_dimap(tmp_path / "made.dim")[w.name].data) for w in op_class.writes}
    contracts.assert_same_bits(contracts.run(op_class(), block).arrays, found, f"{op_class.alias} with a worker killed")
    client.wait_for_workers(2, timeout=60)


@pytest.mark.parametrize("ending", [".tif", ".nc"])
def test_every_format_is_written_by_this_process(ending: str, client: Any, tmp_path: Path) -> None:
    """Files that only one process may write to get the same blocks."""
    from estran.adapters.files.open import open_product

    block, product = lazy_product(SpectralTests)
    write_product(run_operator(SpectralTests(), {"source": product}, tile=29), tmp_path / f"made{ending}")
    made = open_product(tmp_path / f"made{ending}")
    contracts.assert_same_bits(
        contracts.run(SpectralTests(), block).arrays,
        {w.name: np.asarray(made[w.name].data) for w in SpectralTests.writes},
        ending,
    )


def test_what_is_wrong_is_the_same_sentence(client: Any, tmp_path: Path) -> None:
    _, product = lazy_product(SpectralTests)
    blue = product["blue"]
    empty = product.with_bands(Band("blue", da.full(blue.grid.shape, np.nan, chunks=31, dtype=np.float32), blue.grid))
    with pytest.raises(EmptyScene, match="no pixel of the scene has data in blue"):
        write_dimap(run_operator(SpectralTests(), {"source": empty}, tile=29), tmp_path / "made.dim")
    assert list(tmp_path.iterdir()) == []
