"""CSV tables: every column and its text stay, numbers are read where asked for, faults have their place."""

from __future__ import annotations

import numpy as np
import pytest

from estran.adapters.files.table import pixel_columns, read_table, with_columns, write_table
from estran.errors import BadProduct, TargetExists

TEXT = "id,B2,B03,red,nir08,swir16,scene,label\nx1,0.10,0.2,0.3,0.4,0.50,S2_a,1\nx2,0.1,,nan,4e-1,.5,S2_b,0\n"


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "pixels.csv"
    file.write_text(TEXT, encoding="utf-8")
    return file


def test_bands_by_any_of_their_names(path):
    columns = pixel_columns(read_table(path))
    np.testing.assert_array_equal(columns["blue"], [0.1, 0.1])
    np.testing.assert_array_equal(columns["green"], [0.2, np.nan])
    np.testing.assert_array_equal(columns["red"], [0.3, np.nan])
    assert columns["scene"].tolist() == ["S2_a", "S2_b"]
    assert columns["label"].tolist() == [1.0, 0.0]
    assert "cirrus" not in columns
    assert "id" not in columns


def test_input_stays_letter_for_letter(path, tmp_path):
    target = tmp_path / "out.csv"
    added = {
        "cloud": np.array([1, 0], np.uint8),
        "probability": np.array([0.25, np.nan], np.float32),
        "class": np.array(["cloud", "nodata"]),
    }
    write_table(target, read_table(path), added)
    lines, before = target.read_text().splitlines(), TEXT.splitlines()
    assert lines[0] == before[0] + ",cloud,probability,class"
    assert lines[1] == before[1] + ",1,0.25,cloud"
    assert lines[2] == before[2] + ",0,,nodata"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.csv", "pixels.csv"]


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters_and_a_byte_order_mark(tmp_path, delimiter):
    file = tmp_path / "a.csv"
    file.write_text("\ufeff" + TEXT.replace(",", delimiter), encoding="utf-8")
    table = read_table(file)
    assert table.names[0] == "id"
    write_table(tmp_path / "b.csv", table, {"cloud": [1, 0]})
    assert (tmp_path / "b.csv").read_text().splitlines()[0].endswith(delimiter + "cloud")


def test_quoted_cells_survive(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text('name,blue\n"a, b",0.1\n', encoding="utf-8")
    write_table(tmp_path / "b.csv", read_table(file), {"cloud": [1]})
    assert (tmp_path / "b.csv").read_text() == 'name,blue,cloud\n"a, b",0.1,1\n'


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(("told", "delimiter"), [("sep=;", ";"), ('"sep=|"', "|"), ("SEP=\t", "\t"), ("", "|")])
def test_what_separates_cells_is_stated_for_excel(tmp_path, told, delimiter, end):
    file = tmp_path / "a.csv"
    lines = [
        *([told] if told else []),
        "name,blue,x".replace(",", delimiter),
        "a,0.1,".replace(",", delimiter),
        "",
        "b,0,1,".replace(",", delimiter)[:-1],
    ]
    file.write_text(end.join(lines), encoding="utf-8", newline="")
    table = read_table(file)
    assert (table.names, table.delimiter) == (("name", "blue", "x"), delimiter)
    assert table.rows == (("a", "0.1", ""), ("b", "0", "1"))
    assert table.lines == ((3, 5) if told else (2, 4))


@pytest.mark.parametrize(
    "inside", ["two\nlines", "two\r\nlines", "two\rlines", "a\u2028b", "a\x85b", "a\x0cb", "a\x1cb"]
)
def test_line_ends_inside_a_cell_stay(tmp_path, inside):
    file = tmp_path / "a.csv"
    text = f'name,blue\n"{inside}",0.1\nx,O\n'
    file.write_text(text, encoding="utf-8", newline="")
    table = read_table(file)
    assert table.rows[0] == (inside, "0.1")
    write_table(tmp_path / "b.csv", table, {"cloud": [1, 0]})
    assert read_table(tmp_path / "b.csv").rows[0] == (inside, "0.1", "1")
    with pytest.raises(BadProduct, match=f"line {4 if 'two' in inside else 3}, column 'blue'"):
        table.numbers("blue")


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("0,12", "What to do: write numbers with a decimal point"),
        ("-,5e-1", "a decimal point"),
        ("0.1_5", "correct it"),
        ("1,2,3", "correct it"),
    ],
)
def test_cells_that_are_numbers_elsewhere(tmp_path, cell, told):
    file = tmp_path / "a.csv"
    file.write_text(f"blue;red\n\n{cell};1\n", encoding="utf-8")
    with pytest.raises(BadProduct, match=f"a.csv, line 3, column 'blue'.*{told}"):
        read_table(file).numbers("blue")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "empty"),
        ("a\0,\0b\0", "is no text.*save it as CSV in UTF-8"),
        ("a,a\n1,2\n", "column 'a' is there twice"),
        ("a,b\n1,2\n1\n", "another number of cells.*line 3.*expected 2, found 1"),
    ],
)
def test_broken_files_are_reported(tmp_path, text, told):
    file = tmp_path / "a.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadProduct, match=told):
        read_table(file)


def test_a_cell_that_is_no_number_is_reported_with_its_place(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("blue,red\n0.1,0.2\n0.1,O.2\n", encoding="utf-8")
    with pytest.raises(BadProduct, match=r"not a number \(in a.csv, line 3, column 'red'\): found 'O.2'"):
        pixel_columns(read_table(file))


def test_a_missing_file_is_reported(tmp_path):
    with pytest.raises(BadProduct, match="cannot be read"):
        read_table(tmp_path / "none.csv")


def test_results_never_hide_a_column(path, tmp_path):
    with pytest.raises(BadProduct, match="column 'label' already"):
        write_table(tmp_path / "out.csv", read_table(path), {"label": [1, 0]})
    with pytest.raises(BadProduct, match="does not fit"):
        write_table(tmp_path / "out.csv", read_table(path), {"cloud": [1]})
    assert not (tmp_path / "out.csv").exists()


def test_an_existing_file_stays(path, tmp_path):
    target = tmp_path / "out.csv"
    target.write_text("precious")
    with pytest.raises(TargetExists):
        write_table(target, read_table(path), {"cloud": [1, 0]})
    assert target.read_text() == "precious"
    write_table(target, read_table(path), {"cloud": [1, 0]}, overwrite=True)
    assert target.read_text() != "precious"


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "a;b\n1;2\n", "a|b\n1|2\n", "sep=#\na#b\n1#2\n", 'a,b\n"1\r1",2\n'])
def test_its_own_tables_are_known_again(tmp_path, text):
    source, out = tmp_path / "t.csv", tmp_path / "o.csv"
    source.write_text(text, newline="")
    write_table(out, read_table(source), {"x": ["1"], "y": ["2"]})
    assert with_columns(("x", "y")).is_one(out)
    assert not with_columns(("x", "y")).is_one(source)
