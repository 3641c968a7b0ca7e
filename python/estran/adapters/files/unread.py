"""Layouts that are known and not read: each is named, with what to give in its place."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from estran.adapters.files.safe.locate import is_safe, is_whole, locate, product_xml, tile_name
from estran.adapters.files.safe.store import Archive, is_zip, members
from estran.bounds import XML_BYTES, read_bytes
from estran.errors import BadProduct, UnsupportedProduct

_PACKED = (".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".7z", ".rar", ".gz", ".bz2", ".xz", ".zst")
"""Endings of archives that are not read in place."""

_ZARR = (".zgroup", ".zattrs", ".zmetadata", ".zarray", "zarr.json")
"""Files that make a folder a Zarr group or array: versions 2 and 3 of the specification."""

_PRODUCT_XML = re.compile(r"MTD_MSIL\d[A-C]\.XML|S2[A-D]_\w+_MTD_SAFL\d[A-C]_\w+\.XML", re.IGNORECASE)
"""Product metadata in whatever case."""

_DEPTH, _LOOKED, _MANY, _SHOWN = 3, 5000, 100, 3
"""How many folders deep products are looked for, among how many files and folders, how many at most, and how many are
named.
"""

_OURS = (".dim", ".nc", ".tif", ".tiff", ".jp2", ".png", ".img", ".vrt")
"""Endings of what makes a folder a product itself, whatever archives lie beside."""


def refuse_unread(path: Path) -> None:
    """Raise where `path` is an archive that is not read in place, a Zarr store, or a product whose files were renamed
    when it was unpacked.

    Raises
    ------
    UnsupportedProduct, BadProduct
        The sentence says what to give.
    """
    _refuse_renamed(path)
    packed = next((ending for ending in _PACKED if path.name.lower().endswith(ending)), None)
    if packed and path.is_file():
        raise UnsupportedProduct(
            f"archives of the kind {packed} are not read",
            where=path,
            todo="unpack it, and give what is in it (of Sentinel-2 the .SAFE)",
        )
    store = _zarr_of(path)
    if store is None and is_zip(path) and zipfile.is_zipfile(path) and not is_safe(path):
        raise UnsupportedProduct(
            "the zip holds no Sentinel-2 product",
            where=path,
            expected="a .SAFE in it",
            todo="unpack it, and give what is in it",
        )
    if store is not None:
        raise UnsupportedProduct(
            f"{store} is not read",
            where=path,
            expected="SAFE, BEAM-DIMAP, GeoTIFF or NetCDF",
            todo="give the .SAFE of the same scene" if store.startswith("EOPF") else "give it as NetCDF or GeoTIFF",
        )


def _refuse_renamed(path: Path) -> None:
    names = sorted(p.name for p in path.iterdir()) if path.is_dir() else [path.name]
    flat = next((name for name in names if re.search(r"(\.SAFE|GRANULE)\\", name, re.IGNORECASE)), None)
    if flat is not None:
        raise BadProduct(
            "the product was unpacked without its folders, which became parts of the files' names",
            where=path,
            found=flat,
            todo="unpack its zip with another program, or give the zip itself",
        )
    renamed = next((name for name in names if _PRODUCT_XML.fullmatch(name)), None)
    if renamed is not None and product_xml(names) is None:
        raise BadProduct(
            "the product's files have other names than they came with",
            where=path,
            expected="MTD_MSIL1C.xml, in capitals",
            found=renamed,
            todo="unpack the product again, or give its zip",
        )


def choose_product(folder: Path, tile: str | None) -> Path | None:
    """The one product in a folder of products that is of a tile; None where `folder` does not hold products, and so may
    be one itself.

    Raises
    ------
    BadProduct
        The folder is no product but holds some; the sentence names one to give.
    """
    if any(p.suffix.lower() in _OURS for p in folder.iterdir()) and not any(folder.glob("*.SAFE")):
        return None
    found = list(islice(_products(folder), _MANY))
    for other in folder.glob("*.zarr") if not found else ():
        refuse_unread(other)
    if not found:
        return None
    whole = [p for p in found if is_whole(p) or not is_safe(p)]
    if not whole:
        locate(found[0])  # says what it is a part of
    found = whole
    if tile is not None:
        named = [p for p in found if f"_{tile_name(tile)}_" in p.name]
        if len(named) == 1:
            return named[0]
        found = named or found
    more = f", … ({'more than ' if len(found) == _MANY else ''}{len(found)} in all)" if len(found) > _SHOWN else ""
    names = ", ".join(p.relative_to(folder).as_posix() for p in found[:_SHOWN])
    raise BadProduct(
        "the folder is no product but holds some", where=folder, found=names + more, todo=f"give {found[0]}"
    )


def _products(folder: Path) -> Iterator[Path]:
    """What is a Sentinel-2 product below a folder, nearest first, archives that have to be unpacked too; products are
    not looked into.
    """
    looked, level = 0, [folder]
    for _ in range(_DEPTH):
        below: list[Path] = []
        for path in (p for parent in level for p in _entries(parent)):
            looked += 1
            if looked > _LOOKED:
                return
            if path.is_dir() or path.suffix.lower() == ".zip":
                if is_safe(path):
                    yield path
                elif path.is_dir():
                    below.append(path)
            elif path.name.startswith("S2") and path.name.lower().endswith(_PACKED):
                yield path
        level = below


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(p for p in folder.iterdir() if not p.name.startswith("."))
    except OSError:  # another user's folder
        return []


def refuse_empty_safe(folder: Path) -> None:
    """Raise where a folder is called .SAFE and has nothing of Sentinel-2 in it."""
    if folder.suffix.upper() == ".SAFE":
        other = re.match(r"S([135-6])", folder.name)
        if other:
            raise UnsupportedProduct(
                f"this is a product of Sentinel-{other.group(1)}",
                where=folder,
                expected="Sentinel-2",
                todo="give a Sentinel-2 product",
            )
        raise BadProduct(
            "the product metadata file is missing",
            where=folder,
            expected="MTD_MSIL1C.xml",
            todo="download the product again",
        )


def _zarr_of(path: Path) -> str | None:
    """What to call the Zarr store that `path` is or lies in; None where it is none."""
    if is_zip(path):
        return _zarr_in_zip(path)
    folder = path if path.is_dir() else path.parent if path.name in _ZARR else None
    if folder is None or not (folder.suffix.lower() == ".zarr" or any((folder / name).is_file() for name in _ZARR)):
        return None
    return _kind(folder.name, (read_bytes(folder / name, XML_BYTES) for name in _ZARR if (folder / name).is_file()))


def _zarr_in_zip(path: Path) -> str | None:
    try:
        store = Archive(path, members(path), "")
        names = [n for n in store.names() if n.rpartition("/")[2] in _ZARR]
        top = min((n.count("/") for n in names), default=0)
        return _kind(path.name, (store.read(n) for n in names if n.count("/") == top)) if names else None
    except BadProduct:  # broken: who reads it says so
        return None


def _kind(name: str, documents: Iterable[bytes]) -> str:
    """ "EOPF Zarr" where the attributes or the name are those of the Earth Observation Processing Framework, else
    "Zarr".
    """
    for content in documents:
        try:
            text = json.dumps(json.loads(content))
        except ValueError:
            continue
        if any(word in text for word in ('"stac_discovery"', '"eopf', '"other_metadata"', '"measurements"')):
            return "EOPF Zarr"
    return "EOPF Zarr" if re.match(r"S0?2[A-D]?_?MSI", name, re.IGNORECASE) else "Zarr"
