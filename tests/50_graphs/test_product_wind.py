"""The wind of a product, from its forecasts: the same glint as with that wind as a parameter, in every face, and a note
that says which was used.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import estran
from estran.adapters.files import open_product, write_product
from estran.adapters.files.safe_write import write_safe
from estran.catalogue.operators.masks import Masks
from estran.catalogue.operators.sun_glint import SunGlint
from estran.engine.nodes import snap_nodes
from estran.engine.run import run_now
from estran.raster.product import Product
from estran.scenes.simulate import SceneConfig, simulate

# Towards north 4 m/s and towards east 3 m/s: 5 m/s, exactly, from the south-west.
SPEED, ORIGIN = 5.0, float(np.degrees(np.arctan2(-3.0, -4.0)))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    scene = simulate(
        SceneConfig(seed=31, size=72, kind="ocean", sza=28.0, saa=105.0, vza=9.0, vaa=285.0, clouds=0.0, stratus=0.0,
                    cirrus=0.0, wind=SPEED, wind_direction=ORIGIN % 360.0)
    )  # fmt: skip
    return write_safe(scene, tmp_path_factory.mktemp("glint") / "scene")


@pytest.fixture(scope="module")
def product(path: Path) -> Product:
    resampling = {"resolution": "20", "upsampling": "Bilinear", "downsampling": "Mean", "flagDownsampling": "First"}
    return snap_nodes()["S2Resampling"].from_values(resampling).apply(open_product(path), tile=1024)


def run(op, product):
    done = run_now(op, {"source": product})
    return {w.name: np.asarray(done[w.name].data) for w in op.writes}, done.notes


def without_forecasts(product: Product) -> Product:
    return replace(product, tie_points={})


@pytest.mark.parametrize("model", ["cox_munk_isotropic", "cox_munk"])
def test_the_products_wind_is_that_of_the_parameters(product: Product, model: str) -> None:
    found, notes = run(SunGlint(model=model), product)
    given, said = run(SunGlint(model=model, wind_speed=SPEED, wind_direction=ORIGIN), without_forecasts(product))
    for name, array in given.items():
        if array.dtype.kind == "f":
            np.testing.assert_allclose(found[name], array, rtol=1e-5, atol=1e-8, err_msg=name)
        else:
            np.testing.assert_array_equal(found[name], array, err_msg=name)
    assert (found["glint_class"] == 3).any(), "the scene has no glint that could tell"
    assert "wind: the product's 10u and 10v." in notes
    assert "wind: 5 m/s of parameter wind_speed; the product has none." in said
    # The twin: another wind is another prediction.
    other, _ = run(SunGlint(model=model, wind_speed=9.0, wind_direction=ORIGIN), without_forecasts(product))
    assert not np.allclose(other["glint_predicted_swir16"], found["glint_predicted_swir16"], equal_nan=True, rtol=0.05)


def test_the_parameters_serve_where_the_product_is_not_to_be_used(product: Product) -> None:
    off, notes = run(SunGlint(use_product_meteo=False, wind_speed=9.0), product)
    given, _ = run(SunGlint(wind_speed=9.0), without_forecasts(product))
    for name, array in given.items():
        np.testing.assert_array_equal(off[name], array, err_msg=name)
    assert "wind: 9 m/s of parameter wind_speed; the product's is not used, as use_product_meteo is false." in notes


def test_the_default_serves_last(product: Product) -> None:
    default, notes = run(SunGlint(), without_forecasts(product))
    same, _ = run(SunGlint(use_product_meteo=False), product)
    for name, array in default.items():
        np.testing.assert_array_equal(same[name], array, err_msg=name)
    assert "wind: 5 m/s by default; the product has none." in notes


def test_half_a_wind_is_none(product: Product) -> None:
    half = replace(product, tie_points={"10u": product.tie_points["10u"]})
    assert "wind: 5 m/s by default; the product has 10u alone." in run(SunGlint(), half)[1]


def test_all_masks_take_it_too(product: Product) -> None:
    found, notes = run(Masks(), product)
    given, _ = run(Masks(glint_wind_speed=SPEED, glint_wind_direction=ORIGIN), without_forecasts(product))
    np.testing.assert_array_equal(found["mask_flags"], given["mask_flags"])
    assert "wind: the product's 10u and 10v." in notes


def test_the_same_through_files_of_snap_and_through_xarray(path: Path, product: Product, tmp_path: Path) -> None:
    expected, _ = run(SunGlint(), product)
    written = open_product(write_product(product, tmp_path / "stack.dim"))
    assert {"10u", "10v", "tco3", "aod550"} <= set(written.tie_points)
    again, notes = run(SunGlint(), written)
    assert "wind: the product's 10u and 10v." in notes
    np.testing.assert_allclose(again["glint_predicted_red"], expected["glint_predicted_red"], rtol=1e-5)
    dataset = estran.open(path)
    assert dataset["10u"].chunks is not None, "opening has decoded the forecast"
    glint = estran.run("SunGlint", dataset, resolution=20)
    assert "wind: the product's 10u and 10v." in glint.attrs["notes"]
    np.testing.assert_allclose(glint["glint_predicted_red"].values, expected["glint_predicted_red"], rtol=1e-4)
