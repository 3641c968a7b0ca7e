"""Bands of any size come to the canvas where they belong, without being held whole."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st

from estran.raster.grid import Grid
from estran.raster.product import Band
from estran.report.canvas import Canvas, block_mean, factor_to, strips

CRS = "EPSG:32631"


def grid(width: int, height: int, metres: float = 10, west: float = 600000, north: float = 5600000) -> Grid:
    return Grid(width, height, Affine(metres, 0, west, 0, -metres, north), CRS)


@pytest.mark.parametrize(
    ("size", "limit", "factor"), [(100, 1600, 1), (1600, 1600, 1), (1601, 1600, 2), (10980, 1600, 8), (5490, 1600, 4)]
)
def test_factor_is_the_least_power_of_two_that_fits(size: int, limit: int, factor: int) -> None:
    assert factor_to(size, limit) == factor


@given(rows=st.integers(1, 40), cols=st.integers(1, 40), k=st.sampled_from([1, 2, 4, 8]), seed=st.integers(0, 99))
def test_block_mean_is_the_mean_of_what_each_block_has(rows: int, cols: int, k: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    values = generator.random((rows, cols)).astype(np.float32)
    values[generator.random((rows, cols)) < 0.4] = np.nan
    found = block_mean(values, k)
    for i in range(found.shape[0]):
        for j in range(found.shape[1]):
            block = values[i * k : (i + 1) * k, j * k : (j + 1) * k]
            known = block[np.isfinite(block)].astype(float)
            if known.size:
                assert found[i, j] == pytest.approx(known.mean(), rel=1e-6)
            else:
                assert np.isnan(found[i, j])


def test_strips_cover_the_band_once() -> None:
    data = np.arange(2500 * 3).reshape(2500, 3)
    parts = list(strips(Band("x", da.from_array(data, chunks=100), grid(3, 2500)), 8))
    assert [row % 8 for row, _ in parts] == [0] * len(parts)
    np.testing.assert_array_equal(np.concatenate([p for _, p in parts]), data)


def test_a_finer_and_a_coarser_band_show_the_same_ground() -> None:
    shown = grid(64, 48, 20)
    for metres in (10, 20, 60):
        own = grid(64 * 20 // metres + 1, 48 * 20 // metres + 1, metres)
        x = own.transform.c + metres * (np.arange(own.width) + 0.5)
        band = Band(f"x{metres}", np.broadcast_to(x, own.shape).astype(np.float64), own)
        found = Canvas(shown).mean(band)
        truth = 600000 + 20 * (np.arange(64) + 0.5)
        assert found.shape == shown.shape
        assert np.abs(found - truth).max() <= metres / 2 + 0.05  # float32 of 6e5 m holds 0.03 m


def test_a_crop_is_laid_where_the_map_says_and_the_rest_is_empty() -> None:
    whole, part = grid(80, 60, 20), grid(20, 10, 20, west=600000 + 30 * 20, north=5600000 - 40 * 20)
    found = Canvas(whole).mean(Band("part", np.ones(part.shape), part))
    where = np.zeros(whole.shape, bool)
    where[40:50, 30:50] = True
    np.testing.assert_array_equal(np.isfinite(found), where)


def test_numpy_and_dask_give_the_same_bits() -> None:
    raw = np.random.default_rng(1).integers(0, 5000, (300, 290)).astype(np.uint16)
    own = grid(290, 300)
    plain, lazy = (Band("b", d, own, scale=1e-4, nodata=0) for d in (raw, da.from_array(raw, chunks=(77, 101))))
    np.testing.assert_array_equal(Canvas(own, 100).mean(plain), Canvas(own, 100).mean(lazy))
    assert Canvas(own, 100).shape == (75, 73)


def test_codes_are_sampled_not_averaged() -> None:
    raw = np.random.default_rng(2).choice(np.array([1, 64], np.uint8), (256, 256))
    found = Canvas(grid(256, 256), 64).sample(Band("f", raw, grid(256, 256)))
    assert found.shape == (64, 64)
    assert set(np.unique(found)) == {1, 64}
    np.testing.assert_array_equal(found, raw[2::4, 2::4])
