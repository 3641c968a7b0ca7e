"""Plates of cloud at a known height over flat or sloping ground: the search must find the height, from wherever sun and
sensor look.

Shadows are painted here pixel by pixel from the geometry's definition (Zhu & Woodcock 2012, 3.2), not by the code that
is judged.
"""

from __future__ import annotations

from dataclasses import replace

import numba
import numpy as np
import pytest

from estran.errors import BadGeometry
from estran.masks.cloud.footprint import grow, mean_direction, sums_along_rows, vectors_of
from estran.masks.cloud.matching import cast_shadows, match_objects
from estran.masks.cloud.object_settings import ObjectSettings
from estran.masks.cloud.stages import Geometry
from estran.raster.label import label
from estran.raster.morphology import dilate_disk

DEFAULT = ObjectSettings.for_mode("default")
SHAPE = (300, 320)


def toward(azimuth: float) -> np.ndarray:
    """(south, east) unit vector of an azimuth."""
    return np.array([-np.cos(np.radians(azimuth)), np.sin(np.radians(azimuth))])


def scene(
    geometry: Geometry,
    pixel: tuple[float, float],
    plates: list[tuple[float, float, float]],
    shape: tuple[int, int] = SHAPE,
) -> tuple[np.ndarray, ...]:
    """Cloud mask, shadow mask; plates are (row, column, height) of their centre as the sensor sees it."""
    dx, dy = pixel
    rows, cols = np.indices(shape)
    cloud, shadow = np.zeros(shape, bool), np.zeros(shape, bool)
    for number, (r, c, height) in enumerate(plates):

        def blob(r0: float, c0: float, turn: float = float(number)) -> np.ndarray:
            y, x = (rows - r0) * dy, (cols - c0) * dx
            angle = np.arctan2(y, x)
            return np.hypot(y, x) < 160 * (1 + 0.3 * np.cos(3 * angle + turn) + 0.2 * np.sin(5 * angle))

        metres = height * (
            np.tan(np.radians(geometry.view_zenith)) * toward(geometry.view_azimuth)
            - np.tan(np.radians(geometry.sun_zenith)) * toward(geometry.sun_azimuth)
        )
        cloud |= blob(r, c)
        shadow |= blob(r + metres[0] / dy, c + metres[1] / dx)
    return cloud, shadow & ~cloud


def found(cloud, shadow, geometry, pixel, settings=DEFAULT, dem=None):
    objects = label(cloud)
    vectors = vectors_of(objects, geometry, pixel)
    matches = match_objects(objects, sums_along_rows(shadow, cloud), vectors, pixel, settings, dem)
    return objects, vectors, matches


@pytest.mark.parametrize("pixel", [(20.0, 20.0), (20.0, 30.0)], ids=["square", "oblong"])
@pytest.mark.parametrize("view", [(8.0, 100.0), (8.0, 280.0), (0.0, 0.0)], ids=["east", "west", "nadir"])
@pytest.mark.parametrize("saa", [35.0, 150.0, 215.0, 320.0])
def test_height_in_all_quadrants(saa, view, pixel):
    geometry = Geometry(40.0, saa, *view)
    cloud, shadow = scene(geometry, pixel, [(150, 160, 1500), (130, 100, 1450), (170, 215, 1560)])
    objects, vectors, matches = found(cloud, shadow, geometry, pixel)
    assert matches.matched.all()
    truth = {160: 1500, 100: 1450, 215: 1560}
    for k in range(objects.count):
        middle = (objects.box[k, 1] + objects.box[k, 3]) / 2
        height = truth[min(truth, key=lambda c: abs(c - middle))]
        # One pixel of shadow shift.
        assert matches.height[k] == pytest.approx(height, abs=1.0 * max(pixel) / np.tan(np.radians(40)) + 5)
    cast = cast_shadows(objects, matches, vectors) & ~cloud
    assert (cast & shadow).sum() > 0.9 * shadow.sum()
    assert (cast & shadow).sum() > 0.9 * cast.sum()


def test_a_wrong_azimuth_finds_nothing_like_it():
    geometry = Geometry(40.0, 150.0, 8.0, 100.0)
    cloud, shadow = scene(geometry, (20.0, 20.0), [(150, 160, 1500)])
    _, _, matches = found(cloud, shadow, replace(geometry, sun_azimuth=330.0), (20.0, 20.0))
    assert not matches.matched[0]


def test_view_zenith_matters():
    geometry = Geometry(40.0, 100.0, 10.0, 100.0)
    cloud, shadow = scene(geometry, (20.0, 20.0), [(150, 160, 2000)])
    _, _, matches = found(cloud, shadow, geometry, (20.0, 20.0))
    _, _, nadir = found(cloud, shadow, replace(geometry, view_zenith=0.0), (20.0, 20.0))
    assert matches.height[0] == pytest.approx(2000, abs=30)
    # Without the view the shift of tan 40 - tan 10 is read as one of tan 40.
    assert nadir.height[0] == pytest.approx(2000 * (1 - np.tan(np.radians(10)) / np.tan(np.radians(40))), abs=30)


