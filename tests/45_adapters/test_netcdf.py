"""NetCDF-CF: what CF readers and GDAL see of ours, and what we make of theirs."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import netCDF4
import numpy as np
import pytest
import rasterio
from affine import Affine

from estran.adapters.files import open_product, write_product
from estran.adapters.files.options import ReadOptions
from estran.adapters.files.recover_grid import grid_of_lonlat
from estran.errors import BadProduct, WriteFailed
from estran.raster.coding import Flag, FlagCoding, IndexCoding, IndexValue
from estran.raster.grid import Grid
from estran.raster.product import Band, Product

GRID = Grid(7, 5, Affine(10, 0, 600000, 0, -10, 5000040), "EPSG:32631")


@pytest.fixture
def written(tmp_path):
    rng = np.random.default_rng(1)
    flags = FlagCoding(
        "cloud_flags", (Flag("CLOUD", 0, (255, 255, 255), "opaque cloud"), Flag("SHADOW", 7, (9, 9, 9), "its shadow"))
    )
    classes = IndexCoding(
        "class", (IndexValue("clear land", 0, (0, 99, 0), "land"), IndexValue("water", 7, (0, 0, 99), "water"))
    )
    raw = rng.integers(1, 60000, GRID.shape).astype(np.uint16)
    raw[0, 0] = 0
    bands = {
        "B2": Band(
            "B2", raw, GRID, scale=1e-4, offset=-0.1, nodata=0.0, unit="1", wavelength=492.7, description="Blue"
        ),
        "cloud_flags": Band("cloud_flags", rng.integers(0, 255, GRID.shape).astype(np.uint8), GRID, coding=flags),
        "class": Band("class", rng.integers(0, 8, GRID.shape).astype(np.uint8), GRID, coding=classes),
        "p": Band("p", rng.random(GRID.shape, np.float32), GRID, nodata=float("nan")),
    }
    product = Product("x", GRID, bands)
    write_product(product, tmp_path / "x.nc")
    return tmp_path / "x.nc", product


def test_what_cf_readers_see(written):
    path, product = written
    with netCDF4.Dataset(path) as dataset:
        assert dataset.Conventions == "CF-1.11"
        b2, flags, classes = dataset["B2"], dataset["cloud_flags"], dataset["class"]
        assert b2.dimensions == ("y", "x")
        # netCDF4 applies scaling and fill by itself.
        physical = product["B2"].physical(product["B2"].data, np.float64)
        np.testing.assert_allclose(np.ma.filled(b2[:].astype(float), np.nan), physical, rtol=1e-12)
        assert (b2.units, b2.long_name, b2.radiation_wavelength, b2.grid_mapping) == ("1", "Blue", 492.7, "crs")
        assert flags.flag_masks.dtype == np.uint8
        assert (flags.flag_masks.tolist(), flags.flag_meanings) == ([1, 128], "CLOUD SHADOW")
        assert (classes.flag_values.tolist(), classes.flag_meanings) == ([0, 7], "clear_land water")
        assert np.isnan(dataset["p"]._FillValue)
        assert dataset["crs"].grid_mapping_name == "transverse_mercator"
        assert dataset["x"].standard_name == "projection_x_coordinate"
        # Coordinates are pixel centres.
        assert (float(dataset["x"][0]), float(dataset["y"][0])) == (600005.0, 5000035.0)
        assert dataset["p"].filters()["zlib"]


def test_what_snap_sees(written, tmp_path):
    """SNAP's own profile: without it SNAP 13 reads the samples alone (seen in gpt; tests/90_snap runs it)."""
    path, product = written
    with netCDF4.Dataset(path) as dataset:
        assert dataset.metadata_profile == "beam"
        assert [float(v) for v in dataset["crs"].i2m.split(",")] == [10, 0, 0, -10, 600000, 5000040]
        assert dataset["crs"].wkt.startswith("PROJCS[")
        mask = dataset["cloud_flags_shadow_mask"]
        assert (mask.shape, mask.expression, mask.color.tolist(), mask.transparency) == (
            (),
            "cloud_flags.SHADOW",
            [9, 9, 9, 255],
            0.5,
        )
        assert dataset["cloud_flags"].flag_descriptions == "opaque cloud\tits shadow"
        assert dataset["class"].index_descriptions == "land\twater"
        assert dataset["class"].color_table_sample_values.tolist() == [0, 7]
        assert dataset["class"].color_table_green_values.tolist() == [99, 0]
    assert set(open_product(path).bands) == set(product.bands)
    half = Band("half", np.ones((3, 4), np.uint8), Grid(4, 3, Affine(20, 0, 600000, 0, -20, 5000040), "EPSG:32631"))
    write_product(product.with_bands(half), tmp_path / "sizes.nc")
    with netCDF4.Dataset(tmp_path / "sizes.nc") as dataset:
        assert "metadata_profile" not in dataset.ncattrs()


