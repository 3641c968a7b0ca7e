"""Lines by classical closed forms: curves of growth, widths of Voigt's profile, statistical bands, and line mixing by
the whole relaxation matrix.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate
from scipy.optimize import brentq
from scipy.special import ive

from estran.errors import BadParameter
from estran.physics.gas.absorber import Absorber, absorption_coefficient
from estran.physics.gas.collision_induced import PARTNERS, CollisionInduced
from estran.physics.gas.constants import ATMOSPHERE, LOSCHMIDT, SECOND_RADIATION, density
from estran.physics.gas.continuum import WaterContinuum
from estran.physics.gas.exponential_sum import ExponentialSum, saturated
from estran.physics.gas.isotopologues import ISOTOPOLOGUES, MOLECULES
from estran.physics.gas.line_by_line import checked_grid, cross_section
from estran.physics.gas.line_mixing import MixedBand, mixing_coefficients, relaxation_matrix
from estran.physics.gas.lines import Lines, line_list, line_state
from estran.physics.gas.partition import partition_ratio
from estran.physics.gas.voigt import faddeeva, voigt

Float = npt.NDArray[np.float64]
CENTRE = 6230.0
around = np.sinh(np.linspace(-1.0, 1.0, 24001) * np.arcsinh(200.0 / 1e-3)) * 1e-3
"""Distances from a line, dense at its core [cm⁻¹]."""


def one_line(**changes: float) -> Lines:
    values = {
        "isotopologue": 1, "wavenumber": CENTRE, "intensity": 1e-22, "air_width": 0.08, "self_width": 0.1,
        "lower_energy": 150.0, "exponent": 0.7, "shift": 0.0,
    }  # fmt: skip
    return line_list("CO2", **{k: [v] for k, v in (values | changes).items()})


# --- one line


@pytest.mark.parametrize("growth", [0.01, 0.3, 2.0, 20.0])
def test_equivalent_width_of_ladenburg_and_reiche(growth: float) -> None:
    """A collision-broadened line absorbs 2 pi g x e^-x (I0(x) + I1(x)) with x = S u / (2 pi g) (Ladenburg and Reiche
    1913): from linear to the root of the amount. At 30 atmospheres the Doppler width is nothing beside it.
    """
    pressure = 30.0 * ATMOSPHERE
    width = float(line_state(one_line(), pressure, 296.0).lorentz[0])
    grid = CENTRE + around * width / 0.08 * 0.1
    section = cross_section(one_line(), grid, pressure, 296.0, cut=1e4)
    column = growth * 2 * np.pi * width / 1e-22
    found = integrate.trapezoid(-np.expm1(-section * column), grid)
    # Wings beyond the grid absorb S u g / pi / distance², on both sides.
    found += 2 * 1e-22 * column * width / np.pi / (grid[-1] - CENTRE)
    expected = 2 * np.pi * width * growth * (ive(0, growth) + ive(1, growth))
    assert found == pytest.approx(expected, rel=2e-3)


@given(st.floats(0.01, 1.0), st.floats(0.0, 1.0))
def test_half_width_of_voigt(doppler: float, lorentz: float) -> None:
    """Olivero and Longbothum (1977): 0.5346 L + sqrt(0.2166 L² + D²) of half widths, within 0.02 %."""
    half = 0.5 * float(voigt(0.0, doppler, lorentz))
    width = brentq(lambda x: float(voigt(x, doppler, lorentz)) - half, 0.0, 3.0 * (doppler + lorentz))
    assert width == pytest.approx(0.5346 * lorentz + np.sqrt(0.2166 * lorentz**2 + doppler**2), rel=3e-4)


@given(st.floats(0.0, 30.0), st.floats(0.0, 30.0))
def test_the_probability_function_has_its_symmetry(x: float, y: float) -> None:
    """w(-x + iy) is the conjugate of w(x + iy)."""
    left, right = (complex(faddeeva(complex(s * x, y))) for s in (-1.0, 1.0))
    assert left == pytest.approx(right.conjugate(), rel=1e-12, abs=1e-300)


def test_the_probability_function_obeys_its_equation() -> None:
    """w' = -2 z w + 2 i / sqrt pi, by central differences across all ranges of the approximation."""
    z = np.array([0.1 + 0.2j, 2.0 + 1.0j, 7.5 + 0.5j, 9.0 + 9.0j, 15.0 + 2.0j, 40.0 + 1e-3j, 120.0 + 3.0j])
    step = 1e-4
    slope = (faddeeva(z + step) - faddeeva(z - step)) / (2 * step)
    np.testing.assert_allclose(slope, -2 * z * faddeeva(z) + 2j / np.sqrt(np.pi), atol=2e-7)


