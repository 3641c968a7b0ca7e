"""Cast shadow against geometry that can be worked out by hand, and against a plain march on a finer grid."""

from __future__ import annotations

import numpy as np
import pytest

from estran.masks.relief.cast import Relief, Sun, cast
from estran.masks.relief.frame import Frame, flat_frame, frame_from_lonlat
from estran.masks.relief.march import march
from estran.masks.relief.sweep import CLEAR, sweep

PIXEL = 20.0
QUARTERS = (0.0, 90.0, 180.0, 270.0)


def shadow(dem, azimuth, elevation, frame=None):
    return sweep(dem, (0, 0), dem.shape, frame or flat_frame(PIXEL, PIXEL), azimuth, elevation)


@pytest.mark.parametrize("azimuth", QUARTERS)
@pytest.mark.parametrize("zenith", [30.0, 60.0, 75.0, 85.0])
def test_the_shadow_of_a_wall_is_as_long_as_its_height_by_the_tangent(azimuth, zenith):
    size, wall, height = 301, 150, 120.0
    dem = np.zeros((size, size), np.float32)
    dem[wall, :] = height
    length = height * np.tan(np.radians(zenith))
    along = np.arange(size) - wall if azimuth in (0.0, 90.0) else wall - np.arange(size)
    turned = dem if azimuth in (0.0, 180.0) else dem.T
    # The sun in the north throws the shadow south, to growing rows; the sun in the east throws it west, to falling
    # columns.
    away = along if azimuth in (0.0, 180.0) else -along
    found = shadow(np.ascontiguousarray(turned), azimuth, 90.0 - zenith).clearance < 0
    line = found[:, 150] if azimuth in (0.0, 180.0) else found[150]
    expected = (away * PIXEL >= 1.5 * PIXEL) & (away * PIXEL < length - PIXEL)
    beyond = away * PIXEL > length + 1e-3
    assert line[expected].all()
    assert not line[beyond].any()
    assert not line[away < 0].any()


@pytest.mark.parametrize("azimuth", [*QUARTERS, 13.0, 45.0, 77.0, 135.0, 200.0, 315.0])
def test_the_shadow_of_a_cone_is_the_wedge_of_its_tangents(azimuth):
    height, radius, elevation, size = 400.0, 500.0, 20.0, 241
    rows, columns = np.mgrid[:size, :size] - size // 2
    east, north = columns * PIXEL, -rows * PIXEL
    dem = np.maximum(0.0, height * (1 - np.hypot(east, north) / radius)).astype(np.float32)
    a = np.radians(azimuth)
    along, across = -(east * np.sin(a) + north * np.cos(a)), east * np.cos(a) - north * np.sin(a)
    reach = height / np.tan(np.radians(elevation))
    touch = radius**2 / reach
    half = np.sqrt(radius**2 - touch**2) * (reach - along) / (reach - touch)
    plane = np.hypot(east, north) > radius + 2 * PIXEL
    found = shadow(dem, azimuth, elevation).clearance < 0
    surely = (along > touch) & (np.abs(across) < half - 1.5 * PIXEL)
    never = (along < 0) | (np.abs(across) > half + 1.5 * PIXEL)
    assert found[surely & plane].all()
    assert not found[never & plane].any()


@pytest.mark.parametrize("tilt", [-0.3, 0.3])
def test_a_plane_at_grazing_incidence(tilt):
    # A plane that falls northwards by 20 degrees, under a sun in the south a little above or below its own elevation.
    rows = np.arange(200, dtype=np.float64)[:, None]
    dem = np.broadcast_to(rows * PIXEL * np.tan(np.radians(20.0)), (200, 80)).astype(np.float32)
    found = shadow(dem, 180.0, 20.0 + tilt).clearance[:150] < 0
    assert found.all() if tilt < 0 else not found.any()


