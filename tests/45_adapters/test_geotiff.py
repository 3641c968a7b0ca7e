"""GeoTIFF: stacks and folders as people have them, and cloud-optimised files that any GDAL reads."""

from __future__ import annotations

import subprocess
import sys
import warnings

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.enums import ColorInterp
from rasterio.errors import NotGeoreferencedWarning

from estran.adapters.files import open_product, write_product
from estran.adapters.files.geotiff.folder import read_folder
from estran.adapters.files.geotiff.read import read_raster
from estran.adapters.files.options import ReadOptions
from estran.errors import BadGrid, BadProduct
from estran.raster.coding import Flag, FlagCoding, IndexCoding, IndexValue
from estran.raster.grid import Grid
from estran.raster.product import Band, Product

GRID = Grid(640, 530, Affine(10, 0, 600000, 0, -10, 5000040), "EPSG:32631")
SENTINEL2 = ["B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B10", "B11", "B12"]


def raster(path, data, *, transform=GRID.transform, crs=GRID.crs, names=None, **profile):
    """A plain GeoTIFF by rasterio alone."""
    data = np.atleast_3d(data) if data.ndim == 3 else data[None]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(
            path,
            "w",
            driver="GTiff",
            count=len(data),
            height=data.shape[1],
            width=data.shape[2],
            dtype=data.dtype,
            transform=transform,
            crs=crs,
            **profile,
        ) as dataset:
            dataset.write(data)
            if names:
                dataset.descriptions = names
    return path


def counts(shape=(8, 10), top=9000):
    return np.random.default_rng(3).integers(1, top, shape).astype(np.uint16)


# ---------------------------------------------------------------- what is written


def test_cloud_optimised_and_plain_to_others(tmp_path):
    rng = np.random.default_rng(1)
    flags = FlagCoding(
        "cloud_flags", (Flag("CLOUD", 0, (255, 255, 255), "opaque cloud"), Flag("SHADOW", 3, (9, 9, 9), "its shadow"))
    )
    classes = IndexCoding(
        "class", (IndexValue("clear land", 0, (0, 99, 0), "land"), IndexValue("water", 7, (0, 0, 99), "water"))
    )
    bands = {
        "B2": Band(
            "B2", rng.integers(0, 60000, GRID.shape).astype(np.uint16), GRID, scale=1e-4, offset=-0.1, unit="dl"
        ),
        "cloud_flags": Band("cloud_flags", rng.integers(0, 9, GRID.shape).astype(np.uint8), GRID, coding=flags),
        "class": Band("class", rng.integers(0, 8, GRID.shape).astype(np.uint8), GRID, coding=classes),
    }
    write_product(Product("x", GRID, bands), tmp_path / "x.tif")
    with rasterio.open(tmp_path / "x.tif") as dataset:
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert dataset.overviews(1) == [2]
        assert dataset.dtypes == ("uint16",) * 3
        assert dataset.descriptions == ("B2", "cloud_flags", "class")
        assert (dataset.scales[0], dataset.offsets[0], dataset.units[0]) == (1e-4, -0.1, "dl")
        assert dataset.crs.to_epsg() == 32631
        assert dataset.transform == GRID.transform
        assert (dataset.tags(2)["flag_masks"], dataset.tags(2)["flag_meanings"]) == ("1 8", "CLOUD SHADOW")
        assert (dataset.tags(3)["flag_values"], dataset.tags(3)["flag_meanings"]) == ("0 7", "clear_land water")
        for number, band in enumerate(bands.values(), 1):
            np.testing.assert_array_equal(dataset.read(number), band.data)
        # Overviews of codes are picked, not averaged.
        assert set(np.unique(dataset.read(2, out_shape=(265, 320)))) <= set(range(9))


