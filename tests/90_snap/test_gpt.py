"""A real SNAP: the shims in its user directory, `gpt -h`, and a run on a BEAM-DIMAP whose bits are compared with the
embedded engine's.
"""

from __future__ import annotations

import re

import numpy as np
import pytest
import rasterio

from estran.adapters.files import open_product, write_product
from estran.catalogue import OPERATORS
from estran.catalogue.spec import FlagsOut, parameters_of
from estran.engine.run import run_now
from estran.raster.coding import IndexCoding

pytestmark = [pytest.mark.snap, pytest.mark.slow]

_CLOUD_MASK, _MASKS = (
    next(op for op in OPERATORS if op.alias == alias) for alias in ("Estran.CloudMask", "Estran.Masks")
)


@pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.alias)
def test_help_names_every_parameter(gpt, op):
    """Those of the dialog with their default; the others in the description, in lines that fit a terminal."""
    done = gpt(op.alias, "-h")
    assert done.returncode == 0, done.stderr
    listed = set(re.findall(r"^ *-P([^=]+)=", done.stdout, re.MULTILINE))
    assert listed == {p.element for p in parameters_of(op) if p.info.dialog}, "no heading among them"
    description = done.stdout.partition("Description:")[2].partition("Source Options:")[0]
    named = {p.element for p in parameters_of(op) if not p.info.dialog and not p.info.expert}
    assert named <= set(re.findall(r"\w+", description))
    assert max(map(len, description.splitlines())) <= 110


def _assert_same_bits(expected, found):
    assert list(found.bands) == list(expected.bands)
    for name in expected.bands:
        ours, theirs = np.asarray(expected[name].data), np.asarray(found[name].data)
        assert theirs.dtype == ours.dtype, name
        np.testing.assert_array_equal(theirs, ours, err_msg=name)


@pytest.mark.parametrize("parallelism", [1, 8])
@pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.alias)
def test_same_bits_as_the_engine(gpt, stack, tmp_path, op, parallelism):
    done = gpt(op.alias, f"-Ssource={stack}", "-t", tmp_path / "out.dim", "-f", "BEAM-DIMAP", "-q", parallelism)
    assert done.returncode == 0, done.stderr
    expected, found = run_now(op(), {op.sources[0].name: open_product(stack)}), open_product(tmp_path / "out.dim")
    for written in op.writes:
        ours, theirs = np.asarray(expected[written.name].data), np.asarray(found[written.name].data)
        np.testing.assert_array_equal(theirs, ours, err_msg=written.name)
        assert found[written.name].coding == expected[written.name].coding
    assert set(expected.masks) <= set(found.masks)


@pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.alias)
def test_same_values_as_geotiff(gpt, stack, tmp_path, op):
    """SNAP's GeoTIFF has one sample type for all bands. In a float file the short integers of flag bands stand bit for
    bit, all others as numbers.
    """
    done = gpt(op.alias, stack, "-t", tmp_path / "out.tif", "-f", "GeoTIFF", "-q", 8)
    assert done.returncode == 0, done.stderr
    expected = run_now(op(), {op.sources[0].name: open_product(stack)})
    with rasterio.open(tmp_path / "out.tif") as found:
        assert found.count == len(op.writes)
        assert found.transform == expected.grid.transform
        assert found.crs.to_epsg() == int(expected.grid.crs.partition(":")[2])
        for i, written in enumerate(op.writes, 1):
            theirs = found.read(i)
            if isinstance(written, FlagsOut) and written.dtype != "int32" and theirs.dtype == np.float32:
                theirs = theirs.view(np.int32)
            np.testing.assert_array_equal(
                theirs.astype(np.float64), np.asarray(expected[written.name].data, np.float64), err_msg=written.name
            )