@pytest.mark.parametrize(("radius", "lit"), [(6371000.0, True), (np.inf, False)])
def test_a_ridge_40_km_away_sinks_behind_the_earth(radius, lit):
    # 125 m of curvature: a ridge whose flat shadow would reach 115 m above the ground does not reach it at all.
    step, away = 200.0, 200
    elevation = 4.0
    dem = np.zeros((away + 10, 41), np.float32)
    dem[away, :] = away * step * np.tan(np.radians(elevation)) + 115.0
    found = shadow(dem, 180.0, elevation, Frame(flat_frame(step, step).to_pixels, radius))
    assert (found.clearance[0, 20] > 0) == lit
    if lit:
        # The sun of the tile's middle: the line's slope must be turned back to each pixel's own.
        expected = (away * step) ** 2 / 2 / radius - 115.0
        assert found.clearance[0, 20] == pytest.approx(expected, abs=3.0)


def rough(seed, size, smooth=(3, 6, 12, 24)):
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(seed)
    return sum(gaussian_filter(rng.standard_normal((size, size)), s, mode="wrap") * s**2.0 * 22 for s in smooth)


def brute(dem, azimuth, elevation, width, height, window, nearest, radius):
    """Clearance by stepping a fifth of a pixel in plain NumPy, for every pixel of a window: no line, no ceiling, no
    leap.
    """
    rows, columns = (g.astype(float) for g in np.mgrid[window, window])
    a, up = np.radians(azimuth), np.tan(np.radians(elevation))
    foot, least = dem[window, window], np.full(rows.shape, np.inf)
    step = min(width, height) / 5
    for s in np.arange(nearest, (dem.max() - dem.min()) / up + step, step):
        r, c = rows - s * np.cos(a) / height, columns + s * np.sin(a) / width
        i, j = np.floor(r).astype(int), np.floor(c).astype(int)
        good = (i >= 0) & (j >= 0) & (i < dem.shape[0] - 1) & (j < dem.shape[1] - 1)
        i, j = np.clip(i, 0, dem.shape[0] - 2), np.clip(j, 0, dem.shape[1] - 2)
        fr, fc = r - i, c - j
        ground = (1 - fr) * ((1 - fc) * dem[i, j] + fc * dem[i, j + 1]) + fr * (
            (1 - fc) * dem[i + 1, j] + fc * dem[i + 1, j + 1]
        )
        least = np.where(good, np.minimum(least, foot + s * up + s * s / 2 / radius - ground), least)
    return least


@pytest.mark.parametrize(
    ("azimuth", "zenith", "size"),
    [(0, 60, (20, 20)), (33, 70, (20, 20)), (120, 65, (30, 20)), (205, 60, (20, 31)), (290, 75, (10, 20))],
)
def test_sweep_and_march_against_brute_force(azimuth, zenith, size):
    dem = rough(azimuth, 360).astype(np.float32)
    window = slice(130, 230)
    frame = Frame(flat_frame(*size).to_pixels, 6371000.0)
    truth = brute(dem.astype(float), azimuth, 90.0 - zenith, *size, window, 1.5 * max(size), 6371000.0)
    assert 0.03 < (truth < 0).mean() < 0.9
    swept = sweep(dem, (130, 130), (100, 100), frame, azimuth, 90.0 - zenith).clearance
    assert np.mean((swept < 0) == (truth < 0)) >= 0.99
    rows, columns = np.mgrid[window, window].reshape(2, -1)
    marched = march(
        dem, rows, columns, frame, np.full(rows.size, float(azimuth)), np.full(rows.size, 90.0 - zenith)
    ).reshape(100, 100)
    assert np.mean((marched < 0) == (truth < 0)) >= 0.997
    near = np.abs(truth) < 200
    assert np.median(np.abs(marched - truth)[near]) < 0.2


