"""From one pixel size to another: raw samples in, raw samples out, for any window of the target alone.

What SNAP's ``Resample`` does, so that one graph gives the same bits in both engines (checked against its outputs):

- *aggregation* weights each source pixel by the fraction of the target pixel that it covers; integers are truncated,
  not rounded;
- *bilinear* interpolation of integers works in fixed point with 8 bits of fraction and rounds half up. SNAP shifts the
  image by half a *target* pixel (it passes a translation of 0.5 to the scaling); so do we: 5 m at 10 m pixels, and the
  masks stay equal.

On purpose not what SNAP does: at the border of the image and beside no-data SNAP mixes zeros in, here only samples that
exist count; a pixel any of whose parts is saturated is saturated; azimuths are averaged as angles (359 and 1 give 0,
not 180).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from estran.errors import BadGrid
from estran.jit import jit
from estran.raster.grid import Grid, Window
from estran.raster.resample_counts import FRACTION_BITS, are_counts, bilinear_steps, block_means

Method = Literal["First", "Min", "Max", "Mean", "Median", "FlagAnd", "FlagOr", "Nearest", "Bilinear"]
Array = npt.NDArray[Any]

AGGREGATIONS: tuple[Method, ...] = ("First", "Min", "Max", "Mean", "Median", "FlagAnd", "FlagOr")
INTERPOLATIONS: tuple[Method, ...] = ("Nearest", "Bilinear")

_CODES = {"Mean": 0, "Min": 1, "Max": 2, "Median": 3, "FlagAnd": 4, "FlagOr": 5}
_EDGE = 1e-9
"""Source pixels [1]: nearer than this to an edge is on the edge (pixel sizes are exact ratios, their quotients are
not).
"""


@dataclass(frozen=True)
class Ratio:
    """Where target pixels lie on the source: their corner (row, column) is at source row ``row_offset + row *
    row_scale``; source pixels.
    """

    row_scale: float
    col_scale: float
    row_offset: float = 0.0
    col_offset: float = 0.0

    @classmethod
    def between(cls, source: Grid, target: Grid) -> Ratio:
        """The ratio of two grids: from their transforms where both have one, else from their sizes (same ground).

        Raises
        ------
        BadGrid
            When the grids are rotated against one another, or their CRS differ.
        """
        if source.transform is None or target.transform is None:
            return cls(source.height / target.height, source.width / target.width)
        if source.crs != target.crs:
            raise BadGrid(
                "two grids have different CRS",
                expected=target.crs,
                found=source.crs,
                todo="reproject one of them first",
            )
        s, t = ~source.transform, target.transform
        shear = max(abs(s.a * t.b + s.b * t.e), abs(s.d * t.a + s.e * t.d))
        row_scale, col_scale = s.d * t.b + s.e * t.e, s.a * t.a + s.b * t.d
        if shear > 1e-6 or row_scale <= 0 or col_scale <= 0:
            raise BadGrid(
                "two grids are rotated against one another", found=tuple(t)[:6], todo="reproject one of them first"
            )
        return cls(row_scale, col_scale, s.d * t.c + s.e * t.f + s.f, s.a * t.c + s.b * t.f + s.c)

    @property
    def enlarges(self) -> bool:
        """Whether target pixels are no larger than the source's (SNAP then interpolates)."""
        return self.row_scale <= 1.0 or self.col_scale <= 1.0

    @property
    def is_identity(self) -> bool:
        """Whether target pixels are the source's."""
        return max(abs(self.row_scale - 1), abs(self.col_scale - 1), abs(self.row_offset), abs(self.col_offset)) < _EDGE

    def needed(self, target: Window, source: tuple[int, int], method: Method) -> Window:
        """The source pixels that a window of the target needs; `source` is (rows, columns) of the source."""
        reach = 1 if method == "Bilinear" else 0
        row, height = _span(target.row, target.height, self.row_scale, self.row_offset, source[0], reach)
        col, width = _span(target.col, target.width, self.col_scale, self.col_offset, source[1], reach)
        return Window(row, col, height, width)


