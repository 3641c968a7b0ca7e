"""Layers and rays: bounds of blocks by brute force, rays in strips and at other spacings, means along a path, and the
sentence of a layer that cannot be.
"""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estran.errors import EstranError
from estran.physics.geometry import slope_vector
from estran.scenes.layer import BLOCK, Layer
from estran.scenes.march import Rays, above_tops, direction, march
from estran.scenes.relief import relief_shadow

N, CELL = 64, 10.0
FLOOR = np.zeros((N, N), np.float32)


def layer_of(
    thickness: npt.NDArray[np.floating], base: float | npt.NDArray[np.floating] = 500.0, extinction: float = 0.01
) -> Layer:
    t = thickness.astype(np.float32)
    return Layer(np.where(t > 0, base, 0).astype(np.float32), t, np.ones_like(t), CELL, (0.0, 0.0), extinction)


def patches(seed: int, cover: float = 0.2) -> npt.NDArray[np.float64]:
    """Cells with cloud of any thickness here and there."""
    rng = np.random.default_rng(seed)
    return np.where(rng.uniform(size=(N, N)) < cover, rng.uniform(20.0, 200.0, (N, N)), 0.0)


def slanted(zenith: float, azimuth: float) -> Rays:
    east, north = slope_vector(zenith, azimuth)
    return Rays(float(east), -float(north))


