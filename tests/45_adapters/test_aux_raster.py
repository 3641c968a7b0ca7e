"""Auxiliary rasters on the product's grid: heights that a plane, a mosaic or a real DEM must give."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from affine import Affine

from estran.adapters.files.aux_raster import read_on_grid
from estran.errors import BadGrid, BadProduct
from estran.raster.grid import Grid

GRID = Grid(40, 30, Affine(20, 0, 600000, 0, -20, 5000000), "EPSG:32631")


def plane(x, y):
    """A tilted plane: bilinear interpolation gives it exactly."""
    return 0.01 * (x - 600000) - 0.02 * (y - 5000000) + 5


def tile(
    path, left, top, width, height, *, pixel=90.0, nodata=None, crs="EPSG:32631", dtype="float32", hole=None, scale=1.0
):
    transform = Affine(pixel, 0, left, 0, -pixel, top)
    x, y = left + (np.arange(width) + 0.5) * pixel, top - (np.arange(height) + 0.5) * pixel
    data = np.asarray(plane(x[None], y[:, None]) / scale).astype(dtype)
    if hole is not None:
        data[hole] = nodata
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        count=1,
        width=width,
        height=height,
        dtype=dtype,
        transform=transform,
        crs=crs,
        nodata=nodata,
    ) as dataset:
        dataset.write(data, 1)
        if scale != 1.0:
            dataset.scales = (scale,)
    return path


def expected(grid):
    t = grid.transform
    x, y = t.c + (np.arange(grid.width) + 0.5) * t.a, t.f + (np.arange(grid.height) + 0.5) * t.e
    return plane(x[None], y[:, None])


def test_a_plane_stays_a_plane(tmp_path):
    values = read_on_grid(tile(tmp_path / "dem.tif", 599000, 5001000, 30, 30), GRID)
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, expected(GRID), atol=1e-3)


def test_tiles_join_without_a_seam(tmp_path):
    """A seam would show where the grid's centre crosses from one tile to the next: each tile alone cannot interpolate
    over its edge.
    """
    for name, left, top in (
        ("a", 599000, 5001000),
        ("b", 599000 + 1080, 5001000),
        ("c", 599000, 5001000 - 1080),
        ("d", 599000 + 1080, 5001000 - 1080),
    ):
        tile(tmp_path / f"{name}.tif", left, top, 12, 12)
    np.testing.assert_allclose(read_on_grid(tmp_path, GRID), expected(GRID), atol=1e-3)
    np.testing.assert_allclose(read_on_grid(tmp_path / "[abcd].tif", GRID), expected(GRID), atol=1e-3)
    # The twin: without its neighbour a tile ends, and the rest is no data.
    alone = read_on_grid(tmp_path / "a.tif", GRID)
    assert np.isnan(alone).any()
    assert not np.isnan(alone).all()


def test_tiles_of_two_kinds(tmp_path):
    """Tiles that make no common raster (other pixels) fill one another's gaps, the first by name first."""
    tile(tmp_path / "a.tif", 599000, 5001000, 12, 30)
    tile(tmp_path / "b.tif", 599000, 5001000, 60, 60, pixel=45.0)
    values = read_on_grid(tmp_path, GRID)
    np.testing.assert_allclose(values, expected(GRID), atol=0.5)
    assert not np.isnan(values).any()


def test_holes_are_not_data(tmp_path):
    hole = np.s_[15:18, 12:20]
    values = read_on_grid(
        tile(tmp_path / "dem.tif", 599000, 5001000, 30, 30, nodata=-32768, dtype="int16", hole=hole), GRID
    )
    assert np.isnan(values).any()
    assert np.nanmin(values) >= np.floor(expected(GRID).min()) - 1


def test_undeclared_fill_of_floats(tmp_path):
    path = tile(tmp_path / "dem.tif", 599000, 5001000, 30, 30)
    with rasterio.open(path, "r+") as dataset:
        data = dataset.read(1)
        data[15:18, 12:20] = -3.4e38
        dataset.write(data, 1)
    values = read_on_grid(path, GRID, resampling="nearest")
    assert np.isnan(values).any()
    assert np.nanmin(values) > -100


def test_margin(tmp_path):
    """The inner part of a wider reading is the reading itself; the margin goes on outwards."""
    path = tile(tmp_path / "dem.tif", 599000, 5001000, 40, 40)
    wide = read_on_grid(path, GRID, margin=50.0)
    assert wide.shape == (30 + 6, 40 + 6)  # 50 m are 3 pixels of 20 m
    np.testing.assert_allclose(wide[3:-3, 3:-3], read_on_grid(path, GRID), atol=1e-3)
    around = Grid(46, 36, GRID.transform * Affine.translation(-3, -3), GRID.crs)
    np.testing.assert_allclose(wide, expected(around), atol=1e-3)


