"""Operators on Datasets: the same bits as the engine gives, on the user's own pixels, date by date."""

from __future__ import annotations

import numpy as np
import pytest
import rioxarray  # noqa: F401 - gives .rio
import xarray as xr
from small_scene import COMMON, GRID, counts, make_foreign

import estran
from estran.adapters.java.ray_caster import ray_caster
from estran.catalogue.operators.cloud_mask import CloudMask
from estran.catalogue.operators.spectral_tests import SpectralTests
from estran.catalogue.operators.sun_glint import SunGlint
from estran.engine.nodes.resampling import Resample
from estran.engine.run import run_now
from estran.face.to_dataset import dataset_of

ANGLES = {"sun_zenith": 40.0, "sun_azimuth": 150.0, "view_zenith": 5.0, "view_azimuth": 100.0}


def assert_results(dataset: xr.Dataset, result) -> None:
    """Every band of the engine's product, bit by bit."""
    assert list(dataset.data_vars) == list(result.bands)
    for name, band in result.bands.items():
        assert dataset[name].dtype == band.data.dtype
        np.testing.assert_array_equal(dataset[name].values, np.asarray(band.data), err_msg=name)


@pytest.mark.parametrize("op", [CloudMask(), SunGlint(wind_speed=6.0), SpectralTests()], ids=lambda op: op.alias)
def test_the_engine_s_bits_from_a_safe(op, safe, safe_product):
    how = {"upsampling": "Bilinear", "downsampling": "Mean", "flagDownsampling": "FlagOr"}
    resampled = Resample(targetResolution=20, **how).apply_to({"sourceProduct": safe_product}, tile=1024)
    expected = run_now(op, {"source": resampled}, ray_caster=ray_caster)
    parameters = {"wind_speed": 6} if isinstance(op, SunGlint) else {}
    got = estran.run(op.alias, estran.open(safe), **parameters)
    assert_results(got, expected)
    assert set(expected.notes) <= set(got.attrs["notes"])


def test_functions_and_run_are_one(safe):
    dataset = estran.open(safe)
    xr.testing.assert_identical(
        estran.operators.spectral_tests(dataset, mode="strict"), estran.run("spectral_tests", dataset, mode="strict")
    )


def test_all_masks_of_a_safe(safe):
    masks = estran.operators.masks(estran.open(safe))
    assert {"mask_flags", "mask_class"} <= set(masks.data_vars)
    assert masks.mask_class.dims == ("y_20m", "x_20m")


@pytest.mark.parametrize("ending", [".dim", ".tif", ".nc", ".zarr"])
def test_results_are_lazy_and_what_they_teach_is_written(ending, safe, tmp_path):
    """Notes and the record of the processing come with the samples; writing computes both once."""
    result = estran.run("CloudMask", estran.open(safe), cloud_buffer=123)
    assert all(variable.chunks for variable in result.data_vars.values())
    path = result.estran.write(tmp_path / f"glint{ending}")
    made = estran.open(path).estran.to_product()
    record = next(
        e
        for element in made.metadata
        if element.name == "Estran_Processing"
        for e in element.elements
        if e.name == "Estran_CloudMask"
    )
    assert record.find("parameters").attributes["cloud_buffer"] == "123.0"
    assert record.find("facts").attributes


def test_results_lie_on_the_source_s_own_pixels(safe):
    dataset = estran.open(safe)
    result = estran.operators.spectral_tests(dataset)
    both = dataset.assign(result.data_vars)
    assert both.sizes == dataset.sizes
    np.testing.assert_array_equal(result.y_20m, dataset.y_20m)
    assert result.spectral_test_flags.rio.crs.to_epsg() == 32631
    assert result.spectral_test_flags.rio.transform() == dataset.B8A.rio.transform()


def test_flags_and_classes_carry_cf(product):
    result = estran.operators.cloud_mask(product, **ANGLES)
    flags, classes = result.cloud_flags, result.cloud_class
    assert flags.dtype == np.uint16
    assert flags.attrs["flag_masks"].dtype == flags.dtype
    assert len(flags.attrs["flag_masks"]) == len(flags.attrs["flag_meanings"].split()) > 5
    assert flags.attrs["flag_masks"].tolist() == [1 << i for i in range(len(flags.attrs["flag_masks"]))]
    assert "flag_values" in classes.attrs
    assert result.cloud_height.attrs["units"] == "m"
    assert any("no cirrus" in note for note in result.attrs["notes"])
    assert any("sun_zenith" in note for note in result.attrs["notes"])


