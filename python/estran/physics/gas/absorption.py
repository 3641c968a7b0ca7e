"""Transmittance of the gases over a broad band, as sums of exponentials of their amounts.

A band's mean of ``exp(-k u)`` over many wavelengths *is* a sum of exponentials; a handful of rates stands for all of
them (Wiscombe & Evans 1977, doi:10.1016/0021-9991(77)90031-6). Such a sum is one without gas, falls with every bit of
it, and stays true to its kind outside the range it was fitted to.

Labels (ABS-n) are those of ``docs/ATBD/gas_bands.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, cast, get_args

import numpy as np
import numpy.typing as npt

from estran.errors import BadParameter
from estran.jit import jit
from estran.tables import SHIPPED
from estran.tables.text import read_text

Float = npt.NDArray[np.float64]
Gas = Literal[
    "ozone", "water_vapour", "oxygen", "carbon_dioxide", "methane", "nitrogen_dioxide", "nitrous_oxide", "oxygen_pairs"
]
NAME = "sentinel2_gas.csv"
"""The shipped table."""
GASES: tuple[Gas, ...] = get_args(Gas)
STANDARD_PRESSURE = 1013.25
"""hPa."""

UNITS: Mapping[Gas, str] = {
    "ozone": "DU",
    "water_vapour": "g/cm2",
    "oxygen": "1",
    "carbon_dioxide": "ppm",
    "methane": "ppm",
    "nitrogen_dioxide": "DU",
    "nitrous_oxide": "ppm",
    "oxygen_pairs": "1",
}
"""Units of amounts: columns, or dry-air mole fractions of well-mixed gases; 1 is the oxygen there is."""
TYPICAL: Mapping[Gas, float] = {
    "ozone": 300.0,
    "water_vapour": 2.0,
    "oxygen": 1.0,
    "carbon_dioxide": 420.0,
    "methane": 1.9,
    "nitrogen_dioxide": 0.2,
    "nitrous_oxide": 0.335,
    "oxygen_pairs": 1.0,
}
"""Amounts over unpolluted land today, in `UNITS`."""
LARGEST: Mapping[Gas, float] = {
    "ozone": 600.0,
    "water_vapour": 8.0,
    "oxygen": 1.0,
    "carbon_dioxide": 600.0,
    "methane": 3.0,
    "nitrogen_dioxide": 3.0,
    "nitrous_oxide": 0.5,
    "oxygen_pairs": 1.0,
}
"""The largest amounts that sums are fitted to, in `UNITS`."""
LARGEST_AIRMASS = 12.0
"""Down and up again: Sun and view zenith of 80 degrees."""
LEAST_PRESSURE, GREATEST_PRESSURE = 300.0, 1060.0
"""Of the ground, that exponents are fitted to [hPa]."""

COLUMN_EXPONENT: Mapping[Gas, float] = {
    **dict.fromkeys(("oxygen", "carbon_dioxide", "methane", "nitrous_oxide"), 1.0),
    "oxygen_pairs": 2.0,
    **dict.fromkeys(("ozone", "water_vapour", "nitrogen_dioxide"), 0.0),
}
"""How a column follows the pressure of the ground: well-mixed gases as its power 1, pairs of molecules as 2; the others
are given as columns (ABS-4).
"""


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

    seen = weight > 0.0
    thickness, weight = thickness[seen], weight[seen] / weight[seen].sum()
    amounts = np.concatenate([[0.0], np.geomspace(1e-4 * largest, largest, 120)])
    mean = np.exp(-saturated(thickness, overlap, amounts)) @ weight
    # Within a cell, absorption at the heart of lines is far above the mean.
    highest = float(thickness.max()) * (1.0 if np.isinf(overlap) else 300.0)
    rates = np.concatenate([[0.0], np.geomspace(1e-2 / largest, max(highest, 2e-2 / largest), 64)])
    # A heavy row holds the sum at one where there is no gas.
    design = np.exp(-amounts[:, None] * rates)
    design[0] *= 1e3
    shares, _ = nnls(design, np.concatenate([[1e3], mean[1:]]), maxiter=4000)
    kept = shares > 1e-9
    sums = ExponentialSum(shares[kept] / shares[kept].sum(), rates[kept], 0.0)
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

    `water_like` columns fall with the fourth power of the pressure, as water vapour does whose scale height is a
    quarter of the air's.
    """
    amounts = np.geomspace(0.05 * largest, 0.35 * largest, 12)
    pressures = np.linspace(LEAST_PRESSURE, GREATEST_PRESSURE, 12)
    u, p = (x.ravel() for x in np.meshgrid(amounts, pressures))
    if water_like:
        u = u * (p / STANDARD_PRESSURE) ** 4
    wanted = np.exp(-saturated(thickness, overlap, u, p)) @ weight
    powers = np.linspace(0.0, 1.5, 301)
    misfit = [float(((sums(u * (p / STANDARD_PRESSURE) ** q) - wanted) ** 2).sum()) for q in powers]
    return float(powers[int(np.argmin(misfit))])


