"""The Sentinel-2 reader on small products: what the samples are, what they mean, where they lie."""

from __future__ import annotations

import importlib.util
import pickle
import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import dask
import numpy as np
import pytest
import rasterio

from estran.adapters.files.safe import is_safe, read_safe
from estran.errors import BadProduct, MissingBand
from estran.raster.product import Product

_spec = importlib.util.spec_from_file_location("safe_builder", Path(__file__).with_name("safe_builder.py"))
builder = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(builder)

OFFSETS = dict.fromkeys(range(13), -1000)
SUN = builder.constant(40.0, 150.0)
VIEWS = {5: (builder.constant(3.0, 100.0), np.ones((7, 7), bool))}


def snap_name(band: str) -> str:
    return band.replace("B0", "B")


@pytest.fixture(scope="module")
def raw() -> dict[str, np.ndarray]:
    return builder.samples()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, raw: dict[str, np.ndarray]) -> Path:
    return builder.build(tmp_path_factory.mktemp("safe"), raw, sun=SUN, views=VIEWS)


@pytest.fixture(scope="module")
def product(root: Path) -> Product:
    return read_safe(root)


def same_samples(product: Product, raw: dict[str, np.ndarray]) -> bool:
    return all(np.array_equal(product[snap_name(b)].data.compute(), data) for b, data in raw.items())


def test_every_sample_of_every_band_is_read(product: Product, raw: dict[str, np.ndarray]) -> None:
    for band, data in raw.items():
        read = product[snap_name(band)].data.compute()
        assert read.dtype == np.uint16
        np.testing.assert_array_equal(read, data)


def test_bands_are_named_and_described_as_in_snap(product: Product) -> None:
    assert [n for n in product.bands if n.startswith("B")] == [
        "B1",
        "B2",
        "B3",
        "B4",
        "B5",
        "B6",
        "B7",
        "B8",
        "B8A",
        "B9",
        "B10",
        "B11",
        "B12",
    ]
    band = product["B8A"]
    assert (band.unit, band.description, band.spectral_index, band.wavelength, band.bandwidth, band.solar_flux) == (
        "dl",
        "Reflectance in band B8A",
        8,
        864.7,
        21.0,
        1100.0,
    )
    assert product["B1"].wavelength == 442.7
    assert product["B2"].wavelength == 500.5  # what this product's metadata say, not our table


