"""A Sentinel-2 L1C scene made from nothing: landscape, clouds, light, instrument; and the truth about each pixel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
from affine import Affine

from estran.errors import BadGeometry
from estran.jit import parallel_jit
from estran.physics.geometry import earth_sun_distance, slope_vector, sun_position, travel_azimuth
from estran.raster.grid import Grid
from estran.raster.scene import Progress, quiet
from estran.scenes import clouds as sky
from estran.scenes.angles import AngleGrid, footprint, sun_grid, view_grids
from estran.scenes.atmosphere import Air, atmosphere
from estran.scenes.chance import add_noise, scatter, stream
from estran.scenes.clouds import CloudField, CumulusSpec, Place
from estran.scenes.instrument import BANDS, FLIGHT_AZIMUTH, radiometry, sun_rays, view_rays
from estran.scenes.landscape import landscape
from estran.scenes.layer import Layer
from estran.scenes.picture import Picture
from estran.scenes.sea import rough_sea
from estran.sensors.bands import SENTINEL2

Float32 = npt.NDArray[np.float32]
UInt8 = npt.NDArray[np.uint8]

TILE, EPSG, CORNER = "31TDH", 32631, (399960.0, 4800000.0)
"""Every scene lies in the upper-left corner of this tile (eastern Pyrenees and the sea in reality)."""


SLOPE_ACROSS = 0.17
"""Slope of the view across the track is drawn between plus and minus this [1]: the swath's edges."""
AEROSOL, VAPOUR, OZONE = (0.05, 0.25), (1.5, 3.5), (280.0, 380.0)
"""Ranges from which air is drawn: optical depth at 550 nm at sea level, water vapour there [g/cm²], ozone [DU]."""
COLD = 0.35
"""Vapour and aerosol of cold, snow-covered mountains over those of lowlands."""
WIND = (2.0, 9.0)
"""Range of the mean wind [m/s]."""
CIRRUS_BASE, CIRRUS_DEPTH = (8500.0, 11000.0), (0.15, 0.6)
"""Ranges of the altitude of cirrus [m] and of its greatest optical thickness."""
LARGEST_CUMULUS = 1400.0
"""Radius of the largest cumulus [m]; less in small scenes."""
HIGHER, HIGHER_BY = 0.12, (1800, 2600)
"""Fraction of the cumulus that stand higher, and range of by how much [m]."""
SATURATED, QUANTIFICATION = 65535, 10000.0
"""Digital number of saturation, and digital numbers for a reflectance of 1."""


@dataclass(frozen=True)
class SceneConfig:
    """How a scene is made; see the study "simulate scene" for meanings. None: drawn from the seed."""

    seed: int = 1
    size: int = 1440
    kind: str = "coast"
    platform: str = "Sentinel-2A"
    sza: float | None = None
    saa: float | None = None
    vza: float | None = None
    vaa: float | None = None
    clouds: float = 0.15
    stratus: float = 0.05
    cirrus: float = 0.15
    wind: float | None = None
    wind_direction: float | None = None
    base: float | None = None
    thickness: float = 180.0
    swath_edge: bool = False
    noise: bool = True
    baseline: str = "04.00"


@dataclass(frozen=True)
class SimulatedScene:
    """A scene as arrays.

    Parameters
    ----------
    config
        How it was made.
    time
        Of sensing, UTC.
    grids
        By pixel size 10, 20, 60 [m]; the 60 m grid may reach a little further where `size` is no multiple of 3.
    bands
        Digital numbers without offset by band name, uint16 at native size: reflectance * 10000, 1 at least; 0 no-data;
        65535 saturated.
    truth
        At 20 m: uint8 cloud, cirrus, shadow, relief_shadow, snow, water, city, beach, nodata; float32 dem [m],
        cloud_height [m above sea level, NaN in the clear], cloud_depth, cirrus_depth, sun_beam [1],
        glint [reflectance of B11 at the level of the sea], wind [m/s, NaN on land]; int32 cloud_id (0 in the clear).
    detectors
        Detector number per pixel, 0 outside the swath, by pixel size.
    sun
        Angles of the Sun.
    view
        Angles by (band, detector).
    sun_zenith, sun_azimuth, view_zenith, view_azimuth
        At the centre [degrees, azimuths from true north].
    convergence
        Of the meridian at the centre, from true to grid north [degrees].
    distance
        From Earth to Sun [au].
    """

    config: SceneConfig
    time: datetime
    grids: Mapping[int, Grid]
    bands: Mapping[str, npt.NDArray[np.uint16]]
    truth: Mapping[str, npt.NDArray[Any]]
    detectors: Mapping[int, UInt8]
    sun: AngleGrid
    view: Mapping[tuple[str, int], AngleGrid]
    sun_zenith: float
    sun_azimuth: float
    view_zenith: float
    view_azimuth: float
    convergence: float
    distance: float
    facts: Mapping[str, Any] = field(default_factory=dict)


