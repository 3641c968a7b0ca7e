"""The forecasts of a simulated product: its own air and wind, as ESA packs those of ECMWF and CAMS."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from estran.adapters.files.grib_write import LatLonGrid, message

if TYPE_CHECKING:
    from estran.raster.grid import Grid
    from estran.scenes.simulate import SimulatedScene

_STEP = 0.125
"""Of ECMWF's points in a product [degrees]."""
_POINTS = 9
"""Points a side, at least."""
_KG_PER_DOBSON = 2.1415e-5
"""Mass of a column of ozone of one Dobson unit [kg/m2], as in the other direction; not taken from there, so that a
wrong one is detected.
"""
_SEA_LEVEL = 101325.0
"""Pressure that the simulated air has at sea level [Pa]."""


def write_forecasts(scene: SimulatedScene, folder: Path) -> None:
    """Write ``AUX_ECMWFT`` (vapour, ozone, pressure, and from baseline 04.00 the wind) and, from 04.00 on,
    ``AUX_CAMSFO`` (optical thickness of aerosol at 550 nm) into `folder`.
    """
    facts = scene.facts
    speed, origin = float(facts["wind [m/s]"]), math.radians(float(facts["wind from [degrees]"]))
    since_0400 = scene.config.baseline >= "04.00"
    ecmwf = {
        (128, 137): float(facts["water vapour [g/cm2]"]) * 10.0,
        (128, 151): _SEA_LEVEL,
        (128, 206): float(facts["ozone [DU]"]) * _KG_PER_DOBSON,
    }
    if since_0400:
        ecmwf |= {(128, 165): -speed * math.sin(origin), (128, 166): -speed * math.cos(origin)}
        _write(folder / "AUX_CAMSFO", {(210, 207): float(facts["aerosol optical depth at 550 nm"])}, scene)
    _write(folder / "AUX_ECMWFT", ecmwf, scene)


def _write(path: Path, fields: Mapping[tuple[int, int], float], scene: SimulatedScene) -> None:
    """One file: fields that are the same everywhere, as the scene's are."""
    grid = _around(scene.grids[10])
    flat = np.ones((grid.rows, grid.cols))
    path.write_bytes(b"".join(message(code, value * flat, grid, scene.time) for code, value in fields.items()))


def _around(grid: Grid) -> LatLonGrid:
    """Points that enclose a tile."""
    edge = np.linspace(0.0, 1.0, 9)
    cols, rows = np.meshgrid(grid.width * edge, grid.height * edge)
    longitudes, latitudes = grid.lonlat(cols, rows)
    north, west = (math.ceil(latitudes.max() * 1000) / 1000, math.floor(longitudes.min() * 1000) / 1000)
    high, wide = (
        max(_POINTS, math.ceil(span / _STEP) + 1)
        for span in (north - float(latitudes.min()), float(longitudes.max()) - west)
    )
    return LatLonGrid(north, west, _STEP, high, wide)
