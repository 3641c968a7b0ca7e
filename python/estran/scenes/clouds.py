"""Fields of cloud with known place, height and thickness."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numba
import numpy as np
import numpy.typing as npt

from estran.jit import jit, parallel_jit
from estran.scenes.chance import fractal, stream
from estran.scenes.march import Layer, Rays, above_tops

Float32 = npt.NDArray[np.float32]
Int32 = npt.NDArray[np.int32]

ASYMMETRY = 0.85
"""Asymmetry factor of cloud droplets in sunlight (Hansen and Travis 1974, Space Sci. Rev. 16)."""
CUMULUS_EXTINCTION = 0.060
STRATUS_EXTINCTION = 0.060
CIRRUS_EXTINCTION = 6e-4
"""Extinction coefficients [1/m]: Stephens (1978, J. Atmos. Sci. 35, 2123) gives 0.02-0.1 for low water clouds;
cirrus after Sassen and Comstock (2001, J. Atmos. Sci. 58, 2113)."""


@dataclass(frozen=True)
class CloudField:
    """Layers from low to high, with the identity of each cell's object (0: none) on the layer's grid."""

    layers: tuple[Layer, ...]
    identity: tuple[Int32, ...]


@jit
def reflectance(tau: float) -> float:
    """Share of light that a flat cloud sends back (two streams, no absorption; Liou 2002, 6.5)."""
    scaled = 0.8660254 * (1 - ASYMMETRY) * tau
    return float(scaled / (1.0 + scaled)) if scaled > 0 else 0.0  # (SIM-9)


@jit
def beam(tau: float) -> float:
    """Share of sunlight that goes straight on, the forward peak included (delta-Eddington: Joseph, Wiscombe and Weinman 1976, J. Atmos. Sci. 33, 2452)."""
    return float(np.exp(-(1 - ASYMMETRY * ASYMMETRY) * tau))  # (SIM-10)


@parallel_jit
def _stamp(
    base: Float32,
    thickness: Float32,
    identity: Int32,
    puffs: npt.NDArray[np.float64],
    rough: Float32,
    fine: Float32,
    number: int,
    altitude: float,
) -> int:
    """Draw one object: the union of caps with ragged edges; answers with the number of cells that were clear before.

    A puff is (row, column, radius across, radius along, cos, sin, height) in cells and metres.
    """
    n = base.shape[0]
    r = rough.shape[0]
    reach = 0.0
    for p in range(puffs.shape[0]):
        reach = max(reach, max(puffs[p, 2], puffs[p, 3]))
    top = int(np.floor(puffs[:, 0].min() - 1.3 * reach))
    bottom = int(np.ceil(puffs[:, 0].max() + 1.3 * reach))
    left = int(np.floor(puffs[:, 1].min() - 1.3 * reach))
    right = int(np.ceil(puffs[:, 1].max() + 1.3 * reach))
    bottom, right = min(bottom, top + n - 1), min(right, left + n - 1)
    fresh = 0
    for i in numba.prange(top, bottom + 1):
        for j in range(left, right + 1):
            ragged = rough[(i + 17 * number) % r, (j + 31 * number) % r]
            small = fine[(i + 7 * number) % r, (j + 13 * number) % r]
            t = 0.0
            for p in range(puffs.shape[0]):
                v, u = i - puffs[p, 0], j - puffs[p, 1]
                a = (u * puffs[p, 4] + v * puffs[p, 5]) / puffs[p, 2]
                b = (v * puffs[p, 4] - u * puffs[p, 5]) / puffs[p, 3]
                q = a * a + b * b
                if q < 1.7:
                    q += 0.22 * ragged + 0.10 * small
                    if q < 1.0:
                        t = max(t, puffs[p, 6] * (1 - max(q, 0.0)) ** 0.42 * (1.0 + 0.12 * small))
            if t > 0:
                ii, jj = i % n, j % n
                if thickness[ii, jj] == 0:
                    fresh += 1
                if altitude + t > base[ii, jj] + thickness[ii, jj] or thickness[ii, jj] == 0:
                    base[ii, jj] = altitude
                    thickness[ii, jj] = t
                    identity[ii, jj] = number
    return fresh


def _puffs(
    rng: np.random.Generator, row: float, col: float, radius: float, tall: float, cell: float, stretch: float, heading: float
) -> npt.NDArray[np.float64]:
    """The caps of a cumulus of a radius [m]: many small ones around a few large ones, drawn out along the wind."""
    count = int(np.clip(radius / 35.0, 2, 40))
    offsets = rng.normal(0, 0.42 * radius, (count, 2)) * np.array([stretch, 1 / stretch])
    size = radius * (rng.uniform(0.22, 0.62, count) if count > 4 else rng.uniform(0.45, 0.9, count))
    c, s = np.cos(heading), np.sin(heading)
    u = offsets[:, 0] * c - offsets[:, 1] * s
    v = offsets[:, 0] * s + offsets[:, 1] * c
    distance = np.hypot(offsets[:, 0], offsets[:, 1]) / max(radius, 1.0)
    height = tall * np.clip(1.05 - 0.55 * distance, 0.35, 1.0) * rng.uniform(0.75, 1.0, count)
    turn = rng.uniform(0, np.pi, count)
    squash = rng.uniform(0.75, 1.25, count)
    return np.column_stack([row + v / cell, col + u / cell, size / cell * squash, size / cell / squash, np.cos(turn), np.sin(turn), height])


def _empty(n: int, cell: float, origin: tuple[float, float], extinction: float, ice: bool = False) -> Layer:
    return Layer(np.zeros((n, n), np.float32), np.zeros((n, n), np.float32), np.ones((n, n), np.float32), cell, origin, extinction, ice)


def cumulus(
    seed: int,
    n: int,
    cell: float,
    origin: tuple[float, float],
    cover: float,
    altitude: float,
    spread: float,
    tallest: float,
    largest: float,
    floor: tuple[Float32, float] | None,
    first: int,
    name: str = "cumulus",
) -> tuple[Layer, Int32]:
    """A field of cumulus: objects of a power law of sizes, each with a flat base of its own.

    Parameters
    ----------
    n, cell, origin
        Grid: cells on a side, their size [m], its corner [m].
    cover
        Share of the grid to fill.
    altitude, spread
        Mean and standard deviation of the bases [m].
    tallest, largest
        Greatest thickness and radius [m].
    floor
        Altitude of the ground and its pixel [m]: bases stay 300 m above what lies beneath.
    first
        Number of the first object.
    """
    rng = stream(seed, name)
    layer = _empty(n, cell, origin, CUMULUS_EXTINCTION)
    identity = np.zeros((n, n), np.int32)
    rough = fractal(rng, 512, 1.7, 64.0, 3.0)
    fine = fractal(rng, 512, 1.3, 12.0, 2.0)
    where = fractal(rng, 128, 1.8, 64.0, 4.0)
    stretch, heading = rng.uniform(1.0, 1.5), rng.uniform(0, np.pi)
    target, filled, number = cover * n * n, 0, first
    # Areas of cumulus fall as a power of the radius near 2 (Plank 1969; Neggers et al. 2003, J. Atmos. Sci. 60, 1060: 1.7 below the scale break).
    exponent = 1.9
    smallest = 40.0
    while filled < target and number - first < 20000:
        # Inverse of the cumulative power law r^-exponent between the smallest and the largest radius.
        share = rng.uniform()
        low, high = smallest ** (1 - exponent), largest ** (1 - exponent)
        radius = float((low + share * (high - low)) ** (1 / (1 - exponent)))
        row, col = rng.uniform(0, n, 2)
        base = float(altitude + spread * rng.standard_normal())
        tall = float(np.clip(60.0 + 0.45 * radius, 80.0, tallest) * rng.uniform(0.8, 1.1))
        puffs = _puffs(rng, row, col, radius, tall, cell, stretch, heading)
        if where[int(row / n * 128), int(col / n * 128)] < rng.normal(-0.2, 0.5):
            continue
        if floor is not None:
            base = max(base, _ground_below(floor, layer, row, col, radius) + 300.0)
        filled += _stamp(layer.base, layer.thickness, identity, puffs, rough, fine, number, base)
        number += 1
    return layer, identity


def _ground_below(floor: tuple[Float32, float], layer: Layer, row: float, col: float, radius: float) -> float:
    elevation, pixel = floor
    rows, cols = elevation.shape
    x, y = layer.origin[0] + col * layer.cell, layer.origin[1] + row * layer.cell
    i0, i1 = int(np.clip((y - radius) / pixel, 0, rows - 1)), int(np.clip((y + radius) / pixel, 0, rows - 1))
    j0, j1 = int(np.clip((x - radius) / pixel, 0, cols - 1)), int(np.clip((x + radius) / pixel, 0, cols - 1))
    return float(elevation[i0 : i1 + 1, j0 : j1 + 1].max())


def stratus(seed: int, n: int, cell: float, origin: tuple[float, float], cover: float, altitude: float, number: int) -> tuple[Layer, Int32]:
    """A flat deck with a textured top and a ragged edge; one object."""
    rng = stream(seed, "stratus")
    layer = _empty(n, cell, origin, STRATUS_EXTINCTION)
    wide = fractal(rng, n, 1.9, n * 0.5, 3.0)
    texture = fractal(rng, n, 1.1, 24.0, 2.0)
    threshold = np.quantile(wide, 1 - cover)
    rise = np.clip((wide - threshold) / 0.3 + 0.05 * texture, 0, 1)
    layer.thickness[:] = np.maximum(260.0 * rise**0.7 * (1 + 0.08 * texture), 0)
    layer.base[:] = altitude
    return layer, np.where(layer.thickness > 0, number, 0).astype(np.int32)


def cirrus(seed: int, n: int, cell: float, origin: tuple[float, float], cover: float, altitude: float, thickest: float, number: int) -> tuple[Layer, Int32]:
    """Thin ice cloud in streaks; `thickest` is its greatest vertical optical thickness."""
    rng = stream(seed, "cirrus")
    layer = _empty(n, cell, origin, CIRRUS_EXTINCTION, ice=True)
    wide = fractal(rng, n, 2.0, n * 0.9, 6.0)
    streaks = fractal(rng, n, 1.4, n * 0.5, 2.0)
    # Wind draws streaks out: sample the noise four times as densely across as along.
    i, j = np.indices((n, n))
    streaks = streaks[(i * 2) % n, (j // 2) % n]
    shape = wide + 0.35 * streaks
    thickness = np.clip((shape - np.quantile(shape, 1 - cover)) / 1.2, 0, 1) * thickest / CIRRUS_EXTINCTION
    layer.thickness[:] = thickness
    layer.base[:] = altitude
    return layer, np.where(thickness > 0, number, 0).astype(np.int32)


@parallel_jit
def _face(thickness: Float32, base: Float32, cell: float, tau_above: Float32, sun_east: float, sun_south: float, extinction: float, light: Float32) -> None:
    """Light of each cell's face: its slope to the Sun and what stands between."""
    n = thickness.shape[0]
    for i in numba.prange(n):
        for j in range(n):
            t = thickness[i, j]
            if t <= 0:
                light[i, j] = 1.0
                continue
            # Slopes over four cells: droplets spread light within a cloud over tens of metres.
            east = (thickness[i, (j + 2) % n] - thickness[i, (j - 2) % n]) / (4 * cell)
            south = (thickness[(i + 2) % n, j] - thickness[(i - 2) % n, j]) / (4 * cell)
            # cos(i) / cos(sun zenith) of the face, without the norm that foreshortening cancels.
            facing = 1.0 - (east * sun_east + south * sun_south)
            facing = min(max(facing, 0.3), 1.9)
            lit = np.exp(-0.35 * (1 - ASYMMETRY * ASYMMETRY) * tau_above[i, j])
            full = 0.42 + 0.58 * (0.35 + 0.65 * facing) * lit
            # A thin cloud has no face.
            thick = 1.0 - np.exp(-0.25 * t * extinction)
            light[i, j] = 1.0 + thick * (full - 1.0)  # (SIM-11)


def lit(field: CloudField, sun: Rays) -> CloudField:
    """The field with the light of each layer's face under a Sun."""
    layers = []
    for layer in field.layers:
        tau = np.zeros_like(layer.thickness)
        if not layer.ice:
            for other in field.layers:
                if not other.ice and float(other.base.max()) + 1.0 >= float(layer.base[layer.thickness > 0].min(initial=1e9)):
                    above_tops(layer, other, other.bounds(), sun, tau)
        light = np.ones_like(layer.thickness)
        if not layer.ice:
            _face(layer.thickness, layer.base, layer.cell, tau, sun.east, sun.south, layer.extinction, light)
        layers.append(replace(layer, light=light))
    return CloudField(tuple(layers), field.identity)
