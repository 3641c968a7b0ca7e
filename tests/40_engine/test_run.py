"""The four walks: whole equals tiled, sources resolved, everything said aloud."""

from __future__ import annotations

import logging
import warnings
import weakref
from dataclasses import replace
from pathlib import Path

import dask.array as da
import numpy as np
import pytest
from engine_operators import OPERATORS, NeighbourOp, PixelOp, SceneOp, ShortOp, SurveyOp, make_product

from estran.engine import tiles
from estran.engine.nodes.resampling import Resample
from estran.engine.overview import Overview
from estran.engine.run import run_now
from estran.errors import BadGrid, EstranError, MissingBand
from estran.physics.geometry import sun_position
from estran.raster.grid import Grid
from estran.raster.product import Band, Mask, Product, TiePointGrid
from estran.raster.record import Note, RunRecord
from estran.raster.scene import whole


def values(product: Product) -> dict[str, np.ndarray]:
    return {name: np.asarray(band.data) for name, band in product.bands.items()}


@pytest.mark.parametrize("op", [PixelOp(), NeighbourOp(reach=4), SurveyOp()], ids=lambda op: op.alias)
@pytest.mark.parametrize("tile", [7, 13, 64, 90])
def test_tiled_is_whole(op: object, tile: int, product: Product) -> None:
    whole = values(run_now(op, {"source": product}, tile=1000))
    tiled = values(run_now(op, {"source": product}, tile=tile))
    lazy = product.with_bands(replace(product["B4"], data=da.from_array(product["B4"].data, chunks=11)))
    chunked = values(run_now(op, {"source": lazy}, tile=tile))
    for name, expected in whole.items():
        np.testing.assert_array_equal(tiled[name], expected)
        np.testing.assert_array_equal(chunked[name], expected)


def test_a_halo_too_short_shows(product: Product) -> None:
    """The twin of the test above: it can fail."""
    whole = values(run_now(ShortOp(reach=4), {"source": product}, tile=1000))
    tiled = values(run_now(ShortOp(reach=4), {"source": product}, tile=13))
    assert not np.array_equal(whole["value"], tiled["value"])


def test_surveys_are_merged_in_the_order_of_the_blocks(product: Product) -> None:
    seen = []

    class Listening(SurveyOp):
        def compute(self, block, survey=None):
            seen.append([s[:2] for s in survey])
            return super().compute(block, survey)

    run_now(Listening(), {"source": product}, tile=32)
    assert seen[0] == [(row, col) for row in (0, 32, 64) for col in (0, 32, 64)]
    assert all(s == seen[0] for s in seen)


@pytest.mark.parametrize("alias", sorted(OPERATORS))
def test_physical_values_and_no_data(alias: str, product: Product) -> None:
    """Scale and offset are applied, no-data is NaN, and the input is left as it was."""
    before = product["B4"].data.copy()
    seen = {}
    kind = OPERATORS[alias]

    class Looking(kind):
        def compute(self, block, survey=None):
            seen[block.window] = block["red"].copy()
            return super().compute(block, survey)

    run_now(Looking(), {"source": product}, tile=1000)
    (red,) = seen.values()
    assert red.dtype == np.float32
    assert np.isnan(red[:5, :7]).all()
    np.testing.assert_array_equal(red[10:], (before[10:].astype(float) * 1e-4 - 0.1).astype(np.float32))
    np.testing.assert_array_equal(product["B4"].data, before)


def test_the_result_is_a_product(product: Product) -> None:
    product = product.with_bands(Band("B3", product["B4"].data, product.grid))
    product = replace(
        product,
        masks={"high": Mask("high", "B3 > 5", (1, 2, 3)), "other": Mask("other", "B4 > 5", (1, 2, 3))},
        metadata=(),
    )
    result = run_now(PixelOp(limit=0.7, copy_bands=("B3",)), {"source": product})
    assert result.name == "scene_Pixel"
    assert list(result.bands) == ["value", "bright_flags", "B3"]
    assert (result.grid, result.start, result.platform) == (product.grid, product.start, product.platform)
    assert np.isnan(result["value"].nodata)
    assert result["bright_flags"].coding["BRIGHT"].mask == 1
    assert list(result.masks) == ["high", "bright_bright", "bright_nodata"]
    (element,) = result.metadata
    assert element.name == "Estran_Processing"
    record = element.find("Estran_Test.Pixel")
    assert record.find("parameters").attributes == {"limit": "0.7", "mode": "plain", "sza": "", "copy_bands": "B3"}
    assert record.find("facts").attributes == {"limit": 0.7}
    assert element.find("inputs").attributes == {"source": "scene"}
    assert {"estran", "numpy"} <= set(element.find("versions").attributes)


