"""The commands do their jobs, end to end."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from estran import __version__
from estran.adapters.files.open import open_product
from estran.catalogue import OPERATORS, STUDIES
from estran.catalogue.operators.masks import Masks
from estran.catalogue.spec import parameters_of
from estran.cli.commands.masks import masks_graph
from estran.cli.main import COMMANDS
from estran.cli.options import help_text
from estran.engine.graph import read_graph

BANDS = ["mask_flags", "mask_class", "cloud_probability", "cloud_height"]


def same(one: Path, other: Path) -> None:
    a, b = open_product(one), open_product(other)
    assert list(a.bands)[: len(BANDS)] == list(b.bands)[: len(BANDS)] == BANDS
    for name in BANDS:
        np.testing.assert_array_equal(np.asarray(a[name].data), np.asarray(b[name].data))


def test_help_and_version(estran) -> None:
    said = estran("--help")
    assert said.code == 0
    assert all(name in said.out for name in COMMANDS)
    assert estran().out == said.out
    assert estran("--version").out == f"estran {__version__}\n"
    for command in COMMANDS:
        assert estran(command, "--help").code == 0


def test_operators_lists_the_catalogue(estran) -> None:
    said = estran("operators")
    for declared in (*OPERATORS, *STUDIES):
        assert declared.alias in said.out


@pytest.mark.parametrize("command", [("masks",), ("run", "Estran.Masks")])
def test_options_come_from_the_declaration(estran, command: tuple[str, ...]) -> None:
    """Every parameter is an option with its help, unit, interval and default."""
    shown, for_experts = (estran(*command, option).out for option in ("--help", "--help-expert"))
    for parameter in parameters_of(Masks):
        there, elsewhere = (for_experts, shown) if parameter.info.expert else (shown, for_experts)
        assert f"{parameter.option} " in there
        assert f"{parameter.option} " not in elsewhere
        # Lines are broken at hyphens, too.
        assert "".join(help_text(parameter).replace("%%", "%").split()) in "".join(there.split())


@pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.alias)
def test_every_operator_has_its_help(estran, op: type) -> None:
    for name in (op.alias, op.alias.rpartition(".")[2]):
        assert estran("run", name, "--help").code == 0


def test_masks_into_a_folder(estran, scene: Path, tmp_path: Path) -> None:
    """Product, pictures and report, and nothing else; a second run needs --overwrite and gives the same bits."""
    out = tmp_path / "out"
    said = estran("masks", scene, "-o", out)
    assert said.code == 0, said.err
    assert said.out == f"{out / 'index.html'}\n"
    (product,) = out.glob("*.dim")
    assert {"index.html", "true_colour.png", "mask_flags_overlay.png"} <= {p.name for p in out.iterdir()}
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    assert "estran: note: no dem:" in said.err
    assert "no dem:" in (out / "index.html").read_text().lower()
    assert open_product(product).grid.shape == (96, 96)
    first = {name: np.asarray(open_product(product)[name].data).copy() for name in BANDS}
    refused = estran("masks", scene, "-o", out)
    assert refused.code == 1
    assert "already there" in refused.err
    assert estran("masks", scene, "-o", out, "--overwrite", "--threads", "1", "--tile", "64").code == 0
    for name in BANDS:
        np.testing.assert_array_equal(np.asarray(open_product(product)[name].data), first[name])


def test_the_graph_the_short_form_and_run_are_one(estran, scene: Path, tmp_path: Path, repository: Path) -> None:
    assert estran("masks", scene, "-o", tmp_path / "a.dim", "--mode", "strict").code == 0
    assert (
        estran(
            "gpt", repository / "graphs" / "masks.xml", f"-Ssource={scene}", "-Pmode=strict", "-t", tmp_path / "b.dim"
        ).code
        == 0
    )
    assert estran("run", "Masks", scene, "-o", tmp_path / "c.dim", "--mode", "strict", "--resample", "20").code == 0
    assert (
        estran(
            "gpt",
            "Resample",
            f"-SsourceProduct={scene}",
            "-PtargetResolution=20",
            "-Pupsampling=Bilinear",
            "-Pdownsampling=Mean",
            "-t",
            tmp_path / "r.dim",
        ).code
        == 0
    )
    assert estran("gpt", "Estran.Masks", tmp_path / "r.dim", "-Pmode=strict", "-t", tmp_path / "d.dim").code == 0
    for other in ("b.dim", "c.dim", "d.dim"):
        same(tmp_path / "a.dim", tmp_path / other)


def test_the_short_form_is_the_shipped_graph(repository: Path) -> None:
    shipped = read_graph(repository / "graphs" / "masks.xml", {}, ["source"])
    assert masks_graph(Masks(), 20).nodes == shipped.nodes


@pytest.mark.parametrize("ending", [".tif", ".nc"])
def test_other_formats(estran, scene: Path, tmp_path: Path, ending: str) -> None:
    assert estran("masks", scene, "-o", tmp_path / "a.dim").code == 0
    assert estran("masks", scene, "-o", tmp_path / f"b{ending}").code == 0
    assert {p.name for p in tmp_path.iterdir()} == {"a.dim", "a.data", f"b{ending}"}
    a, b = open_product(tmp_path / "a.dim"), open_product(tmp_path / f"b{ending}")
    for name in BANDS[:2]:
        np.testing.assert_array_equal(np.asarray(a[name].data), np.asarray(b[name].data))


def test_parameters_from_a_file_and_the_command_line(estran, scene: Path, tmp_path: Path, repository: Path) -> None:
    """-P is stronger than -p, -p than the .properties beside the graph; the record says what held."""
    mine = tmp_path / "mine.properties"
    mine.write_text("mode = strict\ncloud_buffer = 0\n")
    said = estran(
        "gpt",
        repository / "graphs" / "masks.xml",
        f"-Ssource={scene}",
        "-p",
        mine,
        "-Pcloud_buffer=40",
        "-t",
        tmp_path / "a.dim",
    )
    assert said.code == 0, said.err
    record = open_product(tmp_path / "a.dim").metadata[-1].find("Estran_Masks").find("parameters").attributes
    assert (record["mode"], record["cloud_buffer"]) == ("strict", "40.0")


def test_resolution(estran, scene: Path, tmp_path: Path) -> None:
    assert estran("masks", scene, "-o", tmp_path / "a.dim", "--resolution", "60").code == 0
    assert open_product(tmp_path / "a.dim").grid.shape == (32, 32)


def test_info(estran, scene: Path) -> None:
    said = estran("info", scene)
    assert said.code == 0
    assert "B8A                   nir08         96 x 96" in said.out
    assert "EPSG:32631" in said.out


def test_table(estran, shared_data: Path, tmp_path: Path) -> None:
    """Rows in input order with three columns more, and scores by group."""
    table = shared_data / "s2_cloud_pixels" / "pixels_stac.csv"
    said = estran("masks", "--table", table, "-o", tmp_path / "out.csv")
    assert said.code == 0, said.err
    with table.open() as a, (tmp_path / "out.csv").open() as b:
        before, after = list(csv.reader(a)), list(csv.reader(b))
    assert [row[: len(before[0])] for row in after] == before
    assert after[0][len(before[0]) :] == ["cloud", "probability", "class"]
    assert {row[-3] for row in after[1:]} == {"0", "1"}
    assert [line.split()[0] for line in said.out.splitlines()[:2]] == ["group", "all"]


def test_a_product_of_one_size_keeps_its_coarser_pixels(estran, shared_data: Path, tmp_path: Path) -> None:
    said = estran(
        "masks", shared_data / "s2_l1c_T19UDP_160m", "-o", tmp_path / "a.dim", "--time", "2017-07-29T15:35:00"
    )
    assert said.code == 0, said.err
    assert "keeps its pixels of 159.825 m" in said.err
    assert "sun_zenith and sun_azimuth computed from place and time (2017-07-29 15:35:00 UTC)" in said.err
    assert open_product(tmp_path / "a.dim").grid.shape == (687, 687)


def test_both_baselines_give_the_same_bits(estran, scene: Path, tmp_path: Path) -> None:
    """An offset of 1000 in numbers and metadata changes nothing: the scene is of baseline 04.00, its
    sister of 02.08.
    """
    assert (
        estran(
            "simulate", "scene", tmp_path / "old", "--seed", "5", "--size", "96", "--small", "--baseline", "02.08", "-q"
        ).code
        == 0
    )
    (old,) = (tmp_path / "old").glob("*.SAFE")
    for name, safe in (("new", scene), ("old", old)):
        assert estran("masks", safe, "-o", tmp_path / f"{name}.dim").code == 0
    same(tmp_path / "old.dim", tmp_path / "new.dim")


def test_quiet_says_nothing_and_verbose_says_where_the_time_goes(estran, scene: Path, tmp_path: Path) -> None:
    said = estran("masks", scene, "-o", tmp_path / "a.dim", "-q")
    assert (said.code, said.out, said.err) == (0, "", "")
    said = estran("-v", "masks", scene, "-o", tmp_path / "b.dim")
    assert "Masks: matching" in said.err
    assert "in all" in said.err


def test_a_closed_pipe_is_no_error(scene: Path) -> None:
    command = f"{sys.executable} -m estran.cli.main operators | head -1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    assert done.stderr == ""