@pytest.mark.parametrize("ending", ["dim", "nc"])
def test_what_we_write_snap_reads(gpt, stack, tmp_path, ending):
    """Through SNAP and back: samples, codings with their colours, palettes, masks, geocoding, times."""
    ours = run_now(_CLOUD_MASK(), {"source": open_product(stack)})
    written = write_product(ours, tmp_path / f"ours.{ending}")
    done = gpt("Write", f"-Ssource={written}", f"-Pfile={tmp_path / 'theirs.dim'}", "-PformatName=BEAM-DIMAP")
    assert done.returncode == 0, done.stderr
    ours, theirs = open_product(written), open_product(tmp_path / "theirs.dim")
    _assert_same_bits(ours, theirs)
    assert dict(theirs.masks) == dict(ours.masks)
    assert (theirs.grid, theirs.start, theirs.kind) == (ours.grid, ours.start, ours.kind)
    for name in ours.bands:
        for fact in ("scale", "offset", "unit", "description", "grid"):
            assert getattr(theirs[name], fact) == getattr(ours[name], fact), (name, fact)
        if ending == "dim":
            assert (theirs[name].coding, theirs[name].palette) == (ours[name].coding, ours[name].palette)
            continue
        # From NetCDF SNAP takes no labels of palettes, and reads the class 255 of a byte as -1.
        assert [point[:2] for point in theirs[name].palette] == [point[:2] for point in ours[name].palette]
        if isinstance(ours[name].coding, IndexCoding):
            assert theirs[name].coding.values[:-1] == ours[name].coding.values[:-1]
        else:
            assert theirs[name].coding == ours[name].coding


def test_snap_s_expressions_find_our_masks(gpt, stack, tmp_path):
    ours = run_now(_CLOUD_MASK(), {"source": open_product(stack)})
    write_product(ours, tmp_path / "ours.dim")
    expressions = {
        "by_mask": "cloud_cloud ? 1 : 0",
        "by_flag": "cloud_flags.CLOUD ? 1 : 0",
        "by_class": "cloud_class == 5 ? 1 : 0",
    }
    targets = "".join(
        f"<targetBand><name>{n}</name><type>uint8</type><expression>{e}</expression></targetBand>"
        for n, e in expressions.items()
    )
    node = (
        f'<node id="A"><operator>BandMaths</operator><sources><sourceProduct '
        f'refid="${{source}}"/></sources><parameters><targetBands>{targets}</targetBands>'
    )
    (tmp_path / "g.xml").write_text(f'<graph id="g"><version>1.0</version>{node}</parameters></node></graph>')
    done = gpt(tmp_path / "g.xml", f"-Ssource={tmp_path / 'ours.dim'}", "-t", tmp_path / "out.dim")
    assert done.returncode == 0, done.stderr
    found, flags = open_product(tmp_path / "out.dim"), np.asarray(ours["cloud_flags"].data)
    cloud = (flags & ours["cloud_flags"].coding["CLOUD"].mask) != 0
    assert cloud.any()
    for name, expected in (
        ("by_mask", cloud),
        ("by_flag", cloud),
        ("by_class", np.asarray(ours["cloud_class"].data) == 5),
    ):
        np.testing.assert_array_equal(np.asarray(found[name].data), expected, err_msg=name)


def test_parameters_in_both_spellings(gpt, stack, tmp_path):
    done = gpt("Estran.CloudMask", f"-Ssource={stack}", "-t", tmp_path / "out.dim", "-Pmin_object=5", "-PcloudBuffer=2")
    assert done.returncode == 0, done.stderr
    expected = run_now(_CLOUD_MASK(min_object=5, cloud_buffer=2.0), {"source": open_product(stack)})
    found = open_product(tmp_path / "out.dim")
    np.testing.assert_array_equal(np.asarray(found["cloud_flags"].data), np.asarray(expected["cloud_flags"].data))


def test_what_the_dialog_leaves_out_is_taken(gpt, stack, tmp_path):
    """And a mode keeps the numbers of its own that the dialog shows for the default one."""
    done = gpt(
        "Estran.CloudMask", f"-Ssource={stack}", "-t", tmp_path / "out.dim", "-Pmode=python-fmask", "-PshadowDepth=0.03"
    )
    assert done.returncode == 0, done.stderr
    source, found = {"source": open_product(stack)}, open_product(tmp_path / "out.dim")
    expected, plain = (
        np.asarray(run_now(op, source)["cloud_flags"].data)
        for op in (_CLOUD_MASK(mode="python-fmask", shadow_depth=0.03), _CLOUD_MASK())
    )
    assert not np.array_equal(expected, plain)
    np.testing.assert_array_equal(np.asarray(found["cloud_flags"].data), expected)


