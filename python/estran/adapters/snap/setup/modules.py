"""What kind of SNAP it is: versions from the manifests of its modules, the Java that its classes need, and who brings
Python operators.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from estran.adapters.snap.setup.settings import EXTRA_PATHS, Settings
from estran.bounded_xml import parse_xml
from estran.catalogue.views.snap import SPI
from estran.errors import EstranError

SNAP_CORE = "snap-core"
ESA_SNAPPY = "esa-snappy"
OLDEST = 10
"""First SNAP whose Python bridge is eu.esa.snap.snappy; before, its classes had other names."""

_JAVA_1 = 44
"""Class files of Java n have the major version 44 + n (JVM specification, 4.1)."""

_SERVICES = f"META-INF/services/{SPI}"


@dataclass(frozen=True)
class Plugin:
    """A folder or jar with a services file: the aliases it brings, and what is wrong with it."""

    place: Path
    aliases: tuple[str, ...]
    faults: tuple[str, ...]
    """A missing or unreadable descriptor stops SNAP from registering every Python operator that comes later.
    """


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
    yield from (
        home / name / "modules" for name in names if name and name not in ("platform", "ide", "java", "bin", "etc")
    )
    yield from (Path(p) / "modules" for p in settings.paths("snap.extraClusters"))


def module_jars(settings: Settings) -> dict[str, Path]:
    """File name to jar, the one that wins."""
    found: dict[str, Path] = {}
    for folder in module_folders(settings):
        for jar in sorted(folder.glob("*.jar")) if folder.is_dir() else ():
            found.setdefault(jar.name, jar)
    return found


def find_module(jars: dict[str, Path], module: str) -> Path | None:
    """The jar of a module: ``eu-esa-snap-esa-snappy.jar``, or with its version in the name in the
    stand-alone engine.
    """
    pattern = re.compile(rf"(?:.*-)?{re.escape(module)}(?:-[0-9].*)?\.jar")
    return next((jar for name, jar in jars.items() if pattern.fullmatch(name)), None)


def version_of(jar: Path) -> str:
    """What the manifest says, or ``""``."""
    try:
        with zipfile.ZipFile(jar) as archive:
            text = archive.read("META-INF/MANIFEST.MF").decode("utf-8", "replace")
    except (OSError, KeyError, zipfile.BadZipFile):
        return ""
    keys = ("OpenIDE-Module-Implementation-Version", "OpenIDE-Module-Specification-Version", "Implementation-Version")
    found = (re.search(rf"^{key}:\s*(\d+(?:\.\d+)*)", text, re.MULTILINE) for key in keys)
    return next((match[1] for match in found if match), "")


def snap_version(home: Path, jars: dict[str, Path]) -> str:
    """Of the engine, or of VERSION.txt, or ``""``."""
    core, version_file = find_module(jars, SNAP_CORE), home / "VERSION.txt"
    found = version_of(core) if core is not None else ""
    return found or (
        version_file.read_text("utf-8", "replace").strip().partition("\n")[0].strip() if version_file.is_file() else ""
    )


def major(version: str) -> int:
    """ "13.0.3" to 13; 0 where there is none."""
    match = re.match(r"\d+", version)
    return int(match[0]) if match else 0


def java_needed(jar: Path) -> int:
    """The Java that a jar's classes need; 0 where it has none."""
    try:
        with zipfile.ZipFile(jar) as archive:
            name = next(
                (
                    n
                    for n in archive.namelist()
                    if n.endswith(".class") and not n.startswith("META-INF/") and "-info" not in n
                ),
                None,
            )
            return max(int.from_bytes(archive.read(name)[6:8]) - _JAVA_1, 0) if name is not None else 0
    except (OSError, zipfile.BadZipFile):
        return 0


def find_plugins(settings: Settings) -> list[Plugin]:
    """Who brings Python operators, found as SNAP finds them (PyOperatorSpi, ServiceFinder), in its order; of one alias,
    the last wins.
    """
    folders = [settings.plugin_parent, *(Path(p) for p in settings.paths(EXTRA_PATHS))]
    found = [
        entry
        for parent in folders
        if parent.is_dir()
        for entry in sorted(parent.iterdir())
        if (entry / _SERVICES).is_file()
    ]
    plugins = [_plugin(place, place) for place in found]
    for jar in module_jars(settings).values():
        try:
            with zipfile.ZipFile(jar) as archive:
                if _SERVICES in archive.namelist():
                    plugins.append(_plugin(jar, zipfile.Path(archive)))
        except (OSError, zipfile.BadZipFile):
            continue  # SNAP skips it too, and says so
    return plugins


def _plugin(place: Path, root: Path | zipfile.Path) -> Plugin:
    aliases: list[str] = []
    faults: list[str] = []
    for line in map(str.strip, (root / _SERVICES).read_bytes().decode("utf-8", "replace").splitlines()):
        module = line.rpartition(".")[0].replace(".", "/")
        if not line or line.startswith("#"):
            continue
        if not module:
            faults.append(f"the line {line!r} names no module")
        elif not (root / f"{module}.py").is_file():
            faults.append(f"{module}.py is missing")
        elif alias := _alias(root / f"{module}-info.xml"):
            aliases.append(alias)
        else:
            faults.append(f"{module}-info.xml is missing or has no name and alias")
    return Plugin(place, tuple(aliases), tuple(faults))


def _alias(descriptor: Path | zipfile.Path) -> str:
    try:
        root = parse_xml(descriptor.read_bytes(), "-info.xml") if descriptor.is_file() else None
    except EstranError:
        return ""
    if root is None or not (root.findtext("name") or "").strip():
        return ""
    return (root.findtext("alias") or "").strip()
