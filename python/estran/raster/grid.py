"""Raster grids: size, affine transform, CRS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from affine import Affine

from estran.errors import BadGrid

if TYPE_CHECKING:
    from pyproj import CRS, Transformer

FloatArray = npt.NDArray[np.floating]


_PIXELS = (1e-3, 1e5)
"""Sizes that pixels may have [m]."""
_EARTH = 6.371e6
"""Radius [m]."""
_ANOTHER_TRANSFORM = "correct its georeference, for example with gdal_edit.py -a_ullr or -a_srs"


@dataclass(frozen=True, order=True)
class Window:
    """A rectangle of pixels: first row, first column, height, width."""

    row: int
    col: int
    height: int
    width: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index of the rectangle in a (rows, columns) array."""
        return slice(self.row, self.row + self.height), slice(self.col, self.col + self.width)

    def grow(self, halo: int, within: Grid) -> Window:
        """The window with `halo` pixels more on each side, cut at the edges of `within`."""
        top, left = max(0, self.row - halo), max(0, self.col - halo)
        bottom = min(within.height, self.row + self.height + halo)
        right = min(within.width, self.col + self.width + halo)
        return Window(top, left, bottom - top, right - left)


@dataclass(frozen=True)
class Grid:
    """A raster grid.

    Parameters
    ----------
    width, height
        Columns and rows [pixels].
    transform
        Affine from (column, row), pixel *corners* at integers, to map coordinates; None where the geocoding is not a
        map's.
    crs
        What pyproj understands ("EPSG:32631", WKT); None where unknown.
    """

    width: int
    height: int
    transform: Affine | None = None
    crs: str | None = None

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise BadGrid("an empty grid", expected="at least 1 x 1 pixels", found=f"{self.width} x {self.height}")
        t = self.transform
        if t is not None:
            area = t.a * t.e - t.b * t.d
            if not (np.isfinite(area) and np.isfinite(t.c + t.f)) or area == 0.0:
                raise BadGrid(
                    "the map transform gives pixels no place",
                    expected="pixels of a width and a height",
                    found=tuple(t)[:6],
                    todo=_ANOTHER_TRANSFORM,
                )

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.height, self.width

    @property
    def window(self) -> Window:
        """The whole grid as a window."""
        return Window(0, 0, self.height, self.width)

    @property
    def pixel_size(self) -> tuple[float, float]:
        """Width and height of a pixel in CRS units, both positive."""
        t = self._map()
        return float(np.hypot(t.a, t.d)), float(np.hypot(t.b, t.e))

    @property
    def is_north_up(self) -> bool:
        """Whether rows run southwards and columns eastwards on the map; also where there is no map."""
        t = self.transform
        return t is None or (t.a > 0.0 > t.e and max(abs(t.b), abs(t.d)) <= 1e-6 * min(t.a, -t.e))

    def refuse_absurd(self, where: object) -> None:
        """Raise :class:`BadGrid` for pixels that no image has: below a millimetre, above 100 km; mostly degrees
        taken for metres, or the reverse.

        A grid without CRS has no unit, and is not judged.
        """
        if self.transform is None or self.crs is None:
            return
        unit = _crs(self.crs).axis_info[0].unit_conversion_factor if _crs(self.crs).axis_info else 1.0
        sizes = [size * unit * (_EARTH if self.is_geographic else 1.0) for size in self.pixel_size]
        if min(sizes) < _PIXELS[0] or max(sizes) > _PIXELS[1]:
            raise BadGrid(
                "the pixels have a size that no image has",
                where=where,
                expected="1 mm to 100 km",
                found=f"{sizes[0]:.3g} x {sizes[1]:.3g} m",
                todo=_ANOTHER_TRANSFORM,
            )

    @property
    def is_geographic(self) -> bool:
        """Whether map coordinates are degrees."""
        return self.crs is not None and _crs(self.crs).is_geographic

    def pixel_size_metres(self) -> tuple[float, float]:
        """Width and height of the central pixel [m]; geographic grids are measured on the WGS 84 ellipsoid."""
        if not self.is_geographic:
            return self.pixel_size
        from pyproj import Geod

        t = self._map()
        x, y = _at(t, self.width / 2, self.height / 2)
        geod = Geod(ellps="WGS84")
        right, down = _at(t, self.width / 2 + 1, self.height / 2), _at(t, self.width / 2, self.height / 2 + 1)
        return float(geod.inv(x, y, *right)[2]), float(geod.inv(x, y, *down)[2])

    def sub(self, window: Window) -> Grid:
        """The grid of a window."""
        moved = None
        if self.transform is not None:
            t = self.transform
            moved = Affine(
                t.a, t.b, t.a * window.col + t.b * window.row + t.c, t.d, t.e, t.d * window.col + t.e * window.row + t.f
            )
        return replace(self, width=window.width, height=window.height, transform=moved)

    def at_resolution(self, metres: float) -> Grid:
        """The grid of the same upper-left corner with square pixels of `metres`, covering the same ground."""
        t = self._map()
        px, py = self.pixel_size
        width, height = max(1, round(self.width * px / metres)), max(1, round(self.height * py / metres))
        return Grid(width, height, Affine(metres, 0, t.c, 0, -metres, t.f), self.crs)

    def tiles(self, size: int) -> Iterator[Window]:
        """Windows of `size` x `size` that cover the grid, row by row; the last ones are smaller."""
        for row in range(0, self.height, size):
            for col in range(0, self.width, size):
                yield Window(row, col, min(size, self.height - row), min(size, self.width - col))

    def lonlat(self, col: FloatArray | float, row: FloatArray | float) -> tuple[FloatArray, FloatArray]:
        """Longitude and latitude [degrees, WGS 84] of (col, row); pixel centres are at .5."""
        t = self._map()
        col, row = np.asarray(col, float), np.asarray(row, float)
        x, y = t.a * col + t.b * row + t.c, t.d * col + t.e * row + t.f
        if self.crs is None:
            raise BadGrid("the grid has no CRS", todo="give the product a CRS, or angles as parameters")
        lon, lat = _to_lonlat(self.crs).transform(x, y)
        return np.asarray(lon), np.asarray(lat)

    def at_lonlat(self, lon: FloatArray | float, lat: FloatArray | float) -> tuple[FloatArray, FloatArray]:
        """Column and row of a place [degrees, WGS 84]; the inverse of :meth:`lonlat`."""
        t = self._map()
        if self.crs is None:
            raise BadGrid("the grid has no CRS", todo="give the product a CRS")
        x, y = _to_lonlat(self.crs).transform(np.asarray(lon, float), np.asarray(lat, float), direction="INVERSE")
        x, y = np.asarray(x) - t.c, np.asarray(y) - t.f
        size = t.a * t.e - t.b * t.d
        return (t.e * x - t.b * y) / size, (t.a * y - t.d * x) / size

    def meridian_convergence(self) -> float:
        """Angle from true north to grid north at the centre, clockwise positive [degrees].

        A true azimuth `A` has the grid azimuth ``A - convergence``.
        """
        c, r = self.width / 2, self.height / 2
        t = self._map()
        lon, lat = self.lonlat(c, r)
        step = 1e-3  # degrees of latitude, about 100 m
        assert self.crs is not None
        x0, y0 = _at(t, c, r)
        x1, y1 = _to_lonlat(self.crs).transform(float(lon), float(lat) + step, direction="INVERSE")
        # Azimuth of true north seen on the grid is minus the convergence.
        return -float(np.degrees(np.arctan2(x1 - x0, y1 - y0)))

    def _map(self) -> Affine:
        if self.transform is None:
            raise BadGrid("the grid has no map transform", todo="use a map-geocoded product, or reproject it first")
        return self.transform


def _at(t: Affine, col: float, row: float) -> tuple[float, float]:
    # Written out: `*` warns in affine 3, `@` is not in affine 2.
    return t.a * col + t.b * row + t.c, t.d * col + t.e * row + t.f


@lru_cache(maxsize=32)
def _crs(text: str) -> CRS:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        raise BadGrid("the CRS cannot be understood", found=text[:80], todo="write it as EPSG:code or WKT") from error


@lru_cache(maxsize=32)
def _to_lonlat(crs: str) -> Transformer:
    from pyproj import Transformer
    from pyproj.exceptions import ProjError

    try:
        return Transformer.from_crs(_crs(crs), 4326, always_xy=True)
    except ProjError as error:
        raise BadGrid(
            "the CRS has no place on Earth",
            found=_crs(crs).name,
            todo="give the product the CRS it is in, for example with gdal_edit.py -a_srs",
        ) from error
