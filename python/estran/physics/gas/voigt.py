"""The Voigt profile and the complex probability function behind it. Labels (GAS-n) are those of ``docs/ATBD/gas.md``.

Near the origin: Weideman 1994 (doi:10.1137/0731077) with 40 terms. Farther: the continued fraction of Laplace, cut
after as many terms as the distance needs.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from estran.jit import inlined, jit

Float = npt.NDArray[np.float64]
Complex = npt.NDArray[np.complex128]

TERMS = 40
"""Terms of Weideman's expansion."""
_SCALE = float(np.sqrt(TERMS / np.sqrt(2.0)))
_INVERSE_ROOT_PI = float(1.0 / np.sqrt(np.pi))
NEAR = 64.0
"""|z|² below which Weideman's expansion is taken."""
FRACTION_TERMS = 14
"""Terms of the continued fraction beyond it, up to :data:`MIDDLE`."""
MIDDLE = 256.0
"""|z|² above which six terms of the continued fraction do."""
FAR = 1.0e4
"""|z|² above which two do."""


def _weideman() -> Float:
    """Coefficients of the expansion, highest power first (Weideman 1994, his program cef)."""
    number = 2 * TERMS
    theta = np.arange(-number + 1, number) * np.pi / number
    t = _SCALE * np.tan(theta / 2.0)
    f = np.concatenate(([0.0], np.exp(-t * t) * (_SCALE**2 + t * t)))
    return np.asarray(np.real(np.fft.fft(np.fft.fftshift(f)))[1 : TERMS + 1][::-1] / (2 * number))


_COEFFICIENTS = _weideman()


@jit
def _near(x: float, y: float) -> complex:
    iz = complex(-y, x)
    below = _SCALE - iz
    ratio = (_SCALE + iz) / below
    total = complex(0.0, 0.0)
    for c in _COEFFICIENTS:
        total = total * ratio + c
    return 2.0 * total / (below * below) + _INVERSE_ROOT_PI / below  # (GAS-5)


@jit
def _middle(x: float, y: float, terms: int) -> complex:
    z = complex(x, y)
    tail = complex(0.0, 0.0)
    for n in range(terms, 0, -1):
        tail = 0.5 * n / (z - tail)
    return complex(0.0, _INVERSE_ROOT_PI) / (z - tail)  # (GAS-6)


@jit
def probability(x: float, y: float) -> complex:
    """w(x + iy) for y >= 0; relative error of the real part below 2e-8 for y >= 1e-6, tested against SciPy."""
    square = x * x + y * y
    if square < NEAR:
        return _near(x, y)
    if square < MIDDLE:
        return _middle(x, y, FRACTION_TERMS)
    return middle(x, y)


@inlined
def middle(x: float, y: float) -> complex:
    """w of six terms of the continued fraction as one ratio of polynomials in z², for |z|² above `MIDDLE`: no branch,
    one division, so loops are vectorised.
    """
    a = x * x - y * y
    b = 2.0 * x * y
    # z² squared, and the polynomials by Horner's rule in pairs of real numbers.
    n_re = (a - 7.0) * a - b * b + 8.25
    n_im = (a - 7.0) * b + a * b
    d_re = (a - 7.5) * a - b * b + 11.25
    d_im = (a - 7.5) * b + a * b
    d_re, d_im = d_re * a - d_im * b - 1.875, d_re * b + d_im * a
    m_re = x * n_re - y * n_im
    m_im = x * n_im + y * n_re
    over = _INVERSE_ROOT_PI / (d_re * d_re + d_im * d_im)
    return complex((m_re * d_im - m_im * d_re) * over, (m_re * d_re + m_im * d_im) * over)


@inlined
def far_real(x: float, y: float) -> float:
    """Re w of two terms of the continued fraction, for |z|² above `FAR`: relative error below 1e-8; no branch, so that
    loops over it are vectorised.
    """
    x2 = x * x
    y2 = y * y
    a = x2 - y2 - 0.5
    return _INVERSE_ROOT_PI * y * (x2 + y2 + 0.5) / (a * a + 4.0 * x2 * y2)


@inlined
def far_imaginary(x: float, y: float) -> float:
    """Im w, as `far_real`."""
    x2 = x * x
    y2 = y * y
    a = x2 - y2 - 0.5
    return _INVERSE_ROOT_PI * x * (x2 + y2 - 0.5) / (a * a + 4.0 * x2 * y2)


@jit
def _fill(x: Float, y: Float, out: Complex) -> None:
    for k in range(x.size):
        out[k] = probability(x[k], y[k])


def faddeeva(z: npt.ArrayLike) -> Complex:
    """The complex probability function w(z) for Im z >= 0 (GAS-5, GAS-6).

    Parameters
    ----------
    z
        In the upper half plane [1].

    Examples
    --------
    >>> round(float(faddeeva(1j).real), 6)
    0.427584
    """
    points = np.atleast_1d(np.asarray(z, np.complex128))
    out = np.empty(points.size, np.complex128)
    _fill(np.ascontiguousarray(points.real).ravel(), np.ascontiguousarray(points.imag).ravel(), out)
    return out.reshape(np.shape(z))


def voigt(distance: npt.ArrayLike, doppler: float, lorentz: float) -> Float:
    """Voigt profile, normalised to an area of 1 (GAS-4).

    Parameters
    ----------
    distance
        From the centre of the line [cm⁻¹].
    doppler, lorentz
        Half widths at half maximum [cm⁻¹]; the first above 0.

    Returns
    -------
    Profile [cm], shape of `distance`.
    """
    scale = np.sqrt(np.log(2.0)) / doppler
    return np.asarray(
        faddeeva(np.asarray(distance, float) * scale + 1j * lorentz * scale).real * scale * _INVERSE_ROOT_PI
    )
