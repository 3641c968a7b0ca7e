"""A simple clear atmosphere over a place of any altitude: path reflectance, transmittance, share of diffuse light, for each band."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estran.physics.rayleigh import optical_depth, phase
from estran.sensors.bands import SENTINEL2

LEVELS = np.arange(0.0, 13000.0, 100.0)
"""Altitudes of the tables [m]."""

# fmt: off
#                         B1     B2     B3     B4     B5     B6     B7     B8     B8A    B9     B10    B11    B12
OZONE                = (.0010, .0060, .0320, .0180, .0070, .0030, .0010, .0000, .0000, .0000, .0000, .0000, .0000)
MIXED                = (.0000, .0000, .0000, .0010, .0020, .0010, .0030, .0030, .0000, .0000, .0200, .0110, .0170)
"""Vertical optical depths of 320 Dobson units of ozone, and of oxygen, carbon dioxide and methane at sea level, over each band: round figures
of what Chappuis, O2-A and near-infrared bands take away in the mean over a response."""
WATER_FACTOR         = (.0000, .0000, .0010, .0020, .0080, .0110, .0030, .0260, .0010, .8200, 2.800, .0030, .0110)
WATER_POWER          = (1.000, 1.000, 1.000, 1.000, .7000, .7000, .7000, .6000, .7000, .5000, .8300, .7000, .6000)
"""Absorption by water vapour: transmittance ``exp(-factor * (air mass * column [cm]) ** power)``. B9 and B10 are set by what labelled pixels show:
B10 is 0.002-0.008 over thick low cloud, 0.0007-0.0035 over clear lowland, 0.003-0.12 over snow at 2 to 3 km; B9 is a sixth of B8A over lowland,
a third over low cloud, half over high snow."""
STRAY_LIGHT          = (.0000, .0000, .0000, .0000, .0000, .0000, .0000, .0000, .0000, .0000, .0009, .0000, .0000)
# fmt: on

SCALE_HEIGHT_AIR, SCALE_HEIGHT_AEROSOL, SCALE_HEIGHT_VAPOUR = 8000.0, 2000.0, 2000.0


@dataclass(frozen=True)
class Atmosphere:
    """Tables over bands and altitudes; (band, level) float32."""

    path: npt.NDArray[np.float32]
    """Reflectance of the air between a level and space."""
    through: npt.NDArray[np.float32]
    """Transmittance down to a level and up again, gases and scattering."""
    diffuse: npt.NDArray[np.float32]
    """Share of the sky in the light that reaches a level."""
    straight: npt.NDArray[np.float32]
    """Transmittance down and up again of light that keeps its direction, as the glint of the sea does."""


def atmosphere(cos_sun: float, cos_view: float, cos_scatter: float, aerosol: float, vapour: float) -> Atmosphere:
    """Tables of a clear atmosphere (SIM-6 to SIM-8).

    Parameters
    ----------
    cos_sun, cos_view, cos_scatter
        Cosines of Sun and view zenith and of the scattering angle.
    aerosol
        Optical depth at 550 nm at sea level; Angstrom exponent 1.3.
    vapour
        Column of water vapour at sea level [cm].
    """
    centre = np.array([b.wavelength for b in SENTINEL2])[:, None]
    mass = 1.0 / cos_sun + 1.0 / cos_view
    air = np.exp(-LEVELS / SCALE_HEIGHT_AIR)[None, :]
    rayleigh = optical_depth(centre, 1013.25 * air)
    haze = aerosol * (centre / 550.0) ** -1.3 * np.exp(-LEVELS / SCALE_HEIGHT_AEROSOL)[None, :]
    # Henyey-Greenstein, g = 0.65: the backward half of a continental aerosol.
    g = 0.65
    haze_phase = (1 - g * g) / (1 + g * g - 2 * g * cos_scatter) ** 1.5
    # Single scattering with self-absorption; a tenth is added for light scattered twice in the blue.
    total = rayleigh + haze
    single = (rayleigh * phase(cos_scatter) + 0.95 * haze * haze_phase) / np.maximum(total, 1e-12)
    path = single * (1 - np.exp(-total * mass)) / (4 * (cos_sun + cos_view)) * (1 + 0.8 * rayleigh)  # (SIM-6)
    vapour_above = vapour * np.exp(-LEVELS / SCALE_HEIGHT_VAPOUR)[None, :]
    gas = np.exp(-mass * (np.array(OZONE)[:, None] + np.array(MIXED)[:, None] * air))
    gas *= np.exp(-np.array(WATER_FACTOR)[:, None] * (mass * vapour_above) ** np.array(WATER_POWER)[:, None])  # (SIM-7)
    scattering = np.exp(-(0.52 * rayleigh + 0.17 * haze) * mass)
    direct = np.exp(-(rayleigh + 0.6 * haze) / cos_sun)
    arriving = np.exp(-(0.52 * rayleigh + 0.17 * haze) / cos_sun)
    # Molecules scatter above most of the vapour, aerosols amid it: the path crosses half of the absorber.
    path = path * np.sqrt(gas) + np.array(STRAY_LIGHT)[:, None]
    straight = gas * np.exp(-(rayleigh + 0.6 * haze) * mass)
    return Atmosphere(*(a.astype(np.float32) for a in (path, gas * scattering, 1 - direct / arriving, straight)))  # (SIM-8)
