"""The tile of a product that is read, and where its files lie: in the layouts since and before December 2016, in a flat
folder, in a cloud bucket.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from estran.adapters.files.safe import bucket, xml
from estran.adapters.files.safe.locate import TILE_XML, Place, tile_name
from estran.adapters.files.safe.product_metadata import Granule
from estran.adapters.files.safe.store import AGAIN, Entry, Store, first, inside, matching
from estran.errors import BadParameter, BadProduct


@dataclass(frozen=True)
class Tile:
    """One tile: what the product lists of it, its folder in the store ("" where that is the tile's own), and the name
    of its metadata file.
    """

    store: Store
    granule: Granule
    folder: str
    xml: str

    def path(self, name: str) -> str:
        """A path inside the tile's folder, from the store's root."""
        return f"{self.folder}/{name}" if self.folder else name

    def image(self, band: str) -> Entry | None:
        """The image of a band that the product lists; None where it is not there."""
        listed = inside(self.granule.images[band], self.store.path).removesuffix(".jp2")
        file = PurePosixPath(listed).name
        number = file.rpartition("_")[2]
        # Before December 2016 the metadata give the image's name alone; cloud buckets keep the band's number of it.
        name = first(
            self.store,
            (f"{listed}.jp2", self.path(f"IMG_DATA/{file}.jp2"), self.path(f"{file}.jp2"), self.path(f"{number}.jp2")),
        )
        return None if name is None else self.store.entry(name)

    def image_name(self, band: str) -> str:
        """Where the image of a band should lie."""
        listed = inside(self.granule.images[band], self.store.path).removesuffix(".jp2")
        if not self.folder:
            return f"{PurePosixPath(listed).name}.jp2"
        return f"{listed}.jp2" if "/" in listed else self.path(f"IMG_DATA/{listed}.jp2")

    def mask(self, listed: str, kind: str, band: str) -> str | None:
        """Where a mask that the tile's metadata name ("GRANULE/…/QI_DATA/MSK_DETFOO_B02.jp2") is in the store; None
        where it is not there.
        """
        file = PurePosixPath(listed.replace("\\", "/")).name
        if not file:
            return None
        number = band[1:].rjust(2, "0")
        names = (
            listed.strip(),
            self.path(f"QI_DATA/{file}"),
            self.path(file),
            *(self.path(f"qi/{kind}_B{number}.{ending}") for ending in ("jp2", "gml")),
        )
        return first(self.store, names)


def choose(place: Place, granules: Sequence[Granule], wanted: str | None) -> tuple[Tile, tuple[str, ...]]:
    """The tile to read, and what should be said about the choice.

    Parameters
    ----------
    place
        Where the product is; the tile whose folder the user gave is taken where `wanted` is None.
    granules
        The tiles that the product lists.
    wanted
        The tile asked for ("T31TDH", "31tdh"), or the whole identifier of a granule.

    Raises
    ------
    BadParameter
        Several tiles and none named, or one that the product does not hold.
    BadProduct
        The tile's folder or metadata file is missing, or its metadata belong to another product.
    """
    if not granules:
        raise BadProduct(
            "the product metadata list no tile", where=place.store.path, expected="a Granule element", todo=AGAIN
        )
    notes: tuple[str, ...] = ()
    if wanted is not None:
        granule = _named(place, granules, wanted)
    elif place.granule == "":
        granule = _of_the_metadata(place, granules)
    elif place.granule is not None:
        granule = _in_folder(place, granules, place.granule)
    else:
        granule, notes = _only(place, granules)
    folder = _folder(place, granule)
    return Tile(place.store, granule, folder, _tile_xml(place, folder)), notes


def _tiles(granules: Sequence[Granule]) -> str:
    return ", ".join(sorted(g.tile for g in granules))


def _named(place: Place, granules: Sequence[Granule], wanted: str) -> Granule:
    name = tile_name(wanted)
    found = [g for g in granules if g.tile.upper() == name] or [g for g in granules if name in _spellings(place, g)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise BadParameter(
            f"the product does not hold tile {name}",
            where=place.store.path,
            found=_tiles(granules),
            todo=f"name one of these, as in --granule {granules[0].tile}, or none"
            if len(granules) > 1
            else "leave --granule out",
        )
    raise BadParameter(
        f"the product holds tile {name} {len(found)} times",
        where=place.store.path,
        found=", ".join(g.identifier for g in found),
        todo="give one of these identifiers with --granule",
    )


def _spellings(place: Place, granule: Granule) -> tuple[str, ...]:
    """Other names of a tile than its own: its identifier, its folder's."""
    return granule.identifier.upper(), (_find_folder(place, granule) or "").rpartition("/")[2].upper()


def _only(place: Place, granules: Sequence[Granule]) -> tuple[Granule, tuple[str, ...]]:
    if len(granules) == 1:
        return granules[0], ()
    there = [g for g in granules if _find_folder(place, g) is not None]
    if len(there) == 1:
        return there[0], (
            f"Of the {len(granules)} tiles that the product lists only {there[0].tile} is there: it was read.",
        )
    if not there:
        raise BadProduct(
            "the folders of all tiles are missing", where=place.store.path, expected=_tiles(granules), todo=AGAIN
        )
    names = [g.tile for g in there]
    example = names[0] if names.count(names[0]) == 1 else there[0].identifier
    raise BadParameter(
        "the product holds several tiles",
        where=place.store.path,
        found=", ".join(sorted(names)),
        todo=f"name one of them, as in --granule {example}",
    )


def _in_folder(place: Place, granules: Sequence[Granule], folder: str) -> Granule:
    for granule in granules:
        if _find_folder(place, granule) == folder:
            return granule
    raise BadProduct(
        f"{folder} is not a tile of the product that it lies in",
        where=place.store.path,
        found=_tiles(granules),
        todo="give the .SAFE that it came with",
    )


def _of_the_metadata(place: Place, granules: Sequence[Granule]) -> Granule:
    """The tile that a lone folder's own metadata name: their identifier must be one that the product lists, else both
    are of different dates.
    """
    name = _tile_xml(place, "")
    root = xml.parse(place.store.read(name), name)
    identifier = root.findtext(".//TILE_ID", "").strip()
    for granule in granules:
        if granule.identifier == identifier:
            return granule
    raise BadProduct(
        "the metadata of the tile and of the product do not belong together",
        where=place.store.path,
        expected=identifier or "a TILE_ID",
        found=", ".join(g.identifier for g in granules),
        todo=f"fetch the product metadata of the tile in place of {place.metadata[0]}",
    )


def _folder(place: Place, granule: Granule) -> str:
    folder = _find_folder(place, granule)
    if folder is None:
        raise BadProduct(
            f"the folder of tile {granule.tile} is missing",
            where=place.store.path,
            expected=f"GRANULE/…{granule.tile}…",
            todo=AGAIN,
        )
    return folder


def _find_folder(place: Place, granule: Granule) -> str | None:
    """The tile's folder: where its images are listed, or the one that bears its identifier, or its tile name; the
    store's root where that has no GRANULE.
    """
    store = place.store
    listed = inside(next(iter(granule.images.values())), store.path)
    folders = sorted(
        {"/".join(n.split("/")[:2]) for n in store.names() if n.startswith("GRANULE/") and n.count("/") > 1}
    )
    if "/IMG_DATA/" in listed and (folder := listed.partition("/IMG_DATA/")[0]) in folders:
        return folder
    for folder in folders:
        if folder == f"GRANULE/{granule.identifier}":
            return folder
    named = [folder for folder in folders if f"_{granule.tile}_" in f"{folder}_"]
    if len(named) == 1:
        return named[0]
    flat = not folders and any(not name.startswith("GRANULE/") for name in _tile_files(store, ""))
    return "" if flat and _of_the_metadata(place, (granule,)) else None


def _tile_files(store: Store, folder: str) -> tuple[str, ...]:
    return matching(store, *(f"{folder}/{pattern}" if folder else pattern for pattern in (*TILE_XML, bucket.TILE_XML)))


def _tile_xml(place: Place, folder: str) -> str:
    found = _tile_files(place.store, folder)
    if not found:
        expected = f"{folder}/{TILE_XML[0]}" if re.search("L1C_T", folder) or not folder else f"{folder}/{TILE_XML[1]}"
        raise BadProduct("the tile metadata file is missing", where=place.store.path, expected=expected, todo=AGAIN)
    return found[0]
