"""The passes of the cloud mask over the image: what is made of a strip of rows, and what is kept of it (ATBD: cloud
mask).

Every band is read twice, by the survey and by the decision; the wide near infrared and B7 once more, for the
displacement index, and only where there is cloud. What needs a whole image at once, the floods of potential shadow,
reads that one again. Everything else goes by flags of a few bits a pixel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.jit import jit
from estran.masks.cloud.cirrus import faint_candidates
from estran.masks.cloud.displacement import displacement_index
from estran.masks.cloud.learn import SceneModel
from estran.masks.cloud.object_settings import ObjectSettings
from estran.masks.cloud.outline import brightness_of, cuts_rims
from estran.masks.cloud.pixel import decide
from estran.masks.cloud.settings import MANDATORY, PixelSettings
from estran.masks.cloud.stages import (
    IS_BUILT_UP,
    IS_CLOUD,
    IS_FAINT_CIRRUS,
    IS_POTENTIAL,
    IS_PURE_SNOW,
    IS_RELIEF_SHADOW,
    IS_SNOW,
    IS_STEEP,
    IS_VALID,
    IS_WATER,
    PixelStage,
)
from estran.masks.cloud.strips import Strip, StripReader
from estran.masks.cloud.surface import built_up, is_pure_snow, slope_of
from estran.raster.label import Objects

Mask = npt.NDArray[np.bool_]
Array = npt.NDArray[Any]
Float = npt.NDArray[np.float32]

HALO = 1
"""Rows around a strip that :func:`decide_strip` looks at: built-up land and slopes are recognised by the next pixel."""
DISPLACED = ("nir", "rededge078", "nir08")
"""Bands of the displacement index."""


@dataclass(frozen=True)
class OtherMasks:
    """What others know of the rows of a strip (rows, columns): water that reflects the sun (CM-47), and ground dark for
    another reason than a cloud (CM-46).
    """

    glint: Mask | None = None
    relief_shadow: Mask | None = None


@dataclass(frozen=True)
class Plan:
    """What the decision of a strip must keep for later: it follows from the settings, the bands, the size of a pixel
    and what was learnt.
    """

    faint_cirrus: bool
    brightness: bool
    bright_ground: bool
    pure_snow: bool

    @classmethod
    def of(
        cls,
        present: Sequence[str],
        pixel_size: tuple[float, float],
        pixel: PixelSettings,
        objects: ObjectSettings,
        few_clear: bool,
    ) -> Plan:
        """From settings, bands and pixels; without clear ground to compare with nothing separates bright
        ground from cloud.
        """
        return cls(
            faint_cirrus=pixel.faint_cirrus_min > 0.0 and "cirrus" in present,
            brightness=cuts_rims(present, pixel_size, objects),
            bright_ground=objects.remove_false_positives and not few_clear,
            pure_snow=objects.snow_depth > 0.0,
        )


@dataclass
class Kept:
    """What is kept of the whole scene between the passes: 6 bytes a pixel, 10 with the brightness; arrays (rows,
    columns).

    Parameters
    ----------
    pixels
        Flags and probability.
    brightness
        Sum of blue, green, red and the first SWIR band (float32), which the outlines of clouds need; None where they
        are not cut, or no more.
    """

    pixels: PixelStage
    brightness: Float | None = None


def names_of_survey(settings: PixelSettings) -> tuple[str, ...]:
    """Arrays that the survey reads."""
    return *MANDATORY, *settings.wanted


def names_of_decision(settings: PixelSettings) -> tuple[str, ...]:
    """Arrays that the decision reads: those of the survey, and the ground's height."""
    return tuple(dict.fromkeys((*names_of_survey(settings), "cirrus", "dem")))


def decide_strip(
    strip: Strip,
    scene: SceneModel,
    pixel: PixelSettings,
    plan: Plan,
    objects: ObjectSettings,
    pixel_size: tuple[float, float],
    other: OtherMasks,
) -> tuple[npt.NDArray[np.uint16], Float, Float | None]:
    """Flags, probability and brightness of the strip's own rows.

    Parameters
    ----------
    strip
        Arrays of :func:`names_of_decision`, with :data:`HALO` rows around.
    scene
        What was learnt from the survey.
    pixel, objects
        Thresholds.
    plan
        What to keep.
    pixel_size
        Width and height of a pixel [m].
    other
        Masks made by others.
    """
    own = strip.own()
    flags, probability = decide(own, scene, pixel)
    if other.glint is not None:
        _take_glint(flags, other.glint)
    if other.relief_shadow is not None:
        flags |= other.relief_shadow * np.uint16(IS_RELIEF_SHADOW)
    if plan.faint_cirrus:
        cloudy = (flags & (IS_CLOUD | IS_SNOW)) == IS_CLOUD
        flags |= faint_candidates(cloudy, own["cirrus"], own["blue"], own.get("dem"), pixel) * np.uint16(
            IS_FAINT_CIRRUS
        )
    add_surface(flags, strip, plan, objects, pixel_size)
    return flags, probability, brightness_of(own) if plan.brightness else None


