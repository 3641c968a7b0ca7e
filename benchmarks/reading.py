"""Reading a tile: from a ``.SAFE`` on disk to reflectance of all bands at 20 m in memory, beside plain loops of
rasterio and NumPy in the same run.

ESTRAN_BENCHMARK_SAFE names a product to read, best a full tile (``estran simulate scene DIR --size 5490``); else a
smaller scene is simulated.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

SIZE, REPEATS = 1440, 2
"""Pixels a side at 20 m where no product is named; runs of each way that count, after one that warms the caches."""

QUICK = {"size": 192, "repeats": 1}

Bands = Mapping[str, np.ndarray]


def main(size: int = SIZE, repeats: int = REPEATS) -> None:
    """Print the table; the ways take turns, so that what else the machine does falls on all of them."""
    with tempfile.TemporaryDirectory() as folder:
        named = os.environ.get("ESTRAN_BENCHMARK_SAFE")
        safe = Path(named) if named else _simulated(Path(folder), size)
        ways: dict[str, Callable[[], Bands]] = {
            "plain loop, GDAL's threads": lambda: plain(safe, "ALL_CPUS"),
            "plain loop, one thread": lambda: plain(safe, "1"),
            "GDAL's averages (from files reduced to half the size): other numbers": lambda: reduced(safe),
            "Estran, opened and compared with its checksums": lambda: ours(safe),
        }
        seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        alike: dict[str, float] = {}
        exact: Bands = {}
        for _ in range(1 + repeats):
            for name, way in ways.items():
                since, busy = time.perf_counter(), time.process_time()
                bands = way()
                seconds[name].append((time.perf_counter() - since, time.process_time() - busy))
                exact = exact or {band: values for band, values in bands.items() if band in _TEN}
                alike[name] = float(np.mean([np.mean(np.abs(bands[band] - exact[band]) < _COUNT) for band in exact]))
                del bands
    first = min(seconds["plain loop, GDAL's threads"][1:])[0]
    print(f"{safe.name}, {os.cpu_count()} cores, the fastest of {repeats} runs.\n")
    print("| way | s | ratio to the plain loop | processor s | pixels of 10 m bands within one count of the mean |")
    print("|---|---|---|---|---|")
    for name, taken in seconds.items():
        wall, busy = min(taken[1:])
        print(f"| {name} | {wall:.1f} | {wall / first:.2f} | {busy:.1f} | {100 * alike[name]:.2f} % |", flush=True)


_TEN = ("B2", "B3", "B4", "B8")
_COUNT = 1.01e-4
"""Reflectance of one digital number; ours cut their means to whole numbers, as SNAP does."""


def plain(safe: Path, threads: str) -> Bands:
    """Band after band: decode all of it, average or repeat to 20 m, scale."""
    import rasterio

    bands = {}
    with rasterio.Env(GDAL_NUM_THREADS=threads):
        for name, path in _images(safe).items():
            with rasterio.open(path) as dataset:
                numbers = dataset.read(1)
            side = numbers.shape[0]
            if name in _TEN:
                values = numbers.reshape(side // 2, 2, side // 2, 2).mean((1, 3), dtype=np.float32)
            else:
                values = numbers.astype(np.float32)
            bands[name] = _scaled(values.repeat(3, 0).repeat(3, 1) if name in ("B1", "B9", "B10") else values, safe)
    return bands


def reduced(safe: Path) -> Bands:
    """As `plain`, with GDAL asked for averages at 20 m: it takes the reduced resolution that the files hold, the
    wavelet's own, and decodes a quarter.
    """
    import rasterio
    from rasterio.enums import Resampling

    paths = _images(safe)
    with rasterio.open(paths["B5"]) as dataset:
        shape = dataset.shape
    bands = {}
    for name, path in paths.items():
        with rasterio.open(path) as dataset:
            bands[name] = _scaled(
                dataset.read(1, out_shape=shape, resampling=Resampling.average).astype(np.float32), safe
            )
    return bands


def ours(safe: Path) -> Bands:
    """As ``estran masks`` does it: opened, brought to 20 m, scaled, all bands in one pass."""
    import dask.array as da

    from estran.adapters.files.open import open_product
    from estran.engine.lazy import Physical, chunked
    from estran.engine.nodes.resampling import Resample
    from estran.engine.run import TILE
    from estran.sensors.bands import SENTINEL2

    product = Resample(
        targetResolution=20, upsampling="Bilinear", downsampling="Mean", flagDownsampling="FlagOr"
    ).apply(open_product(safe), tile=TILE)
    bands = {b.name: np.empty(product.grid.shape, np.float32) for b in SENTINEL2}
    lazy = [
        Physical(product[b.name], product[b.name].data.dtype, b.semantic).over(chunked(product[b.name].data, TILE))
        for b in SENTINEL2
    ]
    store: Any = da.store
    store(lazy, list(bands.values()), lock=False)
    return bands


def _scaled(numbers: np.ndarray, safe: Path) -> np.ndarray:
    """Reflectance; products whose name says baseline 04.00 or later carry an offset."""
    nothing = numbers == 0
    numbers -= np.float32(1000.0 if "_N04" in safe.name or "_N05" in safe.name else 0.0)
    numbers *= np.float32(1e-4)
    numbers[nothing] = np.nan
    return numbers


def _images(safe: Path) -> dict[str, Path]:
    return {
        path.stem.rpartition("_")[2].replace("B0", "B"): path
        for path in sorted(safe.glob("GRANULE/*/IMG_DATA/*_B*.jp2"))
    }


def _simulated(folder: Path, size: int) -> Path:
    command = [
        sys.executable,
        "-m",
        "estran.cli.main",
        "simulate",
        "scene",
        str(folder / "scene"),
        "--seed",
        "1",
        "--size",
        str(size),
        "--small",
        "--quiet",
    ]
    subprocess.run(command, check=True)
    return next((folder / "scene").glob("*.SAFE"))


if __name__ == "__main__":
    main()
