"""Where SNAP's S2Resampling mixes zeros into a band: at the image's edges, when it makes pixels smaller by
interpolation.

It interpolates between the centres of the band's own pixels, half a target pixel towards the upper left, and takes what
lies beyond the image for 0 counts: reflectance -0.1 since processing baseline 04.00, nothing before
(senbox-org/snap-engine, InterpolationScaler; observed with SNAP 13.0.3).
"""

from __future__ import annotations

import math

from estran.sensors.bands import SENTINEL2

OPERATOR = "S2Resampling"
"""Name of the operator in the processing graph that SNAP keeps in a product's metadata."""


def mixed_edges(band: str, pixel: float) -> tuple[int, int]:
    """Pixels at the upper and left edges, and at the lower and right ones, that hold something of what lies beyond the
    image.

    Parameters
    ----------
    band
        "B10"; other names have no such edges.
    pixel
        Pixel size that the band was brought to [m].

    Examples
    --------
    >>> mixed_edges("B10", 20.0), mixed_edges("B10", 10.0), mixed_edges("B11", 10.0), mixed_edges("B2", 20.0)
    ((2, 1), (3, 2), (1, 0), (0, 0))
    """
    times = next((spectral.pixel for spectral in SENTINEL2 if spectral.name == band), 0.0) / pixel
    return (math.ceil(times / 2), math.ceil(times / 2 - 1)) if times > 1 else (0, 0)
