"""From landscape and clouds to what each band sees, and to the truth: rays to the Sun, rays to the sensor, light
carried along them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from estran.jit import parallel_jit
from estran.physics.sea_surface.foam import effective_reflectance
from estran.raster.grid import Grid
from estran.scenes import clouds as sky
from estran.scenes.atmosphere import Atmosphere
from estran.scenes.clouds import CloudField, beam, reflectance
from estran.scenes.instrument import TIME_LAG
from estran.scenes.landscape import Landscape
from estran.scenes.layer import Layer
from estran.scenes.march import Rays, march
from estran.scenes.relief import relief_shadow
from estran.scenes.sea import GLINTING, Sea, glint, index_of_water, mirror
from estran.scenes.spectra import ICE_CLOUD, LIQUID_CLOUD, table
from estran.scenes.surroundings import SKY_LOST, around, cloud_around, ground_around, lit
from estran.sensors.bands import SENTINEL2

Float32 = npt.NDArray[np.float32]
UInt8 = npt.NDArray[np.uint8]

CLOUD_DEPTH = 0.5
"""A pixel is truly cloudy where the optical thickness of water cloud along the view of B4 reaches this."""
CIRRUS_DEPTH = 0.03
"""A pixel is truly under thin cirrus from this optical thickness on."""
SHADOW_BEAM = 0.6
"""A pixel is truly in cloud shadow where clouds let less than this fraction of the Sun's beam through, and no cloud
hides it.
"""
HAZE_LOST, VEILED = 0.15, 0.5
"""Path reflectance that is missing below a cloud that stops all of the beam; and how soon cloud along the view hides
what is below it, by its optical thickness (SIM-13).
"""
BAND_OF_GLINT = 11
"""The truth about glint is that of B11, where the water below sends back nothing."""
PSF_SIGMA = 0.41
"""Width of the point spread function before the detector's square [pixels]: modulation transfer at the Nyquist
frequency is then 0.28 (measured: 0.2 to 0.33, Gascon et al. 2017, RS 9, 584).
"""


@parallel_jit
def _light(
    elevation: Float32,
    cell: float,
    shaded: UInt8,
    tau: Float32,
    sun_east: float,
    sun_south: float,
    beam_out: Float32,
    sky_out: Float32,
) -> None:
    """Beam that reaches each 10 m pixel relative to a flat sunlit one, and the fraction of the sky it
    sees of a slope.
    """
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
            direct = facing * through  # (SIM-12)
            if shaded[i, j]:
                direct = 0.0
            beam_out[i, j] = direct
            sky_out[i, j] = 0.5 + 0.5 / steep


class _Ground(NamedTuple):
    """Cover of each 10 m pixel, as of :class:`~estran.scenes.landscape.Landscape`, and altitude [m]."""

    first: UInt8
    second: UInt8
    mix: UInt8
    tone: Float32
    altitude: Float32


class _Light(NamedTuple):
    """Light at each 10 m pixel: beam and fraction of the sky [1], optical thickness of cloud towards the Sun, and
    reflectance of ground and of cloud around.
    """

    direct: Float32
    sky_view: Float32
    sun_tau: Float32
    environment: Float32
    overcast: Float32


class _Clouds(NamedTuple):
    """What each ray meets in each layer: thickness [1], altitude [m], light [1], (layer, row, column); and reflectance
    by layer and band.
    """

    tau: Float32
    height: Float32
    brightness: Float32
    colour: Float32


class _Water(NamedTuple):
    """What water adds: skylight and scattered glint that it reflects, wetness of each material, foam on the 20 m grid
    [1] and its reflectance.
    """

    mirrored: Float32
    wet: Float32
    white: Float32
    foam: float


@parallel_jit
def _compose(
    row0: int,
    stride: int,
    band: int,
    surfaces: Float32,
    terrain: _Ground,
    light: _Light,
    glitter: Float32,
    clouds: _Clouds,
    air: Float32,
    water: _Water,
    out: Float32,
) -> None:
    """Reflectance at the top of the atmosphere for one band: ground, then layer after layer of cloud."""
    first, second, mix, tone, ground = terrain
    direct, sky_view, sun_tau, environment, overcast = light
    tau, height, brightness, colour = clouds
    mirrored, wet, white, foam = water
    rows, cols = out.shape
    layers = tau.shape[0]
    half = stride // 2
    last_row, last_col = first.shape[0] - 1, first.shape[1] - 1
    path, through, diffuse, straight, bounce, sharp = air
    top = path.shape[0] - 1
    high, wide = white.shape
    for i in numba.prange(rows):
        for j in range(cols):
            y, x = min((row0 + i) * stride + half, last_row), min(j * stride + half, last_col)
            fraction = mix[y, x] / np.float32(255.0)
            surface = ((1 - fraction) * surfaces[first[y, x], band] + fraction * surfaces[second[y, x], band]) * tone[
                y, x
            ]
            sea = (1 - fraction) * wet[first[y, x]] + fraction * wet[second[y, x]]
            if sea > 0:
                surface += sea * white[min(y // 2, high - 1), min(x // 2, wide - 1)] * foam
            level = min(int(ground[y, x] * 0.01), top)
            d = diffuse[level]
            lost = 1 - beam(sun_tau[y, x])
            near = around(environment, y, x)
            far = near + (1 - near) * around(overcast, y, x)
            # (SIM-6)
            value = sharp[level] * lit(surface, d, direct[y, x], sky_view[y, x], lost) + (1 - sharp[level]) * near
            value *= through[level] / (1 - bounce[level] * near)
            value += sea * (mirrored[0] * (1 - SKY_LOST * lost) + mirrored[1] * direct[y, x])
            haze = path[level] * (1 - HAZE_LOST * lost)
            spark = glitter[i, j] * direct[y, x] * straight[level]
            for k in range(layers):
                t = tau[k, i, j]
                if t > 0:
                    r = reflectance(t)
                    at = min(int(height[k, i, j] * 0.01), top)
                    # (SIM-13)
                    cloud = r * colour[k, band]
                    value = value * (1 - r) + cloud * brightness[k, i, j] * through[at] / (1 - bounce[at] * far)
                    spark *= beam(t)
                    veiled = 1 - np.exp(-VEILED * t)
                    haze = haze * (1 - veiled) + path[at] * veiled
            out[i, j] = value + haze + spark


@parallel_jit
def _sample(fine: Float32, weights: Float32, factor: int, first: int, out: Float32, row0: int, rows: int) -> None:
    """Rays to pixels: the point spread function times the detector's square, one direction after the other.

    `first` is the row of `fine` where pixel row `row0` begins; beyond the edges of `fine` its last row or column stands
    in.
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
    """Weights of rays in one direction: a Gaussian of `sigma` rays, spread over the `factor` rays of a pixel, cut at
    2.5 sigma.
    """
    reach = int(np.ceil(2.5 * sigma))
    gauss = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights = np.convolve(gauss / gauss.sum(), np.full(factor, 1.0 / factor))  # (SIM-14)
    return weights.astype(np.float32)


