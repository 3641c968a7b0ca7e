"""Landsat's Level-1 metadata (``*_MTL.txt``, ``.json``, ``.xml``): what its digital numbers mean, when they were taken,
and where the sun stood.

Source: USGS, Landsat 8-9 Calibration and Validation Algorithm Description Document, LSDS-1388, and Collection 2 Level-1
Data Format Control Book, LSDS-1822: reflectance = (REFLECTANCE_MULT_BAND_x * DN + REFLECTANCE_ADD_BAND_x) /
sin(SUN_ELEVATION); the number 0 is fill; angle bands are in 0.01 degrees.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from estran.adapters.files.names import landsat_number
from estran.adapters.files.times import utc
from estran.bounded_xml import parse_xml
from estran.bounds import SETTINGS_BYTES, read_text
from estran.errors import BadProduct, UnsupportedProduct
from estran.raster.product import Band, Element, Product, TiePointGrid
from estran.sensors.plausible import spectral_bands

_ANGLES = ("sun_zenith", "sun_azimuth", "view_zenith_mean", "view_azimuth_mean")
_MTL = re.compile(r"^(?P<scene>.+)_MTL\.(?:txt|json|xml)$", re.IGNORECASE)
_LEVEL2 = re.compile(r"_L2S[PR]_|_sr_band\d", re.IGNORECASE)


@dataclass(frozen=True)
class Mtl:
    """The entries of an MTL file by key, whichever groups they stand in (the first where a key is there twice)."""

    path: Path
    entries: Mapping[str, str]

    def number(self, key: str) -> float | None:
        """An entry as a finite number, None where it is not there or none."""
        try:
            value = float(self.entries.get(key, ""))
        except ValueError:
            return None
        return value if math.isfinite(value) else None

    @property
    def platform(self) -> str:
        """ "Landsat-8"."""
        match = re.search(r"LANDSAT[_-]?(\d)", self.entries.get("SPACECRAFT_ID", "").upper())
        return f"Landsat-{match[1]}" if match else ""

    @property
    def time(self) -> datetime | None:
        """When the scene's centre was observed (UTC)."""
        return utc(f"{self.entries.get('DATE_ACQUIRED', '')}T{self.entries.get('SCENE_CENTER_TIME', '')}")


def is_mtl(path: Path) -> bool:
    """Whether a file is an MTL, by its name."""
    return _MTL.match(path.name) is not None


def mtl_beside(path: Path) -> Mtl | None:
    """The metadata in a folder, or those beside a raster whose name begins alike; None where there are none.

    Raises
    ------
    BadProduct
        Two scenes' in a folder, or one that cannot be read.
    """
    folder = path if path.is_dir() else path.parent
    found = {
        match["scene"]: p
        for p in sorted(folder.iterdir(), reverse=True)
        if (match := _MTL.match(p.name)) and p.is_file()
    }
    if path != folder:
        found = {scene: p for scene, p in found.items() if path.name.startswith(scene + "_")}
    if len(found) > 1:
        raise BadProduct(
            "the folder holds the metadata of several Landsat scenes",
            where=folder,
            found=", ".join(found),
            todo="give each a folder",
        )
    return read_mtl(next(iter(found.values()))) if found else None


def read_mtl(path: Path) -> Mtl:
    """Read an MTL file.

    Raises
    ------
    BadProduct
        It is no MTL.
    """
    what = "the Landsat metadata file"
    text = read_text(path, SETTINGS_BYTES, what=what, errors="replace")
    entries: dict[str, str] = {}
    try:
        for key, value in {".json": _of_json, ".xml": _of_xml}.get(path.suffix.lower(), _of_text)(text):
            entries.setdefault(key.strip().upper(), value.strip().strip('"'))
    except (ValueError, RecursionError, BadProduct) as error:
        raise BadProduct(
            f"{what} cannot be read", where=path, found=str(error)[:100], todo="download the file again"
        ) from error
    if not any(key.startswith(("SPACECRAFT_ID", "REFLECTANCE_", "RADIANCE_")) for key in entries):
        raise BadProduct(
            "this is no content of a Landsat metadata file",
            where=path,
            expected="SPACECRAFT_ID, REFLECTANCE_MULT_BAND_x …",
            todo="download the file again",
        )
    return Mtl(path, entries)


