"""The whole chain of the cloud mask: pixel tests, cloud objects, potential shadow, matching, buffers (ATBD: cloud mask)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.errors import BadGeometry, EmptyScene
from estran.masks.cloud.buffers import buffered
from estran.masks.cloud.cirrus import faint_cirrus
from estran.masks.cloud.geometry_search import Displacement, dominant_displacement
from estran.masks.cloud.matching import LOWEST_SUN, Matches, cast_shadows, match_objects, mean_direction, shaded_places, sums_along_rows, vectors_of
from estran.masks.cloud.object_settings import ObjectSettings
from estran.masks.cloud.objects import cloud_objects
from estran.masks.cloud.pixel import pixel_stage, survey_pixels
from estran.masks.cloud.settings import PixelSettings
from estran.masks.cloud.shadow import background, dark_places, flattened, outlined, snow_shadow, water_shadow
from estran.masks.cloud.stages import Geometry, PixelStage
from estran.raster.label import Objects, label
from estran.raster.morphology import dilate_disk, majority
from estran.raster.scene import Progress, quiet

Mask = npt.NDArray[np.bool_]
Array = npt.NDArray[Any]

CLEAR, WATER, SNOW, SHADOW, CIRRUS, CLOUD, BUFFER, NODATA = 0, 1, 2, 3, 4, 5, 6, 255
"""Values of the class band."""
_PAINTED = (("water", WATER), ("snow", SNOW), ("buffer", BUFFER), ("cirrus", CIRRUS), ("shadow", SHADOW), ("cloud", CLOUD), ("nodata", NODATA))
"""Which flag makes which class; later ones win."""
LEAST_CLOUD = 0.005
"""Share of cloud below which the place of shadows is not searched: a few bright roofs always find some dark spots."""
LONGEST_SHADOW = 20000.0
"""Longest shadow shift searched where the sun's zenith angle is unknown [m]: a cloud at 5 km under a sun 14 degrees high."""


@dataclass(frozen=True)
class CloudMaskResult:
    """Masks of a scene; all arrays (rows, columns).

    Parameters
    ----------
    flags
        By name: nodata saturated cloud cirrus shadow snow water potential_cloud buffer. `buffer` is the margin around clouds and shadows, without them.
        `snow` and `water` say what the pixel looks like by itself, whatever lies over it.
    classes
        One class a pixel, by priority: no-data, cloud, shadow, thin cirrus, buffer, snow, water, clear.
    probability
        Cloud probability, 0..1, NaN where no-data.
    height
        Altitude of the cloud [m], in the system of the DEM; without a DEM, its height above the ground. NaN where there is none, or it is not known.
    facts
        Counts, thresholds, seconds per stage.
    notes
        Sentences on what was switched off, assumed or not possible.
    """

    flags: dict[str, Mask]
    classes: npt.NDArray[np.uint8]
    probability: npt.NDArray[np.float32]
    height: npt.NDArray[np.float32]
    facts: dict[str, Any]
    notes: tuple[str, ...]


