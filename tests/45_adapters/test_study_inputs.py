"""Tables that studies read: units in brackets or in a row of their own, times in any zone, and one sentence for
whatever is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from estran.adapters.studies.inputs import ReadInputs, read_inputs
from estran.adapters.studies.units import converted, spelt
from estran.catalogue.study import (
    Case,
    Column,
    DatasetOut,
    FolderIn,
    RasterIn,
    Study,
    TableIn,
    Variable,
    check_row,
)
from estran.errors import BadParameter, BadProduct, EstranError, MissingBand

TABLE = TableIn(
    "observations",
    (
        Column("id", "Name.", "a", kind="text"),
        Column("time", "When.", "2024-06-21T09:50:31Z", kind="time"),
        Column("wind", "Wind.", "5", unit="m/s", interval="[0,30]"),
        Column("angle", "Angle.", "10", unit="degrees", optional=True, without="straight down is taken"),
    ),
    key="id",
    help="a table",
)


@dataclass(frozen=True, kw_only=True)
class Reads(Study):
    alias = "try reading"
    label = "Reads"
    version = "1"
    summary = "Reads."
    atbd = "none"
    inputs = (TABLE,)
    result = DatasetOut("observation", (Variable("y", "y"),))


def read(tmp_path: Path, text: str, study: type[Study] = Reads) -> ReadInputs:
    path = tmp_path / "t.csv"
    path.write_text(text)
    return read_inputs(study, {"observations": path})


def columns(tmp_path: Path, text: str) -> dict[str, np.ndarray]:
    return dict(read(tmp_path, text).data["observations"].columns)  # type: ignore[union-attr]


def test_units_in_brackets_and_in_a_row_are_the_same(tmp_path: Path) -> None:
    """Other columns are left alone, whatever is in them."""
    brackets = columns(
        tmp_path, "id,time,wind [m s-1],angle (deg),remark\na,2024-06-21T09:50:31Z,5,10,x\nb,2024-06-22,6,,y\n"
    )
    row = columns(
        tmp_path, "id,time,wind,angle,remark\n,,m s-1,deg,\na,2024-06-21T09:50:31Z,5,10,x\nb,2024-06-22,6,,y\n"
    )
    assert list(brackets) == list(row) == ["id", "time", "wind", "angle"]
    for name in brackets:
        np.testing.assert_array_equal(brackets[name], row[name])
    assert brackets["wind"].tolist() == [5.0, 6.0]
    assert np.isnan(brackets["angle"][1])


def test_times_of_any_zone_are_utc(tmp_path: Path) -> None:
    found = columns(tmp_path, "id,time,wind\na,2024-06-21T11:50:31.25+02:00,5\nb,2024-06-21 09:50:31.25,5\nc,,5\n")
    assert found["time"][0] == found["time"][1] == np.datetime64("2024-06-21T09:50:31.250000")
    assert np.isnat(found["time"][2])


def test_what_was_assumed_is_said(tmp_path: Path) -> None:
    found = read(tmp_path, "id,time,wind\na,2024-06-21,5\n")
    assert found.notes == (
        "t.csv says no unit of wind in m/s, which is assumed.",
        "no column angle: straight down is taken.",
    )
    assert found.facts["observations"]["rows"] == 1
    assert not found.data["observations"].columns["wind"].flags.writeable  # type: ignore[union-attr]


def test_units_of_a_kind_are_converted(tmp_path: Path) -> None:
    found = columns(tmp_path, "id,time,wind [kn],angle [rad]\na,2024-06-21,10,0.5\n")
    assert found["wind"][0] == pytest.approx(10 * 1852 / 3600)  # a knot is 1852 m an hour
    assert found["angle"][0] == pytest.approx(np.degrees(0.5))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "id,time\na,2024-06-21\n",
            r"the table has no column 'wind' \(in .*t.csv\): expected id, time, wind, found id, time. What to do: "
            r"add wind \[m/s\]: Wind, or rename",
        ),
        (
            "id,time,wind [K]\na,2024-06-21,5\n",
            r"column 'wind' is in a unit that does not convert \(in .*t.csv\): expected m/s, or a unit of its kind, "
            r"found K. What to do: give wind in m/s",
        ),
        ("id,time,wind [furlong]\na,2024-06-21,5\n", "does not convert .* found furlong"),
        ("id,time,wind,angle [1]\na,2024-06-21,5,1\n", "column 'angle' is in a unit that does not convert"),
        (
            "id,time,wind\na,2024-06-21,5\nb,2024-06-21,5\na,2024-06-22,6\n",
            r"two rows of the table have the same id \(in .*t.csv\): expected each once, found 'a' in lines 2 and 4",
        ),
        ("id,time,wind\n ,2024-06-21,5\n", r"a row has no id \(in t.csv, line 2\)"),
        ("id,time,wind\na,soon,5\n", r"a cell is no time \(in t.csv, line 2, column 'time'\): expected ISO 8601"),
        ("id,time,wind\na,2024-06-21,5\nb,2024-06-21,much\n", "a cell is not a number .*line 3, column 'wind'"),
        ("id,time,wind\n", "a header and no row"),
        ("id,time,wind,wind [m/s]\na,2024-06-21,5,5\n", "column 'wind' is there twice"),
    ],
)
def test_one_sentence_for_what_is_wrong(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(BadProduct, match=sentence) as raised:
        read(tmp_path, text)
    assert "\n" not in str(raised.value)


def test_a_row_of_units_needs_texts_where_numbers_go(tmp_path: Path) -> None:
    """A first row whose numbers are missing is a row, and its empty cells are no units."""
    found = columns(tmp_path, "id,time,wind\na,2024-06-21,\nb,2024-06-21,5\n")
    assert found["id"].tolist() == ["a", "b"]


@pytest.mark.parametrize(("wind", "sentence"), [(np.nan, "wind is empty"), (31.0, r"expected \[0,30\] m/s, found 31")])
def test_rows_are_judged_alone(wind: float, sentence: str) -> None:
    row = {"id": "a", "time": np.datetime64("2024-06-21"), "wind": np.float64(wind), "angle": np.float64(np.nan)}
    check_row(TABLE, row | {"wind": np.float64(3.0)})
    with pytest.raises(BadParameter, match=sentence):
        check_row(TABLE, row)
    with pytest.raises(BadParameter, match="time is empty"):
        check_row(TABLE, row | {"time": np.datetime64("NaT")})


def test_cases_of_a_table_are_its_rows(tmp_path: Path) -> None:
    data = read(tmp_path, "id,time,wind\na,2024-06-21,5\nb,2024-06-22,6\n").data
    cases = Reads().cases(data)
    assert [(type(c), c.key, float(c.data["wind"])) for c in cases] == [(Case, "a", 5.0), (Case, "b", 6.0)]
    with pytest.raises(EstranError, match="was not given"):
        Reads().cases({})


def test_a_folder_of_tables(tmp_path: Path) -> None:
    class OfFolder(Reads):
        inputs = (FolderIn("observations", TABLE, "tables"),)

    folder = tmp_path / "f"
    folder.mkdir()
    with pytest.raises(BadProduct, match="the folder holds no table"):
        read_inputs(OfFolder, {"observations": folder})
    for name in ("b", "a"):
        (folder / f"{name}.csv").write_text(f"id,time,wind\n{name},2024-06-21,5\n")
    found = read_inputs(OfFolder, {"observations": folder})
    assert list(found.data["observations"].tables) == ["a", "b"]  # type: ignore[union-attr]
    with pytest.raises(BadProduct, match="the input is no folder"):
        read_inputs(OfFolder, {"observations": folder / "a.csv"})


def test_a_raster(tmp_path: Path) -> None:
    rasterio = pytest.importorskip("rasterio")

    class OfRaster(Reads):
        inputs = (RasterIn("observations", ("blue",), "an image"),)

    path = tmp_path / "i.tif"
    values = np.arange(12, dtype=np.float32).reshape(1, 3, 4) / 100
    with rasterio.open(path, "w", driver="GTiff", width=4, height=3, count=1, dtype="float32") as file:
        file.write(values)
        file.set_band_description(1, "B2")
    found = read_inputs(OfRaster, {"observations": path}).data["observations"]
    np.testing.assert_array_equal(found.bands["blue"], values[0])  # type: ignore[union-attr]

    class OfOther(Reads):
        inputs = (RasterIn("observations", ("swir16",), "an image"),)

    with pytest.raises(MissingBand, match="the product has no band swir16"):
        read_inputs(OfOther, {"observations": path})


def test_spellings_cost_nothing() -> None:
    """The same unit in other words gives the very same array: no library is asked."""
    values = np.arange(3.0)
    assert converted(values, "m s^-1", "m/s") is values
    assert spelt(" Degrees_north ") == "degrees"
