"""Views, times and uncertainties inside SNAP: bands of rows and columns there, grouped and related, with the bits of
the embedded engine; many products in chronological order.
"""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import layered_operators as trial
import numpy as np
import pytest
from pyproj import CRS

from estran.adapters.files import open_product, write_product
from estran.adapters.files.dimap.header import OURS
from estran.adapters.snap import make_operator
from estran.adapters.snap.jvm import java
from estran.engine.run import run_now
from estran.errors import EstranError
from estran.raster.layers import Coordinates

_spec = importlib.util.spec_from_file_location("snap_standin", Path(__file__).with_name("snap_standin.py"))
snap = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(snap)


@pytest.fixture(autouse=True)
def _snap(monkeypatch):
    monkeypatch.setitem(sys.modules, "jpy", snap.fake_jpy())
    java.cache_clear()
    yield
    java.cache_clear()


def as_snap(product):
    made = snap.Product(product.name, product.kind, product.grid.width, product.grid.height)
    for band in product.bands.values():
        made.bands[band.name] = snap.Raster(
            band.name, np.asarray(band.data), scale=band.scale, nodata=band.nodata, unit=band.unit
        )
    t = product.grid.transform
    if t is not None:
        wkt = CRS.from_user_input(product.grid.crs).to_wkt("WKT1_GDAL")
        made.setSceneGeoCoding(snap.GeoCoding(wkt, snap.Affine(t.a, t.e, t.c, t.f)))
    if product.start is not None:
        made.setStartTime(snap.time(*product.start.timetuple()[:5]))
    return made


def run(op_class, products, parameters=None):
    context = snap.Context({name: as_snap(product) for name, product in products.items()}, parameters)
    return snap.run(make_operator(op_class)(), context, 50, 37), context


# Without layers of their own: SNAP has names alone, and views are numbered.
NUMBERED = trial.views(coordinates=Coordinates("view", (1.0, 2.0, 3.0)))
CASES = {
    "views by parameter": (trial.Angles, {"source": trial.image()}),
    "as many as a parameter says": (trial.Numbered, {"source": trial.image()}),
    "views of the product": (trial.PerView, {"source": NUMBERED}),
    "many products": (trial.Series, trial.many(trial.series())),
    "many products, whole": (trial.SceneSeries, trial.many(trial.series())),
    "no map": (trial.Angles, {"source": trial.without_map(trial.image())}),
}


@pytest.mark.parametrize("case", CASES)
def test_same_bits_as_the_engine(case):
    op_class, products = CASES[case]
    expected = run_now(op_class(), products, tile=64)
    target, _ = run(op_class, products)
    assert list(target.bands) == list(expected.bands)
    for name, band in expected.bands.items():
        ours, theirs = np.ascontiguousarray(band.data), target.bands[name].data
        assert ours.dtype == theirs.dtype
        assert ours.tobytes() == theirs.tobytes(), name
        assert target.bands[name].getDescription() == band.description


def test_snap_is_informed_of_groups_and_uncertainties():
    target, _ = run(trial.Angles, {"source": trial.image()})
    assert target.getAutoGrouping() == "u_rho_view:rho_view"
    assert target.bands["rho_view2"].ancillary == [("u_rho_view2", ["uncertainty"])]
    assert "ancillary" not in target.bands["mean"].__dict__


def test_views_keep_the_places_that_we_wrote(tmp_path):
    product = open_product(write_product(trial.views(), tmp_path / "views.dim"))
    theirs = as_snap(product)
    said = snap.MetadataElement(OURS)
    for element in ElementTree.parse(tmp_path / "views.dim").getroot().iter("MDElem"):
        if element.get("name") == OURS:
            said.attributes.update({child.get("name"): child.text for child in element})
    theirs.root.addElement(said)
    op = make_operator(trial.PerView)()
    op.initialize(snap.Context({"source": theirs}))
    assert op._scene.axes["view"] == trial.VIEWS


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_products_are_stacked_in_chronological_order(order):
    products = trial.series()
    target, _ = run(trial.Series, trial.many([products[i] for i in order]))
    expected = run_now(trial.Series(), trial.many(products))
    assert target.name == "date0_Series"
    for name, band in expected.bands.items():
        assert target.bands[name].data.tobytes() == np.ascontiguousarray(band.data).tobytes(), name


class TestBadInput:
    def told(self, op_class, products):
        with pytest.raises(EstranError) as caught:
            run(op_class, products)
        return str(caught.value)

    def test_a_dimension_that_is_missing(self):
        told = self.told(trial.PerView, {"source": trial.image()})
        assert "band B4 (red) has no dimension 'view', along which Test.PerView reads it" in told

    def test_products_of_different_grids(self):
        first, second, third = trial.series()
        t = second.grid.transform
        moved = replace(second.grid, transform=type(t)(t.a, t.b, t.c + 20, t.d, t.e, t.f))
        elsewhere = trial.image(2, moved, start=second.start, name="elsewhere")
        assert "lie on different grids" in self.told(trial.Series, trial.many([first, elsewhere, third]))

    def test_two_products_of_one_time(self):
        first, second, _ = trial.series()
        again = replace(second, start=first.start)
        assert "are of one time" in self.told(trial.Series, trial.many([first, again]))
