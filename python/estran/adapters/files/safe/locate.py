"""From whatever path a user gives to the product it belongs to: its files, its metadata, and the tile meant."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from estran.adapters.files.safe import bucket
from estran.adapters.files.safe.levels import refuse_other_level
from estran.adapters.files.safe.store import AGAIN, Archive, Folder, Store, is_zip, members
from estran.errors import BadProduct

_PRODUCT_XML = ("MTD_MSIL*.xml", "S2*_MTD_SAFL*.xml", "S2*_MTD_L[012]*.xml")
"""Product metadata: names since and before December 2016, and those of Level-1B as some tools write them."""

TILE_XML = ("MTD_TL.xml", "S2*_MTD_L1C_TL_*.xml", "S2*_MTD_L1C*.xml")
"""Tile metadata, in the folder of a tile: names since and before December 2016."""

_PART_XML = (*TILE_XML, "MTD_DS.xml", "S2*_MTD_L1C_DS_*.xml")
"""Files that identify a part of a product without its metadata: those of a tile, of a data strip."""

_BELOW = frozenset({"GRANULE", "DATASTRIP", "AUX_DATA", "HTML", "rep_info"})
"""Folders at the root of a product: what lies in them belongs to it."""

_ONE_OF_IT = re.compile(r"(MTD_(TL|DS)|INSPIRE|S2.*_MTD_.*)\.xml|.*_(B\d\d|B8A|TCI|PVI)(_\d\dm)?\.jp2", re.IGNORECASE)
"""Files that stand for the whole product where they lie in one."""

_DEEPEST = 5
"""Folders upwards in which a product's root is looked for: X.SAFE/GRANULE/L2A_T31TDH/IMG_DATA/R10m/a.jp2 needs them
all.
"""

THE_SAFE = "give the .SAFE folder, or its zip"


@dataclass(frozen=True)
class Place:
    """Where a product is.

    Parameters
    ----------
    store
        Its files.
    metadata
        Name and content of the product metadata, the name as it should stand in errors.
    granule
        Folder of the tile that the user pointed into, from the store's root; None where the whole product was given.
    xml
        Name of the product metadata in the store; "" where they lie elsewhere (a cloud bucket keeps them apart from the
        tiles).
    notes
        What was found otherwise than given.
    """

    store: Store
    metadata: tuple[str, bytes]
    granule: str | None = None
    xml: str = ""
    notes: tuple[str, ...] = ()


def is_safe(path: Path) -> bool:
    """Whether `path` is a Sentinel-2 product in its files' own layout, of any level, or a part of one: :func:`locate`
    then finds it, or says what is wrong.

    A zip that cannot be listed counts, so that it can be said to be broken.
    """
    path = Path(path)
    if not path.exists():
        return False
    if is_zip(path):
        try:
            return bool(_zip_roots(members(path)) or _zip_parts(members(path)))
        except BadProduct:
            return True
    return is_whole(path) or _is_part(path)


def is_whole(path: Path) -> bool:
    """Whether `path` leads to a product with its metadata, of any level; a part that lies in one does."""
    if is_zip(path):
        try:
            return bool(_zip_roots(members(path)))
        except BadProduct:
            return False
    return root_of(path) is not None or bucket.tile_of(path) is not None


def locate(path: Path, tile: str | None = None) -> Place:
    """The product that `path` is, or lies in.

    Parameters
    ----------
    path
        A ``.SAFE`` folder, its zip, one of its metadata files, its manifest; a folder or a band image inside; a tile's
        folder as cloud buckets hold it.
    tile
        Which tile, where a zip holds several products ("T31TDH").

    Raises
    ------
    BadProduct
        Where there is nothing, nothing of Sentinel-2, or only a part of a product.
    UnsupportedProduct
        A part of a product of another level.
    """
    path = Path(path)
    if not path.exists():
        raise BadProduct("there is no such file or folder", where=path, todo="check the path")
    if is_zip(path):
        return _in_zip(path, tile)
    root = root_of(path)
    if root is not None:
        return _in_folder(path, root)
    folder = bucket.tile_of(path)
    if folder is not None:
        metadata = bucket.product_metadata(folder)
        return Place(
            Folder(folder), metadata, "", notes=(f"The product metadata of the tile were found at {metadata[0]}.",)
        )
    raise _nothing(path)


def root_of(path: Path) -> Path | None:
    """The folder with the product metadata that `path` is, holds at its first level, or lies in; None where there is
    none.
    """
    path = Path(path)
    if path.is_file() and not _stands_for_all(path):
        return None
    for start in _spellings(path):
        if path.is_dir() and _is_root(start):
            return start
        for parent in list(start.parents)[:_DEEPEST]:
            below = start.relative_to(parent).parts
            if (below[0] in _BELOW or (len(below) == 1 and path.is_file())) and _is_root(parent):
                return parent
    return None


def _spellings(path: Path) -> tuple[Path, ...]:
    """The whole path, as it is written and with its links followed: a granule may be linked to from elsewhere, or a
    product hold links.
    """
    return tuple(dict.fromkeys((Path(os.path.normpath(path.absolute())), path.resolve())))


def _is_root(folder: Path) -> bool:
    # A granule of Level-1B has a file named as a product's.
    return folder.parent.name != "GRANULE" and product_xml(p.name for p in folder.iterdir()) is not None


def product_xml(names: Iterable[str]) -> str | None:
    """The product metadata among the names of one folder."""
    names = sorted(names)
    return next(
        (
            name
            for pattern in _PRODUCT_XML
            for name in names
            if fnmatch.fnmatchcase(name, pattern) and not _is_tile_xml(name)
        ),
        None,
    )


def _is_tile_xml(name: str) -> bool:
    return "_MTD_L1C" in name or "_TL_" in name or "_DS_" in name


def _stands_for_all(path: Path) -> bool:
    name = path.name
    return (
        name == "manifest.safe"
        or product_xml([name]) is not None
        or (_ONE_OF_IT.fullmatch(name) is not None and path.parent.name != "QI_DATA")
    )


def _in_folder(path: Path, root: Path) -> Place:
    xml = product_xml(p.name for p in root.iterdir())
    assert xml is not None
    inside = next((p.relative_to(root).parts for p in _spellings(path) if p.is_relative_to(root)), ())
    granule = "/".join(inside[:2]) if len(inside) > 1 and inside[0] == "GRANULE" else None
    given = path.name or path.resolve().name
    whole = not inside or (len(inside) == 1 and (inside[0] == "manifest.safe" or product_xml(inside) is not None))
    notes = () if whole else (f"{given} is a part of the product {root.name}, which was read in its place.",)
    store = Folder(root)
    return Place(store, (f"{root.name}/{xml}", store.read(xml)), granule, xml, notes)


def _in_zip(path: Path, tile: str | None) -> Place:
    found = members(path)
    roots = _zip_roots(found)
    if len(roots) > 1 and tile is not None:
        roots = [r for r in roots if f"_{tile_name(tile)}_" in r] or roots
    if not roots:
        _refuse_by_name(path, found)
        raise _without_metadata(path)
    if len(roots) > 1:
        raise BadProduct(
            "the zip holds several products",
            where=path,
            found=", ".join(roots),
            todo="name the tile with --granule, or unpack the zip and give one of them",
        )
    (root,) = roots
    store = Archive(path, found, root)
    xml = product_xml(n for n in store.names() if "/" not in n)
    assert xml is not None
    return Place(store, (f"{path.name}/{xml}", store.read(xml)), xml=xml)


def _zip_roots(names: Iterable[str]) -> list[str]:
    """Folders in a zip that hold product metadata, outermost ones only."""
    by_folder: dict[str, list[str]] = {}
    for name in names:
        folder, _, file = name.rpartition("/")
        by_folder.setdefault(f"{folder}/" if folder else "", []).append(file)
    roots = sorted(
        f for f, files in by_folder.items() if product_xml(files) and not re.search("(^|/)(GRANULE|__MACOSX)/", f)
    )
    return [r for r in roots if not any(r != other and r.startswith(other) for other in roots)]


def _zip_parts(names: Iterable[str]) -> bool:
    return any(
        re.search(r"(^|/)(S2[^/]*\.SAFE/GRANULE/|MTD_TL\.xml$|S2[^/]*_MTD_L1C_TL_[^/]*\.xml$)", name) for name in names
    )


def _is_part(path: Path) -> bool:
    """Whether a path without product metadata above it is a part of a product, by what lies there."""
    if path.is_file():
        return any(fnmatch.fnmatchcase(path.name, p) for p in _PART_XML) or (
            path.name == "manifest.safe" and (path.parent / "GRANULE").is_dir()
        )
    names = {p.name for p in path.iterdir()}
    tile = any(fnmatch.fnmatchcase(n, p) for n in names for p in _PART_XML)
    granules = path.name == "GRANULE" and any(
        (p / "IMG_DATA").is_dir() or _is_part(p) for p in path.iterdir() if p.is_dir()
    )
    return (
        tile
        or granules
        or "IMG_DATA" in names
        or ("GRANULE" in names and (path.name.upper().startswith("S2") or path.suffix.upper() == ".SAFE"))
    )


def _nothing(path: Path) -> BadProduct:
    if not _is_part(path):
        return BadProduct(
            "this is not a Sentinel-2 product",
            where=path,
            expected="a .SAFE folder, its zip, or its MTD_MSIL1C.xml",
            found="a folder without them" if path.is_dir() else f"a file named {path.name}",
            todo="give the folder that holds MTD_MSIL1C.xml",
        )
    _refuse_by_name(path, [path.name, *(p.name for p in path.glob("*"))] if path.is_dir() else [path.name])
    return _without_metadata(path)


def _refuse_by_name(path: Path, names: Iterable[str]) -> None:
    """Name a part of a product of another level, which the names of its files show."""
    for name in (path.name, *names):
        level = re.search(r"(?:MSI|^|/|_)L(0|1A|1B|2A|2F|2H)(?:_|$)", name)
        if level:
            refuse_other_level(f"Level-{level.group(1)}", str(path))


def _without_metadata(path: Path) -> BadProduct:
    if path.suffix.upper() == ".SAFE" or (path.name == "manifest.safe"):
        return BadProduct("the product metadata file is missing", where=path, expected="MTD_MSIL1C.xml", todo=AGAIN)
    images = (
        next((p for p in (path / "IMG_DATA", *path.glob("*/IMG_DATA")) if p.is_dir()), None) if path.is_dir() else None
    )
    return BadProduct(
        "the product metadata file is missing: this is a part of a Sentinel-2 product, and the offset of its digital "
        "numbers stands there",
        where=path,
        expected="MTD_MSIL1C.xml",
        todo=THE_SAFE + (f", or {images} with --offset" if images else ""),
    )


def tile_name(tile: str) -> str:
    """A tile's name as products spell it.

    Examples
    --------
    >>> tile_name("31tdh"), tile_name(" T31TDH"), tile_name("t31tdh")
    ('T31TDH', 'T31TDH', 'T31TDH')
    """
    name = tile.strip().upper()
    return f"T{name}" if re.fullmatch(r"\d{2}[A-Z]{3}", name) else name
