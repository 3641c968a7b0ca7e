"""Runs an operator on products, by the walk that it declares, on Dask's threads.

Whatever the walk, the result is the same for any tile size (but *scene*, which has none) and any number of threads.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.catalogue.outputs import Target, check_outputs, targets
from estran.catalogue.resolve import note
from estran.catalogue.spec import Operator, Walk
from estran.engine.inputs import Inputs, ReadAux, gather
from estran.engine.lazy import Chunks, dask_array, dask_compute, dask_delayed, joined
from estran.engine.need import Weigh, casts_rays, need_of
from estran.engine.overview import Overview, seen
from estran.engine.record import processing
from estran.engine.threads import threads
from estran.engine.validity import find_fillings
from estran.errors import EstranError
from estran.raster.grid import Grid, Window
from estran.raster.product import Band, Product
from estran.raster.scene import Block, Consumable, Progress, Scene, quiet
from estran.sensors.plausible import drop_impossible
from estran.sensors.survey import Extent, Fillings, extents_of, joined_extents, warnings_about

log = logging.getLogger("estran")

Lent = Mapping[str, Callable[..., Any]]
"""What an operator may call, by name: see :class:`~estran.raster.scene.Block`."""

TILE = 1024
"""Pixels a side: the tile of Sentinel-2's JPEG 2000 files, 4 MB of float32 a band."""


def run_operator(
    op: Operator,
    sources: Mapping[str, Product],
    *,
    read_aux: ReadAux | None = None,
    tile: int = TILE,
    progress: Progress = quiet,
    scheduler: str | None = None,
    overview: Overview | None = None,
    lend: Lent | None = None,
    weigh: Weigh | None = None,
) -> Product:
    """Run an operator; its outputs are computed when this returns.

    Parameters
    ----------
    op
        The operator with its parameters.
    sources
        Products by the names of its sources.
    read_aux
        Warps a file to the scene's grid, for operators with `aux` files.
    tile
        Side of the tiles [pixels].
    progress
        Called with the share done.
    scheduler
        Dask's: "threads" (default), "synchronous".
    overview
        Gathers small copies of bands while a *scene* operator reads them.
    lend
        What a *scene* operator may call besides reading its `aux` beyond the scene: "rays".
    weigh
        Asked before the work starts whether there is room for it.

    Returns
    -------
    Product
        The bands of `writes` with their codings, masks, palettes; geocoding, times, metadata of the first source; what was assumed and
        switched off in its notes and, with every parameter, in the metadata.

    Raises
    ------
    EstranError
        Missing sources, bands that differ in size, and what the operator itself finds wrong.
    """
    inputs = gather(op, sources, read_aux=read_aux, tile=tile)
    if weigh is not None:
        weigh(need_of(op, inputs, tile=tile, threads=threads(), rays=casts_rays(op, inputs, lend or {})))
    main = sources[op.sources[0].name]
    scene = Scene(inputs.grid, main.start, main.platform or None, {"name": main.name, "kind": main.kind})
    lent = {**(lend or {}), "wider": _wider(op, inputs, read_aux)}
    said: list[str] = []
    walk = _Walk(op, inputs, scene, tile, progress, scheduler or "threads", overview, lent, said)
    with np.errstate(all="ignore"):
        arrays, facts = walk.scene_at_once() if op.walk is Walk.SCENE else walk.tiles()
    learnt = [text for text in facts.pop("notes", ()) if text not in inputs.notes]
    for text in (*said, *learnt):
        log.warning(text)
    # What is strange of the whole scene stands first: whoever reads one note should read that.
    return _product(op, main, sources, replace(inputs, notes=(*said, *inputs.notes, *learnt)), arrays, facts)


