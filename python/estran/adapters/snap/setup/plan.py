"""What an installation changes: decided on paper, so that it can be shown; then made, proved with gpt, and on any
failure taken back.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from estran import __version__
from estran.adapters.snap.setup import content
from estran.adapters.snap.setup.changes import (
    Change,
    Content,
    content_of,
    is_folder,
    is_part,
    made,
    mark,
    missing_folders,
    tree,
)
from estran.adapters.snap.setup.check import (
    ALIASES,
    in_front,
    misplaced,
    obstacle,
    other_python,
    our_places,
    pip,
    pip_install,
)
from estran.adapters.snap.setup.desktop import HOME, home_line
from estran.adapters.snap.setup.doctor import checked
from estran.adapters.snap.setup.interpreter import ask, find_executable
from estran.adapters.snap.setup.manifest import FILE, Edit, Manifest
from estran.adapters.snap.setup.place import placed
from estran.adapters.snap.setup.settings import MODULE_DIR, PYTHON, Settings
from estran.adapters.snap.setup.site import Site
from estran.errors import BadParameter, EstranError, TargetExists

BEFORE: tuple[str, ...] = ("snap", "bridge", "user_dir", "settings", "python", "libpython", "esa_snappy", "packages")
"""Checks that must be well before operators are installed; they ask gpt nothing."""

_OUT = "SNAP did not take the operators, so everything was put back as it was"


class InstallFailed(EstranError):
    """Something that must be so is not, or SNAP did not take the operators; nothing is left changed."""


@dataclass(frozen=True)
class Plan:
    """What will be changed, in order, in a SNAP that `site` describes as it will be afterwards, and what is to be said
    of it.
    """

    site: Site
    changes: tuple[Change, ...]
    notes: tuple[str, ...]


def plan_install(site: Site, python: Path | None = None, *, linked: bool = False) -> Plan:
    """How the operators get into that SNAP.

    Parameters
    ----------
    site
        The SNAP as it is.
    python
        An interpreter to set SNAP up for; None for the one it is set up for, or, where it is set up for none, the one
        that runs this.
    linked
        Point at the checkout instead of copying.

    Raises
    ------
    InstallFailed
        One of the checks :data:`BEFORE` fails, or another Estran would win.
    TargetExists
        Something is where our folder or one of our files shall be, and not made by us.
    """
    if linked:
        content.checkout()
    now, old = site.settings, site.manifest or Manifest()
    site = _set_up(site, python)
    _refuse(site)
    notes: list[str] = []
    held = _links(site, notes) if linked else _copies(site, notes)
    folder, desktop = site.folder, site.desktop
    if site.manifest is None and _strangers(folder):
        raise TargetExists(
            "a folder of that name is there that this command did not make",
            where=folder,
            todo="move it away, then try again",
        )
    wanted: dict[Path, Content] = {folder / path: what for path, what in held.items()}
    wanted |= content.menu_files(desktop.modules) if desktop is not None else {}
    changed = _home(site, notes)
    edits = _settings(site, now, old) | _desktop(site, old, notes, wrong=bool(changed))
    edited = [
        Change(Path(path), edit.result, edit.description)
        for path, edit in edits.items()
        if edit is not old.edits.get(path)
    ]
    files = {
        str(path.relative_to(folder) if folder in path.parents else path): mark(what) for path, what in wanted.items()
    }
    outside = [folder / FILE, *(path for path in wanted if folder not in path.parents), *map(Path, edits)]
    folders = dict.fromkeys([*old.folders, *(str(one) for path in outside for one in missing_folders(path))])
    new = Manifest("link" if linked else "copy", __version__, files, edits, tuple(folders))
    changes, replaced = placed(folder, old, new, wanted, edited)
    if replaced:
        notes.append(f"replaced, though changed since it was installed: {_some(replaced)}")
    notes.append(f"the graphs are in {folder / content.GRAPHS}")
    return Plan(replace(site, changed=changed), tuple(changes), tuple(notes))


def plan_uninstall(site: Site) -> Plan:
    """How everything gets out again: files that were edited get back what was there; what others changed since stays.

    Raises
    ------
    EstranError
        A folder of our name is there, and has no manifest of ours; or its services file was changed, and would be left
        without operators.
    """
    if site.manifest is None and _strangers(site.folder):
        raise EstranError(
            "this folder was not made by `estran snap install`", where=site.folder, todo="remove it by hand"
        )
    changes, left = placed(site.folder, site.manifest or Manifest(), None, {}, ())
    services = next((p for p in left if (site.folder / content.SERVICES).is_relative_to(p)), None)
    if services is not None:
        todo = "move it away, then estran snap uninstall"
        raise EstranError(
            "this file was changed since it was installed, and SNAP would look for operators that are gone",
            where=services,
            todo=todo,
        )
    notes = [f"left as it is, for it is not as it was installed: {_some(left)}"] if left else []
    return Plan(site, tuple(changes), tuple(notes))


def apply(plan: Plan, *, prove: bool) -> list[str]:
    """Make the changes; with `prove`, have gpt show that it took them. The sentences of the proof.

    Raises
    ------
    WriteFailed, InstallFailed
        Everything is as it was before.
    """
    with made(plan.changes):
        return _proof(plan.site) if prove else []


def _proof(site: Site) -> list[str]:
    """gpt gives the help of an operator; it knows all of them; Python starts and runs one."""
    alias = ALIASES[0]
    answer = site.gpt(alias, "-h")
    # Of an operator that it does not know gpt says so, and exits with 0.
    if answer.code != 0 or f"gpt {alias}" not in answer.out:
        todo = (
            "try again with a longer --timeout"
            if answer.code is None and "no answer" in answer.reason
            else "estran snap doctor"
        )
        raise InstallFailed(_OUT, where=f"{site.snap.gpt} {alias} -h", found=answer.reason, todo=todo)
    proof = [f"gpt {alias} -h answers"]
    for found in checked(site, ("java", "gpt", "start")):
        if not found.ok:
            raise InstallFailed(_OUT, found=found.fact, todo=found.mend)
        proof += [found.fact] if found.id != "java" else []
    if site.changed:
        proof[-1] += f" with {', '.join(f'{name}={value}' for name, value in site.changed.items())}"
    return proof


def _set_up(site: Site, python: Path | None) -> Site:
    """The site with the interpreter that it shall have."""
    configured = site.settings.get(PYTHON)
    if python is None and configured:
        asked, wanted = configured, find_executable(configured)
        if wanted is None:
            raise InstallFailed(
                "the Python that SNAP is set up for is not there",
                where=site.settings.origins[PYTHON],
                found=configured,
                todo=other_python(),
            )
    else:
        wanted = find_executable(str((python or Path(sys.executable)).expanduser()))
        if wanted is None:
            raise BadParameter(
                "--python names no program",
                where=python or sys.executable,
                todo="name an interpreter, as --python python3",
            )
        wanted = wanted.absolute()  # not resolved: a virtual environment is known by its link
        asked = str(wanted)
    interpreter, module_dir = ask(wanted), site.settings.module_dir
    if asked != configured or not (module_dir / "esa_snappy" / "snappyutil.py").is_file():
        module_dir = Path(interpreter.esa_snappy) if interpreter.esa_snappy else interpreter.purelib
    if asked == configured and str(module_dir) == site.settings.get(MODULE_DIR):
        return site
    return site.with_python(Path(asked), module_dir)


def _refuse(site: Site) -> None:
    """Where something is not as it must be, or another place brings our operators."""
    for found in checked(site, BEFORE):
        if not found.ok:
            raise InstallFailed(found.fact, todo=found.mend)
    for place in our_places(site):
        if place != site.folder:
            todo = (
                "in SNAP Desktop: Tools > Plugins > Installed > Estran > Uninstall"
                if place.suffix == ".jar"
                else "move it out of SNAP's sight"
            )
            raise InstallFailed("another place brings Estran's operators to this SNAP already", where=place, todo=todo)


def _links(site: Site, notes: list[str]) -> Mapping[PurePosixPath, Content]:
    """What `link` puts into our folder."""
    visible = site.installed.estran
    if visible and Path(visible).resolve().parent != content.package_folder():
        todo = pip(site.interpreter.executable, "uninstall", "estran")
        raise InstallFailed("an installed Estran would win over the checkout", where=Path(visible).parent, todo=todo)
    notes.append(f"the operators are those of the checkout {content.checkout()}, as they are at each start of SNAP")
    return content.links()


def _copies(site: Site, notes: list[str]) -> Mapping[PurePosixPath, Content]:
    """What `install` puts into our folder."""
    visible = site.installed
    if not visible.estran:
        notes.append(
            "SNAP's Python does not see this Estran (it does not see editable installations): a copy goes beside the "
            "operators"
        )
    elif visible.version != __version__:
        todo = pip_install(site, f"estran=={__version__}")
        found = visible.version or "one that cannot be imported"
        raise InstallFailed(
            "another Estran would win in SNAP's Python",
            where=Path(visible.estran).parent,
            expected=__version__,
            found=found,
            todo=todo,
        )
    else:
        notes.append(f"SNAP uses Estran {visible.version} in {Path(visible.estran).parent}")
    return content.copies(package=not visible.estran)


def _settings(site: Site, now: Settings, old: Manifest) -> dict[str, Edit]:
    """SNAP's settings of Python, where it would not take this one anyway: the file, and what of it is ours, made anew
    or as it is.
    """
    keys = {PYTHON: site.settings.python, MODULE_DIR: str(site.settings.module_dir)}
    path = _itself(site.settings.snappy_properties)
    before = old.edits.get(str(path))
    there = all(now.get(key) == value for key, value in keys.items())
    edit = before if there else Edit.of(path, before, values=keys)
    return {str(path): edit} if edit is not None else {}


def _home(site: Site, notes: list[str]) -> dict[str, str]:
    """What gpt needs where Python would take another Python's modules."""
    here = site.embedded
    if here is None or here.belongs_to(site.interpreter):
        return {}
    problem = misplaced(site.interpreter, here)
    notes.append(f"{problem}. No file that gpt's launcher reads can say otherwise, so start it as {in_front(site)}")
    return {HOME: site.interpreter.home}


