"""Spheres and mixtures of them: coefficients by Bessel functions of another library, limits of small, soft and large
spheres, and what a mixture must keep.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate
from scipy.special import lpmv, spherical_jn, spherical_yn

from estran.errors import BadParameter
from estran.physics.aerosol import MODELS, AerosolModel, optics
from estran.physics.aerosol.mie import amplitudes, coefficients, cross_sections, efficiencies, terms
from estran.physics.aerosol.modes import Mode, Substance
from estran.physics.scattering import phase_matrix

Complex = npt.NDArray[np.complex128]
PLAIN = Substance((400.0, 2500.0), (1.45, 1.45), (0.01, 0.01), "made up")

sizes = st.floats(0.05, 40.0)
reals, imaginaries = st.floats(1.1, 2.0), st.floats(0.0, 0.6)

pytestmark = pytest.mark.usefixtures("one_thread")


def riccati(order: npt.NDArray[np.int64], z: complex) -> tuple[Complex, Complex]:
    """psi_n = z j_n and its derivative, by SciPy."""
    j, dj = spherical_jn(order, z), spherical_jn(order, z, derivative=True)
    return z * j, j + z * dj


# --- one sphere


@settings(max_examples=40)
@given(sizes, reals, imaginaries)
def test_coefficients_by_another_librarys_bessel_functions(size: float, real: float, imaginary: float) -> None:
    """Bohren and Huffman (4.53) with the functions themselves and their derivatives, no logarithmic derivative and no
    recurrence; orders up to the size, where SciPy's functions are exact.
    """
    index = complex(real, imaginary)
    n = np.arange(1, int(size) + 3)
    inner, d_inner = riccati(n, index * size)
    outer, d_outer = riccati(n, size)
    y, dy = spherical_yn(n, size), spherical_yn(n, size, derivative=True)
    xi, d_xi = outer + 1j * size * y, d_outer + 1j * (y + size * dy)
    a = (index * inner * d_outer - outer * d_inner) / (index * inner * d_xi - xi * d_inner)
    b = (inner * d_outer - index * outer * d_inner) / (inner * d_xi - index * xi * d_inner)
    found = coefficients([size], index)
    # The sign of the imaginary part is one of convention: waves that run as exp(-i w t), or exp(i w t).
    for mine, theirs in zip(found, (a, b), strict=True):
        np.testing.assert_allclose(mine[0, : n.size].real, theirs.real, atol=1e-8)
        np.testing.assert_allclose(np.abs(mine[0, : n.size].imag), np.abs(theirs.imag), atol=1e-8)


@given(sizes, reals)
def test_clear_spheres_take_nothing(size: float, real: float) -> None:
    """Without absorption all that is taken is scattered, and every coefficient lies on the circle |a - 1/2| = 1/2."""
    a, b = coefficients([size], real)
    extinction, scattering, _ = efficiencies([size], real)
    assert float(extinction[0]) == pytest.approx(float(scattering[0]), rel=1e-10)
    for values in (a[0, : int(size) + 1], b[0, : int(size) + 1]):
        np.testing.assert_allclose(np.abs(values - 0.5), 0.5, atol=1e-9)


@given(sizes, reals, imaginaries)
def test_scattering_is_a_part_of_extinction(size: float, real: float, imaginary: float) -> None:
    extinction, scattering, asymmetry = (float(v[0]) for v in efficiencies([size], complex(real, imaginary)))
    assert 0.0 < scattering <= extinction * (1.0 + 1e-10)
    assert -1.0 < asymmetry < 1.0
    both = efficiencies([size], complex(real, -imaginary))
    assert float(both[0][0]) == extinction


@pytest.mark.parametrize("imaginary", [0.01, 0.3])
def test_small_absorbing_spheres(imaginary: float) -> None:
    """Extinction is 4 x Im (m² - 1) / (m² + 2) (van de Hulst 1957, 6.3): absorption wins over scattering as x."""
    index, x = complex(1.5, imaginary), 2e-3
    polarisability = (index**2 - 1) / (index**2 + 2)
    assert float(efficiencies([x], index)[0][0]) == pytest.approx(4 * x * polarisability.imag, rel=2e-4)


@pytest.mark.parametrize("phase", [0.5, 2.0, 4.1, 9.0])
def test_soft_spheres_diffract_anomalously(phase: float) -> None:
    """Van de Hulst (1957, 11.22): for an index close to 1 and a large sphere extinction depends on the phase lag alone,
    2 - 4/p sin p + 4/p² (1 - cos p).
    """
    index = 1.005
    x = phase / (2 * (index - 1))
    expected = 2 - 4 / phase * np.sin(phase) + 4 / phase**2 * (1 - np.cos(phase))
    assert float(efficiencies([x], index)[0][0]) == pytest.approx(expected, rel=0.02)


def test_soft_small_spheres_scatter_after_rayleigh_and_gans() -> None:
    """|S|² goes as (3 (sin u - u cos u) / u³)² with u = 2 x sin(angle / 2), times cos² for parallel light."""
    x, index = 1.5, 1.001
    angle = np.radians(np.linspace(5.0, 170.0, 12))
    across, parallel = amplitudes(*coefficients([x], index), np.cos(angle))
    u = 2 * x * np.sin(angle / 2)
    shape = (3 * (np.sin(u) - u * np.cos(u)) / u**3) ** 2
    pattern = np.abs(across[0]) ** 2
    np.testing.assert_allclose(pattern / pattern[0], shape / shape[0], rtol=0.01)
    np.testing.assert_allclose(np.abs(parallel[0]) ** 2 / pattern, np.cos(angle) ** 2, atol=5e-3)


def test_large_clear_spheres_diffract_half_of_it() -> None:
    """Forward intensity of a disc, x⁴ / 4 by Babinet, when extinction is 2: |S(0)|² = x⁴ Q² / 16."""
    x = 400.0
    extinction, _, _ = efficiencies([x], 1.33 + 0.1j)
    across, _ = amplitudes(*coefficients([x], 1.33 + 0.1j), np.array([1.0]))
    assert abs(across[0, 0]) ** 2 == pytest.approx(x**4 * float(extinction[0]) ** 2 / 16, rel=0.01)
    assert float(extinction[0]) == pytest.approx(2.0, abs=0.06)


def test_amplitudes_by_associated_legendres() -> None:
    """pi_n = P_n^1 / sin and tau_n = d P_n^1 / d angle from SciPy's functions and central differences."""
    size, index = 6.0, 1.4 + 0.05j
    a, b = coefficients([size], index)
    angle = np.radians(np.array([12.0, 50.0, 90.0, 133.0]))
    across = np.zeros(angle.size, complex)
    parallel = np.zeros(angle.size, complex)
    for n in range(1, a.shape[1] + 1):
        # SciPy's functions have the phase of Condon and Shortley: a sign for order 1.
        pi = -lpmv(1, n, np.cos(angle)) / np.sin(angle)
        step = 1e-6
        tau = -(lpmv(1, n, np.cos(angle + step)) - lpmv(1, n, np.cos(angle - step))) / (2 * step)
        factor = (2 * n + 1) / (n * (n + 1))
        across += factor * (a[0, n - 1] * pi + b[0, n - 1] * tau)
        parallel += factor * (a[0, n - 1] * tau + b[0, n - 1] * pi)
    found = amplitudes(a, b, np.cos(angle))
    np.testing.assert_allclose(found[0][0], across, atol=1e-6)
    np.testing.assert_allclose(found[1][0], parallel, atol=1e-6)