class Picture:
    """Rays from every pixel to the Sun and to the sensor, and what they bring back."""

    STRIP = 240

    def __init__(
        self,
        land: Landscape,
        sea: Sea,
        field_: CloudField,
        sun: Rays,
        views: Mapping[str, Rays],
        grids: Mapping[int, Grid],
    ) -> None:
        self.land, self.sea, self.field, self.sun, self.views, self.grids = land, sea, field_, sun, views, grids
        self.bounds = [layer.bounds() for layer in field_.layers]
        self.ground = np.ascontiguousarray(np.repeat(np.repeat(land.elevation, 2, 0), 2, 1))
        self.surfaces = table()
        self.colour = np.array(
            [ICE_CLOUD if layer.ice else LIQUID_CLOUD for layer in field_.layers], np.float32
        ).reshape(-1, 13)
        shape = self.ground.shape
        self.sun_tau = np.zeros(shape, np.float32)
        for layer, bounds in zip(field_.layers, self.bounds, strict=True):
            if layer.ice:
                # Cirrus stands 10 to 25 km off along the Sun's ray: what it takes from the beam is spread over
                # everything.
                continue
            self.sun_tau += march(layer, bounds, sun, self.ground, 0, shape, 10.0)[0]
        self.shaded = relief_shadow(land.elevation, 20.0, sun)
        self.direct, self.sky = np.empty(shape, np.float32), np.empty(shape, np.float32)
        self.overcast = cloud_around(field_, shape)
        _light(land.elevation, 20.0, self.shaded, self.sun_tau, sun.east, sun.south, self.direct, self.sky)

    def strip(
        self, rays: Rays, row0: int, shape: tuple[int, int], step: float, stride: int
    ) -> tuple[Float32, Float32, Float32]:
        """Thickness, altitude and light of each layer along the view rays of some rows."""
        layers = len(self.field.layers)
        tau, height, brightness = (np.empty((layers, *shape), np.float32) for _ in range(3))
        for k, (layer, bounds) in enumerate(zip(self.field.layers, self.bounds, strict=True)):
            tau[k], height[k], brightness[k] = march(layer, bounds, rays, self.ground, row0, shape, step, stride)
        return tau, height, brightness

    def mirrors(self, k: int) -> Float32:
        """The facets that glint in a band."""
        return mirror(self.sun, self.views[SENTINEL2[k].name], self.ground.shape[0] * 10.0, float(index_of_water()[k]))

    def glitter(self, k: int, mirrors: Float32, row0: int, shape: tuple[int, int], step: float, stride: int) -> Float32:
        """Glint of the sea in full sunlight, at its level, in some rows of rays of a band."""
        name, land = SENTINEL2[k].name, self.land
        return glint(
            self.sea,
            mirrors,
            self.views[name],
            TIME_LAG[name],
            (land.first, land.second, land.mix),
            row0,
            shape,
            step,
            stride,
        )

    def band(self, k: int, air: Atmosphere, shape: tuple[int, int], pixel: int) -> Float32:
        """Reflectance of one band at its native size."""
        # 10 and 20 m bands are viewed by rays every 10 m, 60 m bands by rays every 20 m.
        step, stride = (10.0, 1) if pixel < 60 else (20.0, 2)
        factor = pixel // int(step)
        weights = _spread(PSF_SIGMA * factor, factor)
        margin = (weights.size - factor) // 2
        out = np.empty(shape, np.float32)
        rays = self.views[SENTINEL2[k].name]
        strip = self.STRIP // factor
        land = self.land
        mirrors = self.mirrors(k)
        cover = land.first, land.second, land.mix, land.tone
        environment = ground_around(
            k, self.surfaces, cover, self.ground, self.direct, self.sky, self.sun_tau, air.diffuse[k]
        )
        terrain = _Ground(*cover, self.ground)
        light = _Light(self.direct, self.sky, self.sun_tau, environment, self.overcast)
        water = _Water(air.mirrored[k], GLINTING, self.sea.white, float(effective_reflectance(SENTINEL2[k].wavelength)))
        for row in range(0, shape[0], strip):
            rows = min(strip, shape[0] - row)
            top = max(row * factor - margin, 0)
            bottom = min((row + rows) * factor + margin, shape[0] * factor)
            fine = (bottom - top, shape[1] * factor)
            tau, height, brightness = self.strip(rays, top, fine, step, stride)
            values = np.empty(fine, np.float32)
            glitter, clouds = (
                self.glitter(k, mirrors, top, fine, step, stride),
                _Clouds(tau, height, brightness, self.colour),
            )
            _compose(top, stride, k, self.surfaces, terrain, light, glitter, clouds, air.tables(k), water, values)
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
        sparkling, swir = np.empty((size, size), np.float32), BAND_OF_GLINT
        mirrors = self.mirrors(swir)
        for row in range(0, size, self.STRIP // 2):
            part = rows[row : row + self.STRIP // 2]
            glitter = self.glitter(swir, mirrors, 2 * row, (2 * len(part), 2 * size), 10.0, 1)
            sparkling[part] = _block_mean(glitter * self.direct[2 * row : 2 * (row + len(part))])
        light = _block_mean(np.exp(-(1 - sky.ASYMMETRY**2) * self.sun_tau)).astype(np.float32)
        cloud = depth >= CLOUD_DEPTH
        return {
            "cloud": cloud.astype(np.uint8),
            "cirrus": (ice >= CIRRUS_DEPTH).astype(np.uint8),
            "shadow": ((light < SHADOW_BEAM) & ~cloud).astype(np.uint8),
            "relief_shadow": (_block_mean(self.shaded.astype(np.float32)) >= 0.5).astype(np.uint8),
            "snow": land.snow,
            "water": land.water,
            "city": land.city,
            "beach": land.beach,
            "dem": land.elevation,
            "cloud_height": np.where(cloud, height, np.nan).astype(np.float32),
            "cloud_depth": depth,
            "cirrus_depth": ice,
            "sun_beam": light,
            "glint": sparkling,
            "wind": np.where(self.sea.wind > 0, self.sea.wind, np.nan).astype(np.float32),
            "cloud_id": np.where(cloud, number, 0).astype(np.int32),
        }

    def _name(
        self, k: int, layer: Layer, rays: Rays, rows: npt.NDArray[np.int64], height: npt.NDArray[Any]
    ) -> npt.NDArray[np.int32]:
        """Number of the object that the view of each pixel's centre meets at the mean height."""
        size = height.shape[1]
        x, y = np.meshgrid((np.arange(size) + 0.5) * 20.0, (rows + 0.5) * 20.0)
        east, south = rays.at(x, y)
        climb = np.maximum(height - self.land.elevation[rows], 0)
        identity = self.field.identity[k]
        n = identity.shape[0]
        i = np.floor((y + climb * south - layer.origin[1]) / layer.cell).astype(int)
        j = np.floor((x + climb * east - layer.origin[0]) / layer.cell).astype(int)
        found = identity[np.clip(i, 0, n - 1), np.clip(j, 0, n - 1)]
        # Rays to a pixel's corners may meet a cloud that the centre just misses: look around there, near cells first.
        missed = np.nonzero((found == 0) & (height > 0))
        around = sorted(
            ((di, dj) for di in range(-8, 9) for dj in range(-8, 9)), key=lambda d: (d[0] ** 2 + d[1] ** 2, d)
        )
        names = np.zeros(missed[0].shape, np.int32)
        for di, dj in around:
            near = identity[np.clip(i[missed] + di, 0, n - 1), np.clip(j[missed] + dj, 0, n - 1)]
            names = np.where(names > 0, names, near)
        found[missed] = names
        return np.asarray(found, np.int32)


def _block_mean(fine: Float32) -> Float32:
    rows, cols = fine.shape
    return np.asarray(fine.reshape(rows // 2, 2, cols // 2, 2).mean((1, 3)), np.float32)
