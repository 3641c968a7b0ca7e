"""Which source products SNAP gave, and where in them each input of an operator comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.adapters.snap import source
from estran.catalogue.dimensions import (
    check_axes,
    check_one_grid,
    chronological,
    keys_of,
    layered_reads,
    layers_of_many,
    product_key,
)
from estran.catalogue.resolve import resolve_reads
from estran.catalogue.spec import Aux, Operator, Source
from estran.catalogue.sun import sun_points
from estran.catalogue.units import Conversion
from estran.errors import BadParameter, BadProduct
from estran.raster.grid import Grid, Window
from estran.raster.layers import Coordinates
from estran.raster.product import TiePointGrid
from estran.raster.scene import Scene
from estran.raster.tie_points import in_unit, interpolate
from estran.sensors.plausible import drop_impossible, fillings, is_reflectance, lookouts
from estran.sensors.survey import Fillings

STRIP = 1024
"""Rows read at once: a multiple of the tiles that SNAP's readers and operators use, so that none is computed twice;
between strips the bar moves.
"""

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Samples:
    """A band or tie-point grid of SNAP, the offset that its reader left out [physical unit], its semantic name, the
    edges that are no data [pixels], and how its values get into the unit that is wanted.
    """

    raster: Any
    offset: float = 0.0
    semantic: str = ""
    edges: tuple[int, int] = (0, 0)
    conversion: Conversion | None = None

    def read(self, context: Any, window: Window) -> Array:
        """Physical values of a window, NaN without data and where no sensor measures such a value."""
        values = source.read(context, self.raster, window, self.offset)
        if self.conversion is not None:
            values = self.conversion.apply(values)
        drop_impossible(values, self.semantic)
        start, end = self.edges
        if start:
            rows, cols = (
                np.arange(window.row, window.row + window.height),
                np.arange(window.col, window.col + window.width),
            )
            height, width = int(self.raster.getRasterHeight()), int(self.raster.getRasterWidth())
            values[(rows < start) | (rows >= height - end)] = np.nan
            values[:, (cols < start) | (cols >= width - end)] = np.nan
        return values


@dataclass(frozen=True)
class AuxFile:
    """A raster file that is warped to the scene's grid when the first pixel of it is wanted."""

    aux: Aux
    path: Path
    grid: Grid
    notes: list[str] = field(default_factory=list)

    @cached_property
    def whole(self) -> Array:
        """The whole scene of it."""
        return self.on(self.grid)

    def on(self, grid: Grid) -> Array:
        """It on another grid, one that goes beyond the scene."""
        from estran.adapters.files.aux_raster import read_on_grid

        values = read_on_grid(
            self.path, grid, resampling=self.aux.resampling, notes=self.notes, heights=self.aux.unit == "m"
        )
        drop_impossible(values, self.aux.name)
        return values

    def forget(self) -> None:
        """Release the pixels; they are warped again on demand."""
        self.__dict__.pop("whole", None)


Found = Samples | AuxFile | TiePointGrid | float


def source_products(context: Any, op_class: type[Operator]) -> dict[str, Any]:
    """Source products by declared name, else by position.

    A file that gpt gets without a name arrives as ``sourceProduct``, the second of several as ``sourceProduct.2``.

    Raises
    ------
    BadProduct
        A mandatory source is missing; SNAP checks none of a Python operator.
    """
    found: dict[str, Any] = {}
    given = list(context.getSourceProducts())
    if len(op_class.sources) == 1 and op_class.sources[0].many:
        return {product_key(op_class.sources[0].name, number): product for number, product in enumerate(given)}
    named = any(context.getSourceProduct(declared.name) is not None for declared in op_class.sources)
    for place, declared in enumerate(op_class.sources):
        product = context.getSourceProduct(declared.name)
        if product is None and place == 0:
            product = context.getSourceProduct("sourceProduct")
        if product is None:
            product = context.getSourceProduct(f"sourceProduct.{place + 1}")
        if product is None and not named and place < len(given):
            product = given[place]
        if product is not None:
            found[declared.name] = product
            found |= _further(context, declared) if declared.many else {}
        elif not declared.optional:
            raise BadProduct(
                f"{op_class.alias} got no source product {declared.name!r}",
                todo=f"give one: gpt {op_class.alias} -S{declared.name}=FILE",
            )
    return found