@pytest.mark.parametrize(
    ("types", "common"),
    [
        (("uint8", "uint16"), "uint16"),
        (("uint16", "float32"), "float32"),  # 24 bits of mantissa hold 16
        (("int16", "uint16"), "int32"),
        (("int32", "float32"), "float64"),
        (("uint32", "int32"), "float64"),  # a 64-bit integer would do too, but SNAP has none
    ],
)
def test_one_type_that_holds_all(types, common, tmp_path):
    grid = Grid(5, 4, GRID.transform, GRID.crs)
    limits = [np.iinfo(t) if np.dtype(t).kind in "iu" else np.finfo(t) for t in types]
    bands = {
        t: Band(t, np.resize(np.array([low.min, low.max, 0], t), grid.shape), grid)
        for t, low in zip(types, limits, strict=True)
    }
    write_product(Product("x", grid, bands), tmp_path / "x.tif")
    with rasterio.open(tmp_path / "x.tif") as dataset:
        assert set(dataset.dtypes) == {common}
    back = open_product(tmp_path / "x.tif")
    for name, band in bands.items():
        assert back[name].data.dtype == name
        np.testing.assert_array_equal(back[name].data, band.data)


def test_same_input_same_bytes(tmp_path):
    import dask.array

    data = np.random.default_rng(2).normal(size=GRID.shape).astype(np.float32)
    for name, chunks in (("a", 100), ("b", 317)):
        band = Band("a", dask.array.from_array(data, chunks=chunks), GRID)
        write_product(Product("x", GRID, {"a": band}), tmp_path / f"{name}.tif")
    assert (tmp_path / "a.tif").read_bytes() == (tmp_path / "b.tif").read_bytes()


# ---------------------------------------------------------------- what is read


def test_codings_of_other_writers(tmp_path):
    path = raster(tmp_path / "x.tif", np.zeros((4, 4), np.uint8), names=("mask",))
    with rasterio.open(path, "r+") as dataset:
        dataset.update_tags(1, flag_masks="1, 2, 12", flag_meanings="cloud shadow several")
    coding = open_product(path)["mask"].coding
    # Flags of several bits with values are no single bit and are left out.
    assert [(f.name, f.mask) for f in coding.flags] == [("cloud", 1), ("shadow", 2)]


def test_thirteen_bands_without_names(tmp_path):
    product = open_product(raster(tmp_path / "x.tif", np.stack([counts()] * 13)))
    assert list(product.bands) == SENTINEL2
    assert any("Sentinel-2's order" in note for note in product.notes)
    assert product["B8A"].wavelength == 864.7


def test_some_bands_without_names(tmp_path):
    product = open_product(raster(tmp_path / "x.tif", np.stack([counts()] * 3)))
    assert list(product.bands) == ["band_1", "band_2", "band_3"]
    # Of unknown bands nothing is assumed.
    assert not product["band_1"].is_scaled


@pytest.mark.parametrize(
    ("data", "scale", "told"),
    [
        (counts(), 1e-4, "0.0001 x sample"),
        (counts().astype(np.float32), 1e-4, "0.0001 x sample"),
        (counts().astype(np.float32) / 10000, 1.0, ""),
        ((counts() % 256).astype(np.uint8), 1.0, "8-bit numbers"),
    ],
)
def test_reflectance_times_ten_thousand(data, scale, told, tmp_path):
    product = open_product(raster(tmp_path / "x.tif", data, names=("B02",)))
    assert product["B2"].scale == scale
    assert told in " ".join(product.notes)


def test_scale_given(tmp_path):
    path = raster(tmp_path / "x.tif", counts(), names=("B02",))
    product = open_product(path, ReadOptions(scale=2e-5))
    assert product["B2"].scale == 2e-5
    assert not any("declared: reflectance" in note for note in product.notes)


def test_a_files_own_scaling_wins(tmp_path):
    path = raster(tmp_path / "x.tif", counts(), names=("B02",), nodata=65535)
    with rasterio.open(path, "r+") as dataset:
        dataset.scales, dataset.offsets = (2e-4,), (-0.2,)
    band = open_product(path)["B2"]
    assert (band.scale, band.offset, band.nodata) == (2e-4, -0.2, 65535)


