"""A product as a Dataset: physical values as lazy as the product's samples, with the attributes of CF, and all else
that a product knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC
from typing import Any

import numpy as np
import xarray as xr

from estran.adapters.files import cf, extras
from estran.face.grids import MAPPING, Layout, mapping_coord
from estran.face.layers import dimension, stacked
from estran.face.packing import decoded
from estran.raster.grid import Grid
from estran.raster.layers import Coordinates
from estran.raster.product import Band, Product, TiePointGrid
from estran.raster.stacks import Stack, ancillaries, variables_of

KEY = extras.KEY
"""The attribute with what CF has no words for: JSON, of the Dataset and of each variable."""
PENDING = "estran_pending"
"""In a Dataset's ``encoding``: what is learnt only while its samples are computed
(:class:`~estran.raster.product.Pending`), for the writer.
"""
_UNITS = {"dl": "1", "deg": "degrees"}


def dataset_of(product: Product, layouts: Iterable[Layout] = ()) -> xr.Dataset:
    """A product as a Dataset.

    Parameters
    ----------
    product
        Any.
    layouts
        How grids lay in the Dataset that the product comes from: what has the same grid gets the same dimensions,
        coordinates and direction.

    Returns
    -------
    Dataset
        A variable a band, over (y, x) where all bands have one size, else over (y_10m, x_10m), (y_20m, x_20m)
        and so on; of bands that are layers of a stack one, over (view, y, x) or (time, y, x). Numbers with a
        scale or a no-data value are physical, NaN without data; flags and classes are integers. Dask stays
        Dask. ``spatial_ref`` and ``time`` are coordinates.
    """
    shown = {name: band for name, band in product.bands.items() if band.data is not None}
    places = _places([band.grid for band in shown.values()], product.grid, {layout.grid: layout for layout in layouts})
    coords: dict[str, Any] = {}
    for layout in places.values():
        coords |= layout.coords
    variables_there = variables_of(shown.values())
    axes: dict[Coordinates, str] = {}
    for one in variables_there:
        if isinstance(one, Stack):
            dimension(one.along, axes, coords)
    if product.start is not None and "time" not in coords:
        coords["time"] = xr.Variable((), np.datetime64(product.start.astimezone(UTC).replace(tzinfo=None), "ns"))
    taken = {*coords, *(dim for layout in places.values() for dim in (layout.y, layout.x))}
    variables: dict[str, xr.Variable] = {}
    names: dict[str, str] = {}
    for one in variables_there:
        name = names[one.name] = _free(one.name, {*taken, *variables}, "band")
        variables[name] = (
            _stack(one, places[one.band.grid], axes[one.along])
            if isinstance(one, Stack)
            else _variable(one, places[one.grid])
        )
    for of, uncertainties in ancillaries(variables_there).items():
        if of in names:
            there = [names[name] for name in uncertainties]
            variables[names[of]].attrs |= cf.ancillary_attributes(there)
    variables |= _tie_points(product.tie_points.values(), {*taken, *variables})
    dataset = xr.Dataset(variables, coords, attrs=attributes_of(product))
    if product.pending:
        dataset.encoding[PENDING] = product.pending
    return dataset


def _places(grids: list[Grid], scene: Grid, known: Mapping[Grid, Layout]) -> dict[Grid, Layout]:
    """A layout for each grid, the largest first."""
    different = sorted(dict.fromkeys(grids), key=lambda g: -g.width * g.height)
    one_size = len(different) == 1
    found: dict[Grid, Layout] = {}
    for grid in different:
        if grid in known:
            found[grid] = known[grid]
            continue
        tail = "" if one_size else _tail(grid, {layout.y for layout in found.values()})
        y, x = f"y{tail}", f"x{tail}"
        # The mapping of the scene serves all: only rotated grids, which have no coordinates, say more than their
        # reference system in it.
        mapping = mapping_coord(grid if one_size else scene)
        axes = {dim: xr.Variable((dim,), *spot) for dim, spot in cf.axes(grid, y, x).items()}
        found[grid] = Layout(grid, y, x, axes | ({MAPPING: mapping} if mapping is not None else {}))
    return found


def _tail(grid: Grid, taken: set[str]) -> str:
    """What dimensions of one size among several end in: "_10m", or a number where pixels are not square or not in
    metres.
    """
    number = f"_{len(taken) + 1}"
    if grid.transform is None or grid.crs is None or grid.is_geographic or not np.isclose(*grid.pixel_size):
        return number
    tail = f"_{grid.pixel_size[0]:g}m"
    return number if f"y{tail}" in taken else tail


def _free(name: str, taken: set[str], kind: str) -> str:
    """A name for a variable that no dimension or coordinate has."""
    while name in taken:
        name = f"{name}_{kind}"
    return name


def _variable(band: Band, layout: Layout) -> xr.Variable:
    data, encoding = decoded(band)
    raw = np.dtype(band.data.dtype)
    attributes = cf.band_attributes(band, shown_unit(band.unit), raw)
    if band.coding is not None and band.nodata is not None:
        attributes["nodata"] = float(band.nodata)  # not _FillValue, by which xarray would make floats of flags
    attributes[KEY] = extras.dumps(_own(band, raw))
    if MAPPING in layout.coords:
        encoding["grid_mapping"] = MAPPING
    return xr.Variable((layout.y, layout.x), layout.turned(data), attributes, encoding)


def _stack(stack: Stack, layout: Layout, dim: str) -> xr.Variable:
    """The layers of a stack as one variable."""
    parts = [_variable(replace(stack.band, data=band.data), layout) for band in stack.layers]
    first = parts[0]
    own = {**extras.loads(first.attrs[KEY]), "stack": extras.coordinates_json(stack.along)}
    attributes = {**first.attrs, KEY: extras.dumps(own)}
    return xr.Variable((dim, layout.y, layout.x), stacked([part.data for part in parts]), attributes, first.encoding)


def shown_unit(unit: str) -> str:
    """A unit of SNAP's as CF and its libraries write it: "dl" is a decilitre there."""
    return _UNITS.get(unit, unit)


