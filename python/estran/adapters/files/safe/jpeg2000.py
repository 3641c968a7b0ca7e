"""JPEG 2000 files: what their headers say without decoding, and their pixels by window."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.adapters.files.gdal import library, opened
from estran.adapters.files.safe.store import AGAIN, Entry, Seekable
from estran.errors import BadProduct

_SIGNATURE = b"\x00\x00\x00\x0cjP  \r\n\x87\n"
_SOC_SIZ = b"\xff\x4f\xff\x51"
_EOC = b"\xff\xd9"
_SIZ_BYTES = 4 + 2 + 2 + 8 * 4 + 2 + 1
"""Markers SOC and SIZ with the fields up to the first component's depth (ISO/IEC 15444-1, A.5.1)."""


@dataclass(frozen=True)
class Header:
    """Size [pixels], size of a code block's tile [pixels], bits per sample, number of components."""

    width: int
    height: int
    tile_width: int
    tile_height: int
    bits: int
    components: int


def read_header(file: Seekable, entry: Entry) -> Header:
    """Read the header, and check that the file reaches to the end of its code stream.

    Walks the boxes (ISO/IEC 15444-1, annex I) to the code stream, and looks for its last marker, EOC. Of a file
    compressed in a zip only the header is read (the zip's own check sum stands for the rest, and decoding).

    Raises
    ------
    BadProduct
        Not a JPEG 2000 file, or one that ends before its image does.
    """
    file.seek(0)
    if file.read(len(_SIGNATURE)) != _SIGNATURE:
        raise BadProduct("the image is no JPEG 2000 file", where=entry.name, todo=AGAIN)
    start, end = _code_stream(file, entry)
    file.seek(start)
    head = file.read(_SIZ_BYTES)
    if len(head) < _SIZ_BYTES or head[:4] != _SOC_SIZ:
        raise BadProduct("the image has no JPEG 2000 header", where=entry.name, todo=AGAIN)
    if not entry.packed:
        file.seek(max(start, end - 2))
        if file.read(2) != _EOC:
            raise truncated(entry.name, f"{entry.size} bytes without the end-of-image marker")
    x1, y1, x0, y0, tile_width, tile_height = struct.unpack(">6I", head[8:32])
    (components,) = struct.unpack(">H", head[40:42])
    return Header(x1 - x0, y1 - y0, tile_width, tile_height, (head[42] & 0x7F) + 1, components)


def truncated(name: str, found: str) -> BadProduct:
    """The error of an image that stops short."""
    return BadProduct("the image is truncated or damaged", where=name, found=found, todo=AGAIN)


def _code_stream(file: Seekable, entry: Entry) -> tuple[int, int]:
    at = 0
    while at + 8 <= entry.size:
        file.seek(at)
        length, kind = struct.unpack(">I4s", file.read(8))
        start = at + 8
        if length == 1:
            (length,) = struct.unpack(">Q", file.read(8))
            start = at + 16
        elif length == 0:
            length = entry.size - at
        if kind == b"jp2c":
            if at + length > entry.size:
                raise truncated(entry.name, f"{entry.size} bytes of {at + length}")
            return start, at + length
        if length < 8:
            break
        at += length
    raise truncated(entry.name, f"{entry.size} bytes without an image")


class Image:
    """The first component of a JPEG 2000 file as an array that reads its pixels when sliced.

    Every read opens the file anew: as quick as keeping it open (measured, decision 020), and so safe from any thread,
    and no file stays open.

    Parameters
    ----------
    entry
        The file.
    header
        Its header.
    """

    ndim = 2

    def __init__(self, entry: Entry, header: Header) -> None:
        self.entry, self.header = entry, header
        self.shape = (header.height, header.width)
        self.dtype: np.dtype[Any] = np.dtype(np.uint8 if header.bits <= 8 else np.uint16)

    def __getitem__(self, key: tuple[Any, Any]) -> npt.NDArray[Any]:
        """The pixels of (rows, columns): slices, integers or lists of them. The smallest window that holds them is
        read.
        """
        row, col = (_extent(part, size) for part, size in zip(key, self.shape, strict=True))
        pixels = self._window(*row[:2], *col[:2]) if row[1] and col[1] else np.empty((row[1], col[1]), self.dtype)
        picked: npt.NDArray[Any] = pixels[row[2]][..., col[2]]
        return picked

    def _window(self, row: int, height: int, col: int, width: int) -> npt.NDArray[Any]:
        library()
        from rasterio.errors import RasterioError
        from rasterio.windows import Window

        try:
            # One thread per read: with more, GDAL fetches the tiles in the background, and one that cannot be decoded
            # comes back as zeros, without an error. Dask's threads read several windows at a time anyway.
            with opened(self.entry.gdal_path, pam=False, GDAL_NUM_THREADS="1") as dataset:
                pixels: npt.NDArray[Any] = dataset.read(1, window=Window(col, row, width, height))
        except RasterioError as error:
            raise truncated(self.entry.name, str(error.__cause__ or error).rstrip(".")) from error
        return pixels.astype(self.dtype, copy=False)

    def chunks(self, target: int = 2048) -> tuple[int, int]:
        """Rows and columns of a chunk: whole tiles of the code stream, about `target` pixels, never more than the
        image.
        """
        tiles = (self.header.tile_height, self.header.tile_width)
        height, width = (
            min(size, max(1, round(target / tile)) * tile if tile < size else target)
            for size, tile in zip(self.shape, tiles, strict=True)
        )
        return height, width


def _extent(part: Any, size: int) -> tuple[int, int, Any]:
    """First index, length, and what to pick from that stretch."""
    if isinstance(part, slice) and part.step in (None, 1):
        start, stop, _ = part.indices(size)
        return start, max(0, stop - start), slice(None)
    index = np.arange(size)[part]
    if index.size == 0:
        return 0, 0, index
    first = int(index.min())
    return first, int(index.max()) - first + 1, index - first
