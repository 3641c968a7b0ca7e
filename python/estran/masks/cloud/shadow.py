"""Potential cloud shadow: dark places that the land around them is not (ATBD: cloud mask, CM-20)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from estran.masks.cloud.stages import pieces
from estran.raster.label import label
from estran.raster.morphology import dilate_disk, erode_disk, reconstruct_by_erosion

Mask = npt.NDArray[np.bool_]
Image = npt.NDArray[np.floating]
Float = npt.NDArray[np.float32]
Rows = Callable[[int, int], Float]
"""Rows ``first:last`` of an image."""
GRAZING = 0.05
"""Cosine of incidence that slopes count as at least: ground that the sun only grazes would be blown up without end."""


def darkness(image: Image, drains: Mask, background: float) -> Float:
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
    drained = np.array(image, np.float32, order="C")
    drained[drains] = np.nan
    return flood(drained, background)


def flood(image: Float, background: float) -> Float:
    """As :func:`darkness`, of a float32 image that is overwritten: what is not finite is a drain, and drains and border
    get the background.
    """
    level = np.float32(background)
    filled = np.empty(image.shape, np.float32)
    image[[0, -1], :] = np.nan
    image[:, [0, -1]] = np.nan
    for part in pieces(image.shape):
        drains = ~np.isfinite(image[part])
        image[part][drains] = level
        filled[part] = np.where(drains, level, np.float32(np.inf))
    reconstruct_by_erosion(filled, image)
    filled -= image
    return filled


def every(values: Callable[[slice], Image], where: Mask, number_wanted: int) -> Image:
    """About `number_wanted` of the values where a mask is set, evenly from all of them in raster order; all where
    there are fewer. `values` gives those of some rows.
    """
    number = int(np.count_nonzero(where))
    step, before = max(1, number // number_wanted), 0
    found: list[Image] = [np.empty(0, np.float32)]
    for part in pieces(where.shape):
        if where[part].any():
            here = values(part)[where[part]]
            found.append(here[-before % step :: step])
            before += here.size
    return np.concatenate(found)


def background(image: Image, clear_land: Mask, clear: Mask, percentile: float) -> float:
    """Reflectance of dark clear land: a percentile of it, from at most about 200,000 pixels; of all clear pixels where
    there is no clear land; 0 without any.

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
        values = every(image.__getitem__, where, 200_000)
        values = values[np.isfinite(values)]
        if values.size:
            return float(np.percentile(values, percentile))
    return 0.0


def potential_shadow(
    images: Sequence[Image], drains: Mask, backgrounds: Sequence[float], depth: float, fraction: float = 0.0
) -> Mask:
    """Pixels dark in every image (CM-20).

    Parameters
    ----------
    images
        (rows, columns) reflectance in the near infrared and, where there is, in SWIR 1.6 µm.
    drains
        Pixels that are no ground of this scene (no-data).
    backgrounds
        Reflectance of dark clear land in each image, see :func:`background`.
    depth, fraction
        Least darkness in every image, as reflectance and as a fraction of the filled reflectance.
    """
    found = np.ones(drains.shape, np.bool_)
    for image, level in zip(images, backgrounds, strict=True):
        drained = np.array(image, np.float32)
        drained[drains] = np.nan
        keep_dark((found,), drained, level, ((depth, fraction),))
    return found


def keep_dark(places: Sequence[Mask], image: Float, background: float, limits: Sequence[tuple[float, float]]) -> None:
    """Cut each of some places down to where an image is dark (CM-20); the flood, which costs most, is made once.

    Parameters
    ----------
    places
        (rows, columns) for each pair of limits; cut down in place.
    image
        (rows, columns) float32 reflectance, NaN where no ground is; it is overwritten.
    background
        Reflectance of dark clear land, see :func:`background`.
    limits
        Least darkness as reflectance, and as a fraction of the filled reflectance.
    """
    depths = flood(image, background)
    for mask, (depth, fraction) in zip(places, limits, strict=True):
        for part in pieces(image.shape):
            mask[part] &= depths[part] > depth
            if fraction > 0.0:
                # depth > fraction * (depth + image); drains, whose depth is 0, are no shadow.
                mask[part] &= depths[part] * np.float32((1.0 - fraction) / fraction) > image[part]


def water_shadow(blue: Float, open_water: Mask, depth: float) -> Mask:
    """Shadows on water: darker in blue than the water around them, by a fraction of its reflectance (CM-35).

    Clear water is black in the infrared, in the sun or out of it. In blue, sunlight scattered by air and water is most
    of what is observed, and a cloud removes it.

    Parameters
    ----------
    blue
        (rows, columns) float32 reflectance; it is overwritten.
    open_water
        Pixels of water whose blue is the water's: no clouds with a margin, no no-data. It becomes the result.
    depth
        Least darkness, as a fraction of the water's own reflectance there.
    """
    if not open_water.any():
        return open_water
    level = float(np.median(every(blue.__getitem__, open_water, 100_000)))
    edges = [blue[[0, -1], :].copy(), blue[:, [0, -1]].copy()]
    for part in pieces(blue.shape):
        blue[part][~open_water[part]] = np.nan
        open_water[part] &= np.isfinite(blue[part])
    dark = flood(blue, level)
    # The flood takes the border as drain; how dark that must be to be shadow goes by its own reflectance.
    blue[[0, -1], :], blue[:, [0, -1]] = edges
    for part in pieces(blue.shape):
        open_water[part] &= dark[part] > depth * (blue[part] + dark[part])
    return open_water


