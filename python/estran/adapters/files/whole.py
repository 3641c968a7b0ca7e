"""Whole or not at all: a result is made in a hidden folder beside its place and moved there when it is whole; only what is ours is replaced.

The order of events, so that a process killed at any moment leaves the old result or the new one, or what the next run needs to finish:

1. The output is claimed: its lock is taken (:mod:`estran.adapters.files.locks`), what lies there is judged (:mod:`estran.adapters.files.belongings`) and
   listed.
2. Everything is written into ``.NAME.<token>.estran-part/``.
3. The folder is renamed to ``.NAME.<token>.estran-ready/``: from here on the new result is decided.
4. It is moved to its place (:mod:`estran.adapters.files.replacing`): a file or a folder in one step; of a pair, what users open goes first and comes last, so
   that an old header never stands over new samples. What is replaced must be what was listed in step 1, else the new result is kept beside it.
5. The folder and the lock are removed.

:func:`recover` looks for such folders whose lock nobody holds any more: a *part* is removed, a *ready* one is finished from step 4.

A folder that is there, and that cannot be exchanged (a mounted disk, the folder one is in, a parent that may not be written into), keeps its place: the hidden
folder lies inside it, and its content is moved.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import logging
import os
import shutil
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from estran.adapters.files.belongings import ANY, HIDDEN, LOCK, Inventory, Kind, inventory, is_hidden_work, judge, mark
from estran.adapters.files.locks import Lock, holder, label, lock_path, still_held, take
from estran.adapters.files.replacing import PART, READY, Plan, Taken, finish, keep, undo
from estran.errors import EstranError, TargetBusy, TargetExists, WriteFailed

log = logging.getLogger("estran")

_NOTHING_LEFT = 1 << 18
"""Free bytes at which a disk counts as full."""
_CONTENT = ".estran-content"
_WITHIN = ""
"""Label of a hidden folder that lies in its own output; no name is empty."""
_TOKEN = 12
"""Characters that make the names of hidden folders different."""
_PATIENCE = 0.3
"""How long a lock is tried for: a reader that tidies up holds one for some milliseconds [s]."""
_SETTLING = 5.0
"""How long a reader waits for a result that is being moved to its place [s]."""

DECIDING = threading.RLock()
"""Held while results are moved to their places: whoever ends the process waits for it."""


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


_CLAIMS: dict[Path, Claim] = {}
_PARTS: set[Path] = set()


@contextlib.contextmanager
def claimed(target: Path, *, companions: tuple[str, ...] = (), overwrite: bool = False, kind: Kind = ANY) -> Iterator[Path]:
    """Hold an output while a run works on it: everything that would refuse it at the end does so now.

    Parameters
    ----------
    target
        What users will open; a link is followed.
    companions
        Names of files or folders beside it that belong to it.
    overwrite
        Whether a result of ours that is there may be replaced.
    kind
        What it is.

    Yields
    ------
    Path
        The target, absolute, links followed. :func:`whole` of it may be used inside, by the same thread.

    Raises
    ------
    TargetExists
        Something is there that may not be replaced.
    TargetBusy
        Another run is writing it.
    WriteFailed
        Its folder cannot be made or written into, or its name is no file name there.
    """
    with _claim(target, companions, overwrite, kind) as claim:
        yield claim.target


@contextlib.contextmanager
def whole(target: Path, *, companions: tuple[str, ...] = (), overwrite: bool = False, kind: Kind = ANY) -> Iterator[Path]:
    """Write a file or a folder, whole or not at all.

    Parameters
    ----------
    target
        What users will open.
    companions
        Names of files or folders beside it that belong to it (the ``.data`` folder of a ``.dim``).
    overwrite
        Whether a target that is there is replaced. It stays until the new one is whole; what is not ours is never replaced.
    kind
        What it is: how what may be replaced is known.

    Yields
    ------
    Path
        Where to write instead: same name, in a hidden folder of the same parent; companions go beside it.

    Raises
    ------
    TargetExists, TargetBusy
        As :func:`claimed`; before anything is written.
    WriteFailed
        If the disk is full, the folder cannot be written, or the body raises an ``OSError``; nothing is left behind. Or if something else has come to its
        place meanwhile: the sentence says where the result is kept.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with whole(folder / "a.txt") as part:
    ...     _ = part.write_text("all of it")
    >>> [p.name for p in folder.iterdir()], (folder / "a.txt").read_text()
    (['a.txt'], 'all of it')
    """
    with _claim(target, companions, overwrite, kind) as claim:
        name = _WITHIN if claim.within else label(claim.target.name)
        part = claim.home / f".{name}.{_token()}{PART}"
        _PARTS.add(part)
        try:
            try:
                part.mkdir()
                inner = part / _CONTENT if claim.within else part
                inner.mkdir(exist_ok=True)
                yield inner / claim.target.name
                plan = _planned(claim, inner, part, kind)
            except OSError as error:
                raise write_failed(claim.target, error) from error
            except Exception as error:
                # GDAL and HDF report a full disk as errors of their own, without a number.
                if not isinstance(error, EstranError) and shutil.disk_usage(claim.home).free < _NOTHING_LEFT:
                    raise write_failed(claim.target, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))) from error
                raise
            with DECIDING:
                _decide(part, plan, claim)
            claim.before = _listed(claim)
        finally:
            shutil.rmtree(part, ignore_errors=True)
            _PARTS.discard(part)


def _token() -> str:
    return uuid.uuid4().hex[:_TOKEN]


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
            what = "the output is a link to nothing" if path == Path(target) else "a folder of the output's is a link to nothing"
            raise TargetExists(what, where=path, found=os.path.realpath(path), todo="give another name, or mend the link")
    if not place.name:
        raise TargetExists("the output is the root of a disk", where=target, todo="give a folder of its own")
    return place


def recover(target: Path) -> None:
    """Before a target is read: finish or clean up what killed processes left beside it; where a live one is just moving it to its place, wait for that."""
    target = Path(os.path.realpath(target))
    folders = [next((p for p in target.parents if p.is_dir()), target.parent), *([target] if target.is_dir() else [])]
    until = time.monotonic() + _SETTLING
    while max(map(_sweep, folders)) and time.monotonic() < until:
        time.sleep(0.02)


def give_up() -> None:
    """Before the process ends at once: nothing half-written is left. What is being moved to its place is let go there."""
    DECIDING.acquire(timeout=20.0)  # held for some renames only, which a busy disk can make slow
    for part in list(_PARTS):
        # Under another name first: threads that still write would put files into a folder that is being emptied.
        away = part.with_name(part.name[: -len(PART) - _TOKEN] + _token() + PART)
        with contextlib.suppress(OSError):
            part.rename(away)
        for _ in range(5):
            shutil.rmtree(away, ignore_errors=True)
            if not away.exists():
                break
        shutil.rmtree(part, ignore_errors=True)
    for claim in list(_CLAIMS.values()):
        claim.release()


# ---------------------------------------------------------------- claims


@contextlib.contextmanager
def _claim(target: Path, companions: tuple[str, ...], overwrite: bool, kind: Kind) -> Iterator[Claim]:
    place = followed(target)
    held = _CLAIMS.get(place)
    if held is not None and held.thread == threading.get_ident():
        yield held
        return
    claim = _taken(place, tuple(place.parent / name for name in companions))
    _CLAIMS[place] = claim
    try:
        _sweep(claim.home)
        if claim.target.is_dir() and not claim.within:
            _sweep(claim.target)
            _refuse_work_inside(claim.target)
        judge(claim.target, claim.companions, overwrite, kind)
        claim.before = _listed(claim)
        yield claim
    finally:
        claim.release()  # first: whoever ends the process meanwhile releases what is listed
        del _CLAIMS[place]


def _listed(claim: Claim) -> Inventory:
    if claim.within:
        return inventory(claim.target)
    found: Inventory = {}
    for path in (claim.target, *claim.companions):
        found |= inventory(path, path.name)
    return found


def _taken(target: Path, companions: tuple[Path, ...]) -> Claim:
    """The locks of a target and its companions; its folder is made where it lacks."""
    claim = Claim(target, companions, _keeps_its_place(target), {}, [], [])
    try:
        for folder in _lacking(target.parent):
            folder.mkdir(exist_ok=True)
            claim.made.insert(0, folder)
        for path in (target, *companions):
            at = _lock_of(path)
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


def _lock_of(target: Path) -> Path:
    """The lock of a target: beside it, or in it where the parent is not ours to write into or may be another one for others (a mounted disk)."""
    inside = target.is_dir() and (target.is_mount() or not os.access(target.parent, os.W_OK | os.X_OK))
    return lock_path(target if inside else target.parent, target.name)


def _keeps_its_place(target: Path) -> bool:
    """Whether a folder that is there cannot be exchanged for another."""
    if not target.is_dir():
        return False
    here = Path.cwd()
    return _lock_of(target).parent == target or target == here or target in here.parents or target.stat().st_dev != target.parent.stat().st_dev


def _refuse_work_inside(folder: Path) -> None:
    try:
        work = next((p for p in folder.iterdir() if is_hidden_work(p.name)), None)
    except PermissionError:
        return  # judged with the rest
    if work is not None:
        raise TargetBusy("another run is writing into the output folder", where=folder, found=work.name, todo="wait for it, or give another name")


# ---------------------------------------------------------------- the end of the work


def _planned(claim: Claim, inner: Path, part: Path, kind: Kind) -> Plan:
    """Complete the hidden folder: lists of files, everything on the disk, and what is to be moved in which order."""
    for entry in inner.iterdir():
        if kind.marked and entry.is_dir():
            mark(entry)
    if claim.within:
        content = inner / claim.target.name
        for entry in sorted(content.iterdir()):
            entry.rename(part / entry.name)
        shutil.rmtree(inner)
        last = "index.html"
        withdraw = sorted({path.split("/")[0] for path in claim.before}, key=lambda name: (name != last, name))
    else:
        last = claim.target.name
        withdraw = [p.name for p in (claim.target, *claim.companions) if p.name in claim.before]
    bring = sorted((e.name for e in part.iterdir()), key=lambda name: (name == last, name))
    plan = Plan(withdraw, bring, claim.before, {name: (part / name).lstat().st_ino for name in bring})
    for name in bring:
        if name in claim.before and not claim.within and (part / name).is_dir():
            with contextlib.suppress(OSError):
                shutil.copymode(claim.home / name, part / name)
    plan.write(part)
    _flush(part)
    return plan


def _decide(part: Path, plan: Plan, claim: Claim) -> None:
    try:
        ready = part.with_name(part.name.removesuffix(PART) + READY)
        part.rename(ready)
    except OSError as error:
        raise write_failed(claim.target, error) from error
    try:
        finish(ready, plan)
    except (Taken, OSError) as error:
        undo(ready, plan)
        kept = keep(ready, claim.target.name)
        what = "something else came to its place meanwhile" if isinstance(error, Taken) else "it could not be moved to its place"
        found = error.what if isinstance(error, Taken) else error.strerror or error
        raise WriteFailed(f"the result is whole, but {what}", where=claim.target, found=found, todo=f"take it from {kept}, where it is kept") from error


def _flush(folder: Path) -> None:
    """Have the system put everything on the disk: a full disk may show only now."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            with path.open("rb+") as file:
                os.fsync(file.fileno())


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
    return WriteFailed("the output could not be written; nothing is left of it", where=target, found=error.strerror or str(error), todo=todo)


