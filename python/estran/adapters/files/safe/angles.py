"""Sun and view angles per pixel, computed on demand.

A detector's grid covers little more than its footprint and is NaN elsewhere; each is carried on to the whole tile, and
the footprint mask says whose value counts. Without a mask, that of the detector whose valid nodes are nearest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.adapters.files.safe.footprint import Footprint
from estran.adapters.files.safe.store import AGAIN
from estran.adapters.files.safe.tile_metadata import AngleGrid
from estran.errors import BadProduct
from estran.raster.grid import Grid, Window

CHUNK = 1024
"""Rows and columns of a chunk of angles."""

_GAP = 1.0
"""How far outside its valid nodes a detector still counts where there is no footprint mask [nodes, 5 km]."""


@dataclass(frozen=True)
class ViewField:
    """View angles of one band: components (S, 2, R, C) of its detectors, their numbers, distances (S, R, C) to their
    edges, and the footprints or None.
    """

    components: npt.NDArray[np.float64]
    detectors: tuple[int, ...]
    distances: npt.NDArray[np.float64]
    row_step: float
    col_step: float
    footprint: Footprint | None


def view_field(grids: Mapping[int, AngleGrid], footprint: Footprint | None) -> ViewField | None:
    """Carry each detector's grid on to the whole tile.

    Parameters
    ----------
    grids
        By detector number, of one shape.
    footprint
        Where each detector counts; None where there is no mask.

    Returns
    -------
    field
        None where no node of any detector is valid.
    """
    from estran.raster.interpolate import fill_linear, inside_distance, plane_slope, to_components

    known = {d: g for d, g in grids.items() if np.isfinite(g.zenith).any()}
    if not known:
        return None
    raw = {d: to_components(g.zenith, g.azimuth) for d, g in known.items()}
    slopes = {d: [plane_slope(part) for part in parts] for d, parts in raw.items()}
    # A detector that shows only a corner in this tile has too few nodes for a slope of its own: its neighbours' is as
    # good (they differ by 1 %).
    usual = [_mean_slope([s[k] for s in slopes.values()]) for k in range(2)]
    filled = [np.stack([fill_linear(raw[d][k], slopes[d][k] or usual[k]) for k in range(2)]) for d in known]
    some = next(iter(known.values()))
    distances = np.stack([inside_distance(np.isfinite(g.zenith)) for g in known.values()])
    return ViewField(np.stack(filled), tuple(known), distances, some.row_step, some.col_step, footprint)


def view_angles(fields: Sequence[ViewField], grid: Grid, token: str) -> tuple[Any, Any]:
    """Zenith and azimuth of view [degrees] as lazy arrays on `grid`: the mean over the bands of `fields`."""
    return lazy_pair(partial(_view_block, tuple(fields), grid), grid, token)


def sun_angles(angles: AngleGrid, grid: Grid, token: str) -> tuple[Any, Any]:
    """Zenith and azimuth of the sun [degrees] as lazy arrays on `grid`; holes of the published grid are carried on from
    its valid nodes.
    """
    from estran.raster.interpolate import fill_linear, to_components

    filled = np.stack([fill_linear(part) for part in to_components(angles.zenith, angles.azimuth)])
    return lazy_pair(partial(_sun_block, filled, angles.row_step, angles.col_step, grid), grid, token)


def check_cover(angles: AngleGrid, grid: Grid, what: str, where: str) -> None:
    """Raise :class:`BadProduct` where an angle grid ends more than one step before the tile does."""
    px, py = grid.pixel_size
    rows, cols = angles.zenith.shape
    if rows * angles.row_step < grid.height * py or cols * angles.col_step < grid.width * px:
        raise BadProduct(
            f"the {what} angle grid does not cover the tile",
            where=where,
            expected=f"{grid.height * py:.0f} x {grid.width * px:.0f} m",
            found=f"{rows} x {cols} nodes of {angles.row_step:.0f} x {angles.col_step:.0f} m",
            todo=AGAIN,
        )


def _mean_slope(slopes: Sequence[tuple[float, float] | None]) -> tuple[float, float]:
    known = [s for s in slopes if s is not None]
    return (float(np.mean([s[0] for s in known])), float(np.mean([s[1] for s in known]))) if known else (0.0, 0.0)


def lazy_pair(block: Any, grid: Grid, token: str) -> tuple[Any, Any]:
    """Two lazy arrays on `grid` that ``block(window)`` computes together, as float32 (2, rows, columns)."""
    import dask.array as da

    heights, widths = (tuple(min(CHUNK, size - at) for at in range(0, size, CHUNK)) for size in grid.shape)
    # One array of both angles, so that asking for the two computes each chunk once.
    chunks, empty = ((2,), heights, widths), np.empty((0, 0, 0), np.float32)
    both: Any = da.map_blocks(_block, block, chunks=chunks, dtype=np.float32, meta=empty, name=f"angles-{token}")  # type: ignore[no-untyped-call]
    return both[0], both[1]


def _block(compute: Any, block_info: Any = None) -> npt.NDArray[np.float32]:
    _, (top, bottom), (left, right) = block_info[None]["array-location"]
    result: npt.NDArray[np.float32] = compute(Window(top, left, bottom - top, right - left))
    return result


def _positions(
    grid: Grid, window: Window, row_step: float, col_step: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    # Node (0, 0) is the upper-left corner of the upper-left pixel; pixels are taken at their centres.
    px, py = grid.pixel_size
    rows, cols = (
        np.arange(window.row, window.row + window.height, dtype=np.float64),
        np.arange(window.col, window.col + window.width, dtype=np.float64),
    )
    return (rows + 0.5) * (py / row_step), (cols + 0.5) * (px / col_step)


def _sun_block(
    components: npt.NDArray[np.float64], row_step: float, col_step: float, grid: Grid, window: Window
) -> npt.NDArray[np.float32]:
    from estran.raster.interpolate import strip_directions

    everywhere = np.ones((window.height, window.width), np.uint8)
    return strip_directions([(components[None], everywhere)], *_positions(grid, window, row_step, col_step))


def _view_block(fields: tuple[ViewField, ...], grid: Grid, window: Window) -> npt.NDArray[np.float32]:
    from estran.raster.interpolate import strip_directions

    rows, cols = _positions(grid, window, fields[0].row_step, fields[0].col_step)
    return strip_directions(
        ((field.components, _labels(field, grid, window, rows, cols)) for field in fields), rows, cols
    )


def _labels(
    field: ViewField, grid: Grid, window: Window, rows: npt.NDArray[np.float64], cols: npt.NDArray[np.float64]
) -> npt.NDArray[np.uint8]:
    from estran.raster.interpolate import nearest_strip

    if field.footprint is None:
        return nearest_strip(field.distances, rows, cols, reach=_GAP)
    unknown = np.uint8(255)
    index = np.full(256, unknown, np.uint8)
    index[0] = 0
    index[list(field.detectors)] = np.arange(1, len(field.detectors) + 1)
    labels: npt.NDArray[np.uint8] = index[field.footprint.detectors(grid.sub(window))]
    strangers = labels == unknown
    if strangers.any():
        # A sliver of a detector between the nodes has a footprint but no angles: its neighbour's stand in.
        labels[strangers] = nearest_strip(field.distances, rows, cols, reach=np.inf)[strangers]
    return labels
