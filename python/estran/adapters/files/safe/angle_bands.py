"""Bands of sun and view angles: from the tile's 5 km grids; where it has none, from its published means."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from estran.adapters.files.options import AngleNodes
from estran.adapters.files.safe import angles, angles_snap
from estran.adapters.files.safe.bands import open_image
from estran.adapters.files.safe.footprint import Footprint, RasterFootprint, read_polygons
from estran.adapters.files.safe.tile_metadata import AngleGrid, Direction, TileMetadata
from estran.adapters.files.safe.tiles import Tile
from estran.errors import BadProduct
from estran.raster.grid import Grid
from estran.raster.product import Band
from estran.raster.scene import Progress
from estran.sensors.bands import SENTINEL2

_NODES = 3
"""Nodes a side of a grid made of a mean: the tile's middle and its edges."""


def angle_bands(
    tile: Tile,
    ground: TileMetadata,
    resolution: float,
    token: str,
    notes: list[str],
    progress: Progress,
    damaged: Mapping[str, str],
    nodes: AngleNodes = "metadata",
) -> tuple[list[Band], str]:
    """``sun_zenith`` to ``view_azimuth_B12``, as far as the tile's metadata go, and where they come from in a few
    words.

    Parameters
    ----------
    tile, ground
        The tile, and what its metadata say.
    resolution
        Pixel size of the bands [m].
    token
        Names the product in Dask's names.
    notes
        Takes what was missing and what stood in for it.
    progress
        How far it is.
    damaged
        What is wrong with files whose checksum differs.
    nodes
        Where the nodes lie: as the product says, or as SNAP places them (decision 061).
    """
    grid = ground.grids[10].at_resolution(resolution)
    notes += ground.notes
    snap = nodes == "snap"
    if snap:
        notes.append(
            "Angles as SNAP makes them (--angles snap): their nodes lie 2.5 km too far to the south and to the east."
        )
    sun, sun_source = _sun(tile, ground, grid, token, notes, snap)
    view, view_source = _view(tile, ground, grid, token, notes, progress, damaged, snap)
    return sun + view, f"sun angles: {sun_source}; view angles: {view_source}"


def _sun(
    tile: Tile, ground: TileMetadata, grid: Grid, token: str, notes: list[str], snap: bool
) -> tuple[list[Band], str]:
    if ground.sun is not None:
        angles.check_cover(ground.sun, grid, "sun", tile.xml)
        nodes, source = ground.sun, "the tile's grid"
    elif ground.mean_sun is not None:
        nodes, source = _everywhere(ground.mean_sun, grid), "the tile's mean"
        notes.append(
            f"The tile metadata hold no grid of sun angles: the published mean holds everywhere "
            f"({_say(ground.mean_sun)})."
        )
    else:
        notes.append(
            "The tile metadata hold no sun angles: give them as parameters, or let them be computed from place and "
            "time."
        )
        return [], "none"
    make = angles_snap.snap_sun if snap else angles.sun_angles
    return _pair(grid, "sun", "", "Solar", make(nodes, grid, f"sun-{token}")), source


def _view(
    tile: Tile,
    ground: TileMetadata,
    grid: Grid,
    token: str,
    notes: list[str],
    progress: Progress,
    damaged: Mapping[str, str],
    snap: bool,
) -> tuple[list[Band], str]:
    fields: dict[str, angles.ViewField] = {}
    by_mean: list[str] = []
    some = next((g for by_detector in ground.views.values() for g in by_detector.values()), None)
    if some is not None:
        angles.check_cover(some, grid, "view", tile.xml)
    for k, name in enumerate(b.name for b in SENTINEL2):
        nodes = ground.views.get(name)
        if nodes is None and name in ground.mean_views:
            by_mean.append(name)
            nodes = {1: _everywhere(ground.mean_views[name], grid, some)}
        if nodes is None:
            continue
        progress(0.7 + 0.3 * k / len(SENTINEL2), f"reading footprints of {name}")
        field = angles.view_field(nodes, read_footprint(tile, ground, name, notes, damaged))
        if field is not None:
            fields[name] = field
    if not fields:
        notes.append("The tile metadata hold no view angles: give them as parameters.")
        return [], "none"
    without = [name for name, field in fields.items() if field.footprint is None and name not in by_mean]
    if without:
        notes.append(
            f"No detector footprints for {', '.join(without)}: each pixel takes the view angles of the detector whose "
            f"published nodes are nearest."
        )
    _say_views(fields, by_mean, ground, notes)
    if snap and ground.views:
        return _snap_view(ground, fields, grid, token), "the tile's grids, as SNAP places them"
    bands = _pair(
        grid, "view", "_mean", "Viewing incidence", angles.view_angles(tuple(fields.values()), grid, f"mean-{token}")
    )
    for name, field in fields.items():
        bands += _pair(
            grid, "view", f"_{name}", "Viewing incidence", angles.view_angles((field,), grid, f"{name}-{token}")
        )
    return bands, "the tile's means" if len(by_mean) == len(fields) else "the tile's grids" + (
        f", means for {', '.join(by_mean)}" if by_mean else ""
    )


