"""Stacks and uncertainties in files: what is written is read back the same; NetCDF has the true dimension in the words
of CF and obsarray, BEAM-DIMAP what SNAP reads; pixels without a map stay without.
"""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import layered_operators as trial
import netCDF4
import numpy as np
import pytest
import xarray as xr

from estran.adapters.files import open_product, write_product
from estran.engine.run import run_operator
from estran.raster.layers import Coordinates, Uncertainty
from estran.raster.stacks import Stack, variables_of

ENDINGS = (".nc", ".dim", ".tif")


def made(name):
    op, sources = {
        "views": (trial.Angles(tilts=(0.0, 60.0, 30.0)), {"source": trial.image()}),
        "times": (trial.Series(), trial.many(trial.series())),
        "no map": (trial.Angles(), {"source": trial.without_map(trial.image())}),
    }[name]
    return run_operator(op, sources, tile=32)


def same_bands(first, second, types=True):
    assert list(first.bands) == list(second.bands)
    for name, band in first.bands.items():
        other = second.bands[name]
        assert (other.layer, other.uncertainty, other.unit, other.description) == (
            band.layer,
            band.uncertainty,
            band.unit,
            band.description,
        ), name
        assert other.grid == band.grid
        found, expected = np.asarray(other.data[:, :]), np.asarray(band.data)
        if types:
            assert found.dtype == expected.dtype, name
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("what", ["views", "times", "no map"])
@pytest.mark.parametrize("ending", ENDINGS)
def test_what_is_written_is_read_back(tmp_path, what, ending):
    product = made(what)
    file = write_product(product, tmp_path / f"made{ending}")
    # A GeoTIFF has one type for all bands: doubles where one needs them.
    same_bands(product, open_product(file), types=ending != ".tif")


@pytest.mark.parametrize("ending", ENDINGS)
def test_scaled_layers_keep_their_numbers(tmp_path, ending):
    product = trial.views()
    back = open_product(write_product(product, tmp_path / f"views{ending}"))
    same_bands(product, back)
    assert all((band.scale, band.nodata) == (1e-4, 0.0) for band in back.bands.values())


def test_a_netcdf_file_has_the_dimension_and_the_words_of_cf_and_obsarray(tmp_path):
    file = write_product(made("views"), tmp_path / "made.nc")
    with netCDF4.Dataset(file) as dataset:
        rho, u_rho, view = dataset["rho"], dataset["u_rho"], dataset["view"]
        assert rho.dimensions == ("view", "y", "x")
        assert rho.shape == (3, *trial.GRID.shape)
        assert rho.dtype == np.float64
        assert view[:].tolist() == [0.0, 60.0, 30.0]
        assert (view.units, view.long_name) == ("degrees", "View zenith angle")
        assert rho.ancillary_variables == rho.unc_comps == "u_rho"
        said = [(u_rho.getncattr(f"err_corr_{i}_dim"), u_rho.getncattr(f"err_corr_{i}_form")) for i in (1, 2, 3)]
        assert said == [("view", "systematic"), ("y", "random"), ("x", "random")]
        # obsarray 1.0.3 asks for these of every form, and random and systematic ones have none.
        assert u_rho.err_corr_1_params == u_rho.err_corr_3_units == ""
        assert u_rho.pdf_shape == "gaussian"
        assert "ancillary_variables" not in u_rho.ncattrs()
        assert dataset["mean"].dimensions == ("y", "x")


def test_two_uncertainties_of_one_band(tmp_path):
    product = made("times")
    more = replace(product["u_slope"], name="u_more", data=product["slope"].data)
    file = write_product(product.with_bands(more), tmp_path / "two.nc")
    with netCDF4.Dataset(file) as dataset:
        assert dataset["slope"].ancillary_variables == "u_slope u_more"  # CF: words
        assert dataset["slope"].unc_comps == ["u_slope", "u_more"]  # obsarray: a list
    back = open_product(file)
    assert back["u_more"].uncertainty == back["u_slope"].uncertainty == product["u_slope"].uncertainty


