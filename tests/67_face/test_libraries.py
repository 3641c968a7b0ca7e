"""Datasets as rioxarray, xarray and the stacks of other libraries really make them; real products through a Dataset and
back.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import dask
import numpy as np
import pytest
import rioxarray
import xarray as xr
from same_product import assert_same
from small_scene import make_foreign
from xarray.backends.netCDF4_ import NetCDF4ArrayWrapper

import estran
from estran.adapters.files import open_product, write_product
from estran.adapters.java.ray_caster import ray_caster
from estran.catalogue.operators.cloud_mask import CloudMask
from estran.engine.run import run_now
from estran.errors import TargetExists, UnsupportedProduct
from estran.face.dates import joined
from estran.face.to_dataset import dataset_of
from estran.face.to_product import product_of

ANGLES = {"sun_zenith": 40.0, "sun_azimuth": 150.0, "view_zenith": 5.0, "view_azimuth": 100.0}
FACTS = {"platform": "Sentinel-2A", "time_coverage_start": "2020-06-01T10:30:00Z"}


def classes(source) -> np.ndarray:
    return estran.operators.cloud_mask(source, **ANGLES).cloud_class.values.squeeze()


@pytest.fixture
def truth(product) -> np.ndarray:
    return np.asarray(run_now(CloudMask(**ANGLES), {"source": product}, ray_caster=ray_caster)["cloud_class"].data)


@pytest.mark.parametrize(
    "how", [{}, {"mask_and_scale": True}, {"chunks": {"x": 32, "y": 32}}, {"band_as_variable": True}], ids=str
)
def test_a_geotiff_opened_by_rioxarray(how, product, truth, tmp_path):
    write_product(product, tmp_path / "S2A_small.tif")
    opened = rioxarray.open_rasterio(tmp_path / "S2A_small.tif", **how)
    if "band_as_variable" in how:
        opened = opened.rename({f"band_{i}": name for i, name in enumerate(product.bands, 1)})
    np.testing.assert_array_equal(classes(opened.assign_attrs(FACTS)), truth)


def test_masked_and_not_scaled_is_asked_about(product, tmp_path):
    """rioxarray masks counts and leaves them unscaled beside their scale: whoever scales them by hand may keep that
    attribute.
    """
    write_product(product, tmp_path / "S2A_small.tif")
    masked = rioxarray.open_rasterio(tmp_path / "S2A_small.tif", masked=True).assign_attrs(FACTS)
    with pytest.raises(UnsupportedProduct, match="not clear whether variable 'B2' is scaled already"):
        classes(masked)


def test_a_netcdf_opened_by_xarray(product, truth, tmp_path):
    """xarray scales in doubles, and rounds to the same floats."""
    write_product(product, tmp_path / "S2A_small.nc")
    with xr.open_dataset(tmp_path / "S2A_small.nc", chunks={}, decode_coords="all") as opened:
        np.testing.assert_array_equal(classes(opened), truth)
    with xr.open_dataset(tmp_path / "S2A_small.nc", mask_and_scale=False) as opened:
        np.testing.assert_array_equal(classes(opened), truth)


def test_netcdf_is_not_written_while_xarray_reads(product, tmp_path, monkeypatch):
    """The library is not safe for threads: with a lock for us and one for xarray the process ended, or the disk was
    said to be full.
    """
    write_product(product, tmp_path / "given.nc")
    reading, go, get_array = Event(), Event(), NetCDF4ArrayWrapper.get_array

    def slow(self, needs_lock=True):
        if not needs_lock:  # held by the caller
            reading.set()
            assert go.wait(60)
        return get_array(self, needs_lock)

    with xr.open_dataset(tmp_path / "given.nc", mask_and_scale=False) as given, ThreadPoolExecutor() as pool:
        monkeypatch.setattr(NetCDF4ArrayWrapper, "get_array", slow)
        read = pool.submit(lambda: given.B2.values)
        assert reading.wait(60)
        written = pool.submit(write_product, product, tmp_path / "made.nc")
        time.sleep(0.5)
        done = written.done()
        go.set()
        np.testing.assert_array_equal(read.result(), product["B2"].data)
    assert not done
    np.testing.assert_array_equal(open_product(written.result())["B2"].data, product["B2"].data)


def test_a_stack_of_time_band_y_x():
    """As stackstac gives it, and as xarray's own engines do in a Dataset of one variable."""
    dates = [
        make_foreign(seed).assign_coords(time=np.datetime64(day, "ns"))
        for seed, day in ((1, "2020-06-01T10:30"), (2, "2020-06-11T10:30"))
    ]
    stack = xr.concat(dates, "time", combine_attrs="override").to_dataarray("band").transpose("time", "band", "y", "x")
    stack = stack.assign_coords(
        {"platform": ("time", ["sentinel-2a", "sentinel-2b"]), "title": ("band", list("abcdef"))}
    ).assign_attrs(crs="EPSG:32631")
    expected = [classes(date) for date in dates]
    for source in (stack, stack.to_dataset(name="band_data").assign_attrs(crs="EPSG:32631")):
        got = estran.operators.cloud_mask(source, **ANGLES)
        assert not any("platform" in note for note in got.attrs["notes"])
        for i, values in enumerate(expected):
            np.testing.assert_array_equal(got.cloud_class[i], values)
        assert [got.isel(time=i).estran.to_product().platform for i in (0, 1)] == ["Sentinel-2A", "Sentinel-2B"]


