"""A real SNAP: the shims in its user directory, `gpt -h`, and a run on a BEAM-DIMAP whose bits are compared with the embedded engine's."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pytest

from estran.adapters.files import open_product, write_product
from estran.catalogue import OPERATORS
from estran.catalogue.spec import parameters_of
from estran.engine.run import run_operator
from estran.raster.product import Band, Product
from estran.sensors.bands import candidates

pytestmark = [pytest.mark.snap, pytest.mark.slow]


def _contracts():
    spec = importlib.util.spec_from_file_location("contracts", Path(__file__).parents[1] / "30_catalogue" / "contracts.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def gpt(repository, tmp_path_factory):
    """Run gpt in a user directory of its own, where our operators are installed; its completed process."""
    home = os.environ.get("SNAP_HOME")
    program = shutil.which("gpt", path=str(Path(home) / "bin")) if home else shutil.which("gpt")
    if program is None:
        pytest.skip("no SNAP: SNAP_HOME is not set and gpt is not on the PATH")
    if importlib.util.find_spec("esa_snappy") is None:
        pytest.skip("esa_snappy is not installed in this Python (pip install 'estran[snap]')")
    user = tmp_path_factory.mktemp("snap-user")
    plugin = user / "snap-python" / "estran"
    shutil.copytree(repository / "snap-operators", plugin)
    # SNAP does not read .pth files, so an editable install is not seen: the package lies beside the shims.
    shutil.copytree(repository / "python" / "estran", plugin / "estran", ignore=shutil.ignore_patterns("__pycache__"))
    properties = {"snap.userdir": user, "snap.pythonExecutable": sys.executable, "snap.pythonModuleDir": sysconfig.get_path("purelib")}

    def run(*arguments):
        options = [f"-J-D{name}={value}" for name, value in properties.items()]
        return subprocess.run([program, *options, *map(str, arguments)], capture_output=True, text=True, timeout=600)

    return run


@pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.alias)
def test_help_lists_every_parameter(gpt, op):
    done = gpt(op.alias, "-h")
    assert done.returncode == 0, done.stderr
    missing = [p.name for p in parameters_of(op) if f"-P{p.name}=" not in done.stdout]
    assert not missing


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """A DIMAP of 16-bit counts with no-data, as both engines open it."""
    contracts = _contracts()
    block = contracts.sparse_scene(next(op for op in OPERATORS if op.alias == "Estran.CloudMask"), (123, 157))
    bands = {}
    for semantic, array in block.arrays.items():
        name = candidates(semantic)[0]
        if semantic in contracts._BANDS:
            counts = np.clip(np.round((array + 0.1) * 1e4), 1, 65535).astype(np.uint16)
            counts[40:42, 50] = counts[0, 0] = 0
            bands[name] = Band(name, counts, block.scene.grid, scale=1e-4, offset=-0.1, nodata=0.0, unit="dl")
        else:
            bands[name] = Band(name, array, block.scene.grid)
    folder = tmp_path_factory.mktemp("products")
    return write_product(Product("S2A_MSIL1C_x", block.scene.grid, bands, platform="Sentinel-2A"), folder / "S2A_MSIL1C_x.dim")


@pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.alias)
def test_same_bits_as_the_engine(gpt, stack, tmp_path, op):
    done = gpt(op.alias, f"-Ssource={stack}", "-t", tmp_path / "out.dim", "-f", "BEAM-DIMAP")
    assert done.returncode == 0, done.stderr
    expected, found = run_operator(op(), {op.sources[0].name: open_product(stack)}), open_product(tmp_path / "out.dim")
    for written in op.writes:
        ours, theirs = np.asarray(expected[written.name].data), np.asarray(found[written.name].data)
        np.testing.assert_array_equal(theirs, ours, err_msg=written.name)
        assert found[written.name].coding == expected[written.name].coding
    assert set(expected.masks) <= set(found.masks)


def test_a_missing_source_is_a_sentence(gpt, tmp_path):
    done = gpt("Estran.CloudMask", "-t", tmp_path / "out.dim")
    assert done.returncode != 0
    assert "got no source product 'source'" in done.stderr
