"""Names of folders: stable, apart from one another, and never out of the output folder."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estran.jobs.job import NAME, fingerprint, names_of, plain_name


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a/S2A_MSIL1C_X.SAFE", "S2A_MSIL1C_X"),
        ("a/S2A_MSIL1C_X.SAFE.zip", "S2A_MSIL1C_X"),
        ("x.dim", "x"),
        ("x.y.TIFF", "x_y"),
        ("..", None),
        ("/", "product"),
        ("été.tif", "t"),
        ("中.tif", "product"),
        ("--out.tif", "out"),
        ("..SAFE", "product"),
    ],
)
def test_plain_names(path: str, name: str | None) -> None:
    assert plain_name(Path(path)) == (name or plain_name(Path.cwd().parent))


@given(st.text(min_size=1, max_size=300))
def test_no_name_leads_out_of_the_folder(text: str) -> None:
    """Whatever a product is called, its name is one plain word."""
    name = plain_name(Path(text.replace("\0", "x")))
    assert NAME.fullmatch(name) or name.startswith("_")
    assert len(name) <= 120
    assert (Path("out") / name).parent == Path("out")


def made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def test_two_alike_are_kept_apart(tmp_path: Path) -> None:
    a, b = made(tmp_path / "a" / "X.SAFE"), made(tmp_path / "b" / "X.SAFE")
    digits = hashlib.sha256(str(b).encode()).hexdigest()[:8]
    assert names_of([a, b], {}) == {"X": a, f"X-{digits}": b}
    assert names_of([a, b, a, tmp_path / "b" / ".." / "a" / "X.SAFE"], {}) == {"X": a, f"X-{digits}": b}


def test_a_name_is_kept_from_run_to_run(tmp_path: Path) -> None:
    """Whatever else is given, and in whatever order."""
    a, b = made(tmp_path / "a" / "X.SAFE"), made(tmp_path / "b" / "X.SAFE")
    known = {name: str(path) for name, path in names_of([a, b], {}).items()}
    assert names_of([b], known) == {name: path for name, path in names_of([a, b], {}).items() if path == b}
    assert set(names_of([b, a], known)) == set(known)


def test_a_name_whose_product_has_gone_is_free(tmp_path: Path) -> None:
    moved = made(tmp_path / "new" / "X.SAFE")
    assert names_of([moved], {"X": str(tmp_path / "old" / "X.SAFE")}) == {"X": moved}


def test_letter_case_keeps_nothing_apart(tmp_path: Path) -> None:
    """As on the disks of Windows and macOS."""
    a, b = made(tmp_path / "a" / "x.SAFE"), made(tmp_path / "b" / "X.SAFE")
    assert len({name.casefold() for name in names_of([a, b], {})}) == 2


def test_names_of_a_tampered_record_are_not_taken(tmp_path: Path) -> None:
    a = made(tmp_path / "X.SAFE")
    assert names_of([a], {"../../elsewhere": str(a)}) == {"X": a}


def test_a_file_inside_stands_for_its_product(tmp_path: Path) -> None:
    safe = made(tmp_path / "X.SAFE")
    (safe / "MTD_MSIL1C.xml").write_text("x")
    assert list(names_of([safe / "MTD_MSIL1C.xml", safe], {})) == ["X"]


def test_a_changed_product_has_another_fingerprint(tmp_path: Path) -> None:
    file, data = tmp_path / "x.dim", tmp_path / "x.data"
    data.mkdir()
    file.write_text("header")
    (data / "a.img").write_text("samples")
    before = fingerprint(file)
    assert fingerprint(file) == before
    (data / "a.img").write_text("more samples")
    assert fingerprint(file) != before
    assert fingerprint(tmp_path / "nothing") == []
