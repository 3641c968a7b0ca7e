"""Scores of the pixel stage on labelled pixels, by mode; the fitted model is cross-validated by scene. ``python -m
benchmarks pixels``.
"""

from __future__ import annotations

import time
from unittest.mock import patch

import numpy as np
import numpy.typing as npt

from benchmarks.fit_pixels import MODELS, fit, folds, indices
from benchmarks.labelled_pixels import Labelled, read_labelled
from estran.masks.cloud.pixel import pixel_stage
from estran.masks.cloud.settings import PixelSettings
from estran.masks.cloud.survey import survey_pixels
from estran.masks.cloud.table import classify_table, scores_by_group

SEEDS = 5
QUICK = {"models": MODELS[:1], "seeds": 1}
GROUPS = ("all", "above 2000 m", "water (swo > 50)", "bright clear")
PEERS = {
    "s2cloudless, threshold 0.4": (0.902, 0.904, 0.871, 0.938),
    "FORCE's rule, snow taken out": (0.872, 0.883, 0.785, 0.755),
    "LightGBM on 13 bands, cross-validated": (0.89, 0.91, 0.83, 0.73),
}
"""Measured on the same pixels; see the table's own notes."""

Cloud = npt.NDArray[np.bool_]


def scores(pixels: Labelled, cloud: Cloud) -> tuple[float, ...]:
    """Balanced accuracy overall, above 2000 m, over water; specificity on clear bright pixels; recall; specificity."""
    by_group = {
        g.group: g.confusion
        for g in scores_by_group(
            pixels.columns["label"], cloud, {k: v for k, v in pixels.columns.items() if k != "landcover"}
        )
    }
    whole = by_group["all"]
    return (
        *(by_group[g].balanced_accuracy for g in GROUPS[:3]),
        by_group[GROUPS[3]].specificity,
        whole.recall,
        whole.specificity,
    )


def columns_for(pixels: Labelled, name: str) -> dict[str, npt.NDArray[np.float64]]:
    """The table without the optional bands that a model does not use."""
    absent = {"cirrus", "nir09", "coastal"} - set(name.split("+"))
    return {key: values for key, values in pixels.columns.items() if key not in absent}


def cross_validated_cloud(pixels: Labelled, name: str, seed: int) -> Cloud:
    """Cloud by the shipped code with weights that were fitted without the scene of the pixel."""
    features, fold, columns = indices(pixels), folds(pixels, seed), columns_for(pixels, name)
    cloud = np.zeros(pixels.label.size, bool)
    for held in np.unique(fold):
        out = fold == held
        model = fit(name, features, pixels, ~out)
        fitted = {
            "LOW": model.low,
            "HIGH": model.high,
            "MEAN": model.mean,
            "SCALE": model.spread,
            "WEIGHTS": {name: model.weights},
        }
        with patch.multiple("estran.masks.cloud.probability", **fitted):
            cloud[out] = (
                classify_table(
                    {key: values[out] for key, values in columns.items()}, PixelSettings.for_mode("default")
                ).cloud
                > 0
            )
    return cloud


def bootstrap(pixels: Labelled, cloud: Cloud, draws: int = 500) -> npt.NDArray[np.float64]:
    """Standard deviation of the scores when scenes are drawn again with replacement."""
    generator = np.random.default_rng(1)
    _, inverse = np.unique(pixels.scene, return_inverse=True)
    rows = [np.flatnonzero(inverse == number) for number in range(inverse.max() + 1)]
    found = []
    for _ in range(draws):
        drawn = np.concatenate([rows[number] for number in generator.integers(len(rows), size=len(rows))])
        part = Labelled({key: values[drawn] for key, values in pixels.columns.items()}, pixels.digest)
        try:
            found.append(scores(part, cloud[drawn]))
        except KeyError:  # no pixel of one of the groups in this draw
            continue
    return np.asarray(np.nanstd(np.array(found), axis=0))


def speed(pixels: Labelled, megapixels: float = 4.0) -> tuple[float, float]:
    """Mpx/s of survey and stage on one thread, on noisy repeats of the labelled pixels."""
    size = int(megapixels * 1e6)
    generator = np.random.default_rng(0)
    bands = {
        name: (np.resize(pixels.columns[name], size) * (1.0 + 0.01 * generator.random(size))).astype(np.float32)
        for name in ("blue", "green", "red", "nir08", "swir16", "swir22", "cirrus", "nir09", "coastal", "dem", "swo")
    }
    settings = PixelSettings.for_mode("default")
    pixel_stage(
        {k: v[:1000] for k, v in bands.items()},
        survey_pixels({k: v[:1000] for k, v in bands.items()}, settings),
        settings,
    )
    begin = time.process_time()
    survey = survey_pixels(bands, settings)
    between = time.process_time()
    pixel_stage(bands, survey, settings)
    return size / 1e6 / (between - begin), size / 1e6 / (time.process_time() - between)


def _row(
    name: str, values: tuple[float, ...] | npt.NDArray[np.float64], spread: npt.NDArray[np.float64] | None = None
) -> None:
    cells = [
        f"{v:.3f}" if spread is None else f"{v:.3f} ± {s:.3f}"
        for v, s in zip(values, values if spread is None else spread, strict=True)
    ]
    print("| " + " | ".join([name, *cells, *[""] * (6 - len(cells))]) + " |", flush=True)


def main(models: tuple[str, ...] = MODELS, seeds: int = SEEDS) -> None:
    """Print the tables."""
    pixels = read_labelled()
    print("Balanced accuracy; ± is the spread over seeds of the split into folds.\n")
    print("| rule | all | above 2 km | water | bright clear, specificity | recall | specificity |")
    print("|---|---|---|---|---|---|---|")
    for name in models:
        runs = np.array([scores(pixels, cross_validated_cloud(pixels, name, seed)) for seed in range(seeds)])
        _row(f"default, {name}, cross-validated by scene", runs.mean(axis=0), runs.std(axis=0))
    for mode in ("default", "strict", "python-fmask"):
        result = classify_table(pixels.columns, PixelSettings.for_mode(mode))
        _row(
            f"{mode}, shipped" + (" (apparent: fitted to these pixels)" if mode == "default" else ""),
            scores(pixels, result.cloud > 0),
        )
    for name, values in PEERS.items():
        _row(name, values)
    _row("standard deviation by bootstrap over scenes", bootstrap(pixels, cross_validated_cloud(pixels, MODELS[0], 0)))
    survey, stage = speed(pixels)
    print(f"\nSpeed, one thread: survey {survey:.0f} Mpx/s, stage {stage:.0f} Mpx/s.")


if __name__ == "__main__":
    main()
