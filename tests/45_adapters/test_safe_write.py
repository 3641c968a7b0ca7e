"""The written product: what GDAL and a plain XML reader find in it is what was simulated."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from defusedxml import ElementTree

from estran.adapters.files.safe_write import write_safe
from estran.adapters.files.safe_write.footprints import footprint_gml
from estran.adapters.files.safe_write.metadata import product_name
from estran.errors import TargetExists, WriteFailed
from estran.scenes.simulate import SimulatedScene, Wish, simulate

rasterio = pytest.importorskip("rasterio")


@pytest.fixture(scope="module")
def old() -> SimulatedScene:
    return simulate(Wish(seed=8, size=100, baseline="02.08", swath_edge=True))


@pytest.fixture(scope="module")
def new() -> SimulatedScene:
    return simulate(Wish(seed=8, size=100, baseline="04.00", swath_edge=True))


@pytest.fixture(scope="module")
def old_path(old: SimulatedScene, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_safe(old, tmp_path_factory.mktemp("old") / "scene")


@pytest.fixture(scope="module")
def new_path(new: SimulatedScene, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_safe(new, tmp_path_factory.mktemp("new") / "scene")


def image(product: Path, band: str) -> np.ndarray:
    (path,) = product.glob(f"GRANULE/*/IMG_DATA/*_{band}.jp2")
    with rasterio.open(path) as source:
        return np.asarray(source.read(1))


def test_gdal_opens_every_subdataset(old: SimulatedScene, old_path: Path, new_path: Path) -> None:
    for product in (old_path, new_path):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
            with rasterio.open(product / "MTD_MSIL1C.xml") as container:
                assert container.driver == "SENTINEL2"
                names = container.subdatasets
        assert len(names) == 4
        for name in names:
            with rasterio.open(name) as source:
                pixel = {"10m": 10, "20m": 20, "60m": 60, "TCI": 10}[name.split(":")[-2]]
                assert source.shape == old.grids[pixel].shape
                assert source.transform == old.grids[pixel].transform
                assert source.crs.to_epsg() == 32631
                # GDAL finds the files that hold the bands, not zeros.
                assert source.read(1).max() > 0
                if pixel == 20:
                    assert [source.tags(k)["BANDNAME"] for k in source.indexes] == ["B5", "B6", "B7", "B8A", "B11", "B12"]


def test_images_are_lossless(old: SimulatedScene, old_path: Path) -> None:
    for band, numbers in old.bands.items():
        np.testing.assert_array_equal(image(old_path, band if len(band) == 3 else f"B0{band[1]}"), numbers)


def test_baselines_differ_by_the_offset_where_there_is_data(old: SimulatedScene, new: SimulatedScene, old_path: Path, new_path: Path) -> None:
    np.testing.assert_array_equal(old.bands["B4"], new.bands["B4"])
    for band in ("B02", "B8A", "B10"):
        before, after = image(old_path, band).astype(int), image(new_path, band).astype(int)
        data = (before != 0) & (before != 65535)
        assert data.any()
        assert (~data).any()
        assert (after[data] == before[data] + 1000).all()
        np.testing.assert_array_equal(after[~data], before[~data])


def test_metadata_say_how_to_read_the_numbers(old: SimulatedScene, old_path: Path, new_path: Path) -> None:
    for product, offsets in ((old_path, 0), (new_path, 13)):
        root = ElementTree.parse(product / "MTD_MSIL1C.xml").getroot()
        assert root.findtext(".//QUANTIFICATION_VALUE") == "10000"
        found = root.findall(".//RADIO_ADD_OFFSET")
        assert [int(e.text or "") for e in found] == [-1000] * offsets
        special = {e.findtext("SPECIAL_VALUE_TEXT"): e.findtext("SPECIAL_VALUE_INDEX") for e in root.iter("Special_Values")}
        assert special == {"NODATA": "0", "SATURATED": "65535"}
        assert len(root.findall(".//SOLAR_IRRADIANCE")) == 13
        assert float(root.findtext(".//U") or "nan") == pytest.approx(1 / old.distance**2)
        assert root.findtext(".//PRODUCT_URI") == product.name
        for entry in root.iter("IMAGE_FILE"):
            assert (product / f"{entry.text}.jp2").is_file()


def test_tile_metadata(old: SimulatedScene, old_path: Path) -> None:
    (path,) = old_path.glob("GRANULE/*/MTD_TL.xml")
    root = ElementTree.parse(path).getroot()
    for size in root.iter("Size"):
        assert (int(size.findtext("NROWS") or 0), int(size.findtext("NCOLS") or 0)) == old.grids[int(size.get("resolution") or 0)].shape
    grids = root.findall(".//Viewing_Incidence_Angles_Grids")
    assert len(grids) == 13 * len({d for _, d in old.view})
    assert len({g.get("detectorId") for g in grids}) >= 2
    for grid in grids:
        rows = [[float(v) for v in (e.text or "").split()] for e in grid.find("Zenith").iter("VALUES")]
        # Nodes every 5 km cover the scene.
        assert (len(rows) - 1) * 5000 >= 100 * 20
        assert np.isfinite(rows).any()
    assert float(root.findtext(".//Mean_Sun_Angle/ZENITH_ANGLE") or "nan") == old.sun_zenith
    for mask in root.iter("MASK_FILENAME"):
        assert (old_path / (mask.text or "")).is_file()


def test_footprints_tell_detectors_apart(old: SimulatedScene, new: SimulatedScene, old_path: Path, new_path: Path) -> None:
    """Baseline 02.08 draws them as polygons, 04.00 as rasters; both say the same."""
    from rasterio.features import rasterize

    with rasterio.open(next(new_path.glob("GRANULE/*/QI_DATA/MSK_DETFOO_B8A.jp2"))) as source:
        raster = source.read(1)
    expected = np.where(new.bands["B8A"] == 0, 0, new.detectors[20])
    np.testing.assert_array_equal(raster, expected)
    text = next(old_path.glob("GRANULE/*/QI_DATA/MSK_DETFOO_B8A.gml")).read_text(encoding="utf-8")
    assert text == footprint_gml(old, "B8A", 8, np.where(old.bands["B8A"] == 0, 0, old.detectors[20]).astype(np.uint8))
    shapes = []
    for detector, feature in re.findall(r'gml:id="detector_footprint-B8A-(\d+)-\d+">(.*?)</eop:MaskFeature>', text, re.DOTALL):
        rings = [np.array(points.split(), float).reshape(-1, 3)[:, :2].tolist() for points in re.findall(r"<gml:posList[^>]*>(.*?)<", feature)]
        shapes.append(({"type": "Polygon", "coordinates": rings}, int(detector)))
    assert len({detector for _, detector in shapes}) >= 2
    drawn = rasterize(shapes, out_shape=expected.shape, transform=old.grids[20].transform, dtype="uint8")
    np.testing.assert_array_equal(drawn, expected)


def test_truth_is_beside(old: SimulatedScene, old_path: Path) -> None:
    folder = old_path.parent / "truth"
    assert {p.stem for p in folder.glob("*.tif")} == set(old.truth)
    for name, layer in old.truth.items():
        with rasterio.open(folder / f"{name}.tif") as source:
            np.testing.assert_array_equal(source.read(1), layer)
            assert source.transform == old.grids[20].transform
            assert source.tags()["DESCRIPTION"]


def test_manifest_lists_every_file(old_path: Path) -> None:
    listed = set(re.findall(r'href="\./(.*?)"', (old_path / "manifest.safe").read_text(encoding="utf-8")))
    there = {p.relative_to(old_path).as_posix() for p in old_path.rglob("*") if p.is_file()}
    assert listed == there - {"manifest.safe"}


def test_name_says_what_it_is(old: SimulatedScene) -> None:
    assert re.fullmatch(r"S2A_MSIL1C_\d{8}T\d{6}_N0208_R051_T31TDH_\d{8}T\d{6}\.SAFE", product_name(old))


def test_safe_as_target(old: SimulatedScene, tmp_path: Path) -> None:
    path = write_safe(old, tmp_path / "mine.SAFE")
    assert path == tmp_path / "mine.SAFE"
    assert (path / "MTD_MSIL1C.xml").is_file()
    assert (tmp_path / "mine_truth" / "cloud.tif").is_file()


def test_target_exists(old: SimulatedScene, tmp_path: Path) -> None:
    out = tmp_path / "scene"
    out.mkdir()
    write_safe(old, out)
    with pytest.raises(TargetExists, match="--overwrite"):
        write_safe(old, out)
    write_safe(old, out, overwrite=True)
    assert sorted(p.name for p in out.iterdir()) == [product_name(old), "truth"]


def test_folder_with_other_things_is_kept(old: SimulatedScene, tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("dear")
    with pytest.raises(TargetExists, match="folder of its own"):
        write_safe(old, tmp_path, overwrite=True)
    assert (tmp_path / "letters.txt").read_text() == "dear"


def test_nothing_half_written(old: SimulatedScene, tmp_path: Path) -> None:
    def stop(share: float, _message: str) -> None:
        if share > 0.4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_safe(old, tmp_path / "scene", progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_place_that_cannot_be_written(old: SimulatedScene, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WriteFailed):
        write_safe(old, tmp_path / "file" / "scene")
