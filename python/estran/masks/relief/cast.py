"""The sweep over a whole scene: tile by tile, each with the sun of its middle, and what cannot be known because terrain
is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from estran.masks.relief.frame import Frame
from estran.masks.relief.sweep import CAST_FROM, sweep
from estran.raster.scene import Progress, quiet

Heights = npt.NDArray[np.float32]
Bool = npt.NDArray[np.bool_]

LEAST_ELEVATION, MOST_ELEVATION = 0.5, 89.9
"""Sun elevations that are computed with [degrees]: below, a shadow has no end that a DEM holds; above, no length."""

_AT_ONCE = 64
"""Rows read at once where only their least value is wanted."""
SMALLEST_TILE, LARGEST_TILE = 256, 1024
"""Sides of the tiles that are swept [pixels]: small ones follow the sun more closely, large ones save overlap."""
STEEPEST = 1.0
"""Rise of the terrain that is taken for possible where none is known (45 degrees)."""


@dataclass(frozen=True)
class Relief:
    """Terrain that goes on around a scene.

    Parameters
    ----------
    dem
        Heights [m], float32 (rows, columns), holes filled.
    known
        Where `dem` was not filled, bool of its shape; None where everywhere.
    origin, shape
        First row and column of the scene in `dem`, and the scene's size.
    frame_at
        The :class:`Frame` at a (row, column) of the scene.
    """

    dem: Heights
    known: Bool | None
    origin: tuple[int, int]
    shape: tuple[int, int]
    frame_at: Callable[[float, float], Frame]

    @property
    def scene(self) -> Heights:
        """The heights of the scene alone."""
        return self.dem[
            self.origin[0] : self.origin[0] + self.shape[0], self.origin[1] : self.origin[1] + self.shape[1]
        ]


class ByRows:
    """An angle over a scene that is read as it is asked for; the rows read last are kept, as parts go from west to
    east.

    Parameters
    ----------
    read
        Gives rows ``first:last``, float32 (last - first, columns).
    rows
        Number of rows of the scene.
    """

    def __init__(self, read: Callable[[int, int], Heights], rows: int) -> None:
        self._read, self._rows = read, rows
        self._kept: tuple[int, int, Heights] | None = None

    def __getitem__(self, part: tuple[slice, slice]) -> Heights:
        first, last, _ = part[0].indices(self._rows)
        if self._kept is None or self._kept[:2] != (first, last):
            self._kept = first, last, self._read(first, last)
        return self._kept[2][:, part[1]]

    @cached_property
    def lowest(self) -> np.floating:
        """The least of all, which is read once; NaN where there is none."""
        parts = (self._read(first, min(first + _AT_ONCE, self._rows)) for first in range(0, self._rows, _AT_ONCE))
        return np.fmin.reduce([np.fmin.reduce(part, axis=None) for part in parts])  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Sun:
    """Where the light comes from, or the sensor is: degrees from true north and above the horizon, numbers or arrays of
    the scene's shape.
    """

    azimuth: npt.NDArray[np.floating] | float | ByRows
    elevation: npt.NDArray[np.floating] | float | ByRows

    def at(self, rows: slice, columns: slice, shape: tuple[int, int]) -> tuple[Heights, Heights]:
        """Azimuth and elevation of a part, elevation within what is computed with."""
        azimuth, elevation = (
            of[rows, columns]
            if isinstance(of, ByRows)
            else np.broadcast_to(np.asarray(of, np.float32), shape)[rows, columns]
            for of in (self.azimuth, self.elevation)
        )
        return azimuth, np.clip(elevation, np.float32(LEAST_ELEVATION), np.float32(MOST_ELEVATION))

    def lowest(self) -> np.floating:
        """The least elevation."""
        return lowest_of(self.elevation)


def lowest_of(angle: npt.NDArray[np.floating] | float | ByRows) -> np.floating:
    """The least of an angle; NaN where there is none."""
    return angle.lowest if isinstance(angle, ByRows) else np.fmin.reduce(np.asarray(angle), axis=None)


@dataclass(frozen=True)
class Cast:
    """Cast shadow of a scene.

    Parameters
    ----------
    clearance
        As of :class:`~estran.masks.relief.sweep.SweepResult`, over the scene.
    unknown
        Lit as far as the terrain is known, but terrain that is missing (a hole, or beyond the edge) might shadow it.
    """

    clearance: Heights
    unknown: Bool


def cast(relief: Relief, sun: Sun, progress: Progress = quiet) -> Cast:
    """Cast shadow of a whole scene  # (RS-3).

    Parameters
    ----------
    relief
        The terrain, with its surroundings.
    sun
        Its angles; where they are NaN the result is NaN.
    """
    clearance = np.full(relief.shape, np.nan, np.float32)
    unknown = np.zeros(relief.shape, bool)
    if not np.isfinite(relief.dem).any():
        return Cast(clearance, unknown)
    highest = float(np.nanmax(relief.dem))
    side = _tile_side(relief, sun, highest)
    tiles = list(_tiles(relief.shape, side))
    for done, (row, column, height, width) in enumerate(tiles):
        part = slice(row, row + height), slice(column, column + width)
        azimuth, elevation = sun.at(*part, relief.shape)
        heights = relief.scene[part]
        valid = np.isfinite(azimuth) & np.isfinite(elevation)
        if not (valid & np.isfinite(heights)).any():
            continue
        mean = _mean_azimuth(azimuth[valid])
        filled = elevation if valid.all() else np.where(valid, elevation, np.float32(np.mean(elevation[valid])))
        frame = relief.frame_at(row + height / 2, column + width / 2)
        reach = (highest - float(np.nanmin(heights))) / float(
            np.tan(np.radians(filled.min()))
        ) + 2 * CAST_FROM * frame.posting
        region, certain, origin = _region(relief, (row, column), (height, width), frame.step(mean), reach)
        swept = sweep(region, origin, (height, width), frame, mean, filled, highest=highest)
        clearance[part] = np.where(valid, swept.clearance, np.nan)
        if not certain.all():
            worst = sweep(
                _worst(region, certain, frame.posting, highest),
                origin,
                (height, width),
                frame,
                mean,
                filled,
                highest=highest,
            )
            unknown[part] = (swept.clearance >= 0.0) & (worst.clearance < 0.0) & valid
        progress((done + 1) / len(tiles), "casting shadows")
    return Cast(clearance, unknown)


def _worst(region: Heights, certain: Bool, posting: float, highest: float) -> Heights:
    """The terrain with the unknown as high as it may be: rising from what is known at :data:`STEEPEST`, to the highest
    of the scene.
    """
    if not certain.any():
        return np.full_like(region, highest)
    from scipy.ndimage import distance_transform_edt

    away, (rows, columns) = distance_transform_edt(~certain, return_indices=True)
    return np.asarray(np.minimum(region[rows, columns] + away * posting * STEEPEST, highest), np.float32)


def reach_of(dem: Heights, lowest: np.floating | float) -> float:
    """How far terrain can cast its shadow [m]: the range of heights by the tangent of the sun's zenith angle, at its
    `lowest` elevation [degrees]  # (RS-5).
    """
    low = max(float(lowest), LEAST_ELEVATION)
    return float((np.nanmax(dem) - np.nanmin(dem)) / np.tan(np.radians(low)))


def _tile_side(relief: Relief, sun: Sun, highest: float) -> int:
    """Large tiles save overlap, small ones follow the sun more closely."""
    posting = relief.frame_at(relief.shape[0] / 2, relief.shape[1] / 2).posting
    reach = (highest - float(np.nanmin(relief.dem))) / np.tan(
        np.radians(np.clip(sun.lowest(), LEAST_ELEVATION, MOST_ELEVATION))
    )
    return int(np.clip(2 * reach / posting, SMALLEST_TILE, LARGEST_TILE))


def _tiles(shape: tuple[int, int], side: int) -> Iterator[tuple[int, int, int, int]]:
    for row in range(0, shape[0], side):
        for column in range(0, shape[1], side):
            yield row, column, min(side, shape[0] - row), min(side, shape[1] - column)


def _mean_azimuth(azimuth: npt.NDArray[np.floating]) -> float:
    if azimuth.min() == azimuth.max():
        return float(azimuth.flat[0])
    angle = np.radians(azimuth.astype(np.float64))
    return float(np.degrees(np.arctan2(np.sin(angle).mean(), np.cos(angle).mean())) % 360.0)


def _region(
    relief: Relief, corner: tuple[int, int], size: tuple[int, int], step: tuple[float, float], reach: float
) -> tuple[Heights, Bool, tuple[int, int]]:
    """The terrain between a tile and the farthest that can shadow it, NaN beyond its edge; where it is known; and where
    in it the tile begins.
    """
    columns, rows = (int(np.ceil(abs(s) * reach)) + 4 for s in step)
    up, down = (rows, 4) if step[1] < 0 else (4, rows)
    before, after = (columns, 4) if step[0] < 0 else (4, columns)
    top, left = relief.origin[0] + corner[0] - up, relief.origin[1] + corner[1] - before
    bottom, right = relief.origin[0] + corner[0] + size[0] + down, relief.origin[1] + corner[1] + size[1] + after
    part = slice(max(top, 0), bottom), slice(max(left, 0), right)
    inside = relief.dem[part]
    certain = np.ones(inside.shape, bool) if relief.known is None else relief.known[part]
    missing = (max(-top, 0), max(bottom - relief.dem.shape[0], 0)), (max(-left, 0), max(right - relief.dem.shape[1], 0))
    if any(map(any, missing)):
        (over, under), (before_it, after_it) = missing
        rim = (min(over, 1), min(under, 1)), (min(before_it, 1), min(after_it, 1))
        rest = (over - rim[0][0], under - rim[0][1]), (before_it - rim[1][0], after_it - rim[1][1])
        # The outermost pixels go on for one more, so that they have a neighbour to lie between.
        inside, certain = (
            np.pad(np.pad(inside, rim, mode="edge"), rest, constant_values=np.nan),
            np.pad(certain, missing, constant_values=False),
        )
    return inside, certain, (up, before)
