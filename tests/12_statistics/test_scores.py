"""Scores of yes-or-no masks: by hand, and by the laws that tie them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estran.errors import EstranError
from estran.statistics.scores import Confusion, confusion

COUNTS = st.integers(1, 1000)


def test_by_hand():
    truth = np.array([1, 1, 1, 1, 0, 0, 0, 0, 0, 0])
    found = np.array([1, 1, 1, 0, 1, 0, 0, 0, 0, 0])
    c = confusion(truth, found)
    assert (c.hits, c.misses, c.false_alarms, c.rejections) == (3, 1, 1, 5)
    assert c.recall == 0.75
    assert c.specificity == pytest.approx(5 / 6)
    assert c.precision == 0.75
    assert c.accuracy == 0.8
    assert c.balanced_accuracy == pytest.approx((0.75 + 5 / 6) / 2)
    assert c.iou == 0.6


def test_only_valid_pixels_count():
    truth, found = np.array([[1, 0], [1, 0]]), np.array([[1, 1], [0, 0]])
    assert confusion(truth, found, np.array([[True, False], [False, True]])) == Confusion(1, 0, 0, 1)


def test_what_cannot_be_said_is_nan():
    c = confusion(np.zeros(3), np.zeros(3))
    assert np.isnan(c.recall)
    assert np.isnan(c.f1)
    assert c.specificity == 1.0


def test_shapes_must_agree():
    with pytest.raises(EstranError, match="differ in shape"):
        confusion(np.zeros(3), np.zeros(4))


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_laws(a, b, c, d):
    m = Confusion(a, b, c, d)
    assert m.f1 == pytest.approx(2 * m.precision * m.recall / (m.precision + m.recall))
    assert m.iou == pytest.approx(m.f1 / (2 - m.f1))
    negated = Confusion(d, c, b, a)
    assert m.balanced_accuracy == pytest.approx(negated.balanced_accuracy)
    assert (m + negated).total == 2 * m.total


def test_a_constant_guess_has_balanced_accuracy_of_a_half():
    truth = np.arange(100) < 7
    assert confusion(truth, np.ones(100)).balanced_accuracy == 0.5
    assert confusion(truth, np.zeros(100)).balanced_accuracy == 0.5
