"""What an installation changes, decided on paper: it can be shown, made, and taken back."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from estran import __version__
from estran.adapters.snap.setup import content
from estran.adapters.snap.setup.changes import Change, Content, content_of, is_folder, is_part, mark, tree
from estran.adapters.snap.setup.check import obstacle, other_python, pip, pip_install
from estran.adapters.snap.setup.checks_home import in_front, misplaced
from estran.adapters.snap.setup.checks_operators import ours
from estran.adapters.snap.setup.doctor import BEFORE
from estran.adapters.snap.setup.edits import Edit
from estran.adapters.snap.setup.embedded import HOME, home_line
from estran.adapters.snap.setup.interpreter import ask, find_executable
from estran.adapters.snap.setup.manifest import FILE, Manifest
from estran.adapters.snap.setup.place import Placement, new_folders
from estran.adapters.snap.setup.settings import MODULE_DIR, PYTHON, Settings
from estran.adapters.snap.setup.site import Site
from estran.errors import BadParameter, EstranError, TargetExists


class InstallFailed(EstranError):
    """Something that must be so is not, or SNAP did not take the operators; nothing is left changed."""


@dataclass(frozen=True)
class Plan:
    """What will be changed, in order, in a SNAP that `site` describes as it will be afterwards."""

    site: Site
    changes: tuple[Change, ...]
    notes: tuple[str, ...] = ()
    changed: Mapping[str, str] = field(default_factory=dict)
    """Variables of the environment without which gpt does not start Python here."""


def plan_install(site: Site, python: Path | None = None, *, linked: bool = False) -> Plan:
    """How the operators get into that SNAP.

    Parameters
    ----------
    site
        The SNAP as it is.
    python
        An interpreter to set SNAP up for; None for the one it is set up for, or, where it is set up for none, the one that runs this.
    linked
        Point at the checkout instead of copying.

    Raises
    ------
    InstallFailed
        One of :data:`doctor.BEFORE` fails, or another Estran would win.
    TargetExists
        Something is where our folder or one of our files shall be, and not made by us.
    """
    if linked:
        content.checkout()
    now, old = site.settings, site.manifest or Manifest()
    site = _set_up(site, python)
    _refuse(site)
    held, notes = _links(site) if linked else _copies(site)
    if site.manifest is None and _strangers(site.folder):
        raise TargetExists("a folder of that name is there that this command did not make", where=site.folder, todo="move it away, then try again")
    modules = content.desktop_modules(site.settings)
    wanted: dict[Path, Content] = {site.folder / path: what for path, what in held.items()}
    wanted |= content.menu_files(modules) if modules is not None else {}
    changed, told = _home(site)
    line, more = _desktop(site, old, wrong=bool(changed))
    edits = {path: edit for path, edit in (_settings(site, now, old), line) if edit is not None}
    edited = [Change(Path(path), edit.result, edit.told) for path, edit in edits.items() if edit is not old.edits.get(path)]
    files = {str(path.relative_to(site.folder) if site.folder in path.parents else path): mark(what) for path, what in wanted.items()}
    outside = [site.folder / FILE, *(path for path in wanted if site.folder not in path.parents), *map(Path, edits)]
    new = Manifest("link" if linked else "copy", __version__, files, edits, new_folders(old, outside))
    placement = Placement(site.folder, old, new, wanted)
    notes += [*told, *more]
    if placement.changed_by_others:
        notes.append(f"replaced, though changed since it was installed: {_some(placement.changed_by_others)}")
    notes.append(f"the graphs are in {site.folder / content.GRAPHS}")
    return Plan(site, tuple(placement.changes(edited)), tuple(notes), changed)


def plan_uninstall(site: Site) -> Plan:
    """How everything gets out again: files that were edited get back what was there; what others changed since stays.

    Raises
    ------
    EstranError
        A folder of our name is there, and has no manifest of ours; or its services file was changed, and would be left without operators.
    """
    if site.manifest is None and _strangers(site.folder):
        raise EstranError("this folder was not made by `estran snap install`", where=site.folder, todo="remove it by hand")
    placement = Placement(site.folder, site.manifest or Manifest(), None, {})
    left = placement.changed_by_others
    services = next((p for p in left if (site.folder / content.SERVICES).is_relative_to(p)), None)
    if services is not None:
        todo = "move it away, then estran snap uninstall"
        raise EstranError("this file was changed since it was installed, and SNAP would look for operators that are gone", where=services, todo=todo)
    notes = [f"left as it is, for it is not as it was installed: {_some(left)}"] if left else []
    return Plan(site, tuple(placement.changes()), tuple(notes))


def _set_up(site: Site, python: Path | None) -> Site:
    """The site with the interpreter that it shall have."""
    told = site.settings.get(PYTHON)
    if python is None and told:
        asked, wanted = told, find_executable(told)
        if wanted is None:
            raise InstallFailed("the Python that SNAP is set up for is not there", where=site.settings.origins[PYTHON], found=told, todo=other_python())
    else:
        wanted = find_executable(str((python or Path(sys.executable)).expanduser()))
        if wanted is None:
            raise BadParameter("--python names no program", where=python or sys.executable, todo="name an interpreter, as --python python3")
        wanted = wanted.absolute()  # not resolved: a virtual environment is known by its link
        asked = str(wanted)
    interpreter, module_dir = ask(wanted), site.settings.module_dir
    if asked != told or not (module_dir / "esa_snappy" / "snappyutil.py").is_file():
        module_dir = Path(interpreter.esa_snappy) if interpreter.esa_snappy else interpreter.purelib
    if asked == told and str(module_dir) == site.settings.get(MODULE_DIR):
        return site
    return site.with_python(Path(asked), module_dir)


def _refuse(site: Site) -> None:
    """Where something is not as it must be, or another place brings our operators."""
    for check in BEFORE:
        found = check(site)
        if found is not None and not found.ok:
            raise InstallFailed(found.fact, todo=found.mend)
    for plugin in ours(site):
        if plugin.place != site.folder:
            todo = "in SNAP Desktop: Tools > Plugins > Installed > Estran > Uninstall" if plugin.place.suffix == ".jar" else "move it out of SNAP's sight"
            raise InstallFailed("another place brings Estran's operators to this SNAP already", where=plugin.place, todo=todo)


def _links(site: Site) -> tuple[dict[PurePosixPath, Content], list[str]]:
    """What `link` puts into our folder."""
    seen = site.installed.estran
    if seen and Path(seen).resolve().parent != content.package_folder():
        todo = pip(site.interpreter.executable, "uninstall", "estran")
        raise InstallFailed("an installed Estran would win over the checkout", where=Path(seen).parent, todo=todo)
    return dict(content.links()), [f"the operators are those of the checkout {content.checkout()}, as they are at each start of SNAP"]


def _copies(site: Site) -> tuple[dict[PurePosixPath, Content], list[str]]:
    """What `install` puts into our folder."""
    seen = site.installed
    if not seen.estran:
        note = "SNAP's Python does not see this Estran (it does not see editable installations): a copy goes beside the operators"
    elif seen.version != __version__:
        todo = pip_install(site, f"estran=={__version__}")
        found = seen.version or "one that cannot be imported"
        raise InstallFailed("another Estran would win in SNAP's Python", where=Path(seen.estran).parent, expected=__version__, found=found, todo=todo)
    else:
        note = f"SNAP uses Estran {seen.version} in {Path(seen.estran).parent}"
    return dict(content.copies(package=not seen.estran)), [note]


def _settings(site: Site, now: Settings, old: Manifest) -> tuple[str, Edit | None]:
    """SNAP's settings of Python, where it would not take this one anyway: the file, and what of it is ours, made anew or as it is."""
    keys = {PYTHON: site.settings.python, MODULE_DIR: str(site.settings.module_dir)}
    path = _itself(site.settings.snappy_properties)
    before = old.edits.get(str(path))
    there = all(now.get(key) == value for key, value in keys.items())
    return str(path), before if there else Edit.of(path, before, values=keys)


