"""Reflection of polarised light by a distribution of facets: the closed form, and its azimuth modes.

The compiled loop treats isotropic seas only; :func:`facet_reflectance` in NumPy treats any, and is what the loop is
tested against.
"""

from __future__ import annotations

import math

import numba
import numpy as np
import numpy.typing as npt

from estran.jit import parallel_jit
from estran.physics.polarisation import in_meridians, travel
from estran.physics.sea_surface.fresnel import mueller
from estran.physics.sea_surface.slopes import Slopes, density

Float = npt.NDArray[np.float64]


def facet_reflectance(
    view: npt.ArrayLike, sun: npt.ArrayLike, azimuth: npt.ArrayLike, of: Slopes, upwind: float, index: complex
) -> Float:
    """Matrix of reflectance factors on (I, Q, U) of facets that reflect once (SEA-11); (\\*shape, 3, 3).

    Parameters
    ----------
    view, sun
        Cosines of zenith, positive.
    azimuth
        Of travel, reflected less arriving light [radians].
    of
        Distribution of slopes.
    upwind
        Azimuth of the direction that the wind comes from less that of the arriving light's travel, counter-clockwise
        [radians].
    index
        Of the water.
    """
    v, s, p = (np.asarray(a, float) for a in np.broadcast_arrays(view, sun, azimuth))
    sine_v, sine_s = np.sqrt(1 - v * v), np.sqrt(1 - s * s)
    along = (sine_s - sine_v * np.cos(p)) / (v + s)  # slope along the arriving light's azimuth
    across = -sine_v * np.sin(p) / (v + s)
    tilt = 1.0 / (1.0 + along**2 + across**2)  # cos² of the facet's zenith
    half = np.sqrt(np.maximum(0.5 * (1.0 + v * s - sine_v * sine_s * np.cos(p)), 0.0))
    cos_u, sin_u = math.cos(upwind), math.sin(upwind)
    chance = np.maximum(density(across * cos_u - along * sin_u, along * cos_u + across * sin_u, of), 0.0)
    matrix = in_meridians(travel(-s, np.zeros_like(p)), travel(v, p), mueller(half, index))
    return np.asarray((np.pi * chance / (4.0 * s * v * tilt**2))[..., None, None] * matrix)


@parallel_jit
def isotropic_modes(
    numbers: npt.NDArray[np.int64],
    rows: Float,
    columns: Float,
    variance: float,
    real: float,
    imaginary: float,
    points: int,
) -> Float:
    """Azimuth modes of (SEA-11) for an isotropic sea, by the trapezoid rule in a stretched angle (SEA-12).

    Parameters
    ----------
    numbers
        The modes m.
    rows, columns
        Cosines of leaving and arriving light.
    variance
        Of all slopes together, twice that along one axis.
    real, imaginary
        Refractive index.
    points
        Nodes over half a turn.

    Returns
    -------
    (modes, rows, 3, columns, 3)
    """
    out = np.zeros((numbers.size, rows.size, 3, columns.size, 3))
    index = complex(real, imaginary)
    square = index * index
    # Points crowd at 0, where the glint of low directions is narrow.
    stretched = 2.0 * math.pi * np.arange(points) / points
    angles = 0.5 * (stretched - np.sin(stretched))
    weights = (1.0 - np.cos(stretched)) / points
    cosines, sines = np.empty((points, numbers.size)), np.empty((points, numbers.size))
    for m in range(numbers.size):
        cosines[:, m], sines[:, m] = np.cos(numbers[m] * angles), np.sin(numbers[m] * angles)
    for i in numba.prange(rows.size):
        v = rows[i]
        sv = math.sqrt(1.0 - v * v)
        for j in range(columns.size):
            s = columns[j]
            ss = math.sqrt(1.0 - s * s)
            for k in range(1, points):
                cp, sp = math.cos(angles[k]), math.sin(angles[k])
                tilt = (ss * ss + sv * sv - 2.0 * ss * sv * cp) / ((v + s) * (v + s))
                if tilt > 40.0 * variance:
                    continue
                c = math.sqrt(max(0.5 * (1.0 + v * s - sv * ss * cp), 0.0))
                inner = np.sqrt(square - 1.0 + c * c)
                rp = (square * c - inner) / (square * c + inner)
                rs = (c - inner) / (c + inner)
                pp, qq = abs(rp) ** 2, abs(rs) ** 2
                f = weights[k] * math.exp(-tilt / variance) * (1.0 + tilt) ** 2 / (4.0 * s * v * variance)
                a1, b1, a3 = 0.5 * f * (pp + qq), 0.5 * f * (pp - qq), f * (rp * rs.conjugate()).real
                # Normal of the plane of incidence: arriving (ss, 0, -s) x leaving (sv cp, sv sp, v).
                nx, ny, nz = s * sv * sp, -s * sv * cp - ss * v, ss * sv * sp
                length = math.sqrt(nx * nx + ny * ny + nz * nz)
                if length > 1e-9:
                    x1 = ny / length
                    y1 = (nx * s + nz * ss) / length
                    x2 = (-nx * sp + ny * cp) / length
                    y2 = -(nx * v * cp + ny * v * sp - nz * sv) / length
                else:
                    x1, y1 = 1.0, 0.0
                    x2 = cp
                    y2 = v * sp
                c1, s1 = x1 * x1 - y1 * y1, 2.0 * x1 * y1
                c2, s2 = x2 * x2 - y2 * y2, 2.0 * x2 * y2
                qi, ui, iq, iu = b1 * c2, b1 * s2, b1 * c1, b1 * s1
                qq_, qu = c2 * a1 * c1 + s2 * a3 * s1, c2 * a1 * s1 - s2 * a3 * c1
                uq, uu = s2 * a1 * c1 - c2 * a3 * s1, s2 * a1 * s1 + c2 * a3 * c1
                for m in range(numbers.size):
                    cm, sm = cosines[k, m], sines[k, m]
                    block = out[m, i, :, j, :]
                    block[0, 0] += a1 * cm
                    block[0, 1] += iq * cm
                    block[0, 2] -= iu * sm
                    block[1, 0] += qi * cm
                    block[1, 1] += qq_ * cm
                    block[1, 2] -= qu * sm
                    block[2, 0] += ui * sm
                    block[2, 1] += uq * sm
                    block[2, 2] += uu * cm
    return out
