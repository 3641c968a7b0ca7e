"""A Dataset as a product: one that we made gives back what it was made of; any other is read by the conventions of CF,
STAC and rioxarray.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr

from estran.adapters.files import cf, extras
from estran.errors import BadProduct, UnsupportedProduct
from estran.face.grids import Layout, layout_of, way
from estran.face.layers import axis_of, is_of_stack, layers_of
from estran.face.scene_facts import of_this_date, with_facts
from estran.face.to_dataset import KEY, PENDING
from estran.face.variables import TILE, band_of, label_of, rows_and_columns, tie_points_of
from estran.raster.product import Band, Product, TiePointGrid
from estran.sensors.bands import SPECTRAL, candidates, sensor_of


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
        Variables over rows and columns, each a band, or over (view, y, x), each layer a band; a time of length 1 or a
        scalar one. Variables over (time, y, x) that an operator made are stacks, too.

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
    own = of_this_date(own, dataset)
    layouts: dict[tuple[str, ...], Layout] = {}
    bands: dict[str, Band] = {}
    points: dict[str, TiePointGrid] = {}
    joined: list[str] = []
    given: dict[str, Any] = {}
    attributes = {str(name): variable.attrs for name, variable in dataset.data_vars.items()}
    for name, variable in dataset.data_vars.items():
        said = extras.loads(variable.attrs.get(KEY, ""))
        if "tie_points" in said:
            points[said["name"]] = tie_points_of(variable, said)
            continue
        axis = axis_of(dataset, variable, said)
        spot = rows_and_columns(dataset, variable, axis)
        if spot is None:
            continue
        key = (*map(str, spot), str(said.get("grid")))
        if key not in layouts:
            layouts[key] = layout_of(dataset, name, *spot, extras.grid_of(said["grid"]) if "grid" in said else None)
        layout = layouts[key]
        label = label_of(str(name), said)
        of = cf.uncertainty_of(str(name), variable.attrs, attributes)
        for layer, one in layers_of(dataset, variable, axis, label, said):
            band_name = label if layer is None else layer.name
            band = band_of(band_name, one, layout, said, joined)
            bands[band_name] = cf.related(band, layer, of or band.uncertainty)
            given[band_name] = one.data
    if not bands:
        raise BadProduct(
            "the Dataset holds no band",
            expected="a numeric variable over rows and columns",
            found=", ".join(f"{n}({', '.join(map(str, v.dims))})" for n, v in dataset.data_vars.items())
            or "no variables",
            todo="give each band as a variable over the dimensions y and x",
        )
    product = replace(with_facts(dataset, own, bands, points), pending=dataset.encoding.get(PENDING, ()))
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


def _refuse_twins(product: Product, given: Mapping[str, Any]) -> None:
    """Raise where two variables are the same band of the sensor and hold different numbers (`given`): which of them is
    meant is not to be guessed.
    """
    try:
        sensor = sensor_of(product.platform).name
    except UnsupportedProduct:
        return  # reported where reflectance of it is needed
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
    several = [
        dim
        for dim in dataset.dims
        if way(dataset, dim) == "time"
        and dataset.sizes[dim] > 1
        and any(dim in v.dims and not is_of_stack(v) for v in dataset.data_vars.values())
    ]
    if several:
        raise BadProduct(
            "a product is of one date",
            found=f"{dataset.sizes[several[0]]} dates",
            todo=f'take one (ds.isel({several[0]}=0)), or write all of them as "….zarr"',
        )
