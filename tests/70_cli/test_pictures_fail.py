"""A product that is whole is never thrown away because something could not be drawn."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from estran.adapters.files.open import open_product
from estran.report import pictures


def test_one_picture(estran, scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full at the second picture: the page has the others and says which is missing."""
    real, drawn = pictures.save_png, []

    def fails_once(path: Path, *rest: object) -> tuple[int, int]:
        drawn.append(path.name)
        if len(drawn) == 2:
            path.write_bytes(b"half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(path, *rest)

    monkeypatch.setattr(pictures, "save_png", fails_once)
    said = estran("masks", scene, "-o", tmp_path / "out")
    assert said.code == 0, said.err
    page = (tmp_path / "out" / "index.html").read_text()
    assert "could not be drawn (No space left on device)" in page
    assert drawn[1] not in page
    assert {p.name for p in (tmp_path / "out").glob("*.png")} == set(drawn) - {drawn[1]}
    assert len(drawn) > 3


def test_the_whole_report(estran, scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The product is there, the command says so and prints it; a second run replaces the folder."""

    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("no font")

    monkeypatch.setattr("estran.report.page.fraction_tables", fails)
    for more in ((), ("--overwrite",)):
        said = estran("masks", scene, "-o", tmp_path / "out", *more)
        assert said.code == 0, said.err
        assert "The report could not be written (RuntimeError: no font); the product is whole and was kept." in said.err
        (product,) = (tmp_path / "out").glob("*.dim")
        assert said.out == f"{product}\n"
        assert open_product(product).grid.shape == (96, 96)
        assert not list((tmp_path / "out").glob("*.png"))
