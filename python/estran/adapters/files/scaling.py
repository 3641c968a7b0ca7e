"""Which factor makes reflectance of the samples of a file that declares none: read from the samples, or said by the
user.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.raster.product import Band, Product
from estran.sensors.plausible import NUMBERS, fillings, judge, lookouts, spectral_bands

_FEW = 256
"""Samples with data below which the parts looked at say too little, and lines all over the band are read."""
_LINES = 32
Looks = list[npt.NDArray[Any]]
"""The parts of a band that are looked at, raw."""
COUNT = 1e-4
"""Reflectance per digital number, where none is declared and the numbers look like it."""


def as_reflectance(product: Product, scale: float | None = None, *, assume: bool = True) -> Product:
    """Give a factor to bands that must be reflectance and declare none, or say why they cannot be it.

    Parameters
    ----------
    product
        As read.
    scale
        What the user says: reflectance per digital number. None looks at the samples: reflectance stays, what looks
        like reflectance times 10 000 is taken for it and noted, and of the rest the band says why it is no reflectance
        (:attr:`estran.raster.product.Band.unscaled`), which operators refuse.
    assume
        Whether a factor may be assumed: not where the format always says one, and a product is read back as it was
        written.
    """
    chosen = {
        name: s
        for name, s in spectral_bands(tuple(product.bands), product.platform).items()
        if _open_question(product.bands[name], scale)
    }
    if not chosen:
        return product
    looks = {name: looks_at(product.bands[name]) for name in chosen}
    numbers = _fills(product, chosen, looks)
    if scale is not None:
        return _scaled(product, tuple(chosen), numbers, scale)
    small = [name for name in chosen if product.bands[name].data.dtype.itemsize == 1]
    product = _refused(product, small, "8-bit numbers", note=assume)
    for whole in (True, False):
        kept = [name for name in chosen if name not in small and (product.bands[name].data.dtype.kind in "iu") == whole]
        samples = {chosen[name]: _with_data(product.bands[name], numbers.get(name), looks[name]) for name in kept}
        counts, why = judge(samples, whole_numbers=whole)
        if why:
            product = _refused(product, kept, why, note=assume)
        elif counts and not assume:
            product = _refused(product, kept, "numbers as of reflectance times 10 000", note=assume)
        elif counts:
            product = _scaled(product, kept, numbers, COUNT, assumed=True)
        elif assume:
            product = product.with_bands(
                *(replace(product.bands[name], nodata=numbers[name]) for name in kept if name in numbers)
            )
    return product


def looks_at(band: Band) -> Looks:
    """The parts of a band that are looked at, read."""
    return [np.asarray(band.data[part]) for part in lookouts(band.grid.shape)]


def _open_question(band: Band, scale: float | None) -> bool:
    """Whether it is not known what the samples are."""
    samples = band.data is not None and band.coding is None and band.expression is None
    return samples and not band.is_scaled and (scale is not None or not band.unscaled)


def _with_data(band: Band, fill: float | None, looks: Looks) -> npt.NDArray[np.float64]:
    """(n,) raw samples of some parts of a band, those without data left out."""
    parts = good_of(band, looks, fill)
    if parts.size >= min(_FEW, band.grid.width * band.grid.height):
        return parts
    step = max(1, band.grid.height // _LINES)
    return good_of(
        band, [np.asarray(band.data[row : row + 1]) for row in range(step // 2, band.grid.height, step)], fill
    )


def good_of(band: Band, parts: Looks, fill: float | None = None) -> npt.NDArray[np.float64]:
    """(n,) raw samples of parts of a band that are measurements: neither no-data, nor `fill`, nor saturated, nor
    infinite.
    """
    values = np.concatenate([part.ravel() for part in parts])
    gone = np.zeros(values.shape, bool)
    for number in (
        band.nodata,
        fill,
        band.saturated,
        np.iinfo(values.dtype).max if values.dtype.kind in "iu" else None,
    ):
        if number is not None:
            gone |= values == number
    if values.dtype.kind in "iu" and band.nodata is None:
        gone |= values == 0
    wide = values[~gone].astype(np.float64)
    return wide[np.isfinite(wide) & (np.abs(wide) < NUMBERS)]


def _fills(product: Product, chosen: Mapping[str, str], looks: Mapping[str, Looks]) -> dict[str, float]:
    """The numbers that fill bands which declare no no-data value, by band; bands of one size are asked together."""
    silent = [name for name in chosen if product.bands[name].nodata is None]
    found: dict[str, float] = {}
    for shape in {product.bands[name].grid.shape for name in silent}:
        names = [name for name in silent if product.bands[name].grid.shape == shape]
        looks_at_edges = [
            {chosen[name]: looks[name][i].astype(np.float64) for name in names} for i in range(len(lookouts(shape)))
        ]
        numbers = fillings(looks_at_edges, shape)
        if numbers:
            found |= dict.fromkeys(names, numbers[0])
    return found


def _scaled(
    product: Product, names: Sequence[str], fills: Mapping[str, float], scale: float, *, assumed: bool = False
) -> Product:
    gone: dict[float, list[str]] = {}
    for name in names:
        band = replace(product.bands[name], scale=scale, unscaled="")
        number = fills.get(name, 0.0 if band.data.dtype.kind in "iu" else None)
        if band.nodata is None and number is not None:
            band = replace(band, nodata=number)
            gone.setdefault(number, []).append(name)
        product = product.with_bands(band)
    if assumed and names:
        product = product.with_notes(
            f"No scaling is declared: reflectance is taken as {scale} x sample in {', '.join(names)}."
        )
    return product.with_notes(
        *(
            f"No no-data value is declared: {number:g} is taken as no-data in {', '.join(bands)}."
            for number, bands in gone.items()
        )
    )


def _refused(product: Product, names: Sequence[str], why: str, *, note: bool) -> Product:
    product = product.with_bands(*(replace(product.bands[name], unscaled=why) for name in names))
    if not names or not note:
        return product
    return product.with_notes(
        f"No scaling is declared, and {', '.join(names)} hold {why}: they are no reflectance until --scale says so."
    )
