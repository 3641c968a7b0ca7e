"""What the simulator must know of the Sentinel-2 MSI: when each band looks, from where, and how well it
counts photons.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estran.scenes.march import Rays
from estran.sensors.bands import SENTINEL2

BANDS: tuple[str, ...] = tuple(b.name for b in SENTINEL2)
"""In the order of band identifiers 0..12."""

TIME_LAG: Mapping[str, float] = {
    "B2": 0.0, "B8": 0.264, "B3": 0.527, "B10": 0.851, "B4": 1.005, "B5": 1.269, "B11": 1.468,
    "B6": 1.525, "B7": 1.790, "B8A": 2.055, "B12": 2.085, "B1": 2.314, "B9": 2.586,
}  # fmt: skip
"""Seconds after B2 at which a band sees a point of the ground (ESA, Sentinel-2 MSI technical guide, inter-band temporal
offsets).
"""

LAG_TO_SLOPE = 0.00945
"""Change of the view's slope along the track per second of lag [1/s]: orbital speed over height, 7.44 / 786;
the angle grids of four real products give 0.0094 to 0.0096."""
HALF_STAGGER = 0.00965
"""Slope along the track of B2 on odd detectors, and minus that of even ones [1]: half of the 0.0193 between detectors
11 and 12 in the angle grids of T46RER, 2021-09-08.

The focal plane's two rows are mirror images: on even detectors the bands look in the opposite order.
"""
ORBIT_HEIGHT = 786e3
"""Metres; ESA, Sentinel-2 user handbook."""
FLIGHT_AZIMUTH = 194.0
"""Direction of flight of a descending orbit at middle latitudes, clockwise from true north [degrees]; 193 to 196 in the
angle grids of four real products.
"""
DETECTOR_WIDTH = 25e3
"""Metres across the track; 290 km of swath over twelve detectors, with overlaps."""

SOLAR_IRRADIANCE: Mapping[str, tuple[float, ...]] = {
    "Sentinel-2A": (
        1884.69,
        1959.66,
        1823.24,
        1512.06,
        1424.64,
        1287.61,
        1162.08,
        1041.63,
        955.32,
        812.92,
        367.15,
        245.59,
        85.25,
    ),
    "Sentinel-2B": (
        1874.30,
        1959.75,
        1824.93,
        1512.80,
        1425.42,
        1290.72,
        1175.50,
        1041.19,
        953.76,
        817.67,
        365.40,
        247.08,
        87.75,
    ),
    "Sentinel-2C": (
        1914.61,
        1972.03,
        1822.48,
        1506.76,
        1410.33,
        1287.26,
        1154.90,
        1037.07,
        957.90,
        807.63,
        367.87,
        246.31,
        86.94,
    ),
}
"""Extraterrestrial irradiance per band [W m-2 um-1]. 2A: as a real MTD_MSIL1C.xml has it. 2B, 2C: Thuillier et al.
(2003) weighted with the spectral responses of COPE-GSEG-EOPG-TN-15-0007 v4.0; the same sum gives 2A within 0.03 %.
"""

REFERENCE_RADIANCE = (129.0, 128.0, 128.0, 108.0, 74.5, 68.0, 67.0, 103.0, 52.5, 9.0, 6.0, 4.0, 1.5)
SNR_AT_REFERENCE = (129.0, 154.0, 168.0, 142.0, 117.0, 89.0, 105.0, 174.0, 72.0, 114.0, 50.0, 100.0, 100.0)
MAXIMUM_RADIANCE = (588.0, 615.5, 559.0, 484.0, 449.5, 413.0, 387.0, 308.0, 308.0, 233.0, 45.0, 70.0, 24.5)
"""Reference and maximum radiance [W m-2 sr-1 um-1] and required signal to noise (Drusch et al. 2012, RSE 120, 25-36,
table 1).
"""


LEVELS = 4095
"""Steps of the 12-bit counter."""


@dataclass(frozen=True)
class Radiometry:
    """Per band: variance of the noise, step of the 12-bit counter, reflectance at which it is full; in units of
    reflectance.
    """

    signal_free: npt.NDArray[np.float64]
    per_signal: npt.NDArray[np.float64]
    step: npt.NDArray[np.float64]
    full: npt.NDArray[np.float64]


def radiometry(platform: str, cos_sun: float, distance: float) -> Radiometry:
    """Radiances of the instrument's requirements as reflectances under a Sun.

    A third of the variance at the reference radiance is read-out noise, the rest grows with the signal.
    """
    to_reflectance = np.pi * distance**2 / (np.array(SOLAR_IRRADIANCE[platform]) * cos_sun)
    reference = np.array(REFERENCE_RADIANCE) * to_reflectance
    full = np.array(MAXIMUM_RADIANCE) * to_reflectance
    variance = (reference / np.array(SNR_AT_REFERENCE)) ** 2
    # (SIM-15)
    return Radiometry(variance / 3, variance * 2 / 3 / reference, full / LEVELS, full)


def view_rays(
    band: str, slope: tuple[float, float], centre: tuple[float, float], flight_azimuth: float, seam: float
) -> Rays:
    """Rays from the ground to the sensor as one band sees them.

    Parameters
    ----------
    slope
        Run (east, south) per metre of climb at the centre, without the focal plane's stagger [1].
    centre
        Of the scene, metres east and south of its corner.
    flight_azimuth
        Clockwise from grid north [degrees].
    seam
        Distance across the track from the centre to a seam between detectors [m].
    """
    azimuth = np.radians(flight_azimuth)
    along = float(np.sin(azimuth)), float(-np.cos(azimuth))
    # To the left of the direction of flight: detectors are numbered eastwards on descending orbits.
    across = along[1], -along[0]
    # (SIM-3)
    stagger = HALF_STAGGER + LAG_TO_SLOPE * TIME_LAG[band]
    # Viewed from a point further across the track, the sensor stands the other way: the slope falls by 1 / height.
    gxx, gxy = -across[0] * across[0] / ORBIT_HEIGHT, -across[0] * across[1] / ORBIT_HEIGHT
    gyx, gyy = -across[1] * across[0] / ORBIT_HEIGHT, -across[1] * across[1] / ORBIT_HEIGHT
    middle = centre[0] * across[0] + centre[1] * across[1]
    return Rays(
        slope[0] - gxx * centre[0] - gxy * centre[1],
        slope[1] - gyx * centre[0] - gyy * centre[1],
        (gxx, gxy, gyx, gyy),
        *across,
        middle + seam,
        DETECTOR_WIDTH,
        along[0] * stagger,
        along[1] * stagger,
    )


def sun_rays(zenith: float, azimuth: float, centre: tuple[float, float]) -> Rays:
    """Rays from the ground to the Sun: the direction is exact at the centre, and turns with the curvature of the Earth;
    azimuth from grid north.
    """
    z, a = np.radians(zenith), np.radians(azimuth)
    east, south, up = np.sin(z) * np.sin(a), -np.sin(z) * np.cos(a), np.cos(z)
    radius = 6371e3
    te, ts = east / up, south / up
    # (SIM-2) The vertical tilts by distance / radius: d(east/up) = -(dx + te (te dx + ts dy)) / radius.
    gradient = (-(1 + te * te) / radius, -te * ts / radius, -te * ts / radius, -(1 + ts * ts) / radius)
    return Rays(
        float(te - gradient[0] * centre[0] - gradient[1] * centre[1]),
        float(ts - gradient[2] * centre[0] - gradient[3] * centre[1]),
        (float(gradient[0]), float(gradient[1]), float(gradient[2]), float(gradient[3])),
    )
