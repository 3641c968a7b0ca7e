"""Fresnel's equations for a flat facet between air and an absorbing medium."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]
Complex = npt.NDArray[np.complex128]


def amplitudes(cos_incidence: npt.ArrayLike, index: npt.ArrayLike) -> tuple[Complex, Complex]:
    """Reflected amplitudes parallel and across the plane of incidence, r_p and r_s (SEA-1).

    At normal incidence ``r_p == -r_s``: the axis p turns with the ray.

    Parameters
    ----------
    cos_incidence
        Of the angle between ray and normal, 0 to 1.
    index
        Complex refractive index of the medium over that of air; either sign of its imaginary part, which absorbs.
    """
    c = np.asarray(cos_incidence, float)
    n = np.asarray(index, complex)
    n = n.real + 1j * np.abs(n.imag)
    inner = np.sqrt(n * n - 1.0 + c * c)
    parallel = (n * n * c - inner) / (n * n * c + inner)
    across = (c - inner) / (c + inner)
    return np.asarray(parallel), np.asarray(across)


def reflectance(cos_incidence: npt.ArrayLike, index: npt.ArrayLike) -> Float:
    """Reflected fraction of unpolarised light (SEA-2).

    Examples
    --------
    >>> round(float(reflectance(1.0, 1.34)), 6)
    0.021112
    """
    parallel, across = amplitudes(cos_incidence, index)
    return np.asarray(0.5 * (np.abs(parallel) ** 2 + np.abs(across) ** 2))


def mueller(cos_incidence: npt.ArrayLike, index: npt.ArrayLike) -> Float:
    """Elements a1, a2, a3, b1 of the reflection matrix on (I, Q, U) in the plane of incidence (SEA-3);
    (4, \\*shape).
    """
    parallel, across = amplitudes(cos_incidence, index)
    p, s = np.abs(parallel) ** 2, np.abs(across) ** 2
    return np.stack([0.5 * (p + s), 0.5 * (p + s), (parallel * across.conj()).real, 0.5 * (p - s)])


def brewster_angle(index: float) -> float:
    """Angle of incidence at which r_p vanishes, for a real index [degrees]."""
    return float(np.degrees(np.arctan(index)))
