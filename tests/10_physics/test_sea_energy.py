"""The sea's surface: energy that it may not create, slopes that any wind has, foam, refraction, and azimuth modes by
plain averages.
"""

from __future__ import annotations

from typing import get_args

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate

from estran.errors import BadParameter
from estran.physics.sea_surface import RoughSea
from estran.physics.sea_surface.facets import facet_reflectance, isotropic_modes
from estran.physics.sea_surface.foam import EFFECTIVE, coverage, effective_reflectance
from estran.physics.sea_surface.fresnel import amplitudes, brewster_angle, mueller, reflectance
from estran.physics.sea_surface.refraction import UNCERTAINTY, refractive_index
from estran.physics.sea_surface.slopes import SlopeModel, density, slopes

MODELS_OF_SLOPES = get_args(SlopeModel)
cosines = st.floats(0.01, 1.0)
indices = st.floats(1.05, 1.9)
winds = st.floats(0.5, 15.0)


# --- one facet


@given(cosines, indices, st.floats(0.0, 1.0))
def test_no_facet_reflects_more_than_it_gets(cosine: float, real: float, imaginary: float) -> None:
    parallel, across = amplitudes(cosine, complex(real, imaginary))
    assert abs(parallel) <= 1.0 + 1e-12
    assert abs(across) <= 1.0 + 1e-12
    assert 0.0 <= float(reflectance(cosine, complex(real, imaginary))) <= 1.0 + 1e-12


@given(cosines, indices)
def test_amplitudes_by_snells_law(cosine: float, index: float) -> None:
    """Sine and tangent laws with the angle of refraction, for a clear medium (r_p as SEA-1 counts it)."""
    i = np.arccos(cosine)
    t = np.arcsin(np.sin(i) / index)
    if i < 1e-3:
        return
    parallel, across = amplitudes(cosine, index)
    assert float(across.real) == pytest.approx(-np.sin(i - t) / np.sin(i + t), abs=1e-9)
    assert float(parallel.real) == pytest.approx(np.tan(i - t) / np.tan(i + t), abs=1e-9)
    assert float(abs(parallel.imag) + abs(across.imag)) < 1e-12


@given(cosines, indices, st.floats(0.0, 0.5))
def test_reflected_light_is_no_more_polarised_than_wholly(cosine: float, real: float, imaginary: float) -> None:
    """|b1| ≤ a1 and a3² + b1² ≤ a1²: a pure reflection of fully polarised light stays fully polarised, with the phase
    between the two axes as what is missing.
    """
    a1, a2, a3, b1 = (float(v) for v in mueller(cosine, complex(real, imaginary)))
    parallel, across = amplitudes(cosine, complex(real, imaginary))
    circular = float((parallel * across.conj()).imag)
    assert a1 == a2
    assert a1**2 == pytest.approx(b1**2 + a3**2 + circular**2, rel=1e-9, abs=1e-15)
    assert b1 <= 1e-12  # what is reflected vibrates across the plane


@given(indices)
def test_brewsters_angle_is_a_right_angle_between_the_rays(index: float) -> None:
    angle = brewster_angle(index)
    refracted = np.degrees(np.arcsin(np.sin(np.radians(angle)) / index))
    assert angle + refracted == pytest.approx(90.0)


# --- slopes


@pytest.mark.parametrize("model", MODELS_OF_SLOPES)
@given(winds)
def test_stronger_wind_makes_rougher_seas(model: SlopeModel, wind: float) -> None:
    calm, rough = slopes(wind, model), slopes(wind + 1.0, model)
    assert rough.across > calm.across > 0.0
    assert rough.along > calm.along > 0.0