@dataclass(frozen=True, eq=False)
class GasBands:
    """Sums of exponentials of the gases in the bands of one satellite; a gas that does nothing in a
    band is left out.
    """

    bands: tuple[str, ...]
    sums: Mapping[tuple[str, Gas], ExponentialSum]


def transmittance(
    platform: str,
    band: str,
    *,
    airmass: npt.ArrayLike,
    ozone: npt.ArrayLike,
    water_vapour: npt.ArrayLike,
    pressure: npt.ArrayLike = STANDARD_PRESSURE,
    carbon_dioxide: npt.ArrayLike = TYPICAL["carbon_dioxide"],
    methane: npt.ArrayLike = TYPICAL["methane"],
    nitrogen_dioxide: npt.ArrayLike = TYPICAL["nitrogen_dioxide"],
    nitrous_oxide: npt.ArrayLike = TYPICAL["nitrous_oxide"],
    gases: Sequence[Gas] = GASES,
) -> Float:
    """Transmittance of the gases in a band of Sentinel-2 (ABS-5), from the shipped table.

    Parameters
    ----------
    platform
        "Sentinel-2A", "Sentinel-2B" or "Sentinel-2C"; "S2A" too.
    band
        "B1" to "B12", "B8A"; "B01" too.
    airmass
        Of the path: ``1 / cos(sun zenith) + 1 / cos(view zenith)`` for sunlight seen from space, one of the two for one
        way.
    ozone
        Column [DU].
    water_vapour
        Column [g/cm²], which is cm of precipitable water and 10 kg/m².
    pressure
        Of the ground [hPa]: how much there is of the well-mixed gases, and how broad the lines are.
    carbon_dioxide, methane, nitrous_oxide
        Dry-air mole fractions [ppm].
    nitrogen_dioxide
        Column [DU]; 1 DU is 2.6867e16 molecules/cm².
    gases
        Those that absorb; all by default.

    Returns
    -------
    array
        In 0..1, of the shape to which the inputs broadcast; NaN where an input is not finite or negative.

    Raises
    ------
    BadParameter
        If the platform, the band or a gas is unknown.

    Examples
    --------
    >>> round(float(transmittance("Sentinel-2A", "B3", airmass=2.0, ozone=300.0, water_vapour=0.0, gases=["ozone"])), 2)
    0.94
    """
    satellite = _satellite(platform)
    found = _evaluate(
        satellite,
        [_band(satellite, band)],
        gases,
        airmass,
        pressure,
        {
            "ozone": ozone,
            "water_vapour": water_vapour,
            "oxygen": 1.0,
            "carbon_dioxide": carbon_dioxide,
            "methane": methane,
            "nitrogen_dioxide": nitrogen_dioxide,
            "nitrous_oxide": nitrous_oxide,
            "oxygen_pairs": 1.0,
        },
    )
    return np.asarray(found[0])


def transmittances(
    platform: str,
    *,
    airmass: npt.ArrayLike,
    ozone: npt.ArrayLike,
    water_vapour: npt.ArrayLike,
    pressure: npt.ArrayLike = STANDARD_PRESSURE,
    gases: Sequence[Gas] = GASES,
    amounts: Mapping[Gas, npt.ArrayLike] | None = None,
) -> Float:
    """Transmittance of the gases in all 13 bands, in the order B1 … B8, B8A, B9 … B12.

    Parameters
    ----------
    platform, airmass, ozone, water_vapour, pressure, gases
        As for :func:`transmittance`.
    amounts
        Of the other gases, where they are not `TYPICAL`.

    Returns
    -------
    array
        Shape (13, ...).

    Examples
    --------
    >>> transmittances("S2B", airmass=2.0, ozone=300.0, water_vapour=2.0, pressure=[1013.25, 700.0]).shape
    (13, 2)
    """
    satellite = _satellite(platform)
    known = {**TYPICAL, **(amounts or {}), "ozone": ozone, "water_vapour": water_vapour}
    return _evaluate(satellite, shipped()[satellite].bands, gases, airmass, pressure, known)


