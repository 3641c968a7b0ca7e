"""Whatever is in a file, it is a product or one sentence: no other exception, no crash, no hang, no flood of memory.

Damaged inputs are drawn from fixed seeds, and read by a process of their own, so that a crash of a library is seen and
counted.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FORMATS = (
    "SAFE folder",
    "SAFE zip",
    "BEAM-DIMAP",
    "GeoTIFF of ours",
    "GeoTIFF",
    "NetCDF of ours",
    "NetCDF",
    "JPEG 2000 stack",
    "ENVI",
    "virtual raster",
    "PNG",
    "heights",
    "graph",
    "table",
    "spectrum",
)


def outcomes(name: str, count: int, folder: Path) -> tuple[Counter[str], list[str]]:
    """How inputs ended, by kind, and what is wrong with some; a worker that dies is replaced, from the input after the
    one that ended it.
    """
    seen: Counter[str] = Counter()
    faults: list[str] = []
    number = 0
    while number < count:
        command = [
            sys.executable,
            str(HERE / "worker.py"),
            name,
            str(number),
            str(count - number),
            str(folder / str(number)),
        ]
        environment = {**os.environ, "MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", env=environment, check=False)
        lines = done.stdout.splitlines()
        for line in lines:
            if line.startswith("done "):
                _, which, outcome = line.split(" ", 2)
                number = int(which) + 1
                seen[outcome.split(" ")[0] if outcome.startswith("FAULT") else outcome] += 1
                if outcome.startswith("FAULT"):
                    faults.append(f"{name} {which}: {outcome}".replace("\\n", "\n"))
        if done.returncode:
            assert any(line.startswith("start ") for line in lines), done.stderr[-2000:]
            faults.append(f"{name} {number}: the process ended with {done.returncode}\n{done.stderr[-1500:]}")
            seen["FAULT"] += 1
            number += 1
        if len(faults) > 20:
            break
    return seen, faults


def check(name: str, count: int, folder: Path) -> None:
    seen, faults = outcomes(name, count, folder)
    assert not faults, "\n\n".join(faults)
    assert seen.total() == count
    least = 1 if count >= 50 else 0
    assert seen.total() > seen["product"] >= least, f"{dict(seen)}: damage that is never or always fatal tests little"


@pytest.mark.parametrize("name", FORMATS)
def test_some_of_each(name, tmp_path):
    check(name, 15 if name.startswith("SAFE") else 50, tmp_path)  # a SAFE takes ten times as long


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_a_thousand_of_each(name, tmp_path):
    check(name, 1000, tmp_path)


def test_twin_faults_are_seen(tmp_path):
    """A reader that raises, ends its process, or prints a traceback is told from one that answers in a sentence."""
    worker = (HERE / "worker.py").read_text().replace("kind.read(path, rng)", "eval(FAULTS[number])")
    assert "FAULTS[number]" in worker
    faults = (
        "{}['a']",
        "__import__('os').abort()",
        "bytearray(2 * 10**9)",
        "None",
        "(_ for _ in ()).throw(EstranError('a'))",
    )
    (tmp_path / "worker.py").write_text(worker.replace("def peak", f"FAULTS = {faults!r}\n\n\ndef peak", 1))
    for module in ("formats.py", "mutate.py"):
        (tmp_path / module).write_text((HERE / module).read_text())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules[__name__], "HERE", tmp_path)
        seen, told = outcomes("table", len(faults), tmp_path / "w")
    assert seen == {"FAULT": 3, "product": 1, "sentence EstranError": 1}
    assert ["KeyError" in told[0], "ended with" in told[1], "GB more memory" in told[2]] == [True, True, True]


def test_damage_is_the_same_for_a_seed():
    import importlib.util

    spec = importlib.util.spec_from_file_location("mutate", HERE / "mutate.py")
    mutate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(mutate)
    first, second = (
        [mutate.mutated(b"<a>12</a>" * 9, random.Random(seed), text=True) for seed in range(50)] for _ in range(2)
    )
    assert first == second
    assert len(set(first)) > 40
