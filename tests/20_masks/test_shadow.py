"""Potential shadow: dark places that the land around them is not."""

from __future__ import annotations

import numpy as np
import pytest

from estran.masks.cloud.buffers import buffered
from estran.masks.cloud.geometry_search import dominant_displacement
from estran.masks.cloud.shadow import (
    background,
    darkness,
    flatten,
    outlined,
    potential_shadow,
    snow_shadow,
    water_shadow,
)
from estran.masks.cloud.surface import is_pure_snow

SHAPE = (80, 90)


def land(value: float = 0.3) -> np.ndarray:
    return np.full(SHAPE, value, np.float32)


def test_a_shadow_is_as_deep_as_its_surroundings_are_bright():
    image = land()
    image[30:40, 30:45] = 0.12
    depth = darkness(image, np.zeros(SHAPE, bool), 0.25)
    assert depth[35, 35] == pytest.approx(0.18)
    assert depth[10, 10] == 0


def test_a_shadow_at_the_edge_is_as_deep_as_the_background_is_bright():
    image = land()
    image[30:40, :20] = 0.12
    depth = darkness(image, np.zeros(SHAPE, bool), 0.25)
    assert depth[35, 5] == pytest.approx(0.13)


def test_both_bands_must_be_dark():
    nir08, swir16 = land(), land()
    nir08[20:30, 20:30] = 0.1
    swir16[20:30, 25:35] = 0.1
    dark = potential_shadow([nir08, swir16], np.zeros(SHAPE, bool), [0.25, 0.25], 0.02)
    expected = np.zeros(SHAPE, bool)
    expected[20:30, 25:30] = True
    np.testing.assert_array_equal(dark, expected)
    assert potential_shadow([nir08], np.zeros(SHAPE, bool), [0.25], 0.02).sum() == 100


def test_a_fraction_is_asked_of_bright_ground():
    image = land()
    image[20:30, 20:30] = 0.27
    none = np.zeros(SHAPE, bool)
    assert potential_shadow([image], none, [0.25], 0.02).any()
    assert not potential_shadow([image], none, [0.25], 0.02, 0.2).any()
    image[20:30, 20:30] = 0.23
    assert potential_shadow([image], none, [0.25], 0.02, 0.2).sum() == 100


def test_no_data_is_no_shadow():
    image = land()
    image[20:30, 20:30] = np.nan
    assert not potential_shadow([image], np.zeros(SHAPE, bool), [0.25], 0.02, 0.2).any()


def test_background():
    image = np.linspace(0, 1, SHAPE[0] * SHAPE[1], dtype=np.float32).reshape(SHAPE)
    no, yes = np.zeros(SHAPE, bool), np.ones(SHAPE, bool)
    assert background(image, yes, no, 40.0) == pytest.approx(0.4, abs=1e-3)
    assert background(image, no, yes, 40.0) == pytest.approx(0.4, abs=1e-3)
    assert background(image, no, no, 40.0) == 0.0


def test_shadow_on_water():
    blue = land(0.08)
    water = np.zeros(SHAPE, bool)
    water[:, 40:] = True
    blue[20:30, 50:60] = 0.065
    blue[20:30, 10:20] = 0.03
    hidden = np.zeros(SHAPE, bool)
    hidden[20:22, 50:60] = True
    dark = water_shadow(blue.copy(), water & ~hidden, 0.1)
    expected = np.zeros(SHAPE, bool)
    expected[22:30, 50:60] = True
    np.testing.assert_array_equal(dark, expected)
    assert not water_shadow(blue, np.zeros(SHAPE, bool), 0.1).any()


def test_slopes_are_evened_out():
    # Lambertian hills: reflectance follows the cosine of incidence, and nothing else.
    rows, cols = np.indices(SHAPE)
    dem = (200 * np.sin(rows / 9.0) * np.cos(cols / 11.0)).astype(np.float32)
    down, right = np.gradient(dem)
    zenith, azimuth = np.radians(50.0), np.radians(120.0)
    normal = np.stack([-right / 20, down / 20, np.ones(SHAPE)], -1)  # east, north, up
    sun = np.array([np.sin(zenith) * np.sin(azimuth), np.sin(zenith) * np.cos(azimuth), np.cos(zenith)])
    incidence = (normal @ sun) / np.linalg.norm(normal, axis=-1)
    image = (0.05 + 0.3 * np.maximum(incidence, 0.2)).astype(np.float32)
    flat, level = image.copy(), image.copy()
    flatten(flat, lambda first, last: dem[first:last], np.ones(SHAPE, bool), 50.0, 120.0, (20.0, 20.0))
    lit = incidence > 0.2
    assert flat[lit].std() < 0.15 * image[lit].std()
    flatten(level, lambda first, last: 0.0 * dem[first:last], np.ones(SHAPE, bool), 50.0, 120.0, (20.0, 20.0))
    np.testing.assert_array_equal(level, image)


