"""Rasters that are no bands of the product (a DEM, a map of water occurrence), warped to the product's grid."""

from __future__ import annotations

import contextlib
import glob
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from estran.adapters.files.raster_sources import RasterSource, mosaics, open_raster, virtual_mosaic
from estran.errors import BadGrid, BadProduct
from estran.raster.grid import Grid, Window
from estran.sensors.plausible import HEIGHTS

Resampling = Literal["nearest", "bilinear", "cubic", "average"]
_RASTERS = (".tif", ".tiff", ".hgt", ".vrt", ".jp2", ".img", ".bil", ".dt0", ".dt1", ".dt2")
_NO_HEIGHT = 1e30
"""Beyond this a float is a no-data value that its file did not declare (several DEMs fill with -3.4e38)."""


_UNDECLARED = (-3.4028234663852886e38, -99999.0, -32768.0, -32767.0, -9999.0)
"""Numbers that fill holes of elevation models without being declared; nothing on Earth is as low."""
_MOST_LOOKED_AT = 50_000_000
"""Pixels of a raster that are read to find such a number; of more, a thinned copy."""


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
    overlapping = _overlapping([RasterSource.of(file, remote) for file in files], grid)
    if not overlapping:
        raise BadGrid(
            "the auxiliary raster does not overlap the product",
            where=path,
            expected=_ground(grid),
            found=f"{len(files)} file(s) elsewhere",
        )
    said: list[str] = []
    for tiles in mosaics(overlapping):
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


def _overlapping(sources: Sequence[RasterSource], grid: Grid) -> list[RasterSource]:
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


def _warped(
    tiles: Sequence[RasterSource], grid: Grid, resampling: Resampling, said: list[str]
) -> npt.NDArray[np.float32]:
    from rasterio.enums import Resampling as Methods
    from rasterio.errors import RasterioError
    from rasterio.vrt import WarpedVRT

    first = tiles[0]
    with contextlib.ExitStack() as stack:
        dataset = stack.enter_context(
            open_raster(first.path if len(tiles) == 1 and not first.is_turned else virtual_mosaic(tiles), first.remote)
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
                    dataset = stack.enter_context(open_raster(virtual_mosaic(tiles, more), first.remote))
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


def _undeclared(dataset: Any, source: RasterSource, grid: Grid) -> float | None:
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


def _ground(grid: Grid) -> str:
    t = grid.transform
    assert t is not None
    right, bottom = t.a * grid.width + t.b * grid.height + t.c, t.d * grid.width + t.e * grid.height + t.f
    return f"{t.c:g} {bottom:g} {right:g} {t.f:g} in {grid.crs if grid.crs and len(grid.crs) < 20 else 'its CRS'}"
