"""The glint mask: F1 on simulated seas, and speed on one thread beside the same physics in plain NumPy in the same run.
``python -m benchmarks glint``.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.timing import fastest
from estran.masks.glint.air import clear_air, water_index
from estran.masks.glint.detect import glint_mask
from estran.masks.glint.geometry import brightest_glint, predicted_glint
from estran.masks.glint.observe import BANDS, Angles
from estran.physics.sea_surface.fresnel import reflectance
from estran.sensors.bands import SENTINEL2

SIDE = 1500


@dataclass(frozen=True)
class Sea:
    """A simulated scene: landscape, zenith of the Sun, view [degrees], wind [m/s], whether the sky is clear."""

    seed: int
    scene: str
    sza: float
    vza: float
    vaa: float
    wind: float
    clear: bool = False


SEAS = (
    Sea(41, "ocean", 32, 9, 285, 6, clear=True),
    Sea(42, "ocean", 25, 9, 285, 5),
    Sea(43, "ocean", 30, 10, 285, 3),
    Sea(44, "ocean", 45, 10, 285, 9),
    Sea(45, "coast", 35, 9, 260, 7),
    Sea(46, "coast", 38, 9, 285, 4, clear=True),
    Sea(47, "coast", 20, 6, 285, 2),
    Sea(48, "coast", 40, 10, 290, 5),
    Sea(49, "coast", 58, 10, 285, 10),
    Sea(50, "ocean", 30, 8, 105, 6),
)
"""Seeds that nothing was tuned on: change the code, not these. The last one looks away from the Sun."""

QUICK = {"seas": SEAS[:1]}


def claimed(sea: Sea, folder: Path) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Where the operator claims glint, and the truth; aerosol and wind are not told."""
    from benchmarks.scenes import truth_of
    from estran.adapters.files.open import open_product
    from estran.adapters.files.safe_write import write_safe
    from estran.catalogue.operators.sun_glint import SunGlint
    from estran.catalogue.studies.simulate_scene import SimulateScene
    from estran.engine.nodes.resampling import Resample
    from estran.engine.run import run_now

    sky: dict[str, Any] = {"clouds": 0.0, "stratus": 0.0, "cirrus": 0.0} if sea.clear else {}
    study = SimulateScene(
        seed=sea.seed, scene=sea.scene, size=300, sza=sea.sza, saa=105.0, vza=sea.vza, vaa=sea.vaa, wind=sea.wind, **sky
    )
    write_safe(study.run(), folder, overwrite=True)
    source = Resample(targetResolution=20, upsampling="Bilinear", downsampling="Mean").apply(
        open_product(next(folder.glob("*.SAFE"))), tile=1024
    )
    classes = np.asarray(run_now(SunGlint(use_product_meteo=False), {"source": source})["glint_class"].data)
    return (classes > 0) & (classes < 255), truth_of(folder)


def scores(seas: tuple[Sea, ...]) -> None:
    """Print F1 of glint of 0.005 and more under no cloud, and the same without two pixels at the rims of clouds."""
    from scipy import ndimage

    print("| seed | scene | Sun | wind | clouds | F1 | F1 but 2 pixels at cloud rims |")
    print("|---|---|---|---|---|---|---|")
    pooled = np.zeros((2, 3), int)
    for sea in seas:
        with tempfile.TemporaryDirectory() as folder:
            found, truth = claimed(sea, Path(folder) / "scene")
        cloud, seen = truth["cloud"] > 0, truth["nodata"] == 0
        true = (truth["glint"] >= 0.005) & ~cloud
        rim = ndimage.binary_dilation(cloud, iterations=2) & ndimage.binary_dilation(~cloud, iterations=2)
        counts = np.array(
            [
                [(found & true & m).sum(), (found & ~true & m).sum(), (~found & true & m).sum()]
                for m in (seen, seen & ~rim)
            ]
        )
        pooled += counts
        f1 = 2 * counts[:, 0] / (2 * counts[:, 0] + counts[:, 1] + counts[:, 2])
        away = ", away from the Sun" if sea.vaa < 180 else ""
        sky = "none" if sea.clear else "cumulus, stratus, cirrus"
        print(
            f"| {sea.seed} | {sea.scene}{away} | {sea.sza:g} | {sea.wind:g} m/s | {sky} | {f1[0]:.3f} | {f1[1]:.3f} |",
            flush=True,
        )
    f1 = 2 * pooled[:, 0] / (2 * pooled[:, 0] + pooled[:, 1] + pooled[:, 2])
    print(f"| | all together | | | | {f1[0]:.3f} | {f1[1]:.3f} |\n")