def test_ground_that_lies_higher_than_the_cloud_s():
    geometry = Geometry(45.0, 180.0, 0.0, 0.0)
    dem = np.zeros(SHAPE, np.float32)
    dem[:120] = 600.0
    # Over a plateau 600 m up, the shadow of a cloud at 2000 m falls 1400 m to the north, not 2000 m.
    cloud, shadow = np.zeros(SHAPE, bool), np.zeros(SHAPE, bool)
    cloud[170:182, 150:165] = True
    shadow[100:112, 150:165] = True
    _, _, relief = found(cloud, shadow, geometry, (20.0, 20.0), dem=dem)
    _, _, flat = found(cloud, shadow, geometry, (20.0, 20.0))
    assert relief.height[0] == pytest.approx(2000, abs=30)
    assert flat.height[0] == pytest.approx(1400, abs=30)


def test_footprints_that_leave_the_image():
    geometry = Geometry(45.0, 180.0)
    cloud, shadow = np.zeros(SHAPE, bool), np.zeros(SHAPE, bool)
    cloud[60:80, 150:170] = True
    shadow[0:5, 150:170] = True  # the last quarter of a shadow 1500 m to the north
    objects, vectors, matches = found(cloud, shadow, geometry, (20.0, 20.0), replace(DEFAULT, rim_weight=0.0))
    assert np.isfinite(cast_shadows(objects, matches, vectors).sum())
    assert matches.similarity[0] >= 0.5


def test_sun_below_the_horizon():
    cloud = np.zeros(SHAPE, bool)
    cloud[5:9, 5:9] = True
    with pytest.raises(BadGeometry, match="below the horizon"):
        vectors_of(label(cloud), Geometry(89.5, 150.0), (20.0, 20.0))


def test_angles_may_vary_and_be_coarse():
    cloud = np.zeros((100, 100), bool)
    cloud[5:15, 5:15] = cloud[80:90, 80:90] = True
    zenith = np.array([[30.0, 40.0], [50.0, 60.0]])
    vectors = vectors_of(label(cloud), Geometry(zenith, 180.0), (20.0, 20.0))
    np.testing.assert_allclose(vectors.sun[:, 0], np.tan(np.radians([30.0, 60.0])) / 20.0)
    np.testing.assert_allclose(vectors.view, 0.0)


def test_missing_angles_are_the_scene_s():
    cloud = np.zeros((100, 100), bool)
    cloud[5:15, 5:15] = cloud[80:90, 80:90] = True
    zenith = np.array([[30.0, np.nan], [np.nan, np.nan]])
    vectors = vectors_of(label(cloud), Geometry(zenith, 180.0), (20.0, 20.0))
    np.testing.assert_allclose(vectors.sun[1], vectors.sun[0])


def test_azimuths_are_averaged_as_directions():
    zenith, azimuth = mean_direction(np.array([40.0, 40.0]), np.array([350.0, 10.0]))
    assert azimuth % 360 == pytest.approx(0.0, abs=1e-9)
    assert zenith == pytest.approx(np.degrees(np.arctan(np.tan(np.radians(40)) * np.cos(np.radians(10)))))


def test_neighbours_settle_a_doubt():
    # Nine clouds at 1500 m; a tenth, whose shadow a lake as dark and as large as itself outshines.
    geometry, pixel = Geometry(45.0, 180.0), (20.0, 20.0)
    plates = [(250 + 25 * (k % 2), 25 + 30 * k, 1500.0) for k in range(9)]
    cloud, shadow = scene(geometry, pixel, plates, (340, 320))
    r, c = 275, 295
    cloud[r - 6 : r + 6, c - 6 : c + 6] = True
    true = shadow.copy()
    true[r - 81 : r - 69, c - 6 : c + 6] = True
    true[r - 81 : r - 79, c - 6 : c + 6] = False  # part of it does not show
    true[r - 231 : r - 219, c - 6 : c + 6] = True  # the lake, where a cloud at 4500 m would cast its shadow
    alone = found(cloud, true & ~cloud, geometry, pixel, replace(DEFAULT, consensus=0.0, neighbours=0))[2]
    together = found(cloud, true & ~cloud, geometry, pixel)[2]
    objects = label(cloud)
    k = int(np.argmax(objects.box[:, 1]))
    assert alone.height[k] == pytest.approx(4500, abs=60)
    assert together.height[k] == pytest.approx(1500, abs=60)


def test_grown_objects_are_dilated_ones():
    rng = np.random.default_rng(4)
    mask = np.zeros((60, 60), bool)
    mask[10:50, 10:50] = rng.random((40, 40)) > 0.8
    objects = label(mask)
    grown = grow(objects, 40.0, (20.0, 20.0))
    for k in range(objects.count):
        one = objects.labels() == k + 1
        chosen = np.arange(objects.count) == k
        np.testing.assert_array_equal(grown.paint(chosen), dilate_disk(one, 2.0))


def test_sums():
    potential, hidden = np.array([[1, 1, 0, 1]], bool), np.array([[0, 1, 1, 0]], bool)
    sums = sums_along_rows(potential, hidden)
    assert sums[0, :, 0].tolist() == [0, 1, 1, 1, 2]
    assert sums[0, :, 1].tolist() == [0, 0, 1, 2, 2]


def test_threads_do_not_matter():
    geometry = Geometry(40.0, 150.0, 8.0, 100.0)
    cloud, shadow = scene(
        geometry, (20.0, 20.0), [(150, 160, 1500), (130, 100, 1450), (170, 215, 1560), (60, 60, 1400)]
    )
    before = numba.get_num_threads()
    try:
        results = []
        for threads in (1, before):
            numba.set_num_threads(threads)
            results.append(found(cloud, shadow, geometry, (20.0, 20.0))[2].height)
    finally:
        numba.set_num_threads(before)
    np.testing.assert_array_equal(*results)
