"""Results of studies: what is written is read back, the same bytes each time, and damage gets a sentence."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import estran
from estran.adapters.studies.results import (
    RECORD,
    dataset_of,
    read_record,
    read_result,
    refuse_no_table,
    write_netcdf,
    write_parquet,
)
from estran.adapters.studies.writers import writer_of
from estran.catalogue.spec import param
from estran.catalogue.study import Axis, DatasetOut, Study, StudyResult, Variable
from estran.errors import BadParameter, BadProduct, TargetExists
from estran.raster.scene import quiet


@dataclass(frozen=True, kw_only=True)
class Everything(Study):
    """A result with every type."""

    alias = "try everything"
    label = "Everything"
    version = "1"
    summary = "Everything."
    atbd = "none"
    result = DatasetOut(
        "place",
        (
            Variable("when", "time", "datetime64[us]", ""),
            Variable("word", "text", "str", ""),
            Variable("count", "count", "int32"),
            Variable("flag", "flag", "uint8"),
            Variable("large", "large", "int64"),
            Variable("rho", "reflectance", "float32", "1", ("band",)),
            Variable("rho_unc", "its uncertainty", "float32", "1", ("band",), uncertainty_of="rho"),
            Variable("height", "height", "float64", "m"),
        ),
        (Axis("band", "band"),),
    )
    number: float = param(1.5, "A number.")

    def axes(self):
        return {"band": ("B2", "B8A", "B11")}


@pytest.fixture
def result() -> StudyResult:
    rng = np.random.default_rng(1)
    n = 4
    rho = rng.random((n, 3)).astype(np.float32)
    rho[1, 2] = np.nan
    when = np.array(["2024-06-21T09:50:31.000001", "NaT", "1969-01-01", "2262-01-01"], "datetime64[us]")
    variables = {
        "when": when,
        "word": np.array(["", "été", "a,b", 'say "x"']),
        "count": np.arange(n, dtype=np.int32) - 2,
        "flag": np.array([0, 255, 1, 2], np.uint8),
        "large": np.array([2**60 + 1, 0, -1, 5]),
        "rho": rho,
        "rho_unc": rho / 10,
        "height": np.array([1 / 3, np.nan, -0.0, 1e300]),
    }
    return StudyResult(
        Everything(number=2.0),
        ("a", "b b", "c/d", "été"),
        variables,
        {"z": "it failed."},
        {"table": {"file": "t.csv", "rows": 5}},
        ("a note.",),
    )


@pytest.mark.parametrize(("write", "ending"), [(write_netcdf, ".nc"), (write_parquet, ".parquet")])
def test_read_back(result: StudyResult, tmp_path: Path, write, ending: str) -> None:
    """Values to the bit, types, units, dimensions, attributes and the record; and the same bytes the second time."""
    if ending == ".parquet":
        pytest.importorskip("pyarrow")
    dataset = dataset_of(result)
    first, second = tmp_path / f"a{ending}", tmp_path / f"b{ending}"
    write(dataset, first)
    write(dataset, second)
    assert first.read_bytes() == second.read_bytes()
    back = estran.read_study(first)
    xr.testing.assert_identical(back, dataset)
    for v in Everything.result.variables:
        want = result.variables[v.name]
        assert back[v.name].dtype == (object if v.dtype == "str" else np.dtype(v.dtype))
        if v.dtype != "str":
            assert back[v.name].values.tobytes() == want.tobytes()
        assert back[v.name].attrs.get("units", "") == v.unit
    assert back["rho"].attrs["ancillary_variables"] == "rho_unc"
    record = read_record(back)
    assert record["failed"] == [{"case": "z", "error": "it failed."}]
    assert (record["cases"], record["done"]) == (5, 4)
    assert record["parameters"] == {"number": "2.0"}
    assert record["inputs"]["table"]["rows"] == 5


def test_netcdf_is_read_by_the_library_too(result: StudyResult, tmp_path: Path) -> None:
    """By another path: times are microseconds since 1970, floats say their missing value."""
    import netCDF4

    write_netcdf(dataset_of(result), tmp_path / "a.nc")
    with netCDF4.Dataset(tmp_path / "a.nc") as file:
        assert file["when"].units == "microseconds since 1970-01-01"
        assert int(file["when"][0]) == (19895 * 86400 + 9 * 3600 + 50 * 60 + 31) * 10**6 + 1
        assert file["rho"].dimensions == ("place", "band")
        assert np.isnan(file["rho"]._FillValue)
        assert list(file["band"][:]) == ["B2", "B8A", "B11"]


def test_parquet_is_a_table_for_others(result: StudyResult, tmp_path: Path) -> None:
    """A column for each band, with its unit."""
    parquet = pytest.importorskip("pyarrow.parquet")
    write_parquet(dataset_of(result), tmp_path / "a.parquet")
    table = parquet.read_table(tmp_path / "a.parquet")
    assert table.column_names[:3] == ["place", "when", "word"]
    assert {"rho_B2", "rho_B8A", "rho_B11"} <= set(table.column_names)
    assert table.schema.field("height").metadata[b"units"] == b"m"
    np.testing.assert_array_equal(table["rho_B8A"].to_numpy(), result.variables["rho"][:, 1])


def test_what_is_no_table_is_refused() -> None:
    cube = replace(Everything.result, variables=(Variable("c", "cube", dims=("band", "band")),))
    with pytest.raises(
        BadParameter, match=r"the result is no table .* found c. What to do: give a name that ends in .nc"
    ):
        refuse_no_table(cube, Path("a.parquet"))


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.nc", b"", "no result of a study"),
        ("a.nc", b"\x89HDF\r\n\x1a\n and no more", "no result of a study"),
        ("a.parquet", b"PAR1 and no more", "no result of a study"),
    ],
)
def test_damage_gets_a_sentence(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadProduct, match=sentence):
        read_result(tmp_path / name)


def test_other_files_and_folders_get_a_sentence(tmp_path: Path) -> None:
    xr.Dataset({"x": ("n", [1.0])}).to_netcdf(tmp_path / "other.nc")
    with pytest.raises(BadProduct, match="found no record of a study"):
        read_result(tmp_path / "other.nc")
    with pytest.raises(BadProduct, match="is not there"):
        read_result(tmp_path / "none.nc")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadProduct, match="found 0 files"):
        read_result(tmp_path / "empty")


@pytest.mark.parametrize("name", ["r", "r.nc", "r.parquet"])
def test_writers_write_whole_and_replace_nothing_unasked(result: StudyResult, tmp_path: Path, name: str) -> None:
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    out = tmp_path / name
    writer = writer_of(Everything, out)
    writer.check(result.study, out, ())
    writer.write(result, out, False, quiet, None)
    xr.testing.assert_identical(read_result(out), dataset_of(result))
    assert [p.name for p in tmp_path.iterdir()] == [name]
    with pytest.raises(TargetExists):
        writer.write(result, out, False, quiet, None)
    writer.write(replace(result, notes=()), out, True, quiet, None)
    assert json.loads(read_result(out).attrs[RECORD])["notes"] == []


def test_an_ending_that_is_no_format(tmp_path: Path) -> None:
    with pytest.raises(BadParameter, match=r"expected .nc, .parquet, or none for a folder .* found .xlsx"):
        writer_of(Everything, tmp_path / "a.xlsx")
