"""Slope, aspect, incidence, horizons, sky view and hidden ground on shapes whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from estran.masks.relief.cast import Relief, Sun
from estran.masks.relief.frame import Frame, flat_frame
from estran.masks.relief.holes import without_holes
from estran.masks.relief.horizon import horizon, sky_view
from estran.masks.relief.occluded import occluded
from estran.masks.relief.terrain import terrain

FRAME = flat_frame(20.0, 30.0)


def plane(slope, aspect, shape=(40, 50)):
    """Falls towards `aspect` by `slope` degrees."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    a = np.radians(aspect)
    return (-np.tan(np.radians(slope)) * (columns * 20.0 * np.sin(a) - rows * 30.0 * np.cos(a))).astype(np.float32)


@pytest.mark.parametrize("aspect", [0.0, 45.0, 90.0, 180.0, 213.0, 270.0, 359.0])
@pytest.mark.parametrize("slope", [5.0, 40.0])
def test_a_plane_has_its_slope_its_aspect_and_its_incidence(slope, aspect):
    dem = plane(slope, aspect)
    got_slope, got_aspect, cosine = terrain(dem, (0, 0), dem.shape, FRAME, 150.0, 35.0)
    assert got_slope == pytest.approx(slope, abs=0.01)
    assert np.cos(np.radians(got_aspect - aspect)) == pytest.approx(1.0, abs=1e-6)
    # The spherical law of cosines, not the gradient.
    expected = np.cos(np.radians(55.0)) * np.cos(np.radians(slope)) + np.sin(np.radians(55.0)) * np.sin(
        np.radians(slope)
    ) * np.cos(np.radians(150.0 - aspect))
    assert cosine == pytest.approx(expected, abs=1e-4)


def test_a_hole_has_neither_slope_nor_incidence_and_spoils_no_neighbour():
    dem = plane(20.0, 100.0)
    dem[10, 10] = np.nan
    slope, _, cosine = terrain(dem, (0, 0), dem.shape, FRAME, 150.0, 35.0)
    assert np.isnan(slope[10, 10])
    assert np.isnan(cosine[10, 10])
    assert np.isnan(slope).sum() == 1
    assert slope[10, 11] == pytest.approx(20.0, abs=0.01)


@pytest.mark.parametrize("azimuth", [0.0, 37.0, 90.0, 143.0, 180.0, 251.0, 270.0, 320.0])
def test_horizons_against_every_post_looked_at_one_by_one(azimuth):
    from scipy.ndimage import gaussian_filter, map_coordinates

    rng = np.random.default_rng(3)
    dem = sum(gaussian_filter(rng.standard_normal((160, 160)), s) * s**2 * 12 for s in (3, 6, 12)).astype(np.float32)
    frame = Frame(FRAME.to_pixels, 6371000.0)
    got = horizon(dem, frame, azimuth)[60:100, 60:100]
    rows, columns = np.mgrid[60:100, 60:100].astype(float)
    column, row = frame.step(azimuth)
    best = np.full(rows.shape, -np.inf)
    pixel = 1.0 / max(abs(column), abs(row))
    for s in np.arange(pixel, 5000.0, pixel / 4):
        r, c = rows + s * row, columns + s * column
        inside = (r >= 0) & (c >= 0) & (r <= 159) & (c <= 159)
        height = map_coordinates(dem.astype(float), [r, c], order=1, mode="nearest")
        best = np.where(inside, np.maximum(best, (height - dem[60:100, 60:100]) / s - s / 2 / 6371000.0), best)
    error = np.abs(got - np.degrees(np.arctan(best)))
    assert error.mean() < 0.1


def test_half_the_sky_over_a_plane_and_what_a_slope_leaves():
    for slope in (0.0, 30.0):
        dem = plane(slope, 90.0, (60, 60))
        s, a, _ = terrain(dem, (0, 0), dem.shape, FRAME, 0.0, 45.0)
        seen = sky_view(s, a, dem, (0, 0), FRAME, 32)[20:40, 20:40]
        # An open slope sees (1 + cos S) / 2 of the sky that a level plane sees.
        assert seen == pytest.approx((1 + np.cos(np.radians(slope))) / 2, abs=0.01)


def test_behind_a_cliff_the_sensor_sees_nothing():
    dem = np.zeros((60, 60), np.float32)
    dem[:, 30:] = 400.0
    frame = flat_frame(10.0, 10.0)
    relief = Relief(dem, None, (0, 0), dem.shape, lambda r, c: frame)
    east = occluded(relief, Sun(90.0, 80.0))
    # 400 m tan(10 degrees) = 70.5 m: seven pixels west of the cliff, but what is nearer than 1.5 postings.
    assert east[30, 24:28].all()
    assert not east[30, :22].any()
    assert not east[30, 31:].any()
    west = occluded(relief, Sun(270.0, 80.0))
    assert not west[30, :28].any()


def test_gentle_ground_is_never_hidden():
    dem = plane(30.0, 90.0)
    relief = Relief(dem, None, (0, 0), dem.shape, lambda r, c: FRAME)
    assert not occluded(relief, Sun(90.0, 78.0)).any()


def test_holes_are_bridged_at_their_rim_and_low_inside():
    dem = np.full((100, 100), 700.0, np.float32)
    dem[0, 0] = 5.0
    dem[20:95, 20:95] = np.nan
    filled = without_holes(dem)
    assert filled[25, 50] == 700.0
    assert filled[57, 57] == 5.0