def test_published_variances_of_the_other_models() -> None:
    """Breon and Henriot (2006) at 10 m/s: 0.0215 across, 0.0326 along. Ebuchi and Kizu (2002): 0.0200 and 0.01201.
    Cox and Munk's even sea is the mean of their two axes but for 1e-5.
    """
    breon, ebuchi = slopes(10.0, "breon_henriot"), slopes(10.0, "ebuchi_kizu")
    assert (breon.across, breon.along) == pytest.approx((0.0215, 0.0326))
    assert (ebuchi.across, ebuchi.along) == pytest.approx((0.0200, 0.01201))
    even, split = slopes(10.0), slopes(10.0, "cox_munk")
    assert even.across == even.along
    assert even.across + even.along == pytest.approx(split.across + split.along, abs=1e-3)


@pytest.mark.parametrize("model", MODELS_OF_SLOPES)
def test_crosswind_is_even(model: SlopeModel) -> None:
    of = slopes(8.0, model)
    x = np.linspace(-0.4, 0.4, 9)
    np.testing.assert_allclose(density(x, 0.1, of), density(-x, 0.1, of), rtol=1e-12)


def test_the_density_of_an_even_sea_is_a_gaussian() -> None:
    of = slopes(6.0)
    r = np.array([0.0, 0.1, 0.3])
    expected = np.exp(-(r**2) / (2 * of.across)) / (2 * np.pi * of.across)
    for turn in (0.0, 0.7, 2.0):
        np.testing.assert_allclose(density(r * np.cos(turn), r * np.sin(turn), of), expected, rtol=1e-12)


# --- facets together


def hemisphere(nodes: int, spokes: int) -> tuple[npt.NDArray[np.float64], ...]:
    """Cosines, azimuths and weights of projected solid angle over pi."""
    x, w = np.polynomial.legendre.leggauss(nodes)
    mu, w = 0.5 * (x + 1), 0.5 * w
    phi = 2 * np.pi * (np.arange(spokes) + 0.5) / spokes
    return mu[:, None], phi[None, :], (2 * mu * w)[:, None] / spokes


@pytest.mark.parametrize("model", ["cox_munk_isotropic", "breon_henriot", "ebuchi_kizu"])
@pytest.mark.parametrize(("sun", "wind"), [(0.9, 5.0), (0.6, 9.0), (0.9, 12.0)])
def test_a_sea_sends_back_no_more_than_fresnels_mean(model: SlopeModel, sun: float, wind: float) -> None:
    """The flux that rises is the mean of Fresnel's reflectance over the facets that the Sun sees, weighted by their
    area towards it and mirror it upwards: an integral over slopes, without directions.
    """
    of = slopes(wind, model)
    mu, phi, weight = hemisphere(240, 360)
    matrix = facet_reflectance(mu, sun, phi, of, 0.4, 1.34)
    flux = float((matrix[..., 0, 0] * weight).sum())
    sine = np.sqrt(1 - sun * sun)
    side = np.linspace(-6, 6, 161)
    x, y = side[:, None] * np.sqrt(of.across), side[None, :] * np.sqrt(of.along)
    # The Sun stands in the direction opposite to the travel of its light; upwind is 0.4 from the latter.
    slope_to_sun = -(y * np.cos(0.4) - x * np.sin(0.4))
    facing = (sun - sine * slope_to_sun) / np.sqrt(1 + x * x + y * y)
    area = np.maximum(facing, 0.0) * np.sqrt(1 + x * x + y * y) / sun
    p = np.maximum(density(x, y, of), 0.0) * (side[1] - side[0]) ** 2 * np.sqrt(of.across * of.along)
    upwards = 2 * facing / np.sqrt(1 + x * x + y * y) > sun
    expected = float((p * area * upwards * reflectance(np.clip(facing, 0.0, 1.0), 1.34)).sum())
    assert flux == pytest.approx(expected, rel=0.01)
    assert 0.02 < flux < 1.0


def test_natural_light_is_polarised_within_bounds() -> None:
    mu, phi, _ = hemisphere(12, 24)
    matrix = facet_reflectance(mu, 0.7, phi, slopes(7.0), 0.0, 1.34)
    i, q, u = (matrix[..., k, 0] for k in range(3))
    assert (i > 0.0).all()
    assert (np.hypot(q, u) <= i * (1 + 1e-9)).all()


