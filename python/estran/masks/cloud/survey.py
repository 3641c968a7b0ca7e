"""What the pixel stage learns of a scene: samples of its valid pixels (ATBD: cloud mask, CM-1).

The survey keeps two samples of valid pixels, spectral water and the rest, that do not depend on how the image was cut
(see ``statistics.percentiles``). All scene statistics, which build on one another, are then taken from the samples; so
one pass over the image is enough, and any tiling gives the same bits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.errors import EstranError, missing_band
from estran.jit import jit
from estran.masks.cloud.settings import MANDATORY, PixelSettings
from estran.masks.cloud.spectral import Limits, contrast, is_water
from estran.statistics.percentiles import Sketch, hash_rows

LAYERS: tuple[str, ...] = (
    "blue",
    "green",
    "red",
    "nir08",
    "swir16",
    "swir22",
    "cirrus",
    "nir09",
    "coastal",
    "dem",
    "swo",
)
"""Rows of the stacks that the compiled kernels read; layers that are absent are rows of zeros."""
BLUE, GREEN, RED, NIR08, SWIR16, SWIR22, CIRRUS, NIR09, COASTAL, DEM, SWO = range(len(LAYERS))
_SPECTRAL = DEM
"""Rows before this one are reflectances."""
SAMPLE = 1 << 16
"""Pixels kept per sample: rank error of a percentile about 0.15 %."""
CHUNK = 1 << 13
_ZERO = np.float32(0.0)

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
        Pixels counted, valid or not.
    """

    present: frozenset[str]
    land: Sketch
    water: Sketch
    pixels: int

    @property
    def valid(self) -> int:
        """Valid pixels counted."""
        return self.land.total + self.water.total


def source_names(bands: Mapping[str, Array], settings: PixelSettings) -> dict[str, str]:
    """Which array serves as which layer."""
    wanted = (*MANDATORY, *settings.wanted)
    names = {layer: layer for layer in LAYERS if layer in bands and layer in wanted}
    if settings.near_infrared == "nir" and "nir" in bands:
        names["nir08"] = "nir"
    missing = [name for name in MANDATORY if name not in names]
    if missing:
        raise missing_band(missing[0], bands, expected=", ".join(MANDATORY))
    return names


def stacks(bands: Mapping[str, Array], settings: PixelSettings) -> Iterator[tuple[int, npt.NDArray[np.float32]]]:
    """Stacks of LAYERS, (layers, n) float32 with reflectance cut at saturation, and where each begins in the raveled
    image.
    """
    names = source_names(bands, settings)
    flat = {LAYERS.index(layer): np.asarray(bands[name]).reshape(-1) for layer, name in names.items()}
    sizes = {array.size for array in flat.values()}
    if len(sizes) != 1:
        raise EstranError(
            "the bands differ in size",
            expected="one size",
            found={n: np.shape(bands[n]) for n in names.values()},
            todo="resample them to one grid",
        )
    size = sizes.pop()
    ceiling = np.float32(settings.saturation)
    stack = np.zeros((len(LAYERS), min(CHUNK, size)), np.float32)
    for start in range(0, size, CHUNK):
        if size - start < stack.shape[1]:
            # A part of a stack lies otherwise in memory, and every loop would be compiled anew for it.
            stack = np.zeros((len(LAYERS), size - start), np.float32)
        for row, array in flat.items():
            part = array[start : start + CHUNK]
            if row < _SPECTRAL:
                np.minimum(part, ceiling, out=stack[row])  # (CM-1); NaN stays NaN
            else:
                stack[row] = np.where(np.isfinite(part), part, 0.0)
        yield start, stack


def must_be_valid(present: frozenset[str], settings: PixelSettings) -> npt.NDArray[np.int64]:
    """Rows whose NaN makes a pixel invalid."""
    if settings.valid_by_visible:
        return np.array([BLUE, GREEN, RED])
    return np.array([row for row, layer in enumerate(LAYERS[:_SPECTRAL]) if layer in present])


@jit
def clean(stack: np.ndarray, rows: np.ndarray, valid: np.ndarray) -> None:
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
    stack: np.ndarray,
    valid: np.ndarray,
    hashes: np.ndarray,
    floor: float,
    land_limit: np.uint64,
    water_limit: np.uint64,
    index: np.ndarray,
    wet: np.ndarray,
) -> tuple[int, int, int]:
    """Pixels of a stack that may belong to a sample.

    Returns the number of candidates (their column and stratum in `index`, `wet`), of valid land and of valid water
    pixels.
    """
    found, land, water = 0, 0, 0
    for i in range(valid.size):
        if valid[i]:
            nir08 = stack[NIR08, i]
            if is_water(contrast(nir08, stack[RED, i], floor), nir08):
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
        By semantic name, of one shape: blue green red nir08 swir16 and, where there are, swir22 cirrus nir09 coastal
        nir dem [m] swo [%]. NaN is no-data.
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
    present = frozenset(source_names(bands, settings))
    limits, rows = Limits.of(settings, present), must_be_valid(present, settings)
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
            samples[kind] = samples[kind].add(
                np.concatenate([h for h, _ in gathered]), np.concatenate([r for _, r in gathered], axis=1), counts[kind]
            )
            waiting[kind], counts[kind] = [], 0

    for _, stack in stacks(bands, settings):
        here = slice(0, stack.shape[1])
        pixels += stack.shape[1]
        clean(stack, rows, valid[here])
        hash_rows(stack.view(np.uint32), hashes[here])
        found, land, water = _sift(
            stack, valid[here], hashes, limits.floor, samples[0].limit, samples[1].limit, index, wet
        )
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
        raise EstranError(
            "two blocks of one scene have different layers",
            expected=sorted(first.present),
            found=sorted(second.present),
        )
    return PixelSurvey(
        first.present, first.land.merge(second.land), first.water.merge(second.water), first.pixels + second.pixels
    )
