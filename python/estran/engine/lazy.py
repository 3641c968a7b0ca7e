"""Bands as Dask arrays: what a product holds, cut into chunks, and its physical values."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.bounds import amount
from estran.catalogue.units import Conversion
from estran.errors import BadGrid
from estran.raster.grid import Window
from estran.raster.product import Band
from estran.sensors.plausible import drop_impossible


def dask_array() -> Any:
    """``dask.array``, imported when first needed, and untyped as it is."""
    import dask.array

    return dask.array


def dask_delayed() -> Any:
    """``dask.delayed``."""
    from dask.delayed import delayed

    return delayed


def dask_compute() -> Any:
    """``dask.compute``."""
    from dask.base import compute

    return compute


_LOOKED_UP = 2
"""Bytes of the largest whole numbers that are scaled by a table."""
MOST_PIXELS = 2 * 10**10
"""Most pixels of an image that is worked on: 80 GB as float32; the list of its tiles alone takes seconds."""


def refuse_endless(shape: tuple[int, int]) -> None:
    """Refuse an image that no memory and no list of tiles holds.

    Raises
    ------
    BadGrid
        It is larger than :data:`MOST_PIXELS`.
    """
    rows, columns = shape
    if float(rows) * columns > MOST_PIXELS:
        raise BadGrid(
            "the image is too large to be worked on in one piece",
            expected=f"at most {MOST_PIXELS:.0e} pixels",
            found=f"{columns} x {rows} pixels, {amount(4.0 * rows * columns)} for each band",
            todo="cut out a part first (a Subset node, or gdal_translate -srcwin), or take a coarser resolution",
        )


def chunked(data: Any, tile: int) -> Any:
    """`data` as a Dask array: as it is chunked already, or in squares of `tile`.

    Raises
    ------
    BadGrid
        It is larger than :data:`MOST_PIXELS`.
    """
    refuse_endless(data.shape)
    da = dask_array()
    if isinstance(data, da.Array):
        return data
    return da.from_array(data, chunks=tile, name=False)


class Physical:
    """Physical values of a band's raw numbers as float32: called with an array of these, and where its valid expression
    holds if it has one.

    NaN without data, and where no measurement of the name `semantic` has such a value
    (:func:`estran.sensors.plausible.drop_impossible`); in another unit where there is a `conversion`.
    """

    def __init__(
        self, band: Band, kind: npt.DTypeLike, semantic: str = "", conversion: Conversion | None = None
    ) -> None:
        self.band, self.kind, self.semantic = replace(band, data=None), np.dtype(kind), semantic
        self.conversion = conversion
        small = self.kind.kind == "u" and self.kind.itemsize <= _LOOKED_UP
        # Of numbers of 16 bits there are fewer than of pixels: each is scaled once, and looked up.
        self.table = self._computed(np.arange(1 << 8 * self.kind.itemsize, dtype=self.kind)) if small else None

    def __reduce__(self) -> tuple[Any, ...]:
        return Physical, (self.band, self.kind, self.semantic, self.conversion)

    def __call__(self, raw: npt.NDArray[Any], good: npt.NDArray[Any] | None = None) -> npt.NDArray[np.float32]:
        """The values of raw numbers (rows, columns); NaN where not `good`."""
        # No number lies outside of the table; "clip" spares NumPy the search for one.
        result = (
            self._computed(raw) if self.table is None or raw.dtype != self.kind else self.table.take(raw, mode="clip")
        )
        if good is not None:
            result[~good.astype(bool, copy=False)] = np.nan
        return result

    def _computed(self, raw: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        with np.errstate(all="ignore"):  # in a thread of Dask's, which does not inherit it
            result = self.band.physical(raw)
            if self.conversion is not None:
                result = self.conversion.apply(result)
        drop_impossible(result, self.semantic)
        return result

    def over(self, data: Any, valid: Any | None = None) -> Any:
        """The values of chunked raw `data`, lazily; NaN where not `valid` (a boolean Dask array)."""
        others = () if valid is None else (valid.rechunk(data.chunks),)
        return dask_array().map_blocks(self, data, *others, dtype=np.float32, meta=np.empty((0, 0), np.float32))


def array_of(tasks: Sequence[Sequence[Any]], chunks: tuple[Sequence[int], Sequence[int]], dtype: npt.DTypeLike) -> Any:
    """A Dask array whose chunks are what `tasks` (of ``dask.delayed``) give, row by row.

    In one layer: ``dask.array.block`` joins two arrays at a time, which takes minutes for thousands of chunks.
    """
    from dask.highlevelgraph import HighLevelGraph

    name = f"array-of-{uuid.uuid4().hex}"
    layer = {(name, i, j): task.key for i, row in enumerate(tasks) for j, task in enumerate(row)}
    graph = HighLevelGraph.from_collections(name, layer, dependencies=[task for row in tasks for task in row])  # type: ignore[arg-type]
    return dask_array().Array(
        graph, name, tuple(map(tuple, chunks)), dtype=np.dtype(dtype), meta=np.empty((0, 0), dtype)
    )


def picked(
    tasks: Sequence[Sequence[Any]],
    types: Mapping[str, npt.DTypeLike],
    chunks: tuple[Sequence[int], Sequence[int]],
    rows: int | None = None,
    layers: Mapping[str, tuple[str, int]] | None = None,
) -> dict[str, Any]:
    """Dask arrays out of tasks that each give a mapping of name to array, row by row of `tasks`.

    Each is one layer: ``dask.array.block`` joins two arrays at a time, which takes minutes for thousands of chunks.

    Parameters
    ----------
    tasks
        Of ``dask.delayed``, one a chunk.
    types
        Sample type by name.
    chunks
        Heights and widths of the chunks [pixels].
    rows
        Cut the chunks into strips of so many rows, so that no large one is copied whole.
    layers
        Of names that stand for one layer of an array of (layers, rows, columns): the name of that, and the index.
    """
    from dask.highlevelgraph import HighLevelGraph

    strips = [
        [(first, min(first + (rows or height), height)) for first in range(0, height, rows or height)]
        for height in chunks[0]
    ]
    flat = [(task_row, strip) for task_row, row_strips in enumerate(strips) for strip in row_strips]
    heights = tuple(last - first for _, (first, last) in flat)
    dependencies = [task for row in tasks for task in row]
    arrays = {}
    for name, dtype in types.items():
        called = f"{name}-{uuid.uuid4().hex}"
        place = (layers or {}).get(name, (name, None))
        layer = {
            (called, i, j): (pick, task.key, *place, *strip)
            for i, (row, strip) in enumerate(flat)
            for j, task in enumerate(tasks[row])
        }
        graph = HighLevelGraph.from_collections(called, layer, dependencies=dependencies)  # type: ignore[arg-type]
        arrays[name] = dask_array().Array(
            graph, called, (heights, tuple(chunks[1])), dtype=np.dtype(dtype), meta=np.empty((0, 0), dtype)
        )
    return arrays


def pick(result: Mapping[str, Any], name: str, index: int | None, first: int, last: int) -> Any:
    """Rows of one array out of a task's result, or of one of its layers."""
    array = result[name] if index is None else result[name][index]
    return array[first:last]


