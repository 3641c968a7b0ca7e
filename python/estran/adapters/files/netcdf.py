"""Writes and reads NetCDF-4 after the CF conventions 1.11."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from affine import Affine

from estran import bounds
from estran.adapters.files import extras, names
from estran.adapters.files.dimap.colours import with_flag_masks
from estran.adapters.files.dimap.java_text import parse_utc
from estran.adapters.files.facts import platform_of
from estran.adapters.files.lazy import lazy_array
from estran.adapters.files.netcdf_header import check_classic_header
from estran.adapters.files.netcdf_profile import fits_profile, write_profile
from estran.adapters.files.places import NETCDF
from estran.adapters.files.recover_grid import grid_of_lonlat
from estran.adapters.files.scaling import as_reflectance
from estran.adapters.files.storage import Meter, storage_dtype, store
from estran.adapters.files.times import utc
from estran.adapters.files.undecodable import for_libraries
from estran.adapters.files.virtual import with_virtual_data
from estran.adapters.files.whole import whole
from estran.errors import BadGrid, BadProduct, WriteFailed
from estran.raster.grid import Grid
from estran.raster.product import Band, Element, Product
from estran.raster.scene import Progress, quiet

_CHUNK_BYTES = 500_000_000
"""Most bytes of a chunk: a whole tile of Sentinel-2 at 10 m as float32 in one has 482 million."""
_HDF5 = threading.RLock()
"""The HDF5 library is not safe for threads: one at a time, whichever files they use."""

_SIGNATURES = (b"CDF\x01", b"CDF\x02", b"CDF\x05", b"\x89HDF\r\n\x1a\n")
_COORDINATES = ("lat", "lon", "latitude", "longitude", "x", "y", "time", "crs", "spatial_ref")


_WAYS = {
    "x": frozenset({"x", "lon", "longitude", "easting", "projection_x_coordinate"}),
    "y": frozenset({"y", "lat", "latitude", "northing", "projection_y_coordinate"}),
}
"""Names, axes and standard names of coordinates that go east and north."""

_DAMAGE = (OSError, RuntimeError, UnicodeError)
"""What the NetCDF library raises on a file that is broken."""
_INCONSISTENCIES = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError)
"""What comes of attributes and dimensions that do not belong together."""
_LONGEST = 10**7
"""Most coordinates of an axis that are looked at: a header can claim any number."""
_COORDINATE_SAMPLES = 2 * 10**8
"""Most latitudes or longitudes of pixels that are looked at (a tile of Sentinel-2 at 10 m has 1.2e8)."""


def is_netcdf(path: Path) -> bool:
    """Whether a file is NetCDF, by its first bytes."""
    try:
        with Path(path).open("rb") as file:
            return file.read(8).startswith(_SIGNATURES)
    except OSError:
        return False


# ---------------------------------------------------------------- reading


class NetcdfVariable:
    """The raw samples of a variable's last two dimensions, as an array that reads when sliced; the first row is the northernmost."""

    ndim = 2

    def __init__(self, path: Path, name: str, shape: tuple[int, int], dtype: npt.DTypeLike, *, leading: int = 0, flipped: bool = False) -> None:
        self.path, self.name, self.shape, self.dtype = path, name, shape, np.dtype(dtype)
        self._leading, self._flipped = leading, flipped

    def __getitem__(self, key: Any) -> npt.NDArray[Any]:
        rows, columns = (np.arange(*piece.indices(length)) for piece, length in zip(key, self.shape, strict=True))
        if self._flipped:
            rows = self.shape[0] - 1 - rows[::-1]
        with _HDF5:
            try:
                with _opened(self.path) as dataset:
                    variable = dataset[self.name]
                    variable.set_auto_maskandscale(False)
                    at = (0,) * self._leading
                    block = variable[(*at, _slice(rows), _slice(columns))]
            except (*_DAMAGE, IndexError, ValueError) as error:
                raise BadProduct(f"band {self.name!r} cannot be read; the file is damaged", where=self.path, found=str(error), todo="copy it again") from error
        block = np.asarray(block)
        if block.dtype.itemsize == self.dtype.itemsize and block.dtype.kind == "i" and self.dtype.kind == "u":
            block = block.view(block.dtype.str.replace("i", "u"))  # NetCDF-3's _Unsigned
        return np.asarray((block[::-1] if self._flipped else block).astype(self.dtype))


