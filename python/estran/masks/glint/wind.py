"""The wind that a product gives, as the slopes of waves want it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.floating]


def speed_and_origin(u: Float, v: Float) -> tuple[Float, Float]:
    """Speed and origin of a wind.

    Parameters
    ----------
    u, v
        Components towards east and north [m/s], arrays of one shape.

    Returns
    -------
    speed, origin
        Speed [m/s] and the direction that the wind comes from, clockwise from true north, -180 to 180 [degrees]; NaN
        where a component is.
    """
    return np.hypot(u, v), np.degrees(np.arctan2(-u, -v))