@settings(max_examples=15)
@given(st.floats(0.3, 0.99), st.floats(0.3, 0.99), st.floats(0.0, 6.2), st.floats(0.0, 6.2), winds)
def test_any_sea_is_reciprocal(view: float, sun: float, azimuth: float, upwind: float, wind: float) -> None:
    """Sun and sensor exchanged over a sea with a wind: the wind's azimuth is counted from the other beam, and its
    direction is the same place on the horizon: I is the same.
    """
    of = slopes(wind, "cox_munk")
    there = facet_reflectance(view, sun, azimuth, of, upwind, 1.34)
    # Reversed light arrives along the old view, so its travel is azimuth + pi, and the new difference is the same.
    back = facet_reflectance(sun, view, -azimuth, of, upwind - azimuth - np.pi, 1.34)
    assert float(back[0, 0]) == pytest.approx(float(there[0, 0]), rel=1e-8, abs=1e-12)


@pytest.mark.parametrize("mode", [0, 1, 3])
def test_modes_are_averages_over_azimuth(mode: int) -> None:
    """Plain averages of the closed form times cosines and sines, by a trapezium rule of 4000 points."""
    rows, columns, of = np.array([0.5, 0.9]), np.array([0.6, 1.0]), slopes(9.0)
    found = isotropic_modes(np.array([mode]), rows, columns, of.across + of.along, 1.34, 0.0, 400)[0]
    angle = 2 * np.pi * np.arange(4000) / 4000
    whole = facet_reflectance(rows[:, None, None], columns[None, :, None], angle, of, 0.0, 1.34)
    cos, sin = np.cos(mode * angle), np.sin(mode * angle)
    for i in range(3):
        for j in range(3):
            wave = cos if (i < 2) == (j < 2) else sin if i == 2 else -sin
            expected = (whole[..., i, j] * wave).mean(axis=-1)
            np.testing.assert_allclose(found[:, i, :, j], expected, atol=2e-7)


def test_modes_of_an_absorbing_index() -> None:
    """The compiled loop and NumPy share no code for complex amplitudes."""
    of, index = slopes(6.0), 1.3 + 0.05j
    angle = 2 * np.pi * np.arange(2000) / 2000
    found = isotropic_modes(np.array([0]), np.array([0.8]), np.array([0.7]), of.across + of.along, 1.3, 0.05, 300)
    expected = facet_reflectance(0.8, 0.7, angle, of, 0.0, index).mean(axis=0)
    np.testing.assert_allclose(found[0, 0, :2, 0, :2], expected[:2, :2], atol=1e-7)


@given(winds, st.floats(0.0, 1.0), st.floats(0.0, 0.2))
def test_foam_and_water_weigh_by_their_cover(wind: float, foam: float, water: float) -> None:
    """Away from the glint only the even part is left: cover times foam, and what foam lets through of the water."""
    sea = RoughSea(wind, foam=foam, water=water, model="cox_munk")
    off = sea.reflectance(np.array([0.9]), np.array([0.2]), np.array([np.pi]))[0, 0, 0]
    clean = RoughSea(wind, model="cox_munk").reflectance(np.array([0.9]), np.array([0.2]), np.array([np.pi]))[0, 0, 0]
    covered = float(coverage(wind)) if foam > 0 else 0.0
    assert off == pytest.approx(
        covered * foam + (1 - covered * foam) * water + (1 - covered) * clean, rel=1e-9, abs=1e-15
    )


# --- foam and index


@given(st.floats(0.0, 60.0), st.floats(0.0, 5.0))
def test_coverage_grows_to_everything(wind: float, more: float) -> None:
    assert 0.0 <= float(coverage(wind)) <= float(coverage(wind + more)) <= 1.0
    assert float(coverage(0.0)) == 0.0


