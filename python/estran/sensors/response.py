"""Spectral responses of bands: what a band sees of a spectrum, its centre and its width.

Labels (BAND-n) are those of ``docs/ATBD/spectral_bands.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estran.errors import BadParameter

Float = npt.NDArray[np.float64]

_SHORTEST, _LONGEST = 100.0, 100_000.0
"""Wavelengths of optical instruments [nm]: what lies outside is given in another unit."""


@dataclass(frozen=True, eq=False)
class Response:
    """The relative spectral response of one band.

    Parameters
    ----------
    band
        Name of the band.
    wavelength
        Ascending [nm], shape (n,).
    value
        Relative response, its largest value at will, shape (n,). Between samples it is linear, outside them zero.

    Raises
    ------
    BadParameter
        If the samples are not ascending, not finite, in another unit than nm, or nowhere positive.

    Examples
    --------
    >>> box = Response("red", [640.0, 641.0, 679.0, 680.0], [0.0, 1.0, 1.0, 0.0])
    >>> round(box.centre, 6), round(box.width, 6)
    (660.0, 39.0)
    """

    band: str
    wavelength: Float
    value: Float

    def __post_init__(self) -> None:
        wavelength, value = checked_spectrum(self.wavelength, self.value, f"the response of {self.band}")
        if float(value.min()) < -0.05 * float(value.max()) or not float(value.max()) > 0.0:
            raise BadParameter(
                "a spectral response has no positive part, or a large negative one",
                where=self.band,
                expected="values from 0 to a positive peak",
                found=f"{value.min():g} to {value.max():g}",
                todo="check the columns of the file",
            )
        object.__setattr__(self, "wavelength", wavelength)
        object.__setattr__(self, "value", value)

    @property
    def centre(self) -> float:
        """Mean wavelength under the response alone [nm] (BAND-3)."""
        x, q = quadrature(self.wavelength)
        s = q * np.interp(x, self.wavelength, self.value)
        return float((s * x).sum() / s.sum())

    @property
    def width(self) -> float:
        """Full width at half of the peak [nm]: from the first crossing to the last (BAND-4)."""
        half = 0.5 * float(self.value.max())
        above = np.flatnonzero(self.value >= half)
        first, last = int(above[0]), int(above[-1])
        return self._crossing(last, last + 1, half) - self._crossing(first, first - 1, half)

    @property
    def support(self) -> tuple[float, float]:
        """First and last wavelength where the response is more than a thousandth of its peak [nm]."""
        sensitive = self.wavelength[self.value > 1e-3 * float(self.value.max())]
        return float(sensitive[0]), float(sensitive[-1])

    def _crossing(self, inside: int, outside: int, level: float) -> float:
        if not 0 <= outside < self.wavelength.size:
            return float(self.wavelength[inside])
        fraction = (float(self.value[inside]) - level) / (float(self.value[inside]) - float(self.value[outside]))
        return float(self.wavelength[inside] + fraction * (self.wavelength[outside] - self.wavelength[inside]))


def checked_spectrum(wavelength: npt.ArrayLike, value: npt.ArrayLike, what: str) -> tuple[Float, Float]:
    """A spectrum as two float64 arrays of one length, or the sentence that says what is wrong with it.

    Parameters
    ----------
    wavelength, value
        Samples, shape (n,).
    what
        What the spectrum is, for the sentence.

    Raises
    ------
    BadParameter
        If lengths differ, wavelengths are not strictly ascending or in another unit than nm, or a value is not finite.
    """
    x, y = np.asarray(wavelength, dtype=np.float64), np.asarray(value, dtype=np.float64)
    if x.ndim != 1 or y.shape != x.shape or x.size < 2:
        raise BadParameter(
            f"{what} needs as many values as wavelengths, two or more",
            expected="two columns of one length",
            found=f"{x.shape} and {y.shape}",
        )
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise BadParameter(
            f"{what} has samples that are no numbers",
            found=f"{int((~np.isfinite(x) | ~np.isfinite(y)).sum())} of {x.size}",
            todo="drop them",
        )
    if not (np.diff(x) > 0).all():
        where = int(np.argmin(np.diff(x) > 0))
        raise BadParameter(
            f"the wavelengths of {what} do not ascend",
            expected="each larger than the one before",
            found=f"{x[where]:g} nm, then {x[where + 1]:g} nm",
            todo="sort the samples by wavelength and keep each wavelength once",
        )
    if x[0] < _SHORTEST or x[-1] > _LONGEST:
        guess = " (micrometres?)" if x[-1] < _SHORTEST else ""
        raise BadParameter(
            f"the wavelengths of {what} are not in nanometres",
            expected=f"{_SHORTEST:g} to {_LONGEST:g} nm",
            found=f"{x[0]:g} to {x[-1]:g}{guess}",
            todo="convert them to nanometres",
        )
    return x, y


def quadrature(nodes: Float) -> tuple[Float, Float]:
    """Simpson's points and weights between ascending nodes (BAND-2): exact for the product of up to three functions
    that are linear between them.

    Parameters
    ----------
    nodes
        Ascending, shape (n,).

    Returns
    -------
    points, weights
        Shape (2 n - 1,): the nodes and the midpoints between them, in order.
    """
    step = np.diff(nodes)
    points = np.empty(2 * nodes.size - 1)
    points[0::2] = nodes
    points[1::2] = 0.5 * (nodes[1:] + nodes[:-1])
    weights = np.zeros(points.size)
    weights[1::2] = step * (4.0 / 6.0)
    weights[0:-1:2] += step / 6.0
    weights[2::2] += step / 6.0
    return points, weights
