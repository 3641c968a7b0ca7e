"""Writes cloud-optimised GeoTIFF."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.adapters.files import extras
from estran.adapters.files.dimap.colours import with_flag_masks
from estran.adapters.files.gdal import hush_tiff, opened
from estran.adapters.files.places import GEOTIFF
from estran.adapters.files.storage import Meter, storage_dtype, store
from estran.adapters.files.undecodable import for_libraries
from estran.adapters.files.whole import whole
from estran.errors import WriteFailed
from estran.raster.product import Band, Product
from estran.raster.scene import Progress, quiet

_CACHE_MB = 512
"""GDAL's cache while writing; by default it takes a fraction of the machine's memory."""


class _Target:
    """A band of a dataset that is being written, by slices."""

    ndim = 2

    def __init__(self, dataset: Any, number: int, shape: tuple[int, int], dtype: np.dtype[Any], written: Any) -> None:
        self.dataset, self.number, self.shape, self.dtype, self._written = dataset, number, shape, dtype, written

    def __setitem__(self, key: tuple[slice, slice], block: npt.NDArray[Any]) -> None:
        from rasterio.windows import Window

        rows, columns = (piece.indices(length) for piece, length in zip(key, self.shape, strict=True))
        window = Window(columns[0], rows[0], columns[1] - columns[0], rows[1] - rows[0])
        self.dataset.write(np.ascontiguousarray(block, dtype=self.dtype), self.number, window=window)
        self._written(block.size)


def write_geotiff(product: Product, path: Path, *, overwrite: bool = False, progress: Progress = quiet) -> Product:
    """Write a product as one cloud-optimised GeoTIFF, whole or not at all.

    All bands share one sample type: the smallest that holds every value exactly (with float bands a float; float32
    holds 16-bit integers, else float64). Names, scaling and units are GDAL's own; codings are
    ``flag_masks``/``flag_values``/``flag_meanings`` tags of the band; the rest (colours, masks, metadata, each band's
    own type and no-data value) is one JSON tag, from which our reader restores the product. Virtual bands are kept as
    expressions.

    Parameters
    ----------
    product
        Bands of one size.
    path
        NAME.tif.
    overwrite, progress
        As for :func:`estran.adapters.files.write_product`.

    Returns
    -------
    Product
        What was written, settled: with the notes and metadata that its computation has given.

    Raises
    ------
    TargetExists
        If it is there and may not be replaced.
    WriteFailed
        If bands differ in size, there is none, or the disk is full or not writable.
    """
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioError
    from rasterio.shutil import copy

    path = Path(path)
    product = with_flag_masks(product)
    bands = [band for band in product.bands.values() if band.expression is None]
    if not bands:
        raise WriteFailed("a GeoTIFF needs a band", where=path)
    sizes = sorted({band.grid.shape for band in bands})
    if len(sizes) > 1:
        raise WriteFailed(
            "GeoTIFF holds bands of one size",
            where=path,
            found=", ".join(f"{w} x {h}" for h, w in sizes),
            todo="resample the product first, or write .dim or .nc",
        )
    grid, dtype = bands[0].grid, _common([storage_dtype(band.data.dtype, band.name) for band in bands])
    profile = {
        "driver": "GTiff",
        "width": grid.width,
        "height": grid.height,
        "count": len(bands),
        "dtype": dtype.name,
        "tiled": True,
        "blockxsize": 512,
        "blockysize": 512,
        "interleave": "band",
        "bigtiff": "IF_SAFER",
        "transform": grid.transform,
        "crs": grid.crs,
        "nodata": _common_nodata(bands),
    }
    resampling = "NEAREST" if any(band.coding is not None for band in bands) else "AVERAGE"
    hush_tiff()
    with (
        whole(path, overwrite=overwrite, kind=GEOTIFF) as part,
        for_libraries(part.parent) as known,
        warnings.catch_warnings(),
        rasterio.Env(GDAL_CACHEMAX=_CACHE_MB),
    ):
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        plain, cog, folder = part.with_name("plain.tif"), part.with_name("cog.tif"), Path(known)
        try:
            with rasterio.open(
                folder / plain.name, "w", **{key: value for key, value in profile.items() if value is not None}
            ) as dataset:
                # Writing takes most of the time; the copy with overviews gets the last tenth of the bar.
                meter = Meter(
                    bands, lambda fraction, message: progress(0.9 * fraction, message), f"writing {path.name}"
                )
                targets = [_Target(dataset, number, grid.shape, dtype, meter) for number, _ in enumerate(bands, 1)]
                product = store(product, bands, targets, lock=threading.Lock())
                _describe(dataset, product, bands)
            copy(
                folder / plain.name,
                folder / cog.name,
                driver="COG",
                COMPRESS="DEFLATE",
                LEVEL=3,  # as small as 6 within some per cent on images, in half the time
                PREDICTOR="YES",
                NUM_THREADS="ALL_CPUS",
                OVERVIEW_RESAMPLING=resampling,
                BIGTIFF="IF_SAFER",
            )
            _check(cog, bands)
        except RasterioError as error:
            # GDAL reports a full disk as an error without a number.
            raise WriteFailed(
                "the GeoTIFF could not be written; nothing is left of it",
                where=path,
                found=str(error),
                todo="see that there is space on the disk",
            ) from error
        cog.replace(part)
        plain.unlink()
        progress(1.0, f"writing {path.name}")
    return product


def _common(dtypes: Sequence[np.dtype[Any]]) -> np.dtype[Any]:
    common = np.result_type(*dtypes)
    return np.dtype(np.float64) if common.kind in "iu" and common.itemsize == 8 else common


def _common_nodata(bands: Sequence[Band]) -> float | None:
    """The no-data value of the file (GeoTIFF has one for all bands): where all bands that have one agree."""
    values = [band.nodata for band in bands]
    if any(value is None for value in values):
        return None
    first = values[0]
    assert first is not None
    return (
        first
        if all(value == first or (np.isnan(first) and value is not None and np.isnan(value)) for value in values)
        else None
    )


def _describe(dataset: Any, product: Product, bands: Sequence[Band]) -> None:
    dataset.descriptions = tuple(band.name for band in bands)
    dataset.scales = tuple(float(band.scale) for band in bands)
    dataset.offsets = tuple(float(band.offset) for band in bands)
    dataset.units = tuple(band.unit for band in bands)
    for number, band in enumerate(bands, 1):
        tags = {
            key: " ".join(map(str, value)) if isinstance(value, list) else value
            for key, value in extras.flag_attributes(band.coding).items()
        }
        own = {**extras.band_extras(band), "dtype": storage_dtype(band.data.dtype).name}
        dataset.update_tags(number, **tags, **{extras.KEY: extras.dumps(own)})
    virtual = {band.name: extras.band_extras(band) for band in product.bands.values() if band.expression is not None}
    whole_product = {
        **extras.product_extras(product),
        "name": product.name,
        "virtual": virtual,
        "order": list(product.bands),
    }
    dataset.update_tags(**{extras.KEY: extras.dumps(whole_product)})
    if product.description:
        dataset.update_tags(TIFFTAG_IMAGEDESCRIPTION=product.description)


def _check(path: Path, bands: Sequence[Band]) -> None:
    """GDAL can end a copy on a full disk without an error; the last block of the last band cannot be read then."""
    with opened(path) as dataset:
        row, column = dataset.height - 1, dataset.width - 1
        dataset.read(len(bands), window=((row, row + 1), (column, column + 1)))
