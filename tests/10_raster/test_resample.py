"""Resampling of raw samples: against what SNAP's own Resample made of the same product, and laws of its own."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from estran.errors import BadGrid
from estran.raster.grid import Grid, Window
from estran.raster.resample import Ratio, resample


def envi(folder: Path, name: str) -> np.ndarray:
    """A band of a BEAM-DIMAP product, read here by hand: this room knows no readers."""
    header = (folder / f"{name}.hdr").read_text()
    width, height, kind = (int(re.search(rf"{key} = (\d+)", header)[1]) for key in ("samples", "lines", "data type"))
    return np.fromfile(folder / f"{name}.img", {12: ">u2", 4: ">f4"}[kind]).reshape(height, width)


@pytest.mark.parametrize(
    ("metres", "down", "up"),
    [(20, "First", "Nearest"), (20, "Mean", "Bilinear"), (10, "Mean", "Bilinear"), (60, "Mean", "Nearest")],
)
@pytest.mark.parametrize(("band", "pixel"), [("B2", 10), ("B5", 20), ("B10", 60)])
def test_raw_values_of_snap(shared_data: Path, metres: int, down: str, up: str, band: str, pixel: int) -> None:
    """Every raw value of SNAP's Resample; bilinear images without the border where SNAP mixes zeros in."""
    folder = shared_data / "snap_products"
    raw = envi(folder / "multisize.data", band)
    expected = envi(folder / f"resampled_{metres}_{down}_{up}.data", band)
    ratio = Ratio(metres / pixel, metres / pixel)
    method = up if ratio.enlarges else down
    found = resample(raw, Window(0, 0, *raw.shape), Window(0, 0, *expected.shape), ratio, method, nodata=0)
    edge = round(1 / ratio.row_scale) if method == "Bilinear" and not ratio.is_identity else 0
    inside = np.s_[edge : expected.shape[0] - edge, edge : expected.shape[1] - edge]
    np.testing.assert_array_equal(found[inside], expected[inside])
    if edge:
        assert expected[0, 0] == raw[0, 0] // 4, "SNAP no longer mixes zeros in at the border: ours may follow it there"
        assert found[0, 0] == raw[0, 0]


methods = st.sampled_from(["First", "Min", "Max", "Mean", "Median", "FlagAnd", "FlagOr", "Nearest", "Bilinear"])


