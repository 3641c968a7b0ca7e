"""Stokes parameters: the axes that they are counted from, and how they turn.

Light that travels along ``k`` (zenith angle t, azimuth p, as a direction of travel) has the axes ``l = dk/dt`` in its
meridian plane and ``r`` across it, with ``l x r = k``. Q = I_l - I_r; U is the intensity at +45 degrees (from l towards
r) less that at -45. This is IAU's handedness; (RT-1a) of ``docs/ATBD/radiative_transfer.md``.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]


def travel(cosine: npt.ArrayLike, azimuth: npt.ArrayLike) -> tuple[Float, Float, Float]:
    """Direction k of travel and its axes l and r, each (\\*shape, 3).

    Parameters
    ----------
    cosine
        Of the angle between k and the upward vertical: positive for light that rises.
    azimuth
        Of k [radians], counter-clockwise seen from above; any origin.
    """
    u, p = np.broadcast_arrays(np.asarray(cosine, float), np.asarray(azimuth, float))
    s = np.sqrt(np.maximum(1.0 - u * u, 0.0))
    cp, sp, zero = np.cos(p), np.sin(p), np.zeros_like(u)
    return np.stack([s * cp, s * sp, u], -1), np.stack([u * cp, u * sp, -s], -1), np.stack([-sp, cp, zero], -1)


def turn(axis: Float, parallel: Float, across: Float) -> tuple[Float, Float]:
    """cos 2s and sin 2s of the angle s from the axis l (`parallel`) to the in-plane axis l' whose normal r' is `axis`,
    turning towards r (`across`).
    """
    cos = np.einsum("...i,...i->...", axis, across)
    sin = -np.einsum("...i,...i->...", axis, parallel)
    return cos * cos - sin * sin, 2.0 * sin * cos


def in_meridians(arriving: tuple[Float, Float, Float], leaving: tuple[Float, Float, Float], elements: Float) -> Float:
    """Matrix on (I, Q, U) between the meridian planes of two directions, from the elements a1, a2, a3, b1 in the plane
    of both (RT-2).

    Where the directions are parallel the plane is undefined; that of the arriving light's meridian is taken.

    Parameters
    ----------
    arriving, leaving
        What :func:`travel` gives.
    elements
        (4, \\*shape).

    Returns
    -------
    (\\*shape, 3, 3), columns for arriving light.
    """
    normal = np.cross(arriving[0], leaving[0])
    length = np.linalg.norm(normal, axis=-1, keepdims=True)
    normal = np.where(length > 1e-9, normal / np.maximum(length, 1e-300), arriving[2])
    c1, s1 = turn(normal, arriving[1], arriving[2])
    c2, s2 = turn(normal, leaving[1], leaving[2])
    a1, a2, a3, b1 = elements
    out = np.empty((*np.broadcast_shapes(a1.shape, c1.shape), 3, 3))
    out[..., 0, 0] = a1
    out[..., 0, 1], out[..., 0, 2] = b1 * c1, b1 * s1
    out[..., 1, 0], out[..., 2, 0] = b1 * c2, b1 * s2
    out[..., 1, 1] = c2 * a2 * c1 + s2 * a3 * s1
    out[..., 1, 2] = c2 * a2 * s1 - s2 * a3 * c1
    out[..., 2, 1] = s2 * a2 * c1 - c2 * a3 * s1
    out[..., 2, 2] = s2 * a2 * s1 + c2 * a3 * c1
    return out
