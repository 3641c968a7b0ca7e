"""Cast shadow of a whole image at once: parallel lines towards the sun, each holding the ceiling of the shadow that it
is in.

Along a line the ceiling falls with the sun's ray and rises where terrain rises through it, so that a pixel costs one
comparison however far the ridge stands. Lines cross the rows (or the columns, whichever the sun lies nearer to) where
bilinear terrain is linear, so that what they meet is exact there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from estran.jit import jit
from estran.masks.relief.frame import Frame

Heights = npt.NDArray[np.float32]

CAST_FROM = 1.5
"""Postings from the pixel at which an obstacle casts a shadow; what is nearer is the pixel's own slope."""
CLEAR = 9999.0
"""Clearance reported where no terrain comes near the ray [m]."""


class _Lines(NamedTuple):
    """The lines of a sweep.

    Parameters
    ----------
    slope, length
        Columns gone, and metres, for one row towards the sun.
    start, lag
        Least way to what casts [m], and in samples of half a row.
    tangent
        Of the sun's mean elevation.
    curvature
        Half of the ground's [1/m].
    middle
        Row of the region where the window's middle is.
    floor
        Height from which ceilings start [m].
    """

    slope: float
    length: float
    start: float
    lag: int
    tangent: float
    curvature: float
    middle: float
    floor: float


