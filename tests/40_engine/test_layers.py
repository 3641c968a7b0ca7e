"""Outputs and inputs over views and times through the engine: the arrays that one would compute by hand, the same for
every cut of the image and every order of the products; and what is wrong said in one sentence.
"""

from __future__ import annotations

from dataclasses import replace

import layered_operators as trial
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estran.engine.bind import bind
from estran.engine.execute import Adapters, run_graph
from estran.engine.graph import READ_PREFIX, Graph, Node
from estran.engine.run import run_now, run_operator
from estran.errors import BadGrid, BadProduct, EstranError, MissingBand, UnsupportedProduct
from estran.raster.grid import Grid
from estran.raster.layers import Coordinates
from estran.raster.stacks import Stack, variables_of


def arrays(product):
    """Every variable of a product as one array, layers stacked."""
    found = {}
    for one in variables_of(product.bands.values()):
        found[one.name] = np.stack([b.data for b in one.layers]) if isinstance(one, Stack) else np.asarray(one.data)
    return found


def red_of(band):
    return band.physical(band.data)


def same(first, second):
    assert first.keys() == second.keys()
    for name in first:
        assert first[name].dtype == second[name].dtype
        assert first[name].tobytes() == second[name].tobytes(), name


def test_views_by_parameter_are_bands_and_one_array():
    source = trial.image()
    made = run_now(trial.Angles(tilts=(0.0, 60.0, 30.0)), {"source": source}, tile=32)
    assert list(made.bands) == [
        "rho_view1",
        "rho_view2",
        "rho_view3",
        "u_rho_view1",
        "u_rho_view2",
        "u_rho_view3",
        "mean",
    ]
    red = red_of(source["B4"]).astype(np.float64)
    expected = np.stack([red / np.cos(np.radians(angle)) for angle in (0.0, 60.0, 30.0)])
    found = arrays(made)
    assert found["rho"].dtype == np.float64
    np.testing.assert_array_equal(found["rho"], expected)
    np.testing.assert_array_equal(found["mean"], expected.mean(axis=0).astype(np.float32))
    second = made["rho_view2"]
    assert (second.layer.value, second.layer.unit, second.layer.text) == (60.0, "degrees", "view 60 degrees")
    assert second.description == "Reflectance by view (view 60 degrees)"
    assert np.isnan(second.nodata)
    assert made["u_rho_view2"].uncertainty.of == "rho_view2"
    # SNAP takes the first pattern that a name holds: that of the uncertainty, which holds the other's, comes first.
    assert made.auto_grouping == "u_rho_view:rho_view"


def test_length_by_parameter_counts_from_one():
    made = run_now(trial.Numbered(count=4), {"source": trial.image()})
    assert [band.layer.value for band in made.bands.values()] == [1.0, 2.0, 3.0, 4.0]
    np.testing.assert_array_equal(made["multiple_view3"].data, red_of(trial.image()["B4"]) * np.float32(3))


@pytest.mark.parametrize("tile", [7, 64, 1000])
@pytest.mark.parametrize(
    ("op", "sources"),
    [
        (trial.Angles(), {"source": trial.image()}),
        (trial.PerView(), {"source": trial.views()}),
        (trial.Series(), trial.many(trial.series())),
        (trial.SceneSeries(), trial.many(trial.series())),
    ],
    ids=lambda value: type(value).__name__,
)
def test_any_tiling_gives_the_same_bits(op, sources, tile):
    same(arrays(run_now(op, sources, tile=tile)), arrays(run_now(op, sources, tile=200)))


def test_bands_over_views_arrive_as_one_array_with_their_coordinates():
    source = trial.views()
    made = run_now(trial.PerView(reach=0), {"source": source})
    red = np.stack([red_of(band) for band in source.bands.values()])
    np.testing.assert_array_equal(arrays(made)["largest"], red)
    np.testing.assert_array_equal(arrays(made)["spread"], red.max(axis=0).astype(np.float64) - red.min(axis=0))
    (stack,) = [one for one in variables_of(made.bands.values()) if isinstance(one, Stack)]
    assert stack.along == trial.VIEWS


def test_a_stack_of_which_a_layer_has_another_type_is_no_stack():
    source = trial.views()
    odd = replace(source["red_view2"], data=source["red_view2"].data.astype(np.int32))
    with pytest.raises(MissingBand, match="red"):
        run_operator(trial.PerView(), {"source": source.with_bands(odd)})


@settings(max_examples=6, deadline=None)
@given(order=st.permutations([0, 1, 2]))
def test_products_are_stacked_in_chronological_order_whatever_the_order_given(order):
    given_order = [trial.series()[i] for i in order]
    made, expected = (run_now(trial.Series(), trial.many(p)) for p in (given_order, trial.series()))
    same(arrays(made), arrays(expected))
    assert made.name == expected.name == "date0_Series"
    assert made.metadata == expected.metadata
    assert made.notes == expected.notes
    assert [made[f"anomaly_time{i}"].layer.value for i in (1, 2, 3)] == list(trial.TIMES.values)


def test_the_slope_of_a_line_through_time_is_its_slope():
    rate = 1e-3  # per day
    products = []
    for product, moment in zip(trial.series(), trial.TIMES.values, strict=True):
        days = (moment - trial.NOON).total_seconds() / 86400
        flat = replace(product["B4"], data=np.full(trial.GRID.shape, 0.1 + rate * days), scale=1.0, nodata=None)
        products.append(product.with_bands(flat))
    made = run_now(trial.Series(), trial.many(products[::-1]))
    np.testing.assert_allclose(made["slope"].data, rate, rtol=1e-6)  # red is float32


