"""The sea's wind, foam and waves: statistics of the drawn fields against the models, by seed and direction; the density
of facets against its own moments.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate

from estran.physics.geometry import slope_vector
from estran.physics.sea_surface.fresnel import reflectance as fresnel_of_physics
from estran.scenes.march import Rays
from estran.scenes.sea import (
    GUSTS,
    LONG_WAVES,
    NODE,
    SHELTER,
    SHELTER_DISTANCE,
    TILE,
    Sea,
    chance,
    fresnel,
    index_of_water,
    mirror,
    rough_sea,
    variances,
)

SIZE = 128
OPEN = np.ones((SIZE, SIZE), np.uint8)

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def seas() -> list[Sea]:
    return [rough_sea(seed, OPEN, 7.0, 250.0) for seed in range(10)]


# --- wind


def test_wind_has_its_mean_and_its_gusts(seas: list[Sea]) -> None:
    """Over the open sea: mean as asked, deviation GUSTS of it; a scene of 2.6 km holds a piece of a field, so the two
    are means over ten.
    """
    everything = np.concatenate([sea.wind.ravel() for sea in seas]).astype(float)
    assert everything.mean() == pytest.approx(7.0, rel=0.05)
    assert everything.std() / everything.mean() == pytest.approx(GUSTS, rel=0.25)


@settings(max_examples=8)
@given(st.floats(0.5, 15.0), st.floats(0.0, 360.0), st.integers(0, 1000))
def test_wind_stays_in_its_range(wind: float, azimuth: float, seed: int) -> None:
    water = np.ones((64, 64), np.uint8)
    water[:, :20] = 0
    sea = rough_sea(seed, water, wind, azimuth)
    assert (sea.wind[:, :20] == 0.0).all()
    assert (sea.white[:, :20] == 0.0).all()
    assert (sea.open[:, :20] == 0.0).all()
    assert sea.wind[:, 20:].min() >= np.float32(0.3)
    assert sea.wind.max() <= 20.0
    assert np.hypot(*sea.wind_from) == pytest.approx(1.0)
    assert ((sea.open >= 0.0) & (sea.open <= 1.0)).all()


@pytest.mark.parametrize(("azimuth", "east", "south"), [(0, 0, -1), (90, 1, 0), (180, 0, 1), (270, -1, 0)])
def test_wind_comes_from_where_it_is_said_to(azimuth: float, east: float, south: float) -> None:
    """North is up, and rows grow to the south."""
    assert rough_sea(1, OPEN[:64, :64], 5.0, azimuth).wind_from == pytest.approx((east, south), abs=1e-12)


def test_the_shore_shelters() -> None:
    """Land in the west: the wind over the water, over that of the same seed without land, is 1 - SHELTER exp(-d/250 m)
    at the distance of each pixel to the nearest land.
    """
    water = OPEN.copy()
    water[:, :10] = 0
    there, free = rough_sea(3, water, 6.0, 270.0), rough_sea(3, OPEN, 6.0, 270.0)
    distance = 20.0 * np.arange(1, SIZE - 9)
    expected = 1.0 - SHELTER * np.exp(-distance / SHELTER_DISTANCE)
    np.testing.assert_allclose(there.wind[:, 10:] / free.wind[:, 10:], np.tile(expected, (SIZE, 1)), rtol=2e-5)
    np.testing.assert_allclose(there.open[:, 10:], np.tile(1.0 - np.exp(-distance / 250.0), (SIZE, 1)), rtol=2e-5)


def test_foam_follows_the_wind_of_its_pixel(seas: list[Sea]) -> None:
    """Monahan and O'Muircheartaigh (1980): 2.95e-6 U^3.52."""
    sea = seas[0]
    np.testing.assert_allclose(sea.white, 2.95e-6 * sea.wind.astype(float) ** 3.52, rtol=1e-5)


def test_a_seed_is_a_sea(seas: list[Sea]) -> None:
    again = rough_sea(0, OPEN, 7.0, 250.0)
    for name in ("wind", "open", "white", "east", "south"):
        np.testing.assert_array_equal(getattr(seas[0], name), getattr(again, name))
    assert (seas[0].east != seas[1].east).mean() > 0.99
    assert seas[0].celerity != seas[1].celerity


# --- long waves


