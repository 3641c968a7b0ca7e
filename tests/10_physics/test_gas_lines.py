"""Lines, partition sums and cross-sections: laws, closed forms, and HAPI on the same lines."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import replace
from pathlib import Path

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estran.adapters.files.line_lists import read_lines
from estran.errors import BadParameter
from estran.physics.gas.constants import SECOND_RADIATION
from estran.physics.gas.isotopologues import ISOTOPOLOGUES
from estran.physics.gas.line_by_line import cross_section
from estran.physics.gas.lines import Lines, line_list, line_state
from estran.physics.gas.partition import partition_ratio


def one_line(**changes: float) -> Lines:
    values = {
        "isotopologue": 1, "wavenumber": 6230.0, "intensity": 1e-23, "air_width": 0.07, "self_width": 0.1,
        "lower_energy": 200.0, "exponent": 0.7, "shift": -0.006,
    }  # fmt: skip
    return line_list("CO2", **{k: [v] for k, v in (values | changes).items()})


def random_lines(number: int, seed: int = 5) -> Lines:
    random = np.random.default_rng(seed)
    draw = random.uniform
    return line_list(
        "CO2",
        np.ones(number),
        draw(6200.0, 6260.0, number),
        10.0 ** draw(-26.0, -22.5, number),
        draw(0.05, 0.1, number),
        draw(0.06, 0.12, number),
        draw(0.0, 1500.0, number),
        draw(0.6, 0.8, number),
        draw(-0.008, 0.0, number),
    )


class TestPartitionSums:
    def test_reference_is_one(self) -> None:
        for molecule, number in ISOTOPOLOGUES:
            assert float(partition_ratio(molecule, number, 296.0)) == pytest.approx(1.0, abs=1e-6)

    def test_rigid_linear_rotor(self) -> None:
        """CO has hardly any vibration below 300 K: Q goes as kT/(hcB) + 1/3 (Herzberg 1950), with B = 1.9225 cm⁻¹ in
        the ground state.
        """
        b = 1.9225
        q = lambda t: t / (SECOND_RADIATION * b) + 1.0 / 3.0  # noqa: E731 - the formula
        for t in (150.0, 200.0, 250.0):
            assert float(partition_ratio(5, 1, t)) == pytest.approx(q(t) / q(296.0), rel=5e-4)

    def test_published_values_of_tips(self) -> None:
        """O2, first isotopologue: 170.9 at 235 K, 207.1 at 285 K, read from the older table that comes with TCCON's
        programs (0.17136e3, 0.20775e3).
        """
        assert float(partition_ratio(7, 1, 235.0) / partition_ratio(7, 1, 285.0)) == pytest.approx(
            171.36 / 207.75, rel=2e-4
        )

    @pytest.mark.filterwarnings("ignore")
    def test_tips_itself(self) -> None:
        """The sums that the series were fitted to, between the fit's own temperatures, for every isotopologue."""
        with contextlib.redirect_stdout(io.StringIO()):
            hapi = pytest.importorskip("hapi")
        for molecule, number in ISOTOPOLOGUES:
            at = {t: hapi.partitionSum(molecule, number, t, version=2021) for t in (150.5, 217.3, 296.0, 333.7)}
            for t, q in at.items():
                assert float(partition_ratio(molecule, number, t)) == pytest.approx(q / at[296.0], rel=3e-6)

    @pytest.mark.parametrize("celsius", [15.0, -40.0, np.nan, 400.0])
    def test_temperatures_outside(self, celsius: float) -> None:
        with pytest.raises(BadParameter, match="140 to 360 K"):
            partition_ratio(7, 1, celsius)

    def test_unknown_isotopologue(self) -> None:
        with pytest.raises(BadParameter, match="unknown"):
            partition_ratio(2, 20, 250.0)