def test_tiles_follow_the_sun_and_leave_no_seam():
    dem = rough(7, 700).astype(np.float32)
    frame = Frame(flat_frame(PIXEL, PIXEL).to_pixels, 6371000.0)
    shape = (500, 500)
    azimuth = np.broadcast_to(np.linspace(149.0, 151.0, 500, dtype=np.float32), shape)
    relief = Relief(dem, None, (100, 100), shape, lambda r, c: frame)
    found = cast(relief, Sun(azimuth, 25.0)).clearance
    rows, columns = np.mgrid[:500, :500].reshape(2, -1)
    one = march(dem, rows + 100, columns + 100, frame, azimuth.ravel(), np.full(rows.size, 25.0)).reshape(shape)
    assert np.mean((found < 0) == (one < 0)) > 0.99


def test_what_lies_beyond_the_terrain_is_said_to_be_unknown():
    dem = np.zeros((100, 100), np.float32)
    dem[80:, :] = 300.0
    frame = flat_frame(PIXEL, PIXEL)
    bare = cast(Relief(dem[:60], None, (0, 0), (60, 100), lambda r, c: frame), Sun(180.0, 20.0))
    assert not bare.unknown.any()  # as far as that DEM knows, nothing is higher than the plain
    lower = dem.copy()
    lower[0, 0] = 300.0
    edge = cast(Relief(lower[:60], None, (0, 0), (60, 100), lambda r, c: frame), Sun(180.0, 20.0))
    assert edge.unknown[59, 50]
    assert not edge.unknown[5, 50]
    # Terrain that rises at 45 degrees from the edge is 300 m high after 300 m.
    reach = int((300.0 / np.tan(np.radians(20.0)) - 300.0) / PIXEL)
    assert edge.unknown[59 - reach + 4 :, 50].all()
    assert not edge.unknown[: 59 - reach - 2, 50].any()
    padded = cast(Relief(dem, None, (0, 0), (60, 100), lambda r, c: frame), Sun(180.0, 20.0))
    assert (padded.clearance[59] < 0).all()


def test_nan_sun_and_nan_ground_stay_nan():
    dem = np.zeros((50, 50), np.float32)
    zenith = np.full((50, 50), 40.0, np.float32)
    zenith[3, 4] = np.nan
    found = cast(Relief(dem, None, (0, 0), (50, 50), lambda r, c: flat_frame(PIXEL, PIXEL)), Sun(100.0, zenith))
    assert np.isnan(found.clearance[3, 4])
    assert found.clearance[3, 5] <= CLEAR
    assert np.isnan(found.clearance).sum() == 1


@pytest.mark.parametrize("latitude", [-60.0, 0.0, 45.0, 75.0])
@pytest.mark.parametrize("azimuth", [*QUARTERS, 30.0, 251.0])
def test_a_frame_of_utm_points_where_the_geodesic_goes(latitude, azimuth):
    from affine import Affine
    from pyproj import Geod

    from estran.raster.grid import Grid

    # Three degrees off the central meridian, where grid north is up to three degrees from true north.
    zone = Grid(1, 1, Affine(1, 0, 0, 0, -1, 0), "EPSG:32632" if latitude >= 0 else "EPSG:32732")
    x, y = zone.at_lonlat(11.9, latitude)
    grid = Grid(2000, 2000, Affine(PIXEL, 0, float(x) - 20000.0, 0, -PIXEL, -float(y) + 20000.0), zone.crs)
    c, r = 1000.0, 1000.0
    lon, lat = grid.lonlat(np.array([c - 0.5, c + 0.5, c, c]), np.array([r, r, r - 0.5, r + 0.5]))
    frame = frame_from_lonlat(lon, lat)
    column, row = frame.step(azimuth)
    here = grid.lonlat(c, r)
    there = Geod(ellps="WGS84").fwd(float(here[0]), float(here[1]), azimuth, 1000.0)
    c1, r1 = grid.at_lonlat(there[0], there[1])
    assert (float(c1) - c, float(r1) - r) == pytest.approx((1000 * column, 1000 * row), abs=0.01)


@pytest.mark.parametrize("azimuth", QUARTERS)
def test_at_the_quarters_a_ray_keeps_to_its_column(azimuth):
    column, row = flat_frame(10.0, 10.0).step(azimuth)
    assert min(abs(column), abs(row)) == 0.0
