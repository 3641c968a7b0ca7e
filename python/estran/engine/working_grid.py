"""Which pixels an operator works on, where a product's bands differ in size or a size is asked for."""

from __future__ import annotations

from dataclasses import replace

from estran.catalogue.resolve import resolve_reads
from estran.catalogue.spec import Operator
from estran.engine.stacking import stacks_in, with_stacks
from estran.raster.product import Product
from estran.sensors.plausible import is_reflectance

DEFAULT = 20
"""Pixels worked on where no size is asked for [m]."""


def working_grid(source: Product, operator: Operator, resolution: int | None) -> tuple[Product, int | str | None]:
    """What to resample a product to before an operator runs.

    Bands are brought to `resolution`, or 20 m, where they differ in size or are finer. Without an explicit `resolution`
    nothing gets finer than the finest reflectance that the operator reads; a product of one size never does.

    Returns
    -------
    Product, int or str or None
        The product with what was decided in its notes; the size of pixels [m], the name of the band whose grid all get,
        or None where nothing is resampled.

    Raises
    ------
    MissingBand, UnsupportedProduct
        As :func:`estran.catalogue.resolve.resolve_reads` says.
    """
    every = _with_stacks(source, operator).bands
    found = resolve_reads(operator, tuple(every), source.platform, where=source.name).bands
    read = {name: every[name] for semantic, name in found.items() if is_reflectance(semantic)}
    if not read:  # of an operator that reads none, the bands that it does read
        read = {name: every[name] for name in found.values() if name in every}
    finest = max(read.values(), key=lambda band: band.grid.width * band.grid.height)
    metric = finest.grid.transform is not None and not finest.grid.is_geographic
    size = max(finest.grid.pixel_size) if metric else 0.0
    wanted = resolution or DEFAULT
    several = len({every[name].grid.shape for name in found.values() if name in every}) > 1
    if not several:
        # Bands that the operator does not read (a panchromatic one) do not matter here.
        alike = {name: band for name, band in source.bands.items() if band.grid.shape == finest.grid.shape}
        if source.is_multisize and (not metric or size >= wanted):
            source = replace(source, bands=alike, grid=finest.grid)
        if not metric:
            return source.with_notes("The product keeps its own grid, which is not in metres."), None
        if size >= wanted:
            return source.with_notes(
                f"The product keeps its pixels of {size:g} m, which are not finer than {wanted} m."
            ), None
        return source, wanted
    if not metric or (resolution is None and size > wanted):
        pixels = f"{size:g} m" if metric else finest.name
        note = (
            f"All bands are brought to pixels of {pixels}, the finest that are read; only a resolution that is "
            f"asked for is finer."
        )
        return source.with_notes(note), finest.name
    return source, wanted


def differs_in_size(source: Product, operator: Operator) -> bool:
    """Whether the bands that an operator reads have several sizes."""
    every = _with_stacks(source, operator).bands
    found = resolve_reads(operator, tuple(every), source.platform, where=source.name).bands
    return len({every[name].grid.shape for name in found.values() if name in every}) > 1


def _with_stacks(source: Product, operator: Operator) -> Product:
    """The product in which bands over views are found under the names of their stacks."""
    return with_stacks(source, stacks_in(source, operator.sources[0]))
