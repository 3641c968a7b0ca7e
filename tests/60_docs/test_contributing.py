"""The operator of CONTRIBUTING.md, added to a copy of the project by its words alone."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

BLOCK = re.compile(r"^( *)```\w+ file=(\S+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def files_of(text: str) -> dict[str, str]:
    """The files that a page shows whole: path and content."""
    return {path: textwrap.dedent(content) for _, path, content in BLOCK.findall(text)}


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(folder / "python")}
    return subprocess.run([sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True)


@pytest.fixture
def copy(repository: Path, tmp_path: Path) -> Path:
    """What the project holds, without what was built or installed."""
    names = (
        "python",
        "tests",
        "docs",
        "graphs",
        "snap-operators",
        "pyproject.toml",
        "layer.xml",
        "README.md",
        "CHANGELOG.md",
    )
    for name in names:
        source, target = repository / name, tmp_path / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(source, target)
    return tmp_path


def test_three_files_are_shown(repository: Path) -> None:
    shown = files_of((repository / "CONTRIBUTING.md").read_text("utf-8"))
    assert list(shown) == [
        "python/estran/catalogue/operators/ndwi.py",
        "docs/ATBD/ndwi.md",
        "tests/20_masks/test_ndwi.py",
    ]


@pytest.mark.slow
def test_an_operator_of_three_files(repository: Path, copy: Path) -> None:
    """Generated views, contract tests, its own tests, lint and types: all pass, and nothing else was touched."""
    for path, content in files_of((repository / "CONTRIBUTING.md").read_text("utf-8")).items():
        (copy / path).write_text(content, "utf-8")
    stale = run(copy, "-m", "estran.catalogue.generate", "--check")
    assert stale.returncode != 0
    made = run(copy, "-m", "estran.catalogue.generate")
    assert made.returncode == 0, made.stdout + made.stderr
    for name in (
        "snap-operators/estran_snap/ndwi-info.xml",
        "docs/reference/ndwi.md",
        "docs/reference/schema/ndwi.json",
    ):
        assert (copy / name).is_file()
    assert run(copy, "-m", "estran.catalogue.generate", "--check").returncode == 0
    lint = run(copy, "-m", "ruff", "check", "python/estran/catalogue", "tests/20_masks/test_ndwi.py")
    assert lint.returncode == 0, lint.stdout
    layout = run(copy, "-m", "ruff", "format", "--check", "python/estran/catalogue", "tests/20_masks/test_ndwi.py")
    assert layout.returncode == 0, layout.stdout
    tests = run(copy, "-m", "pytest", "-q", "-k", "Ndwi or ndwi", "tests/30_catalogue", "tests/20_masks/test_ndwi.py")
    assert tests.returncode == 0, tests.stdout[-3000:]
    assert run(copy, "-m", "pytest", "-q", "tests/00_house").returncode == 0
