"""Sun glint that waves make for a geometry and a wind: facets that reflect the Sun to the sensor (ATBD: sun glint,
GLINT-1 to GLINT-7).

Models of the surface (slopes, Fresnel) are those of ``estran.physics.sea_surface``; here they are evaluated pixel by
pixel, each with its own angles and wind.
"""

from __future__ import annotations

import math
from functools import cache

import numba
import numpy as np
import numpy.typing as npt

from estran.jit import inlined, jit, over_rows, parallel_jit
from estran.physics.sea_surface.slopes import SlopeModel, slopes

Float = npt.NDArray[np.float32]
Double = npt.NDArray[np.float64]

CALM = 0.003
"""Variance of slopes without wind (Cox and Munk 1954, isotropic model)."""
PER_WIND = 0.00512
"""What a metre a second of wind adds to it."""
WIND_STEP = 0.1
"""Step of the tables over wind [m/s]; between their entries every model is linear, or nearly so."""
STRONGEST = 30.0
"""Strongest wind of the models [m/s]; stronger ones count as this one."""
_RADIAN = math.pi / 180.0
_FAR = 40.0
"""Exponent beyond which a density is nothing."""


@cache
def slope_table(model: SlopeModel = "cox_munk_isotropic") -> Double:
    """Variances across and along the wind and coefficients of Gram and Charlier (c21, c03, c40, c22, c04) for winds
    from 0 to 30 m/s; (winds, 7).
    """
    winds = np.arange(round(STRONGEST / WIND_STEP) + 1) * WIND_STEP
    found = [slopes(float(w), model) for w in winds]
    table = np.array([(s.across, s.along, s.c21, s.c03, s.c40, s.c22, s.c04) for s in found])
    table.flags.writeable = False
    return table


@inlined
def _half_sine(x: float) -> float:
    """Sine for angles up to half a turn [radians]: Taylor to x^15, within 1e-11. A polynomial, so that loops over
    pixels vectorise.
    """
    y = x * x
    a = 1.0 / 6227020800.0 - y / 1307674368000.0
    a = -1.0 / 39916800.0 + y * a
    a = 1.0 / 362880.0 + y * a
    a = -1.0 / 5040.0 + y * a
    a = 1.0 / 120.0 + y * a
    a = -1.0 / 6.0 + y * a
    return x * (1.0 + y * a)


@inlined
def decay(x: float) -> float:
    """exp(-x) for x from 0 on, within 2e-8 of itself; what lies beyond 40 is as at 40. Again a polynomial: the
    sixty-fourth power of exp(-x / 64).
    """
    y = min(x, _FAR) / -64.0
    a = 1.0 + y / 10.0
    a = 1.0 + y / 9.0 * a
    a = 1.0 + y / 8.0 * a
    a = 1.0 + y / 7.0 * a
    a = 1.0 + y / 6.0 * a
    a = 1.0 + y / 5.0 * a
    a = 1.0 + y / 4.0 * a
    a = 1.0 + y / 3.0 * a
    a = 1.0 + y / 2.0 * a
    a = 1.0 + y * a
    a *= a
    a *= a
    a *= a
    a *= a
    a *= a
    return a * a


@inlined
def fresnel(cosine: float, index: float) -> float:
    """Reflected fraction of unpolarised light for a real index (SEA-2); as
    ``physics.sea_surface.fresnel``, for loops.
    """
    inner = math.sqrt(index * index - 1.0 + cosine * cosine)
    across = (cosine - inner) / (cosine + inner)
    parallel = (index * index * cosine - inner) / (index * index * cosine + inner)
    return 0.5 * (across * across + parallel * parallel)


@inlined
def facet(
    sun_zenith: float, sun_azimuth: float, view_zenith: float, view_azimuth: float
) -> tuple[float, float, float, float, float]:
    """Cosines of Sun zenith, view zenith and incidence, cosine of the azimuth's difference, and tan² of the facet's
    tilt; angles in degrees.
    """
    half = _half_sine(0.5 * _RADIAN * sun_zenith)
    cos_sun = 1.0 - 2.0 * half * half
    sin_sun = 2.0 * half * math.sqrt(1.0 - half * half)
    half = _half_sine(0.5 * _RADIAN * view_zenith)
    cos_view = 1.0 - 2.0 * half * half
    sin_view = 2.0 * half * math.sqrt(1.0 - half * half)
    turn = view_azimuth - sun_azimuth
    turn = turn - 360.0 if turn > 180.0 else turn + 360.0 if turn < -180.0 else turn  # azimuths are -180 to 360
    half = _half_sine(0.5 * _RADIAN * turn)
    cos_turn = 1.0 - 2.0 * half * half
    double = cos_sun * cos_view + sin_sun * sin_view * cos_turn  # (GLINT-1)
    incidence = math.sqrt(max(0.5 * (1.0 + double), 0.0))
    up = cos_sun + cos_view
    tilt = max((2.0 * incidence / up) ** 2 - 1.0, 0.0)  # (GLINT-2)
    return cos_sun, cos_view, incidence, cos_turn, tilt