def test_straight_back_the_two_amplitudes_are_opposite() -> None:
    a, b = coefficients([0.7, 8.0, 55.0], 1.5 + 0.02j)
    across, parallel = amplitudes(a, b, np.array([-1.0]))
    np.testing.assert_allclose(across, -parallel, rtol=1e-9)


@settings(max_examples=20)
@given(st.lists(sizes, min_size=2, max_size=6), reals)
def test_spheres_do_not_know_of_one_another(several: list[float], real: float) -> None:
    """Coefficients of a size are the same alone and among larger ones, zeros beyond its terms aside."""
    together = coefficients(several, real)
    for k, size in enumerate(several):
        alone = coefficients([size], real)
        for one, other in zip(alone, together, strict=True):
            np.testing.assert_array_equal(one[0], other[k, : terms(size)])
            assert (other[k, terms(size) :] == 0.0).all()


def test_the_series_is_long_enough() -> None:
    """The last terms of Wiscombe's number are nothing beside the first."""
    for size in (0.1, 1.0, 30.0, 500.0):
        a, b = coefficients([size], 1.5)
        assert max(abs(a[0, -1]), abs(b[0, -1])) < 1e-7 * abs(a[0, 0])
        assert terms(size) == a.shape[1]


# --- modes and mixtures


@settings(max_examples=30)
@given(st.floats(0.01, 2.0), st.floats(0.2, 1.0))
def test_modes_by_quadrature(radius: float, spread: float) -> None:
    """Mean of r² and of the logarithm of radius over the density, by scipy's quadrature in ln r."""
    mode = Mode(radius, spread, PLAIN)
    r, part = mode.sizes(1e6, 600)
    density = lambda t: np.exp(-0.5 * t * t) / np.sqrt(2 * np.pi)  # noqa: E731 - of the normal distribution
    area = integrate.quad(lambda t: density(t) * (radius * np.exp(spread * t)) ** 2, -9, 9 + 4 * spread)[0]
    assert part @ r**2 == pytest.approx(area, rel=1e-5)
    # The grid leaves out small particles, which scatter next to nothing, so their number is not whole.
    assert part.sum() <= 1.0 + 1e-9
    assert mode.volume == pytest.approx(
        4
        / 3
        * np.pi
        * integrate.quad(lambda t: density(t) * (radius * np.exp(spread * t)) ** 3, -9, 9 + 6 * spread)[0],
        rel=1e-6,
    )


