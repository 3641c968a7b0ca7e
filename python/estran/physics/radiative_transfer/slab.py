"""Slabs of air as matrices, and how they are put on one another: doubling and adding.

All arrays have a leading axis of azimuth modes; rows and columns are (direction, Stokes component), flattened. A
product takes place over the nodes of the quadrature only. De Haan, Bosma and Hovenier 1987, Astron. Astrophys. 183,
371-391; Hansen and Travis 1974, Space Sci. Rev. 16, 527-610.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estran.physics.radiative_transfer.directions import Directions
from estran.physics.radiative_transfer.layer import Layer

Float = npt.NDArray[np.float64]

THINNEST = 0.125
"""Optical depth of the sheet that doubling starts from, at most, over the cosine of the lowest node: along that
direction it must be thin.
"""


@dataclass(frozen=True)
class Slab:
    """Diffuse reflection and transmission for light from above, and for light from below (columns: nodes only); direct
    transmission of rows and columns.
    """

    reflection: Float
    transmission: Float
    reflection_below: Float
    transmission_below: Float
    row: Float
    column: Float


def homogeneous(
    layer: Layer, reflected: Float, transmitted: Float, directions: Directions, coarser: float = 1.0
) -> Slab:
    """A homogeneous layer by doubling (RT-12), from a sheet that scatters once, extrapolated to scattering twice
    (RT-11).

    Parameters
    ----------
    layer
        Its optical depth and single-scattering albedo.
    reflected, transmitted
        Azimuth modes of the phase matrix (modes, rows, stokes, columns, stokes).
    directions
        Rows and columns.
    coarser
        How much thicker the sheet may be: where little is scattered twice, in the higher azimuth modes.
    """
    stokes = reflected.shape[2]
    inside = directions.nodes * stokes
    times = max(0, int(np.ceil(np.log2(max(layer.depth, 1e-300) / (THINNEST * coarser * directions.rows[0])))))
    depth = layer.depth / 2**times
    flip = np.array([1.0, 1.0, -1.0])[:stokes]
    rows, columns = np.tile(flip, directions.rows.size)[:, None], np.tile(flip, directions.columns.size)[None, :]
    turned = layer.albedo * reflected * flip[:, None, None]
    once = _sheet(turned, layer.albedo * transmitted, directions, depth)
    half = _sheet(turned, layer.albedo * transmitted, directions, 0.5 * depth)
    twice = _double(half, _direct(directions, stokes, 0.5 * depth), inside)
    # What the sheet leaves out goes with the square of its depth: two halves leave out half of that.
    r, t = 2.0 * twice[0] - once[0], 2.0 * twice[1] - once[1]
    for k in range(times):
        r, t = _double((r, t), _direct(directions, stokes, depth * 2**k), inside)
    row, column = _direct(directions, stokes, layer.depth)
    return Slab(rows * r, t, (r * columns)[..., :inside], (rows * t * columns)[..., :inside], row, column)


def stack(top: Slab, bottom: Slab) -> Slab:
    """One slab on another (RT-13)."""
    inside = top.reflection_below.shape[-1]
    direct = bottom.row[:inside, 0]  # rows and columns begin with the same nodes
    down = _between(top.transmission, top.reflection_below @ bottom.reflection[:, :inside], top.column, inside)
    up = bottom.reflection[..., :inside] @ down[:, :inside] + bottom.reflection * top.column
    reflection = top.reflection + top.row * up + top.transmission_below @ up[:, :inside]
    transmission = (
        bottom.row * down + bottom.transmission * top.column + bottom.transmission[..., :inside] @ down[:, :inside]
    )
    up = _between(
        bottom.transmission_below, bottom.reflection[..., :inside] @ top.reflection_below[:, :inside], direct, inside
    )
    down = top.reflection_below @ up[:, :inside] + top.reflection_below * direct
    reflection_below = (
        bottom.reflection_below + bottom.row * down + bottom.transmission[..., :inside] @ down[:, :inside]
    )
    transmission_below = top.row * up + top.transmission_below * direct + top.transmission_below @ up[:, :inside]
    return Slab(
        reflection, transmission, reflection_below, transmission_below, top.row * bottom.row, top.column * bottom.column
    )


def on_ground(air: Slab, ground: Float) -> tuple[Float, Float, Float]:
    """Air above a reflecting ground (RT-14): diffuse light down on the ground, diffuse light up at the top without that
    from direct to direct, and the latter.
    """
    inside = air.reflection_below.shape[-1]
    down = _between(air.transmission, air.reflection_below @ ground[:, :inside], air.column, inside)
    scattered, direct = ground[..., :inside] @ down[:, :inside], ground * air.column
    top = air.reflection + air.row * scattered + air.transmission_below @ (scattered + direct)[:, :inside]
    return down, top, air.row * direct


def _between(transmitted: Float, bounce: Float, column: Float, inside: int) -> Float:
    """Diffuse light between two slabs: what comes through, and all its bounces."""
    down = bounce * column
    down += transmitted
    down[:, :inside] = np.linalg.solve(np.eye(inside) - bounce[:, :inside, :inside], down[:, :inside])
    down[:, inside:] += bounce[:, inside:, :inside] @ down[:, :inside]
    return down


def _double(half: tuple[Float, Float], direct: tuple[Float, Float], inside: int) -> tuple[Float, Float]:
    """(RT-12) for reflection with the sign of its row U turned, in which R* and T* need no signs of their own."""
    r, t = half
    row, column = direct
    down = _between(t, r[..., :inside] @ r[:, :inside], column, inside)
    nodes, through = down[:, :inside], t[..., :inside]
    up = r[..., :inside] @ nodes
    up += r * column
    reflection = row * up
    reflection += r
    reflection += through @ up[:, :inside]
    transmission = through @ nodes
    transmission += row * down
    transmission += t * column
    return reflection, transmission


def _direct(directions: Directions, stokes: int, depth: float) -> tuple[Float, Float]:
    row, column = np.exp(-depth / directions.rows), np.exp(-depth / directions.columns)
    return np.repeat(row, stokes)[:, None], np.repeat(column, stokes)[None, :]


def _sheet(reflected: Float, transmitted: Float, directions: Directions, depth: float) -> tuple[Float, Float]:
    back, forth = once_scattered(directions.rows[:, None], directions.columns[None, :], depth)
    scale = directions.row_scale[:, None] * directions.column_scale[None, :]
    modes, rows, stokes, columns, _ = reflected.shape
    shape = modes, rows * stokes, columns * stokes
    return (reflected * (scale * back)[:, None, :, None]).reshape(shape), (
        transmitted * (scale * forth)[:, None, :, None]
    ).reshape(shape)


def once_scattered(view: npt.ArrayLike, sun: npt.ArrayLike, depth: npt.ArrayLike) -> tuple[Float, Float]:
    """Reflectance of a layer that scatters once, towards the top and through the bottom, for albedo times phase matrix
    1 (RT-10).

    Written so that directions at the same height need no case of their own.
    """
    a, b, d = np.broadcast_arrays(np.asarray(view, float), np.asarray(sun, float), np.asarray(depth, float))
    back = -np.expm1(-d * (1.0 / a + 1.0 / b)) / (4.0 * (a + b))
    exponent = -d * np.abs(a - b) / (a * b)
    safe = np.where(exponent > -1e-15, -1.0, exponent)
    slope = np.where(exponent > -1e-15, 1.0, np.expm1(safe) / safe)
    return back, np.exp(-d / np.maximum(a, b)) * d / (4.0 * a * b) * slope
