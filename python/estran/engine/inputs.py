"""What an operator reads, out of a product: physical float32 arrays of one grid, lazily, NaN without data."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.catalogue.resolve import Resolution, coverage_notes, resolve_reads
from estran.catalogue.spec import Operator, Source
from estran.catalogue.sun import sun_points
from estran.engine.expressions import from_tie_points, lazily
from estran.engine.lazy import Physical, chunked
from estran.errors import BadGrid, EstranError, MissingBand, UnsupportedProduct
from estran.raster.grid import Grid, Window
from estran.raster.product import Band, Product
from estran.sensors.plausible import drop_impossible, is_reflectance

log = logging.getLogger("estran")

ReadAux = Callable[..., npt.NDArray[np.float32]]
"""``read_aux(path, grid, resampling=…, notes=…)``: a raster warped to a grid, NaN where it has nothing; the list
`notes` gets what had to be assumed.

Of a raster in another unit than metres it also gets ``heights=False``.
"""


@dataclass(frozen=True)
class Inputs:
    """Arrays by semantic name: Dask arrays of `grid`'s shape, or numbers that hold everywhere; and what was said while
    finding them.

    `bands` names the band of the first source behind a semantic name, `files` the file behind an `aux`; `saturated` is
    the value of reflectance that stands for saturation, by semantic name, where its band has one; `unsure` has the
    prefixes of sources whose reflectance does not say of every band which numbers stand for no data and for saturation.
    `raw` has what some of the arrays are made of, which weighs less: raw numbers, and what makes values of them.
    """

    grid: Grid
    arrays: Mapping[str, Any]
    notes: tuple[str, ...]
    raw: Mapping[str, tuple[Any, Physical]] = field(default_factory=dict)
    bands: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)
    saturated: Mapping[str, float] = field(default_factory=dict)
    unsure: tuple[str, ...] = ()

    def constant(self, name: str, window: Window) -> npt.NDArray[np.float32]:
        """A number that holds everywhere, as an array of a window that takes no memory."""
        return np.broadcast_to(np.float32(self.arrays[name]), (window.height, window.width))


def gather(op: Operator, sources: Mapping[str, Product], *, read_aux: ReadAux | None, tile: int) -> Inputs:
    """Resolve everything that `op` reads.

    Arrays of the first source carry the semantic names; those of further sources are prefixed with the source's name
    and a dot.

    Raises
    ------
    MissingBand, UnsupportedProduct
        As :func:`estran.catalogue.resolve.resolve_reads` says.
    BadGrid
        When the bands needed differ in size, or sources do not lie on the same grid.
    EstranError
        When a mandatory source is not given.
    """
    arrays: dict[str, Any] = {}
    raw: dict[str, tuple[Any, Physical]] = {}
    notes: list[str] = []
    bands: dict[str, str] = {}
    files: dict[str, Path] = {}
    unsure: list[str] = []
    grid: Grid | None = None
    for declared in op.sources:
        product = sources.get(declared.name)
        if product is None:
            if declared.optional:
                continue
            raise EstranError(
                f"source {declared.name!r} is not given",
                where=op.alias,
                expected=declared.help,
                found=", ".join(sources) or "none",
                todo=f"with gpt give -S{declared.name}=PRODUCT",
            )
        given, product = product, _with_sun(op, declared, product)
        try:
            found = resolve_reads(op, _units(product), product.platform, source=declared.name, where=product.name)
        except MissingBand:
            # The list of what there is should not hold what was computed just now.
            resolve_reads(op, _units(given), given.platform, source=declared.name, where=given.name)
            raise
        own = _common_grid(product, found, op)
        if grid is not None and own.shape != grid.shape:
            raise BadGrid(
                "the sources differ in size",
                where=op.alias,
                expected=grid.shape,
                found=own.shape,
                todo="collocate or resample them first",
            )
        grid = grid or own
        prefix = "" if declared is op.sources[0] else f"{declared.name}."
        for name, band in found.bands.items():
            _check_scaling(op, product, name, band)
            arrays[prefix + name], made_of = _values(product, name, band, own, tile)
            if made_of is not None:
                raw[prefix + name] = made_of
        if not all(_is_sure(product.bands.get(band)) for name, band in found.bands.items() if is_reflectance(name)):
            unsure.append(prefix.rstrip("."))
        arrays |= {prefix + name: float(value) for name, value in found.constants.items()}
        if declared is op.sources[0]:
            bands, files = dict(found.bands), dict(found.files)
            arrays |= _aux(op, found.files, own, read_aux, tile, notes)
        notes += product.notes
        notes += map(str, found.notes)
    assert grid is not None
    for note in notes:
        log.warning(note)
    main = sources[op.sources[0].name]
    saturated = {
        name: value for name, band in bands.items() if (value := _saturation(main.bands.get(band))) is not None
    }
    return Inputs(grid, arrays, tuple(dict.fromkeys(notes)), raw, bands, files, saturated, tuple(unsure))


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


def _saturation(band: Band | None) -> float | None:
    """The physical value that stands for saturation: what the band declares, else the largest number that its integers
    hold.
    """
    if band is None:
        return None
    raw = band.saturated
    if raw is None and np.issubdtype(band.data.dtype, np.integer):
        raw = float(np.iinfo(band.data.dtype).max)
    return None if raw is None else float(replace(band, data=None, nodata=None).physical(np.array([raw]))[0])


def _values(
    product: Product, semantic: str, name: str, grid: Grid, tile: int
) -> tuple[Any, tuple[Any, Physical] | None]:
    """Values of a band or of tie points, chunked; and the raw numbers with what makes the values of them, where nothing
    else has a say.
    """
    if name not in product.bands:
        return from_tie_points(product.tie_points[name], grid, product.grid, tile), None
    band = product.bands[name]
    data = chunked(band.data, tile)
    values = Physical(band, data.dtype, semantic)
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
            raise EstranError(f"nobody can read {files[aux.name]} here", where=f"{op.alias}, parameter {aux.parameter}")
        more = {} if aux.unit == "m" else {"heights": False}
        values = np.array(read_aux(files[aux.name], grid, resampling=aux.resampling, notes=notes, **more), np.float32)
        drop_impossible(values, aux.name)
        covered = np.count_nonzero(np.isfinite(values)) / values.size
        notes += map(str, coverage_notes(aux, files[aux.name], covered))
        if covered > 0.0:
            arrays[aux.name] = chunked(values, tile)
        log.info("%s: %s, warped to the scene's grid (%s)", aux.name, files[aux.name], aux.resampling)
    return arrays


def _with_sun(op: Operator, declared: Source, product: Product) -> Product:
    """The product with the sun's angles from place and time, where the operator reads them, nobody gives them, and both
    are known.
    """
    names = (*product.bands, *product.tie_points)
    points, notes = sun_points(op, declared, names, product.platform, product.start, product.grid)
    return (
        replace(product, tie_points={**product.tie_points, **points}).with_notes(*map(str, notes))
        if points
        else product
    )
