"""The accessor ``ds.estran`` of every Dataset, ours or not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import xarray as xr

from estran.raster.product import Product

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@xr.register_dataset_accessor("estran")  # type: ignore[no-untyped-call]
class EstranAccessor:
    """What Estran does with a Dataset: a picture, a file, a product.

    It is there once ``estran.open`` or an operator was called, or after ``import estran.face``.
    """

    def __init__(self, dataset: xr.Dataset) -> None:
        self._dataset = dataset

    def quicklook(self, variable: str | None = None, *, ax: Axes | None = None, size: int = 800) -> Axes:
        """Draw a picture.

        Parameters
        ----------
        variable
            What to draw: classes and flags in their colours with a legend, numbers with a colour bar. Without it: the
            scene in true colour where it has red, green and blue; else its first classes, flags or numbers.
        ax
            Where to draw; without it, in a new figure.
        size
            Longest side of the picture [pixels]: larger scenes are thinned. Pixels are computed for this, strip by
            strip.

        Returns
        -------
        matplotlib.axes.Axes
            The picture's axes; ``.figure`` is the figure.

        Raises
        ------
        MissingBand
            There is no such variable; lists those that there are.
        BadProduct
            The Dataset has several dates, or is empty.
        """
        from estran.face.quicklook import drawn

        return drawn(self.to_product(), variable, ax, size)

    def write(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write the Dataset to a file, whole or not at all; what is lazy is computed part by part.

        Parameters
        ----------
        path
            NAME.dim (BEAM-DIMAP, for SNAP), NAME.tif (cloud-optimised GeoTIFF), NAME.nc (NetCDF-CF) or NAME.zarr (Zarr,
            also of several dates).
        overwrite
            Whether a file that Estran wrote is replaced.

        Returns
        -------
        Path
            The file written.

        Raises
        ------
        BadParameter
            No format has such an ending.
        TargetExists
            It is there and may not be replaced.
        WriteFailed
            It could not be written whole.
        """
        from estran.face.writing import written

        return written(self._dataset, Path(path), overwrite)

    def to_product(self) -> Product:
        """The Dataset of one date as a product, as the engine, the command line and the writers know it; nothing is
        computed.

        Returns
        -------
        estran.raster.product.Product
            Bands, flag codings, masks, tie points, metadata and times as far as the Dataset has them.

        Raises
        ------
        BadProduct
            The Dataset is empty, or has several dates.
        BadGrid
            The reference system is missing, or coordinates are not sorted or not evenly spaced.
        UnsupportedProduct
            A band is there twice, or it is not clear whether numbers are scaled already.
        """
        from estran.face.to_product import product_of, refuse_other_dates

        refuse_other_dates(self._dataset)
        return product_of(self._dataset).product