def test_the_result_remembers_parameters_and_masks(product, tmp_path):
    result = estran.operators.cloud_mask(product, cloud_buffer=123.0, **ANGLES)
    back = result.estran.to_product()
    record = back.metadata[-1].find("Estran_CloudMask")
    assert record is not None
    assert record.find("parameters").attributes["cloud_buffer"] == "123.0"
    assert "cloud_shadow" in back.masks
    assert (
        estran.open(result.estran.write(tmp_path / "m.dim")).cloud_flags.attrs["flag_meanings"]
        == result.cloud_flags.attrs["flag_meanings"]
    )


@pytest.fixture(scope="module")
def expected() -> xr.Dataset:
    """What every spelling of one scene must give."""
    return estran.operators.cloud_mask(make_foreign(), **ANGLES)


def values_of(dataset: xr.Dataset) -> dict[str, np.ndarray]:
    return {name: dataset[name].values for name in dataset.data_vars}


def assert_values(got: xr.Dataset, expected: xr.Dataset) -> None:
    for name, values in values_of(expected).items():
        np.testing.assert_array_equal(got[name].values, values, err_msg=name)


def as_counts(scale_in: str) -> xr.Dataset:
    """Whole numbers with their scaling among the attributes, as rioxarray gives them unmasked, or as odc-stac with the
    scale added.
    """
    plain = make_foreign()
    for name, raw in counts().items():
        attributes = {"scale_factor": 1e-4, "add_offset": 0.0, scale_in: 0}
        plain[COMMON[name]] = xr.Variable(("y", "x"), raw, attributes).chunk(32)
    return plain


def spellings() -> dict[str, xr.Dataset | xr.DataArray]:
    plain = make_foreign()
    there = {"blue": "B02", "green": "B03", "red": "B04", "nir08": "B8A", "swir16": "B11", "swir22": "B12"}
    written = plain.drop_attrs().assign_attrs(platform="Sentinel-2A").rio.write_crs(32631)
    moved = plain.rename(y="northing", x="easting")
    epsg = plain.drop_attrs().assign_attrs(platform="S2A").assign_coords({"proj:epsg": 32631})
    mapped = (
        plain.drop_attrs()
        .assign_attrs(platform="Sentinel-2A")
        .assign(crs=((), 0, {"crs_wkt": written.spatial_ref.attrs["crs_wkt"]}))
    )
    return {
        "common names": plain,
        "Sentinel-2's names": plain.rename(there),
        "lower case, as xarray-eopf": plain.rename({k: v.lower() for k, v in there.items()}),
        "spatial_ref of rioxarray": written,
        "a variable crs": mapped.map(lambda v: v.assign_attrs(grid_mapping="crs") if v.ndim else v, keep_attrs=True),
        "proj:epsg of stackstac": epsg,
        "northing and easting": moved,
        "a DataArray of bands": plain.to_dataarray("band").assign_attrs(plain.attrs),
        "x before y": plain.transpose("x", "y"),
        "a time of length one": plain.expand_dims("time"),
        "counts and _FillValue": as_counts("_FillValue"),
        "counts and nodata": as_counts("nodata"),
        "EOPF's attributes": plain.drop_attrs().assign_attrs(
            crs=32631, stac_discovery={"properties": {"platform": "sentinel-2a"}}
        ),
    }


@pytest.mark.parametrize("spelling", list(spellings()))
def test_datasets_of_others(spelling, expected):
    source = spellings()[spelling]
    got = estran.operators.cloud_mask(source, **ANGLES)
    assert not any("platform" in note for note in got.attrs["notes"])
    if "time" in got.dims:
        assert got.cloud_class.dims == ("time", "y", "x")
        got = got.isel(time=0)
    y, x = ("northing", "easting") if spelling.startswith("northing") else ("y", "x")
    np.testing.assert_array_equal(got[y], source[y])
    np.testing.assert_array_equal(got[x], source[x])
    if spelling.startswith("counts"):  # these say which number is saturated
        got = got.drop_vars("cloud_flags")
        expected = expected.drop_vars("cloud_flags")
    assert_values(got, expected)


