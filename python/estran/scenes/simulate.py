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
from estran.physics.geometry import earth_sun_distance, slope_vector, sun_position, zenith_azimuth
from estran.raster.grid import Grid
from estran.raster.scene import Progress, quiet
from estran.scenes import clouds as sky
from estran.scenes.atmosphere import Atmosphere, atmosphere
from estran.scenes.chance import add_noise, scatter, stream
from estran.scenes.clouds import CloudField, beam, reflectance
from estran.scenes.instrument import BANDS, FLIGHT_AZIMUTH, SOLAR_IRRADIANCE, radiometry, sun_rays, view_rays
from estran.scenes.landscape import SETTINGS, Landscape, landscape
from estran.scenes.march import BLOCK, Layer, Rays, march, relief_shadow
from estran.scenes.spectra import ICE_CLOUD, LIQUID_CLOUD, table
from estran.sensors.bands import SENTINEL2

Float32 = npt.NDArray[np.float32]
UInt8 = npt.NDArray[np.uint8]

TILE, EPSG, CORNER = "31TDH", 32631, (399960.0, 4800000.0)
"""Every scene lies in the upper-left corner of this tile (eastern Pyrenees and the sea in reality)."""

CLOUD_DEPTH = 1.5
"""A pixel is truly cloudy where the optical thickness of water cloud along the view of B4 reaches this: the cloud then adds about 0.16 of reflectance."""
CIRRUS_DEPTH = 0.03
"""A pixel is truly under thin cirrus from this optical thickness on."""
SHADOW_BEAM = 0.6
"""A pixel is truly in cloud shadow where clouds let less than this share of the Sun's beam through, and no cloud hides it."""
SKY_THROUGH_CLOUD = 0.24
"""Light under a cloud relative to the beam it stops: what droplets let down diffusely and neighbours send in. In T31UFS (2019-04-11) B8A in the cores of shadows is
about half of the ground around."""


PSF_SIGMA = 0.41
"""Width of the point spread function before the detector's square [pixels]: with it the modulation transfer at the Nyquist frequency is 0.28 (Gascon et al. 2017, RS 9, 584: 0.2 to 0.33)."""


@dataclass(frozen=True)
class Wish:
    """What is asked of a scene; see the study "simulate scene" for meanings. None: drawn from the seed."""

    seed: int = 1
    size: int = 1440
    kind: str = "coast"
    platform: str = "Sentinel-2A"
    sza: float | None = None
    saa: float | None = None
    vza: float | None = None
    vaa: float | None = None
    clouds: float = 0.22
    stratus: float = 0.05
    cirrus: float = 0.15
    base: float | None = None
    thickness: float = 320.0
    swath_edge: bool = False
    noise: bool = True
    baseline: str = "04.00"


@dataclass(frozen=True)
class AngleGrid:
    """Zenith and azimuth [degrees, azimuth from true north] every 5 km from the scene's upper-left corner; NaN where a detector does not look."""

    zenith: Float32
    azimuth: Float32


