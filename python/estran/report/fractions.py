"""How much of the scene each flag and class takes: counted over every pixel, not over the thinned pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from estran.raster.coding import Colour, FlagCoding, IndexCoding
from estran.raster.product import Band, Product
from estran.report.canvas import strips

NO_DATA_NAMES = frozenset({"no_data", "nodata", "invalid", "fill"})
"""Names, in lower case, of flags and classes that mean "nothing was measured here"."""


@dataclass(frozen=True)
class FlagFraction:
    """One flag or class of a band: its pixels, and these as a fraction of the pixels with data (of all pixels, for
    no-data itself).
    """

    name: str
    meaning: str
    colour: Colour
    pixels: int
    fraction: float
    square_km: float | None


@dataclass(frozen=True)
class FractionTable:
    """The fractions of one band. `kind` is "flags" (they may overlap) or "classes" (they sum to one)."""

    band: str
    kind: str
    description: str
    pixels: int
    with_data: int
    rows: tuple[FlagFraction, ...]


def fraction_tables(product: Product) -> tuple[FractionTable, ...]:
    """A table for each class band, then for each flag band."""
    bands = [band for band in product.bands.values() if band.data is not None]
    tables = [_classes(band, band.coding) for band in bands if isinstance(band.coding, IndexCoding)]
    return (*tables, *(_flags(band, band.coding) for band in bands if isinstance(band.coding, FlagCoding)))


def _pixel_km2(band: Band) -> float | None:
    if band.grid.transform is None or band.grid.crs is None:
        return None
    width, height = band.grid.pixel_size_metres()
    return width * height / 1e6


def _table(band: Band, kind: str, counts: list[tuple[str, str, Colour, int]]) -> FractionTable:
    pixels = band.grid.width * band.grid.height
    without = sum(n for name, _, _, n in counts if name.lower() in NO_DATA_NAMES)
    with_data = pixels - without
    km2 = _pixel_km2(band)
    rows = tuple(
        FlagFraction(
            name,
            meaning,
            shade,
            n,
            n / max(1, pixels if name.lower() in NO_DATA_NAMES else with_data),
            None if km2 is None else n * km2,
        )
        for name, meaning, shade, n in counts
    )
    return FractionTable(band.name, kind, band.description, pixels, with_data, rows)


def _classes(band: Band, coding: IndexCoding) -> FractionTable:
    totals = dict.fromkeys((v.value for v in coding.values), 0)
    for _, raw in strips(band):
        values, counts = np.unique(raw, return_counts=True)
        for value, n in zip(values.tolist(), counts.tolist(), strict=True):
            if value in totals:
                totals[value] += n
    return _table(band, "classes", [(v.name, v.meaning, v.colour, totals[v.value]) for v in coding.values])


def _flags(band: Band, coding: FlagCoding) -> FractionTable:
    totals = dict.fromkeys((f.name for f in coding.flags), 0)
    for _, raw in strips(band):
        # Few distinct words in a flag band: count the words once, then the bits in them.
        patterns, counts = np.unique(raw, return_counts=True)
        for flag in coding.flags:
            totals[flag.name] += int(counts[(patterns.astype(np.int64) & flag.mask) != 0].sum())
    return _table(band, "flags", [(f.name, f.meaning, f.colour, totals[f.name]) for f in coding.flags])