def test_each_band_lies_on_its_own_grid(product: Product) -> None:
    assert product.is_multisize
    assert product.grid == product["B2"].grid
    for name, metres in (("B2", 10), ("B8A", 20), ("B12", 20), ("B1", 60), ("B10", 60)):
        grid = product[name].grid
        assert grid.shape == product[name].data.shape == (3600 // metres, 3600 // metres)
        assert (grid.transform.c, grid.transform.f, grid.transform.a, grid.transform.e) == (
            600000,
            5700000,
            metres,
            -metres,
        )
        assert grid.crs == "EPSG:32631"


def test_what_is_known_about_the_product(product: Product, root: Path) -> None:
    assert product.name == root.stem
    assert product.kind == "S2_MSI_Level-1C"
    assert product.platform == "Sentinel-2B"
    assert product.start == product.stop == datetime(2020, 6, 15, 10, 50, 31, 24000, UTC)
    user, granules = product.metadata
    info = user.find("General_Info").find("Product_Info")
    assert info.attributes["PROCESSING_BASELINE"] == "02.08"
    assert info.find("Datatake").attributes["SENSING_ORBIT_NUMBER"] == "51"
    assert (
        user.find("General_Info").find("Product_Image_Characteristics").find("Reflectance_Conversion").attributes["U"]
        == "0.969"
    )
    assert user.find("Quality_Indicators_Info").attributes["Cloud_Coverage_Assessment"] == "12.5"
    assert (
        granules.find("Level-1C_Tile_T31UFS").find("General_Info").attributes["SENSING_TIME"]
        == "2020-06-15T10:56:27.457Z"
    )


def test_no_data_is_no_data_along_a_ragged_edge_and_saturation_is_reported(
    product: Product, raw: dict[str, np.ndarray]
) -> None:
    for band in ("B02", "B8A", "B10"):
        ours = product[snap_name(band)]
        physical = ours.physical(ours.data.compute())
        np.testing.assert_array_equal(np.isnan(physical), raw[band] == 0)
        assert ours.saturated == 65535
        assert raw[band][-1, -1] == ours.saturated


def test_reflectance_comes_from_quantification_and_offset(tmp_path: Path, raw: dict[str, np.ndarray]) -> None:
    offsets = {k: -1000 - k for k in range(13)}  # a band's own, by its number
    product = read_safe(builder.build(tmp_path, raw, baseline="04.00", offsets=offsets))
    for k, band in enumerate(builder.BANDS):
        ours = product[snap_name(band)]
        expected = np.where(raw[band] == 0, np.nan, (raw[band].astype(float) + offsets[k]) / 10000)
        np.testing.assert_allclose(ours.physical(raw[band]), expected, rtol=1e-6, atol=1e-9)


def test_offsets_are_those_that_the_product_lists_whatever_its_baseline_or_date(
    tmp_path: Path, raw: dict[str, np.ndarray]
) -> None:
    with_them = read_safe(builder.build(tmp_path, raw, baseline="02.08", offsets=OFFSETS))
    assert with_them["B4"].offset == -0.1
    assert "processing baseline 02.08, offset -1000 (RADIO_ADD_OFFSET)" in with_them.description


@pytest.mark.parametrize(
    ("baseline", "given", "offset"),
    [("02.08", None, 0.0), ("02.08", -1000.0, 0.0), ("05.11", -1000.0, -0.1), ("04.00", 0.0, 0.0)],
)
def test_where_none_is_listed_only_an_old_baseline_or_the_user_says_the_offset(
    tmp_path, raw, baseline, given, offset
) -> None:
    product = read_safe(builder.build(tmp_path, raw, baseline=baseline), offset=given)
    assert {product[snap_name(b)].offset for b in raw} == {offset}
    assert any("--offset -1000 is not needed" in note for note in product.notes) == (
        baseline == "02.08" and given is not None
    )


@pytest.mark.parametrize(
    ("element", "value"), [("RADIO_ADD_OFFSET", "1000"), ("RADIO_ADD_OFFSET", "-0.1"), ("QUANTIFICATION_VALUE", "1")]
)
def test_values_that_no_product_has_are_obeyed_and_named(
    tmp_path: Path, raw: dict[str, np.ndarray], element: str, value: str
) -> None:
    root = builder.build(tmp_path, raw, offsets=OFFSETS)
    assert not [n for n in read_safe(root).notes if "see that reflectances make sense" in n]
    path = root / "MTD_MSIL1C.xml"
    path.write_text(re.sub(f"(<{element} [^>]*>)[^<]*<", rf"\g<1>{value}<", path.read_text()))
    notes = [n for n in read_safe(root).notes if "see that reflectances make sense" in n]
    assert len(notes) == 1
    assert notes[0].startswith(f"{element} is {value}, where products have ")


@pytest.mark.parametrize("baseline", ["04.00", "05.11"])
def test_a_product_that_should_list_offsets_and_does_not_is_refused(
    tmp_path: Path, raw: dict[str, np.ndarray], baseline: str
) -> None:
    with pytest.raises(
        BadProduct,
        match=r"list no RADIO_ADD_OFFSET.* with --offset: -1000 for processing baseline 04.00 and later .*, 0 before\.",
    ):
        read_safe(builder.build(tmp_path, raw, baseline=baseline))


def test_two_baselines_of_a_scene_have_the_same_bits_for_every_sample(
    tmp_path: Path, raw: dict[str, np.ndarray]
) -> None:
    old = read_safe(builder.build(tmp_path / "old", raw, baseline="02.08"))
    new = read_safe(builder.build(tmp_path / "new", builder.shifted(raw, 1000), baseline="04.00", offsets=OFFSETS))
    for band in ("B2", "B8A", "B9"):
        a, b = (p[band].physical(p[band].data.compute()) for p in (old, new))
        inside = raw["B02" if band == "B2" else band.replace("B9", "B09")] != 65535
        assert np.array_equal(a[inside].view(np.uint32), b[inside].view(np.uint32))
    every = np.arange(1, 64535, dtype=np.uint16)
    for band in old.bands:
        assert np.array_equal(
            old[band].physical(every).view(np.uint32), new[band].physical(every + np.uint16(1000)).view(np.uint32)
        )


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED], ids=["deflated", "stored"])
def test_a_zip_is_read_in_place(tmp_path: Path, raw: dict[str, np.ndarray], compression: int) -> None:
    folder = builder.build(
        tmp_path, raw, sun=SUN, views=VIEWS, footprint=lambda band: np.full(builder.shape(band), 5, np.uint8)
    )
    packed = builder.zipped(folder, compression)
    before = sorted(tmp_path.rglob("*"))
    product = read_safe(packed)
    assert same_samples(product, raw)
    assert product["view_zenith_mean"].data.compute() == pytest.approx(3.0)
    assert sorted(tmp_path.rglob("*")) == before


