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
from estran.engine.nodes.base import SnapNode
from estran.engine.nodes.files import Read
from estran.engine.nodes.resampling import Resample, S2Resampling
from estran.engine.nodes.subset import Subset
from estran.errors import BadGrid, BadParameter, MissingBand
from estran.raster.coding import IndexCoding, IndexValue
from estran.raster.grid import Grid, Window
from estran.raster.product import Band, Mask, Product, TiePointGrid


@pytest.mark.parametrize(
    ("metres", "down", "up"),
    [(20, "First", "Nearest"), (20, "Mean", "Bilinear"), (10, "Mean", "Bilinear"), (60, "Mean", "Nearest")],
)
@pytest.mark.parametrize("tile", [37, 1024])
def test_resample_is_snap_s(shared_data: Path, metres: int, down: str, up: str, tile: int) -> None:
    """Raw samples, geocoding, scaling and names; bilinear images without SNAP's dark border."""
    folder = shared_data / "snap_products"
    found = Resample(targetResolution=metres, downsampling=down, upsampling=up).apply(
        open_product(folder / "multisize.dim"), tile=tile
    )
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


def test_s2resampling_is_resample_with_exact_weights(shared_data: Path) -> None:
    """Weights in steps of 1/256 leave out up to 1/256 of the difference to the next sample, along rows and along
    columns; the rest is rounding.
    """
    source = open_product(shared_data / "snap_products" / "multisize.dim")
    one = S2Resampling(resolution="20").apply(source, tile=64)
    other = Resample(targetResolution=20, downsampling="Mean", upsampling="Bilinear").apply(source, tile=64)
    for name, band in source.bands.items():
        a, b = (np.asarray(p[name].data).astype(float) for p in (one, other))
        finer = band.grid.width < one[name].grid.width and np.asarray(band.data).dtype.kind == "u"
        raw = np.asarray(band.data).astype(float)
        steepest = max(np.abs(np.diff(raw, axis=k)).max() for k in (0, 1))
        np.testing.assert_allclose(a, b, rtol=0, atol=1 + 2 * steepest / 256 if finer else 0, err_msg=name)


def test_a_product_at_the_size_wanted_is_handed_on(product: Product) -> None:
    assert Resample(targetResolution=20).apply(product, tile=64) is product
    assert Resample(referenceBand="B4").apply(product, tile=64) is product


def test_it_is_lazy_and_stays_raw(product: Product) -> None:
    """Samples keep their type: a tile of 5490 x 5490 in uint16 is 60 MB a band, in double 240."""

    class Untouchable:
        shape, dtype, ndim = (70, 90), np.dtype(np.uint16), 2

        def __getitem__(self, item: object) -> np.ndarray:
            raise AssertionError("somebody asked for pixels")

    lazy = product.with_bands(
        replace(
            product["B4"], data=da.from_array(Untouchable(), chunks=32, name=False, meta=np.empty((0, 0), np.uint16))
        )
    )
    band = Resample(targetResolution=60, downsampling="Mean").apply(lazy, tile=16)["B4"]
    assert band.data.dtype == np.uint16
    assert band.data.shape == (24, 30), "70 rows at 20 m are 23.3 at 60 m; SNAP rounds up"
    with pytest.raises(AssertionError):
        band.data.compute()


def test_flags_and_classes_are_never_averaged(product: Product) -> None:
    raw = np.arange(70 * 90, dtype=np.uint8).reshape(70, 90) % 4
    classes = IndexCoding("c", (IndexValue("A", 0, (0, 0, 0), ""),))
    product = product.with_bands(
        Band("flags", raw, product.grid, coding=CODING), Band("class", raw, product.grid, coding=classes)
    )
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
        Resample(targetResolution=20).apply(
            Product("p", degrees, {"B4": replace(product["B4"], grid=degrees)}), tile=64
        )
    with pytest.raises(MissingBand, match=r"reference band 'B99'.*found B4"):
        Resample(referenceBand="B99").apply(product, tile=64)


