"""A block of a scene: the arrays an operator computes on, and what is known about where and when they were taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.errors import missing_band
from estran.raster.grid import Grid, Window
from estran.raster.layers import Coordinates
from estran.raster.record import NO_RECORD, RunRecord

Array = npt.NDArray[Any]
Progress = Callable[[float, str], None]
"""Called with the fraction done (0..1) and what is being done; raises to cancel."""


def quiet(_fraction: float, _message: str) -> None:
    """A progress callback that reports nothing."""


@dataclass(frozen=True)
class Scene:
    """What holds for the whole image: grid, time, platform ("Sentinel-2A"), free facts from the metadata, and the
    coordinates along each axis beside rows and columns ("view", "time"), and the columns of tables, by name.
    """

    grid: Grid
    time: datetime | None = None
    platform: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    axes: Mapping[str, Coordinates] = field(default_factory=dict)
    tables: Mapping[str, Mapping[str, Array]] = field(default_factory=dict)


class OwnedArrays(dict[str, Array]):
    """Arrays without another holder: one that is popped (:meth:`Block.pop`) frees its memory once it is used."""

    def discard(self, name: str) -> None:
        """Remove an array; nothing happens where there is none."""
        self.pop(name, None)


@dataclass(frozen=True)
class Services:
    """What an operator may call of the engine that runs it, because no room below may open files or start Java.

    Parameters
    ----------
    read_aux
        ``(name, grid)`` to an `aux` raster on a grid that goes beyond the scene, (rows, columns) float32 with NaN where
        it has no data; None where it is a band of the product.
    ray_caster
        A terrain to a caster of rays over it.
    """

    read_aux: Callable[[str, Grid], Array | None] | None = None
    ray_caster: Callable[[Any], Any] | None = None


@dataclass(frozen=True)
class Block:
    """Arrays of one window of a scene, by semantic name on the way in and by output name on the way out.

    Parameters
    ----------
    arrays
        (rows, columns) arrays of the window; (views, rows, columns) or (times, rows, columns) where declared so.
        Physical values (reflectance as float32, angles in degrees); NaN is no-data in floats.
    scene, window
        The scene and which part of it the arrays cover.
    record
        What a scene operator found out (notes, fractions, facts), for metadata and report.
    progress
        How a long computation reports; raises to cancel.
    services
        What an operator may call of the engine that runs it.
    """

    arrays: Mapping[str, Array]
    scene: Scene
    window: Window
    record: RunRecord = NO_RECORD
    progress: Progress = quiet
    services: Services = Services()

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.window.height, self.window.width

    def __getitem__(self, name: str) -> Array:
        try:
            return self.arrays[name]
        except KeyError:
            raise missing_band(name, self.arrays) from None

    def get(self, name: str) -> Array | None:
        """The array, or None where the product lacks it."""
        return self.arrays.get(name)

    def pop(self, name: str) -> Array | None:
        """The array, removed from the block where its arrays are :class:`OwnedArrays`; else as :meth:`get`.

        A whole tile of Sentinel-2 is 120 MB an array: a *scene* operator that pops what it needs once keeps its peak
        low.
        """
        if isinstance(self.arrays, OwnedArrays):
            return self.arrays.pop(name, None)
        return self.get(name)

    def release(self, names: Sequence[str]) -> None:
        """Remove arrays that are not read any more, where the block's arrays are :class:`OwnedArrays`."""
        if isinstance(self.arrays, OwnedArrays):
            for name in names:
                self.arrays.discard(name)

    def table(self, name: str) -> Mapping[str, Array] | None:
        """Columns of a table that the operator declares, (rows,) each, by name; None where its parameter is empty."""
        return self.scene.tables.get(name)

    def __contains__(self, name: str) -> bool:
        """Whether the block has an array, without reading it."""
        return name in self.arrays

    def strip(self, names: Sequence[str], first: int, last: int) -> Block:
        """Rows ``first:last`` of the block, counted from its own first row, with those of some arrays that it has.

        A *scene* operator that looks at its bands through this alone can work on a scene that is not in memory.
        """
        window = Window(self.window.row + first, self.window.col, last - first, self.window.width)
        return replace(
            self, arrays={name: self.arrays[name][..., first:last, :] for name in names if name in self}, window=window
        )

    def empty(self, name: str, dtype: npt.DTypeLike) -> Array:
        """Room for an output (rows, columns), not yet written: in memory here; `name` is for a block that keeps its
        results elsewhere which one it is.
        """
        del name
        return np.empty(self.shape, dtype)

    def crop(self, window: Window) -> Block:
        """The part of the block inside `window` (given in scene pixels, and contained in this block's)."""
        r, c = window.row - self.window.row, window.col - self.window.col
        rows, cols = slice(r, r + window.height), slice(c, c + window.width)
        return replace(self, arrays={k: v[..., rows, cols] for k, v in self.arrays.items()}, window=window)

    def out(self, arrays: Mapping[str, Array], record: RunRecord = NO_RECORD) -> Block:
        """The block of results that answers this one."""
        return replace(self, arrays=arrays, record=record)


def whole(arrays: Mapping[str, Array], scene: Scene | None = None, *, pixel: float = 20.0) -> Block:
    """A block that is the whole scene; without a `scene`, one with square pixels of `pixel` metres somewhere in UTM
    31N.
    """
    if scene is None:
        from affine import Affine

        height, width = np.shape(next(iter(arrays.values())))[-2:]
        scene = Scene(Grid(width, height, Affine(pixel, 0, 600000, 0, -pixel, 5600000), "EPSG:32631"))
    return Block(arrays, scene, scene.grid.window)
