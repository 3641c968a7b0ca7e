"""Tables that operators read: columns in the units declared, and one sentence for each that is not sound."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estran.adapters.files.aux_table import read_aux_table
from estran.catalogue.spec import AuxTable, TableColumn
from estran.errors import BadProduct, EstranError

BANDS = AuxTable(
    "response",
    "response_file",
    (
        TableColumn("band", "1", "name of the band", "text"),
        TableColumn("wavelength", "nm", "wavelength"),
        TableColumn("weight", "1", "response"),
    ),
    "responses",
    "bands are narrow",
    key=("band", "wavelength"),
)
SOUND = "band,wavelength [nm],weight\nB1,440,0.5\nB1,450,1\nB2,450,\n"


def read(tmp_path: Path, text: str) -> tuple[dict[str, np.ndarray], list[str]]:
    path = tmp_path / "response.csv"
    path.write_text(text, encoding="utf-8")
    notes: list[str] = []
    return read_aux_table(path, BANDS, notes), notes


def test_columns(tmp_path: Path) -> None:
    columns, notes = read(tmp_path, SOUND)
    assert columns["band"].tolist() == ["B1", "B1", "B2"]
    assert columns["wavelength"].tolist() == [440.0, 450.0, 450.0]
    assert columns["weight"].tolist()[:2] == [0.5, 1.0]
    assert np.isnan(columns["weight"][2])
    assert notes == []


def test_another_unit_is_converted_with_a_note(tmp_path: Path) -> None:
    columns, notes = read(tmp_path, "weight (%);wavelength [µm];band;more\n50;0.44;B1;x\n")
    assert (columns["wavelength"][0], columns["weight"][0]) == pytest.approx((440.0, 0.5))
    assert sorted(columns) == ["band", "wavelength", "weight"]
    assert notes == [
        "wavelength of response.csv is converted from µm to nm.",
        "weight of response.csv is converted from % to 1.",
    ]


def test_a_unit_that_is_not_said_is_noted(tmp_path: Path) -> None:
    assert read(tmp_path, SOUND.replace(" [nm]", ""))[1] == [
        "response.csv does not say the unit of wavelength: it is taken as nm."
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            SOUND.replace("weight", "weigth"),
            r"the table response lacks the column weight \(in .*response\.csv\): expected band, wavelength \[nm\], "
            r"weight, found band, wavelength \[nm\], weigth\. What to do",
        ),
        (
            SOUND.replace("[nm]", "[K]"),
            r"column wavelength of the table is in a unit that cannot be converted .*expected nm, found K\. What to do",
        ),
        (
            SOUND + "B1,450,2\n",
            r"two rows of the table have the same key \(in response\.csv, lines 3 and 5\): expected each band, "
            r"wavelength once, found B1, 450\. What to do",
        ),
        (SOUND.split("\n")[0] + "\n", "the table response has no rows"),
        (SOUND.replace("440", "four"), r"a cell is not a number \(in response.csv, line 2"),
    ],
    ids=["column", "unit", "key", "rows", "cell"],
)
def test_what_is_not_sound_is_one_sentence(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(BadProduct, match=said):
        read(tmp_path, text)


def test_a_key_that_is_no_column_is_refused_where_it_is_declared() -> None:
    with pytest.raises(EstranError, match="the key 'depth' of a table is none of its columns"):
        AuxTable("a", "b", BANDS.columns, "", "", key=("depth",))


@given(st.lists(st.tuples(st.sampled_from(["B1", "B2"]), st.integers(400, 420)), min_size=1, max_size=8))
def test_a_table_is_refused_just_where_a_key_is_there_twice(keys: list[tuple[str, int]]) -> None:
    import tempfile

    text = "band,wavelength [nm],weight\n" + "".join(f"{band},{wave},1\n" for band, wave in keys)
    with tempfile.TemporaryDirectory() as folder:
        if len(set(keys)) == len(keys):
            assert len(read(Path(folder), text)[0]["band"]) == len(keys)
        else:
            with pytest.raises(BadProduct, match="the same key"):
                read(Path(folder), text)