def test_results_of_dates_are_put_together_without_computing(safe):
    def refuse(*_args, **_kwargs):
        raise AssertionError("pixels were computed")

    lazy = estran.open(safe)
    stack = xr.Dataset(coords={"time": np.array(["2019-04-10", "2019-04-20"], "datetime64[ns]")})
    with dask.config.set(scheduler=refuse):
        both = joined([lazy, lazy.assign_coords(time=np.datetime64("2019-04-20", "ns"))], stack, "time")
    assert both.B8A.dims == ("time", "y_20m", "x_20m")
    assert hasattr(both.B8A.data, "dask")
    np.testing.assert_array_equal(both.B8A[1], lazy.B8A)


@pytest.mark.parametrize(
    "name",
    [
        "s2_l1c_T31UFS_10m",
        "landsat8_900m_016037",
        "landsat7_relief_pa",
        pytest.param("s2_l1c_T19UDP_160m", marks=pytest.mark.slow),
        "dem_longyearbyen/DEM_1995.tif",
        "sen2r_barbellino_tiny/S2A1C_20170703_022_Barbellino_TOA_10.tif",
        "s1_grdh_rome/Rome-30m-DEM.tif",
        "sen1floods11_spain",
    ],
)
def test_real_products_lose_nothing(name, shared_data):
    """Landsat with its panchromatic band of another size, stacks, folders of bands, heights, radar."""
    if not (shared_data / name).exists():
        pytest.skip(f"{name} is not among the real test data")
    product = open_product(shared_data / name)
    assert_same(product, product_of(dataset_of(product)).product)


@pytest.mark.parametrize("ending", [".dim", ".tif", ".nc", ".zarr"])
def test_a_dataset_of_the_user_s_own_is_written(ending, foreign, tmp_path):
    path = foreign.estran.write(tmp_path / f"mine{ending}")
    again = estran.open(path)
    np.testing.assert_array_equal(again.nir08.values, foreign.nir08.values)
    assert again.estran.to_product().grid == foreign.estran.to_product().grid
    foreign.estran.write(path, overwrite=True)
    with pytest.raises(TargetExists, match="already there"):
        foreign.estran.write(path)


def test_a_store_of_somebody_else_is_never_replaced(foreign, tmp_path):
    foreign.to_zarr(tmp_path / "theirs.zarr", consolidated=False)
    with pytest.raises(TargetExists, match="not ours"):
        foreign.estran.write(tmp_path / "theirs.zarr", overwrite=True)
    np.testing.assert_array_equal(estran.open(tmp_path / "theirs.zarr").nir08.values, foreign.nir08.values)
