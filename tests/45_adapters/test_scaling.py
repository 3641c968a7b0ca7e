"""Numbers that are reflectance, numbers that are ten thousand times it, and numbers that are neither: told by looking
at them, or refused.
"""

from __future__ import annotations

import netCDF4
import numpy as np
import pytest
import rasterio
from affine import Affine

from estran.adapters.files import open_product, write_product
from estran.adapters.files.options import ReadOptions
from estran.adapters.files.scaling import as_reflectance
from estran.catalogue.operators.spectral_tests import SpectralTests
from estran.engine.run import run_now
from estran.errors import UnsupportedProduct
from estran.raster.grid import Grid
from estran.raster.product import Band, Product
from estran.sensors.bands import LANDSAT_OLI, SENTINEL2

GRID = Grid(90, 80, Affine(20, 0, 600000, 0, -20, 5000000), "EPSG:32631")
BRIGHTNESS = {
    "coastal": 0.14,
    "blue": 0.11,
    "green": 0.09,
    "red": 0.07,
    "nir08": 0.30,
    "nir": 0.28,
    "cirrus": 0.003,
    "swir16": 0.2,
    "swir22": 0.1,
}
SUN = {
    "blue": 1950.0,
    "green": 1820.0,
    "red": 1510.0,
    "nir08": 950.0,
    "nir": 1040.0,
    "cirrus": 365.0,
    "swir16": 245.0,
    "swir22": 85.0,
    "coastal": 1880.0,
}
"""Irradiance [W/m2/um], rounded."""


def ground(semantic: str, shape: tuple[int, int] = GRID.shape) -> np.ndarray:
    """Reflectance of a landscape with some cloud: what every case below is made from."""
    rng = np.random.default_rng(7)
    cloud = rng.random(shape) < 0.1
    texture = 1 + 0.2 * rng.standard_normal(shape)
    return np.where(cloud, 0.5, np.clip(BRIGHTNESS[semantic] * texture, 1e-3, None))


def stack(make, dtype, table=SENTINEL2, platform="", **of_band) -> Product:
    bands = {
        b.name: Band(b.name, make(b.semantic).astype(dtype), GRID, **of_band) for b in table if b.semantic in BRIGHTNESS
    }
    return Product("stack", GRID, bands, platform=platform)


NUMBERS = {
    "8-bit": (lambda name: np.clip(ground(name) * 400, 0, 255), "uint8", "8-bit numbers"),
    "8-bit in 16": (lambda name: np.clip(ground(name) * 400, 1, 255), "uint16", "as 8-bit numbers are"),
    "percent": (lambda name: ground(name) * 100, "float32", "as percent are"),
    "whole percent": (lambda name: ground(name) * 100 + 1, "int16", "as percent are"),
    "radiance": (lambda name: ground(name) * SUN[name] * 0.9 / np.pi, "float32", "as radiances are"),
    "Landsat": (lambda name: 5000 + 50000 * ground(name) * 0.8, "uint16", "another sensor's digital numbers"),
    "sixteen full bits": (
        lambda name: np.clip(ground(name) * 120000, 0, 65500),
        "uint16",
        "another sensor's digital numbers",
    ),
    "decibels": (lambda name: 10 * np.log10(ground(name)) - 3, "float32", "as decibels are"),
}


@pytest.mark.parametrize("kind", NUMBERS)
def test_numbers_that_are_no_reflectance_are_refused(kind: str) -> None:
    make, dtype, why = NUMBERS[kind]
    product = as_reflectance(stack(make, dtype))
    assert {why in band.unscaled for band in product.bands.values()} == {True}
    assert any(why in note and "--scale" in note for note in product.notes)
    with pytest.raises(UnsupportedProduct, match=f"scaling is not known .*{why}.*--scale"):
        run_now(SpectralTests(), {"source": product})


@pytest.mark.parametrize("dtype", ["uint16", "int16", "int32", "float32", "float64"])
def test_reflectance_times_ten_thousand_is_taken_for_it(dtype: str) -> None:
    product = as_reflectance(stack(lambda name: np.rint(ground(name) * 1e4), dtype))
    assert {band.scale for band in product.bands.values()} == {1e-4}
    run_now(SpectralTests(), {"source": product})


def test_reflectance_stays() -> None:
    product = as_reflectance(stack(ground, "float32"))
    assert {(band.scale, band.unscaled) for band in product.bands.values()} == {(1.0, "")}
    assert product.notes == ()


def test_what_the_user_says_is_done() -> None:
    """Percent with --scale 0.01 gives the masks of the reflectance itself."""
    percent = as_reflectance(stack(lambda name: ground(name) * 100, "float64"), 0.01)
    for a, b in zip(
        *(run_now(SpectralTests(), {"source": p}).bands.values() for p in (percent, stack(ground, "float64"))),
        strict=True,
    ):
        np.testing.assert_array_equal(a.data, b.data)