def test_folder_of_several_sizes(tmp_path):
    fine, coarse = counts((12, 8)), counts((6, 4))
    raster(tmp_path / "T31_B02_10m.tif", fine)
    raster(tmp_path / "T31_B11_20m.tif", coarse, transform=GRID.transform * Affine.scale(2))
    raster(tmp_path / "T31_B12_20m.tif", coarse, transform=None, crs=None)
    product = open_product(tmp_path)
    assert {name: band.grid.shape for name, band in product.bands.items()} == {
        "B2": (12, 8),
        "B11": (6, 4),
        "B12": (6, 4),
    }
    assert product["B12"].grid == product["B11"].grid
    assert any("Without georeference" in note and "B12" in note for note in product.notes)
    assert product.grid == product["B2"].grid


def test_folder_of_two_places(tmp_path):
    raster(tmp_path / "B02.tif", counts())
    raster(tmp_path / "B03.tif", counts(), transform=Affine(10, 0, 700000, 0, -10, 5000040))
    with pytest.raises(
        BadGrid, match=r"'B3' covers other ground .*expected EPSG:32631 600000.*found EPSG:32631 700000"
    ):
        open_product(tmp_path)


def test_folder_of_two_scenes(tmp_path):
    for name in ("one_B02", "one_B03", "two_B02", "two_B03"):
        raster(tmp_path / f"{name}.tif", counts())
    with pytest.raises(BadProduct, match=r"several scenes .*found one, two"):
        open_product(tmp_path)
    (tmp_path / "two_B03.tif").unlink()
    product = open_product(tmp_path)
    assert list(product.bands) == ["B2", "B3"]
    assert any("two (1 files) left out" in note for note in product.notes)


def test_empty_folder(tmp_path):
    with pytest.raises(BadProduct, match="holds no product"):
        open_product(tmp_path)


def test_truncated_file(tmp_path):
    path = raster(
        tmp_path / "x.tif",
        np.random.default_rng(1).integers(1, 9000, (600, 700)).astype(np.uint16),
        compress="deflate",
        tiled=True,
    )
    path.write_bytes(path.read_bytes()[:150_000])
    with pytest.raises(BadProduct, match=r"truncated or damaged .*x\.tif"):
        np.asarray(open_product(path, ReadOptions(scale=1e-4))["x"].data)


# ---------------------------------------------------------------- real data


def test_snap_wrote_it(shared_data):
    """SNAP's GeoTIFF is all float32, bytes as bit patterns; the BEAM-DIMAP document in its tag 65000 says what each
    band was.
    """
    tif, dim = (open_product(shared_data / "snap_products" / f"utm.{ending}") for ending in ("tif", "dim"))
    assert list(tif.bands) == list(dim.bands)
    assert tif.masks == dim.masks
    for name, band in dim.bands.items():
        assert (tif[name].coding, tif[name].scale, tif[name].grid) == (band.coding, band.scale, band.grid)
        # float32 holds 24 bits: of i32 the rest was lost when SNAP wrote it.
        expected = np.asarray(band.data).astype(np.float32).astype(band.data.dtype)
        np.testing.assert_array_equal(tif[name].data, expected, err_msg=name)


def test_tile_of_which_three_files_are_georeferenced(shared_data):
    product = open_product(shared_data / "s2_l1c_T19UDP_160m")
    assert list(product.bands) == SENTINEL2
    assert {band.grid for band in product.bands.values()} == {product.grid}
    assert product.grid.crs == "EPSG:32619"
    assert any("B2, B3, B4" in note for note in product.notes if "Without georeference" in note)
    b10 = product["B10"]
    values = b10.physical(b10.data.compute())
    # PROVENANCE: 38 % of the tile has no data, and cirrus reaches 0.12 in B10.
    assert np.isnan(values).mean() == pytest.approx(0.38, abs=0.01)
    assert np.nanmax(values) == pytest.approx(0.12, abs=0.01)


def test_chip_with_angles_beside_another_sensors(shared_data):
    product = read_folder(shared_data / "s2_l1c_T31UFS_10m")
    assert list(product.bands) == [
        "B2",
        "B3",
        "B4",
        "B8",
        "B8A",
        "B9",
        "B11",
        "sun_azimuth",
        "sun_zenith",
        "view_azimuth_mean",
        "view_zenith_mean",
    ]
    assert any("ref_input_L8 (7 files) left out" in note for note in product.notes)
    for name, value in (("sun_zenith", 44), ("sun_azimuth", 164), ("view_azimuth_mean", 298)):
        assert np.median(product[name].data.compute()) == pytest.approx(value, abs=1)
        assert not product[name].is_scaled
    assert product.grid.shape == (1024, 512)