def test_scaled_files(tmp_path):
    np.testing.assert_allclose(
        read_on_grid(tile(tmp_path / "dem.tif", 599000, 5001000, 30, 30, scale=0.01), GRID), expected(GRID), atol=1e-3
    )


def test_another_projection(tmp_path):
    """The same plane, kept in the next UTM zone, within the bend of a straight line between two projections."""
    from rasterio.enums import Resampling
    from rasterio.warp import calculate_default_transform, reproject

    source = tile(tmp_path / "dem.tif", 599000, 5001000, 40, 40)
    with rasterio.open(source) as dataset:
        transform, width, height = calculate_default_transform(
            dataset.crs, "EPSG:32632", dataset.width, dataset.height, *dataset.bounds, resolution=30
        )
        data = np.zeros((height, width), np.float32)
        reproject(
            rasterio.band(dataset, 1),
            data,
            dst_transform=transform,
            dst_crs="EPSG:32632",
            dst_nodata=-9999.0,
            resampling=Resampling.bilinear,
        )
    with rasterio.open(
        tmp_path / "next.tif",
        "w",
        driver="GTiff",
        count=1,
        width=width,
        height=height,
        dtype="float32",
        transform=transform,
        crs="EPSG:32632",
        nodata=-9999.0,
    ) as d:
        d.write(data, 1)
    np.testing.assert_allclose(read_on_grid(tmp_path / "next.tif", GRID), expected(GRID), atol=0.02)


def test_elsewhere(tmp_path):
    with pytest.raises(BadGrid, match="does not overlap the product"):
        read_on_grid(tile(tmp_path / "dem.tif", 700000, 5001000, 30, 30), GRID)


def test_no_crs(tmp_path):
    with pytest.raises(BadGrid, match=r"has no CRS .*gdal_edit"):
        read_on_grid(tile(tmp_path / "dem.tif", 599000, 5001000, 30, 30, crs=None), GRID)
    with pytest.raises(BadGrid, match="needs a map grid"):
        read_on_grid(tile(tmp_path / "b.tif", 599000, 5001000, 30, 30), Grid(4, 4))


def test_complex_numbers(tmp_path):
    with rasterio.open(
        tmp_path / "c.tif",
        "w",
        driver="GTiff",
        width=9,
        height=9,
        count=1,
        dtype="complex64",
        crs="EPSG:32631",
        transform=Affine(90, 0, 0, 0, -90, 0),
    ) as made:
        made.write(np.full((1, 9, 9), 100 + 1j, np.complex64))
    with pytest.raises(BadProduct, match="holds complex numbers"):
        read_on_grid(tmp_path / "c.tif", Grid(9, 9, Affine(90, 0, 0, 0, -90, 0), "EPSG:32631"))


def test_no_raster(tmp_path):
    (tmp_path / "dem.tif").write_text("heights")
    with pytest.raises(BadProduct, match="cannot be opened"):
        read_on_grid(tmp_path / "dem.tif", GRID)
    with pytest.raises(BadProduct, match="there is no auxiliary raster"):
        read_on_grid(tmp_path / "none" / "*.tif", GRID)


def test_real_mosaic_of_the_alps(shared_data):
    """Four SRTM tiles meet at 45 N 7 E; Gran Paradiso (4061 m; SRTM is lower on peaks) lies in N45E007, and no seam
    crosses the grid.
    """
    grid = Grid(300, 300, Affine(90, 0, 328000, 0, -90, 4997000), "EPSG:32632")
    heights = read_on_grid(shared_data / "srtm3_alps", grid)
    # SRTM has small voids on steep slopes, but no gap where tiles meet.
    assert np.isnan(heights).mean() < 0.005
    for axis in (0, 1):
        steps = np.nanmedian(np.abs(np.diff(heights, axis=axis)), axis=1 - axis)
        # A seam is a whole row or column of jumps; none differs from its neighbour more than mountains do elsewhere.
        assert steps.max() < 2 * np.median(steps)
    summit = Grid(60, 60, Affine(90, 0, 360500, 0, -90, 5045500), "EPSG:32632")
    assert 3800 < np.nanmax(read_on_grid(shared_data / "srtm3_alps", summit)) < 4100


def test_a_map_that_has_no_way_to_the_products(tmp_path):
    local = 'LOCAL_CS["a building site",UNIT["metre",1],AXIS["Easting",EAST],AXIS["Northing",NORTH]]'
    with rasterio.open(
        tmp_path / "dem.tif",
        "w",
        driver="GTiff",
        width=4,
        height=4,
        count=1,
        dtype="float32",
        crs=local,
        transform=rasterio.Affine(10, 0, 5e5, 0, -10, 5e6),
    ) as dataset:
        dataset.write(np.ones((4, 4), np.float32), 1)
    with pytest.raises(BadGrid, match="no way to the product's map"):
        read_on_grid(tmp_path / "dem.tif", Grid(4, 4, rasterio.Affine(10, 0, 5e5, 0, -10, 5e6), "EPSG:32631"))
