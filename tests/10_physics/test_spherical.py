"""Wigner functions against Jacobi's polynomials and rotations, and developments in them against quadrature."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import eval_jacobi, eval_legendre

from estran.errors import BadParameter
from estran.physics.scattering import greek_coefficients, mixture, phase_matrix, rayleigh_greek
from estran.physics.spherical import wigner_d, wigner_series

COSINE = np.linspace(-1.0, 1.0, 41)
orders = st.integers(-4, 4)

pytestmark = pytest.mark.usefixtures("one_thread")


def by_jacobi(m: int, n: int, degree: int, cosine: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """d^l_mn by its closed form with Jacobi's polynomials (Varshalovich et al. 1988, 4.3.4), one l at a time."""
    out = np.zeros((degree + 1, cosine.size))
    mu, nu = abs(m - n), abs(m + n)
    sign = 1.0 if n >= m else (-1.0) ** (m - n)
    for k in range(max(abs(m), abs(n)), degree + 1):
        s = k - (mu + nu) // 2
        scale = math.sqrt(
            math.factorial(s) * math.factorial(s + mu + nu) / math.factorial(s + mu) / math.factorial(s + nu)
        )
        half_sine, half_cosine = np.sqrt(0.5 * (1.0 - cosine)), np.sqrt(0.5 * (1.0 + cosine))
        out[k] = sign * scale * half_sine**mu * half_cosine**nu * eval_jacobi(s, mu, nu, cosine)
    return out


@settings(max_examples=40)
@given(orders, orders, st.integers(0, 12))
def test_wigner_functions_by_jacobi(m: int, n: int, degree: int) -> None:
    """Upward recurrence against polynomials of another library, all orders and degrees."""
    np.testing.assert_allclose(wigner_d(m, n, degree, COSINE), by_jacobi(m, n, degree, COSINE), atol=2e-12)


def test_without_orders_they_are_legendres() -> None:
    expected = [eval_legendre(k, COSINE) for k in range(40)]
    np.testing.assert_allclose(wigner_d(0, 0, 39, COSINE), expected, atol=1e-12)


@settings(max_examples=25)
@given(orders, orders, st.floats(0.01, np.pi - 0.01))
def test_they_are_the_elements_of_a_rotation(m: int, n: int, angle: float) -> None:
    """exp(-i angle J_y) in the basis of J_z, by the exponential of a matrix: l = 4."""
    degree = 4
    rising = np.arange(-degree, degree)
    up = np.diag(np.sqrt(degree * (degree + 1) - rising * (rising + 1)), -1)
    values, vectors = np.linalg.eigh((up - up.T) / 2j)
    rotation = (vectors * np.exp(-1j * angle * values)) @ vectors.conj().T
    found = wigner_d(m, n, degree, np.cos(angle))[degree]
    assert float(found) == pytest.approx(float(rotation[degree + m, degree + n].real), abs=1e-11)


@settings(max_examples=25)
@given(orders, orders)
def test_they_are_orthogonal(m: int, n: int) -> None:
    """2 / (2 l + 1) on the diagonal, nothing beside it; by Gauss and Legendre, which is exact for these products."""
    x, w = np.polynomial.legendre.leggauss(30)
    d = wigner_d(m, n, 20, x)
    lowest = max(abs(m), abs(n))
    found = (d * w) @ d.T
    expected = np.diag(np.where(np.arange(21) >= lowest, 2.0 / (2 * np.arange(21) + 1), 0.0))
    np.testing.assert_allclose(found, expected, atol=1e-12)


@given(orders, orders, st.floats(-1.0, 1.0))
def test_symmetries(m: int, n: int, cosine: float) -> None:
    """d_mn = (-1)^(m-n) d_nm = d_-n-m, and d_mn(-x) = (-1)^(l+m) d_m,-n(x), of every degree."""
    here = wigner_d(m, n, 9, cosine)
    np.testing.assert_allclose(here, (-1.0) ** (m - n) * wigner_d(n, m, 9, cosine), atol=1e-12)
    np.testing.assert_allclose(here, wigner_d(-n, -m, 9, cosine), atol=1e-12)
    lowest = max(abs(m), abs(n))
    signs = (-1.0) ** (np.arange(10) + m)
    turned = signs * wigner_d(m, -n, 9, cosine)
    np.testing.assert_allclose(wigner_d(m, n, 9, -cosine)[lowest:], turned[lowest:], atol=1e-12)


