"""Ray marching through layers of cloud: where their shadows and parallax come from.

Nothing is projected or shifted here. A ray climbs from a point of the ground, in steps no longer than a cell, and meets
what is there. Equations: docs/ATBD/simulate_scene.md. Local coordinates: metres to the east and to the *south* of the
upper-left corner of the scene, so that they grow with columns and rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from estran.jit import jit, parallel_jit
from estran.scenes.layer import BLOCK, Cells, Layer

Float32 = npt.NDArray[np.float32]
TILE = 16
"""Rays on a side of the tiles of the image that are tested together."""
LONGEST_STEP = 40.0
"""Longest step of a ray [m of climb]; steps are no longer than a cell either."""


@dataclass(frozen=True)
class Rays:
    """Directions of rays, as horizontal run per metre of climb, varying over the scene as an affine function of place.

    Parameters
    ----------
    east, south
        At the scene's origin [1].
    gradient
        d east / d x, d east / d y, d south / d x, d south / d y, for x east and y south [1/m].
    across_east, across_south
        Unit vector across the track; detectors follow one another along it.
    seam, width
        Where along that axis a seam between detectors lies, and how wide a detector is [m].
    stagger_east, stagger_south
        Added on odd detectors, subtracted on even ones [1].
    """

    east: float
    south: float
    gradient: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    across_east: float = 1.0
    across_south: float = 0.0
    seam: float = 0.0
    width: float = 1e9
    stagger_east: float = 0.0
    stagger_south: float = 0.0

    def packed(self) -> npt.NDArray[np.float64]:
        """As one array, for kernels."""
        return np.array(
            [
                self.east,
                self.south,
                *self.gradient,
                self.across_east,
                self.across_south,
                self.seam,
                self.width,
                self.stagger_east,
                self.stagger_south,
            ]
        )

    def at(self, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """(east, south) at places [m]."""
        x, y = np.asarray(x, float), np.asarray(y, float)
        sign = np.where(self.detector(x, y) % 2 == 1, 1.0, -1.0)
        g = self.gradient
        return self.east + g[0] * x + g[1] * y + sign * self.stagger_east, self.south + g[2] * x + g[
            3
        ] * y + sign * self.stagger_south

    def detector(self, x: npt.ArrayLike, y: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Detector index at places [m]; may be negative: only its order and parity matter."""
        across = np.asarray(x, float) * self.across_east + np.asarray(y, float) * self.across_south
        return np.floor((across - self.seam) / self.width).astype(np.int64)


@jit
def direction(rays: npt.NDArray[np.float64], x: float, y: float) -> tuple[float, float]:
    """Run east and south per metre of climb at a place."""
    detector = int(np.floor((x * rays[6] + y * rays[7] - rays[8]) / rays[9]))
    sign = 1.0 if detector % 2 == 1 else -1.0
    return rays[0] + rays[2] * x + rays[3] * y + sign * rays[10], rays[1] + rays[4] * x + rays[5] * y + sign * rays[11]