def test_s2resampling_of_some_bands(shared_data: Path) -> None:
    source = open_product(shared_data / "snap_products" / "multisize.dim")
    assert list(S2Resampling(resolution="20", bands=("B10",)).apply(source, tile=64).bands) == ["B10"]


SNAPISTA = {
    Read: {
        "bandNames": "B2,B3",
        "maskNames": " ",
        "file": "a.dim",
        "formatName": "",
        "pixelRegion": "",
        "useAdvancedOptions": "true",
        "copyMetadata": "TRUE",
    },
    Resample: {
        "referenceBandName": "B2",
        "upsamplingMethod": "Bilinear",
        "downsamplingMethod": "Mean",
        "resamplingPreset": "",
        "referenceBand": "",
    },
    S2Resampling: {
        "targetResolution": "20",
        "upsamplingMethod": "Nearest",
        "flagDownsamplingMethod": "FlagOr",
        "resampleOnPyramidLevels": "false",
    },
    Subset: {
        "bandNames": "B2",
        "tiePointGridNames": "",
        "region": "0,0,0,0",
        "subSamplingX": "1",
        "subSamplingY": "1",
        "fullSwath": "false",
        "geoRegion": "",
    },
}
"""Names of the fields in SNAP's source, which snapista writes, every one of them."""


@pytest.mark.parametrize("node", SNAPISTA, ids=lambda n: n.alias)
def test_the_names_that_snapista_writes(node: type[SnapNode]) -> None:
    made = node.from_values(SNAPISTA[node])
    for name, text in SNAPISTA[node].items():
        if text.strip() and name not in node.beyond:
            value = getattr(made, node.other_names.get(name, name))
            assert (",".join(value) if isinstance(value, tuple) else str(value)).lower() == text.lower()


@pytest.mark.parametrize(
    ("node", "values", "sentence"),
    [
        (
            Resample,
            {"resamplingPreset": "S2_default"},
            "Resample does not do resamplingPreset here with 'S2_default'.*give upsampling, downsampling",
        ),
        (Resample, {"bandResamplings": "x"}, "does not do bandResamplings"),
        (
            Resample,
            {"targetResolution": "20", "upsampling": "Bicubic"},
            "does not do upsampling 'Bicubic' here.*take one of Nearest, Bilinear, or run this",
        ),
        (S2Resampling, {"flagDownsampling": "FlagMedianOr"}, "take one of First, FlagAnd, FlagOr"),
        (
            Resample,
            {"referenceBand": "B2", "referenceBandName": "B3"},
            "given twice, as referenceBand and as referenceBandName",
        ),
        (Resample, {"targetResolution": "20.0"}, "targetResolution cannot be read.*int, found '20.0'"),
        (
            Resample,
            {"targetResolution": "20", "resampleOnPyramidLevels": "yes"},
            "resampleOnPyramidLevels cannot be read",
        ),
        (Subset, {"subSamplingX": "2"}, "does not do subSamplingX here with '2'.*put a Resample node"),
        (Subset, {"vectorFile": "a.shp"}, "does not do vectorFile.*give geoRegion as a POLYGON"),
        (Subset, {"regoin": "0,0,1,1"}, "unknown parameter 'regoin'.*geoRegion, fullSwath, copyMetadata, subSamplingX"),
        (Subset, {"geoRegion": "POINT(3 4)"}, r"a region cannot be read.*POLYGON\(\(lon lat"),
        (Subset, {"geoRegion": "POLYGON((1 2, 3 4, x y))"}, "a region cannot be read"),
        (Subset, {"region": "-5,0,10,10"}, "region cannot be read.*whole numbers from 0"),
        (
            Read,
            {"file": "a", "formatName": "SENTINEL-2-MSI-10M-UTM31N"},
            "the reader is not known here.*leave formatName empty, and put a Resample node with targetResolution 10",
        ),
        (
            Read,
            {"file": "a", "formatName": "GeoTIF-X"},
            r"the reader is not known here.*leave formatName empty \(the content decides\)",
        ),
        (
            Read,
            {"file": "a", "pixelRegion": "0,0,1,1", "geometryRegion": "POLYGON((0 0,1 0,1 1))"},
            "both pixelRegion and geometryRegion",
        ),
        (Read, {"file": "a", "useAdvancedOptions": "true", "pixelRegion": "all"}, "region cannot be read"),
        (
            Read,
            {"file": "a", "polygonRegion": "POLYGON((0 0,1 0,1 1))"},
            "Read does not do polygonRegion here.*give geometryRegion",
        ),
    ],
)
def test_what_snap_does_and_we_do_not_is_a_sentence(node: type[SnapNode], values: dict, sentence: str) -> None:
    with pytest.raises(BadParameter, match=sentence):
        node.from_values(values)


