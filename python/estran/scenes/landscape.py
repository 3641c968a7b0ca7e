"""Terrain and what covers it: sea, coast, rivers, lakes, fields, woods, towns, rock and snow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from estran.scenes.chance import fractal, stream
from estran.scenes.cover import Fields, cover, fraction_of
from estran.scenes.spectra import CODE

Float32 = npt.NDArray[np.float32]
UInt8 = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Setting:
    """What makes a kind of landscape."""

    sea: float
    """Fraction of sea."""
    summit: float
    """Height of the mountains [m]."""
    mountains: float
    """Fraction of the land that rises."""
    towns: float
    """Fraction of the lowland that is built up."""
    snowline: float
    """Altitude [m] above which snow lies; drawn 300 m around it."""
    woods: float
    """Fraction of the lowland under trees."""


SETTINGS: Mapping[str, Setting] = {
    "coast": Setting(0.34, 2300.0, 0.40, 0.07, 1500.0, 0.25),
    "mountain": Setting(0.0, 3200.0, 0.85, 0.03, 1900.0, 0.35),
    "city": Setting(0.12, 300.0, 0.15, 0.42, 9000.0, 0.15),
    "snow": Setting(0.10, 1600.0, 0.55, 0.04, -100.0, 0.30),
    "ocean": Setting(0.93, 350.0, 0.20, 0.10, 9000.0, 0.20),
}


@dataclass(frozen=True)
class Landscape:
    """A landscape; arrays on the 20 m grid unless said otherwise.

    Parameters
    ----------
    elevation
        Altitude above sea level [m], 0 on the sea.
    first, second, mix, tone
        At 10 m: two materials per pixel (codes of :mod:`spectra`), the fraction of the second in 255ths, and a factor
        of brightness.
    water, beach, city, snow
        1 where more than half of the pixel is that.
    """

    elevation: Float32
    first: UInt8
    second: UInt8
    mix: UInt8
    tone: Float32
    water: UInt8
    beach: UInt8
    city: UInt8
    snow: UInt8


STEEPNESS = 0.55
"""Median slope of high ground [1], 29 degrees: as in the Alps."""
WATER = tuple(CODE[name] for name in ("deep_water", "turbid_water", "shallow_sand", "lake_water", "foam"))
SAND = tuple(CODE[name] for name in ("sand_dry", "sand_white", "sand_wet"))
SNOW = tuple(CODE[name] for name in ("snow_fresh", "snow_old"))


def landscape(seed: int, size: int, kind: str) -> Landscape:
    """Make a landscape of `size` x `size` pixels of 20 m (:data:`SETTINGS` names the kinds)."""
    setting = SETTINGS[kind]
    rng = stream(seed, "landscape")
    n = max(size, 64)

    # Continents: a tilted plane and broad noise; zero is the shore.
    heading = rng.uniform(0, 2 * np.pi)
    across = np.linspace(-1, 1, n, dtype=np.float32)
    plane = np.cos(heading) * across[None, :] + np.sin(heading) * across[:, None]
    broad = fractal(rng, n, 2.0, n * 0.7, 6.0)
    land = plane + 0.30 * broad
    shore = np.quantile(land, setting.sea) if setting.sea > 0 else land.min() - 0.15
    land = (land - shore).astype(np.float32)

    # Mountains: ridged noise where the land is far from the sea.
    # Crests are where smooth noise changes sign, sharper the higher; a second, finer set makes their spurs.
    crests = 1.0 - np.abs(fractal(rng, n, 2.9, min(n * 1.0, 1000.0), 10.0)) / 1.7
    spurs = 1.0 - np.abs(fractal(rng, n, 2.7, min(n * 0.3, 240.0), 6.0)) / 1.7
    ridges = np.clip(crests, 0, 1) ** 1.3 * (0.80 + 0.20 * np.clip(spurs, 0, 1))
    hills = fractal(rng, n, 2.2, min(n * 0.5, 250.0), 3.0)
    rise = np.clip((land - np.quantile(land, 1 - setting.mountains * (1 - setting.sea))) / 0.6, 0, 1)
    rise = rise * rise * (3 - 2 * rise)
    # A small scene holds a small mountain: slopes stay those of rock.
    summit = min(setting.summit, 0.13 * n * 20.0)
    plain = np.clip(land / 0.3, 0, 1)
    elevation = np.where(land > 0, 2.0 + 45.0 * plain + 14.0 * plain * (hills + 1.5), 0.0)
    elevation += np.where(land > 0, summit * rise * np.clip(0.12 + 0.85 * ridges + 0.02 * hills, 0.02, None), 0.0)
    elevation = _weathered(np.maximum(elevation, 0).astype(np.float32))

    # Rivers follow the zeros of a smooth field through the plains; lakes are hollows.
    course = fractal(rng, n, 2.4, min(n * 0.8, 600.0), 12.0)
    gy, gx = np.gradient(course)
    away = np.abs(course) / np.maximum(np.hypot(gx, gy), 1e-6) * 20.0
    low = (land > 0) & (elevation < 140)
    river = np.where(low, away, 1e4).astype(np.float32)
    hollow = fractal(rng, n, 2.2, min(n * 0.25, 90.0), 6.0)
    lake = np.where(low & (land > 0.05), hollow - np.float32(2.45), -1.0).astype(np.float32)

    towns = fractal(rng, n, 2.1, min(n * 0.5, 260.0), 5.0)
    near_sea = np.exp(-np.clip(land, 0, None) / 0.15)
    towns = (towns + 0.5 * near_sea).astype(np.float32)
    flat = (land > 0.0) & (elevation < 180)
    towns -= np.float32(np.quantile(towns[flat], 1 - setting.towns) if flat.any() else 99.0)

    woods = fractal(rng, n, 1.7, min(n * 0.4, 200.0), 2.5)
    woods = (woods - np.quantile(woods, 1 - setting.woods)).astype(np.float32)
    sandy = (fractal(rng, n, 2.0, min(n * 0.5, 300.0), 20.0) + 0.4).astype(np.float32)
    dy, dx = np.gradient(elevation, 20.0)
    slope = np.hypot(dx, dy).astype(np.float32)
    snowline = setting.snowline + rng.uniform(-300, 300)
    # A small scene has low summits: keep some snow on them.
    if setting.snowline < 5000 and setting.snowline > 0:
        snowline = min(snowline, 0.72 * float(elevation.max()))
    # Trees end below the snow of summer; in a snowy lowland they end where they would without it.
    treeline = min(1750.0, snowline - 150.0) if setting.snowline > 0 else 450.0
    patches = fractal(rng, n, 1.7, 60.0, 3.0)
    # Snow hides in shade and hollows, slides from the steepest rock.
    snow = ((elevation - snowline) / 110.0 + 0.8 * patches - 2.2 * np.clip(slope - 0.75, 0, None) + 0.8 * dy).astype(
        np.float32
    )
    coast = _shore_distance(land > 0)

    first, second = np.zeros((2 * n, 2 * n), np.uint8), np.zeros((2 * n, 2 * n), np.uint8)
    mix, tone = np.zeros((2 * n, 2 * n), np.uint8), np.ones((2 * n, 2 * n), np.float32)
    grain = fractal(rng, 512, 0.9, 30.0, 2.0)
    swell = fractal(rng, 512, 1.2, 40.0, 3.0)
    fields = Fields(coast, elevation, slope, river, lake, towns, woods, sandy, snow, hollow)
    cover(seed, treeline, fields, grain, swell, first, second, mix, tone)
    crop = (slice(0, 2 * size), slice(0, 2 * size))
    first, second, mix = (np.ascontiguousarray(a[crop]) for a in (first, second, mix))
    tone = np.ascontiguousarray(tone[crop])
    masks = [fraction_of(first, second, mix, np.array(codes, np.uint8)) for codes in (WATER, SAND, SNOW)]
    city = ((towns > 0) & flat & (coast > 60))[:size, :size]
    water, beach, snowy = ((m >= 0.5).astype(np.uint8) for m in masks)
    built = (city & (water == 0) & (beach == 0) & (snowy == 0)).astype(np.uint8)
    return Landscape(
        np.ascontiguousarray(elevation[:size, :size]), first, second, mix, tone, water, beach, built, snowy
    )


def _weathered(elevation: Float32) -> Float32:
    """Mountains no steeper than mountains are: heights above 60 m shrink until the median slope of the high ground is
    :data:`STEEPNESS`.
    """
    high = np.asarray(elevation > 250)
    if not high.any():
        return elevation
    dy, dx = np.gradient(elevation, 20.0)
    middle = float(np.median(np.asarray(np.hypot(dx, dy))[high]))
    shrink = np.float32(min(1.0, STEEPNESS / middle))
    return np.where(elevation > 60, 60 + (elevation - 60) * shrink, elevation).astype(np.float32)


def _shore_distance(land: npt.NDArray[np.bool_]) -> Float32:
    """Distance to the shore [m], positive on land, negative at sea."""
    if land.all():
        return np.full(land.shape, 1e5, np.float32)
    if not land.any():
        return np.full(land.shape, -1e5, np.float32)
    inside = ndimage.distance_transform_edt(land).astype(np.float32)
    outside = ndimage.distance_transform_edt(~land).astype(np.float32)
    signed = np.where(land, inside - 0.5, 0.5 - outside).astype(np.float32)
    return np.asarray(ndimage.gaussian_filter(signed, 1.0) * 20.0, np.float32)
