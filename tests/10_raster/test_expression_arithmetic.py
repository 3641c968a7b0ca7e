"""Expressions against other arithmetic: Java's integers worked out by an interpreter of whole numbers, functions of
Python's mathematics module, and what truth, constants and shapes do to a value.
"""

from __future__ import annotations

import itertools
import math
import statistics
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from estran.errors import BadParameter
from estran.raster.expression import evaluate, names

LOOSE_TO_TIGHT = ["|", "^", "&", "+-", "*/%"]
"""Precedence of the signs that take integers, in SNAP's language."""


def level(sign: str) -> int:
    return next(k for k, signs in enumerate(LOOSE_TO_TIGHT) if sign in signs)


def wrapped(value: int) -> int:
    """A whole number as Java's int keeps it: 32 bits, two's complement (Java Language Specification, 15.18.2)."""
    return (value + 2**31) % 2**32 - 2**31


def java(sign: str, a: int, b: int) -> int:
    """One operation of Java's ints; a quotient is cut towards zero and a remainder has its dividend's sign (15.17)."""
    if sign in "/%":
        quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1) if b else 0
        return wrapped(quotient if sign == "/" else a - quotient * b)
    operations = {"+": a + b, "-": a - b, "*": a * b, "&": a & b, "|": a | b, "^": a ^ b}
    return wrapped(operations[sign])


Tree = tuple[Any, ...] | int | str
"""A whole number, the name of a band, (sign, operand) or (sign, left, right)."""


def value_of(tree: Tree, bands: dict[str, int]) -> int:
    if isinstance(tree, int):
        return tree
    if isinstance(tree, str):
        return bands[tree]
    if len(tree) == 2:
        operand = value_of(tree[1], bands)
        return wrapped(~operand if tree[0] == "~" else -operand)
    return java(tree[0], value_of(tree[1], bands), value_of(tree[2], bands))


def text_of(tree: Tree) -> tuple[str, int]:
    """The tree as text with no more brackets than it needs, and how tightly its outermost sign binds."""
    tightest = len(LOOSE_TO_TIGHT)
    if isinstance(tree, int | str):
        return str(tree), tightest
    if len(tree) == 2:
        text, binds = text_of(tree[1])
        return tree[0] + (text if binds >= tightest else f"({text})"), tightest
    own = level(tree[0])
    (left, of_left), (right, of_right) = text_of(tree[1]), text_of(tree[2])
    left = left if of_left >= own else f"({left})"
    right = right if of_right > own else f"({right})"  # signs of one level are taken from the left
    return f"{left} {tree[0]} {right}", own


trees = st.recursive(
    st.one_of(st.sampled_from("ab"), st.integers(0, 9), st.integers(0, 2**31 - 1)),
    lambda part: st.one_of(st.tuples(st.sampled_from("~-"), part), st.tuples(st.sampled_from("+-*/%&|^"), part, part)),
    max_leaves=10,
)
ints = st.one_of(st.integers(-9, 9), st.integers(-(2**31), 2**31 - 1))