@pytest.mark.parametrize(
    "name",
    [
        "SENTINEL-2-MSI-MultiRes-UTM31N",
        "SENTINEL-2-MSI-MultiRes",
        "GeoTIFF",
        "GeoTIFF-BigTIFF",
        "BEAM-DIMAP",
        "NetCDF4-CF",
        "NetCDF-BEAM",
        "ENVI",
        "JPEG2000",
    ],
)
def test_readers_that_are_known(name: str) -> None:
    assert Read.from_values({"file": "a", "formatName": name}).formatName == name


def test_read_takes_a_part_only_with_advanced_options(shared_data: Path) -> None:
    """As in SNAP, which takes no notice of the other options without that one."""
    source = open_product(shared_data / "snap_products" / "multisize.dim")
    values = {"file": "a", "sourceBands": "B2", "pixelRegion": "12,6,60,66", "copyMetadata": "false"}
    assert Read.from_values(values).part(source) is source
    part = Read.from_values({**values, "useAdvancedOptions": "true"}).part(source)
    assert (list(part.bands), part.grid.shape, part.metadata, part.name) == (["B2"], (66, 60), (), source.name)
    with pytest.raises(MissingBand, match=r"mask 'm' is missing.*leave it out of sourceMasks"):
        Read.from_values({**values, "useAdvancedOptions": "true", "sourceMasks": "m"}).part(source)


