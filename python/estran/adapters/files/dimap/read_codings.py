"""Codings, palettes and masks of a .dim file."""

from __future__ import annotations

from xml.etree.ElementTree import Element as Xml

from estran.adapters.files.dimap.colours import UNKNOWN
from estran.adapters.files.dimap.java_text import parse_double
from estran.adapters.files.dimap.xml_values import text_of
from estran.raster.coding import Colour, Flag, FlagCoding, IndexCoding, IndexValue
from estran.raster.product import Mask


def codings_of(root: Xml) -> tuple[dict[str, FlagCoding], dict[str, IndexCoding]]:
    """Flag codings and index codings by name."""
    flags = {
        node.get("name", ""): FlagCoding(
            node.get("name", ""), tuple(_flag(item) for item in node.findall("Flag") if _is_bit(item))
        )
        for node in root.findall("Flag_Coding")
    }
    indices = {
        node.get("name", ""): IndexCoding(
            node.get("name", ""),
            tuple(
                IndexValue(
                    text_of(item, "INDEX_NAME"),
                    int(text_of(item, "INDEX_VALUE")),
                    UNKNOWN,
                    text_of(item, "INDEX_DESCRIPTION"),
                )
                for item in node.findall("Index")
            ),
        )
        for node in root.findall("Index_Coding")
    }
    return flags, indices


def _mask_of(item: Xml) -> int:
    return int(text_of(item, "Flag_Index") or 0) & 0xFFFFFFFF


def _is_bit(item: Xml) -> bool:
    # SNAP also has flags of several bits with a value (Flag_Mask, Flag_Value); a bit field of ours cannot say that.
    mask = _mask_of(item)
    return mask != 0 and mask & (mask - 1) == 0


def _flag(item: Xml) -> Flag:
    return Flag(text_of(item, "Flag_Name"), _mask_of(item).bit_length() - 1, UNKNOWN, text_of(item, "Flag_description"))


def palettes_of(root: Xml) -> dict[int, tuple[tuple[float, Colour, str], ...]]:
    """The (value, colour, label) points of each palette, by index of its band."""
    palettes = {}
    for node in root.findall("Image_Display/Band_Statistics"):
        points = []
        for point in node.findall("Color_Palette_Point"):
            colour = point.find("COLOR")
            if colour is not None:
                points.append((parse_double(text_of(point, "SAMPLE")), _rgb(colour), text_of(point, "LABEL")))
        palettes[int(text_of(node, "BAND_INDEX"))] = tuple(points)
    return palettes


def _rgb(node: Xml) -> Colour:
    return int(node.get("red", "0")), int(node.get("green", "0")), int(node.get("blue", "0"))


def masks_of(root: Xml, notes: list[str]) -> dict[str, Mask]:
    """The masks by name; `notes` gets what kinds are not read."""
    masks = {}
    for node in root.findall("Masks/Mask"):
        values = {child.tag: child.get("value", "") for child in node}
        name, kind = values.get("NAME", ""), node.get("type", "")
        if kind == "Maths":
            expression = values.get("EXPRESSION", "")
        elif kind == "Range":
            raster = values.get("RASTER", "")
            expression = f"{raster} >= {values.get('MINIMUM', '')} && {raster} <= {values.get('MAXIMUM', '')}"
        else:
            notes.append(f"Mask {name!r} is of kind {kind!r}, which is not read.")
            continue
        colour = node.find("COLOR")
        transparency = parse_double(values.get("TRANSPARENCY") or "0.5")
        masks[name] = Mask(
            name,
            expression,
            _rgb(colour) if colour is not None else UNKNOWN,
            values.get("DESCRIPTION", ""),
            transparency,
        )
    return masks
