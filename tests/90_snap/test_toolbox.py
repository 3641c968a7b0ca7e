"""SNAP with the Sentinel-2 toolbox: a .SAFE read and resampled by SNAP's own nodes, beside our reader and our engine.

SNAP places the nodes of angles elsewhere and mixes zeros in at the scene's edges: what is compared is made with
``--angles snap``, and tolerances come from the causes (decision 061). The .SAFE is a simulated one, or a real one of
Level-1C that ``ESTRAN_TEST_SAFE`` names.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import rasterio
from scipy import ndimage

from estran.adapters.files import open_product
from estran.adapters.files.safe import read_safe
from estran.cli.main import main
from estran.raster.tie_points import interpolate
from estran.sensors.bands import SENTINEL2
from estran.sensors.mixed_edges import mixed_edges

pytestmark = [pytest.mark.snap_toolbox, pytest.mark.slow]

LIMIT = 1800
"""Seconds for a run on a whole real product."""

NODATA = 255
"""Class of a pixel without data."""


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
    assert main(["simulate", "scene", str(folder / "scene"), "--seed", "23", "--size", "420", "--quiet"]) == 0
    (found,) = (folder / "scene").glob("*.SAFE")
    return found


def header(safe: Path) -> Path:
    """What gpt is given: the metadata file, which every version of the reader takes."""
    (found,) = safe.glob("MTD_MSIL1C.xml")
    return found


ANGLES = ("sun_zenith", "sun_azimuth", "view_zenith_mean", "view_azimuth_mean")
BANDS = ("B1", "B2", "B3", "B4", "B8", "B8A", "B10", "B11", "B12")
RESAMPLED = """<graph id="wanted"><version>1.0</version>
<node id="Resampled"><operator>S2Resampling</operator><sources><sourceProduct refid="${source}"/></sources><parameters>
<resolution>20</resolution><upsampling>Bilinear</upsampling><downsampling>Mean</downsampling><flagDownsampling>FlagOr</flagDownsampling></parameters></node>
<node id="Wanted"><operator>Subset</operator><sources><source refid="Resampled"/></sources><parameters>
<sourceBands>BANDS</sourceBands><copyMetadata>true</copyMetadata></parameters></node></graph>
""".replace("BANDS", ",".join((*BANDS, *ANGLES)))
"""S2Resampling with a Subset behind it: writing all bands of its product takes longer than anybody waits."""


@pytest.fixture(scope="module")
def resampled(toolbox, safe, tmp_path_factory):
    """The same bands of the same .SAFE at 20 m, by the toolbox and by the engine."""
    folder = tmp_path_factory.mktemp("resampled")
    graph = folder / "wanted.xml"
    graph.write_text(RESAMPLED, "utf-8")
    done = toolbox(graph, f"-Ssource={header(safe)}", "-t", folder / "theirs.dim", timeout=LIMIT)
    assert done.returncode == 0, done.stdout[-4000:]
    assert (
        main(["gpt", str(graph), f"-Ssource={safe}", "--angles", "snap", "-t", str(folder / "ours.dim"), "--quiet"])
        == 0
    )
    return folder / "theirs.dim", folder / "ours.dim"


def layer(product, name):
    """Physical values of a band or tie-point grid over the scene, NaN where no-data."""
    if name in product.bands:
        band = product[name]
        return band.physical(np.asarray(band.data), np.float64)
    return interpolate(product.tie_points[name], product.grid.window).astype(np.float64)


@pytest.fixture(scope="module")
def away_from_seams(safe):
    """Pixels of 20 m more than two pixels away from where any band changes its detector: there SNAP reads footprints of
    10 m bands from a coarser level.
    """
    away = None
    for band in SENTINEL2:
        name = band.name if len(band.name) == 3 else f"B0{band.name[1]}"
        mask = next(safe.glob(f"GRANULE/*/QI_DATA/MSK_DETFOO_{name}.jp2"), None)
        if mask is None:
            pytest.skip("the footprints of this product are polygons")
        with rasterio.open(mask) as source:
            label, pixel = source.read(1), source.transform.a
        rows, cols = (np.arange(round(size * pixel / 20)) * 20 // pixel for size in label.shape)
        label = label[np.ix_(rows.astype(int), cols.astype(int))]
        near = ndimage.maximum_filter(label, 5) != ndimage.minimum_filter(label, 5)
        away = ~near if away is None else away & ~near
    assert away.mean() > 0.5
    return away


def test_grid_time_and_platform(resampled):
    theirs, ours = (open_product(path) for path in resampled)
    assert theirs.grid == ours.grid
    assert abs((theirs.start - ours.start).total_seconds()) < 60
    assert theirs.platform == ours.platform


@pytest.mark.parametrize("name", ["sun_zenith", "sun_azimuth"])
def test_sun_angles(resampled, name):
    """As float numbers are: everywhere."""
    theirs, ours = (layer(open_product(path), name) for path in resampled)
    assert np.isfinite(theirs).all()
    np.testing.assert_allclose(theirs, ours, rtol=0, atol=1e-3)


@pytest.mark.parametrize("name", ["view_zenith_mean", "view_azimuth_mean"])
def test_view_angles(resampled, away_from_seams, name):
    """Sums of 13 float numbers, but where two detectors meet."""
    theirs, ours = (layer(open_product(path), name) for path in resampled)
    compared = away_from_seams & np.isfinite(ours)
    assert compared.any()
    np.testing.assert_allclose(theirs[compared], ours[compared], rtol=0, atol=1e-3)


def test_angles_at_the_metadata_s_nodes_are_others(resampled, safe):
    """The twin of the two above: they would see nodes that lie elsewhere."""
    if os.environ.get("ESTRAN_TEST_SAFE"):
        pytest.skip("under a sun in the north-east or south-west the difference can be small")
    theirs = open_product(resampled[0])
    metadata = read_safe(safe, compare_sums=False)
    difference = layer(theirs, "sun_zenith") - np.asarray(metadata["sun_zenith"].data)
    assert np.abs(difference).min() > 5e-3


@pytest.mark.parametrize("name", BANDS)
def test_reflectance(resampled, name):
    """Within half a count; bands that are interpolated without the edges, which hold zeros in SNAP's file and are
    no-data when it is opened.
    """
    theirs, ours = (layer(open_product(path), name) for path in resampled)
    start, end = mixed_edges(name, 20.0)
    inside = np.s_[start : theirs.shape[0] - end, start : theirs.shape[1] - end]
    both = np.isfinite(theirs[inside]) & np.isfinite(ours[inside])
    # Beside no-data SNAP has none either where one of four samples lacks; without a swath's edge there are no such
    # pixels.
    assert both.mean() > 0.99 * np.isfinite(ours).mean()
    assert np.abs(theirs[inside] - ours[inside])[both].max() <= 0.5e-4 + 1e-7
    if start:
        assert np.isnan(theirs[:start]).all()
        assert np.isnan(theirs[:, -end:]).all()


def test_snap_still_mixes_zeros_in_at_the_edges(resampled):
    """The reason for the rule, in SNAP's own samples: a quarter of the count in the corner."""
    samples = np.fromfile(resampled[0].with_suffix(".data") / "B10.img", ">u2")
    ours = open_product(resampled[1])["B10"]
    assert samples[0] == np.asarray(ours.data)[0, 0] // 4, (
        "SNAP no longer mixes zeros in at the border: the rule of decision 061 may go"
    )


