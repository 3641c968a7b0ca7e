"""Runs the passes of the cloud mask over a scene: pixel tests, cloud objects, potential shadow, matching, buffers
(ATBD: cloud mask).

Progress, the clock and the sentences of the notes are here, and in no kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.errors import BadGeometry, EmptyScene
from estran.masks.cloud import notes as say
from estran.masks.cloud.buffers import buffered
from estran.masks.cloud.cirrus import touching_cirrus
from estran.masks.cloud.displacement import window_for
from estran.masks.cloud.footprint import LOWEST_SUN
from estran.masks.cloud.geometry_search import KnownGeometry, search_geometry
from estran.masks.cloud.learn import SceneModel, learn
from estran.masks.cloud.object_settings import ObjectSettings
from estran.masks.cloud.objects import cloudy_pixels, find_clouds
from estran.masks.cloud.passes import (
    DISPLACED,
    HALO,
    Displacement,
    Kept,
    OtherMasks,
    Plan,
    decide_strip,
    measure_displacement,
    names_of_decision,
    names_of_survey,
)
from estran.masks.cloud.result import CloudMaskResult, masks_of
from estran.masks.cloud.search_shadows import ShadowScene, find_shadows
from estran.masks.cloud.settings import PixelSettings
from estran.masks.cloud.stages import (
    IS_BUFFER,
    IS_CIRRUS,
    IS_CLOUD,
    IS_FAINT_CIRRUS,
    IS_SHADOW,
    Geometry,
    PixelStage,
    pieces,
)
from estran.masks.cloud.strips import Strip, StripReader, over_strips
from estran.masks.cloud.survey import PixelSurvey, merge_surveys, source_names, survey_pixels
from estran.raster.label import Objects
from estran.raster.record import Note, RunRecord
from estran.raster.scene import Progress, quiet

Mask = npt.NDArray[np.bool_]
Array = npt.NDArray[Any]

NAMES = (
    "blue",
    "green",
    "red",
    "nir08",
    "swir16",
    "swir22",
    "cirrus",
    "nir",
    "rededge078",
    "coastal",
    "nir09",
    "swo",
    "dem",
)
"""Arrays that the cloud mask may read."""


def _no_masks(_strip: Strip) -> OtherMasks:
    return OtherMasks()


def _no_survey(_strip: Strip) -> Any:
    return None


def _not_kept(_found: Any) -> None:
    pass


@dataclass(frozen=True)
class Companion:
    """What is made of the strips beside the cloud mask, from the same reads.

    Parameters
    ----------
    names
        Arrays that it looks at in both passes.
    names_of_survey
        Arrays that `survey` looks at besides.
    halo
        Rows around a strip that `masks` looks at.
    survey
        Sees every strip once, before any decision, several of them at a time.
    keep
        Gets what it makes of them, in their order.
    masks
        What is known of the strip's own rows by others; several are asked for at a time.
    """

    names: tuple[str, ...] = ()
    names_of_survey: tuple[str, ...] = ()
    halo: int = 0
    survey: Callable[[Strip], Any] = _no_survey
    keep: Callable[[Any], None] = _not_kept
    masks: Callable[[Strip], OtherMasks] = _no_masks


def cloud_mask(
    bands: Mapping[str, Array],
    geometry: Geometry,
    pixel_size: tuple[float, float],
    *,
    pixel: PixelSettings,
    objects: ObjectSettings,
    relief_shadow: Mask | None = None,
    glint: Mask | None = None,
) -> CloudMaskResult:
    """Cloud and cloud shadow of a scene in memory.

    Parameters
    ----------
    bands
        (rows, columns) float32 reflectances by semantic name: blue green red nir08 swir16; where there are, swir22
        cirrus nir rededge078 coastal nir09; dem [m], swo [%].
    geometry
        Sun and view angles against grid north.
    pixel_size
        Width and height of a pixel [m].
    pixel, objects
        Thresholds.
    relief_shadow
        Ground dark for another reason than a cloud: neither evidence for a cloud's shadow nor against it (CM-46).
    glint
        Water that reflects the sun: no cloud (CM-47).

    Raises
    ------
    EmptyScene
        No pixel is valid.
    BadGeometry
        The sun is below the horizon.
    MissingBand
        A mandatory band is not there.
    """

    def masks(strip: Strip) -> OtherMasks:
        return OtherMasks(*(None if mask is None else mask[strip.rows] for mask in (glint, relief_shadow)))

    return CloudMaskRun(StripReader.of(bands), pixel_size, pixel, objects, Companion(masks=masks)).run(lambda: geometry)


@dataclass
class CloudMaskRun:
    """One run over a scene.

    Parameters
    ----------
    reader
        Of the arrays :data:`NAMES`, those that there are.
    pixel_size
        Width and height of a pixel [m].
    pixel, objects
        Thresholds.
    companion
        What is made beside.
    progress
        How to report; raises to cancel.
    """

    reader: StripReader
    pixel_size: tuple[float, float]
    pixel: PixelSettings
    objects: ObjectSettings
    companion: Companion = field(default_factory=Companion)
    progress: Progress = quiet
    facts: dict[str, Any] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def run(self, geometry: Callable[[], Geometry]) -> CloudMaskResult:
        """All passes; `geometry` is asked for after the survey, in which a companion may have read the angles."""
        present = tuple(name for name in NAMES if name in self.reader.present)
        source_names(dict.fromkeys(present, np.empty(0)), self.pixel)
        survey = self._survey()
        known = geometry()
        check_sun(known)
        if survey.valid == 0:
            raise EmptyScene(
                "no pixel of the scene has data in every band",
                todo="check the no-data values and the overlap of the bands",
            )
        scene = learn(survey, self.pixel)
        del survey
        kept = self._decide(scene, present)
        stage = kept.pixels
        clouds = self.find_clouds(kept, present)
        del kept
        cloud = clouds.paint()
        stage.put(IS_CLOUD, cloud)
        valid = int(np.count_nonzero(stage.valid))
        covered = self.facts["cloud_pixels"] / valid
        self.facts |= {"cloud_fraction": covered, "mode": self.objects.mode, "valid_pixels": valid}
        altitude = np.full(clouds.count, np.nan)
        if stage.few_clear:
            self.notes.append(say.FEW_CLEAR)
        elif covered >= self.objects.max_cloud_fraction:
            self.notes.append(say.of_overcast(covered))
        elif clouds.count:
            altitude = self._shadows(stage, clouds, cloud, known, altitude)
        self.reader.release(present)
        self.progress(0.9, "buffers")
        fractions = self._finish(stage, cloud, valid)
        self.facts |= {name: value for name, value in scene.facts.items() if name not in ("mode", "valid_pixels")}
        notes = (*say.of_missing(scene.switched_off), *self.notes)
        self.progress(1.0, "done")
        record = RunRecord(tuple(dict.fromkeys(notes)), fractions, self.facts)
        return CloudMaskResult(stage, clouds, altitude, record)

    def _survey(self) -> PixelSurvey:
        def look(strip: Strip) -> tuple[PixelSurvey, Any]:
            return survey_pixels(strip.arrays, self.pixel), self.companion.survey(strip)

        surveys: list[PixelSurvey] = []
        self.progress(0.0, "survey")
        for strip, (found, beside) in over_strips(
            self.reader.strips((*names_of_survey(self.pixel), *self.companion.names, *self.companion.names_of_survey)),
            look,
        ):
            self.companion.keep(beside)
            surveys = [reduce(merge_surveys, (*surveys, found))]
            self.progress(0.15 * strip.last / self.reader.shape[0], "survey")
        return surveys[0]

    def _decide(self, scene: SceneModel, present: tuple[str, ...]) -> Kept:
        few_clear = scene.thresholds.few_clear
        plan = Plan.of(present, self.pixel_size, self.pixel, self.objects, few_clear)
        shape = self.reader.shape
        stage = PixelStage(np.empty(shape, np.uint16), np.empty(shape, np.float32), scene.facts, few_clear)
        kept = Kept(stage, np.empty(shape, np.float32) if plan.brightness else None)
        halo = max(HALO, self.companion.halo)

        def decide(strip: Strip) -> None:
            flags, probability, brightness = decide_strip(
                strip, scene, self.pixel, plan, self.objects, self.pixel_size, self.companion.masks(strip)
            )
            stage.flags[strip.rows], stage.probability[strip.rows] = flags, probability
            if kept.brightness is not None and brightness is not None:
                kept.brightness[strip.rows] = brightness

        self.progress(0.15, "pixel tests")
        for strip, _ in over_strips(
            self.reader.strips((*names_of_decision(self.pixel), *self.companion.names), halo), decide
        ):
            self.progress(0.15 + 0.2 * strip.last / shape[0], "pixel tests")
        if plan.faint_cirrus:
            stage.add(IS_CIRRUS, touching_cirrus(stage.mask(IS_FAINT_CIRRUS), stage.cirrus))
        read_again = {*DISPLACED, "swir16", "blue", "cirrus", "dem"}
        self.reader.release(tuple({*present, *self.companion.names, *self.companion.names_of_survey} - read_again))
        return kept

    def find_clouds(self, kept: Kept, present: tuple[str, ...]) -> Objects:
        """The clouds, of what was kept of the scene; `present` are the arrays that it has."""
        self.progress(0.35, "cloud objects")
        s, stage = self.objects, kept.pixels
        cloud = cloudy_pixels(kept, self.pixel_size, s, self.facts)
        kept.brightness = None
        displacement = self._displacement(cloud, present, stage.few_clear)
        self.reader.release(("nir", "rededge078"))
        grow = s.grow_probability > 0.0 and "cirrus" not in present and not stage.few_clear
        if grow:
            self.notes.append(say.of_growth(s.grow_probability))
        return find_clouds(cloud, stage, displacement, grow, self.pixel_size, s, self.facts)

    def _displacement(self, cloud: Mask, present: tuple[str, ...], few_clear: bool) -> Displacement | None:
        s = self.objects
        if not (s.displacement and s.remove_false_positives) or few_clear:
            return None
        missing = [name for name in DISPLACED if name not in present]
        window = window_for(self.pixel_size)
        if missing:
            self.notes += say.of_no_displacement(missing)
            return None
        self.notes += [Note("found", "", f"{window.note}.")] if window.note else []
        return None if window.half is None else measure_displacement(self.reader, cloud, window.half, s)

    def _shadows(
        self, stage: PixelStage, clouds: Objects, cloud: Mask, geometry: Geometry, unknown: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.float64]:
        self.progress(0.5, "potential shadow")

        def know(given: Geometry, potential: Mask) -> KnownGeometry | None:
            if given.sun_zenith is not None and given.sun_azimuth is not None:
                return KnownGeometry(given)
            searched = search_geometry(given, cloud, potential, stage.valid, self.pixel_size, self.objects.height_max)
            self.notes.append(say.of_search(given, searched))
            if searched.displacement is not None:
                found = searched.displacement
                self.facts |= {
                    "displacement_azimuth": found.azimuth,
                    "displacement_length": found.length,
                    "displacement_contrast": found.contrast,
                }
            return searched.known

        scene = ShadowScene(self.reader, stage, clouds, cloud, self.pixel_size, self.objects, self.facts)
        decision = find_shadows(scene, geometry, know, lambda: self.progress(0.65, "matching"))
        if decision is None:
            return unknown
        stage.put(IS_SHADOW, decision.shadow)
        return decision.altitude

    def _finish(self, stage: PixelStage, cloud: Mask, valid: int) -> dict[str, float]:
        """Buffers, and the flags as they are handed out: none where no-data but that, thin cirrus under no cloud. The
        fraction of each.
        """
        shadow = stage.mask(IS_SHADOW)
        grown, shade = buffered(
            cloud, shadow, stage.valid, self.pixel_size, self.objects.cloud_buffer, self.objects.shadow_buffer
        )
        grown |= shade
        del shade
        grown &= ~cloud
        grown &= ~shadow
        stage.put(IS_BUFFER, grown)
        stage.put(IS_CIRRUS, stage.cirrus & ~cloud)
        counts: dict[str, int] = {}
        for part in pieces(stage.flags.shape):
            for name, mask in masks_of(stage.flags[part]).items():
                counts[name] = counts.get(name, 0) + int(np.count_nonzero(mask))
        return {
            name: float(count) / (stage.flags.size if name == "nodata" else valid) for name, count in counts.items()
        }


def check_sun(geometry: Geometry) -> None:
    """Raise :class:`~estran.errors.BadGeometry` where the sun is nowhere above the horizon."""
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
