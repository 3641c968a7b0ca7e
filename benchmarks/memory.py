"""Memory and time of operators on a whole tile, each in a process of its own: peak against what its
bands would take.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from affine import Affine

from estran.raster.grid import Grid
from estran.raster.product import Band, Product
from estran.sensors.bands import SENTINEL2

SIZE = 5490
"""Pixels a side of a tile at 20 m."""
QUICK = {"size": 1098, "names": ("SpectralTests", "SunGlint", "Masks")}
NAMES = ("SpectralTests", "SunGlint", "CloudProbability", "Masks")

# Rounded top-of-atmosphere reflectances of vegetation, water, cloud and sand, in the order of the bands of the sensor.
_SURFACES = np.array(
    [
        (0.11, 0.09, 0.09, 0.06, 0.11, 0.28, 0.34, 0.36, 0.39, 0.14, 0.001, 0.20, 0.09),
        (0.10, 0.08, 0.05, 0.03, 0.03, 0.02, 0.02, 0.02, 0.015, 0.01, 0.001, 0.008, 0.005),
        (0.46, 0.45, 0.44, 0.45, 0.47, 0.49, 0.50, 0.52, 0.51, 0.30, 0.020, 0.42, 0.32),
        (0.23, 0.25, 0.30, 0.35, 0.36, 0.38, 0.40, 0.41, 0.43, 0.30, 0.002, 0.48, 0.42),
    ]
)
_PATCH = 61
"""Pixels a side of a patch of one surface."""
_ANGLES = {
    "sun_zenith": 48.0,
    "sun_azimuth": 150.0,
    "view_zenith_mean": 5.0,
    "view_azimuth_mean": 100.0,
    "view_zenith_B11": 5.2,
    "view_azimuth_B11": 101.0,
    "view_zenith_B4": 5.1,
    "view_azimuth_B4": 99.0,
}


def main(size: int = SIZE, names: tuple[str, ...] = NAMES) -> None:
    """Run the operators on a made-up scene of `size` x `size` pixels, BEAM-DIMAP to BEAM-DIMAP."""
    with tempfile.TemporaryDirectory() as folder:
        scene = Path(folder) / "scene.dim"
        _in_a_process("make_scene", str(scene), size)
        print(
            f"{size} x {size} pixels, 13 bands and 8 angles as 16-bit numbers in BEAM-DIMAP; each operator in a "
            f"process of its own.\n"
        )
        print("| operator | s | peak MB | its output MB | its inputs as float32 MB |")
        print("|---|---|---|---|---|", flush=True)
        for name in names:
            case = json.loads(_in_a_process("run_case", str(scene), name, str(Path(folder) / "out.dim")))
            print(
                f"| {name} | {case['seconds']:.1f} | {case['peak']:.0f} | {case['output']:.0f} | {case['inputs']:.0f} "
                f"|",
                flush=True,
            )


def _in_a_process(function: str, *arguments: Any) -> str:
    code = f"import benchmarks.memory as m; m.{function}(*{arguments!r})"
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def make_scene(path: str, size: int) -> None:
    """Write the scene: patches of four surfaces, with noise; angles that grow across it."""
    import dask.array as da

    from estran.adapters.files.dimap.write import write_dimap

    grid = Grid(size, size, Affine(20.0, 0, 600000, 0, -20.0, 5600000), "EPSG:32631")
    patches = np.random.default_rng(0).integers(0, len(_SURFACES), (-(-size // _PATCH), -(-size // _PATCH)))

    def samples(block: Any, k: int, block_info: Any = None) -> Any:
        (top, bottom), (left, right) = block_info[0]["array-location"]
        surface = patches[np.ix_(np.arange(top, bottom) // _PATCH, np.arange(left, right) // _PATCH)]
        noise = np.random.default_rng((k, top, left)).normal(1.0, 0.03, surface.shape)
        return np.clip(_SURFACES[surface, k] * noise * 1e4 + 1000, 1, 60000).astype(np.uint16)

    def angle(block: Any, value: float, block_info: Any = None) -> Any:
        (_, _), (left, right) = block_info[0]["array-location"]
        return np.broadcast_to((value + np.arange(left, right) / size) * 100, block.shape).astype(np.uint16)

    empty = da.zeros(grid.shape, np.uint16, chunks=1024)
    bands = [
        Band(
            b.name,
            empty.map_blocks(samples, k, dtype=np.uint16),
            grid,
            scale=1e-4,
            offset=-0.1,
            nodata=0,
            saturated=65535,
            unit="dl",
        )
        for k, b in enumerate(SENTINEL2)
    ]
    bands += [
        Band(name, empty.map_blocks(angle, value, dtype=np.uint16), grid, scale=0.01, unit="degrees")
        for name, value in _ANGLES.items()
    ]
    write_dimap(
        Product(
            "scene",
            grid,
            {b.name: b for b in bands},
            platform="Sentinel-2A",
            start=datetime(2019, 4, 11, 10, 50, tzinfo=UTC),
        ),
        Path(path),
    )


def run_case(scene: str, name: str, out: str) -> None:
    """Run one operator, and say time, peak, and sizes [MB]."""
    from estran.adapters.files.dimap.read import read_dimap
    from estran.adapters.files.dimap.write import write_dimap
    from estran.catalogue.called import operator_called
    from estran.catalogue.outputs import targets
    from estran.engine.inputs import gather
    from estran.engine.run import run_operator

    op, product = operator_called(name)(), read_dimap(Path(scene))
    since = time.perf_counter()
    write_dimap(run_operator(op, {"source": product}), Path(out), overwrite=True)
    seconds = time.perf_counter() - since
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    pixels = product.grid.width * product.grid.height / 1e6
    output = sum(np.dtype(t.dtype).itemsize for t in targets(op)) * pixels
    inputs = (
        sum(not isinstance(a, float) for a in gather(op, {"source": product}, read_aux=None, tile=1024).arrays.values())
        * 4
        * pixels
    )
    print(json.dumps({"seconds": seconds, "peak": peak, "output": output, "inputs": inputs}))


if __name__ == "__main__":
    main()
