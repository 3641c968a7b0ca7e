"""The class that SNAP instantiates for an operator of the catalogue.

What SNAP does with it, and what follows:

- Every call holds one lock of the whole JVM, so calls are never parallel and tiles are large.
- ``doExecute`` runs once before the first tile in gpt; in the desktop a tile may be asked for first, and ``doExecute`` may be called twice,
  what it raises being swallowed. So scene work is done by whichever call comes first, once, and a failure or a cancel is remembered
  and raised again by every later call.
- A Python thread that asks for a source tile while it holds that lock can wait for ever for another one.
  Scene and surveyed operators therefore read all sources in one go.
- Only the text of an exception reaches the user.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import Any, ClassVar

import numpy as np

from estran.adapters.snap import source, target
from estran.adapters.snap.parameters import construct
from estran.adapters.snap.samples import Array, to_java
from estran.catalogue.outputs import check_outputs, record, targets
from estran.catalogue.resolve import resolve_reads
from estran.catalogue.spec import Aux, Operator, Source, Walk
from estran.catalogue.sun import sun_points
from estran.errors import BadProduct, EstranError
from estran.raster.grid import Grid, Window
from estran.raster.product import Element, TiePointGrid
from estran.raster.scene import Block, Progress, quiet
from estran.raster.tie_points import interpolate

SURVEY_TILE = 1024
"""Pixels; surveys merge exactly, so the size changes nothing but memory."""


def make_operator(op_class: type[Operator]) -> type[SnapOperator]:
    """The SNAP class of an operator of the catalogue; shims call this and nothing else."""
    name = op_class.alias.removeprefix("Estran.")
    return type(name, (SnapOperator,), {"declaration": op_class, "__doc__": op_class.summary})


class SnapOperator:
    """One node of a SNAP graph, or one Run of a dialog."""

    declaration: ClassVar[type[Operator]]

    def __init__(self) -> None:
        self._lock = RLock()
        self._result: Block | None = None
        self._failure: Exception | None = None

    def initialize(self, context: Any) -> None:
        """Check parameters and sources, declare the target; quick, because the desktop's window waits for it."""
        self._context = context
        self._op = construct(self.declaration, context.getParameter)
        self._sources = _source_products(context, self.declaration)
        first = next(iter(self._sources.values()))
        self._scene = source.scene_of(first)
        self._inputs: dict[str, Any] = {}
        notes: list[str] = []
        for declared in self._op.sources:
            if declared.name in self._sources:
                notes += self._find_inputs(declared, self._sources[declared.name])
        for note in notes:
            context.getLogger().warning(f"{self._op.alias}: {note}")
        copied = getattr(self._op, "copy_bands", ())
        done = Element("Estran_Processing", {"engine": "SNAP"}, (record(self._op, notes),))
        self._product = target.target_product(first, self._op.alias, targets(self._op), copied, done)
        context.setTargetProduct(self._product)

    def doExecute(self, pm: Any) -> None:  # noqa: N802 - SNAP's name
        """Scene and surveyed operators work here, with a progress bar and a Cancel button; the others have nothing to do before their tiles."""
        if self._whole_scene:
            first = self._result is None
            pm.beginTask(self._op.label, 1000)
            try:
                facts = self._whole(_monitor(pm)).facts
            finally:
                pm.done()
            learnt = record(self._op, (), facts).find("facts")
            if first and learnt is not None:
                self._product.getMetadataRoot().addElement(target.metadata_element(Element(f"{record(self._op).name}_facts", learnt.attributes)))

    def computeTileStack(self, context: Any, target_tiles: Any, target_rectangle: Any) -> None:  # noqa: N802 - SNAP's name
        """All bands of one tile."""
        r = target_rectangle
        window = Window(int(r.y), int(r.x), int(r.height), int(r.width))
        result = self._whole(quiet) if self._whole_scene else self._tile(window)
        for name, array in result.crop(window).arrays.items():
            tile = target_tiles.get(self._product.getBand(name))
            if tile is not None:
                tile.setSamples(to_java(array))

    def dispose(self, context: Any) -> None:
        """Let go of what was cached; SNAP wants this method even where there is nothing to free."""
        self._result = None

    @property
    def _whole_scene(self) -> bool:
        return self._op.walk in (Walk.SCENE, Walk.SURVEYED)

    def _tile(self, window: Window) -> Block:
        grown = window.grow(self._op.halo() if self._op.walk is Walk.NEIGHBOURHOOD else 0, self._scene.grid)
        try:
            return self._compute(self._block(grown, quiet), None)
        except EstranError:
            raise
        except Exception as error:
            raise self._told(error, f"tile x {window.col}, y {window.row}, {window.width} x {window.height}") from error

    def _whole(self, progress: Progress) -> Block:
        with self._lock:
            if self._failure is not None:
                raise self._failure
            if self._result is None:
                try:
                    self._result = self._compute_whole(progress)
                except EstranError as error:
                    self._failure = error
                    raise
                except Exception as error:
                    self._failure = self._told(error, "the whole scene")
                    raise self._failure from error
            return self._result

    def _compute_whole(self, progress: Progress) -> Block:
        block = self._block(self._scene.grid.window, progress)
        survey = None
        if self._op.walk is Walk.SURVEYED:
            for window in self._scene.grid.tiles(SURVEY_TILE):
                part = self._op.survey(block.crop(window))
                survey = part if survey is None else self._op.merge(survey, part)
        return self._compute(block, survey)

    def _compute(self, block: Block, survey: Any) -> Block:
        with np.errstate(all="ignore"):
            result = self._op.compute(block, survey)
        check_outputs(self._op, result)
        return result

    def _block(self, window: Window, progress: Progress) -> Block:
        arrays: dict[str, Array] = {}
        for i, (name, found) in enumerate(self._inputs.items()):
            progress(0.2 * i / len(self._inputs), f"reading {name}")
            arrays[name] = self._read(found, window)
        return Block(arrays, self._scene, window, progress=lambda share, message: progress(0.2 + 0.8 * share, message))

    def _read(self, found: Any, window: Window) -> Array:
        if isinstance(found, float):
            return np.full((window.height, window.width), found, np.float32)
        if isinstance(found, TiePointGrid):
            return interpolate(found, window)
        if isinstance(found, _AuxFile):
            return found.whole[window.slices]
        return source.read(self._context, found, window)

    def _find_inputs(self, declared: Source, product: Any) -> tuple[str, ...]:
        """Remember where each input of one source comes from (a Java raster, a constant, computed tie points); what is to be said about it."""
        where, platform = str(product.getName()), self._scene.platform or ""
        rasters: dict[str, Any] = source.rasters(product)
        points, computed = sun_points(self._op, declared, rasters, platform, self._scene.time, self._scene.grid)
        units = source.units(product) | {name: p.unit for name, p in points.items()}
        found = resolve_reads(self._op, units, platform, source=declared.name, where=where)
        # As in the embedded engine: bands of further sources carry the source's name.
        prefix = "" if declared is self._op.sources[0] else f"{declared.name}."
        for semantic, name in found.bands.items():
            if name in rasters:
                source.check_size(rasters[name], self._scene.grid, where)
            self._inputs[prefix + semantic] = rasters[name] if name in rasters else points[name]
        self._inputs |= {prefix + semantic: float(value) for semantic, value in found.constants.items()}
        self._inputs |= {aux.name: _AuxFile(aux, found.files[aux.name], self._scene.grid) for aux in self._op.aux if aux.name in found.files}
        return (*computed, *found.notes)

    def _told(self, error: Exception, where: str) -> EstranError:
        self._context.getLogger().severe(traceback.format_exc())
        return EstranError(f"{self._op.alias} failed: {type(error).__name__}: {error}", where=where, todo="send SNAP's log file to the authors")