class TestSubset:
    def test_region_in_pixels_of_the_scene(self, shared_data: Path) -> None:
        source = open_product(shared_data / "snap_products" / "multisize.dim")
        part = Subset(sourceBands=("B2", "B10"), region="12,6,60,66").apply(source, tile=64)
        assert list(part.bands) == ["B2", "B10"]
        np.testing.assert_array_equal(np.asarray(part["B2"].data), np.asarray(source["B2"].data)[6:72, 12:72])
        np.testing.assert_array_equal(np.asarray(part["B10"].data), np.asarray(source["B10"].data)[1:12, 2:12])
        assert (part.grid.transform.c, part.grid.transform.f) == (
            source.grid.transform.c + 120,
            source.grid.transform.f - 60,
        )
        with pytest.raises(BadGrid, match=r"whole pixels of band B10.*multiples of 6 x 6"):
            Subset(sourceBands=("B2", "B10"), region="1,0,60,60").apply(source, tile=64)
        with pytest.raises(BadGrid, match="outside the image"):
            Subset(region="900,0,60,60").apply(source, tile=64)
        with pytest.raises(MissingBand, match=r"'B3' is missing.*B2, B5, B10"):
            Subset(sourceBands=("B3",)).apply(source, tile=64)
        with pytest.raises(BadParameter, match="region cannot be read"):
            Subset(region="1,2,3")

    def test_region_in_pixels_of_the_reference_band(self, shared_data: Path) -> None:
        """The same ground, said in pixels of 60 m and of 10 m."""
        source = open_product(shared_data / "snap_products" / "multisize.dim")
        one = Subset(region="2,1,10,11", referenceBand="B10").apply(source, tile=64)
        other = Subset(region="12,6,60,66").apply(source, tile=64)
        assert one.grid == other.grid
        for name in source.bands:
            np.testing.assert_array_equal(np.asarray(one[name].data), np.asarray(other[name].data))
            assert one[name].grid == other[name].grid

    def test_an_empty_rectangle_asks_for_nothing(self, shared_data: Path) -> None:
        source = open_product(shared_data / "snap_products" / "multisize.dim")
        assert Subset(region="0,0,0,0").apply(source, tile=64).grid == source.grid

    def test_full_swath(self, product: Product) -> None:
        assert Subset(region="10,20,5,30", fullSwath=True).apply(product, tile=64).grid == product.grid.sub(
            Window(20, 0, 30, 90)
        )

    def test_what_the_bands_kept_name_is_kept(self, product: Product) -> None:
        raw = np.ones((70, 90), np.uint8)
        masks = {"sea": Mask("sea", "flags.CLOUD", (0, 0, 0)), "coast": Mask("coast", "sea && other > 0", (0, 0, 0))}
        whole = replace(
            product.with_bands(
                *(Band(n, raw, product.grid) for n in ("flags", "other")),
                replace(product["B4"], name="B5", valid="sea"),
            ),
            masks=masks,
        )
        part = Subset(sourceBands=("B5",)).apply(whole, tile=64)
        assert set(part.bands) == {"B5", "flags"}
        assert set(part.masks) == {"sea"}

    def test_a_polygon(self, product: Product) -> None:
        """The pixels between its corners, outermost ones included: as SNAP, floor and ceiling of their places."""
        lon, lat = product.grid.lonlat(np.array([10.4, 30.6, 30.6, 10.4]), np.array([20.3, 20.3, 50.7, 50.7]))
        ring = ", ".join(f"{x:.9f} {y:.9f}" for x, y in zip(lon, lat, strict=True))
        part = Subset(geoRegion=f"POLYGON(({ring}, {lon[0]:.9f} {lat[0]:.9f}))").apply(product, tile=64)
        assert part.grid == product.grid.sub(Window(20, 10, 31, 21))
        np.testing.assert_array_equal(np.asarray(part["B4"].data), np.asarray(product["B4"].data)[20:51, 10:31])

    def test_a_polygon_that_reaches_beyond(self, product: Product) -> None:
        lon, lat = product.grid.lonlat(np.array([80.5, 200.0, 200.0, 80.5]), np.array([-50.0, -50.0, 10.5, 10.5]))
        ring = ", ".join(f"{x:.9f} {y:.9f}" for x, y in zip(lon, lat, strict=True))
        assert Subset(geoRegion=f"MULTIPOLYGON((({ring})))").apply(product, tile=64).grid == product.grid.sub(
            Window(0, 80, 11, 10)
        )
        far = "POLYGON((-120 10, -119 10, -119 11, -120 10))"
        with pytest.raises(BadGrid, match=r"does not meet the image.*longitude before latitude"):
            Subset(geoRegion=far).apply(product, tile=64)

    def test_a_polygon_around_everything(self, product: Product) -> None:
        around = "POLYGON((-10 40, 20 40, 20 60, -10 60, -10 40))"
        assert Subset(geoRegion=around).apply(product, tile=64).grid == product.grid

    def test_a_polygon_keeps_the_ground_of_all_bands(self, shared_data: Path) -> None:
        source = open_product(shared_data / "snap_products" / "multisize.dim")
        lon, lat = source.grid.lonlat(np.array([13.5, 70.5, 70.5, 13.5]), np.array([7.5, 7.5, 70.5, 70.5]))
        ring = ", ".join(f"{x:.9f} {y:.9f}" for x, y in zip(lon, lat, strict=True))
        part = Subset(geoRegion=f"POLYGON(({ring}))").apply(source, tile=64)
        assert part.grid == source.grid.sub(Window(6, 12, 66, 60))
        assert part["B10"].grid.shape == (11, 10)


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


