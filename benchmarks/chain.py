"""From a ``.SAFE`` on disk to masks on disk, through the command line: seconds by stage, first run and second, and peak
memory.
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SIZE = 1440
"""Pixels a side at 20 m."""

QUICK = {"size": 192}


def main(size: int = SIZE) -> None:
    """Simulate a scene, then mask it in a process of its own, once with compilation and once without."""
    with tempfile.TemporaryDirectory() as folder:
        scene, out = Path(folder) / "scene", Path(folder) / "masks.dim"
        estran = [sys.executable, "-m", "estran.cli.main"]
        subprocess.run(
            [*estran, "simulate", "scene", str(scene), "--seed", "1", "--size", str(size), "--small", "--quiet"],
            check=True,
        )
        safe = next(scene.glob("*.SAFE"))
        # A cache of its own: the first run compiles, as it does for a new user.
        env = os.environ | {"NUMBA_CACHE_DIR": str(Path(folder) / "cache")}
        print("| run | s | Mpx/s | peak GB so far | s by stage |")
        print("|---|---|---|---|---|")
        for name in ("first, compiling", "second"):
            since = time.perf_counter()
            done = subprocess.run(
                [*estran, "masks", str(safe), "-o", str(out), "--overwrite", "-v"],
                check=True,
                capture_output=True,
                text=True,
                env=env,
            )
            seconds = time.perf_counter() - since
            told = re.findall(r"([0-9.]+) s  (.+)", done.stderr)
            stages = ", ".join(f"{stage} {spent}" for spent, stage in told if float(spent) >= 0.1)
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
            print(f"| {name} | {seconds:.1f} | {size * size / 1e6 / seconds:.2f} | {peak:.2f} | {stages} |", flush=True)


if __name__ == "__main__":
    main()
