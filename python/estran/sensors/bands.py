"""Semantic bands: what an algorithm asks for ("nir08"), how each sensor names it ("B8A"), and which platforms carry
which sensor.

Semantic names are the common names of STAC's electro-optical extension: ``nir`` is the wide band at 833 nm (B8),
``nir08`` the narrow one at 865 nm (B8A). Central wavelengths and widths of Sentinel-2A, -2B and -2C: Copernicus
Sentinel-2 spectral response functions v4.0 (ESA, COPE-GSEG-EOPG-TN-15-0007), rounded to 0.1 nm. Landsat: USGS band
designations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from estran.errors import UnsupportedProduct


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
    SpectralBand("B5", "rededge071", 704.1, 14.0, 20.0),
    SpectralBand("B6", "rededge075", 740.5, 14.0, 20.0),
    SpectralBand("B7", "rededge078", 782.8, 19.0, 20.0),
    SpectralBand("B8", "nir", 832.8, 105.0, 10.0),
    SpectralBand("B8A", "nir08", 864.7, 21.0, 20.0),
    SpectralBand("B9", "nir09", 945.1, 19.0, 60.0),
    SpectralBand("B10", "cirrus", 1373.5, 29.0, 60.0),
    SpectralBand("B11", "swir16", 1613.7, 90.0, 20.0),
    SpectralBand("B12", "swir22", 2202.4, 174.0, 20.0),
)
"""In the order of the product's band identifiers 0..12."""

LANDSAT_OLI: tuple[SpectralBand, ...] = (
    SpectralBand("coastal_aerosol", "coastal", 443.0, 16.0, 30.0),
    SpectralBand("blue", "blue", 482.0, 60.0, 30.0),
    SpectralBand("green", "green", 561.4, 57.0, 30.0),
    SpectralBand("red", "red", 654.6, 37.0, 30.0),
    SpectralBand("near_infrared", "nir08", 864.7, 28.0, 30.0),
    SpectralBand("swir_1", "swir16", 1608.9, 85.0, 30.0),
    SpectralBand("swir_2", "swir22", 2200.7, 187.0, 30.0),
    SpectralBand("cirrus", "cirrus", 1373.4, 20.0, 30.0),
)

LANDSAT_ETM: tuple[SpectralBand, ...] = (
    SpectralBand("blue", "blue", 485.0, 70.0, 30.0),
    SpectralBand("green", "green", 560.0, 80.0, 30.0),
    SpectralBand("red", "red", 660.0, 60.0, 30.0),
    SpectralBand("near_infrared", "nir08", 835.0, 130.0, 30.0),
    SpectralBand("swir_1", "swir16", 1650.0, 200.0, 30.0),
    SpectralBand("swir_2", "swir22", 2220.0, 260.0, 30.0),
)
"""Middle and width of the intervals; TM of Landsat 4 and 5 has the same but for a few nanometres."""


@dataclass(frozen=True)
class Sensor:
    """An instrument: its name, its bands, the platforms that carry it as a pattern of their name, and how people list
    these.
    """

    name: str
    bands: tuple[SpectralBand, ...]
    pattern: str
    platforms: str

    def is_on(self, platform: str) -> bool:
        """Whether a platform carries it; case, and whether words are joined by a hyphen, an underscore or a blank, do
        not matter.
        """
        return re.fullmatch(self.pattern, re.sub(r"[ _]", "-", platform.strip().lower())) is not None


SENSORS: Mapping[str, Sensor] = {
    sensor.name: sensor
    for sensor in (
        Sensor("Sentinel-2", SENTINEL2, r"(sentinel-?2|s2)-?[abcd]?", "Sentinel-2A to -2D"),
        Sensor("Landsat-OLI", LANDSAT_OLI, r"(landsat-?|lc0?|lo0?)[89]", "Landsat-8 and -9"),
        Sensor("Landsat-ETM", LANDSAT_ETM, r"(landsat-?|lt0?|le0?)[457]", "Landsat-4, -5 and -7"),
    )
}
"""Every sensor whose bands are known, by name."""

_VIEWED = ("B8A", "B3", *(band.name for band in SENTINEL2 if band.name not in ("B8A", "B3")))
"""Bands whose own view angles may stand for the mean's, best first."""

_GEOMETRY: Mapping[str, tuple[str, ...]] = {
    "sun_zenith": ("sun_zenith",),
    "sun_azimuth": ("sun_azimuth",),
    "view_zenith": ("view_zenith_mean", "view_zenith", *(f"view_zenith_{name}" for name in _VIEWED)),
    "view_azimuth": ("view_azimuth_mean", "view_azimuth", *(f"view_azimuth_{name}" for name in _VIEWED)),
    # Of single bands, where glint is predicted for each.
    **{
        f"view_{angle}_{band.semantic}": (f"view_{angle}_{band.name}", f"view_{angle}_{band.semantic}")
        for band in SENTINEL2
        for angle in ("zenith", "azimuth")
        if band.semantic in ("blue", "green", "red", "nir08", "swir16", "swir22")
    },
    # Meteorology: first what SNAP's Sentinel-2 reader calls the fields of the GRIB files inside a product, then other
    # names of ECMWF and of CF; in NetCDF no name begins with a digit, and "10u" may be "u10" or "_0u".
    "wind_u": ("10u", "u10", "_0u", "wind_u"),
    "wind_v": ("10v", "v10", "_0v", "wind_v"),
    "ozone": ("tco3", "ozone", "total_ozone"),
    "water_vapour": ("tcwv", "water_vapour", "total_column_water_vapour"),
    "pressure": ("msl", "pressure", "sea_level_pressure", "mean_sea_level_pressure"),
    "aot_550": ("aod550", "aot_550", "aot550"),
    "dem": ("elevation", "dem", "altitude", "dem_alt"),
    "swo": ("swo", "water_occurrence", "gswo"),
}
"""Names under which SNAP and our readers give angles and ancillary layers, in order of preference."""

