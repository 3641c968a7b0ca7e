"""Fields of cloud: how much, how large, how high, against what was asked; optics against two streams."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estran.physics.geometry import slope_vector
from estran.scenes.clouds import (
    ASYMMETRY,
    CIRRUS_EXTINCTION,
    MARGIN,
    CloudField,
    CumulusSpec,
    Place,
    beam,
    cirrus,
    cumulus,
    lit,
    reflectance,
    stratus,
)
from estran.scenes.layer import Layer
from estran.scenes.march import Rays, above_tops

SIDE, CELL = 6000.0, 10.0
FLAT = Place(SIDE, np.zeros((300, 300), np.float32), 20.0, (0.0, 0.0))
FAIR = CumulusSpec("cumulus", 0.15, 1500.0, 90.0, 180.0, 500.0)

depths = st.floats(0.0, 200.0)

pytestmark = pytest.mark.usefixtures("one_thread")


def over_the_scene(layer: Layer, values: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """The part of a layer's grid that is above the scene, for views straight down."""
    first = round(-layer.origin[0] / layer.cell)
    count = round(SIDE / layer.cell)
    return values[first : first + count, first : first + count]


@pytest.fixture(scope="module")
def field() -> tuple[Layer, npt.NDArray[np.int32]]:
    return cumulus(4, FAIR, FLAT, 1)


# --- optics


@given(depths)
def test_reflectance_by_two_streams_solved_numerically(tau: float) -> None:
    """Two streams at the cosine 1/sqrt 3 in a cloud that absorbs nothing: the net flux is the same everywhere, and with
    no light from below its reflectance is g' tau / (1 + g' tau), g' = sqrt 3 (1 - g) / 2. Here the same pair of
    equations is solved as a linear system.
    """
    rate = 0.5 * np.sqrt(3.0) * (1.0 - ASYMMETRY)
    # d(down)/dt = d(up)/dt = -rate (down - up): down(0) = 1, up(tau) = 0; unknowns are down(tau) and up(0).
    a = np.array([[1.0 + 0.5 * rate * tau, 0.5 * -rate * tau], [-0.5 * rate * tau, 1.0 + 0.5 * rate * tau]])
    b = np.array([1.0 - 0.5 * rate * tau, 0.5 * rate * tau])
    through, back = np.linalg.solve(a, b)
    assert reflectance(tau) == pytest.approx(back, abs=1e-8)
    assert through + back == pytest.approx(1.0, abs=1e-9)


@given(depths, depths)
def test_beams_multiply(one: float, other: float) -> None:
    """Beer: two clouds on one another let through the product."""
    assert beam(one + other) == pytest.approx(beam(one) * beam(other), rel=1e-12)


def test_delta_scaling_takes_the_square_of_the_asymmetry_out() -> None:
    """Joseph, Wiscombe and Weinman (1976): f = g²."""
    assert -np.log(beam(1.0)) == pytest.approx(1.0 - 0.85**2, rel=1e-12)
    assert reflectance(-1.0) == 0.0


@given(depths, st.floats(0.01, 50.0))
def test_thicker_clouds_send_back_more_and_let_through_less(tau: float, more: float) -> None:
    assert reflectance(tau + more) > reflectance(tau)
    assert beam(tau + more) < beam(tau)
    assert reflectance(tau) < 1.0


# --- cumulus


@pytest.mark.parametrize(("cover", "seed"), [(0.05, 1), (0.15, 2), (0.3, 3)])
def test_cover_is_what_was_asked(cover: float, seed: int) -> None:
    """Objects are drawn until so many cells are filled; the last one may overshoot, and a few stand across the edge."""
    layer, _ = cumulus(seed, replace(FAIR, cover=cover), FLAT, 1)
    filled = (layer.thickness > 0).sum() * CELL**2 / SIDE**2
    assert cover <= filled < cover + 0.03
    inside = (over_the_scene(layer, layer.thickness) > 0).mean()
    assert 0.75 * cover < inside <= filled


