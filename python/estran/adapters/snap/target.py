"""The target product that SNAP shows and writes, made from an operator's declared outputs."""

from __future__ import annotations

from typing import Any

from estran.adapters.snap.jvm import java, java_array
from estran.catalogue.outputs import Target
from estran.errors import MissingBand
from estran.raster.coding import Colour, FlagCoding, IndexCoding
from estran.raster.product import Element
from estran.raster.stacks import grouping_of

PREFERRED_TILE = 1024
"""Pixels: one Python call a tile, and calls are never parallel, so tiles are large."""


def target_product(
    source: Any, alias: str, outputs: tuple[Target, ...], copied: tuple[str, ...], record: Element
) -> Any:
    """A product of the source's size with the declared bands, codings, masks and palettes, and the source's geocoding,
    times, tie points and metadata.

    `copied` names bands to hand on, with their codings; "*" is all of the scene's size.
    """
    width, height = source.getSceneRasterWidth(), source.getSceneRasterHeight()
    product = java("Product")(f"{source.getName()}_{alias.rpartition('.')[2]}", alias, width, height)
    product.setStartTime(source.getStartTime())
    product.setEndTime(source.getEndTime())
    utils = java("ProductUtils")
    utils.copyMetadata(source, product)
    utils.copyTiePointGrids(source, product)
    utils.copyGeoCoding(source, product)
    product.setPreferredTileSize(java("Dimension")(min(width, PREFERRED_TILE), min(height, PREFERRED_TILE)))
    for output in outputs:
        _add_band(product, output)
    _relate(product, outputs)
    grouping = grouping_of(output.layer for output in outputs)
    if grouping:
        product.setAutoGrouping(grouping)
    _copy_bands(source, product, copied)
    # Masks last: their expressions may name any of the bands.
    for output in outputs:
        for mask in output.masks:
            product.addMask(mask.name, mask.expression, mask.meaning, _colour(mask.colour), float(mask.transparency))
    product.getMetadataRoot().addElement(metadata_element(record))
    return product


def _relate(product: Any, outputs: tuple[Target, ...]) -> None:
    """Declare to SNAP which bands are the uncertainty of which."""
    for output in outputs:
        if output.uncertainty is not None:
            band, uncertain = product.getBand(output.uncertainty.of), product.getBand(output.name)
            band.addAncillaryVariable(uncertain, java_array("String", ["uncertainty"]))


def metadata_element(element: Element) -> Any:
    """Our metadata tree as SNAP's."""
    made = java("MetadataElement")(element.name)
    for name, value in element.attributes.items():
        if isinstance(value, bool):
            made.setAttributeString(name, "true" if value else "false")
        elif isinstance(value, int):
            made.setAttributeInt(name, value)
        elif isinstance(value, float):
            made.setAttributeDouble(name, value)
        elif str(value):
            # SNAP refuses an empty text, and leaves it out when it reads one from a file.
            made.setAttributeString(name, str(value))
    for child in element.elements:
        made.addElement(metadata_element(child))
    return made


def _copy_bands(source: Any, product: Any, copied: tuple[str, ...]) -> None:
    names = [str(n) for n in source.getBandNames()] if "*" in copied else list(copied)
    for name in names:
        band = source.getBand(name)
        if band is None:
            raise MissingBand(
                f"band {name!r} of copy_bands is missing",
                where=source.getName(),
                found=", ".join(map(str, source.getBandNames())),
            )
        if (band.getRasterWidth(), band.getRasterHeight()) == (
            product.getSceneRasterWidth(),
            product.getSceneRasterHeight(),
        ):
            java("ProductUtils").copyBand(name, source, product, True)
    if names:
        java("ProductUtils").copyMasks(source, product)


def _add_band(product: Any, output: Target) -> None:
    band = product.addBand(output.name, getattr(java("ProductData"), f"TYPE_{output.dtype.upper()}"))
    band.setDescription(output.description)
    if output.unit:
        band.setUnit(output.unit)
    if output.nodata is not None:
        band.setNoDataValue(float(output.nodata))
        band.setNoDataValueUsed(True)
    if isinstance(output.coding, FlagCoding):
        coding = java("FlagCoding")(output.coding.name)
        for flag in output.coding.flags:
            coding.addFlag(flag.name, flag.mask, flag.meaning)
        product.getFlagCodingGroup().add(coding)
        band.setSampleCoding(coding)
    elif isinstance(output.coding, IndexCoding):
        coding = java("IndexCoding")(output.coding.name)
        for value in output.coding.values:
            coding.addIndex(value.name, value.value, value.meaning)
        product.getIndexCodingGroup().add(coding)
        band.setSampleCoding(coding)
    points = java_array(
        "ColorPoint",
        [java("ColorPoint")(float(value), _colour(colour), label) for value, colour, label in _palette(output)],
    )
    band.setImageInfo(java("ImageInfo")(java("ColorPaletteDef")(points)))


def _palette(output: Target) -> tuple[tuple[float, Colour, str], ...]:
    """The declared palette; else greys: SNAP Desktop computes the whole scene for the statistics of a band that has
    none.
    """
    if output.palette:
        return output.palette
    top = float(sum(flag.mask for flag in output.coding.flags)) if isinstance(output.coding, FlagCoding) else 1.0
    return (0.0, (0, 0, 0), ""), (top, (255, 255, 255), "")


def _colour(colour: Colour) -> Any:
    return java("Color")(*colour)