def test_what_is_switched_off_is_a_warning_a_note_and_metadata(
    product: Product, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = replace(product, start=None)
    with caplog.at_level(logging.WARNING, "estran"):
        result = run_now(PixelOp(), {"source": nowhere})
    said = "no sun_zenith: the sun is taken at the zenith."
    assert said in caplog.messages
    assert said in result.notes
    assert said in result.metadata[0].find("Estran_Test.Pixel").find("notes").attributes.values()


def test_what_an_operator_finds_out_is_a_note_too(product: Product) -> None:
    class Saying(SceneOp):
        def compute(self, block, survey=None):
            result = super().compute(block, survey)
            return block.out(result.arrays, RunRecord((Note("found", "", "it is dark."),), facts={"count": 3}))

    result = run_now(Saying(), {"source": product})
    assert "it is dark." in result.notes
    assert result.metadata[0].find("Estran_Test.Scene").find("facts").attributes == {"count": 3}


def test_a_constant_angle_from_a_parameter(product: Product) -> None:
    result = run_now(PixelOp(sza=60.0), {"source": product})
    np.testing.assert_allclose(np.asarray(result["value"].data)[20, 1], 0.05 / 0.5, rtol=1e-6)
    assert any("constant 60" in n for n in result.notes)


def test_the_sun_from_place_and_time(product: Product) -> None:
    """Every pixel gets the sun of its own place; said aloud."""
    seen = {}

    class Looking(PixelOp):
        def compute(self, block, survey=None):
            seen["sun"] = block["sun_zenith"]
            return super().compute(block, survey)

    result = run_now(Looking(), {"source": product})
    cols, rows = np.meshgrid(np.arange(90) + 0.5, np.arange(70) + 0.5)
    expected = sun_position(product.start, *product.grid.lonlat(cols, rows))[0]
    np.testing.assert_allclose(seen["sun"], expected, atol=1e-4)
    assert any("from place and time (2019-04-11 10:50:29 UTC)" in n for n in result.notes)


def test_tie_points_serve_as_bands(product: Product) -> None:
    """A plane is interpolated exactly, between the points and beyond them."""
    points = TiePointGrid("sun_zenith", np.array([[10, 20], [30, 40]], np.float32), 0.0, 0.0, 45.0, 35.0, "deg")
    seen = {}

    class Looking(PixelOp):
        def compute(self, block, survey=None):
            seen[block.window] = block["sun_zenith"]
            return super().compute(block, survey)

    run_now(Looking(), {"source": replace(product, tie_points={"sun_zenith": points})}, tile=40)
    for window, found in seen.items():
        rows, cols = np.mgrid[window.slices]
        np.testing.assert_allclose(found, 10 + 10 * (cols + 0.5) / 45 + 20 * (rows + 0.5) / 35, rtol=1e-5)


def test_valid_pixel_expressions_are_honoured(product: Product) -> None:
    cut = product.with_bands(replace(product["B4"], valid="B4 > 0.1"))
    found = np.asarray(run_now(PixelOp(sza=0.0), {"source": cut})["value"].data)
    assert np.isnan(found).sum() == (product["B4"].data != 9000).sum()


def test_aux_files_are_asked_for_with_the_grid(product: Product) -> None:
    asked = []

    def read_aux(path: Path, grid: Grid, *, resampling: str, notes: list[str]) -> np.ndarray:
        asked.append((path, grid, resampling))
        return np.full(grid.shape, 100.0, np.float32)

    result = run_now(SceneOp(dem_file=Path("dem.tif")), {"source": product}, read_aux=read_aux)
    assert asked == [(Path("dem.tif"), product.grid, "bilinear")]
    assert np.nanmedian(np.asarray(result["value"].data)) == pytest.approx(100.0)


def test_a_missing_band_lists_what_there_is(product: Product) -> None:
    with pytest.raises(MissingBand, match=r"Test\.Pixel needs the band red.*found B7"):
        run_now(PixelOp(), {"source": replace(product, bands={"B7": replace(product["B4"], name="B7")})})


def test_bands_of_several_sizes_ask_for_resampling() -> None:
    fine, coarse = make_product(), make_product((35, 45), 40.0)
    mixed = fine.with_bands(Band("sun_zenith", np.ones((35, 45), np.float32), coarse.grid, unit="degrees"))
    with pytest.raises(BadGrid, match=r"differ in size.*B4 90 x 70, sun_zenith 45 x 35.*Resample"):
        run_now(PixelOp(), {"source": mixed})


def test_a_source_not_given() -> None:
    with pytest.raises(EstranError, match="source 'source' is not given"):
        run_now(PixelOp(), {})


def test_progress_rises_to_one(product: Product) -> None:
    for op in (PixelOp(), SurveyOp(), SceneOp()):
        fractions = []
        run_now(
            op,
            {"source": product},
            tile=30,
            progress=lambda fraction, message, fractions=fractions: fractions.append(fraction),
        )
        assert fractions == sorted(fractions)
        assert fractions[-1] == 1.0


def test_a_progress_report_may_cancel(product: Product) -> None:
    def stop(fraction: float, message: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_now(SceneOp(), {"source": product}, progress=stop)


def test_a_scene_operator_may_let_go_of_what_it_has_used(product: Product) -> None:
    """What it takes out of the block is held by nobody else; blocks made by hand keep theirs."""
    left = []

    class Taking(SceneOp):
        def compute(self, block, survey=None):
            red = block.pop("red")
            gone = weakref.ref(red)
            result = self.answer(block, red - 1)
            del red
            left.append((gone(), block.get("red")))
            return result

    run_now(Taking(), {"source": product})
    assert left == [(None, None)]
    block = whole({"red": np.zeros((2, 2), np.float32)})
    assert block.pop("red") is block["red"]


def test_an_overview_is_the_mean_of_what_was_read(product: Product) -> None:
    """Whatever the chunks: the same small copy, no-data left out, on a grid of its own."""
    red = product["B4"].physical(product["B4"].data, np.float64)
    padded = np.full((72, 92), np.nan)
    padded[:70, :90] = red
    with warnings.catch_warnings(action="ignore"):  # the corner without data has no mean
        expected = np.nanmean(padded.reshape(18, 4, 23, 4), axis=(1, 3))
    for chunk in (13, 64):
        overview = Overview(("red",), 25)
        lazy = product.with_bands(replace(product["B4"], data=da.from_array(product["B4"].data, chunks=chunk)))
        run_now(SceneOp(), {"source": lazy}, overview=overview)
        small = overview.on(product)["B4"]
        np.testing.assert_allclose(small.physical(small.data), expected, rtol=1e-6)
        assert small.grid.shape == (18, 23)
        assert small.grid.pixel_size == (80.0, 80.0)


def test_a_chunk_is_read_once_whatever_the_windows() -> None:
    """Windows with halos, and bilinear windows, share the chunks under them: a file is not decoded once a window."""
    reads = []

    class File:
        shape, dtype, ndim = (96, 96), np.dtype(np.uint16), 2

        def __getitem__(self, key: tuple[slice, slice]) -> np.ndarray:
            reads.append(key)
            return np.full(np.empty(self.shape)[key].shape, 2000, np.uint16)

    fine = make_product((96, 96))
    lazy = fine.with_bands(
        replace(fine["B4"], data=da.from_array(File(), chunks=48, name="file", meta=np.empty((0, 0), np.uint16)))
    )
    run_now(NeighbourOp(reach=5), {"source": lazy}, tile=16)
    assert len(reads) == 4
    reads.clear()
    Resample(targetResolution=5, upsampling="Bilinear").apply(lazy, tile=64)["B4"].data.compute()
    assert len(reads) == 4


@pytest.mark.parametrize(
    ("op", "waits"),
    [(PixelOp(), np.float32), (NeighbourOp(reach=4), np.uint16)],
    ids=["pixels alone", "with neighbours"],
)
def test_what_windows_share_waits_as_it_was_read(
    op: object, waits: type, product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Raw numbers weigh half of what values do; the values are the same."""
    raw = np.rint(np.nan_to_num(product["B4"].data) * 1e3).astype(np.uint16)
    counts = product.with_bands(
        Band("B4", da.from_array(raw, chunks=16), product.grid, scale=1e-3, nodata=0, unit="dl")
    )
    expected = values(run_now(op, {"source": counts}, tile=1000))
    met = set()
    joined = tiles.joined
    monkeypatch.setattr(
        tiles, "joined", lambda chunks, *rest: met.add(chunks[0][0].dtype.type) or joined(chunks, *rest)
    )
    found = values(run_now(op, {"source": counts}, tile=16))
    assert waits in met
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array)
