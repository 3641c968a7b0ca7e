"""Runs an operator on products, by the walk that it declares: a graph of Dask tasks, one a window, computed when
samples are read.

Whatever the walk, the result is the same for any tile size (but *scene*, which has none), any number of threads, and
any scheduler of Dask's.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.catalogue.dimensions import coordinates_of
from estran.catalogue.outputs import Target, targets
from estran.catalogue.spec import Operator, Walk
from estran.engine.inputs import Inputs, ReadAux, ReadTable, gather
from estran.engine.lazy import Chunks, dask_compute, dask_delayed, picked, read_apart
from estran.engine.need import Weigh, casts_rays, need_of
from estran.engine.overview import Overview
from estran.engine.record import completed, processing
from estran.engine.stacking import in_order
from estran.engine.threads import threads
from estran.engine.tiles import RECORD, Record, Steps, TileRun, compute_tile, merge_surveys, survey_tile
from estran.engine.validity import find_fillings
from estran.engine.whole_scene import LOCAL, SceneRun, compute_scene
from estran.errors import EstranError
from estran.raster.grid import Grid, Window
from estran.raster.product import Band, Pending, Product
from estran.raster.record import RunRecord
from estran.raster.scene import Progress, Scene, Services, quiet
from estran.raster.stacks import grouping_of
from estran.sensors.plausible import drop_impossible
from estran.sensors.survey import joined_extents, warnings_about

log = logging.getLogger("estran")

RayCaster = Callable[[Any], Any]
"""A terrain to a caster of rays over it: see :class:`~estran.raster.scene.Services`."""

TILE = 1024
"""Pixels a side: the tile of Sentinel-2's JPEG 2000 files, 4 MB of float32 a band."""


def run_operator(
    op: Operator,
    sources: Mapping[str, Product],
    *,
    read_aux: ReadAux | None = None,
    read_table: ReadTable | None = None,
    tile: int = TILE,
    progress: Progress = quiet,
    overview: Overview | None = None,
    ray_caster: RayCaster | None = None,
    weigh: Weigh | None = None,
) -> Product:
    """Run an operator lazily: the bands are Dask arrays, and nothing is computed but a look at fixed places for the
    numbers that fill what was not observed.

    Parameters
    ----------
    op
        The operator with its parameters.
    sources
        Products by the names of its sources; those of a source of many by "source", "source.1", "source.2", in any
        order.
    read_aux
        Warps a file to the scene's grid, for operators with `aux` files.
    read_table
        Reads the columns of a table, for operators with `tables`.
    tile
        Side of the tiles [pixels].
    progress
        Called with the fraction done, while the bands are being computed in this process.
    overview
        Gathers small copies of bands while a *scene* operator reads them; complete once the product is settled.
    ray_caster
        What a *scene* operator may call besides reading its `aux` beyond the scene.
    weigh
        Asked before anything starts whether there is room for it.

    Returns
    -------
    Product
        The bands of `writes`, of outputs over views or times one for each layer, with their codings, masks,
        palettes; geocoding, times, metadata of the first source; what was assumed and switched off in its notes
        and, with every parameter, in the metadata. What only the samples can show is `pending`: further notes,
        and facts. Writers complete it, and :func:`hold`.

    Raises
    ------
    EstranError
        Missing sources, bands that differ in size. What the operator itself finds wrong is raised when the bands are
        computed.
    """
    sources = in_order(op, sources)
    inputs = gather(op, sources, read_aux=read_aux, tile=tile, read_table=read_table)
    if weigh is not None:
        weigh(need_of(op, inputs, tile=tile, threads=threads(), rays=casts_rays(op, inputs, ray_caster is not None)))
    main = sources[op.sources[0].name]
    axes = coordinates_of(op, inputs.axes)
    facts = {"name": main.name, "kind": main.kind}
    scene = Scene(inputs.grid, main.start, main.platform or None, facts, axes, inputs.tables)
    made = targets(op, axes)
    types, layers = {t.name: t.dtype for t in made}, {t.name: (t.output, t.layer.index) for t in made if t.layer}
    if op.walk is Walk.SCENE:
        services = Services(_reads_aux(op, inputs, read_aux), ray_caster)
        wanted = None if overview is None else (overview.bands, overview.limit)
        run = SceneRun(op, inputs, scene, services, progress, wanted)
        tasks = [[dask_delayed()(partial(compute_scene, run), pure=False)()]]
        arrays = picked(tasks, types, ((inputs.grid.height,), (inputs.grid.width,)), rows=tile, layers=layers)
    else:
        windows = tuple(inputs.grid.tiles(tile))
        tasks = _tiles(op, inputs, scene, windows, progress)
        columns = [w.width for w in windows if w.row == 0]
        chunks = (tuple(w.height for w in windows if w.col == 0), tuple(columns))
        arrays = picked(tasks, types, chunks, layers=layers)
    records = tuple(task[RECORD] for row in tasks for task in row)
    record = processing(op, sources, inputs.notes, RunRecord())
    finish = partial(_finish, op, dict(sources), inputs.notes, str(scene.metadata["name"]), overview)
    return replace(
        _product(op, main, inputs, made, arrays),
        metadata=(*main.metadata, record),
        pending=(*_pending_of(sources), Pending(records, finish)),
    )


def hold(product: Product) -> Product:
    """The product computed, its bands NumPy arrays, and settled; one task computed once, however many
    bands it makes.
    """
    lazy = {name: band.data for name, band in product.bands.items() if hasattr(band.data, "dask")}
    if not lazy and not product.pending:
        return product
    arrays, records = dask_compute()(lazy, [pending.records for pending in product.pending])
    held = {name: replace(product.bands[name], data=array) for name, array in arrays.items()}
    return replace(product, bands={**product.bands, **held}).settled(records)


