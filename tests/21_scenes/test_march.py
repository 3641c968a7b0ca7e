"""Rays through clouds: against a marcher that knows no tricks, and against geometry on paper."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from estran.errors import EstranError
from estran.physics.geometry import slope_vector
from estran.scenes.march import Layer, Rays, march

CELL, N = 10.0, 256


def layer_of(thickness: npt.NDArray[np.float64], base: float, extinction: float = 0.05) -> Layer:
    field = thickness.astype(np.float32)
    return Layer(
        np.where(field > 0, base, 0).astype(np.float32), field, np.ones_like(field), CELL, (0.0, 0.0), extinction
    )


def disc(row: float, col: float, radius: float, thickness: float) -> npt.NDArray[np.float64]:
    i, j = np.indices((N, N))
    return np.where(np.hypot(i + 0.5 - row, j + 0.5 - col) < radius, thickness, 0.0)


def rays_to(zenith: float, azimuth: float) -> Rays:
    east, north = slope_vector(zenith, azimuth)
    return Rays(float(east), -float(north))


def plainly(layer: Layer, rays: Rays, x: float, y: float, z0: float, top: float) -> float:
    """Cloudy length by steps of one metre and nothing skipped."""
    z = np.arange(z0, top, 1.0) + 0.5
    east, south = rays.at(x, y)
    u, v = (x + (z - z0) * east) / CELL - 0.5, (y + (z - z0) * south) / CELL - 0.5
    j, i = np.floor(u).astype(int), np.floor(v).astype(int)
    a, b = u - j, v - i
    t = layer.thickness

    def at(di: int, dj: int) -> npt.NDArray[np.float32]:
        inside = (i + di >= 0) & (i + di < N) & (j + dj >= 0) & (j + dj < N)
        return np.where(inside, t[np.clip(i + di, 0, N - 1), np.clip(j + dj, 0, N - 1)], 0)

    thick = (1 - b) * ((1 - a) * at(0, 0) + a * at(0, 1)) + b * ((1 - a) * at(1, 0) + a * at(1, 1))
    base = float(layer.base[layer.thickness > 0][0])
    return float(((z >= base) & (z < base + thick)).sum() * np.sqrt(1 + east**2 + south**2))


@pytest.mark.parametrize(("zenith", "azimuth"), [(5, 100), (35, 20), (50, 140), (65, 230), (75, 300), (0, 0)])
def test_skipping_clear_air_changes_nothing(zenith: float, azimuth: float) -> None:
    rng = np.random.default_rng(7)
    thickness = np.zeros((N, N))
    for _ in range(14):
        thickness = np.maximum(thickness, disc(*rng.uniform(0, N, 2), rng.uniform(3, 25), rng.uniform(40, 300)))
    layer = layer_of(thickness, 300.0)
    rays = rays_to(zenith, azimuth)
    ground = rng.uniform(0, 100, (N, N)).astype(np.float32)
    tau, _, _ = march(layer, layer.bounds(), rays, ground, 0, ground.shape, CELL)
    found, expected = [], []
    for i, j in rng.integers(0, N, (250, 2)):
        found.append(tau[i, j] / layer.extinction)
        expected.append(plainly(layer, rays, (j + 0.5) * CELL, (i + 0.5) * CELL, float(ground[i, j]), 650.0))
    error = np.array(found) - expected
    assert (np.array(expected) > 0).sum() > 20
    # Away from the vertical sides of the discs the two agree; a step across a side cuts it somewhere within a cell.
    step = min(40.0, CELL / max(abs(rays.east), abs(rays.south), 1e-6)) * float(
        np.sqrt(1 + rays.east**2 + rays.south**2)
    )
    assert (np.abs(error) <= step + 2.0).mean() > 0.97
    assert np.abs(error).max() < 4 * step + 2.0
    assert abs(error.mean()) < 2.0


@pytest.mark.parametrize("azimuth", [20.0, 110.0, 215.0, 330.0])
@pytest.mark.parametrize("zenith", [30.0, 62.0])
def test_shadow_falls_where_geometry_says(zenith: float, azimuth: float) -> None:
    """Flat ground, a thin plate at 500 m: its shadow is the plate moved by -h tan(sza) u(saa), in every quadrant."""
    layer = layer_of(disc(128, 128, 12, 20.0), 490.0, extinction=1.0)
    east, north = slope_vector(zenith, azimuth)
    tau, height, _ = march(
        layer, layer.bounds(), rays_to(zenith, azimuth), np.zeros((N, N), np.float32), 0, (N, N), CELL
    )
    rows, cols = np.nonzero(tau > 0.5)
    assert (cols + 0.5).mean() * CELL == pytest.approx(1280 - 500 * float(east), abs=2 * CELL)
    assert (rows + 0.5).mean() * CELL == pytest.approx(1280 + 500 * float(north), abs=2 * CELL)
    # A plate has a rim: its shadow is longer than the plate by thickness * tan(sza).
    rim = 240.0 * 20.0 * np.tan(np.radians(zenith)) / CELL**2
    assert len(rows) == pytest.approx((layer.thickness > 0).sum() + rim, rel=0.1)
    np.testing.assert_allclose(height[tau > 0.5], 500.0, atol=11.0)


def test_height_counts_from_the_sea() -> None:
    """From a plateau the same cloud is nearer: its image moves less."""
    layer = layer_of(disc(128, 128, 10, 40.0), 1000.0)
    rays = rays_to(45.0, 90.0)
    for altitude in (0.0, 600.0):
        ground = np.full((N, N), altitude, np.float32)
        tau, _, _ = march(layer, layer.bounds(), rays, ground, 0, (N, N), CELL)
        cols = np.nonzero(tau > 0.2)[1]
        assert cols.mean() + 0.5 == pytest.approx(128 - (1020.0 - altitude) / CELL, abs=2.0)


def test_ray_from_within_a_cloud_sees_what_is_above() -> None:
    layer = layer_of(np.full((N, N), 200.0), 500.0, extinction=0.01)
    tau, _, _ = march(layer, layer.bounds(), Rays(0.0, 0.0), np.full((16, 16), 600.0, np.float32), 0, (16, 16), CELL)
    np.testing.assert_allclose(tau, 0.01 * 100.0, rtol=1e-5)


def test_beyond_the_layer_the_air_is_clear() -> None:
    layer = layer_of(np.full((N, N), 100.0), 1000.0)
    tau, _, _ = march(layer, layer.bounds(), rays_to(45.0, 90.0), np.zeros((N, N), np.float32), 0, (N, N), CELL)
    # At 1000 m a ray has gone 1000 m to the east, out of the layer for the last 100 columns; the next few leave it on
    # their way through.
    assert (tau[:, -99:] == 0).all()
    np.testing.assert_allclose(tau[:, : N - 115], 0.05 * 100 * np.sqrt(2), rtol=1e-4)


def test_detectors_look_two_ways() -> None:
    rays = Rays(0.0, 0.0, across_east=1.0, seam=500.0, width=1000.0, stagger_south=0.02)
    _, south = rays.at(np.array([100.0, 900.0, 1600.0]), 0.0)
    np.testing.assert_allclose(south, [0.02, -0.02, 0.02])


def test_layer_wants_whole_blocks() -> None:
    with pytest.raises(EstranError, match="multiple of 16"):
        Layer(*(np.zeros((40, 40), np.float32) for _ in range(3)), 10.0, (0.0, 0.0), 0.1)
