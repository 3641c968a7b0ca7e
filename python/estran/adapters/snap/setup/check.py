"""A check of a SNAP: how it is declared and made, what it finds, and how the command that mends it is written."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from estran.adapters.snap.setup.desktop import HOME
from estran.adapters.snap.setup.embedded import PROGRAM, Embedded
from estran.adapters.snap.setup.interpreter import Interpreter
from estran.adapters.snap.setup.settings import PYTHON
from estran.adapters.snap.setup.site import Site
from estran.catalogue import OPERATORS
from estran.errors import EstranError

ALIASES = tuple(op.alias for op in OPERATORS)
"""What gpt must know."""

INSTALL = "estran snap install"


@dataclass(frozen=True)
class Wrong:
    """What is not as it must be, and the command that mends it."""

    fact: str
    mend: str


Judge = Callable[[Site], str | Wrong | None]
"""Gives the fact where all is well; None where there is nothing to judge."""


@dataclass(frozen=True)
class Declared:
    """A check: how it is found out, the check without which it says nothing, and whether nothing fails where it is not
    well.
    """

    judge: Judge
    rests_on: str = ""
    optional: bool = False


@dataclass(frozen=True)
class Check:
    """What a check found: its stable name, whether all is well, the sentence, and the command that mends it."""

    id: str
    ok: bool
    fact: str
    mend: str = ""
    optional: bool = False


def quoted(path: Path) -> str:
    """For the shell."""
    return subprocess.list2cmdline([str(path)]) if sys.platform == "win32" else shlex.quote(str(path))


def pip(executable: Path, *words: str) -> str:
    """The command that has that Python's pip do something."""
    return " ".join([quoted(executable), "-m", "pip", *(f'"{w}"' if set(w) & set("<>[]") else w for w in words)])


def pip_install(site: Site, *words: str) -> str:
    """The command that has SNAP's Python see these: by its pip, and where that may not install, by an environment of
    one's own.
    """
    found, folder = site.interpreter, site.settings.module_dir
    if found.managed:
        program = "DIR\\Scripts\\python" if sys.platform == "win32" else "DIR/bin/python"
        return (
            f'{quoted(found.executable)} -m venv DIR && {program} -m pip install "estran[snap]" && {INSTALL} '
            f"--python {program}"
        )
    # Of a virtual environment SNAP sees nothing but the folder of esa_snappy.
    target = (
        []
        if not found.environment or os.path.realpath(folder) == os.path.realpath(found.purelib)
        else ["--target", quoted(folder)]
    )
    return pip(found.executable, "install", *target, *words)


def other_python() -> str:
    """The command that gives SNAP the Python that runs this."""
    return f"{INSTALL} --python {quoted(Path(sys.executable))}"


def or_set_up(site: Site, mend: str) -> str:
    """Where SNAP is set up for no Python, setting it up for this one is better than mending whatever ``python`` is on
    the PATH.
    """
    return mend if PYTHON in site.settings.values else f"{INSTALL}  # sets SNAP up for the Python that runs this"


def obstacle(folder: Path) -> Path | None:
    """What keeps things from being put into a folder that is there or is to be made; None where nothing does."""
    first = next(p for p in (folder, *folder.parents) if p.exists())
    return None if first.is_dir() and os.access(first, os.W_OK | os.X_OK) else first


CHECKS: dict[str, Declared] = {}
"""By their stable names."""


def checked(site: Site, names: Iterable[str]) -> Iterator[Check]:
    """Those of these checks that apply: none that rests on one that is not well."""
    unwell = set()
    for name in names:
        declared = CHECKS[name]
        found: str | Wrong | None = None
        if declared.rests_on not in unwell:
            try:
                found = declared.judge(site)
            except EstranError as error:
                fact = type(error)(error.what, where=error.where, expected=error.expected, found=error.found).sentence()
                found = Wrong(fact, error.todo)
        if isinstance(found, str):
            yield Check(name, True, found)
            continue
        unwell.add(name)
        if found is not None:
            yield Check(name, False, found.fact, found.mend, declared.optional)


def check(*, rests_on: str = "", optional: bool = False) -> Callable[[Judge], Judge]:
    """Declares the check that a function makes, under the name of the function."""

    def declare(judge: Judge) -> Judge:
        CHECKS[judge.__name__] = Declared(judge, rests_on, optional)
        return judge

    return declare


def our_places(site: Site) -> list[Path]:
    """The places that bring operators of ours."""
    return [p.place for p in site.plugins if set(ALIASES) & set(p.aliases)]


def misplaced(interpreter: Interpreter, inside: Embedded) -> str:
    """Which two Pythons are mixed, and what comes of it."""
    named = f"SNAP is set up for {interpreter.description} with its modules in {interpreter.home}"
    if inside.failure:
        return (
            f"{named}, and does not start inside SNAP, where it looks for them beside {inside.program or PROGRAM}: "
            f"{inside.failure}"
        )
    first = (
        f"of {inside.program}, the first {PROGRAM} on the PATH" if inside.program else f"for the PATH has no {PROGRAM}"
    )
    why = "; ".join(f"no {name}: {error}" for name, error in inside.errors.items())
    return f"{named}, and inside SNAP it takes those in {inside.base}, {first}" + (f" ({why})" if why else "")


def in_front(site: Site) -> str:
    """The words that start gpt with the home of the Python that SNAP is set up for."""
    return f"{HOME}={shlex.quote(site.interpreter.home)} {quoted(site.snap.gpt)}"