def _home(site: Site) -> tuple[dict[str, str], list[str]]:
    """What gpt needs where Python would take another Python's modules, and the sentence that says so."""
    here = site.embedded
    if here is None or here.belongs_to(site.interpreter):
        return {}, []
    told = misplaced(site.interpreter, here)
    return {HOME: site.interpreter.home}, [f"{told}. No file that gpt's launcher reads can say otherwise, so start it as {in_front(site, site.snap.gpt)}"]


def _desktop(site: Site, old: Manifest, *, wrong: bool) -> tuple[tuple[str, Edit | None], list[str]]:
    """The same for the desktop, which reads a line in its configuration."""
    desktop, value = site.desktop, site.interpreter.home
    there = site.embedded_in_desktop if desktop is not None else None
    if desktop is None or there is None:
        return ("", None), []
    conf, line = _itself(desktop.conf), home_line(value)
    before = old.edits.get(str(conf))
    if before is None and not wrong and there.belongs_to(site.interpreter):
        return ("", None), []
    if any(desktop.home_of(one) is not None and not desktop.ours(one) for one in desktop.confs):
        return ("", None), [f"{HOME} of SNAP Desktop is set already in {' or '.join(map(str, desktop.confs))}, which was left as it is"]
    if before is not None and before.line == line and desktop.home_of(conf) == value:
        return (str(conf), before), []
    if obstacle(conf.parent) or (conf.exists() and not os.access(conf, os.W_OK)):
        told = f"{conf} cannot be written: to have SNAP Desktop find its Python, add to a file that starts it: {line.partition('  #')[0]}"
        return (str(conf), before), [told]
    return (str(conf), Edit.of(conf, before, line=line)), [f"SNAP Desktop gets {HOME}={value} by {conf}"]


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
