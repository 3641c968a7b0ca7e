"""A Dataset as a product: one that we made gives back what it was made of; any other is read by the conventions of CF,
STAC and rioxarray.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import xarray as xr

from estran.adapters.files import extras
from estran.adapters.files.cf import fits
from estran.adapters.files.facts import platform_of
from estran.adapters.files.times import utc
from estran.errors import BadProduct, UnsupportedProduct
from estran.face.grids import Layout, layout_of, way
from estran.face.packing import encoded, is_decoded, scaling_of
from estran.face.to_dataset import KEY, PENDING, shown_unit
from estran.raster.grid import Grid
from estran.raster.product import Band, Product, TiePointGrid
from estran.sensors.bands import SPECTRAL, candidates, sensor_of

_NARROW = 64
"""Chunks with fewer rows or columns are joined: each is a task, and windows touch many of them."""
_MANY = 32
"""Chunks along a side that are too many where they are that narrow."""
TILE = 1024
"""Rows and columns of the chunks that they are joined to."""


@dataclass(frozen=True)
class Converted:
    """A product, and how its grids lie in the Dataset that it was made of."""

    product: Product
    layouts: tuple[Layout, ...]


def product_of(dataset: xr.Dataset) -> Converted:
    """A Dataset of one date as a product; nothing is computed.

    Parameters
    ----------
    dataset
        Variables over rows and columns, each a band; a time of length 1 or a scalar one.

    Raises
    ------
    BadProduct
        There is no band, or a dimension without length.
    BadGrid
        The reference system is missing, or coordinates are not sorted or not evenly spaced.
    UnsupportedProduct
        Two variables are the same band, or it is not clear whether numbers are scaled already.
    """
    _refuse_nothing(dataset)
    own = extras.loads(dataset.attrs.get(KEY, ""))
    own = _of_this_date(own, dataset)
    layouts: dict[tuple[str, ...], Layout] = {}
    bands: dict[str, Band] = {}
    points: dict[str, TiePointGrid] = {}
    joined: list[str] = []
    given: dict[str, Any] = {}
    for name, variable in dataset.data_vars.items():
        said = extras.loads(variable.attrs.get(KEY, ""))
        if "tie_points" in said:
            points[said["name"]] = _tie_points(variable, said)
            continue
        spot = _rows_and_columns(dataset, variable)
        if spot is None:
            continue
        key = (*map(str, spot), str(said.get("grid")))
        if key not in layouts:
            layouts[key] = layout_of(dataset, name, *spot, extras.grid_of(said["grid"]) if "grid" in said else None)
        layout = layouts[key]
        label = _label(str(name), said)
        bands[label] = _band(label, variable, layout, said, joined)
        given[label] = variable.data
    if not bands:
        raise BadProduct(
            "the Dataset holds no band",
            expected="a numeric variable over rows and columns",
            found=", ".join(f"{n}({', '.join(map(str, v.dims))})" for n, v in dataset.data_vars.items())
            or "no variables",
            todo="give each band as a variable over the dimensions y and x",
        )
    product = replace(_product(dataset, own, bands, points), pending=dataset.encoding.get(PENDING, ()))
    _refuse_twins(product, given)
    if joined:
        product = product.with_notes(
            f"Chunks of few rows or columns were joined to {TILE} x {TILE} pixels in {', '.join(joined)}."
        )
    return Converted(product, tuple(layouts.values()))


def _refuse_nothing(dataset: xr.Dataset) -> None:
    if not dataset.data_vars:
        raise BadProduct(
            "the Dataset is empty",
            expected="a variable a band",
            todo="see that the search or the selection that made it found anything",
        )
    empty = [str(dim) for dim, size in dataset.sizes.items() if size == 0]
    if empty:
        raise BadProduct(
            f"dimension {empty[0]!r} of the Dataset has length 0",
            found=", ".join(f"{dim} {size}" for dim, size in dataset.sizes.items()),
            todo="see that the selection that made it overlaps the data (a y that falls needs slice(north, south))",
        )


def _of_this_date(own: Mapping[str, Any], dataset: xr.Dataset) -> Mapping[str, Any]:
    """What was kept for the date of the Dataset, of several dates that were put together."""
    if "dates" not in own:
        return own
    moment = start_of(dataset)
    found = own["dates"].get(moment.isoformat() if moment else "", {})
    return found if isinstance(found, dict) else {}


def _rows_and_columns(dataset: xr.Dataset, variable: xr.DataArray) -> tuple[Hashable, Hashable] | None:
    """Its dimensions of rows and columns, where it is a numeric variable over both and no others longer than 1."""
    if variable.dtype.kind not in "iufb":
        return None
    ways = {
        way(dataset, dim): dim for dim in variable.dims if variable.sizes[dim] > 1 or way(dataset, dim) in ("y", "x")
    }
    if "y" not in ways or "x" not in ways:
        return None
    others = [str(dim) for dim in variable.dims if dim not in (ways["y"], ways["x"]) and variable.sizes[dim] > 1]
    if others:
        raise BadProduct(
            f"variable {variable.name!r} has a dimension that is neither rows, columns nor time",
            expected="(y, x) or (time, y, x)",
            found=f"({', '.join(map(str, variable.dims))})",
            todo=f"take one of it: ds.isel({others[0]}=0); bands along a dimension are given as a DataArray with a "
            f'dimension "band"',
        )
    return ways["y"], ways["x"]


def _label(name: str, said: Mapping[str, Any]) -> str:
    """Its band's name: what the variable is called now, but where that only made room for a coordinate."""
    known = str(said.get("name", name))
    return known if name in (f"{known}_band", f"{known}_band_band") else name


