"""The same product gives the same bits through the SNAP adapter and through the embedded engine: every operator of the
catalogue, awkward tiles.
"""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import contracts
import numpy as np
import pytest

from estran.adapters.files import open_product, write_product
from estran.adapters.files.aux_raster import read_on_grid
from estran.adapters.snap import make_operator
from estran.adapters.snap.jvm import java
from estran.catalogue import OPERATORS
from estran.catalogue.operators.sun_glint import SunGlint
from estran.engine.run import run_now
from estran.raster.grid import Grid
from estran.raster.product import Band, Element, Product, TiePointGrid
from estran.raster.tie_points import interpolate
from estran.sensors.bands import candidates

_spec = importlib.util.spec_from_file_location("snap_standin", Path(__file__).with_name("snap_standin.py"))
snap = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(snap)

ANGLES = {
    "sun_zenith": (35.0, 36.0),
    "sun_azimuth": (150.0, 152.0),
    "view_zenith_mean": (3.0, 9.0),
    "view_azimuth_mean": (95.0, 110.0),
}


@pytest.fixture(autouse=True)
def _snap(monkeypatch):
    monkeypatch.setitem(sys.modules, "jpy", snap.fake_jpy())
    java.cache_clear()
    yield
    java.cache_clear()


def stack(op_class) -> Product:
    """A Sentinel-2 like stack: 16-bit counts with offset and no-data, tie-point angles, heights as float."""
    block = contracts.sparse_scene(op_class, (83, 121))
    grid: Grid = block.scene.grid
    bands = {}
    units = {reads.band: reads.unit for source in op_class.sources for reads in source.reads}
    units |= {component: meteo.unit for meteo in op_class.meteo for component in meteo.components}
    for semantic, array in block.arrays.items():
        name = candidates(semantic)[0]
        if semantic in contracts._BANDS:
            counts = np.clip(np.round((array + 0.1) * 1e4), 1, 65535).astype(np.uint16)
            counts[40:42, 50] = counts[0, 0] = 0
            bands[name] = Band(name, counts, grid, scale=1e-4, offset=-0.1, nodata=0.0, unit="dl")
        elif name not in ANGLES:
            bands[name] = Band(name, array, grid, unit=units.get(semantic, "%" if semantic == "swo" else "m"))
    step_x, step_y = grid.width / 4, grid.height / 4
    ties = {}
    for name, (low, high) in ANGLES.items():
        values = np.linspace(low, high, 25, dtype=np.float32).reshape(5, 5)
        ties[name] = TiePointGrid(name, values, 0.0, 0.0, step_x, step_y, "deg", cyclic="azimuth" in name)
    return Product(
        "S2A_MSIL1C_x",
        grid,
        bands,
        kind="S2_MSI_Level-1C",
        tie_points=ties,
        start=datetime(2026, 6, 1, 11, tzinfo=UTC),
        platform="Sentinel-2A",
    )


def as_snap(product: Product):
    """The product as SNAP would hold it."""
    made = snap.Product(product.name, product.kind, product.grid.width, product.grid.height)
    for band in product.bands.values():
        made.bands[band.name] = snap.Raster(
            band.name, np.asarray(band.data), scale=band.scale, offset=band.offset, nodata=band.nodata, unit=band.unit
        )
    for grid in product.tie_points.values():
        made.tie_points[grid.name] = snap.Raster(
            grid.name, interpolate(grid, product.grid.window), unit=grid.unit, tie_points=True
        )
    t = product.grid.transform
    from pyproj import CRS

    made.setSceneGeoCoding(
        snap.GeoCoding(CRS.from_user_input(product.grid.crs).to_wkt("WKT1_GDAL"), snap.Affine(t.a, t.e, t.c, t.f))
    )
    made.setStartTime(snap.time(product.start.year, product.start.month, product.start.day, product.start.hour))
    return made


@pytest.mark.parametrize("op_class", OPERATORS, ids=lambda op: op.alias)
def test_same_bits(op_class, tmp_path):
    # Through a file of SNAP's own format: what both would open.
    product = open_product(write_product(stack(op_class), tmp_path / "stack.dim"))
    expected = run_now(op_class(), {op_class.sources[0].name: product}, tile=64)
    target = snap.run(make_operator(op_class)(), snap.Context({"source": as_snap(product)}), 50, 37)
    for written in op_class.writes:
        ours, theirs = np.ascontiguousarray(expected[written.name].data), target.bands[written.name].data
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(theirs, ours, err_msg=written.name)
    if op_class.alias == "Estran.CloudMask":
        assert np.unique(expected["cloud_class"].data).size > 3, "the scene is too dull to tell anything"


