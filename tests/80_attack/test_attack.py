"""The suite judges right: what is whole passes, what is broken is seen. ``make attack`` runs the attacks themselves."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path

import pytest
from attack import table
from attack.case import Case, Lacking, Outcome
from attack.damage import BYTES, TEXT, damaged
from attack.inputs import copied, put
from attack.judges import contents, hidden, honest, one_sentence, refused, snapshot
from attack.program import Said, forked, fresh, stop_servers
from attack.results import state
from attack.suite import KINDS, attempt, cases_of, thinned
from attack.watch import reads_of


def said(code: int = 0, err: str = "", late: bool = False) -> Said:
    return Said(code, "", err, 1.0, 100.0, late)


SENTENCE = "estran: error: the product has no CRS (in a.tif)."


@pytest.fixture(autouse=True, scope="module")
def _servers():
    yield
    stop_servers()


@pytest.mark.parametrize(
    "good",
    [said(), said(1, SENTENCE), said(2, f"estran: note: x\n{SENTENCE}"), said(2, "usage: estran\nestran: error: no")],
)
def test_honest_answers_pass(good):
    assert honest(good) == ""


@pytest.mark.parametrize(
    ("bad", "seen"),
    [
        (said(70, SENTENCE), "expected exit 0 or 1 or 2"),
        (said(-11), "signal 11"),
        (said(1), "not one sentence"),
        (said(1, SENTENCE + "\n" + SENTENCE), "not one sentence"),
        (said(1, "_tiffWriteProc: No space left on device.\n" + SENTENCE), "not one sentence"),
        (said(0, "Traceback (most recent call last):\nValueError: x"), "a traceback"),
        (said(late=True), "no end"),
    ],
)
def test_twin_dishonest_answers_are_seen(bad, seen):
    assert seen in honest(bad)


def test_a_refusal_names_its_remedy():
    assert refused(said(2, SENTENCE), "crs") == ""
    assert "none of 'scale'" in refused(said(2, SENTENCE), "scale")
    assert "expected exit" in refused(said(0))


def test_results_are_old_new_or_a_mixture(tmp_path: Path):
    (tmp_path / "o.data").mkdir()
    (tmp_path / "o.data" / "a.img").write_bytes(b"1")
    assert state(tmp_path, {}) == "nothing", "data without a header open nowhere"
    (tmp_path / "o.dim").write_text("new")
    known = {contents(sorted(tmp_path.iterdir())): "new"}
    (tmp_path / ".o.dim.1.estran-part").mkdir()
    assert state(tmp_path, known) == "new"
    assert hidden(tmp_path) == [".o.dim.1.estran-part"]
    (tmp_path / "o.data" / "a.img").write_bytes(b"0")
    assert state(tmp_path, known).startswith("neither")


def test_seconds_do_not_count_in_reports(tmp_path: Path):
    page = tmp_path / "index.html"
    digests = set()
    for text in (
        "<tr><th>open</th><td>1.47 s</td></tr><p>7 clouds</p>",
        "<tr><th>open</th><td>2.05 s</td></tr><p>7 clouds</p>",
        "<p>8 clouds</p>",
    ):
        page.write_text(text)
        digests.add(contents([page]))
    assert len(digests) == 2


def test_every_damage_changes_something():
    text = b"<a x='1'><b>12.5</b><c>word here</c></a>\n" * 5
    for damage in (*BYTES, *TEXT):
        assert any(damage(random.Random(seed), text) != text for seed in range(5)), damage.__name__
    for seed in range(200):
        _, made = damaged(random.Random(seed), text, text=seed % 2 == 0)
        assert made != text
        assert damaged(random.Random(seed), text, text=seed % 2 == 0)[1] == made, "the same seed makes the same damage"


def test_copies_do_not_touch_what_they_were_made_of(tmp_path: Path):
    (tmp_path / "a.SAFE").mkdir()
    (tmp_path / "a.SAFE" / "x").write_text("1")
    (tmp_path / "to").mkdir()
    made = copied(tmp_path / "a.SAFE", tmp_path / "to")
    put(made / "x", b"2")
    assert (tmp_path / "a.SAFE" / "x").read_text() == "1"


def test_reads_are_seen(tmp_path: Path):
    (tmp_path / "x").write_text("1")
    with reads_of(tmp_path) as nothing:
        pass
    assert nothing == []
    with reads_of(tmp_path) as found:
        (tmp_path / "x").read_text()
    assert "x" in found


def test_a_fork_dies_at_the_step_that_is_asked_for(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a", "")
    assert forked(tmp_path, "info", "x.zip").code == 1
    csv = "blue,green,red,nir08,swir16,swir22\n" + "0.1,0.1,0.1,0.3,0.2,0.1\n" * 5
    (tmp_path / "t.csv").write_text(csv)
    arguments = ("masks", "--table", "t.csv", "-o", "out.csv")
    counted = forked(tmp_path, *arguments, die_at=0)
    assert counted.code == 0
    (tmp_path / "out.csv").unlink()
    assert int((tmp_path / ".steps").read_text()) >= 2
    assert forked(tmp_path, *arguments, die_at=2).code == -9
    assert not (tmp_path / "out.csv").exists()
    assert forked(tmp_path, *arguments).code == 0, "what was killed does not stand in the way"


def test_a_fork_answers_as_a_fresh_process(tmp_path: Path):
    one, two = forked(tmp_path, "info", "nothing.SAFE"), fresh(tmp_path, "info", "nothing.SAFE")
    assert (one.code, one.out, one.err) == (two.code, two.out, two.err)
    assert one_sentence(one) == ""


def test_cases_say_what_they_saw(tmp_path: Path):
    def lacking(_folder: Path) -> str:
        raise Lacking("needs root")

    def broken(_folder: Path) -> str:
        raise ValueError("x")

    made = [
        attempt(Case("k", "w", "n", what), tmp_path / f"{k}")
        for k, what in enumerate((lambda _: "", lambda _: "gone", lacking, broken))
    ]
    assert [o.survived for o in made] == [True, False, False, False]
    assert made[1].seen == "gone"
    assert made[2].lacked == "needs root"
    assert "ValueError" in made[3].seen


def test_the_table_counts_by_line(tmp_path: Path):
    good, declared = (
        Case("kills", "kill -9", "1", lambda _: ""),
        Case("damage", "in silence", "1", lambda _: "", declared=True),
    )
    outcomes = [
        Outcome(good),
        Outcome(good, "gone"),
        Outcome(declared, "other values"),
        Outcome(Case("disks", "small", "1", lambda _: ""), lacked="needs root"),
    ]
    text = table.markdown(table.rows(outcomes))
    assert "| kills | kill -9 | 2 | 1 |" in text
    assert "| 1 | 0 (declared) |" in text
    assert "| disks | small (needs root) | – | – |" in text
    assert [o.seen for o in table.failed(outcomes)] == ["gone"]
    page = tmp_path / "page.md"
    page.write_text(f"before\n{table.BEGIN}\nold\n{table.END}\nafter\n")
    table.write(outcomes, page)
    assert page.read_text().startswith("before\n")
    assert page.read_text().endswith(f"{table.END}\nafter\n")
    assert "old" not in page.read_text()
    assert table.written(page) == table.rows(outcomes)
    table.write([Outcome(good)], page)
    assert "| kills | kill -9 | 1 | 1 |" in page.read_text()
    assert "| all | | 2 | 1 |" in page.read_text()
    assert table.written(page)[1:] == table.rows(outcomes)[1:], "kinds that were not tried again stay"


class Bare:
    """A ground that lays nothing: to list the cases."""

    quick = False

    def some(self, many: int, _few: int) -> int:
        return many


@pytest.mark.parametrize("kind", KINDS)
def test_cases_have_names_of_their_own(kind):
    made = [(c.what, c.name) for c in cases_of(kind, Bare())]
    assert len(made) >= 5
    assert len(set(made)) == len(made)


def test_a_quick_run_keeps_every_line():
    made = [c for kind in KINDS for c in cases_of(kind, Bare())]
    few = thinned(made, most=3)
    assert {(c.kind, c.what) for c in few} == {(c.kind, c.what) for c in made}
    assert len(few) == len(set(map(id, few))) < len(made) / 4


def test_snapshots_know_links_and_pipes(tmp_path: Path):
    (tmp_path / "a").symlink_to("nowhere")
    (tmp_path / "b").mkdir()
    assert snapshot(tmp_path) == {"a": "-> nowhere", "b": "folder"}
