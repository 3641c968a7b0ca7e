"""The SNAP adapter on a stand-in of SNAP's classes (snap_standin.py): the same bits as the operator gives on arrays,
whatever the tiles.
"""

from __future__ import annotations

import importlib.util
import itertools
import subprocess
import sys
import tracemalloc
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal
from xml.etree import ElementTree

import numpy as np
import pytest

from estran.adapters.snap import make_operator
from estran.adapters.snap.faults import user_error
from estran.adapters.snap.jvm import java
from estran.adapters.snap.parameters import convert
from estran.adapters.snap.samples import to_java
from estran.catalogue import OPERATORS
from estran.catalogue.spec import (
    Aux,
    BandOut,
    ClassesOut,
    FlagsOut,
    Operator,
    Reads,
    Source,
    Walk,
    param,
    parameters_of,
)
from estran.catalogue.views import info_xml
from estran.errors import BadParameter, BadProduct, EmptyScene, EstranError, MissingBand, UnsupportedProduct
from estran.raster.coding import Flag, FlagCoding, IndexCoding, IndexValue
from estran.raster.record import RunRecord

_spec = importlib.util.spec_from_file_location("snap_standin", Path(__file__).with_name("snap_standin.py"))
snap = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(snap)

FLAGS = FlagCoding(
    "cloud_flags",
    (Flag("BRIGHT", 0, (255, 255, 255), "brighter than the threshold"), Flag("NO_DATA", 15, (0, 0, 0), "no data")),
)
CLASSES = IndexCoding(
    "kind", (IndexValue("dark", 0, (0, 0, 0), "dark"), IndexValue("bright", 200, (255, 255, 255), "bright"))
)
WKT = (
    'GEOGCS["WGS84(DD)", DATUM["WGS84", SPHEROID["WGS84", 6378137.0, 298.257223563]], PRIMEM["Greenwich", 0.0], '
    'UNIT["degree", 0.017453292519943295]]'
)


class Base(Operator, abstract=True):
    label = "Brightness"
    version = "1.0"
    summary = "Where it is bright."
    atbd = "none"
    menu = "Optical/Preprocessing/Masking"
    sources = (
        Source(
            "source",
            (
                Reads("red"),
                Reads("sun_zenith", "degrees", from_param="sun_zenith"),
                Reads("cirrus", optional=True, without="the cirrus test is off"),
            ),
            "Reflectance.",
        ),
    )
    writes = (
        BandOut(
            "mean",
            "float32",
            "1",
            "mean of the neighbourhood",
            palette=((0.0, (0, 0, 0), "dark"), (1.0, (255, 255, 255), "bright")),
        ),
        FlagsOut("cloud_flags", "uint16", FLAGS, "flags"),
        ClassesOut("kind", "uint8", CLASSES, "class"),
    )


def _outputs(mean, red, threshold):
    bright = np.nan_to_num(red, nan=-1.0) > threshold
    flags = FLAGS.pack({"BRIGHT": bright, "NO_DATA": np.isnan(red)}, np.uint16)
    return {"mean": mean.astype(np.float32), "cloud_flags": flags, "kind": np.where(bright, 200, 0).astype(np.uint8)}


def _mean3(red):
    """Mean of the pixels that a 3 x 3 window finds inside the array: sensitive to zeros beyond the edge."""
    total, count = np.zeros(red.shape), np.zeros(red.shape)
    rows, cols = red.shape
    for di, dj in itertools.product((-1, 0, 1), repeat=2):
        i, j = slice(max(0, di), rows + min(0, di)), slice(max(0, dj), cols + min(0, dj))
        k, m = slice(max(0, -di), rows + min(0, -di)), slice(max(0, -dj), cols + min(0, -dj))
        total[k, m] += red[i, j]
        count[k, m] += 1
    return total / count


@dataclass(frozen=True, kw_only=True)
class Neighbourhood(Base):
    alias = "Estran.Neighbourhood"
    walk = Walk.NEIGHBOURHOOD
    threshold: float = param(0.5, "Threshold.", unit="1", interval="[0,1]")
    sun_zenith: float | None = param(None, "Constant sun zenith.", unit="degrees", interval="[0,90]")
    mode: Literal["plain", "cosine"] = param("plain", "Whether to divide by the cosine of the sun zenith.")

    def halo(self):
        return 1

    def compute(self, block, survey=None):
        red = block["red"] / np.cos(np.radians(block["sun_zenith"])) if self.mode == "cosine" else block["red"]
        return block.out(_outputs(_mean3(red), red, self.threshold))


@dataclass(frozen=True, kw_only=True)
class Surveyed(Base):
    alias = "Estran.Surveyed"
    walk = Walk.SURVEYED
    sun_zenith: float | None = param(40.0, "Constant sun zenith.", unit="degrees", interval="[0,90]")

    def survey(self, block):
        return float(np.nansum(block["red"] > 0.25)), block["red"].size

    def merge(self, first, second):
        return first[0] + second[0], first[1] + second[1]

    def compute(self, block, survey=None):
        return block.out(
            _outputs(block["red"] * np.float32(survey[0] / survey[1]), block["red"], 0.25),
            RunRecord(facts={"bright_fraction": survey[0] / survey[1]}),
        )


