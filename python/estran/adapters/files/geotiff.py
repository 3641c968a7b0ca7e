"""Writes cloud-optimised GeoTIFF; reads any stack of rasters that GDAL reads, with bands named as SNAP names them."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from affine import Affine

from estran import bounds
from estran.adapters.files import extras, landsat, names, reach
from estran.adapters.files.dimap.colours import with_flag_masks
from estran.adapters.files.facts import platform_of
from estran.adapters.files.gdal import fact_of, hush_tiff, opened
from estran.adapters.files.lazy import lazy_array
from estran.adapters.files.places import GEOTIFF
from estran.adapters.files.scaling import as_reflectance
from estran.adapters.files.storage import Meter, storage_dtype, store
from estran.adapters.files.undecodable import for_libraries
from estran.adapters.files.virtual import with_virtual_data
from estran.adapters.files.whole import whole
from estran.bounded_xml import parse_xml
from estran.errors import BadGrid, BadProduct, UnsupportedProduct, WriteFailed
from estran.raster.grid import Grid
from estran.raster.product import Band, Product
from estran.raster.scene import Progress, quiet

_RASTERS = (".tif", ".tiff", ".jp2", ".vrt", ".img")
_CACHE_MB = 512
"""GDAL's cache while writing; by default it takes a share of the machine's memory."""
_SNAP_TAG = 65000
"""TIFF tag in which SNAP's writer puts a BEAM-DIMAP document."""


# ---------------------------------------------------------------- reading


class RasterBand:
    """One band of a file that GDAL reads, as an array that reads when sliced."""

    ndim = 2

    def __init__(
        self,
        path: Path,
        number: int,
        shape: tuple[int, int],
        stored: npt.DTypeLike,
        dtype: npt.DTypeLike,
        *,
        snap_bits: bool = False,
        remote: bool = False,
        hidden: float | None = None,
        alpha: int | None = None,
    ) -> None:
        self.path, self.number, self.shape = path, number, shape
        self.stored, self.dtype, self._snap_bits = np.dtype(stored), np.dtype(dtype), snap_bits
        self._remote = remote
        self._hidden, self._alpha = hidden, alpha  # what stands where a mask hides a pixel, None where there is none; the band that is the mask, if one is

    def __getitem__(self, key: Any) -> npt.NDArray[Any]:
        from rasterio.errors import RasterioError
        from rasterio.windows import Window

        rows, columns = (piece.indices(length) for piece, length in zip(key, self.shape, strict=True))
        window = Window(columns[0], rows[0], columns[1] - columns[0], rows[1] - rows[0])
        try:
            with opened(self.path, remote=self._remote, pam=False) as dataset:
                block = dataset.read(self.number, window=window)
                if self._hidden is not None:
                    mask = dataset.read_masks(self.number, window=window) if self._alpha is None else dataset.read(self._alpha, window=window)
                    block = np.where(mask == 0, block.dtype.type(self._hidden), block)
        except RasterioError as error:
            raise BadProduct(
                f"band {self.number} cannot be read; the file is truncated or damaged", where=self.path, found=str(error), todo="copy the file again"
            ) from error
        if self._snap_bits:
            # SNAP casts most integers to the file's float32, but writes the *bits* of bytes: what is nearly zero is such a pattern.
            tiny = np.abs(block) < 1e-37
            block = np.where(tiny, np.ascontiguousarray(block, np.float32).view(np.int32), block)
        return np.asarray(block[:: rows[2], :: columns[2]]).astype(self.dtype, copy=False)


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
    product = _one(path, remote)
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


