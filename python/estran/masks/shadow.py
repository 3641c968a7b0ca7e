"""Potential cloud shadow: dark places that the land around them is not (ATBD: cloud mask, CM-20)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from estran.raster.morphology import fill_minima

Mask = npt.NDArray[np.bool_]
Image = npt.NDArray[np.floating]


def darkness(image: Image, drains: Mask, background: float) -> npt.NDArray[np.float32]:
    """How far each pixel lies below its surroundings: the flood-filled image less the image (ZW12 eq. 19).

    Parameters
    ----------
    image
        (rows, columns) reflectance; NaN counts as drain.
    drains
        (rows, columns); pixels that count as outside of the image, such as no-data.
    background
        Reflectance of the border and of the drains.

    Returns
    -------
    (rows, columns) float32, 0 on drains and on the border.
    """
    missing = ~np.isfinite(image)
    if missing.any():
        drains = drains | missing
    filled = fill_minima(np.where(missing, np.float32(background), image) if missing.any() else image, drains, background)
    np.subtract(filled, image, out=filled)
    filled[drains] = 0.0
    filled[[0, -1], :] = 0.0
    filled[:, [0, -1]] = 0.0
    return filled


def potential_shadow(nir: Image, swir1: Image | None, drains: Mask, nir_background: float, swir1_background: float, depth: float) -> Mask:
    """Pixels dark in the near infrared and, where given, in SWIR1 (CM-20).

    Parameters
    ----------
    nir, swir1
        (rows, columns) reflectance.
    drains
        Pixels that are no ground of this scene (no-data).
    nir_background, swir1_background
        Reflectance of dark clear land: its 17.5th percentile.
    depth
        Least darkness in both bands.
    """
    dark = darkness(nir, drains, nir_background) > depth
    if swir1 is not None:
        dark &= darkness(swir1, drains, swir1_background) > depth
    return dark
