"""From the bands of a product to files: sample types that files hold, and the one pass in which all bands are computed
and written.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.adapters.files.undecodable import as_text
from estran.errors import WriteFailed
from estran.raster.product import Band, Product
from estran.raster.scene import Progress

_ROWS = 1024
_NARROWED = {"bool": "uint8", "int64": "int32", "uint64": "uint32", "float16": "float32"}
_KEPT = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "float32", "float64")


def storage_dtype(dtype: npt.DTypeLike, where: str = "") -> np.dtype[Any]:
    """The sample type in which a band is written.

    64-bit integers become 32-bit ones (SNAP has none in rasters; values that do not fit are an error, never wrapped),
    booleans bytes, half floats single ones.
    """
    name = np.dtype(dtype).name
    if name in _KEPT:
        return np.dtype(name)
    if name not in _NARROWED:
        raise WriteFailed(
            "a band has a sample type that no format holds", where=where, expected=", ".join(_KEPT), found=name
        )
    return np.dtype(_NARROWED[name])


def narrowed(block: npt.NDArray[Any], dtype: np.dtype[Any], name: str = "") -> npt.NDArray[Any]:
    """A block in the sample type of its file; a value that does not fit raises :class:`WriteFailed`."""
    if block.dtype == dtype:
        return block
    if block.size and np.issubdtype(dtype, np.integer) and np.issubdtype(block.dtype, np.integer):
        limits = np.iinfo(dtype)
        low, high = int(block.min()), int(block.max())
        if low < limits.min or high > limits.max:
            raise WriteFailed(
                f"band {name!r} holds values that do not fit its file",
                expected=f"{limits.min} to {limits.max}",
                found=f"{low} to {high}",
            )
    return block.astype(dtype)


class Meter:
    """Counts the samples written, and reports their fraction."""

    def __init__(self, bands: Sequence[Band], progress: Progress, message: str) -> None:
        self.total = max(1, sum(int(np.prod(band.data.shape)) for band in bands))
        self.done = 0
        self._progress, self._message = progress, message
        self._lock = threading.Lock()

    def __call__(self, samples: int) -> None:
        """Count samples that are now in their file."""
        with self._lock:
            self.done += samples
            self._progress(min(1.0, self.done / self.total), self._message)


def store(product: Product, bands: Sequence[Band], targets: Sequence[Any], *, lock: Any = False) -> Product:
    """Compute all bands and write each into its target (something that takes ``target[rows, columns] = block``).

    Dask bands go through one graph, so that what they share is computed once, chunk by chunk, on the scheduler that
    Dask is set to; NumPy bands go by strips of rows. What workers in other processes compute is written by this one, so
    that they need not see its files.

    Parameters
    ----------
    product
        Whose bands they are; what is pending of it is computed in the same pass.
    bands, targets
        As many of each; a target's ``dtype`` is what its file holds.
    lock
        False if targets take blocks from several threads at once, else the lock to hold.

    Returns
    -------
    Product
        The product, settled: with the notes and metadata that only the computation can give.
    """
    lazy = [(band, target) for band, target in zip(bands, targets, strict=True) if hasattr(band.data, "dask")]
    for band, target in zip(bands, targets, strict=True):
        if hasattr(band.data, "dask"):
            continue
        for row in range(0, band.data.shape[0], _ROWS):
            strip = (slice(row, min(row + _ROWS, band.data.shape[0])), slice(0, band.data.shape[1]))
            target[strip] = narrowed(np.asarray(band.data[strip]), target.dtype, band.name)
    records = [pending.records for pending in product.pending]
    if not lazy and not records:
        return product
    client = default_client()
    found = _in_threads(lazy, records, lock) if client is None else _from_workers(client, lazy, records)
    return as_text(product.settled(found))


def default_client() -> Any:
    """The client of a scheduler with workers in other processes, where one has been made Dask's default; else None."""
    distributed = sys.modules.get("distributed")
    if distributed is None:
        return None
    try:
        return distributed.default_client()
    except ValueError:  # there is none
        return None


def _in_threads(lazy: Sequence[tuple[Band, Any]], records: Sequence[Any], lock: Any) -> Sequence[Any]:
    import dask.array
    import dask.base

    sources = [
        band.data
        if band.data.dtype == target.dtype
        else band.data.map_blocks(narrowed, target.dtype, band.name, dtype=target.dtype)
        for band, target in lazy
    ]
    stored = dask.array.store(sources, [target for _, target in lazy], lock=lock, compute=False) if lazy else ()
    # Arrays of what storing returns, which is nothing: one tuple of them, or one alone.
    compute: Any = dask.base.compute
    found: Sequence[Any] = compute([stored], list(records))[1]
    return found


def _from_workers(client: Any, lazy: Sequence[tuple[Band, Any]], records: Sequence[Any]) -> Sequence[Any]:
    """One graph for all; blocks are written in the order in which they come, and released."""
    import distributed
    from dask.delayed import delayed

    tasks, places = [], []
    for band, target in lazy:
        rows, columns = (np.cumsum([0, *sizes]) for sizes in band.data.chunks)
        for (i, j), task in np.ndenumerate(band.data.to_delayed(optimize_graph=False)):
            tasks.append(task)
            places.append(
                (band, target, (slice(int(rows[i]), int(rows[i + 1])), slice(int(columns[j]), int(columns[j + 1]))))
            )
    *blocks, last = client.compute([*tasks, delayed(list, pure=False)([list(one) for one in records])])
    waiting = {future.key: place for future, place in zip(blocks, places, strict=True)}
    as_completed: Any = distributed.as_completed
    arriving = as_completed(blocks, with_results=True)
    del blocks
    for future, block in arriving:
        band, target, place = waiting.pop(future.key)
        target[place] = narrowed(block, target.dtype, band.name)
        future.release()
    found: Sequence[Any] = last.result()
    return found
