"""Band images of Sentinel-2 away from their product: what their digital numbers mean stands in metadata that are not
there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from estran.adapters.files import names, reach
from estran.adapters.files.gdal import opened
from estran.adapters.files.safe.product_metadata import SAY_OFFSET
from estran.adapters.files.scaling import COUNT, good_of, looks_at
from estran.errors import BadProduct, UnsupportedProduct
from estran.raster.product import Band, Product
from estran.sensors.bands import SENTINEL2

_LEVEL_1C = re.compile(r"(T\d{2}[A-Z]{3}_\d{8}T\d{6}|S2[A-D]_OPER_MSI_L1C_.*_T\d{2}[A-Z]{3})_B(\d\d|8A)", re.IGNORECASE)
"""Names of images in Level-1C products since and before December 2016, without ending."""

_LEVEL_2A = re.compile(
    r"(L2A_)?T\d{2}[A-Z]{3}_\d{8}T\d{6}_B(\d\d|8A)_\d\dm|S2[A-D]_USER_MSI_L2A_.*_B(\d\d|8A)_\d\dm", re.IGNORECASE
)
"""The same of Level-2A."""

_BUCKET = re.compile(r"B(\d\d|8A)", re.IGNORECASE)
"""Names of a tile's images in a cloud bucket."""

UNKNOWN = (
    "No offset is added to the digital numbers, as none is declared: "
    "of a product of processing baseline 04.00 or later (since January 2022) everything is then 0.1 too bright; "
    "--offset -1000 mends it."
)
"""What is said of bands that seem to be Sentinel-2's, where it is left to the user to know."""

_IMAGES = (".jp2", ".j2k", ".tif", ".tiff", ".img", ".vrt")
_FEWEST, _SHIFTED = 4, 900.0
"""Bands whose numbers show an offset, and what they do not go below with one of 1000: 960 is dark water."""
_NATIVE = (10.0, 20.0, 60.0)
"""Pixel sizes of Sentinel-2 [m]."""


def refuse_loose_bands(path: Path, offset: float | None, *, remote: bool = False) -> None:
    """Raise where `path` is an image, or a folder of images, out of a Sentinel-2 product, whose offset is not known.

    Every scene exists with and without an offset of its digital numbers (processing baseline 04.00 and later, earlier
    ones): 0.1 in reflectance. Nothing in such an image shows which. Only names that products give to their images
    count, so that stacks exported by other programs are read as ever.

    Parameters
    ----------
    path
        A file or a folder.
    offset
        What the user says is added to its digital numbers.
    remote
        Whether files outside the folder, or the network, may be reached.

    Raises
    ------
    BadProduct
        Level-1C images without metadata.
    UnsupportedProduct
        Level-2A images.
    """
    if offset is not None or (path.is_dir() and any(p.suffix.lower() in (".dim", ".nc") for p in path.iterdir())):
        return
    files = [path] if path.is_file() else sorted(p for p in path.iterdir() if p.is_file())
    files = [p for p in files if p.suffix.lower() in _IMAGES]
    surface = [p for p in files if _LEVEL_2A.fullmatch(p.stem)]
    if surface and not _declared(surface[0], remote):
        raise UnsupportedProduct(
            "this is out of a Level-2A product (surface reflectance)",
            where=path,
            expected="Level-1C (top-of-atmosphere reflectance)",
            found=surface[0].name,
            todo=f"give the Level-1C product of the same scene; if it is top-of-atmosphere reflectance under such a "
            f"name, {SAY_OFFSET}",
        )
    images = [p for p in files if _LEVEL_1C.fullmatch(p.stem)] or [
        p for p in files if p.suffix.lower() == ".jp2" and _BUCKET.fullmatch(p.stem)
    ]
    if (
        images
        and not _declared(images[0], remote)
        and (_LEVEL_1C.fullmatch(images[0].stem) or any(_is_native(p, remote) for p in images))
    ):
        raise BadProduct(
            "the offset of the digital numbers is not known: these are images out of a Sentinel-2 product, without "
            "its metadata",
            where=path,
            expected="MTD_MSIL1C.xml above them",
            found=images[0].name,
            todo=f"give the .SAFE, or {SAY_OFFSET}",
        )


