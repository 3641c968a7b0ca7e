"""Making of the table of bands of Sentinel-2, from responses and solar spectra."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from estran.adapters.files.spectra import read_solar
from estran.adapters.files.table_inputs import record_of, satellite_of, sentinel2_responses
from estran.raster.scene import Progress, quiet
from estran.sensors.bands import SENTINEL2
from estran.sensors.integrate import band_irradiance, equivalent_wavelength
from estran.tables.text import text_of


def band_table(suns: Mapping[str, Path], responses: Sequence[Path], progress: Progress = quiet) -> str:
    """The text of the table ``sentinel2_bands.csv``.

    Parameters
    ----------
    suns
        Solar spectra by the names they get in the table.
    responses
        Spectral responses of satellites, whose names ("S2A") begin the file names.
    progress
        Told after each satellite.
    """
    spectra = {name: read_solar(path) for name, path in suns.items()}
    rows: list[Sequence[object]] = []
    for number, path in enumerate(responses):
        bands = sentinel2_responses(path)
        for band in (bands[b.name] for b in SENTINEL2):
            for name, sun in spectra.items():
                figures = (band.centre, band.width, band_irradiance(sun, band), equivalent_wavelength(band, sun))
                rows.append((satellite_of(path), band.band, name, *(f"{x:.7g}" for x in figures)))
        progress((number + 1) / len(responses), satellite_of(path))
    command = "estran tables build bands " + " ".join(f'--solar "{name}={path.name}"' for name, path in suns.items())
    record = {
        "what": "bands of Sentinel-2: centre, width at half height, irradiance of the Sun at 1 au, mean wavelength of the sunlight seen",
        "units": "centre, width, equivalent [nm]; irradiance [W/m2/nm]",
        "page": "docs/ATBD/spectral_bands.md",
        "command": command + "".join(f" --response {p.name}" for p in responses),
        **record_of([*suns.values(), *responses]),
        "sources": "responses: ESA COPE-GSEG-EOPG-TN-15-0007 v4.0; Sun: TSIS-1 HSRS v2 (Coddington et al. 2021), Thuillier et al. 2003",
    }
    return text_of(record, ("satellite", "band", "sun", "centre", "width", "irradiance", "equivalent"), rows)
