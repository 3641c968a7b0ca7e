"""Semantic bands: what an algorithm asks for ("nir") and how each sensor names it ("B8A").

Semantic names are those of ``s2_cloud_pixels``: ``nir`` is the narrow 865 nm band (B8A), ``wnir`` the wide 833 nm one (B8).
Central wavelengths and widths of Sentinel-2A, -2B and -2C: Copernicus Sentinel-2 spectral response functions v4.0 (ESA, COPE-GSEG-EOPG-TN-15-0007),
rounded to 0.1 nm.
Landsat: USGS band designations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class SpectralBand:
    """One spectral band of a sensor: SNAP's name, semantic name, centre [nm], width [nm], pixel [m]."""

    name: str
    semantic: str
    wavelength: float
    width: float
    pixel: float


SENTINEL2: tuple[SpectralBand, ...] = (
    SpectralBand("B1", "coastal", 442.7, 20.0, 60.0),
    SpectralBand("B2", "blue", 492.7, 65.0, 10.0),
    SpectralBand("B3", "green", 559.8, 35.0, 10.0),
    SpectralBand("B4", "red", 664.6, 30.0, 10.0),
    SpectralBand("B5", "vre1", 704.1, 14.0, 20.0),
    SpectralBand("B6", "vre2", 740.5, 14.0, 20.0),
    SpectralBand("B7", "vre3", 782.8, 19.0, 20.0),
    SpectralBand("B8", "wnir", 832.8, 105.0, 10.0),
    SpectralBand("B8A", "nir", 864.7, 21.0, 20.0),
    SpectralBand("B9", "wv", 945.1, 19.0, 60.0),
    SpectralBand("B10", "cirrus", 1373.5, 29.0, 60.0),
    SpectralBand("B11", "swir1", 1613.7, 90.0, 20.0),
    SpectralBand("B12", "swir2", 2202.4, 174.0, 20.0),
)
"""In the order of the product's band identifiers 0..12."""

LANDSAT_OLI: tuple[SpectralBand, ...] = (
    SpectralBand("coastal_aerosol", "coastal", 443.0, 16.0, 30.0),
    SpectralBand("blue", "blue", 482.0, 60.0, 30.0),
    SpectralBand("green", "green", 561.4, 57.0, 30.0),
    SpectralBand("red", "red", 654.6, 37.0, 30.0),
    SpectralBand("near_infrared", "nir", 864.7, 28.0, 30.0),
    SpectralBand("swir_1", "swir1", 1608.9, 85.0, 30.0),
    SpectralBand("swir_2", "swir2", 2200.7, 187.0, 30.0),
    SpectralBand("cirrus", "cirrus", 1373.4, 20.0, 30.0),
)

SENSORS: Mapping[str, tuple[SpectralBand, ...]] = {"Sentinel-2": SENTINEL2, "Landsat-OLI": LANDSAT_OLI}

_VIEWED = ("B8A", "B3", *(band.name for band in SENTINEL2 if band.name not in ("B8A", "B3")))
"""Bands whose own view angles may stand for the mean's, best first."""

_GEOMETRY: Mapping[str, tuple[str, ...]] = {
    "sun_zenith": ("sun_zenith",),
    "sun_azimuth": ("sun_azimuth",),
    "view_zenith": ("view_zenith_mean", "view_zenith", *(f"view_zenith_{name}" for name in _VIEWED)),
    "view_azimuth": ("view_azimuth_mean", "view_azimuth", *(f"view_azimuth_{name}" for name in _VIEWED)),
    # Of single bands, where glint is predicted for each; "10u" and "10v" are what SNAP calls the ECMWF winds inside a Sentinel-2 product.
    **{
        f"view_{angle}_{band.semantic}": (f"view_{angle}_{band.name}", f"view_{angle}_{band.semantic}")
        for band in SENTINEL2
        for angle in ("zenith", "azimuth")
        if band.semantic in ("blue", "green", "red", "nir", "swir1", "swir2")
    },
    "wind_u": ("10u", "u10", "wind_u"),
    "wind_v": ("10v", "v10", "wind_v"),
    "dem": ("elevation", "dem", "altitude", "dem_alt"),
    "swo": ("swo", "water_occurrence", "gswo"),
}
"""Names under which SNAP and our readers give angles and ancillary layers, in order of preference."""

SEMANTIC: tuple[str, ...] = tuple(b.semantic for b in SENTINEL2) + tuple(_GEOMETRY)
"""Every semantic name."""


def sensor_of(platform: str) -> str:
    """The sensor table for a platform name ("Sentinel-2B"); Sentinel-2's where it says nothing."""
    return "Landsat-OLI" if platform.upper().replace("_", "-").startswith(("LANDSAT", "LC08", "LC09")) else "Sentinel-2"


def candidates(semantic: str, sensor: str = "Sentinel-2") -> tuple[str, ...]:
    """Band names that may carry a semantic band, best first: the sensor's own, the zero-padded spelling, the semantic name itself."""
    if semantic in _GEOMETRY:
        return _GEOMETRY[semantic]
    names: list[str] = []
    for band in SENSORS[sensor]:
        if band.semantic == semantic:
            names.append(band.name)
            if band.name[:1] == "B" and band.name[1:].isdigit() and len(band.name) == 2:
                names.append(f"B0{band.name[1:]}")
    return (*names, semantic)


def resolve(semantic: str, available: Iterable[str], platform: str = "") -> str | None:
    """The available band that carries a semantic name, or None; letter case is ignored as a last resort.

    Examples
    --------
    >>> resolve("nir", ["B02", "B8A"]), resolve("blue", ["B02", "B8A"]), resolve("cirrus", ["B02"])
    ('B8A', 'B02', None)
    """
    names = list(available)
    lowered = {n.lower(): n for n in reversed(names)}
    for candidate in candidates(semantic, sensor_of(platform)):
        if candidate in names:
            return candidate
    for candidate in candidates(semantic, sensor_of(platform)):
        if candidate.lower() in lowered:
            return lowered[candidate.lower()]
    return None
