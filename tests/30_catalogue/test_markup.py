"""Small writers of XML and Markdown, against the parsers that read them."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from estran.catalogue.views.markup import ascii_xml, element, html_table, indent, table

TEXT = st.text("aZ 0<>&\"'|°é€\N{GRINNING FACE}]", max_size=12)
CELLS = st.text("aZ0é€+-", min_size=1, max_size=6)
ROWS = st.integers(1, 4).flatmap(
    lambda columns: st.lists(st.lists(CELLS, min_size=columns, max_size=columns), min_size=1, max_size=5)
)


@given(TEXT)
def test_xml_is_ascii_and_read_back(text: str) -> None:
    assert ascii_xml(text).isascii()
    assert (ElementTree.fromstring(element("tag", text)).text or "") == text
    assert ElementTree.fromstring(f'<tag value="{ascii_xml(text)}"/>').get("value") == text


def markdown_rows(text: str) -> list[list[str]]:
    """The cells of the one table in a text, as a Markdown parser sees them."""
    rows: list[list[str]] = []
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(token.content)
    return rows


@given(ROWS)
def test_a_table_is_read_by_a_markdown_parser(rows: list[list[str]]) -> None:
    header = [f"H{k}" for k in range(len(rows[0]))]
    assert markdown_rows(table(header, rows)) == [header, *rows]


@pytest.mark.parametrize("cell", ["a | b", "|", "a\nb", "", "a || b |"])
def test_bars_and_line_ends_stay_within_their_cell(cell: str) -> None:
    found = markdown_rows(table(("A", "B"), [(cell, "next")]))
    assert found[1] == [cell.replace("\n", " ").strip(), "next"]


@given(ROWS)
def test_a_table_in_html(rows: list[list[str]]) -> None:
    header = [f"H{k}" for k in range(len(rows[0]))]
    root = ElementTree.fromstring(html_table(header, rows))
    lines = [[cell.text for cell in line] for line in root.iter("tr")]
    assert lines == [header, *rows]
    assert {cell.tag for cell in root.find("tr") or ()} == {"th"}


@pytest.mark.parametrize("write", [table, html_table])
def test_without_rows_there_is_no_table(write) -> None:
    assert write(("A", "B"), []) == ""


@given(st.lists(CELLS), st.integers(0, 8))
def test_lines_move_to_the_right(lines: list[str], by: int) -> None:
    moved = indent(lines, by)
    assert [line.strip() for line in moved] == lines
    assert all(len(line) - len(line.lstrip()) == by for line in moved)
