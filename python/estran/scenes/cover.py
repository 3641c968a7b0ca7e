"""What covers a landscape: breakers, beaches, fields, towns, woods, rock and snow, material by material on the 10 m
grid.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from estran.jit import jit, parallel_jit
from estran.scenes.chance import scatter
from estran.scenes.spectra import CODE

Float32 = npt.NDArray[np.float32]
UInt8 = npt.NDArray[np.uint8]

DEEP, TURBID, SHALLOW, FOAM, LAKE = (
    CODE[k] for k in ("deep_water", "turbid_water", "shallow_sand", "foam", "lake_water")
)
CONIFER, BROADLEAF, CROP, GRASS, STUBBLE = (CODE[k] for k in ("conifer", "broadleaf", "crop", "grass", "stubble"))
BROWN, LIGHT, DARK = (CODE[k] for k in ("soil_brown", "soil_light", "soil_dark"))
DRY, WHITE, WET = (CODE[k] for k in ("sand_dry", "sand_white", "sand_wet"))
GREY, LIME = CODE["rock_grey"], CODE["rock_lime"]
ASPHALT, CONCRETE, TILE, BRIGHT, ROOF = (
    CODE[k] for k in ("asphalt", "concrete", "roof_tile", "roof_bright", "roof_dark")
)
FRESH, OLD = CODE["snow_fresh"], CODE["snow_old"]


class Fields(NamedTuple):
    """What decides on the cover, float32 on the 20 m grid: distances to the shore and to rivers [m], elevation [m],
    slope [1]; the others are inclinations [1], above 0 where there is that.
    """

    coast: Float32
    elevation: Float32
    slope: Float32
    river: Float32
    lake: Float32
    towns: Float32
    woods: Float32
    sandy: Float32
    snow: Float32
    hollow: Float32


@jit
def _between(field: Float32, y: float, x: float) -> float:
    """Bilinear sample of a 20 m field at 20 m pixel coordinates (centres at integers), clamped at the edges."""
    rows, cols = field.shape
    y, x = min(max(y, 0.0), rows - 1.001), min(max(x, 0.0), cols - 1.001)
    i, j = int(y), int(x)
    a, b = x - j, y - i
    return float(
        (1 - b) * ((1 - a) * field[i, j] + a * field[i, j + 1])
        + b * ((1 - a) * field[i + 1, j] + a * field[i + 1, j + 1])
    )


@jit
def _region(seed: int, x: float, y: float, size: float) -> tuple[int, int]:
    """The cell of a jittered lattice (Worley 1996) that a place belongs to."""
    ci, cj = int(np.floor(y / size)), int(np.floor(x / size))
    best, bi, bj = 1e30, ci, cj
    for i in range(ci - 1, ci + 2):
        for j in range(cj - 1, cj + 2):
            py = (i + 0.15 + 0.7 * scatter(seed, i, j)) * size
            px = (j + 0.15 + 0.7 * scatter(seed + 1, i, j)) * size
            d = (py - y) ** 2 + (px - x) ** 2
            if d < best:
                best, bi, bj = d, i, j
    return bi, bj


@jit
def _field(seed: int, x: float, y: float) -> tuple[int, int, float, float]:
    """Fields: parcels of a lattice that turns from region to region. Two materials, fraction of the
    second, brightness.
    """
    ri, rj = _region(seed + 100, x, y, 1400.0)
    angle = np.pi * scatter(seed + 101, ri, rj)
    c, s = np.cos(angle), np.sin(angle)
    u, v = x * c + y * s, y * c - x * s
    wide = 90.0 + 260.0 * scatter(seed + 102, ri, rj) ** 2
    iu = int(np.floor(u / wide))
    long = wide * (1.0 + 2.5 * scatter(seed + 103, iu, ri * 7919 + rj))
    v += 1000.0 * scatter(seed + 104, iu, ri * 7919 + rj)
    iv = int(np.floor(v / long))
    edge = min(min(u / wide - iu, 1 - (u / wide - iu)) * wide, min(v / long - iv, 1 - (v / long - iv)) * long)
    key = ri * 7919 + rj * 104729 + iu * 31
    kind = scatter(seed + 105, key, iv)
    tone = 0.82 + 0.36 * scatter(seed + 106, key, iv)
    cover = scatter(seed + 107, key, iv)
    if edge < 6.0 and scatter(seed + 108, key, iv) < 0.6:
        return BROADLEAF, GRASS, 0.5, 0.9
    if kind < 0.36:
        return BROWN, CROP, 0.55 + 0.45 * cover, tone
    if kind < 0.56:
        return GRASS, CROP, 0.35 * cover, tone
    if kind < 0.74:
        return STUBBLE, BROWN, 0.6 * cover, tone
    if kind < 0.90:
        return BROWN, CROP, 0.22 * cover, tone
    if kind < 0.96:
        return LIGHT, STUBBLE, 0.6 * cover, tone
    return DARK, CROP, 0.3 * cover, tone


@jit
def _town(seed: int, x: float, y: float, dense: float) -> tuple[int, int, float, float]:
    """Towns: streets, blocks, houses and sheds."""
    ri, rj = _region(seed + 200, x, y, 900.0)
    angle = np.pi * scatter(seed + 201, ri, rj)
    c, s = np.cos(angle), np.sin(angle)
    u, v = x * c + y * s, y * c - x * s
    wide, long = 70.0 + 60.0 * scatter(seed + 202, ri, rj), 90.0 + 90.0 * scatter(seed + 203, ri, rj)
    iu, iv = int(np.floor(u / wide)), int(np.floor(v / long))
    pu, pv = u - iu * wide, v - iv * long
    street = 9.0 if (iu % 5 and iv % 5) else 22.0
    if pu < street or pv < street:
        return ASPHALT, CONCRETE, 0.2 + 0.4 * scatter(seed + 204, iu, iv), 1.0
    key = ri * 7919 + rj * 104729 + iu * 613 + iv
    use = scatter(seed + 205, key, 0)
    if use < 0.10:
        return GRASS, BROADLEAF, 0.5, 0.9
    if use < 0.10 + 0.16 * dense:
        # Sheds and halls: one roof for half a block.
        half = int(pv > 0.5 * long)
        roof = scatter(seed + 206, key, half)
        if roof < 0.35:
            return BRIGHT, CONCRETE, 0.5 * scatter(seed + 207, key, half), 0.75 + 0.45 * scatter(seed + 208, key, half)
        if roof < 0.75:
            return CONCRETE, ROOF, 0.3, 0.85 + 0.3 * scatter(seed + 208, key, half)
        return ROOF, ASPHALT, 0.3, 1.0
    hu, hv = int(np.floor(pu / 17.0)), int(np.floor(pv / 17.0))
    house = scatter(seed + 209, key, hu * 64 + hv)
    tone = 0.75 + 0.7 * scatter(seed + 210, key, hu * 64 + hv)
    garden = 0.40 - 0.32 * dense
    if house < garden:
        return GRASS, BROADLEAF, 0.6, 0.9
    if house < garden + 0.32:
        return TILE, ASPHALT, 0.25, tone
    if house < garden + 0.58:
        return CONCRETE, TILE, 0.15, tone
    if house < garden + 0.66:
        return BRIGHT, CONCRETE, 0.55, tone
    if house < 0.92:
        return ROOF, CONCRETE, 0.35, tone
    return ASPHALT, GRASS, 0.2, 1.0


@parallel_jit
def cover(
    seed: int,
    treeline: float,
    fields: Fields,
    grain: Float32,
    swell: Float32,
    first: UInt8,
    second: UInt8,
    mix: UInt8,
    tone: Float32,
) -> None:
    """Fill materials, their mixture and brightness, as of :class:`~estran.scenes.landscape.Landscape`.

    Parameters
    ----------
    seed
        Of the scene.
    treeline
        Altitude above which no trees grow [m].
    fields
        What decides.
    grain, swell
        Textures that repeat over the scene, fine and coarse, of mean 0 and deviation 1.
    first, second, mix, tone
        Filled; 10 m grid.
    """
    coast, elevation, slope, river, lake, towns, woods, sandy, snow, hollow = fields
    rows, cols = first.shape
    r = grain.shape[0]
    for i in numba.prange(rows):
        for j in range(cols):
            y, x = 0.5 * i - 0.25, 0.5 * j - 0.25
            g = float(grain[i % r, j % r])
            w = float(swell[i % r, j % r])
            shore = _between(coast, y, x) + 7.0 * w
            e, n = 10.0 * j, 10.0 * i
            a, b, fraction, bright = DEEP, TURBID, 0.0, 1.0
            sand = _between(sandy, y, x)
            width = max(0.0, 75.0 * sand)
            flow = _between(river, y, x)
            pool = _between(lake, y, x)
            if shore < 0:
                depth = -shore
                bright = 1.0 + 0.05 * g + 0.04 * w
                muddy = np.exp(-depth / 1500.0) * (0.30 + 0.30 * _between(hollow, y * 0.5, x * 0.5))
                muddy = min(max(muddy, 0.0), 0.85)
                if sand > 0 and depth < 900.0 and np.exp(-depth / 160.0) > muddy:
                    a, b, fraction = DEEP, SHALLOW, np.exp(-depth / 160.0)
                else:
                    a, b, fraction = DEEP, TURBID, muddy
                # Breakers: lines of foam where the beach is open.
                surf = depth + 22.0 * w
                if width > 20 and ((surf > 5 and surf < 17) or (surf > 45 and surf < 55 and g > 0.4)):
                    a, b, fraction = SHALLOW, FOAM, 0.55 + 0.3 * scatter(seed + 9, i, j)
            else:
                height, steep = _between(elevation, y, x), _between(slope, y, x)
                urban = _between(towns, y, x)
                tree = _between(woods, y, x)
                white = _between(snow, y, x)
                wide = 55.0 * (0.35 + 0.65 * np.exp(-height / 25.0))
                if flow < wide:
                    a, b, fraction, bright = LAKE, TURBID, 0.55, 1.0 + 0.04 * g
                elif pool > 0:
                    a, b, fraction, bright = LAKE, TURBID, 0.15, 1.0 + 0.04 * g
                elif shore < width:
                    bright = 1.0 + 0.05 * g
                    if shore < 0.22 * width:
                        a, b, fraction = WET, DRY, shore / (0.22 * width)
                    else:
                        a, b, fraction = DRY, WHITE, min(max(0.5 + 0.5 * sand - 0.5, 0.0), 1.0)
                elif width > 0 and shore < 1.6 * width:
                    a, b, fraction, bright = DRY, GRASS, 0.5 + 0.3 * g, 1.0
                elif urban > 0 and height < 200 and steep < 0.12 and shore > 60:
                    a, b, fraction, bright = _town(seed, e, n, min(urban / 0.8, 1.0))
                    bright *= 1.0 + 0.05 * g
                elif steep > 1.1 + 0.12 * g or height > treeline + 450 + 150 * w - 500 * (steep - 0.5):
                    a, b, fraction, bright = GREY, LIME, min(max(0.45 + 0.25 * w, 0.0), 1.0), 1.0 + 0.10 * g
                elif height > treeline + 120 * w:
                    a, b, fraction, bright = GRASS, GREY, min(max(0.4 + 0.2 * g, 0.0), 1.0), 1.0 + 0.06 * g
                elif tree > 0 or (height > 220 and tree > -0.9 + 0.4 * g) or steep > 0.28:
                    high = min(max((height - 0.3 * treeline) / (0.4 * treeline), 0.0), 1.0)
                    a, b, fraction, bright = BROADLEAF, CONIFER, min(max(high + 0.15 * w, 0.0), 1.0), 1.0 + 0.11 * g
                elif height > 220:
                    a, b, fraction, bright = GRASS, STUBBLE, min(max(0.35 + 0.25 * w, 0.0), 1.0), 1.0 + 0.06 * g
                else:
                    a, b, fraction, bright = _field(seed, e, n)
                    bright *= 1.0 + 0.035 * g
                if white > 0 and flow >= wide and pool <= 0:
                    # Trees stand out of the snow; elsewhere it covers what is below, thinly at its edge.
                    cover = min(white / 0.7, 1.0)
                    if a == BROADLEAF:
                        a, b, fraction = CONIFER, FRESH, 0.35 * cover
                    elif cover > 0.97:
                        a, b, fraction, bright = (
                            FRESH,
                            OLD,
                            min(max(0.35 + 0.3 * w - 0.2 * white, 0.0), 1.0),
                            1.0 + 0.015 * g,
                        )
                    elif fraction > 0.5:
                        a, b, fraction = b, FRESH, cover
                    else:
                        b, fraction = FRESH, cover
            first[i, j], second[i, j] = a, b
            mix[i, j] = int(min(max(fraction, 0.0), 1.0) * 255.0 + 0.5)
            tone[i, j] = min(max(bright, 0.4), 1.6)


@parallel_jit
def fraction_of(first: UInt8, second: UInt8, mix: UInt8, codes: UInt8) -> Float32:
    """Fraction of a set of materials in each 20 m pixel."""
    rows, cols = first.shape[0] // 2, first.shape[1] // 2
    fraction = np.zeros((rows, cols), np.float32)
    for i in numba.prange(rows):
        for j in range(cols):
            total = 0.0
            for k in range(4):
                y, x = 2 * i + k // 2, 2 * j + k % 2
                m = mix[y, x] / 255.0
                for code in codes:
                    if first[y, x] == code:
                        total += 0.25 * (1 - m)
                    if second[y, x] == code:
                        total += 0.25 * m
            fraction[i, j] = total
    return fraction