def _further(context: Any, declared: Source) -> dict[str, Any]:
    """The products of a source of many beside its first: "source.1", "source.2" and so on."""
    found: dict[str, Any] = {}
    while (product := context.getSourceProduct(name := product_key(declared.name, len(found) + 1))) is not None:
        found[name] = product
    return found


@dataclass
class Inputs:
    """What an operator reads of its products, under the names of the embedded engine's inputs.

    Parameters
    ----------
    first, scene
        The product whose geocoding and times the result has, and what holds for its image.
    found
        Where each input comes from.
    stacks, axes
        Names of the layers of inputs over views or times, and where these lie.
    notes
        What is to be said.
    """

    first: Any = None
    scene: Scene | None = None
    found: dict[str, Found] = field(default_factory=dict)
    stacks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    axes: dict[str, Coordinates] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def find_all(op: Operator, products: Mapping[str, Any]) -> Inputs:
    """The inputs out of all source products; those of a source of many in chronological order.

    Raises
    ------
    BadProduct, BadGrid
        Products of many have no time, one time, or different grids. All else as :func:`find_inputs` says.
    """
    inputs = Inputs()
    for declared in op.sources:
        given = [products[key] for key in keys_of(declared, products)]
        if declared.many and given:
            _find_many(inputs, op, declared, given)
        elif given:
            if inputs.scene is None:
                inputs.first, inputs.scene = given[0], source.scene_of(given[0])
            prefix = "" if declared is op.sources[0] else f"{declared.name}."
            # Time, platform and grid are those of the first source.
            find_inputs(inputs, op, declared, given[0], inputs.scene, prefix, first=True)
    return inputs


def _find_many(inputs: Inputs, op: Operator, declared: Source, products: list[Any]) -> None:
    """Add what is read of many products, in chronological order."""
    scenes = [source.scene_of(product) for product in products]
    names = [str(product.getName()) for product in products]
    moments = [(name, scene.time) for name, scene in zip(names, scenes, strict=True)]
    order = chronological(moments, declared, op.alias)
    check_one_grid([(names[k], scenes[k].grid) for k in order], declared, op.alias)
    if inputs.scene is None:
        inputs.first, inputs.scene = products[order[0]], scenes[order[0]]
    for number, k in enumerate(order):
        find_inputs(inputs, op, declared, products[k], scenes[k], f"{declared.name}.{number}.", first=number == 0)
    _stack(inputs, op, declared, [scenes[k] for k in order])


def _stack(inputs: Inputs, op: Operator, declared: Source, scenes: list[Scene]) -> None:
    """Put what was found of many products together; an input that some of them lack is left out."""
    moments = tuple(scene.time for scene in scenes if scene.time is not None)
    inputs.axes[declared.axis] = Coordinates(declared.axis, moments)
    stacks, left_out, notes = layers_of_many(op, declared, len(scenes), inputs.found)
    inputs.stacks |= stacks
    for name in left_out:
        del inputs.found[name]
    inputs.notes += notes


