"""What is committed is what the declarations say."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys

import pytest

from estran.catalogue import OPERATORS, STUDIES
from estran.catalogue.generate import COMMAND, differing, main, write
from estran.catalogue.spec import parameters_of
from estran.catalogue.views import info_xml, properties_defaults, shim
from estran.catalogue.views.names import class_name
from estran.cli.options import add_options, from_options


def test_committed_files_are_current(repository):
    wrong = differing(repository)
    assert not wrong, f"{', '.join(wrong)} differ from the declarations: run `{COMMAND}` and commit"


def test_twin_a_drift_is_found_and_mended(repository, tmp_path):
    for name in ("pyproject.toml", "graphs"):
        source = repository / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    write(tmp_path)
    assert differing(tmp_path) == []
    layer, extra = tmp_path / "layer.xml", tmp_path / "docs" / "reference" / "gone.md"
    layer.write_text(layer.read_text("utf-8").replace("Estran.", "Other.", 1), "utf-8")
    shutil.copy(next((tmp_path / "docs" / "reference").glob("*.md")), extra)
    (tmp_path / "docs" / "reference" / "by-hand.md").write_text("# Mine\n", "utf-8")
    assert differing(tmp_path) == ["layer.xml", "docs/reference/gone.md"]
    assert main(["--check", str(tmp_path)]) == 1
    assert main([str(tmp_path)]) == 0
    assert main(["--check", str(tmp_path)]) == 0
    assert (tmp_path / "docs" / "reference" / "by-hand.md").is_file()


def test_not_a_checkout(tmp_path, capsys):
    assert main([str(tmp_path)]) == 1
    assert "pyproject.toml" in capsys.readouterr().err


@pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.alias)
def test_shims_import_and_hold_no_logic(op):
    done = subprocess.run(
        [sys.executable, "-c", shim(op) + f"\nprint({class_name(op)}.declaration.alias)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == op.alias


@pytest.mark.parametrize("declared", [*OPERATORS, *STUDIES], ids=lambda d: d.alias)
def test_defaults_written_are_the_constructor_s(declared):
    assert declared.from_text(properties_defaults(declared)) == declared()


@pytest.mark.parametrize("declared", [*OPERATORS, *STUDIES], ids=lambda d: d.alias)
def test_defaults_of_the_command_line_are_the_constructor_s(declared):
    parser = argparse.ArgumentParser()
    add_options(parser, declared)
    assert from_options(parser.parse_args([]), declared) == declared()
    spelt = [f"{p.option}={text}" for p in parameters_of(declared) if (text := p.format(p.default))]
    assert from_options(parser.parse_args(spelt), declared) == declared()


@pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.alias)
def test_texts_survive_the_descriptor(op):
    assert info_xml(op).isascii()
    assert not [choice for p in parameters_of(op) for choice in p.choices if "," in choice]
