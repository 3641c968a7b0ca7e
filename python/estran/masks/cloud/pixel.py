"""The pixel stage of the cloud mask: the decision for each pixel, with what the survey of the scene taught (ATBD: cloud
mask, CM-1 to CM-19).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.errors import EstranError
from estran.jit import jit
from estran.masks.cloud.cirrus import slice_of
from estran.masks.cloud.learn import SceneModel, SceneThresholds, land_probability, learn, water_probability_of
from estran.masks.cloud.probability import Model
from estran.masks.cloud.settings import PixelSettings
from estran.masks.cloud.spectral import OPAQUE, SATURATED, SNOW, WATER, Limits, spectral_tests, variability_of
from estran.masks.cloud.stages import (
    IS_CIRRUS,
    IS_CLEAR_LAND,
    IS_CLEAR_WATER,
    IS_CLOUD,
    IS_POTENTIAL,
    IS_SATURATED,
    IS_SNOW,
    IS_VALID,
    IS_WATER,
    PixelStage,
)
from estran.masks.cloud.survey import (
    BLUE,
    CHUNK,
    CIRRUS,
    DEM,
    GREEN,
    NIR08,
    RED,
    SWIR16,
    SWIR22,
    SWO,
    PixelSurvey,
    clean,
    must_be_valid,
    source_names,
    stacks,
)

Array = npt.NDArray[Any]


@jit
def _decide(
    stack: np.ndarray,
    valid: np.ndarray,
    limits: Limits,
    thresholds: SceneThresholds,
    background: np.ndarray,
    flags: np.ndarray,
    probability: np.ndarray,
) -> None:
    """The pixel stage for a stack of cleaned pixels; `flags` (n,) uint16 and `probability` (n,) are written.

    With the fitted model, `probability` holds it already.
    """
    for i in range(stack.shape[1]):
        green, red = stack[GREEN, i], stack[RED, i]
        bits, hot, whiteness, ndvi, ndsi, ndbi = spectral_tests(
            stack[BLUE, i], green, red, stack[NIR08, i], stack[SWIR16, i], stack[SWIR22, i], limits
        )
        flat = variability_of(bits, whiteness, ndvi, ndsi, ndbi, green, red, limits)
        excess = 0.0
        if limits.has_cirrus:
            excess = stack[CIRRUS, i] - background[slice_of(stack[DEM, i], thresholds.cirrus_slice)]
        snow = (bits & SNOW) != 0
        water = ((bits & WATER) != 0 or (limits.has_swo and stack[SWO, i] > thresholds.swo_min)) and not snow
        thin = excess > thresholds.cirrus_min and not (snow and limits.snow_is_clear)
        opaque = (bits & OPAQUE) != 0
        if thresholds.use_model:
            p: float = np.float64(probability[i])
            potential: bool = p > thresholds.potential_min
        else:
            p = (
                water_probability_of(stack[SWIR16, i], excess, thresholds)
                if water
                else land_probability(flat, hot, excess, thresholds)
            )
            potential = opaque or thin  # (CM-7)
        # Vapour above high snow is as little as above a cloud: without ice above it, snow by its spectrum stays snow.
        frozen = thresholds.use_model and snow and limits.snow_is_clear and excess <= thresholds.cirrus_min
        cloud = (
            potential
            and not frozen
            and (thresholds.few_clear or p > (thresholds.water_threshold if water else thresholds.land_threshold))
        )  # (CM-19)
        if not valid[i]:
            flags[i], probability[i] = 0, np.nan
            continue
        found = IS_VALID
        found |= IS_SATURATED if (bits & SATURATED) != 0 else 0
        found |= IS_POTENTIAL if potential else 0
        found |= IS_CIRRUS if potential and thin and not opaque else 0
        found |= IS_SNOW if snow else 0
        found |= IS_WATER if water else 0
        found |= IS_CLOUD if cloud else 0
        found |= IS_CLEAR_LAND if not potential and not water else 0
        clear_water = (
            not potential and water and (not limits.has_swir22 or stack[SWIR22, i] < thresholds.clear_water_swir22_max)
        )
        found |= IS_CLEAR_WATER if clear_water else 0
        flags[i] = found
        probability[i] = min(max(p, 0.0), 1.0)


def decide(
    bands: Mapping[str, Array], scene: SceneModel, settings: PixelSettings
) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.float32]]:
    """Flags (bits ``IS_…`` of ``stages``) and cloud probability of the pixels of an image, or of a block; parameters as
    :func:`pixel_stage`.
    """
    present = frozenset(source_names(bands, settings))
    if present != scene.present:
        raise EstranError(
            "the block and the survey have different layers", expected=sorted(scene.present), found=sorted(present)
        )
    limits, rows, model = Limits.of(settings, present), must_be_valid(present, settings), Model.of(present, CHUNK)
    shape = np.shape(bands["blue"])
    size = int(np.prod(shape))
    flags, probability = np.empty(size, np.uint16), np.empty(size, np.float32)
    valid = np.empty(CHUNK, np.bool_)
    for start, stack in stacks(bands, settings):
        part = slice(start, start + stack.shape[1])
        known = valid[: stack.shape[1]]
        clean(stack, rows, known)
        if settings.use_model:
            model.probability(stack, limits.floor, probability[part])
        _decide(stack, known, limits, scene.thresholds, scene.background, flags[part], probability[part])
    return flags.reshape(shape), probability.reshape(shape)


def pixel_stage(bands: Mapping[str, Array], survey: PixelSurvey, settings: PixelSettings) -> PixelStage:
    """Classify the pixels of an image, or of a block, with what the survey of the whole scene taught.

    Parameters
    ----------
    bands
        As :func:`~estran.masks.cloud.survey.survey_pixels` takes them; any shape.
    survey
        Of the whole scene.
    settings
        The same as for the survey.

    Returns
    -------
    PixelStage
        Arrays of the bands' shape. ``cirrus`` is thin cirrus: potential cloud that passes the cirrus test and fails the
        tests for thick cloud.

    Raises
    ------
    MissingBand
        A mandatory band is not there.
    EstranError
        The block and the survey have different layers.
    """
    scene = learn(survey, settings)
    flags, probability = decide(bands, scene, settings)
    return PixelStage(flags, probability, scene.facts, scene.thresholds.few_clear)
