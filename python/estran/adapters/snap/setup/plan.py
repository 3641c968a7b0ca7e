"""What an installation changes, decided on paper: it can be shown, made, and taken back."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from estran import __version__
from estran.adapters.snap.setup import content, record
from estran.adapters.snap.setup.changes import Change, Link, Remove, Write, is_link, parts_of, tree
from estran.adapters.snap.setup.check import other_python, pip, pip_install
from estran.adapters.snap.setup.checks_home import in_front, misplaced
from estran.adapters.snap.setup.checks_operators import ours
from estran.adapters.snap.setup.desktop import with_line, without_line
from estran.adapters.snap.setup.doctor import BEFORE
from estran.adapters.snap.setup.embedded import HOME, home_line
from estran.adapters.snap.setup.interpreter import ask, find_executable
from estran.adapters.snap.setup.properties import edit_properties, read_properties
from estran.adapters.snap.setup.record import Outside, Record
from estran.adapters.snap.setup.settings import MODULE_DIR, PYTHON, Settings
from estran.adapters.snap.setup.site import Site
from estran.errors import BadParameter, EstranError, TargetExists

Held = dict[Path, bytes | Path]
"""What our folder holds: bytes of files, targets of links."""


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
        Our folder is there, and not made by us.
    """
    if linked:
        content.checkout()
    now, earlier = site.settings, site.record
    site = _set_up(site, python)
    for check in BEFORE:
        found = check(site)
        if found is not None and not found.ok:
            raise InstallFailed(found.fact, todo=found.mend)
    _alone(site)
    held, notes = _links(site) if linked else _copies(site)
    if earlier is None and site.folder.exists() and any(site.folder.iterdir()):
        raise TargetExists("a folder of that name is there that this command did not make", where=site.folder, todo="move it away, then try again")
    outer, kept = _outside(site, now, earlier)
    changed, told = _at_home(site, outer, kept, earlier)
    notes += told
    made = Record(
        "link" if linked else "copy",
        __version__,
        site.settings.python,
        str(site.settings.module_dir),
        tuple(kept),
        _new_folders([site.folder / record.FILE, *(write.path for write in outer)], earlier),
    )
    first = Write(site.folder / record.FILE, made.to_bytes(), "what was done, for estran snap uninstall")
    inner = _inside(site.folder, held)
    # The record first, so that even a killed installation can be taken out; last of all what makes SNAP look.
    notes.append(f"the graphs are in {site.folder / content.GRAPHS}")
    return Plan(site, tuple(c for c in ([] if first.done else [first]) + [*inner[:-1], *outer, *inner[-1:]]), tuple(notes), changed)


def plan_uninstall(site: Site) -> Plan:
    """How everything gets out again: files that were changed go back to their earlier bytes; settings that others changed since stay.

    Raises
    ------
    EstranError
        A folder of our name is there, and has no record of ours.
    """
    made, folder = site.record, site.folder
    if made is None:
        if folder.exists():
            raise EstranError("this folder was not made by `estran snap install`", where=folder, todo="remove it by hand")
        return Plan(site, ())
    below, last = tree(folder), folder / record.FILE
    services = _services(folder)
    changes: list[Change] = [Remove(services)] if services in below else []
    changes += [change for one in made.outside for change in (*_restored(one), *map(Remove, parts_of(Path(one.path))))]
    changes += [Remove(p) for p in below if p not in (services, last)]
    changes += [Remove(last), Remove(folder)]
    going = {change.path for change in changes if isinstance(change, Remove)}
    for one in sorted(map(Path, made.folders), key=lambda p: -len(p.parts)):
        if one.is_dir() and one not in going and all(p in going for p in one.iterdir()):
            changes.append(Remove(one))
            going.add(one)
    return Plan(site, tuple(changes))


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


