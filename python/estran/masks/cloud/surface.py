"""What the ground is made of, from a pixel and the next ones: built-up land, slopes, snow all over (ATBD: cloud mask,
CM-23, CM-49).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from estran.jit import jit

Mask = npt.NDArray[np.bool_]
Array = npt.NDArray[Any]

PURE_SNOW = 0.6
"""Least index of blue against SWIR 1.6 µm, (B - S) / (B + S), of ground that is snow all over: what is half rock or
wood is dark in the sun, too.
"""


@jit
def _contrast(a: float, b: float) -> float:
    a, b = max(a, 1e-4), max(b, 1e-4)
    return (a - b) / (a + b)


@jit
def _built_up(swir16: np.ndarray, nir08: np.ndarray, red: np.ndarray, out: np.ndarray) -> None:
    """Lines of built-up index that exceed the vegetation index (CM-23)."""
    rows, cols = nir08.shape
    for r in range(rows):
        near = np.zeros((3, cols + 2))
        for k in range(3):
            rr = min(max(r + k - 1, 0), rows - 1)
            for c in range(cols):
                near[k, c + 1] = _contrast(swir16[rr, c], nir08[rr, c])
            near[k, 0], near[k, cols + 1] = near[k, 1], near[k, cols]
        for c in range(cols):
            every = 0.0
            for k in range(3):
                every += near[k, c] + near[k, c + 1] + near[k, c + 2]
            across = near[1, c] + near[1, c + 1] + near[1, c + 2]
            along = near[0, c + 1] + near[1, c + 1] + near[2, c + 1]
            falling = near[0, c] + near[1, c + 1] + near[2, c + 2]
            rising = near[0, c + 2] + near[1, c + 1] + near[2, c]
            # +2 on the line and -1 off it: three times the line's sum less the sum of all nine.
            line = (3.0 * max(max(across, along), max(falling, rising)) - every) / 6.0
            out[r, c] = line > 0.0 and line > _contrast(nir08[r, c], red[r, c])


def built_up(swir16: Array, nir08: Array, red: Array) -> Mask:
    """Pixels that look like built-up land: NDBI', the best of four line filters of 3 x 3 on NDBI, is above 0 and above
    NDVI (Q19).

    Parameters
    ----------
    swir16, nir08, red
        (rows, columns) reflectance; NaN gives False.
    """
    out = np.empty(nir08.shape, np.bool_)
    _built_up(swir16, nir08, red, out)
    return out


def slope_of(dem: Array, pixel_size: tuple[float, float]) -> npt.NDArray[np.float32]:
    """Slope of a relief [degrees], by central differences."""
    down, right = np.gradient(np.asarray(dem, np.float32))
    dx, dy = pixel_size
    return np.asarray(np.degrees(np.arctan(np.hypot(right / dx, down / dy))), np.float32)


def is_pure_snow(blue: Array, swir16: Array) -> Mask:
    """Where snow covers all of a pixel, of reflectances of snow (rows, columns)."""
    return np.asarray(blue - swir16 > np.float32(PURE_SNOW) * (blue + swir16))
