"""Writes NetCDF-4 after the CF conventions 1.11."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.adapters.files import extras
from estran.adapters.files.dimap.colours import with_flag_masks
from estran.adapters.files.netcdf.library import HDF5
from estran.adapters.files.netcdf.profile import fits_profile, write_profile
from estran.adapters.files.places import NETCDF
from estran.adapters.files.storage import Meter, storage_dtype, store
from estran.adapters.files.undecodable import for_libraries
from estran.adapters.files.whole import whole
from estran.errors import WriteFailed
from estran.raster.grid import Grid
from estran.raster.product import Band, Product
from estran.raster.scene import Progress, quiet


class _Target:
    """A variable that is being written, by slices."""

    ndim = 2

    def __init__(self, variable: Any, shape: tuple[int, int], dtype: np.dtype[Any], written: Any) -> None:
        self.variable, self.shape, self.dtype, self._written = variable, shape, dtype, written

    def __setitem__(self, key: tuple[slice, slice], block: npt.NDArray[Any]) -> None:
        with HDF5:
            self.variable[key] = np.ascontiguousarray(block, dtype=self.dtype)
        self._written(block.size)


def write_netcdf(product: Product, path: Path, *, overwrite: bool = False, progress: Progress = quiet) -> Product:
    """Write a product as NetCDF-4 after CF 1.11, whole or not at all.

    Each band is a compressed variable with its own type, ``scale_factor``, ``add_offset``, ``_FillValue``, ``units``, ``long_name``, ``flag_masks`` or
    ``flag_values`` with ``flag_meanings``; the grid is a ``grid_mapping`` variable (``crs_wkt``, and GDAL's ``GeoTransform``) with pixel centres
    as coordinates. Where all bands lie on one map grid the file also carries SNAP's own profile, so that SNAP finds geocoding, masks and colours.
    Bands of other sizes have dimensions of their own (y_2, x_2). What CF has no words for lies as JSON in the group ``estran``, for our reader.

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
        If there is no band, or the disk is full or not writable.
    """
    import netCDF4

    path = Path(path)
    product = with_flag_masks(product)
    bands = [band for band in product.bands.values() if band.expression is None]
    if not bands:
        raise WriteFailed("a NetCDF file needs a band", where=path)
    with whole(path, overwrite=overwrite, kind=NETCDF) as part:
        plain = part.with_name("plain.nc")
        try:
            with HDF5, for_libraries(part.parent) as known:
                dataset = netCDF4.Dataset(Path(known) / plain.name, "w", format="NETCDF4")
            try:
                with HDF5:
                    _describe(dataset, product)
                    dims = _write_grids(dataset, bands)
                    meter = Meter(bands, progress, f"writing {path.name}")
                    targets = [_define(dataset, band, dims[band.grid], meter) for band in bands]
                    if fits_profile(product, bands):
                        write_profile(dataset, product, bands)
                # Each block takes the lock of its own accord, so that computing goes on meanwhile.
                product = store(product, bands, targets)
                with HDF5:
                    _keep_the_rest(dataset, product)
            finally:
                with HDF5:
                    dataset.close()
        except RuntimeError as error:
            # The library reports a full disk as "NetCDF: HDF error".
            raise WriteFailed(
                "the NetCDF file could not be written; nothing is left of it", where=path, found=str(error), todo="see that there is space on the disk"
            ) from error
        plain.replace(part)
    return product


def _describe(dataset: Any, product: Product) -> None:
    attributes = {
        "Conventions": "CF-1.11",
        "title": product.name,
        "product_type": product.kind,
        "platform": product.platform,
        "comment": product.description,
        "time_coverage_start": _time_text(product.start),
        "time_coverage_end": _time_text(product.stop),
    }
    dataset.setncatts({key: value for key, value in attributes.items() if value})


def _keep_the_rest(dataset: Any, product: Product) -> None:
    """What CF has no attributes for, in the group of our reader."""
    grid = product.grid
    scene = [grid.width, grid.height, list(grid.transform)[:6] if grid.transform is not None else None, grid.crs]
    own = {
        **extras.product_extras(product),
        "name": product.name,
        "scene": scene,
        "bands": {band.name: extras.band_extras(band) for band in product.bands.values() if band.expression is None},
        "virtual": {band.name: extras.band_extras(band) for band in product.bands.values() if band.expression is not None},
        "order": list(product.bands),
    }
    # In a variable, not an attribute: HDF5 limits attributes to 64 kB, which the metadata of a Sentinel-2 product passes.
    group = dataset.createGroup(extras.KEY)
    text = np.frombuffer(extras.dumps(own).encode("utf-8"), np.uint8)
    group.createDimension("bytes", len(text))
    variable = group.createVariable("product", "u1", ("bytes",), compression="zlib")
    variable.long_name = "What CF has no attributes for: JSON in UTF-8"
    variable[:] = text


def _time_text(moment: datetime | None) -> str:
    """ISO 8601 in UTC without an offset: SNAP reads no time that carries one."""
    return "" if moment is None else moment.astimezone(UTC).replace(tzinfo=None).isoformat()


def _write_grids(dataset: Any, bands: Sequence[Band]) -> dict[Grid, tuple[str, str, str]]:
    """Dimensions, coordinates and grid mapping for each grid: names of y, x and mapping."""
    from pyproj import CRS

    dims: dict[Grid, tuple[str, str, str]] = {}
    mappings: dict[tuple[Any, str], str] = {}
    for band in bands:
        grid = band.grid
        if grid in dims:
            continue
        tail = f"_{len(dims) + 1}" if dims else ""
        crs = CRS.from_user_input(grid.crs) if grid.crs else None
        y, x = ("lat", "lon") if crs is not None and crs.is_geographic and not tail else ("y", "x")
        y, x = y + tail, x + tail
        dataset.createDimension(y, grid.height)
        dataset.createDimension(x, grid.width)
        mapping = ""
        if grid.transform is not None:
            t = grid.transform
            if crs is not None:
                mapping = mappings.setdefault((t, str(grid.crs)), f"crs{tail}")
                variable = dataset.createVariable(mapping, "i4", ())
                variable.setncatts(_plain(crs.to_cf()))
                variable.spatial_ref = crs.to_wkt("WKT1_GDAL")
                variable.GeoTransform = " ".join(repr(float(v)) for v in (t.c, t.a, t.b, t.f, t.d, t.e))
            if not t.b and not t.d:
                _write_axis(dataset, x, t.c + t.a * (np.arange(grid.width) + 0.5), "x", crs)
                _write_axis(dataset, y, t.f + t.e * (np.arange(grid.height) + 0.5), "y", crs)
        dims[grid] = y, x, mapping
    return dims


def _plain(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in attributes.items() if value is not None and value != ""}


def _write_axis(dataset: Any, name: str, values: npt.NDArray[np.floating], axis: str, crs: Any) -> None:
    variable = dataset.createVariable(name, "f8", (name,))
    variable[:] = values
    if crs is not None and crs.is_geographic:
        word = "longitude" if axis == "x" else "latitude"
        variable.setncatts({"standard_name": word, "units": "degrees_east" if axis == "x" else "degrees_north", "long_name": word})
    elif crs is not None:
        variable.setncatts({"standard_name": f"projection_{axis}_coordinate", "units": crs.axis_info[0].unit_name.replace("metre", "m")})
    variable.axis = axis.upper()


def _define(dataset: Any, band: Band, dims: tuple[str, str, str], meter: Meter) -> _Target:
    dtype = storage_dtype(band.data.dtype, band.name)
    fill: Any = False if band.nodata is None or not _fits(band.nodata, dtype) else dtype.type(band.nodata)
    variable = dataset.createVariable(
        band.name, dtype, dims[:2], compression="zlib", complevel=4, shuffle=True, fill_value=fill, chunksizes=tuple(min(512, n) for n in band.grid.shape)
    )
    variable.set_auto_maskandscale(False)
    attributes: dict[str, Any] = {"long_name": band.description, "units": band.unit, "valid_pixel_expression": band.valid, "grid_mapping": dims[2]}
    variable.setncatts({key: value for key, value in attributes.items() if value})
    if band.scale != 1.0 or band.offset != 0.0:
        variable.setncatts({"scale_factor": float(band.scale), "add_offset": float(band.offset)})
    if band.wavelength:
        variable.setncatts({"radiation_wavelength": float(band.wavelength), "radiation_wavelength_unit": "nm"})
    for key, value in extras.flag_attributes(band.coding).items():
        # CF wants the type of the variable; a signed one holds its highest bit as sign.
        variable.setncattr(key, value if isinstance(value, str) else np.asarray(value, np.int64).astype(dtype))
    return _Target(variable, band.grid.shape, dtype, meter)


def _fits(value: float, dtype: np.dtype[Any]) -> bool:
    if dtype.kind == "f":
        return True
    limits = np.iinfo(dtype)
    return not np.isnan(value) and limits.min <= value <= limits.max