def test_integers_that_nobody_looked_at_are_refused_too() -> None:
    """A product from Python, or from another engine, that passed no reader."""
    with pytest.raises(UnsupportedProduct, match="found whole numbers"):
        run_now(SpectralTests(), {"source": stack(lambda name: ground(name) * 1e4, "uint16")})


def test_landsat_without_its_metadata() -> None:
    product = as_reflectance(stack(NUMBERS["Landsat"][0], "uint16", LANDSAT_OLI, "Landsat-8"))
    with pytest.raises(UnsupportedProduct, match="MTL file"):
        run_now(SpectralTests(), {"source": product})


def test_a_dim_says_its_scaling(tmp_path) -> None:
    """SNAP writes a factor with every band: 1 means 1, so nothing is assumed, and what cannot be reflectance is
    refused.
    """
    write_product(stack(lambda name: ground(name) * 1e4, "uint16"), tmp_path / "x.dim")
    with pytest.raises(UnsupportedProduct, match="as of reflectance times 10 000"):
        run_now(SpectralTests(), {"source": open_product(tmp_path / "x.dim")})
    run_now(SpectralTests(), {"source": open_product(tmp_path / "x.dim", ReadOptions(scale=1e-4))})


@pytest.mark.parametrize(
    ("fill", "dtype"),
    [(65535, "uint16"), (32767, "int16"), (-9999, "int16"), (-9999.0, "float32"), (0.0, "float32"), (0, "uint16")],
)
def test_an_undeclared_fill_is_found(fill: float, dtype: str) -> None:
    """A slanted swath edge, outside of which one number stands in all bands: no-data before anything is averaged."""
    rows, cols = np.mgrid[: GRID.height, : GRID.width]
    factor = 1.0 if dtype == "float32" else 1e4
    product = as_reflectance(stack(lambda name: np.where(cols < 30 + 0.2 * rows, fill, ground(name) * factor), dtype))
    assert {band.nodata for band in product.bands.values()} == {fill}


@pytest.mark.parametrize("fill", [9.969209968386869e36, 1e20, 3.4028234663852886e38])
@pytest.mark.parametrize("factor", [1.0, 1e4])
def test_a_number_that_no_measurement_has_is_no_data(fill: float, factor: float) -> None:
    """The fill of NetCDF and of models, in a file that does not declare it."""

    def made(name: str) -> np.ndarray:
        values = ground(name) * factor
        values[20:40, 30:60] = fill
        return values

    product = as_reflectance(stack(made, "float32"))
    assert {band.unscaled for band in product.bands.values()} == {""}
    done = run_now(SpectralTests(), {"source": product})
    expected = np.zeros(GRID.shape, bool)
    expected[20:40, 30:60] = True
    np.testing.assert_array_equal(np.isnan(np.asarray(done["hot"].data)), expected)


def test_a_cloud_at_the_edge_is_no_fill() -> None:
    """Twin of the above: the visible bands saturate over a cloud at the edge, the short-wave infrared does not."""

    def make(name):
        values = np.rint(ground(name) * 1e4)
        values[:, :30] = 65535 if name in ("coastal", "blue", "green", "red") else 4000
        return values

    product = as_reflectance(stack(make, "uint16"))
    assert {band.nodata for band in product.bands.values()} == {0.0}


@pytest.mark.parametrize(
    ("dtype", "added", "noted"),
    [("uint16", 1000, True), ("float32", 1000, True), ("uint16", 0, False), ("int16", 0, False)],
)
@pytest.mark.parametrize("ending", [".tif", ".nc"])
def test_numbers_with_an_offset_that_nobody_declares_are_noticed(
    tmp_path, dtype: str, added: int, noted: bool, ending: str
) -> None:
    """As Earth Engine exports products of baseline 04.00 and later that it has not harmonised: everything is 0.1 too
    bright.
    """
    path = write_product(
        stack(lambda name: np.clip(ground(name) * 1e4, 1, None) + added, dtype), tmp_path / f"x{ending}"
    )
    without_our_tags(path)
    product = open_product(path)
    assert any("--offset -1000 mends it" in note for note in product.notes) == noted
    if noted:
        assert open_product(path, ReadOptions(offset=-1000))["B2"].offset == pytest.approx(-0.1)


def without_our_tags(path) -> None:
    """The file as another program writes it."""
    if path.suffix == ".nc":
        with netCDF4.Dataset(path) as old, netCDF4.Dataset(path.with_suffix(".new"), "w") as new:
            for name, length in old.dimensions.items():
                new.createDimension(name, len(length))
            for name, variable in old.variables.items():
                if name.startswith("B"):
                    new.createVariable(name, variable.dtype, variable.dimensions)[:] = variable[:]
        path.with_suffix(".new").replace(path)
        return
    with rasterio.open(path) as old:
        data, profile, names = old.read(), old.profile, old.descriptions
    with rasterio.open(path, "w", **{**profile, "driver": "GTiff"}) as new:
        new.write(data)
        new.descriptions = names
