"""Sun and view angles as SNAP's Sentinel-2 reader and its S2Resampling make them, to get the same numbers.

SNAP takes the nodes, 5 km apart from the tile's corner on, for the pixels of an image of 5 km: each lies 2.5 km too far
to the south and to the east. Zenith and azimuth are interpolated as numbers, not as directions. Which of the two is
right, and by how much they differ: decision 061.

Source: senbox-org/optical-toolbox 13.x: S2ResamplerUtils.extendDataV2, S2Resampler.updateAngleBands and
updateSolarAngles, S2ResamplingOp (means), Sentinel2OrthoProductReader.createS2OrthoAnglesGrids (bands without
footprints); senbox-org/snap-engine, InterpolationScaler.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.adapters.files.safe.angles import lazy_pair
from estran.adapters.files.safe.footprint import Footprint
from estran.adapters.files.safe.tile_metadata import AngleGrid
from estran.raster.grid import Grid, Window

Nodes = npt.NDArray[np.float64]
_Band = tuple[Mapping[int, Nodes], Footprint | None]
_NEIGHBOURS = ((0, 1), (0, -1), (1, 0), (-1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1))
"""Row and column of the neighbours, in the order in which SNAP asks them for a value."""


def snap_sun(angles: AngleGrid, grid: Grid, token: str) -> tuple[Any, Any]:
    """Zenith and azimuth of the sun [degrees] as lazy arrays on `grid`: nodes carried on by one at each side, then
    bilinear.
    """
    nodes = np.stack([widened(part) for part in (angles.zenith, angles.azimuth)])
    return lazy_pair(partial(_single, nodes, 1, angles, grid), grid, f"snap-{token}")


def snap_view(
    bands: Mapping[str, tuple[Mapping[int, AngleGrid], Footprint | None]], grid: Grid, token: str
) -> tuple[Any, Any]:
    """View of one band, or the mean over several, as numbers: each detector's nodes carried on by two, then bilinear
    where its footprint is.

    A band without footprints has the nodes of whichever detector comes last at each; SNAP refuses a product that has no
    footprints at all. Where a band has no detector SNAP takes 0 degrees for it; so does the mean here, but where no
    band has one, it is NaN.

    Parameters
    ----------
    bands
        Nodes by detector, and footprints, by band.
    """
    parts = [_band(*band) for band in bands.values()]
    some = next(iter(next(iter(bands.values()))[0].values()))
    return lazy_pair(partial(_mean_block, parts, some, grid), grid, f"snap-{token}")


def _band(by_detector: Mapping[int, AngleGrid], footprint: Footprint | None) -> _Band:
    if footprint is None:
        return {0: _merged(by_detector)}, None
    return {d: np.stack([widened(part) for part in (g.zenith, g.azimuth)]) for d, g in by_detector.items()}, footprint


def _mean_block(bands: Sequence[_Band], angles: AngleGrid, grid: Grid, window: Window) -> npt.NDArray[np.float32]:
    total = np.zeros((2, window.height, window.width), np.float32)
    covered = np.zeros(total.shape, bool)
    for nodes, footprint in bands:
        values = (
            _single(nodes[0], 0, angles, grid, window)
            if footprint is None
            else _by_detector(nodes, footprint, angles, grid, window)
        )
        covered |= np.isfinite(values)
        total += np.nan_to_num(values)
    return np.where(covered, total / np.float32(len(bands)), np.float32(np.nan))


def widened(values: Nodes) -> Nodes:
    """Nodes with one more at each side, and up to two carried on beside the valid ones; the others 0.

    Parameters
    ----------
    values
        (rows, columns), NaN where there is none.

    Returns
    -------
    Nodes
        (rows + 2, columns + 2).
    """
    wide = np.full((values.shape[0] + 2, values.shape[1] + 2), np.nan)
    wide[1:-1, 1:-1] = values
    for _ in range(2):
        waiting = _beside(wide)
        while _carry_lines(wide, waiting):
            pass
        while _copy(wide, waiting):
            pass
    return np.where(np.isnan(wide), 0.0, wide)


def _beside(wide: Nodes) -> npt.NDArray[np.bool_]:
    """The nodes without a value that touch one with a value, corners included. Values on the outermost lines are not
    asked.
    """
    known = np.isfinite(wide)
    inner = np.zeros_like(known)
    inner[1:-1, 1:-1] = known[1:-1, 1:-1]
    rows, cols = wide.shape
    padded = np.pad(inner, 1)
    touched = np.zeros_like(known)
    for i in range(3):
        for j in range(3):
            touched |= padded[i : i + rows, j : j + cols]
    waiting: npt.NDArray[np.bool_] = touched & ~known
    return waiting


def _carry_lines(wide: Nodes, waiting: npt.NDArray[np.bool_]) -> bool:
    """Continue values in a line along rows, then along columns, one at each end; whether there was any to continue."""
    found = False
    for values, open_ in ((wide, waiting), (wide.T, waiting.T)):  # the second are views: what is written stays
        for line, gap in zip(values, open_, strict=True):
            k = 0
            while k < line.size:
                if gap[k] and k + 2 < line.size and np.isfinite(line[k + 1]) and np.isfinite(line[k + 2]):
                    line[k], gap[k], found = 2 * line[k + 1] - line[k + 2], False, True
                if gap[k] and k >= 2 and np.isfinite(line[k - 1]) and np.isfinite(line[k - 2]):
                    line[k], gap[k], found = 2 * line[k - 1] - line[k - 2], False, True
                    break
                k += 1
    return found


def _copy(wide: Nodes, waiting: npt.NDArray[np.bool_]) -> bool:
    """Give what still waits the value of its first neighbour that has one, column by column; whether there was any."""
    found = False
    rows, cols = wide.shape
    flat = wide.ravel()
    for col in range(cols):
        for row in range(rows):
            if not waiting[row, col]:
                continue
            for down, right in _NEIGHBOURS:
                at = (
                    (row + down) * cols + col + right
                )  # as SNAP, by place in memory: the neighbour of a line's end is the next line's start
                if 0 <= at < flat.size and np.isfinite(flat[at]):
                    wide[row, col], waiting[row, col], found = flat[at], False, True
                    break
    return found


def _merged(by_detector: Mapping[int, AngleGrid]) -> Nodes:
    """Zenith and azimuth (2, rows, columns) of one band: the last detector with a value."""
    merged = np.full((2, *next(iter(by_detector.values())).zenith.shape), np.nan)
    for _, grid in sorted(by_detector.items()):
        for part, values in zip(merged, (grid.zenith, grid.azimuth), strict=True):
            np.copyto(part, values, where=np.isfinite(values))
    return merged


def _single(nodes: Nodes, extra: int, angles: AngleGrid, grid: Grid, window: Window) -> npt.NDArray[np.float32]:
    return np.stack([_bilinear(part, extra, angles, grid, window) for part in nodes]).astype(np.float32)


def _by_detector(
    nodes: Mapping[int, Nodes], footprint: Footprint, angles: AngleGrid, grid: Grid, window: Window
) -> npt.NDArray[np.float32]:
    labels = footprint.detectors(_corners(grid).sub(window))
    found = np.full((2, window.height, window.width), np.nan, np.float32)
    for detector, parts in nodes.items():
        here = labels == detector
        if here.any():
            for target, part in zip(found, parts, strict=True):
                target[here] = _bilinear(part, 1, angles, grid, window)[here]
    return found


def _corners(grid: Grid) -> Grid:
    """A grid whose pixel centres are the upper-left corners of `grid`'s pixels, and a trifle inside: where SNAP picks
    the nearest sample.
    """
    from affine import Affine

    assert grid.transform is not None
    return Grid(grid.width, grid.height, grid.transform @ Affine.translation(-0.499, -0.499), grid.crs)


def _bilinear(nodes: Nodes, extra: int, angles: AngleGrid, grid: Grid, window: Window) -> Nodes:
    """Nodes at the pixels of a window: (0, 0) is node (`extra`, `extra`), half a step from the tile's corner; pixels
    count from their upper-left corners.

    A pixel that needs a node beyond the outermost ones is NaN.
    """
    px, py = grid.pixel_size
    rows = np.arange(window.row, window.row + window.height) * (py / angles.row_step) - 0.5 + extra
    cols = np.arange(window.col, window.col + window.width) * (px / angles.col_step) - 0.5 + extra
    edged = np.pad(nodes, 1, constant_values=np.nan)
    r, c = (
        np.clip(np.floor(at).astype(int), -1, size - 1) + 1
        for at, size in ((rows, nodes.shape[0]), (cols, nodes.shape[1]))
    )
    fr, fc = (rows - np.floor(rows))[:, None], (cols - np.floor(cols))[None, :]
    top = edged[np.ix_(r, c)] * (1 - fc) + edged[np.ix_(r, c + 1)] * fc
    bottom = edged[np.ix_(r + 1, c)] * (1 - fc) + edged[np.ix_(r + 1, c + 1)] * fc
    between: Nodes = top * (1 - fr) + bottom * fr
    return between
