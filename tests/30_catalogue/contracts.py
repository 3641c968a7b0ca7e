"""The contracts every operator keeps, as functions that raise AssertionError; and the scenes on which they bite.

Scenes are sparse: single odd pixels on calm ground. On dense random scenes a halo one pixel short goes unseen.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import numpy as np

from estran.catalogue import OPERATORS
from estran.catalogue.dimensions import axis_of, coordinates_of, product_key
from estran.catalogue.operators.masks import Masks
from estran.catalogue.outputs import check_outputs
from estran.catalogue.resolve import resolve_reads
from estran.catalogue.spec import AuxTable, BandOut, ClassesOut, FlagsOut, Operator, Reads, Walk, parameters_of
from estran.declare import Interval, Parameter
from estran.engine.run import run_now
from estran.errors import EstranError
from estran.raster.grid import Grid, Window
from estran.raster.layers import Coordinates
from estran.raster.product import Band, Product, TiePointGrid
from estran.raster.scene import Block, whole

_BANDS = (
    "coastal",
    "blue",
    "green",
    "red",
    "rededge071",
    "rededge075",
    "rededge078",
    "nir",
    "nir08",
    "nir09",
    "cirrus",
    "swir16",
    "swir22",
)
_SURFACES = {
    "vegetation": (0.11, 0.09, 0.09, 0.06, 0.11, 0.28, 0.34, 0.36, 0.39, 0.14, 0.001, 0.20, 0.09),
    "water": (0.10, 0.08, 0.05, 0.03, 0.03, 0.02, 0.02, 0.02, 0.015, 0.01, 0.001, 0.008, 0.005),
    "cloud": (0.46, 0.45, 0.44, 0.45, 0.47, 0.49, 0.50, 0.52, 0.51, 0.30, 0.020, 0.42, 0.32),
    "veil": (0.18, 0.16, 0.15, 0.13, 0.17, 0.28, 0.33, 0.34, 0.36, 0.15, 0.030, 0.21, 0.10),
    "snow": (0.76, 0.78, 0.76, 0.75, 0.75, 0.74, 0.73, 0.70, 0.68, 0.40, 0.002, 0.08, 0.06),
    "sand": (0.23, 0.25, 0.30, 0.35, 0.36, 0.38, 0.40, 0.41, 0.43, 0.30, 0.002, 0.48, 0.42),
    "shadow": (0.08, 0.06, 0.04, 0.02, 0.03, 0.06, 0.07, 0.07, 0.08, 0.03, 0.001, 0.05, 0.02),
    "saturated": (1.60, 1.60, 1.60, 1.60, 1.50, 1.40, 1.40, 1.40, 1.30, 0.80, 0.050, 0.70, 0.50),
}
"""Rounded top-of-atmosphere reflectances, made up to lie on both sides of the usual tests."""

_ANGLES = {
    "sun_zenith": (48.0, 1.0),
    "sun_azimuth": (150.0, 2.0),
    "view_zenith": (5.0, 1.0),
    "view_azimuth": (100.0, 3.0),
}
_METEO = {
    "ozone": ("DU", 320.0, 30.0),
    "water_vapour": ("g/cm^2", 2.0, 0.5),
    "pressure": ("hPa", 1010.0, 8.0),
    "wind_u": ("m/s", 4.0, 2.0),
    "wind_v": ("m/s", 4.0, 2.0),
    "aot_550": ("1", 0.12, 0.05),
}
"""Unit, middle and span of meteorology."""
_THOUSANDTH = {"DU": "mDU", "g/cm^2": "mg/cm^2", "hPa": "dPa", "m/s": "mm/s", "1": "ppt"}
"""A unit of which a thousand make the other."""
TILES = ((7, 7), (64, 64), (129, 129), (1, 1000), (1000, 1))
"""Awkward tile sizes: odd, even, larger than the scene one way, one row, one column."""


def sparse_scene(op: Operator | type[Operator], shape: tuple[int, int] = (70, 97), seed: int = 0) -> Block:
    """A block with all that an operator may read: half land, half sea, and about one odd pixel in forty; smooth angles;
    no missing pixel.
    """
    rng = np.random.default_rng(seed)
    rows, cols = np.mgrid[: shape[0], : shape[1]]
    ground = np.where(rows + 2 * cols < shape[0] / 2 + shape[1], 0, 1)
    odd = rng.random(shape) < 0.025
    surface = np.where(odd, rng.integers(2, len(_SURFACES), shape), ground)
    # A few whole blobs too: objects need more than a pixel.
    for _ in range(4):
        r, c, size = rng.integers(shape[0]), rng.integers(shape[1]), rng.integers(3, 9)
        surface[r : r + size, c : c + size] = 2
    spectra = np.array(list(_SURFACES.values()), np.float32)
    relief = (1 + 0.05 * np.sin(rows / 9.0) * np.cos(cols / 7.0) + 0.01 * rng.standard_normal(shape)).astype(np.float32)
    arrays = {}
    for name in wanted(op):
        if name in _BANDS:
            arrays[name] = spectra[surface, _BANDS.index(name)] * relief
        elif name in _ANGLES:
            base, span = _ANGLES[name]
            arrays[name] = (base + span * cols / shape[1]).astype(np.float32)
        elif name.startswith(("view_zenith_", "view_azimuth_")):  # of a single band
            base, span = _ANGLES["_".join(name.split("_")[:2])]
            arrays[name] = (base + span * cols / shape[1]).astype(np.float32)
        elif name in _METEO:
            _, base, span = _METEO[name]
            arrays[name] = (base + span * np.sin(rows / 20.0)).astype(np.float32)
        elif name == "swo":
            arrays[name] = np.where(ground == 1, 95, 2).astype(np.float32)
        else:
            arrays[name] = (300 + 200 * np.sin(rows / 30.0) * np.cos(cols / 25.0)).astype(np.float32)
    block = _layered(op, whole(arrays), rng)
    return replace(block, scene=replace(block.scene, tables={table.name: columns_of(table) for table in op.tables}))


LAYERS = 3
"""Views and products of a scene that has several."""


def _layered(op: Operator | type[Operator], block: Block, rng: np.random.Generator) -> Block:
    """The block whose inputs over views or times have a layer for each, with odd pixels of its own."""
    others = op.sources[1:]
    arrays, axes = dict(block.arrays), {}
    for source in op.sources:
        for reads in source.reads:
            axis = source.axis if source.many else axis_of(reads.dims)
            if axis:
                name = f"{source.name}.{reads.band}" if source in others else reads.band
                arrays[name] = np.stack([_with_odd(arrays[name], rng) for _ in range(LAYERS)])
                days = [datetime(2021, 6, 1 + 5 * i, tzinfo=UTC) for i in range(LAYERS)]
                axes[axis] = Coordinates(axis, tuple(days) if axis == "time" else (0.0, 20.0, 40.0))
    return whole(arrays, replace(block.scene, axes=coordinates_of(op, axes)))


def _with_odd(array: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.where(rng.random(array.shape) < 0.01, array * np.float32(1.3), array).astype(array.dtype)


def columns_of(table: AuxTable, rows: int = 5) -> dict[str, np.ndarray]:
    """Columns as a reader of the table would give them; each key once."""
    numbers = np.arange(1.0, rows + 1)
    return {
        c.name: np.array([f"{c.name}{n:g}" for n in numbers]) if c.kind == "text" else numbers for c in table.columns
    }


def wanted(op: Operator | type[Operator]) -> list[str]:
    """Names of all arrays that an operator may read: those of further sources carry the source's name."""
    first, *others = op.sources
    names = (
        [r.band for r in first.reads]
        + [f"{s.name}.{r.band}" for s in others for r in s.reads]
        + [a.name for a in op.aux]
        + [component for m in op.meteo for component in m.components]
    )
    return list(dict.fromkeys(names))