@dataclass(frozen=True)
class SimulatedScene:
    """A scene as arrays.

    Parameters
    ----------
    wish
        What was asked.
    time
        Of sensing, UTC.
    grids
        By pixel size 10, 20, 60 [m]; the 60 m grid may reach a little further where `size` is no multiple of 3.
    bands
        Digital numbers without offset by band name, uint16 at native size: reflectance * 10000, 1 at least; 0 no-data; 65535 saturated.
    truth
        At 20 m: uint8 cloud, cirrus, shadow, relief_shadow, snow, water, city, beach, nodata; float32 dem [m], cloud_height [m above sea level, NaN in the clear], cloud_depth, cirrus_depth, sun_beam [1];
        int32 cloud_id (0 in the clear).
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

    wish: Wish
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
def _light(elevation: Float32, cell: float, hidden: UInt8, tau: Float32, sun_east: float, sun_south: float, beam_out: Float32, sky_out: Float32) -> None:
    """Beam that reaches each 10 m pixel relative to a flat sunlit one, and the share of the sky it sees plus light from clouds (SIM-12)."""
    rows, cols = tau.shape
    high, wide = elevation.shape
    for i in numba.prange(rows):
        for j in range(cols):
            y, x = min(i // 2, high - 1), min(j // 2, wide - 1)
            east = (elevation[y, min(x + 1, wide - 1)] - elevation[y, max(x - 1, 0)]) / (2 * cell)
            south = (elevation[min(y + 1, high - 1), x] - elevation[max(y - 1, 0), x]) / (2 * cell)
            steep = np.sqrt(1 + east * east + south * south)
            facing = max((1 - east * sun_east - south * sun_south) / steep, 0.0)
            through = beam(tau[i, j])
            direct = facing * through
            if hidden[y, x]:
                direct = 0.0
            beam_out[i, j] = direct
            sky_out[i, j] = 0.5 + 0.5 / steep


@parallel_jit
def _compose(
    row0: int,
    stride: int,
    band: int,
    surfaces: Float32,
    first: UInt8,
    second: UInt8,
    mix: UInt8,
    tone: Float32,
    ground: Float32,
    direct: Float32,
    sky_view: Float32,
    sun_tau: Float32,
    tau: Float32,
    height: Float32,
    bright: Float32,
    colour: Float32,
    path: Float32,
    through: Float32,
    diffuse: Float32,
    out: Float32,
) -> None:
    """Reflectance at the top of the atmosphere for one band: ground, then layer after layer of cloud (SIM-13)."""
    rows, cols = out.shape
    layers = tau.shape[0]
    half = stride // 2
    last_row, last_col = first.shape[0] - 1, first.shape[1] - 1
    top = path.shape[0] - 1
    for i in numba.prange(rows):
        for j in range(cols):
            y, x = min((row0 + i) * stride + half, last_row), min(j * stride + half, last_col)
            share = mix[y, x] / np.float32(255.0)
            surface = ((1 - share) * surfaces[first[y, x], band] + share * surfaces[second[y, x], band]) * tone[y, x]
            level = min(int(ground[y, x] * 0.01), top)
            d = diffuse[level]
            lost = 1 - beam(sun_tau[y, x])
            value = surface * ((1 - d) * (direct[y, x] + SKY_THROUGH_CLOUD * lost) + d * sky_view[y, x] * (1 - 0.35 * lost)) * through[level]
            air = path[level] * (1 - 0.15 * lost)
            for k in range(layers):
                t = tau[k, i, j]
                if t > 0:
                    r = reflectance(t)
                    at = min(int(height[k, i, j] * 0.01), top)
                    value = value * (1 - r) + r * colour[k, band] * bright[k, i, j] * through[at]
                    hidden = 1 - np.exp(-0.5 * t)
                    air = air * (1 - hidden) + path[at] * hidden
            out[i, j] = value + air


@parallel_jit
def _sample(fine: Float32, weights: Float32, factor: int, first: int, out: Float32, row0: int, rows: int) -> None:
    """Rays to pixels: the point spread function times the detector's square, one direction after the other (SIM-14).

    `first` is the row of `fine` where pixel row `row0` begins; beyond the edges of `fine` its last row or column stands in.
    """
    high, wide = fine.shape
    cols, reach = out.shape[1], (weights.size - factor) // 2
    for i in numba.prange(rows):
        line = np.zeros(wide, np.float32)
        for k in range(weights.size):
            y = min(max(first + i * factor - reach + k, 0), high - 1)
            for x in range(wide):
                line[x] += weights[k] * fine[y, x]
        for j in range(cols):
            total = np.float32(0.0)
            for k in range(weights.size):
                total += weights[k] * line[min(max(j * factor - reach + k, 0), wide - 1)]
            out[row0 + i, j] = total


def _spread(sigma: float, factor: int) -> Float32:
    """Weights of rays in one direction: a Gaussian of `sigma` rays, spread over the `factor` rays of a pixel, cut at 2.5 sigma."""
    reach = int(np.ceil(2.5 * sigma))
    gauss = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights = np.convolve(gauss / gauss.sum(), np.full(factor, 1.0 / factor))
    return weights.astype(np.float32)


@parallel_jit
def _count(values: Float32, step: float, full: float, outside: UInt8, out: npt.NDArray[np.uint16]) -> None:
    """Reflectance to digital numbers: steps of a 12-bit counter, saturation, no-data (SIM-10)."""
    rows, cols = values.shape
    for i in numba.prange(rows):
        for j in range(cols):
            v = float(values[i, j])
            if outside[i, j]:
                out[i, j] = 0
            elif v >= full:
                out[i, j] = 65535
            else:
                out[i, j] = max(1, int(np.floor(np.floor(v / step + 0.5) * step * 10000.0 + 0.5)))


@parallel_jit
def _outside(rows: int, cols: int, pixel: float, across_east: float, across_south: float, limit: float, band: int, seed: int) -> UInt8:
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


def simulate(wish: Wish, progress: Progress = quiet) -> SimulatedScene:
    """Make a scene; the same wish gives the same bits, whatever the number of threads."""
    rng = stream(wish.seed, "acquisition")
    size = wish.size
    grids = _grids(size)
    centre = size * 10.0, size * 10.0
    convergence = grids[20].meridian_convergence()
    time = datetime(2019, 1, 1, 10, 50, 31, 24000, UTC) + timedelta(days=int(rng.integers(45, 320)))
    sun_zenith, sun_azimuth, view_zenith, view_azimuth = _angles(wish, rng, time, grids[20])
    distance = earth_sun_distance(time)
    sun = sun_rays(sun_zenith, sun_azimuth - convergence, centre)
    east, north = slope_vector(view_zenith, view_azimuth - convergence)
    seam = float(rng.uniform(-0.15, 0.15)) * size * 20.0
    views = {b: view_rays(b, (float(east), -float(north)), centre, FLIGHT_AZIMUTH - convergence, seam) for b in BANDS}

    progress(0.02, "terrain and land cover")
    land = landscape(wish.seed, size, wish.kind)
    progress(0.22, "clouds")
    weather = make_clouds(wish, land.elevation, rng)
    field_ = sky.lit(weather, sun)
    progress(0.34, "shadows")
    picture = Picture(land, field_, sun, views, grids)
    air = atmosphere(
        float(np.cos(np.radians(sun_zenith))), float(np.cos(np.radians(view_zenith))), _scatter(sun_zenith, sun_azimuth, view_zenith, view_azimuth),
        float(rng.uniform(0.08, 0.28)), float(rng.uniform(0.8, 2.6)) * (0.45 if wish.kind == "snow" else 1.0),
    )  # fmt: skip
    scale = radiometry(wish.platform, float(np.cos(np.radians(sun_zenith))), distance)
    across = views["B4"].across_east, views["B4"].across_south
    edge = float(rng.uniform(0.62, 0.85)) if wish.swath_edge else 1e9
    limit = edge * (abs(across[0]) + abs(across[1])) * size * 20.0 if wish.swath_edge else 1e12
    bands: dict[str, npt.NDArray[np.uint16]] = {}
    for k, spectral in enumerate(SENTINEL2):
        progress(0.42 + 0.5 * k / 13, f"band {spectral.name}")
        pixel = int(spectral.pixel)
        values = picture.band(k, air, grids[pixel].shape, pixel)
        if wish.noise:
            add_noise(values, float(scale.signal_free[k]), float(scale.per_signal[k]), wish.seed, k)
        outside = _outside(*grids[pixel].shape, float(pixel), *across, limit, k, wish.seed)
        numbers = np.empty(values.shape, np.uint16)
        _count(values, float(scale.step[k]), float(scale.full[k]), outside, numbers)
        bands[spectral.name] = numbers
    progress(0.94, "truth")
    nodata = np.zeros(grids[20].shape, np.uint8)
    for name in ("B2", "B8", "B8A", "B11", "B12"):
        nodata |= _any_zero(bands[name], bands[name].shape[0] // size)
    truth = picture.truth() | {"nodata": nodata}
    detectors = {pixel: _footprint(grid, views["B4"], float(pixel)) for pixel, grid in grids.items()}
    return SimulatedScene(
        wish, time, grids, bands, truth, detectors, _sun_grid(sun, size, convergence), _view_grids(views, detectors[20], size, convergence),
        sun_zenith, sun_azimuth, view_zenith, view_azimuth, convergence, distance,
        {"aerosol and vapour": "drawn", "cloud objects": int(max(int(i.max()) for i in weather.identity))},
    )  # fmt: skip


def _grids(size: int) -> dict[int, Grid]:
    grids = {}
    for pixel in (10, 20, 60):
        n = -(-size * 20 // pixel)
        grids[pixel] = Grid(n, n, Affine(pixel, 0, CORNER[0], 0, -pixel, CORNER[1]), f"EPSG:{EPSG}")
    return grids


def _angles(wish: Wish, rng: np.random.Generator, time: datetime, grid: Grid) -> tuple[float, float, float, float]:
    """Angles as wished; the others from date and place (Sun) or drawn across the swath (view)."""
    lon, lat = grid.lonlat(grid.width / 2, grid.height / 2)
    zenith, azimuth = sun_position(time, lon, lat)
    zenith, azimuth = (wish.sza if wish.sza is not None else float(zenith)), (wish.saa if wish.saa is not None else float(azimuth))
    if zenith >= 85:
        raise BadGeometry("the Sun is too low to simulate", expected="a zenith below 85 degrees", found=zenith, todo="give --sza")
    slope = float(rng.uniform(-0.17, 0.17))
    view = wish.vza if wish.vza is not None else float(np.degrees(np.arctan(abs(slope))))
    toward = wish.vaa if wish.vaa is not None else (FLIGHT_AZIMUTH + (90.0 if slope > 0 else -90.0)) % 360.0
    return zenith, azimuth, view, toward


def _scatter(sza: float, saa: float, vza: float, vaa: float) -> float:
    """Cosine of the scattering angle of light from the Sun to the sensor."""
    s, v, d = np.radians(sza), np.radians(vza), np.radians(saa - vaa)
    return float(-(np.cos(s) * np.cos(v) + np.sin(s) * np.sin(v) * np.cos(d)))


def make_clouds(wish: Wish, elevation: Float32, rng: np.random.Generator) -> CloudField:
    """Low cumulus, some at a middle height, a deck of stratus, cirrus."""
    size = wish.size
    # The sky repeats beyond the scene and a margin, so that shadows come in from outside too.
    n = 2 * size + max(160, (2 * size) // 5)
    n += -n % (6 * BLOCK)
    origin = -5.0 * (n - 2 * size), -5.0 * (n - 2 * size)
    base = wish.base if wish.base is not None else float(rng.uniform(900, 2200))
    floor = (elevation, 20.0)
    largest = float(np.clip(0.04 * size * 20.0, 200.0, 1400.0))
    layers, names = [], []
    low, low_id = sky.cumulus(wish.seed, n, 10.0, origin, 0.85 * wish.clouds, base, 90.0, wish.thickness, largest, floor, 1)
    layers.append(low)
    names.append(low_id)
    count = int(low_id.max())
    if wish.stratus > 0:
        # Above the cumulus, so that decks and heaps overlap at times; a coarser grid is enough for a deck.
        m = n // 2
        deck, deck_id = sky.stratus(wish.seed, m, 20.0, origin, wish.stratus, max(base + float(rng.uniform(500, 1100)), 0.6 * float(elevation.max())), count + 1)
        layers.append(deck)
        names.append(deck_id)
        count += 1
    middle, middle_id = sky.cumulus(
        wish.seed,
        n,
        10.0,
        origin,
        0.15 * wish.clouds,
        base + float(rng.uniform(1800, 2600)),
        120.0,
        0.6 * wish.thickness,
        0.5 * largest,
        floor,
        count + 1,
        "altocumulus",
    )
    layers.append(middle)
    names.append(middle_id)
    count = max(count, int(middle_id.max()))
    if wish.cirrus > 0:
        m = n // 6
        high, high_id = sky.cirrus(wish.seed, m, n * 10.0 / m, origin, wish.cirrus, float(rng.uniform(8500, 11000)), float(rng.uniform(0.15, 0.6)), count + 1)
        layers.append(high)
        names.append(high_id)
    keep = [k for k, layer in enumerate(layers) if layer.thickness.any()]
    return CloudField(tuple(layers[k] for k in keep), tuple(names[k] for k in keep))


class Picture:
    """Rays from every pixel to the Sun and to the sensor, and what they bring back."""

    STRIP = 240

    def __init__(self, land: Landscape, field_: CloudField, sun: Rays, views: Mapping[str, Rays], grids: Mapping[int, Grid]) -> None:
        self.land, self.field, self.views, self.grids = land, field_, views, grids
        self.bounds = [layer.bounds() for layer in field_.layers]
        self.ground = np.ascontiguousarray(np.repeat(np.repeat(land.elevation, 2, 0), 2, 1))
        self.surfaces = table()
        self.colour = np.array([ICE_CLOUD if layer.ice else LIQUID_CLOUD for layer in field_.layers], np.float32).reshape(-1, 13)
        shape = self.ground.shape
        self.sun_tau = np.zeros(shape, np.float32)
        for layer, bounds in zip(field_.layers, self.bounds, strict=True):
            self.sun_tau += march(layer, bounds, sun, self.ground, 0, shape, 10.0)[0]
        highest = float(land.elevation.max())
        self.hidden = relief_shadow(land.elevation, 20.0, sun.packed(), highest) if highest > 60 else np.zeros(land.elevation.shape, np.uint8)
        self.direct, self.sky = np.empty(shape, np.float32), np.empty(shape, np.float32)
        _light(land.elevation, 20.0, self.hidden, self.sun_tau, sun.east, sun.south, self.direct, self.sky)

    def strip(self, rays: Rays, row0: int, shape: tuple[int, int], step: float, stride: int) -> tuple[Float32, Float32, Float32]:
        """Thickness, altitude and light of each layer along the view rays of some rows."""
        layers = len(self.field.layers)
        tau, height, bright = (np.empty((layers, *shape), np.float32) for _ in range(3))
        for k, (layer, bounds) in enumerate(zip(self.field.layers, self.bounds, strict=True)):
            tau[k], height[k], bright[k] = march(layer, bounds, rays, self.ground, row0, shape, step, stride)
        return tau, height, bright

    def band(self, k: int, air: Atmosphere, shape: tuple[int, int], pixel: int) -> Float32:
        """Reflectance of one band at its native size."""
        # 10 and 20 m bands are seen by rays every 10 m, 60 m bands by rays every 20 m.
        step, stride = (10.0, 1) if pixel < 60 else (20.0, 2)
        factor = pixel // int(step)
        weights = _spread(PSF_SIGMA * factor, factor)
        margin = (weights.size - factor) // 2
        out = np.empty(shape, np.float32)
        rays = self.views[SENTINEL2[k].name]
        strip = self.STRIP // factor
        land = self.land
        for row in range(0, shape[0], strip):
            rows = min(strip, shape[0] - row)
            top = max(row * factor - margin, 0)
            bottom = min((row + rows) * factor + margin, shape[0] * factor)
            fine = (bottom - top, shape[1] * factor)
            tau, height, bright = self.strip(rays, top, fine, step, stride)
            values = np.empty(fine, np.float32)
            _compose(
                top, stride, k, self.surfaces, land.first, land.second, land.mix, land.tone, self.ground, self.direct, self.sky, self.sun_tau,
                tau, height, bright, self.colour, air.path[k], air.through[k], air.diffuse[k], values,
            )  # fmt: skip
            _sample(values, weights, factor, row * factor - top, out, row, rows)
        return out

    def truth(self) -> dict[str, npt.NDArray[Any]]:
        """What is true of each 20 m pixel, as B4 sees it."""
        size = self.grids[20].height
        land = self.land
        rays = self.views["B4"]
        depth, ice, height = (np.zeros((size, size), np.float32) for _ in range(3))
        number = np.zeros((size, size), np.int32)
        rows = np.arange(size)
        for row in range(0, size, self.STRIP // 2):
            part = rows[row : row + self.STRIP // 2]
            tau, high, _ = self.strip(rays, 2 * row, (2 * len(part), 2 * size), 10.0, 1)
            for k, layer in enumerate(self.field.layers):
                mean_tau = _block_mean(tau[k])
                if layer.ice:
                    ice[part] += mean_tau
                    continue
                mean_high = _block_mean(tau[k] * high[k]) / np.maximum(mean_tau, 1e-9)
                # The uppermost layer that alone makes a pixel cloudy gives height and name; else the thickest.
                wins = (mean_tau >= CLOUD_DEPTH) | (mean_tau > depth[part])
                name = self._name(k, layer, rays, part, mean_high)
                height[part] = np.where(wins, mean_high, height[part])
                number[part] = np.where(wins & (mean_tau > 0), name, number[part])
                depth[part] += mean_tau
        light = _block_mean(np.exp(-(1 - sky.ASYMMETRY**2) * self.sun_tau)).astype(np.float32)
        cloud = depth >= CLOUD_DEPTH
        return {
            "cloud": cloud.astype(np.uint8),
            "cirrus": (ice >= CIRRUS_DEPTH).astype(np.uint8),
            "shadow": ((light < SHADOW_BEAM) & ~cloud).astype(np.uint8),
            "relief_shadow": self.hidden,
            "snow": land.snow,
            "water": land.water,
            "city": land.city,
            "beach": land.beach,
            "dem": land.elevation,
            "cloud_height": np.where(cloud, height, np.nan).astype(np.float32),
            "cloud_depth": depth,
            "cirrus_depth": ice,
            "sun_beam": light,
            "cloud_id": np.where(cloud, number, 0).astype(np.int32),
        }

    def _name(self, k: int, layer: Layer, rays: Rays, rows: npt.NDArray[np.int64], height: Float32) -> npt.NDArray[np.int32]:
        """Number of the object that the view of each pixel's centre meets at the mean height."""
        size = height.shape[1]
        x, y = np.meshgrid((np.arange(size) + 0.5) * 20.0, (rows + 0.5) * 20.0)
        east, south = rays.at(x, y)
        climb = np.maximum(height - self.land.elevation[rows], 0)
        identity = self.field.identity[k]
        n = identity.shape[0]
        i = np.floor((y + climb * south - layer.origin[1]) / layer.cell).astype(int) % n
        j = np.floor((x + climb * east - layer.origin[0]) / layer.cell).astype(int) % n
        found = identity[i, j]
        for di, dj in ((0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, -1), (1, -1), (-1, 1)):
            found = np.where(found > 0, found, identity[(i + di) % n, (j + dj) % n])
        return found


