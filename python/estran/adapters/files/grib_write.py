"""Write fields as GRIB of edition 1, in simple packing.

GDAL writes edition 2 alone, which has no codes for most of what ESA's files hold, and in which SNAP's reader finds
nothing (decision 071). Source: WMO Manual on Codes, FM 92-IX Ext. GRIB edition 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

_ECMWF = 98
"""Code of the centre."""
_BITS = 24
"""Bits of a number: steps of 6e-8 of the field's range."""


@dataclass(frozen=True)
class LatLonGrid:
    """Points on a regular grid: the north-western one, the step between them [degrees], rows and columns."""

    north: float
    west: float
    step: float
    rows: int
    cols: int


def message(code: tuple[int, int], values: npt.NDArray[np.floating], grid: LatLonGrid, time: datetime) -> bytes:
    """One field as a message.

    Parameters
    ----------
    code
        Version of ECMWF's table of parameters, and the parameter.
    values
        (rows, columns) of `grid`, the north-western first; finite.
    grid
        Where they lie; kept to a thousandth of a degree.
    time
        Of the forecast [UTC], kept to the minute.
    """
    body = _product(code, time) + _place(grid) + _packed(values)
    size = 8 + len(body) + 4
    return b"GRIB" + size.to_bytes(3, "big") + b"\x01" + body + b"7777"


def _product(code: tuple[int, int], time: datetime) -> bytes:
    """Section 1: a field at the surface, with a section of its grid, at a time of reference."""
    table, parameter = code
    century, year = (time.year - 1) // 100 + 1, (time.year - 1) % 100 + 1
    when = bytes((year, time.month, time.day, time.hour, time.minute, 1, 0, 0, 0, 0, 0, 0, century, 0, 0, 0))
    head = bytes((table, _ECMWF, 128, 255, 0x80, parameter, 1, 0, 0))
    return (28).to_bytes(3, "big") + head + when


def _place(grid: LatLonGrid) -> bytes:
    """Section 2: longitudes and latitudes, rows from the north."""
    south, east = grid.north - (grid.rows - 1) * grid.step, grid.west + (grid.cols - 1) * grid.step
    corners = b"".join(_degrees(v) for v in (grid.north, grid.west)), b"".join(_degrees(v) for v in (south, east))
    step = round(grid.step * 1000).to_bytes(2, "big")
    size = grid.cols.to_bytes(2, "big") + grid.rows.to_bytes(2, "big")
    return (32).to_bytes(3, "big") + b"\0\xff\0" + size + corners[0] + b"\x80" + corners[1] + step + step + bytes(5)


def _degrees(value: float) -> bytes:
    """Thousandths of a degree in three bytes, the first bit the sign."""
    number = round(abs(value) * 1000)
    return (number | (0x800000 if value < 0 else 0)).to_bytes(3, "big")


def _packed(values: npt.NDArray[np.floating]) -> bytes:
    """Section 4: value = reference + number * 2 ** scale."""
    least, span = _ibm(float(values.min())), float(values.max() - values.min())
    reference = _value_of(least)
    scale = math.ceil(math.log2((float(values.max()) - reference) / (2**_BITS - 1))) if span > 0.0 else 0
    numbers = np.rint((values.astype(np.float64) - reference) / 2.0**scale) if span > 0.0 else np.zeros(0)
    numbers = np.clip(numbers, 0, 2**_BITS - 1).astype(">u4")
    data = numbers.reshape(-1, 1).view(np.uint8)[:, 1:].tobytes() if span > 0.0 else b""
    unused = (len(data) + 11) % 2
    head = bytes((8 * unused,)) + (abs(scale) | (0x8000 if scale < 0 else 0)).to_bytes(2, "big")
    body = head + least + bytes((_BITS if span > 0.0 else 0,)) + data + bytes(unused)
    return (3 + len(body)).to_bytes(3, "big") + body


def _ibm(value: float) -> bytes:
    """The largest number of IBM's single precision that is not above `value`: sign, a power of 16, 24 bits."""
    if value == 0.0:
        return bytes(4)
    power = max(0, math.floor(math.log(abs(value), 16)) + 1 + 64)
    scaled = abs(value) / 16.0 ** (power - 64) * 2**24
    mantissa = math.floor(scaled) if value > 0 else math.ceil(scaled)
    if mantissa >= 2**24:
        power, mantissa = power + 1, -(-mantissa // 16) if value < 0 else mantissa // 16
    return bytes((power | (0x80 if value < 0 else 0),)) + mantissa.to_bytes(3, "big")


def _value_of(number: bytes) -> float:
    sign = -1.0 if number[0] & 0x80 else 1.0
    return sign * int.from_bytes(number[1:], "big") / 2**24 * 16.0 ** ((number[0] & 0x7F) - 64)