def _slice(numbers: npt.NDArray[np.intp]) -> slice:
    if not len(numbers):
        return slice(0, 0)
    step = int(numbers[1] - numbers[0]) if len(numbers) > 1 else 1
    return slice(int(numbers[0]), int(numbers[-1]) + 1, step)


def _opened(path: Path) -> Any:
    import netCDF4

    with for_libraries(path) as known:
        return netCDF4.Dataset(known)


def read_netcdf(path: Path, *, scale: float | None = None) -> Product:
    """Open a NetCDF file as a product: each numeric variable over rows and columns is a band.

    The grid comes from the CF grid mapping (``crs_wkt``, else its parameters) with coordinates, else from ``lat`` and ``lon`` arrays that turn out to lie on a
    regular UTM or geographic grid (SNAP writes those alone; what was recovered is noted), else there is none. Samples stay raw.

    Parameters
    ----------
    path
        A NetCDF file.
    scale
        As for :func:`estran.adapters.files.geotiff.read_raster`.

    Raises
    ------
    BadProduct
        If it is damaged, or holds no raster.
    """
    path = Path(path)
    check_classic_header(path)
    with _HDF5:
        try:
            dataset = _opened(path)
        except _DAMAGE as error:
            raise BadProduct("the NetCDF file cannot be opened; it is truncated or damaged", where=path, found=str(error), todo="copy it again") from error
        with dataset:
            try:
                product, ours = _product(path, dataset)
            except (*_DAMAGE, *_INCONSISTENCIES) as error:
                raise BadProduct("the NetCDF file is damaged or inconsistent", where=path, found=str(error), todo="copy it again") from error
    return product if ours else as_reflectance(product, scale)


