"""Elevation models as users have them: across longitude 180, with holes that no header declares, in feet, and with or
without a vertical datum.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import Transformer

from estran.adapters.files.aux_raster import read_on_grid
from estran.catalogue.operators.cloud_mask import CloudMask
from estran.catalogue.operators.relief_shadow import ReliefShadow
from estran.engine.run import run_now
from estran.raster.grid import Grid
from estran.raster.product import Band, Product

DEGREES = 0.01
ALPS = Grid(120, 100, Affine(20, 0, 600000, 0, -20, 5000000), "EPSG:32631")


def truth(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """A plane over longitudes counted on across 180, which interpolation keeps."""
    return 1000 * (np.where(lon < 0, lon + 360, lon) - 179) + 100 * (lat + 17)


def model(
    path: Path, west: float, east: float, *, north: float = -16.0, south: float = -17.0, step: float = DEGREES
) -> Path:
    width, height = round((east - west) / step), round((north - south) / step)
    lon, lat = west + (np.arange(width) + 0.5) * step, north - (np.arange(height) + 0.5) * step
    heights = truth((lon[None] + 180) % 360 - 180, lat[:, None]).astype(np.float32)
    profile = {
        "driver": "GTiff",
        "count": 1,
        "width": width,
        "height": height,
        "dtype": "float32",
        "compress": "deflate",
    }
    with rasterio.open(
        path, "w", crs="EPSG:4326", transform=Affine(step, 0, west, 0, -step, north), **profile
    ) as dataset:
        dataset.write(heights, 1)
    return path


def fiji(epsg: int) -> Grid:
    """A scene that longitude 180 cuts in two, in either UTM zone."""
    x, y = Transformer.from_crs(4326, epsg, always_xy=True).transform(180.0, -16.5)
    return Grid(100, 100, Affine(200, 0, x - 10000, 0, -200, y + 10000), f"EPSG:{epsg}")


RASTERS = {
    "across, east": lambda folder: model(folder / "a.tif", 179, 181),
    "across, west": lambda folder: model(folder / "a.tif", -181, -179),
    "0 to 360": lambda folder: model(folder / "a.tif", 0, 360, step=0.05),
    "-180 to 180": lambda folder: model(folder / "a.tif", -180, 180, step=0.05),
    "two tiles": lambda folder: [model(folder / "e.tif", 179, 180), model(folder / "w.tif", -180, -179)] and folder,
    "two tiles of 0 to 360": lambda folder: (
        [model(folder / "e.tif", 179, 180), model(folder / "w.tif", 180, 181)] and folder
    ),
}


@pytest.mark.parametrize("epsg", [32760, 32701])
@pytest.mark.parametrize("kind", RASTERS)
def test_across_longitude_180(tmp_path: Path, kind: str, epsg: int) -> None:
    """No hole and no seam: an interpolation that stops at 180 degrees would be metres off there."""
    grid = fiji(epsg)
    columns, rows = np.meshgrid(np.arange(grid.width) + 0.5, np.arange(grid.height) + 0.5)
    expected = truth(*grid.lonlat(columns, rows))
    np.testing.assert_allclose(read_on_grid(RASTERS[kind](tmp_path), grid), expected, atol=0.01)


@pytest.mark.parametrize(("west", "lon"), [(0, -80.0), (0, 80.0), (-180, -80.0)])
def test_longitudes_of_0_to_360_far_from_180(tmp_path: Path, west: float, lon: float) -> None:
    epsg = 32700 + int((lon + 180) // 6) + 1
    x, y = Transformer.from_crs(4326, epsg, always_xy=True).transform(lon, -16.5)
    grid = Grid(50, 50, Affine(200, 0, x, 0, -200, y), f"EPSG:{epsg}")
    columns, rows = np.meshgrid(np.arange(50) + 0.5, np.arange(50) + 0.5)
    expected = truth(*grid.lonlat(columns, rows))
    np.testing.assert_allclose(
        read_on_grid(model(tmp_path / "a.tif", west, west + 360, step=0.05), grid), expected, rtol=1e-5, atol=0.01
    )


def alps(
    path: Path,
    heights: np.ndarray | float = 500.0,
    *,
    crs: str = "EPSG:32631",
    unit: str = "",
    dtype: str = "int16",
    scale: float = 1.0,
) -> Path:
    """A model with pixels of 40 m around the scene."""
    heights = np.broadcast_to(np.asarray(heights, dtype), (80, 90))
    profile = {"driver": "GTiff", "count": 1, "width": 90, "height": 80, "dtype": dtype}
    with rasterio.open(path, "w", crs=crs, transform=Affine(40, 0, 599600, 0, -40, 5000400), **profile) as dataset:
        dataset.write(heights, 1)
        if unit:
            dataset.units = (unit,)
        if scale != 1.0:
            dataset.scales, dataset.offsets = (scale,), (10.0,)
    return path


@pytest.mark.parametrize(
    ("dtype", "hole"),
    [("int16", -32768), ("int16", -9999), ("int16", -32767), ("float32", -9999.0), ("float32", -3.4028234663852886e38)],
)
def test_holes_that_no_header_declares(tmp_path: Path, dtype: str, hole: float) -> None:
    """They are no ground, and none of the ground around them is drawn down towards them."""
    heights = np.full((80, 90), 500, dtype)
    heights[30:40, 40:50] = hole
    notes: list[str] = []
    values = read_on_grid(alps(tmp_path / "dem.tif", heights, dtype=dtype), ALPS, notes=notes)
    assert np.isnan(values).any()
    np.testing.assert_allclose(values[np.isfinite(values)], 500.0, atol=1e-3)
    assert any("is taken as no-data" in note for note in notes)


@pytest.mark.parametrize(
    ("dtype", "declared", "hole"), [("int16", -9999, -32768), ("int16", -32768, -9999), ("float32", -9999.0, -32767.0)]
)
@pytest.mark.parametrize("tiles", [1, 2])
def test_holes_of_another_number_than_the_header_declares(
    tmp_path: Path, dtype: str, declared: float, hole: float, tiles: int
) -> None:
    heights = np.full((80, 90), 500, dtype)
    heights[30:40, 40:50] = hole
    heights[50:60, 40:50] = declared
    for number in range(tiles):
        with rasterio.open(alps(tmp_path / f"{number}.tif", heights, dtype=dtype), "r+") as dataset:
            dataset.nodata = declared
    notes: list[str] = []
    values = read_on_grid(tmp_path / "0.tif" if tiles == 1 else tmp_path, ALPS, notes=notes)
    assert np.isnan(values).sum() > 2 * 350
    np.testing.assert_allclose(values[np.isfinite(values)], 500.0, atol=1e-3)
    assert any(f"declares {declared:g} as no-data value: {hole:g} is taken as no-data too" in note for note in notes)


@pytest.mark.parametrize(
    ("dtype", "hole"), [("int16", 32767), ("int16", -32766), ("uint16", 65535), ("int16", 9999), ("int32", 99999)]
)
def test_numbers_that_are_no_height_fill_holes(tmp_path: Path, dtype: str, hole: int) -> None:
    """No height is made between them and the ground around."""
    heights = np.full((80, 90), 500, dtype)
    heights[30:40, 40:50] = hole
    values = read_on_grid(alps(tmp_path / "dem.tif", heights, dtype=dtype), ALPS)
    assert np.isnan(values).any()
    np.testing.assert_allclose(values[np.isfinite(values)], 500.0, atol=1e-3)


def test_the_sea_is_no_hole(tmp_path: Path) -> None:
    assert (read_on_grid(alps(tmp_path / "dem.tif", 0), ALPS) == 0.0).all()


@pytest.mark.parametrize(
    ("unit", "expected"), [("m", 500.0), ("metre", 500.0), ("ft", 152.4), ("US survey foot", 152.4003), ("", 500.0)]
)
def test_feet(tmp_path: Path, unit: str, expected: float) -> None:
    np.testing.assert_allclose(read_on_grid(alps(tmp_path / "dem.tif", unit=unit), ALPS), expected, atol=1e-3)


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("US survey feet", 152.4003),
        ("us-ft", 152.4003),
        ("International Feet", 152.4),
        ("cm", 5.0),
        ("decimetre", 50.0),
        ("mm", 0.5),
    ],
)
def test_other_units_of_length(tmp_path: Path, unit: str, expected: float) -> None:
    np.testing.assert_allclose(read_on_grid(alps(tmp_path / "dem.tif", unit=unit), ALPS), expected, atol=1e-3)


def test_a_unit_that_is_not_known_is_said(tmp_path: Path) -> None:
    notes: list[str] = []
    np.testing.assert_allclose(read_on_grid(alps(tmp_path / "dem.tif", unit="fathom"), ALPS, notes=notes), 500.0)
    assert any("in 'fathom', which is no known unit of length" in note for note in notes)


def test_bands_beyond_the_first_are_said(tmp_path: Path) -> None:
    """A shaded picture, or a product, given as elevation model."""
    with rasterio.open(alps(tmp_path / "one.tif")) as dataset:
        profile, data = dataset.profile, dataset.read()
    with rasterio.open(tmp_path / "dem.tif", "w", **{**profile, "count": 3}) as dataset:
        dataset.write(np.repeat(data, 3, 0))
    notes: list[str] = []
    read_on_grid(tmp_path / "dem.tif", ALPS, notes=notes)
    assert any("dem.tif has 3 bands: the first was read" in note for note in notes)


def test_scale_and_offset_of_the_file(tmp_path: Path) -> None:
    np.testing.assert_allclose(read_on_grid(alps(tmp_path / "dem.tif", scale=0.1), ALPS), 60.0, atol=1e-3)


@pytest.mark.parametrize(
    ("name", "crs", "said"),
    [
        ("dem.tif", "EPSG:32631+5773", "EGM96"),
        ("dem.tif", "EPSG:32631+3855", "EGM2008"),
        ("dem.tif", "EPSG:32631", "does not say whether its heights are orthometric or ellipsoidal"),
        ("Copernicus_DSM_COG_10_N45.tif", "EPSG:32631", "EGM2008"),
    ],
)
def test_what_heights_are_counted_from_is_said(tmp_path: Path, name: str, crs: str, said: str) -> None:
    notes: list[str] = []
    values = read_on_grid(alps(tmp_path / name, crs=crs), ALPS, notes=notes)
    np.testing.assert_allclose(values, 500.0, atol=1e-3)
    assert [said in note for note in notes] == [True]


def scene() -> Product:
    rng = np.random.default_rng(2)
    names = {"B2": 0.1, "B3": 0.09, "B4": 0.07, "B8A": 0.3, "B11": 0.2, "B12": 0.1, "B10": 0.002}
    bands = {
        n: Band(n, (v * (1 + 0.1 * rng.standard_normal(ALPS.shape))).astype(np.float32), ALPS) for n, v in names.items()
    }
    return Product("scene", ALPS, bands)


@pytest.mark.parametrize("op", [CloudMask, ReliefShadow])
@pytest.mark.parametrize("hole", [-32768, 32767])
def test_a_model_that_is_all_holes_counts_as_missing(tmp_path: Path, op, hole: int) -> None:
    """One note, no warning of NumPy's, and the result without a model."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        path = alps(tmp_path / "dem.tif", hole)
        done = run_now(op(dem=path, sun_zenith=40.0, sun_azimuth=150.0), {"source": scene()}, read_aux=read_on_grid)
    assert any(note.startswith("dem.tif has no data over the scene. no dem: ") for note in done.notes)
    without = run_now(op(sun_zenith=40.0, sun_azimuth=150.0), {"source": scene()}) if op is CloudMask else None
    if without is not None:
        for name, band in without.bands.items():
            np.testing.assert_array_equal(done[name].data, band.data)


