"""``estran snap install | link | uninstall | doctor``: the operators into a SNAP, out of it, and what
is wrong with it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from estran import __version__
from estran.cli.verbosity import add_verbosity
from estran.errors import EstranError

if TYPE_CHECKING:
    from estran.adapters.snap.setup.check import Check
    from estran.adapters.snap.setup.plan import Plan
    from estran.adapters.snap.setup.site import Site

SCHEMA = 2
"""Of ``doctor --json``."""

_WHAT = {
    "install": "put the operators into SNAP, and have gpt prove it",
    "link": "for developers: let SNAP use this checkout",
    "uninstall": "take them out again; files that were changed go back to what they were",
    "doctor": "say what is right and what is wrong, a line a fact, with the command that mends it",
}


class NotWell(EstranError):
    """The doctor found something."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command; a subcommand for each thing to do."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="WHAT", title="what")
    for name, line in _WHAT.items():
        one = actions.add_parser(name, help=line, description=f"{line[0].upper()}{line[1:]}.", allow_abbrev=False)
        add_verbosity(one)
        one.add_argument(
            "--snap",
            type=Path,
            metavar="DIR",
            help="SNAP's folder; default: SNAP_HOME, else the gpt on the PATH, else the usual places",
        )
        one.add_argument(
            "--userdir",
            type=Path,
            metavar="DIR",
            help="SNAP's user directory, where gpt is run with -J-Dsnap.userdir=DIR; default: what SNAP's settings say",
        )
        if name in ("install", "link"):
            one.add_argument(
                "--python",
                type=Path,
                metavar="FILE",
                help="the Python that SNAP shall start; default: the one it is set up for, else the one that runs this",
            )
        if name != "uninstall":
            one.add_argument(
                "--timeout", type=_seconds, default=180.0, metavar="S", help="seconds for one run of gpt (default 180)"
            )
        if name == "doctor":
            one.add_argument("--json", action="store_true", help="as JSON, for programs")
        else:
            one.add_argument(
                "--dry-run", action="store_true", help="change nothing; show each file and how it would change"
            )


def run(args: argparse.Namespace) -> None:
    """Do it."""
    {"install": _install, "link": _install, "uninstall": _uninstall, "doctor": _doctor}[args.action](args)


def _install(args: argparse.Namespace) -> None:
    from estran.adapters.snap.setup.plan import apply, plan_install

    plan = plan_install(_site(args), args.python, linked=args.action == "link")
    if _shown(args, plan):
        many = len({change.path for change in plan.changes})
        _say(
            args,
            f"{f'{many} files to change' if many else 'everything is in its place'} in {plan.site.settings.user_dir}",
        )
        for sentence in apply(plan, prove=True):
            _say(args, sentence)


def _uninstall(args: argparse.Namespace) -> None:
    from estran.adapters.snap.setup.find import NoSnap
    from estran.adapters.snap.setup.plan import apply, plan_uninstall
    from estran.adapters.snap.setup.settings import read_settings
    from estran.adapters.snap.setup.site import Site

    try:
        site = _site(args)
    except NoSnap:
        site = Site(None, read_settings(None, args.userdir), args.userdir)
    plan = plan_uninstall(site)
    if _shown(args, plan):
        apply(plan, prove=False)
        _say(args, f"{'taken out of' if plan.changes else 'nothing of ours is in'} {site.settings.user_dir}")


def _doctor(args: argparse.Namespace) -> None:
    from estran.adapters.snap.setup.doctor import examine

    found = examine(lambda: _site(args))
    wrong = [check for check in found if not check.ok and not check.optional]
    if args.json:
        checks = [
            {
                "id": c.id,
                "ok": c.ok or c.optional,
                "fact": c.fact,
                "mend": "" if c.ok else c.mend,
                "optional": c.optional,
            }
            for c in found
        ]
        print(json.dumps({"schema": SCHEMA, "estran": __version__, "ok": not wrong, "checks": checks}, indent=1))
    else:
        print("\n".join(lines(found, sys.stdout.encoding)))
    if wrong:
        raise NotWell(f"{len(wrong)} of {len(found)} facts are not as they must be")


def lines(found: Sequence[Check], encoding: str | None) -> list[str]:
    """The checks for a terminal: ✓ or ✗ (– for what nothing fails without), or words where its encoding has no such
    signs.
    """
    good, bad, lacking, arrow = ("✓", "✗", "–", "→") if _can("✓✗–→", encoding) else ("ok   ", "WRONG", "lacks", "->")
    text = []
    for check in found:
        text.append(f"{good if check.ok else lacking if check.optional else bad} {check.fact}")
        if not check.ok and check.mend:
            text.append(f"  {arrow} {check.mend}")
    return [line.encode(encoding or "ascii", "backslashreplace").decode(encoding or "ascii") for line in text]


def _can(text: str, encoding: str | None) -> bool:
    try:
        text.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _site(args: argparse.Namespace) -> Site:
    from estran.adapters.snap.setup.site import Site

    return Site.find(args.snap, args.userdir, timeout=getattr(args, "timeout", 180.0))


def _shown(args: argparse.Namespace, plan: Plan) -> bool:
    """Say what is to be said of it, and in a dry run each change; whether it is to be carried out."""
    for note in plan.notes:
        _say(args, note)
    if args.dry_run:
        for line in [change.description for change in plan.changes] or ["nothing would change"]:
            _print(line)
    return not args.dry_run


def _say(args: argparse.Namespace, sentence: str) -> None:
    if not args.quiet:
        _print(sentence)


def _print(sentence: str) -> None:
    encoding = sys.stdout.encoding or "ascii"
    print(sentence.encode(encoding, "backslashreplace").decode(encoding))


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds above 0")
    return value
