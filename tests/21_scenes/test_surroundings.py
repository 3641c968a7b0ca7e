"""Light from the surroundings: even grounds in closed form, spreading and sampling by another library."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from estran.scenes.clouds import CloudField, beam, reflectance
from estran.scenes.layer import Layer
from estran.scenes.spectra import CODE, table
from estran.scenes.surroundings import COARSE, REACH, around, cloud_around, ground_around, lit

SIZE = 8 * COARSE
LEVELS = np.linspace(0.35, 0.05, 130).astype(np.float32)
"""Fraction of skylight by altitude, in steps of 100 m."""

fraction = st.floats(0.0, 1.0)


class Ground:
    """An even, flat, sunlit ground of one material, of which a test changes a part."""

    def __init__(self, material: str = "grass") -> None:
        shape = (SIZE, SIZE)
        self.first = np.full(shape, CODE[material], np.uint8)
        self.second, self.mix = self.first.copy(), np.zeros(shape, np.uint8)
        self.tone, self.direct, self.sky = (np.ones(shape, np.float32) for _ in range(3))
        self.altitude, self.tau = np.zeros(shape, np.float32), np.zeros(shape, np.float32)

    def around(self, band: int) -> npt.NDArray[np.float32]:
        cover = self.first, self.second, self.mix, self.tone
        return ground_around(band, table(), cover, self.altitude, self.direct, self.sky, self.tau, LEVELS)


# --- light of one place


@given(fraction, fraction)
def test_an_open_place_in_the_sun_is_what_it_is(surface: float, diffuse: float) -> None:
    """Light is counted relative to that of a flat sunlit place, so there it is the reflectance."""
    assert lit(surface, diffuse, 1.0, 1.0, 0.0) == pytest.approx(surface, abs=1e-12)


@given(fraction, st.floats(0.01, 1.0), fraction, fraction, fraction)
def test_light_is_bounded_and_falls_in_shadow(
    surface: float, diffuse: float, direct: float, sky: float, lost: float
) -> None:
    found = lit(surface, diffuse, direct, sky, lost)
    assert 0.0 <= found <= surface * (1.0 + 0.24 * lost) + 1e-12
    assert lit(surface, diffuse, 0.0, sky, lost) <= found
    assert lit(surface, diffuse, direct, 0.5 * sky, lost) <= found


def test_the_core_of_a_shadow_is_darker_in_the_infrared() -> None:
    """Skylight is blue: a shadow keeps more of it where more of the light is diffuse."""
    blue, red = (lit(0.3, diffuse, 0.0, 1.0, 1.0) / 0.3 for diffuse in (0.35, 0.06))
    assert blue > red
    # Half of the ground around, as the constant's source says of real B8A.
    assert 0.2 < red < 0.6


# --- means over a kilometre


@pytest.mark.parametrize("material", ["grass", "deep_water", "snow_fresh"])
@pytest.mark.parametrize("band", [1, 8, 11])
def test_an_even_ground_is_surrounded_by_itself(material: str, band: int) -> None:
    found = Ground(material).around(band)
    assert found.shape == (8, 8)
    np.testing.assert_allclose(found, table()[CODE[material], band], rtol=1e-5)


def test_mixtures_and_tones_weigh_as_their_pixels() -> None:
    ground = Ground()
    ground.second[:] = CODE["concrete"]
    ground.mix[:] = 51  # a fifth
    ground.tone[:] = 1.25
    expected = 1.25 * (0.8 * table()[CODE["grass"], 3] + 0.2 * table()[CODE["concrete"], 3])
    np.testing.assert_allclose(ground.around(3), expected, rtol=1e-5)


def test_shade_and_cloud_dim_what_is_around() -> None:
    """Everything in a cloud's shadow of a known thickness: the formula for one place, everywhere."""
    ground = Ground()
    tau = 3.0
    ground.tau[:] = tau
    ground.direct[:] = beam(tau)
    ground.sky[:] = 0.9
    expected = lit(float(table()[CODE["grass"], 8]), float(LEVELS[0]), beam(tau), 0.9, 1.0 - beam(tau))
    np.testing.assert_allclose(ground.around(8), expected, rtol=1e-5)


def test_the_sky_over_high_ground_is_darker() -> None:
    ground = Ground()
    ground.direct[:] = 0.0
    low = ground.around(2)
    ground.altitude[:] = 3000.0
    high = ground.around(2)
    np.testing.assert_allclose(high / low, LEVELS[30] / LEVELS[0], rtol=1e-5)


