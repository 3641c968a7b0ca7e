"""A study of 200 cases in one process and on two: efficiency t1 / (2 t2), whose bar is 0.9, and the same bytes.

The commands are timed whole, with the start of Python and of the processes, so that cases must take a moment:
``--winds`` makes each about a fifth of a second long. A case uses one thread in any case.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.lacks import LackingError

BAR = 0.9
QUICK = {"cases": 8, "winds": 20_000, "rounds": 1}
_HEADER = "id,time,latitude [deg],longitude [deg],view_zenith [deg],view_azimuth [deg],wind_speed [m/s]"


def main(cases: int = 200, winds: int = 600_000, rounds: int = 2) -> None:
    """Predict the glint of a table of observations in one process and on two, in turn, and print a table."""
    if (os.cpu_count() or 1) < 2:
        raise LackingError("two processes need two processors")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = folder / "observations.csv"
        rows = [
            f"n{k},2024-06-{1 + k % 28:02d}T09:50:{k % 60:02d}Z,{30 + 0.05 * k:.2f},12.6,{k % 12},285,{2 + k % 9}"
            for k in range(cases)
        ]
        table.write_text("\n".join([_HEADER, *rows]) + "\n", encoding="ascii")
        _seconds(table, folder / "warm.nc", 1, 10)  # compiles
        took: dict[int, list[float]] = {1: [], 2: []}
        for turn in range(rounds):
            for jobs in took:
                took[jobs].append(_seconds(table, folder / f"{turn}-{jobs}.nc", jobs, winds))
                print(f"Turn {turn + 1}, processes: {jobs}: {took[jobs][-1]:.1f} s.\n", flush=True)
        whole = {jobs: min(times) for jobs, times in took.items()}
        results = {path.read_bytes() for path in folder.glob("[0-9]*.nc")}
    print("| processes | s in all | ms a case |")
    print("|---|---|---|")
    for jobs, seconds in whole.items():
        print(f"| {jobs} | {seconds:.1f} | {1e3 * seconds * jobs / cases:.0f} |")
    print(
        f"\nEfficiency {whole[1] / (2 * whole[2]):.2f} with {cases} cases, the best of {rounds}; the bar is {BAR} with "
        f"200. The results are {'the same bytes' if len(results) == 1 else 'NOT the same'}. Load of the machine: "
        f"{os.getloadavg()[0]:.1f}."
    )


def _seconds(table: Path, out: Path, jobs: int, winds: int) -> float:
    command = [sys.executable, "-m", "estran.cli.main", "predict", "glint", str(table), str(out), "--quiet"]
    begin = time.perf_counter()
    subprocess.run([*command, "--jobs", str(jobs), "--winds", str(winds)], check=True)
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
