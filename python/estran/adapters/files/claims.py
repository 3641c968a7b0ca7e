"""The claim of an output: its lock, the folders made for it, and what lay there; what a process holds is listed here.

For :mod:`estran.adapters.files.whole`, which writes, and :mod:`estran.adapters.files.leftovers`, which tidies up what
killed runs left.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import shutil
import threading
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from estran.adapters.files.belongings import Inventory, inventory, is_hidden_work
from estran.adapters.files.locks import Lock, holder, lock_path, still_held, take
from estran.adapters.files.replacing import PART
from estran.errors import EstranError, TargetBusy, TargetExists, WriteFailed

WITHIN = ""
"""Label of a hidden folder that lies in its own output; no name is empty."""
_TOKEN = 12
"""How many characters make the names of hidden folders different."""
_PATIENCE = 0.3
"""How long a lock is tried for: a reader that tidies up holds one for some milliseconds [s]."""

DECIDING = threading.RLock()
"""Held while results are moved to their places: an end of the process waits for it."""


@dataclass
class Claim:
    """An output that this thread holds.

    Parameters
    ----------
    target
        Absolute, links followed.
    companions
        What belongs to it, beside it.
    within
        Whether the hidden folder lies in the target.
    before
        What lay there when it was claimed; nothing else is replaced.
    """

    target: Path
    companions: tuple[Path, ...]
    within: bool
    before: Inventory
    locks: list[Lock]
    made: list[Path]
    thread: int = field(default_factory=threading.get_ident)

    @property
    def home(self) -> Path:
        """Where the hidden folder lies."""
        return self.target if self.within else self.target.parent

    def release(self) -> None:
        """Give the locks back; folders that were made for nothing go."""
        for lock in self.locks:
            lock.release()
        for folder in self.made:
            with contextlib.suppress(OSError):
                folder.rmdir()


CLAIMS: dict[Path, Claim] = {}
PARTS: set[Path] = set()


def followed(target: Path) -> Path:
    """The place that a name means: absolute, and where a link points.

    Raises
    ------
    TargetExists
        A link to nothing, or a folder that is one, or no name at all.
    WriteFailed
        A name that no file can have.
    """
    place = Path(os.path.realpath(target))
    try:
        place.lstat()
    except FileNotFoundError:
        pass
    except OSError as error:  # a name that is too long, a parent that is a file
        raise write_failed(Path(target), error) from error
    for path in (Path(target), *Path(target).parents):
        if path.is_symlink() and not path.exists():
            what = (
                "the output is a link to nothing"
                if path == Path(target)
                else "a folder of the output's is a link to nothing"
            )
            raise TargetExists(
                what, where=path, found=os.path.realpath(path), todo="give another name, or mend the link"
            )
    if not place.name:
        raise TargetExists("the output is the root of a disk", where=target, todo="give a folder of its own")
    return place


def listed(claim: Claim) -> Inventory:
    """What lies at the place of an output now."""
    if claim.within:
        return inventory(claim.target)
    found: Inventory = {}
    for path in (claim.target, *claim.companions):
        found |= inventory(path, path.name)
    return found


def claim_of(target: Path, companions: tuple[Path, ...]) -> Claim:
    """The locks of a target and its companions; its folder is made where it lacks."""
    claim = Claim(target, companions, _keeps_its_place(target), {}, [], [])
    try:
        for folder in _lacking(target.parent):
            folder.mkdir(exist_ok=True)
            claim.made.insert(0, folder)
        for path in (target, *companions):
            at = lock_of(path)
            lock = take(at, _PATIENCE)
            if lock is None:
                raise TargetBusy(
                    "another run is writing the output",
                    where=target,
                    found=holder(at),
                    todo="wait for it, or give another name" + still_held(at),
                )
            claim.locks.append(lock)
    except OSError as error:
        claim.release()
        raise write_failed(target, error) from error
    except EstranError:
        claim.release()
        raise
    return claim


def _lacking(folder: Path) -> list[Path]:
    """The folders to make so that a folder is there, outermost first."""
    upwards = (folder, *folder.parents)
    return [*reversed(list(itertools.takewhile(lambda p: not p.exists(), upwards)))]


def lock_of(target: Path) -> Path:
    """The lock of a target: beside it, or in it where the parent is not ours to write into or may be another one for
    others (a mounted disk).
    """
    inside = target.is_dir() and (target.is_mount() or not os.access(target.parent, os.W_OK | os.X_OK))
    return lock_path(target if inside else target.parent, target.name)


def _keeps_its_place(target: Path) -> bool:
    """Whether a folder that is there cannot be exchanged for another."""
    if not target.is_dir():
        return False
    here = Path.cwd()
    return (
        lock_of(target).parent == target
        or target == here
        or target in here.parents
        or target.stat().st_dev != target.parent.stat().st_dev
    )


def refuse_work_inside(folder: Path) -> None:
    """Raise where a run is making a result inside of a folder that is to be replaced.

    Raises
    ------
    TargetBusy
        A hidden folder lies in it.
    """
    try:
        work = next((p for p in folder.iterdir() if is_hidden_work(p.name)), None)
    except PermissionError:
        return  # judged with the rest
    if work is not None:
        raise TargetBusy(
            "another run is writing into the output folder",
            where=folder,
            found=work.name,
            todo="wait for it, or give another name",
        )


def write_failed(target: Path, error: OSError) -> EstranError:
    """The sentence for a target that cannot be written."""
    todo = {
        errno.ENOSPC: "free some space, or write to another disk",
        errno.EFBIG: "the system forbids files of this size; write to another disk, or raise the limit",
        errno.EDQUOT: "free some of your quota, or write to another disk",
        errno.EACCES: "choose a folder that you may write into",
        errno.EPERM: "choose a folder that you may write into",
        errno.EROFS: "choose a folder that you may write into",
        errno.ENAMETOOLONG: "give a shorter name",
        errno.ENOTDIR: "choose a folder whose parents are folders",
        errno.EEXIST: "choose a folder whose parents are folders",
        errno.ELOOP: "give another name: its links lead to one another",
    }.get(error.errno or 0, "")
    return WriteFailed(
        "the output could not be written; nothing is left of it",
        where=target,
        found=error.strerror or str(error),
        todo=todo,
    )


def token() -> str:
    """Characters that make the names of hidden folders different."""
    return uuid.uuid4().hex[:_TOKEN]


def give_up() -> None:
    """Before the process ends at once: nothing half-written is left. What is being moved to its place
    is let go there.
    """
    DECIDING.acquire(timeout=20.0)  # held for some renames only, which a busy disk can make slow
    for part in list(PARTS):
        # Under another name first: threads that still write would put files into a folder that is being emptied.
        away = part.with_name(part.name[: -len(PART) - _TOKEN] + token() + PART)
        with contextlib.suppress(OSError):
            part.rename(away)
        for _ in range(5):
            shutil.rmtree(away, ignore_errors=True)
            if not away.exists():
                break
        shutil.rmtree(part, ignore_errors=True)
    for claim in list(CLAIMS.values()):
        claim.release()
