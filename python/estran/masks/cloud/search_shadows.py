"""The search for the shadows of a scene's clouds: potential shadow, matching, outlines (ATBD: cloud mask, CM-20, CM-27
to CM-39).
"""

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
from estran.masks.cloud.shadow import background, flatten, keep_dark, outlined, snow_shadow, water_shadow
from estran.masks.cloud.stages import IS_PURE_SNOW, IS_RELIEF_SHADOW, IS_VALID, IS_WATER, Geometry, PixelStage, pieces
from estran.masks.cloud.strips import StripReader
from estran.raster.label import Objects, label
from estran.raster.morphology import dilate_disk, majority

Mask = npt.NDArray[np.bool_]
Float = npt.NDArray[np.float32]

FLOODS_AT_ONCE = 1 << 25
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
    """Potential shadow on land and, where asked for, on water and snow; and the same where a hint of darkness is
    enough; (rows, columns).
    """

    potential: Mask
    hint: Mask


@dataclass(frozen=True)
class _DarkLand:
    """Reflectance of dark clear land in one image; and dark places on snow (rows, columns), for each limit."""

    level: float
    on_snow: tuple[Mask, ...] = ()


def _dark_land(scene: ShadowScene, sun: tuple[float, float] | None, name: str, places: tuple[Mask, ...]) -> _DarkLand:
    """Cut `places` down to where one band is dark, evened out for the sun (zenith, azimuth [degrees]) where that is
    given.
    """
    s, stage = scene.settings, scene.stage
    image = scene.reader.whole(name)
    # Masks are unpacked for as long as they are looked at: a flood needs the room.
    clear_land = stage.clear_land
    if sun is not None:
        flatten(
            image,
            lambda first, last: scene.reader.read(("dem",), first, last)["dem"],
            clear_land,
            *sun,
            scene.pixel_size,
        )
    level = background(image, clear_land, stage.valid & ~stage.potential, s.shadow_percentile)
    del clear_land
    on_snow: tuple[Mask, ...] = ()
    if name == "nir08" and s.snow_depth > 0.0:
        snow = stage.mask(IS_PURE_SNOW) & ~scene.cloud
        on_snow = snow_shadow(image, snow, _limits(s.snow_depth, s)) if snow.any() else ()
        del snow
    for part in pieces(image.shape):
        image[part][(stage.flags[part] & IS_VALID) == 0] = np.nan
    keep_dark(places, image, level, list(zip(_limits(s.shadow_depth, s), _limits(s.shadow_fraction, s), strict=True)))
    return _DarkLand(level, on_snow)


def _limits(limit: float, s: ObjectSettings) -> list[float]:
    """A limit of potential shadow and, where outlines are looked for, that of a hint of it."""
    return [limit, limit * s.hint_fraction][: 2 if s.shadow_outline else 1]


def _dark_lands(
    scene: ShadowScene, sun: tuple[float, float] | None, names: tuple[str, ...], places: tuple[Mask, ...]
) -> list[_DarkLand]:
    """Cut `places` down to where every band is dark."""
    if scene.cloud.size >= FLOODS_AT_ONCE:
        return [_dark_land(scene, sun, name, places) for name in names]
    # Floods are one thread's work each, and know nothing of one another.
    apart = [places, *(tuple(np.ones_like(mask) for mask in places) for _ in names[1:])]
    with ThreadPoolExecutor(min(len(names), numba.get_num_threads())) as pool:
        lands = list(pool.map(lambda name, own: _dark_land(scene, sun, name, own), names, apart))
    for others in apart[1:]:
        for mask, other in zip(places, others, strict=True):
            mask &= other
    return lands


def _sun_on_slopes(scene: ShadowScene, geometry: Geometry) -> tuple[float, float] | None:
    """The sun that slopes are evened out for; None where they are not, or cannot be."""
    known = "dem" in scene.reader.present and geometry.sun_zenith is not None and geometry.sun_azimuth is not None
    return (
        mean_direction(geometry.sun_zenith, geometry.sun_azimuth) if scene.settings.flatten_relief and known else None
    )


def find_dark_places(scene: ShadowScene, geometry: Geometry) -> DarkPlaces:
    """Potential shadow (CM-20, CM-35, CM-49), also where clouds or relief shadow hide it."""
    names = ("nir08", "swir16") if scene.settings.use_swir16 else ("nir08",)
    sun = _sun_on_slopes(scene, geometry)
    masks = tuple(np.ones(scene.cloud.shape, np.bool_) for _ in _limits(0.0, scene.settings))
    lands = _dark_lands(scene, sun, names, masks)
    scene.facts.update({f"shadow_background_{name}": land.level for name, land in zip(names, lands, strict=True)})
    if sun is not None:
        scene.facts["relief_evened_out"] = True
    if scene.settings.water_depth > 0.0:
        wet = _dark_water(scene)
        for part in pieces(wet.shape):
            water = (scene.stage.flags[part] & IS_WATER) != 0
            for mask in masks:
                mask[part] = (mask[part] & ~water) | wet[part]
    for mask, white in zip(masks, lands[0].on_snow, strict=False):
        mask |= white
    return DarkPlaces(masks[0], masks[-1])


