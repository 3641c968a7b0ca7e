"""A product in the words of the CF conventions 1.11: attributes of files, variables, axes and grid mappings, for NetCDF
and for Datasets alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from affine import Affine

from estran.adapters.files import extras
from estran.raster.grid import Grid
from estran.raster.layers import Coordinates, Layer, Uncertainty
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
    if band.uncertainty is not None:
        attributes |= uncertainty_attributes(band.uncertainty)
    flags = extras.flag_attributes(band.coding)
    # A signed type holds its highest bit as sign.
    return attributes | {
        key: value if isinstance(value, str) else np.asarray(value, np.int64).astype(dtype)
        for key, value in flags.items()
    }


def uncertainty_attributes(of: Uncertainty) -> dict[str, Any]:
    """The attributes by which obsarray (https://obsarray.readthedocs.io) knows how the errors of a variable of
    uncertainty hang together. It wants the parameters of a form and their units also of forms that have none.
    """
    attributes: dict[str, Any] = {}
    for number, (dim, form) in enumerate(of.correlation, 1):
        said = {"dim": dim, "form": form, "params": "", "units": ""}
        attributes |= {f"err_corr_{number}_{key}": value for key, value in said.items()}
    return {**attributes, "pdf_shape": of.pdf_shape}


def ancillary_attributes(names: Sequence[str]) -> dict[str, Any]:
    """The attributes of a variable that others are the uncertainty of: CF's and obsarray's."""
    if not names:
        return {}
    return {"ancillary_variables": " ".join(names), "unc_comps": names[0] if len(names) == 1 else list(names)}


def uncertainty_of(
    name: str, attributes: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]]
) -> Uncertainty | None:
    """Of which variable another is the uncertainty; None where it is of none.

    Parameters
    ----------
    name, attributes
        The variable in question.
    others
        Attributes of all variables by name: that one lists it among its ``ancillary_variables`` or ``unc_comps``.
    """
    if "pdf_shape" not in attributes and "err_corr_1_form" not in attributes:
        return None
    for other, said in others.items():
        listed = [str(word) for key in ("ancillary_variables", "unc_comps") for word in _words(said.get(key))]
        if name in listed:
            return Uncertainty(other, _correlation(attributes), str(attributes.get("pdf_shape", "gaussian")))
    return None


def _correlation(attributes: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    number = 1
    while f"err_corr_{number}_dim" in attributes:
        form = str(attributes.get(f"err_corr_{number}_form", "random"))
        found += [(dim, form) for dim in _words(attributes[f"err_corr_{number}_dim"])]
        number += 1
    return tuple(found)


def _words(value: Any) -> list[str]:
    if value is None:
        return []
    return value.split() if isinstance(value, str) else [str(one) for one in np.ravel(np.asarray(value, object))]


def related(band: Band, layer: Layer | None, uncertainty: Uncertainty | None) -> Band:
    """The band as a layer of its variable, and as the uncertainty of the same layer of another."""
    if layer is not None and uncertainty is not None:
        uncertainty = replace(uncertainty, of=replace(layer, stack=uncertainty.of).name)
    description = band.description if layer is None else layer.described(band.description)
    return replace(band, layer=layer, uncertainty=uncertainty or band.uncertainty, description=description)


def axis_variable(along: Coordinates) -> tuple[npt.NDArray[Any], dict[str, str]]:
    """Values and attributes of the coordinate of views or times; moments as datetime64 in UTC."""
    moments = [value.astimezone(UTC).replace(tzinfo=None) for value in along.values if isinstance(value, datetime)]
    if moments:
        return np.array(moments, "datetime64[ns]"), {"standard_name": "time", "axis": "T"}
    return np.array(along.values, np.float64), _known({"long_name": along.meaning, "units": along.unit})


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