def _alone(site: Site) -> None:
    """Refuse where another place brings our operators."""
    for plugin in ours(site):
        if plugin.place != site.folder:
            todo = "in SNAP Desktop: Tools > Plugins > Installed > Estran > Uninstall" if plugin.place.suffix == ".jar" else "move it out of SNAP's sight"
            raise InstallFailed("another place brings Estran's operators to this SNAP already", where=plugin.place, todo=todo)


def _links(site: Site) -> tuple[Held, list[str]]:
    """The folder of `link`."""
    seen = site.installed.estran
    if seen and Path(seen).resolve().parent != content.package_folder():
        todo = pip(site.interpreter.executable, "uninstall", "estran")
        raise InstallFailed("an installed Estran would win over the checkout", where=Path(seen).parent, todo=todo)
    held: Held = {Path(path): target for path, target in content.links().items()}
    return held, [f"the operators are those of the checkout {content.checkout()}, as they are at each start of SNAP"]


def _copies(site: Site) -> tuple[Held, list[str]]:
    """The folder of `install`."""
    files = content.operator_files() | content.graph_files()
    seen = site.installed
    if not seen.estran:
        files |= content.package_files()
        note = "SNAP's Python does not see this Estran (it does not see editable installations): a copy goes beside the operators"
    elif seen.version != __version__:
        todo = pip_install(site, f"estran=={__version__}")
        found = seen.version or "one that cannot be imported"
        raise InstallFailed("another Estran would win in SNAP's Python", where=Path(seen.estran).parent, expected=__version__, found=found, todo=todo)
    else:
        note = f"SNAP uses Estran {seen.version} in {Path(seen.estran).parent}"
    return {Path(path): data for path, data in files.items()}, [note]


def _inside(folder: Path, held: Held) -> list[Change]:
    """Changes of our folder. While they are made there is no services file, so that SNAP never sees a half of it."""
    wanted = {folder / path: what for path, what in held.items()}
    parents = {parent for path in wanted for parent in path.parents if folder in parent.parents} | {folder}
    stale = [p for p in tree(folder) if p not in wanted and p.name != record.FILE and (p not in parents or is_link(p)) and not _cache_of(p, parents)]
    going = {p for p in stale if is_link(p)}
    services = _services(folder)
    last = wanted.pop(services, None)
    todo: list[Change] = [Remove(p) for p in stale]
    for path, what in wanted.items():
        change = Write(path, what) if isinstance(what, bytes) else Link(path, what)
        if going & set(path.parents) or not change.done:
            todo.append(change)
    if isinstance(last, bytes):
        final = Write(services, last, "makes SNAP look here")
        if todo and services.is_file() and not going & set(services.parents):
            todo.insert(0, Remove(services))
        if todo or not final.done:
            todo.append(final)
    return todo


def _cache_of(path: Path, folders: set[Path]) -> bool:
    """Whether it is what Python and numba keep of modules that stay."""
    inside = next((p for p in (path, *path.parents) if p.name == "__pycache__"), None)
    return inside is not None and inside.parent in folders and not is_link(inside.parent)


def _outside(site: Site, now: Settings, earlier: Record | None) -> tuple[list[Write], list[Outside]]:
    """Files outside our folder: those to write, and how each was before us."""
    before = {one.path: one for one in (earlier.outside if earlier else ())}
    wanted: list[Write] = []
    kept: list[Outside] = []
    keys = {PYTHON: site.settings.python, MODULE_DIR: str(site.settings.module_dir)}
    path = site.settings.snappy_properties
    if any(now.get(key) != value for key, value in keys.items()):
        held = path.read_bytes() if path.is_file() else None
        told = read_properties(held or b"", path)
        wanted.append(Write(path, edit_properties(held or b"", keys, path), "sets " + ", ".join(f"{k} = {v}" for k, v in keys.items()) + "; the rest stays"))
        old = before.get(str(path))
        was = {key: old.keys[key][0] if old else told.get(key) for key in keys}
        kept.append(replace(old or record.outside(path, held), keys={key: (was[key], value) for key, value in keys.items()}))
    elif str(path) in before:
        kept.append(before[str(path)])
    modules = content.desktop_modules(site.settings)
    if modules is not None:
        for place, data in content.menu_files(modules).items():
            wanted.append(Write(place, data, "menu entries and help for SNAP Desktop"))
            kept.append(before.get(str(place)) or record.outside(place, place.read_bytes() if place.is_file() else None))
    return [write for write in wanted if not write.done], kept


