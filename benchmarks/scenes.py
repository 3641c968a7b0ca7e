"""Scores of the cloud mask on simulated scenes: written as L1C products, read back, masked, compared with the truth
that was marched, not matched.

``python -m benchmarks scenes`` runs eight scenes of 640 x 640 pixels over five landscapes, four quadrants of the Sun
and views from both sides.
"""

from __future__ import annotations

import logging
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from estran.statistics.scores import confusion


@dataclass(frozen=True)
class Case:
    """One scene: how it is drawn, and from where Sun and satellite look at it [degrees]."""

    seed: int
    scene: str
    sza: float
    saa: float
    vza: float
    vaa: float
    baseline: str = "04.00"


CASES: tuple[Case, ...] = (
    Case(9001, "coast", 35, 150, 8, 105),
    Case(9002, "coast", 55, 210, 8, 285),
    Case(9003, "coast", 45, 30, 4, 285),
    Case(9004, "coast", 40, 330, 9, 105, "02.08"),
    Case(9005, "city", 30, 140, 6, 285),
    Case(9006, "city", 50, 165, 9, 105),
    Case(9007, "ocean", 40, 120, 7, 285),
    Case(9008, "mountain", 45, 155, 5, 105),
    Case(9009, "snow", 60, 165, 5, 285),
)
"""Seeds kept out of any tuning: change the code, not these."""

QUICK = {"cases": CASES[:1], "size": 256}


@dataclass(frozen=True)
class Score:
    """What one scene says."""

    case: Case
    cloud: float
    shadow: float
    shadow_clear: float
    bright: dict[str, float]
    heights: np.ndarray
    """(n, 2) height error over tolerance, and pixels, of each isolated cloud."""


def masked(product: Path, dem: Path | None = None, **parameters: Any) -> Any:
    """Product of the cloud mask at 20 m, straight from a .SAFE."""
    from estran.adapters.files.aux_raster import read_on_grid
    from estran.adapters.files.open import open_product
    from estran.catalogue.operators.cloud_mask import CloudMask
    from estran.engine.nodes.resampling import Resample
    from estran.engine.run import run_now

    source = Resample(targetResolution=20, upsampling="Bilinear", downsampling="Mean").apply(
        open_product(product), tile=1024
    )
    return run_now(CloudMask(dem=dem, **parameters), {"source": source}, read_aux=read_on_grid)


def truth_of(folder: Path) -> dict[str, np.ndarray]:
    """Truth rasters by name."""
    import rasterio

    found = {}
    for path in sorted((folder / "truth").glob("*.tif")):
        with rasterio.open(path) as raster:
            found[path.stem] = raster.read(1)
    return found


def evaluate(case: Case, folder: Path, size: int = 640, *, with_dem: bool = True, **parameters: Any) -> Score:
    """Draw the scene, mask it, score it; masks are taken before buffers."""
    from estran.adapters.files.safe_write import write_safe
    from estran.catalogue.studies.simulate_scene import SimulateScene

    study = SimulateScene(
        seed=case.seed,
        scene=case.scene,
        size=size,
        sza=case.sza,
        saa=case.saa,
        vza=case.vza,
        vaa=case.vaa,
        baseline=case.baseline,
    )
    write_safe(study.run(), folder, overwrite=True)
    truth = truth_of(folder)
    product = next(folder.glob("*.SAFE"))
    result = masked(
        product, folder / "truth" / "dem.tif" if with_dem else None, cloud_buffer=0.0, shadow_buffer=0.0, **parameters
    )
    band = result["cloud_flags"]
    flags = np.asarray(band.data)
    flag = lambda name: band.coding.unpack(flags, name)  # noqa: E731
    valid = ~flag("NODATA")
    cloud, shadow = flag("CLOUD") & valid, flag("SHADOW") & valid
    true_cloud, true_shadow = truth["cloud"] == 1, truth["shadow"] == 1
    # Thin cirrus is a class of its own, and relief shadow another mask's: neither right nor wrong here.
    judged = valid & ((truth["cirrus"] == 0) | true_cloud)
    lit = judged & (truth["relief_shadow"] == 0)
    score_cloud = confusion(true_cloud[judged], cloud[judged])
    score_shadow = confusion(true_shadow[lit], shadow[lit])
    # A shadow under what is cloud in the mask cannot be found: the second figure leaves it out.
    seen = lit & ~cloud
    score_seen = confusion(true_shadow[seen], shadow[seen])
    bright = {
        name: 1 - float(cloud[here].mean())
        for name in ("beach", "city")
        if (here := judged & ~true_cloud & (truth[name] == 1)).sum() > 200
    }
    return Score(
        case,
        score_cloud.f1,
        score_shadow.f1,
        score_seen.f1,
        bright,
        _heights(truth, np.asarray(result["cloud_height"].data), case),
    )


