"""Studies from the command line: their commands come from the declarations, results are whole, killed runs go on."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import estran as package
from estran.adapters.studies.results import read_record
from estran.catalogue import STUDIES
from estran.catalogue.spec import parameters_of
from estran.catalogue.study import ProductOut

HEADER = "id,time,latitude [deg],longitude [deg],view_zenith [deg],view_azimuth [deg],wind_speed [m/s]"


def table(path: Path, count: int = 4, **other: str) -> Path:
    """A table of observations on successive days; `other` replaces rows by their name."""
    rows = []
    for k in range(count):
        row = f"n{k},2024-06-{1 + k % 28:02d}T09:{k % 60:02d}:31Z,{30 + 0.05 * k},12.6,{k % 12},285,{2 + k % 9}"
        rows.append(other.get(f"n{k}", row))
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return path


NIGHT = "n1,2024-06-01T00:00:00Z,35,12,5,285,5"


@pytest.mark.parametrize("study", STUDIES, ids=lambda s: s.alias)
def test_commands_come_from_declarations(estran, study) -> None:
    """Inputs are arguments, parameters are options, switches are there."""
    said = estran(*study.alias.split(), "--help")
    assert said.code == 0
    text = " ".join(said.out.split())
    for declared in study.inputs:
        assert declared.name.upper() in text
    for parameter in parameters_of(study):
        assert parameter.option in text
    if isinstance(study.result, ProductOut):
        assert all(f"--{name}" in text for name, _ in study.result.switches)
    else:
        assert "--jobs" in text


def test_a_folder_with_data_and_report(estran, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = estran("predict", "glint", table(tmp_path / "t.csv"), out)
    assert said.code == 0, said.err
    assert said.out == f"{out / 'index.html'}\n"
    assert {p.name for p in out.iterdir()} == {
        ".estran-result.json",
        "index.html",
        "report.json",
        "glint.png",
        "predict_glint.nc",
    }
    assert {p.name for p in tmp_path.iterdir()} == {"out", "t.csv"}, "nothing else is left"
    found = package.read_study(out)
    assert found.sizes == {"observation": 4, "band": 13}
    assert found["observation"].values.tolist() == ["n0", "n1", "n2", "n3"]
    refused = estran("predict", "glint", tmp_path / "t.csv", out)
    assert refused.code == 1
    assert "already there" in refused.err


@pytest.mark.parametrize("jobs", [("--jobs", "2"), ("--scheduler", "local:2")], ids=["processes", "scheduler"])
@pytest.mark.slow
def test_any_workers_give_the_same_bytes(estran, tmp_path: Path, jobs: tuple[str, ...]) -> None:
    observations = table(tmp_path / "t.csv", 12)
    assert estran("predict", "glint", observations, tmp_path / "a.nc").code == 0
    assert estran("predict", "glint", observations, tmp_path / "b.nc", *jobs).code == 0
    assert (tmp_path / "a.nc").read_bytes() == (tmp_path / "b.nc").read_bytes()


def test_netcdf_and_parquet_are_one_result(estran, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    for name in ("a.nc", "a.parquet"):
        assert estran("predict", "glint", table(tmp_path / "t.csv"), tmp_path / name).code == 0
    xr.testing.assert_identical(package.read_study(tmp_path / "a.nc"), package.read_study(tmp_path / "a.parquet"))


def test_one_of_200_fails_and_a_rerun_does_what_is_missing(estran, tmp_path: Path) -> None:
    """It is said and listed, the rest are there; once the row is mended the same command does that one, without
    --overwrite, and leaves nothing behind.
    """
    observations, out = table(tmp_path / "t.csv", 200, n1=NIGHT), tmp_path / "r.nc"
    said = estran("predict", "glint", observations, out)
    assert said.code == 3
    assert said.err.count("estran: error:") == 2
    assert "estran: error: n1: the sun is below the horizon" in said.err
    assert "1 of 200 cases failed, the result holds the others; the same command tries them again." in said.err
    found = package.read_study(out)
    assert found.sizes["observation"] == 199
    assert "n1" not in found["observation"].values
    (failed,) = read_record(found)["failed"]
    assert failed["case"] == "n1"
    kept = {p.name: p.stat().st_mtime_ns for p in (tmp_path / ".r.nc.pieces").glob("*.npz")}
    assert len(kept) == 199

    assert estran("predict", "glint", observations, out).code == 3
    assert {p.name: p.stat().st_mtime_ns for p in (tmp_path / ".r.nc.pieces").glob("*.npz")} == kept
    other = estran("predict", "glint", observations, out, "--winds", "3")
    assert "already there" in other.err, "a run with other parameters may not replace it"

    table(observations, 200)
    assert estran("predict", "glint", observations, out).code == 0
    assert package.read_study(out).sizes["observation"] == 200
    assert {p.name for p in tmp_path.iterdir()} == {"t.csv", "r.nc"}
    assert estran("predict", "glint", observations, tmp_path / "fresh.nc").code == 0
    assert out.read_bytes() == (tmp_path / "fresh.nc").read_bytes()


def test_all_fail(estran, tmp_path: Path) -> None:
    observations = table(tmp_path / "t.csv", 1, n0=NIGHT)
    said = estran("predict", "glint", observations, tmp_path / "r.nc")
    assert said.code == 3
    assert "1 of 1 cases failed, nothing was written" in said.err
    assert not (tmp_path / "r.nc").exists()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("wind_speed [m/s]", "wind [m/s]"), "the table has no column 'wind_speed'"),
        (("wind_speed [m/s]", "wind_speed [K]"), "column 'wind_speed' is in a unit that does not convert"),
        (("n2,", "n1,"), "two rows of the table have the same id"),
        (("2024-06-02T", "in June"), "a cell is no time"),
    ],
)
def test_bad_tables_get_one_sentence(estran, tmp_path: Path, change: tuple[str, str], sentence: str) -> None:
    observations = table(tmp_path / "t.csv")
    observations.write_text(observations.read_text().replace(*change))
    said = estran("predict", "glint", observations, tmp_path / "out")
    assert said.code == 1
    assert said.err.count("\n") == 1
    assert said.err.startswith(f"estran: error: {sentence} (in ")
    assert {p.name for p in tmp_path.iterdir()} == {"t.csv"}, "nothing is left"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--jobs", "0"), "the number of cases at a time is not possible"),
        (("--jobs", "2", "--scheduler", "local:2"), "two ways to do several cases"),
        (("--model", "flat"), "parameter model is not one of its choices"),
    ],
)
def test_bad_options_get_one_sentence(estran, tmp_path: Path, options: tuple[str, ...], sentence: str) -> None:
    said = estran("predict", "glint", table(tmp_path / "t.csv"), tmp_path / "out", "-q", *options)
    assert said.code == 2
    assert sentence in said.err


def test_other_models_need_the_direction_of_the_wind(estran, tmp_path: Path) -> None:
    observations = table(tmp_path / "t.csv", 1)
    said = estran("predict", "glint", observations, tmp_path / "r.nc", "--model", "cox_munk")
    assert "n0: the model cox_munk needs the direction of the wind" in said.err
    lines = observations.read_text().splitlines()
    observations.write_text(f"{lines[0]},wind_direction\n{lines[1]},300\n")
    assert estran("predict", "glint", observations, tmp_path / "r.nc", "--model", "cox_munk").code == 0


def test_an_input_is_never_the_output(estran, tmp_path: Path) -> None:
    observations = table(tmp_path / "t.csv")
    said = estran("predict", "glint", observations, tmp_path)
    assert said.code == 1
    assert observations.exists()


def test_the_sun_and_the_glint_are_those_of_the_operators_kernels(estran, tmp_path: Path) -> None:
    """By another path: the sun of a table of NOAA's algorithm, the glint of the kernel of Estran.SunGlint."""
    from estran.masks.glint.geometry import predicted_glint

    observations = tmp_path / "t.csv"
    observations.write_text(f"{HEADER}\na,2003-10-17T19:30:30Z,39.742476,-105.1786,10,285,5\n")
    assert estran("predict", "glint", observations, tmp_path / "r.nc").code == 0
    found = package.read_study(tmp_path / "r.nc").isel(observation=0)
    # Reda and Andreas 2004, NREL/TP-560-34302, table A5.1: topocentric zenith 50.11162 (with refraction of 0.016),
    # azimuth 194.34024.
    assert float(found["sun_zenith"]) == pytest.approx(50.12, abs=0.03)
    assert float(found["sun_azimuth"]) == pytest.approx(194.34, abs=0.03)
    expected = predicted_glint(float(found["sun_zenith"]), float(found["sun_azimuth"]), 10.0, 285.0, 5.0, index=1.3411)
    assert float(found["glint_reflectance"].sel(band="B2")) == pytest.approx(float(expected[0, 0]), rel=0.01)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
