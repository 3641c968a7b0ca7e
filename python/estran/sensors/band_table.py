"""Centre, width and solar irradiance of the bands of Sentinel-2A, -2B and -2C: a shipped table, made from responses and
solar spectra.

The names and semantics of bands are in :mod:`estran.sensors.bands`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from estran.errors import BadParameter
from estran.tables import SHIPPED
from estran.tables.text import read_text

NAME = "sentinel2_bands.csv"
SUN = "TSIS-1 HSRS"
"""The solar spectrum taken where none is named; the other one, "Thuillier 2003", is that of the products' metadata."""


@dataclass(frozen=True)
class BandFacts:
    """Figures of one band of one satellite under one solar spectrum."""

    centre: float
    """Mean wavelength under the response [nm] (BAND-3)."""
    width: float
    """Full width at half of the peak [nm] (BAND-4)."""
    irradiance: float
    """Of the Sun at one astronomical unit [W/m²/nm] (BAND-5)."""
    equivalent: float
    """Mean wavelength of the sunlight observed [nm] (BAND-6)."""


@cache
def _table() -> Mapping[tuple[str, str, str], BandFacts]:
    columns = read_text(SHIPPED / NAME).columns
    keys = zip(columns["satellite"], columns["band"], columns["sun"], strict=True)
    numbers = zip(*(map(float, columns[name]) for name in ("centre", "width", "irradiance", "equivalent")), strict=True)
    return {key: BandFacts(*row) for key, row in zip(keys, numbers, strict=True)}


def band_facts(platform: str, band: str, sun: str = SUN) -> BandFacts:
    """Figures of a band.

    Parameters
    ----------
    platform
        "Sentinel-2A", "Sentinel-2B" or "Sentinel-2C".
    band
        "B1" to "B12", "B8A".
    sun
        "TSIS-1 HSRS" or "Thuillier 2003".

    Raises
    ------
    BadParameter
        If the satellite, band or spectrum is not in the table.

    Examples
    --------
    >>> facts = band_facts("Sentinel-2A", "B8A")
    >>> round(facts.centre, 1), round(facts.width, 1), round(facts.irradiance, 4)
    (864.7, 20.5, 0.9498)
    """
    table = _table()
    if (platform, band, sun) not in table:
        raise BadParameter(
            "there are no figures of this band",
            expected=f"a satellite of {', '.join(dict.fromkeys(k[0] for k in table))}, a band B1 to B12 or B8A, a Sun "
            f"of "
            f"{', '.join(dict.fromkeys(k[2] for k in table))}",
            found=f"{platform}, {band}, {sun}",
        )
    return table[platform, band, sun]
