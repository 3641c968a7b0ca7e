"""Fourier components over azimuth of the phase matrix between meridian planes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from estran.physics.spherical import wigner_d

Float = npt.NDArray[np.float64]


class Kernel:
    """Azimuth modes Z^m of a phase matrix between rows and columns of directions (RT-8).

    The functions of the directions are computed once for a mode and serve every layer.

    Parameters
    ----------
    mode
        m, 0 or more.
    degree
        Highest degree of the Greek coefficients to come.
    rows, columns
        Cosines of the directions of leaving and arriving light, all positive.
    """

    def __init__(self, mode: int, degree: int, rows: Float, columns: Float) -> None:
        self.stokes = 2 if mode == 0 else 3
        """Components that differ from 0: without azimuth there is no U."""
        self.left = _basis(mode, degree, rows)[:, :, : self.stokes, : self.stokes]
        self.right = _basis(mode, degree, columns)[:, :, : self.stokes, : self.stokes]
        # From u to -u: (-1)^(l-m), and another sign on the functions that join Q and U.
        parity = (-1.0) ** (np.arange(degree + 1) - mode)
        self.mirror = (
            parity[:, None, None]
            * np.array([[1.0, 1.0, -1.0], [1.0, 1.0, -1.0], [-1.0, -1.0, 1.0]])[: self.stokes, : self.stokes]
        )

    def reflected_transmitted(self, greek: Float) -> tuple[Float, Float]:
        """Modes for light that turns back and for light that goes on; each (rows, stokes, columns, stokes)."""
        last, n = greek.shape[1], self.stokes
        middle = np.zeros((last, 3, 3))
        for (i, j), element in zip(((0, 0), (1, 1), (2, 2), (0, 1), (1, 0)), (0, 1, 2, 3, 3), strict=True):
            middle[:, i, j] = greek[element]
        right = middle[:, None, :n, :n] @ self.right[:last].swapaxes(-1, -2)
        inner = right.transpose(0, 2, 1, 3).reshape(last * n, -1)
        rows, columns = self.left.shape[1], self.right.shape[1]
        both = []
        for left in (self.left[:last] * self.mirror[:last, None], self.left[:last]):
            product = left.transpose(1, 2, 0, 3).reshape(rows * n, last * n) @ inner
            both.append(product.reshape(rows, n, columns, n))
        return both[0], both[1]


def _basis(mode: int, degree: int, cosines: Float) -> Float:
    """The functions of one direction, (degree + 1, directions, 3, 3)."""
    plus, minus = wigner_d(mode, 2, degree, cosines), wigner_d(mode, -2, degree, cosines)
    out = np.zeros((*plus.shape, 3, 3))
    out[..., 0, 0] = wigner_d(mode, 0, degree, cosines)
    out[..., 1, 1] = out[..., 2, 2] = 0.5 * (plus + minus)
    out[..., 1, 2] = out[..., 2, 1] = 0.5 * (plus - minus)
    return out
