"""The Voigt profile against its limits and against SciPy's function."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import wofz

from estran.physics.gas.voigt import faddeeva, far_imaginary, far_real, voigt


@pytest.mark.parametrize(
    ("low", "high", "tolerance"), [(-7.0, -6.0, 1e-7), (-6.0, -4.0, 1e-8), (-4.0, 0.0, 1e-10), (0.0, 3.0, 1e-12)]
)
def test_against_scipy(low: float, high: float, tolerance: float) -> None:
    """Half the points near the origin, half as far as the wings go; the real part is what is absorbed, and the worst
    where it is smallest.
    """
    random = np.random.default_rng(3)
    x = np.concatenate([random.uniform(-12.0, 12.0, 40000), 10.0 ** random.uniform(0.0, 4.5, 40000)])
    z = x + 1j * 10.0 ** random.uniform(low, high, x.size)
    ours, theirs = faddeeva(z), wofz(z)
    np.testing.assert_allclose(ours.real, theirs.real, rtol=tolerance)
    np.testing.assert_allclose(ours.imag, theirs.imag, rtol=0.0, atol=1e-12)


def test_far_wings_against_scipy() -> None:
    """Two terms, where the loops over wings use them."""
    random = np.random.default_rng(4)
    x, y = 10.0 ** random.uniform(2.0, 5.0, 20000), 10.0 ** random.uniform(-6.0, 2.0, 20000)
    theirs = wofz(x + 1j * y)
    for k in range(0, x.size, 40):
        assert far_real(x[k], y[k]) == pytest.approx(theirs[k].real, rel=4e-8)
        assert far_imaginary(x[k], y[k]) == pytest.approx(theirs[k].imag, rel=1e-8)


def test_doppler_limit() -> None:
    """Without collisions: a Gaussian whose half width is at half its height."""
    nu = np.linspace(-0.03, 0.03, 201)
    gauss = np.sqrt(np.log(2.0) / np.pi) / 0.01 * np.exp(-np.log(2.0) * (nu / 0.01) ** 2)
    np.testing.assert_allclose(voigt(nu, 0.01, 1e-9), gauss, rtol=1e-5, atol=1e-6)


def test_lorentz_limit() -> None:
    """With collisions that dwarf the Doppler width: Lorentz, to the square of the ratio of the widths."""
    nu = np.linspace(-20.0, 20.0, 401)
    np.testing.assert_allclose(voigt(nu, 1e-4, 0.1), 0.1 / np.pi / (nu**2 + 0.01), rtol=2e-5)


@given(st.floats(1e-4, 0.1), st.floats(1e-6, 0.5))
def test_area_is_one(doppler: float, lorentz: float) -> None:
    """Integrated to 2 000 widths, with the tail of the Lorentzian beyond added in closed form."""
    reach = 2000.0 * (doppler + lorentz)
    nu = np.sinh(np.linspace(0.0, np.arcsinh(reach / (0.02 * doppler)), 60001)) * 0.02 * doppler
    area = 2.0 * np.trapezoid(voigt(nu, doppler, lorentz), nu) + 2.0 * lorentz / (np.pi * reach)
    assert area == pytest.approx(1.0, rel=2e-6)


@given(st.floats(0.0, 30.0), st.floats(1e-5, 10.0), st.floats(1e-3, 1.0))
def test_symmetric_and_falling(x: float, y: float, step: float) -> None:
    near, far, other = faddeeva(np.array([x + 1j * y, x + step + 1j * y, -x + 1j * y])).real
    assert other == pytest.approx(near, rel=1e-12)
    assert far < near
