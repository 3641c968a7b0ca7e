"""Profiles, paths, tables and channels of gases: integrals of their own, interpolation that is exact where it must be,
derivatives by differences, and fits that keep their symmetries.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate
from scipy.sparse import csr_array

from estran.errors import BadGeometry, BadParameter
from estran.physics.gas.band_fit import fit_bands
from estran.physics.gas.constants import AVOGADRO, DRY_AIR, GRAVITY, WATER
from estran.physics.gas.exponential_sum import exponential_sum
from estran.physics.gas.instrument import gaussian_channels, tabulated_channels
from estran.physics.gas.profile import Layers, layers_from_levels, slant_airmass
from estran.physics.gas.sampling import sample
from estran.physics.gas.smac import SmacCoefficients, atmosphere, gas_transmittance
from estran.physics.gas.table import (
    CrossSections,
    Nodes,
    optical_depth,
    pressure_nodes,
    profile_weights,
    temperature_nodes,
)
from estran.physics.gas.transmission import transmission, values
from estran.physics.radiative_transfer import Layer, solve

Float = npt.NDArray[np.float64]
NU = np.linspace(6000.0, 6010.0, 41)


def simple(ground: float = 1000.0, layers: int = 8, fraction: float = 4e-4) -> Layers:
    """Even steps of pressure, temperature falling from 290 to 220 K."""
    return layers_from_levels(
        np.linspace(ground, 10.0, layers + 1), np.linspace(290.0, 220.0, layers + 1), {"CO2": fraction, "H2O": 0.0}
    )


# --- profiles


@settings(max_examples=30)
@given(st.floats(500.0, 1050.0), st.integers(1, 30), st.floats(0.0, 0.04))
def test_columns_weigh_what_the_pressure_says(ground: float, layers: int, water: float) -> None:
    """Pressure at the ground less that at the top is gravity times the mass above a square metre."""
    made = layers_from_levels(np.linspace(ground, 1.0, layers + 1), np.full(layers + 1, 250.0), {"H2O": water})
    mass = made.air / AVOGADRO * 1e-3 * ((1 - water) * DRY_AIR + water * WATER) * 1e4
    assert float(mass.sum()) * GRAVITY == pytest.approx((ground - 1.0) * 100.0, rel=1e-10)
    assert made.column("H2O") == pytest.approx(water * float(made.air.sum()))


def test_layers_are_means_of_their_levels() -> None:
    made = layers_from_levels([1000.0, 600.0, 100.0], [290.0, 260.0, 210.0], {"O3": [0.0, 2e-6, 6e-6]})
    np.testing.assert_allclose(made.pressure, [800.0, 350.0])
    np.testing.assert_allclose(made.temperature, [275.0, 235.0])
    np.testing.assert_allclose(made.fraction("O3"), [1e-6, 4e-6])


@given(st.floats(900.0, 1100.0))
def test_other_ground_adds_air_to_the_lowest_layer(pressure: float) -> None:
    """All above is as before, and the column of air grows with the pressure."""
    before = simple()
    after = before.with_surface_pressure(pressure)
    np.testing.assert_array_equal(after.air[1:], before.air[1:])
    gained = float(after.air.sum() - before.air.sum()) / float(before.air.sum())
    assert gained == pytest.approx((pressure - 1000.0) / 990.0, abs=1e-12)
    back = after.with_surface_pressure(1000.0)
    np.testing.assert_allclose(back.air, before.air, rtol=1e-12)


def test_changed_profiles_are_new_ones() -> None:
    before = simple()
    warm, rich = before.with_temperature_shift(5.0), before.with_scaled("CO2", 2.0)
    np.testing.assert_allclose(warm.temperature - before.temperature, 5.0)
    assert rich.column("CO2") == pytest.approx(2 * before.column("CO2"))
    assert before.column("CO2") == simple().column("CO2")
    np.testing.assert_array_equal(rich.air, before.air)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"edges": np.array([1000.0, 1000.0, 10.0])}, "does not fall"),
        ({"edges": np.array([101325.0, 50000.0, 10.0])}, "divide pascals by 100"),
        ({"temperature": np.array([280.0])}, "wrong length.*2 layers"),
        ({"air": np.array([1e24, -1.0])}, "negative or not finite"),
        ({"fractions": {"CO2": np.array([400.0, 400.0])}}, "divide ppm by 1e6"),
        ({"fractions": {"CO2": np.array([np.nan, 0.1])}}, "not finite"),
    ],
)
def test_impossible_profiles_get_a_sentence(change: dict[str, object], words: str) -> None:
    good = {
        "edges": np.array([1000.0, 500.0, 10.0]),
        "temperature": np.array([280.0, 230.0]),
        "air": np.array([1e24, 1e24]),
        "fractions": {"CO2": np.array([4e-4, 4e-4])},
    }
    with pytest.raises(BadParameter, match=words):
        Layers(**(good | change))  # type: ignore[arg-type]
    with pytest.raises(BadParameter, match="above the lowest layer"):
        Layers(**good).with_surface_pressure(450.0)  # type: ignore[arg-type]
    with pytest.raises(BadParameter, match="differ in number"):
        layers_from_levels([1000.0, 500.0], [280.0], {})


@settings(max_examples=40)
@given(st.floats(0.0, 89.0), st.floats(0.0, 100.0))
def test_slanted_paths_by_the_chord(zenith: float, height: float) -> None:
    """A straight ray from the ground, by Pythagoras in the Earth's centre: length between two shells over their
    distance.
    """
    radius, c = 6371.0, np.cos(np.radians(zenith))

    def along(h: float) -> float:
        return float(np.sqrt((radius * c) ** 2 + h * h + 2 * radius * h) - radius * c)

    step = 1e-3
    if height < step:
        return
    expected = (along(height + step) - along(height - step)) / (2 * step)
    assert float(slant_airmass(zenith, height)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("zenith", [90.0, 120.0, -1.0, np.nan])
def test_rays_at_the_horizon_get_a_sentence(zenith: float) -> None:
    with pytest.raises(BadGeometry, match="0 to below 90"):
        slant_airmass(zenith)


# --- tables


def polynomial_table(seed: int = 1) -> tuple[CrossSections, Float]:
    """Cross-sections that are cubic in ln p and of the fourth degree in 1/T, and these coefficients (4, 5, m)."""
    nodes = Nodes(pressure_nodes(10, 1.0, 1100.0), temperature_nodes(5, 180.0, 320.0))
    rng = np.random.default_rng(seed)
    c = rng.normal(size=(4, 5, NU.size)) * 0.2
    c[0, 0] += 3.0
    lp, it = np.log(nodes.pressure) - 6.0, 250.0 / nodes.temperature - 1.0
    section = np.einsum("ap,bt,abm->ptm", lp ** np.arange(4)[:, None], it ** np.arange(5)[:, None], c)
    return CrossSections("CO2", NU, nodes, (1e-22 * section.reshape(-1, NU.size)).astype(np.float32)), c


def exact_depth(c: Float, layers: Layers) -> Float:
    lp, it = np.log(layers.pressure) - 6.0, 250.0 / layers.temperature - 1.0
    section = np.einsum("ak,bk,abm->km", lp ** np.arange(4)[:, None], it ** np.arange(5)[:, None], c)
    return np.asarray((layers.air * layers.fraction("CO2")) @ (1e-22 * section))


@pytest.mark.parametrize("ground", [700.0, 1000.0, 1090.0])
def test_interpolation_is_exact_for_its_polynomials(ground: float) -> None:
    """Single precision is all that is lost."""
    table, c = polynomial_table()
    layers = simple(ground)
    found = optical_depth(table, [profile_weights("CO2", table.nodes, layers)])[0, 0]
    np.testing.assert_allclose(found, exact_depth(c, layers), rtol=5e-6)


def test_derivatives_by_differences_of_the_polynomial() -> None:
    """By pressure at the ground, by all temperatures, by the gas: central differences of the exact sums."""
    table, c = polynomial_table(2)
    layers = simple()
    found = optical_depth(table, [profile_weights("CO2", table.nodes, layers)])[0]
    p = [exact_depth(c, layers.with_surface_pressure(1000.0 + d)) for d in (0.5, -0.5)]
    t = [exact_depth(c, layers.with_temperature_shift(d)) for d in (0.05, -0.05)]
    np.testing.assert_allclose(found[1], p[0] - p[1], rtol=2e-4, atol=1e-6 * np.abs(p[0]).max())
    np.testing.assert_allclose(found[2], (t[0] - t[1]) / 0.1, rtol=2e-4, atol=1e-6 * np.abs(p[0]).max())
    np.testing.assert_allclose(found[3], found[0], rtol=1e-6)


def test_layers_above_the_lowest_node_take_its_values() -> None:
    table, _ = polynomial_table()
    high = Layers(np.array([0.4, 0.1]), np.array([220.0]), np.array([1e20]), {"CO2": np.array([4e-4])})
    at_node = Layers(np.array([1.5, 0.5]), np.array([220.0]), np.array([1e20]), {"CO2": np.array([4e-4])})
    one, other = (profile_weights("CO2", table.nodes, x).value for x in (high, at_node))
    np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9 * np.abs(other).max())


@pytest.mark.parametrize("number", [4, 12, 30])
def test_nodes_of_pressure_crowd_where_the_air_is(number: int) -> None:
    nodes = pressure_nodes(number)
    assert nodes.size == number
    assert nodes[0] == pytest.approx(0.1)
    assert nodes[-1] == pytest.approx(1100.0)
    assert (np.diff(nodes) > 0).all()
    # Even in ln p + 4 sqrt(p / 250): in the logarithm they stand closer near the ground.
    steps = np.diff(np.log(nodes))
    assert steps[-1] < steps[0]
    even = np.diff(np.log(nodes) + 4 * np.sqrt(nodes / 250.0))
    np.testing.assert_allclose(even, even.mean(), rtol=1e-3)


def test_nodes_of_temperature_are_chebyshevs_in_its_inverse() -> None:
    nodes = temperature_nodes(9, 160.0, 330.0)
    assert (nodes[0], nodes[-1]) == pytest.approx((160.0, 330.0))
    x = (1 / nodes - 0.5 * (1 / 160 + 1 / 330)) / (0.5 * (1 / 160 - 1 / 330))
    np.testing.assert_allclose(np.arccos(np.clip(x, -1, 1)), np.pi * np.arange(9) / 8, atol=1e-6)


def test_transmission_and_values_agree() -> None:
    """With derivatives and without, in single precision; more path, less light."""
    table, _ = polynomial_table()
    channels = gaussian_channels(NU, [6004.0, 6006.0], 1.5)
    profiles = [simple(), simple(900.0, fraction=2e-4)]
    full = transmission([table], channels, profiles, [1.0, 3.0])
    np.testing.assert_allclose(values([table], channels, profiles, [1.0, 3.0]), full.value, rtol=2e-5)
    assert ((full.value > 0) & (full.value < 1)).all()
    assert (full.scale["CO2"] < 0).all()
    with pytest.raises(BadParameter, match="as many as the profiles"):
        transmission([table], channels, profiles, [1.0])
    with pytest.raises(BadParameter, match="another grid"):
        transmission([table], channels[:, :-1], profiles, [1.0, 1.0])


# --- channels


@settings(max_examples=25)
@given(st.floats(6004.0, 6006.0), st.floats(1.1, 1.6), st.floats(0.0, 1.5))
def test_gaussian_channels_damp_waves_as_gaussians_do(centre: float, width: float, wave: float) -> None:
    """A cosine about the centre keeps exp(-(k w)² / (16 ln 2)) of itself, lines keep their value at the centre."""
    row = gaussian_channels(NU, [centre], width)
    sigma2 = width**2 / (8 * np.log(2))
    assert float((row @ np.cos(wave * (NU - centre)))[0]) == pytest.approx(np.exp(-0.5 * wave**2 * sigma2), abs=2e-3)
    assert float((row @ (2.0 + 3.0 * (NU - centre)))[0]) == pytest.approx(2.0, abs=2e-3)
    assert (row.data >= 0).all()


def test_tabulated_channels_are_means_over_their_response() -> None:
    """A triangle as a table: its mean of a square about the centre is a sixth of the half width's square."""
    fine = np.linspace(100.0, 110.0, 2001)
    row = tabulated_channels(fine, [104.0, 106.0], [-2.0, 0.0, 2.0], [0.0, 5.0, 0.0])
    for k, centre in enumerate((104.0, 106.0)):
        assert float((row @ (fine - centre) ** 2)[k]) == pytest.approx(4.0 / 6.0, rel=1e-3)
    uneven = tabulated_channels(fine, [104.0, 106.0], [-1.0, 0.0, 1.0], [[0.0, 1.0, 0.0], [0.0, 1.0, 1.0]])
    assert float((uneven @ fine)[1]) > 106.1