@dataclass(frozen=True, kw_only=True)
class Whole(Base):
    alias = "Estran.Whole"
    walk = Walk.SCENE
    sun_zenith: float | None = param(40.0, "Constant sun zenith.", unit="degrees", interval="[0,90]")

    def compute(self, block, survey=None):
        block.progress(0.5, "half way")
        return block.out(
            _outputs(block["red"] - np.nanmax(block["red"]), block["red"], 0.25),
            RunRecord(facts={"highest": float(np.nanmax(block["red"]))}),
        )


@pytest.fixture(autouse=True)
def _snap(monkeypatch):
    monkeypatch.setitem(sys.modules, "jpy", snap.fake_jpy())
    java.cache_clear()
    yield
    java.cache_clear()


@pytest.fixture
def product():
    """13 x 29 pixels, not square: raw 16-bit red with scale, offset and no-data; a tie-point grid of angles."""
    rng = np.random.default_rng(1)
    made = snap.Product("S2B_MSIL1C_20260101", "S2_MSI_Level-1C", 29, 13)
    raw = rng.integers(600, 11000, (13, 29)).astype(np.uint16)
    raw[3, 5] = raw[0, 0] = raw[12, 28] = 0
    made.bands["B4"] = snap.Raster("B4", raw, scale=1e-4, offset=-0.1, nodata=0.0, unit="dl")
    made.tie_points["sun_zenith"] = snap.Raster(
        "sun_zenith", rng.uniform(20, 60, (13, 29)).astype(np.float32), unit="deg", tie_points=True
    )
    made.setSceneGeoCoding(snap.GeoCoding(WKT, snap.Affine(1e-4, -1e-4, 5.0, 45.0)))
    made.setStartTime(snap.time(2026, 1, 1))
    return made


def physical(raster):
    """As the engine reads it: double arithmetic, rounded to float, NaN where no-data."""
    values = (raster.data.astype(np.float64) * raster.scale + raster.offset).astype(np.float32)
    return np.where(raster.data == raster.nodata, np.float32(np.nan), values) if raster.nodata is not None else values


def assert_target(target, expected):
    for name, array in expected.items():
        np.testing.assert_array_equal(target.bands[name].data, array, err_msg=name)


def test_a_shim_is_quick_to_import(repository):
    """It is imported on the desktop's window thread at the first Run: what computes is imported by whoever computes."""
    code = (
        f"import sys; sys.path.insert(0, {str(repository / 'snap-operators')!r}); import estran_snap.cloud_mask; "
        f"print(*sys.modules)"
    )
    loaded = set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )
    assert not loaded & {"numba", "scipy", "rasterio", "dask", "matplotlib", "netCDF4", "pyproj", "jpy"}


class TestSamples:
    """What is written arrives, for every type an operator may answer with."""

    @pytest.mark.parametrize("source", ["uint8", "int16", "uint16", "int32"])
    @pytest.mark.parametrize("band", ["UINT8", "UINT16", "INT32", "FLOAT32"])
    def test_integers_arrive(self, source, band):
        values = np.array([[0, 1, 200], [7, 99, 255]], source)
        target = snap.Product("t", "t", 3, 2).addBand("b", snap.TYPES[band])
        snap.Tile(target, snap.Rectangle(0, 0, 3, 2)).setSamples(to_java(values))
        np.testing.assert_array_equal(target.data, values)

    @pytest.mark.parametrize(
        "values", [np.array([[200]], np.uint8), np.array([[1]], np.int64)], ids=["unsigned", "int64"]
    )
    def test_twin_snap_would_spoil_them_unconverted(self, values):
        target = snap.Product("t", "t", 1, 1).addBand("b", snap.TYPES["FLOAT32"])
        snap.Tile(target, snap.Rectangle(0, 0, 1, 1)).setSamples(values)
        assert target.data[0, 0] != values[0, 0]

    @pytest.mark.parametrize("values", [np.array([[1.0]], ">f4"), [1.0]], ids=["foreign byte order", "list"])
    def test_twin_snap_would_find_no_overload(self, values):
        target = snap.Product("t", "t", 1, 1).addBand("b", snap.TYPES["FLOAT32"])
        tile = snap.Tile(target, snap.Rectangle(0, 0, 1, 1))
        with pytest.raises(RuntimeError, match="ambiguous"):
            tile.setSamples(values)
        tile.setSamples(to_java(np.asarray(values)))
        assert target.data[0, 0] == 1.0

    def test_twin_a_short_array_is_refused(self):
        target = snap.Product("t", "t", 2, 1).addBand("b", snap.TYPES["FLOAT32"])
        with pytest.raises(RuntimeError, match="ArrayIndexOutOfBounds"):
            snap.Tile(target, snap.Rectangle(0, 0, 2, 1)).setSamples(np.zeros(1, np.float32))

    def test_booleans_and_wide_integers_arrive(self):
        target = snap.Product("t", "t", 2, 1).addBand("b", snap.TYPES["UINT8"])
        for values in (np.array([[True, False]]), np.array([[200, 7]], np.int64), np.array([[200, 7]], np.uint32)):
            snap.Tile(target, snap.Rectangle(0, 0, 2, 1)).setSamples(to_java(values))
            np.testing.assert_array_equal(target.data, values)

    def test_no_data_in_floats_stays(self):
        target = snap.Product("t", "t", 2, 1).addBand("b", snap.TYPES["FLOAT32"])
        snap.Tile(target, snap.Rectangle(0, 0, 2, 1)).setSamples(to_java(np.array([[np.nan, 0.5]])))
        assert np.isnan(target.data[0, 0])
        assert target.data[0, 1] == 0.5

    def test_strided_and_double_arrays(self):
        values = np.arange(12, dtype=np.float64).reshape(3, 4)[:, ::2] + 0.25
        target = snap.Product("t", "t", 2, 3).addBand("b", snap.TYPES["FLOAT32"])
        snap.Tile(target, snap.Rectangle(0, 0, 2, 3)).setSamples(to_java(values))
        np.testing.assert_array_equal(target.data, values.astype(np.float32))


