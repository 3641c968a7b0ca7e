"""The doors: open whatever is a product, write to whatever the ending says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from estran.errors import BadParameter, BadProduct
from estran.raster.product import Product
from estran.raster.scene import Progress, quiet

WRITERS = (".dim", ".tif", ".nc")


def open_product(path: Path, *, progress: Progress = quiet) -> Product:
    """Open a product, whatever its format; nothing is read but what describes it.

    Parameters
    ----------
    path
        A .SAFE folder, its zip or its metadata XML; BEAM-DIMAP; GeoTIFF; NetCDF; any raster that GDAL reads;
        or a folder of single-band rasters of the same ground.

    Raises
    ------
    BadProduct
        If it is not there or not a product.
    """
    path = Path(path)
    if not path.exists():
        from estran.adapters.files.whole import recover

        recover(path)  # a replacement that was killed half-way may have it ready
    if not path.exists():
        raise BadProduct("there is no such file or folder", where=path)
    from estran.adapters.files.dimap.read import is_dimap, read_dimap

    if path.is_file() and is_dimap(path):
        return read_dimap(path)
    from estran.adapters.files.safe import is_safe, read_safe

    if is_safe(path):
        return read_safe(path, progress=progress)
    if path.suffix.lower() == ".dim":
        raise BadProduct("this is not a BEAM-DIMAP product", where=path, expected="an XML document that starts with Dimap_Document")
    if path.suffix.lower() == ".data" and path.with_suffix(".dim").is_file():
        return read_dimap(path.with_suffix(".dim"))
    from estran.adapters.files.geotiff import read_folder, read_raster
    from estran.adapters.files.netcdf import is_netcdf, read_netcdf

    if path.is_dir():
        return read_folder(path)
    return read_netcdf(path) if is_netcdf(path) else read_raster(path)


def write_product(product: Product, path: Path, *, overwrite: bool = False, progress: Progress = quiet) -> None:
    """Write a product in the format of the ending, whole or not at all.

    Parameters
    ----------
    product
        What to write; Dask bands are computed chunk by chunk, all in one pass.
    path
        NAME.dim (BEAM-DIMAP), NAME.tif (cloud-optimised GeoTIFF) or NAME.nc (NetCDF-CF).
    overwrite
        Whether a product that is there is replaced, once the new one is whole.
    progress
        Called with the share of samples written.

    Raises
    ------
    BadParameter
        If the ending is not one of these.
    TargetExists, WriteFailed
        As the writers say.
    """
    _writer(Path(path))(product, Path(path), overwrite=overwrite, progress=progress)


def _writer(path: Path) -> Callable[..., None]:
    ending = path.suffix.lower()
    if ending == ".dim":
        from estran.adapters.files.dimap.write import write_dimap

        return write_dimap
    if ending in (".tif", ".tiff"):
        from estran.adapters.files.geotiff import write_geotiff

        return write_geotiff
    if ending == ".nc":
        from estran.adapters.files.netcdf import write_netcdf

        return write_netcdf
    raise BadParameter("the ending of the output is not known", where=path, expected=", ".join(WRITERS), found=ending or "none")
