"""SNAP with the Sentinel-2 toolbox: a .SAFE read and resampled by SNAP's own nodes, beside our reader and our engine.

Another resampler and other angle grids: the classes are equal on 99.9 % of the pixels, the angles within 0.1 degree. The .SAFE is a simulated one,
or a real one of Level-1C that ``ESTRAN_TEST_SAFE`` names.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from estran.adapters.files import open_product
from estran.cli.main import main
from estran.raster.tie_points import interpolate

pytestmark = [pytest.mark.snap_toolbox, pytest.mark.slow]

LIMIT = 1800
"""Seconds for a run on a whole real product."""


@pytest.fixture(scope="module")
def toolbox(gpt):
    """gpt, where it lists the toolbox's node."""
    listed = gpt("-h")
    assert listed.returncode == 0, listed.stdout[-4000:]
    if not re.search(r"^\s*S2Resampling\s", listed.stdout, re.MULTILINE):
        pytest.skip("this SNAP has no Sentinel-2 toolbox: gpt -h lists no S2Resampling")
    return gpt


@pytest.fixture(scope="module")
def safe(tmp_path_factory) -> Path:
    named = os.environ.get("ESTRAN_TEST_SAFE")
    if named:
        if not Path(named).is_dir():
            pytest.skip(f"ESTRAN_TEST_SAFE names no folder: {named}")
        return Path(named)
    folder = tmp_path_factory.mktemp("scene")
    assert main(["simulate", "scene", str(folder / "scene"), "--seed", "23", "--size", "384"]) == 0
    (found,) = (folder / "scene").glob("*.SAFE")
    return found


def header(safe: Path) -> Path:
    """What gpt is given: the metadata file, which every version of the reader takes."""
    (found,) = safe.glob("MTD_MSIL1C.xml")
    return found


@pytest.fixture(scope="module")
def resampled(toolbox, safe, tmp_path_factory):
    """The same .SAFE at 20 m, by the toolbox and by the engine."""
    folder = tmp_path_factory.mktemp("resampled")
    done = toolbox("S2Resampling", f"-SsourceProduct={header(safe)}", "-Presolution=20", "-t", folder / "theirs.dim", timeout=LIMIT)
    assert done.returncode == 0, done.stdout[-4000:]
    assert main(["gpt", "S2Resampling", f"-Ssource={safe}", "-Presolution=20", "-t", str(folder / "ours.dim")]) == 0
    return folder / "theirs.dim", folder / "ours.dim"


def layer(product, name):
    """Physical values of a band or tie-point grid over the scene."""
    if name in product.bands:
        band = product[name]
        return band.physical(np.asarray(band.data), np.float64)
    return interpolate(product.tie_points[name], product.grid.window).astype(np.float64)


def test_grid_time_and_platform(resampled):
    theirs, ours = (open_product(path) for path in resampled)
    assert theirs.grid == ours.grid
    assert abs((theirs.start - ours.start).total_seconds()) < 60
    assert theirs.platform == ours.platform


@pytest.mark.parametrize("name", ["sun_zenith", "view_zenith_mean"])
def test_zenith_angles(resampled, name):
    theirs, ours = (layer(open_product(path), name) for path in resampled)
    both = np.isfinite(theirs) & np.isfinite(ours)
    assert both.mean() > 0.999 * np.isfinite(ours).mean()
    assert np.abs(theirs - ours)[both].max() < 0.1


@pytest.mark.parametrize(("azimuth", "zenith"), [("sun_azimuth", "sun_zenith"), ("view_azimuth_mean", "view_zenith_mean")])
def test_azimuth_angles(resampled, azimuth, zenith):
    """The angle between the two directions: an azimuth counts as much as the sine of its zenith angle (it says nothing at nadir)."""
    products = [open_product(path) for path in resampled]
    (theirs, ours), slant = (layer(p, azimuth) for p in products), np.sin(np.radians(layer(products[1], zenith)))
    turn = np.abs((theirs - ours + 180) % 360 - 180) * slant
    assert np.nanmax(turn) < 0.1


@pytest.mark.parametrize("name", ["B2", "B4", "B8A", "B10", "B11"])
def test_reflectance(resampled, name):
    """In reflectance, offset and all: within half a count's step and the rounding of a mean, on 99.9 % of the pixels."""
    theirs, ours = (layer(open_product(path), name) for path in resampled)
    both = np.isfinite(theirs) & np.isfinite(ours)
    assert (np.abs(theirs - ours)[both] < 2e-4).mean() > 0.999


def _equal_classes(theirs: Path, ours: Path) -> float:
    found, expected = (np.asarray(open_product(path)["mask_class"].data) for path in (theirs, ours))
    assert np.unique(expected).size > 3, "the scene is too dull to tell anything"
    return float((found == expected).mean())


@pytest.mark.parametrize("parallelism", [1, 8])
def test_graph_of_a_safe(toolbox, repository, safe, tmp_path, parallelism):
    """graphs/masks_safe.xml in gpt from the .SAFE, beside the same graph in the engine."""
    graph = repository / "graphs" / "masks_safe.xml"
    done = toolbox(graph, "-p", graph.with_suffix(".properties"), f"-Ssource={header(safe)}", "-t", tmp_path / "theirs.dim", "-q", parallelism, timeout=LIMIT)
    assert done.returncode == 0, done.stdout[-4000:]
    assert main(["gpt", str(graph), f"-Ssource={safe}", "-t", str(tmp_path / "ours.dim")]) == 0
    assert _equal_classes(tmp_path / "theirs.dim", tmp_path / "ours.dim") >= 0.999


def test_the_mask_of_what_the_toolbox_resampled_is_the_engine_s_to_the_bit(toolbox, resampled, tmp_path):
    theirs, _ = resampled
    done = toolbox("Estran.CloudMask", f"-Ssource={theirs}", "-t", tmp_path / "theirs.dim", timeout=LIMIT)
    assert done.returncode == 0, done.stdout[-4000:]
    assert main(["gpt", "Estran.CloudMask", f"-Ssource={theirs}", "-t", str(tmp_path / "ours.dim")]) == 0
    found, expected = open_product(tmp_path / "theirs.dim"), open_product(tmp_path / "ours.dim")
    for name in expected.bands:
        np.testing.assert_array_equal(np.asarray(found[name].data), np.asarray(expected[name].data), err_msg=name)


def test_a_safe_without_resampling_says_which_to_run(toolbox, safe, tmp_path):
    """The desktop user's first click."""
    done = toolbox("Estran.CloudMask", f"-Ssource={header(safe)}", "-t", tmp_path / "out.dim", timeout=LIMIT)
    assert done.returncode == 1
    assert "the product's bands have more than one size" in done.stdout
    assert "S2 Resampling" in done.stdout
    assert not (tmp_path / "out.dim").exists()


def test_a_safe_that_lacks_a_band_is_an_error(toolbox, safe, tmp_path):
    """No mask is made of a product that is not whole."""
    if os.environ.get("ESTRAN_TEST_SAFE"):
        pytest.skip("a real product is not copied")
    broken = tmp_path / safe.name
    shutil.copytree(safe, broken)
    (gone,) = broken.rglob("*_B04.jp2")
    gone.unlink()
    graph = Path(__file__).parents[2] / "graphs" / "masks_safe.xml"
    done = toolbox(graph, "-p", graph.with_suffix(".properties"), f"-Ssource={header(broken)}", "-t", tmp_path / "out.dim", timeout=LIMIT)
    assert done.returncode != 0
    assert not (tmp_path / "out.dim").exists()