def run(op: Operator, block: Block) -> Block:
    """The operator on the whole block."""
    with np.errstate(all="ignore"):
        result = op.compute(block, op.survey(block) if op.walk is Walk.SURVEYED else None)
    check_outputs(op, result)
    return result


def windows(block: Block, tile: tuple[int, int]) -> Iterator[Window]:
    """Tiles in row-major order."""
    height, width = block.shape
    for row, col in itertools.product(range(0, height, tile[0]), range(0, width, tile[1])):
        yield Window(row, col, min(tile[0], height - row), min(tile[1], width - col))


def tiled(op: Operator, block: Block, tile: tuple[int, int], survey: Any = None) -> dict[str, np.ndarray]:
    """The operator tile by tile, with its halo, stitched together: what an engine does, in ten lines."""
    out: dict[str, np.ndarray] = {}
    with np.errstate(all="ignore"):
        if op.walk is Walk.SURVEYED and survey is None:
            for window in windows(block, tile):
                part = op.survey(block.crop(window))
                survey = part if survey is None else op.merge(survey, part)
        halo = 0 if op.walk is Walk.PIXEL else op.halo()
        for window in windows(block, tile):
            result = op.compute(block.crop(window.grow(halo, block.scene.grid)), survey)
            check_outputs(op, result)
            for name, array in result.crop(window).arrays.items():
                shape = (*array.shape[:-2], *block.shape)
                out.setdefault(name, np.zeros(shape, array.dtype))[(..., *window.slices)] = array
    return out


