"""From what the air holds to layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estran.errors import BadParameter
from estran.physics.radiative_transfer.layer import Layer
from estran.physics.scattering import mixture

Float = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Constituent:
    """Something that the air holds, thinning out with height by an exponential: molecules, an aerosol, or a gas that
    only absorbs (albedo 0).
    """

    depth: float
    """Optical depth of the whole column."""
    albedo: float
    greek: Float
    """Greek coefficients (4, L + 1); of no matter where the albedo is 0."""
    scale_height: float
    """km."""


def exponential_layers(
    constituents: Sequence[Constituent], levels: npt.ArrayLike = (8.0, 4.0, 2.0, 1.0)
) -> list[Layer]:
    """Homogeneous layers, top down, that hold the same columns as exponential profiles (RT-18).

    Parameters
    ----------
    constituents
        Molecules, aerosols, gases.
    levels
        Heights of the borders between layers [km], falling; the first layer reaches to space, the last one to the
        ground.

    Raises
    ------
    BadParameter
        The levels do not fall, a depth is negative or a scale height not positive.
    """
    height = np.asarray(levels, float)
    if np.any(np.diff(height) >= 0.0) or np.any(height <= 0.0) or not constituents:
        raise BadParameter(
            "the levels of an atmosphere are wrong",
            expected="falling heights above 0 km, and something in the air",
            found=height.tolist(),
        )
    for c in constituents:
        if not c.depth >= 0.0 or not c.scale_height > 0.0:
            raise BadParameter(
                "a constituent of the air is impossible",
                expected="depth 0 or more, height above 0",
                found=f"{c.depth:g}, {c.scale_height:g}",
            )
    above = np.array([[0.0, *np.exp(-height / c.scale_height), 1.0] for c in constituents])
    depths = np.diff(above, axis=1) * np.array([[c.depth] for c in constituents])
    layers = []
    for column in depths.T:
        scattered = [d * c.albedo for d, c in zip(column, constituents, strict=True)]
        total = float(column.sum())
        greek = mixture(scattered, [c.greek for c in constituents]) if sum(scattered) > 0.0 else constituents[0].greek
        layers.append(Layer(total, min(sum(scattered) / total, 1.0) if total > 0.0 else 0.0, greek))
    return layers