def test_objects_are_whole_and_numbered(field: tuple[Layer, npt.NDArray[np.int32]]) -> None:
    """Every cloudy cell has a number, every number from the first on is used or was hidden, and a cell's base and
    thickness are those of its object.
    """
    layer, identity = field
    np.testing.assert_array_equal(identity > 0, layer.thickness > 0)
    numbers = np.unique(identity[identity > 0])
    assert numbers[0] >= 1
    assert len(numbers) > 0.8 * numbers[-1]
    for number in numbers[:: max(len(numbers) // 40, 1)]:
        bases = layer.base[identity == number]
        assert np.ptp(bases) == 0.0
    other, moved = cumulus(4, FAIR, FLAT, 1001)
    np.testing.assert_array_equal(other.thickness > 0, moved > 0)
    assert moved[moved > 0].min() >= 1001


def test_bases_vary_as_asked(field: tuple[Layer, npt.NDArray[np.int32]]) -> None:
    layer, identity = field
    bases = np.array([layer.base[identity == n][0] for n in np.unique(identity[identity > 0])], float)
    assert bases.mean() == pytest.approx(FAIR.altitude, abs=4.0 * FAIR.spread / np.sqrt(len(bases)))
    assert bases.std() == pytest.approx(FAIR.spread, rel=0.25)


def test_no_object_is_taller_than_asked(field: tuple[Layer, npt.NDArray[np.int32]]) -> None:
    """The tallest is 1.1 times the limit by its draw, and its texture adds as much as 12 % of three deviations."""
    layer, _ = field
    assert 0.5 * FAIR.tallest < layer.thickness.max() < 1.1 * 1.4 * FAIR.tallest


def test_sizes_follow_the_power_of_cumulus() -> None:
    """Neggers et al. (2003): numbers fall as size to the power -1.7. Areas of objects of six small-cover fields, where
    few hide one another: of objects twice as large there are 2^-0.7 as many above any size; slope of the cumulative
    count within 0.35, for the shape of an object varies.
    """
    radii = []
    for seed in range(6):
        _, identity = cumulus(seed, replace(FAIR, cover=0.06, largest=900.0), FLAT, 1)
        areas = np.bincount(identity[identity > 0])
        radii += list(np.sqrt(areas[areas > 0] * CELL**2 / np.pi))
    sizes = np.sort(np.array(radii))[::-1]
    inside = (sizes > 80.0) & (sizes < 400.0)
    slope = np.polyfit(np.log(sizes[inside]), np.log(np.arange(1, len(sizes) + 1)[inside]), 1)[0]
    assert len(sizes) > 100
    assert slope == pytest.approx(-0.7, abs=0.6)
    assert np.median(sizes) < np.mean(sizes)


def test_clouds_float_above_mountains() -> None:
    """300 m or more above the highest ground beneath an object, by its radius."""
    ground = np.zeros((300, 300), np.float32)
    ground[100:200, 100:200] = 2500.0
    layer, _ = cumulus(3, FAIR, replace(FLAT, ground=ground), 1)
    bases, above = over_the_scene(layer, layer.base), np.repeat(np.repeat(ground, 2, 0), 2, 1)
    cloudy = over_the_scene(layer, layer.thickness) > 0
    high = cloudy & (above > 0)
    assert high.sum() > 100
    # Ragged rims reach over the edge of the plateau, beyond the radius that was looked at.
    assert (bases[high] >= 2500.0 + 299.0).mean() > 0.9


def test_clouds_keep_company() -> None:
    """More of them where broad noise is high: counts in squares of 1 km vary more than Poisson's."""
    ratios = []
    for seed in range(3):
        _, identity = cumulus(seed, replace(FAIR, cover=0.08, largest=250.0), FLAT, 1)
        rows, cols = np.nonzero(identity)
        first = np.unique(identity[rows, cols], return_index=True)[1]
        counts, _, _ = np.histogram2d(rows[first], cols[first], bins=8)
        ratios.append(counts.var() / counts.mean())
    assert np.mean(ratios) > 1.2


@pytest.mark.parametrize("view", [(0.15, 0.0), (-0.1, 0.12)])
def test_clouds_stand_where_the_view_shows_them(view: tuple[float, float]) -> None:
    """The same seed under a slanted view: every object is moved by altitude times slope, against the vertical one."""
    straight, slanted = (cumulus(6, FAIR, replace(FLAT, view=v), 1) for v in ((0.0, 0.0), view))
    shifts = []
    for number in range(1, 12):
        places = []
        for layer, identity in (straight, slanted):
            rows, cols = np.nonzero(identity == number)
            if not rows.size:
                break
            places.append((cols.mean() * CELL, rows.mean() * CELL, layer.base[rows[0], cols[0]]))
        if len(places) == 2:
            (x0, y0, base), (x1, y1, _) = places
            shifts.append((x1 - x0 - base * view[0], y1 - y0 - base * view[1]))
    assert len(shifts) > 6
    np.testing.assert_allclose(np.median(shifts, axis=0), 0.0, atol=15.0)


# --- decks and cirrus


@pytest.mark.parametrize("cover", [0.1, 0.5, 0.9])
def test_a_deck_covers_its_fraction(cover: float) -> None:
    """Of the scene, within a tenth: its edge frays outside, and texture adds to its rim."""
    found = []
    for seed in range(4):
        layer, identity = stratus(seed, cover, 1800.0, FLAT, 7)
        assert set(np.unique(identity)) <= {0, 7}
        np.testing.assert_array_equal(identity > 0, layer.thickness > 0)
        assert (layer.base == 1800.0).all()
        found.append((over_the_scene(layer, layer.thickness) > 0).mean())
    assert np.mean(found) == pytest.approx(cover, abs=0.12)


def test_a_deck_ends_before_its_grid_does() -> None:
    """At the border of its grid a deck of 0.9 has frayed: it does not end in a wall of its full height."""
    layer, _ = stratus(1, 0.9, 1500.0, FLAT, 1)
    border = np.concatenate([layer.thickness[0], layer.thickness[-1], layer.thickness[:, 0], layer.thickness[:, -1]])
    assert border.mean() < 0.1 * over_the_scene(layer, layer.thickness).mean()


def test_a_deck_is_flat_on_top() -> None:
    """200 m thick, with a texture of a few percent."""
    layer, _ = stratus(2, 0.6, 1500.0, FLAT, 1)
    full = layer.thickness[layer.thickness > 195.0]
    assert full.size > 1000
    assert full.std() < 0.12 * full.mean()
    assert layer.thickness.max() < 280.0


@pytest.mark.parametrize("thickest", [0.1, 0.5])
def test_cirrus_is_as_thick_as_asked(thickest: float) -> None:
    """The greatest vertical optical thickness is not above the one asked for, and the fraction of cirrus as asked."""
    layer, identity = cirrus(5, 0.4, 9500.0, thickest, FLAT, 3)
    tau = layer.thickness * CIRRUS_EXTINCTION
    assert layer.ice
    assert 0.4 * thickest < tau.max() <= thickest * (1.0 + 1e-6)
    assert (identity == 3).mean() == pytest.approx(0.4, abs=0.01)
    assert layer.extinction == CIRRUS_EXTINCTION


def test_cirrus_reaches_as_far_as_slanted_rays() -> None:
    """0.3 of its altitude beyond the scene on all sides: a view at 16 degrees."""
    layer, _ = cirrus(1, 0.3, 10000.0, 0.3, FLAT, 1)
    assert layer.origin[0] <= -3000.0
    assert layer.origin[0] + layer.cell * layer.base.shape[0] >= SIDE + 3000.0


# --- light on the faces of clouds


def block(height: float, thickness: float, first: int, last: int, n: int = 64) -> Layer:
    """A block of cloud from one column to another."""
    t = np.zeros((n, n), np.float32)
    t[:, first:last] = thickness
    return Layer(np.where(t > 0, height, 0).astype(np.float32), t, np.ones_like(t), CELL, (0.0, 0.0), 0.1)


def test_faces_turned_to_the_sun_are_brighter() -> None:
    """Sun in the east: the eastern side of a block is brighter than its top, the western side darker."""
    east, north = slope_vector(50.0, 90.0)
    field = CloudField((block(1000.0, 200.0, 20, 40),), (np.ones((64, 64), np.int32),))
    light = lit(field, Rays(float(east), -float(north))).layers[0].light
    assert light[32, 39] > light[32, 30] > light[32, 20]
    assert (light[32, :18] == 1.0).all()
    assert (light[32, 42:] == 1.0).all()


def test_a_sun_overhead_lights_all_tops_alike() -> None:
    field = CloudField((block(1000.0, 150.0, 20, 40),), (np.ones((64, 64), np.int32),))
    light = lit(field, Rays(0.0, 0.0)).layers[0].light[:, 20:40]
    np.testing.assert_allclose(light, light[0, 0], rtol=1e-6)
    assert float(light[0, 0]) == pytest.approx(1.0, abs=0.02)


def test_a_cloud_above_shades_the_one_below() -> None:
    """Sun overhead: under a higher deck light falls towards 0.42, as the beam through it scaled by 0.35; of the path an
    optical thickness of 20 is counted, then no more.
    """
    low, high = block(1000.0, 150.0, 10, 50), block(3000.0, 400.0, 20, 40)
    both = lit(CloudField((low, high), (np.ones((64, 64), np.int32),) * 2), Rays(0.0, 0.0))
    below = both.layers[0].light
    full = 0.42 + 0.58 * beam(0.35 * 20.0)
    assert float(below[32, 30]) == pytest.approx(full, abs=0.02)
    assert float(below[32, 12]) > 0.95
    assert float(both.layers[1].light[32, 30]) > 0.95


def test_ice_has_no_faces() -> None:
    ice = replace(block(9000.0, 500.0, 10, 50), ice=True, extinction=6e-4)
    made = lit(CloudField((ice,), (np.ones((64, 64), np.int32),)), Rays(1.0, 0.0))
    assert (made.layers[0].light == 1.0).all()
    np.testing.assert_array_equal(made.layers[0].thickness, ice.thickness)


@pytest.mark.parametrize("zenith", [0.0, 30.0, 60.0])
def test_thickness_above_a_top_is_that_of_the_slanted_path(zenith: float) -> None:
    """An even deck above: its vertical thickness over the cosine, for all cells whose ray stays in the grid."""
    low, high = block(500.0, 100.0, 0, 64), block(640.0, 80.0, 0, 64)
    east, north = slope_vector(zenith, 90.0)
    tau = np.zeros((64, 64), np.float32)
    above_tops(low, high, high.bounds(), Rays(float(east), -float(north)), tau)
    reach = int(np.ceil(130.0 * np.tan(np.radians(zenith)) / CELL)) + 2
    expected = 0.1 * 80.0 / np.cos(np.radians(zenith))
    np.testing.assert_allclose(tau[:, : 64 - reach], expected, rtol=1e-3)


def test_layers_reach_beyond_the_scene_on_all_sides() -> None:
    layer, _ = cumulus(1, replace(FAIR, cover=0.02), FLAT, 1)
    assert layer.origin[0] == layer.origin[1] <= -MARGIN
    assert layer.origin[0] + layer.base.shape[0] * CELL >= SIDE + MARGIN
