"""What kind of SNAP it is: versions from the manifests of its modules, and the Java that its classes need."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from estran.adapters.snap.setup.settings import Settings

SNAP_CORE = "snap-core"
ESA_SNAPPY = "esa-snappy"
OLDEST = 10
"""First SNAP whose Python bridge is eu.esa.snap.snappy; before, its classes had other names."""

_JAVA_1 = 44
"""Class files of Java n have the major version 44 + n (JVM specification, 4.1)."""


def module_folders(settings: Settings) -> Iterator[Path]:
    """``modules`` folders in the order in which gpt's launcher puts them on the class path: the user's first."""
    for cluster in settings.user_clusters:
        yield cluster / "modules"
    home = settings.home
    if home is None:
        return
    clusters = home / "etc" / "snap.clusters"
    if not clusters.is_file():
        yield home / "modules"
        return
    names = [line.strip() for line in clusters.read_text("utf-8", "replace").splitlines()]
    yield from (home / name / "modules" for name in names if name and name not in ("platform", "ide", "java", "bin", "etc"))
    yield from (Path(p) / "modules" for p in settings.paths("snap.extraClusters"))


def module_jars(settings: Settings) -> dict[str, Path]:
    """File name to jar, the one that wins."""
    found: dict[str, Path] = {}
    for folder in module_folders(settings):
        for jar in sorted(folder.glob("*.jar")) if folder.is_dir() else ():
            found.setdefault(jar.name, jar)
    return found


def find_module(jars: dict[str, Path], module: str) -> Path | None:
    """The jar of a module: ``eu-esa-snap-esa-snappy.jar``, or with its version in the name in the stand-alone engine."""
    pattern = re.compile(rf"(?:.*-)?{re.escape(module)}(?:-[0-9].*)?\.jar")
    return next((jar for name, jar in jars.items() if pattern.fullmatch(name)), None)


def version_of(jar: Path) -> str:
    """What the manifest says, or ``""``."""
    text = _manifest(jar)
    for key in ("OpenIDE-Module-Implementation-Version", "OpenIDE-Module-Specification-Version", "Implementation-Version"):
        match = re.search(rf"^{key}:\s*(\d+(?:\.\d+)*)", text, re.MULTILINE)
        if match:
            return match[1]
    return ""


def snap_version(home: Path, jars: dict[str, Path]) -> str:
    """Of the engine, or of VERSION.txt, or ``""``."""
    core = find_module(jars, SNAP_CORE)
    found = version_of(core) if core is not None else ""
    told = home / "VERSION.txt"
    return found or (told.read_text("utf-8", "replace").strip().splitlines() or [""])[0] if told.is_file() else found


def major(version: str) -> int:
    """ "13.0.3" to 13; 0 where there is none."""
    match = re.match(r"\d+", version)
    return int(match[0]) if match else 0


def java_needed(jar: Path) -> int:
    """The Java that a jar's classes need; 0 where it has none."""
    try:
        with zipfile.ZipFile(jar) as archive:
            name = next((n for n in archive.namelist() if n.endswith(".class") and not n.startswith("META-INF/") and "-info" not in n), None)
            if name is None:
                return 0
            with archive.open(name) as file:
                return max(int.from_bytes(file.read(8)[6:8]) - _JAVA_1, 0)
    except (OSError, zipfile.BadZipFile):
        return 0


def _manifest(jar: Path) -> str:
    try:
        with zipfile.ZipFile(jar) as archive:
            return archive.read("META-INF/MANIFEST.MF").decode("utf-8", "replace")
    except (OSError, KeyError, zipfile.BadZipFile):
        return ""