@pytest.mark.parametrize(("rows", "columns"), [(-1, 1), (1, -1), (-1, -1)])
def test_rows_and_columns_that_run_the_other_way(rows, columns, expected):
    turned = make_foreign().isel(y=slice(None, None, rows), x=slice(None, None, columns))
    got = estran.operators.cloud_mask(turned, **ANGLES)
    np.testing.assert_array_equal(got.y, turned.y)
    np.testing.assert_array_equal(got.x, turned.x)
    assert_values(got.sortby("y", ascending=False).sortby("x"), expected)


def test_longitude_and_latitude():
    plain = make_foreign().drop_attrs().assign_attrs(platform="Sentinel-2A").rename(y="latitude", x="longitude")
    degrees = plain.assign_coords(
        latitude=45 - 2e-4 * np.arange(GRID.height), longitude=3 + 2.5e-4 * np.arange(GRID.width)
    )
    got = estran.operators.spectral_tests(degrees)
    assert got.ndvi.dims == ("latitude", "longitude")
    assert got.estran.to_product().grid.crs == "EPSG:4326"


def test_dates_one_by_one():
    dates = [make_foreign(seed) for seed in (1, 2, 3)]
    for date, text in zip(dates, ("2020-06-01T10:30:00", "2020-06-11T10:30:00", "2020-07-01T10:30:00"), strict=True):
        date["time"] = np.datetime64(text, "ns")
    stack = xr.concat(dates, "time", combine_attrs="override")
    got = estran.operators.cloud_mask(stack, **ANGLES)
    assert got.cloud_class.dims == ("time", "y", "x")
    np.testing.assert_array_equal(got.time, stack.time)
    for i, date in enumerate(dates):
        assert_values(got.isel(time=i), estran.operators.cloud_mask(date, **ANGLES))
    assert got.attrs["notes"] == list(dict.fromkeys(got.attrs["notes"]))
    second = got.isel(time=1).estran.to_product()
    assert f"{second.start:%Y-%m-%d}" == "2020-06-11"
    assert second.metadata[-1].find("Estran_CloudMask") is not None


def test_dates_are_written_and_read(tmp_path):
    stack = xr.concat(
        [make_foreign(1), make_foreign(2).assign_coords(time=np.datetime64("2020-06-11T10:30", "ns"))],
        "time",
        combine_attrs="override",
    )
    got = estran.operators.spectral_tests(stack)
    again = estran.open(got.estran.write(tmp_path / "dates.zarr"))
    for name in got.data_vars:
        np.testing.assert_array_equal(again[name].values, got[name].values)
    assert again.isel(time=1).estran.to_product().start == got.isel(time=1).estran.to_product().start
    with pytest.raises(estran.errors.BadProduct, match=r"a product is of one date: found 2 dates.*isel\(time=0\)"):
        got.estran.write(tmp_path / "dates.dim")


def test_chunks_of_one_row_are_joined_and_said(expected):
    rows = make_foreign().chunk(y=1, x=-1)
    got = estran.operators.cloud_mask(rows, **ANGLES)
    assert any("Chunks of few rows or columns were joined" in note for note in got.attrs["notes"])
    assert_values(got, expected)


def test_a_layer_of_the_dataset_serves_as_dem(foreign):
    ground = foreign.assign(dem=(("y", "x"), np.full(GRID.shape, 800.0, np.float32), {"units": "m"}))
    with_dem, without = (estran.operators.cloud_mask(d, **ANGLES).attrs["notes"] for d in (ground, foreign))
    assert any(note.startswith("no dem") for note in without)
    assert not any(note.startswith("no dem") for note in with_dem)


def test_coarser_where_asked(foreign):
    got = estran.operators.spectral_tests(foreign, resolution=40)
    assert dict(got.sizes) == {"y": 35, "x": 40}
    assert float(got.y[0] - got.y[1]) == 40.0


def test_values_as_people_write_them(foreign):
    plain = estran.operators.sun_glint(foreign, wind_speed=6.0, **ANGLES)
    xr.testing.assert_identical(
        plain,
        estran.operators.sun_glint(
            foreign, wind_speed=np.float32(6), window=np.int64(2), **{k: int(v) for k, v in ANGLES.items()}
        ),
    )


def test_saturation_is_known_after_the_way_through_a_dataset(product):
    expected = run_now(CloudMask(**ANGLES), {"source": product}, ray_caster=ray_caster)
    assert_results(estran.operators.cloud_mask(dataset_of(product), **ANGLES), expected)