class TestParameters:
    def test_unset_values_are_the_defaults(self, product):
        op = make_operator(Neighbourhood)()
        op.initialize(snap.Context({"source": product}))
        assert op._op == Neighbourhood()

    def test_java_values_become_ours(self):
        @dataclass(frozen=True, kw_only=True)
        class Many(Base):
            alias = "Estran.Many"
            walk = Walk.PIXEL
            path: Path | None = param(None, "A file.")
            names: tuple[str, ...] = param((), "Names.")
            numbers: tuple[float, ...] = param((), "Numbers.")
            count: int | None = param(None, "A count.")
            yes: bool = param(True, "Yes.")

        java_file = snap.SimpleNamespace(getPath=lambda: "dem.tif")
        given = {
            "path": java_file,
            "names": ["a", "b"],
            "numbers": snap.array("d", [1.0, 2.5]),
            "count": 3,
            "yes": False,
        }
        assert {p.name: convert(p, given[p.name]) for p in parameters_of(Many)} == {
            "path": Path("dem.tif"), "names": ("a", "b"), "numbers": (1.0, 2.5), "count": 3, "yes": False,
        }  # fmt: skip

    def test_an_unset_number_would_arrive_as_zero(self, product):
        """SNAP hands 0 and False for primitives without a default: the descriptor gives every one of ours its default,
        so 0 is only ever the user's.
        """
        for op_class in (Neighbourhood, Surveyed, *OPERATORS):
            for p in ElementTree.fromstring(info_xml(op_class)).iter("parameter"):
                if p.findtext("dataType") in ("boolean", "int", "double"):
                    assert p.findtext("defaultValue"), (op_class.alias, p.findtext("name"))
        op = make_operator(Neighbourhood)()
        op.initialize(snap.Context({"source": product}, {"threshold": 0.0}))
        assert op._op.threshold == 0.0

    def test_outside_its_interval(self, product):
        with pytest.raises(BadParameter, match="threshold is outside its interval"):
            make_operator(Neighbourhood)().initialize(snap.Context({"source": product}, {"threshold": 7.0}))


