"""Flags and classes of the glint mask: the numbers that kernels write and operators declare, said once.

Light on purpose: no numba here, so that the catalogue can import it without feeling it.
"""

from __future__ import annotations

from estran.masks.glint.settings import GlintSettings
from estran.raster.coding import Classes, Flags

_LOW, _MODERATE, _SEVERE = GlintSettings.low, GlintSettings.moderate, GlintSettings.severe
_WIND = GlintSettings.strongest_wind


class GlintFlag(Flags):
    """Flags of the mask; a pixel may have several."""

    NODATA = 0, (60, 60, 60), "a band or an angle that the mask needs has no data"
    WATER = (
        1,
        (30, 90, 220),
        "taken as water: by the layer of water occurrence, else by what is left when glint is taken off",
    )
    POSSIBLE = 2, (255, 245, 157), f"some wind up to {_WIND:g} m/s makes glint in this geometry", 0.7
    PREDICTED = 3, (255, 204, 128), "the wind that is known, or 5 m/s, makes glint here", 0.6
    OBSERVED = (
        4,
        (255, 171, 64),
        "the short-wave infrared shows as much as glint; without the tests for cloud",
        0.6,
    )
    LOW = 5, (255, 238, 88), "sun glint, low: correction is wanted"
    MODERATE = 6, (255, 152, 0), "sun glint, moderate: correction is needed"
    SEVERE = 7, (229, 57, 53), "sun glint, severe: most corrections do not retrieve the water's own signal"
    CLOUD_SUSPECT = (
        8,
        (236, 239, 241),
        "on water where glint is possible, but looks like cloud: no glint is claimed",
    )
    EXCESS = 9, (171, 71, 188), f"brighter than any wind up to {_WIND:g} m/s makes the sea"


class GlintClass(Classes):
    """Classes of the mask; a pixel has one."""

    NONE = 0, (40, 70, 120), "no glint, or no water, or cloud"
    LOW = 1, (255, 238, 88), f"low: {_LOW:g} to {_MODERATE:g}"
    MODERATE = 2, (255, 152, 0), f"moderate: {_MODERATE:g} to {_SEVERE:g}"
    SEVERE = 3, (229, 57, 53), f"severe: {_SEVERE:g} and more"
    NODATA = 255, (0, 0, 0), "no data"
