"""Speed of the sweep beside a plain NumPy march in the same run, and agreement of sweep and hybrid with all-Rugged on
real DEMs.

Real DEMs are read where ESTRAN_TEST_DATA says, or beside the checkout: srtm3_alps, cop_dem90_madeira, dem_longyearbyen.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.lacks import LackingError, data
from estran.adapters.java.jars import NoRugged
from estran.errors import EstranError
from estran.masks.relief.cast import Relief, Sun, cast
from estran.masks.relief.geodetic import geodetic_heights
from estran.masks.relief.holes import without_holes
from estran.masks.relief.rays import every_pixel, thin_margins
from estran.masks.relief.surroundings import frame_of
from estran.masks.relief.sweep import sweep
from estran.raster.grid import Grid, Window

SIDE = 500
SUNS = ((30.0, 150.0), (55.0, 135.0), (65.0, 200.0), (75.0, 280.0))
PLACES = (
    ("Alps 90 m", ("srtm3_alps", "N45E007.hgt"), Window(350, 350, SIDE, SIDE)),
    (
        "Madeira 90 m",
        ("cop_dem90_madeira", "Copernicus_DSM_COG_30_N32_00_W017_00_DEM.tif"),
        Window(250, 250, SIDE, SIDE),
    ),
    (
        "Madeira west 90 m",
        ("cop_dem90_madeira", "Copernicus_DSM_COG_30_N32_00_W018_00_DEM.tif"),
        Window(250, 500, SIDE, SIDE),
    ),
    ("Svalbard 20 m", ("dem_longyearbyen", "DEM_1995.tif"), Window(250, 400, SIDE, SIDE)),
)
QUICK = {"suns": SUNS[:1]}


def plain(dem: np.ndarray, origin: int, side: int, azimuth: float, elevation: float, posting: float) -> np.ndarray:
    """Cast shadow by moving the whole image one posting at a time: what one writes in ten lines of NumPy."""
    a, up = np.radians(azimuth), np.tan(np.radians(elevation))
    lit = np.ones((side, side), bool)
    here = dem[origin : origin + side, origin : origin + side]
    for k in range(2, int((dem.max() - here.min()) / up / posting) + 2):
        r, c = origin - round(k * np.cos(a)), origin + round(k * np.sin(a))
        if min(r, c) < 0 or max(r, c) + side > dem.shape[0]:
            break
        lit &= here + k * posting * up >= dem[r : r + side, c : c + side]
    return ~lit


def speed() -> None:
    """Mpx/s of one thread, 1024 x 1024 pixels with 430 pixels around, as a tile of 20 m in the Alps at 65 degrees."""
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(0)
    size, side, origin = 2048, 1024, 512
    dem = sum(gaussian_filter(rng.standard_normal((size, size)), s) * s**2.0 for s in (4, 10, 25, 60)).astype(
        np.float32
    )
    dem *= 3000.0 / np.ptp(dem)
    from estran.masks.relief.frame import flat_frame

    frame = flat_frame(20.0, 20.0)
    for azimuth in (150.0, 100.0):
        sweep(dem, (origin, origin), (64, 64), frame, azimuth, 25.0)
        seconds = min(
            _timed(lambda a=azimuth: sweep(dem, (origin, origin), (side, side), frame, a, 25.0)) for _ in range(5)
        )
        base = _timed(lambda a=azimuth: plain(dem, origin, side, a, 25.0, 20.0))
        print(
            f"azimuth {azimuth:.0f}: sweep {side**2 / seconds / 1e6:.0f} Mpx/s, plain NumPy "
            f"{side**2 / base / 1e6:.2f} Mpx/s, relief {np.ptp(dem):.0f} m"
        )


def agreement(name: str, path: Path, window: Window, suns: tuple[tuple[float, float], ...]) -> None:
    """Sweep and hybrid against every pixel by Rugged, on a DEM's own grid.

    Raises
    ------
    NoRugged
        Rugged or a Java runtime is missing.
    """
    import rasterio

    from estran.adapters.java.rugged import RuggedRays

    with rasterio.open(path) as source:
        raw = source.read(1, masked=True).astype(np.float32).filled(np.nan)
        t, crs = source.transform, source.crs.to_string()
    raw[np.abs(raw) > 1e30] = np.nan
    whole = Grid(raw.shape[1], raw.shape[0], t, crs)
    scene = whole.sub(window)
    relief = Relief(
        without_holes(raw),
        np.isfinite(raw),
        (window.row, window.col),
        (window.height, window.width),
        lambda r, c: frame_of(scene, r, c),
    )
    place: Any = lambda r, c: scene.lonlat(c + 0.5, r + 0.5)  # noqa: E731
    rays = RuggedRays(geodetic_heights(relief.dem, whole))
    for zenith, azimuth in suns:
        sun = Sun(azimuth, 90.0 - zenith)
        swept = cast(relief, sun)
        begin = time.perf_counter()
        try:
            hybrid = thin_margins(cast(relief, sun), relief, sun, place, rays)
        except EstranError as error:
            print(f"{name} {zenith:.0f}: {error}")
            continue
        middle = time.perf_counter()
        truth = every_pixel(swept, relief, sun, place, rays)
        end = time.perf_counter()
        print(
            f"{name} sun {zenith:.0f}/{azimuth:.0f}: shadow {truth.shadow.mean():.2%}, sweep "
            f"{np.mean((swept.clearance < 0) == truth.shadow):.3%}, "
            f"hybrid {np.mean(hybrid.shadow == truth.shadow):.3%}, audit {hybrid.agreement:.2%}, rays {hybrid.asked} "
            f"of {truth.asked} (lost {truth.lost}), "
            f"hybrid {middle - begin:.1f} s, all-Rugged {end - middle:.1f} s"
        )


def _timed(call: Any) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def main(suns: tuple[tuple[float, float], ...] = SUNS) -> None:
    """Print both tables."""
    speed()
    for name, path, window in PLACES:
        try:
            agreement(name, data(*path), window, suns)
        except LackingError as lacking:
            print(f"{name}: not measured: {lacking}.")
        except NoRugged as lacking:
            # The same for every place.
            print(f"Agreement with Rugged: not measured: {lacking}")
            return


if __name__ == "__main__":
    main()