@pytest.mark.parametrize(
    ("distance", "response", "words"),
    [
        ([0.0, 0.0, 1.0], [1.0, 1.0, 1.0], "do not rise"),
        ([-1.0, 0.0, 1.0], [1.0, 1.0], "wrong shape"),
        ([-1.0, 0.0, 1.0], [0.0, 0.0, 0.0], "no area.*channel 1"),
    ],
)
def test_impossible_responses_get_a_sentence(distance: list, response: list, words: str) -> None:
    with pytest.raises(BadParameter, match=words):
        tabulated_channels(np.linspace(0.5, 20.0, 400), [10.0], distance, response)
    with pytest.raises(BadParameter, match="width of a channel"):
        gaussian_channels(NU, [6005.0], 0.0)


def test_sampling_gives_what_it_says() -> None:
    """Weights not negative, rows of sum 1, and the stated residual is the largest difference over the training."""
    rng = np.random.default_rng(3)
    grid = np.linspace(6000.0, 6010.0, 801)
    lines = sum(1.0 / (1.0 + ((grid - c) / 0.05) ** 2) for c in rng.uniform(6000, 6010, 25))
    training = np.exp(-np.outer(np.geomspace(0.01, 3.0, 14), lines))
    channels = gaussian_channels(grid, np.arange(6003.0, 6007.1, 1.0), 1.0)
    found = sample(channels, training, tolerance=1e-4)
    assert (found.channels.data >= 0).all()
    np.testing.assert_allclose(found.channels.sum(axis=1), 1.0, rtol=1e-12)
    gap = np.abs(found.channels @ training[:, found.which].T - channels @ training.T).max(axis=1)
    np.testing.assert_allclose(gap, found.residual, atol=1e-12)
    assert gap.max() < 1e-3
    assert found.which.size < 0.5 * grid.size
    assert (np.diff(found.which) > 0).all()


