"""Checks of the operators: where they are, once only, in good company, known to gpt, and running."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from estran import __version__
from estran.adapters.snap.setup import content
from estran.adapters.snap.setup.changes import Content, mark, mark_at
from estran.adapters.snap.setup.check import ALIASES, INSTALL, Check, quoted
from estran.adapters.snap.setup.checks_home import home
from estran.adapters.snap.setup.plugins import Plugin
from estran.adapters.snap.setup.site import Site


def operators(site: Site) -> Check:
    """Where our operators are, and that they are those of this Estran."""
    manifest, folder = site.manifest, site.folder
    if manifest is None:
        found = ours(site)
        if not found:
            return Check("operators", False, "Estran's operators are not in this SNAP", INSTALL)
        return Check("operators", True, f"operators in {found[0].place}")
    linked = manifest.mode == "link"
    wanted: Mapping[PurePosixPath, Content] = content.links() if linked else content.copies(package=(folder / content.NAME).is_dir())
    stale = [str(path) for path, what in wanted.items() if mark_at(folder / path) != mark(what)]
    if linked and (stale or not wanted):
        return Check("operators", False, f"operators in {folder} are linked to another checkout than this", "estran snap link")
    if linked:
        return Check("operators", True, f"operators in {folder}, linked to {content.checkout()}")
    if stale:
        which = stale[0] + (f" and {len(stale) - 1} more" if len(stale) > 1 else "")
        return Check("operators", False, f"operators in {folder} are not as this Estran {__version__} makes them ({which})", INSTALL)
    return Check("operators", True, f"operators in {folder}, as this Estran {__version__} makes them")


def duplicates(site: Site) -> Check | None:
    """Of one alias SNAP takes the last that it finds, silently."""
    places = [p.place for p in ours(site)]
    if not places:
        return None
    if len(places) == 1:
        return Check("duplicates", True, "no other place brings operators of these names")
    fact = f"operators of ours are in {len(places)} places, and SNAP takes the last: {', '.join(map(str, places))}"
    if site.manifest is not None and all(p == site.folder or p.suffix == ".jar" for p in places):
        return Check("duplicates", False, fact, "estran snap uninstall  # keeps the plugin of SNAP Desktop")
    other = next(p for p in places if p != site.folder)
    return Check("duplicates", False, fact, f"move {quoted(other)} out of {quoted(other.parent)}")


def other_plugins(site: Site) -> Check:
    """One missing descriptor stops SNAP from registering every Python operator that comes later, whoever's."""
    broken = [p for p in site.plugins if p.faults]
    if broken:
        fact = f"the Python plugin {broken[0].place} is broken and can take the others with it: {', '.join(broken[0].faults)}"
        return Check("plugins", False, fact, INSTALL if broken[0].place == site.folder else f"move {quoted(broken[0].place)} away, or install it again")
    others = len(site.plugins) - len(ours(site))
    return Check("plugins", True, f"other Python plugins: {others}, whole" if others else "other Python plugins: none")


def registered(site: Site) -> Check | None:
    """What gpt itself says that it knows."""
    if site.diagnosis.code != 0 or not ours(site):
        return None
    answer = site.listing
    if answer.code != 0:
        return Check("gpt", False, f"gpt -h fails: {answer.reason}", f"{quoted(site.snap.gpt)} -h  # shows why")
    missing = [a for a in ALIASES if not re.search(rf"(?<![\w.]){re.escape(a)}(?![\w.])", answer.out)]
    if missing:
        return Check("gpt", False, f"gpt does not know {', '.join(missing)}", f"{quoted(site.snap.gpt)} {missing[0]} -h  # shows why")
    return Check("gpt", True, f"gpt knows all {len(ALIASES)} operators")


def starts(site: Site) -> Check | None:
    """Python starts in SNAP and runs our code: an operator without a source must answer with an error of ours."""
    before = registered(site)
    if before is None or not before.ok:
        return None
    alias, target = ALIASES[0], "nothing.dim"
    answer = site.gpt(alias, "-t", target)
    if "estran.errors." in answer.err + answer.out:
        return Check("start", True, f"Python starts in SNAP and runs {alias}")
    log = site.settings.module_dir / "esa_snappy" / "snappyutil.log"
    place = home(site)
    mend = place.mend if place is not None and not place.ok else f"{quoted(site.snap.gpt)} {alias} -t {target}  # shows why; so does {log}"
    return Check("start", False, f"Python does not start in SNAP: {answer.reason}", mend)


def ours(site: Site) -> list[Plugin]:
    """The places that bring operators of ours."""
    return [p for p in site.plugins if set(ALIASES) & set(p.aliases)]
