"""The relief shadow of a whole scene from arrays alone: what lies around it, who decides, and where
nothing is known.
"""

from __future__ import annotations

from dataclasses import fields
from types import SimpleNamespace

import numpy as np
import pytest
from affine import Affine

from estran.errors import EstranError
from estran.masks.relief.cast import ByRows, Sun
from estran.masks.relief.geodetic import geodetic_heights
from estran.masks.relief.relief_shadow import ReliefServices, ReliefShadow, decide_relief
from estran.masks.relief.settings import ReliefSettings
from estran.masks.relief.surroundings import with_surroundings
from estran.raster.grid import Grid

GRID = Grid(60, 50, Affine(20.0, 0, 600000, 0, -20.0, 5600000), "EPSG:32631")
SUN = Sun(np.full(GRID.shape, 180.0, np.float32), np.full(GRID.shape, 30.0, np.float32))
SWEEP = ReliefSettings(backend="sweep")


def relief_shadow(*args, **more):
    """The masks of the scene put together from their parts, with the notes and facts of the decision."""
    decided = decide_relief(*args, **more)
    whole = {f.name: np.empty(GRID.shape, bool if f.type == "Bool" else np.float32) for f in fields(ReliefShadow)}
    for part, masks in decided.parts():
        for name, array in whole.items():
            array[part] = getattr(masks, name)
    return SimpleNamespace(**whole, notes=[str(note) for note in decided.record.notes], facts=decided.record.facts)


def ridge_south(grid):
    """Flat ground with a ridge of 200 m that stands 100 m south of the scene, of 60 m across."""
    y = grid.transform.f + grid.transform.e * (np.arange(grid.height) + 0.5)
    south = GRID.transform.f + GRID.transform.e * GRID.height
    return np.repeat(
        np.where(np.abs(y - (south - 100.0)) < max(30.0, -grid.transform.e), 200.0, 0.0)[:, None], grid.width, axis=1
    ).astype(np.float32)


def test_a_ridge_beyond_the_scene_casts_into_it():
    """Its shadow is 200 m / tan 30 = 346 m long, of which some 246 m, or 12 pixels, lie in the scene; known only to
    those who can read it.
    """
    dem = ridge_south(GRID)
    assert not dem.any()
    found = relief_shadow(dem, GRID, SUN, settings=SWEEP, services=ReliefServices(read_dem=ridge_south))
    assert found.cast.sum(axis=0)[30] == pytest.approx(12, abs=2)
    assert found.cast[-8:].all()
    assert not found.notes
    alone = relief_shadow(dem, GRID, SUN, settings=SWEEP)
    assert not alone.cast.any()
    assert "ends with the image" in alone.notes[0]


def test_the_surroundings_reach_as_far_as_shadows():
    """At first in pixels ten times as large, then by the heights that were found: (300 + 200) m / tan 30 = 866 m, or 43
    pixels, and some more.
    """
    asked = []

    def read(grid):
        asked.append(grid)
        return ridge_south(grid)

    relief, around = with_surroundings(ridge_south(GRID), GRID, SUN.lowest(), read)
    assert [round(grid.pixel_size[0]) for grid in asked] == [200, 20]
    assert relief.origin == (47, 47)
    assert around == asked[1]
    assert relief.dem.shape == around.shape
    np.testing.assert_array_equal(relief.scene, ridge_south(GRID))


def test_nothing_is_claimed_where_height_or_sun_are_unknown():
    dem = ridge_south(GRID)
    dem[10:12, 20:30] = np.nan
    azimuth = SUN.azimuth.copy()
    azimuth[5, 5] = np.nan
    sensor = Sun(np.full(GRID.shape, 90.0), np.full(GRID.shape, 80.0))
    found = relief_shadow(dem, GRID, Sun(azimuth, SUN.elevation), sensor, SWEEP, ReliefServices(read_dem=ridge_south))
    assert found.nodata[10:12, 20:30].all()
    assert found.nodata[5, 5]
    for mask in (found.cast, found.self_shadow, found.low_sun, found.occluded, found.unknown):
        assert not (mask & found.nodata).any()
    for values in (found.cosine, found.clearance, found.slope, found.aspect):
        np.testing.assert_array_equal(np.isnan(values), found.nodata)