@jit
def _isotropic(
    first: int,
    last: int,
    sun_zenith: Float,
    sun_azimuth: Float,
    view_zenith: Float,
    view_azimuth: Float,
    speed: Float,
    strongest: float,
    index: float,
    out: Float,
) -> None:
    """For the wind, or for the one up to `strongest` that makes the most glint where this is 0 or more. No branch: NaN
    passes through by itself.
    """
    cols = out.shape[1]
    largest = CALM + PER_WIND * strongest
    any_wind = strongest >= 0.0
    for r in range(first, last):
        zenith, azimuth, zenith_of_view, azimuth_of_view, wind, row = (
            sun_zenith[r],
            sun_azimuth[r],
            view_zenith[r],
            view_azimuth[r],
            speed[r],
            out[r],
        )
        for c in range(cols):
            cos_sun, cos_view, incidence, _, tilt = facet(zenith[c], azimuth[c], zenith_of_view[c], azimuth_of_view[c])
            given = CALM + PER_WIND * min(max(np.float64(wind[c]), 0.0), STRONGEST)
            best = min(max(tilt, CALM), largest)  # (GLINT-6): exp(-t/s)/s is largest at s = t
            variance = best if any_wind else given
            density = decay(tilt / variance) / variance  # (GLINT-4), times pi
            value = (
                density * fresnel(incidence, index) * (1.0 + tilt) * (1.0 + tilt) / (4.0 * cos_sun * cos_view)
            )  # (GLINT-3)
            row[c] = value if cos_sun > 0.0 else np.nan


@parallel_jit
def _anisotropic(
    sun_zenith: Float,
    sun_azimuth: Float,
    view_zenith: Float,
    view_azimuth: Float,
    speed: Float,
    origin: Float,
    table: Double,
    index: float,
    out: Float,
) -> None:
    rows, cols = out.shape
    last = table.shape[0] - 2
    for r in numba.prange(rows):
        for c in range(cols):
            cos_sun, cos_view, incidence, _, tilt = facet(
                sun_zenith[r, c], sun_azimuth[r, c], view_zenith[r, c], view_azimuth[r, c]
            )
            wind = min(max(speed[r, c], 0.0), STRONGEST)
            a, b = _RADIAN * (sun_azimuth[r, c] - origin[r, c]), _RADIAN * (view_azimuth[r, c] - origin[r, c])
            if not (cos_sun > 0.0 and wind == wind and tilt == tilt and a == a):
                out[r, c] = np.nan
                continue
            place = wind / WIND_STEP
            k = min(int(place), last)
            w = place - k
            across = table[k, 0] + w * (table[k + 1, 0] - table[k, 0])
            along = table[k, 1] + w * (table[k + 1, 1] - table[k, 1])
            # Slopes of the facet towards where the wind comes from, and across (GLINT-5).
            sin_sun, sin_view = math.sqrt(1.0 - cos_sun * cos_sun), math.sqrt(1.0 - cos_view * cos_view)
            up = cos_sun + cos_view
            e = -(sin_sun * math.cos(a) + sin_view * math.cos(b)) / up / math.sqrt(along)
            x = -(sin_sun * math.sin(a) + sin_view * math.sin(b)) / up / math.sqrt(across)
            density = 0.0
            if x * x + e * e < 2.0 * _FAR:
                c21, c03 = (
                    table[k, 2] + w * (table[k + 1, 2] - table[k, 2]),
                    table[k, 3] + w * (table[k + 1, 3] - table[k, 3]),
                )
                c40, c22, c04 = table[k, 4], table[k, 5], table[k, 6]
                series = (
                    1.0
                    - 0.5 * c21 * (x * x - 1.0) * e
                    - c03 / 6.0 * (e * e - 3.0) * e
                    + c40 / 24.0 * (x**4 - 6.0 * x * x + 3.0)
                )
                series += c22 / 4.0 * (x * x - 1.0) * (e * e - 1.0) + c04 / 24.0 * (e**4 - 6.0 * e * e + 3.0)
                density = max(
                    math.exp(-0.5 * (x * x + e * e)) / (2.0 * math.pi * math.sqrt(across * along)) * series, 0.0
                )
            out[r, c] = math.pi * density * fresnel(incidence, index) * (1.0 + tilt) ** 2 / (4.0 * cos_sun * cos_view)


