"""Everything that must be so for our operators to run in a SNAP. A new fact is a function more in CHECKS."""

from __future__ import annotations

from collections.abc import Callable

from estran.adapters.snap.setup.check import Check
from estran.adapters.snap.setup.checks_home import desktop_home, home
from estran.adapters.snap.setup.checks_operators import duplicates, operators, other_plugins, registered, starts
from estran.adapters.snap.setup.checks_python import bridge_package, package, packages, python, rugged, shared_library
from estran.adapters.snap.setup.checks_snap import bridge_module, java, settings, user_dir, version
from estran.adapters.snap.setup.find import NoSnap
from estran.adapters.snap.setup.site import Site
from estran.errors import EstranError

Checker = Callable[[Site], Check | None]
"""Gives None where it does not apply, because an earlier one failed or there is nothing to judge."""

BEFORE: tuple[Checker, ...] = (version, bridge_module, user_dir, settings, python, shared_library, bridge_package, packages)
"""What must be so before operators are installed; asks gpt nothing."""

CHECKS: dict[str, Checker] = {
    "snap": version,
    "java": java,
    "bridge": bridge_module,
    "user_dir": user_dir,
    "settings": settings,
    "python": python,
    "libpython": shared_library,
    "esa_snappy": bridge_package,
    "home": home,
    "desktop_home": desktop_home,
    "packages": packages,
    "operators": operators,
    "duplicates": duplicates,
    "plugins": other_plugins,
    "estran": package,
    "rugged": rugged,
    "gpt": registered,
    "start": starts,
}
"""By the stable names that programs see, in the order in which one rests on the other."""


def examine(find: Callable[[], Site]) -> list[Check]:
    """Every check that applies, on the SNAP that is found."""
    try:
        site = find()
    except NoSnap as error:
        fact = error.what + (f" ({error.where})" if "SNAP_HOME" in error.what else "")
        return [Check("snap", False, fact, "estran snap doctor --snap DIR")]
    return [found for name, check in CHECKS.items() if (found := _guarded(name, check, site)) is not None]


def _guarded(name: str, check: Checker, site: Site) -> Check | None:
    try:
        return check(site)
    except EstranError as error:
        fact = type(error)(error.what, where=error.where, expected=error.expected, found=error.found).sentence()
        return Check(name, False, fact, error.todo, optional=check is rugged)
