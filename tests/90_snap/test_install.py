"""Install, doctor, link and uninstall on a real SNAP, in a user directory of its own: what gpt takes, and that nothing
is left.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from estran.adapters.snap.setup.find import NoSnap, find_snap
from estran.catalogue import OPERATORS
from estran.errors import EstranError

pytestmark = [pytest.mark.snap, pytest.mark.slow]


@pytest.fixture(scope="module")
def snap():
    """The SNAP of this machine."""
    try:
        found = find_snap()
    except (NoSnap, EstranError) as error:
        pytest.skip(f"no SNAP: {error}")
    if importlib.util.find_spec("esa_snappy") is None:
        pytest.skip("esa_snappy is not installed in this Python (pip install 'estran[snap]')")
    return found


@pytest.fixture
def user_dir(snap, tmp_path):
    """A user directory that SNAP has used once, so that what SNAP itself leaves there is there already."""
    folder = tmp_path / "snap user"
    _gpt(snap, folder, "-h")
    return folder


def _gpt(snap, user_dir, *arguments):
    command = [snap.gpt, f"-J-Dsnap.userdir={user_dir}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)


def _estran(user_dir, action, *options):
    command = [sys.executable, "-m", "estran.cli.main", "snap", action, "--userdir", user_dir, *options]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=1200, check=False)


def _tree(folder: Path) -> dict[str, bytes | str]:
    """What is there; the comment with the time that SNAP writes into its own settings is left out."""
    held: dict[str, bytes | str] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            held[str(path)] = f"-> {path.readlink()}"
        elif path.is_file():
            held[str(path)] = b"\n".join(line for line in path.read_bytes().splitlines() if not line.startswith(b"#"))
        else:
            held[str(path)] = "folder"
    return held


@pytest.mark.parametrize("action", ["install", "link"])
def test_in_proved_and_out_again(snap, user_dir, action):
    before, bridge = _tree(user_dir), _bridge()
    dry = _estran(user_dir, action, "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert _tree(user_dir) == before
    done = _estran(user_dir, action)
    assert done.returncode == 0, done.stderr
    for op in OPERATORS:
        helped = _gpt(snap, user_dir, op.alias, "-h")
        assert helped.returncode == 0, helped.stderr
    well = _estran(user_dir, "doctor", "--json")
    # Whether Rugged is there does not count.
    assert [check for check in json.loads(well.stdout)["checks"] if not check["ok"]] == []
    assert well.returncode == 0
    installed = _tree(user_dir)
    again = _estran(user_dir, action)
    assert again.returncode == 0, again.stderr
    assert "everything is in its place" in again.stdout
    assert _without_caches(_tree(user_dir)) == _without_caches(installed)
    gone = _estran(user_dir, "uninstall")
    assert gone.returncode == 0, gone.stderr
    assert _tree(user_dir) == before
    assert bridge <= _bridge(), "esa_snappy is SNAP's own: configured at its first use, and left so"
    assert "Unknown operator" in _gpt(snap, user_dir, OPERATORS[0].alias, "-h").stdout


def test_settings_of_others_stay(snap, user_dir):
    file = user_dir / "snap-python" / "snappy.properties"
    file.parent.mkdir(exist_ok=True)
    settings = (
        f"# caf\u00e9\r\nsnap.pythonExecutable={sys.executable.replace(chr(92), chr(92) * 2)}\r\nmine = x\\\r\n  y\r\n"
    )
    file.write_bytes(settings.encode())
    before = _tree(user_dir)
    done = _estran(user_dir, "install")
    assert done.returncode == 0, done.stderr
    assert file.read_bytes().startswith(settings.encode())
    assert b"snap.pythonModuleDir = " in file.read_bytes()
    assert _estran(user_dir, "uninstall").returncode == 0
    assert file.read_bytes() == settings.encode()
    assert _tree(user_dir) == before


def test_operators_that_snap_does_not_run_are_taken_out(snap, user_dir, tmp_path):
    """A module folder without the bridge's own package: refused before anything is written."""
    file = user_dir / "snap-python" / "snappy.properties"
    file.parent.mkdir(exist_ok=True)
    empty = tmp_path / "empty"
    (empty / "esa_snappy" / "lib").mkdir(parents=True)
    (empty / "esa_snappy" / "snappyutil.py").write_text("")
    file.write_text(f"snap.pythonExecutable = {sys.executable}\nsnap.pythonModuleDir = {empty}\n")
    before = _tree(user_dir)
    done = _estran(user_dir, "install")
    assert done.returncode == 1
    assert "has no jpy for" in done.stderr
    assert _tree(user_dir) == before


