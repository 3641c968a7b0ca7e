"""Read a Sentinel-2 Level-1C product."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from estran.adapters.files.safe import angles, jpeg2000
from estran.adapters.files.safe.footprint import Footprint, RasterFootprint, read_polygons
from estran.adapters.files.safe.product_metadata import Granule, ProductMetadata, read_product_metadata
from estran.adapters.files.safe.store import AGAIN, Entry, Store, inside, matching, open_store, product_xml
from estran.adapters.files.safe.tile_metadata import TileMetadata, read_tile_metadata
from estran.adapters.files.safe.verify import refuse, verify
from estran.errors import BadParameter, BadProduct
from estran.raster.grid import Grid
from estran.raster.product import Band, Element, Product
from estran.raster.scene import Progress, quiet
from estran.sensors.bands import SENTINEL2, SpectralBand

KIND = "S2_MSI_Level-1C"
"""Product type, as SNAP names it."""

AUTO_GROUPING = "sun:view"
"""Groups of SNAP's band list, for the bands that this reader makes."""


def read_safe(
    path: Path,
    *,
    angle_resolution: float = 20.0,
    progress: Progress = quiet,
    strict: bool = True,
    tile: str | None = None,
    compare_sums: bool = True,
) -> Product:
    """Read a Sentinel-2 Level-1C product: raw bands, lazily, each on its own grid, with sun and view angles per pixel.

    Everything that the samples mean comes from the metadata: reflectance = (DN + RADIO_ADD_OFFSET) / QUANTIFICATION_VALUE, the special
    values for no-data and saturation; never from a date or a baseline number.

    Parameters
    ----------
    path
        The ``.SAFE`` folder, its zip (read in place), its product XML (``MTD_MSIL1C.xml``) or its ``manifest.safe``.
    angle_resolution
        Pixel size of the angle bands [m].
    progress
        Told what is being read; the pixels come later, when asked for.
    strict
        Whether a band that the product lists but lacks is an error; else it becomes a note.
    tile
        Which tile, where the product holds several ("T31TDH").
    compare_sums
        Whether the files that will be read are compared with the checksums that the product carries (:mod:`estran.adapters.files.safe.verify`).

    Returns
    -------
    product
        Bands B1 … B12 and B8A (uint16, Dask), ``sun_zenith``, ``sun_azimuth``, ``view_zenith_mean``, ``view_azimuth_mean`` and
        ``view_zenith_B1`` … ``view_azimuth_B12`` (float32, degrees, Dask). Notes say what was missing or assumed.

    Raises
    ------
    BadProduct
        Not a product, or one that is broken or incomplete.
    UnsupportedProduct
        A product of another level.
    BadGrid
        An unknown CRS.
    BadParameter
        A tile that the product does not hold, or none named where it holds several; an angle resolution that is not positive.
    """
    if not angle_resolution > 0:
        raise BadParameter("angle_resolution is out of range", expected="more than 0 m", found=angle_resolution)
    progress(0.0, "reading metadata")
    store = open_store(path)
    xml_name = product_xml(store)
    metadata = read_product_metadata(store.read(xml_name), f"{store.path.name}/{xml_name}")
    granule = _pick(metadata.granules, tile, store.path)
    folder = _granule_folder(store, granule)
    tile_name = _tile_xml(store, folder)
    ground = read_tile_metadata(store.read(tile_name), f"{store.path.name}/{tile_name}")
    token = hashlib.sha256(f"{store.path.resolve()}|{store.path.stat().st_mtime_ns}|{tile_name}|{angle_resolution}".encode()).hexdigest()[:24]

    notes: list[str] = []
    bands: list[Band] = []
    images: list[str] = []
    for k, spectral in enumerate(SENTINEL2):
        progress(0.1 + 0.1 * k / len(SENTINEL2), f"opening {spectral.name}")
        found = _image(store, granule, folder, spectral.name, strict, notes)
        if found is not None:
            images.append(found.name)
            bands.append(_band(k, spectral, _open(store, found, ground.grids[round(spectral.pixel)]), metadata, ground, token))
    if metadata.nodata is None or metadata.saturated is None:
        notes.append("The metadata do not give both special values: no-data is taken as 0 and saturation as 65535.")

    footprints = {b.name: name for b in SENTINEL2 if (name := _footprint_name(store, folder, ground, b.name))}
    needed = (xml_name, tile_name, *images)
    sums = verify(
        store, images, (xml_name, tile_name, *footprints.values()), compare=compare_sums, progress=lambda part, said: progress(0.2 + 0.5 * part, said)
    )
    refuse(sums.damaged, needed, store)
    notes.insert(0, sums.fact)
    notes += [f"The detector footprint of {band} is damaged ({sums.damaged[n]}): it is not used." for band, n in footprints.items() if n in sums.damaged]

    progress(0.7, "reading angles")
    bands += _angle_bands(store, folder, ground, tile_name, angle_resolution, token, notes, progress, sums.damaged)
    progress(1.0, "product opened")
    return Product(
        name=metadata.name or store.path.name.removesuffix(".zip").removesuffix(".SAFE"),
        grid=ground.grids[10],
        bands={band.name: band for band in bands},
        kind=KIND,
        metadata=(metadata.tree, Element("Granules", {}, (replace(ground.tree, name=f"Level-1C_Tile_{granule.tile}"),))),
        start=metadata.start or ground.sensing_time,
        stop=metadata.stop or metadata.start or ground.sensing_time,
        platform=metadata.platform,
        description=f"Sentinel-2 MSI Level-1C, tile {granule.tile}, processing baseline {metadata.baseline or 'unknown'}",
        auto_grouping=AUTO_GROUPING,
        source=str(path),
        notes=tuple(notes),
    )


