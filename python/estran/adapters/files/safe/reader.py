"""Read a Sentinel-2 Level-1C product."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from estran.adapters.files.options import AngleNodes
from estran.adapters.files.safe.angle_bands import angle_bands, footprint_name
from estran.adapters.files.safe.bands import find_images, make_band, open_image, say_offsets, unusual
from estran.adapters.files.safe.locate import locate
from estran.adapters.files.safe.meteorology import meteorology
from estran.adapters.files.safe.product_metadata import ProductMetadata, read_product_metadata
from estran.adapters.files.safe.tile_metadata import TileMetadata, read_tile_metadata
from estran.adapters.files.safe.tiles import Tile, choose
from estran.adapters.files.safe.verify import refuse, verify
from estran.errors import BadParameter
from estran.raster.product import Band, Element, Product
from estran.raster.scene import Progress, quiet
from estran.sensors.bands import SENTINEL2

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
    offset: float | None = None,
    compare_sums: bool = True,
    angle_nodes: AngleNodes = "metadata",
) -> Product:
    """Read a Sentinel-2 Level-1C product: raw bands, lazily, each on its own grid, with sun and view angles per pixel.

    Everything that the samples mean comes from the metadata: reflectance = (DN + RADIO_ADD_OFFSET) /
    QUANTIFICATION_VALUE, the special values for no-data and saturation; never from a date. A product that must have
    offsets and lists none is refused.

    Parameters
    ----------
    path
        The ``.SAFE`` folder, its zip (read in place), its product XML (``MTD_MSIL1C.xml``), its ``manifest.safe``; or a
        folder or a band image of it, which stands for the whole product, and for the tile that it belongs to.
    angle_resolution
        Pixel size of the angle bands [m].
    progress
        Gets what is being read; the pixels come later, when asked for.
    strict
        Whether a band that the product lists but lacks is an error; else it becomes a note.
    tile
        Which tile, where the product holds several ("T31TDH").
    offset
        What is added to digital numbers where the metadata should say it and do not.
    compare_sums
        Whether the files that will be read are compared with the checksums that the product carries
        (:mod:`estran.adapters.files.safe.verify`).
    angle_nodes
        Where the nodes of the angle grids lie: "metadata", at the tile's corner as the product says, or "snap", where
        SNAP places them.

    Returns
    -------
    product
        Bands B1 … B12 and B8A (uint16, Dask), ``sun_zenith``, ``sun_azimuth``, ``view_zenith_mean``,
        ``view_azimuth_mean`` and ``view_zenith_B1`` … ``view_azimuth_B12`` (float32, degrees, Dask). Tie-point grids of
        the forecasts inside the product (``tcwv``, ``10u``, ``aod550`` …), decoded when they are wanted. Notes say what
        was missing or assumed.

    Raises
    ------
    BadProduct
        Not a product, or one that is broken or incomplete.
    UnsupportedProduct
        A product of another level.
    BadGrid
        An unknown CRS.
    BadParameter
        A tile that the product does not hold, or none named where it holds several; an angle resolution that is not
        positive.
    """
    if not angle_resolution > 0:
        raise BadParameter("angle_resolution is out of range", expected="more than 0 m", found=angle_resolution)
    progress(0.0, "reading metadata")
    place = locate(path, tile)
    where, content = place.metadata
    metadata = read_product_metadata(content, where)
    chosen, said = choose(place, metadata.granules, tile)
    store = chosen.store
    ground = read_tile_metadata(store.read(chosen.xml), f"{store.path.name}/{chosen.xml}")
    state = f"{store.path.resolve()}|{store.path.stat().st_mtime_ns}|{chosen.xml}|{angle_resolution}"
    token = hashlib.sha256(state.encode("utf-8", "surrogateescape")).hexdigest()[:24]

    notes = [*place.notes, *said, *unusual(metadata)]
    bands, offsets = _bands(chosen, metadata, ground, where, offset, strict, token, notes, progress)
    if metadata.nodata is None or metadata.saturated is None:
        notes.append("The metadata do not give both special values: no-data is taken as 0 and saturation as 65535.")
    damaged = _verify(chosen, [band.name for band in bands], ground, place.xml, compare_sums, notes, progress)

    progress(0.7, "reading angles")
    angles, sources = angle_bands(chosen, ground, angle_resolution, token, notes, progress, damaged, angle_nodes)
    forecasts = meteorology(store, chosen.folder, ground.grids[10], ground.sensing_time or metadata.start, notes)
    progress(1.0, "product opened")
    granule = chosen.granule
    return Product(
        name=metadata.name or store.path.name.removesuffix(".zip").removesuffix(".SAFE"),
        grid=ground.grids[10],
        bands={band.name: band for band in (*bands, *angles)},
        kind=KIND,
        tie_points=forecasts,
        metadata=(
            metadata.tree,
            Element("Granules", {}, (replace(ground.tree, name=f"Level-1C_Tile_{granule.tile}"),)),
        ),
        start=metadata.start or ground.sensing_time,
        stop=metadata.stop or metadata.start or ground.sensing_time,
        platform=metadata.platform,
        description=f"Sentinel-2 MSI Level-1C, tile {granule.tile}, processing baseline "
        f"{metadata.baseline or 'unknown'}, {offsets}; {sources}",
        auto_grouping=AUTO_GROUPING,
        source=str(path),
        notes=tuple(notes),
    )


def _bands(
    tile: Tile,
    metadata: ProductMetadata,
    ground: TileMetadata,
    where: str,
    given: float | None,
    strict: bool,
    token: str,
    notes: list[str],
    progress: Progress,
) -> tuple[list[Band], str]:
    """The spectral bands that are there, and what was added to their digital numbers."""
    bands: list[Band] = []
    offsets: dict[str, float] = {}
    images = find_images(tile, strict, notes)
    for k, spectral in enumerate(SENTINEL2):
        progress(0.1 + 0.1 * k / len(SENTINEL2), f"opening {spectral.name}")
        if spectral.name in images:
            offsets[spectral.name] = metadata.offset(spectral.name, where, given)
            image = open_image(tile.store, images[spectral.name], ground.grids[round(spectral.pixel)])
            bands.append(make_band(k, spectral, image, metadata, ground, offsets[spectral.name], token))
    if given is not None and (metadata.is_before_offsets or set(offsets) <= set(metadata.offsets)):
        notes.append(f"--offset {given:g} is not needed: the product's metadata say it.")
    return bands, say_offsets(offsets, metadata)


def _verify(
    tile: Tile,
    bands: Sequence[str],
    ground: TileMetadata,
    product_xml: str,
    compare: bool,
    notes: list[str],
    progress: Progress,
) -> Mapping[str, str]:
    """Compare what will be read with its checksums: damage of what is needed is an error, that of a footprint is
    returned by file.
    """
    images = [entry.name for band in bands if (entry := tile.image(band)) is not None]
    footprints = [name for band in SENTINEL2 if (name := footprint_name(tile, ground, band.name))]
    metadata = [name for name in (product_xml, tile.xml) if name]
    sums = verify(
        tile.store,
        images,
        (*metadata, *footprints),
        compare=compare,
        progress=lambda part, said: progress(0.2 + 0.5 * part, said),
    )
    refuse(sums.damaged, (*metadata, *images), tile.store)
    notes.insert(0, sums.fact)
    return sums.damaged
