"""kill -9, SIGTERM and SIGINT: at every step on the file system, and at random moments of a whole process."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from attack.case import Case, Lacking
from attack.ground import Ground
from attack.program import forked, fresh
from attack.results import FORMS, Maker, after, gpt, masks, probability, simulate, stopped

KIND = "kills"
SIGNALS = {"SIGTERM": signal.SIGTERM, "SIGINT": signal.SIGINT}
Make = Callable[[Ground, str], Maker]


def cases(ground: Ground) -> Iterator[Case]:
    """Steps first: they hit the moments that chance misses."""
    for make, forms in ((probability, tuple(FORMS)), (gpt, ("BEAM-DIMAP",)), (simulate, ("folder",))):
        for form in forms:
            many = ground.some(12, 2) if make is simulate else ground.some(16, 4)
            yield from _at_steps(ground, make, form, many)
    for make, forms in ((masks, tuple(FORMS)), (simulate, ("folder",))):
        for form in forms:
            for old in (False, True):
                for k in range(ground.some(6, 1)):
                    name = f"{form}{', old result there' if old else ''}, {k}"
                    yield Case(
                        KIND,
                        f"{make.__name__}, kill -9 at random moments",
                        name,
                        _at_random(ground, make, form, old, signal.SIGKILL, f"{form}{old}{k}"),
                    )
    for name, number in SIGNALS.items():
        for k in range(ground.some(12, 2)):
            form, old = list(FORMS)[k % 4], k % 8 >= 4
            yield Case(
                KIND,
                f"masks, {name} at random moments",
                f"{form}, {k}",
                _at_random(ground, masks, form, old, number, f"{name}{k}"),
            )
        yield Case(
            KIND, f"masks, {name} at random moments", "before anything heavy is imported", _early(ground, number)
        )


def _at_steps(ground: Ground, make: Make, form: str, many: int) -> Iterator[Case]:
    for old in (False, True):
        what = f"{make.__name__} to {form}{' over an old result' if old else ''}"
        for part in range(many):
            yield Case(
                KIND,
                f"kill -9 at steps on the file system: {what}",
                f"{part} of {many}",
                _step(ground, make, form, old, part / many, signal.SIGKILL),
            )
        for name, number in SIGNALS.items() if make is probability else ():
            for part in range(max(many // 4, 1)):
                fraction = (part + 0.5) / max(many // 4, 1)
                yield Case(
                    KIND,
                    f"{name} at steps on the file system: run",
                    f"{what}, {fraction:.2f}",
                    _step(ground, make, form, old, fraction, number),
                )


def _step(ground: Ground, make: Make, form: str, old: bool, fraction: float, number: int) -> Callable[[Path], str]:
    def attempt(folder: Path) -> str:
        maker = make(ground, form)
        digests = maker.digests(ground)
        steps = ground.once(f"steps {maker.name} {maker.target} {old}", lambda: _count(ground, maker, old))
        if old:
            maker.lay_old(ground, folder)
        at = 1 + int(fraction * steps)
        said = forked(folder, *maker.new(old), die_at=at, deadly=number)
        if number == signal.SIGKILL:
            if said.code not in (-signal.SIGKILL, 0):
                return f"step {at}: {said.shown()}"
            seen = after(folder, maker, digests, old)
        else:
            seen = stopped(folder, said, 128 + int(number), digests, old)
        return seen and f"step {at} of {steps}: {seen}"

    return attempt


def _count(ground: Ground, maker: Maker, old: bool) -> int:
    folder = ground.folder / f"steps-{maker.name}-{maker.target}-{old}"
    folder.mkdir()
    if old:
        maker.lay_old(ground, folder)
    said = forked(folder, *maker.new(old), die_at=0)
    if said.code != 0:
        raise RuntimeError(said.shown())
    return int((folder / ".steps").read_text())


def _at_random(ground: Ground, make: Make, form: str, old: bool, number: int, seed: str) -> Callable[[Path], str]:
    def attempt(folder: Path) -> str:
        ground.warm()
        maker = make(ground, form)
        digests = maker.digests(ground)
        lasts = ground.once(f"lasts {maker.name} {maker.target}", lambda: _lasts(ground, maker))
        if old:
            maker.lay_old(ground, folder)
        delay = random.Random(seed).uniform(0.0, 1.1) * lasts

        def kill(process: subprocess.Popen[bytes]) -> None:
            if number != signal.SIGKILL:
                _until_ours(process)
            end = time.monotonic() + delay
            while time.monotonic() < end and not _ended(process):
                time.sleep(0.005)
            if not _ended(process):
                os.kill(process.pid, number)

        said = fresh(folder, *maker.new(old), meanwhile=kill)
        seen = (
            after(folder, maker, digests, old)
            if number == signal.SIGKILL
            else stopped(folder, said, 128 + int(number), digests, old)
        )
        return seen and f"after {delay:.2f} s: {seen}"

    return attempt


def _lasts(ground: Ground, maker: Maker) -> float:
    folder = ground.folder / f"lasts-{maker.name}-{maker.target}"
    folder.mkdir()
    return fresh(folder, *maker.new(False)).seconds


def _early(ground: Ground, number: int) -> Callable[[Path], str]:
    """The program answers signals from its first module on, not only when all is imported."""

    def attempt(folder: Path) -> str:
        heavy: list[str] = []

        def kill(process: subprocess.Popen[bytes]) -> None:
            _until_ours(process)
            maps = Path(f"/proc/{process.pid}/maps").read_text()
            heavy.extend(name for name in ("numpy", "rasterio", "numba") if f"/{name}/" in maps)
            os.kill(process.pid, number)

        said = fresh(folder, "masks", ground.safe, "-o", "out", meanwhile=kill)
        if heavy:
            return f"signals are answered only when {heavy[0]} has been imported"
        return stopped(folder, said, 128 + int(number), {}, False)

    return attempt


def _until_ours(process: subprocess.Popen[bytes]) -> None:
    """Wait until the program answers SIGTERM itself; before that it is still Python's own start."""
    status = Path(f"/proc/{process.pid}/status")
    if not status.exists():
        raise Lacking("needs /proc")
    for _ in range(20000):
        if _ended(process):
            return
        caught = next(
            (int(line.split()[1], 16) for line in status.read_text().splitlines() if line.startswith("SigCgt")), 0
        )
        if caught >> (signal.SIGTERM - 1) & 1:
            return
        time.sleep(0.001)


def _ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether it has ended; unlike ``poll``, leaves the exit status to be waited for."""
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
