"""What an operator reads, out of a product: physical float32 arrays of one grid, lazily, NaN without data."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.catalogue.dimensions import check_axes, check_one_grid, layers_of_many
from estran.catalogue.resolve import Resolution, coverage_notes, resolve_reads
from estran.catalogue.spec import AuxTable, Operator, Source
from estran.catalogue.sun import sun_points
from estran.catalogue.units import Conversion
from estran.engine.expressions import from_tie_points, lazily
from estran.engine.lazy import Physical, chunked
from estran.engine.stacking import Given, products_of, stacks_in, times_of, with_stacks
from estran.errors import BadGrid, EstranError, MissingBand, UnsupportedProduct
from estran.raster.grid import Grid, Window
from estran.raster.layers import Coordinates
from estran.raster.product import Band, Product
from estran.raster.stacks import Stack, Stacks
from estran.raster.tie_points import in_unit
from estran.sensors.plausible import drop_impossible, is_reflectance

log = logging.getLogger("estran")

ReadAux = Callable[..., npt.NDArray[np.float32]]
"""``read_aux(path, grid, resampling=…, notes=…)``: a raster warped to a grid, NaN where it has nothing; the list
`notes` gets what had to be assumed.

Of a raster in another unit than metres it also gets ``heights=False``.
"""


Columns = Mapping[str, npt.NDArray[Any]]
"""Columns of a table by name, (rows,) each."""

ReadTable = Callable[[Path, AuxTable, list[str]], Columns]
"""``read_table(path, declared, notes)``: the columns that are declared, in their units; the list `notes` gets what had
to be assumed.
"""


@dataclass(frozen=True)
class Inputs:
    """Arrays by semantic name: Dask arrays of `grid`'s shape, or numbers that hold everywhere; and what was said while
    finding them.

    `bands` names the band of the first source behind a semantic name, `files` the file behind an `aux`; `saturated` is
    the value of reflectance that stands for saturation, by semantic name, where its band has one; `unsure` has the
    prefixes of sources whose reflectance does not say of every band which numbers stand for no data and for saturation.
    `raw` has what some of the arrays are made of, which weighs less: raw numbers, and what makes values of them.
    `stacks` has the names of the layers of each input over views or times, `axes` where these lie; `tables` has the
    columns of tables.
    """

    grid: Grid
    arrays: Mapping[str, Any]
    notes: tuple[str, ...]
    raw: Mapping[str, tuple[Any, Physical]] = field(default_factory=dict)
    bands: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)
    saturated: Mapping[str, float] = field(default_factory=dict)
    unsure: tuple[str, ...] = ()
    stacks: Stacks = field(default_factory=dict)
    axes: Mapping[str, Coordinates] = field(default_factory=dict)
    tables: Mapping[str, Columns] = field(default_factory=dict)

    def constant(self, name: str, window: Window) -> npt.NDArray[np.float32]:
        """A number that holds everywhere, as an array of a window that takes no memory."""
        return np.broadcast_to(np.float32(self.arrays[name]), (window.height, window.width))


def gather(
    op: Operator,
    sources: Mapping[str, Product],
    *,
    read_aux: ReadAux | None,
    tile: int,
    read_table: ReadTable | None = None,
) -> Inputs:
    """Resolve everything that `op` reads.

    Arrays of the first source carry the semantic names; those of further sources are prefixed with the source's name
    and a dot. Inputs over views or times are there layer by layer, `stacks` names these.

    Raises
    ------
    MissingBand, UnsupportedProduct
        As :func:`estran.catalogue.resolve.resolve_reads` says.
    BadGrid
        When the bands needed differ in size, or sources do not lie on the same grid.
    EstranError
        When a mandatory source is not given.
    """
    gathered = _Gathered(op, tile)
    for declared in op.sources:
        products = products_of(op, declared, sources)
        if not products and not declared.optional:
            raise EstranError(
                f"source {declared.name!r} is not given",
                where=op.alias,
                expected=declared.help,
                found=", ".join(sources) or "none",
                todo=f"with gpt give -S{declared.name}=PRODUCT",
            )
        for number, given in enumerate(products):
            gathered.read(declared, given, read_aux, first=number == 0)
        if declared.many and products:
            gathered.stack(declared, products)
    tables = _tables(op, gathered.table_files, read_table, gathered.notes)
    assert gathered.grid is not None
    for note in dict.fromkeys(gathered.notes):
        log.warning(note)
    main = sources[op.sources[0].name]
    saturated = {
        name: value
        for name, band in gathered.bands.items()
        if (value := _saturation(main.bands.get(band), gathered.conversions.get(name))) is not None
    }
    return Inputs(
        gathered.grid,
        gathered.arrays,
        tuple(dict.fromkeys(gathered.notes)),
        gathered.raw,
        gathered.bands,
        gathered.files,
        saturated,
        tuple(gathered.unsure),
        gathered.stacks,
        gathered.axes,
        tables,
    )


class _Gathered:
    """What was found so far, as the fields of :class:`Inputs` are."""

    def __init__(self, op: Operator, tile: int) -> None:
        self.op, self.tile = op, tile
        self.grid: Grid | None = None
        self.arrays: dict[str, Any] = {}
        self.raw: dict[str, tuple[Any, Physical]] = {}
        self.notes: list[str] = []
        self.bands: dict[str, str] = {}
        self.files: dict[str, Path] = {}
        self.table_files: Mapping[str, Path] = {}
        self.conversions: Mapping[str, Conversion] = {}
        self.unsure: list[str] = []
        self.stacks: dict[str, tuple[str, ...]] = {}
        self.axes: dict[str, Coordinates] = {}
        self._grids: list[tuple[str, Grid]] = []

    def read(self, declared: Source, given: Given, read_aux: ReadAux | None, *, first: bool) -> None:
        """What the operator reads of one product; `first` of its source."""
        op, prefix = self.op, given.prefix
        stacks = stacks_in(given.product, declared)
        plain = with_stacks(given.product, stacks)
        product = _with_sun(op, declared, plain)
        try:
            found = resolve_reads(op, _units(product), product.platform, source=declared.name, where=product.name)
        except MissingBand:
            # The list of what there is should not hold what was computed just now.
            resolve_reads(op, _units(plain), plain.platform, source=declared.name, where=plain.name)
            raise
        check_axes(op, declared, found.bands, {name: stack.along for name, stack in stacks.items()}, product.name)
        own = self._on_the_grid(_common_grid(product, found, op), declared, product, first=first)
        beside = {aux.name for aux in op.aux} if declared.many else set()
        for name, band in found.bands.items():
            if name in beside:  # the same for all products: that of the first serves
                if first:
                    self._band(name, product, name, band, own)
            elif band in stacks:
                self._layers(prefix, name, product, stacks[band], own, found.conversions.get(name))
            else:
                self._band(prefix + name, product, name, band, own, found.conversions.get(name))
        if not all(_is_sure(product.bands.get(band)) for name, band in found.bands.items() if is_reflectance(name)):
            self.unsure.append(prefix.rstrip("."))
        self.arrays |= {prefix + name: float(value) for name, value in found.constants.items()}
        if declared is op.sources[0] and first:
            self.bands, self.files = dict(found.bands), dict(found.files)
            self.table_files, self.conversions = found.tables, found.conversions
            self.arrays |= _aux(op, found.files, own, read_aux, self.tile, self.notes)
        self.notes += product.notes
        self.notes += map(str, found.notes)

    def stack(self, declared: Source, products: list[Given]) -> None:
        """Put what was read of many products together; an input that some of them lack is left out."""
        check_one_grid(self._grids, declared, self.op.alias)
        self._grids = []
        self.axes[declared.axis] = times_of(declared, products)
        stacks, left_out, notes = layers_of_many(self.op, declared, len(products), self.arrays)
        self.stacks |= stacks
        for name in left_out:
            del self.arrays[name]
            self.raw.pop(name, None)
        self.notes += notes

    def _on_the_grid(self, own: Grid, declared: Source, product: Product, *, first: bool) -> Grid:
        """The grid of what is read of a product, which must be that of all."""
        if declared.many:
            self._grids.append((product.name, own))
        if self.grid is not None and own.shape != self.grid.shape and (first or not declared.many):
            raise BadGrid(
                "the sources differ in size",
                where=self.op.alias,
                expected=self.grid.shape,
                found=own.shape,
                todo="collocate or resample them first",
            )
        self.grid = self.grid or own
        return own

    def _band(
        self, key: str, product: Product, semantic: str, name: str, grid: Grid, how: Conversion | None = None
    ) -> None:
        _check_scaling(self.op, product, semantic, name)
        self.arrays[key], made_of = _values(product, semantic, name, grid, self.tile, how)
        if made_of is not None:
            self.raw[key] = made_of

    def _layers(
        self, prefix: str, semantic: str, product: Product, stack: Stack, grid: Grid, how: Conversion | None
    ) -> None:
        """The layers of a band over views, as "view0.red", "view1.red"."""
        keys = [f"{prefix}{stack.along.dim}{number}.{semantic}" for number in range(len(stack.layers))]
        for key, layer in zip(keys, stack.layers, strict=True):
            self._band(key, product, semantic, layer.name, grid, how)
            if is_reflectance(semantic) and not _is_sure(layer) and key.rpartition(".")[0] not in self.unsure:
                self.unsure.append(key.rpartition(".")[0])
        self.stacks[prefix + semantic] = tuple(keys)
        self.axes[stack.along.dim] = stack.along


def _units(product: Product) -> dict[str, str | None]:
    """Units of everything that can be read, by name; bands before tie points of the same name."""
    bands: dict[str, str | None] = {name: band.unit for name, band in product.bands.items() if band.data is not None}
    return {**bands, **{name: p.unit for name, p in product.tie_points.items() if name not in bands}}


def _common_grid(product: Product, found: Resolution, op: Operator) -> Grid:
    grids = {name: product.bands[name].grid for name in found.bands.values() if name in product.bands}
    shapes = {grid.shape for grid in grids.values()}
    if len(shapes) > 1:
        sizes = ", ".join(f"{name} {grid.width} x {grid.height}" for name, grid in grids.items())
        raise BadGrid(
            f"the bands that {op.alias} needs differ in size",
            where=product.name,
            found=sizes,
            todo="resample first: a Resample node with targetResolution 20 in a graph, estran run with --resample 20, "
            "or estran masks, which does it",
        )
    return next(iter(grids.values()), product.grid)


def _check_scaling(op: Operator, product: Product, semantic: str, name: str) -> None:
    """Raise :class:`UnsupportedProduct` for numbers that should be reflectance and are not."""
    band = product.bands.get(name)
    if band is None or not is_reflectance(semantic) or band.is_scaled:
        return
    why = band.unscaled or ("whole numbers" if np.issubdtype(band.data.dtype, np.integer) else "")
    if why:
        raise UnsupportedProduct(
            f"band {name} ({semantic}) holds numbers whose scaling is not known",
            where=product.name,
            expected="reflectance, or numbers with a scale",
            found=why,
            todo="keep the scene's MTL file beside its bands"
            if product.platform.startswith("Landsat")
            else "give the reflectance per number with --scale (0.0001 where it is kept times 10 000), or a product "
            "that declares it",
        )


def _is_sure(band: Band | None) -> bool:
    """Whether a band declares both its no-data value and its saturation, as readers do that know their sensor."""
    return band is not None and band.nodata is not None and band.saturated is not None


def _saturation(band: Band | None, conversion: Conversion | None) -> float | None:
    """The physical value that stands for saturation: what the band declares, else the largest number that its integers
    hold.
    """
    if band is None:
        return None
    raw = band.saturated
    if raw is None and np.issubdtype(band.data.dtype, np.integer):
        raw = float(np.iinfo(band.data.dtype).max)
    if raw is None:
        return None
    value = replace(band, data=None, nodata=None).physical(np.array([raw]))
    return float((value if conversion is None else conversion.apply(value))[0])


def _values(
    product: Product, semantic: str, name: str, grid: Grid, tile: int, conversion: Conversion | None
) -> tuple[Any, tuple[Any, Physical] | None]:
    """Values of a band or of tie points, chunked and in the unit that is wanted; and the raw numbers with what makes
    the values of them, where nothing else has a say.
    """
    if name not in product.bands:
        points = product.tie_points[name]
        if conversion is not None:
            points = in_unit(points, conversion.wanted, conversion.factor, conversion.offset)
        return from_tie_points(points, grid, product.grid, tile), None
    band = product.bands[name]
    data = chunked(band.data, tile)
    values = Physical(band, data.dtype, semantic, conversion)
    if band.valid:
        return values.over(data, lazily(band.valid, product, band.grid, tile, dtype=np.bool_)), None
    return values.over(data), (data, values)


def _aux(
    op: Operator, files: Mapping[str, Path], grid: Grid, read_aux: ReadAux | None, tile: int, notes: list[str]
) -> dict[str, Any]:
    """Rasters beside the product; one that has nothing over the scene counts as missing."""
    arrays: dict[str, Any] = {}
    for aux in op.aux:
        if aux.name not in files:
            continue
        if read_aux is None:
            raise EstranError(
                f"no reader of rasters is here for {files[aux.name]}", where=f"{op.alias}, parameter {aux.parameter}"
            )
        more = {} if aux.unit == "m" else {"heights": False}
        values = np.array(read_aux(files[aux.name], grid, resampling=aux.resampling, notes=notes, **more), np.float32)
        drop_impossible(values, aux.name)
        covered = np.count_nonzero(np.isfinite(values)) / values.size
        notes += map(str, coverage_notes(aux, files[aux.name], covered))
        if covered > 0.0:
            arrays[aux.name] = chunked(values, tile)
        log.info("%s: %s, warped to the scene's grid (%s)", aux.name, files[aux.name], aux.resampling)
    return arrays


def _tables(
    op: Operator, files: Mapping[str, Path], read_table: ReadTable | None, notes: list[str]
) -> dict[str, Columns]:
    """The tables that parameters name."""
    found: dict[str, Columns] = {}
    for table in op.tables:
        if table.name not in files:
            continue
        if read_table is None:
            where = f"{op.alias}, parameter {table.parameter}"
            raise EstranError(f"no reader of tables is here for {files[table.name]}", where=where)
        found[table.name] = read_table(files[table.name], table, notes)
    return found


def _with_sun(op: Operator, declared: Source, product: Product) -> Product:
    """The product with the sun's angles from place and time, where the operator reads them, no source gives them, and
    both are known.
    """
    names = (*product.bands, *product.tie_points)
    points, notes = sun_points(op, declared, names, product.platform, product.start, product.grid)
    return (
        replace(product, tie_points={**product.tie_points, **points}).with_notes(*map(str, notes))
        if points
        else product
    )