def test_a_largest_radius_cuts_the_mode() -> None:
    mode = Mode(0.5, 0.9, PLAIN)
    cut, part = mode.sizes(3.0, 200)
    whole, _ = mode.sizes(1e3, 200)
    assert cut.max() == pytest.approx(3.0)
    assert whole.max() > 30.0
    np.testing.assert_allclose(np.diff(np.log(cut)), np.diff(np.log(cut))[0], rtol=1e-9)
    last = np.log(3.0 / 0.5) / 0.9
    density = lambda t: np.exp(-0.5 * t * t) / np.sqrt(2 * np.pi)  # noqa: E731 - of the normal distribution
    area = integrate.quad(lambda t: density(t) * (0.5 * np.exp(0.9 * t)) ** 2, -9, last)[0]
    assert part @ cut**2 == pytest.approx(area, rel=2e-4)


def test_substances_are_linear_between_their_wavelengths() -> None:
    stuff = Substance((400.0, 600.0, 1000.0), (1.5, 1.4, 1.3), (0.0, 0.02, 0.04), "made up")
    assert stuff.index(500.0) == pytest.approx(1.45 + 0.01j)
    assert stuff.index(800.0) == pytest.approx(1.35 + 0.03j)
    for wrong in (399.0, 1001.0, 0.55):
        with pytest.raises(BadParameter, match="400 to 1000 nm"):
            stuff.index(wrong)


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_size_and_wavelength_scale_together(factor: float) -> None:
    """A grey substance: with radii and wavelength times a number, albedo and matrix are the same, the cross-section
    goes with its square.
    """
    small = AerosolModel("one", (Mode(0.12, 0.4, PLAIN),), (1.0,), "made up")
    large = AerosolModel("other", (Mode(0.12 * factor, 0.4, PLAIN),), (1.0,), "made up", largest=20.0 * factor)
    one, other = optics(small, 1000.0, 120), optics(large, 1000.0 * factor, 120)
    assert other.albedo == pytest.approx(one.albedo, rel=1e-9)
    assert other.extinction == pytest.approx(one.extinction * factor**2, rel=1e-9)
    assert other.asymmetry == pytest.approx(one.asymmetry, rel=1e-9)
    n = min(one.greek.shape[1], other.greek.shape[1])
    np.testing.assert_allclose(other.greek[:, :n], one.greek[:, :n], atol=1e-7)


