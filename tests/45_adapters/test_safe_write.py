"""The written product: what GDAL and a plain XML reader find in it is what was simulated."""

from __future__ import annotations

import hashlib
import re
import warnings
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from affine import Affine

from estran.adapters.files.belongings import MARKER
from estran.adapters.files.safe_write import write_safe
from estran.adapters.files.safe_write.footprints import footprint_gml
from estran.adapters.files.safe_write.images import write_jp2
from estran.adapters.files.safe_write.metadata import product_name
from estran.cli.main import main
from estran.errors import TargetExists, WriteFailed
from estran.raster.grid import Grid
from estran.scenes.simulate import SceneConfig, SimulatedScene, simulate

rasterio = pytest.importorskip("rasterio")


@pytest.fixture(scope="module")
def old() -> SimulatedScene:
    return simulate(SceneConfig(seed=8, size=100, baseline="02.08", swath_edge=True))


@pytest.fixture(scope="module")
def new() -> SimulatedScene:
    return simulate(SceneConfig(seed=8, size=100, baseline="04.00", swath_edge=True))


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
                    assert [source.tags(k)["BANDNAME"] for k in source.indexes] == [
                        "B5",
                        "B6",
                        "B7",
                        "B8A",
                        "B11",
                        "B12",
                    ]


def test_images_are_lossless(old: SimulatedScene, old_path: Path) -> None:
    for band, numbers in old.bands.items():
        np.testing.assert_array_equal(image(old_path, band if len(band) == 3 else f"B0{band[1]}"), numbers)


def test_baselines_differ_by_the_offset_where_there_is_data(
    old: SimulatedScene, new: SimulatedScene, old_path: Path, new_path: Path
) -> None:
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
        special = {
            e.findtext("SPECIAL_VALUE_TEXT"): e.findtext("SPECIAL_VALUE_INDEX") for e in root.iter("Special_Values")
        }
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
        assert (int(size.findtext("NROWS") or 0), int(size.findtext("NCOLS") or 0)) == old.grids[
            int(size.get("resolution") or 0)
        ].shape
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


def test_footprints_tell_detectors_apart(
    old: SimulatedScene, new: SimulatedScene, old_path: Path, new_path: Path
) -> None:
    """Baseline 02.08 draws them as polygons, 04.00 as rasters; both say the same."""
    from rasterio.features import rasterize

    with rasterio.open(next(new_path.glob("GRANULE/*/QI_DATA/MSK_DETFOO_B8A.jp2"))) as source:
        raster = source.read(1)
    expected = np.where(new.bands["B8A"] == 0, 0, new.detectors[20])
    np.testing.assert_array_equal(raster, expected)
    text = next(old_path.glob("GRANULE/*/QI_DATA/MSK_DETFOO_B8A.gml")).read_text(encoding="utf-8")
    assert text == footprint_gml(old, "B8A", 8, np.where(old.bands["B8A"] == 0, 0, old.detectors[20]).astype(np.uint8))
    shapes = []
    for detector, feature in re.findall(
        r'gml:id="detector_footprint-B8A-(\d+)-\d+">(.*?)</eop:MaskFeature>', text, re.DOTALL
    ):
        rings = [
            np.array(points.split(), float).reshape(-1, 3)[:, :2].tolist()
            for points in re.findall(r"<gml:posList[^>]*>(.*?)<", feature)
        ]
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


def test_manifest_is_sound_xml_whose_sums_are_true(new_path: Path) -> None:
    """Sums by hand, beside those that the reader compares; every pointer of the package map has its object."""
    root = ElementTree.parse(new_path / "manifest.safe").getroot()
    for stream in root.iter("byteStream"):
        content = (new_path / stream.find("fileLocation").get("href")).read_bytes()
        assert int(stream.get("size")) == len(content)
        assert stream.find("checksum").get("checksumName") == "SHA3-256"
        assert stream.findtext("checksum") == hashlib.sha3_256(content).hexdigest()
    pointers = [p.get("dataObjectID") for p in root.iter("dataObjectPointer")]
    assert sorted(pointers) == sorted(o.get("ID") for o in root.iter("dataObject"))