class TestLineState:
    def test_ratio_of_two_lines_tells_their_energy(self) -> None:
        """The partition sum is the same for both: what is left is Boltzmann's factor and stimulated emission (which is
        1 here).
        """
        low, high = one_line(lower_energy=100.0), one_line(lower_energy=900.0)
        ratio = [
            float(line_state(high, 500.0, t).intensity[0] / line_state(low, 500.0, t).intensity[0])
            for t in (296.0, 220.0)
        ]
        assert ratio[0] == pytest.approx(1.0, rel=1e-12)
        assert np.log(ratio[1]) == pytest.approx(-SECOND_RADIATION * 800.0 * (1 / 220.0 - 1 / 296.0), rel=1e-9)

    def test_doppler_width_by_its_usual_formula(self) -> None:
        """3.581e-7 ν √(T/M), with M in g/mol (HITRAN's definitions, three figures more)."""
        state = line_state(one_line(), 500.0, 250.0)
        assert float(state.doppler[0]) == pytest.approx(3.58116e-7 * 6230.0 * np.sqrt(250.0 / 43.98983), rel=2e-6)

    def test_pressure_broadens_and_shifts(self) -> None:
        state = line_state(one_line(), 1013.25 / 2, 296.0, 0.25)
        assert float(state.lorentz[0]) == pytest.approx(0.5 * (0.75 * 0.07 + 0.25 * 0.1), rel=1e-12)
        assert float(state.centre[0]) == pytest.approx(6230.0 - 0.003, rel=1e-12)
        assert float(line_state(one_line(), 1013.25, 148.0).lorentz[0]) == pytest.approx(0.07 * 2.0**0.7, rel=1e-12)

    def test_abundance(self) -> None:
        half = one_line().with_abundance(1, 0.4921)
        assert float(half.intensity[0] / 1e-23) == pytest.approx(0.5, rel=1e-4)


