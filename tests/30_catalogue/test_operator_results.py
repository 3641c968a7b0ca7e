"""Results of the operators beside one another and beside closed formulas: a class is what the flags say, a compound
gives what its parts give, and angles of slopes are those of geometry.
"""

from __future__ import annotations

from typing import Any

import contracts
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estran.catalogue import OPERATORS
from estran.catalogue.operators.cloud_mask import CloudMask
from estran.catalogue.operators.cloud_probability import CloudProbability
from estran.catalogue.operators.masks import Masks
from estran.catalogue.operators.relief_shadow import ReliefShadow
from estran.catalogue.operators.spectral_tests import SpectralTests
from estran.catalogue.operators.sun_glint import SunGlint
from estran.catalogue.outputs import masks_of, targets
from estran.catalogue.spec import BandOut, ClassesOut, FlagsOut, Operator
from estran.raster.expression import evaluate
from estran.raster.scene import Block, whole

SHAPE = (230, 240)
RESULTS: dict[Operator, Block] = {}


def result(op: Operator) -> Block:
    """What an operator makes of one scene with all that any of them reads, computed once."""
    if op not in RESULTS:
        RESULTS[op] = contracts.run(op, contracts.sparse_scene(op, SHAPE))
    return RESULTS[op]


def flag(op: Operator, band: str, name: str) -> np.ndarray:
    coding = next(w.coding for w in op.writes if isinstance(w, FlagsOut) and w.name == band)
    return np.asarray(result(op).arrays[band] >> coding[name].bit & 1, bool)


def class_names(op: Operator, band: str) -> np.ndarray:
    """The class band as names, "" where a number has none."""
    coding = next(w.coding for w in op.writes if isinstance(w, ClassesOut) and w.name == band)
    names = np.full(256, "", "U16")
    for value in coding.values:
        names[value.value] = value.name
    return np.asarray(names[result(op).arrays[band]])


def by_priority(op: Operator, band: str, *classes: tuple[str, tuple[str, ...]]) -> np.ndarray:
    """The first class of which a flag is set; the last has none and is what remains."""
    conditions = [np.any([flag(op, band, name) for name in flags], axis=0) for _, flags in classes[:-1]]
    return np.select(conditions, [name for name, _ in classes[:-1]], classes[-1][0])


class TestClassesAreWhatFlagsSay:
    @pytest.mark.parametrize("mode", ["default", "strict", "python-fmask"])
    def test_of_the_cloud_mask(self, mode: Any) -> None:
        """CM-34: no-data over cloud over shadow over cirrus over buffer over snow over water over clear."""
        names = ("NODATA", "CLOUD", "SHADOW", "CIRRUS", "BUFFER", "SNOW", "WATER")
        op = CloudMask(mode=mode)
        expected = by_priority(op, "cloud_flags", *((name, (name,)) for name in names), ("CLEAR", ()))
        np.testing.assert_array_equal(class_names(op, "cloud_class"), expected)
        assert len(np.unique(expected)) > 2  # strict finds neither cloud nor shadow here

    @pytest.mark.parametrize("op", [Masks(), Masks(relief=False), Masks(glint=False)], ids=["all", "flat", "no glint"])
    def test_of_all_masks(self, op: Masks) -> None:
        """MSK-1: the order that the band's description states."""
        expected = by_priority(
            op,
            "mask_flags",
            ("NODATA", ("NODATA",)),
            ("CLOUD", ("CLOUD",)),
            ("SHADOW", ("SHADOW",)),
            ("RELIEF_SHADOW", ("RELIEF_SHADOW", "SELF_SHADOW")),
            ("CIRRUS", ("CIRRUS",)),
            ("BUFFER", ("BUFFER",)),
            ("GLINT", ("GLINT_MODERATE", "GLINT_SEVERE")),
            ("SNOW", ("SNOW",)),
            ("WATER", ("WATER",)),
            ("CLEAR", ()),
        )
        np.testing.assert_array_equal(class_names(op, "mask_class"), expected)

    def test_of_the_sun_glint(self) -> None:
        op = SunGlint()
        hole = class_names(op, "glint_class") == "NODATA"
        expected = by_priority(
            op, "glint_flags", *((name, (name,)) for name in ("SEVERE", "MODERATE", "LOW")), ("NONE", ())
        )
        np.testing.assert_array_equal(class_names(op, "glint_class")[~hole], expected[~hole])
        np.testing.assert_array_equal(hole, flag(op, "glint_flags", "NODATA"))


