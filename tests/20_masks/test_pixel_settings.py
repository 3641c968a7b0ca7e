"""Modes: what differs, and that users are told the same wherever they look."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from estran.catalogue.operators.cloud_probability import PIXEL_AUX, PIXEL_READS
from estran.masks.cloud.settings import MANDATORY, OPTIONAL, PixelSettings


def test_modes_differ_where_they_should():
    strict, program, ours = (PixelSettings.for_mode(mode) for mode in ("strict", "python-fmask", "default"))
    assert (strict.cirrus_rule, program.cirrus_rule, ours.cirrus_rule) == ("slices", "fixed", "parabola")
    assert (strict.cirrus_weight, program.cirrus_weight) == (0.5, 1.0)
    assert (strict.near_infrared, program.near_infrared) == ("nir08", "nir")
    assert ours.use_model
    assert not strict.use_model
    assert not program.use_hot_probability


def test_settings_are_frozen():
    with pytest.raises(FrozenInstanceError):
        PixelSettings().reflectance_floor = 0.0


def test_layers_wanted_by_each_mode():
    assert set(PixelSettings.for_mode("default").wanted) == {"swir22", "cirrus", "nir09", "coastal", "dem", "swo"}
    assert set(PixelSettings.for_mode("strict").wanted) == {"swir22", "cirrus", "dem", "swo"}
    assert set(PixelSettings.for_mode("python-fmask").wanted) == {"swir22", "cirrus", "nir"}


def test_operators_declare_what_the_stage_reads_in_the_same_words():
    assert tuple(r.band for r in PIXEL_READS if not r.optional) == MANDATORY
    told = {r.band: r.without for r in PIXEL_READS if r.optional} | {a.name: a.without for a in PIXEL_AUX}
    assert told == OPTIONAL