# ---------------------------------------------------------------- what killed runs left


def _sweep(folder: Path) -> bool:
    """Tidy a folder: finish or remove the hidden folders of runs that have gone, and their locks. Whether a live one is moving a result."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if is_hidden_work(entry.name))
    except OSError:
        return False
    moving = False
    for name in names:
        with contextlib.suppress(OSError, TargetExists):  # what is no lock of ours stays
            moving |= _tidy(folder, name)
    return moving


def _tidy(folder: Path, name: str) -> bool:
    work, lock = HIDDEN.fullmatch(name), LOCK.fullmatch(name)
    if lock is not None:
        at = lock_path(folder, lock["label"])
    else:
        assert work is not None
        at = _lock_of(folder) if work["label"] == _WITHIN else lock_path(folder, work["label"])
    mine = any(at == held.path for claim in list(_CLAIMS.values()) if claim.thread == threading.get_ident() for held in claim.locks)
    taken = None if mine else take(at)
    if taken is None and not mine:
        return name.endswith(READY)
    try:
        if work is not None and (folder / name) not in _PARTS:
            _take_up(folder / name, work["label"])
    finally:
        if taken is not None:
            taken.release()
    return False


def _take_up(left: Path, name: str) -> None:
    """Finish a result that was decided, remove one that was not; what is no folder of ours stays."""
    if not left.is_dir() or left.is_symlink():
        return
    if left.name.endswith(PART):
        shutil.rmtree(left, ignore_errors=True)
        return
    plan = Plan.read(left, name)
    with DECIDING:
        try:
            finish(left, plan)
        except Taken as taken:
            undo(left, plan)
            log.warning("A result of an earlier run that was stopped is kept in %s: its place holds %s now.", keep(left, name), taken.what)
