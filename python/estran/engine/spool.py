"""The inputs of a whole scene in files of a temporary folder, for operators that look at them by strips of rows: memory
holds a strip, not a scene.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.engine.heap import return_what_is_free
from estran.errors import TooLittleRoom
from estran.raster.grid import Window
from estran.raster.scene import Array, Block, OwnedArrays

Float = npt.NDArray[np.float32]

STRIP = 512
"""Rows of a strip where the spool itself goes over the scene."""
_SIZE = np.dtype(np.float32).itemsize


class Spool:
    """Room for images in temporary files without a name: they go with the process, however it ends.

    Parameters
    ----------
    needed
        What will be put into it [bytes]; judged before the work starts.

    Raises
    ------
    TooLittleRoom
        The disk of temporary files has less.
    """

    def __init__(self, needed: int) -> None:
        place = Path(tempfile.gettempdir())
        free = shutil.disk_usage(place).free
        if free < needed:
            raise TooLittleRoom(
                "the disk of temporary files has too little room for the bands of the scene",
                where=place,
                expected=f"{needed / 1e9:.1f} GB",
                found=f"{free / 1e9:.1f} GB",
                todo="set TMPDIR to a folder with more room, or take a coarser resolution",
            )

    def image(self, shape: tuple[int, int], widths: Sequence[int] = ()) -> SpooledImage:
        """A new image of float32, (rows, columns), of zeros, that is written in pieces of these widths."""
        return SpooledImage(shape, widths)


class SpooledImage:
    """An image in a file, read and written by plain calls from any thread: a memory map would count as memory of the
    process.

    Parameters
    ----------
    shape
        (rows, columns).
    widths
        Columns of the pieces in which it is written, together those of the image; one piece where none are given. Each
        width is a panel, one after the other in the file, so that a piece is written by one call.
    """

    dtype = np.dtype(np.float32)
    ndim = 2

    def __init__(self, shape: tuple[int, int], widths: Sequence[int] = ()) -> None:
        self.shape = shape
        edges = np.cumsum([0, *(widths or (shape[1],))]).tolist()
        self._panels = list(itertools.pairwise(edges))
        self._file = tempfile.TemporaryFile(prefix="estran-", buffering=0)  # noqa: SIM115 - open as long as the image is
        self._file.truncate(shape[0] * shape[1] * _SIZE)
        self._lock = threading.Lock()

    def rows(self, first: int, last: int) -> Float:
        """Rows ``first:last``, (rows, columns)."""
        values = np.empty((last - first, self.shape[1]), np.float32)
        for left, right in self._panels:
            piece = values if right - left == self.shape[1] else np.empty((last - first, right - left), np.float32)
            self._read(piece.data.cast("B"), (left * self.shape[0] + first * (right - left)) * _SIZE)
            if piece is not values:
                values[:, left:right] = piece
        return values

    def __getitem__(self, key: tuple[slice, slice]) -> Float:
        first, last, _ = key[0].indices(self.shape[0])
        return self.rows(first, last)[:, key[1]]

    def __setitem__(self, key: tuple[slice, slice], values: Float) -> None:
        first, last, _ = key[0].indices(self.shape[0])
        begin, end, _ = key[1].indices(self.shape[1])
        for left, right in self._panels:
            start, stop = max(left, begin), min(right, end)
            if start >= stop:
                continue
            data = np.ascontiguousarray(values[:, start - begin : stop - begin], np.float32)
            lines = [data] if (start, stop) == (left, right) else list(data)
            for row, line in zip(range(first, last), lines, strict=False):
                self._write(line.data.cast("B"), (left * self.shape[0] + row * (right - left) + start - left) * _SIZE)

    def forget(self) -> None:
        """Let go of the file."""
        self._file.close()

    @property
    def is_forgotten(self) -> bool:
        """Whether the file has gone."""
        return self._file.closed

    def _read(self, into: memoryview, at: int) -> None:
        done = 0
        while done < len(into):  # a call moves 2 GB at most
            if hasattr(os, "preadv"):
                done += os.preadv(self._file.fileno(), [into[done:]], at + done) or _cut_short()
                continue
            with self._lock:
                self._file.seek(at + done)
                done += self._file.readinto(into[done:]) or _cut_short()

    def _write(self, data: memoryview, at: int) -> None:
        done = 0
        try:
            while done < len(data):
                if hasattr(os, "pwrite"):
                    done += os.pwrite(self._file.fileno(), data[done:], at + done) or _cut_short()
                    continue
                with self._lock:
                    self._file.seek(at + done)
                    done += self._file.write(data[done:]) or _cut_short()
        except OSError as error:
            raise TooLittleRoom(
                "the bands of the scene could not be put into temporary files",
                where=tempfile.gettempdir(),
                found=error.strerror or str(error),
                todo="set TMPDIR to a folder with more room, or take a coarser resolution",
            ) from error


def _cut_short() -> int:
    raise OSError("a temporary file ends before its image does")


class SpooledArrays(OwnedArrays):
    """Arrays by name of which some lie in a spool: those are read when they are asked for, whole; :class:`SpooledBlock`
    reads strips of them.
    """

    def spooled(self, name: str) -> SpooledImage | None:
        """The image behind a name, where it lies in a spool."""
        found: Any = dict.get(self, name)
        return found if isinstance(found, SpooledImage) else None

    def __getitem__(self, name: str) -> Array:
        return _whole(dict.__getitem__(self, name))

    def get(self, name: str, default: Any = None) -> Any:
        """The whole array, or `default` where there is none."""
        return self[name] if name in self else default  # noqa: SIM401 - a dictionary's own get does not read the file

    def discard(self, name: str) -> None:
        """Let go of an array and of its file, unread."""
        image = self.spooled(name)
        dict.pop(self, name, None)
        if image is not None:
            image.forget()
            return_what_is_free()  # the operator is through with a part of its work

    def pop(self, name: str, *default: Any) -> Any:
        """The whole array, whose file is released."""
        if name not in self:
            return dict.pop(self, name, *default)
        image = self.spooled(name)
        array = self[name]
        del self[name]
        if image is not None:
            image.forget()
        return array


def _whole(array: Any) -> Array:
    return array.rows(0, array.shape[0]) if isinstance(array, SpooledImage) else array


@dataclass(frozen=True)
class SpooledBlock(Block):
    """A whole scene whose arrays may lie in a spool."""

    def strip(self, names: Sequence[str], first: int, last: int) -> Block:
        """Rows ``first:last`` with those of some arrays that the block has; of spooled ones nothing else is read."""
        assert isinstance(self.arrays, SpooledArrays)
        there = [name for name in names if name in self.arrays]
        images = {name: self.arrays.spooled(name) for name in there}
        found = {
            name: self.arrays[name][first:last] if image is None else image.rows(first, last)
            for name, image in images.items()
        }
        window = Window(self.window.row + first, self.window.col, last - first, self.window.width)
        return Block(found, self.scene, window, self.record, self.progress, self.services)


def strips(height: int) -> Iterator[slice]:
    """Rows of an image, :data:`STRIP` at a time."""
    return (slice(first, min(first + STRIP, height)) for first in range(0, height, STRIP))
