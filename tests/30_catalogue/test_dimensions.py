"""Contracts over axes beside rows and columns, on trial operators, with faulty twins that must break them; and what a
declaration of axes and uncertainties must say.
"""

from __future__ import annotations

from dataclasses import dataclass

import contracts
import layered_operators as trial
import numpy as np
import pytest

from estran.catalogue.outputs import targets
from estran.catalogue.spec import Axis, BandOut, Operator, Reads, Source
from estran.catalogue.views.pages import reference_page
from estran.catalogue.views.snap import info_xml
from estran.engine import run as engine_run
from estran.errors import EstranError
from estran.raster.grid import Grid
from estran.raster.layers import Coordinates, Layer
from estran.raster.scene import Block, Scene
from estran.raster.stacks import grouping_of, layer_of_name

ALL = pytest.mark.parametrize("op_class", trial.OPERATORS.values(), ids=trial.OPERATORS)
CONTRACTS = (
    contracts.outputs_as_declared,
    contracts.inputs_untouched,
    contracts.deterministic,
    contracts.holes_stay_holes,
    contracts.optional_inputs_may_be_missing,
    contracts.place_does_not_matter,
)


@ALL
@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.__name__)
def test_trial_operators_keep_every_contract(op_class, contract):
    contract(op_class(), contracts.sparse_scene(op_class))


@pytest.mark.parametrize("op_class", [trial.Angles, trial.Numbered, trial.PerView, trial.Series])
def test_whole_equals_tiled(op_class):
    contracts.whole_equals_tiled(op_class(), contracts.sparse_scene(op_class))


@pytest.mark.parametrize("op_class", [trial.Series, trial.SceneSeries])
def test_order_of_products(op_class):
    contracts.order_does_not_matter(op_class(), trial.series())


# Twins: operators with one fault each.


def changed(base, name, change):
    """An operator, with one output changed."""

    def compute(self, block, survey=None):
        result = base.compute(self, block, survey)
        return block.out({**result.arrays, name: change(result.arrays[name], block)})

    return dataclass(frozen=True, kw_only=True)(type("Spoilt", (base,), {"__annotations__": {}, "compute": compute}))


def short():
    return dataclass(frozen=True, kw_only=True)(
        type("Short", (trial.PerView,), {"__annotations__": {}, "halo": lambda self: self.reach - 1})
    )


TWINS = {
    "a view too few": (contracts.outputs_as_declared, changed(trial.Angles, "rho", lambda a, b: a[1:])),
    "a view too many": (
        contracts.outputs_as_declared,
        changed(trial.PerView, "largest", lambda a, b: np.concatenate([a, a[:1]])),
    ),
    "the axis last": (
        contracts.outputs_as_declared,
        changed(trial.Angles, "rho", lambda a, b: np.moveaxis(a, 0, -1)),
    ),
    "no axis": (contracts.outputs_as_declared, changed(trial.Series, "anomaly", lambda a, b: a[0])),
    "an axis where none is declared": (
        contracts.outputs_as_declared,
        changed(trial.Angles, "mean", lambda a, b: np.stack([a, a])),
    ),
    "another type": (
        contracts.outputs_as_declared,
        changed(trial.Angles, "rho", lambda a, b: a.astype(np.float32)),
    ),
    "a halo one pixel short": (contracts.whole_equals_tiled, short()),
    "a hole filled in one view": (
        contracts.holes_stay_holes,
        changed(trial.PerView, "largest", lambda a, b: np.stack([np.nan_to_num(a[0]), *a[1:]])),
    ),
    "a look at the map": (
        contracts.place_does_not_matter,
        changed(trial.Angles, "rho", lambda a, b: a * b.scene.grid.pixel_size[0]),
    ),
}


@pytest.mark.parametrize("fault", TWINS)
def test_twin(fault):
    contract, op_class = TWINS[fault]
    with pytest.raises((AssertionError, EstranError)):
        contract(op_class(), contracts.sparse_scene(op_class))


def test_twin_a_stack_in_the_order_given(monkeypatch):
    monkeypatch.setattr(engine_run, "in_order", lambda op, sources: dict(sources))
    with pytest.raises((AssertionError, EstranError)):
        contracts.order_does_not_matter(trial.Series(), trial.series())


def test_twin_a_layer_that_knows_its_number_alone():
    # Places, not samples alone: an operator that numbers what it gets would pass in any order.
    @dataclass(frozen=True, kw_only=True)
    class Counting(trial.Series):
        def compute(self, block, survey=None):
            # As if the products had come in the reverse order.
            reverse = {name: array[::-1] for name, array in block.arrays.items()}
            return trial.Series.compute(self, Block(reverse, block.scene, block.window), survey)

    block = contracts.sparse_scene(trial.Series)
    with pytest.raises(AssertionError):
        contracts.assert_same_bits(
            contracts.run(trial.Series(), block).arrays, contracts.run(Counting(), block).arrays, "reversed"
        )


# What a declaration must say.


def declared(writes, **attributes):
    base = {
        "alias": "Test.Declared",
        "label": "x",
        "__module__": __name__,
        "__qualname__": "Declared",
        "sources": trial.Angles.sources,
        "walk": trial.Angles.walk,
        "writes": writes,
    }
    return type("Declared", (trial.Trial,), {**base, **attributes})


