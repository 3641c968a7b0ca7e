"""Thresholds of a scene, learnt from its survey (ATBD: cloud mask, CM-9, CM-11, CM-16 to CM-18)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from estran.jit import jit
from estran.masks.cloud.cirrus import fixed_background, learn_background, slice_of
from estran.masks.cloud.probability import (
    Model,
    cirrus_probability,
    cut_to_hundredths,
    hot_probability,
    water_probability,
    weights_for,
)
from estran.masks.cloud.settings import OPTIONAL, PixelSettings
from estran.masks.cloud.spectral import OPAQUE, SNOW, WATER, Limits, tests_of_rows
from estran.masks.cloud.survey import CHUNK, CIRRUS, DEM, LAYERS, NIR08, SWIR16, SWIR22, SWO, PixelSurvey
from estran.raster.record import Fact
from estran.statistics.percentiles import weighted_percentile

Array = npt.NDArray[Any]
_NEVER = 1000.0
"""A water occurrence [%] that no pixel exceeds."""


class SceneThresholds(NamedTuple):
    """Thresholds of one scene, as the compiled decision takes them; a tuple, because compiled code
    takes no dataclass.
    """

    cirrus_min: float
    cirrus_full: float
    cirrus_weight: float
    cirrus_slice: float
    swo_min: float
    hot_low: float
    hot_high: float
    land_threshold: float
    water_threshold: float
    water_swir16_full: float
    clear_water_swir22_max: float
    potential_min: float
    use_hot_probability: bool
    use_model: bool
    quantised: bool
    few_clear: bool


@dataclass(frozen=True)
class SceneModel:
    """What the decision of each pixel needs to know of the scene.

    Parameters
    ----------
    present
        Layers that the scene has.
    thresholds
        Of the decision.
    background
        (slices,) of the cirrus band per slice of height [1].
    facts
        Thresholds and counts by name, for metadata and report.
    switched_off
        What is off without an optional layer, by its name, for each that is missing.
    """

    present: frozenset[str]
    thresholds: SceneThresholds
    background: npt.NDArray[np.float64]
    facts: dict[str, Fact]
    switched_off: dict[str, str]


@jit
def _excesses(cirrus: np.ndarray, dem: np.ndarray, background: np.ndarray, thickness: float, out: np.ndarray) -> None:
    for i in range(cirrus.size):
        out[i] = cirrus[i] - background[slice_of(dem[i], thickness)]  # (CM-13)


@jit
def land_probability(variability: float, hot: float, excess: float, thresholds: SceneThresholds) -> float:
    """Cloud probability over land (ZW12 eq. 16, Q19)."""
    if thresholds.quantised:
        variability = np.floor(variability * 100.0 + 0.5) / 100.0
    brightness = (
        hot_probability(hot, thresholds.hot_low, thresholds.hot_high) if thresholds.use_hot_probability else 1.0
    )
    probability = variability * brightness + thresholds.cirrus_weight * cirrus_probability(
        excess, thresholds.cirrus_full
    )  # (CM-16)
    return cut_to_hundredths(probability) if thresholds.quantised else probability


@jit
def water_probability_of(swir16: float, excess: float, thresholds: SceneThresholds) -> float:
    """Cloud probability over water (ZW12 eq. 11, Z15 eq. 2)."""
    probability = water_probability(
        swir16, thresholds.water_swir16_full
    ) + thresholds.cirrus_weight * cirrus_probability(excess, thresholds.cirrus_full)  # (CM-17)
    return cut_to_hundredths(probability) if thresholds.quantised else probability


@jit
def _probabilities(
    rows: np.ndarray,
    indices: np.ndarray,
    excess: np.ndarray,
    thresholds: SceneThresholds,
    land: np.ndarray,
    water: np.ndarray,
) -> None:
    for i in range(rows.shape[1]):
        land[i] = land_probability(indices[5, i], indices[0, i], excess[i], thresholds)
        water[i] = water_probability_of(rows[SWIR16, i], excess[i], thresholds)


def learn(survey: PixelSurvey, settings: PixelSettings) -> SceneModel:
    """Thresholds of a scene from its survey, of all of its blocks; `settings` are those of the survey."""
    s = settings
    limits = Limits.of(s, survey.present)
    rows = np.concatenate([survey.land.rows, survey.water.rows], axis=1)
    weights = np.concatenate([survey.land.weights, survey.water.weights])
    size = rows.shape[1]
    bits, indices = np.empty(size, np.uint16), np.empty((6, size), np.float32)
    tests_of_rows(rows, limits, bits, indices)

    def has(bit: int) -> npt.NDArray[np.bool_]:
        return np.asarray(bits & bit, np.bool_)

    def at(values: Array, percentile: float, where: npt.NDArray[np.bool_]) -> float:
        return weighted_percentile(values[where], percentile, weights[where])

    background, excess = fixed_background(s), np.zeros(size)
    if limits.has_cirrus:
        if s.cirrus_rule == "slices":
            clear = ~has(OPAQUE)
            background = learn_background(rows[CIRRUS, clear], rows[DEM, clear], weights[clear], s)
        _excesses(rows[CIRRUS], rows[DEM], background, s.cirrus_slice, excess)
    snow, water = has(SNOW), has(WATER)
    swo_min = _NEVER
    if limits.has_swo and water.any():
        threshold = at(rows[SWO], s.swo_percentile, water) - s.swo_margin  # (CM-9)
        swo_min = threshold if threshold > 0.0 else _NEVER
        water |= rows[SWO] > swo_min
    water &= ~snow
    land, sea = np.empty(size), np.empty(size)
    if s.use_model:
        model, modelled = Model.of(survey.present, CHUNK), np.empty(size, np.float32)
        for start in range(0, size, CHUNK):
            part = slice(start, min(start + CHUNK, size))
            model.probability(np.ascontiguousarray(rows[:, part]), limits.floor, modelled[part])
        land[:], sea[:] = modelled, modelled
        cloudy = land > s.potential_min
    else:
        cloudy = has(OPAQUE) | ((excess > s.cirrus_min) & ~(snow & s.snow_is_clear))
    clear_land = ~cloudy & ~water
    clear_water = ~cloudy & water & ((rows[SWIR22] < s.clear_water_swir22_max) | (not limits.has_swir22))
    valid = max(survey.valid, 1)
    clear_pixels, land_pixels = float(weights[~cloudy].sum()), float(weights[clear_land].sum())
    few_clear = clear_pixels < min(float(s.few_clear), s.few_clear_fraction * valid)
    too_little_land = land_pixels < s.clear_land_fraction * valid
    ground = ~cloudy if too_little_land else clear_land
    hot_low, hot_high = -s.hot_margin, s.hot_margin
    if ground.any():
        hot_low, hot_high = (
            hot_low + at(indices[0], s.low_percentile, ground),
            hot_high + at(indices[0], s.high_percentile, ground),
        )
    lowest, highest = (s.potential_min, s.threshold_max) if s.use_model else (0.0, np.inf)
    thresholds = SceneThresholds(
        cirrus_min=s.cirrus_min,
        cirrus_full=s.cirrus_full,
        cirrus_weight=s.cirrus_weight,
        cirrus_slice=s.cirrus_slice,
        swo_min=swo_min,
        hot_low=hot_low,
        hot_high=hot_high,
        land_threshold=max(s.probability_offset, lowest),
        water_threshold=max(s.water_threshold, lowest),
        water_swir16_full=s.water_swir16_full,
        clear_water_swir22_max=s.clear_water_swir22_max,
        potential_min=s.potential_min,
        use_hot_probability=s.use_hot_probability,
        use_model=s.use_model,
        quantised=s.quantised,
        few_clear=few_clear,
    )
    if not s.use_model:
        _probabilities(rows, indices, excess, thresholds, land, sea)
    if ground.any() and not (too_little_land and s.fixed_land_threshold):
        thresholds = thresholds._replace(
            land_threshold=float(np.clip(at(land, s.high_percentile, ground) + s.probability_offset, lowest, highest))
        )  # (CM-18)
    if (
        s.learn_water_threshold
        and clear_water.sum()
        and float(weights[clear_water].sum()) >= s.clear_land_fraction * valid
    ):
        thresholds = thresholds._replace(
            water_threshold=float(
                np.clip(at(sea, s.high_percentile, clear_water) + s.probability_offset, lowest, highest)
            )
        )  # (CM-18)
    facts = {
        "mode": s.mode,
        "valid_pixels": survey.valid,
        "sampled_fraction": float((survey.land.counts.sum() + survey.water.counts.sum()) / valid),
        "clear_fraction": clear_pixels / valid,
        "clear_land_pixels": round(land_pixels),
        "clear_water_pixels": round(float(weights[clear_water].sum())),
        "land_threshold": thresholds.land_threshold,
        "water_threshold": thresholds.water_threshold,
        "hot_low": hot_low,
        "hot_high": hot_high,
        "swo_min": swo_min if swo_min < _NEVER else float("nan"),
        "nir08_background": at(rows[NIR08], s.low_percentile, ground),
        "swir16_background": at(rows[SWIR16], s.low_percentile, ground),
        "cirrus_background_lowest": float(background.min()) if limits.has_cirrus else float("nan"),
        "cirrus_background_highest": float(background.max()) if limits.has_cirrus else float("nan"),
        "model": weights_for(survey.present)[0] if s.use_model else "none",
    }
    switched_off = {layer: OPTIONAL[layer] for layer in s.wanted if layer in LAYERS and layer not in survey.present}
    return SceneModel(survey.present, thresholds, background, facts, switched_off)
