"""Rasters that are no bands of the product (a DEM, a map of water occurrence), warped to the product's grid."""

from __future__ import annotations

import contextlib
import copy
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
from estran.adapters.files.heights import datum_note, metres_per_unit, oddities
from estran.errors import BadGrid, BadProduct
from estran.raster.grid import Grid, Window
from estran.sensors.plausible import HEIGHTS

Resampling = Literal["nearest", "bilinear", "cubic", "average"]
_RASTERS = (".tif", ".tiff", ".hgt", ".vrt", ".jp2", ".img", ".bil", ".dt0", ".dt1", ".dt2")
_NO_HEIGHT = 1e30
"""Beyond this a float is a no-data value that its file did not declare (several DEMs fill with -3.4e38)."""


_HORIZONTAL = ("datum", "ellps", "a", "b", "rf", "towgs84", "nadgrids")
"""Keys of a PROJ dictionary that say on which body longitudes lie."""
_UNDECLARED = (-3.4028234663852886e38, -99999.0, -32768.0, -32767.0, -9999.0)
"""Numbers that fill holes of elevation models without being declared; nothing on Earth is as low."""
_MOST_LOOKED_AT = 50_000_000
"""Pixels of a raster that are read to find such a number; of more, a thinned copy."""
_NEAR = 1.0
"""Degrees of longitude: scenes that come this near to 180 degrees are warped in longitudes counted from their own
middle.
"""


def read_on_grid(
    path: Path,
    grid: Grid,
    *,
    resampling: Resampling = "bilinear",
    margin: float = 0.0,
    remote: bool = False,
    notes: list[str] | None = None,
    heights: bool = True,
) -> npt.NDArray[np.float32]:
    """Read a raster, or a mosaic of several, on a grid.

    Parameters
    ----------
    path
        A file (GeoTIFF, COG, SRTM .hgt …), a folder of tiles, or a pattern of file names ("dem/N45*.hgt"). Only its
        first band is read.
    grid
        Where to; needs a transform and a CRS.
    resampling
        How; "bilinear" and "cubic" widen their kernel where the source is finer than the grid.
    margin
        How far beyond the grid to read on each side [units of the grid's CRS]; the result grows by as many whole
        pixels.
    remote
        Whether a raster may name files elsewhere, or on the network.
    notes
        Gets sentences on what had to be assumed.
    heights
        Whether the numbers are heights, of which it is said what they are counted from.

    Returns
    -------
    ndarray
        float32, (rows, columns) of the grid with its margin; NaN where there are no data. Scale and offset of the file
        are applied, feet become metres.

    Raises
    ------
    BadProduct
        If there is no raster there.
    BadGrid
        If the grid or a raster has no CRS, or nothing overlaps.
    """
    if grid.transform is None or grid.crs is None:
        raise BadGrid(
            "an auxiliary raster needs a map grid to be warped to", where=path, todo="use a map-geocoded product"
        )
    files = _files(Path(path))
    if margin > 0:
        columns, rows = (math.ceil(margin / size) for size in grid.pixel_size)
        grid = grid.sub(Window(-rows, -columns, grid.height + 2 * rows, grid.width + 2 * columns))
    result = np.full(grid.shape, np.nan, np.float32)
    overlapping = _overlapping([_Source.of(file, remote) for file in files], grid)
    if not overlapping:
        raise BadGrid(
            "the auxiliary raster does not overlap the product",
            where=path,
            expected=_ground(grid),
            found=f"{len(files)} file(s) elsewhere",
        )
    said: list[str] = []
    for tiles in _mosaics(overlapping):
        values = _warped(tiles, grid, resampling, said)
        result = np.where(np.isnan(result), values, result)
    if notes is not None:
        notes += dict.fromkeys(
            (
                *(
                    text
                    for source in overlapping[:1]
                    for text in (source.datum if heights else "", source.oddities)
                    if text
                ),
                *said,
            )
        )
    return result


def _overlapping(sources: Sequence[_Source], grid: Grid) -> list[_Source]:
    """The sources that reach into the grid, each where its longitudes meet those of the grid: a raster of the whole
    Earth may be there twice.
    """
    if not any(source.needs_turning(grid) for source in sources):
        return [source for source in sources if source.overlaps(grid)]
    middle = round(float(grid.lonlat(grid.width / 2, grid.height / 2)[0]))
    turned = [copy for source in sources for copy in source.turned(middle)]
    return [source for source in turned if source.overlaps(grid)]


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(p for p in path.iterdir() if p.suffix.lower() in _RASTERS)
    elif path.exists():
        found = [path]
    else:
        found = sorted(Path(p) for p in glob.glob(str(path)))  # noqa: PTH207 - the pattern may be absolute
    if not found:
        raise BadProduct(
            "there is no auxiliary raster",
            where=path,
            expected=f"a file, a folder or a pattern of {', '.join(_RASTERS[:4])} …",
        )
    return found


