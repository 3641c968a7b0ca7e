"""Mie's theory against published tables, limits and laws."""

from __future__ import annotations

import numpy as np
import pytest

from estran.errors import BadParameter
from estran.physics.aerosol.mie import amplitudes, coefficients, efficiencies


@pytest.mark.parametrize(
    ("size", "index", "extinction", "scattering", "asymmetry"),
    [
        (10.0, 0.75, 2.232265, 2.232265, 0.896473),
        (1000.0, 0.75, 1.997908, 1.997908, 0.844944),
        (100.0, 1.33 - 1e-5j, 2.101321, 2.096594, 0.868959),
        (10000.0, 1.33 - 1e-5j, 2.004089, 1.723857, 0.907840),
        (1.0, 1.5 - 1j, 2.336321, 0.663454, 0.192136),
        (100.0, 1.5 - 1j, 2.097502, 1.283697, 0.850252),
    ],
)
def test_wiscombe_1979(size: float, index: complex, extinction: float, scattering: float, asymmetry: float) -> None:
    """Wiscombe 1979, NCAR/TN-140+STR, tables of test cases: six decimals. The case x = 10000 fails by 3e-3 where the
    downward recurrence starts too near.
    """
    found = [float(v[0]) for v in efficiencies([size], index)]
    np.testing.assert_allclose(found, [extinction, scattering, asymmetry], atol=6e-7)


def test_bohren_and_huffman_appendix_a() -> None:
    """Their sample: 0.525 µm at 0.6328 µm, index 1.55: Q_sca 3.10543, Q_back 2.92534, and relative elements at 9 and 90
    degrees.
    """
    x = 2 * np.pi * 0.525 / 0.6328
    a, b = coefficients([x], 1.55)
    across, parallel = amplitudes(a, b, np.cos(np.radians([0.0, 9.0, 90.0, 180.0])))
    assert float(efficiencies([x], 1.55)[1][0]) == pytest.approx(3.10543, abs=6e-6)
    assert 4 / x**2 * abs(across[0, 3]) ** 2 == pytest.approx(2.92534, abs=6e-6)
    s11 = 0.5 * (np.abs(across[0]) ** 2 + np.abs(parallel[0]) ** 2)
    assert s11[1] / s11[0] == pytest.approx(0.785390, abs=1e-6)


def test_small_spheres_scatter_like_dipoles() -> None:
    x, index = 1e-3, 1.5
    polarisability = (index**2 - 1) / (index**2 + 2)
    assert float(efficiencies([x], index)[1][0]) == pytest.approx(8 / 3 * x**4 * polarisability**2, rel=1e-5)
    cosine = np.linspace(-1, 1, 7)
    across, parallel = amplitudes(*coefficients([x], index), cosine)
    np.testing.assert_allclose(parallel / across, cosine[None, :] + 0j, atol=1e-6)


def test_forward_light_and_extinction_are_one() -> None:
    """Optical theorem: Q_ext = 4 / x² Re S(0), for absorbing spheres too."""
    sizes = np.array([0.3, 5.0, 60.0])
    a, b = coefficients(sizes, 1.45 + 0.02j)
    forward, other = amplitudes(a, b, np.array([1.0]))
    np.testing.assert_allclose(4 / sizes**2 * forward[:, 0].real, efficiencies(sizes, 1.45 + 0.02j)[0])
    np.testing.assert_allclose(forward, other)


def test_scattered_light_adds_up() -> None:
    """The integral over all directions of both polarisations is the scattering efficiency; its first moment the
    asymmetry.
    """
    x = 7.0
    cosine, weight = np.polynomial.legendre.leggauss(64)
    across, parallel = amplitudes(*coefficients([x], 1.4 + 0.01j), cosine)
    pattern = (np.abs(across[0]) ** 2 + np.abs(parallel[0]) ** 2) / x**2
    _, scattering, asymmetry = efficiencies([x], 1.4 + 0.01j)
    assert pattern @ weight == pytest.approx(float(scattering[0]))
    assert (pattern * cosine) @ weight / (pattern @ weight) == pytest.approx(float(asymmetry[0]))


def test_large_spheres_take_twice_their_shadow() -> None:
    assert float(efficiencies([5000.0], 1.33 + 0.05j)[0][0]) == pytest.approx(2.0, abs=0.01)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan])
def test_impossible_spheres(bad: float) -> None:
    with pytest.raises(BadParameter, match="above 0"):
        coefficients([1.0, bad], 1.5)
