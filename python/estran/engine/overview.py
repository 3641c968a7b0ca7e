"""Small copies of the bands that an operator reads, made while they pass by: pictures then need no second decoding of
the files.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from affine import Affine

from estran.raster.blocks import block_sums
from estran.raster.grid import Grid, Window
from estran.raster.product import Band, Product


class Overview:
    """Means over blocks of pixels, band by band, gathered from windows in any order.

    Parameters
    ----------
    bands
        Semantic names wanted.
    limit
        Longest side of the copies [pixels]; thinned by the least power of two that fits.
    """

    def __init__(self, bands: tuple[str, ...], limit: int) -> None:
        self.bands, self.limit = bands, limit
        self._sums: dict[str, npt.NDArray[np.float64]] = {}
        self._counts: dict[str, npt.NDArray[np.int32]] = {}
        self._grids: dict[str, Grid] = {}
        self._lock = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock = threading.Lock()

    def take(self, other: Overview) -> None:
        """Take over what another one has gathered, which may have done so in another process."""
        with self._lock:
            self._sums |= other._sums
            self._counts |= other._counts
            self._grids |= other._grids

    def factor(self, grid: Grid) -> int:
        """Pixels of the grid along one of the copy."""
        factor = 1
        while max(grid.shape) > self.limit * factor:
            factor *= 2
        return factor

    def add(self, name: str, grid: Grid, window: Window, values: npt.NDArray[np.float32]) -> None:
        """Take in one window of the band `name` of the product (physical values, NaN without data)."""
        k = self.factor(grid)
        sums, counts = block_sums(values, k, window.row, window.col)
        place = np.s_[
            window.row // k : window.row // k + sums.shape[0], window.col // k : window.col // k + sums.shape[1]
        ]
        with self._lock:
            if name not in self._sums:
                shape = -(-grid.height // k), -(-grid.width // k)
                self._sums[name], self._counts[name], self._grids[name] = (
                    np.zeros(shape),
                    np.zeros(shape, np.int32),
                    grid,
                )
            self._sums[name][place] += sums
            self._counts[name][place] += counts

    def on(self, product: Product) -> Product:
        """The product with its bands replaced by their small copies, where there is one."""
        copies = [self._band(product.bands[name]) for name in self._sums if name in product.bands]
        return product.with_bands(*copies)

    def _band(self, band: Band) -> Band:
        grid, sums, counts = self._grids[band.name], self._sums[band.name], self._counts[band.name]
        k, t = self.factor(grid), grid.transform
        coarse = None if t is None else Affine(t.a * k, t.b * k, t.c, t.d * k, t.e * k, t.f)
        with np.errstate(invalid="ignore"):
            data = (sums / counts).astype(np.float32)
        own = Grid(data.shape[1], data.shape[0], coarse, grid.crs)
        return replace(
            band, data=data, grid=own, scale=1.0, offset=0.0, log10_scaled=False, nodata=None, valid="", saturated=None
        )


def band_of_overview(overview: Overview | None, names: Mapping[str, str], semantic: str) -> str | None:
    """The product's band behind a semantic name, where the overview wants it."""
    return names.get(semantic) if overview is not None and semantic in overview.bands else None
