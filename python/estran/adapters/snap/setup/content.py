"""What we bring into SNAP: the plugin's folder, made from the declarations, and for the desktop a module with the menu
entries.

The same generator writes the checkout's `snap-operators`, so an installed package needs no file of it.
"""

from __future__ import annotations

import io
import sysconfig
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import estran
from estran import __version__
from estran.adapters.snap.setup.changes import Content
from estran.catalogue import OPERATORS
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
"""The menus are a module of their own: the archive for the update centre (.nbm) brings operators too, under another
name.
"""

_LAYER, _DOCS = PurePosixPath("layer.xml"), PurePosixPath(PACKAGE, "docs")
"""The menu entries, and the help pages."""


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
        raise EstranError(
            "this Estran does not run from a checkout, so there is nothing to link",
            where=package_folder(),
            todo="estran snap install",
        )
    return root


def operator_files() -> dict[PurePosixPath, bytes]:
    """Services file, shims and descriptors."""
    return _generated(menus=False)


def _graph_files() -> dict[PurePosixPath, bytes]:
    """The graphs with their defaults, from the checkout, from where the wheel put them, or from where a copied package
    has them beside the operators.
    """
    places = [
        package_folder().parents[1] / GRAPHS,
        Path(sysconfig.get_path("data"), "share", "estran", GRAPHS),
        package_folder().parent / GRAPHS,
    ]
    for place in places:
        if (place / "masks.xml").is_file():
            return {
                PurePosixPath(GRAPHS, p.name): p.read_bytes()
                for p in sorted(place.glob("*"))
                if p.suffix in (".xml", ".properties")
            }
    raise EstranError(
        "Estran's graphs are not where its installation put them",
        where=places[1],
        todo="install it again: pip install --force-reinstall estran",
    )


def _package_files() -> dict[PurePosixPath, bytes]:
    """Our whole package, for a Python that does not see it (SNAP reads no .pth files, so no editable install)."""
    root = package_folder()
    files = (
        p
        for p in sorted(root.rglob("*"))
        if p.is_file() and not any(part.startswith((".", "__pycache__")) for part in p.relative_to(root).parts)
    )
    return {PurePosixPath(root.name, *p.relative_to(root).parts): p.read_bytes() for p in files}


def copies(*, package: bool) -> Mapping[PurePosixPath, Content]:
    """What a copied installation holds; with the package where SNAP's Python does not see it."""
    return operator_files() | _graph_files() | (_package_files() if package else {})


def links() -> Mapping[PurePosixPath, Content]:
    """For a developer: what stands in for the copies. Empty where this is no checkout."""
    try:
        root = checkout()
    except EstranError:
        return {}
    folders = {
        PACKAGE: root / PLUGIN / PACKAGE,
        NAME: package_folder(),
        SERVICES.parts[0]: root / PLUGIN / SERVICES.parts[0],
        GRAPHS: root / GRAPHS,
    }
    return {PurePosixPath(name): folder for name, folder in folders.items()}


def _generated(*, menus: bool) -> dict[PurePosixPath, bytes]:
    """What SNAP reads: menu entries and help pages, or all else."""
    found = {PurePosixPath(path.removeprefix(f"{PLUGIN}/")): text.encode() for path, text in plugin_files(OPERATORS)}
    return {path: text for path, text in found.items() if menus == (path == _LAYER or _DOCS in path.parents)}


def menu_files(user_cluster: Path) -> dict[Path, bytes]:
    """The module that brings menu entries and help pages to the desktop, in the folder of the user's modules; always
    the same bytes, with no times.
    """
    name, buffer = MENU_MODULE.replace("-", "."), io.BytesIO()
    manifest = f"""Manifest-Version: 1.0
OpenIDE-Module: {name}
OpenIDE-Module-Name: Estran menus
OpenIDE-Module-Specification-Version: {".".join(n for n in __version__.split(".") if n.isdigit())}
OpenIDE-Module-Implementation-Version: {__version__}
OpenIDE-Module-Layer: {_LAYER}
OpenIDE-Module-Public-Packages: -
OpenIDE-Module-Requires: org.openide.modules.ModuleFormat1

"""
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, data in {
            PurePosixPath("META-INF", "MANIFEST.MF"): manifest.replace("\n", "\r\n").encode(),
            **_generated(menus=True),
        }.items():
            archive.writestr(zipfile.ZipInfo(str(path), (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_STORED)
    module = f"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE module PUBLIC "-//NetBeans//DTD Module Status 1.0//EN" "http://www.netbeans.org/dtds/module-status-1_0.dtd">
<module name="{name}">
    <param name="autoload">false</param>
    <param name="eager">false</param>
    <param name="enabled">true</param>
    <param name="jar">modules/{MENU_MODULE}.jar</param>
    <param name="reloadable">false</param>
</module>
"""
    return {
        user_cluster / "modules" / f"{MENU_MODULE}.jar": buffer.getvalue(),
        user_cluster / "config" / "Modules" / f"{MENU_MODULE}.xml": module.encode(),
    }
