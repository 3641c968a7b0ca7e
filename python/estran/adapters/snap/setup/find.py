"""Where SNAP is: ``--snap``, SNAP_HOME, the gpt on the PATH, the usual places; in this order."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from estran.errors import BadParameter, EstranError

_PROGRAMS = ("gpt", "gpt.exe", "gpt.bat", "gpt.command")
_LOOKS = "a folder with bin/gpt and etc/snap.properties"
_FOLDERS = ("esa-snap", "snap")
"""Names that SNAP's installers give: the second until SNAP 9, the first since."""


class NoSnap(EstranError):
    """There is no SNAP where one was looked for."""


@dataclass(frozen=True)
class Snap:
    """A SNAP: its folder, its gpt, and how it was found."""

    home: Path
    gpt: Path
    found_by: str


def find_snap(given: Path | None = None, environment: Mapping[str, str] | None = None) -> Snap:
    """The SNAP to work with.

    Parameters
    ----------
    given
        Its folder, the ``bin`` in it, or its gpt; nothing else is then looked at.
    environment
        Variables instead of the process's own.

    Raises
    ------
    BadParameter
        `given` is no SNAP.
    NoSnap
        What SNAP_HOME names is none, or none was found.
    """
    environment = os.environ if environment is None else environment
    if given is not None:
        if found := _at(_home_of(given), "--snap"):
            return found
        raise BadParameter(
            "--snap names no SNAP", where=given, expected=_LOOKS, todo="name the folder that SNAP was installed in"
        )
    if named := environment.get("SNAP_HOME"):
        if found := _at(_home_of(Path(named)), "SNAP_HOME"):
            return found
        todo = "set it to the folder that SNAP was installed in, or name that with --snap DIR"
        raise NoSnap("SNAP_HOME names no SNAP", where=named, expected=_LOOKS, todo=todo)
    programs = [shutil.which("gpt", path=folder) for folder in environment.get("PATH", "").split(os.pathsep) if folder]
    places = [(_home_of(Path(program)), "PATH") for program in programs if program]
    for home, how in [*places, *((place, "usual place") for place in usual_places(environment))]:
        if found := _at(home, how):
            return found
    raise NoSnap(
        "no SNAP was found",
        where="SNAP_HOME, PATH, the usual places",
        todo="name its folder with --snap DIR, or install SNAP from step.esa.int",
    )


def usual_places(environment: Mapping[str, str]) -> Iterator[Path]:
    """Folders that SNAP's installers propose, on this system."""
    home = Path(environment.get("USERPROFILE" if sys.platform == "win32" else "HOME") or Path.home())
    if sys.platform == "win32":
        roots = [Path(environment[name]) for name in ("PROGRAMFILES", "PROGRAMW6432") if environment.get(name)]
        roots += [Path(environment["LOCALAPPDATA"]) / "Programs"] if environment.get("LOCALAPPDATA") else []
    elif sys.platform == "darwin":
        roots = [Path("/", "Applications"), home / "Applications"]
    else:
        roots = [Path("/", "opt"), Path("/", "usr", "local")]
    yield from (root / name for root in (*roots, home) for name in _FOLDERS)


def _home_of(path: Path) -> Path:
    """From the folder, its ``bin`` or its gpt (through links) to the folder."""
    path = path.expanduser()
    path = path.resolve() if path.exists() else path.absolute()
    if path.is_file():
        path = path.parent
    return path.parent if path.name == "bin" else path


def _at(home: Path, how: str) -> Snap | None:
    """Another program is called gpt too, so the folder must look like SNAP's."""
    program = next((home / "bin" / name for name in _PROGRAMS if (home / "bin" / name).is_file()), None)
    looks = (
        (home / "etc" / "snap.properties").is_file()
        or (home / "snap" / "modules").is_dir()
        or any(home.glob("modules/*snap-core*.jar"))
    )
    return Snap(home, program, how) if program is not None and looks else None