class TestIntegers:
    @given(trees, ints, ints)
    def test_bits_are_those_of_java_s_ints(self, tree: Tree, a: int, b: int) -> None:
        """`|` asks for integers all the way down; precedence, wrapping, division and signs are all in the tree."""
        bands = {"a": a, "b": b}
        samples = {name: np.array([value], np.int32) for name, value in bands.items()}
        found = evaluate(f"a & 0 | ({text_of(tree)[0]})", samples.__getitem__)
        assert found.tolist() == [value_of(tree, bands)]

    @pytest.mark.parametrize("first", list("+-*/%&|^"))
    @pytest.mark.parametrize("second", list("+-*/%&|^"))
    def test_each_pair_of_signs(self, first: str, second: str) -> None:
        """Which of two signs is taken first shows in the value for one of these numbers at least."""
        for a, b, c in itertools.product((12, -7, 5), (10, 3, -6), (6, 9, -4)):
            bands = {"a": a, "b": b, "c": c}
            samples = {name: np.array([value], np.int32) for name, value in bands.items()}
            tree: Tree = (
                (second, (first, "a", "b"), "c") if level(first) >= level(second) else (first, "a", (second, "b", "c"))
            )
            found = evaluate(f"0 | (a {first} b {second} c)", samples.__getitem__)
            assert found.tolist() == [value_of(tree, bands)]

    @given(ints, ints, st.sampled_from(["<", ">", "<=", ">=", "==", "!="]))
    def test_comparisons_of_whole_numbers(self, a: int, b: int, sign: str) -> None:
        samples = {"a": np.array([a], np.int32), "b": np.array([b], np.int32)}
        expected = {"<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b, "==": a == b, "!=": a != b}
        assert evaluate(f"a {sign} b", samples.__getitem__).tolist() == [expected[sign]]

    @given(st.floats())
    @example(math.nan)
    @example(math.inf)
    @example(-math.inf)
    @example(-2.5)
    @example(2.5)
    @example(2147483647.6)
    def test_a_sample_asked_for_as_an_integer_is_rounded_half_up(self, value: float) -> None:
        """SNAP's getElemIntAt; NaN is 0, and what is too large the largest that an int can be."""
        found = evaluate("b | 0", {"b": np.array([value])}.__getitem__)
        if math.isnan(value):
            expected = 0
        else:
            expected = min(max(math.floor(max(min(value, 1e10), -1e10) + 0.5), -(2**31)), 2**31 - 1)
        assert found.tolist() == [expected]

    @pytest.mark.parametrize("bit", range(32))
    def test_each_bit(self, bit: int) -> None:
        values = np.array([0, 1 << bit, ~(1 << bit), -1], np.int64).astype(np.int32)
        found = evaluate(f"bit_set(n, {bit})", {"n": values}.__getitem__)
        assert found.tolist() == [False, True, False, True]


def cases() -> list[tuple[str, float, float]]:
    """An expression of `x`, a value of it, and what Python's mathematics makes of it."""
    of_one = {
        **{name: getattr(math, name) for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "floor", "ceil")},
        "atan": math.atan,
        "sech": lambda x: 1 / math.cosh(x),
        "cosech": lambda x: 1 / math.sinh(x),
        "exp10": lambda x: math.pow(10, x),
        "sq": lambda x: x * x,
        "rint": lambda x: float(round(x)),  # both to the even one
        "round": lambda x: math.floor(x + 0.5),
        "deg": math.degrees,
        "rad": math.radians,
        "abs": abs,
        "sign": lambda x: math.copysign(1.0, x),
    }
    found = [(f"{name}(x)", x, f(x)) for name, f in of_one.items() for x in (-2.5, -0.3, 0.7, 1.5)]
    found += [(f"{n}(x)", x, getattr(math, n)(x)) for n in ("log", "log10", "sqrt") for x in (0.2, 1.0, 7.0)]
    found += [("asin(x)", x, math.asin(x)) for x in (-1.0, 0.4)] + [("acos(x)", x, math.acos(x)) for x in (-1.0, 0.4)]
    return found