def _band(name: str, variable: xr.DataArray, layout: Layout, said: Mapping[str, Any], joined: list[str]) -> Band:
    flat = variable.transpose(..., layout.y, layout.x)
    flat = flat.isel(dict.fromkeys(flat.dims[:-2], 0))
    data = layout.turned(flat.data)
    if data.dtype.kind == "b":
        data = data.astype(np.uint8)
    if hasattr(data, "dask") and _is_narrow(data):
        joined.append(name)
        data = data.rechunk(TILE)
    band = Band(
        name,
        data,
        layout.grid,
        unit=_unit(variable.attrs, said),
        description=str(variable.attrs.get("long_name", ""))
        if said or isinstance(variable.attrs.get("long_name"), str)
        else "",
        coding=extras.coding_of(said.get("coding", {}).get("name", name), variable.attrs, said),
        valid=str(variable.attrs.get("valid_pixel_expression", "")),
        wavelength=_wavelength(variable.attrs),
    )
    band = _with_numbers(extras.with_band_extras(band, said, skip=("valid", "unit", "description")), variable, said)
    return replace(band, unscaled=str(said.get("unscaled", "")))


def _unit(attributes: Mapping[Any, Any], said: Mapping[str, Any]) -> str:
    unit, known = str(attributes.get("units", attributes.get("unit", ""))), str(said.get("unit", ""))
    return known if shown_unit(known) == unit else unit


def _is_narrow(data: Any) -> bool:
    return any(len(sizes) > _MANY and max(sizes) < _NARROW for sizes in data.chunks)


def _with_numbers(band: Band, variable: xr.DataArray, said: Mapping[str, Any]) -> Band:
    """The band with its samples, scaling and no-data value."""
    dtype, encoding = np.dtype(band.data.dtype), variable.encoding
    # The tags of our GeoTIFF, which rioxarray hands on, have the same name, and say nothing of a grid.
    raw = np.dtype(said["dtype"]) if "grid" in said else None
    if raw is not None:
        scale, offset = said.get("scaling", (1.0, 0.0))
        kept = replace(band, scale=scale, offset=offset, nodata=said.get("nodata"))
        # Whoever computes with a variable gets one whose attributes may stay and whose encoding is gone: its numbers
        # are what they are.
        if is_decoded(kept):
            if dtype == raw and raw.kind in "iu" and scaling_of(variable.attrs) == (kept.scale, kept.offset):
                return kept  # opened without decoding
            if np.dtype(encoding.get("dtype", "V")) == raw and scaling_of(encoding) == (kept.scale, kept.offset):
                return replace(kept, data=encoded(kept, band.data, raw))
        elif dtype == raw:
            return kept
        return replace(band, log10_scaled=False, saturated=None, nodata=None if dtype.kind != "f" else float("nan"))
    if dtype.kind == "f":
        return _floats(band, variable)
    scale, offset = scaling_of(variable.attrs)
    nodata = _nodata(variable.attrs, dtype)
    return replace(band, scale=scale, offset=offset, nodata=nodata if nodata is not None else _nodata(encoding, dtype))