def assert_same_bits(
    first: Mapping[str, np.ndarray], second: Mapping[str, np.ndarray], what: str, where: Any = slice(None)
) -> None:
    """Equality of bits, not of numbers: -0.0 is not 0.0."""
    for name in first:
        a, b = (np.ascontiguousarray(arrays[name][..., where]) for arrays in (first, second))
        if a.tobytes() != b.tobytes():
            differ = np.flatnonzero(a.view(f"u{a.itemsize}").ravel() != b.view(f"u{b.itemsize}").ravel())
            raise AssertionError(
                f"{what}: {name} differs in {differ.size} of {a.size} pixels, first {a.ravel()[differ[0]]} and "
                f"{b.ravel()[differ[0]]}"
            )


def whole_equals_tiled(op: Operator, block: Block, tiles: tuple[tuple[int, int], ...] = TILES) -> None:
    """Any tiling gives the bits of the whole image."""
    expected = run(op, block).arrays
    for tile in tiles:
        assert_same_bits(expected, tiled(op, block, tile), f"{op.alias} in tiles of {tile[0]} x {tile[1]}")


def outputs_as_declared(op: Operator, block: Block) -> None:
    """Names, types, shapes; only declared bits, only declared classes, values inside their interval."""
    result = run(op, block)
    for written in op.writes:
        array = result.arrays[written.name]
        if isinstance(written, FlagsOut):
            allowed = sum(f.mask for f in written.coding.flags)
            assert not np.any(array & ~np.asarray(allowed, array.dtype)), (
                f"{op.alias}: {written.name} has bits that no flag declares"
            )
        elif isinstance(written, ClassesOut):
            extra = set(np.unique(array).tolist()) - {v.value for v in written.coding.values}
            assert not extra, f"{op.alias}: {written.name} has classes {sorted(extra)} that are not declared"
        elif written.interval:
            interval, finite = Interval.parse(written.interval), array[np.isfinite(array)]
            outside = [
                v
                for v in (finite.min(initial=np.inf), finite.max(initial=-np.inf))
                if np.isfinite(v) and float(v) not in interval
            ]
            assert not outside, f"{op.alias}: {written.name} reaches {outside}, outside {written.interval}"


def inputs_untouched(op: Operator, block: Block) -> None:
    """The operator writes into none of its inputs, and runs on constant inputs that are views of one number."""
    before = {name: array.copy() for name, array in block.arrays.items()}
    columns = {(table, name): c.copy() for table, found in block.scene.tables.items() for name, c in found.items()}
    run(op, block)
    assert_same_bits(before, block.arrays, f"{op.alias} writes into its inputs")
    for (table, name), column in columns.items():
        assert np.array_equal(column, block.scene.tables[table][name]), f"{op.alias} writes into its table {table}"
    constant = {
        name: np.broadcast_to(array.ravel()[0], array.shape) for name, array in block.arrays.items() if name in _ANGLES
    }
    run(op, whole({**block.arrays, **constant}, block.scene))


def deterministic(op: Operator, block: Block) -> None:
    """Same bits twice, and for one thread as for two."""
    import numba

    expected = run(op, block).arrays
    assert_same_bits(expected, run(op, block).arrays, f"{op.alias}, run twice")
    before = numba.get_num_threads()
    try:
        for threads in (1, min(2, numba.config.NUMBA_NUM_THREADS)):
            numba.set_num_threads(threads)
            assert_same_bits(expected, run(op, block).arrays, f"{op.alias} with {threads} threads")
    finally:
        numba.set_num_threads(before)