class TestFunctions:
    @pytest.mark.parametrize(("expression", "x", "expected"), cases())
    def test_of_one_value(self, expression: str, x: float, expected: float) -> None:
        found = evaluate(expression, {"x": np.array([x])}.__getitem__)
        assert found.tolist() == pytest.approx([expected], rel=1e-14)

    @given(st.floats(-100, 100), st.floats(-100, 100))
    def test_of_two_values(self, a: float, b: float) -> None:
        def of(expression: str) -> float:
            return float(evaluate(expression, {"a": np.float64(a), "b": np.float64(b)}.__getitem__))

        assert of("min(a, b)") == min(a, b)
        assert of("max(a, b)") == max(a, b)
        assert of("ampl(a, b)") == pytest.approx(abs(complex(a, b)), rel=1e-14)
        assert of("phase(a, b)") == of("atan2(b, a)") == pytest.approx(math.atan2(b, a), rel=1e-14)
        assert of("pow(abs(a), 0.5)") == pytest.approx(math.sqrt(abs(a)), rel=1e-14)

    @given(st.lists(st.floats(0.1, 100), min_size=2, max_size=7))
    def test_of_many_values(self, values: list[float]) -> None:
        def of(name: str) -> float:
            return float(evaluate(f"{name}({', '.join(map(repr, values))})", {}.__getitem__))

        assert of("avg") == pytest.approx(statistics.fmean(values), rel=1e-12)
        spread = max(values) - min(values)
        if spread > 1e-3:
            assert of("stddev") == pytest.approx(statistics.pstdev(values), rel=1e-4)
            squares = [v * v for v in values]
            assert of("coef_var") == pytest.approx(statistics.pstdev(squares) / statistics.fmean(squares), rel=1e-3)

    @given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=2, max_size=5))
    def test_distances_of_spectra(self, pairs: list[tuple[float, float]]) -> None:
        """Of the spectra themselves, of their steps from band to band, and of their sums up to each band."""
        first, second = ([p[k] for p in pairs] for k in (0, 1))
        values = ", ".join(map(repr, first + second))

        def of(name: str) -> float:
            return float(evaluate(f"{name}({values})", {}.__getitem__))

        def steps(spectrum: list[float]) -> list[float]:
            return [b - a for a, b in itertools.pairwise(spectrum)]

        def sums(spectrum: list[float]) -> list[float]:
            return [sum(spectrum[: k + 1]) for k in range(len(spectrum))]

        assert of("distance") == pytest.approx(math.dist(first, second), abs=1e-9)
        assert of("distance_deriv") == pytest.approx(math.dist(steps(first), steps(second)), abs=1e-9)
        assert of("distance_integ") == pytest.approx(math.dist(sums(first), sums(second)), abs=1e-9)

    @pytest.mark.parametrize(
        ("expression", "expected"),
        [
            ("inrange(1, 5, 0, 4, 2, 6)", True),  # 0 <= 1 <= 2 and 4 <= 5 <= 6
            ("inrange(1, 7, 0, 4, 2, 6)", False),
            ("inrange(2, 2, 2)", True),  # both ends belong to it
            ("inrange_deriv(5, 6, 0, 0, 0, 2)", True),  # steps of 1 between steps of 0 and 2
            ("inrange_deriv(5, 9, 0, 0, 0, 2)", False),
            ("inrange_integ(1, 2, 0, 0, 1, 2)", True),  # sums 1, 3 between 0, 0 and 1, 3
            ("inrange_integ(1, 3, 0, 0, 1, 2)", False),
            ("feq(1, 1.0000005)", True),
            ("feq(1, 1.1, 0.2)", True),
            ("fneq(1, 1.1, 0.05)", True),
            ("feq(1 / 0, 1 / 0)", True),  # infinity equals itself
            ("feq(NaN, NaN)", False),
            ("inf(1 / 0) && inf(-1 / 0) && !inf(0 / 0)", True),
            ("isnan(0.0 / 0) && nan(sqrt(-1)) && !nan(1 / 0)", True),
        ],
    )
    def test_tests(self, expression: str, expected: bool) -> None:
        found = evaluate(expression, {}.__getitem__)
        assert found.dtype == bool
        assert found.shape == ()
        assert bool(found) is expected

    @pytest.mark.parametrize("name", ["min", "max"])
    def test_nan_wins_over_any_number(self, name: str) -> None:
        """As Java's Math.min and Math.max."""
        assert np.isnan(evaluate(f"{name}(b, 1.0)", {"b": np.array([np.nan])}.__getitem__)).all()

    @pytest.mark.parametrize(
        ("expression", "takes"),
        [
            ("sin()", "sin takes 1 value, not 0"),
            ("sin(1, 2)", "sin takes 1 value, not 2"),
            ("feq(1)", "feq takes 2 to 3 values, not 1"),
            ("avg()", "avg takes 1 or more values, not 0"),
            ("distance(1, 2, 3)", "distance takes 2 values, or a multiple, not 3"),
        ],
    )
    def test_the_number_of_values(self, expression: str, takes: str) -> None:
        with pytest.raises(BadParameter, match=takes):
            evaluate(expression, {}.__getitem__)


