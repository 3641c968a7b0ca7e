"""What is computed of one window of an image: top-level functions and plain data, so that any process can do it."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.catalogue.outputs import check_outputs
from estran.catalogue.spec import Operator
from estran.engine.lazy import Physical, joined
from estran.raster.grid import Window
from estran.raster.record import NO_RECORD, RunRecord
from estran.raster.scene import Block, Progress, Scene, quiet
from estran.raster.stacks import Stacks, stacked
from estran.sensors.survey import Extent, Fillings, extents_of

RECORD = ""
"""Under this name a task's result holds its :class:`Record`, beside the output bands by theirs."""


@dataclass(frozen=True)
class Record:
    """What a task found besides samples.

    Parameters
    ----------
    extents
        Least and greatest reflectance of what it read, by semantic name.
    run
        What the operator found out.
    notes
        What is strange of the inputs, as sentences.
    overview
        Small copies of the bands read, of tasks that make them.
    """

    extents: Mapping[str, Extent]
    run: RunRecord = NO_RECORD
    notes: tuple[str, ...] = ()
    overview: Any = None


class Steps:
    """Counts what several threads have done, between two fractions of the whole, and reports it one at a time.

    In another process, to which it may be sent, there is no receiver: the copy counts without reporting.
    """

    def __init__(self, total: int, progress: Progress, first: float, last: float) -> None:
        self.total, self.progress, self.first, self.last = total, progress, first, last
        self.count, self.lock = 0, threading.Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        return Steps, (self.total, quiet, self.first, self.last)

    def step(self, amount: int, message: str) -> None:
        """Count `amount` more."""
        with self.lock:
            self.count += amount
            self.progress(self.first + (self.last - self.first) * self.count / self.total, message)


class TileRun:
    """What all tiles of a run share; no dataclass, as Dask looks into those for tasks.

    Parameters
    ----------
    op, scene
        The operator, and what holds for the whole image.
    values
        What makes values of the pieces of each input, by semantic name, in the order in which they are handed over;
        None where they are values.
    constants
        Inputs that are one number over the whole scene.
    fillings, saturated
        Numbers that stand for no data, by source; and for saturation, by semantic name.
    steps
        Counts the tiles done.
    stacks
        Names of the layers of inputs over views or times.
    """

    def __init__(
        self,
        op: Operator,
        scene: Scene,
        values: Mapping[str, Physical | None],
        constants: Mapping[str, float],
        fillings: Fillings,
        saturated: Mapping[str, float],
        steps: Steps,
        stacks: Stacks,
    ) -> None:
        self.op, self.scene, self.values, self.constants = op, scene, dict(values), dict(constants)
        self.fillings, self.saturated, self.steps, self.stacks = fillings, saturated, steps, stacks

    def arrays(self, window: Window, under: Sequence[Any]) -> dict[str, npt.NDArray[Any]]:
        """The inputs of a window out of the chunks under it (what :class:`~estran.engine.lazy.Chunks` lists), NaN where
        a filling stands.
        """
        shape = window.height, window.width
        found = {name: np.broadcast_to(np.float32(value), shape) for name, value in self.constants.items()}
        for (name, values), (chunks, corner) in zip(self.values.items(), under, strict=True):
            pieces = joined(chunks, corner, window)
            found[name] = pieces if values is None else values(pieces)
        return self.fillings.drop(found, self.constants)


def compute_tile(
    run: TileRun, window: Window, grown: Window, first: bool, under: Sequence[Any], survey: Any
) -> dict[str, Any]:
    """The outputs of one window, and the :class:`Record` of it; what the operator found out is that of the `first`."""
    with np.errstate(all="ignore"):
        arrays = stacked(run.arrays(grown, under), run.stacks)
        result = run.op.compute(Block(arrays, run.scene, grown), survey)
        check_outputs(run.op, result)
        extents = extents_of(arrays, run.saturated, run.constants)
    run.steps.step(1, "computing")
    return {**result.crop(window).arrays, RECORD: Record(extents, result.record if first else NO_RECORD)}


def survey_tile(run: TileRun, window: Window, under: Sequence[Any]) -> Any:
    """The survey of one window."""
    with np.errstate(all="ignore"):
        found = run.op.survey(Block(stacked(run.arrays(window, under), run.stacks), run.scene, window))
    run.steps.step(1, "surveying")
    return found


def merge_surveys(run: TileRun, surveys: Sequence[Any]) -> Any:
    """The survey of the whole image, merged in the order of its windows."""
    merged = surveys[0]
    with np.errstate(all="ignore"):
        for survey in surveys[1:]:
            merged = run.op.merge(merged, survey)
    return merged
