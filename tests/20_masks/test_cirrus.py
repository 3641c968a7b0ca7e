"""Background of the cirrus band: learnt in slices of height, or a parabola."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from estran.masks.cloud.cirrus import (
    LOWEST,
    faint_candidates,
    fixed_background,
    learn_background,
    slice_of,
    touching_cirrus,
)
from estran.masks.cloud.settings import PixelSettings

STRICT = PixelSettings.for_mode("strict")


def test_parabola_of_baetens():
    """max(0.01, 0.007 + 0.007 z²) with z in km, at the middle of each slice: 0.01 below 0.65 km, 0.035 at 2 km."""
    background = fixed_background(PixelSettings.for_mode("default"))
    threshold = background + 0.01
    assert threshold[slice_of(0.0, 100.0)] == 0.01
    assert threshold[slice_of(600.0, 100.0)] == 0.01
    assert threshold[slice_of(1950.0, 100.0)] == pytest.approx(0.007 + 0.007 * 1.95**2)
    assert np.all(np.diff(background) >= 0)


def test_fixed_rule_has_no_background():
    assert not fixed_background(replace(STRICT, cirrus_rule="fixed")).any()


def test_slices_take_their_own_second_percentile():
    dem = np.repeat([50.0, 2050.0], 100)
    cirrus = np.concatenate([np.linspace(0.001, 0.1, 100), np.linspace(0.011, 0.11, 100)])
    background = learn_background(cirrus, dem, np.ones(200), STRICT)
    assert background[slice_of(50.0, 100.0)] == pytest.approx(0.002)
    assert background[slice_of(2050.0, 100.0)] == pytest.approx(0.012)


def test_an_empty_slice_takes_the_next_below():
    background = learn_background(np.array([0.002, 0.02]), np.array([50.0, 3050.0]), np.ones(2), STRICT)
    assert background[slice_of(1000.0, 100.0)] == 0.002
    assert background[slice_of(9000.0, 100.0)] == 0.02
    assert background[slice_of(LOWEST, 100.0)] == 0.002  # nothing below: the next above
    assert not learn_background(np.empty(0), np.empty(0), np.empty(0), STRICT).any()


def test_heights_beyond_the_table_stay_inside():
    assert slice_of(-9999.0, 100.0) == 0
    assert slice_of(1e6, 100.0) == 119


def faint_cirrus(thin, cloud, *others):
    return touching_cirrus(faint_candidates(cloud, *others), thin)


def test_the_border_of_cirrus_is_cirrus():
    """(CM-48): what touches thin cirrus, is a little bright in the cirrus band, and is dark in blue."""
    settings = PixelSettings.for_mode("default")
    column = np.arange(12)
    cirrus = np.tile(np.where(column < 4, 0.02, np.where(column < 8, 0.006, 0.001)), (6, 1)).astype(np.float32)
    blue = np.full(cirrus.shape, 0.15, np.float32)
    blue[:2] = 0.4  # thick cloud
    thin, cloud = cirrus > 0.01, np.ones(cirrus.shape, bool)
    thin[:2] = False
    found = faint_cirrus(thin, cloud, cirrus, blue, None, settings)
    assert np.array_equal(found[2:], np.tile((column >= 4) & (column < 8), (4, 1)))
    assert not found[:2].any()
    # High ground shines through; without thin cirrus beside it, faint haze is no cirrus.
    assert not faint_cirrus(thin, cloud, cirrus, blue, np.full(cirrus.shape, 2000, np.float32), settings).any()
    assert not faint_cirrus(np.zeros_like(thin), cloud, np.minimum(cirrus, 0.009), blue, None, settings).any()
    assert not faint_cirrus(thin, ~cloud, cirrus, blue, None, settings).any()
