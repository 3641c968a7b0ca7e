"""The cloud model: its numbers against a plain evaluation, and what they should mean."""

from __future__ import annotations

import importlib.util
import sys

import numpy as np
import pytest

from estran.masks.cloud import probability_model
from estran.masks.cloud.probability import (
    FEATURES,
    TERMS,
    Model,
    cirrus_probability,
    cut_to_hundredths,
    hot_probability,
    used_terms,
    water_probability,
    weights_for,
)
from estran.masks.cloud.spectral import single

BANDS = ("blue", "green", "red", "nir08", "swir16", "swir22", "cirrus", "nir09", "coastal")
GRASS = dict(zip(BANDS, (0.09, 0.09, 0.06, 0.39, 0.20, 0.09, 0.001, 0.14, 0.11), strict=True))
CLOUD = dict(zip(BANDS, (0.45, 0.44, 0.45, 0.51, 0.42, 0.32, 0.020, 0.30, 0.46), strict=True))
SAND = dict(zip(BANDS, (0.25, 0.30, 0.35, 0.43, 0.48, 0.42, 0.002, 0.15, 0.23), strict=True))
SNOW = dict(zip(BANDS, (0.78, 0.76, 0.75, 0.68, 0.08, 0.06, 0.002, 0.25, 0.76), strict=True))
SEA = dict(zip(BANDS, (0.08, 0.05, 0.03, 0.015, 0.008, 0.005, 0.001, 0.005, 0.10), strict=True))
ALL = frozenset({"cirrus", "nir09", "coastal"})


def probability(present=ALL, *spectra):
    rows = np.array([[s[b] if b not in ALL or b in present else 0.0 for s in spectra] for b in BANDS], np.float32)
    out = np.empty(rows.shape[1], np.float32)
    Model.of(present, out.size).probability(rows, single(1e-4), out)
    return out


def by_hand(spectrum, name):
    """The equations CM-16a and CM-16b written out, in double precision."""
    s = spectrum

    def nd(a, b):
        return (a - b) / (a + b)

    x = [
        np.log((s["blue"] + s["green"] + s["red"]) / 3),
        s["blue"] - 0.5 * s["red"] - 0.08,
        nd(s["nir08"], s["red"]),
        nd(s["swir16"], s["nir08"]),
        np.log(s["cirrus"] + 0.001),
        nd(s["nir09"], s["nir08"]),
        nd(s["coastal"], s["blue"]),
    ]
    m = probability_model
    u = (np.clip(x, m.LOW, m.HIGH) - np.array(m.MEAN)) / np.array(m.SCALE)
    bands = name.split("+")
    kept = [0, 1, 2, 3] + [4 + i for i, b in enumerate(("cirrus", "nir09", "coastal")) if b in bands]
    terms = [1.0, *(u[i] for i in kept), *(u[i] * u[j] for a, i in enumerate(kept) for j in kept[a:])]
    return 1 / (1 + np.exp(-np.dot(terms, m.WEIGHTS[name])))


@pytest.mark.parametrize("present", [ALL, frozenset({"cirrus", "coastal"}), frozenset({"nir09"}), frozenset()])
@pytest.mark.parametrize("spectrum", [GRASS, CLOUD, SAND, SNOW, SEA], ids=["grass", "cloud", "sand", "snow", "sea"])
def test_kernel_is_the_equation(present, spectrum):
    assert probability(present, spectrum)[0] == pytest.approx(by_hand(spectrum, weights_for(present)[0]), abs=2e-5)


def test_clear_ground_and_cloud_are_separated():
    grass, cloud, sand, snow, sea = probability(ALL, GRASS, CLOUD, SAND, SNOW, SEA)
    assert cloud > 0.95
    assert max(grass, sand, snow, sea) < 0.3


def test_high_cloud_band_raises_the_probability():
    veil = {**GRASS, "cirrus": 0.03}
    clear, veiled = probability(ALL, GRASS, veil)
    assert veiled > clear + 0.3


def test_beyond_the_fitted_range_nothing_changes():
    bright, brighter = probability(ALL, dict.fromkeys(BANDS, 1.2), dict.fromkeys(BANDS, 2.9))
    assert bright == pytest.approx(brighter, abs=0.05)  # only HOT still moves, up to its cut
    assert bright > 0.9


@pytest.mark.parametrize("name", probability_model.WEIGHTS)
def test_every_model_has_its_numbers(name):
    assert len(probability_model.WEIGHTS[name]) == used_terms(name).sum()
    assert TERMS == 36
    assert len(FEATURES) == len(probability_model.LOW) == 7


def test_absent_bands_do_not_matter():
    for band in ALL:
        present = ALL - {band}
        _, weights = weights_for(present)
        assert not weights[~used_terms("+".join(b for b in ("cirrus", "nir09", "coastal") if b in present))].any()
        np.testing.assert_array_equal(probability(present, SAND), probability(present, {**SAND, band: 0.7}))


def test_shipped_weights_are_those_of_the_fit(repository, shared_data, monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(repository))
    monkeypatch.setenv("ESTRAN_TEST_DATA", str(shared_data))
    from benchmarks.fit_pixels import write
    from benchmarks.labelled_pixels import read_labelled

    write(tmp_path / "again.py", read_labelled())
    spec = importlib.util.spec_from_file_location("again", tmp_path / "again.py")
    again = importlib.util.module_from_spec(spec)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    spec.loader.exec_module(again)
    assert set(again.WEIGHTS) == set(probability_model.WEIGHTS)
    for name, weights in again.WEIGHTS.items():
        np.testing.assert_allclose(weights, probability_model.WEIGHTS[name], rtol=1e-3, atol=1e-3)


def test_factors_of_fmask():
    assert cirrus_probability(0.02, 0.04) == 0.5
    assert cirrus_probability(-0.02, 0.04) == 0.0
    assert hot_probability(0.05, 0.0, 0.1) == 0.5
    assert hot_probability(-1.0, 0.0, 0.1) == 0.0
    assert water_probability(0.055, 0.11) == 0.5
    assert water_probability(0.5, 0.11) == 1.0
    assert cut_to_hundredths(0.4799) == 0.47
    assert cut_to_hundredths(7.0) == 2.55