def test_same_bits_in_another_unit(tmp_path):
    """Both convert wind and angles by the same numbers, and say so."""
    made = stack(SunGlint)
    spelled = {"10u": "km/h", "10v": "km/h"}
    bands = {name: replace(band, unit=spelled.get(name, band.unit)) for name, band in made.bands.items()}
    product = open_product(write_product(replace(made, bands=bands), tmp_path / "stack.dim"))
    expected = run_now(SunGlint(), {"source": product}, tile=64)
    target = snap.run(make_operator(SunGlint)(), snap.Context({"source": as_snap(product)}), 50, 37)
    for name in ("glint_flags", "glint_predicted_red"):
        np.testing.assert_array_equal(target.bands[name].data, expected[name].data)
    assert "10u (wind_u) is converted from km/h to m/s." in expected.notes
    stronger = run_now(SunGlint(), {"source": made}, tile=64)["glint_predicted_red"].data
    assert not np.array_equal(stronger, expected["glint_predicted_red"].data, equal_nan=True)


WITH_AUX = [op for op in OPERATORS if op.aux]


@pytest.mark.parametrize("op_class", WITH_AUX, ids=lambda op: op.alias)
def test_same_bits_with_a_file_beside_the_product(op_class, tmp_path):
    product, aux = stack(op_class), op_class.aux[0]
    coarse = product.grid.at_resolution(30)
    heights = Band(
        aux.name, np.linspace(0, 3000, coarse.width * coarse.height, dtype=np.float32).reshape(coarse.shape), coarse
    )
    path = write_product(Product("heights", heights.grid, {aux.name: heights}), tmp_path / "heights.tif")
    expected = run_now(op_class(**{aux.parameter: path}), {"source": product}, read_aux=read_on_grid, tile=64)
    java_file = snap.SimpleNamespace(getPath=lambda: str(path))
    target = snap.run(
        make_operator(op_class)(), snap.Context({"source": as_snap(product)}, {aux.parameter: java_file}), 50, 37
    )
    for written in op_class.writes:
        np.testing.assert_array_equal(
            target.bands[written.name].data, expected[written.name].data, err_msg=written.name
        )


def s2resampled(upsampling) -> Element:
    parameters = Element("parameters", {"upsampling": upsampling, "targetResolution": "20"})
    return Element("Processing_Graph", {}, (Element("node.0", {"id": "x", "operator": "S2Resampling"}, (parameters,)),))


def to_java_element(element):
    made = snap.MetadataElement(element.name)
    made.attributes.update(element.attributes)
    for child in element.elements:
        made.addElement(to_java_element(child))
    return made


@pytest.mark.parametrize(("upsampling", "cut"), [("Bilinear", True), ("Nearest", False)])
def test_edges_that_s2resampling_mixed_with_zeros_are_no_data(tmp_path, upsampling, cut):
    """Two pixels at the upper and left edges of B10 and one at the others, in both engines; bands that were not
    interpolated keep theirs.
    """
    op_class = next(op for op in OPERATORS if op.alias == "Estran.CloudMask")
    whole = replace(stack(op_class), metadata=(s2resampled(upsampling),))
    assert whole.grid.pixel_size == (20, 20)
    product = open_product(write_product(whole, tmp_path / "stack.dim"))
    inner = np.zeros(whole.grid.shape, bool)
    inner[2:-1, 2:-1] = True
    for name, expected in (("B10", inner if cut else np.ones_like(inner)), ("B4", np.ones_like(inner))):
        before, after = np.asarray(whole[name].data), np.asarray(product[name].data)
        np.testing.assert_array_equal(after, np.where(expected, before, 0))
    theirs = as_snap(whole)
    theirs.root.addElement(to_java_element(s2resampled(upsampling)))
    expected = np.asarray(run_now(op_class(), {"source": product}, tile=64)["cloud_class"].data)
    target = snap.run(make_operator(op_class)(), snap.Context({"source": theirs}), 50, 37)
    np.testing.assert_array_equal(target.bands["cloud_class"].data, expected)
    assert (expected[~inner] == 255).all() == cut


def test_scene_is_the_same(tmp_path):
    op_class = OPERATORS[0]
    product = open_product(write_product(stack(op_class), tmp_path / "S2A_MSIL1C_x.dim"))
    op = make_operator(op_class)()
    op.initialize(snap.Context({"source": as_snap(product)}))
    assert op._scene.grid == product.grid
    assert op._scene.time == product.start
    assert op._scene.platform == product.platform