def read_folder(folder: Path, *, scale: float | None = None, remote: bool = False) -> Product:
    """Open the rasters of a folder, one band each, as one product; they may differ in size but must cover the same ground.

    Files are named by band ("B02.jp2", "T31TDH_B8A_20m.jp2", "scene_sunZenithAngles.tif"). Where they belong to several sets ("S2_B02", "L8_B02"), the set
    with most bands is taken, and the rest noted. A file without georeference takes that of a file of its size, noted too. A folder that holds one product in
    another format is that product.

    Raises
    ------
    BadProduct
        If there are no rasters, or two sets are equally large.
    BadGrid
        If the rasters do not cover the same ground.
    """
    folder = Path(folder)
    inner = sorted(folder.glob("*.dim")) or sorted(folder.glob("*.nc"))
    if len(inner) > 1:
        raise BadProduct("the folder holds several products", where=folder, found=", ".join(p.name for p in inner), todo="name one of them")
    if inner:
        from estran.adapters.files.open import open_product
        from estran.adapters.files.options import ReadOptions

        return open_product(inner[0], ReadOptions(scale=scale, allow_remote=remote))
    files = sorted(p for p in folder.iterdir() if p.suffix.lower() in _RASTERS and p.is_file())
    if not files:
        raise BadProduct("the folder holds no product", where=folder, expected=f"a .SAFE structure, one .dim or .nc, or rasters ({', '.join(_RASTERS)})")
    if len(files) == 1:
        return read_raster(files[0], scale=scale, remote=remote)
    notes: list[str] = []
    chosen = _one_set(files, folder, notes)
    mtl = landsat.mtl_beside(folder)
    landsat.refuse_level2(chosen[0].name, mtl)
    platform = (mtl.platform if mtl is not None else "") or platform_of(chosen[0].stem) or platform_of(folder.name)
    stems: dict[str, str] = {}
    bands: dict[str, Band] = {}
    for path in chosen:
        single = _one(path, remote)
        for band in single.bands.values():
            name = names.file_band(path.stem, platform)[1] if len(single.bands) == 1 else band.name
            if name in bands:
                raise BadProduct(f"two files hold band {name!r}", where=path, todo="keep one set of files in the folder")
            bands[name] = replace(band, name=name, wavelength=band.wavelength or _wavelength(name, platform))
            stems[name] = path.stem
    order = {name: rank for rank, name in enumerate(names.SPECTRAL)}
    bands = {name: bands[name] for name in sorted(bands, key=lambda n: order.get(n, len(order)))}
    bands = _on_the_same_ground(bands, folder, notes)
    scene = max((band.grid for band in bands.values()), key=lambda g: g.width * g.height)
    product = Product(folder.name, scene, bands, platform=platform, source=str(folder))
    product = product.with_notes(*notes)
    return as_reflectance(product if mtl is None else landsat.with_mtl(product, mtl, landsat.numbers_of(stems)), scale)


_FOREIGN = "\0foreign"


def _one(path: Path, remote: bool = False) -> Product:
    from rasterio.errors import RasterioError

    pam = reach.check(path, remote=remote)
    try:
        with opened(path, remote=remote, pam=pam) as dataset:
            reach.check_opened(dataset, path, remote=remote)
            if dataset.count == 0:
                raise BadProduct("the file has no bands of its own", where=path, found=f"{len(dataset.subdatasets)} subdatasets", todo="open one of them")
            return _product(path, dataset, remote)
    except RasterioError as error:
        raise BadProduct(
            "this is not a product",
            where=path,
            expected="SAFE, BEAM-DIMAP, GeoTIFF, NetCDF or another raster",
            found=str(error),
            todo="" if remote else "save it as GeoTIFF; rare formats, which may name other files, are opened with --allow-remote",
        ) from error


