"""The SNAP adapter on a stand-in of SNAP's classes (snap_standin.py): the same bits as the operator gives on arrays, whatever the tiles."""

from __future__ import annotations

import importlib.util
import itertools
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from estran.adapters.snap import make_operator
from estran.adapters.snap.jvm import java
from estran.adapters.snap.parameters import convert
from estran.adapters.snap.samples import to_java
from estran.catalogue.spec import BandOut, ClassesOut, FlagsOut, Operator, Reads, Source, Walk, param, parameters_of
from estran.errors import BadParameter, BadProduct, EstranError, MissingBand, UnsupportedProduct
from estran.raster.coding import Flag, FlagCoding, IndexCoding, IndexValue

_spec = importlib.util.spec_from_file_location("snap_standin", Path(__file__).with_name("snap_standin.py"))
snap = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(snap)

FLAGS = FlagCoding("cloud_flags", (Flag("BRIGHT", 0, (255, 255, 255), "brighter than the threshold"), Flag("NO_DATA", 15, (0, 0, 0), "no data")))
CLASSES = IndexCoding("kind", (IndexValue("dark", 0, (0, 0, 0), "dark"), IndexValue("bright", 200, (255, 255, 255), "bright")))
WKT = 'GEOGCS["WGS84(DD)", DATUM["WGS84", SPHEROID["WGS84", 6378137.0, 298.257223563]], PRIMEM["Greenwich", 0.0], UNIT["degree", 0.017453292519943295]]'


class Base(Operator):
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
        BandOut("mean", "float32", "1", "mean of the neighbourhood", palette=((0.0, (0, 0, 0), "dark"), (1.0, (255, 255, 255), "bright"))),
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
        return block.out(_outputs(block["red"] * np.float32(survey[0] / survey[1]), block["red"], 0.25), bright_share=survey[0] / survey[1])


@dataclass(frozen=True, kw_only=True)
class Whole(Base):
    alias = "Estran.Whole"
    walk = Walk.SCENE
    sun_zenith: float | None = param(40.0, "Constant sun zenith.", unit="degrees", interval="[0,90]")

    def compute(self, block, survey=None):
        block.progress(0.5, "half way")
        return block.out(_outputs(block["red"] - np.nanmax(block["red"]), block["red"], 0.25), highest=float(np.nanmax(block["red"])))


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
    raw = rng.integers(1, 11000, (13, 29)).astype(np.uint16)
    raw[3, 5] = raw[0, 0] = raw[12, 28] = 0
    made.bands["B4"] = snap.Raster("B4", raw, scale=1e-4, offset=-0.1, nodata=0.0, unit="dl")
    made.tie_points["sun_zenith"] = snap.Raster("sun_zenith", rng.uniform(20, 60, (13, 29)).astype(np.float32), unit="deg", tie_points=True)
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


class TestSamples:
    """What is written arrives, for every type an operator may answer with."""

    @pytest.mark.parametrize("source", ["uint8", "int16", "uint16", "int32"])
    @pytest.mark.parametrize("band", ["UINT8", "UINT16", "INT32", "FLOAT32"])
    def test_integers_arrive(self, source, band):
        values = np.array([[0, 1, 200], [7, 99, 255]], source)
        target = snap.Product("t", "t", 3, 2).addBand("b", snap.TYPES[band])
        snap.Tile(target, snap.Rectangle(0, 0, 3, 2)).setSamples(to_java(values))
        np.testing.assert_array_equal(target.data, values)

    @pytest.mark.parametrize("values", [np.array([[200]], np.uint8), np.array([[1]], np.int64)], ids=["unsigned", "int64"])
    def test_twin_snap_would_spoil_them_unconverted(self, values):
        target = snap.Product("t", "t", 1, 1).addBand("b", snap.TYPES["FLOAT32"])
        snap.Tile(target, snap.Rectangle(0, 0, 1, 1)).setSamples(values)
        assert target.data[0, 0] != values[0, 0]

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
        given = {"path": java_file, "names": ["a", "b"], "numbers": snap.array("d", [1.0, 2.5]), "count": 3, "yes": False}
        assert {p.name: convert(p, given[p.name]) for p in parameters_of(Many)} == {
            "path": Path("dem.tif"), "names": ("a", "b"), "numbers": (1.0, 2.5), "count": 3, "yes": False,
        }  # fmt: skip

    def test_outside_its_interval(self, product):
        with pytest.raises(BadParameter, match="threshold is outside its interval"):
            make_operator(Neighbourhood)().initialize(snap.Context({"source": product}, {"threshold": 7.0}))


