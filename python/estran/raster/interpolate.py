"""Directions on coarse grids, interpolated to pixels: sun angles, and view angles of a sensor whose image is made of
strips (detectors).

A direction (zenith, azimuth) is carried as two components, ``zenith * sin(azimuth)`` and ``zenith * cos(azimuth)``
[degrees]: the azimuthal equidistant projection of the hemisphere. They vary almost linearly over the ground, across the
nadir and across north too, where zenith has a kink and azimuth a jump (decision 021 has the figures).

Positions are in *nodes*: row 0, column 0 is the first node of the grid, wherever a file puts it.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from estran.jit import jit

FloatArray = npt.NDArray[np.float64]
Labels = npt.NDArray[np.uint8]

OUTSIDE = 0
"""Label of a pixel that no strip covers; strip `k` has the label `k + 1`."""


def to_components(zenith: npt.ArrayLike, azimuth: npt.ArrayLike) -> FloatArray:
    """Directions to components.

    Parameters
    ----------
    zenith, azimuth
        Angles [degrees], any shape; azimuth clockwise from north.

    Returns
    -------
    components
        (2, ...) east and north components [degrees].
    """
    z, a = np.asarray(zenith, np.float64), np.radians(np.asarray(azimuth, np.float64))
    return np.stack([z * np.sin(a), z * np.cos(a)])


def from_components(components: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Components (2, ...) to zenith and azimuth [degrees], azimuth in [0, 360); the inverse of :func:`to_components`
    (azimuth 0 at the nadir).
    """
    east, north = components
    zenith: FloatArray = np.hypot(east, north)
    return zenith, _wrapped(np.degrees(np.arctan2(east, north)))


def plane_slope(values: FloatArray) -> tuple[float, float] | None:
    """Slope of the least-squares plane through the valid nodes.

    Parameters
    ----------
    values
        (rows, columns), NaN where there is no value.

    Returns
    -------
    slope
        Change per row and per column; None where fewer than three nodes, or nodes on one line, do not fix a plane.
    """
    rows, cols = np.nonzero(np.isfinite(values))
    if rows.size < 3:
        return None
    design = np.column_stack([np.ones(rows.size), rows - rows.mean(), cols - cols.mean()])
    solution, _, rank, _ = np.linalg.lstsq(design, values[rows, cols], rcond=None)
    return (float(solution[1]), float(solution[2])) if rank == 3 else None


def fill_linear(values: FloatArray, slope: tuple[float, float] | None = None) -> FloatArray:
    """A grid without holes: each missing node is the nearest valid one, carried on along `slope`.

    Exact where the values lie on a plane. The slope is that of the whole strip, not of the last two nodes, so that the
    noise of a node (0.02 degrees in Sentinel-2's view angles) is not doubled at every step outwards.

    Parameters
    ----------
    values
        (rows, columns), NaN where there is no value.
    slope
        Change per row and per column; by default the plane through the valid nodes, or no change where they do not fix
        one.

    Returns
    -------
    filled
        A new array; unchanged where no node is valid.
    """
    valid = np.isfinite(values)
    if valid.all() or not valid.any():
        return values.copy()
    down, right = slope or plane_slope(values) or (0.0, 0.0)
    near_row, near_col = ndimage.distance_transform_edt(~valid, return_distances=False, return_indices=True)
    rows, cols = np.indices(values.shape)
    carried = values[near_row, near_col] + down * (rows - near_row) + right * (cols - near_col)
    return np.where(valid, values, carried)


def inside_distance(valid: npt.NDArray[np.bool_]) -> FloatArray:
    """Signed distance to the edge of a strip, in nodes: 1 or more on valid nodes, -1 or less on the others.

    Interpolated to pixels, the largest of several strips' distances determines which strip a pixel lies in: halfway
    through an overlap or a gap.
    """
    far = float(sum(valid.shape))
    if valid.all():
        return np.full(valid.shape, far)
    if not valid.any():
        return np.full(valid.shape, -far)
    inside = np.asarray(ndimage.distance_transform_edt(valid), np.float64)
    return inside - np.asarray(ndimage.distance_transform_edt(~valid), np.float64)


def bilinear(grid: FloatArray, rows: FloatArray, cols: FloatArray) -> FloatArray:
    """Bilinear interpolation at every crossing of `rows` and `cols` [nodes]; outside the grid its outermost cells are
    carried on.

    Parameters
    ----------
    grid
        (R, C) node values.
    rows, cols
        (h,) and (w,) positions.

    Returns
    -------
    values
        (h, w), NaN where one of the four nodes is.
    """
    return np.asarray(
        _bilinear(np.ascontiguousarray(grid, np.float64), np.asarray(rows, np.float64), np.asarray(cols, np.float64))
    )


def nearest_strip(distances: FloatArray, rows: FloatArray, cols: FloatArray, reach: float = 1.0) -> Labels:
    """Which strip each pixel lies in, where nothing better than the valid nodes is known.

    Parameters
    ----------
    distances
        (S, R, C) :func:`inside_distance` of each strip.
    rows, cols
        (h,) and (w,) pixel positions [nodes].
    reach
        How far outside its valid nodes a strip still counts [nodes].

    Returns
    -------
    labels
        (h, w): 1 + index of the strip, :data:`OUTSIDE` where all are farther than `reach`; the first of two that are
        equally near.
    """
    best = np.full((len(rows), len(cols)), -abs(reach) - 1e-9)
    labels = np.zeros(best.shape, np.uint8)
    for k, distance in enumerate(distances):
        here = bilinear(distance, rows, cols)
        nearer = here > best
        labels[nearer] = k + 1
        best[nearer] = here[nearer]
    return labels


