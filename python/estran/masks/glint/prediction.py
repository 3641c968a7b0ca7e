"""Glint of a wind that is not known exactly: its mean and spread over the wind's uncertainty (ATBD: predicted glint,
PG-1 to PG-3).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from estran.errors import BadGeometry
from estran.masks.glint.geometry import STRONGEST, predicted_glint
from estran.physics.sea_surface.refraction import refractive_index
from estran.physics.sea_surface.slopes import SlopeModel
from estran.sensors.band_table import band_facts
from estran.sensors.bands import SENTINEL2

Double = npt.NDArray[np.float64]

BANDS: tuple[str, ...] = tuple(band.name for band in SENTINEL2)
"""The bands for which glint is predicted, in the product's order."""


@dataclass(frozen=True)
class Geometry:
    """Zeniths and azimuths of Sun and sensor [degrees], azimuths clockwise from one north, from the ground."""

    sun_zenith: float
    sun_azimuth: float
    view_zenith: float
    view_azimuth: float


@dataclass(frozen=True)
class GlintOverWinds:
    """Glint of one geometry in each band: for the wind itself, and over its uncertainty; each (bands,) float64."""

    at_wind: Double
    mean: Double
    std: Double


def winds(speed: float, uncertainty: float, count: int) -> Double:
    """Winds of equal probability under a normal distribution cut at 0 and at 30 m/s (PG-1): the quantiles
    (k - 1/2) / `count`, in rising order [m/s].

    Parameters
    ----------
    speed, uncertainty
        Mean and standard deviation before the cut [m/s]; an uncertainty of 0 gives the speed itself.
    count
        How many.

    Examples
    --------
    >>> winds(5.0, 1.0, 3).round(3).tolist()
    [4.033, 5.0, 5.967]
    """
    if uncertainty == 0.0:
        return np.full(count, min(speed, STRONGEST))
    low, high = ndtr((0.0 - speed) / uncertainty), ndtr((STRONGEST - speed) / uncertainty)
    quantile = (np.arange(count) + 0.5) / count
    taken: Double = np.clip(speed + uncertainty * ndtri(low + quantile * (high - low)), 0.0, STRONGEST)
    return taken


@cache
def indices(platform: str) -> tuple[float, ...]:
    """Real refractive index of sea water at the centre of each band (SEA-4)."""
    centres = [band_facts(platform, band).centre for band in BANDS]
    return tuple(float(n.real) for n in refractive_index(centres)[0])


def glint_over_winds(
    geometry: Geometry,
    speed: float,
    uncertainty: float,
    wind_from: float = 0.0,
    *,
    platform: str = "Sentinel-2A",
    model: SlopeModel = "cox_munk_isotropic",
    count: int = 201,
) -> GlintOverWinds:
    """Reflectance of glint just above the sea in every band (GLINT-3), with its mean (PG-2) and standard deviation
    (PG-3) over the winds that the uncertainty allows.

    Parameters
    ----------
    geometry
        Of Sun and sensor.
    speed, uncertainty
        Of the wind at 10 to 12.5 m [m/s].
    wind_from
        Direction that the wind comes from, clockwise from the same north [degrees].
    platform
        Whose bands.
    model
        Distribution of slopes.
    count
        Winds taken.

    Raises
    ------
    BadGeometry
        The Sun is below the horizon.
    """
    if not geometry.sun_zenith < 90.0:
        raise BadGeometry(
            "the sun is below the horizon",
            expected="a sun zenith below 90 degrees",
            found=f"{geometry.sun_zenith:.2f} degrees",
            todo="correct time or place",
        )
    # The first column is the wind itself.
    taken = np.concatenate([[speed], winds(speed, uncertainty, count)])[None, :]
    angles = (geometry.sun_zenith, geometry.sun_azimuth, geometry.view_zenith, geometry.view_azimuth)
    of_bands = np.array(
        [predicted_glint(*angles, taken, wind_from, index=n, model=model)[0] for n in indices(platform)], np.float64
    )
    spread = of_bands[:, 1:]
    return GlintOverWinds(of_bands[:, 0], spread.mean(axis=1), spread.std(axis=1))  # (PG-2, PG-3)


def facet_angles(geometry: Geometry) -> tuple[float, float]:
    """Incidence on the facet that reflects the Sun to the sensor (GLINT-1), and its tilt (GLINT-2) [degrees]."""
    sun, view = np.radians(geometry.sun_zenith), np.radians(geometry.view_zenith)
    turn = np.radians(geometry.view_azimuth - geometry.sun_azimuth)
    double = np.cos(sun) * np.cos(view) + np.sin(sun) * np.sin(view) * np.cos(turn)
    incidence = 0.5 * np.arccos(np.clip(double, -1.0, 1.0))
    tilt = np.arccos(np.clip((np.cos(sun) + np.cos(view)) / (2.0 * np.cos(incidence)), -1.0, 1.0))
    return float(np.degrees(incidence)), float(np.degrees(tilt))
