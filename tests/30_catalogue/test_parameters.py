"""Parameters: intervals as SNAP writes them, texts that are read and written back, and values that are refused in a
sentence.
"""

from __future__ import annotations

import math
from dataclasses import FrozenInstanceError, dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_operator import SmallOperator

from estran.catalogue.spec import Reads, Source, param
from estran.declare import Interval, parameters_of
from estran.errors import BadParameter, EstranError


@dataclass(frozen=True, kw_only=True)
class EveryKind(SmallOperator):
    alias = "Estran.TestEveryKind"
    label = summary = "Every kind of parameter"
    sources = (Source("source", (Reads("red"),), "Reflectance."),)
    switch: bool = param(False, "A switch.")
    count: int = param(3, "A count.", interval="[1,9]", unit="pixels")
    size: float = param(0.5, "A size.", interval="(0,1]", unit="m")
    plain: float = param(0.5, "A number.", interval="[0,1)", unit="1")
    free: float = param(1.0, "A number without an interval.")
    mode: Literal["fast", "strict"] = param("fast", "Mode.")
    text: str = param("as it is", "Text.")
    maybe_count: int | None = param(None, "A count that may be missing.", interval="[0,*)")
    maybe_size: float | None = param(None, "A size that may be missing.", interval="[0,90)", unit="degrees")
    usual: float | None = param(4.0, "A size that is usual and may be missing.", interval="[0,9]")
    band_names: tuple[str, ...] = param(("a", "b"), "Names.")
    numbers: tuple[float, ...] = param((1.0, 2.5), "Numbers.", interval="[0,3]")
    dem_file: Path | None = param(None, "A file.")


PARAMETERS = {p.name: p for p in parameters_of(EveryKind)}
FINITE = st.floats(allow_nan=False, allow_infinity=False)


class TestIntervals:
    @given(FINITE, FINITE, st.booleans(), st.booleans(), FINITE)
    def test_the_brackets_decide_about_the_ends(
        self, a: float, b: float, with_low: bool, with_high: bool, value: float
    ) -> None:
        low, high = sorted((a, b))
        interval = Interval.parse(f"{'[' if with_low else '('}{low!r},{high!r}{']' if with_high else ')'}")
        assert (low in interval) == (with_low and (low < high or with_high))
        assert (high in interval) == (with_high and (low < high or with_low))
        if value not in (low, high):
            assert (value in interval) == (low < value < high)

    @given(FINITE)
    def test_a_star_is_no_limit(self, value: float) -> None:
        assert value in Interval.parse("(*,*)")
        assert (value in Interval.parse("[0,*)")) == (value >= 0)
        assert (value in Interval.parse("(*,0)")) == (value < 0)

    def test_infinity_is_only_in_a_closed_end_without_limit(self) -> None:
        assert math.inf not in Interval.parse("[0,*)")
        assert math.inf in Interval.parse("[0,*]")

    @pytest.mark.parametrize("text", ["[0,1]", "(*,*)", "[0,*)", "(-5,2.5]"])
    def test_a_value_that_is_no_number_is_in_no_interval(self, text: str) -> None:
        assert math.nan not in Interval.parse(text)

    @pytest.mark.parametrize("text", ["[0,1)", "[ 0 , 1 )", "[0.0,1.0)", "[0e0,1e0)"])
    def test_ways_to_write_one_interval(self, text: str) -> None:
        assert Interval.parse(text) == Interval(0.0, 1.0, True, False)

    @pytest.mark.parametrize("text", ["", "0,1", "[0;1]", "[0,1", "]0,1[", "[0,1,2]", "[,]", "(0, 1", "{0,1}", "[a,b]"])
    def test_what_is_no_interval_is_refused(self, text: str) -> None:
        with pytest.raises(EstranError) as error:
            Interval.parse(text)
        assert str(error.value).startswith('an interval cannot be read: expected like "[0,1]" or "(0,*)", found')

    def test_a_declaration_with_such_an_interval_is_refused_at_once(self) -> None:
        with pytest.raises(EstranError, match="an interval cannot be read"):
            param(1.0, "A number.", interval="0 to 1")


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "switch": st.booleans(),
    "count": st.integers(1, 9),
    "size": st.floats(0, 1, exclude_min=True),
    "plain": st.floats(0, 1, exclude_max=True),
    "free": FINITE,
    "mode": st.sampled_from(["fast", "strict"]),
    "text": st.text("aZ 0,;=\\'<&é°€", min_size=1).map(str.strip).filter(bool),
    "maybe_count": st.one_of(st.none(), st.integers(0, 10**30)),
    "maybe_size": st.one_of(st.none(), st.floats(0, 90, exclude_max=True)),
    "usual": st.one_of(st.none(), st.floats(0, 9)),
    "band_names": st.lists(st.from_regex(r"[A-Za-z0-9_.]+", fullmatch=True), min_size=1, max_size=4).map(tuple),
    "numbers": st.lists(st.floats(0, 3), min_size=1, max_size=4).map(tuple),
    "dem_file": st.one_of(
        st.none(), st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_./ -]*[A-Za-z0-9_]", fullmatch=True).map(Path)
    ),
}


