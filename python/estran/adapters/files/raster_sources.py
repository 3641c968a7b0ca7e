"""Files of rasters beside a product: where each lies, and which of them are tiles of one raster."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from estran.adapters.files import reach
from estran.adapters.files.gdal import opened
from estran.adapters.files.heights import datum_note, metres_per_unit, oddities
from estran.errors import BadGrid, BadProduct
from estran.raster.grid import Grid

_HORIZONTAL = ("datum", "ellps", "a", "b", "rf", "towgs84", "nadgrids")
"""Keys of a PROJ dictionary that say on which body longitudes lie."""
_NEAR = 1.0
"""Degrees of longitude: scenes that come this near to 180 degrees are warped in longitudes counted from their own
middle.
"""
_GDAL_TYPES = {
    "uint8": "Byte",
    "int8": "Int8",
    "uint16": "UInt16",
    "int16": "Int16",
    "uint32": "UInt32",
    "int64": "Int64",
    "uint64": "UInt64",
    "int32": "Int32",
    "float32": "Float32",
    "float64": "Float64",
}


@contextlib.contextmanager
def open_raster(path: Path | str, remote: bool) -> Iterator[Any]:
    """A raster that GDAL reads, or a mosaic of ours; :class:`BadProduct` where it cannot be opened."""
    from rasterio.errors import RasterioIOError

    pam = (
        reach.check(path, remote=remote) if isinstance(path, Path) else False
    )  # a mosaic of ours names what has been looked at
    try:
        with opened(path, remote=remote, pam=pam) as dataset:
            if isinstance(path, Path):
                reach.check_opened(dataset, path, remote=remote)
            yield dataset
    except RasterioIOError as error:
        raise BadProduct(
            "the auxiliary raster cannot be opened", where=path, expected="a raster that GDAL reads", found=str(error)
        ) from error


class RasterSource:
    """What is needed of a file to place it: its CRS, bounds, and what decides whether it joins others in one mosaic."""

    def __init__(self, path: Path, dataset: Any, remote: bool = False) -> None:
        if dataset.crs is None:
            raise BadGrid("the auxiliary raster has no CRS", where=path, todo="give it one, with gdal_edit.py -a_srs")
        if "complex" in dataset.dtypes[0]:
            raise BadProduct(
                "the auxiliary raster holds complex numbers, as of radar",
                where=path,
                expected="real samples",
                found=dataset.dtypes[0],
            )
        t = dataset.transform
        self.path, self.remote, self.crs, self.bounds = path, remote, dataset.crs, dataset.bounds
        self.pixel, self.origin, self.rotated = (t.a, t.e), (t.c, t.f), bool(t.b or t.d)
        self.shape, self.dtype, self.nodata = dataset.shape, dataset.dtypes[0], dataset.nodata
        metres = metres_per_unit(dataset)
        self.scaling = dataset.scales[0] * metres, dataset.offsets[0] * metres
        self.datum, self.oddities = datum_note(path, dataset), oddities(path, dataset)
        self.is_turned = False

    @classmethod
    def of(cls, path: Path, remote: bool) -> RasterSource:
        """The source that a file is."""
        with open_raster(path, remote) as dataset:
            return cls(path, dataset, remote)

    def reach_of(self, grid: Grid) -> tuple[float, float, float, float]:
        """West, south, east, north of a grid in the CRS of the source; west is above east where longitude 180 lies
        between them.
        """
        from rasterio._err import CPLE_BaseError
        from rasterio.errors import RasterioError
        from rasterio.warp import transform_bounds

        t = grid.transform
        assert t is not None
        corners = [
            (t.a * c + t.b * r + t.c, t.d * c + t.e * r + t.f) for c in (0, grid.width) for r in (0, grid.height)
        ]
        xs, ys = zip(*corners, strict=True)
        try:
            west, south, east, north = transform_bounds(grid.crs, self.crs, min(xs), min(ys), max(xs), max(ys))
        except (CPLE_BaseError, RasterioError) as error:
            raise BadGrid(
                "the auxiliary raster's map has no way to the product's map",
                where=self.path,
                found=str(error)[:120],
                todo="give it on a map of the Earth",
            ) from error
        return west, south, east, north

    def overlaps(self, grid: Grid) -> bool:
        """Whether the source and the grid have ground in common, or touch."""
        west, south, east, north = self.reach_of(grid)
        left, bottom, right, top = self.bounds
        x, y = (abs(size) for size in self.pixel)
        return bool(
            left < east + x and right > west - x and min(bottom, top) < north + y and max(bottom, top) > south - y
        )

    def needs_turning(self, grid: Grid) -> bool:
        """Whether the longitudes of the source and of the grid may lie a whole turn apart: one of them goes over 180
        degrees, or nearly.
        """
        if not self.crs.is_geographic or self.rotated:
            return False
        west, _, east, _ = self.reach_of(grid)
        return bool(
            west > east
            or east - west > 180.0
            or west < -180.0 + _NEAR
            or east > 180.0 - _NEAR
            or self.bounds[0] < -180.1
            or self.bounds[2] > 180.1
        )

    def turned(self, middle: int) -> list[RasterSource]:
        """The source in longitudes counted from the meridian `middle` [degrees], once for each turn that comes near to
        it; itself where it has none.
        """
        from rasterio.crs import CRS

        if not self.crs.is_geographic or self.rotated:
            return [self]
        crs = CRS.from_dict(
            {
                **{k: v for k, v in self.crs.to_dict(projjson=False).items() if k in _HORIZONTAL},
                "proj": "longlat",
                "pm": middle,
            }
        )
        copies = []
        for turn in (-720, -360, 0, 360, 720):
            one, shift = copy.copy(self), turn - middle
            left, bottom, right, top = self.bounds
            one.crs, one.bounds, one.origin, one.is_turned = (
                crs,
                (left + shift, bottom, right + shift, top),
                (self.origin[0] + shift, self.origin[1]),
                True,
            )
            if one.bounds[0] < 180.0 and one.bounds[2] > -180.0:
                copies.append(one)
        return copies

    def joins(self, other: RasterSource) -> bool:
        """Whether both are tiles of one raster: same CRS, type, pixel, and origins whole pixels apart."""
        if (
            self.rotated
            or other.rotated
            or (self.crs, self.dtype, self.scaling) != (other.crs, other.dtype, other.scaling)
        ):
            return False
        if not np.array_equal(
            [self.nodata], [other.nodata], equal_nan=self.nodata is not None and other.nodata is not None
        ):
            return False
        if not np.allclose(self.pixel, other.pixel, rtol=1e-9, atol=0):
            return False
        apart = [(a - b) / size for a, b, size in zip(self.origin, other.origin, self.pixel, strict=True)]
        return all(abs(v - round(v)) < 1e-3 for v in apart)


def mosaics(sources: Sequence[RasterSource]) -> list[list[RasterSource]]:
    """Files that are tiles of one raster together, so that interpolation sees no seams."""
    groups: list[list[RasterSource]] = []
    for source in sources:
        group = next((g for g in groups if g[0].joins(source)), None)
        if group is None:
            groups.append([source])
        else:
            group.append(source)
    return groups


def virtual_mosaic(tiles: Sequence[RasterSource], hole: float | None = None) -> str:
    """The tiles as one GDAL virtual raster (its XML, which GDAL opens as if it were a file); where they hold `hole`, it
    has their no-data value.
    """
    first = tiles[0]
    dx, dy = first.pixel
    placed = [
        (tile, round((tile.origin[0] - first.origin[0]) / dx), round((tile.origin[1] - first.origin[1]) / dy))
        for tile in tiles
    ]
    left, top = min(p[1] for p in placed), min(p[2] for p in placed)
    width = max(column + tile.shape[1] for tile, column, _ in placed) - left
    height = max(row + tile.shape[0] for tile, _, row in placed) - top
    parts = []
    left_out = first.nodata if hole is None else hole
    nodata = "" if left_out is None else f"<NODATA>{left_out!r}</NODATA>"
    kind = "ComplexSource" if nodata else "SimpleSource"
    for tile, column, row in placed:
        rows, columns = tile.shape
        parts.append(
            f"<{kind}><SourceFilename "
            f"relativeToVRT='0'>{escape(str(tile.path.absolute()))}</SourceFilename><SourceBand>1</SourceBand>"
            f"<SrcRect xOff='0' yOff='0' xSize='{columns}' ySize='{rows}'/>"
            f"<DstRect xOff='{column - left}' yOff='{row - top}' xSize='{columns}' ySize='{rows}'/>{nodata}</{kind}>"
        )
    fill = "" if first.nodata is None else f"<NoDataValue>{first.nodata!r}</NoDataValue>"
    x, y = first.origin[0] + left * dx, first.origin[1] + top * dy
    return (
        f"<VRTDataset rasterXSize={quoteattr(str(width))} "
        f"rasterYSize={quoteattr(str(height))}><SRS>{escape(first.crs.to_wkt())}</SRS>"
        f"<GeoTransform>{x!r}, {dx!r}, 0, {y!r}, 0, {dy!r}</GeoTransform>"
        f"<VRTRasterBand dataType='{_GDAL_TYPES[first.dtype]}' "
        f"band='1'>{fill}{''.join(parts)}</VRTRasterBand></VRTDataset>"
    )
