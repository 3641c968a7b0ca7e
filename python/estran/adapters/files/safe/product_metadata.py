"""The product's own metadata: what MTD_MSIL1C.xml says about times, radiometry and files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from estran.adapters.files.safe import xml
from estran.adapters.files.safe.levels import check_level
from estran.adapters.files.safe.store import AGAIN
from estran.adapters.files.times import utc
from estran.errors import BadProduct
from estran.raster.product import Element
from estran.sensors.bands import SENTINEL2

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element as Node

_LONG = frozenset(
    {
        "Spectral_Response",
        "Spectral_Information_List",
        "Granule_List",
        "GIPP_List",
        "GRI_List",
        "Datastrip_Identification",
    }
)
"""Elements that are left out of the metadata tree: spectral responses, file lists."""

_OFFSETS_SINCE = (4, 0)
"""The processing baseline since which products list offsets (S2-PDGS-TAS-DI-PSD, issue 14.9: January 2022, and every
older scene processed again).
"""

SAY_OFFSET = (
    "say what is added to its digital numbers with --offset: -1000 for processing baseline 04.00 and later "
    "(N0400 in the product's name), 0 before"
)
"""What a user can do who knows the offset."""


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

    def offset(self, band: str, where: str, given: float | None = None) -> float:
        """RADIO_ADD_OFFSET of a band [digital numbers], or what is `given` where the metadata do not say.

        A product without any has an offset of 0 where its baseline is older than offsets are. No number is made up for
        others: a product of baseline 04.00 or later without the list, a list without this band, and a product that does
        not state its baseline.

        Raises
        ------
        BadProduct
            Where it is not known.
        """
        if band in self.offsets:
            return self.offsets[band]
        if self.is_before_offsets:
            return 0.0
        if given is not None:
            return given
        if self.offsets:
            raise BadProduct(
                f"RADIO_ADD_OFFSET of band {band} is missing",
                where=where,
                found=", ".join(self.offsets),
                todo=f"{AGAIN}, or {SAY_OFFSET}",
            )
        raise BadProduct(
            "the metadata list no RADIO_ADD_OFFSET, which every product has since processing baseline 04.00",
            where=where,
            found=f"baseline {self.baseline or 'unknown'}",
            todo=f"{AGAIN}, or {SAY_OFFSET}",
        )

    @property
    def is_before_offsets(self) -> bool:
        """Whether the product lists no offsets because its baseline is older than they are."""
        baseline = re.fullmatch(r"(\d+)\.(\d+)", self.baseline)
        return not self.offsets and baseline is not None and (int(baseline[1]), int(baseline[2])) < _OFFSETS_SINCE


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
    check_level(root, where)
    names = _band_names(root)
    characteristics = root.find(".//Product_Image_Characteristics")
    if characteristics is None:
        raise BadProduct("the element Product_Image_Characteristics is missing", where=where, todo=AGAIN)
    quantification = xml.number(
        xml.text(root, ".//Product_Image_Characteristics/QUANTIFICATION_VALUE", where), "QUANTIFICATION_VALUE", where
    )
    if quantification <= 0:
        raise BadProduct("QUANTIFICATION_VALUE is not positive", where=where, found=quantification, todo=AGAIN)
    special = {
        n.findtext("SPECIAL_VALUE_TEXT", "").strip(): n.findtext("SPECIAL_VALUE_INDEX", "")
        for n in characteristics.iter("Special_Values")
    }
    info = root.find(".//Product_Info")
    if info is None:
        raise BadProduct("the element Product_Info is missing", where=where, todo=AGAIN)
    return ProductMetadata(
        name=_stem(info.findtext("PRODUCT_URI") or info.findtext("PRODUCT_URI_1C") or ""),
        platform=info.findtext(".//SPACECRAFT_NAME", "").strip(),
        baseline=_baseline(info),
        start=utc(info.findtext("PRODUCT_START_TIME")),
        stop=utc(info.findtext("PRODUCT_STOP_TIME")),
        quantification=quantification,
        offsets=_by_band(characteristics, "RADIO_ADD_OFFSET", names, where),
        nodata=xml.number(special["NODATA"], "NODATA", where) if "NODATA" in special else None,
        saturated=xml.number(special["SATURATED"], "SATURATED", where) if "SATURATED" in special else None,
        wavelengths=_wavelengths(characteristics, names, where),
        solar_flux=_by_band(characteristics, "SOLAR_IRRADIANCE", names, where),
        granules=tuple(
            _granule(n, where) for n in root.iter() if n.tag in ("Granule", "Granules") and n.get("granuleIdentifier")
        ),
        tree=xml.tree(root, _LONG),
    )


def band_of_image(name: str) -> str | None:
    """Band name ("B1", "B8A") of an image file name that ends in its band; None for the true-colour
    image and others.
    """
    found = re.search(r"_B(\d{2}|8A)(?:\.jp2)?$", name)
    if not found:
        return None
    code = found.group(1)
    band = f"B{code}" if code == "8A" else f"B{int(code)}"
    return band if any(b.name == band for b in SENTINEL2) else None


def _baseline(info: Node) -> str:
    """The processing baseline ("02.06"): its element, or the end of the datatake's identifier, which repeats it."""
    said = info.findtext("PROCESSING_BASELINE", "").strip()
    datatake = info.find("Datatake")
    ending = re.search(r"_N(\d\d\.\d\d)$", "" if datatake is None else datatake.get("datatakeIdentifier", ""))
    return said or (ending.group(1) if ending else "")


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
            raise BadProduct(
                f"{tag} names an unknown band", where=where, expected="bandId 0 to 12", found=repr(index), todo=AGAIN
            )
        band, value = names[int(index)], xml.number(node.text or "", tag, where)
        if values.setdefault(band, value) != value:
            raise BadProduct(
                f"{tag} of band {band} is given twice", where=where, found=f"{values[band]:g} and {value:g}", todo=AGAIN
            )
    return values


def _wavelengths(root: Node, names: Mapping[int, str], where: str) -> dict[str, float]:
    return {
        names[int(node.get("bandId", "-1"))]: xml.number(node.findtext(".//CENTRAL", ""), "CENTRAL", where)
        for node in root.iter("Spectral_Information")
        if node.get("bandId", "").isdigit()
        and int(node.get("bandId", "-1")) in names
        and node.find(".//CENTRAL") is not None
    }


def _granule(node: Node, where: str) -> Granule:
    images: dict[str, str] = {}
    for image in node:
        name = (image.text or "").strip()
        band = band_of_image(name) if image.tag in ("IMAGE_FILE", "IMAGE_ID") else None
        if band is not None:
            images[band] = name
    if not images:
        raise BadProduct(
            "a tile lists no band images", where=where, expected="IMAGE_FILE or IMAGE_ID elements", todo=AGAIN
        )
    return Granule(node.get("granuleIdentifier", ""), images)


def _stem(uri: str) -> str:
    return uri.strip().removesuffix(".SAFE")
