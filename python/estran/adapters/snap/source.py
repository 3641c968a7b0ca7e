"""A source product of SNAP as our operators see it: names, units, scene, and physical samples with NaN where there is no data."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from affine import Affine

from estran.adapters.files.dimap.wkt import crs_name
from estran.adapters.files.facts import platform_of as platform_by_name
from estran.adapters.snap.jvm import java
from estran.adapters.snap.samples import from_java
from estran.errors import UnsupportedProduct
from estran.raster.grid import Grid, Window
from estran.raster.scene import Scene

_EXACT_IN_FLOAT = ("TYPE_INT8", "TYPE_UINT8", "TYPE_INT16", "TYPE_UINT16", "TYPE_FLOAT32")
"""Sample types whose values stay apart when rounded to float: no-data can be told from their floats."""


def rasters(product: Any) -> dict[str, Any]:
    """Bands, then tie-point grids, by name."""
    names: dict[str, Any] = {str(n): product.getBand(n) for n in product.getBandNames()}
    for name in product.getTiePointGridNames():
        names.setdefault(str(name), product.getTiePointGrid(name))
    return names


def units(product: Any) -> dict[str, str | None]:
    """Unit of each raster, None where SNAP has none."""
    return {name: None if (unit := raster.getUnit()) is None else str(unit) for name, raster in rasters(product).items()}


def scene_of(product: Any) -> Scene:
    """Grid, time and platform of a product."""
    start = product.getStartTime()
    time = None if start is None else datetime.fromtimestamp(start.getAsDate().getTime() / 1000, UTC)
    metadata = {"name": str(product.getName()), "kind": str(product.getProductType() or "")}
    return Scene(grid_of(product), time, platform_of(product), metadata)


def grid_of(product: Any) -> Grid:
    """The scene raster: with transform and CRS where the geocoding is a map's, without where it is by tie points or absent."""
    width, height = int(product.getSceneRasterWidth()), int(product.getSceneRasterHeight())
    coding = product.getSceneGeoCoding()
    if coding is None:
        return Grid(width, height)
    # SNAP answers with the identity where the geocoding has no affine transform.
    t = java("Product").findImageToModelTransform(coding)
    if t.isIdentity():
        return Grid(width, height)
    transform = Affine(t.getScaleX(), t.getShearX(), t.getTranslateX(), t.getShearY(), t.getScaleY(), t.getTranslateY())
    return Grid(width, height, transform, crs_name(str(coding.getMapCRS().toWKT())))


def platform_of(product: Any) -> str | None:
    """ "Sentinel-2A" from the metadata's SPACECRAFT_NAME, or from the product's name; None where neither says."""
    for element in _elements(product.getMetadataRoot()):
        if element.containsAttribute("SPACECRAFT_NAME"):
            return str(element.getAttributeString("SPACECRAFT_NAME"))
    return platform_by_name(str(product.getName())) or None


def check_size(raster: Any, grid: Grid, where: str) -> None:
    """Raise :class:`UnsupportedProduct` where a raster has another size than the scene."""
    found = int(raster.getRasterHeight()), int(raster.getRasterWidth())
    if found != grid.shape:
        raise UnsupportedProduct(
            f"band {raster.getName()} has another size than the scene",
            where=where,
            expected=f"{grid.width} x {grid.height} pixels",
            found=f"{found[1]} x {found[0]}",
            todo="resample the product to one resolution first (S2Resampling or Resample)",
        )


def read(context: Any, raster: Any, window: Window) -> npt.NDArray[Any]:
    """Physical values of a window that lies inside the image, as float32, NaN where no-data.

    SNAP fills with zeros outside the image, without a word: callers cut their windows at its edge.
    """
    rectangle = java("Rectangle")(window.col, window.row, window.width, window.height)
    tile = context.getSourceTile(raster, rectangle)
    shape = (window.height, window.width)
    nodata = float(raster.getGeophysicalNoDataValue()) if raster.isNoDataValueUsed() else float("nan")
    if np.isnan(nodata):
        values = from_java(tile.getSamplesFloat(), np.float32, shape).copy()
    elif raster.getDataType() in {getattr(java("ProductData"), name) for name in _EXACT_IN_FLOAT}:
        samples = from_java(tile.getSamplesFloat(), np.float32, shape)
        values = np.where(samples == np.float32(nodata), np.float32(np.nan), samples)
    else:
        exact = from_java(tile.getSamplesDouble(), np.float64, shape)
        values = np.where(exact == nodata, np.nan, exact).astype(np.float32)
    if raster.getValidPixelExpression():
        valid = from_java(raster.readValidMask(window.col, window.row, window.width, window.height, None), np.bool_, shape)
        values[~valid] = np.nan
    return values


def _elements(root: Any) -> Iterator[Any]:
    for element in root.getElements():
        yield element
        yield from _elements(element)