def test_one_product_alone_is_a_stack_of_one():
    made = run_now(trial.Series(), trial.many(trial.series()[1:2]))
    assert list(made.bands) == ["anomaly_time1", "slope", "u_slope"]


def test_a_band_that_some_products_lack_is_left_out_and_said():
    products = trial.series()
    with_cirrus = products[0].with_bands(trial.band("B10", 0))
    made = run_now(trial.Series(), trial.many([with_cirrus, *products[1:]]))
    assert any(note == "cirrus is left out: 2 of 3 products lack it." for note in made.notes)
    same(arrays(made), arrays(run_now(trial.Series(), trial.many(products))))


def test_products_without_a_map_run():
    for op, sources in (
        (trial.Angles(), {"source": trial.image()}),
        (trial.PerView(), {"source": trial.views()}),
        (trial.Series(), trial.many(trial.series())),
    ):
        plain = {name: trial.without_map(product) for name, product in sources.items()}
        made = run_now(op, plain)
        assert all(band.grid.crs is band.grid.transform is None for band in made.bands.values())
        same(arrays(made), arrays(run_now(op, sources)))


def test_a_graph_hands_many_products_to_one_node():
    refs = tuple((name, READ_PREFIX + name) for name in ("source", "source.1", "source.2"))
    graph = Graph("g", (Node("stack", "Test.Series", refs, {}),), "g.xml", ("source", "source.1", "source.2"))
    (step,) = bind(graph, trial.OPERATORS)
    assert list(step.sources) == ["source", "source.1", "source.2"]


def test_gpts_own_names_are_those_of_many_products():
    products = trial.series()
    names = ("sourceProduct", "sourceProduct.2", "sourceProduct.3")
    graph = Graph("g", (Node("n", "Test.Series", tuple((n, READ_PREFIX + n) for n in names), {}),), "", names)
    nobody = Adapters(open_product=None, write_product=None)
    outcome = run_graph(
        graph, dict(zip(names, products, strict=True)), operators=trial.OPERATORS, adapters=nobody, tile=64
    )
    assert len([n for n in outcome.last.bands if n.startswith("anomaly_time")]) == 3


class TestBadInput:
    def told(self, kind, op, sources):
        with pytest.raises(kind) as caught:
            run_now(op, sources)
        return str(caught.value)

    def test_a_dimension_that_is_missing(self):
        told = self.told(MissingBand, trial.PerView(), {"source": trial.image()})
        assert "band B4 (red) has no dimension 'view', along which Test.PerView reads it" in told
        assert "B4(view, y, x)" in told

    def test_another_dimension(self):
        product = trial.views(coordinates=trial.TIMES)
        told = self.told(MissingBand, trial.PerView(), {"source": product})
        assert "has no dimension 'view'" in told
        assert "red(time, y, x)" in told

    def test_a_dimension_too_many(self):
        product = trial.views()
        cirrus = [trial.VIEWS.layer("cirrus", i) for i in range(3)]
        product = product.with_bands(*(trial.band(layer.name, i, layer=layer) for i, layer in enumerate(cirrus)))
        told = self.told(UnsupportedProduct, trial.PerView(), {"source": product})
        assert "band cirrus (cirrus) has a dimension 'view', and Test.PerView reads an image" in told

    def test_products_of_different_grids(self):
        first, second, third = trial.series()
        moved = replace(second.grid, transform=second.grid.transform.translation(20.0, 0.0) * second.grid.transform)
        elsewhere = trial.image(2, moved, start=second.start, name="elsewhere")
        told = self.told(BadGrid, trial.Series(), trial.many([first, elsewhere, third]))
        assert "the products that Test.Series stacks along time lie on different grids" in told
        assert "elsewhere" in told
        smaller = trial.image(2, Grid(97, 69, first.grid.transform, first.grid.crs), start=second.start)
        assert "97 x 69 pixels" in self.told(BadGrid, trial.Series(), trial.many([first, smaller, third]))
        nowhere = trial.without_map(second)
        assert "without CRS" in self.told(BadGrid, trial.Series(), trial.many([first, nowhere, third]))

    def test_two_products_of_one_time(self):
        first, second, _ = trial.series()
        told = self.told(BadProduct, trial.Series(), trial.many([first, replace(second, start=first.start)]))
        assert "two products that Test.Series stacks along time are of one time" in told
        assert "date0 and date1, 2021-06-01T10:30:00Z" in told

    def test_a_product_without_time(self):
        first, second, _ = trial.series()
        told = self.told(BadProduct, trial.Series(), trial.many([first, replace(second, start=None)]))
        assert "product date1 has no sensing time" in told

    def test_no_product(self):
        with pytest.raises(EstranError, match="source 'source' is not given"):
            run_now(trial.Series(), {})

    def test_a_parameter_without_values(self):
        with pytest.raises(EstranError, match=r"axis view has no values.*give parameter tilts"):
            run_now(trial.Angles(tilts=()), {"source": trial.image()})

    def test_times_that_do_not_rise(self):
        with pytest.raises(EstranError, match="do not rise"):
            Coordinates("time", trial.TIMES.values[::-1])
