"""Flags and classes are numbers in files of users: they are written here once more, and what kernels write is compared
with them, so that two that are swapped anywhere are found by the tests of the operator itself.
"""

from __future__ import annotations

import numpy as np
import pytest

from estran.catalogue.operators.cloud_mask import CloudMask
from estran.catalogue.operators.cloud_probability import CloudProbability
from estran.catalogue.operators.masks import Masks
from estran.catalogue.operators.relief_shadow import ReliefShadow
from estran.catalogue.operators.sun_glint import SunGlint
from estran.catalogue.spec import ClassesOut, FlagsOut
from estran.masks.cloud import stages
from estran.masks.cloud.coding import CloudFlag, PixelFlag
from estran.masks.cloud.result import classes_of, mask_flags, masks_of, pixel_flags
from estran.masks.relief import relief_shadow
from estran.raster.coding import Classes, Flags

CLOUD_FLAGS = {
    "NODATA": 1,
    "SATURATED": 2,
    "CLOUD": 4,
    "CIRRUS": 8,
    "SHADOW": 16,
    "SNOW": 32,
    "WATER": 64,
    "POTENTIAL_CLOUD": 128,
    "BUFFER": 256,
}
CLOUD_CLASSES = {
    "CLEAR": 0,
    "WATER": 1,
    "SNOW": 2,
    "SHADOW": 3,
    "CIRRUS": 4,
    "CLOUD": 5,
    "BUFFER": 6,
    "NODATA": 255,
}
PIXEL_FLAGS = {
    "NODATA": 1,
    "SATURATED": 2,
    "POTENTIAL_CLOUD": 4,
    "CLOUD": 8,
    "CIRRUS": 16,
    "SNOW": 32,
    "WATER": 64,
    "CLEAR_LAND": 128,
    "CLEAR_WATER": 256,
}
RELIEF_FLAGS = {"NODATA": 1, "CAST": 2, "SELF": 4, "LOW_SUN": 8, "HIDDEN": 16, "UNKNOWN": 32}
GLINT_CLASSES = {"NONE": 0, "LOW": 1, "MODERATE": 2, "SEVERE": 3, "NODATA": 255}
MASK_FLAGS = CLOUD_FLAGS | {
    "RELIEF_SHADOW": 512,
    "SELF_SHADOW": 1024,
    "LOW_SUN": 2048,
    "HIDDEN": 4096,
    "RELIEF_UNKNOWN": 8192,
    "GLINT_LOW": 16384,
    "GLINT_MODERATE": 32768,
    "GLINT_SEVERE": 65536,
    "GLINT_POSSIBLE": 131072,
}
MASK_CLASSES = CLOUD_CLASSES | {"RELIEF_SHADOW": 7, "GLINT": 8}
"""The numbers of docs/ICD/flags.md; those of the glint's flags and of the spectral tests are in their own tests."""


def numbers(op, band):
    (written,) = (w for w in op.writes if w.name == band)
    if isinstance(written, FlagsOut):
        return {flag.name: flag.mask for flag in written.coding.flags}
    assert isinstance(written, ClassesOut)
    return {value.name: value.value for value in written.coding.values}


@pytest.mark.parametrize(
    ("op", "band", "published"),
    [
        (CloudMask, "cloud_flags", CLOUD_FLAGS),
        (CloudMask, "cloud_class", CLOUD_CLASSES),
        (CloudProbability, "cloud_probability_flags", PIXEL_FLAGS),
        (ReliefShadow, "relief_flags", RELIEF_FLAGS),
        (SunGlint, "glint_class", GLINT_CLASSES),
        (Masks, "mask_flags", MASK_FLAGS),
        (Masks, "mask_class", MASK_CLASSES),
    ],
)
def test_numbers_are_those_that_users_have(op, band, published):
    assert numbers(op, band) == published


