"""The class that SNAP instantiates for an operator of the catalogue.

What SNAP does with it, and what follows:

- Every call holds one lock of the whole JVM, so calls are never parallel and tiles are large.
- ``doExecute`` runs once before the first tile in gpt; in the desktop a tile may be asked for first, and ``doExecute``
  may be called twice, what it raises being swallowed. So scene work is done by whichever call comes first, once, and a
  failure or a cancel is remembered and raised again by every later call.
- A Python thread that asks for a source tile while it holds that lock can wait for ever for another one, where a graph
  forks (see ``estran.engine.bind.forks``). Scene operators read all sources in one go; surveyed ones read them by
  strips, and again tile by tile.
- Only the text of an exception reaches the user.
- SNAP fills with zeros outside an image: windows with a border are cut at its edge, and kernels know their edges.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from threading import RLock
from typing import Any, ClassVar, TypeVar

import numpy as np

from estran.adapters.java.ray_caster import ray_caster
from estran.adapters.snap import profiles, target
from estran.adapters.snap.faults import user_error
from estran.adapters.snap.inputs import (
    STRIP,
    Array,
    AuxFile,
    Found,
    Samples,
    find_all,
    find_fillings,
    find_tables,
    read,
    silent_sources,
    source_products,
)
from estran.adapters.snap.parameters import construct
from estran.adapters.snap.samples import to_java
from estran.catalogue.dimensions import coordinates_of
from estran.catalogue.outputs import Target, check_outputs, record, targets
from estran.catalogue.resolve import coverage_notes
from estran.catalogue.spec import Operator, Walk
from estran.errors import EstranError
from estran.raster.grid import Grid, Window
from estran.raster.product import Element
from estran.raster.record import RunRecord
from estran.raster.scene import Block, OwnedArrays, Progress, Services, quiet
from estran.raster.stacks import Stacks, stacked
from estran.sensors.survey import Extent, Fillings, extents_of, joined_extents, warnings_about

Result = TypeVar("Result")

_CORNER = 64
"""Pixels a side of the part of a surveyed scene that is computed to learn its facts."""


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
        self._survey: Any = None
        self._surveyed: RunRecord | None = None
        self._failure: EstranError | None = None
        self._inputs: dict[str, Found] = {}
        self._fillings: Fillings | None = None
        self._stacks: Stacks = {}
        self._outputs: tuple[Target, ...] = ()

    def initialize(self, context: Any) -> None:
        """Check parameters and sources, declare the target; quick, because the desktop's window waits for it: no pixel
        is read here.
        """
        self._context = context
        try:
            self._initialize(context)
        except Exception as error:
            raise self._user_error(error) from error

    def doExecute(self, pm: Any) -> None:  # noqa: N802 - SNAP's name
        """Scene and surveyed operators work here, with a progress bar and a Cancel button; the others have nothing to
        do before their tiles.
        """
        if self._op.walk not in (Walk.SCENE, Walk.SURVEYED):
            return
        first = self._result is None and self._surveyed is None
        pm.beginTask(self._op.label, 1000)
        try:
            progress = _monitor(pm)
            run = self._whole(progress).record if self._op.walk is Walk.SCENE else self._survey_once(progress)
        finally:
            pm.done()
        done = record(self._op, (), run)
        for child in done.elements:
            if first and child.name in ("fractions", "facts"):
                self._product.getMetadataRoot().addElement(
                    target.metadata_element(Element(f"{done.name}_{child.name}", child.attributes))
                )

    def computeTileStack(self, context: Any, target_tiles: Any, target_rectangle: Any) -> None:  # noqa: N802 - SNAP's name
        """All bands of one tile."""
        r = target_rectangle
        window = Window(int(r.y), int(r.x), int(r.height), int(r.width))
        result = self._whole(quiet) if self._op.walk is Walk.SCENE else self._tile(window)
        arrays = result.crop(window).arrays
        for output in self._outputs:
            tile = target_tiles.get(self._product.getBand(output.name))
            if tile is not None:
                tile.setSamples(to_java(output.samples(arrays[output.output])))

    def dispose(self, context: Any) -> None:
        """Let go of what was cached; SNAP wants this method even where there is nothing to free."""
        self._result = self._survey = self._surveyed = None
        for found in self._inputs.values():
            if isinstance(found, AuxFile):
                found.forget()

    def _initialize(self, context: Any) -> None:
        self._op = construct(self.declaration, context.getParameter)
        products = source_products(context, self.declaration)
        inputs = find_all(self._op, products)
        assert inputs.scene is not None
        first, notes = inputs.first, list(dict.fromkeys(inputs.notes))
        self._inputs, self._stacks = inputs.found, inputs.stacks
        axes = coordinates_of(self._op, inputs.axes)
        self._scene = replace(inputs.scene, axes=axes, tables=find_tables(self._op, notes))
        for note in notes:
            context.getLogger().warning(f"{self._op.alias}: {note}")
        copied = getattr(self._op, "copy_bands", ())
        done = Element("Estran_Processing", {"engine": "SNAP"}, (record(self._op, notes),))
        outputs = self._outputs = targets(self._op, axes)
        self._product = target.target_product(first, self._op.alias, outputs, copied, done)
        profiles.register(self._op.alias, profiles.profiles_of(self._op.label, outputs, self._colours()))
        context.setTargetProduct(self._product)

    def _colours(self) -> dict[str, str]:
        """Which of the bands handed on are red, green and blue."""
        found = {colour: self._inputs.get(colour) for colour in ("red", "green", "blue")}
        names = {
            colour: str(samples.raster.getName()) for colour, samples in found.items() if isinstance(samples, Samples)
        }
        return {colour: name for colour, name in names.items() if self._product.getBand(name) is not None}

    def _tile(self, window: Window) -> Block:
        if self._op.walk is Walk.SURVEYED:
            self._survey_once(quiet)
        grown = window.grow(0 if self._op.walk is Walk.PIXEL else self._op.halo(), self._scene.grid)
        try:
            return self._compute(self._block(grown, quiet), self._survey)
        except Exception as error:
            raise self._user_error(
                error, f"tile x {window.col}, y {window.row}, {window.width} x {window.height}"
            ) from error

    def _whole(self, progress: Progress) -> Block:
        """The result of a scene operator, made by the first call."""
        with self._lock:
            if self._result is None:
                self._result = self._once(lambda: self._compute(self._block(self._scene.grid.window, progress), None))
            return self._result

    def _survey_once(self, progress: Progress) -> RunRecord:
        """Survey the scene, in the first call; what was learnt."""
        with self._lock:
            if self._surveyed is None:
                self._surveyed = self._once(lambda: self._survey_by_strips(progress))
            return self._surveyed

    def _once(self, work: Callable[[], Result]) -> Result:
        """Do it; a failure is raised again by every later call."""
        if self._failure is not None:
            raise self._failure
        try:
            return work()
        except Exception as error:
            self._failure = self._user_error(error, "the whole scene")
            raise self._failure from error

    def _survey_by_strips(self, progress: Progress) -> RunRecord:
        """Survey strips of rows, of which one is held at a time; surveys merge exactly, so their height changes nothing
        but memory.
        """
        for name, found in list(self._inputs.items()):
            if isinstance(found, AuxFile) and not self._covers(found, found.whole):
                del self._inputs[name]
        self._find_fillings({name.rpartition(".")[0] for name in self._inputs})
        height, width = self._scene.grid.shape
        extents = []
        for first in range(0, height, STRIP):
            window = Window(first, 0, min(STRIP, height - first), width)
            block = self._block(window, _part(progress, first / height, window.height / height))
            extents.append(extents_of(block.arrays, {}, self._fixed))
            with np.errstate(all="ignore"):
                part = self._op.survey(block)
                self._survey = part if self._survey is None else self._op.merge(self._survey, part)
        self._warn(joined_extents(extents))
        # As in the embedded engine, the first tile says what the survey has taught.
        corner = Window(0, 0, min(_CORNER, height), min(_CORNER, width)).grow(self._op.halo(), self._scene.grid)
        return self._compute(self._block(corner, quiet), self._survey).record

    def _compute(self, block: Block, survey: Any) -> Block:
        with np.errstate(all="ignore"):
            result = self._op.compute(block, survey)
        check_outputs(self._op, result)
        # The result must not keep what reported on the way: the monitor ends with doExecute.
        return Block(result.arrays, result.scene, result.window, result.record)

    def _block(self, window: Window, progress: Progress) -> Block:
        # These arrays have no other holder: a scene operator may release each once it has used it.
        arrays: dict[str, Array] = OwnedArrays()
        count = len(self._inputs)
        for i, (name, found) in enumerate(self._inputs.items()):

            def tick(fraction: float, done: int = i, reading: str = name) -> None:
                progress(0.2 * (done + fraction) / count, f"reading {reading}")

            tick(0.0)
            arrays[name] = read(self._context, found, window, tick)
            whole = window == self._scene.grid.window and self._op.walk is not Walk.SURVEYED
            if isinstance(found, AuxFile) and whole and not self._covers(found, arrays[name]):
                del arrays[name]
        self._drop_filled(arrays, window)
        return Block(
            stacked(arrays, self._stacks),
            self._scene,
            window,
            progress=lambda fraction, message: progress(0.2 + 0.8 * fraction, message),
            services=self._services(),
        )

    def _covers(self, found: AuxFile, values: Array) -> bool:
        """Whether a raster beside the scene covers any of it; warns of what was assumed of it and of what it does not
        cover.
        """
        covered = np.count_nonzero(np.isfinite(values)) / values.size
        for note in dict.fromkeys((*found.notes, *map(str, coverage_notes(found.aux, found.path, covered)))):
            self._context.getLogger().warning(f"{self._op.alias}: {note}")
        return bool(covered > 0.0)

    @property
    def _fixed(self) -> list[str]:
        return [name for name, found in self._inputs.items() if isinstance(found, float)]

    def _find_fillings(self, sources: set[str]) -> None:
        self._fillings = find_fillings(
            self._inputs,
            sources,
            self._scene.grid.shape,
            lambda n, part: read(self._context, self._inputs[n], part, _no_tick),
        )

    def _drop_filled(self, arrays: dict[str, Array], window: Window) -> None:
        """Take out what the sensor did not observe; a whole scene that no sensor observes is warned of, or refused
        where nothing is left.
        """
        whole = window == self._scene.grid.window and self._op.walk is Walk.SCENE
        if self._fillings is None and whole:
            sources = {name.rpartition(".")[0] for name in self._inputs}
            self._fillings = find_fillings(
                self._inputs, sources, self._scene.grid.shape, lambda name, part: arrays[name][part.slices]
            )
        elif self._fillings is None:
            self._find_fillings(set(silent_sources(self._inputs)))
        assert self._fillings is not None
        self._fillings.drop(arrays, self._fixed)
        if whole:
            self._warn(extents_of(arrays, {}, self._fixed))

    def _warn(self, scene: Mapping[str, Extent]) -> None:
        needed = [reads.band for reads in self._op.sources[0].reads if not reads.optional]
        for note in warnings_about(scene, needed, str(self._scene.metadata.get("name", ""))):
            self._context.getLogger().warning(f"{self._op.alias}: {note}")

    def _services(self) -> Services:
        def read_aux(name: str, grid: Grid) -> Array | None:
            found = self._inputs.get(name)
            return found.on(grid) if isinstance(found, AuxFile) else None

        return Services(read_aux, ray_caster)

    def _user_error(self, error: Exception, where: str = "") -> EstranError:
        """The sentence for the user; the traceback goes to SNAP's log, at a level that shows only where the fault is
        not the user's to mend.
        """
        log = self._context.getLogger()
        (log.fine if isinstance(error, EstranError) else log.severe)(
            f"{self.declaration.alias}: {traceback.format_exc()}"
        )
        return user_error(error, self.declaration.alias, where)


def _part(progress: Progress, first: float, size: float) -> Progress:
    return lambda fraction, message: progress(first + size * fraction, message)


def _no_tick(_fraction: float) -> None:
    """Small windows have nothing to report."""


def _monitor(pm: Any) -> Progress:
    """SNAP's progress monitor as ours: it only counts up, and a cancel is an error, so that nothing half-made is shown
    as a result.
    """
    done = 0

    def progress(fraction: float, message: str) -> None:
        nonlocal done
        if pm.isCanceled():
            raise EstranError("cancelled", todo="run it again")
        pm.setSubTaskName(message)
        now = int(1000 * fraction)
        if now > done:
            pm.worked(now - done)
            done = now

    return progress
