"""Band arithmetic means here what it means in SNAP; the expected values are worked out by hand, or by Python's own arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estran.errors import BadParameter
from estran.raster.expression import evaluate, names

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
        ("n / 2", [3, -3, 0, 2]),  # integers as in Java: cut towards zero
        ("n / 2.0", [3.5, -3.5, 0.0, 2.5]),
        ("n % 4", [3, -3, 0, 1]),  # and the remainder has the sign of the dividend
        ("n / flags", [0, -7, 0, 1]),  # by zero: 0, where Java stops
        ("n & 3", [3, 1, 0, 1]),
        ("flags & 1 == 1", [False, True, False, True]),  # bits bind tighter than comparisons, other than in C
        ("flags | 4 ^ 4", [0, 1, 2, 3]),
        ("~n", [-8, 6, -1, -6]),
        ("n > 0 ? 1 : -1", [1, -1, -1, 1]),
        ("if n > 0 then B4 else 0", [0.1, 0.0, 0.0, 0.0]),
        ("max(n, 1) + min(1, 2.5)", [8.0, 2.0, 2.0, 6.0]),
        ("abs(n) - -1", [8, 8, 1, 6]),
        ("sqrt(sq(n)) + 2 * 3", [13.0, 13.0, 6.0, 11.0]),
        ("round(n / 2.0)", [4.0, -3.0, 0.0, 3.0]),  # half up, as Java rounds
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
    ],
)
def test_what_cannot_be_read_is_told(expression, told):
    with pytest.raises(BadParameter, match=told):
        evaluate(expression, get, get_flag)


def test_names_are_bands_without_their_flags():
    assert names("flags.CLOUD || $source.B4 + n.raw > PI ? nan('odd name') : NaN") == {"flags", "$source.B4", "n", "odd name"}


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