@settings(max_examples=25)
@given(st.floats(150.0, 350.0), st.floats(1.0, 1100.0), st.floats(0.0, 0.9))
def test_a_line_at_its_state(temperature: float, pressure: float, fraction: float) -> None:
    """Peak of a Voigt profile of the widths of its state, times its intensity; shifts and widths go with pressure."""
    lines = one_line(shift=-0.005)
    state = line_state(lines, pressure, temperature, fraction)
    twice = line_state(lines, 2 * pressure, temperature, fraction)
    assert float(twice.lorentz[0]) == pytest.approx(2 * float(state.lorentz[0]))
    assert float(twice.centre[0]) - CENTRE == pytest.approx(2 * (float(state.centre[0]) - CENTRE), rel=1e-6)
    assert float(twice.doppler[0]) == float(state.doppler[0])
    found = cross_section(lines, state.centre, pressure, temperature, fraction)
    peak = float(state.intensity[0]) * float(voigt(0.0, float(state.doppler[0]), float(state.lorentz[0])))
    assert float(found[0]) / peak == pytest.approx(1.0, rel=1e-8)


def test_warm_gas_empties_low_levels() -> None:
    """From 220 to 296 K a line from the ground state weakens by the partition sum, one from 1500 cm⁻¹ grows."""
    ratio = {}
    for energy in (0.0, 1500.0):
        cold, warm = (float(line_state(one_line(lower_energy=energy), 500.0, t).intensity[0]) for t in (220.0, 296.0))
        ratio[energy] = warm / cold
    assert ratio[0.0] == pytest.approx(float(partition_ratio(2, 1, 220.0)), rel=1e-6)
    assert ratio[1500.0] > 5.0


@pytest.mark.parametrize("key", sorted(ISOTOPOLOGUES))
def test_partition_sums_grow_with_temperature(key: tuple[int, int]) -> None:
    t = np.linspace(140.0, 360.0, 45)
    q = partition_ratio(*key, t)
    assert (np.diff(q) > 0).all()
    # As a linear molecule (1) or faster, as a bent one (3/2) with some vibration.
    power = np.diff(np.log(q)) / np.diff(np.log(t))
    assert ((power > 0.95) & (power < 3.0)).all()


def test_isotopologues_are_parts_of_a_whole() -> None:
    """Natural abundances of a gas add up to less than 1 and nearly that; heavier ones weigh more."""
    for gas, number in MOLECULES.items():
        of = {k: v for k, v in ISOTOPOLOGUES.items() if k[0] == number}
        total = sum(v.abundance for v in of.values())
        assert 0.98 < total <= 1.0 + 1e-6, gas
        first = of[number, 1]
        assert first.abundance == max(v.abundance for v in of.values())
        assert first.mass == min(v.mass for v in of.values())


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"intensity": -1e-22}, "negative values.*intensity|intensity.*negative|negative"),
        ({"air_width": np.nan}, "not finite"),
        ({"self_width": -0.1}, "negative"),
    ],
)
def test_lines_that_cannot_be_get_a_sentence(wrong: dict[str, float], words: str) -> None:
    with pytest.raises(BadParameter, match=words):
        one_line(**wrong)


@pytest.mark.parametrize(
    ("grid", "words"),
    [
        ([], "positive numbers"),
        ([0.0, 1.0], "positive"),
        ([5.0, 4.0], "wavelengths must be turned"),
        ([1.0, np.inf], "positive"),
    ],
)
def test_grids_that_cannot_be_get_a_sentence(grid: list[float], words: str) -> None:
    with pytest.raises(BadParameter, match=words):
        checked_grid(grid)