def test_the_xml_and_the_manifest_name_the_product_too(root: Path) -> None:
    for door in (root / "MTD_MSIL1C.xml", root / "manifest.safe"):
        assert is_safe(door)
        assert list(read_safe(door).bands) == list(read_safe(root).bands)


def test_the_layout_before_december_2016_is_read(tmp_path: Path, raw: dict[str, np.ndarray]) -> None:
    root = builder.build(tmp_path, raw, baseline="02.01", old=True, sun=SUN, views=VIEWS)
    assert is_safe(root)
    assert same_samples(read_safe(root), raw)


def test_opening_reads_no_pixel_and_reading_a_window_reads_no_more(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    real = rasterio.io.DatasetReader
    monkeypatch.setattr(
        rasterio.io, "DatasetReader", lambda path, *a, **k: opened.append(Path(path).name) or real(path, *a, **k)
    )
    product = read_safe(root)
    assert opened == []
    product["B3"].data[10:20, 30:40].compute()
    assert opened == ["T31UFS_20200615T105031_B03.jp2"]


@pytest.mark.parametrize(
    "key",
    [
        (5, slice(10, 20)),
        (slice(None), 7),
        (slice(None, None, 2), slice(None, None, -3)),
        ([3, 7, 5], slice(None)),
        (slice(4, 4), slice(None)),
        (3, 4),
    ],
    ids=str,
)
def test_a_band_is_sliced_like_any_array(
    product: Product, raw: dict[str, np.ndarray], key: tuple[object, object]
) -> None:
    np.testing.assert_array_equal(product["B2"].data[key].compute(), raw["B02"][key])


def test_a_product_travels_to_another_process(product: Product, raw: dict[str, np.ndarray]) -> None:
    band, sun = (pickle.loads(pickle.dumps(product[name].data)) for name in ("B2", "sun_zenith"))
    np.testing.assert_array_equal(band.compute(), raw["B02"])
    assert sun.compute() == pytest.approx(40.0)


def test_many_threads_read_what_one_does(product: Product, raw: dict[str, np.ndarray]) -> None:
    names = [snap_name(b) for b in raw]
    small = [product[n].data.rechunk((60, 60)) for n in names]
    with dask.config.set(scheduler="threads", num_workers=8):
        many = dask.compute(*small)
    assert all(np.array_equal(a, raw[b]) for a, b in zip(many, raw, strict=True))


def test_a_band_that_is_not_listed_is_reported_and_missed_by_name(tmp_path: Path, raw: dict[str, np.ndarray]) -> None:
    product = read_safe(builder.build(tmp_path, {b: a for b, a in raw.items() if b != "B10"}))
    assert "The product does not list band B10." in product.notes
    with pytest.raises(MissingBand, match="B10"):
        product["B10"]


def test_progress_ends_at_one(root: Path) -> None:
    fractions: list[float] = []
    read_safe(root, progress=lambda fraction, _: fractions.append(fraction))
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_gdal_reads_the_same_samples_on_the_same_ground(root: Path, product: Product) -> None:
    """GDAL's SENTINEL2 driver, a reader that is not ours: same digital numbers, same georeference."""
    order = {10: ["B4", "B3", "B2", "B8"], 20: ["B5", "B6", "B7", "B8A", "B11", "B12"], 60: ["B1", "B9", "B10"]}
    for metres, names in order.items():
        with rasterio.open(f"SENTINEL2_L1C:{root / 'MTD_MSIL1C.xml'}:{metres}m:EPSG_32631") as dataset:
            for k, name in enumerate(names, start=1):
                assert dataset.tags(k)["BANDNAME"] == name
                np.testing.assert_array_equal(dataset.read(k), product[name].data.compute())
                assert dataset.transform == product[name].grid.transform
                assert dataset.crs.to_epsg() == 32631
                assert float(dataset.tags(k)["SOLAR_IRRADIANCE"]) == product[name].solar_flux


@pytest.mark.parametrize("name", ["notes.txt", "S1A_IW_GRDH.SAFE", "empty.zip"])
def test_what_is_not_sentinel_2_is_not_taken(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.endswith(".SAFE"):
        path.mkdir()
        (path / "manifest.safe").write_text("<x/>")
    elif name.endswith(".zip"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.txt", "a")
    else:
        path.write_text("hello")
    assert not is_safe(path)
    assert not is_safe(tmp_path / "nowhere")
