"""Values that no sensor measures are no data, whatever the file says and however the scene is cut."""

from __future__ import annotations

from dataclasses import replace

import dask.array
import numpy as np
import pytest
from affine import Affine

from estran.catalogue.operators.cloud_mask import CloudMask
from estran.catalogue.operators.spectral_tests import SpectralTests
from estran.engine.run import run_now
from estran.errors import EmptyScene
from estran.raster.grid import Grid
from estran.raster.product import Band, Product

GRID = Grid(150, 130, Affine(20, 0, 600000, 0, -20, 5000000), "EPSG:32631")
GROUND = {"B2": 0.1, "B3": 0.09, "B4": 0.07, "B8A": 0.3, "B10": 0.002, "B11": 0.2, "B12": 0.1}
ROWS, COLS = np.mgrid[: GRID.height, : GRID.width]
OUTSIDE = COLS < 25 + 0.1 * ROWS


def scene(change=lambda name, values: values, dtype="float32", **of_band) -> Product:
    """Reflectance with some texture, changed by the test."""
    rng = np.random.default_rng(5)
    bands = {}
    for name, value in GROUND.items():
        values = value * (1 + 0.1 * rng.standard_normal(GRID.shape))
        bands[name] = Band(name, np.asarray(change(name, values)).astype(dtype), GRID, **of_band)
    return Product("scene", GRID, bands)


def nodata(product: Product, op=None, tile: int = 64) -> np.ndarray:
    result = run_now(op or SpectralTests(), {"source": product}, tile=tile)
    flags = next(band for name, band in result.bands.items() if name.endswith("flags"))
    return flags.coding.unpack(np.asarray(flags.data), "NODATA")


def outside(value):
    return lambda name, values: np.where(OUTSIDE, value, values)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, -9999.0, -0.1, 0.0, 1.0, 6.5535, 65535.0, 3e38])
@pytest.mark.parametrize("op", [SpectralTests(), CloudMask(sun_zenith=40.0, sun_azimuth=150.0)], ids=["pixel", "scene"])
def test_a_filling_along_the_swath_edge_is_no_data(value: float, op) -> None:
    np.testing.assert_array_equal(nodata(scene(outside(value)), op), OUTSIDE)


def test_the_same_for_any_tile() -> None:
    product = scene(outside(0.731))
    for tile in (64, 77, 1000):
        np.testing.assert_array_equal(nodata(product, tile=tile), OUTSIDE)
    chunked = replace(
        product, bands={n: replace(b, data=dask.array.from_array(b.data, chunks=50)) for n, b in product.bands.items()}
    )
    np.testing.assert_array_equal(nodata(chunked), OUTSIDE)


def test_raw_zero_under_an_offset() -> None:
    """Counts of baseline 04.00 whose file forgets to declare 0: it would be -0.1. Water at 960 (-0.004) stays."""
    product = scene(
        lambda name, values: np.where(OUTSIDE, 0, np.where(ROWS > 100, 960, values * 1e4 + 1000)),
        "uint16",
        scale=1e-4,
        offset=-0.1,
    )
    np.testing.assert_array_equal(nodata(product), OUTSIDE)


def test_one_band_alone_is_no_filling() -> None:
    """Twin: water is exactly zero in the infrared of many processors, and a saturated cloud at the edge is the same
    number in the visible bands.
    """
    dark = scene(lambda name, values: np.where(OUTSIDE & (name in ("B11", "B12")), 0.0, values))
    assert not nodata(dark).any()
    bright = scene(lambda name, values: np.where(OUTSIDE & (name in ("B2", "B3", "B4")), 1.2, values))
    assert not nodata(bright).any()


def test_a_number_inside_is_no_filling() -> None:
    """Only along the edge of the image: a saturated core inside stays what it is."""
    core = np.hypot(ROWS - 65, COLS - 75) < 8
    assert not nodata(scene(lambda name, values: np.where(core, 1.3, values))).any()


def test_infinities_of_scaled_files() -> None:
    for dtype, value, scale in (("float32", np.inf, 1e-4), ("float64", 1e300, 1e10), ("float64", -1e308, 1.0)):
        factor = 1 / scale
        product = scene(lambda name, values, v=value, f=factor: np.where(OUTSIDE, v, values * f), dtype, scale=scale)
        np.testing.assert_array_equal(nodata(product), OUTSIDE)


STRANGE = {
    "negative": (lambda name, values: -values / 100, {}, "Every pixel is negative in "),
    "saturated": (
        lambda name, values: np.full(GRID.shape, 65535),
        {"dtype": "uint16", "scale": 1e-4, "saturated": 65535},
        "Every pixel is saturated in ",
    ),
    "undeclared saturation": (
        lambda name, values: np.full(GRID.shape, 65535),
        {"dtype": "uint16", "scale": 1e-4},
        "Every pixel is saturated in ",
    ),
    "too bright": (lambda name, values: values / values.max() / 10 + 1.6, {}, "Every pixel is above 1.5 in blue, "),
    "constant": (lambda name, values: np.full(GRID.shape, 0.25), {}, "Every pixel has the same value in blue (0.25), "),
}


@pytest.mark.parametrize("kind", STRANGE)
@pytest.mark.parametrize("op", [SpectralTests(), CloudMask(sun_zenith=40.0, sun_azimuth=150.0)], ids=["pixel", "scene"])
def test_a_scene_that_no_sensor_sees_is_said_first(kind: str, op) -> None:
    change, of_band, sentence = STRANGE[kind]
    product = scene(change, **of_band).with_notes("Something else.")
    first, *_ = run_now(op, {"source": product}, tile=64).notes
    assert first.startswith(sentence), first


@pytest.mark.parametrize("value", [np.nan, -0.5, np.inf])
@pytest.mark.parametrize("op", [SpectralTests(), CloudMask(sun_zenith=40.0, sun_azimuth=150.0)], ids=["pixel", "scene"])
def test_a_scene_without_a_pixel(value: float, op) -> None:
    with pytest.raises(EmptyScene, match=r"no pixel of the scene has data in .*-0.05"):
        run_now(op, {"source": scene(lambda name, values: np.full(GRID.shape, value))}, tile=64)


def test_a_usual_scene_has_nothing_said() -> None:
    assert not any(note.startswith("Every pixel") for note in run_now(SpectralTests(), {"source": scene()}).notes)
    # A corner is looked at that is strange, the scene is not.
    corner = (ROWS < 40) | (ROWS > 90) | (COLS < 40) | (COLS > 110)
    half = scene(lambda name, values: np.where(corner, -0.01, values))
    assert not any(note.startswith("Every pixel") for note in run_now(SpectralTests(), {"source": half}).notes)


def test_heights_beyond_the_scene_that_the_earth_has_not_are_no_data() -> None:
    """As those within: one of 1e30 m would cast its shadow over all the world."""
    from pathlib import Path

    from estran.catalogue.operators.relief_shadow import ReliefShadow
    from estran.engine.inputs import Inputs
    from estran.engine.run import _reads_aux

    file = Path("dem.tif")
    heights = np.array([[100.0, 1e30, -32768.0]], np.float32)
    read = _reads_aux(
        ReliefShadow(dem=file), Inputs(GRID, {}, (), files={"dem": file}), lambda path, grid, resampling: heights
    )
    np.testing.assert_array_equal(read("dem", GRID), np.array([[100.0, np.nan, np.nan]], np.float32))
