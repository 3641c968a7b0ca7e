"""SNAP's nodes in this engine: Resample against SNAP's own outputs, Subset, BandMaths."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import dask.array as da
import numpy as np
import pytest
from affine import Affine
from engine_operators import CODING, make_product

from estran.adapters.files.open import open_product
from estran.engine.nodes.bandmaths import BandMaths
from estran.engine.nodes.resampling import Resample, S2Resampling
from estran.engine.nodes.subset import Subset
from estran.errors import BadGrid, BadParameter, MissingBand
from estran.raster.coding import IndexCoding, IndexValue
from estran.raster.grid import Grid
from estran.raster.product import Band, Product, TiePointGrid


@pytest.mark.parametrize(("metres", "down", "up"), [(20, "First", "Nearest"), (20, "Mean", "Bilinear"), (10, "Mean", "Bilinear"), (60, "Mean", "Nearest")])
@pytest.mark.parametrize("tile", [37, 1024])
def test_resample_is_snap_s(shared_data: Path, metres: int, down: str, up: str, tile: int) -> None:
    """Raw samples, geocoding, scaling and names; bilinear images without SNAP's dark border."""
    folder = shared_data / "snap_products"
    found = Resample(targetResolution=metres, downsampling=down, upsampling=up).apply(open_product(folder / "multisize.dim"), tile=tile)
    expected = open_product(folder / f"resampled_{metres}_{down}_{up}.dim")
    assert found.grid.shape == expected.grid.shape
    assert found.grid.transform.almost_equals(expected.grid.transform)
    assert list(found.bands) == list(expected.bands)
    for name, band in expected.bands.items():
        raw, reference = np.asarray(found[name].data), np.asarray(band.data)
        edge = max(1, round(60 / metres)) if up == "Bilinear" else 0
        inside = np.s_[edge : raw.shape[0] - edge, edge : raw.shape[1] - edge]
        assert raw.dtype == reference.dtype.newbyteorder("=")
        if raw.dtype.kind == "f":
            np.testing.assert_allclose(raw[inside], reference[inside], rtol=2e-7)
        else:
            np.testing.assert_array_equal(raw[inside], reference[inside])
        assert (found[name].scale, found[name].nodata) == (band.scale, band.nodata)


def test_s2resampling_is_resample(shared_data: Path) -> None:
    source = open_product(shared_data / "snap_products" / "multisize.dim")
    one = S2Resampling(resolution="20").apply(source, tile=64)
    other = Resample(targetResolution=20, downsampling="Mean", upsampling="Bilinear").apply(source, tile=64)
    for name in source.bands:
        np.testing.assert_array_equal(np.asarray(one[name].data), np.asarray(other[name].data))


def test_a_product_at_the_size_wanted_is_handed_on(product: Product) -> None:
    assert Resample(targetResolution=20).apply(product, tile=64) is product
    assert Resample(referenceBand="B4").apply(product, tile=64) is product


def test_it_is_lazy_and_stays_raw(product: Product) -> None:
    """Samples keep their type: a tile of 5490 x 5490 in uint16 is 60 MB a band, in double 240."""

    class Untouchable:
        shape, dtype, ndim = (70, 90), np.dtype(np.uint16), 2

        def __getitem__(self, item: object) -> np.ndarray:
            raise AssertionError("somebody asked for pixels")

    lazy = product.with_bands(replace(product["B4"], data=da.from_array(Untouchable(), chunks=32, name=False, meta=np.empty((0, 0), np.uint16))))
    band = Resample(targetResolution=60, downsampling="Mean").apply(lazy, tile=16)["B4"]
    assert band.data.dtype == np.uint16
    assert band.data.shape == (24, 30), "70 rows at 20 m are 23.3 at 60 m; SNAP rounds up"
    with pytest.raises(AssertionError):
        band.data.compute()


def test_flags_and_classes_are_never_averaged(product: Product) -> None:
    raw = np.arange(70 * 90, dtype=np.uint8).reshape(70, 90) % 4
    classes = IndexCoding("c", (IndexValue("A", 0, (0, 0, 0), ""),))
    product = product.with_bands(Band("flags", raw, product.grid, coding=CODING), Band("class", raw, product.grid, coding=classes))
    coarse = Resample(targetResolution=40, downsampling="Mean", flagDownsampling="FlagOr").apply(product, tile=64)
    expected = raw[::2, ::2] | raw[1::2, ::2] | raw[::2, 1::2] | raw[1::2, 1::2]
    np.testing.assert_array_equal(np.asarray(coarse["flags"].data), expected)
    np.testing.assert_array_equal(np.asarray(coarse["class"].data), raw[::2, ::2])
    fine = Resample(targetResolution=10, upsampling="Bilinear").apply(product, tile=64)
    np.testing.assert_array_equal(np.asarray(fine["flags"].data), raw.repeat(2, 0).repeat(2, 1))