def test_xarray_alone_reads_the_times(tmp_path):
    file = write_product(made("times"), tmp_path / "made.nc")
    with xr.open_dataset(file) as dataset:
        expected = [np.datetime64(moment.replace(tzinfo=None), "ns") for moment in trial.TIMES.values]
        assert dataset["time"].values.tolist() == [int(moment.astype(np.int64)) for moment in expected]
        assert dataset["anomaly"].dims == ("time", "y", "x")
        assert dataset["u_slope"].attrs["pdf_shape"] == "rectangle"


def test_a_foreign_file_over_views_is_a_band_a_view(tmp_path):
    values = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    x, y = 10.0 * np.arange(4), -10.0 * np.arange(3)
    attributes = {"err_corr_1_dim": "view", "err_corr_1_form": "systematic", "pdf_shape": "gaussian"}
    dataset = xr.Dataset(
        {
            "I": (("view", "y", "x"), values, {"ancillary_variables": "u_I", "long_name": "Intensity"}),
            "u_I": (("view", "y", "x"), values / 10, attributes),
        },
        {"view": ("view", [5.0, 15.0], {"units": "degrees"}), "y": y, "x": x},
    )
    dataset.to_netcdf(tmp_path / "foreign.nc")
    product = open_product(tmp_path / "foreign.nc")
    assert list(product.bands) == ["I_view1", "I_view2", "u_I_view1", "u_I_view2"]
    np.testing.assert_array_equal(product["I_view2"].data[:, :], values[1])
    assert (product["I_view2"].layer.value, product["I_view2"].layer.unit) == (15.0, "degrees")
    assert product["u_I_view2"].uncertainty == Uncertainty("I_view2", (("view", "systematic"),))
    stacks = {one.name: one for one in variables_of(product.bands.values())}
    assert isinstance(stacks["u_I"], Stack)
    assert stacks["u_I"].band.uncertainty.of == "I"


def test_a_beam_dimap_header_relates_bands_as_snap_does(tmp_path):
    file = write_product(made("views"), tmp_path / "made.dim")
    root = ElementTree.parse(file).getroot()
    infos = {info.findtext("BAND_NAME"): info for info in root.iter("Spectral_Band_Info")}
    assert infos["rho_view2"].findtext("ANCILLARY_VARIABLE") == "u_rho_view2"
    assert infos["rho_view2"].find("ANCILLARY_RELATION") is None
    assert infos["u_rho_view2"].findtext("ANCILLARY_RELATION") == "uncertainty"
    assert infos["mean"].find("ANCILLARY_VARIABLE") is None
    assert root.findtext("Dataset_Use/DATASET_AUTO_GROUPING") == "u_rho_view:rho_view"


def test_what_snap_relates_is_an_uncertainty_without_our_words(tmp_path):
    file = write_product(made("times"), tmp_path / "made.dim")
    text = file.read_text("utf-8")
    file.write_text(text.replace("relations_", "other_"), "utf-8")
    back = open_product(file)
    assert back["u_slope"].uncertainty == Uncertainty("slope")
    assert back["anomaly_time1"].layer is None


def test_different_views_have_different_dimensions(tmp_path):
    first = trial.views()
    other = Coordinates("view", (1.0, 2.0))
    layers = [other.layer("blue", i) for i in range(2)]
    product = first.with_bands(*(trial.band(layer.name, 5, layer=layer) for layer in layers))
    with netCDF4.Dataset(write_product(product, tmp_path / "both.nc")) as dataset:
        assert dataset["red"].dimensions == ("view", "y", "x")
        assert dataset["blue"].dimensions == ("view_2", "y", "x")
    same_bands(product, open_product(tmp_path / "both.nc"))


def test_a_layer_that_differs_from_the_others_is_a_variable_of_its_own(tmp_path):
    product = trial.views()
    product = product.with_bands(replace(product["red_view2"], unit="K"))
    with netCDF4.Dataset(write_product(product, tmp_path / "odd.nc")) as dataset:
        assert {"red_view1", "red_view2", "red_view3"} <= set(dataset.variables)
        assert "red" not in dataset.variables
    same_bands(product, open_product(tmp_path / "odd.nc"))
