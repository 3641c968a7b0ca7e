"""Rasters that are no bands of the product (a DEM, a map of water occurrence), warped to the product's grid."""

from __future__ import annotations

import contextlib
import glob
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import numpy.typing as npt

from estran.adapters.files import reach
from estran.adapters.files.gdal import opened
from estran.errors import BadGrid, BadProduct
from estran.raster.grid import Grid, Window

Resampling = Literal["nearest", "bilinear", "cubic", "average"]
_RASTERS = (".tif", ".tiff", ".hgt", ".vrt", ".jp2", ".img", ".bil", ".dt0", ".dt1", ".dt2")
_NO_HEIGHT = 1e30
"""Beyond this a float is a no-data value that its file did not declare (several DEMs fill with -3.4e38)."""


def read_on_grid(path: Path, grid: Grid, *, resampling: Resampling = "bilinear", margin: float = 0.0, remote: bool = False) -> npt.NDArray[np.float32]:
    """Read a raster, or a mosaic of several, on a grid.

    Parameters
    ----------
    path
        A file (GeoTIFF, COG, SRTM .hgt …), a folder of tiles, or a pattern of file names ("dem/N45*.hgt"). Only its first band is read.
    grid
        Where to; needs a transform and a CRS.
    resampling
        How; "bilinear" and "cubic" widen their kernel where the source is finer than the grid.
    margin
        How far beyond the grid to read on each side [units of the grid's CRS]; the result grows by as many whole pixels.
    remote
        Whether a raster may name files elsewhere, or on the network.

    Returns
    -------
    ndarray
        float32, (rows, columns) of the grid with its margin; NaN where there are no data. Scale and offset of the file are applied.

    Raises
    ------
    BadProduct
        If there is no raster there.
    BadGrid
        If the grid or a raster has no CRS, or nothing overlaps.
    """
    if grid.transform is None or grid.crs is None:
        raise BadGrid("an auxiliary raster needs a map grid to be warped to", where=path, todo="use a map-geocoded product")
    files = _files(Path(path))
    if margin > 0:
        columns, rows = (math.ceil(margin / size) for size in grid.pixel_size)
        grid = grid.sub(Window(-rows, -columns, grid.height + 2 * rows, grid.width + 2 * columns))
    result = np.full(grid.shape, np.nan, np.float32)
    overlapping = [source for source in (_Source.of(file, remote) for file in files) if source.overlaps(grid)]
    if not overlapping:
        raise BadGrid("the auxiliary raster does not overlap the product", where=path, expected=_ground(grid), found=f"{len(files)} file(s) elsewhere")
    for tiles in _mosaics(overlapping):
        values = _warped(tiles, grid, resampling)
        result = np.where(np.isnan(result), values, result)
    return result


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(p for p in path.iterdir() if p.suffix.lower() in _RASTERS)
    elif path.exists():
        found = [path]
    else:
        found = sorted(Path(p) for p in glob.glob(str(path)))  # noqa: PTH207 - the pattern may be absolute
    if not found:
        raise BadProduct("there is no auxiliary raster", where=path, expected=f"a file, a folder or a pattern of {', '.join(_RASTERS[:4])} …")
    return found


@contextlib.contextmanager
def _opened(path: Path | str, remote: bool) -> Iterator[Any]:
    from rasterio.errors import RasterioIOError

    pam = reach.check(path, remote=remote) if isinstance(path, Path) else False  # a mosaic of ours names what has been looked at
    with contextlib.ExitStack() as stack:
        try:
            dataset = stack.enter_context(opened(path, remote=remote, pam=pam))
        except RasterioIOError as error:
            raise BadProduct("the auxiliary raster cannot be opened", where=path, expected="a raster that GDAL reads", found=str(error)) from error
        if isinstance(path, Path):
            reach.check_opened(dataset, path, remote=remote)
        yield dataset


class _Source:
    """What is needed of a file to place it: its CRS, bounds, and what tells whether it joins others in one mosaic."""

    def __init__(self, path: Path, dataset: Any, remote: bool = False) -> None:
        if dataset.crs is None:
            raise BadGrid("the auxiliary raster has no CRS", where=path, todo="give it one, with gdal_edit.py -a_srs")
        t = dataset.transform
        self.path, self.remote, self.crs, self.bounds = path, remote, dataset.crs, dataset.bounds
        self.pixel, self.origin, self.rotated = (t.a, t.e), (t.c, t.f), bool(t.b or t.d)
        self.shape, self.dtype, self.nodata = dataset.shape, dataset.dtypes[0], dataset.nodata
        self.scaling = dataset.scales[0], dataset.offsets[0]

    @classmethod
    def of(cls, path: Path, remote: bool) -> _Source:
        with _opened(path, remote) as dataset:
            return cls(path, dataset, remote)

    def overlaps(self, grid: Grid) -> bool:
        from rasterio.warp import transform_bounds

        assert grid.transform is not None
        corners = [grid.transform * (c, r) for c in (0, grid.width) for r in (0, grid.height)]
        xs, ys = zip(*corners, strict=True)
        left, bottom, right, top = transform_bounds(grid.crs, self.crs, min(xs), min(ys), max(xs), max(ys))
        if left > right:  # over the antimeridian
            right += 360.0
        b = self.bounds
        turns = (-360.0, 0.0, 360.0) if self.crs.is_geographic else (0.0,)
        return any(b.left + turn < right and b.right + turn > left for turn in turns) and min(b.bottom, b.top) < top and max(b.bottom, b.top) > bottom

    def joins(self, other: _Source) -> bool:
        """Whether both are tiles of one raster: same CRS, type, pixel, and origins whole pixels apart."""
        if self.rotated or other.rotated or (self.crs, self.dtype, self.scaling) != (other.crs, other.dtype, other.scaling):
            return False
        if not np.array_equal([self.nodata], [other.nodata], equal_nan=self.nodata is not None and other.nodata is not None):
            return False
        if not np.allclose(self.pixel, other.pixel, rtol=1e-9, atol=0):
            return False
        apart = [(a - b) / size for a, b, size in zip(self.origin, other.origin, self.pixel, strict=True)]
        return all(abs(v - round(v)) < 1e-3 for v in apart)


