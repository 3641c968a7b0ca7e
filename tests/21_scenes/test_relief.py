"""Shadow of terrain: walls, the curve of the Earth, and a plain marcher that leaves nothing out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from estran.physics.geometry import slope_vector
from estran.scenes.chance import fractal, stream
from estran.scenes.march import Rays
from estran.scenes.relief import EARTH_RADIUS, relief_shadow
from estran.scenes.simulate import SceneConfig, simulate


def rays_to(zenith: float, azimuth: float) -> Rays:
    east, north = slope_vector(zenith, azimuth)
    return Rays(float(east), -float(north))


@pytest.mark.parametrize("azimuth", [0.0, 90.0, 180.0, 270.0])
def test_a_wall_shades_what_is_behind_it(azimuth: float) -> None:
    """100 m of wall in the Sun at 45 degrees shade 100 m of ground on the side away from it, to the
    steps of the rays.
    """
    ground = np.zeros((101, 101), np.float32)
    ground[:, 49:52] = 100.0
    if azimuth in (0.0, 180.0):
        ground = np.ascontiguousarray(ground.T)
    shadow = relief_shadow(ground, 10.0, rays_to(45.0, azimuth))
    line = shadow[101] if azimuth in (90.0, 270.0) else shadow[:, 101]
    # The crest reaches from 495 to 515 m; with the Sun in the east or the south the shade lies at lower column, or
    # lower row.
    shaded = (np.flatnonzero(line) + 0.5) * 5.0
    low, high = (395.0, 495.0) if azimuth in (90.0, 180.0) else (515.0, 615.0)
    assert shaded.min() == pytest.approx(low, abs=7.6)
    assert shaded.max() == pytest.approx(high, abs=7.6)
    assert line.sum() >= 18


def test_the_earth_falls_away() -> None:
    """A ridge of 1500 m shades ground at sea level under a Sun 2 degrees high; on a flat Earth its shadow would be 43
    km long.
    """
    cell, rise = 100.0, np.tan(np.radians(2.0))
    ground = np.zeros((3, 700), np.float32)
    ground[:, 48:51] = 1500.0
    shade = np.flatnonzero(relief_shadow(ground, cell, rays_to(88.0, 270.0))[3]) * 0.5 * cell
    # Where s rise + s² / 2R = 1500.
    length = (-rise + np.sqrt(rise**2 + 2 * 1500.0 / EARTH_RADIUS)) * EARTH_RADIUS
    assert length < 1500.0 / rise - 3000.0
    assert shade.max() - 5050.0 == pytest.approx(length, abs=1.5 * cell)


def plainly(ground: npt.NDArray[np.float32], rays: Rays, x: float, y: float) -> float:
    """Least height of a ray above bilinear relief from 5 m of run on, by steps of one metre of run."""
    east, south = (float(v) for v in rays.at(x, y))
    run = np.hypot(east, south)

    def at(u: npt.NDArray[np.float64], v: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        j, i = np.minimum(u.astype(int), ground.shape[1] - 2), np.minimum(v.astype(int), ground.shape[0] - 2)
        a, b = u - j, v - i
        return (1 - b) * ((1 - a) * ground[i, j] + a * ground[i, j + 1]) + b * (
            (1 - a) * ground[i + 1, j] + a * ground[i + 1, j + 1]
        )

    climb = np.arange(5.0, 8000.0) / run
    u, v = (x + climb * east) / 20.0 - 0.5, (y + climb * south) / 20.0 - 0.5
    inside = (u >= 0) & (v >= 0) & (u <= ground.shape[1] - 1) & (v <= ground.shape[0] - 1)
    inside &= np.cumsum(~inside) == 0
    start = at(np.array([x / 20.0 - 0.5]), np.array([y / 20.0 - 0.5]))[0]
    return float(
        (start + climb + (run * climb) ** 2 / 2 / EARTH_RADIUS - at(np.clip(u, 0, 1e9), np.clip(v, 0, 1e9)))[
            inside
        ].min()
    )


def test_against_a_plain_marcher() -> None:
    n = 200
    ground = (400.0 + 250.0 * fractal(stream(3, "hills"), n, 2.2, 120.0, 4.0)).astype(np.float32)
    sun = rays_to(62.0, 157.0)
    shadow = relief_shadow(ground, 20.0, sun)
    assert 0.1 < shadow.mean() < 0.6
    rng = np.random.default_rng(5)
    wrong = 0
    for i, j in rng.integers(4, 2 * n - 4, (600, 2)):
        margin = plainly(ground, sun, (j + 0.5) * 10.0, (i + 0.5) * 10.0)
        wrong += bool(margin < 0) != bool(shadow[i, j]) and abs(margin) > 1.0
    assert wrong <= 3


def test_mountains_have_shadow_and_their_heights() -> None:
    made = simulate(
        SceneConfig(seed=12, size=200, kind="mountain", sza=65.0, saa=150.0, clouds=0.0, stratus=0.0, cirrus=0.0)
    )
    truth = made.truth
    shade = truth["relief_shadow"] == 1
    assert 0.03 < shade.mean() < 0.7
    assert truth["dem"].max() > 300
    assert truth["dem"].dtype == np.float32
    land = (truth["snow"] == 0) & (truth["water"] == 0)
    assert np.median(made.bands["B8A"][shade & land]) < 0.5 * np.median(made.bands["B8A"][~shade & land])
    assert (
        not simulate(SceneConfig(seed=12, size=200, kind="mountain", sza=5.0, noise=False))
        .truth["relief_shadow"]
        .mean()
        > 0.02
    )
