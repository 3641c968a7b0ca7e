"""Files as Datasets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import xarray as xr

from estran.adapters.files import extras, open_product
from estran.adapters.files.options import ReadOptions
from estran.errors import BadProduct
from estran.face import accessor as _accessor  # noqa: F401 - a Dataset of ours comes with its accessor
from estran.face.to_dataset import KEY, dataset_of
from estran.face.to_product import product_of
from estran.face.writing import ZARR, need_zarr


def open(  # noqa: A001 - estran.open, as xarray and others say it
    path: str | Path,
    *,
    scale: float | None = None,
    offset: float | None = None,
    granule: str | None = None,
    strict: bool = True,
    verify: bool = True,
    angles: Literal["metadata", "snap"] = "metadata",
    allow_remote: bool = False,
) -> xr.Dataset:
    """Open a product as a lazy Dataset; nothing is read but what describes it.

    Parameters
    ----------
    path
        A Sentinel-2 .SAFE folder, its zip or its metadata; BEAM-DIMAP (.dim); GeoTIFF; NetCDF; a Zarr store; any raster
        that GDAL reads; a folder of bands.
    scale
        Reflectance per digital number of rasters that declare none [1].
    offset
        What is added to digital numbers before they are scaled, of Sentinel-2 bands without their metadata.
    granule
        Which tile, where a product holds several ("T31TDH").
    strict
        Whether a band that the product lists and lacks is an error; else it becomes a note.
    verify
        Whether the checksums that a product carries are compared.
    angles
        Where the nodes of Sentinel-2's angle grids lie: as the product says, or as SNAP places them.
    allow_remote
        Whether a file may name others, outside the product or on the network.

    Returns
    -------
    Dataset
        A variable a band, named as SNAP names it (B2, B8A, sun_zenith). Numbers are physical, NaN without data; flags
        and classes stay integers, with their meanings. Bands of one size lie over (y, x); of several, over (y_10m,
        x_10m), (y_20m, x_20m) and so on. What was assumed is in ``attrs["notes"]``.

    Raises
    ------
    BadProduct
        It is not there, or no product.
    BadGrid
        Its pixels have no size, or one that no image has.
    UnsupportedProduct
        It is of a level or a mission that is not read.
    """
    place = Path(path)
    if place.suffix.lower() == ZARR and place.is_dir():
        return _open_zarr(place)
    options = ReadOptions(
        scale=scale,
        offset=offset,
        granule=granule,
        strict=strict,
        verify=verify,
        angles=angles,
        allow_remote=allow_remote,
    )
    return dataset_of(open_product(place, options))


def _open_zarr(path: Path) -> xr.Dataset:
    need_zarr(path)
    try:
        stored = xr.open_dataset(
            path, engine="zarr", chunks={}, consolidated=False, decode_coords="all", mask_and_scale=False
        )
        own = extras.loads(stored.attrs.get(KEY, ""))
        if own and "dates" not in own:
            # By our own arithmetic: xarray's makes doubles of counts, which differ from what the file came from in the
            # last bits.
            return dataset_of(replace(product_of(stored).product, source=str(path)))
        dataset = xr.open_dataset(path, engine="zarr", chunks={}, consolidated=False, decode_coords="all")
    except (OSError, ValueError, KeyError) as error:
        raise BadProduct(
            "the Zarr store cannot be opened",
            where=path,
            found=" ".join(str(error).split()),
            todo="see that it is whole",
        ) from error
    if not dataset.data_vars:
        raise BadProduct(
            "the Zarr store has no variables at its top",
            where=path,
            expected="bands as xarray writes them",
            todo="open the group that has them with xarray (of EOPF products, with xarray-eopf), and give that "
            "Dataset to the operators",
        )
    return dataset