# --- fits


@settings(max_examples=15)
@given(st.floats(0.1, 10.0))
def test_units_of_the_amount_do_not_matter(unit: float) -> None:
    """In other units the exponent is the same, and the coefficient takes the unit to its power."""
    amount = np.geomspace(0.1, 6.0, 20)
    t = np.exp(-0.3 * amount**0.6) * 0.7 + 0.3 * np.exp(-0.01 * amount)
    one, other = fit_bands(amount, t), fit_bands(unit * amount, t)
    assert float(other.n[0]) == pytest.approx(float(one.n[0]), rel=1e-6)
    assert float(other.a[0]) == pytest.approx(float(one.a[0]) * unit ** -float(one.n[0]), rel=1e-6)
    assert float(other.rms[0]) == pytest.approx(float(one.rms[0]), rel=1e-5)
    assert float(one.rms[0]) <= float(one.largest[0])


def test_fits_of_several_bands_are_those_of_each() -> None:
    amount = np.geomspace(0.2, 5.0, 15)
    t = np.stack([np.exp(-0.1 * amount**0.9), np.exp(-1.5 * amount**0.5)], axis=1)
    together = fit_bands(amount, t)
    for k in range(2):
        alone = fit_bands(amount, t[:, k])
        np.testing.assert_allclose([together.a[k], together.n[k]], [alone.a[0], alone.n[0]], rtol=1e-6)


