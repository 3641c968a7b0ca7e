"""Writes NetCDF-4 after the CF conventions 1.11.

xarray defines the file. Samples go by :func:`~estran.adapters.files.storage.store`, as in xarray's own step workers in
other processes open the file, and no progress is reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from estran.adapters.files import cf, extras
from estran.adapters.files.dimap.colours import with_flag_masks
from estran.adapters.files.netcdf.library import alone
from estran.adapters.files.netcdf.profile import add_profile
from estran.adapters.files.places import NETCDF
from estran.adapters.files.storage import Meter, storage_dtype, store
from estran.adapters.files.undecodable import for_libraries
from estran.adapters.files.whole import whole
from estran.errors import WriteFailed
from estran.raster.grid import Grid
from estran.raster.layers import Coordinates
from estran.raster.product import Band, Product
from estran.raster.scene import Progress, quiet
from estran.raster.stacks import Stack, ancillaries, variables_of

if TYPE_CHECKING:
    import xarray as xr


class _Target:
    """A variable that is being written, by slices; of one over views or times the layer of an index."""

    ndim = 2

    def __init__(self, variable: Any, written: Meter, index: int | None = None) -> None:
        variable.set_auto_maskandscale(False)
        self.variable, self.shape, self.dtype, self._written = variable, variable.shape[-2:], variable.dtype, written
        self._layer = () if index is None else (index,)

    def __setitem__(self, key: tuple[slice, slice], block: npt.NDArray[Any]) -> None:
        samples = np.ascontiguousarray(block, dtype=self.dtype)
        with alone():
            self.variable[(*self._layer, *key)] = samples
        self._written(block.size)


def write_netcdf(product: Product, path: Path, *, overwrite: bool = False, progress: Progress = quiet) -> Product:
    """Write a product as NetCDF-4 after CF 1.11, whole or not at all.

    Each band is a compressed variable with its own type, ``scale_factor``, ``add_offset``, ``_FillValue``, ``units``,
    ``long_name``, ``flag_masks`` or ``flag_values`` with ``flag_meanings``; the grid is a ``grid_mapping`` variable
    (``crs_wkt``, and GDAL's ``GeoTransform``) with pixel centres as coordinates. Where all bands lie on one map grid
    the file also carries SNAP's own profile, so that SNAP finds geocoding, masks and colours. Bands of other sizes have
    dimensions of their own (y_2, x_2). Bands that are layers of a stack are one variable over (view, y, x) or
    (time, y, x); one that has an uncertainty names it in ``ancillary_variables``, and that says in obsarray's
    words how its errors hang together. What CF has no words for lies as JSON in the group ``estran``, for our
    reader.

    Parameters
    ----------
    product, path, overwrite, progress
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
        If there is no band, one has a name that it cannot have, or the disk is full or not writable.
    """
    import netCDF4
    import xarray.backends

    path = Path(path)
    product = with_flag_masks(product)
    bands = [band for band in product.bands.values() if band.expression is None]
    if not bands:
        raise WriteFailed("a NetCDF file needs a band", where=path)
    place: Any = xarray.backends.NetCDF4DataStore
    variables = variables_of(bands)
    with whole(path, overwrite=overwrite, kind=NETCDF) as part:
        definition = _definition(path, product, variables)
        plain = part.with_name("plain.nc")
        try:
            with alone(), for_libraries(part.parent) as known:
                dataset = netCDF4.Dataset(Path(known) / plain.name, "w", format="NETCDF4")
            try:
                with alone():
                    definition.dump_to_store(place(dataset, lock=False))
                    meter = Meter(bands, progress, f"writing {path.name}")
                    places = {
                        band.name: _Target(dataset[one.name], meter, index)
                        for one in variables
                        for index, band in _layers_of(one)
                    }
                    targets = [places[band.name] for band in bands]
                # Each block takes the lock of its own accord, so that computing goes on meanwhile.
                product = store(product, bands, targets)
                with alone():
                    _the_rest(product).dump_to_store(place(dataset, group=extras.KEY, lock=False))
            finally:
                with alone():
                    dataset.close()
        except RuntimeError as error:
            # The library reports a full disk as "NetCDF: HDF error".
            raise WriteFailed(
                "the NetCDF file could not be written; nothing is left of it",
                where=path,
                found=str(error),
                todo="see that there is space on the disk",
            ) from error
        plain.replace(part)
    return product


def _layers_of(one: Band | Stack) -> list[tuple[int | None, Band]]:
    """The bands of a variable with their indices; a band alone has none."""
    return list(enumerate(one.layers)) if isinstance(one, Stack) else [(None, one)]


def _definition(path: Path, product: Product, bands: Sequence[Band | Stack]) -> xr.Dataset:
    """All of the file but samples: dimensions, coordinates, attributes, and how each variable is kept."""
    import xarray as xr

    places, variables = _places([_shown(band).grid for band in bands])
    along = _axes([band.along for band in bands if isinstance(band, Stack)], variables)
    ancillary = ancillaries(bands)
    taken = {extras.KEY, *variables, *(dim for y, x, _ in places.values() for dim in (y, x))}
    for band in bands:
        if band.name in taken or "/" in band.name:
            free = f"a name without / that is none of {', '.join(sorted(taken))}"
            raise WriteFailed(
                f"band {band.name!r} cannot have its name in a NetCDF file",
                where=path,
                expected=free,
                todo="give it another one",
            )
        leading = (along[band.along], len(band.along)) if isinstance(band, Stack) else None
        variables[band.name] = _variable(_shown(band), *places[_shown(band).grid], leading)
        variables[band.name].attrs |= cf.ancillary_attributes(ancillary.get(band.name, ()))
    definition = xr.Dataset(variables, attrs=cf.product_attributes(product))
    plain = [band for band in bands if isinstance(band, Band)]
    if len(plain) == len(bands):  # SNAP's profile knows no variables of three dimensions
        add_profile(definition, product, plain)
    return definition


def _places(grids: Sequence[Grid]) -> tuple[dict[Grid, tuple[str, str, str]], dict[str, xr.Variable]]:
    """Names of y, x and grid mapping of each grid, and the variables that say where they lie."""
    import xarray as xr

    places: dict[Grid, tuple[str, str, str]] = {}
    variables: dict[str, xr.Variable] = {}
    mappings: dict[tuple[Any, str], str] = {}
    for grid in dict.fromkeys(grids):
        tail = f"_{len(places) + 1}" if places else ""
        y, x = (f"{name}{tail}" for name in (("lat", "lon") if grid.is_geographic and not tail else ("y", "x")))
        mapping = ""
        if grid.transform is not None and grid.crs is not None:
            mapping = mappings.setdefault((grid.transform, grid.crs), f"crs{tail}")
            variables[mapping] = xr.Variable((), np.int32(0), cf.mapping_attributes(grid, wkt="WKT1_GDAL", placed=True))
        for dim, (values, attributes) in cf.axes(grid, y, x).items():
            called = {"long_name": attributes["standard_name"]} if grid.is_geographic else {}
            variables[dim] = xr.Variable((dim,), values, attributes | called, {"_FillValue": None})
        places[grid] = y, x, mapping
    return places, variables


def _shown(one: Band | Stack) -> Band:
    return one.band if isinstance(one, Stack) else one


def _axes(wanted: Sequence[Coordinates], variables: dict[str, xr.Variable]) -> dict[Coordinates, str]:
    """Names of the dimensions of views and times, whose variables are added: "view", "view_2" of other views."""
    import xarray as xr

    found: dict[Coordinates, str] = {}
    for along in dict.fromkeys(wanted):
        count = sum(known.dim == along.dim for known in found)
        found[along] = f"{along.dim}_{count + 1}" if count else along.dim
        values, attributes = cf.axis_variable(along)
        encoding = {"units": "seconds since 1970-01-01", "dtype": "float64", "calendar": "proleptic_gregorian"}
        variables[found[along]] = xr.Variable(
            (found[along],), values, attributes, {"_FillValue": None, **(encoding if values.dtype.kind == "M" else {})}
        )
    return found


def _variable(band: Band, y: str, x: str, mapping: str, leading: tuple[str, int] | None = None) -> xr.Variable:
    """A band as xarray defines it; a Dask array that it shall not compute holds the place of the samples."""
    import dask.array
    import xarray as xr

    dtype = storage_dtype(band.data.dtype, band.name)
    attributes = cf.band_attributes(band, band.unit, dtype)
    if mapping:
        attributes["grid_mapping"] = mapping
    if band.scale != 1.0 or band.offset != 0.0:
        attributes |= {"scale_factor": float(band.scale), "add_offset": float(band.offset)}
    encoding: dict[str, Any] = {
        "compression": "zlib",
        "complevel": 4,
        "shuffle": True,
        "_FillValue": None,
    }
    if band.nodata is not None and cf.fits(band.nodata, dtype):
        encoding["_FillValue"] = dtype.type(band.nodata)
    zeros: Any = dask.array.zeros
    dims, shape = ((leading[0], y, x), (leading[1], *band.grid.shape)) if leading else ((y, x), band.grid.shape)
    encoding["chunksizes"] = (*(1,) * (len(shape) - 2), *(min(512, n) for n in band.grid.shape))
    return xr.Variable(dims, zeros(shape, dtype=dtype, chunks=-1), attributes, encoding)


def _the_rest(product: Product) -> xr.Dataset:
    """What CF has no attributes for, in the group of our reader."""
    import xarray as xr

    own: dict[str, Any] = {
        **extras.product_extras(product),
        "name": product.name,
        "scene": extras.grid_json(product.grid),
        "bands": {band.name: extras.band_extras(band) for band in product.bands.values() if band.expression is None},
        "virtual": {
            band.name: extras.band_extras(band) for band in product.bands.values() if band.expression is not None
        },
        "order": list(product.bands),
    }
    stacks = {
        one.name: {"along": extras.coordinates_json(one.along), "layers": [band.name for band in one.layers]}
        for one in variables_of(band for band in product.bands.values() if band.expression is None)
        if isinstance(one, Stack)
    }
    if stacks:
        own["stacks"] = stacks
    # In a variable, not an attribute: HDF5 limits attributes to 64 kB, which the metadata of a Sentinel-2 product
    # passes.
    text = np.frombuffer(extras.dumps(own).encode("utf-8"), np.uint8)
    attributes = {"long_name": "What CF has no attributes for: JSON in UTF-8"}
    return xr.Dataset({"product": xr.Variable(("bytes",), text, attributes, {"compression": "zlib"})})