ONE = {
    "SATURATED": stages.IS_SATURATED,
    "CLOUD": stages.IS_CLOUD,
    "CIRRUS": stages.IS_CIRRUS,
    "SHADOW": stages.IS_SHADOW,
    "SNOW": stages.IS_SNOW,
    "WATER": stages.IS_WATER,
    "POTENTIAL_CLOUD": stages.IS_POTENTIAL,
    "BUFFER": stages.IS_BUFFER,
    "CLEAR_LAND": stages.IS_CLEAR_LAND,
    "CLEAR_WATER": stages.IS_CLEAR_WATER,
}
"""What a pixel that is just that has in the stages of the cloud mask, besides being valid."""


@pytest.mark.parametrize("name", CLOUD_FLAGS)
def test_flags_of_the_cloud_mask(name):
    stage = np.array([[0 if name == "NODATA" else stages.IS_VALID | ONE[name]]], np.uint16)
    packed = mask_flags(stage)
    assert packed.dtype == np.uint16
    assert packed[0, 0] == CLOUD_FLAGS[name]
    assert {key.upper() for key, mask in masks_of(stage).items() if mask[0, 0]} == {name}
    shown = {"POTENTIAL_CLOUD": "CLEAR", "SATURATED": "CLEAR"}.get(name, name)
    assert classes_of(packed)[0, 0] == CLOUD_CLASSES[shown]


@pytest.mark.parametrize("name", PIXEL_FLAGS)
def test_flags_of_the_pixel_stage(name):
    stage = np.array([[0 if name == "NODATA" else stages.IS_VALID | ONE[name]]], np.uint16)
    assert pixel_flags(stage)[0, 0] == PIXEL_FLAGS[name]


@pytest.mark.parametrize(
    ("over", "under"),
    [
        ("NODATA", "CLOUD"),
        ("CLOUD", "SHADOW"),
        ("SHADOW", "CIRRUS"),
        ("CIRRUS", "BUFFER"),
        ("BUFFER", "SNOW"),
        ("SNOW", "WATER"),
    ],
)
def test_the_class_of_a_pixel_with_two_flags(over, under):
    both = np.array([CLOUD_FLAGS[over] | CLOUD_FLAGS[under]], np.uint16)
    assert classes_of(both)[0] == CLOUD_CLASSES[over]


def test_flags_of_the_relief_shadow():
    fields = {
        "nodata": "NODATA",
        "cast": "CAST",
        "self_shadow": "SELF",
        "low_sun": "LOW_SUN",
        "occluded": "HIDDEN",
        "unknown": "UNKNOWN",
    }
    nothing, zero = np.zeros((1, 1), np.bool_), np.zeros((1, 1), np.float32)
    heights = dict.fromkeys(("cosine", "clearance", "slope", "aspect", "sky_view"), zero)
    for field, name in fields.items():
        masks = dict.fromkeys(fields, nothing) | {field: ~nothing}
        assert relief_shadow.ReliefShadow(**masks, **heights).flags[0, 0] == RELIEF_FLAGS[name]


def test_twin_two_that_are_swapped_are_found():
    class Swapped(Flags):
        NODATA = 0
        CLOUD = 1
        SATURATED = 2

    assert {f.name: f.mask for f in Swapped.coding("cloud_flags").flags}.items() - CLOUD_FLAGS.items()
    assert {f.name: f.mask for f in CloudFlag.coding("cloud_flags").flags}.items() <= CLOUD_FLAGS.items()


def test_members_say_what_a_mask_shows():
    haze = PixelFlag.coding("f")["SNOW"]
    assert (haze.bit, haze.mask, haze.colour, haze.meaning) == (5, 32, (0, 255, 255), "Potential snow or ice")
    assert CloudFlag.coding("f")["BUFFER"].transparency == 0.7
    assert int(CloudFlag.CLOUD | CloudFlag.SNOW) == 36

    class Two(Classes):
        A = 3, (1, 2, 3), "first"
        B = 1, (4, 5, 6), "second"

    assert [(v.name, v.value, v.colour, v.meaning) for v in Two.coding("c").values] == [
        ("A", 3, (1, 2, 3), "first"),
        ("B", 1, (4, 5, 6), "second"),
    ]
