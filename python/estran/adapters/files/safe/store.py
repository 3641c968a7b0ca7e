"""Where a SAFE product lies: a folder, or a zip that is read in place."""

from __future__ import annotations

import fnmatch
import re
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from estran.errors import BadProduct

AGAIN = "download the product again"
"""What can be done about a product that is broken or incomplete."""

PRODUCT_XML = ("MTD_MSIL*.xml", "S2*_MTD_SAFL*.xml")
"""Product metadata, names since and before December 2016."""


@dataclass(frozen=True)
class Entry:
    """One file of the product: its name inside, the path under which GDAL opens it, its size [bytes], whether it is compressed."""

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
        """The content of a file."""

    def open(self, name: str) -> AbstractContextManager[Seekable]:
        """The file, for reading at any place."""


class Folder:
    """A product in a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._names = tuple(sorted(p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file()))

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
        return Path(self.entry(name).gdal_path).read_bytes()

    @contextmanager
    def open(self, name: str) -> Iterator[Seekable]:
        """The file, for reading at any place."""
        with Path(self.entry(name).gdal_path).open("rb") as file:
            yield file


class Archive:
    """A product in a zip: XML by zipfile, images by GDAL's /vsizip/, nothing unpacked to disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with zipfile.ZipFile(path) as archive:
                members = {m.filename.replace("\\", "/"): m for m in archive.infolist() if not m.is_dir()}
        except (zipfile.BadZipFile, EOFError) as error:
            raise BadProduct("the zip is broken", where=path, found=str(error), todo=AGAIN) from error
        roots = {_root_of(name) for name in members if _is_product_xml(name)}
        if len(roots) > 1:
            raise BadProduct("the zip holds several products", where=path, found=", ".join(sorted(roots)), todo="give each product a zip of its own")
        self._root = roots.pop() if roots else _common_root(members)
        self._members = {name[len(self._root) :]: m for name, m in members.items() if name.startswith(self._root)}

    def names(self) -> tuple[str, ...]:
        """Every file."""
        return tuple(sorted(self._members))

    def entry(self, name: str) -> Entry:
        """A file of that name."""
        if name not in self._members:
            raise _absent(name, self.path)
        member = self._members[name]
        return Entry(name, f"/vsizip/{{{self.path.resolve().as_posix()}}}/{member.filename}", member.file_size, member.compress_type != zipfile.ZIP_STORED)

    def read(self, name: str) -> bytes:
        """The content of a file."""
        self.entry(name)
        try:
            with zipfile.ZipFile(self.path) as archive:
                return archive.read(self._members[name])
        except (zipfile.BadZipFile, EOFError, OSError) as error:
            raise BadProduct(f"{name} cannot be unpacked", where=self.path, found=str(error), todo=AGAIN) from error

    @contextmanager
    def open(self, name: str) -> Iterator[Seekable]:
        """The member for reading at any place; going far into a compressed one means unpacking it on the way."""
        self.entry(name)
        try:
            with zipfile.ZipFile(self.path) as archive, archive.open(self._members[name]) as file:
                yield file
        except (zipfile.BadZipFile, EOFError) as error:
            raise BadProduct(f"{name} cannot be unpacked", where=self.path, found=str(error), todo=AGAIN) from error


def open_store(path: Path) -> Store:
    """The files of the product that `path` names: its folder, its zip, its product XML or its manifest.

    Raises
    ------
    BadProduct
        Where there is nothing, or nothing of Sentinel-2.
    """
    path = Path(path)
    if not path.exists():
        raise BadProduct("there is no such file or folder", where=path, todo="check the path")
    if not is_safe(path):
        raise BadProduct(
            "this is not a Sentinel-2 product",
            where=path,
            expected="a .SAFE folder, its zip, or its MTD_MSIL1C.xml",
            found="a folder without them" if path.is_dir() else f"a file named {path.name}",
            todo="give the folder that holds MTD_MSIL1C.xml",
        )
    if path.is_dir():
        return Folder(path)
    return Archive(path) if path.suffix.lower() == ".zip" else Folder(path.parent)


def is_safe(path: Path) -> bool:
    """Whether `path` looks like a Sentinel-2 SAFE product of any level: a folder, a zip, the product's XML or its manifest.

    A zip that cannot be listed counts, so that the reader can say that it is broken.
    """
    path = Path(path)
    if path.is_dir():
        names = [p.name for p in path.iterdir()]
        return any(_is_product_xml(n) for n in names) or ("GRANULE" in names and path.name.upper().startswith("S2"))
    if not path.is_file():
        return False
    if path.suffix.lower() == ".zip":
        return _zip_is_safe(path)
    return _is_product_xml(path.name) or (path.name == "manifest.safe" and is_safe(path.parent))


def product_xml(store: Store) -> str:
    """Name of the product metadata file."""
    found = [n for n in store.names() if "/" not in n and _is_product_xml(n)]
    if not found:
        raise BadProduct("the product metadata file is missing", where=store.path, expected="MTD_MSIL1C.xml", todo=AGAIN)
    return found[0]


def inside(name: str, where: Path) -> str:
    """A path that metadata name, as a plain path from the product's root; one that leaves the product is refused."""
    parts = PurePosixPath(name.strip().replace("\\", "/")).parts
    if not parts or ".." in parts or parts[0] == "/" or ":" in parts[0]:
        raise BadProduct("the metadata name a file outside the product", where=where, found=repr(name), todo="do not trust this product")
    return "/".join(parts)


def matching(store: Store, pattern: str) -> tuple[str, ...]:
    """Files whose path matches a shell pattern; ``*`` does not cross a slash."""
    expression = re.compile(fnmatch.translate(pattern).replace(".*", "[^/]*"))
    return tuple(n for n in store.names() if expression.match(n))


def _zip_is_safe(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [n.replace("\\", "/") for n in archive.namelist()]
    except (zipfile.BadZipFile, EOFError):
        return True
    return any(_is_product_xml(n) for n in names) or any(re.match(r"S2[^/]*\.SAFE/GRANULE/", n) for n in names)


def _is_product_xml(name: str) -> bool:
    return any(fnmatch.fnmatchcase(name.rpartition("/")[2], pattern) for pattern in PRODUCT_XML)


def _root_of(name: str) -> str:
    return name[: name.rfind("/") + 1]


def _common_root(names: Iterable[str]) -> str:
    tops = {n.partition("/")[0] for n in names}
    return f"{tops.pop()}/" if len(tops) == 1 else ""


def _absent(name: str, where: Path) -> BadProduct:
    return BadProduct(f"{name} is missing", where=where, todo=AGAIN)