class _Clock:
    """Seconds per stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._since = time.perf_counter()

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.seconds[stage] = round(now - self._since, 3)
        self._since = now


def cloud_mask(
    bands: dict[str, Array],
    geometry: Geometry,
    pixel_size: tuple[float, float],
    *,
    pixel: PixelSettings,
    objects: ObjectSettings,
    relief_shadow: Mask | None = None,
    glint: Mask | None = None,
    progress: Progress = quiet,
    consume: bool = False,
) -> CloudMaskResult:
    """Cloud and cloud shadow of a scene.

    Parameters
    ----------
    bands
        (rows, columns) float32 reflectances by semantic name: blue green red nir08 swir16; where there are, swir22 cirrus nir rededge078
        coastal nir09; dem [m], swo [%].
    geometry
        Sun and view angles against grid north.
    pixel_size
        Width and height of a pixel [m].
    pixel, objects
        Thresholds.
    relief_shadow
        Ground dark for another reason than a cloud: neither speaks for a cloud's shadow nor against it (CM-46).
    glint
        Water that mirrors the sun: no cloud (CM-47).
    progress
        How to report.
    consume
        Whether `bands` may be emptied on the way: a whole tile is 120 MB a band.

    Returns
    -------
    CloudMaskResult

    Raises
    ------
    EmptyScene
        No pixel is valid.
    BadGeometry
        The sun is below the horizon.
    MissingBand
        A mandatory band is not there.
    """
    _check_sun(geometry)
    bands = bands if consume else dict(bands)
    clock = _Clock()
    notes: list[str] = []
    progress(0.0, "survey")
    survey = survey_pixels(bands, pixel)
    if survey.valid == 0:
        raise EmptyScene("no pixel of the scene has data in every band", todo="check the no-data values and the overlap of the bands")
    clock.lap("survey")
    progress(0.15, "pixel tests")
    stage = pixel_stage(bands, survey, pixel)
    # The largest array of the stage, and nobody asks for it any more.
    stage = replace(stage, variability=np.empty((0, 0), np.float32))
    del survey
    if glint is not None:
        # (CM-47)
        stage = replace(stage, potential=stage.potential & ~glint, cloud=stage.cloud & ~glint, water=stage.water | (glint & stage.valid & ~stage.snow))
    if pixel.faint_cirrus_min > 0.0 and "cirrus" in bands:
        cloudy = stage.cloud & ~stage.snow
        stage = replace(stage, cirrus=stage.cirrus | faint_cirrus(stage.cirrus, cloudy, bands["cirrus"], bands["blue"], bands.get("dem"), pixel))
        del cloudy
    _let_go(bands, "swir22", "swo")
    clock.lap("pixel tests")
    progress(0.35, "cloud objects")
    clouds, facts, said = cloud_objects(stage, bands, pixel_size, objects)
    notes += said
    cloud = clouds.paint()
    _let_go(bands, "coastal", "nir09", "green", "red", "nir", "rededge078")
    clock.lap("cloud objects")
    valid_pixels = int(np.count_nonzero(stage.valid))
    share = facts["cloud_pixels"] / valid_pixels
    facts["cloud_share"] = share
    shadow = np.zeros(cloud.shape, np.bool_)
    height: npt.NDArray[np.float32] | None = None
    if stage.few_clear:
        notes.append("fewer clear pixels than Fmask needs: every potential cloud pixel counts as cloud, and no shadow is looked for.")
    elif share >= objects.max_cloud_share:
        notes.append(f"cloud covers {share:.0%} of the scene: no shadow is looked for.")
    elif clouds.count:
        dark = cloud | ~stage.valid if relief_shadow is None else cloud | ~stage.valid | relief_shadow  # (CM-46)
        shadow, height = _shadows(stage, bands, geometry, pixel_size, objects, clouds, cloud, dark, facts, notes, clock, progress)
        del dark
    if height is None:
        height = np.full(cloud.shape, np.nan, np.float32)
    progress(0.9, "buffers")
    grown, shade = buffered(cloud, shadow, stage.valid, pixel_size, objects.cloud_buffer, objects.shadow_buffer)
    flags = {
        "nodata": ~stage.valid,
        "saturated": stage.saturated & stage.valid,
        "cloud": cloud,
        "cirrus": stage.cirrus & stage.valid & ~cloud,
        "shadow": shadow,
        "snow": stage.snow & stage.valid,
        "water": stage.water & stage.valid,
        "potential_cloud": stage.potential & stage.valid,
        "buffer": (grown | shade) & ~cloud & ~shadow,
    }
    classes = classes_of(flags)
    clock.lap("buffers")
    facts |= {name: value for name, value in stage.thresholds.items() if name != "switched_off"}
    notes = [f"no {name}: {text.rstrip('.')}." for name, text in stage.thresholds.get("switched_off", {}).items()] + notes
    facts["mode"] = objects.mode
    facts["valid_pixels"] = valid_pixels
    facts["shares"] = {name: float(np.count_nonzero(mask)) / (mask.size if name == "nodata" else valid_pixels) for name, mask in flags.items()}
    facts["seconds"] = clock.seconds
    progress(1.0, "done")
    return CloudMaskResult(flags, classes, stage.probability, height, facts, tuple(dict.fromkeys(notes)))


def _let_go(bands: dict[str, Array], *names: str) -> None:
    for name in names:
        bands.pop(name, None)


def classes_of(flags: Mapping[str, Mask]) -> npt.NDArray[np.uint8]:
    """One class a pixel: no-data over cloud over shadow over thin cirrus over buffer over snow over water over clear (CM-34)."""
    classes = np.full(flags["cloud"].shape, CLEAR, np.uint8)
    for name, value in _PAINTED:
        classes[flags[name]] = value
    return classes


def _check_sun(geometry: Geometry) -> None:
    if geometry.sun_zenith is None:
        return
    zenith = np.asarray(geometry.sun_zenith)
    if np.isfinite(zenith).any() and float(np.nanmin(zenith)) >= LOWEST_SUN:
        raise BadGeometry(
            "the sun is below the horizon or touches it",
            expected=f"a zenith angle below {LOWEST_SUN:g} degrees",
            found=f"{float(np.nanmin(zenith)):.1f} degrees and more",
            todo="check the sun angles of the product, or give them as parameters",
        )


def _shadows(
    stage: PixelStage,
    bands: Mapping[str, Array],
    geometry: Geometry,
    pixel_size: tuple[float, float],
    s: ObjectSettings,
    clouds: Objects,
    cloud: Mask,
    hidden: Mask,
    facts: dict[str, Any],
    notes: list[str],
    clock: _Clock,
    progress: Progress,
) -> tuple[Mask, npt.NDArray[np.float32]]:
    """Shadow without buffer, and cloud height; nothing can be told of a shadow where it is `hidden`."""
    progress(0.5, "potential shadow")
    potential, hint = _potential(stage, bands, geometry, pixel_size, s, cloud, facts)
    potential &= ~hidden
    facts["potential_shadow_pixels"] = int(np.count_nonzero(potential))
    clock.lap("potential shadow")
    progress(0.65, "matching")
    geometry, heights, searched = _known_geometry(geometry, cloud, potential, stage.valid, pixel_size, s, facts, notes)
    if searched and heights is None and geometry.sun_zenith is None:
        return np.zeros(cloud.shape, np.bool_), np.full(cloud.shape, np.nan, np.float32)
    vectors = vectors_of(clouds, geometry, pixel_size)
    sums = sums_along_rows(potential, hidden)
    dem = bands.get("dem")
    relief = dem if dem is not None and heights is None and float(np.nanmax(dem) - np.nanmin(dem)) > 20.0 else None
    matches = match_objects(clouds, sums, vectors, pixel_size, s, relief, heights, bands.get("cirrus") if heights is None else None)
    del sums
    shadow = cast_shadows(clouds, matches, vectors, relief)
    if relief is not None:
        # Pieces of a footprint that land on uneven ground leave gaps of a pixel.
        shadow |= majority(shadow)
    shadow &= ~hidden
    if s.overlap_only:
        shadow &= potential
    if s.outline:
        shadow = outlined(shadow, potential, hint)
        if s.shaded > 0.0:
            shadow |= _shaded(clouds, cloud, potential & ~shadow, matches, geometry, pixel_size, s, relief, facts)
        shadow &= ~hidden
    _tell(matches, facts)
    # Lengths of shadows are no heights.
    altitude = matches.height + matches.ground if heights is None else np.full(clouds.count, np.nan)
    height = clouds.paint_values(altitude.astype(np.float32))
    clock.lap("matching")
    return shadow, height


def _shaded(
    clouds: Objects,
    cloud: Mask,
    left: Mask,
    matches: Matches,
    geometry: Geometry,
    pixel_size: tuple[float, float],
    s: ObjectSettings,
    relief: Array | None,
    facts: dict[str, Any],
) -> Mask:
    """Dark places that no cloud claimed, but that clouds at their neighbours' altitudes would shade."""
    places = label(left)
    places = places.select(places.size >= s.shaded_least)
    share = shaded_places(places, clouds, matches, sums_along_rows(cloud, np.zeros_like(cloud)), vectors_of(places, geometry, pixel_size), relief, s)
    facts["dark_places_shaded"] = int(np.count_nonzero(share >= s.shaded))
    return places.paint(share >= s.shaded)


