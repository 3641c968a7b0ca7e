"""Which processing level a product has, and what to do about those that are not read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from estran.adapters.files.safe.store import AGAIN
from estran.errors import BadProduct, UnsupportedProduct

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element as Node

LEVEL = "Level-1C"
"""The one that is read."""

_KINDS = {
    "Level-0": "instrument telemetry",
    "Level-1A": "raw images of the detectors",
    "Level-1B": "radiance in the geometry of the detectors",
    "Level-2A": "surface reflectance",
    "Level-2H": "surface reflectance of several sensors, harmonised",
    "Level-2F": "surface reflectance of several sensors, fused",
    "Level-3": "a synthesis over time",
}


def check_level(root: Node, where: str) -> None:
    """Raise where a metadata document is not Level-1C's.

    The level stands in PROCESSING_LEVEL, wherever that is (Sen2Cor before 2.5 put it below L2A_Product_Info); else in
    the name of the document ("Level-1B_Granule_ID").

    Raises
    ------
    BadProduct
        No document of Sentinel-2.
    UnsupportedProduct
        Another level.
    """
    level = next((text for n in root.iter() if n.tag == "PROCESSING_LEVEL" and (text := (n.text or "").strip())), "")
    if not level:
        named = re.match(r"Level-(\d[A-Z]?p?)_", root.tag)
        if named is None or named.group(1) == "1C":
            raise BadProduct(
                "this is no Sentinel-2 product metadata file",
                where=where,
                expected="an element PROCESSING_LEVEL",
                found=root.tag,
                todo=AGAIN,
            )
        level = f"Level-{named.group(1)}"
    if level != LEVEL:
        refuse_other_level(level, where)


def refuse_other_level(level: str, where: str) -> None:
    """Raise :class:`UnsupportedProduct` for a product of `level` ("Level-2Ap")."""
    kind = next((text for name, text in _KINDS.items() if level.startswith(name)), "")
    raise UnsupportedProduct(
        f"this is a {level} product" + (f" ({kind})" if kind else ""),
        where=where,
        expected=f"{LEVEL} (top-of-atmosphere reflectance)",
        found=level,
        todo=f"give the {LEVEL} product of the same scene",
    )