def _span(first: int, count: int, scale: float, offset: float, size: int, reach: int) -> tuple[int, int]:
    low = math.floor(offset + first * scale + _EDGE) - reach
    high = math.ceil(offset + (first + count) * scale - _EDGE) + reach
    low, high = min(max(low, 0), size - 1), min(max(high, 1), size)
    return low, max(high, low + 1) - low


def resample(
    raw: Array,
    origin: Window,
    target: Window,
    ratio: Ratio,
    method: Method,
    *,
    nodata: float | None = None,
    saturated: float | None = None,
    period: float = 0.0,
    exact: bool = False,
) -> Array:
    """Resample raw samples to a window of the target.

    Parameters
    ----------
    raw
        Source samples of the window `origin`, (rows, columns).
    origin
        Where `raw` lies in the source; at least ``ratio.needed(target, …)``.
    target
        The window wanted, in target pixels.
    ratio
        Where target pixels lie on the source.
    method
        One of `AGGREGATIONS` (for larger pixels) or `INTERPOLATIONS` (for smaller ones). *First* and *Nearest* take one
        sample as it is.
    nodata
        Raw value without data, beside NaN.
    saturated
        Raw value that spreads to every pixel it is part of.
    period
        Period of angles in the raw unit (360), 0 for none; for floats.
    exact
        Whether bilinear weights of integers are exact and the result is cut to a whole number, as in SNAP's
        S2Resampling; else weights are steps of 1/256 and the result is rounded, as in its Resample.

    Returns
    -------
    Array
        (rows, columns) of `target`, dtype of `raw`. Where nothing is valid: `nodata`, or NaN, or 0 for integers without
        it.
    """
    rows = np.arange(target.row, target.row + target.height, dtype=np.float64) * ratio.row_scale + ratio.row_offset
    cols = np.arange(target.col, target.col + target.width, dtype=np.float64) * ratio.col_scale + ratio.col_offset
    if method in ("First", "Nearest") or ratio.is_identity:
        r = np.clip(np.floor(rows + _EDGE).astype(np.int64) - origin.row, 0, origin.height - 1)
        c = np.clip(np.floor(cols + _EDGE).astype(np.int64) - origin.col, 0, origin.width - 1)
        return np.ascontiguousarray(raw[np.ix_(r, c)])
    raw = np.ascontiguousarray(raw).astype(raw.dtype.newbyteorder("="), copy=False)
    out = np.empty(target.height * target.width, raw.dtype).reshape(target.height, target.width)
    rows, cols = rows - origin.row, cols - origin.col
    scale = ratio.row_scale, ratio.col_scale
    if out.size and period == 0.0 and are_counts(raw, nodata):
        if method == "Bilinear" and not exact:
            bilinear_steps(raw, rows, cols, scale, nodata, saturated, _EDGE, out)
            return out
        if method == "Mean" and block_means(raw, (rows[0], cols[0]), scale, nodata, saturated, out):
            return out
    integer = raw.dtype.kind in "iub"
    empty = nodata if nodata is not None and not (integer and math.isnan(nodata)) else 0.0 if integer else math.nan
    facts = (
        math.nan if nodata is None else float(nodata),
        math.nan if saturated is None else float(saturated),
        float(empty),
    )
    if method == "Bilinear":
        _bilinear(raw, rows, cols, *scale, integer, integer and not exact, period, *facts, out)
    else:
        _aggregate(raw, rows, cols, *scale, _CODES[method], integer, period, *facts, out)
    return out


@jit
def _nearest_turn(value: float, reference: float, period: float) -> float:
    """`value` moved by whole periods next to `reference`."""
    return float(value - period * np.floor((value - reference) / period + 0.5))


