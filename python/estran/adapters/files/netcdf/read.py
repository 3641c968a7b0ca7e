"""Reads NetCDF after the CF conventions 1.11; by the library itself, as xarray would leave all of this to do, and keeps
files open that may be replaced.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from estran import bounds
from estran.adapters.files import cf, extras, names
from estran.adapters.files.dimap.java_text import parse_utc
from estran.adapters.files.facts import platform_of
from estran.adapters.files.lazy import lazy_array
from estran.adapters.files.netcdf.grids import grid_of_variable
from estran.adapters.files.netcdf.header import check_classic_header
from estran.adapters.files.netcdf.layers import is_stack, layers_of
from estran.adapters.files.netcdf.library import DAMAGE, alone, opened
from estran.adapters.files.netcdf.samples import NetcdfVariable
from estran.adapters.files.scaling import as_reflectance
from estran.adapters.files.times import utc
from estran.adapters.files.virtual import with_virtual_data
from estran.errors import BadProduct
from estran.raster.grid import Grid
from estran.raster.product import Band, Element, Product

_CHUNK_BYTES = 500_000_000
"""Most bytes of a chunk: a whole tile of Sentinel-2 at 10 m as float32 in one has 482 million."""
_SIGNATURES = (b"CDF\x01", b"CDF\x02", b"CDF\x05", b"\x89HDF\r\n\x1a\n")
_COORDINATES = ("lat", "lon", "latitude", "longitude", "x", "y", "time", "crs", "spatial_ref")


_WAYS = {
    "x": frozenset({"x", "lon", "longitude", "easting", "projection_x_coordinate"}),
    "y": frozenset({"y", "lat", "latitude", "northing", "projection_y_coordinate"}),
}
"""Names, axes and standard names of coordinates that go east and north."""
_INCONSISTENCIES = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError)
"""What comes of attributes and dimensions that do not belong together."""


def is_netcdf(path: Path) -> bool:
    """Whether a file is NetCDF, by its first bytes."""
    try:
        with Path(path).open("rb") as file:
            return file.read(8).startswith(_SIGNATURES)
    except OSError:
        return False


def read_netcdf(path: Path, *, scale: float | None = None) -> Product:
    """Open a NetCDF file as a product: each numeric variable over rows and columns is a band, and one over
    (view, y, x), or over times that we wrote, a band a layer.

    The grid comes from the CF grid mapping (``crs_wkt``, else its parameters) with coordinates, else from ``lat`` and
    ``lon`` arrays that turn out to lie on a regular UTM or geographic grid (SNAP writes those alone; what was recovered
    is noted), else there is none. Samples stay raw.

    Parameters
    ----------
    path
        A NetCDF file.
    scale
        As for :func:`estran.adapters.files.geotiff.read.read_raster`.

    Raises
    ------
    BadProduct
        If it is damaged, or holds no raster.
    """
    path = Path(path)
    check_classic_header(path)
    with alone():
        try:
            dataset = opened(path)
        except DAMAGE as error:
            raise BadProduct(
                "the NetCDF file cannot be opened; it is truncated or damaged",
                where=path,
                found=str(error),
                todo="copy it again",
            ) from error
        with dataset:
            try:
                product, ours = _product(path, dataset)
            except (*DAMAGE, *_INCONSISTENCIES) as error:
                raise BadProduct(
                    "the NetCDF file is damaged or inconsistent", where=path, found=str(error), todo="copy it again"
                ) from error
    return product if ours else as_reflectance(product, scale)


def _product(path: Path, dataset: Any) -> tuple[Product, bool]:
    own = _our_json(dataset)
    notes: list[str] = []
    bands: dict[str, Band] = {}
    grids: dict[tuple[str, ...], tuple[Grid, bool]] = {}
    stacks = own.get("stacks", {})
    said = {name: {key: v.getncattr(key) for key in v.ncattrs()} for name, v in dataset.variables.items()}
    for name, variable in dataset.variables.items():
        if not _is_band(name, variable):
            continue
        dims = tuple(variable.dimensions[-2:])
        _refuse_turned(path, dataset, name, dims)
        mapping = str(getattr(variable, "grid_mapping", "")).split(":")[0].strip()
        if (*dims, mapping) not in grids:
            grids[*dims, mapping] = grid_of_variable(dataset, variable, dims, mapping, notes)
        grid, flipped = grids[*dims, mapping]
        label = name if own else names.tidy(name)
        for layer, index in layers_of(dataset, name, label, variable, stacks.get(name)):
            band_name = label if layer is None else layer.name
            extra = own.get("bands", {}).get(band_name, {})
            band = _band(path, name, band_name, variable, grid, flipped, extra, index)
            of = cf.uncertainty_of(name, said[name], said)
            bands[band_name] = cf.related(band, layer, of) if of or layer else band
    if not bands:
        raise BadProduct(
            "the NetCDF file holds no raster",
            where=path,
            expected="a numeric variable over rows and columns",
            found=", ".join(f"{name}({', '.join(v.dimensions)})" for name, v in dataset.variables.items()) or "nothing",
            todo="write each band as a variable of its own, with rows and columns as its last dimensions and no "
            "others longer than 1, outside of groups",
        )
    attributes = {key: dataset.getncattr(key) for key in dataset.ncattrs()}
    name = own.get("name") or path.stem
    scene = max((grid for grid, _ in grids.values()), key=lambda g: g.width * g.height)
    product = Product(
        name=name,
        grid=extras.grid_of(own["scene"]) if "scene" in own else scene,
        bands=bands,
        kind=str(attributes.get("product_type", "")),
        platform=str(attributes.get("platform", "")) or platform_of(name),
        description=str(attributes.get("comment", "")) if own else "",
        start=_time(attributes.get("time_coverage_start") or attributes.get("start_date")),
        stop=_time(attributes.get("time_coverage_end") or attributes.get("stop_date")),
        metadata=_snap_metadata(dataset),
        source=str(path),
    )
    if own:
        product = extras.with_product_extras(product, own)
        virtual = {
            n: extras.with_band_extras(Band(n, None, product.grid), data) for n, data in own.get("virtual", {}).items()
        }
        every = {**product.bands, **virtual}
        product = with_virtual_data(
            replace(product, bands={n: every[n] for n in own.get("order", every) if n in every})
        )
    return product.with_notes(*notes), bool(own)


def _our_json(dataset: Any) -> Mapping[str, Any]:
    group = dataset.groups.get(extras.KEY)
    if group is None or "product" not in group.variables:
        return {}
    if group["product"].size > bounds.TEXT_BYTES:
        return {}
    return extras.loads(bytes(np.asarray(group["product"][:], np.uint8)).decode("utf-8", "replace"))


def _is_band(name: str, variable: Any) -> bool:
    if name in _COORDINATES or variable.ndim < 2 or getattr(variable.dtype, "kind", "O") not in "iuf":
        return False
    return (
        (all(size == 1 for size in variable.shape[:-2]) or is_stack(variable))
        and min(variable.shape[-2:]) > 0
        and name not in variable.dimensions
    )


def _refuse_turned(path: Path, dataset: Any, name: str, dims: tuple[str, ...]) -> None:
    """Raise where columns come before rows, by the names of the dimensions or what their coordinates say."""
    if [_way(dataset, dim) for dim in dims] == ["x", "y"]:
        raise BadProduct(
            f"band {name!r} runs over columns before rows",
            where=path,
            expected=f"{name}({dims[1]}, {dims[0]})",
            found=f"{name}({', '.join(dims)})",
            todo="write it again with its last two dimensions exchanged, as the transpose of xarray does",
        )


def _way(dataset: Any, dim: str) -> str:
    """ "x" or "y" for a dimension whose coordinates go east or north; "" where nothing says."""
    variable = dataset.variables.get(dim)
    if variable is None:
        return ""
    said = {str(getattr(variable, key, "")).lower() for key in ("axis", "standard_name")} | {dim.lower()}
    return next((way for way, words in _WAYS.items() if said & words), "")


def _check_chunks(path: Path, name: str, variable: Any) -> None:
    """A chunk is unpacked whole for every part of the image that lies in it."""
    chunks = variable.chunking()
    size = math.prod(chunks) * np.dtype(variable.dtype).itemsize if isinstance(chunks, list) else 0
    if size > _CHUNK_BYTES:
        raise BadProduct(
            f"the chunks of band {name!r} are too large to be read part by part",
            where=path,
            expected=f"at most {_CHUNK_BYTES / 1e6:.0f} MB",
            found=f"{size / 1e6:.0f} MB",
            todo="write the file again with smaller ones, as nccopy does",
        )


def _band(
    path: Path,
    name: str,
    label: str,
    variable: Any,
    grid: Grid,
    flipped: bool,
    own: Mapping[str, Any],
    leading: tuple[int, ...],
) -> Band:
    attributes = {key: variable.getncattr(key) for key in variable.ncattrs()}
    dtype = np.dtype(variable.dtype)
    if str(attributes.get("_Unsigned", "")).lower() == "true" and dtype.kind == "i":
        dtype = np.dtype(dtype.str.replace("i", "u"))
    _check_chunks(path, name, variable)
    source = NetcdfVariable(path, name, grid.shape, dtype.newbyteorder("="), leading=leading, flipped=flipped)
    nodata = attributes.get("_FillValue", attributes.get("missing_value"))
    if own:
        nodata = own.get("nodata")
    elif nodata is not None:
        # A signed fill of an _Unsigned variable means the same bits.
        nodata = float(np.asarray(nodata).ravel()[0].astype(dtype))
    band = Band(
        name=label,
        data=lazy_array(source, path, label),
        grid=grid,
        scale=float(attributes.get("scale_factor", 1.0)),
        offset=float(attributes.get("add_offset", 0.0)),
        nodata=nodata,
        valid=str(attributes.get("valid_pixel_expression", "")) or _range(label, attributes),
        unit=str(attributes.get("units", "")),
        description=str(attributes.get("long_name", "")),
        wavelength=_wavelength(attributes),
        coding=extras.coding_of(own.get("coding", {}).get("name", label), attributes, own),
    )
    return extras.with_band_extras(band, own, skip=("valid", "unit", "description"))


def _range(name: str, attributes: Mapping[str, Any]) -> str:
    """CF's valid range (of the samples as stored) as a valid-pixel expression."""
    low, high = attributes.get("valid_min"), attributes.get("valid_max")
    if "valid_range" in attributes and np.size(attributes["valid_range"]) == 2:
        low, high = np.asarray(attributes["valid_range"]).tolist()
    quoted = f"{name}.raw"
    parts = [f"{quoted} >= {low}" if low is not None else "", f"{quoted} <= {high}" if high is not None else ""]
    return " && ".join(part for part in parts if part)


def _wavelength(attributes: Mapping[str, Any]) -> float | None:
    for key in ("radiation_wavelength", "wavelength"):
        if key in attributes:
            unit = (
                str(attributes.get("radiation_wavelength_unit", attributes.get("radiation_wavelength_units", "nm")))
                .strip()
                .lower()
            )
            factor = {"um": 1e3, "µm": 1e3, "micrometer": 1e3, "m": 1e9}.get(unit, 1.0)
            return float(attributes[key]) * factor or None
    return None


def _time(value: Any) -> datetime | None:
    return (parse_utc(str(value)) or utc(str(value))) if value else None


def _snap_metadata(dataset: Any) -> tuple[Element, ...]:
    """The metadata tree that SNAP's NetCDF writer keeps as groups."""
    group = dataset.groups.get("Metadata_Group")
    return tuple(_element(child) for child in group.groups.values()) if group is not None else ()


def _element(group: Any) -> Element:
    values = {key: group.getncattr(key) for key in group.ncattrs()}
    attributes = {
        key: value.tolist() if isinstance(value, np.generic | np.ndarray) else value for key, value in values.items()
    }
    return Element(group.name, attributes, tuple(_element(child) for child in group.groups.values()))