@contextlib.contextmanager
def _opened(path: Path | str, remote: bool) -> Iterator[Any]:
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


class _Source:
    """What is needed of a file to place it: its CRS, bounds, and what tells whether it joins others in one mosaic."""

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
    def of(cls, path: Path, remote: bool) -> _Source:
        with _opened(path, remote) as dataset:
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

    def turned(self, middle: int) -> list[_Source]:
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

    def joins(self, other: _Source) -> bool:
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


def _warped(tiles: Sequence[_Source], grid: Grid, resampling: Resampling, said: list[str]) -> npt.NDArray[np.float32]:
    from rasterio.enums import Resampling as Methods
    from rasterio.errors import RasterioError
    from rasterio.vrt import WarpedVRT

    first = tiles[0]
    with contextlib.ExitStack() as stack:
        dataset = stack.enter_context(
            _opened(first.path if len(tiles) == 1 and not first.is_turned else _virtual_mosaic(tiles), first.remote)
        )
        try:
            hole, more = first.nodata, _undeclared(dataset, first, grid)
            if more is not None:
                declared = "no no-data value" if hole is None else f"{hole:g} as no-data value"
                said.append(
                    f"{first.path.name} declares {declared}: {more:g} is taken as "
                    f"no-data{'' if hole is None else ' too'}."
                )
                if hole is None:
                    hole = more
                elif not first.rotated:  # warping leaves out one number: the other is made that one before
                    dataset = stack.enter_context(_opened(_virtual_mosaic(tiles, more), first.remote))
            with WarpedVRT(
                dataset,
                crs=grid.crs,
                transform=grid.transform,
                width=grid.width,
                height=grid.height,
                resampling=Methods[resampling],
                src_nodata=hole,
                nodata=np.nan,
                dtype="float32",
                tolerance=1e-4,  # [pixels] the exact place of each pixel: whatever the window, the same values
            ) as warped:
                values = np.asarray(warped.read(1), np.float32)
        except RasterioError as error:
            raise BadProduct(
                "the auxiliary raster cannot be read; it is truncated or damaged", where=first.path, found=str(error)
            ) from error
    values[np.abs(values) > _NO_HEIGHT] = np.nan
    scale, offset = first.scaling
    return values if (scale, offset) == (1.0, 0.0) else (values * scale + offset).astype(np.float32)


def _undeclared(dataset: Any, source: _Source, grid: Grid) -> float | None:
    """The number, not the declared one, that fills holes under the grid: one of those in use, or one that stands there
    more than once and is no height.
    """
    from rasterio.windows import Window as Part

    west, south, east, north = source.reach_of(grid)
    t = dataset.transform
    columns, rows = [0.0, float(dataset.width)], [0.0, float(dataset.height)]
    if not source.rotated and west <= east:
        columns, rows = (
            sorted(((west - t.c) / t.a, (east - t.c) / t.a)),
            sorted(((north - t.f) / t.e, (south - t.f) / t.e)),
        )
    first_column, last_column = (int(np.clip(v, 0, dataset.width)) for v in (columns[0] - 2, columns[1] + 3))
    first_row, last_row = (int(np.clip(v, 0, dataset.height)) for v in (rows[0] - 2, rows[1] + 3))
    width, height = last_column - first_column, last_row - first_row
    if width < 1 or height < 1:
        return None
    thin = max(1, math.ceil(math.sqrt(width * height / _MOST_LOOKED_AT)))
    values = dataset.read(
        1,
        window=Part(first_column, first_row, width, height),
        out_shape=(max(1, height // thin), max(1, width // thin)),
    )
    there = np.isfinite(values) & (values != (np.nan if source.nodata is None else source.nodata))
    if not there.any():
        return None
    scale, offset = source.scaling
    for extreme in (float(values[there].min()), float(values[there].max())):
        used = next((number for number in _UNDECLARED if extreme == np.float32(number)), None)
        if used is not None:
            return used
        if not HEIGHTS[0] <= extreme * scale + offset <= HEIGHTS[1] and np.count_nonzero(values == extreme) > 1:
            return extreme
    return None


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


def _virtual_mosaic(tiles: Sequence[_Source], hole: float | None = None) -> str:
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


def _ground(grid: Grid) -> str:
    t = grid.transform
    assert t is not None
    right, bottom = t.a * grid.width + t.b * grid.height + t.c, t.d * grid.width + t.e * grid.height + t.f
    return f"{t.c:g} {bottom:g} {right:g} {t.f:g} in {grid.crs if grid.crs and len(grid.crs) < 20 else 'its CRS'}"
