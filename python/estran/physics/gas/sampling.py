"""A few wavenumbers with weights in place of all: sums that stand for the mean over a channel, whatever the profile.

Labels (GAS-n) are those of ``docs/ATBD/gas.md``. The idea is that of Moncet et al. 2008 (doi:10.1175/2008JAS2711.1);
the weights are found by non-negative least squares on the transmissions of training profiles.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls
from scipy.sparse import csr_array

from estran.errors import BadParameter

Float = npt.NDArray[np.float64]
Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Sampling:
    """Wavenumbers taken, and what each channel makes of them.

    Parameters
    ----------
    which
        Indices into the fine grid, rising, (s,).
    channels
        Weights, no less than 0, rows add up to 1, (c, s).
    residual
        Largest difference to the full sum over the training profiles, (c,).
    """

    which: npt.NDArray[np.int64]
    channels: csr_array
    residual: Float


_STRIDES = (16, 12, 8, 6, 4, 3, 2, 1)
"""One wavenumber of so many is looked at; multiples of the index, so that neighbouring channels share what they take.
"""
_LEAST = 6
"""Fewest wavenumbers from which a channel may choose."""
_HEAVY = 10.0
"""Weight of "rows add up to 1", one equation among those of the training spectra."""


def sample(
    channels: csr_array, training: Float, *, tolerance: float = 1e-5, progress: Progress | None = None
) -> Sampling:
    """Choose wavenumbers and weights (GAS-24), from as few as reach a tolerance.

    Parameters
    ----------
    channels
        Responses on the fine grid, (c, m).
    training
        Transmissions on the fine grid of profiles and airmasses that span what will be asked, (t, m); a hundred or so.
    tolerance
        Largest difference to the full sum over the training spectra; where even all wavenumbers do not reach it, the
        closest is taken.

    Raises
    ------
    BadParameter
        The training is for another grid, or has fewer than ten spectra.
    """
    if training.ndim != 2 or training.shape[1] != channels.shape[1] or training.shape[0] < 10:
        raise BadParameter(
            "training spectra do not fit the channels",
            expected=f"10 or more, {channels.shape[1]} wavenumbers",
            found=str(training.shape),
        )
    wanted = np.asarray((channels @ training.T).T)
    rows, columns, weights = [], [], []
    residual = np.empty(channels.shape[0])
    for k in range(channels.shape[0]):
        taken, weight, residual[k] = _one(
            channels.indices[channels.indptr[k] : channels.indptr[k + 1]], training, wanted[:, k], tolerance
        )
        rows.append(np.full(taken.size, k))
        columns.append(taken)
        weights.append(weight)  # (GAS-24)
        if progress and k % 64 == 0:
            progress((k + 1) / channels.shape[0], "wavenumbers of the channels")
    which, place = np.unique(np.concatenate(columns), return_inverse=True)
    matrix = csr_array((np.concatenate(weights), (np.concatenate(rows), place)), shape=(channels.shape[0], which.size))
    return Sampling(which.astype(np.int64), matrix, residual)


def _one(
    support: npt.NDArray[np.int32], training: Float, wanted: Float, tolerance: float
) -> tuple[npt.NDArray[np.int32], Float, float]:
    """Wavenumbers, weights and residual of one channel."""
    best: tuple[npt.NDArray[np.int32], Float, float] | None = None
    for stride in _STRIDES:
        candidates = support[support % stride == 0]
        if candidates.size < min(_LEAST, support.size):
            continue
        matrix = np.vstack([training[:, candidates], np.full(candidates.size, _HEAVY)])
        found, _ = nnls(matrix, np.append(wanted, _HEAVY), maxiter=50 * candidates.size)
        kept = found > 0.0
        weight = found[kept] / found[kept].sum()
        worst = float(np.abs(training[:, candidates[kept]] @ weight - wanted).max())
        if best is None or worst < best[2]:
            best = candidates[kept], weight, worst
        if worst <= tolerance:
            break
    assert best is not None  # the last stride takes all
    return best