def _snap_view(ground: TileMetadata, fields: Mapping[str, angles.ViewField], grid: Grid, token: str) -> list[Band]:
    views = {
        name: (by_detector, fields[name].footprint) for name, by_detector in ground.views.items() if name in fields
    }
    drawn = {name: view for name, view in views.items() if view[1] is not None} or views
    bands = _pair(grid, "view", "_mean", "Viewing incidence", angles_snap.snap_view(drawn, grid, f"mean-{token}"))
    for name, view in views.items():
        bands += _pair(
            grid, "view", f"_{name}", "Viewing incidence", angles_snap.snap_view({name: view}, grid, f"{name}-{token}")
        )
    return bands


def _say_views(fields: Collection[str], by_mean: list[str], ground: TileMetadata, notes: list[str]) -> None:
    if by_mean:
        which = (
            "The tile metadata hold no grids of view angles"
            if len(by_mean) == len(fields)
            else f"No grid of view angles for {', '.join(by_mean)}"
        )
        notes.append(
            f"{which}: the published means hold everywhere ({by_mean[0]}: {_say(ground.mean_views[by_mean[0]])})."
        )
    nothing = [b.name for b in SENTINEL2 if b.name not in fields]
    if nothing:
        notes.append(f"No view angles for {', '.join(nothing)}: the mean over the other bands stands in for them.")


def _everywhere(direction: Direction, grid: Grid, like: AngleGrid | None = None) -> AngleGrid:
    """One direction on nodes that cover the tile, laid out as those of `like`."""
    if like is not None:
        shape, steps = like.zenith.shape, (like.row_step, like.col_step)
    else:
        width, height = (pixels * size for pixels, size in zip((grid.width, grid.height), grid.pixel_size, strict=True))
        shape, steps = (_NODES, _NODES), (height / (_NODES - 1), width / (_NODES - 1))
    return AngleGrid(np.full(shape, direction[0]), np.full(shape, direction[1]), *steps)


def _say(direction: Direction) -> str:
    return f"zenith {direction[0]:.2f}, azimuth {direction[1]:.2f} degrees"


def _pair(grid: Grid, prefix: str, suffix: str, description: str, data: tuple[Any, Any]) -> list[Band]:
    return [
        Band(
            f"{prefix}_{angle}{suffix}",
            array,
            grid,
            nodata=np.nan,
            unit="deg",
            description=f"{description} {angle} angle",
        )
        for angle, array in zip(("zenith", "azimuth"), data, strict=True)
    ]


def read_footprint(
    tile: Tile, ground: TileMetadata, band: str, notes: list[str], damaged: Mapping[str, str]
) -> Footprint | None:
    """The detector footprints of a band, or None where there are none to use.

    They are of use but never needed, so nothing that is wrong with their file stops the product: it becomes a note.
    """
    name = footprint_name(tile, ground, band)
    if name is None:
        return None
    grid = ground.grids[next(round(b.pixel) for b in SENTINEL2 if b.name == band)]
    wrong = damaged.get(name, "")
    if not wrong:
        try:
            return _opened(tile, name, grid)
        except BadProduct as error:
            wrong = error.what + (f": {error.found}" if error.found != "" else "")
    notes.append(
        f"The detector footprints of {band} cannot be used ({PurePosixPath(name).name}: {wrong}): they count as "
        f"missing."
    )
    return None


def _opened(tile: Tile, name: str, grid: Grid) -> Footprint | None:
    if not name.endswith(".gml"):
        return RasterFootprint(open_image(tile.store, tile.store.entry(name), grid), grid)
    polygons = read_polygons(tile.store.read(name), name, grid)
    return polygons if polygons.polygons else None


def footprint_name(tile: Tile, ground: TileMetadata, band: str) -> str | None:
    """The file of a band's detector footprints; None where the metadata name none, or it is not there."""
    return tile.mask(ground.footprints[band], "MSK_DETFOO", band) if band in ground.footprints else None
