"""A source product of SNAP for our operators: names, units, scene, and physical samples with NaN where there is
no data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from affine import Affine

from estran.adapters.files import extras
from estran.adapters.files.dimap.header import OURS, RELATIONS
from estran.adapters.files.dimap.wkt import crs_name
from estran.adapters.files.facts import platform_of as platform_by_name
from estran.adapters.snap.jvm import java
from estran.adapters.snap.samples import from_java
from estran.errors import UnsupportedProduct
from estran.raster.grid import Grid, Window
from estran.raster.layers import Coordinates, Layer
from estran.raster.scene import Scene
from estran.raster.stacks import layer_of_name
from estran.sensors.bands import SENTINEL2
from estran.sensors.mixed_edges import OPERATOR, mixed_edges
from estran.sensors.plausible import is_reflectance

_EXACT_IN_FLOAT = ("TYPE_INT8", "TYPE_UINT8", "TYPE_INT16", "TYPE_UINT16", "TYPE_FLOAT32")
"""Sample types whose values stay apart when rounded to float: no-data can be recognised in their floats."""

_COUNTS = ("TYPE_INT8", "TYPE_UINT8", "TYPE_INT16", "TYPE_UINT16", "TYPE_INT32", "TYPE_UINT32")
"""Sample types of bands that are still the reader's counts."""


def rasters(product: Any) -> dict[str, Any]:
    """Bands, then tie-point grids, by name."""
    names: dict[str, Any] = {str(n): product.getBand(n) for n in product.getBandNames()}
    for name in product.getTiePointGridNames():
        names.setdefault(str(name), product.getTiePointGrid(name))
    return names


def stacks(product: Any) -> dict[str, tuple[Coordinates, tuple[str, ...]]]:
    """The stacks among a product's bands, by name: where their layers lie, and the names of these in order.

    What we wrote says it in its metadata; else "rho_view1", "rho_view2" are the views of "rho".
    """
    said = product.getMetadataRoot().getElement(OURS)
    found: dict[tuple[str, str], list[tuple[Layer, str]]] = {}
    for name in map(str, product.getBandNames()):
        key = f"{RELATIONS}{name}"
        known = said is not None and said.containsAttribute(key)
        layer = extras.layer_of(extras.loads(said.getAttributeString(key))) if known else None
        layer = layer or layer_of_name(name)
        if layer is not None:
            found.setdefault((layer.stack, layer.dim), []).append((layer, name))
    made: dict[str, tuple[Coordinates, tuple[str, ...]]] = {}
    for (stack, dim), layers in found.items():
        ordered = sorted(layers, key=lambda pair: pair[0].index)
        first = ordered[0][0]
        along = Coordinates(dim, tuple(layer.value for layer, _ in ordered), first.unit, first.meaning)
        made[stack] = along, tuple(name for _, name in ordered)
    return made


def units(product: Any) -> dict[str, str | None]:
    """Unit of each raster, None where SNAP has none."""
    return {
        name: None if (unit := raster.getUnit()) is None else str(unit) for name, raster in rasters(product).items()
    }


def scene_of(product: Any) -> Scene:
    """Grid, time and platform of a product."""
    start = product.getStartTime()
    time = None if start is None else datetime.fromtimestamp(start.getAsDate().getTime() / 1000, UTC)
    metadata = {"name": str(product.getName()), "kind": str(product.getProductType() or "")}
    return Scene(grid_of(product), time, platform_of(product), metadata)


def grid_of(product: Any) -> Grid:
    """The scene raster: with transform and CRS where the geocoding is a map's, without where it is by tie points or
    absent.
    """
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


def check_sizes(found: Iterable[Any], product: Any, grid: Grid, where: str) -> None:
    """Raise :class:`UnsupportedProduct` where rasters have another size than the scene, saying which resampling to run.

    A product as the Sentinel-2 reader opens it has bands of three sizes, and angles of a fourth.
    """
    other = {str(r.getName()): (int(r.getRasterWidth()), int(r.getRasterHeight())) for r in found}
    other = {name: size for name, size in other.items() if size != (grid.width, grid.height)}
    if not other:
        return
    name, (width, height) = next(iter(other.items()))
    more = f" and {len(other) - 1} more" if len(other) > 1 else ""
    if str(product.getProductType() or "").upper().startswith("S2_MSI"):
        todo = (
            "resample it first: Optical > Geometric > S2 Resampling Processor, or gpt S2Resampling "
            "-SsourceProduct=FILE -Presolution=20 -t RESAMPLED.dim"
        )
    else:
        todo = (
            "resample it first: Raster > Geometric > Resampling, or gpt Resample -SsourceProduct=FILE "
            "-PreferenceBand=BAND -t RESAMPLED.dim"
        )
    raise UnsupportedProduct(
        "the product's bands have more than one size",
        where=where,
        expected=f"{grid.width} x {grid.height} pixels",
        found=f"{name} {width} x {height}{more}",
        todo=todo,
    )


