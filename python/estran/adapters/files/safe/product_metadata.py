"""The product's own metadata: what MTD_MSIL1C.xml says about times, radiometry and files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from estran.adapters.files.safe import xml
from estran.adapters.files.safe.store import AGAIN
from estran.errors import BadProduct, UnsupportedProduct
from estran.raster.product import Element
from estran.sensors.bands import SENTINEL2

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element as Node

_LONG = frozenset({"Spectral_Response", "Spectral_Information_List", "Granule_List", "GIPP_List", "GRI_List", "Datastrip_Identification"})
"""Elements that are left out of the metadata tree: spectral responses, file lists."""


@dataclass(frozen=True)
class Granule:
    """One tile of the product: its identifier and its images by band name."""

    identifier: str
    images: Mapping[str, str]

    @property
    def tile(self) -> str:
        """Tile name ("T31TDH"); the identifier where it holds none."""
        found = re.search(r"_(T\d{2}[A-Z]{3})(?:_|$)", self.identifier)
        return found.group(1) if found else self.identifier


@dataclass(frozen=True)
class ProductMetadata:
    """What the product's metadata say.

    Parameters
    ----------
    name
        Product name, without ``.SAFE``.
    platform
        "Sentinel-2A"; the unit is not guessed where the metadata leave it out.
    baseline
        Processing baseline ("04.00").
    start, stop
        Sensing times of the product [UTC].
    quantification
        Digital numbers per unit of reflectance.
    offsets
        RADIO_ADD_OFFSET [digital numbers] by band name; empty where the product has none (baselines before 04.00).
    nodata, saturated
        Special digital numbers; None where not given.
    wavelengths
        Central wavelength [nm] by band name, where given.
    solar_flux
        Solar irradiance at one astronomical unit [W m-2 um-1] by band name, where given.
    granules
        Tiles of the product.
    tree
        The useful part, as a metadata tree.
    """

    name: str
    platform: str
    baseline: str
    start: datetime | None
    stop: datetime | None
    quantification: float
    offsets: Mapping[str, float]
    nodata: float | None
    saturated: float | None
    wavelengths: Mapping[str, float]
    solar_flux: Mapping[str, float]
    granules: tuple[Granule, ...]
    tree: Element

    def offset(self, band: str, where: str) -> float:
        """RADIO_ADD_OFFSET of a band [digital numbers]: 0 where the product has no offsets at all, an error where it has some but not this one."""
        if not self.offsets:
            return 0.0
        if band not in self.offsets:
            raise BadProduct(f"RADIO_ADD_OFFSET of band {band} is missing", where=where, found=", ".join(self.offsets), todo=AGAIN)
        return self.offsets[band]


def read_product_metadata(content: bytes, where: str) -> ProductMetadata:
    """Parse the product's metadata file.

    Parameters
    ----------
    content
        The XML.
    where
        Its name, for errors.

    Raises
    ------
    BadProduct
        Malformed or incomplete.
    UnsupportedProduct
        Another level than 1C.
    """
    root = xml.parse(content, where)
    level = root.findtext(".//Product_Info/PROCESSING_LEVEL", "").strip()
    if not level:
        raise BadProduct("this is no Sentinel-2 product metadata file", where=where, expected="an element PROCESSING_LEVEL", found=root.tag)
    if level != "Level-1C":
        raise UnsupportedProduct(
            f"this is a {level} product",
            where=where,
            expected="Level-1C (top-of-atmosphere reflectance)",
            found=level,
            todo="give the Level-1C product of the same scene",
        )
    names = _band_names(root)
    characteristics = root.find(".//Product_Image_Characteristics")
    if characteristics is None:
        raise BadProduct("the element Product_Image_Characteristics is missing", where=where, todo=AGAIN)
    quantification = xml.number(xml.text(root, ".//Product_Image_Characteristics/QUANTIFICATION_VALUE", where), "QUANTIFICATION_VALUE", where)
    if quantification <= 0:
        raise BadProduct("QUANTIFICATION_VALUE is not positive", where=where, found=quantification, todo=AGAIN)
    special = {n.findtext("SPECIAL_VALUE_TEXT", "").strip(): n.findtext("SPECIAL_VALUE_INDEX", "") for n in characteristics.iter("Special_Values")}
    info = root.find(".//Product_Info")
    assert info is not None  # PROCESSING_LEVEL stands in it
    return ProductMetadata(
        name=_stem(info.findtext("PRODUCT_URI") or info.findtext("PRODUCT_URI_1C") or ""),
        platform=info.findtext(".//SPACECRAFT_NAME", "").strip(),
        baseline=info.findtext("PROCESSING_BASELINE", "").strip(),
        start=time(info.findtext("PRODUCT_START_TIME")),
        stop=time(info.findtext("PRODUCT_STOP_TIME")),
        quantification=quantification,
        offsets=_by_band(characteristics, "RADIO_ADD_OFFSET", names, where),
        nodata=xml.number(special["NODATA"], "NODATA", where) if "NODATA" in special else None,
        saturated=xml.number(special["SATURATED"], "SATURATED", where) if "SATURATED" in special else None,
        wavelengths=_wavelengths(characteristics, names, where),
        solar_flux=_by_band(characteristics, "SOLAR_IRRADIANCE", names, where),
        granules=tuple(_granule(n, where) for n in root.iter() if n.tag in ("Granule", "Granules") and n.get("granuleIdentifier")),
        tree=xml.tree(root, _LONG),
    )


def time(stamp: str | None) -> datetime | None:
    """A time in UTC ("2018-01-01T10:54:41.026Z"), or None where it is absent or unreadable."""
    try:
        parsed = datetime.fromisoformat((stamp or "").strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def band_of_image(name: str) -> str | None:
    """Band name ("B1", "B8A") of an image file name that ends in its band; None for the true-colour image and others."""
    found = re.search(r"_B(\d{2}|8A)(?:\.jp2)?$", name)
    if not found:
        return None
    code = found.group(1)
    band = f"B{code}" if code == "8A" else f"B{int(code)}"
    return band if any(b.name == band for b in SENTINEL2) else None


def _band_names(root: Node) -> dict[int, str]:
    names = {index: band.name for index, band in enumerate(SENTINEL2)}
    for node in root.iter("Spectral_Information"):
        index, name = node.get("bandId", ""), node.get("physicalBand", "")
        if index.isdigit() and any(b.name == name for b in SENTINEL2):
            names[int(index)] = name
    return names


def _by_band(root: Node, tag: str, names: Mapping[int, str], where: str) -> dict[str, float]:
    values: dict[str, float] = {}
    for node in root.iter(tag):
        index = node.get("bandId") or node.get("band_id") or ""
        if not index.isdigit() or int(index) not in names:
            raise BadProduct(f"{tag} names an unknown band", where=where, expected="bandId 0 to 12", found=repr(index), todo=AGAIN)
        values[names[int(index)]] = xml.number(node.text or "", tag, where)
    return values


def _wavelengths(root: Node, names: Mapping[int, str], where: str) -> dict[str, float]:
    return {
        names[int(node.get("bandId", "-1"))]: xml.number(node.findtext(".//CENTRAL", ""), "CENTRAL", where)
        for node in root.iter("Spectral_Information")
        if node.get("bandId", "").isdigit() and int(node.get("bandId", "-1")) in names and node.find(".//CENTRAL") is not None
    }


def _granule(node: Node, where: str) -> Granule:
    images: dict[str, str] = {}
    for image in node:
        name = (image.text or "").strip()
        band = band_of_image(name) if image.tag in ("IMAGE_FILE", "IMAGE_ID") else None
        if band is not None:
            images[band] = name
    if not images:
        raise BadProduct("a tile lists no band images", where=where, expected="IMAGE_FILE or IMAGE_ID elements", todo=AGAIN)
    return Granule(node.get("granuleIdentifier", ""), images)


def _stem(uri: str) -> str:
    return uri.strip().removesuffix(".SAFE")