def _desktop(site: Site, old: Manifest, notes: list[str], *, wrong: bool) -> dict[str, Edit]:
    """The same for the desktop, which reads a line in its configuration."""
    desktop, value = site.desktop, site.interpreter.home
    there = site.embedded_in_desktop
    if desktop is None or there is None:
        return {}
    conf, line = _itself(desktop.conf), home_line(value)
    before = old.edits.get(str(conf))
    if before is None and not wrong and there.belongs_to(site.interpreter):
        return {}
    if not all(map(desktop.ours, desktop.said)):
        notes.append(
            f"{HOME} of SNAP Desktop is set already in {' or '.join(map(str, desktop.confs))}, which was left as it is"
        )
        return {}
    if before is not None and before.line == line and desktop.said.get(desktop.conf) == value:
        return {str(conf): before}
    if obstacle(conf.parent) or (conf.exists() and not os.access(conf, os.W_OK)):
        notes.append(
            f"{conf} cannot be written: to have SNAP Desktop find its Python, add to a file that starts it: "
            f"{line.partition('  #')[0]}"
        )
        return {str(conf): before} if before is not None else {}
    notes.append(f"SNAP Desktop gets {HOME}={value} by {conf}")
    return {str(conf): Edit.of(conf, before, line=line)}


def _itself(path: Path) -> Path:
    """The file behind a link, which an edit would replace."""
    return path.resolve() if path.is_symlink() else path


def _strangers(folder: Path) -> bool:
    """Whether more is there than what a process leaves that was killed before it had written a manifest."""
    if not is_folder(folder):
        return content_of(folder) is not None
    return any(not is_folder(p) and not is_part(p) for p in tree(folder))


def _some(paths: Sequence[Path]) -> str:
    return f"{paths[0]}" + (f" and {len(paths) - 1} more" if len(paths) > 1 else "")