def _floats(band: Band, variable: xr.DataArray) -> Band:
    if scaling_of(variable.attrs) != (1.0, 0.0):
        raise UnsupportedProduct(
            f"it is not clear whether variable {band.name!r} is scaled already: it holds floats, and its attributes a "
            f"scale_factor or an add_offset",
            todo=f'if it is, remove them: ds["{band.name}"].attrs.pop("scale_factor"); if not, apply them first '
            f"(xarray.decode_cf does)",
        )
    nodata = _nodata(variable.attrs, np.dtype(band.data.dtype))
    return replace(band, nodata=float("nan") if nodata is None else nodata, saturated=None)


def _nodata(attributes: Mapping[Any, Any], dtype: np.dtype[Any]) -> float | None:
    for key in ("_FillValue", "missing_value", "nodata", "_nodata"):
        value = attributes.get(key)
        if value is not None and np.size(value) == 1 and fits(number := float(np.ravel(value)[0]), dtype):
            return number
    return None


def _wavelength(attributes: Mapping[Any, Any]) -> float | None:
    value = attributes.get("radiation_wavelength")
    return (
        float(value) if value is not None and str(attributes.get("radiation_wavelength_unit", "nm")) == "nm" else None
    )


def _tie_points(variable: xr.DataArray, said: Mapping[str, Any]) -> TiePointGrid:
    offset_x, offset_y, step_x, step_y = said["tie_points"]
    texts = str(variable.attrs.get("units", "")), str(variable.attrs.get("long_name", ""))
    return TiePointGrid(
        said["name"],
        np.asarray(variable.values),
        offset_x,
        offset_y,
        step_x,
        step_y,
        *texts,
        cyclic=bool(said["cyclic"]),
    )


# ---------------------------------------------------------------- the product


def _product(
    dataset: xr.Dataset, own: Mapping[str, Any], bands: Mapping[str, Band], points: Mapping[str, TiePointGrid]
) -> Product:
    attributes = dataset.attrs
    start = start_of(dataset)
    name = str(attributes.get("title") or attributes.get("name") or attributes.get("id") or "dataset")
    scene = max((band.grid for band in bands.values()), key=lambda g: g.width * g.height)
    product = Product(
        name=name,
        grid=scene,
        bands=bands,
        kind=str(attributes.get("product_type", "")),
        platform=_platform(dataset) or ("" if own else platform_of(name)),
        start=start,
        stop=_moment(attributes.get("time_coverage_end")),
        tie_points=points,
    )
    notes = attributes.get("notes", ())
    notes = (notes,) if isinstance(notes, str) else tuple(map(str, notes))
    if own:
        product = _with_own(product, own, scene)
    return replace(product, notes=notes)


def _with_own(product: Product, own: Mapping[str, Any], largest: Grid) -> Product:
    """The product with what its Dataset remembers; tie points and virtual bands move with the part of the scene that is
    left.
    """
    found = extras.with_product_extras(replace(product, tie_points={}), own)
    same_time = (
        found.start is not None
        and product.start is not None
        and abs((found.start - product.start).total_seconds()) < 1e-5
    )
    scene = extras.grid_of(own["scene"]) if "scene" in own else largest
    whole = (
        scene
        if any(band.grid == scene for band in product.bands.values())
        or _lies_in(largest, scene) == (0.0, 0.0, 1.0, 1.0)
        else largest
    )
    points = dict(product.tie_points)
    notes: tuple[str, ...] = ()
    if whole != scene and points:
        place = _lies_in(largest, scene)
        points = {name: _moved(grid, place) for name, grid in points.items()} if place is not None else {}
        notes = (
            ()
            if place is not None
            else ("The tie-point grids are left out: of which part of the scene the Dataset is left, it does not say.",)
        )
    virtual = {
        name: extras.with_band_extras(Band(name, None, extras.grid_of(data["grid"])), data)
        for name, data in own.get("virtual", {}).items()
    }
    every = {**product.bands, **(virtual if whole == scene else {})}
    order = [name for name in own.get("order", ()) if name in every]
    return replace(
        found,
        name=str(own.get("name") or product.name),
        description=str(own.get("description", "")),
        source=str(own.get("source", "")),
        grid=whole,
        bands={name: every[name] for name in dict.fromkeys((*order, *every))},
        tie_points=points,
        tie_point_geocoding=found.tie_point_geocoding if points else None,
        start=found.start if same_time or product.start is None else product.start,
        stop=found.stop if same_time or product.start is None else product.stop,
        kind=product.kind,
        platform=product.platform or str(own.get("platform", "")),
    ).with_notes(*notes)