@pytest.mark.slow
def test_killed_twice_and_gone_on_with(tmp_path: Path) -> None:
    """200 cases on two processes, killed by SIGKILL after some, and again: the same bytes as undisturbed, and no case
    is done twice.
    """
    observations, out = table(tmp_path / "t.csv", 200), tmp_path / "r.nc"
    store = tmp_path / ".r.nc.pieces"
    command = [sys.executable, "-m", "estran.cli.main", "predict", "glint", str(observations)]
    several = ["--jobs", "2", "--winds", "20000", "-q"]
    before: dict[str, int] = {}
    for enough in (30, 90):
        running = subprocess.Popen([*command, str(out), *several])
        while len(list(store.glob("*.npz"))) < enough:
            assert running.poll() is None, "it ended before it was killed"
            time.sleep(0.002)
        running.send_signal(signal.SIGKILL)
        assert running.wait() == -signal.SIGKILL
        kept = {p.name: p.stat().st_ino for p in store.glob("*.npz")}
        assert enough <= len(kept) < 200
        assert before.items() <= kept.items(), "a kept case was made again"
        assert not out.exists()
        before = kept
    subprocess.run([*command, str(out), *several], check=True)
    assert not store.exists()
    subprocess.run([*command, str(tmp_path / "undisturbed.nc"), "--winds", "20000", "-q"], check=True)
    assert out.read_bytes() == (tmp_path / "undisturbed.nc").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["r.nc", "t.csv", "undisturbed.nc"]
    assert np.isfinite(package.read_study(out)["glint_std"].values).all()
