"""Transmittance of the gases over a broad band, as sums of exponentials of their amounts.

The sums themselves, and how they are fitted, are in :mod:`estran.physics.gas.exponential_sum`. Labels (ABS-n) are those
of ``docs/ATBD/gas_bands.md``.
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
from estran.physics.gas.exponential_sum import STANDARD_PRESSURE, ExponentialSum, exponential_sum, saturated
from estran.tables import SHIPPED
from estran.tables.text import read_text

__all__ = [
    "COLUMN_EXPONENT",
    "GASES",
    "LARGEST",
    "LARGEST_AIRMASS",
    "NAME",
    "STANDARD_PRESSURE",
    "TYPICAL",
    "UNITS",
    "ExponentialSum",
    "Gas",
    "GasBands",
    "exponential_sum",
    "saturated",
    "shipped",
    "transmittance",
    "transmittances",
]

Float = npt.NDArray[np.float64]
Gas = Literal[
    "ozone", "water_vapour", "oxygen", "carbon_dioxide", "methane", "nitrogen_dioxide", "nitrous_oxide", "oxygen_pairs"
]
NAME = "sentinel2_gas.csv"
"""The shipped table."""
GASES: tuple[Gas, ...] = get_args(Gas)
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
COLUMN_EXPONENT: Mapping[Gas, float] = {
    **dict.fromkeys(("oxygen", "carbon_dioxide", "methane", "nitrous_oxide"), 1.0),
    "oxygen_pairs": 2.0,
    **dict.fromkeys(("ozone", "water_vapour", "nitrogen_dioxide"), 0.0),
}
"""How a column follows the pressure of the ground: well-mixed gases as its power 1, pairs of molecules as 2; the others
are given as columns (ABS-4).
"""


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
        Of the path: ``1 / cos(sun zenith) + 1 / cos(view zenith)`` for sunlight observed from space, one of the two for
        one way.
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
