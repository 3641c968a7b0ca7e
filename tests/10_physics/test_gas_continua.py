"""Line mixing and continua: conservation laws, closed forms, published figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from estran.adapters.files.line_lists import read_collision_induced, read_lines, read_mixed_band, read_water_continuum
from estran.errors import BadParameter
from estran.physics.gas.absorber import Absorber, absorption_coefficient
from estran.physics.gas.collision_induced import CollisionInduced, oxygen_1270nm
from estran.physics.gas.constants import LOSCHMIDT, SECOND_RADIATION
from estran.physics.gas.continuum import WaterContinuum
from estran.physics.gas.line_by_line import cross_section
from estran.physics.gas.line_mixing import MixedBand, mixing_coefficients, relaxation_matrix, with_band
from estran.physics.gas.lines import line_list


@pytest.fixture(scope="module")
def band(shared_data: Path) -> MixedBand:
    folder = shared_data / "spectroscopy"
    return read_mixed_band(folder / "o2_aband_SDFO2.dat", folder / "o2_aband_RMFO2.dat")


class TestLineMixing:
    def test_detailed_balance(self, band: MixedBand) -> None:
        """What line k gives to l, l gives back: rates weighted by populations are symmetric."""
        w = relaxation_matrix(band, 240.0)
        populations = band.population * np.exp(-SECOND_RADIATION * band.lower_energy * (1 / 240.0 - 1 / 296.0))
        flow = w * populations[None, :]
        np.testing.assert_allclose(flow, flow.T, rtol=1e-9, atol=1e-12 * np.abs(flow).max())

    def test_sum_rule(self, band: MixedBand) -> None:
        """All that a line loses, the others gain, but for what the rule leaves; the last line has none after it to
        scale.
        """
        w = relaxation_matrix(band, 260.0)
        left = 0.04 * band.rigid_dipole * (1.0 - np.abs(band.m) / 36.0) ** 2
        np.testing.assert_allclose((band.rigid_dipole @ w)[:-1], left[:-1], atol=1e-12)

    @pytest.mark.parametrize("temperature", [200.0, 296.0])
    def test_mixing_moves_absorption_and_makes_none(self, band: MixedBand, temperature: float) -> None:
        """The sum of S Y over the band is 0: nothing is gained in the whole band (S as the populations and dipoles have
        it).
        """
        y = mixing_coefficients(band, temperature)
        strength = (
            band.population
            * band.dipole**2
            * np.exp(-SECOND_RADIATION * band.lower_energy * (1 / temperature - 1 / 296.0))
        )
        strength = strength[np.argsort(band.wavenumber)]
        assert abs(np.sum(strength * y)) < 1e-10 * np.sum(strength * np.abs(y))

    def test_band_of_the_reference_program(self, band: MixedBand) -> None:
        """Absorption [cm⁻¹] at 1 atm, 296 K, 20.95 % O2, by the Fortran of Tran et al. 2006 in TCCON's programs (widths
        as in the file) on the same files.

        It takes one Doppler width for the whole band, and the factor ν of the sample for that of the line: 3e-3 between
        the lines. Last: collisions.
        """
        nu = np.array([13000.0, 13050.0, 13100.0, 13125.0, 13150.0, 13160.0, 13165.0, 13190.0])
        lines = band.lines()
        y = mixing_coefficients(band, 296.0, 1013.25)
        alone = absorption_coefficient(cross_section(lines, nu, 1013.25, 296.0, cut=300.0), 1013.25, 296.0, 0.2095)
        mixed = (
            absorption_coefficient(
                cross_section(lines, nu, 1013.25, 296.0, cut=300.0, mixing=y), 1013.25, 296.0, 0.2095
            )
            - alone
        )
        np.testing.assert_allclose(alone, REFERENCE_VOIGT, rtol=2e-2)
        np.testing.assert_allclose(mixed, REFERENCE_MIXING, rtol=2e-2)

    def test_intensities_are_those_of_hitran(self, shared_data: Path, band: MixedBand) -> None:
        """0.4 to 1.3 % apart: the same measurements, other editions."""
        listed = read_lines(shared_data / "spectroscopy" / "hitran_o2.par")["O2"]
        own = band.lines()
        strong = own.take(own.intensity > 1e-25)
        listed = listed.take(listed.isotopologue == 1)
        listed = listed.take(listed.intensity > 1e-26)
        at = [int(np.argmin(np.abs(listed.wavenumber - nu))) for nu in strong.wavenumber]
        np.testing.assert_allclose(strong.intensity / listed.intensity[at], 1.008, atol=0.006)

    def test_band_takes_the_place_of_its_lines(self, shared_data: Path, band: MixedBand) -> None:
        listed = read_lines(shared_data / "spectroscopy" / "hitran_o2.par")["O2"]
        merged, place = with_band(listed, band)
        np.testing.assert_array_equal(merged.wavenumber[place], np.sort(band.wavenumber))
        near = (listed.isotopologue == 1) & (np.abs(listed.wavenumber[:, None] - band.wavenumber).min(axis=1) < 0.1)
        assert len(merged) == len(listed) - int(near.sum()) + 70

    def test_a_matrix_of_other_lines_is_refused(self, band: MixedBand) -> None:
        with pytest.raises(BadParameter, match="70 x 70"):
            MixedBand(**{**vars(band), "relaxation": band.relaxation[:5, :5]})


REFERENCE_VOIGT = np.array(
    [1.726308e-06, 7.258896e-07, 1.530507e-06, 1.645444e-07, 1.587817e-05, 1.328117e-06, 1.239922e-06, 6.166925e-09]
)
REFERENCE_MIXING = np.array(
    [3.921954e-09, -1.918930e-08, 2.809800e-08, -1.804777e-08, 4.490072e-08, 2.882905e-08, 5.621644e-08, -3.573432e-09]
)


class TestCollisions:
    def test_goes_with_the_square_of_density(self) -> None:
        band = oxygen_1270nm()
        nu = np.array([7880.0])
        one, two = (
            absorption_coefficient(band.cross_section(nu, p, 250.0), p, 250.0, 0.2095)[0] for p in (400.0, 800.0)
        )
        assert two == pytest.approx(4.0 * one, rel=1e-12)

    def test_integral_of_the_measurement(self) -> None:
        """The table of LBLRTM after Maté et al. 1999, in dry air, has 1.2577e-4 cm⁻² amagat⁻² between 7536 and 8500
        cm⁻¹ (trapezium over its 2 cm⁻¹).
        """
        band = oxygen_1270nm()
        integral = np.trapezoid(band.coefficient[0], band.wavenumber) * LOSCHMIDT**2
        assert integral == pytest.approx(1.2577e-4, rel=1e-3)

    def test_samples_of_the_measurement(self) -> None:
        """Four samples of the same table, times 0.9953 for dry air: within 3 % of the peak (8.0e-7)."""
        band = oxygen_1270nm()
        found = np.interp([7634.0, 7736.0, 7890.0], band.wavenumber, band.coefficient[0]) * LOSCHMIDT**2
        np.testing.assert_allclose(found, np.array([9.827e-9, 5.341e-8, 8.048e-7]) * 0.9953, atol=0.03 * 8.0e-7)

    def test_takes_a_tenth_of_the_light(self, shared_data: Path) -> None:
        """US standard atmosphere, airmass 2, at the peak: eleven to fourteen percent (13 % was found with LBLRTM's
        continuum).
        """
        air = np.genfromtxt(shared_data / "spectroscopy" / "us76_41_layers.csv", delimiter=",", names=True)
        band, nu = oxygen_1270nm(), np.array([7890.0])
        depth = sum(
            n * 0.2095 * band.cross_section(nu, p, t)[0]
            for n, p, t in zip(air["N_air_molec_cm2"], air["p_mid_hPa"], air["T_mid_K"], strict=True)
        )
        assert 0.11 < 1.0 - np.exp(-2.0 * depth) < 0.14

    def test_tran_at_the_a_band(self, shared_data: Path) -> None:
        """The file's own number, as the reference program takes it: divided by 0.209, times the fraction of O2 and the
        square of the density in amagat.
        """
        (band,) = read_collision_induced(shared_data / "spectroscopy" / "o2_aband_CIAO2.dat")
        found = absorption_coefficient(band.cross_section(np.array([13190.0]), 1013.25, 296.0), 1013.25, 296.0, 0.2095)
        assert found[0] == pytest.approx(7.3211440855e-9, rel=1e-6)

    def test_between_temperatures(self) -> None:
        band = CollisionInduced(
            "O2", "O2", np.array([1.0, 2.0]), np.array([200.0, 300.0]), np.array([[1.0, 1.0], [3.0, 3.0]])
        )
        middle, low, outside = (band.cross_section(np.array([1.5]), 1000.0, t)[0] * t for t in (250.0, 200.0, 150.0))
        assert middle == pytest.approx(2.0 * low)
        assert outside == pytest.approx(low)
        assert band.cross_section(np.array([3.0]), 1000.0, 250.0)[0] == 0.0

    def test_nothing_is_counted_twice(self) -> None:
        lines = line_list("O2", [1], [7890.0], [1e-26], [0.05], [0.05], [100.0], [0.7], [0.0])
        other = CollisionInduced("O2", "N2", np.array([7800.0, 7900.0]), np.array([296.0]), np.ones((1, 2)))
        with pytest.raises(BadParameter, match="counted twice"):
            Absorber(lines, collisions=(oxygen_1270nm(), other))


class TestWaterContinuum:
    def test_at_its_reference(self, shared_data: Path) -> None:
        """At the reference the table itself, times the radiation term."""
        continuum = read_water_continuum(shared_data / "spectroscopy" / "mt_ckd_h2o_absco-ref.nc")
        nu = continuum.wavenumber[[100, 500, 1000, 1500]]
        radiation = nu * np.tanh(0.5 * SECOND_RADIATION * nu / continuum.temperature)
        own = continuum.cross_section(nu, continuum.pressure, continuum.temperature, 1.0)
        foreign = continuum.cross_section(nu, continuum.pressure, continuum.temperature, 0.0)
        np.testing.assert_allclose(own, continuum.own[[100, 500, 1000, 1500]] * radiation, rtol=1e-12)
        np.testing.assert_allclose(foreign, continuum.foreign[[100, 500, 1000, 1500]] * radiation, rtol=1e-12)

    def test_cubic_between_samples(self) -> None:
        """A quadratic is met exactly by cubic convolution (Keys 1981)."""
        nu = np.arange(0.0, 200.0, 10.0)
        flat = WaterContinuum(
            nu, np.zeros(20), 1.0 + 0.01 * nu, np.zeros(20), 1013.0, 1e-3
        )  # so cold that the radiation term is the wavenumber
        at = np.array([33.0, 57.5, 101.0])
        np.testing.assert_allclose(flat.cross_section(at, 1013.0, 1e-3, 0.0), (1.0 + 0.01 * at) * at, rtol=1e-12)
        assert flat.cross_section(np.array([300.0]), 1013.0, 1e-3, 0.0)[0] == 0.0

    def test_belongs_to_water(self) -> None:
        lines = line_list("CO2", [1], [6200.0], [1e-26], [0.05], [0.05], [100.0], [0.7], [0.0])
        with pytest.raises(BadParameter, match="belongs to H2O"):
            Absorber(lines, water=WaterContinuum(np.arange(5.0), *(np.ones(5) for _ in range(3)), 1013.0, 296.0))
