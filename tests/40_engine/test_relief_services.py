"""What the relief shadow is given: terrain beyond the image, and a ray caster."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from affine import Affine

from estran.catalogue.operators.relief_shadow import FLAGS, ReliefShadow
from estran.engine.run import run_now
from estran.raster.grid import Grid
from estran.raster.product import Band, Product

GRID = Grid(120, 100, Affine(20.0, 0, 600000, 0, -20.0, 5600000), "EPSG:32631")


def product():
    zenith = Band("sun_zenith", np.full(GRID.shape, 65.0, np.float32), GRID, unit="degrees")
    azimuth = Band("sun_azimuth", np.full(GRID.shape, 180.0, np.float32), GRID, unit="degrees")
    return Product("p", GRID, {"sun_zenith": zenith, "sun_azimuth": azimuth})


def ridge(path, grid, resampling="bilinear", notes=None):
    """A ridge of 300 m that stands 400 m south of the image; the image itself is all but flat."""
    rows = np.mgrid[: grid.height, : grid.width][0]
    size = -grid.transform.e
    y = grid.transform.f - size * (rows + 0.5)
    south = 5600000 - 2000.0 - 400.0
    return np.where(np.abs(y - south) < max(40, size), 300.0, np.where(y < 5600000 - 100, 0.0, 50.0)).astype(np.float32)


def test_a_ridge_outside_the_image_casts_into_it():
    done = run_now(ReliefShadow(dem=Path("dem.tif")), {"source": product()}, read_aux=ridge)
    cast = FLAGS.unpack(np.asarray(done["relief_flags"].data), "CAST")
    # 300 m tan 65 = 643 m: 243 m of it fall into the image, at its southern edge.
    assert cast[-10:].mean() > 0.9
    assert not cast[10:-14].any()


def test_without_rays_the_sweep_says_so():
    done = run_now(ReliefShadow(dem=Path("dem.tif")), {"source": product()}, read_aux=ridge)
    assert any("replaced by sweep" in note for note in done.notes)


def test_a_band_has_no_surroundings_and_its_edge_is_flagged():
    given = product()
    band = Band("dem", ridge(None, GRID) + 100 * (np.mgrid[:100, :120][1] == 5), GRID, unit="m")
    done = run_now(ReliefShadow(backend="sweep"), {"source": given.with_bands(band)})
    assert any("ends with the image" in note for note in done.notes)
    assert FLAGS.unpack(np.asarray(done["relief_flags"].data), "UNKNOWN")[-3:].any()


def test_a_ray_caster_that_is_given_decides():
    asked = []

    class Nowhere:
        name = "nowhere"

        def distances(self, lat, lon, height, azimuth, elevation):
            asked.append(lat.size)
            return np.zeros(lat.size)

    done = run_now(
        ReliefShadow(dem=Path("dem.tif"), backend="rugged"),
        {"source": product()},
        read_aux=ridge,
        ray_caster=lambda terrain: Nowhere(),
    )
    assert sum(asked) == GRID.width * GRID.height
    assert not FLAGS.unpack(np.asarray(done["relief_flags"].data), "CAST").any()
