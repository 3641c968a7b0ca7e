"""Two runs on one name: one of them says so and leaves nothing; what killed runs left is cleared by the next run of
anything there.
"""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from estran.adapters.files import locks
from estran.adapters.files.belongings import MARKER, is_hidden_work
from estran.adapters.files.whole import claimed, whole
from estran.errors import TargetBusy, TargetExists, WriteFailed

HOLDING = """
import sys, time
from pathlib import Path
from estran.adapters.files.whole import claimed, whole
with (claimed if sys.argv[2] == "claimed" else whole)(Path(sys.argv[1]), overwrite=True) as part:
    print("x", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def holding():
    """Another process that works on an output."""
    running = []

    def start(target: Path, how: str = "claimed") -> subprocess.Popen[str]:
        child = subprocess.Popen([sys.executable, "-c", HOLDING, str(target), how], stdout=subprocess.PIPE, text=True)
        running.append(child)
        assert child.stdout is not None
        assert child.stdout.readline() == "x\n"
        return child

    yield start
    for child in running:
        child.kill()
        child.communicate()


@pytest.mark.parametrize("name", ["out", "o.dim", "o.tif"])
def test_the_second_says_so(estran, scene: Path, tmp_path: Path, holding, name: str) -> None:
    child = holding(tmp_path / name)
    before = sorted(tmp_path.iterdir())
    start = time.monotonic()
    for more in ((), ("--overwrite",)):
        said = estran("masks", scene, "-o", tmp_path / name, *more)
        assert said.code == 1
        assert f"another run is writing the output (in {tmp_path / name}): found process {child.pid} on " in said.err
    assert time.monotonic() - start < 10
    assert sorted(tmp_path.iterdir()) == before
    child.kill()
    child.wait()
    assert estran("masks", scene, "-o", tmp_path / name, "-q").code == 0
    assert not [p for p in tmp_path.iterdir() if is_hidden_work(p.name)]


def test_two_at_the_same_moment(scene: Path, tmp_path: Path) -> None:
    """Whichever is first: one result, whole, and one sentence."""
    command = [sys.executable, "-m", "estran.cli.main", "masks", str(scene), "-o", str(tmp_path / "out")]
    pair = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [child.communicate()[1] for child in pair]
    assert sorted(child.returncode for child in pair) == [0, 1], said
    assert sum("another run is writing" in text or "already there" in text for text in said) == 1
    assert (tmp_path / "out" / MARKER).is_file()
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_folder_in_which_another_run_works(estran, scene: Path, tmp_path: Path, holding) -> None:
    assert estran("masks", scene, "-o", tmp_path / "out", "-q").code == 0
    holding(tmp_path / "out" / "x.tif")
    said = estran("masks", scene, "-o", tmp_path / "out", "--overwrite")
    assert said.code == 1
    assert "another run is writing into the output folder" in said.err


def test_a_thread_of_the_same_process_is_another_run(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def other() -> None:
        with whole(tmp_path / "a") as part:
            part.write_text("other")

    with claimed(tmp_path / "a"), ThreadPoolExecutor(1) as pool, pytest.raises(TargetBusy):
        pool.submit(other).result()
    assert not list(tmp_path.iterdir())


def test_leftovers_of_any_name_are_cleared(tmp_path: Path, holding) -> None:
    """Of runs that were killed: their parts and locks go with the next run in that folder; a live one's stay, and so
    does what is not ours.
    """
    dead, live = holding(tmp_path / "dead", "whole"), holding(tmp_path / "live", "whole")
    dead.kill()
    dead.wait()
    (tmp_path / ".mine.estran").mkdir()
    (tmp_path / ".x.0123456789ab.estran-part").write_text("no folder")
    left = {p.name for p in tmp_path.iterdir()}
    assert len(left) == 6
    with whole(tmp_path / "other") as part:
        part.write_text("other")
    names = {p.name for p in tmp_path.iterdir()}
    assert not [name for name in names if ".dead." in name]
    assert len([name for name in names if ".live." in name]) == 2
    assert {".mine.estran", ".x.0123456789ab.estran-part", "other"} <= names
    assert live.poll() is None


def folder_meanwhile(place: Path) -> None:
    with whole(place / "out", overwrite=True) as part:
        part.mkdir()
        (part / "a").write_text("new")
        (place / "out" / "letter").write_text("dear")


def file_meanwhile(place: Path) -> None:
    with whole(place / "b.txt") as part:
        part.write_text("new")
        (place / "b.txt").write_text("theirs")


def test_a_stranger_s_thing_that_comes_while_the_work_goes_on(tmp_path: Path) -> None:
    """Looked at again at the moment of replacement: theirs stays, ours is kept beside it."""
    with whole(tmp_path / "out") as part:
        part.mkdir()
        (part / "a").write_text("old")
    with pytest.raises(
        WriteFailed, match=r"something else came to its place meanwhile .*letter.* take it from .*out\.kept-"
    ):
        folder_meanwhile(tmp_path)
    assert (tmp_path / "out" / "letter").read_text() == "dear"
    assert (tmp_path / "out" / "a").read_text() == "old"
    (kept,) = tmp_path.glob("out.kept-*")
    assert (kept / "out" / "a").read_text() == "new"
    with pytest.raises(WriteFailed, match=r"take it from .*b\.txt\.kept-"):
        file_meanwhile(tmp_path)
    assert (tmp_path / "b.txt").read_text() == "theirs"


# ---------------------------------------------------------------- disks without locks


@pytest.fixture
def no_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network disk that knows no locks."""

    def fails(_descriptor: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(locks, "_hold", fails)


@pytest.mark.usefixtures("no_locks")
def test_without_locks_a_file_says_who_works(tmp_path: Path) -> None:
    path = tmp_path / ".x.estran-lock"
    mine = locks.take(path)
    assert mine is not None
    assert locks.take(path) is None
    assert f"process {os.getpid()} on " in locks.holder(path)
    mine.release()
    assert not list(tmp_path.iterdir())
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    owner = tmp_path / ".x.estran-owner"
    for text, free in (
        (f'{{"host": "{os.uname().nodename}", "process": {gone.pid}, "started": "1"}}', True),
        (
            f'{{"host": "{os.uname().nodename}", "process": {os.getpid()}, "started": "1"}}',
            True,
        ),  # another process, of the same number
        ('{"host": "elsewhere", "process": 1, "started": "1"}', False),
        ("", False),  # being written
    ):
        owner.write_text(text)
        lock = locks.take(path)
        assert (lock is not None) == free, text
        if lock is not None:
            lock.release()
        owner.unlink(missing_ok=True)


@pytest.mark.usefixtures("no_locks")
def test_without_locks_all_goes_its_way(tmp_path: Path) -> None:
    for text in ("old", "new"):
        with whole(tmp_path / "a", overwrite=True) as part:
            part.write_text(text)
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


# ---------------------------------------------------------------- what has a lock's name


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes as POSIX has them")
@pytest.mark.parametrize("what", ["link", "dangling", "pipe", "folder", "notes"])
def test_what_is_no_lock_of_ours_stays(tmp_path: Path, what: str) -> None:
    """As somebody can lay into a folder that many share: a link followed would empty the file that it points to."""
    thesis, place = tmp_path / "thesis", tmp_path / "place"
    thesis.write_text("years")
    place.mkdir()
    for name in (".x.estran-lock", ".other.estran-lock"):
        at = place / name
        {
            "link": lambda at=at: at.symlink_to(thesis),
            "dangling": lambda at=at: at.symlink_to("nowhere"),
            "pipe": lambda at=at: os.mkfifo(at),
            "folder": at.mkdir,
            "notes": lambda at=at: at.write_text("notes"),
        }[what]()
    before = sorted(place.iterdir())
    with (
        pytest.raises(TargetExists, match=r"not ours has the name of the output's lock .*move it away"),
        whole(place / "x") as part,
    ):
        part.write_text("new")
    assert sorted(place.iterdir()) == before
    with whole(place / "y") as part:  # the sweep meets the other
        part.write_text("new")
    assert sorted(place.iterdir()) == sorted([*before, place / "y"])
    assert thesis.read_text() == "years"
    if what == "notes":
        assert (place / ".x.estran-lock").read_text() == "notes"
