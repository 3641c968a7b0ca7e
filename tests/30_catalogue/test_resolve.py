"""Where inputs come from: the product, a parameter, another band, nothing; and what is said aloud."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from affine import Affine

from estran.catalogue.outputs import check_outputs, masks_of, record, targets
from estran.catalogue.resolve import resolve_reads
from estran.catalogue.spec import Aux, BandOut, ClassesOut, FlagsOut, Operator, Reads, Source, Walk, param
from estran.catalogue.sun import sun_points
from estran.errors import EstranError, MissingBand, UnsupportedProduct
from estran.raster.coding import Flag, FlagCoding, IndexCoding, IndexValue
from estran.raster.grid import Grid
from estran.raster.record import Note, RunRecord
from estran.raster.scene import whole

FLAGS = FlagCoding("f", (Flag("CLOUD", 0, (1, 2, 3), "cloud"), Flag("SHADOW", 2, (4, 5, 6), "shadow", 0.7)))


@dataclass(frozen=True, kw_only=True)
class Op(Operator):
    alias = "Estran.Op"
    label = summary = "Op"
    version = "1.0"
    atbd = "x"
    menu = "Optical"
    sources = (
        Source(
            "source",
            (
                Reads("red"),
                Reads("nir08", fallback=("nir",)),
                Reads("cirrus", optional=True, without="the cirrus test is off"),
                Reads("sun_zenith", "degrees", from_param="sza"),
            ),
            "first",
        ),
        Source("other", (Reads("cloud_flags", ours=True),), "second", optional=True),
    )
    aux = (Aux("dem", "dem_file", "m", "heights", "one cirrus threshold"),)
    writes = (
        BandOut("p", "float32", "1", "p"),
        FlagsOut("cloud_flags", "uint16", FLAGS, "flags"),
        ClassesOut("kind", "uint8", IndexCoding("k", (IndexValue("land", 3, (7, 8, 9), "land"),)), "class"),
    )
    walk = Walk.PIXEL
    sza: float | None = param(None, "sun", unit="degrees", interval="[0,90)")
    dem_file: Path | None = param(None, "dem")


ALL = {"B4": "dl", "B8A": "dl", "B8": "", "B10": None, "sun_zenith": "deg", "elevation": "m"}


def _without(*names):
    return {name: unit for name, unit in ALL.items() if name not in names}


def test_everything_is_there():
    found = resolve_reads(Op(), ALL, "Sentinel-2A")
    assert found.bands == {"red": "B4", "nir08": "B8A", "cirrus": "B10", "sun_zenith": "sun_zenith", "dem": "elevation"}
    assert (found.constants, found.files, found.missing, found.notes) == ({}, {}, (), ())


def test_names_without_units():
    assert resolve_reads(Op(sza=30.0), ["B04", "B8A"]).bands == {"red": "B04", "nir08": "B8A"}


def test_optional_band_and_layer_are_switched_off_with_a_note():
    found = resolve_reads(Op(), _without("B10", "elevation"), "Sentinel-2A")
    assert tuple(map(str, found.notes)) == ("no cirrus: the cirrus test is off.", "no dem: one cirrus threshold.")
    assert [m.band if isinstance(m, Reads) else m.name for m in found.missing] == ["cirrus", "dem"]


def test_parameter_stands_for_a_band():
    found = resolve_reads(Op(sza=30.0), _without("sun_zenith"), "Sentinel-2B")
    assert found.constants == {"sun_zenith": 30.0}
    assert tuple(map(str, found.notes)) == ("no sun_zenith: the constant 30 degrees of parameter sza is used.",)
    assert resolve_reads(Op, _without("sun_zenith"), parameters={"sza": 30.0}).constants == {"sun_zenith": 30.0}


def test_own_band_wins_over_the_parameter():
    assert "sun_zenith" in resolve_reads(Op(sza=30.0), ALL).bands


def test_fallback():
    found = resolve_reads(Op(), _without("B8A"), "Sentinel-2")
    assert found.bands["nir08"] == "B8"
    assert tuple(map(str, found.notes)) == ("no nir08: nir (band B8) is used instead.",)


def test_a_platform_that_is_not_said_is_taken_for_sentinel2_with_a_note():
    assert resolve_reads(Op(), ALL).notes == (
        Note("assumed", "", "the product does not say its platform: its bands are taken for Sentinel-2's."),
    )
    assert resolve_reads(Op(sza=30.0), ["red", "nir08", "cirrus", "dem"]).notes == (
        Note("constant", "sun_zenith", "no sun_zenith: the constant 30 degrees of parameter sza is used."),
    )


def test_an_unknown_platform_is_refused_whatever_its_bands_are_called():
    with pytest.raises(UnsupportedProduct, match=r"in scene\).*Landsat-8 and -9.*found PROBA-V"):
        resolve_reads(Op(), ALL, "PROBA-V", where="scene")


def test_old_names_are_refused():
    with pytest.raises(UnsupportedProduct, match="rename wnir to nir, nir to nir08"):
        resolve_reads(Op(), ["red", "wnir", "nir", "cirrus"], where="stack")


def test_file_before_band():
    found = resolve_reads(Op(dem_file=Path("a.tif")), ALL)
    assert found.files == {"dem": Path("a.tif")}
    assert "dem" not in found.bands


def test_all_missing_bands_at_once():
    with pytest.raises(MissingBand) as told:
        resolve_reads(Op(), ["B1", "B2"], where="a.dim")
    assert str(told.value) == (
        "Estran.Op needs red, nir08, sun_zenith, which the product lacks (in a.dim): found B1, B2. What to do: give "
        "as parameters: sun_zenith by sza."
    )


def test_second_source():
    assert resolve_reads(Op(), ["cloud_flags"], source="other").bands == {"cloud_flags": "cloud_flags"}
    with pytest.raises(EstranError, match="no source is called 'third'"):
        resolve_reads(Op(), ["cloud_flags"], source="third")


def test_another_unit_is_converted_with_a_note():
    found = resolve_reads(Op(), {**ALL, "sun_zenith": "rad", "B4": "%"}, "Sentinel-2A")
    assert found.conversions["sun_zenith"].apply(np.float32([np.pi / 6]))[0] == pytest.approx(30.0)
    assert found.conversions["red"].apply(np.float32([25.0]))[0] == pytest.approx(0.25)
    assert Note("converted", "sun_zenith", "sun_zenith (sun_zenith) is converted from rad to degrees.") in found.notes
    assert Note("converted", "red", "B4 (red) is converted from % to 1.") in found.notes


@pytest.mark.parametrize("unit", ["m", "1", "kg m-2", "furlong"])
def test_what_measures_something_else_is_refused(unit):
    with pytest.raises(UnsupportedProduct, match=rf"sun_zenith.*expected degrees, found {unit}\. What to do"):
        resolve_reads(Op(), {**ALL, "sun_zenith": unit})


def test_unknown_unit_passes():
    assert resolve_reads(Op(), {**ALL, "B4": "smoots"}).bands["red"] == "B4"
    assert resolve_reads(Op(), {**ALL, "B4": "counts"}).conversions == {}


class TestSun:
    grid = Grid(100, 60, Affine(20, 0, 600000, 0, -20, 5600000), "EPSG:32631")
    noon = datetime(2026, 6, 21, 12, tzinfo=UTC)

    def test_computed_where_nobody_gives_it(self):
        points, notes = sun_points(Op(), Op.sources[0], ["B4"], "", self.noon, self.grid)
        assert list(points) == ["sun_zenith"]
        # Near 50.5 N, 4.4 E at the solstice: latitude minus declination, a little more because noon by the sun is at
        # 11:44 UTC.
        assert points["sun_zenith"].data.mean() == pytest.approx(50.5 - 23.44, abs=0.3)
        text = "sun_zenith computed from place and time (2026-06-21 12:00:00 UTC): the product has none."
        assert notes == (Note("computed", "sun_zenith", text),)

    @pytest.mark.parametrize(
        ("op", "names", "start"),
        [(Op(sza=30.0), ["B4"], noon), (Op(), ["sun_zenith"], noon), (Op(), ["B4"], None)],
        ids=["given", "there", "no time"],
    )
    def test_not_computed(self, op, names, start):
        assert sun_points(op, Op.sources[0], names, "", start, self.grid) == ({}, ())


class TestOutputs:
    def test_targets(self):
        p, flags, kind = targets(Op)
        assert np.isnan(p.nodata)
        assert flags.nodata is None
        assert kind.palette == ((3.0, (7, 8, 9), "land"),)

    def test_masks(self):
        assert [(m.name, m.expression, m.transparency) for m in masks_of(Op.writes[1])] == [
            ("cloud_cloud", "cloud_flags.CLOUD", 0.5),
            ("cloud_shadow", "cloud_flags.SHADOW", 0.7),
        ]

    def test_record(self):
        element = record(Op(sza=1.5), ["a", "a", "b"], RunRecord((), {"cloud": 0.25}, {"threshold": 0.5, "n": 3}))
        assert element.name == "Estran_Op"
        assert element.find("parameters").attributes == {"sza": "1.5", "dem_file": ""}
        assert list(element.find("notes").attributes.values()) == ["a", "b"]
        assert element.find("fractions").attributes == {"cloud": 0.25}
        assert element.find("facts").attributes == {"threshold": 0.5, "n": 3}

    @pytest.mark.parametrize(
        ("spoil", "told"),
        [
            (lambda a: a | {"extra": a["p"]}, "outputs are not those declared"),
            (lambda a: a | {"p": a["p"].astype(np.float64)}, "output p has another type"),
            (lambda a: a | {"kind": a["kind"][1:]}, "output kind has another shape"),
        ],
    )
    def test_check(self, spoil, told):
        arrays = {
            "p": np.zeros((3, 4), np.float32),
            "cloud_flags": np.zeros((3, 4), np.uint16),
            "kind": np.full((3, 4), 3, np.uint8),
        }
        block = whole({"red": np.zeros((3, 4), np.float32)})
        check_outputs(Op, block.out(arrays))
        with pytest.raises(EstranError, match=told):
            check_outputs(Op, block.out(spoil(arrays)))
