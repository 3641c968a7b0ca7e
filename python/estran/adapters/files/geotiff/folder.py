"""Reads the rasters of a folder as the bands of one product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from affine import Affine

from estran.adapters.files import landsat, names
from estran.adapters.files.facts import platform_of
from estran.adapters.files.geotiff.read import nominal_wavelength, read_raster, read_stored
from estran.adapters.files.scaling import as_reflectance
from estran.errors import BadGrid, BadProduct
from estran.raster.grid import Grid
from estran.raster.product import Band, Product

_RASTERS = (".tif", ".tiff", ".jp2", ".vrt", ".img")


def read_folder(folder: Path, *, scale: float | None = None, remote: bool = False) -> Product:
    """Open the rasters of a folder, one band each, as one product; they may differ in size but must cover the same
    ground.

    Files are named by band ("B02.jp2", "T31TDH_B8A_20m.jp2", "scene_sunZenithAngles.tif"). Where they belong to several
    sets ("S2_B02", "L8_B02"), the set with most bands is taken, and the rest noted. A file without georeference takes
    that of a file of its size, noted too.

    Raises
    ------
    BadProduct
        If there are no rasters, or two sets are equally large.
    BadGrid
        If the rasters do not cover the same ground.
    """
    folder = Path(folder)
    files = sorted(p for p in folder.iterdir() if p.suffix.lower() in _RASTERS and p.is_file())
    if not files:
        raise BadProduct(
            "the folder holds no product",
            where=folder,
            expected=f"a .SAFE structure, one .dim or .nc, or rasters ({', '.join(_RASTERS)})",
        )
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
        single = read_stored(path, remote)
        for band in single.bands.values():
            name = names.file_band(path.stem, platform)[1] if len(single.bands) == 1 else band.name
            if name in bands:
                raise BadProduct(
                    f"two files hold band {name!r}", where=path, todo="keep one set of files in the folder"
                )
            bands[name] = replace(band, name=name, wavelength=band.wavelength or nominal_wavelength(name, platform))
            stems[name] = path.stem
    order = {name: rank for rank, name in enumerate(names.SPECTRAL)}
    bands = {name: bands[name] for name in sorted(bands, key=lambda n: order.get(n, len(order)))}
    bands = _on_the_same_ground(bands, folder, notes)
    scene = max((band.grid for band in bands.values()), key=lambda g: g.width * g.height)
    product = Product(folder.name, scene, bands, platform=platform, source=str(folder))
    product = product.with_notes(*notes)
    return as_reflectance(product if mtl is None else landsat.with_mtl(product, mtl, landsat.numbers_of(stems)), scale)


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
            "the folder holds files of several scenes",
            where=folder,
            found=", ".join(name or "(no prefix)" for name in sets),
            todo="give each a folder",
        )
    left = ", ".join(f"{name or '(no prefix)'} ({len(members)} files)" for name, members in ranked[1:])
    notes.append(f"The folder holds several sets of files: {ranked[0][0] or '(no prefix)'} was read, {left} left out.")
    return ranked[0][1]


def _on_the_same_ground(bands: dict[str, Band], folder: Path, notes: list[str]) -> dict[str, Band]:
    placed = [band.grid for band in bands.values() if band.grid.transform is not None]
    if not placed:
        if len({band.grid.shape for band in bands.values()}) > 1:
            raise BadGrid(
                "rasters of several sizes without georeference",
                where=folder,
                todo="georeference them, or keep one size",
            )
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
            raise BadGrid(
                f"band {name!r} covers other ground than the rest",
                where=folder,
                expected=_corners(reference),
                found=_corners(grid),
            )
        result[name] = replace(band, grid=grid)
    if borrowed:
        notes.append(
            f"Without georeference of their own, taken to lie on the ground of the others: {', '.join(borrowed)}."
        )
    return result


def _covers_the_same(first: Grid, second: Grid) -> bool:
    if first.crs != second.crs:
        return False
    assert first.transform is not None
    assert second.transform is not None
    tolerance = max(*first.pixel_size, *second.pixel_size)
    corners = [
        (g.transform * (0, 0), g.transform * (g.width, g.height)) for g in (first, second) if g.transform is not None
    ]
    return all(
        abs(a - b) <= tolerance for one, other in zip(*corners, strict=True) for a, b in zip(one, other, strict=True)
    )


def _corners(grid: Grid) -> str:
    assert grid.transform is not None
    (left, top), (right, bottom) = grid.transform * (0, 0), grid.transform * (grid.width, grid.height)
    return f"{grid.crs} {left:g} {bottom:g} {right:g} {top:g}"
