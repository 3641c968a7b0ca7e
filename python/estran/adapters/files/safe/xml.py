"""The few questions that XML metadata files are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from estran.adapters.files.safe.store import AGAIN
from estran.bounded_xml import parse_xml
from estran.errors import BadProduct
from estran.raster.product import Element

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element as Node

_QUIET_ATTRIBUTES = frozenset({"metadataLevel", "unit"})


def parse(content: bytes, where: str) -> Node:
    """The root of an XML document, tags without their namespaces.

    Raises
    ------
    BadProduct
        Where the document is malformed, or crosses a limit of :func:`estran.bounded_xml.parse_xml`.
    """
    root = parse_xml(content, where, todo=AGAIN)
    for node in root.iter():
        node.tag = node.tag.rpartition("}")[2]
    return root


def text(root: Node, path: str, where: str) -> str:
    """The text of the first element at `path`, which must be there."""
    found = root.findtext(path)
    if found is None or not found.strip():
        raise BadProduct(f"the element {path.rpartition('/')[2]} is missing", where=where, todo=AGAIN)
    return found.strip()


def number(content: str, name: str, where: str) -> float:
    """A finite number."""
    try:
        value = float(content)
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise BadProduct(f"the element {name} is no number", where=where, found=repr(content.strip()[:40]), todo=AGAIN)
    return value


def table(node: Node | None, where: str) -> npt.NDArray[np.float64] | None:
    """The VALUES rows below an element as a 2-D array, NaN included; None where the element or its rows are absent."""
    if node is None:
        return None
    rows = [(values.text or "").split() for values in node.iter("VALUES")]
    if not rows or not rows[0]:
        return None
    if len({len(row) for row in rows}) > 1:
        raise BadProduct(
            f"the rows of {node.tag} differ in length",
            where=where,
            found=sorted({len(row) for row in rows}),
            todo=AGAIN,
        )
    try:
        return np.array(rows, dtype=np.float64)
    except ValueError as error:
        raise BadProduct(
            f"the rows of {node.tag} hold something that is no number", where=where, found=str(error), todo=AGAIN
        ) from error


def tree(node: Node, skip: frozenset[str] = frozenset()) -> Element:
    """An XML element as a node of the product's metadata tree, as SNAP shows it: leaves are attributes, a leaf with XML
    attributes an element of its own.

    Parameters
    ----------
    node
        Any element.
    skip
        Names of the elements to leave out, wherever they stand.
    """
    attributes: dict[str, object] = {
        k: v for k, v in node.attrib.items() if not k.startswith("{") and k not in _QUIET_ATTRIBUTES
    }
    elements: list[Element] = []
    details: dict[str, dict[str, str]] = {}
    for child in node:
        if child.tag in skip:
            continue
        kept = {k: v for k, v in child.attrib.items() if k not in _QUIET_ATTRIBUTES}
        if len(child) or kept or child.tag in attributes:
            elements.append(tree(child, skip))
        else:
            attributes[child.tag] = (child.text or "").strip()
            if "unit" in child.attrib:
                details[child.tag] = {"unit": child.attrib["unit"]}
    if not len(node) and (node.text or "").strip():
        attributes[node.tag] = (node.text or "").strip()
        if "unit" in node.attrib:
            details[node.tag] = {"unit": node.attrib["unit"]}
    return Element(node.tag, attributes, tuple(elements), details)
