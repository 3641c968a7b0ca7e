"""The table of gases: a corner made again by the command, and bad input to it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from estran.adapters.files.sentinel2_gas import SOURCES
from estran.cli.main import main
from estran.physics.gas.absorption import LARGEST, shipped
from estran.tables import SHIPPED
from estran.tables.text import read_text


@pytest.fixture(scope="module")
def inputs(shared_data: Path) -> dict[str, Path]:
    return {
        "thickness": shared_data / "grs_glint_aux" / "lut_abs_opt_thickness_normalized.nc",
        "solar": shared_data / "solar_srf_gas" / "hybrid_reference_spectrum_p1nm_resolution_c2022-11-30_with_unc.nc",
        "response": shared_data / "solar_srf_gas" / "S2C_MSI_V4.txt",
    }


def options(inputs: dict[str, Path]) -> list[str]:
    return [text for name, path in inputs.items() for text in (f"--{name}", str(path))]


def test_a_corner_made_again(inputs: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Sentinel-2C by the command of the shipped table: the same gases in each band, transmittances to 1e-6 for any
    amount.
    """
    assert main(["tables", "build", "gas", *options(inputs), "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "sentinel2_gas.csv")
    made = read_text(tmp_path / "sentinel2_gas.csv")
    ours = read_text(SHIPPED / "sentinel2_gas.csv")

    def of_c(table):
        keys = zip(*(table.columns[column] for column in ("satellite", "band", "gas")), strict=True)
        return {key[1:] for key in keys if key[0] == "Sentinel-2C"}

    assert of_c(made) == of_c(ours)
    for (band, gas), sums in shipped()["Sentinel-2C"].sums.items():
        rows = [
            (float(w), float(r))
            for b, g, w, r in zip(*(made.columns[c] for c in ("band", "gas", "weight", "rate")), strict=True)
            if (b, g) == (band, gas)
        ]
        weight, rate = np.array(rows).T
        u = np.geomspace(1e-3, 12.0, 40) * LARGEST[gas]
        np.testing.assert_allclose(np.exp(-rate * u[:, None]) @ weight, sums(u), atol=1e-6, err_msg=f"{band} {gas}")
    for name, value in made.record.items():
        if name.startswith("input "):
            assert ours.record[name] == value


def test_a_table_that_is_there_stays(tmp_path: Path, inputs: dict[str, Path], caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "sentinel2_gas.csv").write_text("mine")
    assert main(["tables", "build", "gas", *options(inputs), "--out", str(tmp_path)]) == 1
    assert "already there" in caplog.text
    assert (tmp_path / "sentinel2_gas.csv").read_text() == "mine"


def test_no_machine_stands_in_the_record(inputs: dict[str, Path]) -> None:
    assert "/" not in read_text(SHIPPED / "sentinel2_gas.csv").record["command"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"response": "L8_OLI.txt"}, "the satellite is not known from the file's name"),
        ({"thickness": "O2_201810C.nc"}, "no wavelengths"),
        ({"solar": "SAO2010.txt"}, "B10 reaches outside the spectrum|does not reach that far"),
    ],
)
def test_wrong_inputs_get_a_sentence(
    shared_data: Path, inputs: dict[str, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture, change, told
) -> None:
    wrong = {**inputs, **{name: shared_data / "solar_srf_gas" / file for name, file in change.items()}}
    assert main(["tables", "build", "gas", *options(wrong), "--out", str(tmp_path)]) in (1, 2)
    assert any(part in caplog.text for part in told.split("|"))
    assert list(tmp_path.iterdir()) == []


def test_responses_that_lack_bands_get_a_sentence(
    tmp_path: Path, inputs: dict[str, Path], caplog: pytest.LogCaptureFixture
) -> None:
    few = tmp_path / "S2C_few.txt"
    few.write_text("# Band 1\n440 0\n441 1\n442 0\n")
    assert main(["tables", "build", "gas", *options({**inputs, "response": few}), "--out", str(tmp_path)]) == 1
    assert "the file lacks responses of bands (in S2C_few.txt): expected B2, B3" in caplog.text


def test_the_folder_cannot_be_a_file(tmp_path: Path, inputs: dict[str, Path], caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "out").write_text("")
    assert main(["tables", "build", "gas", *options(inputs), "--out", str(tmp_path / "out")]) == 2
    assert "the output is a file" in caplog.text


def test_amounts_of_the_source_are_columns_of_the_atmosphere() -> None:
    """Unit of each gas, in molecules: ozone and NO2 by Loschmidt's number, methane by what a ppm of air weighs."""
    assert SOURCES["ozone"][1] * 300.0 == pytest.approx(6.424e-3, rel=1e-3)  # kg/m² of 300 DU
    assert SOURCES["methane"][1] == pytest.approx(1e-6 * 16.0425 / 28.9644 * 10332.3, rel=1e-5)
    assert SOURCES["water_vapour"][1] == 10.0


def test_stopped_and_gone_on_with(inputs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the middle: no table; the next call makes only what is missing, and the same bytes."""
    from estran.adapters.files import sentinel2_gas

    build = ["tables", "build", "gas", *options(inputs), "-q", "--out"]
    whole = tmp_path / "whole"
    assert main([*build, str(whole), "--workers", "2"]) == 0
    made: list[str] = []
    real = sentinel2_gas._terms

    def interrupted(spectrum, weights, satellite, band):
        if band == "B6":
            raise KeyboardInterrupt
        return real(spectrum, weights, satellite, band)

    def counted(spectrum, weights, satellite, band):
        made.append(band)
        return real(spectrum, weights, satellite, band)

    monkeypatch.setattr(sentinel2_gas, "_terms", interrupted)
    broken = tmp_path / "broken"
    assert main([*build, str(broken)]) == 130
    assert [p.suffix for p in broken.iterdir()] == [".pieces"]
    monkeypatch.setattr(sentinel2_gas, "_terms", counted)
    assert main([*build, str(broken)]) == 0
    assert "B6" in made
    assert "B1" not in made
    assert [p.name for p in broken.iterdir()] == ["sentinel2_gas.csv"]
    assert (broken / "sentinel2_gas.csv").read_bytes() == (whole / "sentinel2_gas.csv").read_bytes()


@pytest.mark.parametrize("workers", ["0", "-1", "many"])
def test_a_wrong_number_of_workers(inputs: dict[str, Path], tmp_path: Path, workers: str) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["tables", "build", "gas", *options(inputs), "--out", str(tmp_path), f"--workers={workers}"])
    assert stop.value.code == 2
