"""A small simulated scene, made once by the command itself, and the command line called in this process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from estran.cli.main import main


@dataclass(frozen=True)
class Said:
    """What a command left: exit code, stdout, stderr."""

    code: int
    out: str
    err: str


@pytest.fixture
def estran(capsys: pytest.CaptureFixture[str]):
    """``estran("masks", path, "-o", out)``."""

    def call(*arguments: object) -> Said:
        try:
            code = main([str(a) for a in arguments])
        except SystemExit as end:  # argparse
            code = int(end.code or 0)
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return call


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The .SAFE of a simulated scene, 96 x 96 pixels of 20 m."""
    folder = tmp_path_factory.mktemp("scene")
    assert main(["simulate", "scene", str(folder / "sim"), "--seed", "5", "--size", "96", "--small", "-q"]) == 0
    (safe,) = (folder / "sim").glob("*.SAFE")
    return safe
