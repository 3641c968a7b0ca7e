"""Who brings Python operators to this SNAP: found as SNAP finds them (PyOperatorSpi, ServiceFinder), in its order; of one alias, the last wins."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from estran.adapters.snap.setup.modules import module_jars
from estran.adapters.snap.setup.settings import EXTRA_PATHS, Settings
from estran.bounded_xml import parse_xml
from estran.catalogue.views.snap import SPI
from estran.errors import EstranError

_SERVICES = f"META-INF/services/{SPI}"


@dataclass(frozen=True)
class Plugin:
    """A folder or jar with a services file: the aliases it brings, and what is wrong with it."""

    place: Path
    aliases: tuple[str, ...]
    faults: tuple[str, ...]
    """A missing or unreadable descriptor stops SNAP from registering every Python operator that comes later, whoever's."""


def find_plugins(settings: Settings) -> list[Plugin]:
    """All of them, in the order in which SNAP registers them."""
    folders = [settings.plugin_parent, *(Path(p) for p in settings.paths(EXTRA_PATHS))]
    found = [entry for parent in folders if parent.is_dir() for entry in sorted(parent.iterdir()) if (entry / _SERVICES).is_file()]
    plugins = [_plugin(place, partial(_read_file, place)) for place in found]
    for jar in module_jars(settings).values():
        try:
            with zipfile.ZipFile(jar) as archive:
                if _SERVICES in archive.namelist():
                    plugins.append(_plugin(jar, partial(_read_member, archive)))
        except (OSError, zipfile.BadZipFile):
            continue  # SNAP skips it too, and says so
    return plugins


def _read_file(folder: Path, name: str) -> bytes | None:
    return (folder / name).read_bytes() if (folder / name).is_file() else None


def _read_member(archive: zipfile.ZipFile, name: str) -> bytes | None:
    return archive.read(name) if name in archive.namelist() else None


def _plugin(place: Path, read: Callable[[str], bytes | None]) -> Plugin:
    aliases: list[str] = []
    faults: list[str] = []
    for line in _lines(read(_SERVICES) or b""):
        module = line.rpartition(".")[0].replace(".", "/")
        if not module:
            faults.append(f"the line {line!r} names no module")
        elif read(f"{module}.py") is None:
            faults.append(f"{module}.py is missing")
        else:
            alias = _alias(read(f"{module}-info.xml"))
            (aliases if alias else faults).append(alias or f"{module}-info.xml is missing or has no name and alias")
    return Plugin(place, tuple(aliases), tuple(faults))


def _lines(text: bytes) -> Iterator[str]:
    for line in text.decode("utf-8", "replace").splitlines():
        if line.strip() and not line.strip().startswith("#"):
            yield line.strip()


def _alias(descriptor: bytes | None) -> str:
    if descriptor is None:
        return ""
    try:
        root = parse_xml(descriptor, "-info.xml")
    except EstranError:
        return ""
    return (root.findtext("alias") or "").strip() if (root.findtext("name") or "").strip() else ""
