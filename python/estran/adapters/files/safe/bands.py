"""The bands of a product: their images, lazily, and what the samples mean."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import numpy as np

from estran.adapters.files.safe import jpeg2000
from estran.adapters.files.safe.product_metadata import ProductMetadata
from estran.adapters.files.safe.store import AGAIN, Entry, Store
from estran.adapters.files.safe.tile_metadata import TileMetadata
from estran.adapters.files.safe.tiles import Tile
from estran.errors import BadProduct
from estran.raster.grid import Grid
from estran.raster.product import Band
from estran.sensors.bands import SENTINEL2, SpectralBand

_QUANTIFICATIONS, _OFFSETS = (10000.0, 1000.0), (-1000.0, 0.0)
"""What products have had so far: 1000 in the first months of 2015."""


def find_images(tile: Tile, strict: bool, notes: list[str]) -> dict[str, Entry]:
    """The images by band name, in the sensor's order; notes name the bands that the product does not list or, unless
    `strict`, lacks.

    Raises
    ------
    BadProduct
        Listed and missing where `strict`; none there at all.
    """
    listed = [band.name for band in SENTINEL2 if band.name in tile.granule.images]
    notes += [f"The product does not list band {band.name}." for band in SENTINEL2 if band.name not in listed]
    found = {band: entry for band in listed if (entry := tile.image(band)) is not None}
    missing = [band for band in listed if band not in found]
    if not found:
        raise BadProduct(
            "none of the product's images is there",
            where=tile.store.path,
            expected=tile.image_name(listed[0]),
            todo=AGAIN,
        )
    if missing and strict:
        one = len(missing) == 1
        raise BadProduct(
            f"the image of band {missing[0]} is missing"
            if one
            else f"the images of bands {', '.join(missing)} are missing",
            where=tile.store.path,
            expected=tile.image_name(missing[0]) + ("" if one else " and others"),
            todo=f"{AGAIN}, or read it without {'the band' if one else 'them'}: --skip-missing",
        )
    notes += [
        f"The image of band {b} is missing ({PurePosixPath(tile.image_name(b)).name}): the product is read without it."
        for b in missing
    ]
    return found


def open_image(store: Store, entry: Entry, grid: Grid) -> jpeg2000.Image:
    """An image that must have the size of `grid`.

    Raises
    ------
    BadProduct
        Not a JPEG 2000 file, cut short, or of another size.
    """
    with store.open(entry.name) as file:
        header = jpeg2000.read_header(file, entry)
    if (header.height, header.width) != grid.shape:
        raise BadProduct(
            "the image and the tile metadata differ in size",
            where=entry.name,
            expected=f"{grid.height} x {grid.width} pixels",
            found=f"{header.height} x {header.width}",
            todo=AGAIN,
        )
    return jpeg2000.Image(entry, header)


def make_band(
    index: int,
    spectral: SpectralBand,
    image: jpeg2000.Image,
    metadata: ProductMetadata,
    ground: TileMetadata,
    offset: float,
    token: str,
) -> Band:
    """A band of an image; `offset` is what is added to its digital numbers."""
    import dask.array as da

    empty = np.empty((0, 0), image.dtype)
    data: Any = da.from_array(image, chunks=image.chunks(), name=f"jp2-{spectral.name}-{token}", lock=False, meta=empty)  # type: ignore[no-untyped-call]
    return Band(
        name=spectral.name,
        data=data,
        grid=ground.grids[round(spectral.pixel)],
        scale=1.0 / metadata.quantification,
        offset=offset / metadata.quantification,
        nodata=0.0 if metadata.nodata is None else metadata.nodata,
        saturated=65535.0 if metadata.saturated is None else metadata.saturated,
        unit="dl",
        description=f"Reflectance in band {spectral.name}",
        wavelength=metadata.wavelengths.get(spectral.name, spectral.wavelength),
        bandwidth=spectral.width,
        solar_flux=metadata.solar_flux.get(spectral.name),
        spectral_index=index,
    )


def unusual(metadata: ProductMetadata) -> list[str]:
    """What the metadata say of the digital numbers that no product of ESA has said so far: obeyed, and named."""
    values = [("QUANTIFICATION_VALUE", metadata.quantification, _QUANTIFICATIONS)]
    values += [("RADIO_ADD_OFFSET", offset, _OFFSETS) for offset in dict.fromkeys(metadata.offsets.values())]
    return [
        f"{name} is {value:g}, where products have {' or '.join(f'{k:g}' for k in known)}: it was taken as it is, see "
        f"that reflectances make sense."
        for name, value, known in values
        if value not in known
    ]


def say_offsets(offsets: dict[str, float], metadata: ProductMetadata) -> str:
    """What is added to the digital numbers, in a few words: "offset -1000 (RADIO_ADD_OFFSET)"."""
    values = sorted(set(offsets.values()))
    text = (
        f"{values[0]:g}"
        if len(values) == 1
        else ", ".join(f"{value:g} for {' '.join(b for b, v in offsets.items() if v == value)}" for value in values)
    )
    source = (
        "RADIO_ADD_OFFSET"
        if set(offsets) <= set(metadata.offsets)
        else "--offset"
        if any(values) or metadata.offsets
        else "none listed"
    )
    return f"offset {text} ({source})"