def _mosaics(sources: Sequence[_Source]) -> list[list[_Source]]:
    """Files that are tiles of one raster together, so that interpolation sees no seams."""
    groups: list[list[_Source]] = []
    for source in sources:
        group = next((g for g in groups if g[0].joins(source)), None)
        if group is None:
            groups.append([source])
        else:
            group.append(source)
    return groups


def _warped(tiles: Sequence[_Source], grid: Grid, resampling: Resampling) -> npt.NDArray[np.float32]:
    from rasterio.enums import Resampling as Methods
    from rasterio.errors import RasterioError
    from rasterio.vrt import WarpedVRT

    first = tiles[0]
    with _opened(first.path if len(tiles) == 1 else _virtual_mosaic(tiles), first.remote) as dataset:
        try:
            with WarpedVRT(
                dataset,
                crs=grid.crs,
                transform=grid.transform,
                width=grid.width,
                height=grid.height,
                resampling=Methods[resampling],
                src_nodata=first.nodata,
                nodata=np.nan,
                dtype="float32",
                tolerance=1e-4,  # [pixels] the exact place of each pixel: whatever the window, the same values
            ) as warped:
                values = np.asarray(warped.read(1), np.float32)
        except RasterioError as error:
            raise BadProduct("the auxiliary raster cannot be read; it is truncated or damaged", where=first.path, found=str(error)) from error
    values[np.abs(values) > _NO_HEIGHT] = np.nan
    scale, offset = first.scaling
    return values if (scale, offset) == (1.0, 0.0) else (values * scale + offset).astype(np.float32)


_GDAL_TYPES = {
    "uint8": "Byte",
    "int8": "Int8",
    "uint16": "UInt16",
    "int16": "Int16",
    "uint32": "UInt32",
    "int32": "Int32",
    "float32": "Float32",
    "float64": "Float64",
}


def _virtual_mosaic(tiles: Sequence[_Source]) -> str:
    """The tiles as one GDAL virtual raster (its XML, which GDAL opens as if it were a file)."""
    first = tiles[0]
    dx, dy = first.pixel
    placed = [(tile, round((tile.origin[0] - first.origin[0]) / dx), round((tile.origin[1] - first.origin[1]) / dy)) for tile in tiles]
    left, top = min(p[1] for p in placed), min(p[2] for p in placed)
    width = max(column + tile.shape[1] for tile, column, _ in placed) - left
    height = max(row + tile.shape[0] for tile, _, row in placed) - top
    parts = []
    nodata = "" if first.nodata is None else f"<NODATA>{first.nodata!r}</NODATA>"
    kind = "ComplexSource" if nodata else "SimpleSource"
    for tile, column, row in placed:
        rows, columns = tile.shape
        parts.append(
            f"<{kind}><SourceFilename relativeToVRT='0'>{escape(str(tile.path.absolute()))}</SourceFilename><SourceBand>1</SourceBand>"
            f"<SrcRect xOff='0' yOff='0' xSize='{columns}' ySize='{rows}'/>"
            f"<DstRect xOff='{column - left}' yOff='{row - top}' xSize='{columns}' ySize='{rows}'/>{nodata}</{kind}>"
        )
    fill = "" if first.nodata is None else f"<NoDataValue>{first.nodata!r}</NoDataValue>"
    x, y = first.origin[0] + left * dx, first.origin[1] + top * dy
    return (
        f"<VRTDataset rasterXSize={quoteattr(str(width))} rasterYSize={quoteattr(str(height))}><SRS>{escape(first.crs.to_wkt())}</SRS>"
        f"<GeoTransform>{x!r}, {dx!r}, 0, {y!r}, 0, {dy!r}</GeoTransform>"
        f"<VRTRasterBand dataType='{_GDAL_TYPES[first.dtype]}' band='1'>{fill}{''.join(parts)}</VRTRasterBand></VRTDataset>"
    )


def _ground(grid: Grid) -> str:
    assert grid.transform is not None
    (left, top), (right, bottom) = grid.transform * (0, 0), grid.transform * (grid.width, grid.height)
    return f"{left:g} {bottom:g} {right:g} {top:g} in {grid.crs if grid.crs and len(grid.crs) < 20 else 'its CRS'}"
