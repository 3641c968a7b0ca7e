"""SMAC, the simplified method for atmospheric correction (Rahman & Dedieu 1994, doi:10.1080/01431169408954055), with
its published coefficients.

Labels (SMAC-n) are those of ``docs/ATBD/gas_bands.md``. The accuracy that its authors state is 2 to 3 %; less beyond
zenith angles of 70 degrees and in strong absorption bands. Here it is a peer and a common language with other software;
the table of :mod:`estran.physics.gas.absorption` is more exact.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from estran.errors import BadParameter
from estran.physics.geometry import scattering_cosine, travel_azimuth

Float = npt.NDArray[np.float64]
STANDARD_PRESSURE = 1013.25
"""hPa."""

DIPOLE, EVEN = 0.7190443, 0.0412742
"""Weights of 1 + cos² and of 1 in the phase function of molecules, as the published program has them (SMAC-5)."""


@dataclass(frozen=True)
class SmacCoefficients:
    """The 49 coefficients of one band and aerosol, line by line of the published files."""

    water_vapour: tuple[float, float]
    ozone: tuple[float, float]
    oxygen: tuple[float, float, float]
    carbon_dioxide: tuple[float, float, float]
    methane: tuple[float, float, float]
    nitrogen_dioxide: tuple[float, float, float]
    """So the files call it. For Sentinel-2's B12, where NO2 does not absorb, its numbers are those of nitrous oxide."""
    carbon_monoxide: tuple[float, float, float]
    spherical_albedo: tuple[float, float, float, float]
    scattering: tuple[float, float, float, float]
    rayleigh: tuple[float, float]
    """Optical depth of the molecules at standard pressure, and a second number that the method does not use."""
    aerosol_depth: tuple[float, float]
    single_scattering: tuple[float, float]
    """Albedo and asymmetry of the aerosol."""
    phase: tuple[float, float, float]
    phase_high: tuple[float, float]
    residual_coupling: tuple[float, float]
    residual_coupling_high: tuple[float, float]
    residual_rayleigh: tuple[float, float, float]
    residual_aerosol: tuple[float, float]
    residual_aerosol_high: tuple[float, float]

    def __post_init__(self) -> None:
        if not 0.0 < self.single_scattering[0] < 1.0 or not -1.0 < self.single_scattering[1] < 1.0:
            raise BadParameter(
                "the coefficients give an aerosol that cannot be",
                expected="single scattering albedo in 0..1 and asymmetry in -1..1",
                found=f"{self.single_scattering[0]:g} and {self.single_scattering[1]:g}",
                todo="check that the file is one of SMAC's, of 19 lines",
            )


LINES: tuple[int, ...] = tuple(str(f.type).count("float") for f in fields(SmacCoefficients))
"""How many numbers each line of a coefficient file has."""


@dataclass(frozen=True, eq=False)
class SmacAtmosphere:
    """What lies between surface and space in one band; arrays of one shape."""

    gas: Float
    """Transmittance of the gases, down and up."""
    path: Float
    """Reflectance of the atmosphere itself, without gases."""
    down: Float
    """Scattering transmittance from Sun to ground."""
    up: Float
    """Scattering transmittance from ground to sensor."""
    albedo: Float
    """Of the atmosphere seen from below."""

    def top_of_atmosphere(self, surface: npt.ArrayLike) -> Float:
        """Reflectance at the top of the atmosphere over a surface of reflectance `surface` (SMAC-9)."""
        rho = np.asarray(surface, dtype=np.float64)
        return np.asarray(self.gas * (self.path + rho * self.down * self.up / (1.0 - rho * self.albedo)))

    def surface(self, top_of_atmosphere: npt.ArrayLike) -> Float:
        """Reflectance of the surface below a measured one (SMAC-10)."""
        rest = np.asarray(top_of_atmosphere, dtype=np.float64) - self.gas * self.path
        return np.asarray(rest / (self.gas * self.down * self.up + rest * self.albedo))


def gas_transmittance(
    coefficients: SmacCoefficients,
    airmass: npt.ArrayLike,
    ozone: npt.ArrayLike,
    water_vapour: npt.ArrayLike,
    pressure: npt.ArrayLike = STANDARD_PRESSURE,
) -> Float:
    """Transmittance of the gases (SMAC-1).

    Parameters
    ----------
    coefficients
        Of the band.
    airmass
        ``1 / cos(sun zenith) + 1 / cos(view zenith)``.
    ozone
        Column [DU]; the files' own unit is cm of gas, 1000 times larger.
    water_vapour
        Column [g/cm²].
    pressure
        Of the ground [hPa].
    """
    m, o3, h2o, p = (np.asarray(x, dtype=np.float64) for x in (airmass, ozone, water_vapour, pressure))
    relative = p / STANDARD_PRESSURE
    log = coefficients.water_vapour[0] * (h2o * m) ** coefficients.water_vapour[1]
    log = log + coefficients.ozone[0] * (o3 / 1000.0 * m) ** coefficients.ozone[1]
    mixed = (
        coefficients.oxygen,
        coefficients.carbon_dioxide,
        coefficients.methane,
        coefficients.nitrogen_dioxide,
        coefficients.carbon_monoxide,
    )
    for a, n, power in mixed:
        log = log + a * (relative**power * m) ** n
    return np.asarray(np.exp(log))