def test_high_degrees_stay_bounded() -> None:
    """Elements of a rotation are 1 at the most, at degrees that large particles need too."""
    for m, n in ((0, 0), (2, 2), (2, -2), (0, 2), (30, 2)):
        assert np.abs(wigner_d(m, n, 900, COSINE)).max() <= 1.0 + 1e-10


def test_below_the_lowest_degree_there_is_nothing() -> None:
    assert (wigner_d(3, 2, 2, COSINE) == 0.0).all()
    assert (wigner_d(3, 2, 5, COSINE)[:3] == 0.0).all()
    assert (wigner_series(3, 2, np.ones(3), COSINE) == 0.0).all()


@settings(max_examples=30)
@given(orders, orders, st.integers(1, 30), st.integers(0, 10**6))
def test_series_are_the_sums_of_their_terms(m: int, n: int, degree: int, seed: int) -> None:
    coefficients = np.random.default_rng(seed).normal(size=degree + 1)
    np.testing.assert_allclose(
        wigner_series(m, n, coefficients, COSINE), coefficients @ wigner_d(m, n, degree, COSINE), atol=1e-11
    )


def test_addition_theorem() -> None:
    """Sum over m of d_m0(u) d_m0(v) cos(m p) is Legendre's polynomial of the angle between the directions."""
    u, v, p, degree = 0.3, -0.7, 1.1, 12
    total = np.zeros(degree + 1)
    for m in range(degree + 1):
        factor = 1.0 if m == 0 else 2.0
        total += factor * wigner_d(m, 0, degree, u) * wigner_d(m, 0, degree, v) * math.cos(m * p)
    between = u * v + math.sqrt((1 - u * u) * (1 - v * v)) * math.cos(p)
    np.testing.assert_allclose(total, [eval_legendre(k, between) for k in range(degree + 1)], atol=1e-13)


# --- phase matrices


def henyey_greenstein(g: float, cosine: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray((1.0 - g * g) / (1.0 + g * g - 2.0 * g * cosine) ** 1.5)


@pytest.mark.parametrize("g", [-0.5, 0.3, 0.75])
def test_henyey_and_greenstein_in_powers(g: float) -> None:
    """Henyey and Greenstein (1941): coefficients (2 l + 1) g^l."""
    x, w = np.polynomial.legendre.leggauss(400)
    scalar = henyey_greenstein(g, x)
    elements = np.stack([scalar, scalar, scalar, np.zeros_like(scalar)])
    found = greek_coefficients(x, w, elements, 20)
    np.testing.assert_allclose(found[0], (2 * np.arange(21) + 1) * g ** np.arange(21), atol=1e-10)
    np.testing.assert_allclose(found[3], 0.0, atol=1e-12)
    assert found[0, 1] / 3.0 == pytest.approx(g)


def test_unpolarised_directions_stay_so() -> None:
    """Straight ahead and back b1 is 0, and ahead a2 = a3, for any coefficients that begin at degree 2."""
    greek = np.random.default_rng(3).normal(size=(4, 9))
    greek[1:, :2] = 0.0
    _, a2, a3, b1 = phase_matrix(greek, np.array([1.0, -1.0]))
    np.testing.assert_allclose(b1, 0.0, atol=1e-12)
    assert float(a2[0]) == pytest.approx(float(a3[0]))
    assert float(a2[1]) == pytest.approx(-float(a3[1]))


@given(st.lists(st.tuples(st.floats(0.01, 3.0), st.integers(3, 9)), min_size=1, max_size=4), st.integers(0, 1000))
def test_mixtures_are_weighted_means(parts: list[tuple[float, int]], seed: int) -> None:
    """Of matrices at any angle, whatever their degrees."""
    rng = np.random.default_rng(seed)
    depths = [depth for depth, _ in parts]
    greeks = [np.concatenate([np.eye(4, 1), rng.normal(size=(4, size - 1))], axis=1) for _, size in parts]
    for greek in greeks:
        greek[1:, :2] = 0.0
    matrices = [phase_matrix(greek, COSINE) for greek in greeks]
    expected = np.average(matrices, axis=0, weights=depths)
    np.testing.assert_allclose(phase_matrix(mixture(depths, greeks), COSINE), expected, atol=1e-9)


@pytest.mark.parametrize(("depths", "number"), [([], 0), ([0.0, 0.0], 2), ([-0.1, 0.5], 2), ([0.1], 2)])
def test_what_cannot_be_mixed_gets_a_sentence(depths: list[float], number: int) -> None:
    with pytest.raises(BadParameter, match="one depth, not negative, for each matrix"):
        mixture(depths, [rayleigh_greek()] * number)
