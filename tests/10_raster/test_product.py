"""Products as data: physical values of raw samples, and products that grow without changing the old one."""

from __future__ import annotations

import math
import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from estran.errors import MissingBand
from estran.raster.grid import Grid
from estran.raster.product import Band, Element, Pending, Product

GRID = Grid(3, 2)
RAW_TYPES = [np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.int32, np.float32, np.float64]


def band(name: str = "B1", data: object = None, grid: Grid = GRID, **known: object) -> Band:
    return Band(name, np.zeros(grid.shape, np.uint16) if data is None else data, grid, **known)  # type: ignore[arg-type]


def as_float32(value: float) -> float:
    """A double rounded to single precision by Python's own packing."""
    return float(struct.unpack("f", struct.pack("f", value))[0])


class TestPhysicalValues:
    @given(
        st.lists(st.integers(-32768, 32767), min_size=1, max_size=8),
        st.floats(1e-6, 100),
        st.floats(-1000, 1000),
    )
    def test_scaling_is_done_in_double_and_rounded_once(self, raw: list[int], scale: float, offset: float) -> None:
        found = band(scale=scale, offset=offset).physical(np.array(raw, np.int16))
        assert found.dtype == np.float32
        assert found.tolist() == [as_float32(value * scale + offset) for value in raw]

    def test_single_precision_on_the_way_would_be_another_number(self) -> None:
        """7 * 0.1 in single precision, then rounded, is one step off for a part of all 16-bit samples."""
        raw = np.arange(65536, dtype=np.uint16)
        found = band(scale=1e-4, offset=-0.1).physical(raw)
        single = raw.astype(np.float32) * np.float32(1e-4) + np.float32(-0.1)
        assert (found != single).any()
        np.testing.assert_array_equal(found, (raw.astype(np.float64) * 1e-4 - 0.1).astype(np.float32))

    @given(st.lists(st.integers(0, 255), min_size=1, max_size=8))
    def test_a_logarithmic_band_is_a_power_of_ten(self, raw: list[int]) -> None:
        """As in SNAP: 10 to the power of the scaled sample (chlorophyll of SeaWiFS: 0.015 * raw - 2)."""
        found = band(scale=0.015, offset=-2.0, log10_scaled=True).physical(np.array(raw, np.uint8), np.float64)
        assert found.tolist() == pytest.approx([math.pow(10, 0.015 * value - 2.0) for value in raw], rel=1e-12)

    def test_a_logarithm_alone_is_a_scaling(self) -> None:
        assert band(log10_scaled=True).physical(np.array([0, 1, 2], np.uint8)).tolist() == [1.0, 10.0, 100.0]

    @pytest.mark.parametrize("dtype", RAW_TYPES)
    def test_without_scaling_samples_stay_what_they_are(self, dtype: type) -> None:
        raw = np.array([[0, 1], [100, 127]], dtype)
        found = band().physical(raw, np.float64)
        np.testing.assert_array_equal(found, raw)

    @pytest.mark.parametrize("dtype", RAW_TYPES)
    @pytest.mark.parametrize("scale", [1.0, 0.5])
    def test_no_data_is_a_raw_value(self, dtype: type, scale: float) -> None:
        """The raw 2 is no data, and the raw 4, which is physically 2, is not."""
        found = band(scale=scale, nodata=2).physical(np.array([0, 2, 4], dtype))
        np.testing.assert_array_equal(found, np.array([0, np.nan, 4 * scale], np.float32))

    @pytest.mark.parametrize("nodata", [None, np.nan])
    def test_nan_is_no_data_in_any_case(self, nodata: float | None) -> None:
        found = band(scale=2.0, nodata=nodata).physical(np.array([1, np.nan, 0], np.float32))
        np.testing.assert_array_equal(found, np.array([2, np.nan, 0], np.float32))

    @pytest.mark.parametrize("nodata", [-1.0, 65536.0, 0.5, -9999.0])
    def test_a_value_that_the_samples_cannot_have_marks_none(self, nodata: float) -> None:
        assert np.isfinite(band(nodata=nodata).physical(np.arange(65536, dtype=np.uint16))).all()

    @pytest.mark.parametrize("nodata", [-3.4028234663852886e38, -9999.0, 0.1, np.inf])
    def test_no_data_of_single_precision_samples(self, nodata: float) -> None:
        """A file states 0.1 in decimal digits: the sample next to it in single precision is meant."""
        found = band(nodata=nodata).physical(np.array([nodata, 1.0], np.float32))
        np.testing.assert_array_equal(found, np.array([np.nan, 1.0], np.float32))

    def test_no_data_beyond_single_precision_marks_nothing(self) -> None:
        """GDAL writes the least double for no data, also beside bands of single precision."""
        found = band(nodata=-1.7976931348623157e308).physical(np.array([1.0, -2.0], np.float32))
        assert found.tolist() == [1.0, -2.0]

    @given(arrays(np.uint16, st.tuples(st.integers(0, 4), st.integers(0, 4))))
    def test_samples_are_not_changed(self, raw: np.ndarray) -> None:
        before = raw.copy()
        found = band(scale=0.5, offset=1, nodata=3).physical(raw)
        np.testing.assert_array_equal(raw, before)
        assert found.shape == raw.shape

    def test_samples_of_single_precision_are_not_changed_either(self) -> None:
        raw = np.array([1.0, 2.0], np.float32)
        found = band(nodata=2.0).physical(raw)
        assert raw.tolist() == [1.0, 2.0]
        assert np.isnan(found[1])

    @pytest.mark.parametrize(
        ("known", "expected"),
        [
            ({}, False),
            ({"scale": 0.1}, True),
            ({"offset": -1000.0}, True),
            ({"log10_scaled": True}, True),
            ({"nodata": 0.0, "unit": "dl", "valid": "B1 > 0"}, False),
        ],
    )
    def test_what_counts_as_scaling(self, known: dict[str, object], expected: bool) -> None:
        assert band(**known).is_scaled is expected