FRAME = 12
"""Pixels along the edges that are left out: SNAP's edges are no-data, and what touches them changes."""


def _equal_classes(theirs: Path, ours: Path) -> float:
    found, expected = (np.asarray(open_product(path)["mask_class"].data) for path in (theirs, ours))
    assert np.unique(expected).size > 3, "the scene is too dull to tell anything"
    assert (found[0] == NODATA).all(), "the edges that SNAP mixed with zeros are no-data"
    inside = np.s_[FRAME:-FRAME, FRAME:-FRAME]
    return float((found[inside] == expected[inside]).mean())


@pytest.mark.parametrize("parallelism", [1, 8])
def test_graph_of_a_safe(toolbox, repository, safe, tmp_path, parallelism):
    """graphs/masks_safe.xml in gpt from the .SAFE, beside the same graph in the engine with SNAP's angles: 99.67 %
    where the edges are the only difference.
    """
    graph = repository / "graphs" / "masks_safe.xml"
    done = toolbox(
        graph,
        "-p",
        graph.with_suffix(".properties"),
        f"-Ssource={header(safe)}",
        "-t",
        tmp_path / "theirs.dim",
        "-q",
        parallelism,
        timeout=LIMIT,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    assert (
        main(["gpt", str(graph), f"-Ssource={safe}", "--angles", "snap", "-t", str(tmp_path / "ours.dim"), "--quiet"])
        == 0
    )
    assert _equal_classes(tmp_path / "theirs.dim", tmp_path / "ours.dim") >= 0.995


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
    (gone,) = broken.glob("GRANULE/*/IMG_DATA/*_B04.jp2")
    gone.unlink()
    graph = Path(__file__).parents[2] / "graphs" / "masks_safe.xml"
    done = toolbox(
        graph,
        "-p",
        graph.with_suffix(".properties"),
        f"-Ssource={header(broken)}",
        "-t",
        tmp_path / "out.dim",
        timeout=LIMIT,
    )
    assert done.returncode != 0
    assert not (tmp_path / "out.dim").exists()
