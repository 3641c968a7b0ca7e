"""Text tables: what is written is read, and a changed table is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from estran.errors import BadProduct
from estran.tables.text import read_text, text_of

TEXT = text_of({"what": "squares: of x", "command": "none"}, ["x", "y"], [(1, 1), (2, 4), (3, 9)])


def test_there_and_back(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(TEXT)
    table = read_text(path)
    assert table.columns == {"x": ("1", "2", "3"), "y": ("1", "4", "9")}
    assert table.record["what"] == "squares: of x"


def test_a_changed_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(TEXT.replace("2,4", "2,5"))
    with pytest.raises(BadProduct, match=r"not as it was made \(in t.csv\)"):
        read_text(path)


def test_a_missing_table_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadProduct, match=r"cannot be read \(in none.csv\).*estran tables build"):
        read_text(tmp_path / "none.csv")
