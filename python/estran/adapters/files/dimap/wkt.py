"""Coordinate reference systems in the dialect of well-known text that SNAP (GeoTools) writes and reads.

It is WKT 1 with three differences from GDAL's: longitude before latitude and said so, metres called "m", and datum
names as the EPSG register spells them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from estran.adapters.files.dimap.java_text import double_text
from estran.errors import BadGrid

_TOKEN = re.compile(r'"((?:[^"]|"")*)"|([A-Za-z_][A-Za-z_0-9]*)|([-+0-9.eE]+)|([\[\](),])')
_FIRST_PARAMETERS = ("central_meridian", "latitude_of_origin", "scale_factor", "false_easting", "false_northing")


@dataclass
class _Node:
    keyword: str
    values: list[Any] = field(default_factory=list)

    def children(self, keyword: str) -> list[_Node]:
        return [v for v in self.values if isinstance(v, _Node) and v.keyword == keyword]


def crs_name(wkt: str) -> str:
    """How the rest of the house calls the CRS of a WKT: "EPSG:32632" where the register has it, else the text itself.

    Raises
    ------
    BadGrid
        If PROJ cannot understand the text.
    """
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        crs = CRS.from_wkt(wkt.strip())
    except CRSError as error:
        raise BadGrid("the CRS cannot be understood", found=" ".join(wkt.split())[:80]) from error
    code = crs.to_epsg() or crs.to_epsg(min_confidence=25)
    if (
        code is None
        and crs.is_geographic
        and crs.ellipsoid is not None
        and abs(crs.ellipsoid.semi_major_metre - 6378137) < 1e-3
    ):
        # SNAP's default geographic system, "WGS84(DD)", carries no code.
        code = 4326 if "84" in (crs.name or "") else None
    return f"EPSG:{code}" if code else " ".join(wkt.split())


@lru_cache(maxsize=64)
def snap_wkt(crs: str, indent: str = "") -> str:
    """Well-known text of a CRS as SNAP writes it, one line per part, each further line behind `indent`."""
    from pyproj import CRS

    reference = CRS.from_user_input(crs)
    datum = reference.geodetic_crs.datum if reference.geodetic_crs is not None else None
    node = _parse(reference.to_wkt("WKT1_GDAL"))
    _to_snap(node, datum.name if datum is not None else "")
    return _print(node, indent + "  ")


def _parse(text: str) -> _Node:
    root = _Node("")
    stack, keyword = [root], ""
    for quoted, word, number, sign in _TOKEN.findall(text):
        if sign in ("[", "("):
            node = _Node(keyword)
            stack[-1].values.pop()
            stack[-1].values.append(node)
            stack.append(node)
        elif sign in ("]", ")"):
            stack.pop()
        elif word:
            keyword = word
            stack[-1].values.append(word)
        elif number:
            stack[-1].values.append(float(number))
        elif not sign:
            stack[-1].values.append(f'"{quoted}"')
    first = root.values[0]
    assert isinstance(first, _Node)
    return first


def _to_snap(node: _Node, datum: str) -> None:
    values = node.values
    for child in values:
        if isinstance(child, _Node):
            _to_snap(child, datum)
    if node.keyword == "DATUM" and datum:
        # EPSG calls an ensemble "World Geodetic System 1984 ensemble"; the datum is meant.
        values[0] = f'"{datum.removesuffix(" ensemble")}"'
    if node.keyword == "UNIT":
        del values[2:]
        if values[0] == '"metre"':
            values[0] = '"m"'
        if values[0] == '"degree"':
            values[1] = 0.017453292519943295  # pi / 180; GDAL cuts it at 15 digits
    if node.keyword == "GEOGCS":
        node.values = [v for v in values if not (isinstance(v, _Node) and v.keyword == "AXIS")]
        _insert(
            node, [_Node("AXIS", ['"Geodetic longitude"', "EAST"]), _Node("AXIS", ['"Geodetic latitude"', "NORTH"])]
        )
    if node.keyword == "PROJCS":
        parameters = node.children("PARAMETER")
        order = {f'"{name}"': rank for rank, name in enumerate(_FIRST_PARAMETERS)}
        parameters.sort(key=lambda p: order.get(p.values[0], len(order)))
        rest = [v for v in values if not (isinstance(v, _Node) and v.keyword in ("PARAMETER", "AXIS", "EXTENSION"))]
        at = (
            next((i for i, v in enumerate(rest) if isinstance(v, _Node) and v.keyword == "PROJECTION"), len(rest) - 1)
            + 1
        )
        node.values = rest[:at] + parameters + rest[at:]
        _insert(node, [_Node("AXIS", ['"Easting"', "EAST"]), _Node("AXIS", ['"Northing"', "NORTH"])])


def _insert(node: _Node, axes: list[_Node]) -> None:
    at = next(
        (i for i, v in enumerate(node.values) if isinstance(v, _Node) and v.keyword == "AUTHORITY"), len(node.values)
    )
    node.values[at:at] = axes


def _print(node: _Node, indent: str) -> str:
    parts = []
    for value in node.values:
        if isinstance(value, _Node):
            inline = value.keyword == "AUTHORITY" and node.keyword in ("SPHEROID", "PRIMEM", "PROJECTION")
            parts.append(("" if inline else "\n" + indent) + _print(value, indent + "  "))
        else:
            parts.append(double_text(value) if isinstance(value, float) else str(value))
    separator = "," if node.keyword == "AUTHORITY" else ", "
    return f"{node.keyword}[{separator.join(parts)}]"
