"""Several at a time, each in a process of its own: what dies is begun again, and nothing outlives the one that started
it.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from estran.jobs.job import Job
from estran.jobs.processes import Processes
from estran.jobs.work import Result, Task

HERE = Path(__file__).parent


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch):
    """The module of functions, under a name by which other processes find it, too."""
    monkeypatch.syspath_prepend(HERE)
    spec = importlib.util.find_spec("jobs_functions")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "jobs_functions", module)
    spec.loader.exec_module(module)
    return module


def task(name: str, payload: object) -> Task:
    return Task(Job(name, Path(name), f"/{name}", Path("out") / name, ""), payload)


def ended(count: int, tasks: list[Task], function) -> tuple[dict[str, Result], list[str], list[float]]:
    begun: list[str] = []
    fractions: list[float] = []
    ends = Processes(count)(
        tasks,
        function,
        started=lambda job: begun.append(job.name),
        progress=lambda fraction, _: fractions.append(fraction),
    )
    return {task.job.name: result for task, result in ends}, begun, fractions


def test_all_are_done_by_as_many_processes(functions) -> None:
    results, begun, fractions = ended(2, [task(str(n), n) for n in range(5)], functions.square)
    assert {name: result.line["square"] for name, result in results.items()} == {str(n): n * n for n in range(5)}
    processes = {result.line["process"] for result in results.values()}
    assert len(processes) <= 2
    assert os.getpid() not in processes
    assert sorted(begun) == list("01234")
    assert max(fractions) <= 1
    assert not any(alive(p) for p in processes)


def test_one_whose_process_dies_is_begun_again(functions, tmp_path: Path) -> None:
    results, begun, _ = ended(1, [task("a", tmp_path / "a"), task("b", tmp_path / "b")], functions.die_at_first)
    assert {name: dict(result.line) for name, result in results.items()} == {"a": {"done": True}, "b": {"done": True}}
    assert begun == ["a", "b"]


def test_one_that_always_dies_is_said(functions) -> None:
    results, _, _ = ended(1, [task("a", None)], functions.die_always)
    assert "was ended by SIGKILL, 2 times" in results["a"].sentence
    assert "memory" in results["a"].sentence


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def wait_until(true, seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("how", ["given up", "killed"])
def test_nothing_outlives_its_starter(functions, tmp_path: Path, how: str) -> None:
    """Given up, it leaves nothing half-written by the time that we go on; if the starter is killed, soon after."""
    place = tmp_path / "x"
    script = "\n".join(
        [
            "import sys; from pathlib import Path",
            f"sys.path.insert(0, {str(HERE)!r})",
            "import jobs_functions as f",
            "from estran.jobs.job import Job; from estran.jobs.work import Task; from estran.jobs.processes import "
            "Processes",
            "if __name__ == '__main__':",
            f"    list(Processes(1)([Task(Job('x', Path('x'), '/x', Path('x'), ''), Path({str(place)!r}))], "
            f"f.wait_for_ever, started=lambda _: None))",
        ]
    )
    (tmp_path / "script.py").write_text(script)
    starter = subprocess.Popen([sys.executable, str(tmp_path / "script.py")], stderr=subprocess.PIPE, text=True)
    begun = place.with_suffix(".begun")
    wait_until(lambda: begun.exists() and begun.read_text())
    assert list(tmp_path.glob(".x.*.estran-part"))
    starter.send_signal(signal.SIGINT if how == "given up" else signal.SIGKILL)
    starter.communicate()
    worker = int(begun.read_text())
    if how == "killed":
        wait_until(lambda: not alive(worker))
    assert not alive(worker)
    assert not [p.name for p in tmp_path.iterdir() if p.name.startswith(".")]


def test_the_work_ends_with_who_wants_it(functions) -> None:
    """An error of whoever takes the results ends the processes, too."""
    ends = Processes(1)([task(str(n), n) for n in range(3)], functions.square, started=lambda _: None)
    process = next(ends)[1].line["process"]
    with contextlib.closing(ends):
        pass
    assert not alive(process)