@given(
    method=methods,
    scale=st.sampled_from([1 / 6, 1 / 3, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 6.0]),
    tile=st.integers(1, 9),
    dtype=st.sampled_from([np.uint8, np.int16, np.uint16, np.float32]),
    seed=st.integers(0, 99),
)
def test_tiled_is_whole(method: str, scale: float, tile: int, dtype: type, seed: int) -> None:
    """Any window of the target comes out as from the whole image, bit for bit."""
    random = np.random.default_rng(seed)
    raw = random.integers(0, 90, (17, 23)).astype(dtype)
    target = Grid(int(np.ceil(23 / scale)), int(np.ceil(17 / scale)))
    ratio = Ratio(scale, scale)
    whole = resample(raw, Window(0, 0, 17, 23), target.window, ratio, method, nodata=0, saturated=89)
    for window in target.tiles(tile * max(1, target.width // 12)):
        need = ratio.needed(window, raw.shape, method)
        part = resample(raw[need.slices], need, window, ratio, method, nodata=0, saturated=89)
        np.testing.assert_array_equal(part, whole[window.slices])


@given(value=st.integers(1, 60000), scale=st.sampled_from([1 / 6, 0.5, 1.5, 2.0, 3.0]), method=methods)
def test_a_constant_stays_itself(value: int, scale: float, method: str) -> None:
    raw = np.full((12, 12), value, np.uint16)
    size = int(12 / scale)
    assert np.all(
        resample(raw, Window(0, 0, 12, 12), Window(0, 0, size, size), Ratio(scale, scale), method, nodata=0) == value
    )


def test_aggregations_of_one_pixel() -> None:
    raw = np.array([[1, 2], [4, 8]], np.uint16)
    one = Window(0, 0, 1, 1)
    found = {
        m: int(resample(raw, Window(0, 0, 2, 2), one, Ratio(2, 2), m)[0, 0])
        for m in ("First", "Min", "Max", "Mean", "Median", "FlagAnd", "FlagOr")
    }
    assert found == {"First": 1, "Min": 1, "Max": 8, "Mean": 3, "Median": 3, "FlagAnd": 0, "FlagOr": 15}


def test_fractions_of_pixels_weigh() -> None:
    """1.5 source pixels to one: (1 x 0 + 0.5 x 30) / 1.5."""
    raw = np.array([[0.0, 30.0, 60.0]], np.float32)
    found = resample(raw, Window(0, 0, 1, 3), Window(0, 0, 1, 2), Ratio(1, 1.5), "Mean")
    np.testing.assert_allclose(found, [[10.0, 50.0]])


@pytest.mark.parametrize(("method", "scale"), [("Mean", 2.0), ("Bilinear", 0.5)])
def test_no_data_never_mixes_in(method: str, scale: float) -> None:
    """A pixel without data neither darkens its neighbours nor is filled by them."""
    raw = np.full((8, 8), 1000, np.uint16)
    raw[:, :3] = 0
    size = int(8 / scale)
    found = resample(raw, Window(0, 0, 8, 8), Window(0, 0, size, size), Ratio(scale, scale), method, nodata=0)
    assert set(np.unique(found)) == {0, 1000}
    without = {"Mean": 1, "Bilinear": 6}[method]  # the mean of a half-empty pixel is that of its full half
    assert np.all(found[:, :without] == 0)
    assert np.all(found[:, without:] == 1000)


@pytest.mark.parametrize(("method", "scale"), [("Mean", 2.0), ("Min", 2.0), ("Bilinear", 0.5)])
def test_saturation_spreads(method: str, scale: float) -> None:
    raw = np.full((4, 4), 1000, np.uint16)
    raw[1, 1] = 65535
    size = int(4 / scale)
    found = resample(
        raw, Window(0, 0, 4, 4), Window(0, 0, size, size), Ratio(scale, scale), method, nodata=0, saturated=65535
    )
    assert set(np.unique(found)) == {1000, 65535}
    assert found[int(1 / scale), int(1 / scale)] == 65535


@pytest.mark.parametrize(("method", "scale"), [("Mean", 2.0), ("Bilinear", 0.5)])
def test_azimuths_are_angles(method: str, scale: float) -> None:
    """North from both sides stays north: plain averages would say south."""
    raw = np.array([[359.0, 1.0], [359.0, 1.0]], np.float32)
    size = int(2 / scale)
    found = resample(raw, Window(0, 0, 2, 2), Window(0, 0, size, size), Ratio(scale, scale), method, period=360.0)
    off_north = np.abs((found + 180) % 360 - 180)
    assert off_north.max() <= 1.0
    assert found.min() >= 0
    assert found.max() < 360


def test_ratio_of_grids() -> None:
    coarse = Grid(5, 5, Affine(60, 0, 600000, 0, -60, 5600000), "EPSG:32631")
    fine = Grid(30, 30, Affine(10, 0, 600000, 0, -10, 5600000), "EPSG:32631")
    ratio = Ratio.between(coarse, fine)
    assert (ratio.row_scale, ratio.col_scale) == pytest.approx((1 / 6, 1 / 6))
    assert (ratio.row_offset, ratio.col_offset) == pytest.approx((0, 0))
    assert ratio.enlarges
    with pytest.raises(BadGrid, match="different CRS"):
        Ratio.between(coarse, Grid(5, 5, coarse.transform, "EPSG:32632"))
    with pytest.raises(BadGrid, match="rotated"):
        Ratio.between(coarse, Grid(5, 5, Affine(60, 10, 600000, 10, -60, 5600000), "EPSG:32631"))


@pytest.mark.parametrize("times", [2, 3, 6])
def test_exact_weights_of_integers(times: int) -> None:
    """As SNAP's S2Resampling, which works in double numbers and cuts: against scipy, half a target pixel towards the
    upper left.
    """
    raw = np.random.default_rng(4).integers(1, 20000, (12, 15)).astype(np.uint16)
    found = resample(
        raw,
        Window(0, 0, 12, 15),
        Window(0, 0, 12 * times, 15 * times),
        Ratio(1 / times, 1 / times),
        "Bilinear",
        nodata=0,
        exact=True,
    )
    at = np.indices(found.shape) / times - 0.5
    expected = ndimage.map_coordinates(raw.astype(float), at, order=1, mode="nearest")
    np.testing.assert_array_equal(found, np.floor(expected + 1e-6))
    stepped = resample(
        raw,
        Window(0, 0, 12, 15),
        Window(0, 0, 12 * times, 15 * times),
        Ratio(1 / times, 1 / times),
        "Bilinear",
        nodata=0,
    )
    assert (np.abs(stepped - expected).max() > 1) == (times != 2)


@given(
    method=st.sampled_from(["Mean", "Bilinear"]),
    scale=st.sampled_from([1 / 6, 1 / 3, 0.4, 0.5, 1.0, 2.0, 2.5, 3.0, 6.0]),
    shift=st.sampled_from([0.0, 1.0, -1.0, 0.5, -0.3]),
    size=st.tuples(st.integers(1, 13), st.integers(1, 13)),
    dtype=st.sampled_from([np.uint8, np.uint16]),
    nodata=st.sampled_from([None, np.nan, 0, 3, 0.5, -1, 1e6]),
    saturated=st.sampled_from([None, 255, 4, 3, 1e6]),
    few=st.booleans(),
    seed=st.integers(0, 99),
)
def test_digital_numbers_come_out_as_from_the_loops_for_any_number(
    method, scale, shift, size, dtype, nodata, saturated, few, seed
) -> None:
    """Unsigned numbers have loops of their own; the same values as 32-bit integers take the general ones."""
    random = np.random.default_rng(seed)
    raw = (
        random.choice([0, 3, 4, 5, 255], size).astype(dtype)
        if few
        else random.integers(0, np.iinfo(dtype).max, size, dtype, endpoint=True)
    )
    origin, ratio = Window(2, 3, *size), Ratio(scale, scale, 2.0 + shift, 3.0 + shift)
    target = Window(0, 0, int(np.ceil(size[0] / scale)), int(np.ceil(size[1] / scale)))
    found, expected = (
        resample(r, origin, target, ratio, method, nodata=nodata, saturated=saturated)
        for r in (raw, raw.astype(np.int32))
    )
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, expected.astype(dtype))


def test_means_of_digital_numbers_are_those_of_numpy() -> None:
    raw = np.random.default_rng(4).integers(1, 65535, (64, 96)).astype(np.uint16)
    for k in (2, 3, 4, 6):
        shape = -(-64 // k), 96 // k
        found = resample(
            raw, Window(0, 0, 64, 96), Window(0, 0, *shape), Ratio(k, k), "Mean", nodata=0, saturated=65535
        )
        padded = np.ma.masked_all((shape[0] * k, 96), np.int64)
        padded[:64] = raw
        np.testing.assert_array_equal(found, padded.reshape(shape[0], k, shape[1], k).mean((1, 3)).astype(np.uint16))
