"""Kills a command at each of its steps on the file system or the record, and gives it again.

``killed_at_steps.py FOLDER EVERY COMMAND …``, where OUT in the command stands for the output.

Runs are forks of this process, which has everything imported, so that many fit into seconds. Prints the number of
kills, and fails where a result differs.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys
from pathlib import Path

EVENTS = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.link", "sqlite3.connect", "os.listdir"}


def forked(run) -> int:
    """The exit status of a function in a process of its own."""
    child = os.fork()
    if not child:
        try:
            code = run()
        except BaseException as error:
            print(type(error), error, file=sys.stderr)
            code = 99
        os._exit(code)
    return os.waitpid(child, 0)[1]


def deadly(run, last: int):
    """`run`, killed at the step `last`: a change of the file system, a file opened for writing, a commit."""

    def killed() -> int:
        import sqlite3

        steps = 0

        def step(event: str, arguments: tuple) -> None:
            nonlocal steps
            if (
                event in EVENTS
                or (event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR))
                or event == "commit"
            ):
                steps += 1
                if steps >= last:
                    os.kill(os.getpid(), signal.SIGKILL)

        class Connection(sqlite3.Connection):
            def execute(self, *arguments):
                step("commit", ())
                done = super().execute(*arguments)
                step("commit", ())
                return done

        real = sqlite3.connect
        sqlite3.connect = lambda *rest, **more: real(*rest, **more, factory=Connection)
        sys.addaudithook(step)
        return run()

    return killed


def main(folder: Path, every: int, command: list[str]) -> int:
    """Kill at every `every`-th step until a run comes through; the number of kills."""
    sys.path.insert(0, str(Path(__file__).parent))
    from small_products import results

    from estran.cli.main import main as estran

    def run_into(out: Path):
        return lambda: estran([word.replace("OUT", str(out)) for word in command])

    def listing() -> int:
        code = run_into(clean)()
        (folder / "modules").write_text("\n".join(sys.modules))
        return code

    clean = folder / "clean"
    if forked(listing) != 0:
        return 1
    for name in (folder / "modules").read_text().split():
        with contextlib.suppress(ImportError):  # imported once, not in each fork
            importlib.import_module(name)
    wanted = results(clean)
    kills, last = 0, 1
    while True:
        out = folder / f"out{last}"
        status = forked(deadly(run_into(out), last))
        if os.waitstatus_to_exitcode(status) != -signal.SIGKILL:
            print(kills)
            return 0 if status == 0 and results(out) == wanted else 1
        kills += 1
        again = forked(run_into(out))
        if again != 0 or results(out) != wanted:
            print(f"killed at step {last}: {again}, {sorted(set(results(out)) ^ set(wanted))}", file=sys.stderr)
            return 1
        last += every


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