class TestTexts:
    def test_every_kind_is_here(self) -> None:
        assert set(VALUES) == set(PARAMETERS)
        assert {p.kind for p in PARAMETERS.values()} == {
            "bool",
            "int",
            "float",
            "choice",
            "str",
            "strings",
            "floats",
            "path",
        }

    @given(st.data(), st.sampled_from(sorted(VALUES)))
    def test_what_is_written_is_read_back(self, data: st.DataObject, name: str) -> None:
        p, value = PARAMETERS[name], data.draw(VALUES[name])
        text = p.format(value)
        back = p.parse(text, "here")
        assert back == value
        assert type(back) is type(value)

    @given(st.fixed_dictionaries(VALUES))
    def test_a_whole_declaration_comes_back_from_its_texts(self, values: dict[str, Any]) -> None:
        declared = EveryKind(**values)
        for spelling in ("name", "element"):
            texts = {getattr(p, spelling): p.format(values[name]) for name, p in PARAMETERS.items()}
            assert EveryKind.from_text(texts) == declared

    @pytest.mark.parametrize("name", sorted(VALUES))
    def test_an_empty_text_is_not_given(self, name: str) -> None:
        for text in ("", "  ", "\t\n"):
            expected = None if PARAMETERS[name].optional else getattr(EveryKind(), name)
            assert PARAMETERS[name].parse(text, "here") == expected

    @pytest.mark.parametrize(
        ("text", "expected"),
        [("true", True), ("FALSE", False), (" True ", True), ("1", True), ("0", False), ("0.0", False), ("2", True)],
    )
    def test_truth_values(self, text: str, expected: bool) -> None:
        assert PARAMETERS["switch"].parse(text, "here") is expected

    @pytest.mark.parametrize(
        ("text", "expected"), [("1", 1.0), (" 1.5e0 ", 1.5), ("-3", -3.0), (".5", 0.5), ("1e300", 1e300)]
    )
    def test_numbers(self, text: str, expected: float) -> None:
        found = PARAMETERS["free"].parse(text, "here")
        assert found == expected
        assert isinstance(found, float)

    @pytest.mark.parametrize(
        ("text", "expected"), [("a,b", ("a", "b")), (" a , b ", ("a", "b")), ("a,,b,", ("a", "b")), ("a", ("a",))]
    )
    def test_lists(self, text: str, expected: tuple[str, ...]) -> None:
        assert PARAMETERS["band_names"].parse(text, "here") == expected

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("switch", "yes"),
            ("switch", "tru"),
            ("switch", "1e"),
            ("count", "3.0"),
            ("count", "three"),
            ("count", "1_000"),  # Python reads it, Java does not
            ("count", "٣"),  # a digit of another script
            ("size", "0,5"),
            ("size", "0.5 m"),
            ("free", "1_0.0"),
            ("free", "٣.٥"),
            ("numbers", "1;2"),
            ("numbers", "1,two"),
            ("maybe_size", "none"),
        ],
    )
    def test_what_cannot_be_read_is_refused_in_a_sentence(self, name: str, text: str) -> None:
        p = PARAMETERS[name]
        with pytest.raises(BadParameter) as error:
            p.parse(text, "node Mask")
        assert (
            str(error.value)
            == f"parameter {name} cannot be read (in node Mask): expected {p.kind}, found {text.strip()!r}."
        )
        assert error.value.__cause__ is None

    @pytest.mark.parametrize(
        ("name", "text"), [("count", "0"), ("size", "0"), ("plain", "1"), ("numbers", "1,4"), ("maybe_size", "nan")]
    )
    def test_texts_outside_of_the_interval_are_refused_too(self, name: str, text: str) -> None:
        with pytest.raises(BadParameter, match=f"parameter {name} is outside its interval"):
            PARAMETERS[name].parse(text, "here")


class TestSpellings:
    @pytest.mark.parametrize(
        ("name", "option", "element", "label"),
        [
            ("count", "--count", "count", "Count"),
            ("dem_file", "--dem-file", "demFile", "DEM file"),
            ("maybe_count", "--maybe-count", "maybeCount", "Maybe count"),
        ],
    )
    def test_of_one_name(self, name: str, option: str, element: str, label: str) -> None:
        p = PARAMETERS[name]
        assert (p.option, p.element, p.label) == (option, element, label)

    def test_spellings_keep_parameters_apart(self) -> None:
        for spelling in ("option", "element", "label"):
            assert len({getattr(p, spelling) for p in PARAMETERS.values()}) == len(PARAMETERS)

    def test_neither_spelling_has_an_underscore(self) -> None:
        assert not [p.name for p in PARAMETERS.values() if "_" in p.option + p.element]


