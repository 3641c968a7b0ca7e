"""Views, times and uncertainties in a notebook: an operator's array and the Dataset's are one, with the dimension, its
coordinates and the words of CF; a Dataset over views, or of many dates, is taken as what it is.
"""

from __future__ import annotations

import layered_operators as trial
import numpy as np
import pytest
import xarray as xr

import estran
from estran.catalogue import called
from estran.engine.run import run_now
from estran.errors import BadGrid, BadProduct, MissingBand
from estran.face.to_dataset import dataset_of
from estran.face.to_product import product_of
from estran.raster.stacks import Stack, variables_of


@pytest.fixture(autouse=True)
def _trial_operators(monkeypatch):
    known = {**called.operators(), **trial.OPERATORS}
    monkeypatch.setattr(called, "operators", lambda: known)


def arrays(product):
    return {
        one.name: np.stack([b.data for b in one.layers]) if isinstance(one, Stack) else np.asarray(one.data)
        for one in variables_of(product.bands.values())
    }


def same(dataset, product):
    expected = arrays(product)
    assert set(dataset.data_vars) == set(expected)
    for name, array in expected.items():
        assert dataset[name].dtype == array.dtype
        assert dataset[name].values.tobytes() == array.tobytes(), name


def foreign(product):
    """As another library would make it: no attribute of ours."""
    plain = dataset_of(product).load()
    for variable in plain.variables.values():
        variable.attrs.pop("estran", None)
        variable.encoding.clear()
    plain.attrs.pop("estran")
    return plain


def test_an_operator_gives_one_array_over_views():
    source = trial.image()
    made = estran.run("Test.Angles", dataset_of(source), tilts=[0.0, 60.0, 30.0], tile=64)
    same(made, run_now(trial.Angles(tilts=(0.0, 60.0, 30.0)), {"source": source}))
    assert made["rho"].dims == ("view", "y", "x")
    assert hasattr(made["rho"].data, "dask")
    assert made["view"].values.tolist() == [0.0, 60.0, 30.0]
    assert made["view"].attrs == {"long_name": "View zenith angle", "units": "degrees"}
    assert made["rho"].attrs["ancillary_variables"] == "u_rho"
    assert (made["u_rho"].attrs["err_corr_1_dim"], made["u_rho"].attrs["err_corr_1_form"]) == ("view", "systematic")
    assert made["rho"].attrs["long_name"] == "Reflectance by view"


@pytest.mark.parametrize("of", ["ours", "foreign"])
def test_a_dataset_over_views_is_read_over_views(of):
    source = trial.views()
    dataset = dataset_of(source) if of == "ours" else foreign(source)
    assert dataset["red"].dims == ("view", "y", "x")
    same(estran.run("Test.PerView", dataset), run_now(trial.PerView(), {"source": source}))


def test_there_and_back():
    for op, sources in ((trial.Angles(), {"source": trial.image()}), (trial.Series(), trial.many(trial.series()))):
        product = run_now(op, sources)
        back = dataset_of(product).estran.to_product()
        assert list(back.bands) == list(product.bands)
        for name, band in product.bands.items():
            assert (back[name].layer, back[name].uncertainty) == (band.layer, band.uncertainty)
            assert back[name].description == band.description
            assert np.asarray(back[name].data).tobytes() == np.asarray(band.data).tobytes()


def test_a_part_of_the_views_keeps_their_places():
    product = product_of(dataset_of(trial.views()).isel(view=[2, 1])).product
    assert [band.layer.value for band in product.bands.values()] == [22.5, 0.0]


@pytest.mark.parametrize("given", ["list", "products", "dates"])
def test_many_products_as_a_list_or_the_dates_of_a_dataset(given):
    products = trial.series()
    expected = run_now(trial.Series(), trial.many(products))
    datasets = [dataset_of(product) for product in products]
    sources = {
        "list": datasets[::-1],
        "products": products[::-1],
        "dates": xr.concat(
            datasets,
            "time",
            join="override",
            combine_attrs="override",
            coords="minimal",
            compat="override",
            data_vars="all",
        ),
    }
    made = estran.run("Test.Series", sources[given])
    same(made, expected)
    moments = [np.datetime64(moment.replace(tzinfo=None), "ns") for moment in trial.TIMES.values]
    assert made["time"].values.tolist() == np.array(moments).tolist()
    assert made["anomaly"].dims == ("time", "y", "x")
    assert made["slope"].dims == ("y", "x")


@pytest.mark.parametrize("ending", [".nc", ".zarr", ".dim"])
def test_written_and_opened_again(tmp_path, ending):
    made = estran.run("Test.Series", trial.series())
    back = estran.open(made.estran.write(tmp_path / f"made{ending}"))
    for name in made.data_vars:
        assert back[name].dims == made[name].dims
        assert back[name].values.tobytes() == made[name].values.tobytes()
    assert back["slope"].attrs["ancillary_variables"] == "u_slope"
    assert back["u_slope"].attrs["pdf_shape"] == "rectangle"
    assert back["time"].values.tolist() == made["time"].values.tolist()


def test_lines_of_a_detector_say_that_they_lie_on_no_map():
    lines = foreign(trial.without_map(trial.image()))
    with pytest.raises(BadGrid, match="none"):
        estran.run("Test.Angles", lines)
    made = estran.run("Test.Angles", lines.assign_attrs(crs="none"))
    same(made, run_now(trial.Angles(), {"source": trial.without_map(trial.image())}))
    assert "spatial_ref" not in made.coords


def test_a_dimension_that_is_missing_is_a_sentence():
    with pytest.raises(MissingBand, match=r"has no dimension 'view', along which Test\.PerView reads it"):
        estran.run("Test.PerView", dataset_of(trial.image()))


def test_two_dates_of_one_time_are_a_sentence():
    with pytest.raises(BadProduct, match="of one time"):
        estran.run("Test.Series", [trial.image(1), trial.image(2)])


def test_a_picture_of_views_is_of_the_first():
    axes = dataset_of(trial.views()).estran.quicklook("red")
    assert axes.get_title() == "red_view1"
    with pytest.raises(MissingBand, match="there is no variable 'blue'"):
        dataset_of(trial.views()).estran.quicklook("blue")
