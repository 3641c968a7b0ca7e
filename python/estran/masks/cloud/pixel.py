"""The pixel stage of the cloud mask: survey of a scene, what is learnt from it, and the decision for each pixel (ATBD: cloud mask, CM-1 to CM-19).

The survey keeps two samples of valid pixels, spectral water and the rest, that do not depend on how the image was cut (see ``statistics.percentiles``).
All scene statistics, which build on one another, are then taken from the samples; so one pass over the image is enough, and any tiling gives the same bits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from estran.errors import EstranError, MissingBand
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
from estran.masks.cloud.settings import MANDATORY, OPTIONAL, PixelSettings
from estran.masks.cloud.spectral import (
    BASIC,
    BRIGHT,
    HAZE,
    OPAQUE,
    ROCK,
    SATURATED,
    SNOW,
    WATER,
    WHITE,
    Limits,
    contrast,
    is_water,
    spectral_tests,
    tests_of_rows,
    variability_of,
)
from estran.masks.cloud.stages import PixelStage
from estran.statistics.percentiles import Sketch, hash_rows, weighted_percentile

LAYERS: tuple[str, ...] = ("blue", "green", "red", "nir08", "swir16", "swir22", "cirrus", "nir09", "coastal", "dem", "swo")
"""Rows of the stacks that the compiled kernels read; layers that are absent are rows of zeros."""
_BLUE, _GREEN, _RED, _NIR08, _SWIR16, _SWIR22, _CIRRUS, _NIR09, _COASTAL, _DEM, _SWO = range(len(LAYERS))
_SPECTRAL = _DEM
"""Rows before this one are reflectances."""
SAMPLE = 1 << 16
"""Pixels kept per sample: rank error of a percentile about 0.15 %."""
CHUNK = 1 << 13
_ZERO = np.float32(0.0)
_NEVER = 1000.0
"""A water occurrence [%] that no pixel exceeds."""

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class PixelSurvey:
    """What the pixel stage learns of a scene, mergeable.

    Parameters
    ----------
    present
        Layers that the scene has.
    land, water
        Samples of valid pixels by the spectral water test.
    pixels
        Pixels seen, valid or not.
    """

    present: frozenset[str]
    land: Sketch
    water: Sketch
    pixels: int

    @property
    def valid(self) -> int:
        """Valid pixels seen."""
        return self.land.total + self.water.total


class Learnt(NamedTuple):
    """Thresholds of one scene, as the compiled decision takes them."""

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


def _source_names(bands: Mapping[str, Array], settings: PixelSettings) -> dict[str, str]:
    """Which array serves as which layer."""
    wanted = (*MANDATORY, *settings.wanted)
    names = {layer: layer for layer in LAYERS if layer in bands and layer in wanted}
    if settings.nir08 == "nir" and "nir" in bands:
        names["nir08"] = "nir"
    missing = [name for name in MANDATORY if name not in names]
    if missing:
        raise MissingBand(f"band {missing[0]!r} is missing", expected=", ".join(MANDATORY), found=", ".join(bands) or "none")
    return names


def _chunks(bands: Mapping[str, Array], settings: PixelSettings) -> Iterator[tuple[int, npt.NDArray[np.float32]]]:
    """Stacks of LAYERS, (layers, n) float32 with reflectance cut at saturation, and where each begins in the raveled image."""
    names = _source_names(bands, settings)
    flat = {LAYERS.index(layer): np.asarray(bands[name]).reshape(-1) for layer, name in names.items()}
    sizes = {array.size for array in flat.values()}
    if len(sizes) != 1:
        raise EstranError(
            "the bands differ in size", expected="one size", found={n: np.shape(bands[n]) for n in names.values()}, todo="resample them to one grid"
        )
    size = sizes.pop()
    ceiling = np.float32(settings.saturation)
    buffer = np.zeros((len(LAYERS), min(CHUNK, size)), np.float32)
    for start in range(0, size, CHUNK):
        stack = buffer[:, : min(CHUNK, size - start)]
        for row, array in flat.items():
            part = array[start : start + CHUNK]
            if row < _SPECTRAL:
                np.minimum(part, ceiling, out=stack[row])  # (CM-1); NaN stays NaN
            else:
                stack[row] = np.where(np.isfinite(part), part, 0.0)
        yield start, stack


def _must_be_valid(present: frozenset[str], settings: PixelSettings) -> npt.NDArray[np.int64]:
    """Rows whose NaN makes a pixel invalid."""
    if settings.visible_decides:
        return np.array([_BLUE, _GREEN, _RED])
    return np.array([row for row, layer in enumerate(LAYERS[:_SPECTRAL]) if layer in present])


@jit
def _clean(stack: np.ndarray, rows: np.ndarray, valid: np.ndarray) -> None:
    """Which pixels of a stack are valid; every NaN becomes 0."""
    for i in range(valid.size):
        valid[i] = True
    for r in rows:
        for i in range(valid.size):
            valid[i] &= stack[r, i] == stack[r, i]
    for r in range(stack.shape[0]):
        for i in range(valid.size):
            stack[r, i] = stack[r, i] if stack[r, i] == stack[r, i] else _ZERO


@jit
def _sift(
    stack: np.ndarray, valid: np.ndarray, hashes: np.ndarray, floor: float, land_limit: np.uint64, water_limit: np.uint64, index: np.ndarray, wet: np.ndarray
) -> tuple[int, int, int]:
    """Pixels of a stack that may belong to a sample.

    Returns the number of candidates (their column and stratum in `index`, `wet`), of valid land and of valid water pixels.
    """
    found, land, water = 0, 0, 0
    for i in range(valid.size):
        if valid[i]:
            nir08 = stack[_NIR08, i]
            if is_water(contrast(nir08, stack[_RED, i], floor), nir08):
                water += 1
                if hashes[i] <= water_limit:
                    index[found], wet[found] = i, True
                    found += 1
            else:
                land += 1
                if hashes[i] <= land_limit:
                    index[found], wet[found] = i, False
                    found += 1
    return found, land, water


def survey_pixels(bands: Mapping[str, Array], settings: PixelSettings) -> PixelSurvey:
    """Survey an image, or a block of one.

    Parameters
    ----------
    bands
        By semantic name, of one shape: blue green red nir08 swir16 and, where there are, swir22 cirrus nir09 coastal nir dem [m] swo [%]. NaN is no-data.
    settings
        The settings that :func:`pixel_stage` will get.

    Returns
    -------
    PixelSurvey
        Merge those of several blocks with :func:`merge_surveys`, in any order.

    Raises
    ------
    MissingBand
        A mandatory band is not there.
    """
    present = frozenset(_source_names(bands, settings))
    limits, rows = Limits.of(settings, present), _must_be_valid(present, settings)
    samples = [Sketch.empty(SAMPLE, len(LAYERS)), Sketch.empty(SAMPLE, len(LAYERS))]
    index, hashes = np.empty(CHUNK, np.int64), np.empty(CHUNK, np.uint64)
    wet, valid = np.empty(CHUNK, np.bool_), np.empty(CHUNK, np.bool_)
    waiting: list[list[tuple[Array, Array]]] = [[], []]
    counts = [0, 0]
    pixels = 0

    def settle(kind: int) -> None:
        if counts[kind]:
            parts = waiting[kind]
            empty = (np.empty(0, np.uint64), np.empty((len(LAYERS), 0), np.float32))
            gathered = [*parts, empty]
            samples[kind] = samples[kind].add(np.concatenate([h for h, _ in gathered]), np.concatenate([r for _, r in gathered], axis=1), counts[kind])
            waiting[kind], counts[kind] = [], 0

    for _, stack in _chunks(bands, settings):
        here = slice(0, stack.shape[1])
        pixels += stack.shape[1]
        _clean(stack, rows, valid[here])
        hash_rows(stack.view(np.uint32), hashes[here])
        found, land, water = _sift(stack, valid[here], hashes, limits.floor, samples[0].limit, samples[1].limit, index, wet)
        for kind, number in ((0, land), (1, water)):
            counts[kind] += number
            chosen = np.flatnonzero(wet[:found] == bool(kind))
            if chosen.size:
                waiting[kind].append((hashes[index[chosen]], np.take(stack, index[chosen], axis=1)))
                if sum(h.size for h, _ in waiting[kind]) > SAMPLE:
                    settle(kind)
    settle(0)
    settle(1)
    return PixelSurvey(present, samples[0], samples[1], pixels)


def merge_surveys(first: PixelSurvey, second: PixelSurvey) -> PixelSurvey:
    """The survey of two blocks together; any order gives the same bits."""
    if first.present != second.present:
        raise EstranError("two blocks of one scene have different layers", expected=sorted(first.present), found=sorted(second.present))
    return PixelSurvey(first.present, first.land.merge(second.land), first.water.merge(second.water), first.pixels + second.pixels)


@jit
def _excesses(cirrus: np.ndarray, dem: np.ndarray, background: np.ndarray, thickness: float, out: np.ndarray) -> None:
    for i in range(cirrus.size):
        out[i] = cirrus[i] - background[slice_of(dem[i], thickness)]  # (CM-13)


@jit
def _land_probability(variability: float, hot: float, excess: float, learnt: Learnt) -> float:
    """Cloud probability over land (ZW12 eq. 16, Q19)."""
    if learnt.quantised:
        variability = np.floor(variability * 100.0 + 0.5) / 100.0
    brightness = hot_probability(hot, learnt.hot_low, learnt.hot_high) if learnt.use_hot_probability else 1.0
    probability = variability * brightness + learnt.cirrus_weight * cirrus_probability(excess, learnt.cirrus_full)  # (CM-16)
    return cut_to_hundredths(probability) if learnt.quantised else probability


@jit
def _water_probability(swir16: float, excess: float, learnt: Learnt) -> float:
    """Cloud probability over water (ZW12 eq. 11, Z15 eq. 2)."""
    probability = water_probability(swir16, learnt.water_swir16_full) + learnt.cirrus_weight * cirrus_probability(excess, learnt.cirrus_full)  # (CM-17)
    return cut_to_hundredths(probability) if learnt.quantised else probability


@jit
def _probabilities(rows: np.ndarray, indices: np.ndarray, excess: np.ndarray, learnt: Learnt, land: np.ndarray, water: np.ndarray) -> None:
    for i in range(rows.shape[1]):
        land[i] = _land_probability(indices[5, i], indices[0, i], excess[i], learnt)
        water[i] = _water_probability(rows[_SWIR16, i], excess[i], learnt)


def learn(survey: PixelSurvey, settings: PixelSettings) -> tuple[Learnt, npt.NDArray[np.float64], dict[str, Any]]:
    """Thresholds of a scene from its survey.

    Returns
    -------
    learnt, background, facts
        Thresholds for the decision, background of the cirrus band per height slice, and the same as named numbers for metadata and report.
    """
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
            background = learn_background(rows[_CIRRUS, clear], rows[_DEM, clear], weights[clear], s)
        _excesses(rows[_CIRRUS], rows[_DEM], background, s.cirrus_slice, excess)
    snow, water = has(SNOW), has(WATER)
    swo_min = _NEVER
    if limits.has_swo and water.any():
        threshold = at(rows[_SWO], s.swo_percentile, water) - s.swo_margin  # (CM-9)
        swo_min = threshold if threshold > 0.0 else _NEVER
        water |= rows[_SWO] > swo_min
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
    clear_water = ~cloudy & water & ((rows[_SWIR22] < s.clear_water_swir22_max) | (not limits.has_swir22))
    valid = max(survey.valid, 1)
    clear_pixels, land_pixels = float(weights[~cloudy].sum()), float(weights[clear_land].sum())
    few_clear = clear_pixels < min(float(s.few_clear), s.few_clear_share * valid)
    too_little_land = land_pixels < s.clear_land_share * valid
    ground = ~cloudy if too_little_land else clear_land
    hot_low, hot_high = -s.hot_margin, s.hot_margin
    if ground.any():
        hot_low, hot_high = hot_low + at(indices[0], s.low_percentile, ground), hot_high + at(indices[0], s.high_percentile, ground)
    lowest, highest = (s.potential_min, s.threshold_max) if s.use_model else (0.0, np.inf)
    learnt = Learnt(
        s.cirrus_min,
        s.cirrus_full,
        s.cirrus_weight,
        s.cirrus_slice,
        swo_min,
        hot_low,
        hot_high,
        max(s.probability_offset, lowest),
        max(s.water_threshold, lowest),
        s.water_swir16_full,
        s.clear_water_swir22_max,
        s.potential_min,
        s.use_hot_probability,
        s.use_model,
        s.quantised,
        few_clear,
    )
    if not s.use_model:
        _probabilities(rows, indices, excess, learnt, land, sea)
    if ground.any() and not (too_little_land and s.fixed_below_share):
        learnt = learnt._replace(land_threshold=float(np.clip(at(land, s.high_percentile, ground) + s.probability_offset, lowest, highest)))  # (CM-18)
    if s.water_percentile and clear_water.sum() and float(weights[clear_water].sum()) >= s.clear_land_share * valid:
        learnt = learnt._replace(water_threshold=float(np.clip(at(sea, s.high_percentile, clear_water) + s.probability_offset, lowest, highest)))  # (CM-18)
    facts = {
        "mode": s.mode,
        "valid_pixels": survey.valid,
        "sampled_share": float((survey.land.counts.sum() + survey.water.counts.sum()) / valid),
        "clear_share": clear_pixels / valid,
        "clear_land_pixels": round(land_pixels),
        "clear_water_pixels": round(float(weights[clear_water].sum())),
        "land_threshold": learnt.land_threshold,
        "water_threshold": learnt.water_threshold,
        "hot_low": hot_low,
        "hot_high": hot_high,
        "swo_min": swo_min if swo_min < _NEVER else float("nan"),
        "nir08_background": at(rows[_NIR08], s.low_percentile, ground),
        "swir16_background": at(rows[_SWIR16], s.low_percentile, ground),
        "cirrus_background_lowest": float(background.min()) if limits.has_cirrus else float("nan"),
        "cirrus_background_highest": float(background.max()) if limits.has_cirrus else float("nan"),
        "model": weights_for(survey.present)[0] if s.use_model else "none",
        "switched_off": {layer: OPTIONAL[layer] for layer in s.wanted if layer in LAYERS and layer not in survey.present},
    }
    return learnt, background, facts


@jit
def _decide(
    stack: np.ndarray,
    valid: np.ndarray,
    limits: Limits,
    learnt: Learnt,
    background: np.ndarray,
    flags: np.ndarray,
    probability: np.ndarray,
    variability: np.ndarray,
) -> None:
    """The pixel stage for a stack of cleaned pixels; `flags` (9, n), `probability` (n,), `variability` (n,) are written.

    With the fitted model, `probability` holds it already.
    """
    for i in range(stack.shape[1]):
        green, red = stack[_GREEN, i], stack[_RED, i]
        bits, hot, whiteness, ndvi, ndsi, ndbi = spectral_tests(stack[_BLUE, i], green, red, stack[_NIR08, i], stack[_SWIR16, i], stack[_SWIR22, i], limits)
        flat = variability_of(bits, whiteness, ndvi, ndsi, ndbi, green, red, limits)
        excess = 0.0
        if limits.has_cirrus:
            excess = stack[_CIRRUS, i] - background[slice_of(stack[_DEM, i], learnt.cirrus_slice)]
        snow = (bits & SNOW) != 0
        water = ((bits & WATER) != 0 or (limits.has_swo and stack[_SWO, i] > learnt.swo_min)) and not snow
        thin = excess > learnt.cirrus_min and not (snow and limits.snow_is_clear)
        opaque = (bits & OPAQUE) != 0
        if learnt.use_model:
            p: float = np.float64(probability[i])
            potential: bool = p > learnt.potential_min
        else:
            p = _water_probability(stack[_SWIR16, i], excess, learnt) if water else _land_probability(flat, hot, excess, learnt)
            potential = opaque or thin  # (CM-7)
        # Vapour above high snow is as little as above a cloud: without ice above it, snow by its spectrum stays snow.
        frozen = learnt.use_model and snow and limits.snow_is_clear and excess <= learnt.cirrus_min
        cloud = potential and not frozen and (learnt.few_clear or p > (learnt.water_threshold if water else learnt.land_threshold))  # (CM-19)
        ok = valid[i]
        flags[0, i] = ok
        flags[1, i] = ok and (bits & SATURATED) != 0
        flags[2, i] = ok and potential
        flags[3, i] = ok and potential and thin and not opaque
        flags[4, i] = ok and snow
        flags[5, i] = ok and water
        flags[6, i] = ok and cloud
        flags[7, i] = ok and not potential and not water
        flags[8, i] = ok and not potential and water and (not limits.has_swir22 or stack[_SWIR22, i] < learnt.clear_water_swir22_max)
        probability[i] = min(max(p, 0.0), 1.0) if ok else np.nan
        variability[i] = flat if ok else _ZERO


def pixel_stage(bands: Mapping[str, Array], survey: PixelSurvey, settings: PixelSettings) -> PixelStage:
    """Classify the pixels of an image, or of a block, with what the survey of the whole scene taught.

    Parameters
    ----------
    bands
        As :func:`survey_pixels` takes them; any shape.
    survey
        Of the whole scene.
    settings
        The same as for the survey.

    Returns
    -------
    PixelStage
        Arrays of the bands' shape. ``cirrus`` is thin cirrus: potential cloud that passes the cirrus test and fails the tests for thick cloud.
        ``thresholds`` holds what was learnt, and under "switched_off" a sentence for every optional layer that was missing.

    Raises
    ------
    MissingBand
        A mandatory band is not there.
    """
    present = frozenset(_source_names(bands, settings))
    if present != survey.present:
        raise EstranError("the block and the survey have different layers", expected=sorted(survey.present), found=sorted(present))
    learnt, background, facts = learn(survey, settings)
    limits, rows, model = Limits.of(settings, present), _must_be_valid(present, settings), Model.of(present, CHUNK)
    shape = np.shape(bands["blue"])
    size = int(np.prod(shape))
    flags = np.empty((9, size), np.bool_)
    probability, variability = np.empty(size, np.float32), np.empty(size, np.float32)
    valid_here = np.empty(CHUNK, np.bool_)
    for start, stack in _chunks(bands, settings):
        part = slice(start, start + stack.shape[1])
        known = valid_here[: stack.shape[1]]
        _clean(stack, rows, known)
        if settings.use_model:
            model.probability(stack, limits.floor, probability[part])
        _decide(stack, known, limits, learnt, background, flags[:, part], probability[part], variability[part])
    valid, saturated, potential, cirrus, snow, water, cloud, clear_land, clear_water = (f.reshape(shape) for f in flags)
    return PixelStage(
        valid,
        saturated,
        potential,
        cirrus,
        snow,
        water,
        cloud,
        clear_land,
        clear_water,
        probability.reshape(shape),
        variability.reshape(shape),
        facts,
        learnt.few_clear,
    )


TESTS: tuple[tuple[str, int], ...] = (
    ("SATURATED", SATURATED),
    ("BASIC", BASIC),
    ("WHITE", WHITE),
    ("HAZE", HAZE),
    ("NO_ROCK", ROCK),
    ("BRIGHT", BRIGHT),
    ("WATER", WATER),
    ("SNOW", SNOW),
    ("THICK", OPAQUE),
)
"""Names of the tests for users, and their bits."""


def spectral_tests_of(bands: Mapping[str, Array], settings: PixelSettings) -> tuple[dict[str, npt.NDArray[np.bool_]], dict[str, npt.NDArray[np.float32]]]:
    """Every test and index of every pixel by itself, for diagnosis.

    Parameters
    ----------
    bands
        As :func:`survey_pixels` takes them; any shape.
    settings
        Thresholds.

    Returns
    -------
    tests, indices
        Booleans by name (those of ``TESTS``, CIRRUS, NODATA; all but NODATA are False where not valid), and float32 hot, whiteness, ndvi, ndsi, ndbi,
        variability (NaN where not valid).
    """
    present = frozenset(_source_names(bands, settings))
    limits, rows = Limits.of(settings, present), _must_be_valid(present, settings)
    shape = np.shape(bands["blue"])
    size = int(np.prod(shape))
    bits, indices = np.zeros(size, np.uint16), np.empty((6, size), np.float32)
    valid, cirrus = np.empty(size, np.bool_), np.zeros(size, np.bool_)
    for start, stack in _chunks(bands, settings):
        part = slice(start, start + stack.shape[1])
        valid[part] = ~np.isnan(stack[rows]).any(axis=0)
        tests_of_rows(stack, limits, bits[part], indices[:, part])
        if limits.has_cirrus:
            cirrus[part] = stack[_CIRRUS] > settings.cirrus_min
    bits[~valid] = 0
    indices[:, ~valid] = np.nan
    tests = {name: ((bits & bit) != 0).reshape(shape) for name, bit in TESTS}
    tests["CIRRUS"], tests["NODATA"] = (cirrus & valid).reshape(shape), (~valid).reshape(shape)
    names = ("hot", "whiteness", "ndvi", "ndsi", "ndbi", "variability")
    return tests, {name: array.reshape(shape) for name, array in zip(names, indices, strict=True)}
