"""Band arithmetic means here what it means in SNAP; the expected values are worked out by hand from SNAP's rules, or by
Python's own arithmetic.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estran.errors import BadParameter
from estran.raster.expression import evaluate, names, references

BANDS = {
    "B4": np.array([0.1, np.nan, -0.5, 0.0]),
    "n": np.array([7, -7, 0, 5], np.int16),
    "flags": np.array([0, 1, 2, 3], np.uint8),
    "$source.B4": np.array([1.0, 2.0, 3.0, 4.0]),
    "odd name": np.array([1.0, 1.0, 1.0, 1.0]),
    "n.raw": np.array([70, 70, 70, 70]),
}
BITS = {"CLOUD": 1, "SNOW": 2}


def get(name):
    return BANDS[name]


def get_flag(band, flag):
    return BANDS[band] & BITS[flag] != 0


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("B4 > 0", [True, False, False, False]),
        ("!(B4 > 0)", [False, True, True, True]),  # NaN compares false, and its negation true
        ("not nan(B4) and B4 != 0", [True, False, True, False]),
        ("flags.CLOUD && !flags.SNOW", [False, True, False, False]),
        ("flags.CLOUD or flags.SNOW", [False, True, True, True]),
        (
            "n / 2",
            [3.5, -3.5, 0.0, 2.5],
        ),  # a number is asked for: doubles all the way down, so that an index of raw counts is an index
        ("(n - 3) / (n + 3)", [0.4, 2.5, -1.0, 0.25]),
        (
            "n / 2 == 3",
            [True, False, False, False],
        ),  # two integers are compared as integers, cut towards zero as in Java
        ("n / 2 == 3.5", [True, False, False, False]),  # an integer and a double as doubles
        ("n / 2 != -3", [True, False, True, True]),
        ("n / flags == 0", [True, False, True, False]),  # by zero: 0, where Java stops
        ("min(n / 2, 3)", [3.0, -3.0, 0.0, 2.0]),  # so do the functions that have a form for integers
        ("min(n / 2, 3.0)", [3.0, -3.5, 0.0, 2.5]),
        ("n % 4", [3.0, -3.0, 0.0, 1.0]),  # the remainder has the sign of the dividend
        ("n * 1000000 * 1000 > 0", [False, True, False, True]),  # and Java's integers have 32 bits
        ("n * 1000000 * 1000", [7e9, -7e9, 0.0, 5e9]),
        ("n & 3", [3.0, 1.0, 0.0, 1.0]),
        ("n & 6 / 4", [1.0, 1.0, 0.0, 1.0]),  # bits take integers
        ("flags & 1 == 1", [False, True, False, True]),  # bits bind tighter than comparisons, other than in C
        ("flags | 4 ^ 4", [0.0, 1.0, 2.0, 3.0]),
        ("~n", [-8.0, 6.0, -1.0, -6.0]),
        ("n > 0 ? 1 : -1", [1.0, -1.0, -1.0, 1.0]),
        ("if n > 0 then B4 else 0", [0.1, 0.0, 0.0, 0.0]),
        ("max(n, 1) + min(1, 2.5)", [8.0, 2.0, 2.0, 6.0]),
        ("abs(n) - -1", [8.0, 8.0, 1.0, 6.0]),
        ("sqrt(sq(n)) + 2 * 3", [13.0, 13.0, 6.0, 11.0]),
        ("round(n / 2)", [4.0, -3.0, 0.0, 3.0]),  # half up, as Java rounds
        ("round(B4 * 10)", [1.0, 0.0, -5.0, 0.0]),  # and NaN to 0
        ("n > 0 ? B4 > 0 ? 1 : 2 : n < 0 ? 3 : 4", [1.0, 3.0, 4.0, 2.0]),
        ("if n > 0 then if n > 5 then 1 else 2 else 3", [1.0, 3.0, 3.0, 2.0]),
        ("2 + (if n > 0 then 1 else 0)", [3.0, 2.0, 2.0, 3.0]),
        ("-n + +n - (-(-n))", [-7.0, 7.0, 0.0, -5.0]),
        ("not n > 0", [False, False, True, False]),  # (not n) > 0
        ("inrange(n, 0, 6)", [False, False, True, True]),
        ("inrange_deriv(1, 2, 4, 0, 0, 0, 5, 5, 9)", False),
        ("distance(n, 4, 4, n)", [np.hypot(3, 3), np.hypot(11, 11), np.hypot(4, 4), np.hypot(1, 1)]),
        ("stddev(2, 4)", 1.0),
        ("bit_set(flags, 1)", [False, False, True, True]),
        ("feq($source.B4, 2.0000001)", [False, True, False, False]),
        ("'odd name' + n.raw", [71.0] * 4),
        ("0x10 + 1e1 + .5", 26.5),
        ("true || 1 / 0 > 1", True),
        ("atan2(0, -1) == PI", True),
        ("avg(1, 2, 6)", 3.0),
    ],
)
def test_values(expression, expected):
    value = evaluate(expression, get, get_flag)
    np.testing.assert_array_equal(value, expected)
    assert value.dtype == np.asarray(expected).dtype


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("B5 > 0", "names 'B5', which is not there"),
        ("flags.RAIN", "names 'flags.RAIN'"),
        ("B4 >", "ends too early"),
        ("(B4 > 0", r"expected '\)', found the end"),
        ("B4 > 0)", r"unexpected '\)'"),
        ("B4 # 2", "unexpected '# 2'"),
        ("__import__('os')", "calls '__import__', which is not known"),
        ("pow(2)", "pow takes 2 values, not 1"),
        ("if B4 > 0 then 1", "expected 'else'"),
        ("", "ends too early"),
        ("2 + if n > 0 then 1 else 0", "unexpected 'if'"),
        ("n > 0 ? 1", "expected ':', found the end"),
        ("n : 1", "unexpected ':'"),
        ("n, 1", "unexpected ','"),
        ("min(n,", "ends too early"),
        ("min(n, 1", r"expected '\)', found the end"),
        ("inrange(1, 2)", "inrange takes 3 values, or a multiple, not 2"),
        ("2147483648", r"2147483648 is larger than 2147483647.*with a decimal point"),
        ("9" * 5000, "the whole number 9{20} is larger"),
        ("0x80000000", "the whole number 0x80000000 is larger"),
        ("n = 1", "unexpected '= 1'"),
        ('"text"', "unexpected"),
    ],
)
def test_what_cannot_be_read_is_reported(expression, told):
    with pytest.raises(BadParameter, match=told):
        evaluate(expression, get, get_flag)


def test_names_are_bands_without_their_flags():
    assert names("flags.CLOUD || $source.B4 + n.raw > PI ? nan('odd name') : NaN") == {
        "flags",
        "$source.B4",
        "n",
        "odd name",
    }


def test_references_of_what_cannot_be_read_are_none():
    assert references("n +") == references("") == set()
    assert references("n > flags.CLOUD") == {"n", "flags"}


class TestAnyDepth:
    """Nothing calls itself: what fits is computed, and what does not is refused in a sentence."""

    @pytest.mark.parametrize(
        ("expression", "expected"),
        [
            ("(" * 100_000 + "n" + ")" * 100_000, [7, -7, 0, 5]),
            ("+".join(["n"] * 10_000), [70_000, -70_000, 0, 50_000]),
            ("-" * 100_000 + "n", [7, -7, 0, 5]),
            ("!" * 99_999 + "(n > 0)", [False, True, True, False]),
            ("+(" * 1000 + "n" + ")" * 1000, [7, -7, 0, 5]),
            ("n + (" * 900 + "n" + ")" * 900, [6307, -6307, 0, 4505]),
            ("n > 0 ? 1 : " * 400 + "0", [1, 0, 0, 1]),
            ("if n > 0 then 1 else " * 400 + "0", [1, 0, 0, 1]),
            ("max(" * 900 + "n" + ", 1)" * 900, [7, 1, 1, 5]),
            ("pow(" * 900 + "n" + ", 2)" * 900, [np.inf, np.inf, 0, np.inf]),
            ("avg(" + ",".join(["n"] * 900) + ")", [7, -7, 0, 5]),
        ],
        ids=lambda value: value[:12] if isinstance(value, str) else "",
    )
    def test_what_fits_is_computed(self, expression, expected):
        np.testing.assert_array_equal(evaluate(expression, get, get_flag), expected)

    @pytest.mark.parametrize(
        ("expression", "told"),
        [
            ("n + (" * 100_000 + "n" + ")" * 100_000, "too many parts that wait for others.*1000 at most"),
            ("n > 0 ? 1 : " * 100_000, "expression is too long|too many parts"),
            ("avg(" + ",".join(["n"] * 100_000) + ")", "too many parts"),
            ("(" * 100_000, "ends too early"),
            ("n" * 2_000_000, "too long.*1000000 characters at most"),
        ],
        ids=lambda value: value[:12],
    )
    def test_what_does_not_is_reported_shortly(self, expression, told):
        with pytest.raises(BadParameter, match=told) as error:
            evaluate(expression, get, get_flag)
        assert len(str(error.value)) < 700

    def test_many_waiting_values_are_computed_in_strips(self):
        """901 values wait: of a whole image they would take 0.9 GB. The strips together are the image."""
        image = np.arange(400 * 300, dtype=np.float64).reshape(400, 300)
        value = evaluate("b + (" * 900 + "b" + ")" * 900, {"b": image}.__getitem__)
        np.testing.assert_array_equal(value, 901 * image)


def test_inputs_are_not_modified():
    before = {name: array.copy() for name, array in BANDS.items()}
    evaluate("abs(n) + B4 * 2 - ~flags", get, get_flag)
    for name, array in BANDS.items():
        np.testing.assert_array_equal(array, before[name])


@st.composite
def arithmetic(draw, depth=3):
    """A random expression of floats, as text that Python reads the same way."""
    if depth == 0 or draw(st.booleans()):
        return draw(st.sampled_from(["a", "b", "1.5", "2.0", "0.25"]))
    left, right = draw(arithmetic(depth=depth - 1)), draw(arithmetic(depth=depth - 1))
    sign = draw(st.sampled_from(["+", "-", "*", "<", ">=", "=="]))
    return f"(({left}) {sign} ({right}))" if sign in "<>===" else f"{left} {sign} {right}"


@given(arithmetic(), st.floats(-10, 10), st.floats(-10, 10))
def test_binds_like_python(expression, a, b):
    expected = eval(expression, {"a": a, "b": b})
    # Comparisons stand in brackets, so both languages see the same tree; a truth value counts as 0 or 1 in both.
    assert evaluate(expression, {"a": np.float64(a), "b": np.float64(b)}.__getitem__) == expected
