"""Cloud probability over land and over water: Fmask's products, and a logistic model of seven indices (ATBD: cloud mask, CM-14 to CM-18)."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from estran.jit import jit
from estran.masks.probability_model import HIGH, LOW, MEAN, SCALE, WEIGHTS
from estran.masks.spectral import contrast, hot_of

FEATURES: tuple[str, ...] = ("brightness", "hot", "ndvi", "ndbi", "cirrus", "vapour", "coastal")
"""The indices of the model. The last three need the bands cirrus, wv and coastal."""
TERMS = 1 + len(FEATURES) + len(FEATURES) * (len(FEATURES) + 1) // 2
"""Intercept, indices, and their products in pairs."""


@jit
def cirrus_probability(excess: float, full: float) -> float:
    """Share of an opaque cirrus, 0 and up (Z15 eq. 1): B10 above its background, over the value of a full one."""
    return max(excess, 0.0) / full  # (CM-14)


@jit
def hot_probability(hot: float, low: float, high: float) -> float:
    """Where HOT stands between clear land (0) and cloud (1) in this scene (Q19)."""
    return min(max((hot - low) / (high - low), 0.0), 1.0)  # (CM-16)


@jit
def water_probability(swir1: float, full: float) -> float:
    """Brightness of water in SWIR1, 0..1 (ZW12 eq. 10)."""
    return min(max(swir1, 0.0), full) / full  # (CM-17)


@jit
def cut_to_hundredths(probability: float) -> float:
    """As python-fmask stores probabilities: whole hundredths, cut, at most 2.55."""
    return int(min(max(probability * 100.0, 0.0), 255.0)) / 100.0


@jit
def write_features(
    blue: float, green: float, red: float, nir: float, swir1: float, cirrus: float, wv: float, coastal: float, floor: float, out: np.ndarray
) -> None:
    """The seven indices of one pixel, before they are cut to their range (CM-16a).

    Parameters
    ----------
    blue, green, red, nir, swir1, cirrus, wv, coastal
        TOA reflectance; 0 where a band is absent (the model for that case does not look at it).
    floor
        Least reflectance inside ratios.
    out
        (7,), written, in the order of ``FEATURES``.
    """
    out[0] = math.log(max((blue + green + red) / 3.0, 1e-3))
    out[1] = hot_of(blue, red)
    out[2] = contrast(nir, red, floor)
    out[3] = contrast(swir1, nir, floor)
    out[4] = math.log(max(cirrus, 0.0) + 1e-3)
    out[5] = contrast(wv, nir, floor)
    out[6] = contrast(coastal, blue, floor)


@jit
def model_probability(features: np.ndarray, low: np.ndarray, high: np.ndarray, mean: np.ndarray, scale: np.ndarray, weights: np.ndarray) -> float:
    """Logistic of a quadratic form of the indices, each cut to the range it was fitted in (CM-16b).

    Parameters
    ----------
    features
        (7,), overwritten by the standardised indices.
    low, high, mean, scale
        (7,) range and standardisation.
    weights
        (36,) intercept, linear terms, then products (0,0), (0,1) … (6,6).
    """
    n = features.size
    total = weights[0]
    for i in range(n):
        features[i] = (min(max(features[i], low[i]), high[i]) - mean[i]) * scale[i]
    k = 1 + n
    for i in range(n):
        inner = weights[1 + i]
        for j in range(i, n):
            inner += weights[k] * features[j]
            k += 1
        total += inner * features[i]
    return 1.0 / (1.0 + math.exp(-total))


@jit
def features_of_rows(rows: np.ndarray, which: np.ndarray, floor: float, out: np.ndarray) -> None:
    """The indices of many pixels.

    Parameters
    ----------
    rows
        (layers, n) float32.
    which
        (8,) rows that hold blue, green, red, nir, swir1, cirrus, wv, coastal.
    floor
        Least reflectance inside ratios.
    out
        (n, 7), written.
    """
    for i in range(rows.shape[1]):
        write_features(
            rows[which[0], i],
            rows[which[1], i],
            rows[which[2], i],
            rows[which[3], i],
            rows[which[4], i],
            rows[which[5], i],
            rows[which[6], i],
            rows[which[7], i],
            floor,
            out[i],
        )


def weights_for(present: frozenset[str]) -> tuple[str, npt.NDArray[np.float64]]:
    """The model fitted for the optional bands that are present.

    Parameters
    ----------
    present
        Semantic names; of these cirrus, wv and coastal matter.

    Returns
    -------
    name, weights
        Such as "cirrus+wv+coastal" ("visible+nir+swir1" for none of them), and (36,) weights, 0 for the terms of absent bands.
    """
    name = "+".join(band for band in ("cirrus", "wv", "coastal") if band in present) or "visible+nir+swir1"
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
    use = np.array([True, True, True, True, "cirrus" in bands, "wv" in bands, "coastal" in bands])
    first, second = np.triu_indices(len(FEATURES))
    return np.concatenate([[True], use, use[first] & use[second]])


def standardisation() -> tuple[npt.NDArray[np.float64], ...]:
    """Low and high cut, mean and inverse spread of the indices, each (7,)."""
    return np.array(LOW), np.array(HIGH), np.array(MEAN), 1.0 / np.array(SCALE)