class TestSources:
    @pytest.mark.parametrize("name", ["source", "sourceProduct", "anything"])
    def test_by_name_or_position(self, product, name):
        op = make_operator(Neighbourhood)()
        op.initialize(snap.Context({name: product}))
        assert op._scene.platform == "Sentinel-2B"

    def test_two_by_position(self, product):
        @dataclass(frozen=True, kw_only=True)
        class Two(Base):
            alias = "Estran.Two"
            walk = Walk.PIXEL
            sources = (
                Source("source", (Reads("red"),), "One."),
                Source("reference", (Reads("red"),), "Two.", optional=True),
            )

            def compute(self, block, survey=None):
                both = (
                    block["red"] - block.get("reference.red")
                    if block.get("reference.red") is not None
                    else block["red"]
                )
                return block.out(_outputs(both, block["red"], 0.5))

        other = snap.Product("other", "t", 29, 13)
        other.bands["B4"] = snap.Raster("B4", np.full((13, 29), 0.25, np.float32))
        red = physical(product.bands["B4"])
        ways = (
            {"source": product, "reference": other},
            {"source": product, "sourceProduct.2": other},
            # What gpt makes of two files without names.
            {
                "sourceProduct": product,
                "sourceProduct.1": product,
                "sourceProduct1": product,
                "sourceProduct.2": other,
                "sourceProduct2": other,
            },
            {"a": product, "b": other},
        )
        for given in ways:
            assert_target(
                snap.run(make_operator(Two)(), snap.Context(given), 8, 8), _outputs(red - np.float32(0.25), red, 0.5)
            )
        for given in ({"source": product}, {"sourceProduct": product}, {"a": product}):
            assert_target(snap.run(make_operator(Two)(), snap.Context(given), 8, 8), _outputs(red, red, 0.5))

    def test_a_missing_source_is_refused_by_us(self):
        with pytest.raises(BadProduct, match="-Ssource=FILE"):
            make_operator(Neighbourhood)().initialize(snap.Context({}))

    def test_a_missing_band_lists_what_is_there(self, product):
        del product.bands["B4"]
        with pytest.raises(MissingBand, match=r"red.*found sun_zenith"):
            make_operator(Neighbourhood)().initialize(snap.Context({"source": product}))

    @pytest.mark.parametrize(
        ("kind", "remedy"), [("S2_MSI_Level-1C", "S2 Resampling"), ("anything", "Raster > Geometric > Resampling")]
    )
    def test_multisize(self, product, kind, remedy):
        product.kind = kind
        product.bands["B4"] = snap.Raster("B4", np.zeros((6, 14), np.uint16))
        product.bands["view_zenith_mean"] = snap.Raster("view_zenith_mean", np.zeros((1, 2), np.float32))
        with pytest.raises(UnsupportedProduct, match=rf"Neighbourhood.*29 x 13 pixels, found B4 14 x 6.*{remedy}"):
            make_operator(Neighbourhood)().initialize(snap.Context({"source": product}))

    def test_bands_that_nobody_reads_may_have_any_size(self, product):
        product.bands["B9"] = snap.Raster("B9", np.zeros((2, 3), np.uint16))
        snap.run(make_operator(Neighbourhood)(), snap.Context({"source": product}), 29, 13)

    def test_initialize_reads_no_pixel(self, product):
        # SNAP Desktop's window waits for it.
        for op_class in (Neighbourhood, Surveyed, Whole):
            context = snap.Context({"source": product})
            make_operator(op_class)().initialize(context)
            assert context.read == []

    def test_a_file_that_is_not_there(self, product):
        @dataclass(frozen=True, kw_only=True)
        class WithHeights(Neighbourhood):
            alias = "Estran.WithHeights"
            aux = (Aux("dem", "heights", "m", "Heights.", "flat ground"),)
            heights: Path | None = param(None, "Heights.")

        java_file = snap.SimpleNamespace(getPath=lambda: "nowhere.tif")
        with pytest.raises(BadParameter, match=r"file of parameter heights does not exist.*nowhere.tif"):
            make_operator(WithHeights)().initialize(snap.Context({"source": product}, {"heights": java_file}))

    @pytest.mark.parametrize("where", ["tie points", "bands"])
    @pytest.mark.parametrize("name", ["view_zenith_mean", "view_zenith_B8A", "view_zenith_B11", "view_zenith"])
    def test_view_angles_by_snap_s_names(self, product, where, name):
        @dataclass(frozen=True, kw_only=True)
        class Looks(Base):
            alias = "Estran.Looks"
            walk = Walk.PIXEL
            sources = (Source("source", (Reads("red"), Reads("view_zenith", "degrees")), "Reflectance."),)

            def compute(self, block, survey=None):
                return block.out(_outputs(block["view_zenith"], block["red"], 0.5))

        angles = np.linspace(0, 12, 13 * 29, dtype=np.float32).reshape(13, 29)
        angles[2, 7] = np.nan
        raster = snap.Raster(name, angles, unit="deg", nodata=float("nan"), tie_points=where == "tie points")
        (product.tie_points if where == "tie points" else product.bands)[name] = raster
        target = snap.run(make_operator(Looks)(), snap.Context({"source": product}), 10, 10)
        np.testing.assert_array_equal(target.bands["mean"].data, angles)

    def test_what_is_switched_off_is_logged_and_recorded(self, product):
        context = snap.Context({"source": product})
        target = snap.run(make_operator(Neighbourhood)(), context, 29, 13)
        said = "no cirrus: the cirrus test is off."
        assert any(said in line for line in context.logger.lines)
        assert target.root.getElement("Estran_Processing").getElement("Estran_Neighbourhood").getElement(
            "notes"
        ).attributes == {"note_1": said}

    def test_scene(self, product):
        op = make_operator(Neighbourhood)()
        op.initialize(snap.Context({"source": product}))
        assert op._scene.grid.transform[:6] == (1e-4, 0.0, 5.0, 0.0, -1e-4, 45.0)
        assert op._scene.grid.is_geographic
        assert op._scene.time.isoformat() == "2026-01-01T00:00:00+00:00"

    def test_platform_from_metadata(self, product):
        info = snap.MetadataElement("Datatake")
        info.setAttributeString("SPACECRAFT_NAME", "Sentinel-2C")
        product.root.addElement(info)
        op = make_operator(Neighbourhood)()
        op.initialize(snap.Context({"source": product}))
        assert op._scene.platform == "Sentinel-2C"