@jit
def _bilinear(
    raw: Array,
    rows: Array,
    cols: Array,
    row_scale: float,
    col_scale: float,
    integer: bool,
    stepped: bool,
    period: float,
    nodata: float,
    saturated: float,
    empty: float,
    out: Array,
) -> None:
    height, width = raw.shape
    one = 1 << FRACTION_BITS
    for i in range(out.shape[0]):
        y = rows[i] - 0.5  # half a target pixel is missing, as in SNAP
        top = int(np.floor(y + _EDGE))
        fy = np.floor((y - top) * one + _EDGE * one) / one if stepped else max(y - top, 0.0)
        for j in range(out.shape[1]):
            x = cols[j] - 0.5
            left = int(np.floor(x + _EDGE))
            fx = np.floor((x - left) * one + _EDGE * one) / one if stepped else max(x - left, 0.0)
            # The sample that the target pixel's centre lies in decides whether there is data.
            near_row = min(max(int(np.floor(rows[i] + 0.5 * row_scale)), 0), height - 1)
            near_col = min(max(int(np.floor(cols[j] + 0.5 * col_scale)), 0), width - 1)
            reference = float(raw[near_row, near_col])
            if reference == nodata or np.isnan(reference):
                out[i, j] = empty
                continue
            total, weights, full = 0.0, 0.0, False
            for k in range(4):
                dr, dc = k // 2, k % 2
                weight = (fy if dr else 1.0 - fy) * (fx if dc else 1.0 - fx)
                value = float(raw[min(max(top + dr, 0), height - 1), min(max(left + dc, 0), width - 1)])
                if weight <= 0.0 or value == nodata or np.isnan(value):
                    continue
                full = full or value == saturated
                total += weight * (_nearest_turn(value, reference, period) if period > 0 else value)
                weights += weight
            if full:
                out[i, j] = saturated
            elif weights <= 0.0:
                out[i, j] = reference
            else:
                mean = total / weights
                if integer:
                    out[i, j] = int(np.floor(mean + (0.5 if stepped else _EDGE)))
                elif period > 0:
                    out[i, j] = mean - period * np.floor(mean / period) if mean < 0.0 or mean >= period else mean
                else:
                    out[i, j] = mean


@jit
def _aggregate(
    raw: Array,
    rows: Array,
    cols: Array,
    row_scale: float,
    col_scale: float,
    code: int,
    integer: bool,
    period: float,
    nodata: float,
    saturated: float,
    empty: float,
    out: Array,
) -> None:
    height, width = raw.shape
    values = np.empty((int(row_scale) + 2) * (int(col_scale) + 2), np.float64)
    for i in range(out.shape[0]):
        top, bottom = rows[i], rows[i] + row_scale
        first_row, last_row = max(int(np.floor(top + _EDGE)), 0), min(int(np.ceil(bottom - _EDGE)), height)
        for j in range(out.shape[1]):
            left, right = cols[j], cols[j] + col_scale
            first_col, last_col = max(int(np.floor(left + _EDGE)), 0), min(int(np.ceil(right - _EDGE)), width)
            n, full = 0, False
            total, weights, low, high, turn = 0.0, 0.0, np.inf, -np.inf, 0.0
            both, either = np.int64(-1), np.int64(0)
            for r in range(first_row, last_row):
                wy = min(bottom, r + 1.0) - max(top, float(r))
                for c in range(first_col, last_col):
                    value = float(raw[r, c])
                    if value == nodata or np.isnan(value):
                        continue
                    full = full or value == saturated
                    if period > 0:
                        turn = value if n == 0 else turn
                        value = _nearest_turn(value, turn, period)
                    weight = wy * (min(right, c + 1.0) - max(left, float(c)))
                    total += weight * value
                    weights += weight
                    low, high = min(low, value), max(high, value)
                    if code == 3:
                        values[n] = value
                    elif code >= 4:
                        both &= np.int64(raw[r, c])
                        either |= np.int64(raw[r, c])
                    n += 1
            result = empty
            if full:
                result = saturated
            elif n > 0:
                if code == 0:
                    result = total / weights + (_EDGE if integer else 0.0)
                elif code == 1:
                    result = low
                elif code == 2:
                    result = high
                elif code == 3:
                    ordered = np.sort(values[:n])
                    result = ordered[n // 2] if n % 2 else 0.5 * (ordered[n // 2 - 1] + ordered[n // 2])
                elif code == 4:
                    result = float(both)
                else:
                    result = float(either)
                if period > 0 and (result < 0.0 or result >= period):
                    result -= period * np.floor(result / period)
            if integer:
                out[i, j] = int(result)
            else:
                out[i, j] = result