def test_flood_chip(shared_data):
    product = read_raster(shared_data / "sen1floods11_spain" / "Spain_7370579_S2Hand.tif")
    assert list(product.bands) == SENTINEL2
    assert product.grid.is_geographic
    water = product["B3"].physical(product["B3"].data.compute())
    assert 0.02 < np.nanmin(water) < np.nanmax(water) < 1.5


WRITE_WITH_A_LIMIT = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from estran.adapters.files import write_product
from estran.errors import WriteFailed
from estran.raster.grid import Grid
from estran.raster.product import Band, Product

grid = Grid(600, 600)
noise = np.random.default_rng(1).integers(0, 60000, grid.shape, np.uint16)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
try:
    write_product(Product("p", grid, {"a": Band("a", noise, grid)}), Path(sys.argv[1]))
except WriteFailed as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of processes there")
def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path):
    """The TIFF library itself says nothing beside it."""
    done = subprocess.run(
        [sys.executable, "-c", WRITE_WITH_A_LIMIT, str(tmp_path / "p.tif")], capture_output=True, text=True, timeout=300
    )
    assert done.stdout.startswith("the GeoTIFF could not be written")
    assert done.stderr == ""
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("count", [1, 13])
def test_names_and_units_in_latin_1_count_as_missing(tmp_path, count):
    """As in headers of ENVI that are older than UTF-8."""
    levels = counts((count, 8, 10))
    levels.tofile(tmp_path / "a.img")
    names = ", ".join(f"réflectance {i}" for i in range(count))
    header = (
        f"ENVI\ndescription = {{été}}\nsamples = 10\nlines = 8\nbands = {count}\nfile type = ENVI Standard\ndata "
        f"type = 12\ninterleave = bsq\n"
    )
    (tmp_path / "a.hdr").write_text(header + f"wavelength units = Mètres\nband names = {{{names}}}\n", "latin-1")
    product = read_raster(tmp_path / "a.img", scale=1e-4)
    assert len(product.bands) == count
    assert any("not in UTF-8" in note for note in product.notes)
    assert np.array_equal(np.asarray(next(iter(product.bands.values())).data), levels[0])


@pytest.mark.parametrize("kind", ["inside", "beside", "alpha"])
@pytest.mark.parametrize("dtype", ["float32", "uint16"])
def test_what_a_mask_hides_is_no_data(tmp_path, kind, dtype):
    """As gdalwarp and QGIS cut rasters: the numbers under the mask are whatever they were."""
    seen = np.ones((40, 50), bool)
    seen[10:20, 30:45] = False
    path = tmp_path / "x.tif"
    names = ("B2", "B3", "B4", *(("alpha",) if kind == "alpha" else ()))
    profile = {
        "driver": "GTiff",
        "width": 50,
        "height": 40,
        "count": len(names),
        "dtype": dtype,
        "crs": "EPSG:32631",
        "transform": Affine(20, 0, 6e5, 0, -20, 56e5),
    }
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=kind == "inside"), rasterio.open(path, "w", **profile) as dataset:
        for number, name in enumerate(names, 1):
            dataset.write(np.where(name != "alpha", 0.25 if dtype == "float32" else 2500, seen).astype(dtype), number)
            dataset.set_band_description(number, name)
        if kind == "alpha":
            dataset.colorinterp = (*(ColorInterp.gray,) * 3, ColorInterp.alpha)
        else:
            dataset.write_mask(seen)
    product = open_product(path)
    for name in ("B2", "B3", "B4"):
        band = product[name]
        np.testing.assert_array_equal(np.isnan(band.physical(np.asarray(band.data))), ~seen)
        np.testing.assert_allclose(band.physical(np.asarray(band.data))[seen], 0.25)
    assert any("has a mask or an alpha band" in note for note in product.notes)