class TestPixels:
    @pytest.mark.parametrize("size", [(29, 13), (7, 5), (64, 1), (1, 64), (10, 12)])
    def test_tiles_do_not_show(self, product, size):
        red = physical(product.bands["B4"])
        target = snap.run(make_operator(Neighbourhood)(), snap.Context({"source": product}), *size)
        assert_target(target, _outputs(_mean3(red), red, 0.5))

    def test_nothing_is_asked_for_outside_the_image(self, product):
        context = snap.Context({"source": product})
        snap.run(make_operator(Neighbourhood)(), context, 7, 5)
        assert all(r.x >= 0 and r.y >= 0 and r.x + r.width <= 29 and r.y + r.height <= 13 for _, r in context.read)

    def test_angles_from_tie_points_or_from_a_parameter(self, product):
        red, zenith = physical(product.bands["B4"]), product.tie_points["sun_zenith"].data
        target = snap.run(make_operator(Neighbourhood)(), snap.Context({"source": product}, {"mode": "cosine"}), 10, 10)
        corrected = red / np.cos(np.radians(zenith))
        assert_target(target, _outputs(_mean3(corrected), corrected, 0.5))
        del product.tie_points["sun_zenith"]
        target = snap.run(
            make_operator(Neighbourhood)(),
            snap.Context({"source": product}, {"mode": "cosine", "sun_zenith": 60.0}),
            10,
            10,
        )
        corrected = red / np.cos(np.radians(np.float32(60)))
        assert_target(target, _outputs(_mean3(corrected), corrected, 0.5))

    def test_the_sun_from_place_and_time(self, product):
        del product.tie_points["sun_zenith"]
        context = snap.Context({"source": product}, {"mode": "cosine"})
        target = snap.run(make_operator(Neighbourhood)(), context, 10, 10)
        assert any("sun_zenith computed from place and time (2026-01-01" in line for line in context.logger.lines)
        # At 5 E, 45 N the sun is far below the horizon at 0 h UTC: its cosine is negative, and so is all that it
        # divides.
        assert np.nanmax(target.bands["mean"].data) < 0.2

    def test_valid_pixel_expression(self, product):
        band = product.bands["B4"]
        band.valid = band.data > 5000
        red = np.where(band.valid, physical(band), np.float32(np.nan))
        target = snap.run(make_operator(Neighbourhood)(), snap.Context({"source": product}), 8, 8)
        assert_target(target, _outputs(_mean3(red), red, 0.5))

    def test_nodata_of_wide_integers_is_recognised(self, product):
        # 2 ** 24 and its neighbour are one float: no-data must be found before rounding.
        raw = np.full((13, 29), 2**24 + 1, np.int32)
        raw[4, 4] = 2**24
        product.bands["B4"] = snap.Raster("B4", raw, scale=2.0**-24, nodata=float(2**24))
        target = snap.run(make_operator(Neighbourhood)(), snap.Context({"source": product}), 29, 13)
        assert np.flatnonzero(target.bands["cloud_flags"].data & 0x8000).tolist() == [4 * 29 + 4]


class TestImpossible:
    """The same values are no data here as for the engine (tests/40_engine/test_validity.py)."""

    def _nodata(self, op_class, product, tile):
        return (
            snap.run(make_operator(op_class)(), snap.Context({"source": product}), *tile).bands["cloud_flags"].data
            & 0x8000
            != 0
        )

    @pytest.mark.parametrize("value", [np.inf, -9999.0, -0.06])
    def test_a_value_that_no_sensor_measures(self, product, value):
        red = np.full((13, 29), 0.2, np.float32)
        red[4, 4:9] = value
        product.bands["B4"] = snap.Raster("B4", red)
        np.testing.assert_array_equal(self._nodata(Neighbourhood, product, (8, 8)), red == value)

    def test_counts_without_a_factor(self, product):
        product.bands["B4"] = snap.Raster("B4", np.full((13, 29), 900, np.uint16))
        with pytest.raises(
            UnsupportedProduct, match=r"band B4 \(red\) holds numbers whose scaling is not known .*Band Maths"
        ):
            make_operator(Neighbourhood)().initialize(snap.Context({"source": product}))

    @pytest.mark.parametrize("tile", [(8, 8), (40, 40)])
    def test_a_filling_along_the_edge(self, tile):
        """One number in all bands: found by a tile operator, whose tiles may lie elsewhere, and by a scene operator
        alike.
        """

        def of(base):
            class Three(base):
                sources = (Source("source", (*Base.sources[0].reads, Reads("green"), Reads("swir16")), "Reflectance."),)

            return dataclass(frozen=True, kw_only=True)(Three)

        large = snap.Product("S2B", "t", 60, 50)
        rng = np.random.default_rng(3)
        outside = np.add.outer(np.arange(50), np.zeros(60)) < 12
        for name in ("B3", "B4", "B11"):
            large.bands[name] = snap.Raster(
                name, np.where(outside, 6.5535, rng.uniform(0.1, 0.3, (50, 60))).astype(np.float32)
            )
        large.tie_points["sun_zenith"] = snap.Raster(
            "sun_zenith", np.full((50, 60), 30, np.float32), unit="deg", tie_points=True
        )
        for base in (Neighbourhood, Whole):
            np.testing.assert_array_equal(self._nodata(of(base), large, tile), outside)


