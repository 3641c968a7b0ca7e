"""Making of the table of bands of Sentinel-2, from responses and solar spectra."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from estran.adapters.files.spectra import read_solar
from estran.adapters.files.table_inputs import record_of, satellite_of, sentinel2_responses
from estran.sensors.band_table import NAME
from estran.sensors.bands import SENTINEL2
from estran.sensors.integrate import band_irradiance, equivalent_wavelength
from estran.tables.build import Arrays, Plan, one_after_another
from estran.tables.text import write_text


def band_plan(suns: Mapping[str, Path], responses: Sequence[Path]) -> Plan:
    """The plan of the table ``sentinel2_bands.csv``; a piece is one satellite.

    Parameters
    ----------
    suns
        Solar spectra by the names they get in the table.
    responses
        Spectral responses of satellites, whose names ("S2A") begin the file names.
    """
    spectra = {name: read_solar(path) for name, path in suns.items()}
    satellites = {satellite_of(path): sentinel2_responses(path) for path in responses}
    command = "estran tables build bands " + " ".join(f'--solar "{name}={path.name}"' for name, path in suns.items())
    record = {
        "what": "bands of Sentinel-2: centre, width at half height, irradiance of the Sun at 1 au, mean wavelength of "
        "the sunlight observed",
        "units": "centre, width, equivalent [nm]; irradiance [W/m2/nm]",
        "page": "docs/ATBD/spectral_bands.md",
        "command": command + "".join(f" --response {p.name}" for p in responses),
        **record_of([*suns.values(), *responses]),
        "sources": "responses: ESA COPE-GSEG-EOPG-TN-15-0007 v4.0; Sun: TSIS-1 HSRS v2 (Coddington et al. 2021), "
        "Thuillier et al. 2003",
    }

    def make(satellite: str) -> Arrays:
        cases = [(satellites[satellite][b.name], name, sun) for b in SENTINEL2 for name, sun in spectra.items()]
        return {
            "satellite": np.repeat(satellite, len(cases)),
            "band": np.array([band.band for band, _, _ in cases]),
            "sun": np.array([name for _, name, _ in cases]),
            "centre": np.array([band.centre for band, _, _ in cases]),
            "width": np.array([band.width for band, _, _ in cases]),
            "irradiance": np.array([band_irradiance(sun, band) for band, _, sun in cases]),
            "equivalent": np.array([equivalent_wavelength(band, sun) for band, _, sun in cases]),
        }

    return Plan(NAME, record, list(satellites), make, one_after_another, write_text)
