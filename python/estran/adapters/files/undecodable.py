"""Paths whose bytes are no text: discs of other systems hold names in other encodings, which Python carries through and
C libraries and files do not.

Such a byte is a lone surrogate in a path (PEP 383). It works for Python's own files; GDAL and NetCDF are given the
folder under another name, and what is written for people has the byte in figures ("caf\\xe9").
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from estran.errors import BadParameter, BadProduct
from estran.raster.product import Element, Product

_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_OPEN_FILES = Path("/proc/self/fd")
"""Where Linux shows the open files and folders of a process under their numbers."""


def is_text(text: object) -> bool:
    """Whether a path or text has no undecodable byte."""
    return not any("\ud800" <= c <= "\udfff" for c in str(text))


def printable(text: object) -> str:
    """A path or text as it can be written: what is UTF-8 after all as that, other undecodable bytes in figures.

    Examples
    --------
    >>> printable("caf\\udce9/a.tif"), printable("caf\\udcc3\\udca9")
    ('caf\\\\xe9/a.tif', 'café')
    """
    plain = str(text)
    if is_text(plain):
        return plain
    try:
        return plain.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # a surrogate that stands for no byte
        return plain.encode("utf-8", "backslashreplace").decode("utf-8")


@contextlib.contextmanager
def for_libraries(path: Path | str) -> Iterator[Path | str]:
    """A path that C libraries open: the same, or one to the same file that is text, as long as the context lasts.

    Parameters
    ----------
    path
        A file, or a name that GDAL gives to one inside an archive.

    Raises
    ------
    BadProduct
        There is no such other name on this system.
    """
    text = str(path)
    if is_text(text):
        yield path
        return
    prefix, real, rest = _parts(text)
    decoded = printable(real)
    if os.path.exists(decoded.encode("utf-8")) and os.fsencode(real) == decoded.encode("utf-8"):  # noqa: PTH110 - a path of bytes
        yield f"{prefix}{decoded}{rest}"  # the bytes are UTF-8, in a locale that is not
        return
    if not _OPEN_FILES.is_dir():
        raise BadProduct("a folder or file has a name that is no text", where=printable(path), todo="rename it")
    folder, name = os.path.split(real)
    opened = os.open(folder if is_text(name) else real, os.O_RDONLY)
    try:
        yield f"{prefix}{_OPEN_FILES}/{opened}{f'/{name}' if is_text(name) else ''}{rest}"
    finally:
        os.close(opened)


def _parts(text: str) -> tuple[str, str, str]:
    """Prefix of an archive, path on the disk, path inside the archive."""
    if not text.startswith("/vsizip/{"):
        return "", text, ""
    real, brace, rest = text.removeprefix("/vsizip/{").partition("}")
    return "/vsizip/{", real, brace + rest


def check_output(path: Path) -> None:
    """Refuse an output whose own name is no text: formats write it into themselves.

    Raises
    ------
    BadParameter
        It is not.
    """
    try:
        path.name.encode("utf-8", "surrogateescape").decode("utf-8")
    except UnicodeError:
        raise BadParameter(
            "the name of the output is no text",
            where=printable(path),
            expected="a name in UTF-8",
            todo="give it another name",
        ) from None


def check_xml_name(path: Path, more: str = "") -> None:
    """Refuse an output whose name XML cannot hold, or with one of `more` in it: its metadata name its files.

    Raises
    ------
    BadParameter
        It cannot.
    """
    found = next((c for c in path.name if c in more or _NOT_IN_XML.match(c)), None)
    if found is not None:
        raise BadParameter(
            "the name of the output holds a character that its metadata cannot",
            where=path,
            found=repr(found),
            todo="give it another name",
        )


def as_text(product: Product) -> Product:
    """The product with all its texts as they can be written."""
    return replace(
        product,
        name=printable(product.name),
        source=printable(product.source),
        description=printable(product.description),
        notes=tuple(map(printable, product.notes)),
        metadata=tuple(map(_element, product.metadata)),
    )


def _element(element: Element) -> Element:
    attributes = {name: _value(value) for name, value in element.attributes.items()}
    return replace(element, attributes=attributes, elements=tuple(map(_element, element.elements)))


def _value(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    return type(value)(map(_value, value)) if isinstance(value, (list, tuple)) else value
