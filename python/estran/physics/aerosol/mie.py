"""Scattering by a sphere: Mie's coefficients and what follows from them.

Bohren and Huffman 1983, Absorption and Scattering of Light by Small Particles, chapter 4; number of terms after
Wiscombe 1980, Appl. Opt. 19, 1505-1509.
"""

from __future__ import annotations

import math

import numba
import numpy as np
import numpy.typing as npt

from estran.errors import BadParameter
from estran.jit import parallel_jit

Float = npt.NDArray[np.float64]
Complex = npt.NDArray[np.complex128]

TERMS = (4.05, 2.0)
"""Terms of the series beyond the size parameter: by its cube root, and more (Wiscombe 1980)."""
START, START_MORE = 8.0, 16
"""Where the downward recurrence starts beyond the turning point |mx|: in widths |mx|^(1/3), and more."""


def terms(size: float) -> int:
    """Terms of the series for a size parameter (AER-1)."""
    return int(size + TERMS[0] * size ** (1.0 / 3.0) + TERMS[1]) + 1


def coefficients(sizes: npt.ArrayLike, index: complex) -> tuple[Complex, Complex]:
    """Mie's coefficients a_n and b_n (AER-2).

    Parameters
    ----------
    sizes
        Size parameters 2 pi r / wavelength (k,), above 0.
    index
        Refractive index of the sphere over that of what surrounds it; either sign of its imaginary part, which absorbs.

    Returns
    -------
    a, b
        (k, terms of the largest); 0 beyond the terms of each size.

    Raises
    ------
    BadParameter
        A size is not positive, or the index not above 0.
    """
    x = np.atleast_1d(np.asarray(sizes, float))
    if not np.all(x > 0.0) or not np.all(np.isfinite(x)) or not index.real > 0.0:
        raise BadParameter(
            "a sphere is impossible",
            expected="sizes above 0 and an index with a real part above 0",
            found=f"{x.min():g}, {index}",
        )
    both = _coefficients(x, complex(index.real, abs(index.imag)), terms(float(x.max())))
    return both[0], both[1]


def efficiencies(sizes: npt.ArrayLike, index: complex) -> tuple[Float, Float, Float]:
    """Extinction and scattering efficiencies, and asymmetry parameter (AER-3 to AER-5); each (k,)."""
    x = np.atleast_1d(np.asarray(sizes, float))
    a, b = coefficients(x, index)
    extinction, scattering = cross_sections(x, a, b)
    n = np.arange(1.0, a.shape[1])
    following = (n * (n + 2) / (n + 1)) * (a[:, :-1] * a[:, 1:].conj() + b[:, :-1] * b[:, 1:].conj()).real
    m = np.arange(1.0, a.shape[1] + 1)
    same = ((2 * m + 1) / (m * (m + 1))) * (a * b.conj()).real
    asymmetry = 4.0 / (x**2 * scattering) * (following.sum(axis=1) + same.sum(axis=1))  # (AER-5)
    return extinction, scattering, asymmetry


def cross_sections(sizes: Float, a: Complex, b: Complex) -> tuple[Float, Float]:
    """Extinction and scattering over the geometric cross-section, from the coefficients (AER-3, AER-4)."""
    weight = 2 * np.arange(1, a.shape[1] + 1) + 1
    factor = 2.0 / sizes**2
    return factor * ((a + b).real @ weight), factor * ((np.abs(a) ** 2 + np.abs(b) ** 2) @ weight)


def amplitudes(a: Complex, b: Complex, cosine: Float) -> tuple[Complex, Complex]:
    """Amplitudes S_1 (across) and S_2 (parallel) (AER-6); each (k, angles)."""
    last = a.shape[1]
    pi, tau = np.zeros((2, last + 1, cosine.size))
    pi[1], tau[1] = 1.0, cosine
    for n in range(2, last + 1):
        pi[n] = ((2 * n - 1) * cosine * pi[n - 1] - n * pi[n - 2]) / (n - 1)
        tau[n] = n * cosine * pi[n] - (n + 1) * pi[n - 1]
    n_all = np.arange(1, last + 1)
    factor = (2 * n_all + 1) / (n_all * (n_all + 1))
    return _product(a * factor, pi[1:]) + _product(b * factor, tau[1:]), _product(a * factor, tau[1:]) + _product(
        b * factor, pi[1:]
    )


def _product(left: Complex, right: Float) -> Complex:
    """Complex by real, as two real products."""
    return np.asarray(left.real @ right + 1j * (left.imag @ right))


@parallel_jit
def _coefficients(sizes: Float, index: complex, last: int) -> Complex:
    out = np.zeros((2, sizes.size, last), np.complex128)
    for k in numba.prange(sizes.size):
        x = sizes[k]
        inner = index * x
        count = int(x + TERMS[0] * x ** (1.0 / 3.0) + TERMS[1]) + 1
        # Logarithmic derivative, downwards: stable for any absorption. It forgets its start over widths of the turning
        # point, |mx|^(1/3): the 15 more terms of the usual rule cost 1e-5 at x = 100 and 3e-3 at x = 10000.
        start = max(count, int(abs(inner) + START * abs(inner) ** (1.0 / 3.0))) + START_MORE
        derivative = np.zeros(start + 1, np.complex128)
        for n in range(start, 0, -1):
            derivative[n - 1] = n / inner - 1.0 / (derivative[n] + n / inner)
        psi_before, psi = math.cos(x), math.sin(x)
        chi_before, chi = -math.sin(x), math.cos(x)
        for n in range(1, count + 1):
            psi_next = (2 * n - 1) * psi / x - psi_before
            chi_next = (2 * n - 1) * chi / x - chi_before
            xi_next, xi = complex(psi_next, -chi_next), complex(psi, -chi)
            of_a = derivative[n] / index + n / x
            of_b = derivative[n] * index + n / x
            out[0, k, n - 1] = (of_a * psi_next - psi) / (of_a * xi_next - xi)
            out[1, k, n - 1] = (of_b * psi_next - psi) / (of_b * xi_next - xi)
            psi_before, psi, chi_before, chi = psi, psi_next, chi, chi_next
    return out