@jit
def _climb(
    x0: float,
    y0: float,
    z0: float,
    dx: float,
    dy: float,
    cloud: Cells,
    zmin: float,
    zmax: float,
    enough: float,
) -> tuple[float, float, float]:
    """Cloudy length along a ray [m], and its means weighted by length: altitude [m] and light [1]."""
    base, thickness, light, low, high, cell, ox, oy = cloud
    n = base.shape[0]
    run = np.sqrt(1.0 + dx * dx + dy * dy)
    dz = min(LONGEST_STEP, cell / max(abs(dx), abs(dy), 1e-6))
    length = 0.0
    height = 0.0
    brightness = 0.0
    z = max(z0, zmin)
    while z < zmax and length < enough:
        u = (x0 + (z - z0) * dx - ox) / cell
        v = (y0 + (z - z0) * dy - oy) / cell
        fu, fv = np.floor(u), np.floor(v)
        j, i = int(fu), int(fv)
        if i < 0 or j < 0 or i >= n or j >= n:
            # Beyond the layer there is no cloud, and a straight ray does not come back.
            break
        bi, bj = i // BLOCK, j // BLOCK
        if high[bi, bj] <= z or low[bi, bj] >= z + dz:
            # Nothing here at this altitude: climb to where the ray leaves the block, or to the lowest base in it.
            iu = float(j % BLOCK) + (u - fu)
            iv = float(i % BLOCK) + (v - fv)
            leave = 1e9
            if dx > 1e-9:
                leave = min(leave, (BLOCK - iu) * cell / dx)
            elif dx < -1e-9:
                leave = min(leave, -iu * cell / dx)
            if dy > 1e-9:
                leave = min(leave, (BLOCK - iv) * cell / dy)
            elif dy < -1e-9:
                leave = min(leave, -iv * cell / dy)
            if high[bi, bj] > z:
                leave = min(leave, low[bi, bj] - z)
            z += max(leave, 0.0) + 1e-3
            continue
        middle = z + 0.5 * dz
        u = (x0 + (middle - z0) * dx - ox) / cell - 0.5
        v = (y0 + (middle - z0) * dy - oy) / cell - 0.5
        fu, fv = np.floor(u), np.floor(v)
        au, av = u - fu, v - fv
        j, i = min(max(int(fu), 0), n - 1), min(max(int(fv), 0), n - 1)
        j1, i1 = min(j + 1, n - 1), min(i + 1, n - 1)
        t = (1 - av) * ((1 - au) * thickness[i, j] + au * thickness[i, j1]) + av * (
            (1 - au) * thickness[i1, j] + au * thickness[i1, j1]
        )
        if t > 0.0:
            # Bases belong to objects and are not mixed: the nearest cloudy cell says it.
            ni, nj = (i1 if av > 0.5 else i), (j1 if au > 0.5 else j)
            if thickness[ni, nj] <= 0.0:
                ni, nj = (
                    (i, j)
                    if thickness[i, j] > 0
                    else (i, j1)
                    if thickness[i, j1] > 0
                    else (i1, j)
                    if thickness[i1, j] > 0
                    else (i1, j1)
                )
            b = base[ni, nj]
            bottom, top = max(z, b), min(z + dz, b + t)
            if top > bottom:
                piece = (top - bottom) * run  # (SIM-4)
                length += piece
                height += piece * 0.5 * (top + bottom)
                brightness += piece * light[ni, nj]
        z += dz
    if length > 0.0:
        return length, height / length, brightness / length
    return 0.0, 0.0, 0.0


