"""Texts and numbers of the elements of a .dim file."""

from __future__ import annotations

from xml.etree.ElementTree import Element as Xml

from estran.adapters.files.dimap.java_text import parse_double


def text_of(node: Xml, tag: str, default: str = "") -> str:
    """The text of the element of that name; `default` where there is none."""
    return (node.findtext(tag) or default).strip()


def number_of(node: Xml, tag: str) -> float | None:
    """The number in the element of that name; None where there is none."""
    text = text_of(node, tag)
    return parse_double(text) if text else None