def _pick(granules: Sequence[Granule], tile: str | None, where: Path) -> Granule:
    names = ", ".join(g.tile for g in granules)
    if not granules:
        raise BadProduct("the product metadata list no tile", where=where, expected="a Granule element", todo=AGAIN)
    if tile is None:
        if len(granules) > 1:
            raise BadParameter("the product holds several tiles", where=where, found=names, todo="name one of them")
        return granules[0]
    for granule in granules:
        if granule.tile.removeprefix("T") == tile.removeprefix("T"):
            return granule
    raise BadParameter(f"the product does not hold tile {tile}", where=where, found=names, todo="name one of them")


def _granule_folder(store: Store, granule: Granule) -> str:
    """The tile's folder: where its images are listed, or the one that bears its identifier, or its tile name."""
    listed = inside(next(iter(granule.images.values())), store.path)
    folders = sorted({"/".join(n.split("/")[:2]) for n in store.names() if n.startswith("GRANULE/") and n.count("/") > 1})
    if "/IMG_DATA/" in listed and (folder := listed.partition("/IMG_DATA/")[0]) in folders:
        return folder
    for folder in folders:
        if folder == f"GRANULE/{granule.identifier}" or f"_{granule.tile}_" in f"{folder}_":
            return folder
    raise BadProduct(f"the folder of tile {granule.tile} is missing", where=store.path, expected=f"GRANULE/…{granule.tile}…", todo=AGAIN)


def _tile_xml(store: Store, folder: str) -> str:
    found = matching(store, f"{folder}/MTD_TL.xml") or matching(store, f"{folder}/S2*_MTD_L1C_TL_*.xml")
    if not found:
        raise BadProduct("the tile metadata file is missing", where=store.path, expected=f"{folder}/MTD_TL.xml", todo=AGAIN)
    return found[0]


def _image(store: Store, granule: Granule, folder: str, band: str, strict: bool, notes: list[str]) -> Entry | None:
    if band not in granule.images:
        notes.append(f"The product does not list band {band}.")
        return None
    listed = inside(granule.images[band], store.path).removesuffix(".jp2")
    # Before December 2016 the metadata give the image's name alone.
    name = f"{listed}.jp2" if "/" in listed else f"{folder}/IMG_DATA/{listed}.jp2"
    if name in store.names():
        return store.entry(name)
    if strict:
        raise BadProduct(
            f"the image of band {band} is missing", where=store.path, expected=name, todo="download the product again, or read it without the band (not strict)"
        )
    notes.append(f"The image of band {band} is missing ({PurePosixPath(name).name}): the product is read without it.")
    return None


def _open(store: Store, entry: Entry, grid: Grid) -> jpeg2000.Image:
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