def _of_text(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals and key.strip() not in ("GROUP", "END_GROUP"):
            yield key, value


def _of_json(text: str) -> Iterator[tuple[str, str]]:
    def walk(node: Any) -> Iterator[tuple[str, str]]:
        for key, value in node.items() if isinstance(node, dict) else ():
            yield from walk(value) if isinstance(value, dict) else ((str(key), str(value)),)

    return walk(json.loads(text))


def _of_xml(text: str) -> Iterator[tuple[str, str]]:
    return ((element.tag, element.text or "") for element in parse_xml(text, "").iter() if len(element) == 0)


# ---------------------------------------------------------------- what they make of a product


def refuse_level2(name: str, mtl: Mtl | None = None) -> None:
    """Raise :class:`UnsupportedProduct` for surface reflectance, by the metadata or by the name of a file."""
    level = mtl.entries.get("PROCESSING_LEVEL", "") if mtl is not None else ""
    if level.upper().startswith("L2") or (not level and _LEVEL2.search(name)):
        raise UnsupportedProduct(
            "this is a Landsat Level-2 product, whose reflectance is the surface's",
            where=name,
            expected="Level-1 (top of atmosphere)",
            found=level or "Level-2 by its name",
            todo="give the Level-1 product of the scene (L1TP)",
        )


def with_mtl(product: Product, mtl: Mtl, numbers: Mapping[str, str]) -> Product:
    """The product with what its metadata say: reflectance of its bands, platform, time, the sun's place.

    Parameters
    ----------
    product
        Bands as the files keep them.
    mtl
        Its metadata.
    numbers
        Landsat's band number ("5") by the name of the band.
    """
    product = replace(product, platform=mtl.platform or product.platform, start=product.start or mtl.time)
    elevation = mtl.number("SUN_ELEVATION")
    if elevation is not None and not 0.0 < elevation <= 90.0:
        product = product.with_notes(
            f"The sun elevation of {mtl.path.name} is {elevation:g} degrees: no reflectance can be computed."
        )
        elevation = None
    spectral = spectral_bands(tuple(product.bands), product.platform)
    scaled: list[str] = []
    left: list[str] = []
    for name, band in product.bands.items():
        if name in _ANGLES:
            product = product.with_bands(_angle(band))
        if name not in spectral or name not in numbers or band.is_scaled:
            continue
        own = _reflectance(band, mtl, numbers[name], elevation)
        product = product.with_bands(own)
        (left if own.unscaled else scaled).append(name)
    if scaled:
        product = product.with_notes(
            f"Reflectance of {', '.join(scaled)} is that of {mtl.path.name}: its gains and offsets, by the sine of "
            f"its sun elevation."
        )
    if left:
        product = product.with_notes(
            f"{mtl.path.name} gives no gains to reflectance for {', '.join(left)}: they stay digital numbers."
        )
    return _with_sun(product, mtl, elevation)


def _reflectance(band: Band, mtl: Mtl, number: str, elevation: float | None) -> Band:
    gain, offset = (mtl.number(f"REFLECTANCE_{what}_BAND_{number}") for what in ("MULT", "ADD"))
    if not gain or offset is None or elevation is None:
        return replace(band, unscaled="Landsat's digital numbers, whose metadata give no gains to reflectance")
    sine = math.sin(math.radians(elevation))
    most = mtl.number(f"QUANTIZE_CAL_MAX_BAND_{number}")
    return replace(band, scale=gain / sine, offset=offset / sine, nodata=0.0, saturated=most, unit=band.unit or "1")


def _angle(band: Band) -> Band:
    """Angle bands of Collection 2 are integers of 0.01 degrees."""
    return band if band.is_scaled or band.data.dtype.kind not in "iu" else replace(band, scale=0.01, unit="degrees")


def _with_sun(product: Product, mtl: Mtl, elevation: float | None) -> Product:
    azimuth = mtl.number("SUN_AZIMUTH")
    if elevation is None or azimuth is None or any(name in product.bands for name in ("sun_zenith", "sun_azimuth")):
        return product
    values = {"sun_zenith": 90.0 - elevation, "sun_azimuth": azimuth % 360.0}
    grid = product.grid
    points = {
        name: TiePointGrid(
            name,
            np.full((2, 2), v, np.float32),
            0.0,
            0.0,
            grid.width,
            grid.height,
            "degrees",
            cyclic=name == "sun_azimuth",
        )
        for name, v in values.items()
    }
    note = (
        f"The sun's angles are those of {mtl.path.name} at the scene's centre: zenith {values['sun_zenith']:.2f}, "
        f"azimuth {values['sun_azimuth']:.2f} degrees."
    )
    kept = Element("Landsat_MTL", dict(mtl.entries))
    return replace(product, tie_points={**product.tie_points, **points}, metadata=(*product.metadata, kept)).with_notes(
        note
    )


def numbers_of(stems: Mapping[str, str]) -> dict[str, str]:
    """Landsat's band number by band name, from the names of the files."""
    return {name: number for name, stem in stems.items() if (number := landsat_number(stem)) is not None}
