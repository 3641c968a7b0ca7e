"""Memory and disk are looked at before the work."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from estran.adapters import free_memory as memory
from estran.cli import room

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of operators whose computation has begun."""
    from estran.catalogue.operators.masks import Masks

    names: list[str] = []
    real = Masks.compute
    monkeypatch.setattr(
        Masks, "compute", lambda self, *rest, **more: names.append("Masks") or real(self, *rest, **more)
    )
    return names


@pytest.mark.parametrize("command", [("masks",), ("run", "Masks")])
def test_too_little_memory(
    estran, scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list[str], command: tuple[str, ...]
) -> None:
    monkeypatch.setattr(room, "free_memory", lambda: 400_000)
    more = () if command == ("masks",) else ("--resample", "20")
    said = estran(*command, scene, "-o", tmp_path / "out", *more)
    assert said.code == 1
    assert "the work needs about 0." in said.err or "the work needs about 1" in said.err
    assert "MB of memory, and 0.4 are free (in Estran.Masks, 96 x 96 pixels)" in said.err
    assert ("--resolution" if command == ("masks",) else "--resample") in said.err
    assert not started
    assert not list(tmp_path.iterdir())
    said = estran(*command, scene, "-o", tmp_path / "out", "--force", *more)
    assert said.code == 0, said.err
    assert "note: The work needs about" in said.err
    assert started


def test_nearly_too_little_is_a_note(estran, scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needed: list[int] = []
    real = room.judge_memory
    monkeypatch.setattr("estran.cli.engine.judge_memory", lambda need, *rest: needed.append(need) or real(need, *rest))
    assert estran("masks", scene, "-o", tmp_path / "a.dim", "-q").code == 0
    (need,) = needed
    for free, noted in ((need / 0.9, True), (need / 0.5, False)):
        monkeypatch.setattr(room, "free_memory", lambda free=free: int(free))
        said = estran("masks", scene, "-o", tmp_path / "a.dim", "--overwrite")
        assert said.code == 0
        assert ("The work needs about" in said.err) == noted


@pytest.mark.parametrize("name", ["out", "a.dim", "a.tif"])
def test_too_little_space(
    estran, scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list[str], name: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10**9, 10**9 - 50_000, 50_000))
    said = estran("masks", scene, "-o", tmp_path / name)
    assert said.code == 1
    assert "of space on the disk, and 0.1 are free" in said.err
    assert not started
    assert not list(tmp_path.iterdir())
    assert estran("masks", scene, "-o", tmp_path / name, "--force").code == 0


def test_a_graph_that_computes_nothing_is_weighed_too(
    estran, scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10**9, 10**9 - 50_000, 50_000))
    said = estran("gpt", "Resample", f"-SsourceProduct={scene}", "-PtargetResolution=20", "-t", tmp_path / "r.dim")
    assert said.code == 1
    assert "of space on the disk" in said.err
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_limit_of_this_process_counts(scene: Path) -> None:
    code = "from estran.adapters.free_memory import free_memory; print(free_memory())"
    at_most = 3 * 10**9

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (at_most, at_most))

    free = int(
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, preexec_fn=limited
        ).stdout
    )
    assert 0 < free < at_most


def control_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, membership: str) -> Path:
    """A made-up /sys/fs/cgroup, and a /proc that says where this process is in it."""
    real = Path.read_text

    def read_text(path: Path, *rest: object, **more: object) -> str:
        return membership if str(path) == "/proc/self/cgroup" else real(path, *rest, **more)

    monkeypatch.setattr(Path, "read_text", read_text)
    monkeypatch.setattr(memory, "_CGROUP", tmp_path)
    return tmp_path


def test_a_container_s_limit_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Version 2: the group's own has none, the one around it has one; caches of files can be dropped."""
    top = control_groups(tmp_path, monkeypatch, "0::/job/step\n")
    (top / "job" / "step").mkdir(parents=True)
    for name, text in (("max", "max"), ("current", "5"), ("stat", "inactive_file 0\n")):
        (top / "job" / "step" / f"memory.{name}").write_text(text)
    for name, text in (("max", "1000000"), ("current", "700000"), ("stat", "anon 1\ninactive_file 200000\n")):
        (top / "job" / f"memory.{name}").write_text(text)
    assert memory.free_memory() == 500_000


def test_the_older_kind_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    top = control_groups(tmp_path, monkeypatch, "3:cpu,cpuacct:/x\n5:memory:/job\n")
    (top / "memory" / "job").mkdir(parents=True)
    for name, text in (
        ("limit_in_bytes", "1000000"),
        ("usage_in_bytes", "700000"),
        ("stat", "total_inactive_file 100000\n"),
    ):
        (top / "memory" / "job" / f"memory.{name}").write_text(text)
    assert memory.free_memory() == 400_000