def scale_of(path: Path, scale: float | None, offset: float | None) -> float | None:
    """Reflectance per digital number: what the user says; where it is the offset alone that is said of images out of a
    product, the 1e-4 of every Level-1C.
    """
    if scale is not None or offset is None:
        return scale
    files = [path] if path.is_file() else path.iterdir()
    return (
        COUNT
        if any(
            p.suffix.lower() in _IMAGES and (_LEVEL_1C.fullmatch(p.stem) or _BUCKET.fullmatch(p.stem)) for p in files
        )
        else None
    )


def with_offset(product: Product, offset: float | None) -> Product:
    """The product with `offset` added to the digital numbers of its Sentinel-2 bands; bands that declare an offset of
    their own keep it.
    """
    if offset is None:
        return product.with_notes(UNKNOWN) if _is_preview(product) or _seem_shifted(product) else product
    changed: dict[str, Band] = {
        name: replace(band, offset=offset * band.scale)
        for name, band in product.bands.items()
        if name in names.SPECTRAL and band.is_scaled and band.offset == 0 and band.data is not None
    }
    if not changed:
        return product.with_notes(f"--offset {offset:g} is not needed: no band lacks one.")
    note = f"{offset:g} is added to the digital numbers of {', '.join(changed)}, as --offset says."
    return replace(product, bands={name: changed.get(name, band) for name, band in product.bands.items()}).with_notes(
        note
    )


def _is_preview(product: Product) -> bool:
    """Whether a folder holds a whole tile's bands as a cloud bucket names them, in other pixels than Sentinel-2's."""
    folder = Path(product.source)
    return (
        folder.is_dir()
        and {b.name for b in SENTINEL2} <= set(product.bands)
        and all((folder / f"{stem}.jp2").is_file() for stem in ("B01", "B02", "B8A"))
    )


def _seem_shifted(product: Product) -> bool:
    """Whether no band of a stack has numbers below what an offset of 1000 adds, as exports of newer products have;
    without it, some band is dark.
    """
    if not product.platform.startswith(("Sentinel-2", "S2")) and product.platform:
        return False
    bands = [
        band
        for name, band in product.bands.items()
        if name in names.SPECTRAL and band.data is not None and band.coding is None
    ]
    return (
        len(bands) >= _FEWEST
        and all(b.scale == COUNT and b.offset == 0.0 for b in bands)
        and all(_low(b) >= _SHIFTED for b in bands)
    )


def _low(band: Band) -> float:
    """A low percentile of a band's numbers at some places of the scene; 0 where it has none there."""
    good = good_of(band, looks_at(band))
    good = good[good > 0.0]
    return float(np.percentile(good, 1)) if good.size else 0.0


def _declared(path: Path, remote: bool) -> bool:
    """Whether the file says itself what its numbers mean: a scale or an offset, or samples that are no
    digital numbers.
    """
    dataset = _facts(path, remote)
    return dataset is not None and (dataset[0] or "int" not in dataset[1])


def _is_native(path: Path, remote: bool) -> bool:
    dataset = _facts(path, remote)
    return dataset is not None and dataset[2] in _NATIVE


def _facts(path: Path, remote: bool) -> tuple[bool, str, float] | None:
    """Whether a raster declares a scaling, the type of its samples, its pixel size [m] (0 without georeference); None
    where it cannot be opened.
    """
    from rasterio.errors import RasterioError

    try:
        with opened(path, remote=remote, pam=reach.check(path, remote=remote)) as dataset:
            reach.check_opened(dataset, path, remote=remote)
            scaled: Sequence[float] = (*(s - 1 for s in dataset.scales), *dataset.offsets)
            placed = dataset.crs is not None and dataset.crs.is_projected
            return any(scaled), dataset.dtypes[0], float(abs(dataset.transform.a)) if placed else 0.0
    except (RasterioError, BadProduct):  # who reads it says what is wrong
        return None
