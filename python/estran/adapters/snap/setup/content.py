"""What we bring into SNAP: the plugin's folder, made from the declarations, and for the desktop a module with the menu entries.

The same generator writes the checkout's `snap-operators`, so an installed package needs no file of it.
"""

from __future__ import annotations

import io
import os
import re
import sys
import sysconfig
import zipfile
from pathlib import Path, PurePosixPath

import estran
from estran import __version__
from estran.adapters.snap.setup.settings import Settings
from estran.catalogue.views.names import PACKAGE
from estran.catalogue.views.snap import SPI
from estran.catalogue.views.tree import PLUGIN, plugin_files
from estran.errors import EstranError

NAME = "estran"
"""Of our folder in SNAP's ``snap-python``."""

GRAPHS = "graphs"
"""The folder of the graphs: in the checkout, and in our folder in SNAP."""

SERVICES = PurePosixPath("META-INF", "services", SPI)
"""What makes SNAP look into a folder: placed last, taken away first."""

MENU_MODULE = "org-estran-menus"
"""The menus are a module of their own: the archive for the update centre (.nbm) brings operators too, under another name."""

_LAYER = "layer.xml"


def package_folder() -> Path:
    """Where this package lies."""
    return Path(estran.__file__).resolve().parent


def checkout() -> Path:
    """The root of the checkout that this package runs from.

    Raises
    ------
    EstranError
        It was installed from a wheel.
    """
    root = package_folder().parents[1]
    if not (root / PLUGIN / SERVICES).is_file():
        raise EstranError("this Estran does not run from a checkout, so there is nothing to link", where=package_folder(), todo="estran snap install")
    return root


def operator_files() -> dict[PurePosixPath, bytes]:
    """Services file, shims and descriptors."""
    docs = PurePosixPath(PACKAGE, "docs")
    return {path: text for path, text in _generated().items() if path != PurePosixPath(_LAYER) and docs not in path.parents}


def graph_files() -> dict[PurePosixPath, bytes]:
    """The graphs with their defaults."""
    return {PurePosixPath(GRAPHS, path.name): path.read_bytes() for path in sorted(graphs_folder().glob("*")) if path.suffix in (".xml", ".properties")}


def graphs_folder() -> Path:
    """Where the graphs lie: in the checkout, or where the wheel put them.

    Raises
    ------
    EstranError
        They are in neither place.
    """
    places = [package_folder().parents[1] / GRAPHS, Path(sysconfig.get_path("data"), "share", "estran", GRAPHS)]
    # A package copied beside the operators has them there, too.
    places.append(package_folder().parent / GRAPHS)
    for place in places:
        if (place / "masks.xml").is_file():
            return place
    raise EstranError("Estran's graphs are not where its installation put them", where=places[1], todo="install it again: pip install --force-reinstall estran")


def package_files() -> dict[PurePosixPath, bytes]:
    """Our whole package, for a Python that does not see it (SNAP reads no .pth files, so no editable install)."""
    root = package_folder()
    files = (p for p in sorted(root.rglob("*")) if p.is_file() and not any(part.startswith((".", "__pycache__")) for part in p.relative_to(root).parts))
    return {PurePosixPath(root.name, *p.relative_to(root).parts): p.read_bytes() for p in files}


def copies(*, package: bool) -> dict[PurePosixPath, bytes]:
    """What a copied installation holds; with the package where SNAP's Python does not see it."""
    return operator_files() | graph_files() | (package_files() if package else {})


def menu_files(user_cluster: Path) -> dict[Path, bytes]:
    """The module that brings menu entries and help pages to the desktop, in the folder of the user's modules."""
    return {
        user_cluster / "modules" / f"{MENU_MODULE}.jar": _menu_jar(),
        user_cluster / "config" / "Modules" / f"{MENU_MODULE}.xml": _module_xml().encode(),
    }


def links() -> dict[PurePosixPath, Path]:
    """For a developer: what stands in for the copies. Empty where this is no checkout."""
    try:
        root = checkout()
    except EstranError:
        return {}
    return {
        PurePosixPath(PACKAGE): root / PLUGIN / PACKAGE,
        PurePosixPath(NAME): root / "python" / NAME,
        PurePosixPath(SERVICES.parts[0]): root / PLUGIN / SERVICES.parts[0],
        PurePosixPath(GRAPHS): root / GRAPHS,
    }


def desktop_modules(settings: Settings) -> Path | None:
    """The folder in which the desktop keeps what a user adds; None where this SNAP has no desktop.

    ``etc/snap.conf`` names it, from the user's home: another user directory of gpt's (``snap.userdir``) does not move it.
    Where the user names a user directory with ``--userdir``, nothing outside that is touched.
    """
    if settings.home is None or not any((settings.home / name).is_file() for name in ("etc/snap.conf", "bin/snap", "bin/snap64.exe", "bin/snap.exe")):
        return None
    inside = settings.user_clusters[0]
    conf = settings.home / "etc" / "snap.conf"
    key = "default_mac_userdir" if sys.platform == "darwin" else "default_userdir"
    told = re.search(rf'^{key}="([^"]*)"', conf.read_text("utf-8", "replace"), re.MULTILINE) if conf.is_file() else None
    if settings.user_dir_from == "--userdir" or told is None:
        return inside
    # The launcher is a shell script, or SNAP's .exe, for which HOME is the roaming folder.
    home = Path.home() / "AppData" / "Roaming" if sys.platform == "win32" else Path(os.environ.get("HOME") or Path.home())
    named = told[1].replace("${HOME}", str(home))
    return inside if "${" in named else Path(named)


def _generated() -> dict[PurePosixPath, bytes]:
    from estran.catalogue import OPERATORS

    return {
        PurePosixPath(path).relative_to(PLUGIN) if path.startswith(PLUGIN) else PurePosixPath(path): text.encode() for path, text in plugin_files(OPERATORS)
    }


def _menu_jar() -> bytes:
    """The same bytes for the same declarations: no times in it."""
    attributes = {
        "Manifest-Version": "1.0",
        "OpenIDE-Module": MENU_MODULE.replace("-", "."),
        "OpenIDE-Module-Name": "Estran menus",
        "OpenIDE-Module-Specification-Version": ".".join(n for n in __version__.split(".") if n.isdigit()),
        "OpenIDE-Module-Implementation-Version": __version__,
        "OpenIDE-Module-Layer": _LAYER,
        "OpenIDE-Module-Public-Packages": "-",
        "OpenIDE-Module-Requires": "org.openide.modules.ModuleFormat1",
    }
    manifest = "".join(f"{key}: {value}\r\n" for key, value in attributes.items()) + "\r\n"
    docs = PurePosixPath(PACKAGE, "docs")
    held = {path: text for path, text in _generated().items() if path == PurePosixPath(_LAYER) or docs in path.parents}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in [("META-INF/MANIFEST.MF", manifest.encode()), *((str(path), data) for path, data in held.items())]:
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_STORED)
    return buffer.getvalue()


def _module_xml() -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE module PUBLIC "-//NetBeans//DTD Module Status 1.0//EN" "http://www.netbeans.org/dtds/module-status-1_0.dtd">
<module name="{MENU_MODULE.replace("-", ".")}">
    <param name="autoload">false</param>
    <param name="eager">false</param>
    <param name="enabled">true</param>
    <param name="jar">modules/{MENU_MODULE}.jar</param>
    <param name="reloadable">false</param>
</module>
"""