def power(sea: Sea) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Wavenumbers south and east [cycles/m] and power of both slopes, by the full transform."""
    ky, kx = np.meshgrid(np.fft.fftfreq(TILE, 10.0), np.fft.fftfreq(TILE, 10.0), indexing="ij")
    return ky, kx, np.abs(np.fft.fft2(sea.east.astype(float))) ** 2 + np.abs(np.fft.fft2(sea.south.astype(float))) ** 2


def test_waves_have_the_variance_of_their_fraction(seas: list[Sea]) -> None:
    for sea in seas:
        found = (sea.east.astype(float) ** 2).mean() + (sea.south.astype(float) ** 2).mean()
        assert found == pytest.approx(LONG_WAVES * sum(variances(7.0)), rel=1e-5)
        assert abs(sea.east.mean()) < 1e-6
        ee, es, ss = sea.variance
        assert ee * ss >= es * es
        assert es == pytest.approx(float((sea.east.astype(float) * sea.south).mean()), rel=1e-3, abs=1e-8)


def test_slopes_are_those_of_one_surface(seas: list[Sea]) -> None:
    """East and south slopes of a height have no curl: k_south E = k_east S for every wave."""
    sea = seas[2]
    ky, kx, total = power(sea)
    e, s = np.fft.fft2(sea.east.astype(float)), np.fft.fft2(sea.south.astype(float))
    inside = (total > 1e-6 * total.max()) & (np.abs(ky) < 0.049) & (np.abs(kx) < 0.049) & (kx != 0) & (ky != 0)
    curl = np.abs(ky * e - kx * s)[inside]
    assert np.quantile(curl / (np.hypot(kx, ky)[inside] * np.sqrt(total[inside])), 0.99) < 1e-3


def test_no_wave_is_shorter_than_two_rays_and_a_half(seas: list[Sea]) -> None:
    ky, kx, total = power(seas[1])
    short = np.hypot(kx, ky) > 1.001 / 25.0
    assert total[short].sum() < 1e-6 * total.sum()


def test_waves_run_as_fast_as_deep_water_lets_them(seas: list[Sea]) -> None:
    """c² = g L / 2 pi with the wavelength of the peak, which the power shows: of elevation over a radial bin."""
    for sea in seas[:4]:
        speed = float(np.hypot(*sea.celerity))
        peak = 2.0 * np.pi * speed**2 / 9.81
        assert 60.0 <= peak <= 170.0
        ky, kx, total = power(sea)
        k = np.hypot(kx, ky)
        k[0, 0] = 1.0
        elevation = total / k**2
        # exp(-(1/(peak k))²/2)² k^-4 in power of elevation: its mean over k is largest at k peak = 1/sqrt 2.
        rings = np.digitize(k.ravel() * peak, np.linspace(0.3, 3.0, 28))
        mean = np.bincount(rings, elevation.ravel(), 29)[1:28] / np.maximum(np.bincount(rings, minlength=29)[1:28], 1)
        at = np.linspace(0.3, 3.0, 28)[np.argmax(mean)]
        assert at == pytest.approx(1.0 / np.sqrt(2.0), abs=0.2)


def test_waves_run_with_the_wind_more_or_less() -> None:
    """Headings deviate from the wind's by a normal of 25 degrees, and crests lie across the heading."""
    turns = []
    for seed in range(14):
        sea = rough_sea(seed, OPEN[:64, :64], 6.0, 30.0)
        heading = np.array(sea.celerity) / np.hypot(*sea.celerity)
        downwind = -np.array(sea.wind_from)
        turns.append(np.degrees(np.arctan2(np.cross([*downwind, 0], [*heading, 0])[2], downwind @ heading)))
        if seed < 3:
            ky, kx, total = power(sea)
            strong = total > 0.05 * total.max()
            aligned = np.abs(kx * heading[0] + ky * heading[1])[strong] / np.hypot(kx, ky)[strong]
            assert np.average(aligned**2, weights=total[strong]) > 0.7
    assert abs(np.mean(turns)) < 4.0 * 25.0 / np.sqrt(14)
    assert np.std(turns) == pytest.approx(25.0, rel=0.5)


# --- the density of slopes


@settings(max_examples=12)
@given(st.floats(1.0, 14.0), st.floats(0.0, 2.0 * np.pi))
def test_density_integrates_to_one_in_any_direction(wind: float, turn: float) -> None:
    """By Gauss and Legendre in coordinates along the axes east and south; truncation at 40 and the cut of negative
    series leave 1 %.
    """
    x, w = np.polynomial.legendre.leggauss(80)
    side = 7.0 * np.sqrt(max(variances(wind)))
    found = sum(
        a * b * chance(side * p, side * q, wind, np.sin(turn), -np.cos(turn), 0.0, 0.0)
        for p, a in zip(x, w, strict=True)
        for q, b in zip(x, w, strict=True)
    )
    assert found * side**2 == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("axis", ["across", "along"])
