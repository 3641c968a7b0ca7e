"""Small writers of XML and Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape


def ascii_xml(text: str) -> str:
    """Text for XML content or a quoted attribute, in pure ASCII: SNAP reads descriptors in the platform's encoding,
    whatever they say.
    """
    return escape(text, {'"': "&quot;"}).encode("ascii", "xmlcharrefreplace").decode("ascii")


def element(tag: str, text: str) -> str:
    """One element with text."""
    return f"<{tag}>{ascii_xml(text)}</{tag}>"


def indent(lines: Iterable[str], by: int = 4) -> list[str]:
    """The lines, further to the right."""
    return [" " * by + line for line in lines]


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; "" where there are no rows."""
    lines = ["| " + " | ".join(_cell(c) for c in row) + " |" for row in rows]
    if not lines:
        return ""
    return "\n".join(["| " + " | ".join(header) + " |", "|" + "---|" * len(header), *lines]) + "\n"


def html_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """An HTML 3.2 table, as JavaHelp's viewer shows it; "" where there are no rows."""
    lines = ["<tr>" + "".join(f"<td>{ascii_xml(c)}</td>" for c in row) + "</tr>" for row in rows]
    if not lines:
        return ""
    head = "<tr>" + "".join(f"<th>{ascii_xml(c)}</th>" for c in header) + "</tr>"
    return "\n".join(['<table border="1" cellpadding="3">', head, *lines, "</table>"])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
