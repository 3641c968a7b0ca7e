"""Relief shadow in a real SNAP: Rugged runs in SNAP's own Java, and decides as it does outside."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from estran.adapters.files import open_product, write_product
from estran.adapters.files.aux_raster import read_on_grid
from estran.adapters.java.ray_caster import ray_caster
from estran.catalogue.operators.relief_shadow import FLAGS, ReliefShadow
from estran.engine.run import run_now
from estran.raster.grid import Grid, Window
from estran.raster.product import Band, Product

pytestmark = [pytest.mark.snap, pytest.mark.slow]


@pytest.fixture(scope="session")
def ridges(stack, tmp_path_factory):
    """A DEM of ridges steep enough for a sun as high as 65 degrees, half as large again as the scene on every side."""
    scene = open_product(stack).grid
    margin = scene.width // 2
    grid: Grid = scene.sub(Window(-margin, -margin, scene.height + 2 * margin, scene.width + 2 * margin))
    y, x = np.mgrid[: grid.height, : grid.width] * 20.0
    heights = 1500 + 900 * np.sin(x / 300) * np.cos(y / 250) + 150 * np.sin(x / 170 + y / 230)
    folder = tmp_path_factory.mktemp("dem")
    return write_product(
        Product("dem", grid, {"dem": Band("dem", heights.astype(np.float32), grid, unit="m")}), folder / "dem.tif"
    )


@pytest.mark.skipif(
    importlib.util.find_spec("orekit_jpype") is None or importlib.util.find_spec("jpype") is None,
    reason="the extra rugged is not installed",
)
def test_rugged_decides_in_snap_s_java(gpt, stack, ridges, tmp_path):
    done = gpt("Estran.ReliefShadow", f"-Ssource={stack}", f"-Pdem={ridges}", "-t", tmp_path / "out.dim", "-q", 2)
    assert done.returncode == 0, done.stdout[-4000:]
    found = open_product(tmp_path / "out.dim")
    facts = next(e for e in found.metadata if e.name == "Estran_ReliefShadow_facts").attributes
    assert facts["backend"] == "hybrid", done.stdout[-4000:]
    assert int(facts["rays"]) > 100
    assert int(facts["rays_of_audit"]) > 10_000
    assert float(facts["audit_agreement"]) >= 0.999
    expected = run_now(
        ReliefShadow(dem=ridges), {"source": open_product(stack)}, read_aux=read_on_grid, ray_caster=ray_caster
    )
    for name in ("relief_flags", "relief_margin", "cos_incidence"):
        np.testing.assert_array_equal(np.asarray(found[name].data), np.asarray(expected[name].data), err_msg=name)
    assert 0.02 < FLAGS.unpack(np.asarray(found["relief_flags"].data), "CAST").mean() < 0.6


def test_the_sweep_needs_no_java(gpt, stack, ridges, tmp_path):
    done = gpt(
        "Estran.ReliefShadow", f"-Ssource={stack}", f"-Pdem={ridges}", "-Pbackend=sweep", "-t", tmp_path / "out.dim"
    )
    assert done.returncode == 0, done.stdout[-4000:]
    found = open_product(tmp_path / "out.dim")
    expected = run_now(
        ReliefShadow(dem=ridges, backend="sweep"), {"source": open_product(stack)}, read_aux=read_on_grid
    )
    for name in ("relief_flags", "relief_margin", "slope", "aspect"):
        np.testing.assert_array_equal(np.asarray(found[name].data), np.asarray(expected[name].data), err_msg=name)