VIEW = ("view", "y", "x")
ONE = Axis("view", length=2)
FORMS = {"y": "random", "x": "random"}


def unc(of="a", unit="1", dtype="float32", dims=("y", "x"), forms=FORMS):
    return BandOut("u", dtype, unit, "u", dims=dims, uncertainty_of=of, correlation=forms)


A = BandOut("a", "float32", "1", "a")


@pytest.mark.parametrize(
    ("writes", "attributes", "told"),
    [
        (
            (BandOut("a", "float32", "1", "a", dims=VIEW),),
            {},
            "band 'a' lies along 'view', an axis that nothing declares",
        ),
        ((BandOut("a", "float32", "1", "a", dims=("x", "y")),), {}, "band 'a' has dimensions that no product has"),
        ((A,), {"axes": (ONE, ONE)}, "axis 'view' is declared twice"),
        ((A, unc("b")), {}, "band 'u' is the uncertainty of 'b', which is not written"),
        ((A, unc("u")), {}, "band 'u' is the uncertainty of 'u', which is not written"),
        ((A, unc(unit="K")), {}, "the uncertainty 'u' has another unit than its band 'a'"),
        ((A, unc(dims=VIEW, forms={**FORMS, "view": "random"})), {"axes": (ONE,)}, "has another dims than its band"),
        ((A, unc(dtype="int16")), {}, "the uncertainty 'u' is no float"),
        ((A, unc(forms={"y": "random"})), {}, "does not say how its errors hang together along each dimension"),
        ((A, unc(forms={"y": "random", "x": "odd"})), {}, "does not say how its errors hang together"),
        ((BandOut("a", "float32", "1", "a", correlation=FORMS),), {}, "and is no uncertainty"),
    ],
)
def test_a_declaration_that_is_wrong_is_refused(writes, attributes, told):
    with pytest.raises(EstranError) as caught:
        declared(writes, **attributes)
    assert told in str(caught.value)


def test_many_products_of_bands_with_views_are_refused():
    source = Source("source", (Reads("red", dims=VIEW),), "x", many=True)
    with pytest.raises(EstranError, match="has an axis of its own"):
        declared((A,), sources=(source,))


def test_sound_declarations_are_taken():
    assert issubclass(declared((A, unc())), Operator)
    assert issubclass(declared((BandOut("a", "float64", "1", "a", dims=VIEW),), axes=(ONE,)), Operator)


class TestAxis:
    def test_length_and_coordinates(self):
        assert Axis("view", length=3).of(trial.Angles()).values == (1.0, 2.0, 3.0)
        assert Axis("view", coordinates=(5.0, 7.0), unit="degrees").of(trial.Angles()).values == (5.0, 7.0)
        assert Axis("view", coordinates="tilts").of(trial.Angles(tilts=(1.0,))).values == (1.0,)
        assert Axis("view", length="count").of(trial.Numbered(count=4)).values == (1.0, 2.0, 3.0, 4.0)

    def test_two_lengths(self):
        with pytest.raises(EstranError, match=r"axis view has 2 values .*expected 3"):
            Axis("view", length=3, coordinates="tilts").of(trial.Angles())


class TestTargets:
    def test_a_band_a_layer(self):
        found = {t.name: t for t in targets(trial.Angles())}
        assert list(found) == ["rho_view1", "rho_view2", "u_rho_view1", "u_rho_view2", "mean"]
        array = np.arange(2 * 3 * 4).reshape(2, 3, 4)
        np.testing.assert_array_equal(found["rho_view2"].samples(array), array[1])
        assert np.isnan(found["rho_view1"].nodata)

    def test_an_axis_that_nobody_measured(self):
        with pytest.raises(EstranError, match="its length is not known"):
            targets(trial.Series())

    def test_a_block_crops_and_strips_the_last_two_axes(self):
        block = Block({"a": np.arange(24).reshape(2, 3, 4)}, Scene(Grid(4, 3)), Grid(4, 3).window)
        part = block.strip(["a"], 1, 3)
        np.testing.assert_array_equal(part["a"], np.arange(24).reshape(2, 3, 4)[:, 1:3])
        np.testing.assert_array_equal(part.crop(part.window)["a"], part["a"])


class TestNames:
    def test_layers(self):
        layer = Coordinates("view", (5.0, 22.5), "degrees").layer("rho", 1)
        assert (layer.name, layer.text) == ("rho_view2", "view 22.5 degrees")
        assert layer_of_name("u_rho_view12") == Layer("u_rho", "view", 11, 12.0)
        assert layer_of_name("rho_view0") is layer_of_name("overview1") is layer_of_name("_view1") is None

    def test_groups(self):
        layers = [Coordinates("view", (1.0,)).layer(name, 0) for name in ("rho", "u_rho", "a")]
        assert grouping_of([*layers, None]) == "u_rho_view:rho_view:a_view"


def test_views_of_the_declaration_say_dimensions():
    page = reference_page(trial.Angles)
    assert "float64 (view, y, x)" in page
    assert "standard uncertainty of rho; errors systematic along view, random along y, random along x" in page
    assert "red (view, y, x)" in reference_page(trial.PerView)
    assert "stacked in chronological order" in reference_page(trial.Series)
    assert "source.1" in info_xml(trial.Series)
