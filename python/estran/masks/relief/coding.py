"""Flags of the relief shadow: the numbers that kernels write and operators declare, said once.

Light on purpose: no numba here, so that the catalogue can import it without feeling it.
"""

from __future__ import annotations

from estran.raster.coding import Flags


class ReliefFlag(Flags):
    """Flags of the mask; a pixel may have several."""

    NODATA = 0, (60, 60, 60), "height of the ground or place of the sun unknown"
    CAST = (
        1,
        (0, 105, 92),
        "in the shadow of terrain farther than 1.5 postings; decided by the backend that the metadata names",
    )
    SELF = 2, (77, 182, 172), "slope turned away from the sun"
    LOW_SUN = 3, (255, 167, 38), "slope that the sun only grazes", 0.7
    HIDDEN = 4, (216, 27, 96), "hidden from the sensor by terrain"
    UNKNOWN = (
        5,
        (188, 170, 164),
        "lit as far as the DEM goes; terrain beyond its edge, or in a hole of it, might shadow it",
        0.9,
    )