def holes_stay_holes(op: Operator, block: Block) -> None:
    """One missing pixel of a mandatory band is no-data in every output, and nothing changes farther
    away than the halo.
    """
    mandatory = [r for r in op.sources[0].reads if not r.optional]
    # One that no parameter can stand for, if there is one.
    band = next((r.band for r in mandatory if not r.from_param), mandatory[0].band)
    row, col = block.shape[0] // 2, block.shape[1] // 2
    holed = dict(block.arrays)
    holed[band] = block.arrays[band].copy()
    holed[band][..., row, col] = np.nan
    with np.errstate(all="ignore"):
        # The same survey for both: the question is what one pixel does to its neighbours.
        survey = op.survey(block) if op.walk is Walk.SURVEYED else None
        clean, result = op.compute(block, survey).arrays, op.compute(whole(holed, block.scene), survey).arrays
    for written in op.writes:
        for value in np.ravel(result[written.name][..., row, col]):
            assert _is_hole(written, value), f"{op.alias}: {written.name} is {value} where {band} has no data"
    if op.walk is not Walk.SCENE:
        halo = 0 if op.walk is Walk.PIXEL else op.halo()
        far = np.ones(block.shape, bool)
        far[max(0, row - halo) : row + halo + 1, max(0, col - halo) : col + halo + 1] = False
        assert_same_bits(clean, result, f"{op.alias}: a missing pixel changes pixels beyond the halo", far)


def _is_hole(written: Any, value: Any) -> bool:
    if isinstance(written, BandOut):
        return bool(np.isnan(value)) if written.nodata is None or np.isnan(written.nodata) else value == written.nodata
    if isinstance(written, FlagsOut):
        return any(int(value) & f.mask for f in written.coding.flags if "NODATA" in f.name.replace("_", ""))
    return any(value == v.value for v in written.coding.values if "NODATA" in v.name.replace("_", ""))


def place_does_not_matter(op: Operator, block: Block) -> None:
    """Pixels that lie on no map, as lines of a detector do, give the same bits."""
    nowhere = replace(block.scene, grid=Grid(block.scene.grid.width, block.scene.grid.height))
    assert_same_bits(run(op, block).arrays, run(op, whole(block.arrays, nowhere)).arrays, f"{op.alias} without a map")


def order_does_not_matter(op: Operator, products: Sequence[Product]) -> None:
    """Products of a source of many give the same bands, in the same places, in whatever order they are given."""
    expected = None
    for order in itertools.permutations(products):
        made = run_now(op, {product_key(op.sources[0].name, i): product for i, product in enumerate(order)})
        found = {name: np.asarray(band.data) for name, band in made.bands.items()}
        places = {name: band.layer for name, band in made.bands.items()}
        expected = expected or (found, places)
        assert places == expected[1], f"{op.alias}: layers lie elsewhere in another order"
        assert_same_bits(expected[0], found, f"{op.alias} with its products in another order")


def optional_inputs_may_be_missing(op: Operator, block: Block) -> None:
    """Each optional input left out in turn, then all: the operator runs, keeps its outputs, and the resolution says
    what is off.
    """
    first = op.sources[0]
    optional = [(r.band, r.without) for r in first.reads if r.optional] + [(a.name, a.without) for a in op.aux]
    fallbacks = {r.band: r.fallback for r in first.reads}
    for gone in [*([entry] for entry in optional), optional]:
        names = {name for name, _ in gone}
        rest = {name: array for name, array in block.arrays.items() if name not in names}
        # A mandatory band that its fallback would replace is still there.
        assert all(band in rest for band in fallbacks if band not in names)
        outputs = run(op, whole(rest, block.scene))
        assert set(outputs.arrays) == {w.name for w in op.writes}
        notes = resolve_reads(op, [n for n in rest if "." not in n]).notes
        for name, without in gone:
            instead = any(band in rest for band in fallbacks.get(name, ()))
            assert any(
                (note.code == "missing" and without.rstrip(".") in note.text) or (instead and note.code == "substitute")
                for note in notes
                if note.band == name
            ), f"{op.alias}: no note says that {name} is missing"


def auxiliary_inputs_may_be_missing(op: Operator, block: Block) -> None:
    """Each meteorological quantity and each table left out in turn: the operator runs with what the resolution hands
    over instead, and a note says what serves.
    """
    for meteo in op.meteo:
        rest = {name: array for name, array in block.arrays.items() if name not in meteo.components}
        resolved = resolve_reads(op, [n for n in rest if "." not in n])
        constant = {name: np.broadcast_to(np.float32(v), block.shape) for name, v in resolved.constants.items()}
        outputs = run(op, whole({**rest, **constant}, block.scene))
        assert set(outputs.arrays) == {w.name for w in op.writes}
        assert any(note.band == meteo.quantity for note in resolved.notes), f"{op.alias}: no note on {meteo.quantity}"
    for table in op.tables:
        tables = {name: columns for name, columns in block.scene.tables.items() if name != table.name}
        outputs = run(op, whole(block.arrays, replace(block.scene, tables=tables)))
        assert set(outputs.arrays) == {w.name for w in op.writes}