def test_every_graph_without_toolbox_is_run_here(repository):
    """And those with one in test_toolbox.py."""
    free = {
        path.stem
        for path in (repository / "graphs").glob("*.xml")
        if "<operator>S2Resampling</operator>" not in path.read_text("utf-8")
    }
    assert free == {"masks"}


@pytest.mark.parametrize("parallelism", [1, 8])
def test_the_graph_of_the_masks(gpt, repository, multisize, tmp_path, parallelism):
    """A product of three pixel sizes through SNAP's Resample into our node: the bits that we compute from what Resample
    alone writes.
    """
    graph, defaults = repository / "graphs" / "masks.xml", repository / "graphs" / "masks.properties"
    done = gpt(graph, "-p", defaults, f"-Ssource={multisize}", "-t", tmp_path / "out.dim", "-q", parallelism)
    assert done.returncode == 0, done.stderr
    methods = ["-PtargetResolution=20", "-Pupsampling=Bilinear", "-Pdownsampling=Mean", "-PflagDownsampling=FlagOr"]
    done = gpt("Resample", f"-SsourceProduct={multisize}", *methods, "-t", tmp_path / "resampled.dim")
    assert done.returncode == 0, done.stderr
    expected = run_now(_MASKS(), {"source": open_product(tmp_path / "resampled.dim")})
    found = open_product(tmp_path / "out.dim")
    for name in expected.bands:
        np.testing.assert_array_equal(np.asarray(found[name].data), np.asarray(expected[name].data), err_msg=name)


class TestBadInput:
    """Exit code 1, the sentence in the output, no product left."""

    def _refused(self, gpt, tmp_path, *arguments):
        done = gpt(*arguments, "-t", tmp_path / "out.dim", timeout=120)
        assert done.returncode == 1, done.stdout[-4000:]
        assert not (tmp_path / "out.dim").exists()
        return done.stdout

    def test_a_missing_source(self, gpt, tmp_path):
        assert (
            "Estran.CloudMask got no source product 'source'. What to do: give one: gpt Estran.CloudMask -Ssource=FILE"
            in self._refused(gpt, tmp_path, "Estran.CloudMask")
        )

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ("-Pmode=harsh", "harsh"),
            ("-PheightMin=-5", "out of range"),
            ("-PheightMin=high", "high"),
            ("-Pmood=calm", "unknown parameter 'mood'"),
            ("-Pdem=nowhere.tif", "the file of parameter dem does not exist"),
        ],
    )
    def test_parameters(self, gpt, stack, tmp_path, given, said):
        assert said in self._refused(gpt, tmp_path, "Estran.CloudMask", f"-Ssource={stack}", given)

    def test_a_product_of_several_sizes(self, gpt, multisize, tmp_path):
        text = self._refused(gpt, tmp_path, "Estran.CloudMask", f"-Ssource={multisize}")
        assert "the product's bands have more than one size" in text
        assert "Resampling" in text

    def test_a_product_without_the_bands(self, gpt, stack, tmp_path):
        done = gpt("Subset", f"-Ssource={stack}", "-PsourceBands=B2,B3", "-t", tmp_path / "part.dim")
        assert done.returncode == 0, done.stdout[-4000:]
        text = self._refused(gpt, tmp_path, "Estran.CloudMask", f"-Ssource={tmp_path / 'part.dim'}")
        assert "Estran.CloudMask needs red, nir08, swir16, which the product lacks" in text

    def test_no_product_at_all(self, gpt, tmp_path):
        (tmp_path / "text.dim").write_text("no product")
        self._refused(gpt, tmp_path, "Estran.CloudMask", f"-Ssource={tmp_path / 'text.dim'}")