def _maths(*records: dict, variables: tuple = ()) -> BandMaths:
    return BandMaths.from_values({"targetBands": records, "variables": variables})


def _values(made: Product, name: str = "a") -> np.ndarray:
    return np.asarray(made[name].data)


def test_band_maths_of_raw_counts_is_no_integer_arithmetic(product: Product) -> None:
    """An index of two bands of whole numbers: SNAP computes in doubles."""
    counts = {"x": np.full((70, 90), 3, np.uint16), "y": np.full((70, 90), 1, np.uint16)}
    whole = product.with_bands(*(Band(n, a, product.grid) for n, a in counts.items()))
    assert (_values(_maths({"name": "a", "expression": "(x - y) / (x + y)"}).apply(whole, tile=32)) == 0.5).all()


def test_band_maths_with_all_that_snap_writes(product: Product) -> None:
    """Graph Builder writes "null" for numbers that are not given; snapista writes no_data_value, which SNAP takes no
    notice of.
    """
    record = {
        "name": "a",
        "type": "UINT16",
        "expression": "B4 * 2",
        "description": "",
        "unit": "",
        "validExpression": "",
        "noDataValue": "65535.0",
        "spectralBandIndex": "null",
        "spectralWavelength": "665.0",
        "spectralBandwidth": "null",
        "scalingOffset": "-0.1",
        "scalingFactor": "1.0E-4",
        "angularValue": "null",
        "no_data_value": "NaN",
    }
    made = _maths(record).apply(product, tile=32)
    band = made["a"]
    assert (band.scale, band.offset, band.wavelength, band.nodata, band.data.dtype) == (
        1e-4,
        -0.1,
        665.0,
        65535.0,
        np.uint16,
    )
    np.testing.assert_allclose(
        band.physical(_values(made), np.float64),
        2 * product["B4"].physical(np.asarray(product["B4"].data), np.float64),
        atol=1.01e-4,
    )


def test_band_maths_names_masks_tie_points_and_variables(product: Product) -> None:
    points = TiePointGrid("sza", np.full((2, 2), 30.0, np.float32), 0.5, 0.5, 89.0, 69.0)
    masks = {"bright": Mask("bright", "B4 > 0.5", (0, 0, 0)), "dark": Mask("dark", "!bright", (0, 0, 0))}
    whole = replace(product, masks=masks, tie_points={"sza": points})
    made = _maths(
        {"name": "a", "expression": "dark ? sza * k : PI"},
        variables=({"name": "k", "type": "float32", "value": "2"}, {"name": "PI", "type": "int32", "value": "4"}),
    )
    values = _values(made.apply(whole, tile=32))
    red = product["B4"].physical(np.asarray(product["B4"].data), np.float64)
    np.testing.assert_array_equal(values[10:], np.where(red[10:] > 0.5, 4.0, 60.0))
    with pytest.raises(BadParameter, match="a variable cannot be read"):
        _maths({"name": "a", "expression": "B4"}, variables=({"name": "k", "type": "text", "value": "2"},))


def test_masks_that_name_one_another(product: Product) -> None:
    circle = {"m": Mask("m", "n", (0, 0, 0)), "n": Mask("n", "m", (0, 0, 0))}
    chain = {f"m{i}": Mask(f"m{i}", f"m{i + 1}", (0, 0, 0)) for i in range(10_000)}
    for masks, name in ((circle, "m"), (chain, "m0")):
        with pytest.raises(BadParameter, match="masks name one another in a circle, or too many of them"):
            _maths({"name": "a", "expression": f"{name} ? 1 : 0"}).apply(replace(product, masks=masks), tile=32)