def test_mixtures_add_cross_sections() -> None:
    """Of two modes by number: extinction adds, and what is scattered weighs albedo and matrix."""
    fine, coarse = Mode(0.08, 0.4, PLAIN), Mode(0.6, 0.5, dataclasses.replace(PLAIN, imaginary=(0.002, 0.002)))
    parts = [optics(AerosolModel("part", (m,), (1.0,), "made up", 3.0), 700.0, 80) for m in (fine, coarse)]
    both = optics(AerosolModel("both", (fine, coarse), (0.9, 0.1), "made up", 3.0), 700.0, 80)
    extinct = np.array([0.9, 0.1]) * [p.extinction for p in parts]
    scattered = extinct * [p.albedo for p in parts]
    assert both.extinction == pytest.approx(extinct.sum(), rel=1e-9)
    assert both.albedo == pytest.approx(scattered.sum() / extinct.sum(), rel=1e-9)
    cosine = np.cos(np.radians([0.0, 30.0, 90.0, 150.0, 180.0]))
    expected = np.average([phase_matrix(p.greek, cosine) for p in parts], axis=0, weights=scattered)
    np.testing.assert_allclose(phase_matrix(both.greek, cosine), expected, rtol=1e-3, atol=1e-4)


def test_matrices_are_normalised_and_of_their_asymmetry() -> None:
    """Mean of a1 over the sphere is 1, mean of its product with the cosine the asymmetry, by quadrature."""
    found = optics(dataclasses.replace(MODELS["continental"], largest=3.0), 550.0, 100)
    x, w = np.polynomial.legendre.leggauss(found.greek.shape[1] + 2)
    a1 = phase_matrix(found.greek, x)[0]
    assert 0.5 * a1 @ w == pytest.approx(1.0, abs=1e-9)
    assert 0.5 * (a1 * x) @ w == pytest.approx(found.asymmetry, abs=1e-9)


def test_volumes_make_numbers() -> None:
    """Equal volumes of particles of 1 and of 8 units: eight times as many of the small ones."""
    modes = (Mode(0.1, 0.4, PLAIN), Mode(0.2, 0.4, PLAIN))
    made = AerosolModel.by_volume("made", modes, (0.5, 0.5), (1.0, 8.0), "made up")
    np.testing.assert_allclose(made.numbers, [8 / 9, 1 / 9])


@pytest.mark.parametrize("name", sorted(MODELS))
def test_published_models_are_consistent(name: str) -> None:
    """Numbers add to 1; every substance reaches from the first to the last band, absorbs or not, never amplifies."""
    model = MODELS[name]
    assert sum(model.numbers) == pytest.approx(1.0)
    for mode in model.modes:
        wavelengths = np.array(mode.substance.wavelength)
        assert (np.diff(wavelengths) > 0).all()
        assert wavelengths[0] <= 442.0
        assert wavelengths[-1] >= 2202.0
        assert min(mode.substance.imaginary) >= 0.0
        assert min(mode.substance.real) > 1.0
        assert mode.substance.source


def test_cross_sections_are_those_of_the_efficiencies() -> None:
    x = np.array([0.5, 5.0])
    a, b = coefficients(x, 1.5 + 0.1j)
    extinction, scattering, _ = efficiencies(x, 1.5 + 0.1j)
    np.testing.assert_array_equal(cross_sections(x, a, b)[0], extinction)
    np.testing.assert_array_equal(cross_sections(x, a, b)[1], scattering)
