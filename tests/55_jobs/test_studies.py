"""Studies are done case by case, anywhere, in any order, and what is done is done once."""

from __future__ import annotations

import importlib
import random
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estran.catalogue.study import Case, joined
from estran.errors import EstranError
from estran.jobs.processes import Processes
from estran.jobs.studies import digest_of_case, do_case, run_study
from estran.jobs.work import one_by_one
from estran.tables.pieces import PieceStore

sys.path.insert(0, str(Path(__file__).parent))
Squares = importlib.import_module("counting_study").Squares
"""Under a name by which other processes import it, too."""


def noted(path: Path) -> Counter[str]:
    return Counter(path.read_text().split()) if path.exists() else Counter()


def shuffled(tasks, function, *, started, progress):
    """A runner that does the cases in another order."""
    tasks = list(tasks)
    random.Random(3).shuffle(tasks)
    yield from one_by_one(tasks, function, started=started, progress=progress)


def same(one, other) -> None:
    assert one.keys == other.keys
    for name, array in one.variables.items():
        assert array.dtype == other.variables[name].dtype
        assert array.tobytes() == other.variables[name].tobytes()


@pytest.mark.parametrize("runner", [shuffled, Processes(2)], ids=["another order", "two processes"])
def test_the_result_does_not_depend_on_who_does_it(tmp_path: Path, runner) -> None:
    study = Squares(count=7)
    alone = run_study(study, {}, PieceStore(tmp_path / "a"))
    assert alone.keys == tuple(f"n{k}" for k in range(7))
    assert alone.variables["square"].tolist() == [k * k for k in range(7)]
    same(alone, run_study(study, {}, PieceStore(tmp_path / "b"), runner=runner))


def test_a_case_that_fails_is_listed_and_the_others_are_done_once(tmp_path: Path) -> None:
    note = tmp_path / "note"
    study = Squares(count=200, fails=77, note=str(note))
    store = PieceStore(tmp_path / "s")
    result = run_study(study, {}, store)
    assert result.failed == {"n77": "this number cannot be squared: found 77."}
    assert len(result.keys) == 199
    assert "n77" not in result.keys
    again = run_study(study, {}, store)
    assert noted(note) == Counter({f"n{k}": 1 for k in range(200)}) + Counter(["n77"])
    same(result, again)


def test_a_process_that_dies_costs_its_case_alone(tmp_path: Path) -> None:
    result = run_study(Squares(count=5, dies=2), {}, PieceStore(tmp_path / "s"), runner=Processes(2))
    assert result.keys == ("n0", "n1", "n3", "n4")
    assert "ended with code 9" in result.failed["n2"]


def test_a_fault_of_ours_is_a_sentence_too(tmp_path: Path) -> None:
    result = run_study(Squares(faulty=1), {}, PieceStore(tmp_path / "s"))
    assert "a fault of Estran: ZeroDivisionError: oops" in result.failed["n1"]


def test_stopped_and_gone_on_with(tmp_path: Path) -> None:
    """Whatever stops it, finished cases are not done again."""
    note = tmp_path / "note"
    study, store = Squares(note=str(note)), PieceStore(tmp_path / "s")

    def stops(tasks, function, *, started, progress):
        for k, end in enumerate(one_by_one(tasks, function, started=started, progress=progress)):
            if k == 3:
                raise KeyboardInterrupt
            yield end

    with pytest.raises(KeyboardInterrupt):
        run_study(study, {}, store, runner=stops)
    told: list[float] = []
    result = run_study(study, {}, store, progress=lambda fraction, _: told.append(fraction))
    assert told[0] == pytest.approx(0.5)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert noted(note) == {"n0": 1, "n1": 1, "n2": 1, "n3": 2, "n4": 1, "n5": 1}
    same(result, run_study(study, {}, PieceStore(tmp_path / "undisturbed")))


def test_a_kept_case_that_is_damaged_is_done_again(tmp_path: Path) -> None:
    note = tmp_path / "note"
    study, store = Squares(note=str(note)), PieceStore(tmp_path / "s")
    first = run_study(study, {}, store)
    victim = store.folder / f"{digest_of_case(study, Case('n2', 2))}.npz"
    victim.write_bytes(victim.read_bytes()[:-20])
    same(first, run_study(study, {}, store))
    assert noted(note)["n2"] == 2
    assert noted(note)["n1"] == 1


@pytest.mark.parametrize("other", [{"fails": 9}, {"count": 5}])
def test_parameters_are_part_of_what_decides(tmp_path: Path, other) -> None:
    """No kept case is taken over by a study with another parameter, even one that does not matter to it."""
    note = tmp_path / "note"
    study, store = Squares(note=str(note)), PieceStore(tmp_path / "s")
    run_study(study, {}, store)
    run_study(replace(study, **other), {}, store)
    assert noted(note)["n1"] == 2


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(_VALUES, _VALUES)
def test_digests_tell_data_apart(one, other) -> None:
    """Two cases have one digest where their data are the same value of the same kind, and only there."""
    study = Squares()
    equal = repr(one) == repr(other)
    assert (digest_of_case(study, Case("k", one)) == digest_of_case(study, Case("k", other))) == equal


def test_digests_know_types_and_shapes_of_arrays() -> None:
    x = np.arange(6.0)
    data = [x, x.astype(np.float32), x.reshape(2, 3), x.tolist(), x + 1e-12, x.view("datetime64[us]"), np.float64(0.0)]
    assert len({digest_of_case(Squares(), Case("k", one)) for one in data}) == len(data)


def test_nothing_to_do_and_two_of_one_key() -> None:
    with pytest.raises(EstranError, match="nothing to do: expected one case or more"):
        run_study(Squares(count=0), {}, PieceStore(Path("none")))

    class Twice(Squares):
        def cases(self, inputs):
            return [Case("a", 1), Case("a", 2)]

    with pytest.raises(EstranError, match="two cases of one key: expected each once, found 'a'"):
        run_study(Twice(), {}, PieceStore(Path("none")))


def test_another_version_of_estran_on_a_worker() -> None:
    from estran.jobs.studies import CasePayload

    result = do_case(CasePayload(Squares(), Case("n1", 1), "0.0.0"), lambda *_: None)
    assert "a worker has another version of Estran: expected 0.0.0" in result.sentence


def test_nothing_done_is_an_empty_result() -> None:
    whole = joined(Squares(), {})
    assert {name: array.shape for name, array in whole.items()} == {"square": (0,), "root": (0,), "word": (0,)}