def test_states_that_cannot_be_get_a_sentence() -> None:
    with pytest.raises(BadParameter, match="above 0"):
        line_state(one_line(), 0.0, 250.0)
    with pytest.raises(BadParameter, match="divide ppm by 1e6"):
        line_state(one_line(), 500.0, 250.0, 400.0)
    with pytest.raises(BadParameter, match="empty or upside down"):
        one_line().near(6240.0, 6230.0)
    with pytest.raises(BadParameter, match="not wavelengths in nm"):
        one_line().near(760.0, 770.0)
    with pytest.raises(BadParameter, match="one coefficient a line"):
        cross_section(one_line(), [CENTRE], 500.0, 250.0, mixing=np.zeros(3))


# --- many lines


@pytest.mark.parametrize(("overlap", "amount"), [(0.2, 0.5), (0.2, 30.0), (1.5, 4.0)])
def test_saturation_is_that_of_malkmus_lines(overlap: float, amount: float) -> None:
    """Mean width of Lorentz lines over their distance when intensities are distributed as exp(-S / 4 s) / 4 S, of mean
    s: the width of Ladenburg and Reiche, integrated numerically, against the closed form (ABS-2).
    """
    # Distance of lines 1, so that pi times the width is the overlap and s the mean thickness.
    width = overlap / np.pi

    def of(s: float) -> float:
        x = s * amount / (2 * np.pi * width)
        return 0.25 * np.exp(-0.25 * s) / s * 2 * np.pi * width * x * (ive(0, x) + ive(1, x))

    expected = integrate.quad(of, 0.0, 200.0, limit=400, points=[0.01, 1.0, 10.0])[0]
    assert float(saturated(np.ones(1), overlap, amount)[0]) == pytest.approx(expected, rel=1e-5)


@given(st.floats(0.0, 50.0), st.floats(0.05, 5.0), st.floats(300.0, 1050.0))
def test_saturation_is_less_than_linear(amount: float, overlap: float, pressure: float) -> None:
    thickness = np.array([0.01, 1.0, 30.0])
    found = saturated(thickness, overlap, amount, pressure)
    assert (found <= thickness * amount * (1 + 1e-12)).all()
    assert (saturated(thickness, overlap, amount, pressure + 10.0) >= found).all()
    np.testing.assert_allclose(saturated(thickness, np.inf, amount, pressure), thickness * amount)


@given(st.floats(0.0, 10.0), st.floats(0.0, 10.0))
def test_sums_of_exponentials_do_not_multiply_but_less(one: float, other: float) -> None:
    """The mean of a product of falling functions is above the product of means (Chebyshev): a second gas column in the
    same band takes less than the first.
    """
    sums = ExponentialSum(np.array([0.3, 0.5, 0.2]), np.array([0.0, 0.4, 9.0]), 0.0)
    assert float(sums(one + other)) >= float(sums(one)) * float(sums(other)) - 1e-12
    assert float(sums(0.0)) == pytest.approx(1.0)
    assert float(sums(1e9)) == pytest.approx(0.3)


def test_pressure_counts_by_its_exponent() -> None:
    sums = ExponentialSum(np.array([1.0]), np.array([0.2]), 1.5)
    half = float(sums(3.0, 0.5 * ATMOSPHERE))
    assert -np.log(half) == pytest.approx(0.2 * 3.0 * 0.5**1.5)


# --- continua


@given(st.floats(1.0, 1100.0), st.floats(150.0, 350.0))
def test_density_of_an_ideal_gas(pressure: float, temperature: float) -> None:
    """Loschmidt's number at 273.15 K and one atmosphere, 2.6868e19 (CODATA); else as p / T."""
    expected = LOSCHMIDT * pressure / ATMOSPHERE * 273.15 / temperature
    assert density(pressure, temperature) == pytest.approx(expected, rel=1e-12)
    assert pytest.approx(2.686780111e19, rel=1e-9) == LOSCHMIDT
    assert pytest.approx(1.438776877, rel=1e-9) == SECOND_RADIATION


