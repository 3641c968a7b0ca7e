"""The search for the shadows of a scene's clouds: potential shadow, matching, outlines (ATBD: cloud mask, CM-20, CM-27 to CM-39)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from estran.masks.cloud.consensus import Matches
from estran.masks.cloud.footprint import mean_direction, sums_along_rows, vectors_of
from estran.masks.cloud.geometry_search import KnownGeometry
from estran.masks.cloud.matching import cast_shadows, match_objects, shaded_places
from estran.masks.cloud.object_settings import ObjectSettings
from estran.masks.cloud.passes import values_under
from estran.masks.cloud.shadow import background, dark_places, flatten, outlined, snow_shadow, water_shadow
from estran.masks.cloud.stages import IS_PURE_SNOW, IS_RELIEF_SHADOW, Geometry, PixelStage
from estran.masks.cloud.strips import StripReader
from estran.raster.label import Objects, label
from estran.raster.morphology import dilate_disk, majority

Mask = npt.NDArray[np.bool_]
Float = npt.NDArray[np.float32]

FLOODS_AT_ONCE = 1 << 24
"""Pixels of an image from which floods are made one after another: each holds two float images."""
LEAST_RELIEF = 20.0
"""Range of heights of a scene up to which it is flat [m]."""


@dataclass(frozen=True)
class ShadowScene:
    """What the search for shadows looks at.

    Parameters
    ----------
    reader
        Reads nir08, swir16, blue, cirrus and dem once more, those that are needed, one at a time.
    stage
        Flags of the whole scene.
    clouds, cloud
        The clouds, and their mask (rows, columns).
    pixel_size
        Width and height of a pixel [m].
    settings
        Thresholds.
    facts
        Counts for metadata and report, added to.
    """

    reader: StripReader
    stage: PixelStage
    clouds: Objects
    cloud: Mask
    pixel_size: tuple[float, float]
    settings: ObjectSettings
    facts: dict[str, Any]

    def dem(self) -> Float | None:
        """Altitude of the ground [m], where it is known."""
        return self.reader.whole("dem") if "dem" in self.reader.present else None


@dataclass(frozen=True)
class DarkPlaces:
    """Potential shadow on land and, where asked for, on water and snow; and the same where a hint of darkness is enough; (rows, columns)."""

    potential: Mask
    hint: Mask


@dataclass(frozen=True)
class _DarkLand:
    """Dark places of one image for each limit, and dark places on snow; and the reflectance of dark clear land."""

    level: float
    dark: tuple[Mask, ...]
    on_snow: tuple[Mask, ...]


def _dark_lands(scene: ShadowScene, geometry: Geometry, names: tuple[str, ...]) -> list[_DarkLand]:
    """The dark places of some bands, each flooded by itself."""
    s, stage = scene.settings, scene.stage
    limits = [(s.shadow_depth, s.shadow_share), (s.shadow_depth * s.hint, s.shadow_share * s.hint)][: 2 if s.outline else 1]
    depths = [s.snow_depth, s.snow_depth * s.hint][: len(limits)]
    clear_land, drains = stage.clear_land, ~stage.valid
    sun = _sun_on_slopes(scene, geometry)
    snow = stage.mask(IS_PURE_SNOW) & ~scene.cloud

    def dark(name: str) -> _DarkLand:
        image = scene.reader.whole(name)
        dem = None if sun is None else scene.dem()
        if sun is not None and dem is not None:
            flatten(image, dem, clear_land, *sun, scene.pixel_size)
        del dem  # it is read again for the matching: a flood needs the room
        level = background(image, clear_land, ~(drains | stage.potential), s.shadow_percentile)
        on_snow = snow_shadow(image, snow, depths) if name == "nir08" and s.snow_depth > 0.0 and snow.any() else ()
        return _DarkLand(level, dark_places(image, drains, level, limits), on_snow)

    if scene.cloud.size >= FLOODS_AT_ONCE:
        return [dark(name) for name in names]
    # Floods are one thread's work each, and know nothing of one another.
    with ThreadPoolExecutor(min(len(names), numba.get_num_threads())) as pool:
        return list(pool.map(dark, names))


def _sun_on_slopes(scene: ShadowScene, geometry: Geometry) -> tuple[float, float] | None:
    """The sun that slopes are evened out for; None where they are not, or cannot be."""
    known = "dem" in scene.reader.present and geometry.sun_zenith is not None and geometry.sun_azimuth is not None
    return mean_direction(geometry.sun_zenith, geometry.sun_azimuth) if scene.settings.flatten_relief and known else None


def find_dark_places(scene: ShadowScene, geometry: Geometry) -> DarkPlaces:
    """Potential shadow (CM-20, CM-35, CM-49), also where clouds or relief shadow hide it."""
    names = ("nir08", "swir16") if scene.settings.use_swir16 else ("nir08",)
    lands = _dark_lands(scene, geometry, names)
    scene.facts.update({f"shadow_background_{name}": land.level for name, land in zip(names, lands, strict=True)})
    if _sun_on_slopes(scene, geometry) is not None:
        scene.facts["relief_evened_out"] = True
    masks = [np.logical_and.reduce(of_all) for of_all in zip(*(land.dark for land in lands), strict=True)]
    on_snow = lands[0].on_snow
    del lands
    if scene.settings.water_depth > 0.0:
        wet, water = _dark_water(scene), scene.stage.water
        for mask in masks:
            mask[water] = False
            mask |= wet
    for mask, white in zip(masks, on_snow, strict=False):
        mask |= white
    return DarkPlaces(masks[0], masks[-1])


def _dark_water(scene: ShadowScene) -> Mask:
    """Shadows on open water (CM-35)."""
    water, s = scene.stage.water, scene.settings
    hidden = dilate_disk(scene.cloud, s.brim, scene.pixel_size)
    hidden |= ~scene.stage.valid
    if not (water & ~hidden).any():
        return np.zeros(water.shape, np.bool_)
    return water_shadow(scene.reader.whole("blue"), water, hidden, s.water_depth)


@dataclass(frozen=True)
class ShadowDecision:
    """Shadow without buffer (rows, columns), and the altitude of each cloud [m]: of its ground where the height is known, NaN where it is not."""

    shadow: Mask
    altitude: npt.NDArray[np.float64]


def find_shadows(
    scene: ShadowScene, geometry: Geometry, know: Callable[[Geometry, Mask], KnownGeometry | None], step: Callable[[str], None]
) -> ShadowDecision | None:
    """The shadows of the clouds; None where the sun's place is unknown and not to be found.

    Parameters
    ----------
    scene
        What is looked at.
    geometry
        Sun and view; the sun may be unknown.
    know
        Completes the geometry, given the potential shadow.
    step
        Called with the name of each stage that is done.
    """
    dark = find_dark_places(scene, geometry)
    unobservable = scene.cloud | ~scene.stage.valid
    unobservable |= scene.stage.mask(IS_RELIEF_SHADOW)  # (CM-46)
    dark.potential[unobservable] = False
    scene.facts["potential_shadow_pixels"] = int(np.count_nonzero(dark.potential))
    step("potential shadow")
    known = know(geometry, dark.potential)
    if known is None:
        return None
    dem = scene.dem()
    flat = dem is None or known.heights is not None or not float(np.nanmax(dem) - np.nanmin(dem)) > LEAST_RELIEF
    relief = None if flat else dem
    del dem
    vectors = vectors_of(scene.clouds, known.geometry, scene.pixel_size)
    cirrus = values_under(scene.reader, "cirrus", scene.clouds) if "cirrus" in scene.reader.present and known.heights is None else None
    sums = sums_along_rows(dark.potential, unobservable)
    matches = match_objects(scene.clouds, sums, vectors, scene.pixel_size, scene.settings, relief, known.heights, cirrus)
    del sums
    shadow = cast_shadows(scene.clouds, matches, vectors, relief)
    shadow = _cut_out(scene, known.geometry, shadow, dark, matches, relief, unobservable)
    _count(matches, scene.facts)
    # Lengths of shadows are no heights.
    altitude = matches.height + matches.ground if known.heights is None else np.full(scene.clouds.count, np.nan)
    return ShadowDecision(shadow, altitude)


def _cut_out(scene: ShadowScene, geometry: Geometry, shadow: Mask, dark: DarkPlaces, matches: Matches, relief: Float | None, unobservable: Mask) -> Mask:
    """Footprints as they show: without what cannot be observed, and with the outlines of the dark places."""
    s = scene.settings
    if relief is not None:
        # Pieces of a footprint that land on uneven ground leave gaps of a pixel.
        shadow |= majority(shadow)
    shadow[unobservable] = False
    if s.overlap_only:
        shadow &= dark.potential
    if s.outline:
        shadow = outlined(shadow, dark.potential, dark.hint)
        if s.shaded > 0.0:
            shadow |= _shaded(scene, geometry, dark.potential & ~shadow, matches, relief)
        shadow[unobservable] = False
    return shadow


def _shaded(scene: ShadowScene, geometry: Geometry, left: Mask, matches: Matches, relief: Float | None) -> Mask:
    """Dark places that no cloud claimed, but that clouds at their neighbours' altitudes would shade."""
    s = scene.settings
    places = label(left)
    places = places.select(places.size >= s.shaded_least)
    sums = sums_along_rows(scene.cloud, np.zeros_like(scene.cloud))
    share = shaded_places(places, scene.clouds, matches, sums, vectors_of(places, geometry, scene.pixel_size), relief, s)
    scene.facts["dark_places_shaded"] = int(np.count_nonzero(share >= s.shaded))
    return places.paint(share >= s.shaded)


def _count(matches: Matches, facts: dict[str, Any]) -> None:
    facts["clouds_matched"] = int(np.count_nonzero(matches.matched))
    facts["clouds_predicted"] = int(np.count_nonzero(matches.predicted))
    known = matches.height[matches.matched]
    facts["height_median"] = float(np.median(known)) if known.size else float("nan")
