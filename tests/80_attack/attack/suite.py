"""Run the attacks, print the table, write the page."""

from __future__ import annotations

import argparse
import importlib
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from attack import table
from attack.case import Case, Lacking, Outcome
from attack.ground import Ground
from attack.program import stop_servers

KINDS = (
    "kills",
    "twice",
    "full_disks",
    "strangers",
    "environments",
    "encodings",
    "mutants",
    "hostile",
    "values",
    "determinism",
    "brought",
)
"""Modules of :mod:`attack.kinds`, in the table's order."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; 1 where a line that must be whole is not."""
    parser = argparse.ArgumentParser(
        prog="python tests/80_attack", description="Attack the program as bad luck and strangers do."
    )
    parser.add_argument("--quick", action="store_true", help="a few cases of each line: minutes")
    parser.add_argument(
        "--only", nargs="+", choices=KINDS, default=KINDS, metavar="KIND", help=f"these kinds alone: {', '.join(KINDS)}"
    )
    parser.add_argument("--case", default="", metavar="TEXT", help="only cases whose line or name holds this")
    parser.add_argument("--jobs", type=int, default=2, help="cases at a time [2]")
    parser.add_argument(
        "--write", action="store_true", help="put the rows on docs/robustness.md; for every case of a line"
    )
    parser.add_argument("--list", action="store_true", help="say what would be tried")
    options = parser.parse_args(arguments)
    if options.write and options.quick:
        parser.error("--write is for every case of a line: without --quick")
    # Where a shell started this in the background it ignores SIGINT, and so would all that is started here.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    begun, ground = time.monotonic(), Ground(options.quick)
    try:
        every = [c for kind in options.only for c in cases_of(kind, ground)]
        cases = [c for c in every if options.case in f"{c.what} {c.name}"]
        if options.write and {(c.kind, c.what) for c in cases} & {(c.kind, c.what) for c in every if c not in cases}:
            parser.error("--write is for every case of a line, and --case leaves some out")
        if options.quick:
            cases = thinned(cases)
        if options.list:
            print("\n".join(f"{c.kind}: {c.what}: {c.name}" for c in cases))
            return 0
        outcomes = list(run(cases, ground, options.jobs))
    finally:
        stop_servers()
        ground.close()
    print(table.markdown(table.rows(outcomes)))
    print(f"\n{len(outcomes)} cases in {time.monotonic() - begun:.0f} s")
    if options.write:
        table.write(outcomes)
    return 1 if table.failed(outcomes) else 0


def cases_of(kind: str, ground: Ground) -> Iterator[Case]:
    """What a kind tries."""
    found: Iterator[Case] = importlib.import_module(f"attack.kinds.{kind}").cases(ground)
    return found


def thinned(cases: Sequence[Case], most: int = 6) -> list[Case]:
    """At most so many cases of a line, evenly from first to last."""
    by_line: dict[tuple[str, str], list[Case]] = {}
    for case in cases:
        by_line.setdefault((case.kind, case.what), []).append(case)
    return [
        line[k * len(line) // min(most, len(line))] for line in by_line.values() for k in range(min(most, len(line)))
    ]


def run(cases: Sequence[Case], ground: Ground, jobs: int) -> Iterator[Outcome]:
    """Try all; what does not survive is said at once on stderr."""
    with ThreadPoolExecutor(jobs) as pool:
        for number, outcome in enumerate(
            pool.map(lambda pair: attempt(pair[1], ground.folder / f"case-{pair[0]}"), enumerate(cases)), 1
        ):
            if outcome.seen:
                declared = " (declared)" if outcome.case.declared else ""
                print(
                    f"[{number}/{len(cases)}] {outcome.case.kind}, {outcome.case.what}, "
                    f"{outcome.case.name}{declared}: {outcome.seen}",
                    file=sys.stderr,
                )
            yield outcome


def attempt(case: Case, folder: Path) -> Outcome:
    """Try one case in a folder of its own; a fault of the suite itself counts as not survived."""
    begun, seen, lacked = time.monotonic(), "", ""
    folder.mkdir()
    try:
        seen = case.attempt(folder)
    except Lacking as lack:
        lacked = str(lack)
    except Exception:  # the others shall be tried all the same
        seen = f"the case itself failed: {traceback.format_exc(limit=-2)}"
    shutil.rmtree(folder, ignore_errors=True)
    return Outcome(case, seen, lacked, time.monotonic() - begun)
