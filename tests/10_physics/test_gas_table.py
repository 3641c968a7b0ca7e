"""Tables, transmissions, derivatives, sampling and fits, each against the step before it: in the end, line by line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estran.adapters.files.line_lists import read_lines
from estran.errors import BadGeometry, BadParameter
from estran.physics.gas.absorber import Absorber
from estran.physics.gas.band_fit import fit_bands
from estran.physics.gas.instrument import gaussian_channels, tabulated_channels
from estran.physics.gas.lines import line_list
from estran.physics.gas.profile import Layers, layers_from_levels, slant_airmass
from estran.physics.gas.sampling import sample
from estran.physics.gas.table import (
    CrossSections,
    Nodes,
    build_table,
    optical_depth,
    pressure_nodes,
    profile_weights,
    temperature_nodes,
)
from estran.physics.gas.transmission import spectra, transmission, values

SHARES = {"O2": 0.2095, "CO2": 4.2e-4, "H2O": 8e-3}
GRID = np.arange(6228.0, 6234.0, 0.004)
CENTRES = np.arange(6229.2, 6232.8, 0.12)


def absorber(gas: str = "CO2", strength: float = 1.0, seed: int = 5) -> Absorber:
    """A hundred lines drawn at random, some with energies of hot bands."""
    random, n = np.random.default_rng(seed), 100
    draw = random.uniform
    return Absorber(
        line_list(
            gas,
            np.ones(n),
            draw(6215.0, 6247.0, n),
            strength * 10.0 ** draw(-25.5, -22.8, n),
            draw(0.05, 0.09, n),
            draw(0.06, 0.4, n),
            draw(0.0, 1800.0, n),
            draw(0.6, 0.8, n),
            draw(-0.008, 0.0, n),
        )
    )


def profile(ground: float = 1013.25, warmer: float = 0.0, layers: int = 24, **fractions: float) -> Layers:
    """Falls off by 6.5 K/km to a tropopause at 217 K, in layers of even height."""
    height = np.linspace(0.0, 48.0, layers + 1)
    temperature = np.maximum(288.0 - 6.5 * height, 217.0) + warmer
    return layers_from_levels(ground * np.exp(-height / 7.5), temperature, {**SHARES, **fractions})


def line_by_line(of: Absorber, layers: Layers) -> np.ndarray:
    fraction = layers.fraction(of.gas)
    return sum(
        n * x * of.cross_section(GRID, p, t, x)
        for n, x, p, t in zip(layers.air, fraction, layers.pressure, layers.temperature, strict=True)
    )  # type: ignore[return-value]


@pytest.fixture(scope="module")
def table() -> CrossSections:
    return build_table(absorber(), GRID, Nodes(pressure_nodes(), temperature_nodes(), np.array([SHARES["CO2"]])))


@pytest.fixture(scope="module")
def water() -> CrossSections:
    return build_table(
        absorber("H2O", 0.05, 6), GRID, Nodes(pressure_nodes(18), temperature_nodes(), np.array([0.0, 0.02, 0.05]))
    )


@pytest.fixture(scope="module")
def channels():
    return gaussian_channels(GRID, CENTRES, CENTRES / 25000)


class TestTable:
    @pytest.mark.parametrize(("ground", "warmer"), [(1013.25, 0.0), (1040.0, 22.0), (870.0, -24.0), (1013.25, -30.0)])
    def test_against_line_by_line(self, table: CrossSections, channels, ground: float, warmer: float) -> None:
        """Transmission in channels, to airmass 4: within 1e-5, ten times better than the goal of 1e-4."""
        layers = profile(ground, warmer)
        for airmass in (1.0, 4.0):
            fine = np.exp(-airmass * line_by_line(absorber(), layers))
            np.testing.assert_allclose(
                transmission([table], channels, [layers], airmass).value[0], channels @ fine, rtol=0.0, atol=1e-5
            )

    def test_self_broadening(self, water: CrossSections, channels) -> None:
        """Wet and dry layers, each with the width that its water gives it."""
        layers = profile(H2O=0.03)
        wet = Layers(
            layers.edges, layers.temperature, layers.air, {"H2O": layers.fraction("H2O") * np.exp(-np.arange(24) / 3.0)}
        )
        fine = np.exp(-line_by_line(absorber("H2O", 0.05, 6), wet))
        np.testing.assert_allclose(
            transmission([water], channels, [wet]).value[0], channels @ fine, rtol=0.0, atol=2e-5
        )

    def test_layers_melt(self, table: CrossSections) -> None:
        """A layer cut in two of the same pressure and temperature has the same depth: weights are sums."""
        nodes, one = table.nodes, profile()
        half = Layers(one.edges, one.temperature, 0.5 * one.air, one.fractions)
        np.testing.assert_allclose(
            2.0 * profile_weights("CO2", nodes, half).value, profile_weights("CO2", nodes, one).value, rtol=1e-12
        )

    def test_weights_add_up_to_the_column(self, table: CrossSections) -> None:
        weights = profile_weights("CO2", table.nodes, profile(), 3.0)
        assert weights.value.sum() == pytest.approx(3.0 * profile().column("CO2"), rel=1e-12)
        assert abs(weights.temperature.sum()) < 1e-9 * weights.value.sum()

    def test_outside_the_table(self, table: CrossSections) -> None:
        with pytest.raises(BadParameter, match="temperature of the profile is outside the table"):
            profile_weights("CO2", table.nodes, profile(warmer=60.0))
        with pytest.raises(BadParameter, match="lacks a gas"):
            profile_weights("CH4", table.nodes, profile())
        with pytest.raises(BadParameter, match="different wavenumbers"):
            spectra([table, table.take(np.arange(5))], [profile()], [1.0])
        with pytest.raises(BadParameter, match="two tables"):
            spectra([table, table], [profile()], [1.0])
        with pytest.raises(BadParameter, match="do not rise"):
            Nodes(np.array([1.0, 2.0, 2.0, 3.0]), temperature_nodes())


class TestProfile:
    def test_hydrostatic_column(self) -> None:
        """1013.25 hPa over g and the mass of a molecule: 2.148e25 a cm² at 9.80665 m/s² (US standard atmosphere:
        2.15e25).
        """
        levels = layers_from_levels([1013.25, 500.0, 0.0], [288.0, 250.0, 220.0], {"O2": 0.2095})
        assert levels.air.sum() == pytest.approx(101325.0 / 9.80665 / 28.9647e-3 * 6.02214076e23 * 1e-4, rel=1e-12)
        assert levels.column("O2") == pytest.approx(4.5e24, rel=2e-3)

    def test_us_standard_atmosphere(self, shared_data: Path) -> None:
        air = np.genfromtxt(shared_data / "spectroscopy" / "us76_41_layers.csv", delimiter=",", names=True)
        edges = np.append(air["p_bot_hPa"], air["p_top_hPa"][-1])
        ours = layers_from_levels(edges, np.full(42, 250.0), {})
        np.testing.assert_allclose(ours.air, air["N_air_molec_cm2"], rtol=3e-4)
        np.testing.assert_allclose(ours.pressure, air["p_mid_hPa"], rtol=1e-6)

    def test_round_earth(self) -> None:
        assert float(slant_airmass(75.0)) == pytest.approx(1.0 / np.cos(np.radians(75.0)))
        assert slant_airmass(75.0, np.array([5.0, 50.0])).tolist() == sorted(
            slant_airmass(75.0, np.array([5.0, 50.0])).tolist(), reverse=True
        )
        with pytest.raises(BadGeometry, match="horizon"):
            slant_airmass(91.0)

    def test_bad_profiles(self) -> None:
        with pytest.raises(BadParameter, match="does not fall"):
            layers_from_levels([500.0, 1000.0], [250.0, 288.0], {})
        with pytest.raises(BadParameter, match="pascals"):
            layers_from_levels([101325.0, 50000.0], [288.0, 250.0], {})
        with pytest.raises(BadParameter, match="ppm"):
            layers_from_levels([1000.0, 500.0], [288.0, 250.0], {"CO2": 420.0})
        with pytest.raises(BadParameter, match="differ in number"):
            layers_from_levels([1000.0, 500.0], [288.0], {})
        with pytest.raises(BadParameter, match="above the lowest layer"):
            profile().with_surface_pressure(300.0)


class TestDerivatives:
    """Analytic, against central differences of line-by-line transmissions: another code, another path."""

    STEP = 2.0

    def by_lines(self, channels, layers: Layers) -> np.ndarray:
        return channels @ np.exp(-2.0 * line_by_line(absorber(), layers))

    def test_surface_pressure(self, table: CrossSections, channels) -> None:
        high, low = (
            self.by_lines(channels, profile().with_surface_pressure(1013.25 + d)) for d in (self.STEP, -self.STEP)
        )
        found = transmission([table], channels, [profile()], 2.0).surface_pressure[0]
        np.testing.assert_allclose(found, (high - low) / (2 * self.STEP), rtol=0.0, atol=2e-3 * np.abs(found).max())

    def test_temperature(self, table: CrossSections, channels) -> None:
        high, low = (self.by_lines(channels, profile().with_temperature_shift(d)) for d in (self.STEP, -self.STEP))
        found = transmission([table], channels, [profile()], 2.0).temperature[0]
        np.testing.assert_allclose(found, (high - low) / (2 * self.STEP), rtol=0.0, atol=2e-3 * np.abs(found).max())

    def test_scale(self, table: CrossSections, channels) -> None:
        high, low = (self.by_lines(channels, profile().with_scaled("CO2", 1.0 + d)) for d in (0.01, -0.01))
        found = transmission([table], channels, [profile()], 2.0).scale["CO2"][0]
        np.testing.assert_allclose(found, (high - low) / 0.02, rtol=0.0, atol=2e-3 * np.abs(found).max())

    def test_scale_of_water_widens_its_lines(self, water: CrossSections, channels) -> None:
        """With self-broadening, more water is also wider lines."""
        of, layers = absorber("H2O", 0.05, 6), profile(H2O=0.02)
        high, low = (channels @ np.exp(-line_by_line(of, layers.with_scaled("H2O", 1.0 + d))) for d in (0.02, -0.02))
        found = transmission([water], channels, [layers]).scale["H2O"][0]
        np.testing.assert_allclose(found, (high - low) / 0.04, rtol=0.0, atol=2e-3 * np.abs(found).max())


class TestLaws:
    def test_beer_and_lambert_add(self, table: CrossSections, water: CrossSections) -> None:
        """On the fine grid the transmissions of two gases multiply; in channels they do not."""
        every = np.eye(GRID.size)
        from scipy.sparse import csr_array

        fine = csr_array(every)
        one, other, both = (
            transmission(tables, fine, [profile()]).value for tables in ([table], [water], [table, water])
        )
        np.testing.assert_allclose(both, one * other, rtol=1e-5)

    def test_twice_the_airmass_is_twice_the_depth(self, table: CrossSections) -> None:
        once, twice = (
            optical_depth(table, [profile_weights("CO2", table.nodes, profile(), m)])[0, 0] for m in (1.0, 2.0)
        )
        np.testing.assert_allclose(twice, 2.0 * once, rtol=1e-5)

    @settings(max_examples=30)
    @given(st.floats(1.0, 6.0), st.floats(1.01, 2.0), st.floats(880.0, 1000.0), st.floats(-25.0, 25.0))
    def test_more_gas_less_light(
        self, table: CrossSections, channels, airmass: float, factor: float, ground: float, warmer: float
    ) -> None:
        layers = profile(ground, warmer)
        few, many, deep = (
            values([table], channels, [p], [m])[0]
            for p, m in (
                (layers, airmass),
                (layers.with_scaled("CO2", factor), airmass),
                (layers.with_surface_pressure(ground * 1.02), airmass),
            )
        )
        assert np.all((few > 0.0) & (few < 1.0))
        assert np.all(many < few)
        assert np.all(deep < few)

    def test_many_at_once_are_as_one_by_one(self, table: CrossSections, channels) -> None:
        profiles, paths = [profile(), profile(950.0, 10.0), profile(warmer=-15.0)], [1.5, 2.5, 3.5]
        together = transmission([table], channels, profiles, paths)
        for k in range(3):
            alone = transmission([table], channels, profiles[k : k + 1], paths[k])
            np.testing.assert_allclose(together.value[k], alone.value[0], atol=2e-6)
        np.testing.assert_allclose(values([table], channels, profiles, paths), together.value, atol=2e-6)


class TestChannels:
    def test_gaussian_of_a_gaussian(self) -> None:
        """A Gaussian line through a Gaussian channel is a Gaussian whose widths add in squares."""
        nu = np.arange(0.01, 40.0, 0.01)
        matrix = gaussian_channels(nu, [19.0, 20.0, 20.7], 1.0)
        line = np.exp(-4 * np.log(2) * ((nu - 20.0) / 0.6) ** 2)
        wide = np.hypot(1.0, 0.6)
        np.testing.assert_allclose(
            matrix @ line, 0.6 / wide * np.exp(-4 * np.log(2) * (np.array([-1.0, 0.0, 0.7]) / wide) ** 2), atol=1e-6
        )

    def test_rows_add_up_to_one(self, channels) -> None:
        np.testing.assert_allclose(channels.sum(axis=1), 1.0, rtol=1e-12)

    def test_tabulated_as_gaussian(self, channels) -> None:
        width = float(CENTRES[0] / 25000)
        distance = np.linspace(-2.5, 2.5, 2001) * width
        shape = 7.0 * np.exp(-4 * np.log(2) * (distance / width) ** 2)
        found = tabulated_channels(GRID, CENTRES[:1], distance, shape)
        np.testing.assert_allclose(found.toarray()[0], channels.toarray()[0], atol=1e-6)

    def test_bad_channels(self) -> None:
        with pytest.raises(BadParameter, match="does not reach around"):
            gaussian_channels(GRID, [6228.1], 0.25)
        with pytest.raises(BadParameter, match="too coarse"):
            gaussian_channels(GRID, [6230.0], 0.01)
        with pytest.raises(BadParameter, match="no area"):
            tabulated_channels(GRID, [6230.0], [-0.1, 0.0, 0.1], [0.0, 0.0, 0.0])
        with pytest.raises(BadParameter, match="made for another grid"):
            transmission(
                [build_table(absorber(), GRID[:9], SMALL)], gaussian_channels(GRID, [6230.0], 0.25), [profile()]
            )


SMALL = Nodes(np.array([1.0, 100.0, 500.0, 1100.0]), np.array([200.0, 320.0]))


class TestSampling:
    def test_profiles_that_it_was_not_trained_with(self, table: CrossSections, channels) -> None:
        """A handful of wavenumbers a channel, and the transmission within 5e-5 of the full sum for other profiles and
        airmasses.
        """
        random = np.random.default_rng(2)

        def some(n: int) -> tuple[list[Layers], list[float]]:
            return [
                profile(random.uniform(900.0, 1040.0), random.uniform(-25.0, 25.0)) for _ in range(n)
            ], random.uniform(2.0, 6.0, n).tolist()

        profiles, paths = some(60)
        training = np.exp(-spectra([table], profiles, paths)["CO2"][:, 0])
        chosen = sample(channels, training)
        profiles, paths = some(20)
        full = values([table], channels, profiles, paths)
        few = values([table.take(chosen.which)], chosen.channels, profiles, paths)
        np.testing.assert_allclose(few, full, atol=5e-5)
        assert chosen.residual.max() < 1e-5
        assert chosen.which.size < 0.2 * GRID.size
        np.testing.assert_allclose(chosen.channels.sum(axis=1), 1.0, rtol=1e-12)

    def test_too_few_spectra(self, channels) -> None:
        with pytest.raises(BadParameter, match="10 or more"):
            sample(channels, np.ones((3, GRID.size)))


class TestFits:
    def test_a_law_of_that_form_is_found(self) -> None:
        """Coefficients come back from transmissions that follow them."""
        amount = np.geomspace(0.05, 8.0, 30)
        ratio = np.tile([0.6, 0.8, 1.0], 10)
        a, n, p = np.array([-0.004, -0.3, -0.02]), np.array([0.55, 0.9, 1.0]), np.array([1.2, 0.5, 0.0])
        wanted = np.exp(a * (amount[:, None] * ratio[:, None] ** p) ** n)
        fit = fit_bands(amount, wanted, ratio)
        np.testing.assert_allclose(fit.a, a, rtol=1e-5)
        np.testing.assert_allclose(fit.n, n, rtol=1e-5)
        np.testing.assert_allclose(fit.p, p, atol=1e-5)
        np.testing.assert_allclose(fit.transmission(amount, ratio), wanted, atol=1e-8)

    def test_strong_and_weak_limits(self, table: CrossSections) -> None:
        """Over weak lines the depth goes with the amount (n = 1), over saturated Lorentz lines with its root (n = 1/2):
        n lies between.
        """
        channels = gaussian_channels(GRID, CENTRES, 0.25)
        airmass = np.linspace(1.0, 6.0, 8)
        fit = fit_bands(airmass, values([table], channels, [profile()] * 8, airmass.tolist()))
        assert np.all((fit.n > 0.4) & (fit.n < 1.01))
        assert fit.largest.max() < 0.02
        thin = [profile(CO2=2e-6)] * 8
        assert np.all(
            np.abs(fit_bands(airmass, transmission([table], channels, thin, airmass.tolist()).value).n - 1.0) < 0.05
        )

    def test_a_clear_channel_has_none(self) -> None:
        fit = fit_bands([1.0, 2.0, 3.0], np.ones((3, 2)))
        assert fit.a.tolist() == [0.0, 0.0]
        assert fit.largest.tolist() == [0.0, 0.0]

    def test_bad_samples(self) -> None:
        with pytest.raises(BadParameter, match="too few samples"):
            fit_bands([1.0, 2.0], [0.9, 0.8])
        with pytest.raises(BadParameter, match="not above 0"):
            fit_bands([0.0, 1.0, 2.0], [1.0, 0.9, 0.8])
        with pytest.raises(BadParameter, match="between 0 and 1"):
            fit_bands([1.0, 2.0, 3.0], [1.2, 0.9, 0.8])


@pytest.mark.parametrize(
    ("file", "gas", "low"), [("hitran_o2.par", "O2", 13080.0), ("hitran_co2_6200_6280.par", "CO2", 6225.0)]
)
def test_real_lines(shared_data: Path, file: str, gas: str, low: float) -> None:
    """A band and CO2 at 1.6 µm: table against line by line in the US standard atmosphere, colder and warmer, airmass 3,
    R = 25 000.
    """
    air = np.genfromtxt(shared_data / "spectroscopy" / "us76_41_layers.csv", delimiter=",", names=True)
    edges = np.append(air["p_bot_hPa"], air["p_top_hPa"][-1])
    of = Absorber(read_lines(shared_data / "spectroscopy" / file)[gas])
    nu = np.arange(low, low + 8.0, 0.004)
    made = build_table(of, nu, Nodes(pressure_nodes(20), temperature_nodes(), np.array([SHARES[gas]])))
    centres = np.arange(low + 1.5, low + 6.5, 0.2)
    channels = gaussian_channels(nu, centres, centres / 25000)
    for warmer in (-20.0, 0.0, 20.0):
        layers = Layers(edges, air["T_mid_K"] + warmer, air["N_air_molec_cm2"], {gas: np.full(41, SHARES[gas])})
        depth = sum(
            n * SHARES[gas] * of.cross_section(nu, p, t, SHARES[gas])
            for n, p, t in zip(layers.air, layers.pressure, layers.temperature, strict=True)
        )
        np.testing.assert_allclose(
            values([made], channels, [layers], [3.0])[0], channels @ np.exp(-3.0 * depth), atol=1e-4
        )
