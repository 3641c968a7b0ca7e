"""Checks of the place from which Python, inside SNAP, takes its modules: for gpt as it is started here, and for the desktop as it is started from a menu."""

from __future__ import annotations

import shlex
from pathlib import Path

from estran.adapters.snap.setup.check import INSTALL, Check, quoted
from estran.adapters.snap.setup.checks_python import python
from estran.adapters.snap.setup.embedded import HOME, PROGRAM, Embedded
from estran.adapters.snap.setup.interpreter import Interpreter
from estran.adapters.snap.setup.site import Site


def home(site: Site) -> Check | None:
    """As gpt has it when it is started from here."""
    if not python(site).ok or (inside := site.embedded) is None:
        return None
    if not inside.belongs_to(site.interpreter):
        return Check("home", False, misplaced(site.interpreter, inside), cure(site))
    fact = f"inside SNAP Python takes its modules from {inside.base}"
    if inside.environment is not None:
        fact += f", and packages of the activated environment {inside.environment} too, what its .pth files name included"
    return Check("home", True, fact)


def desktop_home(site: Site) -> Check | None:
    """As the desktop has it when it is started from a menu, with what its configuration says."""
    if site.desktop is None or not python(site).ok or (inside := site.embedded_in_desktop) is None:
        return None
    said = [conf for conf in site.desktop.confs if site.desktop.home_of(conf)]
    by = f" ({HOME} in {said[-1]})" if said else ""
    if not inside.belongs_to(site.interpreter):
        mend = INSTALL if not said or site.desktop.ours(said[-1]) else f"take {HOME} out of {quoted(said[-1])}, then {INSTALL}"
        return Check("desktop_home", False, f"SNAP Desktop, started from a menu{by}: {misplaced(site.interpreter, inside)}", mend)
    return Check("desktop_home", True, f"SNAP Desktop takes Python's modules from {inside.base}{by}")


def misplaced(interpreter: Interpreter, inside: Embedded) -> str:
    """Which two Pythons are mixed, and what comes of it."""
    named = f"SNAP is set up for {interpreter.told} with its modules in {interpreter.home}"
    first = f"of {inside.program}, the first {PROGRAM} on the PATH" if inside.program else f"for the PATH has no {PROGRAM}"
    if inside.failure:
        return f"{named}, and does not start inside SNAP, where it looks for them beside {inside.program or PROGRAM}: {inside.failure}"
    return f"{named}, and inside SNAP it takes those in {inside.base}, {first}" + (f" ({inside.reason})" if inside.reason else "")


def cure(site: Site) -> str:
    """How to start gpt: no file that its launcher reads can set a variable of the environment, and set for a whole shell it would stop other Pythons."""
    told = "" if site.desktop is None else f"; for SNAP Desktop: {INSTALL}"
    return f"{in_front(site, site.snap.gpt)} ...  # start gpt so{told}"


def in_front(site: Site, gpt: Path) -> str:
    """The words that start it with the home of the Python that SNAP is set up for."""
    return f"{HOME}={shlex.quote(site.interpreter.home)} {quoted(gpt)}"
