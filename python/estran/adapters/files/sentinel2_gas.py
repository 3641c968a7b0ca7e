"""Making of the table of gases in the bands of Sentinel-2, from a spectrum of optical thickness, the satellites'
responses and the Sun's irradiance.

Labels (ABS-n) are those of ``docs/ATBD/gas_bands.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from estran.adapters.files.spectra import read_gas_optical_thickness, read_solar
from estran.adapters.files.table_inputs import record_of, satellite_of, sentinel2_responses
from estran.errors import BadProduct
from estran.physics.gas.absorption import (
    COLUMN_EXPONENT,
    LARGEST,
    LARGEST_AIRMASS,
    NAME,
    UNITS,
    Gas,
)
from estran.physics.gas.exponential_sum import ExponentialSum, exponential_sum
from estran.sensors.bands import SENTINEL2
from estran.sensors.integrate import band_weights
from estran.sensors.response import Float
from estran.tables.build import Arrays, Plan, one_after_another
from estran.tables.text import write_text

_AVOGADRO = 6.02214076e23
_DOBSON = 2.6867e20
"""Molecules in a square metre of one Dobson unit."""
_PPM_KG = 1e-6 / 0.0289644 * 101325.0 / 9.80665
"""Moles a square metre of a gas of 1 ppm under 1013.25 hPa."""
CO2_OF_SPECTRUM, N2O_OF_SPECTRUM = 297.0, 0.32
"""Mole fractions [ppm] that the spectrum of optical thickness stands for, as it says none: CO2 by the summed
intensities of HITRAN's lines from 6206 to 6250 cm-1 (`docs/ATBD/gas_bands.md`), N2O by the AFGL standard atmosphere.
"""

SOURCES: Mapping[Gas, tuple[str, float]] = {
    "ozone": ("o3", _DOBSON / _AVOGADRO * 0.0479982),
    "water_vapour": ("h2o", 10.0),
    "oxygen": ("o2", 1.01325),
    "carbon_dioxide": ("co2", 1.01325 / CO2_OF_SPECTRUM),
    "methane": ("ch4", _PPM_KG * 0.0160425),
    "nitrogen_dioxide": ("no2", _DOBSON / _AVOGADRO * 0.0460055),
    "nitrous_oxide": ("n2o", 1.01325 / N2O_OF_SPECTRUM),
    "oxygen_pairs": ("o4", 1.01325**2),
}
"""Variable of each gas, and what makes of it the thickness of one unit of amount under 1013.25 hPa; the variables are
for 1 kg/m² (o3, h2o, ch4, no2) or for the column of a standard atmosphere of 1000 hPa (the others).
"""

OVERLAP: Mapping[Gas, float] = {
    **dict.fromkeys(("ozone", "nitrogen_dioxide", "oxygen_pairs"), float("inf")),
    "water_vapour": 0.70,
    "oxygen": 0.28,
    "carbon_dioxide": 0.35,
    "methane": 0.264,
    "nitrous_oxide": 0.35,
}
"""Overlap of lines within the spectrum's cells of 1 cm-1 (ABS-2), by line-by-line transmittances: H2O 4560-4790, O2
7780-8000 and 14300-14590, CO2 6206-6250, CH4 5900-6150 cm-1; N2O as CO2.
"""
OVERLAP_STRONG_WATER = 2.2
"""The same in the middle of a strong band of water (5250-5390 cm-1), as B9 and B10 have one."""

LEAST_ABSORPTION = 2e-5
"""Absorption at `LARGEST` amounts and air mass 3 below which a gas is left out of a band."""

COMMAND = "estran tables build gas"


def gas_plan(thickness: Path, solar: Path, responses: Sequence[Path]) -> Plan:
    """The plan of the table ``sentinel2_gas.csv``; a piece is one band of one satellite.

    Parameters
    ----------
    thickness
        Optical thickness of gases in cells of 1 cm-1 (NetCDF: wl, o3, h2o, o2, co2, ch4, no2, n2o, o4).
    solar
        The Sun's irradiance.
    responses
        Spectral responses of satellites, whose names ("S2A") begin the file names.

    Raises
    ------
    BadProduct, BadParameter
        If an input cannot be read, lacks a gas or a band, or does not cover one.
    """
    spectrum = read_gas_optical_thickness(thickness)
    missing = [variable for variable, _ in SOURCES.values() if variable not in spectrum]
    if missing:
        raise BadProduct(
            "the spectrum of optical thickness lacks gases",
            where=thickness.name,
            expected=", ".join(missing),
            found=", ".join(spectrum),
        )
    sun = read_solar(solar)
    weights = {
        f"{satellite_of(path)}_{band.name}": band_weights(spectrum["wl"], bands[band.name], sun)
        for path in responses
        for bands in (sentinel2_responses(path),)
        for band in SENTINEL2
    }
    record = {
        "what": "transmittance of gases in the bands of Sentinel-2: sums of weight * exp(-rate * amount * airmass * "
        "(pressure / 1013.25 hPa) ** exponent)",
        "units": "; ".join(f"{gas} [{UNITS[gas]}]" for gas in SOURCES),
        "page": "docs/ATBD/gas_bands.md",
        "command": f"{COMMAND} --thickness {thickness.name} --solar {solar.name} "
        + " ".join(f"--response {p.name}" for p in responses),
        **record_of([thickness, solar, *responses]),
        "sources": "absorption: REPTRAN (Gasteiger et al. 2014) as tabulated by the processor GRS; responses: ESA "
        "COPE-GSEG-EOPG-TN-15-0007 v4.0; "
        "Sun: TSIS-1 HSRS v2 (Coddington et al. 2021)",
    }

    def make(piece: str) -> Arrays:
        satellite, _, band = piece.partition("_")
        return _terms(spectrum, weights[piece], satellite, band)

    return Plan(NAME, record, list(weights), make, one_after_another, write_text)


def _terms(spectrum: Mapping[str, Float], weights: Float, satellite: str, band: str) -> Arrays:
    """Columns of the table for one band: a row for each term of each gas."""
    found: list[tuple[Gas, ExponentialSum]] = []
    for gas, (variable, factor) in SOURCES.items():
        thickness = spectrum[variable] * factor
        if 1.0 - float(np.exp(-3.0 * LARGEST[gas] * thickness) @ weights) < LEAST_ABSORPTION:
            continue
        overlap = OVERLAP_STRONG_WATER if gas == "water_vapour" and band in ("B9", "B10") else OVERLAP[gas]
        found.append(
            (gas, exponential_sum(thickness, weights, overlap, LARGEST[gas] * LARGEST_AIRMASS, COLUMN_EXPONENT[gas]))
        )
    rows = [sums.weight.size for _, sums in found]
    return {
        "satellite": np.repeat(satellite, sum(rows)),
        "band": np.repeat(band, sum(rows)),
        "gas": np.repeat([gas for gas, _ in found], rows),
        "exponent": np.repeat([round(sums.exponent, 3) for _, sums in found], rows),
        "weight": np.concatenate([sums.weight for _, sums in found]),
        "rate": np.concatenate([sums.rate for _, sums in found]),
    }
