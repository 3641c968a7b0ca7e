"""The last step of writing: a result that is whole goes to its place, and what was there before goes. Killed at any
moment, it can be taken up again.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

from estran.adapters.files.belongings import Inventory, inventory
from estran.adapters.files.moves import exchange, to_free_name

PART, READY = ".estran-part", ".estran-ready"
"""Endings of the hidden folders of results that are being made, and of those that are decided."""
PLAN = ".estran-plan.json"
_OLD = ".estran-old"


class Taken(Exception):
    """What lies in the place is not what was there when the work began."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@dataclass(frozen=True)
class Plan:
    """What is to be moved.

    Parameters
    ----------
    withdraw, bring
        Names that leave the place and names that come to it, each in its order.
    old
        What is replaced, listed: nothing else may be.
    new
        The numbers by which the file system knows what comes.
    """

    withdraw: list[str]
    bring: list[str]
    old: Inventory
    new: dict[str, int]

    def write(self, folder: Path) -> None:
        """Keep the plan with what it moves."""
        (folder / PLAN).write_text(json.dumps(asdict(self)), encoding="ascii")

    @staticmethod
    def read(folder: Path, last: str) -> Plan:
        """The plan of a hidden folder; where it has none, everything in it comes to free names, `last` at the end."""
        try:
            return Plan(**json.loads((folder / PLAN).read_bytes()))
        except (OSError, ValueError, TypeError):
            names = (entry.name for entry in folder.iterdir() if entry.name not in (PLAN, _OLD))
            return Plan([], sorted(names, key=lambda name: (name == last, name)), {}, {})


def finish(ready: Path, plan: Plan) -> None:
    """Move a result from its hidden folder to its place, the folder around that; again where it was stopped.

    Raises
    ------
    Taken
        Something is there that was not there before; it stays. :func:`undo` puts back what was moved.
    OSError
        The system does not move it.
    """
    if not _in_one_step(ready, plan):
        _one_by_one(ready, plan)
    sync_folder(ready.parent)
    # Under this name it is rubbish: from here on there is nothing left to take up.
    done = ready.with_name(ready.name.removesuffix(READY) + PART)
    ready.rename(done)
    shutil.rmtree(done, ignore_errors=True)


def _in_one_step(ready: Path, plan: Plan) -> bool:
    """Replace a single file or folder in one step, where the system can."""
    if len(plan.bring) != 1 or plan.withdraw != plan.bring or os.path.lexists(ready / _OLD):
        return False
    (name,) = plan.bring
    new, place = ready / name, ready.parent / name
    came = os.path.lexists(place) and place.lstat().st_ino == plan.new.get(name)  # it was stopped just behind the step
    if not came:
        here = inventory(place, name)
        if here != plan.old:
            raise Taken(_difference(here, plan.old))
        if new.is_dir() != place.is_dir():
            raise Taken("a folder" if place.is_dir() else "a file")
        if not new.is_dir():
            new.replace(place)
            return True
        if not exchange(new, place):
            return False
    # What was replaced is looked at again where it can no longer be changed.
    gone = inventory(new, name)
    if gone and gone != plan.old:
        exchange(new, place)
        raise Taken(_difference(gone, plan.old))
    return True


def _one_by_one(ready: Path, plan: Plan) -> None:
    home, old = ready.parent, ready / _OLD
    old.mkdir(exist_ok=True)
    for name in plan.withdraw:
        if (
            not os.path.lexists(old / name)
            and os.path.lexists(home / name)
            and home.joinpath(name).lstat().st_ino != plan.new.get(name)
        ):
            (home / name).rename(old / name)
    gone = inventory(old)
    if gone != plan.old:
        raise Taken(_difference(gone, plan.old))
    for name in plan.bring:
        if os.path.lexists(ready / name):
            try:
                to_free_name(ready / name, home / name)
            except FileExistsError:
                raise Taken(name) from None


def _difference(here: Inventory, listed: Inventory) -> str:
    return next((path for path in (*here, *listed) if here.get(path) != listed.get(path)), "")


def undo(ready: Path, plan: Plan) -> None:
    """Put back what :func:`finish` has moved so far, as far as the system lets us."""
    home, old = ready.parent, ready / _OLD
    for name in reversed(plan.bring):
        place = home / name
        with contextlib.suppress(OSError):
            if not os.path.lexists(ready / name) and place.lstat().st_ino == plan.new.get(name):
                place.rename(ready / name)
    for name in reversed(plan.withdraw):
        with contextlib.suppress(OSError):
            if os.path.lexists(old / name):
                to_free_name(old / name, home / name)
    with contextlib.suppress(OSError):
        old.rmdir()


def keep(ready: Path, name: str) -> Path:
    """Have a result whose place is taken stay beside it under a name of its own; says which."""
    kept = ready.with_name(f"{name[:180]}.kept-{uuid.uuid4().hex[:6]}")
    try:
        to_free_name(ready, kept)
        (kept / PLAN).unlink(missing_ok=True)
        return kept
    except OSError:
        return ready


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):  # some network file systems cannot; the names are then as safe as they get
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
