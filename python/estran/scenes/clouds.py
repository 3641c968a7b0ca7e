"""Fields of cloud with known place, height and thickness."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numba
import numpy as np
import numpy.typing as npt

from estran.jit import jit, parallel_jit
from estran.scenes.chance import fractal, stream
from estran.scenes.layer import BLOCK, Layer
from estran.scenes.march import Rays, above_tops

Float32 = npt.NDArray[np.float32]
Int32 = npt.NDArray[np.int32]

ASYMMETRY = 0.85
"""Asymmetry factor of cloud droplets in sunlight (Hansen and Travis 1974, Space Sci. Rev. 16)."""
TWO_STREAM = 0.8660254
"""Half the root of 3: of Gaussian quadrature with two streams (Liou 2002, 6.5)."""
CUMULUS_EXTINCTION = 0.10
STRATUS_EXTINCTION = 0.08
CIRRUS_EXTINCTION = 6e-4
"""Extinction coefficients [1/m]: Stephens (1978, J. Atmos. Sci. 35, 2123) gives 0.02-0.1 for low water clouds;
cirrus after Sassen and Comstock (2001, J. Atmos. Sci. 58, 2113)."""
CUMULUS_CELL, STRATUS_CELL, CIRRUS_CELL = 10.0, 20.0, 60.0
"""Cells of the layers [m]."""
EXPONENT, SMALLEST = 1.7, 40.0
"""Numbers of cumulus fall as this power of their radius, from this one on [m] (Neggers, Jonker and Siebesma 2003, J.
Atmos. Sci. 60, 1060).
"""
CLEARANCE = 300.0
"""Height of the base of cumulus above the ground below, at least [m]."""
TALL, TALL_PER_RADIUS, SHORTEST = 45.0, 0.30, 55.0
"""Thickness of cumulus without and by radius, and the least of it, before a factor is drawn [m]."""
STRATUS_THICKNESS = 200.0
"""Of a deck [m]."""
# Light of a cloud's face (SIM-11).
LEAST_FACING, MOST_FACING = 0.3, 1.9
"""Bounds of the light of a face that is turned from or to the Sun, relative to a flat one."""
SCATTERED, STRAIGHT = 0.42, 0.58
"""Light of a face that comes from everywhere, and from the Sun."""
FLAT, TURNED = 0.35, 0.65
"""Of the latter what does not depend on the face's slope, and what does."""
SHADED = 0.35
"""Fraction of the optical thickness of cloud in between that takes from the light of a face."""
THIN = 0.25
"""Fraction of a cloud's own optical thickness that decides how much of a face it has: a thin cloud has none."""


@dataclass(frozen=True)
class CloudField:
    """Layers from low to high, with the identity of each cell's object (0: none) on the layer's grid."""

    layers: tuple[Layer, ...]
    identity: tuple[Int32, ...]


@dataclass(frozen=True)
class CumulusSpec:
    """A field of cumulus to make.

    Parameters
    ----------
    name
        Of its stream of randomness.
    cover
        Fraction of the scene to fill.
    altitude, spread
        Mean and standard deviation of the bases [m].
    tallest, largest
        Greatest thickness and radius [m].
    """

    name: str
    cover: float
    altitude: float
    spread: float
    tallest: float
    largest: float


@dataclass(frozen=True)
class Place:
    """Where the sky is: side of the scene [m], altitude of its ground [m] and the ground's pixel [m], mean slope of the
    view (east, south).

    Clouds are placed where the image shows them, and stand off by altitude times slope: there are none whose shadow
    would enter without them.
    """

    side: float
    ground: Float32
    pixel: float
    view: tuple[float, float]


@jit
def reflectance(tau: float) -> float:
    """Fraction of light that a flat cloud sends back (two streams, no absorption; Liou 2002, 6.5)."""
    scaled = TWO_STREAM * (1 - ASYMMETRY) * tau
    return float(scaled / (1.0 + scaled)) if scaled > 0 else 0.0  # (SIM-9)


