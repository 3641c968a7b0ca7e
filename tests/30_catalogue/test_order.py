"""Parameters that bound one another from both sides: crossed ones are refused before any work, under the names that the
user knows.
"""

from __future__ import annotations

import re

import pytest

from estran.catalogue import OPERATORS
from estran.catalogue.operators.cloud_mask import CloudMask
from estran.catalogue.operators.masks import Masks
from estran.catalogue.operators.sun_glint import SunGlint
from estran.catalogue.spec import parameters_of
from estran.errors import BadParameter

PAIRS = [(op, p.name, p.info.at_most) for op in OPERATORS for p in parameters_of(op) if p.info.at_most]


_PROBABILITY = (("potential_min", "threshold_max"), ("low_percentile", "high_percentile"))
_SIGNS = (("cirrus_from", "cirrus_sure"), ("vapour_from", "vapour_sure"), ("excess_from", "excess_sure"))
_OF_GLINT = (("SunGlint", ""), ("Masks", "glint_"))


def test_every_pair_is_there() -> None:
    assert {(op.__name__, low, high) for op, low, high in PAIRS} == {
        *((op, *pair) for op in ("CloudMask", "CloudProbability", "Masks") for pair in _PROBABILITY),
        *((op, prefix + low, prefix + high) for op, prefix in _OF_GLINT for low, high in _SIGNS),
        ("CloudMask", "height_min", "height_max"),
        ("SunGlint", "low", "moderate"),
        ("SunGlint", "moderate", "severe"),
        ("Masks", "height_min", "height_max"),
        ("Masks", "glint_low", "glint_moderate"),
        ("Masks", "glint_moderate", "glint_severe"),
    }


@pytest.mark.parametrize(("op", "low", "high"), PAIRS)
def test_crossed_limits(op, low: str, high: str) -> None:
    above = {p.name: p.default for p in parameters_of(op)}[high]
    with pytest.raises(
        BadParameter,
        match=rf"parameter {low} is above {high} \(in {re.escape(op.alias)}\): expected .* found {low} .* lower {low} "
        rf"or raise {high}",
    ):
        op(**{low: above, high: above / 2})
    op(**{low: above / 2, high: above / 2})  # equal limits are no crossed ones


def test_names_say_what_bounds_what() -> None:
    """A pair _min and _max that nobody declared would be found here."""
    for op in OPERATORS:
        found = {p.name: p for p in parameters_of(op)}
        for name, p in found.items():
            if name.endswith("_min") and name.replace("_min", "_max") in found:
                assert p.info.at_most == name.replace("_min", "_max"), f"{op.alias}: {name}"


def test_text_too() -> None:
    with pytest.raises(BadParameter, match="height_min is above height_max"):
        CloudMask.from_text({"heightMin": "5000", "heightMax": "1000"})
    with pytest.raises(BadParameter, match="glint_low is above glint_moderate"):
        Masks.from_text({"glint_low": "0.5"})
    with pytest.raises(BadParameter, match="moderate is above severe"):
        SunGlint(moderate=0.5)