class TestOffset:
    """Sentinel-2 counts of baseline 04.00 and later hold an offset that SNAP's reader puts into the band's scaling, or
    not (an option of its).
    """

    @pytest.fixture
    def with_offsets(self, product):
        listed = snap.MetadataElement("Radiometric_Offset_List")
        listed.repeated = [("RADIO_ADD_OFFSET", "-1000")] * 13
        product.root.addElement(listed)
        return product

    def _run(self, product):
        context = snap.Context({"source": product})
        return snap.run(make_operator(Neighbourhood)(), context, 10, 10), context

    def test_already_applied(self, with_offsets):
        red = physical(with_offsets.bands["B4"])
        target, context = self._run(with_offsets)
        assert_target(target, _outputs(_mean3(red), red, 0.5))
        assert not any("offset" in line for line in context.logger.lines)

    def test_left_out(self, with_offsets):
        red = physical(with_offsets.bands["B4"])
        with_offsets.bands["B4"].offset = 0.0
        target, context = self._run(with_offsets)
        assert_target(target, _outputs(_mean3(red), red, 0.5))
        assert any(
            "the metadata's offset is not in the scaling of B4: it is added here" in line
            for line in context.logger.lines
        )

    def test_a_band_that_is_no_longer_counts(self, with_offsets):
        red = physical(with_offsets.bands["B4"])
        with_offsets.bands["B4"] = snap.Raster("B4", red, nodata=float("nan"))
        target, _ = self._run(with_offsets)
        assert_target(target, _outputs(_mean3(red), red, 0.5))

    def test_before_baseline_0400(self, product):
        product.bands["B4"].offset = 0.0
        red = physical(product.bands["B4"])
        target, _ = self._run(product)
        assert_target(target, _outputs(_mean3(red), red, 0.5))


class TestTarget:
    def test_bands_codings_masks(self, product):
        target = snap.run(make_operator(Neighbourhood)(), snap.Context({"source": product}), 29, 13)
        assert list(target.bands) == ["mean", "cloud_flags", "kind"]
        assert target.flag_codings[0].entries == [
            ("BRIGHT", 1, "brighter than the threshold"),
            ("NO_DATA", 32768, "no data"),
        ]
        assert target.index_codings[0].entries == [("dark", 0, "dark"), ("bright", 200, "bright")]
        assert [m[:2] for m in target.masks] == [
            ("cloud_bright", "cloud_flags.BRIGHT"),
            ("cloud_no_data", "cloud_flags.NO_DATA"),
        ]
        assert np.isnan(target.bands["mean"].nodata)
        assert target.bands["kind"].getImageInfo()[1] == [(0.0, (0, 0, 0), "dark"), (200.0, (255, 255, 255), "bright")]
        assert {what for what, _ in target.copied} == {"metadata", "tie points", "geocoding"}
        assert (
            target.root.getElement("Estran_Processing")
            .getElement("Estran_Neighbourhood")
            .getElement("parameters")
            .attributes["threshold"]
            == "0.5"
        )

    def test_copied_bands(self, product):
        @dataclass(frozen=True, kw_only=True)
        class Copying(Neighbourhood):
            alias = "Estran.Copying"
            copy_bands: tuple[str, ...] = param(("B4",), "Bands to hand on.")

        for name in ("B3", "B2"):
            product.bands[name] = snap.Raster(name, np.zeros((13, 29), np.uint16), scale=1e-4)
        target = snap.run(make_operator(Copying)(), snap.Context({"source": product}, {"copy_bands": ["*"]}), 29, 13)
        assert {"B4", "B3", "B2"} <= set(target.bands)
        target = snap.run(make_operator(Copying)(), snap.Context({"source": product}), 29, 13)
        assert ("band B4", product.name) in target.copied
        assert "B3" not in target.bands
        with pytest.raises(MissingBand, match="'B5' of copy_bands"):
            make_operator(Copying)().initialize(snap.Context({"source": product}, {"copy_bands": ["B5"]}))

    def test_every_band_has_a_palette(self, product):
        """SNAP Desktop computes the whole scene for the statistics of a band that has none."""
        target = snap.run(make_operator(Neighbourhood)(), snap.Context({"source": product}), 29, 13)
        assert all(band.getImageInfo() is not None for band in target.bands.values())
        assert [point[0] for point in target.bands["cloud_flags"].getImageInfo()[1]] == [0.0, 32769.0]

    def test_an_rgb_profile_of_the_classes(self, product):
        for _ in range(2):
            make_operator(Neighbourhood)().initialize(snap.Context({"source": product}))
        (profile,) = sys.modules["jpy"].profiles.profiles
        assert (profile.name, profile.pattern[0]) == ("Estran Brightness: kind", "Estran.Neighbourhood")
        assert profile.expressions == ["kind == 0 ? 0 : kind == 200 ? 255 : 0"] * 3
        assert profile.ranges == [(0.0, 255.0)] * 3

    def test_an_rgb_profile_of_bands_handed_on(self, product):
        @dataclass(frozen=True, kw_only=True)
        class Coloured(Neighbourhood):
            alias = "Estran.Coloured"
            sources = (Source("source", (*Base.sources[0].reads, Reads("green"), Reads("blue")), "Reflectance."),)
            copy_bands: tuple[str, ...] = param((), "Bands to hand on.")

        for name in ("B3", "B2"):
            product.bands[name] = snap.Raster(name, np.zeros((13, 29), np.uint16), scale=1e-4)
        make_operator(Coloured)().initialize(snap.Context({"source": product}, {"copy_bands": ["B4", "B3"]}))
        assert [p.name for p in sys.modules["jpy"].profiles.profiles] == ["Estran Brightness: kind"]
        make_operator(Coloured)().initialize(snap.Context({"source": product}, {"copy_bands": ["B4", "B3", "B2"]}))
        natural = sys.modules["jpy"].profiles.profiles[-1]
        assert (natural.name, natural.expressions) == ("Estran Brightness: natural colours", ["B4", "B3", "B2"])

    def test_tiles_are_large(self, product):
        op = make_operator(Whole)()
        op.initialize(snap.Context({"source": product}))
        assert op._product.getPreferredTileSize() == (29, 13)
        large = snap.Product("S2B", "t", 3000, 2)
        large.bands["B4"] = snap.Raster("B4", np.zeros((2, 3000), np.uint16), scale=1e-4)
        op.initialize(snap.Context({"source": large}, {"sun_zenith": 40.0}))
        assert op._product.getPreferredTileSize() == (1024, 2)


