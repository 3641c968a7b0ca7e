"""Slope, aspect and the sun's incidence of terrain."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from estran.jit import jit, over_rows
from estran.masks.relief.frame import Frame

Heights = npt.NDArray[np.float32]


def terrain(
    dem: Heights,
    origin: tuple[int, int],
    shape: tuple[int, int],
    frame: Frame,
    azimuth: npt.ArrayLike,
    elevation: npt.ArrayLike,
    *,
    reach: int = 1,
) -> tuple[Heights, Heights, Heights]:
    """Slope, aspect and cosine of the solar incidence of a window  # (RS-2).

    Parameters
    ----------
    dem
        Heights [m], (rows, columns), NaN where unknown.
    origin, shape
        First row and column of the window in `dem`, and its size.
    frame
        Of the window's middle.
    azimuth, elevation
        Of the sun [degrees], numbers or arrays of `shape`.
    reach
        Pixels to either side over which the gradient is taken: 1, or the DEM's posting where it is coarser than the
        grid.

    Returns
    -------
    slope, aspect, cosine
        Slope [degrees], direction downhill from true north, clockwise [degrees, 0..360), cosine of the incidence [1];
        float32, NaN where unknown.
    """
    slope, aspect, cosine = (np.empty(shape, np.float32) for _ in range(3))
    sun_a = np.broadcast_to(np.radians(np.asarray(azimuth, np.float64)), shape)
    sun_e = np.broadcast_to(np.radians(np.asarray(elevation, np.float64)), shape)
    over_rows(
        _gradients, shape[0], dem, origin[0], origin[1], frame.to_pixels, sun_a, sun_e, reach, slope, aspect, cosine
    )
    return slope, aspect, cosine


@jit
def _gradients(
    first: Any,
    last: Any,
    dem: Any,
    top: Any,
    left: Any,
    to_pixels: Any,
    azimuth: Any,
    elevation: Any,
    reach: Any,
    slope: Any,
    aspect: Any,
    cosine: Any,
) -> Any:
    rows, columns = dem.shape
    width = slope.shape[1]
    for r in range(first, last):
        for c in range(width):
            i, j = top + r, left + c
            right = _difference(
                dem[i, j - reach] if j >= reach else np.nan,
                dem[i, j],
                dem[i, j + reach] if j + reach < columns else np.nan,
                reach,
            )
            down = _difference(
                dem[i - reach, j] if i >= reach else np.nan,
                dem[i, j],
                dem[i + reach, j] if i + reach < rows else np.nan,
                reach,
            )
            east = right * to_pixels[0, 0] + down * to_pixels[1, 0]
            north = right * to_pixels[0, 1] + down * to_pixels[1, 1]
            steep = np.sqrt(east * east + north * north)
            slope[r, c] = np.degrees(np.arctan(steep))
            away = np.degrees(np.arctan2(-east, -north))
            aspect[r, c] = np.float32(away + 360.0 if away < 0.0 else away) % np.float32(360.0)
            flat = np.cos(elevation[r, c])
            towards = -east * np.sin(azimuth[r, c]) - north * np.cos(azimuth[r, c])
            cosine[r, c] = (flat * towards + np.sin(elevation[r, c])) / np.sqrt(1.0 + steep * steep)
    return 0


@jit
def _difference(before: Any, here: Any, after: Any, reach: Any) -> Any:
    """Rise over one pixel; one-sided beside a hole or the edge."""
    if np.isnan(before):
        return (after - here) / reach
    if np.isnan(after):
        return (here - before) / reach
    return (after - before) / (2.0 * reach) if not np.isnan(here) else np.nan
