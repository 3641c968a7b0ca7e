"""``estran info``: what is in a product, before anything is computed."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from estran.cli.reading import add_reading, reading
from estran.raster.grid import Grid
from estran.raster.product import Band, Product
from estran.sensors.bands import SEMANTIC, resolve


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("product", type=Path, metavar="PRODUCT", help="a product in any format that can be read")
    add_reading(parser)


def run(args: argparse.Namespace) -> None:
    """Print it."""
    from estran.adapters.files.open import open_product

    # What it prints needs no pixels: which checksums there are is said, the images are not read for it.
    print("\n".join(lines(open_product(args.product, replace(reading(args), verify=False)))))


def lines(product: Product) -> list[str]:
    """The product in lines of text."""
    facts = {
        "name": product.name,
        "kind": product.kind,
        "platform": product.platform,
        "time": f"{product.start:%Y-%m-%d %H:%M:%S} UTC" if product.start else "",
        "size": f"{product.grid.width} x {product.grid.height} pixels",
        "grid": _grid(product.grid, product.tie_point_geocoding is not None),
        **({"about": product.description} if product.description else {}),
    }
    text = [f"{key:<10}{value or 'unknown'}" for key, value in facts.items()]
    names = [*product.bands, *product.tie_points]
    meaning: dict[str, str] = {}
    for semantic in SEMANTIC:
        found = resolve(semantic, names, product.platform)
        if found is not None:
            meaning.setdefault(found, semantic)
    text.append("bands")
    text += [_band(band, meaning.get(name, "")) for name, band in product.bands.items()]
    if product.tie_points:
        text.append("tie points")
        text += [
            f"  {name:<22}{meaning.get(name, ''):<14}{p.data.shape[1]} x {p.data.shape[0]}  {p.unit}"
            for name, p in product.tie_points.items()
        ]
    if product.masks:
        text += ["masks", *(f"  {name:<22}{mask.expression}" for name, mask in product.masks.items())]
    if product.notes:
        text += ["notes", *(f"  {note}" for note in product.notes)]
    return [line.rstrip() for line in text]


def _grid(grid: Grid, by_tie_points: bool) -> str:
    if grid.transform is None:
        return "geocoded by tie points" if by_tie_points else ""
    width, height = grid.pixel_size
    crs = grid.crs or "no CRS"
    return (
        f"{crs.splitlines()[0][:60]}, pixels {width:g} x {height:g}, upper left {grid.transform.c:.10g}, "
        f"{grid.transform.f:.10g}"
    )


def _band(band: Band, semantic: str) -> str:
    kind = "virtual" if band.data is None else str(band.data.dtype)
    nodata = "" if band.nodata is None else f"no-data {band.nodata:g}"
    scale = f"x {band.scale:g} {band.offset:+g}" if band.is_scaled else ""
    return (
        f"  {band.name:<22}{semantic:<14}{band.grid.width} x {band.grid.height}  {kind:<8} {band.unit:<9} "
        f"{scale:<18} {nodata}"
    )