@dataclass(frozen=True)
class _Walk:
    op: Operator
    inputs: Inputs
    scene: Scene
    tile: int
    progress: Progress
    scheduler: str
    overview: Overview | None
    lent: Lent
    said: list[str]
    fillings: dict[str, tuple[float, ...]] = field(default_factory=dict)

    def scene_at_once(self) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]]:
        """Load all bands in one pass over their chunks, then one call."""
        da = dask_array()
        window = self.inputs.grid.window
        arrays: dict[str, Any] = {}
        lazy, sinks = [], []
        done = _Counter(window.height * window.width, self.progress, 0.0, 0.5)
        for name in self.inputs.arrays:
            source = self.inputs.arrays[name]
            if isinstance(source, float):
                arrays[name] = self.inputs.constant(name, window)
            else:
                arrays[name] = np.empty(source.shape, np.float32)
                lazy.append(source)
                sinks.append(_Sink(arrays[name], name, done, self._onlooker(name)))
        done.total *= max(1, len(sinks))
        # All at once: bands that come from the same files or angles share the work, and no thread waits for the end of a band.
        da.store(lazy, sinks, lock=False, scheduler=self.scheduler)
        del lazy, sinks
        constant = self._constant
        find_fillings(arrays, self.inputs.unsure, self.scheduler).drop(arrays, constant)
        self._look([extents_of(arrays, self.inputs.saturated, constant)])
        self._leave_out_empty(arrays)
        block = Block(Consumable(arrays), self.scene, window, progress=lambda share, message: self.progress(0.5 + 0.5 * share, message), lent=self.lent)
        del arrays  # the block alone holds them: an operator may let go of what it has used
        result = self.op.compute(block)
        check_outputs(self.op, result)
        self.progress(1.0, "computed")
        return dict(result.arrays), dict(result.facts)

    def _leave_out_empty(self, arrays: dict[str, Any]) -> None:
        """Take out auxiliary bands of the product that have no data anywhere: they count as missing, and kernels need not look."""
        for aux in self.op.aux:
            if aux.name in arrays and np.isnan(np.fmin.reduce(arrays[aux.name], axis=None)):
                del arrays[aux.name]
                self.said.append(note(aux.name, aux.without))

    @property
    def _constant(self) -> tuple[str, ...]:
        return tuple(name for name, array in self.inputs.arrays.items() if isinstance(array, float))

    def _look(self, extents: Sequence[Mapping[str, Extent]]) -> None:
        needed = [reads.band for reads in self.op.sources[0].reads if not reads.optional]
        self.said.extend(warnings_about(joined_extents(extents), needed, str(self.scene.metadata.get("name", ""))))

    def _onlooker(self, name: str) -> Callable[[Window, npt.NDArray[np.float32]], None] | None:
        overview, band = self.overview, seen(self.overview, self.inputs.bands, name)
        if overview is None or band is None:
            return None
        return lambda window, values: overview.add(band, self.inputs.grid, window, values)

    def tiles(self) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Any]]:
        """Survey where the walk says so, then tile by tile into arrays of the whole grid."""
        grid = self.inputs.grid
        windows = tuple(grid.tiles(self.tile))
        self.fillings.update(find_fillings(self.inputs.arrays, self.inputs.unsure, self.scheduler).by_source)
        survey = self._survey(windows) if self.op.walk is Walk.SURVEYED else None
        halo = 0 if self.op.walk is Walk.PIXEL else self.op.halo()
        out = {t.name: np.empty(grid.shape, t.dtype) for t in targets(self.op)}
        facts: dict[str, Any] = {}
        done = _Counter(len(windows), self.progress, 0.5 if survey is not None else 0.0, 1.0)

        def one(window: Window, grown: Window, arrays: dict[str, npt.NDArray[Any]]) -> dict[str, Extent]:
            result = self.op.compute(Block(arrays, self.scene, grown), survey)
            check_outputs(self.op, result)
            for name, array in result.crop(window).arrays.items():
                out[name][window.slices] = array
            if window == windows[0]:
                facts.update(result.facts)
            done.step(1, "computing")
            return extents_of(arrays, self.inputs.saturated, self._constant)

        self._look(self._each(one, [(w, w.grow(halo, grid)) for w in windows]))
        return out, facts

    def _survey(self, windows: tuple[Window, ...]) -> Any:
        done = _Counter(len(windows), self.progress, 0.0, 0.5)

        def one(window: Window, _grown: Window, arrays: dict[str, npt.NDArray[Any]]) -> Any:
            found = self.op.survey(Block(arrays, self.scene, window))
            done.step(1, "surveying")
            return found

        surveys = self._each(one, [(w, w) for w in windows])
        merged = surveys[0]
        for survey in surveys[1:]:
            merged = self.op.merge(merged, survey)
        return merged

    def _each(self, call: Callable[..., Any], windows: list[tuple[Window, Window]]) -> list[Any]:
        names = tuple(self.inputs.arrays)
        constant, fills = self._constant, Fillings(self.fillings)
        chunks = {name: Chunks(array) for name, array in self.inputs.arrays.items() if not isinstance(array, float)}

        def one(window: Window, grown: Window, under: list[Any]) -> Any:
            arrays = {
                name: joined(part[0], part[1], grown) if name in chunks else self.inputs.constant(name, grown) for name, part in zip(names, under, strict=True)
            }
            return call(window, grown, fills.drop(arrays, constant))

        task = dask_delayed()(one, pure=False)
        tasks = [task(window, grown, [chunks[name].under(grown) if name in chunks else None for name in names]) for window, grown in windows]
        return list(dask_compute()(*tasks, scheduler=self.scheduler))