@parallel_jit
def _count(values: Float32, step: float, full: float, outside: UInt8, out: npt.NDArray[np.uint16]) -> None:
    """Reflectance to digital numbers: steps of a 12-bit counter, saturation, no-data."""
    rows, cols = values.shape
    for i in numba.prange(rows):
        for j in range(cols):
            v = float(values[i, j])
            if outside[i, j]:
                out[i, j] = 0
            elif v >= full:
                out[i, j] = SATURATED
            else:
                out[i, j] = max(1, int(np.floor(np.floor(v / step + 0.5) * step * QUANTIFICATION + 0.5)))


@parallel_jit
def _outside(
    rows: int, cols: int, pixel: float, across_east: float, across_south: float, limit: float, band: int, seed: int
) -> UInt8:
    """Beyond the edge of the swath; the edge is ragged and differs from band to band."""
    out = np.zeros((rows, cols), np.uint8)
    for i in numba.prange(rows):
        for j in range(cols):
            x, y = (j + 0.5) * pixel, (i + 0.5) * pixel
            along = y * across_east - x * across_south
            tooth = 60.0 * scatter(seed, band, int(np.floor(along / 180.0))) + 25.0 * (band % 5)
            if x * across_east + y * across_south > limit + tooth:
                out[i, j] = 1
    return out