def _dark_water(scene: ShadowScene) -> Mask:
    """Shadows on open water (CM-35)."""
    near_cloud = dilate_disk(scene.cloud, scene.settings.brim, scene.pixel_size)
    open_water = scene.stage.water
    open_water &= ~near_cloud
    del near_cloud
    return (
        water_shadow(scene.reader.whole("blue"), open_water, scene.settings.water_depth)
        if open_water.any()
        else open_water
    )


@dataclass(frozen=True)
class ShadowDecision:
    """Shadow without buffer (rows, columns), and the altitude of each cloud [m]: of its ground where the height is
    known, NaN where it is not.
    """

    shadow: Mask
    altitude: npt.NDArray[np.float64]


def find_shadows(
    scene: ShadowScene,
    geometry: Geometry,
    know: Callable[[Geometry, Mask], KnownGeometry | None],
    matching: Callable[[], None],
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
    matching
        Called before clouds are matched with what is dark.
    """
    dark = find_dark_places(scene, geometry)
    unobservable = scene.cloud | ~scene.stage.valid
    unobservable |= scene.stage.mask(IS_RELIEF_SHADOW)  # (CM-46)
    dark.potential[unobservable] = False
    scene.facts["potential_shadow_pixels"] = int(np.count_nonzero(dark.potential))
    matching()
    known = know(geometry, dark.potential)
    if known is None:
        return None
    dem = scene.dem()
    flat = dem is None or known.heights is not None or not float(np.nanmax(dem) - np.nanmin(dem)) > LEAST_RELIEF
    relief = None if flat else dem
    del dem
    vectors = vectors_of(scene.clouds, known.geometry, scene.pixel_size)
    cirrus = (
        values_under(scene.reader, "cirrus", scene.clouds)
        if "cirrus" in scene.reader.present and known.heights is None
        else None
    )
    sums = sums_along_rows(dark.potential, unobservable)
    matches = match_objects(
        scene.clouds, sums, vectors, scene.pixel_size, scene.settings, relief, known.heights, cirrus
    )
    del sums
    shadow = cast_shadows(scene.clouds, matches, vectors, relief)
    shadow = _cut_out(scene, known.geometry, shadow, dark, matches, relief, unobservable)
    _count(matches, scene.facts)
    # Lengths of shadows are no heights.
    altitude = matches.height + matches.ground if known.heights is None else np.full(scene.clouds.count, np.nan)
    return ShadowDecision(shadow, altitude)


def _cut_out(
    scene: ShadowScene,
    geometry: Geometry,
    shadow: Mask,
    dark: DarkPlaces,
    matches: Matches,
    relief: Float | None,
    unobservable: Mask,
) -> Mask:
    """Footprints as they show: without what cannot be observed, and with the outlines of the dark places."""
    s = scene.settings
    if relief is not None:
        # Pieces of a footprint that land on uneven ground leave gaps of a pixel.
        shadow |= majority(shadow)
    shadow[unobservable] = False
    if s.overlap_only:
        shadow &= dark.potential
    if s.shadow_outline:
        shadow = outlined(shadow, dark.potential, dark.hint)
        if s.shaded_fraction > 0.0:
            shadow |= _shaded(scene, geometry, dark.potential & ~shadow, matches, relief)
        shadow[unobservable] = False
    return shadow


def _shaded(scene: ShadowScene, geometry: Geometry, left: Mask, matches: Matches, relief: Float | None) -> Mask:
    """Dark places that no cloud claimed, but that clouds at their neighbours' altitudes would shade."""
    s = scene.settings
    places = label(left)
    places = places.select(places.size >= s.shaded_min)
    sums = sums_along_rows(scene.cloud, np.zeros_like(scene.cloud))
    fraction = shaded_places(
        places, scene.clouds, matches, sums, vectors_of(places, geometry, scene.pixel_size), relief, s
    )
    scene.facts["dark_places_shaded"] = int(np.count_nonzero(fraction >= s.shaded_fraction))
    return places.paint(fraction >= s.shaded_fraction)


def _count(matches: Matches, facts: dict[str, Any]) -> None:
    facts["clouds_matched"] = int(np.count_nonzero(matches.matched))
    facts["clouds_predicted"] = int(np.count_nonzero(matches.predicted))
    known = matches.height[matches.matched]
    facts["height_median"] = float(np.median(known)) if known.size else float("nan")