def test_foam_is_white_in_the_visible_and_dark_beyond() -> None:
    assert len(EFFECTIVE) == 24
    np.testing.assert_allclose(effective_reflectance([400.0, 500.0, 700.0]), 0.22)
    nm = np.arange(200.0, 2500.0, 37.0)
    at_nodes = effective_reflectance(200.0 + 100.0 * np.arange(24))
    np.testing.assert_allclose(at_nodes, EFFECTIVE)
    assert ((effective_reflectance(nm) >= min(EFFECTIVE)) & (effective_reflectance(nm) <= 0.22)).all()
    with pytest.raises(BadParameter, match="200 or more"):
        effective_reflectance(0.55)


@given(st.floats(500.0, 700.0), st.floats(0.0, 40.0), st.floats(15.0, 30.0))
def test_two_sources_of_the_index(wavelength: float, salinity: float, temperature: float) -> None:
    """Within two of their uncertainties together, over all salinities and the temperatures around that of the coarser
    one, 25 degrees; salt raises the index, warmth lowers it. Below 460 nm the coarser one is lower than this allows,
    by 0.005 at 400 nm.
    """
    fine, u = refractive_index(wavelength, salinity, temperature, "quan_fry")
    coarse, v = refractive_index(wavelength, salinity)
    assert abs(float(fine.real) - float(coarse.real)) < 2.0 * np.hypot(u, v)
    saltier, _ = refractive_index(wavelength, salinity + 3.0, temperature, "quan_fry")
    assert float(saltier.real) > float(fine.real)
    assert UNCERTAINTY["quan_fry"] < UNCERTAINTY["hale_querry"]
    if temperature <= 28.0:
        warmer, _ = refractive_index(wavelength, salinity, temperature + 2.0, "quan_fry")
        assert float(warmer.real) < float(fine.real)


def test_water_absorbs_most_at_its_bands() -> None:
    """Absorption coefficient 4 pi k / wavelength: 1.9 µm and longer above 1.6 µm, red above blue; at 1000 nm it is
    0.36/cm (Hale and Querry 1973).
    """
    k = lambda nm: float(refractive_index(nm)[0].imag) * 4 * np.pi / (nm * 1e-7)  # noqa: E731 - 1/cm
    assert k(1000.0) == pytest.approx(0.363, rel=0.01)
    assert k(2000.0) > k(1600.0) > k(865.0) > k(665.0) > k(490.0)


@pytest.mark.parametrize(
    "wrong",
    [{"wavelength": 390.0}, {"wavelength": 2500.0}, {"salinity": 50.0}, {"salinity": -1.0}, {"temperature": 40.0}],
)
def test_outside_the_sources_there_is_a_sentence(wrong: dict[str, float]) -> None:
    with pytest.raises(BadParameter, match="salinity 0 to 43"):
        refractive_index(**({"wavelength": 550.0} | wrong))
    with pytest.raises(BadParameter, match="hale_querry or quan_fry"):
        refractive_index(550.0, source="segelstein")  # type: ignore[arg-type]


def test_integrals_over_slopes_by_another_rule() -> None:
    """Cox and Munk's skewness of upwind slopes by scipy's quadrature: third moment -c03 of the variance's power 3/2."""
    of = slopes(7.0, "cox_munk")
    scale = np.sqrt(of.along)

    def along(z: float) -> float:
        return integrate.quad(lambda x: float(density(x, z, of)), -8 * np.sqrt(of.across), 8 * np.sqrt(of.across))[0]

    z = np.linspace(-8, 8, 321) * scale
    marginal = np.array([along(v) for v in z])
    third = integrate.simpson(marginal * z**3, x=z)
    assert third / of.along**1.5 == pytest.approx(-of.c03, rel=1e-4)
    assert integrate.simpson(marginal, x=z) == pytest.approx(1.0, rel=1e-8)
