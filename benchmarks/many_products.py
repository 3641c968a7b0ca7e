"""Many small products over one worker and over two, a process with one thread each: efficiency t1 / (2 t2), whose bar
is 0.9 with 20 products.

Each worker loads libraries and compiled loops with its first product, some seconds of a processor: with few or small
products that decides. So the efficiency is given twice: of the whole run, and of what follows the first product of each
worker.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.lacks import LackingError

COUNT, SIZE = 8, 384
"""Products, and their pixels a side at 20 m: with these it takes about two minutes on two free cores; ``main(20)`` is
what the bar is for.
"""
BAR = 0.9
QUICK = {"count": 4, "size": 64}
_ESTRAN = [sys.executable, "-m", "estran.cli.main"]


def main(count: int = COUNT, size: int = SIZE) -> None:
    """Simulate the products, mask them over one worker and over two, print a table."""
    if (os.cpu_count() or 1) < 2:
        raise LackingError("two workers need two processors")
    with tempfile.TemporaryDirectory() as folder:
        safes = [_scene(Path(folder) / f"scene{n}", n, size) for n in range(1, count + 1)]
        _seconds(safes[:1], Path(folder) / "warm", 1)  # compiles
        print("| workers | s in all | s with one product a worker | s each further product |")
        print("|---|---|---|---|")
        whole, further = {}, {}
        for workers in (1, 2):
            whole[workers] = _seconds(safes, Path(folder) / f"out{workers}", workers)
            first = _seconds(safes[:workers], Path(folder) / f"first{workers}", workers)
            further[workers] = (whole[workers] - first) / (count - workers)
            print(f"| {workers} | {whole[workers]:.1f} | {first:.1f} | {further[workers]:.2f} |", flush=True)
    print(
        f"\nEfficiency {whole[1] / (2 * whole[2]):.2f} of the whole run, {further[1] / (2 * further[2]):.2f} after "
        f"the first product of each worker,",
        end=" ",
    )
    print(
        f"with {count} products of {size} x {size} pixels; the bar is {BAR} with 20. Load of the machine: "
        f"{os.getloadavg()[0]:.1f}."
    )


def _scene(folder: Path, seed: int, size: int) -> Path:
    command = [
        *_ESTRAN,
        "simulate",
        "scene",
        str(folder),
        "--seed",
        str(seed),
        "--size",
        str(size),
        "--small",
        "--quiet",
    ]
    subprocess.run(command, check=True)
    # Seeds may draw the same day, and so the same name.
    safe = next(folder.glob("*.SAFE"))
    return safe.rename(folder / f"S2A_{seed}.SAFE")


def _seconds(safes: list[Path], out: Path, workers: int) -> float:
    begin = time.perf_counter()
    command = [
        *_ESTRAN,
        "masks",
        *map(str, safes),
        "-o",
        str(out),
        "--many",
        "--quiet",
        "--scheduler",
        f"local:{workers}",
    ]
    subprocess.run(command, check=True)
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
