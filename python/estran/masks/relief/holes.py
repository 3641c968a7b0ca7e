"""Terrain without holes, so that every backend sees the same surface."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Heights = npt.NDArray[np.float32]

BRIDGED = 20
"""Pixels into a hole that take the height of its rim; what is deeper inside is as low as the lowest terrain (the sea
that a DEM leaves out).
"""


def without_holes(dem: Heights) -> Heights:
    """The terrain with its holes filled: near their rim by the nearest height, deeper by the lowest.

    A pit of the lowest height right beside a ridge would make cliffs that no mountain has, and two ways to cast a ray
    disagree at cliffs first.
    """
    holes = np.isnan(dem)
    if not holes.any() or holes.all():
        return dem
    from scipy.ndimage import distance_transform_edt

    far, (rows, columns) = distance_transform_edt(holes, return_indices=True)
    return np.where(far > BRIDGED, np.nanmin(dem), dem[rows, columns]).astype(np.float32)
