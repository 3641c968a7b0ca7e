"""Colours that BEAM-DIMAP keeps beside codings: those of flags live in masks, those of classes in the
band's palette.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from estran.raster.coding import Colour, FlagCoding, IndexCoding
from estran.raster.product import Band, Mask, Product

UNKNOWN: Colour = (128, 128, 128)


def flag_masks(band: Band) -> dict[str, Mask]:
    """One mask for each flag of a band, called BAND_flag."""
    if not isinstance(band.coding, FlagCoding):
        return {}
    masks = {}
    for flag in band.coding.flags:
        name = f"{band.name}_{flag.name.lower()}"
        name = f"{band.name}_{flag.name}" if name in masks else name
        masks[name] = Mask(name, f"{band.name}.{flag.name}", flag.colour, flag.meaning, flag.transparency)
    return masks


def with_flag_masks(product: Product) -> Product:
    """The product with the masks of each flag band that has none yet."""
    masks = dict(product.masks)
    for band in product.bands.values():
        if not any(mask.expression.strip().startswith(f"{band.name}.") for mask in product.masks.values()):
            masks = {**flag_masks(band), **masks}
    return replace(product, masks=masks) if len(masks) > len(product.masks) else product


def with_index_palette(band: Band) -> Band:
    """A class band with its colours as palette, unless it has one."""
    if (
        isinstance(band.coding, IndexCoding)
        and not band.palette
        and any(v.colour != UNKNOWN for v in band.coding.values)
    ):
        return replace(band, palette=tuple((float(v.value), v.colour, v.name) for v in band.coding.values))
    return band


def coloured(band: Band, masks: Mapping[str, Mask]) -> Band:
    """The band with the colours of masks and palette put into its coding."""
    if isinstance(band.coding, FlagCoding):
        by_expression = {"".join(mask.expression.split()): mask for mask in masks.values()}
        flags = []
        for flag in band.coding.flags:
            mask = by_expression.get(f"{band.name}.{flag.name}")
            flags.append(flag if mask is None else replace(flag, colour=mask.colour, transparency=mask.transparency))
        return replace(band, coding=replace(band.coding, flags=tuple(flags)))
    if isinstance(band.coding, IndexCoding) and band.palette:
        colours = {value: colour for value, colour, _ in band.palette}
        values = tuple(replace(v, colour=colours.get(float(v.value), v.colour)) for v in band.coding.values)
        return replace(band, coding=replace(band.coding, values=values))
    return band