def test_a_band_of_heights_that_is_all_holes(tmp_path: Path) -> None:
    """The same for a model that comes as a band of the product."""
    product = scene().with_bands(Band("elevation", np.full(ALPS.shape, -32768, np.int16), ALPS, unit="m"))
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        done = run_now(CloudMask(sun_zenith=40.0, sun_azimuth=150.0), {"source": product})
    assert any(note.startswith("no dem: ") for note in done.notes)


def test_a_part_of_the_scene(tmp_path: Path) -> None:
    heights = np.full((80, 90), 500, np.int16)
    heights[:, 40:] = -32768
    path = alps(tmp_path / "dem.tif", heights)
    done = run_now(CloudMask(dem=path, sun_zenith=40.0, sun_azimuth=150.0), {"source": scene()}, read_aux=read_on_grid)
    assert any(note.startswith(("dem.tif has data over 49", "dem.tif has data over 5")) for note in done.notes), (
        done.notes
    )


def test_nothing_is_said_of_heights_where_there_are_none(tmp_path: Path) -> None:
    """A map of water occurrence is no elevation model."""
    path = alps(tmp_path / "water.tif", 50)
    done = run_now(
        CloudMask(water_occurrence=path, sun_zenith=40.0, sun_azimuth=150.0), {"source": scene()}, read_aux=read_on_grid
    )
    assert not any("heights" in note for note in done.notes if "water.tif" in note)
