"""GRIB of edition 1 as ESA packs it into Sentinel-2 products: a list of its messages, and their values.

The list needs no library, so that opening a product costs nothing; values are decoded by GDAL on demand
(decision 071). Source: WMO Manual on Codes, FM 92-IX Ext. GRIB edition 1; ECMWF's tables 128 and 210 of parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from estran.errors import BadProduct
from estran.sensors.plausible import NUMBERS

AGAIN = "download the product again"
_HEAD = 8
"""Bytes of section 0: "GRIB", the length of the message, the edition."""
_PDS = 28
"""Bytes of section 1 that every message has."""
_END = b"7777"
_KNOWN = (128, 137)
"""ECMWF's column of water vapour, which GDAL knows and leaves in its unit."""
_LATLON = 0
"""Code of a regular grid of latitudes and longitudes (table 6)."""

Floats = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Message:
    """What a message says of itself.

    Parameters
    ----------
    code
        Version of the table of parameters, and the parameter in it: (128, 165) is ECMWF's wind towards east.
    reference
        Time to which the forecast counts [UTC].
    """

    code: tuple[int, int]
    reference: datetime


@dataclass(frozen=True)
class Field:
    """Values on a regular grid of longitudes and latitudes.

    Parameters
    ----------
    values
        (rows, columns), NaN where a point has none.
    longitudes, latitudes
        Of the columns, from west to east, and of the rows, from north to south [degrees].
    """

    values: Floats
    longitudes: Floats
    latitudes: Floats

    def holds(self, longitude: float, latitude: float) -> bool:
        """Whether a place lies between the outermost points."""
        west, east = self.longitudes[0], self.longitudes[-1]
        return bool(
            west <= _near(longitude, west, east) <= east and self.latitudes[-1] <= latitude <= self.latitudes[0]
        )

    def at(self, longitudes: Floats, latitudes: Floats) -> Floats:
        """Bilinear values at places [degrees]; beyond the outermost points, those of the nearest place between them."""
        turned = _near(longitudes, self.longitudes[0], self.longitudes[-1])
        col, fx = _between(self.longitudes, turned)
        row, fy = _between(-self.latitudes, -latitudes)
        right, below = np.minimum(col + 1, self.longitudes.size - 1), np.minimum(row + 1, self.latitudes.size - 1)
        v = self.values
        above = v[row, col] * (1 - fx) + v[row, right] * fx
        return np.asarray(above * (1 - fy) + (v[below, col] * (1 - fx) + v[below, right] * fx) * fy)


def messages(content: bytes, where: str) -> tuple[Message, ...]:
    """The messages of a file, in order.

    Parameters
    ----------
    content
        The file.
    where
        Its name, for errors.

    Raises
    ------
    BadProduct
        It is no GRIB file, of another edition than the first, cut short, or on another grid than one of longitudes and
        latitudes.
    """
    if not content.startswith(b"GRIB"):
        raise BadProduct(
            "the file is no GRIB file", where=where, expected="GRIB", found=repr(content[:4])[1:] or "an empty file"
        )
    found: list[Message] = []
    start = 0
    while content[start:].strip(b"\0\r\n "):
        head = content[start : start + _HEAD]
        if not head.startswith(b"GRIB"):
            raise BadProduct("the GRIB file is damaged", where=where, expected=f"a message at byte {start}", todo=AGAIN)
        if len(head) == _HEAD and head[7] != 1:
            raise BadProduct("the GRIB file is of another edition", where=where, expected="edition 1", found=head[7])
        size = int.from_bytes(head[4:7], "big")
        message = content[start : start + size]
        if len(head) < _HEAD or len(message) < size:
            raise BadProduct(
                "the GRIB file is cut short",
                where=where,
                expected=f"{size} bytes of message {len(found) + 1}" if len(head) == _HEAD else "a whole message",
                found=len(message) if len(head) == _HEAD else f"{len(head)} bytes",
                todo=AGAIN,
            )
        found.append(_message(message, where, len(found) + 1))
        start += size
    return tuple(found)


def fields(content: bytes, where: str) -> tuple[Field, ...]:
    """The values of every message, in order.

    Raises
    ------
    BadProduct
        GDAL cannot decode it.
    """
    return _decoded(content, where)


@lru_cache(maxsize=8)
def _decoded(content: bytes, where: str) -> tuple[Field, ...]:
    from rasterio.errors import RasterioError
    from rasterio.io import MemoryFile

    try:
        with MemoryFile(_with_a_known_code(content)) as memory, memory.open(driver="GRIB") as dataset:
            stack, t = dataset.read().astype(np.float64), dataset.transform
            holes = dataset.nodatavals
    except RasterioError as error:
        raise BadProduct("the GRIB file cannot be decoded", where=where, found=str(error), todo=AGAIN) from error
    for values, hole in zip(stack, holes, strict=True):
        if hole is not None:
            values[values == hole] = np.nan
        values[~(np.abs(values) < NUMBERS)] = np.nan
    _, rows, cols = stack.shape
    # GDAL's rows go from north to south; its transform is that of the cells' corners, values are those of the centres.
    longitudes, latitudes = t.c + t.a * (np.arange(cols) + 0.5), t.f + t.e * (np.arange(rows) + 0.5)
    return tuple(Field(values, longitudes, latitudes) for values in stack)


def _with_a_known_code(content: bytes) -> bytes:
    """The file with every message under a code that GDAL knows: which quantity it is the list of messages says, GDAL
    warns of the tables that it does not know, and it converts the units of some quantities.
    """
    changed, start = bytearray(content), 0
    while content.startswith(b"GRIB", start):
        changed[start + _HEAD + 3], changed[start + _HEAD + 8] = _KNOWN
        start += max(_HEAD, int.from_bytes(content[start + 4 : start + 7], "big"))
    return bytes(changed)


def _message(message: bytes, where: str, number: int) -> Message:
    """What a whole message says; octets are counted from 1 in the Manual, from 0 here."""
    one = message[_HEAD:]
    size = int.from_bytes(one[:3], "big")
    two = one[size:]
    sound = message.endswith(_END) and size >= _PDS and len(two) > 6
    if not sound or not one[7] & 0x80 or two[5] != _LATLON:
        raise BadProduct(
            "the GRIB file is damaged" if not sound else "the GRIB file is on another grid",
            where=where,
            expected=f"message {number} to end in 7777" if not sound else "longitudes and latitudes",
            todo=AGAIN if not sound else "",
        )
    try:
        reference = datetime(100 * (one[24] - 1) + one[12], one[13], one[14], one[15], one[16], tzinfo=UTC)
    except ValueError:
        raise BadProduct("the GRIB file has no valid date", where=where, found=list(one[12:17]), todo=AGAIN) from None
    return Message((one[3], one[8]), reference)


def _near(longitude: npt.ArrayLike, west: float, east: float) -> Floats:
    """Longitudes by whole turns as near to the middle of a field as they come."""
    longitude = np.asarray(longitude, float)
    return np.asarray(longitude + 360.0 * np.round(((west + east) / 2 - longitude) / 360.0))


def _between(axis: Floats, places: Floats) -> tuple[npt.NDArray[np.intp], Floats]:
    """Index of the point before each place on a rising axis, and the fraction of the way to the next."""
    if axis.size == 1:
        return np.zeros(places.shape, np.intp), np.zeros(places.shape)
    position = np.interp(places, axis, np.arange(axis.size, dtype=float))
    first = np.minimum(position.astype(np.intp), axis.size - 2)
    return first, position - first