class TestACompoundGivesWhatItsPartsGive:
    def test_without_relief_and_glint_it_is_the_cloud_mask(self) -> None:
        alone, inside = result(CloudMask()).arrays, result(Masks(relief=False, glint=False)).arrays
        np.testing.assert_array_equal(inside["mask_flags"], alone["cloud_flags"])
        np.testing.assert_array_equal(inside["cloud_probability"], alone["cloud_probability"])
        np.testing.assert_array_equal(inside["cloud_height"], alone["cloud_height"])
        np.testing.assert_array_equal(
            class_names(Masks(relief=False, glint=False), "mask_class"), class_names(CloudMask(), "cloud_class")
        )

    @pytest.mark.parametrize(
        ("own", "name"),
        [
            ("CAST", "RELIEF_SHADOW"),
            ("SELF", "SELF_SHADOW"),
            ("LOW_SUN", "LOW_SUN"),
            ("HIDDEN", "HIDDEN"),
            ("UNKNOWN", "RELIEF_UNKNOWN"),
        ],
    )
    def test_relief_shadow_is_the_one_of_its_own_operator(self, own: str, name: str) -> None:
        # Both on the scene of the compound, whose bands are drawn in another order.
        block = contracts.sparse_scene(Masks(), SHAPE)
        alone = contracts.run(ReliefShadow(), block).arrays["relief_flags"]
        bit = ReliefShadow.writes[0].coding[own].bit  # type: ignore[union-attr]
        np.testing.assert_array_equal(flag(Masks(), "mask_flags", name), alone >> bit & 1 != 0)

    @pytest.mark.parametrize("name", ["LOW", "MODERATE", "SEVERE", "POSSIBLE"])
    def test_glint_is_the_one_of_its_own_operator(self, name: str) -> None:
        block = contracts.sparse_scene(Masks(), SHAPE)
        alone = contracts.run(SunGlint(), block).arrays["glint_flags"]
        bit = SunGlint.writes[0].coding[name].bit  # type: ignore[union-attr]
        np.testing.assert_array_equal(flag(Masks(relief=False), "mask_flags", f"GLINT_{name}"), alone >> bit & 1 != 0)


@pytest.mark.parametrize("op", [op() for op in OPERATORS], ids=lambda op: op.alias)
class TestEveryOperator:
    def test_masks_are_expressions_that_give_the_flags(self, op: Operator) -> None:
        """As SNAP evaluates them, on the operator's own result."""
        arrays = result(op).arrays
        for written in op.writes:
            for mask in masks_of(written):
                band, name = mask.expression.split(".")

                def of_flag(band: str, name: str) -> np.ndarray:
                    return flag(op, band, name)

                found = evaluate(mask.expression, arrays.__getitem__, of_flag)
                assert found.dtype == bool
                np.testing.assert_array_equal(found, flag(op, band, name))

    def test_target_bands_are_those_declared(self, op: Operator) -> None:
        found = targets(op)
        assert [(t.name, t.dtype, t.unit) for t in found] == [
            (w.name, w.dtype, w.unit if isinstance(w, BandOut) else "") for w in op.writes
        ]
        for target, written in zip(found, op.writes, strict=True):
            assert (target.coding is None) == isinstance(written, BandOut)
            assert [value for value, _, _ in target.palette] == sorted(value for value, _, _ in target.palette)

    def test_classes_have_numbers_names_and_colours_of_their_own(self, op: Operator) -> None:
        for written in op.writes:
            if isinstance(written, ClassesOut):
                values = written.coding.values
                for known in ({v.value for v in values}, {v.name for v in values}, {v.colour for v in values}):
                    assert len(known) == len(values)
                assert all(0 <= v.value < 256 for v in values)

    def test_flags_fit_into_their_band(self, op: Operator) -> None:
        for written in op.writes:
            if isinstance(written, FlagsOut):
                assert all(flag.mask <= np.iinfo(written.dtype).max for flag in written.coding.flags)


class TestPixelTests:
    def test_indices_are_their_formulas(self) -> None:
        """ZW12, and HOT of Zhang et al. 2002 with the numbers of ZW12, equation 3."""
        arrays = contracts.sparse_scene(SpectralTests(), SHAPE).arrays
        blue, green, red, nir, swir = (
            arrays[name].astype(float) for name in ("blue", "green", "red", "nir08", "swir16")
        )
        mean = (blue + green + red) / 3
        expected = {
            "hot": blue - 0.5 * red - 0.08,
            "whiteness": (abs(blue - mean) + abs(green - mean) + abs(red - mean)) / mean,
            "ndvi": (nir - red) / (nir + red),
            "ndsi": (green - swir) / (green + swir),
            "ndbi": (swir - nir) / (swir + nir),
        }
        saturated = flag(SpectralTests(), "spectral_test_flags", "SATURATED")
        for name, values in expected.items():
            found = result(SpectralTests()).arrays[name]
            np.testing.assert_allclose(found[~saturated], values[~saturated], atol=2e-6, err_msg=name)

    def test_thick_is_all_tests_together(self) -> None:
        parts = [
            flag(SpectralTests(), "spectral_test_flags", n) for n in ("BASIC", "WHITE", "HAZE", "NO_ROCK", "BRIGHT")
        ]
        thick = flag(SpectralTests(), "spectral_test_flags", "THICK")
        assert not (thick & ~np.all(parts, axis=0)).any()
        assert thick.any()

    @pytest.mark.parametrize("mode", ["default", "strict", "python-fmask"])
    def test_flags_of_probability_agree(self, mode: Any) -> None:
        op = CloudProbability(mode=mode)

        def of(name: str) -> np.ndarray:
            return flag(op, "cloud_probability_flags", name)

        probability = result(op).arrays["cloud_probability"]
        np.testing.assert_array_equal(np.isnan(probability), of("NODATA"))
        assert not (of("CLOUD") & ~of("POTENTIAL_CLOUD")).any()
        assert not ((of("CLEAR_LAND") | of("CLEAR_WATER")) & (of("POTENTIAL_CLOUD") | of("NODATA"))).any()
        assert not (of("CLEAR_LAND") & of("CLEAR_WATER")).any()