def _at_home(site: Site, outer: list[Write], kept: list[Outside], earlier: Record | None) -> tuple[dict[str, str], list[str]]:
    """Where Python would take another Python's modules: the line for the desktop, what gpt needs, and the sentences that say so."""
    here, desktop = site.embedded, site.desktop
    wrong, value = here is not None and not here.belongs_to(site.interpreter), site.interpreter.home
    notes = []
    if here is not None and wrong:
        notes.append(
            f"{misplaced(site.interpreter, here)}. No file that gpt's launcher reads can say otherwise, so start it as {in_front(site, site.snap.gpt)}"
        )
    before = next((one for one in (earlier.outside if earlier else ()) if one.line), None)
    there = site.embedded_in_desktop if desktop is not None else None
    if desktop is not None and there is not None and (before is not None or wrong or not there.belongs_to(site.interpreter)):
        line, conf = home_line(value), desktop.conf
        if any(desktop.home_of(one) is not None and not desktop.ours(one) for one in desktop.confs):
            notes.append(f"{HOME} of SNAP Desktop is set already in {' or '.join(map(str, desktop.confs))}, which was left as it is")
            return ({HOME: value} if wrong else {}), notes
        held = conf.read_bytes() if conf.is_file() else None
        if not _writable(conf):
            notes.append(f"{conf} cannot be written: to have SNAP Desktop find its Python, add to a file that starts it: {line.partition('  #')[0]}")
        else:
            if held is None or line.encode() not in held.splitlines():
                outer.append(Write(conf, with_line(held or b"", line, before.line if before else None), f"{HOME} for SNAP Desktop; the rest stays"))
                notes.append(f"SNAP Desktop gets {HOME}={value} by {conf}")
            kept.append(replace(before or record.outside(conf, held), line=line))
    return ({HOME: value} if wrong else {}), notes


def _writable(path: Path) -> bool:
    first = next(p for p in (path, *path.parents) if p.exists())
    return os.access(first, os.W_OK | os.X_OK) if first.is_dir() else first == path and os.access(path, os.W_OK)


def _restored(one: Outside) -> list[Change]:
    """How a file outside goes back."""
    path, earlier = Path(one.path), one.earlier_bytes
    now = path.read_bytes() if path.is_file() else None
    if now is None or now == earlier:
        return [] if one.keys or one.line or now == earlier or earlier is None else [Write(path, earlier)]
    back = Remove(path) if earlier is None else Write(path, earlier, "as it was")
    if one.line:
        left = without_line(now, one.line)
        if with_line(earlier or b"", one.line) == now or (earlier is None and not left):
            return [back]
        return [Write(path, left, "what others changed stays")] if left != now else []
    if not one.keys or now == edit_properties(earlier or b"", {key: value for key, (_, value) in one.keys.items()}, path):
        return [back]
    # Somebody changed the file since: only what is still ours goes back.
    held = read_properties(now, path)
    left = edit_properties(now, {key: was for key, (was, value) in one.keys.items() if held.get(key) == value}, path)
    if earlier is None and not read_properties(left, path):
        return [back]
    return [Write(path, left, "what others changed stays")] if left != now else []


def _new_folders(paths: list[Path], earlier: Record | None) -> tuple[str, ...]:
    known = list(earlier.folders) if earlier else []
    for path in paths:
        known += [str(folder) for folder in reversed(path.parents) if not folder.exists() and str(folder) not in known]
    return tuple(known)


def _services(folder: Path) -> Path:
    return folder / Path(content.SERVICES)
