"""Integration over bands: closed forms, a finer path, and what products say of Sentinel-2."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estran.adapters.files.safe.product_metadata import read_product_metadata
from estran.adapters.files.spectra import read_responses, read_solar
from estran.errors import BadParameter
from estran.sensors.bands import SENTINEL2
from estran.sensors.integrate import band_irradiance, band_mean, band_weights, equivalent_wavelength
from estran.sensors.response import Response
from estran.sensors.solar import SolarSpectrum

TRIANGLE = Response("t", np.array([600.0, 620.0, 640.0]), np.array([0.0, 1.0, 0.0]))


def test_moments_of_a_triangle() -> None:
    """Mean of lambda is the centre, its variance a sixth of the half base squared; a spectrum of 0.1 nm is linear
    enough for the square.
    """
    x = np.linspace(590.0, 650.0, 601)
    assert float(band_mean(x, x, TRIANGLE)) == pytest.approx(620.0, abs=1e-10)
    assert float(band_mean(x, (x - 620.0) ** 2, TRIANGLE)) == pytest.approx(20.0**2 / 6, abs=2e-3)


def test_grids_need_not_agree() -> None:
    """A spectrum of three samples, a response of three and a Sun of two: the integral of the cubic is exact."""
    x = np.array([595.0, 611.0, 650.0])
    y = np.array([0.2, 0.5, 0.1])
    sun = SolarSpectrum(np.array([500.0, 700.0]), np.array([2.0, 1.2]))
    fine = np.linspace(600.0, 640.0, 400_001)
    weight = np.interp(fine, TRIANGLE.wavelength, TRIANGLE.value) * np.interp(fine, sun.wavelength, sun.irradiance)
    expected = np.trapezoid(weight * np.interp(fine, x, y), fine) / np.trapezoid(weight, fine)
    assert float(band_mean(x, y, TRIANGLE, sun)) == pytest.approx(float(expected), abs=1e-10)


@given(
    st.lists(st.floats(560.0, 680.0), min_size=2, max_size=40, unique=True), st.floats(-2, 2), st.floats(-0.01, 0.01)
)
def test_a_straight_spectrum_is_taken_at_the_mean_wavelength(inside, level, slope) -> None:
    x = np.unique(np.round([550.0, *inside, 690.0], 6))
    assert float(band_mean(x, level + slope * (x - 620.0), TRIANGLE)) == pytest.approx(level, abs=1e-9)


def test_many_spectra_at_once() -> None:
    x = np.linspace(590.0, 650.0, 61)
    spectra = np.stack([np.full(61, 0.3), x, 2 * x])[None]
    assert band_mean(x, spectra, TRIANGLE) == pytest.approx(np.array([[0.3, 620.0, 1240.0]]))


def test_weights_sum_to_one_and_do_not_leave_the_band() -> None:
    x = np.linspace(300.0, 1000.0, 701)
    weights = band_weights(x, TRIANGLE)
    assert weights.sum() == pytest.approx(1.0, abs=1e-14)
    assert (weights[(x < 599) | (x > 641)] == 0.0).all()


@pytest.mark.parametrize(("first", "last"), [(610.0, 700.0), (500.0, 630.0), (700.0, 800.0)])
def test_a_response_outside_the_spectrum_gets_a_sentence(first: float, last: float) -> None:
    with pytest.raises(BadParameter, match=r"reaches outside the spectrum.*expected a spectrum from 601? to 6"):
        band_weights(
            np.linspace(first, last, 50),
            Response("t", np.arange(600.0, 641.0), np.concatenate([np.arange(21), np.arange(19, -1, -1)])),
        )


def test_a_faint_tail_may_be_missed() -> None:
    tail = Response("t", np.array([600.0, 620.0, 640.0, 700.0]), np.array([0.0, 1.0, 0.0, 1e-4]))
    assert float(band_mean(np.array([590.0, 660.0]), np.array([1.0, 1.0]), tail)) == pytest.approx(1.0)


def test_another_length_gets_a_sentence() -> None:
    with pytest.raises(BadParameter, match="as many values as wavelengths"):
        band_mean(np.linspace(590, 650, 7), np.ones(8), TRIANGLE)


def test_irradiance_of_products(shared_data: Path) -> None:
    """ESA's products carry the irradiance of each band: Thuillier 2003 over the responses, as we integrate them, to
    0.06 %.
    """
    (path, *_) = sorted((shared_data / "s2_l1c_metadata").glob("S2A*.SAFE/MTD_MSIL1C.xml"))
    said = read_product_metadata(path.read_bytes(), path.name).solar_flux
    # Up to 2021 products were made with the responses of January 2018.
    responses = read_responses(shared_data / "solar_srf_gas" / "S2A_MSI.txt")
    thuillier = read_solar(shared_data / "solar_srf_gas" / "Thuillier2003.txt")
    ours = [1000 * band_irradiance(thuillier, responses[band.name]) for band in SENTINEL2]
    np.testing.assert_allclose(ours, [said[band.name] for band in SENTINEL2], rtol=6e-4)


def test_centres_and_widths_of_the_band_table(shared_data: Path) -> None:
    """`sensors.bands` against the responses of v4.0 as text: centres to their last digit, widths to 1 nm as ESA rounds
    them.
    """
    responses = read_responses(shared_data / "solar_srf_gas" / "S2A_MSI_V4.txt")
    for band in SENTINEL2:
        assert responses[band.name].centre == pytest.approx(band.wavelength, abs=0.11), band.name
        assert responses[band.name].width == pytest.approx(band.width, abs=0.8), band.name


def test_sunlight_moves_the_mean_wavelength(shared_data: Path) -> None:
    """Bands beyond the Sun's peak see more of their short side; B12, the widest, by 6 nm."""
    sun = read_solar(shared_data / "solar_srf_gas" / "Coddington2021_1_0nm.txt")
    responses = read_responses(shared_data / "solar_srf_gas" / "S2A_MSI_V4.txt")
    moved = {name: equivalent_wavelength(r, sun) - r.centre for name, r in responses.items()}
    assert all(moved[name] < 0 for name in ("B4", "B7", "B8", "B8A", "B11", "B12"))
    assert -7 < moved["B12"] < -4
