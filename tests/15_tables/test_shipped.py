"""What holds for every table that comes with Estran, and for the command that makes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from estran.cli.main import main
from estran.physics.radiative_transfer.tables import KINDS
from estran.tables import SHIPPED
from estran.tables.archive import read_archive
from estran.tables.text import read_text

TABLES = sorted(p for p in SHIPPED.iterdir() if p.suffix in (".csv", ".npz"))


@pytest.mark.parametrize("path", TABLES, ids=lambda p: p.name)
def test_each_carries_its_record(path: Path, repository: Path) -> None:
    """What it is, how it was made and of what; the content is as it was made; the page is there."""
    record = read_archive(path, check=True).record if path.suffix == ".npz" else read_text(path).record
    assert {"what", "units", "page", "command", "estran", "content"} <= set(record)
    assert record["command"].startswith("estran tables build ")
    assert any(key.startswith("input ") and value.startswith("sha256:") for key, value in record.items())
    assert (repository / record["page"]).is_file()


def test_all_of_them_are_small() -> None:
    assert TABLES
    assert sum(p.stat().st_size for p in TABLES) < 20e6


@pytest.mark.parametrize("kind", [*KINDS, "gas", "bands"])
def test_the_command_knows_each_kind(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["tables", "build", kind, "--help"])
    assert stop.value.code == 0
    assert "--out" in capsys.readouterr().out


def test_list_is_the_records(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tables", "list"]) == 0
    said = capsys.readouterr().out
    assert all(path.name in said for path in TABLES)
    assert "command: estran tables build gas" in said


def test_a_file_that_is_no_table(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    wrong = tmp_path / "t.npz"
    wrong.write_bytes(b"nothing")
    assert main(["tables", "list", str(wrong)]) == 1
    assert "a look-up table cannot be read (in t.npz)" in caplog.text
