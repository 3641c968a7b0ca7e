"""Potential cloud shadow: dark places that the land around them is not (ATBD: cloud mask, CM-20)."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
import numpy.typing as npt

from estran.raster.label import label
from estran.raster.morphology import dilate_disk, erode_disk, reconstruct_by_erosion

Mask = npt.NDArray[np.bool_]
Image = npt.NDArray[np.floating]


def darkness(image: Image, drains: Mask, background: float) -> npt.NDArray[np.float32]:
    """How far each pixel lies below its surroundings: the flood-filled image less the image (ZW12 eq. 19).

    Parameters
    ----------
    image
        (rows, columns) reflectance; NaN counts as drain.
    drains
        (rows, columns); pixels that count as outside of the image, such as no-data.
    background
        Reflectance of the border and of the drains.

    Returns
    -------
    (rows, columns) float32, 0 on drains and on the border.
    """
    level = np.float32(background)
    floor = np.array(image, np.float32, order="C")
    missing = ~np.isfinite(floor)
    missing |= drains
    missing[[0, -1], :] = True
    missing[:, [0, -1]] = True
    floor[missing] = level
    filled = np.full(floor.shape, np.inf, np.float32)
    filled[missing] = level
    reconstruct_by_erosion(filled, floor)
    filled -= floor
    return filled


def background(image: Image, clear_land: Mask, clear: Mask, percentile: float) -> float:
    """Reflectance of dark clear land: a percentile of it, from at most about 200,000 pixels; of all clear pixels where there is no clear land; 0 without any.

    Parameters
    ----------
    image
        (rows, columns) reflectance.
    clear_land, clear
        Where to look, and where to look instead.
    percentile
        0..100 (ZW12: 17.5).
    """
    for where in (clear_land, clear):
        number = int(np.count_nonzero(where))
        if number:
            values = image[where][:: max(1, number // 200_000)]
            values = values[np.isfinite(values)]
            if values.size:
                return float(np.percentile(values, percentile))
    return 0.0


def potential_shadow(images: Sequence[Image], drains: Mask, backgrounds: Sequence[float], depth: float, share: float = 0.0) -> Mask:
    """Pixels dark in every image (CM-20).

    Parameters
    ----------
    images
        (rows, columns) reflectance in the near infrared and, where there is, in SWIR 1.6 µm.
    drains
        Pixels that are no ground of this scene (no-data).
    backgrounds
        Reflectance of dark clear land in each image, see :func:`background`.
    depth, share
        Least darkness in every image, as reflectance and as a share of the filled reflectance.
    """
    return dark_places(images, drains, backgrounds, ((depth, share),))[0]


def dark_places(images: Sequence[Image], drains: Mask, backgrounds: Sequence[float], limits: Sequence[tuple[float, float]]) -> tuple[Mask, ...]:
    """As :func:`potential_shadow` for several pairs of depth and share: the floods, which cost most, are made once."""

    def dark(image: Image, background: float) -> list[Mask]:
        depths = darkness(image, drains, background)
        found = []
        for depth, share in limits:
            here = depths > depth
            if share > 0.0:
                # depth > share * (depth + image), NaN being no shadow.
                here &= depths * np.float32((1.0 - share) / share) > image
            found.append(np.asarray(here))
        return found

    # Floods are one thread's work each, and know nothing of one another.
    with ThreadPoolExecutor(min(len(images), numba.get_num_threads())) as pool:
        masks = list(pool.map(dark, images, backgrounds))
    return tuple(np.asarray(np.logical_and.reduce(of_all)) for of_all in zip(*masks, strict=True))


def water_shadow(blue: Image, water: Mask, hidden: Mask, depth: float) -> Mask:
    """Shadows on water: darker in blue than the water around them, by a share of its reflectance (CM-35).

    Clear water is black in the infrared, in the sun or out of it. In blue, sunlight scattered by air and water is most of what is
    seen, and a cloud takes it away.

    Parameters
    ----------
    blue
        (rows, columns) reflectance.
    water
        Pixels of water.
    hidden
        Pixels whose blue is not the water's: clouds with a margin, no-data.
    depth
        Least darkness, as a share of the water's own reflectance there.
    """
    open_water = water & ~hidden
    number = int(np.count_nonzero(open_water))
    if number == 0:
        return np.zeros(water.shape, np.bool_)
    level = float(np.median(blue[open_water][:: max(1, number // 100_000)]))
    dark = darkness(blue, ~open_water, level)
    return (dark > depth * (blue + dark)) & open_water


PURE_SNOW = 0.6
"""Least index of blue against SWIR 1.6 µm, (B - S) / (B + S), of ground that is snow all over: what is half rock or wood is dark in the sun, too."""


def snow_shadow(nir08: Image, blue: Image, swir16: Image, snow: Mask, depths: Sequence[float]) -> tuple[Mask, ...]:
    """Shadows on snow: far darker than the scene's snow (CM-49).

    Snow in shadow is brighter than woods and rock in the sun. Where it borders on them no flood finds it, for the light places run out into the dark ones.

    Parameters
    ----------
    nir08, blue, swir16
        (rows, columns) reflectance; the first evened out by the relief where there is one.
    snow
        Pixels of snow under no cloud.
    depths
        Least darkness, each as a share of the median of snow in the near infrared.

    Returns
    -------
    A mask for each depth.
    """
    where = np.flatnonzero(snow)
    b, s = (np.asarray(image).reshape(-1)[where] for image in (blue, swir16))
    where = where[b - s > np.float32(PURE_SNOW) * (b + s)]
    bright = np.asarray(nir08).reshape(-1)[where]
    level = np.float32(np.median(bright[:: max(1, bright.size // 100_000)])) if bright.size else np.float32(0.0)
    found = []
    for depth in depths:
        dark = np.zeros(snow.shape, np.bool_)
        dark.reshape(-1)[where[bright < np.float32(1.0 - depth) * level]] = True
        found.append(dark)
    return tuple(found)


def flattened(image: Image, dem: Image, ground: Mask, sun_zenith: float, sun_azimuth: float, pixel_size: tuple[float, float]) -> Image:
    """Reflectance as flat ground would have it: C correction (CM-36; Teillet et al. 1982, doi:10.1080/07038992.1982.10855028; Q19).

    Parameters
    ----------
    image
        (rows, columns) reflectance.
    dem
        Altitude of the ground [m].
    ground
        Clear land, from which the dependence on the slope is learnt.
    sun_zenith, sun_azimuth
        Of the scene [degrees], azimuth from grid north.
    pixel_size
        Width and height of a pixel [m].

    Returns
    -------
    (rows, columns) float32; the image itself where slopes do not tell in it.
    """
    lit = _incidence(np.asarray(dem, np.float32), float(np.radians(sun_zenith)), float(np.radians(sun_azimuth)), *pixel_size)
    usable = np.flatnonzero((ground & np.isfinite(image) & np.isfinite(lit)).ravel())
    usable = usable[:: max(1, usable.size // 40_000)]
    x, y = lit.ravel()[usable].astype(np.float64), np.asarray(image).ravel()[usable].astype(np.float64)
    spread = float(np.var(x)) if x.size else 0.0
    if x.size < 1000 or spread < 1e-4:
        return image
    slope = float(np.mean((x - x.mean()) * (y - y.mean())) / spread)
    level = float(y.mean() - slope * x.mean())
    if slope <= 0.0:
        return image
    c = max(level / slope, 0.0)
    upright = float(np.cos(np.radians(sun_zenith)))
    # Ground that the sun only grazes would be blown up without end.
    gain = (upright + c) / (np.maximum(np.nan_to_num(lit, nan=upright), 0.05) + c)
    return np.asarray(image * gain, np.float32)


def _incidence(dem: npt.NDArray[np.float32], zenith: float, azimuth: float, dx: float, dy: float) -> npt.NDArray[np.float32]:
    """Cosine of the angle between the sun and the ground's normal."""
    down, right = np.gradient(dem)
    east, north = right / np.float32(dx), -down / np.float32(dy)
    steep = np.sqrt(1.0 + east * east + north * north)
    toward = np.float32(np.sin(zenith) * np.sin(azimuth)) * east + np.float32(np.sin(zenith) * np.cos(azimuth)) * north
    return np.asarray((np.float32(np.cos(zenith)) - toward) / steep, np.float32)


CORE = 1.0
BELONGS = 0.4
"""Depth inside a footprint [pixels] from where a hint of darkness is enough; share of a dark place that footprints cover when it is theirs."""


def outlined(footprints: Mask, potential: Mask, hint: Mask) -> Mask:
    """Shadows with the outline of the dark places they fall on (CM-38).

    A footprint is right to a pixel or two: a cloud is no flat plate, and its height is known in steps. So its core is shadow where there is a hint of
    darkness, its rim where that is plain, and dark places that footprints cover to a large part are shadow as a whole.

    Parameters
    ----------
    footprints
        (rows, columns) of all clouds.
    potential
        Potential shadow.
    hint
        Where the darkness would do for potential shadow at lower limits.
    """
    places = label(potential)
    out = places.paint(places.count_in(footprints) > BELONGS * places.size)
    out |= potential & dilate_disk(footprints, 2.0)
    out |= hint & erode_disk(footprints, CORE)
    return out
