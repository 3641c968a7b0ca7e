"""The forecasts inside a product (AUX_ECMWFT, and from baseline 04.00 AUX_CAMSFO or AUX_CAMSRE) as tie-point grids.

They have the names that SNAP's Sentinel-2 reader gives them, so that products of either are worked on alike. SNAP lays
the points of the files at fixed pixels (every 1220, from 0.5 on), whatever their places; here the fields are
interpolated at the true longitude and latitude of each tie point (decision 071).

Source of names: senbox-org/optical-toolbox 13.x, ECMWFTReader and CAMSReader; of codes: ECMWF's parameter database.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import PurePosixPath
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from estran.adapters.files import grib
from estran.adapters.files.safe.store import AGAIN, Store
from estran.bounds import MEGABYTE, within
from estran.errors import BadProduct, EstranError
from estran.raster.grid import Grid
from estran.raster.product import TiePointGrid
from estran.raster.tie_points import LazyPoints

NAMES: Mapping[tuple[int, int], tuple[str, str, str]] = MappingProxyType(
    {
        (128, 137): ("tcwv", "kg/m^2", "Total column of water vapour"),
        (128, 206): ("tco3", "kg/m^2", "Total column of ozone"),
        (128, 151): ("msl", "Pa", "Pressure at mean sea level"),
        (128, 157): ("r", "%", "Relative humidity"),
        (128, 165): ("10u", "m/s", "Wind at 10 m towards east"),
        (128, 166): ("10v", "m/s", "Wind at 10 m towards north"),
        (210, 207): ("aod550", "1", "Optical thickness of aerosol at 550 nm"),
        (128, 129): ("z", "m^2/s^2", "Geopotential at the surface"),
        (210, 211): ("bcaod550", "1", "Optical thickness of black carbon at 550 nm"),
        (210, 209): ("duaod550", "1", "Optical thickness of dust at 550 nm"),
        (210, 210): ("omaod550", "1", "Optical thickness of organic matter at 550 nm"),
        (210, 208): ("ssaod550", "1", "Optical thickness of sea salt at 550 nm"),
        (210, 212): ("suaod550", "1", "Optical thickness of sulphate at 550 nm"),
        (210, 213): ("aod469", "1", "Optical thickness of aerosol at 469 nm"),
        (210, 214): ("aod670", "1", "Optical thickness of aerosol at 670 nm"),
        (210, 215): ("aod865", "1", "Optical thickness of aerosol at 865 nm"),
        (210, 216): ("aod1240", "1", "Optical thickness of aerosol at 1240 nm"),
    }
)
"""Name, unit and meaning by code."""

POINTS = 23
"""Tie points a side: 5 km apart on a whole tile, as its angles are; the fields have 10 to 40 km."""

_FILE = re.compile(r".*(ECMWFT|CAMSFO|CAMSRE)(?!.*\.(xml|idx)$).*")
_FOLDERS = ("AUX_DATA", "auxiliary")
_BYTES = 8 * MEGABYTE
"""Most bytes of such a file; ESA's have a few thousand."""
_SAME_DAY = timedelta(hours=12)
"""How far the time of a forecast may lie from that of the product."""


def meteorology(
    store: Store, folder: str, grid: Grid, sensed: datetime | None, notes: list[str]
) -> dict[str, TiePointGrid]:
    """Tie-point grids of a tile's forecasts, decoded on demand.

    Parameters
    ----------
    store, folder
        The product, and the tile's folder in it.
    grid
        The scene raster, on which the tie points lie.
    sensed
        Sensing time of the tile [UTC]; None where unknown.
    notes
        Gets a sentence for each file that is not used, and why.
    """
    found: dict[str, TiePointGrid] = {}
    for name in sorted(_files(store, folder)):
        short = PurePosixPath(name).name
        try:
            within(store.entry(name).size, _BYTES, short, store.path)
            content = store.read(name)
            listed = grib.messages(content, short)
            _check_day(listed, sensed, short)
        except EstranError as error:
            notes.append(f"The forecast {short} is not used: {error}")
            continue
        for place, message in enumerate(listed):
            known = NAMES.get(message.code)
            if known is not None and known[0] not in found:
                found[known[0]] = _points(*known, grid, partial(_values, content, short, place, grid))
    return found


def _files(store: Store, folder: str) -> Iterator[str]:
    for name in store.names():
        path = PurePosixPath(name)
        inside = path.parent.name in _FOLDERS and str(path.parent.parent) == (folder or ".")
        if inside and _FILE.fullmatch(path.name):
            yield name


def _check_day(listed: tuple[grib.Message, ...], sensed: datetime | None, short: str) -> None:
    apart = [m.reference for m in listed if sensed is not None and abs(m.reference - sensed) > _SAME_DAY]
    if apart and sensed is not None:
        raise BadProduct(
            "the forecast is of another day than the product",
            where=short,
            expected=f"{sensed:%Y-%m-%d %H:%M} UTC",
            found=f"{apart[0]:%Y-%m-%d %H:%M}",
            todo=AGAIN,
        )


def _points(name: str, unit: str, meaning: str, grid: Grid, read: partial[npt.NDArray[np.floating]]) -> TiePointGrid:
    step_x, step_y = grid.width / (POINTS - 1), grid.height / (POINTS - 1)
    return TiePointGrid(name, LazyPoints((POINTS, POINTS), read), 0.0, 0.0, step_x, step_y, unit, meaning)


def _values(content: bytes, short: str, place: int, grid: Grid) -> npt.NDArray[np.floating]:
    """A field at the tie points of `grid`."""
    field = grib.fields(content, short)[place]
    middle = grid.lonlat(grid.width / 2, grid.height / 2)
    if not field.holds(float(middle[0]), float(middle[1])):
        raise BadProduct(
            "the forecast is of another place than the product",
            where=short,
            expected=f"longitude {float(middle[0]):.2f}, latitude {float(middle[1]):.2f}",
            found=f"{field.longitudes[0]:.2f} to {field.longitudes[-1]:.2f}, {field.latitudes[-1]:.2f} to "
            f"{field.latitudes[0]:.2f}",
            todo=AGAIN,
        )
    cols, rows = np.linspace(0, grid.width, POINTS), np.linspace(0, grid.height, POINTS)
    return field.at(*grid.lonlat(*np.meshgrid(cols, rows)))
