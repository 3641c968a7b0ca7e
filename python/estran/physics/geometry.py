"""Sun and view geometry: directions as vectors, the Sun's place in the sky, the distance to it.

Azimuths are clockwise from north and point from the ground to the Sun or the sensor; zeniths and azimuths are in
degrees. Which north (true or grid) is the caller's to say.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from estran.errors import BadParameter

Float = npt.NDArray[np.float64]


def slope_vector(zenith: npt.ArrayLike, azimuth: npt.ArrayLike) -> tuple[Float, Float]:
    """Horizontal run per unit of height along a direction: ``tan(zenith) u(azimuth)``, as (east, north).

    A cloud observed at `x` whose height is `h` stands above ``x + h * slope_vector(view)``; its shadow falls on that
    point ``- h * slope_vector(sun)`` (SIM-1).

    Examples
    --------
    >>> east, north = slope_vector(45.0, 90.0)
    >>> round(float(east), 12), round(float(north), 12)
    (1.0, 0.0)
    """
    tangent = np.tan(np.radians(np.asarray(zenith, float)))
    az = np.radians(np.asarray(azimuth, float))
    return np.asarray(tangent * np.sin(az)), np.asarray(tangent * np.cos(az))


def zenith_azimuth(east: npt.ArrayLike, north: npt.ArrayLike) -> tuple[Float, Float]:
    """Zenith and azimuth (0..360) [degrees] of a slope vector; the inverse of :func:`slope_vector`."""
    e, n = np.asarray(east, float), np.asarray(north, float)
    return np.degrees(np.arctan(np.hypot(e, n))), np.degrees(np.arctan2(e, n)) % 360.0


def travel_azimuth(view_azimuth: npt.ArrayLike, sun_azimuth: npt.ArrayLike) -> Float:
    """Azimuth of the light that a satellite sees less that of sunlight, both as they travel [degrees, 0..360] (RT-1b):
    0 is forward, the side of the glint.

    Parameters
    ----------
    view_azimuth, sun_azimuth
        From the ground to the sensor and to the Sun [degrees clockwise from north], as Sentinel-2 and SNAP give them.

    Examples
    --------
    >>> float(travel_azimuth(285.0, 105.0))
    0.0
    """
    # The azimuth of travel is counter-clockwise, as the Stokes axes want it; sunlight travels away from the Sun.
    return np.asarray((np.asarray(sun_azimuth, float) + 180.0 - np.asarray(view_azimuth, float)) % 360.0)


def azimuth_from(peer: str, azimuth: npt.ArrayLike) -> Float:
    """What another program calls relative azimuth, as :func:`travel_azimuth` [degrees, 0..360].

    Parameters
    ----------
    peer
        ``sos``, ``natraj``, ``coulson``: 0 is the glint's half-plane already. ``6s``, ``smac``, ``satpy``, ``dimitri``:
        difference of the azimuths from the ground to Sun and sensor, so 180 is the glint's. ``modis_kernels``: 0 is
        backscatter, as in kernel models of reflectance.
    azimuth
        Degrees, of either sign. Where only its size is known (0..180), the sign of U is not.

    Raises
    ------
    BadParameter
        The program is not known.
    """
    turned = {
        "sos": 0.0,
        "natraj": 0.0,
        "coulson": 0.0,
        "6s": 180.0,
        "smac": 180.0,
        "satpy": 180.0,
        "dimitri": 180.0,
        "modis_kernels": 180.0,
    }
    if peer not in turned:
        raise BadParameter(
            "the azimuth convention of this program is not known", expected=" or ".join(turned), found=peer
        )
    return np.asarray((np.asarray(azimuth, float) + turned[peer]) % 360.0)


def scattering_cosine(cos_sun: npt.ArrayLike, cos_view: npt.ArrayLike, azimuth: npt.ArrayLike) -> Float:
    """Cosine of the angle by which sunlight is turned towards a satellite; `azimuth` as :func:`travel_azimuth`
    [degrees].
    """
    s, v = np.asarray(cos_sun, float), np.asarray(cos_view, float)
    return np.asarray(-s * v + np.sqrt((1 - s * s) * (1 - v * v)) * np.cos(np.radians(np.asarray(azimuth, float))))


def reflectance(
    radiance: npt.ArrayLike, irradiance: npt.ArrayLike, cos_sun: npt.ArrayLike, distance: npt.ArrayLike = 1.0
) -> Float:
    """Reflectance ``pi L d^2 / (E mu_s)`` (RT-1c).

    Parameters
    ----------
    radiance, irradiance
        Of one band, in the same units but for the steradian; the irradiance at 1 au.
    cos_sun
        Cosine of the Sun's zenith. Where it is not positive the reflectance is NaN.
    distance
        From the Earth to the Sun [au]. Programs that leave it out are 3.4 % off in July or January.
    """
    mu = np.asarray(cos_sun, float)
    return np.asarray(
        np.pi
        * np.asarray(radiance, float)
        * np.asarray(distance, float) ** 2
        / (np.asarray(irradiance, float) * np.where(mu > 0.0, mu, np.nan))
    )


def _julian_centuries(time: datetime) -> float:
    """Julian centuries since J2000.0; a time without zone is UTC."""
    if time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    return (time.timestamp() / 86400.0 + 2440587.5 - 2451545.0) / 36525.0


def _sun_orbit(t: float) -> tuple[float, float, float]:
    """Apparent longitude, obliquity [radians] and distance [au] of the Sun at `t` Julian centuries since J2000.0.

    Meeus, Astronomical Algorithms (2nd ed., 1998), chapter 25, low accuracy: 0.01 degrees.
    """
    mean_longitude = 280.46646 + t * (36000.76983 + t * 0.0003032)
    anomaly = np.radians(357.52911 + t * (35999.05029 - 0.0001537 * t))
    eccentricity = 0.016708634 - t * (0.000042037 + 0.0000001267 * t)
    centre = (
        np.sin(anomaly) * (1.914602 - t * (0.004817 + 0.000014 * t))
        + np.sin(2 * anomaly) * (0.019993 - 0.000101 * t)
        + np.sin(3 * anomaly) * 0.000289
    )
    node = np.radians(125.04 - 1934.136 * t)
    longitude = np.radians(mean_longitude + centre - 0.00569 - 0.00478 * np.sin(node))
    obliquity = np.radians(23.439291 - t * (0.0130042 + 1.64e-7 * t) + 0.00256 * np.cos(node))
    distance = 1.000001018 * (1 - eccentricity**2) / (1 + eccentricity * np.cos(anomaly + np.radians(centre)))
    return float(longitude), float(obliquity), float(distance)


def earth_sun_distance(time: datetime) -> float:
    """Distance from the Earth to the Sun [au] (Meeus 1998, eq. 25.5); within 7e-5 au."""
    return _sun_orbit(_julian_centuries(time))[2]


def sun_position(time: datetime, lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Any, Any]:
    """Zenith and azimuth of the Sun, without refraction [degrees].

    Meeus (1998), chapters 12, 13 and 25: apparent place of low accuracy, mean sidereal time, no parallax. Within 0.02
    degrees from 1950 to 2050.

    Parameters
    ----------
    time
        UTC where it carries no zone.
    lon, lat
        Degrees, east and north positive; scalars or arrays.

    Returns
    -------
    zenith, azimuth
        Of the broadcast shape of `lon` and `lat`; azimuth clockwise from true north, 0..360.
    """
    t = _julian_centuries(time)
    longitude, obliquity, _ = _sun_orbit(t)
    ascension = np.arctan2(np.cos(obliquity) * np.sin(longitude), np.cos(longitude))
    declination = np.arcsin(np.sin(obliquity) * np.sin(longitude))
    sidereal = 280.46061837 + 360.98564736629 * (t * 36525.0) + t * t * (0.000387933 - t / 38710000.0)
    hour = np.radians(sidereal + np.asarray(lon, float)) - ascension
    phi = np.radians(np.asarray(lat, float))
    up = np.sin(phi) * np.sin(declination) + np.cos(phi) * np.cos(declination) * np.cos(hour)
    east = -np.cos(declination) * np.sin(hour)
    north = np.cos(phi) * np.sin(declination) - np.sin(phi) * np.cos(declination) * np.cos(hour)
    zenith = np.degrees(np.arctan2(np.hypot(east, north), up))
    azimuth = np.degrees(np.arctan2(east, north)) % 360.0
    return zenith[()], azimuth[()]