def test_outlines_follow_what_is_dark():
    potential = np.zeros(SHAPE, bool)
    potential[20:40, 20:40] = True
    footprints = np.zeros(SHAPE, bool)
    footprints[18:38, 22:42] = True
    # Most of the dark place is covered, so all of it is shadow; what hangs over by two pixels is not.
    out = outlined(footprints, potential, potential)
    assert out[20:40, 20:40].all()
    assert not out[:, 41:].any()
    # A lake with a shadow in its corner is no shadow.
    lake = np.zeros(SHAPE, bool)
    lake[5:75, 5:80] = True
    few = np.zeros(SHAPE, bool)
    few[10:16, 10:16] = True
    assert outlined(few, lake, lake).sum() < 120
    # Inside a footprint a hint of darkness is enough, at its edge it is not; where there is no hint, a footprint is no
    # shadow.
    none = np.zeros(SHAPE, bool)
    inner = outlined(footprints, none, footprints)
    assert inner[19:37, 23:41].all()
    assert inner.sum() == 18 * 18
    assert not outlined(footprints, none, none).any()


@pytest.mark.parametrize("azimuth", [20.0, 141.0, 230.0, 305.0])
@pytest.mark.parametrize("known", [False, True])
def test_displacement_is_found(azimuth, known):
    rng = np.random.default_rng(int(azimuth))
    shape, pixel, length = (260, 240), (30.0, 20.0), 900.0
    cloud, shadow = np.zeros(shape, bool), np.zeros(shape, bool)
    dr, dc = (
        round(length * np.cos(np.radians(azimuth)) / pixel[1]),
        -round(length * np.sin(np.radians(azimuth)) / pixel[0]),
    )
    for _ in range(14):
        r, c, h, w = rng.integers(60, 190), rng.integers(60, 170), rng.integers(5, 14), rng.integers(5, 14)
        cloud[r : r + h, c : c + w] = True
        shadow[r + dr : r + dr + h, c + dc : c + dc + w] = True
    shadow |= rng.random(shape) > 0.97
    valid = np.ones(shape, bool)
    found = dominant_displacement(cloud, shadow & ~cloud, valid, pixel, 5000.0, azimuth if known else None)
    assert found is not None
    assert found.length == pytest.approx(length, abs=60)
    assert abs((found.azimuth - azimuth + 180) % 360 - 180) < 5
    assert found.contrast > 0.3


def test_nothing_to_find():
    no, yes = np.zeros(SHAPE, bool), np.ones(SHAPE, bool)
    assert dominant_displacement(no, no, yes, (20.0, 20.0), 5000.0) is None
    one = no.copy()
    one[40, 40] = True
    assert dominant_displacement(one, no, yes, (20.0, 20.0), 5000.0) is None


def test_buffers_grow_and_do_not_overlap():
    cloud, shadow, valid = np.zeros(SHAPE, bool), np.zeros(SHAPE, bool), np.ones(SHAPE, bool)
    cloud[20, 20], shadow[20, 26], valid[:, 22] = True, True, False
    before = 0
    for metres in (0.0, 20.0, 60.0, 100.0):
        grown, shade = buffered(cloud, shadow, valid, (20.0, 20.0), metres, metres)
        assert not (grown & shade).any()
        assert not (grown | shade)[:, 22].any()
        assert (grown | shade).sum() >= before
        before = (grown | shade).sum()


def test_shadow_on_snow_that_borders_on_dark_woods():
    """(CM-49): the flood does not find it, the scene's snow does; patchy snow and woods in the sun are none."""
    nir08, blue, swir16 = (np.full(SHAPE, level, np.float32) for level in (0.8, 0.85, 0.1))
    shadow = np.zeros(SHAPE, bool)
    shadow[20:30, 5:20] = True
    woods, patchy = np.zeros(SHAPE, bool), np.zeros(SHAPE, bool)
    woods[:, :5] = True
    patchy[5:10, 10:20] = True
    for image, dark in ((nir08, 0.28), (blue, 0.35), (swir16, 0.03)):
        image[shadow] = dark
    nir08[woods], blue[woods], swir16[woods] = 0.2, 0.04, 0.1
    nir08[patchy], blue[patchy], swir16[patchy] = 0.35, 0.35, 0.15
    (found,) = snow_shadow(nir08, ~woods & is_pure_snow(blue, swir16), [0.5])
    np.testing.assert_array_equal(found, shadow)
    assert not potential_shadow([nir08, swir16], np.zeros(SHAPE, bool), [0.2, 0.1], 0.01, 0.14)[shadow].any()
    deep, hint = snow_shadow(nir08, ~woods & is_pure_snow(blue, swir16), [0.7, 0.3])
    assert not deep.any()
    assert np.array_equal(hint, shadow)
    assert not snow_shadow(nir08, woods & is_pure_snow(blue, swir16), [0.5])[0].any()
