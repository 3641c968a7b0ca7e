"""The spectral tests, by hand from the equations of Zhu & Woodcock 2012."""

from __future__ import annotations

import numpy as np
import pytest

from estran.masks.cloud.pixel_tests import spectral_tests_of
from estran.masks.cloud.settings import PixelSettings

STRICT = PixelSettings.for_mode("strict")
CLOUD = {"blue": 0.42, "green": 0.40, "red": 0.41, "nir08": 0.45, "swir16": 0.35, "swir22": 0.28}


PUBLISHED = {
    "SATURATED": 1,
    "BASIC": 2,
    "WHITE": 4,
    "HAZE": 8,
    "NO_ROCK": 16,
    "BRIGHT": 32,
    "WATER": 64,
    "SNOW": 128,
    "THICK": 256,
    "CIRRUS": 512,
    "NODATA": 1024,
}
"""Numbers that users have (docs/ICD/flags.md); written here once more, so that two that are swapped are found."""


def passed_by(settings=STRICT, **values):
    bands = {name: np.array([value], np.float32) for name, value in values.items()}
    flags, indices = spectral_tests_of(bands, settings)
    return {name for name, flag in PUBLISHED.items() if flags[0] & flag}, {
        name: float(index[0]) for name, index in indices.items()
    }


def test_a_thick_cloud_passes_every_test():
    passed, indices = passed_by(**CLOUD)
    assert {"BASIC", "WHITE", "HAZE", "NO_ROCK", "THICK"} <= passed
    assert not passed & {"WATER", "SNOW", "SATURATED", "CIRRUS", "NODATA"}
    assert indices["hot"] == pytest.approx(0.42 - 0.205 - 0.08, abs=1e-6)
    assert indices["whiteness"] == pytest.approx((0.01 + 0.01 + 0.0) / 0.41, abs=1e-6)
    assert indices["ndvi"] == pytest.approx(0.04 / 0.86, abs=1e-6)
    assert indices["ndsi"] == pytest.approx(0.05 / 0.75, abs=1e-6)
    assert indices["ndbi"] == pytest.approx(-0.10 / 0.80, abs=1e-6)
    assert indices["variability"] == pytest.approx(1.0 - 0.125, abs=1e-6)


@pytest.mark.parametrize(
    ("change", "fails"),
    [
        ({"swir22": 0.029}, "BASIC"),  # eq. 1: SWIR 2.2 µm > 0.03
        ({"swir16": 0.04, "nir08": 0.45}, "BASIC"),  # eq. 1: NDSI < 0.8; 0.36/0.44 = 0.82
        ({"nir08": 0.45, "red": 0.04}, "BASIC"),  # eq. 1: NDVI < 0.8; 0.41/0.49 = 0.84
        ({"blue": 0.80, "red": 0.10, "green": 0.20}, "WHITE"),  # eq. 2
        ({"blue": 0.28, "red": 0.41}, "HAZE"),  # eq. 3: 0.28 - 0.205 - 0.08 < 0
        ({"nir08": 0.30, "swir16": 0.42}, "NO_ROCK"),  # eq. 4: 0.71
    ],
)
def test_each_test_fails_alone(change, fails):
    passed, _ = passed_by(**{**CLOUD, **change})
    assert fails not in passed
    assert "THICK" not in passed


@pytest.mark.parametrize(
    ("nir08", "red", "water"),
    [
        (0.10, 0.11, True),  # NDVI < 0.01 and NIR < 0.11
        (0.12, 0.13, False),  # NIR too bright
        (0.045, 0.040, True),  # NDVI 0.059 < 0.1 and NIR < 0.05
        (0.055, 0.050, False),  # NDVI 0.048, NIR between the two limits
        (0.045, 0.030, False),  # NDVI 0.2
    ],
)
def test_water(nir08, red, water):
    passed, _ = passed_by(blue=0.08, green=0.07, red=red, nir08=nir08, swir16=0.02, swir22=0.01)
    assert ("WATER" in passed) == water


SNOW = {"blue": 0.8, "green": 0.8, "red": 0.8, "nir08": 0.7, "swir16": 0.10, "swir22": 0.08}


def test_snow_of_the_paper_and_of_force():
    assert "SNOW" in passed_by(**SNOW)[0]
    icy_cloud = {**SNOW, "swir16": 0.45}  # NDSI 0.28
    assert "SNOW" in passed_by(**icy_cloud)[0]
    assert "SNOW" not in passed_by(PixelSettings.for_mode("default"), **icy_cloud)[0]
    assert "THICK" not in passed_by(PixelSettings.for_mode("default"), **SNOW)[0]


def test_saturation_makes_white_and_hazy_whatever_the_baseline_says():
    coloured = {**CLOUD, "red": 6.5535}
    other = {**CLOUD, "red": 6.4535}
    assert passed_by(**coloured) == passed_by(**other)
    passed, indices = passed_by(**coloured)
    assert {"SATURATED", "WHITE", "HAZE"} <= passed
    assert indices["whiteness"] == 0.0


def test_negative_reflectance_harms_no_index():
    _, indices = passed_by(blue=0.05, green=0.03, red=0.01, nir08=-0.02, swir16=-0.01, swir22=-0.02)
    assert all(np.isfinite(v) for v in indices.values())
    assert indices["ndsi"] == pytest.approx((0.03 - 1e-4) / (0.03 + 1e-4), abs=1e-6)


def test_without_swir22_its_tests_pass():
    dark = {k: v for k, v in CLOUD.items() if k != "swir22"}
    assert "BASIC" in passed_by(**dark)[0]


def test_no_data_fails_everything():
    passed, indices = passed_by(**{**CLOUD, "swir16": np.nan})
    assert passed == {"NODATA"}
    assert np.isnan(list(indices.values())).all()
