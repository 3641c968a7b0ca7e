"""Every spectral test and index of every pixel by itself, for diagnosis (ATBD: cloud mask, CM-2 to CM-10)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.masks.cloud.coding import SpectralFlag
from estran.masks.cloud.settings import PixelSettings
from estran.masks.cloud.spectral import Limits, tests_of_rows
from estran.masks.cloud.survey import CIRRUS, must_be_valid, source_names, stacks

Array = npt.NDArray[Any]


def spectral_tests_of(
    bands: Mapping[str, Array], settings: PixelSettings
) -> tuple[npt.NDArray[np.uint16], dict[str, npt.NDArray[np.float32]]]:
    """Every test and index of every pixel by itself, for diagnosis.

    Parameters
    ----------
    bands
        As :func:`~estran.masks.cloud.survey.survey_pixels` takes them; any shape.
    settings
        Thresholds.

    Returns
    -------
    flags, indices
        Bits of :class:`~estran.masks.cloud.coding.SpectralFlag` (uint16; NODATA alone where not valid), and float32
        hot, whiteness, ndvi, ndsi, ndbi, variability (NaN where not valid).
    """
    present = frozenset(source_names(bands, settings))
    limits, rows = Limits.of(settings, present), must_be_valid(present, settings)
    shape = np.shape(bands["blue"])
    size = int(np.prod(shape))
    bits, indices = np.zeros(size, np.uint16), np.empty((6, size), np.float32)
    valid, cirrus = np.empty(size, np.bool_), np.zeros(size, np.bool_)
    for start, stack in stacks(bands, settings):
        part = slice(start, start + stack.shape[1])
        valid[part] = ~np.isnan(stack[rows]).any(axis=0)
        tests_of_rows(stack, limits, bits[part], indices[:, part])
        if limits.has_cirrus:
            cirrus[part] = stack[CIRRUS] > settings.cirrus_min
    bits |= cirrus * np.uint16(SpectralFlag.CIRRUS)
    bits[~valid] = SpectralFlag.NODATA
    indices[:, ~valid] = np.nan
    names = ("hot", "whiteness", "ndvi", "ndsi", "ndbi", "variability")
    return bits.reshape(shape), {name: array.reshape(shape) for name, array in zip(names, indices, strict=True)}
