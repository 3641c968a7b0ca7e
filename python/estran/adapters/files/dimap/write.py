"""Writes BEAM-DIMAP: a .dim header and a .data folder of ENVI images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from estran.adapters.files.dimap import envi
from estran.adapters.files.dimap.colours import with_flag_masks, with_index_palette
from estran.adapters.files.dimap.header import header_xml, tie_point_dtype
from estran.adapters.files.dimap.place import DIMAP
from estran.adapters.files.storage import Meter, storage_dtype, store
from estran.adapters.files.undecodable import printable
from estran.adapters.files.whole import whole
from estran.errors import WriteFailed
from estran.raster.grid import Grid
from estran.raster.product import Band, Product, TiePointGrid
from estran.raster.scene import Progress, quiet

_VECTORS = {
    "ground_control_points.csv": (
        "symbol:plus; stroke:#ff8800; stroke-opacity:0.8; stroke-width:1.0",
        "org.esa.snap.GroundControlPoint",
    ),
    "pins.csv": (
        "symbol:pin; fill:#0000ff; fill-opacity:0.7; stroke:#ffffff; stroke-opacity:1.0; stroke-width:0.5",
        "org.esa.snap.Pin",
    ),
}
_VECTOR_COLUMNS = (
    "geometry:Point\tstyle_css:String\tlabel:String\ttext:String\tpixelPos:Point\tgeoPos:Point\tdateTime:Date"
)


def write_dimap(product: Product, path: Path, *, overwrite: bool = False, progress: Progress = quiet) -> Product:
    """Write a product as BEAM-DIMAP, whole or not at all.

    Dask bands are computed chunk by chunk, in one pass over all of them. The product takes the name of its file, as
    SNAP's writer does. Flag bands without a mask get one mask per flag, named BAND_flag; class bands get their colours
    as palette.

    Parameters
    ----------
    product
        What to write; bands of several sizes are fine. A virtual band (``expression``) is written as its expression.
    path
        NAME.dim; NAME.data goes beside it.
    overwrite
        Whether a product that is there is replaced, once the new one is whole.
    progress
        Called with the fraction of samples written.

    Returns
    -------
    Product
        What was written, settled: with the notes and metadata that its computation has given.

    Raises
    ------
    TargetExists
        If it is there and may not be replaced.
    WriteFailed
        If the disk is full or not writable, two bands differ by letter case only, or samples do not fit any type of the
        format.
    """
    path = Path(path)
    product = with_flag_masks(replace(product, name=printable(path.stem)))
    product = replace(product, bands={name: with_index_palette(band) for name, band in product.bands.items()})
    _check_names(product)
    data_name = f"{path.stem}.data"
    with whole(path, companions=(data_name,), overwrite=overwrite, kind=DIMAP) as part:
        folder = part.parent / data_name
        folder.mkdir()
        bands = [band for band in product.bands.values() if band.expression is None]
        meter = Meter(bands, progress, f"writing {path.name}")
        targets = [_band_target(folder, band, product.description, meter) for band in bands]
        _write_tie_points(folder, product)
        _write_vectors(folder / "vector_data")
        product = store(product, bands, targets)
        part.write_bytes(header_xml(product, printable(data_name)))
    return product


def _check_names(product: Product) -> None:
    names: dict[str, str] = {}
    for name in product.bands:
        if "/" in name or "\\" in name or name.startswith("."):
            raise WriteFailed(
                "a band name cannot be a file name", where=product.name, found=name, todo="rename the band"
            )
        if name.lower() in names:
            raise WriteFailed(
                "two bands differ by letter case only",
                where=product.name,
                found=f"{names[name.lower()]}, {name}",
                todo="rename one",
            )
        names[name.lower()] = name


def _band_target(folder: Path, band: Band, product_description: str, meter: Meter) -> envi.EnviTarget:
    dtype = storage_dtype(band.data.dtype, band.name)
    if tuple(band.data.shape) != band.grid.shape:
        raise WriteFailed(
            f"band {band.name!r} has another size than its grid", expected=band.grid.shape, found=tuple(band.data.shape)
        )
    unit = f"log({band.unit or '1'})" if band.log10_scaled else band.unit
    text = envi.header(
        band.name,
        dtype,
        band.grid,
        description=band.description or product_description,
        unit=unit,
        wavelength=band.wavelength,
        scale=band.scale,
        offset=band.offset,
    )
    (folder / f"{band.name}.hdr").write_text(text, encoding="utf-8")
    return envi.EnviTarget(folder / f"{band.name}.img", band.grid.shape, dtype, meter)


def _write_tie_points(folder: Path, product: Product) -> None:
    if not product.tie_points:
        return
    (folder / "tie_point_grids").mkdir()
    for grid in product.tie_points.values():
        _write_tie_point_grid(folder / "tie_point_grids", grid, product.description)


def _write_tie_point_grid(folder: Path, grid: TiePointGrid, product_description: str) -> None:
    dtype = tie_point_dtype(grid)
    own = Grid(grid.data.shape[1], grid.data.shape[0])
    text = envi.header(
        grid.name,
        dtype,
        own,
        description=grid.description or product_description,
        unit=grid.unit,
        wavelength=None,
        scale=1.0,
        offset=0.0,
    )
    (folder / f"{grid.name}.hdr").write_text(text, encoding="utf-8")
    (folder / f"{grid.name}.img").write_bytes(np.ascontiguousarray(grid.data, dtype=dtype.newbyteorder(">")).tobytes())


def _write_vectors(folder: Path) -> None:
    """The empty lists of pins and ground control points that SNAP puts into each product."""
    folder.mkdir()
    for name, (style, kind) in _VECTORS.items():
        (folder / name).write_text(f"#defaultCSS={style}\n{kind}\t{_VECTOR_COLUMNS}\n", encoding="utf-8")
