"""Checks of SNAP itself: version, Java, its side of the bridge, its user directory, its settings."""

from __future__ import annotations

from pathlib import Path

from estran.adapters.snap.setup import modules
from estran.adapters.snap.setup.check import Check, obstacle, quoted
from estran.adapters.snap.setup.settings import EXTRA_PATHS
from estran.adapters.snap.setup.site import Site

_NEWER = "install SNAP 10 or newer from step.esa.int, then: estran snap doctor --snap DIR"


def version(site: Site) -> Check:
    """A SNAP that we support."""
    where = f"{site.snap.home} ({site.snap.found_by})"
    if not site.version:
        return Check("snap", False, f"SNAP in {where} does not tell its version", _NEWER)
    if modules.major(site.version) < modules.OLDEST:
        fact = f"SNAP {site.version} in {where} is too old: Estran needs SNAP {modules.OLDEST} or newer, which has another bridge to Python"
        return Check("snap", False, fact, _NEWER)
    return Check("snap", True, f"SNAP {site.version} in {where}")


def java(site: Site) -> Check:
    """The Java that runs it, as gpt tells."""
    core = modules.find_module(site.jars, modules.SNAP_CORE)
    needed = modules.java_needed(core) if core is not None else 0
    newer = f"set JAVA_HOME to a Java {needed or 'that this SNAP takes'} or newer"
    told = site.diagnosis
    if told.code != 0:
        if "UnsupportedClassVersionError" in told.err:
            return Check("java", False, f"gpt runs on a Java that is too old: this SNAP needs Java {needed}", newer)
        return Check("java", False, f"gpt does not run: {told.reason}", f"{quoted(site.snap.gpt)} --diag  # shows why")
    have = site.diagnosed("Java version")
    if not have:
        return Check("java", False, "gpt --diag does not tell its Java", f"{quoted(site.snap.gpt)} --diag  # shows what it says")
    memory = site.diagnosed("Max memory")
    fact = f"Java {have}" + (f" (needs {needed})" if needed else "") + (f", at most {memory} of memory" if memory else "")
    return Check("java", modules.major(have) >= needed, fact, newer)


def bridge_module(site: Site) -> Check:
    """SNAP's side of the bridge to Python is a module that not every SNAP brings."""
    jar = modules.find_module(site.jars, modules.ESA_SNAPPY)
    if jar is None:
        mend = "run SNAP's installer again and choose ESA Snappy, or in SNAP Desktop: Tools > Plugins > Available Plugins > ESA SNAPPY"
        return Check("bridge", False, "SNAP has no module esa-snappy, without which it knows no Python operators", mend)
    return Check("bridge", True, f"module esa-snappy {modules.version_of(jar)}".rstrip() + f" in {jar.parent}")


def user_dir(site: Site) -> Check:
    """A place to put things."""
    folder = site.settings.user_dir
    fact = f"user directory {folder} ({site.settings.user_dir_from})"
    for place in (folder, site.settings.plugin_parent):
        first = obstacle(place)
        if first is not None:
            mend = "estran snap install --userdir DIR  # and give gpt the same: gpt -J-Dsnap.userdir=DIR"
            return Check("user_dir", False, f"{fact} cannot be written (at {first})", mend)
    return Check("user_dir", True, fact)


def settings(site: Site) -> Check:
    """Files that SNAP can read, and paths that are there."""
    broken = site.settings.broken
    if broken:
        return Check("settings", False, "; ".join(broken), "save the file as UTF-8; write \\uXXXX for letters beyond ASCII, and back-slashes twice")
    missing = [p for p in site.settings.paths(EXTRA_PATHS) if not Path(p).is_dir()]
    if missing:
        origin = site.settings.origins[EXTRA_PATHS]
        return Check("settings", False, f"{EXTRA_PATHS} ({origin}) names what is no folder: {', '.join(missing)}", f"edit {quoted(Path(origin))}")
    return Check("settings", True, "settings of SNAP can be read")