def _wider(op: Operator, inputs: Inputs, read_aux: ReadAux | None) -> Callable[[str, Grid], npt.NDArray[np.float32] | None]:
    """Reads an `aux` file on a grid that goes beyond the scene."""

    def wider(name: str, grid: Grid) -> npt.NDArray[np.float32] | None:
        if read_aux is None or name not in inputs.files:
            return None
        aux = next(a for a in op.aux if a.name == name)
        values = np.array(read_aux(inputs.files[name], grid, resampling=aux.resampling), np.float32)
        drop_impossible(values, name)
        return values

    return wider


class _Counter:
    """Counts what several threads have done, between two shares of the whole, and says so one at a time."""

    def __init__(self, total: int, progress: Progress, first: float, last: float) -> None:
        self.total, self.progress, self.first, self.last = total, progress, first, last
        self.count, self.lock = 0, threading.Lock()

    def step(self, amount: int, message: str) -> None:
        with self.lock:
            self.count += amount
            self.progress(self.first + (self.last - self.first) * self.count / self.total, message)


class _Sink:
    """Where Dask stores the chunks of one input."""

    def __init__(self, array: npt.NDArray[np.float32], name: str, done: _Counter, onlooker: Callable[[Window, npt.NDArray[np.float32]], None] | None) -> None:
        self.array, self.name, self.done, self.onlooker = array, name, done, onlooker
        self.shape, self.dtype = array.shape, array.dtype

    def __dask_tokenize__(self) -> str:
        # A name of its own: Dask would make one from all that this reaches, the product's metadata among it.
        return uuid.uuid4().hex

    def __setitem__(self, key: tuple[slice, slice], values: npt.NDArray[np.float32]) -> None:
        self.array[key] = values
        if self.onlooker is not None:
            self.onlooker(Window(key[0].start or 0, key[1].start or 0, *values.shape), values)
        self.done.step(values.size, f"reading {self.name}")


def _product(
    op: Operator, main: Product, sources: Mapping[str, Product], inputs: Inputs, arrays: Mapping[str, npt.NDArray[Any]], facts: Mapping[str, Any]
) -> Product:
    made = targets(op)
    bands = {t.name: _band(t, arrays[t.name], inputs) for t in made}
    copied = _copied(op, main, inputs)
    clash = [name for name in copied if name in bands]
    if clash:
        raise EstranError(f"band {clash[0]!r} is copied and made at once", where=op.alias, todo="take it out of the bands to copy")
    masks = {m.name: m for t in made for m in t.masks}
    same = inputs.grid.shape == main.grid.shape
    return replace(
        main,
        notes=(),
        name=f"{main.name}_{op.alias.rpartition('.')[2]}",
        kind=op.alias,
        description=op.summary,
        grid=inputs.grid,
        bands={**bands, **copied},
        masks={**_copied_masks(main, copied), **masks},
        tie_points=main.tie_points if same else {},
        tie_point_geocoding=main.tie_point_geocoding if same else None,
        metadata=(*main.metadata, processing(op, sources, inputs.notes, facts)),
        auto_grouping="",
        quicklook="",
    ).with_notes(*inputs.notes)


def _band(t: Target, data: npt.NDArray[Any], inputs: Inputs) -> Band:
    return Band(t.name, data, inputs.grid, nodata=t.nodata, unit=t.unit, description=t.description, coding=t.coding, palette=t.palette)


def _copied(op: Operator, main: Product, inputs: Inputs) -> dict[str, Band]:
    """Bands that the operator's parameter ``copy_bands`` asks to hand on (names; "*" is all of its size)."""
    wanted = getattr(op, "copy_bands", ())
    chosen = {}
    for name in main.bands if "*" in wanted else wanted:
        band = main[name]
        if band.grid.shape == inputs.grid.shape:
            chosen[name] = band
        elif "*" not in wanted:
            raise EstranError(
                f"band {name!r} of copy_bands has another size than the result",
                where=op.alias,
                todo="put a Resample node before, or take it out of the bands to copy",
            )
    return chosen


def _copied_masks(main: Product, copied: Mapping[str, Band]) -> dict[str, Any]:
    from estran.raster.expression import names

    return {name: mask for name, mask in main.masks.items() if copied and (used := names(mask.expression)) and used <= set(copied)}
