"""Everything that must be so for our operators to run in a SNAP: one function a check, named as programs know it, in
the order of the report.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from estran import __version__
from estran.adapters.snap.setup import content, modules
from estran.adapters.snap.setup.changes import mark, mark_at
from estran.adapters.snap.setup.check import (
    ALIASES,
    CHECKS,
    INSTALL,
    Check,
    Wrong,
    check,
    checked,
    in_front,
    misplaced,
    obstacle,
    or_set_up,
    other_python,
    our_places,
    pip,
    pip_install,
    quoted,
)
from estran.adapters.snap.setup.desktop import HOME
from estran.adapters.snap.setup.find import NoSnap
from estran.adapters.snap.setup.interpreter import OLDEST, find_executable, missing_packages
from estran.adapters.snap.setup.properties import read_properties
from estran.adapters.snap.setup.settings import EXTRA_PATHS, MODULE_DIR, PYTHON
from estran.adapters.snap.setup.site import Site
from estran.errors import EstranError

__all__ = ["CHECKS", "checked", "examine"]

_NEWER = "install SNAP 10 or newer from step.esa.int, then: estran snap doctor --snap DIR"


def examine(find: Callable[[], Site]) -> list[Check]:
    """Every check that applies, on the SNAP that is found."""
    try:
        return list(checked(find(), CHECKS))
    except NoSnap as error:
        fact = error.what + (f" ({error.where})" if "SNAP_HOME" in error.what else "")
        return [Check("snap", False, fact, "estran snap doctor --snap DIR")]


@check()
def snap(site: Site) -> str | Wrong:
    """A SNAP that we support."""
    where, have = f"{site.snap.home} ({site.snap.found_by})", modules.snap_version(site.snap.home, site.jars)
    if not have:
        return Wrong(f"SNAP in {where} does not report its version", _NEWER)
    if modules.major(have) < modules.OLDEST:
        return Wrong(
            f"SNAP {have} in {where} is too old: Estran needs SNAP {modules.OLDEST} or newer, which has another "
            f"bridge to Python",
            _NEWER,
        )
    return f"SNAP {have} in {where}"


@check()
def java(site: Site) -> str | Wrong:
    """The Java that runs it, as gpt reports."""
    core = modules.find_module(site.jars, modules.SNAP_CORE)
    needed = modules.java_needed(core) if core is not None else 0
    newer = f"set JAVA_HOME to a Java {needed or 'that this SNAP takes'} or newer"
    answer = site.diagnosis
    if answer.code != 0 and "UnsupportedClassVersionError" in answer.err:
        return Wrong(f"gpt runs on a Java that is too old: this SNAP needs Java {needed}", newer)
    if answer.code != 0:
        return Wrong(f"gpt does not run: {answer.reason}", f"{quoted(site.snap.gpt)} --diag  # shows why")
    have, memory = site.diagnosed("Java version"), site.diagnosed("Max memory")
    if not have:
        return Wrong("gpt --diag does not report its Java", f"{quoted(site.snap.gpt)} --diag  # shows what it says")
    fact = (
        f"Java {have}" + (f" (needs {needed})" if needed else "") + (f", at most {memory} of memory" if memory else "")
    )
    return fact if modules.major(have) >= needed else Wrong(fact, newer)


@check()
def bridge(site: Site) -> str | Wrong:
    """SNAP's side of the bridge to Python is a module that not every SNAP brings."""
    jar = modules.find_module(site.jars, modules.ESA_SNAPPY)
    if jar is None:
        mend = (
            "run SNAP's installer again and choose ESA Snappy, or in SNAP Desktop: Tools > Plugins > Available "
            "Plugins > ESA SNAPPY"
        )
        return Wrong("SNAP has no module esa-snappy, without which it knows no Python operators", mend)
    return f"module esa-snappy {modules.version_of(jar)}".rstrip() + f" in {jar.parent}"


@check()
def user_dir(site: Site) -> str | Wrong:
    """A place to put things."""
    folder = site.settings.user_dir
    fact = f"user directory {folder} ({site.settings.user_dir_from})"
    for place in (folder, site.settings.plugin_parent):
        if (first := obstacle(place)) is not None:
            return Wrong(
                f"{fact} cannot be written (at {first})",
                "estran snap install --userdir DIR  # and give gpt the same: gpt -J-Dsnap.userdir=DIR",
            )
    return fact