class TestChecks:
    @pytest.mark.parametrize(
        ("name", "value", "kind"),
        [
            ("switch", 1, "bool"),
            ("switch", "true", "bool"),
            ("count", 3.0, "int"),
            ("count", True, "int"),
            ("count", None, "int"),
            ("size", "0.5", "float"),
            ("size", True, "float"),
            ("size", None, "float"),
            ("mode", 1, "choice"),
            ("text", b"bytes", "str"),
            ("text", Path("x"), "str"),
            ("band_names", "ab", "strings"),
            ("band_names", ["a"], "strings"),
            ("band_names", ("a", 1), "strings"),
            ("numbers", 1.0, "floats"),
            ("numbers", (1.0, "2"), "floats"),
            ("dem_file", "dem.tif", "path"),
        ],
    )
    def test_a_value_of_another_type(self, name: str, value: Any, kind: str) -> None:
        with pytest.raises(BadParameter) as error:
            EveryKind(**{name: value})
        assert (
            str(error.value)
            == f"parameter {name} has the wrong type (in Estran.TestEveryKind): expected {kind}, found {value!r}."
        )

    def test_a_whole_number_serves_as_a_number(self) -> None:
        assert EveryKind(size=1, numbers=(1, 2)).size == 1

    def test_a_choice_that_there_is_not(self) -> None:
        with pytest.raises(BadParameter) as error:
            EveryKind(mode="slow")  # type: ignore[arg-type]
        assert str(error.value) == (
            "parameter mode is not one of its choices (in Estran.TestEveryKind): expected fast | strict, found 'slow'."
        )

    @pytest.mark.parametrize(
        ("name", "value", "said"),
        [
            ("count", 10, "expected [1,9] pixels, found 10"),
            ("size", 0.0, "expected (0,1] m, found 0.0"),
            ("size", math.nan, "expected (0,1] m, found nan"),
            ("plain", 1.0, "expected [0,1), found 1.0"),  # a number without a unit
            ("maybe_count", -1, "expected [0,*), found -1"),
            ("maybe_size", math.inf, "expected [0,90) degrees, found inf"),
            ("numbers", (1.0, 5.0, 6.0), "expected [0,3], found 5.0"),  # the first that is wrong
        ],
    )
    def test_a_value_outside_of_its_interval(self, name: str, value: Any, said: str) -> None:
        with pytest.raises(BadParameter) as error:
            EveryKind(**{name: value})
        assert str(error.value) == f"parameter {name} is outside its interval (in Estran.TestEveryKind): {said}."

    @given(st.integers(-5, 15))
    def test_a_count_is_taken_where_it_is_in_the_interval(self, value: int) -> None:
        if 1 <= value <= 9:
            assert EveryKind(count=value).count == value
        else:
            with pytest.raises(BadParameter, match="outside its interval"):
                EveryKind(count=value)

    def test_a_declaration_does_not_change(self) -> None:
        declared = EveryKind()
        with pytest.raises(FrozenInstanceError):
            declared.count = 4  # type: ignore[misc]


class TestTextsByName:
    def test_an_unknown_name_is_answered_with_those_that_there_are(self) -> None:
        with pytest.raises(BadParameter) as error:
            EveryKind.from_text({"count": "3", "colour": "red"})
        assert str(error.value) == (
            "unknown parameter 'colour' (in Estran.TestEveryKind): expected " + ", ".join(PARAMETERS) + "."
        )

    @pytest.mark.parametrize("names", [("dem_file", "demFile"), ("demFile", "dem_file")])
    def test_one_parameter_in_both_spellings(self, names: tuple[str, str]) -> None:
        with pytest.raises(BadParameter, match=r"given twice, as dem_file and as demFile .*give it once"):
            EveryKind.from_text(dict.fromkeys(names, "a.tif"))

    def test_letter_case_matters(self) -> None:
        with pytest.raises(BadParameter, match="unknown parameter 'Count'"):
            EveryKind.from_text({"Count": "3"})

    def test_no_texts_are_the_defaults(self) -> None:
        assert EveryKind.from_text({}) == EveryKind()


class TestDeclarations:
    def test_a_field_that_is_no_parameter(self) -> None:
        @dataclass(frozen=True, kw_only=True)
        class Bare(EveryKind):
            forgotten: int = 3

        with pytest.raises(EstranError, match=r"not made with param\(\) \(in Bare\.forgotten\)"):
            parameters_of(Bare)

    @pytest.mark.parametrize(
        "kind", [dict[str, int], list[str], complex, str | None, tuple[int, ...], float | int | None], ids=str
    )
    def test_a_type_that_nothing_can_show(self, kind: Any) -> None:
        class Odd(EveryKind):
            odd: Any = param(None, "A value.")

        Odd.__annotations__["odd"] = kind
        with pytest.raises(EstranError, match=r"a type that SNAP cannot show \(in Odd\.odd\): expected bool int float"):
            parameters_of(dataclass(frozen=True, kw_only=True)(Odd))

    def test_parameters_come_in_their_order_and_those_of_a_base_first(self) -> None:
        @dataclass(frozen=True, kw_only=True)
        class More(EveryKind):
            later: int = param(1, "A count.")
            count: int = param(5, "Another default.", interval="[1,9]")

        found = [p.name for p in parameters_of(More)]
        assert found == [*PARAMETERS, "later"]
        assert More().count == 5
        assert EveryKind().count == 3
