"""Ground that the sensor cannot see: the cast shadow of a sun at the sensor's place."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from estran.masks.relief.cast import Relief, Sun
from estran.masks.relief.march import ceilings, march
from estran.masks.relief.terrain import terrain

Bool = npt.NDArray[np.bool_]


def occluded(relief: Relief, sensor: Sun, *, reach: int = 1, part: int = 256) -> Bool:
    """Where terrain stands between ground and sensor, or the ground's own slope turns away from it  # (RS-7).

    Parameters
    ----------
    relief
        The terrain.
    sensor
        Azimuth from the ground to the sensor, and its elevation, per pixel: neighbouring detectors look from different
        sides.
    reach
        As of :func:`~estran.masks.relief.terrain.terrain`.
    part
        Side of the parts that share one frame [pixels].
    """
    out = np.zeros(relief.shape, bool)
    if not np.isfinite(relief.dem).any():
        return out
    blocks, span = ceilings(relief.dem), np.nanmax(relief.dem) - np.nanmin(relief.dem)
    for row in range(0, relief.shape[0], part):
        for column in range(0, relief.shape[1], part):
            here = slice(row, min(row + part, relief.shape[0])), slice(column, min(column + part, relief.shape[1]))
            azimuth, elevation = sensor.at(*here, relief.shape)
            valid = np.isfinite(azimuth) & np.isfinite(elevation) & np.isfinite(relief.scene[here])
            if not valid.any():
                continue
            frame = relief.frame_at((here[0].start + here[0].stop) / 2, (here[1].start + here[1].stop) / 2)
            origin = relief.origin[0] + row, relief.origin[1] + column
            shape = valid.shape
            _, _, cosine = terrain(relief.dem, origin, shape, frame, azimuth, elevation, reach=reach)
            out[here] = valid & (cosine <= 0.0)
            least = float(np.tan(np.radians(elevation[valid].min())))
            if _steepest(relief, span, origin, shape, least, frame.posting) < least:
                continue  # no ray so steep can meet ground so flat
            rows, columns = np.nonzero(valid & ~out[here])
            clear = march(
                relief.dem,
                rows + origin[0],
                columns + origin[1],
                frame,
                azimuth[rows, columns],
                elevation[rows, columns],
                blocks=blocks,
            )
            out[here][rows[clear < 0.0], columns[clear < 0.0]] = True
    return out


def _steepest(
    relief: Relief, span: np.floating, origin: tuple[int, int], shape: tuple[int, int], least: float, posting: float
) -> float:
    """Steepest rise [1] between posts of a part and of all that could hide it; `span` is the range of heights [m]."""
    margin = int(np.ceil(span / least / posting)) + 2
    top, left = max(origin[0] - margin, 0), max(origin[1] - margin, 0)
    around = relief.dem[top : origin[0] + shape[0] + margin, left : origin[1] + shape[1] + margin]
    rises = [np.nanmax(np.abs(np.diff(around, axis=axis)), initial=0.0) for axis in (0, 1)]
    # `posting` is a pixel's longest side; a shorter one makes the same rise steeper.
    shortest = 1.0 / np.abs(relief.frame_at(0.0, 0.0).to_pixels).max()
    return float(np.hypot(*rises) / min(posting, shortest))