def read_apart(array: Any) -> Any:
    """The same samples by tasks of other names, so that who reads them now and who reads them later do not share what
    is read.

    Dask joins a chain of tasks into one, named after its last; that one is another here.
    """
    return dask_array().map_blocks(
        _same, array, dtype=array.dtype, meta=np.empty((0, 0), array.dtype), name=f"apart-{uuid.uuid4().hex}"
    )


def _same(block: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return block


class Chunks:
    """The chunks of a Dask array as tasks of their own, so that windows which share a chunk share its decoding.

    Slices handed to ``dask.delayed`` would each be optimised alone: Dask pushes them down into the reader, and a file
    is decoded once a window.
    """

    def __init__(self, array: Any) -> None:
        self.dtype = array.dtype
        self._rows, self._cols = (np.cumsum([0, *sizes]) for sizes in array.chunks)
        self._tasks = array.to_delayed()

    def under(self, window: Window) -> tuple[list[list[Any]], tuple[int, int]]:
        """The tasks of the chunks that a window touches, row by row, and (row, column) where the first of them begins:
        what :func:`joined` takes.
        """
        r0, r1 = (
            np.searchsorted(self._rows, window.row, "right") - 1,
            np.searchsorted(self._rows, window.row + window.height, "left"),
        )
        c0, c1 = (
            np.searchsorted(self._cols, window.col, "right") - 1,
            np.searchsorted(self._cols, window.col + window.width, "left"),
        )
        return self._tasks[r0:r1, c0:c1].tolist(), (int(self._rows[r0]), int(self._cols[c0]))


def joined(chunks: list[list[np.ndarray[Any, Any]]], corner: tuple[int, int], window: Window) -> np.ndarray[Any, Any]:
    """The samples of a window, put together from the chunks under it."""
    first = chunks[0][0]
    top, left = window.row - corner[0], window.col - corner[1]
    if len(chunks) == 1 and len(chunks[0]) == 1:
        return first[top : top + window.height, left : left + window.width]
    out = np.empty((window.height, window.width), first.dtype)
    row = -top
    for line in chunks:
        col = -left
        for chunk in line:
            part = chunk[max(0, -row) : window.height - row, max(0, -col) : window.width - col]
            out[max(0, row) : max(0, row) + part.shape[0], max(0, col) : max(0, col) + part.shape[1]] = part
            col += chunk.shape[1]
        row += line[0].shape[0]
    return out
