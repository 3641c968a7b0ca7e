"""Operators that take many products, and those over views, on the command line: one result of all products, in a folder
with its report, or in a file.
"""

from __future__ import annotations

import layered_operators as trial
import numpy as np
import pytest

import estran.catalogue
from estran.adapters.files import open_product, write_product
from estran.cli.main import main
from estran.engine.run import run_now


@pytest.fixture(autouse=True)
def _trial_operators(monkeypatch):
    monkeypatch.setattr(estran.catalogue, "OPERATORS", (*estran.catalogue.OPERATORS, *trial.OPERATORS.values()))


@pytest.fixture
def files(tmp_path):
    return [str(write_product(product, tmp_path / f"{product.name}.nc")) for product in trial.series()]


def expected():
    return run_now(trial.Series(), trial.many(trial.series()))


def same(file):
    found = open_product(file)
    for name, band in expected().bands.items():
        assert np.asarray(found[name].data[:, :]).tobytes() == np.ascontiguousarray(band.data).tobytes(), name


@pytest.mark.parametrize("command", [["run", "Series"], ["gpt", "Test.Series"]], ids=lambda c: c[0])
@pytest.mark.parametrize("ending", [".nc", ".dim"])
def test_products_make_one_result_in_any_order(tmp_path, files, command, ending):
    target = tmp_path / f"made{ending}"
    option = "-o" if command[0] == "run" else "-t"
    assert main([*command, *files[::-1], option, str(target), "--quiet"]) == 0
    same(target)


def test_a_folder_with_its_report(tmp_path, files):
    assert main(["run", "Series", *files, "-o", str(tmp_path / "made"), "-q"]) == 0
    page = (tmp_path / "made" / "index.html").read_text("utf-8")
    assert "anomaly_time1" in page
    (product,) = (tmp_path / "made").glob("*.dim")
    same(product)


def test_views_with_their_report(tmp_path):
    file = write_product(trial.image(), tmp_path / "image.nc")
    assert main(["run", "Angles", str(file), "-o", str(tmp_path / "made"), "--tilts", "0,30", "-q"]) == 0
    (product,) = (tmp_path / "made").glob("*.dim")
    assert [band.layer.value for band in open_product(product).bands.values() if band.layer][:2] == [0.0, 30.0]


def test_many_jobs_are_a_sentence(tmp_path, files, capsys):
    assert main(["run", "Series", *files, "-o", str(tmp_path / "made"), "--jobs", "2", "-q"]) != 0
    assert "the products are stacked into one result" in capsys.readouterr().err


def test_two_products_of_one_time_are_a_sentence(tmp_path, files, capsys):
    assert main(["run", "Series", files[0], files[0], "-o", str(tmp_path / "made.nc"), "-q"]) != 0
    told = capsys.readouterr().err
    assert "are of one time" in told
    assert "Traceback" not in told
    assert not (tmp_path / "made.nc").exists()