def _block_mean(fine: Float32) -> Float32:
    rows, cols = fine.shape
    return np.asarray(fine.reshape(rows // 2, 2, cols // 2, 2).mean((1, 3)), np.float32)


def _any_zero(numbers: npt.NDArray[np.uint16], factor: int) -> UInt8:
    rows, cols = numbers.shape[0] // factor, numbers.shape[1] // factor
    return (numbers[: rows * factor, : cols * factor].reshape(rows, factor, cols, factor) == 0).any((1, 3)).astype(np.uint8)


FIRST_DETECTOR = 6
"""Detector number of index 0: even, as the index."""


def _footprint(grid: Grid, rays: Rays, pixel: float) -> UInt8:
    x, y = np.meshgrid((np.arange(grid.width) + 0.5) * pixel, (np.arange(grid.height) + 0.5) * pixel)
    return (FIRST_DETECTOR + rays.detector(x, y)).astype(np.uint8)


def _nodes(size: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    steps = np.arange(-(-size * 20 // 5000) + 1) * 5000.0
    x, y = np.meshgrid(steps, steps)
    return x, y


def _grid_of(east: npt.ArrayLike, south: npt.ArrayLike, convergence: float) -> AngleGrid:
    zenith, azimuth = zenith_azimuth(east, -np.asarray(south))
    return AngleGrid(zenith.astype(np.float32), ((azimuth + convergence) % 360.0).astype(np.float32))


def _sun_grid(sun: Rays, size: int, convergence: float) -> AngleGrid:
    return _grid_of(*sun.at(*_nodes(size)), convergence)


def _view_grids(views: Mapping[str, Rays], footprint: UInt8, size: int, convergence: float) -> dict[tuple[str, int], AngleGrid]:
    """Angle grids of each band and detector, NaN far from where the detector looks."""
    x, y = _nodes(size)
    found = {}
    for name, rays in views.items():
        across = x * rays.across_east + y * rays.across_south - rays.seam
        for detector in np.unique(footprint):
            index = int(detector) - FIRST_DETECTOR
            # Neighbouring detectors overlap by a kilometre or two, and real grids reach that far.
            near = (across > index * rays.width - 1500.0) & (across < (index + 1) * rays.width + 1500.0)
            if not near.any():
                near[:] = True
            sign = 1.0 if index % 2 == 1 else -1.0
            g = rays.gradient
            grid = _grid_of(
                rays.east + g[0] * x + g[1] * y + sign * rays.stagger_east, rays.south + g[2] * x + g[3] * y + sign * rays.stagger_south, convergence
            )
            found[name, int(detector)] = AngleGrid(
                np.where(near, grid.zenith, np.nan).astype(np.float32), np.where(near, grid.azimuth, np.nan).astype(np.float32)
            )
    return found


KINDS = tuple(SETTINGS)
PLATFORMS = tuple(SOLAR_IRRADIANCE)