def _product(path: Path, dataset: Any, remote: bool) -> Product:
    grid = Grid(dataset.width, dataset.height, *_georeference(dataset))
    document = _snap_document(path) if dataset.driver == "GTiff" else None
    if document is not None:
        return _snap_product(path, dataset, document)
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
        bands[name] = _band(path, dataset, number, name, grid, platform, remote, is_masked=number in masked, alpha=alpha)
    if masked:
        notes.append(f"{path.name} has a mask or an alpha band: what it hides is no data.")
    if left and not bands:
        raise UnsupportedProduct(
            "the samples are complex numbers, as of radar", where=path, expected="real samples", found=dataset.dtypes[0], todo="give an optical product"
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
    virtual = {name: extras.with_band_extras(Band(name, None, product.grid), data) for name, data in own.get("virtual", {}).items()}
    order = own.get("order") or [*product.bands, *virtual]
    every = {**product.bands, **virtual}
    return replace(product, bands={name: every[name] for name in order if name in every})


def _band(
    path: Path, dataset: Any, number: int, name: str, grid: Grid, platform: str, remote: bool, *, is_masked: bool = False, alpha: int | None = None
) -> Band:
    tags: dict[str, str] = fact_of(lambda: dataset.tags(number), {})
    own = extras.loads(tags.get(extras.KEY, ""))
    stored = dataset.dtypes[number - 1]
    nodata = dataset.nodatavals[number - 1]
    hidden = None
    if is_masked:
        hidden = nodata if nodata is not None else 0.0 if np.dtype(stored).kind in "iu" else float("nan")
        nodata = hidden
    data = lazy_array(RasterBand(path, number, grid.shape, stored, own.get("dtype", stored), remote=remote, hidden=hidden, alpha=alpha), path, number)
    band = Band(
        name=name,
        data=data,
        grid=grid,
        scale=float(dataset.scales[number - 1]),
        offset=float(dataset.offsets[number - 1]),
        nodata=own.get("nodata") if own else None if nodata is None else float(nodata),
        unit=fact_of(lambda: dataset.units[number - 1], "") or "",
        coding=extras.coding_of(own.get("coding", {}).get("name", name), tags, own),
        wavelength=None if own else _wavelength(name, platform),
    )
    return extras.with_band_extras(band, own)


def _masked(dataset: Any) -> tuple[frozenset[int], int | None]:
    """The bands whose pixels a mask of the file hides, and the alpha band, which GDAL takes for a mask only where it is of 8 or 16 bits."""
    from rasterio.enums import ColorInterp, MaskFlags

    colours: Any = fact_of(lambda: dataset.colorinterp, ())
    alpha = next((number for number, kind in enumerate(colours, 1) if kind == ColorInterp.alpha), None)
    if alpha is not None:
        return frozenset(dataset.indexes) - {alpha}, alpha
    flags: Any = fact_of(lambda: dataset.mask_flag_enums, ())
    return frozenset(number for number, kinds in enumerate(flags, 1) if MaskFlags.per_dataset in kinds), None


def _wavelength(name: str, platform: str) -> float | None:
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


# ---------------------------------------------------------------- SNAP's own GeoTIFF


def _snap_document(path: Path) -> Any | None:
    """The BEAM-DIMAP document inside a GeoTIFF that SNAP wrote, parsed; None in others."""
    text = _tiff_tag(path, _SNAP_TAG)
    if text is None or b"<Dimap_Document" not in text:
        return None
    try:
        return parse_xml(text.rstrip(b"\0"), path)
    except BadProduct:
        return None


def _tiff_tag(path: Path, wanted: int) -> bytes | None:
    """The bytes of an ASCII tag of a TIFF's first directory (TIFF 6.0, section 2; BigTIFF by its design document)."""
    with path.open("rb") as file:
        start = file.read(16)
        order = {b"II": "little", b"MM": "big"}.get(start[:2])
        if order is None or len(start) < 16:
            return None

        def number(data: bytes) -> int:
            return int.from_bytes(data, order)  # type: ignore[arg-type]

        big = number(start[2:4]) == 43
        if not big and number(start[2:4]) != 42:
            return None
        word, entry, count_size = (8, 20, 8) if big else (4, 12, 2)
        file.seek(number(start[8:16]) if big else number(start[4:8]))
        for _ in range(number(file.read(count_size))):
            data = file.read(entry)
            if len(data) < entry:
                return None
            if number(data[:2]) == wanted:
                count, value = number(data[4 : 4 + word]), data[4 + word :]
                if count <= word:
                    return value[:count]
                file.seek(number(value))
                return file.read(count) if count <= bounds.XML_BYTES else None
    return None


def _snap_product(path: Path, dataset: Any, document: Any) -> Product:
    from estran.adapters.files.dimap.read import product_of

    def samples(number: int, info: Any, shape: tuple[int, int]) -> Any:
        if number >= dataset.count:
            raise ValueError(f"{dataset.count} bands in the file, more in its description")
        dtype, stored = info.findtext("DATA_TYPE").strip(), dataset.dtypes[number]
        bits = stored == "float32" and dtype in ("int8", "uint8")
        return lazy_array(RasterBand(path, number + 1, shape, stored, dtype, snap_bits=bits), path, number + 1)

    return product_of(document, path, samples)


# ---------------------------------------------------------------- folders and assumptions


def _one_set(files: Sequence[Path], folder: Path, notes: list[str]) -> list[Path]:
    sets: dict[str, list[Path]] = {}
    for path in files:
        sets.setdefault(names.file_band(path.stem)[0], []).append(path)
    if len(sets) == 1:
        return list(files)
    held = [names.file_band(path.stem)[1] for path in files]
    if len(set(held)) == len(held):
        return list(files)
    ranked = sorted(sets.items(), key=lambda item: -len(item[1]))
    if len(ranked[0][1]) == len(ranked[1][1]):
        raise BadProduct(
            "the folder holds files of several scenes", where=folder, found=", ".join(name or "(no prefix)" for name in sets), todo="give each a folder"
        )
    left = ", ".join(f"{name or '(no prefix)'} ({len(members)} files)" for name, members in ranked[1:])
    notes.append(f"The folder holds several sets of files: {ranked[0][0] or '(no prefix)'} was read, {left} left out.")
    return ranked[0][1]


def _on_the_same_ground(bands: dict[str, Band], folder: Path, notes: list[str]) -> dict[str, Band]:
    placed = [band.grid for band in bands.values() if band.grid.transform is not None]
    if not placed:
        if len({band.grid.shape for band in bands.values()}) > 1:
            raise BadGrid("rasters of several sizes without georeference", where=folder, todo="georeference them, or keep one size")
        return bands
    reference = max(placed, key=lambda g: g.width * g.height)
    borrowed, result = [], {}
    for name, band in bands.items():
        grid = band.grid
        if grid.transform is None:
            assert reference.transform is not None
            same = next((g for g in placed if g.shape == grid.shape), None)
            moved = reference.transform * Affine.scale(reference.width / grid.width, reference.height / grid.height)
            grid = same or Grid(grid.width, grid.height, moved, reference.crs)
            borrowed.append(name)
        elif not _covers_the_same(grid, reference):
            raise BadGrid(f"band {name!r} covers other ground than the rest", where=folder, expected=_corners(reference), found=_corners(grid))
        result[name] = replace(band, grid=grid)
    if borrowed:
        notes.append(f"Without georeference of their own, taken to lie on the ground of the others: {', '.join(borrowed)}.")
    return result


def _covers_the_same(first: Grid, second: Grid) -> bool:
    if first.crs != second.crs:
        return False
    assert first.transform is not None
    assert second.transform is not None
    tolerance = max(*first.pixel_size, *second.pixel_size)
    corners = [(g.transform * (0, 0), g.transform * (g.width, g.height)) for g in (first, second) if g.transform is not None]
    return all(abs(a - b) <= tolerance for one, other in zip(*corners, strict=True) for a, b in zip(one, other, strict=True))


def _corners(grid: Grid) -> str:
    assert grid.transform is not None
    (left, top), (right, bottom) = grid.transform * (0, 0), grid.transform * (grid.width, grid.height)
    return f"{grid.crs} {left:g} {bottom:g} {right:g} {top:g}"


# ---------------------------------------------------------------- writing


class _Target:
    """A band of a dataset that is being written, by slices."""

    ndim = 2

    def __init__(self, dataset: Any, number: int, shape: tuple[int, int], dtype: np.dtype[Any], written: Any) -> None:
        self.dataset, self.number, self.shape, self.dtype, self._written = dataset, number, shape, dtype, written

    def __setitem__(self, key: tuple[slice, slice], block: npt.NDArray[Any]) -> None:
        from rasterio.windows import Window

        rows, columns = (piece.indices(length) for piece, length in zip(key, self.shape, strict=True))
        window = Window(columns[0], rows[0], columns[1] - columns[0], rows[1] - rows[0])
        self.dataset.write(np.ascontiguousarray(block, dtype=self.dtype), self.number, window=window)
        self._written(block.size)


def write_geotiff(product: Product, path: Path, *, overwrite: bool = False, progress: Progress = quiet) -> None:
    """Write a product as one cloud-optimised GeoTIFF, whole or not at all.

    All bands share one sample type: the smallest that holds every value exactly (with float bands a float; float32 holds 16-bit integers, else float64).
    Names, scaling and units are GDAL's own; codings are ``flag_masks``/``flag_values``/``flag_meanings`` tags of the band; the rest (colours, masks, metadata,
    each band's own type and no-data value) is one JSON tag, from which our reader restores the product. Virtual bands are kept as expressions.

    Parameters
    ----------
    product
        Bands of one size.
    path
        NAME.tif.
    overwrite, progress
        As for :func:`estran.adapters.files.write_product`.

    Raises
    ------
    TargetExists
        If it is there and may not be replaced.
    WriteFailed
        If bands differ in size, there is none, or the disk is full or not writable.
    """
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioError
    from rasterio.shutil import copy

    path = Path(path)
    product = with_flag_masks(product)
    bands = [band for band in product.bands.values() if band.expression is None]
    if not bands:
        raise WriteFailed("a GeoTIFF needs a band", where=path)
    sizes = sorted({band.grid.shape for band in bands})
    if len(sizes) > 1:
        raise WriteFailed(
            "GeoTIFF holds bands of one size",
            where=path,
            found=", ".join(f"{w} x {h}" for h, w in sizes),
            todo="resample the product first, or write .dim or .nc",
        )
    grid, dtype = bands[0].grid, _common([storage_dtype(band.data.dtype, band.name) for band in bands])
    profile = {
        "driver": "GTiff",
        "width": grid.width,
        "height": grid.height,
        "count": len(bands),
        "dtype": dtype.name,
        "tiled": True,
        "blockxsize": 512,
        "blockysize": 512,
        "interleave": "band",
        "bigtiff": "IF_SAFER",
        "transform": grid.transform,
        "crs": grid.crs,
        "nodata": _common_nodata(bands),
    }
    resampling = "NEAREST" if any(band.coding is not None for band in bands) else "AVERAGE"
    hush_tiff()
    with (
        whole(path, overwrite=overwrite, kind=GEOTIFF) as part,
        for_libraries(part.parent) as known,
        warnings.catch_warnings(),
        rasterio.Env(GDAL_CACHEMAX=_CACHE_MB),
    ):
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        plain, cog, folder = part.with_name("plain.tif"), part.with_name("cog.tif"), Path(known)
        try:
            with rasterio.open(folder / plain.name, "w", **{key: value for key, value in profile.items() if value is not None}) as dataset:
                _describe(dataset, product, bands)
                # Writing takes most of the time; the copy with overviews gets the last tenth of the bar.
                meter = Meter(bands, lambda share, message: progress(0.9 * share, message), f"writing {path.name}")
                targets = [_Target(dataset, number, grid.shape, dtype, meter) for number, _ in enumerate(bands, 1)]
                store(bands, targets, lock=threading.Lock())
            copy(
                folder / plain.name,
                folder / cog.name,
                driver="COG",
                COMPRESS="DEFLATE",
                LEVEL=3,  # as small as 6 within some per cent on images, in half the time
                PREDICTOR="YES",
                NUM_THREADS="ALL_CPUS",
                OVERVIEW_RESAMPLING=resampling,
                BIGTIFF="IF_SAFER",
            )
            _check(cog, bands)
        except RasterioError as error:
            # GDAL reports a full disk as an error without a number.
            raise WriteFailed(
                "the GeoTIFF could not be written; nothing is left of it", where=path, found=str(error), todo="see that there is space on the disk"
            ) from error
        cog.replace(part)
        plain.unlink()
        progress(1.0, f"writing {path.name}")


def _common(dtypes: Sequence[np.dtype[Any]]) -> np.dtype[Any]:
    common = np.result_type(*dtypes)
    return np.dtype(np.float64) if common.kind in "iu" and common.itemsize == 8 else common


def _common_nodata(bands: Sequence[Band]) -> float | None:
    """The no-data value of the file (GeoTIFF has one for all bands): where all bands that have one agree."""
    values = [band.nodata for band in bands]
    if any(value is None for value in values):
        return None
    first = values[0]
    assert first is not None
    return first if all(value == first or (np.isnan(first) and value is not None and np.isnan(value)) for value in values) else None


def _describe(dataset: Any, product: Product, bands: Sequence[Band]) -> None:
    dataset.descriptions = tuple(band.name for band in bands)
    dataset.scales = tuple(float(band.scale) for band in bands)
    dataset.offsets = tuple(float(band.offset) for band in bands)
    dataset.units = tuple(band.unit for band in bands)
    for number, band in enumerate(bands, 1):
        tags = {key: " ".join(map(str, value)) if isinstance(value, list) else value for key, value in extras.flag_attributes(band.coding).items()}
        own = {**extras.band_extras(band), "dtype": storage_dtype(band.data.dtype).name}
        dataset.update_tags(number, **tags, **{extras.KEY: extras.dumps(own)})
    virtual = {band.name: extras.band_extras(band) for band in product.bands.values() if band.expression is not None}
    whole_product = {**extras.product_extras(product), "name": product.name, "virtual": virtual, "order": list(product.bands)}
    dataset.update_tags(**{extras.KEY: extras.dumps(whole_product)})
    if product.description:
        dataset.update_tags(TIFFTAG_IMAGEDESCRIPTION=product.description)


def _check(path: Path, bands: Sequence[Band]) -> None:
    """GDAL can end a copy on a full disk without an error; the last block of the last band cannot be read then."""
    with opened(path) as dataset:
        row, column = dataset.height - 1, dataset.width - 1
        dataset.read(len(bands), window=((row, row + 1), (column, column + 1)))