def _evaluate(
    satellite: str,
    bands: Sequence[str],
    gases: Sequence[Gas],
    airmass: npt.ArrayLike,
    pressure: npt.ArrayLike,
    amounts: Mapping[Gas, npt.ArrayLike],
) -> Float:
    unknown = [gas for gas in (*gases, *amounts) if gas not in GASES]
    if unknown:
        raise BadParameter("a gas is unknown", expected=", ".join(GASES), found=", ".join(unknown))
    arrays = np.broadcast_arrays(
        *(np.asarray(x, dtype=np.float64) for x in (airmass, pressure, *(amounts[gas] for gas in gases)))
    )
    shape = arrays[0].shape
    flat = np.ascontiguousarray(np.stack([a.ravel() for a in arrays]))
    out = np.empty((len(bands), flat.shape[1]))
    for i, band in enumerate(bands):
        _transmit(flat, *_packed(satellite, band, tuple(gases)), out[i])
    return np.asarray(out.reshape((len(bands), *shape)))


@cache
def _packed(
    satellite: str, band: str, gases: tuple[Gas, ...]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Float, Float, Float]:
    """Row of the inputs and first term of each gas that absorbs in a band, then weights, rates and exponents."""
    known = shipped()[satellite].sums
    present = [(2 + row, known[band, gas]) for row, gas in enumerate(gases) if (band, gas) in known]
    rows = np.array([row for row, _ in present], dtype=np.int64)
    start = np.cumsum([0, *(s.weight.size for _, s in present)])
    weight = np.concatenate([np.empty(0), *(s.weight for _, s in present)])
    rate = np.concatenate([np.empty(0), *(s.rate for _, s in present)])
    return rows, start, weight, rate, np.array([s.exponent for _, s in present], dtype=np.float64)


@jit
def _transmit(
    inputs: Float,
    rows: npt.NDArray[np.int64],
    start: npt.NDArray[np.int64],
    weight: Float,
    rate: Float,
    exponent: Float,
    out: Float,
) -> None:
    """Product over gases of their sums (ABS-5); `inputs` is airmass, pressure and the amounts of the gases, over
    pixels.
    """
    for i in range(out.size):
        good = True
        for j in range(inputs.shape[0]):
            good = good and 0.0 <= inputs[j, i] < np.inf
        if not good or inputs[1, i] == 0.0:
            out[i] = np.nan
            continue
        through = 1.0
        log_pressure = np.log(inputs[1, i] / STANDARD_PRESSURE)
        for g in range(rows.size):
            u = inputs[0, i] * inputs[rows[g], i]
            if exponent[g] != 0.0:
                u *= np.exp(exponent[g] * log_pressure)
            mean = 0.0
            for k in range(start[g], start[g + 1]):
                mean += weight[k] * np.exp(-rate[k] * u)
            through *= mean
        out[i] = through


@cache
def shipped() -> Mapping[str, GasBands]:
    """The shipped table, by satellite."""
    columns = read_text(SHIPPED / NAME).columns
    terms: dict[tuple[str, str, Gas], list[tuple[float, float, float]]] = {}
    for satellite, band, gas, exponent, weight, rate in zip(
        *(columns[name] for name in ("satellite", "band", "gas", "exponent", "weight", "rate")), strict=True
    ):
        terms.setdefault((satellite, band, cast(Gas, gas)), []).append((float(weight), float(rate), float(exponent)))
    found: dict[str, dict[tuple[str, Gas], ExponentialSum]] = {}
    for (satellite, band, gas), rows in terms.items():
        weight, rate, exponents = np.array(rows).T
        found.setdefault(satellite, {})[band, gas] = ExponentialSum(weight, rate, float(exponents[0]))
    return {
        satellite: GasBands(tuple(dict.fromkeys(band for band, _ in sums)), sums) for satellite, sums in found.items()
    }


def _satellite(platform: str) -> str:
    short = platform.strip().upper().replace("SENTINEL-", "S").replace("_", "")
    for satellite in shipped():
        if satellite.upper().replace("SENTINEL-", "S") == short:
            return satellite
    raise BadParameter(
        "there is no table of gases for this satellite", expected=", ".join(shipped()), found=platform or "none"
    )


def _band(satellite: str, band: str) -> str:
    name = f"B{band[1:].lstrip('0')}" if band[:1] == "B" else band
    if name not in shipped()[satellite].bands:
        raise BadParameter(f"{satellite} has no such band", expected=", ".join(shipped()[satellite].bands), found=band)
    return name