def strip_directions(
    bands: Iterable[tuple[FloatArray, Labels]], rows: FloatArray, cols: FloatArray
) -> npt.NDArray[np.float32]:
    """Direction of view per pixel: the mean over bands, each interpolated in the strip that saw the pixel.

    The zeniths are averaged as numbers, as SNAP's Sentinel-2 reader does, and the azimuths as unit vectors (that reader
    averages the numbers, which goes wrong across north). One band alone gives its own direction.

    Parameters
    ----------
    bands
        For each band (S, 2, R, C) components of its strips, and (h, w) labels: 1 + index of the strip, :data:`OUTSIDE`
        elsewhere.
    rows, cols
        (h,) and (w,) pixel positions [nodes].

    Returns
    -------
    directions
        (2, h, w) zenith and azimuth [degrees, azimuth in [0, 360)]; NaN where no band has a strip.
    """
    rows, cols = np.asarray(rows, np.float64), np.asarray(cols, np.float64)
    sums = np.zeros((4, rows.size, cols.size))
    for components, labels in bands:
        _add_directions(
            np.ascontiguousarray(components, np.float64), np.ascontiguousarray(labels, np.uint8), rows, cols, sums
        )
    return np.asarray(_mean_directions(sums))


def _wrapped(degrees: FloatArray) -> FloatArray:
    wrapped: FloatArray = np.where(degrees < 0.0, degrees + 360.0, degrees)
    wrapped[wrapped >= 360.0] = 0.0
    return wrapped


@jit
def _cells(positions: FloatArray, nodes: int) -> tuple[npt.NDArray[np.int64], FloatArray]:
    first = np.empty(positions.size, np.int64)
    fraction = np.empty(positions.size, np.float64)
    for k in range(positions.size):
        cell = min(max(int(np.floor(positions[k])), 0), max(nodes - 2, 0))
        first[k] = cell
        fraction[k] = positions[k] - cell if nodes > 1 else 0.0
    return first, fraction


@jit
def _bilinear(grid: FloatArray, rows: FloatArray, cols: FloatArray) -> FloatArray:
    height, width = grid.shape
    row0, down = _cells(rows, height)
    col0, right = _cells(cols, width)
    out = np.empty((rows.size, cols.size), np.float64)
    line = np.empty(width, np.float64)
    for r in range(rows.size):
        top, bottom = row0[r], min(row0[r] + 1, height - 1)
        for j in range(width):
            line[j] = grid[top, j] + (grid[bottom, j] - grid[top, j]) * down[r]
        for c in range(cols.size):
            left, next_ = col0[c], min(col0[c] + 1, width - 1)
            out[r, c] = line[left] + (line[next_] - line[left]) * right[c]
    return out


@jit
def _add_directions(
    components: FloatArray, labels: Labels, rows: FloatArray, cols: FloatArray, sums: FloatArray
) -> None:
    # sums: zenith, east and north of the unit vector, number of bands. One line of nodes is interpolated per row of
    # pixels, then each pixel between two of its nodes: a pixel's value depends on its own position alone, so a tile has
    # the same bits as the whole.
    strips, _, height, width = components.shape
    row0, down = _cells(rows, height)
    col0, right = _cells(cols, width)
    line = np.empty((strips, 2, width), np.float64)
    for r in range(rows.size):
        top, bottom = row0[r], min(row0[r] + 1, height - 1)
        for s in range(strips):
            for k in range(2):
                for j in range(width):
                    line[s, k, j] = (
                        components[s, k, top, j] + (components[s, k, bottom, j] - components[s, k, top, j]) * down[r]
                    )
        for c in range(cols.size):
            label = labels[r, c]
            if label == 0:
                continue
            s = label - 1
            left, next_ = col0[c], min(col0[c] + 1, width - 1)
            east = line[s, 0, left] + (line[s, 0, next_] - line[s, 0, left]) * right[c]
            north = line[s, 1, left] + (line[s, 1, next_] - line[s, 1, left]) * right[c]
            zenith = np.sqrt(east * east + north * north)
            if not np.isfinite(zenith):
                continue
            sums[0, r, c] += zenith
            sums[3, r, c] += 1.0
            if zenith > 0.0:
                sums[1, r, c] += east / zenith
                sums[2, r, c] += north / zenith


@jit
def _mean_directions(sums: FloatArray) -> npt.NDArray[np.float32]:
    out = np.full((2, sums.shape[1], sums.shape[2]), np.nan, np.float32)
    for r in range(sums.shape[1]):
        for c in range(sums.shape[2]):
            if sums[3, r, c] > 0.0:
                out[0, r, c] = sums[0, r, c] / sums[3, r, c]
                azimuth = np.float32(np.degrees(np.arctan2(sums[1, r, c], sums[2, r, c])))
                if azimuth < 0.0:
                    azimuth += np.float32(360.0)
                out[1, r, c] = azimuth if azimuth < 360.0 else 0.0
    return out