def meteo_is_one_whatever_its_source(op_class: type[Operator], block: Block) -> None:
    """A quantity that is one number gives the same bits as a band of the product, as its tie-point grid, and as the
    parameter; in another unit the same to rounding; and where the operator is told not to use the product's, that has
    no say.
    """
    first = op_class.sources[0].name

    def made(op: Operator, source: Product) -> dict[str, np.ndarray]:
        done = run_now(op, {first: source}, tile=64, read_table=lambda path, table, notes: columns_of(table))
        return {w.name: done[w.name].data for w in op.writes}

    for meteo in op_class.meteo:
        values = {name: float(np.float32(_METEO[name][1])) for name in meteo.components}
        rest = {name: array for name, array in block.arrays.items() if name not in meteo.components}
        product = partial(_product_with, block, rest)

        expected = made(op_class(), product(values, {}, meteo.unit))
        what = f"{op_class.alias}: {meteo.quantity}"
        points = made(op_class(), product({}, values, meteo.unit))
        assert_same_bits(expected, points, f"{what} as tie points")
        thousandth = made(op_class(), product({n: v * 1000.0 for n, v in values.items()}, {}, _THOUSANDTH[meteo.unit]))
        for name, array in expected.items():
            if array.dtype.kind == "f":
                np.testing.assert_allclose(thousandth[name], array, rtol=1e-5, err_msg=f"{what} in another unit")
        if meteo.parameter and len(meteo.components) == 1:
            given = op_class(**{meteo.parameter: next(iter(values.values()))})
            assert_same_bits(expected, made(given, product({}, {}, "")), f"{what} as parameter")
        if meteo.only_if:
            off = op_class(**{meteo.only_if: False})
            assert_same_bits(
                made(off, product({}, {}, "")), made(off, product(values, {}, meteo.unit)), f"{what} switched off"
            )


def _product_with(
    block: Block,
    rest: Mapping[str, np.ndarray],
    as_bands: Mapping[str, float],
    as_points: Mapping[str, float],
    unit: str,
) -> Product:
    """A product of arrays, with meteorology of one value as bands or as tie-point grids."""
    grid = block.scene.grid
    arrays = {**rest, **{n: np.full(block.shape, v, np.float32) for n, v in as_bands.items()}}
    bands = {n: Band(n, a, grid, unit=unit if n in as_bands else "") for n, a in arrays.items()}
    points = {
        n: TiePointGrid(n, np.full((2, 2), v, np.float32), 0.0, 0.0, grid.width, grid.height, unit)
        for n, v in as_points.items()
    }
    return Product("scene", grid, bands, tie_points=points)


def own_parameters(op_class: type[Operator]) -> list[Parameter]:
    """The parameters of an operator, without those of experts that it only hands on to one of its parts."""
    parts = {p.name for other in OPERATORS if other is not op_class for p in parameters_of(other) if p.info.expert}
    compound = op_class is Masks
    return [p for p in parameters_of(op_class) if not (compound and p.name.removeprefix("glint_") in parts)]


def interval_ends_are_clear(op_class: type[Operator], block: Block, *, expert: bool = False) -> None:
    """At a closed end of each interval an operator runs, or refuses with its own sentence; an open end is refused at
    once. Of the parameters for everybody, or of those for experts.
    """
    for p in own_parameters(op_class):
        if p.info.expert is not expert:
            continue
        if not p.info.interval or p.kind not in ("int", "float"):
            continue
        interval = Interval.parse(p.info.interval)
        for end, closed in ((interval.low, interval.closed_low), (interval.high, interval.closed_high)):
            if not np.isfinite(end):
                continue
            value = int(end) if p.kind == "int" else float(end)
            if not closed:
                with contextlib.suppress(EstranError):
                    op_class(**{p.name: value})
                    raise AssertionError(f"{op_class.alias} takes {p.name} = {value}, outside {p.info.interval}")
                continue
            try:
                run(op_class(**{p.name: value}), block)
            except EstranError:
                continue
            except Exception as error:
                raise AssertionError(
                    f"{op_class.alias} with {p.name} = {value}: {type(error).__name__}: {error}"
                ) from error


def reads_are_semantic(op: type[Operator]) -> list[Reads]:
    """The reads of the first source whose band is neither a sensor's nor an angle, nor one that another operator
    writes.
    """
    from estran.sensors.bands import SEMANTIC

    ours = {w.name for other in OPERATORS for w in other.writes}
    return [r for s in op.sources for r in s.reads if r.band not in SEMANTIC and r.band not in ours]