def find_inputs(
    inputs: Inputs, op: Operator, declared: Source, product: Any, scene: Scene, prefix: str, *, first: bool
) -> None:
    """Add where each input of one product comes from (a raster of SNAP, a constant, computed tie points, a file), and
    what is to be said about it; `first` of its source.

    Reads no pixel: SNAP Desktop's window waits for it.
    """
    where, platform = str(product.getName()), scene.platform or ""
    rasters: dict[str, Any] = source.rasters(product)
    stacks = source.stacks(product) if layered_reads(declared) else {}
    points, computed = sun_points(op, declared, rasters, platform, scene.time, scene.grid)
    units = source.units(product) | {name: p.unit for name, p in points.items()}
    units |= {name: units[layers[0]] for name, (_, layers) in stacks.items()}
    resolved = resolve_reads(op, units, platform, source=declared.name, where=where)
    along = check_axes(op, declared, resolved.bands, {name: along for name, (along, _) in stacks.items()}, where)
    behind = {
        semantic: stacks[name][1] if name in stacks else (name,)
        for semantic, name in resolved.bands.items()
        if first or not declared.many or semantic not in {aux.name for aux in op.aux}
    }
    every = [name for names in behind.values() for name in names]
    source.check_sizes([rasters[name] for name in every if name in rasters], product, scene.grid, where)
    for semantic, names in behind.items():
        for name in names:
            source.refuse_counts({semantic: rasters[name]} if name in rasters else {}, where)
    offsets = source.left_out_offsets(product, every)
    edges = source.edges(product, every, scene.grid)
    for semantic, names in behind.items():
        if resolved.bands[semantic] in stacks:
            assert along is not None
            keys = tuple(f"{prefix}{along.dim}{number}.{semantic}" for number in range(len(names)))
            inputs.stacks[prefix + semantic], inputs.axes[along.dim] = keys, along
        else:
            # A layer beside many products is the same for all.
            keys = (semantic,) if declared.many and semantic in {aux.name for aux in op.aux} else (prefix + semantic,)
        how = resolved.conversions.get(semantic)
        for key, name in zip(keys, names, strict=True):
            if name in rasters:
                edge = edges.get(name, (0, 0))
                inputs.found[key] = Samples(rasters[name], offsets.get(name, 0.0), semantic, edge, how)
            else:
                computed_points = points[name]
                inputs.found[key] = (
                    computed_points if how is None else in_unit(computed_points, how.wanted, how.factor, how.offset)
                )
    inputs.found |= {prefix + semantic: float(value) for semantic, value in resolved.constants.items()}
    for aux in op.aux:
        if aux.name in resolved.files and first:
            path = resolved.files[aux.name]
            if not path.exists():
                raise BadParameter(
                    f"the file of parameter {aux.parameter} does not exist",
                    where=op.alias,
                    found=path,
                    todo="correct its path",
                )
            inputs.found[aux.name] = AuxFile(aux, path, scene.grid)
    said = (
        (f"the metadata's offset is not in the scaling of {', '.join(offsets)}: it is added here.",) if offsets else ()
    )
    inputs.notes += [*map(str, (*computed, *resolved.notes)), *said]


def find_tables(op: Operator, notes: list[str]) -> dict[str, Mapping[str, Array]]:
    """The columns of the tables that parameters name; `notes` gets what had to be assumed."""
    from estran.adapters.files.aux_table import read_aux_table

    paths = {table: getattr(op, table.parameter) for table in op.tables}
    return {table.name: read_aux_table(path, table, notes) for table, path in paths.items() if path is not None}


def read(context: Any, found: Found, window: Window, tick: Callable[[float], None]) -> Array:
    """Physical values of a window, (rows, columns) float32, NaN where no-data; `tick` gets the fraction done and may
    raise to cancel.
    """
    if isinstance(found, float):
        return np.full((window.height, window.width), found, np.float32)
    if isinstance(found, TiePointGrid):
        return interpolate(found, window)
    if isinstance(found, AuxFile):
        return found.whole[window.slices]
    if window.height <= STRIP:
        return found.read(context, window)
    # By strips: the whole scene is held once, and SNAP's copies of it never whole.
    values = np.empty((window.height, window.width), np.float32)
    for first in range(0, window.height, STRIP):
        rows = min(STRIP, window.height - first)
        values[first : first + rows] = found.read(context, Window(window.row + first, window.col, rows, window.width))
        tick((first + rows) / window.height)
    return values


def silent_sources(inputs: Mapping[str, Found]) -> tuple[str, ...]:
    """Prefixes of the sources of which some reflectance band declares no no-data value."""
    bands = {name: f for name, f in inputs.items() if isinstance(f, Samples) and is_reflectance(f.semantic)}
    silent = [name.rpartition(".")[0] for name, found in bands.items() if not found.raster.isNoDataValueUsed()]
    return tuple(dict.fromkeys(silent))


def find_fillings(
    inputs: Mapping[str, Found], sources: Iterable[str], shape: tuple[int, int], look: Callable[[str, Window], Array]
) -> Fillings:
    """The numbers that fill what the sensor did not observe; `look` gives a window of an input by name."""
    found = {}
    for prefix in sources:
        names = [
            n
            for n, samples in inputs.items()
            if isinstance(samples, Samples) and is_reflectance(samples.semantic) and n.rpartition(".")[0] == prefix
        ]
        parts = [Window(r.start, c.start, r.stop - r.start, c.stop - c.start) for r, c in lookouts(shape)]
        found[prefix] = fillings([{name: look(name, part) for name in names} for part in parts], shape)
    return Fillings(found)
