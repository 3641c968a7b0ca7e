"""Thin cirrus by the 1.38 µm band, whose background rises with the ground (ATBD: cloud mask, CM-11 to CM-13).

Water vapour hides the ground at 1.38 µm, except where the ground stands above most of it. Three rules: one fixed
threshold (Z15); the background learnt from clear pixels in slices of height (Q19); a parabola in height (Baetens et al.
2019; FORCE).
"""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt

from estran.jit import jit
from estran.masks.cloud.settings import PixelSettings
from estran.raster.label import label
from estran.statistics.percentiles import weighted_percentile

SLICES = 120
"""Number of height slices; the first one starts at `LOWEST`."""
LOWEST = -500.0

Array = npt.NDArray[np.floating]


@jit
def slice_of(dem: float, thickness: float) -> int:
    """Number of the height slice of a pixel, 0..SLICES-1."""
    return int(min(max(np.floor((dem - LOWEST) / thickness), 0.0), SLICES - 1.0))


@jit
def _slices_of(dem: np.ndarray, thickness: float, out: np.ndarray) -> None:
    for i in range(dem.size):
        out[i] = slice_of(dem[i], thickness)


def learn_background(cirrus: Array, dem: Array, weights: Array, settings: PixelSettings) -> npt.NDArray[np.float64]:
    """Background of the cirrus band per height slice from clear pixels (CM-11).

    Parameters
    ----------
    cirrus, dem, weights
        (n,) reflectance, height [m], and how many pixels each stands for: clear pixels only.
    settings
        Slice thickness and percentile.

    Returns
    -------
    (SLICES,) reflectance; a slice without clear pixels takes that of the next slice below that has some, else the next
    above; 0 without any.
    """
    background = np.full(SLICES, np.nan)
    which = np.empty(dem.size, np.int64)
    _slices_of(np.ascontiguousarray(dem, np.float64), settings.cirrus_slice, which)
    for number in np.unique(which):
        inside = which == number
        background[number] = weighted_percentile(cirrus[inside], settings.cirrus_percentile, weights[inside])
    known = np.flatnonzero(~np.isnan(background))
    if known.size == 0:
        return np.zeros(SLICES)
    before = np.maximum(np.searchsorted(known, np.arange(SLICES), side="right") - 1, 0)
    return cast(npt.NDArray[np.float64], background[known[before]])


def fixed_background(settings: PixelSettings) -> npt.NDArray[np.float64]:
    """Background of the cirrus band where it is not learnt: 0, or the parabola beyond its base, at the middle of each
    slice (CM-12).
    """
    if settings.cirrus_rule == "fixed":
        return np.zeros(SLICES)
    middle = LOWEST + (np.arange(SLICES) + 0.5) * settings.cirrus_slice
    parabola = settings.cirrus_base + settings.cirrus_per_km2 * (np.maximum(middle, 0.0) / 1000.0) ** 2
    return cast(npt.NDArray[np.float64], np.maximum(settings.cirrus_min, parabola) - settings.cirrus_min)


def faint_candidates(
    cloud: npt.NDArray[np.bool_], cirrus: Array, blue: Array, dem: Array | None, settings: PixelSettings
) -> npt.NDArray[np.bool_]:
    """Cloudy pixels that are thin cirrus, too, if they touch some (CM-48); each by itself.

    Parameters
    ----------
    cloud
        (rows, columns) cloudy pixels; snow is none.
    cirrus, blue
        Reflectances.
    dem
        Height of the ground [m]; 0 where None.
    settings
        Thresholds.
    """
    faint = np.zeros(cloud.shape, np.bool_)
    heights = np.zeros(0, np.float32) if dem is None else np.asarray(dem).reshape(-1)
    c, b = np.asarray(cirrus).reshape(-1), np.asarray(blue).reshape(-1)
    limits = settings.cirrus_slice, settings.faint_cirrus_min, settings.faint_blue_max
    _fainter(cloud.reshape(-1), c, b, heights, fixed_background(settings), *limits, faint.reshape(-1))
    return faint


def touching_cirrus(faint: npt.NDArray[np.bool_], thin: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Of the candidates of :func:`faint_candidates`, those connected to thin cirrus by (CM-13), itself left out; (rows,
    columns).
    """
    faint = faint & ~thin
    parts = label(faint | thin)
    faint &= parts.paint(parts.count_in(thin) > 0)
    return faint


@jit
def _fainter(
    cloud: np.ndarray,
    cirrus: np.ndarray,
    blue: np.ndarray,
    dem: np.ndarray,
    background: np.ndarray,
    thickness: float,
    least: float,
    blue_max: float,
    out: np.ndarray,
) -> None:
    for i in range(out.size):
        if cloud[i] and blue[i] < blue_max:
            height = np.float64(dem[i]) if dem.size else 0.0
            out[i] = cirrus[i] - background[slice_of(height if height == height else 0.0, thickness)] > least
