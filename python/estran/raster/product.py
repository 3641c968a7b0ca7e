"""A product as data: bands with their scaling and codings, tie points, masks, metadata. Readers make it, writers take
it.

The samples of a band are *raw*; :meth:`Band.physical` applies scaling and no-data. They may be a NumPy or a Dask array
(anything with ``shape``, ``dtype`` and slicing): a product is cheap until pixels are read. Bands may differ in
size (10, 20, 60 m).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.errors import missing_band
from estran.raster.coding import Colour, FlagCoding, IndexCoding
from estran.raster.grid import Grid
from estran.raster.layers import Layer, Uncertainty


@dataclass(frozen=True)
class Band:
    """One raster band.

    Parameters
    ----------
    name
        As SNAP names it ("B8A", "view_zenith_mean").
    data
        Raw samples, (rows, columns), NumPy or Dask.
    grid
        The band's own grid.
    scale, offset, log10_scaled
        Physical = scale * raw + offset (10 ** of it if `log10_scaled`), computed in double precision.
    nodata
        Raw no-data value, or None. NaN samples of float bands are no-data in any case.
    valid
        Valid-pixel expression over the product's bands, "" for none (evaluated by the reader's side, kept for writers).
    unit, description, wavelength, bandwidth, solar_flux, spectral_index
        As in SNAP; wavelengths in nm.
    coding
        Flag or index coding of integer bands.
    expression
        Of a virtual band; `data` is then what it evaluates to, or None where it was not evaluated.
    saturated
        Raw value that means "saturated", or None.
    palette
        (value, colour, label) points for display.
    unscaled
        What the samples are, where they should be reflectance and cannot be ("8-bit numbers"): no operator takes them
        for it. "" where nothing is wrong.
    layer
        Where it lies in a stack over (view, y, x) or (time, y, x); None of a band of its own.
    uncertainty
        Of which band it is the uncertainty; None of any other.
    """

    name: str
    data: Any
    grid: Grid
    scale: float = 1.0
    offset: float = 0.0
    log10_scaled: bool = False
    nodata: float | None = None
    valid: str = ""
    unit: str = ""
    description: str = ""
    wavelength: float | None = None
    bandwidth: float | None = None
    solar_flux: float | None = None
    spectral_index: int | None = None
    coding: FlagCoding | IndexCoding | None = None
    expression: str | None = None
    saturated: float | None = None
    palette: tuple[tuple[float, Colour, str], ...] = ()
    unscaled: str = ""
    layer: Layer | None = None
    uncertainty: Uncertainty | None = None

    @property
    def is_scaled(self) -> bool:
        """Whether raw and physical values differ."""
        return self.scale != 1.0 or self.offset != 0.0 or self.log10_scaled

    def physical(self, raw: npt.NDArray[Any], dtype: npt.DTypeLike = np.float32) -> npt.NDArray[Any]:
        """Raw samples to physical values, NaN where no-data; computed in double, returned as `dtype`.

        The same arithmetic as SNAP's ``getSamplesFloat`` (double, then rounded to float), so that both engines see the
        same bits.
        """
        values = raw.astype(np.float64)
        if self.is_scaled:
            values *= self.scale
            values += self.offset
            if self.log10_scaled:
                values = 10.0**values
        result = values.astype(dtype)
        if self.nodata is not None and not np.isnan(self.nodata):
            with np.errstate(over="ignore"):  # the least double, which GDAL writes, is beyond single precision
                result[raw == self.nodata] = np.nan
        return result


@dataclass(frozen=True)
class TiePointGrid:
    """A coarse grid of values: sample (i, j) lies at pixel (offset_x + j * step_x, offset_y + i * step_y); `cyclic` for
    angles of ±180 degrees. `data` is a float array (rows, columns), or what becomes one by ``np.asarray``
    (:class:`estran.raster.tie_points.LazyPoints`).
    """

    name: str
    data: Any
    offset_x: float
    offset_y: float
    step_x: float
    step_y: float
    unit: str = ""
    description: str = ""
    cyclic: bool = False


@dataclass(frozen=True)
class Mask:
    """A named boolean expression over bands, with the colour in which SNAP paints it."""

    name: str
    expression: str
    colour: Colour
    meaning: str = ""
    transparency: float = 0.5


@dataclass(frozen=True)
class Element:
    """A node of the metadata tree: attributes (str, int, float, bool, or lists of numbers) and child elements; names
    may repeat among children.

    ``details`` keeps what a file says beside the value, by attribute name ("" is the element itself): "unit", "desc",
    "type", "mode". It may be left out.
    """

    name: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    elements: tuple[Element, ...] = ()
    details: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def find(self, name: str) -> Element | None:
        """The first child of that name."""
        return next((e for e in self.elements if e.name == name), None)


@dataclass(frozen=True)
class Pending:
    """What will be known of a product once its samples have been computed: notes, facts for its metadata.

    Parameters
    ----------
    records
        What each task finds, lazily (Dask), in a fixed order; to be computed together with the samples, of which they
        are a by-product.
    finish
        The product out of itself and of the computed records.
    """

    records: tuple[Any, ...]
    finish: Callable[[Product, Sequence[Any]], Product]


@dataclass(frozen=True)
class Product:
    """Bands on one ground, with what is known about them.

    Parameters
    ----------
    name, kind
        Product name, and type ("S2_MSI_Level-1C").
    grid
        The scene raster: the reference for tie points and for writers of one size.
    bands, tie_points, masks
        By name, in order.
    tie_point_geocoding
        Names of the (latitude, longitude) tie-point grids, where these geocode the product; else the grid's CRS and
        transform do.
    metadata
        Children of the metadata root.
    start, stop
        Sensing time (UTC, timezone aware).
    platform
        "Sentinel-2A", "Landsat-8"…; "" where unknown.
    notes
        What the reader assumed or could not find: sentences for log, metadata and report.
    pending
        What is learnt only while samples are computed, by each operator in turn; see :meth:`settled`.
    """

    name: str
    grid: Grid
    bands: Mapping[str, Band]
    kind: str = ""
    tie_points: Mapping[str, TiePointGrid] = field(default_factory=dict)
    masks: Mapping[str, Mask] = field(default_factory=dict)
    tie_point_geocoding: tuple[str, str] | None = None
    metadata: tuple[Element, ...] = ()
    start: datetime | None = None
    stop: datetime | None = None
    platform: str = ""
    description: str = ""
    auto_grouping: str = ""
    quicklook: str = ""
    source: str = ""
    notes: tuple[str, ...] = ()
    pending: tuple[Pending, ...] = ()

    def __getitem__(self, name: str) -> Band:
        try:
            return self.bands[name]
        except KeyError:
            raise missing_band(name, self.bands, where=self.name) from None

    @property
    def is_multisize(self) -> bool:
        """Whether bands differ in size."""
        return len({band.grid.shape for band in self.bands.values()}) > 1

    def with_bands(self, *bands: Band) -> Product:
        """The product with bands added, or replaced where the name exists."""
        return replace(self, bands={**self.bands, **{b.name: b for b in bands}})

    def with_notes(self, *notes: str) -> Product:
        """The product with notes added, each once."""
        return replace(self, notes=tuple(dict.fromkeys((*self.notes, *notes))))

    def settled(self, found: Sequence[Sequence[Any]]) -> Product:
        """The product with what its computation has taught.

        Parameters
        ----------
        found
            The computed records of each of `pending`.
        """
        product = replace(self, pending=())
        for pending, records in zip(self.pending, found, strict=True):
            product = pending.finish(product, records)
        return product