@jit
def _reach(
    rays: npt.NDArray[np.float64],
    row0: int,
    top: int,
    bottom: int,
    left: int,
    right: int,
    step: float,
    cloud: Cells,
    zmax: float,
) -> tuple[float, float]:
    """Altitudes between which the rays of a tile of the image can meet cloud at all: lowest base and highest top of the
    blocks under their sweep.
    """
    base, _, _, low, high, cell, ox, oy = cloud
    n = base.shape[0]
    x_low, x_high, y_low, y_high = 1e30, -1e30, 1e30, -1e30
    for y in (float(row0 + top), float(row0 + bottom)):
        for x in (float(left), float(right)):
            for sign in (-1.0, 1.0):
                # Both sides of a seam, wherever it lies. The climb starts at the ground, somewhere between 0 and the
                # highest top.
                dx = rays[0] + rays[2] * x * step + rays[3] * y * step + sign * rays[10]
                dy = rays[1] + rays[4] * x * step + rays[5] * y * step + sign * rays[11]
                for z in (0.0, zmax):
                    x_low, x_high = min(x_low, x * step + z * dx), max(x_high, x * step + z * dx)
                    y_low, y_high = min(y_low, y * step + z * dy), max(y_high, y * step + z * dy)
    j0, j1 = int(np.floor((x_low - ox) / cell)) - 2, int(np.floor((x_high - ox) / cell)) + 2
    i0, i1 = int(np.floor((y_low - oy) / cell)) - 2, int(np.floor((y_high - oy) / cell)) + 2
    below, above = 1e9, -1.0
    for bi in range(max(i0, 0) // BLOCK, min(i1, n - 1) // BLOCK + 1):
        for bj in range(max(j0, 0) // BLOCK, min(j1, n - 1) // BLOCK + 1):
            if high[bi, bj] > 0:
                below, above = min(below, low[bi, bj]), max(above, high[bi, bj])
    return below, above


@parallel_jit
def _march(
    row0: int,
    step: float,
    ground: Float32,
    stride: int,
    rays: npt.NDArray[np.float64],
    cloud: Cells,
    zmax: float,
    extinction: float,
    tau: Float32,
    height: Float32,
    brightness: Float32,
) -> None:
    rows, cols = tau.shape
    half = stride // 2
    last_row, last_col = ground.shape[0] - 1, ground.shape[1] - 1
    tiles_down, tiles_across = (rows + TILE - 1) // TILE, (cols + TILE - 1) // TILE
    for tile in numba.prange(tiles_down * tiles_across):
        top, left = (tile // tiles_across) * TILE, (tile % tiles_across) * TILE
        bottom, right = min(top + TILE, rows), min(left + TILE, cols)
        below, above = _reach(rays, row0, top, bottom, left, right, step, cloud, zmax)
        for i in range(top, bottom):
            for j in range(left, right):
                length, h, b = 0.0, 0.0, 0.0
                if above > below:
                    x, y = (j + 0.5) * step, (row0 + i + 0.5) * step
                    dx, dy = direction(rays, x, y)
                    z0 = float(ground[min((row0 + i) * stride + half, last_row), min(j * stride + half, last_col)])
                    length, h, b = _climb(x, y, z0, dx, dy, cloud, below, above, 1e9)
                tau[i, j] = length * extinction
                height[i, j] = h
                brightness[i, j] = b


def march(
    layer: Layer,
    bounds: tuple[Float32, Float32],
    rays: Rays,
    ground: Float32,
    row0: int,
    shape: tuple[int, int],
    step: float,
    stride: int = 1,
) -> tuple[Float32, Float32, Float32]:
    """What rays from the ground meet in a layer.

    Parameters
    ----------
    ground
        Altitude of the ground [m] on the finest grid; ray (i, j) starts from sample ((row0 + i) * stride + stride // 2,
        j * stride + stride // 2).
    row0, shape, step
        First row, (rows, columns) and spacing [m] of the rays.

    Returns
    -------
    optical thickness [1], mean altitude [m], mean light [1]
        Float32 of `shape`; all 0 where the ray stays in clear air.
    """
    tau, height, brightness = np.empty(shape, np.float32), np.empty(shape, np.float32), np.empty(shape, np.float32)
    zmax = float(bounds[1].max())
    if zmax < 0:
        tau[:], height[:], brightness[:] = 0, 0, 0
        return tau, height, brightness
    _march(
        row0, step, ground, stride, rays.packed(), layer.cells(bounds), zmax, layer.extinction, tau, height, brightness
    )
    return tau, height, brightness


@parallel_jit
def _from_tops(
    own: Float32,
    own_base: Float32,
    own_cell: float,
    own_x: float,
    own_y: float,
    rays: npt.NDArray[np.float64],
    cloud: Cells,
    zmin: float,
    zmax: float,
    extinction: float,
    tau: Float32,
) -> None:
    n = own.shape[0]
    for i in numba.prange(n):
        for j in range(n):
            if own[i, j] > 0:
                x, y = own_x + (j + 0.5) * own_cell, own_y + (i + 0.5) * own_cell
                dx, dy = direction(rays, x, y)
                z0 = float(own_base[i, j] + own[i, j]) - 2.0
                length, _, _ = _climb(x, y, z0, dx, dy, cloud, zmin, zmax, 20.0 / extinction)
                tau[i, j] += length * extinction


def above_tops(layer: Layer, other: Layer, bounds: tuple[Float32, Float32], sun: Rays, tau: Float32) -> None:
    """Add to `tau`, on the cells of `layer`, the optical thickness of `other` between each cloud top and the Sun."""
    low, high = bounds
    if high.max() < 0:
        return
    _from_tops(
        layer.thickness,
        layer.base,
        layer.cell,
        *layer.origin,
        sun.packed(),
        other.cells(bounds),
        float(low.min()),
        float(high.max()),
        other.extinction,
        tau,
    )