@pytest.mark.parametrize("overlap", [0.4, np.inf])
def test_sums_are_transmittances_between_and_beyond_their_amounts(overlap: float) -> None:
    """Fitted to amounts up to 4: in between within 2e-4 of the integral over the band by quadrature; beyond, falling
    and positive.
    """
    x = (np.arange(200) + 0.5) / 200
    thickness, weight = 0.02 * np.exp(5.0 * x), np.full(200, 1 / 200)
    sums = exponential_sum(thickness, weight, overlap, 4.0, 0.0)

    def exact(u: float) -> float:
        def of(p: float) -> float:
            k = 0.02 * np.exp(5.0 * p)
            depth = k * u if np.isinf(overlap) else 0.5 * overlap * (np.sqrt(1 + 4 * k * u / overlap) - 1)
            return float(np.exp(-depth))

        return float(integrate.quad(of, 0.0, 1.0)[0])

    for u in (0.003, 0.07, 0.9, 3.3):
        assert float(sums(u)) == pytest.approx(exact(u), abs=2e-4)
    beyond = sums(np.array([4.0, 8.0, 20.0, 100.0]))
    assert (np.diff(beyond) <= 0).all()
    assert (beyond >= 0).all()
    assert sums.weight.sum() == pytest.approx(1.0)
    assert (sums.weight > 0).all()


# --- SMAC


def thin(aerosol_albedo: float = 0.9, phase: float = 1.0, molecules: float = 0.1) -> SmacCoefficients:
    """A band with a little of each gas and no residuals: the terms alone."""
    three, two = (0.0, 0.0, 0.0), (0.0, 0.0)
    gases = (-0.02, 0.8), (-0.05, 1.0), (-0.01, 0.7, 1.5), three, three, three, three
    air = (0.08, 0.1, -0.02, 0.0), (1.0, -0.1, -0.05, -0.02), (molecules, 0.0), (0.0, 1.0)
    return SmacCoefficients(*gases, *air, (aerosol_albedo, 0.6), (phase, 0.0, 0.0), two, two, two, three, two, two)


