"""Sums of exponentials that stand for the mean transmittance of a gas over a broad band, and how they are fitted.

A band's mean of ``exp(-k u)`` over many wavelengths *is* a sum of exponentials; a handful of rates stands for all of
them (Wiscombe & Evans 1977, doi:10.1016/0021-9991(77)90031-6). Such a sum is one without gas, falls with every bit of
it, and stays true to its kind outside the range it was fitted to.

Labels (ABS-n) are those of ``docs/ATBD/gas_bands.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]
STANDARD_PRESSURE = 1013.25
"""hPa."""
LEAST_PRESSURE, GREATEST_PRESSURE = 300.0, 1060.0
"""Of the ground, that exponents are fitted to [hPa]."""
RATES, AMOUNTS = 65, 121
"""Rates among which the sum is sought, and amounts at which it is fitted; 0 is among both."""
LEAST_WEIGHT = 1e-9
"""Weights below this are left out of a sum."""
WATER_POWER = 4
"""Power of the pressure with which water vapour thins out: its scale height is a quarter of the air's."""
LARGEST_POWER, POWERS, SAMPLES = 1.5, 301, 12
"""Powers of the pressure are sought between 0 and this; how many; amounts and pressures that they are sought over."""


@dataclass(frozen=True, eq=False)
class ExponentialSum:
    """Transmittance ``sum(weight * exp(-rate * u))`` of the amount ``u = airmass * amount * (pressure / 1013.25) **
    exponent`` (ABS-1, ABS-4).
    """

    weight: Float
    rate: Float
    exponent: float

    def __call__(self, amount: npt.ArrayLike, pressure: npt.ArrayLike = STANDARD_PRESSURE) -> Float:
        """Transmittance for amounts times airmass, at pressures [hPa]."""
        u = (
            np.asarray(amount, dtype=np.float64)
            * (np.asarray(pressure, dtype=np.float64) / STANDARD_PRESSURE) ** self.exponent
        )
        return np.asarray(np.exp(-self.rate * u[..., None]) @ self.weight)


def saturated(
    thickness: Float, overlap: float, amount: npt.ArrayLike, pressure: npt.ArrayLike = STANDARD_PRESSURE
) -> Float:
    """Optical thickness of a cell of the spectrum whose lines saturate before their wings do (ABS-2); Malkmus 1967,
    doi:10.1364/JOSA.57.000323.

    Parameters
    ----------
    thickness
        Mean of a cell for one unit of the amount, shape (n,).
    overlap
        Of the lines of a cell at 1013.25 hPa: pi times their width over their distance where these are random, else an
        effective number; `inf` where there are no lines, as for ozone.
    amount
        Column along the path, shape (...).
    pressure
        Which broadens lines [hPa], shape (...).

    Returns
    -------
    array
        Shape (..., n).
    """
    u = np.asarray(amount, dtype=np.float64)[..., None]
    if np.isinf(overlap):
        return np.asarray(thickness * u)
    b = overlap * (np.asarray(pressure, dtype=np.float64) / STANDARD_PRESSURE)[..., None]
    return np.asarray(0.5 * b * (np.sqrt(1.0 + 4.0 * thickness * u / b) - 1.0))


def exponential_sum(
    thickness: Float, weight: Float, overlap: float, largest: float, column_exponent: float
) -> ExponentialSum:
    """Fit a sum of exponentials to a band's mean transmittance (ABS-3).

    Parameters
    ----------
    thickness, weight
        Mean optical thickness of the cells of the spectrum for one unit of the amount, and their weights in the band,
        of sum 1; shape (n,).
    overlap
        See :func:`saturated`.
    largest
        Largest amount times airmass.
    column_exponent
        See `COLUMN_EXPONENT`.
    """
    from scipy.optimize import nnls  # needed to make tables only

    used = weight > 0.0
    thickness, weight = thickness[used], weight[used] / weight[used].sum()
    amounts = np.concatenate([[0.0], np.geomspace(1e-4 * largest, largest, AMOUNTS - 1)])
    mean = np.exp(-saturated(thickness, overlap, amounts)) @ weight
    # Within a cell, absorption at the heart of lines is far above the mean.
    highest = float(thickness.max()) * (1.0 if np.isinf(overlap) else 300.0)
    rates = np.concatenate([[0.0], np.geomspace(1e-2 / largest, max(highest, 2e-2 / largest), RATES - 1)])
    # A heavy row holds the sum at one where there is no gas.
    design = np.exp(-amounts[:, None] * rates)
    design[0] *= 1e3
    fractions, _ = nnls(design, np.concatenate([[1e3], mean[1:]]), maxiter=4000)
    kept = fractions > LEAST_WEIGHT
    sums = ExponentialSum(fractions[kept] / fractions[kept].sum(), rates[kept], 0.0)
    if np.isinf(overlap):
        return ExponentialSum(sums.weight, sums.rate, column_exponent)
    return ExponentialSum(
        sums.weight,
        sums.rate,
        column_exponent + _broadening(sums, thickness, weight, overlap, largest, column_exponent == 0.0),
    )


def _broadening(
    sums: ExponentialSum, thickness: Float, weight: Float, overlap: float, largest: float, water_like: bool
) -> float:
    """The power of the pressure by which an amount counts for more, least squares over amounts and pressures (ABS-4).

    `water_like` columns fall with the power :data:`WATER_POWER` of the pressure.
    """
    amounts = np.geomspace(0.05 * largest, 0.35 * largest, SAMPLES)
    pressures = np.linspace(LEAST_PRESSURE, GREATEST_PRESSURE, SAMPLES)
    u, p = (x.ravel() for x in np.meshgrid(amounts, pressures))
    if water_like:
        u = u * (p / STANDARD_PRESSURE) ** WATER_POWER
    wanted = np.exp(-saturated(thickness, overlap, u, p)) @ weight
    powers = np.linspace(0.0, LARGEST_POWER, POWERS)
    misfit = [float(((sums(u * (p / STANDARD_PRESSURE) ** q) - wanted) ** 2).sum()) for q in powers]
    return float(powers[int(np.argmin(misfit))])