def test_times_without_offset(tmp_path):
    start = datetime(2019, 4, 10, 12, 50, 31, 24000, timezone(timedelta(hours=2)))
    product = Product("x", GRID, {"b": Band("b", np.ones(GRID.shape, np.uint8), GRID)}, start=start)
    write_product(product, tmp_path / "t.nc")
    with netCDF4.Dataset(tmp_path / "t.nc") as dataset:
        assert dataset.time_coverage_start == "2019-04-10T10:50:31.024000"
    assert open_product(tmp_path / "t.nc").start == start


def test_what_gdal_sees(written):
    path, product = written
    with rasterio.open(f"netcdf:{path}:B2") as dataset:
        assert dataset.crs.to_epsg() == 32631
        assert tuple(dataset.transform)[:6] == pytest.approx(tuple(GRID.transform)[:6])
        assert (dataset.scales[0], dataset.offsets[0], dataset.nodata) == (1e-4, -0.1, 0.0)
        np.testing.assert_array_equal(dataset.read(1), product["B2"].data)


def test_geographic_grid(tmp_path):
    grid = Grid(4, 3, Affine(0.001, 0, 12.3, 0, -0.001, -45.6), "EPSG:4326")
    write_product(Product("x", grid, {"a": Band("a", np.zeros(grid.shape, np.float32), grid)}), tmp_path / "x.nc")
    with netCDF4.Dataset(tmp_path / "x.nc") as dataset:
        assert dataset["a"].dimensions == ("lat", "lon")
        assert dataset["lat"].units == "degrees_north"
    assert open_product(tmp_path / "x.nc").grid == grid


@pytest.mark.parametrize("name", ["x", "crs", "estran", "a/b"])
def test_names_that_a_file_needs_itself(name, tmp_path):
    band = Band(name, np.ones(GRID.shape, np.uint8), GRID)
    with pytest.raises(WriteFailed, match=rf"band '{name}' cannot have its name .*none of crs, estran, x, y"):
        write_product(Product("p", GRID, {name: band}), tmp_path / "p.nc")
    assert list(tmp_path.iterdir()) == []


def test_a_fill_value_is_one_that_samples_have(tmp_path):
    """Cut to a whole number it would hide samples."""
    bands = {
        f"n{i}": Band(f"n{i}", np.arange(35, dtype=np.uint8).reshape(GRID.shape), GRID, nodata=value)
        for i, value in enumerate((0.5, 300.0, 7.0))
    }
    write_product(Product("p", GRID, bands), tmp_path / "p.nc")
    with netCDF4.Dataset(tmp_path / "p.nc") as dataset:
        assert [getattr(dataset[name], "_FillValue", None) for name in bands] == [None, None, 7]
    assert [band.nodata for band in open_product(tmp_path / "p.nc").bands.values()] == [0.5, 300.0, 7.0]


def foreign(path, *, ascending=False, wkt=False, unsigned=False, time=False):
    """A file as other programs write them."""
    with netCDF4.Dataset(path, "w") as dataset:
        dataset.createDimension("y", 5)
        dataset.createDimension("x", 7)
        dataset.createDimension("time", 1)
        y = 5000035 - 10.0 * np.arange(5)
        dataset.createVariable("y", "f8", ("y",))[:] = y[::-1] if ascending else y
        dataset.createVariable("x", "f8", ("x",))[:] = 600005 + 10.0 * np.arange(7)
        mapping = dataset.createVariable("grid", "i4", ())
        if wkt:
            from pyproj import CRS

            mapping.crs_wkt = CRS.from_epsg(32631).to_wkt()
        else:
            mapping.setncatts(
                {
                    "grid_mapping_name": "transverse_mercator",
                    "semi_major_axis": 6378137.0,
                    "inverse_flattening": 298.257223563,
                    "longitude_of_central_meridian": 3.0,
                    "latitude_of_projection_origin": 0.0,
                    "scale_factor_at_central_meridian": 0.9996,
                    "false_easting": 500000.0,
                    "false_northing": 0.0,
                }
            )
        data = np.arange(35).reshape(5, 7)
        band = dataset.createVariable("B02", "i1" if unsigned else "i2", ("time", "y", "x") if time else ("y", "x"))
        band.set_auto_maskandscale(False)
        band.grid_mapping = "grid: x y"
        if unsigned:
            band.setncatts({"_Unsigned": "true", "valid_range": np.array([3, 200], np.uint8)})
            data = data * 7
        else:
            band.setncatts({"valid_min": np.int16(1), "valid_max": np.int16(30)})
        data = data[::-1] if ascending else data
        band[:] = data.astype(np.uint8).view(np.int8) if unsigned else data
    return path