def test_an_edge_is_spread_as_a_gaussian() -> None:
    """Dark land beside bright: across the border the mean follows the error function of the filter, whose integral
    scipy's own filter of a step gives on a finer line.
    """
    ground = Ground("asphalt")
    ground.first[:, SIZE // 2 :] = CODE["snow_fresh"]
    found = ground.around(3)
    low, high = (float(table()[CODE[name], 3]) for name in ("asphalt", "snow_fresh"))
    step = np.repeat([low, high], 4)
    expected = ndimage.gaussian_filter1d(step, REACH, mode="nearest")
    np.testing.assert_allclose(found, np.tile(expected, (8, 1)), rtol=1e-5)
    assert (np.diff(found[0]) > 0).all()


def test_what_is_around_lies_between_the_extremes() -> None:
    rng, ground = np.random.default_rng(1), Ground()
    ground.first[:] = rng.integers(0, len(table()), ground.first.shape)
    ground.second[:] = rng.integers(0, len(table()), ground.first.shape)
    ground.mix[:] = rng.integers(0, 256, ground.first.shape)
    found = ground.around(4)
    assert table()[:, 4].min() < found.min()
    assert found.max() < table()[:, 4].max()
    assert found.mean() == pytest.approx(table()[:, 4].mean(), rel=0.05)


@pytest.mark.parametrize("shape", [(40, 70), (35, 67), (34, 32), (33, 65)])
def test_any_size_is_covered(shape: tuple[int, int]) -> None:
    """A grid that is no multiple of the coarse pixel ends in smaller ones, none of them empty."""
    rows, cols = shape
    code, zero = np.full(shape, CODE["crop"], np.uint8), np.zeros(shape, np.uint8)
    one, none = np.ones(shape, np.float32), np.zeros(shape, np.float32)
    found = ground_around(7, table(), (code, code, zero, one), none, one, one, none, LEVELS)
    assert found.shape == (-(-rows // COARSE), -(-cols // COARSE))
    np.testing.assert_allclose(found, table()[CODE["crop"], 7], rtol=1e-5)


# --- clouds around


def deck(tau: float, n: int, cell: float, origin: tuple[float, float]) -> CloudField:
    """One layer that covers all of its grid."""
    thickness = np.full((n, n), tau / 0.08, np.float32)
    layer = Layer(np.full((n, n), 1000, np.float32), thickness, np.ones((n, n), np.float32), cell, origin, 0.08)
    return CloudField((layer,), (np.ones((n, n), np.int32),))


@pytest.mark.parametrize("tau", [0.0, 1.0, 12.0])
def test_under_an_even_deck_all_is_cloud(tau: float) -> None:
    found = cloud_around(deck(tau, 320, 20.0, (-1000.0, -1000.0)), (SIZE, SIZE))
    np.testing.assert_allclose(found, reflectance(tau), rtol=1e-5)


def test_layers_hide_one_another() -> None:
    """Of two decks the second one sends back what the first lets through: 1 - (1 - a)(1 - b)."""
    one, other = deck(2.0, 320, 20.0, (-1000.0, -1000.0)), deck(5.0, 640, 10.0, (-1000.0, -1000.0))
    both = CloudField(one.layers + other.layers, one.identity + other.identity)
    expected = 1.0 - (1.0 - reflectance(2.0)) * (1.0 - reflectance(5.0))
    np.testing.assert_allclose(cloud_around(both, (SIZE, SIZE)), expected, rtol=1e-5)


def test_no_layer_no_cloud() -> None:
    assert (cloud_around(CloudField((), ()), (SIZE, SIZE)) == 0.0).all()


def test_a_deck_over_half_of_the_scene() -> None:
    """The layer ends in the middle: no cloud is counted beyond it, and the mean over the scene is half."""
    found = cloud_around(deck(8.0, 128, 20.0, (-1280.0, -1280.0)), (SIZE, SIZE))
    assert found[0, 0] > 0.5 * reflectance(8.0)
    assert found[-1, -1] < 0.1 * reflectance(8.0)
    beside = cloud_around(deck(8.0, 128, 20.0, (1280.0, 0.0)), (SIZE, SIZE))
    assert beside.mean() == pytest.approx(0.5 * reflectance(8.0), rel=0.02)
    np.testing.assert_allclose(beside + beside[:, ::-1], reflectance(8.0), rtol=0.02)


# --- between the coarse pixels


@given(st.integers(0, SIZE - 1), st.integers(0, SIZE - 1))
def test_sampling_is_bilinear(y: int, x: int) -> None:
    """SciPy's spline of order 1 at the same place, held at the edges."""
    coarse = np.random.default_rng(5).uniform(0, 1, (8, 8)).astype(np.float32)
    v, u = (y + 0.5) / COARSE - 0.5, (x + 0.5) / COARSE - 0.5
    expected = ndimage.map_coordinates(coarse.astype(float), [[v], [u]], order=1, mode="nearest")[0]
    assert around(coarse, y, x) == pytest.approx(float(expected), abs=1e-6)


def test_a_single_coarse_pixel_is_everywhere() -> None:
    coarse = np.array([[0.37]], np.float32)
    assert all(around(coarse, y, x) == pytest.approx(0.37, abs=1e-7) for y, x in ((0, 0), (31, 0), (900, 900)))
