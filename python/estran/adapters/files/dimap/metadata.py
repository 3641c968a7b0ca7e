"""The metadata tree as BEAM-DIMAP writes it: MDElem and MDATTR."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree.ElementTree import Element as Xml
from xml.etree.ElementTree import SubElement

from estran.adapters.files.dimap.java_text import double_text, parse_double
from estran.raster.product import Element

_INTEGERS = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
_FLOATS = ("float32", "float64")
_REPEATED = "#"
"""Attribute names may repeat in a file but not in a mapping: the second "X" is called "X#2"."""


def read_element(node: Xml) -> Element:
    """One MDElem with all below it."""
    attributes: dict[str, Any] = {}
    details: dict[str, Mapping[str, str]] = {}
    if node.get("desc"):
        details[""] = {"desc": node.get("desc", "")}
    for item in node.findall("MDATTR"):
        name, count = item.get("name", ""), 1
        while name in attributes:
            count += 1
            name = f"{item.get('name', '')}{_REPEATED}{count}"
        attributes[name] = _value(item.get("type", "ascii"), item.text or "", item.get("elems"))
        details[name] = {k: v for k, v in item.attrib.items() if k in ("type", "unit", "desc", "mode")}
    return Element(
        node.get("name", ""), attributes, tuple(read_element(child) for child in node.findall("MDElem")), details
    )


def write_elements(parent: Xml, elements: Iterable[Element]) -> None:
    """Append MDElem nodes."""
    for element in elements:
        node = SubElement(parent, "MDElem", {"name": element.name, **element.details.get("", {})})
        for name, value in element.attributes.items():
            if isinstance(value, (list, tuple)) and not value:
                continue
            detail = dict(element.details.get(name, {"mode": "rw"}))
            kind, text, count = _text(value, detail.pop("type", ""))
            # SNAP's order: name, desc, unit, type, mode, elems.
            xml = {"name": name.partition(_REPEATED)[0] if _is_repeated(name, element.attributes) else name}
            xml |= {key: detail[key] for key in ("desc", "unit") if key in detail}
            xml |= {"type": kind} | ({"mode": detail["mode"]} if "mode" in detail else {})
            if isinstance(value, (list, tuple)):
                xml["elems"] = str(count)
            SubElement(node, "MDATTR", xml).text = text
        write_elements(node, element.elements)


def _is_repeated(name: str, attributes: Mapping[str, Any]) -> bool:
    first, mark, number = name.rpartition(_REPEATED)
    return bool(mark) and number.isdigit() and first in attributes


def _value(kind: str, text: str, elems: str | None) -> Any:
    text = text.strip()
    if kind in _INTEGERS or kind in _FLOATS:
        with contextlib.suppress(ValueError):
            values = [int(part) if kind in _INTEGERS else parse_double(part) for part in text.split(",")]
            return values if elems is not None else values[0]
    return text


def _text(value: Any, kind: str) -> tuple[str, str, int]:
    """Type, text and number of elements."""
    import numpy as np

    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        parts = [_text(item, kind) for item in value]
        kinds = {part[0] for part in parts}
        if kinds <= {*_INTEGERS, *_FLOATS}:
            common = kinds.pop() if len(kinds) == 1 else "float64"
            return common, ",".join(double_text(v) if common in _FLOATS else str(v) for v in value), len(parts)
        return "ascii", ", ".join(part[1] for part in parts), 1
    if isinstance(value, bool):
        return "ascii", "true" if value else "false", 1
    if isinstance(value, int) and kind not in _FLOATS:
        if kind in _INTEGERS:
            return kind, str(value), 1
        return ("int32" if -(2**31) <= value < 2**31 else "ascii"), str(value), 1
    if isinstance(value, (int, float)):
        return kind if kind in _FLOATS else "float64", double_text(value), 1
    return kind if kind in ("ascii", "utc") else "ascii", str(value), 1
