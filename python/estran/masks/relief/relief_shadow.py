"""The relief shadow of a scene: cast shadow, slopes turned away from the sun or grazed by it, occluded ground, and the
sky that terrain leaves open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estran.errors import EstranError
from estran.masks.relief.cast import Bool, Cast, Heights, Relief, Sun, cast
from estran.masks.relief.coding import ReliefFlag
from estran.masks.relief.geodetic import GeodeticHeights, geodetic_heights
from estran.masks.relief.horizon import sky_view
from estran.masks.relief.occluded import occluded
from estran.masks.relief.rays import RayCaster, ShadowDecision, every_pixel, thin_margins
from estran.masks.relief.settings import Backend, ReliefSettings
from estran.masks.relief.surroundings import ReadDem, with_surroundings
from estran.masks.relief.terrain import terrain
from estran.raster.grid import Grid
from estran.raster.record import Fact, Note, RunRecord
from estran.raster.scene import Progress, quiet

_PART = 512
"""Side of the parts that share one frame for slope and incidence [pixels]."""


@dataclass(frozen=True)
class ReliefServices:
    """What the caller of the mask provides, since no kernel opens files or starts Java; None for what there is not.

    Parameters
    ----------
    read_dem
        Heights beyond the scene.
    ray_caster
        From terrain to what casts rays at it; raises :class:`~estran.errors.EstranError` where it cannot be reached.
    """

    read_dem: ReadDem | None = None
    ray_caster: Callable[[GeodeticHeights], RayCaster] | None = None


@dataclass(frozen=True)
class ReliefShadow:
    """The relief shadow of a scene or of a part of it; arrays are (rows, columns).

    Parameters
    ----------
    nodata
        Height or sun unknown. No other mask holds there, and all float32 arrays are NaN.
    cast, self_shadow, low_sun, occluded, unknown
        In the shadow of other terrain; slope turned away from the sun; slope that the sun grazes; hidden from the
        sensor; lit as far as terrain is known.
    cosine
        Cosine of the sun's incidence [1], -1 to 1.
    clearance
        Height by which the sun's ray clears the terrain [m].
    slope, aspect
        Of the ground [degrees]; the aspect is the direction downhill from true north, clockwise, below 360.
    sky_view
        Fraction of the sky that terrain leaves open [1]; NaN where it was not computed.
    """

    nodata: Bool
    cast: Bool
    self_shadow: Bool
    low_sun: Bool
    occluded: Bool
    unknown: Bool
    cosine: Heights
    clearance: Heights
    slope: Heights
    aspect: Heights
    sky_view: Heights

    @property
    def flags(self) -> npt.NDArray[np.uint8]:
        """The masks as bits of :class:`~estran.masks.relief.coding.ReliefFlag`."""
        packed = np.zeros(self.nodata.shape, np.uint8)
        for flag, mask in (
            (ReliefFlag.NODATA, self.nodata),
            (ReliefFlag.CAST, self.cast),
            (ReliefFlag.SELF, self.self_shadow),
            (ReliefFlag.LOW_SUN, self.low_sun),
            (ReliefFlag.HIDDEN, self.occluded),
            (ReliefFlag.UNKNOWN, self.unknown),
        ):
            packed |= mask * np.uint8(flag)
        return packed


@dataclass(frozen=True)
class ReliefDecision:
    """What needs the terrain as a whole, from which the masks of any part follow: 8 bytes a pixel besides the terrain.

    Parameters
    ----------
    relief, sun
        The terrain with its surroundings; the sun.
    cast
        Clearance of the sun's rays, and what is unknown.
    height_unknown, shadow, occluded
        (rows, columns) bool.
    sky
        Sky view, where it was asked for.
    reach, low_sun
        Pixels a side from which slopes are computed; and as of :class:`ReliefSettings`.
    record
        What was missing and what took its place; the backend used (and the one wanted, where that is another), and the
        number of rays.
    """

    relief: Relief
    sun: Sun
    cast: Cast
    height_unknown: Bool
    shadow: Bool
    occluded: Bool
    sky: Heights | None
    reach: int
    low_sun: float
    record: RunRecord

    def parts(self) -> Iterator[tuple[tuple[slice, slice], ReliefShadow]]:
        """The masks part by part, each with where it lies."""
        for part, slope, aspect, cosine in _slopes(self.relief, self.sun, self.reach):
            clearance, shadow = self.cast.clearance[part], self.shadow[part]
            nodata = self.height_unknown[part] | np.isnan(clearance) | np.isnan(cosine)
            sky = np.full(nodata.shape, np.nan, np.float32) if self.sky is None else self.sky[part]
            yield (
                part,
                ReliefShadow(
                    nodata=nodata,
                    cast=shadow & ~nodata,
                    self_shadow=(cosine <= 0.0) & ~nodata,
                    low_sun=(cosine > 0.0) & (cosine < self.low_sun) & ~nodata,
                    occluded=self.occluded[part] & ~nodata,
                    unknown=self.cast.unknown[part] & ~shadow & ~nodata,
                    cosine=np.where(nodata, np.float32(np.nan), np.clip(cosine, -1.0, 1.0)),
                    clearance=np.where(nodata, np.float32(np.nan), clearance),
                    slope=np.where(nodata, np.float32(np.nan), slope),
                    aspect=np.where(nodata, np.float32(np.nan), aspect),
                    sky_view=np.where(nodata, np.float32(np.nan), sky),
                ),
            )


def decide_relief(
    dem: Heights,
    grid: Grid,
    sun: Sun,
    sensor: Sun | None = None,
    settings: ReliefSettings | None = None,
    services: ReliefServices | None = None,
    progress: Progress = quiet,
) -> ReliefDecision:
    """The relief shadow of a whole scene, as far as the terrain must be known as a whole.

    Parameters
    ----------
    dem
        Heights of the scene [m], float32 (rows, columns), NaN where unknown; some are known.
    grid
        Of the scene.
    sun
        Its azimuth from true north and its elevation [degrees], of the scene's shape; NaN where unknown.
    sensor
        The same from the ground to the sensor; None where occluded ground is not asked for.
    settings, services
        As declared by their classes; None for their defaults.
    progress
        How far it is.

    Raises
    ------
    EstranError
        If the sweep and the rays disagree on more than a few of the pixels that are audited.
    """
    settings, services = settings or ReliefSettings(), services or ReliefServices()
    notes: list[Note] = []
    height_unknown = np.isnan(dem)
    relief, around = with_surroundings(dem, grid, sun.lowest(), services.read_dem)
    del dem
    if relief.origin == (0, 0):
        ends = (
            "The DEM ends with the image: mountains outside it cast no shadow, and where they might is flagged UNKNOWN."
        )
        notes.append(Note("assumed", "dem", ends))
    found = cast(relief, sun, progress)
    shadow, facts = _cast_shadow(found, relief, around, grid, sun, settings.backend, services, notes, progress)
    middle = relief.frame_at(relief.shape[0] / 2, relief.shape[1] / 2)
    reach = max(1, round((settings.dem_posting or 0.0) / middle.posting))
    unseen = np.zeros(relief.shape, bool) if sensor is None else occluded(relief, sensor, reach=reach)
    sky = None
    if settings.sky_directions:
        slope, aspect = (np.empty(relief.shape, np.float32) for _ in range(2))
        for part, steep, downhill, _ in _slopes(relief, sun, reach):
            slope[part], aspect[part] = steep, downhill
        sky = sky_view(slope, aspect, relief.dem, relief.origin, middle, settings.sky_directions)
    return ReliefDecision(
        relief,
        sun,
        found,
        height_unknown,
        shadow,
        unseen,
        sky,
        reach,
        settings.low_sun,
        RunRecord(tuple(notes), facts=facts),
    )


def _cast_shadow(
    found: Cast,
    relief: Relief,
    around: Grid,
    scene: Grid,
    sun: Sun,
    backend: Backend,
    services: ReliefServices,
    notes: list[Note],
    progress: Progress,
) -> tuple[Bool, dict[str, Fact]]:
    """Cast shadow by the backend asked for, or by the sweep where there is no ray caster; and what is to be known of
    the decision.
    """
    if backend == "sweep":
        return found.clearance < 0.0, {"backend": "sweep"}
    try:
        if services.ray_caster is None:
            raise EstranError("there is no ray caster here")
        rays = services.ray_caster(geodetic_heights(relief.dem, around))
    except EstranError as error:
        text = f"Rugged cannot be reached, so the backend {backend} is replaced by sweep: {error}"
        notes.append(Note("substitute", "", text))
        return found.clearance < 0.0, {"backend": "sweep", "backend_wanted": backend}
    decide = every_pixel if backend == "rugged" else thin_margins
    decision: ShadowDecision = decide(
        found, relief, sun, lambda row, column: scene.lonlat(column + 0.5, row + 0.5), rays, progress
    )
    facts: dict[str, Fact] = {"backend": backend, "rays": decision.asked, "rays_lost": decision.lost}
    if decision.agreement is not None:
        facts["rays_of_audit"], facts["audit_agreement"] = decision.audited, decision.agreement
    return decision.shadow, facts


def _slopes(relief: Relief, sun: Sun, reach: int) -> Iterator[tuple[tuple[slice, slice], Heights, Heights, Heights]]:
    """Slope, aspect and cosine of the incidence, by parts with a frame each: over a tile north turns by degrees."""
    for window in Grid(relief.shape[1], relief.shape[0]).tiles(_PART):
        azimuth, elevation = sun.at(*window.slices, relief.shape)
        frame = relief.frame_at(window.row + window.height / 2, window.col + window.width / 2)
        origin = relief.origin[0] + window.row, relief.origin[1] + window.col
        yield (
            window.slices,
            *terrain(relief.dem, origin, (window.height, window.width), frame, azimuth, elevation, reach=reach),
        )