def _heights(truth: dict[str, np.ndarray], found: np.ndarray, case: Case) -> np.ndarray:
    """Error over tolerance, max(100 m, height that shifts the shadow by 1.5 pixels), of clouds that stand alone.

    Alone is a cloud of 20 pixels or more without another within four pixels, whose shadow shows: four fifths of where
    it should fall are in the image and under no other cloud, and half of it is dark in truth, for thin clouds cast
    none. Of the others nobody can tell the height from shadows. A cloud that was not found counts as wrong.
    """
    from scipy import ndimage

    labels, _ = ndimage.label(truth["cloud"] == 1, np.ones((3, 3)))
    sun, view = (
        np.tan(np.radians(z)) * np.array([-np.cos(np.radians(a)), np.sin(np.radians(a))])
        for z, a in ((case.sza, case.saa), (case.vza, case.vaa))
    )
    tolerance = max(100.0, 1.5 * 20.0 / np.tan(np.radians(case.sza)))
    errors = []
    for label, box in enumerate(ndimage.find_objects(labels), 1):
        around = tuple(slice(max(side.start - 4, 0), side.stop + 4) for side in box)
        here = labels[around] == label
        near = ndimage.binary_dilation(here, np.ones((3, 3)), iterations=4)
        if here.sum() < 20 or ((labels[around] != 0) & ~here & near).any():
            continue
        height = float(np.nanmedian(truth["cloud_height"][around][here]))
        shift = (height - float(np.median(truth["dem"][around]))) / 20.0 * (view - sun)
        rows, cols = (np.argwhere(here) + [side.start for side in around] + np.rint(shift).astype(int)).T
        inside = (rows >= 0) & (cols >= 0) & (rows < labels.shape[0]) & (cols < labels.shape[1])
        bare = labels[rows[inside], cols[inside]] == 0
        dark = truth["shadow"][rows[inside], cols[inside]] == 1
        if np.count_nonzero(bare) < 0.8 * here.sum() or np.count_nonzero(dark) < 0.5 * here.sum():
            continue
        own = found[around][here]
        errors.append((abs(np.nanmedian(own) - height) / tolerance if np.isfinite(own).any() else np.inf, here.sum()))
    return np.array(errors).reshape(-1, 2)


def _within(heights: np.ndarray) -> str:
    """Fraction of heights within tolerance: of all, of clouds of 100 pixels or more, and how many there are."""
    large = heights[heights[:, 1] >= 100]
    return " | ".join(
        f"{(part[:, 0] <= 1).mean():.3f} | {len(part)}" if len(part) else "- | 0" for part in (heights, large)
    )


def main(cases: tuple[Case, ...] = CASES, size: int = 640, **parameters: Any) -> list[Score]:
    """Print the table."""
    logging.getLogger("estran").setLevel(logging.ERROR)
    columns = (
        "seed|landscape|sun zenith/azimuth|view|F1 cloud|F1 shadow|(uncovered)|beach|city|heights "
        "within|isolated|of 100 px or more|isolated"
    )
    print("| " + columns.replace("|", " | ") + " |")
    print("|" + "---|" * 13)
    scores = []
    for case in cases:
        with tempfile.TemporaryDirectory() as folder:
            s = evaluate(case, Path(folder) / "scene", size, **parameters)
        scores.append(s)
        beach, city = (f"{s.bright[k]:.3f}" if k in s.bright else "-" for k in ("beach", "city"))
        print(
            f"| {case.seed} | {case.scene} | {case.sza:g}/{case.saa:g} | {case.vza:g}/{case.vaa:g} | {s.cloud:.3f} | "
            f"{s.shadow:.3f} | {s.shadow_clear:.3f} "
            f"| {beach} | {city} | {_within(s.heights)} |",
            flush=True,
        )
    heights = np.concatenate([s.heights for s in scores])
    mean = [
        f"{np.mean(values):.3f}"
        for values in ([s.cloud for s in scores], [s.shadow for s in scores], [s.shadow_clear for s in scores])
    ]
    mean += [f"{np.mean([s.bright[name] for s in scores if name in s.bright]):.3f}" for name in ("beach", "city")]
    print(f"| all | | | | {' | '.join(mean)} | {_within(heights)} |")
    return scores


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