def predicted_glint(
    sun_zenith: npt.ArrayLike,
    sun_azimuth: npt.ArrayLike,
    view_zenith: npt.ArrayLike,
    view_azimuth: npt.ArrayLike,
    wind_speed: npt.ArrayLike,
    wind_from: npt.ArrayLike = 0.0,
    *,
    index: float,
    model: SlopeModel = "cox_munk_isotropic",
) -> Float:
    """Glint reflectance just above the sea, without foam and air (GLINT-3).

    Parameters
    ----------
    sun_zenith, sun_azimuth, view_zenith, view_azimuth
        Degrees; azimuths clockwise from one north, from the ground to Sun and sensor. Arrays (rows, columns), or what
        broadcasts to them.
    wind_speed
        At 10 to 12.5 m [m/s]; beyond 30 counts as 30.
    wind_from
        Direction that the wind comes from, clockwise from the same north [degrees]; the isotropic model has no use for
        it.
    index
        Real refractive index of the water.
    model
        Distribution of slopes.

    Returns
    -------
    (rows, columns) float32; NaN where an angle or the wind is NaN, or the Sun is down.

    Examples
    --------
    The peak over a sea that 5 m/s have roughened, Sun and sensor at 20 degrees on either side:

    >>> float(predicted_glint(20.0, 105.0, 20.0, 285.0, 5.0, index=1.34)[0, 0].round(3))
    0.209
    """
    a, b, c, d, speed, origin = _images(sun_zenith, sun_azimuth, view_zenith, view_azimuth, wind_speed, wind_from)
    out = np.empty(a.shape, np.float32)
    if model == "cox_munk_isotropic":
        over_rows(_isotropic, len(out), a, b, c, d, speed, -1.0, index, out)
    else:
        _anisotropic(a, b, c, d, speed, origin, slope_table(model), index, out)
    return out


def brightest_glint(
    sun_zenith: npt.ArrayLike,
    sun_azimuth: npt.ArrayLike,
    view_zenith: npt.ArrayLike,
    view_azimuth: npt.ArrayLike,
    strongest: float = 12.0,
    *,
    index: float,
) -> Float:
    """The most glint that any wind up to `strongest` [m/s] can make, by the isotropic model (GLINT-6); parameters as
    :func:`predicted_glint`.
    """
    a, b, c, d, speed = _images(sun_zenith, sun_azimuth, view_zenith, view_azimuth, 0.0)
    out = np.empty(a.shape, np.float32)
    over_rows(_isotropic, len(out), a, b, c, d, speed, strongest, index, out)
    return out


@inlined
def stronger_wind(shape: float, tilt: float) -> float:
    """The stronger of the two winds [m/s] for which ``exp(-tilt / s) / s`` is `shape`, s the variance of all slopes
    (GLINT-7); NaN where no wind does it.

    With u = tilt / s this is ``u exp(-u) = shape tilt``; the root below 1 is a branch of Lambert's W. Halley's steps
    from its series about u = 1.
    """
    tilt = max(tilt, 1e-9)
    product = shape * tilt
    root = math.sqrt(max(2.0 * (1.0 - math.e * product), 0.0))
    u = 1.0 + root * (-1.0 + root * (1.0 / 3.0 - root * (11.0 / 72.0 - root * 0.0623)))
    for _ in range(3):
        miss = 1.0 - product / (u * decay(u))
        # f = u exp(-u) - product over its slope is miss u / (1 - u); f'' / f' is -(2 - u) / (1 - u)
        u -= 2.0 * miss * u * (1.0 - u) / (2.0 * (1.0 - u) * (1.0 - u) + miss * u * (2.0 - u) + 1e-30)
    wind = (tilt / u - CALM) / PER_WIND
    return wind if (shape > 0.0) & (math.e * product <= 1.0) & (wind >= 0.0) & (wind <= STRONGEST) else np.nan


@jit
def weaker_wind(shape: float, tilt: float) -> float:
    """The weaker of the two winds [m/s], as :func:`stronger_wind`; u is above 1."""
    product = shape * tilt
    if not (shape > 0.0 and 0.0 < product * math.e <= 1.0):
        return np.nan
    level = -math.log(product)
    u = 1.0 + math.sqrt(2.0 * (level - 1.0)) + (level - 1.0) / 3.0
    for _ in range(6):  # Newton on u - log u
        if u - 1.0 < 1e-9:
            break
        u -= (u - math.log(u) - level) * u / (u - 1.0)
    wind = (tilt / u - CALM) / PER_WIND
    return wind if 0.0 <= wind <= STRONGEST else np.nan


def image(values: npt.ArrayLike, shape: tuple[int, ...]) -> Float:
    """As float32 (rows, columns), contiguous and writeable: every other kind of array would have the loops compiled
    anew.
    """
    array = np.asarray(values, np.float32)
    fit = array.shape == shape and array.flags.c_contiguous and array.flags.writeable
    return array if fit else np.array(np.broadcast_to(array, shape), np.float32, order="C")


def _images(*values: npt.ArrayLike) -> list[Float]:
    """As images of one shape."""
    shape = np.broadcast_shapes(*(np.shape(v) for v in values), (1, 1))
    return [image(v, shape) for v in values]
