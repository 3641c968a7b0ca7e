"""Responses of spectrometer channels on a fine grid, as a sparse matrix. Labels (GAS-n) are those of
``docs/ATBD/gas.md``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from estran.errors import BadParameter
from estran.physics.gas.line_by_line import checked_grid

Float = npt.NDArray[np.float64]

_REACH = 2.5
"""Full widths at half maximum to which a Gaussian is followed: what lies beyond is 4e-9 of it."""
_SAMPLES = 4.0
"""A response narrower than so many steps of the grid is refused."""


def gaussian_channels(wavenumber: npt.ArrayLike, centre: npt.ArrayLike, width: npt.ArrayLike) -> csr_array:
    """Channels with a Gaussian response (GAS-21).

    Parameters
    ----------
    wavenumber
        The fine grid, rising [cm⁻¹], (m,).
    centre
        Of the channels [cm⁻¹], (c,).
    width
        Full widths at half maximum, one or (c,) [cm⁻¹]; centre / 25000 for a resolving power of 25 000.

    Returns
    -------
    Weights whose rows add up to 1, (c, m).

    Raises
    ------
    BadParameter
        The grid is not rising, too coarse for the width, or does not reach around every channel.
    """
    centres = np.atleast_1d(np.asarray(centre, float))
    fwhm = np.broadcast_to(np.asarray(width, float), centres.shape)
    if np.any(~(fwhm > 0.0)):
        raise BadParameter("the width of a channel is not above 0", expected="cm⁻¹", found=f"{float(np.min(fwhm)):g}")
    shape = lambda x, k: np.exp(-4.0 * np.log(2.0) * (x / fwhm[k]) ** 2)  # noqa: E731 - the formula, (GAS-21)
    return _matrix(checked_grid(wavenumber), centres, -_REACH * fwhm, _REACH * fwhm, fwhm, shape)


def tabulated_channels(
    wavenumber: npt.ArrayLike, centre: npt.ArrayLike, distance: npt.ArrayLike, response: npt.ArrayLike
) -> csr_array:
    """Channels with a tabulated response, one for all or one each (GAS-21).

    Parameters
    ----------
    wavenumber
        The fine grid, rising [cm⁻¹], (m,).
    centre
        Of the channels [cm⁻¹], (c,).
    distance
        Of the samples from the centre, rising [cm⁻¹], (s,).
    response
        At these distances, of any scale, (s,) or (c, s).

    Returns
    -------
    Weights whose rows add up to 1, (c, m).

    Raises
    ------
    BadParameter
        As :func:`gaussian_channels`; or distances that do not rise, shapes that differ, a response without area.
    """
    centres = np.atleast_1d(np.asarray(centre, float))
    d, values = np.asarray(distance, float), np.asarray(response, float)
    if d.ndim != 1 or d.size < 3 or np.any(np.diff(d) <= 0.0):
        raise BadParameter(
            "distances of a tabulated response do not rise", expected="three or more, rising", found=f"{d.size}"
        )
    if values.shape not in ((d.size,), (centres.size, d.size)):
        raise BadParameter(
            "a tabulated response has the wrong shape",
            expected=f"({d.size},) or ({centres.size}, {d.size})",
            found=str(values.shape),
        )
    table = np.broadcast_to(values, (centres.size, d.size))
    area = np.trapezoid(table, d, axis=1)
    if np.any(~(area > 0.0)):
        raise BadParameter(
            "a tabulated response has no area", where=f"channel {int(np.flatnonzero(~(area > 0.0))[0]) + 1}"
        )
    width = area / table.max(axis=1)
    return _matrix(
        checked_grid(wavenumber),
        centres,
        np.full(centres.size, d[0]),
        np.full(centres.size, d[-1]),
        width,
        lambda x, k: np.interp(x, d, table[k]),
    )


def _matrix(
    grid: Float, centre: Float, low: Float, high: Float, width: Float, shape: Callable[[Float, int], Float]
) -> csr_array:
    outside = (centre + low < grid[0]) | (centre + high > grid[-1])
    if outside.any():
        k = int(np.flatnonzero(outside)[0])
        raise BadParameter(
            "the fine grid does not reach around a channel",
            where=f"channel {k + 1} at {centre[k]:g} cm⁻¹",
            expected=f"{centre[k] + low[k]:g} to {centre[k] + high[k]:g}",
            found=f"{grid[0]:g} to {grid[-1]:g} cm⁻¹",
        )
    steps = np.gradient(grid)
    begin, end = np.searchsorted(grid, centre + low), np.searchsorted(grid, centre + high, side="right")
    rows, columns, weights = [], [], []
    for k in range(centre.size):
        part = slice(int(begin[k]), int(end[k]))
        if end[k] - begin[k] < _SAMPLES or steps[part].max() * _SAMPLES > width[k]:
            raise BadParameter(
                "the fine grid is too coarse for a channel",
                where=f"{centre[k]:g} cm⁻¹",
                expected=f"steps below {width[k] / _SAMPLES:g} cm⁻¹",
                found=f"{steps[begin[k]]:g}",
            )
        values = shape(grid[part] - centre[k], k) * steps[part]
        rows.append(np.full(values.size, k))
        columns.append(np.arange(part.start, part.stop))
        weights.append(values / values.sum())  # (GAS-21)
    return csr_array(
        (np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns))), shape=(centre.size, grid.size)
    )
