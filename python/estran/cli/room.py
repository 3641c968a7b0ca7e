"""Is there room for the work? Memory and disk are looked at before it starts; what clearly cannot be is refused;
``--force`` tries all the same.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import shutil
from pathlib import Path
from typing import Any

from estran.adapters.free_memory import free_memory
from estran.errors import TooLittleRoom
from estran.raster.grid import Grid

log = logging.getLogger("estran")

_GB = 1e9
_NEARLY = 0.8
"""From this fraction of what is free on, a note is given."""
_REPORT = 30_000_000
"""Bytes of pictures and page."""
_PACKED = {".nc": 0.05}
"""Compressed formats: the least fraction of their samples that files were observed to take."""


def add_force(parser: argparse.ArgumentParser) -> None:
    """The option ``--force``."""
    parser.add_argument(
        "--force", action="store_true", help="start although there seems to be too little memory or space on the disk"
    )


class Weighed(Exception):
    """There is room for the work, and no more was to be known (``args.weigh_only``)."""


def judge_memory(need: int, what: str, grid: Grid, args: Any, *, notes: bool = True) -> None:
    """Raise :class:`TooLittleRoom` where the work clearly does not fit into memory; a note where it nearly fills it.
    Silent where the system does not say.

    Of several products at a time (``args.at_once``) each is taken to need as much as this one, of what was free when
    the first of them began (``args.memory_free``).
    """
    at_once, before = getattr(args, "at_once", 1), getattr(args, "memory_free", None)
    free = free_memory() if before is None else before
    if free is not None:
        ways = [f"a coarser {option}" for option in ("--resolution", "--resample") if hasattr(args, option[2:])]
        fewer = ["fewer products at a time"] if at_once > 1 else []
        todo = (
            f"{' or '.join([*fewer, *ways, 'a smaller part of the image (a Subset node)'])}, or free memory; "
            f"--force tries all the same"
        )
        several = f", {at_once} products at a time" if at_once > 1 else ""
        _judge(
            "memory", need * at_once, free, f"{what}, {grid.width} x {grid.height} pixels{several}", todo, args, notes
        )
    if notes and getattr(args, "weigh_only", False):
        raise Weighed


def judge_space(target: Path, need: int, args: Any, *, folder: bool = False) -> None:
    """The same for the disk of an output whose samples take `need` bytes."""
    with contextlib.suppress(OSError):
        home = next(p for p in (target, *target.absolute().parents) if p.is_dir())
        needed = int(need * _PACKED.get(target.suffix.lower(), 1.0)) + (_REPORT if folder else 0)
        _judge(
            "space on the disk",
            needed,
            shutil.disk_usage(home).free,
            target,
            "free some space, or write to another disk; --force tries all the same",
            args,
        )


def _judge(kind: str, need: int, free: int, where: object, todo: str, args: Any, notes: bool = True) -> None:
    needed, there = _sizes(need, free)
    if need > free and not getattr(args, "force", False):
        raise TooLittleRoom(f"the work needs about {needed} of {kind}, and {there} are free", where=where, todo=todo)
    if notes and need > _NEARLY * free:
        log.warning("The work needs about %s of %s, and %s are free.", needed, kind, there)


def _sizes(need: int, free: int) -> tuple[str, str]:
    unit, name = (_GB, "GB") if need >= _GB else (1e6, "MB")
    return f"{need / unit:.{0 if need >= 10 * unit else 1}f} {name}", f"{free / unit:.1f}"
