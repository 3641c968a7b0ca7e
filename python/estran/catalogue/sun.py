"""The sun's angles from place and time, for products that lack them: the same tie points in both engines."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import numpy as np

from estran.catalogue.spec import Operator, Source
from estran.raster.grid import Grid
from estran.raster.product import TiePointGrid
from estran.raster.record import Note
from estran.sensors.bands import resolve

_SUN = ("sun_zenith", "sun_azimuth")
_POINTS = 9
"""Points a side: between them the sun's place is all but linear over a tile."""


def sun_points(
    op: Operator, declared: Source, names: Collection[str], platform: str, start: datetime | None, grid: Grid
) -> tuple[dict[str, TiePointGrid], tuple[Note, ...]]:
    """Tie-point grids of the sun angles that `op` reads, that the product lacks, and that no parameter gives; and the
    note that says so.

    Empty where nothing is wanted, or where place or time is unknown.

    Parameters
    ----------
    op, declared
        The operator, and its source concerned.
    names
        Bands and tie-point grids of the product.
    platform, start, grid
        Platform, sensing time and scene raster of the product.
    """
    wanted = [
        r.band
        for r in declared.reads
        if r.band in _SUN
        and resolve(r.band, names, platform) is None
        and (not r.from_param or getattr(op, r.from_param, None) is None)
    ]
    if not wanted or start is None or grid.crs is None or grid.transform is None:
        return {}, ()
    from estran.physics.geometry import sun_position

    cols, rows = np.linspace(0, grid.width, _POINTS), np.linspace(0, grid.height, _POINTS)
    lon, lat = grid.lonlat(*np.meshgrid(cols, rows))
    values = dict(zip(_SUN, sun_position(start, lon, lat), strict=True))
    step_x, step_y = grid.width / (_POINTS - 1), grid.height / (_POINTS - 1)
    points = {
        band: TiePointGrid(
            band,
            np.asarray(values[band], np.float32),
            0.0,
            0.0,
            step_x,
            step_y,
            "degrees",
            cyclic=band == "sun_azimuth",
        )
        for band in wanted
    }
    text = f"{' and '.join(points)} computed from place and time ({start:%Y-%m-%d %H:%M:%S} UTC): the product has none."
    return points, (Note("computed", wanted[0], text),)
