"""What killed runs left beside an output: a hidden folder whose lock is no longer held is finished where its result
was decided, else removed.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import threading
import time
from pathlib import Path

from estran.adapters.files.belongings import HIDDEN, LOCK, is_hidden_work
from estran.adapters.files.claims import CLAIMS, DECIDING, PARTS, WITHIN, lock_of
from estran.adapters.files.locks import lock_path, take
from estran.adapters.files.replacing import PART, READY, Plan, Taken, finish, keep, undo
from estran.errors import TargetExists

log = logging.getLogger("estran")

_SETTLING = 5.0
"""How long a reader waits for a result that is being moved to its place [s]."""


def recover(target: Path) -> None:
    """Before a target is read: finish or clean up what killed processes left beside it; where a live one is just moving
    it to its place, wait for that.
    """
    target = Path(os.path.realpath(target))
    folders = [next((p for p in target.parents if p.is_dir()), target.parent), *([target] if target.is_dir() else [])]
    until = time.monotonic() + _SETTLING
    while max(map(sweep, folders)) and time.monotonic() < until:
        time.sleep(0.02)


def sweep(folder: Path) -> bool:
    """Tidy a folder: finish or remove the hidden folders of runs that have gone, and their locks. Whether a live one is
    moving a result.
    """
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
        at = lock_of(folder) if work["label"] == WITHIN else lock_path(folder, work["label"])
    mine = any(
        at == held.path
        for claim in list(CLAIMS.values())
        if claim.thread == threading.get_ident()
        for held in claim.locks
    )
    taken = None if mine else take(at)
    if taken is None and not mine:
        return name.endswith(READY)
    try:
        if work is not None and (folder / name) not in PARTS:
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
            log.warning(
                "A result of an earlier run that was stopped is kept in %s: its place holds %s now.",
                keep(left, name),
                taken.what,
            )
