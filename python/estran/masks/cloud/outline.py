"""Outlines of clouds sharper than the bands of 60 m that found them (ATBD: cloud mask, CM-41, CM-42)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.jit import jit, over_rows
from estran.masks.cloud.object_settings import ObjectSettings
from estran.raster.morphology import dilate_disk, erode_disk

Mask = npt.NDArray[np.bool_]
Array = npt.NDArray[Any]

COARSE = ("coastal", "nir09", "cirrus")
"""Bands of 60 m pixels, interpolated to the working grid: they smear a cloud over its surroundings."""
COARSE_PIXEL = 60.0
_FINE = ("blue", "green", "red", "swir16")
_INSIDE, _OUTSIDE = 1, 2
_SAMPLES = 5
"""Samples on each side of a pixel, along rows and columns, that its surroundings are judged by."""
_LEAST_SAMPLES = 3


@jit
def _faint(
    first: int,
    last: int,
    brightness: np.ndarray,
    rim: np.ndarray,
    side: np.ndarray,
    step: int,
    contrast: float,
    fraction: float,
    out: np.ndarray,
) -> None:
    """Rim pixels whose brightness lies nearer to the clear ground around than `fraction` of the way to the cloud."""
    rows, cols = rim.shape
    reach = _SAMPLES * step
    for r in range(first, last):
        for c in range(cols):
            if not rim[r, c]:
                continue
            sums, counts = np.zeros(3), np.zeros(3, np.int64)
            for rr in range(r - reach, r + reach + 1, step):
                if rr < 0 or rr >= rows:
                    continue
                for cc in range(c - reach, c + reach + 1, step):
                    if 0 <= cc < cols and side[rr, cc] > 0:
                        sums[side[rr, cc]] += brightness[rr, cc]
                        counts[side[rr, cc]] += 1
            if counts[_INSIDE] < _LEAST_SAMPLES or counts[_OUTSIDE] < _LEAST_SAMPLES:
                continue
            ground = sums[_OUTSIDE] / counts[_OUTSIDE]
            above = sums[_INSIDE] / counts[_INSIDE] - ground
            own = brightness[r, c] - ground
            out[r, c] = above > contrast and own < fraction * above


def cuts_rims(present: Sequence[str], pixel_size: tuple[float, float], settings: ObjectSettings) -> bool:
    """Whether the rims of clouds are looked at: where pixels are finer than the coarse bands, and there are any of
    these.
    """
    return (
        settings.outline_fraction > 0.0 and max(pixel_size) < COARSE_PIXEL and any(name in present for name in COARSE)
    )


def brightness_of(bands: Mapping[str, Array]) -> npt.NDArray[np.float32]:
    """Sum of the reflectances of blue, green, red and swir16 (rows, columns)."""
    blue, green, red, swir16 = (np.asarray(bands[name], np.float32) for name in _FINE)
    out = blue + green
    out += red
    out += swir16
    return out


def faint_rims(
    cloud: Mask,
    brightness: npt.NDArray[np.float32],
    valid: Mask,
    pixel_size: tuple[float, float],
    settings: ObjectSettings,
) -> Mask:
    """Pixels at the rims of clouds that are about as dark as the clear ground around them.

    Where the decision rests on bands of 60 m, a cloud swells by up to one such pixel. The bands of 10 m and 20 m show
    how far: the brightness of the rim is compared with that of the cloud's inside and of the ground within
    `outline_window`.

    Parameters
    ----------
    cloud, valid
        (rows, columns).
    brightness
        From :func:`brightness_of`.
    pixel_size
        Width and height of a pixel [m].
    settings
        `outline_fraction`, `outline_width`, `outline_window`, `outline_contrast`.

    Returns
    -------
    (rows, columns) bool, within `cloud`.
    """
    s, size = settings, max(pixel_size)
    faint = np.zeros(cloud.shape, np.bool_)
    core = erode_disk(cloud, size, pixel_size)
    side = np.zeros(cloud.shape, np.uint8)
    side[valid & ~dilate_disk(cloud, 2.0 * size, pixel_size)] = _OUTSIDE
    # A cloud too small to have an inside stands for itself.
    side[core | (cloud & ~dilate_disk(core, 2.0 * size, pixel_size))] = _INSIDE
    del core
    rim = cloud & ~erode_disk(cloud, s.outline_width, pixel_size)
    step = max(1, round(s.outline_window / (2.0 * _SAMPLES * size)))
    over_rows(_faint, rim.shape[0], brightness, rim, side, step, s.outline_contrast, s.outline_fraction, faint)
    return faint