@given(st.floats(2.0, 8.0), st.floats(0.0, 500.0), st.floats(0.0, 6.0), st.floats(500.0, 1050.0))
def test_smac_gases_multiply(airmass: float, ozone: float, vapour: float, pressure: float) -> None:
    """Transmittance is the product of that of each gas, by the formula of its power."""
    found = float(gas_transmittance(thin(), airmass, ozone, vapour, pressure))
    expected = np.exp(-0.02 * (vapour * airmass) ** 0.8) * np.exp(-0.05 * ozone / 1000 * airmass)
    expected *= np.exp(-0.01 * ((pressure / 1013.25) ** 1.5 * airmass) ** 0.7)
    assert found == pytest.approx(expected, rel=1e-12)


@settings(max_examples=30)
@given(st.floats(0.0, 70.0), st.floats(0.0, 60.0), st.floats(0.0, 360.0))
def test_thin_haze_scatters_once(sza: float, vza: float, vaa: float) -> None:
    """Sobolev's formula for a depth of 1e-5 is albedo times phase function over 4 mu mu'; the phase function is 1 here
    as a polynomial, and first-order terms of the two streams vanish with the depth.
    """
    angles = {"sun_zenith": sza, "sun_azimuth": 0.0, "view_zenith": vza, "view_azimuth": vaa}
    air = {"ozone": 300.0, "water_vapour": 1.0}
    hazy, clear = (float(atmosphere(thin(), **angles, aerosol=a, **air).path) for a in (1e-5, 0.0))
    mus, muv = np.cos(np.radians(sza)), np.cos(np.radians(vza))
    assert (hazy - clear) / 1e-5 == pytest.approx(0.9 / (4 * mus * muv), rel=2e-3)


@pytest.mark.parametrize(("sza", "vza", "vaa"), [(30.0, 5.0, 90.0), (50.0, 40.0, 120.0), (60.0, 20.0, 0.0)])
def test_haze_of_some_depth_by_the_solver(sza: float, vza: float, vaa: float) -> None:
    """Sobolev's approximation has the right phase function once and two terms of it for the rest: within 12 % of
    adding and doubling for particles of Henyey and Greenstein, of depth 0.4, that absorb a little.
    """
    s, v = np.cos(np.radians(sza)), np.cos(np.radians(vza))
    cosine = -s * v - np.sin(np.radians(sza)) * np.sin(np.radians(vza)) * np.cos(np.radians(vaa))
    phase = float((1 - 0.36) / (1.36 - 1.2 * cosine) ** 1.5)
    angles = {"sun_zenith": sza, "sun_azimuth": 0.0, "view_zenith": vza, "view_azimuth": vaa}
    found = atmosphere(thin(0.9, phase, 0.0), **angles, aerosol=0.4, ozone=0.0, water_vapour=0.0).path
    k = np.arange(40)
    greek = np.concatenate([((2 * k + 1) * 0.6**k)[None], np.zeros((3, 40))])
    exact = solve([Layer(0.4, 0.9, greek)], [s], [v], [180.0 - vaa]).up[0, 0, 0, 0]
    assert float(found) == pytest.approx(float(exact), rel=0.12)


def test_smac_molecules_over_high_ground() -> None:
    """Half of the pressure, half of the molecules' path without residuals; scattering transmittance grows."""
    angles = {"sun_zenith": 40.0, "sun_azimuth": 100.0, "view_zenith": 5.0, "view_azimuth": 280.0}
    low, high = (
        atmosphere(thin(), **angles, aerosol=0.0, ozone=0.0, water_vapour=0.0, pressure=p) for p in (1013.25, 506.625)
    )
    assert float(high.path) == pytest.approx(0.5 * float(low.path), rel=1e-9)
    assert float(high.down) > float(low.down)
    assert float(high.albedo) < float(low.albedo)


@pytest.mark.parametrize("albedo", [0.0, 1.0, -0.2])
def test_impossible_aerosols_of_files_get_a_sentence(albedo: float) -> None:
    with pytest.raises(BadParameter, match="of 19 lines"):
        thin(albedo)


def test_channels_are_sparse() -> None:
    assert isinstance(gaussian_channels(NU, [6005.0], 1.5), csr_array)
