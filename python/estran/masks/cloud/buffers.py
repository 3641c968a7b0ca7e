"""Safety margins around clouds and shadows (ATBD: cloud mask, CM-32)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from estran.raster.morphology import dilate_disk

Mask = npt.NDArray[np.bool_]


def buffered(
    cloud: Mask, shadow: Mask, valid: Mask, pixel_size: tuple[float, float], cloud_buffer: float, shadow_buffer: float
) -> tuple[Mask, Mask]:
    """Cloud and shadow grown by their buffers, within valid pixels.

    Parameters
    ----------
    cloud, shadow, valid
        (rows, columns).
    pixel_size
        Width and height of a pixel [m].
    cloud_buffer, shadow_buffer
        Radius by which each is grown [m]; 0 leaves it.

    Returns
    -------
    cloud, shadow
        They do not overlap: a pixel in both is cloud.
    """
    grown = dilate_disk(cloud, cloud_buffer, pixel_size) & valid
    shade = dilate_disk(shadow, shadow_buffer, pixel_size) & valid & ~grown
    return grown, shade