@check()
def settings(site: Site) -> str | Wrong:
    """Files that SNAP can read, and paths that are there."""
    if broken := site.settings.broken:
        return Wrong(
            "; ".join(broken), "save the file as UTF-8; write \\uXXXX for letters beyond ASCII, and back-slashes twice"
        )
    if missing := [p for p in site.settings.paths(EXTRA_PATHS) if not Path(p).is_dir()]:
        origin = site.settings.origins[EXTRA_PATHS]
        return Wrong(
            f"{EXTRA_PATHS} ({origin}) names what is no folder: {', '.join(missing)}", f"edit {quoted(Path(origin))}"
        )
    return "settings of SNAP can be read"


@check()
def python(site: Site) -> str | Wrong:
    """The interpreter that SNAP would start, by its own account."""
    origin, mend = site.settings.origins.get(PYTHON, "SNAP's default"), or_set_up(site, other_python())
    try:
        found = site.interpreter
    except EstranError as error:
        reason = f"{error.what}: {error.found}" if error.found else error.what
        # A home that is set for another Python keeps every one from starting.
        mend = f"unset {HOME}" if os.environ.get(HOME) and find_executable(site.settings.python) else mend
        return Wrong(f"SNAP would start {site.settings.python} ({origin}): {reason}", mend)
    fact = f"{found.description}, set by {origin}"
    if found.kind != "CPython":
        return Wrong(f"{fact}, is {found.kind}: SNAP's bridge needs an ordinary 64 bit CPython", mend)
    if found.version < OLDEST:
        return Wrong(f"{fact}, is too old: Estran needs {'.'.join(map(str, OLDEST))} or newer", mend)
    return fact


@check(rests_on="python")
def libpython(site: Site) -> str | Wrong:
    """SNAP loads Python as a library; an interpreter built without one cannot serve."""
    found = site.interpreter
    if not found.library:
        mend = (
            f"{INSTALL} --python FILE  # a Python that has one: conda's, python.org's, Debian's with the package "
            f"libpython3-dev"
        )
        return Wrong(f"{found.base} was built without the shared library that SNAP loads", mend)
    return f"shared library {found.library}"


@check(rests_on="python")
def esa_snappy(site: Site) -> str | Wrong:
    """Python's side of the bridge: there, with a jpy for this Python, configured for it by SNAP's first use or to be
    configured.
    """
    found, folder = site.interpreter, site.settings.module_dir / "esa_snappy"
    config, tag = folder / "jpyconfig.properties", f"cp{found.version[0]}{found.version[1]}"

    def wrong(fact: str, mend: str) -> Wrong:
        return Wrong(fact, or_set_up(site, mend))

    if not (folder / "snappyutil.py").is_file():
        origin = site.settings.origins.get(MODULE_DIR, "SNAP's default")
        by_pip = f"{pip(found.executable, 'install', 'esa-snappy')} && {INSTALL} --python {quoted(found.executable)}"
        return wrong(
            f"there is no package esa_snappy in {folder.parent} ({origin})",
            pip_install(site) if found.managed else by_pip,
        )
    library = read_properties(config.read_bytes(), config).get("jpy.pythonLib", "") if config.is_file() else ""
    if library:
        again = f"{'del' if sys.platform == 'win32' else 'rm'} {quoted(config)}  # SNAP writes it again"
        if not Path(library).is_file():
            return wrong(f"{folder} is configured for a Python that has gone ({library})", again)
        # Two Pythons of one version have libraries of one name; on Windows alone copies of one lie about.
        names = [
            path.name.lower() if sys.platform == "win32" else os.path.realpath(path)
            for path in (Path(library), Path(found.library))
        ]
        if found.library and names[0] != names[1]:
            return wrong(f"{folder} is configured for another Python ({library}, not {found.library})", again)
        return f"package esa_snappy in {folder.parent}, configured"
    if not any((folder / "lib").glob(f"jpy-*-{tag}-{tag}-*.whl")):
        return wrong(f"{folder} has no jpy for {found.description}", pip_install(site, "--upgrade", "esa-snappy"))
    if not os.access(folder, os.W_OK):
        mend = f"{INSTALL} --python FILE  # of a virtual environment of yours"
        return wrong(f"{folder} cannot be written, and SNAP unpacks its bridge there at the first use", mend)
    return f"package esa_snappy in {folder.parent}, which SNAP configures at its first use"