class TestProducts:
    def test_a_band_by_its_name(self) -> None:
        product = Product("P", GRID, {"B1": band("B1"), "B2": band("B2", scale=2.0)})
        assert product["B2"].scale == 2.0

    def test_a_band_that_is_missing(self) -> None:
        product = Product("P", GRID, {"B1": band("B1"), "B2": band("B2")})
        with pytest.raises(MissingBand) as error:
            product["B3"]
        assert str(error.value) == "band 'B3' is missing (in P): found B1, B2."
        assert error.value.__cause__ is None

    def test_bands_are_added_behind_and_replaced_in_place(self) -> None:
        old = Product("P", GRID, {"B1": band("B1"), "B2": band("B2")})
        new = old.with_bands(band("B3"), band("B1", scale=5.0))
        assert list(new.bands) == ["B1", "B2", "B3"]
        assert new["B1"].scale == 5.0
        assert list(old.bands) == ["B1", "B2"]
        assert old["B1"].scale == 1.0

    @given(st.lists(st.sampled_from("abcd"), max_size=6), st.lists(st.sampled_from("abcd"), max_size=6))
    def test_each_note_stands_once_where_it_first_came(self, first: list[str], second: list[str]) -> None:
        notes = Product("P", GRID, {}).with_notes(*first).with_notes(*second).notes
        both = first + second
        assert sorted(notes) == sorted(set(both))
        assert list(notes) == sorted(set(both), key=both.index)

    def test_sizes(self) -> None:
        small, large = band("B1"), band("B2", grid=Grid(6, 4))
        assert Product("P", GRID, {"B1": small, "B2": large}).is_multisize
        assert not Product("P", GRID, {"B1": small, "B2": replace(small, name="B2")}).is_multisize
        assert not Product("P", GRID, {"B2": large}).is_multisize  # the scene raster is not a band
        assert not Product("P", GRID, {}).is_multisize

    def test_what_is_pending_is_finished_in_its_order(self) -> None:
        """The second sees what the first has done, each gets its own records, and nothing stays pending."""

        def note(product: Product, records: object) -> Product:
            return product.with_notes(f"{len(product.notes)}: {records}")

        product = Product("P", GRID, {}, pending=(Pending(("lazy",), note), Pending(("lazy", "lazy"), note)))
        settled = product.settled([["a"], ["b", "c"]])
        assert settled.notes == ("0: ['a']", "1: ['b', 'c']")
        assert settled.pending == ()
        assert len(product.pending) == 2

    def test_records_and_what_is_pending_belong_together(self) -> None:
        product = Product("P", GRID, {}, pending=(Pending((), lambda product, _: product),))
        with pytest.raises(ValueError, match=r"shorter|longer"):
            product.settled([])

    def test_nothing_pending_is_the_product_itself(self) -> None:
        product = Product("P", GRID, {"B1": band()}, notes=("a",))
        assert product.settled([]) == product


class TestMetadata:
    TREE = Element("root", {"a": 1}, (Element("x", {"n": 1}), Element("y"), Element("x", {"n": 2})))

    def test_the_first_child_of_a_name_is_found(self) -> None:
        found = self.TREE.find("x")
        assert found is not None
        assert found.attributes == {"n": 1}

    def test_neither_attributes_nor_grandchildren_are_children(self) -> None:
        assert self.TREE.find("a") is None
        assert Element("above", elements=(self.TREE,)).find("y") is None
