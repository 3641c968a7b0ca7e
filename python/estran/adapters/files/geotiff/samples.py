"""The samples of one band of a raster, read when they are sliced."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.adapters.files.gdal import library, opened
from estran.errors import BadProduct


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
        masked_value: float | None = None,
        alpha: int | None = None,
    ) -> None:
        self.path, self.number, self.shape = path, number, shape
        self.stored, self.dtype, self._snap_bits = np.dtype(stored), np.dtype(dtype), snap_bits
        self._remote = remote
        self._masked_value, self._alpha = (
            masked_value,
            alpha,
        )  # what stands where a mask hides a pixel, None where there is none; the band that is the mask, if one is

    def __getitem__(self, key: Any) -> npt.NDArray[Any]:
        library()
        from rasterio.errors import RasterioError
        from rasterio.windows import Window

        rows, columns = (piece.indices(length) for piece, length in zip(key, self.shape, strict=True))
        window = Window(columns[0], rows[0], columns[1] - columns[0], rows[1] - rows[0])
        try:
            with opened(self.path, remote=self._remote, pam=False) as dataset:
                block = dataset.read(self.number, window=window)
                if self._masked_value is not None:
                    mask = (
                        dataset.read_masks(self.number, window=window)
                        if self._alpha is None
                        else dataset.read(self._alpha, window=window)
                    )
                    block = np.where(mask == 0, block.dtype.type(self._masked_value), block)
        except RasterioError as error:
            raise BadProduct(
                f"band {self.number} cannot be read; the file is truncated or damaged",
                where=self.path,
                found=str(error),
                todo="copy the file again",
            ) from error
        if self._snap_bits:
            # SNAP casts most integers to the file's float32, but writes the *bits* of bytes: what is nearly zero is
            # such a pattern.
            tiny = np.abs(block) < 1e-37
            block = np.where(tiny, np.ascontiguousarray(block, np.float32).view(np.int32), block)
        return np.asarray(block[:: rows[2], :: columns[2]]).astype(self.dtype, copy=False)
