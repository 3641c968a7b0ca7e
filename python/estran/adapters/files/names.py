"""Names of bands from names of files and from nothing at all."""

from __future__ import annotations

import re
from collections.abc import Sequence

from estran.adapters.files.undecodable import printable
from estran.sensors.bands import SENTINEL2

_BAND = re.compile(
    r"^(?P<prefix>.*?)(?:^|[_\-. ])B(?:and)?_?0*(?P<number>8A|\d{1,2}|QA|QA_PIXEL)(?:[_\-. ](?P<rest>.*))?$",
    re.IGNORECASE,
)

# Landsat-8 and -9: what SNAP's reader calls the bands that products number.
_LANDSAT = {
    "1": "coastal_aerosol",
    "2": "blue",
    "3": "green",
    "4": "red",
    "5": "near_infrared",
    "6": "swir_1",
    "7": "swir_2",
    "8": "panchromatic",
    "9": "cirrus",
    "10": "thermal_infrared_(tirs)_1",
    "11": "thermal_infrared_(tirs)_2",
}

# Landsat-4 to -7 (TM, ETM+): the same names for the same bands.
_LANDSAT_TM = {
    "1": "blue",
    "2": "green",
    "3": "red",
    "4": "near_infrared",
    "5": "swir_1",
    "6": "thermal_infrared",
    "7": "swir_2",
    "8": "panchromatic",
}

_ANCILLARY = {
    "sunzenithangles": "sun_zenith",
    "sunzenith": "sun_zenith",
    "sza": "sun_zenith",
    "sunazimuthangles": "sun_azimuth",
    "sunazimuth": "sun_azimuth",
    "saa": "sun_azimuth",
    "viewzenithmean": "view_zenith_mean",
    "viewzenith": "view_zenith_mean",
    "vza": "view_zenith_mean",
    "viewazimuthmean": "view_azimuth_mean",
    "viewazimuth": "view_azimuth_mean",
    "vaa": "view_azimuth_mean",
    "dem": "elevation",
    "elevation": "elevation",
    "altitude": "elevation",
    "swo": "swo",
    "gswo": "swo",
    "scl": "scl",
    "tci": "tci",
}

SPECTRAL = tuple(band.name for band in SENTINEL2)
"""Names, in the product's order, of the bands that hold reflectance where the sensor is Sentinel-2's."""


def file_band(stem: str, platform: str = "") -> tuple[str, str]:
    """The set that a file belongs to, and the band it holds, from its name without ending.

    Examples
    --------
    >>> file_band("ref_input_S2_B02"), file_band("ref_input_S2_sunZenithAngles")
    (('ref_input_S2', 'B2'), ('ref_input_S2', 'sun_zenith'))
    >>> file_band("B8A"), file_band("T31TDH_20180101T105441_B01_60m")
    (('', 'B8A'), ('T31TDH_20180101T105441', 'B1'))
    >>> file_band("LC08_L1TP_016037_B5", "Landsat-8"), file_band("water")
    (('LC08_L1TP_016037', 'near_infrared'), ('', 'water'))
    >>> file_band("LE07_L1TP_016037_B4", "Landsat-7"), file_band("LE07_L1TP_016037_B6_VCID_2", "Landsat-7")
    (('LE07_L1TP_016037', 'near_infrared'), ('LE07_L1TP_016037', 'thermal_infrared_gain_2'))
    """
    stem = printable(stem)
    match = _BAND.match(stem)
    if match:
        number = match["number"].upper()
        called = (
            _LANDSAT
            if platform in ("Landsat-8", "Landsat-9")
            else _LANDSAT_TM
            if platform.startswith("Landsat")
            else {}
        )
        gain = re.match(r"VCID_(\d)", match["rest"] or "", re.IGNORECASE)  # Landsat-7's thermal band comes in two gains
        return match["prefix"].rstrip("_-. "), called.get(number, f"B{number}") + (f"_gain_{gain[1]}" if gain else "")
    prefix, _, last = stem.rpartition("_")
    for whole, left in ((last, prefix), (stem, "")):
        plain = re.sub(r"[^a-z]", "", whole.lower())
        if plain in _ANCILLARY:
            return left, _ANCILLARY[plain]
    return "", stem


def landsat_number(stem: str) -> str | None:
    """The number of a Landsat band ("5", "6_VCID_1") as the metadata spell it, from the name of its file; None where it
    has none.

    Examples
    --------
    >>> [landsat_number(f"LE07_L1TP_016037_{end}") for end in ("B5", "B6_VCID_2", "SZA")]
    ['5', '6_VCID_2', None]
    """
    match = re.search(r"_B(\d{1,2}(?:_VCID_\d)?)$", stem, re.IGNORECASE)
    return match[1].upper() if match else None


def tidy(name: str) -> str:
    """A band's description as a band name: Sentinel-2 names as SNAP spells them (B02 is B2), angles by their usual
    names, others as they are.

    Examples
    --------
    >>> tidy("B02"), tidy("b8a"), tidy("viewZenithMean"), tidy("VV"), tidy("B4, central wavelength 665 nm")
    ('B2', 'B8A', 'view_zenith_mean', 'VV', 'B4')
    """
    # GDAL's reader of Sentinel-2 adds the wavelength, and its translations keep it.
    match = re.fullmatch(r"[Bb]0*(8[Aa]|\d{1,2})(?:, central wavelength \d+ nm)?", name.strip())
    if match:
        return f"B{match[1].upper()}"
    return (
        _ANCILLARY.get(re.sub(r"[^a-z]", "", name.lower()), name.strip())
        if re.fullmatch(r"[A-Za-z_ ]+", name.strip())
        else name.strip()
    )


def unnamed(count: int) -> tuple[Sequence[str], str]:
    """Names for bands that have none, and what was assumed in choosing them."""
    if count == len(SENTINEL2):
        return [
            band.name for band in SENTINEL2
        ], "The 13 bands have no names; they were taken in Sentinel-2's order (B1 to B8, B8A, B9 to B12)."
    return [
        f"band_{number}" for number in range(1, count + 1)
    ], f"The {count} bands have no names; they are called band_1 and so on."
