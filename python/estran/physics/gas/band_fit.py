"""Transmission of channels as powers of the amount of gas, in the manner of SMAC, fitted to a table's transmissions.

Labels (GAS-n) are those of ``docs/ATBD/gas.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estran.errors import BadParameter

Float = npt.NDArray[np.float64]

_CLEAR = 1e-6
"""A channel in which no more is absorbed has no fit: a = 0. Tables are not better than that."""
_STEPS = 60


@dataclass(frozen=True)
class BandFit:
    """``T = exp(a (U (P / P0)^p m)^n)`` for each channel, (c,) each.

    Parameters
    ----------
    a, n
        Coefficient, below 0, and exponent.
    p
        Exponent of the pressure; 0 where the amount alone was given.
    largest, rms
        Differences to the transmissions fitted, of all samples: always to be reported with a fit.
    """

    a: Float
    n: Float
    p: Float
    largest: Float
    rms: Float

    def transmission(self, amount: npt.ArrayLike, pressure_ratio: npt.ArrayLike = 1.0) -> Float:
        """Transmission for amounts U m and pressures P / P0, of shape (s,): (s, c) (GAS-25)."""
        u = np.atleast_1d(np.asarray(amount, float))[:, None]
        ratio = np.broadcast_to(np.asarray(pressure_ratio, float), u.shape[:1])[:, None]
        return np.asarray(np.exp(self.a * (u * ratio**self.p) ** self.n))


def fit_bands(
    amount: npt.ArrayLike, transmission: npt.ArrayLike, pressure_ratio: npt.ArrayLike | None = None
) -> BandFit:
    """Fit each channel by least squares of the transmission itself (GAS-25).

    Parameters
    ----------
    amount
        U m of each sample, above 0: column times airmass for gases that vary, the airmass alone for those that do not,
        (s,).
    transmission
        Of each sample in each channel, (s, c) or (s,).
    pressure_ratio
        P / P0 at the ground, for gases whose amount goes with it, (s,); without it p is 0.

    Returns
    -------
    Coefficients and residuals.

    Raises
    ------
    BadParameter
        Fewer samples than unknowns, amounts that are not above 0, transmissions outside 0 to 1.

    Examples
    --------
    >>> fit = fit_bands([1.0, 2.0, 4.0, 8.0], [0.9, 0.85, 0.78, 0.68])
    >>> round(float(fit.n[0]), 2), bool(fit.largest[0] < 0.005)
    (0.62, True)
    """
    u = np.asarray(amount, float)
    t = np.asarray(transmission, float).reshape(u.size, -1)
    unknowns = 2 if pressure_ratio is None else 3
    if u.ndim != 1 or u.size <= unknowns:
        raise BadParameter("there are too few samples for a fit", expected=f"more than {unknowns}", found=f"{u.size}")
    if np.any(~(u > 0.0)):
        raise BadParameter(
            "an amount of gas is not above 0", expected="column times airmass", found=f"{float(np.min(u)):g}"
        )
    if np.any(~((t >= 0.0) & (t <= 1.0 + 1e-12))):
        raise BadParameter(
            "a transmission is not between 0 and 1", found=f"{float(np.nanmin(t)):g} to {float(np.nanmax(t)):g}"
        )
    columns = [np.ones_like(u), np.log(u)]
    if pressure_ratio is not None:
        ratio = np.broadcast_to(np.asarray(pressure_ratio, float), u.shape)
        if np.any(~(ratio > 0.0)):
            raise BadParameter("a pressure ratio is not above 0", expected="P / P0", found=f"{float(np.min(ratio)):g}")
        columns.append(np.log(ratio))
    basis = np.stack(columns, axis=1)
    active = np.flatnonzero(1.0 - t.min(axis=0) > _CLEAR)
    found = np.zeros((t.shape[1], 3))
    found[:, 1] = 1.0
    if active.size:
        found[np.ix_(active, np.arange(basis.shape[1]))] = _solve(basis, t[:, active])
    a = np.zeros(t.shape[1])
    a[active] = -np.exp(found[active, 0])
    n = found[:, 1]
    fit = BandFit(a, n, found[:, 2] / n, np.zeros_like(a), np.zeros_like(a))
    gap = fit.transmission(u, 1.0 if pressure_ratio is None else np.asarray(pressure_ratio, float)) - t
    return BandFit(a, n, fit.p, np.abs(gap).max(axis=0), np.sqrt(np.mean(gap**2, axis=0)))


def _solve(basis: Float, t: Float) -> Float:
    """Levenberg and Marquardt, all channels at once: ln(-ln T) is linear in the unknowns (c, k)."""
    depth = -np.log(np.clip(t, 1e-12, 1.0 - 1e-12))
    weight = np.sqrt(
        np.clip(t, 1e-6, None) * depth
    )  # the slope of T against ln(-ln T), so that the start is near the end
    start = [
        np.linalg.lstsq(basis * w[:, None], np.log(d) * w, rcond=None)[0]
        for w, d in zip(weight.T, depth.T, strict=True)
    ]
    x = np.array(start)
    damping = np.full(x.shape[0], 1e-3)
    cost = _cost(basis, t, x)
    for _ in range(_STEPS):
        power = np.exp(np.clip(x @ basis.T, -60.0, 5.0))  # (c, s)
        model = np.exp(-power)
        slope = (-model * power)[:, :, None] * basis[None]
        normal = np.einsum("csi,csj->cij", slope, slope)
        right = np.einsum("csi,cs->ci", slope, t.T - model)
        diagonal = np.einsum("cii->ci", normal) * damping[:, None] + 1e-30
        normal[:, np.arange(x.shape[1]), np.arange(x.shape[1])] += diagonal
        tried = x + np.linalg.solve(normal, right[:, :, None])[:, :, 0]
        new = _cost(basis, t, tried)
        better = new < cost
        x[better], cost[better] = tried[better], new[better]
        damping = np.where(better, damping * 0.2, damping * 5.0).clip(1e-12, 1e12)
    return x


def _cost(basis: Float, t: Float, x: Float) -> Float:
    return np.asarray(np.sum((np.exp(-np.exp(np.clip(x @ basis.T, -60.0, 5.0))) - t.T) ** 2, axis=1))
