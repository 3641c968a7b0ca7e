"""The displacement from clouds to their shadows, where the sun's place is not known (ATBD: cloud mask, CM-33).

All clouds of a scene cast their shadows in one direction, and most of them about equally far. So the mask of clouds,
shifted by that displacement, covers more potential shadow than under any other shift: a peak of their
cross-correlation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import fft
from scipy.ndimage import gaussian_filter

from estran.masks.cloud.stages import Geometry

Mask = npt.NDArray[np.bool_]

LARGEST = 1024
"""Images are thinned to at most this many rows and columns before the correlation."""


@dataclass(frozen=True)
class Displacement:
    """Dominant displacement from clouds to shadows.

    Parameters
    ----------
    azimuth
        Direction from the shadow to the cloud, which is the sun's where the view is from above: clockwise from grid
        north [degrees].
    length
        Metres on the ground.
    contrast
        By how much the fraction of potential shadow under the shifted clouds exceeds that of the clear scene.
    """

    azimuth: float
    length: float
    contrast: float


def dominant_displacement(
    cloud: Mask,
    potential: Mask,
    valid: Mask,
    pixel_size: tuple[float, float],
    longest: float,
    azimuth: float | None = None,
) -> Displacement | None:
    """Search the displacement that lays clouds on potential shadow (CM-33).

    Parameters
    ----------
    cloud, potential, valid
        (rows, columns).
    pixel_size
        Width and height of a pixel [m].
    longest
        Greatest length to search [m].
    azimuth
        Azimuth of the sun where that is known [degrees, grid]: only lengths are then searched.

    Returns
    -------
    Displacement, or None where there is no cloud, no potential shadow, or no displacement better than chance.
    """
    step = max(1, -(-max(cloud.shape) // LARGEST))
    c = _thinned(cloud & valid, step)
    clear = _thinned(valid & ~cloud, step)
    dark = _thinned(potential & valid & ~cloud, step)
    if c.sum() == 0 or dark.sum() == 0 or clear.sum() == 0:
        return None
    background = dark.sum() / clear.sum()
    dx, dy = pixel_size[0] * step, pixel_size[1] * step
    shape = [fft.next_fast_len(int(2 * n), real=True) for n in c.shape]
    spectrum = np.conj(fft.rfft2(c, shape))
    counted = fft.irfft2(spectrum * fft.rfft2(clear, shape), shape)
    hits = fft.irfft2(spectrum * fft.rfft2(dark, shape), shape)
    rows = fft.fftfreq(shape[0], 1.0 / shape[0])[:, None]
    cols = fft.fftfreq(shape[1], 1.0 / shape[1])[None, :]
    north, east = -rows * dy, cols * dx
    length = np.hypot(north, east)
    # Shifts that leave less than a tenth of the clouds on clear ground say nothing; nor do those that hardly leave the
    # cloud.
    total = c.sum()
    plausible = (length <= longest) & (length >= 2.0 * max(dx, dy)) & (counted > 0.1 * total)
    plausible &= (np.abs(rows) < 0.75 * c.shape[0]) & (np.abs(cols) < 0.75 * c.shape[1])
    if azimuth is not None:
        toward = np.radians(azimuth)
        along = -(north * np.cos(toward) + east * np.sin(toward))
        plausible &= (along > 0.0) & (length - along < np.maximum(max(dx, dy), 0.01 * length))
    fraction = np.where(plausible, hits / np.maximum(counted, 1e-9) - background, -1.0)
    # A fraction of few pixels is a noisy one: weigh by what was counted.
    value = np.where(plausible, fraction * np.sqrt(np.maximum(counted, 0.0) / total), -1.0)
    value = np.where(plausible, gaussian_filter(value, 1.0, mode="wrap"), -1.0)
    best = np.unravel_index(int(np.argmax(value)), value.shape)
    if fraction[best] <= 0.0:
        return None
    found_north, found_east = float(north[best[0], 0]), float(east[0, best[1]])
    return Displacement(
        float(np.degrees(np.arctan2(-found_east, -found_north)) % 360.0), float(length[best]), float(fraction[best])
    )


def _thinned(mask: Mask, step: int) -> npt.NDArray[np.float32]:
    rows, cols = (n // step * step for n in mask.shape)
    blocks = mask[:rows, :cols].reshape(rows // step, step, cols // step, step)
    return np.asarray(blocks.mean(axis=(1, 3), dtype=np.float32))


LEAST_CLOUD = 0.005
"""Fraction of cloud below which the place of shadows is not searched: a few bright roofs always find
some dark spots.
"""
LONGEST_SHADOW = 20000.0
"""Longest shadow shift searched where the sun's zenith angle is unknown [m]: a cloud at 5 km under a sun 14 degrees
high.
"""


@dataclass(frozen=True)
class KnownGeometry:
    """Sun and view, searched where they were unknown; `heights` are the shadow lengths that then stand for heights,
    lowest and highest [m].
    """

    geometry: Geometry
    heights: tuple[float, float] | None = None


@dataclass(frozen=True)
class Searched:
    """How the search for the sun's place went.

    Parameters
    ----------
    known
        What came of it; None where nothing did.
    failed
        Why: "little" cloud to search with, or "none" of the displacements is better than chance.
    cloud_share
        Fraction of cloud in the scene.
    displacement
        What was found.
    """

    known: KnownGeometry | None
    failed: Literal["", "little", "none"] = ""
    cloud_fraction: float = 0.0
    displacement: Displacement | None = None


def search_geometry(
    geometry: Geometry, cloud: Mask, potential: Mask, valid: Mask, pixel_size: tuple[float, float], height_max: float
) -> Searched:
    """Search the sun's angle that is unknown, or both.

    Parameters
    ----------
    geometry
        Sun and view, of which the sun's zenith or azimuth is None.
    cloud, potential, valid
        (rows, columns).
    pixel_size
        Width and height of a pixel [m].
    height_max
        Highest cloud above the ground [m].
    """
    zenith = geometry.sun_zenith
    longest = LONGEST_SHADOW if zenith is None else height_max * float(np.tan(np.radians(np.nanmean(zenith))))
    azimuth = None if geometry.sun_azimuth is None else float(np.nanmean(geometry.sun_azimuth))
    fraction = np.count_nonzero(cloud) / np.count_nonzero(valid)
    if fraction < LEAST_CLOUD:
        return Searched(None, "little", fraction)
    found = dominant_displacement(cloud, potential, valid, pixel_size, longest, azimuth)
    if found is None:
        return Searched(None, "none", fraction)
    if zenith is not None:
        return Searched(KnownGeometry(replace(geometry, sun_azimuth=found.azimuth)), "", fraction, found)
    # With the sun at 45 degrees and the sensor above, a height is a length.
    flat = Geometry(45.0, found.azimuth if azimuth is None else azimuth, 0.0, 0.0)
    return Searched(KnownGeometry(flat, (2.0 * max(pixel_size), 2.0 * found.length)), "", fraction, found)