SEMANTIC: tuple[str, ...] = tuple(b.semantic for b in SENTINEL2) + tuple(_GEOMETRY)
"""Every semantic name."""

SPECTRAL: frozenset[str] = frozenset(band.semantic for band in SENTINEL2)
"""Semantic names of reflectances."""

_OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "rededge071": ("rededge1",),
    "rededge075": ("rededge2",),
    "rededge078": ("rededge3",),
}
"""Names of assets in catalogues whose red-edge bands are numbered."""

_OLD_NAMES: Mapping[str, str] = {
    "wnir": "nir",
    "vre1": "rededge071",
    "vre2": "rededge075",
    "vre3": "rededge078",
    "swir1": "swir16",
    "swir2": "swir22",
    "wv": "nir09",
}
"""Names of the table s2_cloud_pixels and of Estran before 2027; there, ``nir`` was what is ``nir08`` today."""


def sensor_of(platform: str, where: object = "") -> Sensor:
    """The sensor on a platform ("Sentinel-2B", "landsat-8"); Sentinel-2's where the product does not say its platform
    (""). `where` is for the error.

    Raises
    ------
    UnsupportedProduct
        No sensor of the registry is on such a platform.

    Examples
    --------
    >>> sensor_of("sentinel-2a").name, sensor_of("LANDSAT_8").name, sensor_of("").name
    ('Sentinel-2', 'Landsat-OLI', 'Sentinel-2')
    """
    found = _sensor_on(platform)
    if found is not None:
        return found
    raise UnsupportedProduct(
        "the platform is not one whose bands are known",
        where=where,
        expected=", ".join(sensor.platforms for sensor in SENSORS.values()),
        found=platform,
        todo="give a product of one of these platforms, or, if the platform is stated wrongly, correct it in the "
        "product",
    )


def _sensor_on(platform: str) -> Sensor | None:
    if not platform.strip():
        return SENSORS["Sentinel-2"]
    return next((sensor for sensor in SENSORS.values() if sensor.is_on(platform)), None)


def candidates(semantic: str, sensor: str = "Sentinel-2") -> tuple[str, ...]:
    """Band names that may carry a semantic band, best first: the sensor's own, the zero-padded spelling, the semantic
    name itself, other names of it.
    """
    if semantic in _GEOMETRY:
        return _GEOMETRY[semantic]
    names: list[str] = []
    for band in SENSORS[sensor].bands:
        if band.semantic == semantic:
            names.append(band.name)
            if band.name[:1] == "B" and band.name[1:].isdigit() and len(band.name) == 2:
                names.append(f"B0{band.name[1:]}")
    return (*names, semantic, *_OTHER_NAMES.get(semantic, ()))


def resolve(semantic: str, available: Iterable[str], platform: str = "") -> str | None:
    """The available band that carries a semantic name, or None; letter case is ignored as a last resort.

    None for every reflectance of a platform that is not in the registry, whatever its bands are called;
    :func:`sensor_of` says so.

    Examples
    --------
    >>> resolve("nir08", ["B02", "B8A"]), resolve("blue", ["B02", "B8A"]), resolve("cirrus", ["B02"])
    ('B8A', 'B02', None)
    """
    names = list(available)
    lowered = {n.lower(): n for n in reversed(names)}
    sensor = _sensor_on(platform)
    if semantic in SPECTRAL and sensor is None:
        return None
    possible = candidates(semantic, sensor.name if sensor is not None else "Sentinel-2")
    for candidate in possible:
        if candidate in names:
            return candidate
    return next((lowered[candidate.lower()] for candidate in possible if candidate.lower() in lowered), None)


def takes_for_sentinel2(semantic: str, band: str) -> bool:
    """Whether a reflectance was found by a name that only Sentinel-2 gives its bands ("B8A"), which says nothing where
    the platform is unknown.
    """
    return semantic in SPECTRAL and band.lower() not in (semantic, *_OTHER_NAMES.get(semantic, ()))


def renamed(available: Iterable[str]) -> dict[str, str]:
    """Old names among those available, and what they are called today; empty where the bands have today's names.

    Examples
    --------
    >>> renamed(["blue", "nir", "swir1"]), renamed(["B2", "B11", "swir1"])
    ({'nir': 'nir08', 'swir1': 'swir16'}, {})
    """
    names = [name.lower() for name in available]
    old = {
        name: _OLD_NAMES[name]
        for name in names
        if name in _OLD_NAMES and resolve(_OLD_NAMES[name], set(names) - {"nir"}) is None
    }
    if not old.keys() - {"wv"}:
        return {}
    return {
        name: "nir08" if name == "nir" else old[name]
        for name in names
        if name in old or (name == "nir" and resolve("nir08", names) is None)
    }


def refuse_old_names(available: Iterable[str], where: object) -> None:
    """Raise where bands or columns have the names of an older Estran, of which "nir" means another band today.

    Raises
    ------
    UnsupportedProduct
        The sentence lists the old names and the new ones.
    """
    old = renamed(available)
    if old:
        raise UnsupportedProduct(
            "bands have the names of an older Estran",
            where=where,
            expected="the common names of STAC",
            found=", ".join(old),
            todo=f"rename {', '.join(f'{name} to {new}' for name, new in old.items())}",
        )