class TestWholeScene:
    @pytest.mark.parametrize("op_class", [Surveyed, Whole])
    @pytest.mark.parametrize("size", [(29, 13), (7, 5)])
    def test_computed_once_whatever_comes_first(self, product, op_class, size):
        red = physical(product.bands["B4"])
        fraction = np.float32(float(np.nansum(red > 0.25)) / red.size)
        expected = _outputs(red * fraction if op_class is Surveyed else red - np.nanmax(red), red, 0.25)
        context = snap.Context({"source": product})
        assert_target(snap.run(make_operator(op_class)(), context, *size), expected)
        # In the desktop a tile may be asked for before doExecute.
        late = snap.Context({"source": product})
        op = make_operator(op_class)()
        op.initialize(late)
        snap.tiles(op, late, *size)
        assert_target(late.target, expected)
        if op_class is Whole:
            assert [name for name, _ in late.read] == ["B4", "sun_zenith"]

    def test_a_surveyed_operator_reads_by_strips_and_serves_tiles(self, product, monkeypatch):
        """Never the whole scene at once, and the same bits."""
        monkeypatch.setattr("estran.adapters.snap.operator.STRIP", 4)
        monkeypatch.setattr("estran.adapters.snap.operator._CORNER", 4)
        red = physical(product.bands["B4"])
        context = snap.Context({"source": product})
        found = snap.run(make_operator(Surveyed)(), context, 7, 5)
        assert_target(found, _outputs(red * np.float32(float(np.nansum(red > 0.25)) / red.size), red, 0.25))
        assert {rectangle.height for name, rectangle in context.read if name == "B4" and rectangle.width == 29} >= {
            4,
            1,
        }
        assert max(rectangle.height for name, rectangle in context.read if name == "sun_zenith") <= 7

    def test_execute_twice(self, product):
        context = snap.Context({"source": product})
        op = make_operator(Whole)()
        op.initialize(context)
        monitors = snap.Monitor(), snap.Monitor()
        for monitor in monitors:
            op.doExecute(monitor)
        assert len(context.read) == 2
        assert all(m.ended for m in monitors)
        assert 0 < monitors[0].done_units <= 1000
        facts = [c for c in context.target.root.children if c.name == "Estran_Whole_facts"]
        assert len(facts) == 1
        assert set(facts[0].attributes) == {"highest"}

    def test_cancel_is_remembered(self, product):
        # The desktop swallows what doExecute raises and then asks for tiles all the same.
        context = snap.Context({"source": product})
        op = make_operator(Whole)()
        op.initialize(context)
        monitor = snap.Monitor(cancel_at=3)
        with pytest.raises(EstranError, match="cancelled"):
            op.doExecute(monitor)
        assert monitor.ended
        with pytest.raises(EstranError, match="cancelled"):
            op.doExecute(snap.Monitor())
        with pytest.raises(EstranError, match="cancelled"):
            snap.tiles(op, context, 29, 13)

    def test_a_failure_is_remembered(self, product):
        @dataclass(frozen=True, kw_only=True)
        class Failing(Base):
            alias = "Estran.Failing"
            walk = Walk.SCENE
            sun_zenith: float | None = param(40.0, "Constant sun zenith.", unit="degrees")
            calls: ClassVar[list] = []

            def compute(self, block, survey=None):
                self.calls.append(1)
                raise EmptyScene("there is no clear pixel", todo="choose another date")

        op, context = make_operator(Failing)(), snap.Context({"source": product})
        op.initialize(context)
        sentence = r"there is no clear pixel \(in Estran.Failing, the whole scene\). What to do: choose another date."
        for _ in range(2):
            with pytest.raises(EmptyScene, match=sentence):
                op.doExecute(snap.Monitor())
        with pytest.raises(EmptyScene, match=sentence):
            snap.tiles(op, context, 7, 5)
        assert Failing.calls == [1]
        op.dispose(context)

    def test_cancel_while_reading(self, product):
        context, op = snap.Context({"source": product}), make_operator(Whole)()
        op.initialize(context)
        with pytest.raises(EstranError, match="cancelled"):
            op.doExecute(snap.Monitor(cancel_at=1))
        assert context.read == []

    @pytest.mark.parametrize("op_class", [Neighbourhood, Surveyed, Whole])
    @pytest.mark.parametrize(
        "order", [reversed, lambda found: sorted(found, key=lambda r: (r.x, -r.y))], ids=["backwards", "by columns"]
    )
    def test_tiles_in_any_order_on_any_thread(self, product, op_class, order):
        contexts = [snap.Context({"source": product}) for _ in range(2)]
        expected = snap.run(make_operator(op_class)(), contexts[0], 29, 13)
        op = make_operator(op_class)()
        op.initialize(contexts[1])
        op.doExecute(snap.Monitor())
        snap.tiles(op, contexts[1], 7, 5, order)
        assert_target(contexts[1].target, {name: band.data for name, band in expected.bands.items()})

    def test_what_snap_calls(self):
        """Only the stack: where both stand, SNAP's writer calls computeTile, once a band. And dispose, without which a
        graph ends in an error.
        """
        made = make_operator(Whole)
        assert not hasattr(made, "computeTile")
        assert not hasattr(made, "compute")
        assert all(hasattr(made, name) for name in ("initialize", "doExecute", "computeTileStack", "dispose"))

    def test_dispose_before_anything_and_tiles_after_it(self, product):
        make_operator(Whole)().dispose(None)
        context, op = snap.Context({"source": product}), make_operator(Whole)()
        target = snap.run(op, context, 29, 13)
        expected = {name: band.data.copy() for name, band in target.bands.items()}
        op.dispose(context)
        snap.tiles(op, context, 29, 13)
        assert_target(target, expected)

    def test_no_more_than_one_copy_of_the_sources(self):
        @dataclass(frozen=True, kw_only=True)
        class Light(Base):
            alias = "Estran.Light"
            walk = Walk.SCENE
            sources = (Source("source", tuple(Reads(f"b{i}", ours=True) for i in range(8)), "Many bands."),)
            writes = (BandOut("mean", "float32", "1", "first row"),)

            def compute(self, block, survey=None):
                return block.out({"mean": block["b0"]})

        side = 3072
        big = snap.Product("big", "t", 512, side)
        for i in range(8):
            big.bands[f"b{i}"] = snap.Raster(f"b{i}", np.zeros((side, 512), np.uint16), nodata=0.0)
        op, context = make_operator(Light)(), snap.Context({"source": big})
        op.initialize(context)
        tracemalloc.start()
        try:
            op.doExecute(snap.Monitor())
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        copy = 8 * side * 512 * 4
        strip = 1024 * 512 * (4 + 8 + 8 + 4)  # what the stand-in's tile makes of one strip
        assert peak < copy + 2 * strip
        assert max(r.height for _, r in context.read) <= 1024

    @pytest.mark.parametrize(
        ("error", "remedy"),
        [
            (
                ModuleNotFoundError("No module named 'numba'", name="numba.core"),
                "install numba into the Python that SNAP uses",
            ),
            (MemoryError("Unable to allocate 9 GiB"), "on a subset or at a coarser resolution"),
            (RuntimeError("java.lang.OutOfMemoryError: Java heap space"), "-Xmx"),
            (KeyError("x"), "log file"),
        ],
        ids=["module", "memory", "heap", "other"],
    )
    def test_the_remedy_fits_the_fault(self, error, remedy):
        sentence = str(user_error(error, "Estran.X", "tile x 0, y 0, 5 x 5"))
        assert sentence.startswith(f"Estran.X failed: {type(error).__name__}: ")
        assert "(in tile x 0, y 0, 5 x 5)" in sentence
        assert remedy in sentence
        assert "\n" not in sentence

    def test_a_sentence_says_nothing_twice(self):
        mine = BadParameter("parameter x is outside its interval", where="Estran.X", expected="[0,1]", found=7)
        assert str(user_error(mine, "Estran.X")) == str(mine)

    def test_a_fault_is_reported_with_its_place(self, product):
        @dataclass(frozen=True, kw_only=True)
        class Faulty(Base):
            alias = "Estran.Faulty"
            walk = Walk.PIXEL
            sun_zenith: float | None = param(None, "Constant sun zenith.", unit="degrees")

            def compute(self, block, survey=None):
                raise ZeroDivisionError("no photons")

        context = snap.Context({"source": product})
        with pytest.raises(
            EstranError, match=r"Estran.Faulty failed: ZeroDivisionError: no photons \(in tile x 0, y 0, 29 x 13\)"
        ):
            snap.run(make_operator(Faulty)(), context, 29, 13)
        assert any("Traceback" in line for line in context.logger.lines)
