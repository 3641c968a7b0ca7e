"""Glint: facets that are tilted and mirrored one by one, against closed forms, against chance, and against what a scene
shows of it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from estran.physics.geometry import slope_vector, travel_azimuth
from estran.physics.sea_surface import RoughSea
from estran.scenes.instrument import FLIGHT_AZIMUTH, view_rays
from estran.scenes.march import Rays
from estran.scenes.sea import (
    GLINTING,
    LONG_WAVES,
    Sea,
    fresnel,
    glint,
    index_of_water,
    mirror,
    rough_sea,
)
from estran.scenes.simulate import SceneConfig, SimulatedScene, simulate
from estran.scenes.slopes import chance, variances
from estran.scenes.spectra import CODE

INDEX = 1.34


def ray(zenith: float, azimuth: float) -> Rays:
    """The same direction everywhere."""
    east, north = slope_vector(zenith, azimuth)
    return Rays(float(east), -float(north))


def even_sea(wind: float, azimuth: float, size: int = 8) -> Sea:
    """No gusts, no long waves."""
    a = np.radians(azimuth)
    flat, full = np.zeros((1024, 1024), np.float32), np.full((size, size), wind, np.float32)
    return Sea(
        full,
        np.ones_like(full),
        np.zeros_like(full),
        (float(np.sin(a)), float(-np.cos(a))),
        flat,
        flat,
        (0.0, 0.0, 0.0),
        (0.0, 0.0),
    )


def water(size: int) -> tuple[npt.NDArray[np.uint8], ...]:
    """Deep water everywhere, at 10 m."""
    code = np.full((2 * size, 2 * size), CODE["deep_water"], np.uint8)
    return code, code, np.zeros_like(code)


@pytest.mark.parametrize(
    ("sza", "saa", "vza", "vaa", "wind", "wind_from"),
    [
        (25, 140, 9, 320, 5, 200),
        (35, 160, 8, 285, 7, 20),
        (20, 100, 10, 20, 3, 300),
        (45, 220, 5, 100, 9, 90),
        (30, 150, 0, 0, 6, 45),
    ],
)
def test_mirrored_facets_agree_with_the_closed_form(
    sza: float, saa: float, vza: float, vaa: float, wind: float, wind_from: float
) -> None:
    """The physics room's formula has neither mirrored rays nor measured solid angles; directions of wind, view and Sun
    are told to it in its own convention.
    """
    sun, view = ray(sza, saa), ray(vza, vaa)
    found = glint(even_sea(wind, wind_from), mirror(sun, view, 160.0, INDEX), view, 0.0, water(8), 0, (16, 16), 10.0, 1)
    sea = RoughSea(wind, INDEX, "cox_munk", upwind=float(travel_azimuth(wind_from, saa)))
    mu_v, mu_s, azimuth = (
        np.array([v]) for v in (np.cos(np.radians(vza)), np.cos(np.radians(sza)), np.radians(travel_azimuth(vaa, saa)))
    )
    np.testing.assert_allclose(found, sea.reflectance(mu_v, mu_s, azimuth)[0, 0, 0], rtol=2e-5)


def test_by_throwing_facets() -> None:
    """A million facets of random slope: those that mirror the sensor's ray into a disc around the Sun, counted with the
    area that the sensor sees of each.
    """
    wind, sza, vza, radius = 6.0, 28.0, 8.0, np.radians(2.0)
    rng = np.random.default_rng(3)
    across, along = np.sqrt(variances(wind))
    # Drawn without skewness; each then weighs as much as the skewed density over the even one.
    count = 1_500_000
    zx, zy = rng.normal(0, across, count), rng.normal(0, along, count)
    even = np.exp(-0.5 * ((zx / across) ** 2 + (zy / along) ** 2)) / (2 * np.pi * across * along)
    u, v = zy / along, zx / across
    series = 1 - 0.5 * (0.01 - 0.0086 * wind) * (v**2 - 1) * u - (0.04 - 0.033 * wind) / 6 * (u**3 - 3 * u)
    series = (
        series + 0.4 / 24 * (v**4 - 6 * v**2 + 3) + 0.03 * (v**2 - 1) * (u**2 - 1) + 0.23 / 24 * (u**4 - 6 * u**2 + 3)
    )
    normal = np.stack([-zx, -zy, np.ones(count)]) / np.sqrt(1 + zx**2 + zy**2)
    sun = np.array([0.0, np.sin(np.radians(sza)), np.cos(np.radians(sza))])
    sensor = np.array([0.0, -np.sin(np.radians(vza)), np.cos(np.radians(vza))])
    facing = sensor @ normal
    mirrored = 2 * facing * normal - sensor[:, None]
    hit = sun @ mirrored > np.cos(radius)
    disc = 2 * np.pi * (1 - np.cos(radius))
    # Radiance of the disc is irradiance over its solid angle.
    seen = np.maximum(series, 0) * fresnel(facing, INDEX) * facing / (normal[2] * sensor[2])
    expected = np.pi * seen[hit].sum() / count / disc / sun[2]
    # The y axis here points to where the wind comes from; the simulator's south is its opposite.
    view = Rays(0.0, -float(np.tan(np.radians(-vza))))
    found = glint(
        even_sea(wind, 0.0),
        mirror(Rays(0.0, -float(np.tan(np.radians(sza)))), view, 160.0, INDEX),
        view,
        0.0,
        water(8),
        0,
        (4, 4),
        10.0,
        1,
    )
    assert np.median(even) > 0
    assert hit.sum() > 4000
    assert float(found[0, 0]) == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("wind", [2.0, 5.0, 9.0])
def test_density_of_facets(wind: float) -> None:
    """All facets are somewhere, and their slopes vary as Cox and Munk measured; the wind comes from the south-east."""
    e = s = np.sqrt(0.5)
    side = np.linspace(-0.9, 0.9, 241)
    p = np.array([[chance(x, y, wind, e, s, 0.0, 0.0) for x in side] for y in side])
    x, y = np.meshgrid(side, side)
    cell = (side[1] - side[0]) ** 2
    assert p.sum() * cell == pytest.approx(1, abs=2e-3)
    along, across = (x * e + y * s), (y * e - x * s)
    assert (p * along**2).sum() * cell == pytest.approx(0.00316 * wind, rel=0.02)
    assert (p * across**2).sum() * cell == pytest.approx(0.003 + 0.00192 * wind, rel=0.02)


def test_long_waves_take_nothing_from_the_whole() -> None:
    """With its long waves drawn, the mean over a sea is nearly that of facets alone, and its slopes are
    a tenth of all.
    """
    sea = rough_sea(4, np.ones((512, 512), np.uint8), 6.0, 240.0)
    assert sum(variances(6.0)) * LONG_WAVES == pytest.approx(sea.variance[0] + sea.variance[2], rel=1e-4)
    steady = replace(sea, wind=np.full_like(sea.wind, 6.0))
    sun, view = ray(30, 140), ray(8, 300)
    nodes = mirror(sun, view, 10240.0, INDEX)
    cover = water(512)
    waves = glint(steady, nodes, view, 0.0, cover, 0, (1024, 1024), 10.0, 1)
    facets = glint(even_sea(6.0, 240.0, 512), nodes, view, 0.0, cover, 0, (1024, 1024), 10.0, 1)
    assert waves.mean() == pytest.approx(facets.mean(), rel=0.03)
    assert 0.05 < waves.std() / waves.mean() < 0.6


def test_waves_run_on_between_bands() -> None:
    sea = rough_sea(4, np.ones((64, 64), np.uint8), 6.0, 240.0)
    sea = replace(sea, celerity=(10.0, 0.0), wind=np.full_like(sea.wind, 6.0), white=np.zeros_like(sea.white))
    sun, view = ray(30, 140), ray(8, 300)
    nodes, cover = mirror(sun, view, 1280.0, INDEX), water(64)
    early, late = (glint(sea, nodes, view, t, cover, 0, (128, 128), 10.0, 1) for t in (0.0, 2.0))
    np.testing.assert_allclose(late[:, 2:], early[:, :-2], rtol=2e-5)


def test_foam_sand_and_land_do_not_glint() -> None:
    assert {name for name, code in CODE.items() if GLINTING[code] > 0} == {
        "deep_water",
        "turbid_water",
        "shallow_sand",
        "lake_water",
    }


def test_fresnel_at_its_two_angles() -> None:
    assert fresnel(np.array([1.0]), INDEX)[0] == pytest.approx(((INDEX - 1) / (INDEX + 1)) ** 2)
    brewster = np.cos(np.arctan(INDEX))
    # There only the component across the plane of incidence is left: half of ((n² - 1) / (n² + 1))².
    assert fresnel(np.array([brewster]), INDEX)[0] == pytest.approx(0.5 * ((INDEX**2 - 1) / (INDEX**2 + 1)) ** 2)
    n = index_of_water()
    assert (np.diff(n) < 0).sum() >= 10
    assert 1.29 < n[-1] < n[0] < 1.36


# --- scenes
# ----------------------------------------------------------------------------------------------------------------------

SIZE = 160


@pytest.fixture(scope="module")
def bright() -> SimulatedScene:
    """The Sun behind the sensor's back, as it were: the mirror's side."""
    return simulate(
        SceneConfig(
            seed=21,
            size=SIZE,
            kind="ocean",
            sza=28.0,
            saa=150.0,
            vza=8.0,
            vaa=330.0,
            wind=5.0,
            wind_direction=250.0,
            cirrus=0.0,
        )
    )


def clear_water(scene: SimulatedScene) -> npt.NDArray[np.bool_]:
    truth = scene.truth
    return np.asarray(
        (truth["water"] == 1) & (truth["cloud_depth"] == 0) & (truth["sun_beam"] > 0.99) & (truth["wind"] > 4.0)
    )


def test_truth_is_what_the_band_shows(bright: SimulatedScene) -> None:
    """Between B11 and the truth stand the clear air, a little light from the water, noise, and the sharpness of the
    image.
    """
    clear = clear_water(bright)
    truth, seen = bright.truth["glint"][clear], bright.bands["B11"][clear] / 1e4
    assert truth.mean() > 0.03
    assert np.corrcoef(truth, seen)[0, 1] > 0.75
    assert 0.8 < seen.mean() / truth.mean() < 1.3


def test_truth_knows_its_place(bright: SimulatedScene) -> None:
    truth = bright.truth
    assert (truth["glint"][np.isnan(truth["wind"])] < 0.06).all()
    dark = (truth["shadow"] == 1) & (truth["sun_beam"] < 0.05) & (truth["water"] == 1)
    assert dark.any()
    assert truth["glint"][dark].max() < 0.01
    assert np.nanmedian(truth["wind"]) == pytest.approx(5.0, rel=0.1)
    # Near the shore the water lies calmer.
    assert np.nanmin(truth["wind"]) < 3.5


def test_the_other_side_of_the_swath_is_dark(bright: SimulatedScene) -> None:
    dark = simulate(replace(bright.config, vaa=150.0))
    assert bright.truth["glint"][clear_water(bright)].mean() > 8 * dark.truth["glint"][clear_water(dark)].mean()
    assert bright.bands["B11"][clear_water(bright)].mean() > 4 * dark.bands["B11"][clear_water(dark)].mean()


def test_a_low_sun_makes_no_glint() -> None:
    low = simulate(SceneConfig(seed=22, size=64, kind="ocean", sza=70.0, saa=150.0, vza=9.0, vaa=330.0, wind=8.0))
    assert low.truth["glint"].max() < 0.005


def test_seams_are_those_of_the_metadata() -> None:
    """Detectors look ahead and back: the glint jumps at the seam by as much as the closed form does between the angles
    of the product's own grids.
    """
    made = simulate(
        SceneConfig(
            seed=23,
            size=500,
            kind="ocean",
            sza=30.0,
            saa=150.0,
            vza=6.0,
            vaa=284.0,
            wind=6.0,
            wind_direction=0.0,
            clouds=0.0,
            stratus=0.0,
            cirrus=0.0,
        )
    )
    detectors, clear = made.detectors[20], clear_water(made)
    first, second = (int(d) for d in np.unique(detectors))
    across = [np.median(made.truth["glint"][clear & (detectors == d)]) for d in (first, second)]
    sea = RoughSea(6.0, float(index_of_water()[11]), "cox_munk", upwind=float(travel_azimuth(0.0, made.sun_azimuth)))
    expected = []
    for d in (first, second):
        grid = made.view["B11", d]
        zenith, azimuth = float(np.nanmean(grid.zenith)), float(np.nanmean(grid.azimuth))
        mu_v, mu_s, phi = (
            np.array([v])
            for v in (
                np.cos(np.radians(zenith)),
                np.cos(np.radians(30.0)),
                np.radians(travel_azimuth(azimuth, made.sun_azimuth)),
            )
        )
        expected.append(sea.reflectance(mu_v, mu_s, phi)[0, 0, 0])
    assert abs(np.log(expected[0] / expected[1])) > 0.2
    assert np.log(across[0] / across[1]) == pytest.approx(np.log(expected[0] / expected[1]), abs=0.1)


def test_wind_is_drawn_or_asked() -> None:
    drawn = [simulate(SceneConfig(seed=s, size=64, noise=False)).facts["wind [m/s]"] for s in range(3)]
    assert len(set(drawn)) == 3
    assert all(2 <= w <= 9 for w in drawn)
    rays = view_rays("B11", (0.1, 0.0), (640.0, 640.0), FLIGHT_AZIMUTH, 0.0)
    assert rays.detector(0, 0) != rays.detector(1280, 0)