def run_now(op: Operator, sources: Mapping[str, Product], **options: Any) -> Product:
    """As :func:`run_operator`, with everything computed and held in memory."""
    return hold(run_operator(op, sources, **options))


def _pending_of(sources: Mapping[str, Product]) -> tuple[Pending, ...]:
    found: list[Pending] = []
    for product in sources.values():
        found += [pending for pending in product.pending if not any(pending is known for known in found)]
    return tuple(found)


def _tiles(
    op: Operator, inputs: Inputs, scene: Scene, windows: Sequence[Window], progress: Progress
) -> list[list[Any]]:
    """One task a window, row by row; those of a surveyed operator share one survey.

    Chunks that windows share wait for the last of these as the raw numbers they are: values weigh twice as much.
    """
    halo = 0 if op.walk is Walk.PIXEL else op.halo()
    raw = inputs.raw if halo else {}
    lazy = {name: raw.get(name, (array, None)) for name, array in inputs.arrays.items() if not isinstance(array, float)}
    constants = {name: array for name, array in inputs.arrays.items() if isinstance(array, float)}
    fillings = find_fillings(inputs.arrays, inputs.unsure, LOCAL)
    surveyed = op.walk is Walk.SURVEYED

    def shared(first: float, last: float) -> TileRun:
        values = {name: values for name, (_, values) in lazy.items()}
        return TileRun(
            op,
            scene,
            values,
            constants,
            fillings,
            inputs.saturated,
            Steps(len(windows), progress, first, last),
            inputs.stacks,
        )

    arrays = [array for array, _ in lazy.values()]
    survey = _survey(shared(0.0, 0.5), arrays, windows) if surveyed else None
    task = dask_delayed()(partial(compute_tile, shared(0.5 if surveyed else 0.0, 1.0)), pure=False)
    chunks = [Chunks(array) for array in arrays]
    rows: dict[int, list[Any]] = {}
    for window in windows:
        grown = window.grow(halo, inputs.grid)
        rows.setdefault(window.row, []).append(
            task(window, grown, window == windows[0], [c.under(grown) for c in chunks], survey)
        )
    return list(rows.values())


def _survey(run: TileRun, arrays: Sequence[Any], windows: Sequence[Window]) -> Any:
    """The survey of all windows, one task.

    It reads its inputs by tasks of its own: were they the tiles' too, every chunk would be held from the one to the
    other.
    """
    chunks = [Chunks(read_apart(array)) for array in arrays]
    task = dask_delayed()(partial(survey_tile, run), pure=False)
    return dask_delayed()(partial(merge_surveys, run), pure=False)(
        [task(window, [c.under(window) for c in chunks]) for window in windows]
    )


def _finish(
    op: Operator,
    sources: Mapping[str, Product],
    own: tuple[str, ...],
    where: str,
    overview: Overview | None,
    product: Product,
    records: Sequence[Record],
) -> Product:
    """The product with what the tasks of `op` have found; `own` are the notes that were known before."""
    needed = [reads.band for reads in op.sources[0].reads if not reads.optional]
    strange = [
        *warnings_about(joined_extents(r.extents for r in records), needed, where),
        *(text for r in records for text in r.notes),
    ]
    run = records[0].run
    learnt = [note.text for note in run.notes if note.text not in own]
    for text in (*strange, *learnt):
        log.warning(text)
    if overview is not None:
        for record in records:
            if record.overview is not None:
                overview.take(record.overview)
    # What is strange of the whole scene comes first: where one note is read, it is that.
    complete = processing(op, sources, (*strange, *own, *learnt), run)
    return replace(product, notes=(*strange,), metadata=completed(product.metadata, complete)).with_notes(
        *product.notes, *learnt
    )


def _reads_aux(
    op: Operator, inputs: Inputs, read_aux: ReadAux | None
) -> Callable[[str, Grid], npt.NDArray[np.float32] | None]:
    """Reads an `aux` file on a grid that goes beyond the scene."""

    def read(name: str, grid: Grid) -> npt.NDArray[np.float32] | None:
        if read_aux is None or name not in inputs.files:
            return None
        aux = next(a for a in op.aux if a.name == name)
        values = np.array(read_aux(inputs.files[name], grid, resampling=aux.resampling), np.float32)
        drop_impossible(values, name)
        return values

    return read


def _product(
    op: Operator, main: Product, inputs: Inputs, made: tuple[Target, ...], arrays: Mapping[str, Any]
) -> Product:
    bands = {t.name: _band(t, arrays[t.name], inputs) for t in made}
    copied = _copied(op, main, inputs)
    clash = [name for name in copied if name in bands]
    if clash:
        raise EstranError(
            f"band {clash[0]!r} is copied and made at once", where=op.alias, todo="take it out of the bands to copy"
        )
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
        auto_grouping=grouping_of(t.layer for t in made),
        quicklook="",
    ).with_notes(*inputs.notes)


def _band(t: Target, data: Any, inputs: Inputs) -> Band:
    return Band(
        t.name,
        data,
        inputs.grid,
        nodata=t.nodata,
        unit=t.unit,
        description=t.description,
        coding=t.coding,
        palette=t.palette,
        layer=t.layer,
        uncertainty=t.uncertainty,
    )


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

    return {
        name: mask
        for name, mask in main.masks.items()
        if copied and (used := names(mask.expression)) and used <= set(copied)
    }
