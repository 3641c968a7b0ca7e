"""From a fine spectrum to what a band measures: integration at the top of the atmosphere.

A reflectance is weighted by the Sun's irradiance, since the instrument counts photons of sunlight; a radiance or an
irradiance is not. Spectrum, response and irradiance are linear between their samples, and the integrals are exact for
that (BAND-2): no common grid is asked for.

Labels (BAND-n) are those of ``docs/ATBD/spectral_bands.md``.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from estran.errors import BadParameter
from estran.sensors.response import Float, Response, checked_spectrum, quadrature
from estran.sensors.solar import SolarSpectrum

MISSED = 1e-3
"""Fraction of a response's integral that may lie outside a spectrum before it is an error."""


def band_weights(wavelength: npt.ArrayLike, response: Response, solar: SolarSpectrum | None = None) -> Float:
    """Weights w so that ``spectrum @ w`` is the band's mean of a spectrum given at `wavelength` (BAND-1).

    Parameters
    ----------
    wavelength
        Where the spectrum is sampled, ascending [nm], shape (n,).
    response
        The band's.
    solar
        Weighs besides: give it for reflectances and transmittances, leave it for radiances and irradiances.

    Returns
    -------
    array
        Shape (n,), of sum 1.

    Raises
    ------
    BadParameter
        If a fraction of more than 10⁻³ of the response lies outside the spectrum, or the Sun's spectrum does not cover
        the band.

    Examples
    --------
    >>> box = Response("red", [640.0, 641.0, 679.0, 680.0], [0.0, 1.0, 1.0, 0.0])
    >>> x = np.array([600.0, 650.0, 700.0])
    >>> round(float(x @ band_weights(x, box)), 9)
    660.0
    """
    grid, _ = checked_spectrum(wavelength, np.zeros(np.shape(wavelength)), "the spectrum")
    _must_cover(grid, response)
    first, last = max(grid[0], response.wavelength[0]), min(grid[-1], response.wavelength[-1])
    nodes = [grid, response.wavelength] if solar is None else [grid, response.wavelength, solar.wavelength]
    union = np.unique(np.concatenate([np.array([first, last]), *(x[(x > first) & (x < last)] for x in nodes)]))
    point, step = quadrature(union)  # (BAND-2)
    weight = step * np.interp(point, response.wavelength, response.value)
    if solar is not None:
        weight *= solar.at(point)
    # The spectrum is linear between its samples: each point's weight goes to the two around it.
    right = np.clip(np.searchsorted(grid, point, side="right"), 1, grid.size - 1)
    fraction = (point - grid[right - 1]) / (grid[right] - grid[right - 1])
    onto = np.bincount(right - 1, weight * (1.0 - fraction), grid.size) + np.bincount(
        right, weight * fraction, grid.size
    )
    return np.asarray(onto / weight.sum())


def band_mean(
    wavelength: npt.ArrayLike, spectrum: npt.ArrayLike, response: Response, solar: SolarSpectrum | None = None
) -> Float:
    """A band's mean of spectra (BAND-1).

    Parameters
    ----------
    wavelength
        Ascending [nm], shape (n,).
    spectrum
        Shape (..., n).
    response, solar
        As for :func:`band_weights`.

    Returns
    -------
    array
        Shape (...).
    """
    values = np.asarray(spectrum, dtype=np.float64)
    weights = band_weights(wavelength, response, solar)
    if values.shape[-1:] != weights.shape:
        raise BadParameter(
            "a spectrum needs as many values as wavelengths",
            expected=f"{weights.size} along its last axis",
            found=values.shape,
        )
    return np.asarray(values @ weights)


def band_irradiance(solar: SolarSpectrum, response: Response) -> float:
    """The Sun's irradiance in a band at one astronomical unit [W/m²/nm] (BAND-5); times 1000 it is the W/m²/µm of
    product metadata.
    """
    return float(band_mean(solar.wavelength, solar.irradiance, response))


def equivalent_wavelength(response: Response, solar: SolarSpectrum) -> float:
    """Mean wavelength of the sunlight that a band sees [nm] (BAND-6)."""
    nodes = np.unique(np.concatenate([response.wavelength, solar.wavelength]))
    nodes = nodes[(nodes >= response.wavelength[0]) & (nodes <= response.wavelength[-1])]
    point, step = quadrature(nodes)
    weight = step * np.interp(point, response.wavelength, response.value) * solar.at(point)
    return float((weight * point).sum() / weight.sum())


def _must_cover(grid: Float, response: Response) -> None:
    point, step = quadrature(
        np.unique(
            np.concatenate(
                [response.wavelength, grid[(grid > response.wavelength[0]) & (grid < response.wavelength[-1])]]
            )
        )
    )
    weight = step * np.interp(point, response.wavelength, response.value)
    missed = float(np.abs(weight[(point < grid[0]) | (point > grid[-1])]).sum() / np.abs(weight).sum())
    if missed > MISSED:
        raise BadParameter(
            f"the response of {response.band} reaches outside the spectrum: {100 * missed:.3g} % of it is missed",
            expected=f"a spectrum from {response.support[0]:g} to {response.support[1]:g} nm",
            found=f"{grid[0]:g} to {grid[-1]:g} nm",
            todo="take a wider spectrum, or leave the band out",
        )
