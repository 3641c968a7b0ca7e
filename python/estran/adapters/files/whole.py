"""Whole or not at all: a result is made in a hidden folder beside its place and moved there when it is whole; only what
is ours is replaced.

The order of events, so that a process killed at any moment leaves the old result or the new one, or what the next run
needs to finish:

1. The output is claimed: its lock is taken (:mod:`estran.adapters.files.locks`), what lies there is judged
   (:mod:`estran.adapters.files.belongings`) and listed.
2. Everything is written into ``.NAME.<token>.estran-part/``.
3. The folder is renamed to ``.NAME.<token>.estran-ready/``: from here on the new result is decided.
4. It is moved to its place (:mod:`estran.adapters.files.replacing`): a file or a folder in one step; of a pair, what
   users open goes first and comes last, so that an old header never stands over new samples. What is replaced must be
   what was listed in step 1, else the new result is kept beside it.
5. The folder and the lock are removed.

:func:`~estran.adapters.files.leftovers.recover` looks for such folders whose lock is no longer held: a *part* is
removed, a *ready* one is finished from step 4.

A folder that is there, and that cannot be exchanged (a mounted disk, the folder one is in, a parent that may not be
written into), keeps its place: the hidden folder lies inside it, and its content is moved.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

from estran.adapters.files.belongings import ANY, Kind, judge, mark
from estran.adapters.files.claims import (
    CLAIMS,
    DECIDING,
    PARTS,
    WITHIN,
    Claim,
    claim_of,
    followed,
    listed,
    refuse_work_inside,
    token,
    write_failed,
)
from estran.adapters.files.leftovers import sweep
from estran.adapters.files.locks import label
from estran.adapters.files.replacing import PART, READY, Plan, Taken, finish, keep, undo
from estran.errors import EstranError, WriteFailed

_NOTHING_LEFT = 1 << 18
"""Free bytes at which a disk counts as full."""
_CONTENT = ".estran-content"


@contextlib.contextmanager
def claimed(
    target: Path, *, companions: tuple[str, ...] = (), overwrite: bool = False, kind: Kind = ANY
) -> Iterator[Path]:
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
def whole(
    target: Path, *, companions: tuple[str, ...] = (), overwrite: bool = False, kind: Kind = ANY
) -> Iterator[Path]:
    """Write a file or a folder, whole or not at all.

    Parameters
    ----------
    target
        What users will open.
    companions
        Names of files or folders beside it that belong to it (the ``.data`` folder of a ``.dim``).
    overwrite
        Whether a target that is there is replaced. It stays until the new one is whole; what is not ours is never
        replaced.
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
        If the disk is full, the folder cannot be written, or the body raises an ``OSError``; nothing is left behind. Or
        if something else has come to its place meanwhile: the sentence says where the result is kept.

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
        name = WITHIN if claim.within else label(claim.target.name)
        part = claim.home / f".{name}.{token()}{PART}"
        PARTS.add(part)
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
            claim.before = listed(claim)
        finally:
            shutil.rmtree(part, ignore_errors=True)
            PARTS.discard(part)


@contextlib.contextmanager
def _claim(target: Path, companions: tuple[str, ...], overwrite: bool, kind: Kind) -> Iterator[Claim]:
    place = followed(target)
    held = CLAIMS.get(place)
    if held is not None and held.thread == threading.get_ident():
        yield held
        return
    claim = claim_of(place, tuple(place.parent / name for name in companions))
    CLAIMS[place] = claim
    try:
        sweep(claim.home)
        if claim.target.is_dir() and not claim.within:
            sweep(claim.target)
            refuse_work_inside(claim.target)
        judge(claim.target, claim.companions, overwrite, kind)
        claim.before = listed(claim)
        yield claim
    finally:
        claim.release()  # first: an end of the process meanwhile releases what is listed
        del CLAIMS[place]


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
        what = (
            "something else came to its place meanwhile"
            if isinstance(error, Taken)
            else "it could not be moved to its place"
        )
        found = error.what if isinstance(error, Taken) else error.strerror or error
        raise WriteFailed(
            f"the result is whole, but {what}",
            where=claim.target,
            found=found,
            todo=f"take it from {kept}, where it is kept",
        ) from error


def _flush(folder: Path) -> None:
    """Have the system put everything on the disk: a full disk may show only now."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            with path.open("rb+") as file:
                os.fsync(file.fileno())
