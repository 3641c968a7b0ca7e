"""``estran snap``: what it prints, its exit codes, its JSON. What it does to files is in 45_adapters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from estran import __version__
from estran.adapters.snap.setup.check import Check
from estran.adapters.snap.setup.interpreter import ask
from estran.cli.commands.snap import lines

SERVICES = "META-INF/services/eu.esa.snap.snappy.gpf.PyOperatorSpi"


@pytest.fixture
def snap(fake_snap):
    """A SNAP that is set up for this Python."""
    if not ask(Path(sys.executable)).library:
        pytest.skip("this Python has no shared library, so no SNAP can be set up for it")
    fake_snap.set_python()
    return fake_snap


def test_install_doctor_uninstall(estran, snap) -> None:
    folder = snap.user_dir / "snap-python" / "estran"
    dry = estran("snap", "install", "--dry-run")
    assert dry.code == 0, dry.err
    assert not folder.exists()
    assert f"{folder / SERVICES}" in dry.out
    done = estran("snap", "install")
    assert done.code == 0, done.err
    assert (folder / SERVICES).is_file()
    assert "Python starts in SNAP" in done.out
    shown = {line.split(" ", 2)[1] for line in dry.out.splitlines() if line.startswith("write")}
    assert len([p for p in folder.rglob("*") if p.is_file()]) == dry.out.count("\nwrite "), shown
    again = estran("snap", "install")
    assert again.code == 0
    assert "everything is in its place" in again.out
    assert "nothing would change" in estran("snap", "install", "--dry-run").out
    well = estran("snap", "doctor")
    assert (well.code, well.err) == (0, ""), well.out
    # Rugged is an extra: without it all is well too.
    assert all(line.startswith(("✓ ", "– Rugged", "  →")) for line in well.out.splitlines())
    assert f"remove  {folder / SERVICES}" in estran("snap", "uninstall", "--dry-run").out
    assert folder.exists()
    gone = estran("snap", "uninstall")
    assert gone.code == 0, gone.err
    assert not folder.exists()
    assert "nothing of ours" in estran("snap", "uninstall").out


def test_the_doctor_s_json(estran, snap) -> None:
    """The schema that docs/tutorials/on_a_server.md states; programs rely on it."""
    said = estran("snap", "doctor", "--json")
    assert said.code == 1
    told = json.loads(said.out)
    assert list(told) == ["schema", "estran", "ok", "checks"]
    assert (told["schema"], told["estran"], told["ok"]) == (2, __version__, False)
    assert all(list(check) == ["id", "ok", "fact", "mend", "optional"] for check in told["checks"])
    assert [check["id"] for check in told["checks"] if not check["ok"]] == ["operators"]
    assert all((check["mend"] == "") == check["ok"] for check in told["checks"] if not check["optional"])
    assert said.err.strip().startswith("estran: error: 1 of ")
    said.out.encode("ascii")


def test_what_nothing_fails_without_is_no_failure(estran, snap, monkeypatch) -> None:
    from estran.adapters.snap.setup import doctor
    from estran.adapters.snap.setup.check import Declared, Wrong
    from estran.errors import EstranError

    def broken(site):
        raise EstranError("no answer in time", todo="try again")

    snap_itself = doctor.CHECKS["snap"]
    for rugged in (lambda site: Wrong("not there", "get it"), broken):
        monkeypatch.setattr(doctor, "CHECKS", {"snap": snap_itself, "rugged": Declared(rugged, optional=True)})
        said = estran("snap", "doctor", "--json")
        told = json.loads(said.out)
        assert (said.code, told["ok"]) == (0, True), said.err
        assert [(c["id"], c["ok"], c["mend"] != "", c["optional"]) for c in told["checks"]] == [
            ("snap", True, False, False),
            ("rugged", True, True, True),
        ]
        assert "\n– " in estran("snap", "doctor").out


def test_the_page_lists_every_check(repository) -> None:
    from estran.adapters.snap.setup.doctor import CHECKS

    page = (repository / "docs" / "tutorials" / "on_a_server.md").read_text("utf-8")
    assert [name for name in CHECKS if f"| `{name}` |" not in page] == []


def test_the_page_names_the_menu(repository) -> None:
    from estran.catalogue.operators.cloud_mask import CloudMask
    from estran.catalogue.views.names import menu_entry

    page = (repository / "docs" / "tutorials" / "in_snap_desktop.md").read_text("utf-8")
    assert f"{CloudMask.menu.replace('/', ' > ')} > {menu_entry(CloudMask)}" in page


def test_errors_are_sentences(estran, fake_snap, tmp_path) -> None:
    said = estran("snap", "doctor", "--snap", tmp_path)
    assert said.code == 2
    assert "--snap names no SNAP" in said.err
    said = estran("snap", "install", "--python", tmp_path / "python")
    assert said.code == 2
    assert "--python names no program" in said.err
    assert estran("snap", "doctor", "--timeout", "soon").code == 2
    assert estran("snap").code == 2
    fake_snap.jar(fake_snap.home / "snap" / "modules" / "org-esa-snap-snap-core.jar", {}, "9.0.8")
    said = estran("snap", "install")
    assert said.code == 1
    assert "SNAP 9.0.8" in said.err
    assert "Traceback" not in said.err


def test_uninstall_where_snap_has_gone(estran, snap, monkeypatch) -> None:
    assert estran("snap", "install").code == 0
    monkeypatch.delenv("SNAP_HOME")
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", f"-Duser.home={snap.user_home}")
    monkeypatch.setattr("estran.adapters.snap.setup.find.usual_places", lambda _environment: iter(()))
    said = estran("snap", "uninstall")
    assert said.code == 0, said.err
    assert not (snap.user_dir / "snap-python" / "estran").exists()


def test_signs_that_the_terminal_can_show() -> None:
    checks = [Check("a", True, "fine é"), Check("b", False, "not fine", "mend it")]
    assert lines(checks, "utf-8") == ["✓ fine é", "✗ not fine", "  → mend it"]
    assert lines(checks, "latin-1") == ["ok    fine é", "WRONG not fine", "  -> mend it"]
    assert lines(checks, "ascii") == ["ok    fine \\xe9", "WRONG not fine", "  -> mend it"]
    assert lines(checks, None) == lines(checks, "ascii")


def test_in_a_terminal_of_ascii(snap) -> None:
    command = [sys.executable, "-m", "estran.cli.main", "snap", "doctor"]
    done = subprocess.run(
        command, capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"}, timeout=120, check=False
    )
    assert done.returncode == 1
    assert b"WRONG Estran's operators are not in this SNAP" in done.stdout.decode("ascii").encode()