def simulate(config: SceneConfig, progress: Progress = quiet) -> SimulatedScene:
    """Make a scene; the same configuration gives the same bits, whatever the number of threads."""
    rng = stream(config.seed, "acquisition")
    size = config.size
    grids = _grids(size)
    centre = size * 10.0, size * 10.0
    convergence = grids[20].meridian_convergence()
    time = datetime(2019, 1, 1, 10, 50, 31, 24000, UTC) + timedelta(days=int(rng.integers(45, 320)))
    sun_zenith, sun_azimuth, view_zenith, view_azimuth = _angles(config, rng, time, grids[20])
    distance = earth_sun_distance(time)
    sun = sun_rays(sun_zenith, sun_azimuth - convergence, centre)
    east, north = slope_vector(view_zenith, view_azimuth - convergence)
    seam = float(rng.uniform(-0.15, 0.15)) * size * 20.0
    views = {b: view_rays(b, (float(east), -float(north)), centre, FLIGHT_AZIMUTH - convergence, seam) for b in BANDS}

    progress(0.02, "terrain and land cover")
    land = landscape(config.seed, size, config.kind)
    progress(0.22, "clouds")
    weather = make_clouds(config, Place(size * 20.0, land.elevation, 20.0, (float(east), -float(north))), rng)
    field_ = sky.lit(weather, sun)
    progress(0.34, "shadows")
    wind, wind_from = _wind(config)
    picture = Picture(
        land, rough_sea(config.seed, land.water, wind, wind_from - convergence), field_, sun, views, grids
    )
    clear = _air(config, wind, rng)
    cosines = (float(np.cos(np.radians(zenith))) for zenith in (sun_zenith, view_zenith))
    air = atmosphere(config.platform, *cosines, float(travel_azimuth(view_azimuth, sun_azimuth)), clear)
    scale = radiometry(config.platform, float(np.cos(np.radians(sun_zenith))), distance)
    across = views["B4"].across_east, views["B4"].across_south
    edge = float(rng.uniform(0.62, 0.85)) if config.swath_edge else 1e9
    limit = edge * (abs(across[0]) + abs(across[1])) * size * 20.0 if config.swath_edge else 1e12
    bands: dict[str, npt.NDArray[np.uint16]] = {}
    for k, spectral in enumerate(SENTINEL2):
        progress(0.42 + 0.5 * k / 13, f"band {spectral.name}")
        pixel = int(spectral.pixel)
        values = picture.band(k, air, grids[pixel].shape, pixel)
        if config.noise:
            add_noise(values, float(scale.signal_free[k]), float(scale.per_signal[k]), config.seed, k)
        outside = _outside(*grids[pixel].shape, float(pixel), *across, limit, k, config.seed)
        numbers = np.empty(values.shape, np.uint16)
        _count(values, float(scale.step[k]), float(scale.full[k]), outside, numbers)
        bands[spectral.name] = numbers
    progress(0.94, "truth")
    nodata = np.zeros(grids[20].shape, np.uint8)
    for name in ("B2", "B8", "B8A", "B11", "B12"):
        nodata |= _any_zero(bands[name], bands[name].shape[0] // size)
    truth = picture.truth() | {"nodata": nodata}
    detectors = {pixel: footprint(grid, views["B4"], float(pixel)) for pixel, grid in grids.items()}
    return SimulatedScene(
        config,
        time,
        grids,
        bands,
        truth,
        detectors,
        sun_grid(sun, size, convergence),
        view_grids(views, detectors[20], size, convergence),
        sun_zenith,
        sun_azimuth,
        view_zenith,
        view_azimuth,
        convergence,
        distance,
        {
            "cloud objects": max((int(i.max()) for i in weather.identity), default=0),
            "aerosol optical depth at 550 nm": clear.aerosol,
            "aerosol": clear.model,
            "water vapour [g/cm2]": clear.vapour,
            "ozone [DU]": clear.ozone,
            "wind [m/s]": wind,
            "wind from [degrees]": wind_from,
        },
    )


def _grids(size: int) -> dict[int, Grid]:
    grids = {}
    for pixel in (10, 20, 60):
        n = -(-size * 20 // pixel)
        grids[pixel] = Grid(n, n, Affine(pixel, 0, CORNER[0], 0, -pixel, CORNER[1]), f"EPSG:{EPSG}")
    return grids


def _angles(
    config: SceneConfig, rng: np.random.Generator, time: datetime, grid: Grid
) -> tuple[float, float, float, float]:
    """Angles as configured; the others from date and place (Sun) or drawn across the swath (view)."""
    lon, lat = grid.lonlat(grid.width / 2, grid.height / 2)
    zenith, azimuth = sun_position(time, lon, lat)
    zenith, azimuth = (
        (config.sza if config.sza is not None else float(zenith)),
        (config.saa if config.saa is not None else float(azimuth)),
    )
    if zenith >= 85:
        raise BadGeometry(
            "the Sun is too low to simulate", expected="a zenith below 85 degrees", found=zenith, todo="give --sza"
        )
    slope = float(rng.uniform(-SLOPE_ACROSS, SLOPE_ACROSS))
    view = config.vza if config.vza is not None else float(np.degrees(np.arctan(abs(slope))))
    toward = config.vaa if config.vaa is not None else (FLIGHT_AZIMUTH + (90.0 if slope > 0 else -90.0)) % 360.0
    return zenith, azimuth, view, toward


def _wind(config: SceneConfig) -> tuple[float, float]:
    """Mean speed [m/s] and where it comes from [degrees from true north], as configured or drawn."""
    rng = stream(config.seed, "wind")
    speed, azimuth = float(rng.uniform(*WIND)), float(rng.uniform(0.0, 360.0))
    return (speed if config.wind is None else config.wind), (
        azimuth if config.wind_direction is None else config.wind_direction
    )


def _air(config: SceneConfig, wind: float, rng: np.random.Generator) -> Air:
    """Clear air of a warm season; over snow it is dry and clean."""
    cold = COLD if config.kind == "snow" else 1.0
    aerosol, vapour = float(rng.uniform(*AEROSOL)) * cold, float(rng.uniform(*VAPOUR)) * cold
    ozone = float(stream(config.seed, "ozone").uniform(*OZONE))
    return Air(aerosol, vapour, ozone, "coastal" if config.kind in ("coast", "ocean") else "continental", wind)


def make_clouds(config: SceneConfig, place: Place, rng: np.random.Generator) -> CloudField:
    """Low cumulus, some at a middle height, a deck of stratus above the low ones so that they overlap
    at times, cirrus.
    """
    base = config.base if config.base is not None else float(rng.uniform(900, 2200))
    deck, middle, high = (
        base + float(rng.uniform(500, 1100)),
        base + float(rng.uniform(*HIGHER_BY)),
        float(rng.uniform(*CIRRUS_BASE)),
    )
    largest = float(np.clip(0.05 * place.side, 250.0, LARGEST_CUMULUS))
    low = CumulusSpec("cumulus", (1.0 - HIGHER) * config.clouds, base, 90.0, config.thickness, largest)
    between = CumulusSpec("altocumulus", HIGHER * config.clouds, middle, 120.0, 0.7 * config.thickness, 0.6 * largest)
    made = [sky.cumulus(config.seed, low, place, 1)]
    if config.stratus > 0:
        made.append(
            sky.stratus(config.seed, config.stratus, max(deck, 0.6 * float(place.ground.max())), place, _next(made))
        )
    made.append(sky.cumulus(config.seed, between, place, _next(made)))
    if config.cirrus > 0:
        made.append(sky.cirrus(config.seed, config.cirrus, high, float(rng.uniform(*CIRRUS_DEPTH)), place, _next(made)))
    made = [(layer, identity) for layer, identity in made if layer.thickness.any()]
    return CloudField(tuple(layer for layer, _ in made), tuple(identity for _, identity in made))


def _next(made: list[tuple[Layer, npt.NDArray[np.int32]]]) -> int:
    """Number of the next object."""
    return 1 + max(int(identity.max()) for _, identity in made)


def _any_zero(numbers: npt.NDArray[np.uint16], factor: int) -> UInt8:
    rows, cols = numbers.shape[0] // factor, numbers.shape[1] // factor
    blocks = numbers[: rows * factor, : cols * factor].reshape(rows, factor, cols, factor)
    return np.asarray((blocks == 0).any((1, 3)), np.uint8)
