"""Disks that are full, or become so: one sentence, exit 1, nothing left, an old result intact."""

from __future__ import annotations

import contextlib
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from attack.case import Case, Lacking
from attack.ground import Ground
from attack.judges import hidden, one_sentence
from attack.program import Said, forked, fresh
from attack.results import FORMS, Maker, gpt, is_product, masks, probability, state

KIND = "full disks"
Make = Callable[[Ground, str], Maker]


def cases(ground: Ground) -> Iterator[Case]:
    """Disks of many sizes, limits on the size of a file, and disks that fill while the program runs."""
    many = ground.some(8, 2)
    for form in FORMS:
        for old in (False, True):
            name = f"{form}{', old result there' if old else ''}"
            for k in range(many):
                size = round(8 * (512 / 8) ** (k / (many - 1)))
                yield Case(
                    KIND,
                    "a disk of 8 to 512 kB (run)",
                    f"{name}, {size} kB",
                    _small(ground, probability, form, old, size),
                )
                limit = round(3000 * (200_000 / 3000) ** (k / (many - 1)))
                yield Case(
                    KIND,
                    "files of 3 to 200 kB at most (run)",
                    f"{name}, {limit} bytes",
                    _limited(ground, probability, form, old, limit),
                )
            for k in range(ground.some(3, 1)):
                yield Case(
                    KIND,
                    "a disk that fills during the run (masks)",
                    f"{name}, {k}",
                    _filling(ground, masks, form, old, f"{name}{k}"),
                )
    yield Case(KIND, "a disk of 8 to 512 kB (run)", "gpt, 16 kB", _small(ground, gpt, "BEAM-DIMAP", True, 16))


def _judged(ground: Ground, folder: Path, said: Said, maker: Maker, digests: dict[str, str], old: bool) -> str:
    found = state(folder, digests, also=("balloon",))
    if left := hidden(folder):
        return f"hidden {', '.join(left)} is left ({said.shown()})"
    if said.code == 0:
        # A picture that could not be drawn does not cost the product; the report says so.
        return (
            ""
            if found == "new" or (is_product(folder, maker, ground) and ": note: " in said.err)
            else f"exit 0, and {found} ({said.err[-200:]})"
        )
    if said.code != 1:
        return f"expected exit 1, {said.shown()}"
    if found != ("old" if old else "nothing"):
        return f"left {found} ({said.shown()})"
    return one_sentence(said)


@contextlib.contextmanager
def _disk(folder: Path, kilobytes: int) -> Iterator[Path]:
    disk = folder / "disk"
    disk.mkdir()
    if (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(disk)], capture_output=True, check=False
        ).returncode
        != 0
    ):
        raise Lacking("a small disk cannot be mounted here: needs root")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def _small(ground: Ground, make: Make, form: str, old: bool, kilobytes: int) -> Callable[[Path], str]:
    """A disk with so much free, beside the old result."""

    def attempt(folder: Path) -> str:
        maker = make(ground, form)
        digests = maker.digests(ground)
        with _disk(folder, 65_536) as disk:
            if old:
                maker.lay_old(ground, disk)
            size = shutil.disk_usage(disk).used // 1024 + kilobytes
            subprocess.run(["mount", "-o", f"remount,size={size}k", str(disk)], check=True)
            return _judged(ground, disk, forked(disk, *maker.new(old)), maker, digests, old)

    return attempt


def _limited(ground: Ground, make: Make, form: str, old: bool, limit: int) -> Callable[[Path], str]:
    def attempt(folder: Path) -> str:
        maker = make(ground, form)
        digests = maker.digests(ground)
        if old:
            maker.lay_old(ground, folder)
        return _judged(ground, folder, forked(folder, *maker.new(old), file_limit=limit), maker, digests, old)

    return attempt


def _filling(ground: Ground, make: Make, form: str, old: bool, seed: str) -> Callable[[Path], str]:
    """A balloon takes the disk while the program works."""

    def attempt(folder: Path) -> str:
        ground.warm()
        maker = make(ground, form)
        digests = maker.digests(ground)
        with _disk(folder, 65_536) as disk:
            if old:
                maker.lay_old(ground, disk)

            def fill(_process: object) -> None:
                time.sleep(random.Random(seed).uniform(1.0, 4.0))
                with contextlib.suppress(OSError), (disk / "balloon").open("wb", buffering=0) as balloon:
                    while True:
                        balloon.write(bytes(4096))

            said = fresh(disk, *maker.new(old), meanwhile=fill)
            return _judged(ground, disk, said, maker, digests, old)

    return attempt
