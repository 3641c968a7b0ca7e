"""Cloud displacement index: Sentinel-2's near-infrared bands look at a cloud from slightly different angles (ATBD:
cloud mask, CM-21, CM-22).

On the focal plane B8 is farther from B8A than B7 is. On the ground all three view the same place, so the local
variances of B8/B8A and B7/B8A are alike; a cloud is displaced by parallax, more in B8 than in B7, and its edges
make the first variance the larger one. Frantz et al. 2018 (doi:10.1016/j.rse.2018.04.046), eq. 5-7.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estran.errors import EstranError
from estran.jit import jit, over_rows

Image = npt.NDArray[np.floating]

WINDOW = 140.0
"""Width of the window in which variances are taken [m]: 7 pixels of 20 m (F18)."""
FINEST, COARSEST = 9.0, 39.0
"""Pixels for which the index means something [m]: finer ones only repeat the 20 m bands, coarser ones lose the parallax
(10-20 m for a low cloud).
"""
LEAST_RATIO = 1e-4


@dataclass(frozen=True)
class DisplacementWindow:
    """Half-width of the window [pixels], or None with the reason why the index makes no sense at this pixel size;
    `note` is reported where not empty.
    """

    half: int | None
    note: str = ""


def window_for(pixel_size: tuple[float, float], metres: float = WINDOW) -> DisplacementWindow:
    """The window for a pixel size [m].

    Examples
    --------
    >>> window_for((20.0, 20.0)).half, window_for((10.0, 10.0)).half, window_for((60.0, 60.0)).half
    (3, 7, None)
    """
    pixel = max(pixel_size)
    if pixel > COARSEST:
        return DisplacementWindow(
            None,
            f"the displacement index is off: pixels of {pixel:g} m do not resolve the parallax of clouds (it needs "
            f"less than 40 m)",
        )
    if pixel < FINEST:
        return DisplacementWindow(
            None,
            f"the displacement index is off: pixels of {pixel:g} m are finer than the bands it needs (10 m and 20 m)",
        )
    half = max(int((metres / pixel - 1.0) / 2.0 + 0.5), 1)
    note = (
        ""
        if abs(pixel - 20.0) < 1.0
        else f"the displacement index, defined at 20 m, is taken in windows of {2 * half + 1} pixels of {pixel:g} m"
    )
    return DisplacementWindow(half, note)


def displacement_index(
    nir: Image, rededge078: Image, nir08: Image, half: int = 3, rows: npt.NDArray[np.bool_] | None = None
) -> npt.NDArray[np.float32]:
    """Cloud displacement index, -1 (cloud) to 1 (CM-22).

    Parameters
    ----------
    nir, rededge078, nir08
        (rows, columns) reflectance of B8, B7, B8A, or of bands in their places; NaN is no-data.
    half
        Half-width of the window [pixels]; windows are cut at the edges and leave no-data out, both variances alike.
    rows
        (rows,) which rows are needed; the others are 0. All where None.

    Returns
    -------
    (rows, columns) float32; 0 where both variances are 0, NaN where no-data.
    """
    if not nir.shape == rededge078.shape == nir08.shape:
        raise EstranError(
            "the three bands differ in shape", expected=nir08.shape, found=f"{nir.shape}, {rededge078.shape}"
        )
    out = np.zeros(nir08.shape, np.float32)
    needed = np.ones(nir08.shape[0], np.bool_) if rows is None else np.asarray(rows, np.bool_)
    over_rows(_index, nir08.shape[0], nir, rededge078, nir08, half, needed, out)
    return out


@jit
def _index(
    first: int,
    last: int,
    nir: np.ndarray,
    rededge078: np.ndarray,
    nir08: np.ndarray,
    half: int,
    needed: np.ndarray,
    out: np.ndarray,
) -> None:
    rows, cols = nir08.shape
    for r in range(first, last):
        if not needed[r]:
            continue
        # Column sums over the window's rows: number, sum and sum of squares of both ratios less 1 (near 1 squares would
        # lose digits).
        n, a, aa, b, bb = np.zeros(cols), np.zeros(cols), np.zeros(cols), np.zeros(cols), np.zeros(cols)
        for rr in range(max(r - half, 0), min(r + half + 1, rows)):
            for c in range(cols):
                below = max(np.float64(nir08[rr, c]), LEAST_RATIO)
                x = np.float64(nir[rr, c]) / below - 1.0  # (CM-21)
                y = np.float64(rededge078[rr, c]) / below - 1.0
                good = (x == x) and (y == y) and nir08[rr, c] == nir08[rr, c]
                x = x if good else np.float64(0.0)
                y = y if good else np.float64(0.0)
                n[c] += 1.0 if good else 0.0
                a[c] += x
                aa[c] += x * x
                b[c] += y
                bb[c] += y * y
        # Plain sums, no running ones: a running sum's last bits would depend on where the tile begins.
        for c in range(cols):
            left, right = max(c - half, 0), min(c + half + 1, cols)
            sn, sa, saa, sb, sbb = 0.0, 0.0, 0.0, 0.0, 0.0
            for k in range(left, right):
                sn += n[k]
                sa += a[k]
                saa += aa[k]
                sb += b[k]
                sbb += bb[k]
            if not (nir[r, c] == nir[r, c] and rededge078[r, c] == rededge078[r, c] and nir08[r, c] == nir08[r, c]):
                out[r, c] = np.nan
                continue
            # n^2 times the variance, which the index does not mind.
            va = max(sn * saa - sa * sa, 0.0)
            vb = max(sn * sbb - sb * sb, 0.0)
            # Rounding leaves about 1e-15 of n^2 where the ratios are constant.
            out[r, c] = (vb - va) / (vb + va) if vb + va > 1e-12 * sn * sn else 0.0  # (CM-22)
