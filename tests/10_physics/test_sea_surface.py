"""The sea against closed forms and laws."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from estran.errors import BadParameter
from estran.physics.radiative_transfer import Lambertian, Layer, solve
from estran.physics.scattering import rayleigh_greek
from estran.physics.sea_surface import RoughSea
from estran.physics.sea_surface.facets import facet_reflectance, isotropic_modes
from estran.physics.sea_surface.foam import coverage, effective_reflectance
from estran.physics.sea_surface.fresnel import amplitudes, brewster_angle, mueller, reflectance
from estran.physics.sea_surface.refraction import refractive_index
from estran.physics.sea_surface.slopes import SlopeModel, density, slopes

MU = np.array([0.3, 0.6, 0.9])


def test_normal_incidence_and_grazing() -> None:
    assert float(reflectance(1.0, 1.34)) == pytest.approx((0.34 / 2.34) ** 2)
    assert float(reflectance(0.0, 1.34)) == pytest.approx(1.0)
    absorbing = 1.3 + 0.4j
    assert float(reflectance(1.0, absorbing)) == pytest.approx(abs((absorbing - 1) / (absorbing + 1)) ** 2)
    np.testing.assert_allclose(reflectance(0.5, 1.3 + 0.4j), reflectance(0.5, 1.3 - 0.4j))


def test_brewster() -> None:
    cosine = np.cos(np.radians(brewster_angle(1.34)))
    parallel, _ = amplitudes(cosine, 1.34)
    assert abs(parallel) < 1e-12
    a1, _, a3, b1 = mueller(cosine, 1.34)
    assert -b1 == pytest.approx(float(a1))  # all that is reflected vibrates across
    assert abs(a3) < 1e-12


def test_what_is_not_reflected_is_refracted() -> None:
    """Energy: transmitted fraction by Fresnel's other pair of amplitudes and Snell's law."""
    cosine = np.linspace(0.05, 1, 9)
    inner = np.sqrt(1 - (1 - cosine**2) / 1.34**2)
    across = 2 * cosine / (cosine + 1.34 * inner)
    parallel = 2 * cosine / (1.34 * cosine + inner)
    through = 0.5 * (across**2 + parallel**2) * 1.34 * inner / cosine
    np.testing.assert_allclose(reflectance(cosine, 1.34) + through, 1.0)


@pytest.mark.parametrize("model", get_args(SlopeModel))
@pytest.mark.parametrize("wind", [1.0, 7.0, 14.0])
def test_densities_integrate_to_one(model: SlopeModel, wind: float) -> None:
    of = slopes(wind, model)
    side = np.linspace(-9, 9, 601)
    c, u = side * np.sqrt(of.across), side * np.sqrt(of.along)
    p = density(c[:, None], u[None, :], of) * (c[1] - c[0]) * (u[1] - u[0])
    assert p.sum() == pytest.approx(1.0, abs=1e-9)
    assert (p * c[:, None] ** 2).sum() == pytest.approx(of.across)
    assert (p * u[None, :] ** 2).sum() == pytest.approx(of.along)
    assert (p * u[None, :] ** 3).sum() == pytest.approx(-of.c03 * of.along**1.5, abs=1e-12)


def test_published_variances() -> None:
    """Cox and Munk 1954 at 10 m/s: 0.0542 in all, of which 0.0222 across and 0.0316 along the wind."""
    isotropic, split = slopes(10.0), slopes(10.0, "cox_munk")
    assert isotropic.across + isotropic.along == pytest.approx(0.0542)
    assert (split.across, split.along) == pytest.approx((0.0222, 0.0316))


def test_lee_sides_are_steeper() -> None:
    """At 10 m/s steep slopes that rise towards the wind (lee sides) are the more frequent ones."""
    of = slopes(10.0, "cox_munk")
    assert density(0.0, 0.45, of) > density(0.0, -0.45, of)


def test_foam_table_is_read_at_its_place() -> None:
    """Koepke at 1.6 µm is 0.10, at 2.13 µm 0.058; and no table read one place off: 0.120 and 0.092 (6SV1.1)."""
    np.testing.assert_allclose(
        effective_reflectance([200.0, 550.0, 1610.0, 2130.0, 2500.0, 3000.0]),
        [0.22, 0.22, 0.1005, 0.058, 0.04, 0.0],
        atol=2e-3,
    )
    assert float(coverage(10.0)) == pytest.approx(0.00977, abs=1e-4)


def test_index_of_sea_water() -> None:
    """Water at the sodium line and 20 degrees has 1.33299 (any handbook), in air; the other source agrees within both
    uncertainties.
    """
    assert float(refractive_index(589.3, 0.0, source="quan_fry")[0].real) == pytest.approx(1.33299, abs=2e-5)
    fine, u_fine = refractive_index(500.0, source="quan_fry")
    coarse, u_coarse = refractive_index(500.0)
    assert abs(fine.real - coarse.real) < 2 * np.hypot(u_fine, u_coarse)
    assert float(refractive_index(1600.0, 0.0)[0].real) == pytest.approx(1.317)
    with pytest.raises(BadParameter, match="400 to 700"):
        refractive_index(865.0, source="quan_fry")


def test_mirror_geometry_is_a_flat_facet() -> None:
    """Sun and sensor at 30 degrees on opposite sides: slope 0, the peak of the density."""
    mu = np.cos(np.radians(30.0))
    found = facet_reflectance(mu, mu, 0.0, slopes(5.0), 0.0, 1.34)
    assert found[0, 0] == pytest.approx(float(reflectance(mu, 1.34)) / (4 * mu * mu * (0.003 + 0.00512 * 5)))


def test_reciprocity_of_facets() -> None:
    """Sun and sensor exchanged, light run backwards: the matrix is transposed; U would change its sign, but so does the
    sense of azimuth.
    """
    azimuth = np.array([0.3, 1.2, 2.9])
    there = facet_reflectance(0.5, 0.9, azimuth, slopes(6.0), 0.0, 1.34)
    back = facet_reflectance(0.9, 0.5, azimuth, slopes(6.0), 0.0, 1.34)
    np.testing.assert_allclose(back, there.swapaxes(-1, -2), atol=1e-13)


def test_wind_turned_round_mirrors_the_plane() -> None:
    """Wind from the left of the Sun's plane at +p is wind from the right at -p."""
    of = slopes(8.0, "cox_munk")
    left, right = (facet_reflectance(0.8, 0.7, s * 0.6, of, s * 0.9, 1.34)[0, 0] for s in (1.0, -1.0))
    other = facet_reflectance(0.8, 0.7, 0.6, of, -0.9, 1.34)[0, 0]
    assert left == pytest.approx(right)
    assert abs(other / left - 1) > 0.01