@check(rests_on="python")
def home(site: Site) -> str | Wrong | None:
    """The place from which Python takes its modules inside a gpt that is started here."""
    if (inside := site.embedded) is None:
        return None
    if not inside.belongs_to(site.interpreter):
        # No file that gpt's launcher reads can set a variable of the environment, and set for a whole shell it would
        # stop other Pythons.
        addition = "" if site.desktop is None else f"; for SNAP Desktop: {INSTALL}"
        return Wrong(misplaced(site.interpreter, inside), f"{in_front(site)} ...  # start gpt so{addition}")
    fact = f"inside SNAP Python takes its modules from {inside.base}"
    if inside.environment is not None:
        fact += (
            f", and packages of the activated environment {inside.environment} too, what its .pth files name included"
        )
    return fact


@check(rests_on="python")
def desktop_home(site: Site) -> str | Wrong | None:
    """The same as the desktop has it when it is started from a menu, with what its configuration says."""
    if site.desktop is None or (inside := site.embedded_in_desktop) is None:
        return None
    conf = next(reversed(site.desktop.said), None)
    by = f" ({HOME} in {conf})" if conf else ""
    if not inside.belongs_to(site.interpreter):
        mend = (
            INSTALL if conf is None or site.desktop.ours(conf) else f"take {HOME} out of {quoted(conf)}, then {INSTALL}"
        )
        return Wrong(f"SNAP Desktop, started from a menu{by}: {misplaced(site.interpreter, inside)}", mend)
    return f"SNAP Desktop takes Python's modules from {inside.base}{by}"


@check(rests_on="python")
def packages(site: Site) -> str | Wrong:
    """What we need beside ourselves."""
    if missing := missing_packages(site.installed.packages):
        return Wrong(f"SNAP's Python does not see {', '.join(missing)}", or_set_up(site, pip_install(site, *missing)))
    return "packages that Estran needs are all there"


@check()
def operators(site: Site) -> str | Wrong:
    """Where our operators are, and that they are those of this Estran."""
    manifest, folder = site.manifest, site.folder
    if manifest is None:
        found = our_places(site)
        return f"operators in {found[0]}" if found else Wrong("Estran's operators are not in this SNAP", INSTALL)
    linked = manifest.mode == "link"
    wanted = content.links() if linked else content.copies(package=(folder / content.NAME).is_dir())
    stale = [str(path) for path, what in wanted.items() if mark_at(folder / path) != mark(what)]
    if linked and (stale or not wanted):
        return Wrong(f"operators in {folder} are linked to another checkout than this", "estran snap link")
    if stale:
        which = stale[0] + (f" and {len(stale) - 1} more" if len(stale) > 1 else "")
        return Wrong(f"operators in {folder} are not as this Estran {__version__} makes them ({which})", INSTALL)
    return f"operators in {folder}, " + (
        f"linked to {content.checkout()}" if linked else f"as this Estran {__version__} makes them"
    )


@check()
def duplicates(site: Site) -> str | Wrong | None:
    """Of one alias SNAP takes the last that it finds, silently."""
    places = our_places(site)
    if len(places) < 2:
        return "no other place brings operators of these names" if places else None
    fact = f"operators of ours are in {len(places)} places, and SNAP takes the last: {', '.join(map(str, places))}"
    if site.manifest is not None and all(p == site.folder or p.suffix == ".jar" for p in places):
        return Wrong(fact, "estran snap uninstall  # keeps the plugin of SNAP Desktop")
    other = next(p for p in places if p != site.folder)
    return Wrong(fact, f"move {quoted(other)} out of {quoted(other.parent)}")


@check()
def plugins(site: Site) -> str | Wrong:
    """One missing descriptor stops SNAP from registering every Python operator that comes later."""
    for plugin in site.plugins:
        if plugin.faults:
            fact = (
                f"the Python plugin {plugin.place} is broken and can take the others with it: "
                f"{', '.join(plugin.faults)}"
            )
            return Wrong(
                fact,
                INSTALL if plugin.place == site.folder else f"move {quoted(plugin.place)} away, or install it again",
            )
    others = len(site.plugins) - len(our_places(site))
    return f"other Python plugins: {others}, whole" if others else "other Python plugins: none"


