"""The directions that a problem is solved in: nodes of a quadrature, and those that were asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Directions:
    """Rows (light that leaves) and columns (light that arrives) of all matrices: first the nodes, then what was asked
    for.

    Matrices carry the square root of the weight ``2 mu w`` on each node (RT-9), so that one after another is a plain
    product over the nodes, and so that a symmetric reflection stays symmetric. Directions asked for have weight 0 in
    the integrals: they are not met within, and cost little.
    """

    nodes: int
    rows: Float
    columns: Float
    row_scale: Float
    column_scale: Float

    @classmethod
    def of(cls, streams: int, view: Float, sun: Float) -> Directions:
        """Nodes mu = x², x of Gauss and Legendre on (0, 1), as many as `streams`, with the directions asked for."""
        x, w = np.polynomial.legendre.leggauss(streams)
        x, w = 0.5 * (x + 1.0), 0.5 * w
        mu = x * x
        scale = np.sqrt(2.0 * mu * (2.0 * x * w))
        return cls(
            streams,
            np.concatenate([mu, view]),
            np.concatenate([mu, sun]),
            _with_ones(scale, view),
            _with_ones(scale, sun),
        )


def _with_ones(scale: Float, asked: Float) -> Float:
    return np.concatenate([scale, np.ones(asked.size)])