def _band(index: int, spectral: SpectralBand, image: jpeg2000.Image, metadata: ProductMetadata, ground: TileMetadata, token: str) -> Band:
    import dask.array as da

    empty = np.empty((0, 0), image.dtype)
    data: Any = da.from_array(image, chunks=image.chunks(), name=f"jp2-{spectral.name}-{token}", lock=False, meta=empty)  # type: ignore[no-untyped-call]
    return Band(
        name=spectral.name,
        data=data,
        grid=ground.grids[round(spectral.pixel)],
        scale=1.0 / metadata.quantification,
        offset=metadata.offset(spectral.name, metadata.name) / metadata.quantification,
        nodata=0.0 if metadata.nodata is None else metadata.nodata,
        saturated=65535.0 if metadata.saturated is None else metadata.saturated,
        unit="dl",
        description=f"Reflectance in band {spectral.name}",
        wavelength=metadata.wavelengths.get(spectral.name, spectral.wavelength),
        bandwidth=spectral.width,
        solar_flux=metadata.solar_flux.get(spectral.name),
        spectral_index=index,
    )


def _angle_bands(
    store: Store,
    folder: str,
    ground: TileMetadata,
    tile_name: str,
    resolution: float,
    token: str,
    notes: list[str],
    progress: Progress,
    damaged: Container[str],
) -> list[Band]:
    grid = ground.grids[10].at_resolution(resolution)
    bands: list[Band] = []
    if ground.sun is None:
        notes.append("The tile metadata hold no sun angles: give them as parameters, or let them be computed from place and time.")
    else:
        angles.check_cover(ground.sun, grid, "sun", tile_name)
        bands += _pair(grid, "sun", "", "Solar", angles.sun_angles(ground.sun, grid, f"sun-{token}"))
    fields: dict[str, angles.ViewField] = {}
    for k, name in enumerate(b.name for b in SENTINEL2 if b.name in ground.views):
        progress(0.7 + 0.3 * k / len(SENTINEL2), f"reading footprints of {name}")
        some = next(iter(ground.views[name].values()))
        angles.check_cover(some, grid, "view", tile_name)
        field = angles.view_field(ground.views[name], _footprint(store, folder, ground, name, damaged))
        if field is not None:
            fields[name] = field
    if not fields:
        notes.append("The tile metadata hold no view angles: give them as parameters.")
        return bands
    without = [name for name, field in fields.items() if field.footprint is None]
    if without:
        notes.append(f"No detector footprints for {', '.join(without)}: each pixel takes the view angles of the detector whose published nodes are nearest.")
    bands += _pair(grid, "view", "_mean", "Viewing incidence", angles.view_angles(tuple(fields.values()), grid, f"mean-{token}"))
    for name, field in fields.items():
        bands += _pair(grid, "view", f"_{name}", "Viewing incidence", angles.view_angles((field,), grid, f"{name}-{token}"))
    return bands


def _pair(grid: Grid, prefix: str, suffix: str, description: str, data: tuple[Any, Any]) -> list[Band]:
    return [
        Band(f"{prefix}_{angle}{suffix}", array, grid, nodata=np.nan, unit="deg", description=f"{description} {angle} angle")
        for angle, array in zip(("zenith", "azimuth"), data, strict=True)
    ]


def _footprint_name(store: Store, folder: str, ground: TileMetadata, band: str) -> str | None:
    """The file of a band's detector footprint; None where the metadata name none, or it is not there."""
    if band not in ground.footprints:
        return None
    listed = inside(ground.footprints[band], store.path)
    return next((n for n in (listed, f"{folder}/QI_DATA/{PurePosixPath(listed).name}") if n in store.names()), None)


def _footprint(store: Store, folder: str, ground: TileMetadata, band: str, damaged: Container[str]) -> Footprint | None:
    name = _footprint_name(store, folder, ground, band)
    if name is None or name in damaged:
        return None
    grid = ground.grids[next(round(b.pixel) for b in SENTINEL2 if b.name == band)]
    if name.endswith(".gml"):
        polygons = read_polygons(store.read(name), name, grid)
        return polygons if polygons.polygons else None
    return RasterFootprint(_open(store, store.entry(name), grid), grid)