@check(rests_on="packages")
def estran(site: Site) -> str | Wrong | None:
    """Which Estran SNAP gets, of those it sees, and that it loads."""
    inside = site.embedded
    if site.folder not in [p.place for p in site.plugins] or (inside and not inside.belongs_to(site.interpreter)):
        return None
    found = site.visible
    if not found.estran:
        return Wrong("SNAP's Python does not see Estran", INSTALL)
    for name, why in found.errors.items():
        return Wrong(
            f"SNAP's Python cannot import {name} ({why})", pip_install(site, "--force-reinstall", name.split(".")[0])
        )
    where, activated = Path(found.estran).parent, ""
    if inside and inside.environment is not None and (alone := site.visible_alone).estran != found.estran:
        other = f"Estran {alone.version} in {Path(alone.estran).parent}" if alone.estran else "none"
        activated = f" wins in SNAP, for the environment {inside.environment} is activated (without it: {other})"
    if found.version != __version__:
        mend = "deactivate" if activated else f"{pip_install(site, f'estran=={__version__}')} && {INSTALL}"
        return Wrong(
            f"Estran {found.version} in {where}{activated or ' wins in SNAP'}, and this is {__version__}", mend
        )
    if (
        site.manifest is not None
        and site.manifest.mode == "link"
        and mark_at(site.folder / content.NAME) != mark(where)
    ):
        return Wrong(
            f"Estran in {where} wins over the linked checkout", pip(site.interpreter.executable, "uninstall", "estran")
        )
    return f"Estran {found.version} in {where}{activated}"


@check(rests_on="estran", optional=True)
def rugged(site: Site) -> str | Wrong:
    """Whether the ray caster of the relief shadow can be had in SNAP's Java: one ray is cast with its program."""
    without = "Estran.ReliefShadow decides by its own sweep instead"
    if not site.visible.orekit:
        return Wrong(
            f"Rugged not reachable: SNAP's Python does not see orekit-jpype; {without}",
            pip_install(site, "orekit-jpype"),
        )
    folder, java_home = Path(site.visible.orekit).parent, site.diagnosed("Java home")
    program = shutil.which("java", path=str(Path(java_home) / "bin")) if java_home else None
    if program is None:
        return f"Rugged there ({folder}), not tried: gpt --diag does not report where its Java is"
    jars = [*folder.glob("jars/*.jar"), Path(str(files("estran.adapters.java") / "terrain_rays.jar"))]
    try:
        command = [program, "-cp", os.pathsep.join(map(str, jars)), "estran.TerrainRays"]
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL, timeout=60, check=False
        )
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()] or ["it says nothing"]
        found = done.stdout.strip() or next((line for line in reversed(said) if line.startswith("Caused by:")), said[0])
    except (OSError, subprocess.TimeoutExpired) as error:
        found = str(error)
    if found != "shadow":
        fact = f"Rugged not reachable: SNAP's Java does not run it ({found}); {without}"
        return Wrong(fact, pip_install(site, "--force-reinstall", "orekit-jpype"))
    return f"Rugged reachable ({folder}): a ray meets a wall"


@check()
def gpt(site: Site) -> str | Wrong | None:
    """What gpt itself says that it knows."""
    if site.diagnosis.code != 0 or not our_places(site):
        return None
    answer = site.gpt("-h")
    if answer.code != 0:
        return Wrong(f"gpt -h fails: {answer.reason}", f"{quoted(site.snap.gpt)} -h  # shows why")
    missing = [a for a in ALIASES if not re.search(rf"(?<![\w.]){re.escape(a)}(?![\w.])", answer.out)]
    if missing:
        return Wrong(f"gpt does not know {', '.join(missing)}", f"{quoted(site.snap.gpt)} {missing[0]} -h  # shows why")
    return f"gpt knows all {len(ALIASES)} operators"


@check(rests_on="gpt")
def start(site: Site) -> str | Wrong:
    """Python starts in SNAP and runs our code: an operator without a source must answer with an error of ours."""
    alias, target = ALIASES[0], "nothing.dim"
    answer = site.gpt(alias, "-t", target)
    if "estran.errors." in answer.err + answer.out:
        return f"Python starts in SNAP and runs {alias}"
    log = site.settings.module_dir / "esa_snappy" / "snappyutil.log"
    place = next((found for found in checked(site, ("python", "home")) if found.id == "home" and not found.ok), None)
    mend = (
        place.mend if place is not None else f"{quoted(site.snap.gpt)} {alias} -t {target}  # shows why; so does {log}"
    )
    return Wrong(f"Python does not start in SNAP: {answer.reason}", mend)