@dataclass(frozen=True)
class _AuxFile:
    """A raster file that is warped to the scene's grid when the first pixel of it is wanted."""

    aux: Aux
    path: Path
    grid: Grid

    @cached_property
    def whole(self) -> Array:
        from estran.adapters.files.aux_raster import read_on_grid

        return read_on_grid(self.path, self.grid, resampling=self.aux.resampling)


def _source_products(context: Any, op_class: type[Operator]) -> dict[str, Any]:
    """Source products by declared name; by position where gpt gave the first one without a name."""
    found: dict[str, Any] = {}
    for declared in op_class.sources:
        product = context.getSourceProduct(declared.name)
        if product is None and declared is op_class.sources[0]:
            product = _unnamed(context, op_class.sources)
        if product is not None:
            found[declared.name] = product
        elif not declared.optional:
            raise BadProduct(f"{op_class.alias} got no source product {declared.name!r}", todo=f"give one: gpt {op_class.alias} -S{declared.name}=FILE")
    return found


def _unnamed(context: Any, declared: tuple[Source, ...]) -> Any:
    """The first source product that carries no declared name, or None. SNAP enforces no mandatory source of a Python operator."""
    product = context.getSourceProduct("sourceProduct")
    if product is not None:
        return product
    products = list(context.getSourceProducts())
    return products[0] if products and not any(context.getSourceProduct(s.name) is not None for s in declared) else None


def _monitor(pm: Any) -> Progress:
    """SNAP's progress monitor as ours: it only counts up, and a cancel is an error, so that nothing half-made is shown as a result."""
    done = 0

    def progress(share: float, message: str) -> None:
        nonlocal done
        if pm.isCanceled():
            raise EstranError("cancelled", todo="run it again")
        pm.setSubTaskName(message)
        now = int(1000 * share)
        if now > done:
            pm.worked(now - done)
            done = now

    return progress
