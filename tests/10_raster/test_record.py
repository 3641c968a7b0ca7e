"""What a run finds out: notes with their kind and band, fractions, facts."""

from __future__ import annotations

import pytest

from estran.raster.record import NO_RECORD, Note, RunRecord, missing

CIRRUS, CLEAR = missing("cirrus", "the cirrus test is off."), Note("found", "", "few clear pixels.")
ONE = RunRecord((CIRRUS, CLEAR), {"cloud": 0.25}, {"clouds": 3})


def test_a_missing_input_is_one_sentence_with_one_full_stop():
    assert str(CIRRUS) == str(missing("cirrus", "the cirrus test is off")) == "no cirrus: the cirrus test is off."


def test_what_others_report_is_left_out():
    assert ONE.without_missing(["cirrus"]).notes == (CLEAR,)
    assert ONE.without_missing(["dem"]).notes == (CIRRUS, CLEAR)
    # Only notes on missing inputs: one that says what took the place of a band stays.
    other = RunRecord((Note("substitute", "cirrus", "another band is used."),))
    assert other.without_missing(["cirrus"]) == other


def test_part_of_another_record():
    inner = ONE.within("relief_")
    assert (inner.fractions, inner.facts, inner.notes) == ({"relief_cloud": 0.25}, {"relief_clouds": 3}, ONE.notes)


def test_joined():
    other = RunRecord((CLEAR,), {"snow": 0.5}, {"clouds": 4})
    both = ONE | other
    assert both == RunRecord((CIRRUS, CLEAR), {"cloud": 0.25, "snow": 0.5}, {"clouds": 4})
    assert ONE | NO_RECORD == NO_RECORD | ONE == ONE


def test_frozen():
    with pytest.raises(AttributeError):
        CIRRUS.text = "x"