def _potential(
    stage: PixelStage, bands: Mapping[str, Array], geometry: Geometry, pixel_size: tuple[float, float], s: ObjectSettings, cloud: Mask, facts: dict[str, Any]
) -> tuple[Mask, Mask]:
    """Potential shadow on land and, where asked for, on water; and the same where a hint of darkness is enough."""
    images = [bands["nir08"], bands["swir16"]] if s.use_swir16 else [bands["nir08"]]
    dem = bands.get("dem")
    if s.flatten_relief and dem is not None and geometry.sun_zenith is not None and geometry.sun_azimuth is not None:
        sun = mean_direction(geometry.sun_zenith, geometry.sun_azimuth)
        images = [flattened(image, dem, stage.clear_land, *sun, pixel_size) for image in images]
        facts["relief_evened_out"] = True
    levels = [background(image, stage.clear_land, stage.valid & ~stage.potential, s.shadow_percentile) for image in images]
    facts |= {f"shadow_background_{name}": level for name, level in zip(("nir08", "swir16"), levels, strict=False)}
    limits = (s.shadow_depth, s.shadow_share), (s.shadow_depth * s.hint, s.shadow_share * s.hint)
    found = dark_places(images, ~stage.valid, levels, limits if s.outline else limits[:1])
    potential, hint = found[0], found[-1]
    if s.water_depth > 0.0:
        wet = water_shadow(bands["blue"], stage.water, dilate_disk(cloud, s.brim, pixel_size) | ~stage.valid, s.water_depth)
        for mask in found:
            mask &= ~stage.water
            mask |= wet
    if s.snow_depth > 0.0 and stage.snow.any():
        snow, depths = stage.snow & stage.valid & ~cloud, (s.snow_depth, s.snow_depth * s.hint)
        for mask, white in zip(found, snow_shadow(images[0], bands["blue"], bands["swir16"], snow, depths[: len(found)]), strict=True):
            mask |= white
    return potential, hint