class TestGlint:
    def test_glint_is_seen_on_water_alone(self) -> None:
        water = flag(SunGlint(), "glint_flags", "WATER")
        arrays = result(SunGlint()).arrays
        for name in ("blue", "green", "red", "nir08", "swir16", "swir22"):
            np.testing.assert_array_equal(np.isfinite(arrays[f"glint_observed_{name}"]), water, err_msg=name)
            assert np.nanmin(arrays[f"glint_observed_{name}"]) >= 0

    def test_severities_exclude_one_another(self) -> None:
        severities = [flag(SunGlint(), "glint_flags", name).astype(int) for name in ("LOW", "MODERATE", "SEVERE")]
        assert sum(severities).max() <= 1  # type: ignore[union-attr]


def plane(down: float, right: float, zenith: float, azimuth: float, pixel: float = 20.0) -> Block:
    """Ground that rises by so many metres a metre southwards and eastwards, under the Sun."""
    rows, cols = np.indices((24, 28)) * pixel
    arrays = {
        "dem": (500 + down * rows + right * cols).astype(np.float32),
        "sun_zenith": np.full(rows.shape, zenith, np.float32),
        "sun_azimuth": np.full(rows.shape, azimuth, np.float32),
    }
    return whole(arrays, pixel=pixel)


class TestSlopes:
    @given(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5), st.floats(5, 60), st.floats(0, 359))
    @settings(max_examples=15)
    def test_of_a_plane(self, down: float, right: float, zenith: float, azimuth: float) -> None:
        """The normal of the plane and the direction of the Sun as vectors east, north, up (the scalar product is the
        cosine of the incidence); azimuths count from true north.
        """
        block = plane(down, right, zenith, azimuth)
        inside = np.s_[4:-4, 4:-4]
        found = contracts.run(ReliefShadow(backend="sweep"), block).arrays
        convergence = np.radians(block.scene.grid.meridian_convergence())
        east, north = right, -down  # rise on the grid
        normal = np.array([-east, -north, 1.0]) / np.sqrt(east**2 + north**2 + 1)
        z, a = np.radians(zenith), np.radians(azimuth) - convergence
        sun = np.array([np.sin(z) * np.sin(a), np.sin(z) * np.cos(a), np.cos(z)])
        np.testing.assert_allclose(found["cos_incidence"][inside], normal @ sun, atol=2e-3)
        np.testing.assert_allclose(found["slope"][inside], np.degrees(np.arccos(normal[2])), atol=0.05)
        if np.hypot(east, north) > 0.05:
            falls = np.degrees(np.arctan2(-east, -north) + convergence)
            np.testing.assert_allclose((found["aspect"][inside] - falls + 180) % 360, 180, atol=0.2)

    def test_level_ground_has_no_slope_and_no_shadow(self) -> None:
        found = contracts.run(ReliefShadow(backend="sweep"), plane(0, 0, 50.0, 140.0)).arrays
        assert found["slope"].max() == pytest.approx(0, abs=0.01)
        np.testing.assert_allclose(found["cos_incidence"], np.cos(np.radians(50.0)), atol=1e-3)
        inside = np.s_[4:-4, 4:-4]
        cast = ReliefShadow.writes[0].coding["CAST"].mask | ReliefShadow.writes[0].coding["SELF"].mask  # type: ignore[union-attr]
        assert not (found["relief_flags"][inside] & cast).any()

    @pytest.mark.parametrize(("zenith", "expected"), [(40.0, False), (50.0, True)])
    def test_a_slope_steeper_than_the_sun_is_turned_from_it(self, zenith: float, expected: bool) -> None:
        """45 degrees down towards the north, the Sun in the south: turned away where it stands lower than that."""
        block = plane(1.0, 0.0, zenith, 180.0)
        found = contracts.run(ReliefShadow(backend="sweep"), block).arrays["relief_flags"]
        turned = found[12, 14] >> ReliefShadow.writes[0].coding["SELF"].bit & 1  # type: ignore[union-attr]
        assert bool(turned) is expected