@pytest.mark.parametrize(
    "options",
    [{}, {"ascending": True}, {"wkt": True}, {"time": True}, {"unsigned": True}, {"unsigned": True, "ascending": True}],
)
def test_what_others_write(options, tmp_path):
    product = open_product(foreign(tmp_path / "f.nc", **options), ReadOptions(scale=1.0))
    band = product["B2"]
    assert tuple(band.grid.transform)[:6] == (10, 0, 600000, 0, -10, 5000040)
    expected = np.arange(35).reshape(5, 7) * (7 if options.get("unsigned") else 1)
    np.testing.assert_array_equal(band.data, expected)
    # Any window, any step: the file may be upside down.
    np.testing.assert_array_equal(band.data[1:4:2, 2:5], expected[1:4:2, 2:5])
    assert band.valid == ("B2.raw >= 3 && B2.raw <= 200" if options.get("unsigned") else "B2.raw >= 1 && B2.raw <= 30")
    from pyproj import Transformer

    lon, lat = band.grid.lonlat(0, 0)
    assert (float(lon), float(lat)) == pytest.approx(
        Transformer.from_crs(32631, 4326, always_xy=True).transform(600000, 5000040), abs=1e-9
    )


def test_snap_wrote_it(shared_data):
    netcdf, dim = (open_product(shared_data / "snap_products" / f"utm.{ending}") for ending in ("nc", "dim"))
    assert list(netcdf.bands) == list(dim.bands)
    for name, band in dim.bands.items():
        np.testing.assert_array_equal(netcdf[name].data, band.data, err_msg=name)
        assert (netcdf[name].scale, netcdf[name].offset, netcdf[name].unit, netcdf[name].wavelength) == (
            band.scale,
            band.offset,
            band.unit,
            band.wavelength,
        )
    # SNAP wrote latitude and longitude of each pixel and nothing else.
    assert netcdf.grid == dim.grid
    assert any("lie on a regular grid in EPSG:32632" in note for note in netcdf.notes)
    assert [f.mask for f in netcdf["cloud_flags"].coding.flags] == [1, 2, 4, 8]
    assert [v.value for v in netcdf["class"].coding.values] == [0, 1, 2]
    assert netcdf.metadata[0].name == "Estran_Processing"
    assert dict(netcdf.metadata[0].attributes) == {"parameter_a": "0.2", "count": 3}


@pytest.mark.parametrize(
    "grid",
    [
        Grid(30, 20, Affine(20, 0, 300000, 0, -20, 5000040), "EPSG:32631"),
        Grid(30, 20, Affine(60, 0, 399960, 0, -60, 6000040), "EPSG:32733"),
        Grid(30, 20, Affine(0.001, 0, 12.3, 0, -0.001, -45.6), "EPSG:4326"),
        Grid(
            30, 20, Affine(10, 0, 830000, 0, -10, 5000040), "EPSG:32631"
        ),  # kept in the zone to the west of where it lies
    ],
)
def test_a_grid_from_latitudes_and_longitudes(grid):
    x, y = np.meshgrid(np.arange(30) + 0.5, np.arange(20) + 0.5)
    found = grid_of_lonlat(*(np.asarray(v) for v in grid.lonlat(x, y)))
    assert found is not None
    assert (found.crs, found.shape) == (grid.crs, grid.shape)
    assert tuple(found.transform)[:6] == pytest.approx(tuple(grid.transform)[:6], abs=1e-3)


def test_a_swath_is_no_grid():
    x, y = np.meshgrid(np.arange(30.0), np.arange(20.0))
    assert grid_of_lonlat(12 + 0.01 * x + 0.002 * y + 1e-4 * x * y, 45 - 0.01 * y + 0.001 * x) is None


@pytest.mark.parametrize("size", [3000, 100])
def test_truncated(size, written):
    path, _ = written
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(BadProduct, match="truncated or damaged"):
        open_product(path)


def test_no_raster_inside(tmp_path):
    with netCDF4.Dataset(tmp_path / "x.nc", "w") as dataset:
        dataset.createDimension("t", 3)
        dataset.createVariable("series", "f8", ("t",))
    with pytest.raises(BadProduct, match=r"holds no raster .*found series.*write each band as a variable of its own"):
        open_product(tmp_path / "x.nc")


@pytest.mark.parametrize("names", [("x", "y"), ("lon", "lat"), ("i", "j")])
def test_columns_before_rows_are_refused(tmp_path, names):
    """Read as rows they would lie elsewhere on Earth, and mirrored."""
    path = tmp_path / "turned.nc"
    with netCDF4.Dataset(path, "w") as dataset:
        for name, way in zip(names, ("projection_x_coordinate", "projection_y_coordinate"), strict=True):
            dataset.createDimension(name, 20)
            coordinate = dataset.createVariable(name, "f8", (name,))
            coordinate[:] = np.arange(20.0)
            if name in "ij":
                coordinate.standard_name = way
        dataset.createVariable("B2", "f4", names)[:] = np.full((20, 20), 0.1)
    with pytest.raises(
        BadProduct, match=rf"columns before rows .*expected B2\({names[1]}, {names[0]}\).*two dimensions exchanged"
    ):
        open_product(path)
