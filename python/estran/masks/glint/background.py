"""Glint of the scene about each place: histograms of the water's glint, cell by cell (ATBD: sun glint, GLINT-19)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from estran.jit import jit
from estran.masks.glint.observe import POSSIBLE, WET, Pixels

Float = npt.NDArray[np.float32]
Double = npt.NDArray[np.float64]

CELL = 32
"""Side of the cells in which the scene is looked over [pixels]."""
EDGES = np.array([0.001, 0.002, 0.003, 0.004, 0.005, 0.0065, 0.008, 0.01, 0.0125, 0.016, 0.02, 0.03, 0.05, 0.1])
"""Between the bins of glint."""
_QUANTILE, _ENOUGH = 0.3, 200
_CLOUDED = 0.5
"""Fraction of cloud in water from which surroundings are not used."""


class GlintBackground(NamedTuple):
    """What :func:`background` found in the scene (cells, cells), and where in it the pixels begin. A tuple, because
    compiled code takes no dataclass.
    """

    glint: Float
    row: int
    column: int

    @classmethod
    def of(cls, counts: npt.NDArray[np.int32], row: int, column: int, shape: tuple[int, int]) -> GlintBackground:
        """About the pixels of a window, from the whole scene's histograms: only the cells that matter to it are looked
        at.
        """
        first, left = max(row // CELL - 2, 0), max(column // CELL - 2, 0)
        part = counts[first : (row + shape[0] - 1) // CELL + 3, left : (column + shape[1] - 1) // CELL + 3]
        return cls(background(part), row - first * CELL, column - left * CELL)


@jit
def _count(pixels: Pixels, row: int, column: int, edges: Double, counts: npt.NDArray[np.int32]) -> None:
    observed, cloudy, state = pixels.observed, pixels.cloudy, pixels.state
    rows, cols = observed.shape
    for r in range(rows):
        for c in range(cols):
            if state[r, c] & WET != 0 and state[r, c] & POSSIBLE != 0:
                k = 0 if cloudy[r, c] <= 0.5 else edges.size + 1  # the last bin is cloud
                while k < edges.size and observed[r, c] >= edges[k]:
                    k += 1
                counts[(row + r) // CELL, (column + c) // CELL, k] += 1


def survey_glint(pixels: Pixels, row: int, column: int, scene: tuple[int, int]) -> npt.NDArray[np.int32]:
    """Frequency of observed glint on water, in each cell of the scene: histograms that add up; (cells, cells, bins).

    Parameters
    ----------
    row, column
        Where the pixels begin in the scene.
    scene
        Its rows and columns.
    """
    counts = np.zeros((-(-scene[0] // CELL), -(-scene[1] // CELL), EDGES.size + 2), np.int32)
    _count(pixels, row, column, EDGES, counts)
    return counts


def background(counts: npt.NDArray[np.int32]) -> Float:
    """Glint that 3 in 10 pixels of water stay below, in each cell and two cells around; NaN where there is hardly any
    water.
    """
    padded = np.pad(counts.astype(np.int64), ((2, 2), (2, 2), (0, 0)))
    rows, cols, _ = counts.shape
    near = np.zeros(counts.shape, np.int64)
    for i in range(5):
        for j in range(5):
            near += padded[i : i + rows, j : j + cols]
    clouded = near[..., -1] > _CLOUDED * near.sum(axis=-1)
    near = near[..., :-1]
    total = near.sum(axis=-1)
    below = np.cumsum(near, axis=-1)
    wanted = _QUANTILE * total
    k = np.argmax(below >= wanted[..., None], axis=-1)
    low, high = np.concatenate([[0.0], EDGES])[k], np.concatenate([EDGES, [2.0 * EDGES[-1]]])[k]
    inside = np.take_along_axis(near, k[..., None], -1)[..., 0]
    before = np.take_along_axis(below, k[..., None], -1)[..., 0] - inside
    fraction = (wanted - before) / np.maximum(inside, 1)
    return np.where((total >= _ENOUGH) & ~clouded, low + fraction * (high - low), np.nan).astype(np.float32)
