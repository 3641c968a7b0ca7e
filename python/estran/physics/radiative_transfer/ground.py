"""Reflection at the lower boundary of the atmosphere, as the solver takes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from estran.errors import BadParameter

Float = npt.NDArray[np.float64]


class Ground(Protocol):
    """A reflecting surface."""

    def reflectance(self, view: Float, sun: Float, azimuth: Float) -> Float:
        """Matrix of bidirectional reflectance factors on (I, Q, U), of the broadcast shape and (3, 3); cosines of
        zenith, azimuth of travel [radians].
        """

    def modes(self, numbers: list[int], rows: Float, columns: Float) -> Float:
        """Azimuth modes of the same, (modes, rows, 3, columns, 3)."""


@dataclass(frozen=True)
class Lambertian:
    """A ground that spreads light evenly and unpolarised; albedo 0 is black.

    Raises
    ------
    BadParameter
        The albedo is not in 0 to 1.
    """

    albedo: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.albedo <= 1.0:
            raise BadParameter("the albedo of the ground is impossible", expected="0 to 1", found=self.albedo)

    def reflectance(self, view: Float, sun: Float, azimuth: Float) -> Float:
        """The albedo, for I from I."""
        out = np.zeros((*np.broadcast_shapes(view.shape, sun.shape, azimuth.shape), 3, 3))
        out[..., 0, 0] = self.albedo
        return out

    def modes(self, numbers: list[int], rows: Float, columns: Float) -> Float:
        """The albedo for mode 0, nothing else."""
        out = np.zeros((len(numbers), rows.size, 3, columns.size, 3))
        if numbers[0] == 0:
            out[0, :, 0, :, 0] = self.albedo
        return out
