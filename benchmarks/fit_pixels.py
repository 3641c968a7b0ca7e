"""Fit the weights of the cloud model on labelled pixels, cross-validated by scene; ``python -m benchmarks.fit_pixels``
writes them.

Ridge-penalised logistic regression by Newton's method; nothing but NumPy. Choices, all made before the last digits were
looked at:

* classes weigh the same; pixels of a scene weigh n^-0.4 (n: labelled pixels of the scene, at most 100; one group of the
  set gathers what has no scene);
* clear bright pixels (mean visible > 0.2, NDSI < 0.4) weigh four times: beaches and cities are what users complain of;
* each index is cut at its 0.5 and 99.5 percentiles, so that the quadratic form never extrapolates.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.labelled_pixels import Labelled, read_labelled
from estran.masks.cloud.probability import FEATURES, used_terms, write_features
from estran.masks.cloud.settings import PixelSettings
from estran.masks.cloud.spectral import single
from estran.masks.cloud.survey import LAYERS

Float = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]

RIDGE = 10.0
SCENE_POWER, SCENE_CAP, BRIGHT_WEIGHT = 0.4, 100, 4.0
MODELS = (
    "cirrus+nir09+coastal",
    "cirrus+coastal",
    "cirrus+nir09",
    "nir09+coastal",
    "cirrus",
    "nir09",
    "coastal",
    "visible+nir08+swir16",
)
TARGET = Path(__file__).resolve().parents[1] / "python" / "estran" / "masks" / "probability_model.py"


@dataclass(frozen=True)
class Fit:
    """A fitted model: cuts and standardisation of the indices (7,), and its weights."""

    low: Float
    high: Float
    mean: Float
    spread: Float
    weights: Float


def indices(pixels: Labelled) -> Float:
    """(n, 7) indices of the labelled pixels, by the shipped kernel."""
    rows = np.stack([pixels.columns[band] for band in LAYERS[:9]]).astype(np.float32)
    out = np.empty((len(FEATURES), rows.shape[1]), np.float32)
    write_features(rows, single(PixelSettings.for_mode("default").reflectance_floor), out)
    return out.T.astype(np.float64)


def sample_weights(pixels: Labelled, chosen: Bool) -> Float:
    """Weight of the chosen pixels; the two classes weigh the same, the mean is 1."""
    scenes, cloud = pixels.scene[chosen], pixels.label[chosen]
    _, inverse, counts = np.unique(scenes, return_inverse=True, return_counts=True)
    weights = np.minimum(counts[inverse], SCENE_CAP) ** -SCENE_POWER
    weights = np.where(pixels.bright[chosen] & ~cloud, BRIGHT_WEIGHT, 1.0) * weights
    for side in (cloud, ~cloud):
        weights[side] *= 0.5 / weights[side].sum()
    return weights * weights.size


def expand_terms(features: Float, low: Float, high: Float, mean: Float, spread: Float) -> Float:
    """(n, 36): 1, indices, products."""
    u = (np.clip(features, low, high) - mean) / spread
    first, second = np.triu_indices(u.shape[1])
    return np.concatenate([np.ones((len(u), 1)), u, u[:, first] * u[:, second]], axis=1)


def fit(name: str, features: Float, pixels: Labelled, chosen: Bool) -> Fit:
    """Fit one model on the chosen pixels; cuts and standardisation come from them too."""
    part = features[chosen]
    low, high = np.percentile(part, [0.5, 99.5], axis=0)
    cut = np.clip(part, low, high)
    mean, spread = cut.mean(axis=0), cut.std(axis=0)
    terms = expand_terms(part, low, high, mean, spread)[:, used_terms(name)]
    # The penalty acts on terms of unit spread, or products would be punished less than indices.
    centre, unit = terms[:, 1:].mean(axis=0), terms[:, 1:].std(axis=0)
    design = np.concatenate([np.ones((len(terms), 1)), (terms[:, 1:] - centre) / unit], axis=1)
    weights, target = sample_weights(pixels, chosen), pixels.label[chosen].astype(float)
    penalty = np.diag(np.r_[1e-9, np.full(design.shape[1] - 1, RIDGE)])
    solution = np.zeros(design.shape[1])
    for _ in range(50):
        p = 1.0 / (1.0 + np.exp(-np.clip(design @ solution, -30.0, 30.0)))
        step = np.linalg.solve(
            (design * (weights * p * (1.0 - p))[:, None]).T @ design + penalty,
            design.T @ (weights * (p - target)) + penalty @ solution,
        )
        solution -= step
        if np.abs(step).max() < 1e-9:
            break
    slopes = solution[1:] / unit
    return Fit(low, high, mean, spread, np.r_[solution[0] - (slopes * centre).sum(), slopes])


def predict(name: str, model: Fit, features: Float) -> Float:
    """Cloud probability, by plain NumPy."""
    terms = expand_terms(features, model.low, model.high, model.mean, model.spread)[:, used_terms(name)]
    return np.asarray(1.0 / (1.0 + np.exp(-terms @ model.weights)))


def folds(pixels: Labelled, seed: int, number: int = 5) -> npt.NDArray[np.int64]:
    """Fold of each pixel; a scene is never split."""
    scenes, inverse = np.unique(pixels.scene, return_inverse=True)
    return np.asarray(np.random.default_rng(seed).permutation(scenes.size) % number)[inverse]


def cross_validated(name: str, features: Float, pixels: Labelled, seed: int) -> Float:
    """Probability of each pixel by a model that has seen no pixel of its scene."""
    fold = folds(pixels, seed)
    probability = np.empty(pixels.label.size)
    for held in np.unique(fold):
        out = fold == held
        probability[out] = predict(name, fit(name, features, pixels, ~out), features[out])
    return probability


def _numbers(values: Float) -> str:
    texts = [f"{v:.5g}" for v in values]
    rows = [", ".join(texts[i : i + 8]) + "," for i in range(0, len(texts), 8)]
    return "(\n    " + "\n    ".join(rows) + "\n)"


def write(path: Path, pixels: Labelled) -> None:
    """Fit every model on all pixels and write the Python file of weights."""
    features, everything = indices(pixels), np.ones(pixels.label.size, bool)
    fits = {name: fit(name, features, pixels, everything) for name in MODELS}
    first = fits[MODELS[0]]
    lines = [
        '"""Weights of the cloud model: written by ``python -m benchmarks.fit_pixels``, not by hand.',
        "",
        f"Fitted to {pixels.label.size} labelled pixels of {np.unique(pixels.scene).size} scenes, table "
        f"s2_cloud_pixels,",
        f"SHA-256 {pixels.digest[:16]}…: brightness, HOT, NDVI, NDBI, cirrus, vapour, coastal, and their products.",
        "Scores, cross-validated by scene: ``python -m benchmarks pixels``.",
        '"""',
        "",
        "# fmt: off",
        f"LOW = {_numbers(first.low)}",
        f"HIGH = {_numbers(first.high)}",
        f"MEAN = {_numbers(first.mean)}",
        f"SCALE = {_numbers(first.spread)}",
        "WEIGHTS: dict[str, tuple[float, ...]] = {",
        *[f'    "{name}": {_numbers(model.weights)},'.replace("\n", "\n    ") for name, model in fits.items()],
        "}",
        "# fmt: on",
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(TARGET, read_labelled())
    sys.stdout.write(f"{TARGET.name} written\n")
