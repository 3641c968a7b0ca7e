"""Codings of flag and class bands: packing and unpacking, and what makes a coding ambiguous."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from estran.errors import EstranError
from estran.raster.coding import Flag, FlagCoding, IndexCoding, IndexValue

WHITE = (255, 255, 255)


def coding(*bits: int) -> FlagCoding:
    return FlagCoding("flags", tuple(Flag(f"F{bit}", bit, WHITE, f"bit {bit}") for bit in bits))


SIXTEEN = coding(*range(16))


@given(st.data(), st.tuples(st.integers(0, 6), st.integers(1, 6)))
def test_flags_come_back_from_what_was_packed(data: st.DataObject, shape: tuple[int, int]) -> None:
    names = data.draw(st.lists(st.sampled_from([f.name for f in SIXTEEN.flags]), min_size=1, unique=True))
    masks = {name: data.draw(arrays(np.bool_, shape)) for name in names}
    packed = SIXTEEN.pack(masks)
    assert packed.dtype == np.uint16
    for flag in SIXTEEN.flags:
        expected = masks.get(flag.name, np.zeros(shape, bool))
        np.testing.assert_array_equal(SIXTEEN.unpack(packed, flag.name), expected)


@given(arrays(np.uint16, st.integers(1, 20)))
def test_every_number_is_the_sum_of_its_flags(packed: np.ndarray) -> None:
    total = sum(SIXTEEN.unpack(packed, f.name) * f.mask for f in SIXTEEN.flags)
    np.testing.assert_array_equal(total, packed)
    again = SIXTEEN.pack({f.name: SIXTEEN.unpack(packed, f.name) for f in SIXTEEN.flags})
    np.testing.assert_array_equal(again, packed)


def test_packing_is_the_sum_of_powers_of_two() -> None:
    masks = {"F0": np.array([True, False, True, False]), "F3": np.array([True, True, False, False])}
    assert coding(0, 3, 7).pack(masks).tolist() == [9, 8, 1, 0]


def test_the_order_in_which_masks_are_given_does_not_matter() -> None:
    a, b = np.array([True, False]), np.array([True, True])
    one, two = coding(1, 5).pack({"F1": a, "F5": b}), coding(1, 5).pack({"F5": b, "F1": a})
    assert one.tolist() == two.tolist() == [34, 32]


@pytest.mark.parametrize(("dtype", "bit"), [(np.uint8, 7), (np.uint16, 15), (np.uint32, 31), (np.uint64, 63)])
def test_the_highest_bit_of_each_type(dtype: type, bit: int) -> None:
    flags = coding(0, bit)
    packed = flags.pack({f"F{bit}": np.array([True, False])}, dtype)
    assert packed.dtype == dtype
    assert packed.tolist() == [2**bit, 0]
    assert flags["F" + str(bit)].mask == 2**bit


def test_masks_of_ones_and_zeros_are_taken_as_truth_values() -> None:
    assert coding(4).pack({"F4": np.array([0, 1], np.uint8)}).tolist() == [0, 16]


def test_masks_are_not_changed() -> None:
    mask = np.array([True, False])
    coding(2).pack({"F2": mask})
    assert mask.tolist() == [True, False]


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32, np.int64])
def test_unpacking_takes_any_integer(dtype: type) -> None:
    found = coding(1, 2).unpack(np.array([[0, 2], [4, 6]], dtype), "F1")
    assert found.dtype == bool
    assert found.tolist() == [[False, True], [False, True]]


def test_a_negative_sample_has_the_bits_of_its_two_s_complement() -> None:
    assert coding(15).unpack(np.array([-1, -32768, 32767], np.int16), "F15").tolist() == [True, True, False]


def test_a_bit_that_the_samples_do_not_have_is_not_set() -> None:
    assert coding(1, 9).unpack(np.array([255], np.uint8), "F9").tolist() == [False]


class TestAmbiguousFlags:
    @pytest.mark.parametrize(
        "flags",
        [
            (Flag("CLOUD", 0, WHITE, ""), Flag("SNOW", 0, WHITE, "")),
            (Flag("CLOUD", 0, WHITE, ""), Flag("CLOUD", 1, WHITE, "")),
            (Flag("CLOUD", 0, WHITE, ""), Flag("SNOW", 1, WHITE, ""), Flag("CLOUD", 0, WHITE, "")),
        ],
    )
    def test_are_refused(self, flags: tuple[Flag, ...]) -> None:
        with pytest.raises(EstranError, match=r"two flags share a bit or a name \(in mine\)") as error:
            FlagCoding("mine", flags)
        for flag in flags:
            assert repr((flag.name, flag.bit)) in str(error.value)

    def test_no_flags_at_all_are_no_ambiguity(self) -> None:
        assert FlagCoding("none", ()).flags == ()


class TestNames:
    def test_a_flag_by_its_name(self) -> None:
        assert coding(3, 5)["F5"].bit == 5

    def test_a_class_by_its_name(self) -> None:
        classes = IndexCoding("classes", (IndexValue("LAND", 4, WHITE, ""), IndexValue("WATER", 5, WHITE, "")))
        assert classes["WATER"].value == 5

    def test_an_unknown_flag_is_answered_with_those_that_there_are(self) -> None:
        with pytest.raises(EstranError) as error:
            coding(3, 5)["RAIN"]
        assert str(error.value) == "no flag is called 'RAIN' (in flags): expected F3, F5."

    def test_an_unknown_class_is_answered_with_those_that_there_are(self) -> None:
        classes = IndexCoding("classes", (IndexValue("LAND", 4, WHITE, ""), IndexValue("WATER", 5, WHITE, "")))
        with pytest.raises(EstranError) as error:
            classes["water"]
        assert str(error.value) == "no class is called 'water' (in classes): expected LAND, WATER."

    def test_no_band_is_made_of_an_unknown_flag(self) -> None:
        with pytest.raises(EstranError, match="no flag is called 'RAIN'"):
            coding(1).pack({"RAIN": np.zeros(3, bool)})

    def test_no_band_is_read_for_an_unknown_flag(self) -> None:
        with pytest.raises(EstranError, match="no flag is called 'RAIN'"):
            coding(1).unpack(np.zeros(3, np.uint16), "RAIN")
