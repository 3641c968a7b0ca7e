"""A product becomes a Dataset and a product again, and nothing is lost: of every reader, of random products, of bands
of several sizes, of parts.
"""

from __future__ import annotations

from dataclasses import replace

import dask
import numpy as np
import pytest
import xarray as xr
from affine import Affine
from hypothesis import Phase, assume, given, settings
from same_product import assert_same, formats

import estran
from estran.adapters.files import open_product, write_product
from estran.errors import UnsupportedProduct
from estran.face.to_dataset import dataset_of
from estran.face.to_product import product_of
from estran.raster.grid import Grid, Window
from estran.raster.product import Product, TiePointGrid
from estran.raster.tie_points import interpolate


def there_and_back(product: Product) -> Product:
    return product_of(dataset_of(product)).product


@settings(max_examples=80, phases=[Phase.generate])
@given(product=formats.products())
def test_random_products(product):
    # Physical values of scaled floats are doubles, which give samples back to their own precision alone.
    bands = {name: band for name, band in product.bands.items() if band.data.dtype.kind != "f" or not band.is_scaled}
    assume(bands)
    assert_same(replace(product, bands=bands), there_and_back(replace(product, bands=bands)))


@pytest.mark.parametrize("ending", [".dim", ".tif", ".nc"])
def test_products_of_each_format(ending, product, tmp_path):
    write_product(product, tmp_path / f"a{ending}")
    read = open_product(tmp_path / f"a{ending}")
    assert_same(read, there_and_back(read))


def test_a_safe_with_bands_of_three_sizes(safe, safe_product):
    dataset = estran.open(safe)
    assert {"y_10m", "y_20m", "y_60m"} <= set(dataset.dims)
    assert dataset.B2.dims == ("y_10m", "x_10m")
    assert_same(safe_product, dataset.estran.to_product())


def test_nothing_is_computed_on_the_way(safe):
    def refuse(*_args, **_kwargs):
        raise AssertionError("pixels were computed")

    with dask.config.set(scheduler=refuse):
        dataset = estran.open(safe)
        back = dataset.isel(y_20m=slice(10, 50)).estran.to_product()
    assert back["B8A"].grid.shape == (40, 96)
    with (
        dask.config.set(scheduler=refuse),
        pytest.raises(AssertionError, match="computed"),
    ):  # the twin: it would be seen
        dataset.B8A.compute()


def test_values_are_physical(safe, safe_product):
    dataset = estran.open(safe)
    band = safe_product["B8A"]
    np.testing.assert_array_equal(dataset.B8A.values, band.physical(np.asarray(band.data)))
    assert dataset.B8A.attrs["units"] == "1"
    assert np.isnan(dataset.B8A.values[np.asarray(band.data) == 0]).all()


@pytest.mark.parametrize("chosen", [slice(10, 50), slice(None, None, 2)])
def test_part_of_a_scene_keeps_its_place_and_its_tie_points(product, chosen):
    points = TiePointGrid("sun_zenith", np.array([[10, 20, 30], [12, 22, 33]], np.float32), 0.5, 0.5, 40.0, 69.0, "deg")
    place = dataset_of(replace(product, tie_points={"sun_zenith": points})).isel(y=chosen, x=slice(20, 60))
    part = place.estran.to_product()
    t = part.grid.transform
    assert t is not None
    assert (t.c + t.a / 2, t.f + t.e / 2) == (float(place.x[0]), float(place.y[0]))
    # Whatever is left of the scene, a pixel's centre has the angle that it had.
    before = interpolate(points, Window(0, 0, *product.grid.shape))[chosen, 20:60]
    np.testing.assert_allclose(interpolate(part.tie_points["sun_zenith"], part.grid.window), before, atol=1e-4)


def test_a_rotated_grid_and_none_at_all(product):
    turned = Grid(80, 70, Affine(18, 4, 600000, 4, -18, 5000000), "EPSG:32631")
    for grid in (turned, Grid(80, 70), Grid(80, 70, GRID_WITHOUT.transform)):
        moved = replace(product, grid=grid, bands={n: replace(b, grid=grid) for n, b in product.bands.items()})
        assert_same(moved, there_and_back(moved))


GRID_WITHOUT = Grid(80, 70, Affine(20, 0, 600000, 0, -20, 5000000))


def test_names_that_coordinates_have(product):
    odd = replace(
        product,
        bands={
            n: replace(b, name=n)
            for n, b in zip(("x", "time", "spatial_ref", "y_band"), product.bands.values(), strict=False)
        },
    )
    assert_same(odd, there_and_back(odd))


def test_computing_with_a_variable_forgets_how_it_was_stored(product):
    """xarray keeps attributes in arithmetic: an index must not be taken for the counts of the band that
    it came from.
    """
    dataset = dataset_of(product)
    with xr.set_options(keep_attrs=True):
        dataset["change"] = dataset.B8A - 0.3
    assert "estran" in dataset.change.attrs
    band = dataset.estran.to_product()["change"]
    assert (band.scale, band.saturated) == (1.0, None)
    np.testing.assert_array_equal(np.asarray(band.data), dataset.change.values)


def test_changed_in_place_beyond_what_the_samples_hold_is_reported(product):
    dataset = dataset_of(product)
    dataset["B4"] -= 0.5
    with pytest.raises(UnsupportedProduct, match=r"values of B4 do not fit .*drop_encoding"):
        np.asarray(dataset.estran.to_product()["B4"].data)


def test_a_renamed_variable_is_a_renamed_band(product):
    assert "red" in dataset_of(product).rename(B4="red").estran.to_product().bands


@pytest.mark.parametrize("ending", [".dim", ".tif", ".nc", ".zarr"])
def test_written_and_opened_again(ending, product, tmp_path):
    dataset = dataset_of(product)
    path = dataset.estran.write(tmp_path / f"S2A_small{ending}")
    again = estran.open(path)
    xr.testing.assert_equal(
        again[list(dataset.data_vars)].drop_vars("time", errors="ignore"), dataset.drop_vars("time")
    )
    back = again.estran.to_product()
    assert (back.start, back.platform) == (product.start, product.platform)
    assert [replace(b, data=None, grid=None) for b in back.bands.values()] == [
        replace(b, data=None, grid=None) for b in product.bands.values()
    ]
    for name, band in product.bands.items():
        np.testing.assert_array_equal(np.asarray(back[name].data), band.data)


def test_a_safe_through_zarr(safe, safe_product, tmp_path):
    """Bands of several sizes, written lazily, read by plain xarray and by us."""
    path = estran.open(safe).estran.write(tmp_path / "a.zarr")
    again = estran.open(path)
    assert hasattr(again.B8A.data, "dask")
    assert_same(replace(safe_product, source=str(path)), again.estran.to_product())
    assert str(safe) not in "".join(p.read_text("utf-8") for p in path.rglob("zarr.json"))
    plain = xr.open_zarr(path, consolidated=False)
    np.testing.assert_allclose(plain.B8A.values, estran.open(safe).B8A.values, rtol=1e-7)


def test_zarr_is_replaced_only_where_asked_and_ours(product, tmp_path):
    dataset = dataset_of(product)
    path = dataset.estran.write(tmp_path / "a.zarr")
    with pytest.raises(estran.errors.TargetExists, match="already there"):
        dataset.estran.write(path)
    dataset.estran.write(path, overwrite=True)
    (path / "mine.txt").write_text("x")
    with pytest.raises(estran.errors.TargetExists, match="not ours"):
        dataset.estran.write(path, overwrite=True)
