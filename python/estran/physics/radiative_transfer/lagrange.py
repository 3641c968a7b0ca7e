"""Cubic interpolation between the nodes of a table: four weights in each axis."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from estran.jit import inlined

Float = npt.NDArray[np.float64]


@inlined
def even_start(place: float, nodes: int) -> int:
    """First of the four nodes around a place on an axis whose nodes are 0, 1, 2 …; at the ends the stencil is
    one-sided.
    """
    return min(max(int(place) - 1, 0), nodes - 4)


@inlined
def even_weights(offset: float) -> tuple[float, float, float, float]:
    """Lagrange's weights (RTT-1) of four nodes 0, 1, 2, 3 at the place `offset` after the first of them."""
    a, b, c, d = offset, offset - 1.0, offset - 2.0, offset - 3.0
    return -b * c * d / 6.0, 0.5 * a * c * d, -0.5 * a * b * d, a * b * c / 6.0


def blend(nodes: Float, at: float) -> Float:
    """Weights (n,) of all nodes of an axis for one place: Lagrange's on the four nodes around it, or on all where there
    are fewer (RTT-1).

    Parameters
    ----------
    nodes
        Rising (n,).
    at
        The place, from the first node to the last.
    """
    points = min(nodes.size, 4)
    first = int(np.clip(np.searchsorted(nodes, at, side="right") - 2, 0, nodes.size - points))
    near = nodes[first : first + points]
    out = np.zeros(nodes.size)
    for k in range(points):
        others = np.delete(near, k)
        out[first + k] = np.prod((at - others) / (near[k] - others))
    return out