def _tell(matches: Matches, facts: dict[str, Any]) -> None:
    facts["clouds_matched"] = int(np.count_nonzero(matches.matched))
    facts["clouds_predicted"] = int(np.count_nonzero(matches.predicted))
    known = matches.height[matches.matched]
    facts["height_median"] = float(np.median(known)) if known.size else float("nan")


def _known_geometry(
    geometry: Geometry, cloud: Mask, potential: Mask, valid: Mask, pixel_size: tuple[float, float], s: ObjectSettings, facts: dict[str, Any], notes: list[str]
) -> tuple[Geometry, tuple[float, float] | None, bool]:
    """The geometry with what was searched put in; and, where the zenith angle is unknown, the shadow lengths that stand for heights."""
    if geometry.sun_zenith is not None and geometry.sun_azimuth is not None:
        return geometry, None, False
    zenith = geometry.sun_zenith
    longest = LONGEST_SHADOW if zenith is None else s.height_max * float(np.tan(np.radians(np.nanmean(zenith))))
    azimuth = None if geometry.sun_azimuth is None else float(np.nanmean(geometry.sun_azimuth))
    unknown = " and ".join(n for n, v in (("zenith", zenith), ("azimuth", geometry.sun_azimuth)) if v is None)
    share = np.count_nonzero(cloud) / np.count_nonzero(valid)
    if share < LEAST_CLOUD:
        notes.append(f"sun {unknown} angle unknown, and cloud on {share:.2%} of the scene is too little to find where its shadow falls: no shadow is drawn.")
        return replace(geometry, sun_zenith=None), None, True
    found: Displacement | None = dominant_displacement(cloud, potential, valid, pixel_size, longest, azimuth)
    if found is None:
        notes.append(f"sun {unknown} angle unknown, and no displacement from clouds to shadows was found: no shadow is drawn.")
        return replace(geometry, sun_zenith=None), None, True
    facts["displacement_azimuth"], facts["displacement_length"] = found.azimuth, found.length
    facts["displacement_contrast"] = found.contrast
    text = f"sun {unknown} angle unknown: clouds and shadows are best matched along azimuth {found.azimuth:.0f} degrees, {found.length:.0f} m apart"
    if zenith is not None:
        notes.append(f"{text}.")
        return replace(geometry, sun_azimuth=found.azimuth), None, True
    notes.append(f"{text}; shadow lengths are searched along it, and cloud heights stay unknown.")
    # With the sun at 45 degrees and the sensor above, a height is a length.
    return Geometry(45.0, found.azimuth if azimuth is None else azimuth, 0.0, 0.0), (2.0 * max(pixel_size), 2.0 * found.length), True
