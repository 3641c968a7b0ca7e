"""Reads any raster that GDAL reads, with bands named as SNAP names them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from affine import Affine

from estran.adapters.files import extras, landsat, names, reach
from estran.adapters.files.facts import platform_of
from estran.adapters.files.gdal import fact_of, opened
from estran.adapters.files.geotiff.samples import RasterBand
from estran.adapters.files.geotiff.snap import snap_document, snap_product
from estran.adapters.files.lazy import lazy_array
from estran.adapters.files.scaling import as_reflectance
from estran.adapters.files.virtual import with_virtual_data
from estran.errors import BadProduct, UnsupportedProduct
from estran.raster.grid import Grid
from estran.raster.product import Band, Product

_FOREIGN = "\0foreign"


def read_raster(path: Path, *, scale: float | None = None, remote: bool = False) -> Product:
    """Open one raster file as a product: each band under its description, or a name from the file's.

    Parameters
    ----------
    path
        GeoTIFF, JPEG 2000 or anything else that GDAL reads.
    scale
        Reflectance per digital number, for spectral bands whose file declares no scaling. None looks at the samples, as
        :func:`estran.adapters.files.scaling.as_reflectance` says.
    remote
        Whether it may name files elsewhere, or on the network.

    Raises
    ------
    BadProduct
        If GDAL cannot open it.
    """
    path = Path(path)
    product = read_stored(path, remote)
    if product.kind != _FOREIGN:
        return product
    landsat.refuse_level2(path.name)
    mtl = landsat.mtl_beside(path)
    if mtl is not None:
        name = names.file_band(path.stem, mtl.platform)[1]
        if len(product.bands) == 1:
            product = replace(product, bands={name: replace(next(iter(product.bands.values())), name=name)})
        product = landsat.with_mtl(product, mtl, landsat.numbers_of({name: path.stem}))
    return as_reflectance(replace(product, kind=""), scale)


def read_stored(path: Path, remote: bool = False) -> Product:
    """Open one raster file as a product, its samples and names as the file has them.

    Raises
    ------
    BadProduct
        If GDAL cannot open it, or it has no bands of its own.
    UnsupportedProduct
        If all its samples are complex numbers.
    """
    from rasterio.errors import RasterioError

    pam = reach.check(path, remote=remote)
    try:
        with opened(path, remote=remote, pam=pam) as dataset:
            reach.check_opened(dataset, path, remote=remote)
            if dataset.count == 0:
                raise BadProduct(
                    "the file has no bands of its own",
                    where=path,
                    found=f"{len(dataset.subdatasets)} subdatasets",
                    todo="open one of them",
                )
            return _product(path, dataset, remote)
    except RasterioError as error:
        raise BadProduct(
            "this is not a product",
            where=path,
            expected="SAFE, BEAM-DIMAP, GeoTIFF, NetCDF or another raster",
            found=str(error),
            todo=""
            if remote
            else "save it as GeoTIFF; rare formats, which may name other files, are opened with --allow-remote",
        ) from error


def _product(path: Path, dataset: Any, remote: bool) -> Product:
    grid = Grid(dataset.width, dataset.height, *_georeference(dataset))
    document = snap_document(path) if dataset.driver == "GTiff" else None
    if document is not None:
        return snap_product(path, dataset, document)
    tags: dict[str, str] = fact_of(dataset.tags, {})
    own = extras.loads(tags.get(extras.KEY, ""))
    notes: list[str] = []
    found: list[Any] = fact_of(lambda: list(dataset.descriptions), [])
    if not found:
        notes.append("The names of its bands are not in UTF-8 and are left out.")
        found = [None] * dataset.count
    platform = own.get("platform") or platform_of(path.stem)
    if own:
        labels: Sequence[str] = [name or f"band_{i}" for i, name in enumerate(found, 1)]
    elif all(found) and len(set(found)) == len(found):
        labels = [names.tidy(name) for name in found]
    elif dataset.count == 1:
        labels = [names.file_band(path.stem, platform)[1]]
    else:
        labels, note = names.unnamed(dataset.count)
        notes.append(note)
    masked, alpha = (frozenset(), None) if own else _masked(dataset)
    bands, left = {}, []
    for number, name in enumerate(labels, 1):
        if "complex" in dataset.dtypes[number - 1]:
            left.append(name)
            continue
        bands[name] = _band(
            path, dataset, number, name, grid, platform, remote, is_masked=number in masked, alpha=alpha
        )
    if masked:
        notes.append(f"{path.name} has a mask or an alpha band: what it hides is no data.")
    if left and not bands:
        raise UnsupportedProduct(
            "the samples are complex numbers, as of radar",
            where=path,
            expected="real samples",
            found=dataset.dtypes[0],
            todo="give an optical product",
        )
    if left:
        notes.append(f"Bands of complex numbers are left out: {', '.join(left)}.")
    product = Product(
        name=own.get("name") or path.stem,
        grid=grid,
        bands=bands,
        kind="" if own else _FOREIGN,
        platform=platform,
        description=tags.get("TIFFTAG_IMAGEDESCRIPTION", "") if own else "",
        source=str(path),
    )
    if own:
        product = with_virtual_data(_with_virtual(extras.with_product_extras(product, own), own))
    return product.with_notes(*notes)


def _with_virtual(product: Product, own: Any) -> Product:
    virtual = {
        name: extras.with_band_extras(Band(name, None, product.grid), data)
        for name, data in own.get("virtual", {}).items()
    }
    order = own.get("order") or [*product.bands, *virtual]
    every = {**product.bands, **virtual}
    return replace(product, bands={name: every[name] for name in order if name in every})


def _band(
    path: Path,
    dataset: Any,
    number: int,
    name: str,
    grid: Grid,
    platform: str,
    remote: bool,
    *,
    is_masked: bool = False,
    alpha: int | None = None,
) -> Band:
    tags: dict[str, str] = fact_of(lambda: dataset.tags(number), {})
    own = extras.loads(tags.get(extras.KEY, ""))
    stored = dataset.dtypes[number - 1]
    nodata = dataset.nodatavals[number - 1]
    masked_value = None
    if is_masked:
        masked_value = nodata if nodata is not None else 0.0 if np.dtype(stored).kind in "iu" else float("nan")
        nodata = masked_value
    data = lazy_array(
        RasterBand(
            path,
            number,
            grid.shape,
            stored,
            own.get("dtype", stored),
            remote=remote,
            masked_value=masked_value,
            alpha=alpha,
        ),
        path,
        number,
    )
    band = Band(
        name=name,
        data=data,
        grid=grid,
        scale=float(dataset.scales[number - 1]),
        offset=float(dataset.offsets[number - 1]),
        nodata=own.get("nodata") if own else None if nodata is None else float(nodata),
        unit=fact_of(lambda: dataset.units[number - 1], "") or "",
        coding=extras.coding_of(own.get("coding", {}).get("name", name), tags, own),
        wavelength=None if own else nominal_wavelength(name, platform),
    )
    return extras.with_band_extras(band, own)


def _masked(dataset: Any) -> tuple[frozenset[int], int | None]:
    """The bands whose pixels a mask of the file hides, and the alpha band, which GDAL takes for a mask only where it is
    of 8 or 16 bits.
    """
    from rasterio.enums import ColorInterp, MaskFlags

    colours: Any = fact_of(lambda: dataset.colorinterp, ())
    alpha = next((number for number, kind in enumerate(colours, 1) if kind == ColorInterp.alpha), None)
    if alpha is not None:
        return frozenset(dataset.indexes) - {alpha}, alpha
    flags: Any = fact_of(lambda: dataset.mask_flag_enums, ())
    return frozenset(number for number, kinds in enumerate(flags, 1) if MaskFlags.per_dataset in kinds), None


def nominal_wavelength(name: str, platform: str) -> float | None:
    """The wavelength of a band of Sentinel-2 by its name [nm]; None for other names, and on other platforms."""
    if platform and not platform.startswith("Sentinel-2"):
        return None
    from estran.sensors.bands import SENTINEL2

    return next((band.wavelength for band in SENTINEL2 if band.name == name), None)


def _georeference(dataset: Any) -> tuple[Affine | None, str | None]:
    if dataset.transform.is_identity and dataset.crs is None:
        return None, None
    crs = None
    if dataset.crs is not None:
        code = dataset.crs.to_epsg()
        crs = f"EPSG:{code}" if code else dataset.crs.to_wkt()
    t = dataset.transform
    # GDAL's own affine prints -0.0 for 0.0 where it was turned around.
    return Affine(*(v + 0.0 for v in (t.a, t.b, t.c, t.d, t.e, t.f))), crs
