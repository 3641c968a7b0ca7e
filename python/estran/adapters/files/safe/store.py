"""Where a SAFE product lies: a folder, or a zip that is read in place."""

from __future__ import annotations

import fnmatch
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from estran.adapters.files.safe.zip_directory import check_directory
from estran.bounds import XML_BYTES, read_bytes, within
from estran.errors import BadProduct

AGAIN = "download the product again"
"""What can be done about a product that is broken or incomplete."""

PARTS = frozenset({"GRANULE", "DATASTRIP", "AUX_DATA", "HTML", "rep_info", "IMG_DATA", "QI_DATA", "qi", "auxiliary"})
"""Folders of a product that hold files of its own: those of a SAFE, of a granule, and of a tile in a cloud bucket."""

_UNPACKING = (zipfile.BadZipFile, EOFError, OSError, zlib.error, RuntimeError, NotImplementedError)
"""What zipfile raises where a member is broken, encrypted (RuntimeError), or packed in a way that it does not know."""


@dataclass(frozen=True)
class Entry:
    """One file of the product: its name inside, the path under which GDAL opens it, its size [bytes], whether it is
    compressed.
    """

    name: str
    gdal_path: str
    size: int
    packed: bool = False


class Seekable(Protocol):
    """What can be read at any place."""

    def seek(self, offset: int, /) -> int:
        """Go to a byte."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes from there."""


class Store(Protocol):
    """The files of one product."""

    path: Path

    def names(self) -> tuple[str, ...]:
        """Every file, as a path from the product's root with forward slashes."""

    def entry(self, name: str) -> Entry:
        """A file of that name; :class:`BadProduct` where there is none."""

    def read(self, name: str) -> bytes:
        """The content of a metadata file; :class:`BadProduct` where it is larger than any is."""

    def open(self, name: str) -> AbstractContextManager[Seekable]:
        """The file, for reading at any place."""


class Folder:
    """A product in a folder. Of what lies below, only the folders that a product has are looked into."""

    def __init__(self, path: Path) -> None:
        self.path = path
        files = [p for p in path.iterdir() if p.is_file()]
        for part in path.iterdir():
            if part.name in PARTS and part.is_dir():
                files += [p for p in part.rglob("*") if p.is_file()]
        self._names = tuple(sorted(p.relative_to(path).as_posix() for p in files))

    def names(self) -> tuple[str, ...]:
        """Every file."""
        return self._names

    def entry(self, name: str) -> Entry:
        """A file of that name."""
        if name not in self._names:
            raise _absent(name, self.path)
        return Entry(name, str(self.path / name), (self.path / name).stat().st_size)

    def read(self, name: str) -> bytes:
        """The content of a file."""
        return read_bytes(Path(self.entry(name).gdal_path), XML_BYTES, what=name)

    @contextmanager
    def open(self, name: str) -> Iterator[Seekable]:
        """The file, for reading at any place."""
        with Path(self.entry(name).gdal_path).open("rb") as file:
            yield file


class Archive:
    """A product in a zip, at `root` ("X.SAFE/", "" where it has no folder of its own): XML by zipfile, images by GDAL's
    /vsizip/, nothing unpacked to disk.
    """

    def __init__(self, path: Path, members: Mapping[str, zipfile.ZipInfo], root: str) -> None:
        self.path = path
        self._members = {name[len(root) :]: m for name, m in members.items() if name.startswith(root)}

    def names(self) -> tuple[str, ...]:
        """Every file."""
        return tuple(sorted(self._members))

    def entry(self, name: str) -> Entry:
        """A file of that name."""
        if name not in self._members:
            raise _absent(name, self.path)
        member = self._members[name]
        if member.flag_bits & 1:
            raise BadProduct(
                f"{name} is encrypted",
                where=self.path,
                todo="unpack the zip with its password, and give the .SAFE folder",
            )
        return Entry(name, self._for_gdal(member), member.file_size, member.compress_type != zipfile.ZIP_STORED)

    def _for_gdal(self, member: zipfile.ZipInfo) -> str:
        path = self.path.resolve().as_posix()
        # Braces hold a path with any ending, but none that has braces of its own; GDAL makes slashes of the backslashes
        # of some Windows programs.
        braced = path if re.search("[{}]", path) else f"{{{path}}}"
        return f"/vsizip/{braced}/{member.filename.replace(chr(92), '/')}"

    def read(self, name: str) -> bytes:
        """The content of a file."""
        within(self.entry(name).size, XML_BYTES, name, self.path)
        try:
            with zipfile.ZipFile(self.path) as archive:
                return archive.read(self._members[name])
        except _UNPACKING as error:
            raise _not_unpacked(name, self.path, error) from error

    @contextmanager
    def open(self, name: str) -> Iterator[Seekable]:
        """The member for reading at any place; going far into a compressed one means unpacking it on the way."""
        self.entry(name)
        try:
            with zipfile.ZipFile(self.path) as archive, archive.open(self._members[name]) as file:
                yield file
        except _UNPACKING as error:
            raise _not_unpacked(name, self.path, error) from error


def is_zip(path: Path) -> bool:
    """Whether a path is a zip, by its ending or its first bytes: downloads come as "$value" or under a product's own
    name.
    """
    if not path.is_file():
        return False
    if path.suffix.lower() == ".zip":
        return True
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PK\x03\x04"
    except OSError:  # who reads it says so
        return False


def members(path: Path) -> dict[str, zipfile.ZipInfo]:
    """The files in a zip, by name with forward slashes.

    Raises
    ------
    BadProduct
        Where it cannot be listed.
    """
    check_directory(path)
    try:
        with zipfile.ZipFile(path) as archive:
            listed = [
                (m.filename.replace("\\", "/").removeprefix("./"), m) for m in archive.infolist() if not m.is_dir()
            ]
    except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError, struct.error) as error:
        raise BadProduct("the zip is broken", where=path, found=str(error), todo=AGAIN) from error
    found = dict(listed)
    if len(found) < len(listed):
        # GDAL may take the other of two.
        twice = next(name for name, member in listed if found[name] is not member)
        raise BadProduct("the zip holds a file twice", where=path, found=twice, todo=AGAIN)
    return found


def inside(name: str, where: Path) -> str:
    """A path that metadata name, as a plain path from the product's root; one that leaves the product is refused."""
    parts = PurePosixPath(name.strip().replace("\\", "/")).parts
    if not parts or ".." in parts or parts[0] == "/" or ":" in parts[0]:
        raise BadProduct(
            "the metadata name a file outside the product",
            where=where,
            found=repr(name),
            todo="do not trust this product",
        )
    return "/".join(parts)


def matching(store: Store, *patterns: str) -> tuple[str, ...]:
    """Files whose path matches one of some shell patterns, those of the first pattern first; ``*`` does not cross a
    slash.
    """
    expressions = [re.compile(fnmatch.translate(pattern).replace(".*", "[^/]*")) for pattern in patterns]
    return tuple(name for expression in expressions for name in store.names() if expression.match(name))


def first(store: Store, candidates: Iterable[str]) -> str | None:
    """The first of some names that the product holds."""
    names = store.names()
    return next((name for name in candidates if name in names), None)


def _absent(name: str, where: Path) -> BadProduct:
    return BadProduct(f"{name} is missing", where=where, todo=AGAIN)


def _not_unpacked(name: str, where: Path, error: BaseException) -> BadProduct:
    todo = "unpack the zip, and give the .SAFE folder" if isinstance(error, NotImplementedError) else AGAIN
    return BadProduct(f"{name} cannot be unpacked", where=where, found=str(error), todo=todo)
