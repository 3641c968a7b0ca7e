"""Files as Dask arrays: nothing is read before it is computed, and then tile by tile."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from estran import bounds
from estran.adapters.files.undecodable import printable
from estran.errors import BadProduct

CHUNK = 1024
"""Rows and columns of a tile: 8 MB of 16-bit samples."""


MOST_CHUNKS = 10**4
"""Most tiles of a band: each is a task, and a list of millions takes seconds at every look. Larger rasters have larger
tiles, of which only the part asked for is read.
"""
MOST_PIXELS = 4 * 10**12
"""Most pixels of a band; what claims more has a damaged header."""


class Samples(Protocol):
    """Something in a file that reads when sliced."""

    shape: tuple[int, int]
    dtype: np.dtype[Any]

    def __getitem__(self, key: Any) -> npt.NDArray[Any]: ...


def lazy_array(source: Samples, path: Path, *what: object) -> Any:
    """A Dask array over samples in a file; its name holds the file's state, so that equal reads are one task and a
    changed file is another.

    Raises
    ------
    BadProduct
        It claims more pixels than anyone can work on.
    """
    height, width = source.shape
    if float(height) * width > MOST_PIXELS:
        raise BadProduct(
            "the raster is larger than can be read",
            where=path,
            expected=f"at most {MOST_PIXELS:.0e} pixels",
            found=f"{width} x {height} pixels, {bounds.amount(float(width) * height * source.dtype.itemsize)} a band",
            todo="see that its header is right; cut out the part that you need (gdal_translate -srcwin)",
        )
    import dask.array
    from dask.base import tokenize

    chunk = CHUNK
    while -(-height // chunk) * -(-width // chunk) > MOST_CHUNKS:
        chunk *= 2
    stat = path.stat()
    token = tokenize(
        printable(path), stat.st_mtime_ns, stat.st_size, stat.st_ino, source.shape, str(source.dtype), *what
    )
    from_array: Any = dask.array.from_array
    return from_array(
        source, chunks=chunk, name=f"{printable(path.stem)}-{token}", asarray=False, meta=np.empty((0, 0), source.dtype)
    )
