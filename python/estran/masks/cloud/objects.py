"""From cloudy pixels to clouds: majority, removal of bright ground, least size (ATBD: cloud mask, CM-23 to CM-26)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from estran.masks.cloud.object_settings import ObjectSettings
from estran.masks.cloud.outline import faint_rims
from estran.masks.cloud.passes import Displacement, Kept
from estran.masks.cloud.stages import IS_BUILT_UP, IS_STEEP, PixelStage
from estran.raster.label import Objects, label
from estran.raster.morphology import dilate_disk, dilate_square, erode_disk, majority

Mask = npt.NDArray[np.bool_]

NEAR_SNOW_PERCENTILE = 82.5
"""Of the probability of clear land near snow (CM-43), as ZW12 eq. 17 has it for all land."""
SNOWY = 0.05
"""Fraction of snow from which a removed piece does not come back (CM-45)."""


def cloudy_pixels(kept: Kept, pixel_size: tuple[float, float], settings: ObjectSettings, facts: dict[str, Any]) -> Mask:
    """Cloud by the pixel tests, cut back at snow and at the rims, and smoothed; bright ground is still among it.

    Parameters
    ----------
    kept
        Of the whole scene.
    pixel_size
        Width and height of a pixel [m].
    settings
        Thresholds.
    facts
        Counts for metadata and report, added to.
    """
    s, stage = settings, kept.pixels
    own = stage.cloud
    facts["cloud_pixels_by_spectrum"] = int(np.count_nonzero(own))
    cloud = own if s.cirrus_is_cloud else _thick(own, stage, pixel_size, s)
    if s.snow_margin > 0.0 and not stage.few_clear:
        cloud &= ~_half_snow(stage, pixel_size, s, facts)
    if kept.brightness is not None:
        cloud &= ~faint_rims(cloud, kept.brightness, stage.valid, pixel_size, s)
    return majority(cloud) & stage.valid


def find_clouds(
    cloud: Mask,
    stage: PixelStage,
    displacement: Displacement | None,
    grow: bool,
    pixel_size: tuple[float, float],
    settings: ObjectSettings,
    facts: dict[str, Any],
) -> Objects:
    """The clouds of a scene.

    Parameters
    ----------
    cloud
        From :func:`cloudy_pixels`.
    stage
        Of the whole scene, with the bits of built-up land and steep snow.
    displacement
        The displacement index; None where it is not used.
    grow
        Whether clouds grow into their thin parts, which no cirrus band shows (CM-37).
    pixel_size
        Width and height of a pixel [m].
    settings
        Thresholds.
    facts
        Counts for metadata and report, added to.
    """
    s = settings
    # Without clear ground to compare with, nothing separates bright ground from cloud.
    if s.remove_false_positives and not stage.few_clear:
        cloud = _without_bright_ground(cloud, stage, displacement, pixel_size, s)
    if grow:
        cloud |= _thin_parts(cloud, stage, pixel_size, s)
    objects = label(cloud)
    del cloud
    keep = objects.size >= s.min_object
    facts["objects_too_small"] = int(np.count_nonzero(~keep))
    if displacement is not None:
        still = (objects.count_in(displacement.moved) <= s.cdi_fraction * objects.size) & (objects.size < s.cdi_small)
        facts["objects_without_displacement"] = int(np.count_nonzero(still & keep))
        keep &= ~still
    objects = objects.select(keep)
    facts["cloud_objects"] = objects.count
    facts["cloud_pixels"] = int(objects.size.sum())
    return objects


def _half_snow(stage: PixelStage, pixel_size: tuple[float, float], s: ObjectSettings, facts: dict[str, Any]) -> Mask:
    """Land near snow that is hardly likelier a cloud than the clear land there: patches of snow look half like cloud
    (CM-43).
    """
    near = dilate_disk(majority(stage.snow), s.snow_reach, pixel_size) & ~stage.water
    # A million pixels give a percentile as well as all of them.
    step = max(1, int(np.sqrt(near.size / 1e6)))
    part = (slice(None, None, step), slice(None, None, step))
    clear = stage.probability[part][stage.clear_land[part] & near[part]]
    if clear.size == 0:
        return np.zeros(near.shape, np.bool_)
    threshold = min(float(np.percentile(clear, NEAR_SNOW_PERCENTILE)) + s.snow_margin, s.snow_threshold_max)
    facts["threshold_near_snow"] = threshold
    return near & (stage.probability <= threshold)


def _thick(own: Mask, stage: PixelStage, pixel_size: tuple[float, float], s: ObjectSettings) -> Mask:
    """Cloud without thin cirrus, but with what only looks thin at the rim of thick cloud (CM-44)."""
    thick = own & ~stage.cirrus
    cloud = thick.copy()
    if s.thin_fraction < 1.0:
        parts = label(own)
        small = parts.size * (pixel_size[0] * pixel_size[1]) < s.thin_area
        cloud |= parts.paint(small & (parts.count_in(thick) >= s.thin_fraction * parts.size))
    if s.thin_reach > 0.0:
        cloud |= own & dilate_disk(majority(thick), s.thin_reach, pixel_size)
    return cloud


def _thin_parts(cloud: Mask, stage: PixelStage, pixel_size: tuple[float, float], s: ObjectSettings) -> Mask:
    """What is half-way probable, touches a cloud of some size, and lies near it (CM-37)."""
    seeds = label(cloud)
    large = seeds.paint(seeds.size * (pixel_size[0] * pixel_size[1]) >= s.grow_area)
    parts = label((stage.probability > s.grow_probability) | large)
    return parts.paint(parts.count_in(large) > 0) & dilate_disk(large, s.grow_distance, pixel_size) & stage.valid


def _without_bright_ground(
    cloud: Mask,
    stage: PixelStage,
    displacement: Displacement | None,
    pixel_size: tuple[float, float],
    s: ObjectSettings,
) -> Mask:
    """Clouds less those parts on possible false positives that erosion takes away whole (CM-24)."""
    suspect, water, snow = stage.mask(IS_BUILT_UP), stage.water, stage.snow
    suspect &= ~water
    if displacement is not None:
        suspect &= ~displacement.not_built
    suspect |= stage.mask(IS_STEEP)
    suspect = dilate_square(suspect, int(s.suspect_growth / max(pixel_size)))
    suspect |= snow
    suspect &= ~water
    del snow, water
    core = erode_disk(cloud, s.erosion, pixel_size)
    core |= cloud & ~suspect
    del suspect
    kept = dilate_disk(core, s.regrowth, pixel_size)
    kept &= cloud  # (CM-25)
    if displacement is not None and s.cdi_restore > -2.0:
        kept |= _displaced(cloud & ~kept, stage, displacement, s)
    return kept


def _displaced(removed: Mask, stage: PixelStage, displacement: Displacement, s: ObjectSettings) -> Mask:
    """Pieces that stand above the ground all over, and are no snow (CM-45)."""
    pieces = label(removed)
    return pieces.paint(
        (displacement.mean_over(pieces) < s.cdi_restore) & (pieces.count_in(stage.snow) < SNOWY * pieces.size)
    )
