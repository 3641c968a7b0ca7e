"""Checks of the Python that SNAP starts: the interpreter, its library, its side of the bridge, the packages, and which Estran it gets."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

from estran import __version__
from estran.adapters.snap.setup import content
from estran.adapters.snap.setup.changes import mark, mark_at
from estran.adapters.snap.setup.check import INSTALL, Check, delete, or_set_up, other_python, pip, pip_install, quoted
from estran.adapters.snap.setup.embedded import HOME
from estran.adapters.snap.setup.interpreter import OLDEST, missing_packages
from estran.adapters.snap.setup.settings import MODULE_DIR, PYTHON
from estran.adapters.snap.setup.site import Site
from estran.errors import EstranError


def python(site: Site) -> Check:
    """The interpreter that SNAP would start, by its own account."""
    origin = site.settings.origins.get(PYTHON, "SNAP's default")
    mend = or_set_up(site, other_python())
    try:
        found = site.interpreter
    except EstranError as error:
        reason = f"{error.what}: {error.found}" if error.found else error.what
        # A home that is set for another Python keeps every one from starting.
        mend = f"unset {HOME}" if os.environ.get(HOME) and site.executable is not None else mend
        return Check("python", False, f"SNAP would start {site.settings.python} ({origin}): {reason}", mend)
    fact = f"{found.told}, set by {origin}"
    if found.implementation != "CPython" or found.free_threaded or found.bits != 64:
        kind = "free-threaded" if found.free_threaded else f"{found.bits} bit" if found.bits != 64 else found.implementation
        return Check("python", False, f"{fact}, is {kind}: SNAP's bridge needs an ordinary 64 bit CPython", mend)
    if found.version < OLDEST:
        return Check("python", False, f"{fact}, is too old: Estran needs {'.'.join(map(str, OLDEST))} or newer", mend)
    return Check("python", True, fact)


def shared_library(site: Site) -> Check | None:
    """SNAP loads Python as a library; an interpreter built without one cannot serve."""
    if not python(site).ok:
        return None
    found = site.interpreter
    if not found.library:
        mend = f"{INSTALL} --python FILE  # a Python that has one: conda's, python.org's, Debian's with the package libpython3-dev"
        return Check("libpython", False, f"{found.base} was built without the shared library that SNAP loads", mend)
    return Check("libpython", True, f"shared library {found.library}")


def bridge_package(site: Site) -> Check | None:
    """Python's side of the bridge: there, with a jpy for this Python, configured for it or to be configured."""
    if not python(site).ok:
        return None
    have, found = site.bridge, site.interpreter

    def wrong(fact: str, mend: str) -> Check:
        return Check("esa_snappy", False, fact, or_set_up(site, mend))

    if not have.present:
        origin = site.settings.origins.get(MODULE_DIR, "SNAP's default")
        return wrong(
            f"there is no package esa_snappy in {have.folder.parent} ({origin})",
            f"{pip(found.executable, 'install', 'esa-snappy')} && {INSTALL} --python {quoted(found.executable)}" if not found.managed else pip_install(site),
        )
    if have.configured:
        again = f"{delete(have.folder / 'jpyconfig.properties')}  # SNAP writes it again"
        if not Path(have.library).is_file():
            return wrong(f"{have.folder} is configured for a Python that has gone ({have.library})", again)
        if found.library and not _same(have.library, found.library):
            return wrong(f"{have.folder} is configured for another Python ({have.library}, not {found.library})", again)
        return Check("esa_snappy", True, f"package esa_snappy in {have.folder.parent}, configured")
    if not have.wheel:
        return wrong(f"{have.folder} has no jpy for {found.told}", pip_install(site, "--upgrade", "esa-snappy"))
    if not have.writable:
        return wrong(
            f"{have.folder} cannot be written, and SNAP unpacks its bridge there at the first use",
            f"{INSTALL} --python FILE  # of a virtual environment of yours",
        )
    return Check("esa_snappy", True, f"package esa_snappy in {have.folder.parent}, which SNAP configures at its first use")