def test_angles_read_by_rows_are_those_of_arrays():
    """Each part is cut out of the rows that are read, which are those of the part alone; NaN count nowhere."""
    rng = np.random.default_rng(0)
    azimuth, elevation = (
        rng.uniform(170.0, 190.0, GRID.shape).astype(np.float32),
        rng.uniform(20.0, 40.0, GRID.shape).astype(np.float32),
    )
    elevation[0] = np.nan
    asked = []

    def rows_of(values):
        return ByRows(lambda first, last: asked.append((first, last)) or values[first:last], GRID.height)

    arrays, lazy = Sun(azimuth, elevation), Sun(rows_of(azimuth), rows_of(elevation))
    for part in ((slice(3, 9), slice(0, 7)), (slice(3, 9), slice(7, 20)), (slice(None), slice(None))):
        for ours, theirs in zip(lazy.at(*part, GRID.shape), arrays.at(*part, GRID.shape), strict=True):
            np.testing.assert_array_equal(ours, theirs)
    assert asked == [(3, 9)] * 2 + [(0, GRID.height)] * 2, "rows are kept for the next part"
    assert lazy.lowest() == arrays.lowest() == np.nanmin(elevation)
    dem = ridge_south(GRID)
    expected, found = (
        relief_shadow(dem, GRID, sun, settings=SWEEP, services=ReliefServices(read_dem=ridge_south))
        for sun in (arrays, lazy)
    )
    for name in ("cast", "nodata", "clearance", "cosine"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


class Dark:
    """A ray caster for whom all light is stopped a kilometre away."""

    name = "dark"

    def __init__(self, terrain):
        self.terrain = terrain

    def distances(self, lat, lon, height, azimuth, elevation):
        return np.full(lat.size, 1000.0)


def test_who_decides():
    dem = ridge_south(GRID)
    found = relief_shadow(
        dem, GRID, SUN, settings=ReliefSettings(backend="rugged"), services=ReliefServices(ray_caster=Dark)
    )
    assert found.cast[~found.nodata].all()
    assert found.facts == {"backend": "rugged", "rays": dem.size, "rays_lost": 0}

    def unreachable(terrain):
        raise EstranError("no Java")

    found = relief_shadow(dem, GRID, SUN, services=ReliefServices(ray_caster=unreachable))
    assert not found.cast.any()
    assert found.facts == {"backend": "sweep", "backend_wanted": "hybrid"}
    assert "no Java" in found.notes[-1]


def test_heights_on_latitude_and_longitude():
    """A map of degrees is handed over as it is, rows from the south; of another map each post has the height that the
    map shows there.
    """
    degrees = Grid(4, 3, Affine(0.5, 0, 10.0, 0, -0.25, 50.0), "EPSG:4326")
    dem = np.arange(12, dtype=np.float32).reshape(3, 4)
    found = geodetic_heights(dem, degrees)
    assert (found.south, found.west, found.step_lat, found.step_lon) == (49.375, 10.25, 0.25, 0.5)
    np.testing.assert_array_equal(found.heights, dem[::-1])
    plane = np.add.outer(-np.arange(50.0), 2.0 * np.arange(60.0)).astype(np.float32)
    found = geodetic_heights(plane, GRID)
    rows, columns = np.arange(found.heights.shape[0]), np.arange(found.heights.shape[1])
    lon, lat = np.meshgrid(found.west + found.step_lon * columns, found.south + found.step_lat * rows)
    x, y = GRID.at_lonlat(lon.ravel(), lat.ravel())
    inside = (x > 1) & (x < 59) & (y > 1) & (y < 49)
    assert inside.mean() > 0.8
    np.testing.assert_allclose(found.heights.ravel()[inside], (2.0 * (x - 0.5) - (y - 0.5))[inside], atol=1e-3)
