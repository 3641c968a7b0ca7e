"""The one parser for XML that others wrote: no document types, no entities, and a bound on everything that takes
memory.

Built on expat, piece by piece, so that a document is refused where it crosses a limit and not after it has filled the
memory.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import TreeBuilder
from xml.parsers import expat

from estran import bounds
from estran.errors import BadProduct, EstranError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

ELEMENTS = 10**6
"""Most elements of a document."""
ATTRIBUTES = 4 * ELEMENTS
"""Most XML attributes of a document: an element of SNAP's metadata has up to five, most others none."""
DEPTH = 200
"""Most elements inside one another: metadata have about ten, and what walks a tree calls itself once a level."""
NAME = 1000
"""Most characters of a name with its namespace, which every element carries."""

TAG = 8 * bounds.MEGABYTE
"""Most bytes of one tag with its attributes, or of a comment: expat keeps them whole until they end."""

_PIECE = bounds.MEGABYTE
_HEAD = 200
_DECLARED = re.compile(rb"""\A\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["']""")
_READ_BY_EXPAT = frozenset({"utf-16", "iso8859-1", "ascii"})
_OTHER_ENCODINGS = re.compile(
    r"(iso8859|cp|koi8|mac|gb|big5|shift_jis|euc|hz|utf-16|utf-32|iso2022|johab|ptcp|tis)[a-z0-9_-]*\Z"
)


class _TooMuch(Exception):
    """A limit is crossed, or a document type declared: (what, expected, found)."""


def parse_xml(
    content: bytes | str,
    where: object,
    *,
    what: str = "the XML",
    error: type[EstranError] = BadProduct,
    todo: str = "download the product again",
) -> Element:
    """The root of an XML document; names in a namespace as ``{namespace}name``, comments and processing instructions
    left out.

    Parameters
    ----------
    content
        The document; bytes in the encoding that it declares.
    where
        The file, for messages.
    what
        How messages call the document ("the graph").
    error
        The error raised.
    todo
        What can be done where the document is malformed.

    Raises
    ------
    EstranError
        Of kind `error`: malformed; an unknown encoding; a document type or entities declared (they can read files or
        fill memory); or more than 64 MB, 10⁶ elements, 200 elements inside one another.
    """
    bounds.within(len(content), bounds.XML_BYTES, what, where, error)
    builder = _Builder()
    try:
        return builder.parse(content)
    except _TooMuch as reason:
        text, expected, found = reason.args
        raise error(
            f"{what} {text}", where=where, expected=expected, found=found, todo="do not trust this file"
        ) from None
    except (
        expat.ExpatError,
        ValueError,
        LookupError,
    ) as reason:  # ValueError is a character that the encoding cannot hold
        raise error(f"{what} is no well-formed XML", where=where, found=str(reason), todo=todo) from reason


def read_xml(
    path: Path, *, what: str = "the XML", error: type[EstranError] = BadProduct, todo: str = "copy the file again"
) -> Element:
    """The root of the XML document in a file; as :func:`parse_xml`.

    Raises
    ------
    EstranError
        Of kind `error`, where it cannot be read or is refused.
    """
    return parse_xml(
        bounds.read_bytes(path, bounds.XML_BYTES, what=what, error=error), path, what=what, error=error, todo=todo
    )


class _Builder:
    def __init__(self) -> None:
        self._tree = TreeBuilder()
        self._depth = self._elements = self._attributes = 0
        self._names: dict[str, str] = {}

    def parse(self, content: bytes | str) -> Element:
        encoding, pieces = _decoded(content)
        parser = expat.ParserCreate(encoding, "}")
        parser.buffer_text = True
        parser.ordered_attributes = True
        parser.specified_attributes = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._tree.data
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.EntityDeclHandler = _refuse_doctype
        fed = 0
        for piece in pieces:
            parser.Parse(piece, False)
            fed += len(piece)
            if fed - parser.CurrentByteIndex > TAG:
                raise _TooMuch("has a tag or comment that is too long", f"at most {bounds.amount(TAG)}", "more")
        parser.Parse(b"", True)
        return self._tree.close()

    def _start(self, tag: str, attributes: list[str]) -> None:
        self._depth += 1
        self._elements += 1
        self._attributes += len(attributes) // 2
        if self._depth > DEPTH:
            raise _TooMuch("nests too deep", f"at most {DEPTH} elements inside one another", "more")
        if self._elements > ELEMENTS:
            raise _TooMuch("has too many elements", f"at most {ELEMENTS}", "more")
        if self._attributes > ATTRIBUTES:
            raise _TooMuch("has too many attributes", f"at most {ATTRIBUTES}", "more")
        name = self._name
        self._tree.start(name(tag), {name(attributes[i]): attributes[i + 1] for i in range(0, len(attributes), 2)})

    def _end(self, tag: str) -> None:
        self._depth -= 1
        self._tree.end(self._name(tag))

    def _name(self, name: str) -> str:
        known = self._names.get(name)
        if known is None:
            if len(name) > NAME:
                raise _TooMuch("has a name that is too long", f"at most {NAME} characters", f"{name[:40]!r}…")
            known = self._names[name] = "{" + name if "}" in name else name
        return known


def _refuse_doctype(*_: object) -> None:
    raise _TooMuch("declares a document type or entities, which it has no need of", "", "")


def _decoded(content: bytes | str) -> tuple[str | None, Iterator[bytes]]:
    """The encoding that expat is to take (None: the one declared), and the document in pieces; what expat does not read
    is decoded here.
    """
    if isinstance(content, str):
        # As text it no longer is in the encoding that it declares; a lone surrogate is no character of XML.
        return "utf-8", _pieces(content.encode("utf-8"))
    if content.startswith(codecs.BOM_UTF8):
        return "utf-8", _pieces(
            content
        )  # the mark is of the bytes; a declaration may have stayed behind when an editor saved them anew
    declared = _DECLARED.match(content[:_HEAD])
    if declared is None:
        return None, _pieces(content)
    name = codecs.lookup(declared[1].decode("ascii")).name
    if name == "utf-8":
        return name, _pieces(content)  # expat does not know its other names (UTF8)
    if name in _READ_BY_EXPAT:
        return None, _pieces(content)
    if not _OTHER_ENCODINGS.match(name):
        raise LookupError(f"unknown encoding: {declared[1].decode('ascii')}")
    return "utf-8", _pieces(content.decode(name).encode("utf-8"))


def _pieces(content: bytes) -> Iterator[bytes]:
    for at in range(0, len(content), _PIECE):
        yield content[at : at + _PIECE]