@jit
def _sweep_region(z: Any, first: Any, left: Any, lines: _Lines, local: Any, clearance: Any, distance: Any) -> Any:
    """Sweep one region whose sun is at the top; see :func:`sweep`. Fills `clearance` and `distance`,
    (height, width).
    """
    height, width = clearance.shape
    slope, length, start, lag, tangent, curvature, middle, floor = lines
    columns = z.shape[1]
    low = int(np.floor(left + min(slope * first, slope * (first + height)))) - 1
    count = width + int(np.ceil(abs(slope) * height)) + 4
    fall = length * tangent
    # Ceilings are kept on the ray of the region's top row, so that only terrain that rises through one changes it. Two
    # families of lines, half a column apart.
    ceiling = np.full((2, count), np.float32(floor))
    foot = np.zeros((2, count), np.float32)
    one, half, bend = np.float32(1.0), np.float32(0.5), 2.0 * curvature * length
    metres = np.float32(0.5 * length)
    for k in range(first + height):
        # Two samples a row: on the row, where the terrain is linear between columns, and midway to the next.
        for q in range(max(2 * k - 1 - lag, 0), 2 * k - lag + 1):
            x = 0.5 * q * length - middle * length
            lift = np.float32(0.5 * fall * q - curvature * x * x)
            number = np.float32(q)
            for family in range(2):
                place = low + 0.5 * family - slope * 0.5 * q
                base = int(np.floor(place))
                f = np.float32(place - base)
                begin = max(0, -base)
                stop = max(begin, min(count, columns - 1 - base))
                on = z[q // 2, base + begin : base + stop + 1]
                roof, feet = ceiling[family, begin:stop], foot[family, begin:stop]
                if q % 2 == 0:
                    for j in range(roof.size):
                        here = (one - f) * on[j] + f * on[j + 1] + lift
                        rises = here > roof[j]
                        roof[j] = here if rises else roof[j]
                        feet[j] = number if rises else feet[j]
                else:
                    under = z[q // 2 + 1, base + begin : base + stop + 1]
                    for j in range(roof.size):
                        here = half * ((one - f) * (on[j] + under[j]) + f * (on[j + 1] + under[j + 1])) + lift
                        rises = here > roof[j]
                        roof[j] = here if rises else roof[j]
                        feet[j] = number if rises else feet[j]
        if k >= first:
            x = (k - middle) * length
            lift = np.float32(fall * k - curvature * x * x)
            place = left + slope * k - low
            base = int(np.floor(place))
            f = np.float32(2.0 * (place - base))
            if f < one:
                before, after, feet_before, feet_after = (
                    ceiling[0, base:],
                    ceiling[1, base:],
                    foot[0, base:],
                    foot[1, base:],
                )
            else:
                before, after, feet_before, feet_after = (
                    ceiling[1, base:],
                    ceiling[0, base + 1 :],
                    foot[1, base:],
                    foot[0, base + 1 :],
                )
                f -= one
            # The line's sun is that of the region's middle: what the pixel's own sun changes is first order in the way
            # to the obstacle.
            level = np.float32(tangent - bend * (k - middle))
            row, now = k - first, np.float32(2 * k)
            for c in range(width):
                gone = (now - ((one - f) * feet_before[c] + f * feet_after[c])) * metres
                roof_here = (one - f) * before[c] + f * after[c]
                clearance[row, c] = z[k, left + c] + lift - roof_here - gone * (level - local[row, c])
                distance[row, c] = gone
            # The samples of the lines lie half a row apart: where rays begin to count is sampled for itself.
            i = int(np.floor(k - start / length))
            if i >= 0:
                fi = np.float32(k - start / length - i)
                shift = int(np.floor(slope * start / length))
                fj = np.float32(slope * start / length - shift)
                begin = max(0, -left - shift)
                stop = max(begin, min(width, columns - 1 - left - shift))
                on, under, here_on = (
                    z[i, left + shift + begin :],
                    z[i + 1, left + shift + begin :],
                    z[k, left + begin :],
                )
                rises, far = np.float32(start), np.float32(curvature * start * start)
                for c in range(stop - begin):
                    ground = (one - fi) * ((one - fj) * on[c] + fj * on[c + 1]) + fi * (
                        (one - fj) * under[c] + fj * under[c + 1]
                    )
                    clear = here_on[c] + rises * local[row, begin + c] + far - ground
                    if clear < clearance[row, begin + c]:
                        clearance[row, begin + c] = clear
                        distance[row, begin + c] = rises
    return 0


@dataclass(frozen=True)
class SweepResult:
    """What a sweep finds for each pixel.

    Parameters
    ----------
    clearance
        Height of the terrain above the shadow's ceiling [m], float32: negative in cast shadow; :data:`CLEAR` at most;
        NaN where the terrain is unknown.
    distance
        Way along the ground to the terrain that makes the ceiling [m], float32.
    """

    clearance: Heights
    distance: Heights


def sweep(
    dem: Heights,
    origin: tuple[int, int],
    shape: tuple[int, int],
    frame: Frame,
    azimuth: float,
    elevation: npt.NDArray[np.floating] | float,
    *,
    nearest: float | None = None,
    highest: float | None = None,
) -> SweepResult:
    """Cast shadow of a window of a terrain that goes on around it  # (RS-3).

    Parameters
    ----------
    dem
        Heights [m], (rows, columns), NaN where unknown: nothing there casts a shadow.
    origin, shape
        First row and column of the window in `dem`, and its size.
    frame
        Of the window's middle.
    azimuth
        Of the sun, from true north, clockwise [degrees], in the window's middle.
    elevation
        Of the sun [degrees], a number or an array of `shape`; above 0.
    nearest
        Least way to what casts [m]; :data:`CAST_FROM` postings where None.
    highest
        Height that no terrain exceeds [m]; that of `dem` where None.
    """
    column, row = frame.step(azimuth)
    turned = abs(column) > abs(row)
    if turned:  # the sun lies nearer to the rows' direction: columns become rows
        dem, origin, shape = dem.T, (origin[1], origin[0]), (shape[1], shape[0])
        column, row = row, column
    flipped = row > 0  # the sun at the bottom: turn it up
    if flipped:
        dem = dem[::-1]
        origin = (dem.shape[0] - origin[0] - shape[0], origin[1])
        row = -row
    local = np.broadcast_to(np.tan(np.radians(np.asarray(elevation, np.float32))), shape[::-1] if turned else shape)
    local = (local.T if turned else local)[:: -1 if flipped else 1]
    length, slope = 1.0 / -row, column / -row
    tangent = float(np.mean(local))
    start = CAST_FROM * frame.posting if nearest is None else nearest
    lag = int(np.ceil(start / (0.5 * length) - 1e-9))
    window = dem[origin[0] : origin[0] + shape[0], origin[1] : origin[1] + shape[1]]
    top = float(np.nanmax(dem)) if highest is None else highest
    lowest = float(np.nanmin(window)) if np.isfinite(window).any() else top
    above = int(np.ceil(max(top - lowest, 0.0) / (float(np.min(local)) * length))) + lag // 2 + 2
    above = min(above, origin[0])
    side = int(np.ceil(abs(slope) * (above + shape[0]))) + 3
    first_row, first_column = origin[0] - above, max(0, origin[1] - side)
    last_column = min(dem.shape[1], origin[1] + shape[1] + side)
    # One column more on either side, so that a line along the outermost column has two neighbours to lie between.
    region = np.pad(
        dem[first_row : origin[0] + shape[0], first_column:last_column], ((0, 0), (1, 1)), mode="edge"
    ).astype(np.float32, copy=False)
    clearance, distance = np.empty(shape, np.float32), np.empty(shape, np.float32)
    lines = _Lines(
        slope, length, start, max(lag, 1), tangent, 0.5 / frame.radius, above + (shape[0] - 1) / 2.0, lowest - CLEAR
    )
    _sweep_region(
        region, above, origin[1] - first_column + 1, lines, np.ascontiguousarray(local, np.float32), clearance, distance
    )
    np.minimum(clearance, CLEAR, out=clearance)
    if flipped:
        clearance, distance = clearance[::-1], distance[::-1]
    if turned:
        clearance, distance = clearance.T, distance.T
    return SweepResult(np.ascontiguousarray(clearance), np.ascontiguousarray(distance))
