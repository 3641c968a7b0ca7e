"""Install, link and uninstall: decide on paper what changes, change it, prove it, and on any failure put everything back."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from estran import __version__
from estran.adapters.snap.setup import content, record
from estran.adapters.snap.setup.changes import Change, Changes, Link, Remove, Write, is_link, points_at, tree
from estran.adapters.snap.setup.check import ALIASES, other_python
from estran.adapters.snap.setup.checks_operators import ours, registered, starts
from estran.adapters.snap.setup.doctor import BEFORE
from estran.adapters.snap.setup.interpreter import ask, find_executable
from estran.adapters.snap.setup.properties import edit_properties, read_properties
from estran.adapters.snap.setup.record import Outside, Record
from estran.adapters.snap.setup.settings import MODULE_DIR, PYTHON, read_settings
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

    @property
    def empty(self) -> bool:
        """Whether everything is so already."""
        return not self.changes


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
    site = _set_up(site, python)
    for check in BEFORE:
        found = check(site)
        if found is not None and not found.ok:
            raise InstallFailed(found.fact, todo=found.mend)
    _alone(site)
    held, notes = _folder_content(site, linked)
    earlier = site.record
    if earlier is None and site.folder.exists() and any(site.folder.iterdir()):
        raise TargetExists("a folder of that name is there that this command did not make", where=site.folder, todo="move it away, then try again")
    outer, kept = _outside(site, earlier)
    made = Record(
        "link" if linked else "copy",
        __version__,
        site.settings.python,
        str(site.settings.module_dir),
        tuple(kept),
        _new_folders(site, [path for path, _ in outer], earlier),
    )
    inner = _folder_changes(site.folder, held, made)
    changes = [*inner[:-1], *(Write(path, data) for path, data in outer if not path.is_file() or path.read_bytes() != data), *inner[-1:]]
    return Plan(site, tuple(changes), tuple(notes))


def plan_uninstall(site: Site) -> Plan:
    """How everything gets out again: files that were changed go back to their earlier bytes; settings that others changed since stay.

    Raises
    ------
    EstranError
        A folder of our name is there, and has no record of ours.
    """
    made = site.record
    if made is None:
        if site.folder.exists():
            raise EstranError("this folder was not made by `estran snap install`", where=site.folder, todo="remove it by hand")
        return Plan(site, ())
    changes: list[Change] = [Remove(_services(site.folder))] if _services(site.folder).is_file() and not is_link(_services(site.folder).parents[1]) else []
    changes += [change for one in made.outside for change in _restored(one)]
    below = [p for p in tree(site.folder) if p not in (_services(site.folder), site.folder / record.FILE)]
    changes += [Remove(p) for p in below]
    changes += [Remove(site.folder / record.FILE), Remove(site.folder)]
    going = {c.path for c in changes if isinstance(c, Remove)}
    for folder in sorted(map(Path, made.folders), key=lambda p: -len(p.parts)):
        if folder.is_dir() and all(p in going for p in folder.iterdir()):
            changes.append(Remove(folder))
            going.add(folder)
    return Plan(site, tuple(changes))


def apply(plan: Plan, *, prove: bool) -> list[str]:
    """Make the changes; with `prove`, have gpt show that it took them. The sentences of the proof.

    Raises
    ------
    WriteFailed, InstallFailed
        Everything is as it was before.
    """
    with Changes() as changes:
        changes.make(plan.changes)
        if not prove:
            return []
        fresh = Site(plan.site.snap, plan.site.settings, plan.site.asked_user_dir, plan.site.timeout)
        return [_help(fresh), _start(fresh)]


def _help(site: Site) -> str:
    alias = ALIASES[0]
    answer = site.gpt(alias, "-h")
    if answer.code != 0 or alias not in answer.out:
        raise InstallFailed(
            f"gpt did not take the operators, so everything was taken out again ({answer.reason})",
            where=f"{site.snap.gpt} {alias} -h",
            todo="estran snap doctor says more; a slow machine wants --timeout",
        )
    return f"gpt {alias} -h answers"


def _start(site: Site) -> str:
    found = starts(site)
    if found is None:
        found = registered(site)
    if found is None or not found.ok:
        raise InstallFailed(
            f"SNAP does not run the operators, so everything was taken out again ({found.fact if found else 'gpt --diag says nothing'})",
            todo=found.mend if found else "estran snap doctor",
        )
    return found.fact


def _set_up(site: Site, python: Path | None) -> Site:
    """The site with the interpreter that it shall have."""
    told = site.settings.get(PYTHON)
    if python is None and told:
        wanted = find_executable(told)
        if wanted is None:
            raise InstallFailed("the Python that SNAP is set up for is not there", where=site.settings.origins[PYTHON], found=told, todo=other_python())
        asked = told
    else:
        given = python or Path(sys.executable)
        wanted = find_executable(str(given))
        if wanted is None:
            raise BadParameter("--python names no program", where=given, todo="name an interpreter, as /usr/bin/python3")
        wanted = wanted.absolute()  # not resolved: a virtual environment is known by its link
        asked = str(wanted)
    interpreter = ask(wanted)
    module_dir = site.settings.module_dir
    if python is not None or not (module_dir / "esa_snappy" / "snappyutil.py").is_file():
        module_dir = Path(interpreter.esa_snappy) if interpreter.esa_snappy else interpreter.purelib
    if asked == told and str(module_dir) == site.settings.get(MODULE_DIR):
        return site
    return site.with_python(Path(asked), module_dir)


def _alone(site: Site) -> None:
    """Refuse where another place brings our operators."""
    for plugin in ours(site):
        if plugin.place != site.folder:
            raise InstallFailed(
                "another place brings Estran's operators to this SNAP already",
                where=plugin.place,
                todo="in SNAP Desktop: Tools > Plugins > Installed > Estran > Uninstall" if plugin.place.suffix == ".jar" else "move it out of SNAP's sight",
            )


def _folder_content(site: Site, linked: bool) -> tuple[dict[Path, bytes | Path], list[str]]:
    """What our folder shall hold: bytes of files, targets of links; and what to tell of it."""
    seen = site.installed
    executable = site.interpreter.executable
    if linked:
        root = content.checkout()
        if seen.estran and Path(seen.estran).resolve().parent != content.package_folder():
            raise InstallFailed("an installed Estran would win over the checkout", where=Path(seen.estran).parent, todo=f"{executable} -m pip uninstall estran")
        return {Path(p): target for p, target in content.links().items()}, [
            f"the operators are those of the checkout {root}, as they are at each start of SNAP"
        ]
    files: dict[Path, bytes | Path] = {Path(p): data for p, data in content.operator_files().items()}
    if seen.estran:
        if seen.version != __version__:
            raise InstallFailed(
                "another Estran would win in SNAP's Python",
                where=Path(seen.estran).parent,
                expected=__version__,
                found=seen.version or "none that can be imported",
                todo=f"{executable} -m pip install estran=={__version__}",
            )
        return files, [f"SNAP uses Estran {seen.version} in {Path(seen.estran).parent}"]
    files |= {Path(p): data for p, data in content.package_files().items()}
    return files, ["SNAP's Python does not see this Estran (it reads no .pth files, so no editable installation): a copy goes beside the operators"]


def _folder_changes(folder: Path, held: dict[Path, bytes | Path], made: Record) -> list[Change]:
    """The record first, so that a killed installation can be undone; the services file last, because it makes SNAP look."""
    services = Path(content.SERVICES)
    wanted = {folder / p: what for p, what in held.items()}
    parents = {parent for path in wanted for parent in path.parents if folder in parent.parents}
    stale = [
        Remove(p)
        for p in tree(folder)
        if p not in wanted
        and p != folder / record.FILE
        and (p not in parents or is_link(p))
        and not ("__pycache__" in p.parts and p.parent.parent in parents | {folder})
    ]
    changes: list[Change] = [Write(folder / record.FILE, made.to_bytes()), *stale]
    for path, what in wanted.items():
        if path != folder / services:
            changes.append(Write(path, what) if isinstance(what, bytes) else Link(path, what))
    last = held.get(services)
    todo = [c for c in changes if not _done(c)]
    if isinstance(last, bytes):
        final = Write(folder / services, last)
        if todo and (folder / services).is_file() and not is_link(folder / services.parts[0]):
            todo.insert(1 if todo[0] == changes[0] else 0, Remove(folder / services))
            return [*todo, final]
        return [*todo, *([] if _done(final) else [final])]
    return todo


def _done(change: Change) -> bool:
    match change:
        case Write(path, data):
            return path.is_file() and path.read_bytes() == data
        case Link(path, target):
            return points_at(path, target)
        case _:
            return False


def _outside(site: Site, earlier: Record | None) -> tuple[list[tuple[Path, bytes]], list[Outside]]:
    """Files outside our folder: what they shall hold, and how they were before us."""
    before = {one.path: one for one in (earlier.outside if earlier else ())}
    wanted: list[tuple[Path, bytes]] = []
    kept: list[Outside] = []
    keys = {PYTHON: site.settings.python, MODULE_DIR: str(site.settings.module_dir)}
    path = site.settings.snappy_properties
    held = path.read_bytes() if path.is_file() else None
    now = read_properties(held or b"", path)
    if any(site.settings.origins.get(key) is None or _told_elsewhere(site, key, value) for key, value in keys.items()):
        wanted.append((path, edit_properties(held or b"", keys, path)))
        old = before.get(str(path))
        if old is None:
            kept.append(record.outside(path, held, {key: (now.get(key), value) for key, value in keys.items()}))
        else:
            kept.append(record.Outside(old.path, old.earlier, {key: (old.keys.get(key, (now.get(key), ""))[0], value) for key, value in keys.items()}))
    elif str(path) in before:
        kept.append(before[str(path)])
    if content.has_desktop(site.snap.home):
        for place, data in content.menu_files(site.settings.user_clusters[-1]).items():
            wanted.append((place, data))
            kept.append(before.get(str(place)) or record.outside(place, place.read_bytes() if place.is_file() else None))
    return wanted, kept


def _told_elsewhere(site: Site, key: str, value: str) -> bool:
    """Whether SNAP, as it is on the disk now, would not take this value."""
    return read_settings(site.snap.home, site.asked_user_dir).get(key) != value


def _restored(one: Outside) -> list[Change]:
    path = Path(one.path)
    now = path.read_bytes() if path.is_file() else None
    earlier = one.earlier_bytes
    if not one.keys:
        return [] if now == earlier else [Remove(path) if earlier is None else Write(path, earlier)]
    if now is None or now == earlier:
        return []
    ours = edit_properties(earlier or b"", {key: value for key, (_, value) in one.keys.items()}, path)
    if now == ours:
        return [Remove(path) if earlier is None else Write(path, earlier)]
    # Somebody changed the file since: only what is still ours goes back.
    held = read_properties(now, path)
    left = edit_properties(now, {key: was for key, (was, value) in one.keys.items() if held.get(key) == value}, path)
    if earlier is None and not read_properties(left, path):
        return [Remove(path)]
    return [Write(path, left)] if left != now else []


def _new_folders(site: Site, outer: list[Path], earlier: Record | None) -> tuple[str, ...]:
    known = list(earlier.folders) if earlier else []
    for path in (site.folder, *outer):
        for folder in reversed(path.parents):
            if not folder.exists() and str(folder) not in known:
                known.append(str(folder))
    return tuple(known)


def _services(folder: Path) -> Path:
    return folder / Path(content.SERVICES)