def snow_shadow(nir08: Image, pure_snow: Mask, depths: Sequence[float]) -> tuple[Mask, ...]:
    """Shadows on snow: far darker than the scene's snow (CM-49).

    Snow in shadow is brighter than woods and rock in the sun. Where it borders on them no flood finds it, for the light
    places run out into the dark ones.

    Parameters
    ----------
    nir08
        (rows, columns) reflectance, evened out by the relief where there is one.
    pure_snow
        Pixels of snow all over, under no cloud.
    depths
        Least darkness, each as a fraction of the median of snow in the near infrared.

    Returns
    -------
    A mask for each depth.
    """
    snow = every(nir08.__getitem__, pure_snow, 100_000)
    level = np.float32(np.median(snow)) if snow.size else np.float32(0.0)
    return tuple(pure_snow & (nir08 < np.float32(1.0 - depth) * level) for depth in depths)


def flatten(
    image: Float, dem: Rows, ground: Mask, sun_zenith: float, sun_azimuth: float, pixel_size: tuple[float, float]
) -> None:
    """Make of an image, in place, what flat ground would reflect: C correction (CM-36; Teillet et al. 1982,
    doi:10.1080/07038992.1982.10855028; Q19).

    The image stays as it is where it does not depend on slopes.

    Parameters
    ----------
    image
        (rows, columns) float32 reflectance, overwritten.
    dem
        Gives the altitude of the ground [m] in rows ``first:last``; each row is asked for three times.
    ground
        Clear land, from which the dependence on the slope is learnt.
    sun_zenith, sun_azimuth
        Of the scene [degrees], azimuth from grid north.
    pixel_size
        Width and height of a pixel [m].
    """
    sun = float(np.radians(sun_zenith)), float(np.radians(sun_azimuth))

    def lit(part: slice) -> Float:
        return _incidence(dem, part, image.shape[0], sun, pixel_size)

    usable = np.empty(image.shape, np.bool_)
    for part in pieces(image.shape):
        usable[part] = ground[part] & np.isfinite(image[part]) & np.isfinite(lit(part))
    x, y = (every(values, usable, 40_000).astype(np.float64) for values in (lit, image.__getitem__))
    del usable
    spread = float(np.var(x)) if x.size else 0.0
    if x.size < 1000 or spread < 1e-4:
        return
    slope = float(np.mean((x - x.mean()) * (y - y.mean())) / spread)
    level = float(y.mean() - slope * x.mean())
    if slope <= 0.0:
        return
    c = max(level / slope, 0.0)
    upright = float(np.cos(np.radians(sun_zenith)))
    for part in pieces(image.shape):
        image[part] *= (upright + c) / (np.maximum(np.nan_to_num(lit(part), nan=upright), GRAZING) + c)


def _incidence(dem: Rows, part: slice, rows: int, sun: tuple[float, float], pixel_size: tuple[float, float]) -> Float:
    """Cosine of the angle between the sun (zenith, azimuth [radians]) and the ground's normal, in a
    part of all `rows`.
    """
    (zenith, azimuth), (dx, dy) = sun, pixel_size
    top = max(part.start - 1, 0)
    own = slice(part.start - top, part.stop - top)
    down, right = (np.asarray(each) for each in np.gradient(dem(top, min(part.stop + 1, rows))))
    east, north = right[own] / np.float32(dx), -down[own] / np.float32(dy)
    steep = np.sqrt(1.0 + east * east + north * north)
    toward = np.float32(np.sin(zenith) * np.sin(azimuth)) * east + np.float32(np.sin(zenith) * np.cos(azimuth)) * north
    return np.asarray((np.float32(np.cos(zenith)) - toward) / steep, np.float32)


CORE, RIM = 1.0, 2.0
BELONGS = 0.4
"""Depth inside a footprint from where a hint of darkness is enough, and width of a rim around it where plain darkness
is shadow [pixels]; fraction of a dark place that footprints cover when it is theirs.
"""


def outlined(footprints: Mask, potential: Mask, hint: Mask) -> Mask:
    """Shadows with the outline of the dark places they fall on (CM-38).

    A footprint is right to a pixel or two: a cloud is no flat plate, and its height is known in steps. So its core is
    shadow where there is a hint of darkness, its rim where that is plain, and dark places that footprints cover to a
    large part are shadow as a whole.

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
    out |= potential & dilate_disk(footprints, RIM)
    out |= hint & erode_disk(footprints, CORE)
    return out
