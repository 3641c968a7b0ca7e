"""From cloudy pixels to clouds: majority, removal of bright ground, least size (ATBD: cloud mask, CM-23 to CM-26)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from estran.jit import jit, parallel_jit
from estran.masks.cloud.displacement import displacement_index, window_for
from estran.masks.cloud.object_settings import ObjectSettings
from estran.masks.cloud.outline import faint_rims
from estran.masks.cloud.stages import PixelStage
from estran.raster.label import Objects, label
from estran.raster.morphology import dilate_disk, dilate_square, erode_disk, majority

Mask = npt.NDArray[np.bool_]
Array = npt.NDArray[Any]


@jit
def _contrast(a: float, b: float) -> float:
    a, b = max(a, 1e-4), max(b, 1e-4)
    return (a - b) / (a + b)


@parallel_jit
def _built_up(swir16: np.ndarray, nir08: np.ndarray, red: np.ndarray, out: np.ndarray) -> None:
    """Lines of built-up index that exceed the vegetation index (CM-23)."""
    rows, cols = nir08.shape
    for r in numba.prange(rows):
        near = np.zeros((3, cols + 2))
        for k in range(3):
            rr = min(max(r + k - 1, 0), rows - 1)
            for c in range(cols):
                near[k, c + 1] = _contrast(swir16[rr, c], nir08[rr, c])
            near[k, 0], near[k, cols + 1] = near[k, 1], near[k, cols]
        for c in range(cols):
            every = 0.0
            for k in range(3):
                every += near[k, c] + near[k, c + 1] + near[k, c + 2]
            across = near[1, c] + near[1, c + 1] + near[1, c + 2]
            along = near[0, c + 1] + near[1, c + 1] + near[2, c + 1]
            falling = near[0, c] + near[1, c + 1] + near[2, c + 2]
            rising = near[0, c + 2] + near[1, c + 1] + near[2, c]
            # +2 on the line and -1 off it: three times the line's sum less the sum of all nine.
            line = (3.0 * max(max(across, along), max(falling, rising)) - every) / 6.0
            out[r, c] = line > 0.0 and line > _contrast(nir08[r, c], red[r, c])


def built_up(swir16: Array, nir08: Array, red: Array) -> Mask:
    """Pixels that look like built-up land: NDBI', the best of four line filters of 3 x 3 on NDBI, is above 0 and above NDVI (Q19).

    Parameters
    ----------
    swir16, nir08, red
        (rows, columns) reflectance; NaN gives False.
    """
    out = np.empty(nir08.shape, np.bool_)
    _built_up(swir16, nir08, red, out)
    return out


def slope_of(dem: Array, pixel_size: tuple[float, float]) -> npt.NDArray[np.float32]:
    """Slope of a relief [degrees], by central differences."""
    down, right = np.gradient(np.asarray(dem, np.float32))
    dx, dy = pixel_size
    return np.asarray(np.degrees(np.arctan(np.hypot(right / dx, down / dy))), np.float32)


def cloud_objects(
    stage: PixelStage, bands: Mapping[str, Array], pixel_size: tuple[float, float], settings: ObjectSettings
) -> tuple[Objects, dict[str, Any], list[str]]:
    """The clouds of a scene.

    Parameters
    ----------
    stage
        Result of the pixel tests.
    bands
        Reflectances: red nir08 swir16 for the built-up test; nir rededge078 for displacement; dem [m] for the snow test.
    pixel_size
        Width and height of a pixel [m].
    settings
        Thresholds.

    Returns
    -------
    objects, facts, notes
        The clouds; counts for metadata and report; sentences on what was switched off.
    """
    s = settings
    facts: dict[str, Any] = {"cloud_pixels_by_spectrum": int(np.count_nonzero(stage.cloud))}
    notes: list[str] = []
    cloud = stage.cloud if s.cirrus_is_cloud else _thick(stage, pixel_size, s)
    if s.snow_margin > 0.0 and not stage.few_clear:
        cloud = cloud & ~_half_snow(stage, pixel_size, s, facts)
    if s.outline_share > 0.0:
        cloud = cloud & ~faint_rims(cloud, bands, stage.valid, pixel_size, s)
    cloud = majority(cloud) & stage.valid
    index = None
    # Without clear ground to compare with, nothing tells bright ground from cloud.
    remove = s.remove_false_positives and not stage.few_clear
    if s.use_displacement and remove:
        missing = [name for name in ("nir", "rededge078") if name not in bands]
        window = window_for(pixel_size)
        if missing:
            notes += [f"no {name}: the displacement test of cloud objects is off." for name in missing]
        elif window.half is None:
            notes.append(f"{window.note}.")
        else:
            if window.note:
                notes.append(f"{window.note}.")
            index = displacement_index(bands["nir"], bands["rededge078"], bands["nir08"], window.half, np.asarray(cloud.any(axis=1)))
    if remove:
        cloud = _without_bright_ground(cloud, stage, bands, index, pixel_size, s)
    if s.grow_probability > 0.0 and "cirrus" not in bands and not stage.few_clear:
        cloud |= _thin_parts(cloud, stage, pixel_size, s)
        notes.append(f"no cirrus: clouds are grown to where their probability falls below {s.grow_probability:g}, to hold their thin parts.")
    objects = label(cloud)
    keep = objects.size >= s.min_object
    facts["objects_too_small"] = int(np.count_nonzero(~keep))
    if index is not None:
        moved = objects.count_in(index < s.cdi_cloud)
        still = (moved <= s.cdi_share * objects.size) & (objects.size < s.cdi_small)
        facts["objects_without_displacement"] = int(np.count_nonzero(still & keep))
        keep &= ~still
    objects = objects.select(keep)
    facts["cloud_objects"] = objects.count
    facts["cloud_pixels"] = int(objects.size.sum())
    return objects, facts, notes


def _half_snow(stage: PixelStage, pixel_size: tuple[float, float], s: ObjectSettings, facts: dict[str, Any]) -> Mask:
    """Land near snow that is hardly likelier a cloud than the clear land there: patches of snow look half like cloud (CM-43)."""
    near = dilate_disk(majority(stage.snow), s.snow_reach, pixel_size) & ~stage.water
    # A million pixels tell a percentile as well as all of them.
    step = max(1, int(np.sqrt(near.size / 1e6)))
    part = (slice(None, None, step), slice(None, None, step))
    clear = stage.probability[part][stage.clear_land[part] & near[part]]
    if clear.size == 0:
        return np.zeros(near.shape, np.bool_)
    threshold = min(float(np.percentile(clear, 82.5)) + s.snow_margin, s.snow_threshold_max)
    facts["threshold_near_snow"] = threshold
    return near & (stage.probability <= threshold)


def _thick(stage: PixelStage, pixel_size: tuple[float, float], s: ObjectSettings) -> Mask:
    """Cloud without thin cirrus, but with what only looks thin at the rim of thick cloud (CM-44)."""
    thick = stage.cloud & ~stage.cirrus
    cloud = thick.copy()
    if s.thin_share < 1.0:
        parts = label(stage.cloud)
        small = parts.size * (pixel_size[0] * pixel_size[1]) < s.thin_area
        cloud |= parts.paint(small & (parts.count_in(thick) >= s.thin_share * parts.size))
    if s.thin_reach > 0.0:
        cloud |= stage.cloud & dilate_disk(majority(thick), s.thin_reach, pixel_size)
    return cloud


def _thin_parts(cloud: Mask, stage: PixelStage, pixel_size: tuple[float, float], s: ObjectSettings) -> Mask:
    """What is half-way probable, touches a cloud of some size, and lies near it (CM-37)."""
    seeds = label(cloud)
    large = seeds.paint(seeds.size * (pixel_size[0] * pixel_size[1]) >= s.grow_area)
    parts = label((stage.probability > s.grow_probability) | large)
    return parts.paint(parts.count_in(large) > 0) & dilate_disk(large, s.grow_distance, pixel_size) & stage.valid


def _without_bright_ground(
    cloud: Mask, stage: PixelStage, bands: Mapping[str, Array], index: Array | None, pixel_size: tuple[float, float], s: ObjectSettings
) -> Mask:
    """Clouds less those parts on possible false positives that erosion takes away whole (CM-24)."""
    suspect = built_up(bands["swir16"], bands["nir08"], bands["red"]) & ~stage.water
    if index is not None:
        suspect &= ~(index < s.cdi_urban)
    if "dem" in bands and stage.snow.any():
        suspect |= stage.snow & (slope_of(bands["dem"], pixel_size) > s.steep)
    suspect = dilate_square(suspect, int(s.pfp_dilation / max(pixel_size))) | stage.snow
    suspect &= ~stage.water
    core = erode_disk(cloud, s.erosion, pixel_size)
    core |= cloud & ~suspect
    kept = dilate_disk(core, s.regrowth, pixel_size) & cloud  # (CM-25)
    if index is not None and s.cdi_restore > -2.0:
        kept |= _displaced(cloud & ~kept, stage, index, s)
    return kept


def _displaced(removed: Mask, stage: PixelStage, index: Array, s: ObjectSettings) -> Mask:
    """Pieces that stand above the ground all over, and are no snow (CM-45)."""
    pieces = label(removed)
    return pieces.paint((pieces.mean_of(index) < s.cdi_restore) & (pieces.count_in(stage.snow) < 0.05 * pieces.size))