def test_a_broken_bridge_is_found_by_running_it(snap, user_dir, tmp_path):
    """Everything looks well, and Python does not start: the proof fails, and nothing stays."""
    site = Path(sysconfig.get_path("purelib"))
    twin = tmp_path / "twin"
    twin.mkdir()
    for entry in site.iterdir():
        if entry.name != "esa_snappy":
            (twin / entry.name).symlink_to(entry)
    shutil.copytree(site / "esa_snappy", twin / "esa_snappy")
    config = twin / "esa_snappy" / "jpyconfig.properties"
    if not config.is_file():
        pytest.skip("SNAP has not configured esa_snappy yet")
    config.write_text(
        "".join(
            line if "jpyLib" not in line else "jpy.jpyLib = nowhere.so\n"
            for line in config.read_text().splitlines(keepends=True)
        )
    )
    file = user_dir / "snap-python" / "snappy.properties"
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"snap.pythonExecutable = {sys.executable}\nsnap.pythonModuleDir = {twin}\n")
    before = _tree(user_dir)
    done = _estran(user_dir, "install")
    assert done.returncode == 1
    assert "everything was put back as it was" in done.stderr
    assert _tree(user_dir) == before


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="Python's library finds its place itself there")
def test_another_python_first_on_the_path(snap, user_dir, tmp_path, monkeypatch):
    """Named with the cure; installed all the same, proved with the cure; and taken out without a trace."""
    library = tmp_path / "other" / Path(sysconfig.get_path("stdlib")).relative_to(sys.base_prefix)
    (library / "lib-dynload").mkdir(parents=True)
    for entry in Path(sysconfig.get_path("stdlib")).iterdir():
        if entry.name not in ("lib-dynload", "site-packages", "dist-packages"):
            (library / entry.name).symlink_to(entry)
    (tmp_path / "other" / "bin").mkdir()
    shutil.copy(Path(sys.executable).resolve(), tmp_path / "other" / "bin" / "python3")
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "other" / "bin"), os.environ["PATH"]]))
    before = _tree(user_dir)
    done = _estran(user_dir, "install")
    assert done.returncode == 0, done.stderr
    assert f"PYTHONHOME={sys.base_prefix}" in done.stdout
    checks = {check["id"]: check for check in json.loads(_estran(user_dir, "doctor", "--json").stdout)["checks"]}
    assert not checks["home"]["ok"]
    for named in (sys.base_prefix, str(tmp_path / "other")):
        assert named in checks["home"]["fact"]
    monkeypatch.setenv("PYTHONHOME", sys.base_prefix)
    checks = {check["id"]: check for check in json.loads(_estran(user_dir, "doctor", "--json").stdout)["checks"]}
    assert [name for name, check in checks.items() if not check["ok"] and name != "desktop_home"] == []
    assert _estran(user_dir, "uninstall").returncode == 0
    assert _tree(user_dir) == before


def _bridge() -> set[str]:
    folder = Path(sysconfig.get_path("purelib")) / "esa_snappy"
    return {str(p) for p in folder.rglob("*") if "__pycache__" not in p.parts}


def _without_caches(held):
    return {path: what for path, what in held.items() if "__pycache__" not in path}
