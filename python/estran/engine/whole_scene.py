"""What is computed of a whole image at once: all inputs in one pass over their chunks, then one call of
the operator.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.catalogue.outputs import check_outputs
from estran.catalogue.spec import Operator
from estran.engine.heap import return_large_arrays, return_what_is_free
from estran.engine.inputs import Inputs
from estran.engine.lazy import dask_array
from estran.engine.overview import Overview, band_of_overview
from estran.engine.spool import Spool, SpooledArrays, SpooledBlock, strips
from estran.engine.tiles import RECORD, Record, Steps
from estran.engine.validity import find_fillings
from estran.raster.grid import Window
from estran.raster.record import missing
from estran.raster.scene import Progress, Scene, Services, quiet
from estran.raster.stacks import stacked
from estran.sensors.survey import Extent, Fillings, extents_of, joined_extents, reflectance_of, warnings_about

LOCAL = "threads"
"""Inputs of a whole scene are read by the threads of the process that works on it, whichever scheduler has sent it
there.
"""

IN_MEMORY = 500_000_000
"""Inputs of an operator that looks at them by strips are held in memory up to this size [bytes], and lie in temporary
files beyond it.
"""


class SceneRun:
    """A whole scene as one task; no dataclass, as Dask looks into those for tasks, and this one computes its inputs
    itself.

    Parameters
    ----------
    op, inputs, scene
        The operator, its lazy inputs, and what holds for the whole image.
    services
        What the operator may call: see :class:`~estran.raster.scene.Block`.
    progress
        Called with the fraction done.
    wanted
        Semantic names of bands of which small copies are made, and their longest side [pixels]; None for none.
    """

    def __init__(
        self,
        op: Operator,
        inputs: Inputs,
        scene: Scene,
        services: Services,
        progress: Progress,
        wanted: tuple[tuple[str, ...], int] | None,
    ) -> None:
        self.op, self.inputs, self.scene, self.services, self.progress, self.wanted = (
            op,
            inputs,
            scene,
            services,
            progress,
            wanted,
        )

    def __getstate__(self) -> dict[str, Any]:
        # In another process there is no receiver.
        return {**self.__dict__, "progress": quiet}

    @property
    def constants(self) -> tuple[str, ...]:
        """Inputs that are one number over the whole scene."""
        return tuple(name for name, array in self.inputs.arrays.items() if isinstance(array, float))


def compute_scene(run: SceneRun) -> dict[str, Any]:
    """The outputs of a whole scene, and the :class:`~estran.engine.tiles.Record` of it."""
    op, inputs = run.op, run.inputs
    overview = None if run.wanted is None else Overview(*run.wanted)
    with np.errstate(all="ignore"):
        arrays, extents = _load(run, overview)
        needed = [reads.band for reads in op.sources[0].reads if not reads.optional]
        of_reflectance = {name: extents[name] for name in reflectance_of(arrays, "", run.constants)}
        strange = warnings_about(of_reflectance, needed, str(run.scene.metadata.get("name", "")))
        notes = (*strange, *_leave_out_empty(op, arrays, extents))
        block = SpooledBlock(
            SpooledArrays(stacked(arrays, inputs.stacks)),
            run.scene,
            inputs.grid.window,
            progress=lambda fraction, message: run.progress(0.5 + 0.5 * fraction, message),
            services=run.services,
        )
        del arrays  # the block alone holds them: an operator may release what it has used
        result = op.compute(block)
    check_outputs(op, result)
    run.progress(1.0, "computed")
    return {**result.arrays, RECORD: Record({}, result.record, notes, overview)}


def _load(run: SceneRun, overview: Overview | None) -> tuple[dict[str, Any], dict[str, Extent]]:
    """The inputs, in memory or in a spool, and the least and greatest value of those that are judged by it:
    reflectance, and rasters beside the product.

    All at once: bands that come from the same files or angles share the work, and no thread waits for the end of a
    band.
    """
    inputs, shape = run.inputs, run.inputs.grid.shape
    lazy = {name: source for name, source in inputs.arrays.items() if not isinstance(source, float)}
    size = shape[0] * shape[1] * np.dtype(np.float32).itemsize * len(lazy)
    spool = None
    if run.op.passes and size > IN_MEMORY:
        return_large_arrays()
        spool = Spool(size)
    arrays: dict[str, Any] = {}
    sinks: dict[str, _Sink] = {}
    steps = Steps(shape[0] * shape[1] * max(1, len(lazy)), run.progress, 0.0, 0.5)
    judged = {*reflectance_of(lazy, ""), *(aux.name for aux in run.op.aux)}
    for name in inputs.arrays:
        if name not in lazy:
            arrays[name] = inputs.constant(name, inputs.grid.window)
            continue
        arrays[name] = np.empty(shape, np.float32) if spool is None else spool.image(shape, lazy[name].chunks[1])
        extent = Extent(float("nan"), float("nan"), inputs.saturated.get(name)) if name in judged else None
        sinks[name] = _Sink(arrays[name], name, extent, steps, _onlooker(inputs, overview, name))
    dask_array().store(list(lazy.values()), list(sinks.values()), lock=False, scheduler=LOCAL)
    if spool is not None:
        return_what_is_free()
    extents = {name: sink.extent for name, sink in sinks.items() if sink.extent is not None}
    fillings = find_fillings(arrays, inputs.unsure, LOCAL)
    if any(fillings.by_source.values()):
        extents |= _drop(fillings, arrays, run)
    return arrays, extents


def _drop(fillings: Fillings, arrays: Mapping[str, Any], run: SceneRun) -> dict[str, Extent]:
    """Put NaN where a filling stands, strip by strip; the extents of what is left."""
    extents: list[dict[str, Extent]] = []
    for rows in strips(run.inputs.grid.height):
        place = rows, slice(0, run.inputs.grid.width)
        before = {name: array[place] for name, array in arrays.items() if name not in run.constants}
        after = fillings.drop(dict(before))
        for name, values in after.items():
            if values is not before[name]:
                arrays[name][place] = values
        extents.append(extents_of(after, run.inputs.saturated))
    return joined_extents(extents)


def _leave_out_empty(op: Operator, arrays: dict[str, Any], extents: Mapping[str, Extent]) -> tuple[str, ...]:
    """Take out auxiliary bands of the product that have no data anywhere: they count as missing, and kernels need not
    look.
    """
    notes = []
    for aux in op.aux:
        if aux.name in extents and extents[aux.name].empty:
            del arrays[aux.name]
            notes.append(missing(aux.name, aux.without).text)
    return tuple(notes)


def _onlooker(
    inputs: Inputs, overview: Overview | None, name: str
) -> Callable[[Window, npt.NDArray[np.float32]], None] | None:
    band = band_of_overview(overview, inputs.bands, name)
    if overview is None or band is None:
        return None
    return lambda window, values: overview.add(band, inputs.grid, window, values)


class _Sink:
    """Where Dask stores the chunks of one input."""

    def __init__(
        self,
        array: Any,
        name: str,
        extent: Extent | None,
        steps: Steps,
        onlooker: Callable[[Window, npt.NDArray[np.float32]], None] | None,
    ) -> None:
        self.array, self.name, self.steps, self.onlooker = array, name, steps, onlooker
        self.shape, self.dtype = array.shape, array.dtype
        self.extent = extent  # of what was stored so far; None where it is not asked for
        self._lock = threading.Lock()

    def __dask_tokenize__(self) -> str:
        # A name of its own: Dask would make one from all that this reaches, the product's metadata among it.
        return uuid.uuid4().hex

    def __setitem__(self, key: tuple[slice, slice], values: npt.NDArray[np.float32]) -> None:
        self.array[key] = values
        if self.onlooker is not None:
            self.onlooker(Window(key[0].start or 0, key[1].start or 0, *values.shape), values)
        if self.extent is not None:
            found = Extent.of(values)
            with self._lock:
                self.extent = self.extent | found
        self.steps.step(values.size, f"reading {self.name}")
