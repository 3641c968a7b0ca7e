"""Contracts over the whole catalogue: an operator is tested the moment it is declared. Each kind of contract has a twin
that must break it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import contracts
import numpy as np
import pytest

from estran.catalogue import OPERATORS
from estran.catalogue.spec import (
    AuxMeteo,
    AuxTable,
    BandOut,
    ClassesOut,
    FlagsOut,
    Operator,
    Reads,
    Source,
    TableColumn,
    Walk,
    param,
    parameters_of,
)
from estran.engine.run import run_now
from estran.errors import EstranError
from estran.raster.coding import Flag, FlagCoding, IndexCoding, IndexValue
from estran.raster.product import Band, Product
from estran.raster.scene import whole

ALL = pytest.mark.parametrize("op_class", OPERATORS, ids=lambda op: op.alias)
TILED = pytest.mark.parametrize(
    "op_class", [op for op in OPERATORS if op.walk is not Walk.SCENE], ids=lambda op: op.alias
)


def scene(op_class, seed=0):
    """Scene operators need enough clear pixels for their statistics (Fmask: 40 000)."""
    return contracts.sparse_scene(op_class, (230, 240) if op_class.walk is Walk.SCENE else (70, 97), seed)


@TILED
@pytest.mark.parametrize("seed", [0, 1])
def test_whole_equals_tiled(op_class, seed):
    contracts.whole_equals_tiled(op_class(), scene(op_class, seed))


@ALL
@pytest.mark.parametrize("tile", [29, 1024])
def test_numpy_equals_dask(op_class, tile):
    block = contracts.sparse_scene(op_class)
    bands = {name: Band(name, array, block.scene.grid) for name, array in block.arrays.items()}
    product = run_now(op_class(), {op_class.sources[0].name: Product("scene", block.scene.grid, bands)}, tile=tile)
    contracts.assert_same_bits(
        contracts.run(op_class(), block).arrays,
        {w.name: product[w.name].data for w in op_class.writes},
        f"{op_class.alias} on Dask, tiles of {tile}",
    )


@ALL
@pytest.mark.parametrize("seed", [0, 1])
def test_outputs_as_declared(op_class, seed):
    contracts.outputs_as_declared(op_class(), scene(op_class, seed))


@ALL
def test_inputs_untouched(op_class):
    contracts.inputs_untouched(op_class(), scene(op_class))


@ALL
def test_deterministic(op_class):
    contracts.deterministic(op_class(), scene(op_class))


@ALL
def test_holes_stay_holes(op_class):
    contracts.holes_stay_holes(op_class(), scene(op_class))


@ALL
def test_optional_inputs_may_be_missing(op_class):
    contracts.optional_inputs_may_be_missing(op_class(), scene(op_class))


@pytest.mark.parametrize("op_class", [op for op in OPERATORS if op.meteo or op.tables], ids=lambda op: op.alias)
def test_auxiliary_inputs(op_class):
    contracts.auxiliary_inputs_may_be_missing(op_class(), scene(op_class))
    if op_class.walk is not Walk.SCENE:
        contracts.meteo_is_one_whatever_its_source(op_class, contracts.sparse_scene(op_class))


@ALL
def test_interval_ends_are_clear(op_class):
    contracts.interval_ends_are_clear(op_class, contracts.sparse_scene(op_class, (60, 64)))


@pytest.mark.slow
@pytest.mark.parametrize(
    "op_class", [op for op in OPERATORS if any(p.info.expert for p in parameters_of(op))], ids=lambda op: op.alias
)
def test_interval_ends_of_experts_are_clear(op_class):
    contracts.interval_ends_are_clear(op_class, contracts.sparse_scene(op_class, (60, 64)), expert=True)


@ALL
def test_every_choice_runs(op_class):
    block = contracts.sparse_scene(op_class, (60, 64))
    for p in contracts.own_parameters(op_class):
        for choice in p.choices:
            contracts.run(op_class(**{p.name: choice}), block)
        if p.kind == "bool":
            contracts.run(op_class(**{p.name: not p.default_in()}), block)


@ALL
def test_a_scene_without_data_is_a_sentence_or_no_data(op_class):
    block = contracts.sparse_scene(op_class, (40, 40))
    empty = whole({name: np.full(array.shape, np.nan, np.float32) for name, array in block.arrays.items()}, block.scene)
    try:
        result = contracts.run(op_class(), empty)
    except EstranError:
        return
    for written in op_class.writes:
        assert all(contracts._is_hole(written, value) for value in np.unique(result.arrays[written.name]))


@ALL
def test_bands_are_semantic(op_class):
    assert not contracts.reads_are_semantic(op_class)


@ALL
def test_parameters_that_are_named_exist(op_class):
    known = {p.name: p for p in parameters_of(op_class)}
    for source in op_class.sources:
        assert all(not r.from_param or known[r.from_param].optional for r in source.reads)
    assert all(known[a.parameter].kind == "path" for a in (*op_class.aux, *op_class.tables))
    for meteo in op_class.meteo:
        assert not meteo.parameter or (known[meteo.parameter].kind == "float" and known[meteo.parameter].optional)
        assert not meteo.only_if or known[meteo.only_if].kind == "bool"


# Twins: operators with one fault each.

FLAGS = FlagCoding("f", (Flag("ODD", 0, (255, 0, 0), "odd"), Flag("NODATA", 1, (0, 0, 0), "no data")))
KINDS = IndexCoding(
    "k",
    (
        IndexValue("CALM", 0, (0, 0, 0), "calm"),
        IndexValue("ODD", 1, (9, 9, 9), "odd"),
        IndexValue("NODATA", 255, (0, 0, 0), "no data"),
    ),
)


@dataclass(frozen=True, kw_only=True)
class Sound(Operator):
    """Keeps every contract: marks what has a bright pixel within `radius`, against a level that the scene taught."""

    alias = "Estran.Sound"
    label = summary = "Sound"
    version = "1.0"
    atbd = "x"
    menu = "Optical"
    sources = (
        Source("source", (Reads("red"), Reads("cirrus", optional=True, without="veils are not seen")), "reflectance"),
    )
    writes = (
        BandOut("fraction", "float32", "1", "fraction", interval="[0,1]"),
        FlagsOut("f", "uint8", FLAGS, "f"),
        ClassesOut("k", "uint8", KINDS, "k"),
    )
    walk = Walk.SURVEYED
    radius: int = param(2, "Radius.", unit="pixels", interval="[0,5]")
    scale: float = param(1.0, "Scale.", interval="(0,9]")

    def halo(self):
        return self.radius

    def survey(self, block):
        return np.bincount(np.clip(np.nan_to_num(block["red"]) * 100, 0, 200).astype(int).ravel(), minlength=201)

    def merge(self, first, second):
        return first + second

    def level(self, survey):
        return np.searchsorted(np.cumsum(survey), 0.98 * survey.sum()) / 100

    def veil(self, block):
        return 0.0 if block.get("cirrus") is None else block["cirrus"]

    def compute(self, block, survey=None):
        red = block["red"] + self.veil(block)
        bright = np.pad(np.nan_to_num(red, nan=-1.0) > self.level(survey), self.radius)
        rows, cols = block.shape
        near = np.zeros(block.shape, bool)
        for i, j in itertools.product(range(2 * self.radius + 1), repeat=2):
            near |= bright[i : i + rows, j : j + cols]
        hole = np.isnan(red)
        fraction = np.where(hole, np.nan, np.clip(red / self.scale, 0, 1)).astype(np.float32)
        flags = FLAGS.pack({"ODD": near & ~hole, "NODATA": hole}, np.uint8)
        return block.out({"fraction": fraction, "f": flags, "k": np.where(hole, 255, near).astype(np.uint8)})


@dataclass(frozen=True, kw_only=True)
class Aided(Operator):
    """Keeps every contract with auxiliary data: red behind ozone, foam where there is a wind, weights of a table."""

    alias = "Estran.Aided"
    label = summary = "Aided"
    version = "1.0"
    atbd = "x"
    menu = "Optical"
    sources = (Source("source", (Reads("red"),), "reflectance"),)
    meteo = (
        AuxMeteo("ozone", "DU", "absorbs", parameter="ozone_column", default=300.0),
        AuxMeteo("wind", "m/s", "makes foam", without="there is no foam", only_if="use_product_meteo"),
    )
    tables = (
        AuxTable(
            "response",
            "response_file",
            (TableColumn("wavelength", "nm", "wavelength"), TableColumn("weight", "1", "weight")),
            "response of the band",
            "the band is narrow",
            key=("wavelength",),
        ),
    )
    writes = (BandOut("cleared", "float32", "1", "cleared"),)
    walk = Walk.PIXEL
    ozone_column: float | None = param(None, "Ozone.", unit="DU", interval="[0,1000]")
    use_product_meteo: bool = param(True, "Use the product's.")
    response_file: Path | None = param(None, "Response.")

    def ozone(self, block):
        return block["ozone"]

    def foam(self, block):
        u, v = block.get("wind_u"), block.get("wind_v")
        return 0.0 if u is None or v is None else 1e-4 * np.hypot(u, v)

    def width(self, block):
        response = block.table("response")
        return 0.0 if response is None else np.average(response["wavelength"], weights=response["weight"])

    def compute(self, block, survey=None):
        cleared = block["red"] * np.exp(1e-4 * self.ozone(block)) - self.foam(block) + 1e-6 * self.width(block)
        return block.out({"cleared": cleared.astype(np.float32)})


def _sorts_its_table(self, block):
    block.table("response")["weight"][:] = 1.0
    return 0.0


def aided(**methods):
    return dataclass(frozen=True, kw_only=True)(type("SpoiltAided", (Aided,), {"__annotations__": {}, **methods}))


def spoilt(**methods):
    return dataclass(frozen=True, kw_only=True)(type("Spoilt", (Sound,), {"__annotations__": {}, **methods}))


def changed(name, change):
    """Sound, with one output changed."""

    def compute(self, block, survey=None):
        result = Sound.compute(self, block, survey)
        return block.out({**result.arrays, name: change(result.arrays[name])})

    return spoilt(compute=compute)


def _writes(self, block, survey=None):
    result = Sound.compute(self, block, survey)
    block["red"][0, 0] += 1
    return result


_calls = itertools.count()


def test_the_sound_operator_keeps_every_contract():
    op, block = Sound(), contracts.sparse_scene(Sound)
    for contract in (
        contracts.whole_equals_tiled,
        contracts.outputs_as_declared,
        contracts.inputs_untouched,
        contracts.deterministic,
        contracts.holes_stay_holes,
        contracts.optional_inputs_may_be_missing,
    ):
        contract(op, block)
    contracts.interval_ends_are_clear(Sound, block)


def test_the_aided_operator_keeps_every_contract():
    block = contracts.sparse_scene(Aided)
    for contract in (
        contracts.whole_equals_tiled,
        contracts.inputs_untouched,
        contracts.holes_stay_holes,
        contracts.optional_inputs_may_be_missing,
        contracts.auxiliary_inputs_may_be_missing,
    ):
        contract(Aided(), block)
    contracts.meteo_is_one_whatever_its_source(Aided, block)


AIDED_TWINS = {
    "a need for a wind": (
        contracts.auxiliary_inputs_may_be_missing,
        aided(foam=lambda self, block: block["wind_u"] * 1e-4)(),
    ),
    "a need for a table": (
        contracts.auxiliary_inputs_may_be_missing,
        aided(width=lambda self, block: block.table("response")["weight"].mean())(),
    ),
    "writing into a table": (contracts.inputs_untouched, aided(width=_sorts_its_table)()),
    "the parameter before the product": (
        contracts.meteo_is_one_whatever_its_source,
        aided(ozone=lambda self, block: self.ozone_column or 250.0),
    ),
    "a number of its own": (
        contracts.meteo_is_one_whatever_its_source,
        aided(ozone=lambda self, block: block["red"] + (self.ozone_column or 0.0)),
    ),
    "a unit that is not declared": (
        contracts.meteo_is_one_whatever_its_source,
        aided(meteo=(AuxMeteo("ozone", "", "absorbs", parameter="ozone_column", default=300.0),)),
    ),
    "an input that is not declared": (
        contracts.meteo_is_one_whatever_its_source,
        aided(meteo=(AuxMeteo("pressure", "hPa", "absorbs", default=300.0),)),
    ),
}


@pytest.mark.parametrize("fault", AIDED_TWINS)
def test_twin_of_auxiliary_data(fault):
    contract, op = AIDED_TWINS[fault]
    with pytest.raises((AssertionError, EstranError, TypeError, KeyError)):
        contract(op, contracts.sparse_scene(Aided))


TWINS = {
    "a halo one pixel short": (contracts.whole_equals_tiled, spoilt(halo=lambda self: self.radius - 1)),
    "a survey that keeps the first tile": (contracts.whole_equals_tiled, spoilt(merge=lambda self, a, b: a)),
    "a survey of floats that depends on the cut": (
        contracts.whole_equals_tiled,
        spoilt(
            survey=lambda self, b: (b["red"].mean(), 1),
            merge=lambda self, a, b: ((a[0] + b[0]) / 2, 1),
            level=lambda self, s: s[0],
        ),
    ),
    "another type": (contracts.outputs_as_declared, changed("fraction", lambda a: a.astype(np.float64))),
    "another shape": (contracts.outputs_as_declared, changed("fraction", lambda a: a[1:])),
    "a bit that is no flag": (contracts.outputs_as_declared, changed("f", lambda a: a | 4)),
    "a class that is not declared": (contracts.outputs_as_declared, changed("k", lambda a: a + 1)),
    "a value outside its interval": (contracts.outputs_as_declared, changed("fraction", lambda a: a + 1)),
    "writing into an input": (contracts.inputs_untouched, spoilt(compute=_writes)),
    "chance": (
        contracts.deterministic,
        changed("fraction", lambda a: np.where(np.isnan(a), a, np.float32(next(_calls) % 7))),
    ),
    "a hole filled": (contracts.holes_stay_holes, changed("fraction", np.nan_to_num)),
    "a hole without its flag": (contracts.holes_stay_holes, changed("f", lambda a: a & 1)),
    "a hole without its class": (
        contracts.holes_stay_holes,
        changed("k", lambda a: np.where(a == 255, 0, a).astype(np.uint8)),
    ),
    "a hole that spreads": (contracts.holes_stay_holes, changed("fraction", lambda a: a + np.float32(0) * a.sum())),
    "a need for an optional band": (
        contracts.optional_inputs_may_be_missing,
        spoilt(veil=lambda self, block: block["cirrus"]),
    ),
}


@pytest.mark.parametrize("fault", TWINS)
def test_twin(fault):
    contract, op_class = TWINS[fault]
    with pytest.raises((AssertionError, EstranError)):
        contract(op_class(), contracts.sparse_scene(Sound))


def test_twin_a_crash_at_the_end_of_an_interval():
    @dataclass(frozen=True, kw_only=True)
    class Crashing(Sound):
        radius: int = param(2, "Radius.", interval="[0,5]")

        def compute(self, block, survey=None):
            return Sound.compute(self, block, survey) if 1 // self.radius < 2 else block

    with pytest.raises(AssertionError, match="radius = 0: ZeroDivisionError"):
        contracts.interval_ends_are_clear(Crashing, contracts.sparse_scene(Sound))


def test_dense_noise_would_hide_a_short_halo():
    # Why the scenes are sparse: with bright pixels everywhere, nearly every pixel has one within its radius whatever
    # the halo.
    rng = np.random.default_rng(0)
    dense = whole({"red": (rng.random((70, 97)) < 0.5).astype(np.float32)})
    contracts.whole_equals_tiled(
        spoilt(halo=lambda self: self.radius - 1, level=lambda self, s: 0.5)(radius=4), dense, ((64, 64),)
    )
