"""Interrupted or terminated at any moment: one sentence, the exit code of the signal, soon, and nothing left."""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")

FIRST = "import estran.cli.start as start, os, sys; os.write(1, b'x'); sys.exit(start.main())"
"""The program, which says when its first module is there."""
OLD = "import os, sys; from estran.cli.main import main; os.write(1, b'x'); sys.exit(main())"
"""The same through the entry point of older installations."""
SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]


def stopped_after(
    seconds: float, number: signal.Signals, *arguments: object, code: str = FIRST, place: Path
) -> tuple[int, str, float]:
    """Exit code, stderr, and how long the end took [s]."""
    # A shell that starts the tests in the background has its children ignore Ctrl-C; a user's terminal does not.
    heard = functools.partial(signal.signal, number, signal.SIG_DFL)
    command = [sys.executable, "-c", code, *map(str, arguments)]
    with subprocess.Popen(
        command, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heard
    ) as child:
        assert child.stdout is not None
        assert child.stdout.read(1) == "x"
        time.sleep(seconds)
        start = time.monotonic()
        child.send_signal(number)
        _, err = child.communicate(timeout=60)
        return child.returncode, err, time.monotonic() - start


def right(outcome: tuple[int, str, float], expected: int) -> bool:
    code, err, _ = outcome
    lines = [line for line in err.splitlines() if "note:" not in line]
    return (
        code == expected
        and len(lines) == 1
        and lines[0].startswith("estran: error: ")
        and lines[0].endswith("nothing was left half-written.")
    )


@pytest.mark.parametrize(("number", "code"), SIGNALS)
@pytest.mark.parametrize("seconds", [0.0, 0.05, 1.0])
def test_stopped_early(scene: Path, tmp_path: Path, number: signal.Signals, code: int, seconds: float) -> None:
    """While modules are imported, arguments parsed, files opened."""
    outcome = stopped_after(seconds, number, "masks", scene, "-o", "o", place=tmp_path)
    assert right(outcome, code), outcome
    assert outcome[2] < 5
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_the_old_entry_point(scene: Path, tmp_path: Path, number: signal.Signals, code: int) -> None:
    outcome = stopped_after(0.3, number, "masks", scene, "-o", "o", code=OLD, place=tmp_path)
    assert right(outcome, code), outcome


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), SIGNALS[:2])
def test_stopped_at_any_moment(scene: Path, tmp_path: Path, number: signal.Signals, code: int) -> None:
    """Every 0.2 s for eight seconds, or up to the end of the work: the result is not there, or, where it was just done,
    it is whole.
    """
    outcomes, slowest = [], 0.0
    for k in range(40):
        place = tmp_path / str(k)
        place.mkdir()
        outcome = stopped_after(k * 0.2, number, "masks", scene, "-o", "o", "--overwrite", place=place)
        if outcome[0] == 0:
            break
        assert right(outcome, code), (k, outcome)
        left = [p.name for p in place.iterdir()]
        assert left in ([], ["o"]), (k, left)
        assert left == [] or (place / "o" / "index.html").is_file()
        outcomes.append(left)
        slowest = max(slowest, outcome[2])
    assert len(outcomes) > 10
    assert slowest < 5


LATE = """
import os, sys
import estran.cli.start as start

class Late:
    def __del__(self, kill=os.kill, me=os.getpid(), number=int(sys.argv.pop(1))):
        kill(me, number)

sys.late = Late()
os.write(1, b"x")
sys.exit(start.main())
"""
"""The program, and a signal that comes while Python takes itself apart."""


@pytest.mark.parametrize("number", [number for number, _ in SIGNALS])
def test_stopped_when_all_is_done(scene: Path, number: signal.Signals) -> None:
    """The result stands, and the exit code says so."""
    heard = functools.partial(signal.signal, number, signal.SIG_DFL)
    command = [sys.executable, "-c", LATE, str(int(number)), "info", str(scene)]
    ended = subprocess.run(command, capture_output=True, text=True, preexec_fn=heard)
    assert ended.returncode == 0, ended.stderr


BUSY = """
import os, sys, threading, time
import estran.cli.start
from pathlib import Path
from estran.adapters.files import whole as w

place, where = Path(sys.argv[1]), sys.argv[2]

def forever(number):
    while True:
        (number / f"{time.monotonic_ns()}").write_text("x")

with w.whole(place / "out") as part:
    part.mkdir()
    if where == "threads":
        for _ in range(4):
            threading.Thread(target=forever, args=(part,), daemon=True).start()
        os.write(1, b"x")
        time.sleep(60)
    else:
        (part / "a").write_text("x")
        real = w.finish
        def slow(ready, plan):
            os.write(1, b"x")
            time.sleep(0.5)
            real(ready, plan)
        w.finish = slow
time.sleep(60)
"""


@pytest.mark.parametrize("where", ["threads", "moving it to its place"])
def test_stopped_where_it_is_hard(tmp_path: Path, where: str) -> None:
    """Threads that go on writing into a folder that is being removed; a result on the way to its place,
    which arrives.
    """
    (tmp_path / "place").mkdir()
    outcome = stopped_after(0.1, signal.SIGTERM, tmp_path / "place", where, code=BUSY, place=tmp_path)
    assert right(outcome, 143), outcome
    assert outcome[2] < 3
    assert [p.name for p in (tmp_path / "place").iterdir()] == (["out"] if where.startswith("moving") else [])


def test_what_is_ignored_stays_ignored(scene: Path, tmp_path: Path) -> None:
    """nohup, and jobs in the background of a script."""
    ignored = functools.partial(signal.signal, signal.SIGINT, signal.SIG_IGN)
    command = [sys.executable, "-m", "estran.cli.main", "info", str(scene)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=ignored) as child:
        for _ in range(20):
            time.sleep(0.02)
            child.send_signal(signal.SIGINT)
        child.communicate(timeout=60)
        assert child.returncode == 0


def test_the_package_leaves_signals_alone() -> None:
    """For those who import it, and for those who call the command line in their own process."""
    code = """
import signal
before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
import estran, estran.adapters.files.open
from estran.cli.main import main
assert main(["operators"]) == 0
assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == before
"""
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL, env={**os.environ})