def atmosphere(
    coefficients: SmacCoefficients,
    *,
    sun_zenith: npt.ArrayLike,
    sun_azimuth: npt.ArrayLike,
    view_zenith: npt.ArrayLike,
    view_azimuth: npt.ArrayLike,
    aerosol: npt.ArrayLike,
    ozone: npt.ArrayLike,
    water_vapour: npt.ArrayLike,
    pressure: npt.ArrayLike = STANDARD_PRESSURE,
) -> SmacAtmosphere:
    """The atmosphere of one band (SMAC-1 to SMAC-8).

    Parameters
    ----------
    coefficients
        Of the band.
    sun_zenith, sun_azimuth, view_zenith, view_azimuth
        As seen from the ground [degrees].
    aerosol
        Optical depth at 550 nm.
    ozone, water_vapour, pressure
        As for :func:`gas_transmittance`.

    Returns
    -------
    SmacAtmosphere
        NaN where Sun or sensor are not above the horizon.
    """
    c = coefficients
    mus, muv = (_cosine(z) for z in (sun_zenith, view_zenith))
    taup550, p = np.asarray(aerosol, dtype=np.float64), np.asarray(pressure, dtype=np.float64) / STANDARD_PRESSURE
    m = 1.0 / mus + 1.0 / muv
    depth = c.aerosol_depth[0] + c.aerosol_depth[1] * taup550  # (SMAC-2)
    a0, a1, a2, a3 = c.scattering
    down, up = (a0 + a1 * taup550 / mu + (a2 * p + a3) / (1.0 + mu) for mu in (mus, muv))  # (SMAC-3)
    s0, s1, s2, s3 = c.spherical_albedo
    albedo = s0 * p + s3 + s1 * taup550 + s2 * taup550**2  # (SMAC-4)
    cosine = np.clip(scattering_cosine(mus, muv, travel_azimuth(view_azimuth, sun_azimuth)), -1.0, 1.0)
    molecules = c.rayleigh[0] * (DIPOLE * (1.0 + cosine**2) + EVEN) / (mus * muv)  # (SMAC-5)
    r1, r2, r3 = c.residual_rayleigh
    e1, e2, e3, e4 = (*c.residual_aerosol, *c.residual_aerosol_high)
    k1, k2, k3, k4 = (*c.residual_coupling, *c.residual_coupling_high)
    x = depth * m * cosine
    y = (depth + c.rayleigh[0] * p) * m * cosine
    path = (  # (SMAC-8)
        molecules * p / 4.0
        - (r1 + r2 * molecules + r3 * molecules**2)
        + _aerosol(c, depth, mus, muv, cosine)
        - (e1 + e2 * x + e3 * x**2 + e4 * x**3)
        + (k1 + k2 * y + k3 * y**2 + k4 * y**3)
    )
    gas = gas_transmittance(c, m, ozone, water_vapour, pressure)
    return SmacAtmosphere(*(np.asarray(a) for a in np.broadcast_arrays(gas, path, down, up, albedo)))


def _cosine(zenith: npt.ArrayLike) -> Float:
    angle = np.asarray(zenith, dtype=np.float64)
    return np.where(np.abs(angle) < 90.0, np.cos(np.radians(angle)), np.nan)


def _aerosol(c: SmacCoefficients, depth: Float, mus: Float, muv: Float, cosine: Float) -> Float:
    """Reflectance of the aerosol layer alone, by Sobolev's approximation (SMAC-6, SMAC-7)."""
    angle = np.degrees(np.arccos(cosine))
    phase = np.polynomial.polynomial.polyval(angle, np.array([*c.phase, *c.phase_high]))
    omega, g = c.single_scattering
    f = 3.0 - 3.0 * omega * g
    k2 = (1.0 - omega) * f
    k = np.sqrt(k2)
    lost = (1.0 - omega) * 3.0 * g * mus
    bright = 1.0 - k2 * mus**2
    first, second = -3.0 * mus**2 * omega / (4.0 * bright), -lost * mus * omega / (4.0 * bright)
    slope, level = first / (3.0 * mus) + mus * second, first + second
    b = 2.0 * k / f
    grow, decay = np.exp(k * depth), np.exp(-k * depth)
    delta = grow * (1.0 + b) ** 2 - decay * (1.0 - b) ** 2
    q1 = 2.0 + 3.0 * mus + lost * (1.0 + 2.0 * mus)
    q3 = (2.0 - 3.0 * mus - lost * (1.0 - 2.0 * mus)) * np.exp(-depth / mus)
    scale = omega / 4.0 * mus / bright / delta
    c1 = scale * (q1 * grow * (1.0 + b) + q3 * (1.0 - b))
    c2 = -scale * (q1 * decay * (1.0 - b) + q3 * (1.0 + b))
    once = level - 3.0 * omega * g * muv * slope + omega * phase / 4.0
    rising = c1 - 3.0 * omega * g * muv * c1 * k / f
    falling = c2 + 3.0 * omega * g * muv * c2 * k / f
    terms = ((rising, muv / (1.0 + k * muv)), (falling, muv / (1.0 - k * muv)), (once, mus * muv / (mus + muv)))
    total = sum(source * mu * -np.expm1(-depth / mu) for source, mu in terms)
    return np.asarray(total / (mus * muv))
