"""Tiles as cloud buckets hold them: one folder a tile ("tiles/31/T/DH/2019/6/3/0"), its bands B01.jp2 to B12.jp2, the
product's metadata elsewhere.

The layout of the bucket sentinel-s2-l1c: a tile's ``metadata.xml`` is the MTD_TL.xml of the product; ``tileInfo.json``
names the product and where its own ``metadata.xml`` (MTD_MSIL1C.xml) lies, from the bucket's root:
"products/2019/6/3/S2A_MSIL1C_…". Without it no offset is known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from estran.adapters.files.safe import xml
from estran.adapters.files.safe.levels import check_level
from estran.bounds import SETTINGS_BYTES, XML_BYTES, read_bytes, read_text
from estran.errors import BadProduct

TILE_XML = "metadata.xml"
TILE_INFO = "tileInfo.json"

_HEAD = 4096
"""Bytes at the start of an XML document in which its first element is looked for."""

_DEEPEST = 12
"""Folders upwards in which the bucket's root is looked for."""


def tile_of(path: Path) -> Path | None:
    """The tile's folder that `path` is or lies in directly; None where it is none."""
    folder = path if path.is_dir() else path.parent
    if path.is_file() and not re.fullmatch(r"B(\d\d|8A)\.jp2|TCI\.jp2|metadata\.xml|tileInfo\.json", path.name):
        return None
    if re.fullmatch(r"R\d\dm", folder.name):  # Level-2A keeps its bands by resolution
        folder = folder.parent
    if _kind(folder / TILE_XML, "Tile_ID") or ((folder / TILE_INFO).is_file() and any(folder.glob("B*.jp2"))):
        return folder
    return None


def product_metadata(folder: Path) -> tuple[str, bytes]:
    """Path and content of the product metadata that belong to a tile's folder.

    Raises
    ------
    BadProduct
        Where they are not found; the sentence says where they are looked for.
    UnsupportedProduct
        Where the tile is of another level.
    """
    if _kind(folder / TILE_XML, "Tile_ID"):
        head = xml.parse(read_bytes(folder / TILE_XML, XML_BYTES), str(folder / TILE_XML))
        if not head.tag.startswith("Level-1C"):
            check_level(head, str(folder / TILE_XML))
    for candidate in _candidates(folder):
        if _kind(candidate, "User_Product"):
            return str(candidate), read_bytes(candidate, XML_BYTES)
    raise BadProduct(
        "the product metadata of the tile are missing, and with them the offset of its digital numbers",
        where=folder,
        expected=f"{_product_path(folder) or 'products/…'}/metadata.xml of the bucket, above the tile or as "
        f"MTD_MSIL1C.xml beside its bands",
        todo="fetch that file, or give the .SAFE of the same scene",
    )


def _candidates(folder: Path) -> Iterator[Path]:
    product = _product_path(folder)
    if product:
        for parent in list(folder.absolute().parents)[:_DEEPEST]:
            yield parent / product / "metadata.xml"
            yield parent / product.rpartition("/")[2] / "metadata.xml"
    for near in (
        folder,
        *sorted(p for p in folder.iterdir() if p.is_dir() and p.name.lower().startswith(("product", "s2"))),
        folder.absolute().parent,
    ):
        yield from sorted(near.glob("*.xml"))


def _product_path(folder: Path) -> str:
    """Where the bucket keeps the product's metadata, from its root; "" where that is not said."""
    try:
        said = json.loads(read_text(folder / TILE_INFO, SETTINGS_BYTES))["productPath"]
    except (BadProduct, ValueError, KeyError, TypeError):
        return ""
    return (
        said.strip("/")
        if isinstance(said, str) and re.fullmatch(r"/?[\w.-]+(/[\w.-]+)*/?", said) and ".." not in said
        else ""
    )


def _kind(path: Path, ending: str) -> bool:
    """Whether a file is a metadata document of Sentinel-2 of that kind, by the name of its first element."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return re.search(rb"<(?:\w+:)?Level-\d\w*_" + ending.encode() + rb"[\s>]", file.read(_HEAD)) is not None
