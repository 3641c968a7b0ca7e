"""Runs damaged inputs of one format in this process: ``worker.py FORMAT FIRST COUNT FOLDER``.

Says each input before it is read, so that whoever started this knows which one ended it: a line ``start N`` and then
``done N OUTCOME``.
"""

from __future__ import annotations

import faulthandler
import random
import resource
import sys
import traceback
import warnings
from pathlib import Path

SECONDS = 20
"""Longest time for one input: sound ones take a hundredth."""
GIGABYTES = 1.0
"""Most memory that one input may add: sound ones add some megabytes."""


def peak() -> float:
    """The most memory that this process has had [GB]."""
    status = Path("/proc/self/status")
    if status.exists():  # what getrusage says begins with the peak of whoever started this process
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main(name: str, first: int, count: int, folder: Path) -> None:
    from formats import FORMATS, TEXTS
    from mutate import mutated

    from estran.errors import EstranError

    kind = FORMATS[name]
    folder.mkdir(parents=True, exist_ok=True)
    path = kind.make(folder)
    targets = sorted(p for p in folder.rglob("*") if p.is_file() and kind.targets(p))
    sound = {target: target.read_bytes() for target in targets}
    warnings.simplefilter("ignore")
    kind.read(
        path, random.Random(0)
    )  # the sound product is read, and what is imported or compiled is so before the watch starts
    for number in range(first, first + count):
        rng = random.Random(f"{name} {number}")
        target = rng.choice(targets)
        target.write_bytes(mutated(sound[target], rng, text=target.suffix in TEXTS))
        print("start", number, flush=True)
        before = peak()
        faulthandler.dump_traceback_later(SECONDS, exit=True)
        try:
            kind.read(path, rng)
            outcome = "product"
        except EstranError as error:
            outcome = f"sentence {type(error).__name__}"
            if "\n" in str(error) or "Traceback" in str(error):
                outcome = f"FAULT several lines: {error!s:.300}".replace("\n", "\\n")
        except BaseException:
            outcome = "FAULT " + traceback.format_exc(limit=-4).replace("\n", "\\n")
        faulthandler.cancel_dump_traceback_later()
        if peak() - before > GIGABYTES:
            outcome = f"FAULT {peak() - before:.1f} GB more memory after: {outcome}"
        print("done", number, outcome, flush=True)
        target.write_bytes(sound[target])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