BANDS = {"x": np.array([0.0, 0.4, -2.0, np.nan]), "t": np.array([True, False, True, False])}


class TestWhatIsAskedFor:
    @pytest.mark.parametrize(
        ("expression", "truth", "expected"),
        [
            ("x", True, [False, True, True, True]),  # what is not 0 is true, NaN too
            ("t", False, [1.0, 0.0, 1.0, 0.0]),
            ("x > 0", False, [0.0, 1.0, 0.0, 0.0]),
            ("t + t", None, [2.0, 0.0, 2.0, 0.0]),
            ("x > 0", None, [False, True, False, False]),
            ("t ? x : t", True, [False, False, True, False]),
        ],
    )
    def test_truth_or_number(self, expression: str, truth: bool | None, expected: list[Any]) -> None:
        found = evaluate(expression, BANDS.__getitem__, truth=truth)
        assert found.dtype == (bool if isinstance(expected[0], bool) else np.float64)
        np.testing.assert_array_equal(found, expected)

    def test_a_constant_is_stronger_than_a_band_and_than_pi(self) -> None:
        constants = (("x", 7.0), ("PI", 3))
        assert float(evaluate("x + PI", BANDS.__getitem__, constants=constants)) == 10.0
        assert names("x + PI + t", constants) == {"t"}

    def test_the_same_text_with_other_constants_is_another_expression(self) -> None:
        found = [float(evaluate("c * 2", {}.__getitem__, constants=(("c", value),))) for value in (1, 2, 3.5)]
        assert found == [2.0, 4.0, 7.0]

    def test_a_whole_constant_is_an_integer_and_a_decimal_one_is_not(self) -> None:
        assert float(evaluate("7 / c | 0", {}.__getitem__, constants=(("c", 2),))) == 3.0
        assert bool(evaluate("7 / c == 3.5", {}.__getitem__, constants=(("c", 2.0),))) is True

    def test_a_band_is_asked_for_once(self) -> None:
        asked = []

        def get(name: str) -> np.ndarray:
            asked.append(name)
            return np.array([1.0, 2.0])

        assert evaluate("b * b + b", get).tolist() == [2.0, 6.0]
        assert asked == ["b"]

    @pytest.mark.parametrize("shape", [(0,), (0, 4), (1, 1), (3, 2)])
    def test_the_value_has_the_shape_of_the_bands(self, shape: tuple[int, ...]) -> None:
        found = evaluate("b > 0 ? b : 2", {"b": np.ones(shape)}.__getitem__)
        assert found.shape == shape

    def test_flags_need_someone_who_knows_them(self) -> None:
        with pytest.raises(BadParameter, match=r"names 'flags\.CLOUD', which is not there"):
            evaluate("flags.CLOUD", {"flags": np.array([1])}.__getitem__)

    @pytest.mark.parametrize("words", [("AND", "OR", "NOT"), ("and", "or", "not"), ("And", "oR", "Not")])
    def test_words_in_any_case(self, words: tuple[str, str, str]) -> None:
        both, either, negation = words
        found = evaluate(f"{negation} t {either} x < 0 {both} t", BANDS.__getitem__)
        np.testing.assert_array_equal(found, evaluate("!t || (x < 0 && t)", BANDS.__getitem__))

    def test_a_quote_within_quotes_stands_twice(self) -> None:
        assert names("'it''s' + 'a b'") == {"it's", "a b"}
