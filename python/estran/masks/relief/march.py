"""Single rays over bilinear terrain: slower than the sweep, and exact to the length of a step."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from estran.jit import jit, over_rows
from estran.masks.relief.frame import Frame
from estran.masks.relief.sweep import CAST_FROM, CLEAR

BLOCK = 16
"""Pixels a side of the blocks whose highest point lets a ray leap."""
SUB_STEPS = 8
"""Steps a posting: with 8, a crest between two steps rises through a ray by about a metre at most on rough terrain."""

Heights = npt.NDArray[np.float32]


def ceilings(dem: Heights) -> Heights:
    """Highest terrain of each block of :data:`BLOCK` pixels a side and of its eight neighbours: no ray above it meets
    anything within a block's length.
    """
    rows, columns = -(-dem.shape[0] // BLOCK), -(-dem.shape[1] // BLOCK)
    highest = np.full((rows + 2, columns + 2), -np.inf, np.float32)
    for row in range(rows):
        here = dem[row * BLOCK : (row + 1) * BLOCK]
        padded = np.full((here.shape[0], columns * BLOCK), -np.inf, np.float32)
        padded[:, : dem.shape[1]] = np.where(np.isnan(here), -np.inf, here)
        highest[row + 1, 1:-1] = padded.reshape(-1, columns, BLOCK).max(axis=(0, 2))
    nine = [highest[i : i + rows, j : j + columns] for i in range(3) for j in range(3)]
    return np.asarray(np.maximum.reduce(nine), np.float32)


def march(
    dem: Heights,
    row: npt.NDArray[np.integer],
    column: npt.NDArray[np.integer],
    frame: Frame,
    azimuth: npt.NDArray[np.floating],
    elevation: npt.NDArray[np.floating],
    *,
    blocks: Heights | None = None,
    sub_steps: int = SUB_STEPS,
    nearest: float | None = None,
) -> Heights:
    """Least clearance of rays over terrain  # (RS-4).

    Parameters
    ----------
    dem
        Heights [m], (rows, columns), NaN where unknown: a ray passes there.
    row, column
        Pixels from which rays start.
    frame
        Around these pixels.
    azimuth, elevation
        Of each ray, from true north and above the horizon [degrees].
    blocks
        :func:`ceilings` of `dem`, where it is at hand.
    sub_steps
        Steps a posting.
    nearest
        Where rays begin to count [m]; :data:`~estran.masks.relief.sweep.CAST_FROM` postings where None.

    Returns
    -------
    ndarray
        Height of the ray above terrain where it is least [m]: negative in shadow; at most
        :data:`~estran.masks.relief.sweep.CLEAR`; NaN from unknown ground.
    """
    out = np.empty(np.shape(row), np.float32)
    start = CAST_FROM * frame.posting if nearest is None else nearest
    angle, up = np.radians(np.asarray(azimuth, np.float64)), np.tan(np.radians(np.asarray(elevation, np.float64)))
    direction = frame.to_pixels @ np.stack([np.sin(angle), np.cos(angle)])
    over_rows(
        _rays,
        out.size,
        dem,
        ceilings(dem) if blocks is None else blocks,
        np.asarray(row, np.int64),
        np.asarray(column, np.int64),
        direction,
        up,
        start,
        sub_steps,
        0.5 / frame.radius,
        out,
    )
    return out


@jit
def _rays(
    first: Any,
    last: Any,
    dem: Any,
    blocks: Any,
    row: Any,
    column: Any,
    direction: Any,
    up: Any,
    start: Any,
    sub_steps: Any,
    curvature: Any,
    out: Any,
) -> Any:
    right, down = direction
    for i in range(first, last):
        pixels = max(abs(down[i]), abs(right[i]))  # along the faster axis, for one metre
        out[i] = _ray(
            dem,
            blocks,
            row[i],
            column[i],
            down[i],
            right[i],
            up[i],
            start,
            1.0 / (pixels * sub_steps),
            (BLOCK - 1) / pixels,
            curvature,
        )
    return 0


@jit
def _ray(
    dem: Any,
    blocks: Any,
    row: Any,
    column: Any,
    down: Any,
    right: Any,
    up: Any,
    start: Any,
    step: Any,
    leap: Any,
    curvature: Any,
) -> Any:
    rows, columns = dem.shape
    foot = float(dem[row, column])
    if np.isnan(foot):
        return np.nan
    least = CLEAR
    s = start
    while True:
        r, c = row + s * down, column + s * right
        if not (0.0 <= r <= rows - 1 and 0.0 <= c <= columns - 1):
            return least
        ray = foot + s * up + s * s * curvature
        i, j = int(r), int(c)
        if ray - blocks[i // BLOCK, j // BLOCK] > least or ray - blocks[i // BLOCK, j // BLOCK] > CLEAR:
            s += leap
            continue
        i2, j2 = min(i + 1, rows - 1), min(j + 1, columns - 1)
        fr, fc = r - i, c - j
        ground = (1 - fr) * ((1 - fc) * dem[i, j] + fc * dem[i, j2]) + fr * ((1 - fc) * dem[i2, j] + fc * dem[i2, j2])
        if ray - ground < least:
            least = ray - ground
        s += step
