"""Compiled kernels of an earlier version, whose classes are gone, are no fault."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

KERNEL = """
from typing import NamedTuple
from estran.jit import jit

class {name}(NamedTuple):
    factor: float

@jit
def scaled(value, by):
    return value * by.factor

print(scaled(2.0, {name}(3.0)), len(scaled.stats.cache_hits))
"""


def run(folder: Path, name: str) -> str:
    (folder / "kernels.py").write_text(KERNEL.format(name=name), "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", "import kernels"],
        cwd=folder,
        env=os.environ | {"NUMBA_CACHE_DIR": str(folder / "cache")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


def test_a_class_that_was_renamed(tmp_path: Path) -> None:
    assert run(tmp_path, "Before") == "6.0 0"
    assert list((tmp_path / "cache").rglob("*.nbi")), "the kernel was cached"
    assert run(tmp_path, "After") == "6.0 0"
