"""Horizons along parallel lines by their upper hulls (Dozier & Frew 1990), and the fraction of sky that
a place sees.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from estran.jit import jit
from estran.masks.relief.frame import Frame

Heights = npt.NDArray[np.float32]


def horizon(dem: Heights, frame: Frame, azimuth: float) -> Heights:
    """Elevation of the horizon [degrees] in one direction, from every post of a terrain  # (RS-8).

    Parameters
    ----------
    dem
        Heights [m], (rows, columns), NaN where unknown: nothing stands there. Beyond the edge nothing stands either.
    frame
        Of the terrain's middle.
    azimuth
        From true north, clockwise [degrees].

    Returns
    -------
    ndarray
        float32 (rows, columns); 0 or more on a plane Earth, a little less where the ground falls away with its
        curvature; NaN where unknown.
    """
    column, row = frame.step(azimuth)
    turned = abs(column) > abs(row)
    if turned:
        dem, column, row = dem.T, row, column
    flipped = row > 0
    if flipped:
        dem, row = dem[::-1], -row
    out = np.empty(dem.shape, np.float32)
    _hulls(np.ascontiguousarray(dem, np.float64), column / -row, 1.0 / -row, 0.5 / frame.radius, out)
    out = out[::-1] if flipped else out
    return np.ascontiguousarray(out.T if turned else out)


@jit
def _hulls(z: Any, slope: Any, length: Any, curvature: Any, out: Any) -> Any:
    """One hull a line; the line's horizons are shared out to the two pixels beside it in each row."""
    rows, columns = z.shape
    middle = 0.5 * rows
    low = int(np.floor(min(0.0, slope * rows))) - 1
    count = columns + int(np.ceil(abs(slope) * rows)) + 3
    tangents = np.full((2, rows), -1e9)
    place, height = np.empty(rows), np.empty(rows)
    for r in range(rows):
        for c in range(columns):
            out[r, c] = np.nan
    for line in range(count):
        size = 0
        now = tangents[line % 2]
        for k in range(rows):
            x = low + line - slope * k
            base = int(np.floor(x))
            now[k] = -1e9
            if base < -1 or base > columns - 1:
                continue
            f = x - base
            left, right = max(base, 0), min(base + 1, columns - 1)
            level = (1.0 - f) * z[k, left] + f * z[k, right]
            if np.isnan(level):
                continue
            s = (k - middle) * length
            level -= curvature * s * s
            # Drop what lies under the line from the newest to the one before it: no later place can see it.
            while size > 1 and (height[size - 2] - level) * (place[size - 1] - s) <= (height[size - 1] - level) * (
                place[size - 2] - s
            ):
                size -= 1
            if size > 0:
                now[k] = (height[size - 1] - level) / (s - place[size - 1]) - 2.0 * curvature * s
            place[size], height[size] = s, level
            size += 1
        if line == 0:
            continue
        before = tangents[(line - 1) % 2]
        for k in range(rows):
            # The pixel between the line before and this one.
            c = int(np.ceil(low + line - 1 - slope * k))
            if 0 <= c < columns and not np.isnan(z[k, c]):
                f = c - (low + line - 1 - slope * k)
                a, b = max(before[k], -1e3), max(now[k], -1e3)
                if a <= -1e3:
                    a = b
                if b <= -1e3:
                    b = a
                out[k, c] = np.degrees(np.arctan((1.0 - f) * a + f * b)) if a > -1e3 else 0.0
    return 0


def sky_view(
    slope: Heights, aspect: Heights, dem: Heights, origin: tuple[int, int], frame: Frame, directions: int
) -> Heights:
    """Fraction of the sky, weighted by the cosine of its incidence, that terrain leaves open (Dozier & Frew 1990, eq.
    7b) # (RS-9).

    Parameters
    ----------
    slope, aspect
        Of the window [degrees].
    dem, origin
        The terrain around it, and where in it the window begins.
    frame
        Of the window's middle.
    directions
        Number of horizons.

    Returns
    -------
    ndarray
        float32 in 0..1; NaN where unknown.
    """
    rows, columns = slope.shape
    total = np.zeros(slope.shape, np.float64)
    steep, facing = np.radians(slope.astype(np.float64)), np.radians(aspect.astype(np.float64))
    for azimuth in np.arange(directions) * 360.0 / directions:
        raised = np.radians(
            horizon(dem, frame, float(azimuth))[origin[0] : origin[0] + rows, origin[1] : origin[1] + columns].astype(
                np.float64
            )
        )
        relative = np.cos(np.radians(azimuth) - facing)
        # The slope itself hides the sky where it rises faster than the horizon found one post away; below the level
        # there is no sky.
        own = np.arctan(-np.tan(steep) * relative)
        h = np.pi / 2 - np.maximum(np.maximum(raised, own), 0.0)
        total += np.cos(steep) * np.sin(h) ** 2 + np.sin(steep) * relative * (h - np.sin(h) * np.cos(h))
    return np.clip(total / directions, 0.0, 1.0).astype(np.float32)
