"""Where terrain hides the Sun, by rays that climb over bilinear relief, as fine as 10 m.

Equations: docs/ATBD/simulate_scene.md. Coordinates as in :mod:`estran.scenes.march`.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from estran.jit import jit, parallel_jit
from estran.scenes.layer import BLOCK
from estran.scenes.march import Rays, direction

Float32 = npt.NDArray[np.float32]
UInt8 = npt.NDArray[np.uint8]

FINER = 2
"""Rays per cell of the terrain in each direction, and steps per cell along a ray."""
EARTH_RADIUS = 6371e3
"""Metres; a ray rises above the curved sea by the square of its run over twice this."""


@parallel_jit
def _highest(elevation: Float32) -> Float32:
    """Highest terrain of each block of cells and its rim."""
    rows, cols = elevation.shape
    down, across = (rows + BLOCK - 1) // BLOCK, (cols + BLOCK - 1) // BLOCK
    out = np.empty((down, across), np.float32)
    for bi in numba.prange(down):
        for bj in range(across):
            top = np.float32(-1e9)
            for i in range(max(bi * BLOCK - 1, 0), min(bi * BLOCK + BLOCK + 1, rows)):
                for j in range(max(bj * BLOCK - 1, 0), min(bj * BLOCK + BLOCK + 1, cols)):
                    top = max(top, elevation[i, j])
            out[bi, bj] = top
    return out


@jit
def _bilinear(elevation: Float32, v: float, u: float) -> float:
    """Altitude at row `v`, column `u`, centres of cells at integers."""
    i, j = min(int(v), elevation.shape[0] - 2), min(int(u), elevation.shape[1] - 2)
    b, a = v - i, u - j
    return float(
        (1 - b) * ((1 - a) * elevation[i, j] + a * elevation[i, j + 1])
        + b * ((1 - a) * elevation[i + 1, j] + a * elevation[i + 1, j + 1])
    )


@jit
def _meets(
    elevation: Float32, tops: Float32, highest: float, cell: float, rays: npt.NDArray[np.float64], x: float, y: float
) -> bool:
    """Whether the ray from a point of the relief meets relief."""
    rows, cols = elevation.shape
    dx, dy = direction(rays, x, y)
    u0, v0 = min(max(x / cell - 0.5, 0.0), cols - 1.0), min(max(y / cell - 0.5, 0.0), rows - 1.0)
    start = _bilinear(elevation, v0, u0)
    # Columns and rows per metre of climb; a step is half a cell along the longer of the two.
    du, dv = dx / cell, dy / cell
    step = 1.0 / (FINER * max(abs(du), abs(dv), 1e-9))
    fall = (dx * dx + dy * dy) / (2.0 * EARTH_RADIUS)
    climb = step
    while True:
        z = start + climb + fall * climb * climb
        u, v = u0 + du * climb, v0 + dv * climb
        if z >= highest or u < 0 or v < 0 or u > cols - 1 or v > rows - 1:
            return False
        bi, bj = int(v) // BLOCK, int(u) // BLOCK
        if tops[bi, bj] < z:
            # Above all of this block: on to the last step inside it.
            leave = 1e9
            if du > 1e-12:
                leave = min(leave, ((bj + 1) * BLOCK - u) / du)
            elif du < -1e-12:
                leave = min(leave, (bj * BLOCK - u) / du)
            if dv > 1e-12:
                leave = min(leave, ((bi + 1) * BLOCK - v) / dv)
            elif dv < -1e-12:
                leave = min(leave, (bi * BLOCK - v) / dv)
            climb += max(np.floor(leave / step), 1.0) * step
        elif _bilinear(elevation, v, u) > z:  # (SIM-5)
            return True
        else:
            climb += step


@parallel_jit
def _march(
    elevation: Float32, tops: Float32, highest: float, cell: float, rays: npt.NDArray[np.float64], shadow: UInt8
) -> None:
    rows, cols = elevation.shape
    coarse = np.empty((rows, cols), np.uint8)
    for i in numba.prange(rows):
        for j in range(cols):
            coarse[i, j] = _meets(elevation, tops, highest, cell, rays, (j + 0.5) * cell, (i + 0.5) * cell)
    for i in numba.prange(rows):
        for j in range(cols):
            around = 0
            for ii in range(max(i - 1, 0), min(i + 2, rows)):
                for jj in range(max(j - 1, 0), min(j + 2, cols)):
                    around += 1 if coarse[ii, jj] == coarse[i, j] else 10
            for part in range(FINER * FINER):
                y, x = i * FINER + part // FINER, j * FINER + part % FINER
                # Inside a shadow, or far from any, the ray from the centre represents the cell.
                if around < 10:
                    shadow[y, x] = coarse[i, j]
                else:
                    shadow[y, x] = _meets(
                        elevation, tops, highest, cell, rays, (x + 0.5) * cell / FINER, (y + 0.5) * cell / FINER
                    )


def relief_shadow(elevation: Float32, cell: float, sun: Rays) -> UInt8:
    """Where terrain hides the Sun, on a grid twice as fine as the terrain's: 1 in shadow, cast or on a slope that is
    turned away.

    Rays start on bilinear relief from the centres of cells, near the edges of shadows from those of quarter cells, and
    climb in half cells: of a crest narrower than a cell they may miss a quarter. Outside the grid nothing is known, and
    light passes.

    Parameters
    ----------
    elevation
        Altitude of cells [m].
    cell
        Their size [m].
    sun
        Rays to the Sun.
    """
    rows, cols = elevation.shape
    shadow = np.zeros((rows * FINER, cols * FINER), np.uint8)
    if float(np.ptp(elevation)) > 1.0:
        _march(elevation, _highest(elevation), float(elevation.max()), cell, sun.packed(), shadow)
    return shadow
