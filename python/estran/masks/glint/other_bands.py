"""Glint of other bands than the one it was observed in (ATBD: sun glint, GLINT-11)."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from estran.jit import parallel_jit
from estran.masks.glint.geometry import facet, fresnel
from estran.masks.glint.observe import Angles, contiguous

Float = npt.NDArray[np.float32]


@parallel_jit
def _in_band(
    observed: Float,
    sun_zenith: Float,
    sun_azimuth: Float,
    view_zenith: Float,
    view_azimuth: Float,
    known: float,
    wanted: float,
    out: Float,
) -> None:
    rows, cols = out.shape
    for r in numba.prange(rows):
        glint, zenith, azimuth, of_view, azimuth_of_view, row = (
            observed[r],
            sun_zenith[r],
            sun_azimuth[r],
            view_zenith[r],
            view_azimuth[r],
            out[r],
        )
        for c in range(cols):
            _, _, incidence, _, _ = facet(zenith[c], azimuth[c], of_view[c], azimuth_of_view[c])
            row[c] = glint[c] * fresnel(incidence, wanted) / fresnel(incidence, known)


def in_band(observed: Float, angles: Angles, known: float, wanted: float) -> Float:
    """Glint observed where the water's index is `known`, as it is where the index is `wanted` (GLINT-11): the facets
    are the same, Fresnel's reflectance is not.

    Parameters
    ----------
    observed
        Glint reflectance (rows, columns).
    angles
        Of the band that is wanted.
    known, wanted
        Real refractive indices of the water in the band observed and in the one wanted.

    Returns
    -------
    (rows, columns) float32.
    """
    out = np.empty(observed.shape, np.float32)
    _in_band(observed, *contiguous(angles, observed.shape), known, wanted, out)
    return out