class TestSources:
    @pytest.mark.parametrize("name", ["source", "sourceProduct", "anything"])
    def test_by_name_or_position(self, product, name):
        op = make_operator(Neighbourhood)()
        op.initialize(snap.Context({name: product}))
        assert op._scene.platform == "Sentinel-2B"

    def test_a_missing_source_is_refused_by_us(self):
        with pytest.raises(BadProduct, match="-Ssource=FILE"):
            make_operator(Neighbourhood)().initialize(snap.Context({}))

    def test_a_missing_band_lists_what_is_there(self, product):
        del product.bands["B4"]
        with pytest.raises(MissingBand, match=r"red.*found sun_zenith"):
            make_operator(Neighbourhood)().initialize(snap.Context({"source": product}))

    def test_multisize(self, product):
        product.bands["B4"] = snap.Raster("B4", np.zeros((6, 14), np.uint16))
        with pytest.raises(UnsupportedProduct, match=r"29 x 13 pixels, found 14 x 6.*resample"):
            make_operator(Neighbourhood)().initialize(snap.Context({"source": product}))

    def test_what_is_switched_off_is_logged_and_recorded(self, product):
        context = snap.Context({"source": product})
        target = snap.run(make_operator(Neighbourhood)(), context, 29, 13)
        said = "no cirrus: the cirrus test is off."
        assert any(said in line for line in context.logger.lines)
        assert target.root.getElement("Estran_Processing").getElement("Estran_Neighbourhood").getElement("notes").attributes == {"note_1": said}

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
        target = snap.run(make_operator(Neighbourhood)(), snap.Context({"source": product}, {"mode": "cosine", "sun_zenith": 60.0}), 10, 10)
        corrected = red / np.cos(np.radians(np.float32(60)))
        assert_target(target, _outputs(_mean3(corrected), corrected, 0.5))

    def test_the_sun_from_place_and_time(self, product):
        del product.tie_points["sun_zenith"]
        context = snap.Context({"source": product}, {"mode": "cosine"})
        target = snap.run(make_operator(Neighbourhood)(), context, 10, 10)
        assert any("sun_zenith computed from place and time (2026-01-01" in line for line in context.logger.lines)
        # At 5 E, 45 N the sun is far below the horizon at 0 h UTC: its cosine is negative, and so is all that it divides.
        assert np.nanmax(target.bands["mean"].data) < 0.2

    def test_valid_pixel_expression(self, product):
        band = product.bands["B4"]
        band.valid = band.data > 5000
        red = np.where(band.valid, physical(band), np.float32(np.nan))
        target = snap.run(make_operator(Neighbourhood)(), snap.Context({"source": product}), 8, 8)
        assert_target(target, _outputs(_mean3(red), red, 0.5))

    def test_nodata_of_wide_integers_is_told_apart(self, product):
        # 2 ** 24 and its neighbour are one float: no-data must be found before rounding.
        raw = np.full((13, 29), 2**24 + 1, np.int32)
        raw[4, 4] = 2**24
        product.bands["B4"] = snap.Raster("B4", raw, nodata=float(2**24))
        target = snap.run(make_operator(Neighbourhood)(), snap.Context({"source": product}), 29, 13)
        assert np.flatnonzero(target.bands["cloud_flags"].data & 0x8000).tolist() == [4 * 29 + 4]


class TestTarget:
    def test_bands_codings_masks(self, product):
        target = snap.run(make_operator(Neighbourhood)(), snap.Context({"source": product}), 29, 13)
        assert list(target.bands) == ["mean", "cloud_flags", "kind"]
        assert target.flag_codings[0].entries == [("BRIGHT", 1, "brighter than the threshold"), ("NO_DATA", 32768, "no data")]
        assert target.index_codings[0].entries == [("dark", 0, "dark"), ("bright", 200, "bright")]
        assert [m[:2] for m in target.masks] == [("cloud_bright", "cloud_flags.BRIGHT"), ("cloud_no_data", "cloud_flags.NO_DATA")]
        assert np.isnan(target.bands["mean"].nodata)
        assert target.bands["kind"].getImageInfo()[1] == [(0.0, (0, 0, 0), "dark"), (200.0, (255, 255, 255), "bright")]
        assert {what for what, _ in target.copied} == {"metadata", "tie points", "geocoding"}
        assert target.root.getElement("Estran_Processing").getElement("Estran_Neighbourhood").getElement("parameters").attributes["threshold"] == "0.5"

    def test_copied_bands(self, product):
        @dataclass(frozen=True, kw_only=True)
        class Copying(Neighbourhood):
            alias = "Estran.Copying"
            copy_bands: tuple[str, ...] = param(("B4",), "Bands to hand on.")

        target = snap.run(make_operator(Copying)(), snap.Context({"source": product}), 29, 13)
        assert ("band B4", product.name) in target.copied
        with pytest.raises(MissingBand, match="'B5' of copy_bands"):
            make_operator(Copying)().initialize(snap.Context({"source": product}, {"copy_bands": ["B5"]}))


class TestWholeScene:
    @pytest.mark.parametrize("op_class", [Surveyed, Whole])
    @pytest.mark.parametrize("size", [(29, 13), (7, 5)])
    def test_computed_once_whatever_comes_first(self, product, op_class, size):
        red = physical(product.bands["B4"])
        share = np.float32(float(np.nansum(red > 0.25)) / red.size)
        expected = _outputs(red * share if op_class is Surveyed else red - np.nanmax(red), red, 0.25)
        context = snap.Context({"source": product})
        assert_target(snap.run(make_operator(op_class)(), context, *size), expected)
        # In the desktop a tile may be asked for before doExecute.
        late = snap.Context({"source": product})
        op = make_operator(op_class)()
        op.initialize(late)
        snap.tiles(op, late, *size)
        assert_target(late.target, expected)
        assert [name for name, _ in late.read] == ["B4", "sun_zenith"]

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

    def test_a_fault_is_told_with_its_place(self, product):
        @dataclass(frozen=True, kw_only=True)
        class Faulty(Base):
            alias = "Estran.Faulty"
            walk = Walk.PIXEL
            sun_zenith: float | None = param(None, "Constant sun zenith.", unit="degrees")

            def compute(self, block, survey=None):
                raise ZeroDivisionError("no photons")

        context = snap.Context({"source": product})
        with pytest.raises(EstranError, match=r"Estran.Faulty failed: ZeroDivisionError: no photons \(in tile x 0, y 0, 29 x 13\)"):
            snap.run(make_operator(Faulty)(), context, 29, 13)
        assert any("Traceback" in line for line in context.logger.lines)
