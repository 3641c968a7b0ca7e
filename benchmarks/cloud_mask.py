"""Speed and memory of the whole cloud mask, shadow matching included, on a full tile made of mirrored copies of one
scene.

The scene is ``s2_l1c_T19UDP_160m`` where the real data stands (a real tile, thinned to 160 m, here taken for 20 m),
else a simulated one.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time

import numpy as np

from benchmarks.lacks import data_folder

SIZE = 5490
QUICK = {"size": 900}
BANDS = {
    "B02": "blue",
    "B03": "green",
    "B04": "red",
    "B8A": "nir08",
    "B11": "swir16",
    "B12": "swir22",
    "B10": "cirrus",
    "B08": "nir",
    "B07": "rededge078",
}


def scene() -> tuple[str, dict[str, np.ndarray]]:
    """Name and bands of the scene that is repeated."""
    folder = data_folder() / "s2_l1c_T19UDP_160m"
    if folder.is_dir():
        import warnings

        import rasterio

        bands = {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name, semantic in BANDS.items():
                with rasterio.open(folder / f"{name}.jp2") as source:
                    raw = source.read(1)
                bands[semantic] = np.where(raw == 0, np.float32(np.nan), raw.astype(np.float32) * np.float32(1e-4))
        return "T19UDP, mirrored", bands
    from estran.scenes.simulate import SceneConfig, simulate

    made = simulate(SceneConfig(seed=7, size=690))
    bands = {}
    for name, semantic in BANDS.items():
        raw = made.bands["B" + name[1:].lstrip("0")]
        factor = raw.shape[0] / 690
        values = np.where(raw == 0, np.float32(np.nan), raw.astype(np.float32) * np.float32(1e-4))
        if factor > 1:
            values = values[: 690 * 2, : 690 * 2].reshape(690, 2, 690, 2).mean((1, 3))
        elif factor < 1:
            values = np.repeat(np.repeat(values, 3, 0), 3, 1)[:690, :690]
        bands[semantic] = np.ascontiguousarray(values, np.float32)
    return "simulated, mirrored", bands


def full_tile(bands: dict[str, np.ndarray], size: int) -> dict[str, np.ndarray]:
    """Mirrored copies side by side, cut to size."""
    out = {}
    for name in list(bands):
        block = bands.pop(name)
        pair = np.block([[block, block[:, ::-1]], [block[::-1], block[::-1, ::-1]]])
        times = -(-size // pair.shape[0]), -(-size // pair.shape[1])
        out[name] = np.ascontiguousarray(np.tile(pair, times)[:size, :size])
    return out


def run(threads: int, size: int) -> None:
    """One run, in a process of its own, so that its peak memory is its own."""
    import numba

    numba.set_num_threads(threads)
    from estran.engine.timing import Stopwatch
    from estran.masks.cloud.cloud_mask import CloudMaskRun, cloud_mask
    from estran.masks.cloud.object_settings import ObjectSettings
    from estran.masks.cloud.settings import PixelSettings
    from estran.masks.cloud.stages import Geometry
    from estran.masks.cloud.strips import StripReader
    from estran.raster.scene import quiet

    name, bands = scene()
    pixel, objects = PixelSettings.for_mode("default"), ObjectSettings.for_mode("default")
    geometry = Geometry(35.0, 150.0, 6.0, 100.0)
    small = {k: np.ascontiguousarray(v[:400, :400]) for k, v in bands.items()}
    if not all(np.isfinite(v).any() for v in small.values()):
        small = {k: np.ascontiguousarray(v[-400:, -400:]) for k, v in bands.items()}
    cloud_mask(small, geometry, (20.0, 20.0), pixel=pixel, objects=objects)
    bands = full_tile(bands, size)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    start = time.perf_counter()
    watch = Stopwatch()
    result = CloudMaskRun(StripReader.of(bands), (20.0, 20.0), pixel, objects, progress=watch.listening(quiet)).run(
        lambda: geometry
    )
    watch.stop()
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    parts = ", ".join(f"{k} {v:.1f}" for k, v in watch.seconds.items())
    pixels = size * size / 1e6
    memory = f"{peak:.2f} ({before:.2f} before)"
    cells = (
        name,
        size,
        threads,
        f"{seconds:.1f}",
        f"{pixels / seconds:.2f}",
        memory,
        result.record.facts["cloud_objects"],
        parts,
    )
    print("| " + " | ".join(str(cell) for cell in cells) + " |")


def main(size: int = SIZE) -> None:
    """Print the table: one and two threads."""
    print(
        "| scene | pixels a side | threads | s | Mpx/s | peak GB | clouds | seconds by stage "
        "|\n|---|---|---|---|---|---|---|---|",
        flush=True,
    )
    for threads in (1, 2):
        environment = {**os.environ, "NUMBA_NUM_THREADS": str(max(threads, 1))}
        subprocess.run(
            [sys.executable, "-m", "benchmarks.cloud_mask", str(threads), str(size)], check=True, env=environment
        )


if __name__ == "__main__":
    run(int(sys.argv[1]), int(sys.argv[2]))