def test_tie_points_move_along(product: Product) -> None:
    points = TiePointGrid("lat", np.zeros((2, 2), np.float32), 0.5, 1.5, 45.0, 35.0)
    moved = Resample(targetResolution=40).apply(replace(product, tie_points={"lat": points}), tile=64).tie_points["lat"]
    assert (moved.offset_x, moved.offset_y, moved.step_x, moved.step_y) == (0.25, 0.75, 22.5, 17.5)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({}, "size is not clear"),
        ({"targetResolution": 20, "referenceBand": "B4"}, "size is not clear"),
        ({"targetWidth": 20}, "size is not clear"),
        ({"targetResolution": 0}, "outside its interval"),
        ({"upsampling": "Bicubic", "targetResolution": 20}, "not one of its choices"),
    ],
)
def test_resample_parameters(parameters: dict, sentence: str) -> None:
    with pytest.raises(BadParameter, match=sentence):
        Resample(**parameters)


def test_resample_needs_metres_or_a_band(product: Product) -> None:
    degrees = Grid(90, 70, Affine(0.001, 0, 3, 0, -0.001, 50), "EPSG:4326")
    with pytest.raises(BadGrid, match="map grid in metres"):
        Resample(targetResolution=20).apply(Product("p", degrees, {"B4": replace(product["B4"], grid=degrees)}), tile=64)
    with pytest.raises(MissingBand, match=r"reference band 'B99'.*found B4"):
        Resample(referenceBand="B99").apply(product, tile=64)


def test_subset(shared_data: Path) -> None:
    source = open_product(shared_data / "snap_products" / "multisize.dim")
    part = Subset(sourceBands=("B2", "B10"), region="12,6,60,66").apply(source, tile=64)
    assert list(part.bands) == ["B2", "B10"]
    np.testing.assert_array_equal(np.asarray(part["B2"].data), np.asarray(source["B2"].data)[6:72, 12:72])
    np.testing.assert_array_equal(np.asarray(part["B10"].data), np.asarray(source["B10"].data)[1:12, 2:12])
    assert (part.grid.transform.c, part.grid.transform.f) == (source.grid.transform.c + 120, source.grid.transform.f - 60)
    with pytest.raises(BadGrid, match=r"whole pixels of band B10.*multiples of 6 x 6"):
        Subset(sourceBands=("B2", "B10"), region="1,0,60,60").apply(source, tile=64)
    with pytest.raises(BadGrid, match="outside the image"):
        Subset(region="900,0,60,60").apply(source, tile=64)
    with pytest.raises(MissingBand, match=r"'B3' is missing.*B2, B5, B10"):
        Subset(sourceBands=("B3",)).apply(source, tile=64)
    with pytest.raises(BadParameter, match="region cannot be read"):
        Subset(region="1,2,3")


def test_band_maths(product: Product) -> None:
    maths = BandMaths.from_values(
        {
            "targetBands": (
                {"name": "double", "expression": "2 * B4", "unit": "1"},
                {"name": "bright", "expression": "B4 > 0.5 ? 1 : 0", "type": "uint8", "noDataValue": "255"},
            )
        }
    )
    made = maths.apply(product, tile=32)
    red = product["B4"].physical(product["B4"].data, np.float64)
    np.testing.assert_allclose(np.asarray(made["double"].data), (2 * red).astype(np.float32), rtol=1e-6)
    assert np.isnan(np.asarray(made["double"].data)[:5, :7]).all()
    bright = np.asarray(made["bright"].data)
    assert bright.dtype == np.uint8
    assert set(np.unique(bright)) == {0, 1, 255}
    assert (bright[:5, :7] == 255).all()


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        ({"name": "a"}, "needs a name and an expression"),
        ({"name": "a", "expression": "B4 +"}, "ends too early"),
        ({"name": "a", "expression": "B5"}, "names 'B5', which is not there"),
        ({"name": "a", "expression": "B4", "type": "float16"}, "not one of its choices"),
        ({"name": "a", "expression": "__import__('os')"}, "expression"),
    ],
)
def test_band_maths_refuses(record: dict, sentence: str, product: Product) -> None:
    with pytest.raises(BadParameter, match=sentence):
        BandMaths.from_values({"targetBands": (record,)}).apply(product, tile=64)["a"].data.compute()


def test_band_maths_of_several_sizes(product: Product) -> None:
    coarse = make_product((35, 45), 40.0)["B4"]
    with pytest.raises(BadGrid, match="another size"):
        BandMaths.from_values({"targetBands": ({"name": "a", "expression": "B4 + B5"},)}).apply(product.with_bands(replace(coarse, name="B5")), tile=64)
