"""What the manifest says of each file: its size and its checksum."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from estran.adapters.files.safe import xml
from estran.adapters.files.safe.store import Store, inside
from estran.errors import BadProduct

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element as Node

NAME = "manifest.safe"
"""The manifest, at the root of a product."""


class Digest(Protocol):
    """A running checksum, as hashlib makes them."""

    def update(self, data: bytes, /) -> None:
        """Take in more bytes."""

    def hexdigest(self) -> str:
        """What they sum up to, in hexadecimal digits."""


@dataclass(frozen=True)
class Sum:
    """What a file should be: its checksum in lower-case hexadecimal, the kind as the manifest spells it ("MD5",
    "SHA3-256"), and its size [bytes] or None.
    """

    kind: str
    value: str
    size: int | None = None

    def digest(self) -> Digest | None:
        """An empty checksum of that kind; None where this Python has none."""
        name = _algorithms().get(_plain(self.kind))
        try:
            return None if name is None else hashlib.new(name, usedforsecurity=False)
        except ValueError:  # listed, but shut off on this machine
            return None


def read_sums(store: Store) -> Mapping[str, Sum]:
    """Checksums by file, as a path from the product's root.

    Empty where there is no manifest, or none that can be read: many copies of products come without one, and nothing
    else is taken from it. MD5 in products until 2020, SHA3-256 since (both are in real manifests); any other that
    hashlib has is taken too.
    """
    if NAME not in store.names():
        return {}
    try:
        root = xml.parse(store.read(NAME), NAME)
    except BadProduct:
        return {}
    return {
        name: found
        for stream in root.iter("byteStream")
        for name, found in [_entry(stream, store)]
        if found is not None
    }


def _entry(stream: Node, store: Store) -> tuple[str, Sum | None]:
    place, checksum = stream.find("fileLocation"), stream.find("checksum")
    value = "" if checksum is None else (checksum.text or "").strip().lower()
    if place is None or checksum is None or not value:
        return "", None
    try:
        name = inside(place.get("href", ""), store.path)
    except BadProduct:  # a manifest is believed on files of its own product only
        return "", None
    size = stream.get("size", "")
    return name, Sum(checksum.get("checksumName", "").strip(), value, int(size) if size.isdecimal() else None)


def _plain(kind: str) -> str:
    return re.sub("[^a-z0-9]", "", kind.lower())


def _algorithms() -> dict[str, str]:
    """hashlib's names of fixed length, by how they read without their signs: SHA3-256, SHA3_256 and sha3256 are one."""
    return {_plain(name): name for name in hashlib.algorithms_guaranteed if not name.startswith("shake")}
