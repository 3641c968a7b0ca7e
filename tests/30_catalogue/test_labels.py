"""Names as people write them: labels of parameters, operators by what they are called, spellings elsewhere."""

from __future__ import annotations

import keyword
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estran.catalogue import OPERATORS, STUDIES
from estran.catalogue.called import operator_called, operators
from estran.catalogue.views.names import (
    action_name,
    class_name,
    help_id,
    menu_entry,
    module_name,
    page_name,
)
from estran.errors import BadParameter
from estran.labels import ACRONYMS, first_lower, first_upper, label_of

WORDS = st.lists(st.from_regex(r"[a-z][a-z0-9]{0,7}", fullmatch=True), min_size=1, max_size=4)


class TestLabels:
    @given(WORDS)
    def test_no_word_is_lost_or_added(self, words: list[str]) -> None:
        label = label_of("_".join(words))
        bounds = {"min.": "min", "max.": "max"}
        found = [bounds.get(word.lower(), word.lower()) for word in label.split(" ")]
        assert sorted(found) == sorted(words)

    @given(WORDS)
    def test_a_label_begins_with_a_capital_and_has_no_underscore(self, words: list[str]) -> None:
        label = label_of("_".join(words))
        assert label[0] == label[0].upper()
        assert "_" not in label

    @given(WORDS)
    def test_acronyms_are_capitals_and_no_other_words_are(self, words: list[str]) -> None:
        _, *rest = label_of("_".join(words)).split(" ")
        for word in rest:
            assert word == ACRONYMS.get(word.lower(), word.lower())

    @given(WORDS, st.sampled_from(["min", "max"]))
    def test_a_bound_stands_first_wherever_the_name_has_it(self, words: list[str], bound: str) -> None:
        if {"min", "max"} & set(words):
            return
        name = "_".join(words)
        expected = f"{bound.capitalize()}. "
        assert label_of(f"{name}_{bound}") == label_of(f"{bound}_{name}")
        assert label_of(f"{name}_{bound}").startswith(expected)

    @pytest.mark.parametrize(
        ("name", "label"),
        [
            ("min", "Min"),  # of nothing
            ("size_min_max", "Max. size min"),
            ("min_of_max", "Max. min of"),  # the last word before the first
            ("a__b", "A b"),
            ("_a", "A"),
            ("rgb_max", "Max. RGB"),
            ("swir16", "SWIR16"),
            ("wgs84_utm", "WGS84 UTM"),
        ],
    )
    def test_odd_names(self, name: str, label: str) -> None:
        assert label_of(name) == label

    def test_every_acronym_has_a_capital_and_is_found_by_its_small_letters(self) -> None:
        for small, written in ACRONYMS.items():
            assert written.lower() == small
            assert written != small
            assert label_of(f"the_{small}") == f"The {written}"

    @given(st.text("aZé 1_", max_size=8))
    def test_only_the_first_letter_changes(self, text: str) -> None:
        assert first_upper(text)[1:] == first_lower(text)[1:] == text[1:]
        assert first_upper(first_upper(text)) == first_upper(text)

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("Sun glint (glitter)", "sun glint (glitter)"),
            ("DEM posting", "DEM posting"),
            ("SWIR", "SWIR"),
            ("A sun", "a sun"),
            ("", ""),
            ("NoData pixels", "NoData pixels"),
        ],
    )
    def test_within_a_sentence(self, text: str, expected: str) -> None:
        assert first_lower(text) == expected


class TestOperatorsByName:
    @pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.alias)
    def test_each_is_found_however_it_is_written(self, op) -> None:
        name = class_name(op)
        for written in (op.alias, op.alias.upper(), name, name.lower(), module_name(op), module_name(op).upper()):
            assert operator_called(written) is op

    @pytest.mark.parametrize("name", ["", "Estran", "Estran.", "Mask", "masks2", "Cloud Mask", "snap.Masks", "."])
    def test_others_are_answered_with_those_that_there_are(self, name: str) -> None:
        with pytest.raises(BadParameter) as error:
            operator_called(name)
        assert str(error.value).startswith(f"no operator is called {name!r}: expected Estran.Masks, ")
        assert all(op.alias in str(error.value) for op in OPERATORS)
        assert str(error.value).endswith("What to do: estran operators lists them.")

    def test_the_catalogue_by_alias(self) -> None:
        found = operators()
        assert list(found) == [op.alias for op in OPERATORS]
        assert list(found.values()) == list(OPERATORS)


@pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.alias)
class TestSpellings:
    def test_of_python(self, op) -> None:
        assert class_name(op).isidentifier()
        assert module_name(op).isidentifier()
        assert not keyword.iskeyword(module_name(op))
        assert module_name(op).replace("_", "") == class_name(op).lower()
        assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", module_name(op))

    def test_of_netbeans(self, op) -> None:
        """File names without blanks or dots, which NetBeans would take for an extension; help topics likewise."""
        assert re.fullmatch(r"estran-[A-Za-z0-9]+Action", action_name(op))
        assert re.fullmatch(r"estran[A-Za-z0-9]+", help_id(op))

    def test_menu_entries_name_the_satellite_once(self, op) -> None:
        assert menu_entry(op).count("Sentinel-2") == 1
        assert menu_entry(op) == menu_entry(op).strip()


@pytest.mark.parametrize(
    "spelling", [class_name, module_name, page_name, action_name, help_id, menu_entry], ids=lambda f: f.__name__
)
def test_no_two_operators_share_a_spelling(spelling) -> None:
    assert len({spelling(op) for op in OPERATORS}) == len(OPERATORS)


def test_pages_of_operators_and_studies_are_different_files() -> None:
    stems = [page_name(declared) for declared in (*OPERATORS, *STUDIES)]
    assert len(set(stems)) == len(stems)
    assert all(re.fullmatch(r"[a-z0-9_]+", stem) for stem in stems)