class TestCrossSection:
    def test_integral_is_the_intensity(self) -> None:
        """Over the 25 cm⁻¹ that are followed; the Lorentzian's tail beyond is 2 γ / (π 25) of it."""
        lines = one_line(shift=0.0)
        nu = 6230.0 + np.sinh(np.linspace(-1, 1, 20001) * np.arcsinh(25.0 / 0.001)) * 0.001
        area = np.trapezoid(cross_section(lines, nu, 1013.25, 296.0), nu)
        assert area == pytest.approx(1e-23 * (1.0 - 2.0 * 0.07 / (np.pi * 25.0)), rel=2e-6)

    def test_two_halves_of_a_list_add_up(self) -> None:
        lines, nu = random_lines(300), np.arange(6215.0, 6245.0, 0.01)
        odd = np.arange(300) % 2 == 0
        whole = cross_section(lines, nu, 400.0, 250.0)
        parts = cross_section(lines.take(odd), nu, 400.0, 250.0) + cross_section(lines.take(~odd), nu, 400.0, 250.0)
        np.testing.assert_allclose(whole, parts, rtol=1e-12)

    def test_the_grid_does_not_matter(self) -> None:
        """Every sample alone, in an uneven grid, and with another number of threads: the same bits."""
        lines, nu = random_lines(200), np.arange(6215.0, 6245.0, 0.004)
        whole = cross_section(lines, nu, 400.0, 250.0)
        some = np.sort(np.random.default_rng(1).choice(nu.size, 500, replace=False))
        np.testing.assert_array_equal(cross_section(lines, nu[some], 400.0, 250.0), whole[some])
        threads = numba.get_num_threads()
        numba.set_num_threads(1)
        try:
            np.testing.assert_array_equal(cross_section(lines, nu, 400.0, 250.0), whole)
        finally:
            numba.set_num_threads(threads)

    def test_against_a_plain_sum_with_scipy(self) -> None:
        """The formula written once more, with SciPy's function, sample by sample."""
        from scipy.special import wofz

        lines, nu = random_lines(60), np.arange(6228.0, 6232.0, 0.005)
        for pressure, temperature in ((1000.0, 290.0), (100.0, 215.0), (1.0, 260.0)):
            s = line_state(lines, pressure, temperature, 0.1)
            z = np.sqrt(np.log(2.0)) * (nu[:, None] - s.centre + 1j * s.lorentz) / s.doppler
            terms = s.intensity * np.sqrt(np.log(2.0) / np.pi) / s.doppler * wofz(z).real
            plain = np.where(np.abs(nu[:, None] - lines.wavenumber) <= 25.0, terms, 0.0).sum(axis=1)
            np.testing.assert_allclose(cross_section(lines, nu, pressure, temperature, 0.1), plain, rtol=3e-8)

    def test_pedestal_goes_and_nothing_is_negative(self) -> None:
        lines, nu = one_line(shift=0.0), np.array([6204.9, 6205.0001, 6220.0, 6229.0])
        whole, cut = cross_section(lines, nu, 1013.25, 296.0), cross_section(lines, nu, 1013.25, 296.0, pedestal=False)
        assert whole[0] == cut[0] == 0.0
        assert cut[1] < 1e-4 * whole[1]
        np.testing.assert_allclose(whole[1:] - cut[1:], whole[1], rtol=1e-4)
        assert np.all(cut >= 0.0)

    @settings(max_examples=25)
    @given(st.floats(0.05, 1100.0), st.floats(160.0, 330.0), st.floats(1.1, 3.0))
    def test_more_pressure_fills_the_wings(self, pressure: float, temperature: float, factor: float) -> None:
        """Half a wavenumber away from a line, far from its core: the cross-section goes as the pressure, and never
        falls with it.
        """
        lines = one_line(shift=0.0)
        nu = np.array([6229.0])
        one, more = (
            cross_section(lines, nu, pressure, temperature)[0],
            cross_section(lines, nu, min(pressure * factor, 1100.0), temperature)[0],
        )
        assert 0.0 < one <= more * (1 + 1e-12)

    def test_bad_input_is_reported_in_a_sentence(self) -> None:
        lines = one_line()
        with pytest.raises(BadParameter, match=r"no line of CO2 is in the window.*6230"):
            cross_section(lines, np.arange(4800.0, 4810.0), 500.0, 250.0)
        with pytest.raises(BadParameter, match="not wavelengths in nm"):
            cross_section(lines, np.arange(1600.0, 1610.0), 500.0, 250.0)
        with pytest.raises(BadParameter, match="do not rise"):
            cross_section(lines, np.array([6230.0, 6229.0]), 500.0, 250.0)
        with pytest.raises(BadParameter, match="not above 0"):
            cross_section(lines, np.array([6230.0]), 0.0, 250.0)
        with pytest.raises(BadParameter, match="kelvin"):
            cross_section(lines, np.array([6230.0]), 500.0, 15.0)
        with pytest.raises(BadParameter, match="ppm"):
            cross_section(lines, np.array([6230.0]), 500.0, 250.0, 400.0)
        with pytest.raises(BadParameter, match="not sorted"):
            replace(random_lines(3), wavenumber=np.array([3.0, 2.0, 1.0]))
        with pytest.raises(BadParameter, match="negative"):
            one_line(intensity=-1.0)
        with pytest.raises(BadParameter, match="differ in length"):
            line_list("CO2", [1, 1], [1.0], [1.0], [1.0], [1.0], [1.0], [1.0], [1.0])
        with pytest.raises(BadParameter, match="gas is unknown"):
            line_list("XY", [1], [1.0], [1.0], [1.0], [1.0], [1.0], [1.0], [1.0])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("file", "gas", "low", "high"),
    [
        ("hitran_o2.par", "O2", 13120.0, 13150.0),
        ("hitran_co2_6200_6280.par", "CO2", 6225.0, 6240.0),
        ("hitran_h2o_4545_5405.par", "H2O", 4900.0, 4910.0),
    ],
)
def test_hapi_on_the_same_lines(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, gas: str, low: float, high: float
) -> None:
    """Within 1.5e-4 (most samples: 1e-5), which is the accuracy of HAPI's probability function (one term of the
    continued fraction beyond |x| + y = 15).

    Left out: samples within 1e-5 cm⁻¹ of where a line is cut, in or out by rounding. No fraction of the gas itself:
    HAPI then has the shift by air in full.
    """
    path = shared_data / "spectroscopy" / file
    with contextlib.redirect_stdout(io.StringIO()):
        hapi = pytest.importorskip("hapi")
        rows = [
            row[:160] for row in path.read_text("ascii").splitlines() if low - 25.0 <= float(row[3:15]) <= high + 25.0
        ]
        header = json.loads((shared_data / "spectroscopy" / "hitran_co2_6200_6280.header.json").read_text())
        (tmp_path / f"{gas}.header").write_text(json.dumps(header | {"table_name": gas, "number_of_rows": len(rows)}))
        (tmp_path / f"{gas}.data").write_text("".join(row + "\n" for row in rows))
        monkeypatch.chdir(tmp_path)
        hapi.db_begin(str(tmp_path))
        lines = read_lines(path)[gas]
        for pressure, temperature in ((1000.0, 290.0), (250.0, 225.0), (15.0, 215.0)):
            nu, theirs = hapi.absorptionCoefficient_Voigt(
                SourceTables=gas,
                Environment={"T": temperature, "p": pressure / 1013.25},
                WavenumberRange=[low, high],
                WavenumberStep=0.004,
                WavenumberWing=25.0,
                WavenumberWingHW=0.0,
                IntensityThreshold=0.0,
                Diluent={"air": 1.0},
                HITRAN_units=True,
                partitionFunction=hapi.PYTIPS2021,
            )
            ends = np.concatenate([lines.wavenumber - 25.0, lines.wavenumber + 25.0])
            ends = ends[(ends > low - 1.0) & (ends < high + 1.0)]
            clear = np.abs(nu[:, None] - ends).min(axis=1, initial=1.0) > 1e-5
            ours = cross_section(lines, nu, pressure, temperature)
            np.testing.assert_allclose(ours[clear], theirs[clear], rtol=1.5e-4)