def packages(site: Site) -> Check | None:
    """What we need beside ourselves."""
    if not python(site).ok:
        return None
    missing = missing_packages(site.installed.packages)
    if missing:
        return Check("packages", False, f"SNAP's Python does not see {', '.join(missing)}", or_set_up(site, pip_install(site, *missing)))
    return Check("packages", True, "packages that Estran needs are all there")


def package(site: Site) -> Check | None:
    """Which Estran SNAP gets, of those it sees, and that it loads."""
    before = packages(site)
    inside = site.embedded if before is not None and before.ok else None
    if before is None or not before.ok or site.folder not in [p.place for p in site.plugins] or (inside and not inside.belongs_to(site.interpreter)):
        return None
    seen, executable = site.seen, site.interpreter.executable
    if not seen.estran:
        return Check("estran", False, "SNAP's Python does not see Estran", INSTALL)
    if seen.errors:
        name, why = next(iter(seen.errors.items()))
        return Check("estran", False, f"SNAP's Python cannot import {name} ({why})", pip_install(site, "--force-reinstall", name.split(".")[0]))
    where = Path(seen.estran).parent
    activated = _activated(site)
    if seen.version != __version__:
        mend = "deactivate" if activated else f"{pip_install(site, f'estran=={__version__}')} && {INSTALL}"
        return Check("estran", False, f"Estran {seen.version} in {where} wins in SNAP{activated}, and this is {__version__}", mend)
    if site.manifest is not None and site.manifest.mode == "link" and mark_at(site.folder / content.NAME) != mark(where):
        return Check("estran", False, f"Estran in {where} wins over the linked checkout", pip(executable, "uninstall", "estran"))
    return Check("estran", True, f"Estran {seen.version} in {where}" + (f" wins in SNAP{activated}" if activated else ""))


def _activated(site: Site) -> str:
    """How it comes that another Estran wins than the installed one, where an activated environment brings it."""
    inside = site.embedded
    if inside is None or inside.environment is None or (alone := site.seen_alone).estran == site.seen.estran:
        return ""
    other = f"Estran {alone.version} in {Path(alone.estran).parent}" if alone.estran else "none"
    return f", for the environment {inside.environment} is activated (without it: {other})"


def rugged(site: Site) -> Check | None:
    """Whether the ray caster of the relief shadow can be had in SNAP's Java: one ray is cast with its program."""
    before = package(site)
    if before is None or not before.ok:
        return None
    without = "Estran.ReliefShadow decides by its own sweep instead"
    mend = pip_install(site, "orekit-jpype")
    if not site.seen.orekit:
        return Check("rugged", False, f"Rugged not reachable: SNAP's Python does not see orekit-jpype; {without}", mend, optional=True)
    home = site.diagnosed("Java home")
    program = shutil.which("java", path=str(Path(home) / "bin")) if home else None
    if program is None:
        return Check("rugged", True, f"Rugged there ({Path(site.seen.orekit).parent}), not tried: gpt --diag does not tell where its Java is")
    jars = [*Path(site.seen.orekit).parent.glob("jars/*.jar"), Path(str(files("estran.adapters.java") / "terrain_rays.jar"))]
    try:
        command = [program, "-cp", os.pathsep.join(map(str, jars)), "estran.TerrainRays"]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, timeout=60, check=False)
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()] or ["it says nothing"]
        found = done.stdout.strip() or next((line for line in reversed(said) if line.startswith("Caused by:")), said[0])
    except (OSError, subprocess.TimeoutExpired) as error:
        found = str(error)
    if found != "shadow":
        fact = f"Rugged not reachable: SNAP's Java does not run it ({found}); {without}"
        return Check("rugged", False, fact, pip_install(site, "--force-reinstall", "orekit-jpype"), optional=True)
    return Check("rugged", True, f"Rugged reachable ({Path(site.seen.orekit).parent}): a ray meets a wall")


def _same(library: str, other: str) -> bool:
    """Whether both are of one Python. Two of one version have libraries of one name; on Windows alone copies of one lie about."""
    return _stem(library) == _stem(other) and (sys.platform == "win32" or os.path.realpath(library) == os.path.realpath(other))


def _stem(library: str) -> str:
    """ "libpython3.11.so.1.0" to "libpython3.11"."""
    name = Path(library).name
    return name.split(".so")[0].removesuffix(".dylib").removesuffix(".dll").lower()
