"""The ``.properties`` files beside graphs, as Java reads them: against a writer that follows Java's own rules
(``java.util.Properties.store``), and each rule of its reader by itself.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estran.catalogue.views.graphs import read_properties
from estran.errors import BadGraph

CHARACTERS = " \t\n\r\f\\=:#!u0a~é€\N{GRINNING FACE}"
"""All that the rules treat by itself, and letters of one, two, three and four bytes."""
TEXT = st.text(CHARACTERS, max_size=10)
NAMES = st.text(CHARACTERS, min_size=1, max_size=6)


def java_units(text: str) -> list[int]:
    """The 16-bit units that Java keeps a text in."""
    data = text.encode("utf-16-be")
    return [data[k] * 256 + data[k + 1] for k in range(0, len(data), 2)]


def escaped(text: str, *, name: bool) -> str:
    """As ``Properties.store`` writes names and values: blanks of a name, and the first of a value, with a backslash;
    what is not ASCII as four hexadecimal digits a unit.
    """
    signs = {"\t": "\\t", "\n": "\\n", "\r": "\\r", "\f": "\\f", "\\": "\\\\"}
    out = []
    for k, unit in enumerate(java_units(text)):
        letter = chr(unit)
        if letter == " ":
            out.append("\\ " if name or k == 0 else " ")
        elif letter in signs:
            out.append(signs[letter])
        elif letter in "=:#!":
            out.append("\\" + letter)
        elif 0x20 <= unit <= 0x7E:
            out.append(letter)
        else:
            out.append(f"\\u{unit:04X}")
    return "".join(out)


def stripped(text: str) -> str:
    """Values are taken without the blanks around them, other than Java does: a path never begins with one."""
    return text.strip()


@given(st.dictionaries(NAMES, TEXT, max_size=5), st.sampled_from(["\n", "\r\n", "\r"]))
def test_what_java_stores_is_read(values: dict[str, str], newline: str) -> None:
    lines = ["#a comment", "#Mon Nov 30 12:00:00 UTC 2026"]
    lines += [f"{escaped(name, name=True)}={escaped(value, name=False)}" for name, value in values.items()]
    found = read_properties(newline.join(lines) + newline)
    assert found == {name: stripped(value) for name, value in values.items()}


@pytest.mark.parametrize(
    "line",
    [
        "name=value",
        "name = value",
        "name:value",
        "name : value",
        "name value",
        "  name\tvalue",
        "name=value  ",
        "\fname value",
    ],
)
def test_ways_to_write_one_pair(line: str) -> None:
    """The examples of Java's documentation ("Truth = Beauty")."""
    assert read_properties(line) == {"name": "value"}


@pytest.mark.parametrize("line", ["name", "name=", "name:", "name   ", "name = "])
def test_a_name_without_a_value(line: str) -> None:
    assert read_properties(line) == {"name": ""}


@pytest.mark.parametrize("text", ["", "\n\n", "# a = b", "! a = b", "   # a = b", "\t\n\f\n"])
def test_comments_and_blank_lines_say_nothing(text: str) -> None:
    assert read_properties(text) == {}


class TestLinesThatGoOn:
    def test_the_blanks_before_the_next_part_do_not_count(self) -> None:
        text = "fruits  apple, banana, pear, \\\n        cantaloupe, watermelon, \\\r\n\tkiwi, mango"
        assert read_properties(text) == {"fruits": "apple, banana, pear, cantaloupe, watermelon, kiwi, mango"}

    def test_a_comment_does_not_go_on(self) -> None:
        assert read_properties("# a comment \\\nname = value") == {"name": "value"}

    def test_what_looks_like_a_comment_in_the_next_part_is_none(self) -> None:
        assert read_properties("name = a\\\n# b") == {"name": "a# b"}

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("a = x\\\\\nb = y", {"a": "x\\", "b": "y"}),  # two are one backslash, and the line ends
            ("a = x\\\\\\\nb = y", {"a": "x\\b = y"}),  # three are one, and the line goes on
            ("a = x\\", {"a": "x"}),  # nothing follows
            ("a = x\\\n", {"a": "x"}),
        ],
    )
    def test_the_number_of_backslashes_decides(self, text: str, expected: dict[str, str]) -> None:
        assert read_properties(text) == expected


class TestEscapes:
    @pytest.mark.parametrize(
        ("line", "expected"),
        [
            (r"a\ b = c", {"a b": "c"}),
            (r"a\=b\:c = d", {"a=b:c": "d"}),
            (r"a = b=c:d", {"a": "b=c:d"}),  # only the first sign ends the name
            (r"a = C\:\\data\\dem.tif", {"a": r"C:\data\dem.tif"}),
            (r"a = \z\"", {"a": 'z"'}),  # an unknown escape is its letter
            (r"a = x\ty", {"a": "x\ty"}),
            (r"a = M\u00FCnchen", {"a": "München"}),
            (r"a = \ud83d\ude00", {"a": "\N{GRINNING FACE}"}),  # two units, one character
            (r"\u0061 = b", {"a": "b"}),
            ("\\#a = b", {"#a": "b"}),
        ],
    )
    def test_each_by_itself(self, line: str, expected: dict[str, str]) -> None:
        assert read_properties(line) == expected

    @pytest.mark.parametrize("line", [r"dem = C:\users\dem.tif", r"a = \u12", r"\uxyz = a", r"a = x\u"])
    def test_a_single_backslash_before_a_u_is_explained(self, line: str) -> None:
        with pytest.raises(BadGraph, match=r"has \\u without four digits.*write each backslash twice"):
            read_properties(line)

    def test_a_long_line_is_quoted_by_its_beginning(self) -> None:
        with pytest.raises(BadGraph) as error:
            read_properties("a = " + "x" * 5000 + "\\u")
        assert len(str(error.value)) < 300


def test_the_last_of_two_values_counts() -> None:
    """As in Java, where a later line replaces an earlier one."""
    assert read_properties("a = 1\nb = 2\na = 3") == {"a": "3", "b": "2"}