def _lies_in(part: Grid, scene: Grid) -> tuple[float, float, float, float] | None:
    """(column, row) of a part's corner in a scene, and how many pixels of the scene one of its own is; None where the
    two have no common map.
    """
    ours, theirs = part.transform, scene.transform
    if ours is None or theirs is None or part.crs != scene.crs or any((ours.b, ours.d, theirs.b, theirs.d)):
        return (0.0, 0.0, 1.0, 1.0) if part.shape == scene.shape and ours == theirs else None
    return (ours.c - theirs.c) / theirs.a, (ours.f - theirs.f) / theirs.e, ours.a / theirs.a, ours.e / theirs.e


def _moved(points: TiePointGrid, place: tuple[float, float, float, float]) -> TiePointGrid:
    column, row, x, y = place
    return replace(
        points,
        offset_x=(points.offset_x - column) / x,
        offset_y=(points.offset_y - row) / y,
        step_x=points.step_x / x,
        step_y=points.step_y / y,
    )


def _platform(dataset: xr.Dataset) -> str:
    """The platform as STAC, CF or a coordinate of stackstac says it."""
    discovered = dataset.attrs.get("stac_discovery")
    properties = discovered.get("properties", {}) if isinstance(discovered, dict) else {}
    # A coordinate may differ from date to date.
    of_date = (
        dataset.coords["platform"].values.item()
        if "platform" in dataset.coords and dataset.coords["platform"].size == 1
        else None
    )
    for value in (of_date, dataset.attrs.get("platform"), dataset.attrs.get("spacecraft"), properties.get("platform")):
        if isinstance(value, str) and value.strip():
            return _named(value)
    return ""


def _named(platform: str) -> str:
    """A platform as our readers spell it ("sentinel-2a" is "Sentinel-2A")."""
    words = platform.strip()
    return (
        words[:1].upper() + words[1:-1] + words[-1:].upper()
        if words.lower().startswith(("sentinel-2", "landsat-"))
        else words
    )


def start_of(dataset: xr.Dataset) -> datetime | None:
    """The sensing time: the coordinate ``time``, else attributes."""
    for name in ("time", "t", "datetime", "date"):
        if name in dataset.coords and dataset.coords[name].size == 1:
            return _moment(dataset.coords[name].values.ravel()[0])
    for key in ("time_coverage_start", "start_datetime", "datetime", "start_date", "acquired"):
        if dataset.attrs.get(key):
            return _moment(dataset.attrs[key])
    return None


def _moment(value: Any) -> datetime | None:
    if value is None or (isinstance(value, np.datetime64) and np.isnat(value)):
        return None
    if isinstance(value, np.datetime64):
        return datetime.fromisoformat(str(value.astype("datetime64[us]"))).replace(tzinfo=UTC)
    return utc(str(value))


# ---------------------------------------------------------------- one band, one variable


def _refuse_twins(product: Product, given: Mapping[str, Any]) -> None:
    """Raise where two variables are the same band of the sensor and hold different numbers (`given`): which of them is
    meant is not to be guessed.
    """
    try:
        sensor = sensor_of(product.platform).name
    except UnsupportedProduct:
        return  # said by whoever needs reflectance of it
    names = {name.lower(): name for name in reversed(list(given))}
    for semantic in sorted(SPECTRAL):
        there = list(dict.fromkeys(names[c.lower()] for c in candidates(semantic, sensor) if c.lower() in names))
        first, *others = there or [""]
        other = next((name for name in others if not _same_numbers(given[first], given[name])), None)
        if other is not None:
            raise UnsupportedProduct(
                f"two variables are the same band ({semantic})",
                where=product.name,
                found=f"{first} and {other}, with different values",
                todo=f'leave one of them out: ds.drop_vars("{other}")',
            )


def _same_numbers(one: Any, other: Any) -> bool:
    if one is other:
        return True
    if hasattr(one, "dask") and hasattr(other, "dask"):
        return str(one.name) == str(other.name)
    if hasattr(one, "dask") or hasattr(other, "dask"):
        return False
    return one.shape == other.shape and bool(
        np.array_equal(one, other, equal_nan=one.dtype.kind == "f" and other.dtype.kind == "f")
    )


def refuse_other_dates(dataset: xr.Dataset) -> None:
    """Raise where a Dataset has several dates, of a product one.

    Raises
    ------
    BadProduct
        It has.
    """
    several = [dim for dim in dataset.dims if way(dataset, dim) == "time" and dataset.sizes[dim] > 1]
    if several:
        raise BadProduct(
            "a product is of one date",
            found=f"{dataset.sizes[several[0]]} dates",
            todo=f'take one (ds.isel({several[0]}=0)), or write all of them as "….zarr"',
        )