def test_modes_add_up_to_the_closed_form() -> None:
    """The compiled loop against rotations by vectors; 60 modes of a glint at 10 m/s."""
    rows, columns, angle = np.array([0.3, 0.8, 1.0]), np.array([0.5, 0.9]), np.array([0.0, 0.3, 1.0, 2.5])
    numbers = np.arange(60)
    modes = isotropic_modes(numbers, rows, columns, 0.0542, 1.34, 0.0, 180)
    exact = facet_reflectance(rows[:, None, None], columns[None, :, None], angle, slopes(10.0), 0.0, 1.34)
    total = np.zeros_like(exact)
    for m in numbers:
        cos, sin = np.cos(m * angle)[:, None, None], np.sin(m * angle)[:, None, None]
        shape = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1]]) * cos + np.array([[0, 0, -1], [0, 0, -1], [1, 1, 0]]) * sin
        total += (1 if m == 0 else 2) * modes[m].transpose(0, 2, 1, 3)[:, :, None] * shape
    np.testing.assert_allclose(total, exact, atol=2e-6)


def test_a_calm_sea_sends_back_what_fresnel_says() -> None:
    """No air, almost no wind: the albedo is the mean of Fresnel's reflectance over a few degrees of tilt."""
    found = solve(
        [Layer(0.0, 0.0, rayleigh_greek())], [0.5, 0.8, 1.0], [0.5], [0.0], RoughSea(0.0, 1.34, points=720), streams=64
    )
    np.testing.assert_allclose(found.albedo, reflectance(np.array([0.5, 0.8, 1.0]), 1.34), rtol=0.01)


def test_air_over_water_converges() -> None:
    """16 streams against 40, sky-glint coupling and polarisation included; three modes are enough for molecules."""
    air, phi = [Layer(0.25, 1.0, rayleigh_greek(0.03))], np.array([0.0, 90.0, 180.0])
    few, many = (solve(air, MU, MU, phi, RoughSea(5.0, points=p), streams=n) for n, p in ((16, 90), (40, 400)))
    assert few.modes == 3
    np.testing.assert_allclose(few.up[0], many.up[0], rtol=1e-6)
    np.testing.assert_allclose(few.up[1:], many.up[1:], atol=2e-7)


def test_skylight_off_the_sea_matters() -> None:
    """Black-ocean light plus dimmed glint misses 1 to 3 % at 490 nm and nothing in the short-wave infrared."""
    mu = np.cos(np.radians([30.0]))
    missing = []
    for depth in (0.156, 0.0013):
        air, sea = [Layer(depth, 1.0, rayleigh_greek(0.0279))], RoughSea(5.0)
        whole, black = (solve(air, mu, mu, [0.0], ground).up[0].item() for ground in (sea, Lambertian()))
        glint = sea.reflectance(mu, mu, np.zeros(1))[0, 0, 0] * np.exp(-2 * depth / mu[0])
        missing.append(1 - (black + glint) / whole)
    assert 0.015 < missing[0] < 0.03
    assert missing[1] < 5e-4


def test_foam_and_water_behave_like_a_lambertian_ground() -> None:
    """Only the even part differs between two seas, so the difference without air is the even part.."""
    with_foam, without = (RoughSea(12.0, foam=f, water=0.02) for f in (0.22, 0.0))
    view, sun, angle = np.array([0.8]), np.array([0.6]), np.array([2.0])
    fraction = float(coverage(12.0))
    difference = with_foam.reflectance(view, sun, angle) - (1 - fraction) * (
        without.reflectance(view, sun, angle) - 0.02 * np.eye(3)[0] * np.eye(3)[:, :1]
    )
    assert difference[0, 0, 0] == pytest.approx(fraction * 0.22 + (1 - fraction * 0.22) * 0.02)


@pytest.mark.parametrize(
    "bad",
    [
        {"wind": -1.0},
        {"wind": 40.0},
        {"wind": 5.0, "index": 0.9},
        {"wind": 5.0, "foam": 22.0},
        {"wind": 5.0, "model": "calm"},
    ],
)
def test_impossible_seas_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(BadParameter):
        RoughSea(**bad)  # type: ignore[arg-type]
