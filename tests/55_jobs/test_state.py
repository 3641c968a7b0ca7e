"""The record of an output folder's jobs: what it keeps, and what it refuses without touching it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

import pytest

from estran.errors import BadState, EstranError, TargetBusy, TargetExists
from estran.jobs.job import Job
from estran.jobs.state import DONE, FAILED, FILE, RUNNING, VERSION, state_of


def job(out: Path, name: str, digest: str = "d") -> Job:
    return Job(name, Path(f"{name}.SAFE"), f"/data/{name}.SAFE", out / name, digest)


def test_it_remembers(tmp_path: Path) -> None:
    out = tmp_path / "a" / "out"
    with state_of(out) as state:
        for name in ("one", "two", "three"):
            state.begin(job(out, name))
        state.finish(job(out, "one"), {"seconds": 1.5})
        state.fail(job(out, "two"), "it is wrong.", {})
    with state_of(out) as state:
        rows = state.rows()
        assert {name: row.status for name, row in rows.items()} == {"one": DONE, "two": FAILED, "three": RUNNING}
        assert (rows["one"].line, rows["two"].sentence, rows["two"].source) == (
            {"seconds": 1.5},
            "it is wrong.",
            "/data/two.SAFE",
        )
        state.begin(job(out, "two"))
        assert state.rows()["two"].tries == 2
        state.begin(job(out, "two", "other"))
        assert state.rows()["two"].tries == 1
    assert [p.name for p in out.iterdir()] == [FILE]


def damaged(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[100:4096] = bytes(3996)
    path.write_bytes(content)


def changed(statement: str):
    def change(path: Path) -> None:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute(statement)

    return change


HARM = {
    "a letter": (lambda p: p.write_text("dear sir or madam"), "a file that is not ours"),
    "a folder": (lambda p: (p.unlink(), p.mkdir()), "a file that is not ours"),
    "a pipe": (lambda p: (p.unlink(), os.mkfifo(p)), "a file that is not ours"),
    "somebody's database": (changed("PRAGMA application_id = 7"), "a file that is not ours"),
    "another version": (
        changed(f"PRAGMA user_version = {VERSION + 1}"),
        f"of another version .*: expected {VERSION}, found {VERSION + 1}",
    ),
    "damage": (damaged, "damaged"),
}


@pytest.mark.parametrize("harm", HARM)
def test_what_is_not_ours_is_refused_and_stays(tmp_path: Path, harm: str) -> None:
    with state_of(tmp_path) as state:
        state.begin(job(tmp_path, "one"))
    path = tmp_path / FILE
    HARM[harm][0](path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(BadState, match=HARM[harm][1]) as told, state_of(tmp_path) as state:
        state.rows()
    assert "What to do:" in told.value.sentence()
    assert (path.read_bytes() if path.is_file() else None) == before
    assert [p.name for p in tmp_path.iterdir()] == [FILE]


def test_a_strangers_empty_database_is_no_record(tmp_path: Path) -> None:
    changed("CREATE TABLE mine (x)")(tmp_path / FILE)
    with pytest.raises(BadState, match="not ours"), state_of(tmp_path):
        pass


def test_an_empty_file_is_where_a_run_was_killed(tmp_path: Path) -> None:
    (tmp_path / FILE).touch()
    with state_of(tmp_path) as state:
        assert state.rows() == {}


def test_one_run_at_a_time(tmp_path: Path) -> None:
    """Another process holds it; the sentence says which."""
    reader, writer = os.pipe()
    ready, go = os.pipe()
    child = os.fork()
    if not child:
        with state_of(tmp_path):
            os.write(writer, b"x")
            os.read(ready, 1)
        os._exit(0)
    os.read(reader, 1)
    with pytest.raises(TargetBusy, match=f"process {child}"), state_of(tmp_path):
        pass
    os.write(go, b"x")
    os.waitpid(child, 0)
    with state_of(tmp_path):
        pass


def test_a_result_of_one_product_is_no_folder_of_many(tmp_path: Path) -> None:
    (tmp_path / ".estran-result.json").write_text("{}")
    with pytest.raises(TargetExists, match="result of one product"), state_of(tmp_path):
        pass


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(EstranError), state_of(tmp_path):
        pass