def test_pairs_are_held_beyond_their_temperatures_and_end_with_their_band() -> None:
    band = CollisionInduced(
        "O2", "N2", np.array([10.0, 20.0, 30.0]), np.array([200.0, 250.0, 300.0]), np.arange(1.0, 10.0).reshape(3, 3)
    )
    at = lambda t, nu=20.0: float(band.cross_section(np.array([nu]), 500.0, t)[0]) / density(500.0, t)  # noqa: E731
    assert at(150.0) == pytest.approx(at(200.0))
    assert at(340.0) == pytest.approx(at(300.0))
    assert at(225.0) == pytest.approx(0.5 * (at(200.0) + at(250.0)))
    assert at(250.0, 15.0) == pytest.approx(0.5 * (at(250.0, 10.0) + at(250.0, 20.0)))
    assert at(250.0, 9.9) == at(250.0, 30.1) == 0.0
    assert at(200.0) == pytest.approx(2.0 * PARTNERS["N2"])


def test_impossible_pairs_get_a_sentence() -> None:
    nu, t = np.array([1.0, 2.0]), np.array([296.0])
    with pytest.raises(BadParameter, match=r"partner.*He"):
        CollisionInduced("O2", "He", nu, t, np.ones((1, 2)))
    with pytest.raises(BadParameter, match="wrong shape"):
        CollisionInduced("O2", "O2", nu, t, np.ones((2, 2)))
    with pytest.raises(BadParameter, match="do not rise"):
        CollisionInduced("O2", "O2", nu[::-1].copy(), t, np.ones((1, 2)))


def test_water_continuum_by_its_formula() -> None:
    """Own part with the square of the vapour, foreign part with the rest of the air; radiation term by its limits."""
    nu = np.arange(0.0, 6000.0, 10.0)
    one = np.ones_like(nu)
    both = WaterContinuum(nu, 200.0 * one, 3.0 * one, 4.0 * one, 1013.0, 296.0)
    at = lambda p, t, x, n=3000.0: float(both.cross_section(np.array([n]), p, t, x)[0])  # noqa: E731
    assert at(1013.0, 296.0, 0.0) == pytest.approx(3.0 * 3000.0 * np.tanh(0.5 * SECOND_RADIATION * 3000.0 / 296.0))
    assert at(1013.0, 296.0, 1.0) / at(1013.0, 296.0, 0.0) == pytest.approx(200.0 / 3.0)
    assert at(506.5, 296.0, 0.3) == pytest.approx(0.5 * at(1013.0, 296.0, 0.3))
    assert at(1013.0, 260.0, 1.0) / at(1013.0, 296.0, 1.0) == pytest.approx((296.0 / 260.0) ** 5, rel=1e-3)
    # At small wavenumbers the radiation term is c2 nu² / 2T.
    assert at(1013.0, 296.0, 0.0, 20.0) == pytest.approx(3.0 * 0.5 * SECOND_RADIATION * 400.0 / 296.0, rel=1e-2)
    assert at(1013.0, 296.0, 0.5, 6100.0) == 0.0
    with pytest.raises(BadParameter, match="even, rising grid"):
        replace(both, wavenumber=nu[::-1].copy())


def test_an_absorber_is_the_sum_of_its_parts() -> None:
    """Lines and a pair; and a cm of air absorbs by its density and mixing ratio."""
    lines = line_list("O2", [1], [7890.0], [1e-26], [0.05], [0.05], [100.0], [0.7], [0.0])
    pair = CollisionInduced("O2", "O2", np.array([7800.0, 8000.0]), np.array([296.0]), np.full((1, 2), 1e-46))
    grid = np.linspace(7885.0, 7895.0, 50)
    whole = Absorber(lines, collisions=(pair,)).cross_section(grid, 800.0, 260.0, 0.2)
    parts = Absorber(lines).cross_section(grid, 800.0, 260.0, 0.2) + pair.cross_section(grid, 800.0, 260.0)
    np.testing.assert_allclose(whole, parts, rtol=1e-12)
    found = absorption_coefficient(whole, 800.0, 260.0, 0.2)
    np.testing.assert_allclose(found, whole * 0.2 * 800.0 / ATMOSPHERE * 273.15 / 260.0 * LOSCHMIDT, rtol=1e-12)
    with pytest.raises(BadParameter, match="another gas"):
        Absorber(one_line(), collisions=(pair,))