# What SNAP 13's reader asks of a Level-1C product: senbox-org/optical-toolbox, opttbx-s2msi-reader, package
# eu.esa.opt.dataio.s2 (2026-07).
PRODUCT_XML = r"MTD_(MSIL(1C|2A|2H|2F|03)|OLIL2(H|F))\.xml"  # filepatterns/SAFECOMPACTNamingConvention
GRANULE = (
    r"(L1C|L2A|L2H|L2F|L03)_T([A-Z|0-9|_]{5})_A([0-9]{6})_([0-9]{8}T[0-9]{6})(|_(S2A|S2B|S2C|S2_|LS8|LS9)_R([0-9]{3}))"
)
DATASTRIP = r"DS_([A-Z|0-9|_]{4})_([0-9]{8}T[0-9]{6})_S([0-9]{8}T[0-9]{6})"
TILE_ID = (  # ortho/filepatterns/S2OrthoGranuleDirFilename
    r"(S2A|S2B|S2C|S2_)_([A-Z|0-9]{4})_([A-Z|0-9|_]{4})([A-Z|0-9|_]{3,6})_([A-Z|0-9|_]{3,4})_([0-9]{8}T[0-9]{6})_(A[0-9]{6})_(T[A-Z|0-9]{5})(_N[0-9]{2}\.[0-9]{2})"
)
DATASTRIP_ID = (  # filepatterns/S2DatastripDirFilename
    r"(S2A|S2B|S2_)_([A-Z|0-9]{4})_([A-Z|0-9|_]{4})([A-Z|0-9|_]{6})_([A-Z|0-9|_]{4})_([0-9]{8}T[0-9]{6})_(S[0-9]{8}T[0-9]{6})(_N[0-9]{2}\.[0-9]{2})"
)


@pytest.fixture(params=["old_path", "new_path"])
def either(request: pytest.FixtureRequest) -> Path:
    return request.getfixturevalue(request.param)