@jit
def beam(tau: float) -> float:
    """Fraction of sunlight that goes straight on, the forward peak included (delta-Eddington: Joseph, Wiscombe and
    Weinman 1976, J. Atmos. Sci. 33, 2452).
    """
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
    n, r = base.shape[0], rough.shape[0]
    reach = 0.0
    for p in range(puffs.shape[0]):
        reach = max(reach, max(puffs[p, 2], puffs[p, 3]))
    top = max(int(np.floor(puffs[:, 0].min() - 1.3 * reach)), 0)
    bottom = min(int(np.ceil(puffs[:, 0].max() + 1.3 * reach)) + 1, n)
    left = max(int(np.floor(puffs[:, 1].min() - 1.3 * reach)), 0)
    right = min(int(np.ceil(puffs[:, 1].max() + 1.3 * reach)) + 1, n)
    fresh = 0
    for i in numba.prange(top, bottom):
        for j in range(left, right):
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
                if thickness[i, j] == 0:
                    fresh += 1
                if altitude + t > base[i, j] + thickness[i, j] or thickness[i, j] == 0:
                    base[i, j] = altitude
                    thickness[i, j] = t
                    identity[i, j] = number
    return fresh


def _puffs(
    rng: np.random.Generator,
    row: float,
    col: float,
    radius: float,
    tall: float,
    cell: float,
    stretch: float,
    heading: float,
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
    return np.column_stack(
        [row + v / cell, col + u / cell, size / cell * squash, size / cell / squash, np.cos(turn), np.sin(turn), height]
    )


def _empty(n: int, cell: float, origin: tuple[float, float], extinction: float, ice: bool = False) -> Layer:
    return Layer(
        np.zeros((n, n), np.float32),
        np.zeros((n, n), np.float32),
        np.ones((n, n), np.float32),
        cell,
        origin,
        extinction,
        ice,
    )


MARGIN = 1500.0
"""How far layers reach beyond the scene [m]: clouds in view at its edge may be this far off."""


def _side(place: Place, cell: float, margin: float) -> tuple[int, tuple[float, float]]:
    """Cells on a side of a layer around the scene, and its origin."""
    n = int(np.ceil((place.side + 2 * margin) / cell / BLOCK)) * BLOCK
    corner = 0.5 * (place.side - n * cell)
    return n, (corner, corner)


def cumulus(seed: int, spec: CumulusSpec, place: Place, first: int) -> tuple[Layer, Int32]:
    """A field of cumulus: objects with a power-law distribution of sizes, each with a flat base of its own,
    :data:`CLEARANCE` or more above the ground beneath.

    `first` is the number of the first object.
    """
    rng = stream(seed, spec.name)
    cell = CUMULUS_CELL
    n, origin = _side(place, cell, MARGIN)
    layer = _empty(n, cell, origin, CUMULUS_EXTINCTION)
    identity = np.zeros((n, n), np.int32)
    rough = fractal(rng, 512, 1.7, 64.0, 3.0)
    fine = fractal(rng, 512, 1.3, 12.0, 2.0)
    where = fractal(rng, 128, 1.8, 64.0, 4.0)
    stretch, heading = rng.uniform(1.0, 1.5), rng.uniform(0, np.pi)
    target, filled, number = spec.cover * (place.side / cell) ** 2, 0, first
    low, high = SMALLEST ** (1 - EXPONENT), spec.largest ** (1 - EXPONENT)
    while filled < target and number - first < 20000:
        # Inverse of the cumulative power-law distribution between the smallest and the largest radius.
        radius = float((low + rng.uniform() * (high - low)) ** (1 / (1 - EXPONENT)))
        down, right = rng.uniform(0, place.side, 2)
        base = float(spec.altitude + spec.spread * rng.standard_normal())
        tall = float(np.clip(TALL + TALL_PER_RADIUS * radius, SHORTEST, spec.tallest) * rng.uniform(0.8, 1.1))
        # Clouds cluster: more of them where broad noise is high.
        isolated = where[int(down / place.side * 128), int(right / place.side * 128)] < rng.normal(-0.2, 0.5)
        base = max(base, _highest_below(place, down, right, radius) + CLEARANCE)
        x, y = right + base * place.view[0], down + base * place.view[1]
        puffs = _puffs(rng, (y - origin[1]) / cell, (x - origin[0]) / cell, radius, tall, cell, stretch, heading)
        if isolated:
            continue
        filled += _stamp(layer.base, layer.thickness, identity, puffs, rough, fine, number, base)
        number += 1
    return layer, identity


def _highest_below(place: Place, down: float, right: float, radius: float) -> float:
    rows, cols = place.ground.shape
    i0, i1 = (int(np.clip((down + r) / place.pixel, 0, rows - 1)) for r in (-radius, radius))
    j0, j1 = (int(np.clip((right + r) / place.pixel, 0, cols - 1)) for r in (-radius, radius))
    return float(place.ground[i0 : i1 + 1, j0 : j1 + 1].max())


def stratus(seed: int, cover: float, altitude: float, place: Place, number: int) -> tuple[Layer, Int32]:
    """A flat deck with a textured top and a ragged edge; one object."""
    rng = stream(seed, "stratus")
    # A coarser grid is enough for a deck.
    cell, rim = STRATUS_CELL, 600.0
    n, (x, y) = _side(place, cell, rim)
    layer = _empty(n, cell, (x + altitude * place.view[0], y + altitude * place.view[1]), STRATUS_EXTINCTION)
    wide = fractal(rng, n, 1.9, n * 0.5, 3.0)
    texture = fractal(rng, n, 1.1, 24.0, 2.0)
    # It frays towards the end of the layer, outside the scene.
    inside = np.minimum(np.arange(n), np.arange(n)[::-1]) * cell
    fray = np.clip(1 - np.minimum(inside[:, None], inside[None, :]) / rim, 0, 1) ** 2
    threshold = np.quantile(wide, 1 - cover)
    rise = np.clip((wide - threshold - 4 * fray) / 0.3 + 0.05 * texture, 0, 1)
    layer.thickness[:] = np.maximum(STRATUS_THICKNESS * rise**0.7 * (1 + 0.08 * texture), 0)
    layer.base[:] = altitude
    return layer, np.where(layer.thickness > 0, number, 0).astype(np.int32)


def cirrus(seed: int, cover: float, altitude: float, thickest: float, place: Place, number: int) -> tuple[Layer, Int32]:
    """Thin ice cloud in streaks; `thickest` is its greatest vertical optical thickness."""
    rng = stream(seed, "cirrus")
    cell = CIRRUS_CELL
    n, origin = _side(place, cell, altitude * 0.3)
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
def _face(
    thickness: Float32,
    base: Float32,
    cell: float,
    tau_above: Float32,
    sun_east: float,
    sun_south: float,
    extinction: float,
    light: Float32,
) -> None:
    """Light of each cell's face: its slope to the Sun and what stands between."""
    n = thickness.shape[0]
    for i in numba.prange(n):
        for j in range(n):
            t = thickness[i, j]
            if t <= 0:
                light[i, j] = 1.0
                continue
            # Slopes over four cells: droplets spread light within a cloud over tens of metres.
            east = (thickness[i, min(j + 2, n - 1)] - thickness[i, max(j - 2, 0)]) / (4 * cell)
            south = (thickness[min(i + 2, n - 1), j] - thickness[max(i - 2, 0), j]) / (4 * cell)
            # cos(i) / cos(sun zenith) of the face, without the norm that foreshortening cancels.
            facing = 1.0 - (east * sun_east + south * sun_south)
            facing = min(max(facing, LEAST_FACING), MOST_FACING)
            lit = np.exp(-SHADED * (1 - ASYMMETRY * ASYMMETRY) * tau_above[i, j])
            full = SCATTERED + STRAIGHT * (FLAT + TURNED * facing) * lit
            # A thin cloud has no face.
            thick = 1.0 - np.exp(-THIN * t * extinction)
            light[i, j] = 1.0 + thick * (full - 1.0)  # (SIM-11)


def lit(field: CloudField, sun: Rays) -> CloudField:
    """The field with the light of each layer's face under a Sun."""
    layers = []
    for layer in field.layers:
        tau = np.zeros_like(layer.thickness)
        if not layer.ice:
            for other in field.layers:
                if not other.ice and float(other.base.max()) + 1.0 >= float(
                    layer.base[layer.thickness > 0].min(initial=1e9)
                ):
                    above_tops(layer, other, other.bounds(), sun, tau)
        light = np.ones_like(layer.thickness)
        if not layer.ice:
            _face(layer.thickness, layer.base, layer.cell, tau, sun.east, sun.south, layer.extinction, light)
        layers.append(replace(layer, light=light))
    return CloudField(tuple(layers), field.identity)
