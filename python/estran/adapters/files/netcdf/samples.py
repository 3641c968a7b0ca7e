"""The samples of one variable, read when they are sliced."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.adapters.files.netcdf.library import DAMAGE, alone, opened
from estran.errors import BadProduct


class NetcdfVariable:
    """The raw samples of a variable's last two dimensions, at the indices `leading` of those before, as an array that
    reads when sliced; the first row is the northernmost.
    """

    ndim = 2

    def __init__(
        self,
        path: Path,
        name: str,
        shape: tuple[int, int],
        dtype: npt.DTypeLike,
        *,
        leading: tuple[int, ...] = (),
        flipped: bool = False,
    ) -> None:
        self.path, self.name, self.shape, self.dtype = path, name, shape, np.dtype(dtype)
        self._leading, self._flipped = leading, flipped

    def __getitem__(self, key: Any) -> npt.NDArray[Any]:
        rows, columns = (np.arange(*piece.indices(length)) for piece, length in zip(key, self.shape, strict=True))
        if self._flipped:
            rows = self.shape[0] - 1 - rows[::-1]
        with alone():
            try:
                with opened(self.path) as dataset:
                    variable = dataset[self.name]
                    variable.set_auto_maskandscale(False)
                    block = variable[(*self._leading, _slice(rows), _slice(columns))]
            except (*DAMAGE, IndexError, ValueError) as error:
                raise BadProduct(
                    f"band {self.name!r} cannot be read; the file is damaged",
                    where=self.path,
                    found=str(error),
                    todo="copy it again",
                ) from error
        block = np.asarray(block)
        if block.dtype.itemsize == self.dtype.itemsize and block.dtype.kind == "i" and self.dtype.kind == "u":
            block = block.view(block.dtype.str.replace("i", "u"))  # NetCDF-3's _Unsigned
        return np.asarray((block[::-1] if self._flipped else block).astype(self.dtype))


def _slice(numbers: npt.NDArray[np.intp]) -> slice:
    if not len(numbers):
        return slice(0, 0)
    step = int(numbers[1] - numbers[0]) if len(numbers) > 1 else 1
    return slice(int(numbers[0]), int(numbers[-1]) + 1, step)