def only(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


def test_snap_finds_the_structure(either: Path) -> None:
    """S2ProductNamingUtils.checkStructureFromProductXml: DATASTRIP and GRANULE, each folder in them with one XML;
    ...FromGranuleXml: three folders.
    """
    assert re.fullmatch(PRODUCT_XML, only(either, "MTD_*.xml").name)
    strip, granule = only(either, "DATASTRIP/*"), only(either, "GRANULE/*")
    assert re.fullmatch(DATASTRIP, strip.name)
    assert re.fullmatch(GRANULE, granule.name)
    assert only(strip, "*.xml").name == "MTD_DS.xml"
    assert only(granule, "*.xml").name == "MTD_TL.xml"
    assert all((granule / name).is_dir() for name in ("IMG_DATA", "QI_DATA", "AUX_DATA"))


def test_snap_finds_identifiers_and_versions(either: Path) -> None:
    root = ElementTree.parse(either / "MTD_MSIL1C.xml").getroot()
    (granule,) = root.iter("Granule")
    assert re.fullmatch(TILE_ID, granule.get("granuleIdentifier") or "")
    assert re.fullmatch(DATASTRIP_ID, granule.get("datastripIdentifier") or "")
    tile = ElementTree.parse(only(either, "GRANULE/*/MTD_TL.xml")).getroot()
    # L1cMetadata.initTile keeps the tile whose identifier the product lists, of the zone that its name says
    # (S2CRSHelper).
    assert tile.findtext(".//TILE_ID") == granule.get("granuleIdentifier")
    assert tile.findtext(".//DATASTRIP_ID") == granule.get("datastripIdentifier")
    assert tile.findtext(".//HORIZONTAL_CS_CODE") == f"EPSG:326{only(either, 'GRANULE/*').name[5:7]}"
    # S2Metadata.getFullPSDversion: raster footprints and offsets are looked for where the namespace says 14 and the
    # baseline 04.00 or later.
    assert re.search(r"psd-(\d{2,}).sentinel2.eo.esa.int", (either / "MTD_MSIL1C.xml").read_text())[1] == "14"
    strip = ElementTree.parse(only(either, "DATASTRIP/*/MTD_DS.xml")).getroot()
    assert strip.findtext(".//DATATAKE_SENSING_START") == root.findtext(".//DATATAKE_SENSING_START")


def test_snap_finds_the_images(either: Path) -> None:
    """L1cProductMetadataPSD148.getProductOrganization and S2OrthoMetadata.computeFileName: names are made of the tile
    and of DATATAKE_SENSING_START.
    """
    root = ElementTree.parse(either / "MTD_MSIL1C.xml").getroot()
    start = root.findtext(".//DATATAKE_SENSING_START") or ""
    assert len(start) > 19
    stamp = start[0:4] + start[5:7] + start[8:13] + start[14:16] + start[17:19]
    assert root.findtext(".//Query_Options/PRODUCT_FORMAT") == "SAFE_COMPACT"
    for band in ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12"):
        only(either, f"GRANULE/*/IMG_DATA/T31TDH_{stamp}_{band}.jp2")
    for time in (
        "PRODUCT_START_TIME",
        "PRODUCT_STOP_TIME",
    ):  # Sentinel2OrthoProductReader: yyyy-MM-dd'T'HH:mm:ss.SSS'Z'
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", root.findtext(f".//{time}") or "")


def test_snap_finds_angles_and_masks(either: Path) -> None:
    """S2Metadata.wrapAngles splits each row at single spaces; S2Resampler looks for masks detector_footprint-BAND-NN
    with NN from 1 to 12.
    """
    root = ElementTree.parse(only(either, "GRANULE/*/MTD_TL.xml")).getroot()
    shapes = set()
    for grid in [*root.iter("Sun_Angles_Grid"), *root.iter("Viewing_Incidence_Angles_Grids")]:
        for angle in ("Zenith", "Azimuth"):
            rows = [(e.text or "").split(" ") for e in grid.find(angle).iter("VALUES")]
            shapes.add((len(rows), *{len(row) for row in rows}))
        assert grid.findtext("Zenith/COL_STEP") == "5000"
    assert len(shapes) == 1
    assert all(1 <= int(g.get("detectorId") or 0) <= 12 for g in root.iter("Viewing_Incidence_Angles_Grids"))
    masks = [m for m in root.iter("MASK_FILENAME") if m.get("type") == "MSK_DETFOO"]
    assert sorted(int(m.get("bandId") or -1) for m in masks) == list(range(13))
    assert all(only(either, f"GRANULE/*/QI_DATA/{Path(m.text or '').name}").is_file() for m in masks)


@pytest.mark.parametrize("size", [385, 386, 387, 389, 391, 420, 683, 1100])
def test_every_image_that_snap_reads_has_levels(size: int, tmp_path: Path) -> None:
    """Sentinel2ProductReader.computeJP2MatrixCellsResolutionCountWithGDAL: as many levels as GDAL has overviews; none
    is an index out of bounds.
    """
    for pixel in (10, 20, 60):
        side = -(-size * 20 // pixel)
        numbers = np.arange(side * side, dtype=np.uint32).astype(np.uint16).reshape(1, side, side)
        write_jp2(
            tmp_path / "image.jp2",
            numbers,
            Grid(side, side, Affine(pixel, 0, 399960, 0, -pixel, 4800000), "EPSG:32631"),
        )
        with rasterio.open(tmp_path / "image.jp2") as source:
            assert source.overviews(1), f"no overview at {side} x {side} pixels of {pixel} m"
            np.testing.assert_array_equal(source.read(), numbers)


def test_images_have_the_tiles_of_real_products(shared_data: Path, tmp_path: Path) -> None:
    with rasterio.open(next((shared_data / "eodag_s2_l1c_T31TDH_B01").glob("*_B01.jp2"))) as real:
        expected = real.block_shapes
    write_jp2(
        tmp_path / "image.jp2",
        np.ones((1, 400, 400), np.uint16),
        Grid(400, 400, Affine(60, 0, 399960, 0, -60, 4800000), "EPSG:32631"),
    )
    with rasterio.open(tmp_path / "image.jp2") as ours:
        assert ours.block_shapes == expected


def test_a_scene_too_small_for_snap_is_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", "scene", str(tmp_path / "s"), "--size", "384"]) == 2
    assert (
        "expected 385 or more, found 384. What to do: give a larger --size, or --small"
        in caplog.text + capsys.readouterr().err
    )
    assert not (tmp_path / "s").exists()
    assert main(["simulate", "scene", str(tmp_path / "s"), "--size", "64", "--small"]) == 0
    assert "RESOLUTIONS" not in caplog.text


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
    assert sorted(p.name for p in out.iterdir()) == [MARKER, product_name(old), "truth"]


def test_folder_with_other_things_is_kept(old: SimulatedScene, tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("dear")
    with pytest.raises(TargetExists, match="folder of its own"):
        write_safe(old, tmp_path, overwrite=True)
    assert (tmp_path / "letters.txt").read_text() == "dear"


def test_nothing_half_written(old: SimulatedScene, tmp_path: Path) -> None:
    def stop(fraction: float, _message: str) -> None:
        if fraction > 0.4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_safe(old, tmp_path / "scene", progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_place_that_cannot_be_written(old: SimulatedScene, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WriteFailed):
        write_safe(old, tmp_path / "file" / "scene")