def _product(path: Path, dataset: Any) -> tuple[Product, bool]:
    own = _our_json(dataset)
    notes: list[str] = []
    bands: dict[str, Band] = {}
    grids: dict[tuple[str, ...], tuple[Grid, bool]] = {}
    for name, variable in dataset.variables.items():
        if not _is_band(name, variable):
            continue
        dims = tuple(variable.dimensions[-2:])
        _refuse_turned(path, dataset, name, dims)
        mapping = str(getattr(variable, "grid_mapping", "")).split(":")[0].strip()
        if (*dims, mapping) not in grids:
            grids[*dims, mapping] = _grid(dataset, variable, dims, mapping, notes)
        grid, flipped = grids[*dims, mapping]
        label = name if own else names.tidy(name)
        bands[label] = _band(path, name, label, variable, grid, flipped, own.get("bands", {}).get(name, {}))
    if not bands:
        raise BadProduct(
            "the NetCDF file holds no raster",
            where=path,
            expected="a numeric variable over rows and columns",
            found=", ".join(f"{name}({', '.join(v.dimensions)})" for name, v in dataset.variables.items()) or "nothing",
            todo="write each band as a variable of its own, with rows and columns as its last dimensions and no others longer than 1, outside of groups",
        )
    attributes = {key: dataset.getncattr(key) for key in dataset.ncattrs()}
    name = own.get("name") or path.stem
    scene = max((grid for grid, _ in grids.values()), key=lambda g: g.width * g.height)
    product = Product(
        name=name,
        grid=Grid(own["scene"][0], own["scene"][1], _of_list(own["scene"][2]), own["scene"][3]) if "scene" in own else scene,
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
        virtual = {n: extras.with_band_extras(Band(n, None, product.grid), data) for n, data in own.get("virtual", {}).items()}
        every = {**product.bands, **virtual}
        product = with_virtual_data(replace(product, bands={n: every[n] for n in own.get("order", every) if n in every}))
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
    return all(size == 1 for size in variable.shape[:-2]) and min(variable.shape[-2:]) > 0 and name not in variable.dimensions


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


def _band(path: Path, name: str, label: str, variable: Any, grid: Grid, flipped: bool, own: Mapping[str, Any]) -> Band:
    attributes = {key: variable.getncattr(key) for key in variable.ncattrs()}
    dtype = np.dtype(variable.dtype)
    if str(attributes.get("_Unsigned", "")).lower() == "true" and dtype.kind == "i":
        dtype = np.dtype(dtype.str.replace("i", "u"))
    _check_chunks(path, name, variable)
    source = NetcdfVariable(path, name, grid.shape, dtype.newbyteorder("="), leading=variable.ndim - 2, flipped=flipped)
    nodata = attributes.get("_FillValue", attributes.get("missing_value"))
    if own:
        nodata = own.get("nodata")
    elif nodata is not None:
        # A signed fill of an _Unsigned variable means the same bits.
        nodata = float(np.asarray(nodata).ravel()[0].astype(dtype))
    band = Band(
        name=label,
        data=lazy_array(source, path, name),
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
            unit = str(attributes.get("radiation_wavelength_unit", attributes.get("radiation_wavelength_units", "nm"))).strip().lower()
            factor = {"um": 1e3, "µm": 1e3, "micrometer": 1e3, "m": 1e9}.get(unit, 1.0)
            return float(attributes[key]) * factor or None
    return None


def _time(value: Any) -> datetime | None:
    return (parse_utc(str(value)) or utc(str(value))) if value else None


def _grid(dataset: Any, variable: Any, dims: tuple[str, ...], mapping: str, notes: list[str]) -> tuple[Grid, bool]:
    """The grid of a variable, and whether its first row is the southernmost."""
    height, width = variable.shape[-2:]
    crs = _mapping_crs(dataset.variables[mapping]) if mapping in dataset.variables else None
    y, x = (_axis(dataset, name) for name in dims)
    if x is not None and y is not None:
        if crs is None and _is_degrees(dataset, dims):
            crs = "EPSG:4326"
        flipped = len(y) > 1 and y[1] > y[0]
        y = y[::-1] if flipped else y
        transform = _regular(x, y, dataset.variables.get(mapping))
        if transform is not None:
            if crs is None:
                notes.append("The file has map coordinates but no CRS.")
            return Grid(width, height, transform, crs), flipped
        notes.append("The file's coordinates are not evenly spaced: it has no map grid here.")
        return Grid(width, height), False
    lat, lon = (_twin(dataset, variable, choices, (height, width)) for choices in (("lat", "latitude"), ("lon", "longitude")))
    if lat is not None and lon is not None:
        grid = grid_of_lonlat(lon, lat)
        if grid is not None:
            notes.append(f"The file has no map grid; latitude and longitude of its pixels lie on a regular grid in {grid.crs}, which is used.")
            return grid, False
    notes.append("The file has no map grid that can be used.")
    return Grid(width, height), False


def _mapping_crs(variable: Any) -> str | None:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    attributes = {key: variable.getncattr(key) for key in variable.ncattrs()}
    wkt = attributes.get("crs_wkt") or attributes.get("spatial_ref")
    try:
        crs = CRS.from_wkt(str(wkt)) if wkt else CRS.from_cf({k: (v.tolist() if isinstance(v, np.generic | np.ndarray) else v) for k, v in attributes.items()})
    except (CRSError, KeyError, ValueError):
        raise BadGrid("the grid mapping cannot be understood", where=variable.name, found=str(wkt)[:80]) from None
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else crs.to_wkt()


def _axis(dataset: Any, name: str) -> npt.NDArray[np.float64] | None:
    variable = dataset.variables.get(name)
    if variable is None or variable.ndim != 1 or getattr(variable.dtype, "kind", "O") not in "iuf" or variable.size > _LONGEST:
        return None
    return np.asarray(variable[:], np.float64)


def _is_degrees(dataset: Any, dims: Sequence[str]) -> bool:
    return all(str(getattr(dataset.variables[name], "units", "")).lower().startswith("degree") for name in dims)


def _regular(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], mapping: Any) -> Affine | None:
    written = str(getattr(mapping, "GeoTransform", "")).split() if mapping is not None else []
    if len(written) == 6:
        # GDAL's order; exact where the step is not a round number.
        c, a, b, f, d, e = (float(v) for v in written)
        if abs(x[0] - (c + a / 2)) <= abs(a) * 1e-3 and abs(y[0] - (f + e / 2)) <= abs(e) * 1e-3 and not b and not d:
            return Affine(a, b, c, d, e, f)
    steps = []
    for axis in (x, y):
        if len(axis) < 2:
            return None
        step = (axis[-1] - axis[0]) / (len(axis) - 1)
        if step == 0 or np.max(np.abs(np.diff(axis) - step)) > abs(step) * 1e-2:
            return None
        steps.append(float(step))
    return Affine(steps[0], 0.0, float(x[0]) - steps[0] / 2, 0.0, steps[1], float(y[0]) - steps[1] / 2)


def _twin(dataset: Any, variable: Any, choices: Sequence[str], shape: tuple[int, int]) -> npt.NDArray[np.float64] | None:
    for name in (*str(getattr(variable, "coordinates", "")).split(), *choices):
        if name in choices and name in dataset.variables and dataset[name].shape == shape and dataset[name].size <= _COORDINATE_SAMPLES:
            return np.ma.filled(np.ma.asarray(dataset[name][:], np.float64), np.nan)
    return None


def _snap_metadata(dataset: Any) -> tuple[Element, ...]:
    """The metadata tree that SNAP's NetCDF writer keeps as groups."""
    group = dataset.groups.get("Metadata_Group")
    return tuple(_element(child) for child in group.groups.values()) if group is not None else ()


def _element(group: Any) -> Element:
    values = {key: group.getncattr(key) for key in group.ncattrs()}
    attributes = {key: value.tolist() if isinstance(value, np.generic | np.ndarray) else value for key, value in values.items()}
    return Element(group.name, attributes, tuple(_element(child) for child in group.groups.values()))


def _of_list(values: Sequence[float] | None) -> Affine | None:
    return None if values is None else Affine(*values)


# ---------------------------------------------------------------- writing


class _Target:
    """A variable that is being written, by slices."""

    ndim = 2

    def __init__(self, variable: Any, shape: tuple[int, int], dtype: np.dtype[Any], written: Any) -> None:
        self.variable, self.shape, self.dtype, self._written = variable, shape, dtype, written

    def __setitem__(self, key: tuple[slice, slice], block: npt.NDArray[Any]) -> None:
        with _HDF5:
            self.variable[key] = np.ascontiguousarray(block, dtype=self.dtype)
        self._written(block.size)


def write_netcdf(product: Product, path: Path, *, overwrite: bool = False, progress: Progress = quiet) -> None:
    """Write a product as NetCDF-4 after CF 1.11, whole or not at all.

    Each band is a compressed variable with its own type, ``scale_factor``, ``add_offset``, ``_FillValue``, ``units``, ``long_name``, ``flag_masks`` or
    ``flag_values`` with ``flag_meanings``; the grid is a ``grid_mapping`` variable (``crs_wkt``, and GDAL's ``GeoTransform``) with pixel centres
    as coordinates. Where all bands lie on one map grid the file also carries SNAP's own profile, so that SNAP finds geocoding, masks and colours.
    Bands of other sizes have dimensions of their own (y_2, x_2). What CF has no words for lies as JSON in the group ``estran``, for our reader.

    Parameters
    ----------
    product, path, overwrite, progress
        As for :func:`estran.adapters.files.write_product`.

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
            with _HDF5, for_libraries(part.parent) as known:
                dataset = netCDF4.Dataset(Path(known) / plain.name, "w", format="NETCDF4")
            try:
                with _HDF5:
                    _describe(dataset, product)
                    dims = _write_grids(dataset, bands)
                    meter = Meter(bands, progress, f"writing {path.name}")
                    targets = [_define(dataset, band, dims[band.grid], meter) for band in bands]
                    if fits_profile(product, bands):
                        write_profile(dataset, product, bands)
                # Each block takes the lock of its own accord, so that computing goes on meanwhile.
                store(bands, targets)
            finally:
                with _HDF5:
                    dataset.close()
        except RuntimeError as error:
            # The library reports a full disk as "NetCDF: HDF error".
            raise WriteFailed(
                "the NetCDF file could not be written; nothing is left of it", where=path, found=str(error), todo="see that there is space on the disk"
            ) from error
        plain.replace(part)


def _describe(dataset: Any, product: Product) -> None:
    grid = product.grid
    scene = [grid.width, grid.height, list(grid.transform)[:6] if grid.transform is not None else None, grid.crs]
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