# --- bounds


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.floats(0.0, 0.02))
def test_bounds_are_the_extremes_of_blocks_and_rims(seed: int, cover: float) -> None:
    rng = np.random.default_rng(seed)
    base = rng.uniform(100.0, 900.0, (N, N))
    layer = layer_of(patches(seed, cover), base)
    low, high = layer.bounds()
    for bi in range(N // BLOCK):
        for bj in range(N // BLOCK):
            rows = slice(max(bi * BLOCK - 1, 0), bi * BLOCK + BLOCK + 1)
            cols = slice(max(bj * BLOCK - 1, 0), bj * BLOCK + BLOCK + 1)
            t, b = layer.thickness[rows, cols], layer.base[rows, cols]
            cloudy = t > 0
            assert low[bi, bj] == (b[cloudy].min() if cloudy.any() else np.float32(1e9))
            assert high[bi, bj] == ((b + t)[cloudy].max() if cloudy.any() else np.float32(-1.0))


@pytest.mark.parametrize("shape", [(40, 40), (32, 48), (16, 17)])
def test_layers_are_squares_of_whole_blocks(shape: tuple[int, int]) -> None:
    with pytest.raises(EstranError, match=f"multiple of {BLOCK}.*{shape[0]} x {shape[1]}"):
        Layer(*(np.zeros(shape, np.float32) for _ in range(3)), CELL, (0.0, 0.0), 0.1)


# --- rays


@given(st.floats(-1.0, 1.0), st.floats(-1.0, 1.0), st.floats(0.0, 3e4), st.floats(0.0, 3e4))
def test_kernels_and_arrays_agree_on_directions(east: float, south: float, x: float, y: float) -> None:
    """The packed rays of the kernels give what `at` gives, on both sides of a seam."""
    rays = Rays(east, south, (-1e-6, 2e-7, 2e-7, -1.1e-6), 0.97, 0.243, 3000.0, 9000.0, 0.012, -0.02)
    found = direction(rays.packed(), x, y)
    expected = rays.at(x, y)
    np.testing.assert_allclose(found, [float(v) for v in expected], rtol=1e-12, atol=1e-15)


def test_rays_are_affine_between_seams() -> None:
    rays = Rays(0.1, -0.2, (1e-6, 2e-6, 3e-6, 4e-6))
    a, b = (np.array(rays.at(*p)) for p in ((0.0, 0.0), (1000.0, 3000.0)))
    np.testing.assert_allclose(np.array(rays.at(500.0, 1500.0)), 0.5 * (a + b), rtol=1e-12)
    np.testing.assert_allclose(b - a, [1e-3 + 6e-3, 3e-3 + 12e-3], rtol=1e-9)


def test_detectors_are_as_wide_as_said() -> None:
    rays = Rays(0.0, 0.0, across_east=0.6, across_south=0.8, seam=100.0, width=250.0)
    along = np.arange(0.0, 2000.0, 1.0)
    numbers = rays.detector(0.6 * along, 0.8 * along)
    np.testing.assert_array_equal(np.unique(np.diff(numbers)), [0, 1])
    changes = np.flatnonzero(np.diff(numbers)) + 1
    np.testing.assert_allclose(np.diff(changes), 250, atol=1)


# --- marching


@pytest.mark.parametrize("zenith", [0.0, 40.0, 70.0])
def test_strips_are_parts_of_the_whole(zenith: float) -> None:
    layer, rays = layer_of(patches(1)), slanted(zenith, 130.0)
    ground = np.random.default_rng(2).uniform(0.0, 50.0, (N, N)).astype(np.float32)
    whole = march(layer, layer.bounds(), rays, ground, 0, (N, N), CELL)
    for row, rows in ((0, 7), (7, 16), (23, 41)):
        part = march(layer, layer.bounds(), rays, ground, row, (rows, N), CELL)
        for one, all_of_it in zip(part, whole, strict=True):
            np.testing.assert_array_equal(one, all_of_it[row : row + rows])


def test_coarser_rays_start_from_the_middle_sample() -> None:
    """Rays every 20 m over ground of 10 m: they start from sample 2 i + 1, at the corner of four cells."""
    ground = np.arange(N * N, dtype=np.float32).reshape(N, N) * np.float32(0.1)
    layer = layer_of(np.full((N, N), 400.0), 0.0, 0.001)
    tau, _, _ = march(layer, layer.bounds(), Rays(0.0, 0.0), ground, 0, (N // 2, N // 2), 20.0, 2)
    np.testing.assert_allclose(tau, 0.001 * np.clip(400.0 - ground[1::2, 1::2], 0.0, None), rtol=2e-4)


@settings(max_examples=15)
@given(st.integers(0, 10**6), st.floats(0.0, 60.0), st.floats(0.0, 360.0))
def test_no_path_is_longer_than_the_slanted_layer(seed: int, zenith: float, azimuth: float) -> None:
    """Between lowest base and highest top, over the cosine; and heights lie between the two."""
    layer = layer_of(patches(seed, 0.4), np.random.default_rng(seed).uniform(300, 600, (N, N)))
    low, high = layer.bounds()
    bottom, top = float(low.min()), float(high.max())
    tau, height, light = march(layer, layer.bounds(), slanted(zenith, azimuth), FLOOR, 0, (N, N), CELL)
    assert tau.max() <= 0.01 * (top - bottom) / np.cos(np.radians(zenith)) * (1.0 + 1e-4)
    met = tau > 0
    assert (height[met] > bottom - 1.0).all()
    assert (height[met] < top + 1.0).all()
    assert (height[~met] == 0.0).all()
    np.testing.assert_allclose(light[met], 1.0, rtol=1e-5)


def test_a_vertical_ray_meets_the_thickness_above_it() -> None:
    """From the centres of cells, straight up, whatever is in the neighbours."""
    t = patches(5, 0.3)
    layer = layer_of(t)
    tau, height, _ = march(layer, layer.bounds(), Rays(0.0, 0.0), FLOOR, 0, (N, N), CELL)
    np.testing.assert_allclose(tau, 0.01 * t, rtol=1e-4)
    met = t > 0
    np.testing.assert_allclose(height[met], 500.0 + 0.5 * t[met], rtol=1e-4)


def test_thickness_is_linear_in_extinction_and_layers_add() -> None:
    thin, thick = (layer_of(patches(6), extinction=e) for e in (0.01, 0.03))
    rays = slanted(35.0, 20.0)
    one, three = (march(x, x.bounds(), rays, FLOOR, 0, (N, N), CELL)[0] for x in (thin, thick))
    np.testing.assert_allclose(three, 3.0 * one, rtol=1e-5)


def test_light_is_the_mean_along_the_path() -> None:
    """Half of the columns bright, half dark; a ray that crosses both in equal parts has the mean."""
    t = np.full((N, N), 100.0, np.float32)
    light = np.where(np.arange(N)[None, :] < 32, 2.0, 1.0).astype(np.float32) * np.ones((N, 1), np.float32)
    layer = Layer(np.full((N, N), 200.0, np.float32), t, light, CELL, (0.0, 0.0), 0.01)
    rays = slanted(60.0, 90.0)
    _, _, found = march(layer, layer.bounds(), rays, FLOOR, 0, (N, N), CELL)
    run = np.tan(np.radians(60.0))
    for column in (1, 5, 9):
        x0, x1 = (column + 0.5) * CELL + 200.0 * run, (column + 0.5) * CELL + 300.0 * run
        bright = np.clip((320.0 - x0) / (x1 - x0), 0.0, 1.0)
        assert float(found[30, column]) == pytest.approx(1.0 + bright, abs=0.06)


def test_moving_a_layer_moves_what_is_met() -> None:
    """The same cells with another origin, and rays from places moved as far."""
    t = patches(8)
    here = layer_of(t)
    there = Layer(here.base, here.thickness, here.light, CELL, (-160.0, -160.0), 0.01)
    rays = slanted(30.0, 200.0)
    one = march(here, here.bounds(), rays, FLOOR, 0, (N, N), CELL)[0]
    other = march(there, there.bounds(), rays, FLOOR, 0, (N, N), CELL)[0]
    np.testing.assert_allclose(other[:-16, :-16], one[16:, 16:], rtol=1e-3, atol=2e-3)


def test_an_empty_layer_is_clear_air() -> None:
    layer = layer_of(np.zeros((N, N)))
    for found in march(layer, layer.bounds(), slanted(40.0, 10.0), FLOOR, 0, (N, N), CELL):
        assert (found == 0.0).all()
    tau = np.full((N, N), 0.25, np.float32)
    above_tops(layer_of(patches(1)), layer, layer.bounds(), Rays(0.0, 0.0), tau)
    assert (tau == 0.25).all()


# --- relief, by construction on paper


@pytest.mark.parametrize("zenith", [50.0, 70.0])
@pytest.mark.parametrize("azimuth", [45.0, 135.0, 250.0])
def test_the_shadow_of_a_tower_points_away_from_the_sun(zenith: float, azimuth: float) -> None:
    """A tower of 120 m: its shadow's tip lies at height times tangent, on the line away from the Sun."""
    ground = np.zeros((81, 81), np.float32)
    ground[39:42, 39:42] = 120.0
    shadow = relief_shadow(ground, 10.0, slanted(zenith, azimuth))
    rows, cols = np.nonzero(shadow)
    x, y = (cols + 0.5) * 5.0 - 405.0, (rows + 0.5) * 5.0 - 405.0
    a = np.radians(azimuth)
    along = -(x * np.sin(a) - y * np.cos(a))
    across = x * np.cos(a) + y * np.sin(a)
    length = 120.0 * np.tan(np.radians(zenith))
    assert along.max() == pytest.approx(length, abs=25.0)
    assert np.abs(across).max() < 35.0


def test_shadows_grow_as_the_sun_sinks() -> None:
    rng = np.random.default_rng(4)
    ground = rng.uniform(0.0, 60.0, (60, 60)).astype(np.float32)
    shades = [relief_shadow(ground, 20.0, slanted(z, 200.0)) for z in (20.0, 45.0, 65.0, 80.0)]
    assert all((later >= earlier).mean() > 0.995 for earlier, later in itertools.pairwise(shades))
    assert shades[0].mean() < shades[-1].mean()


def test_raising_all_ground_changes_nothing() -> None:
    """Shadow depends on differences of height: 1 km up, and the same shadow."""
    rng = np.random.default_rng(6)
    ground = rng.uniform(0.0, 80.0, (50, 50)).astype(np.float32)
    low, high = (relief_shadow(ground + np.float32(up), 20.0, slanted(60.0, 30.0)) for up in (0.0, 1024.0))
    assert (low != high).mean() < 2e-3


def test_flat_ground_has_no_shadow() -> None:
    ground = np.full((40, 40), 321.0, np.float32)
    assert not relief_shadow(ground, 20.0, slanted(89.0, 45.0)).any()
    assert relief_shadow(ground, 20.0, slanted(10.0, 45.0)).shape == (80, 80)


@pytest.mark.parametrize(("tilt", "shaded"), [(25.0, False), (35.0, True)])
def test_a_slope_turned_away_is_dark_when_steeper_than_the_sun_is_high(tilt: float, shaded: bool) -> None:
    """Sun 30 degrees high in the west, ground that falls to the east."""
    fall = np.tan(np.radians(tilt)) * 20.0
    ground = np.tile((60 - np.arange(60, dtype=np.float32)) * np.float32(fall), (60, 1))
    shadow = relief_shadow(ground, 20.0, slanted(60.0, 270.0))
    assert bool(shadow[60, 60]) is shaded
    assert shadow[20:100, 20:100].all() == shaded