def left_out_offsets(product: Any, names: Iterable[str]) -> dict[str, float]:
    """Offsets of the metadata that the reader has not put into the scaling of bands [reflectance], by band.

    Since processing baseline 04.00 Sentinel-2 counts hold an offset (RADIO_ADD_OFFSET, a negative number of counts to
    add). SNAP's reader puts it into the band's scaling, unless it is older than that or its option "negative
    radiometric offset" is off: the scaling then has a factor and no offset. Bands that are no longer counts are left
    alone: their maker had the scaling.
    """
    wanted = {band.name: i for i, band in enumerate(SENTINEL2)}
    counts = _added_offsets(product)
    offsets = {}
    for name in names:
        raster = product.getBand(name)
        place = wanted.get(re.sub(r"^B0(?=[0-9])", "B", name))
        if raster is None or place is None or not counts:
            continue
        factor, scaled = float(raster.getScalingFactor()), float(raster.getScalingOffset())
        added = counts.get(place, next(iter(counts.values())) if len(set(counts.values())) == 1 else 0.0)
        if raster.getDataType() in _types(_COUNTS) and factor != 1.0 and scaled == 0.0 and added != 0.0:
            offsets[name] = added * factor
    return offsets


def refuse_counts(found: Mapping[str, Any], where: str) -> None:
    """Raise :class:`UnsupportedProduct` for whole numbers without a scaling where reflectance is read; rasters by
    semantic name.
    """
    for semantic, raster in found.items():
        whole = (
            raster.getDataType() in _types(_COUNTS)
            and float(raster.getScalingFactor()) == 1.0
            and float(raster.getScalingOffset()) == 0.0
        )
        if is_reflectance(semantic) and whole:
            raise UnsupportedProduct(
                f"band {raster.getName()} ({semantic}) holds numbers whose scaling is not known",
                where=where,
                expected="reflectance, or numbers with a scaling factor",
                found="whole numbers",
                todo="make a band of reflectance first, with Raster > Band Maths (times 0.0001 where it is kept times "
                "10 000)",
            )


def _added_offsets(product: Any) -> dict[int, float]:
    """RADIO_ADD_OFFSET by band number; SNAP's metadata tree keeps the numbers in their order and drops what they belong
    to.
    """
    for element in _elements(product.getMetadataRoot()):
        found = [a for a in element.getAttributes() if a.getName() == "RADIO_ADD_OFFSET"]
        if found:
            return {i: float(str(a.getData().getElemString())) for i, a in enumerate(found)}
    return {}


def edges(product: Any, names: Iterable[str], grid: Grid) -> dict[str, tuple[int, int]]:
    """Pixels at the upper and left edges, and at the lower and right ones, where SNAP's S2Resampling mixed zeros in, by
    band; see `mixed_edges`.
    """
    if grid.transform is None or not _interpolated(product):
        return {}
    pixel = max(grid.pixel_size)
    return {name: found for name in names if (found := mixed_edges(name, pixel)) != (0, 0)}


def _interpolated(product: Any) -> bool:
    """Whether the metadata say that S2Resampling made the product, with interpolation."""
    graph = product.getMetadataRoot().getElement("Processing_Graph")
    for node in () if graph is None else graph.getElements():
        if node.containsAttribute("operator") and str(node.getAttributeString("operator")) == OPERATOR:
            given = [
                str(e.getAttributeString("upsampling")) for e in node.getElements() if e.containsAttribute("upsampling")
            ]
            return "Nearest" not in given
    return False


def _types(names: Iterable[str]) -> set[int]:
    return {getattr(java("ProductData"), name) for name in names}


def read(context: Any, raster: Any, window: Window, offset: float = 0.0) -> npt.NDArray[Any]:
    """Physical values of a window that lies inside the image, plus `offset`, as float32, NaN where no-data.

    SNAP fills with zeros outside the image, without a word: callers cut their windows at its edge.
    """
    rectangle = java("Rectangle")(window.col, window.row, window.width, window.height)
    tile = context.getSourceTile(raster, rectangle)
    shape = (window.height, window.width)
    nodata = float(raster.getGeophysicalNoDataValue()) if raster.isNoDataValueUsed() else float("nan")
    if offset:
        exact = from_java(tile.getSamplesDouble(), np.float64, shape)
        values = np.where(exact == nodata, np.nan, exact + offset).astype(np.float32)
    elif np.isnan(nodata):
        values = from_java(tile.getSamplesFloat(), np.float32, shape).copy()
    elif raster.getDataType() in _types(_EXACT_IN_FLOAT):
        samples = from_java(tile.getSamplesFloat(), np.float32, shape)
        values = np.where(samples == np.float32(nodata), np.float32(np.nan), samples)
    else:
        exact = from_java(tile.getSamplesDouble(), np.float64, shape)
        values = np.where(exact == nodata, np.nan, exact).astype(np.float32)
    if raster.getValidPixelExpression():
        valid = from_java(
            raster.readValidMask(window.col, window.row, window.width, window.height, None), np.bool_, shape
        )
        values[~valid] = np.nan
    return values


def _elements(root: Any) -> Iterator[Any]:
    for element in root.getElements():
        yield element
        yield from _elements(element)
