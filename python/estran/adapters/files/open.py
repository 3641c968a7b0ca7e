"""The doors: open whatever is a product, write to whatever the ending says."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from estran.adapters.files.claims import followed
from estran.adapters.files.leftovers import recover
from estran.adapters.files.options import DEFAULT, ReadOptions
from estran.adapters.files.places import FORMATS, place_of
from estran.adapters.files.undecodable import as_text, is_text
from estran.errors import BadProduct
from estran.raster.product import Product
from estran.raster.scene import Progress, quiet

__all__ = ["FORMATS", "open_product", "write_product"]


def open_product(path: Path, options: ReadOptions = DEFAULT, *, progress: Progress = quiet) -> Product:
    """Open a product, whatever its format; nothing is read but what describes it.

    Parameters
    ----------
    path
        A .SAFE folder, its zip or its metadata XML; BEAM-DIMAP; GeoTIFF; NetCDF; any raster that GDAL reads;
        or a folder of single-band rasters of the same ground.
    options
        What the user asks of the readers.
    progress
        How far it is.

    Raises
    ------
    BadProduct
        If it is not there, or not a product.
    BadGrid
        If its pixels have no size, or one that no image has.
    """
    path = Path(path)
    _refuse_address(path)
    product = _open(path, options, progress)
    for grid in {product.grid, *(band.grid for band in product.bands.values())}:
        grid.refuse_absurd(path)
    return product if is_text(path.absolute()) else as_text(product)


def _open(path: Path, options: ReadOptions, progress: Progress) -> Product:
    if not path.exists():
        recover(path)  # a replacement that was killed half-way may have it ready
    if not path.exists():
        raise BadProduct("there is no such file or folder", where=path)
    from estran.adapters.files.dimap.read import is_dimap, read_dimap
    from estran.adapters.files.scaling import as_reflectance

    if path.is_file() and is_dimap(path):
        return as_reflectance(read_dimap(path, remote=options.allow_remote), options.scale, assume=False)
    if path.is_dir() and path.suffix.lower() == ".data" and path.with_suffix(".dim").is_file():
        return as_reflectance(
            read_dimap(path.with_suffix(".dim"), remote=options.allow_remote), options.scale, assume=False
        )
    if path.suffix.lower() == ".dim":
        raise BadProduct(
            "this is not a BEAM-DIMAP product", where=path, expected="an XML document that starts with Dimap_Document"
        )
    from estran.adapters.files.safe import is_safe, read_safe
    from estran.adapters.files.unread import choose_product, refuse_empty_safe, refuse_unread

    refuse_unread(path)
    if is_safe(path):
        return read_safe(
            path,
            progress=progress,
            strict=options.strict,
            tile=options.granule,
            offset=options.offset,
            compare_sums=options.verify,
            angle_nodes=options.angles,
        )
    if path.is_dir():
        chosen = choose_product(path, options.granule)
        if chosen is not None:
            return open_product(chosen, options, progress=progress)
        refuse_empty_safe(path)
    from estran.adapters.files.loose_bands import refuse_loose_bands, scale_of, with_offset

    refuse_loose_bands(path, options.offset, remote=options.allow_remote)
    scale = scale_of(path, options.scale, options.offset)
    return with_offset(_open_raster(path, replace(options, scale=scale)), options.offset)


def _open_raster(path: Path, options: ReadOptions) -> Product:
    if path.is_dir():
        return _open_folder(path, options)
    from estran.adapters.files.netcdf.read import is_netcdf, read_netcdf

    if is_netcdf(path):
        return read_netcdf(path, scale=options.scale)
    from estran.adapters.files.geotiff.read import read_raster
    from estran.adapters.files.landsat import is_mtl

    if is_mtl(path):
        return _open_folder(path.parent, options)
    return read_raster(path, scale=options.scale, remote=options.allow_remote)


def _open_folder(folder: Path, options: ReadOptions) -> Product:
    """A folder of rasters; one that holds one product in another format is that product."""
    inner = sorted(folder.glob("*.dim")) or sorted(folder.glob("*.nc"))
    if len(inner) > 1:
        raise BadProduct(
            "the folder holds several products",
            where=folder,
            found=", ".join(p.name for p in inner),
            todo="name one of them",
        )
    if inner:
        # An offset is added to the whole folder's bands, once.
        return open_product(inner[0], ReadOptions(scale=options.scale, allow_remote=options.allow_remote))
    from estran.adapters.files.geotiff.folder import read_folder

    return read_folder(folder, scale=options.scale, remote=options.allow_remote)


def _refuse_address(path: Path) -> None:
    """Say what to do about an address or a name of GDAL's for one, and about what is neither file nor folder."""
    text = str(path).replace("\\", "/")
    if re.match(r"([a-z][a-z0-9+]+:/|/vsi)", text, re.IGNORECASE) and not path.exists():
        here = text.lower().startswith("file:")
        todo = "give its path without file:" if here else "download it and give the file; a zip is read as it is"
        raise BadProduct("products are read from files, not from addresses", where=path, todo=todo)
    if path.exists() and not path.is_file() and not path.is_dir():
        raise BadProduct("this is neither a file nor a folder", where=path, todo="save it as a file, and give that")


def write_product(
    product: Product, path: Path, format_name: str = "", *, overwrite: bool = False, progress: Progress = quiet
) -> Path:
    """Write a product, whole or not at all.

    Parameters
    ----------
    product
        What to write; Dask bands are computed chunk by chunk, all in one pass.
    path
        NAME.dim (BEAM-DIMAP), NAME.tif (cloud-optimised GeoTIFF) or NAME.nc (NetCDF-CF).
    format_name
        "BEAM-DIMAP", "GeoTIFF" or "NetCDF4-CF", as in SNAP: the format whatever the name's ending, which is added where
        it lacks. "" goes by the ending.
    overwrite
        Whether a product that is there is replaced, once the new one is whole.
    progress
        Called with the fraction of samples written.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    BadParameter
        If neither format nor ending is known.
    TargetExists
        If it is there and may not be replaced.
    TargetBusy
        If another run is writing it.
    WriteFailed
        If it could not be written whole.
    """
    place = place_of(path, format_name)
    # Writers name the product after its file: a link's is that where it points.
    _writer(place.ending)(as_text(product), followed(place.path), overwrite=overwrite, progress=progress)
    return place.path


def _writer(ending: str) -> Callable[..., Product]:
    if ending == ".dim":
        from estran.adapters.files.dimap.write import write_dimap

        return write_dimap
    if ending == ".tif":
        from estran.adapters.files.geotiff.write import write_geotiff

        return write_geotiff
    from estran.adapters.files.netcdf.write import write_netcdf

    return write_netcdf