def _take_glint(flags: npt.NDArray[np.uint16], glint: Mask) -> None:
    """Glint is water and no cloud (CM-47)."""
    flags[glint] &= np.uint16(0xFFFF & ~(IS_POTENTIAL | IS_CLOUD))
    wet = glint & ((flags & (IS_VALID | IS_SNOW)) == IS_VALID)
    flags |= wet * np.uint16(IS_WATER)


def add_surface(
    flags: npt.NDArray[np.uint16], strip: Strip, plan: Plan, objects: ObjectSettings, pixel_size: tuple[float, float]
) -> None:
    """Set in the strip's flags what its own rows are made of: built-up land, snow on a steep slope, snow all over."""
    arrays, own = strip.arrays, strip.inner
    snow = (flags & IS_SNOW) != 0
    if plan.bright_ground:
        flags |= built_up(arrays["swir16"], arrays["nir08"], arrays["red"])[own] * np.uint16(IS_BUILT_UP)
        if "dem" in arrays and snow.any():
            flags |= (snow & (slope_of(arrays["dem"], pixel_size)[own] > objects.steep_slope)) * np.uint16(IS_STEEP)
    if plan.pure_snow and snow.any():
        flags |= (snow & is_pure_snow(arrays["blue"][own], arrays["swir16"][own])) * np.uint16(IS_PURE_SNOW)


@dataclass(frozen=True)
class Displacement:
    """The displacement index where there is cloud.

    Parameters
    ----------
    cloud
        (rows, columns) the pixels whose index is kept.
    moved, not_built
        (rows, columns) index below `cdi_cloud`, and below `cdi_urban`.
    values
        Index of the pixels of `cloud` in raster order, strip by strip with its rows.
    """

    cloud: Mask
    moved: Mask
    not_built: Mask
    values: list[tuple[slice, Float]]

    def mean_over(self, objects: Objects) -> npt.NDArray[np.float64]:
        """(n,) mean index of objects that lie within `cloud`; pixels without data are left out, and an object of
        nothing else gives NaN.
        """
        totals, numbers = np.zeros(objects.count), np.zeros(objects.count, np.int64)
        owner = np.repeat(np.arange(objects.count), np.diff(objects.first))
        for rows, values in self.values:
            here = np.flatnonzero((objects.row >= rows.start) & (objects.row < rows.stop))
            if here.size:
                image = np.zeros((rows.stop - rows.start, self.cloud.shape[1]), np.float32)
                image[self.cloud[rows]] = values
                _add_up(
                    objects.row[here] - rows.start,
                    objects.start[here],
                    objects.stop[here],
                    owner[here],
                    image,
                    totals,
                    numbers,
                )
        with np.errstate(invalid="ignore"):
            return np.where(numbers > 0, totals / numbers, np.nan)


def measure_displacement(reader: StripReader, cloud: Mask, half: int, settings: ObjectSettings) -> Displacement:
    """The displacement index in the rows that hold cloud; in the others it counts as 0.

    Parameters
    ----------
    reader
        Of the bands :data:`DISPLACED`.
    cloud
        (rows, columns) cloudy pixels.
    half
        Half-width of the window [pixels].
    settings
        `cdi_cloud`, `cdi_urban`.
    """
    needed = np.asarray(cloud.any(axis=1))
    moved, not_built = np.full(cloud.shape, settings.cdi_cloud > 0.0), np.full(cloud.shape, settings.cdi_urban > 0.0)
    values = []
    for strip in reader.strips(DISPLACED, half, needed):
        wanted = np.zeros(strip.arrays["nir"].shape[0], np.bool_)
        wanted[strip.inner] = needed[strip.rows]
        nir, rededge078, nir08 = (strip.arrays[name] for name in DISPLACED)
        index = displacement_index(nir, rededge078, nir08, half, wanted)[strip.inner]
        np.less(index, np.float32(settings.cdi_cloud), out=moved[strip.rows])
        np.less(index, np.float32(settings.cdi_urban), out=not_built[strip.rows])
        values.append((strip.rows, index[cloud[strip.rows]]))
    return Displacement(cloud, moved, not_built, values)


@jit
def _add_up(
    row: np.ndarray,
    start: np.ndarray,
    stop: np.ndarray,
    owner: np.ndarray,
    image: np.ndarray,
    totals: np.ndarray,
    numbers: np.ndarray,
) -> None:
    """Sums and numbers of the pixels of each owner's runs, in raster order."""
    for m in range(row.size):
        for c in range(start[m], stop[m]):
            value = np.float64(image[row[m], c])
            if value == value:
                totals[owner[m]] += value
                numbers[owner[m]] += 1


def values_under(reader: StripReader, name: str, objects: Objects) -> Float:
    """(runs,) an array at the middle of each run of the objects, read once more by strips."""
    out = np.empty(objects.row.size, np.float32)
    needed = np.zeros(objects.shape[0], np.bool_)
    needed[objects.row] = True
    column = (objects.start + objects.stop - 1) // 2
    for strip in reader.strips((name,), needed=needed):
        here = np.flatnonzero((objects.row >= strip.first) & (objects.row < strip.last))
        out[here] = strip.arrays[name][objects.row[here] - strip.top, column[here]]
    return out