def test_where_a_band_made_is_valid(product: Product) -> None:
    """SNAP's validExpression is one over the bands made, and goes along; one over the source's is computed at once."""
    made = _maths({"name": "a", "expression": "B4 * 2", "validExpression": "a > 0.5"}).apply(product, tile=32)
    assert made["a"].valid == "a > 0.5"
    made = _maths({"name": "a", "expression": "B4 * 2", "validExpression": "B4 > 0.25"}).apply(product, tile=32)
    red = product["B4"].physical(np.asarray(product["B4"].data), np.float64)
    assert made["a"].valid == ""
    np.testing.assert_array_equal(np.isnan(_values(made)), ~(red > 0.25))


def test_band_maths_of_several_products(product: Product) -> None:
    other = replace(product["B4"], data=np.full((70, 90), 5000, np.uint16))
    maths = _maths({"name": "a", "expression": "$sourceProduct.1.B4 + 0 * B4 + ($2.B4 == $sourceProduct.1.B4)"})
    made = maths.apply_to({"sourceProduct": product, "sourceProduct.1": product.with_bands(other)}, tile=32)
    expected = other.physical(np.full((1, 1), 5000, np.uint16), np.float64)[0, 0] + 1
    np.testing.assert_allclose(_values(made)[10:], expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        ({"name": "a"}, "needs a name and an expression"),
        ({"name": "a", "expression": "B4 +"}, "ends too early"),
        ({"name": "a", "expression": "B5"}, "names 'B5', which is not there"),
        ({"name": "a", "expression": "B4", "type": "float16"}, "not one of its choices"),
        ({"name": "a", "expression": "__import__('os')"}, "expression"),
        (
            {"name": "a", "expression": "LAT > 3"},
            "names 'LAT', which only SNAP computes.*run this graph with SNAP's gpt",
        ),
        ({"name": "a", "expression": "B4 + " * 100_000 + "(" * 10}, "ends too early"),
        ({"name": "a", "expression": "B4", "scalingFactor": "0"}, "scalingFactor of a target band is 0"),
    ],
)
def test_band_maths_refuses(record: dict, sentence: str, product: Product) -> None:
    with pytest.raises(BadParameter, match=sentence):
        BandMaths.from_values({"targetBands": (record,)}).apply(product, tile=64)["a"].data.compute()


def test_band_maths_of_several_sizes(product: Product) -> None:
    coarse = make_product((35, 45), 40.0)["B4"]
    with pytest.raises(BadGrid, match="another size"):
        BandMaths.from_values({"targetBands": ({"name": "a", "expression": "B4 + B5"},)}).apply(
            product.with_bands(replace(coarse, name="B5")), tile=64
        )


@pytest.mark.parametrize("expression", ["1.0 / 0.0", "log(0.0)", "-1 / 0.0", "NaN"])
def test_an_expression_without_bands_that_is_no_number(product: Product, expression: str) -> None:
    """As in pixels of bands: no data."""
    record = {"name": "a", "expression": expression}
    for more, expected in (({}, np.nan), ({"type": "uint8", "noDataValue": "99"}, 99), ({"noDataValue": "-1"}, -1)):
        np.testing.assert_array_equal(_maths({**record, **more}).apply(product, tile=64)["a"].data.compute(), expected)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("uint8", "300"),
        ("uint16", "-9999"),
        ("int8", "-129"),
        ("int16", "-999.5"),
        ("int32", "1e10"),
        ("uint32", "Infinity"),
    ],
)
def test_a_value_without_data_that_the_type_cannot_hold(kind: str, value: str) -> None:
    """Its pixels would hold another number, and count as data."""
    with pytest.raises(BadParameter, match=r"noDataValue does not fit the type of band a.*whole number from"):
        _maths({"name": "a", "expression": "B4", "type": kind, "noDataValue": value})


@pytest.mark.parametrize(
    ("kind", "value"),
    [("uint8", "NaN"), ("uint16", "65535.0"), ("int16", "-32768"), ("float32", "-9999.5"), ("int8", "")],
)
def test_values_without_data_that_are_held(kind: str, value: str) -> None:
    _maths({"name": "a", "expression": "B4", "type": kind, "noDataValue": value})