def test_what_long_waves_take_narrows_the_rest(axis: str) -> None:
    """Along one axis, with a fifth of its variance taken: the second moment is four fifths; and never less than a third
    is left.
    """
    whole_variance = variances(8.0)[0 if axis == "across" else 1]

    def moment(taken: float) -> float:
        """Of one slope, the other one 0; the wind comes from the north."""

        def density(s: float) -> float:
            if axis == "along":
                return chance(0.0, -s, 8.0, 0.0, -1.0, taken, 0.0)
            return chance(s, 0.0, 8.0, 0.0, -1.0, 0.0, taken)

        total = integrate.quad(density, -0.9, 0.9, limit=200)[0]
        return integrate.quad(lambda s: s * s * density(s), -0.9, 0.9, limit=200)[0] / total

    whole = moment(0.0)
    assert moment(0.2 * whole_variance) / whole == pytest.approx(0.8, rel=1e-2)
    assert moment(0.99 * whole_variance) / whole == pytest.approx(0.35, rel=1e-2)
    assert moment(0.99 * whole_variance) == moment(5.0 * whole_variance)


@given(st.floats(-0.6, 0.6), st.floats(-0.6, 0.6), st.floats(0.5, 15.0))
def test_density_is_never_negative(east: float, south: float, wind: float) -> None:
    assert chance(east, south, wind, 0.6, -0.8, 0.0, 0.0) >= 0.0


# --- facets


@given(st.floats(0.02, 1.0), st.floats(1.3, 1.36))
def test_fresnel_of_the_other_room(cosine: float, index: float) -> None:
    """Sine and tangent laws here, complex amplitudes there."""
    assert float(fresnel(np.array([cosine]), index)[0]) == pytest.approx(
        float(fresnel_of_physics(cosine, index)), rel=1e-6
    )


def test_fresnel_rises_from_normal_to_grazing() -> None:
    """Over the polarised minimum of one component natural light still rises, but for a flat start."""
    found = fresnel(np.cos(np.radians(np.linspace(0.0, 89.9, 120))), 1.34)
    assert (np.diff(found)[20:] > 0.0).all()
    assert found[-1] > 0.98


def test_index_of_water_falls_with_wavelength_but_for_the_order_of_bands() -> None:
    n = index_of_water()
    assert n.shape == (13,)
    assert ((n > 1.29) & (n < 1.35)).all()
    assert n[-1] == n.min()


def test_facets_bisect_sun_and_view() -> None:
    """The facet found mirrors the view ray into the Sun: law of reflection by angles, at every node, for both kinds of
    detectors.
    """
    (e1, n1), (e2, n2) = slope_vector(35.0, 140.0), slope_vector(9.0, 290.0)
    sun = Rays(float(e1), -float(n1))
    view = Rays(float(e2), -float(n2), stagger_east=0.01, stagger_south=-0.012)
    found = mirror(sun, view, 3 * NODE, 1.34)
    assert found.shape == (2, 5, 5, 3)
    to_sun = np.array([sun.east, sun.south, 1.0]) / np.sqrt(1 + sun.east**2 + sun.south**2)
    for parity, sign in ((0, -1.0), (1, 1.0)):
        sensor = np.array([view.east + sign * 0.01, view.south - sign * 0.012, 1.0])
        sensor /= np.linalg.norm(sensor)
        slope_east, slope_south = found[parity, 2, 2, :2].astype(float)
        normal = np.array([-slope_east, -slope_south, 1.0])
        normal /= np.linalg.norm(normal)
        assert normal @ to_sun == pytest.approx(normal @ sensor, abs=1e-6)
        np.testing.assert_allclose(np.cross(normal, to_sun + sensor), 0.0, atol=1e-6)


def test_the_factor_of_a_facet_is_the_change_of_variables() -> None:
    """What a facet mirrors by the closed form: pi F / (4 cos(sun) cos(view) cos⁴(tilt)), without mirrored rays and
    measured angles.
    """
    for sza, saa, vza, vaa in ((10.0, 90.0, 3.0, 270.0), (50.0, 200.0, 10.0, 40.0), (65.0, 300.0, 14.0, 120.0)):
        (e1, n1), (e2, n2) = slope_vector(sza, saa), slope_vector(vza, vaa)
        found = mirror(Rays(float(e1), -float(n1)), Rays(float(e2), -float(n2)), 100.0, 1.34)[0, 0, 0].astype(float)
        tilt4 = 1.0 / (1.0 + found[0] ** 2 + found[1] ** 2) ** 2
        s = np.array([e1, -n1, 1.0]) * np.cos(np.radians(sza))
        v = np.array([e2, -n2, 1.0]) * np.cos(np.radians(vza))
        incidence = np.sqrt(0.5 * (1.0 + s @ v))
        expected = np.pi * float(fresnel_of_physics(incidence, 1.34)) / (4.0 * s[2] * v[2] * tilt4)
        assert found[2] == pytest.approx(expected, rel=1e-4)