def _own(band: Band, raw: np.dtype[Any]) -> dict[str, Any]:
    """What of a band CF has no words for."""
    said = {**extras.band_extras(band), "name": band.name, "grid": extras.grid_json(band.grid), "dtype": raw.name}
    if band.is_scaled:
        said["scaling"] = [band.scale, band.offset]
    if band.unscaled:
        said["unscaled"] = band.unscaled
    return said


def _tie_points(grids: Iterable[TiePointGrid], taken: set[str]) -> dict[str, xr.Variable]:
    """Tie-point grids as variables over dimensions of their own (tie_y, tie_x)."""
    dims: dict[tuple[int, int], tuple[str, str]] = {}
    found: dict[str, xr.Variable] = {}
    for points in grids:
        shape = points.data.shape[0], points.data.shape[1]
        tail = f"_{len(dims) + 1}" if dims else ""
        y, x = dims.setdefault(shape, (f"tie_y{tail}", f"tie_x{tail}"))
        placing = [points.offset_x, points.offset_y, points.step_x, points.step_y]
        own = {"name": points.name, "tie_points": placing, "cyclic": points.cyclic}
        texts = {"long_name": points.description, "units": points.unit, KEY: extras.dumps(own)}
        attributes = {key: value for key, value in texts.items() if value}
        found[_free(points.name, {*taken, *found}, "tie_points")] = xr.Variable((y, x), _samples(points), attributes)
    return found


def _samples(points: TiePointGrid) -> Any:
    """Samples in memory as they are; those that are read on demand, as a Dask array of one chunk."""
    if isinstance(points.data, np.ndarray):
        return points.data
    import dask.array as da

    return da.from_array(points.data, chunks=-1, meta=np.empty((0, 0), points.data.dtype))  # type: ignore[no-untyped-call]


def attributes_of(product: Product) -> dict[str, Any]:
    """Attributes of the Dataset: those that people read, and the rest as JSON."""
    attributes = cf.product_attributes(product, zone="Z")
    if product.notes:
        attributes["notes"] = list(product.notes)
    own = extras.product_extras(product)
    for said in ("notes", "tie_points"):  # in attributes and variables of their own
        del own[said]
    own |= {
        "name": product.name,
        "description": product.description,
        "source": product.source,
        "scene": extras.grid_json(product.grid),
        "virtual": {
            band.name: {**extras.band_extras(band), "grid": extras.grid_json(band.grid)}
            for band in product.bands.values()
            if band.data is None
        },
        "order": list(product.bands),
        "points": list(product.tie_points),
    }
    attributes[KEY] = extras.dumps(own)
    return attributes
