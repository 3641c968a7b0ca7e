"""A product in the words of the CF conventions 1.11: attributes of files, variables, axes and grid mappings, for NetCDF
and for Datasets alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

import numpy as np
import numpy.typing as npt
from affine import Affine

from estran.adapters.files import extras
from estran.raster.grid import Grid
from estran.raster.product import Band, Product


def product_attributes(product: Product, zone: str = "") -> dict[str, Any]:
    """The global attributes of a product. Times are in UTC, and end in `zone`: SNAP reads none with a time zone."""
    start, stop = (
        moment and moment.astimezone(UTC).replace(tzinfo=None).isoformat() + zone
        for moment in (product.start, product.stop)
    )
    attributes = {
        "Conventions": "CF-1.11",
        "title": product.name,
        "product_type": product.kind,
        "platform": product.platform,
        "comment": product.description,
    }
    return _known({**attributes, "time_coverage_start": start, "time_coverage_end": stop})


def band_attributes(band: Band, unit: str, dtype: np.dtype[Any]) -> dict[str, Any]:
    """The attributes of a variable but for its scaling: texts, unit as it is to be written, wavelength, flags in the
    type of its samples, as CF wants them.
    """
    attributes = _known({"long_name": band.description, "units": unit, "valid_pixel_expression": band.valid})
    if band.wavelength:
        attributes |= {"radiation_wavelength": float(band.wavelength), "radiation_wavelength_unit": "nm"}
    flags = extras.flag_attributes(band.coding)
    # A signed type holds its highest bit as sign.
    return attributes | {
        key: value if isinstance(value, str) else np.asarray(value, np.int64).astype(dtype)
        for key, value in flags.items()
    }


def fits(value: float, dtype: np.dtype[Any]) -> bool:
    """Whether samples of a type can have a value."""
    if dtype.kind == "f":
        return True
    limits = np.iinfo(dtype)
    return not np.isnan(value) and limits.min <= value <= limits.max and float(value).is_integer()


def centres(grid: Grid) -> tuple[npt.NDArray[np.floating], npt.NDArray[np.floating]] | None:
    """(y, x) of rows and columns at the pixels' centres, where they depend on one of them each."""
    t = grid.transform
    if t is None or t.b or t.d:
        return None
    return t.f + t.e * (np.arange(grid.height) + 0.5), t.c + t.a * (np.arange(grid.width) + 0.5)


def axes(grid: Grid, y: str, x: str) -> dict[str, tuple[npt.NDArray[np.floating], dict[str, str]]]:
    """Coordinates and attributes of rows and columns, by the names of their dimensions; none where the grid has no map
    or is rotated.
    """
    made = centres(grid)
    return {} if made is None else {y: (made[0], _axis(grid, "y")), x: (made[1], _axis(grid, "x"))}


def _axis(grid: Grid, axis: str) -> dict[str, str]:
    attributes = {"axis": axis.upper()}
    if grid.is_geographic:
        word, unit = ("latitude", "degrees_north") if axis == "y" else ("longitude", "degrees_east")
        return attributes | {"standard_name": word, "units": unit}
    if grid.crs is not None:
        from pyproj import CRS

        info = CRS.from_user_input(grid.crs).axis_info
        attributes |= {
            "standard_name": f"projection_{axis}_coordinate",
            "units": info[0].unit_name.replace("metre", "m") if info else "m",
        }
    return attributes


def mapping_attributes(grid: Grid, *, wkt: str, placed: bool) -> dict[str, Any]:
    """The attributes of a grid mapping: CF's own, and GDAL's ``spatial_ref`` in a version of WKT and, where it is to be
    `placed`, ``GeoTransform``.
    """
    attributes: dict[str, Any] = {}
    if grid.crs is not None:
        from pyproj import CRS

        crs = CRS.from_user_input(grid.crs)
        attributes = {**_known(crs.to_cf()), "spatial_ref": crs.to_wkt(wkt)}
    if placed and grid.transform is not None:
        attributes["GeoTransform"] = " ".join(repr(float(v)) for v in grid.transform.to_gdal())
    return attributes


def written_transform(attributes: Mapping[Any, Any]) -> Affine | None:
    """GDAL's ``GeoTransform`` among the attributes of a grid mapping."""
    numbers = str(attributes.get("GeoTransform", "")).split()
    return Affine.from_gdal(*map(float, numbers)) if len(numbers) == 6 else None


def _known(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in attributes.items() if value not in (None, "")}