# --- line mixing


def band_of(n: int, seed: int = 2) -> MixedBand:
    """A made-up band of oxygen with rising wavenumbers, where collisions carry light from each line to the others."""
    rng = np.random.default_rng(seed)
    dipole = rng.uniform(0.5, 1.0, n)
    rates = -0.02 * np.exp(-np.abs(np.subtract.outer(np.arange(n), np.arange(n))) / 2.0)
    return MixedBand(
        "O2",
        1,
        13120.0 + 2.0 * np.arange(n) + rng.uniform(-0.3, 0.3, n),
        rng.uniform(0.02, 0.1, n),
        dipole,
        dipole,
        np.sort(rng.uniform(0.0, 300.0, n)),
        rng.uniform(0.04, 0.05, n),
        np.full(n, 0.7),
        np.zeros(n),
        np.arange(1, n + 1),
        rates,
        np.full((n, n), 0.7),
    )


@pytest.mark.parametrize("pressure", [100.0, 400.0])
def test_first_order_mixing_by_the_whole_matrix(pressure: float) -> None:
    """Absorption of the coupled lines is Im d (nu0 - nu - i P W)^-1 rho d / pi (Fano 1963): inverted at each
    wavenumber, against lines with first-order coefficients, one by one. Between the lines, where Doppler's width does
    not count; what is left goes with the square of the pressure.
    """
    band, t = band_of(6), 296.0
    w, y = relaxation_matrix(band, t), mixing_coefficients(band, t)
    grid = np.sort(np.concatenate([band.wavenumber + d for d in (-0.7, -0.4, 0.4, 0.7)]))
    lines = band.lines()
    found = cross_section(lines, grid, pressure, t, cut=200.0, mixing=y)
    plain = cross_section(lines, grid, pressure, t, cut=200.0)
    d, atmospheres = band.dipole, pressure / ATMOSPHERE
    # Intensities of the list have a factor of the wavenumber, the same within 1e-3 over the band.
    scale = float(lines.intensity.sum() / (band.population * d**2).sum())
    expected = []
    for nu in grid:
        inverse = np.linalg.inv(np.diag(band.wavenumber - nu) - 1j * atmospheres * w)
        expected.append(scale * float((d @ inverse @ (band.population * d)).imag) / np.pi)
    error, gain = np.abs(found - expected), np.abs(plain - np.array(expected))
    assert np.median(error) < 0.1 * np.median(gain)
    np.testing.assert_allclose(found, expected, rtol=0.03 * max(pressure / 400.0, 0.2), atol=0.02 * max(expected))


def test_the_diagonal_is_the_widths() -> None:
    """At any temperature, by the exponent of each line; colder air mixes more."""
    band = band_of(5)
    w = relaxation_matrix(band, 250.0)
    np.testing.assert_allclose(np.diag(w), band.width * (296.0 / 250.0) ** 0.7, rtol=1e-12)
    colder = mixing_coefficients(band, 220.0)
    assert np.abs(colder).max() > np.abs(mixing_coefficients(band, 296.0)).max()


def test_pressure_moves_lines_and_their_mixing_little() -> None:
    band = replace(band_of(5), shift=np.full(5, -0.01))
    np.testing.assert_allclose(
        mixing_coefficients(band, 280.0, 0.0), mixing_coefficients(band, 280.0, 900.0), rtol=1e-9
    )
    apart = replace(band, shift=np.linspace(-0.02, 0.02, 5))
    still, moved = (mixing_coefficients(apart, 280.0, p) for p in (0.0, 1000.0))
    assert 0.0 < np.abs(moved / still - 1.0).max() < 0.1