def plain(
    sun: np.ndarray, sun_azimuth: np.ndarray, view: np.ndarray, view_azimuth: np.ndarray, wind: float, index: float
) -> np.ndarray:
    """Cox and Munk's glint as one writes it in NumPy."""
    s, v, d = np.radians(sun), np.radians(view), np.radians(view_azimuth - sun_azimuth)
    cosine = np.sqrt(0.5 * (1 + np.cos(s) * np.cos(v) + np.sin(s) * np.sin(v) * np.cos(d)))
    tilt = (2 * cosine / (np.cos(s) + np.cos(v))) ** 2 - 1
    variance = 0.003 + 0.00512 * wind
    return (
        np.exp(-tilt / variance) / variance * reflectance(cosine, index) * (1 + tilt) ** 2 / (4 * np.cos(s) * np.cos(v))
    )


def _speed(call: Callable[[], object]) -> float:
    """Millions of pixels a second."""
    return SIDE**2 / fastest(call, 3) / 1e6


def main(seas: tuple[Sea, ...] = SEAS) -> None:
    """Print scores, then Mpx/s; there all of the image is glint, the slowest case."""
    import numba

    scores(seas)
    numba.set_num_threads(1)
    rng = np.random.default_rng(0)
    across = np.broadcast_to(np.linspace(0, 1, SIDE, dtype=np.float32), (SIDE, SIDE))
    sun, sun_azimuth, view, view_azimuth = (
        np.ascontiguousarray(a) for a in (25 + across, 105 + across, 8 + 2 * across, 280 + 5 * across)
    )
    index = water_index(1613.7)
    glint = predicted_glint(sun, sun_azimuth, view, view_azimuth, 5.0, index=index)
    dark = {
        "red": 0.03,
        "rededge071": 0.026,
        "rededge075": 0.022,
        "nir08": 0.014,
        "swir16": 0.003,
        "swir22": 0.002,
        "cirrus": 0.001,
        "nir09": 0.005,
    }
    bands = {
        n: (d + (0.0 if n in ("cirrus", "nir09") else 0.95) * glint + 5e-4 * rng.standard_normal(glint.shape)).astype(
            np.float32
        )
        for n, d in dark.items()
    }
    known = {b.semantic: b for b in SENTINEL2}
    air = clear_air("Sentinel-2A", [known[b].name for b in BANDS], [known[b].wavelength for b in BANDS])
    angles = Angles(sun, sun_azimuth, view, view_azimuth)
    one = _speed(lambda: predicted_glint(sun, sun_azimuth, view, view_azimuth, 5.0, index=index))
    numpy = _speed(lambda: plain(sun, sun_azimuth, view, view_azimuth, 5.0, index))
    skewed = _speed(
        lambda: predicted_glint(sun, sun_azimuth, view, view_azimuth, 5.0, 40.0, index=index, model="cox_munk")
    )
    most = _speed(lambda: brightest_glint(sun, sun_azimuth, view, view_azimuth, index=index))
    mask = _speed(lambda: glint_mask(bands, angles, air, glint, True))
    print("| part | Mpx/s, one thread | beside plain NumPy |")
    print("|---|---|---|")
    print(f"| prediction of a band, isotropic | {one:.0f} | x {one / numpy:.0f} |")
    print(f"| prediction of a band, Gram and Charlier | {skewed:.0f} | |")
    print(f"| the most of any wind | {most:.0f} | |")
    print(f"| plain NumPy, isotropic | {numpy:.1f} | x 1 |")
    print(f"| mask, its own prediction and survey not counted twice | {mask:.1f} | |")
    print(f"| all: mask and six bands predicted | {1 / (1 / mask + 6 / one):.1f} | |")


if __name__ == "__main__":
    main()
