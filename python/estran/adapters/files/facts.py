"""Facts about a product that its format does not state where we need them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from estran.raster.product import Element

_NAMES = (
    (re.compile(r"(?:^|_)S2([ABCD])(?:_|$)"), "Sentinel-2{0}"),
    (re.compile(r"(?:^|_)L[COT]0([89])(?:_|$)"), "Landsat-{0}"),
    (re.compile(r"(?:^|_)L[ETM]0([457])(?:_|$)"), "Landsat-{0}"),
    (
        re.compile(r"(?:^|_)L[COTEM]([45789])\d{13}[A-Z]{3}\d\d"),
        "Landsat-{0}",
    ),  # before the collections: LC80160372017225LGN00
    # Missions whose products SNAP reads, so that none passes for Sentinel-2 because its name is not looked at.
    (re.compile(r"^S1([ABCD])_(?:S\d|IW|EW|WV|EN)_"), "Sentinel-1{0}"),
    (re.compile(r"^S3([ABCD])_(?:OL|SL|SR|SY)_"), "Sentinel-3{0}"),
    (re.compile(r"^S5P_"), "Sentinel-5P"),
    (re.compile(r"^PROBAV_"), "PROBA-V"),
    (re.compile(r"^(?:P3L[123]|POLDER3|PARASOL)"), "PARASOL"),
    (re.compile(r"^(?:MER|ATS|ASA)_"), "Envisat"),
    (re.compile(r"^(?:MOD|MYD)\d\d"), "MODIS"),
    (re.compile(r"^(?:SPOT|VGT)", re.IGNORECASE), "SPOT"),
)


def platform_of(name: str, metadata: Iterable[Element] = ()) -> str:
    """The platform ("Sentinel-2A"), from a SAFE metadata tree where there is one, else from the product's name; ""
    where neither says.

    Examples
    --------
    >>> platform_of("S2B_MSIL1C_20190411T105029"), platform_of("LC08_L1TP_016037"), platform_of("stack")
    ('Sentinel-2B', 'Landsat-8', '')
    """
    waiting = list(metadata)
    while waiting:
        element = waiting.pop(0)
        if element.attributes.get("SPACECRAFT_NAME"):
            return str(element.attributes["SPACECRAFT_NAME"])
        waiting.extend(element.elements)
    for pattern, text in _NAMES:
        match = pattern.search(name)
        if match:
            return text.format(*match.groups())
    return ""
