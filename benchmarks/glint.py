"""Speed of the glint mask and of its parts on one thread, beside the same physics in plain NumPy in the same run. ``python -m benchmarks glint``."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from estran.masks.glint import BANDS, Angles, glint_mask
from estran.masks.glint_air import clear_air, water_index
from estran.masks.glint_geometry import brightest_glint, predicted_glint
from estran.physics.sea_surface.fresnel import reflectance
from estran.sensors.bands import SENTINEL2

SIDE = 1500


def plain(sun: np.ndarray, sun_azimuth: np.ndarray, view: np.ndarray, view_azimuth: np.ndarray, wind: float, index: float) -> np.ndarray:
    """Cox and Munk's glint as one writes it in NumPy."""
    s, v, d = np.radians(sun), np.radians(view), np.radians(view_azimuth - sun_azimuth)
    cosine = np.sqrt(0.5 * (1 + np.cos(s) * np.cos(v) + np.sin(s) * np.sin(v) * np.cos(d)))
    tilt = (2 * cosine / (np.cos(s) + np.cos(v))) ** 2 - 1
    variance = 0.003 + 0.00512 * wind
    return np.exp(-tilt / variance) / variance * reflectance(cosine, index) * (1 + tilt) ** 2 / (4 * np.cos(s) * np.cos(v))


def _timed(call: Any) -> float:
    call()
    seconds = []
    for _ in range(3):
        begin = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - begin)
    return SIDE**2 / min(seconds) / 1e6


def main() -> None:
    """Print Mpx/s; all of the image is glint, the slowest case."""
    import numba

    numba.set_num_threads(1)
    rng = np.random.default_rng(0)
    across = np.broadcast_to(np.linspace(0, 1, SIDE, dtype=np.float32), (SIDE, SIDE))
    sun, sun_azimuth, view, view_azimuth = (np.ascontiguousarray(a) for a in (25 + across, 105 + across, 8 + 2 * across, 280 + 5 * across))
    index = water_index(1613.7)
    glint = predicted_glint(sun, sun_azimuth, view, view_azimuth, 5.0, index=index)
    dark = {"red": 0.03, "vre1": 0.026, "vre2": 0.022, "nir": 0.014, "swir1": 0.003, "swir2": 0.002, "cirrus": 0.001, "wv": 0.005}
    bands = {n: (d + (0.0 if n in ("cirrus", "wv") else 0.95) * glint + 5e-4 * rng.standard_normal(glint.shape)).astype(np.float32) for n, d in dark.items()}
    known = {b.semantic: b for b in SENTINEL2}
    air = clear_air("Sentinel-2A", [known[b].name for b in BANDS], [known[b].wavelength for b in BANDS])
    angles = Angles(sun, sun_azimuth, view, view_azimuth)
    one = _timed(lambda: predicted_glint(sun, sun_azimuth, view, view_azimuth, 5.0, index=index))
    numpy = _timed(lambda: plain(sun, sun_azimuth, view, view_azimuth, 5.0, index))
    skewed = _timed(lambda: predicted_glint(sun, sun_azimuth, view, view_azimuth, 5.0, 40.0, index=index, model="cox_munk"))
    most = _timed(lambda: brightest_glint(sun, sun_azimuth, view, view_azimuth, index=index))
    mask = _timed(lambda: glint_mask(bands, angles, air, glint, True))
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
