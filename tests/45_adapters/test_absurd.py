"""Rasters that no sensor makes get a sentence, not a traceback and not a mask."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from affine import Affine

from estran.adapters.files import open_product
from estran.catalogue.operators.cloud_mask import CloudMask
from estran.engine.run import run_now
from estran.errors import BadGrid, UnsupportedProduct
from estran.raster.grid import Grid
from estran.raster.product import Band, Product


def image(path, transform, crs="EPSG:32631", dtype="float32", names=("B2",)):
    profile = {"driver": "GTiff", "count": len(names), "height": 20, "width": 30, "dtype": dtype}
    with rasterio.open(path, "w", transform=transform, crs=crs, **profile) as dataset:
        for number, name in enumerate(names, 1):
            dataset.write(np.full((20, 30), 0.25).astype("complex64" if "complex" in dtype else dtype), number)
            dataset.set_band_description(number, name)
    return path


@pytest.mark.parametrize(
    ("transform", "crs"),
    [
        (Affine(1e-4, 0, 600000, 0, -1e-4, 5000000), "EPSG:32631"),
        (Affine(2e5, 0, 600000, 0, -2e5, 5000000), "EPSG:32631"),
        (Affine(20, 0, 5, 0, -20, 45), "EPSG:4326"),  # metres called degrees
        (Affine(1e-9, 0, 5, 0, -1e-9, 45), "EPSG:4326"),
    ],
)
def test_pixels_of_no_size(tmp_path, transform, crs) -> None:
    with pytest.raises(BadGrid, match=r"size that no image has .*x\.tif.*1 mm to 100 km.*georeference"):
        open_product(image(tmp_path / "x.tif", transform, crs))


def test_usual_pixels(tmp_path) -> None:
    for number, (size, crs) in enumerate(
        [(0.05, "EPSG:32631"), (1000, "EPSG:32631"), (0.0001, "EPSG:4326"), (0.25, "EPSG:4326"), (30, "EPSG:2263")]
    ):
        open_product(image(tmp_path / f"{number}.tif", Affine(size, 0, 10, 0, -size, 10), crs))


@pytest.mark.parametrize(
    "transform", [Affine(0, 0, 6e5, 0, 0, 5e6), Affine(10, 10, 6e5, 10, 10, 5e6), Affine(np.nan, 0, 6e5, 0, -10, 5e6)]
)
def test_a_transform_that_cannot_be_turned_back(transform) -> None:
    with pytest.raises(BadGrid, match="gives pixels no place"):
        Grid(10, 10, transform, "EPSG:32631")


@pytest.mark.parametrize("dtype", ["complex64", "complex128", "complex_int16"])
def test_complex_samples(tmp_path, dtype) -> None:
    with pytest.raises(UnsupportedProduct, match=f"complex numbers.*found {dtype}"):
        open_product(image(tmp_path / "x.tif", Affine(10, 0, 6e5, 0, -10, 5e6), dtype=dtype))


@pytest.mark.parametrize(
    "transform", [Affine(14, 14, 6e5, 14, -14, 5e6), Affine(20, 0, 6e5, 0, 20, 5e6), Affine(-20, 0, 6e5, 0, -20, 5e6)]
)
def test_shadows_need_rows_that_run_southwards(transform) -> None:
    grid = Grid(60, 50, transform, "EPSG:32631")
    rng = np.random.default_rng(1)
    bands = {
        n: Band(n, rng.uniform(0.05, 0.4, grid.shape).astype(np.float32), grid)
        for n in ("B2", "B3", "B4", "B8A", "B11", "B12")
    }
    with pytest.raises(BadGrid, match=r"do not run southwards.*gdalwarp"):
        run_now(CloudMask(sun_zenith=40.0, sun_azimuth=150.0), {"source": Product("x", grid, bands)})
