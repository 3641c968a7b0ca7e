"""Standard streams that are closed or full: a result is a result all the same, and nothing that is said lands in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from estran.adapters.files import open_product

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="closes streams as a POSIX shell does")


def shell(redirected: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "estran.cli.main", *map(str, arguments)]
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {redirected}', "sh", *command], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed(scene: Path, tmp_path: Path, closed: str) -> None:
    said = shell(closed, "masks", scene, "-o", tmp_path / "x.tif")
    assert said.returncode == 0, said.stderr
    assert open_product(tmp_path / "x.tif").bands
    said = shell(closed, "masks", scene, "-o", tmp_path / "x.tif")
    assert said.returncode == 1
    assert ("already there" in said.stderr) == ("2>" not in closed)
    assert [p.name for p in tmp_path.iterdir()] == ["x.tif"]
    assert shell(closed, "operators").returncode == 0


def test_a_full_disk_behind_them(scene: Path, tmp_path: Path) -> None:
    """And behind stderr: the result is whole; what failed is to say so."""
    if not Path("/dev/full").exists():
        pytest.skip("a device of Linux")
    said = shell(">/dev/full", "masks", scene, "-o", tmp_path / "x.tif", "-q")
    assert said.returncode == 0, said.stderr
    said = shell(">/dev/full", "masks", scene, "-o", tmp_path / "y.tif")
    assert said.returncode == 1
    lines = [line for line in said.stderr.splitlines() if "error:" in line]
    assert lines == [
        "estran: error: what was to be said could not be written to stdout: No space left on device. What to do: send "
        "it elsewhere."
    ]
    assert open_product(tmp_path / "y.tif").bands
    for command in ("masks", scene, "-o", tmp_path / "z.tif"), ("operators",):
        assert shell("2>/dev/full", *command).returncode == 0


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-", "2>/dev/full"])
def test_results_in_folders_and_exit_codes(scene: Path, tmp_path: Path, closed: str) -> None:
    if closed.endswith("full") and not Path("/dev/full").exists():
        pytest.skip("a device of Linux")
    if "2>" in closed:
        assert shell(closed, "masks", scene, "-o", tmp_path / "out").returncode == 0
        assert (tmp_path / "out" / "index.html").is_file()
    assert shell(closed, "info", scene).returncode == 0
    assert shell(closed, "info", tmp_path / "none.SAFE").returncode == 1
