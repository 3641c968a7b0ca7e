"""A homogeneous layer of air."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estran.errors import BadParameter

Float = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Layer:
    """Optical depth, single-scattering albedo and Greek coefficients (4, L + 1) of a homogeneous layer.

    Raises
    ------
    BadParameter
        The depth is negative, the albedo not in 0 to 1, or the coefficients no array (4, n) that begins with 1.
    """

    depth: float
    albedo: float
    greek: Float

    def __post_init__(self) -> None:
        if not 0.0 <= self.depth < np.inf:
            raise BadParameter("a layer has an impossible optical depth", expected="0 or more", found=self.depth)
        if not 0.0 <= self.albedo <= 1.0:
            raise BadParameter(
                "a layer has an impossible single-scattering albedo", expected="0 to 1", found=self.albedo
            )
        if np.ndim(self.greek) != 2 or np.shape(self.greek)[0] != 4 or abs(float(self.greek[0, 0]) - 1.0) > 1e-6:
            raise BadParameter(
                "Greek coefficients are wrong",
                expected="an array (4, L + 1) whose first number is 1",
                found=f"shape {np.shape(self.greek)}",
            )

    def without_peak(self, degree: int) -> Layer:
        """The layer developed to `degree`, its forward peak counted as not scattered: delta-M, for matrices (RT-7);
        Wiscombe 1977, J. Atmos. Sci. 34, 1408-1422.
        """
        if self.greek.shape[1] <= degree + 1:
            return self
        peak = float(self.greek[0, degree + 1]) / (2 * degree + 3)
        if peak <= 0.0:
            return Layer(self.depth, self.albedo, self.greek[:, : degree + 1])
        forward = peak * (2 * np.arange(degree + 1) + 1)
        greek = self.greek[:, : degree + 1].copy()
        greek[0] -= forward
        greek[1:3, 2:] -= forward[2:]
        kept = 1.0 - self.albedo * peak
        return Layer(self.depth * kept, self.albedo * (1.0 - peak) / kept, greek / (1.0 - peak))
