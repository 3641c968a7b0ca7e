"""Products that SNAP's S2Resampling made: edges that hold something of what lies beyond the image are no-data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from estran.raster.product import Band, Element, Product
from estran.sensors.mixed_edges import OPERATOR, mixed_edges


def without_mixed_edges(product: Product) -> Product:
    """The product with the edges of interpolated bands as no-data, where its metadata say that SNAP's S2Resampling made
    it.
    """
    if product.grid.transform is None or not _interpolated(product.metadata):
        return product
    pixel = max(product.grid.pixel_size)
    bands = {name: _cut(band, *mixed_edges(name, pixel)) for name, band in product.bands.items()}
    return replace(product, bands=bands)


def _interpolated(metadata: tuple[Element, ...]) -> bool:
    graph = next((element for element in metadata if element.name == "Processing_Graph"), Element(""))
    for node in graph.elements:
        if node.attributes.get("operator") == OPERATOR:
            parameters = node.find("parameters")
            return parameters is None or parameters.attributes.get("upsampling") != "Nearest"
    return False


def _cut(band: Band, start: int, end: int) -> Band:
    if band.data is None or not start:
        return band
    import dask.array

    nodata = 0.0 if band.nodata is None else band.nodata
    height, width = band.grid.shape
    asarray: Any = dask.array.asarray
    inner = asarray(band.data)[start : height - end, start : width - end]
    pad: Any = dask.array.pad
    padded = pad(inner, ((start, end), (start, end)), mode="constant", constant_values=nodata)
    return replace(band, data=padded.astype(band.data.dtype), nodata=nodata)
