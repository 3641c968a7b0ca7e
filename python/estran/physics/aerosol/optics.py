"""Extinction, albedo and phase matrix of a mixture of modes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from estran.physics.aerosol.mie import amplitudes, coefficients, cross_sections
from estran.physics.aerosol.models import AerosolModel
from estran.physics.scattering import greek_coefficients

Float = npt.NDArray[np.float64]

SMALLEST = 1e-9
"""Greek coefficients over 2 l + 1 below this at the end of the series are cut."""


@dataclass(frozen=True)
class Optics:
    """What a model does to light of one wavelength."""

    extinction: float
    """Cross-section of a mean particle [µm²]."""
    albedo: float
    """Single-scattering albedo."""
    greek: Float
    """Greek coefficients (4, L + 1)."""

    @property
    def asymmetry(self) -> float:
        """Mean cosine of the scattering angle (AER-12)."""
        return float(self.greek[0, 1]) / 3.0


@lru_cache(maxsize=64)
def optics(model: AerosolModel, wavelength: float, points: int = 600) -> Optics:
    """Optical properties of a model by integration of Mie's theory over its modes (AER-10, AER-11).

    Parameters
    ----------
    model
        One of :data:`estran.physics.aerosol.MODELS`, or your own.
    wavelength
        nm.
    points
        Radii of each mode; 600 give cross-sections to 1e-3 or better (resonances of large clear spheres are sharp).
    """
    wave = 2.0 * np.pi / (wavelength / 1000.0)
    parts = []
    for mode, number in zip(model.modes, model.numbers, strict=True):
        radius, fraction = mode.sizes(model.largest, points)
        size = wave * radius
        a, b = coefficients(size, mode.substance.index(wavelength))
        extinct, scattered = cross_sections(size, a, b)
        area = number * fraction * np.pi * radius**2
        parts.append((number * fraction, a, b, float(area @ extinct), float(area @ scattered)))
    last = max(a.shape[1] for _, a, _, _, _ in parts)
    # Elements have degree 2 * last; with as many nodes and some, every coefficient is exact.
    cosine, weight = np.polynomial.legendre.leggauss(2 * last + 1)
    elements = np.zeros((4, cosine.size))
    for fraction, a, b, _, _ in parts:
        across, parallel = amplitudes(a, b, cosine)
        i_across, i_parallel = fraction @ np.abs(across) ** 2, fraction @ np.abs(parallel) ** 2
        elements[0] += 0.5 * (i_across + i_parallel)
        elements[2] += fraction @ (across * parallel.conj()).real
        elements[3] += 0.5 * (i_parallel - i_across)
    elements[1] = elements[0]  # spheres
    elements /= 0.5 * float(elements[0] @ weight)  # (AER-11)
    greek = greek_coefficients(cosine, weight, elements, 2 * last)
    kept = np.flatnonzero(np.abs(greek[0]) / (2 * np.arange(2 * last + 1) + 1) > SMALLEST)[-1]
    extinction, scattering = sum(part[3] for part in parts), sum(part[4] for part in parts)
    return Optics(extinction, scattering / extinction, np.ascontiguousarray(greek[:, : max(int(kept), 2) + 1]))
