"""Cloud probability over land and over water: Fmask's products, and a logistic model of seven indices (ATBD: cloud
mask, CM-14 to CM-18).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from estran.jit import jit
from estran.masks.cloud.probability_model import HIGH, LOW, MEAN, SCALE, WEIGHTS
from estran.masks.cloud.spectral import contrast, hot_of

FEATURES: tuple[str, ...] = ("brightness", "hot", "ndvi", "ndbi", "cirrus", "vapour", "coastal")
"""The indices of the model. The last three need the bands cirrus, nir09 and coastal."""
Rows = npt.NDArray[Any]
_ZERO, _THIRD, _LEAST = np.float32(0.0), np.float32(1.0 / 3.0), np.float32(1e-3)
TERMS = 1 + len(FEATURES) + len(FEATURES) * (len(FEATURES) + 1) // 2
"""Intercept, indices, and their products in pairs."""


@jit
def cirrus_probability(excess: float, full: float) -> float:
    """Fraction of an opaque cirrus, 0 and up (Z15 eq. 1): B10 above its background, over the value of a full one."""
    return max(excess, 0.0) / full  # (CM-14)


@jit
def hot_probability(hot: float, low: float, high: float) -> float:
    """Where HOT stands between clear land (0) and cloud (1) in this scene (Q19)."""
    return min(max((hot - low) / (high - low), 0.0), 1.0)  # (CM-16)


@jit
def water_probability(swir16: float, full: float) -> float:
    """Brightness of water in SWIR 1.6 µm, 0..1 (ZW12 eq. 10)."""
    return min(max(swir16, 0.0), full) / full  # (CM-17)


@jit
def cut_to_hundredths(probability: float) -> float:
    """As python-fmask stores probabilities: whole hundredths, cut, at most 2.55."""
    return int(min(max(probability * 100.0, 0.0), 255.0)) / 100.0


@jit
def _ratios(rows: np.ndarray, floor: float, out: np.ndarray) -> None:
    for i in range(rows.shape[1]):
        out[0, i] = max((rows[0, i] + rows[1, i] + rows[2, i]) * _THIRD, _LEAST)
    for i in range(rows.shape[1]):
        out[1, i] = hot_of(rows[0, i], rows[2, i])
    for i in range(rows.shape[1]):
        out[2, i] = contrast(rows[3, i], rows[2, i], floor)
    for i in range(rows.shape[1]):
        out[3, i] = contrast(rows[4, i], rows[3, i], floor)
    for i in range(rows.shape[1]):
        out[4, i] = max(rows[6, i], _ZERO) + _LEAST
    for i in range(rows.shape[1]):
        out[5, i] = contrast(rows[7, i], rows[3, i], floor)
    for i in range(rows.shape[1]):
        out[6, i] = contrast(rows[8, i], rows[0, i], floor)


def write_features(rows: Rows, floor: float, out: Rows) -> None:
    """The seven indices of many pixels, before they are cut to their range.

    Parameters
    ----------
    rows
        (9 or more, n) float32: blue, green, red, nir08, swir16, any, cirrus, nir09, coastal; 0 where a band is absent
        (the model for that case does not look at it).
    floor
        Least reflectance inside ratios, single precision.
    out
        (7, n) float32, written, in the order of ``FEATURES``.
    """
    _ratios(rows, floor, out)
    np.log(out[0], out=out[0])
    np.log(out[4], out=out[4])


@jit
def _quadratic_form(
    features: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    mean: np.ndarray,
    scale: np.ndarray,
    weights: np.ndarray,
    inner: np.ndarray,
    out: np.ndarray,
) -> None:
    n = features.shape[1]
    for k in range(features.shape[0]):
        lowest, highest, centre, unit = low[k], high[k], mean[k], scale[k]
        for i in range(n):
            features[k, i] = (min(max(features[k, i], lowest), highest) - centre) * unit  # (CM-16a)
    for i in range(n):
        out[i] = -weights[0]
    term = 1 + features.shape[0]
    for j in range(features.shape[0]):
        linear = weights[1 + j]
        for i in range(n):
            inner[i] = linear
        for k in range(j, features.shape[0]):
            weight = weights[term]
            term += 1
            if weight != _ZERO:
                for i in range(n):
                    inner[i] += weight * features[k, i]
        for i in range(n):
            out[i] -= inner[i] * features[j, i]  # (CM-16b), negated


class Model(NamedTuple):
    """A fitted model in single precision, with room for the numbers in between of `width` pixels."""

    low: Rows
    high: Rows
    mean: Rows
    scale: Rows
    weights: Rows
    features: Rows
    inner: Rows

    @classmethod
    def of(cls, present: frozenset[str], width: int) -> Model:
        """The model for the optional bands that are present."""
        weights = weights_for(present)[1]
        parts = [np.asarray(part, np.float32) for part in (LOW, HIGH, MEAN, 1.0 / np.array(SCALE), weights)]
        return cls(
            parts[0],
            parts[1],
            parts[2],
            parts[3],
            parts[4],
            np.empty((len(FEATURES), width), np.float32),
            np.empty(width, np.float32),
        )

    def probability(self, rows: Rows, floor: float, out: Rows) -> None:
        """Cloud probability of up to `width` pixels: the logistic of a quadratic form of the indices, each cut to the
        range it was fitted in (CM-16b).

        Parameters
        ----------
        rows, floor
            As :func:`write_features` takes them.
        out
            (n,) float32, written: 0..1.
        """
        fits = rows.shape[1] == self.features.shape[1]
        features = self.features if fits else np.empty((len(FEATURES), rows.shape[1]), np.float32)
        write_features(rows, floor, features)
        _quadratic_form(features, self.low, self.high, self.mean, self.scale, self.weights, self.inner, out)
        np.exp(out, out=out)
        out += np.float32(1.0)
        np.reciprocal(out, out=out)


def weights_for(present: frozenset[str]) -> tuple[str, npt.NDArray[np.float64]]:
    """The model fitted for the optional bands that are present.

    Parameters
    ----------
    present
        Semantic names; of these cirrus, nir09 and coastal matter.

    Returns
    -------
    name, weights
        Such as "cirrus+nir09+coastal" ("visible+nir08+swir16" for none of them), and (36,) weights, 0 for the terms of
        absent bands.
    """
    name = "+".join(band for band in ("cirrus", "nir09", "coastal") if band in present) or "visible+nir08+swir16"
    return name, expand(name, WEIGHTS[name])


def expand(name: str, fitted: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Weights of a smaller model at their places among all 36 terms."""
    values = np.asarray(fitted, np.float64)
    weights = np.zeros(TERMS)
    weights[np.flatnonzero(used_terms(name))] = values
    return weights


def used_terms(name: str) -> npt.NDArray[np.bool_]:
    """Which of the 36 terms a model uses."""
    bands = name.split("+")
    use = np.array([True, True, True, True, "cirrus" in bands, "nir09" in bands, "coastal" in bands])
    first, second = np.triu_indices(len(FEATURES))
    return np.concatenate([[True], use, use[first] & use[second]])
