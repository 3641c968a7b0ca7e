"""The clear air over a place of any altitude, from the physics room: path reflectance, transmittances, fraction of
diffuse light, for each band.

Molecules and an aerosol are solved together (adding and doubling), gases come from the table of bands. Equations:
docs/ATBD/simulate_scene.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numba
import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator

from estran.physics.aerosol.models import MODELS
from estran.physics.aerosol.optics import optics
from estran.physics.gas.absorption import GASES, TYPICAL, transmittances
from estran.physics.radiative_transfer import Constituent, Layer, Radiation, exponential_layers, solve
from estran.physics.rayleigh import depolarisation_factor, optical_depth
from estran.physics.scattering import rayleigh_greek
from estran.physics.sea_surface import RoughSea
from estran.physics.sea_surface.refraction import refractive_index
from estran.sensors.bands import SENTINEL2

Float = npt.NDArray[np.float64]
Float32 = npt.NDArray[np.float32]

LEVELS = np.arange(0.0, 13000.0, 100.0)
"""Altitudes of the tables [m]."""
SOLVED = (0.0, 800.0, 2000.0, 4500.0, 12900.0)
"""Altitudes at which the air above is solved [m]."""
WAVELENGTHS = np.array([442.7, 492.7, 559.8, 664.6, 782.8, 864.7, 1613.7, 2202.4])
"""Where it is solved [nm]: band centres; for the others, as between altitudes, monotone cubics of logarithms are within
6e-4 in reflectance.
"""
STREAMS, BORDERS = 8, (4.0, 1.5)
"""Of the solver: nodes over a hemisphere and borders of layers [km]; within 1e-4 of 24 nodes and five layers."""
LARGEST, RADII = 3.0, 60
"""Aerosol particles end at this radius [um], a mode has so many radii: the giant ones matter to no band and take most
of the time.
"""
VAPOUR_HEIGHT, AEROSOL_HEIGHT, AIR_HEIGHT = 2000.0, 2000.0, 8000.0
"""Scale heights [m]."""
CROSSED = 0.5
"""Fraction of all gases but ozone that light crosses which the air sends back: molecules scatter above most of the
vapour, aerosols amid it.
"""
# fmt: off
#              B1     B2     B3     B4     B5     B6     B7     B8     B8A    B9     B10    B11    B12
STRAY_LIGHT = (.0000, .0000, .0000, .0000, .0000, .0000, .0000, .0000, .0000, .0000, .0009, .0000, .0000)
# fmt: on
"""Reflectance that is there over the darkest and wettest: labelled clear pixels of lowlands have 0.0008 to 0.0015 in
B10.
"""


@dataclass(frozen=True)
class Air:
    """What is in the air of a scene.

    Parameters
    ----------
    aerosol, model
        Optical depth at 550 nm at sea level, and the model (:data:`estran.physics.aerosol.models.MODELS`).
    vapour
        Column of water vapour above sea level [g/cm²].
    ozone
        DU.
    wind
        That roughens the sea [m/s].
    """

    aerosol: float
    vapour: float
    ozone: float = 320.0
    model: str = "continental"
    wind: float = 5.0


@dataclass(frozen=True)
class Atmosphere:
    """Tables over bands and altitudes; (band, level) float32."""

    path: Float32
    """Reflectance of the air between a level and space."""
    through: Float32
    """Transmittance down to a level and up again, gases and scattering."""
    diffuse: Float32
    """Fraction of the sky in the light that reaches a level."""
    straight: Float32
    """Transmittance down and up again of light that keeps its direction, as the glint of the sea does."""
    bounce: Float32
    """Fraction of light from below that the air sends back."""
    sharp: Float32
    """Fraction of what rises from a level and reaches the sensor that comes from where it seems to; the rest is
    scattered in from around.
    """
    mirrored: Float32
    """(band, 2) reflectance, at the top, of skylight that a rough sea at level 0 reflects, and of glint that is
    scattered on its way: without the aureole around the Sun and what goes with its beam, and that.
    """

    def tables(self, band: int) -> Float32:
        """Path, through, diffuse, straight, bounce, sharp of one band; (6, level)."""
        return np.stack(
            [table[band] for table in (self.path, self.through, self.diffuse, self.straight, self.bounce, self.sharp)]
        )


def pressure(altitude: npt.ArrayLike) -> Float:
    """Of the standard atmosphere [hPa] (ISO 2533, below 11 km; above, with the scale height there)."""
    z = np.asarray(altitude, float)
    return np.where(
        z <= 11000.0,
        1013.25 * (1.0 - 2.25577e-5 * np.minimum(z, 11000.0)) ** 5.25588,
        226.32 * np.exp(-(z - 11000.0) / 6341.6),
    )


def _above(wavelength: float, altitude: float, air: Air) -> tuple[list[Layer], float]:
    """Layers above an altitude, and the fraction of molecules in what scatters."""
    model = replace(MODELS[air.model], largest=LARGEST)
    haze, at_550 = optics(model, wavelength, RADII), optics(model, 550.0, RADII)
    molecules = float(optical_depth(wavelength, pressure(altitude)))
    particles = air.aerosol * haze.extinction / at_550.extinction * float(np.exp(-altitude / AEROSOL_HEIGHT))
    layers = exponential_layers(
        [
            Constituent(molecules, 1.0, rayleigh_greek(float(depolarisation_factor(wavelength))), AIR_HEIGHT / 1000.0),
            Constituent(particles, haze.albedo, haze.greek, AEROSOL_HEIGHT / 1000.0),
        ],
        BORDERS,
    )
    return layers, molecules / (molecules + haze.albedo * particles)


def _everywhere(solved: Float) -> Float:
    """From the wavelengths and altitudes that were solved to bands and levels; values are positive."""
    bands = PchipInterpolator(np.log(WAVELENGTHS), np.log(solved))(np.log([band.wavelength for band in SENTINEL2]))
    return np.asarray(np.exp(PchipInterpolator(SOLVED, bands, axis=1)(LEVELS)))


@lru_cache(maxsize=16)
def atmosphere(platform: str, cos_sun: float, cos_view: float, azimuth: float, air: Air) -> Atmosphere:
    """Tables of a clear atmosphere (SIM-6 to SIM-8).

    Parameters
    ----------
    platform
        "Sentinel-2A" …: whose bands the gases are for.
    cos_sun, cos_view
        Cosines of Sun and view zenith.
    azimuth
        Of travel: 0 is the side of the glint [degrees].
    air
        What is in it.
    """
    # The compiled loops of the solver are short: more threads only wait for one another.
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        return _atmosphere(platform, cos_sun, cos_view, azimuth, air)
    finally:
        numba.set_num_threads(threads)


def _atmosphere(platform: str, cos_sun: float, cos_view: float, azimuth: float, air: Air) -> Atmosphere:
    # path, transmittance and its direct part down and up, what bounces; by wavelength and altitude
    solved = np.empty((6, WAVELENGTHS.size, len(SOLVED)))
    mirrored = np.empty((2, WAVELENGTHS.size))
    for k, wavelength in enumerate(WAVELENGTHS.tolist()):
        for i, altitude in enumerate(SOLVED):
            layers, molecules = _above(wavelength, altitude, air)
            found = solve(layers, [cos_sun, cos_view], [cos_view], [azimuth], streams=STREAMS)
            solved[:, k, i] = found.up[0, 0, 0, 0], *found.transmittance, *found.direct, found.spherical_albedo
            if altitude == 0.0:
                mirrored[:, k] = _mirrored(wavelength, layers, found, molecules, cos_sun, cos_view, azimuth, air.wind)
    path, down, up, direct_down, direct_up, bounce = (_everywhere(table) for table in solved)
    mirrored = np.exp(
        PchipInterpolator(np.log(WAVELENGTHS), np.log(mirrored), axis=1)(
            np.log([band.wavelength for band in SENTINEL2])
        )
    )
    mass, vapour = 1.0 / cos_sun + 1.0 / cos_view, air.vapour * np.exp(-LEVELS / VAPOUR_HEIGHT)
    gas = transmittances(
        platform, airmass=mass, ozone=air.ozone, water_vapour=vapour, pressure=pressure(LEVELS)
    )  # (SIM-7)
    half = {name: CROSSED * TYPICAL[name] for name in GASES}
    crossed = transmittances(
        platform, airmass=mass, ozone=air.ozone, water_vapour=CROSSED * vapour, pressure=pressure(LEVELS), amounts=half
    )
    path = path * crossed + np.array(STRAY_LIGHT)[:, None]
    diffuse = 1.0 - direct_down / down  # (SIM-8)
    tables = (
        path,
        gas * down * up,
        diffuse,
        gas * direct_down * direct_up,
        bounce,
        direct_up / up,
        mirrored.T * gas[:, :1],
    )
    return Atmosphere(*(table.astype(np.float32) for table in tables))


def _mirrored(
    wavelength: float,
    layers: list[Layer],
    without: Radiation,
    molecules: float,
    cos_sun: float,
    cos_view: float,
    azimuth: float,
    wind: float,
) -> tuple[float, float]:
    """What a rough sea adds to the air above it, but for the beam that it reflects straight to the sensor."""
    index, _ = refractive_index(wavelength)
    sea = RoughSea(wind, complex(index), points=48)
    over_sea = solve(layers, [cos_sun], [cos_view], [azimuth], sea, streams=STREAMS).up[0, 0, 0, 0]
    glint = (
        sea.reflectance(np.array(cos_view), np.array(cos_sun), np.radians(np.array(azimuth)))[0, 0]
        * without.direct[0]
        * without.direct[1]
    )
    rest = max(float(over_sea - without.up[0, 0, 0, 0] - glint), 1e-7)
    # Particles scatter forward, so their light goes with the beam, into the shadows of clouds too; that of molecules
    # comes from the whole sky.
    return molecules * rest, (1.0 - molecules) * rest
