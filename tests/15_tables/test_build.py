"""Tables made of pieces: stopped, gone on with, and the same whatever happened on the way."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from estran.errors import BadProduct
from estran.raster.scene import quiet
from estran.tables.archive import content_hash, read_archive, write_archive
from estran.tables.build import Plan, clear_pieces, finish, make_pieces, pieces_folder


class Squares:
    """A table of squares in five pieces, which counts what is made and can fail."""

    def __init__(self) -> None:
        self.made: Counter[str] = Counter()
        self.broken: set[str] = set()
        self.lock = threading.Lock()

    def make(self, piece: str) -> dict[str, np.ndarray]:
        with self.lock:
            self.made[piece] += 1
        if piece in self.broken:
            raise KeyboardInterrupt
        return {"y": np.array([int(piece) ** 2])}

    def plan(self, **record: str) -> Plan:
        names = [str(n) for n in range(5)]
        return Plan(
            "squares.npz",
            {"what": "squares", **record},
            names,
            self.make,
            lambda pieces: {"y": np.concatenate([pieces[n]["y"] for n in names])},
        )


def test_stopped_and_gone_on_with(tmp_path: Path) -> None:
    work = Squares()
    work.broken = {"3"}
    with pytest.raises(KeyboardInterrupt):
        make_pieces(work.plan(), tmp_path, quiet)
    assert set(work.made) >= {"0", "1", "2", "3"}
    before = len(work.made) - 1  # the fourth may have been under way
    work.broken = set()
    fractions: list[float] = []
    pieces = make_pieces(work.plan(), tmp_path, lambda fraction, _message: fractions.append(fraction))
    assert work.made == {"0": 1, "1": 1, "2": 1, "3": 2, "4": 1}
    assert fractions[0] == pytest.approx(before / 5)
    assert fractions[-1] == 1.0
    finish(work.plan(), pieces, tmp_path / "squares.npz")
    table = read_archive(tmp_path / "squares.npz", check=True)
    assert table.arrays["y"].tolist() == [0, 1, 4, 9, 16]
    assert table.record["what"] == "squares"
    clear_pieces(work.plan(), tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["squares.npz"]


def test_a_piece_cut_short_is_made_again(tmp_path: Path) -> None:
    work = Squares()
    make_pieces(work.plan(), tmp_path, quiet)
    victim = pieces_folder(work.plan(), tmp_path) / "2.npz"
    victim.write_bytes(victim.read_bytes()[:-30])
    assert make_pieces(work.plan(), tmp_path, quiet)["2"]["y"].tolist() == [4]
    assert work.made["2"] == 2
    assert work.made["1"] == 1


def test_pieces_of_another_plan_are_not_taken(tmp_path: Path) -> None:
    work = Squares()
    make_pieces(work.plan(), tmp_path, quiet)
    make_pieces(work.plan(inputs="other"), tmp_path, quiet)
    assert set(work.made.values()) == {2}


def test_any_number_of_workers_gives_the_same_bytes(tmp_path: Path) -> None:
    written = []
    for workers in (1, 3):
        folder = tmp_path / str(workers)
        folder.mkdir()
        plan = Squares().plan()
        finish(plan, make_pieces(plan, folder, quiet, workers=workers), folder / plan.name)
        written.append((folder / plan.name).read_bytes())
    assert written[0] == written[1]


def test_an_archive_that_was_changed(tmp_path: Path) -> None:
    path = tmp_path / "t.npz"
    write_archive(path, {"what": "x"}, {"x": np.arange(4)})
    assert read_archive(path).record["content"] == content_hash({"x": np.arange(4)})
    other = {"record": np.array('{"content": "sha256:0"}'), "x": np.arange(5)}
    np.savez(path, **other)
    assert read_archive(path).arrays["x"].size == 5
    with pytest.raises(BadProduct, match="not as it was made"):
        read_archive(path, check=True)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no archive at all"])
def test_what_is_no_archive_gets_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "t.npz"
    path.write_bytes(content)
    with pytest.raises(BadProduct, match=r"cannot be read \(in t.npz\)"):
        read_archive(path)


def test_a_hash_knows_names_types_and_shapes() -> None:
    x = np.arange(6.0)
    hashes = {
        content_hash(a)
        for a in ({"x": x}, {"y": x}, {"x": x.astype(np.float32)}, {"x": x.reshape(2, 3)}, {"x": x + 1e-12})
    }
    assert len(hashes) == 5


def test_a_plan_is_recognised_by_its_record() -> None:
    plan = Squares().plan()
    assert pieces_folder(plan, Path()) != pieces_folder(replace(plan, record={"what": "cubes"}), Path())
