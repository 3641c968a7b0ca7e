"""Many small products over one worker and over two: seconds a product, and the efficiency t1 / (2 t2), whose bar is 0.9 with 20 products.

A worker is a process with one thread. The start of the workers, and of the program, is measured with a run that finds all products done, and taken off.
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
"""Products, and their pixels a side at 20 m: with these it takes about two minutes on two free cores; ``main(20)`` is what the bar is for."""
BAR = 0.9
QUICK = {"count": 2, "size": 64}
_ESTRAN = [sys.executable, "-m", "estran.cli.main"]


def main(count: int = COUNT, size: int = SIZE) -> None:
    """Simulate the products, mask them over one worker and over two, print a table."""
    if (os.cpu_count() or 1) < 2:
        raise LackingError("two workers need two processors")
    with tempfile.TemporaryDirectory() as folder:
        safes = [_scene(Path(folder) / f"scene{n}", n, size) for n in range(1, count + 1)]
        _seconds(safes[:1], Path(folder) / "warm", 1)  # compiles
        print("| workers | s in all | s of it for the start | s a product |")
        print("|---|---|---|---|")
        times = {}
        for workers in (1, 2):
            out = Path(folder) / f"out{workers}"
            whole, start = _seconds(safes, out, workers), _started(safes[:1], Path(folder) / f"start{workers}", workers)
            times[workers] = whole - start
            print(f"| {workers} | {whole:.1f} | {start:.1f} | {times[workers] / count:.2f} |", flush=True)
    efficiency = times[1] / (2 * times[2])
    print(f"\nEfficiency {efficiency:.2f} with {count} products of {size} x {size} pixels; the bar is {BAR} with 20.")
    print(f"Load of the machine: {os.getloadavg()[0]:.1f}.")


def _scene(folder: Path, seed: int, size: int) -> Path:
    command = [*_ESTRAN, "simulate", "scene", str(folder), "--seed", str(seed), "--size", str(size), "--small", "--quiet"]
    subprocess.run(command, check=True)
    # Seeds may draw the same day, and so the same name.
    safe = next(folder.glob("*.SAFE"))
    return safe.rename(folder / f"S2A_{seed}.SAFE")


def _seconds(safes: list[Path], out: Path, workers: int) -> float:
    begin = time.perf_counter()
    command = [*_ESTRAN, "masks", *map(str, safes), "-o", str(out), "--many", "--quiet", "--scheduler", f"local:{workers}"]
    subprocess.run(command, check=True)
    return time.perf_counter() - begin


def _started(safes: list[Path], out: Path, workers: int) -> float:
    """What the program and its workers take before the first product: a run with a product that is not there."""
    begin = time.perf_counter()
    command = [*_ESTRAN, "masks", str(safes[0].with_name("none.SAFE")), "-o", str(out), "--many", "--quiet", "--scheduler", f"local:{workers}"]
    done = subprocess.run(command, check=False, capture_output=True)
    if done.returncode != 3:
        raise LackingError("the workers did not start")
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
